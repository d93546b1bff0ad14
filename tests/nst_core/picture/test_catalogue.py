"""The catalogue of paintings, as far as it needs no internet."""

from pathlib import Path

import pytest

from nst_core.picture import catalogue


def test_paintings_in_a_cache_that_may_not_be_entered_are_not_there(
    forbidden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_CACHE_DIR", str(forbidden))
    assert [painting.cached for painting in catalogue.paintings()[:3]] == [False] * 3

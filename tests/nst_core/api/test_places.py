"""So many long requests at once, and no more."""

from __future__ import annotations

import contextlib

import pytest

from nst_core.api.places import Places
from nst_core.api.problems import BUSY, ProblemError


def test_a_place_is_free_again_whatever_happened_on_it() -> None:
    places = Places(1)
    with contextlib.suppress(ZeroDivisionError), places.taken("dinners", 7):
        with pytest.raises(ProblemError) as refused, places.taken("dinners", 7):
            pytest.fail("the only place was given twice")
        assert (refused.value.kind, refused.value.headers) == (BUSY, {"retry-after": "7"})
        assert 1 // 0
    with places.taken("dinners", 7):
        pass

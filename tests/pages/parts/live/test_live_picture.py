"""The messages between the page and the live picture; the picture itself is tested in a browser."""

from __future__ import annotations

import io
from base64 import b64encode
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from nst_core.export.manifest import ExportedFile, Manifest, Part, Precision, Tensor
from pages.parts.app import theme
from pages.parts.inputs import style_weights
from pages.parts.inputs.selection import selected
from pages.parts.live import live_picture
from tests.pages.conftest import Open, words

HASH = "0" * 64


def exported(part: Part, size_px: int, precision: Precision) -> ExportedFile:
    picture = Tensor(name="stylised", shape=(1, size_px, size_px, 3), dtype="float32")
    name = f"{part}_{size_px}_{precision}.tflite"
    return ExportedFile(
        file=name,
        part=part,
        size_px=size_px,
        precision=precision,
        bytes=1,
        sha256=HASH,
        inputs=(),
        outputs=(picture,),
        licence="Apache-2.0",
    )


def device_files() -> Any:
    """Files as `pages.parts.device.files` gives them, of two precisions and sizes."""
    parts: list[tuple[Part, int]] = [("style_predict", 256), ("style_transform", 128), ("style_transform", 256)]
    kinds: tuple[Precision, ...] = ("float32", "float16")
    listed = Manifest(made_with={}, source={}, files=tuple(exported(p, px, k) for k in kinds for p, px in parts))
    return SimpleNamespace(
        manifest=listed,
        runtime=("litert_wasm_internal.js", "litert_wasm_internal.wasm"),
        addresses=lambda names: {name: f"https://host/device/{name}" for name in names},
    )


def jpeg(width: int = 64, height: int = 48) -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(stream, "JPEG")
    return stream.getvalue()


def test_the_component_gets_one_precision_and_an_address_for_each_of_its_files() -> None:
    data = live_picture.files_data(device_files())
    assert data["predictor"] == "style_predict_256_float16.tflite"
    assert [(size["width"], size["height"]) for size in data["sizes"]] == [(128, 128), (256, 256)]
    used = {data["predictor"], *(size["file"] for size in data["sizes"])}
    assert used < set(data["addresses"])
    assert "litert_wasm_internal.wasm" in data["addresses"]
    assert not any("float32" in name for name in data["addresses"])


def test_a_style_has_an_identity_of_its_own_picture_and_shares_add_up() -> None:
    one = style_weights.styles()
    (data,) = live_picture.style_data(one)
    assert data["share"] == 1
    assert data["src"].startswith("data:image/webp;base64,")
    cropped = style_weights.Style(one[0].slot, one[0].image, 0.25, (0, 0, 0.5, 0.5))
    both = live_picture.style_data([style_weights.Style(one[0].slot, one[0].image, 0.75), cropped])
    assert [style["share"] for style in both] == [0.75, 0.25]
    assert both[0]["id"] == data["id"] != both[1]["id"]
    unweighted = [style_weights.Style(one[0].slot, one[0].image, 0.0), cropped]
    assert [style["share"] for style in live_picture.style_data(unweighted)] == [0, 1]


def test_a_frame_becomes_the_photograph() -> None:
    assert live_picture._take_frame(f"data:image/jpeg;base64,{b64encode(jpeg()).decode()}")
    photograph = selected("content")
    assert photograph.title == "Live frame"
    assert (photograph.load().width, photograph.load().height) == (64, 48)


@pytest.mark.parametrize("sent", [None, 7, "", "data:image/jpeg;base64,!!", "data:image/png;base64,aGVsbG8="])
def test_what_is_no_picture_is_refused_in_words(sent: object, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(theme, "notice", lambda kind, title, text: told.append(text))
    before = selected("content").title
    assert not live_picture._take_frame(sent)
    assert told
    assert selected("content").title == before


def test_only_shares_of_all_styles_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[dict[str, float]] = []
    monkeypatch.setattr(style_weights, "set_weights", given.append)
    for sent in (None, "half", [0.5, 0.5], [True], [2.0], [-0.1], [float("nan")]):
        live_picture._take_shares(sent)
    assert given == []
    live_picture._take_shares([0.375])
    assert given == [{"style": 0.38}]


def test_the_page_opens_with_its_styles(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    from pages.parts.device import files

    monkeypatch.setattr(files, "prepared", lambda key: device_files())
    app = open_page("live")
    assert words(app).count("<h1") == 1
    assert [button.key for button in app.button if button.key == "mix_add"]

"""The live picture: a component that paints frames in the visitor's own browser, and its messages to the page."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import NSTError
from pages.parts.app import theme
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import asset
from pages.parts.device import BUNDLES
from pages.parts.inputs import style_weights
from pages.parts.inputs.selection import SelectedImage, choose

if TYPE_CHECKING:
    from pages.parts.device.files import DeviceFiles

PRECISION = "float16"
"""The precision of the networks: half the bytes of float32, and a mean difference of about 1 of 255."""
_STAGE = SessionValue[dict[str, Any]]("live", "stage")
_NEXT_PAGE = "pages/slow.py"

_stage = st.components.v2.component(
    "nst_live",
    html=asset(__file__, ".html"),
    css=asset(__file__, ".css"),
    js=(BUNDLES / "live.js").read_text("utf-8"),
)


def live_picture(files: DeviceFiles) -> None:
    """Mount the live picture in the styles of the page; a frame that the visitor sends opens the page Slow."""
    styles = style_weights.styles()
    shown = _stage(
        key=_STAGE.key(),
        data={"files": files_data(files), "styles": style_data(styles)},
        on_shares_change=lambda: _take_shares((_STAGE.get() or {}).get("shares")),
        on_handed_change=lambda: None,
    )
    handed = shown.get("handed")
    if isinstance(handed, Mapping) and _take_frame(handed.get("picture")):
        st.switch_page(_NEXT_PAGE)


def files_data(files: DeviceFiles) -> dict[str, Any]:
    """The files for the component: their addresses, the style prediction, and the transformers with their sizes."""
    predictor, sizes = "", []
    for file in files.manifest.files:
        if file.precision == PRECISION and file.part == "style_predict":
            predictor = file.file
        elif file.precision == PRECISION and file.part == "style_transform":
            _, height, width, _ = file.outputs[0].shape
            sizes.append({"file": file.file, "width": width, "height": height})
    names = [*files.runtime, predictor, *(str(size["file"]) for size in sizes)]
    return {"addresses": files.addresses(names), "predictor": predictor, "sizes": sizes}


def style_data(styles: Sequence[style_weights.Style]) -> list[dict[str, Any]]:
    """The styles for the component: the picture as the browser predicts its style vector from, and its share."""
    total = sum(style.weight for style in styles)
    return [
        {
            "id": sha256(style.source().encode()).hexdigest()[:16],
            "title": style.image.title,
            "src": style.source(),
            "share": style.weight / total if total else 1 / len(styles),
        }
        for style in styles
    ]


def _take_shares(shares: Any) -> None:
    """Give the styles of the page the shares that the visitor mixed; anything else is ignored."""
    styles = style_weights.styles()
    if not isinstance(shares, list) or len(shares) != len(styles):
        return
    if all(type(share) in (int, float) and 0 <= share <= 1 for share in shares):
        style_weights.set_weights(
            {style.slot: round(float(share), 2) for style, share in zip(styles, shares, strict=True)}
        )


def _take_frame(address: Any) -> bool:
    """Use a frame, given as a data URL, as the photograph; False, with the reason on the page, if it is unusable."""
    from nst_core.picture.upload import open_picture

    _, _, encoded = address.partition(",") if isinstance(address, str) else ("", "", "")
    try:
        picture = open_picture(b64decode(encoded, validate=True))
    except (NSTError, binascii.Error) as error:
        theme.notice("error", "This frame cannot be used", str(error))
        return False
    choose("content", SelectedImage("", "Live frame", "", "a frame of your live picture", lambda: picture))
    return True

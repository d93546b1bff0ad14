"""The styles of a run, up to four: the weight, crop and rotation of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from nst_core.picture.frame import WHOLE, Frame
from nst_core.recipe import Recipe, StylePicture, change
from nst_core.recipe.style_grid import MAX_STYLES
from pages.parts.app import theme
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import Html
from pages.parts.inputs import framing
from pages.parts.inputs.selection import (
    SelectedImage,
    active_slot,
    add_style,
    framed_preview,
    image_in,
    remove_style,
    replace_styles,
    select_style,
    style_slots,
)
from pages.parts.runs.before_after import data_url
from pages.parts.settings import widgets

_DEFAULTS: dict[str, Any] = {"weight": 1.0, "crop": WHOLE, "rotation_deg": 0.0}
_SETTINGS = SessionValue[dict[str, dict[str, Any]]]("mix", "settings")
"""Slot -> the last values of its widgets; stored, because some code needs the values before the widgets are drawn."""
_EMPTY = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@dataclass(frozen=True)
class Style:
    """One style of a run.

    Attributes:
        slot: its slot among the chosen images.
        image: the chosen image.
        weight: its weight, from 0 to 1; 0 leaves it out.
        crop: left, top, right, bottom as shares of its width and height.
        rotation_deg: the clockwise rotation after the crop, in degrees.
    """

    slot: str
    image: SelectedImage
    weight: float = 1.0
    crop: tuple[float, ...] = WHOLE
    rotation_deg: float = 0.0

    def thumb(self) -> bytes | None:
        """The cropped and rotated style as a small WebP; None if too little would be left."""
        return framed_preview(self.image.load(), self.crop, self.rotation_deg)

    def source(self) -> str:
        """The thumbnail as a data URL."""
        thumb = self.thumb()
        return data_url(thumb) if thumb else _EMPTY

    @property
    def is_whole(self) -> bool:
        """Whether nothing is cropped or rotated."""
        return self.crop == WHOLE and not self.rotation_deg


def styles() -> tuple[Style, ...]:
    """All styles on the page."""
    return tuple(_style(slot) for slot in style_slots())


def in_use() -> tuple[Style, ...]:
    """The styles with a weight; if only one exists or none has a weight, all of them with equal weights."""
    all_ = styles()
    if len(all_) == 1 or not any(style.weight for style in all_):
        return equally_weighted(all_)
    return tuple(style for style in all_ if style.weight)


def equally_weighted(given: Sequence[Style]) -> tuple[Style, ...]:
    """These styles with equal weights."""
    return tuple(Style(s.slot, s.image, 1.0, s.crop, s.rotation_deg) for s in given)


def with_styles(recipe: Recipe, used: Sequence[Style]) -> Recipe:
    """The recipe with these styles; unchanged for a single whole style, which the job service fills in itself."""
    if len(used) == 1 and used[0].is_whole:
        return recipe
    return change(
        recipe,
        {
            "styles": [
                {"sha256": s.image.load().sha256, "weight": s.weight, "crop": s.crop, "rotation_deg": s.rotation_deg}
                for s in used
            ]
        },
    )


def restore(styles: Sequence[tuple[SelectedImage, StylePicture]]) -> None:
    """Replace the page's styles, with their weights, crops and rotations; to be called before its widgets are drawn."""
    heaviest = max(picture.weight for _, picture in styles)
    slots = replace_styles([image for image, _ in styles])
    for slot, (_, picture) in zip(slots, styles, strict=True):
        weight = picture.weight / heaviest
        initial = {"weight": weight, "crop": picture.crop, "rotation_deg": picture.rotation_deg}
        _settings(slot).update(initial, initial=initial)


def set_weights(shares: dict[str, float]) -> None:
    """Set the weights of slots; to be called before the page draws the sliders."""
    for slot, share in shares.items():
        st.session_state[_key("weight", slot)] = share


def rows() -> None:
    """A row of controls for each of several styles."""
    all_ = styles()
    if len(all_) > 1:
        for style in all_:
            _row(style)
        if not any(style.weight for style in styles()):
            st.caption("If all weights are 0, all styles have the same share.")


def buttons() -> None:
    """The buttons to add a style, and to crop a single one; several are cropped in their rows."""
    all_ = styles()
    if len(all_) == 1:
        _framing(all_[0], "Crop and turn")
    if len(all_) < MAX_STYLES:
        st.button("Add a style", icon=":material/add:", key="mix_add", on_click=add_style)


def _row(style: Style) -> None:
    slot, is_active = style.slot, style.slot == active_slot("style")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"mix_row_{slot}"):
        st.button(
            "",
            icon=":material/radio_button_checked:" if is_active else ":material/radio_button_unchecked:",
            type="tertiary",
            key=f"mix_take_{slot}",
            help="The gallery changes this style." if is_active else "Let the gallery change this style.",
            on_click=select_style,
            args=(slot,),
        )
        st.html(
            Html(f'<img class="nst-mix" src="{style.source()}" alt="{escape(style.image.title)}">'),
            width="content",
        )
        title = theme.escape_markdown(style.image.title)
        _settings(slot)["weight"] = widgets.percent_slider(
            title, _key("weight", slot), _initial(slot)["weight"], (0.0, 1.0), step=0.01
        )
        _framing(style, "")
        st.button(
            "",
            icon=":material/close:",
            type="tertiary",
            key=f"mix_remove_{slot}",
            help=f"Remove {theme.escape_markdown(style.image.title)}",
            on_click=remove_style,
            args=(slot,),
        )


def _framing(style: Style, label: str) -> None:
    """A popover to crop and rotate a style, with a preview; drawn once it was opened."""
    slot, key = style.slot, f"mix_frame_{style.slot}"
    popover = st.popover(
        label,
        icon=framing.icon(key, is_whole=style.is_whole),
        help=None if label else f"Crop and turn {theme.escape_markdown(style.image.title)}",
        type="secondary" if label else "tertiary",
        key=key,
        on_change="rerun",
    )
    if not theme.was_opened(popover, key):
        return
    with popover:
        initial = Frame(_initial(slot)["crop"], _initial(slot)["rotation_deg"])
        frame = framing.sliders(partial(_key, slot=slot), initial)
        _settings(slot).update(crop=frame.crop, rotation_deg=frame.rotation_deg)
        thumb = _style(slot).thumb()
        if thumb is None:
            theme.notice("warning", "Too little is left", "Take a larger part, or turn it less.")
        else:
            alt = f"The part of {style.image.title} that is used"
            st.html(Html(f'<img class="nst-part" src="{data_url(thumb)}" alt="{escape(alt)}">'))


def _style(slot: str) -> Style:
    settings = _settings(slot)
    return Style(slot, image_in(slot), **{name: settings[name] for name in _DEFAULTS if name in settings})


def _initial(slot: str) -> dict[str, Any]:
    """The initial values of a style's widgets."""
    initial: dict[str, Any] = _settings(slot).get("initial", _DEFAULTS)
    return initial


def _settings(slot: str) -> dict[str, Any]:
    return _SETTINGS.ensure(dict).setdefault(slot, {})


def _key(name: str, slot: str) -> str:
    return f"mix_{name}_{slot}"

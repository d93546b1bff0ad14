"""The styles of a run, up to four: how much each weighs, and which part of it is looked at."""

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

_AT_FIRST: dict[str, Any] = {"weight": 1.0, "crop": WHOLE, "rotation_deg": 0.0}
_EMPTY = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


@dataclass(frozen=True)
class Style:
    """One style of a run.

    Attributes:
        place: where it stands among the chosen pictures.
        what: the picture.
        weight: its share among the styles, 0 to 1; 0 leaves it out.
        crop: the part that is looked at: left, top, right, bottom as shares.
        rotation_deg: turned clockwise by this.
    """

    slot: str
    image: SelectedImage
    weight: float = 1.0
    crop: tuple[float, ...] = WHOLE
    rotation_deg: float = 0.0

    def thumb(self) -> bytes | None:
        """The part that is looked at, as a small WebP; None where too little would be left."""
        return framed_preview(self.image.load(), self.crop, self.rotation_deg)

    def source(self) -> str:
        """The same as a data address."""
        thumb = self.thumb()
        return data_url(thumb) if thumb else _EMPTY

    @property
    def is_whole(self) -> bool:
        """Whether all of it is looked at as it is."""
        return self.crop == WHOLE and not self.rotation_deg


def styles() -> tuple[Style, ...]:
    """All styles on the page."""
    return tuple(_style(place) for place in style_slots())


def in_use() -> tuple[Style, ...]:
    """Those with a weight. One alone always counts, and where nobody has a weight all count alike."""
    all_ = styles()
    if len(all_) == 1 or not any(style.weight for style in all_):
        return equally_weighted(all_)
    return tuple(style for style in all_ if style.weight)


def equally_weighted(of: Sequence[Style]) -> tuple[Style, ...]:
    """The same styles with equal weights."""
    return tuple(Style(s.slot, s.image, 1.0, s.crop, s.rotation_deg) for s in of)


def with_styles(recipe: Recipe, of: Sequence[Style]) -> Recipe:
    """A recipe with these styles; as it is for one that is whole, which the desk names itself."""
    if len(of) == 1 and of[0].is_whole:
        return recipe
    return change(
        recipe,
        {
            "styles": [
                {"sha256": s.image.load().sha256, "weight": s.weight, "crop": s.crop, "rotation_deg": s.rotation_deg}
                for s in of
            ]
        },
    )


def restore(styles: Sequence[tuple[SelectedImage, StylePicture]]) -> None:
    """Make these the styles on the page, each with its weight, crop and turn; before the page draws its widgets."""
    heaviest = max(look_.weight for _, look_ in styles)
    places = replace_styles([what for what, _ in styles])
    for place, (_, look_) in zip(places, styles, strict=True):
        weight = look_.weight / heaviest
        first = {"weight": weight, "crop": look_.crop, "rotation_deg": look_.rotation_deg}
        _settings(place).update(first, first=first)


def set_weights(shares: dict[str, float]) -> None:
    """Set weights by place; to be called before the page draws its sliders."""
    for place, share in shares.items():
        st.session_state[_key("weight", place)] = share


def rows() -> None:
    """What is done with each style: nothing but two quiet buttons while there is one, else a row for each."""
    all_ = styles()
    if len(all_) > 1:
        for style in all_:
            _row(style)
        if not any(style.weight for style in styles()):
            st.caption("Without any weight, all styles count alike.")
    with st.container(horizontal=True, key="mix_buttons"):
        if len(all_) == 1:
            _framing(all_[0], "Crop and turn")
        if len(all_) < MAX_STYLES:
            st.button("Add a style", icon=":material/add:", key="mix_add", on_click=add_style)


def _row(style: Style) -> None:
    place, in_hand = style.slot, style.slot == active_slot("style")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"mix_row_{place}"):
        st.button(
            "",
            icon=":material/radio_button_checked:" if in_hand else ":material/radio_button_unchecked:",
            type="tertiary",
            key=f"mix_take_{place}",
            help="The gallery changes this style." if in_hand else "Let the gallery change this style.",
            on_click=select_style,
            args=(place,),
        )
        st.html(
            f'<img class="nst-mix" src="{style.source()}" alt="{escape(style.image.title)}">',
            width="content",
        )
        title = theme.escape_markdown(style.image.title)
        _settings(place)["weight"] = widgets.percent_slider(
            title, _key("weight", place), _first(place)["weight"], (0.0, 1.0), step=0.01
        )
        _framing(style, "")
        st.button(
            "",
            icon=":material/close:",
            type="tertiary",
            key=f"mix_remove_{place}",
            help=f"Remove {theme.escape_markdown(style.image.title)}",
            on_click=remove_style,
            args=(place,),
        )


def _framing(style: Style, label: str) -> None:
    """A part of a style to choose, behind a button, with what is chosen shown as it changes."""
    place = style.slot
    with st.popover(
        label,
        icon=":material/crop_rotate:" if style.is_whole else ":material/crop:",
        help=None if label else f"Crop and turn {theme.escape_markdown(style.image.title)}",
        type="secondary" if label else "tertiary",
        key=f"mix_frame_{place}",
    ):
        first = Frame(_first(place)["crop"], _first(place)["rotation_deg"])
        said = framing.sliders(partial(_key, place=place), first)
        _settings(place).update(crop=said.crop, rotation_deg=said.rotation_deg)
        thumb = _style(place).thumb()
        if thumb is None:
            theme.notice("warning", "Too little is left", "Take a larger part, or turn it less.")
        else:
            alt = f"The part of {style.image.title} that is looked at"
            st.html(f'<img class="nst-part" src="{data_url(thumb)}" alt="{escape(alt)}">')


def _style(place: str) -> Style:
    said = _settings(place)
    return Style(place, image_in(place), **{name: said[name] for name in _AT_FIRST if name in said})


def _first(place: str) -> dict[str, Any]:
    """Where the widgets of a style stand at first."""
    first: dict[str, Any] = _settings(place).get("first", _AT_FIRST)
    return first


def _settings(place: str) -> dict[str, Any]:
    """What the widgets of a style said last: they are drawn after some of what needs it."""
    kept: dict[str, Any] = st.session_state.setdefault("mix", {}).setdefault(place, {})
    return kept


def _key(what: str, place: str) -> str:
    return f"mix_{what}_{place}"

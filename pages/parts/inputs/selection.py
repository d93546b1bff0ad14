"""The pictures a visitor has chosen, kept over pages and reruns: one photograph, and up to four styles.

Each stands in a place: "content", "style", and "style_1" and so on for further styles; no number is used twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

import streamlit as st

from nst_core.errors import RecipeError
from nst_core.picture.frame import WHOLE
from pages.parts.app.theme import join_known
from pages.parts.inputs import crop
from pages.parts.inputs.gallery import Thumb

if TYPE_CHECKING:
    from nst_core.picture.samples import Sample
    from nst_core.picture.upload import Picture

Role = Literal["content", "style"]

SAMPLE_EDGE_PX: dict[Role, int] = {"content": 1024, "style": 512}
"""Photographs come as large as they are; a drawn style needs no more for the sizes offered."""
FIRST = "style"
"""The place of the first style."""
_THUMB_EDGE_PX, _THUMB_QUALITY = 144, 70
_PREVIEW_EDGE_PX = 640
_PART_EDGE_PX = 400


@dataclass(frozen=True)
class SelectedImage:
    """A picture and the words that go with it.

    Attributes:
        key: of the sample or painting; empty for the visitor's own.
        title: what it is called.
        credit: artist, year, licence; empty for the visitor's own.
        alt: what it shows.
        load: gives its pixels; samples are drawn or read only when needed.
    """

    key: str
    title: str
    credit: str
    alt: str
    load: Callable[[], Picture]


def selected(role: Role) -> SelectedImage:
    """What is chosen now, of several styles the one in hand; at first a sample, or what `?content=`, `?style=` name."""
    return image_in(active_slot(role))


def choose(role: Role, image: SelectedImage) -> None:
    """Make a picture the chosen one, all of it; of several styles the one in hand changes."""
    st.session_state.setdefault("chosen", {})[active_slot(role)] = image
    if role == "content":
        crop.set_frame()


def image_in(place: str) -> SelectedImage:
    """What stands in a place; of the photograph the part that is to be painted."""
    what = whole_image(place)
    return replace(what, load=partial(crop.cropped, what.load)) if place == "content" else what


def whole_image(place: str) -> SelectedImage:
    """What stands in a place, all of it."""
    places: dict[str, SelectedImage] = st.session_state.setdefault("chosen", {})
    if place not in places:
        role: Role = "content" if place == "content" else "style"
        samples = _samples(role)
        asked = st.query_params.get(role, "")
        places[place] = _of_sample(next((s for s in samples if s.key == asked), samples[0]))
    return places[place]


def active_slot(role: Role) -> str:
    """The place that a picker of this role changes: the style in hand, or the photograph."""
    return role if role == "content" else str(st.session_state.get("style_in_hand", FIRST))


def select_style(place: str) -> None:
    """Take a style in hand: the gallery and the other ways now change this one."""
    st.session_state["style_in_hand"] = place


def style_slots() -> tuple[str, ...]:
    """Where the styles stand, in their order; one at first."""
    return tuple(st.session_state.setdefault("style_places", [FIRST]))


def add_style() -> None:
    """One more style, a sample that is not there yet, taken in hand."""
    taken = {image_in(place).key for place in style_slots()}
    sample = next(s for s in _samples("style") if s.key not in taken)
    number = st.session_state.get("styles_added", 0) + 1
    st.session_state["styles_added"] = number
    st.session_state["style_places"] = [*style_slots(), f"{FIRST}_{number}"]
    select_style(f"{FIRST}_{number}")
    choose("style", _of_sample(sample))


def remove_style(slot: str) -> None:
    """Take a style away; the last one stays."""
    left = [other for other in style_slots() if other != slot]
    if left:
        st.session_state["style_places"] = left
        if active_slot("style") == slot:
            select_style(left[0])


def replace_styles(styles: Sequence[SelectedImage]) -> tuple[str, ...]:
    """Put these styles in the place of all others, the first in hand; where each stands now."""
    before = st.session_state.get("styles_added", 0)
    st.session_state["styles_added"] = before + len(styles)
    places = [f"{FIRST}_{before + n}" for n in range(1, len(styles) + 1)]
    st.session_state["style_places"] = places
    for place, what in zip(places, styles, strict=True):
        select_style(place)
        choose("style", what)
    select_style(places[0])
    return tuple(places)


def find_sample(role: Role, key: object) -> SelectedImage | None:
    """The bundled picture of this key, or None if there is none."""
    return next((_of_sample(sample) for sample in _samples(role) if sample.key == key), None)


def choose_sample(role: Role, key: str) -> None:
    """Make a bundled picture the chosen one."""
    choose(role, _of_sample(next(s for s in _samples(role) if s.key == key)))


@st.cache_resource(show_spinner=False)
def thumbs(role: Role) -> tuple[Thumb, ...]:
    """The wall of bundled pictures, made once per server."""
    return tuple(
        Thumb(s.key, s.title, f"{s.title}: {s.alt}", s.webp(_THUMB_EDGE_PX, _THUMB_QUALITY)) for s in _samples(role)
    )


def preload() -> None:
    """Have ready what every first visit shows; on a new machine the styles must first be drawn."""
    for role in get_args(Role):
        thumbs(role)
        first = _of_sample(_samples(role)[0]).load()
        _preview(first.sha256, first)
    framed_preview(first, WHOLE, 0.0)  # the style comes last


def preview(role: Role) -> bytes:
    """The chosen picture as a small WebP."""
    picture = selected(role).load()
    return _preview(picture.sha256, picture)


def framed_preview(picture: Picture, crop: tuple[float, ...], rotation_deg: float) -> bytes | None:
    """A part of a picture, cropped and turned, as a small WebP; None where too little would be left."""
    return _part(picture.sha256, crop, rotation_deg, picture)


@st.cache_resource(show_spinner=False, max_entries=64)
def _preview(sha256: str, _picture: Picture) -> bytes:
    return _webp(_picture, min(_PREVIEW_EDGE_PX, max(_picture.width, _picture.height)), 82)


@st.cache_resource(show_spinner=False, max_entries=128)
def _part(sha256: str, crop: tuple[float, ...], rotation_deg: float, _picture: Picture) -> bytes | None:
    from nst_core.picture.crop import framed, framed_size
    from nst_core.picture.encode import to_webp
    from nst_core.picture.resize import fit

    try:
        part = framed_size(_picture.width, _picture.height, crop, rotation_deg)
    except RecipeError:
        return None
    longest = max(_picture.width, _picture.height)
    enough = min(longest, _PART_EDGE_PX * longest // min(part))  # so that a small part is not blurred
    seen = framed(_picture.tensor(enough), crop, rotation_deg)
    return to_webp(fit(seen, _PART_EDGE_PX) if max(seen.shape) > _PART_EDGE_PX else seen, 80)


@st.cache_resource(show_spinner=False, max_entries=24)
def _load_sample(key: str) -> Picture:
    from nst_core.picture import samples

    sample = samples.find(key)
    return sample.load(longest_edge_px=SAMPLE_EDGE_PX[sample.kind])


def _of_sample(sample: Sample) -> SelectedImage:
    words = join_known(sample.artist, str(sample.year), sample.licence)
    return SelectedImage(sample.key, sample.title, words, sample.alt, partial(_load_sample, sample.key))


def _samples(role: Role) -> tuple[Sample, ...]:
    from nst_core.picture import samples

    return samples.contents() if role == "content" else samples.styles()


def _webp(picture: Picture, longest_edge_px: int, quality: int) -> bytes:
    from nst_core.picture.encode import to_webp

    return to_webp(picture.tensor(longest_edge_px), quality)

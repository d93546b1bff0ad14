"""The pictures a visitor has chosen, kept over pages and reruns: one photograph, one style."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

import streamlit as st

from pages.parts.gallery import Thumb
from pages.parts.look import credit

if TYPE_CHECKING:
    from nst_core.picture.door import Picture
    from nst_core.picture.samples import Sample

Role = Literal["content", "style"]

SAMPLE_EDGE_PX: dict[Role, int] = {"content": 1024, "style": 512}
"""Photographs come as large as they are; a drawn style needs no more for the sizes offered."""
_THUMB_EDGE_PX = 144
_PREVIEW_EDGE_PX = 640


@dataclass(frozen=True)
class Chosen:
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


def chosen(role: Role) -> Chosen:
    """What is chosen now; at first a sample, or the one that `?content=` or `?style=` names."""
    if role not in st.session_state.setdefault("chosen", {}):
        samples = _samples(role)
        asked = st.query_params.get(role, "")
        choose(role, _of_sample(next((s for s in samples if s.key == asked), samples[0])))
    picked: Chosen = st.session_state["chosen"][role]
    return picked


def choose(role: Role, what: Chosen) -> None:
    """Make a picture the chosen one."""
    st.session_state.setdefault("chosen", {})[role] = what


def choose_sample(role: Role, key: str) -> None:
    """Make a bundled picture the chosen one."""
    choose(role, _of_sample(next(s for s in _samples(role) if s.key == key)))


@st.cache_resource(show_spinner=False)
def thumbs(role: Role) -> tuple[Thumb, ...]:
    """The wall of bundled pictures, made once per server."""
    return tuple(
        Thumb(s.key, s.title, f"{s.title}: {s.alt}", _webp(s.load(longest_edge_px=_THUMB_EDGE_PX), _THUMB_EDGE_PX, 70))
        for s in _samples(role)
    )


def preview(role: Role) -> bytes:
    """The chosen picture as a small WebP."""
    picture = chosen(role).load()
    return _preview(picture.sha256, picture)


@st.cache_data(show_spinner=False, max_entries=64)
def _preview(sha256: str, _picture: Picture) -> bytes:
    return _webp(_picture, min(_PREVIEW_EDGE_PX, max(_picture.width, _picture.height)), 82)


@st.cache_resource(show_spinner=False, max_entries=24)
def _load_sample(key: str) -> Picture:
    from nst_core.picture import samples

    sample = samples.find(key)
    return sample.load(longest_edge_px=SAMPLE_EDGE_PX[sample.kind])


def _of_sample(sample: Sample) -> Chosen:
    words = credit(sample.artist, str(sample.year), sample.licence)
    return Chosen(sample.key, sample.title, words, sample.alt, partial(_load_sample, sample.key))


def _samples(role: Role) -> tuple[Sample, ...]:
    from nst_core.picture import samples

    return samples.contents() if role == "content" else samples.styles()


def _webp(picture: Picture, longest_edge_px: int, quality: int) -> bytes:
    from nst_core.picture.encode import to_webp

    return to_webp(picture.tensor(longest_edge_px), quality)

"""Single frames of films as small pictures for a page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from nst_core.errors import FilmError
from pages.parts.runs.before_after import data_url

if TYPE_CHECKING:
    from nst_core.film.info import Clip, FilmInfo
    from pages.parts.film.chosen import ChosenFilm

EDGE_PX = 640
_QUALITY = 80


def three_times(info: FilmInfo, clip: Clip) -> tuple[float, ...]:
    """Moments at the beginning, in the middle and at the end of a clip, in seconds of the film."""
    length = clip.seconds(info)
    last = max(0.0, length - 1.5 / info.frames_per_second)
    return tuple(round(clip.start_seconds + share * last, 3) for share in (0.0, 0.5, 1.0))


def pictures(film: ChosenFilm, at_seconds: Sequence[float]) -> list[bytes]:
    """The frames at these moments, as WebP; empty if they cannot be read now."""
    try:
        return list(_pictures(film.film.sha256, tuple(at_seconds), film.film.path))
    except FilmError:
        return []


def of_file(path: Path, key: str, at_seconds: Sequence[float]) -> list[bytes]:
    """Likewise, of any film; `key` names the file's content. Raises FilmError."""
    return list(_pictures(key, tuple(at_seconds), path))


def image(picture: bytes, alt: str) -> str:
    """A picture as HTML."""
    return image_at(data_url(picture), alt)


def image_at(address: str, alt: str) -> str:
    """A picture at an address as HTML."""
    return f'<img src="{escape(address)}" alt="{escape(alt)}">'


def strip(rows: Sequence[tuple[str, Sequence[bytes]]], times: Sequence[float]) -> str:
    """Rows of frames, one below the other, as HTML: a title and a frame for each time, in seconds, in each row."""
    html = ""
    for title, frames in rows:
        cells = "".join(
            f"<figure>{image(frame, f'{title} at {seconds:.1f} s')}<figcaption>{seconds:.1f} s</figcaption></figure>"
            for frame, seconds in zip(frames, times, strict=False)
        )
        html += f'<div class="nst-strip"><b>{escape(title)}</b><div>{cells}</div></div>'
    return html


@st.cache_resource(show_spinner=False, max_entries=64)
def _pictures(sha256: str, at_seconds: tuple[float, ...], _path: Path) -> tuple[bytes, ...]:
    from nst_core.film.reading import stills
    from nst_core.picture.encode import to_webp

    frames = stills(_path, at_seconds, EDGE_PX)
    return tuple(to_webp(frame.pixels[None].astype(np.float32) / np.float32(255), _QUALITY) for frame in frames)

"""The picker of the film and of the part of it that is painted."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core.errors import FilmError
from pages.parts.app import streamlit_patches, theme
from pages.parts.app.formatting import approximate_duration, duration
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import Html
from pages.parts.film import chosen, stills

if TYPE_CHECKING:
    from nst_core.film.info import Clip, FilmInfo
    from pages.parts.film.chosen import ChosenFilm

TRIM_STEP_SECONDS = 0.1
_UPLOADS = SessionValue[int]("film", "uploads")
"""The number of films that this tab has sent; each uploader takes one, and the next one has another key."""
_REFUSAL = SessionValue[str]("film", "refusal")
"""Why the last film cannot be used; empty if it can."""
_OPENED_CLIP = SessionValue[tuple[int, float, float | None]]("film", "opened_clip")
"""The clip of the settings that were opened last: their number, its start and its end."""


def picker() -> Clip | None:
    """The film with its uploader and the slider of its clip; None without a film, or if the clip cannot be painted."""
    with st.container(key="picker_film", gap="xsmall"):
        theme.section("Film")
        _uploader()
        if message := _REFUSAL.get():
            theme.notice("error", "This film cannot be used", message)
        if (film := chosen.chosen()) is None:
            return None
        _facts(film)
        return _clip(film)


def open_clip(start_seconds: float, end_seconds: float | None) -> None:
    """Let the slider start with this clip; to be called before the page draws it."""
    number, *_ = _OPENED_CLIP.get() or (0,)
    _OPENED_CLIP.put((number + 1, start_seconds, end_seconds))


def _uploader() -> None:
    number = _UPLOADS.get() or 0
    file = st.file_uploader(
        f"MP4, MOV, WebM, GIF or animated WebP, up to {chosen.max_film_mb()} MB and {_longest()}",
        chosen.FILM_TYPES,
        key=f"film_file_{number}",
        max_upload_size=chosen.max_film_mb(),
    )
    if file is None:
        return
    with st.spinner("Reading the film…"):
        try:
            chosen.choose(file, file.name)
            _REFUSAL.put("")
        except FilmError as error:
            _REFUSAL.put(str(error))
    streamlit_patches.release_upload(file)
    _UPLOADS.put(number + 1)
    st.rerun()


def _longest() -> str:
    """The longest clip, in one line: "1" does not stand apart from "min"."""
    from nst_core.film.info import FilmLimits

    return approximate_duration(FilmLimits.read().seconds).replace(" ", "\N{NO-BREAK SPACE}")


def _facts(film: ChosenFilm) -> None:
    info = film.film.info
    about = "" if info.is_exact else "about "
    words = theme.join_known(
        f"{info.width} × {info.height} px",
        f"{about}{duration(info.seconds)}",
        f"{info.frames_per_second:.3g} frames a second",
        "with sound" if info.has_audio else "",
    )
    pictures = stills.pictures(film, (0.0,))
    shown = stills.image(pictures[0], "The film's first frame") if pictures else ""
    st.html(
        Html(
            f'<div class="nst-chosen">{shown}<div><b>{escape(film.title)}</b><small>{escape(words)}</small></div></div>'
        )
    )


def _clip(film: ChosenFilm) -> Clip | None:
    """The part of the film on the slider; None, with the reason on the page, if it is too long."""
    from nst_core.film.info import Clip, FilmLimits

    info, limits = film.film.info, FilmLimits.read()
    end = _rounded(info.seconds)
    start, stop = 0.0, end
    if end > TRIM_STEP_SECONDS:
        start, stop = st.slider(
            "Part of it",
            0.0,
            end,
            _default(info, end),
            TRIM_STEP_SECONDS,
            format="%.1f s",
            key=f"film_clip_{film.film.sha256[:12]}_{(_OPENED_CLIP.get() or (0,))[0]}",
            help=f"The part that is painted, at most {approximate_duration(limits.seconds)}.",
            persist_state="session",
        )
    clip = Clip(start, None if stop >= end else stop)
    try:
        limits.check_clip(info, clip)
    except FilmError as error:
        theme.notice("error", "This part cannot be painted", str(error))
        return None
    return clip


def _default(info: FilmInfo, end: float) -> Any:
    """The slider's first clip: that of opened settings, or as much of the film as may be painted."""
    _, start, stop = _OPENED_CLIP.get() or (0, end, None)
    if start < end:
        return start, end if stop is None else min(stop, end)
    return 0.0, min(end, _rounded(chosen.most_seconds(info)))


def _rounded(seconds: float) -> float:
    """Down to the slider's step, so that a clip never ends after the film."""
    return round(max(int(seconds / TRIM_STEP_SECONDS + 1e-6), 1) * TRIM_STEP_SECONDS, 3)

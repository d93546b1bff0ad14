"""The film of a run: the newest frame while it is painted, then a player with the film before, and a strip of both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from pages.parts.app import service, theme
from pages.parts.app.web import Html
from pages.parts.film import stills
from pages.parts.runs import run_image

if TYPE_CHECKING:
    from nst_core.film.reading import Film
    from nst_core.jobs.service import JobView

MOST_BEFORE_MB = 30
"""The largest film of a visitor that is played beside the result: the server holds a film that it plays in memory."""
STRIP_FRAMES = 4


def player(view: JobView, *, key: str, max_height: str) -> None:
    """The finished film, or the newest frame of a film that has none yet.

    Args:
        view: the run.
        key: identity on the page.
        max_height: CSS length that a frame's height never exceeds.
    """
    if not view.result:
        run_image.picture(view, key=key, max_height=max_height)
        return
    try:
        film = service.get().film_result(view.id)
    except NSTError as error:
        theme.notice("warning", "The film cannot be shown", str(error))
        run_image.picture(view, key=key, max_height=max_height)
        return
    with st.container(key=f"film_player_{key}"):
        _play(film.path, film.media_type, "The painted film")


def before_after(view: JobView) -> None:
    """Frames of the film before and after, and on request the film before; nothing until there is a film."""
    if not view.result:
        return
    try:
        before, after = _film_before(view.id), service.get().film_result(view.id)
        times = _times(view, before)
        start = view.recipe.film.trim_start_seconds
        rows = (
            ("Before", stills.of_file(before.path, before.sha256, [start + seconds for seconds in times])),
            ("After", stills.of_file(after.path, view.id, times)),
        )
    except NSTError as error:
        theme.notice("quiet", "The frames cannot be compared", str(error))
        return
    theme.section("Before and after")
    st.html(Html(stills.strip(rows, times)))
    if before.path.stat().st_size > MOST_BEFORE_MB * 1e6:
        st.caption(f"The film before has more than {MOST_BEFORE_MB} MB, so it is not played here.")
    elif st.toggle("Play the film before", key=f"film_before_{view.id}"):
        _play(before.path, _media_type(before), "The film before")


def _times(view: JobView, before: Film) -> list[float]:
    """Moments of the result that are spread evenly over it, in seconds."""
    from nst_core.runs.films import clip_of

    rate = clip_of(view.recipe).rate(before.info)
    frames = max(view.step, 1)
    count = min(STRIP_FRAMES, frames)
    numbers = [round(n * (frames - 1) / max(count - 1, 1)) for n in range(count)]
    return [round(number / rate, 3) for number in dict.fromkeys(numbers)]


@st.cache_resource(show_spinner=False, max_entries=64)
def _film_before(job: str) -> Film:
    """The film of a run as it was; opened once, because its hash is checked then. Raises JobError."""
    from nst_core.errors import JobError

    film = service.get().inputs(job).film
    if film is None or not film.path.is_file():
        raise JobError("the film before is not here any more")
    return film


def _media_type(film: Film) -> str:
    """The media type of a visitor's film; browsers play QuickTime files as MP4 if they play them at all."""
    return {"GIF": "image/gif", "WebP": "image/webp", "WebM": "video/webm"}.get(film.info.format, "video/mp4")


def _play(path: Path, media_type: str, alt: str) -> None:
    if media_type.startswith("image/"):
        st.image(path.read_bytes(), caption=alt, width="stretch")
    else:
        st.video(path, format=media_type, loop=True, muted=True, autoplay=True)

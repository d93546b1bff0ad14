"""The page of one run's curve: a play head that moves through its pictures, another run beside it, and an explanation.

It only shows: whoever has the link, also inside another page, can change nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import JobError
from nst_core.recipe.sentence import in_one_sentence
from nst_core.runs import curve_explanation
from nst_core.settings import Settings
from pages.parts.app import service, session, theme
from pages.parts.app.web import Html, app_address
from pages.parts.curves import charts, comparable_runs, plot
from pages.parts.curves.series import ChartOptions
from pages.parts.runs import curated, run_image
from pages.parts.runs.before_after import data_url
from pages.parts.runs.polling import is_active, poll
from pages.parts.runs.run_grid import title
from pages.parts.settings.descriptions import differences

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView

PAGE = "curve"
MOST_FRAMES = 32
"""Most pictures of the play head: as many as can be told apart on a slider, and 0.5 MB."""
FRAME_PX = 384
EVERY_SECONDS = 5.0
"""Interval while the run is painted: each time all its pictures are sent."""
FRAME_HEIGHT_PX = 720
"""Height of the frame in another page until the page tells its own."""
_RUN = re.compile(r"(?:result|job|film|slow)=([0-9A-Za-z_-]{8,64})|^\s*([0-9A-Za-z_-]{8,64})\s*$")
_OTHER = "curve_other"


def panel(*, embedded: bool) -> None:
    """The curve of the run in the address; `embedded`: in a frame of another page, without links and fields."""
    job_id = session.current(PAGE, "result")
    view = session.view(job_id) if job_id else None
    if view is None:
        why = session.why_lost(job_id) if job_id else "Open one from a result: Export, below its curves."
        theme.notice("quiet", "No curve can be shown here", why)
        return
    curve = st.container()
    if not embedded:
        _other_field()  # before the curve is drawn, to which it adds another
    with curve:
        poll((view.id,), lambda: _shown(view.id, embedded=embedded), EVERY_SECONDS)


def address(job_id: str, *, embedded: bool = False) -> str:
    """The link to a run's curve, with the name of this host."""
    return f"{app_address()}/{PAGE}?result={job_id}{'&embed=true' if embedded else ''}"


def frame_code(job_id: str) -> str:
    """The HTML that shows a run's curve in another page, as tall as it needs to be."""
    name = f"nst-curve-{job_id[:6]}"
    listener = (
        f'const frame = document.getElementById("{name}"); if (data?.type === "nst-studio-height" && '
        "source === frame.contentWindow) frame.style.height = `${data.height}px`;"
    )
    return (
        f'<iframe id="{name}" src="{escape(address(job_id, embedded=True))}" title="Loss curve of a style transfer" '
        f'loading="lazy" style="width:100%;height:{FRAME_HEIGHT_PX}px;border:0"></iframe>\n'
        f'<script>addEventListener("message", ({{ data, source }}) => {{ {listener} }});</script>'
    )


def share(view: JobView) -> None:
    """The link to a run's curve and the HTML for another page, in a popover."""
    st.markdown("**This curve**")
    st.code(address(view.id), language=None, wrap_lines=True)
    if Settings.read().frame_ancestors:
        st.caption("In a page of yours:")
        st.code(frame_code(view.id), language="html", wrap_lines=True)
    else:
        st.caption("Other pages cannot show it: this server's operator has named none in NST_FRAME_ANCESTORS.")


def run_in(text: str) -> str | None:
    """The id of a run in a link to it, or alone; None if there is none."""
    found = _RUN.search(text)
    return next(filter(None, found.groups())) if found else None


def thinned(steps: tuple[int, ...], most: int = MOST_FRAMES) -> tuple[int, ...]:
    """At most so many of the steps, evenly spread, with the first and the last."""
    if len(steps) <= most:
        return steps
    return tuple(steps[round(n * (len(steps) - 1) / (most - 1))] for n in range(most))


def _other_field() -> None:
    text = st.text_input(
        "Another run beside it",
        key=_OTHER,
        value=st.query_params.get("with", ""),
        placeholder="Paste the link of a result or a curve",
    )
    if not text:
        st.query_params.pop("with", None)
        return
    other = run_in(text)
    if other is None or session.view(other) is None:
        theme.notice("warning", "That link names no run of this server", "Paste the link of a result or of its curve.")
        st.query_params.pop("with", None)
        return
    st.query_params["with"] = other


def _shown(job_id: str, *, embedded: bool) -> None:
    if (view := session.view(job_id)) is None:
        return
    if len(view.points) < 2:
        is_young = is_active(job_id)
        text = "It appears with the second step." if is_young else "The fast method paints in one pass."
        theme.notice("quiet", "This run has no curve yet" if is_young else "This run has no curve", text)
        return
    other = _compared(view)
    _chart(view, other)
    _explanation(view)
    if not embedded:
        st.page_link(
            "pages/result.py",
            label=f"Open the result: {title(view)}",
            icon=":material/image:",
            query_params={"result": view.id},
        )


def _compared(view: JobView) -> list[charts.ComparedRun]:
    other = session.view(st.query_params.get("with", ""))
    if other is None or other.id == view.id or not (points := comparable_runs.points(other.id)):
        return []
    changes = f"{differences(other.recipe, view.recipe)} ({other.id[-4:]})"
    return [charts.ComparedRun(title(other) if curated.is_curated(other.id) else changes, points)]


def _chart(view: JobView, compared: list[charts.ComparedRun]) -> None:
    word = run_image.step_word(view)
    stops = thinned(tuple(view.snapshot_steps))
    frames = {step: _frame(view.id, step) for step in stops}
    known = {step: frame for step, frame in frames.items() if frame}
    figure = charts.loss_curves(
        view.points,
        total_steps=view.total_steps if is_active(view.id) else view.step,
        options=ChartOptions("terms", True, "steps", 0.0, False),
        reference_losses=view.reference_losses,
        compared=compared,
        step_title=word.capitalize(),
    )
    plot.chart(
        figure,
        key=f"curve_{view.id}",
        alt=charts.alt_text(view.points, view.total_steps, view.reference_losses, compared),
        file=f"nst-curve-{view.id[:6]}",
        slider=plot.Slider(f"Picture at {word}", tuple(known), frames=tuple(known.values())) if known else None,
    )


@lru_cache(maxsize=512)
def _small(job_id: str, step: int) -> str:
    """A snapshot as a data URL, shrunk; 512 of them are about 10 MB. Raises JobError if it is gone."""
    from nst_core.picture.encoded import thumbnail

    return data_url(thumbnail(service.get().picture_at(job_id, step), FRAME_PX))


def _frame(job_id: str, step: int) -> str:
    """The snapshot of a step; "" if it is gone."""
    try:
        return _small(job_id, step)
    except JobError:
        return ""


def _explanation(view: JobView) -> None:
    if run_image.is_film(view):
        sentences = curve_explanation.explained_film(view.points)
    else:
        sentences = curve_explanation.explained(view.points, is_over=not is_active(view.id))
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    st.html(
        Html(
            '<section class="nst-explained"><h2>What the curve says</h2>'
            f"<p>{escape(in_one_sentence(view.recipe, view.total_steps))}</p><ul>{items}</ul></section>"
        )
    )

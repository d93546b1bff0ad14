"""A tour of one minute: five steps in a dialog, each with a picture made of the example."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from math import log

import streamlit as st

from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import Html
from pages.parts.curves.charts import REFERENCE_COLOURS
from pages.parts.curves.series import TERMS
from pages.parts.runs.before_after import data_url
from pages.parts.studio.examples import ExampleCurves, curves, example

_CURRENT = SessionValue[int]("tour", "current")
"""Index of the open step; none while the tour is closed."""


@dataclass(frozen=True)
class TourStep:
    """One step of the tour: a title, a sentence or two, the HTML of its picture, and a link to its page, if any."""

    title: str
    text: str
    picture: Callable[[], str]
    page: str = ""
    link: str = ""


def button() -> None:
    """The button that opens the tour. An open tour stays open when the page behind it runs again."""
    if st.button("One-minute tour", type="tertiary", icon=":material/tour:", key="tour"):
        _go(0)
    if _CURRENT.get() is not None:
        _dialog()


def _go(index: int) -> None:
    _CURRENT.put(index)


def _close() -> None:
    _CURRENT.pop()


@st.dialog("One-minute tour", width="medium", on_dismiss=_close)
def _dialog() -> None:
    index = _CURRENT.get() or 0
    step = STEPS[index]
    html = (
        f'<section class="nst-tour" aria-live="polite"><div>{step.picture()}</div><small>{index + 1} of {len(STEPS)}'
        f"</small><h2>{escape(step.title)}</h2><p>{escape(step.text)}</p></section>"
    )
    st.html(Html(html))
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="right"):
        if step.page and st.button(step.link, type="tertiary", icon=":material/arrow_outward:", key="tour_open"):
            _close()
            st.switch_page(step.page)
        st.button("Back", disabled=index == 0, key="tour_back", on_click=_go, args=(index - 1,))
        if index + 1 < len(STEPS):
            st.button("Next", key="tour_next", on_click=_go, args=(index + 1,))
        elif st.button("Done", key="tour_done"):
            _close()
            st.rerun()


def _picked() -> str:
    return f'{_img("content", "A photograph")}<b aria-hidden="true">+</b>{_img("style", "A style")}'


def _fast() -> str:
    return _img("fast", "The photograph in that style, by the fast method")


def _slow() -> str:
    found = curves()
    drawn = b64encode(sketch(found).encode()).decode() if found else ""
    words = "The loss falls step by step, below that of the fast result"
    curve = f'<img src="data:image/svg+xml;base64,{drawn}" alt="{words}">' if drawn else ""
    return f"{_img('slow', 'The photograph in that style, by the slow method')}{curve}"


def _compared() -> str:
    names = (("fast", "Fast"), ("slow", "Slow"))
    return "".join(f"<figure>{_img(name, title)}<figcaption>{title}</figcaption></figure>" for name, title in names)


def _shared() -> str:
    return f"{_img('slow', 'A finished picture')}<code>/result?result=…</code>"


STEPS = (
    TourStep(
        "Pick a photograph and a style",
        "Bundled ones, your own file, the camera or a link. Several styles can be mixed, and a brush says where each "
        "goes.",
        _picked,
    ),
    TourStep(
        "Fast paints in a second",
        "Press the button once. From then on every slider paints anew, and you see its effect at once.",
        _fast,
        "pages/fast.py",
        "Open Fast",
    ),
    TourStep(
        "Slow paints while you watch",
        "The picture and its loss curves grow step by step. Pause, steer, or click a point to see the picture there. "
        "You may close the tab: the run goes on.",
        _slow,
        "pages/slow.py",
        "Open Slow",
    ),
    TourStep(
        "Compare judges them alike",
        "One click paints all three ways. Zoom into all at once, and read the same measures for each.",
        _compared,
        "pages/compare.py",
        "Open Compare",
    ),
    TourStep(
        "Share what you made",
        "Every result has a link that opens it with its settings, and its PNG carries them too. It is yours alone "
        "until you list it.",
        _shared,
        "pages/gallery.py",
        "Open the gallery",
    ),
)


def sketch(found: ExampleCurves, width: int = 240, height: int = 150) -> str:
    """The total on a log scale as a small SVG, with the fast result as a dashed line; sizes in pixels."""
    totals = [log(max(value, 1e-12)) for value in found.losses["total"]]
    fast = log(max(found.fast_total, 1e-12))
    low, high = min(*totals, fast), max(*totals, fast)
    end = max(found.seconds[-1], 1e-9)

    def y_of(value: float) -> float:
        return round(8 + (height - 16) * (high - value) / max(high - low, 1e-9), 1)

    spots = " ".join(f"{width * at / end:.1f},{y_of(value)}" for at, value in zip(found.seconds, totals, strict=True))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" fill="none" stroke-width="3">'
        f'<path stroke="{REFERENCE_COLOURS[0]}" stroke-dasharray="8 6" d="M0 {y_of(fast)}H{width}"/>'
        f'<polyline stroke="{TERMS["total"][1]}" points="{spots}"/></svg>'
    )


def _img(name: str, alt: str) -> str:
    picture = example().pictures.get(name)
    return f'<img src="{data_url(picture)}" alt="{escape(alt)}">' if picture else ""

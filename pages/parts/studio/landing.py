"""The sections of the first screen."""

from __future__ import annotations

from functools import cache
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app.session_values import PAINTED, has_painted
from pages.parts.app.web import Html
from pages.parts.runs import own_photo
from pages.parts.runs.before_after import Side, before_after, data_url
from pages.parts.studio import tour
from pages.parts.studio.examples import NAMES, ExampleCurves, example
from pages.parts.studio.examples import curves as known_curves

if TYPE_CHECKING:
    from pages.parts.curves.charts import Figure

_METHODS = (
    ("fast", "Fast", "One pass through Magenta's network. Any style, about a second.", "Paint in a second"),
    (
        "slow",
        "Slow",
        "Painted step by step while you watch the loss curves. Finer, and minutes long.",
        "Paint step by step",
    ),
    (
        "compare",
        "Compare",
        "All at once on the same pictures, judged by the same measures.",
        "See them side by side",
    ),
)
_FRAGMENT = "example"
_DELAY_SECONDS = 0.4
"""Delay of the curves after the first paint, which must not wait for Plotly."""
_CURVES_HEIGHT_PX = 320
_ROLES = {"content": "Photograph", "style": "Style", "fast": "Fast", "slow": "Slow"}


def hero() -> None:
    """The headline beside the example under a slider."""
    words, picture = st.columns([5, 6], gap="large", vertical_alignment="center")
    with words, st.container(key="hero_words"):
        st.html(
            '<div class="nst-hero"><h1>Your photograph, in <em>another hand.</em></h1>'
            "<p>Give it a photograph and a painting. Neural networks redraw the one with the strokes and colours of "
            "the other: in a second, or slowly, while you watch.</p></div>"
        )
        own_photo.uploader()
        with st.container(horizontal=True):
            if st.button("Paint in a second", type="primary", icon=":material/bolt:"):
                st.switch_page("pages/fast.py")
            if st.button("Paint step by step", icon=":material/hourglass_empty:"):
                st.switch_page("pages/slow.py")
            tour.button()
    with picture:
        _example_slider()


def _example_slider() -> None:
    shown = example().pictures
    after = next((name for name in ("slow", "fast") if name in shown), None)
    if after is None or "content" not in shown:
        return
    before_after(
        Side(shown["content"], "Photograph", f"The photograph: {_title('content')}"),
        Side(shown[after], f"{_ROLES[after]} method", f"The same photograph in the style of {_title('style')}"),
        key="hero_slider",
        ratio=1.0,
        at=38,
        max_height="min(70vh, 36rem)",
    )


def steps() -> None:
    """Photograph, style and both results in a row."""
    shown = [name for name in NAMES if name in example().pictures]
    if not shown:
        return
    figures = "".join(
        f'<figure><img src="{data_url(example().pictures[name])}" alt="{escape(_alt(name))}">'
        f"<figcaption><b>{_ROLES[name]}</b><span>{escape(_caption(name))}</span></figcaption></figure>"
        for name in shown
    )
    title = '<h2 class="nst-title">One photograph, one style, two methods</h2>'
    st.html(Html(f'{title}<div class="nst-row">{figures}</div>'))


def curves() -> None:
    """The slow run's losses with the fast result as a line; drawn after the first paint, in reserved room."""
    found = known_curves()
    if found is None:
        return
    st.html(
        '<h2 class="nst-title">The slow run, step by step</h2><p class="nst-under">Each step lowers these losses: '
        "the distance from the photograph's shapes, and from the style's texture. The dashed line is where fast stands "
        f"after {found.fast_seconds:.1f} s.</p>"
    )
    drawn = bool(PAINTED.get(_FRAGMENT))
    st.fragment(_chart, run_every=None if drawn else _DELAY_SECONDS)(found, drawn=drawn)


def _chart(found: ExampleCurves, *, drawn: bool) -> None:
    if has_painted(_FRAGMENT) and not drawn:
        st.rerun()  # the whole page, which then stops polling
    with st.container(key="plot_room_example"):
        if drawn:
            _draw(found)
        else:
            st.skeleton(height=_CURVES_HEIGHT_PX)


def _draw(found: ExampleCurves) -> None:
    from pages.parts.curves import plot

    figure, alt = _figure(found)
    plot.chart(figure, key="example_chart", alt=alt, file="nst-example")
    if how := example().facts.get("curve"):
        st.caption(f"Recorded: {how}.")


@cache
def _figure(found: ExampleCurves) -> tuple[Figure, str]:
    """The chart of the example's curves, the same for all visitors, and its text for screen readers."""
    from pages.parts.curves import charts
    from pages.parts.curves.series import ChartOptions

    points, of = found.points(), found.number[-1]
    figure = charts.loss_curves(
        points, total_steps=of, options=ChartOptions(x_axis="seconds"), reference_losses=found.reference_losses
    )
    return figure, charts.alt_text(points, of, found.reference_losses)


def methods() -> None:
    """The purpose of each page, with a link to it."""
    st.html('<h2 class="nst-title">Three ways to work</h2>')
    for column, (url, title, text, call) in zip(st.columns(3, gap="large"), _METHODS, strict=True):
        with column:
            st.html(f'<div class="nst-way"><h3>{escape(title)}</h3><p>{escape(text)}</p></div>')
            st.page_link(f"pages/{url}.py", label=call, icon=":material/arrow_forward:", icon_position="right")


def _title(name: str) -> str:
    return example().titles.get(name, _ROLES[name].lower())


def _alt(name: str) -> str:
    if name in ("content", "style"):
        return f"{_ROLES[name]}: {_title(name)}"
    return f"Result of the {name} method: {_title('content')} in the style of {_title('style')}"


def _caption(name: str) -> str:
    return example().titles.get(name) or example().facts.get(name, "")

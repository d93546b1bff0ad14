"""The live view of a run in a notebook: the picture with a progress bar, and below it the loss curves by Plotly.

Each of the two is one output that is replaced through a display handle, which works in Jupyter, VS Code and Colab
alike. A FigureWidget would send only new points, but needs ipywidgets and anywidget on both sides and 5 MB of program
for each figure. The whole figure has 20 KB in each of its two forms, the picture 35 KB, and both take about 40 ms.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

from nst_core.runs.curve import CurvePoint
from nst_core.step import Pixels, Step
from nst_core.studio.figure import HEIGHT_PX, Figure, loss_figure
from nst_core.studio.sheet import figure_html

if TYPE_CHECKING:
    from nst_core.studio.result import Result

LEAST_SECONDS = 0.5
"""Least time between two updates: about as often as the app's pages."""
LARGEST_SHARE = 0.05
"""Greatest share of the time that drawing may take: on a slow machine the view is drawn less often."""
MOST_SECONDS = 5.0
"""Longest time between two updates, so that a short pause of the machine does not freeze the view."""

PLOTLY_TYPE = "application/vnd.plotly.v1+json"
BLANK = {"text/html": f'<div style="height:{HEIGHT_PX}px"></div>'}
"""Replaces the figure for a moment between two drawings: Plotly's extension of JupyterLab draws an output once, and
ignores a new figure of the same type in its place."""

STOP_HINT = "Stop (■) or Ctrl-C keeps the best picture so far."


class LiveView:
    """Draws a run under way.

    Attributes:
        seconds: the time that drawing has taken so far.
        updates: how often it was drawn.
    """

    def __init__(self) -> None:
        figure_bundle({"data": [], "layout": {}})  # loads Plotly now, because the first drawing is timed
        self.seconds, self.updates = 0.0, 0
        self._due = 0.0
        self._picture: Pixels | None = None
        self._handles: list[Any] = []
        self._total_steps = 1

    def update(self, step: Step, points: Sequence[CurvePoint]) -> None:
        """Draw the step, unless the last drawing was a moment ago."""
        self._picture = step.picture if step.picture is not None else self._picture
        self._total_steps = step.total
        if time.monotonic() < self._due or self._picture is None:
            return
        self._draw(progress_html(step, self._picture), loss_figure(points, step.total))

    def end(self, result: Result) -> None:
        """Draw the result and the whole curve."""
        caption = "<br>".join(map(escape, (result.summary(), *result.notes)))
        html = figure_html(result.shown, caption, alt=f"result of the run: {result.summary()}")
        last = result.points[-1].step if result.stopped else self._total_steps
        self._draw(html, loss_figure(result.points, last))

    def _draw(self, html: str, figure: Figure) -> None:
        from IPython.display import display

        began = time.monotonic()
        bundles = [{"text/html": html}]
        if figure["data"]:  # the fast method has no curve
            bundles.append(figure_bundle(figure))
        for index, bundle in enumerate(bundles):
            if index < len(self._handles):
                if PLOTLY_TYPE in bundle:
                    self._handles[index].update(BLANK, raw=True)
                self._handles[index].update(bundle, raw=True)
            else:
                self._handles.append(display(bundle, raw=True, display_id=True))  # type: ignore[no-untyped-call]
        now = time.monotonic()
        self.seconds, self.updates = self.seconds + now - began, self.updates + 1
        self._due = now + min(max(LEAST_SECONDS, (now - began) / LARGEST_SHARE), MOST_SECONDS)


def progress_html(step: Step, picture: Pixels) -> str:
    """The picture, a progress bar and one line about the step."""
    loss = f" · loss {step.losses['total']:.4g}" if "total" in step.losses else ""
    line = f"step {step.number} of {step.total} · {step.scale_px} px · {step.seconds:.1f} s{loss}"
    bar = f'<progress value="{step.number}" max="{max(step.total, 1)}" style="width:100%"></progress>'
    notes = "".join(f"<br>{escape(note)}" for note in step.notes)
    return figure_html(picture, f"{bar}<br>{line}{notes}<br>{STOP_HINT}", alt=f"picture at step {step.number}")


def figure_bundle(figure: Figure) -> dict[str, Any]:
    """A figure for any front end: as Plotly's own type for those that know it, and otherwise as HTML.

    The HTML (Colab, exported pages) loads Plotly's program from its public address, so that no output contains its 5
    MB.
    """
    from plotly.io import to_html

    html = to_html(figure, include_plotlyjs="cdn", full_html=False, validate=False)
    return {PLOTLY_TYPE: figure, "text/html": html}

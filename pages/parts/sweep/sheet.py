"""The sheet of a sweep: a table of pictures, each one a button."""

from __future__ import annotations

import streamlit as st

from nst_core.sweeps.filler import Cell
from nst_core.sweeps.runner import Sweep
from pages.parts.app.web import asset
from pages.parts.runs.before_after import data_url

_HTML = "<figure><table></table></figure>"
_sheet = st.components.v2.component("nst_sweep", html=_HTML, css=asset(__file__, ".css"), js=asset(__file__, ".js"))

_STATE_WORDS = {"waiting": "waits", "painting": "being painted", "painted": "", "failed": "could not be painted"}


def sheet(sweep: Sweep, *, key: str, picked: int) -> int | None:
    """Mount the sheet and return the number of the cell that was clicked just now, if any.

    Args:
        sweep: the plan and the cells.
        key: identity on the page; new cells under the same key never blink and keep the focus.
        picked: the cell that is marked, or -1.
    """
    across, down = sweep.plan.across, sweep.plan.down
    data = {
        "id": sweep.id,
        "label": f"{across.title} from left to right, {down.title} from top to bottom",
        "across": {"title": across.title, "labels": across.labels},
        "down": {"title": down.title, "labels": down.labels},
        "ratio": round(_ratio(sweep), 4),
        "picked": picked,
        "cells": [_data(sweep.plan.label(number), cell) for number, cell in enumerate(sweep.cells)],
    }
    clicked = _sheet(key=key, data=data, on_picked_change=lambda: None).get("picked")
    return clicked if isinstance(clicked, int) and 0 <= clicked < sweep.plan.count else None


def _data(label: str, cell: Cell) -> dict[str, str]:
    alt = ", ".join(filter(None, (label, _STATE_WORDS[cell.state])))
    title = f"{label}: {cell.error}" if cell.error else f"{label}. Click to paint it large."
    return {
        "state": cell.state,
        "alt": alt,
        "title": title,
        "src": data_url(cell.picture) if cell.picture else "",
    }


def _ratio(sweep: Sweep) -> float:
    return sweep.inputs.content.width / sweep.inputs.content.height

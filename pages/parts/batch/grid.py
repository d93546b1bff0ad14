"""The live grid of a batch: a picture, its name and its state in each cell."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app.web import Html
from pages.parts.runs.before_after import data_url

if TYPE_CHECKING:
    from nst_core.batch.hosted import HostedBatch
    from nst_core.sweeps.filler import Cell

STYLE = Path(__file__).with_suffix(".css")
_THUMB_EDGE_PX = 240
_STATE_WORDS = {"waiting": "waits", "painting": "being painted", "painted": "painted", "failed": "failed"}


def grid(batch: HostedBatch) -> None:
    """Draw all cells."""
    st.html(STYLE)
    cells = zip(batch.filler.shown, batch.labels, strict=True)
    body = "".join(_cell(batch.id, number, cell, label) for number, (cell, label) in enumerate(cells))
    st.html(Html(f'<ul class="nst-batch" aria-label="Results of the batch">{body}</ul>'))


def _cell(batch_id: str, number: int, cell: Cell, label: str) -> str:
    words = _STATE_WORDS[cell.state]
    image = ""
    if cell.picture:
        small = _thumb(batch_id, number, cell.state, hash(cell.picture), cell.picture)
        image = f'<img src="{data_url(small)}" alt="{escape(label)}, {words}">'
    told = cell.error or words
    state = f"<small>{escape(told)}</small>" if cell.state != "painted" else ""
    return (
        f'<li data-state="{cell.state}"><span class="nst-batch-picture">{image}</span>'
        f'<b title="{escape(label)}">{escape(label)}</b>{state}</li>'
    )


@st.cache_resource(show_spinner=False, max_entries=512)
def _thumb(batch_id: str, number: int, state: str, digest: int, _picture: bytes) -> bytes:
    """A small WebP of a cell's newest picture."""
    from nst_core.picture.encoded import thumbnail

    return thumbnail(_picture, _THUMB_EDGE_PX)

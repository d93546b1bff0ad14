"""The form of a batch, its progress, and the ZIP file of its results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from nst_core import recipe as recipes
from nst_core.errors import NSTError
from nst_core.recipe import Recipe, StylePicture
from pages.parts.app import service, session, theme, visitor
from pages.parts.app.formatting import duration
from pages.parts.app.session_values import SessionValue
from pages.parts.batch.files import Photographs
from pages.parts.batch.grid import grid
from pages.parts.inputs import style_weights
from pages.parts.settings import widgets

if TYPE_CHECKING:
    from nst_core.batch.hosted import BatchRegistry, HostedBatch

NAME = "batch"
"""The query parameter that holds a batch's id."""
_METHODS = {"fast": "Fast", "balanced": "Balanced", "slow": "Slow"}
_SIZES_PX = (128, 192, 256, 384, 512, 640, 768, 1024)
_STEPS = (10, 25, 50, 100, 150, 200)
_POLL_SECONDS = 0.8
_PROBLEMS = SessionValue[Mapping[str, str]]("batch", "problems")
"""The files that were not taken for the visitor's batch, for its manifest."""


def form(photographs: Photographs) -> None:
    """Method, size and the button that starts a batch."""
    recipe, measure = _settings()
    styles = style_weights.in_use()
    batch = registry().find(session.current("batch", NAME))
    is_busy = batch is not None and batch.filler.is_active and _is_own(batch)
    count = len(photographs.pictures) * len(styles)
    pressed = st.button(
        "Painting…" if is_busy else f"Paint {count} {'picture' if count == 1 else 'pictures'}" if count else "Paint",
        type="primary",
        icon=":material/photo_library:",
        disabled=is_busy or not count,
        width="stretch",
        key="batch_start",
    )
    if len(styles) > 1:
        theme.description(f"Each photograph is painted {len(styles)} times, once in each style.")
    if pressed:
        _begin(photographs, styles, recipe, measure=measure)


def _settings() -> tuple[Recipe, bool]:
    """The settings of all results, and whether these are measured."""
    method = str(
        st.segmented_control(
            "Method",
            _METHODS,
            default="fast",
            required=True,
            format_func=lambda method: _METHODS[method],
            key="batch_method",
        )
    )
    base = recipes.make(settings={"method": method})
    chosen: dict[str, Any] = {}
    cells = widgets.grid_cells()
    with next(cells):
        chosen["longest_edge_px"] = widgets.value_slider(
            "Size", "longest_edge_px", _SIZES_PX, base.longest_edge_px, "batch", unit=" px"
        )
    with next(cells):
        if method == "fast":
            chosen["strength"] = widgets.share_slider("Strength", "strength", base.strength, "batch")
        else:
            chosen["steps"] = widgets.value_slider("Steps", "steps", _STEPS, 50, "batch")
    measure = st.toggle(
        "Measure each result",
        key="batch_measure",
        help="Adds the distances to photograph and style to the manifest. It takes a second or more for each picture.",
    )
    return recipes.change(base, chosen), measure


def _begin(photographs: Photographs, styles: tuple[style_weights.Style, ...], recipe: Recipe, *, measure: bool) -> None:
    """Start a batch in place of the visitor's last one, or say why it is refused."""
    from nst_core.batch.hosted import HostedBatch, NamedPicture

    try:
        with st.spinner("Preparing the pictures…"):
            named = [NamedPicture(style.image.title, style.image.load()) for style in styles]
            settings = [_style_settings(style) for style in styles]
            batch = HostedBatch(
                service.get(), visitor.owner(), photographs.pictures, named, recipe, settings=settings, measure=measure
            )
        registry().start(batch)
    except NSTError as error:
        theme.notice("error", "This batch could not be started", str(error))
        return
    _PROBLEMS.put(photographs.problems)
    session.remember("batch", batch.id, NAME)
    st.rerun()


def _style_settings(style: style_weights.Style) -> StylePicture:
    """Crop and rotation of a style; the hash is filled in later."""
    return StylePicture(sha256="0" * 64, crop=style.crop, rotation_deg=style.rotation_deg)


def results() -> None:
    """The live grid, or a notice where there is none."""
    found = session.current("batch", NAME)
    batch = registry().find(found)
    if batch is not None:
        _watch(batch)
    elif found is None:
        theme.notice("quiet", "The pictures appear here", "Each one as soon as it is painted; the page may be closed.")
    else:
        theme.notice("warning", "This batch has expired", "Old batches make room for newer ones. Paint it again.")


def _watch(batch: HostedBatch) -> None:
    """The grid, drawn again at intervals while it is being painted."""

    def show() -> None:
        batch.filler.ensure_running()
        if batch.filler.is_active != was_active:
            st.rerun()
        _progress(batch)
        grid(batch)
        if batch.filler.is_active != was_active:
            st.rerun()  # the button of the form depends on it

    was_active = batch.filler.is_active
    st.fragment(show, run_every=_POLL_SECONDS if was_active else None)()


def _progress(batch: HostedBatch) -> None:
    """Progress with a Stop button, or what was painted, the download and Go on."""
    filler = batch.filler
    if filler.error:
        theme.notice("error", "The batch cannot go on", filler.error)
    if filler.is_active:
        st.progress(filler.done / len(batch.items), text=_status(batch))
    else:
        st.markdown(theme.escape_markdown(_status(batch)))  # a bar would go on in the tab's title
    with st.container(horizontal=True, key="batch_actions"):
        if filler.is_active:
            if _is_own(batch):
                _button("Stop", "stop", batch.stop)
            return
        problems = _PROBLEMS.get() if _is_own(batch) else None
        st.download_button(
            "ZIP",
            lambda: batch.to_zip(problems),
            f"nst-batch-{batch.id[:6]}.zip",
            "application/zip",
            on_click="ignore",
            icon=":material/download:",
            help="The results, contact sheets, and a list of them as JSON and CSV",
            key="batch_zip",
        )
        if not filler.is_over and _is_own(batch):
            _button("Go on", "play_arrow", batch.resume)


def _button(label: str, icon: str, act: Callable[[str], None]) -> None:
    """A button that changes the batch in this visitor's name."""
    key = f"batch_{icon}"
    st.button(label, icon=f":material/{icon}:", key=key, on_click=service.attempt, args=(act, visitor.secret()))


def _status(batch: HostedBatch) -> str:
    """One line: how many pictures are painted and how many failed, and the reason for a wait or the time left."""
    filler = batch.filler
    failed = sum(cell.state == "failed" for cell in filler.shown)
    parts = [f"{filler.done - failed} of {len(batch.items)} painted", *([f"{failed} failed"] if failed else [])]
    if not filler.is_active:
        parts += [] if filler.is_over else ["stopped"]
    elif service.is_loading():
        parts.append("the networks are being loaded")
    elif filler.is_queue_full:
        parts.append("waits for a place in line")
    elif left := filler.seconds_left:
        parts.append(f"about {duration(left)} left")
    return " · ".join(parts)


def _is_own(batch: HostedBatch) -> bool:
    """Whether a batch belongs to this visitor; only its owner may stop or continue it."""
    from nst_core.jobs.service import is_owner

    return is_owner(visitor.secret(), batch.owner)


@st.cache_resource(show_spinner=False)
def registry() -> BatchRegistry:
    """The batches of this server."""
    from nst_core.batch.hosted import BatchRegistry

    return BatchRegistry()

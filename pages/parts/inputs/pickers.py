"""Pickers of the photograph and the style: samples, uploads, camera, paintings and links."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from nst_core.picture.limits import FORMATS_IN_WORDS
from pages.parts.app import streamlit_patches, theme
from pages.parts.app.segments import segments
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import Html
from pages.parts.inputs import crop, framing, kept, style_weights, uploads
from pages.parts.inputs.gallery import gallery
from pages.parts.inputs.selection import (
    SOURCE,
    Role,
    SelectedImage,
    active_slot,
    choose,
    choose_sample,
    forget,
    keep,
    preview,
    selected,
    thumbs,
    whole_image,
)
from pages.parts.runs.before_after import data_url

if TYPE_CHECKING:
    from nst_core.picture.catalogue import Painting

_SOURCES: dict[Role, tuple[str, ...]] = {
    "content": ("Samples", "Upload", "Camera", "Link"),
    "style": ("Samples", "Paintings", "Upload", "Link"),
}
CROP = "crop"
"""The key of the popover to crop and rotate the photograph."""
_TITLES: dict[Role, str] = {"content": "Photo", "style": "Style"}


_CLEARED = SessionValue[int]("pickers", "cleared")
"""How often a picture in a slot was forgotten; part of the keys of its widgets, so that they start empty."""


def picker(role: Role, *, in_one_row: bool = False) -> None:
    """The picker of one image: its title, the choice of a source, and the widgets of that source.

    Args:
        role: the photograph or the style.
        in_one_row: show the samples in a row that scrolls sideways and can be opened.
    """
    with st.container(key=f"picker_{role}", gap="xsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            theme.section(_TITLES[role])
            source = _source(role)
        if source == "Samples":
            _samples(role, in_one_row=in_one_row)
        else:
            _WIDGETS[source](role)
        if role == "style":
            style_weights.rows()
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"picker_foot_{role}"):
            if source == "Samples":
                theme.credit_line(selected(role).title, selected(role).credit)
            elif selected(role).is_own:
                st.button("Forget it", icon=":material/delete:", key=f"{role}_forget", on_click=_forget, args=(role,))
            if role == "style":
                style_weights.buttons()
            else:
                _crop()
    keep()


def _source(role: Role) -> str:
    return segments(
        f"Where the {_TITLES[role].lower()} comes from",
        _SOURCES[role],
        key=SOURCE.key(role),
        first="Samples",
        label_visibility="collapsed",
        width="content",
    )


def _crop() -> None:
    """A popover to crop and rotate the photograph, with a preview; drawn once it was opened."""
    icon = framing.icon(CROP, is_whole=crop.frame().is_whole)
    popover = st.popover("Crop and turn", icon=icon, key=CROP, on_change="rerun")
    if not theme.was_opened(popover, CROP):
        return
    image = whole_image("content")
    with popover:
        crop.sliders()
        if not crop.is_possible(image.load):
            theme.notice(
                "warning",
                "Too little is left",
                "Take a larger part, or turn it less. Until then the whole picture is painted.",
            )
        alt = f"The part of {image.title} that is painted"
        st.html(Html(f'<img class="nst-part" src="{data_url(preview("content"))}" alt="{escape(alt)}">'))


def _samples(role: Role, *, in_one_row: bool) -> None:
    label = f"Bundled {'photographs' if role == 'content' else 'styles'}"
    slot = st.skeleton(height=150) if role == "style" else st.empty()  # the first drawing on a machine takes seconds
    pictures = thumbs(role)
    slot.empty()
    gallery(
        label,
        pictures,
        picked=selected(role).key,
        key=f"{role}_wall",
        on_pick=partial(choose_sample, role),
        in_one_row=in_one_row,
    )


def _upload(role: Role) -> None:
    file = st.file_uploader(
        f"{FORMATS_IN_WORDS}, up to {uploads.max_upload_mb()} MB",
        key=_widget_key(role, "file"),
        max_upload_size=uploads.max_upload_mb(),
    )
    if file:
        uploads.take(role, file, file.name)
    _shown(role)


def _camera(role: Role) -> None:
    shot = st.camera_input("A photograph from your camera", key=_widget_key(role, "camera"), resolution="720p")
    if shot:
        uploads.take(role, shot, "Your camera")
    _shown(role)


def _link(role: Role) -> None:
    with st.form(f"{role}_link_form", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        url = st.text_input("Address of a picture", key=f"{role}_link", placeholder="https://", max_chars=2000)
        wanted = st.form_submit_button("Fetch", icon=":material/download:", key=f"{role}_link_fetch")
    if wanted:
        with st.spinner("Fetching the picture…"):
            _fetch_link(role, url)
    _shown(role)


def _fetch_link(role: Role, url: str) -> None:
    from nst_core.picture import remote

    try:
        picture = remote.open_link(url)
    except NSTError as error:
        theme.notice("error", "This link cannot be used", str(error))
        return
    title = remote.name(url)
    choose(role, SelectedImage("", title, f"from {remote.host_name(url)}", f"the picture {title}", lambda: picture))
    for note in picture.notes:
        theme.notice("quiet", "Good to know", note)


def _paintings(role: Role) -> None:
    from nst_core.picture import catalogue

    works = {work.key: work for work in catalogue.paintings()}
    key = st.selectbox(
        "Public-domain painting, fetched from Wikimedia Commons",
        works,
        format_func=lambda k: f"{works[k].title} · {works[k].artist}, {works[k].year}",
        key=f"{role}_painting",
    )
    work = works[key]
    with st.container(horizontal=True, vertical_alignment="center"):
        wanted = st.button("Use this painting", key=f"{role}_fetch", icon=":material/download:")
        st.caption(f"{theme.escape_markdown(work.licence)} · [source]({work.page})")
    if wanted:
        with st.spinner("Fetching the painting…"):
            _fetch(role, work)
    _shown(role)


def _fetch(role: Role, work: Painting) -> None:
    try:
        picture = work.fetch()
    except NSTError as error:
        theme.notice(
            "quiet", "This painting cannot be fetched now", f"{error}. The bundled styles work without internet"
        )
        return
    words = theme.join_known(work.artist, str(work.year), work.licence)
    choose(role, SelectedImage(work.key, work.title, words, f"{work.title} by {work.artist}", lambda: picture))
    for note in picture.notes:
        theme.notice("quiet", "Good to know", note)


def _shown(role: Role) -> None:
    """Show a thumbnail of the chosen image, for sources without a gallery, which would mark it.

    Of the visitor's own, also how long it is kept.
    """
    image, is_kept = selected(role), keep()
    words = escape(theme.join_known(image.credit, kept.words(is_kept) if image.is_own else ""))
    st.html(
        Html(
            f'<div class="nst-chosen"><img src="{data_url(preview(role))}" alt="{escape(image.alt)}">'
            f"<div><b>{escape(image.title)}</b><small>{words}</small></div></div>"
        )
    )


def _forget(role: Role) -> None:
    slot = active_slot(role)
    for source in ("file", "camera"):
        if file := st.session_state.get(_widget_key(role, source)):
            streamlit_patches.release_upload(file)
    _CLEARED.put((_CLEARED.get(slot) or 0) + 1, slot)
    uploads.forget(slot)
    forget(role)


def _widget_key(role: Role, source: str) -> str:
    """The key of a widget that holds a file."""
    slot = active_slot(role)
    cleared = _CLEARED.get(slot)
    return f"{slot if source == 'file' else role}_{source}" + (f"_{cleared}" if cleared else "")


_WIDGETS = {"Upload": _upload, "Camera": _camera, "Paintings": _paintings, "Link": _link}

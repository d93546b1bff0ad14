"""Pictures that visitors upload or take with their camera, and the settings inside of those that were made here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from nst_core.settings import Settings
from pages.parts.app import theme
from pages.parts.app.session_values import SessionValue
from pages.parts.inputs.selection import Role, SelectedImage, active_slot, choose

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from nst_core.recipe import Recipe


@dataclass(frozen=True)
class _PictureUpload:
    """The last upload: an error message or notes, and the recipe and run that it was made with, if any.

    Attributes:
        file: the id that Streamlit gives to each upload; the same file, uploaded again, has another one.
    """

    file: str
    message: str = ""
    notes: tuple[str, ...] = ()
    recipe: Recipe | None = None
    job: str = ""


_UPLOAD = SessionValue[_PictureUpload]("uploads", "upload")
"""The last upload, by slot of the image."""
NEW_PHOTOGRAPH = SessionValue[bool]("uploads", "new_photograph")
"""Whether the visitor has given a photograph that no page has painted by itself yet."""


def max_upload_mb() -> int:
    """The largest file that an uploader takes, in MB; the server itself may take less."""
    return min(Settings.read().picture_mb, int(st.get_option("server.maxUploadSize")))


def take(role: Role, file: UploadedFile, title: str) -> None:
    """Choose the visitor's own picture, decoded once; a file that cannot be used changes only the message."""
    from nst_core.picture.upload import open_picture

    slot = active_slot(role)
    upload = _UPLOAD.get(slot)
    if upload is None or upload.file != file.file_id:
        content = file.getvalue()
        try:
            picture = open_picture(content)
        except NSTError as error:
            upload = _PictureUpload(file.file_id, message=str(error))
        else:
            choose(role, SelectedImage("", title, "", f"your picture {title}", lambda: picture))
            if role == "content":
                NEW_PHOTOGRAPH.put(True)
            recipe = _recipe_inside(content)
            upload = _PictureUpload(file.file_id, "", tuple(picture.notes), recipe, _run_of(recipe) if recipe else "")
        _UPLOAD.put(upload, slot)
    if upload.message:
        theme.notice("error", "This file cannot be used", upload.message)
    for note in upload.notes:
        theme.notice("quiet", "Good to know", note)
    if upload.recipe is not None:
        _offer(role, upload.recipe, upload.job)


def take_photograph(file: UploadedFile) -> bool:
    """Choose an uploaded file as the photograph; False, with the reason on the page, if it cannot be used."""
    take("content", file, file.name)
    upload = _UPLOAD.get("content")
    return upload is not None and not upload.message


def forget(slot: str) -> None:
    """Forget what is known of the last upload to a slot."""
    _UPLOAD.pop(slot)


def _recipe_inside(content: bytes) -> Recipe | None:
    """The recipe inside one of our own pictures; None if there is none or it is invalid."""
    from nst_core.picture.encode import read_recipe
    from nst_core.recipe import recipe_from_json

    text = read_recipe(content)
    try:
        return recipe_from_json(text) if text else None
    except NSTError:
        return None


def _run_of(recipe: Recipe) -> str:
    """The id of the visitor's run with this recipe's inputs, if it still exists; else empty."""
    from pages.parts.app import service, visitor

    inputs = recipe.content, recipe.styles, recipe.regions
    runs = service.get().runs(visitor.owner()) if recipe.content else ()
    return next((r.id for r in runs if (r.recipe.content, r.recipe.styles, r.recipe.regions) == inputs), "")


def _offer(role: Role, recipe: Recipe, job: str) -> None:
    from pages.parts.settings import descriptions, imported

    theme.notice("quiet", "This picture carries the settings it was made with", descriptions.in_words(recipe))
    with st.container(horizontal=True):
        if st.button("Use these settings", icon=":material/tune:", key=f"{role}_use_settings"):
            imported.open_settings(recipe)
        if job and st.button(
            "With its pictures",
            icon=":material/photo_library:",
            key=f"{role}_use_pictures",
            help="Also the photograph, the styles and the painted regions of its run.",
        ):
            _use_with_pictures(recipe, job)


def _use_with_pictures(recipe: Recipe, job: str) -> None:
    from pages.parts.app import service
    from pages.parts.settings import imported

    try:
        pictures = service.get().inputs(job)
    except NSTError as error:
        theme.notice("warning", "The pictures of that run are gone", str(error))
        return
    imported.open_with_pictures(recipe, pictures)

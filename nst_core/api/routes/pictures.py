"""Pictures: send them once, and name them in any number of runs."""

from __future__ import annotations

import time
from typing import Annotated

from fastapi import APIRouter, File, Path, UploadFile
from pydantic import Field

from nst_core.api import pictures
from nst_core.api.access import Address
from nst_core.api.context import Context
from nst_core.api.pictures import KEPT_SECONDS, StoredPicture
from nst_core.api.problems import NO_PICTURE, ProblemError
from nst_core.api.resources import ApiModel
from nst_core.picture.limits import FORMATS_IN_WORDS
from nst_core.picture.upload import open_picture

router = APIRouter(prefix="/pictures", tags=["Pictures"])
Files = Annotated[list[UploadFile], File(description=f"one or more pictures: {FORMATS_IN_WORDS}", min_length=1)]
PictureId = Annotated[str, Path(description="the picture's id", pattern=f"^[0-9a-f]{{{pictures.ID_LENGTH}}}$")]


class UploadedPicture(ApiModel):
    """A picture that waits for a run."""

    id: str = Field(description="for `content_id` and `style_id`; anyone who knows it may use and delete the picture")
    width: int = Field(description="in pixels")
    height: int = Field(description="in pixels")
    sha256: str = Field(description="of its pixels, as recipes name it")
    notes: list[str] = Field(description='sentences for the user, such as "only the first of 12 frames is used"')
    expires: float = Field(description="when it is dropped if it is not used before, in seconds since 1970")


class UploadedPictures(ApiModel):
    """The pictures of one request, in its order."""

    pictures: list[UploadedPicture]


@router.post("", status_code=201)
def upload(context: Context, address: Address, picture: Files) -> UploadedPictures:
    """Send pictures: all are stored, or none.

    Runs can use them by their ids. A picture is dropped after half an hour without use.
    """
    sizes = [each.size or 0 for each in picture]
    context.pictures.check_room(address, sizes)
    opened = [open_picture(each.file.read()) for each in picture]
    taken = [pictures.size_of(each, size) for each, size in zip(opened, sizes, strict=True)]
    expires = time.time() + KEPT_SECONDS
    stored = context.pictures.add(address, list(zip(opened, taken, strict=True)))
    return UploadedPictures(pictures=[_described(each, expires) for each in stored])


@router.delete("/{picture}", status_code=204)
def delete(context: Context, picture: PictureId) -> None:
    """Drop a picture; runs that use it have copies of their own."""
    if not context.pictures.remove(picture):
        raise ProblemError(NO_PICTURE, f"the id must be of a picture that is kept here, got {picture}")


def _described(stored: StoredPicture, expires: float) -> UploadedPicture:
    found = stored.picture
    return UploadedPicture(
        id=stored.id,
        width=found.width,
        height=found.height,
        sha256=found.sha256,
        notes=list(found.notes),
        expires=expires,
    )

"""The content of a request for a run: pictures, as files or by the ids of known ones, or a film; and a recipe."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO

from fastapi import File, Form, UploadFile

from nst_core.api.pictures import PictureStore
from nst_core.errors import PictureError, RecipeError
from nst_core.film.reading import Film
from nst_core.jobs import film_files
from nst_core.picture import catalogue, samples
from nst_core.picture.limits import FORMATS_IN_WORDS
from nst_core.picture.upload import Picture, open_picture
from nst_core.recipe import Recipe, change, make, parse
from nst_core.recipe.schema import MOST_STYLES

_WHOLE = ("objective", "optimizer", "schedule", "colour", "provenance", "schema_version")
"""Keys that only a whole recipe has."""
MOST_RECIPE_CHARACTERS = 64 * 1024

ContentFile = Annotated[UploadFile | None, File(description=f"the photograph: {FORMATS_IN_WORDS}")]
ContentId = Annotated[
    str, Form(description="in place of the file: the id of an uploaded picture or of a bundled one", max_length=100)
]
FilmFile = Annotated[
    UploadFile | None, File(description="in place of a photograph: a film as MP4, MOV, WebM, GIF or animated WebP")
]
StyleFiles = Annotated[list[UploadFile] | None, File(description="the style pictures, in the order of the recipe's")]
StyleIds = Annotated[
    list[str] | None, Form(description="in place of files: ids of uploaded pictures, or of those in `GET /styles`")
]
StartFile = Annotated[UploadFile | None, File(description="the picture of start `own`")]
RecipeText = Annotated[
    str,
    Form(
        description='JSON: a whole recipe, or some settings by name, such as `{"preset": "bold", "steps": 100}`; '
        "see `GET /schema` and `GET /presets`",
        max_length=MOST_RECIPE_CHARACTERS,
    ),
]


def recipe_of(text: str, **forced: Any) -> Recipe:
    """The recipe of a request: whole, or a preset with some settings by name.

    Args:
        text: JSON; "" for the default recipe.
        forced: settings that this route decides, such as the method.

    Raises:
        RecipeError: it is no JSON object, or a setting is unknown, of the wrong type or out of range.
    """
    try:
        raw = json.loads(text or "{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"a recipe must be JSON, got {text[:60]!r} ({error})") from None
    if not isinstance(raw, dict):
        raise RecipeError(f"a recipe must be a JSON object, got {text[:60]!r}")
    return recipe_from(raw, **forced)


def recipe_from(raw: Mapping[str, Any], **forced: Any) -> Recipe:
    """Like `recipe_of`, for a JSON object that is already parsed. Raises RecipeError."""
    if any(part in raw for part in _WHOLE):
        return change(parse(raw), forced)  # the job service names the pictures of this request in it
    raw = dict(raw)
    preset = raw.pop("preset", Recipe().preset)
    if not isinstance(preset, str):
        raise RecipeError(f"preset must be a name, got {str(preset)[:60]!r}")
    return make(preset, raw | forced)


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


@dataclass(frozen=True)
class GivenPicture:
    """A picture of a request before it is opened; opening costs far more than the rest of the request.

    Attributes:
        file: the file that was sent; None for a known picture.
        key: the id of a known picture; "" for a file.
    """

    file: BinaryIO | None
    key: str = ""

    @property
    def fingerprint(self) -> str:
        """Equal for equal files, and for equal ids."""
        return f"id:{self.key}" if self.file is None else _sha256(self.file)

    def open(self, store: PictureStore) -> Picture:
        """The checked picture. Raises PictureError, FetchError."""
        if self.file is None:
            return known_picture(store, self.key)
        self.file.seek(0)
        return open_picture(self.file.read())


@dataclass(frozen=True)
class GivenFilm:
    """A film of a request before it is opened.

    Attributes:
        file: the file that was sent.
        ending: of its name, such as .mp4.
    """

    file: BinaryIO
    ending: str

    @property
    def fingerprint(self) -> str:
        """Equal for equal files."""
        return _sha256(self.file)

    @contextmanager
    def opened(self) -> Iterator[Film]:
        """The checked film, in a file that goes at the end of the block. Raises FilmError."""
        with tempfile.TemporaryDirectory(prefix="nst-film-", ignore_cleanup_errors=True) as folder:
            path = Path(folder, f"film{self.ending}")
            self.file.seek(0)
            with path.open("wb") as copy:
                shutil.copyfileobj(self.file, copy, 1 << 20)
            yield Film.open(path)


def _sha256(file: BinaryIO) -> str:
    file.seek(0)
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]  # it has readinto


def given_film(file: UploadFile | None, content: UploadFile | None, content_id: str) -> GivenFilm | None:
    """The film of a request, if it has one. Raises PictureError if it has a photograph too."""
    if file is None:
        return None
    if content is not None or content_id:
        raise PictureError("a request needs either a `film` or a photograph, got both; leave one out")
    return GivenFilm(file.file, film_files.ending(file.filename or ""))


def given(name: str, file: UploadFile | None, key: str) -> GivenPicture:
    """One picture of a request: the file `name`, or the picture that `name_id` names. Raises PictureError."""
    if file is not None and key:
        raise PictureError(f"a request needs either the file `{name}` or `{name}_id`, got both; leave one out")
    if file is None and not key:
        raise PictureError(f"a request needs a picture: send the file `{name}`, or `{name}_id`, got neither")
    return GivenPicture(file.file if file is not None else None, key)


def given_styles(files: Sequence[UploadFile] | None, keys: Sequence[str] | None) -> tuple[GivenPicture, ...]:
    """The style pictures of a request: files first, then those named by their ids. Raises PictureError."""
    styles = (*(GivenPicture(file.file) for file in files or ()), *(GivenPicture(None, key) for key in keys or ()))
    if not styles:
        raise PictureError("a request needs a style: send the file `style`, or `style_id`, got neither")
    if len(styles) > MOST_STYLES:
        raise PictureError(f"a request takes at most {MOST_STYLES} styles, got {len(styles)}; send fewer")
    return styles


def given_start(file: UploadFile | None) -> GivenPicture | None:
    """The start picture of a request, if it has one."""
    return GivenPicture(file.file) if file is not None else None


def known_picture(store: PictureStore, key: str) -> Picture:
    """A picture by its id: an uploaded one, a bundled one, or a painting of the catalogue.

    Raises PictureError, FetchError.
    """
    if (uploaded := store.get(key)) is not None:
        return uploaded
    for known in (*samples.contents(), *samples.styles()):
        if known.key == key:
            return known.load()
    for painting in catalogue.paintings():
        if painting.key == key:
            return painting.fetch()
    raise PictureError(
        f"a picture's id must be one that GET /styles or POST /pictures gave, got {key[:60]!r}; an uploaded picture "
        "is kept until it was not used for half an hour"
    )

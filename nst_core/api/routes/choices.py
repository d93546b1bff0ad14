"""The choices for a run: presets, bundled pictures and paintings, and the settings of a recipe."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from pydantic import Field
from starlette.responses import Response

from nst_core.api.caching import cached
from nst_core.api.problems import NO_PICTURE, ProblemError
from nst_core.api.resources import ApiModel, path_to
from nst_core.picture import catalogue, samples
from nst_core.picture.catalogue import Painting
from nst_core.picture.encode import to_webp
from nst_core.picture.samples import Sample
from nst_core.recipe import PRESETS, Recipe
from nst_core.settings import Settings
from nst_core.system.bounded_cache import BoundedCache

router = APIRouter(tags=["Choices"])
PictureKey = Annotated[str, Path(description="the picture's id, of `GET /styles`", pattern=r"^[a-z0-9-]{1,60}$")]
Availability = Literal["now", "fetched", "offline"]
QUALITY = 80
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "The client has it"}}
_paintings: BoundedCache[tuple[str, int], bytes] = BoundedCache(32)


class SchemaResponse(Response):
    """A JSON Schema."""

    media_type = "application/schema+json"


class Preset(ApiModel):
    """Named settings."""

    name: str = Field(description="for `preset` in a recipe")
    title: str
    text: str = Field(description="its effect, in one sentence")
    settings: dict[str, Any] = Field(description="the settings that differ from the defaults")
    source: str = Field(description='the published method and the differences from it; "" for our own')


class Presets(ApiModel):
    """Every preset, the most useful first."""

    presets: list[Preset]


class KnownPicture(ApiModel):
    """A picture that the server can use without an upload."""

    id: str = Field(description="for `content_id` or `style_id`")
    title: str
    artist: str
    year: str = Field(description='as text; "" if unknown')
    licence: str
    alt: str = Field(description='a description of the picture; "" if there is none')
    page: str | None = Field(description="address of the page that describes it; null for a bundled picture")
    available: Availability = Field(
        description="now: stored on this server; fetched: downloaded when a run first uses it; offline: this server "
        "downloads nothing"
    )
    thumbnail: str | None = Field(description="address of a small picture on this server; null until it is available")


class KnownPictures(ApiModel):
    """Photographs and styles that the server has or can fetch."""

    contents: list[KnownPicture] = Field(description="bundled photographs")
    styles: list[KnownPicture] = Field(description="bundled styles, the most beautiful first, then known paintings")


@router.get(
    "/presets",
    operation_id="list_presets",
    responses=_UNCHANGED,
    response_model=Presets,
)
def presets(request: Request) -> Response:
    """Named settings for common intentions, and those of published methods."""
    found = [
        Preset(name=name, title=each.title, text=each.text, settings=each.settings, source=each.source)
        for name, each in PRESETS.items()
    ]
    return cached(request, Presets(presets=found).model_dump_json().encode(), "application/json")


@router.get(
    "/styles",
    operation_id="list_styles",
    responses=_UNCHANGED,
    response_model=KnownPictures,
)
def styles(request: Request) -> Response:
    """Photographs, styles and paintings that a run can name, each with its licence."""
    found = KnownPictures(
        contents=[_bundled(request, each) for each in samples.contents()],
        styles=[
            *(_bundled(request, each) for each in samples.styles()),
            *(_painting(request, each) for each in catalogue.paintings()),
        ],
    )
    return cached(request, found.model_dump_json().encode(), "application/json", seconds=60)


@router.get(
    "/styles/{key}/picture",
    operation_id="get_style_picture",
    response_class=Response,
    responses={200: {"content": {"image/webp": {}}}, **_UNCHANGED},
)
def thumbnail(
    request: Request,
    key: PictureKey,
    longest_edge_px: Annotated[Literal["128", "256", "512"], Query(description="of the picture")] = "256",
) -> Response:
    """A known picture as a small WebP."""
    return cached(request, _small(key, int(longest_edge_px)), "image/webp", seconds=24 * 3600)


@router.get(
    "/schema",
    operation_id="get_recipe_schema",
    response_class=SchemaResponse,
    responses={**_UNCHANGED, 200: {"model": dict[str, Any]}},
)
def schema(request: Request) -> Response:
    """The JSON Schema of a whole recipe: each setting with its meaning, range and default."""
    found = {"$schema": "https://json-schema.org/draft/2020-12/schema", **Recipe.model_json_schema()}
    return cached(request, json.dumps(found).encode(), SchemaResponse.media_type)


def _bundled(request: Request, sample: Sample) -> KnownPicture:
    return _known(request, sample, alt=sample.alt, page=None, available="now")


def _painting(request: Request, painting: Painting) -> KnownPicture:
    available: Availability = "now" if painting.cached else "offline" if Settings.read().offline else "fetched"
    return _known(request, painting, alt="", page=painting.page, available=available)


def _known(
    request: Request, picture: Sample | Painting, alt: str, page: str | None, available: Availability
) -> KnownPicture:
    same = {name: getattr(picture, name) for name in ("title", "artist", "year", "licence")}
    thumbnail = path_to(request, f"/styles/{picture.key}/picture") if available == "now" else None
    return KnownPicture(id=picture.key, **same, alt=alt, page=page, available=available, thumbnail=thumbnail)


def _small(key: str, longest_edge_px: int) -> bytes:
    """A known picture as WebP. Raises ProblemError if it is not on this machine, PictureError."""
    for sample in (*samples.contents(), *samples.styles()):
        if sample.key == key:
            return sample.webp(longest_edge_px, QUALITY)
    for painting in catalogue.paintings():
        if painting.key == key and painting.cached:
            return _paintings.get((key, longest_edge_px)) or _reduced(painting, longest_edge_px)
    raise ProblemError(NO_PICTURE, f"the id must be one of GET /styles whose thumbnail is not null, got {key}")


def _reduced(painting: Painting, longest_edge_px: int) -> bytes:
    picture = to_webp(painting.fetch().preview(longest_edge_px), QUALITY)
    _paintings.put((painting.key, longest_edge_px), picture)
    return picture

"""The pictures that a visitor has chosen, for all pages of the session: one photograph and up to four styles.

Each image has a slot: "content", "style", and "style_1", "style_2" and so on for further styles. No number is reused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, get_args

import streamlit as st

from nst_core.errors import RecipeError
from nst_core.picture.frame import WHOLE
from pages.parts.app.session_values import SessionValue
from pages.parts.app.shared import shared
from pages.parts.app.theme import join_known
from pages.parts.inputs import crop, kept
from pages.parts.inputs.gallery import Thumb

if TYPE_CHECKING:
    from nst_core.picture.samples import Sample
    from nst_core.picture.upload import Picture

Role = Literal["content", "style"]

SAMPLE_EDGE_PX: dict[Role, int] = {"content": 1024, "style": 512}
"""Longest edge of a sample. Bundled photographs have this size, and it is enough for a drawn style at every offered
size of the result."""
FIRST = "style"
"""The slot of the first style."""
_THUMB_EDGE_PX, _THUMB_QUALITY = 144, 70
_PREVIEW_EDGE_PX = 640
_ICON_EDGE_PX = 96
_PART_EDGE_PX = 400


@dataclass(frozen=True)
class SelectedImage:
    """A picture with its title, credit and alt text.

    Attributes:
        key: the key of the sample or painting; empty for the visitor's own.
        title: its title.
        credit: artist, year, licence; empty for the visitor's own.
        alt: its alt text.
        load: returns its pixels; samples are drawn or read only when needed.
    """

    key: str
    title: str
    credit: str
    alt: str
    load: Callable[[], Picture]

    @property
    def is_own(self) -> bool:
        """Whether it is a picture of the visitor's own."""
        return not self.key


SOURCE = SessionValue[str]("picker", "source")
"""The open source of a picker, by role."""
IMAGES = SessionValue[dict[str, SelectedImage]]("inputs", "images")
"""Slot -> its image."""
ACTIVE_STYLE = SessionValue[str]("inputs", "active_style")
"""The slot of the style that the pickers change."""
STYLE_SLOTS = SessionValue[list[str]]("inputs", "style_slots")
"""The slots of the styles, in order."""
_STYLES_ADDED = SessionValue[int]("inputs", "styles_added")
"""The number of styles added so far, which numbers their slots."""


def selected(role: Role) -> SelectedImage:
    """The chosen image: the photograph, or the active style. Initially a sample, named by `?content=` or `?style=`."""
    return image_in(active_slot(role))


def choose(role: Role, image: SelectedImage) -> None:
    """Choose an image without a crop; of several styles the active one is replaced."""
    _images()[active_slot(role)] = image
    if role == "content":
        crop.set_frame()


def image_in(slot: str) -> SelectedImage:
    """The image in a slot; the photograph with its crop applied."""
    image = whole_image(slot)
    return replace(image, load=partial(crop.cropped, image.load)) if slot == "content" else image


def whole_image(slot: str) -> SelectedImage:
    """The image in a slot, without the crop."""
    images = _images()
    if slot not in images:
        role: Role = "content" if slot == "content" else "style"
        samples = _samples(role)
        requested = st.query_params.get(role, "")
        images[slot] = _of_sample(next((s for s in samples if s.key == requested), samples[0]))
    return images[slot]


def active_slot(role: Role) -> str:
    """The slot that a picker of this role changes: the photograph, or the active style."""
    return role if role == "content" else ACTIVE_STYLE.get() or FIRST


def select_style(slot: str) -> None:
    """Make a style the active one, which the pickers change."""
    ACTIVE_STYLE.put(slot)


def style_slots() -> tuple[str, ...]:
    """The slots of the styles, in order; initially one."""
    return tuple(STYLE_SLOTS.ensure(lambda: [FIRST]))


def add_style() -> None:
    """Add a style and make it active: the first sample that is not in use."""
    used = {image_in(slot).key for slot in style_slots()}
    sample = next(s for s in _samples("style") if s.key not in used)
    number = (_STYLES_ADDED.get() or 0) + 1
    _STYLES_ADDED.put(number)
    STYLE_SLOTS.put([*style_slots(), f"{FIRST}_{number}"])
    select_style(f"{FIRST}_{number}")
    choose("style", _of_sample(sample))


def remove_style(slot: str) -> None:
    """Remove a style, unless it is the only one."""
    remaining = [other for other in style_slots() if other != slot]
    if remaining:
        STYLE_SLOTS.put(remaining)
        if active_slot("style") == slot:
            select_style(remaining[0])


def replace_styles(styles: Sequence[SelectedImage]) -> tuple[str, ...]:
    """Replace all styles, make the first one active, and return their slots."""
    before = _STYLES_ADDED.get() or 0
    _STYLES_ADDED.put(before + len(styles))
    slots = [f"{FIRST}_{before + n}" for n in range(1, len(styles) + 1)]
    STYLE_SLOTS.put(slots)
    for slot, image in zip(slots, styles, strict=True):
        select_style(slot)
        choose("style", image)
    select_style(slots[0])
    return tuple(slots)


def restore() -> None:
    """In a session's first run, take over the pictures that the visitor's tab had before a reload.

    The entry point calls it before each page: asked at each use of a picture, it took longer than all other uses.
    """
    if (inputs := kept.claimed()) is None:
        return
    IMAGES.put(dict(inputs.images))
    STYLE_SLOTS.put(list(inputs.style_slots))
    select_style(inputs.active_style)
    numbers = [int(slot.rpartition("_")[2]) for slot in inputs.images if slot.startswith(f"{FIRST}_")]
    _STYLES_ADDED.put(max(numbers, default=0))
    crop.set_frame(inputs.frame)
    for role, source in inputs.sources.items():
        SOURCE.put(source, role)


def keep() -> bool:
    """Let the server keep the chosen pictures for a reload, if any is the visitor's own; returns whether it does."""
    images = _images()
    if not kept.has_kept() and not any(image.is_own for image in images.values()):
        return False
    sources = {role: source for role in get_args(Role) if (source := SOURCE.get(role))}
    return kept.keep(kept.Inputs(dict(images), style_slots(), active_slot("style"), sources, crop.frame(), _link()))


def _link() -> str:
    return st.query_params.get("settings", "")


def forget(role: Role) -> None:
    """Forget the chosen image of a role, here and on the server; a sample takes its place."""
    _images().pop(active_slot(role), None)
    if role == "content":
        crop.set_frame()
    keep()


def _images() -> dict[str, SelectedImage]:
    """Slot -> its image, for those that were chosen."""
    return IMAGES.ensure(dict)


def find_sample(role: Role, key: object) -> SelectedImage | None:
    """The sample with this key; None if there is none."""
    return next((_of_sample(sample) for sample in _samples(role) if sample.key == key), None)


def choose_sample(role: Role, key: str) -> None:
    """Choose a sample by its key."""
    choose(role, _of_sample(next(s for s in _samples(role) if s.key == key)))


@st.cache_resource(show_spinner=False)
def thumbs(role: Role) -> tuple[Thumb, ...]:
    """The thumbnails of the samples, made once per server."""
    return tuple(
        Thumb(s.key, s.title, f"{s.title}: {s.alt}", s.webp(_THUMB_EDGE_PX, _THUMB_QUALITY)) for s in _samples(role)
    )


def preload() -> None:
    """Prepare the pictures of a first visit; on a new machine the styles must be drawn first."""
    from nst_core.picture.decoder_pool import pool

    for role in get_args(Role):
        thumbs(role)
        first = _of_sample(_samples(role)[0]).load()
        _preview(first.sha256, first)
    framed_preview(first, WHOLE, 0.0)  # the thumbnails of the style, which is the last role
    pool().warm()


def preview(role: Role) -> bytes:
    """The chosen image as a small WebP."""
    picture = selected(role).load()
    return _preview(picture.sha256, picture)


def icon(image: SelectedImage) -> bytes:
    """An image as a very small WebP, beside a line of text."""
    return icon_of(image.load())


def icon_of(picture: Picture) -> bytes:
    """A picture as a very small WebP."""
    return _icon(picture.sha256, picture)


def framed_preview(picture: Picture, crop: tuple[float, ...], rotation_deg: float) -> bytes | None:
    """A picture, cropped and rotated, as a small WebP; None if too little would be left."""
    return _part(picture.sha256, crop, rotation_deg, picture)


@shared(64)
def _preview(sha256: str, _picture: Picture) -> bytes:
    return _webp(_picture, min(_PREVIEW_EDGE_PX, max(_picture.width, _picture.height)), 82)


@shared(64)
def _icon(sha256: str, _picture: Picture) -> bytes:
    return _webp(_picture, min(_ICON_EDGE_PX, max(_picture.width, _picture.height)), _THUMB_QUALITY)


@shared(128)
def _part(sha256: str, crop: tuple[float, ...], rotation_deg: float, _picture: Picture) -> bytes | None:
    from nst_core.picture.crop import preview_style
    from nst_core.picture.encode import to_webp

    try:
        return to_webp(preview_style(_picture, crop, rotation_deg, _PART_EDGE_PX), 80)
    except RecipeError:
        return None


@shared(24)
def _load_sample(key: str) -> Picture:
    from nst_core.picture import samples

    sample = samples.find(key)
    return sample.load(longest_edge_px=SAMPLE_EDGE_PX[sample.kind])


def _of_sample(sample: Sample) -> SelectedImage:
    words = join_known(sample.artist, str(sample.year), sample.licence)
    return SelectedImage(sample.key, sample.title, words, sample.alt, partial(_load_sample, sample.key))


def _samples(role: Role) -> tuple[Sample, ...]:
    from nst_core.picture import samples

    return samples.contents() if role == "content" else samples.styles()


def _webp(picture: Picture, longest_edge_px: int, quality: int) -> bytes:
    from nst_core.picture.encode import to_webp

    return to_webp(picture.preview(longest_edge_px), quality)

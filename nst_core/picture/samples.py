"""Sample pictures: photographs, styles drawn by code, and textures, with their artists and licences."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from nst_core.errors import NSTError, PictureError
from nst_core.picture.chunks import webp_chunks
from nst_core.picture.encode import to_png, to_webp
from nst_core.picture.upload import Picture, open_own
from nst_core.settings import Settings
from nst_core.system.atomic_files import read_if_possible, write_if_possible

SampleKind = Literal["content", "style"]
DRAWN = "drawn"
"""The `source` of a picture that the project draws; any other source names a file of scikit-image's data folder."""


@dataclass(frozen=True)
class Sample:
    """A sample picture.

    Attributes:
        key: its stable name, such as "night-swirls".
        title: a few words for the gallery.
        kind: its use, "content" or "style".
        artist: its author.
        year: the year it was made, as text; "" if unknown.
        licence: the licence of the picture.
        source: "drawn", or its file in scikit-image's data folder.
        alt: one line of description for screen readers.
    """

    key: str
    title: str
    kind: SampleKind
    artist: str
    year: str
    licence: str
    source: str
    alt: str

    def load(self, longest_edge_px: int = 512) -> Picture:
        """Load the picture: a drawing at exactly this size, a photograph at most this large.

        Raises:
            PictureError: a photograph's file is not installed.
        """
        return _load(self, longest_edge_px)

    def webp(self, longest_edge_px: int, quality: int) -> bytes:
        """The picture as a small lossy WebP, encoded once per machine, then read from the cache. Raises PictureError.

        Args:
            longest_edge_px: as in `load`.
            quality: 1 to 100.
        """
        path = _cache_path(f"{self.key}-{longest_edge_px}-{quality}-{self._source_hash()}.webp")
        if (data := read_if_possible(path)) is not None and any(True for _ in webp_chunks(data)):
            return data
        data = to_webp(self.load(longest_edge_px).tensor(longest_edge_px), quality)
        write_if_possible(path, data)
        return data

    def _source_hash(self) -> str:
        """A hash of the drawing code, or of the sample's file."""
        return _drawing_code_hash() if self.source == DRAWN else hashlib.sha256(_file(self.source)).hexdigest()[:12]


def contents() -> tuple[Sample, ...]:
    """Sample photographs, for the content."""
    return _CONTENTS


def styles() -> tuple[Sample, ...]:
    """Sample styles: the drawn ones, most beautiful first, then textures."""
    return _DRAWN + _TEXTURES


def find(key: str) -> Sample:
    """The sample with this key. Raises PictureError, with a list of all keys, if there is none."""
    for sample in (*contents(), *styles()):
        if sample.key == key:
            return sample
    known = ", ".join(s.key for s in (*contents(), *styles()))
    raise PictureError(f"a sample must be one of {known}, got {key[:60]!r}")


@lru_cache(maxsize=64)
def _load(sample: Sample, longest_edge_px: int) -> Picture:
    if sample.source == DRAWN:
        return _drawn(sample.key, longest_edge_px)
    photograph = _photograph(sample.source)
    if max(photograph.width, photograph.height) <= longest_edge_px:
        return photograph
    return Picture.from_pixels(_to_bytes(photograph.tensor(longest_edge_px)[0]))


def _drawn(key: str, size: int) -> Picture:
    """Draw a style, or read it from the cache. A damaged or unwritable cache costs only the time to draw again."""
    path = _cache_path(f"{key}-{size}-{_drawing_code_hash()}.png")
    if (data := read_if_possible(path)) is not None:
        try:
            return open_own(data)
        except NSTError:
            pass
    # Imported here: a gallery read from the cache does not need the drawing code.
    from nst_core.picture.procedural import draw

    pixels = draw(key, size, size)
    write_if_possible(path, to_png(pixels[None]))
    return Picture.from_pixels(_to_bytes(pixels))


def _cache_path(name: str) -> Path:
    return Settings.read().cache_dir / "drawn" / name


@cache
def _drawing_code_hash() -> str:
    """A hash of the drawing code, so that changed code never shows an old cached picture."""
    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parent / "procedural").glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _photograph(name: str) -> Picture:
    return open_own(_file(name))


def _file(name: str) -> bytes:
    # The folder is found without importing scikit-image, which would slow down the page.
    spec = importlib.util.find_spec("skimage")
    folder = next(iter(spec.submodule_search_locations or ()), None) if spec else None
    data = read_if_possible(Path(folder) / "data" / name) if folder else None
    if data is None:
        raise PictureError(f"the sample {name} must be installed with scikit-image, got no such file; choose another")
    return data


def _to_bytes(
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return (np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8)


_PUBLIC, _CC0 = "public domain", "CC0 1.0"
_CONTENTS = (
    Sample("astronaut", "Astronaut", "content", "NASA", "1993", _PUBLIC, "astronaut.png",
           "Portrait of astronaut Eileen Collins in an orange suit, a flag and a shuttle model behind her"),
    Sample("chelsea", "Chelsea the cat", "content", "Stéfan van der Walt", "", _CC0, "chelsea.png",
           "Close-up of a ginger cat looking aside"),
    Sample("coffee", "Coffee", "content", "Rachel Michetti", "", _CC0, "coffee.png",
           "A cup of coffee with a spoon on a wooden table, seen from above"),
    Sample("rocket", "Rocket launch", "content", "SpaceX", "2015", _PUBLIC, "rocket.jpg",
           "A Falcon 9 rocket rising at dusk above its launch tower"),
)  # fmt: skip


def _drawn_style(key: str, title: str, alt: str) -> Sample:
    return Sample(key, title, "style", "NST Studio, drawn by code", "2026", "MIT, as this project", DRAWN, alt)


_DRAWN = (
    _drawn_style(
        "night-swirls", "Night swirls", "A blue night sky that turns in spirals above a village and a dark cypress"
    ),
    _drawn_style(
        "woodcut-wave", "Woodcut wave", "A great blue wave with clawed foam about to break over a distant mountain"
    ),
    _drawn_style(
        "sun-mosaic", "Sun mosaic", "A sun over a waving sea, set in small stones from gold to violet and turquoise"
    ),
    _drawn_style(
        "composition", "Circles and wedges", "Bright circles, wedges, chequers and black diagonals on warm paper"
    ),
    _drawn_style("golden-tree", "Golden tree", "A tree of golden spirals above a patchwork of enamel"),
    _drawn_style("poppies", "Poppies", "Red poppies in a yellow meadow under a moving sky, in quick brush strokes"),
    _drawn_style("sails-in-dots", "Sails in dots", "Sailing boats on a bay at sundown, in dots of pink, gold and blue"),
    _drawn_style("facets", "Faceted sitter", "A face broken into ochre, slate and rust planes"),
    _drawn_style("acrylic-pour", "Acrylic pour", "Flowing veils of teal, orange, cream and plum paint"),
    _drawn_style(
        "rose-window", "Rose window", "A round stained-glass flower of red, blue, green and gold panes in lead"
    ),
    _drawn_style(
        "ink-mountains", "Ink mountains", "Grey mountains in mist with pines and a red sun, in ink on rice paper"
    ),
    _drawn_style("marbled-paper", "Marbled paper", "Combed feathers of red, ochre, cream and navy ink"),
    _drawn_style(
        "rainy-street",
        "Rainy street",
        "An autumn avenue at night, lamps glowing in the wet street, in thick dabs of paint",
    ),
)
_TEXTURES = (
    Sample("hubble", "Deep field", "style", "NASA, Hubble Space Telescope", "2012", _PUBLIC, "hubble_deep_field.jpg",
           "Thousands of small coloured galaxies on black"),
    Sample("retina", "Retina", "style", "Mikael Häggström", "2014", _CC0, "retina.jpg",
           "An orange disc with branching red vessels"),
    Sample("tissue", "Stained tissue", "style", "Center for Microscopy and Molecular Imaging", "",
           "no known copyright restrictions", "ihc.png", "Round glands in brown and pale blue under a microscope"),
    Sample("brick", "Brick", "style", "CC0Textures", "", _CC0, "brick.png", "A grey wall of rough bricks"),
)  # fmt: skip

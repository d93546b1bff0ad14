"""Writes the pictures and masks of a run as lossless files, and reads them back with their hashes checked.

A film is in its place already, see `film_files.adopt`; here it is only noted.
"""

from __future__ import annotations

import io
import json
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image

from nst_core.jobs import film_files
from nst_core.jobs.blobs import BlobStore
from nst_core.picture.masks import Mask
from nst_core.picture.reading import pixel_hash
from nst_core.picture.upload import Picture
from nst_core.runs.inputs import RunInputs

CONTENTS = "inputs/contents.json"
"""The list of the files; written last, so that its presence shows that they are complete."""


def save(blobs: BlobStore, job: str, pictures: RunInputs) -> None:
    """Write a run's pictures and masks. Raises OSError."""
    by_name = {"content": pictures.content, **{f"style{n}": style for n, style in enumerate(pictures.styles)}}
    by_name |= {"start": pictures.start} if pictures.start else {}
    for name, picture in by_name.items():
        blobs.put(job, f"inputs/{name}.png", _png(picture))
    for number, mask in enumerate(pictures.masks):
        blobs.put(job, f"inputs/mask{number}.npy", _npy(mask))
    contents: dict[str, Any] = {
        "pictures": {name: {"sha256": p.sha256, "notes": p.notes} for name, p in by_name.items()},
        "masks": [mask.sha256 for mask in pictures.masks],
    }
    contents |= {"film": film_files.entry(pictures.film)} if pictures.film else {}
    blobs.put(job, CONTENTS, json.dumps(contents).encode())


def load(blobs: BlobStore, job: str) -> RunInputs | None:
    """The pictures that `save` wrote; None if they are absent, damaged, changed, or cannot be read now."""
    try:
        return read(blobs, job)
    except OSError:
        return None


def read(blobs: BlobStore, job: str) -> RunInputs | None:
    """The pictures that `save` wrote; None if they are absent, damaged or changed. Raises OSError."""
    try:
        contents = json.loads(blobs.read(job, CONTENTS))
        by_name = {
            name: _picture(blobs.read(job, f"inputs/{name}.png"), entry) for name, entry in contents["pictures"].items()
        }
        masks = [_mask(blobs.read(job, f"inputs/mask{n}.npy"), sha) for n, sha in enumerate(contents["masks"])]
        styles = tuple(by_name[f"style{n}"] for n in range(sum(name.startswith("style") for name in by_name)))
        film = film_files.from_entry(blobs, job, contents["film"]) if "film" in contents else None
        return RunInputs(by_name["content"], styles, by_name.get("start"), tuple(masks), film)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno is None:  # Pillow's, of a broken PNG
            return None
        raise
    except Exception:  # noqa: BLE001 - damaged files make the decoders raise anything
        return None


def content_size(blobs: BlobStore, job: str) -> tuple[int, int] | None:
    """Width and height of the content that `save` wrote, from its header; None if it is absent or damaged."""
    try:
        with Image.open(io.BytesIO(blobs.read(job, "inputs/content.png")), formats=["PNG"]) as image:
            return image.size
    except Exception:  # noqa: BLE001 - as above
        return None


def _png(picture: Picture) -> bytes:
    pixels = picture.pixels if picture.alpha is None else np.dstack([picture.pixels, picture.alpha])
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return file.getvalue()


def _picture(png: bytes, entry: dict[str, Any]) -> Picture:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        values = np.asarray(image)
    alpha = np.ascontiguousarray(values[..., 3]) if values.shape[2] == 4 else None
    picture = Picture.from_pixels(values[..., :3], alpha, tuple(entry["notes"]))
    if picture.sha256 == entry["sha256"]:
        return picture
    # Earlier versions mixed transparent pictures with white, and hashed the colours alone.
    if alpha is not None and pixel_hash(picture.pixels) == entry["sha256"]:
        return replace(picture, sha256=entry["sha256"])
    raise ValueError("a stored picture has changed")


def _npy(mask: Mask) -> bytes:
    file = io.BytesIO()
    np.save(file, mask.weights, allow_pickle=False)
    return file.getvalue()


def _mask(npy: bytes, sha256: str) -> Mask:
    weights = np.load(io.BytesIO(npy), allow_pickle=False)
    if weights.dtype != np.float32 or weights.ndim != 2:
        raise ValueError("a stored mask is not a float32 matrix")
    weights.flags.writeable = False
    return Mask(weights, sha256)

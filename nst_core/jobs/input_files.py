"""The pictures a run is made of as files without loss, and back, with the hashes they had."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
from PIL import Image

from nst_core.jobs.blobs import BlobStore
from nst_core.picture.masks import Mask
from nst_core.picture.upload import Picture
from nst_core.runs.inputs import RunInputs

CONTENTS = "inputs/contents.json"
"""What there is; written last, so that where it is, all is."""


def save(drawers: BlobStore, job: str, pictures: RunInputs) -> None:
    """Write a run's pictures. Raises OSError."""
    shown = {"content": pictures.content, **{f"style{n}": style for n, style in enumerate(pictures.styles)}}
    shown |= {"start": pictures.start} if pictures.start else {}
    for name, picture in shown.items():
        drawers.put(job, f"inputs/{name}.png", _png(picture))
    for number, mask in enumerate(pictures.masks):
        drawers.put(job, f"inputs/mask{number}.npy", _npy(mask))
    contents = {
        "pictures": {name: {"sha256": p.sha256, "notes": p.notes} for name, p in shown.items()},
        "masks": [mask.sha256 for mask in pictures.masks],
    }
    drawers.put(job, CONTENTS, json.dumps(contents).encode())


def load(drawers: BlobStore, job: str) -> RunInputs | None:
    """The pictures that `keep` wrote; None if they are absent, damaged, or others than those."""
    try:
        contents = json.loads(drawers.get(job, CONTENTS) or b"")
        shown = {
            name: _picture(_bytes(drawers, job, f"{name}.png"), said) for name, said in contents["pictures"].items()
        }
        masks = [_mask(_bytes(drawers, job, f"mask{n}.npy"), sha) for n, sha in enumerate(contents["masks"])]
        styles = tuple(shown[f"style{n}"] for n in range(sum(name.startswith("style") for name in shown)))
        return RunInputs(shown["content"], styles, shown.get("start"), tuple(masks))
    except (ValueError, KeyError, TypeError, OSError, EOFError, SyntaxError):  # the last is Pillow's, of a broken PNG
        return None


def content_size(drawers: BlobStore, job: str) -> tuple[int, int] | None:
    """Width and height of the content that `keep` wrote, from its header; None where there is none."""
    try:
        with Image.open(io.BytesIO(_bytes(drawers, job, "content.png")), formats=["PNG"]) as image:
            return image.size
    except (ValueError, OSError, SyntaxError):
        return None


def _png(picture: Picture) -> bytes:
    pixels = picture.pixels if picture.alpha is None else np.dstack([picture.pixels, picture.alpha])
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _picture(png: bytes, said: dict[str, Any]) -> Picture:
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        values = np.asarray(image)
    alpha = np.ascontiguousarray(values[..., 3]) if values.shape[2] == 4 else None
    picture = Picture.from_pixels(values[..., :3], alpha, tuple(said["notes"]))
    if picture.sha256 != said["sha256"]:
        raise ValueError("a kept picture is another one")
    return picture


def _npy(mask: Mask) -> bytes:
    file = io.BytesIO()
    np.save(file, mask.weights, allow_pickle=False)
    return file.getvalue()


def _mask(npy: bytes, sha256: str) -> Mask:
    weights = np.load(io.BytesIO(npy), allow_pickle=False)
    if weights.dtype != np.float32 or weights.ndim != 2:
        raise ValueError("a kept mask is none")
    weights.flags.writeable = False
    return Mask(weights, sha256)


def _bytes(drawers: BlobStore, job: str, name: str) -> bytes:
    data = drawers.get(job, f"inputs/{name}")
    if data is None:
        raise ValueError(f"{name} is gone")
    return data

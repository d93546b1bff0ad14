"""Opens pictures from paths, addresses, bytes, Pillow images or arrays; each is checked like an upload."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from nst_core.errors import PictureError
from nst_core.picture import samples as bundled
from nst_core.picture.upload import Picture, open_own
from nst_core.recipe.messages import short

PictureSource = str | Path | bytes | Image.Image | NDArray[Any] | Picture
"""A file's path, an http(s) address, "sample:KEY", the bytes of a file, a Pillow image, or an array of pixels."""

SAMPLE_PX = (32, 4096)
"""Least and greatest size of a bundled picture: what the door lets in, and what a run may have."""
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
"""Modes of Pillow that a PNG stores as they are."""


def open_picture(source: PictureSource) -> Picture:
    """Open and check a picture.

    Args:
        source: the path of a PNG, JPEG, WebP, GIF, BMP, HEIC or AVIF file; an http or https address; "sample:KEY" for a
            bundled picture; the bytes of a file; a Pillow image; or an array of uint8 or of numbers in [0, 1], with
            shape [H, W], [H, W, 3], [H, W, 4] or, as from an engine, [1, H, W, 3].

    Raises:
        PictureError: it is not a usable picture, or cannot be read.
        FetchError: an address gave no usable picture.
    """
    match source:
        case Picture():
            return source
        case str() | Path():
            return _open_named(str(source))
        case bytes():
            return open_own(source)
        case Image.Image():
            return open_own(_png(source))
        case np.ndarray():
            return open_own(_png(_image_of(source)))
    raise PictureError(
        "a picture must be a path, an address, the bytes of a file, a Pillow image or an array, "
        f"got {type(source).__name__}"
    )


def sample(name: str, longest_edge_px: int = 1024) -> Picture:
    """A bundled picture by its key, such as "night-swirls"; "night_swirls" names it too.

    Args:
        name: a key of `samples()`.
        longest_edge_px: size of a drawn style, and greatest size of a photograph, from 32 to 4096.

    Raises:
        PictureError: there is no such picture, and the message lists all keys; or it cannot have this size.
    """
    if not isinstance(name, str):
        raise PictureError(f"a sample must be named by its key, such as night-swirls, got {short(name)}")
    if not isinstance(longest_edge_px, int) or not SAMPLE_PX[0] <= longest_edge_px <= SAMPLE_PX[1]:
        least, most = SAMPLE_PX
        raise PictureError(
            f"longest_edge_px must be a whole number from {least} to {most}, got {short(longest_edge_px)}"
        )
    return bundled.find(name.replace("_", "-")).load(longest_edge_px)


def samples() -> dict[str, str]:
    """The bundled pictures: key -> a description. Photographs come first, then styles."""
    return {each.key: each.alt for each in (*bundled.contents(), *bundled.styles())}


def _open_named(name: str) -> Picture:
    if name.startswith("sample:"):
        return sample(name.removeprefix("sample:"))
    if name.startswith(("http://", "https://")):
        from nst_core.picture.remote import open_link

        return open_link(name)
    path = Path(name)
    try:
        return open_own(path.expanduser().read_bytes())
    except (
        OSError,
        ValueError,
        RuntimeError,
    ) as error:  # the last two: a path that no system can have, an unknown user
        reason = error.strerror if isinstance(error, OSError) else error
        raise PictureError(f"{short(name)} must be a file that can be read ({reason})") from None
    except PictureError as error:
        raise PictureError(f"{path.name}: {error}") from None


def _image_of(array: NDArray[Any]) -> Image.Image:
    """A Pillow image of an array of pixels. Raises PictureError for another shape, type or range."""
    pixels = array[0] if array.ndim == 4 and len(array) == 1 else array
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)) or 0 in pixels.shape:
        raise PictureError(f"an array of pixels must be [H, W], [H, W, 3] or [H, W, 4], got {list(array.shape)}")
    if pixels.dtype == np.bool_:  # a mask
        pixels = pixels.astype(np.float32)
    if pixels.dtype != np.uint8:
        if not any(np.issubdtype(pixels.dtype, kind) for kind in (np.integer, np.floating)):
            raise PictureError(f"an array of pixels must hold finite numbers, got {pixels.dtype}")
        if not np.isfinite(pixels).all():
            raise PictureError("an array of pixels must hold finite numbers, got NaN or infinity")
        low, high = float(pixels.min()), float(pixels.max())
        if low < 0 or high > 1:
            raise PictureError(
                f"an array of pixels must be uint8, or numbers in [0, 1], got {pixels.dtype} from {low:g} to {high:g}"
            )
        pixels = np.rint(pixels * 255.0).astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(pixels))


def _png(image: Image.Image) -> bytes:
    """An upright PNG of a Pillow image, so that it is checked and converted like any file. Raises PictureError."""
    file = io.BytesIO()
    try:
        upright = ImageOps.exif_transpose(image)
        (upright if upright.mode in _PNG_MODES else upright.convert("RGB")).save(file, "PNG", compress_level=1)
    except (
        OSError,
        ValueError,
        SyntaxError,
    ) as error:  # empty, of an unknown mode, or of a file that is damaged or closed
        raise PictureError(f"a Pillow image must be one that can be stored as PNG ({error})") from None
    return file.getvalue()

"""Encoding of pixels as PNG, JPEG and WebP; the recipe is the only metadata."""

from __future__ import annotations

import html
import io
import zlib

import numpy as np
from PIL import Image, PngImagePlugin

from nst_core.picture.chunks import png_chunks, webp_chunks
from nst_core.picture.coverage import colours, coverage, has_coverage, on_white
from nst_core.picture.decode import Bytes
from nst_core.step import Pixels

RECIPE_KEY = "nst-recipe"
"""Keyword of the PNG text chunk that holds the recipe, and name of its XMP element in a WebP."""

MAX_RECIPE_BYTES = 256 * 1024
"""A longer recipe is not read; the recipes that are written here have a few kilobytes."""


_PNG_HEAD_BYTES = 33
"""The signature of a PNG and its first chunk, which states the size; text may follow."""


def to_image(pixels: Pixels) -> Image.Image:
    """A Pillow image of [1, H, W, 3] in [0, 1], rounded to 8 bits."""
    return Image.fromarray(_rounded(pixels))


def to_png(
    pixels: Pixels, recipe_json: str | None = None, alpha: Bytes | None = None, *, is_one_of_many: bool = False
) -> bytes:
    """PNG of [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage, with the recipe inside as an iTXt chunk if given.

    Args:
        pixels: the picture.
        recipe_json: the recipe.
        alpha: uint8 [h, w] of any size; it is resampled and becomes the transparency. Hidden pixels keep their colours.
        is_one_of_many: whether OpenCV encodes, in a third of Pillow's time and to the same size; it takes 17 MB of
            memory once.
    """
    info = PngImagePlugin.PngInfo()
    if recipe_json is not None:
        info.add_itxt(RECIPE_KEY, recipe_json)
    if is_one_of_many:
        return _by_opencv(_values(pixels, alpha), info)
    # The fastest level saves 45 ms at 512 px, and the file is 5 % larger. Runs alone, without a search for other
    # repeats, save another 18 % of the time and 3 % of the file: a photograph or a painting hardly repeats itself.
    return _save(pixels, "PNG", alpha, pnginfo=info, compress_level=1, compress_type=zlib.Z_RLE)


def to_jpeg(pixels: Pixels, quality: int = 90, alpha: Bytes | None = None) -> bytes:
    """JPEG of [1, H, W, 3] in [0, 1], colour at full resolution; `quality` from 1 to 95.

    JPEG has no transparency: with `alpha`, uint8 [h, w] of any size, the picture is put on white, like on paper.
    """
    if alpha is not None:
        pixels = on_white(pixels, alpha.astype(np.float32) / np.float32(255))
    try:
        return _save(pixels, "JPEG", quality=quality, subsampling=0, optimize=True)
    except OSError:  # Pillow's buffer for optimizing has room for photographs, not for noise
        return _save(pixels, "JPEG", quality=quality, subsampling=0)


def to_webp(pixels: Pixels, quality: int = 90, alpha: Bytes | None = None, *, recipe_json: str | None = None) -> bytes:
    """Lossy WebP of [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage; `quality` from 1 to 100.

    `alpha` is as in `to_png`, and lossless.
    The recipe, if one is given, is an element of its XMP packet.
    """
    metadata = {} if recipe_json is None else {"xmp": _to_xmp(recipe_json)}
    return _save(pixels, "WEBP", alpha, quality=quality, exact=True, **metadata)  # exact: keeps hidden colours


def to_snapshot(picture: Pixels, quality: int, alpha: Bytes | None = None) -> bytes:
    """A small file for display: JPEG, or WebP if there is transparency.

    Args:
        picture: [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage.
        quality: from 1 to 95.
        alpha: the transparency of [1, H, W, 3], as in `to_png`.
    """
    if alpha is None and not has_coverage(picture):
        return to_jpeg(picture, quality)
    return to_webp(picture, quality, alpha)


def read_recipe(data: bytes) -> str | None:
    """The recipe JSON inside a PNG or WebP; None if there is none, or it is damaged or longer than 256 KB.

    The text is untrusted: validate it with `recipe_from_json`, and show it as text only.
    """
    keyword = RECIPE_KEY.encode() + b"\0"
    for kind, start, end in png_chunks(data):
        if kind == b"iTXt" and data.startswith(keyword, start) and end - start <= MAX_RECIPE_BYTES:
            return _itxt_text(data[start + len(keyword) : end])
    for kind, start, end in webp_chunks(data):
        if kind == b"XMP " and end - start <= MAX_RECIPE_BYTES:
            return _from_xmp(data[start:end])
    return None


def _to_xmp(recipe_json: str) -> bytes:
    """An XMP packet whose only element is the recipe; of its JSON, the characters &, < and > are escaped."""
    text = f'<n:{RECIPE_KEY} xmlns:n="urn:{RECIPE_KEY}">{html.escape(recipe_json, quote=False)}</n:{RECIPE_KEY}>'
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    body = f'<rdf:RDF xmlns:rdf="{rdf}"><rdf:Description rdf:about="">{text}</rdf:Description></rdf:RDF>'
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{body}</x:xmpmeta>'.encode()


def _from_xmp(packet: bytes) -> str | None:
    """The recipe in an XMP packet, or None. An XML parser would also expand entities of an untrusted file."""
    try:
        _, _, rest = packet.decode("utf-8").partition(f"<n:{RECIPE_KEY} ")
    except UnicodeDecodeError:
        return None
    text, end, _ = rest.partition(">")[2].partition(f"</n:{RECIPE_KEY}>")
    return html.unescape(text) or None if end else None


def _itxt_text(rest: bytes) -> str | None:
    """The text of an iTXt chunk, None if damaged; `rest` is flag, method, language, translated keyword, text."""
    flag, text = rest[:1], rest[2:].split(b"\0", 2)[-1]
    try:
        if flag == b"\1":
            inflater = zlib.decompressobj()
            text = inflater.decompress(text, MAX_RECIPE_BYTES)
            if not inflater.eof:
                return None
        return text.decode("utf-8") or None
    except (zlib.error, UnicodeDecodeError):
        return None


def _by_opencv(values: Bytes, info: PngImagePlugin.PngInfo) -> bytes:
    """PNG of uint8 [H, W, 3], or [H, W, 4] with alpha, with these chunks."""
    import cv2

    to_its_order = cv2.COLOR_RGBA2BGRA if values.shape[-1] == 4 else cv2.COLOR_RGB2BGR
    # The mean of the two neighbours predicts paintings as well as the best of all filters for each row, which is what
    # Pillow looks for, and no search for repeats finds any.
    how = {
        cv2.IMWRITE_PNG_COMPRESSION: 1,
        cv2.IMWRITE_PNG_STRATEGY: cv2.IMWRITE_PNG_STRATEGY_HUFFMAN_ONLY,
        cv2.IMWRITE_PNG_FILTER: cv2.IMWRITE_PNG_FILTER_AVG,
    }
    _, encoded = cv2.imencode(".png", cv2.cvtColor(values, to_its_order), [n for pair in how.items() for n in pair])
    data = encoded.tobytes()
    file = io.BytesIO()
    file.write(data[:_PNG_HEAD_BYTES])
    for kind, content, *_ in info.chunks:
        PngImagePlugin.putchunk(file, kind, content)
    file.write(data[_PNG_HEAD_BYTES:])
    return file.getvalue()


def _save(pixels: Pixels, kind: str, alpha: Bytes | None = None, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(_values(pixels, alpha)).save(file, kind, **options)
    return file.getvalue()


def _values(pixels: Pixels, alpha: Bytes | None) -> Bytes:
    """The picture as uint8 [H, W, 3], or [H, W, 4] if it has coverage or `alpha`."""
    values, cover = _rounded(colours(pixels)), coverage(pixels)
    if cover is not None:
        alpha = np.round(cover * 255).astype(np.uint8)
    if alpha is None:
        return values
    height, width, _ = values.shape
    # Bilinear does not ring: opaque areas and transparent areas stay so up to their edges.
    return np.dstack([values, np.asarray(Image.fromarray(alpha).resize((width, height), Image.Resampling.BILINEAR))])


def _rounded(pixels: Pixels) -> Bytes:
    """[1, H, W, 3] in [0, 1] as uint8 [H, W, 3]."""
    return np.asarray(np.clip(pixels[0], 0.0, 1.0) * 255.0 + 0.5, np.uint8)

"""Any video frame as sRGB."""

from __future__ import annotations

from typing import Any, cast

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray
from PIL import Image

from nst_core.film import hdr
from nst_core.picture.coverage import bleed

_SCALING = (
    Interpolation.LANCZOS
    | Interpolation.ACCURATE_RND
    | Interpolation.FULL_CHR_H_INT
    | Interpolation.FULL_CHR_H_INP
    | Interpolation.BITEXACT
)
_reformatter = VideoReformatter()
"""Keeps its tables from frame to frame. One thread at a time may use it: the process has one."""
_UNKNOWN = 2
"""FFmpeg's number of a colour matrix that a film does not state."""
_HD_WIDTH, _HD_HEIGHT = 1280, 720


def srgb(frame: av.VideoFrame, width: int, height: int) -> NDArray[np.uint8]:
    """A frame as uint8 [height, width, 3], or [height, width, 4] if parts of it are transparent; not put upright.

    Colours with transparency are straight, and those of clear pixels are taken from the pixels around.

    A frame that is one pixel larger than asked loses its last row or column; any other is resampled, antialiased.
    """
    is_cut = 0 <= frame.width - width <= 1 and 0 <= frame.height - height <= 1
    inner = (frame.width, frame.height) if is_cut else (width, height)
    if has_alpha_channel(frame):
        pixels = _converted(frame, "rgba", frame.width, frame.height).astype(np.uint8, copy=False)
        pixels = pixels if is_cut else resized(pixels, inner)
        return with_clear_parts(pixels[:height, :width])
    if frame.color_trc in (hdr.PQ, hdr.HLG):
        coded = np.asarray(_converted(frame, "rgb48le", *inner), np.uint16)
        pixels = hdr.to_srgb(coded, frame.color_trc, frame.color_primaries)
    else:
        pixels = np.asarray(_converted(frame, "rgb24", *inner), np.uint8)
    return pixels[:height, :width]


def has_alpha_channel(frame: av.VideoFrame) -> bool:
    """Whether the frame's format has an alpha channel, or a palette that may have one."""
    return any(part.is_alpha for part in frame.format.components) or frame.format.has_palette


def is_transparent(frame: av.VideoFrame) -> bool:
    """Whether any pixel of the frame is not opaque."""
    if not has_alpha_channel(frame):
        return False
    return bool(_converted(frame, "rgba", frame.width, frame.height)[..., 3].min() < 255)


def bit_depth(frame: av.VideoFrame) -> int:
    """Bits of each colour."""
    return max((part.bits for part in frame.format.components), default=8)


def _converted(frame: av.VideoFrame, format_: str, width: int, height: int) -> NDArray[np.unsignedinteger[Any]]:
    converted = _reformatter.reformat(
        frame,
        width,
        height,
        format_,
        src_colorspace=_matrix(frame),
        interpolation=_SCALING,
        dst_color_range=ColorRange.JPEG,
        threads=1,
    )
    return cast(NDArray[np.unsignedinteger[Any]], converted.to_ndarray())


def _matrix(frame: av.VideoFrame) -> Colorspace | None:
    """The colour matrix of a frame that states none, as players choose it; None: the stated one."""
    if frame.colorspace != _UNKNOWN:
        return None
    is_hd = frame.width >= _HD_WIDTH or frame.height >= _HD_HEIGHT
    return Colorspace.ITU709 if is_hd else Colorspace.ITU601


def resized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Straight colours and alpha, [H, W, 4], in another (width, height); clear pixels colour none beside them."""
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))


def with_clear_parts(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[H, W, 4] with the colours of clear pixels taken from those around; [H, W, 3] if all is opaque."""
    if pixels[..., 3].min() == 255:
        return pixels[..., :3]
    filled = bleed(pixels[..., :3].copy(), pixels[..., 3])
    return np.concatenate([filled, pixels[..., 3:]], axis=-1)


def on_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """[H, W, 4] on white, [H, W, 3]; [H, W, 3] itself."""
    if pixels.shape[2] == 3:
        return pixels
    coverage = pixels[..., 3:].astype(np.uint16)
    colours = (pixels[..., :3] * coverage + 255 * (255 - coverage) + 127) // 255
    return colours.astype(np.uint8)

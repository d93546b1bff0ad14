"""Wide colour spaces that a HEIC, AVIF or PNG file states by a number instead of an ICC profile."""

from __future__ import annotations

import struct
from functools import cache

from nst_core.picture.chunks import boxes_within, png_chunks

_COLORANTS = {
    12: ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407)),
    9: ((0.67349, 0.27904, -0.00194), (0.16567, 0.67534, 0.02998), (0.12505, 0.04562, 0.79686)),
}
"""Number -> XYZ of red, green and blue, adapted to D50: 12 is Display P3, 9 is BT.2020.

Source: ITU-T H.273, table 2, for the numbers; the chromaticities adapted by Bradford's method, as ICC.1 asks.
"""
_HEADER_BYTES, _TAG_BYTES = 128, 12


def stated_profile(data: bytes) -> bytes | None:
    """An ICC profile of the colour space that a file states by number; None if it states none, or sRGB.

    Its transfer curve is sRGB's, which Display P3 has too; one of BT.2020 differs from it by little.
    """
    number = _stated_number(data)
    return _profile(number) if number in _COLORANTS else None


def _stated_number(data: bytes) -> int:
    """The colour primaries by ITU-T H.273; 0 if the file states none."""
    for chunk in png_chunks(data):
        if chunk.kind == b"cICP" and chunk.end > chunk.start:
            return data[chunk.start]
    for box in boxes_within(data, b"meta", b"iprp", b"ipco"):
        if box.kind == b"colr" and data[box.start : box.start + 4] == b"nclx":
            return int.from_bytes(data[box.start + 4 : box.start + 6])
    return 0


@cache
def _profile(number: int) -> bytes:
    """The sRGB profile of the colour library, with other colours for red, green and blue."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", profile, _HEADER_BYTES)
    colorants = dict(zip((b"rXYZ", b"gXYZ", b"bXYZ"), _COLORANTS[number], strict=True))
    for index in range(count):
        name, offset, _ = struct.unpack_from(">4sII", profile, _HEADER_BYTES + 4 + index * _TAG_BYTES)
        if name in colorants:  # type and reserved bytes, then three numbers of 16.16 bits
            struct.pack_into(">3i", profile, offset + 8, *(round(value * 65536) for value in colorants[name]))
    profile[84:100] = bytes(16)  # its checksum, which is no longer right; zero means none
    return bytes(profile)

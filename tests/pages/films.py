"""A small film for the tests of pages: a square that moves over a ground, as a GIF."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

FRAMES, FRAMES_PER_SECOND = 12, 10


@cache
def gif() -> bytes:
    """The film's file, 64 x 48 px."""
    frames = [Image.new("RGB", (64, 48), (40, 90, 160)) for _ in range(FRAMES)]
    for number, frame in enumerate(frames):
        frame.paste((200, 60, 30), (3 * number, 10, 3 * number + 20, 30))
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=1000 // FRAMES_PER_SECOND, loop=0)
    return file.getvalue()

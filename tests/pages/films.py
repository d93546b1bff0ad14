"""A small film for the tests of pages: a square that moves over a ground, as a GIF."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image

FRAMES, FRAMES_PER_SECOND = 12, 10


@cache
def gif(*, is_clear: bool = False) -> bytes:
    """The film's file, 64 x 48 px; with `is_clear`, there is no ground."""
    ground = (40, 90, 160, 0 if is_clear else 255)
    frames = [Image.new("RGBA", (64, 48), ground) for _ in range(FRAMES)]
    for number, frame in enumerate(frames):
        frame.paste((200, 60, 30, 255), (3 * number, 10, 3 * number + 20, 30))
    file = io.BytesIO()
    duration = 1000 // FRAMES_PER_SECOND
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=duration, loop=0, disposal=2)
    return file.getvalue()

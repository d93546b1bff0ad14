"""Fine faults: each measure rises when its fault is planted, and stays where it is when another one is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nst_core.metrics.artefacts import PERIODS_PX, artefacts, chroma_noise, fringes, mesh, specks
from nst_core.picture import samples
from nst_core.picture.colour import to_grey
from nst_core.step import Pixels


@pytest.fixture(scope="module")
def photograph() -> Pixels:
    return samples.find("chelsea").load(256).tensor()


def lines(photograph: Pixels, period: int, strength: float = 0.15, axes: str = "both") -> Pixels:
    """The photograph with brighter rows, columns or both, a period apart."""
    planted = photograph.copy()
    if axes != "columns":
        planted[:, ::period] += strength * (1 - planted[:, ::period])
    if axes != "rows":
        planted[:, :, ::period] += strength * (1 - planted[:, :, ::period])
    return planted


@pytest.mark.parametrize("key", ["astronaut", "chelsea", "coffee", "rocket", "night-swirls", "golden-tree"])
def test_no_bundled_picture_has_a_mesh(key: str) -> None:
    found = mesh(samples.find(key).load(256).tensor())
    assert tuple(found) == PERIODS_PX
    assert 0.4 < min(found.values()) <= max(found.values()) < 1.4


@pytest.mark.parametrize("period", PERIODS_PX)
@pytest.mark.parametrize("axes", ["both", "rows", "columns"])
def test_a_planted_mesh_is_found_at_its_period_and_at_no_longer_one(photograph: Pixels, period: int, axes: str) -> None:
    before, found = mesh(photograph), mesh(lines(photograph, period, axes=axes))
    assert found[period] > 2.5 * before[period]
    for longer in PERIODS_PX:  # a longer period has frequencies that a mesh of this one has not
        if longer > period:
            assert found[longer] == pytest.approx(before[longer], rel=0.15)


def test_a_mesh_of_another_period_and_noise_are_none(photograph: Pixels) -> None:
    noisy = np.clip(photograph + np.random.default_rng(1).normal(0, 0.1, photograph.shape), 0, 1).astype(np.float32)
    for picture in (lines(photograph, 3), lines(photograph, 5), lines(photograph, 7), noisy):
        assert max(mesh(picture).values()) < 2.2


def test_a_stronger_mesh_counts_more_wherever_it_begins(photograph: Pixels) -> None:
    weak, strong = (mesh(lines(photograph, 4, strength))[4] for strength in (0.05, 0.15))
    assert 3 < weak < strong / 2
    moved = np.roll(lines(photograph, 4), (1, 2), (1, 2))
    assert mesh(moved)[4] == pytest.approx(strong, rel=0.3)


def test_a_small_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="a mesh needs a picture of 64 x 64 px, got 100 x 63"):
        mesh(np.zeros((1, 63, 100, 3), np.float32))
    assert mesh(np.full((1, 64, 64, 3), 0.3, np.float32)) == pytest.approx(dict.fromkeys(PERIODS_PX, 1.0))


def test_chroma_noise_is_that_of_flat_parts_alone() -> None:
    random = np.random.default_rng(2)
    content = np.full((1, 80, 80, 3), 0.5, np.float32)
    content[:, :, 40:] += 0.3 * random.normal(size=(1, 80, 40, 1)).astype(np.float32)
    coloured = random.normal(0, 0.1, content.shape).astype(np.float32)
    left, right = np.array(content), np.array(content)
    left[:, :, :40] += coloured[:, :, :40]
    right[:, :, 45:] += coloured[:, :, 45:]
    grey = content + coloured.mean(axis=-1, keepdims=True)
    found = [chroma_noise(np.clip(picture, 0, 1), np.clip(content, 0, 1)) for picture in (left, right, grey, content)]
    assert found[0] > 5
    assert max(found[1:]) < 0.3


def test_broad_colours_are_no_noise(photograph: Pixels) -> None:
    down, across = np.mgrid[:96, :128].astype(np.float32) / 128
    smooth = np.stack([across, down, 1 - across], -1)[None]
    assert chroma_noise(smooth, smooth) < 0.5
    assert chroma_noise(photograph, photograph) < 1.5
    noisy = np.clip(photograph + np.random.default_rng(3).normal(0, 0.1, photograph.shape), 0, 1).astype(np.float32)
    assert chroma_noise(noisy, photograph) > 3 * chroma_noise(photograph, photograph)


def test_fringes_are_colours_that_the_pair_has_not(photograph: Pixels) -> None:
    grey = to_grey(photograph)
    assert fringes(grey, grey, [1 - grey]) < 0.1
    fringed = np.concatenate([np.roll(grey[..., :1], 1, axis=2), grey[..., 1:]], axis=-1)
    assert fringes(fringed, grey, [1 - grey]) > 15
    assert fringes(photograph, grey, [photograph]) == 0


def test_specks_are_counted_and_lines_and_patches_are_not() -> None:
    picture = np.full((1, 100, 100, 3), 0.5, np.float32)
    picture[:, 20, 5:90] = picture[:, 30:90, 15] = 0.9
    picture[:, 40:46, 40:46] = 0.1
    picture[:, range(50, 90), range(50, 90)] = 0.9
    assert specks(picture) == 0
    for number, (row, column) in enumerate([(5, 5), (10, 60), (60, 30), (95, 95)], 1):
        picture[:, row, column] = (0.9, 0.5, 0.5) if number % 2 else 0.1
        assert specks(picture) == pytest.approx(1000 * number / 10_000)
    picture[:, 70:72, 20:22] = 0.9
    assert specks(picture) == pytest.approx(1000 * 8 / 10_000)


def test_a_photograph_has_few_specks_and_planted_ones_are_found(photograph: Pixels) -> None:
    before = specks(samples.find("chelsea").load(160).tensor())
    planted = samples.find("chelsea").load(160).tensor().copy()
    spots = np.random.default_rng(4).choice(planted[0, ..., 0].size, 300, replace=False)
    planted.reshape(-1, 3)[spots] = 1 - planted.reshape(-1, 3)[spots].round()
    assert before < 10
    assert specks(planted) - before > 0.6 * 1000 * 300 / planted[0, ..., 0].size


def test_all_measures_of_a_result_are_told_together(photograph: Pixels, noise: Any) -> None:
    clean, spoilt = (artefacts(p, photograph, [photograph]) for p in (photograph, noise(*photograph.shape[1:3])))
    assert list(clean) == ["mesh", "chroma_noise", "fringes", "specks"]
    assert clean["mesh"] == max(mesh(photograph).values())
    assert spoilt["chroma_noise"] > clean["chroma_noise"]
    assert spoilt["specks"] > clean["specks"]

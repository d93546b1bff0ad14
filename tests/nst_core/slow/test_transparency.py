"""Transparency in the slow method: clear pixels take no part in any term, and hidden colours change no bit."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from nst_core.models.vgg import VggConfig, features
from nst_core.picture.upload import open_own
from nst_core.recipe import change
from nst_core.slow.losses import objective
from nst_core.slow.losses.functions import covered_variation, nine_point_variation, total_variation
from nst_core.slow.losses.guidance import layer_weights
from nst_core.slow.losses.objective import StyleMixture
from nst_core.slow.losses.statistics import gram_matrix
from nst_core.slow.losses.style_distance import style_distance
from nst_core.slow.losses.targets import style_statistics
from nst_core.slow.pictures import RunPictures, coloured_noise
from nst_core.slow.tiling.windows import WHOLE, TilingPlan
from tests.nst_core.picture.files import saved
from tests.nst_core.picture.test_coverage import noisy
from tests.nst_core.slow.runs import play, recipe_of, same

LAYERS = ("block1_conv1", "block2_conv1")
CONFIG = VggConfig("max", "zero")


def opened(seed: int) -> Any:
    return open_own(saved(Image.fromarray(noisy(seed)))).covered()


def half_clear(picture: Any, hidden: float) -> Any:
    """The picture with its right half clear and one colour hidden there, [1, H, W, 4]."""
    covered = np.concatenate([picture, np.ones_like(picture[..., :1])], axis=-1)
    covered[:, :, picture.shape[2] // 2 :] = (hidden, hidden, hidden, 0)
    return covered


@pytest.mark.slow
@pytest.mark.usefixtures("unlearned")
@pytest.mark.parametrize(
    "settings", [{"adaptive_balance": True, "steps": 12}, {"start": "noise", "tv_variant": "nine-point"}]
)
def test_hidden_colours_of_photograph_and_style_change_no_bit(settings: Any) -> None:
    recipe = recipe_of(**{"steps": 3, **settings})
    first, second = (play((opened(seed), opened(seed)), recipe) for seed in (1, 2))
    same(first, second)
    assert first[-1].picture.shape == (1, 64, 64, 3)
    assert np.abs(first[-1].picture - first[0].picture).max() > 0.001


@pytest.mark.parametrize("plan", [WHOLE, TilingPlan(1, 16)])
def test_wild_colours_below_a_styles_clear_pixels_change_no_statistics(
    random_vgg: Any, noise: Any, plan: TilingPlan
) -> None:
    distance = style_distance("gram")
    seen = [
        style_statistics(random_vgg, tf.constant(half_clear(noise(64, 96), h)), LAYERS, distance, CONFIG, plan)
        for h in (0.0, 1.0)
    ]
    for name in LAYERS:
        np.testing.assert_allclose(seen[0][name][0], seen[1][name][0], rtol=1e-6)


def test_a_styles_statistics_are_its_weighted_gram_matrices(random_vgg: Any, noise: Any) -> None:
    style = half_clear(noise(64, 96), 0.5)
    found = style_statistics(random_vgg, tf.constant(style), LAYERS, style_distance("gram"), CONFIG, WHOLE)
    activations = features(random_vgg, tf.constant(style[..., :3]), LAYERS, CONFIG)
    weights = layer_weights(style[0, :, :, 3], "vgg19", LAYERS)
    for name in LAYERS:
        flat = activations[name].numpy().reshape(-1, activations[name].shape[-1]).astype(np.float64)
        shares = weights[name].reshape(-1, 1).astype(np.float64)
        np.testing.assert_allclose(found[name][0], (shares * flat).T @ flat / shares.sum(), rtol=1e-3, atol=1e-3)
        whole = gram_matrix(activations[name]).numpy()
        assert np.abs(found[name][0] - whole).max() > 0.01 * np.abs(whole).max()


@pytest.mark.slow
@pytest.mark.parametrize("plan", [WHOLE, TilingPlan(1, 16)])
@pytest.mark.parametrize("variant", ["absolute", "nine-point"])
def test_no_term_sees_what_happens_below_clear_pixels(
    random_vgg: Any, noise: Any, plan: TilingPlan, variant: str
) -> None:
    recipe = recipe_of(tv_variant=variant)
    content = half_clear(noise(64, 128), 0.5)
    cover = content[0, :, :, 3]
    bound = objective.build(
        random_vgg,
        recipe.objective,
        tf.constant(content[..., :3]),
        [tf.constant(noise(48, 48, 1))],
        [StyleMixture([1.0], cover)],
        plan=plan,
        cover=cover,
    )
    picture = noise(64, 128, 2)
    other = picture.copy()
    other[:, :, 80:] = 1 - other[:, :, 80:]  # 16 px from the edge: further than the layers reach
    (before, slope), (after, _) = (bound(tf.constant(each)) for each in (picture, other))
    np.testing.assert_allclose(before, after, rtol=1e-5)
    assert not slope.numpy()[:, :, 80:].any()
    assert np.abs(slope.numpy()[:, :, :60]).min(axis=-1).any()


def test_full_coverage_is_no_transparency(random_vgg: Any, noise: Any) -> None:
    recipe, content, style = recipe_of(), noise(48, 64), noise(40, 40, 1)
    cover = np.ones((48, 64), np.float32)

    def terms(covered: Any) -> Any:
        pictures = [tf.constant(content), [tf.constant(style)], [StyleMixture([1.0], covered)]]
        return objective.build(random_vgg, recipe.objective, *pictures, cover=covered)(tf.constant(noise(48, 64, 2)))

    for ours, theirs in zip(terms(cover), terms(None), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-5)


def test_variation_is_that_of_the_covered_part_scaled_to_the_whole(noise: Any) -> None:
    picture, cover = noise(32, 64), np.ones((1, 32, 64, 1), np.float32)
    cover[:, :, 32:] = 0
    found = covered_variation(tf.constant(picture), tf.constant(cover), "absolute")
    assert float(found) == pytest.approx(2 * float(total_variation(tf.constant(picture[:, :, :32]))), rel=1e-5)
    whole = covered_variation(tf.constant(picture), tf.ones([1, 32, 64, 1]), "nine-point")
    assert float(whole) == pytest.approx(float(nine_point_variation(tf.constant(picture))), rel=0.1)


def test_noise_takes_the_colours_that_can_be_seen() -> None:
    content = half_clear(np.full((1, 48, 64, 3), 0.1, np.float32), 1.0)
    drawn = coloured_noise(content[..., :3], 0, content[0, :, :, 3])
    np.testing.assert_allclose(drawn, 0.1, atol=1e-3)


def test_partial_coverage_is_a_weight(noise: Any) -> None:
    content = half_clear(noise(64, 64), 0.0)
    content[..., 3] *= 0.5
    recipe = change(recipe_of(), {"longest_edge_px": 64})
    share = RunPictures(content, [noise(32, 32)], ()).painted_share(recipe, 64, 64)
    assert share is not None
    assert set(np.unique(share)) == {0.0, 0.5}

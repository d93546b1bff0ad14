"""The fast engine with a module that does nearly nothing, and with the real one."""

from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from nst_core.errors import RecipeError
from nst_core.fast import engine
from nst_core.models import stylisation
from nst_core.recipe import make

TWO = [{"sha256": "0" * 64, "weight": 3}, {"sha256": "1" * 64, "weight": 1}]


def recipe_of(**settings):
    return make(settings={"method": "fast", "longest_edge_px": 64, "style_edge_px": 64, **settings})


def hub_module(seen):
    """As TF-Hub's: the style's mean colour everywhere, in multiples of 4 pixels, a little out of range."""

    def call(content, style):
        seen.append((tuple(content.shape), tuple(style.shape)))
        height, width = (-(-side // 4) * 4 for side in content.shape[1:3])
        mean = tf.reduce_mean(style, (1, 2), keepdims=True)
        return [tf.broadcast_to(mean * 1.5, [1, height, width, 3])]

    return call


class RebuiltModule:
    """As the rebuilt pair: a style's vector is its mean colour; the transformer paints with it."""

    def __call__(self, content, style):
        return [self.transform(content, self.style_vector(style))]

    def style_vector(self, style):
        return tf.reduce_mean(style, (1, 2), keepdims=True)

    def transform(self, content, vector):
        return tf.zeros_like(content) + vector**2


@pytest.fixture
def use(monkeypatch):
    def put(module):
        monkeypatch.setattr(stylisation, "load", lambda: SimpleNamespace(call=module))

    return put


def flat(level, height=64, width=64):
    return np.full((1, height, width, 3), level, np.float32)


def test_one_step_with_the_picture(use, noise):
    seen = []
    use(hub_module(seen))
    (step,) = engine.run(noise(30, 96), [flat(0.4, 50, 100)], recipe_of())
    assert (step.number, step.of, step.scale_px, step.losses, step.state) == (1, 1, 64, {}, None)
    assert step.seconds > 0
    assert seen == [((1, 20, 64, 3), (1, 32, 64, 3))]
    assert step.picture.shape == (1, 20, 64, 3)
    np.testing.assert_allclose(step.picture, 0.6, atol=1e-3)


@pytest.mark.parametrize(("height", "width"), [(61, 64), (64, 49), (63, 62)])
def test_the_contents_size_is_kept_and_values_are_in_range(use, noise, height, width):
    use(hub_module([]))
    (step,) = engine.run(noise(height, width), [flat(0.9)], recipe_of())
    scale = 64 / max(height, width)
    assert step.picture.shape == (1, round(height * scale), round(width * scale), 3)
    assert step.picture.max() == 1.0  # the module said 1.35


def test_several_styles_are_mixed_as_vectors_by_share(use, noise):
    use(RebuiltModule())
    (step,) = engine.run(noise(64, 64), [flat(0.8), flat(0.4)], recipe_of(styles=TWO))
    np.testing.assert_allclose(step.picture, (0.75 * 0.8 + 0.25 * 0.4) ** 2, atol=1e-3)


def test_without_vectors_the_results_are_mixed_by_share(use, noise):
    use(hub_module([]))
    (step,) = engine.run(noise(62, 63), [flat(0.4), flat(0.2)], recipe_of(styles=TWO))
    np.testing.assert_allclose(step.picture, 1.5 * (0.75 * 0.4 + 0.25 * 0.2), atol=1e-3)
    assert step.picture.shape[1:3] == (63, 64)


def test_styles_without_shares_count_the_same(use, noise):
    use(RebuiltModule())
    (step,) = engine.run(noise(64, 64), [flat(0.8), flat(0.4)], recipe_of())
    np.testing.assert_allclose(step.picture, 0.6**2, atol=1e-3)


@pytest.mark.parametrize(("pictures", "named"), [(0, 0), (0, 2), (1, 2), (3, 2)])
def test_styles_must_be_there_and_as_many_as_named(use, noise, pictures, named):
    use(RebuiltModule())
    with pytest.raises(RecipeError, match=f"one picture for each style of the recipe, got {pictures}"):
        next(engine.run(noise(64, 64), [flat(0.5)] * pictures, recipe_of(styles=TWO[:named])))


def test_inputs_are_left_alone(use, noise):
    use(RebuiltModule())
    content, style = noise(64, 64), noise(64, 64, 1)
    list(engine.run(content, [style], recipe_of()))
    np.testing.assert_array_equal(content, noise(64, 64))
    np.testing.assert_array_equal(style, noise(64, 64, 1))


@pytest.mark.weights
def test_the_real_module_paints_a_photograph():
    from nst_core.picture import samples

    content = samples.find("coffee").load(128).tensor()
    night, tissue = (samples.find(key).load(128).tensor() for key in ("night-swirls", "tissue"))
    recipe = recipe_of(longest_edge_px=127)
    painted = [next(engine.run(content, styles, recipe)).picture for styles in ([night], [tissue], [night, tissue])]
    for picture in painted:
        assert max(picture.shape[1:3]) == 127
        assert np.isfinite(picture).all()
        assert 0 <= picture.min() < picture.max() <= 1
        assert picture.std() > 0.05
    assert np.abs(painted[0] - painted[1]).mean() > 0.03
    assert np.abs(painted[2] - painted[0]).mean() < np.abs(painted[0] - painted[1]).mean()
    again = next(engine.run(content, [night], recipe)).picture
    np.testing.assert_array_equal(again, painted[0])

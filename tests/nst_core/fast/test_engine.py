"""The fast engine with a module that does nearly nothing, and with the real one."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.errors import RecipeError
from nst_core.fast import engine, stylizer
from nst_core.models import stylisation
from nst_core.recipe import make
from nst_core.system.bounded_cache import BoundedCache

TWO = [{"sha256": "0" * 64, "weight": 3}, {"sha256": "1" * 64, "weight": 1}]


def recipe_of(**settings: Any) -> Any:
    return make(settings={"method": "fast", "longest_edge_px": 64, "style_edge_px": 64, **settings})


def hub_module(seen: Any) -> Any:
    """As TF-Hub's: the style's mean colour everywhere, in multiples of 4 pixels, a little out of range."""

    def call(content: Any, style: Any) -> Any:
        seen.append((tuple(content.shape), tuple(style.shape)))
        height, width = (-(-side // 4) * 4 for side in content.shape[1:3])
        mean = tf.reduce_mean(style, (1, 2), keepdims=True)
        return [tf.broadcast_to(mean * 1.5, [1, height, width, 3])]

    return call


class RebuiltModule:
    """As the rebuilt pair: a style's vector is its mean colour; the transformer paints with it."""

    def __call__(self, content: Any, style: Any) -> Any:
        return [self.transform(content, self.style_vector(style))]

    def style_vector(self, style: Any) -> Any:
        return tf.reduce_mean(style, (1, 2), keepdims=True)

    def transform(self, content: Any, vector: Any) -> Any:
        return tf.zeros_like(content) + vector**2


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Any:
    def put(module: Any) -> None:
        monkeypatch.setattr(stylisation, "load", lambda: SimpleNamespace(call=module))

    return put


@pytest.fixture(autouse=True)
def nothing_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stylizer, "_VECTORS", BoundedCache(stylizer.MAX_VECTORS))


def flat(level: Any, height: int = 64, width: int = 64) -> Any:
    return np.full((1, height, width, 3), level, np.float32)


def test_one_step_with_the_picture(use: Any, noise: Any) -> None:
    seen = []
    use(hub_module(seen))
    (step,) = engine.run(noise(30, 96), [flat(0.4, 50, 100)], recipe_of())
    assert (step.number, step.total, step.scale_px, step.losses, step.state) == (1, 1, 64, {}, None)
    assert step.seconds > 0
    assert seen == [((1, 20, 64, 3), (1, 32, 64, 3))]
    assert step.picture.shape == (1, 20, 64, 3)
    np.testing.assert_allclose(step.picture, 0.6, atol=1e-3)


@pytest.mark.parametrize(("height", "width"), [(61, 64), (64, 49), (63, 62)])
def test_the_contents_size_is_kept_and_values_are_in_range(use: Any, noise: Any, height: int, width: int) -> None:
    use(hub_module([]))
    (step,) = engine.run(noise(height, width), [flat(0.9)], recipe_of())
    scale = 64 / max(height, width)
    assert step.picture.shape == (1, round(height * scale), round(width * scale), 3)
    assert step.picture.max() == 1.0  # the module said 1.35


def test_several_styles_are_mixed_as_vectors_by_share(use: Any, noise: Any) -> None:
    use(RebuiltModule())
    (step,) = engine.run(noise(64, 64), [flat(0.8), flat(0.4)], recipe_of(styles=TWO))
    np.testing.assert_allclose(step.picture, (0.75 * 0.8 + 0.25 * 0.4) ** 2, atol=1e-3)


def test_without_vectors_the_results_are_mixed_by_share(use: Any, noise: Any) -> None:
    use(hub_module([]))
    (step,) = engine.run(noise(62, 63), [flat(0.4), flat(0.2)], recipe_of(styles=TWO))
    np.testing.assert_allclose(step.picture, 1.5 * (0.75 * 0.4 + 0.25 * 0.2), atol=1e-3)
    assert step.picture.shape[1:3] == (63, 64)


def test_styles_without_shares_count_the_same(use: Any, noise: Any) -> None:
    use(RebuiltModule())
    (step,) = engine.run(noise(64, 64), [flat(0.8), flat(0.4)], recipe_of())
    np.testing.assert_allclose(step.picture, 0.6**2, atol=1e-3)


@pytest.mark.parametrize(("pictures", "named"), [(0, 0), (0, 2), (1, 2), (3, 2)])
def test_styles_must_be_there_and_as_many_as_named(use: Any, noise: Any, pictures: int, named: int) -> None:
    use(RebuiltModule())
    with pytest.raises(RecipeError, match=f"one picture for each style of the recipe, got {pictures}"):
        next(engine.run(noise(64, 64), [flat(0.5)] * pictures, recipe_of(styles=TWO[:named])))


def test_inputs_are_left_alone(use: Any, noise: Any) -> None:
    use(RebuiltModule())
    content, style = noise(64, 64), noise(64, 64, 1)
    list(engine.run(content, [style], recipe_of()))
    np.testing.assert_array_equal(content, noise(64, 64))
    np.testing.assert_array_equal(style, noise(64, 64, 1))


class Counting(RebuiltModule):
    """Notes how often a style is looked at, and how large the passes are."""

    def __init__(self) -> None:
        self.looks, self.passes = 0, []

    def style_vector(self, style: Any) -> Any:
        self.looks += 1
        return super().style_vector(style)

    def transform(self, content: Any, vector: Any) -> Any:
        self.passes.append(tuple(content.shape))
        return super().transform(content, vector)


@pytest.fixture
def counting(use: Any) -> Any:
    module = Counting()
    use(module)
    return module


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0, 1.5])
def test_strength_leads_from_the_contents_own_vector_to_the_styles(use: Any, strength: float) -> None:
    use(RebuiltModule())
    (step,) = engine.run(flat(0.2), [flat(0.6)], recipe_of(strength=strength))
    np.testing.assert_allclose(step.picture, (0.2 + strength * 0.4) ** 2, atol=1e-3)


def test_a_slider_that_moves_looks_at_no_picture_again(counting: Any) -> None:
    styles = [{"sha256": "0" * 64}, {"sha256": "1" * 64}]
    first = {"content": "2" * 64, "styles": styles, "strength": 0.5}
    moved = first | {"strength": 0.8, "styles": [{**styles[0], "weight": 2}, styles[1]]}
    for settings in (first, moved):
        list(engine.run(flat(0.2), [flat(0.6), flat(0.8)], recipe_of(**settings)))
    assert counting.looks == 3  # two styles and the content, once


@pytest.mark.parametrize(
    "other", [{"crop": [0, 0, 0.5, 1]}, {"rotation_deg": 10}, {"sha256": "3" * 64}, {"style_scale": 2.0}]
)
def test_another_part_or_size_of_a_style_is_looked_at_anew(counting: Any, other: Any) -> None:
    style = {"sha256": "0" * 64}
    scale = {"style_scale": other["style_scale"]} if "style_scale" in other else {}
    changed = style if scale else style | other
    list(engine.run(flat(0.2), [flat(0.6)], recipe_of(styles=[style])))
    (step,) = engine.run(flat(0.2), [flat(0.8)], recipe_of(styles=[changed], **scale))
    assert counting.looks == 2
    np.testing.assert_allclose(step.picture, 0.8**2, atol=1e-3)


def test_unnamed_pictures_are_told_apart_by_their_pixels(counting: Any) -> None:
    results = [next(engine.run(flat(0.2), [flat(level)], recipe_of())).picture for level in (0.5, 0.7, 0.5)]
    assert counting.looks == 2
    np.testing.assert_array_equal(results[0], results[2])
    assert results[1].mean() > results[0].mean()


def test_regions_have_their_own_mix(use: Any) -> None:
    use(RebuiltModule())
    half = np.zeros((64, 64), np.float32)
    half[:, :32] = 1
    regions = [{"mask": "a" * 64, "shares": [0, 1]}]
    recipe = recipe_of(styles=TWO, regions=regions)
    (step,) = engine.run(flat(0.5), [flat(0.8), flat(0.4)], recipe, masks=[half])
    np.testing.assert_allclose(step.picture[:, :, :31], 0.4**2, atol=1e-3)
    np.testing.assert_allclose(step.picture[:, :, 33:], (0.75 * 0.8 + 0.25 * 0.4) ** 2, atol=1e-3)
    with pytest.raises(RecipeError, match="1 regions needs a mask, got 0"):
        next(engine.run(flat(0.5), [flat(0.8), flat(0.4)], recipe))


@pytest.mark.parametrize(("styles", "rows"), [(1, 1), (2, 1), (3, 3), (4, 3)])
def test_a_sheet_shows_every_mix_in_few_passes(counting: Any, styles: int, rows: int) -> None:
    levels = [0.2, 0.4, 0.6, 0.8][:styles]
    recipe = recipe_of(longest_edge_px=192, style_grid_size=3, strength=1.0)
    (step,) = engine.run(flat(0.3, 128, 128), [flat(level) for level in levels], recipe)
    assert step.picture.shape == (1, 64 * rows, 192, 3)
    assert len(counting.passes) == 1
    assert counting.passes[0][0] == 3 * rows
    corners = step.picture[0, [0, 0, -1, -1], [0, -1, 0, -1], 0]
    wanted = {1: [0.3, 0.15], 2: [0.2, 0.4], 3: [0.2, 0.4, 0.6, 0.4], 4: levels}[styles]
    np.testing.assert_allclose(corners[: len(wanted)], np.square(wanted), atol=1e-3)


def test_painted_small_it_is_enlarged_along_the_photograph(counting: Any, noise: Any) -> None:
    (step,) = engine.run(noise(96, 128), [flat(0.5)], recipe_of(longest_edge_px=128, render_edge_px=64))
    assert counting.passes == [(1, 48, 64, 3)]
    assert step.picture.shape == (1, 96, 128, 3)
    np.testing.assert_allclose(step.picture, 0.25, atol=2e-3)


class TestWithoutVectors:
    """The official module: pictures in, a picture out."""

    def test_strength_mixes_with_the_photograph_and_says_so(self, use: Any) -> None:
        use(hub_module([]))
        (step,) = engine.run(flat(0.2), [flat(0.4)], recipe_of(strength=0.5))
        np.testing.assert_allclose(step.picture, 0.5 * 0.2 + 0.5 * 0.6, atol=1e-3)
        assert "strength mixes the picture with the photograph" in step.notes[0]

    def test_blends_are_told(self, use: Any) -> None:
        use(hub_module([]))
        (step,) = engine.run(flat(0.2), [flat(0.4), flat(0.2)], recipe_of(styles=TWO))
        assert "finished pictures are mixed" in step.notes[0]

    def test_nothing_is_told_where_nothing_is_missing(self, use: Any) -> None:
        for module in (hub_module([]), RebuiltModule()):
            use(module)
            (step,) = engine.run(flat(0.2), [flat(0.4)], recipe_of())
            assert step.notes == ()

    def test_large_pictures_are_painted_small_and_enlarged(
        self, use: Any, monkeypatch: pytest.MonkeyPatch, noise: Any
    ) -> None:
        monkeypatch.setattr(stylizer, "MAX_PICTURE_PX", 64)
        seen = []
        use(hub_module(seen))
        (step,) = engine.run(noise(100, 128), [flat(0.4)], recipe_of(longest_edge_px=128))
        assert seen[0][0] == (1, 50, 64, 3)
        assert step.picture.shape == (1, 100, 128, 3)
        np.testing.assert_allclose(step.picture, 0.6, atol=5e-3)
        assert "64 px" in step.notes[0]

    def test_a_sheet_paints_each_style_once(self, use: Any) -> None:
        seen = []
        use(hub_module(seen))
        (step,) = engine.run(flat(0.3), [flat(0.2), flat(0.4)], recipe_of(style_grid_size=3))
        assert len(seen) == 2
        np.testing.assert_allclose(step.picture[0, 5, [5, 70, 150], 0], [0.3, 0.45, 0.6], atol=1e-3)


@pytest.mark.weights
def test_the_real_module_paints_a_photograph() -> None:
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


@pytest.mark.weights
@pytest.mark.usefixtures("rebuilt")
def test_strength_of_the_real_network_moves_steadily_away_from_the_photographs_own_look() -> None:
    from nst_core.picture import samples

    content, style = samples.find("coffee").load(128).tensor(), samples.find("night-swirls").load(128).tensor()

    def painted(strength: Any) -> Any:
        return next(engine.run(content, [style], recipe_of(longest_edge_px=128, strength=strength))).picture

    own = next(engine.run(content, [content], recipe_of(longest_edge_px=128))).picture
    pictures = [painted(s) for s in (0.0, 0.5, 1.0, 1.5)]
    np.testing.assert_allclose(pictures[0], own, atol=1e-4)
    away = [np.abs(p - own).mean() for p in pictures]
    assert away == sorted(away)
    plain = next(engine.run(content, [style], recipe_of(longest_edge_px=128))).picture
    np.testing.assert_array_equal(pictures[2], plain)


@pytest.mark.weights
@pytest.mark.usefixtures("rebuilt")
@pytest.mark.parametrize("pair", [("coffee", "night-swirls"), ("rocket", "marbled-paper")])
def test_by_the_yardstick_more_strength_is_nearer_to_the_style_and_further_from_the_photograph(pair: Any) -> None:
    from nst_core.metrics import yardstick
    from nst_core.picture import samples

    content, style = (samples.find(name).load(256).tensor() for name in pair)

    def measured(strength: Any) -> Any:
        recipe = make(settings={"method": "fast", "longest_edge_px": 128, "strength": strength})
        return yardstick.measure(next(engine.run(content, [style], recipe)).picture, content, [style])

    found = [measured(strength) for strength in (0.0, 0.25, 0.5, 0.75, 1.0)]
    for texture in ("style_gram", "style_wasserstein2"):
        distances = [sum(measures[texture].values()) for measures in found]
        assert distances == sorted(distances, reverse=True)
    likeness = [measures["ssim"] for measures in found]
    assert likeness == sorted(likeness, reverse=True)


def test_a_region_of_no_style_stays_the_photograph(use: Any, noise: Any) -> None:
    use(RebuiltModule())
    mask = np.zeros((64, 64), np.float32)
    mask[:, :32] = 1
    recipe = recipe_of(regions=[{"mask": "a" * 64, "shares": [0.0]}])
    content = noise(64, 64)
    (step,) = engine.run(content, [flat(0.6)], recipe, masks=[mask])
    assert np.array_equal(step.picture[:, :, :32], content[:, :, :32])
    np.testing.assert_allclose(step.picture[:, :, 32:], 0.36, atol=1e-3)

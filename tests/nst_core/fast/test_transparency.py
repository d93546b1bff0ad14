"""Transparency in the fast method: clear pixels have no weight in the style vector and in the norms."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from nst_core.errors import PictureError
from nst_core.fast import batching, engine, stylizer, tiling
from nst_core.models import stylisation
from nst_core.models.stylisation import StylisationModule
from nst_core.models.transformer import STYLED, Transformer
from nst_core.picture.upload import open_own
from nst_core.recipe import make
from nst_core.system.bounded_cache import BoundedCache
from tests.nst_core.picture.files import saved
from tests.nst_core.picture.test_coverage import noisy

RECIPE = make(settings={"method": "fast", "longest_edge_px": 64, "style_edge_px": 64})


def kernels() -> dict[str, np.ndarray]:
    """Random kernels and biases of a transformer, by name."""
    rng = np.random.default_rng(5)

    def drawn(*shape: int) -> np.ndarray:
        return np.asarray(rng.standard_normal(shape) * np.sqrt(2 / np.prod(shape[:-1])), np.float32)

    shapes = {"contract/conv1": (9, 3, 8), "contract/conv2": (3, 8, 16), "contract/conv3": (3, 16, 32)}
    shapes |= dict.fromkeys(STYLED[:10], (3, 32, 32))
    shapes |= dict(zip(STYLED[10:], ((3, 32, 16), (3, 16, 8), (9, 8, 3)), strict=True))
    found = {f"transformer/{n}/weights": drawn(size, size, came, out) for n, (size, came, out) in shapes.items()}
    found |= {f"transformer/{n}/bias": drawn(out) for n, (_, _, out) in shapes.items()}
    for name in STYLED:
        for which in ("Conv", "Conv_1"):
            style = f"style_params/transformer/{name}/StyleNorm/{which}"
            found |= {f"{style}/weights": drawn(1, 1, 100, shapes[name][2]), f"{style}/bias": drawn(shapes[name][2])}
    return found


class RandomModule(StylisationModule):
    """The real transformer with random kernels; a style's vector comes from its mean colour."""

    def __init__(self) -> None:
        tf.Module.__init__(self)
        self.transformer = Transformer(kernels())

    def style_vector(self, style: Any) -> Any:
        return self.covered_style_vector(style, tf.ones_like(style[..., :1]))

    def covered_style_vector(self, style: Any, cover: Any) -> Any:
        mean = tf.reduce_sum(style * cover, (1, 2), keepdims=True) / tf.reduce_sum(cover)
        return tf.repeat(mean, 34, axis=-1)[..., :100]


@pytest.fixture(scope="module")
def module() -> RandomModule:
    return RandomModule()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, module: RandomModule) -> None:
    monkeypatch.setattr(stylisation, "load", lambda: SimpleNamespace(call=module))
    monkeypatch.setattr(stylizer, "_VECTORS", BoundedCache(stylizer.MAX_VECTORS))


def opened(seed: int) -> Any:
    return open_own(saved(Image.fromarray(noisy(seed)))).covered()


@pytest.mark.usefixtures("use")
def test_hidden_colours_of_photograph_and_style_change_no_bit(noise: Any) -> None:
    (first,) = engine.run(opened(1), [opened(1)], RECIPE)
    (second,) = engine.run(opened(2), [opened(2)], RECIPE)
    assert first.picture is not None
    assert first.picture.shape == (1, 64, 64, 3)
    assert np.array_equal(first.picture, second.picture)  # type: ignore[arg-type]
    request = batching.FastRequest(opened(1), [noise(48, 48)], RECIPE)
    (alone,) = engine.run(request.content, request.styles, RECIPE)
    assert np.array_equal(batching.run_many([request])[0], alone.picture)  # type: ignore[arg-type]


def test_what_is_opaque_everywhere_is_painted_as_without_transparency(module: RandomModule, noise: Any) -> None:
    content, vector = noise(40, 56), module.style_vector(noise(32, 32, 1))
    opaque = np.concatenate([content, np.ones_like(content[..., :1])], axis=-1)
    expected = tiling.transform(module, content, vector, 3)
    assert expected.std() > 0.02
    np.testing.assert_allclose(tiling.transform(module, opaque, vector, 3), expected, atol=1e-4)


def test_norms_do_not_see_clear_pixels(module: RandomModule, noise: Any) -> None:
    """Where no convolution carries clear colours into what can be seen, the norms alone could."""
    vector = module.style_vector(noise(32, 32, 1))

    def painted(hidden: float, cover: float = 0.0) -> Any:
        content = np.concatenate([noise(32, 512), np.ones((1, 32, 512, 1), np.float32)], axis=-1)
        content[:, :, 256:400] = (0.5, 0.5, 0.5, cover)
        content[:, :, 400:] = (hidden, hidden, hidden, cover)
        return tiling.transform(module, content, vector, 3)[:, :, :100]

    np.testing.assert_allclose(painted(0.0), painted(1.0), atol=1e-6)
    assert np.abs(painted(0.0, 1.0) - painted(1.0, 1.0)).max() > 0.01


def test_weighted_moments_are_those_of_the_repeated_values(noise: Any) -> None:
    piece, weights = noise(4, 5), np.arange(20.0).reshape(4, 5)
    repeated = np.repeat(piece.reshape(-1, 3).astype(np.float64), np.arange(20), axis=0)
    total, mean, variance = tiling._weighted_moments(piece, weights)
    assert total == len(repeated)
    np.testing.assert_allclose(mean, repeated.mean(0))
    np.testing.assert_allclose(variance, repeated.var(0))


def test_only_the_opaque_part_of_a_style_counts(module: RandomModule, noise: Any) -> None:
    style = np.concatenate([noise(64, 64), np.ones((1, 64, 64, 1), np.float32)], axis=-1)
    style[:, :, 40:] = (1, 0, 1, 0)
    np.testing.assert_allclose(
        stylizer.vector_of(module, style), module.style_vector(style[:, :, :40, :3]).numpy(), rtol=1e-5
    )
    with pytest.raises(PictureError, match="take another part"):
        stylizer.vector_of(module, style[:, :, 40:])


@pytest.mark.weights
def test_the_real_predictor_weighs_by_coverage(rebuilt: Any, noise: Any) -> None:
    style, cover = tf.constant(noise(64, 128)), np.ones((1, 64, 128, 1), np.float32)
    np.testing.assert_allclose(rebuilt.covered_style_vector(style, cover), rebuilt.style_vector(style), atol=1e-4)
    cover[:, :, 64:] = 0
    left = rebuilt.covered_style_vector(style, cover).numpy()
    assert np.abs(left - rebuilt.style_vector(style)).max() > 1e-3

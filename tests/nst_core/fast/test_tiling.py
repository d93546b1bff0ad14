"""Strips against the whole: the same picture, whatever the strips, and memory that does not grow with layers."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from nst_core.fast import tiling
from nst_core.picture import samples
from nst_core.picture.resize import resize


def test_moments_of_parts_are_those_of_the_whole(noise: Any) -> None:
    values = noise(1, 90)[0, 0].astype(np.float64) * [1, 10, 100] + [0, 1000, -3]
    merged = tiling.RunningMoments()
    for part in np.split(values, [7, 8, 50]):
        merged.add(len(part), part.mean(0), part.var(0))
    assert merged.count == 90
    np.testing.assert_allclose(merged.mean, values.mean(0))
    np.testing.assert_allclose(merged.variance, values.var(0))


@pytest.mark.weights
@pytest.mark.parametrize("rows", [1, 3, 7, None])
@pytest.mark.parametrize(("height", "width"), [(96, 128), (97, 130), (35, 111)])
def test_strips_are_the_whole(rebuilt: Any, height: int, width: int, rows: Any) -> None:
    content = resize(samples.find("coffee").load(128).tensor(), width, height)
    vector = rebuilt.style_vector(tf.constant(samples.find("brick").load(96).tensor()))
    whole = rebuilt.transform(tf.constant(content), vector).numpy()
    ours = tiling.transform(rebuilt, content, vector, rows)
    assert ours.shape == whole.shape
    assert whole.std() > 0.05
    np.testing.assert_allclose(ours, whole, atol=1e-4)  # 1/255 is what can be seen

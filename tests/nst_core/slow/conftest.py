"""Fixtures for tests of whole runs."""

from typing import Any

import numpy as np
import pytest


@pytest.fixture
def pictures(noise: Any) -> Any:
    """A smooth content of 64 x 48 px and a style in stripes, smaller."""
    y, x = np.mgrid[0:48, 0:64] / 64
    content = np.stack([x, y, 1 - x], -1)[None].astype(np.float32)
    stripes = np.repeat((np.arange(40) // 3 % 2).astype(np.float32)[None, None, :, None], 40, 1)
    return content, np.concatenate([stripes, 0.3 * stripes, 1 - stripes], -1) * 0.9 + 0.1 * noise(40, 40)

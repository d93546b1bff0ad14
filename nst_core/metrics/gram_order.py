"""Which channels of a layer are active together: their cosines, and an order that shows it. Pure NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

GramArray = NDArray[np.floating[Any]]


def cosines(second: GramArray) -> GramArray:
    """The Gram matrix without the channels' loudness: C_ij = G_ij / sqrt(G_ii G_jj), the cosine of two feature maps.

    The mean is not subtracted, so this is no Pearson correlation: activations after ReLU have no side below 0.

    Args:
        second: second moments of activations, [..., n, n], symmetric, diagonal >= 0.

    Returns:
        The same shape, in [-1, 1], in [0, 1] after ReLU; 1 on the diagonal, but 0 for channels that are always 0.
    """
    loud = np.sqrt(np.maximum(np.diagonal(second, axis1=-2, axis2=-1), 0.0))
    unit = np.divide(1.0, loud, out=np.zeros_like(loud), where=loud > 0)
    return np.clip(second * unit[..., :, None] * unit[..., None, :], -1.0, 1.0)


def seriate(second: NDArray[np.float64]) -> NDArray[np.intp]:
    """An order of channels in which those that are active together are neighbours.

    Args:
        second: second moments of activations, [n, n], symmetric, >= 0.

    Returns:
        A permutation of 0 to n - 1, by the Fiedler vector of the channels' cosines; the louder end comes first.

    Source: Atkins, Boman & Hendrickson 1998, A spectral algorithm for seriation.
    """
    loud = np.diag(second)
    alike = np.maximum(cosines(second), 0.0)
    laplacian = np.diag(alike.sum(axis=0)) - alike
    fiedler = np.linalg.eigh(laplacian)[1][:, min(1, len(loud) - 1)]
    order = np.argsort(fiedler, kind="stable")
    half = len(order) // 2
    return order if loud[order[:half]].sum() >= loud[order[len(order) - half :]].sum() else order[::-1]

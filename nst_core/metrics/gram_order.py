"""Channels of a layer that are active together: their cosine similarity, and an order by similarity. Pure NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

GramArray = NDArray[np.floating[Any]]


def cosines(second: GramArray) -> GramArray:
    """Cosine similarity of each two channels' feature maps: C_ij = G_ij / sqrt(G_ii G_jj) of a Gram matrix G.

    The mean is not subtracted, so this is not the Pearson correlation: after ReLU, no activation is below 0.

    Args:
        second: second moments of activations (a Gram matrix), [..., n, n], symmetric, diagonal >= 0.

    Returns:
        [..., n, n] in [-1, 1], after ReLU in [0, 1]. The diagonal is 1, but 0 for a channel that is 0 everywhere.
    """
    norms = np.sqrt(np.maximum(np.diagonal(second, axis1=-2, axis2=-1), 0.0))
    scale = np.divide(1.0, norms, out=np.zeros_like(norms), where=norms > 0)
    return np.clip(second * scale[..., :, None] * scale[..., None, :], -1.0, 1.0)


def seriate(second: NDArray[np.float64]) -> NDArray[np.intp]:
    """Order channels so that those which are active together are neighbours.

    Args:
        second: second moments of activations (a Gram matrix), [n, n], symmetric, >= 0.

    Returns:
        A permutation of 0 to n - 1: the order of the Fiedler vector of the cosine similarities. The half with more
        energy (sum of the diagonal) comes first.

    Source: Atkins, Boman & Hendrickson 1998, A spectral algorithm for seriation.
    """
    energy = np.diag(second)
    similarity = np.maximum(cosines(second), 0.0)
    laplacian = np.diag(similarity.sum(axis=0)) - similarity
    fiedler = np.linalg.eigh(laplacian)[1][:, min(1, len(energy) - 1)]
    order = np.argsort(fiedler, kind="stable")
    half = len(order) // 2
    return order if energy[order[:half]].sum() >= energy[order[len(order) - half :]].sum() else order[::-1]

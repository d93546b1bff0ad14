"""Several small pictures of one size in one pass of the network, which takes less time than one pass for each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import tensorflow as tf

from nst_core.fast import engine
from nst_core.fast.plan import BATCH_PIXELS, in_strips
from nst_core.fast.stylizer import VectorStylizer, make_stylizer, transform_batch
from nst_core.models import stylisation
from nst_core.models.device import device
from nst_core.picture.coverage import has_coverage
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe
from nst_core.recipe.style_grid import StyleMix
from nst_core.step import Pixels
from nst_core.system import allocator
from nst_core.system.host_profile import host_profile


@dataclass(frozen=True)
class FastRequest:
    """The arguments of one picture, as those of `engine.run`; its recipe has neither a style grid nor regions."""

    content: Pixels = field(repr=False)
    styles: Sequence[Pixels] = field(repr=False)
    recipe: Recipe


def run_many(requests: Sequence[FastRequest]) -> list[Pixels]:
    """The results of some requests, in their order, each [1, H, W, 3] in [0, 1].

    They equal those of `engine.run` up to rounding. Pictures of one size next to each other share a pass, as many as
    `BATCH_PIXELS` allows. Without style vectors, and in strips, pictures are painted one at a time.

    Raises NSTError as `engine.run`.
    """
    with tf.device(device().name):
        module = stylisation.load().call
        waiting: list[_Prepared] = []
        done: list[Pixels] = []
        for request in requests:
            each = _prepared(module, request)
            if waiting and (each is None or not _has_room(waiting, each)):
                done += _painted(module, waiting)
                waiting = []
            if each is None:
                done += [step.picture for step in engine.run(request.content, request.styles, request.recipe)]  # type: ignore[misc]
            else:
                waiting.append(each)
        return done + _painted(module, waiting)


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A request with its content at the size of the result and of the network, and its style vector."""

    content: Pixels
    reduced: Pixels
    vector: np.ndarray


def _prepared(module: object, request: FastRequest) -> _Prepared | None:
    """What a pass needs; None if this request cannot share one."""
    if request.recipe.shifted_passes > 1:
        return None
    stylizer = make_stylizer(module, request.content, request.styles, request.recipe)
    if not isinstance(stylizer, VectorStylizer) or not request.styles:
        return None
    content = fit(request.content, request.recipe.longest_edge_px)
    reduced = engine.content_to_stylise(stylizer, content, request.recipe)
    if in_strips(*reduced.shape[1:3]) or has_coverage(reduced):
        return None
    shares = engine.style_shares(request.recipe, len(request.styles))
    mix = StyleMix(tuple(share / sum(shares) for share in shares), request.recipe.strength)
    return _Prepared(content, reduced, stylizer.vector(mix))


def _has_room(waiting: Sequence[_Prepared], another: _Prepared) -> bool:
    """Whether another picture fits into the pass."""
    _, height, width, _ = another.reduced.shape
    is_same = waiting[0].reduced.shape == another.reduced.shape
    return is_same and (len(waiting) + 1) * height * width <= BATCH_PIXELS


def _painted(module: object, waiting: Sequence[_Prepared]) -> list[Pixels]:
    """The pictures of one pass."""
    if not waiting:
        return []
    allocator.set_keep_freed(keep=host_profile().keeps_freed)
    contents = np.concatenate([each.reduced for each in waiting])
    painted = transform_batch(module, contents, np.concatenate([each.vector for each in waiting]))
    results = (engine.enlarge_to(painted[n : n + 1], each.reduced, each.content) for n, each in enumerate(waiting))
    return [np.clip(result, 0.0, 1.0) for result in results]

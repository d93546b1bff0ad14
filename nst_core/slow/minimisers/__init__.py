"""Minimisers, one move at a time: Adam and L-BFGS under one contract.

state          where a descent stands, and as plain arrays
adam, lbfgs    a move of each
precondition   the change of variables that both may use
"""

from __future__ import annotations

from dataclasses import replace

import tensorflow as tf

from nst_core.recipe import Minimiser
from nst_core.slow.minimisers import adam, lbfgs
from nst_core.slow.minimisers.state import Evaluate, State, evaluated, pack, unpack

__all__ = ["Evaluate", "State", "advance", "begin", "carry", "pack", "refresh", "restrained", "unpack"]


def begin(picture: tf.Tensor, evaluate: Evaluate, settings: Minimiser) -> State:
    """A descent that has made no move: one evaluation at `picture` [1, H, W, 3]."""
    del settings  # both begin with nothing learned
    gradient, weighted, value = evaluated(picture, evaluate)
    return State(picture, gradient, weighted, value, 0, 1, {})


def advance(state: State, evaluate: Evaluate, settings: Minimiser) -> State:
    """One move further; `number` unchanged where L-BFGS finds no descent any more."""
    if settings.algorithm == "lbfgs":
        return lbfgs.advance(state, evaluate, settings)
    return adam.advance(state, evaluate, settings)


def carry(state: State, picture: tf.Tensor, evaluate: Evaluate, settings: Minimiser) -> State:
    """The descent at another size, from `picture` on.

    Adam's moments are resized (the first bicubic, the second bilinear and floored at 0), and the moves counted on for
    its bias correction. L-BFGS begins anew: curvature among the pixels of one size is none among those of another.
    """
    gradient, weighted, value = evaluated(picture, evaluate)
    memory: dict[str, tf.Tensor] = {}
    if settings.algorithm == "adam" and state.memory:
        size = picture.shape[1:3]
        memory = {
            "mean": tf.image.resize(state.memory["mean"], size, "bicubic"),
            "square": tf.maximum(tf.image.resize(state.memory["square"], size, "bilinear"), 0.0),
        }
    return State(picture, gradient, weighted, value, state.number, state.evaluations + 1, memory)


def refresh(state: State, evaluate: Evaluate, settings: Minimiser) -> State:
    """The same picture under a changed objective: L-BFGS forgets changes of a gradient that is no more."""
    gradient, weighted, value = evaluated(state.picture, evaluate)
    memory = state.memory if settings.algorithm == "adam" else {}
    return State(state.picture, gradient, weighted, value, state.number, state.evaluations + 1, memory)


def restrained(state: State) -> State:
    """The same picture with nothing learned: what went wrong may lie in there."""
    return replace(state, memory={})

"""A run that is packed and resumed at any step equals an uninterrupted one, bit for bit."""

import itertools
from typing import Any

import numpy as np
import pytest

from nst_core.errors import CheckpointError
from nst_core.models.convolution_method import DIRECT, WINOGRAD, stored_number
from nst_core.recipe import change
from nst_core.recipe.steering import steering_marks
from nst_core.slow import engine, session
from tests.nst_core.slow.runs import CLIMB, play, recipe_of, same

pytestmark = [pytest.mark.usefixtures("unlearned"), pytest.mark.slow]


KINDS = [
    {"steps": 6, "start": "noise"},
    {"steps": 2, "start": "noise", "average_decay": 0.9, **CLIMB},
    {"steps": 6, "algorithm": "lbfgs", "style_distance": "wasserstein2"},
    {"steps": 2, "algorithm": "lbfgs", "preconditioner_exponent": 0.3, **CLIMB},
    {"steps": 6, "algorithm": "lbfgs", "preconditioner_exponent": 0.3, "learn_preconditioner": True},
]


@pytest.mark.parametrize(
    "kind", KINDS, ids=["adam", "adam-climbing-averaged", "lbfgs", "lbfgs-climbing", "lbfgs-learning"]
)
@pytest.mark.slow
def test_a_resumed_run_is_the_unbroken_one_bit_for_bit(pictures: Any, kind: Any) -> None:
    """Whichever step it is resumed at: the start, within a size, at its end, at the first step of the next."""
    recipe = recipe_of(snapshot_every=1, **kind)
    whole = play(pictures, recipe)
    assert len(whole) == 7
    for at in range(6):
        resumed = play(pictures, recipe, resume=whole[at].state())
        same(whole[at + 1 :], resumed)
        assert [s.events for s in resumed] == [s.events for s in whole[at + 1 :]]
        assert resumed[0].seconds > whole[at].seconds
    assert play(pictures, recipe, resume=whole[-1].state()) == []


@pytest.mark.slow
def test_a_run_with_compiled_convolutions_resumes_bit_for_bit_too(pictures: Any) -> None:
    recipe = recipe_of(convolutions="winograd", steps=3)
    whole = play(pictures, recipe)
    same(whole[2:], play(pictures, recipe, resume=whole[1].state()))
    assert whole[1].losses["total"] == pytest.approx(play(pictures, recipe_of(steps=1))[1].losses["total"], rel=1e-3)


def test_a_gpu_continues_a_run_that_a_processor_began_with_compiled_convolutions(
    pictures: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_of(steps=3)
    state = {**play(pictures, recipe)[1].state(), "winograd": stored_number(WINOGRAD)}
    monkeypatch.setattr(session, "compiles", lambda _dtype: False)
    (step, _) = play(pictures, recipe, resume=state)
    assert step.state()["winograd"] == stored_number(DIRECT)


def test_a_resumed_run_keeps_how_its_size_was_computed(pictures: Any) -> None:
    """For a longer run compiling would pay, but within a size it would change the rounding."""
    automatic = recipe_of(convolutions="auto", steps=4)
    whole = play(pictures, automatic)
    longer = change(automatic, {"steps": 5000})
    resumed = engine.run(pictures[0], [pictures[1]], longer, resume=whole[1].state())
    same(whole[2:], list(itertools.islice(resumed, 3)))


def test_resume_needs_no_fast_result(pictures: Any, noise: Any) -> None:
    recipe = recipe_of(start="fast", steps=3)
    whole = play(pictures, recipe, start=noise(48, 64))
    same(whole[2:], play(pictures, recipe, resume=whole[1].state()))


def test_resume_with_another_size_is_refused(pictures: Any) -> None:
    state = play(pictures, recipe_of(steps=1))[-1].state()
    with pytest.raises(CheckpointError, match=r"must hold a picture of \(60, 80\) pixels, got \(48, 64\)"):
        play(pictures, recipe_of(longest_edge_px=80), resume=state)


@pytest.mark.parametrize("name", ["picture", "gradient", "value", "totals", "scale", "restraint", "seconds", "weights"])
def test_a_state_that_lacks_something_is_refused(pictures: Any, name: str) -> None:
    state = dict(play(pictures, recipe_of(steps=1))[-1].state())
    del state[name]
    with pytest.raises(CheckpointError, match=f"must hold a whole run, but lacks '?{name}"):
        play(pictures, recipe_of(steps=3), resume=state)


def test_a_state_of_a_size_that_the_recipe_has_not_is_refused(pictures: Any) -> None:
    state = play(pictures, recipe_of(**CLIMB, steps=1))[-1].state()
    with pytest.raises(CheckpointError, match="at size 3 of 1: of another recipe"):
        play(pictures, recipe_of(longest_edge_px=128), resume=state)


def test_a_state_is_plain_arrays_and_numbers(pictures: Any) -> None:
    for step in play(pictures, recipe_of(steps=2, algorithm="lbfgs", average_decay=0.5)):
        assert all(isinstance(value, np.ndarray | int | float) for value in step.state().values())


@pytest.mark.parametrize(
    ("changes", "marks"),
    [
        ({}, ()),
        ({"steps": 7}, ("steered steps to 7",)),
        ({"tv_weight": 2.5, "seconds": 60.0}, ("steered seconds to 60", "steered tv_weight to 2.5")),
        ({"style_layers.block1_conv1": 0.25}, ("steered style_layers.block1_conv1 to 0.25",)),
        ({"colour_space": "luminance"}, ("steered colour_space to luminance",)),
    ],
)
def test_what_changed_is_said_in_words(changes: Any, marks: Any) -> None:
    assert steering_marks(recipe_of(), change(recipe_of(), changes)) == marks

"""Packed inputs are unpacked unchanged, and a recipe names exactly the pictures of its run."""

import io
from typing import Any

import numpy as np
import pytest

from nst_core.errors import CheckpointError, RecipeError
from nst_core.jobs import messages
from nst_core.jobs.messages import RunCommand
from nst_core.picture.masks import Mask
from nst_core.picture.upload import Picture
from nst_core.recipe import make
from nst_core.runs.inputs import RunInputs, unpacked
from nst_core.runs.naming import named, resumed

OTHER = "f" * 64


def picture(height: int, width: int, seed: int = 0) -> Picture:
    return Picture.from_pixels(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


def mask(seed: int = 0) -> Mask:
    return Mask.from_weights(np.random.default_rng(seed).random((5, 7), np.float32))


def cut_out(height: int, width: int) -> Picture:
    values = np.random.default_rng(9).integers(0, 256, (height, width, 4), np.uint8)
    return Picture.from_pixels(np.ascontiguousarray(values[..., :3]), values[..., 3])  # alpha not contiguous


ALL = RunInputs(picture(5, 7), (picture(4, 3, 1), picture(2, 9, 2)), picture(6, 6, 3), (mask(4), mask(5)))


@pytest.mark.parametrize("given", [ALL, RunInputs(picture(5, 7), ()), RunInputs(cut_out(5, 7), (), None, (mask(),))])
def test_all_values_arrive_exactly(given: RunInputs) -> None:
    arrays, data = given.packed()
    stream = io.BytesIO()
    messages.write(stream, RunCommand(job="a", recipe=make(), arrays=arrays, data=data, measure=False))
    stream.seek(0)
    command = messages.read(stream, messages.COMMANDS)
    assert isinstance(command, RunCommand)
    inputs = unpacked(command.arrays, command.data)
    assert np.array_equal(inputs.content, given.content.covered())
    assert inputs.content.dtype == np.float32
    assert (inputs.alpha is None) == (given.content.alpha is None)
    assert inputs.alpha is None or np.array_equal(inputs.alpha, given.content.alpha)
    assert [s.shape for s in inputs.styles] == [s.tensor().shape for s in given.styles]
    assert all(np.array_equal(a, s.tensor()) for a, s in zip(inputs.styles, given.styles, strict=True))
    assert (inputs.start is None) == (given.start is None)
    assert inputs.start is None or given.start is None or np.array_equal(inputs.start, given.start.tensor())
    assert len(inputs.masks) == len(given.masks)
    assert all(np.array_equal(a, m.weights) for a, m in zip(inputs.masks, given.masks, strict=True))


def test_every_picture_keeps_its_own_transparency() -> None:
    given = RunInputs(picture(5, 7), (cut_out(4, 3), picture(2, 9, 2)), cut_out(6, 6), (mask(4),))
    arrays, data = given.packed()
    inputs = unpacked(arrays, data)
    assert inputs.alpha is None
    assert [style.shape[-1] for style in inputs.styles] == [4, 3]
    assert inputs.start is not None
    for got, sent in zip((*inputs.styles, inputs.start), (*given.styles, given.start), strict=True):
        assert np.array_equal(got, sent.covered())  # type: ignore[union-attr]


def test_a_checkpoint_of_a_flattened_picture_is_not_that_of_its_transparent_twin() -> None:
    clear = cut_out(48, 64)
    flat = Picture.from_pixels(clear.pixels)
    begun = named(make(), RunInputs(clear, (picture(48, 64),)))
    assert resumed(begun, RunInputs(clear, (picture(48, 64),))) == begun
    with pytest.raises(CheckpointError, match="its content must be the pictures it began with"):
        resumed(begun, RunInputs(flat, (picture(48, 64),)))


def recipe(**settings: object) -> Any:
    regions = [{"mask": OTHER, "shares": [1, 0.5]}, {"mask": OTHER, "shares": [0, 2]}]
    return make(settings={"start": "own", "regions": regions, **settings})


def test_the_recipe_names_each_picture_and_keeps_the_shares() -> None:
    named = ALL.named_in(recipe(styles=[{"sha256": OTHER, "weight": 3}, {"sha256": OTHER}]))
    assert named.content == ALL.content.sha256
    assert [(s.sha256, s.weight) for s in named.styles] == [(ALL.styles[0].sha256, 3), (ALL.styles[1].sha256, 1)]
    assert [r.mask for r in named.regions] == [m.sha256 for m in ALL.masks]
    assert [r.shares for r in named.regions] == [(1, 0.5), (0, 2)]
    assert named.start_picture == ALL.start.sha256  # type: ignore[union-attr]


def test_what_is_looked_at_of_each_style_survives_being_named() -> None:
    given = RunInputs(picture(50, 70), (picture(80, 60, 1), picture(70, 90, 2)))
    looks = [{"weight": 2.5, "crop": [0.5, 0, 1, 1]}, {"rotation_deg": -30.0}]
    named = given.named_in(make(settings={"styles": [{"sha256": OTHER, **look} for look in looks]}))
    first, second = named.styles
    assert (first.weight, first.crop, first.rotation_deg) == (2.5, (0.5, 0, 1, 1), 0)
    assert (second.weight, second.crop, second.rotation_deg) == (1, (0, 0, 1, 1), -30)
    assert [s.sha256 for s in named.styles] == [s.sha256 for s in given.styles]
    assert given.named_in(named) == named


def test_too_small_a_part_of_a_style_is_refused_before_it_waits_in_line() -> None:
    given = RunInputs(picture(50, 70), (picture(80, 60, 1),))
    with pytest.raises(RecipeError, match="at least 16 px on each side once it is cropped and turned, got 6 x 80 px"):
        given.named_in(make(settings={"styles": [{"sha256": OTHER, "crop": [0, 0, 0.1, 1]}]}))


def test_a_start_that_is_not_used_is_not_named() -> None:
    given = RunInputs(picture(5, 7), (picture(4, 3),))
    assert given.named_in(make(settings={"start_picture": OTHER})).start_picture is None


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"styles": [{"sha256": OTHER}], "regions": []}, "1 styles, got 2 pictures"),
        ({"regions": []}, "0 regions, got 2 masks"),
        ({"regions": [{"mask": OTHER, "shares": [1, 1]}]}, "1 regions, got 2 masks"),
        ({"regions": [{"mask": OTHER, "shares": [1]}] * 2}, "a share for each of 2 styles, got 1"),
        ({"start": "noise"}, "a start picture is for start own, got start noise"),
    ],
)
def test_pictures_that_do_not_fit_the_recipe_are_refused(settings: dict, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        ALL.named_in(recipe(**settings))


def test_start_own_needs_its_picture() -> None:
    with pytest.raises(RecipeError, match="start own needs a picture"):
        RunInputs(picture(5, 7), (picture(4, 3),)).named_in(make(settings={"start": "own"}))

"""Settings by name: their bounds, choices and texts, and changes of them."""

from typing import Any

import pytest

from nst_core.errors import RecipeError
from nst_core.recipe import (
    allows,
    bounds,
    change,
    choices,
    describe,
    excluded,
    from_text,
    is_optional,
    is_whole,
    make,
    names,
    path_of,
)
from nst_core.recipe.fields import settings_by_name
from tests.nst_core.recipe.settings import (
    ENDS,
    INTEGERS,
    NUMERIC,
    OPEN,
    OPTIONAL,
    SETTINGS,
    full_recipe,
    nudge,
    value_of,
)


def test_every_setting_is_known_by_name() -> None:
    assert set(SETTINGS) == set(names())
    assert {"steps", "tv_weight", "learning_rate", "smallest_edge_px", "colour_preservation", "memory_mb"} <= set(
        NUMERIC
    )


@pytest.mark.parametrize("name", NUMERIC)
def test_bounds_are_those_of_the_json_schema(name: Any) -> None:
    one = NUMERIC[name]
    low = one.get("minimum", one.get("exclusiveMinimum"))
    high = one.get("maximum", one.get("exclusiveMaximum"))
    assert None not in (low, high), "a number needs a range: sliders and messages read it"
    assert bounds(name) == (low, high)
    assert excluded(name) == tuple(bounds(name)[end] for end in (0, 1) if (name, end) in OPEN)
    assert is_whole(name) == (name in INTEGERS)


@pytest.mark.parametrize("name", names())
def test_only_optional_settings_may_be_unset(name: Any) -> None:
    assert is_optional(name) == (name in OPTIONAL)
    if name in OPTIONAL:
        assert value_of(make(settings={name: None}), name) is None
    else:
        with pytest.raises(RecipeError, match=name):
            make(settings={name: None})


@pytest.mark.parametrize(("name", "end"), ENDS)
def test_a_widget_learns_what_is_allowed(name: Any, end: Any) -> None:
    bound = bounds(name)[end]
    assert bound is not None
    assert allows(name, bound) == ((name, end) not in OPEN)
    assert not allows(name, nudge(name, bound, 2 * end - 1))
    assert allows(name, nudge(name, bound, 1 - 2 * end))


def test_change_makes_a_new_one_and_leaves_the_old() -> None:
    old = full_recipe()
    before = old.to_json()
    new = change(old, {"tv_weight": 3.5, "content_layers": {"block1_conv1": 1.0}, "seed": 9})
    assert old.to_json() == before
    assert (new.objective.tv_weight, new.objective.content_layers, new.seed) == (3.5, {"block1_conv1": 1.0}, 9)
    assert change(new, {n: value_of(old, n) for n in ("tv_weight", "content_layers", "seed")}) == old


def test_changing_one_layers_share_leaves_the_others_and_the_original() -> None:
    old = make()
    new = change(old, {"style_layers.block1_conv1": 0.9})
    assert new.objective.style_layers == {**old.objective.style_layers, "block1_conv1": 0.9}
    assert old == make()


def test_changing_nothing_is_the_same_recipe() -> None:
    assert change(full_recipe(), {}) == full_recipe()


@pytest.mark.parametrize("name", names())
def test_short_and_full_names_are_one_setting_with_a_description(name: Any) -> None:
    path = path_of(name)
    assert path[-1] == name
    assert path_of(".".join(path)) == path
    assert len(describe(name)) > 5
    assert describe(".".join(path)) == describe(name)
    value_of(make(), name)


@pytest.mark.parametrize(
    "name",
    [
        "nope",
        "",
        "objective.",
        "objective.nope",
        "optimizer.tv_weight",
        "steps.x",
        ".steps",
        "colour.steps",
        "regions.0",
        "first_steps.x",
    ],
)
def test_a_bad_name_is_refused_by_every_door(name: str) -> None:
    for door in (path_of, bounds, choices, describe, lambda n: from_text(n, "1"), lambda n: make(settings={n: 1})):
        with pytest.raises(RecipeError, match="is no setting; choose from method"):
            door(name)


@pytest.mark.parametrize("name", ["tv_weight.x", "objective.network.foo", "style_layers.foo.bar"])
def test_a_name_below_a_plain_setting_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match="is no setting"):
        make(settings={name: 1})


def test_choices_are_the_ones_accepted() -> None:
    fixed = {name: one for name, one in SETTINGS.items() if "enum" in one}
    assert {"method", "start", "pooling", "algorithm", "pyramid", "colour_space"} <= set(fixed)
    assert {name for name in names() if choices(name)} == set(fixed)
    for name, one in fixed.items():
        assert list(choices(name)) == one["enum"]
        assert len(choices(name)) >= 2
        for choice in choices(name):
            assert value_of(make(settings={name: choice}), name) == choice
        with pytest.raises(RecipeError, match=rf"{name} must be one of '{choices(name)[0]}'.*, got 'purple'"):
            make(settings={name: "purple"})


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("steps", "7", 7),
        ("tv_weight", "1e-2", 0.01),
        ("start", "noise", "noise"),
        ("start", '"noise"', "noise"),
        ("seconds", "null", None),
        ("style_layers", '{"block1_conv1": 1}', {"block1_conv1": 1}),
        ("objective.tv_weight", "3", 3),
    ],
)
def test_from_text_reads_json_or_the_text_itself(name: str, text: str, value: Any) -> None:
    assert from_text(name, text) == value
    assert value_of(make(settings={name: from_text(name, text)}), name) == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "abc", "", "1 2", '"5"'])
def test_from_text_lets_no_bad_number_through(text: str) -> None:
    with pytest.raises(RecipeError, match="steps"):
        make(settings={"steps": from_text("steps", text)})


def test_settings_by_name_are_those_of_the_recipe() -> None:
    recipe = full_recipe()
    flat = settings_by_name(recipe)
    assert tuple(flat) == names()
    assert all(flat[name] == value_of(recipe, name) for name in names())


def test_layers_may_be_settings_of_their_own() -> None:
    flat = settings_by_name(full_recipe(), by_layer=True)
    assert flat["content_layers.block2_conv1"] == 0.3
    assert not {"content_layers", "style_layers"} & flat.keys()
    assert make(settings={n: flat[n] for n in ("style_layers.block1_conv1", "content_layers.block2_conv1")})


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"objective": 5, "tv_weight": 1.0}, "objective must be an object that can hold 'tv_weight', got 5"),
        ({"style_layers": None, "style_layers.block1_conv1": 1.0}, "style_layers must be an object"),
        ({"objective": {}, "style_layers.block1_conv1": None}, "block1_conv1 must be a number"),
    ],
)
def test_changes_that_contradict_each_other_are_refused(settings: Any, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        change(make(), settings)

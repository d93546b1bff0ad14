"""A recipe says the same whatever door it came through, and says no with a name, a range and what came."""

import json
import math
import re

import pytest
from pydantic import ValidationError

from nst_core.errors import RecipeError
from nst_core.recipe import (
    CONVOLUTIONS,
    PRESETS,
    TUTORIAL,
    Minimiser,
    Objective,
    Recipe,
    bounds,
    change,
    choices,
    describe,
    from_text,
    make,
    names,
    parse,
    path_of,
    recipe_from_json,
)

SHA = "a1" * 32
NUMERIC = [name for name in names() if bounds(name) != (None, None)]
INTEGERS = {"longest_edge_px", "style_edge_px", "steps", "seed", "snapshot_every"}
OPEN = {("learning_rate", 0), ("epsilon", 0), ("seconds", 0), ("beta1", 1), ("beta2", 1)}
"""(setting, 0 for its low or 1 for its high bound) where the bound itself is not allowed."""
ENDS = [(name, end) for name in NUMERIC for end in (0, 1)]


def value_of(recipe, name):
    for part in path_of(name):
        recipe = getattr(recipe, part)
    return recipe


def nudge(name, bound, direction):
    """The nearest value in that direction."""
    return bound + direction if name in INTEGERS else math.nextafter(bound, direction * math.inf)


def full_recipe():
    return make(
        "tutorial",
        {
            "content": SHA,
            "styles": [{"sha256": SHA, "weight": 2.5}, {"sha256": "0" * 64}],
            "seconds": 12.5,
            "content_layers": {"block2_conv1": 0.3},
            "origin": {"version": "9", "weights": {"vgg19": SHA}, "device": "CPU"},
        },
    )


def test_json_gives_the_recipe_back():
    recipe = full_recipe()
    again = recipe_from_json(recipe.to_json())
    assert again == recipe
    assert again.styles[0].weight == 2.5
    assert again.to_json() == recipe.to_json()


def test_two_different_recipes_have_different_json():
    assert full_recipe().to_json() != change(full_recipe(), {"seed": 1}).to_json()


def test_every_field_of_the_recipe_travels_in_json():
    raw = json.loads(full_recipe().to_json())
    assert set(raw) == set(Recipe.model_fields)
    assert set(raw["objective"]) == set(Objective.model_fields)
    assert set(raw["minimiser"]) == set(Minimiser.model_fields)


def test_numeric_settings_are_the_ones_known_here():
    weights = {"content_weight", "style_weight", "tv_weight"}
    assert set(NUMERIC) == INTEGERS | weights | {"seconds", "learning_rate", "beta1", "beta2", "epsilon"}


@pytest.mark.parametrize(("name", "end"), ENDS)
def test_just_outside_a_bound_is_refused_with_name_range_and_value(name, end):
    bound = bounds(name)[end]
    outside = bound if (name, end) in OPEN else nudge(name, bound, 2 * end - 1)
    with pytest.raises(RecipeError) as refused:
        make(settings={name: outside})
    said = re.search(r"(\S+) must be between (\S+) and (\S+)( \(.+ excluded\))?, got (\S+)$", str(refused.value))
    assert said, str(refused.value)
    assert said[1].rpartition(".")[2] == name
    assert [float(said[2]), float(said[3])] == pytest.approx(bounds(name), rel=1e-5)
    assert float(said[5]) == outside
    assert bool(said[4]) == any((name, e) in OPEN for e in (0, 1))


@pytest.mark.parametrize(("name", "end"), ENDS)
def test_just_inside_a_bound_is_accepted(name, end):
    bound = bounds(name)[end]
    inside = nudge(name, bound, 1 - 2 * end) if (name, end) in OPEN else bound
    assert value_of(make(settings={name: inside}), name) == inside


@pytest.mark.parametrize("name", NUMERIC)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "7", "", None, True, [1], {}])
def test_what_is_no_number_is_refused_by_name(name, value):
    if (name, value) == ("seconds", None):
        assert make(settings={name: value}).seconds is None
        return
    with pytest.raises(RecipeError, match=name):
        make(settings={name: value})


@pytest.mark.parametrize("name", sorted(INTEGERS))
def test_whole_numbers_stay_whole(name):
    with pytest.raises(RecipeError, match=name):
        make(settings={name: 100.5})


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_json_infinities_are_refused(literal):
    with pytest.raises(RecipeError, match="tv_weight"):
        recipe_from_json(f'{{"objective": {{"tv_weight": {literal}}}}}')


@pytest.mark.parametrize("raw", [{"stepz": 1}, {"objective": {"stepz": 1}}, {"minimiser": {"stepz": 1}}])
def test_an_unknown_key_is_named_and_the_known_ones_listed(raw):
    with pytest.raises(RecipeError, match=r"stepz is no setting; choose from method, .*epsilon"):
        parse(raw)


def test_every_offence_is_named_at_once():
    with pytest.raises(RecipeError) as refused:
        parse({"steps": 0, "seed": -1, "objective": {"tv_weight": -1}, "colour": 1})
    for name in ("steps", "seed", "objective.tv_weight", "colour"):
        assert name in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "nonsense", '{"steps": 5', "[" * 100_000, b"\xff\xfe", "[]", "null", "3"])
def test_what_is_no_recipe_is_refused(text):
    with pytest.raises(RecipeError, match="recipe") as refused:
        recipe_from_json(text)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("raw", [{"steps": object()}, {"steps": 10**5000}, {"preset": "\ud800"}, {"origin": {1, 2}}])
def test_what_is_no_plain_data_is_refused(raw):
    with pytest.raises(RecipeError, match="recipe"):
        parse(raw)


def test_a_later_schema_is_refused():
    with pytest.raises(RecipeError, match="schema_version"):
        parse({"schema_version": 2})


@pytest.mark.parametrize("sha256", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, 5, "a" * 64 + "\n"])
def test_a_picture_is_named_by_a_whole_hash(sha256):
    with pytest.raises(RecipeError, match="content"):
        make(settings={"content": sha256})
    with pytest.raises(RecipeError, match=r"styles\.0\.sha256"):
        make(settings={"styles": [{"sha256": sha256}]})


def test_styles_are_at_most_eight_each_with_a_share_above_0():
    assert len(make(settings={"styles": [{"sha256": SHA}] * 8}).styles) == 8
    with pytest.raises(RecipeError, match="styles"):
        make(settings={"styles": [{"sha256": SHA}] * 9})
    with pytest.raises(RecipeError, match=r"styles\.0\.weight must be above 0, got 0"):
        make(settings={"styles": [{"sha256": SHA, "weight": 0}]})
    with pytest.raises(RecipeError, match=r"styles\.0\.weight must be at most 100, got 101"):
        make(settings={"styles": [{"sha256": SHA, "weight": 101}]})


@pytest.mark.parametrize(("share", "words"), [(-0.5, "at least 0, got -0.5"), (1001, "at most 1000, got 1001")])
@pytest.mark.parametrize("kind", ["content_layers", "style_layers"])
def test_a_layers_share_has_a_range(kind, share, words):
    with pytest.raises(RecipeError, match=f"{kind}.block4_conv2 must be {words}"):
        make(settings={kind: {"block4_conv2": share}})


def test_layers_must_be_the_networks():
    with pytest.raises(
        RecipeError, match="block3_conv4 is no layer of vgg16; choose from block1_conv1 to block5_conv3"
    ):
        make(settings={"network": "vgg16", "style_layers": {"block3_conv4": 1.0}})
    assert make(settings={"style_layers": {"block3_conv4": 1.0}}).objective.style_layers == {"block3_conv4": 1.0}


@pytest.mark.parametrize("layers", [{}, {"block1_conv1": 0}])
def test_some_layer_must_count(layers):
    with pytest.raises(RecipeError, match="at least one"):
        make(settings={"content_layers": layers, "style_layers": layers})


def test_convolutions_are_vggs():
    assert [len(CONVOLUTIONS[n]) for n in ("vgg19", "vgg16")] == [16, 13]
    assert set(CONVOLUTIONS["vgg16"]) < set(CONVOLUTIONS["vgg19"])


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_presets_are_valid_and_survive_json(preset):
    recipe = make(preset)
    assert recipe.preset == preset
    assert recipe_from_json(recipe.to_json()) == recipe
    for name, value in PRESETS[preset].items():
        if not isinstance(value, dict):
            assert value_of(recipe, name) == value


def test_the_tutorial_preset_is_the_tutorial():
    recipe = make("tutorial")
    assert recipe.objective == TUTORIAL
    assert recipe.objective.style_layers == {f"block{b}_conv1": 0.2 for b in range(1, 6)}
    assert recipe.minimiser == Minimiser(learning_rate=0.02, beta1=0.99, beta2=0.999, epsilon=0.1)
    assert (recipe.objective.content_weight, recipe.objective.style_weight, recipe.objective.tv_weight) == (
        1e4,
        0.01,
        30,
    )


def test_an_unknown_preset_is_refused():
    with pytest.raises(RecipeError, match=r"preset must be one of painterly, tutorial.*, got 'nope'"):
        make("nope")


def test_balanced_starts_from_the_fast_result_with_few_steps():
    recipe = make(settings={"method": "balanced"})
    assert (recipe.start, recipe.method) == ("fast", "balanced")
    assert recipe.steps < make().steps
    assert make(settings={"method": "balanced", "steps": 7}).steps == 7


def test_recipes_are_frozen():
    recipe = make()
    with pytest.raises(ValidationError, match="frozen"):
        recipe.steps = 3
    with pytest.raises(ValidationError, match="frozen"):
        recipe.objective.tv_weight = 3.0


def test_change_makes_a_new_one_and_leaves_the_old():
    old = full_recipe()
    before = old.to_json()
    new = change(old, {"tv_weight": 3.5, "content_layers": {"block1_conv1": 1.0}, "seed": 9})
    assert old.to_json() == before
    assert (new.objective.tv_weight, new.objective.content_layers, new.seed) == (3.5, {"block1_conv1": 1.0}, 9)
    assert change(new, {n: value_of(old, n) for n in ("tv_weight", "content_layers", "seed")}) == old


def test_changing_one_layers_share_leaves_the_others_and_the_original():
    old = make()
    new = change(old, {"style_layers.block1_conv1": 0.9})
    assert new.objective.style_layers == {**old.objective.style_layers, "block1_conv1": 0.9}
    assert old == make()


def test_changing_nothing_is_the_same_recipe():
    assert change(full_recipe(), {}) == full_recipe()


@pytest.mark.parametrize("name", names())
def test_short_and_full_names_are_one_setting_with_a_description(name):
    path = path_of(name)
    assert path[-1] == name
    assert path_of(".".join(path)) == path
    assert len(describe(name)) > 5
    assert describe(".".join(path)) == describe(name)
    value_of(make(), name)


@pytest.mark.parametrize(
    "name", ["nope", "", "objective.", "objective.nope", "minimiser.tv_weight", "steps.x", ".steps"]
)
def test_a_bad_name_is_refused_by_every_door(name):
    for door in (path_of, bounds, choices, describe, lambda n: from_text(n, "1"), lambda n: make(settings={n: 1})):
        with pytest.raises(RecipeError, match="is no setting; choose from method"):
            door(name)


@pytest.mark.parametrize("name", ["tv_weight.x", "objective.network.foo", "style_layers.foo.bar"])
def test_a_name_below_a_plain_setting_is_refused(name):
    with pytest.raises(RecipeError, match="is no setting"):
        make(settings={name: 1})


def test_choices_are_the_ones_accepted():
    for name in ("method", "start", "style_shape", "precision", "network", "units", "pooling"):
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
def test_from_text_reads_json_or_the_text_itself(name, text, value):
    assert from_text(name, text) == value
    assert value_of(make(settings={name: from_text(name, text)}), name) == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "abc", "", "1 2", '"5"'])
def test_from_text_lets_no_bad_number_through(text):
    with pytest.raises(RecipeError, match="steps"):
        make(settings={"steps": from_text("steps", text)})

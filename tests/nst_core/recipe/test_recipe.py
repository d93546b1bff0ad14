"""A recipe is equal from every source, and a refusal gives the name, the range and the value."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from nst_core.errors import RecipeError
from nst_core.recipe import (
    CONVOLUTIONS,
    Colour,
    FilmSettings,
    Objective,
    OptimizerSettings,
    Recipe,
    Schedule,
    allows,
    bounds,
    change,
    make,
    parse,
    recipe_from_json,
)
from nst_core.recipe.old_names import current_name
from tests.nst_core.recipe.settings import ENDS, INTEGERS, NUMERIC, OPEN, OPTIONAL, SHA, full_recipe, nudge, value_of

V1 = Path(__file__).with_name("recipe_v1.json")
"""A recipe as the first release wrote it, before regions, schedules and colours."""


def test_json_gives_the_recipe_back() -> None:
    recipe = full_recipe()
    again = recipe_from_json(recipe.to_json())
    assert again == recipe
    assert again.styles[0].weight == 2.5
    assert again.to_json() == recipe.to_json()


def test_two_different_recipes_have_different_json() -> None:
    assert full_recipe().to_json() != change(full_recipe(), {"seed": 1}).to_json()


def test_every_field_of_the_recipe_travels_in_json() -> None:
    raw = json.loads(full_recipe().to_json())
    assert set(raw) == set(Recipe.model_fields)
    assert set(raw["objective"]) == set(Objective.model_fields)
    assert set(raw["optimizer"]) == set(OptimizerSettings.model_fields)
    assert set(raw["schedule"]) == set(Schedule.model_fields)
    assert set(raw["colour"]) == set(Colour.model_fields)
    assert set(raw["film"]) == set(FilmSettings.model_fields)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "end"), ENDS)
def test_just_outside_a_bound_is_refused_with_name_range_and_value(name: Any, end: Any) -> None:
    bound = bounds(name)[end]
    outside = bound if (name, end) in OPEN else nudge(name, bound, 2 * end - 1)
    with pytest.raises(RecipeError) as refused:
        make(settings={name: outside})
    match = re.search(r"(\S+) must be between (\S+) and (\S+)( \(.+ excluded\))?, got (\S+)$", str(refused.value))
    assert match, str(refused.value)
    assert match[1].rpartition(".")[2] == name
    assert [float(match[2]), float(match[3])] == pytest.approx(bounds(name), rel=1e-5)
    assert float(match[5]) == outside
    assert bool(match[4]) == any((name, e) in OPEN for e in (0, 1))


@pytest.mark.parametrize(("name", "end"), ENDS)
def test_just_inside_a_bound_is_accepted(name: Any, end: Any) -> None:
    bound = bounds(name)[end]
    inside = nudge(name, bound, 1 - 2 * end) if (name, end) in OPEN else bound
    method = {"method": "fast"} if name == "longest_edge_px" else {}  # only this method allows its greatest value
    assert value_of(make(settings={**method, name: inside}), name) == inside


@pytest.mark.parametrize("method", ["slow", "balanced"])
def test_methods_that_optimise_end_at_a_smaller_size(method: str) -> None:
    assert make(settings={"method": method, "longest_edge_px": 2048}).longest_edge_px == 2048
    with pytest.raises(RecipeError, match=r"must be at most 2048 with method .*, got 2049; larger .* method fast"):
        make(settings={"method": method, "longest_edge_px": 2049})


@pytest.mark.parametrize("crop", [[0, 0, 1], [0.5, 0, 0.5, 1], [0, 0.9, 1, 0.1], [0, 0, 1, 1.5]])
def test_a_crop_that_leaves_nothing_is_refused(crop: Any) -> None:
    with pytest.raises(RecipeError, match="crop"):
        make(settings={"styles": [{"sha256": SHA, "crop": crop}]})


@pytest.mark.parametrize("name", NUMERIC)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "7", "", True, [1], {}])
def test_what_is_no_number_is_refused_by_name(name: Any, value: Any) -> None:
    with pytest.raises(RecipeError, match=name):
        make(settings={name: value})


@pytest.mark.parametrize("name", sorted(INTEGERS))
def test_whole_numbers_stay_whole(name: Any) -> None:
    unset = " or null" if name in OPTIONAL else ""
    with pytest.raises(RecipeError, match=rf"{name} must be a whole number{unset}, got 100\.5"):
        make(settings={name: 100.5})


@pytest.mark.parametrize("literal", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_json_infinities_are_refused(literal: str) -> None:
    with pytest.raises(RecipeError, match="tv_weight"):
        recipe_from_json(f'{{"objective": {{"tv_weight": {literal}}}}}')


@pytest.mark.parametrize("raw", [{"stepz": 1}, {"objective": {"stepz": 1}}, {"optimizer": {"stepz": 1}}])
def test_an_unknown_key_is_named_and_the_known_ones_listed(raw: Any) -> None:
    with pytest.raises(RecipeError, match=r"stepz is no setting; choose from method, .*epsilon"):
        parse(raw)


def test_known_settings_are_listed_once_after_everything_else() -> None:
    with pytest.raises(RecipeError) as refused:
        parse({"stepz": 1, "objective": {"stylo": 2}, "steps": 0})
    told = str(refused.value)
    assert told.count("choose from") == 1
    assert told.index("steps must") < told.index("objective.stylo, stepz are no settings; choose from method, ")


def test_every_offence_is_named_at_once() -> None:
    with pytest.raises(RecipeError) as refused:
        parse({"steps": 0, "seed": -1, "objective": {"tv_weight": -1}, "colour": 1})
    for name in ("steps", "seed", "objective.tv_weight", "colour"):
        assert name in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "nonsense", '{"steps": 5', "[" * 100_000, b"\xff\xfe", "[]", "null", "3"])
def test_what_is_no_recipe_is_refused(text: Any) -> None:
    with pytest.raises(RecipeError, match="recipe") as refused:
        recipe_from_json(text)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "raw", [{"steps": object()}, {"steps": 10**5000}, {"preset": "\ud800"}, {"provenance": {1, 2}}]
)
def test_what_is_no_plain_data_is_refused(raw: Any) -> None:
    with pytest.raises(RecipeError, match="recipe"):
        parse(raw)


def test_a_later_schema_is_refused() -> None:
    with pytest.raises(RecipeError, match="schema_version"):
        parse({"schema_version": 2})


@pytest.mark.parametrize("sha256", ["", "a" * 63, "a" * 65, "A" * 64, "g" * 64, 5, "a" * 64 + "\n"])
def test_a_picture_is_named_by_a_whole_hash(sha256: Any) -> None:
    with pytest.raises(RecipeError, match="content"):
        make(settings={"content": sha256})
    with pytest.raises(RecipeError, match=r"styles\.0\.sha256"):
        make(settings={"styles": [{"sha256": sha256}]})


def test_styles_are_at_most_eight_each_with_a_share_above_0() -> None:
    assert len(make(settings={"styles": [{"sha256": SHA}] * 8}).styles) == 8
    with pytest.raises(RecipeError, match="styles"):
        make(settings={"styles": [{"sha256": SHA}] * 9})
    with pytest.raises(RecipeError, match=r"styles\.0\.weight must be above 0, got 0"):
        make(settings={"styles": [{"sha256": SHA, "weight": 0}]})
    with pytest.raises(RecipeError, match=r"styles\.0\.weight must be at most 100, got 101"):
        make(settings={"styles": [{"sha256": SHA, "weight": 101}]})


@pytest.mark.parametrize("share", [-0.5, 1001])
@pytest.mark.parametrize("kind", ["content_layers", "style_layers"])
def test_a_layers_share_has_a_range(kind: str, share: float) -> None:
    layer = f"{kind}.block4_conv2"
    with pytest.raises(RecipeError, match=rf"{layer} must be between 0 and 1000, got {share}"):
        make(settings={kind: {"block4_conv2": share}})
    assert bounds(layer) == bounds(f"objective.{layer}") == (0, 1000)
    assert not allows(layer, share)


def region(*shares: Any) -> Any:
    return {"mask": SHA, "shares": list(shares)}


def test_regions_have_a_share_for_each_style() -> None:
    two = [{"sha256": SHA}, {"sha256": "0" * 64}]
    recipe = make(settings={"styles": two, "regions": [region(1, 0), region(0.5, 2)]})
    assert [r.shares for r in recipe.regions] == [(1, 0), (0.5, 2)]
    assert recipe_from_json(recipe.to_json()) == recipe
    for shares in ((1,), (1, 1, 1)):
        with pytest.raises(RecipeError, match=f"a share for each of 2 styles, got {len(shares)}"):
            change(recipe, {"regions": [region(1, 1), region(*shares)]})
    with pytest.raises(RecipeError, match="a share for each of 1 styles, got 2"):
        change(recipe, {"styles": two[:1]})
    assert make(settings={"regions": [region(1, 1, 1)]}).styles == ()  # pictures not yet chosen


@pytest.mark.parametrize(
    ("regions", "words"),
    [
        ([region()], r"regions\.0\.shares must have at least 1 entries, got 0"),
        ([region(*[1] * 9)], r"regions\.0\.shares must have at most 8 entries, got 9"),
        ([region(1)] * 9, "regions must have at most 8 entries, got 9"),
        ([region(1, 101)], r"regions\.0\.shares\.1 must be at most 100, got 101$"),
        ([region(1, -1)], r"regions\.0\.shares\.1 must be at least 0, got -1$"),
        ([{"mask": "short", "shares": [1]}], r"regions\.0\.mask must be a SHA-256"),
        ([{"shares": [1]}], r"regions\.0\.mask"),
    ],
)
def test_a_region_that_means_nothing_is_refused(regions: Any, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        make(settings={"regions": regions})


def test_a_region_without_any_style_stays_a_photograph() -> None:
    assert make(settings={"regions": [region(0, 0)]}).regions[0].shares == (0, 0)


def test_one_pass_has_no_start_of_ones_own() -> None:
    with pytest.raises(RecipeError, match="start own needs method slow or balanced, got fast"):
        make(settings={"method": "fast", "start": "own"})


def test_a_start_of_ones_own_is_named_by_hash() -> None:
    recipe = make(settings={"start": "own", "start_picture": SHA})
    assert (recipe.start, recipe.start_picture) == ("own", SHA)
    with pytest.raises(RecipeError, match="start_picture must be a SHA-256 in 64 small hexadecimal digits or null"):
        make(settings={"start_picture": "mine"})


def test_a_recipe_of_the_first_release_still_reads_and_means_the_same() -> None:
    old = json.loads(V1.read_text())
    recipe = parse(old)

    def kept(new: Any, was: Any) -> Any:
        if isinstance(was, dict):
            return {name: kept(new[current_name(name)], was[name]) for name in was}
        return [*map(kept, new, was)] if isinstance(was, list) and len(new) == len(was) else new

    assert kept(json.loads(recipe.to_json()), old) == old
    assert (recipe.schedule.pyramid, recipe.schedule.plateau_threshold, recipe.schedule.first_steps) == ("off", 0, None)
    assert (recipe.colour.colour_match, recipe.colour.colour_preservation) == ("none", 0)
    assert (recipe.optimizer.algorithm, recipe.optimizer.preconditioner_exponent, recipe.optimizer.average_decay) == (
        "adam",
        0,
        0,
    )
    seen = recipe.objective
    assert (seen.style_distance, seen.tv_variant, seen.padding) == ("gram", "absolute", "zero")
    assert (recipe.regions, recipe.start_picture, recipe.style_scale) == ((), None, 1)


def test_layers_must_be_the_networks() -> None:
    with pytest.raises(
        RecipeError, match="block3_conv4 is no layer of vgg16; choose from block1_conv1 to block5_conv3"
    ):
        make(settings={"network": "vgg16", "style_layers": {"block3_conv4": 1.0}})
    assert make(settings={"style_layers": {"block3_conv4": 1.0}}).objective.style_layers == {"block3_conv4": 1.0}


@pytest.mark.parametrize("layers", [{}, {"block1_conv1": 0}])
def test_some_layer_must_count(layers: Any) -> None:
    with pytest.raises(RecipeError, match="at least one"):
        make(settings={"content_layers": layers, "style_layers": layers})


def test_convolutions_are_vggs() -> None:
    assert [len(CONVOLUTIONS[n]) for n in ("vgg19", "vgg16")] == [16, 13]
    assert set(CONVOLUTIONS["vgg16"]) < set(CONVOLUTIONS["vgg19"])


def test_recipes_are_frozen() -> None:
    recipe = make()
    with pytest.raises(ValidationError, match="frozen"):
        recipe.steps = 3  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        recipe.objective.tv_weight = 3.0  # type: ignore[misc]


@pytest.mark.parametrize("name", ["two\nlines", "\u2028", "\ud800", "\x1b[31m", "x" * 100_000])
def test_a_name_from_outside_keeps_the_message_one_line_that_can_be_shown(name: str) -> None:
    for raw in ({name: 1}, {"objective": {"style_layers": {name: 1.0}}}, {"objective": {"style_layers": {name: "1"}}}):
        with pytest.raises(RecipeError) as caught:
            parse(raw)
        message = str(caught.value)
        assert message.isprintable()
        assert len(message) < 2000
    with pytest.raises(RecipeError) as caught:
        make(name)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000


def test_of_many_errors_the_first_are_told_and_the_others_counted() -> None:
    with pytest.raises(RecipeError, match=r"^unknown0(, unknown\d){4} are no settings; [^;]*; and 195 more$"):
        parse({f"unknown{number}": 1 for number in range(200)})


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"objective":{"content_layers":'])
def test_nesting_of_any_depth_is_refused(opening: str) -> None:
    """Depending on the depth, the reader or the writer of JSON reaches Python's recursion limit."""
    closing = "".join({"[": "]", "{": "}"}[sign] for sign in reversed(opening) if sign in "[{")
    for depth in (100, 400, *range(900, 1010, 5), 100_000):
        with pytest.raises(RecipeError):
            recipe_from_json(f"{opening * depth}1{closing * depth}")

"""A run from the command line, with a network of random kernels: arguments, files, refusals, and resuming."""

import dataclasses
import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.cli import main
from nst_core.errors import RecipeError
from nst_core.metrics import yardstick
from nst_core.models import vgg
from nst_core.picture.encode import read_recipe
from nst_core.picture.upload import open_picture
from nst_core.recipe import recipe_from_json
from nst_core.runs.opening import load_recipe
from nst_core.slow import checkpoint, optimizers

SMALL = {
    "longest_edge_px": 64,
    "precision": "float32",
    "convolutions": "direct",
    "content_layers": '{"block2_conv1": 1.0}',
    "style_layers": '{"block1_conv1": 1.0}',
    "algorithm": "adam",
    "average_decay": 0,
    "pyramid": "off",
    "steps": 3,
}


@pytest.fixture
def files(tmp_path: Path, noise: Any) -> Any:
    """Pictures in files: content, two styles, a start and two masks."""

    def save(name: Any, values: Any) -> None:
        Image.fromarray(np.round(values * 255).astype(np.uint8)).save(tmp_path / f"{name}.png")

    for seed, (name, size) in enumerate(
        {"content": (48, 64), "one": (40, 40), "two": (40, 50), "begin": (48, 64)}.items()
    ):
        save(name, noise(*size, seed)[0])
    left = np.zeros((48, 64))
    left[:, :32] = 1
    save("left", left)
    save("right", 1 - left)
    return tmp_path


def stylize(files: Any, *options: Any, styles: Any = ("one",), **settings: Any) -> Any:
    """The exit code of a run in `files`; `options` as on the command line, where {} is the folder."""
    sets = [part for name, value in {**SMALL, **settings}.items() for part in ("--set", f"{name}={value}")]
    given = [str(o).replace("{}", str(files)) for o in options]
    if "--resume" in given:
        sets = []
    pictures = [str(files / f"{name}.png") for name in ("content", *styles)]
    return main.main(["stylize", *pictures, "-o", str(files / "out.png"), *sets, *given])


def recipe_in(files: Any) -> Any:
    return recipe_from_json(read_recipe((files / "out.png").read_bytes()))


@pytest.fixture
def cut_out(files: Any) -> Any:
    """The content with its left third clear, its right third opaque, and paint below both."""
    values = np.dstack([np.asarray(Image.open(files / "content.png")), np.zeros((48, 64), np.uint8)])
    values[:, 21:42, 3], values[:, 42:, 3] = 128, 255
    Image.fromarray(values).save(files / "content.png")
    return values[..., 3]


@pytest.mark.slow
@pytest.mark.usefixtures("found", "painter")
@pytest.mark.parametrize("method", ["slow", "fast", "balanced"])
def test_the_contents_alpha_is_kept(files: Any, cut_out: Any, method: str) -> None:
    assert stylize(files, "-o", "{}/out.png", method=method) == 0
    assert np.array_equal(np.asarray(Image.open(files / "out.png").getchannel("A")), cut_out)
    assert recipe_in(files).method == method
    assert stylize(files, "-o", "{}/out.webp", method=method) == 0
    assert np.array_equal(np.asarray(Image.open(files / "out.webp").getchannel("A")), cut_out)
    assert stylize(files, "-o", "{}/out.jpg", method=method) == 0
    assert Image.open(files / "out.jpg").mode == "RGB"


@pytest.mark.usefixtures("found", "painter")
def test_a_jpeg_says_that_transparency_is_lost(files: Any, cut_out: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert stylize(files, "-o", "{}/out.jpg", method="fast") == 0
    assert "note: JPEG has no transparency" in capsys.readouterr().err
    assert np.asarray(Image.open(files / "out.jpg"))[:, :16].min() > 240
    assert cut_out.min() == 0


@pytest.mark.usefixtures("found", "painter")
def test_alpha_is_kept_at_the_size_of_the_result_and_paint_below_it(files: Any, cut_out: Any) -> None:
    assert stylize(files, method="fast", longest_edge_px=128) == 0
    made = np.asarray(Image.open(files / "out.png"))
    assert made.shape == (96, 128, 4)
    assert (made[:, :40, 3] == 0).all()
    assert (made[:, 88:, 3] == 255).all()
    assert made[:, :40, :3].std() < made[:, 88:, :3].std()  # the colours around, blurred: what was painted there


SAVED = ("--checkpoint", "{}/run")
ON = ("--resume", "{}/run")


@pytest.mark.slow
def test_a_picture_to_start_from_is_used_and_named(files: Any, found: Any) -> None:
    assert stylize(files, "--start", "{}/begin.png", "--set", "learning_rate=1e-6") == 0
    recipe = recipe_in(files)
    begin = open_picture((files / "begin.png").read_bytes())
    assert (recipe.start, recipe.start_picture) == ("own", begin.sha256)
    assert np.abs(open_picture((files / "out.png").read_bytes()).pixels.astype(int) - begin.pixels).max() <= 1


@pytest.mark.slow
def test_masks_are_used_and_named_with_their_shares(files: Any, found: Any) -> None:
    masks = ("--mask", "{}/left.png=1,0", "--mask", "{}/right.png=0,0.5")
    assert stylize(files, *masks, styles=("one", "two")) == 0
    guided = (files / "out.png").read_bytes()
    first, second = recipe_in(files).regions
    assert (first.shares, second.shares) == ((1.0, 0.0), (0.0, 0.5))
    assert first.mask != second.mask
    assert stylize(files, styles=("one", "two")) == 0
    assert (open_picture(guided).pixels != open_picture((files / "out.png").read_bytes()).pixels).any()


LOOKS = ("--style-weight", 2, "--style-crop", "0,0,0.5,1", "--style-rotation", -90, "--style-rotation", 30)


@pytest.mark.slow
def test_weights_crops_and_rotations_are_the_styles_in_their_order(files: Any, found: Any) -> None:
    assert stylize(files, *LOOKS, styles=("one", "two")) == 0
    first, second = recipe_in(files).styles
    assert (first.weight, first.crop, first.rotation_deg) == (2, (0, 0, 0.5, 1), -90)
    assert (second.weight, second.crop, second.rotation_deg) == (1, (0, 0, 1, 1), 30)
    assert [first.sha256, second.sha256] == [
        open_picture((files / f"{name}.png").read_bytes()).sha256 for name in ("one", "two")
    ]


@pytest.mark.slow
def test_a_style_cropped_here_is_as_good_as_one_cropped_before(files: Any, found: Any) -> None:
    half = Image.open(files / "one.png").crop((0, 0, 20, 40)).resize((40, 80), Image.Resampling.NEAREST)
    whole = Image.new("RGB", (80, 80))
    whole.paste(half, (40, 0))
    half.save(files / "half.png")
    whole.save(files / "whole.png")
    assert stylize(files, "--style-crop", "0.5,0,1,1", styles=("whole",)) == 0
    cropped = open_picture((files / "out.png").read_bytes()).pixels
    assert stylize(files, styles=("half",)) == 0
    assert (cropped == open_picture((files / "out.png").read_bytes()).pixels).all()


@pytest.mark.slow
def test_options_change_the_styles_of_a_recipe_file(files: Any, found: Any) -> None:
    assert stylize(files, *LOOKS, styles=("one", "two")) == 0
    (files / "recipe.json").write_text(recipe_in(files).to_json())
    assert stylize(files, "--recipe", "{}/recipe.json", "--style-weight", 5, styles=("two", "one")) == 0
    first, second = recipe_in(files).styles
    assert (first.weight, first.crop, first.rotation_deg) == (5, (0, 0, 0.5, 1), -90)
    assert (second.weight, second.rotation_deg) == (1, 30)
    assert first.sha256 == open_picture((files / "two.png").read_bytes()).sha256


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--style-crop", "0,0,1"), "--style-crop must be L,T,R,B: left, top, right and bottom as shares from 0 to 1"),
        (("--style-crop", "a,b,c,d"), "--style-crop must be L,T,R,B"),
        (("--style-crop", "0,0,1,2"), "styles.0.crop.3 must be at most 1, got 2.0"),
        (("--style-crop", "0.5,0,0.5,1"), "crop must leave 0.05 of each side or more"),
        (("--style-crop", "0,0,0.1,1"), "at least 16 px on each side once it is cropped and turned, got 4 x 40 px"),
        (("--style-crop", "0,0,nan,1"), "styles.0.crop.2 must be a finite number"),
        (("--style-rotation", "200"), "styles.0.rotation_deg must be at most 180, got 200.0"),
        (("--style-weight", "0"), "styles.0.weight must be above 0, got 0.0"),
        (
            ("--style-weight", "1", "--style-weight", "1"),
            "--style-weight must be given at most once for each of 1 styles",
        ),
        (("--style-rotation", "1", "--style-rotation", "1"), "--style-rotation must be given at most once"),
    ],
)
def test_what_cannot_be_said_of_a_style_is_refused_before_the_run(
    files: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: Any, message: str
) -> None:
    monkeypatch.setattr(vgg, "load", lambda *_: pytest.fail("a network was loaded"))
    assert stylize(files, *options) == 2
    assert message in capsys.readouterr().err


def test_shares_must_be_one_for_each_style(files: Any, found: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert stylize(files, "--mask", "{}/left.png=1,0") == 2
    assert "each region must have a share for each of 1 styles, got 2" in capsys.readouterr().err


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Where the checkpoint of `begun` is kept: it is painted once, for each test has the same pictures."""
    return tmp_path_factory.mktemp("kept") / "run"


@pytest.fixture
def begun(files: Any, found: Any, kept: Any) -> Any:
    """A run of three steps with masks and a start, saved."""
    if not kept.exists():
        more = ("--mask", "{}/left.png=1,0", "--start", "{}/begin.png", *SAVED)
        assert stylize(files, *more, styles=("one", "two")) == 0
        shutil.copy(files / "run", kept)
    shutil.copy(kept, files / "run")
    return lambda *options, styles=("one", "two"): stylize(files, *ON, *options, styles=styles)


@pytest.mark.slow
def test_a_run_goes_on_with_its_own_pictures(files: Any, begun: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """The start is not needed again, but may be given again."""
    assert begun("--steps", 4, "--mask", "{}/left.png=1,0") == 0
    assert begun("--steps", 5, "--mask", "{}/left.png=1,0", "--start", "{}/begin.png") == 0
    assert recipe_in(files).start_picture == open_picture((files / "begin.png").read_bytes()).sha256
    kept = checkpoint.load(files / "run")
    assert [p["number"] for p in kept.curve] == list(range(6))
    assert [p["marks"] for p in kept.curve if "marks" in p] == [["steered steps to 4"], ["steered steps to 5"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "styles", "message"),
    [
        (("--mask", "{}/left.png=1,0"), ("one",), "its styles must be"),
        (("--mask", "{}/left.png=1,0"), ("two", "one"), "its styles must be"),
        ((), ("one", "two"), "its masks, with their shares, must be"),
        (("--mask", "{}/right.png=1,0"), ("one", "two"), "its masks, with their shares, must be"),
        (("--mask", "{}/left.png=0,1"), ("one", "two"), "its masks, with their shares, must be"),
        (("--mask", "{}/left.png=1,0", "--start", "{}/content.png"), ("one", "two"), "its start must be"),
        (("--mask", "{}/left.png=1,0"), ("one", "two"), "give a larger --steps"),
    ],
)
def test_a_run_goes_on_with_no_other_pictures_and_not_past_its_end(
    begun: Any, capsys: pytest.CaptureFixture[str], options: Any, styles: Any, message: str
) -> None:
    assert begun(*options, styles=styles) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--seed", 3), "seed cannot change in the middle of a run: it was 0, got 3"),
        (("--method", "fast"), "method cannot change in the middle of a run: it was slow, got fast"),
        (("--set", "objective.pooling=average"), "pooling cannot change in the middle of a run: it was max, got avera"),
        (("--preset", "gatys"), "cannot change in the middle of a run"),
        (("--style-crop", "0,0,1,0.5"), "--style-crop of style 1 cannot change"),
        (("--style-weight", "2"), "--style-weight of style 1 cannot change in the middle of a run: it was 1, got 2"),
        (("--set", 'style_layers={"block3_conv1": 1}'), "style_layers must be those in use"),
    ],
)
def test_a_run_goes_on_by_its_own_recipe(
    begun: Any, capsys: pytest.CaptureFixture[str], options: Any, message: str
) -> None:
    assert begun(*options) == 2
    assert message in capsys.readouterr().err


def test_other_weights_of_the_network_are_refused(
    files: Any, found: Any, begun: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    found.sha256 = "b" * 64
    assert begun("--steps", 9, "--mask", "{}/left.png=1,0") == 2
    message = capsys.readouterr().err
    assert "weights of vgg19 whose SHA-256 is aaaaaaaaaaaa, but those here are bbbbbbbbbbbb" in message


@pytest.mark.slow
def test_the_report_of_a_resumed_run_is_of_the_whole_run(
    files: Any, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yardstick, "measure", lambda *_: {})  # seconds of eigenvalues, tested elsewhere
    assert stylize(files, "--json", "{}/whole.json", steps=6) == 0
    straight = open_picture((files / "out.png").read_bytes()).pixels
    assert stylize(files, *SAVED, steps=4) == 0
    assert stylize(files, *ON, "--json", "{}/part.json", "--steps", 6, "--set", "snapshot_every=2") == 0
    whole, part = (json.loads((files / f"{name}.json").read_text()) for name in ("whole", "part"))
    for report in (whole, part):
        assert [step.pop("seconds") >= 0 for step in report["losses"]] == [True] * 7
    assert part["losses"] == whole["losses"]
    assert (part["evaluations"], whole["evaluations"]) == (7, 7)
    assert part["marks"] == [[5, "steered steps to 6"], [5, "steered snapshot_every to 2"]]
    assert (open_picture((files / "out.png").read_bytes()).pixels == straight).all()


@pytest.mark.slow
def test_a_run_that_diverges_keeps_its_best_picture_and_its_checkpoint(
    files: Any, found: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = optimizers.advance

    def advance(state: Any, *more: Any) -> Any:
        moved = real(state, *more)
        return dataclasses.replace(moved, value=math.nan) if moved.number > 2 else moved

    monkeypatch.setattr(optimizers, "advance", advance)
    assert stylize(files, *SAVED, steps=9) == 2
    message = capsys.readouterr().err
    assert "diverged: " in message
    assert "at step 3 the loss was not finite" in message
    assert "the best picture so far is saved" in message
    assert open_picture((files / "out.png").read_bytes()).width == 64
    assert checkpoint.load(files / "run").state["number"] == 2
    monkeypatch.setattr(optimizers, "advance", real)
    assert stylize(files, *ON) == 0


@pytest.mark.parametrize("option", ["-o", "--checkpoint", "--json"])
@pytest.mark.parametrize("place", ["{}", "{}/content.png/out.png"])
def test_a_place_that_cannot_be_written_is_told_before_the_run(
    files: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], option: str, place: str
) -> None:
    monkeypatch.setattr(vgg, "load", lambda *_: pytest.fail("a network was loaded"))
    (files / "folder.png").mkdir()
    where = place if option != "-o" else place.replace("{}", "{}/folder.png", 1) if place == "{}" else place
    assert stylize(files, option, where) == 2
    assert "must be a file in a folder that can be written to" in capsys.readouterr().err


@pytest.mark.slow
def test_a_run_goes_on_with_the_very_command_line_and_tells_a_real_change(
    files: Any, found: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after a crash: only `--resume` is added."""
    line = ("--method", "slow", "--preset", "faithful", "--style-weight", 2, "--seed", 0, *SAVED)
    assert stylize(files, *line, steps=2) == 0
    again = [str(option).replace("{}", str(files)) for option in (*line, *ON)]
    sets = [part for name, value in SMALL.items() for part in ("--set", f"{name}={value}")]
    pictures = [str(files / f"{name}.png") for name in ("content", "one")]
    assert main.main(["stylize", *pictures, "-o", str(files / "out.png"), *sets, *again]) == 0  # three steps, not two
    assert "note: steps changes from 2 to 3" in capsys.readouterr().err
    assert recipe_in(files).styles[0].weight == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("-o", "{}/one.png"), "the output must not replace a file that is read"),
        (("--json", "{}/content.png"), "the report must not replace a file that is read"),
        (("--checkpoint", "{}/out.png"), "the checkpoint and the output must be two files"),
        (("--mask", "{}/left.png=1", "-o", "{}/left.png"), "the output must not replace a file that is read"),
        (("--no-clobber", "-o", "{}/begin.png"), "--no-clobber keeps"),
        (("--quality", 80), "a PNG loses nothing"),
        (("--every", 0), "--every must be at least 1 step, got 0"),
        (("--every", 2, "--method", "fast"), "--every is for a method with steps"),
        (("--checkpoint", "{}/run", "--method", "fast"), "--checkpoint is for a method with steps"),
    ],
)
def test_what_would_replace_a_file_or_means_nothing_is_refused_before_the_run(
    files: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: Any, message: str
) -> None:
    monkeypatch.setattr(vgg, "load", lambda *_: pytest.fail("a network was loaded"))
    before = {path.name: path.read_bytes() for path in files.iterdir()}
    assert stylize(files, *options) == 2
    assert message in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in files.iterdir()} == before


@pytest.mark.slow
def test_pictures_on_the_way_notes_in_the_report_and_files_that_open_as_recipes(
    files: Any, found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yardstick, "measure", lambda *_: {})
    still = Image.open(files / "one.png").convert("RGB")
    still.save(files / "one.png", save_all=True, append_images=[Image.new("RGB", still.size, "red")])
    options = ("-o", "{}/out.webp", "--every", 2, "--quality", 70, "--json", "{}/report.json")
    assert stylize(files, *options, steps=5, tv_weight=7) == 0
    assert sorted(path.name for path in (files / "out-steps").iterdir()) == ["step-00002.webp", "step-00004.webp"]
    first = open_picture((files / "out-steps" / "step-00002.webp").read_bytes())
    assert (first.width, first.height) == (64, 48)
    assert json.loads((files / "report.json").read_text())["notes"] == ["the style: only the first of 2 frames is used"]
    for name in ("report.json", "out.webp", "out-steps/step-00004.webp"):
        assert load_recipe(str(files / name)).objective.tv_weight == 7
    with pytest.raises(RecipeError, match="got a picture without one"):
        load_recipe(str(files / "content.png"))


@pytest.mark.usefixtures("found", "painter")
def test_what_has_no_effect_is_told(files: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert stylize(files, "--preset", "bold", "--set", "strength=0", method="fast") == 0
    told = capsys.readouterr().err
    assert "note: preset bold has no effect with method fast" in told
    assert "note: steps has no effect with method fast, which is a single pass" in told
    assert "note: strength 0 leaves the photograph as it is" in told
    nothing = ("--set", "content_weight=0", "--set", "style_weight=0", "--set", "tv_weight=0")
    assert stylize(files, *nothing) == 2
    assert "at least one of content_weight, style_weight and tv_weight must be above 0" in capsys.readouterr().err


def test_a_start_of_another_shape_is_cut_and_told(files: Any, found: Any, capsys: pytest.CaptureFixture[str]) -> None:
    wide = Image.new("RGB", (128, 48), "red")
    wide.paste(Image.open(files / "begin.png"), (32, 0))
    wide.save(files / "wide.png")
    assert stylize(files, "--start", "{}/wide.png", learning_rate=1e-6, steps=1) == 0
    assert "note: the picture to start from has another shape than the photograph; its middle is used" in (
        capsys.readouterr().err
    )
    begin = open_picture((files / "begin.png").read_bytes())
    assert np.abs(open_picture((files / "out.png").read_bytes()).pixels.astype(int) - begin.pixels).max() <= 1

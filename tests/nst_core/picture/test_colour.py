"""Colours by property: matched statistics, identities, what is kept; Lab against another implementation."""

import itertools
import subprocess
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest
from skimage import color

from nst_core.picture import colour
from nst_core.picture.resize import resize
from nst_core.recipe import Colour

SPACES = ["luminance", "lab"]
GREY = np.ones(3, np.float32)


def muted(height: int = 48, width: int = 64, seed: int = 0, spread: float = 0.06) -> Any:
    """A picture whose colours are correlated and far from 0 and 1, so that nothing is clipped."""
    rng = np.random.default_rng(seed)
    turned, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    mixing = np.diag(rng.uniform(0.3, 1, 3) * spread) @ turned
    colours = rng.normal(size=(1, height, width, 3)).clip(-2.5, 2.5) @ mixing + rng.uniform(0.4, 0.6, 3)
    return colours.clip(0.1, 0.9).astype(np.float32)


def constant(*rgb: Any) -> Any:
    return np.broadcast_to(np.array(rgb, np.float32), (1, 32, 40, 3))


def moments(picture: Any) -> Any:
    colours = picture.reshape(-1, 3).astype(np.float64)
    return colours.mean(axis=0), np.cov(colours.T, bias=True)


def lab(picture: Any) -> Any:
    return color.rgb2lab(picture[0].astype(np.float64))


ODD = {
    "black": constant(0, 0, 0),
    "white": constant(1, 1, 1),
    "red": constant(1, 0, 0),
    "two colours": np.where(np.arange(40)[None, None, :, None] < 20, constant(1, 0, 0), constant(0, 1, 1)),
    "grey noise": np.random.default_rng(4).random((1, 32, 40, 1), np.float32) * GREY,
    "noise": np.random.default_rng(5).random((1, 32, 40, 3), np.float32),
}


@pytest.mark.parametrize("seed", range(5))
def test_matched_colours_have_the_contents_mean_and_covariance(seed: Any) -> None:
    style, content = muted(seed=seed), muted(40, 56, seed=seed + 100)
    mean, covariance = moments(colour.match(style, content))
    wanted_mean, wanted = moments(content)
    assert np.allclose(mean, wanted_mean, atol=1e-4)
    assert np.abs(covariance - wanted).max() < 0.01 * np.abs(wanted).max()


def test_a_picture_matched_to_itself_is_itself() -> None:
    style = muted()
    assert np.abs(colour.match(style, style) - style).max() < 1e-4


def test_matching_only_scales_where_the_axes_agree() -> None:
    """With uncorrelated channels the map that moves least is a stretch of each channel: none becomes another."""
    rng = np.random.default_rng(2)
    style = (0.5 + 0.1 * rng.normal(size=(1, 300, 300, 3)).clip(-2, 2) * [1, 0.5, 0.25]).astype(np.float32)
    content = (0.5 + 0.1 * rng.normal(size=(1, 300, 300, 3)).clip(-2, 2) * [0.25, 0.5, 1]).astype(np.float32)
    matched = colour.match(style, content)
    for channel, stretch in enumerate((0.25, 1, 4)):
        slope = np.polyfit(style[..., channel].ravel(), matched[..., channel].ravel(), 1)[0]
        assert slope == pytest.approx(stretch, rel=0.05)


def test_the_coding_noise_of_a_grey_style_does_not_become_colour() -> None:
    rng = np.random.default_rng(3)
    noise = rng.integers(-1, 2, (1, 64, 64, 3)) / np.float32(255)
    style = (rng.random((1, 64, 64, 1), np.float32) * 0.8 * GREY + 0.1 + noise).astype(np.float32)
    chroma = [(p[..., 0] - p[..., 1]).std() for p in (style, colour.match(style, ODD["noise"]), ODD["noise"])]
    assert chroma[1] < 1.1 * colour.MAX_STRETCH * chroma[0]
    assert chroma[1] < 0.2 * chroma[2]


@pytest.mark.parametrize("matching", [colour.match, colour.match_luminance])
def test_the_degree_is_a_linear_mix(matching: Any) -> None:
    style, content = muted(seed=1), muted(seed=2)
    assert matching(style, content, 0.0) is style
    whole = matching(style, content, 1.0)
    for degree in (0.25, 0.5, 0.75):
        mixed = (1 - degree) * style + degree * whole
        assert np.abs(matching(style, content, degree) - mixed).max() < 1e-5


def test_luminance_is_the_weighted_sum() -> None:
    picture = ODD["noise"]
    grey = colour.luminance(picture)
    expected = 0.299 * picture[..., 0] + 0.587 * picture[..., 1] + 0.114 * picture[..., 2]
    assert grey.shape == picture.shape
    assert all(np.allclose(grey[..., c], expected, atol=1e-6) for c in range(3))
    assert np.allclose(colour.luminance(grey), grey, atol=1e-6)
    assert colour.desaturate(picture, 0.0) is picture


def test_matched_luminance_has_the_contents_mean_and_deviation_and_no_colour() -> None:
    style, content = muted(seed=1), muted(seed=2)
    matched = colour.match_luminance(style, content)
    light = colour.luminance(content)[..., 0]
    assert np.ptp(matched, axis=-1).max() < 1e-6
    assert matched.mean() == pytest.approx(light.mean(), abs=1e-4)
    assert matched.std() == pytest.approx(light.std(), rel=1e-3)


@pytest.mark.parametrize("style", ODD)
@pytest.mark.parametrize("content", ODD)
def test_odd_pictures_give_finite_pictures(style: Any, content: Any) -> None:
    given, wanted = ODD[style], ODD[content]
    for made in (
        colour.match(given, wanted),
        colour.match(given, wanted, 0.5),
        colour.match_luminance(given, wanted),
        colour.keep_colours(given, wanted, 0.5, "lab"),
        colour.keep_colours(given, wanted, 1.0, "lab"),
        colour.keep_colours(given, wanted, 1.0, "luminance"),
    ):
        assert (made.dtype, made.shape) == (np.float32, given.shape)
        assert np.isfinite(made).all()
        assert made.min() >= 0
        assert made.max() <= 1


def test_one_colour_becomes_the_contents_mean() -> None:
    content = muted()
    assert np.allclose(colour.match(constant(1, 0, 0), content), moments(content)[0], atol=1e-3)


def test_lab_is_the_standards() -> None:
    # Another implementation rounds D65 to five digits.
    picture = np.concatenate([ODD["noise"], ODD["two colours"], ODD["grey noise"], ODD["black"]], axis=1)
    assert np.abs(colour.rgb_to_lab(picture)[0] - lab(picture)).max() < 0.02


def test_grey_has_no_chroma() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float32)[None, None, :, None] * GREY
    assert np.abs(colour.rgb_to_lab(ramp)[..., 1:]).max() < 1e-3
    assert np.allclose(colour.lab_to_rgb(colour.rgb_to_lab(ramp)), ramp, atol=1e-5)


def test_lab_round_trip() -> None:
    corners = np.indices((2, 2, 2)).reshape(3, 8).T.astype(np.float32)
    for picture in (ODD["noise"], corners):
        assert np.abs(colour.lab_to_rgb(colour.rgb_to_lab(picture)) - picture).max() < 1e-4


def test_colours_out_of_gamut_keep_their_lightness_and_turn_paler() -> None:
    wild = np.array([[60, 120, -90], [30, -100, 80], [90, 80, 80], [50, 0, -130], [0, 50, 50], [100, -50, 20]])
    shown = color.rgb2lab(colour.lab_to_rgb(wild.astype(np.float32)).astype(np.float64))
    assert np.abs(shown[:, 0] - wild[:, 0]).max() < 0.1
    assert (np.hypot(*shown[:, 1:].T) < np.hypot(*wild[:, 1:].T)).all()


@pytest.mark.parametrize("space", SPACES)
def test_degree_zero_is_the_result_bit_for_bit(space: Any) -> None:
    result = ODD["noise"]
    assert colour.keep_colours(result, muted(), 0.0, space) is result


def test_lab_keeps_the_results_lightness_and_brings_the_contents_chroma() -> None:
    result, content = muted(seed=1, spread=0.03), muted(seed=2, spread=0.03)
    kept = lab(colour.keep_colours(result, content, 1.0, "lab"))
    assert np.abs(kept[..., 0] - lab(result)[..., 0]).max() < 0.1
    assert np.abs(kept[..., 1:] - lab(content)[..., 1:]).max() < 0.1


def test_luminance_keeps_the_results_y_and_brings_the_contents_i_and_q() -> None:
    result, content = muted(seed=1, spread=0.03), muted(seed=2, spread=0.03)
    kept = color.rgb2yiq(colour.keep_colours(result, content, 1.0, "luminance")[0])
    assert np.abs(kept[..., 0] - color.rgb2yiq(result[0])[..., 0]).max() < 1e-3
    assert np.abs(kept[..., 1:] - color.rgb2yiq(content[0])[..., 1:]).max() < 1e-3


@pytest.mark.parametrize("degree", [0.3, 1.0])
def test_light_and_dark_stay_even_where_colours_do_not_fit(degree: float) -> None:
    result, content = ODD["noise"], ODD["noise"][:, ::-1, ::-1]
    by_lab = colour.keep_colours(result, content, degree, "lab")
    assert np.abs(lab(by_lab)[..., 0] - lab(result)[..., 0]).max() < 0.1
    by_luminance = colour.luminance(colour.keep_colours(result, content, degree, "luminance"))
    assert np.abs(by_luminance - colour.luminance(result)).max() < 1e-5


@pytest.mark.parametrize("space", SPACES)
def test_more_of_the_content_is_nearer_to_its_chroma(space: Any) -> None:
    result, content = muted(seed=1), muted(seed=2)
    away = [
        np.abs(lab(colour.keep_colours(result, content, degree, space))[..., 1:] - lab(content)[..., 1:]).mean()
        for degree in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    ]
    assert all(later < earlier - 0.1 for earlier, later in itertools.pairwise(away))


@pytest.mark.parametrize("space", SPACES)
def test_keeping_ones_own_colours_changes_nothing(space: Any) -> None:
    picture = ODD["noise"]
    assert np.abs(colour.keep_colours(picture, picture, 1.0, space) - picture).max() < 1e-4


@pytest.mark.parametrize("space", SPACES)
def test_content_of_another_size_is_resized(space: Any) -> None:
    result, content = muted(30, 40), muted(90, 120, seed=3)
    fitted = resize(content, 40, 30)
    assert np.array_equal(
        colour.keep_colours(result, content, 0.8, space), colour.keep_colours(result, fitted, 0.8, space)
    )


def test_strips_leave_no_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    style, content = muted(70, 50), muted(70, 50, seed=9)

    def all_of_it() -> Any:
        return [colour.match(style, content), colour.keep_colours(style, content, 0.7), colour.luminance(style)]

    whole = all_of_it()
    monkeypatch.setattr(colour, "_STRIP", 600)  # 12 rows, the last strip shorter
    for once, in_strips in zip(whole, all_of_it(), strict=True):
        assert np.abs(once - in_strips).max() < 1e-6


@pytest.mark.slow
def test_a_large_picture_needs_little_more_than_its_result() -> None:
    picture = np.random.default_rng(0).random((1, 1024, 1024, 3), np.float32)
    tracemalloc.start()
    colour.keep_colours(picture, picture, 0.5, "lab")
    colour.match(picture, picture)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < picture.nbytes + 15e6


def test_nothing_is_prepared_where_nothing_is_asked() -> None:
    content, styles = muted(), [muted(seed=1)]
    for settings in ({}, {"colour_match": "covariance", "colour_match_strength": 0.0}):
        assert colour.before(content, styles, Colour(**settings)) == (content, styles)
    for settings in ({}, {"colour_match": "covariance"}, {"colour_match": "luminance", "colour_match_strength": 0.0}):
        assert colour.after(content, styles[0], Colour(**settings)) is content


def test_each_style_is_matched_to_the_content() -> None:
    content, styles = muted(), [muted(seed=1), muted(20, 30, seed=2)]
    seen, matched = colour.before(content, styles, Colour(colour_match="covariance"))
    assert seen is content
    for style, made in zip(styles, matched, strict=True):
        assert np.array_equal(made, colour.match(style, content))


def test_luminance_greys_before_and_brings_colours_back_after() -> None:
    content, style = muted(), muted(seed=1)
    settings = Colour(colour_match="luminance")
    seen, (matched,) = colour.before(content, [style], settings)
    assert max(np.ptp(seen, axis=-1).max(), np.ptp(matched, axis=-1).max()) < 1e-6
    assert np.abs(colour.after(seen, content, settings) - content).max() < 1e-5


def test_keeping_is_done_after_matching() -> None:
    content, painted = muted(), muted(seed=1)
    settings = Colour(colour_match="luminance", colour_match_strength=0.5, colour_preservation=0.4, colour_space="lab")
    first = colour.keep_colours(painted, content, 0.5, "luminance")
    assert np.array_equal(colour.after(painted, content, settings), colour.keep_colours(first, content, 0.4, "lab"))


@pytest.mark.slow
def test_scikit_image_is_not_imported() -> None:
    code = "import sys, nst_core.picture.colour; sys.exit('skimage' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_grey_is_what_has_no_colours(noise: Any) -> None:
    grey = np.repeat(noise(9, 17)[..., :1], 3, axis=-1)
    assert colour.is_grey(grey)
    assert colour.to_grey(grey) is grey
    tinted = grey.copy()
    tinted[0, 8, 15, 2] += 2 / 255
    assert not colour.is_grey(tinted)
    assert colour.is_grey(tinted, colour.NEARLY_GREY)
    assert colour.is_grey(colour.to_grey(noise(9, 17)))
    np.testing.assert_allclose(colour.to_grey(tinted), grey, atol=2 / 255)


@pytest.mark.parametrize("matching", ["none", "covariance", "luminance"])
def test_pictures_are_made_exactly_grey_only_if_all_of_them_nearly_are(noise: Any, matching: Any) -> None:
    settings = Colour(colour_match=matching)
    grey = np.repeat(noise(16, 20)[..., :1], 3, axis=-1)
    nearly = np.clip(grey + (noise(16, 20, 1) - 0.5) * np.float32(3 / 255), 0, 1)
    content, styles = colour.before(nearly, [nearly[:, ::-1]], settings)
    assert all(colour.is_grey(picture) for picture in (content, *styles))
    _, (style,) = colour.before(nearly, [noise(16, 20, 2)], Colour())
    assert not colour.is_grey(style)

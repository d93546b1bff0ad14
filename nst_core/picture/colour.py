"""Colour transfer: matches the style's colours to the content before a run, or restores the content's colours after it.

Pictures may have transparency, [1, H, W, 4]: coverage weighs each pixel, and clear ones take no part.
The functions use NumPy on strips of rows: besides its result, a picture of 2048 px needs a few MB.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nst_core.picture.coverage import colours, coverage, covered
from nst_core.picture.resize import resize
from nst_core.recipe import Colour
from nst_core.step import Pixels

Space = Literal["luminance", "lab"]
ColourValues = NDArray[np.float32]
"""Any float32 array whose last axis is red, green and blue, or lightness, a and b."""

MAX_STRETCH = 10.0
"""Upper limit for stretching a deviation; without it, matching a nearly uniform picture would amplify its noise."""

NEARLY_GREY = 4 / 255
"""Greatest difference of red, green and blue in a picture that counts as black and white: JPEG leaves a little."""

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
"""Weights of red, green and blue in the Y of YIQ, for gamma-encoded values (ITU-R BT.601)."""

_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
"""Linear sRGB to CIE XYZ under D65; the middle row gives luminance."""

_WHITE = _XYZ.sum(axis=1)
_TO_LAB = (_XYZ / _WHITE[:, None]).T.astype(np.float32)
_FROM_LAB = np.linalg.inv(_XYZ / _WHITE[:, None]).T.astype(np.float32)
_STRIP = 1 << 16
"""Approximate number of pixels in a strip."""


def before(content: Pixels, styles: Sequence[Pixels], colour: Colour) -> tuple[Pixels, Sequence[Pixels]]:
    """Prepare content and styles for an engine; an input that need not change is returned itself.

    If content and styles are nearly grey, they are made exactly grey, so that engines can keep the result grey.
    With `colour_match` "luminance" all of them become grey, as far as `colour_match_strength` says; `after` puts the
    colours back.

    Args:
        content: the original, [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage, which the result keeps.
        styles: the originals, each likewise.
        colour: what to match, and how far.
    """
    matched = _matched(content, styles, colour)
    if not all(is_grey(picture, NEARLY_GREY) for picture in (content, *styles)):
        return matched
    return to_grey(matched[0]), [to_grey(style) for style in matched[1]]


def _matched(content: Pixels, styles: Sequence[Pixels], colour: Colour) -> tuple[Pixels, Sequence[Pixels]]:
    """Content and styles as `before` returns them, but for grey ones."""
    degree = colour.colour_match_strength
    if colour.colour_match == "none" or degree == 0:
        return content, styles
    if colour.colour_match == "covariance":
        return content, [match(style, content, degree) for style in styles]
    return desaturate(content, degree), [match_luminance(style, content, degree) for style in styles]


def is_grey(picture: Pixels, tolerance: float = 0.0) -> bool:
    """Whether red, green and blue of each pixel of [1, H, W, C] lie at most `tolerance` apart."""
    picture = picture[..., :3]
    coarse = picture[:, ::8, ::8]  # nearly every picture in colour is known by these pixels
    return all(bool(np.all(np.ptp(part, axis=-1) <= tolerance)) for part in (coarse, picture))


def to_grey(picture: Pixels) -> Pixels:
    """The picture's luma in all three channels, equal bit for bit; `picture` itself if it is grey so."""
    if is_grey(picture):
        return picture
    return covered(np.repeat((picture[..., :3] @ _LUMA)[..., None], 3, axis=-1), coverage(picture))


def after(picture: Pixels, content: Pixels, colour: Colour) -> Pixels:
    """Restore the content's colours in an engine's result, as `colour` says.

    Args:
        picture: the engine's result, [1, H, W, 3] in [0, 1].
        content: the original in its own colours, [1, h, w, 3] in [0, 1], any size.
        colour: the same settings as for `before`.

    Returns:
        [1, H, W, 3] in [0, 1]; `picture` itself if no colours are restored.
    """
    if colour.colour_match == "luminance":
        picture = keep_colours(picture, content, colour.colour_match_strength, "luminance")
    return keep_colours(picture, content, colour.colour_preservation, colour.colour_space)


def match(style: Pixels, content: Pixels, degree: float = 1.0) -> Pixels:
    """The style with the content's mean and covariance of red, green and blue.

    Args:
        style: [1, H, W, 3] in [0, 1].
        content: [1, h, w, 3] in [0, 1].
        degree: 0 for the unchanged style, 1 for a full match; a mix of the two in between.

    Returns:
        [1, H, W, 3], clipped to [0, 1]; `style` itself at degree 0.

    Source: Gatys et al. 2016, "Preserving Color in Neural Artistic Style Transfer", arXiv:1606.05897, and "Controlling
    Perceptual Factors", arXiv:1611.07865. Difference: of all linear maps that give this covariance, we take the one
    that moves colours least (Monge's; Pitié & Kokaram 2007), because theirs may swap hues. No direction is stretched
    more than `MAX_STRETCH` times, so that a grey style stays grey and its compression noise does not turn into colour.
    """
    if degree == 0:
        return style
    centre, spread = _moments(style)
    wanted, shape = _moments(content)
    # Mixing the map with the identity equals mixing the two pictures, in one affine map.
    stretch = degree * _monge(spread, shape) + (1 - degree) * np.eye(3)
    shift = centre + degree * (wanted - centre) - centre @ stretch
    return _affine(style, stretch, shift)


def match_luminance(style: Pixels, content: Pixels, degree: float = 1.0) -> Pixels:
    """The style in grey, with the mean and deviation of the content's luminance.

    Args and Returns as for `match`. Source: Gatys et al. 2016, arXiv:1611.07865, luminance-only transfer.
    """
    if degree == 0:
        return style
    centre, spread = (moment @ _LUMA for moment in _moments(style))
    wanted, shape = (moment @ _LUMA for moment in _moments(content))
    gain = _gain(float(spread @ _LUMA), float(shape @ _LUMA))
    # All three channels get the same weighted sum, scaled and shifted.
    grey = gain * np.outer(_LUMA, np.ones(3))
    return _affine(style, degree * grey + (1 - degree) * np.eye(3), degree * (wanted - gain * centre) * np.ones(3))


def luminance(picture: Pixels) -> Pixels:
    """The picture in grey: [1, H, W, 3] -> [1, H, W, 3] of three equal channels, 0.299 R + 0.587 G + 0.114 B."""
    return desaturate(picture, 1.0)


def desaturate(picture: Pixels, degree: float) -> Pixels:
    """Mix the picture [1, H, W, 3] with its grey version; degree 0 gives the picture itself, degree 1 gives grey."""
    if degree == 0:
        return picture
    return _affine(picture, degree * np.outer(_LUMA, np.ones(3)) + (1 - degree) * np.eye(3), np.zeros(3))


def keep_colours(result: Pixels, content: Pixels, degree: float, space: Space = "lab") -> Pixels:
    """Combine the result's lightness with the content's colours.

    Args:
        result: [1, H, W, 3] in [0, 1].
        content: [1, h, w, 3] or [1, h, w, 4] in [0, 1]; resized to the result's size.
        degree: share of the content's colours, from 0 to 1.
        space: "lab" keeps CIE lightness and mixes a and b; "luminance" keeps the Y of YIQ and mixes I and Q.

    Returns:
        [1, H, W, 3] in [0, 1]; `result` itself at degree 0. A colour outside sRGB at its lightness becomes paler, and
        keeps its lightness.
    """
    if degree == 0:
        return result
    content = colours(resize(content, result.shape[2], result.shape[1]))
    mix = _mix_lab if space == "lab" else _mix_luminance
    return _by_strips(lambda r, c: mix(r, c, degree), result, content)


def rgb_to_lab(rgb: ColourValues) -> ColourValues:
    """Convert sRGB [..., 3] in [0, 1] to CIE L*a*b* under D65, [..., 3], lightness from 0 to 100."""
    linear = np.where(rgb > 0.04045, ((rgb + np.float32(0.055)) / np.float32(1.055)) ** np.float32(2.4), rgb / 12.92)
    xyz = linear.astype(np.float32) @ _TO_LAB
    x, y, z = np.moveaxis(np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * (841 / 108) + 4 / 29), -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1).astype(np.float32)


def lab_to_rgb(lab: ColourValues) -> ColourValues:
    """SRGB of CIE L*a*b* under D65, [..., 3] -> [..., 3] in [0, 1]; colours out of gamut at their own lightness."""
    light = (lab[..., :1] + 16) / 116
    roots = np.concatenate([light + lab[..., 1:2] / 500, light, light - lab[..., 2:] / 200], axis=-1)
    xyz = np.where(roots > 6 / 29, roots**3, (roots - 4 / 29) * (108 / 841)).astype(np.float32)
    linear = _into_gamut(xyz @ _FROM_LAB, xyz[..., 1:2])
    curved = np.where(linear > 0.0031308, 1.055 * linear ** np.float32(1 / 2.4) - 0.055, linear * 12.92)
    return np.clip(curved, 0, 1).astype(np.float32)


def _mix_lab(result: ColourValues, content: ColourValues, degree: float) -> ColourValues:
    lab = rgb_to_lab(result)
    lab[..., 1:] += degree * (rgb_to_lab(content)[..., 1:] - lab[..., 1:])
    return lab_to_rgb(lab)


def _mix_luminance(result: ColourValues, content: ColourValues, degree: float) -> ColourValues:
    light = (result @ _LUMA)[..., None]
    wanted = content - (content @ _LUMA)[..., None]
    mixed = result + degree * (wanted - (result - light))
    return _into_gamut(mixed.astype(np.float32, copy=False), light)


def _into_gamut(rgb: ColourValues, light: ColourValues) -> ColourValues:
    """Move colours towards the grey of their luminance `light`, [..., 1], until they lie in [0, 1]."""
    light = np.clip(light, 0, 1)
    chroma = rgb - light
    room = np.where(chroma > 0, 1 - light, light)
    share = np.min(room / np.maximum(np.abs(chroma), 1e-6), axis=-1, keepdims=True)
    paler: ColourValues = np.clip(light + np.minimum(share, 1) * chroma, 0, 1)
    return paler


def _monge(spread: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """The symmetric map, [3, 3], that gives colours of covariance `spread` the covariance `wanted`."""
    tiny = 1e-9 * np.eye(3)  # far below one 8-bit level squared, so that one colour has an inverse too
    root = _power(spread + tiny, 0.5)
    inverse = _power(spread + tiny, -0.5)
    whole = inverse @ _power(root @ (wanted + tiny) @ root, 0.5) @ inverse
    stretches, axes = np.linalg.eigh((whole + whole.T) / 2)
    return np.asarray((axes * np.clip(stretches, 0, MAX_STRETCH)) @ axes.T)


def _power(matrix: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    values, axes = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((axes * np.maximum(values, 1e-18) ** exponent) @ axes.T)


def _gain(variance: float, wanted: float) -> float:
    return min(MAX_STRETCH, float(np.sqrt(max(wanted, 0.0) / max(variance, 1e-9))))


def _moments(picture: Pixels) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean [3] and covariance [3, 3] over the pixels of [1, H, W, 3]; of [1, H, W, 4] weighted by coverage."""
    pixels = picture.reshape(-1, picture.shape[-1])
    total, products, count = np.zeros(3), np.zeros((3, 3)), 0.0
    for start in range(0, len(pixels), _STRIP):
        strip = pixels[start : start + _STRIP].astype(np.float64)
        values, weights = strip[:, :3], strip[:, 3:]  # without coverage, no weights
        weighted = values * weights if weights.size else values
        total += weighted.sum(axis=0)
        products += weighted.T @ values
        count += weights.sum() if weights.size else len(values)
    mean = total / count
    return mean, products / count - np.outer(mean, mean)


def _affine(picture: Pixels, matrix: NDArray[np.float64], shift: NDArray[np.float64]) -> Pixels:
    """Multiply each colour by `matrix` [3, 3], add `shift` [3], and clip to [0, 1]; coverage stays."""
    by, plus = matrix.astype(np.float32), shift.astype(np.float32)
    changed = _by_strips(lambda strip: np.clip(strip @ by + plus, 0, 1), colours(picture))
    return covered(changed, coverage(picture))


def _by_strips(function: Callable[..., ColourValues], *pictures: Pixels) -> Pixels:
    """Apply `function` to pictures of one shape, [1, H, W, 3], a strip of rows at a time, to keep temporaries small."""
    first = pictures[0]
    made = np.empty_like(first, np.float32)
    rows = max(1, _STRIP // first.shape[2])
    for top in range(0, first.shape[1], rows):
        made[:, top : top + rows] = function(*(picture[:, top : top + rows] for picture in pictures))
    return made

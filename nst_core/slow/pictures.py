"""The pictures of a run at each of its sizes: content, styles, masks and start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import tensorflow as tf

from nst_core.errors import RecipeError
from nst_core.models.convolution_method import ConvolutionMethod
from nst_core.models.vgg import Vgg
from nst_core.picture.colour import is_grey, to_grey
from nst_core.picture.coverage import colours, coverage, visible_part
from nst_core.picture.crop import middle_of_shape
from nst_core.picture.masks import Weights, at_size, partition
from nst_core.picture.photograph import photograph_weights
from nst_core.picture.resize import fit, resize, size_for
from nst_core.recipe import Recipe
from nst_core.slow import balance
from nst_core.slow.losses import objective
from nst_core.slow.losses.bound import BoundObjective
from nst_core.slow.losses.guidance import check_style_size
from nst_core.slow.losses.objective import StyleMixture
from nst_core.slow.tiling.memory_plan import check_memory, plan_of
from nst_core.step import Pixels

NOTHING_PAINTED = "nothing would be painted: the regions that stay a photograph cover all that can be seen"

LEAST_REST_SHARE = 1e-3
"""Share of the picture's area above which the part outside all regions is a region of its own."""


@dataclass(frozen=True, eq=False)
class RunPictures:
    """The originals of a run.

    Attributes:
        content: [1, H, W, 3] in [0, 1], or [1, H, W, 4] with coverage: clear pixels take no part in any term.
        styles: each likewise, of any size.
        masks: one mask for each of `recipe.regions`, [h, w] in [0, 1].
    """

    content: Pixels
    styles: Sequence[Pixels]
    masks: Sequence[np.ndarray]

    def check(self, recipe: Recipe) -> None:
        """Raise RecipeError if styles, masks and recipe do not fit, or the picture is too large for its distance."""
        width, height = size_for(self.content.shape[2], self.content.shape[1], recipe.longest_edge_px)
        check_memory(recipe, height, width)
        if recipe.styles and len(recipe.styles) != len(self.styles):
            raise RecipeError(f"the recipe names {len(recipe.styles)} styles, got {len(self.styles)} pictures")
        if not self.styles and recipe.objective.style_weight > 0:
            raise RecipeError("at least one style picture is needed unless style_weight is 0")
        if len(self.masks) != len(recipe.regions):
            raise RecipeError(f"each of the recipe's {len(recipe.regions)} regions needs a mask, got {len(self.masks)}")

    def content_at(self, edge_px: int) -> Pixels:
        """The content's colours with this longest edge, [1, H, W, 3]; never enlarged."""
        return colours(fit(self.content, edge_px))

    def painted_share(self, recipe: Recipe, height: int, width: int) -> Weights | None:
        """The share of each pixel that is painted, [height, width]: not what is clear or stays a photograph.

        None if all of the picture is painted. Raises RecipeError if nothing is.
        """
        photograph = photograph_weights(recipe.regions, self.masks, height, width)
        cover = coverage(self.content)
        if photograph is None and cover is None:
            return None
        share = np.ones((height, width), np.float32) if cover is None else at_size(cover, width, height)
        share = share if photograph is None else share * (1 - photograph)
        if share.mean() <= LEAST_REST_SHARE:
            raise RecipeError(NOTHING_PAINTED)
        return share

    def bind(
        self, network: Vgg, recipe: Recipe, content: Pixels, edge_px: int, convolution: ConvolutionMethod
    ) -> BoundObjective:
        """The objective for these pictures at one size.

        Args:
            network: the network that computes activations.
            recipe: every setting.
            content: `content_at(edge_px)`.
            edge_px: the longest edge of that size.
            convolution: the method that computes convolutions.

        Raises:
            RecipeError: a style or a region is too small for a layer.
        """
        _, height, width, _ = content.shape
        share = self.painted_share(recipe, height, width)
        bound = objective.build(
            network,
            recipe.objective,
            tf.constant(content),
            [tf.constant(style) for style in self.styles_at(content, recipe, edge_px)],
            self.mixtures(recipe, height, width),
            convolution=convolution,
            plan=plan_of(recipe, height, width, convolution),
            cover=share,
        )
        return replace(bound, is_grey=self.stays_grey(recipe))

    def dissimilarity_to_styles(self, bound: BoundObjective, recipe: Recipe) -> float | None:
        """How dissimilar photograph and styles are, where the recipe adapts the style's weight to it.

        None if it does not, or if there is nothing to adapt or to compare.
        """
        if not (recipe.objective.adaptive_balance and bound.spec.content and bound.spec.style):
            return None
        height, width = bound.size
        shares = [style.weight for style in recipe.styles] or [1.0] * len(self.styles)
        seen = [colours(resize(visible_part(style), width, height)) for style in self.styles]
        found = balance.dissimilarity_to(bound, seen, shares, recipe.objective)
        return found if found > 0 else None

    def stays_grey(self, recipe: Recipe) -> bool:
        """Whether the result is to be grey: all pictures are, and the visitor gave none to start from."""
        return recipe.start != "own" and all(is_grey(picture) for picture in (self.content, *self.styles))

    def start(self, recipe: Recipe, content: Pixels, start: Pixels | None) -> Pixels:
        """The start picture at the first size, [1, H, W, 3] of the size of `content`.

        Args:
            recipe: its `start` and `seed`.
            content: the content at that size.
            start: a picture of any size that replaces the recipe's start, or None; of another shape, its middle is
                used.

        Raises:
            RecipeError: the recipe's start needs a picture, and there is none.
        """
        first = colours(self._start(recipe, content, start))
        return to_grey(first) if self.stays_grey(recipe) else first

    def _start(self, recipe: Recipe, content: Pixels, start: Pixels | None) -> Pixels:
        if start is not None:
            width, height = content.shape[2], content.shape[1]
            return resize(middle_of_shape(start, width, height), width, height)
        if recipe.start in ("fast", "own"):
            needed = "the fast result; choose method balanced" if recipe.start == "fast" else "a picture of your own"
            raise RecipeError(f"start '{recipe.start}' needs {needed}, or start from content or noise")
        if recipe.start != "noise":
            return content
        cover = coverage(self.content)
        return coloured_noise(content, recipe.seed, cover if cover is None else at_size(cover, *content.shape[2:0:-1]))

    def styles_at(self, content: Pixels, recipe: Recipe, edge_px: int) -> list[Pixels]:
        """The styles resized to `style_scale` times the longest edge, never enlarged, or to the content's shape.

        Raises RecipeError if a style is then too small for a layer.
        """
        if recipe.style_shape == "content":
            found = [resize(s, content.shape[2], content.shape[1]) for s in self.styles]
        else:
            edges = [min(max(round(edge_px * recipe.style_scale), 16), max(s.shape[1:3])) for s in self.styles]
            found = [fit(s, edge) for s, edge in zip(self.styles, edges, strict=True)]
        _, style_layers = objective.layers(recipe.objective)
        for style in found:
            check_style_size(recipe.objective.network, style_layers, *style.shape[1:3])
        return found

    def mixtures(self, recipe: Recipe, height: int, width: int) -> list[StyleMixture]:
        """The mixture of styles for the whole picture, or for each region and the rest."""
        shares = [s.weight for s in recipe.styles] or [1.0] * len(self.styles)
        cover = coverage(self.content)
        cover = cover if cover is None else at_size(cover, width, height)
        if not self.masks:
            return [StyleMixture(shares, cover)]
        *regions, rest = partition([at_size(mask, width, height) for mask in self.masks])
        mixtures = [
            StyleMixture(r.shares, region if cover is None else region * cover)
            for r, region in zip(recipe.regions, regions, strict=True)
            if any(r.shares)  # else the region stays a photograph
        ]
        rest = rest if cover is None else rest * cover
        mixtures += [StyleMixture(shares, rest)] if rest.mean() > LEAST_REST_SHARE else []
        # a region may lie where the photograph is clear
        return mixtures if cover is None else [m for m in mixtures if m.region is not None and m.region.any()]


def coloured_noise(like: Pixels, seed: int, cover: Weights | None = None) -> Pixels:
    """Noise with the spectrum of photographs (amplitude ~ 1 / frequency) and the colours of a picture.

    White noise would take many steps to smooth, because the networks were not trained on it.

    Args:
        like: picture [1, H, W, 3]; the source of the size, mean colour and colour covariance.
        seed: seed of the noise; equal seeds and sizes give equal noise.
        cover: the weight of each pixel in mean and covariance, [H, W] in [0, 1]; None weighs each as 1.
    """
    _, height, width, _ = like.shape
    white = np.random.default_rng(seed).standard_normal((height, width, 3))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = 1 / max(height, width)
    pink = np.fft.irfft2(np.fft.rfft2(white, axes=(0, 1)) / frequency[..., None], s=(height, width), axes=(0, 1))
    pink = (pink - pink.mean(axis=(0, 1))) / pink.std(axis=(0, 1))
    of = like.reshape(-1, 3).astype(np.float64)
    weights = None if cover is None else cover.ravel().astype(np.float64)
    values, vectors = np.linalg.eigh(np.cov(of.T, aweights=weights, ddof=None if weights is None else 0))
    root = (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    return np.asarray(np.clip(pink @ root + np.average(of, axis=0, weights=weights), 0, 1)[None], np.float32)

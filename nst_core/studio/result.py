"""The result of a run: its picture, curve, measures and file."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from nst_core.picture.coverage import covered
from nst_core.picture.decode import Bytes
from nst_core.picture.encode import to_image, to_png
from nst_core.picture.resize import resize_plane
from nst_core.recipe import Recipe
from nst_core.runs import result_file, runner
from nst_core.runs.curve import CurvePoint
from nst_core.runs.inputs import RunInputs
from nst_core.step import Pixels
from nst_core.studio import figure
from nst_core.studio.quiet import load_tensorflow
from nst_core.studio.sheet import figure_html


@dataclass(frozen=True)
class Result:
    """The best picture of a run, with its curve and measures. A notebook shows the picture with its figures.

    Attributes:
        pixels: the picture, [1, H, W, 3] in [0, 1].
        recipe: every setting of the run, the pictures' hashes, and the weights and device that it used.
        points: the curve, a point for each step.
        losses: the losses of the picture, by term; empty for the fast method.
        seconds: `load`, `compile` and `run`, which contains `compile`.
        stopped: whether the run ended before its last step: interrupted, diverged, or left by its caller.
        notes: sentences for the user, such as why it ended early.
        inputs: the pictures that the run was given.
    """

    pixels: Pixels = field(repr=False, compare=False)
    recipe: Recipe = field(repr=False)
    points: tuple[CurvePoint, ...] = field(repr=False)
    losses: Mapping[str, float]
    seconds: Mapping[str, float]
    stopped: bool
    notes: tuple[str, ...]
    inputs: RunInputs = field(repr=False, compare=False)

    @property
    def picture(self) -> Image.Image:
        """The picture as a Pillow image, RGBA if the photograph has transparency."""
        image, alpha = to_image(self.pixels), self._alpha()
        if alpha is not None:
            image.putalpha(Image.fromarray(alpha).resize(image.size, Image.Resampling.BILINEAR))
        return image

    @property
    def shown(self) -> Pixels:
        """The pixels for display: [1, H, W, 3], or [1, H, W, 4] with the coverage of the photograph."""
        alpha = self._alpha()
        if alpha is None:
            return self.pixels
        cover = alpha.astype(np.float32) / np.float32(255)
        return covered(self.pixels, resize_plane(cover, self.pixels.shape[2], self.pixels.shape[1]))

    @property
    def curve(self) -> dict[str, list[float]]:
        """The curve as columns of one length, ready for any table: `step`, `seconds`, and one for each loss."""
        terms = list(dict.fromkeys(term for point in self.points for term in point.losses))
        return {
            "step": [point.step for point in self.points],
            "seconds": [point.seconds for point in self.points],
            **{term: [point.losses.get(term, float("nan")) for point in self.points] for term in terms},
        }

    def metrics(self) -> dict[str, Any]:
        """The yardstick's measures of the picture, the same for every method; see `nst_core.metrics.yardstick`.

        Computed once, in some seconds. Raises WeightsError if no source gives VGG-19.
        """
        return self._metrics

    @cached_property
    def _metrics(self) -> dict[str, Any]:
        load_tensorflow()
        styles = [style.covered() for style in self.inputs.styles]
        return runner.measures(self.inputs.content.covered(), styles, self.recipe, self.pixels)

    def figure(self) -> Any:
        """The loss curves as a `plotly.graph_objects.Figure`."""
        from plotly.graph_objects import Figure

        return Figure(figure.loss_figure(self.points, self.points[-1].step))

    def save(self, path: str | Path) -> Path:
        """Write the picture to a .png, .webp or .jpg file; PNG and WebP contain the recipe and the content's alpha.

        JPEG has no transparency: clear parts become white, and a warning says so.

        Raises PictureError if the file cannot be written or has another ending.
        """
        path = Path(path).expanduser()
        encode = result_file.encoder(path)
        result_file.check_writable(path)
        result_file.write(path, encode(self.pixels, self.recipe, self._alpha()))
        if lost := result_file.loses(path, self._alpha()):
            warnings.warn(lost, stacklevel=2)
        return path

    def summary(self) -> str:
        """One line: method, size, step, seconds and loss."""
        _, height, width, _ = self.pixels.shape
        steps = f", {self.points[-1].step} steps" if self.recipe.method != "fast" else ""
        loss = f", loss {self.losses['total']:.4g}" if "total" in self.losses else ""
        ended = ", stopped early" if self.stopped else ""
        return f"{self.recipe.method}, {width} x {height} px{steps}, {self.seconds['run']:.1f} s{loss}{ended}"

    def _alpha(self) -> Bytes | None:
        return runner.result_alpha(self.inputs.content.alpha, self.recipe)

    def _repr_png_(self) -> bytes:
        return to_png(self.pixels, self.recipe.to_json(), self._alpha())

    def _repr_html_(self) -> str:
        lines = (self.summary(), *self.notes)
        return figure_html(self.shown, "<br>".join(map(escape, lines)), alt=f"result of a run: {self.summary()}")


def curves(results: Mapping[str, Result]) -> Any:
    """The total losses of several runs over their seconds, as a `plotly.graph_objects.Figure`.

    Args:
        results: title -> result. Totals can be compared only between runs with the same weights, layers and loss units.
    """
    from plotly.graph_objects import Figure

    return Figure(figure.comparison_figure({title: result.points for title, result in results.items()}))

"""Compare a small run with the full one: the same recipe at two sizes, measured at the small one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nst_core.metrics import yardstick
from nst_core.picture.masks import Weights
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe, change
from nst_core.runs import runner
from nst_core.step import Pixels, Step


def compare(  # noqa: PLR0913 - the arguments of run_recipe
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    edge_px: int = 256,
    *,
    start: Pixels | None = None,
    masks: Sequence[Weights] = (),
) -> tuple[Pixels, Pixels, dict[str, Any]]:
    """Run a recipe at `edge_px` and at its own size.

    Args:
        content: the original, [1, H, W, 3] in [0, 1].
        styles: the originals.
        recipe: every setting; its `longest_edge_px` is the full size.
        edge_px: longest edge of the preview.
        start, masks: as in `runner.run_recipe`.

    Returns:
        The preview, the full result and a report. In the report, `preview` and `full` are the yardstick's measures,
        both at the preview's size; `ratios` are those of `full` over those of `preview`; `ssim` and `colour` compare
        the two pictures (1 and 0 if they are equal).
    """

    def run(settings: Recipe) -> Pixels:
        return _last_picture(runner.run_recipe(content, styles, runner.prepare(settings), start=start, masks=masks))

    cropped = runner.crop_styles(styles, recipe)
    small, full = run(change(recipe, {"longest_edge_px": edge_px})), run(recipe)
    fitted = fit(full, max(small.shape[1:3]))
    pictures = {"preview": small, "full": fitted}
    shares = [s.weight for s in recipe.styles]
    measures = {name: yardstick.measure(picture, content, cropped, shares) for name, picture in pictures.items()}
    between = yardstick.measure(fitted, small, [small])
    return (
        small,
        full,
        {
            **measures,
            "ratios": dict(_ratios(measures["full"], measures["preview"])),
            "ssim": between["ssim"],
            "colour": between["colour"],
        },
    )


def _last_picture(steps: Iterator[Step]) -> Pixels:
    picture = None
    for step in steps:
        picture = step.picture if step.picture is not None else picture
    if picture is None:
        raise ValueError("a run must end with a picture")
    return picture


def _ratios(above: Mapping[str, Any], below: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    """Each number of `above` divided by the one at the same path of `below`."""
    for name, value in below.items():
        if isinstance(value, Mapping):
            yield from _ratios(above[name], value, f"{path}{name}/")
        elif isinstance(value, float) and value > 0:
            yield f"{path}{name}", round(above[name] / value, 3)

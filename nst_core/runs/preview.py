"""How far a small run foretells a large one: one recipe at both sizes, judged by one yardstick at the small one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nst_core.metrics import yardstick
from nst_core.picture.masks import Weights
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe, change
from nst_core.runs import runner
from nst_core.step import Pixels, Step


def compare(  # noqa: PLR0913 - what a run is played from
    content: Pixels,
    styles: Sequence[Pixels],
    recipe: Recipe,
    edge_px: int = 256,
    *,
    start: Pixels | None = None,
    masks: Sequence[Weights] = (),
) -> tuple[Pixels, Pixels, dict[str, Any]]:
    """Play a recipe at `edge_px` and at its own size.

    Args:
        content: the original, [1, H, W, 3] in [0, 1].
        styles: the originals.
        recipe: every setting; its `longest_edge_px` is the full size.
        edge_px: longest edge of the preview.
        start, masks: as in `player.play`.

    Returns:
        The preview, the full result, and how they differ: `preview` and `full` hold the yardstick's measures, both at
        the preview's size; `ratios` the full one's over the preview's for every distance; `ssim` and `colour` compare
        the two pictures with each other (1 and 0 if equal).
    """

    def played(wanted: Recipe) -> Pixels:
        return _last_picture(runner.run_recipe(content, styles, runner.prepare(wanted), start=start, masks=masks))

    framed = runner.crop_styles(styles, recipe)
    small, full = played(change(recipe, {"longest_edge_px": edge_px})), played(recipe)
    fitted = fit(full, max(small.shape[1:3]))
    seen = {"preview": small, "full": fitted}
    shares = [s.weight for s in recipe.styles]
    measures = {name: yardstick.measure(picture, content, framed, shares) for name, picture in seen.items()}
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
    """Every number of one report over the same of the other, by its path."""
    for name, value in below.items():
        if isinstance(value, Mapping):
            yield from _ratios(above[name], value, f"{path}{name}/")
        elif isinstance(value, float) and value > 0:
            yield f"{path}{name}", round(above[name] / value, 3)

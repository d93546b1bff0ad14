"""Time to the same loss: the tutorial's own loop against `tutorial-quick`, on one objective. `bench race` runs it."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

from nst_core.recipe import Recipe, change, make
from nst_core.runs import runner
from nst_core.step import Pixels, Step

WITHIN = 1.01
"""A loss within this factor of the reference's last loss counts as reached."""
STEPS = 1000


def run(
    pairs: Mapping[str, tuple[Pixels, Pixels]], sizes: Sequence[int], timed: int | None = None, steps: int = STEPS
) -> dict[str, Any]:
    """Run the tutorial's loop (the reference) and `tutorial-quick` on every pair and size.

    Args:
        pairs: name -> (content, style), each [1, H, W, 3] in [0, 1].
        sizes: longest edges, in pixels.
        timed: if set, only so many steps of the reference are timed, and its total time is extrapolated: `steps` times
            the median step. Its losses then come from the same loop with compiled convolutions, which differ by
            rounding. The report marks such a row as `reckoned`. By default the reference runs to its end.
        steps: of the reference.

    Returns:
        `races`, for each pair and size: `reference` {loss, seconds, seconds_a_step, reckoned, curve}, `quick` {loss,
        reached, seconds, evaluations, seconds_an_evaluation, curve}, `ratio` of the seconds (loading excluded,
        compiling included) and `evaluations_ratio`, both None if the loss was not reached. Curves are [evaluations,
        seconds, total loss] points. Losses are computed in float32 by direct convolutions.
    """
    rows = []
    for (name, (content, style)), size in itertools.product(pairs.items(), sizes):
        reference = _reference(content, style, size, timed, steps)
        quick = _quick(content, style, size, WITHIN * reference["loss"])
        rows.append(
            {
                "pair": name,
                "size": size,
                "reference": reference,
                "quick": quick,
                "ratio": reference["seconds"] / quick["seconds"] if quick["reached"] else None,
                "evaluations_ratio": steps / quick["evaluations"] if quick["reached"] else None,
            }
        )
    return {"within": WITHIN, "steps": steps, "races": rows}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["pair | px | tutorial: loss, s | quick: loss, s, evaluations | times as fast"]
    for row in report["races"]:
        slow, quick = row["reference"], row["quick"]
        mark = " (reckoned)" if slow["reckoned"] else ""
        ratio = f"{row['ratio']:.1f}" if row["ratio"] else "not reached"
        lines.append(
            f"{row['pair']} | {row['size']} | {slow['loss']:.4g}, {slow['seconds']:.0f}{mark} | "
            f"{quick['loss']:.4g}, {quick['seconds']:.0f}, {quick['evaluations']} | {ratio}"
        )
    return "\n".join(lines)


def _reference(content: Pixels, style: Pixels, size: int, timed: int | None, steps: int) -> dict[str, Any]:
    """Losses and time of the tutorial's loop."""
    settings = {"longest_edge_px": size, "steps": steps, "snapshot_every": 1000}
    if timed is None:
        curve = _curve(_run(content, style, make("tutorial", settings)))
        seconds = curve[-1][1]
    else:
        stamps = [step.seconds for step in _run(content, style, make("tutorial", settings | {"steps": timed}))]
        each = statistics.median(b - a for a, b in itertools.pairwise(stamps))
        curve = _curve(_run(content, style, make("tutorial", settings | {"convolutions": "winograd"})))
        seconds = each * steps
    return {
        "loss": curve[-1][2],
        "seconds": seconds,
        "seconds_a_step": seconds / steps,
        "reckoned": timed is not None,
        "curve": curve[:: max(1, steps // 100)],
    }


def _quick(content: Pixels, style: Pixels, size: int, goal: float) -> dict[str, Any]:
    """Run `tutorial-quick` until its loss, computed in float32 by direct convolutions, is at most `goal`."""
    recipe = runner.prepare(make("tutorial-quick", {"longest_edge_px": size, "snapshot_every": 1000}))
    exact = change(recipe, {"convolutions": "direct", "start": "own", "steps": 1, "precision": "float32"})
    curve, loss, last = [], float("inf"), None
    began = time.perf_counter()
    excluded = 0.0
    for last in runner.run_recipe(content, [style], recipe):
        curve.append([last.evaluations, time.perf_counter() - began - excluded, last.losses["total"]])
        if last.losses["total"] > goal:
            continue
        paused = time.perf_counter()  # computing the exact loss is the benchmark's work, not the run's
        loss = _loss(content, style, exact, runner.result_picture(last, content, recipe))
        excluded += time.perf_counter() - paused
        if loss <= goal:
            break
    evaluations, seconds, _ = curve[-1]
    return {
        "loss": loss,
        "reached": loss <= goal,
        "seconds": seconds,
        "evaluations": evaluations,
        "seconds_an_evaluation": seconds / evaluations,
        "curve": curve,
    }


def _loss(content: Pixels, style: Pixels, recipe: Recipe, picture: Pixels) -> float:
    """The total loss of a picture under a recipe's objective."""
    first = next(runner.run_recipe(content, [style], recipe, start=picture))
    return float(first.losses["total"])


def _run(content: Pixels, style: Pixels, recipe: Recipe) -> Any:
    return runner.run_recipe(content, [style], runner.prepare(recipe))


def _curve(steps: Any) -> list[list[float]]:
    def point(step: Step) -> list[float]:
        return [step.evaluations, step.seconds, step.losses["total"]]

    return [point(step) for step in steps]

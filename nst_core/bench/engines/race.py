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
"""How near the loss of the reference's last step counts as reached."""
STEPS = 1000


def run(
    pairs: Mapping[str, tuple[Pixels, Pixels]], sizes: Sequence[int], timed: int | None = None, steps: int = STEPS
) -> dict[str, Any]:
    """Both roads on every pair and size.

    Args:
        pairs: name -> (content, style), each [1, H, W, 3] in [0, 1].
        sizes: longest edges, in pixels.
        timed: if set, only so many steps of the reference run as the tutorial has it, for their time; its losses then
            come from the same loop with compiled convolutions, which differ by rounding, and its time is `steps` times
            the median step. The report says so. By default the reference runs whole.
        steps: of the reference.

    Returns:
        For each pair and size: `reference` {loss, seconds, seconds_a_step, reckoned, curve}, `quick` {loss, seconds,
        evaluations, seconds_an_evaluation, curve}, `ratio` of the seconds (loading excluded, compiling included) and
        `evaluations_ratio`. Curves are [evaluations, seconds, total loss] points. Losses are float32 and direct.
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
    """The report as lines for people."""
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
    settings = {"longest_edge_px": size, "steps": steps, "snapshot_every": 1000}
    if timed is None:
        curve = _curve(_play(content, style, make("tutorial", settings)))
        seconds = curve[-1][1]
    else:
        paced = [s.seconds for s in _play(content, style, make("tutorial", settings | {"steps": timed}))]
        each = statistics.median(b - a for a, b in itertools.pairwise(paced))
        curve = _curve(_play(content, style, make("tutorial", settings | {"convolutions": "winograd"})))
        seconds = each * steps
    return {
        "loss": curve[-1][2],
        "seconds": seconds,
        "seconds_a_step": seconds / steps,
        "reckoned": timed is not None,
        "curve": curve[:: max(1, steps // 100)],
    }


def _quick(content: Pixels, style: Pixels, size: int, goal: float) -> dict[str, Any]:
    """Until the goal is reached by the direct float32 objective, whatever the run itself computes with."""
    recipe = runner.prepare(make("tutorial-quick", {"longest_edge_px": size, "snapshot_every": 1000}))
    judge = change(recipe, {"convolutions": "direct", "start": "own", "steps": 1, "precision": "float32"})
    curve, loss, last = [], float("inf"), None
    began = time.perf_counter()
    judging = 0.0
    for last in runner.run_recipe(content, [style], recipe):
        curve.append([last.evaluations, time.perf_counter() - began - judging, last.losses["total"]])
        if last.losses["total"] > goal:
            continue
        paused = time.perf_counter()  # what judging takes is the bench's, not the run's
        loss = _judged(content, style, judge, runner.picture_of(last, content, recipe))
        judging += time.perf_counter() - paused
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


def _judged(content: Pixels, style: Pixels, recipe: Recipe, picture: Pixels) -> float:
    first = next(runner.run_recipe(content, [style], recipe, start=picture))
    return float(first.losses["total"])


def _play(content: Pixels, style: Pixels, recipe: Recipe) -> Any:
    return runner.run_recipe(content, [style], runner.prepare(recipe))


def _curve(steps: Any) -> list[list[float]]:
    def point(step: Step) -> list[float]:
        return [step.evaluations, step.seconds, step.losses["total"]]

    return [point(step) for step in steps]

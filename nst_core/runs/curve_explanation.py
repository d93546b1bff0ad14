"""Explains a loss curve in plain sentences, computed from its points: fall, sizes, events, layers, and what is left."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from nst_core.runs.curve import CurvePoint

LAST_SHARE = 0.2
"""Share of the last size's steps that "at the end" means."""
STILL = 0.01
"""A relative change of less than this counts as standing still."""
MOST_OF_FALL = 0.9
_MOST_EVENTS = 3
"""Events of one kind that are named by their steps; more are counted."""


def explained(points: Sequence[CurvePoint], *, is_over: bool = True) -> list[str]:
    """The sentences for a run of many steps, in the order of time; none for less than two points.

    Args:
        points: the curve. Losses that are missing or not finite are left out.
        is_over: whether no further point will come.
    """
    points = [point for point in points if math.isfinite(point.losses.get("total", math.nan))]
    if len(points) < 2:
        return []
    return [*_fall(points), *_distances(points), *_sizes(points), *_events(points), *_end(points, is_over=is_over)]


def explained_film(points: Sequence[CurvePoint]) -> list[str]:
    """The sentences for a film, whose points are frames; none for less than two."""
    sentences = []
    for term, words in (("style", "style distance"), ("temporal", "difference from the frame before, moved along")):
        values = [value for point in points if math.isfinite(value := point.losses.get(term, math.nan))]
        if len(values) < 2:
            continue
        middle = sorted(values)[len(values) // 2]
        jumps = [p.step for p in points if middle > 0 and p.losses.get(term, 0.0) > 2 * middle]
        text = f"Over {len(values):,} frames the {words} has a median of {_number(middle)}"
        if jumps:
            text += f" and is more than twice as large at {_steps(jumps, 'frame')}"
        sentences.append(f"{text}.")
    return sentences


def unweighted(points: Sequence[CurvePoint], term: str) -> list[float]:
    """A term's losses without its weights; with them where the weights are unknown, NaN where it is missing."""
    weights: Mapping[str, float] = {}
    found = []
    for point in points:
        weights = point.weights or weights
        weight = weights.get(term, 1.0) if weights else 1.0
        value = point.losses.get(term, math.nan)
        found.append(value / weight if weight else math.nan)
    return found


def _fall(points: Sequence[CurvePoint]) -> Iterator[str]:
    totals = [point.losses["total"] for point in points]
    first, last = totals[0], totals[-1]
    if last >= first:
        yield f"The total is {_number(last)} at the end and was {_number(first)} at the start: it did not fall."
        return
    fall = f"from {_number(first)} to {_number(last)}, {_percent(last / first)} of it"
    yield f"In {points[-1].step:,} steps the total fell {fall}."
    goal = first - MOST_OF_FALL * (first - min(totals))
    early = next(point for point, total in zip(points, totals, strict=True) if total <= goal)
    if early.step < 0.5 * points[-1].step:
        yield f"Nine tenths of the fall were done at step {early.step:,}: the rest of the time went into details."


def _distances(points: Sequence[CurvePoint]) -> Iterator[str]:
    content, style = unweighted(points, "content"), unweighted(points, "style")
    if _known(style) and style[0] > 0:
        rest = _percent(style[-1] / style[0])
        yield f"The style distance alone, without its weight, came down to {rest} of its first value."
    if _known(content) and content[-1] > 0:
        if content[0] < STILL * content[-1]:
            yield "The content distance rose from 0: the picture began as the photograph and left it step by step."
        elif content[-1] < content[0]:
            yield f"The content distance came down to {_percent(content[-1] / content[0])}: the photograph took shape."


def _sizes(points: Sequence[CurvePoint]) -> Iterator[str]:
    begins = [
        points[0],
        *(now for before, now in pairwise(points) if now.scale_px != before.scale_px),
    ]
    if len(begins) > 1:
        sizes = _listed([f"{point.scale_px:,}" for point in begins])
        yield (
            f"It was painted at {len(begins)} sizes, {sizes} px. Where a size begins, at "
            f"{_steps([point.step for point in begins[1:]])}, the losses jump: a larger picture has details to paint."
        )


def _events(points: Sequence[CurvePoint]) -> Iterator[str]:
    kinds = {
        "plateau": "The loss stood still at {}, which ended that size early.",
        "rolled back": "The loss rose too far at {}; the run went back and took smaller steps.",
        "handed over": "L-BFGS handed over to Adam at {}, because the picture is grainy.",
        "steered": "Settings were changed at {}; losses before and after it have other weights.",
    }
    for start, text in kinds.items():
        if steps := [point.step for point in points if any(event.startswith(start) for event in point.events)]:
            yield text.format(_steps(steps))


def _end(points: Sequence[CurvePoint], *, is_over: bool) -> Iterator[str]:
    last_size = [point for point in points if point.scale_px == points[-1].scale_px]
    span = last_size[-max(2, math.ceil(LAST_SHARE * len(last_size))) :]
    if len(last_size) < 5:
        return
    steps = span[-1].step - span[0].step
    before, now = span[0].losses["total"], span[-1].losses["total"]
    fell = 1 - now / before if before > 0 else 0.0
    more = "More steps would change little." if is_over else "It may not change much any more."
    if fell >= STILL:
        more = "More steps would bring it further." if is_over else "It is still at work."
    change = f"fell by {_percent(fell)}" if fell > 0 else "did not fall"
    yield f"In the last {steps:,} steps the total {change}. {more}"
    yield from _layers(points, len(span))


def _layers(points: Sequence[CurvePoint], last: int) -> Iterator[str]:
    """Which layers of the style still move in the last points."""
    names = [name for name in points[-1].losses if name.startswith("style/")]
    ends = {name: unweighted(points, name)[-last:] for name in names}
    moved = {n.removeprefix("style/"): 1 - v[-1] / v[0] for n, v in ends.items() if _known(v) and v[0] > 0}
    if len(moved) < 2:
        return
    most, least = max(moved, key=lambda name: abs(moved[name])), min(moved, key=lambda name: abs(moved[name]))
    if abs(moved[most]) < STILL:
        yield "No layer of the style moves any more."
        return
    verb = "falls" if moved[most] > 0 else "rises"
    yield (
        f"Of the style's layers {most} moves most there: it {verb} by {_percent(abs(moved[most]))}; "
        f"{least} moves least, by {_percent(abs(moved[least]))}."
    )


def _known(values: Sequence[float]) -> bool:
    return math.isfinite(values[0]) and math.isfinite(values[-1])


def _steps(steps: Sequence[int], word: str = "step") -> str:
    """Steps in words: named if they are few, else the first and their number."""
    if len(steps) > _MOST_EVENTS:
        return f"{len(steps)} {word}s, first at {steps[0]:,}"
    return f"{word}{'s' if len(steps) > 1 else ''} {_listed([f'{step:,}' for step in steps])}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

"""A curve is explained by what its points show: each sentence by a curve of known shape."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from nst_core.runs.curve import CurvePoint
from nst_core.runs.curve_explanation import explained, explained_film, unweighted


def curve(totals: list[float], **more: Sequence[object]) -> list[CurvePoint]:
    points = []
    for step, total in enumerate(totals):
        values = {name: column[step] for name, column in more.items()}
        losses = {"total": total, **(values.pop("losses", None) or {})}  # type: ignore[dict-item]
        points.append(CurvePoint(step, float(step), losses, **{"scale_px": 64, **values}))  # type: ignore[arg-type]
    return points


def text(points: list[CurvePoint], *, is_over: bool = True) -> str:
    return " ".join(explained(points, is_over=is_over))


def test_a_fall_is_told_with_its_share_and_when_most_of_it_was_done() -> None:
    points = curve([1000.0, 300, 90, 60, *[50 + 10 * 0.5**n for n in range(36)]])
    assert "In 39 steps the total fell from 1,000 to 50, 5 % of it." in text(points)
    assert "Nine tenths of the fall were done at step 2:" in text(points)
    assert "Nine tenths" not in text(curve([100.0 - n for n in range(100)]))


def test_a_curve_that_rises_is_not_called_a_fall() -> None:
    assert "it did not fall" in text(curve([1.0, 2, 3]))


@pytest.mark.parametrize("totals", [[], [1.0], [math.nan, math.inf]])
def test_too_few_points_have_no_explanation(totals: list[float]) -> None:
    assert explained(curve(totals)) == []
    assert explained_film(curve(totals)) == []


def test_sizes_and_their_jumps_are_named() -> None:
    points = curve([9.0, 8, 7, 9, 6, 5], scale_px=[64, 64, 64, 91, 91, 128])
    assert "at 3 sizes, 64, 91 and 128 px" in text(points)
    assert "at steps 3 and 5," in text(points)
    assert "sizes" not in text(curve([2.0, 1]))


def test_the_end_tells_whether_more_steps_would_help() -> None:
    still = curve([100.0, *[50.0] * 20])
    assert "More steps would change little." in text(still)
    assert "It may not change much any more." in text(still, is_over=False)
    falling = curve([100.0 * 0.97**n for n in range(60)])
    assert "More steps would bring it further." in text(falling)
    assert "It is still at work." in text(falling, is_over=False)


def test_the_layer_that_still_moves_is_named_whatever_its_weight() -> None:
    """The weight of a layer is halved on the way: its loss falls by half, and its distance does not."""
    count = 40
    moving = [0.99**n for n in range(count)]
    weights = [{"style/a": 2.0, "style/b": 4.0}] + [{}] * (count - 3) + [{"style/a": 2.0, "style/b": 2.0}] + [{}]
    in_force = [4.0] * (count - 2) + [2.0] * 2
    losses = [{"style/a": 2 * m, "style/b": w * 3} for m, w in zip(moving, in_force, strict=True)]
    points = curve([50.0 - n for n in range(count)], losses=losses, weights=weights)
    assert set(unweighted(points, "style/b")) == {3.0}
    assert "Of the style's layers a moves most there: it falls by 6.8 %; b moves least, by 0 %." in text(points)


def test_distances_are_told_without_their_weights() -> None:
    losses = [{"content": 0.5 * n, "style": 100.0 / (n + 1)} for n in range(10)]
    points = curve([100.0 - n for n in range(10)], losses=losses)
    assert "came down to 10 % of its first value" in text(points)
    assert "The content distance rose from 0" in text(points)
    from_noise = [{"content": 100.0 / (n + 1)} for n in range(10)]
    assert "came down to 10 %: the photograph took shape" in text(
        curve([100.0 - n for n in range(10)], losses=from_noise)
    )


def test_events_are_named_by_their_steps_and_counted_when_they_are_many() -> None:
    events = [(), ("rolled back: x",), (), ("steered content_weight 2",), ("rolled back: y", "plateau")]
    said = text(curve([5.0, 4, 3, 2, 1], events=events))
    assert "rose too far at steps 1 and 4" in said
    assert "Settings were changed at step 3" in said
    assert "stood still at step 4" in said
    many = text(curve([10.0 - n for n in range(8)], events=[("plateau",)] * 8))
    assert "at 8 steps, first at 0" in many


def test_a_film_is_told_by_its_frames() -> None:
    losses = [{"style": 1.0 + 2 * (n == 7), "temporal": 0.1} for n in range(11)]
    said = explained_film(curve([1.0] * 11, losses=losses))
    assert said[0] == "Over 11 frames the style distance has a median of 1 and is more than twice as large at frame 7."
    assert said[1].endswith("moved along has a median of 0.1.")

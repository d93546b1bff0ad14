"""The three runs of Compare: their recipes, and their submission with one click."""

from __future__ import annotations

from collections.abc import Mapping

from nst_core.jobs.service import FollowUps
from nst_core.recipe import Recipe, change, make
from pages.parts.app import service, session, visitor
from pages.parts.inputs import own_start
from pages.parts.runs import submit

METHODS = ("fast", "balanced", "slow")
"""In the order of painting, the quickest first; also their names in the address."""


def recipes_of(slow: Recipe) -> dict[str, Recipe]:
    """A recipe for each method, with the same size, colours and style scale.

    Balanced has the slow run's objective, and the slow run measures the fast result by it, so that the totals of all
    three can be compared.
    """
    fast = _with_settings_of(slow, make(settings={"method": "fast"}), ("longest_edge_px", "style_scale", "colour"))
    shared = (
        *("preset", "longest_edge_px", "style_scale", "style_shape", "colour", "objective", "precision", "memory_mb"),
    )
    balanced = _with_settings_of(slow, make(settings={"method": "balanced"}), shared)
    return {"fast": fast, "balanced": balanced, "slow": slow}


def submit_all(page: str, recipes: Mapping[str, Recipe]) -> bool:
    """Submit the first run, and the others as soon as the queue has room.

    A visitor may have fewer than three places, in particular while the networks are loading or others are painting.
    Returns False, with the reason on the page, if the first run is refused.
    """
    first, *later = METHODS
    if not submit.submit(page, {first: recipes[first]}):
        return False
    session.forget(page, *later)
    follow_ups = FollowUps(
        first,
        session.current(page, first) or "",
        {name: recipes[name] for name in later},
        owner=visitor.owner(),
        start=own_start.picture(page),
    )
    service.get().followups.add(follow_ups)
    submit_waiting(page)
    return True


def submit_waiting(page: str) -> FollowUps | None:
    """Submit the waiting runs that have room now, and put them into the address; None if there are no follow-ups."""
    leader = session.current(page, METHODS[0])
    follow_ups = service.get().followups.advance(leader) if leader else None
    if follow_ups is None:
        return None
    for name, job in follow_ups.jobs.items():
        if not session.current(page, name):
            session.remember(page, job, name)
    return follow_ups


def _with_settings_of(model: Recipe, recipe: Recipe, names: tuple[str, ...]) -> Recipe:
    """`recipe` with the named settings of `model`."""
    plain = model.model_dump()
    return change(recipe, {name: plain[name] for name in names})

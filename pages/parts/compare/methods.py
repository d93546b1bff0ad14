"""The three runs of Compare: what each goes by, and how all of them are handed in with one click."""

from __future__ import annotations

from collections.abc import Mapping

from nst_core.jobs.followups import FollowUps
from nst_core.recipe import Recipe, change, make
from pages.parts.app import service, session, visitor
from pages.parts.inputs import own_start
from pages.parts.runs import submit

NAMES = ("fast", "balanced", "slow")
"""In the order that they are painted in, the quickest first; also their names in the address."""


def recipes_of(slow: Recipe) -> dict[str, Recipe]:
    """The three methods on equal terms: the same size, colours and look at the style.

    Balanced has the slow run's objective, and the slow run judges the fast result by it, so that the totals of all
    three can be compared.
    """
    fast = _like(slow, make(settings={"method": "fast"}), ("longest_edge_px", "style_scale", "colour"))
    shared = (
        *("preset", "longest_edge_px", "style_scale", "style_shape", "colour", "objective", "precision", "memory_mb"),
    )
    balanced = _like(slow, make(settings={"method": "balanced"}), shared)
    return {"fast": fast, "balanced": balanced, "slow": slow}


def hand_in(page: str, recipes: Mapping[str, Recipe]) -> bool:
    """Submit the first, and the others as soon as there is room; False, with the reason on the page, if refused.

    A visitor may have fewer places than three, in particular while the networks are loading or others are painting.
    """
    first, *others = NAMES
    if not submit.submit(page, {first: recipes[first]}):
        return False
    session.forget(page, *others)
    follow_ups = FollowUps(
        first,
        session.current(page, first) or "",
        {name: recipes[name] for name in others},
        visitor=visitor.name(),
        start=own_start.picture(page),
    )
    service.get().followups.add(follow_ups)
    move_on(page)
    return True


def move_on(page: str) -> FollowUps | None:
    """Hand in what there is room for now, and bring new runs into the address; None if nothing is known to follow."""
    leader = session.current(page, NAMES[0])
    follow_ups = service.get().followups.advance(leader) if leader else None
    if follow_ups is None:
        return None
    for name, job in follow_ups.jobs.items():
        if not session.current(page, name):
            session.remember(page, job, name)
    return follow_ups


def _like(model: Recipe, recipe: Recipe, names: tuple[str, ...]) -> Recipe:
    """A recipe with some settings of another."""
    plain = model.model_dump()
    return change(recipe, {name: plain[name] for name in names})

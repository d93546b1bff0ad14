"""Runs that follow another one: of the same pictures, handed in as a visitor's places allow.

They belong to the server, under the id of the run that they follow, so that a refresh loses none of them; whoever looks
at them moves them on. `followups_kept` writes them down.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Generic, TypeVar

from nst_core.errors import NSTError, QueueFullError
from nst_core.recipe import Recipe, change

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService
    from nst_core.picture.upload import Picture

MOST = 64
"""How many of a kind the server remembers; the oldest is forgotten first."""

T = TypeVar("T")


class FollowUps:
    """Recipes by name, those still to be handed in and those that are runs already.

    Attributes:
        name: what the leader is called.
        leader: the run whose pictures, style mix and regions all of them have.
        jobs: name -> run, the leader among them.
        refused: name -> why the desk would not have it.
        visitor: whose they are.
        start: the picture of those of start "own".
    """

    def __init__(
        self, name: str, leader: str, recipes: Mapping[str, Recipe], *, visitor: str, start: Picture | None = None
    ) -> None:
        """Of a run called `name`; `start` is for those of start "own"."""
        self.name, self.leader = name, leader
        self.jobs = {name: leader}
        self.refused: dict[str, str] = {}
        self._waiting = dict(recipes)
        self.visitor, self.start = visitor, start
        self._lock = threading.Lock()  # several tabs may look at once

    @property
    def waiting(self) -> Mapping[str, Recipe]:
        """Those not handed in yet, in their order."""
        return dict(self._waiting)

    def advance(self, office: JobService) -> bool:
        """Hand in what there is room for now; whether anything changed."""
        with self._lock:
            before = len(self._waiting)
            for name, recipe in self.waiting.items():
                try:
                    self.jobs[name] = self._hand_in(office, recipe)
                except QueueFullError:
                    break
                except NSTError as error:
                    self.refused[name] = str(error)
                del self._waiting[name]
            return len(self._waiting) < before

    def _hand_in(self, office: JobService, recipe: Recipe) -> str:
        pictures, led = office.inputs(self.leader), office.view(self.leader).recipe
        same = {
            "styles": [style.model_dump() for style in led.styles],
            "regions": [region.model_dump() for region in led.regions],
        }
        return office.submit(
            change(recipe, same),
            pictures.content,
            pictures.styles,
            start=self.start if recipe.start == "own" else None,
            masks=pictures.masks,
            visitor=self.visitor,
        )


class BoundedCache(Generic[T]):
    """What the server remembers of a kind, by the id of a run; bounded."""

    def __init__(self, most: int = MOST) -> None:
        self._things: dict[str, T] = {}
        self._most = most
        self._lock = threading.Lock()

    def put(self, key: str, thing: T) -> None:
        """Remember, and forget the oldest if there are too many."""
        with self._lock:
            self._put(key, thing)

    def get(self, key: str | None, restore: Callable[[], T | None] | None = None) -> T | None:
        """What stands under a key, if anything does; else what `restore` makes of it, once for all who ask."""
        with self._lock:
            found = self._things.get(key or "")
            if found is None and key and restore and (found := restore()) is not None:
                self._put(key, found)
            return found

    def _put(self, key: str, thing: T) -> None:
        self._things.pop(key, None)
        self._things[key] = thing
        while len(self._things) > self._most:
            del self._things[next(iter(self._things))]

    def values(self) -> list[T]:
        """All of them, the oldest first."""
        with self._lock:
            return list(self._things.values())

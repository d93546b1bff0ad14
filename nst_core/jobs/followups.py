"""Runs that follow another one, of the same pictures: each is submitted as soon as the queue has room for it.

They belong to the server, under the id of the run that they follow, so that a reload of the page loses none of them. If
there is a disk, they survive a restart of the server too.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from nst_core.errors import JobError, NSTError, QueueFullError, RecipeError
from nst_core.jobs import input_files
from nst_core.jobs.blobs import keep_newest, read_or_none
from nst_core.jobs.owners import STORED_FIELD, remove_secrets, stored_owner
from nst_core.picture.upload import Picture
from nst_core.recipe import Recipe, change, recipe_from_json
from nst_core.system.bounded_cache import BoundedCache

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService

MAX_LEADERS = 64
"""The most leaders whose follow-ups are kept, in memory and on the disk; the oldest are dropped first."""
FOLDER = "follow-ups"
"""The folder of the stored follow-ups."""
_FILE = "left.json"


class FollowUps:
    """The runs that follow one leader, by name.

    Attributes:
        name: the leader's name.
        leader: the run whose pictures, styles and regions all of them share.
        jobs: name -> submitted run, the leader among them.
        refused: name -> why the job service refused it.
        owner: the owner's id, under which they are submitted.
        start: the start picture of the recipes with start "own".
    """

    def __init__(
        self, name: str, leader: str, recipes: Mapping[str, Recipe], *, owner: str, start: Picture | None = None
    ) -> None:
        """Follow the run `leader` with these recipes, in their order."""
        self.name, self.leader = name, leader
        self.jobs = {name: leader}
        self.refused: dict[str, str] = {}
        self._waiting = dict(recipes)
        self.owner, self.start = owner, start
        self._lock = threading.Lock()  # several tabs may call `advance` at once

    @property
    def waiting(self) -> Mapping[str, Recipe]:
        """The recipes that are not submitted yet, in their order."""
        return dict(self._waiting)

    def advance(self, service: JobService) -> bool:
        """Submit as many as the queue has room for; returns whether anything changed."""
        with self._lock:
            before = len(self._waiting)
            for name, recipe in self.waiting.items():
                try:
                    self.jobs[name] = self._submit(service, name, recipe)
                except QueueFullError:
                    break
                except NSTError as error:
                    self.refused[name] = str(error)
                del self._waiting[name]
            return len(self._waiting) < before

    def _submit(self, service: JobService, name: str, recipe: Recipe) -> str:
        inputs, leader = service.inputs(self.leader), service.view(self.leader).recipe
        shared = {
            "styles": [style.model_dump() for style in leader.styles],
            "regions": [region.model_dump() for region in leader.regions],
        }
        return service.submit(
            change(recipe, shared),
            inputs.content,
            inputs.styles,
            start=self.start if recipe.start == "own" else None,
            masks=inputs.masks,
            film=inputs.film,
            owner=self.owner,
            # the same at each attempt: a server that ends before this is stored, or another one, submits no second run
            job=hashlib.sha256(f"{self.leader} {name}".encode()).hexdigest()[:32],
        )


class FollowUpRegistry:
    """All follow-ups of a job service: cached in memory, stored on its disk."""

    def __init__(self, service: JobService) -> None:
        self._service = service
        self._cache: BoundedCache[str, FollowUps] = BoundedCache(MAX_LEADERS)
        remove_secrets(service.blob_store(FOLDER), _FILE)

    def add(self, follow_ups: FollowUps) -> None:
        """Register the follow-ups of a leader; `advance` submits them."""
        self._cache.put(follow_ups.leader, follow_ups)
        self._save(follow_ups)

    def advance(self, leader: str) -> FollowUps | None:
        """The follow-ups of a run, after submitting those that there is room for; None if it has none."""
        follow_ups = self._cache.get(leader, lambda: self._load(leader))
        if follow_ups is not None and follow_ups.advance(self._service):
            self._save(follow_ups)
        return follow_ups

    def forget(self, leader: str) -> None:
        """Remove the follow-ups of a run that is deleted; those that are submitted stay."""
        self._cache.pop(leader)
        blobs = self._service.blob_store(FOLDER)
        if blobs is not None:
            blobs.clear(leader)

    def _save(self, follow_ups: FollowUps) -> None:
        """Store follow-ups. If the disk fails, they are lost with the server; nothing else is."""
        blobs = self._service.blob_store(FOLDER)
        if blobs is None:
            return
        leader, waiting = follow_ups.leader, follow_ups.waiting
        stored = {
            "name": follow_ups.name,
            STORED_FIELD: follow_ups.owner,
            "jobs": follow_ups.jobs,
            "refused": follow_ups.refused,
            "waiting": {name: recipe.to_json() for name, recipe in waiting.items()},
            "created": time.time(),
        }
        if not waiting:
            blobs.clear(leader)  # the visitor's own start picture is stored only while a waiting recipe needs it
        try:
            if follow_ups.start and waiting and not read_or_none(blobs, leader, input_files.CONTENTS):
                inputs = replace(self._service.inputs(leader), start=follow_ups.start, film=None)
                input_files.save(blobs, leader, inputs)
            # written last: its presence shows that the other files are complete
            blobs.put(leader, _FILE, json.dumps(stored).encode())
        except (OSError, JobError):
            blobs.clear(leader)
        keep_newest(blobs, MAX_LEADERS, _FILE)

    def _load(self, leader: str) -> FollowUps | None:
        """The stored follow-ups of a run; None if there are none, or they are damaged."""
        blobs = self._service.blob_store(FOLDER) if leader.isalnum() else None
        data = read_or_none(blobs, leader, _FILE) if blobs is not None else None
        if blobs is None or not data:
            return None
        try:
            stored = json.loads(data)
            recipes = {str(name): recipe_from_json(recipe) for name, recipe in stored["waiting"].items()}
            jobs, refused = ({str(k): str(v) for k, v in stored[field].items()} for field in ("jobs", "refused"))
            name, owner = str(stored["name"]), stored_owner(str(stored[STORED_FIELD]))
        except (ValueError, KeyError, TypeError, AttributeError, RecipeError):
            return None
        inputs = input_files.load(blobs, leader)
        follow_ups = FollowUps(name, leader, recipes, owner=owner, start=inputs.start if inputs else None)
        follow_ups.jobs |= jobs
        follow_ups.refused |= refused
        return follow_ups

"""Runs that follow another on the disk, so that a restart of the server loses none that wait for a place."""

from __future__ import annotations

import json
import time
from dataclasses import replace

from nst_core.errors import JobError, RecipeError
from nst_core.jobs import input_files
from nst_core.jobs.blobs import keep_newest
from nst_core.jobs.service import JobService
from nst_core.recipe import recipe_from_json
from pages.parts.runs.followups import MOST, FollowUps

FOLDER = "follow-ups"
"""Where they stand in the data folder."""
_LEFT = "left.json"


def keep(office: JobService, left: FollowUps) -> None:
    """Write what is handed in and what is not. What cannot be written is lost with the server and nothing else."""
    drawers = office.blob_store(FOLDER)
    if drawers is None:
        return
    told = {
        "name": left.name,
        "visitor": left.visitor,
        "jobs": left.jobs,
        "refused": left.refused,
        "waiting": {name: recipe.to_json() for name, recipe in left.waiting.items()},
        "created": time.time(),
    }
    if not left.waiting:
        drawers.clear(left.leader)  # a picture of the visitor's own is kept for no longer than it is waited for
    try:
        if left.start and left.waiting and not drawers.get(left.leader, input_files.CONTENTS):
            input_files.save(drawers, left.leader, replace(office.inputs(left.leader), start=left.start))
        drawers.put(left.leader, _LEFT, json.dumps(told).encode())  # the last: where it is, all is
    except (OSError, JobError):
        drawers.clear(left.leader)
    keep_newest(drawers, MOST, _LEFT)


def forget(office: JobService, leader: str) -> None:
    """Remove what `keep` wrote, if anything: for a run that is deleted."""
    drawers = office.blob_store(FOLDER)
    if drawers is not None:
        drawers.clear(leader)


def kept(office: JobService, leader: str) -> FollowUps | None:
    """What `keep` wrote of the runs that follow one; None if that is nothing, or damaged."""
    drawers = office.blob_store(FOLDER) if leader.isalnum() else None
    if drawers is None or not (written := drawers.get(leader, _LEFT)):
        return None
    try:
        told = json.loads(written)
        waiting = {str(name): recipe_from_json(recipe) for name, recipe in told["waiting"].items()}
        jobs, refused = ({str(k): str(v) for k, v in told[of].items()} for of in ("jobs", "refused"))
        name, visitor = str(told["name"]), str(told["visitor"])
    except (ValueError, KeyError, TypeError, AttributeError, RecipeError):
        return None
    pictures = input_files.load(drawers, leader)
    left = FollowUps(name, leader, waiting, visitor=visitor, start=pictures.start if pictures else None)
    left.jobs |= jobs
    left.refused |= refused
    return left

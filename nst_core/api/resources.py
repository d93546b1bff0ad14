"""The models of the API's answers, and their construction from the job service's values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field

from nst_core.jobs.views import FINAL, JobView, State
from nst_core.runs import cost
from nst_core.runs.films import passes


class ApiModel(BaseModel):
    """Base of all answers: only the listed fields are sent."""

    model_config = ConfigDict(extra="forbid", ser_json_inf_nan="null")


class RunLinks(ApiModel):
    """Addresses of a run's parts, on this server."""

    self: str = Field(description="this description")
    events: str = Field(description="server-sent events while it paints")
    curve: str = Field(description="its loss curve")
    picture: str = Field(description="its result, or else its newest picture")
    timelapse: str = Field(description="the time-lapse of its steps")
    film: str | None = Field(description="the finished film; null for a run of a picture")
    page: str = Field(description="its page of the dashboard, for people")


class Run(ApiModel):
    """A run as it is now."""

    id: str = Field(description="anyone who knows it may look at the run")
    state: State
    recipe: dict[str, Any] = Field(description="every setting; see `GET /schema`")
    step: int = Field(description="the newest step")
    total_steps: int
    losses: dict[str, float | None] = Field(description="weighted losses of the newest step, by term")
    position: int = Field(description="place in the queue, from 1; 0 if it runs or is over")
    wait_seconds: float = Field(description="estimated wait of a queued run")
    seconds_left: float | None = Field(description="estimated time to its end, with the wait; null if unknown")
    snapshot_steps: list[int] = Field(description="steps whose pictures are stored")
    has_result: bool
    notes: list[str] = Field(description="sentences about settings that could not be followed, and about interruptions")
    error: str | None = Field(description="why it failed")
    report: dict[str, Any] | None = Field(description="sizes, times, memory and measures, once it is over")
    created: float = Field(description="in seconds since 1970")
    ended: float | None = Field(description="in seconds since 1970")
    links: RunLinks


class NewRun(Run):
    """A run that was just accepted."""

    secret: str | None = Field(
        description="lets its owner change the run, in the header X-Run-Secret; returned only once, and null if the "
        "request had a secret of its own"
    )


def path_to(request: Request, path: str) -> str:
    """The address of a route below the API's root, without the host, as the client reaches it."""
    return f"{request.scope.get('root_path', '')}/v1{path}"


def run_of(request: Request, view: JobView) -> Run:
    """A run's description."""
    return Run(**_fields(request, view))


def new_run_of(request: Request, view: JobView, secret: str | None) -> NewRun:
    """The description of a run that was just accepted."""
    return NewRun(**_fields(request, view), secret=secret)


def _fields(request: Request, view: JobView) -> Mapping[str, Any]:
    newest = view.points[-1] if view.points else None
    return {
        "id": view.id,
        "state": view.state,
        "recipe": view.recipe.model_dump(mode="json"),
        "step": view.step,
        "total_steps": view.total_steps,
        "losses": dict(newest.losses) if newest else {},
        "position": view.position,
        "wait_seconds": view.wait_seconds,
        "seconds_left": seconds_left(view),
        "snapshot_steps": list(view.snapshot_steps),
        "has_result": view.result is not None,
        "notes": list(view.notes),
        "error": view.error,
        "report": dict(view.report) if view.report is not None else None,
        "created": view.created,
        "ended": view.ended or None,
        "links": _links(request, view),
    }


def _links(request: Request, view: JobView) -> RunLinks:
    run = path_to(request, f"/runs/{view.id}")
    pages = request.scope.get("root_path", "").removesuffix("/api")
    return RunLinks(
        self=run,
        events=f"{run}/events",
        curve=f"{run}/curve",
        picture=f"{run}/picture",
        timelapse=f"{run}/timelapse",
        film=f"{run}/film" if view.recipe.medium == "film" else None,
        page=f"{pages}/result?result={view.id}",
    )


def seconds_left(view: JobView) -> float | None:
    """The estimated time to a run's end, with its wait, from its own steps so far or the machine's measured speed."""
    if view.state in FINAL:
        return 0.0
    if view.state == "paused":
        return None
    if view.points and view.step > 0:
        spent, done = view.points[-1].seconds, view.step + view.ahead
        return view.wait_seconds + max(0.0, spent / done * (view.total_steps - done))
    square = (view.recipe.longest_edge_px, view.recipe.longest_edge_px)
    estimate = cost.of_run(view.recipe, square, view.total_steps // passes(view.recipe))
    return view.wait_seconds + estimate.seconds

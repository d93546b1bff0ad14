"""The events of a run as bytes of a `text/event-stream`."""

from __future__ import annotations

import zlib
from typing import Literal

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from pydantic import Field

from nst_core.api.resources import ApiModel, Run
from nst_core.jobs.views import RunProgress, State
from nst_core.runs.curve import CurvePoint
from nst_core.runs.curve_files import finite

RETRY_MILLISECONDS = 2000
"""How long a client waits before it connects again."""
OPENING = format_sse_event(retry=RETRY_MILLISECONDS)
HEARTBEAT = KEEPALIVE_COMMENT
EventName = Literal["state", "step", "snapshot", "rewind", "end"]


class StateEvent(ApiModel):
    """`state`: the run's state or its place in the queue has changed."""

    state: State
    position: int = Field(description="place in the queue, from 1; 0 if the run is running or over")
    wait_seconds: float = Field(description="estimated wait of a queued run")
    total_steps: int


class StepEvent(ApiModel):
    """`step`: a new point of the curve. The event's id, the step and a hash, is for `Last-Event-ID`."""

    step: int
    seconds: float = Field(description="since the run's first step began")
    scale_px: int = Field(description="longest edge of the picture at this step")
    evaluations: int = Field(description="number of evaluations of the objective so far")
    losses: dict[str, float | None] = Field(description="weighted losses by term; null where not finite")
    events: list[str] = Field(description="events at this step, such as a change of scale")


class SnapshotEvent(ApiModel):
    """`snapshot`: there is a new picture."""

    step: int
    picture: str = Field(description="its address, on this server")


class RewindEvent(ApiModel):
    """`rewind`: the run continues from an earlier step, and the later points are no longer valid."""

    step: int | None = Field(description="the last valid step; null: none, and the curve begins again")


def state(progress: RunProgress) -> bytes:
    """A `state` message with the run's state and its place in the queue."""
    return _encoded(
        "state",
        StateEvent(
            state=progress.state,
            position=progress.position,
            wait_seconds=progress.wait_seconds,
            total_steps=progress.total_steps,
        ),
    )


def step(point: CurvePoint) -> bytes:
    """A `step` message for a point of the curve."""
    data = _step_event(point)
    return _encoded("step", data, _step_id(data))


def step_id(point: CurvePoint) -> str:
    """The id of a point's event: its step and a hash of the point, since a step may get another point."""
    return _step_id(_step_event(point))


def _step_event(point: CurvePoint) -> StepEvent:
    return StepEvent(
        step=point.step,
        seconds=point.seconds,
        scale_px=point.scale_px,
        evaluations=point.evaluations,
        losses=finite(point.losses),
        events=list(point.events),
    )


def _step_id(data: StepEvent) -> str:
    return f"{data.step}-{zlib.crc32(data.model_dump_json().encode()):08x}"


def snapshot(number: int, address: str) -> bytes:
    """A `snapshot` message for the newest picture."""
    return _encoded("snapshot", SnapshotEvent(step=number, picture=address))


def rewind(number: int | None) -> bytes:
    """A `rewind` message: the curve now ends at an earlier step."""
    return _encoded("rewind", RewindEvent(step=number))


def end(run: Run) -> bytes:
    """An `end` message: the run is over, and nothing follows."""
    return _encoded("end", run)


def _encoded(name: EventName, data: ApiModel, key: str | None = None) -> bytes:
    return format_sse_event(event=name, data_str=data.model_dump_json(), id=key)

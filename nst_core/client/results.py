"""The values of the API's answers, as its OpenAPI document describes them.

Fields that a newer server adds are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

T = TypeVar("T")
FINAL = ("done", "stopped", "failed")


def made(kind: type[T], values: Mapping[str, Any]) -> T:
    """A value of a dataclass from JSON."""
    names = {each.name for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: value for name, value in values.items() if name in names})


@dataclass(frozen=True)
class Run:
    """A run at one moment; see `GET /runs/{run}`."""

    id: str
    state: str
    recipe: Mapping[str, Any]
    step: int
    total_steps: int
    losses: Mapping[str, float | None]
    position: int
    wait_seconds: float
    seconds_left: float | None
    snapshot_steps: list[int]
    has_result: bool
    notes: list[str]
    error: str | None
    report: Mapping[str, Any] | None
    created: float
    ended: float | None
    links: Mapping[str, str]

    @property
    def is_over(self) -> bool:
        """Whether this is the last event."""
        return self.state in FINAL


@dataclass(frozen=True)
class Event:
    """An event of a run: `state`, `step`, `snapshot`, `rewind` or `end`; see `GET /runs/{run}/events`."""

    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class UploadedPicture:
    """A picture that waits on the server; see `POST /pictures`."""

    id: str
    width: int
    height: int
    sha256: str
    notes: list[str]
    expires: float


@dataclass(frozen=True)
class Estimate:
    """The cost of a run; see `POST /estimate`."""

    seconds: float
    peak_mb: float
    calibrated: bool
    largest_edge_px: int = 0
    fits: bool = True


@dataclass(frozen=True)
class Preset:
    """Named settings; see `GET /presets`."""

    name: str
    title: str
    text: str
    settings: Mapping[str, Any]
    source: str


@dataclass(frozen=True)
class KnownPicture:
    """A picture that the server has or can fetch; see `GET /styles`."""

    id: str
    title: str
    artist: str
    year: str
    licence: str
    alt: str
    page: str | None
    available: str
    thumbnail: str | None

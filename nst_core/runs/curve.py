"""A point of a run's loss curve, and the two JSON forms in which it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from nst_core.step import Step


@dataclass(frozen=True)
class CurvePoint:
    """One step on the curve; `Step` describes the values.

    `weights` are the weights in force, by term; a run states them at its first point and where they change.
    Steps and events are stored under their older names, `number` and `marks`.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(strict=True, extra="forbid", ser_json_inf_nan="constants")

    step: Annotated[int, Field(alias="number")]
    seconds: float
    losses: Mapping[str, float]
    events: Annotated[tuple[str, ...], Field(alias="marks")] = ()
    scale_px: int = 0
    evaluations: int = 0
    weights: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, step: Step, events: tuple[str, ...] | None = None) -> CurvePoint:
        """The point of an engine's step, with other events than the step's own if given."""
        events = step.events if events is None else events
        return cls(step.number, step.seconds, dict(step.losses), tuple(events), step.scale_px, step.evaluations)

    def to_json(self) -> str:
        """The point as a JSON object, for stored curves and the worker's messages."""
        return _ADAPTER.dump_json(self, by_alias=True).decode()

    @classmethod
    def from_json(cls, text: str) -> CurvePoint:
        """The point that `to_json` wrote. Raises ValueError if a value is missing, unknown or of a wrong type."""
        try:
            return _ADAPTER.validate_json(text)
        except ValidationError as error:
            raise ValueError(f"not a point of a curve: {error}") from None

    def to_record(self) -> dict[str, Any]:
        """The point as one flat mapping with the losses as further keys, for checkpoints; `weights` are left out."""
        record = {
            "number": self.step,
            "seconds": self.seconds,
            "scale_px": self.scale_px,
            "evaluations": self.evaluations,
            **self.losses,
        }
        return {**record, "marks": list(self.events)} if self.events else record

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> CurvePoint:
        """The point that `to_record` wrote; checkpoints of older versions have no `evaluations`."""
        return cls(
            record["number"],
            record["seconds"],
            {name: value for name, value in record.items() if name not in _NOT_LOSSES},
            tuple(record.get("marks", ())),
            record["scale_px"],
            record.get("evaluations", 0),
        )


_NOT_LOSSES = ("number", "seconds", "scale_px", "evaluations", "marks")
_ADAPTER = TypeAdapter(CurvePoint)

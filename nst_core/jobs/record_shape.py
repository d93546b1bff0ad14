"""The types of the values in a record: they are checked because a record of another version may differ."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nst_core.jobs.owners import STORED_FIELD
from nst_core.jobs.views import State
from nst_core.recipe.messages import one_line

Count = Field(0, ge=0, lt=2**63)


class _Shape(BaseModel):
    """The stored names and their types; missing values have the default of `JobView`, and unknown names are ignored."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id: str
    state: State
    recipe: dict[str, Any]
    number: int = Count
    of: int = Count
    evaluations: int = Count
    measure: bool = True
    levels: dict[str, dict[str, float]] = {}
    notes: list[str] = []
    snapshot_number: int = Count
    report: dict[str, Any] | None = None
    error: str | None = None
    created: float = 0.0
    ended: float = 0.0
    owner: str = Field("", alias=STORED_FIELD)
    listed: bool = False
    hidden: float = 0.0
    files: dict[str, str] = {}
    bytes: int = Count
    points: int = Count


def check(run: dict[str, Any]) -> None:
    """Raise ValueError with the first value that is missing or of a wrong type."""
    try:
        _Shape.model_validate(run)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ValueError(one_line(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")[:200]) from None

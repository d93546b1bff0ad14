"""Finished runs that come with the app, so that its gallery is never empty; the real engines painted them.

Each has a WebP with its recipe inside, and a JSON file with its curve, times and measures. Their photographs and styles
are bundled samples, which About credits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nst_core.errors import NSTError

if TYPE_CHECKING:
    from nst_core.jobs.service import CurvePoint, JobView
    from nst_core.runs.inputs import RunInputs

FOLDER = Path(__file__).with_suffix("")
PREFIX = "curated-"
"""The first part of these runs' ids, which no visitor's run has: those are hexadecimal numbers."""
_SAMPLE_EDGE_PX = {"content": 1024, "style": 512}
_PREVIEW_QUALITY = 82


def is_curated(job_id: str) -> bool:
    """Whether an id is that of one of these runs, or looks like one."""
    return job_id.startswith(PREFIX)


def found(job_id: str) -> JobView | None:
    """The run of any id; None unless it is one of these."""
    return view(job_id) if is_curated(job_id) else None


@cache
def views() -> tuple[JobView, ...]:
    """All of them as finished runs, in the order of their names; one whose files are missing or damaged is left out."""
    found = (view(PREFIX + file.stem) for file in sorted(FOLDER.glob("*.json")))
    return tuple(each for each in found if each)


@lru_cache(maxsize=32)
def view(job_id: str) -> JobView | None:
    """One of them as a finished run; None if there is none, or its files are damaged."""
    from nst_core.jobs.service import JobView
    from nst_core.picture.encode import to_jpeg, to_png
    from nst_core.picture.encoded import read_pixels
    from nst_core.recipe import recipe_from_json

    name = job_id.removeprefix(PREFIX)
    try:
        stored = _stored()[name]
        picture, recipe = (FOLDER / f"{name}.webp").read_bytes(), recipe_from_json(json.dumps(stored["recipe"]))
        points = _points(stored["curve"])
        pixels = read_pixels(picture)
        content = _photograph(stored["content"], max(stored["size"]))
        report = {name: stored[name] for name in ("size", "seconds", "measures") if stored[name]}
    except (NSTError, OSError, ValueError, KeyError, TypeError):
        return None
    return JobView(
        job_id,
        "done",
        recipe,
        points=points,
        step=points[-1].step,
        total_steps=points[-1].step,
        evaluations=points[-1].step,
        snapshot=to_jpeg(pixels, _PREVIEW_QUALITY),
        snapshot_step=points[-1].step,
        content=content,
        result=to_png(pixels, recipe.to_json()),
        report=report,
    )


def inputs(job_id: str) -> RunInputs:
    """The samples that a run was painted from. Raises KeyError if there is no such run, PictureError if one is gone."""
    from nst_core.picture import samples
    from nst_core.runs.inputs import RunInputs

    stored = _stored()[job_id.removeprefix(PREFIX)]
    content, style = (samples.find(stored[role]).load(edge_px) for role, edge_px in _SAMPLE_EDGE_PX.items())
    return RunInputs(content, (style,))


def titles(job_id: str) -> tuple[str, str]:
    """The titles of a run's photograph and style."""
    from nst_core.picture import samples

    stored = _stored()[job_id.removeprefix(PREFIX)]
    return samples.find(stored["content"]).title, samples.find(stored["style"]).title


def style_key(job_id: str) -> str:
    """The key of the sample that is a run's style."""
    return str(_stored()[job_id.removeprefix(PREFIX)]["style"])


@cache
def _stored() -> Mapping[str, Any]:
    """The JSON files by name; a file that is no JSON is left out."""
    found = {}
    for file in sorted(FOLDER.glob("*.json")):
        try:
            found[file.stem] = json.loads(file.read_text("utf-8"))
        except (OSError, ValueError):
            continue
    return found


def _points(curve: Mapping[str, Any]) -> tuple[CurvePoint, ...]:
    """The points of a curve that is stored by columns; events and weights are stored by step."""
    from nst_core.jobs.service import CurvePoint

    return tuple(
        CurvePoint(
            step,
            curve["seconds"][index],
            {term: values[index] for term, values in curve["losses"].items()},
            tuple(curve["marks"].get(str(step), ())),
            curve["scale_px"][index],
            step,
            curve["weights"].get(str(step), {}),
        )
        for index, step in enumerate(curve["number"])
    )


def _photograph(key: str, longest_edge_px: int) -> bytes:
    """A bundled photograph as a WebP of the result's size."""
    from nst_core.picture import samples

    return samples.find(key).webp(longest_edge_px, _PREVIEW_QUALITY)

"""A visitor's batch, painted by a job service whose runs are over at once."""

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nst_core.batch.hosted import MOST_BATCHES, BatchRegistry, HostedBatch, NamedPicture
from nst_core.errors import NotYoursError, RecipeError
from nst_core.jobs.service import owner_of
from nst_core.jobs.views import JobView
from nst_core.picture.upload import Picture
from nst_core.recipe import StylePicture, make
from tests.nst_core.sweeps.examples import FAST, SECRET, QuickService, encoded


class Results(QuickService):
    """Its runs have results; pictures in the styles of `failing` fail."""

    failing: tuple[str, ...] = ()

    def submit(self, recipe: Any, content: Any, styles: Any, **more: Any) -> str:
        job = super().submit(recipe, content, styles, **more)
        report = {"size": [64, 48], "seconds": {"run": 0.5}, "measures": {"ssim": 0.5}}
        done = replace(self.jobs[job], result=encoded((1, 2, 3), "PNG"), report=report)
        failed = JobView(job, "failed", recipe, error="it diverged", owner=more["owner"])
        self.jobs[job] = failed if styles[0].sha256 in self.failing else done
        return job


def picture(level: int, width: int = 64) -> Picture:
    return Picture.from_pixels(np.full((48, width, 3), level, np.uint8))


CONTENTS = [
    NamedPicture("zip.zip/a.jpg", picture(1)),
    NamedPicture("b.jpg", picture(2)),
    NamedPicture("a.jpg", picture(3)),
]
STYLES = [NamedPicture("Night swirls", picture(4)), NamedPicture("x.png", picture(5))]


def batch_of(service: QuickService, *, contents: Any = CONTENTS, styles: Any = STYLES, **more: Any) -> HostedBatch:
    return HostedBatch(service.typed, owner_of(SECRET), contents, styles, more.pop("recipe", FAST), **more)


def painted(batch: HostedBatch) -> HostedBatch:
    BatchRegistry().start(batch)
    assert batch.filler.join(5)
    return batch


def test_the_archive_has_every_result_a_sheet_and_the_lists() -> None:
    service = Results()
    batch = painted(batch_of(service, measure=True))
    assert {more["measure"] for _, _, more in service.submissions} == {True}
    with zipfile.ZipFile(io.BytesIO(batch.to_zip({"c.txt": "no picture"}))) as archive:
        names = archive.namelist()
        listed = json.loads(archive.read("manifest.json"))
        assert archive.read("b--x.png") == encoded((1, 2, 3), "PNG")
        assert Image.open(io.BytesIO(archive.read("contact-sheet-1.jpg"))).width == 484
    assert names[:5] == ["a--Night-swirls.png", "a--x.png", "b--Night-swirls.png", "b--x.png", names[4]]
    assert names[4].startswith("a--Night-swirls-")
    assert names[6:] == ["contact-sheet-1.jpg", "manifest.json", "manifest.csv"]
    assert listed["counts"] == {"done": 6, "failed": 0, "waiting": 0}
    assert listed["not_taken"] == {"c.txt": "no picture"}
    assert listed["pictures"][0]["measures"] == {"ssim": 0.5}
    assert not service.jobs, "the visitor's list of runs stays free"


def test_failures_are_in_the_list_and_the_rest_is_painted() -> None:
    service = Results()
    service.failing = (STYLES[1].picture.sha256,)
    batch = painted(batch_of(service))
    with zipfile.ZipFile(io.BytesIO(batch.to_zip())) as archive:
        listed = json.loads(archive.read("manifest.json"))
        assert len([name for name in archive.namelist() if name.endswith(".png")]) == 3
    assert listed["counts"] == {"done": 3, "failed": 3, "waiting": 0}
    assert {p["error"] for p in listed["pictures"] if p["state"] == "failed"} == {"it diverged"}


def test_crop_and_rotation_stay_with_their_style() -> None:
    service = Results()
    settings = [StylePicture(sha256="0" * 64, crop=(0, 0, 0.5, 1)), StylePicture(sha256="0" * 64, rotation_deg=90.0)]
    painted(batch_of(service, contents=CONTENTS[:1], settings=settings))
    assert [recipe.styles[0].crop for recipe, _, _ in service.submissions] == [(0, 0, 0.5, 1), (0, 0, 1, 1)]
    assert [recipe.styles[0].rotation_deg for recipe, _, _ in service.submissions] == [0, 90]


def test_large_pictures_are_reduced_once() -> None:
    service = Results()
    painted(batch_of(service, contents=[NamedPicture("w.png", picture(9, 3000))]))
    assert [content.width for _, content, _ in service.submissions] == [1024, 1024]
    assert service.submissions[0][1] is service.submissions[1][1]


def test_only_the_owner_stops_and_continues() -> None:
    batch = batch_of(Results())
    with pytest.raises(NotYoursError):
        batch.stop("b" * 32)
    batch.stop(SECRET)
    assert not batch.filler.is_active
    with pytest.raises(NotYoursError):
        batch.resume("b" * 32)
    batch.resume(SECRET)
    assert batch.filler.join(5)
    assert batch.filler.is_over


@pytest.mark.parametrize(
    ("contents", "styles", "size", "problem"),
    [
        (0, 1, 384, "at least one"),
        (1, 0, 384, "at least one"),
        (33, 2, 384, "at most 64 results"),
        (1, 1, 1536, "1024"),
    ],
)
def test_too_few_too_many_and_too_large_are_refused(contents: int, styles: int, size: int, problem: str) -> None:
    recipe = make(settings={"method": "fast", "longest_edge_px": size})
    with pytest.raises(RecipeError, match=problem):
        batch_of(Results(), contents=CONTENTS[:1] * contents, styles=STYLES[:1] * styles, recipe=recipe)


def test_a_new_batch_stops_the_owners_last_one_and_old_ones_are_dropped() -> None:
    registry, service = BatchRegistry(), Results()
    batches = [batch_of(service, contents=CONTENTS[:1]) for _ in range(MOST_BATCHES + 1)]
    for batch in batches:
        registry.start(batch)
    assert batches[1].filler.is_stopped
    assert registry.find(batches[0].id) is None
    assert registry.find(batches[-1].id) is batches[-1]
    assert registry.find(None) is None
    assert all(batch.filler.join(5) for batch in batches)

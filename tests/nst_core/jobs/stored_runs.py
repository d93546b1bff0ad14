"""Small runs to store, made up: no worker paints them."""

from dataclasses import replace
from typing import Any

import numpy as np

from nst_core.jobs.limits import StoreLimits
from nst_core.jobs.queue import QueueEntry, QueueLimits
from nst_core.jobs.run_delta import RunDelta
from nst_core.jobs.store import Store
from nst_core.jobs.views import JobView
from nst_core.picture.masks import Mask
from nst_core.picture.upload import Picture
from nst_core.recipe import make
from nst_core.runs.curve import CurvePoint
from nst_core.runs.inputs import RunInputs
from nst_core.settings import Settings


class OwningStore(Store):
    """A shared store that has every run it writes, as the job service sees to."""

    def write(self, change: RunDelta) -> None:
        assert self.claims is not None
        self.claims.beat(0)
        entry = QueueEntry(change.view.id, change.view.owner)
        self.claims.admit(entry, QueueLimits(1000, 1000, 1000), lambda *_: 1.0, None)
        super().write(change)


def open_shared_store(limits: StoreLimits | None = None) -> OwningStore:
    """The shared store that this process's environment names, as a server of its own."""
    from nst_core.jobs.shared.opening import open_shared

    return OwningStore(None, limits, storage=open_shared(Settings.read()))


OWNER = "sha256:" + 64 * "a"
RNG = np.random.default_rng(3)


def picture(height: int = 5, width: int = 7, *, clear: bool = False) -> Picture:
    alpha = RNG.integers(0, 256, (height, width), np.uint8) if clear else None
    return Picture.from_pixels(RNG.integers(0, 256, (height, width, 3), np.uint8), alpha, ("turned upright",))


PICTURES = RunInputs(
    picture(clear=True),
    (picture(4, 3), picture(2, 9, clear=True)),
    picture(6, 6),
    (Mask.from_weights(RNG.random((5, 7), np.float32)), Mask.from_weights(np.eye(4, dtype=np.float32))),
)
POINTS = tuple(CurvePoint(n, n / 3, {"total": 1 / (n + 3)}, ("larger",) if n == 2 else (), 64, n + 1) for n in range(5))


def view(job: str = "a1", **more: Any) -> JobView:
    settings = {"steps": 9, "regions": []}
    values = {
        "notes": ("One.", "Two."),
        "reference_losses": {"fast": {"total": 0.1}},
        "report": {"size": [7, 5]},
        "owner": OWNER,
    }
    return replace(
        JobView(job, "done", make(settings=settings), step=4, total_steps=9, created=5.0), **{**values, **more}
    )


def change(job: str = "a1", size: int = 10, **more: Any) -> RunDelta:
    pictures = {0: b"jpeg 0", 4: b"jpeg 4"}
    return RunDelta(
        view(job, content=b"content", result=b"r" * size, **more),
        (0, 4),
        POINTS,
        None,
        pictures,
        PICTURES,
        b"content",
        b"r" * size,
        is_new=True,
    )

"""The previews of results: title, sentence and a small picture of those that all may see; nothing of any other run.

These are the listed ones, and those that come with the app.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from nst_core.jobs.service import JobService, JobView
from nst_core.picture.encode import to_jpeg
from nst_core.picture.encoded import read_pixels
from nst_core.recipe.sentence import in_one_sentence, name
from nst_core.server.page_head import NAME, LinkCard
from nst_core.system.bounded_cache import BoundedCache

EDGE_PX = 1200
"""Longest edge of a preview's picture; larger ones are reduced to it by those who show it."""
_QUALITY = 80
_KEPT = 32


class _Prepared(NamedTuple):
    snapshot_step: int
    card: LinkCard
    jpeg: bytes


class LinkCards:
    """Makes each preview once, and keeps the last ones. Whether the run is listed is looked up each time."""

    def __init__(self, jobs: Callable[[], JobService], shipped: Callable[[str], JobView | None]) -> None:
        """`jobs` returns the job service, which may not be open yet; `shipped` a run that comes with the app."""
        self._jobs, self._shipped = jobs, shipped
        self._kept: BoundedCache[str, _Prepared] = BoundedCache(_KEPT)

    async def card(self, job: str) -> LinkCard | None:
        """The preview of a result that all may see; None for any other id."""
        prepared = await asyncio.to_thread(self._prepared, job)
        return prepared and prepared.card

    async def picture(self, job: str) -> bytes | None:
        """The JPEG of such a preview, without metadata; None for any other id."""
        prepared = await asyncio.to_thread(self._prepared, job)
        return prepared and prepared.jpeg

    def _prepared(self, job: str) -> _Prepared | None:
        view = self._shipped(job) or self._jobs().listed(job)
        if view is None or view.snapshot is None:
            return None
        kept = self._kept.get(job)
        if kept is None or kept.snapshot_step != view.snapshot_step:
            kept = _prepare(view, view.snapshot)
            self._kept.put(job, kept)
        return kept


def _prepare(view: JobView, snapshot: bytes) -> _Prepared:
    pixels = read_pixels(snapshot, EDGE_PX)
    _, height, width, _ = pixels.shape
    card = LinkCard(
        f"{name(view.recipe)} - {NAME}",
        f"{in_one_sentence(view.recipe, view.total_steps)}. Painted here, with its curves and every setting.",
        f"/preview/{view.id}.jpg",
        width,
        height,
        is_result=True,
    )
    return _Prepared(view.snapshot_step, card, to_jpeg(pixels, _QUALITY))

"""The state that the API's routes share: the job service, the operator's settings, and data kept between requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import Depends, Request

from nst_core.api.concurrency import ConcurrencyLimit
from nst_core.api.feed import Feeds
from nst_core.api.films import Films
from nst_core.api.idempotency import IdempotencyKeys
from nst_core.api.picture_files import MOST_AT_ONCE
from nst_core.api.pictures import PictureLimits, PictureStore
from nst_core.api.waits import Waits
from nst_core.settings import Settings
from nst_core.system.rates import RateLimit

if TYPE_CHECKING:
    from nst_core.jobs.service import JobService
    from nst_core.server.health import Readiness

MOST_MEASUREMENTS = 3
"""Requests for measures that run or wait at once; the worker measures one result between two steps of a run."""


@dataclass(frozen=True)
class ApiContext:
    """The API's part of a server.

    Attributes:
        jobs: returns the job service, which the pages use too.
        check: tells whether the server could paint a picture now; may block.
        settings: the operator's settings.
        idempotency: answers to requests that may be sent again.
        rate: the requests of each network address.
        pictures: uploaded pictures that wait for a run.
        measurements: places for requests that wait for the worker's measures.
        encodings: places for requests for pictures in another format or size.
        films: the newest films of runs.
        waits: requests that wait for the end of a run.
        feeds: the events of runs, for any number of listeners.
    """

    jobs: Callable[[], JobService]
    check: Callable[[], Readiness]
    settings: Settings = field(default_factory=Settings.read)
    idempotency: IdempotencyKeys = field(default_factory=IdempotencyKeys)
    rate: RateLimit = field(init=False)
    pictures: PictureStore = field(init=False)
    measurements: ConcurrencyLimit = field(default_factory=lambda: ConcurrencyLimit(MOST_MEASUREMENTS))
    encodings: ConcurrencyLimit = field(default_factory=lambda: ConcurrencyLimit(MOST_AT_ONCE))
    films: Films = field(default_factory=Films)
    feeds: Feeds = field(init=False)
    waits: Waits = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", RateLimit(self.settings.api_per_minute))
        object.__setattr__(self, "pictures", PictureStore(PictureLimits.of(self.settings)))
        feeds = Feeds(self.jobs, self.settings.api_listeners, self.settings.api_listeners_per_address)
        object.__setattr__(self, "feeds", feeds)
        object.__setattr__(self, "waits", Waits(self.jobs))


def _of(request: Request) -> ApiContext:
    return cast(ApiContext, request.app.state.context)


Context = Annotated[ApiContext, Depends(_of)]
"""The context, as the parameter of a route."""

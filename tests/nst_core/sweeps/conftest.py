"""A sweep and its job service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nst_core.sweeps.runner import Sweep
from tests.nst_core.sweeps.examples import SAVED, SECRET, QuickService


@pytest.fixture
def service() -> QuickService:
    return QuickService()


@pytest.fixture
def sweep(service: QuickService) -> Iterator[Sweep]:
    made = Sweep(service.typed, SAVED)
    yield made
    made.stop(SECRET)
    assert made.filler.join(5)

"""The API with a fake worker that the test controls."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.nst_core.api.servers import Api, serving


@pytest.fixture
def api() -> Iterator[Api]:
    """The API of a server with the usual settings."""
    with serving() as api:
        yield api

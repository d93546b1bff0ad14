"""A Ray cluster for all tests that need one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.nst_core.executors.ray_clusters import RayCluster, require_ray


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[RayCluster]:
    """A Ray cluster, whose head all tests share."""
    require_ray()
    with RayCluster() as cluster:
        yield cluster

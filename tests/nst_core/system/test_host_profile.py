"""The allowed sizes of runs fit into the memory of their host profile."""

from __future__ import annotations

import itertools
from pathlib import Path

import psutil
import pytest

from nst_core.errors import RecipeError
from nst_core.models import device
from nst_core.picture.decoder_pool import DecoderLimits
from nst_core.recipe import make
from nst_core.recipe.schema import SLOW_EDGE_PX
from nst_core.runs import cost
from nst_core.settings import Settings
from nst_core.system import container
from nst_core.system.host_profile import (
    FILES_MB,
    LEAST_MB,
    PROFILES,
    SERVER_MB,
    HostProfile,
    host_profile,
    memory_mb,
    profile_of,
)


@pytest.mark.parametrize("method", ["fast", "slow", "balanced"])
@pytest.mark.parametrize("profile", PROFILES[1:], ids=lambda profile: f"{profile.from_mb} MB")
def test_the_largest_size_of_each_method_fits_into_the_memory_of_a_run(profile: HostProfile, method: str) -> None:
    settings = {"method": method, "longest_edge_px": profile.edge_px(method), "memory_mb": profile.run_mb}
    edge = profile.edge_px(method)
    assert cost.of(make("tutorial", settings), (edge, edge)).peak_mb <= profile.run_mb


@pytest.mark.parametrize("profile", PROFILES[1:], ids=lambda profile: f"{profile.from_mb} MB")
def test_a_run_and_the_server_fit_into_the_host(profile: HostProfile) -> None:
    has = max(profile.from_mb, LEAST_MB)
    assert profile.worker_mb + SERVER_MB < has
    assert profile.run_mb - FILES_MB <= profile.worker_mb


def test_more_memory_allows_more() -> None:
    for larger, smaller in itertools.pairwise(PROFILES):
        assert larger.from_mb > smaller.from_mb
        assert larger.slow_edge_px > smaller.slow_edge_px
        assert (larger.fast_edge_px, larger.run_mb) >= (smaller.fast_edge_px, smaller.run_mb)
        assert profile_of(larger.from_mb) == larger
        assert profile_of(larger.from_mb - 1) == smaller


def test_a_host_with_enough_memory_limits_nothing() -> None:
    settings, most = Settings(memory_mb=4000), make(settings={"method": "fast", "longest_edge_px": 4096})
    host_profile(settings).check("fast", most.longest_edge_px)
    host_profile(settings).check("slow", SLOW_EDGE_PX)


def test_a_size_beyond_the_host_is_refused_with_the_size_that_fits() -> None:
    host = host_profile(Settings(memory_mb=2700))
    host.check("balanced", 1536)
    with pytest.raises(RecipeError, match=r"at most 1536 with method slow on this server, .* got 2048; choose"):
        host.check("slow", 2048)


def test_the_memory_is_what_the_operator_states_or_the_container_or_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit, use = tmp_path / "memory.max", tmp_path / "memory.current"
    monkeypatch.setattr(container, "CGROUPS", ((limit, use),))
    monkeypatch.delenv("NST_MEMORY_MB", raising=False)
    machine = psutil.virtual_memory().total / 1e6
    assert memory_mb() == machine
    use.write_text("0")
    limit.write_text(f"{900 * 10**6}")
    assert memory_mb() == 900
    limit.write_text(f"{1 << 62}")
    assert memory_mb() == machine
    monkeypatch.setenv("NST_MEMORY_MB", "1700")
    assert memory_mb() == 1700


def test_decoders_and_runs_follow_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = DecoderLimits.read()
    monkeypatch.setenv("NST_MEMORY_MB", "1000")
    small = DecoderLimits.read()
    assert small.processes < usual.processes
    assert small.megabytes < usual.megabytes
    assert device.memory_mb() == 1000

"""The sweeps of a server: started, found again, restored after a restart."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nst_core.errors import NotYoursError, RecipeError
from nst_core.sweeps import store
from nst_core.sweeps.registry import SweepRegistry
from tests.nst_core.sweeps.examples import PLAN, SAVED, SECRET, QuickService


def test_a_sweep_that_another_server_fills_is_shown_and_not_filled_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nst_core.sweeps.registry.READ_SECONDS", 0.0)
    here, there = QuickService(), QuickService()
    here.disk = there.disk = tmp_path
    there.is_leading = False
    sweep = SweepRegistry(here.typed).start(PLAN, SAVED.inputs, SAVED.owner)
    others = SweepRegistry(there.typed)
    early = others.find(sweep.id)
    assert early is not None
    early.filler.ensure_running()
    assert sweep.filler.join(5)
    shown = others.find(sweep.id)
    assert shown is not None
    assert [cell.state for cell in shown.cells] == ["painted"] * 6
    assert there.submissions == []


def test_another_server_fills_what_is_left_of_a_sweep(tmp_path: Path) -> None:
    here, there = QuickService(), QuickService()
    here.disk = there.disk = tmp_path
    there.is_leading = False
    registry, others = SweepRegistry(here.typed), SweepRegistry(there.typed)
    sweep = registry.start(PLAN, SAVED.inputs, SAVED.owner)
    assert sweep.filler.join(5)
    (tmp_path / store.FOLDER / sweep.id / "cells" / "05.jpg").unlink()
    assert others.find(sweep.id) is not None
    there.is_leading = True
    taken = others.find(sweep.id)
    assert taken is not None
    taken.filler.ensure_running()
    assert taken.filler.join(5)
    assert len(there.submissions) == 1


def test_a_started_sweep_is_found_by_its_id_and_an_unknown_one_is_not(service: QuickService) -> None:
    registry = SweepRegistry(service.typed)
    sweep = registry.start(PLAN, SAVED.inputs, "v")
    assert sweep.filler.join(5)
    assert registry.find(sweep.id) is sweep
    assert [registry.find(other) for other in ("0" * 32, "", None)] == [None] * 3


def test_a_visitors_new_sweep_stops_the_earlier_one(service: QuickService) -> None:
    registry = SweepRegistry(service.typed)
    first, other = registry.start(PLAN, SAVED.inputs, "v"), registry.start(PLAN, SAVED.inputs, "w")
    second = registry.start(PLAN, SAVED.inputs, "v")
    assert all(sweep.filler.join(5) for sweep in (first, other, second))
    assert (first.filler.is_stopped, other.filler.is_stopped, second.filler.is_stopped) == (True, False, False)


def test_a_restarted_server_restores_a_sweep_from_disk(service: QuickService, tmp_path: Path) -> None:
    service.disk = tmp_path
    sweep = SweepRegistry(service.typed).start(PLAN, SAVED.inputs, "v")
    assert sweep.filler.join(5)
    restored = SweepRegistry(service.typed).find(sweep.id)
    assert restored is not None
    assert (restored.plan, restored.filler.done) == (PLAN, 6)


def test_inputs_that_do_not_match_the_plan_are_refused(service: QuickService) -> None:
    plan = replace(PLAN, base=SAVED.inputs.named_in(PLAN.base))
    with pytest.raises(RecipeError, match="the recipe names 1 styles, got 0 pictures"):
        SweepRegistry(service.typed).start(plan, replace(SAVED.inputs, styles=()), "v")


def test_only_its_visitor_stops_a_sweep_goes_on_with_it_and_adds_to_it(service: QuickService) -> None:
    sweep = SweepRegistry(service.typed).start(PLAN, SAVED.inputs, SAVED.owner)
    assert sweep.filler.join(5)
    changes = (sweep.stop, sweep.resume, lambda secret: sweep.add_full_size_run("run", 1, secret))
    for change in changes:
        with pytest.raises(NotYoursError):
            change("b" * 32)
    assert (sweep.filler.is_stopped, sweep.full_size_runs) == (False, {})
    for change in changes:
        change(SECRET)
    assert sweep.full_size_runs == {"run": 1}


def test_a_sweep_that_an_earlier_version_stored_belongs_to_its_visitor(service: QuickService, tmp_path: Path) -> None:
    service.disk = tmp_path
    sweep = SweepRegistry(service.typed).start(PLAN, SAVED.inputs, SECRET)  # which was the secret itself
    assert sweep.filler.join(5)
    restored = SweepRegistry(service.typed).find(sweep.id)
    assert restored is not None
    assert restored.owner == SAVED.owner
    assert not [file for file in tmp_path.rglob("*.json") if SECRET in file.read_text()]

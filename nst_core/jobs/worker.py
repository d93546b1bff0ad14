"""The worker process: holds the loaded networks, plays one job at a time and streams its Steps.

Commands come on stdin, events go to stdout, both as `wire` messages; anything that a library prints goes to stderr.
It ends when stdin does, so that it never outlives the desk.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import psutil

from nst_core.errors import CheckpointError, DivergedError, NSTError
from nst_core.jobs import inspections, messages
from nst_core.jobs.inbox import CommandInbox, RunControl
from nst_core.jobs.views import loss_weights
from nst_core.picture.decode import Bytes
from nst_core.picture.encode import to_jpeg, to_png
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe, make, parse, steered
from nst_core.runs import runner
from nst_core.runs.inputs import EngineInputs, unpacked
from nst_core.runs.log import RunLog
from nst_core.step import Pixels, Step

if TYPE_CHECKING:
    from nst_core.slow.checkpoint import Checkpoint

SNAPSHOT_QUALITY = 85
QUIET_SECONDS = 10.0
"""How long nobody may have asked for anything before the machine is measured, which takes it for a while."""


class Worker:
    """One job after another; `say` sends an event to the desk."""

    def __init__(self, commands: CommandInbox, out: BinaryIO) -> None:
        self._commands = commands
        self._commands.on_inspection = self._look
        self._out = out

    def say(self, event: str, blobs: Sequence[bytes] = (), **facts: Any) -> None:
        """Send one event, with this process's memory in MB."""
        memory = psutil.Process().memory_info().rss / 1e6
        try:
            messages.write(self._out, {"event": event, "memory_mb": round(memory, 1), **facts}, blobs)
        except BrokenPipeError:
            os._exit(0)  # as `Commands.next` does when the desk is gone

    def serve(self) -> None:
        """Load and warm up, then play what is asked until the desk is gone."""
        try:
            self._warm()
        except NSTError as error:
            self.say("unready", message=str(error))
        else:
            if self._commands.is_quiet(QUIET_SECONDS):  # the first visitor does not wait for it
                _calibrate()
        while True:
            asked, blobs = self._commands.next()
            match asked["do"]:
                case "run":
                    self._run(asked, blobs)
                case "look":
                    self._look(asked, blobs)

    def _warm(self) -> None:
        """Load both networks and trace both engines on a tiny picture, so that the first visitor does not wait."""
        from nst_core.models import stylisation, vgg
        from nst_core.models.device import device, precision
        from nst_core.models.weights import WeightsSource

        def source(found: WeightsSource) -> str:
            return f"{found.source}, sha256 {found.sha256[:12]}, {found.licence}"

        sources = {"magenta": source(stylisation.load().found)}
        small = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
        (_,) = runner.run_recipe(small, [small], make(settings={"method": "fast", "longest_edge_px": 64}))
        chosen, dtype = device(), precision()
        sources["vgg19"] = source(vgg.load("vgg19", dtype).found)
        for _ in runner.run_recipe(small, [small], make(settings={"longest_edge_px": 64, "steps": 1})):
            pass
        self.say("ready", device=chosen.title, reason=chosen.reason, precision=dtype, sources=sources)

    def _look(self, asked: dict[str, Any], blobs: list[bytes]) -> None:
        answer, drawn = inspections.told(asked, blobs)
        self.say("looked", drawn, **answer)

    def _run(self, asked: dict[str, Any], blobs: list[bytes]) -> None:
        job = asked["job"]
        try:
            self._play(job, unpacked(asked["pictures"], blobs), asked)
        except NSTError as error:
            self.say("failed", job=job, message=str(error), code=error.code)
        except MemoryError:
            self.say("failed", job=job, message="the worker ran out of memory; try a smaller size", code="memory")
        except Exception as error:  # noqa: BLE001 - a bug in one job must not take the next one down
            import traceback

            traceback.print_exc()
            self.say(
                "failed", job=job, message=f"an internal error ended this run ({type(error).__name__})", code="bug"
            )

    def _play(self, job: str, given: EngineInputs, asked: Mapping[str, Any]) -> None:
        clock = runner.RunTimer()
        path = Path(asked["checkpoint"]) if asked["checkpoint"] else None
        recipe, before = _prepared(parse(asked["recipe"]), path)
        clock.loaded(already=float(before.state.get("seconds", 0.0)) if before else 0.0)
        first = self._commands.control(job, paused=asked["paused"])
        recipe = reduce(steered, first.settings, recipe)
        record = RunLog(recipe, path, before, strict=False)
        content = to_jpeg(fit(given.content, recipe.longest_edge_px), SNAPSHOT_QUALITY)
        self.say("began", [content], job=job, curve=record.points())
        run = _Played(recipe, RunControl(stop=first.stop or asked["stop"], preempt=first.preempt))
        if before is None or run.orders == RunControl():  # else there is a picture to end with
            run = self._descend(job, given, run, record, clock, before)
        if run.orders.preempt:
            record.save()
            self.say("shelved", job=job)
            return
        picture = runner.picture_of(record.best, given.content, run.recipe)
        self._show(job, run.recipe, picture, runner.alpha_of(given.alpha, run.recipe))
        record.save()  # so that an end in the middle of judging costs no step
        measured = asked["measure"] and not run.diverged
        report = runner.report(given.content, given.styles, run.recipe, picture, clock, measured=measured)
        happened = {name: told for name, told in record.told().items() if name != "losses"}
        end = "stopped" if run.orders.stop else "failed" if run.diverged else "done"
        self.say(end, job=job, report={**report, **happened}, message=run.diverged, code=DivergedError.code)

    def _descend(  # noqa: PLR0913 - all of a run
        self,
        job: str,
        given: EngineInputs,
        run: _Played,
        record: RunLog,
        clock: runner.RunTimer,
        before: Checkpoint | None,
    ) -> _Played:
        """Play steps until they end or something else is asked; none where all were played before."""
        recipe, orders, weights = run.recipe, run.orders, None
        resume = before.state if before else None
        steps = runner.run_recipe(
            given.content, given.styles, recipe, start=given.start, masks=given.masks, resume=resume
        )
        changed, diverged = None, ""
        with contextlib.closing(steps):  # an engine's memory is not the yardstick's
            while True:
                try:
                    step = steps.send(changed)  # None asks for the next step as it is
                except StopIteration:
                    break
                except DivergedError as error:
                    diverged = _with_best(error, record)
                    break
                if changed:
                    recipe, changed = changed, None
                    record.steer(recipe)
                clock.tick(step)
                now = loss_weights(recipe)
                self._tell(job, replace(step, events=record.note(step)), now if now != weights else {})
                weights = now
                asked = self._commands.control(job, held=record.save)
                orders = asked if orders == RunControl() else orders  # what the run was to begin with wins
                if orders.stop or orders.preempt:
                    break
                if orders.settings:
                    changed, orders = reduce(steered, orders.settings, recipe), RunControl()
        return _Played(recipe, orders, diverged)

    def _tell(self, job: str, step: Step, weights: Mapping[str, float] = MappingProxyType({})) -> None:
        blobs = [to_jpeg(step.picture, SNAPSHOT_QUALITY)] if step.picture is not None else []
        self.say(
            "step",
            blobs,
            job=job,
            number=step.number,
            of=step.total,
            seconds=step.seconds,
            scale_px=step.scale_px,
            losses=dict(step.losses),
            marks=step.events,
            evaluations=step.evaluations,
            weights=dict(weights),
            levels={name: dict(losses) for name, losses in step.reference_losses.items()},
            notes=step.notes,
        )

    def _show(self, job: str, recipe: Recipe, picture: Pixels, alpha: Bytes | None) -> None:
        """Send the result at once: the picture must not wait for the yardstick."""
        self.say("result", [to_png(picture, recipe.to_json(), alpha)], job=job)


@dataclass(frozen=True)
class _Played:
    """By what a run was played at last, and what ended it: an order, or that it diverged, in a sentence."""

    recipe: Recipe
    orders: RunControl
    diverged: str = ""


def _with_best(error: DivergedError, record: RunLog) -> str:
    """Why a run came to nothing, and what is left of it; the error itself if nothing is."""
    if record.best is None:
        raise error
    return f"{error}; its best picture, of step {record.best.number}, is kept"


def _prepared(recipe: Recipe, path: Path | None) -> tuple[Recipe, Checkpoint | None]:
    """A recipe with its networks loaded, and the checkpoint to go on from; without one that fits it begins anew."""
    before = _saved(path)
    if before is None:
        return runner.prepare(recipe), None
    # What was chosen on this machine then holds for the whole run, or its losses would not be those of one unbroken.
    pinned = recipe.model_copy(update={"precision": before.recipe.precision, "memory_mb": before.recipe.memory_mb})
    prepared = runner.prepare(pinned)
    if prepared.provenance.weights == before.recipe.provenance.weights:
        return prepared, before
    print("the networks changed since this run was begun; it begins anew", file=sys.stderr)
    return runner.prepare(recipe), None


def _saved(path: Path | None) -> Checkpoint | None:
    if path is None or not path.exists():
        return None
    from nst_core.slow import checkpoint

    try:
        return checkpoint.load(path)
    except CheckpointError as error:
        print(f"{error}; the run begins anew", file=sys.stderr)
        return None


def _calibrate() -> None:
    """Measure the machine if no one has, so that pages can say what a run will cost."""
    from nst_core.runs import cost

    if cost.stored() is None:
        with contextlib.suppress(OSError):  # a folder that cannot be written is no reason not to paint
            cost.calibrate()


def main() -> None:
    """Serve the desk that started this process."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    Worker(CommandInbox(sys.stdin.buffer), out).serve()


if __name__ == "__main__":
    main()

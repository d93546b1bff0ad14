"""The worker process: holds the loaded networks, performs one run at a time and reports its steps.

Commands come on stdin, events go to stdout, both as `messages`; anything that a library prints goes to stderr. The
process ends when its stdin does, even in the middle of a step, so that it never runs without the job service.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
import psutil

from nst_core.errors import CheckpointError, DivergedError, NSTError
from nst_core.jobs import heartbeat, inspections, messages
from nst_core.jobs.film_parts import PartRun
from nst_core.jobs.film_runs import FilmRun
from nst_core.jobs.inbox import CommandInbox, RunControl
from nst_core.jobs.messages import (
    Began,
    Failed,
    Finished,
    Inspect,
    LoadFailed,
    Preempted,
    Ready,
    ResultReady,
    RunCommand,
    WorkerEvent,
)
from nst_core.jobs.step_events import SNAPSHOT_QUALITY, stepped
from nst_core.jobs.views import loss_weights
from nst_core.picture.encode import to_png, to_snapshot
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe, make, steered
from nst_core.runs import runner
from nst_core.runs.inputs import EngineInputs, unpacked
from nst_core.runs.log import RunLog
from nst_core.runs.usage import RunTimer
from nst_core.settings import Settings
from nst_core.system import priority

if TYPE_CHECKING:
    from nst_core.slow.checkpoint import Checkpoint

_LOGGER = logging.getLogger(__name__)
QUIET_SECONDS = 10.0
"""The idle time after which the worker measures the machine, which occupies it for a while."""


class Worker:
    """Performs one run after another; commands come from the inbox, events go to `out`."""

    def __init__(self, inbox: CommandInbox, out: BinaryIO) -> None:
        self._inbox = inbox
        self._inbox.on_inspection = self._inspect
        self._out = out
        self._sending = threading.Lock()  # the heartbeat has a thread of its own

    def send(self, event: WorkerEvent) -> None:
        """Send one event, with this process's memory; ends the process if the job service has ended."""
        held = psutil.Process().memory_info()
        memory = (held.rss - getattr(held, "shared", 0)) / 1e6  # on Linux without files, which the system may drop
        try:
            with self._sending:
                messages.write(self._out, event.model_copy(update={"memory_mb": round(memory, 1)}))
        except BrokenPipeError:
            os._exit(0)  # as `CommandInbox.next` does

    def serve(self) -> None:
        """Load the networks, then follow commands until the job service has ended."""
        is_measured = _is_calibrated()
        try:
            self._warm()
        except NSTError as error:
            self.send(LoadFailed(message=str(error)))
            is_measured = True  # it cannot be without networks
        while True:
            if not is_measured and self._inbox.is_quiet(QUIET_SECONDS):  # visitors do not wait for it
                _calibrate()
                is_measured = True
            match self._inbox.next():
                case RunCommand() as command:
                    self._run(command)
                case Inspect() as command:
                    self._inspect(command)

    def _warm(self) -> None:
        """Load both networks and trace both engines on a tiny picture, so that the first visitor does not wait."""
        from nst_core.models import stylisation, vgg
        from nst_core.models.device import device, precision
        from nst_core.models.weights import WeightsSource

        def source(found: WeightsSource) -> str:
            return f"{found.source}, sha256 {found.sha256[:12]}, {found.licence}"

        used = {"magenta": stylisation.load().found}
        small = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
        (_,) = runner.run_recipe(small, [small], make(settings={"method": "fast", "longest_edge_px": 64}))
        chosen, dtype = device(), precision()
        used["vgg19"] = vgg.load("vgg19", dtype).found
        for _ in runner.run_recipe(small, [small], make(settings={"longest_edge_px": 64, "steps": 1})):
            pass
        self.send(
            Ready(
                device=chosen.title,
                reason=chosen.reason,
                precision=dtype,
                sources={name: source(found) for name, found in used.items()},
                unusable={name: "; ".join(found.unusable) for name, found in used.items() if found.unusable},
            )
        )

    def _inspect(self, command: Inspect) -> None:
        self.send(inspections.answer(command))

    def _run(self, command: RunCommand) -> None:
        """Perform a run; an error ends the run, not the worker."""
        try:
            inputs = unpacked(command.arrays, command.data)
            if command.film is None:
                self._perform(command, inputs)
            elif command.part is not None:
                PartRun(command, command.film, command.part, inputs, self._inbox, self.send).perform()
            else:
                FilmRun(command, command.film, inputs, self._inbox, self.send).perform()
        except NSTError as error:
            self._fail(command.job, str(error), error.code)
        except MemoryError:
            self._fail(command.job, "the worker ran out of memory; try a smaller size", "memory")
        except Exception as error:  # noqa: BLE001 - a bug in one run must not take the next one down
            import traceback

            traceback.print_exc()
            self._fail(command.job, f"an internal error ended this run ({type(error).__name__})", "bug")

    def _fail(self, job: str, message: str, code: str) -> None:
        self.send(Failed(job=job, message=message, code=code))

    def _perform(self, command: RunCommand, inputs: EngineInputs) -> None:
        """Perform a run from its preparation to its report."""
        timer, job = RunTimer(), command.job
        path = Path(command.checkpoint) if command.checkpoint else None
        recipe, before = _prepared(command.recipe, path)
        timer.mark_loaded(already=float(before.state.get("seconds", 0.0)) if before else 0.0)
        first = self._inbox.control(job, paused=command.paused)
        recipe = reduce(steered, first.settings, recipe)
        log = RunLog(recipe, path, before, strict=False)
        content = to_snapshot(fit(inputs.content, recipe.longest_edge_px), SNAPSHOT_QUALITY)
        self.send(Began(job=job, content=content, curve=log.points()))
        end = _End(recipe, RunControl(stop=first.stop or command.stop, preempt=first.preempt))
        if before is None or end.control == RunControl():  # else the checkpoint's picture is the result
            end = self._optimize(job, inputs, end, log, timer, before)
        if end.control.preempt:
            log.save()
            self.send(Preempted(job=job))
            return
        self._finish(command, inputs, end, log, timer)

    def _finish(self, command: RunCommand, inputs: EngineInputs, end: _End, log: RunLog, timer: RunTimer) -> None:
        """Send the result, then the report: the picture does not wait for the measurement."""
        job, recipe = command.job, end.recipe
        picture = runner.result_picture(log.best, inputs.content, recipe, inputs.masks)
        png = to_png(picture, recipe.to_json(), runner.result_alpha(inputs.alpha, recipe))
        self.send(ResultReady(job=job, png=png))
        log.save()  # so that a stop during the measurement loses no step
        measured = command.measure and not end.diverged
        report = runner.report(inputs.content, inputs.styles, recipe, picture, timer, wants_metrics=measured)
        report |= {name: value for name, value in log.report().items() if name != "losses"}
        if end.diverged and not end.control.stop:
            self.send(Failed(job=job, message=end.diverged, code=DivergedError.code, report=report))
        else:
            self.send(Finished(job=job, report=report, stopped=end.control.stop))

    def _optimize(  # noqa: PLR0913 - all of a run
        self,
        job: str,
        inputs: EngineInputs,
        begin: _End,
        log: RunLog,
        timer: RunTimer,
        before: Checkpoint | None,
    ) -> _End:
        """Send the engine's steps until they end or a command ends them; none if the checkpoint has all of them."""
        recipe, control, weights = begin.recipe, begin.control, None
        resume = before.state if before else None
        steps = runner.run_recipe(
            inputs.content, inputs.styles, recipe, start=inputs.start, masks=inputs.masks, resume=resume
        )
        changed, diverged = None, ""
        with contextlib.closing(steps):  # frees the engine's memory before the measurement
            while True:
                try:
                    step = steps.send(changed)  # None asks for the next step without a change
                except StopIteration:
                    break
                except DivergedError as error:
                    diverged = _with_best(error, log)
                    break
                if changed:
                    recipe, changed = changed, None
                    log.steer(recipe)
                timer.tick(step)
                now = loss_weights(recipe, step.style_factor)
                changes = now if now != weights else {}
                alpha = runner.result_alpha(inputs.alpha, recipe)
                self.send(stepped(job, step, log.add(step), changes, alpha))
                weights = now
                newest = self._inbox.control(job, on_pause=log.save)
                # a command sent before the first step takes precedence
                control = newest if control == RunControl() else control
                if control.stop or control.preempt:
                    break
                if control.settings:
                    changed, control = reduce(steered, control.settings, recipe), RunControl()
        return _End(recipe, control, diverged)


@dataclass(frozen=True)
class _End:
    """The end of the steps: the last recipe in force, and the reason: a command, or a sentence about a divergence."""

    recipe: Recipe
    control: RunControl
    diverged: str = ""


def _with_best(error: DivergedError, log: RunLog) -> str:
    """A sentence that says why a run diverged and which picture is kept; raises the error if there is no picture."""
    if log.best is None:
        raise error
    return f"{error}; its best picture, of step {log.best.number}, is kept"


def _prepared(recipe: Recipe, path: Path | None) -> tuple[Recipe, Checkpoint | None]:
    """A recipe with its networks loaded, and the checkpoint to continue from.

    None starts the run from the beginning.
    """
    before = _load_checkpoint(path)
    if before is None:
        return runner.prepare(recipe), None
    # The choices made for this machine hold for the whole run: on a deterministic device, its losses are those of an
    # uninterrupted one.
    pinned = recipe.model_copy(update={"precision": before.recipe.precision, "memory_mb": before.recipe.memory_mb})
    prepared = runner.prepare(pinned)
    if prepared.provenance.weights == before.recipe.provenance.weights:
        return prepared, before
    _LOGGER.warning("The networks have changed since this run began; it begins again")
    return runner.prepare(recipe), None


def _load_checkpoint(path: Path | None) -> Checkpoint | None:
    """The checkpoint of a run; None if there is none, or it cannot be read."""
    if path is None or not os.path.exists(path):  # unlike `Path.exists`, False if it may not be looked at
        return None
    from nst_core.slow import checkpoint

    try:
        return checkpoint.load(path)
    except CheckpointError as error:
        _LOGGER.warning("%s; the run begins again", error)
        return None


def _is_calibrated() -> bool:
    """Whether this machine was measured, so that pages can estimate the cost of a run."""
    from nst_core.runs import cost

    return cost.stored() is not None


def _calibrate() -> None:
    """Measure this machine."""
    from nst_core.runs import cost

    with contextlib.suppress(OSError):  # without the file, estimates are only less exact
        cost.calibrate()


CreateWorker = Callable[[CommandInbox, BinaryIO], Worker]
"""Makes a worker of its inbox and the stream for its events."""


def main(create: CreateWorker = Worker) -> None:
    """Serve the job service that started this process."""
    priority.lower(psutil.Process(), Settings.read().worker_nice)
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # output of libraries must not mix with the events
    worker = create(CommandInbox(sys.stdin.buffer, on_end=lambda: os._exit(0)), out)
    heartbeat.start(worker.send)
    worker.serve()


if __name__ == "__main__":
    main()

"""The worker process: holds the loaded networks, plays one job at a time and streams its Steps.

Commands come on stdin, events go to stdout, both as `wire` messages; anything that a library prints goes to stderr.
It ends when stdin does, so that it never outlives the desk.
"""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, BinaryIO

import numpy as np
import psutil

from nst_core import player
from nst_core.errors import NSTError
from nst_core.jobs import looks, wire
from nst_core.jobs.pictures import Inputs, unpacked
from nst_core.picture.decode import Bytes
from nst_core.picture.encode import to_jpeg, to_png
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe, make, parse, steered
from nst_core.step import Pixels, Step

SNAPSHOT_QUALITY = 85
QUIET_SECONDS = 10.0
"""How long nobody may have asked for anything before the machine is measured, which takes it for a while."""


@dataclass(frozen=True)
class Orders:
    """What a run is to do at its next step: end, or go on with settings changed, in that order."""

    stop: bool = False
    settings: tuple[Mapping[str, Any], ...] = ()


class Commands:
    """What the desk asks, read by a thread so that a run can look without waiting."""

    def __init__(self, stream: BinaryIO) -> None:
        self._asked: queue.Queue[tuple[dict[str, Any], list[bytes]] | None] = queue.Queue()
        self._stream = stream
        self.aside: Callable[[dict[str, Any], list[bytes]], None] = lambda _, __: None
        """Called with what is asked of no run, in the middle of one."""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while (message := wire.read(self._stream)) is not None:
            self._asked.put(message)
        self._asked.put(None)

    def next(self) -> tuple[dict[str, Any], list[bytes]]:
        """The next command; ends the process when the desk is gone."""
        message = self._asked.get()
        if message is None:
            os._exit(0)  # not sys.exit: a run must not keep an orphan alive
        return message

    def is_quiet(self, seconds: float) -> bool:
        """Whether nothing is asked for so long; does not wait longer than until something is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self._asked.empty():
            time.sleep(0.05)
        return self._asked.empty()

    def orders(self, job: str) -> Orders:
        """What was asked of `job` since the last look; waits here while it is paused."""
        paused, settings = False, []
        while paused or not self._asked.empty():
            asked, blobs = self.next()
            if asked["do"] == "look":
                self.aside(asked, blobs)
                continue
            if asked["job"] != job:  # one that has just ended
                continue
            match asked["do"]:
                case "stop":
                    return Orders(stop=True)
                case "steer":
                    settings.append(asked["settings"])
                case "pause" | "resume" as turn:
                    paused = turn == "pause"
        return Orders(settings=tuple(settings))


class Worker:
    """One job after another; `say` sends an event to the desk."""

    def __init__(self, commands: Commands, out: BinaryIO) -> None:
        self._commands = commands
        self._commands.aside = self._look
        self._out = out

    def say(self, event: str, blobs: Sequence[bytes] = (), **facts: Any) -> None:
        """Send one event, with this process's memory in MB."""
        memory = psutil.Process().memory_info().rss / 1e6
        wire.write(self._out, {"event": event, "memory_mb": round(memory, 1), **facts}, blobs)

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
        from nst_core.models.weights import Found

        def source(found: Found) -> str:
            return f"{found.source}, sha256 {found.sha256[:12]}, {found.licence}"

        sources = {"magenta": source(stylisation.load().found)}
        small = np.random.default_rng(0).random((1, 64, 64, 3), np.float32)
        (_,) = player.play(small, [small], make(settings={"method": "fast", "longest_edge_px": 64}))
        chosen, dtype = device(), precision()
        sources["vgg19"] = source(vgg.load("vgg19", dtype).found)
        for _ in player.play(small, [small], make(settings={"longest_edge_px": 64, "steps": 1})):
            pass
        self.say("ready", device=chosen.title, reason=chosen.reason, precision=dtype, sources=sources)

    def _look(self, asked: dict[str, Any], blobs: list[bytes]) -> None:
        answer, drawn = looks.told(asked, blobs)
        self.say("looked", drawn, **answer)

    def _run(self, asked: dict[str, Any], blobs: list[bytes]) -> None:
        job = asked["job"]
        try:
            self._play(job, unpacked(asked["pictures"], blobs), parse(asked["recipe"]), measure=asked["measure"])
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

    def _play(self, job: str, given: Inputs, recipe: Recipe, *, measure: bool) -> None:
        clock = player.Clock()
        recipe = player.prepare(recipe)
        clock.loaded()
        before = fit(given.content, recipe.longest_edge_px)
        self.say("began", [to_jpeg(before, SNAPSHOT_QUALITY)], job=job)
        marks: list[tuple[int, str]] = []
        steps = player.play(given.content, given.styles, recipe, start=given.start, masks=given.masks)
        step = next(steps)
        while True:
            clock.tick(step)
            marks += [(step.number, mark) for mark in step.marks]
            self._tell(job, step)
            orders = self._commands.orders(job)
            if orders.stop:
                break
            # Sending None is asking for the next step.
            changed = reduce(steered, orders.settings, recipe) if orders.settings else None
            try:
                step = steps.send(changed)
            except StopIteration:
                break
            recipe = changed or recipe
        steps.close()  # an engine's memory is not the yardstick's
        picture = player.picture_of(step, given.content, recipe)
        happened = {"marks": marks, "evaluations": step.evaluations}
        self._show(job, recipe, picture, player.alpha_of(given.alpha, recipe))
        report = player.report(given.content, given.styles, recipe, picture, clock, measured=measure)
        self.say("stopped" if orders.stop else "done", job=job, report={**report, **happened})

    def _tell(self, job: str, step: Step) -> None:
        blobs = [to_jpeg(step.picture, SNAPSHOT_QUALITY)] if step.picture is not None else []
        self.say(
            "step",
            blobs,
            job=job,
            number=step.number,
            of=step.of,
            seconds=step.seconds,
            scale_px=step.scale_px,
            losses=dict(step.losses),
            marks=step.marks,
            evaluations=step.evaluations,
            levels={name: dict(losses) for name, losses in step.levels.items()},
            notes=step.notes,
        )

    def _show(self, job: str, recipe: Recipe, picture: Pixels, alpha: Bytes | None) -> None:
        """Send the result at once: the picture must not wait for the yardstick."""
        self.say("result", [to_png(picture, recipe.to_json(), alpha)], job=job)


def _calibrate() -> None:
    """Measure the machine if no one has, so that pages can say what a run will cost."""
    from nst_core import estimate

    if estimate.stored() is None:
        with contextlib.suppress(OSError):  # a folder that cannot be written is no reason not to paint
            estimate.calibrate()


def main() -> None:
    """Serve the desk that started this process."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    Worker(Commands(sys.stdin.buffer), out).serve()


if __name__ == "__main__":
    main()

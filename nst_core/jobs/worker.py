"""The worker process: holds the loaded networks, plays one job at a time and streams its Steps.

Commands come on stdin, events go to stdout, both as `wire` messages; anything that a library prints goes to stderr.
It ends when stdin does, so that it never outlives the desk.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Sequence
from typing import Any, BinaryIO

import numpy as np
import psutil

from nst_core import player
from nst_core.errors import NSTError
from nst_core.jobs import wire
from nst_core.picture.encode import to_jpeg, to_png
from nst_core.picture.resize import fit
from nst_core.recipe import Recipe, make, parse
from nst_core.step import Pixels, Step

SNAPSHOT_QUALITY = 85


class Commands:
    """What the desk asks, read by a thread so that a run can look without waiting."""

    def __init__(self, stream: BinaryIO) -> None:
        self._asked: queue.Queue[tuple[dict[str, Any], list[bytes]] | None] = queue.Queue()
        self._stream = stream
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

    def stopped(self, job: str) -> bool:
        """Whether `job` is to end now; waits here while it is paused."""
        paused = False
        while paused or not self._asked.empty():
            asked, _ = self.next()
            if asked["do"] == "stop" and asked["job"] == job:
                return True
            paused = asked["do"] == "pause" or (paused and asked["do"] != "resume")
        return False


class Worker:
    """One job after another; `say` sends an event to the desk."""

    def __init__(self, commands: Commands, out: BinaryIO) -> None:
        self._commands = commands
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
        while True:
            asked, blobs = self._commands.next()
            if asked["do"] == "run":
                self._run(asked, blobs)

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

    def _run(self, asked: dict[str, Any], blobs: list[bytes]) -> None:
        job = asked["job"]
        content, *styles = (_pixels(b, s) for b, s in zip(blobs, asked["shapes"], strict=True))
        try:
            self._play(job, content, styles, parse(asked["recipe"]))
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

    def _play(self, job: str, content: Pixels, styles: list[Pixels], recipe: Recipe) -> None:
        clock = player.Clock()
        recipe = player.prepare(recipe)
        clock.loaded()
        before = fit(content, recipe.longest_edge_px)
        self.say("began", [to_jpeg(before, SNAPSHOT_QUALITY)], job=job)
        stopped = False
        last: Step | None = None
        for step in player.play(content, styles, recipe):
            clock.tick(step)
            self._tell(job, step)
            last = step
            if self._commands.stopped(job):
                stopped = True
                break
        picture = player.picture_of(last)
        self._finish(job, content, styles, recipe, picture, clock, stopped=stopped)

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
        )

    def _finish(  # noqa: PLR0913 - all of a finished run
        self,
        job: str,
        content: Pixels,
        styles: list[Pixels],
        recipe: Recipe,
        picture: Pixels,
        clock: player.Clock,
        *,
        stopped: bool,
    ) -> None:
        """Show the result first, then measure it: the picture must not wait for the yardstick."""
        self.say("result", [to_png(picture, recipe.to_json())], job=job)
        report = player.report(content, styles, recipe, picture, clock)
        self.say("stopped" if stopped else "done", job=job, report=report)


def _pixels(blob: bytes, shape: Sequence[int]) -> Pixels:
    height, width = shape
    values = np.frombuffer(blob, np.uint8).reshape(1, height, width, 3)
    return values.astype(np.float32) / np.float32(255.0)


def main() -> None:
    """Serve the desk that started this process."""
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    Worker(Commands(sys.stdin.buffer), out).serve()


if __name__ == "__main__":
    main()

"""Questions about pictures that need a network; the worker answers between two steps of a run, and answers are cached.

A question is not a run: it has no place in the queue, no recipe and no stored result. The page repeats its question
until the answer is there; a question that is no longer repeated is dropped.
"""

from __future__ import annotations

import io
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from PIL import Image

from nst_core.errors import DeviceMemoryError, NSTError
from nst_core.jobs.messages import Inspect, Inspected
from nst_core.jobs.views import Inspection, InspectionRequest
from nst_core.picture.decode import Bytes
from nst_core.picture.resize import fit
from nst_core.picture.upload import Picture
from nst_core.step import Pixels
from nst_core.system.bounded_cache import BoundedCache

MAX_ANSWERS = 48
"""The most cached answers; each has up to half a megabyte."""
PATIENCE_SECONDS = 20.0
"""Lifetime of a question after it was last asked."""
FAILED_SECONDS = 60.0
"""Lifetime of a cached failure: later the network may be reachable."""
LARGE_PX = 1024
"""Pictures with at least twice this longest edge are reduced before they are sent to the worker, which inspects smaller
ones."""
MAX_TRIES = 2
"""The number of workers that may die while they answer a question before it fails."""


@dataclass(frozen=True)
class _Key:
    question: InspectionRequest
    pictures: tuple[str, ...]  # their hashes


@dataclass(frozen=True)
class _Waiting:
    pictures: tuple[Picture, ...]
    asked: float
    tries: int = 0


class InspectionQueue:
    """Questions and answers; the worker has one question at a time. Used under the job service's lock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answers: BoundedCache[_Key, tuple[float, Inspection]] = BoundedCache(MAX_ANSWERS)
        self._waiting: dict[_Key, _Waiting] = {}
        self._with_worker: _Key | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether the worker has a question."""
        return self._with_worker is not None

    def ask(self, question: InspectionRequest, pictures: Sequence[Picture]) -> Inspection:
        """The answer if it is there; otherwise the question waits for the worker, from the first time it is asked."""
        key = _Key(question, tuple(picture.sha256 for picture in pictures))
        answered, answer = self._answers.get(key) or (0.0, Inspection())
        if answer.state == "done" or (answer.state == "failed" and self._clock() < answered + FAILED_SECONDS):
            return answer
        waiting = self._waiting.get(key, _Waiting(tuple(pictures), 0.0))
        self._waiting[key] = replace(waiting, asked=self._clock())
        return Inspection()

    def next(self) -> Inspect | None:
        """The next question for a worker that is ready; None if it has one already, or nobody waits for an answer."""
        if self._with_worker is not None:
            return None
        earliest = self._clock() - PATIENCE_SECONDS
        self._waiting = {key: waiting for key, waiting in self._waiting.items() if waiting.asked >= earliest}
        if not self._waiting:
            return None
        key, waiting = next(iter(self._waiting.items()))
        self._waiting[key] = replace(waiting, tries=waiting.tries + 1)
        self._with_worker = key
        return _command(key.question, waiting.pictures)

    def on_answer(self, event: Inspected) -> None:
        """Store the worker's answer."""
        if event.error:
            self._store(Inspection("failed", error=event.error, code=event.code))
        else:
            self._store(Inspection("done", event.facts, bytes(event.blob)))

    def on_worker_lost(self) -> None:
        """Give the lost worker's question to the next worker, unless too many workers died while they answered it."""
        key = self._with_worker
        if key is not None and self._waiting[key].tries >= MAX_TRIES:
            self._store(
                Inspection("failed", error="the process that holds the networks ended twice over this question")
            )
        self._with_worker = None

    def _store(self, answer: Inspection) -> None:
        key, self._with_worker = self._with_worker, None
        if key is not None:
            self._waiting.pop(key, None)
            self._answers.put(key, (self._clock(), answer))


def _command(question: InspectionRequest, pictures: Sequence[Picture]) -> Inspect:
    reduced = [_reduced(picture) for picture in pictures]
    shapes = tuple((pixels.shape[0], pixels.shape[1], pixels.shape[2]) for pixels in reduced)
    return Inspect(question=question, shapes=shapes, pictures=tuple(pixels.tobytes() for pixels in reduced))


def _reduced(picture: Picture) -> Bytes:
    """A picture's pixels, uint8 [h, w, 3], with less than twice LARGE_PX along its longest edge."""
    factor = max(picture.width, picture.height) // LARGE_PX
    return picture.pixels if factor < 2 else np.asarray(Image.fromarray(picture.pixels).reduce(factor))


def answer(command: Inspect) -> Inspected:
    """Answer a question; called by the worker, which holds the networks. An error is returned as an answer too."""
    try:
        return _answer(command)
    except NSTError as error:
        return Inspected(error=str(error), code=error.code)
    except MemoryError:
        return Inspected(
            error="the worker ran out of memory; try again when no run is under way", code=DeviceMemoryError.code
        )
    except Exception as error:  # noqa: BLE001 - a bug in an inspection must not end the run under way
        traceback.print_exc()
        return Inspected(error=f"an internal error ended this inspection ({type(error).__name__})")


def _answer(command: Inspect) -> Inspected:
    question = command.question
    pictures = [_pixels(blob, shape) for blob, shape in zip(command.pictures, command.shapes, strict=True)]
    if question.subject == "measures":
        return _measured(pictures, question)
    from nst_core.metrics import inspection

    if question.subject == "features":
        (picture,) = pictures
        features = inspection.features(picture, question.layer, question.network)
        return Inspected(facts=_facts(features, without="mosaic"), blob=_grey_png(features.mosaic))
    first, second = pictures
    grams = inspection.grams(first, second, question.layer, question.network)
    return Inspected(facts=_facts(grams, without="matrices"), blob=grams.matrices.tobytes())


def _measured(pictures: Sequence[Pixels], question: InspectionRequest) -> Inspected:
    """The yardstick's measures of the first picture, against its content and its styles. It is never enlarged."""
    from nst_core.metrics import yardstick

    output, content, *styles = pictures
    if max(output.shape[1:3]) > question.longest_edge_px:
        output = fit(output, question.longest_edge_px)
    return Inspected(facts=yardstick.measure(output, content, styles, question.shares))


def _facts(answer: Any, without: str) -> dict[str, Any]:
    return {name: value for name, value in asdict(answer).items() if name != without}


def _pixels(blob: bytes | memoryview, shape: Sequence[int]) -> Pixels:
    return np.frombuffer(blob, np.uint8).reshape(shape)[None].astype(np.float32) / np.float32(255.0)


def _grey_png(values: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()

"""Looks inside a network: small questions that the worker answers between two steps of a run, kept for the next asker.

A look is no run: it has no place in line, no settings and no result to keep. What asks for one asks again and again
until the answer is there; a question that nobody asks any more is dropped.
"""

from __future__ import annotations

import io
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

import numpy as np
from PIL import Image

from nst_core.errors import NSTError
from nst_core.picture.decode import Bytes
from nst_core.picture.upload import Picture
from nst_core.recipe import NetworkName
from nst_core.step import Pixels

What = Literal["features", "grams"]

KEPT = 48
"""Answers kept, the least recently asked for goes first; each has up to half a megabyte."""
PATIENCE_SECONDS = 20.0
"""How long a question waits on after it was last asked."""
FAILED_SECONDS = 60.0
"""How long a failure is kept: by then the network may be reachable."""
LARGE_PX = 1024
"""Pictures twice as long or longer are halved, or more, before they go to the worker, which looks at less."""
TRIES = 2
"""How often a question is put to a worker; one that took two of them down is not put to a third."""


@dataclass(frozen=True)
class InspectionRequest:
    """What is looked at: see the functions of the same names in `nst_core.metrics.inspection`."""

    what: What
    layer: str
    network: NetworkName = "vgg19"


@dataclass(frozen=True)
class Inspection:
    """An answer, or the wait for it.

    Attributes:
        state: "waiting" until the worker has answered; "failed" with `error` saying why.
        facts: the answer's fields that are plain data.
        blob: PNG of the mosaic, 8-bit grey; or the matrices, float32 in memory order.
        error: the one sentence to show.
    """

    state: Literal["waiting", "done", "failed"] = "waiting"
    facts: Mapping[str, Any] = field(default_factory=dict)
    blob: bytes = field(default=b"", repr=False)
    error: str = ""


Key = tuple[InspectionRequest, tuple[str, ...]]
Message = tuple[dict[str, Any], list[bytes]]


@dataclass(frozen=True)
class _Waiting:
    pictures: tuple[Picture, ...]
    asked: float
    tries: int = 0


class InspectionQueue:
    """The desk's book of questions and answers; one question at a time is with the worker. Used under its lock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answers: OrderedDict[Key, tuple[float, Inspection]] = OrderedDict()
        self._waiting: dict[Key, _Waiting] = {}
        self._with_worker: Key | None = None

    def ask(self, question: InspectionRequest, pictures: Sequence[Picture]) -> Inspection:
        """The answer if it is there, else the wait for it, which begins with the first time it is asked."""
        key = (question, tuple(picture.sha256 for picture in pictures))
        answered, look = self._answers.get(key, (0.0, Inspection()))
        if look.state == "done" or (look.state == "failed" and self._clock() < answered + FAILED_SECONDS):
            self._answers.move_to_end(key)
            return look
        waiting = self._waiting.get(key, _Waiting(tuple(pictures), 0.0))
        self._waiting[key] = replace(waiting, asked=self._clock())
        return Inspection()

    def next(self) -> Message | None:
        """What to put to a worker that is there, or None: one question at a time, those that nobody asks any more left
        out."""
        if self._with_worker is not None:
            return None
        late = self._clock() - PATIENCE_SECONDS
        self._waiting = {key: one for key, one in self._waiting.items() if one.asked >= late}
        if not self._waiting:
            return None
        key = next(iter(self._waiting))
        one = self._waiting[key]
        self._waiting[key] = replace(one, tries=one.tries + 1)
        self._with_worker = key
        return _packed(key[0], one.pictures)

    def answered(self, event: Mapping[str, Any], blobs: Sequence[bytes]) -> None:
        """The worker has answered what was put to it."""
        failed = {"state": "failed", "error": event["error"]}
        self._settle(Inspection(**failed) if event["error"] else Inspection("done", event["facts"], blobs[0]))

    def lost(self) -> None:
        """The worker is gone: what it was asked waits for the next one, unless it took too many down."""
        key, self._with_worker = self._with_worker, None
        if key is not None and self._waiting[key].tries >= TRIES:
            self._with_worker = key
            self._settle(Inspection("failed", error="the process that holds the networks ended twice over this look"))

    def _settle(self, answer: Inspection) -> None:
        key, self._with_worker = self._with_worker, None
        if key is None:
            return
        self._waiting.pop(key, None)
        self._answers[key] = self._clock(), answer
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)


def _packed(question: InspectionRequest, pictures: Sequence[Picture]) -> Message:
    small = [_reduced(picture) for picture in pictures]
    head = {"do": "look", "question": asdict(question), "shapes": [list(pixels.shape) for pixels in small]}
    return head, [pixels.tobytes() for pixels in small]


def _reduced(picture: Picture) -> Bytes:
    """A picture's pixels, uint8 [h, w, 3], with less than twice LARGE_PX along its longest edge."""
    every = max(picture.width, picture.height) // LARGE_PX
    return picture.pixels if every < 2 else np.asarray(Image.fromarray(picture.pixels).reduce(every))


def answer(asked: Mapping[str, Any], blobs: Sequence[bytes]) -> tuple[dict[str, Any], bytes]:
    """Facts and blob of a question that `Looks.next` packed; for the worker, which holds the networks.

    Raises:
        NSTError: as `nst_core.metrics.inspection` says.
    """
    from nst_core.metrics import inspection

    question = InspectionRequest(**asked["question"])
    pictures = [_pixels(blob, shape) for blob, shape in zip(blobs, asked["shapes"], strict=True)]
    if question.what == "features":
        (picture,) = pictures
        seen = inspection.features(picture, question.layer, question.network)
        return _facts(seen, "mosaic"), _grey_png(seen.mosaic)
    first, second = pictures
    both = inspection.grams(first, second, question.layer, question.network)
    return _facts(both, "matrices"), both.matrices.tobytes()


def told(asked: Mapping[str, Any], blobs: Sequence[bytes]) -> Message:
    """The same as the event that `Looks.answered` takes: a refusal is an answer too."""
    try:
        facts, blob = answer(asked, blobs)
    except NSTError as error:
        return _refused(str(error))
    except MemoryError:
        return _refused("the worker ran out of memory; try again when no run is under way")
    except Exception as error:  # noqa: BLE001 - a bug in a look must not take the run under way down
        traceback.print_exc()
        return _refused(f"an internal error ended this look ({type(error).__name__})")
    return {"error": "", "facts": facts}, [blob]


def _refused(message: str) -> Message:
    return {"error": message, "facts": {}}, []


def _facts(seen: Any, but: str) -> dict[str, Any]:
    return {name: value for name, value in asdict(seen).items() if name != but}


def _pixels(blob: bytes, shape: Sequence[int]) -> Pixels:
    return np.frombuffer(blob, np.uint8).reshape(shape)[None].astype(np.float32) / np.float32(255.0)


def _grey_png(values: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()

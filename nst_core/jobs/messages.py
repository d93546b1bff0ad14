"""The messages between the job service and its worker process: commands one way, events the other.

Each is a frozen type with a `kind` of its own. On the pipe a message is one frame: a JSON head, validated strictly on
both sides, and binary blobs, which the head names by their index. Nothing is pickled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, BinaryIO, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SerializationInfo,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)

from nst_core.film.info import FilmInfo
from nst_core.film.spread.plan import Part
from nst_core.jobs.views import InspectionRequest
from nst_core.recipe import Recipe
from nst_core.recipe.messages import one_line
from nst_core.runs.curve import CurvePoint
from nst_core.runs.inputs import ArraySpec
from nst_core.system.framing import read_frame, write_frame

T = TypeVar("T")
MAX_REASON = 1000
"""Longest reason for a refusal, in characters; it repeats parts of the message."""


class MessageError(ValueError):
    """A message that the reader refuses: of an unknown kind, or with missing, unknown or wrong-typed fields."""


def _blob_at(value: object, info: ValidationInfo) -> bytes | memoryview:
    if isinstance(value, bytes | memoryview):
        return value
    blobs: Sequence[bytes | memoryview] = info.context or ()
    if type(value) is int and 0 <= value < len(blobs):
        return blobs[value]
    raise ValueError(f"must be binary data, or the index of one of {len(blobs)} blobs")


def _index_of(blob: bytes | memoryview, info: SerializationInfo) -> int:
    blobs: list[bytes | memoryview] = info.context  # type: ignore[assignment]
    blobs.append(blob)
    return len(blobs) - 1


Blob = Annotated[bytes | memoryview, PlainValidator(_blob_at), PlainSerializer(_index_of, return_type=int)]
"""Binary data: beside the head of a message, not in it."""


class Message(BaseModel):
    """One message: frozen, and validated strictly."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", ser_json_inf_nan="constants")


# Commands: from the job service to the worker.


class FilmFiles(Message):
    """The files of a film's run, which the worker reads and writes itself: they may be larger than memory.

    Attributes:
        path: the film.
        sha256: of its bytes.
        info: its facts.
        work: the folder of what is done; with it another worker continues the run by the frame.
        result: the finished film; it is there from `ResultReady` on.
    """

    path: str
    sha256: str
    info: FilmInfo
    work: str
    result: str


class RunCommand(Message):
    """Start a run, or continue it from a checkpoint, or from the folder of a film's run.

    Attributes:
        job: the run.
        recipe: its settings.
        arrays: the role and shape of each entry of `data`.
        data: the values of the pictures and masks.
        film: the files of a film's run; None for a picture.
        measure: whether to measure the result.
        checkpoint: path of the checkpoint to read and write; empty for none.
        stop: end with the picture of the checkpoint, without further steps.
        paused: begin paused.
        part: of a film, the frames that this worker paints for the run's own worker; None for the run itself.
        taken: the parts of a film that other workers paint already.
    """

    kind: Literal["run"] = "run"
    job: str
    recipe: Recipe
    arrays: tuple[ArraySpec, ...]
    data: tuple[Blob, ...] = Field(repr=False)
    film: FilmFiles | None = None
    measure: bool
    checkpoint: str = ""
    stop: bool = False
    paused: bool = False
    part: Part | None = None
    taken: tuple[Part, ...] = ()


class Stop(Message):
    """End a run after its current step, with a result."""

    kind: Literal["stop"] = "stop"
    job: str


class Pause(Message):
    """Hold a run after its current step."""

    kind: Literal["pause"] = "pause"
    job: str


class Resume(Message):
    """Continue a paused run."""

    kind: Literal["resume"] = "resume"
    job: str


class Preempt(Message):
    """Save a checkpoint and give the worker to another run."""

    kind: Literal["preempt"] = "preempt"
    job: str


class Steer(Message):
    """Change settings of a run between two steps."""

    kind: Literal["steer"] = "steer"
    job: str
    settings: Mapping[str, Any]


class Inspect(Message):
    """Answer a question about pictures between two steps of a run; they are uint8 [h, w, 3] of the given shapes."""

    kind: Literal["inspect"] = "inspect"
    question: InspectionRequest
    shapes: tuple[tuple[int, int, int], ...]
    pictures: tuple[Blob, ...] = Field(repr=False)


class AskForPart(Message):
    """Offer a part of a film to another worker, as soon as there is one."""

    kind: Literal["ask-for-part"] = "ask-for-part"
    job: str


class PartLeft(Message):
    """Nobody paints a part of a film any more.

    Attributes:
        first: its first frame.
        is_whole: whether all of it is painted.
        is_refused: whether it is not to be offered again, since it cannot be painted before its turn.
    """

    kind: Literal["part-left"] = "part-left"
    job: str
    first: int
    is_whole: bool
    is_refused: bool = False


PartCommand = AskForPart | PartLeft
RunControlCommand = Stop | Pause | Resume | Preempt | Steer | AskForPart | PartLeft
Command = RunCommand | RunControlCommand | Inspect


# Events: from the worker to the job service.


class _Event(Message):
    memory_mb: float = 0.0
    """The worker's memory in MB, without files that the system may drop; `Worker.send` fills it in."""


class Ready(_Event):
    """The networks are loaded; `sources` says from where, and `reason` why the device was chosen.

    `unusable` says for each network which weights the operator named and why they could not be used.
    """

    kind: Literal["ready"] = "ready"
    device: str
    reason: str = ""
    precision: str
    sources: Mapping[str, str]
    unusable: Mapping[str, str] = Field(default_factory=dict)


class LoadFailed(_Event):
    """The networks could not be loaded."""

    kind: Literal["load-failed"] = "load-failed"
    message: str


class Beat(_Event):
    """A sign of life, sent also while the worker computes, with the processor time used so far, in seconds."""

    kind: Literal["beat"] = "beat"
    cpu_seconds: float


class RunEvent(_Event):
    """An event of one run."""

    job: str


class Began(RunEvent):
    """A run starts: its content as JPEG at the result's size, and the curve of its checkpoint."""

    kind: Literal["began"] = "began"
    content: Blob = Field(repr=False)
    curve: tuple[CurvePoint, ...] = ()


class Stepped(RunEvent):
    """A step is done; `snapshot` is its picture as JPEG, if it has one. `Step` describes the other values."""

    kind: Literal["stepped"] = "stepped"
    point: CurvePoint
    total_steps: int
    reference_losses: Mapping[str, Mapping[str, float]] = Field(default_factory=dict)
    notes: tuple[str, ...] = ()
    snapshot: Blob | None = Field(None, repr=False)


class ResultReady(RunEvent):
    """The result, as PNG; of a film its first frame, with sentences for the user about its file.

    The report follows when it is measured.
    """

    kind: Literal["result-ready"] = "result-ready"
    png: Blob = Field(repr=False)
    notes: tuple[str, ...] = ()


class Finished(RunEvent):
    """A run is over, by itself or because it was stopped; `report` as `runner.report` makes it."""

    kind: Literal["finished"] = "finished"
    report: Mapping[str, Any]
    stopped: bool = False


class Failed(RunEvent):
    """A run ended in an error; it has a `report` if it leaves a result: the best picture it had."""

    kind: Literal["failed"] = "failed"
    message: str
    code: str = ""
    report: Mapping[str, Any] | None = None


class Preempted(RunEvent):
    """A run is saved in its checkpoint and has left the worker."""

    kind: Literal["preempted"] = "preempted"


class PartEvent(RunEvent):
    """An event about parts of a film, from the run's own worker or from another one."""


class PartOffered(PartEvent):
    """The run's own worker answers `AskForPart`: another one may paint this part, by the recipe that is prepared."""

    kind: Literal["part-offered"] = "part-offered"
    part: Part
    recipe: Recipe


class PartStepped(PartEvent):
    """So many steps of a part are done; the run's own worker paints some parts too."""

    kind: Literal["part-stepped"] = "part-stepped"
    first: int
    steps: int


class PartEnded(PartEvent):
    """A worker has left a part; see `PartLeft`. `message` says why it is refused."""

    kind: Literal["part-ended"] = "part-ended"
    first: int
    is_whole: bool
    is_refused: bool = False
    message: str = ""


class Inspected(_Event):
    """The answer to an `Inspect`: facts and a blob, as `Inspection` describes them, or an error to show."""

    kind: Literal["inspected"] = "inspected"
    error: str = ""
    code: str = ""
    facts: Mapping[str, Any] = Field(default_factory=dict)
    blob: Blob = Field(b"", repr=False)


PartEvents = PartOffered | PartStepped | PartEnded
WorkerEvent = (
    Ready | LoadFailed | Beat | Began | Stepped | ResultReady | Finished | Failed | Preempted | PartEvents | Inspected
)

COMMANDS: TypeAdapter[Command] = TypeAdapter(Annotated[Command, Field(discriminator="kind")])
EVENTS: TypeAdapter[WorkerEvent] = TypeAdapter(Annotated[WorkerEvent, Field(discriminator="kind")])


def encode(message: Message) -> tuple[bytes, list[bytes | memoryview]]:
    """The head of a message and its blobs, without a copy of these."""
    blobs: list[bytes | memoryview] = []
    head = message.model_dump_json(by_alias=True, context=blobs)
    return head.encode(), blobs


def decode(head: bytes, blobs: Sequence[bytes | memoryview], types: TypeAdapter[T]) -> T:
    """The message of a head and its blobs. Raises MessageError."""
    try:
        return types.validate_json(head, context=blobs)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'message'}: {e['msg']}" for e in error.errors())
        raise MessageError(one_line(f"the message cannot be read: {problems}")[:MAX_REASON]) from None
    except ValueError as error:
        raise MessageError(f"the message cannot be read: {error}") from None


def write(stream: BinaryIO, message: Message) -> None:
    """Send one message. Raises OSError or ValueError if the other side has closed the pipe."""
    head, blobs = encode(message)
    write_frame(stream, head, blobs)


def read(stream: BinaryIO, types: TypeAdapter[T]) -> T | None:
    """The next message of these types, such as `EVENTS`; None at the end of the stream. Raises MessageError."""
    try:
        frame = read_frame(stream)
    except ValueError as error:
        raise MessageError(f"the message cannot be read: {error}") from None
    return None if frame is None else decode(*frame, types)

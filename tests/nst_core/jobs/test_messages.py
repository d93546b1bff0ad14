"""Every message arrives as it was sent; a malformed one is refused, with the reason."""

import io
import json
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import ValidationError

from nst_core.film.spread.plan import Part
from nst_core.jobs import messages
from nst_core.jobs.messages import (
    AskForPart,
    Beat,
    Began,
    Command,
    Failed,
    Finished,
    Inspect,
    Inspected,
    LoadFailed,
    MessageError,
    PartEnded,
    PartLeft,
    PartOffered,
    PartStepped,
    Pause,
    Preempt,
    Preempted,
    Ready,
    ResultReady,
    Resume,
    RunCommand,
    Steer,
    Stepped,
    Stop,
    WorkerEvent,
)
from nst_core.jobs.views import InspectionRequest
from nst_core.recipe import make
from nst_core.runs.curve import CurvePoint
from nst_core.runs.inputs import ArraySpec
from nst_core.system.framing import read_frame, write_frame

POINT = CurvePoint(3, 0.75, {"total": 1.5, "content": 0.5}, ("scale 96 px", "é\n"), 96, 4, {"content": 1.0})
ARRAYS = (ArraySpec("content", (2, 3, 3)), ArraySpec("mask", (2, 3)))
COMMANDS: list[Command] = [
    RunCommand(job="a1", recipe=make(), arrays=ARRAYS, data=(b"0" * 18, b"1" * 24), measure=True),
    RunCommand(
        job="a1",
        recipe=make(settings={"method": "fast", "seed": 7}),
        arrays=(),
        data=(),
        measure=False,
        checkpoint="/a/b",
        stop=True,
        paused=True,
        part=Part(12, 30),
        taken=(Part(40, 50), Part(60, 61)),
    ),
    Stop(job="a1"),
    Pause(job="a1"),
    Resume(job="a1"),
    Preempt(job="a1"),
    AskForPart(job="a1"),
    PartLeft(job="a1", first=12, is_whole=False, is_refused=True),
    Steer(job="a1", settings={"style_weight": 2.5, "steps": 7, "style_layers": {"block1_conv1": 1.0}}),
    Inspect(
        question=InspectionRequest("grams", "block2_conv1", "vgg16"),
        shapes=((1, 2, 3), (1, 1, 3)),
        pictures=(b"abcdef", b"ghi"),
    ),
]
EVENTS: list[WorkerEvent] = [
    Ready(device="CPU", reason="no GPU", precision="float32", sources={"vgg19": "a file"}, memory_mb=812.5),
    LoadFailed(message="no source gave the weights"),
    Began(job="a1", content=b"\xff\xd8", curve=(POINT, CurvePoint(4, 1.0, {}))),
    Stepped(
        job="a1",
        point=POINT,
        total_steps=9,
        reference_losses={"fast": {"total": 2.5}},
        notes=("The style was reduced.",),
        snapshot=b"\xff\xd8jpeg",
    ),
    Stepped(job="a1", point=CurvePoint(0, 0.0, {"total": float("inf")}), total_steps=9),
    ResultReady(job="a1", png=b"\x89PNG" * 1000),
    Finished(job="a1", report={"recipe": {"steps": 3}, "size": [7, 5], "marks": [[1, "plateau"]]}, stopped=True),
    Failed(job="a1", message="the loss was not finite", code="diverged", report={"size": [7, 5]}),
    Failed(job="a1", message="a bug"),
    Preempted(job="a1"),
    PartOffered(job="a1", part=Part(12, 30), recipe=make(settings={"medium": "film"})),
    PartStepped(job="a1", first=12, steps=3),
    PartEnded(job="a1", first=12, is_whole=True, message="why"),
    Inspected(facts={"layer": "block1_conv1", "maps": [1, 2.5, None]}, blob=b"\x89PNG"),
    Inspected(error="no such layer"),
    Ready(device="CPU", precision="float32", sources={}, unusable={"magenta": "a sentence; another"}),
    Beat(cpu_seconds=1.5),
]
MESSAGES = [*COMMANDS, *EVENTS]


def kind_of(message: Any) -> str:
    return str(message.kind)


def read(data: bytes, message: Any) -> Any:
    """The message of a written frame, read as the other side of `message` does."""
    is_command = isinstance(message, get_args(Command))
    return messages.read(io.BytesIO(data), messages.COMMANDS if is_command else messages.EVENTS)


def written(message: Any) -> bytes:
    stream = io.BytesIO()
    messages.write(stream, message)
    return stream.getvalue()


def with_head(message: Any, change: dict[str, Any], *, without: str = "") -> bytes:
    """The frame of a message whose head is changed, with the same blobs."""
    head, blobs = read_frame(io.BytesIO(written(message))) or (b"", [])
    fields = {name: value for name, value in json.loads(head).items() if name != without}
    stream = io.BytesIO()
    write_frame(stream, json.dumps({**fields, **change}).encode(), blobs)
    return stream.getvalue()


def test_every_type_of_message_is_tested() -> None:
    assert {type(message) for message in COMMANDS} == set(get_args(Command))
    assert {type(message) for message in EVENTS} == set(get_args(WorkerEvent))


@pytest.mark.parametrize("message", MESSAGES, ids=kind_of)
def test_a_message_arrives_as_it_was_sent(message: Any) -> None:
    arrived = read(written(message), message)
    assert arrived == message
    assert type(arrived) is type(message)
    assert read(written(arrived), message) == message


def test_the_values_of_arrays_arrive_without_a_copy_by_the_sender() -> None:
    pixels = np.arange(18, dtype=np.uint8)
    sent = RunCommand(
        job="a", recipe=make(), arrays=(ArraySpec("content", (2, 3, 3)),), data=(memoryview(pixels),), measure=False
    )
    assert isinstance(sent.data[0], memoryview)
    arrived = messages.read(io.BytesIO(written(sent)), messages.COMMANDS)
    assert isinstance(arrived, RunCommand)
    assert arrived.data == (pixels.tobytes(),)


@pytest.mark.parametrize("message", MESSAGES, ids=kind_of)
def test_a_message_cannot_be_changed(message: Any) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        message.kind = "other"


@pytest.mark.parametrize("message", MESSAGES, ids=kind_of)
def test_a_message_that_is_cut_has_ended(message: Any) -> None:
    whole = written(message)
    for cut in range(0, len(whole), max(1, len(whole) // 50)):
        assert read(whole[:cut], message) is None


@pytest.mark.parametrize("message", MESSAGES, ids=kind_of)
def test_an_unknown_kind_or_field_is_refused(message: Any) -> None:
    with pytest.raises(MessageError, match="'dance' found using 'kind'"):
        read(with_head(message, {"kind": "dance"}), message)
    with pytest.raises(MessageError, match="kind"):
        read(with_head(message, {}, without="kind"), message)
    with pytest.raises(MessageError, match=r"surprise: Extra inputs are not permitted"):
        read(with_head(message, {"surprise": 1}), message)


REQUIRED = [
    (message, name) for message in MESSAGES for name, field in type(message).model_fields.items() if field.is_required()
]


@pytest.mark.parametrize(("message", "name"), REQUIRED, ids=lambda value: getattr(value, "kind", value))
def test_a_missing_field_is_refused(message: Any, name: str) -> None:
    with pytest.raises(MessageError, match=rf"{name}: Field required"):
        read(with_head(message, {}, without=name), message)


FIELDS = [(message, name) for message in MESSAGES for name in type(message).model_fields if name != "kind"]


@pytest.mark.parametrize("value", [[["nested"]], "text", 5, 2.5, True, None, {"a": []}], ids=repr)
@pytest.mark.parametrize(("message", "name"), FIELDS, ids=lambda value: getattr(value, "kind", value))
def test_a_value_of_a_wrong_type_is_refused_or_fits_the_field(message: Any, name: str, value: Any) -> None:
    """A reader never converts a value: it refuses it, or returns it unchanged."""
    data = with_head(message, {name: value})
    try:
        arrived = read(data, message)
    except MessageError as error:
        assert name in str(error)  # noqa: PT017 - either outcome is right, and both are checked
    else:
        found = getattr(arrived, name)
        is_blob_index = type(value) is int and isinstance(found, bytes)
        assert is_blob_index or (found == value and isinstance(found, type(value) | float))


@pytest.mark.parametrize(
    ("message", "change", "reason"),
    [
        (
            EVENTS[3],
            {"point": {"number": 1.5, "seconds": 1, "losses": {}}},
            "point.number: Input should be a valid int",
        ),
        (EVENTS[3], {"point": {"number": 1, "seconds": 1, "losses": {"total": "1"}}}, "point.losses.total"),
        (EVENTS[3], {"point": {"number": 1, "losses": {}}}, "point.seconds: Field required"),
        (EVENTS[3], {"snapshot": 9}, "must be binary data, or the index of one of 1 blobs"),
        (EVENTS[3], {"snapshot": -1}, "must be binary data"),
        (EVENTS[3], {"notes": "one"}, "notes: Input should be a valid tuple|notes: Input should be a valid array"),
        (EVENTS[2], {"curve": [{"number": 1}]}, "curve.0.seconds"),
        (COMMANDS[0], {"recipe": {"steps": -1}}, "recipe.steps"),
        (COMMANDS[0], {"arrays": [{"role": "hat", "shape": [1]}]}, "arrays.0.role"),
        (COMMANDS[0], {"data": [0, 1, 2]}, "data.2"),
        (COMMANDS[9], {"question": {"subject": "dreams", "layer": "x"}}, "question.subject"),
        (COMMANDS[9], {"shapes": [[1, 2]]}, "shapes.0.2"),
    ],
)
def test_wrong_values_inside_a_field_are_refused(message: Any, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(MessageError, match=reason):
        read(with_head(message, change), message)


@pytest.mark.parametrize("head", [b"", b"{", b"[]", b"5", b"null", b"\xff", b'"run"'])
def test_a_head_that_is_no_object_is_refused(head: bytes) -> None:
    stream = io.BytesIO()
    write_frame(stream, head)
    for types in (messages.COMMANDS, messages.EVENTS):
        stream.seek(0)
        with pytest.raises(MessageError, match="the message cannot be read"):
            messages.read(stream, types)


def test_an_event_is_no_command_and_a_command_no_event() -> None:
    with pytest.raises(MessageError):
        messages.read(io.BytesIO(written(EVENTS[0])), messages.COMMANDS)
    with pytest.raises(MessageError):
        messages.read(io.BytesIO(written(COMMANDS[0])), messages.EVENTS)


def test_a_malformed_message_cannot_even_be_made() -> None:
    with pytest.raises(ValidationError):
        Stop()  # type: ignore[call-arg]
    with pytest.raises(ValidationError):
        Stop(job=5)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["two\nlines", "\ud800", "x" * 100_000])
def test_why_a_message_is_refused_is_one_line_for_the_log(kind: str) -> None:
    stream = io.BytesIO()
    write_frame(stream, json.dumps({"kind": kind, kind: kind}).encode())
    stream.seek(0)
    with pytest.raises(MessageError) as caught:
        messages.read(stream, messages.COMMANDS)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 1000

"""Messages between job service and worker: any bytes give a message, the end of the stream or a MessageError."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter

from nst_core.jobs import messages
from nst_core.jobs.messages import MessageError
from nst_core.recipe import Recipe
from nst_core.runs.curve import CurvePoint
from nst_core.system.framing import MAGIC, read_frame, write_frame
from tests.fuzz.fuzzing import assert_is_one_sentence, fuzz
from tests.fuzz.values import JSON, damaged, recipes, spoilt
from tests.nst_core.jobs.test_messages import COMMANDS, EVENTS

_TEXT = st.text(max_size=20)
_LOSSES = st.dictionaries(_TEXT, st.floats(allow_nan=False), max_size=3)
_POINTS = st.builds(
    CurvePoint, st.integers(0, 9), st.floats(0, 1e6), _LOSSES, st.lists(_TEXT, max_size=2).map(tuple), st.integers(0, 9)
)


def _frame(message: Any) -> bytes:
    stream = io.BytesIO()
    messages.write(stream, message)
    return stream.getvalue()


_FRAMES = [_frame(message) for message in (*COMMANDS, *EVENTS)]
_HEADS = [json.loads((read_frame(io.BytesIO(frame)) or (b"", []))[0]) for frame in _FRAMES]


def _read(data: bytes) -> None:
    """Read all of a stream as commands, then as events."""
    _read_all(data, messages.COMMANDS)
    _read_all(data, messages.EVENTS)


def _read_all(data: bytes, types: TypeAdapter[Any]) -> None:
    stream = io.BytesIO(data)
    try:
        while messages.read(stream, types) is not None:
            pass
    except MessageError as error:
        assert_is_one_sentence(error)


@fuzz(data=damaged(_FRAMES) | st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: MAGIC + rest))
def test_any_bytes(data: bytes) -> None:
    _read(data)


@fuzz(
    head_size=st.integers(0, 2**32 - 1) | st.integers(0, 40),
    blobs=st.integers(0, 2**32 - 1) | st.integers(0, 3),
    sizes=st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 20), max_size=3),
    rest=st.binary(max_size=60),
)
def test_a_frame_of_any_sizes(head_size: int, blobs: int, sizes: list[int], rest: bytes) -> None:
    _read(MAGIC + struct.pack("<II", head_size, blobs) + b"".join(struct.pack("<Q", size) for size in sizes) + rest)


@fuzz(head=st.sampled_from(_HEADS).flatmap(spoilt) | JSON, blobs=st.lists(st.binary(max_size=9), max_size=2))
def test_any_head(head: Any, blobs: list[bytes]) -> None:
    stream = io.BytesIO()
    write_frame(stream, json.dumps(head).encode(), blobs)
    _read(stream.getvalue())


@fuzz(
    recipe=recipes(),
    point=_POINTS,
    text=_TEXT,
    blobs=st.lists(st.binary(max_size=40), max_size=3),
    memory_mb=st.floats(0, 1e6),
    settings=st.dictionaries(_TEXT, st.integers(0, 9) | st.booleans() | _TEXT, max_size=3),
)
def test_a_valid_message_survives(
    recipe: Recipe, point: CurvePoint, text: str, blobs: list[bytes], memory_mb: float, settings: dict[str, Any]
) -> None:
    sent_commands = [
        messages.RunCommand(job=text, recipe=recipe, arrays=(), data=tuple(blobs), measure=True, checkpoint=text),
        messages.Steer(job=text, settings=settings),
    ]
    sent_events = [
        messages.Began(job=text, content=b"".join(blobs), curve=(point,), memory_mb=memory_mb),
        messages.Stepped(job=text, point=point, total_steps=9, notes=(text,), snapshot=blobs[0] if blobs else None),
        messages.Finished(job=text, report=settings),
        messages.Failed(job=text, message=text, code=text),
    ]
    for command in sent_commands:
        assert messages.read(io.BytesIO(_frame(command)), messages.COMMANDS) == command
    for event in sent_events:
        assert messages.read(io.BytesIO(_frame(event)), messages.EVENTS) == event

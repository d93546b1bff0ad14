"""What is written is read; an end, wherever it comes, is None and never a message of less."""

import io
import struct

import numpy as np
import pytest

from nst_core.jobs import messages as jobs_messages


def sent(*messages):
    stream = io.BytesIO()
    for head, blobs in messages:
        jobs_messages.write(stream, head, blobs)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("head", "blobs"),
    [
        ({}, []),
        ({"kind": "step", "losses": {"total": 1.5}, "text": "é\n\0", "none": None}, []),
        ({"kind": "picture"}, [b"\x89PNG", b"", bytes(range(256)) * 300]),
    ],
)
def test_a_message_arrives_as_it_was_sent(head, blobs):
    assert jobs_messages.read(io.BytesIO(sent((head, blobs)))) == (head, blobs)


def test_messages_arrive_in_order_and_then_the_end():
    stream = io.BytesIO(sent(({"n": 1}, [b"one"]), ({"n": 2}, []), ({"n": 3}, [b"", b"three"])))
    assert jobs_messages.read(stream) == ({"n": 1}, [b"one"])
    assert jobs_messages.read(stream) == ({"n": 2}, [])
    assert jobs_messages.read(stream) == ({"n": 3}, [b"", b"three"])
    assert jobs_messages.read(stream) is None


def test_a_memoryview_is_a_blob():
    pixels = np.arange(12, dtype=np.uint8)
    _, (blob,) = jobs_messages.read(io.BytesIO(sent(({}, [memoryview(pixels)]))))
    assert blob == pixels.tobytes()


def test_writing_leaves_the_senders_head_alone():
    head = {"kind": "step"}
    sent((head, [b"x"]))
    assert head == {"kind": "step"}


def test_a_stream_cut_anywhere_is_the_end():
    whole = sent(({"kind": "step", "text": "a{}b"}, [b"first blob", b"second"]))
    assert jobs_messages.read(io.BytesIO(whole)) is not None
    for cut in range(len(whole)):
        assert jobs_messages.read(io.BytesIO(whole[:cut])) is None, f"cut at {cut} of {len(whole)}"


def test_what_is_no_json_is_the_end():
    noise = b"\xff\x00 not json"
    assert jobs_messages.read(io.BytesIO(struct.pack("<I", len(noise)) + noise)) is None


def test_a_message_is_flushed_at_once():
    class Counting(io.BytesIO):
        flushed = 0

        def flush(self):
            self.flushed = len(self.getvalue())

    stream = Counting()
    jobs_messages.write(stream, {"a": 1}, [b"blob"])
    assert stream.flushed == len(stream.getvalue()) > 8

"""A written frame is read as it was; an end anywhere is None, never a part of a frame."""

import io
import struct

import numpy as np
import pytest

from nst_core.system.framing import MAGIC, read_frame, write_frame


def written(*frames: tuple[bytes, list[bytes]]) -> bytes:
    stream = io.BytesIO()
    for head, blobs in frames:
        write_frame(stream, head, blobs)
    return stream.getvalue()


@pytest.mark.parametrize("blobs", [[], [b""], [b"\x89PNG", b"", bytes(range(256)) * 300]])
@pytest.mark.parametrize("head", [b"", b"{}", "é\n\0".encode()])
def test_a_frame_arrives_as_it_was_sent(head: bytes, blobs: list[bytes]) -> None:
    assert read_frame(io.BytesIO(written((head, blobs)))) == (head, blobs)


def test_frames_arrive_in_order_and_then_the_end() -> None:
    frames = [(b"1", [b"one"]), (b"2", []), (b"3", [b"", b"three"])]
    stream = io.BytesIO(written(*frames))
    assert [read_frame(stream) for _ in range(4)] == [*frames, None]


def test_a_memoryview_is_a_blob() -> None:
    pixels = np.arange(12, dtype=np.uint8)
    stream = io.BytesIO()
    write_frame(stream, b"", [memoryview(pixels)])
    stream.seek(0)
    assert read_frame(stream) == (b"", [pixels.tobytes()])


def test_a_stream_that_is_cut_anywhere_has_ended() -> None:
    whole = written((b"a head", [b"first blob", b"second"]))
    for cut in range(len(whole)):
        assert read_frame(io.BytesIO(whole[:cut])) is None, f"cut at {cut} of {len(whole)}"


@pytest.mark.parametrize("noise", [b"\xff\x00 no frame", b"oops", MAGIC[:3] + b"?" + bytes(40)])
def test_other_bytes_are_refused(noise: bytes) -> None:
    with pytest.raises(ValueError, match="a message must begin with"):
        read_frame(io.BytesIO(noise))


def test_a_frame_is_flushed_at_once() -> None:
    class Counting(io.BytesIO):
        flushed = 0

        def flush(self) -> None:
            self.flushed = len(self.getvalue())

    stream = Counting()
    write_frame(stream, b"head", [b"blob"])
    assert stream.flushed == len(stream.getvalue()) > 8


@pytest.mark.parametrize(
    ("head", "blobs", "sizes"), [(2**32 - 1, 0, ()), (2, 2**32 - 1, ()), (2, 1, (2**63,)), (2, 2, (3, 2**40))]
)
def test_sizes_that_no_message_has_are_refused_before_memory_is_reserved(
    head: int, blobs: int, sizes: tuple[int, ...]
) -> None:
    table = b"".join(struct.pack("<Q", size) for size in sizes)
    with pytest.raises(ValueError, match="must have at most"):
        read_frame(io.BytesIO(MAGIC + struct.pack("<II", head, blobs) + table + b"{}"))

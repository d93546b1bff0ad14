"""The process that decodes pictures from outside, one after another: `python -m nst_core.picture.decoder`.

Decoders are large C libraries, and the files come from strangers. A fault, an endless loop or a decompression bomb ends
only this process and one picture; `nst_core.picture.decoder_pool` starts another one. It holds no secrets and ends with
its parent.

A request is a byte that carries an open file, then a frame: `DecoderRequest` and the picture file. The answer is a
frame: `DecoderAnswer`, and the pixels and alpha channel if they are few; otherwise these are in the open file.
"""

from __future__ import annotations

import os
import resource
import socket
from typing import BinaryIO, cast

from PIL import ImageCms  # noqa: F401 - loaded before the memory is limited

from nst_core.errors import PictureError
from nst_core.picture.decoder_messages import INLINE_BYTES, DecoderAnswer, DecoderRequest
from nst_core.picture.reading import Decoded, decode, pixel_hash
from nst_core.system.confined import limit, limit_seconds, own_memory
from nst_core.system.framing import read_frame, write_frame


def main() -> None:
    """Answer requests on standard input, a socket, until the other side closes it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    own_bytes = own_memory(0)
    with socket.socket(fileno=os.dup(0)) as connection, connection.makefile("rwb") as stream:
        while True:
            # The stream buffers no bytes beyond a request: the next one is sent after its answer.
            mark, files, _, _ = socket.recv_fds(connection, 1, 1)
            if not mark or (frame := read_frame(cast(BinaryIO, stream))) is None:
                return
            with os.fdopen(files[0], "wb") as file:
                answer, blobs = _answer(DecoderRequest.from_json(frame[0]), frame[1][0], file, own_bytes)
            del frame
            write_frame(cast(BinaryIO, stream), answer.to_json(), blobs)
            del blobs


def _answer(
    request: DecoderRequest, data: bytes, file: BinaryIO, own_bytes: int
) -> tuple[DecoderAnswer, list[memoryview]]:
    limit_seconds(request.seconds)
    if own_bytes:
        limit(resource.RLIMIT_AS, own_bytes + request.megabytes * 2**20)
    try:
        decoded = decode(data, request.limits)
        blobs = _blobs(decoded)
        if sum(map(len, blobs)) > INLINE_BYTES:
            for blob in blobs:
                file.write(blob)
            file.flush()
            return _described(decoded), []
        return _described(decoded), blobs
    except PictureError as error:
        return DecoderAnswer(refused=str(error)), []
    except MemoryError:
        return DecoderAnswer(lacks="memory"), []
    except OSError:
        return DecoderAnswer(lacks="disk"), []


def _blobs(decoded: Decoded) -> list[memoryview]:
    arrays = [decoded.pixels] if decoded.alpha is None else [decoded.pixels, decoded.alpha]
    return [array.data.cast("B") for array in arrays]


def _described(decoded: Decoded) -> DecoderAnswer:
    height, width, _ = decoded.pixels.shape
    return DecoderAnswer(
        width=width,
        height=height,
        has_alpha=decoded.alpha is not None,
        sha256=pixel_hash(decoded.pixels, decoded.alpha),
        notes=decoded.notes,
        memory_mb=own_memory(1) / 2**20,
    )


if __name__ == "__main__":
    main()

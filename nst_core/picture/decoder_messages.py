"""The requests to `nst_core.picture.decoder` and its answers, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from nst_core.picture.limits import UploadLimits

INLINE_BYTES = 1 << 20
"""Largest size of pixels that are sent in the answer itself."""


@dataclass(frozen=True)
class DecoderRequest:
    """A request to decode a picture, with its limits: computing time in seconds, and memory in MB."""

    limits: UploadLimits
    seconds: int
    megabytes: int

    def to_json(self) -> bytes:
        """As `from_json` reads it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, head: bytes) -> DecoderRequest:
        """Raises ValueError, KeyError or TypeError if it is no request."""
        values = json.loads(head)
        return cls(UploadLimits(**values["limits"]), values["seconds"], values["megabytes"])


@dataclass(frozen=True)
class DecoderAnswer:
    """A decoded picture, or the reason why there is none.

    Attributes:
        refused: the message of a PictureError, or empty.
        lacks: "memory" or "disk" if there was not enough of it, or empty.
        width: the picture's width in pixels; likewise `height`.
        has_alpha: whether an alpha channel follows the pixels.
        sha256: over height, width and pixels, like `Picture.sha256`.
        notes: sentences for the user.
        memory_mb: resident memory of the process afterwards.
    """

    refused: str = ""
    lacks: str = ""
    width: int = 0
    height: int = 0
    has_alpha: bool = False
    sha256: str = ""
    notes: tuple[str, ...] = ()
    memory_mb: float = 0.0

    def to_json(self) -> bytes:
        """As `from_json` reads it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, head: bytes) -> DecoderAnswer:
        """Raises ValueError, KeyError or TypeError if it is no answer."""
        values = json.loads(head)
        return cls(**{**values, "notes": tuple(values["notes"])})

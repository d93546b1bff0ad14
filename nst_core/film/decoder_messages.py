"""The request to `nst_core.film.decoder`, and its answers, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Literal

from nst_core.film.info import Clip, FilmInfo, FilmLimits

Task = Literal["probe", "frames", "stills", "noise", "cuts", "sound"]


@dataclass(frozen=True)
class FilmRequest:
    """What the process is to do with the film that is its standard input.

    Attributes:
        task: "probe": describe it; "frames": the frames of a clip; "stills": single frames; "noise": what
            three frames of a clip tell about its noise; "cuts": where its scenes begin; "sound": a clip's sound.
        limits: of the film.
        seconds: computing time for the first answer; each frame adds one second.
        megabytes: memory for decoding.
        clip: for frames, noise, cuts and sound.
        edge_px: longest edge of the frames; None: as large as they are.
        keeps_alpha: whether frames with transparent parts come with them; otherwise they are on white.
        first: the number of the first frame that is wanted.
        at_seconds: of the stills, from the film's start.
        sound_format: of the film for which the sound is packed, a key of `nst_core.film.sound.SOUNDS`.
    """

    task: Task
    limits: FilmLimits
    seconds: int
    megabytes: int
    clip: Clip = field(default_factory=Clip)
    edge_px: int | None = None
    keeps_alpha: bool = False
    first: int = 0
    at_seconds: tuple[float, ...] = ()
    sound_format: str = ""

    def to_json(self) -> str:
        """As `from_json` reads it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> FilmRequest:
        """Raises ValueError, KeyError or TypeError if it is no request."""
        values = json.loads(text)
        made = {"limits": FilmLimits(**values["limits"]), "clip": Clip(**values["clip"])}
        return cls(**{**values, **made, "at_seconds": tuple(values["at_seconds"])})


@dataclass(frozen=True)
class FilmAnswer:
    """One answer. A frame's pixels follow as bytes, and so does a sound's file.

    Attributes:
        kind: "info", "frame", "noise", "scene" (one begins), "looked" (none has begun lately), "sound", "alive" (it
            works, but has no frame yet), "done", "refused" or "lacks" (memory or disk).
        text: of a refusal, or what is lacking.
        info: of the film.
        index: of the frame in the clip; of a scene its first one.
        seconds: when the frame is shown, from the film's start.
        duration: how long, in seconds.
        width: of the frame in pixels; likewise `height`.
        has_alpha: whether the frame has four channels, the last one its opacity.
        level: of the noise, in 1/255.
    """

    kind: Literal["info", "frame", "noise", "scene", "looked", "sound", "alive", "done", "refused", "lacks"]
    text: str = ""
    info: FilmInfo | None = None
    index: int = 0
    seconds: float = 0.0
    duration: float = 0.0
    width: int = 0
    height: int = 0
    has_alpha: bool = False
    level: float = 0.0

    def to_json(self) -> bytes:
        """As `from_json` reads it."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_json(cls, head: bytes) -> FilmAnswer:
        """Raises ValueError, KeyError or TypeError if it is no answer."""
        values = json.loads(head)
        info = values["info"] and FilmInfo(**values["info"])
        return cls(**{**values, "info": info})

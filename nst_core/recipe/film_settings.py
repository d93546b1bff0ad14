"""The settings of a film's run: its clip and file, how frames follow one another, and changes over time."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

from pydantic import Field, model_validator

from nst_core.recipe.frozen import Frozen

FilmFormat = Literal["mp4", "webm", "gif", "webp"]

LONGEST_SECONDS = 86400
"""The latest time in a film that a setting can name, in seconds."""
MOST_KEYFRAMES = 32
"""The most keyframes of a film."""


class Keyframe(Frozen):
    """Values of settings at one time of a film. Between two keyframes that set a value, it changes evenly."""

    seconds: float = Field(ge=0, le=LONGEST_SECONDS, description="time in the result, in seconds")
    strength: float | None = Field(None, ge=0, le=1.5, description="fast: strength here; unset: not changed here")
    style_weight: float | None = Field(
        None, ge=0, le=1e6, description="slow: weight of the style distance here; unset: not changed here"
    )
    content_weight: float | None = Field(
        None, ge=0, le=1e6, description="slow: weight of the content distance here; unset: not changed here"
    )
    colour_preservation: float | None = Field(
        None, ge=0, le=1, description="share of the content's colours that is put back here; unset: not changed here"
    )
    style_shares: tuple[Annotated[float, Field(ge=0, le=100)], ...] | None = Field(
        None,
        min_length=1,
        max_length=8,
        strict=False,
        description="share of each style here, in the styles' order; unset: not changed here",
    )

    @model_validator(mode="after")
    def _some_style(self) -> Keyframe:
        if self.style_shares is not None and not any(self.style_shares):
            raise ValueError("at least one style must have a share above 0")
        return self


class FilmSettings(Frozen):
    """Settings that only a run of a film uses."""

    trim_start_seconds: float = Field(
        0.0, ge=0, le=LONGEST_SECONDS, description="film: where the clip begins, in seconds of the film"
    )
    trim_end_seconds: float | None = Field(
        None, gt=0, le=LONGEST_SECONDS, description="film: where the clip ends, in seconds; unset: the film's end"
    )
    frames_per_second: float | None = Field(
        None, ge=1, le=60, description="film: frames a second of the result; unset: as many as the film has"
    )
    film_format: FilmFormat = Field("mp4", description="film: format of the result; gif and webp have no sound")
    keep_audio: bool = Field(True, description="film: keep the sound")
    statistics_smoothing: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="film, fast: share of the last frame's instance-norm statistics in this frame's; higher: changes "
        "of brightness and contrast spread over more frames",
    )
    flow_blend: float = Field(
        0.9,
        ge=0,
        le=1,
        description="film, fast: share of the last result, moved along the film's motion, where the motion is trusted; "
        "0: each frame on its own",
    )
    temporal_weight: float = Field(
        500.0,
        ge=0,
        le=1e6,
        description="film, slow: weight of the squared difference from the last result, moved along the film's "
        "motion, where the motion is trusted; what stands still is kept as it is; 0: neither",
    )
    frame_steps: int = Field(8, ge=1, le=5000, description="film, slow: number of steps for each frame after the first")
    film_passes: int = Field(
        1,
        ge=1,
        le=2,
        description="film, slow: 2: after the pass forward, a pass backward compares each frame with both neighbours",
    )
    keyframes: tuple[Keyframe, ...] = Field(
        (),
        max_length=MOST_KEYFRAMES,
        strict=False,
        description="film: values of settings at times of the result; between keyframes they change evenly",
    )

    @model_validator(mode="after")
    def _clip_is_possible(self) -> FilmSettings:
        if self.trim_end_seconds is not None and self.trim_end_seconds <= self.trim_start_seconds:
            raise ValueError(
                f"trim_end_seconds must be later than trim_start_seconds, got {self.trim_end_seconds:g} and "
                f"{self.trim_start_seconds:g}"
            )
        return self

    @model_validator(mode="after")
    def _keyframes_are_in_order(self) -> FilmSettings:
        times = [keyframe.seconds for keyframe in self.keyframes]
        if any(later <= earlier for earlier, later in itertools.pairwise(times)):
            raise ValueError(f"keyframes must be in order of time, each later than the one before, got {times}"[:300])
        return self

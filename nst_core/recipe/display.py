"""The display of settings: titles, offered values, labels and units, as plain data without widgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nst_core.recipe import fields
from nst_core.recipe.style_distances import TITLES

CurrentValues = Mapping[str, Any]
"""Settings chosen so far, by name."""


def always(_: CurrentValues) -> bool:
    """The condition of a setting that does not depend on another."""
    return True


def when(name: str, *values: Any) -> Callable[[CurrentValues], bool]:
    """The condition of a setting that has an effect only at certain values of another."""
    return lambda chosen: chosen.get(name) in values


@dataclass(frozen=True)
class SettingDisplay:
    """The display of one setting.

    Attributes:
        name: the setting's name in the recipe.
        title: its label.
        values: the numbers that a slider offers; empty for choices and weights.
        choice_labels: choice -> its label; "" is the label of an unset value.
        unit: written behind each number.
        applies: whether the setting has an effect, given the values chosen so far; a setting that does not apply is
            hidden and keeps its value.
    """

    name: str
    title: str
    values: tuple[float, ...] = ()
    choice_labels: Mapping[str, str] | None = None
    unit: str = ""
    applies: Callable[[CurrentValues], bool] = always


def weight_multiple(name: str, base: float, times: float) -> float:
    """`times` the weight `base`; the setting's default stands in for a base of 0."""
    return float(times * (base or fields.default(name)))


def _either(*conditions: Callable[[CurrentValues], bool]) -> Callable[[CurrentValues], bool]:
    return lambda chosen: any(condition(chosen) for condition in conditions)


def _both(*conditions: Callable[[CurrentValues], bool]) -> Callable[[CurrentValues], bool]:
    return lambda chosen: all(condition(chosen) for condition in conditions)


_LBFGS = when("algorithm", "lbfgs")
_ADAM = _either(when("algorithm", "adam"), when("switch_to_adam", True))
_ADAPTS = _both(_LBFGS, when("learn_preconditioner", False))
_PYRAMID = when("pyramid", "auto")

GROUPS: dict[str, tuple[SettingDisplay, ...]] = {
    "Objective": (
        SettingDisplay("content_weight", "Content strength"),
        SettingDisplay("tv_weight", "Smoothness"),
        SettingDisplay("style_normalisation", "Adapt to strong styles", (0, 0.25, 0.5, 0.75, 1)),
        SettingDisplay("adaptive_balance", "Keep the subject"),
        SettingDisplay("style_scale", "Stroke size", (0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8, 4)),
        SettingDisplay("style_shape", "Style shape", choice_labels={"own": "its own", "content": "as the photograph"}),
        SettingDisplay("style_distance", "Style distance", choice_labels=TITLES),
        SettingDisplay("tv_variant", "Variation"),
        SettingDisplay("pooling", "Pooling"),
        SettingDisplay("padding", "Edges"),
        SettingDisplay("network", "Network", choice_labels={"vgg19": "VGG-19", "vgg16": "VGG-16"}),
        SettingDisplay("loss_units", "Units"),
        SettingDisplay("content_layers", "Content layers"),
        SettingDisplay("style_layers", "Style layers"),
    ),
    "Optimizer": (
        SettingDisplay("algorithm", "Algorithm", choice_labels={"adam": "Adam", "lbfgs": "L-BFGS"}),
        SettingDisplay("preconditioner_exponent", "Large shapes first", (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 1)),
        SettingDisplay("learn_preconditioner", "Learn each frequency", applies=_LBFGS),
        SettingDisplay("adapt_preconditioner", "Follow the curvature", applies=_ADAPTS),
        SettingDisplay("switch_to_adam", "Leave grain to Adam", applies=_LBFGS),
        SettingDisplay("learning_rate", "Learning rate", (0.005, 0.01, 0.02, 0.03, 0.05, 0.1), applies=_ADAM),
        SettingDisplay("final_learning_rate_ratio", "Rate at the end", (0, 0.1, 0.3, 1), applies=_ADAM),
        SettingDisplay("history_size", "History", (5, 10, 20, 50, 100), applies=_LBFGS),
        SettingDisplay("average_decay", "Averaging", (0, 0.5, 0.9, 0.95, 0.99, 0.995)),
        SettingDisplay("beta1", "Beta 1", (0, 0.5, 0.8, 0.9, 0.95, 0.99), applies=_ADAM),
        SettingDisplay("beta2", "Beta 2", (0.9, 0.99, 0.999, 0.9999), applies=_ADAM),
        SettingDisplay("epsilon", "Epsilon", (1e-8, 1e-6, 1e-4, 1e-2, 1e-1), applies=_ADAM),
    ),
    "Schedule": (
        SettingDisplay(
            "start",
            "Start from",
            choice_labels={"content": "the photograph", "fast": "the fast result", "own": "a picture of yours"},
        ),
        SettingDisplay("seed", "Seed", applies=when("start", "noise")),
        SettingDisplay("pyramid", "From small to large", choice_labels={"auto": "by factors of √2"}),
        SettingDisplay(
            "smallest_edge_px", "Smallest size", (64, 96, 128, 192, 256, 384, 512), unit=" px", applies=_PYRAMID
        ),
        SettingDisplay(
            "first_steps",
            "Steps at the smallest size",
            (25, 50, 100, 200, 300, 500, 1000, 2000),
            choice_labels={"": "as the others"},
            applies=_PYRAMID,
        ),
        SettingDisplay("plateau_threshold", "End at a plateau", (0, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1)),
        SettingDisplay(
            "seconds", "Time limit", (10, 30, 60, 120, 300, 600, 1800, 3600), choice_labels={"": "none"}, unit=" s"
        ),
        SettingDisplay("snapshot_every", "A picture every", (1, 2, 5, 10, 20, 50, 100), unit=" steps"),
        SettingDisplay("reference_loss", "Reference line in the curves", choice_labels={"fast": "of the fast result"}),
    ),
    "Colour": (
        SettingDisplay(
            "colour_match",
            "Colours before the run",
            choice_labels={"none": "as they are", "covariance": "the photograph's", "luminance": "light and dark only"},
        ),
        SettingDisplay(
            "colour_match_strength",
            "How far they are matched",
            (0.25, 0.5, 0.75, 1),
            applies=when("colour_match", "covariance", "luminance"),
        ),
        SettingDisplay("colour_space", "Keep colours in", choice_labels={"lab": "Lab"}),
    ),
    "Machine": (
        SettingDisplay("precision", "Precision"),
        SettingDisplay("convolutions", "Convolutions"),
        SettingDisplay(
            "memory_mb",
            "Memory",
            (1000, 1500, 2000, 3000, 4000, 6000, 8000, 16000),
            choice_labels={"": "all free memory"},
            unit=" MB",
        ),
    ),
}
"""Group -> its settings, in order; a group is one part of the recipe, and one tab of the advanced settings."""

_FAST = when("method", "fast")
_WITH_STEPS = when("method", "slow", "balanced")

FILM: tuple[SettingDisplay, ...] = (
    SettingDisplay("flow_blend", "Follow the motion", (0, 0.5, 0.7, 0.8, 0.9, 0.95, 1), applies=_FAST),
    SettingDisplay("statistics_smoothing", "Calm the contrast", (0, 0.3, 0.5, 0.7, 0.8, 0.9), applies=_FAST),
    SettingDisplay("temporal_weight", "Follow the motion", (0, 100, 200, 500, 1000, 2000, 5000), applies=_WITH_STEPS),
    SettingDisplay("frame_steps", "Steps for each frame", (1, 2, 3, 5, 8, 10, 15, 20, 30, 50), applies=_WITH_STEPS),
    SettingDisplay("film_passes", "Passes", (1, 2), applies=_WITH_STEPS),
    SettingDisplay(
        "frames_per_second",
        "Frames a second",
        (2, 5, 8, 10, 12, 15, 20, 24, 25, 30, 50, 60),
        choice_labels={"": "as the film has"},
    ),
    SettingDisplay(
        "film_format",
        "Format",
        choice_labels={"mp4": "MP4", "webm": "WebM", "gif": "GIF", "webp": "animated WebP"},
    ),
    SettingDisplay("keep_audio", "Keep the sound", applies=when("film_format", "mp4", "webm")),
)
"""The settings that only films have, without the clip's ends and the keyframes, which have widgets of their own."""

WEIGHTS = ("content_weight", "style_weight", "tv_weight")
LAYERS = ("content_layers", "style_layers")

WEIGHT_MULTIPLES = (0.0, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""The multiples of a weight that are offered, since a weight has meaning only relative to the others."""


def multiple_label(times: float) -> str:
    """The label of a multiple of a weight."""
    return "off" if times == 0 else f"× {times:g}"

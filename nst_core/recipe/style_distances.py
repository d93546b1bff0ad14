"""The style distances that a recipe may name: a registry that is read without TensorFlow.

To add one: write a module with an object `DISTANCE` that is a `nst_core.slow.losses.style_distance.StyleDistance`, and
register it here. The recipe's validation, the settings' documentation, the widgets and the cost estimate follow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema


def _free(channels: int) -> float:
    del channels
    return 0.0


def _cubic(channels: int) -> float:
    """Cost of Wasserstein-2, whose polar iteration multiplies matrices; measured on VGG-19's usual style layers."""
    return float(0.27 * channels**3 / (64**3 + 128**3 + 256**3 + 2 * 512**3))


def _by_position(share: float) -> Callable[[int], float]:
    """Cost at each position of a layer: `share` at 64 channels.

    A layer of twice the channels has a quarter of the positions, and each costs twice as much. Measured on VGG-19.
    """
    return lambda channels: share * 64 / channels


@dataclass(frozen=True)
class RegisteredDistance:
    """The registry's entry for a style distance, for recipes, widgets and estimates.

    Attributes:
        title: its label in a widget.
        description: its meaning in the settings' documentation, a phrase without a full stop.
        module: the module whose `DISTANCE` computes it, loaded when an objective is built.
        layer_cost: channels of a layer -> cost of its distance and gradient beyond the statistics, as a share of one
            evaluation of the whole objective at 256 px.
        pixel_cost: the same for the cost that grows with the picture.
        pixel_bytes: memory for each pixel of the picture, in bytes, beyond that of the activations.
        by_strips: whether statistics of strips add up to the picture's. Other distances need the picture whole.
    """

    title: str
    description: str
    module: str
    layer_cost: Callable[[int], float] = _free
    pixel_cost: Callable[[int], float] = _free
    pixel_bytes: float = 0.0
    by_strips: bool = True


STYLE_DISTANCES: dict[str, RegisteredDistance] = {
    "gram": RegisteredDistance(
        "Gram",
        "difference of Gram matrices, which record which channels are active together (Gatys et al.)",
        "nst_core.slow.losses.gram",
    ),
    "wasserstein2": RegisteredDistance(
        "Wasserstein",
        "Wasserstein distance of the activations as Gaussians, which also compares their means and is more even among "
        "layers",
        "nst_core.slow.losses.wasserstein2",
        _cubic,
    ),
    "sliced": RegisteredDistance(
        "Sliced Wasserstein",
        "Wasserstein distance of the activations themselves along fixed directions, which compares whole "
        "distributions; needs the picture in one piece",
        "nst_core.slow.losses.sliced",
        pixel_cost=_by_position(0.2),
        pixel_bytes=1500.0,
        by_strips=False,
    ),
    "neighbours": RegisteredDistance(
        "Nearest neighbours",
        "distance of each activation from the style's most similar one, which copies the style's details; needs the "
        "picture in one piece",
        "nst_core.slow.losses.neighbours",
        pixel_cost=_by_position(0.16),
        pixel_bytes=1500.0,
        by_strips=False,
    ),
}
"""Name in recipes -> the distance; the first is the default."""


class _Titles(Mapping[str, str]):
    """Reads the registry anew at each look-up, so that widgets made at import know distances registered later."""

    def __getitem__(self, name: str) -> str:
        return STYLE_DISTANCES[name].title

    def __iter__(self) -> Iterator[str]:
        return iter(STYLE_DISTANCES)

    def __len__(self) -> int:
        return len(STYLE_DISTANCES)


TITLES: Mapping[str, str] = _Titles()
"""Name -> label."""


class DistanceName:
    """Marks a text setting that must be a key of `STYLE_DISTANCES`: pydantic validates it like a `Literal`."""

    @staticmethod
    def choices() -> tuple[str, ...]:
        """The names, the default first."""
        return tuple(STYLE_DISTANCES)

    @staticmethod
    def description() -> str:
        """Every distance with its meaning."""
        return "; ".join(f"{name}: {distance.description}" for name, distance in STYLE_DISTANCES.items())

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Refuse unknown names with the error that a `Literal` gives."""
        return core_schema.no_info_after_validator_function(_known, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The names as an `enum`."""
        return {**handler(schema), "enum": list(self.choices())}


def _known(name: str) -> str:
    if name in STYLE_DISTANCES:
        return name
    *most, last = map(repr, STYLE_DISTANCES)
    raise PydanticKnownError("literal_error", {"expected": " or ".join(filter(None, (", ".join(most), last)))})

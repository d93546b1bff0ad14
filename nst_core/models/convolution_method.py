"""The ways to compute a network's convolutions, their costs, and the choice of one. Numbers only, no TensorFlow."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class ConvolutionMethod:
    """A way to compute convolutions; `nst_core.models.convolution` has the arithmetic.

    Attributes:
        name: as in `Recipe.convolutions`.
        compiled: whether functions that use it need `jit_compile`; such a method is for float32 on a processor only.
        relative_cost: the cost of an evaluation, as a share of one with direct convolutions, at sizes from `pays_from`
            on.
        compile_cost: the cost of compiling for one size, in direct evaluations at 256 px.
        pays_from: steps x pixels from which it saves more time than compiling takes.
        base_mb: memory of a process besides activations: TensorFlow, the kernels, compiled code.
        bytes_per_pixel: peak bytes for each pixel of the picture, by how many blocks are computed in strips.
    """

    name: str
    compiled: bool
    relative_cost: float
    compile_cost: float
    pays_from: int
    base_mb: float
    bytes_per_pixel: Mapping[int, float]


# The costs were measured by `bench slow`, the bytes at 512 and 2,048 px.
DIRECT = ConvolutionMethod("direct", False, 1.0, 0.0, 0, 800.0, {0: 2700.0, 1: 1800.0, 2: 1100.0, 3: 370.0})
"""TensorFlow's own convolutions."""
WINOGRAD = ConvolutionMethod(
    "winograd", True, 0.6, 14.0, 80 * 256**2, 1450.0, {0: 2700.0, 1: 1600.0, 2: 900.0, 3: 500.0}
)
"""Compiled Winograd convolutions, for processors without fast bfloat16.

Measured on a processor with it (AVX512-BF16), as multiples of direct float32: an evaluation took 0.88 at 128 px, 0.54
at 256, 0.50 at 384 and 0.46 at 512 px. Direct bfloat16 took 0.60, 0.53, 0.53 and 0.47, without 18 seconds of compiling.
There `Recipe.precision` auto chooses bfloat16, and so direct convolutions.
"""

METHODS: Mapping[str, ConvolutionMethod] = {method.name: method for method in (DIRECT, WINOGRAD)}
"""Name -> the method."""


def stored_number(method: ConvolutionMethod) -> int:
    """The number that stands for a method in a checkpoint."""
    return list(METHODS.values()).index(method)


def from_stored_number(number: float) -> ConvolutionMethod:
    """The method that a checkpoint's number stands for."""
    return list(METHODS.values())[int(number)]


def choose_method(
    wish: str, work: float, *, compiles: bool, fitting: Collection[ConvolutionMethod]
) -> ConvolutionMethod:
    """The method for one size of a run.

    Args:
        wish: `Recipe.convolutions`; "auto" takes the cheapest method that pays and fits.
        work: steps x pixels at this size.
        compiles: whether the device and precision can compile convolutions; if not, only `DIRECT` is possible.
        fitting: the methods that stay within the run's memory.
    """
    possible = [method for method in METHODS.values() if compiles or not method.compiled]
    if wish != "auto":
        return next((method for method in possible if method.name == wish), DIRECT)
    return min(
        (method for method in possible if method is DIRECT or (work >= method.pays_from and method in fitting)),
        key=lambda method: method.relative_cost,
    )

"""Every setting of a run: defaults, ranges and units, in one place. Frozen: steering makes a new recipe."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Method = Literal["slow", "fast", "balanced"]
Network = Literal["vgg19", "vgg16"]
Start = Literal["content", "noise", "fast"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

CONVOLUTIONS: dict[Network, tuple[str, ...]] = {
    "vgg19": tuple(f"block{b}_conv{c}" for b, n in enumerate((2, 2, 4, 4, 4), 1) for c in range(1, n + 1)),
    "vgg16": tuple(f"block{b}_conv{c}" for b, n in enumerate((2, 2, 3, 3, 3), 1) for c in range(1, n + 1)),
}
"""The convolution layers of each network, in order: what a layer name may be."""


class Frozen(BaseModel):
    """Immutable, and strict: an unknown key, a NaN or a number given as text is an error, never a guess."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class Objective(Frozen):
    """What the slow engine minimises: a weighted sum of content, style and variation.

    Source: the terms of TensorFlow's style-transfer tutorial (Gatys et al. 2015 with a Gram matrix averaged over
    positions). In normalised units each term is divided by its size on a photograph, which neither of them does.
    """

    network: Network = Field("vgg19", description="network whose features are compared")
    content_layers: dict[str, Annotated[float, Field(ge=0, le=1e3)]] = Field(
        default={"block4_conv2": 1.0}, description="content layers and their shares"
    )
    style_layers: dict[str, Annotated[float, Field(ge=0, le=1e3)]] = Field(
        default={f"block{b}_conv1": 0.2 for b in range(1, 6)}, description="style layers and their shares"
    )
    units: Literal["normalised", "tutorial"] = Field(
        "normalised",
        description="normalised: each layer's distance in units of a photograph's activations, and variation per "
        "value, so that a weight means the same for any size and network; tutorial: as TensorFlow's tutorial has them",
    )
    content_weight: float = Field(1.0, ge=0, le=1e6, description="weight of the content distance")
    style_weight: float = Field(20.0, ge=0, le=1e6, description="weight of the style distance, all layers together")
    tv_weight: float = Field(2.0, ge=0, le=1e6, description="weight of total variation: higher is smoother")
    pooling: Literal["max", "average"] = Field("max", description="how the network halves its features")

    @model_validator(mode="after")
    def _layers_exist(self) -> Objective:
        known = CONVOLUTIONS[self.network]
        for layer in (*self.content_layers, *self.style_layers):
            if layer not in known:
                raise ValueError(f"{layer} is no layer of {self.network}; choose from {known[0]} to {known[-1]}")
        if not any((*self.content_layers.values(), *self.style_layers.values())):
            raise ValueError("at least one content or style layer must have a share above 0")
        return self


class Minimiser(Frozen):
    """How the picture is moved: Adam on the pixels, clamped to [0, 1]. Source: Kingma & Ba 2015, arXiv:1412.6980."""

    learning_rate: float = Field(0.02, gt=0, le=1, description="Adam's step, in units of the [0, 1] picture")
    beta1: float = Field(0.9, ge=0, lt=1, description="memory of the gradient's mean")
    beta2: float = Field(0.99, ge=0, lt=1, description="memory of the gradient's square")
    epsilon: float = Field(1e-8, gt=0, le=1, description="floor under the gradient's size")


class StylePicture(Frozen):
    """One style of a run, by content hash."""

    sha256: Sha256
    weight: float = Field(1.0, gt=0, le=100, description="share among the styles")


class Origin(Frozen):
    """What a run ran with; filled in by the machine that runs it."""

    version: str = ""
    weights: dict[str, str] = Field(default_factory=dict, description="network -> SHA-256 of its weights")
    device: str = ""


class Recipe(Frozen):
    """The whole truth of a run. The same recipe on the same machine gives the same losses, bit for bit on a CPU."""

    schema_version: Literal[1] = 1
    method: Method = Field("slow", description="slow: VGG optimisation; fast: one pass; balanced: fast, then slow")
    preset: str = Field("painterly", max_length=40, description="the preset these settings started from")
    content: Sha256 | None = Field(None, description="SHA-256 of the content's pixels")
    styles: tuple[StylePicture, ...] = Field((), max_length=8, strict=False, description="the styles' pixels, weighted")
    longest_edge_px: int = Field(384, ge=64, le=2048, description="longest edge of the result, in pixels")
    style_edge_px: int = Field(256, ge=64, le=1024, description="fast: size at which the style is read, in pixels")
    steps: int = Field(100, ge=1, le=5000, description="slow: how many steps")
    seconds: float | None = Field(None, gt=0, le=86400, description="slow: stop after so many seconds, if set")
    start: Start = Field("content", description="slow: the picture the optimisation starts from")
    style_shape: Literal["own", "content"] = Field(
        "own", description="slow: the style in its own shape, or squashed to the content's as in the tutorial"
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description="seed of the noise start")
    snapshot_every: int = Field(5, ge=1, le=1000, description="slow: a picture every so many steps")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="of the convolutions; losses are float32 always; auto is measured at start"
    )
    objective: Objective = Field(default_factory=Objective)
    minimiser: Minimiser = Field(default_factory=Minimiser)
    origin: Origin = Field(default_factory=Origin)

    def to_json(self) -> str:
        """The recipe as compact JSON; `recipe_from_json` gives it back."""
        return self.model_dump_json()


TUTORIAL = Objective(
    units="tutorial",
    content_layers={"block5_conv2": 1.0},
    content_weight=1e4,
    style_weight=1e-2,
    tv_weight=30.0,
)
"""The objective of TensorFlow's style-transfer tutorial; the yardstick's `tutorial_total` is its value."""

PRESETS: dict[str, dict[str, Any]] = {
    "painterly": {},
    "tutorial": {
        "steps": 1000,
        "precision": "float32",
        "style_shape": "content",
        "objective": TUTORIAL.model_dump(),
        "minimiser": {"learning_rate": 0.02, "beta1": 0.99, "beta2": 0.999, "epsilon": 0.1},
    },
}
"""Named settings, each as what differs from the defaults."""

BALANCED: dict[str, Any] = {"method": "balanced", "start": "fast", "steps": 30}
"""What `balanced` changes: the fast result is the start, so few steps are enough."""

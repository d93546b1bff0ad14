"""Every setting of a run: defaults, ranges and units, in one place. Frozen: steering makes a new recipe."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Method = Literal["slow", "fast", "balanced"]
NetworkName = Literal["vgg19", "vgg16"]
Start = Literal["content", "noise", "fast", "own"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

CONVOLUTIONS: dict[NetworkName, tuple[str, ...]] = {
    "vgg19": tuple(f"block{b}_conv{c}" for b, n in enumerate((2, 2, 4, 4, 4), 1) for c in range(1, n + 1)),
    "vgg16": tuple(f"block{b}_conv{c}" for b, n in enumerate((2, 2, 3, 3, 3), 1) for c in range(1, n + 1)),
}
"""The convolution layers of each network, in order: what a layer name may be."""


SLOW_EDGE_PX = 2048
"""The largest size of methods that optimise."""

LEAST_CROP = 0.05
"""The least share of a style's side that a crop may leave."""


class Frozen(BaseModel):
    """Immutable, and strict: an unknown key, a NaN or a number given as text is an error, never a guess."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)


class Objective(Frozen):
    """What the slow engine minimises: a weighted sum of content, style and variation.

    Source: the terms of TensorFlow's style-transfer tutorial (Gatys et al. 2015 with a Gram matrix averaged over
    positions). In normalised units each term is divided by its size on a photograph, which neither of them does.
    """

    network: NetworkName = Field("vgg19", description="network whose features are compared")
    content_layers: dict[str, Annotated[float, Field(ge=0, le=1e3)]] = Field(
        default={"block4_conv2": 1.0}, description="content layers and their shares"
    )
    style_layers: dict[str, Annotated[float, Field(ge=0, le=1e3)]] = Field(
        default={f"block{b}_conv1": 0.2 for b in range(1, 6)}, description="style layers and their shares"
    )
    loss_units: Literal["normalised", "tutorial"] = Field(
        "normalised",
        description="normalised: each layer's distance in units of a photograph's activations, and variation per "
        "value, so that a weight means the same for any size and network; tutorial: as TensorFlow's tutorial has them",
    )
    content_weight: float = Field(1.0, ge=0, le=1e6, description="weight of the content distance")
    style_weight: float = Field(20.0, ge=0, le=1e6, description="weight of the style distance, all layers together")
    tv_weight: float = Field(2.0, ge=0, le=1e6, description="weight of total variation: higher is smoother")
    style_distance: Literal["gram", "wasserstein2"] = Field(
        "gram",
        description="gram: which channels are active together (Gatys et al.); wasserstein2: how far the Gaussians of "
        "activations are apart, which also holds their means and is evener among layers",
    )
    tv_variant: Literal["absolute", "nine-point"] = Field(
        "absolute",
        description="absolute: differences of neighbours, as in the tutorial; nine-point: squared differences from "
        "all eight neighbours, which also calms diagonal grain",
    )
    pooling: Literal["max", "average", "l2"] = Field(
        "max", description="how the network halves its features; average and l2 are rescaled to max's magnitude"
    )
    padding: Literal["zero", "replicate"] = Field(
        "zero", description="what the first convolution sees beyond the edge; replicate leaves no frame"
    )

    @model_validator(mode="after")
    def _layers_exist(self) -> Objective:
        known = CONVOLUTIONS[self.network]
        for layer in (*self.content_layers, *self.style_layers):
            if layer not in known:
                raise ValueError(f"{layer} is no layer of {self.network}; choose from {known[0]} to {known[-1]}")
        if not any((*self.content_layers.values(), *self.style_layers.values())):
            raise ValueError("at least one content or style layer must have a share above 0")
        return self


class OptimizerSettings(Frozen):
    """How the picture is moved, clamped to [0, 1].

    Source: Adam, Kingma & Ba 2015, arXiv:1412.6980; L-BFGS, Nocedal & Wright 2006, algorithm 7.4, and Byrd et al. 1995
    for its box.
    """

    algorithm: Literal["adam", "lbfgs"] = Field(
        "adam", description="adam: even steps, bears anything; lbfgs: learns the curvature, far fewer evaluations"
    )
    learning_rate: float = Field(0.02, gt=0, le=1, description="Adam's step, in units of the [0, 1] picture")
    final_learning_rate_ratio: float = Field(
        1.0, ge=0, le=1, description="Adam: share of its step that is left at a size's last step, down half a cosine"
    )
    beta1: float = Field(0.9, ge=0, lt=1, description="Adam: memory of the gradient's mean")
    beta2: float = Field(0.99, ge=0, lt=1, description="Adam: memory of the gradient's square")
    epsilon: float = Field(1e-8, gt=0, le=1, description="Adam: floor under the gradient's size")
    history_size: int = Field(50, ge=1, le=100, description="L-BFGS: pairs of steps it remembers")
    preconditioner_exponent: float = Field(
        0.0, ge=0, le=1, description="exponent p of a preconditioner frequency^-p: large shapes move before fine grain"
    )
    adapt_preconditioner: bool = Field(
        False,
        description="L-BFGS: that exponent is where it begins; it then follows the curvature that the last steps saw",
    )
    switch_to_adam: bool = Field(
        False,
        description="L-BFGS: where the last steps saw noise in place of curvature, as on grainy pictures, Adam goes "
        "on; needs adapt_preconditioner",
    )
    average_decay: float = Field(
        0.0, ge=0, lt=1, description="decay of the average of pictures that is shown and handed on; 0 shows the last"
    )


class Schedule(Frozen):
    """In which sizes a run is done, and when a size is done. Steps, lengths and starts stand in the recipe itself."""

    pyramid: Literal["off", "auto"] = Field(
        "off", description="auto: from small to large by factors of sqrt(2), the originals resized anew each time"
    )
    smallest_edge_px: int = Field(128, ge=64, le=1024, description="pyramid: longest edge of its smallest size")
    first_steps: int | None = Field(
        None, ge=1, le=5000, description="pyramid: steps at the smallest size, if not as many as at each other"
    )
    plateau_threshold: float = Field(
        0.0, ge=0, le=0.1, description="a size ends early when 20 steps gain less than this share of the loss; 0: never"
    )


class Colour(Frozen):
    """Whose colours the result has, before the run and after it; the same for both methods."""

    colour_match: Literal["none", "covariance", "luminance"] = Field(
        "none",
        description="before the run; covariance: the style takes the content's colours; luminance: only light and "
        "dark are painted, and the content's colours put back",
    )
    colour_match_strength: float = Field(1.0, ge=0, le=1, description="how far the styles' colours are matched")
    colour_preservation: float = Field(
        0.0, ge=0, le=1, description="after the run: how much of the content's colour returns"
    )
    colour_space: Literal["luminance", "lab"] = Field(
        "lab",
        description="after the run: lab keeps perceived lightness, luminance the weighted sum of red, green, blue",
    )


Share = Annotated[float, Field(ge=0, le=1)]


class StylePicture(Frozen):
    """One style of a run, by content hash, and which part of it is looked at."""

    sha256: Sha256
    weight: float = Field(1.0, gt=0, le=100, description="share among the styles")
    crop: tuple[Share, ...] = Field(
        (0.0, 0.0, 1.0, 1.0),
        min_length=4,
        max_length=4,
        strict=False,
        description="part that is looked at: left, top, right, bottom as shares of its width and height",
    )
    rotation_deg: float = Field(
        0.0, ge=-180, le=180, description="turned clockwise by this; what has no paint is cut off"
    )

    @model_validator(mode="after")
    def _some_part(self) -> StylePicture:
        left, top, right, bottom = self.crop
        if right - left < LEAST_CROP or bottom - top < LEAST_CROP:
            raise ValueError(
                f"crop must leave {LEAST_CROP:g} of each side or more, from left to right and from top to bottom, "
                f"got {left:g}, {top:g}, {right:g}, {bottom:g}"
            )
        return self


class Region(Frozen):
    """A soft part of the content with a style mix of its own."""

    mask: Sha256 = Field(description="SHA-256 of the mask's pixels")
    shares: tuple[Annotated[float, Field(ge=0, le=100)], ...] = Field(
        min_length=1, max_length=8, strict=False, description="share of each style here, in the styles' order"
    )

    @model_validator(mode="after")
    def _some_style(self) -> Region:
        if not any(self.shares):
            raise ValueError("at least one style must have a share above 0")
        return self


class Provenance(Frozen):
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
    regions: tuple[Region, ...] = Field(
        (), max_length=8, strict=False, description="soft masks of the content, each with its own mix of the styles"
    )
    longest_edge_px: int = Field(
        384, ge=64, le=4096, description="longest edge of the result, in pixels; beyond 2,048 by the fast method alone"
    )
    strength: float = Field(
        1.0, ge=0, le=1.5, description="fast: how far from the content's own look, 0, to the style's, 1, and beyond"
    )
    render_edge_px: int | None = Field(
        None,
        ge=64,
        le=4096,
        description="fast: longest edge at which the style is painted, then enlarged along the content's edges; "
        "smaller means broader strokes; unset: painted at full size",
    )
    style_edge_px: int = Field(256, ge=64, le=1024, description="fast: size at which the style is read, in pixels")
    style_grid_size: int = Field(
        1,
        ge=1,
        le=9,
        description="fast: a sheet of so many cells a side, the styles blended between its corners (two: a strip; one "
        "style: a strip of strengths); 1: one picture",
    )
    reference_loss: Literal["none", "fast"] = Field(
        "none", description="slow: also judge the fast result by this run's objective, for a level line in its curves"
    )
    style_scale: float = Field(
        1.0, ge=0.25, le=4, description="size at which the style is looked at, times the usual; larger: broader strokes"
    )
    steps: int = Field(100, ge=1, le=5000, description="slow: how many steps, at each size of a pyramid")
    seconds: float | None = Field(None, gt=0, le=86400, description="slow: stop after so many seconds, if set")
    start: Start = Field("content", description="slow: the picture the optimisation starts from")
    start_picture: Sha256 | None = Field(None, description="SHA-256 of the pixels of start own")
    style_shape: Literal["own", "content"] = Field(
        "own", description="slow: the style in its own shape, or squashed to the content's as in the tutorial"
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description="seed of the noise start")
    snapshot_every: int = Field(5, ge=1, le=1000, description="slow: a picture every so many steps")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="of the convolutions; losses are float32 always; auto is measured at start"
    )
    convolutions: Literal["auto", "direct", "winograd"] = Field(
        "auto",
        description="direct: the library's; winograd: the same sums with fewer products, compiled for the size; auto "
        "takes it on a processor where a run is long enough to pay for compiling",
    )
    memory_mb: int | None = Field(
        None,
        ge=1000,
        le=1_000_000,
        description="slow: memory to stay within, by working in strips; free memory if unset",
    )
    objective: Objective = Field(default_factory=Objective)
    optimizer: OptimizerSettings = Field(default_factory=OptimizerSettings)
    schedule: Schedule = Field(default_factory=Schedule)
    colour: Colour = Field(default_factory=Colour)
    provenance: Provenance = Field(default_factory=Provenance)

    @model_validator(mode="after")
    def _start_is_used(self) -> Recipe:
        if self.method == "fast" and self.start == "own":
            raise ValueError("start own needs method slow or balanced, got fast, whose one pass has no start")
        return self

    @model_validator(mode="after")
    def _size_is_possible(self) -> Recipe:
        if self.method != "fast" and self.longest_edge_px > SLOW_EDGE_PX:
            raise ValueError(
                f"longest_edge_px must be at most {SLOW_EDGE_PX} with method {self.method}, got "
                f"{self.longest_edge_px}; larger results are for method fast"
            )
        return self

    @model_validator(mode="after")
    def _regions_fit(self) -> Recipe:
        if self.regions and self.style_grid_size > 1:
            raise ValueError("style_grid_size must be 1 with regions: a sheet shows mixes of the whole picture")
        for region in self.regions:
            if self.styles and len(region.shares) != len(self.styles):
                raise ValueError(
                    f"each region must have a share for each of {len(self.styles)} styles, got {len(region.shares)}"
                )
        return self

    def to_json(self) -> str:
        """The recipe as compact JSON; `recipe_from_json` gives it back."""
        return self.model_dump_json()

"""Every setting of a run with its default, range and unit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from nst_core.recipe.film_settings import FilmSettings
from nst_core.recipe.frozen import Frozen
from nst_core.recipe.style_distances import DistanceName

Method = Literal["slow", "fast", "balanced"]
NetworkName = Literal["vgg19", "vgg16"]
Start = Literal["content", "noise", "fast", "own"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]

CONVOLUTIONS: dict[NetworkName, tuple[str, ...]] = {
    "vgg19": tuple(f"block{b}_conv{c}" for b, n in enumerate((2, 2, 4, 4, 4), 1) for c in range(1, n + 1)),
    "vgg16": tuple(f"block{b}_conv{c}" for b, n in enumerate((2, 2, 3, 3, 3), 1) for c in range(1, n + 1)),
}
"""The names of each network's convolution layers, in order."""


SLOW_EDGE_PX = 2048
"""The largest result of the methods slow and balanced, in pixels of its longest edge."""

MOST_STYLES = 8
"""The most style pictures of a run."""

LEAST_CROP = 0.05
"""The least part of a style's width and height that a crop may leave."""


class Objective(Frozen):
    """The loss of the slow engine: a weighted sum of content distance, style distance and total variation.

    Source: TensorFlow's style-transfer tutorial (Gatys et al. 2015 with a Gram matrix averaged over positions). We
    differ in normalised units, which divide each term by its value on a photograph.
    """

    network: NetworkName = Field("vgg19", description="network whose features the losses compare")
    content_layers: dict[str, Annotated[float, Field(ge=0, le=1e3)]] = Field(
        default={"block4_conv2": 1.0}, description="content layers and their shares"
    )
    style_layers: dict[str, Annotated[float, Field(ge=0, le=1e3)]] = Field(
        default={f"block{b}_conv1": 0.2 for b in range(1, 6)}, description="style layers and their shares"
    )
    loss_units: Literal["normalised", "tutorial"] = Field(
        "normalised",
        description="normalised: each distance is divided by its value on a photograph, and total variation by the "
        "number of values, so that a weight has the same effect at any size and with any network; tutorial: units of "
        "TensorFlow's tutorial",
    )
    content_weight: float = Field(1.0, ge=0, le=1e6, description="weight of the content distance")
    style_weight: float = Field(20.0, ge=0, le=1e6, description="weight of the style distance, all layers together")
    style_normalisation: float = Field(
        0.0,
        ge=0,
        le=1,
        description="how far the style's weight adapts to how strong the style is, so that the subject survives strong "
        "patterns; 0: not at all; 1: the style distance counts in units of its value on the photograph itself",
    )
    adaptive_balance: bool = Field(
        False,
        description="whether the style's weight adapts while the picture is painted, so that the content strength "
        "means how much of the photograph is left, whatever the style",
    )
    tv_weight: float = Field(2.0, ge=0, le=1e6, description="weight of total variation; higher: smoother")
    style_distance: Annotated[str, DistanceName()] = Field("gram", description=DistanceName.description())
    tv_variant: Literal["absolute", "nine-point"] = Field(
        "absolute",
        description="absolute: absolute differences of neighbours, as in the tutorial; nine-point: squared differences "
        "from all eight neighbours, which also reduces diagonal grain",
    )
    pooling: Literal["max", "average", "l2"] = Field(
        "max", description="pooling of the network; average and l2 are rescaled to the magnitude of max"
    )
    padding: Literal["zero", "replicate"] = Field(
        "zero", description="values beyond the picture's edge for the first convolution; replicate avoids a frame"
    )

    @model_validator(mode="after")
    def _layers_exist(self) -> Objective:
        known = CONVOLUTIONS[self.network]
        for layer in (*self.content_layers, *self.style_layers):
            if layer not in known:
                raise ValueError(f"{layer[:60]} is no layer of {self.network}; choose from {known[0]} to {known[-1]}")
        if not any((*self.content_layers.values(), *self.style_layers.values())):
            raise ValueError("at least one content or style layer must have a share above 0")
        return self


class OptimizerSettings(Frozen):
    """Settings of the optimizer of the picture, which is clamped to [0, 1].

    Source: Adam, Kingma & Ba 2015, arXiv:1412.6980; L-BFGS, Nocedal & Wright 2006, algorithm 7.4, and Byrd et al. 1995
    for the bounds.
    """

    algorithm: Literal["adam", "lbfgs"] = Field(
        "adam", description="adam: even steps, robust; lbfgs: learns the curvature and needs far fewer evaluations"
    )
    learning_rate: float = Field(0.02, gt=0, le=1, description="Adam: step size, in units of the [0, 1] picture")
    final_learning_rate_ratio: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Adam: learning rate at the last step of a size over that at its first; cosine decay between",
    )
    beta1: float = Field(0.9, ge=0, lt=1, description="Adam: decay of the gradient's mean")
    beta2: float = Field(0.99, ge=0, lt=1, description="Adam: decay of the squared gradient's mean")
    epsilon: float = Field(
        1e-8,
        gt=0,
        le=1,
        description="Adam: added to the root of the squared gradient's mean, so that nothing is divided by 0",
    )
    history_size: int = Field(50, ge=1, le=100, description="L-BFGS: number of past steps it learns the curvature from")
    preconditioner_exponent: float = Field(
        0.0,
        ge=0,
        le=1,
        description="exponent p of the preconditioner frequency^-p: large shapes change before fine grain",
    )
    adapt_preconditioner: bool = Field(
        False,
        description="L-BFGS: the exponent is only the first one; later ones follow the curvature of the last steps",
    )
    learn_preconditioner: bool = Field(
        False,
        description="L-BFGS: the preconditioner is only the first one; later ones have a factor for each band of "
        "frequencies, learned from the last steps; replaces adapt_preconditioner",
    )
    switch_to_adam: bool = Field(
        False,
        description="L-BFGS: let Adam continue where the last steps found noise in place of curvature, as with grainy "
        "pictures; needs adapt_preconditioner or learn_preconditioner",
    )
    average_decay: float = Field(
        0.0,
        ge=0,
        lt=1,
        description="decay of the moving average of pictures, which is the result; 0: the last picture is the result",
    )


class Schedule(Frozen):
    """The sizes of a run, and when each one ends. Steps, time limit and start are settings of the recipe itself."""

    pyramid: Literal["off", "auto"] = Field(
        "off", description="auto: several sizes from small to large, each sqrt(2) times the one before; off: one size"
    )
    smallest_edge_px: int = Field(
        128, ge=64, le=1024, description="pyramid: longest edge at the smallest size, in pixels"
    )
    first_steps: int | None = Field(
        None, ge=1, le=5000, description="pyramid: steps at the smallest size; unset: as many as at each other size"
    )
    plateau_threshold: float = Field(
        0.0,
        ge=0,
        le=0.1,
        description="end a size early when 20 steps reduce the loss by less than this share; 0: never",
    )


class Colour(Frozen):
    """Settings of the result's colours. Applied before and after the run, in the same way for all methods."""

    colour_match: Literal["none", "covariance", "luminance"] = Field(
        "none",
        description="before the run; covariance: give the style the content's colours; luminance: stylize only light "
        "and dark, and put the content's colours back",
    )
    colour_match_strength: float = Field(1.0, ge=0, le=1, description="share of colour_match that is applied")
    colour_preservation: float = Field(
        0.0, ge=0, le=1, description="after the run: share of the content's colours that is put back"
    )
    colour_space: Literal["luminance", "lab"] = Field(
        "lab",
        description="colour space of colour_preservation; lab keeps perceived lightness, luminance the weighted sum of "
        "red, green and blue",
    )


Share = Annotated[float, Field(ge=0, le=1)]


class StylePicture(Frozen):
    """One style of a run: its hash, its share, and the part of it that is used."""

    sha256: Sha256
    weight: float = Field(1.0, gt=0, le=100, description="share among the styles")
    crop: tuple[Share, ...] = Field(
        (0.0, 0.0, 1.0, 1.0),
        min_length=4,
        max_length=4,
        strict=False,
        description="part that is used: left, top, right, bottom as shares of the picture's width and height",
    )
    rotation_deg: float = Field(
        0.0, ge=-180, le=180, description="rotation, degrees clockwise; the empty corners are cut off"
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
    """A part of the content, given by a soft mask, with its own mix of the styles; with none it stays a photograph."""

    mask: Sha256 = Field(description="SHA-256 of the mask's pixels")
    shares: tuple[Annotated[float, Field(ge=0, le=100)], ...] = Field(
        min_length=1,
        max_length=8,
        strict=False,
        description="share of each style here, in the styles' order; all 0 keep the photograph",
    )


class Provenance(Frozen):
    """The program, weights and device that a run used; filled in by the machine that runs it."""

    version: str = ""
    weights: dict[str, str] = Field(default_factory=dict, description="SHA-256 of each network's weights")
    device: str = ""
    notes: tuple[str, ...] = Field(
        (), strict=False, description="weights that the operator named but had to be replaced"
    )


class Recipe(Frozen):
    """Every setting of a run. On one machine a recipe always gives the same losses, on a CPU bit for bit."""

    schema_version: Literal[1] = 1
    method: Method = Field(
        "slow", description="slow: optimisation of the picture; fast: one pass of a network; balanced: fast, then slow"
    )
    medium: Literal["picture", "film"] = Field("picture", description="the kind of content: one picture, or a film")
    preset: str = Field("painterly", max_length=40, description="the preset that the settings started from")
    content: Sha256 | None = Field(None, description="SHA-256 of the content's pixels")
    styles: tuple[StylePicture, ...] = Field((), max_length=MOST_STYLES, strict=False, description="the style pictures")
    regions: tuple[Region, ...] = Field(
        (), max_length=8, strict=False, description="soft masks of the content, each with its own mix of the styles"
    )
    longest_edge_px: int = Field(
        384, ge=64, le=4096, description="longest edge of the result, in pixels; above 2,048 with the fast method only"
    )
    strength: float = Field(
        1.0,
        ge=0,
        le=1.5,
        description="fast: strength of the style; 0: the content as it is, 1: the style, above 1: exaggerated",
    )
    render_edge_px: int | None = Field(
        None,
        ge=64,
        le=4096,
        description="fast: longest edge at which the network paints, in pixels; the result is then enlarged along the "
        "content's edges; smaller: broader strokes; unset: full size",
    )
    style_edge_px: int = Field(
        256, ge=64, le=1024, description="fast: longest edge at which the network sees the style, in pixels"
    )
    shifted_passes: int = Field(
        1,
        ge=1,
        le=16,
        description="fast: passes of the network, each with its grid shifted by some pixels; the result is their mean; "
        "4 leave few specks and little of the 4 px mesh, and take 4 times as long",
    )
    style_grid_size: int = Field(
        1,
        ge=1,
        le=9,
        description="fast: pictures along each side of a grid that blends the styles between its corners (two styles: "
        "one row; one style: one row of strengths); 1: a single picture",
    )
    reference_loss: Literal["none", "fast"] = Field(
        "none",
        description="slow: also measure the fast result's losses by this run's objective, as lines in its curves",
    )
    style_scale: float = Field(
        1.0, ge=0.25, le=4, description="factor for the size of the style picture; larger: broader strokes"
    )
    steps: int = Field(100, ge=1, le=5000, description="slow: number of steps, at each size of a pyramid")
    seconds: float | None = Field(None, gt=0, le=86400, description="slow: time limit in seconds; unset: none")
    start: Start = Field(
        "content", description="slow: the picture that the optimisation starts from; own: an uploaded one"
    )
    start_picture: Sha256 | None = Field(None, description="SHA-256 of the uploaded start picture's pixels")
    style_shape: Literal["own", "content"] = Field(
        "own",
        description="slow: own: the style keeps its shape; content: it is stretched to the content's shape (tutorial)",
    )
    seed: int = Field(0, ge=0, le=2**31 - 1, description="seed of start noise")
    snapshot_every: int = Field(5, ge=1, le=1000, description="slow: number of steps between two pictures")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="precision of the convolutions; losses are always float32; auto: the faster one on this machine",
    )
    convolutions: Literal["auto", "direct", "winograd"] = Field(
        "auto",
        description="direct: TensorFlow's own; winograd: equal up to rounding, with fewer products, compiled for the "
        "size; auto takes winograd on a processor if the run is long enough to repay compiling",
    )
    memory_mb: int | None = Field(
        None,
        ge=1000,
        le=1_000_000,
        description="slow: memory limit in MB, kept by working in strips; unset: the free memory",
    )
    objective: Objective = Field(default_factory=Objective)
    optimizer: OptimizerSettings = Field(default_factory=OptimizerSettings)
    schedule: Schedule = Field(default_factory=Schedule)
    colour: Colour = Field(default_factory=Colour)
    film: FilmSettings = Field(default_factory=FilmSettings)
    provenance: Provenance = Field(default_factory=Provenance)

    @model_validator(mode="after")
    def _start_is_used(self) -> Recipe:
        if self.method == "fast" and self.start == "own":
            raise ValueError("start own needs method slow or balanced, got fast, which has no start picture")
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
            raise ValueError("style_grid_size must be 1 with regions: a grid mixes styles over the whole picture")
        for region in self.regions:
            if self.styles and len(region.shares) != len(self.styles):
                raise ValueError(
                    f"each region must have a share for each of {len(self.styles)} styles, got {len(region.shares)}"
                )
        return self

    @model_validator(mode="after")
    def _fits_a_film(self) -> Recipe:
        if self.medium != "film":
            return self
        if self.style_grid_size > 1:
            raise ValueError("style_grid_size must be 1 with medium film: a grid is a single picture")
        if self.start == "own":
            raise ValueError("start must be content, noise or fast with medium film, got own, which is for one picture")
        for keyframe in self.film.keyframes:
            if self.styles and keyframe.style_shares and len(keyframe.style_shares) != len(self.styles):
                raise ValueError(
                    f"each keyframe's style_shares must have a share for each of {len(self.styles)} styles, "
                    f"got {len(keyframe.style_shares)}"
                )
        return self

    def to_json(self) -> str:
        """The recipe as compact JSON, for `recipe_from_json`."""
        return self.model_dump_json()

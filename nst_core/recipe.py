"""Every setting of a run: defaults, ranges, units and messages, in one place.

A recipe validates itself on construction, with the same messages whether it came from a widget, JSON, a link, the
command line or the API. It is frozen: steering makes a new one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from nst_core.errors import RecipeError

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

_M = TypeVar("_M", bound=BaseModel)


def make(preset: str = "painterly", settings: Mapping[str, Any] | None = None) -> Recipe:
    """A preset with some settings changed.

    Args:
        preset: a key of `PRESETS`.
        settings: what to change, by name; `objective.tv_weight` and plain `tv_weight` mean the same.

    Raises:
        RecipeError: the preset or a setting is unknown, or a value is of the wrong type or out of range.
    """
    if preset not in PRESETS:
        raise RecipeError(f"preset must be one of {', '.join(PRESETS)}, got {preset!r}")
    settings = dict(settings or {})
    raw: dict[str, Any] = {"preset": preset, **PRESETS[preset]}
    if settings.get("method") == "balanced":
        raw |= BALANCED
    return change(parse(raw), settings)


def change(recipe: Recipe, settings: Mapping[str, Any]) -> Recipe:
    """A copy with some settings changed, validated anew; names as in `make`. Raises RecipeError."""
    raw = recipe.model_dump()
    for name, value in settings.items():
        _put(raw, name, value)
    return parse(raw)


def parse(raw: object) -> Recipe:
    """A recipe from plain data, such as decoded JSON. Raises RecipeError, naming each offending setting."""
    return _validated(Recipe, raw)


def recipe_from_json(text: str | bytes) -> Recipe:
    """A recipe from JSON. Raises RecipeError."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RecipeError(f"a recipe must be JSON, got {_short(text)} ({error})") from None
    return parse(raw)


def from_text(name: str, text: str) -> Any:
    """The value of `--set name=text`: JSON where it is JSON, else the text itself. Raises RecipeError on a bad name."""
    path_of(name)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def path_of(name: str) -> tuple[str, ...]:
    """Where a setting stands: `tv_weight` -> ("objective", "tv_weight"), as does its full name. Raises RecipeError."""
    head, _, rest = name.partition(".")
    if rest and head in _PARTS and rest.partition(".")[0] in _PARTS[head].model_fields:
        return (head, *rest.split("."))
    if not rest and name in Recipe.model_fields:
        return (name,)
    for part, model in _PARTS.items():
        if head in model.model_fields:
            return (part, *name.split("."))
    raise RecipeError(f"{name!r} is no setting; choose from {', '.join(names())}")


def names() -> tuple[str, ...]:
    """Every setting's short name, parts flattened."""
    own = [n for n in Recipe.model_fields if n not in _PARTS and n not in ("schema_version", "origin")]
    return (*own, *(n for model in _PARTS.values() for n in model.model_fields))


def bounds(name: str) -> tuple[float | None, float | None]:
    """The least and greatest value of a numeric setting, None where open; what sliders and messages read."""
    info = _field(name)
    low = next((getattr(m, a) for m in info.metadata for a in ("ge", "gt") if hasattr(m, a)), None)
    high = next((getattr(m, a) for m in info.metadata for a in ("le", "lt") if hasattr(m, a)), None)
    return low, high


def choices(name: str) -> tuple[str, ...]:
    """What a setting with fixed choices may be; empty for any other."""
    annotation = _field(name).annotation
    return get_args(annotation) if get_origin(annotation) is Literal else ()


def default(name: str) -> Any:
    """What a setting is unless it is set."""
    return _field(name).get_default(call_default_factory=True)


def describe(name: str) -> str:
    """A setting's meaning in a few words."""
    return _field(name).description or ""


_PARTS: dict[str, type[BaseModel]] = {"objective": Objective, "minimiser": Minimiser}


def _field(name: str) -> Any:
    path = path_of(name)
    model: type[BaseModel] = _PARTS.get(path[0], Recipe)
    return model.model_fields[path[min(1, len(path) - 1)]]


def _put(raw: dict[str, Any], name: str, value: Any) -> None:
    *folders, last = path_of(name)
    for folder in folders:
        raw = raw.get(folder)  # type: ignore[assignment]
        if not isinstance(raw, dict):
            raise RecipeError(f"{name!r} is no setting; choose from {', '.join(names())}")
    raw[last] = value


def _validated(model: type[_M], raw: object) -> _M:
    # Through JSON mode, so that lists become tuples although numbers given as text stay errors.
    try:
        return model.model_validate_json(json.dumps(raw))
    except (TypeError, ValueError) as error:
        if not isinstance(error, ValidationError):
            raise RecipeError(f"a recipe must be plain JSON data: {error}") from None
        raise RecipeError("; ".join(_message(dict(e)) for e in error.errors())) from None


def _message(error: dict[str, Any]) -> str:
    """One pydantic error in our words: what was required, what came."""
    where = ".".join(str(part) for part in error["loc"]) or "recipe"
    came = _short(error.get("input"))
    if error["type"] == "extra_forbidden":
        return f"{where} is no setting; choose from {', '.join(names())}"
    if error["type"] in _COMPARISONS:
        return f"{where} must be {_range(where, error)}, got {came}"
    if error["type"] == "literal_error":
        return f"{where} must be one of {error['ctx']['expected']}, got {came}"
    if error["type"] == "value_error":
        return f"{where}: {error['ctx']['error']}"
    return f"{where}: {error['msg'][0].lower()}{error['msg'][1:]}, got {came}"


_COMPARISONS = {
    "greater_than": "above",
    "greater_than_equal": "at least",
    "less_than": "below",
    "less_than_equal": "at most",
}


def _range(where: str, error: Mapping[str, Any]) -> str:
    try:
        low, high = bounds(where)
    except RecipeError:
        low = high = None
    if low is not None and high is not None:
        return f"between {_plain(low)} and {_plain(high)}{_exclusive(where)}"
    (bound,) = error["ctx"].values()
    return f"{_COMPARISONS[error['type']]} {bound:g}"


def _exclusive(where: str) -> str:
    """Which bounds themselves are not allowed, in words."""
    found = _field(where).metadata
    outside = [m.gt for m in found if hasattr(m, "gt")] + [m.lt for m in found if hasattr(m, "lt")]
    return f" ({' and '.join(_plain(bound) for bound in outside)} excluded)" if outside else ""


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

"""Share links of any text: settings and plain data about pictures, or a RecipeError; the page handles both."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

from hypothesis import strategies as st

from nst_core.errors import RecipeError
from nst_core.recipe import Recipe, links, make
from tests.fuzz.fuzzing import assert_is_one_sentence, fuzz
from tests.fuzz.values import ANY_TEXT, JSON, damaged, spoilt

_WHOLE = {
    "v": 1,
    "m": "slow",
    "p": "painterly",
    "s": {"tv_weight": 3.5, "style_layers": {"block1_conv1": 1.0}, "longest_edge_px": 512},
    "i": {
        "c": "coffee",
        "f": {"c": [0.0, 0.0, 1.0, 0.5], "r": 90},
        "y": [{"k": "night-swirls", "w": 2.0, "c": [0, 0, 1, 1], "r": 0}],
        "g": True,
    },
}


def _packed(content: Any) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json.dumps(content).encode(), 9)).decode().rstrip("=")


def _read(text: str) -> dict[str, Any]:
    try:
        recipe, pictures = links.from_text(text)
    except RecipeError as error:
        assert_is_one_sentence(error)
        return {}
    assert isinstance(recipe, Recipe)
    return pictures


@fuzz(
    text=ANY_TEXT
    | damaged([links.to_text(make("tutorial", {"seed": 5})).encode()]).map(lambda data: data.decode("latin-1"))
)
def test_any_text(text: str) -> None:
    _read(text)


@fuzz(content=spoilt(_WHOLE) | JSON)
def test_packed_data(content: Any) -> None:
    _read(_packed(content))


@fuzz(
    settings=st.dictionaries(
        st.sampled_from(
            [
                "objective",
                "colour",
                "tv_weight",
                "style_layers",
                "style_layers.block1_conv1",
                "content_layers.block1_conv1",
                "objective.tv_weight",
                "optimizer",
            ]
        ),
        JSON,
        max_size=4,
    )
)
def test_settings_that_contradict_each_other(settings: Any) -> None:
    _read(_packed(_WHOLE | {"s": settings}))


@fuzz(pictures=spoilt(_WHOLE["i"]) | JSON)
def test_pictures_named_by_a_link(pictures: Any) -> None:
    """Run the page's code for the data about pictures, up to the selection itself."""
    from pages.parts.inputs.selection import find_sample
    from pages.parts.settings import imported

    pictures = _read(_packed(_WHOLE | {"i": pictures}))
    find_sample("content", pictures.get("c"))
    if isinstance(frame := pictures.get("f"), dict):
        imported._style_picture(frame)
    if isinstance(styles := pictures.get("y"), list | str):
        for entry in styles[:4]:
            imported._style(entry)

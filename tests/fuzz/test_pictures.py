"""The recipe that a picture carries: read from any PNG or WebP as a Recipe, a RecipeError or nothing at all."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from nst_core.errors import RecipeError
from nst_core.picture import encode
from nst_core.picture.chunks import PNG_SIGNATURE
from nst_core.picture.encode import MAX_RECIPE_BYTES, RECIPE_KEY
from nst_core.recipe import Recipe, make, recipe_from_json
from tests.fuzz.fuzzing import assert_is_one_sentence, fuzz
from tests.fuzz.values import JSON, damaged, recipes

_PIXELS = np.full((1, 32, 32, 3), 0.5, np.float32)
_PNG = encode.to_png(_PIXELS, make().to_json())
_WEBP = encode.to_webp(_PIXELS, recipe_json=make().to_json())
_KEY = RECIPE_KEY.encode() + b"\0"


def _read(data: bytes) -> Recipe | None:
    text = encode.read_recipe(data)
    if text is None:
        return None
    assert 0 < len(text) <= MAX_RECIPE_BYTES
    try:
        return recipe_from_json(text)
    except RecipeError as error:
        assert_is_one_sentence(error)
        return None


def _png(chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    """The chunks of a PNG with these between the first and the others."""

    def written(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header_end = len(PNG_SIGNATURE) + 25
    return _PNG[:header_end] + b"".join(written(*chunk) for chunk in chunks) + _PNG[header_end:]


@fuzz(
    data=damaged([_PNG, _WEBP])
    | st.binary(max_size=100)
    | st.binary(max_size=60).map(lambda rest: PNG_SIGNATURE + rest)
)
def test_damaged_files(data: bytes) -> None:
    _read(data)


@fuzz(
    chunks=st.lists(
        st.tuples(
            st.sampled_from([b"iTXt", b"tEXt", b"zTXt", b"eXIf", b"IEND"]),
            st.binary(max_size=60) | st.binary(max_size=60).map(lambda rest: _KEY + rest),
        ),
        max_size=5,
    )
)
def test_any_text_chunks(chunks: list[tuple[bytes, bytes]]) -> None:
    _read(_png(chunks))


@fuzz(content=JSON, pressed=st.booleans(), level=st.integers(0, 9))
def test_a_chunk_with_any_json(content: object, pressed: bool, level: int) -> None:
    text = json.dumps(content).encode()
    body = zlib.compress(text, level) if pressed else text
    _read(_png([(b"iTXt", _KEY + bytes([pressed, 0]) + b"\0\0" + body)]))


@fuzz(megabytes=st.integers(1, 3), unit=st.sampled_from([b" ", b"[", b'{"a":', b"\0"]))
def test_a_text_that_unpacks_to_megabytes(megabytes: int, unit: bytes) -> None:
    body = zlib.compress(unit * (megabytes * 2**20 // len(unit)), 1)
    _read(_png([(b"iTXt", _KEY + b"\1\0\0\0" + body)]))


@fuzz(recipe=recipes(), kind=st.sampled_from(["png", "webp"]))
def test_a_recipe_survives_its_picture(recipe: Recipe, kind: str) -> None:
    text = recipe.to_json()
    data = encode.to_png(_PIXELS, text) if kind == "png" else encode.to_webp(_PIXELS, recipe_json=text)
    assert _read(data) == recipe

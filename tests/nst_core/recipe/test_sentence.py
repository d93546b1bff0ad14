"""The settings in one sentence: what a reader wants to know first, and how much else differs."""

from __future__ import annotations

from typing import Any

import pytest

from nst_core.recipe import PRESETS, change, make
from nst_core.recipe.sentence import in_one_sentence

CASES: list[tuple[str, dict[str, Any], int, str]] = [
    ("painterly", {}, 270, "Painterly, 384 px, 270 steps, seed 0"),
    ("painterly", {}, 0, "Painterly, 384 px, 50 steps a size, seed 0"),
    ("bold", {"longest_edge_px": 512, "pyramid": "off", "seed": 7}, 0, "Bold, 512 px, 50 steps, seed 7, 1 change"),
    ("painterly", {"method": "fast", "strength": 0.8}, 1, "Fast, 384 px, strength 0.8"),
    ("painterly", {"method": "balanced", "steps": 1}, 0, "Balanced, 384 px, 1 step, seed 0"),
    ("painterly", {"method": "fast", "medium": "film"}, 1200, "Film, Fast, 384 px, 1,200 frames, strength 1"),
]


@pytest.mark.parametrize(("preset", "settings", "total", "said"), CASES, ids=lambda each: str(each)[:40])
def test_the_sentence_names_preset_size_length_and_seed(
    preset: str, settings: dict[str, Any], total: int, said: str
) -> None:
    assert in_one_sentence(make(preset, settings), total) == said


def test_every_preset_is_named_by_its_title_and_unchanged() -> None:
    for name, preset in PRESETS.items():
        sentence = in_one_sentence(make(name))
        assert sentence.startswith(f"{preset.title}, ")
        assert "change" not in sentence


def test_no_hash_of_a_picture_is_said() -> None:
    hashes = {"content": "a" * 64, "styles": [{"sha256": "b" * 64}, {"sha256": "c" * 64}]}
    sentence = in_one_sentence(change(make("texture"), {**hashes, "regions": [{"mask": "d" * 64, "shares": [1, 0]}]}))
    assert sentence.endswith("seed 0, 2 styles, 1 region")
    assert not any(each * 8 in sentence for each in "abcd")

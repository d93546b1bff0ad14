"""The finished example that a first visit sees: small pictures made by the real engines and kept with the code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "examples"


@dataclass(frozen=True)
class Example:
    """One photograph in one style, both ways; any picture may be missing.

    Attributes:
        pictures: encoded picture by name: content, style, slow, fast.
        titles: what each picture is, in a few words.
        facts: how each was made, for its caption.
    """

    pictures: dict[str, bytes]
    titles: dict[str, str]
    facts: dict[str, str]


NAMES = ("content", "style", "fast", "slow")


@cache
def example() -> Example:
    """The example in the folder; files that are missing or damaged are left out."""
    pictures = {name: (FOLDER / f"{name}.webp").read_bytes() for name in NAMES if (FOLDER / f"{name}.webp").is_file()}
    try:
        words = json.loads((FOLDER / "example.json").read_text("utf-8"))
    except (OSError, ValueError):
        words = {}
    return Example(pictures, words.get("titles", {}), words.get("facts", {}))

"""Names of results: made of the names of the pictures, the same each time, and no two alike on any system."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from nst_core.runs.opening import SAMPLE

MOST_CHARACTERS = 48
"""Longest part of a name that one picture gives."""
MOST_BYTES = 192
"""Longest name, in UTF-8, where letters have up to four bytes. Systems take 255, of which a number that tells it from
equal names, its ending, and the name of the unfinished file need some."""
RESERVED = ("contact-sheet-", "manifest", "batch")
"""First parts of the names of other files in the folder of the results."""
_MOST_STYLES = 3
"""Styles that a name spells out; of more, it tells the number."""


def stem(content: str, styles: Sequence[str]) -> str:
    """A name without ending for a content in some styles: `harbour--night-swirls`."""
    most_bytes = MOST_BYTES // max(2, 1 + min(len(styles), _MOST_STYLES))
    first, *spelled = (part(name, most_bytes) for name in (content, *styles[:_MOST_STYLES]))
    if len(styles) > _MOST_STYLES:
        spelled.append(f"{len(styles) - _MOST_STYLES}-more")
    return "--".join([first, "+".join(spelled)]) if spelled else first


def part(name: str, most_bytes: int = MOST_BYTES) -> str:
    """A picture's name without folder and ending, in letters, digits, hyphens, underscores and dots only."""
    name = name.removeprefix(SAMPLE) if name.startswith(SAMPLE) else PurePath(name.replace("\\", "/")).stem
    clean = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", name)).strip("-. ")
    short = clean[:MOST_CHARACTERS].encode()[:most_bytes].decode(errors="ignore")
    return short.rstrip("-. ") or "picture"


def distinct(wanted: Iterable[tuple[str, str]], ending: str) -> list[str]:
    """File names that differ from each other even where a system ignores case.

    The first one of equal names stays as it is. Each further one gets a few digits of a hash of its identity, so that
    the names of the others do not change when a picture is added.

    Args:
        wanted: for each file, its name without ending, and what tells it from others of this name.
        ending: such as ".png".
    """
    taken: set[str] = set()
    names = []
    for name, identity in wanted:
        is_reserved = _folded(name).startswith(RESERVED)
        free = _free(f"picture-{name}" if is_reserved else name, identity, taken)
        taken.add(_folded(free))
        names.append(f"{free}{ending}")
    return names


def _free(name: str, identity: str, taken: set[str]) -> str:
    if _folded(name) not in taken:
        return name
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
    choices = [f"{name}-{digest[:6]}", *(f"{name}-{digest[:6]}-{n}" for n in range(2, len(taken) + 3))]
    return next(choice for choice in choices if _folded(choice) not in taken)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()

"""What every page offers beyond its widgets, in one element.

Keyboard shortcuts with their help, pictures dropped or pasted anywhere, progress in the tab's title, and a notification
when a long run ends. The script presses the page's own buttons and fills its own uploader, so that nothing goes past
their checks and limits; it finds them by the keys of their widgets. What a visitor switches on or off is remembered by
the browser alone.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache

import streamlit as st

from pages.parts.app.web import asset

KEY = "page_tools"
LONG_SECONDS = 15
"""A run that is watched for at least this long is a long one, whose end is worth a notification."""
NOTIFIER = "notifications.js"
"""The service worker, which phones need for a notification; `serve.py` has it."""


@dataclass(frozen=True)
class Shortcut:
    """A key and its action.

    Attributes:
        key: the character, as the browser names it.
        meaning: what it does.
        button: selects the button that it presses, in CSS; of several the first that is visible and enabled.
        missing: what is said if there is no such button.
    """

    key: str
    meaning: str
    button: str
    missing: str


def _keyed(*begins: str) -> str:
    """Selects the buttons of widgets whose keys begin so."""
    return ", ".join(f'[class*="st-key-{each}"] button' for each in begins)


SHORTCUTS = (
    Shortcut("p", "Paint: start a run", '[class*="_start"][class*="st-key-"] button', "Nothing can be started here"),
    Shortcut(
        "h",
        "Hold the run (pause), or let it go on",
        _keyed("pause_", "resume_", "batch_play_arrow", "compare_sweep_on"),
        "No run to pause here",
    ),
    Shortcut("x", "Stop the run", _keyed("stop_", "batch_stop", "compare_sweep_stop"), "No run to stop here"),
    Shortcut("u", "Undo the last stop or deletion", _keyed("undo_"), "Nothing to undo here"),
    Shortcut("n", "Next style", ".st-key-style_wall", "No row of styles here"),
    Shortcut("i", "Fold the inputs, or open them", _keyed("strip_button_"), "No inputs to fold here"),
)
"""Every shortcut except "?", which opens the help."""

_tools = st.components.v2.component(
    "nst_page_tools",
    html=asset(__file__, ".html"),
    css=asset(__file__, ".css"),
    js=asset(__file__, ".js"),
)


def mount() -> None:
    """Mount the element; called once a page, before the page itself."""
    _tools(key=KEY, data=_data())


@cache
def _data() -> bytes:
    """What the script needs to know, as JSON: Streamlit passes bytes on as they are."""
    return json.dumps(
        {
            "shortcuts": [asdict(each) for each in SHORTCUTS],
            "longSeconds": LONG_SECONDS,
            "notifier": NOTIFIER,
            "stop": SHORTCUTS[2].button,
            "unfold": '[class*="st-key-strip_folded_"] button, .st-key-inside_pictures details:not([open]) > summary',
        }
    ).encode()

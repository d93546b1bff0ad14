"""The HTML, CSS and JavaScript of components, beside their Python modules; HTML with pictures; the app's address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st


def asset(module_file: str, suffix: str) -> str:
    """The text of the file that has a module's path with another suffix.

    Args:
        module_file: the module's `__file__`.
        suffix: ".css", ".html" or ".js".
    """
    return Path(module_file).with_suffix(suffix).read_text("utf-8")


@dataclass(frozen=True)
class Html:
    """HTML that `st.html` does not process.

    In a plain string Streamlit searches for indentation to remove, line by line and letter by letter; for a picture's
    data URL that took more time than everything else on a page.
    """

    text: str

    def _repr_html_(self) -> str:
        return self.text


def app_address() -> str:
    """The address of this app without a page: "https://host", or "https://host/path" if it is served below a path.

    It is derived from the address that the browser shows, so that no proxy has to be configured to report it.
    """
    parts = urlsplit(str(st.context.url or ""))
    path = parts.path.rstrip("/")
    folder, _, page = path.rpartition("/")
    return f"{parts.scheme}://{parts.netloc}{folder if page in _page_names() else path}" if parts.netloc else ""


@cache
def _page_names() -> frozenset[str]:
    """The last parts of the pages' addresses."""
    return frozenset(path.stem for path in Path(__file__).parents[2].glob("*.py"))

"""The HTML, CSS and JavaScript of components, which lie beside their Python modules; HTML that holds pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


def asset(module_file: str, suffix: str) -> str:
    """The text of the file that has a module's path with another suffix.

    Args:
        module_file: the module's `__file__`.
        suffix: ".css", ".html" or ".js".
    """
    return Path(module_file).with_suffix(suffix).read_text("utf-8")


@dataclass(frozen=True)
class Html:
    """HTML that `st.html` takes as it is.

    In a plain string Streamlit looks for indentation to remove, line by line and letter by letter: for a picture's data
    URL that took more time than all else on a page.
    """

    text: str

    def _repr_html_(self) -> str:
        return self.text

"""The HTML, CSS and JavaScript of components, which lie beside their Python modules."""

from pathlib import Path


def asset(module_file: str, suffix: str) -> str:
    """The text of the file that has a module's path with another suffix.

    Args:
        module_file: the module's `__file__`.
        suffix: ".css", ".html" or ".js".
    """
    return Path(module_file).with_suffix(suffix).read_text("utf-8")

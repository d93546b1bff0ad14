"""The parts of a component that are not Python: its HTML, CSS and JavaScript lie beside its module."""

from pathlib import Path


def asset(module_file: str, suffix: str) -> str:
    """The text of the file beside a module that has its name and another suffix.

    Args:
        module_file: the module's `__file__`.
        suffix: ".css", ".html" or ".js".
    """
    return Path(module_file).with_suffix(suffix).read_text("utf-8")

"""What is not Python: styles, scripts of the components, the mark."""

from pathlib import Path

FOLDER = Path(__file__).parent


def read(name: str) -> str:
    """The text of one of the files here."""
    return (FOLDER / name).read_text("utf-8")

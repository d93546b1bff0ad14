"""The generated parts of the example notebooks: badge and install cell, ids, no outputs. `python -m nst_core docs`."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "nst_core" / "notebooks"

Notebook = dict[str, Any]
"""A notebook in plain data, nbformat 4.5."""

_BADGE = "https://colab.research.google.com/assets/colab-badge.svg"
_INSTALL = """\
import importlib.util

if importlib.util.find_spec("nst_core") is None:  # as in Colab; where the project is installed, nothing happens
    %pip install -q "nst-studio @ git+{repository}"
"""
_GENERATED = ("badge", "install")
"""Ids of the cells that are written here."""
_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def paths() -> list[Path]:
    """The example notebooks."""
    return sorted(FOLDER.glob("*.ipynb"))


def repository() -> str:
    """The address of the project's repository; it stands in pyproject.toml only."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["urls"]["Repository"])


def tidy(notebook: Notebook, name: str) -> Notebook:
    """The notebook with badge and install cell first, without outputs, with an id for each cell by its place.

    Args:
        notebook: a notebook with or without those cells.
        name: the name of its file.
    """
    own = [cell for cell in notebook["cells"] if cell.get("id") not in _GENERATED]
    cells = [_markdown(badge(name)), _code(_INSTALL.format(repository=repository()).rstrip())]
    ids = [*_GENERATED, *(f"cell-{number}" for number in range(1, len(own) + 1))]
    for cell in own:
        text = "".join(cell["source"])
        cells.append(_code(text) if cell["cell_type"] == "code" else _markdown(text))
    return {
        "cells": [{**cell, "id": cell_id} for cell, cell_id in zip(cells, ids, strict=True)],
        "metadata": _METADATA,
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def badge(name: str) -> str:
    """A badge in Markdown that opens a notebook of the repository in Colab."""
    place = urlsplit(repository()).path.strip("/")
    address = f"https://colab.research.google.com/github/{place}/blob/main/nst_core/notebooks/{name}"
    return f"[![Open In Colab]({_BADGE})]({address})"


def rewrite(path: Path) -> None:
    """Tidy one notebook's file."""
    tidied = tidy(json.loads(path.read_text()), path.name)
    path.write_text(json.dumps(tidied, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def rows() -> list[tuple[str, str, str]]:
    """A row for each notebook: its file, its first paragraph, its badge."""
    return [(f"[{title}]({path.name})", text, badge(path.name)) for path in paths() for title, text in [_opening(path)]]


def _opening(path: Path) -> tuple[str, str]:
    """The title of a notebook and its first paragraph."""
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell.get("id") not in _GENERATED]
    title, _, text = "".join(cells[0]["source"]).partition("\n\n")
    return title.removeprefix("# "), " ".join(text.split("\n\n")[0].split())


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text.splitlines(keepends=True)}


def _code(text: str) -> dict[str, Any]:
    lines = text.splitlines(keepends=True)
    return {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": lines}

"""The example notebooks as committed: tidy, without outputs, and installed from the one address of the repository."""

import ast
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from nst_core.cli import docs, notebooks

PATHS = notebooks.paths()


def cells(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text())["cells"])


def test_there_are_the_notebooks_that_the_readme_promises() -> None:
    assert {"quick_start", "content_and_style", "inside_the_network", "compare_methods"} <= {p.stem for p in PATHS}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_tidy_and_without_outputs(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / path.name
    copy.write_text(path.read_text())
    notebooks.rewrite(copy)
    assert copy.read_text() == path.read_text()
    assert all(cell["outputs"] == [] for cell in cells(path) if cell["cell_type"] == "code")


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_it_opens_and_installs_from_the_repository_of_pyproject(path: Path) -> None:
    address = tomllib.loads((docs.ROOT / "pyproject.toml").read_text())["project"]["urls"]["Repository"]
    first, second, *_ = ("".join(cell["source"]) for cell in cells(path))
    assert first.endswith(
        f"({address.replace('//github.com', '//colab.research.google.com/github')}/blob/main/"
        f"nst_core/notebooks/{path.name})"
    )
    assert f'"nst-studio @ git+{address}"' in second
    assert "nst_core/notebooks" not in second
    plain = ast.parse(second.replace("%pip", "pass  # %pip"))  # nothing but the magic needs IPython
    assert isinstance(plain.body[-1], ast.If)


def test_tidying_strips_outputs_and_keeps_text_and_code() -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "hello"}
    ran = {"cell_type": "code", "id": "q", "source": ["a = 1\n", "a"], "outputs": [output], "execution_count": 7}
    written = {"cell_type": "markdown", "id": "q", "source": "# Title", "metadata": {"collapsed": True}}
    tidied = notebooks.tidy({"cells": [written, ran]}, "new.ipynb")
    assert [cell["id"] for cell in tidied["cells"]] == ["badge", "install", "cell-1", "cell-2"]
    assert tidied["cells"][2]["source"] == ["# Title"]
    code = tidied["cells"][3]
    assert (code["source"], code["outputs"], code["execution_count"]) == (["a = 1\n", "a"], [], None)
    assert notebooks.tidy(tidied, "new.ipynb") == tidied


def test_an_installed_package_has_every_file_of_the_core() -> None:
    """Each kind of file beside the code is listed as data, and each folder with code is a package."""
    project = tomllib.loads((docs.ROOT / "pyproject.toml").read_text())
    listed = {pattern.removeprefix("*") for pattern in project["tool"]["setuptools"]["package-data"]["*"]}
    files = [path for path in (docs.ROOT / "nst_core").rglob("*.*") if path.is_file() and path.suffix != ".pyc"]
    assert {path.suffix for path in files} - {".py"} <= listed
    assert all((path.parent / "__init__.py").exists() for path in files if path.suffix == ".py")

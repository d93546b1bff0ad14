"""Every import goes down the layers of storeys.py."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.storeys import (
    INDEPENDENT,
    NOTEBOOK_FIGURES,
    PAGE_LIBRARIES,
    PAGES_MAY_IMPORT,
    STOREYS,
    STREAMLIT_PROTOCOL_CLIENTS,
    TENSORFLOW,
)

ROOT = Path(__file__).resolve().parents[1]
ENTRY_POINTS = [ROOT / "app.py", ROOT / "serve.py"]
FILES = sorted([*ENTRY_POINTS, *(ROOT / "pages").rglob("*.py"), *(ROOT / "nst_core").rglob("*.py")])
LEVELS = {module: level for level, (_, modules, _) in enumerate(reversed(STOREYS)) for module in modules}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def listed_package(module: str) -> str | None:
    """The entry of the table that covers a module: its longest listed prefix."""
    parts = module.split(".")
    prefixes = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((p for p in prefixes if p in LEVELS and (p != "nst_core" or module == "nst_core")), None)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                at = ROOT / whole.replace(".", "/")
                is_module = at.is_dir() or at.with_suffix(".py").exists()
                yield whole if is_module else node.module


@pytest.mark.parametrize("path", FILES, ids=module_of)
def test_imports_go_down(path: Path) -> None:
    module = module_of(path)
    here = listed_package(module)
    assert here, f"{module} is not listed in storeys.py"
    for imported in imports(path):
        top = imported.partition(".")[0]
        if top in ("app", "serve", "pages", "nst_core"):
            there = listed_package(imported)
            assert there, f"{imported} is not listed in storeys.py"
            assert LEVELS[there] <= LEVELS[here], f"{module} imports {imported} from above"
            assert (here, there) not in INDEPENDENT, f"{module} must not import {imported}"
        if top == "tensorflow" or top.startswith("tensorflow_"):
            allowed = module.startswith(TENSORFLOW) and not module.startswith("nst_core.models.weights")
            assert allowed, f"{module} must not import TensorFlow"
        is_exception = module in STREAMLIT_PROTOCOL_CLIENTS or (top == "plotly" and module in NOTEBOOK_FIGURES)
        may_use_pages = not module.startswith("nst_core") or is_exception
        assert may_use_pages or top not in PAGE_LIBRARIES, f"{module} must not import {imported}"


@pytest.mark.parametrize("path", sorted((ROOT / "pages").rglob("*.py")), ids=module_of)
def test_pages_import_the_job_service_and_nothing_behind_it(path: Path) -> None:
    for imported in imports(path):
        if imported.startswith("nst_core."):
            allowed = any(f"{imported}.".startswith(f"{name}.") for name in PAGES_MAY_IMPORT)
            assert allowed, f"{module_of(path)} must not import {imported}; see PAGES_MAY_IMPORT in storeys.py"


def test_each_import_that_pages_may_make_is_made() -> None:
    made = {f"{imported}." for path in (ROOT / "pages").rglob("*.py") for imported in imports(path)}
    assert not [name for name in PAGES_MAY_IMPORT if not any(found.startswith(f"{name}.") for found in made)]


def test_no_module_that_a_page_imports_loads_tensorflow_or_opencv() -> None:
    modules = [
        "nst_core.recipe",
        "nst_core.jobs.service",
        "nst_core.picture.samples",
        "nst_core.picture.catalogue",
        "nst_core.models.weights",
        "nst_core.cli.main",
        "nst_core.film.estimate",
        "nst_core.api.application",
    ]
    heavy = ("tensorflow", "keras", "cv2")
    code = f"import sys, {', '.join(modules)}; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_contributing_guide_shows_the_storeys() -> None:
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    for name, modules, tests in STOREYS:
        row = f"| {name} | {', '.join(f'`{m}`' for m in modules)} | {tests} |"
        assert row in guide, f"CONTRIBUTING.md's table of layers needs the row {row}"

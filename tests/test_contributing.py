"""CONTRIBUTING.md and the README are correct: their code runs, their instructions work, the names in them exist."""

from __future__ import annotations

import ast
import itertools
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import closing
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from nst_core.cli import docs
from nst_core.picture import encode, procedural, samples
from nst_core.recipe import CONVOLUTIONS, make, recipe_from_json
from nst_core.runs import runner
from nst_core.step import Step
from tests.pages.conftest import _front_door  # noqa: F401 - AppTest needs it
from tests.pages.fake_service import FakeJobService

ROOT = Path(__file__).resolve().parents[1]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text()


def section(title: str) -> str:
    """The text under a heading of the guide."""
    match = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL)
    assert match, f"CONTRIBUTING.md has no section {title}"
    return match[1]


def blocks(text: str) -> list[str]:
    """The Python blocks of a text."""
    return list(map(textwrap.dedent, re.findall(r"^ *```python\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)))


def code(text: str) -> str:
    """The only Python block of a text."""
    (block,) = blocks(text)
    return block


def inline(text: str, beginning: str) -> str:
    """The code between backticks that begins so."""
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return next(span for span in re.findall(r"`([^`]+)`", text) if span.startswith(beginning))


def module(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, source: str) -> ModuleType:
    """The source as an importable module."""
    (folder / f"{name}.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, name, raising=False)
    return import_module(name)


def entry(text: str, names: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a dict literal, evaluated."""
    return dict(eval(f"{{{text}}}", dict(names)))


def test_a_style_that_is_added_as_described_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = section("Add a style")
    monkeypatch.setenv("NST_CACHE_DIR", str(tmp_path / "cache"))
    stripes = module(tmp_path, monkeypatch, "stripes", code(text))
    registered = entry(inline(text, '"stripes"'), {"stripes": stripes})
    monkeypatch.setattr(procedural, "DRAWINGS", {**procedural.DRAWINGS, **registered})
    sample = eval(inline(text, "_drawn_style("), {"_drawn_style": samples._drawn_style})
    monkeypatch.setattr(samples, "_DRAWN", (*samples._DRAWN, sample))

    picture = samples.find("stripes").load(128).tensor()
    assert picture.shape == (1, 128, 128, 3)
    assert picture.min() >= 0
    assert picture.max() <= 1
    assert picture.std() > 0.08
    drawn = procedural.draw("stripes", 64, 64)
    assert np.array_equal(drawn, procedural.draw("stripes", 64, 64))
    assert not np.array_equal(drawn, procedural.draw("stripes", 64, 64, seed=1))
    assert "| Stripes | style |" in docs.pictures_table()


@pytest.mark.slow
@pytest.mark.usefixtures("unlearned")
def test_a_style_distance_that_is_added_as_described_drives_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nst_core.recipe.style_distances import STYLE_DISTANCES, RegisteredDistance
    from nst_core.runs.runner import run_recipe
    from nst_core.slow.losses.style_distance import style_distance

    text = section("Add a style distance")
    module(tmp_path, monkeypatch, "means", code(text))
    line = inline(text, '"means"').replace("nst_core.slow.losses.means", "means")
    for name, registered in entry(line, {"RegisteredDistance": RegisteredDistance}).items():
        monkeypatch.setitem(STYLE_DISTANCES, name, registered)
    plain = {
        "pyramid": "off",
        "first_steps": None,
        "average_decay": 0,
        "convolutions": "direct",
        "precision": "float32",
    }
    only_style = {"style_distance": "means", "content_weight": 0, "tv_weight": 0}
    recipe = make(settings={**plain, **only_style, "longest_edge_px": 64, "steps": 12, "learning_rate": 0.05})
    content, style = (np.random.default_rng(seed).random((1, 64, 64, 3), np.float32) for seed in (0, 1))
    style[..., 0] *= 0.2
    losses = [step.losses["style"] for step in run_recipe(content, [style], recipe)]
    style_distance.cache_clear()
    assert losses[-1] < 0.7 * losses[0]


def test_a_page_that_is_added_as_described_opens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = section("Add a page")
    shutil.copytree(ROOT / "pages", tmp_path / "pages", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "pages" / "hello.py").write_text(code(text))
    app = (ROOT / "app.py").read_text()
    line = inline(text, "st.Page(")
    (tmp_path / "app.py").write_text(app.replace("    ]\n", f"        {line}\n    ]\n", 1))
    fake = FakeJobService()
    monkeypatch.setattr("pages.parts.app.service.get", lambda: fake)

    opened = AppTest.from_file(str(tmp_path / "app.py"), default_timeout=30).run()
    opened.switch_page("pages/hello.py").run()
    assert not opened.exception, opened.exception
    assert opened.text_input[0].label == "Your name"
    assert any("Hello" in element.proto.body for element in opened.get("html"))


def test_a_network_that_is_added_as_described_computes_features(monkeypatch: pytest.MonkeyPatch) -> None:
    from nst_core.models import vgg, vgg_layout

    ((name, layers),) = entry(code(section("Add a network")), {}).items()
    monkeypatch.setitem(CONVOLUTIONS, name, layers)
    assert vgg_layout.parameters(name) == 9_404_992  # 133 million of the paper's, less its three dense layers
    rng, kernels, channels = np.random.default_rng(7), {}, 3
    for layer in layers:
        width = vgg_layout.width(layer)
        scale = np.float32(np.sqrt(2 / (9 * channels)))
        kernels[layer] = (rng.standard_normal((3, 3, channels, width), np.float32) * scale, np.zeros(width, np.float32))
        channels = width
    network = vgg.build(name, kernels.items(), "float32")
    picture = rng.random((1, 32, 48, 3), np.float32)
    wanted = ("block1_conv2", "block5_conv2")
    features = vgg.features(network, picture, wanted, vgg.VggConfig(pooling="average", padding="replicate"))
    assert {layer: tuple(values.shape) for layer, values in features.items()} == {
        "block1_conv2": (1, 32, 48, 64),
        "block5_conv2": (1, 2, 3, 512),
    }


@pytest.mark.slow
@pytest.mark.usefixtures("found")
def test_the_readmes_python_examples_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """At a smaller size and, of each run, the first three steps: the third has no picture."""
    run_recipe = runner.run_recipe

    def first_steps(*arguments: Any, **more: Any) -> Iterator[Step]:
        with closing(run_recipe(*arguments, **more)) as steps:
            yield from itertools.islice(steps, 3)

    monkeypatch.setattr(runner, "run_recipe", first_steps)
    monkeypatch.chdir(tmp_path)
    Path("cat.jpg").write_bytes(encode.to_jpeg(samples.find("chelsea").load(64).tensor()))
    readme = (ROOT / "README.md").read_text()
    first, second = blocks(readme[readme.index("## Python\n") : readme.index("## Deploy\n")])
    names: dict[str, Any] = {}
    exec(first.replace("longest_edge_px=256", "longest_edge_px=64"), names)
    assert len(names["result"].points) == 3
    assert recipe_from_json(encode.read_recipe(Path("out.png").read_bytes()) or "") == names["result"].recipe
    exec(second.replace("steps=200", "steps=200, longest_edge_px=64"), names)
    assert names["step"].picture is None
    assert "'style':" in capsys.readouterr().out


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 180


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md"])
def test_every_path_and_link_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    paths = re.findall(r"`((?:nst_core|pages|tests)/[\w./]*)`", text)
    missing = [name for name in (*links, *paths) if not (ROOT / name).exists() and "hello" not in name]
    assert not missing


MENTIONED = sorted(set(re.findall(r"`((?:app|serve|pages|nst_core)(?:\.\w+)+)`", GUIDE)) - {"app.py", "serve.py"})


@pytest.mark.parametrize("name", MENTIONED)
def test_every_function_that_the_guide_names_exists(name: str) -> None:
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        path = ROOT.joinpath(*parts[:cut])
        if path.with_suffix(".py").is_file() or path.is_dir():
            break
    else:
        pytest.fail(f"{name} begins with no module")
    if cut == len(parts):  # a module: importing a page or `__main__` would run it
        return
    found: Any = import_module(".".join(parts[:cut]))
    for attribute in parts[cut:]:
        found = getattr(found, attribute)


CONTENTS = {path.parent: path.read_text() for path in (ROOT / "nst_core").rglob("__init__.py")}
TABLE = re.compile(r"^ {0,4}([a-z][a-z0-9_]*(?:, [a-z][a-z0-9_]*)*) {2,}\S", re.MULTILINE)


def test_the_docstring_of_a_package_lists_modules_that_exist() -> None:
    listed = {
        folder / name
        for folder, source in CONTENTS.items()
        for names in TABLE.findall(ast.get_docstring(ast.parse(source), clean=False) or "")
        for name in names.split(", ")
    }
    assert len(listed) > 100
    assert [path for path in listed if not path.is_dir() and not path.with_suffix(".py").is_file()] == []


@pytest.mark.slow
def test_a_public_class_has_a_name_of_its_own() -> None:
    """But for classes that mean the same: the API's answers, as the server and as its client have them."""
    homes: dict[str, list[str]] = {}
    for path in itertools.chain((ROOT / "nst_core").rglob("*.py"), (ROOT / "pages").rglob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    shared = {name for name, paths in homes.items() if len(paths) > 1}
    assert shared == {"Estimate", "KnownPicture", "Preset", "Run", "UploadedPicture"}

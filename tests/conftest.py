"""Shared fixtures: a VGG-19 with random kernels, for tests that need a network but not its trained weights."""

import dataclasses
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nst_core.picture.coverage import colours
from nst_core.picture.resize import fit
from nst_core.recipe import CONVOLUTIONS
from nst_core.step import Step

if TYPE_CHECKING:
    from tests.nst_core.jobs.shared.servers import SharedServers

os.environ["NST_DATA_DIR"] = ""  # no test stores runs in the folder of the developer's own runs
os.environ["NST_UNSEEN_MINUTES"] = "30"
os.environ["NST_WORKER_NICE"] = "0"  # tests share the processor, and one that waits for a worker waits for all others
os.environ["NST_PRECISION"] = "float32"  # else each worker measures both when it starts
os.environ["NST_DEVICE_FILES"] = "0"  # no server of a test exports networks unless the test asks for it


TOGETHER = {
    "browser": ("tests/browser/", "tests/nst_core/bench/app/test_live.py", "tests/nst_core/bench/app/test_pages.py"),
    "ray": (
        "tests/nst_core/executors/test_contract.py",
        "tests/nst_core/executors/cluster/test_ray.py",
        "tests/nst_core/executors/cluster/test_ray_shared.py",
    ),
}
"""Files whose tests share what is started once for a process: a server, or a cluster."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile` the files of `TOGETHER` go to one process too."""
    from xdist.scheduler import LoadFileScheduling

    class ByFileAndServer(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            names = (name for name, files in TOGETHER.items() if nodeid.startswith(files))
            return next(names, None) or str(super()._split_scope(nodeid))

    return ByFileAndServer(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def shared_servers() -> Iterator["SharedServers"]:
    """A database and an object store, in which each test makes its own."""
    from tests.nst_core.jobs.shared.servers import SharedServers, require_shared

    servers = SharedServers(require_shared())
    yield servers
    servers.close()


@pytest.fixture
def shared_store(shared_servers: "SharedServers", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables of servers that share an empty store; this process has them too."""
    environment = shared_servers.environment(tmp_path / "cache")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return environment


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder in one that this user may not enter, not even as root: nothing says whether it exists."""
    closed = tmp_path / "closed"

    def refusing(call: Any) -> Any:
        def ask(path: Any, *arguments: Any, **more: Any) -> Any:
            if isinstance(path, str | os.PathLike) and closed in Path(path).parents:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return call(path, *arguments, **more)

        return ask

    for name in ("stat", "scandir", "mkdir", "open", "listdir"):
        monkeypatch.setattr(os, name, refusing(getattr(os, name)))
    return closed / "folder"


@pytest.fixture(scope="session")
def random_kernels() -> Any:
    """He-initialised kernels and small biases by layer name: activations keep their size through all 16 layers."""
    rng = np.random.default_rng(7)
    kernels, channels = {}, 3
    for name in CONVOLUTIONS["vgg19"]:
        out = min(64 * 2 ** (int(name[5]) - 1), 512)
        spread = np.float32(np.sqrt(2 / (9 * channels)))
        kernel = rng.standard_normal((3, 3, channels, out), np.float32) * spread
        kernels[name] = (kernel, rng.standard_normal(out, np.float32))
        channels = out
    return kernels


@pytest.fixture(scope="session")
def random_vgg(random_kernels: Any) -> Any:
    """The network of those kernels, in float32.

    Shared by all tests, so that functions compiled for it are used again.
    """
    from nst_core.models import vgg

    return vgg.build("vgg19", random_kernels.items(), "float32")


@pytest.fixture
def unlearned(monkeypatch: pytest.MonkeyPatch, random_vgg: Any) -> Iterator[Any]:
    """Make every engine and measure use the random network, and return it."""
    from nst_core.metrics import yardstick
    from nst_core.models import vgg

    monkeypatch.setattr(vgg, "load", lambda network, dtype="float32": random_vgg)
    yardstick._feature_extractor.cache_clear()
    yield random_vgg
    yardstick._feature_extractor.cache_clear()


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch, unlearned: Any) -> Any:
    """The weights source of the loaded network; a test may change its `sha256`."""
    from nst_core.models import vgg

    origin = SimpleNamespace(sha256="a" * 64, unusable=())
    here = dataclasses.replace(unlearned, found=origin)
    monkeypatch.setattr(vgg, "load", lambda *_: here)
    return origin


@pytest.fixture
def painter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for the fast method that returns its input at the requested size."""
    from nst_core.fast import engine as fast
    from nst_core.models import stylisation

    monkeypatch.setattr(
        stylisation, "load", lambda: SimpleNamespace(found=SimpleNamespace(sha256="c" * 64, unusable=()))
    )

    def paint(content: Any, styles: Any, recipe: Any, **_: Any) -> Iterator[Step]:
        picture = colours(fit(content, recipe.longest_edge_px))
        yield Step(1, 1, recipe.longest_edge_px, 0.0, {}, picture, lambda: {"shown": picture})

    monkeypatch.setattr(fast, "run", paint)


@pytest.fixture(scope="session")
def rebuilt() -> Any:
    """The real stylisation pair with its vectors and pieces.

    Skipped if the operator's weights are the official module, which has a single entry point.
    """
    from nst_core.models import stylisation

    pair = stylisation.load().call
    if not hasattr(pair, "contract"):
        pytest.skip("the official module is in use, which has neither vectors nor pieces")
    return pair


@pytest.fixture
def noise() -> Any:
    """`noise(height, width, seed)`: a random picture, [1, height, width, 3] in [0, 1]."""

    def make(height: Any, width: Any, seed: int = 0) -> Any:
        return np.random.default_rng(seed).random((1, height, width, 3), np.float32)

    return make

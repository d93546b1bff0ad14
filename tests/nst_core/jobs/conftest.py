from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.nst_core.jobs.servers import Servers


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    """One job service after another on the same empty folder."""
    monkeypatch.setenv("NST_DATA_DIR", str(tmp_path / "data"))
    servers = Servers()
    yield servers
    servers.stop()

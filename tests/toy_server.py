"""The served app with a toy worker that only darkens the picture: ready in a second, without weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.serving import ROOT, Server

ENTRY = """
from pathlib import Path
import streamlit as st
from nst_core.executors import local
local.WORKER = ("-m", "nst_core.bench.service.toy_worker")
import serve
app = st.App(
    Path(serve.__file__).with_name("app.py"),
    lifespan=serve._lifespan,
    routes=serve.routes(),
    middleware=serve.middleware(),
)
"""


@contextmanager
def toy_server(folder: Path, **environment: str) -> Iterator[Server]:
    """A running server with its runs below `folder`, and more in its environment."""
    (folder / "entry.py").write_text(ENTRY)
    environment = {"NST_DATA_DIR": str(folder / "data"), "PYTHONPATH": str(ROOT), **environment}
    server = Server(str(folder / "entry.py"), folder / "log", **environment)
    server.start()
    try:
        yield server
    finally:
        server.end()

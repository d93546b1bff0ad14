"""The app as a server that prepares itself when it starts: stored runs resume, and the first visit is not slower.

`streamlit run serve.py` serves the same app as `streamlit run app.py`, whose first visitor waits for the job service,
for imports and for the bundled pictures.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import streamlit as st

from nst_core.jobs.service import JobService
from pages import parts
from pages.parts.app import service, streamlit_patches
from pages.parts.curves import plot
from pages.parts.inputs import selection

LAZY_IMPORTS = (
    "pandas",  # these three by Streamlit, for its first component and icon
    "pyarrow.compute",
    "streamlit.material_icon_names",
    "nst_core.bench.report.measured",
    "nst_core.bench.report.tables",
    "nst_core.models.weights",
    "nst_core.picture.catalogue",
    "nst_core.picture.encoded",
)
"""Modules that the app imports only when a visitor needs them."""


def prepare() -> JobService:
    """Start the job service and load the modules and pictures of a first visit."""
    jobs = service.get()
    for name in (*LAZY_IMPORTS, *(part.name for part in walk_packages(parts.__path__, f"{parts.__name__}."))):
        import_module(name)
    streamlit_patches.ignore_pages_folder()
    plot.script()
    selection.preload()
    return jobs


@asynccontextmanager
async def _lifespan(_: st.App) -> AsyncIterator[None]:
    """Run the job service from the start of the server to its end."""
    jobs = await asyncio.to_thread(prepare)
    yield
    await asyncio.to_thread(jobs.close)


app = st.App(Path(__file__).with_name("app.py"), lifespan=_lifespan)

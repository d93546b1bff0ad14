"""The app as a server that gets ready when it starts: runs of its earlier life go on, and the first visit is no slower.

`streamlit run serve.py` serves what `streamlit run app.py` does, where the first visitor waits for the desk, for the
code and for the bundled pictures.
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
from pages.parts.app import service, theme
from pages.parts.curves import plot
from pages.parts.inputs import selection

LATE = (
    *("pandas", "pyarrow.compute", "streamlit.material_icon_names"),  # by Streamlit, for its first component and icon
    *(
        "nst_core.bench.report.measured",
        "nst_core.bench.report.tables",
        "nst_core.models.weights",
        "nst_core.picture.catalogue",
    ),
)
"""What is imported no sooner than on a visit."""


def ready() -> JobService:
    """Open the desk, and have at hand what a first visit would wait for."""
    office = service.get()
    for name in (*LATE, *(part.name for part in walk_packages(parts.__path__, f"{parts.__name__}."))):
        import_module(name)
    theme.has_a_front_door()
    plot.script()
    selection.ahead()
    return office


@asynccontextmanager
async def _open(_: st.App) -> AsyncIterator[None]:
    """Keep the desk open from before the first visitor until after the last."""
    office = await asyncio.to_thread(ready)
    yield
    await asyncio.to_thread(office.close)


app = st.App(Path(__file__).with_name("app.py"), lifespan=_open)

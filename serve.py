"""The app as a server that opens its desk when it starts, so that runs of its earlier life go on before anyone looks.

`streamlit run serve.py` serves what `streamlit run app.py` does, where the desk waits for the first visitor.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from pages.parts import desk


@asynccontextmanager
async def _open(_: st.App) -> AsyncIterator[None]:
    """Keep the desk open from before the first visitor until after the last."""
    office = await asyncio.to_thread(desk.get)
    yield
    await asyncio.to_thread(office.close)


app = st.App(Path(__file__).with_name("app.py"), lifespan=_open)

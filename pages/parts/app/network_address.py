"""A hash of the visitor's network address, which limits the runs of one address."""

from __future__ import annotations

import re

import streamlit as st

from nst_core.server.addresses import HEADER

_HASH = re.compile(r"[0-9a-f]{16}")


def hashed() -> str:
    """The keyed hash that `serve.py` puts into the request of a tab; "" under `app.py`, which has no limits."""
    value = str(st.context.headers.get(HEADER, ""))
    return value if _HASH.fullmatch(value) else ""

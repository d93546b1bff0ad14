"""The files with which a browser or a phone paints: their addresses, and the notice while they are being made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.app import streamlit_patches, theme
from pages.parts.app.web import app_address

if TYPE_CHECKING:
    from nst_core.export.manifest import Manifest
    from nst_core.server.device_files import DeviceFile
    from nst_core.server.device_setup import DeviceSetup

ABOUT_SECONDS = 60
"""Typical time to make the files; shown to visitors, used for nothing else."""
_POLL_SECONDS = 1.5
_ISOLATED_ONLY = "threaded"
"""LiteRT's build with threads; it works only where middleware isolates pages."""


@dataclass(frozen=True)
class DeviceFiles:
    """The files that are on this server.

    Attributes:
        manifest: of the networks.
        files: by name.
    """

    manifest: Manifest
    files: Mapping[str, DeviceFile]

    def addresses(self, names: Iterable[str] | None = None) -> dict[str, str]:
        """The absolute addresses of files by name, of all if `names` is None. Bundles come with their component."""
        return {name: address(self.files[name]) for name in (self.files if names is None else names)}

    @property
    def runtime(self) -> tuple[str, ...]:
        """The names of LiteRT's own files that this server uses."""
        names = (name for name in self.files if name.startswith("litert_wasm_"))
        return tuple(name for name in names if setup().base is not None or _ISOLATED_ONLY not in name)


@cache
def setup() -> DeviceSetup:
    """The files of this server, and the process that makes missing ones; shared by all visitors."""
    from nst_core.server.device_setup import DeviceSetup

    return DeviceSetup()


def address(file: DeviceFile) -> str:
    """The absolute address of a file: the server's route or, without one, an address of Streamlit's media files."""
    base = setup().base
    if base is not None:
        return f"{app_address() or base}/device/{file.address}"
    return f"{app_address()}{_media_address(file.path, file.media_type)}"


@st.cache_resource(show_spinner=False)
def _media_address(path: Path, media_type: str) -> str:
    """The address of a file among Streamlit's, which hold its bytes in memory, for as long as this server runs.

    It ends with the file's name: LiteRT takes an address without ".js" for a folder, and Streamlit names files as the
    system does, on Debian "….es".
    """
    return f"{streamlit_patches.media_address(path.read_bytes(), media_type, path.name)}?{path.name}"


def prepared(key: str) -> DeviceFiles | None:
    """The files; None until they exist: the page then shows the reason, and runs again once they exist.

    The first call starts to make missing files, for all visitors.

    Args:
        key: of the page, for its widgets.
    """
    own = setup()
    if own.state() == "absent":
        own.start()
    if own.state() == "ready" and (listed := own.file_set().manifest):
        return DeviceFiles(listed, own.file_set().files)
    st.fragment(_show_state, run_every=_POLL_SECONDS if own.state() == "making" else None)(key)
    return None


def _show_state(key: str) -> None:
    own = setup()
    if own.state() == "making":
        st.caption(
            ":material/hourglass_top: The networks are being made ready for your device. This happens once for all "
            f"visitors, and takes about {ABOUT_SECONDS} s."
        )
        st.skeleton(height=240)
    elif own.state() == "failed":
        theme.notice("error", "The networks for your device could not be made", own.failure)
        if st.button("Try again", icon=":material/refresh:", key=f"{key}_retry"):
            own.start()
            st.rerun()
    else:
        st.rerun()

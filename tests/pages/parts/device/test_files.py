"""The addresses of the files with which a browser paints."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from nst_core.server.device_files import DeviceFile
from pages.parts.app import streamlit_patches
from pages.parts.device import files


def test_an_address_among_streamlits_files_ends_with_the_files_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """LiteRT takes an address without ".js" for a folder; systems know other endings of the same type."""
    monkeypatch.setattr(files, "setup", lambda: SimpleNamespace(base=None))
    monkeypatch.setattr(files, "app_address", lambda: "https://example.org")
    monkeypatch.setattr(streamlit_patches, "media_address", lambda data, *_: f"/media/{data.decode()}.es")
    path = tmp_path / "litert_wasm_internal.js"
    path.write_text("abc")
    address = files.address(DeviceFile(path.name, "ab" * 32, path))
    assert address == "https://example.org/media/abc.es?litert_wasm_internal.js"

"""The networks as files for an app: the purpose, size, hash and check of each."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import streamlit as st

from nst_core.export.manifest import ExportedFile
from pages.parts.app.web import Html
from pages.parts.device import files
from pages.parts.device.files import DeviceFiles

PARTS = {"style_predict": "Style prediction", "style_transform": "Transformer"}
"""The networks that an app needs, by their part; those of the slow method are for browsers only."""
_PRECISIONS = ("float16", "int8", "float32")
"""The precisions in the order of the table, the recommended one first."""
_NUMBER = ' class="num"'
_HEAD = ("Network", "Stored as", "Size", "Download", "SHA-256")


def downloads(found: DeviceFiles) -> None:
    """Show a table of the files, each with its download."""
    rows = "".join(_row(each, files.address(found.files[each.file])) for each in offered(found.manifest.files))
    head = "".join(f'<th scope="col"{_NUMBER if name == "Size" else ""}>{name}</th>' for name in _HEAD)
    st.html(
        Html(
            '<div class="nst-scroll" role="region" aria-label="The networks as files" tabindex="0">'
            f'<table class="nst-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        )
    )
    licences = sorted({each.licence for each in offered(found.manifest.files)})
    made_with = ", ".join(f"{name} {version}" for name, version in found.manifest.made_with.items())
    st.caption(f"Made on this server with {made_with}. Licence of the networks: {'; '.join(licences)}.")


def offered(listed: Iterable[ExportedFile]) -> list[ExportedFile]:
    """The files for an app: by network, then size, the smaller storage first."""
    return sorted(
        (each for each in listed if each.part in PARTS),
        key=lambda each: (list(PARTS).index(each.part), each.size_px, _PRECISIONS.index(each.precision)),
    )


def _row(each: ExportedFile, address: str) -> str:
    title = f"{PARTS[each.part]}, {each.size_px} px"
    link = f'<a href="{escape(address)}" download="{escape(each.file)}">{escape(each.file)}</a>'
    return (
        f'<tr><th scope="row">{escape(title)}</th><td class="short">{escape(each.precision)}</td>'
        f'<td{_NUMBER}>{each.bytes / 1e6:.1f} MB</td><td class="short">{link}</td>'
        f'<td class="short"><code>{each.sha256}</code></td></tr>'
    )

"""The networks as files for an app: the purpose, size, hash and check of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
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
_SHORT = ' class="short"'
_HEAD = {"Network": "", "Stored as": "", "Size": _NUMBER, "Difference": _NUMBER, "Latency": _NUMBER}
_HEAD |= {"Download": "", "SHA-256": ""}
"""Name of a column -> how its cells are aligned."""
_NOT_MEASURED = ("–", "–")


def downloads(found: DeviceFiles) -> None:
    """Show a table of the files, each with its download."""
    rows = "".join(row(each, files.address(found.files[each.file])) for each in offered(found.manifest.files))
    head = "".join(f'<th scope="col"{aligned}>{name}</th>' for name, aligned in _HEAD.items())
    st.html(
        Html(
            '<div class="nst-scroll" role="region" aria-label="The networks as files" tabindex="0">'
            f'<table class="nst-table nst-files"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        )
    )
    licences = sorted({each.licence for each in offered(found.manifest.files)})
    made_with = ", ".join(f"{name} {version}" for name, version in found.manifest.made_with.items())
    st.caption(
        "Difference: of the stylised pictures from the network's own, a pixel, of 255. Latency: of one call on two "
        "threads of a processor. About, under “Measured”, has the machine and more."
    )
    st.caption(f"Made on this server with {made_with}. Licence of the networks: {'; '.join(licences)}.")


def offered(listed: Iterable[ExportedFile]) -> list[ExportedFile]:
    """The files for an app: by network, then size, the smaller storage first."""
    return sorted(
        (each for each in listed if each.part in PARTS),
        key=lambda each: (list(PARTS).index(each.part), each.size_px, _PRECISIONS.index(each.precision)),
    )


@cache
def measured() -> Mapping[tuple[str, ...], tuple[str, str]]:
    """Difference and latency of a file as the table on About has them, by its network, size and precision."""
    from nst_core.bench.report.tables import table

    published = table("export")
    difference, latency = map(published.head.index, ("difference", "2 threads"))
    return {row[:3]: (row[difference], row[latency]) for row in published.rows}


def row(each: ExportedFile, address: str) -> str:
    """A row of the table: a file, and the address of its download."""
    title = f"{PARTS[each.part]}, {each.size_px} px"
    key = PARTS[each.part].lower(), f"{each.size_px} px", each.precision
    difference, latency = measured().get(key, _NOT_MEASURED)
    values = (each.precision, f"{each.bytes / 1e6:.1f} MB", difference, latency)
    cells = "".join(
        f'<td data-label="{name}"{aligned or _SHORT}>{escape(value)}</td>'
        for (name, aligned), value in zip(list(_HEAD.items())[1:], values, strict=False)
    )
    link = f'<a href="{escape(address)}" download="{escape(each.file)}">{escape(each.file)}</a>'
    return (
        f'<tr><th scope="row">{escape(title)}</th>{cells}<td{_SHORT}>{link}</td>'
        f"<td{_SHORT}><code>{each.sha256}</code></td></tr>"
    )

"""The fast method's LiteRT files against the networks: difference, size, time. `bench export`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nst_core.export.manifest import PRECISIONS

NAMES = {"style_predict": "style prediction", "style_transform": "transformer"}


def run(sizes: Sequence[int]) -> dict[str, Any]:
    """Export in each precision, with the transformer in these sizes, and check each file.

    Returns:
        `files`: the rows of `nst_core.export.check.run`. `runtime`: the program that ran the files.
    """
    from nst_core.export import check, fast_pair, making
    from nst_core.models import weights

    with tempfile.TemporaryDirectory() as folder:
        making.make(Path(folder), sizes, PRECISIONS, slow=False)
        module = fast_pair.load(weights.find("magenta"))
        return {"files": list(check.run(Path(folder), module)), "runtime": check.runtime()}


def table(report: Mapping[str, Any]) -> str:
    """The report as lines of text."""
    lines = ["file | MB | difference of 255 | correlation | ms, 1 thread | ms, 2 threads"]
    for r in report["files"]:
        one, two = (1000 * r["seconds"][threads]["median"] for threads in ("1", "2"))
        lines.append(
            f"{r['file']} | {r['megabytes']:.2f} | {r['difference']:.4f} | {r['correlation']:.5f} | "
            f"{one:.0f} | {two:.0f}"
        )
    return "\n".join([*lines, f"run by {report['runtime']}"])

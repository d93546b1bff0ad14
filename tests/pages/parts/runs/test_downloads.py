"""The facts of a finished run."""

from __future__ import annotations

from nst_core.jobs.service import JobView
from nst_core.recipe import make
from pages.parts.runs.downloads import _figures


def test_memory_of_the_gpu_is_told_where_a_run_had_one() -> None:
    view = JobView("a", "done", make())
    assert _figures(view, {"peak_rss_mb": 900.4}) == {"Memory": "900 MB"}
    assert _figures(view, {"peak_rss_mb": 900.4, "peak_gpu_mb": 321.0}) == {"Memory": "900 MB", "GPU memory": "321 MB"}

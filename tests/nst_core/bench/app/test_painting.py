"""Painting on the device, measured: its figures and its table; the page itself is tried in `tests/browser`."""

import pytest

from nst_core.bench.app import device, painting


def test_a_step_is_the_median_and_the_difference_the_largest_at_any_step() -> None:
    steps = [(8.0, 1.0), (4.0, 1.5), (2.0, 4.5), (1.0, 5.1)]
    row = painting.judged("threads", 128, steps, [8.0, 4.1, 2.0, 0.99])
    assert row["steps"] == 3
    assert row["seconds"] == pytest.approx(0.6)
    assert row["difference"] == pytest.approx(0.1 / 4.1)


def test_curves_of_different_lengths_are_not_compared() -> None:
    with pytest.raises(ValueError, match="zip"):
        painting.judged("threads", 128, [(8.0, 1.0), (4.0, 1.5)], [8.0])


def test_the_table_names_each_backend_and_size_and_each_error() -> None:
    rows = [{"backend": each, "size": 128, "seconds": 0.5, "difference": 0.00123} for each in device.BACKENDS]
    shown = painting.table({"painting": rows, "errors": ["oh no"]})
    assert all(f"{words} | 128 px | 0.50 s | 2.00 | 0.123 %" in shown for words in device.BACKENDS.values())
    assert shown.endswith("errors in the browser: 1\noh no")

"""The measurement of the live page: its film, and its table; the page itself is tried in `tests/browser`."""

import numpy as np

from nst_core.bench.app import device


def test_the_film_is_one_that_a_browser_plays_for_a_camera() -> None:
    head, _, rest = device.film(frames=3).partition(b"\n")
    assert head.startswith(b"YUV4MPEG2 W640 H480 ")
    frame = 640 * 480 * 3 // 2
    assert len(rest) == 3 * (len(b"FRAME\n") + frame)
    pictures = [part[: 640 * 480] for part in rest.split(b"FRAME\n")[1:]]
    assert pictures[0] != pictures[1], "something moves"
    assert np.ptp(np.frombuffer(pictures[0], np.uint8)) > 150


def test_the_table_names_each_backend_and_size_and_each_error() -> None:
    rows = [
        {"backend": backend, "size": 256, "rate": 8.25, "latency_ms": 110.0, "first_seconds": 2.5}
        for backend in device.BACKENDS
    ]
    shown = device.table({"device": rows, "errors": ["oh no"]})
    assert all(f"{words} | 256 px | 8.2 | 110 ms | 2.5 s" in shown for words in device.BACKENDS.values())
    assert shown.endswith("errors in the browser: 1\noh no")

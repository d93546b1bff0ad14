"""Freed memory goes back to the system."""

import sys
import threading
import weakref

import psutil
import pytest

from nst_core import heap


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator is glibc's")
def test_what_a_thread_has_freed_goes_back():
    def fill(kept: list[bytes]) -> None:
        pieces = [b"x" * 50_000 for _ in range(2000)]  # below the size that is given back by itself
        kept.extend(pieces[::20])  # these hold the pages around them

    kept: list[bytes] = []
    thread = threading.Thread(target=fill, args=(kept,))
    thread.start()
    thread.join()
    before = psutil.Process().memory_info().rss
    assert heap.give_back()
    assert before - psutil.Process().memory_info().rss > 50e6


def test_without_glibc_garbage_is_collected_all_the_same(monkeypatch):
    class Ring:
        pass

    ring = Ring()
    ring.itself = ring
    seen = weakref.ref(ring)
    del ring
    monkeypatch.setattr(heap, "_trim", lambda: None)
    assert heap.give_back() is False
    assert seen() is None

"""Freed memory goes back to the system."""

import subprocess
import sys
import threading
import weakref

import psutil
import pytest

from nst_core.system import allocator


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the allocator is glibc's")
def test_what_a_thread_has_freed_goes_back() -> None:
    def fill(kept: list[bytes]) -> None:
        pieces = [b"x" * 50_000 for _ in range(2000)]  # below the size that is returned to the system automatically
        kept.extend(pieces[::20])  # these hold the pages around them

    kept: list[bytes] = []
    thread = threading.Thread(target=fill, args=(kept,))
    thread.start()
    thread.join()
    before = psutil.Process().memory_info().rss
    assert allocator.release_freed()
    assert before - psutil.Process().memory_info().rss > 50e6


@pytest.mark.slow
def test_without_glibc_garbage_is_collected_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ring:
        pass

    ring = Ring()
    ring.itself = ring
    seen = weakref.ref(ring)
    del ring
    monkeypatch.setattr(allocator, "_glibc", lambda _: None)
    assert allocator.release_freed() is False
    assert allocator.set_keep_freed(keep=True) is False
    assert seen() is None


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator is glibc's")
@pytest.mark.parametrize("keeps", [True, False])
def test_large_blocks_that_are_freed_are_kept_or_given_back(keeps: bool) -> None:
    """In a process of its own: this one's heap may have a gap that a block fits into."""
    program = (
        "import ctypes, psutil; from nst_core.system import allocator\n"
        "library = ctypes.CDLL(None); library.malloc.restype = ctypes.c_void_p\n"
        f"assert allocator.set_keep_freed(keep={keeps})\n"
        "block, above = (library.malloc(ctypes.c_size_t(size)) for size in (64 << 20, 64))\n"
        "ctypes.memset(block, 1, 64 << 20); before = psutil.Process().memory_info().rss\n"
        "library.free(ctypes.c_void_p(block)); print(before - psutil.Process().memory_info().rss)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (int(told.stdout) < 8e6) == keeps


def test_objects_of_the_start_are_left_out_of_later_collections() -> None:
    """In a process of its own: a frozen object of the tests would never be collected."""
    program = (
        "import gc, weakref; from nst_core.system import allocator\n"
        "class Ring: pass\n"
        "def ring():\n    made = Ring(); made.itself = made; return weakref.ref(made)\n"
        "before = ring(); allocator.ignore_objects_until_now(); kept = len(gc.get_objects()); after = ring()\n"
        "allocator.release_freed(); print(before() is None, after() is None, kept < gc.get_freeze_count())"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["True"] * 3

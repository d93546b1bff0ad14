"""A process gets at most the priority that was asked for, and never a higher one than it has."""

import subprocess
import sys

import psutil
import pytest

from nst_core.settings import Settings
from nst_core.system import priority

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="niceness is of POSIX")


@pytest.fixture
def own() -> int:
    """The niceness of this process, which its children begin with."""
    return int(psutil.Process().nice())


def in_a_child(*calls: int) -> int:
    lowered = "; ".join(f"priority.lower(psutil.Process(), {niceness})" for niceness in calls)
    program = f"import psutil; from nst_core.system import priority; {lowered}; print(psutil.Process().nice())"
    return int(subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout)


def test_a_process_is_lowered_and_never_raised(own: int) -> None:
    assert in_a_child(priority.LOWEST, 0) == priority.LOWEST
    assert in_a_child(0) == own


def test_a_process_that_is_gone_is_no_error() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    gone = psutil.Process(child.pid)
    child.wait()
    priority.lower(gone, priority.LOWEST)


def test_workers_give_way_to_pages_unless_the_operator_says_otherwise() -> None:
    assert 0 < Settings().worker_nice < priority.LOWEST
    assert Settings.read({"NST_WORKER_NICE": "0"}).worker_nice == 0

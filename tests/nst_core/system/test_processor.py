"""The cores that this process may use."""

import os

from nst_core.system import processor


def test_cores_are_those_that_the_system_lets_this_process_use() -> None:
    assert processor.cores() == len(os.sched_getaffinity(0)) >= 1

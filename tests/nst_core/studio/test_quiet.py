"""TensorFlow's start-up messages are hidden; output before and after is not."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from nst_core.studio.quiet import load_tensorflow
os.write(2, b"before\\n")
load_tensorflow()
assert "tensorflow" in sys.modules
import logging
assert not logging.getLogger("tensorflow").isEnabledFor(logging.WARNING)
os.write(2, b"after\\n")
"""


@pytest.mark.slow
def test_nothing_is_written_while_tensorflow_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "before\nafter\n")

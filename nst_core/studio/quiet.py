"""TensorFlow without its start-up messages, which would stand above the first picture of every notebook."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def load_tensorflow() -> None:
    """Import TensorFlow, if it is not yet: its libraries' lines about missing GPUs are hidden, errors still raise.

    Its warnings are hidden from then on too: the one about repeated tracing is about runs of different settings in one
    process, which is what a notebook is for.
    """
    if "tensorflow" in sys.modules:
        return
    with _hidden_stderr():  # the libraries write before any setting of theirs could stop them
        import nst_core.models.device  # noqa: F401
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


@contextmanager
def _hidden_stderr() -> Iterator[None]:
    """Let nothing through that is written to file handle 2, by Python or by a library."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)

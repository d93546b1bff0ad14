"""TensorFlow without its start-up messages, which would appear above the first picture of every notebook."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def load_tensorflow() -> None:
    """Import TensorFlow, if it is not yet: its libraries' lines about missing GPUs are hidden, errors still raise.

    Its warnings are hidden from then on too: one of them complains of repeated tracing, which is normal in a notebook
    with runs of different settings.
    """
    if "tensorflow" in sys.modules:
        return
    with _hidden_stderr():  # the libraries write before any of their settings takes effect
        import nst_core.models.device  # noqa: F401
    logging.getLogger("tensorflow").setLevel(logging.ERROR)


@contextmanager
def _hidden_stderr() -> Iterator[None]:
    """Discard everything that Python or a library writes to file handle 2."""
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

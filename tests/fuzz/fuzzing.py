"""How long fuzz tests run: a few examples in the suite, many minutes with NST_FUZZ_MINUTES.

Every test here gives unexpected data to a reader, and asserts that it returns a value or raises its own error.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from nst_core.errors import NSTError

MINUTES = float(os.environ.get("NST_FUZZ_MINUTES", "0"))
"""Minutes in all, shared by the tests that are collected; 0: only `EXAMPLES` of each."""
EXAMPLES = 40
BATCH = 500
"""Number of examples between two checks of the time."""
COUNTS: Counter[str] = Counter()
"""Examples so far, by test."""
MAX_MESSAGE = 4000
"""No message is longer, in characters: it is shown on a page."""

_TESTS: list[str] = []
_SUPPRESSED = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
]
_SHORT = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=_SUPPRESSED
)
_LONG = settings(max_examples=BATCH, deadline=None, database=None, print_blob=True, suppress_health_check=_SUPPRESSED)


def fuzz(**strategies: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Run a test with `EXAMPLES` examples of these strategies, or as many as fit into its share of `MINUTES`."""

    def decorate(test: Callable[..., None]) -> Callable[[], None]:
        def counted(**example: Any) -> None:
            COUNTS[test.__name__] += 1
            test(**example)

        counted.__name__ = counted.__qualname__ = test.__name__
        batch = (_LONG if MINUTES else _SHORT)(given(**strategies)(counted))
        _TESTS.append(test.__name__)

        def repeated() -> None:
            end = time.monotonic() + 60 * MINUTES / len(_TESTS)
            batch()
            while time.monotonic() < end:
                batch()

        repeated.__name__, repeated.__doc__, repeated.__module__ = test.__name__, test.__doc__, test.__module__
        return repeated

    return decorate


def assert_is_one_sentence(error: NSTError | ValueError) -> None:
    """A message is one line of a bounded length that can be shown and written anywhere."""
    message = str(error)
    assert message
    assert len(message.splitlines()) == 1, message
    assert len(message) <= MAX_MESSAGE, f"{len(message)} characters: {message[:200]}"
    message.encode()  # no lone surrogate, which neither a page nor a log could show

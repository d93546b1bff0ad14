"""The operator's settings: the values in force, and variables without effect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from nst_core.doctor.finding import Finding, ok, problem
from nst_core.models.weights.unusable import shown
from nst_core.settings import Settings, default_of, problems, variable_of


def check() -> Iterator[Finding]:
    """A line for each setting with its value, and a problem for each variable that has no effect."""
    for sentence in problems():
        yield problem(sentence, "correct or unset the variable, and start the server again")
    settings = Settings.read()
    for setting in fields(Settings):
        name, value = variable_of(setting).name, getattr(settings, setting.name)
        if value == getattr(Settings(), setting.name):
            yield ok(f"{name} has its default: {default_of(setting)}")
        elif variable_of(setting).is_secret:
            yield ok(f"{name} is set; its value is a secret")
        else:
            yield ok(f"{name} is {_shown(value)}")


def _shown(value: object) -> str:
    """A value as it may be pasted into a report: an address without its password and its query."""
    if isinstance(value, bool):
        return str(int(value))
    return shown(value) if isinstance(value, str) and "://" in value else str(value) if value is not None else "empty"

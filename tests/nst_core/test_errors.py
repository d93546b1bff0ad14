"""Each error class is found by its code."""

from __future__ import annotations

import inspect

from nst_core import errors


def test_a_code_names_its_class() -> None:
    tree = [each for _, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, errors.NSTError)]
    assert [errors.with_code(each.code) for each in tree] == tree
    assert errors.with_code("no such code") is errors.NSTError

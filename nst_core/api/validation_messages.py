"""Faults of a request in plain sentences: the field, the requirement, and the value given.

The validator's own sentences name Python types, which mean little to a client in another language.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.datastructures import UploadFile

from nst_core.recipe.messages import one_line, short

_REQUIRED = {
    "greater_than_equal": "at least {ge:g}",
    "greater_than": "above {gt:g}",
    "less_than_equal": "at most {le:g}",
    "less_than": "below {lt:g}",
    "literal_error": "one of {expected}",
    "string_too_long": "at most {max_length} characters long",
    "string_too_short": "at least {min_length} characters long",
    "string_pattern_mismatch": "text of the form {pattern}",
    "too_short": "a list or an object with at least {min_length} entries",
    "too_long": "a list or an object with at most {max_length} entries",
    "finite_number": "a finite number",
    "int_from_float": "a whole number",
    "json_invalid": "JSON ({error})",
    "string_unicode": "text in valid Unicode",
}
"""Type of a fault -> the requirement, a template for the values of the fault's context."""
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "string": "text",
    "list": "a list",
    "dict": "an object",
    "model": "an object",
}
"""First word of a fault's type, such as `int` of `int_parsing` -> the requirement."""
_HTTP = {
    "Not Found": "there is no such address; /v1/docs, below the root of the API, lists all",
    "There was an error parsing the body": "the body must be complete, in UTF-8, and of the type that the header "
    "Content-Type names",
    "Invalid multipart data.": "the parts of the form must stand between lines of the boundary that the header "
    "Content-Type names",
    "Missing boundary in multipart.": "the header Content-Type must name the boundary between the parts of the form",
    'The Content-Disposition header field "name" must be provided.': "each part of the form must have its name, in its "
    "header Content-Disposition",
}
"""A library's message about a request that it cannot read -> the requirement."""


def http_sentence(detail: str) -> str:
    """A library's message about a request that it cannot read, in the API's words if there are any."""
    return _HTTP.get(detail, detail)


def sentence(fault: Mapping[str, Any]) -> str:
    """A fault of a request in one sentence, such as `query.step must be a whole number, got 'x'`.

    Args:
        fault: an entry of `RequestValidationError.errors()`.
    """
    kind, place, context = str(fault["type"]), _place(fault["loc"]), fault.get("ctx", {})
    if kind == "missing":
        return f"{place} must be given"
    if kind == "extra_forbidden":
        return f"{place} is unknown; leave it out"
    if _needs_file(fault):
        return one_line(f"{place} must be a file, sent as a part of the form that has a file name{_came(fault)}")
    if kind == "json_invalid":
        return one_line(f"body must be {_required(kind, context)}")
    return one_line(f"{place} must be {_required(kind, context)}{_came(fault)}")


def _needs_file(fault: Mapping[str, Any]) -> bool:
    return fault["type"] == "value_error" and "UploadFile" in str(fault.get("msg"))


def _required(kind: str, context: Mapping[str, Any]) -> str:
    template = _REQUIRED.get(kind)
    if template is not None:
        return template.format(**context)
    return _KINDS.get(kind.split("_", maxsplit=1)[0], "as the description of the API tells")


def _came(fault: Mapping[str, Any]) -> str:
    """The rejected value, shortened; the value of a header may be a secret and is left out."""
    if fault["loc"][:1] == ("header",):
        return ""
    came = fault.get("input")
    return ", got a file" if isinstance(came, UploadFile) else f", got {short(came)}"


def _place(path: Sequence[Any]) -> str:
    """Where a fault is, such as `query.format`. Names that the client sent are shortened."""
    return ".".join(str(part)[:40] for part in path)

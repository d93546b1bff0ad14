"""Error messages for settings: the requirement, and the value that was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from nst_core.errors import RecipeError
from nst_core.recipe.fields import bounds, excluded, is_optional, names

MOST_ERRORS = 5
"""The most errors that one message lists; the rest are only counted."""
_UNKNOWN = "extra_forbidden"


def message(error: ValidationError) -> str:
    """The errors in one line, each with its setting's name; at most `MOST_ERRORS` of them."""
    errors = _innermost(error)
    rest = [f"and {len(errors) - MOST_ERRORS} more"] if len(errors) > MOST_ERRORS else []
    unknown = [_where(each) for each in errors[:MOST_ERRORS] if each["type"] == _UNKNOWN]
    others = [_words(each) for each in errors[:MOST_ERRORS] if each["type"] != _UNKNOWN]
    return one_line("; ".join([*others, *([_no_setting(unknown)] if unknown else []), *rest]))


def _innermost(error: ValidationError) -> list[dict[str, Any]]:
    """The errors, without those of a container that only repeat an error of one of its entries."""
    found: list[dict[str, Any]] = [dict(e) for e in error.errors()]
    return [e for e in found if not any(o["loc"][: len(e["loc"])] == e["loc"] != o["loc"] for o in found)]


def _where(error: dict[str, Any]) -> str:
    return ".".join(_cut(str(part)) for part in error["loc"]) or "recipe"


def _no_setting(unknown: Sequence[str]) -> str:
    """Unknown settings, with the list of the known ones, which is long, once."""
    kind = "is no setting" if len(unknown) == 1 else "are no settings"
    return f"{', '.join(unknown)} {kind}; choose from {', '.join(names())}"


def _words(error: dict[str, Any]) -> str:
    where = _where(error)
    context = error.get("ctx", {})
    if error["type"] == "missing":
        return f"{where} must be given"
    if error["type"] == "value_error":
        return f"{where}: {context['error']}"
    if "actual_length" in context:
        return f"{where} must have {_length(context)} entries, got {context['actual_length']}"
    return f"{where} must be {_required(where, error['type'], context)}, got {short(error.get('input'))}"


def _required(where: str, kind: str, context: Mapping[str, Any]) -> str:
    if kind in _COMPARISONS:
        return _range(where, kind, context)
    if kind == "literal_error":
        return f"one of {context['expected']}"
    if kind == "string_too_long":
        return f"at most {context['max_length']} letters long"
    return f"{_KINDS.get(kind, kind.replace('_', ' '))}{_or_unset(where)}"


_KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "finite_number": "a finite number",
    "string_type": "text",
    "string_pattern_mismatch": "a SHA-256 in 64 small hexadecimal digits",
    "dict_type": "an object",
    "model_type": "an object",
    "tuple_type": "a list",
    "json_invalid": "JSON that is not nested so deeply",
}

_COMPARISONS = {
    "greater_than": "above",
    "greater_than_equal": "at least",
    "less_than": "below",
    "less_than_equal": "at most",
}


def _length(context: Mapping[str, Any]) -> str:
    return f"at least {context['min_length']}" if "min_length" in context else f"at most {context['max_length']}"


def _range(where: str, kind: str, context: Mapping[str, Any]) -> str:
    try:
        low, high = bounds(where)
    except RecipeError:  # inside a list, such as a style's weight
        low = high = None
    if low is not None and high is not None:
        return f"between {_plain(low)} and {_plain(high)}{_without(excluded(where))}"
    (bound,) = context.values()
    return f"{_COMPARISONS[kind]} {bound:g}"


def _without(ends: tuple[float, ...]) -> str:
    return f" ({' and '.join(map(_plain, ends))} excluded)" if ends else ""


def _or_unset(where: str) -> str:
    try:
        return " or null" if is_optional(where) else ""
    except RecipeError:
        return ""


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else f"{number:g}"


def short(value: object) -> str:
    """A value as text of at most 60 characters."""
    return _cut(repr(value))


def one_line(text: str) -> str:
    """Escape line breaks and unprintable characters in a text; needed for names, which come from users."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _cut(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."

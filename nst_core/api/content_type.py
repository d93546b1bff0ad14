"""Refuses a body whose content type the route does not read, instead of complaining that its fields are missing."""

from __future__ import annotations

from fastapi import Request
from fastapi.params import Form

from nst_core.api.problems import CONTENT_TYPE, ProblemError

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
JSON = ("application/json",)


def check_content_type(request: Request) -> None:
    """Refuse a body whose content type the request's route does not read. Raises ProblemError."""
    body = getattr(request.scope.get("route"), "body_field", None)
    is_empty = request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers
    if body is None or is_empty:
        return
    accepted = FORMS if isinstance(body.field_info, Form) else JSON
    came = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if came not in accepted:
        got = repr(came[:60]) if came else "none"
        raise ProblemError(CONTENT_TYPE, f"the content type must be {' or '.join(accepted)}, got {got}")

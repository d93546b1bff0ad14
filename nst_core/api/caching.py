"""Answers with an entity tag: a client keeps them, and asks later whether they are still the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from fastapi import Request
from starlette.responses import Response

KEPT_SECONDS = 300


def cached(request: Request, body: bytes, media_type: str, seconds: int = KEPT_SECONDS) -> Response:
    """An answer with an entity tag; status 304 without a body if the client has it.

    Args:
        request: of the client.
        body: of the answer.
        media_type: of the body.
        seconds: how long a client need not ask again.
    """
    headers = {"etag": entity_tag(body), "cache-control": f"max-age={seconds}"}
    return unchanged(request, headers) or Response(body, media_type=media_type, headers=headers)


def entity_tag(source: bytes, *variant: str) -> str:
    """The entity tag of an answer that is made of `source`, in one of several variants."""
    return f'"{"-".join((hashlib.sha256(source).hexdigest()[:24], *variant))}"'


def unchanged(request: Request, headers: Mapping[str, str]) -> Response | None:
    """Status 304, if the client has what the `etag` of these headers names."""
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if headers["etag"] in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return None

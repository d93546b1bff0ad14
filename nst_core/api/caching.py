"""Answers with an entity tag (ETag): a client caches them, and asks later whether they have changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from fastapi import Request
from starlette.responses import Response

KEPT_SECONDS = 300


def cached(request: Request, body: bytes, media_type: str, seconds: int = KEPT_SECONDS) -> Response:
    """An answer with an entity tag; status 304 without a body if the client has it.

    Args:
        request: the client's request.
        body: the body of the answer.
        media_type: of the body.
        seconds: how long the client may use its copy without asking.
    """
    headers = {"etag": entity_tag(body), "cache-control": f"max-age={seconds}"}
    return unchanged(request, headers) or Response(body, media_type=media_type, headers=headers)


def entity_tag(source: bytes, *variant: str) -> str:
    """The entity tag of one variant of an answer that is computed from `source`."""
    return f'"{"-".join((hashlib.sha256(source).hexdigest()[:24], *variant))}"'


def unchanged(request: Request, headers: Mapping[str, str]) -> Response | None:
    """Status 304 if the client already has the version that the `etag` of these headers names; else None."""
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if headers["etag"] in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return None

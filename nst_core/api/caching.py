"""Answers that rarely change: a client keeps them, and asks later whether they are still the same."""

from __future__ import annotations

import hashlib

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
    tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
    headers = {"etag": tag, "cache-control": f"max-age={seconds}"}
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)

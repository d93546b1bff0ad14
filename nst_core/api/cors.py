"""Which web pages of other sites may call the API from a browser (CORS)."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp

from nst_core.api.access import SECRET_HEADER
from nst_core.api.problems import HTTP, answer

ASKED = ("authorization", "content-type", "idempotency-key", "if-none-match", "last-event-id", "prefer", SECRET_HEADER)
"""Headers of requests that scripts of these pages may set."""


class Cors(CORSMiddleware):
    """Starlette's middleware, which refuses with a problem document."""

    def __init__(self, app: ASGIApp, origins: Sequence[str], exposed: Sequence[str]) -> None:
        """`origins` are those of the pages, and `exposed` the headers of answers that their scripts may read."""
        super().__init__(
            app, allow_origins=origins, allow_methods=["*"], allow_headers=ASKED, expose_headers=exposed, max_age=600
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """The answer to a browser that asks beforehand whether a page may send a request."""
        found = super().preflight_response(request_headers)
        if found.status_code < HTTP.status:
            return found
        sentence = f"a page of this origin may not send such a request: {bytes(found.body).decode()}; ask the operator"
        headers = {name: value for name, value in found.headers.items() if not name.startswith("content-")}
        return answer(HTTP, sentence, headers=headers)

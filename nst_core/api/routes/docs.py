"""The page that shows the OpenAPI document and tries requests: Swagger UI, served without any other site.

Its files are those of the package fastapi-offline. The page has no script of its own inside it, so that it obeys the
server's Content-Security-Policy.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from nst_core.api.caching import cached

router = APIRouter(include_in_schema=False)
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>NST Studio: REST API</title>
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<main id="api"></main>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
START = """\
SwaggerUIBundle({url: "openapi.json", dom_id: "#api", validatorUrl: null, deepLinking: true, docExpansion: "list"});
"""
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_ASSETS = Literal["swagger-ui.css", "swagger-ui-bundle.js"]


@router.get("/docs")
def page() -> HTMLResponse:
    """The documentation of the API, for people."""
    return HTMLResponse(PAGE)


@router.get("/docs/start.js")
def start(request: Request) -> Response:
    """The script that starts Swagger UI on the page."""
    return cached(request, START.encode(), _TYPES["js"])


@router.get("/docs/{name}")
def asset(request: Request, name: _ASSETS) -> Response:
    """A file of Swagger UI."""
    return cached(request, _file(name), _TYPES[name.rpartition(".")[2]], seconds=24 * 3600)


@cache
def _file(name: str) -> bytes:
    return (resources.files("fastapi_offline") / "static" / name).read_bytes()

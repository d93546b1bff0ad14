"""The application of the API, which `serve.py` mounts at `/api`.

Starlette does not run the lifespan of a mounted application; this one needs none.
"""

from __future__ import annotations

import re
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.routing import Mount

from nst_core.api import description, picture_files, problems
from nst_core.api.access import SECRET_HEADER
from nst_core.api.content_type import check_content_type
from nst_core.api.context import ApiContext
from nst_core.api.cors import Cors
from nst_core.api.form_fields import check_form_fields
from nst_core.api.gate import PICTURES, PLAIN_BYTES, Gate
from nst_core.api.heads import Heads
from nst_core.api.routes import choices, docs, events, measures, pictures, results, runs, service, stylize
from nst_core.settings import Settings

DESCRIPTION = """\
Neural style transfer for programs: submit a photograph or a film and style pictures, follow the loss curve, fetch the
result.

A run is one picture or film being painted. Anyone who knows its id may look at it. To change it, a client needs the
secret that `POST /runs` returned. Every error is a problem document (RFC 9457).
"""
FORM_LIMITS: Any = {"max_files": PICTURES, "max_fields": 24, "max_part_size": PLAIN_BYTES}
"""Limits of a request with pictures: its files, its other fields, and the bytes of one such field, which is kept in
memory."""
EXPOSED = [
    "location",
    "retry-after",
    "etag",
    "content-disposition",
    "content-range",
    "accept-ranges",
    "preference-applied",
    results.STEP_HEADER,
    picture_files.NOTE_HEADER,
    stylize.RUN_HEADER,
    SECRET_HEADER,
]
"""Response headers that scripts of other sites may read (CORS)."""


def create(context: ApiContext) -> FastAPI:
    """The API of a server."""
    app = FastAPI(
        title="NST Studio",
        version=description.VERSION,
        description=DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # FastAPI's own page loads scripts from other sites
        redoc_url=None,
        license_info={"name": "MIT"},
        responses=description.PROBLEM_RESPONSES,
        generate_unique_id_function=description.operation_id,
    )
    app.state.context = context
    problems.install(app)
    closed = APIRouter(
        prefix="/v1", form_limits=FORM_LIMITS, dependencies=[Depends(check_content_type), Depends(check_form_fields)]
    )
    closed.include_router(runs.router)
    closed.include_router(pictures.router)
    closed.include_router(measures.router)
    closed.include_router(choices.router)
    closed.include_router(events.router)
    closed.include_router(results.router)
    closed.include_router(stylize.router)
    app.include_router(closed)
    app.include_router(service.router, prefix="/v1")
    app.include_router(docs.router, prefix="/v1")
    description.install(app)
    app.add_middleware(Gate, settings=context.settings, rate=context.rate)
    app.add_middleware(Heads)
    if origins := context.settings.api_origins:
        app.add_middleware(Cors, origins=origins, exposed=EXPOSED)
    return app


def mounted(context: ApiContext, base: str = "") -> Mount:
    """The API at `/api`, as a route of a server, below its base path if it has one."""
    mount = Mount(f"{base}/api", create(context))
    # Starlette's own pattern does not match a path with a line break, which would then reach the pages and get HTML.
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    return mount


def document() -> dict[str, Any]:
    """The OpenAPI document of the API with the default settings; needs no server."""

    def nothing() -> Any:
        raise NotImplementedError("this application exists only for its description")

    app = create(ApiContext(nothing, nothing, Settings()))
    app.servers = [{"url": "/api"}]  # a running server states its real address
    return app.openapi()

"""The application of the API, which `serve.py` mounts at `/api`.

A mounted application's own lifespan is not run: it needs none.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI
from fastapi.middleware.cors import CORSMiddleware

from nst_core import __version__
from nst_core.api import problems
from nst_core.api.access import SECRET_HEADER, check_rate, check_token
from nst_core.api.bodies import ENVELOPE_BYTES, PICTURES, BodyLimit
from nst_core.api.context import ApiContext
from nst_core.api.problems import Problem
from nst_core.api.routes import choices, events, measures, pictures, results, runs, service

DESCRIPTION = """\
Neural style transfer for programs: submit a photograph and style pictures, follow the loss curve, fetch the picture.

A run is one picture being painted. Whoever knows its id may look at it; whoever holds the secret that `POST /runs` gave
may change it. Every error is a problem document (RFC 9457).
"""
_PROBLEM = {"model": Problem, "description": "A problem document"}


def create(context: ApiContext) -> FastAPI:
    """The API of a server."""
    app = FastAPI(
        title="NST Studio",
        version=__version__,
        description=DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # its page loads scripts from elsewhere
        redoc_url=None,
        responses={"4XX": _PROBLEM, "5XX": _PROBLEM},
    )
    app.state.context = context
    problems.install(app)
    closed = APIRouter(prefix="/v1", dependencies=[Depends(check_rate), Depends(check_token)])
    closed.include_router(runs.router)
    closed.include_router(pictures.router)
    closed.include_router(measures.router)
    closed.include_router(choices.router)
    closed.include_router(events.router)
    closed.include_router(results.router)
    app.include_router(closed)
    app.include_router(service.router, prefix="/v1")
    app.add_middleware(BodyLimit, most_bytes=PICTURES * context.settings.picture_mb * 2**20 + ENVELOPE_BYTES)
    if context.settings.api_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=context.settings.api_origins,
            allow_methods=["*"],
            allow_headers=["authorization", "content-type", "idempotency-key", "last-event-id", SECRET_HEADER],
            expose_headers=["location", "retry-after", "etag"],
        )
    return app

"""The server itself: whether it is alive and ready, and the kinds of problems."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from nst_core.api.context import Context
from nst_core.api.problems import KINDS

router = APIRouter(tags=["Server"])


@router.get("/healthz", operation_id="check_alive")
def alive() -> dict[str, str]:
    """Whether the server is alive."""
    return {"status": "ok"}


@router.get("/readyz", operation_id="check_ready", responses={503: {"description": "No picture could be painted now"}})
def ready(context: Context) -> JSONResponse:
    """Whether the server could paint a picture now, with the result of each check."""
    found = context.check()
    return JSONResponse(found.as_json(), 200 if found.ok else 503, {"cache-control": "no-store"})


@router.get("/problems/{code}", operation_id="get_problem_kind")
def problem(code: str) -> dict[str, Any]:
    """Explain a kind of problem."""
    for kind in KINDS:
        if kind.code == code:
            return {"code": kind.code, "status": kind.status, "title": kind.title}
    raise HTTPException(404, f"the problems are {', '.join(kind.code for kind in KINDS)}")

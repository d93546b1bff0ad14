"""Errors as problem documents (RFC 9457), made of the tree in `nst_core.errors`.

The type of a problem is the address of its kind, which explains it: `/api/v1/problems/` and the code, below the path
at which the server is reached.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Match

from nst_core import errors
from nst_core.api.heads import STREAMS
from nst_core.api.validation_messages import http_sentence, sentence

ROOT = "/api"
PREFIX = "/v1/problems/"
"""The path of the types, below the root of the API."""
MEDIA_TYPE = "application/problem+json"
_LOGGER = logging.getLogger(__name__)
METHOD_NOT_ALLOWED = 405
_MOST_DETAILS = 5
"""The most faults of a request that one problem document lists."""


@dataclass(frozen=True)
class ProblemKind:
    """A kind of problem.

    Attributes:
        code: names it for programs; never changes.
        status: of the answer.
        title: the same for every problem of this kind.
    """

    code: str
    status: int
    title: str


def _kind(error: type[errors.NSTError], status: int, title: str) -> ProblemKind:
    return ProblemKind(error.code, status, title)


OF_ERRORS: Mapping[type[errors.NSTError], ProblemKind] = {
    errors.NSTError: _kind(errors.NSTError, 500, "The request failed"),
    errors.RecipeError: _kind(errors.RecipeError, 422, "A setting cannot be used"),
    errors.PictureError: _kind(errors.PictureError, 422, "A picture cannot be used"),
    errors.FilmError: _kind(errors.FilmError, 422, "A film cannot be used"),
    errors.FetchError: _kind(errors.FetchError, 502, "A download failed"),
    errors.WeightsError: _kind(errors.WeightsError, 503, "A network's weights are not available"),
    errors.ExportError: _kind(errors.ExportError, 503, "A network cannot be exported"),
    errors.DivergedError: _kind(errors.DivergedError, 422, "The optimisation diverged"),
    errors.DeviceMemoryError: _kind(errors.DeviceMemoryError, 503, "The device has too little memory"),
    errors.CheckpointError: _kind(errors.CheckpointError, 422, "A checkpoint cannot be used"),
    errors.JobError: _kind(errors.JobError, 409, "The run's state does not allow this"),
    errors.QueueFullError: _kind(errors.QueueFullError, 429, "The queue is full"),
    errors.NotYoursError: _kind(errors.NotYoursError, 403, "Only its owner may change a run"),
    errors.LostRunError: _kind(errors.LostRunError, 404, "The run cannot be opened"),
    errors.StorageError: _kind(errors.StorageError, 507, "The server's disk does not take this"),
    errors.WorkerError: _kind(errors.WorkerError, 503, "The process that paints is not ready"),
    errors.ToolError: _kind(errors.ToolError, 500, "A program is missing on the server"),
}
"""Every class of the tree in `nst_core.errors`; a test checks that none is missing."""
REQUEST = ProblemKind("request", 422, "The request is not as described")
TOKEN = ProblemKind("token", 401, "A token is needed")
RATE = ProblemKind("rate", 429, "Too many requests")
TOO_LARGE = ProblemKind("too-large", 413, "The request is too large")
HTTP = ProblemKind("http", 400, "The request does not fit the address")
INTERNAL = ProblemKind("internal", 500, "The server made a mistake")
IDEMPOTENCY = ProblemKind("idempotency", 422, "The idempotency key was used for another request")
IN_PROGRESS = ProblemKind("in-progress", 409, "The first request with this idempotency key is not answered yet")
RUN_GONE = ProblemKind("run-gone", 410, "The run that this idempotency key started is gone")
CONTENT_TYPE = ProblemKind("content-type", 415, "The content type is not what this address reads")
NO_ROOM = ProblemKind("no-room", 429, "There is no room for more pictures")
NO_PICTURE = ProblemKind("no-picture", 404, "There is no such picture")
BUSY = ProblemKind("busy", 503, "The server is busy with others' requests")
LISTENERS = ProblemKind("too-many-listeners", 429, "Too many programs listen to runs")
NO_RUN_YET = ProblemKind("not-there-yet", 404, "The run has no such part yet")
KINDS: tuple[ProblemKind, ...] = (
    *OF_ERRORS.values(),
    *(HTTP, REQUEST, TOKEN, RATE, TOO_LARGE, INTERNAL, IDEMPOTENCY, IN_PROGRESS, RUN_GONE, CONTENT_TYPE),
    *(NO_ROOM, NO_PICTURE, BUSY, NO_RUN_YET, LISTENERS),
)


class ProblemError(Exception):
    """A problem that is not one of the core's errors.

    Attributes:
        kind: the kind of problem.
        headers: the headers of the answer.
    """

    def __init__(self, kind: ProblemKind, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.kind, self.headers = kind, dict(headers or {})


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(description="the kind of problem: its address on this server, which explains it")
    title: str = Field(description="the kind in words")
    status: int = Field(description="the status of the answer")
    detail: str = Field(description="the requirement, the value given, and advice")
    code: str = Field(description="the end of the type, for programs")
    errors: list[str] | None = Field(None, description="each fault of the request, where several were found")


def document(
    kind: ProblemKind, detail: str, faults: Sequence[str] | None = None, status: int | None = None, root: str = ROOT
) -> Problem:
    """The problem document of a kind."""
    return Problem(
        type=root + PREFIX + kind.code,
        title=kind.title,
        status=status or kind.status,
        detail=detail,
        code=kind.code,
        errors=list(faults) if faults else None,
    )


def answer(  # noqa: PLR0913 - the parts of a problem
    kind: ProblemKind,
    detail: str,
    *,
    faults: Sequence[str] | None = None,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    root: str = ROOT,
) -> JSONResponse:
    """A problem as the answer to a request; `root` is the path at which its client reaches the API."""
    problem = document(kind, detail, faults, status, root)
    headers = {"cache-control": "no-store", **(headers or {})}
    return JSONResponse(problem.model_dump(exclude_none=True), problem.status, headers, MEDIA_TYPE)


def retry_after(seconds: float) -> dict[str, str]:
    """The header that tells a program when to try again."""
    return {"retry-after": str(max(1, round(seconds)))}


def kind_of(error: errors.NSTError) -> ProblemKind:
    """The kind of one of the core's errors."""
    return next(OF_ERRORS[known] for known in type(error).__mro__ if known in OF_ERRORS)


def of_error(error: errors.NSTError, root: str = ROOT) -> JSONResponse:
    """The answer to a request that failed with one of the core's errors; `root` as in `answer`."""
    kind, status, headers = kind_of(error), None, {}
    if isinstance(error, errors.QueueFullError):
        headers = retry_after(error.retry_after_seconds)
    if isinstance(error, errors.LostRunError) and error.is_stored:
        status, headers = 503, retry_after(10)  # the run's files exist, but cannot be read now
    return answer(kind, str(error), status=status, headers=headers, root=root)


def root_of(scope: Mapping[str, Any]) -> str:
    """The path at which the client of a request reaches the API, with the prefixes of proxies."""
    return str(scope.get("root_path", ""))


def install(app: FastAPI) -> None:
    """Let an application answer each error with one problem."""
    app.add_exception_handler(errors.NSTError, lambda request, error: of_error(error, root_of(request.scope)))
    app.add_exception_handler(ProblemError, _of_problem)
    app.add_exception_handler(RequestValidationError, _of_request)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_mistake)


def _of_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101 - for mypy: the handler is of this class
    return answer(error.kind, str(error), headers=error.headers, root=root_of(request.scope))


def _of_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    faults = [sentence(fault) for fault in error.errors()[:_MOST_DETAILS]]
    return answer(REQUEST, "; ".join(faults), faults=faults, root=root_of(request.scope))


def _of_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    status, root = error.status_code, root_of(request.scope)
    kind = {429: RATE, TOO_LARGE.status: TOO_LARGE, BUSY.status: BUSY}.get(status, HTTP)
    detail, headers = http_sentence(str(error.detail)), error.headers
    if status == METHOD_NOT_ALLOWED:
        methods = _methods(request)
        headers = {"allow": ", ".join(methods)}  # the router tells those of one route only
        detail = f"the method of a request to this address must be one of {headers['allow']}"
    return answer(kind, detail, status=status, headers=headers, root=root)


def _methods(request: Request) -> list[str]:
    """The methods that a request's address has."""
    routes = request.app.routes
    found = [
        method
        for method in ("GET", "POST", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return (["HEAD"] if "GET" in found and not request.url.path.endswith(STREAMS) else []) + found


def _of_mistake(request: Request, error: Exception) -> JSONResponse:
    _LOGGER.error("%s %s failed", request.method, request.url.path, exc_info=error)
    detail = "the request was not performed; try again, and tell the operator if it stays so"
    return answer(INTERNAL, detail, root=root_of(request.scope))

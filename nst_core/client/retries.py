"""Decides which requests are repeated, and when; has no sockets and no clock, so that both clients share it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import httpx

from nst_core.client.problems import ServerError, error_of, retry_after_seconds

T = TypeVar("T")
FIRST_WAIT_SECONDS = 0.5
GATEWAY = (httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, httpx.codes.GATEWAY_TIMEOUT)
"""The answers of a proxy while the server behind it restarts; the server's own problems have a code."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """A request, and how its answer is parsed.

    Attributes:
        method: the HTTP method.
        path: below the API's root.
        parse: turns the answer into the result.
        is_safe: whether the request may be repeated when it is unknown whether the server performed it.
        options: further arguments for httpx.
    """

    method: str
    path: str
    parse: Callable[[httpx.Response], T]
    is_safe: bool = True
    options: Mapping[str, Any] = field(default_factory=dict)


Outcome = httpx.Response | httpx.TransportError


def performing(call: Call[T], patience_seconds: float) -> Generator[float, Outcome, T]:
    """Perform a call; yields how many seconds to wait before the next attempt, and takes its outcome.

    An answer with `Retry-After` was not performed, so any call may be sent again after it. After a lost connection, or
    where a proxy does not reach the server, only a safe call is.

    Raises:
        NSTError: the server refused it, or did not answer within `patience_seconds` of waiting.
    """
    waited, pause = 0.0, 0.0
    for attempt in range(1_000_000):
        outcome = yield pause
        if isinstance(outcome, httpx.Response) and outcome.status_code < httpx.codes.BAD_REQUEST:
            return call.parse(outcome)
        backoff: float | None = FIRST_WAIT_SECONDS * 2 ** min(attempt, 5)
        if isinstance(outcome, httpx.Response):
            error = error_of(outcome)
            told = retry_after_seconds(outcome)
            backoff = backoff if told is None and call.is_safe and _is_of_proxy(outcome, error) else told
        else:
            error = ServerError(f"the server must answer, got {type(outcome).__name__}: {outcome}")
            was_sent = not isinstance(outcome, httpx.ConnectError | httpx.ConnectTimeout)
            backoff = None if was_sent and not call.is_safe else backoff
        if backoff is None or waited + backoff > patience_seconds:
            raise error
        waited, pause = waited + backoff, backoff
    raise AssertionError("the patience ends before the attempts do")


def _is_of_proxy(answer: httpx.Response, error: Exception) -> bool:
    return answer.status_code in GATEWAY and isinstance(error, ServerError) and not error.problem

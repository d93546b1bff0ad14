"""Problem documents as exceptions: those of `nst_core.errors` where the code is one of theirs."""

from __future__ import annotations

import httpx

from nst_core.errors import LostRunError, NSTError, QueueFullError, with_code


class ServerError(NSTError):
    """The server did not answer as it should, or refused a request with a problem of the API alone.

    Attributes:
        status: of the answer; 0 if there was none.
        problem: the code of its problem document; "" if it had none.
    """

    code = "server"

    def __init__(self, message: str, status: int = 0, problem: str = "") -> None:
        super().__init__(message)
        self.status, self.problem = status, problem


def error_of(response: httpx.Response) -> NSTError:
    """The exception for an answer with a status of 400 or more, whose body has been read."""
    try:
        document = response.json()
        code, detail = str(document["code"]), str(document["detail"])
    except (ValueError, KeyError, TypeError):
        return ServerError(f"the API must answer with JSON, got status {response.status_code}", response.status_code)
    kind = with_code(code)
    if kind is QueueFullError:
        return QueueFullError(detail, retry_after_seconds=retry_after_seconds(response) or 0.0)
    if kind is LostRunError:
        return LostRunError(detail, is_stored=response.status_code == httpx.codes.SERVICE_UNAVAILABLE)
    if kind in (NSTError, ServerError):
        return ServerError(detail, response.status_code, code)
    return kind(detail)


def retry_after_seconds(response: httpx.Response) -> float | None:
    """The seconds after which the server allows the request again; None if its answer does not say."""
    told = response.headers.get("retry-after", "")
    return float(told) if told.isdecimal() else None

"""Who may ask, and how often: operator's tokens, rates of network addresses, and the secret of a run's owner."""

from __future__ import annotations

import hmac
import re
import secrets
from typing import Annotated

from fastapi import Depends, Header, Request

from nst_core.api.context import Context
from nst_core.api.problems import RATE, REQUEST, TOKEN, ProblemError, retry_after
from nst_core.server.addresses import HEADER as ADDRESS_HEADER

SECRET_HEADER = "X-Run-Secret"  # noqa: S105 - the header's name
_SECRET = re.compile(r"[0-9a-f]{32}")


def check_rate(request: Request, context: Context) -> None:
    """Refuse an address that asks too often. Raises ProblemError."""
    wait = context.rate.wait_seconds(address_of(request))
    if wait:
        most = context.settings.api_per_minute
        raise ProblemError(RATE, f"one network address may send {most} requests in a minute", headers=retry_after(wait))


def check_token(request: Request, context: Context) -> None:
    """Refuse a request without one of the operator's tokens, if the operator asks for them. Raises ProblemError."""
    tokens = context.settings.api_tokens
    if not tokens:
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    is_known = [hmac.compare_digest(given.strip().encode(), token.encode()) for token in tokens]  # all, in equal time
    if scheme.lower() != "bearer" or not any(is_known):
        raise ProblemError(
            TOKEN,
            "this server asks for a token: send the header Authorization: Bearer TOKEN",
            headers={"www-authenticate": "Bearer"},
        )


def address_of(request: Request) -> str:
    """The keyed hash of the client's network address, which the server's middleware sets; "" without it."""
    return request.headers.get(ADDRESS_HEADER, "")


def _secret(
    given: Annotated[
        str,
        Header(alias=SECRET_HEADER, description="the owner's secret, which `POST /runs` gave", max_length=64),
    ] = "",
) -> str:
    if given and not _SECRET.fullmatch(given):
        raise ProblemError(REQUEST, f"{SECRET_HEADER} must be the 32 hexadecimal digits that POST /runs gave")
    return given


def new_secret() -> str:
    """A secret for a new owner."""
    return secrets.token_hex(16)


Secret = Annotated[str, Depends(_secret)]
"""The owner's secret of a request, "" for none, as the parameter of a route."""
Address = Annotated[str, Depends(address_of)]
"""The keyed hash of the client's network address, as the parameter of a route."""

"""The identity of a client: its network address, and the secret of a run's owner."""

from __future__ import annotations

import re
import secrets
from typing import Annotated

from fastapi import Depends, Header, Request

from nst_core.errors import NotYoursError
from nst_core.server.addresses import HEADER as ADDRESS_HEADER

SECRET_HEADER = "X-Run-Secret"  # noqa: S105 - the header's name
_SECRET = re.compile(r"[0-9a-f]{32}")


def address_of(request: Request) -> str:
    """The keyed hash of the client's network address, which the server's middleware sets; "" without it."""
    return request.headers.get(ADDRESS_HEADER, "")


def _secret(
    given: Annotated[
        str,
        Header(alias=SECRET_HEADER, description="the owner's secret, which `POST /runs` gave"),
    ] = "",
) -> str:
    if given and not _SECRET.fullmatch(given):
        raise NotYoursError(f"{SECRET_HEADER} must be the 32 hexadecimal digits that POST /runs gave")
    return given


def new_secret() -> str:
    """A secret for a new owner."""
    return secrets.token_hex(16)


Secret = Annotated[str, Depends(_secret)]
"""The owner's secret of a request, "" for none, as the parameter of a route."""
Address = Annotated[str, Depends(address_of)]
"""The keyed hash of the client's network address, as the parameter of a route."""

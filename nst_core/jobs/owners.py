"""The right to change a run: it belongs to the visitor whose browser holds the secret that the run was submitted with.

The job service and its files know only an owner's id, a hash of the secret: a run, its files and the log contain
nothing with which the run could be changed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from contextlib import suppress
from typing import Any

from nst_core.errors import NotYoursError
from nst_core.jobs.blobs import BlobStore, read_or_none

_OWNER_ID = re.compile(r"sha256:[0-9a-f]{64}")
_PURPOSE = b"nst-studio owner of a run:"
"""A prefix that is hashed with the secret, so that no other use of the secret gives the same hash."""
STORED_FIELD = "visitor"
"""The field of stored JSON that holds the owner's id; earlier versions stored the secret itself in it."""


def owner_of(secret: str) -> str:
    """The owner's id that belongs to a visitor's secret: "sha256:" and 64 hex digits; "" for no secret."""
    # The secret is random: a slow hash, as for passwords, would protect nothing more.
    return f"sha256:{hashlib.sha256(_PURPOSE + secret.encode()).hexdigest()}" if secret else ""


def is_owner(secret: str, owner: str) -> bool:
    """Whether a secret is that of this owner's id, compared in constant time; nobody owns a run without an owner."""
    return bool(secret and owner) and hmac.compare_digest(owner_of(secret), owner)


def check_owner(secret: str, owner: str) -> None:
    """Refuse a change by anybody but the owner. Raises NotYoursError."""
    if not is_owner(secret, owner):
        raise NotYoursError(
            "only the browser or program that started this can change it, and this one does not have its secret; you "
            "can watch it, or run it again with these settings"
        )


def stored_owner(stored: str) -> str:
    """The owner's id from a stored field, which holds the secret itself if an earlier version wrote it."""
    return stored if not stored or _OWNER_ID.fullmatch(stored) else owner_of(stored)


def without_secret(text: str) -> str | None:
    """Stored JSON with the owner's id in place of a secret; None if it holds no secret, or cannot be read."""
    with suppress(ValueError):
        stored: Any = json.loads(text)
        before = stored.get(STORED_FIELD) if isinstance(stored, dict) else None
        if isinstance(before, str) and stored_owner(before) != before:
            return json.dumps(stored | {STORED_FIELD: stored_owner(before)})
    return None


def remove_secrets(blobs: BlobStore | None, name: str) -> None:
    """Rewrite the JSON files of this name that an earlier version wrote with a secret; nothing without a disk.

    Files that cannot be listed or rewritten now are rewritten at a later start; they can be read in the meantime.
    """
    if blobs is None:
        return
    jobs: list[str] = []
    with suppress(OSError):
        jobs = blobs.jobs()
    for job in jobs:
        changed = without_secret((read_or_none(blobs, job, name) or b"").decode(errors="replace"))
        if changed is not None:
            with suppress(OSError):  # a file that cannot be rewritten is still read
                blobs.put(job, name, changed.encode())

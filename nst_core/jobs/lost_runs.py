"""The error about a run without a record; it says in one sentence why the run cannot be opened."""

from __future__ import annotations

from nst_core.errors import LostRunError
from nst_core.jobs.opening import OpenStorage


def lost_run(opened: OpenStorage, job: str) -> LostRunError:
    """The error to raise about a run that has no record."""
    if opened.elsewhere is not None and opened.elsewhere.has(job):
        message = "this run is stored in a folder that another server uses now; open it there, or try again later"
        return LostRunError(message, is_stored=True)
    entry = opened.ledger.get(job)
    if entry is not None and (entry.event != "stored" or not opened.blobs.has(job)):
        return LostRunError(entry.reason())
    if opened.blobs.has(job):
        message = "the record of this run is missing; its other files are kept for the operator of this server"
        return LostRunError(message, is_stored=True)
    if opened.why_in_memory:
        return LostRunError(
            f"no run of this id is here, and runs of earlier servers cannot be opened, because {opened.why_in_memory}"
        )
    return LostRunError("no run of this id is known here, nor that one was ever removed; check the link")

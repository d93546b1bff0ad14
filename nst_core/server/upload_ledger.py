"""The quotas of uploads: the files that each browser tab may upload, and the bytes that it holds."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

MOST_OPEN_ADDRESSES = 64
"""The most upload addresses without a file that a tab may have; beyond it the oldest is dropped."""
ENVELOPE_BYTES = 64 * 1024
"""Bytes that a body may have beside its file: boundaries and a file name."""


class UploadRefusedError(Exception):
    """An upload that is refused.

    Attributes:
        status: of the HTTP answer; the message is its sentence.
        retry_after_seconds: the wait until another attempt may succeed; None if waiting does not help.
    """

    def __init__(self, status: int, sentence: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(sentence)
        self.status, self.retry_after_seconds = status, retry_after_seconds


@dataclass(frozen=True)
class UploadQuota:
    """The most that uploads may take.

    A file that is larger than a picture may be is a film. Films have quotas of their own, because a page keeps a film
    in memory only until it has written it to a file: a tab sends one at a time.

    Attributes:
        file_bytes: of one picture.
        session_files: number of files of one tab.
        session_bytes: of all files of one tab, without a film.
        total_bytes: of all files of all tabs, without films.
        per_minute: requests of one tab in a minute.
        film_bytes: of one film; 0: there are none.
        films_bytes: of all films of all tabs together.
    """

    file_bytes: int
    session_files: int
    session_bytes: int
    total_bytes: int
    per_minute: int
    film_bytes: int = 0
    films_bytes: int = 0

    @property
    def largest_bytes(self) -> int:
        """Of one file of any kind."""
        return max(self.file_bytes, self.film_bytes)

    def is_film(self, size: int) -> bool:
        """Whether a file of `size` bytes, perhaps with its envelope, is too large for a picture."""
        return size > self.file_bytes + ENVELOPE_BYTES


@dataclass
class _Session:
    open: dict[str, None] = field(default_factory=dict)  # file ids without a file, the oldest first
    held: dict[str, int] = field(default_factory=dict)  # file id -> bytes


class UploadLedger:
    """File ids that the server gave to each tab ("session"), and the bytes behind them; any thread may call."""

    def __init__(self, limits: UploadQuota) -> None:
        self.limits = limits
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    @property
    def total_bytes(self) -> int:
        """The bytes of all files, also of those that still arrive."""
        with self._lock:
            return self._total()

    def issue(self, session: str, file_id: str) -> None:
        """Note that the server has given a file's address to a tab."""
        with self._lock:
            known = self._sessions.setdefault(session, _Session())
            known.open[file_id] = None
            while len(known.open) > MOST_OPEN_ADDRESSES:
                known.open.pop(next(iter(known.open)))

    def require(self, session: str, file_id: str) -> None:
        """Raise UploadRefusedError unless the server gave this file's address to this tab."""
        with self._lock:
            self._known(session, file_id)

    def hold(self, session: str, file_id: str, size: int) -> int | None:
        """Reserve `size` bytes in all for a file; returns the bytes reserved before, or None if the file is new.

        Raises:
            UploadRefusedError: the file's address is unknown, or the file does not fit; then nothing changes.
        """
        with self._lock:
            known = self._known(session, file_id)
            before = known.held.get(file_id)
            self._check(known, file_id, size)
            known.open.pop(file_id, None)
            known.held[file_id] = size
            return before

    def hold_at_least(self, session: str, file_id: str, size: int) -> None:
        """Like `hold`, for a file that has grown to `size` bytes; no change if as many are reserved already."""
        with self._lock:
            enough = self._known(session, file_id).held.get(file_id, -1) >= size
        if not enough:
            self.hold(session, file_id, size)

    def restore(self, session: str, file_id: str, before: int | None) -> None:
        """Set a file's reserved bytes back to an earlier number.

        None if the file is gone and its address is free again.
        """
        with self._lock:
            known = self._sessions.get(session)
            if known is None or known.held.pop(file_id, None) is None:
                return
            if before is None:
                known.open[file_id] = None
            else:
                known.held[file_id] = before

    def forget(self, session: str) -> None:
        """Forget a closed tab and its files."""
        with self._lock:
            self._sessions.pop(session, None)

    def _known(self, session: str, file_id: str) -> _Session:
        known = self._sessions.get(session)
        if known is None or not (file_id in known.open or file_id in known.held):
            raise UploadRefusedError(404, "A file must go to an address of an open page; reload it and try again.")
        return known

    def _check(self, known: _Session, file_id: str, size: int) -> None:
        limits = self.limits
        if file_id not in known.held and len(known.held) >= limits.session_files:
            raise UploadRefusedError(
                413, f"One page may hold {limits.session_files} files, and holds as many; remove one and try again."
            )
        of_page, of_all = self._others(known, file_id, are_films=limits.is_film(size))
        if limits.is_film(size):
            if of_page:
                raise UploadRefusedError(
                    413, "One page sends one film at a time; wait until the other one has arrived."
                )
            if of_all + size > limits.films_bytes + ENVELOPE_BYTES:
                raise UploadRefusedError(429, "The server receives as many films as fit; try again in a minute.", 60)
            return
        if of_page + size > limits.session_bytes:
            raise UploadRefusedError(
                413, f"The files of one page must fit in {_mb(limits.session_bytes)}; remove one or take a smaller one."
            )
        if of_all + size > limits.total_bytes:
            raise UploadRefusedError(429, "The server holds as many files as fit; try again in a minute.", 60)

    def _others(self, known: _Session, file_id: str, *, are_films: bool) -> tuple[int, int]:
        """The bytes of a tab's other films, or of its other pictures, and those of all tabs."""

        def size_of(session: _Session) -> int:
            held = {name: size for name, size in session.held.items() if session is not known or name != file_id}
            return sum(size for size in held.values() if self.limits.is_film(size) == are_films)

        return size_of(known), sum(map(size_of, self._sessions.values()))

    def _total(self) -> int:
        return sum(sum(session.held.values()) for session in self._sessions.values())


def _mb(size: int) -> str:
    return f"{size / 2**20:.0f} MB"

"""A request with an idempotency key that is sent again gets the first answer, and starts nothing a second time.

Source: the IETF draft "The Idempotency-Key HTTP Header Field". Answers are kept in memory until the server restarts.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nst_core.api.problems import IDEMPOTENCY, IN_PROGRESS, ProblemError, retry_after

MOST_KEYS = 2000
KEPT_SECONDS = 24 * 3600.0
KEY_LENGTH = 200


@dataclass
class _Known:
    fingerprint: str
    at: float
    answer: Any = None
    is_answered: bool = False


class IdempotencyKeys:
    """The answers to requests by their keys; any thread may call."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[tuple[str, str], _Known] = OrderedDict()
        self._lock = threading.Lock()

    def once(self, owner: str, key: str, fingerprint: str, perform: Callable[[], Any]) -> Any:
        """Perform a request, or return the stored result if the same request was performed before.

        Args:
            owner: the client, so that nobody gets another's answer by guessing a key.
            key: the client's; "" performs the request in any case.
            fingerprint: of the whole request; see `fingerprint_of`.
            perform: performs the request. If it raises, the key may be used again.

        Raises:
            ProblemError: the key was used for another request, or its first request is not answered yet.
        """
        if not key:
            return perform()
        place = (owner, key)
        with self._lock:
            self._forget_old()
            known = self._known.get(place)
            if known is None:
                self._known[place] = _Known(fingerprint, self._clock())
            elif not hmac.compare_digest(known.fingerprint, fingerprint):
                raise ProblemError(IDEMPOTENCY, "each key is for one request; use a new key for a new request")
            elif not known.is_answered:
                raise ProblemError(IN_PROGRESS, "wait for its answer, or send it again", headers=retry_after(1))
            else:
                return known.answer
        try:
            answer = perform()
        except BaseException:
            with self._lock:
                self._known.pop(place, None)
            raise
        with self._lock:
            if place in self._known:
                self._known[place].answer, self._known[place].is_answered = answer, True
        return answer

    def _forget_old(self) -> None:
        earliest = self._clock() - KEPT_SECONDS
        while self._known and (len(self._known) >= MOST_KEYS or next(iter(self._known.values())).at < earliest):
            self._known.popitem(last=False)


def fingerprint_of(parts: Sequence[str]) -> str:
    """A hash of a request's parts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()

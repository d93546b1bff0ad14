"""Uploaded pictures, which wait for the runs that name them.

A picture is decoded once, when it comes. It is dropped when it has not been used for a while; a run keeps its own copy.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nst_core.api.problems import NO_ROOM, ProblemError, retry_after
from nst_core.picture.upload import LARGE_BYTES, Picture
from nst_core.settings import Settings

KEPT_SECONDS = 30 * 60.0
"""How long a picture waits after it was last used."""
MOST_PICTURES = 240
"""The most pictures of all addresses together; each large one holds a file open."""
ID_LENGTH = 32


@dataclass(frozen=True)
class PictureLimits:
    """The limits of uploaded pictures.

    Attributes:
        address_pictures: the number of pictures of one network address.
        address_bytes: their size together, as `size_of` counts it.
        total_bytes: the size of the pictures of all addresses.
    """

    address_pictures: int
    address_bytes: int
    total_bytes: int

    @classmethod
    def of(cls, settings: Settings) -> PictureLimits:
        """The operator's limits."""
        return cls(settings.upload_files, settings.upload_mb * 2**20, settings.upload_total_mb * 2**20)


@dataclass(frozen=True)
class StoredPicture:
    """An uploaded picture that waits for a run.

    Attributes:
        id: its secret name; with it, a client may use and delete the picture.
        picture: its pixels and notes.
        size: its memory or disk space, as `size_of` counts it.
        address: the address of the client that sent it.
        used: when it was last used, by the store's clock.
    """

    id: str
    picture: Picture
    size: int
    address: str
    used: float


def size_of(picture: Picture, file_bytes: int) -> int:
    """The bytes that a picture takes: the size of its file, or of its pixels if these are larger and in memory."""
    in_memory = picture.pixels.nbytes if picture.pixels.nbytes < LARGE_BYTES else 0
    return max(file_bytes, in_memory)


class PictureStore:
    """The pictures of all clients; any thread may call."""

    def __init__(self, limits: PictureLimits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits, self._clock = limits, clock
        self._pictures: OrderedDict[str, StoredPicture] = OrderedDict()  # in order of last use, the oldest first
        self._lock = threading.Lock()

    def check_room(self, address: str, sizes: Sequence[int]) -> None:
        """Refuse pictures for which there is no room, before they are decoded.

        Args:
            address: of the client.
            sizes: of the files, in bytes.

        Raises:
            ProblemError: there is no room for all of them.
        """
        with self._lock:
            self._check_room(address, sizes)

    def add(self, address: str, pictures: Sequence[tuple[Picture, int]]) -> list[StoredPicture]:
        """Store pictures, each with its size: all of them, or none.

        Raises:
            ProblemError: there is no room for all of them.
        """
        with self._lock:
            self._check_room(address, [size for _, size in pictures])
            now = self._clock()
            added = [
                StoredPicture(secrets.token_hex(ID_LENGTH // 2), picture, size, address, now)
                for picture, size in pictures
            ]
            self._pictures.update({each.id: each for each in added})
        return added

    def get(self, key: str) -> Picture | None:
        """The picture with this id, which counts as used now; None if there is none, or no longer."""
        with self._lock:
            self._drop_unused()
            found = self._pictures.pop(key, None)
            if found is None:
                return None
            self._pictures[key] = replace(found, used=self._clock())
            return found.picture

    def remove(self, key: str) -> bool:
        """Drop a picture; False if there is none with this id."""
        with self._lock:
            return self._pictures.pop(key, None) is not None

    def drop_unused(self) -> None:
        """Drop pictures that were not used for `KEPT_SECONDS`; called regularly."""
        with self._lock:
            self._drop_unused()

    def _drop_unused(self) -> None:
        earliest = self._clock() - KEPT_SECONDS
        while self._pictures and next(iter(self._pictures.values())).used < earliest:
            self._pictures.popitem(last=False)

    def _check_room(self, address: str, sizes: Sequence[int]) -> None:
        self._drop_unused()
        limits, every = self._limits, list(self._pictures.values())
        own = [each for each in every if each.address == address]
        if len(own) + len(sizes) > limits.address_pictures:
            raise self._full(f"one network address may keep {limits.address_pictures} pictures here", own)
        if sum(each.size for each in own) + sum(sizes) > limits.address_bytes:
            most = limits.address_bytes / 2**20
            raise self._full(f"one network address may keep pictures of {most:.0f} MB here", own)
        if len(every) + len(sizes) > MOST_PICTURES:
            raise self._full(f"the server keeps {MOST_PICTURES} pictures of all clients", every)
        if sum(each.size for each in every) + sum(sizes) > limits.total_bytes:
            raise self._full(f"the server keeps {limits.total_bytes / 2**20:.0f} MB of all clients' pictures", every)

    def _full(self, limit: str, pictures: Sequence[StoredPicture]) -> ProblemError:
        unused_for = self._clock() - pictures[0].used if pictures else 0.0
        advice = "delete one that is no longer needed, or send the files with the run"
        return ProblemError(NO_ROOM, f"{limit}; {advice}", headers=retry_after(KEPT_SECONDS - unused_for))

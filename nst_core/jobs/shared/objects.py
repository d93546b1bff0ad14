"""The files of runs in an object store that speaks S3, an object for each file.

What a worker reads and writes itself, checkpoints and films, is on this server's disk meanwhile; `keep` and `fetch`
pass it on. Only the server that has a run writes to it, so that a file can be extended by writing all of it again.
"""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

from nst_core.jobs.blobs import is_id, size_of
from nst_core.jobs.shared.database import UnreachableStoreError
from nst_core.jobs.shared.local_copies import LocalCopies
from nst_core.system.atomic_files import atomic_write
from nst_core.system.variables import FilesAddress

_ABSENT = ("404", "NoSuchKey", "NotFound")
KEEP_SHARE = 0.1
"""The largest share of the time that uploading one run's checkpoints may take: large ones are uploaded less often."""
_TRANSFER = TransferConfig(use_threads=False)  # a worker's processors are for painting
_ERRORS = (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, boto3.exceptions.Boto3Error)


@dataclass
class _Kept:
    """A local file as it was uploaded, and when the next upload is due, in seconds of the monotonic clock."""

    version: tuple[int, int]
    due: float


class Bucket:
    """A bucket, below a prefix. Any thread may use it."""

    def __init__(self, address: FilesAddress) -> None:
        """Connect to it; keys come from where boto3 looks for them. Raises UnreachableStoreError if it is not there."""
        config = Config(
            connect_timeout=5,
            read_timeout=20,
            retries={"mode": "standard", "max_attempts": 3},
            max_pool_connections=32,
            s3={"addressing_style": "path" if address.endpoint else "auto"},
        )
        session = boto3.session.Session()  # the default one is not for several threads
        with _told():
            self._client: Any = session.client(
                "s3", endpoint_url=address.endpoint or None, region_name=address.region or None, config=config
            )
            self._name, self._prefix = address.bucket, f"{address.prefix}/" if address.prefix else ""
            self._client.head_bucket(Bucket=self._name)

    def put(self, key: str, data: bytes) -> None:
        """Write an object in one piece. Raises UnreachableStoreError."""
        with _told():
            self._client.put_object(Bucket=self._name, Key=self._prefix + key, Body=data)

    def get(self, key: str) -> bytes:
        """An object. Raises FileNotFoundError, or UnreachableStoreError."""
        with _told():
            data: bytes = self._client.get_object(Bucket=self._name, Key=self._prefix + key)["Body"].read()
            return data

    def has(self, key: str) -> bool:
        """Whether an object is there. Raises UnreachableStoreError."""
        try:
            with _told():
                self._client.head_object(Bucket=self._name, Key=self._prefix + key)
        except FileNotFoundError:
            return False
        return True

    def upload(self, key: str, path: Path) -> None:
        """Write a file to an object. Raises OSError."""
        with _told():
            self._client.upload_file(str(path), self._name, self._prefix + key, Config=_TRANSFER)

    def download(self, key: str, path: Path) -> None:
        """Write an object to a file, in one piece. Raises OSError."""
        with _told(), atomic_write(path) as file:
            self._client.download_fileobj(self._name, self._prefix + key, file, Config=_TRANSFER)

    def sizes(self, start: str) -> dict[str, int]:
        """The objects whose keys begin with `start`, and their sizes in bytes. Raises UnreachableStoreError."""
        with _told():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._name, Prefix=self._prefix + start
            )
            found = [each for page in pages for each in page.get("Contents", ())]
        return {each["Key"].removeprefix(self._prefix): each["Size"] for each in found}

    def folders(self, start: str) -> list[str]:
        """The names that follow `start` up to the next slash. Raises UnreachableStoreError."""
        before = self._prefix + start
        with _told():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._name, Prefix=before, Delimiter="/"
            )
            found = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", ())]
        return [key.removeprefix(before).rstrip("/") for key in found]

    def remove(self, keys: Collection[str]) -> None:
        """Remove objects, whether or not they are there. Raises UnreachableStoreError."""
        ordered = list(keys)
        for first in range(0, len(ordered), 1000):  # the most of one request
            objects = [{"Key": self._prefix + key} for key in ordered[first : first + 1000]]
            with _told():
                self._client.delete_objects(Bucket=self._name, Delete={"Objects": objects, "Quiet": True})


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turns errors of boto3 into FileNotFoundError or UnreachableStoreError."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _ABSENT:
            raise FileNotFoundError(2, "no such object") from None
        raise UnreachableStoreError(f"the object store refuses a request ({code})") from None
    except botocore.exceptions.NoCredentialsError:
        raise UnreachableStoreError("no keys for the object store are set") from None
    except _ERRORS:
        raise UnreachableStoreError("the object store does not answer") from None


def _version(file: Path) -> tuple[int, int]:
    """What changes when a file is written again. Raises FileNotFoundError."""
    stat = file.stat()
    return stat.st_mtime_ns, stat.st_size


class ObjectBlobStore:
    """The files of each run below one folder of a bucket; see `BlobStore`."""

    def __init__(self, bucket: Bucket, folder: str, copies: LocalCopies) -> None:
        """`copies` is where this server has files that a worker reads and writes."""
        self._bucket, self._folder, self._copies = bucket, folder, copies
        self._extended: dict[tuple[str, str], bytes] = {}  # files that `append` has written
        self._kept: dict[Path, _Kept] = {}

    def _key(self, job: str, name: str = "") -> str:
        if not is_id(job):
            raise ValueError("a run's id must be letters and digits")
        return f"{self._folder}/{job}/{name}"

    def probe(self, size: int) -> None:
        """Write an object of `size` bytes and remove it. Raises OSError."""
        key = f"probes/{secrets.token_hex(8)}"
        self._bucket.put(key, bytes(size))
        self._bucket.remove([key])

    def put(self, job: str, name: str, data: bytes, *, durable: bool = True) -> None:
        """Write a file in one piece. Raises OSError."""
        self._extended.pop((job, name), None)
        self._bucket.put(self._key(job, name), data)

    def append(self, job: str, name: str, data: bytes) -> None:
        """Add to the end of a file: all of it is written again. Raises OSError."""
        before = self._extended.get((job, name))
        if before is None:
            with contextlib.suppress(FileNotFoundError):
                before = self._bucket.get(self._key(job, name))
        whole = (before or b"") + data
        self._bucket.put(self._key(job, name), whole)
        self._extended[job, name] = whole

    def sync(self, job: str, name: str) -> None:
        """Do nothing: what is written to an object store is safe."""

    def read(self, job: str, name: str) -> bytes:
        """A file's bytes. Raises OSError: FileNotFoundError if it is absent, another one if it cannot be read now."""
        return self._bucket.get(self._key(job, name))

    def has(self, job: str, name: str = "") -> bool:
        """Whether a file is there, as far as can be told; without a name, whether the run has files."""
        if name and self.place(job, name).exists():  # not uploaded yet
            return True
        try:
            if name:
                return self._bucket.has(self._key(job, name))
            return bool(self._bucket.sizes(self._key(job)))
        except OSError:
            return True

    def names(self, job: str, folder: str) -> list[str]:
        """The names of the files in a folder of a run, in no order. Raises OSError if they cannot be read now."""
        start = self._key(job, f"{folder}/")
        return [key.removeprefix(start) for key in self._bucket.sizes(start)]

    def remove(self, job: str, name: str) -> None:
        """Remove a file if it is there. Raises OSError."""
        self._extended.pop((job, name), None)
        self._bucket.remove([self._key(job, name)])
        self._forget(self._copies.remove(self._folder, job, name))

    def clear(self, job: str) -> None:
        """Remove all files of a run, as far as possible."""
        with contextlib.suppress(OSError):
            self._bucket.remove(self._bucket.sizes(self._key(job)))
        self.leave(job)

    def jobs(self) -> list[str]:
        """The runs that have files. Raises OSError."""
        return [name for name in self._bucket.folders(f"{self._folder}/") if is_id(name)]

    def size(self, job: str, *, without: Collection[str] = ()) -> int:
        """The size of a run's files in bytes, but for some names of files and folders."""
        start = self._key(job)
        with contextlib.suppress(OSError):
            sizes = self._bucket.sizes(start)
            return sum(size for key, size in sizes.items() if key.removeprefix(start).split("/")[0] not in without)
        return size_of(self.place(job, ""), without)

    def place(self, job: str, name: str) -> Path:
        """Where a file or folder of a run is on this server that is too large for memory; it need not exist."""
        self._key(job)
        return self._copies.path(self._folder, job, name)

    def fetch(self, job: str, name: str) -> Path:
        """`place`, with what the object store has of it there, unless it is there already. Raises OSError."""
        path = self.place(job, name)
        if path.exists():
            self._copies.note_use(path)
            return path
        start = self._key(job, name)
        for key in self._bucket.sizes(start):
            if key == start or key.startswith(f"{start}/"):
                file = self.place(job, key.removeprefix(self._key(job)))
                self._bucket.download(key, file)
                self._kept[file] = _Kept(_version(file), 0.0)
        path.parent.mkdir(parents=True, exist_ok=True)  # where it is missing, a cluster takes the run for a deleted one
        return path

    def keep(self, job: str, name: str, *, at_once: bool = True) -> None:
        """Upload what has changed at `place` since it was uploaded; less often if not `at_once`. Raises OSError."""
        path = self.place(job, name)
        files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
        for file in sorted(files):
            began, known = time.monotonic(), self._kept.get(file)
            if file.name.startswith(".") or (known is not None and began < known.due and not at_once):
                continue  # it is being written, or was uploaded a moment ago
            with contextlib.suppress(FileNotFoundError):  # removed meanwhile
                version = _version(file)
                if known is None or known.version != version:
                    self._bucket.upload(self._key_of(job, file), file)
                    self._kept[file] = _Kept(version, began + (time.monotonic() - began) / KEEP_SHARE)
        gone = [file for file in self._kept if file.is_relative_to(path) and not file.exists()]
        self._bucket.remove([self._key_of(job, file) for file in gone])
        for file in gone:
            del self._kept[file]

    def _key_of(self, job: str, file: Path) -> str:
        return self._key(job, file.relative_to(self.place(job, "")).as_posix())

    def leave(self, job: str) -> None:
        """Remove this server's copies of a run's files."""
        self._extended = {place: data for place, data in self._extended.items() if place[0] != job}
        self._forget(self._copies.remove(self._folder, job, ""))

    def remove_folder(self, job: str, name: str) -> None:
        """Remove a folder with all in it, as far as possible."""
        with contextlib.suppress(OSError):
            self._bucket.remove(self._bucket.sizes(self._key(job, f"{name}/")))
        self._forget(self._copies.remove(self._folder, job, name))

    def _forget(self, removed: Path) -> None:
        self._kept = {path: kept for path, kept in self._kept.items() if not path.is_relative_to(removed)}

    def path(self, job: str, name: str) -> Path:
        """The path of a file on this server, which need not exist."""
        return self.place(job, name)

    def is_fixed(self, job: str) -> bool:
        """False: objects can be removed."""
        return False

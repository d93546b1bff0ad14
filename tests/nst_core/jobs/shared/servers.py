"""A PostgreSQL server and a server that speaks S3, both on this machine, and settings that point to them."""

from __future__ import annotations

import importlib.util
import logging
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from nst_core.jobs.service import JobService
from tests.required import missing
from tests.serving import free_port

PASSWORD = "not-to-be-logged-7Qx"
"""The database's; no log may have it."""
KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "not-to-be-logged-either", "AWS_REGION": "us-east-1"}
PACKAGES = ("psycopg", "psycopg_pool", "boto3", "moto")
TAKEOVER_SECONDS = 6


def require_shared() -> Path:
    """Debian's programs of PostgreSQL. Skips the test if they or the packages are missing; fails where they must be."""
    if absent := [name for name in PACKAGES if importlib.util.find_spec(name) is None]:
        missing("CLUSTER", f"{', '.join(absent)} missing: pip install -r tests/requirements-cluster.txt")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        missing("CLUSTER", "no PostgreSQL server: apt-get install postgresql")
    return programs[-1].parent


class SharedServers:
    """Both servers, until `close`."""

    def __init__(self, programs: Path) -> None:
        """Start them; PostgreSQL as a user without rights, which it insists on, in a temporary folder."""
        from moto.server import ThreadedMotoServer

        logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request
        self._programs, self.port = programs, free_port()
        self._user = pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
        self._folder = Path(tempfile.mkdtemp(prefix="nst-postgres-"))
        password = self._folder / "password"
        password.write_text(PASSWORD)
        shutil.chown(password, self._user.pw_uid)
        shutil.chown(self._folder, self._user.pw_uid)
        make = ("-D", self._folder / "data", "-U", "nst", "--auth=scram-sha-256", f"--pwfile={password}", "--no-sync")
        self._call("initdb", *make)
        quick = f"-h 127.0.0.1 -p {self.port} -k {self._folder} -c fsync=off -c max_connections=60"
        self._control = ("-D", self._folder / "data", "-l", self._folder / "log")
        self._call("pg_ctl", *self._control, "-w", "-o", quick, "start")
        self._objects = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._objects.start()
        host, port = self._objects.get_host_and_port()
        self.endpoint = f"http://{host}:{port}"

    def _call(self, program: str, *arguments: Any) -> None:
        as_user: dict[str, Any] = {"user": self._user.pw_uid, "group": self._user.pw_gid} if os.getuid() == 0 else {}
        subprocess.run(
            [self._programs / program, *arguments], check=True, cwd=self._folder, stdout=subprocess.DEVNULL, **as_user
        )

    def pause_database(self) -> None:
        """Stop the database, as in a failure; connections break."""
        self._call("pg_ctl", *self._control, "-w", "-m", "immediate", "stop")

    def resume_database(self) -> None:
        """Start it again."""
        quick = f"-h 127.0.0.1 -p {self.port} -k {self._folder} -c fsync=off -c max_connections=60"
        self._call("pg_ctl", *self._control, "-w", "-o", quick, "start")

    def database(self) -> str:
        """The address of the database, emptied: a new one for each test would be 300 files."""
        import psycopg

        address = f"postgresql://nst:{PASSWORD}@127.0.0.1:{self.port}/postgres"
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        return address

    def bucket(self) -> str:
        """The address of a new, empty bucket."""
        import boto3

        name = f"nst-{secrets.token_hex(6)}"
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            region_name=KEYS["AWS_REGION"],
        )
        client.create_bucket(Bucket=name)
        return f"s3://{name}/below?endpoint={self.endpoint}"

    def environment(self, cache: Path) -> dict[str, str]:
        """The variables of servers that share a new, empty store; `cache`: the folder for their copies of files."""
        return {
            **KEYS,
            "NST_DATABASE_URL": self.database(),
            "NST_FILES_URL": self.bucket(),
            "NST_TAKEOVER_SECONDS": str(TAKEOVER_SECONDS),
            "NST_CACHE_DIR": str(cache),
        }

    def close(self) -> None:
        """End them, and remove what they wrote."""
        self._objects.stop()
        self._call("pg_ctl", *self._control, "-m", "immediate", "stop")
        until = time.monotonic() + 10
        while (self._folder / "data" / "postmaster.pid").exists() and time.monotonic() < until:
            time.sleep(0.05)
        shutil.rmtree(self._folder, ignore_errors=True)


def die(service: JobService) -> None:
    """What SIGKILL leaves of a job service: no sign of life, no write, no order carried out any more."""
    sharing = service._sharing
    assert sharing is not None
    sharing.end()
    service._repository._closing = True
    service._repository._changed.clear()
    service._repository._wake.set()

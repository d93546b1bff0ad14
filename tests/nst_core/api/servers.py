"""The API over a job service with a worker that the test controls."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from fastapi.testclient import TestClient
from PIL import Image
from starlette.applications import Starlette

from nst_core.api import ApiContext, mounted
from nst_core.jobs.service import JobService
from nst_core.server.health import CheckResult, Readiness
from nst_core.settings import Settings
from tests.nst_core.jobs.servers import FakeWorker, Servers


class Api:
    """A client of the API, and the worker behind it.

    Attributes:
        client: asks below `/api/v1`.
        jobs: the job service.
        servers: gives the worker.
    """

    def __init__(self, client: TestClient, jobs: JobService, servers: Servers) -> None:
        self.client, self.jobs, self.servers = client, jobs, servers

    @property
    def worker(self) -> FakeWorker:
        return self.servers.worker

    def submit(self, **more: Any) -> dict[str, Any]:
        """A new run of the quickest kind, as the API describes it."""
        answer = self.client.post("/runs", **(run_form() | more))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())


@contextmanager
def serving(**settings: Any) -> Iterator[Api]:
    """The API as `serve.py` mounts it, with other settings of the operator if given."""
    servers = Servers()
    jobs = servers.start()
    ready = Readiness({"worker": CheckResult(True, "ready")})
    route = mounted(ApiContext(lambda: jobs, lambda: ready, Settings(**settings)))
    try:
        with TestClient(Starlette(routes=[route]), "http://testserver/api/v1", False) as client:
            yield Api(client, jobs, servers)
    finally:
        servers.stop()


def png(seed: int = 0, width: int = 48, height: int = 40) -> bytes:
    """A small picture file."""
    values = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    return file.getvalue()


def run_form(recipe: dict[str, Any] | None = None) -> dict[str, Any]:
    """The body of a request for a run with two small pictures."""
    text = json.dumps({"preset": "bold", "steps": 9} if recipe is None else recipe)
    return {"files": {"content": png(1), "style": png(2)}, "data": {"recipe": text}}


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer, checked for its status and kind."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    found = dict(answer.json())
    assert (answer.status_code, found["status"], found["code"]) == (status, status, code), found
    assert found["type"] == f"/api/v1/problems/{code}"
    assert "Traceback" not in answer.text
    return found

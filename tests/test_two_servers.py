"""Two real servers behind Caddy share runs, visitors' secrets and limits, and one goes on when the other is killed."""

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from nst_core.bench.app import browser
from nst_core.errors import ToolError
from pages.parts.app.visitor import COOKIE as VISITOR
from tests.browser import visit
from tests.nst_core.jobs.servers import until
from tests.nst_core.jobs.shared.servers import KEYS, PASSWORD, TAKEOVER_SECONDS, SharedServers
from tests.required import missing
from tests.serving import ROOT, Server, free_port
from tests.toy_server import ENTRY

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
CADDYFILE = ROOT / "nst_core" / "jobs" / "shared" / "Caddyfile"
PICTURES = {"content_id": "chelsea", "style_id": "night-swirls", "measure": "false"}
COOKIE = "nst_server"


class Site:
    """Two servers with toy workers, and Caddy with the example of the documentation."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        (folder / "entry.py").write_text(ENTRY)
        environment = {**environment, "PYTHONPATH": str(ROOT), "NST_TRUSTED_PROXIES": "127.0.0.1"}
        self.servers = [Server(str(folder / "entry.py"), folder / f"log{n}", **environment) for n in range(2)]
        self.url, self._folder = f"http://localhost:{free_port()}", folder
        self._caddy: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start all three, and wait until both servers answer."""
        folder = self._folder
        addresses = " ".join(server.url.removeprefix("http://") for server in self.servers)
        options = "{\n\tadmin off\n\tauto_https off\n}\n"
        (folder / "Caddyfile").write_text(options + CADDYFILE.read_text())
        settings = {"DOMAIN": self.url, "UPSTREAMS": addresses, "COOKIE_KEY": "of-a-test"}
        self._caddy = subprocess.Popen(
            ["caddy", "run", "--config", "Caddyfile"],
            cwd=folder,
            env={**os.environ, **settings, "HOME": str(folder), "XDG_DATA_HOME": str(folder)},
            stdout=(folder / "caddy").open("wb"),
            stderr=subprocess.STDOUT,
        )
        with ThreadPoolExecutor() as both:
            list(both.map(Server.start, self.servers))

    def client(self, server: Server | None = None) -> httpx.Client:
        """A program that calls the API, through Caddy or at one server."""
        return httpx.Client(base_url=f"{server.url if server else self.url}/api/v1", timeout=30)

    def close(self) -> None:
        """End what was started."""
        if self._caddy is not None:
            self._caddy.terminate()
            self._caddy.wait(10)
        for server in self.servers:
            server.end()


@pytest.fixture(scope="module")
def site(shared_servers: SharedServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if shutil.which("caddy") is None:
        missing("CLUSTER", "Caddy is not installed")
    folder = tmp_path_factory.mktemp("site")
    site = Site(folder, shared_servers.environment(folder / "cache"))
    try:
        site.start()
        yield site
    finally:
        site.close()
    for server in site.servers:
        assert "Traceback" not in server.log, server.log
        for secret in (PASSWORD, KEYS["AWS_SECRET_ACCESS_KEY"]):
            assert secret not in server.log


def submit(client: httpx.Client, steps: int = 4000, **more: Any) -> tuple[str, str]:
    """A run, and the secret of its owner if it is a new one."""
    recipe = {"longest_edge_px": 64, "steps": steps, "pyramid": "off", "snapshot_every": 5}
    answer = client.post("/runs", data={**PICTURES, "recipe": json.dumps(recipe)}, **more)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    return told["id"], told.get("secret") or ""


def state(client: httpx.Client, run: str) -> dict[str, Any]:
    answer = client.get(f"/runs/{run}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def painter(site: Site, run: str) -> Server:
    """The server that paints a run."""
    (found,) = (server for server in site.servers if f"Run {run} is running" in server.log)
    return found


def opens_websocket(site: Site, cookies: httpx.Cookies) -> bool:
    """Whether a page's WebSocket is opened through Caddy."""
    address = site.url.removeprefix("http://")
    host, _, port = address.partition(":")
    given = "; ".join(f"{name}={value}" for name, value in cookies.items())
    with socket.create_connection((host, int(port)), timeout=20) as page:
        page.sendall(
            f"GET /_stcore/stream HTTP/1.1\r\nHost: {address}\r\nOrigin: {site.url}\r\nCookie: {given}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
        )
        return page.recv(100).startswith(b"HTTP/1.1 101")


@pytest.fixture
def page(site: Site) -> Iterator[Any]:
    """A page of a new visitor, whose waits are long."""
    try:
        browser.executable()
        importlib.import_module("playwright")
    except (ToolError, ImportError) as error:
        missing("CLUSTER", str(error))
    with browser.chromium() as chromium:
        page = chromium.new_context(base_url=site.url).new_page()
        page.set_default_timeout(90_000)
        yield page


@pytest.mark.browser
def test_a_page_goes_on_at_the_other_server_when_its_own_is_killed(site: Site, page: Any) -> None:
    """Whichever of the two it is at: each is killed and started again."""
    run, secret = submit(site.client(site.servers[0]), steps=5000)
    until(lambda: _answers(site), 20)
    page.context.add_cookies([{"name": VISITOR, "value": secret, "url": site.url}])
    page.goto(f"/slow?job={run}")
    at = visit.step(page)
    for killed in site.servers:
        killed.kill()
        at = visit.step(page, at + 150)  # more than what a page shows after its server's last word
        killed.start()
    visit.stop(page)  # as its owner, whichever server it is at
    page.get_by_role("button", name="PNG", exact=True).wait_for()
    until(lambda: all(state(site.client(server), run)["state"] == "stopped" for server in site.servers))


def _answers(site: Site) -> bool:
    try:
        return site.client().get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def test_two_servers_are_one_site(site: Site) -> None:
    """One test, since two servers take long to start."""
    here, there = site.servers
    at_here, at_there = site.client(here), site.client(there)

    # A run that was started at one is seen at the other while it is painted.
    run, secret = submit(at_here)
    until(lambda: state(at_there, run)["step"] > 20, 60)
    assert "secret" not in state(at_there, run)
    assert at_there.get(f"/runs/{run}/curve").status_code == 200

    # A stranger cannot change it anywhere; its owner can where it is not.
    for client in (at_here, at_there):
        assert client.post(f"/runs/{run}/stop", headers={"X-Run-Secret": "f" * 32}).status_code == 403
        assert client.delete(f"/runs/{run}").status_code == 403
    assert state(at_here, run)["state"] == "running"
    assert at_there.post(f"/runs/{run}/stop", headers={"X-Run-Secret": secret}).status_code == 200
    until(lambda: state(at_here, run)["state"] == state(at_there, run)["state"] == "stopped", 30)

    # Through Caddy a browser comes back to its server, also with its WebSocket; others are spread over both.
    until(lambda: _answers(site), 20)
    with site.client() as browser:
        assert COOKIE in browser.get("/healthz").cookies
        assert not any("set-cookie" in browser.get("/healthz").headers for _ in range(5))
        assert opens_websocket(site, browser.cookies)
    assert len({site.client().get("/healthz").cookies[COOKIE] for _ in range(20)}) == 2

    # A request that is sent again to the other server starts no second run, and gets the same answer.
    once, again = (submit(client, headers={"Idempotency-Key": "of-a-test"}) for client in (at_here, at_there))
    assert once == again
    assert at_there.post(f"/runs/{once[0]}/stop", headers={"X-Run-Secret": again[1]}).status_code == 200
    until(lambda: state(at_here, once[0])["state"] == state(at_there, once[0])["state"] == "stopped")

    # A limit counts the runs of both servers: two are painted, two wait, and there is no room for another one.
    runs, mine = [run], {"X-Run-Secret": secret}
    for client in (at_here, at_here):
        runs.append(submit(client, headers=mine)[0])
        until(lambda: state(at_there, runs[-1])["state"] == "running", 60)
    assert {painter(site, each) for each in runs[1:]} == {here, there}, "an idle server takes what waits at a busy one"
    for client in (at_here, at_there):
        runs.append(submit(client, headers=mine)[0])
    for client in (at_here, at_there):
        refused = client.post("/runs", data=PICTURES, headers=mine)
        assert (refused.status_code, "2 of your runs are waiting already" in refused.text) == (429, True), refused.text
    for each in reversed(runs):
        assert at_there.post(f"/runs/{each}/stop", headers=mine).status_code == 200
    until(lambda: all(state(at_here, each)["state"] == "stopped" for each in runs), 60)

    # A server is killed, and its run goes on at the other one, from its checkpoint, for the same visitors.
    run, _ = submit(at_there, steps=400, headers=mine)
    until(lambda: state(at_here, run)["step"] > 150, 60)
    killed = painter(site, run)
    killed.kill()
    began = time.monotonic()
    survivor = at_here if killed is there else at_there
    went_on = "The server that had this run ended unexpectedly; this run went on from step "
    until(lambda: any(note.startswith(went_on) for note in state(survivor, run)["notes"]), 60)
    assert time.monotonic() - began > TAKEOVER_SECONDS / 2
    until(lambda: site.client().get(f"/runs/{run}").json()["state"] == "done", 60)
    rows = csv.DictReader(io.StringIO(site.client().get(f"/runs/{run}/curve?format=csv").text))
    assert [int(row["step"]) for row in rows] == list(range(401))
    assert site.client().get(f"/runs/{run}/picture").status_code == 200

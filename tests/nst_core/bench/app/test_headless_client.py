"""The headless client requests as often as a page does, receives as much as a browser, and stops when told to."""

import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from nst_core.bench.app import browser
from nst_core.bench.app.headless_client import connected
from nst_core.errors import WorkerError

pytestmark = pytest.mark.slow

EVERY, TIMES, PICTURES = 0.1, 8, 3
PROGRAM = f"""
import numpy as np
import streamlit as st

done = st.session_state.setdefault("done", 0)

def part():
    st.session_state.done += 1
    st.image(np.full((8, 8, 3), 40 * min(st.session_state.done, {PICTURES}), np.uint8))
    st.text("long enough to be kept " * 1000)
    if st.session_state.done == {TIMES}:
        st.rerun()

st.fragment(part, run_every={EVERY} if done < {TIMES} else None)()
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    program = tmp_path_factory.mktemp("app") / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    with browser.app(program) as running:
        yield running


def until(met: Any, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not met() and time.monotonic() < end:
        time.sleep(0.02)
    assert met()


def test_it_polls_until_the_page_stops_its_fragment(served: Any) -> None:
    with connected(served.url) as client:
        until(lambda: client.polls >= TIMES - 1)  # the page itself ran the part once

        def is_quiet() -> Any:
            polls = client.polls
            time.sleep(10 * EVERY)
            return client.polls == polls

        until(is_quiet)  # a busy server answers several polls with one run
    assert 0 < client.pictures <= PICTURES


def test_cached_messages_are_sent_as_hashes(served: Any) -> None:
    with connected(served.url) as client:
        until(lambda: client.polls >= 2)
        before = client.received, client.polls
        until(lambda: client.polls >= TIMES - 1)
    more, polls = client.received - before[0], client.polls - before[1]
    assert more < polls * 23_000 / 2


def test_a_closed_client_requests_nothing(served: Any) -> None:
    with connected(served.url) as client:
        until(lambda: client.polls >= 1)
    polls = client.polls
    time.sleep(4 * EVERY)
    assert client.polls == polls


def test_a_paused_client_requests_nothing_until_it_goes_on(served: Any) -> None:
    with connected(served.url) as client:
        until(lambda: client.polls >= 1)
        client.paused = True
        time.sleep(2 * EVERY)  # for a request already on its way
        polls = client.polls
        time.sleep(4 * EVERY)
        assert client.polls == polls
        client.paused = False
        until(lambda: client.polls > polls)


def test_a_server_that_ends_is_an_error(tmp_path: Path) -> None:
    """Otherwise an unwatched run would be measured as a watched one."""
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))

    def watch() -> None:
        with browser.app(program) as running, connected(running.url) as client:
            until(lambda: client.polls >= 1)
            server = psutil.Process(running.pid)
            server.kill()
            until(lambda: server.status() == psutil.STATUS_ZOMBIE)
            time.sleep(1)

    with pytest.raises(WorkerError, match="disconnected"):
        watch()

"""The visitor without a browser asks as often as a page does, takes what a browser would, and stops when told to."""

import textwrap
import time

import psutil
import pytest

from nst_core.bench.app import browser
from nst_core.bench.app.headless_client import looking
from nst_core.errors import WorkerError

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
def served(tmp_path_factory):
    program = tmp_path_factory.mktemp("app") / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))
    with browser.app(program) as running:
        yield running


def until(met, seconds=30.0):
    end = time.monotonic() + seconds
    while not met() and time.monotonic() < end:
        time.sleep(0.02)
    assert met()


def test_it_asks_again_until_the_page_says_no_more(served):
    with looking(served.url) as onlooker:
        until(lambda: onlooker.polls >= TIMES - 1)  # the page itself ran the part once

        def is_quiet():
            polls = onlooker.polls
            time.sleep(10 * EVERY)
            return onlooker.polls == polls

        until(is_quiet)  # a busy server makes one run of several polls
    assert 0 < onlooker.pictures <= PICTURES


def test_what_it_has_is_named_and_not_sent_again(served):
    with looking(served.url) as onlooker:
        until(lambda: onlooker.polls >= 2)
        before = onlooker.received, onlooker.polls
        until(lambda: onlooker.polls >= TIMES - 1)
    more, polls = onlooker.received - before[0], onlooker.polls - before[1]
    assert more < polls * 23_000 / 2


def test_one_who_has_left_asks_no_more(served):
    with looking(served.url) as onlooker:
        until(lambda: onlooker.polls >= 1)
    polls = onlooker.polls
    time.sleep(4 * EVERY)
    assert onlooker.polls == polls


def test_one_who_rests_asks_for_nothing_and_then_goes_on(served):
    with looking(served.url) as onlooker:
        until(lambda: onlooker.polls >= 1)
        onlooker.rests = True
        time.sleep(2 * EVERY)  # one was on its way
        polls = onlooker.polls
        time.sleep(4 * EVERY)
        assert onlooker.polls == polls
        onlooker.rests = False
        until(lambda: onlooker.polls > polls)


def test_a_server_that_ends_is_told(tmp_path):
    """Else a run would be measured that nobody watches."""
    program = tmp_path / "program.py"
    program.write_text(textwrap.dedent(PROGRAM))

    def watch():
        with browser.app(program) as running, looking(running.url) as onlooker:
            until(lambda: onlooker.polls >= 1)
            server = psutil.Process(running.pid)
            server.kill()
            until(lambda: server.status() == psutil.STATUS_ZOMBIE)
            time.sleep(1)

    with pytest.raises(WorkerError, match="broke off"):
        watch()

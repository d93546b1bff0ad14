"""A waiting run is claimed by exactly one server, in its turn, and by another one when that server is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from nst_core.errors import QueueFullError, StorageError
from nst_core.jobs.queue import QueueEntry, QueueLimits
from tests.nst_core.jobs.servers import until

if TYPE_CHECKING:
    from nst_core.jobs.shared.claims import Claims
    from tests.nst_core.jobs.shared.servers import SharedServers

pytestmark = [pytest.mark.cluster, pytest.mark.slow]
LIMITS = QueueLimits(waiting=60, per_visitor=50, per_address=50)
TAKEOVER_SECONDS = 1.6


@pytest.fixture
def server(shared_servers: SharedServers) -> Iterator[Callable[[], Claims]]:
    """Makes one server after another on one database."""
    from nst_core.jobs.shared.claims import Claims
    from nst_core.jobs.shared.database import Database

    url, databases = shared_servers.database(), []

    def start() -> Claims:
        databases.append(Database(url))
        return Claims(databases[-1], TAKEOVER_SECONDS)

    yield start
    for database in databases:
        database.close()


def add(claims: Claims, job: str, visitor: str = "ann", limits: QueueLimits = LIMITS) -> None:
    """A run that waits for any server."""
    assert claims.admit(QueueEntry(job, visitor, address="home"), limits, lambda *_: 1.0, None)
    claims.release(job, has_begun=False, is_held=False, unseen_seconds=0.0)


def together(acts: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)


def test_each_run_is_claimed_once_by_servers_that_ask_at_the_same_time(server: Callable[[], Claims]) -> None:
    servers = [server() for _ in range(4)]
    for number in range(40):
        add(servers[0], f"run{number:02}", f"visitor{number % 5}")
    taken: list[str] = []

    def take(claims: Claims) -> Callable[[], None]:
        def act() -> None:
            while found := claims.claim(2):
                taken.extend(work.job for work in found)

        return act

    together([take(claims) for claims in servers])
    assert sorted(taken) == [f"run{number:02}" for number in range(40)]


def test_visitors_take_turns_whichever_server_asks(server: Callable[[], Claims]) -> None:
    one, two = server(), server()
    for job in ("a1", "a2", "a3"):
        add(one, job, "ann")
    add(two, "b1", "ben")
    add(two, "b2", "ben")
    order = [one.claim(1), two.claim(1), two.claim(1), one.claim(1), one.claim(5)]
    assert [work.job for works in order for work in works] == ["a1", "b1", "a2", "b2", "a3"]


def test_a_held_run_waits_and_one_that_had_begun_goes_first(server: Callable[[], Claims]) -> None:
    claims = server()
    for job in ("held", "new", "begun"):
        add(claims, job, job)
    for job, has_begun, is_held in (("held", True, True), ("begun", True, False)):
        assert claims.take(job)
        claims.release(job, has_begun=has_begun, is_held=is_held, unseen_seconds=0.0)
    assert [work.job for work in claims.claim(9)] == ["begun", "new"]
    assert claims.take("begun") is None


def test_of_runs_that_are_submitted_at_the_same_time_only_as_many_as_fit_get_a_place(
    server: Callable[[], Claims],
) -> None:
    servers, admitted, refused = [server() for _ in range(3)], [], []

    def submit(claims: Claims, number: int) -> Callable[[], None]:
        def act() -> None:
            for each in range(4):
                try:
                    add(claims, f"run{number}x{each}", limits=QueueLimits(60, 5, 50))
                    admitted.append(each)
                except QueueFullError:
                    refused.append(each)

        return act

    together([submit(claims, number) for number, claims in enumerate(servers)])
    assert (len(admitted), len(refused)) == (5, 7)


def test_a_silent_server_loses_its_runs_to_the_others_and_knows_it(server: Callable[[], Claims]) -> None:
    one, two = server(), server()
    add(one, "a")
    assert one.claim(1)
    assert one.has("a")
    time.sleep(TAKEOVER_SECONDS)  # both are silent
    two.beat(1)
    assert two.bury() == [], "who was silent too cannot tell"
    with pytest.raises(StorageError, match="has to hear first"):
        one.has("a")

    def notices() -> bool:
        two.beat(1)
        return two.bury() == ["a"]

    until(notices)
    (work,) = two.claim(1)
    assert (work.job, work.attempts) == ("a", 1)
    one.beat(1)
    assert not one.has("a")
    one.release("a", has_begun=True, is_held=False, unseen_seconds=0.0)  # too late
    assert two.has("a")


def test_an_order_reaches_the_server_that_has_the_run(
    server: Callable[[], Claims], monkeypatch: pytest.MonkeyPatch
) -> None:
    from nst_core.jobs.orders import Order
    from nst_core.jobs.shared import claims as module

    one, two = server(), server()
    add(one, "a")
    one.claim(1)
    order, answers = Order("a", "steer", {"style_weight": 2.0}), []
    asking = threading.Thread(target=lambda: answers.append(two.order(order)))
    asking.start()
    found: list[Order] = []
    while not found and asking.is_alive():
        found += one.orders()
    asking.join(5)
    assert (found, answers, two.orders()) == ([order], [True], [])
    monkeypatch.setattr(module, "ORDER_SECONDS", 0.2)
    assert not two.order(order), "nobody answers"
    assert one.orders() == [], "so it must not be carried out later"


def test_all_servers_have_one_key_for_addresses(server: Callable[[], Claims]) -> None:
    keys = {server().shared_key() for _ in range(3)}
    assert [len(key) for key in keys] == [32]


def test_one_server_leads_until_it_asks_no_more(server: Callable[[], Claims]) -> None:
    one, two = server(), server()
    assert [one.leads("a"), two.leads("a"), two.leads("b"), one.leads("b"), one.leads("a")] == [
        *(True, False, True, False, True)
    ]
    until(lambda: two.leads("a"))
    assert not one.leads("a")
    two.close()
    assert one.leads("a")

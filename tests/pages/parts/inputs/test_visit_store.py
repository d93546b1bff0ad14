"""What a closed tab held: for the same visitor's next tab, within quotas, and for a short time."""

from __future__ import annotations

from pages.parts.inputs.visit_store import LEFT_SECONDS, VisitQuota, VisitStore

QUOTA = VisitQuota(files=3, visit_bytes=60, total_bytes=100)


class _Tabs:
    """The tabs that are open, and the time."""

    def __init__(self) -> None:
        self.open: set[str] = set()
        self.now = 0.0
        self.store: VisitStore[str] = VisitStore(QUOTA, lambda: self.now)

    def keep(self, owner: str, session: str, *sizes: int) -> bool:
        self.open.add(session)
        return self.store.keep(owner, session, f"of {session}", list(sizes), self.is_open)

    def is_open(self, session: str) -> bool:
        return session in self.open

    def claim(self, owner: str, session: str) -> str | None:
        self.open.add(session)
        return self.store.claim(owner, session, self.is_open)


def test_a_reloaded_tab_finds_its_pictures_again_and_again() -> None:
    tabs = _Tabs()
    assert tabs.keep("ann", "one", 10)
    for before, after in (("one", "two"), ("two", "three")):
        tabs.open.discard(before)
        tabs.now += 1
        assert tabs.claim("ann", after) == "of one"
    assert tabs.store.total_bytes == 10


def test_neither_another_visitor_nor_a_second_tab_gets_them() -> None:
    tabs = _Tabs()
    tabs.keep("ann", "one", 10)
    assert tabs.claim("ann", "second") is None  # the first is still open
    tabs.open.discard("one")
    assert tabs.claim("ben", "other") is None
    assert tabs.claim("ann", "second") == "of one"
    assert tabs.claim("ann", "third") is None


def test_what_a_closed_tab_held_is_gone_within_a_minute() -> None:
    tabs = _Tabs()
    tabs.keep("ann", "one", 10)
    tabs.open.clear()
    for _ in range(2 + int(LEFT_SECONDS / 5)):  # as housekeeping does
        tabs.store.sweep(tabs.is_open)
        tabs.now += 5
    assert tabs.now < 60
    assert tabs.store.total_bytes == 0
    assert tabs.claim("ann", "two") is None


def test_a_connection_that_was_away_for_a_moment_loses_nothing() -> None:
    tabs = _Tabs()
    tabs.keep("ann", "one", 10)
    tabs.open.clear()
    tabs.store.sweep(tabs.is_open)
    tabs.open.add("one")
    tabs.now = 2 * LEFT_SECONDS
    tabs.store.sweep(tabs.is_open)
    tabs.now = 3 * LEFT_SECONDS
    tabs.store.sweep(tabs.is_open)
    assert tabs.store.total_bytes == 10


def test_beyond_its_quota_a_tab_keeps_nothing() -> None:
    tabs = _Tabs()
    assert not tabs.keep("ann", "one", 61)
    assert not tabs.keep("ann", "one", 1, 1, 1, 1)
    assert tabs.keep("ann", "one", 60)
    assert not tabs.keep("ann", "one", 61)
    assert tabs.store.total_bytes == 0  # what it held before is not its choice any more


def test_the_pictures_of_closed_tabs_make_room_and_those_of_open_ones_do_not() -> None:
    tabs = _Tabs()
    tabs.keep("ann", "one", 50)
    tabs.keep("ben", "two", 50)
    assert not tabs.keep("cat", "three", 20)
    tabs.open.discard("one")
    assert tabs.keep("cat", "three", 20)
    assert tabs.store.total_bytes == 70
    assert tabs.claim("ann", "again") is None

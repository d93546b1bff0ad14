"""A visitor is asked about random pairs with random sides, once each; votes name nobody, and are tallied."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nst_core.errors import JobError, NotYoursError
from nst_core.jobs import voting
from nst_core.jobs.owners import owner_of
from nst_core.jobs.views import JobView
from nst_core.jobs.votes import COPIES, FILES, PAINTINGS, VoteLog
from nst_core.jobs.voting import Voting
from nst_core.recipe import StylePicture, make

RUNS = {name: f"{number:032x}" for number, name in enumerate(PAINTINGS, 1)}
SECRETS = [f"{number:032x}" for number in range(400)]
SOURCES = {"content": 64 * "c", "styles": (StylePicture(sha256=64 * "5"),)}


def of(method: str, **more: Any) -> JobView:
    recipe = make(settings={"method": method}).model_copy(update=SOURCES)
    return replace(JobView(RUNS[method], "done", recipe, owner=owner_of(SECRETS[0])), **more)


@pytest.fixture
def views() -> dict[str, JobView]:
    """The runs of one comparison, by id; the first secret's."""
    return {RUNS[name]: of(name) for name in PAINTINGS}


@pytest.fixture
def votes(views: dict[str, JobView], tmp_path: Path) -> Voting:
    return Voting(views.__getitem__, VoteLog(tmp_path))


def test_a_visitor_is_asked_about_every_two_results_and_one_copy(votes: Voting) -> None:
    for secret in SECRETS[:20]:
        pairs = votes.pairs(RUNS, secret)
        assert pairs == votes.pairs(RUNS, secret), "the same after a reload"
        painted = sorted(sorted(pair) for pair in pairs if not set(pair) & set(COPIES))
        assert painted == [["balanced", "fast"], ["balanced", "slow"], ["fast", "slow"]]
        (with_copy,) = (set(pair) for pair in pairs if set(pair) & set(COPIES))
        assert len(with_copy & set(COPIES)) == len(with_copy & set(PAINTINGS)) == 1


def test_sides_order_and_copies_are_random_over_visitors(votes: Voting) -> None:
    shown = [votes.pairs(RUNS, secret) for secret in SECRETS]
    for name in PAINTINGS:
        sides = [pair[0] == name for pairs in shown for pair in pairs if name in pair]
        assert 0.45 < sum(sides) / len(sides) < 0.55
    first = [frozenset(pairs[0]) for pairs in shown]
    assert 0.18 < first.count(frozenset(("fast", "slow"))) / len(first) < 0.32, "one of four"
    photographs = sum("photograph" in pair for pairs in shown for pair in pairs)
    assert 0.4 < photographs / len(shown) < 0.6


def test_each_visitor_has_one_vote_for_each_pair(votes: Voting) -> None:
    secret = SECRETS[1]
    left, right = votes.open_pairs(RUNS, secret)[0]
    votes.cast(RUNS, left, right, secret)
    for pair in ((left, right), (right, left)):
        with pytest.raises(JobError, match="one vote"):
            votes.cast(RUNS, *pair, secret)
    assert len(votes.open_pairs(RUNS, secret)) == 3
    assert votes.preferences(RUNS, secret) == ((left, right),)
    assert votes.preferences(RUNS, SECRETS[2]) == ()
    assert votes.tally().votes == 1


def test_whoever_has_seen_the_names_votes_no_more_on_any_server(votes: Voting, tmp_path: Path) -> None:
    first, *others = votes.pairs(RUNS, SECRETS[1])
    votes.cast(RUNS, *first, SECRETS[1])
    votes.end(RUNS, SECRETS[1])
    for each in (votes, Voting(votes._view, VoteLog(tmp_path))):
        assert each.open_pairs(RUNS, SECRETS[1]) == ()
        assert each.preferences(RUNS, SECRETS[1]) == (first,)
        for pair in others:
            with pytest.raises(JobError, match="while its names are hidden"):
                each.cast(RUNS, *pair, SECRETS[1])
        assert len(each.open_pairs(RUNS, SECRETS[2])) == 4
        assert each.tally().votes == 1


def test_a_vote_that_was_not_asked_for_is_refused(votes: Voting, views: dict[str, JobView]) -> None:
    with pytest.raises(NotYoursError):
        votes.cast(RUNS, "fast", "slow", "")
    for pair in (("photograph", "style"), ("fast", "fast"), ("fast", "nobody")):
        with pytest.raises(JobError, match="pair that was shown"):
            votes.cast(RUNS, *pair, SECRETS[1])
    views[RUNS["slow"]] = of("slow", state="running")
    with pytest.raises(JobError, match="finished"):
        votes.cast(RUNS, "fast", "slow", SECRETS[1])
    views[RUNS["slow"]] = of("fast")
    with pytest.raises(JobError, match="slow is none"):
        votes.pairs(RUNS, SECRETS[1])
    views[RUNS["slow"]] = replace(of("slow"), recipe=of("slow").recipe.model_copy(update={"content": 64 * "d"}))
    with pytest.raises(JobError, match="one photograph"):
        votes.pairs(RUNS, SECRETS[1])
    assert votes.tally().votes == 0


def test_a_visitor_and_an_address_cannot_vote_all_the_time(votes: Voting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voting, "VOTES_PER_MINUTE", 2)
    limited = Voting(votes._view, VoteLog(None))
    for secret in SECRETS[:2]:
        limited.cast(RUNS, "fast", "slow", secret, address="one address")
    with pytest.raises(JobError, match="at most 2 votes a minute"):
        limited.cast(RUNS, "fast", "slow", SECRETS[2], address="one address")
    first, second, third, _ = votes.pairs(RUNS, SECRETS[9])
    for pair in (first, second):
        limited.cast(RUNS, *pair, SECRETS[9])
    with pytest.raises(JobError, match="at most 2 votes a minute"):
        limited.cast(RUNS, *third, SECRETS[9])
    with pytest.raises(JobError, match="at most 2 votes a minute"):
        limited.end(RUNS, SECRETS[9])
    assert limited.tally().votes == 2 + 2


def test_what_is_stored_names_no_visitor_and_no_run(votes: Voting, tmp_path: Path) -> None:
    votes.cast(RUNS, "slow", "fast", SECRETS[0], address="address", agreed={"ssim": True})
    votes.end(RUNS, SECRETS[0], address="address")
    stored = b"".join((tmp_path / name).read_bytes() for name in FILES).decode()
    assert "slow" in stored
    assert not any(word in stored for word in (SECRETS[0], owner_of(SECRETS[0])[7:], "address", *RUNS.values(), "cccc"))
    assert Voting(votes._view, VoteLog(tmp_path)).preferences(RUNS, SECRETS[0]) == (("slow", "fast"),)


def test_the_tally_has_standings_agreement_and_the_votes_of_those_who_did_not_watch(votes: Voting) -> None:
    for number, secret in enumerate(SECRETS[:10]):
        votes.cast(RUNS, "slow", "fast", secret, agreed={"ssim": number < 2, "colour": True})
    found = votes.tally()
    assert (found.votes, found.unwatched) == (10, 9)
    assert {each.name for each in found.standings} == {*PAINTINGS, *COPIES}
    assert found.standings[0].name == "slow"
    assert found.standings[0].chance.low > 0.5
    assert list(found.agreement) == ["colour", "ssim"]
    assert (found.agreement["ssim"][0].value, found.agreement["ssim"][1]) == (0.2, 10)

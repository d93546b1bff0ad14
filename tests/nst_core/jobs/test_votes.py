"""Votes outlive the server and damage to a file; each ballot counts once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nst_core.jobs import votes
from nst_core.jobs.records import checked_lines
from nst_core.jobs.votes import FILES, Vote, VoteLog, agreements, pairs_won


def vote(number: int, preferred: str = "slow", other: str = "fast", **more: bool) -> Vote:
    return Vote(f"{number:032x}", preferred, other, agreed=more, day="2026-11-28")


@pytest.mark.parametrize("damage", [None, b"", b"\xff\x00noise\n"])
def test_the_next_server_has_all_votes_even_if_a_file_is_damaged(tmp_path: Path, damage: bytes | None) -> None:
    log = VoteLog(tmp_path)
    assert [log.add(vote(1, ssim=True)), log.add(vote(2, "photograph"))] == [True, True]
    path = tmp_path / FILES[0]
    path.unlink() if damage is None else path.write_bytes(damage)
    assert VoteLog(tmp_path).all() == [vote(1, ssim=True), vote(2, "photograph")]
    (tmp_path / FILES[1]).unlink()
    assert VoteLog(tmp_path).get(vote(2).ballot) == vote(2, "photograph"), "the first file was mended"


def test_a_ballot_counts_once_and_the_first_vote_stays(tmp_path: Path) -> None:
    assert VoteLog(tmp_path).add(vote(1))
    log = VoteLog(tmp_path)
    assert not log.add(vote(1, "fast", "slow"))
    assert log.all() == [vote(1)]


def test_a_closed_ballot_takes_no_vote_also_on_the_next_server(tmp_path: Path) -> None:
    log = VoteLog(tmp_path)
    log.close(vote(1).ballot)
    assert log.add(vote(2))
    log.close(vote(2).ballot)
    for each in (log, VoteLog(tmp_path)):
        assert not each.is_open(vote(1).ballot)
        assert not each.add(vote(1))
        assert each.all() == [vote(2)], "a vote that was cast before stays"
        assert each.is_open(vote(3).ballot)


def test_they_are_bounded_and_the_oldest_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votes, "MAX_VOTES", 3)
    log = VoteLog(tmp_path)
    for number in range(9):
        log.add(vote(number))
        log.close(f"{number:032d}")
    assert [log.is_open(f"{number:032d}") for number in range(9)] == [*[True] * 6, *[False] * 3]
    assert log.all() == [vote(6), vote(7), vote(8)]
    assert VoteLog(tmp_path).all() == log.all()
    assert all((tmp_path / name).read_bytes().count(b"\n") == 3 + 3 for name in FILES)


def test_lines_that_are_no_votes_are_left_out(tmp_path: Path) -> None:
    ballot = 32 * "a"
    lines = [
        f'{{"ballot": "{ballot}", "preferred": "fast", "other": "fast"}}',
        f'{{"ballot": "{ballot}", "preferred": "fast", "other": "nobody"}}',
        '{"ballot": "short", "preferred": "fast", "other": "slow"}',
        f'{{"ballot": "{ballot}", "preferred": "fast", "other": "slow", "agreed": {{"ssim": 3}}}}',
        f'{{"ballot": "{ballot}", "preferred": "fast", "other": "slow", "agreed": []}}',
        f'{{"closed": "{ballot[1:]}"}}',
        f'{{"closed": {json.dumps(list(ballot))}}}',
        *('{"ballot": 5, "preferred": "fast", "other": "slow"}', "[]", "{"),
    ]
    (tmp_path / FILES[0]).write_bytes(checked_lines(lines))
    assert VoteLog(tmp_path).all() == []
    assert VoteLog(tmp_path).is_open(ballot)


def test_what_the_disk_does_not_take_counts_and_is_written_later(tmp_path: Path) -> None:
    folder = tmp_path / "absent"
    log = VoteLog(folder)
    assert log.add(vote(1))
    assert VoteLog(folder).all() == []
    folder.mkdir()
    log.flush()
    assert VoteLog(folder).all() == [vote(1)]


def test_pairs_and_the_agreement_of_measures_are_counted() -> None:
    cast = [vote(1, ssim=True), vote(2, ssim=False, colour=True), vote(3, "fast", "slow")]
    assert pairs_won(cast) == {("slow", "fast"): 2, ("fast", "slow"): 1}
    assert agreements(cast) == {"ssim": (1, 2), "colour": (1, 1)}

"""About tells the tally of the votes with intervals, and which measures agree with them."""

from __future__ import annotations

from nst_core.jobs.votes import Vote
from tests.pages.conftest import Open, words
from tests.pages.fake_service import FakeJobService


def test_without_votes_it_says_so(open_page: Open) -> None:
    assert "Nobody has voted yet" in words(open_page("about"))


def test_contestants_are_ranked_and_measures_judged(open_page: Open, job_service: FakeJobService) -> None:
    for number in range(12):
        won = ("slow", "fast") if number < 9 else ("fast", "slow")
        job_service.votes._log.add(Vote(f"{number:032x}", *won, watched=number > 0, agreed={"ssim": number < 3}))
    html = words(open_page("about"))
    assert "12 votes so far; 1 is of visitors who had not started the runs" in html
    assert html.index(">Slow</th>") < html.index(">Fast</th>") < html.index(">Style itself</th>")
    assert ">9 of 12</td>" in html
    assert "not asked yet" in html
    row = html[html.index(">Likeness to the photograph</th>") :][:400]
    assert ">25%</td>" in row
    assert ">9% to 53%</td>" in row, "Wilson's interval of 3 in 12"

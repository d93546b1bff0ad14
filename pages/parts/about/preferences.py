"""What people prefer: the tally of the blind votes, and which measures agree with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import streamlit as st

from pages.parts.about.tables import Cell, table
from pages.parts.app import service, theme
from pages.parts.app.web import Html
from pages.parts.compare.measures import MEASURES
from pages.parts.compare.vote import title

if TYPE_CHECKING:
    from nst_core.jobs.service import Tally
    from nst_core.metrics.preference import Estimate

_HOW = """
On **Compare**, two pictures of one comparison stand side by side without their names, on random sides: two results, or
a result beside the photograph or the style picture itself. Each visitor has one vote for each pair. A chance is that of
being preferred to a contestant of average strength, by the model of
[Bradley and Terry 1952](https://doi.org/10.2307/2334029), with its 95 % interval. Whoever has watched the pictures
being painted may recognise them.
"""
_NONE = "Paint a photograph all three ways on Compare, and judge the results."
_AGREEMENT = (
    "How often the preferred picture of a vote had the better figure by each measure. A measure that knew nothing of "
    "what people prefer would agree with half of the votes; one below that prefers what people do not, such as a copy."
)


def preferred() -> None:
    """The tally of all votes: contestants by their chance to be preferred, and measures by their agreement."""
    tally = service.get().votes.tally()
    theme.section("What people prefer", "by blind votes")
    st.markdown(_HOW, width=760)
    if not tally.votes:
        theme.notice(
            "quiet", "Nobody has voted yet", "Paint a photograph all three ways on Compare, and judge the results."
        )
        return
    others = "1 is" if tally.unwatched == 1 else f"{tally.unwatched} are"
    st.caption(
        f"{tally.votes} vote{'s' * (tally.votes != 1)} so far; {others} of visitors who had not started the runs."
    )
    head = ("Contestant", "Chance", "From 0 to 100 %", "95 % interval", "Won")
    table(head, _standings(tally), label="Contestants by their chance to be preferred", numbers=(1, 3, 4))
    if tally.agreement:
        st.caption(_AGREEMENT)
        head = ("Measure", "Agrees", "From 0 to 100 %", "95 % interval", "Votes")
        table(head, _agreement(tally), label="Measures by their agreement with the votes", numbers=(1, 3, 4))


def _standings(tally: Tally) -> Iterator[tuple[Cell, ...]]:
    for each in tally.standings:
        if each.votes:
            yield title(each.name), *_cells(each.chance), f"{each.won} of {each.votes}"
        else:
            yield title(each.name), "–", "", "–", "not asked yet"


def _agreement(tally: Tally) -> Iterator[tuple[Cell, ...]]:
    for name, (share, votes) in tally.agreement.items():
        if name in MEASURES:
            yield MEASURES[name].title, *_cells(share), str(votes)


def _cells(estimate: Estimate) -> tuple[Cell, ...]:
    """The value, a drawing of it with its interval, and the interval."""
    place = f"--at:{estimate.value:.1%};--low:{estimate.low:.1%};--high:{estimate.high:.1%}"
    drawn = Html(f'<i class="nst-interval" style="{place}"></i>')
    return f"{estimate.value:.0%}", drawn, f"{estimate.low:.0%} to {estimate.high:.0%}"

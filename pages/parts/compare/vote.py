"""The blind vote: two contestants without their names, and which of them the visitor prefers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from nst_core.errors import NSTError
from pages.parts.app import network_address, service, session, visitor
from pages.parts.app.web import Html
from pages.parts.compare import copies, measures
from pages.parts.compare.synced_zoom import Pane
from pages.parts.runs.before_after import data_url
from pages.parts.runs.polling import ACTIVE_STATES

if TYPE_CHECKING:
    from nst_core.jobs.service import JobView
    from pages.parts.compare.measures import Columns


_WATCHED = (
    "You began these runs, and may have seen which method painted what. Your votes count; "
    "About says how many are of that kind."
)


@dataclass(frozen=True)
class Question:
    """A pair to vote on: the contestants on the left and on the right, and its number among all pairs asked about."""

    pair: tuple[str, str]
    number: int
    total: int


def next_question(views: Mapping[str, JobView | None]) -> Question | None:
    """The next pair to vote on; None while a run is active, after the last pair, or once the visitor saw the names.

    Args:
        views: the runs of the comparison, by method.
    """
    runs = _runs(views)
    is_over = not any(view and view.state in ACTIVE_STATES for view in views.values())
    if not is_over or len(runs) < 2:
        return None
    try:
        asked = [pair for pair in service.get().votes.pairs(runs, visitor.secret()) if _can_show(pair, views)]
        still_open = [pair for pair in service.get().votes.open_pairs(runs, visitor.secret()) if pair in asked]
    except NSTError:
        return None
    return Question(still_open[0], len(asked) - len(still_open) + 1, len(asked)) if still_open else None


def panes(question: Question, pictures: Mapping[str, bytes], photograph: bytes) -> list[Pane]:
    """Both contestants under letters, and the photograph.

    Args:
        question: the pair.
        pictures: contestant -> its encoded picture.
        photograph: the encoded photograph.
    """
    named = zip("AB", question.pair, strict=True)
    shown = [Pane(pictures[name], letter, f"Picture {letter}; its name is hidden") for letter, name in named]
    return [*shown, Pane(photograph, "Photograph", copies.ALTS["photograph"])]


def heading(question: Question, style: bytes | None) -> None:
    """The question, with the style picture that the results are of."""
    shown = f'<img src="{data_url(style)}" alt="The style">' if style else ""
    words = f"as this photograph in this style; pair {question.number} of {question.total}, names hidden"
    st.html(
        Html(f'<div class="nst-section nst-question">{shown}<h2>Which do you prefer?</h2><span>{words}</span></div>')
    )


def buttons(question: Question, views: Mapping[str, JobView | None], figures: Columns) -> None:
    """A button for each contestant, and one that ends the vote and shows the names.

    Args:
        question: the pair.
        views: the runs by method.
        figures: contestant -> its figures, to note which measures agree with the visitor.
    """
    runs, (left, right) = _runs(views), question.pair
    with st.container(key="vote_buttons"):
        columns = st.columns(3)
    for letter, column, choice in zip("AB", columns[:2], ((left, right), (right, left)), strict=True):
        column.button(
            f"I prefer {letter}",
            icon=":material/thumb_up:",
            width="stretch",
            key=f"prefer_{letter}_{question.number}",  # so that a double click is no vote on the next pair too
            on_click=service.attempt,
            args=(_cast, runs, *choice, figures),
        )
    columns[2].button(
        "Show the names",
        icon=":material/visibility:",
        width="stretch",
        key="vote_names",
        help="Ends your vote on these pictures.",
        on_click=service.attempt,
        args=(_end, runs),
    )
    if any(view and session.owns(view) for view in views.values()):
        st.caption(_WATCHED)


def thanks(views: Mapping[str, JobView | None]) -> None:
    """The visitor's votes on a comparison in one sentence; nothing before the first one."""
    runs = _runs(views)
    try:
        chosen = service.get().votes.preferences(runs, visitor.secret()) if len(runs) > 1 else ()
    except NSTError:
        return
    if chosen:
        said = "; ".join(f"{_inline(preferred)} to {_inline(other)}" for preferred, other in chosen)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html(Html(f'<p class="nst-under">You preferred {escape(said)}.</p>'), width="content")
            st.page_link("pages/about.py", label="What others prefer", icon=":material/how_to_vote:")


def title(contestant: str) -> str:
    """A contestant's title."""
    return copies.TITLES.get(contestant, contestant.capitalize())


def _inline(contestant: str) -> str:
    return f"the {title(contestant).lower()}" if contestant in copies.TITLES else contestant


def _runs(views: Mapping[str, JobView | None]) -> dict[str, str]:
    """Method -> run, of those that are done."""
    return {name: view.id for name, view in views.items() if view and view.state == "done" and view.snapshot}


def _can_show(pair: tuple[str, str], views: Mapping[str, JobView | None]) -> bool:
    return not set(pair) & set(copies.TITLES) or copies.of(views) is not None


def _cast(runs: Mapping[str, str], preferred: str, other: str, figures: Columns) -> None:
    agreed = measures.agreed(figures.get(preferred, {}), figures.get(other, {}))
    address = network_address.hashed()
    service.get().votes.cast(runs, preferred, other, visitor.secret(), address=address, agreed=agreed)


def _end(runs: Mapping[str, str]) -> None:
    service.get().votes.end(runs, visitor.secret(), address=network_address.hashed())

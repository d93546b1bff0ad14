"""What stands on About: methods, networks, pictures, privacy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import streamlit as st

from pages.parts import desk, look

_METHODS = """
**Slow** starts from the photograph and changes its pixels, step by step, until a VGG-19 network finds the same shapes
in it as in the photograph and the same textures as in the style. Each step lowers one number, the total loss: a
weighted sum of the content, style and variation terms that the curves show.
Source: [Gatys, Ecker and Bethge 2015](https://arxiv.org/abs/1508.06576).

**Fast** reads the style once, as a vector of 100 numbers, and repaints the photograph in one pass through a network
that was trained on thousands of paintings.
Source: [Ghiasi et al. 2017](https://arxiv.org/abs/1705.06830), Magenta's network.
"""

_PRIVACY = """
Your pictures are used for your runs and for nothing else. Hidden data, such as the place where a photograph was taken,
is dropped as soon as a picture arrives, and results carry only the recipe they were made with. A run can be opened by
whoever has its link; nobody can list runs, and old ones make room for new ones.
"""


def methods() -> None:
    """The two methods in a few sentences, with their papers."""
    look.section("How it paints")
    st.markdown(_METHODS, width=760)


def networks() -> None:
    """Each network, what it is loaded from, where else it can come from, and under which licence."""
    from nst_core.models.weights import NETWORKS

    loaded = desk.get().status().sources
    look.section("Networks")
    rows = [
        (network.title, loaded.get(name, "not loaded yet"), ", ".join(s.name for s in network.sources), network.licence)
        for name, network in NETWORKS.items()
    ]
    _table(("Network", "Loaded from", "Sources, in order", "Licence"), rows)


def pictures() -> None:
    """Bundled pictures and paintings with artist, year, licence and source."""
    from nst_core.picture import catalogue, samples

    look.section("Pictures")
    bundled = [(s.title, s.artist, str(s.year), s.licence, s.source) for s in (*samples.contents(), *samples.styles())]
    works = [(w.title, w.artist, str(w.year), w.licence, "Wikimedia Commons") for w in catalogue.paintings()]
    with st.expander(f"{len(bundled)} bundled pictures and {len(works)} paintings, with their licences"):
        _table(("Title", "Artist", "Year", "Licence", "Source"), [*bundled, *works])


def privacy() -> None:
    """What happens to a visitor's pictures."""
    look.section("Your pictures")
    st.markdown(_PRIVACY, width=760)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    cells = "".join(f'<th scope="col">{escape(word)}</th>' for word in head)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(word)}</td>" for word in rest)}</tr>'
        for first, *rest in rows
    )
    st.html(
        '<div class="nst-scroll"><table class="nst-table">'
        f"<thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>"
    )

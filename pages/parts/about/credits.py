"""Sections of About: methods, networks, pictures, privacy."""

from __future__ import annotations

from collections.abc import Iterator

import streamlit as st

from pages.parts.about import model_card
from pages.parts.about.tables import table
from pages.parts.app import service, theme

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
Your pictures are used for your runs and for nothing else. A picture that you choose stays on the server for as long as
its tab is open, so that a reload finds it again, and goes within a minute after that, or when you forget it. Hidden
data, such as the place where a photograph was taken, is dropped as soon as a picture arrives, and results carry only
the recipe they were made with.

Anyone who has its link can open a run, and links cannot be guessed. The gallery lists a run only once its owner has
asked for it by a click, and only then a preview of its link shows its picture. The owner can take it back, and delete
the run with all its pictures, at any time: nobody can open it from then on, and its files go ten minutes later, until
when the owner can undo it. Old runs also make room for new ones. Others who have the link can look, but can neither
stop, steer, list nor delete the run.

So that you find your runs again and only you can change them, this server stores a random secret in your browser, in a
cookie called `nst_visitor`, and keeps a hash of it. The cookie says nothing about you, is used for nothing else, and
lasts for a year. Without it, you find your runs only by their links. Your browser loads nothing from other hosts, and
nobody counts your visits.

A vote on Compare is kept with its day, the two methods it was between, whether the runs were your own, and which
measures agree with it. Neither you nor the pictures are named: a hash that leads back to neither keeps you from voting
twice.
"""


def methods() -> None:
    """Explain the two methods in a few sentences, with their papers."""
    theme.section("How it paints")
    st.markdown(_METHODS, width=760)


def networks() -> None:
    """Show each network's present source, its possible sources, and its licence."""
    from nst_core.models.weights import NETWORKS

    status = service.get().status()
    loaded = status.sources
    theme.section("Networks")
    rows = [
        (network.title, loaded.get(name, "not loaded yet"), ", ".join(s.name for s in network.sources), network.licence)
        for name, network in NETWORKS.items()
    ]
    model_card.architecture()
    table(("Network", "Loaded from", "Sources, in order", "Licence"), rows, label="Where the networks come from")
    for sentence in status.unusable.values():
        theme.notice("warning", "Other weights are used than the operator chose", sentence)
    with st.expander("Hashes that are checked at every load"):
        st.code("\n".join(_hashes()), language=None, wrap_lines=True)


def pictures() -> None:
    """Show the bundled pictures and the paintings with artist, year, licence and source."""
    from nst_core.picture import catalogue, samples

    theme.section("Pictures")
    bundled = [(s.title, s.artist, str(s.year), s.licence, s.source) for s in (*samples.contents(), *samples.styles())]
    works = [(w.title, w.artist, str(w.year), w.licence, "Wikimedia Commons") for w in catalogue.paintings()]
    with st.expander(f"{len(bundled)} bundled pictures and {len(works)} paintings, with their licences"):
        table(("Title", "Artist", "Year", "Licence", "Source"), [*bundled, *works], label="Pictures and their licences")


def privacy() -> None:
    """Explain what happens to a visitor's pictures."""
    theme.section("Your pictures")
    st.markdown(_PRIVACY, width=760)


def _hashes() -> Iterator[str]:
    """Lines with each published hash in full, below the network and source that it belongs to."""
    from nst_core.models.weights import NETWORKS

    for network in NETWORKS.values():
        for source in network.sources:
            yield f"{network.title}, {source.name}"
            yield f"  {source.hash or 'none published: kept from the first use'}"
            yield from (f"  sha256:{sha}  {name}" for name, sha in source.pins.items())

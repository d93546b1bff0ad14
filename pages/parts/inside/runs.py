"""Small slow runs that rebuild the content from one layer, or the style alone from more and more layers."""

from __future__ import annotations

from html import escape

import streamlit as st

from nst_core.errors import NSTError
from nst_core.recipe import NetworkName, Recipe, make
from pages.parts.app import service, session, theme, visitor
from pages.parts.app.session_values import SessionValue
from pages.parts.app.web import Html
from pages.parts.inputs.selection import Role, selected
from pages.parts.runs import foreign_run, polling
from pages.parts.runs.before_after import data_url

_WANTED = SessionValue[list[int]]("inside_runs", "wanted")
"""By role and network, the numbers of the runs that are still to be submitted."""

LAYERS = tuple(f"block{block}_conv1" for block in range(1, 6))
EDGE_PX = 128
_SMALL = {"longest_edge_px": EDGE_PX, "steps": 40, "snapshot_every": 4, "schedule": {"pyramid": "off"}}
_QUICK = {"optimizer": {"algorithm": "lbfgs", "average_decay": 0.0}}


def content(network: NetworkName) -> None:
    """Rebuild the photograph from noise by one layer alone."""
    st.latex(r"\min_x \; \lVert F^\ell(x) - F^\ell(\mathrm{photograph}) \rVert^2")
    theme.description("Shallow layers keep every pixel; deep layers keep the objects and lose their exact look.")
    _row("content", "Rebuild", network)


def style(network: NetworkName) -> None:
    """Grow the style from noise by the first layers, up to a chosen one."""
    st.latex(r"\min_x \; \textstyle\sum_{\ell} \lVert G^\ell(x) - G^\ell(\mathrm{style}) \rVert^2")
    theme.description(
        "From the first layer alone come colours and grain; each deeper one adds larger strokes and shapes."
    )
    _row("style", "Grow", network)


def recipe(role: Role, number: int, network: NetworkName = "vgg19") -> Recipe:
    """The recipe of a card: one layer of the content, or all layers of the style up to one."""
    common = _SMALL | _QUICK | {"network": network}
    if role == "content":
        return make("reconstruction", common | {"content_layers": {LAYERS[number]: 1.0}})
    shares = dict.fromkeys(LAYERS[: number + 1], 1.0 / (number + 1))
    return make("texture", common | {"style_layers": shares})


def _row(role: Role, verb: str, network: NetworkName) -> None:
    wanted = _WANTED.ensure(list, role, network)
    st.button("All five", key=f"inside_{role}_all", on_click=lambda: wanted.extend(range(len(LAYERS))))
    _submit_next(role, wanted, network)
    ids = tuple(job for n in range(len(LAYERS)) if (job := session.current("inside", _name(role, n))))

    def cards() -> None:
        if _submit_next(role, wanted, network):
            st.rerun()
        with st.container(key=f"inside_cards_{role}"):
            for number in range(len(LAYERS)):
                _card(role, number, verb, wanted, network)
        views = [view for job in ids if (view := session.view(job)) and not session.owns(view)]
        if views:
            foreign_run.notice(views[0], "inside", *(_name(role, n) for n in range(len(LAYERS))))

    polling.poll(ids, cards)


def _submit_next(role: Role, wanted: list[int], network: NetworkName) -> bool:
    """Submit the next wanted run once no run of this row is active, so that other visitors find room."""
    names = [session.current("inside", _name(role, n)) for n in range(len(LAYERS))]
    if not wanted or any(map(polling.is_active_for_visitor, names)):
        return False
    number = wanted[0]
    try:
        job = service.get().submit(
            recipe(role, number, network),
            selected("content").load(),
            [selected("style").load()],
            **visitor.submitter(),
            measure=False,
        )
    except NSTError as error:
        wanted.clear()
        theme.notice("warning", "This could not be started", str(error))
        return False
    wanted.pop(0)
    session.remember("inside", job, _name(role, number))
    return True


def _card(role: Role, number: int, verb: str, wanted: list[int], network: NetworkName) -> None:
    job = session.current("inside", _name(role, number))
    view = session.view(job) if job else None
    if view is not None and not _matches_selection(role, view.recipe, network):
        view = None
    title = LAYERS[number] if role == "content" else f"block1 to block{number + 1}"
    with st.container(key=f"inside_card_{role}_{number}", gap="xsmall"):
        if view is not None and view.snapshot:
            alt = f"The {role} out of {title}, step {view.snapshot_step} of {view.total_steps}"
            body = f'<img src="{data_url(view.snapshot)}" alt="{escape(alt)}">'
        else:
            body = "<i></i>"
        state = f"step {view.step} of {view.total_steps}" if view and view.state in polling.ACTIVE_STATES else ""
        st.html(Html(f'<figure class="nst-card">{body}<figcaption><b>{title}</b> {state}</figcaption></figure>'))
        st.button(
            verb,
            key=f"inside_{role}_{number}",
            width="stretch",
            disabled=number in wanted or polling.is_active_for_visitor(job),
            on_click=wanted.append,
            args=(number,),
        )


def _matches_selection(role: Role, recipe: Recipe, network: NetworkName) -> bool:
    """Whether a run used the picture and the network that are selected now."""
    if recipe.objective.network != network:
        return False
    made_of = recipe.content if role == "content" else next((style.sha256 for style in recipe.styles), None)
    return made_of in (None, selected(role).load().sha256)


def _name(role: Role, number: int) -> str:
    return f"{role[0]}{number + 1}"

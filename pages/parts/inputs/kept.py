"""The visitor's own pictures after a reload: taken over by a new session, kept again at each change, or forgotten."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from nst_core.picture.frame import Frame
from nst_core.settings import Settings
from pages.parts.app import visitor
from pages.parts.app.session_values import SessionValue
from pages.parts.inputs.visit_store import VisitQuota, VisitStore

if TYPE_CHECKING:
    from pages.parts.inputs.selection import SelectedImage


@dataclass(frozen=True)
class Inputs:
    """The chosen pictures of a tab that has some of its visitor's own.

    Attributes:
        images: slot -> image.
        style_slots: the slots of the styles, in order.
        active_style: the slot that the pickers change.
        sources: role -> the open source of its picker.
        frame: the crop of the photograph.
        link: the settings in the tab's address, whose pictures were there before the visitor's own.
    """

    images: dict[str, SelectedImage]
    style_slots: tuple[str, ...]
    active_style: str
    sources: dict[str, str]
    frame: Frame
    link: str = ""


_IS_CLAIMED = SessionValue[bool]("kept", "is_claimed")
_KEPT = SessionValue[tuple[Inputs, bool]]("kept", "inputs")
"""What was last to be kept, and whether it is."""


@cache
def store() -> VisitStore[Inputs]:
    """The pictures of all visitors' tabs: a tab's within its quota of uploads, all within the disk's for pictures."""
    settings = Settings.read()
    return VisitStore(VisitQuota(settings.upload_files, settings.upload_mb * 2**20, settings.pictures_disk_mb * 2**20))


def is_open(session: str) -> bool:
    """Whether a session has a tab; without a server, as in tests, all have one."""
    return not exists() or get_instance().is_active_session(session)


def claimed() -> Inputs | None:
    """What this visitor's last closed tab held, at the first call in a session; None at each later one."""
    context = get_script_run_ctx()
    if context is None or _IS_CLAIMED.get():
        return None
    _IS_CLAIMED.put(True)
    found = store().claim(_owner(), context.session_id, is_open)
    if found is not None:
        _KEPT.put((found, True))
    return found


def is_restored(link: str) -> bool:
    """Whether this session has taken over pictures that were chosen after the settings of this link were opened."""
    known = _KEPT.get()
    return bool(link) and known is not None and known[1] and known[0].link == link


def has_kept() -> bool:
    """Whether anything of this session was to be kept before."""
    return _KEPT.get() is not None


def keep(inputs: Inputs) -> bool:
    """Keep the chosen pictures if any is the visitor's own; returns whether they are kept."""
    known, context = _KEPT.get(), get_script_run_ctx()
    if known is not None and known[0] == inputs:
        return known[1]
    if context is None:
        return False
    own = [image.load() for image in inputs.images.values() if image.is_own]
    if not own:
        store().forget(context.session_id)
        is_kept = False
    else:
        sizes = [one.pixels.nbytes + (0 if one.alpha is None else one.alpha.nbytes) for one in own]
        is_kept = store().keep(_owner(), context.session_id, inputs, sizes, is_open)
    _KEPT.put((inputs, is_kept))
    return is_kept


def _owner() -> str:
    return hashlib.sha256(visitor.secret().encode()).hexdigest()


def words(is_kept: bool) -> str:
    """What a visitor is told about a picture of theirs."""
    if visitor.has_no_cookies():
        return "Your own picture, until you close or reload this page: this browser keeps no cookies here."
    if is_kept:
        return "Your own picture. The server keeps it until you close this tab; a reload finds it again."
    return "Your own picture, kept until you close or reload this page: there is no room to keep it for longer."

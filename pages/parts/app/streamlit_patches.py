"""Streamlit's queue of what it has to tell a browser, mended."""

from __future__ import annotations

from functools import wraps
from typing import Any

from streamlit.runtime.forward_msg_queue import ForwardMsgQueue


def deliver_all() -> None:
    """Have a fragment's next run drop nothing of what its last one has said and the browser has yet to hear.

    Streamlit 1.67 forgets a fragment's waiting messages when it runs again, but not those that only name something
    large that the browser holds already: such a name says nothing of its fragment. Where the messages before it would
    have made it room, the browser finds none ("Bad delta path index") and the page is dead. Runs follow each other
    closely enough where one takes longer than its poll, as on a busy machine. All of them in their order do no harm:
    a later message replaces what stands at its place.
    """
    forget = ForwardMsgQueue.clear
    if getattr(forget, "delivers_all", False):
        return

    @wraps(forget)
    def clear(
        self: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
    ) -> None:
        if retain_lifecycle_msgs and fragment_ids_this_run is not None:
            self._delta_index_map = {}  # what comes next is no longer put in the place of what waits
        else:
            forget(self, retain_lifecycle_msgs, fragment_ids_this_run)

    patched: Any = clear
    patched.delivers_all = True
    ForwardMsgQueue.clear = patched  # type: ignore[method-assign]

"""Streamlit's protocol from the side of a browser's tab: the state that the server has sent, and the tab's requests."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

_WIDGET_ID = re.compile(r"\$\$ID-[0-9a-f]+-(.+)")
"""The id that Streamlit gives a widget; it ends with the widget's key."""
CACHED_MESSAGES = 200
"""The number of large messages that a tab caches. A browser also drops them when they are not sent again."""


@dataclass(frozen=True)
class Widget:
    """A widget on the page: the id to answer with, the fragment that it belongs to ("" for none), and its message."""

    id: str
    kind: str
    fragment: str
    message: Any


class Tab:
    """The state of one tab's page.

    Attributes:
        page: the page's path in the address.
        query: the address's query, as the server has changed it.
        widgets: the widgets by key, from the newest run of the whole page and of each fragment since.
        due: fragment id -> (time of its next rerun on the monotonic clock, interval in seconds).
    """

    def __init__(self, page: str, query: str = "") -> None:
        """A tab that is about to open a page."""
        self.page, self.query = page, query
        self.widgets: dict[str, Widget] = {}
        self.due: dict[str, tuple[float, float]] = {}
        self._page_hash = ""  # the server's name for the page, once it was received
        self._hashes: OrderedDict[str, None] = OrderedDict()
        self._values: dict[str, tuple[str, Any]] = {}  # widget id -> field of its state, value

    def go(self, page: str, query: str = "") -> bytes:
        """The request for another page in the same session."""
        self.page, self.query, self._page_hash = page, query, ""
        self._values.clear()
        return self.request()

    def request(self, fragment: str = "", *, is_poll: bool = False, pressed: Widget | None = None) -> bytes:
        """The request to run the page again, or one of its fragments.

        Args:
            fragment: the fragment's id; the whole page by default.
            is_poll: whether the fragment is due, and nothing was changed by the visitor.
            pressed: the button that the visitor pressed.
        """
        from streamlit.proto.BackMsg_pb2 import BackMsg

        message = BackMsg()
        rerun = message.rerun_script
        rerun.query_string = self.query
        # Without the page's hash, a fragment that reruns the whole page would run the first page of the app.
        rerun.page_script_hash, rerun.page_name = self._page_hash, "" if self._page_hash else self.page
        rerun.cached_message_hashes.extend(self._hashes)
        rerun.fragment_id, rerun.is_auto_rerun = fragment, is_poll
        for widget_id, (field, value) in self._values.items():
            state = rerun.widget_states.widgets.add(id=widget_id)
            if field.endswith("array_value"):
                getattr(state, field).data.append(value)
            else:
                setattr(state, field, value)
        if pressed:
            rerun.widget_states.widgets.add(id=pressed.id, trigger_value=True)
        return bytes(message.SerializeToString())

    def press(self, button: Widget) -> bytes:
        """The request after a press of a button."""
        return self.request(button.fragment, pressed=button)

    def change(self, widget: Widget, share: float) -> bytes:
        """The request after a slider was moved to a share of its range, or a switch was set; `share` from 0 to 1."""
        message = widget.message
        if widget.kind == "checkbox":
            self._values[widget.id] = "bool_value", share >= 0.5
        elif message.options:
            options = list(message.options)
            self._values[widget.id] = "string_array_value", options[min(int(share * len(options)), len(options) - 1)]
        else:
            steps = round(share * (message.max - message.min) / message.step)
            self._values[widget.id] = "double_array_value", min(message.min + steps * message.step, message.max)
        return self.request(widget.fragment)

    def overdue(self, now: float) -> list[bytes]:
        """Requests for the fragments that are due; each is due again an interval later."""
        requests = []
        for fragment, (at, interval) in self.due.items():
            if at <= now:
                self.due[fragment] = (now + interval, interval)
                requests.append(self.request(fragment, is_poll=True))
        return requests

    def receive(self, data: bytes) -> Any:
        """Receive a message of the server, update the state, and return the message parsed."""
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = ForwardMsg.FromString(data)
        if message.metadata.cacheable and message.hash:
            self._remember(message.hash)
        match message.WhichOneof("type"):
            case "delta" if message.delta.WhichOneof("type") == "new_element":
                self._note_widget(message.delta)
            case "ref_hash":
                self._remember(message.ref_hash)
            case "auto_rerun":
                interval = message.auto_rerun.interval
                self.due[message.auto_rerun.fragment_id] = (time.monotonic() + interval, interval)
            case "new_session" if not message.metadata.run.fragment_ids:
                self.due.clear()  # the whole page runs, and announces its fragments and widgets again
                self.widgets.clear()
            case "stop_auto_rerun":
                for fragment in message.stop_auto_rerun.fragment_ids:
                    self.due.pop(fragment, None)
            case "navigation":
                self._page_hash = message.navigation.page_script_hash
            case "page_info_changed":
                self.query = message.page_info_changed.query_string
        return message

    def _remember(self, message_hash: str) -> None:
        # From now on the server sends only the hash, as to a browser that has the message in its cache.
        self._hashes[message_hash] = None
        self._hashes.move_to_end(message_hash)
        while len(self._hashes) > CACHED_MESSAGES:
            self._hashes.popitem(last=False)

    def _note_widget(self, delta: Any) -> None:
        kind = delta.new_element.WhichOneof("type")
        message = getattr(delta.new_element, kind) if kind else None
        found = _WIDGET_ID.fullmatch(str(getattr(message, "id", "")))
        if found and kind and message is not None:
            self.widgets[found[1]] = Widget(message.id, kind, delta.fragment_id, message)

"""A tab caches the same messages of the server as a browser, and makes the same requests."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from nst_core.bench.app import protocol
from nst_core.bench.app.protocol import Tab


def sent(tab: Tab, **changes: Any) -> None:
    """Make the tab receive a message with these fields."""
    tab.receive(ForwardMsg(**changes).SerializeToString())


def shown(tab: Tab, kind: str, key: str, fragment: str = "", **fields: Any) -> None:
    """Make the tab receive a widget."""
    message = ForwardMsg()
    message.delta.fragment_id = fragment
    widget = getattr(message.delta.new_element, kind)
    widget.id = f"$$ID-0a1b2c-{key}"
    for name, value in fields.items():
        if isinstance(value, list):
            getattr(widget, name).extend(value)
        else:
            setattr(widget, name, value)
    tab.receive(message.SerializeToString())


def asked(request: bytes) -> Any:
    """A request, parsed."""
    return BackMsg.FromString(request).rerun_script


def begun(tab: Tab, *fragments: str) -> None:
    """Make the tab receive the start of a run of the page, or of its fragments."""
    message = ForwardMsg()
    message.new_session.name = "app"
    message.metadata.run.fragment_ids.extend(fragments)
    tab.receive(message.SerializeToString())


def test_a_tab_asks_for_its_page_and_follows_the_address_that_the_server_sets() -> None:
    tab = Tab("slow", "job=a")
    assert (asked(tab.request()).page_name, asked(tab.request()).query_string) == ("slow", "job=a")
    sent(tab, page_info_changed={"query_string": "job=b"})
    assert asked(tab.request()).query_string == "job=b"
    other = asked(tab.go("about"))
    assert (other.page_name, other.query_string, tab.page) == ("about", "", "about")


def test_a_tab_asks_again_for_the_page_that_runs_until_it_goes_to_another() -> None:
    """A fragment that has the whole page run again passes on this hash, not the name."""
    tab = Tab("slow")
    sent(tab, navigation={"page_script_hash": "5107"})
    again = asked(tab.request("f1", is_poll=True))
    assert (again.page_script_hash, again.page_name) == ("5107", "")
    other = asked(tab.go("about"))
    assert (other.page_script_hash, other.page_name) == ("", "about")


def test_a_pressed_button_is_answered_for_once_and_in_its_fragment() -> None:
    tab = Tab("")
    shown(tab, "button", "stop_a", "f1", label="Stop")
    pressed = asked(tab.press(tab.widgets["stop_a"]))
    (state,) = pressed.widget_states.widgets
    assert (state.id, state.trigger_value, pressed.fragment_id) == ("$$ID-0a1b2c-stop_a", True, "f1")
    assert not asked(tab.request()).widget_states.widgets


@pytest.mark.parametrize(("share", "value"), [(0.0, -1.0), (0.5, 0.0), (1.0, 1.0)])
def test_a_moved_slider_keeps_its_value_until_the_page_changes(share: float, value: float) -> None:
    tab = Tab("")
    shown(tab, "slider", "turn", min=-1.0, max=1.0, step=0.5)
    tab.change(tab.widgets["turn"], share)
    (state,) = asked(tab.request()).widget_states.widgets
    assert list(state.double_array_value.data) == [value]
    assert not asked(tab.go("fast")).widget_states.widgets


def test_choices_and_switches_have_values_of_their_own_kinds() -> None:
    tab = Tab("")
    shown(tab, "slider", "size", options=["128 px", "256 px"], min=0.0, max=1.0, step=1.0)
    shown(tab, "checkbox", "live", label="Live")
    tab.change(tab.widgets["size"], 1.0)
    size, live = asked(tab.change(tab.widgets["live"], 1.0)).widget_states.widgets
    assert (list(size.string_array_value.data), live.bool_value) == (["256 px"], True)


def test_a_run_of_the_page_announces_widgets_and_polls_anew_and_one_of_a_fragment_adds_to_them() -> None:
    tab = Tab("")
    shown(tab, "button", "old")
    sent(tab, auto_rerun={"fragment_id": "f1", "interval": 0.5})
    begun(tab, "f1")
    shown(tab, "button", "stop", "f1")
    assert (set(tab.widgets), set(tab.due)) == ({"old", "stop"}, {"f1"})
    begun(tab)
    assert (tab.widgets, tab.due) == ({}, {})


def test_fragments_are_polled_when_they_are_due_until_the_server_stops_them() -> None:
    tab = Tab("")
    sent(tab, auto_rerun={"fragment_id": "f1", "interval": 0.5})
    (at, _) = tab.due["f1"]
    assert tab.overdue(at - 0.1) == []
    (poll,) = tab.overdue(at + 0.1)
    assert (asked(poll).fragment_id, asked(poll).is_auto_rerun) == ("f1", True)
    assert tab.overdue(at + 0.2) == [], "due again an interval later"
    sent(tab, stop_auto_rerun={"fragment_ids": ["f1"]})
    assert tab.overdue(at + 9) == []


def test_the_newest_large_messages_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "CACHED_MESSAGES", 2)
    tab = Tab("")
    for name in ("a", "b"):
        sent(tab, hash=name, metadata={"cacheable": True})
    sent(tab, hash="small", metadata={"cacheable": False})
    sent(tab, ref_hash="a")  # used again
    sent(tab, hash="c", metadata={"cacheable": True})
    assert list(asked(tab.request()).cached_message_hashes) == ["a", "c"]

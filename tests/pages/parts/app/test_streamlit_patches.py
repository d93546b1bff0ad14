"""Each patch of Streamlit works, and Streamlit still shows the fault without it. If it does not: delete the patch."""

from __future__ import annotations

import inspect
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest
from streamlit import config
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.NewSession_pb2 import Config, CustomThemeConfig
from streamlit.runtime import app_session, forward_msg_cache
from streamlit.runtime.forward_msg_cache import create_reference_msg, populate_hash_if_needed
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.media_file_storage import MediaFileStorageError
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.runtime import Runtime
from streamlit.runtime.scriptrunner import ScriptRunner
from streamlit.runtime.session_manager import SessionInfo
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.local_script_runner import LocalScriptRunner

from nst_core.server.turns import Turns
from pages.parts.app import streamlit_patches

FRAGMENT = "a fragment"


@pytest.fixture
def queue() -> ForwardMsgQueue:
    """A patched queue of messages to the browser."""
    streamlit_patches.keep_fragment_messages()
    return ForwardMsgQueue()


def element(place: int, text: str = "", *, cached: bool = False) -> ForwardMsg:
    """An element of the fragment, which stands at [0, 0] of the page; or a reference to one in the browser's cache."""
    message = ForwardMsg()
    message.metadata.delta_path.extend([0, 0, place])
    message.delta.fragment_id = FRAGMENT
    message.delta.new_element.text.body = text
    message.hash = f"hash of {text}"
    return create_reference_msg(message) if cached else message


def finished(status: ForwardMsg.ScriptFinishedStatus) -> ForwardMsg:
    message = ForwardMsg()
    message.script_finished = status
    return message


def run_again(queue: ForwardMsgQueue, fragments: list[str] | None) -> None:
    """Do to the queue what Streamlit does at the start of a run; None runs the whole page."""
    queue.clear(retain_lifecycle_msgs=True, fragment_ids_this_run=fragments)


def children_after(messages: list[ForwardMsg], children: int) -> int:
    """The number of the fragment's children in a browser after these messages; fails where the browser would."""
    for message in messages:
        if message.metadata.delta_path:
            place = message.metadata.delta_path[2]
            assert place <= children, f"Bad delta path index {place} (should be between [0, {children}])"
            children = max(children, place + 1)
    return children


def overtaken_run(queue: ForwardMsgQueue) -> list[ForwardMsg]:
    """The messages of two runs of the fragment, the first of which is not delivered before the second begins.

    The fragment has one child in the browser, and grows to three; the last is a reference to a cached element.
    """
    for message in (element(0, "a"), element(1, "b"), element(2, "large", cached=True)):
        queue.enqueue(message)
    run_again(queue, [FRAGMENT])
    for message in (element(0, "c"), element(1, "d"), element(2, "large", cached=True)):
        queue.enqueue(message)
    return queue.flush()


def test_streamlit_still_breaks_a_page_whose_fragment_is_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ForwardMsgQueue, "clear", inspect.unwrap(ForwardMsgQueue.clear))
    with pytest.raises(AssertionError, match="Bad delta path index"):
        children_after(overtaken_run(ForwardMsgQueue()), children=1)


def test_a_reference_finds_its_place_after_new_elements(queue: ForwardMsgQueue) -> None:
    assert children_after(overtaken_run(queue), children=1) == 3


def test_each_run_ends_after_its_own_elements_and_as_it_ended(queue: ForwardMsgQueue) -> None:
    """An end that came after the next run's elements would have the browser clear them away."""
    done = ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY
    for text in ("first", "second"):
        run_again(queue, [FRAGMENT])
        queue.enqueue(element(0, text))
        queue.enqueue(finished(done))
    sent = [m.delta.new_element.text.body or m.script_finished for m in queue.flush()]
    assert sent == ["first", done, "second", done]


def test_a_run_of_the_whole_page_still_drops_waiting_messages(queue: ForwardMsgQueue) -> None:
    queue.enqueue(element(0, "old"))
    queue.enqueue(finished(ForwardMsg.FINISHED_SUCCESSFULLY))
    run_again(queue, None)
    assert [m.script_finished for m in queue.flush()] == [ForwardMsg.FINISHED_EARLY_FOR_RERUN]


def test_patching_twice_is_patching_once() -> None:
    streamlit_patches.keep_fragment_messages()
    once = ForwardMsgQueue.clear
    streamlit_patches.keep_fragment_messages()
    assert ForwardMsgQueue.clear is once


APP = """
import streamlit as st
st.text("app.py")
st.navigation([st.Page("pages/one.py", default=True), st.Page("pages/two.py")]).run()
"""
UNPATCHED = """
import streamlit as st
st.text("the page")
"""
PATCHED = """
import streamlit as st
from pages.parts.app import streamlit_patches
if not streamlit_patches.ignore_pages_folder():
    st.rerun()
st.text("the page")
"""


def deep_link(folder: Path, page: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts of a page that a new server opens first, from an app with a folder called `pages`."""
    monkeypatch.setattr(PagesManager, "__init__", inspect.unwrap(PagesManager.__init__))  # unlike the other tests
    (folder / "pages").mkdir()
    (folder / "app.py").write_text(APP)
    for name in ("one", "two"):
        (folder / "pages" / f"{name}.py").write_text(page)
    app = AppTest.from_file(str(folder / "app.py")).switch_page("pages/two.py").run()
    assert not app.exception
    return [text.value for text in app.text]


@pytest.mark.slow
def test_streamlit_still_leaves_out_app_py_at_a_deep_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert deep_link(tmp_path, UNPATCHED, monkeypatch) == ["the page"]


def test_a_deep_link_runs_app_py(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert deep_link(tmp_path, PATCHED, monkeypatch) == ["app.py", "the page"]


@pytest.fixture
def media(monkeypatch: pytest.MonkeyPatch) -> MediaFileManager:
    """The media files of a server."""
    streamlit_patches.keep_files_of_running_pages()
    manager = MediaFileManager(MemoryMediaFileStorage("/media"))
    monkeypatch.setattr(streamlit_patches, "get_instance", lambda: SimpleNamespace(media_file_mgr=manager))
    return manager


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets time pass for the kept files, by so many seconds."""
    now = 0.0
    monkeypatch.setattr(streamlit_patches.time, "monotonic", lambda: now)

    def passes(seconds: float) -> None:
        nonlocal now
        now += seconds

    return passes


def file_of_a_page_that_runs_again(media: MediaFileManager, address: str) -> bytes | None:
    """A file that is fetched when its page has begun to run again and another visitor's run has just ended."""
    media.clear_session_refs()
    media.remove_orphaned_files()
    return content(media, address)


def content(media: MediaFileManager, address: str) -> bytes | None:
    stored = media.read_file(PurePosixPath(address).stem)
    return stored and stored.content


def test_streamlit_still_deletes_a_file_while_its_page_runs_again(
    media: MediaFileManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpatched = inspect.unwrap(MediaFileManager._get_inactive_file_ids)
    monkeypatch.setattr(MediaFileManager, "_get_inactive_file_ids", unpatched)
    assert file_of_a_page_that_runs_again(media, media.add(b"picture", "image/png", "place")) is None


def test_a_file_outlives_a_page_that_runs_again_but_not_one_that_is_gone(
    media: MediaFileManager, clock: Callable[[float], None]
) -> None:
    address = media.add(b"picture", "image/png", "place")
    assert file_of_a_page_that_runs_again(media, address) == b"picture"
    clock(streamlit_patches.UNLISTED_SECONDS - 1)
    streamlit_patches.remove_unlisted_files()
    assert content(media, address) == b"picture"
    clock(1)
    streamlit_patches.remove_unlisted_files()
    assert content(media, address) is None


def test_a_file_that_is_listed_again_is_kept_as_long_as_a_new_one(
    media: MediaFileManager, clock: Callable[[float], None]
) -> None:
    address = media.add(b"picture", "image/png", "place")
    for _ in range(3):
        assert file_of_a_page_that_runs_again(media, address) == b"picture"
        clock(streamlit_patches.UNLISTED_SECONDS - 1)
        assert media.add(b"picture", "image/png", "place") == address
        streamlit_patches.remove_unlisted_files()


def test_a_file_to_be_made_on_a_click_outlives_a_page_that_runs_again(
    media: MediaFileManager, clock: Callable[[float], None]
) -> None:
    file_id = media.add_deferred(lambda: b"file", "image/webp", "place")
    media.clear_session_refs()
    media.remove_orphaned_files()
    assert content(media, media.execute_deferred(file_id)) == b"file"
    clock(streamlit_patches.UNLISTED_SECONDS)
    streamlit_patches.remove_unlisted_files()
    with pytest.raises(MediaFileStorageError):
        media.execute_deferred(file_id)


def test_a_component_s_file_is_served_to_all_for_good(media: MediaFileManager, clock: Callable[[float], None]) -> None:
    address = streamlit_patches.media_address(b"script", "text/javascript", "name")
    assert file_of_a_page_that_runs_again(media, address) == b"script"
    clock(2 * streamlit_patches.UNLISTED_SECONDS)
    streamlit_patches.remove_unlisted_files()
    assert content(media, address) == b"script"


@pytest.fixture
def sessions(monkeypatch: pytest.MonkeyPatch) -> tuple[SimpleNamespace, list[str]]:
    """A session manager with the session of a tab that closed long ago, and what was shut down."""
    shut: list[str] = []
    storage = MemorySessionStorage(ttl_seconds=0)
    session = SimpleNamespace(id="closed", shutdown=lambda: shut.append("closed"))
    storage.save(SessionInfo(None, session, 1))  # type: ignore[arg-type]
    manager = SimpleNamespace(_storage_lock=threading.Lock(), _session_storage=storage)
    monkeypatch.setattr(streamlit_patches, "get_instance", lambda: SimpleNamespace(_session_mgr=manager))
    return manager, shut


def test_streamlit_still_keeps_what_a_closed_tab_held(sessions: tuple[SimpleNamespace, list[str]]) -> None:
    manager, shut = sessions
    assert manager._session_storage.list() == []
    assert manager._session_storage.get("closed") is None
    assert list(manager._session_storage._cache._data) == ["closed"]
    assert shut == []


def test_what_a_closed_tab_held_is_dropped(sessions: tuple[SimpleNamespace, list[str]]) -> None:
    manager, shut = sessions
    assert streamlit_patches.close_expired_sessions() == 1
    assert shut == ["closed"]
    assert not manager._session_storage._cache._data
    assert streamlit_patches.close_expired_sessions() == 0


def test_the_addresses_of_files_are_told_and_few(monkeypatch: pytest.MonkeyPatch) -> None:
    manager = MemoryUploadedFileManager("/upload")
    monkeypatch.setattr(streamlit_patches, "get_instance", lambda: SimpleNamespace(uploaded_file_mgr=manager))
    assert len(manager.get_upload_urls("tab", ["x.png"] * 1000)) == 1000  # Streamlit's own number: any
    issued: list[tuple[str, str]] = []
    removed: list[str] = []
    forgotten: list[str] = []
    streamlit_patches.watch_uploads(
        lambda tab, file: issued.append((tab, file)), lambda _, file: removed.append(file), forgotten.append, 3
    )
    given = manager.get_upload_urls("tab", ["x.png"] * 1000)
    assert [("tab", each.file_id) for each in given] == issued
    assert len(issued) == 3
    manager.add_file("tab", UploadedFileRec(given[0].file_id, "x.png", "image/png", b"x"))
    manager.remove_file("tab", given[0].file_id)
    assert removed == [given[0].file_id]
    assert not manager.get_files("tab", [given[0].file_id])
    manager.remove_session_files("tab")
    assert forgotten == ["tab"]


def test_the_theme_is_read_once_and_told_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the patch each run of a page reads all settings of the theme again."""
    original = inspect.unwrap(app_session._populate_theme_msg)
    monkeypatch.setattr(app_session, "_populate_theme_msg", original)
    reads: list[str] = []
    read = config.get_options_for_section
    monkeypatch.setattr(config, "get_options_for_section", lambda section: reads.append(section) or read(section))

    def told(section: str) -> bytes:
        message = CustomThemeConfig()
        app_session._populate_theme_msg(message, section)
        return bytes(message.SerializeToString(deterministic=True))

    sections = ("theme", "theme.light", "theme.sidebar")
    before = [told(section) for section in sections * 2]
    assert len(reads) == 2 * len(sections), "Streamlit reads the theme once by itself: delete the patch"
    streamlit_patches.remember_theme()
    streamlit_patches.remember_theme()
    reads.clear()
    assert [told(section) for section in sections * 2] == before
    assert len(reads) == len(sections)


def test_the_client_s_settings_are_read_once_and_told_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the patch each run of a page looks up all of them again."""
    monkeypatch.setattr(app_session, "_populate_config_msg", inspect.unwrap(app_session._populate_config_msg))
    reads: list[str] = []
    read = config.get_option
    monkeypatch.setattr(config, "get_option", lambda key: reads.append(key) or read(key))

    def told() -> bytes:
        message = Config()
        app_session._populate_config_msg(message)
        return bytes(message.SerializeToString(deterministic=True))

    before = told()
    once = len(reads)
    assert told() == before
    assert len(reads) == 2 * once > 0, "Streamlit reads them once by itself: delete the patch"
    streamlit_patches.remember_client_settings()
    streamlit_patches.remember_client_settings()
    reads.clear()
    assert [told(), told()] == [before, before]
    assert len(reads) == once


def test_the_size_of_cached_messages_is_read_once_and_has_the_same_effect(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the patch it is looked up for each message."""
    monkeypatch.setattr(forward_msg_cache, "config", config)
    reads: list[str] = []
    read = config.get_option
    monkeypatch.setattr(config, "get_option", lambda key: reads.append(key) or read(key))

    def are_cached() -> list[bool]:
        messages = [element(0, "small"), element(1, "l" + "o" * 20_000 + "ng")]
        for message in messages:
            message.hash = ""
            populate_hash_if_needed(message)
        return [message.metadata.cacheable for message in messages]

    assert are_cached() == [False, True]
    assert len(reads) == 2, "Streamlit reads the size once by itself: delete the patch"
    streamlit_patches.remember_cached_size()
    streamlit_patches.remember_cached_size()
    reads.clear()
    assert [are_cached(), are_cached()] == [[False, True]] * 2
    assert len(reads) == 1


PAGES = 4
MEETING = """
import threading
import streamlit as st
try:
    threading.meeting_of_pages.wait({seconds})
    st.text("all at once")
except threading.BrokenBarrierError:
    st.text("not all at once")
"""


def pages_that_meet(folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: float) -> list[str]:
    """Open pages at the same time, each of which waits so long for all others; what each of them says."""
    monkeypatch.setattr(threading, "meeting_of_pages", threading.Barrier(PAGES), raising=False)
    monkeypatch.setattr(Runtime, "_instance", MagicMock(spec=Runtime))
    page = folder / "page.py"
    page.write_text(MEETING.format(seconds=seconds))
    tabs = [
        LocalScriptRunner(str(page), SafeSessionState(SessionState(), lambda: None), PagesManager(str(page)))
        for _ in range(PAGES)
    ]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    said = [[m.delta.new_element.text.body for m in tab.forward_msg_queue.flush()] for tab in tabs]
    return [next(filter(None, bodies)) for bodies in said]


def test_few_pages_run_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptRunner, "_run_script", inspect.unwrap(ScriptRunner._run_script))
    said = pages_that_meet(tmp_path, monkeypatch, seconds=30)
    assert said == ["all at once"] * PAGES, "Streamlit runs few pages at once by itself: delete the patch"
    streamlit_patches.take_turns(Turns(most=PAGES - 1, seconds=60).turn)
    once = ScriptRunner._run_script
    streamlit_patches.take_turns(Turns().turn)
    assert ScriptRunner._run_script is once
    assert pages_that_meet(tmp_path, monkeypatch, seconds=0.5) == ["not all at once"] * PAGES


SEND = """
import sys
from streamlit.components.v2.bidi_component import serialization
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from pages.parts.app import streamlit_patches

message = BidiComponent()
def sent():
    serialization.serialize_mixed_data({"names": ["a", "b"], "sizes": {"a": 1}, "whole": 2.5}, message)
    return message.json or message.mixed.json
if "patched" in sys.argv:
    streamlit_patches.send_lists_without_pandas()
    streamlit_patches.send_lists_without_pandas()
print(sent())
print(sorted({"pandas", "pyarrow"} & sys.modules.keys()))
"""


@pytest.mark.slow
def test_a_component_s_lists_are_sent_as_before_without_pandas() -> None:
    """Each in a process of its own, since this one may have imported pandas."""
    before, loaded = _printed(SEND)
    assert loaded == "['pandas', 'pyarrow']", "Streamlit does not import them by itself: delete the patch"
    assert _printed(SEND, "patched") == [before, "[]"]


def _printed(script: str, *arguments: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()

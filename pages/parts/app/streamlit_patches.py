"""Patches of Streamlit's private classes, each with its reason and the Streamlit version that needs it.

`streamlit_messages` has those of the way from a page to the browser.

The test of each patch shows the fault without it, and fails once Streamlit has fixed that fault: then delete patch and
test.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cache, wraps
from pathlib import PurePosixPath
from typing import Any

from streamlit import config
from streamlit.components.v2.bidi_component import serialization
from streamlit.proto.NewSession_pb2 import Config, CustomThemeConfig
from streamlit.runtime import app_session, forward_msg_cache, get_instance
from streamlit.runtime.forward_msg_queue import ForwardMsgQueue
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import RerunData, ScriptRunner, get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadFileUrlInfo

_EVERYBODY = "everybody"
UNLISTED_SECONDS = 5.0
"""How long a file is kept after the last page that listed it has ended; a page that runs again lists it within a second
or two."""


def keep_fragment_messages() -> None:
    """Keep a fragment's undelivered messages when the fragment runs again. Calling it twice is harmless.

    Needed in Streamlit 1.67. When a fragment runs again, Streamlit drops the undelivered messages of its last run. It
    keeps references to large elements that the browser has cached, because a reference does not contain its fragment's
    id. If a dropped message would have created the reference's parent, the browser cannot place the reference ("Bad
    delta path index") and the page stops working. This happens when a run takes longer than its poll, as on a busy
    machine. Delivering all messages in order is harmless: a later message replaces the element at its place.
    """
    original = ForwardMsgQueue.clear
    if getattr(original, "keeps_fragment_messages", False):
        return

    @wraps(original)
    def clear(
        self: ForwardMsgQueue, retain_lifecycle_msgs: bool = False, fragment_ids_this_run: list[str] | None = None
    ) -> None:
        if retain_lifecycle_msgs and fragment_ids_this_run is not None:
            self._delta_index_map = {}  # later messages are appended, not composed into the waiting ones
        else:
            original(self, retain_lifecycle_msgs, fragment_ids_this_run)

    patched: Any = clear
    patched.keeps_fragment_messages = True
    ForwardMsgQueue.clear = patched  # type: ignore[method-assign]


def remember_theme() -> None:
    """Read the settings of the theme once, and not at each run of a page or a part of it. Calling it twice is harmless.

    Needed in Streamlit 1.67, which reads all of them for each of its six sections whenever a run begins: a tenth of
    the server's time with a hundred visitors. A theme that is changed while the server runs is seen at its next start.
    """
    original = app_session._populate_theme_msg
    if getattr(original, "remembers_theme", False):
        return

    @cache
    def made(section: str) -> CustomThemeConfig:
        message = CustomThemeConfig()
        original(message, section)
        return message

    @wraps(original)
    def populate(msg: CustomThemeConfig, section: str = "theme") -> None:
        if made(section).ByteSize():
            msg.MergeFrom(made(section))

    patched: Any = populate
    patched.remembers_theme = True
    app_session._populate_theme_msg = patched


def remember_client_settings() -> None:
    """Read the settings that each page is told once, and not at each run. Calling it twice is harmless.

    Needed in Streamlit 1.67, which looks up eight of them, with a lock each, whenever a run begins. A setting that is
    changed while the server runs is told at its next start.
    """
    original = app_session._populate_config_msg
    if getattr(original, "remembers_settings", False):
        return

    @cache
    def told() -> Config:
        message = Config()
        original(message)
        return message

    @wraps(original)
    def populate(msg: Config) -> None:
        msg.MergeFrom(told())

    patched: Any = populate
    patched.remembers_settings = True
    app_session._populate_config_msg = patched


def remember_cached_size() -> None:
    """Read once from which size on a browser keeps messages, and not for each message. Calling it twice is harmless.

    Needed in Streamlit 1.67, whose lookup takes a lock each time. A size that is changed while the server runs is used
    at its next start.
    """
    module: Any = forward_msg_cache
    if module.config is not config:
        return

    class Remembered:
        get_option = staticmethod(cache(config.get_option))

    module.config = Remembered


def send_lists_without_pandas() -> None:
    """Take lists and dictionaries among a component's data as JSON, untested. Calling it twice is harmless.

    Needed in Streamlit 1.67, which compares each of them with the table classes of pandas and Arrow, and imports both
    for that: 80 MB and half a second of the first visit. No component here is given a table.
    """
    module: Any = serialization
    original = module.is_dataframe_like
    if getattr(original, "takes_lists_as_json", False):
        return

    @wraps(original)
    def is_dataframe_like(value: object) -> bool:
        return not isinstance(value, (list, dict)) and bool(original(value))

    patched: Any = is_dataframe_like
    patched.takes_lists_as_json = True
    module.is_dataframe_like = patched


def take_turns(turn: Callable[[], AbstractContextManager[None]]) -> None:
    """Run few pages at a time, in the order in which they were asked for. Calling it twice is harmless.

    Needed in Streamlit 1.67, which runs all pages and parts of pages at once, each in a thread: with a hundred visitors
    the median wait was three times as long. `turn` waits until a page may run, and is left at its end.
    """
    original = ScriptRunner._run_script
    if getattr(original, "takes_turns", False):
        return

    @wraps(original)
    def run_script(self: ScriptRunner, rerun_data: RerunData) -> None:
        with turn():
            original(self, rerun_data)

    patched: Any = run_script
    patched.takes_turns = True
    ScriptRunner._run_script = patched  # type: ignore[method-assign]


def ignore_pages_folder() -> bool:
    """Let `st.navigation` alone define the pages; returns whether it did so already.

    Needed in Streamlit 1.67. Because of the folder named `pages`, Streamlit builds its old automatic menu until
    `st.navigation` has been called once. A server whose first visit is a deep link then runs that page's file without
    `app.py`, and shows the wrong menu.
    """
    was_ignored = not PagesManager.uses_pages_directory
    PagesManager.uses_pages_directory = False
    return was_ignored


def keep_files_of_running_pages() -> None:
    """Keep a media file for a while after the last page that listed it. Calling it twice is harmless.

    Needed in Streamlit 1.67. A page that runs again lists no file until it reaches the file's element. If another
    visitor's run ends meanwhile, or a click stops this one early, Streamlit deletes the file although the page still
    shows it: a picture that is being fetched is broken for good, and a download answers "404 Not Found". Files are
    deleted when a run of some page ends, or by `remove_unlisted_files`.
    """
    unlisted = MediaFileManager._get_inactive_file_ids
    if getattr(unlisted, "keeps_files", False):
        return

    def inactive(self: Any, unlisted_now: set[str], kind: str) -> set[str]:
        """Forget the files that no page has listed for `UNLISTED_SECONDS`; each kind of file has times of its own."""
        now = time.monotonic()
        since: dict[str, float] = self.__dict__.setdefault(f"_unlisted_{kind}", {})
        for file_id in since.keys() - unlisted_now:
            del since[file_id]
        return {file_id for file_id in unlisted_now if now - since.setdefault(file_id, now) >= UNLISTED_SECONDS}

    @wraps(unlisted)
    def get_inactive_file_ids(self: MediaFileManager) -> set[str]:
        return inactive(self, unlisted(self), "files")

    @wraps(MediaFileManager._remove_orphaned_deferred_callables)
    def remove_orphaned_deferred_callables(self: MediaFileManager) -> None:
        listed = {file_id for listed in self._files_by_session_and_coord.values() for file_id in listed.values()}
        for file_id in inactive(self, self._deferred_callables.keys() - listed, "callables"):
            self._drop_deferred_id(file_id)

    patched: Any = get_inactive_file_ids
    patched.keeps_files = True
    MediaFileManager._get_inactive_file_ids = patched  # type: ignore[method-assign]
    MediaFileManager._remove_orphaned_deferred_callables = remove_orphaned_deferred_callables  # type: ignore[method-assign]


def remove_unlisted_files() -> None:
    """Delete the media files that no page has listed for `UNLISTED_SECONDS`; needed while no page's run ends."""
    get_instance().media_file_mgr.remove_orphaned_files()


def media_address(data: bytes, mime_type: str, name: str) -> str:
    """Serve bytes to all visitors for as long as this server runs, and return their address on it.

    Needed in Streamlit 1.67, which registers media files for its own elements only, has no public function that gives a
    component the address of one, and serves a file only while some visitor's page lists it. So the file is also listed
    for a visitor who never leaves.
    The address contains a hash of the bytes, so that browsers can keep the file.
    """
    manager = get_instance().media_file_mgr
    address = manager.add(data, mime_type, name)
    with manager._lock:
        manager._files_by_session_and_coord[_EVERYBODY][name] = PurePosixPath(address).stem
    return address


def watch_uploads(
    issued: Callable[[str, str], None],
    removed: Callable[[str, str], None],
    forgotten: Callable[[str], None],
    most: int,
) -> None:
    """Report each upload address that a tab is given, each file that is removed, and each tab whose files are dropped.

    Needed in Streamlit 1.67, which accepts a file at every address that names an open tab, even an invented one, and
    gives a tab any number of addresses.

    Args:
        issued: called with the tab's session id and the file's id.
        removed: likewise.
        forgotten: called with the session id.
        most: addresses that a tab gets for one request.
    """
    manager: Any = get_instance().uploaded_file_mgr
    give, remove, drop = manager.get_upload_urls, manager.remove_file, manager.remove_session_files

    def get_upload_urls(session_id: str, file_names: Sequence[str]) -> list[UploadFileUrlInfo]:
        given: list[UploadFileUrlInfo] = give(session_id, file_names[:most])
        for each in given:
            issued(session_id, each.file_id)
        return given

    def remove_file(session_id: str, file_id: str) -> None:
        remove(session_id, file_id)
        removed(session_id, file_id)

    def remove_session_files(session_id: str) -> None:
        drop(session_id)
        forgotten(session_id)

    manager.get_upload_urls = get_upload_urls
    manager.remove_file = remove_file
    manager.remove_session_files = remove_session_files


def release_upload(file: UploadedFile) -> None:
    """Take an upload of the running page out of the server's memory; its uploader must not be drawn any more.

    Needed in Streamlit 1.67, which keeps each file until its tab is closed or the visitor removes the file.
    """
    if context := get_script_run_ctx():
        manager: Any = context.uploaded_file_mgr
        manager.remove_file(context.session_id, file.file_id)


def close_expired_sessions() -> int:
    """Close the sessions of tabs that were closed `disconnectedSessionTTL` ago; returns how many. From the event loop.

    Needed in Streamlit 1.67, which looks for expired sessions only when another tab closes: until then their uploads
    and pictures stay in memory.
    """
    manager: Any = get_instance()._session_mgr
    with manager._storage_lock:
        expired = manager._session_storage._cache.expire()
    for _, info in expired:
        info.session.shutdown()
    return len(expired)

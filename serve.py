"""The app as a server that prepares itself when it starts: stored runs resume, and the first visit is not slower.

`streamlit run serve.py` serves the same app as `streamlit run app.py`, whose first visitor waits for the job service,
for imports and for the bundled pictures.
"""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from streamlit import config, file_util

from nst_core import api
from nst_core.errors import StorageError
from nst_core.jobs.service import JobService
from nst_core.server import addresses, event_loop, install_routes, logs
from nst_core.server.addresses import Addresses
from nst_core.server.compressed_assets import CompressedAssets
from nst_core.server.connections import ConnectionLimit, most_connections
from nst_core.server.device_routes import routes as device_routes
from nst_core.server.forwarded import Forwarded
from nst_core.server.headers import SecurityHeaders, inline_script_hashes, security_headers
from nst_core.server.health import HealthRoutes, Readiness, readiness
from nst_core.server.link_cards import LinkCards
from nst_core.server.metrics import ClosedMetrics, serving_metrics
from nst_core.server.monitoring import tracing
from nst_core.server.monitoring.exposition import ServerMetrics
from nst_core.server.page_head import PageHead
from nst_core.server.turns import Turns
from nst_core.server.upload_ledger import UploadLedger, UploadQuota
from nst_core.server.uploads import Uploads
from nst_core.server.websocket_frames import ProtocolInScope, sender_of
from nst_core.settings import Settings
from nst_core.system import allocator
from nst_core.system.termination import on_termination
from pages import parts
from pages.parts.app import icons, service, streamlit_messages, streamlit_patches
from pages.parts.curves import plot
from pages.parts.device import files as files_for_devices
from pages.parts.film.chosen import FILM_TYPES, max_film_mb
from pages.parts.inputs import kept, selection
from pages.parts.inputs.uploads import max_upload_mb
from pages.parts.runs import curated

_LOGGER = logging.getLogger("nst_core.serve")
HOUSEKEEPING_SECONDS = 5.0
"""Interval at which the session data of closed tabs is dropped."""
LAZY_IMPORTS = (
    "streamlit.material_icon_names",  # by Streamlit, for its first icon
    "nst_core.bench.report.measured",
    "nst_core.bench.report.tables",
    "nst_core.models.weights",
    "nst_core.picture.catalogue",
    "nst_core.picture.encoded",
)
"""Modules that the app imports only when a visitor needs them."""
ENDS_WITHIN_SECONDS = 9.0
"""The longest time from SIGTERM to the end: hosts kill a server after 10 s, and closing the job service takes 8.5."""


def prepare() -> JobService:
    """Start the job service and load the modules and pictures of a first visit."""
    jobs = service.get()
    for name in (*LAZY_IMPORTS, *(part.name for part in walk_packages(parts.__path__, f"{parts.__name__}."))):
        import_module(name)
    streamlit_messages.hand_over_together(sender_of)
    streamlit_patches.take_turns(Turns().turn)
    streamlit_patches.ignore_pages_folder()
    plot.script()
    selection.preload()
    return jobs


def check() -> Readiness:
    """Whether the server could paint a picture for a visitor now."""
    return readiness(service.get(), SETTINGS.runs_folder)


def middleware() -> list[Middleware]:
    """The middleware that each request passes before it reaches the app, the outermost first."""
    page = Path(file_util.get_static_dir(), "index.html").read_text("utf-8")
    headers = security_headers(
        inline_script_hashes(page), SETTINGS.frame_ancestors, isolated=SETTINGS.cross_origin_isolation
    )
    return [
        Middleware(ProtocolInScope),
        *([TRACES.middleware()] if TRACES else []),
        Middleware(SecurityHeaders, headers=headers),
        Middleware(ClosedMetrics),
        Middleware(Forwarded, trusted=SETTINGS.trusted_proxies),
        Middleware(
            Addresses,
            trusted=SETTINGS.trusted_proxies,
            openings_per_minute=SETTINGS.openings_per_minute,
            most_pages=SETTINGS.pages_per_address,
        ),
        Middleware(Uploads, ledger=UPLOADS, film_suffixes=FILM_TYPES),
        Middleware(CompressedAssets, folder=Path(file_util.get_static_dir()), base=base_path()),
        Middleware(PageHead, describe=PREVIEWS.card, base=base_path()),
    ]


def base_path() -> str:
    """The path that all of Streamlit's own begin with, from its settings: "" or "/path"."""
    path = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""


def routes() -> list[BaseRoute]:
    """The health checks, manifest and icons, the files for devices, and the REST API unless it is switched off.

    All are below Streamlit's base path, if it has one; the checks are at the root too, for a host without a proxy.
    """
    base = base_path()
    checks = HealthRoutes(check)
    api_mount = [api.mounted(API, base)] if SETTINGS.api else []
    files = device_routes(files_for_devices.setup(), base)
    installed = install_routes.routes(icons.stored(), PREVIEWS.picture, base)
    return [*checks.routes(), *(checks.routes(base) if base else []), *installed, *files, *api_mount]


async def _housekeeping(connections: ConnectionLimit) -> None:
    while True:
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
        try:
            logs.adopt_loggers()
            logs.report_repeats()
            connections.end_silent()
            streamlit_patches.remove_unlisted_files()
            API.pictures.drop_unused()
            kept.store().sweep(kept.is_open)
            streamlit_patches.close_expired_sessions()  # the job service returns their memory at its next round
        except Exception:
            _LOGGER.exception("A round of housekeeping failed; the next one may succeed")


def _opened() -> JobService:
    """The job service. Ends the process, with one line for the operator, if its runs cannot be opened."""
    try:
        return service.get()
    except StorageError as error:
        _LOGGER.critical("The server does not start: %s", error)
        os._exit(1)  # an exception would be told with two stacks of the web server


def _metrics_of(jobs: JobService) -> Callable[[], bytes]:
    """What gives the metrics as text. Nothing is counted unless the operator names an address for them."""
    if SETTINGS.metrics_address is None:
        return bytes
    measured = ServerMetrics(jobs, SETTINGS.runs_folder)
    logging.getLogger().addHandler(measured.log_handler)
    return measured.text


@asynccontextmanager
async def _lifespan(_: st.App) -> AsyncIterator[None]:
    """Run the job service from the start of the server to its end.

    A signal closes it at once, without waiting until the connections of visitors are closed.
    """
    logs.configure(SETTINGS.log_style)
    jobs = await asyncio.to_thread(_opened)
    if key := await asyncio.to_thread(lambda: jobs.address_key):
        addresses.use_key(key)
    on_termination(jobs.close, jobs.abandon, ENDS_WITHIN_SECONDS)
    await asyncio.to_thread(prepare)
    event_loop.shorten_turns()
    event_loop.coalesce_wake_ups(asyncio.get_running_loop())
    allocator.ignore_objects_until_now()
    streamlit_patches.watch_uploads(
        UPLOADS.issue,
        lambda session, file: UPLOADS.restore(session, file, None),
        UPLOADS.forget,
        UPLOADS.limits.session_files,
    )
    connections = ConnectionLimit(SETTINGS.connections or most_connections())
    connections.apply(asyncio.get_running_loop())
    housekeeping = asyncio.create_task(_housekeeping(connections))
    if SETTINGS.device_files:
        files_for_devices.setup().start()
    if TRACES:
        TRACES.watch(jobs)
    async with serving_metrics(app, SETTINGS.metrics_address, _metrics_of(jobs), base_path()):
        yield
    housekeeping.cancel()
    files_for_devices.setup().close()
    await asyncio.to_thread(jobs.close)
    if TRACES:
        await asyncio.to_thread(TRACES.close)


SETTINGS = Settings.read()
TRACES = tracing.start(SETTINGS)
UPLOADS = UploadLedger(
    UploadQuota(
        file_bytes=max_upload_mb() * 2**20,
        session_files=SETTINGS.upload_files,
        session_bytes=SETTINGS.upload_mb * 2**20,
        total_bytes=SETTINGS.upload_total_mb * 2**20,
        per_minute=SETTINGS.uploads_per_minute,
        film_bytes=max_film_mb() * 2**20,
        films_bytes=SETTINGS.upload_films_mb * 2**20,
    )
)
PREVIEWS = LinkCards(service.get, curated.found)
API = api.ApiContext(service.get, check, SETTINGS)
app = st.App(
    Path(__file__).with_name("app.py"),
    lifespan=_lifespan,
    routes=routes(),
    middleware=middleware(),
)

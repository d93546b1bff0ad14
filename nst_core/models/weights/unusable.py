"""The sentence for users about weights that the operator named and that cannot be used."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from nst_core.net.download import is_remote
from nst_core.settings import Settings

FOLDER_VARIABLE, HANDLE_VARIABLE = "NST_WEIGHTS_DIR", "NST_HUB_HANDLE"
_LONGEST_REASON = 240


def sentence(variable: str, reason: str, network: str, used: str, settings: Settings) -> str:
    """One sentence for pages and recipes: the setting, why its weights cannot be used, and what is used instead.

    Pages are public: an address is shown without password and query, a folder only with its own name.

    Args:
        variable: `FOLDER_VARIABLE` or `HANDLE_VARIABLE`.
        reason: the error, which may contain paths of this machine.
        network: the network's title.
        used: name of the source that is used instead.
        settings: the operator's settings.
    """
    value = str(settings.weights_dir) if variable == FOLDER_VARIABLE else settings.hub_handle
    name = shown(value)
    for secret, public in ((value, name), (str(Path(value).expanduser()), name), (str(settings.cache_dir), "cache")):
        reason = reason.replace(secret, public)
    reason = " ".join(reason.partition("; ")[0].split())[:_LONGEST_REASON]  # without the advice
    return f"{variable} must name usable weights for {network}, got {name} ({reason}); {used} is used instead"


def shown(value: str) -> str:
    """An address without user, password and query; the name of a folder."""
    if not is_remote(value):
        return Path(value).name or value
    parts = urlsplit(value)
    return f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"

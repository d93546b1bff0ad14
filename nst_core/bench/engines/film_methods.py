"""The methods and measures of `bench film`, for the tables too, which a web server makes: without OpenCV, 16 MB."""

from __future__ import annotations

from typing import Any

METHODS: dict[str, tuple[str, dict[str, Any], int, int]] = {
    "fast": ("painterly", {"method": "fast"}, 34, 34),
    "slow": ("painterly", {}, 12, 3),
}
"""Method -> preset, settings, frames of the film, and how many of its first ones are also painted each on its own.

34, since drift is measured over 30 frames. Slow pictures take half a minute each.
"""
STYLE = ("style_wasserstein2", "style_gram")

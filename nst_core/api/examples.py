"""Examples of requests and answers for the OpenAPI document; a test holds each against its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nst_core.api.problems import KINDS, document
from nst_core.recipe import make

_RUN_ID = "5f0c6a1e9d3b4c7f8a2e1d0b9c8f7a6e"
_PICTURE_ID = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_LINK = f"/api/v1/runs/{_RUN_ID}"

REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "submit_run": {
        "pictures that the server knows": {
            "content_id": "chelsea",
            "style_id": ["night-swirls"],
            "recipe": '{"preset": "bold", "steps": 100, "longest_edge_px": 256}',
        },
    },
    "stylize_run": {
        "pictures that the server knows": {
            "content_id": "chelsea",
            "style_id": ["night-swirls"],
            "recipe": '{"longest_edge_px": 384}',
            "format": "png",
        },
    },
    "steer_run": {"more of the style": {"style_weight": 40.0}},
    "upload_picture": {"a photograph": {"picture": ["photo.jpg"]}},
    "estimate": {
        "two styles": {
            "recipe": {"preset": "bold", "longest_edge_px": 512},
            "width": 4032,
            "height": 3024,
            "styles": 2,
        }
    },
    "measure": {
        "pictures that the server knows": {
            "output_id": "coffee",
            "content_id": "chelsea",
            "style_id": ["night-swirls"],
            "longest_edge_px": 256,
        }
    },
}
"""The bodies of requests: name of the operation -> title -> body."""

_RUN: dict[str, Any] = {
    "id": _RUN_ID,
    "state": "running",
    "recipe": make("bold", {"steps": 100, "longest_edge_px": 256}).model_dump(mode="json"),
    "step": 40,
    "total_steps": 100,
    "losses": {"total": 3.2, "content": 0.6, "style": 2.5, "variation": 0.1},
    "position": 0,
    "wait_seconds": 0.0,
    "seconds_left": 21.5,
    "snapshot_steps": [10, 20, 30, 40],
    "has_result": False,
    "notes": [],
    "error": None,
    "report": None,
    "created": 1767225600.0,
    "ended": None,
    "links": {
        "self": _LINK,
        "events": f"{_LINK}/events",
        "curve": f"{_LINK}/curve",
        "picture": f"{_LINK}/picture",
        "timelapse": f"{_LINK}/timelapse",
        "film": None,
        "page": f"/result?result={_RUN_ID}",
    },
}

RESPONSES: Mapping[str, Any] = {
    "new-run": {**_RUN, "state": "queued", "step": 0, "losses": {}, "position": 1, "secret": "0" * 32},
    "run": _RUN,
    "pictures": {
        "pictures": [
            {
                "id": _PICTURE_ID,
                "width": 4032,
                "height": 3024,
                "sha256": _SHA256,
                "notes": [],
                "expires": 1767227400.0,
            }
        ]
    },
    "curve": {
        "recipe": _RUN["recipe"],
        "points": [
            {
                "step": 1,
                "seconds": 0.4,
                "scale_px": 256,
                "evaluations": 1,
                "losses": {"total": 12.5, "content": 0.0, "style": 12.4, "variation": 0.1},
                "events": [],
                "weights": {"content": 0.5, "style": 60.0, "variation": 2.0},
            }
        ],
        "reference_losses": {},
    },
    "estimate": {"seconds": 48.2, "peak_mb": 1480.0, "calibrated": True, "largest_edge_px": 2048, "fits": True},
    "measures": {
        "size": [256, 192],
        "content": {"block4_conv2": 1.21, "block5_conv2": 0.34},
        "style_gram": {f"block{block}_conv1": 0.02 * block for block in range(1, 6)},
        "style_wasserstein2": {f"block{block}_conv1": 0.5 * block for block in range(1, 6)},
        "total_variation": 0.061,
        "ssim": 0.42,
        "colour": 0.083,
        "tutorial_total": 3.1e6,
    },
    "presets": {
        "presets": [
            {
                "name": "bold",
                "title": "Bold",
                "text": "The style takes over: broad strokes, and shapes bend to them.",
                "settings": {"steps": 50, "objective": {"content_weight": 0.5, "style_weight": 60.0}},
                "source": "",
            }
        ]
    },
    "styles": {
        "contents": [
            {
                "id": "chelsea",
                "title": "Chelsea the cat",
                "artist": "Stéfan van der Walt",
                "year": "",
                "licence": "CC0 1.0",
                "alt": "Close-up of a ginger cat looking aside",
                "page": None,
                "available": "now",
                "thumbnail": "/api/v1/styles/chelsea/picture",
            }
        ],
        "styles": [],
    },
    "schema": {"type": "object", "properties": {"steps": {"type": "integer", "minimum": 1, "maximum": 5000}}},
    "alive": {"status": "ok"},
    "ready": {"ready": True, "checks": {"worker": {"ok": True, "detail": "ready"}}},
    "problem-kind": {"code": "rate", "status": 429, "title": "Too many requests"},
}
"""The answers: title -> body."""

ANSWERS: Mapping[str, str] = {
    "submit_run": "new-run",
    "stylize_run": "new-run",
    "get_run": "run",
    "stop_run": "run",
    "pause_run": "run",
    "resume_run": "run",
    "steer_run": "run",
    "get_run_curve": "curve",
    "upload_picture": "pictures",
    "estimate": "estimate",
    "measure": "measures",
    "list_presets": "presets",
    "list_styles": "styles",
    "get_recipe_schema": "schema",
    "check_alive": "alive",
    "check_ready": "ready",
    "get_problem_kind": "problem-kind",
}
"""The answer of each operation that answers with JSON: name of the operation -> title."""

_SENTENCES = {
    "recipe": "steps must be between 1 and 5000, got 0",
    "picture": "a request needs a style: send the file `style`, or `style_id`, got neither",
    "request": "query.longest_edge_px: Input should be '128', '256' or '512'",
    "token": "this server asks for a token: send the header Authorization: Bearer TOKEN",
    "not-yours": "only the visitor who started this run may change it",
    "run-lost": "there is no run with this id",
    "rate": "one network address may send 240 requests in a minute",
    "queue-full": "24 runs are waiting, which is the most; try again in about 5 minutes",
    "worker": "the networks could not be loaded",
    "busy": "all places for measurements are taken; try again",
}
PROBLEMS: Mapping[str, Any] = {
    kind.code: document(kind, _SENTENCES[kind.code]).model_dump(exclude_none=True)
    for kind in KINDS
    if kind.code in _SENTENCES
}
"""Problems that clients meet: code -> document."""

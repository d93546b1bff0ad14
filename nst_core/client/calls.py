"""Each request of the API, and how its answer is parsed. A picture is a path, bytes, or the id of one on the server."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from nst_core.client.results import Estimate, KnownPicture, Preset, Run, UploadedPicture, made
from nst_core.client.retries import Call
from nst_core.errors import PictureError

PictureInput = Path | bytes | str
"""A file, its bytes, or an id. Text that names an existing file is taken for its path."""
_ID = re.compile(r"[a-z0-9-]{1,100}")


def submit(
    content: PictureInput, styles: Sequence[PictureInput], *, recipe: Mapping[str, Any] | None = None, **settings: Any
) -> Call[Run]:
    """Start a run; `settings`, such as `preset` and `steps`, change the recipe. Sent again, it starts no second run."""
    return Call("POST", "/runs", _run, options=_painting(content, styles, {**(recipe or {}), **settings}))


def submit_film(
    film: PictureInput, styles: Sequence[PictureInput], *, recipe: Mapping[str, Any] | None = None, **settings: Any
) -> Call[Run]:
    """Start the run of a film, a file or its bytes; else like `submit`."""
    options = _painting(film, styles, {**(recipe or {}), **settings}, "film")
    return Call("POST", "/runs", _run, options=options)


def stylize(content: PictureInput, styles: Sequence[PictureInput], **settings: Any) -> Call[bytes | Run]:
    """A picture by the fast method as PNG; a run to wait for if the server takes longer."""
    return Call("POST", "/stylize", _picture_or_run, options=_painting(content, styles, settings))


def run(run: str) -> Call[Run]:
    """A run as it is now."""
    return Call("GET", f"/runs/{run}", _run)


def stop(run: str) -> Call[Run]:
    """End a run within a step, with its picture."""
    return Call("POST", f"/runs/{run}/stop", _run)


def pause(run: str) -> Call[Run]:
    """Hold a run after its step."""
    return Call("POST", f"/runs/{run}/pause", _run, is_safe=False)


def resume(run: str) -> Call[Run]:
    """Resume a paused run."""
    return Call("POST", f"/runs/{run}/resume", _run, is_safe=False)


def steer(run: str, **settings: Any) -> Call[Run]:
    """Change settings of a run between two steps."""
    return Call("POST", f"/runs/{run}/steer", _run, options={"json": settings})


def delete(run: str) -> Call[None]:
    """End a run, and delete it with its pictures."""
    return Call("DELETE", f"/runs/{run}", lambda _: None, is_safe=False)


def picture(run: str, *, step: int | None = None, format: str | None = None) -> Call[bytes]:
    """A run's result, or its newest picture, or that of a step; `format` is png, jpeg or webp."""
    asked = {"step": step, "format": format}
    return Call("GET", f"/runs/{run}/picture", _content, options={"params": _given(asked)})


def film(run: str) -> Call[bytes]:
    """The finished film of a film's run."""
    return Call("GET", f"/runs/{run}/film", _content)


def curve(run: str) -> Call[Any]:
    """The recipe, the points of the loss curve and the reference losses, as plain data."""
    return Call("GET", f"/runs/{run}/curve", httpx.Response.json)


def upload(*pictures: PictureInput) -> Call[list[UploadedPicture]]:
    """Send pictures once for several runs."""
    files = [("picture", _bytes(each)) for each in pictures]
    return Call("POST", "/pictures", _pictures, is_safe=False, options={"files": files})


def presets() -> Call[list[Preset]]:
    """Named settings."""
    return Call("GET", "/presets", lambda answer: [made(Preset, each) for each in answer.json()["presets"]])


def styles() -> Call[list[KnownPicture]]:
    """Styles and paintings that a run can name."""
    return Call("GET", "/styles", lambda answer: [made(KnownPicture, each) for each in answer.json()["styles"]])


def estimate(width: int, height: int, *, styles: int = 1, **settings: Any) -> Call[Estimate]:
    """Estimate the cost of a run for a photograph of this size."""
    body = {"width": width, "height": height, "styles": styles, "recipe": settings}
    return Call("POST", "/estimate", lambda answer: made(Estimate, answer.json()), options={"json": body})


def measure(
    output: PictureInput, content: PictureInput, styles: Sequence[PictureInput], *, longest_edge_px: int = 512
) -> Call[Any]:
    """Distances of a result from its content and its styles, as plain data."""
    files, data = _parts([("output", output), ("content", content), *(("style", style) for style in styles)])
    data["longest_edge_px"] = [str(longest_edge_px)]
    return Call("POST", "/measure", httpx.Response.json, options={"files": files, "data": data})


def _painting(
    content: PictureInput, styles: Sequence[PictureInput], recipe: Mapping[str, Any], name: str = "content"
) -> dict[str, Any]:
    files, data = _parts([(name, content), *(("style", style) for style in styles)])
    data["recipe"] = [json.dumps(recipe)]
    return {"files": files, "data": data, "headers": {"Idempotency-Key": secrets.token_hex(16)}}


def _parts(pictures: Sequence[tuple[str, PictureInput]]) -> tuple[list[tuple[str, bytes]], dict[str, list[str]]]:
    """Pictures as files and fields of a form."""
    files: list[tuple[str, bytes]] = []
    data: dict[str, list[str]] = {}
    for name, given in pictures:
        if isinstance(given, str) and _ID.fullmatch(given) and not Path(given).is_file():
            data.setdefault(f"{name}_id", []).append(given)
        else:
            files.append((name, _bytes(given)))
    return files, data


def _bytes(given: PictureInput) -> bytes:
    if isinstance(given, bytes):
        return given
    try:
        return Path(given).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: no path can have this character
        reason = error.strerror if isinstance(error, OSError) else error
        raise PictureError(f"{str(given)[:200]} must be a file that can be read ({reason})") from None


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _run(answer: httpx.Response) -> Run:
    return made(Run, answer.json())


def _picture_or_run(answer: httpx.Response) -> bytes | Run:
    return _run(answer) if answer.status_code == httpx.codes.ACCEPTED else answer.content


def _content(answer: httpx.Response) -> bytes:
    return answer.content


def _pictures(answer: httpx.Response) -> list[UploadedPicture]:
    return [made(UploadedPicture, each) for each in answer.json()["pictures"]]

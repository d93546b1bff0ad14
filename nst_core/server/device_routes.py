"""The routes of the files for devices: `/device/<hash>/<file>`, which never change, and `/device/manifest.json`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from nst_core.server.asgi import FOREVER, takes_gzip
from nst_core.server.device_files import DeviceFile
from nst_core.server.device_setup import DeviceSetup

NOT_THERE = "This file is not on the server (yet); /device/manifest.json lists the available ones.\n"


def routes(setup: DeviceSetup, base: str = "") -> list[Route]:
    """The routes, for GET and HEAD, below the path `base`; `base` is noted in the setup."""
    setup.base = base

    async def file(request: Request) -> Response:
        file_set = await asyncio.to_thread(setup.file_set)
        found = file_set.files.get(request.path_params["name"])
        if found is None or not found.address.startswith(f"{request.path_params['hash16']}/"):
            return PlainTextResponse(NOT_THERE, 404, {"cache-control": "no-store"})
        return _answer(found, request.headers)

    async def manifest(request: Request) -> Response:
        listed = (await asyncio.to_thread(setup.file_set)).manifest
        if listed is None:
            return PlainTextResponse(NOT_THERE, 404, {"cache-control": "no-store"})
        return JSONResponse(listed.model_dump(mode="json"), headers={"cache-control": "no-cache"})

    return [Route(f"{base}/device/manifest.json", manifest), Route(f"{base}/device/{{hash16}}/{{name}}", file)]


def _answer(file: DeviceFile, asked: Mapping[str, str]) -> Response:
    packed = file.packed if takes_gzip(asked.get("accept-encoding", "")) else None
    # The plain and the compressed form need two strong entity tags: a byte range of one is no range of the other.
    tag = f'"{file.sha256[:32]}{"-gzip" if packed else ""}"'
    headers = {"cache-control": FOREVER, "etag": tag, "vary": "accept-encoding"}
    if tag in asked.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if packed:
        headers["content-encoding"] = "gzip"
    return FileResponse(packed or file.path, headers=headers, media_type=file.media_type)

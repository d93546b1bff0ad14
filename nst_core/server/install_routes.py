"""The routes of what an installed app needs: its manifest and its icons; and the pictures of link previews."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from nst_core.server.page_head import NAME, THEME_COLOURS

DAY = "public, max-age=86400"
MANIFEST: dict[str, Any] = {
    "name": NAME,
    "short_name": "NST",
    "description": "Your photograph, repainted in the style of any picture.",
    "id": "./",
    "start_url": "./",
    "scope": "./",
    "display": "standalone",
    "background_color": THEME_COLOURS["light"],
    "theme_color": THEME_COLOURS["light"],
    "categories": ["graphics", "photo"],
    "icons": [
        {"src": "./icons/icon-192.png", "sizes": "192x192", "type": "image/png", "purpose": "any"},
        {"src": "./icons/icon-512.png", "sizes": "512x512", "type": "image/png", "purpose": "any"},
        {"src": "./icons/maskable-512.png", "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
    ],
    "shortcuts": [
        {"name": "Paint in a second", "url": "./fast", "icons": [{"src": "./icons/icon-192.png", "sizes": "192x192"}]},
        {"name": "Paint step by step", "url": "./slow", "icons": [{"src": "./icons/icon-192.png", "sizes": "192x192"}]},
    ],
}
"""All addresses are relative to the manifest's own, so that it fits below any base path."""

NOTIFIER = """self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const tabs = self.clients.matchAll({ type: "window", includeUncontrolled: true });
  event.waitUntil(tabs.then(([first]) => first?.focus()));
});
"""
"""The service worker of notifications, which phones need. It handles no requests and keeps nothing."""

Preview = Callable[[str], Awaitable[bytes | None]]
"""The JPEG of the preview of the run of an id; None if there is none that may be shown."""


def routes(icons: Mapping[str, bytes], preview: Preview, base: str = "") -> list[Route]:
    """The routes, for GET and HEAD, below the path `base`; `icons` are PNGs by file name."""

    async def manifest(_: Request) -> Response:
        return JSONResponse(MANIFEST, headers={"cache-control": DAY}, media_type="application/manifest+json")

    async def icon(request: Request) -> Response:
        png = icons.get(request.path_params["name"])
        return _absent() if png is None else Response(png, media_type="image/png", headers={"cache-control": DAY})

    async def picture(request: Request) -> Response:
        jpeg = await preview(request.path_params["job"])
        # Its owner may take the result from the list at any time.
        headers = {"cache-control": "public, max-age=300", "x-robots-tag": "noindex"}
        return _absent() if jpeg is None else Response(jpeg, media_type="image/jpeg", headers=headers)

    async def notifier(_: Request) -> Response:
        return Response(NOTIFIER, media_type="text/javascript", headers={"cache-control": "no-cache"})

    return [
        Route(f"{base}/manifest.webmanifest", manifest),
        Route(f"{base}/notifications.js", notifier),
        Route(f"{base}/icons/{{name}}", icon),
        Route(f"{base}/preview/{{job}}.jpg", picture),
    ]


def _absent() -> Response:
    return PlainTextResponse("There is no such picture here.\n", 404, {"cache-control": "no-store"})

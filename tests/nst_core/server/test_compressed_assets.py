"""Scripts and style sheets in gzip: the same bytes, compressed once, with tags of their own; all else is passed on."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from nst_core.server import compressed_assets
from nst_core.server.asgi import FOREVER
from nst_core.server.compressed_assets import CompressedAssets
from tests.asgi import ask, asked, plain

SCRIPT, SHEET, TINY = b"export const answer = 42;\n" * 4000, b".graph { color: red }\n" * 900, b"1"
GZIPS = {"accept-encoding": "br, gzip"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of files, one of them outside of what is served compressed."""
    (tmp_path / "static" / "js").mkdir(parents=True)
    for name, content in {"js/a.0f.js": SCRIPT, "a.0f.css": SHEET, "t.js": TINY, "font.0f.woff2": SCRIPT}.items():
        (tmp_path / "static" / name).write_bytes(content)
    (tmp_path / "secret.js").write_bytes(SCRIPT)
    return tmp_path


def serve(folder: Path, base: str = "") -> CompressedAssets:
    """The middleware before what sends the same files as they are."""
    return CompressedAssets(Starlette(routes=[Mount(base or "/", StaticFiles(directory=folder))]), folder, base)


@pytest.mark.parametrize("base", ["", "/tools/nst"])
@pytest.mark.parametrize(
    ("name", "content", "kind"), [("js/a.0f.js", SCRIPT, "text/javascript"), ("a.0f.css", SHEET, "text/css")]
)
def test_a_file_arrives_compressed_whole_and_for_ever(
    folder: Path, base: str, name: str, content: bytes, kind: str
) -> None:
    answer = ask(serve(folder, base), path=f"{base}/static/{name}", headers=GZIPS)
    assert gzip.decompress(answer.body) == content
    assert len(answer.body) < len(content) / 10
    expected = {"content-encoding": "gzip", "vary": "accept-encoding", "cache-control": FOREVER}
    assert expected.items() <= answer.headers.items()
    assert answer.headers["content-type"].startswith(kind)
    assert answer.headers["content-length"] == str(len(answer.body))
    head = ask(serve(folder, base), "HEAD", f"{base}/static/{name}", headers=GZIPS)
    assert (head.body, head.headers["content-length"]) == (b"", answer.headers["content-length"])


@pytest.mark.parametrize(
    "headers", [{}, {"accept-encoding": "br"}, {"accept-encoding": "gzip;q=0"}, {**GZIPS, "range": "bytes=0-"}]
)
def test_without_gzip_and_for_a_part_the_plain_bytes_arrive_with_another_tag(
    folder: Path, headers: Mapping[str, str]
) -> None:
    app, path = serve(folder), "/static/js/a.0f.js"
    answer, packed = ask(app, path=path, headers=headers), ask(app, path=path, headers=GZIPS)
    assert answer.body == SCRIPT
    assert "content-encoding" not in answer.headers
    assert answer.headers["vary"] == "accept-encoding"
    assert answer.headers["etag"] != packed.headers["etag"]


def test_a_range_of_the_compressed_bytes_is_never_completed_with_plain_ones(folder: Path) -> None:
    app, path = serve(folder), "/static/js/a.0f.js"
    tag = ask(app, path=path, headers=GZIPS).headers["etag"]
    answer = ask(app, path=path, headers={**GZIPS, "range": "bytes=10-19", "if-range": tag})
    assert (answer.status, answer.body) == (200, SCRIPT)
    assert ask(app, path=path, headers={**GZIPS, "range": "bytes=10-19"}).body == SCRIPT[10:20]


def test_what_a_browser_has_is_not_sent_again_and_is_known_by_its_bytes(folder: Path) -> None:
    app, path = serve(folder), "/static/js/a.0f.js"
    tag = ask(app, path=path, headers=GZIPS).headers["etag"]
    answer = ask(app, path=path, headers={**GZIPS, "if-none-match": f'"x", {tag}'})
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)
    assert ask(serve(folder), path=path, headers=GZIPS).headers["etag"] == tag, "of another server with this file"
    (folder / path[1:]).write_bytes(SCRIPT + b"\n")
    assert ask(serve(folder), path=path, headers={**GZIPS, "if-none-match": tag}).status == 200


@pytest.mark.parametrize("path", ["/secret.js", "/static/font.0f.woff2", "/static/t.js", "/static/js/../../secret.js"])
def test_other_files_and_those_that_would_grow_are_sent_as_they_are(folder: Path, path: str) -> None:
    answer = ask(serve(folder), path=path, headers=GZIPS)
    assert "content-encoding" not in answer.headers
    assert answer.status in (200, 404)


def test_many_first_visitors_wait_for_one_compression(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compressed: list[Path] = []
    compress = compressed_assets._compress

    def counted(path: Path) -> object:
        compressed.append(path)
        return compress(path)

    monkeypatch.setattr(compressed_assets, "_compress", counted)
    app = serve(folder)

    async def crowd() -> None:
        paths = ["/static/js/a.0f.js", "/static/a.0f.css", "/static/t.js"] * 8
        answers = await asyncio.gather(*(asked(app, path=path, headers=GZIPS) for path in paths))
        assert {answer.status for answer in answers} == {200}

    asyncio.run(crowd())
    assert sorted(path.name for path in compressed) == ["a.0f.css", "a.0f.js", "t.js"]


def test_websockets_and_uploads_pass(folder: Path) -> None:
    app = CompressedAssets(plain, folder)
    assert ask(app, path="/static/js/a.0f.js", kind="websocket").status == 101
    assert ask(app, "POST", "/static/js/a.0f.js", headers=GZIPS).text == "hello"

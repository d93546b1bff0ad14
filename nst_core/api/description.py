"""The OpenAPI document: FastAPI derives it from the routes.

This module adds operation names, security schemes and examples. `nst_core/api/openapi.json` is a committed copy, so
that a review sees each change of the API.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from nst_core.api import problems
from nst_core.api.access import SECRET_HEADER
from nst_core.api.examples import ANSWERS, PROBLEMS, REQUESTS, RESPONSES

COMMITTED = Path(__file__).with_name("openapi.json")
VERSION = "1.1"
"""The version of the API, not of the program. An addition raises the second number, a change that breaks clients the
first."""
PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": problems.Problem, "description": "The request cannot be answered so: a problem document"},
    "5XX": {"model": problems.Problem, "description": "The server cannot answer now: a problem document"},
}
"""The answers of every route beside its own."""
TAGS = [
    {"name": "Runs", "description": "Paint a picture, follow it, change it."},
    {"name": "Pictures", "description": "Send a picture once for several runs."},
    {"name": "Choices", "description": "The choices for a run."},
    {"name": "Measures", "description": "The cost of a run, and the quality of a result."},
    {"name": "Server", "description": "Whether the server is well, and what its problems mean."},
]
_SCHEMES = {
    "Token": {
        "type": "http",
        "scheme": "bearer",
        "description": "one of the operator's tokens, where the server asks for one",
    },
    "RunSecret": {
        "type": "apiKey",
        "in": "header",
        "name": SECRET_HEADER,
        "description": "the secret of a run's owner, which `POST /runs` gave",
    },
}
OWNER_OPTIONAL = ("submit_run", "stylize_run")
"""Operations that take an owner's secret, and work without one."""
_MAKES = {
    "submit_run": ("run", "$response.body#/id"),
    "upload_picture": ("picture", "$response.body#/pictures/0/id"),
}
"""Operations that create a resource -> the path parameter that names the resource, and the place of its id in the
answer."""
_METHODS = ("get", "post", "put", "patch", "delete")


def operation_id(route: APIRoute) -> str:
    """The name of a route for generated clients, such as `stop_run` and `get_run_curve`."""
    tag = str(route.tags[0]) if route.tags else ""
    noun = tag[:-1].lower() if tag in ("Runs", "Pictures") else ""
    if not noun or noun in route.name:
        return route.name
    return f"get_{noun}_{route.name}" if "GET" in (route.methods or ()) else f"{route.name}_{noun}"


def install(app: FastAPI) -> None:
    """Give an application this description; all its routes must be added before."""

    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = made  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=TAGS,
        servers=app.servers,
        license_info=app.license_info,
    )
    for name, schema in document["components"]["schemas"].items():
        if name.startswith("Body_"):  # the forms
            schema["additionalProperties"] = False
    document["components"] |= {"securitySchemes": _SCHEMES, "examples": _components()}
    for _, _, operation in operations(document):
        _sum_up(operation)
        _sign_in(operation)
        _exemplify(operation)
    _link(document)
    return document


def _components() -> dict[str, Any]:
    """The examples that several operations share."""
    shared = {**RESPONSES, **{f"problem-{code}": each for code, each in PROBLEMS.items()}}
    return {name: {"value": value} for name, value in shared.items()}


def _sum_up(operation: dict[str, Any]) -> None:
    """The first sentence is the summary; the rest, if any, the description."""
    text = " ".join(operation["description"].split())
    first, _, rest = text.partition(". ")
    operation["summary"] = first.removesuffix(".")
    operation["description"] = rest or text


def _sign_in(operation: dict[str, Any]) -> None:
    """Add the security schemes, among them the owner's secret."""
    parameters = operation.get("parameters", [])
    with_secret = [each for each in parameters if each["name"] == SECRET_HEADER]
    operation["parameters"] = [each for each in parameters if each not in with_secret]
    ways: list[dict[str, list[str]]] = [{}] if operation["tags"] == ["Server"] else [{}, {"Token": []}]
    if with_secret:
        owned = [{**way, "RunSecret": []} for way in ways]
        ways = [*ways, *owned] if operation["operationId"] in OWNER_OPTIONAL else owned
    operation["security"] = ways


def _exemplify(operation: dict[str, Any]) -> None:
    """Add the examples of `nst_core.api.examples`, and the media type of problems."""
    name = operation["operationId"]
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["examples"] = {title: {"value": value} for title, value in REQUESTS.get(name, {}).items()}
    for status, response in operation["responses"].items():
        if status in ("4XX", "5XX"):
            response["content"] = {problems.MEDIA_TYPE: _problem_media(status)}
        elif status.startswith("2") and (title := ANSWERS.get(name)):
            for kind, media in response.get("content", {}).items():
                if "json" in kind:
                    media["examples"] = {title: {"$ref": f"#/components/examples/{title}"}}


def _link(document: dict[str, Any]) -> None:
    """Add OpenAPI links: which requests may follow one that created a run or a picture, and where its id is found."""
    by_name = {operation["operationId"]: (path, operation) for path, _, operation in operations(document)}
    for name, (parameter, source) in _MAKES.items():
        followers = [other for other, (path, _) in by_name.items() if f"{{{parameter}}}" in path]
        links = {other: {"operationId": other, "parameters": {parameter: source}} for other in followers}
        by_name[name][1]["responses"]["201"]["links"] = links


def _problem_media(status: str) -> dict[str, Any]:
    codes = [code for code, each in PROBLEMS.items() if str(each["status"])[0] == status[0]]
    examples = {code: {"$ref": f"#/components/examples/problem-{code}"} for code in codes}
    return {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}


def as_text(document: dict[str, Any]) -> str:
    """The document as the text of the committed file."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each operation of a document: its path, its method, its description."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in _METHODS:
                yield path, method, operation

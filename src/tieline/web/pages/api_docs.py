"""The API as people read it: our OpenAPI document on a page of our own, without anybody's script."""

from __future__ import annotations

from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from tieline.api.openapi import document
from tieline.api.routes import ENDPOINTS
from tieline.web.context import settings
from tieline.web.page import render

EVIDENCE = {
    "doc": "documented by the vendor",
    "client": "known from clients",
    "inferred": "our reading",
    "ext": "extension",
}
Schema = dict[str, Any]


class Operation(NamedTuple):
    """An operation as the page shows it."""

    id: str
    method: str
    path: str
    summary: str
    scope: str
    evidence: str
    deprecated: bool
    parameters: list[Schema]
    bodies: list[Schema]
    answers: list[Schema]


async def show(request: Request) -> Response:
    """Every operation by its group, then every object they take and answer."""
    made = document(ENDPOINTS, settings(request).base_url)
    groups: dict[str, list[Operation]] = {tag["name"]: [] for tag in made["tags"]}
    for path, methods in made["paths"].items():
        for method, found in methods.items():
            groups[found["tags"][0]].append(_operation(method, path, found))
    return await render(
        request,
        "api_docs.html",
        groups={name: found for name, found in groups.items() if found},
        schemas=made["components"]["schemas"],
        about=made["info"]["description"],
        base_url=settings(request).base_url,
        kind=kind,
        evidence=EVIDENCE,
    )


def _operation(method: str, path: str, found: Schema) -> Operation:
    scopes: list[str] = next((one["OAuth2"] for one in found["security"] if "OAuth2" in one), [])
    body = found.get("requestBody", {}).get("content", {})
    answer = found["responses"]["200"].get("content", {})
    return Operation(
        found["operationId"],
        method.upper(),
        path,
        found["summary"],
        scopes[0] if scopes else "",
        found.get("x-evidence", "doc"),
        found.get("deprecated", False),
        found["parameters"],
        [content["schema"] for content in body.values()],
        [content["schema"] for content in answer.values()],
    )


def kind(schema: Schema) -> list[tuple[str, str]]:
    """What a value is, as pieces of text, each with the name of the object it leads to or nothing."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return [(name, name)]
    if "anyOf" in schema:
        pieces: list[tuple[str, str]] = []
        for part in schema["anyOf"]:
            pieces += [(" or ", "")] if pieces else []
            pieces += kind(part)
        return pieces
    if "x-line" in schema:
        return [("lines of ", ""), *kind(schema["x-line"])]
    named = schema.get("type", "anything")
    if named == "array":
        return [("list of ", ""), *kind(schema.get("items") or {})]
    if named == "object" and isinstance(schema.get("additionalProperties"), dict):
        return [("name to ", ""), *kind(schema["additionalProperties"])]
    return [(" or ".join(named) if isinstance(named, list) else named, "")]

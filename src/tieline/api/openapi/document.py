"""Our own OpenAPI document, written from the route table, the records and what handlers say they take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

import msgspec

from tieline import __version__
from tieline.api.call import Endpoint
from tieline.api.openapi import answers
from tieline.api.openapi.operations import HANDLERS, LINES, Described, evidence_of, parameters_of
from tieline.api.openapi.parameters import described as parameter
from tieline.api.openapi.schemas import components, reference
from tieline.records.changes import BeforeAfter
from tieline.records.vocabulary import SCOPE_WORDS
from tieline.records.webhook import Notification, WebhookFilter

Schema = dict[str, Any]
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
TAGS: Final = (
    "People", "Companies", "Projects", "Timeline", "Account", "Team", "Analytics", "Webhooks", "OAuth", "Aliases", "Extensions",
)  # fmt: skip
ABOUT: Final = (
    "The Cloze API as Tieline serves it. `x-evidence` says where an item is known from: doc (the vendor's reference), "
    "client (a public client), inferred (our reading), ext (an extension of Tieline). Unknown parameters and members "
    "are ignored. What cannot be done is answered with HTTP 200 and an errorcode; a client that accepts "
    "application/problem+json gets RFC 9457 and a matching status."
)


@cache
def document(endpoints: Sequence[Endpoint], base_url: str) -> Schema:
    """The document for a server at `base_url`. Treat it as read-only: it is made once."""
    listed = list(_listed(endpoints))
    paths: dict[str, Schema] = {}
    for endpoint, path in listed:
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(endpoint, path)
    paths |= _oauth()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tieline",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url}],
        "tags": [{"name": name} for name in TAGS],
        "security": [{"bearer": []}, {"apiKey": []}, {"OAuth2": []}],
        "paths": paths,
        "webhooks": {"change": {"post": _notified()}},
        "components": {
            "schemas": components(_types(endpoints)),
            "responses": _responses(),
            "securitySchemes": _credentials(base_url),
        },
    }


@cache
def encoded(endpoints: Sequence[Endpoint], base_url: str) -> bytes:
    """The same as JSON."""
    return msgspec.json.encode(document(endpoints, base_url))


def _listed(endpoints: Sequence[Endpoint]) -> Iterator[tuple[Endpoint, str]]:
    """Every operation: an endpoint under each of its paths."""
    for endpoint in endpoints:
        for path in (endpoint.path, *endpoint.older):
            yield endpoint, path


def _operation(endpoint: Endpoint, path: str) -> Schema:
    told = HANDLERS[endpoint.handler]
    made: Schema = {
        "operationId": operation_id(endpoint.method, path),
        "tags": [_tag(endpoint, path, told)],
        "summary": (endpoint.handler.__doc__ or "").strip().splitlines()[0],
        "x-evidence": evidence_of(endpoint, path),
        "parameters": [parameter(one) for one in parameters_of(endpoint)],
        "responses": _answers(endpoint, told),
        "security": [{"bearer": []}, {"apiKey": []}, {"OAuth2": [endpoint.scope]}],
    }
    if endpoint.method == "POST" and told.body is not None:
        made["requestBody"] = _body(endpoint, told)
    older_form = endpoint.method == "POST" and isinstance(told.answer, str) and told.answer in {"find", "get"}
    if _is_alias(endpoint, path) or (older_form and not path.endswith("/similar")):
        made["deprecated"] = True
    return made


def operation_id(method: str, path: str) -> str:
    """A name that no other operation has: `post_people_find`."""
    return f"{method.lower()}_{re.sub(r'[^a-z0-9]+', '_', path.removeprefix('/v1/').lower()).strip('_')}"


def _is_alias(endpoint: Endpoint, path: str) -> bool:
    return path != endpoint.path or path == "/v1/profile"


def _tag(endpoint: Endpoint, path: str, told: Described) -> str:
    if told.evidence == "ext":
        return "Extensions"
    if _is_alias(endpoint, path):
        return "Aliases"
    return told.tag or (endpoint.kind.label_plural if endpoint.kind else "Account")


def _body(endpoint: Endpoint, told: Described) -> Schema:
    choices = told.body if isinstance(told.body, tuple) else (_body_type(endpoint, told),)
    schemas = [reference(one) for one in choices]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    if told.lines:
        schema = {"type": "string", "description": "One such object in each line.", "x-line": schema}
    return {
        "required": not (told.optional or told.lines),
        "content": {LINES if told.lines else JSON: {"schema": schema}},
    }


def _body_type(endpoint: Endpoint, told: Described) -> type[msgspec.Struct]:
    if told.body == "record":
        assert endpoint.kind is not None
        return endpoint.kind.type
    assert isinstance(told.body, type)
    return told.body


def _answer_type(endpoint: Endpoint, told: Described) -> type[msgspec.Struct]:
    if isinstance(told.answer, str):
        assert endpoint.kind is not None
        return answers.RECORDS[endpoint.kind.name][told.answer]
    return told.answer


def _answers(endpoint: Endpoint, told: Described) -> Schema:
    schema = reference(_answer_type(endpoint, told))
    if told.bare is not None:
        schema = {"anyOf": [told.bare, schema]}
    kinds = {JSON: {"schema": schema}}
    if told.lines:
        kinds[LINES] = {"schema": {"type": "string", "description": "A result for each line, in order."}}
    found: Schema = {
        "200": {"description": "Success, or a failure with a non-zero errorcode.", "content": kinds},
        **{str(status): {"$ref": f"#/components/responses/{name}"} for status, (name, _) in REFUSALS.items()},
    }
    if any(one.name == "If-None-Match" for one in parameters_of(endpoint)):
        found["304"] = {"description": "The client has this version already."}
    if any(one.name == "If-Match" for one in parameters_of(endpoint)):
        found["412"] = {"$ref": "#/components/responses/ChangedSince"}
    if endpoint.method != "GET":
        found["413"] = {"$ref": "#/components/responses/TooLarge"}
    return found


REFUSALS: Final = {
    401: ("Unauthorized", "No credential, unknown key, or unknown token."),
    403: ("Forbidden", "A good credential without the scope."),
    404: ("NotFound", "No such path."),
    429: ("RateLimited", "Too many requests."),
}
FURTHER: Final = {
    "ChangedSince": "The record changed since the ETag that If-Match names.",
    "TooLarge": "The body is too large.",
}


def _responses() -> Schema:
    basic, gateway = reference(answers.BasicResponse), reference(answers.GatewayError)
    made: Schema = {
        name: {
            "description": meaning,
            "content": {JSON: {"schema": basic}, PROBLEM: {"schema": reference(answers.Problem)}},
        }
        for name, meaning in (*REFUSALS.values(), *FURTHER.items())
    }
    made["Unauthorized"]["content"][JSON]["schema"] = {"anyOf": [basic, gateway]}
    made["RateLimited"]["headers"] = {
        "Retry-After": {"schema": {"type": "integer"}, "description": "Seconds."}
    }
    return made


def _types(endpoints: Sequence[Endpoint]) -> list[type[msgspec.Struct]]:
    found: dict[type[msgspec.Struct], None] = dict.fromkeys((answers.BasicResponse, answers.GatewayError, answers.Problem, answers.OAuthError, answers.TokenResponse, answers.DataBucket, BeforeAfter, Notification, WebhookFilter))  # fmt: skip
    for endpoint in endpoints:
        told = HANDLERS[endpoint.handler]
        found[_answer_type(endpoint, told)] = None
        if told.body is not None:
            found |= dict.fromkeys(
                told.body if isinstance(told.body, tuple) else (_body_type(endpoint, told),)
            )
    return list(found)


def _notified() -> Schema:
    return {
        "summary": "What subscribers are sent: an array of changes.",
        "requestBody": {"content": {JSON: {"schema": {"type": "array", "items": reference(Notification)}}}},
        "responses": {
            "200": {
                "description": "Confirmed by text/plain `OK` or JSON.",
                "content": {
                    "text/plain": {"schema": {"type": "string"}},
                    JSON: {
                        "schema": {
                            "type": "object",
                            "properties": {"status": {"type": "string", "enum": ["ok"]}},
                            "required": ["status"],
                        }
                    },
                },
            }
        },
        "security": [],
    }


def _credentials(base_url: str) -> Schema:
    token = f"{base_url}/oauth/token"
    flow = {
        "authorizationUrl": f"{base_url}/oauth/authorize",
        "tokenUrl": token,
        "refreshUrl": token,
        "scopes": dict(SCOPE_WORDS),
    }
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "API key or access token."},
        "apiKey": {
            "type": "apiKey",
            "in": "query",
            "name": "api_key",
            "description": "API key, usually with `user`.",
        },
        "OAuth2": {"type": "oauth2", "flows": {"authorizationCode": flow}},
    }


def _oauth() -> dict[str, Schema]:
    """The two operations beside the API (1.4): parameters of RFC 6749 and 7636."""
    text: Schema = {"type": "string"}
    asked = {
        "response_type": True, "client_id": True, "redirect_uri": False, "scope": False, "state": False,
        "code_challenge": False, "code_challenge_method": False,
    }  # fmt: skip
    grants = {"type": "string", "enum": ["authorization_code", "refresh_token"]}
    form = {
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": grants,
            **dict.fromkeys(("code", "redirect_uri", "refresh_token", "client_id", "client_secret", "scope", "code_verifier"), text),
        },
    }  # fmt: skip
    error = {JSON: {"schema": reference(answers.OAuthError)}}
    html = {"text/html": {"schema": text}}
    return {
        "/oauth/authorize": {
            "get": {
                "operationId": "get_oauth_authorize",
                "tags": ["OAuth"],
                "summary": "The page on which a person lets an app in.",
                "x-evidence": "doc",
                "parameters": [
                    {
                        "name": name,
                        "in": "query",
                        "required": required,
                        "schema": text,
                    }
                    for name, required in asked.items()
                ],
                "responses": {
                    "200": {"description": "The page.", "content": html},
                    "302": {"description": "Back to the app, with code or error."},
                    "400": {"description": "Nowhere to go back to.", "content": {**html, **error}},
                },
                "security": [],
            }
        },
        "/oauth/token": {
            "post": {
                "operationId": "post_oauth_token",
                "tags": ["OAuth"],
                "summary": "A code or a refresh token for an access token.",
                "x-evidence": "client",
                "parameters": [],
                "requestBody": {
                    "required": True,
                    "content": {"application/x-www-form-urlencoded": {"schema": form}},
                },
                "responses": {
                    "200": {
                        "description": "Tokens.",
                        "content": {JSON: {"schema": reference(answers.TokenResponse)}},
                    },
                    "400": {"description": "Refused.", "content": error},
                    "401": {"description": "The app is not known by that secret.", "content": error},
                },
                "security": [],
            }
        },
    }

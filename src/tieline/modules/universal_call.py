"""The call of Make an API Call: anything, but inside the API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from tieline.client.sender import read_answer
from tieline.modules.errors import ModuleError
from tieline.modules.exchange import Account, CallContext, decoded, exchange
from tieline.modules.inputs import plain
from tieline.modules.module import Bundle, Module

OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "authorization"})


async def call_anything(
    module: Module, values: Mapping[str, Any], client: Account, around: CallContext
) -> Bundle:
    """Status, headers and body of the answer. Raises ClozeError, ModuleError."""
    path = api_path(str(values["url"]), client.url, module.label)
    method = str(values.get("method", "GET")).upper()
    query = {str(pair.get("key", "")): pair.get("value", "") for pair in values.get("qs") or ()}
    headers = {
        str(pair.get("key", "")): str(plain(pair.get("value", ""))) for pair in values.get("headers") or ()
    }
    for name, value in headers.items():
        if not name or not (name + value).isprintable() or name.lower() in OURS:
            raise ModuleError(
                "BundleValidationError",
                f"“{name if name.isprintable() else ascii(name)[1:-1]}” cannot be set",
                module=module.label,
                field="headers",
                remedy="leave it out: credentials, host and length are added for you",
            )
    sent = values.get("body")
    body = (
        None
        if sent in (None, "")
        else sent.encode()
        if isinstance(sent, str)
        else msgspec.json.encode(plain(sent))
    )
    response = await exchange(
        client, around, method, path, query, body, headers, reads=method in {"GET", "HEAD"}
    )
    if response.status >= 400:
        read_answer(response)
    return {"statusCode": response.status, "headers": response.headers, "body": decoded(response)}


def api_path(url: str, base: str, module: str = "") -> str:
    """The path of a call that stays inside the API. Raises ModuleError for one that would leave it."""
    text = url.strip()
    own, parts = urlsplit(base), _split(text, module)
    if parts.scheme or parts.netloc:
        inside = f"{parts.path}/".startswith(f"{own.path.rstrip('/')}/")
        if (parts.scheme, parts.netloc) != (own.scheme, own.netloc) or not inside:
            raise ModuleError(
                "BundleValidationError",
                f"leads away from {base}",
                module=module,
                field="url",
                remedy="give the path alone, such as /v1/people/find",
            )
        text = parts.path.removeprefix(own.path.rstrip("/")) + (f"?{parts.query}" if parts.query else "")
    path, question, query = text.partition("?")
    path = "/" + path.lstrip("/")
    if not text.isprintable() or "#" in text or any(map(_climbs, _spellings(path))):
        raise _not_plain(module)
    return path + question + query


def _split(text: str, module: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        raise _not_plain(module) from None


def _not_plain(module: str) -> ModuleError:
    return ModuleError(
        "BundleValidationError",
        "must be a plain path",
        module=module,
        field="url",
        remedy="write it like /v1/people/find",
    )


def _spellings(path: str) -> Iterator[str]:
    """The path as it stands, and as servers and proxies may decode it, once or more often."""
    while True:
        yield path
        decoded = unquote(path)
        if decoded == path:
            return
        path = decoded


def _climbs(path: str) -> bool:
    """True when a segment is a step upwards, whatever stands for its slash or follows its semicolon."""
    return any(part.partition(";")[0] in {".", ".."} for part in path.replace("\\", "/").split("/"))

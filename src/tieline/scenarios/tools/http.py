"""HTTP requests through the one outgoing door (scenario-engine 1.14)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit
from xml.etree import ElementTree

import msgspec

from tieline.errors import InvalidInput, PermissionDenied
from tieline.expressions import Buffer, to_text
from tieline.http import Answer, RequestFailed, mask_headers, mask_url
from tieline.modules.errors import ErrorClass, ModuleError
from tieline.modules.inputs import plain
from tieline.modules.runner import SHOWN, Exchange
from tieline.scenarios.keychains import basic
from tieline.scenarios.tools.signing import Signature, signature
from tieline.scenarios.tools.tool import Json, Run, Surroundings, Tool, flag, nothing, number, pairs, text

DEFAULT_TIMEOUT, LONGEST_TIMEOUT = 40, 300
REDIRECTS = 10
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
READS = frozenset({"GET", "HEAD", "OPTIONS"})
REPEATABLE = READS | {"PUT", "DELETE"}  # the same effect however often they arrive (RFC 9110)
# The kind of keychain that a module signs with.
SIGNED = {
    "http:ActionSendDataAPIKeyAuth": "apiKey",
    "http:ActionSendDataBasicAuth": "basic",
    "http:ActionSendDataOAuth": "oauth",
}
AUTHENTICATION = {"apiKey": "apiKey", "basicAuth": "basic", "oAuth": "oauth"}
RESERVED = frozenset({"host", "content-length", "transfer-encoding", "connection"})


@dataclass(frozen=True)
class Request:
    """What a module sends, but for its address and its signature. `kind`: the body's media type."""

    headers: dict[str, str]
    query: list[tuple[str, Any]]
    body: bytes | None
    kind: str
    follow: bool


def method_of(given: Json) -> str:
    """The verb of a request. Raises ModuleError."""
    found = (text(given, "method") or "GET").upper()
    if found not in METHODS:
        raise ModuleError("BundleValidationError", f"“{found}” is not an HTTP method", field="method")
    return found


async def _old(given: Json, around: Surroundings) -> list[Json]:
    """Version 3, “Make a request”."""
    for name in ("useMtls", "ca"):
        _refuse(given, name)
    if given.get("rejectUnauthorized") not in (None, "") and not flag(given["rejectUnauthorized"]):
        raise ModuleError(
            "InvalidConfigurationError", "certificates are always checked here", field="rejectUnauthorized"
        )
    headers = _headers(given)
    user = text(given, "authUser")
    if user:
        headers.setdefault("Authorization", basic(user, text(given, "authPass")))
    body: bytes | None
    match text(given, "bodyType"):
        case "raw":
            body = _bytes(given.get("data"))
            kind = text(given, "contentType")
        case "x_www_form_urlencoded":
            body, kind = _form(given), "application/x-www-form-urlencoded"
        case "multipart_form_data":
            body, kind = _multipart(given)
        case _:
            body, kind = None, ""
    follow = flag(given.get("followRedirect", True)) or flag(given.get("followAllRedirects"))
    request = Request(headers, pairs(given.get("qs")), body, kind, follow)
    answer = await _signed(given, around, request, SIGNED.get(around.module))
    return [_output(answer, given, around.parameters.get("handleErrors"))]


async def _new(given: Json, around: Surroundings) -> list[Json]:
    """Version 4, “Make a request”."""
    if text(given, "paginationType") not in {"", "none", "noPagination"}:
        raise ModuleError(
            "InvalidConfigurationError", "pages are not followed here: use a repeater", field="paginationType"
        )
    body, kind = _body_of_new(given)
    follow = flag(given.get("allowRedirects", True))
    request = Request(_headers(given), pairs(given.get("queryParameters")), body, kind, follow)
    answer = await _signed(given, around, request, AUTHENTICATION.get(_authentication(around.parameters)))
    return [_output(answer, given, given.get("stopOnHttpError"))]


async def _file(given: Json, around: Surroundings) -> list[Json]:
    """Version 3, “Get a file”: its bytes, and the name it goes by."""
    answer = await _signed(
        {**given, "method": "GET"}, around, Request(_headers(given), [], None, "", True), None
    )
    if answer.status >= 400:
        raise _refused(answer)
    name = _file_name(answer)
    return [{"fileName": name, "data": Buffer(answer.body, file_name=name), "fileSize": len(answer.body)}]


def _file_name(answer: Answer) -> str:
    """What the answer calls it, else the end of its address."""
    message = Message()
    message["Content-Disposition"] = answer.headers.get("Content-Disposition", "")
    named = message.get_filename() or unquote(urlsplit(answer.url).path).rpartition("/")[2]
    return named.replace("\\", "/").rpartition("/")[2] or "file"


def _authentication(parameters: Json) -> str:
    return str(parameters.get("authenticationType") or "noAuth")


def _problem_of_new(parameters: Json) -> str | None:
    kind = _authentication(parameters)
    if kind != "noAuth" and kind not in AUTHENTICATION:
        return f"with {kind} authentication"
    return "with an own certificate" if parameters.get("tlsType") not in (None, "") else None


def _body_of_new(given: Json) -> tuple[bytes | None, str]:
    match text(given, "contentType"):
        case "json" | "application/json":
            wrapped = given.get("jsonStringBodyContent", given.get("dataStructureBodyContent"))
            if wrapped in (None, ""):
                return None, ""
            return _bytes(wrapped), "application/json"
        case "urlEncoded" | "x_www_form_urlencoded" | "application/x-www-form-urlencoded":
            return _form(given), "application/x-www-form-urlencoded"
        case "multipart" | "multipart_form_data" | "multipart/form-data":
            return _multipart(given)
        case other:
            content = next((given[n] for n in ("bodyContent", "rawBodyContent", "data") if n in given), None)
            return (
                (None, "") if content in (None, "") else (_bytes(content), "" if other == "custom" else other)
            )


def _refuse(given: Json, name: str) -> None:
    if given.get(name) not in (None, "", False, "false"):
        raise ModuleError("InvalidConfigurationError", "own certificates are not supported here", field=name)


def _headers(given: Json) -> dict[str, str]:
    made: dict[str, str] = {}
    for name, value in pairs(given.get("headers")):
        shown = to_text(value)
        if name.lower() in RESERVED or not (name + shown).isprintable():
            raise ModuleError("BundleValidationError", f"“{name}” cannot be set", field="headers")
        made[name] = shown
    return made


def _bytes(value: Any) -> bytes:
    if isinstance(value, Buffer):
        return value.data
    if isinstance(value, dict | list):
        return msgspec.json.encode(plain(value))
    return to_text(value).encode()


def _fields(given: Json) -> list[Json]:
    found: Any = next(
        (given[name] for name in ("formDataFields", "multipartFields", "formFields") if name in given), []
    )
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _form(given: Json) -> bytes:
    return urlencode([(name, to_text(value)) for name, value in pairs(_fields(given))]).encode()


def _multipart(given: Json) -> tuple[bytes, str]:
    boundary = secrets.token_hex(16)
    parts = []
    for field in _fields(given):
        name = _quoted(to_text(field.get("name", field.get("key"))))
        value = field.get("data", field.get("value"))
        file = field.get("fileName") or (value.file_name if isinstance(value, Buffer) else None)
        head = f'Content-Disposition: form-data; name="{name}"'
        if file:
            head += f'; filename="{_quoted(to_text(file))}"\r\nContent-Type: application/octet-stream'
        parts.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + _bytes(value) + b"\r\n")
    return b"".join(parts) + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


async def _signed(given: Json, around: Surroundings, request: Request, kind: str | None) -> Answer:
    """Send with the module's keychain, if it has one. A token that was refused is renewed, once."""
    if kind is None:
        return await _send(given, around, request)
    made = await signature(around, kind)
    answer = await _send(given, around, request, made)
    if answer.status == 401 and made.renewable:
        answer = await _send(given, around, request, await signature(around, kind, renew=True))
    return answer


async def _send(
    given: Json, around: Surroundings, request: Request, signed: Signature | None = None
) -> Answer:
    url, method = text(given, "url", required=True).strip(), method_of(given)
    seconds = (
        number(given["timeout"], "timeout", 1, LONGEST_TIMEOUT) if given.get("timeout") else DEFAULT_TIMEOUT
    )
    server, headers = around.server, dict(request.headers)
    if (
        request.body is not None
        and request.kind
        and not any(name.lower() == "content-type" for name in headers)
    ):
        headers["Content-Type"] = request.kind
    if url.startswith(f"{server.settings.base_url}/hooks/"):
        # One of our own hooks: it knows the chain it belongs to, and a repetition when it sees one.
        headers = {"X-Tieline-Trace": server.trace, "webhook-id": around.key, **headers}
    if flag(given.get("shareCookies")):
        server.cookies.add(url, headers)
    params = [(name, to_text(value)) for name, value in request.query]
    secrets_of = signed or Signature()
    try:
        answer = await server.door.request(
            method,
            url,
            headers={**headers, **secrets_of.headers},
            params=[*params, *secrets_of.query],
            data=request.body,
            timeout=seconds,
            redirects=REDIRECTS * request.follow,
            credentials=secrets_of.headers,
        )
    except RequestFailed as error:
        raise ModuleError(_class_of_failure(error), error.message, status=error.status) from None
    except (InvalidInput, PermissionDenied) as error:
        raise ModuleError("BundleValidationError", error.message, field="url") from None
    if flag(given.get("shareCookies")):
        server.cookies.keep(url, _cookies(answer))
    if around.observe is not None:
        hidden = dict.fromkeys([*secrets_of.headers, *(name for name, _ in secrets_of.query)], "***")
        headers.update(dict.fromkeys(secrets_of.headers, "***"))
        params += [(name, hidden[name]) for name, _ in secrets_of.query]
        around.observe(_shown(method, url, params, headers, request.body, answer))
    return answer


def _class_of_failure(error: RequestFailed) -> ErrorClass:
    if error.reason == "timeout":
        return "ModuleTimeoutError"
    return "MaxFileSizeExceededError" if error.reason == "too-large" else "ConnectionError"


def _shown(
    method: str,
    url: str,
    params: list[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes | None,
    answer: Answer,
) -> Exchange:
    sent = None if body is None else body[:SHOWN].decode("utf-8", "replace")
    return Exchange(
        method, mask_url(url), dict(params), mask_headers(headers), sent, answer.status, answer.text()[:SHOWN]
    )


def _output(answer: Answer, given: Json, errors: Any) -> Json:
    """The bundle of an answer. Raises ModuleError for a bad status where that was asked for."""
    if flag(errors) and answer.status >= 400:
        raise _refused(answer)
    headers = [{"name": name.lower(), "value": value} for name, value in answer.headers.items()]
    return {
        "statusCode": answer.status,
        "headers": headers,
        "cookieHeaders": _cookies(answer),
        "data": _data(answer, flag(given.get("parseResponse"))),
        "fileSize": len(answer.body),
    }


def _cookies(answer: Answer) -> list[str]:
    return [value for name, value in answer.headers.items() if name.lower() == "set-cookie"]


def _refused(answer: Answer) -> ModuleError:
    return ModuleError(
        _class_of_status(answer.status),
        f"status {answer.status}: {answer.text()[:300]}".rstrip(": "),
        status=answer.status,
        retry_after=_retry_after(answer.headers.get("Retry-After", "")),
    )


def _class_of_status(status: int) -> ErrorClass:
    if status in {401, 403}:
        return "InvalidAccessTokenError"
    if status == 429:
        return "RateLimitError"
    return "ConnectionError" if status in {502, 503, 504} else "RuntimeError"


def _retry_after(value: str) -> float | None:
    return float(value) if value.isdecimal() and len(value) < 7 else None


def _data(answer: Answer, parse: bool) -> Any:
    kind = answer.content_type
    if parse and (kind == "application/json" or kind.endswith("+json")) and answer.body.strip():
        try:
            return msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ModuleError("DataError", f"the answer is not JSON: {error}", status=answer.status) from None
    if parse and (kind in {"text/xml", "application/xml"} or kind.endswith("+xml")) and answer.body.strip():
        return _xml(answer.body)
    if _is_text(kind, answer.body):
        return answer.text()
    return Buffer(answer.body)


def _is_text(kind: str, body: bytes) -> bool:
    if kind.startswith("text/") or kind.endswith(("json", "xml", "javascript", "x-www-form-urlencoded")):
        return True
    if kind and kind != "application/octet-stream":
        return False
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _xml(body: bytes) -> Any:
    # Entities could stand for more text than there is memory: documents that declare a type are refused.
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise ModuleError("DataError", "the answer is XML with a document type, which is not read")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise ModuleError("DataError", f"the answer is not XML: {error}") from None
    return {_tag(root): _element(root)}


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _element(element: ElementTree.Element) -> Any:
    """Attributes under `_attributes`, text under `_value`, children as arrays under their names."""
    children = list(element)
    shown = (element.text or "").strip()
    if not children and not element.attrib:
        return shown
    made: Json = {"_attributes": dict(element.attrib)} if element.attrib else {}
    if shown:
        made["_value"] = shown
    for child in children:
        made.setdefault(_tag(child), []).append(_element(child))
    return made


def _writes(given: Json) -> bool:
    return text(given, "method").upper() not in READS | {""}


def _repeatable(given: Json) -> bool:
    return text(given, "method").upper() in REPEATABLE | {""}


def _request(name: str, label: str, run: Run, problem: Callable[[Json], str | None] = nothing) -> Tool:
    return Tool(
        name, label, run, replay=_cookies_again, writes=_writes, repeatable=_repeatable, problem=problem
    )


def _cookies_again(given: Json, bundles: list[Json], around: Surroundings) -> None:
    """What an answer that is in the journal had set."""
    if flag(given.get("shareCookies")) and bundles and around.services is not None:
        around.services.cookies.keep(text(given, "url"), bundles[0].get("cookieHeaders") or [])


TOOLS = (
    _request("http:ActionSendData", "HTTP: make a request", _old),
    _request("http:ActionSendDataAPIKeyAuth", "HTTP: make a request with an API key", _old),
    _request("http:ActionSendDataBasicAuth", "HTTP: make a request with a password", _old),
    _request("http:ActionSendDataOAuth", "HTTP: make a request with OAuth 2.0", _old),
    _request("http:MakeRequest", "HTTP: make a request", _new, _problem_of_new),
    Tool("http:ActionGetFile", "HTTP: get a file", _file),
)

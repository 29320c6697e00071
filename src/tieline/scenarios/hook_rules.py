"""Who may send to a webhook and what is made of it: the options of a hook, and the check of each request."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any, Literal

import msgspec

from tieline import clock
from tieline.errors import InvalidInput
from tieline.expressions import find_errors

SECRET_HEADER = "x-webhook-secret"
SIGNATURE_HEADER = "x-hub-signature-256"
TOLERANCE = 300  # seconds that a signed request may be old (Standard Webhooks)
METHODS = ("", "any", "GET", "POST", "PUT", "PATCH", "DELETE")
MOST_NETWORKS = 200


class HookOptions(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """The options of a webhook, as they are stored.

    `check`: `header` asks for the secret in a header, `hmac` for the HMAC-SHA256 of the body in a header (hex or
    base64, `sha256=` in front or not), `standard` for the signature of Standard Webhooks. `header`: another name for
    that header. `networks`: who may send; empty: everybody. `method`: the only verb; `any` tells it in
    `__IMTMETHOD__`. `headers`: tell them in `__IMTHEADERS__`. `stringify`: the body as one text. `strict`: turn away
    what does not fit the learnt structure. `learning`: the next request only teaches the structure. `dedupe`: an
    expression; events with the same value are the same event.
    """

    check: Literal["none", "header", "hmac", "standard"] = "none"
    header: str = ""
    networks: list[str] = []
    method: str = ""
    headers: bool = False
    stringify: bool = False
    strict: bool = False
    learning: bool = False
    dedupe: str = ""

    @property
    def header_name(self) -> str:
        """The header that carries secret or signature, in lower case."""
        return self.header.lower() or (SECRET_HEADER if self.check == "header" else SIGNATURE_HEADER)


class Refusal(msgspec.Struct, frozen=True):
    """Why a request is turned away."""

    status: int
    message: str


def read_options(text: str) -> HookOptions:
    """The stored options."""
    return msgspec.json.decode(text.encode(), type=HookOptions)


def changed(options: HookOptions, given: Mapping[str, Any]) -> HookOptions:
    """The options with some of them changed. Raises InvalidInput naming the field."""
    try:
        made = msgspec.convert({**msgspec.structs.asdict(options), **given}, HookOptions)
    except msgspec.ValidationError as error:
        where = str(error).rpartition("$.")[2].strip("`") if "$." in str(error) else None
        raise InvalidInput(str(error).partition(" - ")[0], field=where) from None
    made.networks = [network for text in made.networks if (network := _network(text))]
    made.method = made.method if made.method == "any" else made.method.upper()
    if made.method not in METHODS:
        raise InvalidInput("is no method", field="method", remedy=f"one of: {', '.join(METHODS[1:])}")
    if made.header and not all(c.isalnum() or c in "-_" for c in made.header):
        raise InvalidInput("is no name of a header", field="header", remedy="letters, digits and hyphens")
    if len(made.networks) > MOST_NETWORKS:
        raise InvalidInput(
            f"more than {MOST_NETWORKS}", field="networks", remedy="join them to larger networks"
        )
    if made.dedupe and (errors := find_errors(made.dedupe)):
        raise InvalidInput(errors[0].message, field="dedupe", remedy=errors[0].remedy)
    return made


def _network(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise InvalidInput(
            f"“{text}” is no address", field="networks", remedy="write 203.0.113.7 or 203.0.113.0/24"
        ) from None


def refusal(
    options: HookOptions,
    secret: str | None,
    *,
    client: str,
    method: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Refusal | None:
    """Why the request is turned away: 403 for an address, 405 for a verb, 401 for a secret; None when it may come in."""
    if options.networks and not _within(client, options.networks):
        return Refusal(403, "This address may not send here.")
    if options.method not in {"", "any"} and method != options.method:
        return Refusal(405, f"Send {options.method}.")
    if options.check == "none":
        return None
    if secret is None:
        return Refusal(401, "The webhook asks for a secret, and none has been set.")
    proven = {"header": _by_header, "hmac": _by_hmac, "standard": _by_standard}[options.check]
    return (
        None if proven(options, secret, headers, body) else Refusal(401, "The secret or signature is wrong.")
    )


def _within(client: str, networks: list[str]) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in ip_network(network) for network in networks)


def _by_header(options: HookOptions, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    given = headers.get(options.header_name, "")
    if options.header_name == "authorization":
        given = given.removeprefix("Bearer ")
    return hmac.compare_digest(given.encode(), secret.encode())


def _by_hmac(options: HookOptions, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    given = headers.get(options.header_name, "").strip().removeprefix("sha256=")
    made = hmac.digest(secret.encode(), body, hashlib.sha256)
    return hmac.compare_digest(given.lower().encode(), made.hex().encode()) or hmac.compare_digest(
        given.encode(), base64.b64encode(made)
    )


def _by_standard(options: HookOptions, secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """As standardwebhooks.com says: `v1,` and the base64 HMAC of id, timestamp and body; not older than five minutes."""
    sent, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdecimal() or len(at) > 12 or abs(clock.now() - int(at)) > TOLERANCE:
        return False
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        key = secret.encode()
    made = hmac.digest(key, f"{sent}.{at}.".encode() + body, hashlib.sha256)
    wanted = f"v1,{base64.b64encode(made).decode()}".encode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(one.encode(), wanted) for one in given)

"""How HTTP modules sign their requests: with a key, a password, or a token that is fetched and renewed (1.14)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import msgspec

from tieline import clock
from tieline.errors import NotFound, TielineError
from tieline.http import RequestFailed
from tieline.modules.errors import ModuleError
from tieline.scenarios import keychains
from tieline.scenarios.resources import HTTP
from tieline.scenarios.tools.services import Services
from tieline.scenarios.tools.tool import Json, Surroundings

MARGIN = 30_000  # ms before its end at which a token is renewed
DEFAULT_LIFETIME = 3600  # seconds, when the other side does not say
WAIT = 30.0


@dataclass
class Signature:
    """What is added to a request. `renewable`: refused, it may be made anew and tried once more."""

    headers: dict[str, str] = field(default_factory=dict)
    query: list[tuple[str, str]] = field(default_factory=list)
    renewable: bool = False


def keychain_of(parameters: Json) -> Any:
    """The foreign id of the keychain that a module's parameters name; None without one."""
    names = [*HTTP, *(name for name in parameters if name.endswith("Keychain"))]
    return next((parameters[name] for name in names if parameters.get(name) not in (None, "")), None)


async def signature(around: Surroundings, kind: str, *, renew: bool = False) -> Signature:
    """What the module's keychain, of that kind, adds to a request. `renew`: the token we had was refused.

    Raises ModuleError.
    """
    server = around.server
    foreign = keychain_of(around.parameters)
    number = server.resource("keychain", foreign)
    try:
        row = await server.database.read(keychains.find, server.account_id, number)
        fields = keychains.opened(server.vault, row)
    except NotFound:
        raise ModuleError("InvalidConfigurationError", "its keychain was removed", field="keychain") from None
    except TielineError as error:
        raise ModuleError("InvalidConfigurationError", str(error), field="keychain") from None
    if row["kind"] != kind:
        asked, found = keychains.NAMES[kind], keychains.NAMES[str(row["kind"])]
        raise ModuleError(
            "InvalidConfigurationError",
            f"needs a keychain with {asked}, this one has {found}",
            field="keychain",
        )
    match kind:
        case "basic":
            return Signature({"Authorization": keychains.basic(fields["username"], fields["password"])})
        case "apiKey" if fields["placement"] == "query":
            return Signature(query=[(fields["parameter"], fields["key"])])
        case "apiKey":
            return Signature({fields["parameter"]: fields["key"]})
    if renew or int(fields.get("expires") or 0) - MARGIN < clock.now_ms():
        fields = await _renewed(server, number, fields)
    return Signature({"Authorization": f"Bearer {fields['token']}"}, renewable=True)


async def _renewed(server: Services, number: int, fields: Json) -> Json:
    """New tokens: by the refresh token where there is one, else by the client's own credentials (RFC 6749)."""
    refresh = fields.get("refresh_token")
    form = {
        "grant_type": "refresh_token" if refresh else "client_credentials",
        "client_id": fields["client_id"],
    }
    if refresh:
        form["refresh_token"] = refresh
    if fields.get("client_secret"):
        form["client_secret"] = fields["client_secret"]
    if fields.get("scope"):
        form["scope"] = fields["scope"]
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    try:
        answer = await server.door.request(
            "POST", fields["token_url"], headers=headers, data=urlencode(form).encode(), timeout=WAIT
        )
    except RequestFailed as error:
        raise ModuleError("ConnectionError", f"no token: {error.message}") from None
    except TielineError as error:
        raise ModuleError(
            "InvalidConfigurationError", f"no token: {error.message}", field="token_url"
        ) from None
    if answer.status >= 500:
        raise ModuleError("ConnectionError", f"no token: status {answer.status}", status=answer.status)
    try:
        told = msgspec.json.decode(answer.body)
        token = str(told["access_token"])
        lifetime = float(told.get("expires_in") or DEFAULT_LIFETIME)
    except (msgspec.DecodeError, KeyError, TypeError, ValueError, AttributeError):
        raise ModuleError(
            "InvalidAccessTokenError",
            f"no token: status {answer.status}",
            status=answer.status,
            remedy="check the keychain",
        ) from None
    made = {**fields, "token": token, "expires": clock.now_ms() + int(lifetime * 1000)}
    if told.get("refresh_token"):
        made["refresh_token"] = str(told["refresh_token"])
    await server.database.write(keychains.save, server.vault, number, made)
    return made

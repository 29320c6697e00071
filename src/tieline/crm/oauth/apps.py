"""Apps: registered by an account, named to everybody whom they ask for access."""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import bindparam, select, update

from tieline import clock, ids
from tieline.crm import accounts, credentials, subscriptions
from tieline.crm.oauth.protocol import Refusal
from tieline.errors import InvalidInput, NotFound
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import oauth_client

MOST_ADDRESSES: Final = 20
LONGEST_ADDRESS: Final = 2000

_HOST: Final = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]+")

_mine = (
    oauth_client.c.account_id == bindparam("account_id"),
    oauth_client.c.revoked.is_(None),
)
_EVERY = Statement(select(oauth_client).where(*_mine).order_by(oauth_client.c.id))
_BY_ID = Statement(select(oauth_client).where(*_mine, oauth_client.c.id == bindparam("app_id")))
_BY_CLIENT_ID = Statement(
    select(oauth_client).where(
        oauth_client.c.client_id == bindparam("client_id"), oauth_client.c.revoked.is_(None)
    )
)
_CHANGE = Statement(
    update(oauth_client)
    .where(oauth_client.c.id == bindparam("app_id"))
    .values({name: bindparam(name) for name in ("name", "description", "logo_url", "redirect_uris")})
)
_NEW_SECRET = Statement(
    update(oauth_client)
    .where(oauth_client.c.id == bindparam("app_id"))
    .values(secret_hash=bindparam("secret_hash"))
)
_REVOKE = Statement(
    update(oauth_client).where(oauth_client.c.id == bindparam("app_id")).values(revoked=bindparam("now"))
)


class App(msgspec.Struct, frozen=True):
    """An app without its secret. `public`: it runs where no secret can be kept, and proves itself by PKCE."""

    id: int
    account_id: int
    client_id: str
    name: str
    description: str
    logo_url: str
    redirect_uris: list[str]
    public: bool
    created: int


class AppDraft(msgspec.Struct, frozen=True):
    """What its owner says of an app."""

    name: str
    redirect_uris: Sequence[str]
    description: str = ""
    logo_url: str = ""


def register(
    tx: Transaction, account_id: int, draft: AppDraft, *, public: bool = False
) -> tuple[App, str | None]:
    """A new app, and its secret, which cannot be read again; a public one has none. Raises InvalidInput."""
    secret = None if public else ids.secret()
    values = {
        "account_id": account_id,
        "client_id": ids.direct(),
        "secret_hash": accounts.digest(secret) if secret else None,
        "created": clock.now_ms(),
        **_checked(draft),
    }
    return find(tx, account_id, tx.insert(oauth_client, values)), secret


def change(tx: Transaction, account_id: int, app_id: int, draft: AppDraft) -> App:
    """What the app is called and where its users are sent back to. Raises NotFound, InvalidInput."""
    find(tx, account_id, app_id)
    tx.run(_CHANGE, {"app_id": app_id, **_checked(draft)})
    return find(tx, account_id, app_id)


def new_secret(tx: Transaction, account_id: int, app_id: int) -> str:
    """Another secret; the earlier one ends at once. Raises NotFound, InvalidInput for a public app."""
    if find(tx, account_id, app_id).public:
        raise InvalidInput("has no secret: it is a public app", field="app", remedy="register another app")
    secret = ids.secret()
    tx.run(_NEW_SECRET, {"app_id": app_id, "secret_hash": accounts.digest(secret)})
    return secret


def revoke(tx: Transaction, account_id: int, app_id: int) -> None:
    """End an app: nobody can be asked by it any more, and what it was given stops working. Raises NotFound."""
    find(tx, account_id, app_id)
    tx.run(_REVOKE, {"app_id": app_id, "now": clock.now_ms()})
    subscriptions.remove_of_app(tx, app_id)
    credentials.changed(tx)


def list_apps(tx: Transaction, account_id: int) -> list[App]:
    """The apps that the account has registered."""
    return [app_of(row) for row in tx.all(_EVERY, {"account_id": account_id})]


def find(tx: Transaction, account_id: int, app_id: int) -> App:
    """An app of the account. Raises NotFound."""
    row = tx.one(_BY_ID, {"account_id": account_id, "app_id": app_id})
    if row is None:
        raise NotFound("There is no such app.")
    return app_of(row)


def find_by_client_id(tx: Transaction, client_id: str) -> App | None:
    """The app of that public name, whoever registered it."""
    row = tx.one(_BY_CLIENT_ID, {"client_id": client_id})
    return None if row is None else app_of(row)


def authenticate(tx: Transaction, client_id: str, secret: str | None) -> App:
    """The app that shows its secret, or a public one by its name alone. Raises Refusal."""
    row = tx.one(_BY_CLIENT_ID, {"client_id": client_id})
    if row is None:
        raise Refusal("invalid_client", "the app is unknown or was revoked")
    if row["secret_hash"] is not None:
        given = accounts.digest(secret or "")
        if not secret or not hmac.compare_digest(given, row["secret_hash"]):
            raise Refusal("invalid_client", "client_secret is missing or wrong")
    return app_of(row)


def app_of(row: Row) -> App:
    """A row without its secret."""
    return App(
        id=row["id"],
        account_id=row["account_id"],
        client_id=row["client_id"],
        name=row["name"],
        description=row["description"],
        logo_url=row["logo_url"],
        redirect_uris=msgspec.json.decode(row["redirect_uris"], type=list[str]),
        public=row["secret_hash"] is None,
        created=row["created"],
    )


def place_of(redirect_uri: str) -> str:
    """Where a person will be sent, as they are told: `app.example.org`, or `com.example.app:` on a device."""
    parts = urlsplit(redirect_uri)
    return parts.netloc if parts.scheme in {"https", "http"} else f"{parts.scheme}:"


def _checked(draft: AppDraft) -> dict[str, str]:
    name = " ".join(draft.name.split())
    if not name or len(name) > 80 or not name.isprintable():
        raise InvalidInput("between 1 and 80 characters", field="name", remedy="say what the app is called")
    description = draft.description.strip()
    if len(description) > 500:
        raise InvalidInput("at most 500 characters", field="description")
    addresses = list(dict.fromkeys(text.strip() for text in draft.redirect_uris if text.strip()))
    if not 1 <= len(addresses) <= MOST_ADDRESSES:
        raise InvalidInput(
            f"between 1 and {MOST_ADDRESSES} addresses",
            field="redirect_uris",
            remedy="give the address that users come back to, such as https://app.example.org/callback",
        )
    for address in addresses:
        _check_redirect(address)
    return {
        "name": name,
        "description": description,
        "logo_url": _logo(draft.logo_url.strip()),
        "redirect_uris": msgspec.json.encode(addresses).decode(),
    }


def _check_redirect(address: str) -> None:
    problem = _problem(address)
    if problem:
        raise InvalidInput(
            f"“{address[:80]}” {problem}",
            field="redirect_uris",
            remedy="use https://, http:// on this machine, or a scheme of your own such as com.example.app:",
        )


def _problem(address: str) -> str | None:
    """Why nobody may be sent there with a code in their hands."""
    if len(address) > LONGEST_ADDRESS:
        return f"is longer than {LONGEST_ADDRESS} characters"
    if not (address.isascii() and address.isprintable()) or set(address) & set(' \\"<>'):
        return "has characters that an address cannot have"
    if "#" in address:
        return "has a fragment (#…)"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme in {"https", "http"}:
        if not _HOST.fullmatch(host) or "@" in parts.netloc:
            return "names no host, or a user"
        if parts.scheme == "http" and not _is_loopback(host):
            return "would send the code unencrypted"
        return None
    return None if "." in parts.scheme and parts.path else "is not an address that users can be sent back to"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _logo(address: str) -> str:
    if not address:
        return ""
    if not address.startswith("https://") or _problem(address):
        raise InvalidInput("must be an https:// address", field="logo_url")
    return address

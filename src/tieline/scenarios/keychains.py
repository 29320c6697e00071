"""Keychains: the keys, passwords and OAuth clients that HTTP modules sign their requests with (1.14), encrypted at rest."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select, update

from tieline import clock
from tieline.errors import Conflict, InvalidInput, NotFound
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import binding, keychain, scenario
from tieline.vault import Vault

EVERY = Statement(
    select(keychain).where(keychain.c.account_id == bindparam("account_id")).order_by(keychain.c.id)
)
BY_ID = Statement(
    select(keychain).where(
        keychain.c.account_id == bindparam("account_id"), keychain.c.id == bindparam("wanted")
    )
)
BY_NAME = Statement(
    select(keychain).where(
        keychain.c.account_id == bindparam("account_id"), keychain.c.name == bindparam("called")
    )
)
SAVE = Statement(
    update(keychain).where(keychain.c.id == bindparam("wanted")).values(secret=bindparam("sealed"))
)
REMOVE = Statement(delete(keychain).where(keychain.c.id == bindparam("wanted")))
USED_BY = Statement(
    select(scenario.c.name)
    .join(binding, binding.c.scenario_id == scenario.c.id)
    .where(binding.c.kind == "keychain", binding.c.local_id == bindparam("wanted"))
    .order_by(scenario.c.name)
)


@dataclass(frozen=True)
class KeyField:
    """A field of a keychain. `options`: its only values."""

    name: str
    label: str
    required: bool = False
    secret: bool = False
    default: str = ""
    options: tuple[str, ...] = ()


KINDS: dict[str, tuple[KeyField, ...]] = {
    "apiKey": (
        KeyField("key", "Key", required=True, secret=True),
        KeyField("placement", "Where it goes", default="header", options=("header", "query")),
        KeyField("parameter", "Name of the header or parameter", default="Authorization"),
    ),
    "basic": (
        KeyField("username", "User name", required=True),
        KeyField("password", "Password", secret=True),
    ),
    "oauth": (
        KeyField("token_url", "Address that gives tokens", required=True),
        KeyField("client_id", "Client id", required=True),
        KeyField("client_secret", "Client secret", secret=True),
        KeyField("scope", "Scopes, separated by blanks"),
        KeyField(
            "refresh_token", "Refresh token; without it the client's own credentials count", secret=True
        ),
    ),
}
NAMES = {"apiKey": "API key", "basic": "User name and password", "oauth": "OAuth 2.0"}


class KeychainView(msgspec.Struct, frozen=True):
    """A keychain without its secrets."""

    id: int
    name: str
    kind: str
    created: int


def create(
    tx: Transaction, vault: Vault, account_id: int, name: str, kind: str, given: Mapping[str, Any]
) -> KeychainView:
    """Store a keychain. Raises InvalidInput naming the field, Conflict when the name is taken."""
    label = name.strip()
    if not label:
        raise InvalidInput("is required", field="name", remedy="name the keychain")
    if tx.one(BY_NAME, {"account_id": account_id, "called": label}) is not None:
        raise Conflict(f"There is a keychain “{label}” already.", field="name", remedy="choose another name")
    secret = vault.encrypt(msgspec.json.encode(checked(kind, given)).decode())
    values = {"account_id": account_id, "name": label, "kind": kind, "secret": secret}
    return view(find(tx, account_id, tx.insert(keychain, {**values, "created": clock.now_ms()})))


def checked(kind: str, given: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a kind as they are stored. Raises InvalidInput naming the field."""
    if kind not in KINDS:
        raise InvalidInput(f"“{kind}” is unknown", field="kind", remedy=f"one of: {', '.join(KINDS)}")
    made = {}
    for field in KINDS[kind]:
        value = str(given.get(field.name) or "").strip() or field.default
        if field.required and not value:
            raise InvalidInput("is required", field=field.name, remedy=field.label)
        if field.options and value not in field.options:
            raise InvalidInput(
                f"“{value}” is unknown", field=field.name, remedy=f"one of: {', '.join(field.options)}"
            )
        made[field.name] = value
    return made


def find(tx: Transaction, account_id: int, keychain_id: int) -> Row:
    """The row of a keychain. Raises NotFound."""
    row = tx.one(BY_ID, {"account_id": account_id, "wanted": keychain_id})
    if row is None:
        raise NotFound("There is no such keychain.")
    return row


def list_keychains(tx: Transaction, account_id: int) -> list[KeychainView]:
    """The account's keychains."""
    return [view(row) for row in tx.all(EVERY, {"account_id": account_id})]


def find_by_name(tx: Transaction, account_id: int, name: str) -> Row:
    """The row of the keychain of that name. Raises NotFound naming those there are."""
    row = tx.one(BY_NAME, {"account_id": account_id, "called": name.strip()})
    if row is None:
        known = ", ".join(one.name for one in list_keychains(tx, account_id)) or "none yet"
        raise NotFound(f"There is no keychain “{name}”.", remedy=f"there are: {known}")
    return row


def remove(tx: Transaction, account_id: int, keychain_id: int) -> None:
    """Remove a keychain. Raises Conflict naming the scenarios that use it."""
    find(tx, account_id, keychain_id)
    users = [str(row["name"]) for row in tx.all(USED_BY, {"wanted": keychain_id})]
    if users:
        raise Conflict(
            f"The keychain is used by {', '.join(users)}.", remedy="connect them to another one first"
        )
    tx.run(REMOVE, {"wanted": keychain_id})


def opened(vault: Vault, row: Row) -> dict[str, Any]:
    """Its fields. Raises Conflict when they were stored with another key."""
    found: dict[str, Any] = msgspec.json.decode(vault.decrypt(bytes(row["secret"])))
    return found


def save(tx: Transaction, vault: Vault, keychain_id: int, fields: dict[str, Any]) -> None:
    """Keep renewed tokens."""
    sealed = vault.encrypt(msgspec.json.encode(fields).decode())
    tx.run(SAVE, {"wanted": keychain_id, "sealed": sealed})


def basic(user: str, password: str) -> str:
    """The header of a user name and a password (RFC 7617)."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def view(row: Row) -> KeychainView:
    """A row without its secrets."""
    return KeychainView(**{name: row[name] for name in KeychainView.__struct_fields__})

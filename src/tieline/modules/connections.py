"""Connections: the accounts that modules act for, with their keys and tokens encrypted at rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select, update

from tieline import clock
from tieline.client import (
    AsyncCloze,
    ClozeError,
    Credentials,
    HttpTransport,
    NotAuthorized,
    RenewingTokens,
    Transport,
)
from tieline.client.asynchronous import CLOZE
from tieline.errors import Conflict, InvalidInput, NotFound, Unavailable
from tieline.http import Door
from tieline.store.database import Database, Row, Statement, Transaction
from tieline.store.tables import binding, connection, scenario
from tieline.vault import Vault

THIS_ACCOUNT = "This account"
BY_NAME = Statement(
    select(connection).where(
        connection.c.account_id == bindparam("account_id"), connection.c.name == bindparam("name")
    )
)
BY_ID = Statement(
    select(connection).where(
        connection.c.account_id == bindparam("account_id"), connection.c.id == bindparam("connection_id")
    )
)
EVERY = Statement(
    select(connection).where(connection.c.account_id == bindparam("account_id")).order_by(connection.c.id)
)
OWN = Statement(
    select(connection)
    .where(connection.c.account_id == bindparam("account_id"), connection.c.url.is_(None))
    .order_by(connection.c.id)
)
USED_BY = Statement(
    select(scenario.c.name)
    .join(binding, binding.c.scenario_id == scenario.c.id)
    .where(binding.c.kind == "connection", binding.c.local_id == bindparam("connection_id"))
    .order_by(scenario.c.name)
)
VERIFIED = Statement(
    update(connection)
    .where(connection.c.id == bindparam("connection_id"))
    .values(verified=bindparam("now"), identity=bindparam("identity"))
)
ROTATE = Statement(
    update(connection).where(connection.c.id == bindparam("connection_id")).values(secret=bindparam("secret"))
)
RECONNECT = Statement(
    update(connection)
    .where(connection.c.id == bindparam("connection_id"))
    .values(secret=bindparam("secret"), verified=bindparam("now"), identity=bindparam("identity"))
)
REMOVE = Statement(delete(connection).where(connection.c.id == bindparam("connection_id")))


class ConnectionView(msgspec.Struct, frozen=True):
    """A connection without its key. `url` None: this account. `identity`: the account that the other side named.

    `kind`: key, or oauth for one that a person consented to at the other side.
    """

    id: int
    name: str
    app: str
    kind: str
    url: str | None
    email: str
    created: int
    verified: int | None
    identity: str


def create(
    tx: Transaction,
    vault: Vault,
    account_id: int,
    name: str,
    *,
    email: str,
    api_key: str,
    url: str = CLOZE,
    identity: str = "",
) -> ConnectionView:
    """Store a connection. Raises InvalidInput naming the field, Conflict when the name is taken."""
    label, address = check(tx, account_id, name, url)
    if not api_key.strip():
        raise InvalidInput("is required", field="api_key", remedy="copy it from the account's settings")
    values = {"kind": "key", "secret": vault.encrypt(api_key.strip()), "email": email.strip()}
    return _stored(tx, account_id, {**values, "name": label, "url": address}, identity)


def create_oauth(
    tx: Transaction,
    vault: Vault,
    account_id: int,
    name: str,
    *,
    url: str,
    credentials: Credentials,
    identity: str,
) -> ConnectionView:
    """Store a connection that its account has consented to. Raises InvalidInput naming the field, Conflict."""
    label, address = check(tx, account_id, name, url)
    values = {"kind": "oauth", "secret": sealed(vault, credentials), "email": identity}
    return _stored(tx, account_id, {**values, "name": label, "url": address}, identity)


def check(tx: Transaction, account_id: int, name: str, url: str) -> tuple[str, str]:
    """Name and address as they are stored. Raises InvalidInput naming the field, Conflict when the name is taken."""
    label, address = name.strip(), url.strip().rstrip("/") or CLOZE
    if not label:
        raise InvalidInput("is required", field="name", remedy="name the connection")
    if not address.startswith(("https://", "http://")):
        raise InvalidInput(f"“{url}” is not an address", field="url", remedy=f"write it like {CLOZE}")
    if tx.one(BY_NAME, {"account_id": account_id, "name": label}) is not None:
        raise Conflict(
            f"There is a connection “{label}” already.", field="name", remedy="choose another name"
        )
    return label, address


def _stored(tx: Transaction, account_id: int, values: dict[str, Any], identity: str) -> ConnectionView:
    now = clock.now_ms()
    row_id = tx.insert(
        connection,
        {
            **values,
            "account_id": account_id,
            "created": now,
            "verified": now if identity else None,
            "identity": identity,
        },
    )
    return view(find(tx, account_id, row_id))


def this_account(tx: Transaction, account_id: int) -> ConnectionView:
    """The connection to the account itself, which needs no key; made when it is first asked for."""
    row = tx.one(OWN, {"account_id": account_id})
    if row is None:
        values = {"account_id": account_id, "name": THIS_ACCOUNT, "url": None, "created": clock.now_ms()}
        row = find(tx, account_id, tx.insert(connection, values))
    return view(row)


def find(tx: Transaction, account_id: int, connection_id: int) -> Row:
    """The row of a connection. Raises NotFound."""
    row = tx.one(BY_ID, {"account_id": account_id, "connection_id": connection_id})
    if row is None:
        raise NotFound("There is no such connection.")
    return row


def find_by_name(tx: Transaction, account_id: int, name: str) -> Row:
    """The row of the connection of that name. Raises NotFound naming those there are."""
    if name.strip().lower() == THIS_ACCOUNT.lower():
        return find(tx, account_id, this_account(tx, account_id).id)
    row = tx.one(BY_NAME, {"account_id": account_id, "name": name.strip()})
    if row is None:
        known = ", ".join(v.name for v in list_connections(tx, account_id)) or "none yet"
        raise NotFound(f"There is no connection “{name}”.", remedy=f"there are: {known}")
    return row


def list_connections(tx: Transaction, account_id: int) -> list[ConnectionView]:
    """The account's connections."""
    return [view(row) for row in tx.all(EVERY, {"account_id": account_id})]


def rotate(tx: Transaction, vault: Vault, account_id: int, connection_id: int, api_key: str) -> None:
    """Give a connection a new key; scenarios stay as they are."""
    check_rotation(find(tx, account_id, connection_id), api_key)
    tx.run(ROTATE, {"connection_id": connection_id, "secret": vault.encrypt(api_key.strip())})


def check_rotation(row: Row, api_key: str) -> None:
    """Raises InvalidInput for a connection without a key, and for no key."""
    if row["url"] is None:
        raise InvalidInput("This account needs no key.", field="api_key")
    if row["kind"] == "oauth":
        raise InvalidInput("it is connected by OAuth", field="api_key", remedy="connect it again")
    if not api_key.strip():
        raise InvalidInput("is required", field="api_key", remedy="copy it from the account's settings")


def reconnect(
    tx: Transaction,
    vault: Vault,
    account_id: int,
    connection_id: int,
    credentials: Credentials,
    identity: str,
) -> None:
    """New tokens for a connection whose account has consented again; scenarios stay as they are."""
    find(tx, account_id, connection_id)
    values = {"secret": sealed(vault, credentials), "now": clock.now_ms(), "identity": identity}
    tx.run(RECONNECT, {"connection_id": connection_id, **values})


def sealed(vault: Vault, credentials: Credentials) -> bytes:
    """Credentials as they are stored."""
    return vault.encrypt(msgspec.json.encode(credentials).decode())


def opened(vault: Vault, row: Row) -> Credentials:
    """The credentials of a connection by OAuth. Raises Conflict when they were stored with another key."""
    return msgspec.json.decode(vault.decrypt(bytes(row["secret"])), type=Credentials)


def remove(tx: Transaction, account_id: int, connection_id: int) -> None:
    """Remove a connection. Raises Conflict naming the scenarios that use it."""
    find(tx, account_id, connection_id)
    users = [row["name"] for row in tx.all(USED_BY, {"connection_id": connection_id})]
    if users:
        raise Conflict(
            f"The connection is used by {', '.join(users)}.", remedy="connect them to another one first"
        )
    tx.run(REMOVE, {"connection_id": connection_id})


def verified(tx: Transaction, connection_id: int, identity: str) -> None:
    """Remember that a connection works, and as whom."""
    tx.run(VERIFIED, {"connection_id": connection_id, "identity": identity, "now": clock.now_ms()})


def open_client(
    row: Row,
    vault: Vault,
    local: Callable[[int], Transport],
    door: Door,
    database: Database,
    timeout: float = 30.0,
) -> AsyncCloze:
    """A client that acts for the connection's account. It keeps its tokens fresh, where there are some."""
    if row["url"] is None:
        return AsyncCloze(url="http://tieline", transport=local(int(row["account_id"])), timeout=timeout)
    url = str(row["url"])
    transport = HttpTransport(url, door)
    if row["kind"] == "oauth":
        tokens = _renewing(row, vault, door, database)
        return AsyncCloze(tokens=tokens, url=url, transport=transport, timeout=timeout)
    key = vault.decrypt(bytes(row["secret"]))
    return AsyncCloze(email=row["email"], api_key=key, url=url, transport=transport, timeout=timeout)


def _renewing(row: Row, vault: Vault, door: Door, database: Database) -> RenewingTokens:
    """Tokens that are read from the store each time, so that every process has those that one of them renewed."""
    account_id, connection_id = int(row["account_id"]), int(row["id"])

    async def load() -> Credentials:
        try:
            return opened(vault, await database.read(find, account_id, connection_id))
        except NotFound:
            raise NotAuthorized("The connection was removed", status=401) from None

    async def save(credentials: Credentials) -> None:
        secret = sealed(vault, credentials)
        values = {"connection_id": connection_id, "secret": secret}
        await database.write(lambda tx: tx.run(ROTATE, values))

    known = opened(vault, row)
    return RenewingTokens(known, HttpTransport(known.server, door), load=load, save=save)


async def replace_key(database: Database, vault: Vault, door: Door, row: Row, api_key: str) -> str:
    """Check a new key, then give it to the connection; the account that it belongs to.

    Raises InvalidInput for a key that is refused or belongs to somebody else, Unavailable for no answer; the old key stays.
    """
    check_rotation(row, api_key)
    url = str(row["url"])
    async with AsyncCloze(api_key=api_key.strip(), url=url, transport=HttpTransport(url, door)) as client:
        identity = await verify(client, str(row["email"]))

    def replace(tx: Transaction) -> None:
        rotate(tx, vault, int(row["account_id"]), int(row["id"]), api_key)
        verified(tx, int(row["id"]), identity)

    await database.write(replace)
    return identity


async def verify(client: AsyncCloze, email: str = "") -> str:
    """The account that the other side names. Raises InvalidInput for wrong credentials, Unavailable for no answer."""
    by_token = client.sender.tokens is not None
    try:
        found = await client.user.profile()
    except NotAuthorized as error:
        raise InvalidInput(
            f"the server refused it: {error.message}",
            field="connection" if by_token else "api_key",
            remedy="connect it again" if by_token else "copy the key again",
        ) from None
    except ClozeError as error:
        raise Unavailable(
            f"The connection could not be checked: {error.message}",
            field="url",
            remedy="check the address",
        ) from None
    identity = str(found.email or "")
    if email and identity and email.strip().lower() != identity.lower():
        raise InvalidInput(
            f"the key belongs to {identity}", field="email", remedy=f"use {identity}, or another key"
        )
    return identity


def view(row: Row) -> ConnectionView:
    """A row without its key."""
    return ConnectionView(**{name: row[name] for name in ConnectionView.__struct_fields__})

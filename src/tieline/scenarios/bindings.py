"""What the resources that a blueprint names are on this server (1.6): connections, keychains, and so on."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from sqlalchemy import Table, bindparam, select, update

from tieline.errors import NotFound
from tieline.store.database import Row, Statement, Transaction
from tieline.store.statements import upsert
from tieline.store.tables import binding, connection, data_store, keychain, scenario

# Where the resources of each kind live. A hook of an app is registered through a connection.
HOMES: dict[str, Table] = {
    "connection": connection,
    "hook": connection,
    "keychain": keychain,
    "datastore": data_store,
    "scenario": scenario,
}
ACCOUNTS = ("connection", "hook")
OF_SCENARIO = Statement(
    select(binding)
    .where(binding.c.scenario_id == bindparam("scenario_id"))
    .order_by(binding.c.kind, binding.c.foreign_id)
)
ADD = upsert(
    binding,
    columns=("scenario_id", "kind", "foreign_id", "label", "local_id"),
    conflict=("scenario_id", "kind", "foreign_id"),
)
BIND = Statement(
    update(binding)
    .where(
        binding.c.scenario_id == bindparam("wanted"),
        binding.c.kind == bindparam("of_kind"),
        binding.c.foreign_id == bindparam("foreign"),
    )
    .values(local_id=bindparam("local"))
)
BIND_ACCOUNTS = Statement(
    update(binding)
    .where(binding.c.scenario_id == bindparam("wanted"), binding.c.kind.in_(ACCOUNTS))
    .values(local_id=bindparam("local"))
)


class Binding(msgspec.Struct, frozen=True):
    """A resource of the blueprint and what it is connected to here."""

    kind: str
    foreign_id: str
    label: str
    local_id: int | None
    name: str | None


class Choice(msgspec.Struct, frozen=True):
    """A resource of this server that a binding may lead to."""

    id: int
    name: str


def note(tx: Transaction, scenario_id: int, resources: Iterable[tuple[str, str, str]]) -> None:
    """Remember the (kind, foreign id, label) that a blueprint names; those that are known stay as they are."""
    for kind, foreign, label in resources:
        values = {"scenario_id": scenario_id, "kind": kind, "foreign_id": foreign, "label": label}
        tx.run(ADD, {**values, "local_id": None})


def rows(tx: Transaction, scenario_id: int) -> list[Row]:
    """What is known of the resources of every version."""
    return tx.all(OF_SCENARIO, {"scenario_id": scenario_id})


def local_ids(tx: Transaction, scenario_id: int) -> dict[tuple[str, str], int | None]:
    """The id here of each (kind, foreign id)."""
    return {(str(row["kind"]), str(row["foreign_id"])): row["local_id"] for row in rows(tx, scenario_id)}


def listed(tx: Transaction, account_id: int, scenario_id: int, needed: set[tuple[str, str]]) -> list[Binding]:
    """The bindings of these (kind, foreign id), with the names of what they lead to."""
    names = {
        kind: {one.id: one.name for one in choices(tx, account_id, kind)} for kind in {k for k, _ in needed}
    }
    made = []
    for row in rows(tx, scenario_id):
        if (row["kind"], row["foreign_id"]) in needed:
            name = names[row["kind"]].get(row["local_id"])
            local = row["local_id"] if name is not None else None  # it may have been removed
            made.append(Binding(row["kind"], row["foreign_id"], row["label"], local, name))
    return made


def choices(tx: Transaction, account_id: int, kind: str) -> list[Choice]:
    """The account's resources of a kind."""
    home = HOMES.get(kind)
    if home is None:
        return []
    found = select(home.c.id, home.c.name).where(home.c.account_id == account_id).order_by(home.c.id)
    return [Choice(int(row["id"]), str(row["name"])) for row in tx.all(found)]


def bind(
    tx: Transaction, account_id: int, scenario_id: int, kind: str, foreign_id: str, local_id: int | None
) -> None:
    """Lead one resource to one of ours; None: to nothing. Raises NotFound."""
    check(tx, account_id, kind, local_id)
    if not tx.run(BIND, {"wanted": scenario_id, "of_kind": kind, "foreign": foreign_id, "local": local_id}):
        raise NotFound("The blueprint has no such resource.")


def bind_accounts(tx: Transaction, account_id: int, scenario_id: int, connection_id: int) -> None:
    """Lead everything that acts for an account to one connection. Raises NotFound."""
    check(tx, account_id, "connection", connection_id)
    tx.run(BIND_ACCOUNTS, {"wanted": scenario_id, "local": connection_id})


def check(tx: Transaction, account_id: int, kind: str, local_id: int | None) -> None:
    """Raises NotFound when the account has no such resource."""
    if local_id is not None and local_id not in {one.id for one in choices(tx, account_id, kind)}:
        raise NotFound(f"There is no such {kind}.")

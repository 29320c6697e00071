"""Who asks, and what they may do. Every decision about access is made here."""

from __future__ import annotations

from typing import Literal

import msgspec

from tieline.errors import InvalidInput, PermissionDenied
from tieline.records.vocabulary import SCOPES
from tieline.trace import Trace

__all__ = [
    "ALL_SCOPES",
    "NO_TEAM",
    "Actor",
    "Caller",
    "Trace",
    "member_address",
    "require",
    "require_local",
    "require_own_account",
]

ALL_SCOPES = frozenset(SCOPES)
NO_TEAM = "You are not a member of a team"


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who made a change, as the history tells it. `name`: the key, app, file, page or scenario they used."""

    kind: Literal["user", "key", "app", "scenario", "import", "system"]
    name: str = ""
    email: str = ""
    trace: Trace | None = None


class Caller(msgspec.Struct, frozen=True):
    """The account that asks, with what it may do."""

    account_id: int
    email: str
    name: str = ""
    country: str = "US"
    timezone: str = "UTC"
    aka: tuple[str, ...] = ()
    scopes: frozenset[str] = ALL_SCOPES
    actor: Actor = Actor("system")
    app_id: int | None = None  # the app whose access token was sent (1.4)

    @property
    def addresses(self) -> frozenset[str]:
        """Every address of one's own, lower case."""
        return frozenset({self.email.lower(), *(address.lower() for address in self.aka)})

    def acting(self, actor: Actor) -> Caller:
        """The same caller, whose changes are told as the actor's."""
        return msgspec.structs.replace(self, actor=actor)


def require(caller: Caller, scope: str) -> None:
    """Raises PermissionDenied unless the caller has the scope (1.5)."""
    if scope not in caller.scopes:
        raise PermissionDenied(f"This needs the scope {scope}")


def require_own_account(caller: Caller, account: str) -> None:
    """Raises PermissionDenied when a write is meant for another account or a team's copy (2.4)."""
    if account and account.lower() not in caller.addresses:
        raise PermissionDenied(
            NO_TEAM if account.lower() == "team" else "You may not write into another account"
        )


def require_local(*, team: bool = False, scope: str = "", share_to: str = "", node: str = "") -> None:
    """Raises PermissionDenied for what only a team has (1.6)."""
    if team or share_to or node or (scope and scope.lower() != "local"):
        raise PermissionDenied(NO_TEAM)


def member_address(caller: Caller, value: str, field: str) -> str:
    """The e-mail address of the member meant by `value`. Raises InvalidInput when nobody is."""
    if value.lower() in caller.addresses or value.lower() in {"me", "@me"}:
        return caller.email
    raise InvalidInput(f"“{value}” is no member of the team", field=field, remedy=f"use {caller.email}")

"""Who asks, and what they may do. Every decision about access is made here.

A record is somebody's own ("local copy") or the team's ("team copy"): rows of the member's account or of the team's,
which is an account nobody signs in to. Acting on a copy is acting as a Caller of that account. What a member sees of
the team's copies is a matter of places: paths such as /US/West.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from tieline.errors import InvalidInput, PermissionDenied
from tieline.records.vocabulary import SCOPES
from tieline.trace import Trace

__all__ = [
    "ALL_SCOPES",
    "NO_TEAM",
    "TOP",
    "Actor",
    "Caller",
    "Member",
    "Place",
    "Team",
    "Trace",
    "is_own_account",
    "may_see",
    "member_address",
    "member_of",
    "place_of",
    "reading",
    "require",
    "require_administrator",
    "require_manager",
    "require_node",
    "require_removal",
    "require_team",
    "require_visible",
    "sees",
    "team_caller",
    "watching",
]

ALL_SCOPES = frozenset(SCOPES)
NO_TEAM = "You are not a member of a team"
TOP: Final = "/"
ADMINISTRATOR, MANAGER, MEMBER = "administrator", "manager", "member"
_HIERARCHY: Final = re.compile(r"hierarchy:(/[^*]*?)(/\*|\*)?", re.IGNORECASE)


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who made a change, as the history tells it. `name`: the key, app, file, page or scenario they used."""

    kind: Literal["user", "key", "app", "scenario", "import", "system"]
    name: str = ""
    email: str = ""
    trace: Trace | None = None


class Place(msgspec.Struct, frozen=True):
    """A sub-team: the node itself, or with everything below it."""

    path: str
    below: bool = True

    def holds(self, node: str | None) -> bool:
        """Is a record of that node in this place?"""
        path = node or TOP
        if path == self.path:
            return True
        return self.below and (self.path == TOP or path.startswith(f"{self.path}/"))


class Member(msgspec.Struct, frozen=True):
    """Somebody of a team."""

    account_id: int
    email: str
    name: str
    role: str
    node: str
    aka: tuple[str, ...] = ()


class Team(msgspec.Struct, frozen=True):
    """The team of a caller, and who they are in it. `rights`: administrator, manager or member."""

    id: int
    name: str
    role: str
    rights: str
    node: str
    places: tuple[Place, ...]
    members: tuple[Member, ...]

    @property
    def administers(self) -> bool:
        """May change the team, and see and change everything of it."""
        return self.rights == ADMINISTRATOR

    @property
    def manages(self) -> bool:
        """May export, delete, and act for members."""
        return self.rights in {ADMINISTRATOR, MANAGER}


class Caller(msgspec.Struct, frozen=True):
    """The account that asks, or the copy it acts on, with what it may do there."""

    account_id: int
    email: str
    name: str = ""
    country: str = "US"
    timezone: str = "UTC"
    aka: tuple[str, ...] = ()
    scopes: frozenset[str] = ALL_SCOPES
    actor: Actor = Actor("system")
    team: Team | None = None
    # On the team's copies: what the member sees (None: everything), and what a scope restricts that to.
    visible: tuple[Place, ...] | None = None
    asked: Place | None = None
    app_id: int | None = None  # the app whose access token was sent (1.4)

    @property
    def addresses(self) -> frozenset[str]:
        """Every address of one's own, lower case."""
        return frozenset({self.email.lower(), *(address.lower() for address in self.aka)})

    @property
    def on_team_copy(self) -> bool:
        """True when it acts on the team's records."""
        return self.team is not None and self.account_id == self.team.id

    def acting(self, actor: Actor) -> Caller:
        """The same caller, whose changes are told as the actor's."""
        return msgspec.structs.replace(self, actor=actor)


def require(caller: Caller, scope: str) -> None:
    """Raises PermissionDenied unless the caller has the scope (1.5)."""
    if scope not in caller.scopes:
        raise PermissionDenied(f"This needs the scope {scope}")


def require_team(caller: Caller, field: str | None = None) -> Team:
    """The caller's team. Raises PermissionDenied without one (1.6). `field`: what asked for it."""
    if caller.team is None:
        raise PermissionDenied(NO_TEAM, field=field)
    return caller.team


def require_manager(caller: Caller, doing: str, field: str | None = None) -> Team:
    """Raises PermissionDenied unless the caller may act for members of the team."""
    team = require_team(caller, field)
    if not team.manages:
        raise PermissionDenied(f"Only administrators and managers of the team may {doing}", field=field)
    return team


def require_administrator(caller: Caller, doing: str) -> Team:
    """Raises PermissionDenied unless the caller administers the team."""
    team = require_team(caller)
    if not team.administers:
        raise PermissionDenied(f"Only administrators of the team may {doing}")
    return team


def is_own_account(caller: Caller, account: str) -> bool:
    """Does `account` (2.4) mean the caller's own copy?"""
    return not account or account.strip().lower() in caller.addresses


def team_caller(caller: Caller, asked: Place | None = None) -> Caller:
    """The caller on the team's copies, seeing what their role and places show. Raises PermissionDenied."""
    team = require_team(caller)
    visible = None if team.administers else team.places
    return msgspec.structs.replace(caller, account_id=team.id, visible=visible, asked=asked)


def reading(caller: Caller, *, team: bool = False, scope: str = "") -> Caller:
    """The caller on the copies that `team` and `scope` (2.6) mean. Raises PermissionDenied, InvalidInput."""
    place = place_of(scope)
    if place is None:
        return team_caller(caller) if team else caller
    return team_caller(caller, None if place == Place(TOP) else place)


def place_of(scope: str) -> Place | None:
    """What a scope is restricted to; None for local. Raises InvalidInput for one that is unknown.

    `hierarchy:/A` is that node alone, `hierarchy:/A/*` with all below it, `hierarchy:/*` everything (7, 39).
    """
    word = scope.strip()
    if not word or word.lower() == "local":
        return None
    if word.lower() == "team":
        return Place(TOP)
    found = _HIERARCHY.fullmatch(word)
    if found is None:
        raise InvalidInput(
            f"“{word[:60]}” is unknown", field="scope", remedy="local, team, hierarchy:/A or hierarchy:/A/*"
        )
    return Place(found[1].rstrip("/") or TOP, below=bool(found[2]))


def sees(caller: Caller, row: Mapping[str, Any]) -> bool:
    """May the caller see this row of the account they act on? One's own copies always; the team's by place."""
    node = row["node"]
    if caller.asked is not None and not caller.asked.holds(node):
        return False
    if caller.visible is None:
        return True
    mine = (row["assignee"] or "").lower() in caller.addresses
    return mine or any(place.holds(node) for place in caller.visible)


def require_visible(caller: Caller, row: Mapping[str, Any]) -> None:
    """Raises PermissionDenied when a write means a record of a sub-team the caller does not see."""
    if not sees(caller, row):
        raise PermissionDenied("The team has this record in a sub-team that you do not belong to")


def require_removal(caller: Caller, row: Mapping[str, Any]) -> None:
    """The team's copy is deleted by administrators, managers, and whom it is assigned to."""
    team = caller.team
    if not caller.on_team_copy or (team is not None and team.manages):
        return
    if (row["assignee"] or "").lower() not in caller.addresses:
        raise PermissionDenied(
            "Only administrators, managers and whom it is assigned to may delete the team's copy"
        )


def require_node(caller: Caller, node: str) -> None:
    """Raises PermissionDenied when a record is to go to a sub-team that the caller does not see."""
    team = require_team(caller)
    if not team.administers and not any(place.holds(node) for place in team.places):
        raise PermissionDenied(f"You do not belong to {node}", field="node", remedy=f"use {team.node}")


def watching(caller: Caller, scope: str | None) -> str:
    """The scope of a subscription (5.1): team for whoever may export the team's records, else local."""
    may_export = caller.team is not None and caller.team.manages
    if scope is None:
        return "team" if may_export else "local"
    place = place_of(scope)
    if place is None:
        return "local"
    require_manager(caller, "watch the team's records", "scope")
    return scope.strip()


def may_see(rights: str, places: tuple[Place, ...], node: str | None) -> bool:
    """Is a record of that node told to a subscriber with these rights?"""
    return rights == ADMINISTRATOR or any(place.holds(node) for place in places)


def member_of(caller: Caller, value: str, field: str) -> Member:
    """The member of the team meant by an address. Raises InvalidInput when nobody is."""
    word = value.strip().lower()
    if word in caller.addresses or word in {"me", "@me"}:
        return Member(caller.account_id, caller.email, caller.name, "", TOP)
    for member in caller.team.members if caller.team else ():
        if word == member.email.lower() or word in member.aka:
            return member
    known = ", ".join(member.email for member in caller.team.members) if caller.team else caller.email
    raise InvalidInput(f"“{value}” is no member of the team", field=field, remedy=f"use {known}")


def member_address(caller: Caller, value: str, field: str) -> str:
    """The e-mail address of the member meant by `value`. Raises InvalidInput when nobody is."""
    return member_of(caller, value, field).email

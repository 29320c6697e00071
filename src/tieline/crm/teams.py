"""Teams (contract 2.11): members with roles and places, and the account that owns what they share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from sqlalchemy import bindparam, delete, select, update

from tieline import clock, ids
from tieline.crm import credentials
from tieline.crm.access import (
    ADMINISTRATOR,
    MANAGER,
    MEMBER,
    TOP,
    Caller,
    Member,
    Place,
    Team,
    require_administrator,
    require_team,
)
from tieline.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from tieline.records.fields import Record
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import account, subscription

ROLES: Final = {ADMINISTRATOR: "Administrator", MANAGER: "Manager", MEMBER: "Member"}
MOST_NODES: Final = 1000

BY_ID = Statement(select(account).where(account.c.id == bindparam("account_id")))
BY_EMAIL = Statement(
    select(account).where(account.c.email == bindparam("email"), account.c.is_team.is_(False))
)
MEMBERS = Statement(select(account).where(account.c.team_id == bindparam("team")).order_by(account.c.id))
TEAMS = Statement(select(account).where(account.c.is_team.is_(True)).order_by(account.c.id))
JOIN = Statement(
    update(account)
    .where(account.c.id == bindparam("wanted"))
    .values(team_id=bindparam("team"), membership=bindparam("text"))
)
DESCRIBE = Statement(
    update(account).where(account.c.id == bindparam("wanted")).values(membership=bindparam("text"))
)
STOP_WATCHING = Statement(
    delete(subscription).where(
        subscription.c.account_id == bindparam("account_id"), subscription.c.watched_id.is_not(None)
    )
)


class Membership(msgspec.Struct, omit_defaults=True):
    """What a member is in their team, as it is stored with their account."""

    role: str = MEMBER
    node: str = TOP
    secondary_nodes: list[str] = []
    visible_at: list[str] = []
    custom_fields: list[Any] = []
    keywords: list[str] = []

    def places(self) -> tuple[Place, ...]:
        """Where the member sees the team's records: at and below each of their nodes."""
        return tuple(map(Place, dict.fromkeys([self.node, *self.secondary_nodes, *self.visible_at])))


class Role(msgspec.Struct, omit_defaults=True):
    """A role of a team's own: a name, and the rights of one of the three."""

    id: str
    name: str
    rights: str = MEMBER


class Invitation(msgspec.Struct, omit_defaults=True):
    """What somebody becomes when they accept."""

    role: str = MEMBER
    node: str = TOP
    by: str = ""
    at: int = 0


class Description(msgspec.Struct, omit_defaults=True):
    """What a team is, as it is stored with its account."""

    roles: list[Role] = []
    nodes: list[str] = []
    invitations: dict[str, Invitation] = {}

    def rights(self, role: str) -> str:
        """The rights of a role by its id; those of a member when it is gone."""
        if role in ROLES:
            return role
        return next((own.rights for own in self.roles if own.id == role), MEMBER)

    def every_role(self) -> dict[str, str]:
        """Id to name."""
        return {**ROLES, **{role.id: role.name for role in self.roles}}


class Keywords(Record):
    """Tags to add to a member and to take away."""

    add: list[str] | UnsetType = UNSET
    remove: list[str] | UnsetType = UNSET


class MemberUpdate(Record):
    """The body of members/update (2.11). What is absent stays."""

    key: str | UnsetType = UNSET
    role: str | UnsetType = UNSET
    node: str | UnsetType = UNSET
    node_by_parts: list[str] | UnsetType = UNSET
    secondary_nodes: list[str] | UnsetType = UNSET
    visible_at: list[str] | UnsetType = UNSET
    custom_fields: list[Any] | UnsetType = UNSET
    keywords: Keywords | UnsetType = UNSET


def team_of(tx: Transaction, row: Row) -> Team | None:
    """The team of an account's row, with its members."""
    if row["team_id"] is None:
        return None
    team = tx.one(BY_ID, {"account_id": row["team_id"]})
    if team is None:
        return None
    own, described = membership(row), description(team)
    members = tuple(_member(other) for other in tx.all(MEMBERS, {"team": team["id"]}))
    rights = described.rights(own.role)
    return Team(team["id"], team["name"], own.role, rights, own.node, own.places(), members)


def membership(row: Row) -> Membership:
    """What a member's account says of their membership."""
    return msgspec.json.decode(row["membership"], type=Membership)


def description(row: Row) -> Description:
    """What a team's account says of the team."""
    return msgspec.json.decode(row["membership"], type=Description)


def described(tx: Transaction, team_id: int) -> Description:
    """The description of a team."""
    row = tx.one(BY_ID, {"account_id": team_id})
    assert row is not None
    return description(row)


def list_teams(tx: Transaction) -> list[Row]:
    """Every team of the installation."""
    return tx.all(TEAMS)


def create_team(tx: Transaction, caller: Caller, name: str) -> int:
    """A new team with the caller as its administrator; it starts with their settings. Returns its id.

    Raises InvalidInput for an empty name, Conflict when the caller is in a team.
    """
    row = _account(tx, caller.account_id)
    if row["team_id"] is not None:
        raise Conflict("You are a member of a team already.", remedy="leave it first")
    label = name.strip()[:200]
    if not label:
        raise InvalidInput("is required", field="name", remedy="name the team after your office")
    team_id = tx.insert(
        account,
        {
            "email": f"team:{ids.secret(9)}",  # unique, and no address that anybody could sign in with
            "name": label,
            "country": row["country"],
            "timezone": row["timezone"],
            "settings": row["settings"],
            "is_team": True,
            "membership": "{}",
            "created": clock.now_ms(),
        },
    )
    _join(tx, caller.account_id, team_id, Membership(role=ADMINISTRATOR))
    return team_id


def add_member(tx: Transaction, team_id: int, email: str, *, role: str = MEMBER, node: str = TOP) -> None:
    """Make an account a member, as the owner of the installation may. Raises InvalidInput, Conflict."""
    team = _account(tx, team_id)
    row = tx.one(BY_EMAIL, {"email": email.strip().lower()})
    if row is None:
        raise InvalidInput(
            f"there is no account for {email}", field="email", remedy="make it first: tieline account create"
        )
    if row["team_id"] is not None:
        raise Conflict(f"{email} is a member of a team already.", field="email")
    made = Membership(role=_role(description(team), role), node=node_path(node))
    _join(tx, row["id"], team_id, made)


def invite(tx: Transaction, caller: Caller, email: str, *, role: str = MEMBER, node: str = TOP) -> None:
    """Ask somebody of this installation to join; they decide. Raises PermissionDenied, InvalidInput."""
    team = require_administrator(caller, "invite members")
    row = tx.one(BY_EMAIL, {"email": email.strip().lower()})
    if row is None:
        raise InvalidInput(
            f"there is no account for {email.strip()}",
            field="email",
            remedy="they need an account here first: tieline account create",
        )
    if row["team_id"] is not None:
        raise Conflict(f"{row['email']} is a member of a team already.", field="email")
    found = described(tx, team.id)
    found.invitations[row["email"]] = Invitation(
        _role(found, role), node_path(node), caller.email, clock.now_ms()
    )
    _describe(tx, team.id, found)


def invitations(tx: Transaction, email: str) -> list[tuple[int, str, Invitation]]:
    """Teams that ask this account to join: id, name and what they offer."""
    return [
        (team["id"], team["name"], found)
        for team in list_teams(tx)
        if (found := description(team).invitations.get(email.lower()))
    ]


def answer_invitation(tx: Transaction, caller: Caller, team_id: int, accept: bool) -> None:
    """Join a team, or decline. Raises NotFound, Conflict when in a team already."""
    team = tx.one(BY_ID, {"account_id": team_id})
    found = description(team) if team is not None and team["is_team"] else None
    invitation = found.invitations.pop(caller.email.lower(), None) if found else None
    if found is None or invitation is None:
        raise NotFound("There is no such invitation.")
    if accept:
        if _account(tx, caller.account_id)["team_id"] is not None:
            raise Conflict("You are a member of a team already.", remedy="leave it first")
        _join(tx, caller.account_id, team_id, Membership(role=invitation.role, node=invitation.node))
    _describe(tx, team_id, found)


def withdraw(tx: Transaction, caller: Caller, email: str) -> None:
    """Take an invitation back. Raises PermissionDenied, NotFound."""
    team = require_administrator(caller, "take back an invitation")
    found = described(tx, team.id)
    if found.invitations.pop(email.strip().lower(), None) is None:
        raise NotFound("There is no such invitation.")
    _describe(tx, team.id, found)


def remove_member(tx: Transaction, caller: Caller, email: str) -> None:
    """End a membership: one's own, or as administrator anybody's. What they shared stays with the team.

    Raises PermissionDenied, InvalidInput, Conflict for the last administrator of others.
    """
    team = require_team(caller)
    member = _find(team, email)
    if member.email != caller.email:
        require_administrator(caller, "remove members")
    end_membership(tx, member.account_id)


def end_membership(tx: Transaction, account_id: int) -> None:
    """End a membership, as the owner of the installation may. Raises Conflict for the last administrator."""
    row = _account(tx, account_id)
    if row["team_id"] is None:
        raise NotFound(f"{row['email']} is in no team.")
    _keep_an_administrator(tx, row["team_id"], without=account_id)
    tx.run(JOIN, {"wanted": account_id, "team": None, "text": "{}"})
    credentials.changed(tx)
    tx.run(STOP_WATCHING, {"account_id": account_id})


def update_member(tx: Transaction, caller: Caller, sent: MemberUpdate) -> None:
    """Change what a member is (2.11). Raises PermissionDenied, InvalidInput naming the field."""
    team = require_administrator(caller, "change members")
    if not sent.key:
        raise InvalidInput("is required", field="key", remedy="the member's e-mail address")
    member = _find(team, str(sent.key))
    row = _account(tx, member.account_id)
    own, found = membership(row), described(tx, team.id)
    if sent.role is not UNSET:
        own.role = _role(found, sent.role)
        if found.rights(own.role) != ADMINISTRATOR:
            _keep_an_administrator(tx, team.id, without=member.account_id)
    if sent.node is not UNSET:
        own.node = node_path(sent.node)
    elif sent.node_by_parts:
        own.node = node_path("/" + "/".join(part.replace("/", " ") for part in sent.node_by_parts))
    if sent.secondary_nodes is not UNSET:
        own.secondary_nodes = [node_path(node, "secondaryNodes") for node in sent.secondary_nodes]
    if sent.visible_at is not UNSET:
        own.visible_at = [node_path(node, "visibleAt") for node in sent.visible_at]
    if sent.custom_fields is not UNSET:
        own.custom_fields = list(sent.custom_fields)
    if sent.keywords is not UNSET:
        own.keywords = _tags(own.keywords, sent.keywords)
    tx.run(DESCRIBE, {"wanted": member.account_id, "text": _text(own)})
    credentials.changed(tx)


def set_roles(tx: Transaction, caller: Caller, roles: Iterable[Role]) -> None:
    """The team's own roles beside the three. Raises PermissionDenied, InvalidInput, Conflict for one in use."""
    team = require_administrator(caller, "change roles")
    found = described(tx, team.id)
    made = list(roles)
    for role in made:
        if role.id in ROLES or not role.id.strip() or not role.name.strip() or role.rights not in ROLES:
            raise InvalidInput(
                f"“{role.name or role.id}” cannot be a role",
                field="roles",
                remedy=f"rights: {', '.join(ROLES)}",
            )
    gone = {role.id for role in found.roles} - {role.id for role in made}
    used = [member.email for member in team.members if member.role in gone]
    if used:
        raise Conflict(f"{used[0]} has a role that is to go.", remedy="give them another one first")
    found.roles = made
    _describe(tx, team.id, found)


def set_nodes(tx: Transaction, caller: Caller, paths: Iterable[str]) -> None:
    """The sub-teams, besides those that members are in. Raises PermissionDenied, InvalidInput."""
    team = require_administrator(caller, "change sub-teams")
    found = described(tx, team.id)
    found.nodes = sorted({node_path(path) for path in paths} - {TOP})[:MOST_NODES]
    _describe(tx, team.id, found)


def every_node(tx: Transaction, team: Team) -> list[str]:
    """Every sub-team, those above it included, in order."""
    known = {*described(tx, team.id).nodes}
    for row in tx.all(MEMBERS, {"team": team.id}):
        known.update(place.path for place in membership(row).places())
    parts = [path.strip("/").split("/") for path in known if path != TOP]
    return sorted({"/" + "/".join(names[: n + 1]) for names in parts for n in range(len(names))})


def node_path(text: str, field: str = "node") -> str:
    """A path as it is kept: /A/B without closing slash. Raises InvalidInput."""
    parts = [part.strip() for part in str(text).strip().split("/") if part.strip()]
    path = "/" + "/".join(parts)
    if len(path) > 300 or "*" in path or not path.isprintable():
        raise InvalidInput(f"“{text}” is no path of sub-teams", field=field, remedy="write it like /US/West")
    return path


def _account(tx: Transaction, account_id: int) -> Row:
    row = tx.one(BY_ID, {"account_id": account_id})
    if row is None:
        raise NotFound("The account does not exist any more.")
    return row


def _member(row: Row) -> Member:
    own = membership(row)
    aka = tuple(str(address).lower() for address in msgspec.json.decode(row["aka"]))
    return Member(row["id"], row["email"], row["name"] or row["email"], own.role, own.node, aka)


def _find(team: Team, email: str) -> Member:
    word = email.strip().lower()
    for member in team.members:
        if word == member.email or word in member.aka:
            return member
    raise InvalidInput(
        f"“{email}” is no member of the team",
        field="key",
        remedy=", ".join(member.email for member in team.members),
    )


def _role(found: Description, text: str) -> str:
    word = str(text).strip().lower()
    for key, name in found.every_role().items():
        if word in {key.lower(), name.lower()}:
            return key
    raise InvalidInput(
        f"“{text}” is unknown", field="role", remedy=f"one of: {', '.join(found.every_role())}"
    )


def _keep_an_administrator(tx: Transaction, team_id: int, *, without: int) -> None:
    found = described(tx, team_id)
    others = [row for row in tx.all(MEMBERS, {"team": team_id}) if row["id"] != without]
    if others and not any(found.rights(membership(row).role) == ADMINISTRATOR for row in others):
        raise PermissionDenied("A team needs an administrator", remedy="make another member one first")


def _tags(stored: list[str], sent: Keywords) -> list[str]:
    dropped = {word.casefold() for word in sent.remove or ()}
    made = {word.casefold(): word for word in [*stored, *(sent.add or ())]}
    return [word for key, word in made.items() if key not in dropped]


def _join(tx: Transaction, account_id: int, team_id: int, made: Membership) -> None:
    tx.run(JOIN, {"wanted": account_id, "team": team_id, "text": _text(made)})
    credentials.changed(tx)


def _describe(tx: Transaction, team_id: int, found: Description) -> None:
    tx.run(DESCRIBE, {"wanted": team_id, "text": _text(found)})
    credentials.changed(tx)


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()

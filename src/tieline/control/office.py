"""What an office has in common: the words of an account, and its team."""

from __future__ import annotations

from typing import Any

from tieline.control.frame import Context
from tieline.crm import settings_file, teams
from tieline.crm.access import MEMBER, TOP, Caller, require_administrator, require_team
from tieline.crm.settings import load_settings, save_settings
from tieline.errors import NotFound
from tieline.store.database import Transaction


async def export_settings(context: Context) -> Any:
    """The account's settings as YAML."""
    found = await context.database.read(load_settings, context.account.account_id)
    return {"yaml": settings_file.to_yaml(found)}


async def apply_settings(context: Context) -> Any:
    """Replace the settings by those of a file; `dry_run` only tells what would change."""
    body, caller = await context.body(), context.account
    wanted = settings_file.from_yaml(str(body.get("yaml") or ""))

    def apply(tx: Transaction) -> list[str]:
        told = settings_file.differences(load_settings(tx, caller.account_id), wanted)
        if told and not body.get("dry_run"):
            if caller.team is not None:
                require_administrator(caller, "change the team's settings")
            save_settings(tx, caller.account_id, wanted)
        return told

    return {"changes": await context.database.write(apply)}


async def show_team(context: Context) -> Any:
    """The caller's team, its members and invitations."""
    team = require_team(context.account)
    described = await context.database.read(teams.described, team.id)
    roles = described.every_role()
    return {
        "name": team.name,
        "members": [
            {"email": one.email, "name": one.name, "role": roles.get(one.role, one.role), "node": one.node}
            for one in team.members
        ],
        "invitations": list(described.invitations),
    }


async def create_team(context: Context) -> Any:
    """A team with the account as its administrator."""
    body = await context.body()
    await context.database.write(teams.create_team, context.account, str(body.get("name") or ""))
    return {}


async def add_member(context: Context) -> Any:
    """Make an account a member: the owner of the installation need not ask."""
    body = await context.body()
    team = require_team(context.account)
    await context.database.write(
        teams.add_member,
        team.id,
        str(body.get("email") or ""),
        role=str(body.get("role") or MEMBER),
        node=str(body.get("node") or TOP),
    )
    return {}


async def update_member(context: Context) -> Any:
    """Another role or sub-team."""
    body = await context.body()
    sent = teams.MemberUpdate(key=str(body.get("email") or ""))
    if body.get("role"):
        sent.role = str(body["role"])
    if body.get("node"):
        sent.node = str(body["node"])
    await context.database.write(teams.update_member, _administrator(context.account), sent)
    return {}


async def remove_member(context: Context) -> Any:
    """End a membership."""
    body = await context.body()
    team, address = require_team(context.account), str(body.get("email") or "")
    member = next((one for one in team.members if one.email == address.strip().lower()), None)
    if member is None:
        raise NotFound(f"{address} is no member of the team.")
    await context.database.write(teams.end_membership, member.account_id)
    return {}


def _administrator(caller: Caller) -> Caller:
    require_administrator(caller, "change members")
    return caller

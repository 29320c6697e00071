"""The team (contract 2.11): its members, roles and sub-teams. An account without one is its only member."""

from __future__ import annotations

from msgspec import UNSET

from tieline.api.call import Call
from tieline.api.envelope import success
from tieline.crm import teams
from tieline.crm.access import TOP, Member, require_team
from tieline.errors import InvalidInput
from tieline.records import codec
from tieline.records.account import TeamMember
from tieline.store.database import Transaction


async def members(call: Call) -> bytes:
    """Everybody who works with the account's records."""
    caller = call.caller
    alone = (Member(caller.account_id, caller.email, caller.name or caller.email, "", TOP),)
    found = caller.team.members if caller.team else alone
    return success(
        list=[
            TeamMember(
                key=one.email,
                name=one.name,
                email=one.email,
                is_me=one.account_id == caller.account_id,
                role=one.role or UNSET,
                node=one.node if caller.team else UNSET,
            )
            for one in found
        ]
    )


async def roles(call: Call) -> bytes:
    """The roles of the team. Raises PermissionDenied without one."""
    team = require_team(call.caller)
    described = await call.read(teams.described, team.id)
    found = [{"id": key, "name": name} for key, name in described.every_role().items()]
    return success(list=found, roles=found)


async def nodes(call: Call) -> bytes:
    """The sub-teams. Raises PermissionDenied without a team."""
    team = require_team(call.caller)
    paths = await call.read(teams.every_node, team)
    found = []
    for path in paths:
        parts = path.strip("/").split("/")
        found.append(
            {"node": path, "fullPathLabel": " / ".join(parts), "leafLabel": parts[-1], "depth": len(parts)}
        )
    return success(list=found)


async def update(call: Call) -> bytes:
    """Change a member, or several in turn up to the first that cannot be changed."""
    body = call.record_object("teammember")
    given = body.get("members", [body]) if set(body) <= {"members"} else [body]
    if not isinstance(given, list) or not given:
        raise InvalidInput("expected a list of members", field="members", remedy="send [{key, …}]")
    updates = [codec.convert(teams.MemberUpdate, one) for one in given]
    for one in updates[:-1]:
        await call.database.write(teams.update_member, call.caller, one)

    def act(tx: Transaction) -> bytes:
        teams.update_member(tx, call.caller, updates[-1])
        return success()

    return await call.write(act)

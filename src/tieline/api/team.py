"""A team of one (contract 2.11): its only member is the account itself; roles and nodes need a team."""

from __future__ import annotations

from tieline.api.call import Call
from tieline.api.envelope import success
from tieline.crm.access import require_local
from tieline.records.account import TeamMember


async def members(call: Call) -> bytes:
    """Everybody who works with the account's records."""
    caller = call.caller
    me = TeamMember(key=caller.email, name=caller.name or caller.email, email=caller.email, is_me=True)
    return success(list=[me])


async def roles(call: Call) -> bytes:
    """The roles of a team. Raises PermissionDenied: there is none."""
    require_local(team=True)
    return success(list=[], roles=[])


async def nodes(call: Call) -> bytes:
    """The sub-teams of a team. Raises PermissionDenied: there is none."""
    require_local(team=True)
    return success(list=[])

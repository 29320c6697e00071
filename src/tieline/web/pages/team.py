"""The team: its members, their roles and sub-teams, invitations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from tieline.crm import teams
from tieline.crm.access import Caller
from tieline.errors import TielineError
from tieline.store.database import Transaction
from tieline.web import session
from tieline.web.context import database
from tieline.web.forms import values_of
from tieline.web.page import go, render


async def show(request: Request) -> Response:
    """Members and invitations, or how to begin."""
    return await _page(request)


async def create(request: Request) -> Response:
    """Make a team."""
    values = await values_of(request)
    return await _act(
        request,
        lambda tx, caller: teams.create_team(tx, caller, values.get("name", "")),
        "The team is there.",
    )


async def invite(request: Request) -> Response:
    """Ask somebody to join."""
    values = await values_of(request)

    def act(tx: Transaction, caller: Caller) -> None:
        teams.invite(
            tx, caller, values.get("email", ""), role=values.get("role", ""), node=values.get("node") or "/"
        )

    return await _act(request, act, "Invited. They find the invitation on this page.")


async def withdraw(request: Request) -> Response:
    """Take an invitation back."""
    values = await values_of(request)
    return await _act(
        request, lambda tx, caller: teams.withdraw(tx, caller, values.get("email", "")), "Taken back."
    )


async def answer(request: Request) -> Response:
    """Join, or decline."""
    values = await values_of(request)
    team, accept = int(request.path_params["team"]), values.get("answer") == "accept"
    return await _act(
        request,
        lambda tx, caller: teams.answer_invitation(tx, caller, team, accept),
        "Welcome to the team." if accept else "Declined.",
    )


async def change(request: Request) -> Response:
    """Another role or sub-team."""
    values = await values_of(request)
    sent = teams.MemberUpdate(
        key=values.get("email", ""), role=values.get("role", ""), node=values.get("node") or "/"
    )
    return await _act(request, lambda tx, caller: teams.update_member(tx, caller, sent), "Changed.")


async def remove(request: Request) -> Response:
    """End a membership."""
    values = await values_of(request)
    return await _act(
        request,
        lambda tx, caller: teams.remove_member(tx, caller, values.get("email", "")),
        "No member any more.",
    )


async def _act(request: Request, act: Callable[[Transaction, Caller], Any], message: str) -> Response:
    caller = await session.signed_in(request)
    try:
        await database(request).write(act, caller)
    except TielineError as error:
        return await _page(request, error)
    return go(request, "/settings/team", message)


async def _page(request: Request, error: TielineError | None = None) -> Response:
    caller = await session.signed_in(request)
    described, nodes, invited = await database(request).read(_read, caller)
    return await render(
        request,
        "team.html",
        status=422 if error else 200,
        error=error,
        team=caller.team,
        roles=described.every_role(),
        waiting=described.invitations,
        nodes=nodes,
        invited=invited,
    )


def _read(tx: Transaction, caller: Caller) -> tuple[teams.Description, list[str], list[Any]]:
    invited = teams.invitations(tx, caller.email)
    if caller.team is None:
        return teams.Description(), [], invited
    return teams.described(tx, caller.team.id), teams.every_node(tx, caller.team), invited

"""Grants: what an account has allowed an app, from the consent to its end."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, or_, select, update

from tieline import clock, ids
from tieline.crm import accounts, credentials, subscriptions
from tieline.crm.access import Caller
from tieline.crm.oauth.requests import Asked
from tieline.errors import NotFound
from tieline.records.vocabulary import SCOPES
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import oauth_client, oauth_grant

CODE_LIFE: Final = 5 * 60_000  # ms

_live = (
    oauth_grant.c.redeemed.is_not(None),
    oauth_grant.c.revoked.is_(None),
    oauth_grant.c.expires > bindparam("now"),
)
_EVERY = Statement(
    select(
        oauth_grant,
        oauth_client.c.name.label("app_name"),
        oauth_client.c.logo_url,
        oauth_client.c.description,
    )
    .join(oauth_client, oauth_client.c.id == oauth_grant.c.app_id)
    .where(oauth_grant.c.account_id == bindparam("account_id"), oauth_client.c.revoked.is_(None), *_live)
    .order_by(oauth_grant.c.id)
)
_END = Statement(
    update(oauth_grant)
    .where(
        oauth_grant.c.account_id == bindparam("account_id"),
        oauth_grant.c.app_id == bindparam("app_id"),
        oauth_grant.c.revoked.is_(None),
    )
    .values(revoked=bindparam("now"))
)
_END_ONE = Statement(
    update(oauth_grant)
    .where(oauth_grant.c.id == bindparam("grant_id"), oauth_grant.c.revoked.is_(None))
    .values(revoked=bindparam("now"))
)
_OTHERS = Statement(
    select(oauth_grant.c.id).where(
        oauth_grant.c.account_id == bindparam("account_id"),
        oauth_grant.c.app_id == bindparam("app_id"),
        *_live,
    )
)
_SWEEP = Statement(
    delete(oauth_grant).where(
        oauth_grant.c.account_id == bindparam("account_id"),
        or_(oauth_grant.c.expires <= bindparam("before"), oauth_grant.c.revoked <= bindparam("before")),
    )
)
_USED = Statement(
    update(oauth_grant).where(oauth_grant.c.id == bindparam("grant_id")).values(last_used=bindparam("now"))
)


class Access(msgspec.Struct, frozen=True):
    """What an app may do with an account, its several grants taken together."""

    app_id: int
    name: str
    description: str
    logo_url: str
    scopes: tuple[str, ...]
    since: int
    last_used: int | None


def approve(tx: Transaction, caller: Caller, asked: Asked) -> str:
    """Consent: the code that the app may exchange once, within five minutes."""
    code, now = ids.secret(), clock.now_ms()
    tx.run(_SWEEP, {"account_id": caller.account_id, "before": now - 86_400_000})
    values = {
        "account_id": caller.account_id,
        "app_id": asked.sender.app.id,
        "scopes": " ".join(asked.scopes),
        "code_hash": accounts.digest(code),
        "redirect_uri": asked.sender.redirect_uri if asked.sender.named else None,
        "challenge": asked.challenge,
        "challenge_method": asked.method,
        "created": now,
        "expires": now + CODE_LIFE,
    }
    tx.insert(oauth_grant, values)
    return code


def list_access(tx: Transaction, account_id: int) -> list[Access]:
    """The apps that have access to the account."""
    found: dict[int, Access] = {}
    for row in tx.all(_EVERY, {"account_id": account_id, "now": clock.now_ms()}):
        found[row["app_id"]] = _joined(found.get(row["app_id"]), row)
    return list(found.values())


def disconnect(tx: Transaction, account_id: int, app_id: int) -> None:
    """End an app's access to the account: its tokens, and the webhooks it set up. Raises NotFound."""
    values = {"account_id": account_id, "app_id": app_id, "now": clock.now_ms()}
    if not tx.run(_END, values):
        raise NotFound("The app has no access any more.")
    subscriptions.remove_of_app(tx, app_id, account_id)
    credentials.changed(tx)


def end(tx: Transaction, grant: Row) -> None:
    """End one grant; with an app's last one its webhooks end as well."""
    now = clock.now_ms()
    tx.run(_END_ONE, {"grant_id": grant["id"], "now": now})
    owner = {"account_id": grant["account_id"], "app_id": grant["app_id"]}
    if tx.one(_OTHERS, {**owner, "now": now}) is None:
        subscriptions.remove_of_app(tx, **owner)
    credentials.changed(tx)


def used(tx: Transaction, grant_id: int, now: int) -> None:
    """Remember when an app last used its access."""
    tx.run(_USED, {"grant_id": grant_id, "now": now})


def _joined(known: Access | None, row: Row) -> Access:
    scopes = {*row["scopes"].split(), *(known.scopes if known else ())}
    uses = [at for at in (row["last_used"], known.last_used if known else None) if at is not None]
    return Access(
        app_id=row["app_id"],
        name=row["app_name"],
        description=row["description"],
        logo_url=row["logo_url"],
        scopes=tuple(scope for scope in SCOPES if scope in scopes),
        since=known.since if known else row["created"],
        last_used=max(uses, default=None),
    )

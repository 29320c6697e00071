"""Tokens: what a code or a refresh token is exchanged for, and whom an access token stands for.

A refresh token goes on working after it was used. An app with a secret gets the same one again: the secret binds it,
and an answer that was lost locks nobody out. A public app gets a new one each time; the one before is good for another
minute, for the retry of an answer that was lost. After that its return means that somebody has a copy, and the
grant ends (RFC 9700, 4.14.2).
"""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import bindparam, delete, or_, select, update

from tieline import clock, ids
from tieline.crm import accounts
from tieline.crm.access import Actor, Caller
from tieline.crm.oauth import grants
from tieline.crm.oauth.apps import App
from tieline.crm.oauth.protocol import Refusal, proves, read_scopes
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import account, oauth_client, oauth_grant, oauth_token

ACCESS_LIFE: Final = 3600  # seconds
REFRESH_LIFE: Final = 180 * 86_400_000  # ms since it was last used
GRACE: Final = 60_000  # ms for which a replaced refresh token may be sent again
REMEMBERED: Final = 30 * 86_400_000  # ms for which the return of a replaced one is recognised

_BY_CODE = Statement(select(oauth_grant).where(oauth_grant.c.code_hash == bindparam("hash")))
_REDEEM = Statement(
    update(oauth_grant)
    .where(
        oauth_grant.c.id == bindparam("grant_id"),
        oauth_grant.c.redeemed.is_(None),
        oauth_grant.c.revoked.is_(None),
    )
    .values(redeemed=bindparam("now"))
)
_EXTEND = Statement(
    update(oauth_grant)
    .where(oauth_grant.c.id == bindparam("grant_id"))
    .values(expires=bindparam("expires"), last_used=bindparam("now"))
)
_BY_TOKEN = Statement(
    select(
        oauth_grant,
        oauth_token.c.id.label("token_id"),
        oauth_token.c.kind,
        oauth_token.c.replaced,
    )
    .join(oauth_token, oauth_token.c.grant_id == oauth_grant.c.id)
    .where(oauth_token.c.hash == bindparam("hash"), oauth_token.c.expires > bindparam("now"))
)
_EXTEND_TOKEN = Statement(
    update(oauth_token).where(oauth_token.c.id == bindparam("token_id")).values(expires=bindparam("expires"))
)
_REPLACE = Statement(
    update(oauth_token)
    .where(oauth_token.c.id == bindparam("token_id"), oauth_token.c.replaced.is_(None))
    .values(replaced=bindparam("now"))
)
_SWEEP = Statement(
    delete(oauth_token).where(
        oauth_token.c.grant_id == bindparam("grant_id"),
        or_(oauth_token.c.expires <= bindparam("now"), oauth_token.c.replaced <= bindparam("before")),
    )
)
_CALLER = Statement(
    select(
        account,
        oauth_client.c.name.label("app_name"),
        oauth_client.c.id.label("app_id"),
        oauth_grant.c.id.label("grant_id"),
        oauth_grant.c.last_used,
        oauth_token.c.scopes,
        oauth_token.c.expires,
    )
    .join(oauth_grant, oauth_grant.c.account_id == account.c.id)
    .join(oauth_client, oauth_client.c.id == oauth_grant.c.app_id)
    .join(oauth_token, oauth_token.c.grant_id == oauth_grant.c.id)
    .where(
        oauth_token.c.hash == bindparam("hash"),
        oauth_token.c.kind == "access",
        oauth_token.c.expires > bindparam("now"),
        oauth_grant.c.revoked.is_(None),
        oauth_client.c.revoked.is_(None),
    )
)


class Issued(msgspec.Struct, frozen=True):
    """The answer to a successful exchange (1.4)."""

    access_token: str
    token_type: str
    expires_in: int
    refresh_token: str
    scope: str


def redeem(tx: Transaction, app: App, code: str, redirect_uri: str, verifier: str) -> Issued | Refusal:
    """Exchange a code. A refusal is returned, not raised, for it may have ended what the code gave before."""
    grant = tx.one(_BY_CODE, {"hash": accounts.digest(code)})
    if grant is None or grant["app_id"] != app.id or grant["revoked"] is not None:
        return Refusal("invalid_grant", "the code is unknown")
    now = clock.now_ms()
    if grant["redeemed"] is None:
        if grant["expires"] <= now:
            return Refusal("invalid_grant", "the code has expired")
        problem = _mismatch(grant, app, redirect_uri, verifier)
        if problem is not None:
            return problem
    if not tx.run(_REDEEM, {"grant_id": grant["id"], "now": now}):
        grants.end(tx, grant)
        return Refusal("invalid_grant", "the code was used before; what it gave has ended")
    return _issue(tx, grant, grant["scopes"], now)


def refresh(tx: Transaction, app: App, token: str, scope: str) -> Issued | Refusal:
    """Exchange a refresh token, for the same scopes or fewer."""
    now = clock.now_ms()
    row = tx.one(_BY_TOKEN, {"hash": accounts.digest(token), "now": now})
    if row is None or row["kind"] != "refresh" or row["app_id"] != app.id or row["revoked"] is not None:
        return Refusal("invalid_grant", "the refresh token is unknown, expired or revoked")
    try:
        scopes = read_scopes(scope) if scope.strip() else tuple(row["scopes"].split())
    except Refusal as refusal:
        return refusal
    if not set(scopes) <= set(row["scopes"].split()):
        return Refusal("invalid_scope", f"more than was granted: {row['scopes']}")
    tx.run(_SWEEP, {"grant_id": row["id"], "now": now, "before": now - REMEMBERED})
    if not app.public:
        tx.run(_EXTEND_TOKEN, {"token_id": row["token_id"], "expires": now + REFRESH_LIFE})
        return _issue(tx, row, " ".join(scopes), now, refresh_token=token)
    if row["replaced"] is not None and now - row["replaced"] > GRACE:
        grants.end(tx, row)
        return Refusal("invalid_grant", "the refresh token was replaced; somebody else may have it")
    tx.run(_REPLACE, {"token_id": row["token_id"], "now": now})
    return _issue(tx, row, " ".join(scopes), now)


def revoke(tx: Transaction, app: App, token: str) -> None:
    """The app gives back what it was granted (RFC 7009); a token that is unknown is as good as given back."""
    row = tx.one(_BY_TOKEN, {"hash": accounts.digest(token), "now": clock.now_ms()})
    if row is not None and row["app_id"] == app.id:
        grants.end(tx, row)


def caller_by_token(tx: Transaction, token: str) -> tuple[Caller, Row] | None:
    """Whom an access token stands for, with grant_id, expires and last_used. None when it is good for nothing."""
    row = tx.one(_CALLER, {"hash": accounts.digest(token), "now": clock.now_ms()})
    if row is None:
        return None
    caller = accounts.caller_of(tx, row, Actor("app", str(row["app_name"]), str(row["email"])))
    scopes = frozenset(row["scopes"].split())
    return msgspec.structs.replace(caller, scopes=scopes, app_id=row["app_id"]), row


def _mismatch(grant: Row, app: App, redirect_uri: str, verifier: str) -> Refusal | None:
    named = grant["redirect_uri"]
    if redirect_uri != named and (named is not None or redirect_uri not in {"", *app.redirect_uris}):
        return Refusal("invalid_grant", "redirect_uri is not the one the code was sent to")
    if grant["challenge"] is None:
        # Whoever took the challenge out of the request must not get by with somebody else's code (RFC 9700, 4.8.2).
        return Refusal("invalid_grant", "no code_challenge was sent for this code") if verifier else None
    if not proves(verifier, grant["challenge"], grant["challenge_method"]):
        return Refusal("invalid_grant", "code_verifier does not belong to the code_challenge")
    return None


def _issue(tx: Transaction, grant: Row, scopes: str, now: int, refresh_token: str = "") -> Issued:
    access = _insert(tx, grant["id"], "access", scopes, now, now + ACCESS_LIFE * 1000)
    again = refresh_token or _insert(tx, grant["id"], "refresh", grant["scopes"], now, now + REFRESH_LIFE)
    tx.run(_EXTEND, {"grant_id": grant["id"], "expires": now + REFRESH_LIFE, "now": now})
    return Issued(access, "Bearer", ACCESS_LIFE, again, scopes)


def _insert(tx: Transaction, grant_id: int, kind: str, scopes: str, now: int, expires: int) -> str:
    plain = ids.secret()
    values = {
        "grant_id": grant_id,
        "kind": kind,
        "hash": accounts.digest(plain),
        "scopes": scopes,
        "created": now,
        "expires": expires,
    }
    tx.insert(oauth_token, values)
    return plain

"""Accounts, their passwords, API keys and sign-ins. Secrets are stored as hashes and shown once."""

from __future__ import annotations

import hashlib
from typing import Any
from zoneinfo import available_timezones

import argon2
import msgspec
import phonenumbers
from sqlalchemy import and_, bindparam, delete, func, or_, select, update

from tieline import clock, ids
from tieline.crm import credentials, teams
from tieline.crm.access import Actor, Caller
from tieline.errors import AuthenticationFailed, Conflict, InvalidInput, NotFound
from tieline.records import normalize
from tieline.records.account import Profile
from tieline.store.database import Row, Statement, Transaction
from tieline.store.tables import account, api_key, session

PASSWORD_LENGTH = 10
PREFIX_LENGTH = 6
KEY_USE_INTERVAL = 60_000  # ms: how exactly "last used" is kept

hasher = argon2.PasswordHasher()
# Verified when there is no such account, so that the answer takes equally long.
NOBODY = hasher.hash("nobody has this password")

BY_ID = Statement(select(account).where(account.c.id == bindparam("account_id")))
BY_EMAIL = Statement(select(account).where(account.c.email == bindparam("email")))
COUNT = Statement(select(func.count()).select_from(account).where(account.c.is_team.is_(False)))
EVERY = Statement(select(account).where(account.c.is_team.is_(False)).order_by(account.c.id))
ACTIVE_KEY = and_(api_key.c.hash == bindparam("hash"), api_key.c.revoked.is_(None))
BY_KEY = Statement(
    select(account, api_key.c.id.label("key_id"), api_key.c.name.label("key_name"), api_key.c.last_used)
    .join(api_key, api_key.c.account_id == account.c.id)
    .where(ACTIVE_KEY)
)
USED = Statement(
    update(api_key).where(api_key.c.id == bindparam("key_id")).values(last_used=bindparam("now"))
)
KEYS = Statement(
    select(api_key)
    .where(api_key.c.account_id == bindparam("account_id"), api_key.c.revoked.is_(None))
    .order_by(api_key.c.id)
)
REVOKE = Statement(
    update(api_key)
    .where(
        api_key.c.id == bindparam("key_id"),
        api_key.c.account_id == bindparam("account_id"),
        api_key.c.revoked.is_(None),
    )
    .values(revoked=bindparam("now"))
)
BY_SESSION = Statement(
    select(account)
    .join(session, session.c.account_id == account.c.id)
    .where(session.c.token_hash == bindparam("hash"), session.c.expires > bindparam("now"))
)
SESSIONS = Statement(
    select(session)
    .where(session.c.account_id == bindparam("account_id"), session.c.expires > bindparam("now"))
    .order_by(session.c.created.desc())
)
END_SESSION = Statement(delete(session).where(session.c.token_hash == bindparam("hash")))
END_OTHERS = Statement(
    delete(session).where(
        or_(
            and_(session.c.account_id == bindparam("account_id"), session.c.token_hash != bindparam("hash")),
            session.c.expires <= bindparam("now"),
        )
    )
)


class Account(msgspec.Struct, frozen=True):
    """An account without its secrets."""

    id: int
    email: str
    name: str
    country: str
    timezone: str
    created: int


class ApiKey(msgspec.Struct, frozen=True):
    """An API key without the key. `prefix`: its first characters, to recognise it by."""

    id: int
    name: str
    prefix: str
    created: int
    last_used: int | None


def create_account(
    tx: Transaction,
    email: str,
    *,
    name: str = "",
    password: str | None = None,
    country: str = "US",
    timezone: str = "UTC",
) -> Account:
    """Make an account. Raises InvalidInput for a bad address or password, Conflict when the address is taken."""
    address = normalize.email(email)
    if address is None:
        raise InvalidInput(
            f"“{email}” is not an e-mail address", field="email", remedy="write it like ada@example.org"
        )
    if tx.one(BY_EMAIL, {"email": address}) is not None:
        raise Conflict(f"There is an account for {address} already.", field="email", remedy="sign in")
    first, middle, last = normalize.split_name(name)
    values = {
        "email": address,
        "name": name.strip(),
        "first": normalize.join_name(first, middle, None),
        "last": last,
        "country": _country(country),
        "timezone": _timezone(timezone),
        "password_hash": hash_password(password) if password is not None else None,
        "created": clock.now_ms(),
    }
    account_id = tx.insert(account, values)
    row = tx.one(BY_ID, {"account_id": account_id})
    assert row is not None
    return _account(row)


def hash_password(password: str) -> str:
    """The stored form of a password. Raises InvalidInput when it is too short or too long."""
    if len(password) < PASSWORD_LENGTH:
        raise InvalidInput(
            f"at least {PASSWORD_LENGTH} characters",
            field="password",
            remedy="three or four words are easy to keep",
        )
    if len(password) > 1000:
        raise InvalidInput("at most 1000 characters", field="password")
    return hasher.hash(password)


def count_accounts(tx: Transaction) -> int:
    """How many accounts there are; 0 means first run."""
    return int(tx.scalar(COUNT))


def list_accounts(tx: Transaction) -> list[Account]:
    """Every account."""
    return [_account(row) for row in tx.all(EVERY)]


def account_by_email(tx: Transaction, email: str) -> Account:
    """The account of that address. Raises NotFound."""
    row = tx.one(BY_EMAIL, {"email": email.strip().lower()})
    if row is None:
        raise NotFound(
            f"There is no account for {email}.", remedy="tieline account list shows those there are"
        )
    return _account(row)


def caller_by_id(tx: Transaction, account_id: int, *, actor: Actor | None = None) -> Caller:
    """The account as a caller. Raises NotFound."""
    row = tx.one(BY_ID, {"account_id": account_id})
    if row is None:
        raise NotFound("The account does not exist any more.")
    return caller_of(tx, row, actor or Actor("system"))


def create_key(tx: Transaction, account_id: int, name: str) -> tuple[ApiKey, str]:
    """A new API key: what is known of it, and the key itself, which cannot be read again."""
    label = name.strip()[:200]
    if not label:
        raise InvalidInput("is required", field="name", remedy="name the key after what uses it")
    plain, now = ids.secret(24), clock.now_ms()
    values = {
        "account_id": account_id,
        "name": label,
        "hash": digest(plain),
        "prefix": plain[:PREFIX_LENGTH],
        "created": now,
    }
    key_id = tx.insert(api_key, values)
    return ApiKey(key_id, label, plain[:PREFIX_LENGTH], now, None), plain


def list_keys(tx: Transaction, account_id: int) -> list[ApiKey]:
    """The account's keys that are not revoked."""
    return [
        ApiKey(**{n: row[n] for n in ApiKey.__struct_fields__})
        for row in tx.all(KEYS, {"account_id": account_id})
    ]


def revoke_key(tx: Transaction, account_id: int, key_id: int) -> None:
    """End a key. Raises NotFound."""
    if not tx.run(REVOKE, {"account_id": account_id, "key_id": key_id, "now": clock.now_ms()}):
        raise NotFound("There is no such API key.")
    credentials.changed(tx)


def caller_by_key(tx: Transaction, plain: str, user: str | None = None) -> tuple[Caller, Row] | None:
    """Whose key that is, with the key's row. None when nobody's, or when `user` is somebody else (1.2)."""
    row = tx.one(BY_KEY, {"hash": digest(plain)})
    if row is None:
        return None
    caller = caller_of(tx, row, Actor("key", str(row["key_name"]), str(row["email"])))
    if user and user.strip().lower() not in caller.addresses:
        return None
    return caller, row


def key_used(tx: Transaction, key_id: int, now: int) -> None:
    """Remember when a key was last used."""
    tx.run(USED, {"key_id": key_id, "now": now})


def sign_in(tx: Transaction, email: str, password: str) -> Account:
    """The account of these credentials. Raises AuthenticationFailed without telling which of them is wrong."""
    row = tx.one(BY_EMAIL, {"email": email.strip().lower()})
    stored = row["password_hash"] if row is not None and row["password_hash"] else NOBODY
    try:
        hasher.verify(stored, password)
    except argon2.exceptions.VerificationError:
        raise AuthenticationFailed("The e-mail address or the password is wrong.") from None
    if row is None:
        raise AuthenticationFailed("The e-mail address or the password is wrong.")
    return _account(row)


def change_password(tx: Transaction, account_id: int, current: str, new: str) -> None:
    """Set a new password. Raises InvalidInput when the current one is wrong or the new one too short."""
    row = tx.one(BY_ID, {"account_id": account_id})
    assert row is not None
    if row["password_hash"]:
        try:
            hasher.verify(row["password_hash"], current)
        except argon2.exceptions.VerificationError:
            raise InvalidInput(
                "is not your current password", field="current", remedy="type it again"
            ) from None
    set_password(tx, account_id, new)


def set_password(tx: Transaction, account_id: int, new: str) -> None:
    """Set a password without asking for the current one (the owner's command line)."""
    tx.run(update(account).where(account.c.id == account_id).values(password_hash=hash_password(new)))


def create_session(tx: Transaction, account_id: int, *, days: int, agent: str = "") -> str:
    """Sign somebody in. Returns the token for their cookie."""
    token, now = ids.secret(), clock.now_ms()
    values = {
        "token_hash": digest(token),
        "account_id": account_id,
        "created": now,
        "expires": now + days * 86_400_000,
        "agent": agent[:300],
    }
    tx.insert(session, values)
    return token


def caller_by_session(tx: Transaction, token: str) -> Caller | None:
    """Who is signed in with that token."""
    row = tx.one(BY_SESSION, {"hash": digest(token), "now": clock.now_ms()})
    return None if row is None else caller_of(tx, row, Actor("user", "", str(row["email"])))


def end_session(tx: Transaction, token: str) -> None:
    """Sign out."""
    tx.run(END_SESSION, {"hash": digest(token)})


def end_other_sessions(tx: Transaction, account_id: int, token: str) -> int:
    """Sign out everywhere else."""
    return tx.run(END_OTHERS, {"account_id": account_id, "hash": digest(token), "now": clock.now_ms()})


def list_sessions(tx: Transaction, account_id: int) -> list[Row]:
    """Sign-ins that have not expired: token_hash, created, expires, agent."""
    return tx.all(SESSIONS, {"account_id": account_id, "now": clock.now_ms()})


def profile(tx: Transaction, caller: Caller) -> Profile:
    """What the account tells of itself (2.10)."""
    row = tx.one(BY_ID, {"account_id": caller.account_id})
    assert row is not None
    return Profile(
        email=row["email"],
        name=row["name"] or row["email"],
        key=row["email"],
        first=row["first"],
        last=row["last"],
        country=row["country"],
        aka=list(msgspec.json.decode(row["aka"])),
        rights={caller.team.rights: True} if caller.team else {},
    )


def update_profile(
    tx: Transaction, caller: Caller, *, name: str, country: str, timezone: str, aka: list[str]
) -> None:
    """Change what the account tells of itself. Raises InvalidInput naming the field."""
    others = []
    for value in aka:
        address = normalize.email(value)
        if address is None:
            raise InvalidInput(f"“{value}” is not an e-mail address", field="aka")
        others.append(address)
    first, middle, last = normalize.split_name(name)
    values = {
        "name": name.strip(),
        "first": normalize.join_name(first, middle, None),
        "last": last,
        "country": _country(country),
        "timezone": _timezone(timezone),
        "aka": msgspec.json.encode(others).decode(),
    }
    tx.run(update(account).where(account.c.id == caller.account_id).values(values))
    credentials.changed(tx)


def digest(secret: str) -> str:
    """The stored form of a random secret. Random secrets need no slow hash: they cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _country(value: str) -> str:
    code = value.strip().upper()
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidInput(
            f"“{value}” is not a country code", field="country", remedy="two letters, such as SE"
        )
    return code


def _timezone(value: str) -> str:
    if value not in available_timezones():
        raise InvalidInput(
            f"“{value}” is not a time zone", field="timezone", remedy="an IANA name, such as Europe/Stockholm"
        )
    return value


def _account(row: Row) -> Account:
    return Account(**{name: row[name] for name in Account.__struct_fields__})


def caller_of(tx: Transaction, row: Row, actor: Actor) -> Caller:
    """The caller of an account's row."""
    values: dict[str, Any] = {name: row[name] for name in ("email", "name", "country", "timezone")}
    team = None if row["team_id"] is None else teams.team_of(tx, row)
    aka = tuple(msgspec.json.decode(row["aka"]))
    return Caller(account_id=row["id"], aka=aka, actor=actor, team=team, **values)

"""Every table, once, for both dialects. Alembic migrations create exactly this (a test compares).

Conventions: instants are UTC milliseconds (BigInteger); documents are msgspec JSON as text; booleans are
stored as booleans; `account_id` owns the row; opaque ids are text. SQLite rowids are BigInteger too.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only auto-increments INTEGER PRIMARY KEY; PostgreSQL should have 64 bits.
Id = BigInteger().with_variant(Integer, "sqlite")


def _account_id() -> Column[int]:
    return Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), nullable=False)


account = Table(
    "account",
    metadata,
    Column("id", Id, primary_key=True),
    Column("email", Text, nullable=False, unique=True),  # lower case
    Column("name", Text, nullable=False, default=""),
    Column("first", Text, nullable=False, default=""),
    Column("last", Text, nullable=False, default=""),
    Column("country", Text, nullable=False, default="US"),  # ISO 3166 alpha-2: completes phone numbers
    Column("timezone", Text, nullable=False, default="UTC"),  # IANA name
    Column("aka", Text, nullable=False, default="[]"),  # JSON list of further own addresses
    Column("password_hash", Text),  # argon2; absent: cannot sign in with a password
    Column("settings", Text, nullable=False, default="{}"),  # JSON: crm.settings.AccountSettings
    Column("last_changed", BigInteger, nullable=False, default=0),  # the account's strictly increasing clock
    # A team is an account too: the owner of the records its members share. Nobody signs in as one.
    Column("is_team", Boolean, nullable=False, default=False, server_default=false()),
    Column("team_id", Id, index=True),  # the team this account is a member of
    Column(
        "membership", Text, nullable=False, default="{}", server_default="{}"
    ),  # JSON: crm.teams.Membership
    Column("created", BigInteger, nullable=False),
    Column("catch_all_id", Id),  # the scenario that takes every unhandled failure
)

api_key = Table(
    "api_key",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("name", Text, nullable=False),
    Column("hash", Text, nullable=False, unique=True),  # SHA-256 of the key, hexadecimal
    Column("prefix", Text, nullable=False),  # first characters, shown so that a person recognises it
    Column("created", BigInteger, nullable=False),
    Column("last_used", BigInteger),
    Column("revoked", BigInteger),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", Text, primary_key=True),  # SHA-256 of the cookie value
    _account_id(),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("agent", Text, nullable=False, default=""),  # the browser, as it names itself
)


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


# PostgreSQL then learns from the index alone whose rows they are; an index of SQLite has that by itself.
_WITH_ID: dict[str, Any] = {"postgresql_include": ["id"]}


def _listed(also: str = "") -> dict[str, Any]:
    """Only records that are shown when nobody asks for archived or hidden ones."""
    more = f" AND {also}" if also else ""
    return {
        "sqlite_where": text(f"archived IS 0 AND hidden IS 0{more}"),
        "postgresql_where": text(f"archived IS false AND hidden IS false{more}"),
        **_WITH_ID,
    }


oauth_client = Table(  # an app that asks accounts of this server for access (contract 1.4)
    "oauth_client",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),  # who registered it
    Column("client_id", Text, nullable=False, unique=True),
    Column("secret_hash", Text),  # SHA-256; null: a public app, which cannot keep a secret
    Column("name", Text, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("logo_url", Text, nullable=False, default=""),
    Column("redirect_uris", Text, nullable=False),  # JSON list, matched exactly
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    Index("ix_oauth_client_account", "account_id", "id"),
)

oauth_grant = Table(  # one consent: the code it gave, and what hangs from it once the code is redeemed
    "oauth_grant",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),  # who consented
    Column("app_id", Id, ForeignKey("oauth_client.id", ondelete="CASCADE"), nullable=False),
    Column("scopes", Text, nullable=False),  # separated by spaces
    Column("code_hash", Text, nullable=False, unique=True),
    Column("redirect_uri", Text),  # as the request gave it; null: it gave none
    Column("challenge", Text),  # PKCE
    Column("challenge_method", Text),  # S256 | plain
    Column("created", BigInteger, nullable=False),
    Column("redeemed", BigInteger),  # when the code was exchanged
    Column("expires", BigInteger, nullable=False),  # the code's end, then that of the last refresh token
    Column("last_used", BigInteger),
    Column("revoked", BigInteger),
    Index("ix_oauth_grant_account", "account_id", "app_id"),
    Index("ix_oauth_grant_app", "app_id"),
)

oauth_token = Table(
    "oauth_token",
    metadata,
    Column("id", Id, primary_key=True),
    Column("grant_id", Id, ForeignKey("oauth_grant.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),  # access | refresh
    Column("hash", Text, nullable=False, unique=True),  # SHA-256
    Column("scopes", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("replaced", BigInteger),  # a refresh token of a public app: when the next one was given
    Index("ix_oauth_token_grant", "grant_id", "expires"),
)

relation = Table(
    "relation",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("kind", Text, nullable=False),  # person | company | project
    Column("sync_key", Text, nullable=False, unique=True),
    Column("document", Text, nullable=False),  # JSON of records.Person/Company/Project as read on the wire
    # Columns beside the document: what finding, sorting and access need. "" / null = unset.
    Column("name", Text, nullable=False, default=""),
    Column(
        "name_key", Text, nullable=False, default=""
    ),  # lower case, accents folded, for sorting and equality
    Column("first_key", Text, nullable=False, default=""),
    Column("last_key", Text, nullable=False, default=""),
    Column("segment", Text),
    Column("stage", Text),
    Column("step", Text),
    Column("step_position", Integer),
    Column("assignee", Text),
    Column("node", Text),  # the sub-team a team's copy belongs to, as /US/West
    Column("archived", Boolean, nullable=False, default=False),
    Column("hidden", Boolean, nullable=False, default=False),
    Column("private", Boolean, nullable=False, default=False),
    Column("discovered", Boolean, nullable=False, default=False),  # made from a mail or call, not by a person
    Column("sample", Boolean, nullable=False, default=False),  # part of the removable sample office
    Column("first_seen", BigInteger, nullable=False),
    Column("last_changed", BigInteger, nullable=False),
    Column("first_met", BigInteger),
    Column("last_talked", BigInteger),
    Column("talks", Integer, nullable=False, default=0),
    Column("went_quiet", BigInteger),
    Column("due_next", BigInteger),
    Column("value", Float),
    Column("start_date", Text),  # yyyy-MM-dd
    Column("end_date", Text),
    Column("energy", Float),  # what the relationship score is made of: see crm.scoring
    Column("search", Text, nullable=False, default=""),  # folded words for full-text search (FTS5 / tsvector)
    # Finding (crm.ordering) walks one of these for each order, ties by key; one on coalesce(first_met, first_seen) is
    # made by hand (ix_relation_met). They hold what the order needs, so deep pages skip without reading records.
    Index("ix_relation_changed", "account_id", "kind", "last_changed", "archived", "hidden", **_WITH_ID),
    Index("ix_relation_name", "account_id", "kind", "name_key", "sync_key", "archived", "hidden", **_WITH_ID),
    Index("ix_relation_node", "account_id", "kind", "node", **_where("node IS NOT NULL")),
    Index("ix_relation_step", "account_id", "kind", "step", **_where("step IS NOT NULL")),
    Index("ix_relation_stage", "account_id", "kind", "stage", "last_changed", **_listed()),
    Index("ix_relation_segment_stage", "account_id", "kind", "segment", "stage", "last_changed", **_listed()),
    Index("ix_relation_key", "account_id", "kind", "sync_key", **_listed()),
    Index("ix_relation_first", "account_id", "kind", "first_key", "sync_key", **_listed()),
    Index("ix_relation_last", "account_id", "kind", "last_key", "sync_key", **_listed()),
    Index("ix_relation_seen", "account_id", "kind", "first_seen", "sync_key", **_listed()),
    *(
        Index(
            f"ix_relation_{name}",
            "account_id",
            "kind",
            column,
            "sync_key",
            **_listed(f"{column} IS NOT NULL"),
        )
        for name, column in {
            "assignee": "assignee",
            "position": "step_position",
            "talked": "last_talked",
            "quiet": "went_quiet",
            "due": "due_next",
            "value": "value",
            "start": "start_date",
            "end": "end_date",
            "energy": "energy",
        }.items()
    ),
)

# How many records are alike in what is asked for most; kept by triggers on `relation`.
relation_count = Table(
    "relation_count",
    metadata,
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("archived", Boolean, primary_key=True),
    Column("hidden", Boolean, primary_key=True),
    Column("segment", Text, primary_key=True),  # here and below "" is unset
    Column("stage", Text, primary_key=True),
    Column("step", Text, primary_key=True),
    Column("assignee", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("records", BigInteger, nullable=False),
)

identifier = Table(
    "identifier",
    metadata,
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),  # person | company | project
    # key (syncKey, direct, portableId, also those of merged records) | email | phone | mobile | domain |
    # social | applink | uniqueid | handle | address (name + postal address)
    Column("type", Text, primary_key=True),
    Column("value", Text, primary_key=True),  # normalised by records.normalize
    Column("relation_id", Id, ForeignKey("relation.id", ondelete="CASCADE"), primary_key=True),
    Index("ix_identifier_relation", "relation_id"),
)

link = Table(  # person -> company, project -> person/company, with the role of the contract
    "link",
    metadata,
    Column("from_id", Id, ForeignKey("relation.id", ondelete="CASCADE"), primary_key=True),
    Column("to_id", Id, ForeignKey("relation.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Text, primary_key=True),  # companies | clientpeople | partnerpeople | clientcompanies | …
    Column("position", Integer, nullable=False, default=0),
    Index("ix_link_to", "to_id"),
)

change = Table(
    "change",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("at", BigInteger, nullable=False),  # equals the record's last_changed after the write
    Column("kind", Text, nullable=False),  # person | company | project | entry
    Column("action", Text, nullable=False),  # create | update | delete | merge
    Column("relation_id", Id),  # no foreign key: the history outlives the record
    Column("sync_key", Text, nullable=False),
    Column("fields", Text, nullable=False),  # JSON {wire field: {"before": …, "after": …}}
    Column("audited", Text, nullable=False, default="{}"),  # JSON subset for *.audit.change (contract 5.4)
    Column("actor", Text, nullable=False),  # JSON crm.access.Actor: who, how, and the trace of a scenario
    Column("undo", Text),  # JSON crm.unmerging.Originals: the records a merge joined, until they are parted
    Index("ix_change_relation", "relation_id", "id"),
    Index("ix_change_account", "account_id", "id"),
)

merge_review = Table(  # two records that one write named, and that a person is to compare (merge: review)
    "merge_review",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("kind", Text, nullable=False),
    Column("first_id", Id, ForeignKey("relation.id", ondelete="CASCADE"), nullable=False),  # the smaller id
    Column("second_id", Id, ForeignKey("relation.id", ondelete="CASCADE"), nullable=False),
    Column("reason", Text, nullable=False),  # JSON list of {type, value}: what both have
    Column("state", Text, nullable=False),  # waiting | apart (never to be asked again)
    Column("created", BigInteger, nullable=False),
    Column("decided", BigInteger),
    UniqueConstraint("first_id", "second_id", name="uq_merge_review_pair"),
    Index("ix_merge_review_account", "account_id", "state", "id"),
)

entry = Table(  # the timeline: communications, content, to-dos
    "entry",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("key", Text, nullable=False, unique=True),
    Column("noun", Text, nullable=False),  # communication | content | todo
    Column("style", Text, nullable=False),  # email call text meeting message … note event todo file
    Column("filter", Text, nullable=False),  # timeline filter of 2.8
    Column("date", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("subject", Text, nullable=False, default=""),
    Column("match_key", Text),  # what makes a repeat match (2.8): caller's key, or style+date+from+subject
    Column("thread", Text),
    Column("due", BigInteger),  # null: no reminder; 1: someday
    Column("done", BigInteger),
    Column("assignee", Text),
    Column("document", Text, nullable=False),  # JSON of the record as sent
    Column("body", Text),  # verbatim; sanitised only for display
    Column("attached", Boolean, nullable=False, default=False),  # a file, or it carries links (documentsOnly)
    Column("sample", Boolean, nullable=False, default=False),
    UniqueConstraint("account_id", "match_key", name="uq_entry_match"),
    Index("ix_entry_date", "account_id", "date"),
    Index("ix_entry_due", "account_id", "due"),
)

entry_link = Table(
    "entry_link",
    metadata,
    Column("entry_id", Id, ForeignKey("entry.id", ondelete="CASCADE"), primary_key=True),
    Column("relation_id", Id, ForeignKey("relation.id", ondelete="CASCADE"), primary_key=True),
    Column("role", Text, primary_key=True),  # from | to | cc | bcc | reference | participant | assignee
    Column("date", BigInteger, nullable=False),
    Index("ix_entry_link_relation", "relation_id", "date", "entry_id"),
)

subscription = Table(
    "subscription",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("uniqueid", Text, nullable=False, unique=True),
    Column("event", Text, nullable=False),
    Column("target_url", Text, nullable=False),
    Column("scope", Text, nullable=False, default="local"),
    Column("watched_id", Id, index=True),  # the team whose records it watches; null: the subscriber's own
    Column("secret", LargeBinary),  # signs deliveries (Standard Webhooks); encrypted
    Column("filters", Text, nullable=False, default="[]"),
    Column("client_type", Text),
    Column("client_reference", Text),
    Column("created", BigInteger, nullable=False),
    Column("ttl", BigInteger),  # seconds, as given
    Column("expires", BigInteger),
    Column("suspended", BigInteger),  # when
    Column("suspend_reason", Text),
    Column("resumed", BigInteger),
    Column("last_success", BigInteger),
    Column("last_attempt", BigInteger),
    Column("success_count", Integer, nullable=False, default=0),
    Column("fail_count", Integer, nullable=False, default=0),
    Column("app_id", Id),  # the oauth_client that subscribed: its subscriptions end when it is disconnected
    Index("ix_subscription_event", "account_id", "event"),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("subscription_id", Id, ForeignKey("subscription.id", ondelete="CASCADE"), nullable=False),
    Column("change_id", Id, nullable=False),
    Column("body", Text, nullable=False),  # the exact JSON array sent
    Column("state", Text, nullable=False),  # waiting | delivered | failed | dropped
    Column("attempts", Integer, nullable=False, default=0),
    Column("created", BigInteger, nullable=False),
    Column("next_attempt", BigInteger),
    Column("finished", BigInteger),
    Column("actor", Text, nullable=False, default="{}"),  # trace of the change, sent as X-Tieline-Trace
    Index("ix_delivery_subscription", "subscription_id", "id"),
)

delivery_attempt = Table(  # the delivery log, and the sliding windows of suspension (5.5)
    "delivery_attempt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("delivery_id", Id, ForeignKey("delivery.id", ondelete="CASCADE"), nullable=False),
    Column("subscription_id", Id, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("duration", Integer, nullable=False, default=0),  # ms
    Column("outcome", Text, nullable=False),  # success | failure | suspend
    Column("status", Integer),
    Column("answer", Text, nullable=False, default=""),  # first 2 kB
    Column("error", Text, nullable=False, default=""),
    Index("ix_delivery_attempt_window", "subscription_id", "at"),
    Index("ix_delivery_attempt_delivery", "delivery_id"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("account_id", Id, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Index("ix_idempotency_created", "created"),
)

connection = Table(
    "connection",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("name", Text, nullable=False),
    Column("app", Text, nullable=False, default="cloze"),
    Column("url", Text),  # null: this account, no key needed
    Column("email", Text, nullable=False, default=""),
    Column("kind", Text, nullable=False, default="key", server_default="key"),  # key | oauth
    Column("secret", LargeBinary),  # encrypted with the key file: the API key, or JSON of the OAuth tokens
    Column("created", BigInteger, nullable=False),
    Column("verified", BigInteger),
    Column("identity", Text, nullable=False, default=""),  # the account the other side named
    UniqueConstraint("account_id", "name"),
)

keychain = Table(  # what HTTP modules sign their requests with
    "keychain",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),  # apiKey | basic | oauth
    Column("secret", LargeBinary, nullable=False),  # encrypted JSON of its fields, tokens included
    Column("created", BigInteger, nullable=False),
    UniqueConstraint("account_id", "name"),
)

scenario = Table(
    "scenario",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("name", Text, nullable=False),
    Column("active", Boolean, nullable=False, default=False),
    Column("version", Integer, nullable=False, default=1),  # the current one
    Column("scheduling", Text, nullable=False, default="{}"),
    Column("next_run", BigInteger),
    Column("errors", Integer, nullable=False, default=0),  # consecutive
    Column("paused_reason", Text),
    Column("paused_until", BigInteger),  # its executions wait; null: it is not paused
    Column("probes", Integer, nullable=False, default=0, server_default="0"),  # that failed in this pause
    Column("created", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Index("ix_scenario_account", "account_id", "id"),
)

scenario_version = Table(
    "scenario_version",
    metadata,
    Column("scenario_id", Id, ForeignKey("scenario.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("blueprint", Text, nullable=False),  # JSON, unknown keys kept
    Column("author", Text, nullable=False, default=""),
    Column("at", BigInteger, nullable=False),
)

binding = Table(  # foreign ids of a blueprint -> our resources (1.6)
    "binding",
    metadata,
    Column("scenario_id", Id, ForeignKey("scenario.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", Text, primary_key=True),  # connection | hook | datastore | …
    Column("foreign_id", Text, primary_key=True),  # as in the blueprint; "" for a module without one
    Column("label", Text, nullable=False, default=""),
    Column("local_id", Id),  # null: unresolved, activation is refused
)

hook = Table(
    "hook",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("scenario_id", Id, ForeignKey("scenario.id", ondelete="CASCADE"), nullable=False),
    Column("module_id", Integer, nullable=False),
    Column("name", Text, nullable=False, default=""),
    Column("token", Text, nullable=False, unique=True),  # the last part of its address
    Column("connection_id", Id),
    Column("event", Text),  # person.audit.change …
    Column("external_id", Text),  # subscription id at the other side; null: not registered
    Column(
        "options", Text, nullable=False, default="{}", server_default="{}"
    ),  # JSON scenarios.hook_rules.HookOptions
    Column("secret", LargeBinary),  # encrypted: what senders prove that they know
    Column("created", BigInteger, nullable=False),
    UniqueConstraint("scenario_id", "module_id"),
)

trigger_state = Table(  # position of polling triggers and counters, outside the blueprint (3.5)
    "trigger_state",
    metadata,
    Column("scenario_id", Id, ForeignKey("scenario.id", ondelete="CASCADE"), primary_key=True),
    Column("module_id", Integer, primary_key=True),
    Column("state", Text, nullable=False),
)

execution = Table(
    "execution",
    metadata,
    Column("id", Text, primary_key=True),
    _account_id(),
    Column("scenario_id", Id, ForeignKey("scenario.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),  # the blueprint version it began with, and keeps
    Column(
        "status", Text, nullable=False
    ),  # waiting | queued | running | success | warning | error | skipped
    Column("type", Text, nullable=False),  # instant | scheduled | manual | called | dry
    Column(
        "trigger", Text, nullable=False, default="null"
    ),  # JSON: the trigger's bundles, null: it reads them itself
    Column("dedupe", Text),  # the same event delivered twice starts one execution
    Column("trace", Text, nullable=False, default=""),  # id of the execution that caused it
    Column("depth", Integer, nullable=False, default=0),
    Column("created", BigInteger, nullable=False),
    Column("started", BigInteger),
    Column("finished", BigInteger),
    Column("operations", Integer, nullable=False, default=0),
    Column("error", Text),  # JSON {name, message, module}
    Column("lane", Text),  # executions of one lane run one after the other; null: beside all others
    Column("incomplete_id", Id),  # it completes this one
    Column("warnings", Text),  # JSON list of what went wrong without ending it
    Column("reply", Text),  # JSON: what the sender of its event, or the scenario that called it, is answered
    UniqueConstraint("scenario_id", "dedupe", name="uq_execution_dedupe"),
    Index("ix_execution_scenario", "scenario_id", "created"),
    Index("ix_execution_account", "account_id", "created"),
    Index("ix_execution_status", "status"),
    Index("ix_execution_trace", "trace"),
)

line = Table(  # executions in order: of a scenario and lane the one with the smallest id has its turn
    "line",
    metadata,
    Column("id", Id, primary_key=True),
    Column("scenario_id", Id, ForeignKey("scenario.id", ondelete="CASCADE"), nullable=False),
    Column("lane", Text, nullable=False),
    Column("execution_id", Text, ForeignKey("execution.id", ondelete="CASCADE"), nullable=False, unique=True),
    Index("ix_line_lane", "scenario_id", "lane", "id"),
)

incomplete = Table(  # bundles that failed, and may go on where they stopped (3.13)
    "incomplete",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("scenario_id", Id, ForeignKey("scenario.id", ondelete="CASCADE"), nullable=False),
    Column("execution_id", Text, nullable=False),  # where it failed
    Column("origin", Text, nullable=False),  # the first execution of its story: it holds its place in line
    Column("path", Text, nullable=False),  # of the operation that failed
    Column("module_id", Integer, nullable=False),
    Column("module", Text, nullable=False),  # its label
    Column("version", Integer, nullable=False),  # of the blueprint it goes on with
    Column("bundles", Text, nullable=False),  # JSON: module id -> bundle, in the encoding of 2.13
    Column("error", Text, nullable=False),  # JSON of the last failure
    Column("policy", Text, nullable=False),  # JSON failures.Attempts
    Column("attempts", Integer, nullable=False),
    Column("next_at", BigInteger),  # null: a person decides
    Column("state", Text, nullable=False),  # waiting | running | resolved
    Column("resolver", Text),  # the execution that tries, or did it
    Column("key", Text, nullable=False),  # Idempotency-Key of the call; "": its input was changed
    Column("size", Integer, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    UniqueConstraint("execution_id", "path"),
    Index("ix_incomplete_scenario", "scenario_id", "id"),
    Index("ix_incomplete_origin", "origin"),
)

operation = Table(  # the journal
    "operation",
    metadata,
    Column("execution_id", Text, ForeignKey("execution.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),  # "1/2.3": module ids and bundle numbers from the trigger down
    Column("seq", Integer, nullable=False),
    Column("module_id", Integer, nullable=False),
    Column("module", Text, nullable=False),
    Column("state", Text, nullable=False),  # started | done | failed | filtered
    Column("started", BigInteger, nullable=False),
    Column("duration", Integer),  # ms
    Column("attempt", Integer, nullable=False, default=1),
    Column("input", Text),  # JSON in the encoding of scenario-engine 2.13
    Column("output", Text),  # JSON list of bundles
    Column("error", Text),  # JSON {name, message, …}
    Column("exchange", Text),  # JSON list of requests and answers, secrets masked
    Index("ix_operation_seq", "execution_id", "seq"),
)

data_store = Table(  # records under keys, for scenarios that have to remember something (1.16)
    "data_store",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("name", Text, nullable=False),
    Column("max_bytes", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False, default=0),  # of all records
    Column("created", BigInteger, nullable=False),
    UniqueConstraint("account_id", "name"),
)

data_record = Table(
    "data_record",
    metadata,
    Column("store_id", Id, ForeignKey("data_store.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("data", Text, nullable=False),  # JSON in the encoding of scenario-engine 2.13
    Column("size", Integer, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
)

data_undo = Table(  # what was there before a change, until its cycle is committed or rolled back
    "data_undo",
    metadata,
    Column("id", Id, primary_key=True),
    Column("execution_id", Text, ForeignKey("execution.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("store_id", Id, ForeignKey("data_store.id", ondelete="CASCADE"), nullable=False),
    Column("key", Text, nullable=False),
    Column("before", Text),  # JSON of the row, null: there was none
    Index("ix_data_undo_execution", "execution_id", "id"),
)

import_run = Table(
    "import_run",
    metadata,
    Column("id", Id, primary_key=True),
    _account_id(),
    Column("filename", Text, nullable=False),
    Column("state", Text, nullable=False),  # waiting | running | finished | failed
    Column("dry_run", Boolean, nullable=False, default=False),
    Column("mapping", Text, nullable=False, default="{}"),  # JSON column -> field
    Column("source", LargeBinary),  # the file, dropped when finished
    Column("total", Integer, nullable=False, default=0),
    Column("done", Integer, nullable=False, default=0),
    Column("created_count", Integer, nullable=False, default=0),
    Column("updated_count", Integer, nullable=False, default=0),
    Column("rejected_count", Integer, nullable=False, default=0),
    Column("rejected", Text, nullable=False, default=""),  # CSV of the rejected rows with reasons
    Column("error", Text),
    Column("created", BigInteger, nullable=False),
    Column("finished", BigInteger),
)

job = Table(  # work that must happen, embedded runner only (PostgreSQL uses Procrastinate's own tables)
    "job",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("key", Text),  # at most one waiting job per key
    Column("lock", Text),  # jobs with the same lock run one after the other, in order of id
    Column("run_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("state", Text, nullable=False),  # waiting | running | failed (finished ones are deleted)
    Column("error", Text),
    Column("created", BigInteger, nullable=False),
    Index("ix_job_due", "state", "run_at"),
    Index(
        "uq_job_key",
        "key",
        unique=True,
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

setting = Table(  # of the installation: schema facts, keys' fingerprints
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

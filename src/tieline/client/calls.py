"""Every operation of the API, said once: how it is asked for and what comes back. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tieline.records.account import FieldDefinition, Profile, Segment, Stage, TeamMember
from tieline.records.codec import convert, plain
from tieline.records.kinds import KINDS
from tieline.records.relation import Relation
from tieline.records.timeline import Communication, Content, Message, ToDo
from tieline.records.webhook import Subscription

T = TypeVar("T")
R = TypeVar("R", bound=Relation)
Body = msgspec.Struct | Mapping[str, Any]
READS = frozenset({"get", "getmany", "find", "timeline", "messages"})


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request and how to read its answer. `repeatable`: sending it twice does no harm."""

    method: str
    path: str
    read: Callable[[dict[str, Any]], T]
    query: Mapping[str, Any] | None = None
    body: Any = None
    repeatable: bool = False
    idempotency_key: str | None = None


@dataclass(frozen=True)
class Found(Generic[T]):
    """A page of records. `available` counts all that match."""

    records: list[T]
    available: int
    page: int
    page_size: int


@dataclass(frozen=True)
class TimelinePage:
    """Keys of timeline entries, newest first; `stamp` leads to older ones."""

    messages: list[dict[str, Any]]
    stamp: int | None


def done(answer: dict[str, Any]) -> str | None:
    """What a write answers: nothing, or a message about what was skipped."""
    message = answer.get("message")
    return str(message) if message else None


def get(record: type[R], identifier: str, *, team: bool = False, detailed: bool = False) -> Call[R]:
    """A record by any identifier (2.3)."""
    kind = _kind(record)
    query = {"uniqueid": identifier, "team": team or None, "detailed": detailed or None}
    return Call(
        "GET",
        f"/v1/{kind.plural}/get",
        lambda answer: _record(record, answer[kind.name]),
        query,
        repeatable=True,
    )


def find(record: type[R], parameters: Mapping[str, Any]) -> Call[Found[R]]:
    """A page of records (2.6)."""
    kind = _kind(record)

    def read(answer: dict[str, Any]) -> Found[R]:
        records = [_record(record, item) for item in answer.get(kind.plural) or ()]
        available = int(answer.get("availablecount") or 0)
        return Found(
            records,
            available,
            int(answer.get("pagenumber") or 1),
            int(answer.get("pagesize") or len(records)),
        )

    return Call("GET", f"/v1/{kind.plural}/find", read, parameters, repeatable=True)


def write(record: type[Relation], verb: str, body: Body, key: str | None) -> Call[str | None]:
    """Create or update a record (2.4)."""
    return Call("POST", f"/v1/{_kind(record).plural}/{verb}", done, body=_plain(body), idempotency_key=key)


def delete(record: type[Relation], identifier: str, team: bool, key: str | None) -> Call[str | None]:
    """Remove a record (2.5)."""
    query = {"uniqueid": identifier, "team": team or None}
    return Call("DELETE", f"/v1/{_kind(record).plural}/delete", done, query, idempotency_key=key)


def timeline(record: type[Relation], identifier: str, parameters: Mapping[str, Any]) -> Call[TimelinePage]:
    """The entries of a record (2.8)."""
    body = {"id": identifier, **{name: value for name, value in parameters.items() if value is not None}}
    return Call(
        "POST",
        f"/v1/{_kind(record).plural}/timeline",
        lambda answer: TimelinePage(list(answer.get("messages") or ()), answer.get("stamp")),
        body=body,
        repeatable=True,
    )


def entry(
    noun: str, body: Communication | Content | ToDo | Mapping[str, Any], key: str | None
) -> Call[str | None]:
    """A communication, content or to-do (2.8)."""
    return Call("POST", f"/v1/timeline/{noun}/create", done, body=_plain(body), idempotency_key=key)


def messages(refs: list[dict[str, Any]]) -> Call[list[Message]]:
    """Timeline entries by key (2.8)."""
    return Call(
        "POST",
        "/v1/messages/get",
        lambda answer: [convert(Message, item) for item in answer.get("messages") or ()],
        body={"messages": refs},
        repeatable=True,
    )


def message_body(key: str) -> Call[str]:
    """The whole text of an entry (2.8)."""
    return Call(
        "POST",
        "/v1/messages/body",
        lambda answer: str(answer.get("body") or ""),
        body={"key": key},
        repeatable=True,
    )


@dataclass(frozen=True)
class OpensPage:
    """E-mails that were opened, oldest first; `cursor` leads to more and is None at the end."""

    messages: list[dict[str, Any]]
    cursor: str | None


def opens(since: int | None, cursor: str | None) -> Call[OpensPage]:
    """E-mails that were opened (2.8)."""

    def read(answer: dict[str, Any]) -> OpensPage:
        following = str(answer.get("next") or "") if answer.get("more") else ""
        found = dict(parse_qsl(urlsplit(following).query))
        return OpensPage(list(answer.get("messages") or ()), found.get("cursor"))

    query = {"from": since, "cursor": cursor}
    return Call("GET", "/v1/messages/opens", read, query, repeatable=True)


def analytics(
    name: str, queries: Mapping[str, Any], usertags: list[str] | None = None
) -> Call[dict[str, Any]]:
    """Figures (2.9), grouped under the names of the queries."""
    asked = {key: _plain(query) for key, query in queries.items()}
    body = {"queries": asked} if usertags is None else {"queries": asked, "usertags": usertags}
    # A server that groups them once more, or says errorcode 0, means the same.
    return Call(
        "POST", f"/v1/analytics/{name}", lambda answer: _grouped(answer, queries), body=body, repeatable=True
    )


def update_team_activity(tag: str | None, skip: bool) -> Call[dict[str, Any]]:
    """Refresh the team's activity (2.9)."""
    return Call(
        "GET",
        "/v1/analytics/teamactivity/update",
        lambda answer: {name: value for name, value in answer.items() if name != "errorcode"},
        {"tag": tag, "skip": skip or None},
    )


def _grouped(answer: dict[str, Any], queries: Mapping[str, Any]) -> dict[str, Any]:
    found = answer["results"] if "results" in answer and "results" not in queries else answer
    return {name: found[name] for name in queries}


def profile() -> Call[Profile]:
    """Whose account this is (2.10)."""
    return Call(
        "GET", "/v1/user/profile", lambda answer: convert(Profile, answer["profile"]), repeatable=True
    )


def segments(of: str) -> Call[list[Segment]]:
    """The segments of `people` or `projects` (2.10)."""
    return Call(
        "GET",
        f"/v1/user/segments/{of}",
        lambda answer: convert(list[Segment], answer["list"]),
        repeatable=True,
    )


def stages(of: str) -> Call[list[Stage]]:
    """The stages of `people` or `projects` (2.10)."""
    return Call(
        "GET", f"/v1/user/stages/{of}", lambda answer: convert(list[Stage], answer["list"]), repeatable=True
    )


def steps(segment: str | None, stage: str | None) -> Call[dict[str, Any]]:
    """Segment to stage to steps (2.10)."""
    query = {"segment": segment, "stage": stage}
    return Call(
        "GET", "/v1/user/steps", lambda answer: dict(answer.get("segments") or {}), query, repeatable=True
    )


def fields(relationtype: str | None) -> Call[list[FieldDefinition]]:
    """The custom fields (2.10)."""
    query = {"relationtype": relationtype}
    return Call(
        "GET",
        "/v1/user/fields",
        lambda answer: convert(list[FieldDefinition], answer["list"]),
        query,
        repeatable=True,
    )


def views() -> Call[dict[str, Any]]:
    """The views (2.10)."""
    return Call(
        "GET",
        "/v1/user/views",
        lambda answer: {k: v for k, v in answer.items() if k != "errorcode"},
        repeatable=True,
    )


def members() -> Call[list[TeamMember]]:
    """The members of the team (2.11)."""
    return Call(
        "GET",
        "/v1/team/members/list",
        lambda answer: convert(list[TeamMember], answer["list"]),
        repeatable=True,
    )


def subscribe(body: Mapping[str, Any], key: str | None) -> Call[str]:
    """Be told of changes; answers the subscription's id (5.1)."""
    sent = {name: value for name, value in body.items() if value is not None}
    return Call(
        "POST",
        "/v1/webhooks/subscribe",
        lambda answer: str(answer["uniqueid"]),
        body=sent,
        idempotency_key=key,
    )


def unsubscribe(event: str, uniqueid: str | None, client_reference: str | None) -> Call[str | None]:
    """End a subscription (5.2)."""
    body = {"event": event, "uniqueid": uniqueid, "client_reference": client_reference}
    return Call(
        "POST",
        "/v1/webhooks/unsubscribe",
        done,
        body={k: v for k, v in body.items() if v is not None},
        repeatable=True,
    )


def subscriptions() -> Call[list[Subscription]]:
    """The caller's subscriptions (5.2)."""
    return Call(
        "GET", "/v1/webhooks", lambda answer: convert(list[Subscription], answer["list"]), repeatable=True
    )


def _kind(record: type[Any]) -> Any:
    return next(kind for kind in KINDS.values() if kind.type is record)


def _record(record: type[R], item: Any) -> R:
    return convert(record, item)


def _plain(body: Body) -> Any:
    return (
        plain(body)
        if isinstance(body, msgspec.Struct)
        else {k: _plain(v) if isinstance(v, msgspec.Struct) else v for k, v in body.items()}
    )

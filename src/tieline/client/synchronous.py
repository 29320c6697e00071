"""The client without `await`. Made from asynchronous.py by scripts/make-sync-client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from tieline.client import calls
from tieline.client.blocking import BlockingSender
from tieline.client.calls import Body, Call, Found, OpensPage, TimelinePage
from tieline.client.oauth import TokenSource
from tieline.client.transport import HttpTransport, Response, Transport
from tieline.records.account import FieldDefinition, Profile, Segment, Stage, TeamMember
from tieline.records.analytics import AnalyticsQuery, FunnelQuery, ProjectQuery
from tieline.records.company import Company
from tieline.records.person import Person
from tieline.records.project import Project
from tieline.records.relation import Relation
from tieline.records.timeline import Communication, Content, Message, ToDo
from tieline.records.webhook import Subscription

T = TypeVar("T")
R = TypeVar("R", bound=Relation)
CLOZE = "https://api.cloze.com"


class Relations(Generic[R]):
    """People, companies or projects of the account."""

    def __init__(self, sender: BlockingSender, record: type[R]) -> None:
        self._sender = sender
        self._record = record

    def get(self, identifier: str, *, team: bool = False, detailed: bool = False) -> R:
        """A record by any identifier: e-mail, phone, domain, social handle, app link, key. Raises NotFound."""
        return self._sender.send(calls.get(self._record, identifier, team=team, detailed=detailed))

    def find(self, query: str | None = None, **parameters: Any) -> Found[R]:
        """One page of the records that match. `parameters` are those of the API: segment, stage, sort, pagesize…"""
        return self._sender.send(calls.find(self._record, {"freeformquery": query, **parameters}))

    def iterate(
        self, query: str | None = None, *, limit: int | None = None, **parameters: Any
    ) -> Iterator[R]:
        """The records that match, page by page, at most `limit`."""
        size = min(limit or 100, 100)
        number, given = 1, 0
        while True:
            page = self.find(query, **{**parameters, "pagesize": size, "pagenumber": number})
            for record in page.records:
                if limit is not None and given >= limit:
                    return
                given += 1
                yield record
            if len(page.records) < size or (limit is not None and given >= limit):
                return
            number += 1

    def create(self, record: R | Body, *, idempotency_key: str | None = None) -> str | None:
        """Create the record, or enhance the one that matches. Answers a message about what was skipped, if anything."""
        return self._sender.send(calls.write(self._record, "create", record, idempotency_key))

    def update(self, record: R | Body, *, idempotency_key: str | None = None) -> str | None:
        """Change the record that matches; absent fields stay as they are."""
        return self._sender.send(calls.write(self._record, "update", record, idempotency_key))

    def delete(
        self, identifier: str, *, team: bool = False, idempotency_key: str | None = None
    ) -> str | None:
        """Remove a record. Raises NotFound."""
        return self._sender.send(calls.delete(self._record, identifier, team, idempotency_key))

    def timeline(
        self,
        identifier: str,
        *,
        limit: int | None = None,
        stamp: int | None = None,
        filter: list[str] | None = None,
        reminders_only: bool | None = None,
    ) -> TimelinePage:
        """Keys of the record's entries, newest first."""
        parameters = {"limit": limit, "stamp": stamp, "filter": filter, "remindersOnly": reminders_only}
        return self._sender.send(calls.timeline(self._record, identifier, parameters))


class Timeline:
    """What happened, and what is to be done."""

    def __init__(self, sender: BlockingSender) -> None:
        self._sender = sender

    def communication(
        self, record: Communication | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> str | None:
        """Log an e-mail, call, text, meeting or message."""
        return self._sender.send(calls.entry("communication", record, idempotency_key))

    def content(
        self, record: Content | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> str | None:
        """Add a note, event, file or external to-do."""
        return self._sender.send(calls.entry("content", record, idempotency_key))

    def todo(self, record: ToDo | Mapping[str, Any], *, idempotency_key: str | None = None) -> str | None:
        """Add a to-do."""
        return self._sender.send(calls.entry("todo", record, idempotency_key))

    def messages(self, refs: list[dict[str, Any]]) -> list[Message]:
        """Entries by the keys that a timeline answered."""
        return self._sender.send(calls.messages(refs))

    def body(self, key: str) -> str:
        """The whole text of an entry."""
        return self._sender.send(calls.message_body(key))

    def opens(self, since: int | None = None, *, cursor: str | None = None) -> OpensPage:
        """E-mails of that moment (UTC milliseconds) or later that were opened; the page's `cursor` leads on."""
        return self._sender.send(calls.opens(since, cursor))


class Analytics:
    """Figures. Each call takes named queries and answers the same names."""

    def __init__(self, sender: BlockingSender) -> None:
        self._sender = sender

    def activity(self, queries: Mapping[str, AnalyticsQuery | Mapping[str, Any]]) -> dict[str, Any]:
        """Own activity: a list of buckets for each query."""
        return self._sender.send(calls.analytics("activity", queries))

    def team_activity(self, queries: Mapping[str, AnalyticsQuery | Mapping[str, Any]]) -> dict[str, Any]:
        """Activity of each member: user, name, buckets."""
        return self._sender.send(calls.analytics("teamactivity", queries))

    def update_team_activity(self, tag: str | None = None, *, skip: bool = False) -> dict[str, Any]:
        """Refresh the team's activity; `skip` only tells of the last time."""
        return self._sender.send(calls.update_team_activity(tag, skip))

    def projects(self, queries: Mapping[str, ProjectQuery | Mapping[str, Any]]) -> dict[str, Any]:
        """Projects under way: a list of rows for each query."""
        return self._sender.send(calls.analytics("projects", queries))

    def leads(self, queries: Mapping[str, AnalyticsQuery | Mapping[str, Any]]) -> dict[str, Any]:
        """New, qualified and lost leads: a list of buckets for each query."""
        return self._sender.send(calls.analytics("leads", queries))

    def funnel(
        self, queries: Mapping[str, FunnelQuery | Mapping[str, Any]], *, usertags: list[str] | None = None
    ) -> dict[str, Any]:
        """How far records came: a list of rows for each query."""
        return self._sender.send(calls.analytics("funnel", queries, usertags or []))


class User:
    """The account's profile and words."""

    def __init__(self, sender: BlockingSender) -> None:
        self._sender = sender

    def profile(self) -> Profile:
        """Whose account this is."""
        return self._sender.send(calls.profile())

    def segments(self, of: str = "people") -> list[Segment]:
        """The segments of `people` or `projects`."""
        return self._sender.send(calls.segments(of))

    def stages(self, of: str = "people") -> list[Stage]:
        """The stages of `people` or `projects`."""
        return self._sender.send(calls.stages(of))

    def steps(self, segment: str | None = None, stage: str | None = None) -> dict[str, Any]:
        """Segment to stage to steps."""
        return self._sender.send(calls.steps(segment, stage))

    def fields(self, relationtype: str | None = None) -> list[FieldDefinition]:
        """The custom fields of `person`, `company` or `project`, or all."""
        return self._sender.send(calls.fields(relationtype))

    def views(self) -> dict[str, Any]:
        """The views."""
        return self._sender.send(calls.views())

    def members(self) -> list[TeamMember]:
        """The members of the team."""
        return self._sender.send(calls.members())


class Webhooks:
    """Standing requests to be told of changes."""

    def __init__(self, sender: BlockingSender) -> None:
        self._sender = sender

    def subscribe(
        self,
        event: str,
        target_url: str,
        *,
        scope: str | None = None,
        filters: list[dict[str, Any]] | None = None,
        client_type: str | None = None,
        client_reference: str | None = None,
        ttl: int | None = None,
        idempotency_key: str | None = None,
    ) -> str:
        """Be told of `event` at `target_url`. Answers the subscription's id."""
        body = {
            "event": event,
            "target_url": target_url,
            "scope": scope,
            "filters": filters,
            "client_type": client_type,
            "client_reference": client_reference,
            "ttl": ttl,
        }
        return self._sender.send(calls.subscribe(body, idempotency_key))

    def unsubscribe(
        self, event: str, uniqueid: str | None = None, *, client_reference: str | None = None
    ) -> None:
        """End a subscription. Raises NotFound."""
        self._sender.send(calls.unsubscribe(event, uniqueid, client_reference))

    def list(self) -> list[Subscription]:
        """The caller's subscriptions."""
        return self._sender.send(calls.subscriptions())


class Cloze:
    """A Cloze-compatible account: Tieline's or api.cloze.com's.

    with Cloze(api_key="…", url="http://127.0.0.1:8642") as cloze:
        person = cloze.people.get("ada@example.org")

    `tokens` renew themselves (`tieline.client.oauth`); `token` is one that does not.
    """

    def __init__(
        self,
        *,
        email: str | None = None,
        api_key: str | None = None,
        token: str | None = None,
        tokens: TokenSource | None = None,
        url: str = CLOZE,
        transport: Transport | None = None,
        timeout: float = 30.0,
        retries: int = 2,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.email = email
        self.url = url.rstrip("/")
        self.sender = BlockingSender(
            transport or HttpTransport(self.url),
            key=token or api_key,
            timeout=timeout,
            retries=retries,
            headers=headers,
            tokens=tokens,
        )
        self.people = Relations(self.sender, Person)
        self.companies = Relations(self.sender, Company)
        self.projects = Relations(self.sender, Project)
        self.timeline = Timeline(self.sender)
        self.analytics = Analytics(self.sender)
        self.user = User(self.sender)
        self.webhooks = Webhooks(self.sender)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Any request; answers of every status are returned as they are. Raises ServerUnavailable."""
        repeatable = method.upper() in {"GET", "HEAD"}
        return self.sender.exchange(
            method, path, query=query, body=body, headers=headers, repeatable=repeatable
        )

    def call(self, call: Call[T]) -> T:
        """The result of a call described in `tieline.client.calls`."""
        return self.sender.send(call)

    def close(self) -> None:
        """Let connections go."""
        self.sender.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

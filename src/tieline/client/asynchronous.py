"""The client with `await`. `synchronous.py` is made from this file by scripts/make-sync-client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from tieline.client import calls
from tieline.client.calls import Body, Call, Found, OpensPage, TimelinePage
from tieline.client.oauth import TokenSource
from tieline.client.sender import Sender
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


class AsyncRelations(Generic[R]):
    """People, companies or projects of the account."""

    def __init__(self, sender: Sender, record: type[R]) -> None:
        self._sender = sender
        self._record = record

    async def get(self, identifier: str, *, team: bool = False, detailed: bool = False) -> R:
        """A record by any identifier: e-mail, phone, domain, social handle, app link, key. Raises NotFound."""
        return await self._sender.send(calls.get(self._record, identifier, team=team, detailed=detailed))

    async def find(self, query: str | None = None, **parameters: Any) -> Found[R]:
        """One page of the records that match. `parameters` are those of the API: segment, stage, sort, pagesize…"""
        return await self._sender.send(calls.find(self._record, {"freeformquery": query, **parameters}))

    async def iterate(
        self, query: str | None = None, *, limit: int | None = None, **parameters: Any
    ) -> AsyncIterator[R]:
        """The records that match, page by page, at most `limit`."""
        size = min(limit or 100, 100)
        number, given = 1, 0
        while True:
            page = await self.find(query, **{**parameters, "pagesize": size, "pagenumber": number})
            for record in page.records:
                if limit is not None and given >= limit:
                    return
                given += 1
                yield record
            if len(page.records) < size or (limit is not None and given >= limit):
                return
            number += 1

    async def create(self, record: R | Body, *, idempotency_key: str | None = None) -> str | None:
        """Create the record, or enhance the one that matches. Answers a message about what was skipped, if anything."""
        return await self._sender.send(calls.write(self._record, "create", record, idempotency_key))

    async def update(self, record: R | Body, *, idempotency_key: str | None = None) -> str | None:
        """Change the record that matches; absent fields stay as they are."""
        return await self._sender.send(calls.write(self._record, "update", record, idempotency_key))

    async def delete(
        self, identifier: str, *, team: bool = False, idempotency_key: str | None = None
    ) -> str | None:
        """Remove a record. Raises NotFound."""
        return await self._sender.send(calls.delete(self._record, identifier, team, idempotency_key))

    async def timeline(
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
        return await self._sender.send(calls.timeline(self._record, identifier, parameters))


class AsyncTimeline:
    """What happened, and what is to be done."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def communication(
        self, record: Communication | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> str | None:
        """Log an e-mail, call, text, meeting or message."""
        return await self._sender.send(calls.entry("communication", record, idempotency_key))

    async def content(
        self, record: Content | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> str | None:
        """Add a note, event, file or external to-do."""
        return await self._sender.send(calls.entry("content", record, idempotency_key))

    async def todo(
        self, record: ToDo | Mapping[str, Any], *, idempotency_key: str | None = None
    ) -> str | None:
        """Add a to-do."""
        return await self._sender.send(calls.entry("todo", record, idempotency_key))

    async def messages(self, refs: list[dict[str, Any]]) -> list[Message]:
        """Entries by the keys that a timeline answered."""
        return await self._sender.send(calls.messages(refs))

    async def body(self, key: str) -> str:
        """The whole text of an entry."""
        return await self._sender.send(calls.message_body(key))

    async def opens(self, since: int | None = None, *, cursor: str | None = None) -> OpensPage:
        """E-mails of that moment (UTC milliseconds) or later that were opened; the page's `cursor` leads on."""
        return await self._sender.send(calls.opens(since, cursor))


class AsyncAnalytics:
    """Figures. Each call takes named queries and answers the same names."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def activity(self, queries: Mapping[str, AnalyticsQuery | Mapping[str, Any]]) -> dict[str, Any]:
        """Own activity: a list of buckets for each query."""
        return await self._sender.send(calls.analytics("activity", queries))

    async def team_activity(
        self, queries: Mapping[str, AnalyticsQuery | Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Activity of each member: user, name, buckets."""
        return await self._sender.send(calls.analytics("teamactivity", queries))

    async def update_team_activity(self, tag: str | None = None, *, skip: bool = False) -> dict[str, Any]:
        """Refresh the team's activity; `skip` only tells of the last time."""
        return await self._sender.send(calls.update_team_activity(tag, skip))

    async def projects(self, queries: Mapping[str, ProjectQuery | Mapping[str, Any]]) -> dict[str, Any]:
        """Projects under way: a list of rows for each query."""
        return await self._sender.send(calls.analytics("projects", queries))

    async def leads(self, queries: Mapping[str, AnalyticsQuery | Mapping[str, Any]]) -> dict[str, Any]:
        """New, qualified and lost leads: a list of buckets for each query."""
        return await self._sender.send(calls.analytics("leads", queries))

    async def funnel(
        self, queries: Mapping[str, FunnelQuery | Mapping[str, Any]], *, usertags: list[str] | None = None
    ) -> dict[str, Any]:
        """How far records came: a list of rows for each query."""
        return await self._sender.send(calls.analytics("funnel", queries, usertags or []))


class AsyncUser:
    """The account's profile and words."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def profile(self) -> Profile:
        """Whose account this is."""
        return await self._sender.send(calls.profile())

    async def segments(self, of: str = "people") -> list[Segment]:
        """The segments of `people` or `projects`."""
        return await self._sender.send(calls.segments(of))

    async def stages(self, of: str = "people") -> list[Stage]:
        """The stages of `people` or `projects`."""
        return await self._sender.send(calls.stages(of))

    async def steps(self, segment: str | None = None, stage: str | None = None) -> dict[str, Any]:
        """Segment to stage to steps."""
        return await self._sender.send(calls.steps(segment, stage))

    async def fields(self, relationtype: str | None = None) -> list[FieldDefinition]:
        """The custom fields of `person`, `company` or `project`, or all."""
        return await self._sender.send(calls.fields(relationtype))

    async def views(self) -> dict[str, Any]:
        """The views."""
        return await self._sender.send(calls.views())

    async def members(self) -> list[TeamMember]:
        """The members of the team."""
        return await self._sender.send(calls.members())


class AsyncWebhooks:
    """Standing requests to be told of changes."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    async def subscribe(
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
        return await self._sender.send(calls.subscribe(body, idempotency_key))

    async def unsubscribe(
        self, event: str, uniqueid: str | None = None, *, client_reference: str | None = None
    ) -> None:
        """End a subscription. Raises NotFound."""
        await self._sender.send(calls.unsubscribe(event, uniqueid, client_reference))

    async def list(self) -> list[Subscription]:
        """The caller's subscriptions."""
        return await self._sender.send(calls.subscriptions())


class AsyncCloze:
    """A Cloze-compatible account: Tieline's or api.cloze.com's.

    async with AsyncCloze(api_key="…", url="http://127.0.0.1:8642") as cloze:
        person = await cloze.people.get("ada@example.org")

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
        self.sender = Sender(
            transport or HttpTransport(self.url),
            key=token or api_key,
            timeout=timeout,
            retries=retries,
            headers=headers,
            tokens=tokens,
        )
        self.people = AsyncRelations(self.sender, Person)
        self.companies = AsyncRelations(self.sender, Company)
        self.projects = AsyncRelations(self.sender, Project)
        self.timeline = AsyncTimeline(self.sender)
        self.analytics = AsyncAnalytics(self.sender)
        self.user = AsyncUser(self.sender)
        self.webhooks = AsyncWebhooks(self.sender)

    async def request(
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
        return await self.sender.exchange(
            method, path, query=query, body=body, headers=headers, repeatable=repeatable
        )

    async def call(self, call: Call[T]) -> T:
        """The result of a call described in `tieline.client.calls`."""
        return await self.sender.send(call)

    async def close(self) -> None:
        """Let connections go."""
        await self.sender.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

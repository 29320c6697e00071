"""What is answered, besides records: the envelope, and the members that each operation adds to it (0.3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, UnsetType

from tieline.crm.scoring import Factor
from tieline.query.suggest import Suggestion
from tieline.records.account import FieldDefinition, Profile, TeamMember, View
from tieline.records.contact import Text
from tieline.records.fields import Record, field
from tieline.records.kinds import KINDS, Kind
from tieline.records.timeline import Message, MessageRef
from tieline.records.webhook import Subscription

Whole = int | UnsetType
Instant = Annotated[int, msgspec.Meta(ge=0, extra_json_schema={"format": "int64"})]
MaybeInstant = Instant | UnsetType


class BasicResponse(Record):
    """Success with `errorcode` 0; anything else is a failure, told in `message`."""

    errorcode: Annotated[int, field("Error Code", "0 is success.")]
    message: Annotated[Text, field("Message", "What is wrong, or what was skipped.")] = UNSET


class GatewayError(Record):
    """A bearer token that resolves to nothing."""

    message: Annotated[str, field("Message", "What is wrong.")]


class OAuthError(Record, rename=None):
    """A refusal in the words of RFC 6749."""

    error: Annotated[str, field("Error", "Code of RFC 6749.")]
    error_description: Annotated[Text, field("Description", "What is wrong.")] = UNSET


class Problem(Record):
    """A failure as RFC 9457 has it, for clients that accept application/problem+json."""

    type: Annotated[str, field("Type", "urn:tieline:error:…")]
    title: Annotated[str, field("Title", "What is wrong.")]
    status: Annotated[int, field("Status", "The HTTP status.")]
    detail: Annotated[str, field("Detail", "The same with field and remedy.")]
    errorcode: Annotated[int, field("Error Code", "The number on the wire.")]
    field: Annotated[Text, field("Field", "The field that is wrong.")] = UNSET
    remedy: Annotated[Text, field("Remedy", "What to do.")] = UNSET


class TokenResponse(Record, rename=None):
    """Tokens."""

    access_token: Annotated[str, field("Access Token", "Goes into Authorization: Bearer.")]
    token_type: Annotated[Text, field("Type", "Bearer.")] = UNSET
    expires_in: Annotated[Whole, field("Expires In", "Seconds.")] = UNSET
    refresh_token: Annotated[Text, field("Refresh Token", "For the next access token.")] = UNSET
    scope: Annotated[Text, field("Scope", "What it is good for.")] = UNSET


class AuditChanges(Record, rename=None):
    """Before and after of each field that changed, and since when."""

    since: Annotated[MaybeInstant, field("Since", "UTC milliseconds.")] = msgspec.field(
        name="_since", default=UNSET
    )


def _answer(name: str, doc: str, **members: Any) -> type[Record]:
    """An answer with these optional members beside `errorcode` and `message`."""
    fields = [(wire, kind | UnsetType, UNSET) for wire, kind in members.items()]
    return msgspec.defstruct(name, fields, bases=(BasicResponse,), kw_only=True, namespace={"__doc__": doc}, module=__name__)  # type: ignore[return-value]  # fmt: skip


def _of_kind(kind: Kind) -> Mapping[str, type[Record]]:
    noun, title, many = kind.name, kind.name.capitalize(), list[kind.type]  # type: ignore[name-defined]
    changed: Any = msgspec.defstruct(
        f"{title}Changed", [(noun, kind.type | UnsetType, UNSET), ("changes", AuditChanges | UnsetType, UNSET)],
        bases=(Record,), kw_only=True, namespace={"__doc__": "A record and what changed of it."}, module=__name__,
    )  # fmt: skip
    return {
        "find": _answer(f"{title}FindResponse", "A page.", availablecount=int, pagenumber=int, pagesize=int, **{kind.plural: many}),
        "feed": _answer(f"{title}FeedResponse", "The next records.", availablecount=int, cursor=str, **{kind.plural: many}, results=list[changed]),
        "get": _answer(f"{title}GetResponse", "One record.", **{noun: kind.type}),
        "getmany": _answer(f"{title}GetManyResponse", "Records in the order asked.", **{kind.plural: many}),
    }  # fmt: skip


RECORDS = {name: _of_kind(kind) for name, kind in KINDS.items()}


class Opening(Record):
    """An opening."""

    date: Annotated[Instant, field("Date", "When.")]
    cookie: Annotated[Text, field("Cookie", "Tells devices apart.")] = UNSET


class Opener(Record):
    """Who opened it, and when."""

    about: Annotated[dict[str, Any], field("About", "What is known of the opener.")]
    breakdown: Annotated[list[Opening], field("Breakdown", "Each opening.")]


class OpenedMessage(Record):
    """A message that was opened."""

    message: Annotated[str, field("Message", "Where it is shown.")]
    date: Annotated[Instant, field("Date", "When it was sent.")]
    opens: Annotated[list[Opener], field("Opens", "By whom.")]
    thread_id: Annotated[Text, field("Thread ID", "The thread.")] = UNSET


class MessageOpensResponse(Record):
    """Messages that were opened; `next` leads to more."""

    errorcode: Annotated[int, field("Error Code", "0 is success.")]
    message: Annotated[Text, field("Message", "What is wrong.")] = UNSET
    more: Annotated[bool | UnsetType, field("More", "There are more.")] = UNSET
    messages: Annotated[list[OpenedMessage] | UnsetType, field("Messages", "The messages.")] = UNSET
    next: Annotated[Text, field("Next", "Address of the next page.")] = UNSET


class NameKey(Record):
    """A label and its key."""

    name: Annotated[str, field("Name", "What people read.")]
    key: Annotated[str, field("Key", "What programs say.")]


class StageSteps(Record):
    """The steps of a stage."""

    steps: Annotated[list[NameKey] | UnsetType, field("Steps", "In order.")] = UNSET


class ViewLabel(Record):
    """What views of a kind are called."""

    singular: Annotated[Text, field("Singular", "One.")] = UNSET
    plural: Annotated[Text, field("Plural", "Several.")] = UNSET


class ViewSet(Record):
    """The views of a kind."""

    label: Annotated[ViewLabel | UnsetType, field("Label", "What they are called.")] = UNSET
    views: Annotated[list[View] | UnsetType, field("Views", "In order.")] = UNSET


class Counted(Record):
    """Something, and how often."""

    id: Annotated[Text, field("ID", "What it is.")] = UNSET
    count: Annotated[Whole, field("Count", "How many records.")] = UNSET


class Recipients(Record):
    """A list to write to."""

    id: Annotated[Text, field("ID", "What programs say.")] = UNSET
    name: Annotated[Text, field("Name", "What people read.")] = UNSET
    count: Annotated[Whole, field("Count", "How many people.")] = UNSET


class TeamRole(Record):
    """A role."""

    id: Annotated[Text, field("ID", "What programs say.")] = UNSET
    name: Annotated[Text, field("Name", "What people read.")] = UNSET


class SubteamNode(Record):
    """A sub-team."""

    node: Annotated[Text, field("Node", "Its path.")] = UNSET
    full_path_label: Annotated[Text, field("Full Path Label", "The path for people.")] = UNSET
    leaf_label: Annotated[Text, field("Leaf Label", "Its own name.")] = UNSET
    depth: Annotated[Whole, field("Depth", "1 is below the top.")] = UNSET


class DataBucket(Record):
    """A period, and a number for each measure."""

    key: Annotated[str, field("Key", "2025, 2025Q2, 2025-06, 2025W25 or 2025-06-18.")]
    stamp: Annotated[Instant, field("Stamp", "Where it starts.")]


# --- extensions ------------------------------------------------------------------------------------------------------


class Attempt(Record):
    """A request that was made."""

    at: Annotated[Instant, field("At", "When.")]
    outcome: Annotated[Text, field("Outcome", "How it ended.")] = UNSET
    duration: Annotated[int | float | UnsetType, field("Duration", "Milliseconds.")] = UNSET
    status: Annotated[Whole, field("Status", "HTTP status of the answer.")] = UNSET
    answer: Annotated[Text, field("Answer", "Beginning of the answer.")] = UNSET
    error: Annotated[Text, field("Error", "Why there is none.")] = UNSET


class Delivery(Record, rename=None):
    """A notification, and the attempts to deliver it."""

    delivery: Annotated[int, field("Delivery", "Its number.")]
    webhookId: Annotated[str, field("Webhook ID", "As the header says it.")]
    uniqueid: Annotated[str, field("Unique ID", "The subscription.")]
    event: Annotated[str, field("Event", "What happened.")]
    target_url: Annotated[str, field("Target URL", "Where it goes.")]
    state: Annotated[str, field("State", "waiting, delivered, failed or dropped.")]
    created: Annotated[Instant, field("Created", "When.")]
    attempts: Annotated[list[Attempt], field("Attempts", "The oldest first.")]
    nextAttempt: Annotated[MaybeInstant, field("Next Attempt", "When.")] = UNSET
    finished: Annotated[MaybeInstant, field("Finished", "When.")] = UNSET
    body: Annotated[Text, field("Body", "Beginning of what is sent.")] = UNSET


class TodoPerson(Record):
    """Somebody a to-do is about."""

    type: Annotated[Text, field("Type", "Kind.")] = UNSET
    sync_key: Annotated[Text, field("Sync Key", "The record.")] = UNSET
    name: Annotated[Text, field("Name", "Its name.")] = UNSET
    role: Annotated[Text, field("Role", "Their part.")] = UNSET


class ListedTodo(Record):
    """A to-do."""

    key: Annotated[str, field("Key", "Its key.")]
    style: Annotated[str, field("Style", "Kind of entry.")]
    subject: Annotated[Text, field("Subject", "What is to be done.")] = UNSET
    preview: Annotated[Text, field("Preview", "More about it.")] = UNSET
    due: Annotated[MaybeInstant, field("Due", "When; 1 is someday.")] = UNSET
    done: Annotated[MaybeInstant, field("Done", "When it was done.")] = UNSET
    changed: Annotated[MaybeInstant, field("Changed", "When it last changed.")] = UNSET
    assigner: Annotated[Text, field("Assigner", "Who asks for it.")] = UNSET
    assignee: Annotated[Text, field("Assignee", "Who does it.")] = UNSET
    participants: Annotated[list[TodoPerson] | UnsetType, field("Participants", "Whom it is about.")] = UNSET


class Synced(Record):
    """A record by its key."""

    sync_key: Annotated[str, field("Sync Key", "The record.")]


class Pair(Record):
    """Two records that may be the same."""

    id: Annotated[int, field("ID", "Number of the pair.")]
    type: Annotated[str, field("Type", "Kind.")]
    created: Annotated[Instant, field("Created", "Since when it waits.")]
    shared: Annotated[Any, field("Shared", "What they share.")]
    records: Annotated[list[dict[str, Any]], field("Records", "The two records.")]


TIMELINE = _answer("TimelineResponse", "Entries, newest first.", messages=list[MessageRef], stamp=Instant)
MESSAGES = _answer("MessagesGetResponse", "Entries.", messages=list[Message])
BODY = _answer("MessageBodyResponse", "A body.", body=str, mimeType=str, expires=int | str)
PROFILE = _answer("ProfileResponse", "Whose account this is.", profile=Profile, user=Profile)
FIELDS = _answer("FieldListResponse", "Custom fields.", list=list[FieldDefinition])
NAMES = _answer("NameKeyListResponse", "Labels and keys.", list=list[NameKey])
STEPS = _answer("StepsResponse", "Segment to stage to steps.", segments=dict[str, dict[str, StageSteps]])
VIEWS = _answer(
    "ViewsResponse", "The views of each kind.", people=ViewSet, companies=ViewSet, projects=ViewSet
)
KEYWORDS = _answer("KeywordsResponse", "Tags in use.", keywords=list[Counted])
RECIPIENTS = _answer("RecipientsResponse", "Lists to write to.", list=list[Recipients])
MEMBERS = _answer("TeamMembersResponse", "The members.", list=list[TeamMember])
ROLES = _answer("TeamRolesResponse", "The roles.", list=list[TeamRole], roles=list[TeamRole])
NODES = _answer("TeamNodesResponse", "The sub-teams.", list=list[SubteamNode])
UPDATED = _answer("TeamActivityUpdateResponse", "What was refreshed.", oldest=Instant, newest=Instant, users=int, skipped=int, updated=int)  # fmt: skip
SUBSCRIBED = _answer("SubscribeResponse", "The subscription.", uniqueid=str)
SUBSCRIPTIONS = _answer("SubscriptionListResponse", "The subscriptions.", list=list[Subscription])

SECRET = _answer("SecretResponse", "A secret, shown once.", secret=str)
TESTED = _answer("TestResponse", "The delivery.", delivery=int)
DELIVERIES = _answer("DeliveriesResponse", "What was sent, newest first.", list=list[Delivery])
TODOS = _answer("TodosResponse", "A page of to-dos.", availablecount=int, pagenumber=int, pagesize=int, todos=list[ListedTodo])  # fmt: skip
MERGED = _answer("MergeResponse", "The merge.", change=int, syncKey=str)
UNMERGED = _answer("UnmergeResponse", "The records it was made of.", records=list[Synced])
PAIRS = _answer("MergesResponse", "Pairs, the oldest first.", availablecount=int, list=list[Pair])
SCORED = _answer("ScoreResponse", "A score and its factors.", syncKey=str, score=int, sum=float, halfScore=float, halfLifeDays=int, factors=list[Factor])  # fmt: skip
SUGGESTED = _answer("SuggestResponse", "How it may go on.", list=list[Suggestion])

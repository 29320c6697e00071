"""What each handler takes and answers, said once for all the paths it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from tieline.api import analytics, bulk, extensions, merges, tasks, team, timeline, user, webhooks
from tieline.api import people_companies_projects as relations
from tieline.api.call import Endpoint, Handler
from tieline.api.openapi import answers, requests
from tieline.api.openapi import parameters as params
from tieline.api.openapi.answers import BasicResponse
from tieline.api.openapi.parameters import Evidence, Parameter
from tieline.records.timeline import Communication, Content, TimelineQuery, ToDo
from tieline.records.webhook import SubscribeRequest, UnsubscribeRequest

Struct = type[msgspec.Struct]
Schema = dict[str, Any]
MAP: Schema = {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "object"}}}
LINES = "application/x-ndjson"


@dataclass(frozen=True)
class Described:
    """A handler as the document has it.

    `answer` and `body` may be the name of a type that differs by kind (`answers.RECORDS`, the record itself).
    `bare`: an answer that stands beside the envelope, without errorcode (2.9).
    """

    parameters: tuple[Parameter, ...] = ()
    body: Struct | str | tuple[Struct, ...] | None = None
    answer: Struct | str = BasicResponse
    bare: Schema | None = None
    evidence: Evidence = "doc"
    tag: str = ""
    lines: bool = False
    optional: bool = False  # the body may be left out


WHICH_AND_HOW = (*params.IDENTIFIER, params.TEAM, params.FORMAT)

HANDLERS: dict[Handler, Described] = {
    relations.find: Described(params.FIND, requests.FindBody, "find", optional=True),
    relations.feed: Described(params.FEED, answer="feed"),
    relations.get: Described(WHICH_AND_HOW, requests.IdentifierBody, "get"),
    relations.get_many: Described(body=requests.GetManyRequest, answer="getmany", evidence="client"),
    relations.create: Described(body="record"),
    relations.update: Described(body="record"),
    relations.delete: Described((*params.IDENTIFIER, params.TEAM)),
    relations.submit: Described(body=requests.SubmittedPerson, evidence="inferred"),
    relations.similar: Described(
        (*params.IDENTIFIER, params.TEAM, params.PAGESIZE),
        requests.IdentifierBody,
        "find",
        evidence="inferred",
    ),
    timeline.entries: Described(body=TimelineQuery, answer=answers.TIMELINE, evidence="client"),
    timeline.communication: Described(body=Communication, tag="Timeline"),
    timeline.content: Described(body=Content, tag="Timeline"),
    timeline.todo: Described(body=ToDo, tag="Timeline"),
    timeline.messages: Described(
        body=requests.MessagesGetRequest, answer=answers.MESSAGES, evidence="client", tag="Timeline"
    ),
    timeline.body: Described(
        body=requests.MessageBodyRequest, answer=answers.BODY, evidence="client", tag="Timeline"
    ),
    timeline.opens: Described(params.OPENS, answer=answers.MessageOpensResponse, tag="Timeline"),
    analytics.activity: Described(body=requests.AnalyticsRequest, bare=MAP, tag="Analytics"),
    analytics.team_activity: Described(body=requests.AnalyticsRequest, bare=MAP, tag="Analytics"),
    analytics.update_team_activity: Described(params.UPDATE, answer=answers.UPDATED, tag="Analytics"),
    analytics.projects: Described(body=requests.ProjectAnalyticsRequest, bare=MAP, tag="Analytics"),
    analytics.leads: Described(body=requests.AnalyticsRequest, bare=MAP, tag="Analytics"),
    analytics.funnel: Described(body=requests.FunnelAnalyticsRequest, bare=MAP, tag="Analytics"),
    user.profile: Described(answer=answers.PROFILE, tag="Account"),
    user.older_profile: Described(answer=answers.PROFILE, tag="Account"),
    user.fields: Described((params.RELATIONTYPE,), answer=answers.FIELDS, tag="Account"),
    user.segments: Described(answer=answers.NAMES, tag="Account"),
    user.stages: Described(answer=answers.NAMES, tag="Account"),
    user.steps: Described(params.STEPS, answer=answers.STEPS, tag="Account"),
    user.views: Described(answer=answers.VIEWS, tag="Account"),
    user.keywords: Described(params.KEYWORDS, answer=answers.KEYWORDS, evidence="client", tag="Account"),
    user.recipients: Described(answer=answers.RECIPIENTS, evidence="inferred", tag="Account"),
    team.members: Described(answer=answers.MEMBERS, tag="Team"),
    team.roles: Described(answer=answers.ROLES, tag="Team"),
    team.nodes: Described(answer=answers.NODES, tag="Team"),
    team.update: Described(body=(requests.TeamMemberUpdate, requests.TeamMembersUpdate), tag="Team"),
    webhooks.listing: Described(answer=answers.SUBSCRIPTIONS, tag="Webhooks"),
    webhooks.subscribe: Described(body=SubscribeRequest, answer=answers.SUBSCRIBED, tag="Webhooks"),
    webhooks.unsubscribe: Described(body=UnsubscribeRequest, tag="Webhooks"),
    extensions.opened: Described(body=requests.OpenedRequest, evidence="ext"),
    extensions.score: Described(params.SCORE, answer=answers.SCORED, evidence="ext"),
    extensions.suggest: Described(params.SUGGEST, answer=answers.SUGGESTED, evidence="ext"),
    bulk.bulk: Described(params.BULK, "record", evidence="ext", lines=True),
    tasks.todos: Described(params.TODOS, answer=answers.TODOS, evidence="ext"),
    tasks.complete: Described(body=requests.Keyed, evidence="ext"),
    tasks.reopen: Described(body=requests.Keyed, evidence="ext"),
    tasks.update: Described(body=requests.ToDoUpdate, evidence="ext"),
    tasks.delete: Described(params.KEY, evidence="ext"),
    tasks.update_note: Described(body=requests.NoteUpdateRequest, evidence="ext"),
    tasks.delete_note: Described(params.KEY, evidence="ext"),
    webhooks.resume: Described(body=requests.OfSubscription, evidence="ext"),
    webhooks.secret: Described(body=requests.OfSubscription, answer=answers.SECRET, evidence="ext"),
    webhooks.test: Described(body=requests.OfSubscription, answer=answers.TESTED, evidence="ext"),
    webhooks.deliveries: Described(params.DELIVERIES, answer=answers.DELIVERIES, evidence="ext"),
    webhooks.redeliver: Described(body=requests.RedeliverRequest, evidence="ext"),
    merges.merge: Described(body=requests.MergeRequest, answer=answers.MERGED, evidence="ext"),
    merges.unmerge: Described(body=requests.UnmergeRequest, answer=answers.UNMERGED, evidence="ext"),
    merges.waiting: Described(answer=answers.PAIRS, evidence="ext"),
    merges.decide: Described(body=requests.DecideRequest, answer=answers.MERGED, evidence="ext"),
}


def parameters_of(endpoint: Endpoint) -> tuple[Parameter, ...]:
    """Everything that may stand in the query or the headers of a request, credentials aside."""
    found = HANDLERS[endpoint.handler].parameters
    if endpoint.handler is relations.find and endpoint.kind is not None and endpoint.kind.name == "project":
        found = params.FIND_PROJECTS
    if endpoint.handler is relations.get:
        found = found if endpoint.method == "GET" else (params.TEAM, params.FORMAT)
        if endpoint.kind is not None and endpoint.kind.name == "project":
            found = (*found, params.DETAILED)
        if endpoint.kind is not None and endpoint.kind.name == "company":
            found = (*found, params.DETAILED_COMPANY)
    if endpoint.handler is relations.similar and endpoint.method == "POST":
        found = ()
    return (params.USER, *found, *_headers(endpoint))


def _headers(endpoint: Endpoint) -> tuple[Parameter, ...]:
    if endpoint.handler is relations.get and endpoint.method == "GET":
        return (params.IF_NONE_MATCH,)
    if not endpoint.scope.startswith("change_") or endpoint.streams:
        return ()
    versioned = {relations.create, relations.update, relations.delete}
    return (params.IDEMPOTENCY_KEY, *((params.IF_MATCH,) if endpoint.handler in versioned else ()))


def evidence_of(endpoint: Endpoint, path: str) -> Evidence:
    """Where we know an operation from: older paths and body forms are known from clients (2.2)."""
    if path in ANALOGOUS:
        return "inferred"
    body_form = endpoint.handler in {relations.find, relations.get} and endpoint.method == "POST"
    if body_form or path != endpoint.path or path == "/v1/profile":
        return "client"
    return HANDLERS[endpoint.handler].evidence


# Older paths that no client was seen to call, served by analogy (2.2).
ANALOGOUS = frozenset({"/v1/createcommunication", "/v1/createtodo", "/v1/subscriptions"})

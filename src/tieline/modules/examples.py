"""An example of every module, printed in its page of the documentation and run as a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Step = tuple[str, Mapping[str, Any]]  # a module's slug and its input


@dataclass(frozen=True)
class Example:
    """`before` sets the scene; `given` gives a bundle with the members of `gives`, for a trigger after `then`.

    `of_each`: a module whose bundles `given` is mapped from, one call each.
    """

    given: Mapping[str, Any]
    gives: Mapping[str, Any]
    before: tuple[Step, ...] = ()
    then: Step | None = None
    of_each: Step | None = None


ROSA = {
    "name": "Rosa Lindqvist",
    "headline": "Buyer at Fjord Foods",
    "segment": "customer",
    "stage": "lead",
    "emails": [{"value": "rosa@fjordfoods.example", "work": True}],
}
FJORD = {
    "name": "Fjord Foods",
    "requiredField": "domain",
    "domains": ["fjordfoods.example"],
    "stage": "current",
}
HARBOUR = {
    "name": "12 Harbour Street",
    "summary": "Three offers expected this week",
    "stage": "current",
    "value": 385000,
}
PERSON: Step = ("createAPerson", ROSA)
COMPANY: Step = ("createACompany", FJORD)
PROJECT: Step = ("createAProject", HARBOUR)
DONE = {"errorcode": 0}
FJORD_FOUND = {"name": "Fjord Foods", "domains": ["fjordfoods.example"], "stage": "current"}
HARBOUR_FOUND = {
    "name": "12 Harbour Street",
    "summary": "Three offers expected this week",
    "stage": "current",
    "customFields": [{"id": "value", "type": "currency", "value": 385000}],
}
FOLLOW_UP: Step = (
    "createAToDo",
    {"subject": "Send the offer", "participants": ["rosa@fjordfoods.example"], "when": "2026-03-06"},
)
CALL: Step = (
    "createACommunicationRecord",
    {
        "style": "call",
        "from": "rosa@fjordfoods.example",
        "subject": "Asked for a price",
        "date": "2026-03-02T09:30:00Z",
    },
)
TWIN: Step = ("createAPerson", {"name": "R. Lindqvist", "emails": [{"value": "rosa@home.example"}]})
ROSA_KEY = {"syncKey": "rosa@fjordfoods.example"}

EXAMPLES: dict[str, Example] = {
    "watchPersonAuditChanged": Example(
        {"name": "New customers"},
        {"event": "person.audit.change", "changes": {"stage": {"before": "lead", "after": "current"}}},
        (PERSON,),
        ("updateAPerson", {**ROSA_KEY, "stage": "current"}),
    ),
    "findPeople": Example({"segment": "customer", "stage": "lead", "limit": 50}, ROSA, (PERSON,)),
    "getAPerson": Example(ROSA_KEY, ROSA, (PERSON,)),
    "createAPerson": Example({**ROSA, "keywords": ["trade-fair"]}, DONE),
    "updateAPerson": Example({**ROSA_KEY, "stage": "current", "keywords": ["vip"]}, DONE, (PERSON,)),
    "deleteAPerson": Example(ROSA_KEY, DONE, (PERSON,)),
    "watchCompanyAuditChanged": Example(
        {"name": "Companies we lost"},
        {"event": "company.audit.change", "changes": {"stage": {"before": "current", "after": "past"}}},
        (COMPANY,),
        ("updateACompany", {"requiredField": "domain", "domains": ["fjordfoods.example"], "stage": "past"}),
    ),
    "findCompanies": Example({"freeformquery": "fjord", "sort": "name"}, FJORD_FOUND, (COMPANY,)),
    "getACompany": Example({"syncKey": "fjordfoods.example"}, FJORD_FOUND, (COMPANY,)),
    "createACompany": Example({**FJORD, "description": "Fish and berries"}, DONE),
    "updateACompany": Example(
        {
            "requiredField": "domain",
            "domains": ["fjordfoods.example"],
            "step": "none",
            "notes": "Call in May",
        },
        DONE,
        (COMPANY,),
    ),
    "deleteACompany": Example({"syncKey": "fjordfoods.example"}, DONE, (COMPANY,)),
    "watchProjectAuditChanged": Example(
        {"name": "Projects won"},
        {"event": "project.audit.change", "changes": {"stage": {"before": "current", "after": "won"}}},
        (PROJECT,),
        ("updateAProject", {"name": "12 Harbour Street", "stage": "won"}),
    ),
    "findProjects": Example({"stage": "current", "sort": "value"}, HARBOUR_FOUND, (PROJECT,)),
    "createAProject": Example({**HARBOUR, "forecast": "commit"}, DONE),
    "getAProject": Example({"syncKey": "12 Harbour Street"}, HARBOUR_FOUND, (PROJECT,)),
    "updateAProject": Example({"name": "12 Harbour Street", "value": 392000}, DONE, (PROJECT,)),
    "deleteAProject": Example({"syncKey": "12 Harbour Street"}, DONE, (PROJECT,)),
    "createACommunicationRecord": Example(
        {
            "style": "call",
            "from": "rosa@fjordfoods.example",
            "subject": "Asked for a price",
            "date": "2026-03-02T09:30:00Z",
            "duration": 12,
            "outcome": "connected",
            "direction": "inbound",
        },
        DONE,
        (PERSON,),
    ),
    "createAToDo": Example(
        {"subject": "Send the offer", "participants": ["rosa@fjordfoods.example"], "when": "2026-03-06"},
        DONE,
        (PERSON,),
    ),
    "createAContent": Example(
        {
            "style": "note",
            "source": "forms.example",
            "uniqueid": "A-17",
            "subject": "Answered the form",
            "body": "Interested in the spring catalogue.",
            "references": [{"value": "rosa@fjordfoods.example"}],
        },
        DONE,
        (PERSON,),
    ),
    "makeAnApiCall": Example(
        {"url": "/v1/people/find", "method": "GET", "qs": [{"key": "countonly", "value": "true"}]},
        {"statusCode": 200, "body": {"errorcode": 0, "availablecount": 1}},
        (PERSON,),
    ),
    "upsertAPerson": Example(
        {
            "emails": ROSA["emails"],
            "stage": "current",
            "customFields": [{"id": "budget", "type": "number", "value": 5000}],
        },
        {
            "name": "Rosa Lindqvist",
            "stage": "current",
            "customFields": [{"id": "budget", "type": "number", "value": 5000}],
        },
        (PERSON,),
    ),
    "upsertACompany": Example(
        {"name": "Fjord Foods", "domains": ["fjordfoods.example"], "stage": "past"},
        {"name": "Fjord Foods", "domains": ["fjordfoods.example"], "stage": "past"},
    ),
    "upsertAProject": Example(
        {"name": "12 Harbour Street", "value": 392000, "keywords": ["sea"], "removeKeywords": ["city"]},
        {"name": "12 Harbour Street", "keywords": ["sea"]},
        (("createAProject", {**HARBOUR, "keywords": ["city"]}),),
    ),
    "searchByAppLink": Example(
        {"source": "erp.example", "uniqueid": "C-1042"},
        {"name": "Rosa Lindqvist"},
        (("createAPerson", {**ROSA, "appLinks": [{"source": "erp.example", "uniqueid": "C-1042"}]}),),
    ),
    "listChanges": Example(
        {"stage": "lead", "includeauditedchanges": True}, {"name": "Rosa Lindqvist", "changes": {}}, (PERSON,)
    ),
    "watchToDos": Example(
        {"name": "Work given to us", "event": "todo.create"},
        {"event": "todo.create", "todo": {"subject": "Send the offer"}},
        (PERSON,),
        FOLLOW_UP,
    ),
    "listToDos": Example(
        {"about": "rosa@fjordfoods.example"},
        {"subject": "Send the offer", "style": "todo"},
        (PERSON, FOLLOW_UP),
    ),
    "completeAToDo": Example(
        {"key": "{{key}}"},
        DONE,
        (PERSON, FOLLOW_UP),
        of_each=("listToDos", {"about": "rosa@fjordfoods.example"}),
    ),
    "deleteAToDo": Example(
        {"key": "{{key}}"},
        DONE,
        (PERSON, FOLLOW_UP),
        of_each=("listToDos", {"about": "rosa@fjordfoods.example"}),
    ),
    "watchTimeline": Example(
        {"name": "Calls", "event": "communication.create", "filters": [{"record": {"style": "call"}}]},
        {"event": "communication.create", "communication": {"style": "call", "subject": "Asked for a price"}},
        (PERSON,),
        CALL,
    ),
    "listTimeline": Example(
        {"id": "rosa@fjordfoods.example", "filter": ["call"]},
        {"style": "call", "subject": "Asked for a price"},
        (PERSON, CALL),
    ),
    "mergeTwoRecords": Example(
        {"type": "people", "into": "rosa@fjordfoods.example", "from": "rosa@home.example"},
        DONE,
        (PERSON, TWIN),
    ),
    "unmerge": Example(
        {"type": "people", "id": "rosa@fjordfoods.example"},
        DONE,
        (PERSON, TWIN, ("mergeTwoRecords", {"into": "rosa@fjordfoods.example", "from": "rosa@home.example"})),
    ),
    "bulkUpsert": Example(
        {
            "type": "people",
            "records": [
                {"name": "Rosa Lindqvist", "emails": [{"value": "rosa@fjordfoods.example"}]},
                {"name": "Nobody"},
            ],
        },
        {
            "total": 2,
            "created": 1,
            "changed": 1,
            "failed": 1,
            "results": [{"line": 1, "created": True}, {"line": 2, "errorcode": 11}],
        },
    ),
    "runAnalytics": Example(
        {"report": "projects", "metrics": ["segment", "stage"]},
        {"name": "12 Harbour Street", "stage": "current"},
        (PROJECT,),
    ),
    "listSegments": Example({"of": "people"}, {"key": "customer"}),
    "listStages": Example({"of": "projects"}, {"key": "won"}),
    "listSteps": Example(
        {"segment": "customer"}, {"segment": "customer", "stage": "lead", "name": "Send the offer"}
    ),
    "listFields": Example(
        {"relationtype": "project"}, {"id": "forecast", "type": "keyword", "name": "Forecast"}
    ),
    "listTeamMembers": Example({}, {"isMe": True}),
}

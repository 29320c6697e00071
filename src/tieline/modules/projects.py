"""The modules of projects."""

from __future__ import annotations

from dataclasses import replace

from tieline.modules import common
from tieline.modules.common import (
    array,
    custom,
    find_fields,
    of_record,
    record_output,
    sync_key,
    trigger_output,
)
from tieline.modules.module import Field, Module, required

SAMPLE = {
    "syncKey": "m7WqPz4vKc9Jt2Xe5bR8yLf1sNd3Ho6uAgTiViQjCkM",
    "name": "12 Harbour Street",
    "segment": "project",
    "stage": "current",
    "step": "none",
    "summary": "Three offers expected this week",
    "customFields": [{"id": "value", "type": "currency", "value": 385000}],
    "visibility": "visible",
    "views": ["my", "defined"],
    "firstSeen": 1735725600000,
    "lastChanged": 1746093600000,
}
DETAILS: tuple[Field, ...] = (
    common.app_links("Label", "App's URL"),
    of_record("project", "summary"),
    Field("picture", "Picture", "url", "Public web address of a picture.", to="pictures[]", value_in="url", advanced=True),
    of_record("project", "keywords"),
    array("addresses", "Address", common.ADDRESS_ENTRIES, "Postal addresses."),
    common.SEGMENT,
    common.STAGE,
    common.STEP,
    of_record("project", "createdDate", type="any"),
    of_record("project", "startDate", type="any"),
    of_record("project", "endDate", type="any"),
    custom("matchingChanged", "Matching Changed", "matching-changed", "date", help="When it became active, or its value changed, for matching.", advanced=True),
    custom("value", "Value", "value", "currency", help="What it is worth."),
    common.TYPE,
    common.FORECAST,
    common.LEAD_SOURCE,
)  # fmt: skip
SEARCH: tuple[Field, ...] = (
    Field("hidelostdone", "Hide Lost or Done Projects", "boolean", "Leave out what is won or lost.", to="?hidelostdone"),
    Field("assignee", "Assignee", "select", "Whose projects; used with Assigned on.", choices="members", to="?assignee", when=("assigned", "true")),
    Field("collaborator", "Collaborator", "email", "Address of somebody in the project's team.", to="?collaborator"),
)  # fmt: skip

MODULES = (
    Module(
        slug="watchProjectAuditChanged",
        label="Watch Project Audit Changed",
        description="Starts when a project's segment, stage, step or a custom field changes, and tells before and after.",
        kind="instant_trigger",
        noun="project",
        event="project.audit.change",
        fields=(Field("name", "Webhook Name", help="What the webhook is called in the account.", to=""),),
        output=trigger_output("project"),
        sample={
            "event": "project.audit.change",
            "project": SAMPLE,
            "changes": {"stage": {"before": "current", "after": "won"}},
        },
    ),
    Module(
        slug="findProjects",
        label="Find Projects",
        description="Gives a bundle for each project that matches.",
        kind="search",
        noun="project",
        method="GET",
        path="/v1/projects/find",
        answer="projects",
        fields=(*find_fields("project", "Free Form Query"), *SEARCH, common.LIMIT),
        output=record_output("project"),
        sample=SAMPLE,
        idempotent=True,
    ),
    Module(
        slug="createAProject",
        label="Create a Project",
        description="Adds a project, or enhances the one that matches by app link or name.",
        kind="action",
        noun="project",
        path="/v1/projects/create",
        fields=(required(of_record("project", "name")), *DETAILS),
        output=common.DONE,
        sample={"errorcode": 0},
        dry_run=True,
        idempotent=True,
    ),
    Module(
        slug="getAProject",
        label="Get a Project",
        description="Gives one project.",
        kind="action",
        noun="project",
        method="GET",
        path="/v1/projects/get",
        answer="project",
        fields=(sync_key("project", "?uniqueid"), common.TEAM),
        output=record_output("project"),
        sample=SAMPLE,
        idempotent=True,
    ),
    Module(
        slug="updateAProject",
        label="Update a Project",
        description="Changes the mapped fields of a project and leaves the others as they are.",
        kind="action",
        noun="project",
        path="/v1/projects/update",
        fields=(
            replace(sync_key("project", "syncKey"), required=False),
            of_record("project", "name", "Project Name"),
            *DETAILS,
        ),
        output=common.DONE,
        sample={"errorcode": 0},
        dry_run=True,
        idempotent=True,
        update=True,
    ),
    Module(
        slug="deleteAProject",
        label="Delete a Project",
        description="Removes a project; the timeline entries stay.",
        kind="action",
        noun="project",
        method="DELETE",
        path="/v1/projects/delete",
        fields=(sync_key("project", "?uniqueid"), common.TEAM),
        output=common.DONE,
        sample={"errorcode": 0},
        idempotent=True,
    ),
)

"""The modules of companies."""

from __future__ import annotations

from dataclasses import replace

from tieline.modules import common
from tieline.modules.common import (
    array,
    entries,
    find_fields,
    of_record,
    record_output,
    social,
    sync_key,
    trigger_output,
    watch_fields,
)
from tieline.modules.module import Field, Module, folded, options, required
from tieline.records.contact import Email

SAMPLE = {
    "syncKey": "pT0wXk3eLr8Nv5Yb1mZ7sQj2dCt4Fo6nHgRaUiGhBxE",
    "name": "Fjord Foods",
    "domains": ["fjordfoods.example"],
    "segment": "customer",
    "stage": "current",
    "step": "none",
    "visibility": "visible",
    "views": ["my", "defined"],
    "firstSeen": 1735725600000,
    "lastChanged": 1746093600000,
}
EMAILS = entries(Email, "value", "work", "home", labels={"value": "Email"})
REQUIRED: tuple[Field, ...] = (
    Field("requiredField", "Required Field", "select", "What identifies the company.", options=options(("email", "Email"), ("domain", "Domain")), closed=True, to=""),
    Field("emails", "Emails", "array", "E-mail addresses of the company.", items=EMAILS, when=("requiredField", "email")),
    of_record("company", "domains", when=("requiredField", "domain")),
)  # fmt: skip
DETAILS: tuple[Field, ...] = (
    of_record("company", "description"),
    social("twitter", "Twitter Handle"),
    folded(social("facebook", "Facebook ID")),
    of_record("company", "keywords"),
    common.SEGMENT,
    common.STAGE,
    common.STEP,
    of_record("company", "notes", type="text"),
    array("phones", "Phones", common.PHONE_ENTRIES, "Phone numbers."),
    folded(array("faxes", "Faxes", common.FAX_ENTRIES, "Fax numbers.")),
    array("addresses", "Addresses", common.ADDRESS_ENTRIES, "Postal addresses."),
    common.app_links("App Link Name", "URL"),
    folded(array("urls", "Contact URLs", common.URL_ENTRIES, "Web addresses.")),
    common.TYPE,
    common.LEAD_SOURCE,
)
NAME = of_record("company", "name")
ASSIGNEE = Field(
    "assignee",
    "Assignee",
    "select",
    "Whose companies; used with Assigned on.",
    choices="members",
    to="?assignee",
    when=("assigned", "true"),
)

KEY = replace(sync_key("company", "syncKey"), required=False)

MODULES = (
    Module(
        slug="watchCompanyAuditChanged",
        label="Watch Company Audit Changed",
        description="Starts when a company's segment, stage, step or a custom field changes, and tells before and after.",
        kind="instant_trigger",
        noun="company",
        event="company.audit.change",
        fields=watch_fields(),
        output=trigger_output("company"),
        sample={
            "event": "company.audit.change",
            "company": SAMPLE,
            "changes": {"stage": {"before": "lead", "after": "current"}},
        },
    ),
    Module(
        slug="findCompanies",
        label="Find Companies",
        description="Gives a bundle for each company that matches.",
        kind="search",
        noun="company",
        method="GET",
        path="/v1/companies/find",
        answer="companies",
        fields=(*find_fields("company", "Free Form Query"), ASSIGNEE, common.LIMIT),
        output=record_output("company"),
        sample=SAMPLE,
        idempotent=True,
    ),
    Module(
        slug="getACompany",
        label="Get a Company",
        description="Gives one company.",
        kind="action",
        noun="company",
        method="GET",
        path="/v1/companies/get",
        answer="company",
        fields=(sync_key("company", "?uniqueid"), common.TEAM),
        output=record_output("company"),
        sample=SAMPLE,
        idempotent=True,
    ),
    Module(
        slug="createACompany",
        label="Create a Company",
        description="Adds a company, or enhances the one that matches by domain or e-mail.",
        kind="action",
        noun="company",
        path="/v1/companies/create",
        fields=(NAME, required(REQUIRED[0]), *REQUIRED[1:], *DETAILS, *common.BEYOND),
        output=common.DONE,
        sample={"errorcode": 0},
        dry_run=True,
        idempotent=True,
    ),
    Module(
        slug="updateACompany",
        label="Update a Company",
        description="Changes the mapped fields of the company that matches and leaves the others as they are.",
        kind="action",
        noun="company",
        path="/v1/companies/update",
        fields=(NAME, *REQUIRED, *DETAILS, *common.BEYOND_UPDATE),
        output=common.DONE,
        sample={"errorcode": 0},
        dry_run=True,
        idempotent=True,
        update=True,
    ),
    Module(
        slug="deleteACompany",
        label="Delete a Company",
        description="Removes a company; the timeline entries stay.",
        kind="action",
        noun="company",
        method="DELETE",
        path="/v1/companies/delete",
        fields=(sync_key("company", "?uniqueid"), common.TEAM),
        output=common.DONE,
        sample={"errorcode": 0},
        idempotent=True,
    ),
    Module(
        slug="upsertACompany",
        label="Upsert a Company",
        description="Adds a company or updates the one that matches, and gives the company as it is then.",
        kind="action",
        noun="company",
        path="/v1/companies/update",
        fields=(KEY, NAME, *(replace(f, when=None) for f in REQUIRED[1:]), *DETAILS, *common.BEYOND_UPDATE),
        output=record_output("company"),
        sample=SAMPLE,
        dry_run=True,
        idempotent=True,
        update=True,
        reads_back=True,
        extended=True,
    ),
)

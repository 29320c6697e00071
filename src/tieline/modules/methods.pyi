"""The modules as methods. Written by `make docs` from the declarations. Do not edit."""

from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Literal

from tieline.client import AsyncCloze, Cloze

class Modules:
    def __init__(self, cloze: Cloze) -> None: ...
    def watch_person_audit_changed(
        self,
        target_url: str,
        *,
        name: str | None = None,
        filters: Sequence[Mapping[str, Any]] | None = None,
        scope: Literal["local", "team"] | str | None = None,
        labels: bool | None = None,
    ) -> str:
        """Starts when somebody's segment, stage, step or a custom field changes, and tells before and after. Registers `target_url` to be told; gives the subscription's id."""
    def find_people(
        self,
        *,
        sort: Literal[
            "lastchanged",
            "bestrelationship",
            "firstmet",
            "lasttalked",
            "wentquiet",
            "assigned",
            "duenext",
            "duepast",
            "first",
            "last",
            "nextstep",
            "distance",
            "value",
            "created",
            "start",
            "end",
            "name",
        ]
        | None = None,
        group: Literal["stage", "subteam"] | None = None,
        scope: Literal["local", "team"] | None = None,
        freeformquery: str | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        assigned: bool | None = None,
        limit: int = 10,
    ) -> Iterator[dict[str, Any]]:
        """Gives a bundle for each person that matches."""
    def get_a_person(self, sync_key: str, *, team: bool | None = None) -> dict[str, Any]:
        """Gives one person."""
    def create_a_person(
        self,
        name: str,
        *,
        headline: str | None = None,
        picture: str | None = None,
        private: bool | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        keywords: Sequence[str] | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        linkedin_id: str | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        role: str | None = None,
        department: str | None = None,
        lead_source: Any = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Adds a person, or enhances the one that matches by e-mail, mobile phone, app link or social handle."""
    def update_a_person(
        self,
        sync_key: str,
        *,
        name: str | None = None,
        headline: str | None = None,
        picture: str | None = None,
        private: bool | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        keywords: Sequence[str] | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        linkedin_id: str | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        role: str | None = None,
        department: str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Changes the mapped fields of a person and leaves the others as they are."""
    def delete_a_person(
        self, sync_key: str, *, team: bool | None = None, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Removes a person; the timeline entries stay."""
    def watch_company_audit_changed(
        self,
        target_url: str,
        *,
        name: str | None = None,
        filters: Sequence[Mapping[str, Any]] | None = None,
        scope: Literal["local", "team"] | str | None = None,
        labels: bool | None = None,
    ) -> str:
        """Starts when a company's segment, stage, step or a custom field changes, and tells before and after. Registers `target_url` to be told; gives the subscription's id."""
    def find_companies(
        self,
        *,
        sort: Literal[
            "lastchanged",
            "bestrelationship",
            "firstmet",
            "lasttalked",
            "wentquiet",
            "assigned",
            "duenext",
            "duepast",
            "first",
            "last",
            "nextstep",
            "distance",
            "value",
            "created",
            "start",
            "end",
            "name",
        ]
        | None = None,
        group: Literal["stage", "subteam"] | None = None,
        scope: Literal["local", "team"] | None = None,
        freeformquery: str | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        assigned: bool | None = None,
        assignee: str | None = None,
        limit: int = 10,
    ) -> Iterator[dict[str, Any]]:
        """Gives a bundle for each company that matches."""
    def get_a_company(self, sync_key: str, *, team: bool | None = None) -> dict[str, Any]:
        """Gives one company."""
    def create_a_company(
        self,
        required_field: Literal["email", "domain"],
        *,
        name: str | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        domains: Sequence[str] | None = None,
        description: str | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        keywords: Sequence[str] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        lead_source: Any = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Adds a company, or enhances the one that matches by domain or e-mail."""
    def update_a_company(
        self,
        *,
        name: str | None = None,
        required_field: Literal["email", "domain"] | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        domains: Sequence[str] | None = None,
        description: str | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        keywords: Sequence[str] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Changes the mapped fields of the company that matches and leaves the others as they are."""
    def delete_a_company(
        self, sync_key: str, *, team: bool | None = None, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Removes a company; the timeline entries stay."""
    def watch_project_audit_changed(
        self,
        target_url: str,
        *,
        name: str | None = None,
        filters: Sequence[Mapping[str, Any]] | None = None,
        scope: Literal["local", "team"] | str | None = None,
        labels: bool | None = None,
    ) -> str:
        """Starts when a project's segment, stage, step or a custom field changes, and tells before and after. Registers `target_url` to be told; gives the subscription's id."""
    def find_projects(
        self,
        *,
        sort: Literal[
            "lastchanged",
            "bestrelationship",
            "firstmet",
            "lasttalked",
            "wentquiet",
            "assigned",
            "duenext",
            "duepast",
            "first",
            "last",
            "nextstep",
            "distance",
            "value",
            "created",
            "start",
            "end",
            "name",
        ]
        | None = None,
        group: Literal["stage", "subteam"] | None = None,
        scope: Literal["local", "team"] | None = None,
        freeformquery: str | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        assigned: bool | None = None,
        hidelostdone: bool | None = None,
        assignee: str | None = None,
        collaborator: str | None = None,
        limit: int = 10,
    ) -> Iterator[dict[str, Any]]:
        """Gives a bundle for each project that matches."""
    def create_a_project(
        self,
        name: str,
        *,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        summary: str | None = None,
        picture: str | None = None,
        keywords: Sequence[str] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        created_date: Any = None,
        start_date: Any = None,
        end_date: Any = None,
        matching_changed: Any = None,
        value: float | str | None = None,
        type: str | None = None,
        forecast: Literal["commit", "best-case"] | str | None = None,
        lead_source: Any = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Adds a project, or enhances the one that matches by app link or name."""
    def get_a_project(self, sync_key: str, *, team: bool | None = None) -> dict[str, Any]:
        """Gives one project."""
    def update_a_project(
        self,
        *,
        sync_key: str | None = None,
        name: str | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        summary: str | None = None,
        picture: str | None = None,
        keywords: Sequence[str] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        created_date: Any = None,
        start_date: Any = None,
        end_date: Any = None,
        matching_changed: Any = None,
        value: float | str | None = None,
        type: str | None = None,
        forecast: Literal["commit", "best-case"] | str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Changes the mapped fields of a project and leaves the others as they are."""
    def delete_a_project(
        self, sync_key: str, *, team: bool | None = None, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Removes a project; the timeline entries stay."""
    def create_a_communication_record(
        self,
        style: Literal["call", "text", "meeting", "email", "direct"] | str,
        *,
        from_: str | None = None,
        name: str | None = None,
        subject: str | None = None,
        date: Any = None,
        recipients: Sequence[Mapping[str, Any]] | None = None,
        references: Sequence[Mapping[str, Any]] | None = None,
        duration: float | str | None = None,
        threadid: str | None = None,
        preview: str | None = None,
        bodytype: Literal["text", "html"] | str | None = None,
        body: str | None = None,
        due: Any = None,
        location: str | None = None,
        outcome: Literal["connected", "leftvm", "noanwser"] | str | None = None,
        direction: Literal["inbound", "outbound"] | str | None = None,
        links: Sequence[Mapping[str, Any]] | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Logs a call, text, meeting, e-mail or message on the timeline of everybody who took part."""
    def create_a_to_do(
        self,
        subject: str,
        *,
        participants: Sequence[str] | None = None,
        when: Any = None,
        assigner: str | None = None,
        assignee: str | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Adds a task, on the timeline of everybody it concerns."""
    def create_a_content(
        self,
        style: Literal["note", "event", "todo"] | str,
        *,
        from_: str | None = None,
        date: Any = None,
        source: str | None = None,
        uniqueid: str | None = None,
        name: str | None = None,
        subject: str | None = None,
        bodytype: Literal["text", "html"] | str | None = None,
        body: str | None = None,
        preview: str | None = None,
        threadid: str | None = None,
        references: Sequence[Mapping[str, Any]] | None = None,
        links: Sequence[Mapping[str, Any]] | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Adds a note, an event or a to-do of another program to the timeline."""
    def make_an_api_call(
        self,
        url: str,
        *,
        method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET",
        headers: Sequence[Mapping[str, Any]] | None = None,
        qs: Sequence[Mapping[str, Any]] | None = None,
        body: Any = None,
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Sends any request to the account's API and gives status, headers and body."""
    def upsert_a_person(
        self,
        *,
        sync_key: str | None = None,
        name: str | None = None,
        headline: str | None = None,
        picture: str | None = None,
        private: bool | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        keywords: Sequence[str] | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        linkedin_id: str | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        role: str | None = None,
        department: str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Adds a person or updates the one that matches, and gives the person as it is then."""
    def upsert_a_company(
        self,
        *,
        sync_key: str | None = None,
        name: str | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        domains: Sequence[str] | None = None,
        description: str | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        keywords: Sequence[str] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Adds a company or updates the one that matches, and gives the company as it is then."""
    def upsert_a_project(
        self,
        *,
        sync_key: str | None = None,
        name: str | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        summary: str | None = None,
        picture: str | None = None,
        keywords: Sequence[str] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        created_date: Any = None,
        start_date: Any = None,
        end_date: Any = None,
        matching_changed: Any = None,
        value: float | str | None = None,
        type: str | None = None,
        forecast: Literal["commit", "best-case"] | str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Adds a project or updates the one that matches, and gives the project as it is then."""
    def search_by_app_link(
        self,
        source: str,
        uniqueid: str,
        *,
        type: Literal["people", "companies", "projects"] = "people",
        team: bool | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Gives the record that has this link to another application, or nothing."""
    def list_changes(
        self,
        *,
        type: Literal["people", "companies", "projects"] = "people",
        cursor: str | None = None,
        modifiedafter: Any = None,
        includeauditedchanges: bool | None = None,
        segment: str | None = None,
        stage: str | None = None,
        freeformquery: str | None = None,
        keysonly: bool | None = None,
        limit: int = 10,
    ) -> Iterator[dict[str, Any]]:
        """Gives the records that changed, the earliest change first; the cursor of a bundle goes on from there."""
    def watch_to_dos(
        self,
        target_url: str,
        *,
        name: str | None = None,
        event: Literal["todo.create", "todo.change", "todo.delete"] = "todo.create",
        filters: Sequence[Mapping[str, Any]] | None = None,
        scope: Literal["local", "team"] | str | None = None,
        labels: bool | None = None,
    ) -> str:
        """Starts when a to-do is added, changed, completed or deleted. Registers `target_url` to be told; gives the subscription's id."""
    def list_to_dos(
        self,
        *,
        state: Literal["open", "done", "all"] = "open",
        assignee: str | None = None,
        about: str | None = None,
        before: Any = None,
        after: Any = None,
        limit: int = 10,
    ) -> Iterator[dict[str, Any]]:
        """Gives a bundle for each to-do or reminder, the next one first."""
    def complete_a_to_do(
        self, key: str, *, idempotency_key: str | None = None, dry_run: bool = False
    ) -> dict[str, Any]:
        """Marks a to-do or reminder as done."""
    def delete_a_to_do(
        self, key: str, *, idempotency_key: str | None = None, dry_run: bool = False
    ) -> dict[str, Any]:
        """Removes a to-do for good."""
    def watch_timeline(
        self,
        target_url: str,
        *,
        name: str | None = None,
        event: Literal[
            "communication.create",
            "communication.change",
            "communication.delete",
            "content.create",
            "content.change",
            "content.delete",
        ] = "communication.create",
        filters: Sequence[Mapping[str, Any]] | None = None,
        scope: Literal["local", "team"] | str | None = None,
        labels: bool | None = None,
    ) -> str:
        """Starts when a communication, note, event or file is added to the timeline, changed or deleted. Registers `target_url` to be told; gives the subscription's id."""
    def list_timeline(
        self,
        id: str,
        *,
        type: Literal["people", "companies", "projects"] = "people",
        filter: Sequence[str] | None = None,
        reminders_only: bool | None = None,
        stamp: Any = None,
        limit: int = 10,
    ) -> Iterator[dict[str, Any]]:
        """Gives a bundle for each entry of a record's timeline, the newest first."""
    def merge_two_records(
        self,
        into: str,
        from_: str,
        *,
        type: Literal["people", "companies", "projects"] = "people",
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Joins two records that mean the same; the first one's key survives, and Unmerge takes it back."""
    def unmerge(
        self,
        *,
        type: Literal["people", "companies", "projects"] = "people",
        change: int | None = None,
        id: str | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Takes a merge apart again, into the records that there were."""
    def bulk_upsert(
        self,
        records: Sequence[Mapping[str, Any]],
        *,
        type: Literal["people", "companies", "projects"] = "people",
        mode: Literal["update", "create"] = "update",
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Adds or updates many records in one call, and says of each what became of it."""
    def run_analytics(
        self,
        *,
        report: Literal["activity", "teamactivity", "projects", "leads", "funnel"] = "activity",
        scale: Literal["year", "quarter", "month", "week", "day"] | str | None = None,
        max: int | None = None,
        start: Any = None,
        end: Any = None,
        measures: Sequence[str] | None = None,
        metrics: Sequence[str] | None = None,
        mode: Literal["pipeline", "active", "step", "segment", "leadsource", "user"] | str | None = None,
        relative: float | str | None = None,
        segment: str | None = None,
        tag: str | None = None,
        users: Sequence[str] | None = None,
        leadsources: Sequence[str] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Counts activity, leads and projects, and gives a bundle for each period or row."""
    def list_segments(self, *, of: Literal["people", "projects"] = "people") -> Iterator[dict[str, Any]]:
        """Gives a bundle for each segment of the account."""
    def list_stages(self, *, of: Literal["people", "projects"] = "people") -> Iterator[dict[str, Any]]:
        """Gives a bundle for each stage of the account."""
    def list_steps(self, *, segment: str | None = None, stage: str | None = None) -> Iterator[dict[str, Any]]:
        """Gives a bundle for each next step of the account, with its segment and stage."""
    def list_fields(
        self, *, relationtype: Literal["person", "company", "project"] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Gives a bundle for each custom field of the account."""
    def list_team_members(self) -> Iterator[dict[str, Any]]:
        """Gives a bundle for each member of the team, yourself included."""

class AsyncModules:
    def __init__(self, cloze: AsyncCloze) -> None: ...
    def watch_person_audit_changed(
        self,
        target_url: str,
        *,
        name: str | None = None,
        filters: Sequence[Mapping[str, Any]] | None = None,
        scope: Literal["local", "team"] | str | None = None,
        labels: bool | None = None,
    ) -> Coroutine[Any, Any, str]:
        """Starts when somebody's segment, stage, step or a custom field changes, and tells before and after. Registers `target_url` to be told; gives the subscription's id."""
    def find_people(
        self,
        *,
        sort: Literal[
            "lastchanged",
            "bestrelationship",
            "firstmet",
            "lasttalked",
            "wentquiet",
            "assigned",
            "duenext",
            "duepast",
            "first",
            "last",
            "nextstep",
            "distance",
            "value",
            "created",
            "start",
            "end",
            "name",
        ]
        | None = None,
        group: Literal["stage", "subteam"] | None = None,
        scope: Literal["local", "team"] | None = None,
        freeformquery: str | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        assigned: bool | None = None,
        limit: int = 10,
    ) -> AsyncIterator[dict[str, Any]]:
        """Gives a bundle for each person that matches."""
    def get_a_person(self, sync_key: str, *, team: bool | None = None) -> Coroutine[Any, Any, dict[str, Any]]:
        """Gives one person."""
    def create_a_person(
        self,
        name: str,
        *,
        headline: str | None = None,
        picture: str | None = None,
        private: bool | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        keywords: Sequence[str] | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        linkedin_id: str | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        role: str | None = None,
        department: str | None = None,
        lead_source: Any = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Adds a person, or enhances the one that matches by e-mail, mobile phone, app link or social handle."""
    def update_a_person(
        self,
        sync_key: str,
        *,
        name: str | None = None,
        headline: str | None = None,
        picture: str | None = None,
        private: bool | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        keywords: Sequence[str] | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        linkedin_id: str | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        role: str | None = None,
        department: str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Changes the mapped fields of a person and leaves the others as they are."""
    def delete_a_person(
        self, sync_key: str, *, team: bool | None = None, idempotency_key: str | None = None
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Removes a person; the timeline entries stay."""
    def watch_company_audit_changed(
        self,
        target_url: str,
        *,
        name: str | None = None,
        filters: Sequence[Mapping[str, Any]] | None = None,
        scope: Literal["local", "team"] | str | None = None,
        labels: bool | None = None,
    ) -> Coroutine[Any, Any, str]:
        """Starts when a company's segment, stage, step or a custom field changes, and tells before and after. Registers `target_url` to be told; gives the subscription's id."""
    def find_companies(
        self,
        *,
        sort: Literal[
            "lastchanged",
            "bestrelationship",
            "firstmet",
            "lasttalked",
            "wentquiet",
            "assigned",
            "duenext",
            "duepast",
            "first",
            "last",
            "nextstep",
            "distance",
            "value",
            "created",
            "start",
            "end",
            "name",
        ]
        | None = None,
        group: Literal["stage", "subteam"] | None = None,
        scope: Literal["local", "team"] | None = None,
        freeformquery: str | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        assigned: bool | None = None,
        assignee: str | None = None,
        limit: int = 10,
    ) -> AsyncIterator[dict[str, Any]]:
        """Gives a bundle for each company that matches."""
    def get_a_company(
        self, sync_key: str, *, team: bool | None = None
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Gives one company."""
    def create_a_company(
        self,
        required_field: Literal["email", "domain"],
        *,
        name: str | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        domains: Sequence[str] | None = None,
        description: str | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        keywords: Sequence[str] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        lead_source: Any = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Adds a company, or enhances the one that matches by domain or e-mail."""
    def update_a_company(
        self,
        *,
        name: str | None = None,
        required_field: Literal["email", "domain"] | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        domains: Sequence[str] | None = None,
        description: str | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        keywords: Sequence[str] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Changes the mapped fields of the company that matches and leaves the others as they are."""
    def delete_a_company(
        self, sync_key: str, *, team: bool | None = None, idempotency_key: str | None = None
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Removes a company; the timeline entries stay."""
    def watch_project_audit_changed(
        self,
        target_url: str,
        *,
        name: str | None = None,
        filters: Sequence[Mapping[str, Any]] | None = None,
        scope: Literal["local", "team"] | str | None = None,
        labels: bool | None = None,
    ) -> Coroutine[Any, Any, str]:
        """Starts when a project's segment, stage, step or a custom field changes, and tells before and after. Registers `target_url` to be told; gives the subscription's id."""
    def find_projects(
        self,
        *,
        sort: Literal[
            "lastchanged",
            "bestrelationship",
            "firstmet",
            "lasttalked",
            "wentquiet",
            "assigned",
            "duenext",
            "duepast",
            "first",
            "last",
            "nextstep",
            "distance",
            "value",
            "created",
            "start",
            "end",
            "name",
        ]
        | None = None,
        group: Literal["stage", "subteam"] | None = None,
        scope: Literal["local", "team"] | None = None,
        freeformquery: str | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        assigned: bool | None = None,
        hidelostdone: bool | None = None,
        assignee: str | None = None,
        collaborator: str | None = None,
        limit: int = 10,
    ) -> AsyncIterator[dict[str, Any]]:
        """Gives a bundle for each project that matches."""
    def create_a_project(
        self,
        name: str,
        *,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        summary: str | None = None,
        picture: str | None = None,
        keywords: Sequence[str] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        created_date: Any = None,
        start_date: Any = None,
        end_date: Any = None,
        matching_changed: Any = None,
        value: float | str | None = None,
        type: str | None = None,
        forecast: Literal["commit", "best-case"] | str | None = None,
        lead_source: Any = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Adds a project, or enhances the one that matches by app link or name."""
    def get_a_project(
        self, sync_key: str, *, team: bool | None = None
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Gives one project."""
    def update_a_project(
        self,
        *,
        sync_key: str | None = None,
        name: str | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        summary: str | None = None,
        picture: str | None = None,
        keywords: Sequence[str] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        created_date: Any = None,
        start_date: Any = None,
        end_date: Any = None,
        matching_changed: Any = None,
        value: float | str | None = None,
        type: str | None = None,
        forecast: Literal["commit", "best-case"] | str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Changes the mapped fields of a project and leaves the others as they are."""
    def delete_a_project(
        self, sync_key: str, *, team: bool | None = None, idempotency_key: str | None = None
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Removes a project; the timeline entries stay."""
    def create_a_communication_record(
        self,
        style: Literal["call", "text", "meeting", "email", "direct"] | str,
        *,
        from_: str | None = None,
        name: str | None = None,
        subject: str | None = None,
        date: Any = None,
        recipients: Sequence[Mapping[str, Any]] | None = None,
        references: Sequence[Mapping[str, Any]] | None = None,
        duration: float | str | None = None,
        threadid: str | None = None,
        preview: str | None = None,
        bodytype: Literal["text", "html"] | str | None = None,
        body: str | None = None,
        due: Any = None,
        location: str | None = None,
        outcome: Literal["connected", "leftvm", "noanwser"] | str | None = None,
        direction: Literal["inbound", "outbound"] | str | None = None,
        links: Sequence[Mapping[str, Any]] | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Logs a call, text, meeting, e-mail or message on the timeline of everybody who took part."""
    def create_a_to_do(
        self,
        subject: str,
        *,
        participants: Sequence[str] | None = None,
        when: Any = None,
        assigner: str | None = None,
        assignee: str | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Adds a task, on the timeline of everybody it concerns."""
    def create_a_content(
        self,
        style: Literal["note", "event", "todo"] | str,
        *,
        from_: str | None = None,
        date: Any = None,
        source: str | None = None,
        uniqueid: str | None = None,
        name: str | None = None,
        subject: str | None = None,
        bodytype: Literal["text", "html"] | str | None = None,
        body: str | None = None,
        preview: str | None = None,
        threadid: str | None = None,
        references: Sequence[Mapping[str, Any]] | None = None,
        links: Sequence[Mapping[str, Any]] | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Adds a note, an event or a to-do of another program to the timeline."""
    def make_an_api_call(
        self,
        url: str,
        *,
        method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET",
        headers: Sequence[Mapping[str, Any]] | None = None,
        qs: Sequence[Mapping[str, Any]] | None = None,
        body: Any = None,
        idempotency_key: str | None = None,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Sends any request to the account's API and gives status, headers and body."""
    def upsert_a_person(
        self,
        *,
        sync_key: str | None = None,
        name: str | None = None,
        headline: str | None = None,
        picture: str | None = None,
        private: bool | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        keywords: Sequence[str] | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        linkedin_id: str | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        role: str | None = None,
        department: str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Adds a person or updates the one that matches, and gives the person as it is then."""
    def upsert_a_company(
        self,
        *,
        sync_key: str | None = None,
        name: str | None = None,
        emails: Sequence[Mapping[str, Any]] | None = None,
        domains: Sequence[str] | None = None,
        description: str | None = None,
        twitter_handle: str | None = None,
        facebook_id: str | None = None,
        keywords: Sequence[str] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        notes: str | None = None,
        phones: Sequence[Mapping[str, Any]] | None = None,
        faxes: Sequence[Mapping[str, Any]] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        urls: Sequence[Mapping[str, Any]] | None = None,
        type: str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Adds a company or updates the one that matches, and gives the company as it is then."""
    def upsert_a_project(
        self,
        *,
        sync_key: str | None = None,
        name: str | None = None,
        app_links: Sequence[Mapping[str, Any]] | None = None,
        summary: str | None = None,
        picture: str | None = None,
        keywords: Sequence[str] | None = None,
        addresses: Sequence[Mapping[str, Any]] | None = None,
        segment: str | None = None,
        stage: str | None = None,
        step: str | None = None,
        created_date: Any = None,
        start_date: Any = None,
        end_date: Any = None,
        matching_changed: Any = None,
        value: float | str | None = None,
        type: str | None = None,
        forecast: Literal["commit", "best-case"] | str | None = None,
        lead_source: Any = None,
        remove_keywords: Sequence[str] | None = None,
        custom_fields: Sequence[Mapping[str, Any]] | None = None,
        assign_to: str | None = None,
        share_to: str | None = None,
        share_timeline: bool | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Adds a project or updates the one that matches, and gives the project as it is then."""
    def search_by_app_link(
        self,
        source: str,
        uniqueid: str,
        *,
        type: Literal["people", "companies", "projects"] = "people",
        team: bool | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """Gives the record that has this link to another application, or nothing."""
    def list_changes(
        self,
        *,
        type: Literal["people", "companies", "projects"] = "people",
        cursor: str | None = None,
        modifiedafter: Any = None,
        includeauditedchanges: bool | None = None,
        segment: str | None = None,
        stage: str | None = None,
        freeformquery: str | None = None,
        keysonly: bool | None = None,
        limit: int = 10,
    ) -> AsyncIterator[dict[str, Any]]:
        """Gives the records that changed, the earliest change first; the cursor of a bundle goes on from there."""
    def watch_to_dos(
        self,
        target_url: str,
        *,
        name: str | None = None,
        event: Literal["todo.create", "todo.change", "todo.delete"] = "todo.create",
        filters: Sequence[Mapping[str, Any]] | None = None,
        scope: Literal["local", "team"] | str | None = None,
        labels: bool | None = None,
    ) -> Coroutine[Any, Any, str]:
        """Starts when a to-do is added, changed, completed or deleted. Registers `target_url` to be told; gives the subscription's id."""
    def list_to_dos(
        self,
        *,
        state: Literal["open", "done", "all"] = "open",
        assignee: str | None = None,
        about: str | None = None,
        before: Any = None,
        after: Any = None,
        limit: int = 10,
    ) -> AsyncIterator[dict[str, Any]]:
        """Gives a bundle for each to-do or reminder, the next one first."""
    def complete_a_to_do(
        self, key: str, *, idempotency_key: str | None = None, dry_run: bool = False
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Marks a to-do or reminder as done."""
    def delete_a_to_do(
        self, key: str, *, idempotency_key: str | None = None, dry_run: bool = False
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Removes a to-do for good."""
    def watch_timeline(
        self,
        target_url: str,
        *,
        name: str | None = None,
        event: Literal[
            "communication.create",
            "communication.change",
            "communication.delete",
            "content.create",
            "content.change",
            "content.delete",
        ] = "communication.create",
        filters: Sequence[Mapping[str, Any]] | None = None,
        scope: Literal["local", "team"] | str | None = None,
        labels: bool | None = None,
    ) -> Coroutine[Any, Any, str]:
        """Starts when a communication, note, event or file is added to the timeline, changed or deleted. Registers `target_url` to be told; gives the subscription's id."""
    def list_timeline(
        self,
        id: str,
        *,
        type: Literal["people", "companies", "projects"] = "people",
        filter: Sequence[str] | None = None,
        reminders_only: bool | None = None,
        stamp: Any = None,
        limit: int = 10,
    ) -> AsyncIterator[dict[str, Any]]:
        """Gives a bundle for each entry of a record's timeline, the newest first."""
    def merge_two_records(
        self,
        into: str,
        from_: str,
        *,
        type: Literal["people", "companies", "projects"] = "people",
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Joins two records that mean the same; the first one's key survives, and Unmerge takes it back."""
    def unmerge(
        self,
        *,
        type: Literal["people", "companies", "projects"] = "people",
        change: int | None = None,
        id: str | None = None,
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Takes a merge apart again, into the records that there were."""
    def bulk_upsert(
        self,
        records: Sequence[Mapping[str, Any]],
        *,
        type: Literal["people", "companies", "projects"] = "people",
        mode: Literal["update", "create"] = "update",
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Adds or updates many records in one call, and says of each what became of it."""
    def run_analytics(
        self,
        *,
        report: Literal["activity", "teamactivity", "projects", "leads", "funnel"] = "activity",
        scale: Literal["year", "quarter", "month", "week", "day"] | str | None = None,
        max: int | None = None,
        start: Any = None,
        end: Any = None,
        measures: Sequence[str] | None = None,
        metrics: Sequence[str] | None = None,
        mode: Literal["pipeline", "active", "step", "segment", "leadsource", "user"] | str | None = None,
        relative: float | str | None = None,
        segment: str | None = None,
        tag: str | None = None,
        users: Sequence[str] | None = None,
        leadsources: Sequence[str] | None = None,
    ) -> AsyncIterator[dict[str, Any]]:
        """Counts activity, leads and projects, and gives a bundle for each period or row."""
    def list_segments(self, *, of: Literal["people", "projects"] = "people") -> AsyncIterator[dict[str, Any]]:
        """Gives a bundle for each segment of the account."""
    def list_stages(self, *, of: Literal["people", "projects"] = "people") -> AsyncIterator[dict[str, Any]]:
        """Gives a bundle for each stage of the account."""
    def list_steps(
        self, *, segment: str | None = None, stage: str | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Gives a bundle for each next step of the account, with its segment and stage."""
    def list_fields(
        self, *, relationtype: Literal["person", "company", "project"] | None = None
    ) -> AsyncIterator[dict[str, Any]]:
        """Gives a bundle for each custom field of the account."""
    def list_team_members(self) -> AsyncIterator[dict[str, Any]]:
        """Gives a bundle for each member of the team, yourself included."""

"""The modules as methods. Written by `make docs` from the declarations. Do not edit."""

from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Literal

from tieline.client import AsyncCloze, Cloze

class Modules:
    def __init__(self, cloze: Cloze) -> None: ...
    def watch_person_audit_changed(self, target_url: str, *, name: str | None = None) -> str:
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
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Changes the mapped fields of a person and leaves the others as they are."""
    def delete_a_person(
        self, sync_key: str, *, team: bool | None = None, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Removes a person; the timeline entries stay."""
    def watch_company_audit_changed(self, target_url: str, *, name: str | None = None) -> str:
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
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """Changes the mapped fields of the company that matches and leaves the others as they are."""
    def delete_a_company(
        self, sync_key: str, *, team: bool | None = None, idempotency_key: str | None = None
    ) -> dict[str, Any]:
        """Removes a company; the timeline entries stay."""
    def watch_project_audit_changed(self, target_url: str, *, name: str | None = None) -> str:
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

class AsyncModules:
    def __init__(self, cloze: AsyncCloze) -> None: ...
    def watch_person_audit_changed(
        self, target_url: str, *, name: str | None = None
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
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Changes the mapped fields of a person and leaves the others as they are."""
    def delete_a_person(
        self, sync_key: str, *, team: bool | None = None, idempotency_key: str | None = None
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Removes a person; the timeline entries stay."""
    def watch_company_audit_changed(
        self, target_url: str, *, name: str | None = None
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
        idempotency_key: str | None = None,
        dry_run: bool = False,
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Changes the mapped fields of the company that matches and leaves the others as they are."""
    def delete_a_company(
        self, sync_key: str, *, team: bool | None = None, idempotency_key: str | None = None
    ) -> Coroutine[Any, Any, dict[str, Any]]:
        """Removes a company; the timeline entries stay."""
    def watch_project_audit_changed(
        self, target_url: str, *, name: str | None = None
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

"""The three kinds of relation, and what differs between them, in one table."""

from __future__ import annotations

from dataclasses import dataclass

from tieline.records.company import Company
from tieline.records.person import Person
from tieline.records.project import Project
from tieline.records.vocabulary import (
    CONTACT_SEGMENTS,
    CONTACT_STAGES,
    PROJECT_SEGMENTS,
    PROJECT_STAGES,
    SegmentWord,
    StageWord,
)


@dataclass(frozen=True)
class Kind:
    """A kind of relation. `name` is the wire's noun, `plural` the path and the key of lists."""

    name: str
    plural: str
    label: str
    label_plural: str
    type: type[Person] | type[Company] | type[Project]
    stages: tuple[StageWord, ...]
    segments: tuple[SegmentWord, ...]


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("person", "people", "Person", "People", Person, CONTACT_STAGES, CONTACT_SEGMENTS),
        Kind("company", "companies", "Company", "Companies", Company, CONTACT_STAGES, CONTACT_SEGMENTS),
        Kind("project", "projects", "Project", "Projects", Project, PROJECT_STAGES, PROJECT_SEGMENTS),
    )
}
BY_PLURAL: dict[str, Kind] = {kind.plural: kind for kind in KINDS.values()}

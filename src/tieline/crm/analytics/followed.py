"""The records that a funnel follows."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select

from tieline.crm.analytics.leads import SOURCE, sources
from tieline.crm.analytics.moves import NONE
from tieline.store import documents
from tieline.store.tables import relation

table = relation.c


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to follow, from `begins` to before `ends`. `within`: only the records of these (mode, key)."""

    account_id: int
    begins: int
    ends: int
    mode: str = "segment"  # segment | leadsource | user | step | all
    people_only: bool = False
    segment: str | None = None
    leadsegment: str | None = None
    leadsources: tuple[str, ...] = ()
    tag: str = ""
    users: tuple[str, ...] = ()
    within: tuple[tuple[str, str], ...] = ()

    def records(self, dialect: str) -> Any:
        """relation_id, kind, key of the row; a record with several lead sources stands in each of their rows."""
        chosen = select(table.id.label("relation_id"), table.kind, self._key(dialect).label("key"))
        chosen = chosen.select_from(relation)
        if self.mode == "leadsource":
            named = sources(dialect)
            chosen = select(
                table.id.label("relation_id"), table.kind, func.coalesce(named.c.source, NONE).label("key")
            )
            chosen = chosen.join_from(relation, named, named.c.relation_id == table.id, isouter=True)
        return chosen.where(*self._conditions(dialect)).subquery("followed")

    def inside(self, at: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a moment lies in the period."""
        return and_(at >= self.begins, at < self.ends)

    def follows(self, kind: ColumnElement[Any], stage: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a record of that kind counts for that stage: leads are people, the rest are projects."""
        if self.people_only:
            return and_(kind == "person")
        return or_(and_(kind == "person", stage == "lead"), and_(kind == "project", stage != "lead"))

    def _key(self, dialect: str) -> ColumnElement[Any]:
        if self.mode == "all":
            return literal_column("'all'")
        columns = {
            "segment": table.segment,
            "user": table.assignee,
            "step": table.step,
            "leadsource": table.segment,
        }
        return func.coalesce(columns[self.mode], NONE)

    def _conditions(self, dialect: str) -> list[ColumnElement[bool]]:
        person = and_(table.kind == "person")
        if wanted := self.segment if self.people_only else self.leadsegment:
            person = and_(person, table.segment == wanted)
        project = and_(table.kind == "project")
        if self.segment and not self.people_only:
            project = and_(project, table.segment == self.segment)
        made = [table.account_id == self.account_id, person if self.people_only else or_(person, project)]
        if self.leadsources:
            made.append(
                or_(
                    *(
                        documents.has_custom_value(dialect, table.document, SOURCE, word)
                        for word in self.leadsources
                    )
                )
            )
        if self.users:
            made.append(func.lower(table.assignee).in_([user.lower() for user in self.users]))
        if self.tag:
            made.append(self._tagged(dialect))
        return made + [self._row(dialect, mode, key) for mode, key in self.within]

    def _tagged(self, dialect: str) -> ColumnElement[bool]:
        field, colon, value = self.tag.partition(":")
        if colon:
            return documents.has_custom_value(dialect, table.document, field, value)
        return documents.has_word(dialect, table.document, "keywords", word=self.tag)

    def _row(self, dialect: str, mode: str, key: str) -> ColumnElement[bool]:
        if mode != "leadsource":
            column = {"segment": table.segment, "user": table.assignee, "step": table.step}[mode]
            return column.is_(None) if key == NONE else and_(column == key)
        named = sources(dialect)
        if key == NONE:
            return table.id.not_in(select(named.c.relation_id))
        return table.id.in_(select(named.c.relation_id).where(named.c.source == key))

"""The Cloze modules as data, and what runs them."""

from __future__ import annotations

from tieline.modules import (
    account,
    analytics,
    companies,
    diary,
    lookups,
    merges,
    people,
    projects,
    timeline,
    todos,
    universal,
)
from tieline.modules.module import Bundle, Field, Module, Option, letters

_ROOMS = (people, companies, projects, timeline, universal, lookups, todos, diary, merges, analytics, account)
_ALL = [module for room in _ROOMS for module in room.MODULES]
# Cloze's first, then Tieline's own.
MODULES: dict[str, Module] = {module.slug: module for module in sorted(_ALL, key=lambda one: one.extended)}
# Other names under which blueprints may know a module: the true slugs can be added here without a code change.
ALIASES: dict[str, str] = {
    "updatePersonAuditChanged": "watchPersonAuditChanged",
    "searchPeople": "findPeople",
    "searchCompanies": "findCompanies",
    "searchProjects": "findProjects",
    "getPerson": "getAPerson",
    "createPerson": "createAPerson",
    "updatePerson": "updateAPerson",
    "deletePerson": "deleteAPerson",
    "getCompany": "getACompany",
    "createCompany": "createACompany",
    "updateCompany": "updateACompany",
    "deleteCompany": "deleteACompany",
    "getProject": "getAProject",
    "createProject": "createAProject",
    "updateProject": "updateAProject",
    "deleteProject": "deleteAProject",
    "createCommunicationRecord": "createACommunicationRecord",
    "createTodo": "createAToDo",
    "createContent": "createAContent",
    "makeApiCall": "makeAnApiCall",
    "apiCall": "makeAnApiCall",
}
_BY_LETTERS: dict[str, Module] = {
    **{letters(alias): MODULES[slug] for alias, slug in ALIASES.items()},
    **{letters(module.label): module for module in MODULES.values()},
    **{letters(slug): module for slug, module in MODULES.items()},
}


def find_module(name: str) -> Module | None:
    """The module of a blueprint's name (`cloze:createAToDo`, `tieline:listToDos`), a slug, a label or an alias; case and marks are ignored."""
    app, colon, slug = name.rpartition(":")
    found = _BY_LETTERS.get(letters(slug))
    if found is None or (colon and letters(app.partition("#")[0]) != found.app):
        return None
    return found


__all__ = ["ALIASES", "MODULES", "Bundle", "Field", "Module", "Option", "find_module"]

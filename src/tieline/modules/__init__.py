"""The Cloze modules as data, and what runs them."""

from __future__ import annotations

from tieline.modules import companies, people, projects, timeline, universal
from tieline.modules.module import Bundle, Field, Module, Option, letters

MODULES: dict[str, Module] = {
    module.slug: module
    for room in (people, companies, projects, timeline, universal)
    for module in room.MODULES
}
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
    """The module of a blueprint's name (`cloze:createAToDo`), a slug, a label or an alias; case and marks are ignored."""
    app, colon, slug = name.rpartition(":")
    if colon and letters(app.partition("#")[0]) != "cloze":
        return None
    return _BY_LETTERS.get(letters(slug))


__all__ = ["ALIASES", "MODULES", "Bundle", "Field", "Module", "Option", "find_module"]

"""People, companies and projects: the same handlers for all three (contract 2.4–2.6)."""

from __future__ import annotations

from typing import Any

from tieline.api import lenient, queries, versions
from tieline.api.call import Call
from tieline.api.envelope import Answer, success
from tieline.crm import access, feeding, finding, identity, relations, submissions
from tieline.crm import similar as similar_projects
from tieline.crm.feeding import FeedQuery
from tieline.crm.finding import FindQuery
from tieline.errors import InvalidInput, NoIdentifier
from tieline.records import codec
from tieline.records.person import Person
from tieline.store.database import Transaction

MOST_AT_ONCE = 1000  # 2.5

BOOLEANS = (
    "countonly",
    "summaryonly",
    "keysonly",
    "assigned",
    "format",
    "hidelostdone",
    "team",
    "detailed",
)
NUMBERS = ("pagesize", "pagenumber", "recordnumber")
FEED_TEXTS = ("scope", "stage", "segment", "step", "freeformquery")
FEED_SWITCHES = ("includeauditedchanges", "keysonly", "summaryonly", "format")
SHAPES = frozenset({"team", "format", "detailed"})  # parameters of a get that ask for another form of it
EXACT = ("email", "phone", "domain", "name", "keyword")  # lenient forms (0.4)


async def create(call: Call) -> bytes:
    """A new record, or more about one that exists."""
    return await _upsert(call, "create")


async def update(call: Call) -> bytes:
    """More about a record, or a new one when there is none."""
    return await _upsert(call, "update")


async def _upsert(call: Call, mode: str) -> bytes:
    kind, expected = call.kind, versions.expected(call)
    body = call.record(kind.type, kind.name)

    def act(tx: Transaction) -> bytes:
        written = relations.upsert(tx, call.caller, kind.name, body, mode=mode, expected=expected)
        return success(message=written.message)

    return await call.write(act)


async def get(call: Call) -> bytes | Answer:
    """One record."""
    parameters = call.parameters()
    identifier = _identifier(call, parameters)
    if SHAPES.isdisjoint(parameters) and call.kind.name != "project":
        # Nearly every get: the record as it is stored, by what its identifier means first.
        wanted = identity.likeliest(call.caller.account_id, call.kind.name, identifier, call.caller.country)
        row = None if wanted is None else await call.database.look_up(identity.FOUND, wanted)
        if row is not None and access.sees(call.caller, row):
            body = f'{{"errorcode":0,"{call.kind.name}":{relations.wire_text(row)}}}'.encode()
            return versions.answered(call, body, row["last_changed"])
    found, last_changed = await call.read(
        relations.get_version,
        call.caller,
        call.kind.name,
        identifier,
        team=queries.boolean(parameters, "team") or False,
        format=queries.boolean(parameters, "format") or False,
        detailed=queries.boolean(parameters, "detailed") or False,
    )
    return versions.answered(call, success(**{call.kind.name: found}), last_changed)


async def get_many(call: Call) -> bytes:
    """Many records in the order asked, unknown ones left out."""
    body = call.object()
    identifiers = body.get("uniqueids")
    if not isinstance(identifiers, list) or not all(isinstance(one, str | int) for one in identifiers):
        raise InvalidInput("expected a list of identifiers", field="uniqueids", remedy='send ["…"]')
    if len(identifiers) > MOST_AT_ONCE:
        raise InvalidInput(
            f"at most {MOST_AT_ONCE} at once", field="uniqueids", remedy="send several requests"
        )
    found = await call.read_slow(
        relations.get_many,
        call.caller,
        call.kind.name,
        [str(one) for one in identifiers],
        team=queries.boolean(body, "team") or False,
        format=queries.boolean(body, "format") or False,
    )
    return success(**{call.kind.plural: found})


async def delete(call: Call) -> bytes:
    """The end of a record; timeline entries stay."""
    parameters = call.parameters()
    identifier = _identifier(call, parameters)
    team = queries.boolean(parameters, "team") or False
    expected = versions.expected(call)

    def act(tx: Transaction) -> bytes:
        relations.delete_relation(tx, call.caller, call.kind.name, identifier, team=team, expected=expected)
        return success()

    return await call.write(act)


async def find(call: Call) -> bytes:
    """A page of the records that match."""
    query = _find_query(call.parameters(), strict=call.strict)
    page = await call.read_slow(finding.find, call.caller, call.kind.name, query)
    if query.countonly:
        return success(availablecount=page.available)
    return success(
        availablecount=page.available,
        pagenumber=page.pagenumber,
        pagesize=page.pagesize,
        **{call.kind.plural: page.records},
    )


async def feed(call: Call) -> bytes:
    """The next records in the order of their last change, and the cursor for those after them (2.7)."""
    parameters = call.parameters()
    cursor = queries.text(parameters, "cursor")
    if cursor:
        batch = await call.read_slow(feeding.resume, call.caller, call.kind.name, cursor, call.vault.sign)
    else:
        batch = await call.read_slow(
            feeding.start,
            call.caller,
            call.kind.name,
            _feed_query(parameters),
            queries.text(parameters, "modifiedafter"),
            call.vault.sign,
        )
    name = "results" if batch.audited else call.kind.plural
    return success(availablecount=batch.available, cursor=batch.cursor, **{name: batch.records})


def _feed_query(parameters: dict[str, Any]) -> FeedQuery:
    texts = {name: queries.text(parameters, name) or "" for name in FEED_TEXTS}
    switches = {name: queries.boolean(parameters, name) or False for name in FEED_SWITCHES}
    size = queries.whole(parameters, "pagesize")
    return FeedQuery(pagesize=size or finding.DEFAULT, **texts, **switches)  # type: ignore[arg-type]


async def similar(call: Call) -> bytes:
    """Projects like the one that is named (2.13)."""
    parameters = call.parameters()
    size = queries.whole(parameters, "pagesize")
    most = finding.DEFAULT if not size or size < 1 else min(size, finding.MOST)
    found, available = await call.read_slow(
        similar_projects.similar,
        call.caller,
        _identifier(call, parameters),
        most=most,
        team=queries.boolean(parameters, "team") or False,
    )
    records = [relations.shown(record, detailed=False) for record in found]
    return success(availablecount=available, pagenumber=1, pagesize=most, projects=records)


async def submit(call: Call) -> bytes:
    """What somebody sent by a form: the person, and their message on the timeline (2.13)."""
    given = dict(call.object())
    about = {name: given.pop(name, None) for name in ("form", "message", "url", "fields")}
    body = codec.convert(Person, lenient.unwrap_and_map(call.kind.name, given, strict_wire=call.strict))

    def act(tx: Transaction) -> bytes:
        written = submissions.submit(tx, call.caller, body, about)
        return success(message=written.message)

    return await call.write(act)


def _identifier(call: Call, parameters: dict[str, Any]) -> str:
    identifier = lenient.identifier_parameter(parameters, strict_wire=call.strict)
    if identifier is None:
        raise NoIdentifier("No identifiers available")
    return identifier


def _find_query(parameters: dict[str, Any], *, strict: bool) -> FindQuery:
    given = parameters if strict else lenient.find_parameters(parameters)
    values: dict[str, Any] = {}
    for name in FindQuery.__struct_fields__:
        if strict and name in EXACT:
            continue
        read: Any = (
            queries.boolean if name in BOOLEANS else queries.whole if name in NUMBERS else queries.text
        )
        value = read(given, name)
        if value is not None:
            values[name] = value
    return FindQuery(**values)

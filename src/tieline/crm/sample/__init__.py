"""A believable estate agent's office to look around in: generated, clearly marked, removable.

The same office every time, its dates relative to now. Every record carries the tag `sample`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import bindparam, delete, func, select, update

from tieline import clock
from tieline.crm import changes, relations, timeline
from tieline.crm.access import Caller
from tieline.crm.sample import names
from tieline.records.company import Company
from tieline.records.contact import Address, AppLink, CustomField, Email, Phone
from tieline.records.person import Person
from tieline.records.project import Project
from tieline.records.timeline import Communication, Content, Recipient, Reference, ToDo
from tieline.store.database import Statement, Transaction
from tieline.store.tables import change, entry, entry_link, relation

TAG = "sample"
SOURCE = "sample.tieline.example"
PEOPLE = 60
DAY = 86_400_000
SEED = 7
# Stage: the stages on the way to it.
WAYS = {
    "person": {
        "future": ("lead", "future"),
        "current": ("lead", "future", "current"),
        "past": ("lead", "current", "past"),
        "out": ("lead", "out"),
    },
    "project": {
        "current": ("future", "current"),
        "won": ("future", "current", "won"),
        "lost": ("future", "lost"),
    },
}

COUNT = Statement(
    select(func.count()).where(relation.c.account_id == bindparam("account_id"), relation.c.sample.is_(True))
)


def loaded(tx: Transaction, caller: Caller) -> bool:
    """Whether the account holds the sample office."""
    return bool(tx.scalar(COUNT, {"account_id": caller.account_id}))


def load(tx: Transaction, caller: Caller) -> int:
    """Move the office in. Returns how many relations it has; does nothing when it is there already."""
    if loaded(tx, caller):
        return 0
    rng = random.Random(SEED)
    for company in _companies(rng):
        relations.upsert(tx, caller, "company", company, mode="create", sample=True)
    people = list(_people(rng, caller))
    for person in people:
        _come_far(tx, caller, "person", person)
    for project in _projects(rng, people):
        _come_far(tx, caller, "project", project)
    _date_back(tx, caller, rng)
    for person in people:
        _history(tx, caller, rng, person)
    _mark_entries(tx, caller)
    return int(tx.scalar(COUNT, {"account_id": caller.account_id}))


def remove(tx: Transaction, caller: Caller) -> int:
    """Move the office out: its people, companies, projects and entries, nothing else. Returns how many relations."""
    count = int(tx.scalar(COUNT, {"account_id": caller.account_id}))
    own = entry.c.account_id == caller.account_id
    tx.run(delete(entry).where(own, entry.c.sample.is_(True)))
    tx.run(delete(relation).where(relation.c.account_id == caller.account_id, relation.c.sample.is_(True)))
    if count:
        changes.next_stamp(tx, caller.account_id)
    return count


def _companies(rng: random.Random) -> Iterator[Company]:
    for name, domain, segment, description in names.COMPANIES:
        town, postcode = rng.choice(names.TOWNS)
        yield Company(
            name=name,
            domains=[f"{domain}.example"],
            description=description,
            segment=segment,
            stage=rng.choice(["current", "current", "future", "lead"]),
            keywords=[TAG],
            phones=[Phone(value=f"+44 20 7946 0{rng.randrange(100, 999)}", work=True)],
            addresses=[
                Address(
                    street=f"{rng.randrange(1, 90)} {rng.choice(names.STREETS)}",
                    city=town,
                    postcode=postcode,
                    country="United Kingdom",
                    work=True,
                )
            ],
        )


def _people(rng: random.Random, caller: Caller) -> Iterator[Person]:
    for number in range(PEOPLE):
        first = names.FIRST[number % len(names.FIRST)]
        last = names.LAST[(number * 7 + number // len(names.FIRST)) % len(names.LAST)]
        works_at = names.COMPANIES[number % len(names.COMPANIES)] if number % 4 == 0 else None
        yield _person(rng, caller, number, f"{first} {last}", works_at)


def _person(
    rng: random.Random, caller: Caller, number: int, name: str, works_at: tuple[str, str, str, str] | None
) -> Person:
    town, postcode = rng.choice(names.TOWNS)
    handle = name.lower().replace(" ", ".").replace("ü", "ue")
    domain = f"{works_at[1]}.example" if works_at else "mail.example"
    person = Person(
        name=name,
        headline=works_at[3] if works_at else rng.choice(names.LOOKING),
        jobtitle=rng.choice(["Partner", "Manager", "Assistant"]) if works_at else rng.choice(names.JOBS),
        segment=works_at[2]
        if works_at
        else rng.choice(["customer", "customer", "customer", "network", "friend"]),
        stage=rng.choice(["lead", "lead", "future", "current", "current", "past", "out"]),
        emails=[Email(value=f"{handle}@{domain}", work=bool(works_at), home=not works_at)],
        phones=[Phone(value=f"+44 7700 900{number:03d}", mobile=True)],
        addresses=[
            Address(
                street=f"{rng.randrange(1, 120)} {rng.choice(names.STREETS)}",
                city=town,
                postcode=postcode,
                country="United Kingdom",
                home=True,
            )
        ],
        keywords=[
            TAG,
            *rng.sample(
                ["newsletter", "first-time buyer", "cash buyer", "seller", "vip"], rng.randrange(0, 3)
            ),
        ],
        custom_fields=[CustomField(id="lead-source", type="keywords", value=rng.choice(names.SOURCES))],
    )
    if works_at:
        person.companies = [Company(name=works_at[0], domains=[f"{works_at[1]}.example"])]
    if rng.random() < 0.4:
        person.birthday = f"{rng.randrange(1955, 2001)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 28):02d}"
    if rng.random() < 0.7:
        person.assign_to = caller.email
    return person


def _projects(rng: random.Random, people: list[Person]) -> Iterator[Project]:
    for number, (name, value, stage, summary) in enumerate(names.PROJECTS):
        buyer = people[number * 5 % len(people)]
        yield Project(
            name=name,
            summary=summary,
            segment="project",
            stage=stage,
            keywords=[TAG],
            custom_fields=[CustomField(id="value", type="currency", value=value)],
            app_links=[AppLink(source=SOURCE, uniqueid=f"listing-{number + 1}", label="Listing")],
            clientpeople=[Person(name=buyer.name, emails=buyer.emails)],
            start_date=_day(clock.now_ms() - rng.randrange(20, 150) * DAY),
        )


def _come_far(tx: Transaction, caller: Caller, kind: str, record: Person | Project) -> None:
    """Create a record at the first stage of its way and take it on to the stage it has now."""
    stages = WAYS[kind].get(str(record.stage), (str(record.stage),))
    for stage in stages:
        record.stage = stage
        relations.upsert(tx, caller, kind, record, mode="create", sample=True)


def _date_back(tx: Transaction, caller: Caller, rng: random.Random) -> None:
    """Spread what was audited over the past months, each record's changes in their order."""
    rows = tx.all(
        select(change.c.id, change.c.relation_id)
        .join_from(change, relation, relation.c.id == change.c.relation_id)
        .where(
            change.c.account_id == caller.account_id, relation.c.sample.is_(True), change.c.audited != "{}"
        )
        .order_by(change.c.relation_id, change.c.id)
    )
    now, before, at = clock.now_ms(), None, 0
    for row in rows:
        if row["relation_id"] != before:
            before, at = row["relation_id"], now - rng.randrange(120, 300) * DAY
        tx.run(update(change).where(change.c.id == row["id"]).values(at=at))
        at += rng.randrange(4, 40) * DAY


def _history(tx: Transaction, caller: Caller, rng: random.Random, person: Person) -> None:
    now = clock.now_ms()
    address = person.emails[0].value if isinstance(person.emails, list) else None
    assert isinstance(address, str)
    for _ in range(rng.randrange(1, 7)):
        at = now - rng.randrange(1, 180) * DAY - rng.randrange(0, 8 * 3_600_000)
        _talk(tx, caller, rng, address, at)
    if rng.random() < 0.5:
        note = Content(
            style="note",
            source=SOURCE,
            uniqueid=f"note-{address}",
            subject="Note",
            body=rng.choice(names.NOTES),
            date=now - rng.randrange(1, 90) * DAY,
            references=[Reference(value=address)],
        )
        timeline.create_content(tx, caller, note)
    if rng.random() < 0.45:
        due = now + rng.randrange(-6, 25) * DAY
        todo = ToDo(
            subject=rng.choice(names.TODOS), when=rng.choice([due, due, due, 1]), participants=[address]
        )
        timeline.create_todo(tx, caller, todo)


def _talk(tx: Transaction, caller: Caller, rng: random.Random, address: str, at: int) -> None:
    inbound = rng.random() < 0.5
    other, own = (address, caller.email) if inbound else (caller.email, address)
    if rng.random() < 0.45:
        subject, outcome = rng.choice(names.CALLS)
        record = Communication(style="call", subject=subject, outcome=outcome, duration=rng.randrange(1, 25))
    else:
        subject, body = rng.choice(names.MAILS)
        record = Communication(style="email", subject=subject, body=body)
    record.date = at
    record.from_ = other
    record.recipients = [Recipient(value=own, role="to")]
    record.direction = "inbound" if inbound else "outbound"
    record.threadid = f"sample-{address}-{at}"
    timeline.create_communication(tx, caller, record)


def _mark_entries(tx: Transaction, caller: Caller) -> None:
    """Entries that touch a sample relation belong to the office: they leave with it."""
    touched = (
        select(entry_link.c.entry_id)
        .join(relation, relation.c.id == entry_link.c.relation_id)
        .where(relation.c.account_id == caller.account_id, relation.c.sample.is_(True))
    )
    tx.run(
        update(entry)
        .where(entry.c.account_id == caller.account_id, entry.c.id.in_(touched))
        .values(sample=True)
    )


def _day(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()

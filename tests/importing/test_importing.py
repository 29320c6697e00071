"""Contacts from elsewhere: formats, encodings, broken rows, dry runs, duplicates, and a crash in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tieline import importing
from tieline.crm import relations
from tieline.errors import InvalidInput
from tieline.importing import runs
from tieline.importing.formats import open_contacts
from tieline.records.person import Person
from tieline.store.database import Transaction

if TYPE_CHECKING:
    from tests.servers import RunningServer

GOOGLE = (
    "First Name,Middle Name,Last Name,Organization Name,Organization Title,Birthday,Notes,Labels,"
    "E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Street,"
    "Address 1 - City,Address 1 - Postal Code,Address 1 - Country,Website 1 - Value\n"
    "Ada,King,Byron,Analytical Ltd,Head,1990-12-10,Likes maths,* myContacts ::: vip,"
    "* Work,ada@x.example ::: ada2@x.example,Mobile,+46 70 555 01 20,Home,Street 1,Town,123,Sweden,x.example\n"
)
OLD_GOOGLE = (
    "Name,Given Name,Family Name,Group Membership,E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,"
    "Organization 1 - Name\nAda Byron,Ada,Byron,vip,Home,ada@x.example,Work,0705550120,Analytical\n"
)
OUTLOOK = (
    "First Name,Last Name,Company,Job Title,Business Street,Business City,Business Postal Code,Business Country/Region,"
    "Business Fax,Business Phone,Home Phone,Mobile Phone,E-mail Address,E-mail 2 Address,Web Page,Categories\n"
    'Ada,Byron,Analytical,Head,"Street 1",Town,123,Sweden,0855501,0855502,0855503,0705550120,ada@x.example,'
    "b@x.example,https://x.example,vip;press\n"
)
APPLE = "First;Last;Company;Email (work);Phone (mobile);Street (home);City (home)\nAda;Byrön;Analytical;ada@x.example;0705550120;S 1;Town\n"
CARD = """BEGIN:VCARD
VERSION:{version}
FN:Ada Byron
N:Byron;Ada;King;;
ORG:Analytical;R&D
TITLE:Head
EMAIL;TYPE=work:ada@x.example
item1.EMAIL:home@x.example
item1.X-ABLabel:_$!<Home>!$_
TEL;TYPE=cell:+46 70 555 01 20
ADR;TYPE=home:;;Street 1;Town;;123;Sweden
BDAY:1990-12-10
NOTE:One\\nTwo
CATEGORIES:vip,press
URL:https://x.example
END:VCARD
"""


def one(data: str | bytes) -> Person:
    rows = list(open_contacts(data.encode() if isinstance(data, str) else data).rows())
    assert len(rows) == 1
    assert isinstance(rows[0][1], Person), rows[0][1]
    return rows[0][1]


@pytest.mark.parametrize(
    "source", [GOOGLE, OLD_GOOGLE, OUTLOOK, APPLE, *(CARD.format(version=v) for v in ("3.0", "4.0"))]
)
def test_the_usual_exports_are_recognised(source: str) -> None:
    person = one(source)
    assert isinstance(person.emails, list)
    assert isinstance(person.phones, list)
    assert person.first == "Ada"
    assert isinstance(person.last, str)
    assert person.last.startswith("Byr")
    assert person.emails[0].value == "ada@x.example"
    assert any(
        (phone.mobile is True) or "705550120" in str(phone.value).replace(" ", "") for phone in person.phones
    )
    assert isinstance(person.companies, list)
    assert str(person.companies[0].name).startswith("Analytical")


def test_details_of_a_google_row() -> None:
    person = one(GOOGLE)
    assert (person.middle, person.jobtitle, person.birthday, person.notes) == (
        "King",
        "Head",
        "1990-12-10",
        "Likes maths",
    )
    assert isinstance(person.emails, list)
    assert [(e.value, e.work is True) for e in person.emails] == [
        ("ada@x.example", True),
        ("ada2@x.example", True),
    ]
    assert person.keywords == ["vip"]
    assert isinstance(person.addresses, list)
    assert (person.addresses[0].city, person.addresses[0].home) == ("Town", True)


def test_details_of_a_card() -> None:
    person = one(CARD.format(version="4.0"))
    assert isinstance(person.emails, list)
    assert [(e.value, e.work is True, e.home is True) for e in person.emails] == [
        ("ada@x.example", True, False),
        ("home@x.example", False, True),
    ]
    assert person.notes == "One\nTwo"
    assert person.keywords == ["vip", "press"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    assert one(APPLE.encode(encoding)).last == "Byrön"


@pytest.mark.parametrize("data", [b"", b"   \n", b"\x00\x01\x02binary", b"a,b,c\n1,2,3\n"])
def test_what_holds_no_contacts_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        importing.preview(data, None)


def test_an_own_mapping_and_its_mistakes() -> None:
    found = importing.preview(b"Who,Where\nAda,ada@x.example\n", {"Who": "name", "Where": "email"})
    assert found.rows[0].person is not None
    assert found.rows[0].person.name == "Ada"
    with pytest.raises(InvalidInput, match="no column"):
        importing.preview(b"Who\nAda\n", {"Nobody": "name"})
    with pytest.raises(InvalidInput, match="not a field"):
        importing.preview(b"Who\nAda\n", {"Who": "shoe size"})


def start(server: RunningServer, data: str, *, dry_run: bool = False) -> importing.RunStatus:
    caller = server.read(lambda tx: _caller(tx, server.account_id))
    run = server.write(importing.start, caller, "contacts.csv", data.encode(), None, dry_run)
    server.idle()
    return server.read(importing.status, caller, run)


def _caller(tx: Transaction, account_id: int):  # type: ignore[no-untyped-def]
    from tieline.crm import accounts

    return accounts.caller_by_id(tx, account_id)


def test_duplicates_are_one_and_broken_rows_come_back_with_reasons(server: RunningServer) -> None:
    broken = "BEGIN:VCARD\nVERSION:3.0\nFN:Half\n"
    text = (
        CARD.format(version="3.0")
        + broken
        + CARD.format(version="3.0").replace("Head", "Boss")
        + "BEGIN:VCARD\nVERSION:3.0\nEND:VCARD\n"
    )
    run = start(server, text)
    assert (run.state, run.total, run.created_count, run.updated_count, run.rejected_count) == (
        "finished",
        4,
        1,
        1,
        2,
    )
    caller = server.read(lambda tx: _caller(tx, server.account_id))
    rejected = server.read(importing.rejected_csv, caller, run.id)
    assert rejected.startswith("reason,card\r\n")
    assert "no END:VCARD" in rejected
    person = server.read(relations.get, caller, "person", "ada@x.example")
    assert person.jobtitle == "Boss"  # type: ignore[union-attr]


def test_a_dry_run_counts_and_changes_nothing(server: RunningServer) -> None:
    run = start(server, GOOGLE, dry_run=True)
    assert (run.state, run.created_count, run.dry_run) == ("finished", 1, True)
    assert server.get("/v1/people/find")["availablecount"] == 0


def test_a_crash_in_the_middle_goes_on_where_it_was(
    server: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH", 10)
    rows = "".join(f"P{n},Q,p{n}@x.example\n" for n in range(35))
    caller = server.read(lambda tx: _caller(tx, server.account_id))
    app_state = server.app.state
    server.run(app_state.jobs.stop())
    run = server.write(
        importing.start, caller, "c.csv", f"First Name,Last Name,E-mail Address\n{rows}".encode(), None, False
    )
    real, batches = runs._batch, 0

    def cut(*args: object) -> None:
        nonlocal batches
        batches += 1
        if batches == 3:
            raise RuntimeError("cut")
        real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(runs, "_batch", cut)
    with pytest.raises(RuntimeError, match="cut"):
        server.run(runs._run(app_state.database, run))
    assert server.read(importing.status, caller, run).done == 20
    monkeypatch.setattr(runs, "_batch", real)
    server.run(runs._run(app_state.database, run))
    found = server.read(importing.status, caller, run)
    assert (found.state, found.done, found.created_count) == ("finished", 35, 35)

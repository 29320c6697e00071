"""People for benchmarks: any number of them, the same for the same seed, as an upsert would have stored them.

`body(n)` is what a client would send for person n; `stored(n)` is the row and the identifiers that come of it (a test
compares the two ways). Names follow Zipf's law, as real ones do: the commonest first name belongs to every thirtieth
person, most last names to few.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

import msgspec

from tieline.crm.columns import columns_of
from tieline.crm.identity import of_record
from tieline.crm.settings import AccountSettings, StepSetting
from tieline.records.codec import convert
from tieline.records.person import Person

FIRST: Final = [
    "Anna",
    "James",
    "Maria",
    "John",
    "Emma",
    "Robert",
    "Sofia",
    "Michael",
    "Laura",
    "David",
    "Elena",
    "William",
    "Julia",
    "Thomas",
    "Sara",
    "Daniel",
    "Nina",
    "Peter",
    "Eva",
    "Paul",
    "Clara",
    "Mark",
    "Alice",
    "George",
    "Marta",
    "Steven",
    "Hanna",
    "Andrew",
    "Ingrid",
    "Kevin",
    "Lena",
    "Brian",
    "Olga",
    "Edward",
    "Ruth",
    "Anthony",
    "Greta",
    "Simon",
    "Irene",
    "Felix",
    "Monica",
    "Oscar",
    "Vera",
    "Hugo",
    "Astrid",
    "Jonas",
    "Helga",
    "Martin",
    "Ida",
    "Lukas",
    "Rosa",
    "Karl",
    "Silvia",
    "Erik",
    "Teresa",
    "Victor",
    "Beatrice",
    "Leo",
    "Fiona",
    "Adrian",
    "Gloria",
    "Samuel",
    "Diana",
    "Patrick",
    "Lucia",
    "Gabriel",
    "Amelia",
    "Henrik",
    "Nora",
    "Tobias",
    "Marion",
    "Philip",
    "Edith",
    "Bruno",
    "Stella",
    "Conrad",
    "Judith",
    "Walter",
    "Paula",
    "Ronald",
    "Celine",
    "Arthur",
    "Bianca",
    "Quentin",
    "Dagmar",
    "Rafael",
    "Ursula",
    "Yusuf",
    "Wanda",
    "Omar",
    "Xenia",
    "Ivan",
    "Zoe",
    "Magnus",
    "Flora",
    "Dmitri",
]
SYLLABLES: Final = [
    "an",
    "ber",
    "cor",
    "dal",
    "en",
    "far",
    "gar",
    "hol",
    "im",
    "jar",
    "kel",
    "lan",
    "mor",
    "nor",
    "ol",
    "par",
    "quin",
    "ros",
    "sar",
    "tel",
    "ul",
    "ver",
    "wal",
    "yor",
    "zan",
]
ENDINGS: Final = ["son", "man", "berg", "ford", "ley", "well", "stein", "ard", "ini", "ova", "sen", "ez"]
COMMON: Final = [
    "Smith",
    "Johnson",
    "Garcia",
    "Mueller",
    "Brown",
    "Nguyen",
    "Jensen",
    "Rossi",
    "Martin",
    "Kim",
    "Silva",
    "Novak",
]
CITIES: Final = [
    "London",
    "Berlin",
    "Boston",
    "Oslo",
    "Madrid",
    "Paris",
    "Vienna",
    "Lisbon",
    "Dublin",
    "Prague",
    "Chicago",
    "Austin",
    "Denver",
    "Lyon",
    "Porto",
    "Basel",
    "Malmo",
    "Turku",
    "Graz",
    "Ghent",
    "Bergen",
    "Leeds",
    "Bonn",
    "Nice",
    "Siena",
    "Varna",
    "Split",
    "Delft",
    "Reno",
    "Tampa",
]
TITLES: Final = [
    "Director",
    "Engineer",
    "Buyer",
    "Broker",
    "Advisor",
    "Analyst",
    "Founder",
    "Nurse",
    "Teacher",
    "Architect",
]
TAGS: Final = [
    "vip",
    "donor",
    "newsletter",
    "trade-fair",
    "referral",
    "investor",
    "alumni",
    "press",
    "gold",
    "silver",
]
SEGMENTS: Final = ("customer", "partner", "supplier", "investor", "advisor", None)
STAGES: Final = ("lead", "future", "current", "past", "out", None)
STEPS: Final = ("call", "offer", "contract")
DAY: Final = 86_400_000
NOW: Final = 1_767_614_400_000  # the moment the last of them was changed: 5 January 2026


def settings() -> AccountSettings:
    """The account's words: three steps for current customers."""
    steps = [StepSetting("customer", "current", key, key.capitalize()) for key in STEPS]
    return AccountSettings(steps=steps)


def _zipf(words: Sequence[str]) -> list[float]:
    return list(accumulate(1 / (rank + 4) for rank in range(len(words))))


LAST: Final = COMMON + [(a + b + c).capitalize() for a in SYLLABLES for b in SYLLABLES[:12] for c in ENDINGS]
FIRST_WEIGHTS, LAST_WEIGHTS = _zipf(FIRST), _zipf(LAST)


@dataclass(frozen=True)
class Stored:
    """A person as the tables have it: the row of `relation` without its id, and type and value of its identifiers."""

    row: dict[str, Any]
    identifiers: list[tuple[str, str]]


def _chooser(seed: int, number: int) -> random.Random:
    return random.Random(seed * 1_000_003 + number)


def _pick(chance: random.Random, words: Sequence[str], weights: list[float]) -> str:
    return words[bisect(weights, chance.random() * weights[-1])]


def body(seed: int, number: int) -> dict[str, Any]:
    """Person n as a client sends it."""
    chance = _chooser(seed, number)
    first, last = _pick(chance, FIRST, FIRST_WEIGHTS), _pick(chance, LAST, LAST_WEIGHTS)
    title, city = chance.choice(TITLES), chance.choice(CITIES)
    company = f"{chance.choice(LAST[12:400])} Ltd"
    made: dict[str, Any] = {
        "name": f"{first} {last}",
        "headline": f"{title} at {company}",
        "jobtitle": title,
        "emails": [{"value": f"{first}.{last}{number}@mail{number % 97}.example".lower(), "work": True}],
        "workHistory": [{"organization": company, "title": title}],
        "addresses": [{"street": f"Main Street {number % 300}", "city": city, "country": "US"}],
    }
    if number % 2:
        made["phones"] = [{"value": f"+4670{number % 10_000_000:07}", "mobile": True}]
    if tags := chance.sample(TAGS, number % 3):
        made["keywords"] = tags
    if (segment := chance.choice(SEGMENTS)) is not None:
        made["segment"] = segment
    if (stage := chance.choice(STAGES)) is not None:
        made["stage"] = stage
    if segment == "customer" and stage == "current" and number % 4:
        made["step"] = chance.choice(STEPS)
    if chance.random() < 0.1:
        made["customFields"] = [
            {"id": "value", "type": "currency", "value": float(chance.randrange(1, 200) * 1000)}
        ]
    if chance.random() < 0.02:
        made["assignTo"] = "me"
    if chance.random() < 0.02 and stage not in ("lead", "future", "current") and "assignTo" not in made:
        made["archived"] = True
    return made


def touches(seed: int, number: int) -> dict[str, Any]:
    """What the timeline would have made of person n: the columns of `crm.derived`. Six in ten were never talked to."""
    chance = _chooser(seed + 1, number)
    talks = 0 if chance.random() < 0.6 else chance.randrange(1, 30)
    if not talks:
        return {"due_next": NOW + chance.randrange(-30, 30) * DAY if chance.random() < 0.02 else None}
    last = NOW - int(chance.expovariate(1 / (200 * DAY)))
    return {
        "talks": talks,
        "first_met": last - chance.randrange(0, 900) * DAY,
        "last_talked": last,
        "went_quiet": last + 30 * DAY if talks >= 3 else None,
        "energy": last / (90 * DAY) + chance.random() * 4,
        "due_next": NOW + chance.randrange(-30, 30) * DAY if chance.random() < 0.1 else None,
    }


def stored(seed: int, number: int, count: int, me: str, words: AccountSettings) -> Stored:
    """Person n of `count` as the server would have stored it for the account `me`. Later numbers changed later."""
    sent, keys = body(seed, number), _chooser(seed + 2, number)
    seen = NOW - (count - number) * 60_000
    first, _, last = sent["name"].partition(" ")
    record: dict[str, Any] = {
        "syncKey": f"{keys.getrandbits(256):064x}"[:43],
        "direct": f"{keys.getrandbits(128):032x}"[:22],
        "portableId": f"{keys.getrandbits(128):032x}"[:22],
        **{name: value for name, value in sent.items() if name != "assignTo"},
        "segment": sent.get("segment", "none"),
        "stage": sent.get("stage", "none"),
        "step": sent.get("step", "none"),
        "first": first,
        "last": last,
        "visibility": "visible",
        "firstSeen": seen,
    }
    if "assignTo" in sent:
        record["assignee"] = me
    organised = "assignee" in record or "keywords" in sent or "segment" in sent or "stage" in sent
    record["views"] = ["my", "defined"] if organised else ["my"]
    row = {
        "kind": "person",
        "sync_key": record["syncKey"],
        "document": msgspec.json.encode(convert(Person, record)).decode(),
        "first_seen": seen,
        "last_changed": seen + 1,
        **columns_of("person", record, words),
    }
    return Stored(row, [(found.type, found.value) for found in of_record(record, "person", "US")])

"""Completions of a query while it is typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from tieline.query.vocabulary import Words

LONGEST = 4  # words that one completion may have typed already
OPENINGS = (
    ("tagged ", "a tag"),
    ("with email", "an e-mail address is known"),
    ("with phone", "a phone number is known"),
    ("without email", "no e-mail address"),
    ("without phone", "no phone number"),
    ("no next step", "nothing is planned"),
    ("last talked more than 30 days ago", "the last contact is older"),
    ("not contacted in 3 months", "older, or never"),
    ("never contacted", "no contact at all"),
    ("added this month", "new records"),
    ("updated today", "what changed"),
    ("went quiet", "used to talk, and stopped"),
    ("birthday in the next 30 days", "whatever the year"),
    ("due this week", "reminders and to-dos"),
    ("overdue", "reminders in the past"),
    ("assigned to me", "what is mine"),
    ("unassigned", "nobody's"),
    ("works at ", "a company by name or domain"),
    ("in ", "a place"),
    ("near ", "within 25 miles of a place"),
    ("strong relationships", "score of 70 and more"),
    ("weak relationships", "score below 30"),
    ("worth more than ", "the value"),
    ("archived", "what was put away"),
    ("sorted by name", "order"),
    ("sorted by last talked desc", "order"),
    ("limit 20", "the most that are wanted"),
)


class Suggestion(msgspec.Struct, frozen=True):
    """`text` is the whole query with the completion, `label` what it adds, `meaning` what that is."""

    text: str
    label: str
    meaning: str


def suggest(text: str, words: Words, tags: Sequence[str] = (), limit: int = 10) -> list[Suggestion]:
    """How the text may go on, what was typed most first. `tags`: the account's, most used first."""
    typed = text.split()
    fresh = not text or text[-1].isspace()
    offers = list(_offers(typed, words, tags))
    found: dict[str, Suggestion] = {}
    for length in range(0 if fresh else min(LONGEST, len(typed)), -1, -1):
        start = " ".join(typed[len(typed) - length :]).casefold()
        if length == 0 and not fresh:
            break
        kept = " ".join(typed[: len(typed) - length])
        for label, meaning in offers:
            if label.casefold().startswith(start) and label.casefold() != start:
                found.setdefault(label, Suggestion(f"{kept} {label}".lstrip(), label, meaning))
    return list(found.values())[:limit]


def _offers(typed: Sequence[str], words: Words, tags: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Everything that may follow: the account's own words before the language's."""
    if "tagged" in [word.casefold() for word in typed[-3:]]:
        yield from ((f'"{tag}"' if " " in tag else tag, "tag") for tag in tags)
    for name in ("stage", "segment", "view"):
        yield from ((label, name) for label in _first(words.choices(name)))
    yield from ((f"next step is {label}", "step") for label in _first(words.steps))
    yield from ((f"#{key}", "custom field") for key in words.types)
    yield from OPENINGS


def _first(labels: Mapping[str, str]) -> Iterator[str]:
    """One label of each key: its own comes before plurals and synonyms."""
    seen: set[str] = set()
    for label, key in labels.items():
        if key not in seen:
            seen.add(key)
            yield label

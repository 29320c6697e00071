"""What somebody who wrote an unknown function name probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

_INSTEAD: Final = {
    "startOfDay": "use setHour(setMinute(setSecond(date; 0); 0); 0)",
    "endOfDay": "use addSeconds(setHour(setMinute(setSecond(addDays(date; 1); 0); 0); 0); -1)",
    "dateDiff": "subtract the dates, which gives milliseconds: (b - a) / 1000 / 60 / 60 / 24 for days",
    "set": "use a Set variable module",
    "isEmpty": 'use ifempty(value; instead) or value = ""',
    "filter": "use map(array; key; filterKey; values)",
    "find": "use first(map(array; key; filterKey; values))",
    "count": "use length(array)",
    "size": "use length(value)",
    "len": "use length(value)",
    "unique": "use distinct(array)",
    "uniq": "use distinct(array)",
    "toLowerCase": "use lower(text)",
    "toUpperCase": "use upper(text)",
    "toLower": "use lower(text)",
    "toUpper": "use upper(text)",
    "includes": "use contains(text; search)",
    "substr": "use substring(text; start; end)",
    "regexReplace": 'use replace(text; "/pattern/g"; replacement)',
    "match": 'use replace(text; "/pattern/"; "$1") or a Match pattern module',
    "strip": "use trim(text)",
    "avg": "use average(array)",
    "mean": "use average(array)",
    "stringify": "use toString(value)",
    "parseInt": "use trunc(parseNumber(text))",
    "parseFloat": "use parseNumber(text)",
    "iif": "use if(condition; a; b)",
    "push": "use add(array; value)",
    "uuid": "write uuid without parentheses",
    "now": "write now without parentheses",
    "random": "write random without parentheses",
}


def suggest_function(name: str, known: Iterable[str]) -> str | None:
    """A hint for a name that is no function: another spelling, or another way."""
    by_lower = {function.lower(): function for function in known}
    if name.lower() in by_lower:
        return f"did you mean {by_lower[name.lower()]}? Upper and lower case count"
    for wrong, hint in _INSTEAD.items():
        if wrong.lower() == name.lower():
            return hint
    close = get_close_matches(name.lower()[:100], by_lower, n=1, cutoff=0.7)
    return f"did you mean {by_lower[close[0]]}?" if close else None

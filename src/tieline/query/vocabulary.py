"""The words of the language (6.3) and of an account: phrases and what they mean, each said once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Phrases = dict[str, str]


def phrases(table: Mapping[str, str]) -> Phrases:
    """`meaning: "phrase, phrase"` turned round."""
    return {phrase.strip(): meaning for meaning, text in table.items() for phrase in text.split(",")}


NOISE = frozenset(
    "show me,show,find,list,get,search,search for,all,all of,who,whom,whose,that,which,are,is,am,was,were,my,the,a,an,of,"
    "i,we,you,have,has been,please,give me,every,any,to,been,records".replace("\n", "").split(",")
)  # fmt: skip
TARGETS = phrases(
    {
        "people": "people,person,contact,contacts,everyone,everybody,anyone,persons",
        "companies": "companies,company's,organizations,organisations,businesses,firms",
        "projects": "projects,project,deals,deal,opportunities,opportunity,listings,transactions",
    }
)
NOT = frozenset({"not", "except", "except for", "excluding", "but not", "other than"})
AND = frozenset({"and", "but", ",", "&"})
TEXTUAL = phrases(
    {
        "name": "name,named,called,full name",
        "first": "first name,firstname,given name",
        "last": "last name,lastname,surname,family name",
        "jobtitle": "title,job title,jobtitle,position",
        "headline": "headline",
        "email": "email,e-mail,email address,e-mail address",
        "phone": "phone,phone number,telephone",
        "mobile": "mobile,mobile number,cell",
        "domain": "domain",
        "industry": "industry",
        "notes": "notes,note",
        "summary": "summary",
        "address": "address",
        "url": "website,url",
    }
)
LISTED = phrases(
    {
        "tag": "tagged,tagged with,tag,tags,keyword,keywords",
        "segment": "segment",
        "stage": "stage",
        "step": "next step,step",
        "city": "city,town",
        "region": "state,region,province",
        "country": "country",
        "postcode": "zip,zip code,zipcode,postcode,postal code",
        "view": "view,audience",
        "source": "source",
        "visibility": "visibility",
    }
)
DATED = phrases(
    {
        "lasttalked": "last talked to,last talked,talked to,talked with,talked,last contacted,contacted,last spoke to,"
        "last spoke with,last spoke,spoke to,spoke with,last contact,last touched,touched",
        "firstmet": "first met,met",
        "created": "added,created,first seen",
        "lastchanged": "changed,updated,modified,last changed,last updated,last modified",
        "wentquiet": "went quiet,gone quiet,going quiet",
        "duenext": "due,next due,reminder,reminder due",
        "start": "starting,starts,started,start date,start",
        "end": "ending,ends,ended,end date,end,closing,closes,closed,close date,closing date",
    }
)
CONTACT = (
    "talked to", "talked with", "talked", "contacted", "met", "spoken to", "spoken with", "spoke to", "spoke with",
    "touched", "contact", "called", "been in touch with", "been in touch", "reached",
)  # fmt: skip
THINGS = phrases(
    {
        "email": "email,emails,e-mail,email address,an email,an email address,email addresses,e-mail address",
        "phone": "phone,phones,phone number,phone numbers,a phone,a phone number,telephone",
        "mobile": "mobile,mobile number,mobile phone,cell,cell phone,a mobile",
        "birthday": "birthday,a birthday,birthdays,birth date",
        "address": "address,addresses,postal address,an address",
        "picture": "picture,photo,a picture,a photo,pictures",
        "url": "website,url,web address,a website",
        "company": "company,a company,employer",
        "notes": "notes,note,a note",
        "tag": "tags,tag,a tag,keywords,any tags",
        "step": "next step,step,a next step,next steps",
        "segment": "segment,a segment",
        "stage": "stage,a stage",
        "assignee": "assignee,an assignee,owner",
        "jobtitle": "job title,title,a title",
        "headline": "headline,a headline",
        "city": "city,a city",
        "country": "country,a country",
        "domain": "domain,a domain",
        "industry": "industry,an industry",
        "applink": "app link,app links,an app link",
        "last": "last name,surname",
        "first": "first name",
        "duenext": "reminder,reminders,a reminder,to-do,to-dos,todo,todos,due date",
        "start": "start date,a start date",
        "end": "end date,close date,an end date",
        "summary": "summary",
        "location": "location,a location",
        **{f"social:{name}": f"{name},{name} profile,a {name} profile" for name in (
            "linkedin", "twitter", "facebook", "instagram", "github", "youtube", "xing", "whatsapp", "tiktok", "pinterest",
        )},
    }
)  # fmt: skip
COMPANY = (
    "works at",
    "works for",
    "working at",
    "working for",
    "work at",
    "work for",
    "employed by",
    "at",
    "company",
)
PLACE = ("living in", "lives in", "live in", "based in", "located in", "in")
SORTS = {
    **{phrase: key for phrase, key in TEXTUAL.items() if key in {"name", "first", "last"}},
    **DATED,
    **dict.fromkeys(("score", "relationship", "relationship score", "strength"), "score"),
    **dict.fromkeys(("value", "worth", "amount"), "value"),
    **dict.fromkeys(("next step", "step"), "step"),
    **dict.fromkeys(("assignee", "owner"), "assignee"),
}
SORT_WORDS = ("sort by", "sorted by", "order by", "ordered by")
ASCENDING = ("ascending", "asc", "oldest first", "oldest", "lowest first", "lowest", "a-z", "smallest first")
DESCENDING = (
    "descending",
    "desc",
    "newest first",
    "newest",
    "highest first",
    "highest",
    "z-a",
    "largest first",
    "latest first",
)
EQUAL = ("is equal to", "equals", "equal to", "is", "=", "are", "was")
UNEQUAL = ("is not", "isn't", "aren't", "not", "!=", "<>")
TEXT_OPS = {
    "starts with": "starts", "begins with": "starts", "ends with": "ends", "contains": "contains", "containing": "contains",
    "includes": "contains", "mentions": "contains", "mention": "contains", "mentioning": "contains", "has": "contains",
    "like": "contains", "~": "contains",
}  # fmt: skip
NUMBER_OPS = {
    "more than": "gt", "greater than": "gt", "over": "gt", "above": "gt", "is over": "gt", "is more than": "gt", ">": "gt",
    "is above": "gt", "is greater than": "gt", "at least": "gte", "is at least": "gte", ">=": "gte", "less than": "lt",
    "under": "lt", "below": "lt", "is under": "lt", "is below": "lt", "is less than": "lt", "<": "lt", "at most": "lte",
    "up to": "lte", "is at most": "lte", "<=": "lte",
}  # fmt: skip


# What people say for a shipped segment or stage besides its label.
SYNONYMS = {
    "customer": ("client",),
    "advisor": ("adviser",),
    "network": ("connection",),
    "won": ("won", "done"),
}


@dataclass(frozen=True)
class Words:
    """The words of an account, for one endpoint: label (lower case) to key."""

    segments: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    steps: Mapping[str, str] = field(default_factory=dict)
    views: Mapping[str, str] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)  # id or label -> id
    types: Mapping[str, str] = field(default_factory=dict)  # id -> type

    def choices(self, name: str) -> Mapping[str, str]:
        """The labels of a field with choices; empty for others."""
        return {
            "segment": self.segments,
            "stage": self.stages,
            "step": self.steps,
            "view": self.views,
        }.get(name, {})


def choices_of(name: str) -> bool:
    """Whether a field has choices of the account."""
    return name in {"segment", "stage", "step", "view"}


def labels(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """`key: labels` turned round, each in the singular and the plural (6.4, rule 4)."""
    found: dict[str, str] = {}
    for key, names in table.items():
        for name in names:
            for word in forms(name.lower()):
                if word not in TARGETS:  # “lost projects” asks for projects, not for a segment of that name
                    found.setdefault(word, key)
    return found


def forms(label: str) -> Sequence[str]:
    """A label as it is, in the plural, and in the singular (each of its words)."""
    singular = " ".join(map(_singular, label.split()))
    return tuple(dict.fromkeys((label, _plural(label), singular)))


def _plural(word: str) -> str:
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return (
        word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3 else word
    )


def words_of(vocabulary: Mapping[str, Any], endpoint: str) -> Words:
    """The words of an account as the contract's `vocabulary` has them, for people, companies or projects."""
    table = "projects" if endpoint == "projects" else "people"
    fields = vocabulary.get("custom_fields", {})
    custom = {str(entry.get("name") or key).lower(): key for key, entry in fields.items()}
    return Words(
        labels(vocabulary.get("segments", {}).get(table, {})),
        labels(vocabulary.get("stages", {}).get(table, {})),
        labels(vocabulary.get("steps", {})),
        {name.lower(): key for key, names in vocabulary.get("views", {}).items() for name in names},
        {**custom, **{key.lower(): key for key in fields}},
        {key: str(entry.get("type") or "") for key, entry in fields.items()},
    )

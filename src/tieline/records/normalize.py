"""How identifiers are compared (2.3, 2.4): pure functions from what people write to what is stored."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from urllib.parse import urlsplit

import phonenumbers

EMAIL = re.compile(r"^[^\s@<>,;\"]+@[^\s@<>,;\"]+\.[^\s@<>,;\".]{2,}$|^[^\s@<>,;\"]+@localhost$")
DOMAIN = re.compile(r"^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{2,59})$")
PHONE = re.compile(r"^(?:tel:)?\+?[\d\s().\-/–]{5,}(?:(?:x|ext\.?|#)\s*\d{1,6})?$", re.IGNORECASE)
NO_WORD = re.compile(r"[^\w]+")
PROFILE_HOSTS = {
    "twitter.com": "twitter", "x.com": "twitter", "linkedin.com": "linkedin", "facebook.com": "facebook",
    "instagram.com": "instagram", "github.com": "github", "xing.com": "xing", "tiktok.com": "tiktok",
}  # fmt: skip


def fold(text: str) -> str:
    """Lower case, accents removed, blanks collapsed: how names and words are compared."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text)
    return " ".join("".join(char for char in plain if not unicodedata.combining(char)).casefold().split())


def email(value: str, strip_aliases: bool = False) -> str | None:
    """The address in lower case, or None when it is none. `strip_aliases` drops +tag and #tag (2.4)."""
    text = value.strip().lower().removeprefix("mailto:")
    if text.endswith(">") and (found := re.search(r"<([^<>]+)>$", text)):
        text = found.group(1)
    if not EMAIL.match(text) or len(text) > 320:
        return None
    if strip_aliases:
        local, _, host = text.rpartition("@")
        text = f"{re.split(r'[+#]', local, maxsplit=1)[0] or local}@{host}"
    return text


def looks_like_phone(value: str) -> bool:
    """True for text that is written like a phone number."""
    return PHONE.match(value.strip()) is not None and sum(char.isdigit() for char in value) >= 5


@lru_cache(maxsize=4096)
def phone(value: str, country: str = "US") -> str | None:
    """Comparison key of a number: digits, completed with the country when there is no +. None for no number."""
    text = value.strip().removeprefix("tel:")
    digits = re.sub(r"\D", "", re.split(r"(?i)x|ext|#|;", text, maxsplit=1)[0])
    if len(digits) < 3 or len(digits) > 20:
        return None
    try:
        parsed = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return digits
    if not phonenumbers.is_possible_number(parsed):
        return digits
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).lstrip("+")


def domain(value: str) -> str | None:
    """The bare host in lower case, without scheme, www and path. None when it is no domain."""
    text = value.strip().lower()
    if "://" in text:
        text = urlsplit(text).hostname or ""
    text = text.split("/")[0].split(":")[0].removeprefix("www.").rstrip(".")
    if not text.isascii():
        try:
            text = text.encode("idna").decode()
        except UnicodeError:
            return None
    return text if DOMAIN.match(text) else None


def social(network: str, value: str) -> str | None:
    """`network:handle` in lower case; a profile's address is reduced to its handle. None when empty."""
    text = value.strip()
    if "://" in text or text.lower().startswith("www."):
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
        if host in PROFILE_HOSTS:
            text = parts.path.strip("/").removeprefix("in/").split("/")[0]
    text = text.lstrip("@").strip().lower()
    return f"{network.strip().lower()}:{text}" if text else None


def url(value: str) -> str | None:
    """A web address compared without scheme, www and closing slash. None when empty."""
    text = value.strip()
    bare = re.sub(r"^https?://(www\.)?", "", text, flags=re.IGNORECASE).rstrip("/")
    host, slash, path = bare.partition("/")
    return f"{host.lower()}{slash}{path}" if bare else None


def app_link(source: str, uniqueid: str) -> str | None:
    """`source:uniqueid`, the source in lower case. None when either is missing."""
    source, uniqueid = source.strip().lower(), uniqueid.strip()
    return f"{source}:{uniqueid}" if source and uniqueid else None


def street_key(street: str, postcode: str) -> str:
    """What makes two addresses the same: street and postal code, folded (2.4)."""
    return f"{_words(street)}|{_words(postcode)}"


def address_key(name: str, street: str, city: str, region: str, postcode: str, country: str) -> str | None:
    """Name with complete postal address (matching rule 6). None when a part is missing."""
    given = (name, street, city, region, postcode, country)
    if not all(given):
        return None
    parts = [_words(part) for part in given]
    return "|".join(parts) if all(parts) else None


def name_key(value: str) -> str:
    """How names are compared and sorted."""
    return fold(value)


def split_name(value: str) -> tuple[str, str, str]:
    """First, middle, last. The last word is the last name; `Last, First` is turned round (2.4)."""
    text = " ".join(value.split())
    if text.count(",") == 1:
        last, _, rest = text.partition(",")
        if rest.strip():
            first, _, middle = rest.strip().partition(" ")
            return first, middle.strip(), last.strip()
    words = text.split(" ") if text else []
    if len(words) < 2:
        return text, "", ""
    return words[0], " ".join(words[1:-1]), words[-1]


def join_name(first: str | None, middle: str | None, last: str | None) -> str:
    """The full name made of its parts."""
    return " ".join(part.strip() for part in (first, middle, last) if part and part.strip())


def _words(text: str) -> str:
    return " ".join(NO_WORD.sub(" ", fold(text)).split())

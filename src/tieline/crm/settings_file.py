"""An account's settings as a YAML file, to be kept under version control and applied to any account."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import yaml

from tieline.crm.settings import AccountSettings
from tieline.errors import InvalidInput
from tieline.records.codec import convert

HEAD: Final = "# What this account calls things. Apply it with: tieline settings apply FILE\n"
MOST_CHARACTERS: Final = 1_000_000


def to_yaml(settings: AccountSettings) -> str:
    """The file: everything that differs from the shipped words, and the two switches in any case."""
    values = {
        "merge": settings.merge,
        "pending_stage": settings.pending_stage,
        **msgspec.to_builtins(settings),
    }
    return HEAD + str(yaml.safe_dump(values, allow_unicode=True, sort_keys=False))


def from_yaml(text: str) -> AccountSettings:
    """The settings of a file. What it does not name is as shipped. Raises InvalidInput naming the member or line."""
    if len(text) > MOST_CHARACTERS:
        raise InvalidInput("is too long to be settings", field="file")
    try:
        values = yaml.safe_load(text) or {}
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "file"
        raise InvalidInput(
            "this is no YAML", field=place, remedy="compare with tieline settings export"
        ) from None
    if not isinstance(values, dict):
        raise InvalidInput("expected names and values", field="file", remedy="see tieline settings export")
    known = AccountSettings.__struct_fields__
    if unknown := [str(name) for name in values if name not in known]:
        raise InvalidInput("is unknown", field=unknown[0], remedy=f"one of: {', '.join(known)}")
    return convert(AccountSettings, {name: value for name, value in values.items() if value is not None})


def differences(old: AccountSettings, new: AccountSettings) -> list[str]:
    """What applying changes, a line each."""
    before, after = _flat(old), _flat(new)
    lines = []
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) == after.get(name):
            continue
        if name not in after:
            lines.append(f"- {name}: {before[name]}")
        elif name not in before:
            lines.append(f"+ {name}: {after[name]}")
        else:
            lines.append(f"~ {name}: {before[name]} → {after[name]}")
    return lines


def _flat(settings: AccountSettings) -> dict[str, str]:
    made: dict[str, str] = {"merge": settings.merge, "pending_stage": str(settings.pending_stage).lower()}
    values: dict[str, Any] = msgspec.to_builtins(settings)
    for name, value in values.items():
        if isinstance(value, dict):
            made.update({f"{name}.{key}": str(label) for key, label in value.items()})
        elif isinstance(value, list):
            for item in value:
                # Views of two kinds may have the same id.
                key = ".".join(filter(None, (item.get("kind"), item.get("key") or item.get("id"))))
                made[f"{name}.{key}"] = ", ".join(
                    f"{k}={v}" for k, v in item.items() if k not in ("key", "id", "kind")
                )
    return made

"""Policies of a pool as people type them: `decay=10%/7d`, `cap=500`, `alt=50%`, `decay=off`, or JSON (P-6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import fields

from dkp_core.kernel.errors import InvalidValue
from dkp_core.points import Policies
from dkp_entrypoints.cli.setting import said

SHORT_FORMS: Final = (
    "cap=500, alt=50%, standby=50%, decay=10%/7d (each 7 days; w for weeks), decay=entries:10%/1w, "
    "inactivity=25/30d or inactivity=10%/30d, start=100, and off for what is not to be"
)
_FIELD: Final = "set"
_DEFAULTS: Final = Policies().values()
_FLAGS: Final = frozenset(each.name for each in fields(Policies) if isinstance(each.default, bool))
_SHORT_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "alt": "alt_percent",
        "late": "late_percent",
        "left_early": "left_early_percent",
        "standby": "standby_percent",
        "absent_excused": "absent_excused_percent",
        "start": "start_points",
    }
)
_UNITS: Final[Mapping[str, str]] = MappingProxyType({"d": "days", "w": "weeks"})
_NUMBER: Final = r"[0-9]+(?:\.[0-9]+)?"
_SPAN: Final = r"(?P<every>[0-9]{1,4})(?P<unit>[dw])"
_DECAY: Final = re.compile(rf"(?:(?P<on>balance|entries):)?(?P<percent>{_NUMBER})%/{_SPAN}", re.ASCII)
_INACTIVITY: Final = re.compile(rf"(?P<amount>{_NUMBER})(?P<sign>%?)/{_SPAN}", re.ASCII)


def policies_from(words: Sequence[str]) -> dict[str, object]:
    """The fields of policies that are set, as their JSON says them; of a field set twice, the last counts.

    Raises: InvalidValue for what sets nothing, or a short form that can't be read; the values themselves are read by
    the policies.
    """
    read: dict[str, object] = {}
    for name, value in said(words, _FIELD).items():
        field = _SHORT_NAMES.get(name, name)
        read[field] = _value(field, value)
    return read


def _value(field: str, value: object) -> object:
    if value == "off":
        return False if field in _FLAGS else _DEFAULTS.get(field)
    if value == "on" and field in _FLAGS:
        return True
    if field == "start_points" and not isinstance(value, list):
        return [{"role_group": "member", "points": value}]
    if isinstance(value, str) and field in _READ:
        return _READ[field](value)
    return value


def _decay(text: str) -> object:
    found = _DECAY.fullmatch(text.replace(" ", ""))
    if found is None:
        raise _unreadable("decay", text, "10%/7d, entries:10%/1w, off, or a JSON object")
    schedule = {"every": int(found["every"]), "unit": _UNITS[found["unit"]]}
    return {"on": found["on"] or "balance", "percent": found["percent"], "schedule": schedule}


def _inactivity(text: str) -> object:
    found = _INACTIVITY.fullmatch(text.replace(" ", ""))
    if found is None:
        raise _unreadable("inactivity", text, "25/30d, 10%/30d, off, or a JSON object")
    every = int(found["every"])
    days = every * (7 if found["unit"] == "w" else 1)
    taken = {"percent" if found["sign"] else "points": found["amount"]}
    return {**taken, "after_days": days, "schedule": {"every": every, "unit": _UNITS[found["unit"]]}}


_READ: Final[Mapping[str, Callable[[str], object]]] = MappingProxyType({"decay": _decay, "inactivity": _inactivity})


def _unreadable(field: str, text: str, accepted: str) -> InvalidValue:
    return InvalidValue(f"{_FIELD}.{field}", f"{text[:40]!r} can't be read", accepted)

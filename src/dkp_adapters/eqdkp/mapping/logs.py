"""What the old site logged, as deeds in the guild's audit log (O-1, G-5)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

import msgspec
from attrs import frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.actors import Actors
from dkp_adapters.eqdkp.mapping.blanking import is_secret, is_secret_within
from dkp_adapters.eqdkp.mapping.fitting import Fitting, chunks
from dkp_adapters.eqdkp.mapping.household import Household
from dkp_adapters.eqdkp.mapping.part import Part
from dkp_adapters.eqdkp.serialized import Plain
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.kernel.names import TEXT_LENGTH_MAX
from dkp_core.moving import DeedRecorded, Kind, Numbers, OldDeed, Thing

RECORD_LENGTH_MAX: Final = 500
_ASIDE: Final = "what the log says"
WORD_LENGTH_MAX: Final = 128
_FAILED: Final = 0
_PERSONAL: Final = re.compile(r"user|request|status_changed|mail|login|passw|account|away", re.IGNORECASE)
"""Of these only that something changed is told: what somebody is called, where they live, what they answered."""
_PRIVATE: Final = re.compile(r"mail|birth|address|phone|mobile|(?:^|[ _])ip(?:$|[ _])", re.IGNORECASE)
_TOKEN: Final = re.compile(r"\{([LD])_([^{}]{1,80})\}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_MAX: Final = 2**33
_DEPTH_MAX: Final = 3


class _Noted(msgspec.Struct, frozen=True, array_like=True):
    """What a row says, as it is kept."""

    at: datetime
    by: str
    tag: str
    record: str
    record_id: str
    told: str


@frozen
class Logs(Part):
    """The log of the old site, row by row: read once, and put down until it is asked for."""

    _noted: Iterable[_Noted]

    @classmethod
    def of(cls, source: EqdkpSource, household: Household, accounting: Accounting) -> Logs:
        """That of a source; each row of it is accounted for. Raises: NoSource where there is no room for it."""
        noted = (_read(row, household.actors, accounting) for row in source.rows(rows.LogEntry))
        return cls(source.put_aside(_ASIDE, _Noted, noted))

    @property
    def counts(self) -> Mapping[Kind, int]:
        return {}

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        yield from chunks(_deed(noted, numbers) for noted in self._noted)


def _read(row: rows.LogEntry, actors: Actors, accounting: Accounting) -> _Noted:
    fitting = Fitting()
    is_personal = _is_personal(row.tag)
    noted = _Noted(
        at=fitting.date(row.at),
        by=actors.numbered(row.user, row.username, fitting),
        tag=fitting.text(row.tag, "tag", length_max=WORD_LENGTH_MAX),
        record="" if is_personal else fitting.text(_plain(row.record), "record", length_max=RECORD_LENGTH_MAX),
        record_id=fitting.text(row.record_id, "record's id", length_max=WORD_LENGTH_MAX),
        told=fitting.text(_what(row, is_personal=is_personal), "log entry", length_max=TEXT_LENGTH_MAX),
    )
    fitting.tell(accounting, row, row.id)
    return noted


@lru_cache(maxsize=1024)
def _is_personal(tag: str) -> bool:
    return _PERSONAL.search(tag) is not None


def _deed(noted: _Noted, numbers: Numbers) -> OldDeed:
    event = DeedRecorded(
        import_id=numbers.import_id,
        tag=noted.tag,
        record=noted.record,
        record_id=noted.record_id,
        told=noted.told,
    )
    return OldDeed(at=noted.at, by=noted.by, event=event)


def _what(row: rows.LogEntry, *, is_personal: bool) -> str:
    what = told(row.value, is_personal=is_personal)
    if row.result != _FAILED:
        return what
    return f"failed: {what}" if what else "failed"


def told(value: Plain, *, is_personal: bool = False) -> str:
    """What a row of the log has noted, as lines of text: `value: 5.00 -> 7.50`.

    Of what is personal only the names of what changed are told; passwords, keys and addresses never are.
    """
    if not isinstance(value, Mapping):
        return "" if value is None or is_personal else _scalar(value)
    named = [(_plain(str(name)), each) for name, each in value.items()]
    if is_personal:
        return "changed: " + ", ".join(name for name, _ in named) if named else ""
    return "\n".join(f"{name}: {_value(name, each)}" for name, each in named)


def _value(name: str, value: Plain) -> str:
    if is_secret(name) or _PRIVATE.search(name):
        return "(not told)"
    if isinstance(value, Mapping) and "old" in value and "new" in value:
        return f"{_scalar(value['old'])} -> {_scalar(value['new'])}"
    return _scalar(value)


def _scalar(value: Plain, depth: int = 0) -> str:
    if isinstance(value, Mapping):
        if depth >= _DEPTH_MAX:
            return "…"
        return ", ".join(
            "(not told)" if is_secret(str(name)) else _scalar(each, depth + 1) for name, each in value.items()
        )
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    return "(not told)" if text.startswith("a:") and is_secret_within(text) else _plain(text)


def _plain(text: str) -> str:
    """The text with what stands for words of the site's language, and for dates, put in words."""
    return _TOKEN.sub(_word, text) if "{" in text else text


def _word(token: re.Match[str]) -> str:
    kind, name = token.groups()
    if kind == "L":
        return name.lower().replace("_", " ")
    if name.isascii() and name.isdecimal() and int(name) < _SECONDS_MAX:
        return f"{_EPOCH + timedelta(seconds=int(name)):%Y-%m-%d %H:%M}"
    return name

"""What the cells of EQdkp Plus's tables mean: amounts, moments, texts with entities, and what PHP serialized (O-1).

A cell that is not quite what it should be gives its row a flaw, and a value as near as can be; one without which the
row means nothing makes the row unreadable. Nothing is guessed.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final, TypeAlias, TypeVar

from attrs import define, field, frozen

from dkp_adapters.eqdkp.ciphered import Key, NotOpened
from dkp_adapters.eqdkp.serialized import NotSerialized, Plain, unserialized
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import ZERO, Points

JSON_MAX: Final = 1_000_000
ID_MAX: Final = 2**63 - 1
_SHOWN: Final = 60
_HUNDREDTH: Final = Decimal("0.01")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp())
_WHOLE: Final = re.compile(r"\s*([+-]?[0-9]{1,20})(?:\.0+)?\s*", re.ASCII)
_CODECS: Final[Mapping[str, str]] = {
    "latin1": "cp1252", "latin2": "iso8859-2", "cp1250": "cp1250", "cp1251": "cp1251", "koi8r": "koi8-r",
    "greek": "iso8859-7", "latin5": "iso8859-9", "ascii": "ascii",
}  # fmt: skip

T = TypeVar("T")


class Unreadable(Exception):
    """The row means nothing without this cell; says which and why."""


@frozen
class Flaw:
    """What is not quite right in a row that was read: the column, and a sentence."""

    column: str
    reason: str


@define
class Cell:
    """A cell under way: its bytes (None for NULL, and where the table lacks the column), and where its flaws go."""

    column: str
    raw: bytes | None
    codec: str
    key: Key | None
    now: datetime
    flaws: list[Flaw] = field(factory=list)

    def flaw(self, reason: str) -> None:
        self.flaws.append(Flaw(self.column, reason))

    def text(self) -> str:
        """Its text as it is stored; empty for NULL."""
        if self.raw is None:
            return ""
        text, is_repaired = decoded(self.raw, self.codec)
        if is_repaired:
            self.flaw("it is not UTF-8; its bytes were read as Western European (Windows-1252)")
        return text


Read: TypeAlias = Callable[[Cell], T]


def codec_of(charset: str) -> str:
    """Python's name for a charset of MySQL; UTF-8 for all that are kinds of it, and for unknown ones."""
    return _CODECS.get(charset.lower(), "utf-8")


def decoded(raw: bytes, codec: str = "utf-8") -> tuple[str, bool]:
    """The text of these bytes, and whether they were not what they should be."""
    try:
        return raw.decode(codec), False
    except UnicodeDecodeError:
        pass
    try:
        return raw.decode("cp1252"), codec != "cp1252"
    except UnicodeDecodeError:
        return raw.decode("latin-1"), codec != "cp1252"


# --- cells without anything special to them ---------------------------------------------------------------------------

Quick: TypeAlias = Callable[[Sequence["bytes | None"]], list[Any]]
"""Reads cells of a column that are as most are, whatever the charset; SLOW stands for every other."""
SLOW: Final = object()
_DIGITS_MAX: Final = 18
_CENTS: Final = re.compile(rb"(-?)([0-9]{1,9})\.([0-9]{2})", re.ASCII)
_FLAGS: Final = {b"0": False, b"1": True}


def quick(read: Read[Any], now: datetime) -> Quick:
    """How plain cells are read that `read` would read the same, without a flaw."""
    if read in (identity, whole, count):
        return _plain_numbers
    if read in (plain, text):
        return _plain_texts
    if read is past:
        return _plain_past(int(now.timestamp()))
    if read is amount:
        return _plain_amounts
    return _plain_flags if read is flag else _never_plain


def of_nothing(read: Read[Any], column: str, now: datetime) -> Any:
    """What `read` makes of NULL, where that is no flaw; SLOW where it is."""
    cell = Cell(column, None, "utf-8", None, now)
    try:
        value = read(cell)
    except Unreadable:
        return SLOW
    return SLOW if cell.flaws else value


def _never_plain(cells: Sequence[bytes | None]) -> list[Any]:
    return [SLOW] * len(cells)


def _plain_numbers(cells: Sequence[bytes | None]) -> list[Any]:
    return [int(raw) if raw and raw.isdigit() and len(raw) <= _DIGITS_MAX else SLOW for raw in cells]


def _plain_texts(cells: Sequence[bytes | None]) -> list[Any]:
    return [raw.decode() if raw is not None and raw.isascii() and b"&" not in raw else SLOW for raw in cells]


def _plain_flags(cells: Sequence[bytes | None]) -> list[Any]:
    return [SLOW if raw is None else _FLAGS.get(raw, SLOW) for raw in cells]


def _plain_past(now: int) -> Quick:
    def read(cells: Sequence[bytes | None]) -> list[Any]:
        return [
            _EPOCH + timedelta(seconds=seconds) if seconds is not SLOW and 0 < seconds <= now else SLOW
            for seconds in _plain_numbers(cells)
        ]

    return read


def _plain_amounts(cells: Sequence[bytes | None]) -> list[Any]:
    return [SLOW if raw is None else _plain_amount(raw) for raw in cells]


@lru_cache(maxsize=4096)
def _plain_amount(raw: bytes) -> Any:
    found = _CENTS.fullmatch(raw)
    return Points(int(found[1] + found[2] + found[3])) if found else SLOW


# --- what columns may hold --------------------------------------------------------------------------------------------


def identity(cell: Cell) -> int:
    """An id; a row is nothing without it. Raises: Unreadable."""
    found = _WHOLE.fullmatch(cell.text())
    if found is None or abs(int(found[1])) > ID_MAX:
        raise Unreadable(f"{cell.column}: {_shown(cell)} is no id; expected a whole number")
    return int(found[1])


def whole(cell: Cell) -> int | None:
    """A whole number; None for NULL, an empty text, and what is none."""
    if not cell.raw:
        return None
    found = _WHOLE.fullmatch(cell.text())
    if found is None or abs(int(found[1])) > ID_MAX:
        cell.flaw(f"{_shown(cell)} is no whole number; left out")
        return None
    return int(found[1])


def count(cell: Cell) -> int:
    """A whole number; 0 for what is none."""
    return whole(cell) or 0


def flag(cell: Cell) -> bool:
    """Yes or no; no where nothing is said."""
    if cell.raw in (b"Y", b"N"):
        return cell.raw == b"Y"
    return bool(whole(cell))


def amount(cell: Cell) -> Points:
    """Points, exactly as the database prints them; 0 for NULL. Raises: Unreadable for what can't be an amount."""
    if cell.raw is None:
        return ZERO
    text = cell.text().strip()
    try:
        number = Decimal(text)
        rounded = number.quantize(_HUNDREDTH, ROUND_HALF_UP)
        points = Points.of(rounded, cell.column)
    except (InvalidOperation, InvalidValue):
        raise Unreadable(f"{cell.column}: {_shown(cell)} is no amount of points") from None
    if rounded != number:
        cell.flaw(f"{text} has more than two decimals; rounded half-up to {rounded}")
    return points


def moment(cell: Cell) -> datetime | None:
    """A moment; None for 0, which is never, and for what is none."""
    seconds = whole(cell)
    if not seconds:
        return None
    if not 0 <= seconds <= _LAST:
        cell.flaw(f"{seconds} seconds since 1970 is no moment; left out")
        return None
    return _EPOCH + timedelta(seconds=seconds)


def past(cell: Cell) -> datetime | None:
    """A moment that should have been; a later one is kept, with a flaw."""
    found = moment(cell)
    if found is not None and found > cell.now:
        cell.flaw(f"{found:%Y-%m-%d %H:%M} is in the future")
    return found


def plain(cell: Cell) -> str:
    """A text as it is stored: a code, a hash, a path; empty for NULL."""
    return cell.text()


def text(cell: Cell) -> str:
    """What somebody typed: its HTML entities decoded, once; empty for NULL."""
    return html.unescape(cell.text())


def serialized(cell: Cell) -> Plain:
    """What PHP serialized, its texts as they were typed; None for nothing and for what can't be read."""
    if not cell.raw or not cell.raw.strip():
        return None
    return _unserialized(cell, _as_php_wrote(cell))


def _as_php_wrote(cell: Cell) -> bytes:
    """Its bytes in UTF-8, which is what lengths were counted in."""
    return cell.raw or b"" if cell.codec == "utf-8" else cell.text().encode()


def _unserialized(cell: Cell, raw: bytes) -> Plain:
    try:
        return unserialized(raw, lambda piece: html.unescape(piece.decode()))
    except NotSerialized:
        pass
    try:  # bytes of another charset in it, each of which counts as one
        value = unserialized(raw, lambda piece: html.unescape(decoded(piece)[0]))
    except NotSerialized as fault:
        cell.flaw(f"it is not what PHP serializes ({fault}); left out")
        return None
    cell.flaw("it is not UTF-8; its bytes were read as Western European (Windows-1252)")
    return value


def setting(cell: Cell) -> Plain:
    """A setting: a text, or an array that PHP serialized."""
    if cell.raw is not None and cell.raw.startswith(b"a:"):
        return _unserialized(cell, _as_php_wrote(cell))
    return text(cell)


def written(cell: Cell) -> Plain:
    """What stands there as JSON, its texts as they were typed; None for nothing and for what can't be read."""
    if not cell.raw or not cell.raw.strip():
        return None
    if len(cell.raw) > JSON_MAX:
        cell.flaw(f"it has more than {JSON_MAX:,} bytes of JSON; left out")
        return None
    try:
        found = json.loads(cell.text(), parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        cell.flaw(f"{_shown(cell)} is no JSON; left out")
        return None
    return _typed(found)


def _no_number(name: str) -> Any:
    raise ValueError(name)


def _typed(found: Any) -> Plain:
    """Lists become mappings, as PHP has them; texts as they were typed."""
    if isinstance(found, dict):
        return {html.unescape(str(key)): _typed(value) for key, value in found.items()}
    if isinstance(found, list):
        return dict(enumerate(map(_typed, found)))
    return html.unescape(found) if isinstance(found, str) else found


def address(cell: Cell) -> str | None:
    """An e-mail address, opened with the key; None without one, for nothing, and for what does not open."""
    stored = cell.text().strip()
    if not stored:
        return None
    if "@" in stored:  # from before addresses were encrypted
        return html.unescape(stored)
    opened = _opened(cell, stored)
    if opened and "@" not in opened:
        cell.flaw("what the key opens is no e-mail address; left out")
        return None
    return html.unescape(opened) if opened else None


def accounts(cell: Cell) -> Mapping[str, str]:
    """Accounts elsewhere by their provider, opened with the key: `discord` is a Discord id."""
    stored = cell.text().strip()
    if not stored:
        return {}
    opened = stored if stored.startswith("a:") else _opened(cell, stored)
    if not opened:
        return {}
    found = _unserialized(cell, opened.encode())
    if not isinstance(found, Mapping):
        return {}
    return {str(name): str(value) for name, value in found.items() if isinstance(value, str | int) and value != ""}


def _opened(cell: Cell, stored: str) -> str:
    if cell.key is None:
        return ""
    try:
        return cell.key.opened(stored)
    except NotOpened as fault:
        cell.flaw(f"{fault}; left out")
        return ""


def _shown(cell: Cell) -> str:
    if cell.raw is None:
        return "NULL"
    stored = decoded(cell.raw, cell.codec)[0]
    return repr(stored if len(stored) <= _SHOWN else stored[: _SHOWN - 1] + "…")

"""The statements of a dump, read as a stream: what tables there are, and each of their rows (O-1).

It reads what mysqldump, mariadb-dump, phpMyAdmin and EQdkp Plus's own backup write, in time proportional to its length
and memory proportional to its longest row: statements are never held whole, rows are. Source: MySQL's manual on
literals, comments and mysqldump; the backups of EQdkp Plus.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, Final, TypeAlias
from zipfile import BadZipFile

from attrs import define, field, frozen

from dkp_adapters.eqdkp.errors import DumpCutOff, DumpUnreadable, NotADump

ROW_BYTES_MAX: Final = 64 * 2**20
HEAD_BYTES_MAX: Final = 2**20
UNPACKED_BYTES_MAX: Final = 64 * 2**30
PIECE: Final = 2**18

# Each loop is possessive: what it took it keeps, so that no text makes it try twice.
_IN_STRING: Final = rb"[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+"
_STRING: Final = rb"'" + _IN_STRING + rb"'"
_QUOTED: Final = rb'"(?:[^"\\]++|\\.|"")*+"'
_TICKED: Final = rb"`(?:[^`]++|``)*+`"
_COMMENT: Final = rb"/\*(?:[^*]++|\*(?!/))*+\*/"
_APART: Final = rb"|".join((_STRING, _QUOTED, _TICKED))
_NUMBERS: Final = rb"\(-?+[0-9.]++(?:,-?+[0-9.]++)*+\)"
_NAME: Final = rb"(?:" + _TICKED + rb"|" + _QUOTED + rb"|[^\s`\"'(),.;]++)"


def _pattern(*parts: bytes) -> re.Pattern[bytes]:
    return re.compile(b"".join(parts), re.DOTALL | re.IGNORECASE)


_SPACE: Final = _pattern(rb"\s*+")
_LINE: Final = _pattern(rb"([^\n]*+)\n")
_REMARK: Final = _pattern(_COMMENT)
_WORD: Final = _pattern(rb"[A-Za-z]++")
_REST: Final = _pattern(
    rb"((?:[^;'\"`/#-]++|", _APART, rb"|", _COMMENT, rb"|--[ \t\r\n][^\n]*+\n|#[^\n]*+\n",
    rb"|/(?!\*)|-(?!-)|--(?=[^ \t\r\n]))*+);",
)  # fmt: skip
_ROW: Final = _pattern(
    rb"\s*+(\((?:[^'\"`()]++|", _APART, rb"|\((?:[^'\"`()]++|", _APART, rb")*+\))*+\))\s*+(,|;|[A-Za-z])"
)
_ROWS_OF_NUMBERS: Final = _pattern(rb"(?:\s*+", _NUMBERS, rb"\s*+,)++")
_OF: Final = rb"(?:" + _NAME + rb"\s*+\.\s*+)?+(" + _NAME + rb")\s*+"
_INTO: Final = _pattern(
    rb"(?:INSERT|REPLACE)\s++(?:(?:LOW_PRIORITY|DELAYED|HIGH_PRIORITY|IGNORE)\s++)*+(?:INTO\s++)?", _OF,
    rb"(?:\(((?:[^()`\"]++|", _TICKED, rb"|", _QUOTED, rb")*+)\)\s*+)?+VALUES?\s*+(?=\()",
)  # fmt: skip
_CREATED: Final = _pattern(rb"CREATE\s++(?:TEMPORARY\s++)?TABLE\s++(?:IF\s++NOT\s++EXISTS\s++)?", _OF, rb"\(")
_TOKEN: Final = _pattern(_APART, rb"|[(),]|[^'\"`(),]++|['\"`]")
_COLUMN: Final = _pattern(rb"\s*+(", _NAME, rb")\s++([A-Za-z]++)")
_NO_COLUMN: Final = re.compile(
    rb"\s*(?:PRIMARY|UNIQUE|KEY|INDEX|CONSTRAINT|FULLTEXT|SPATIAL|FOREIGN|CHECK|PERIOD)\b", re.IGNORECASE
)
_BOM: Final = b"\xef\xbb\xbf"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_IN_COMMENT: Final = _pattern(rb"/\*M?!?[0-9]*+((?:[^*]++|\*(?!/))*+)\*/")
_NAMES: Final = re.compile(rb"SET\s+NAMES\s+['\"]?([A-Za-z0-9]+)", re.IGNORECASE)
_SAYS: Final = frozenset(
    b"SET DROP CREATE INSERT REPLACE LOCK UNLOCK USE START BEGIN COMMIT ALTER DELETE TRUNCATE DELIMITER ANALYZE "
    b"FLUSH CHANGE SELECT UPDATE CALL GRANT OPTIMIZE".split()
)

# --- values -----------------------------------------------------------------------------------------------------------

Cells: TypeAlias = tuple[bytes | None, ...]

_NUMBER: Final = rb"[-+]?+[0-9.](?:[0-9.]++|E[-+]?+)*+"
_OTHER: Final = (
    rb"NULL|TRUE|FALSE|0x[0-9A-F]*+|[xbn]'[^']*+'|"
    + _QUOTED
    + rb"|_[A-Za-z0-9]++\s*+(?:"
    + _STRING
    + rb"|"
    + _QUOTED
    + rb"|0x[0-9A-F]*+|[xbn]'[^']*+')"
)
_EACH: Final = _pattern(
    rb"\s*+(?:'(", _IN_STRING, rb")'|(", _NUMBER, rb")|(", _OTHER, rb"))\s*+[,)]|(.++)"  # the last is no value
)  # fmt: skip
_ROW_OF_NUMBERS: Final = _pattern(_NUMBERS)
_INTRODUCER: Final = _pattern(rb"_[A-Za-z0-9]++\s*+")
_ESCAPED: Final = re.compile(rb"\\(.)|''", re.DOTALL)
_ESCAPED_DOUBLE: Final = re.compile(rb'\\(.)|""', re.DOTALL)
_ESCAPES: Final = {
    b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a", b"%": b"\\%", b"_": b"\\_"
}  # fmt: skip


class RowUnreadable(Exception):
    """A row holds something that is no plain value."""


def cells_of(row: bytes) -> Cells:
    """The values of a row in parentheses: numbers as they are written, texts as they were, NULL as None.

    Raises: RowUnreadable.
    """
    if _ROW_OF_NUMBERS.fullmatch(row) is not None:  # as most rows are
        return tuple(row[1:-1].split(b","))
    found = _EACH.findall(row, 1)
    if found[-1][-1]:
        raise RowUnreadable(f"it is not made of plain values: {row[:60].decode('utf-8', 'replace')}")
    return tuple(
        [
            number or (_unusual(other) if other else _plain(text) if b"\\" in text or b"'" in text else text)
            for text, number, other, _ in found
        ]
    )


def _plain(text: bytes) -> bytes:
    if b"'" not in text and text.count(b"\\") == text.count(b'\\"'):  # as what PHP serialized has
        return text.replace(b'\\"', b'"')
    return _ESCAPED.sub(_unescaped, text)


def _unusual(value: bytes) -> bytes | None:
    upper = value[:5].upper()
    if upper == b"NULL":
        return None
    if upper in (b"TRUE", b"FALSE"):
        return b"1" if upper == b"TRUE" else b"0"
    first = upper[:1]
    if first == b"_":
        return _unusual(_INTRODUCER.sub(b"", value, count=1))
    if first == b"'":
        return _plain(value[1:-1])
    if first == b'"':
        return _ESCAPED_DOUBLE.sub(_unescaped, value[1:-1])
    if first == b"0":
        return _hexadecimal(value[2:])
    inner = value[2:-1]
    if first == b"N":
        return inner
    if first == b"X":
        return _hexadecimal(inner)
    if not inner.strip(b"01"):
        return b"%d" % int(inner or b"0", 2)
    raise RowUnreadable(f"{value[:40]!r} is no number of bits")


def _hexadecimal(digits: bytes) -> bytes:
    try:
        return bytes.fromhex(digits.decode())
    except ValueError:
        raise RowUnreadable(f"{digits[:40]!r} is no number of bytes in hexadecimal digits") from None


def _unescaped(found: re.Match[bytes]) -> bytes:
    letter: bytes | None = found[1]
    return found[0][:1] if letter is None else _ESCAPES.get(letter, letter)


# --- statements -------------------------------------------------------------------------------------------------------


@frozen
class Created:
    """A table is made, with these columns; `binary` are those that hold bytes, not text."""

    table: str
    columns: tuple[str, ...]
    binary: frozenset[str]


@frozen
class Filled:
    """Rows come into a table; they are to be read before the next statement is asked for.

    Without `columns` they have those of the table in its order.
    """

    table: str
    columns: tuple[str, ...] | None
    rows: Iterator[bytes]


@frozen
class Passed:
    """A statement that brings rows in a way that can't be followed."""

    table: str
    fault: str


@define
class Statements:
    """The statements of a dump; `charset` is that of its texts, as far as it has said.

    Raises: NotADump, DumpCutOff, DumpUnreadable, while it is read.
    """

    name: str
    file: BinaryIO
    progress: Callable[[], None] = lambda: None
    charset: str = "utf8mb4"
    _held: bytes = field(default=b"", init=False, repr=False)
    _place: int = field(default=0, init=False)
    _gone: int = field(default=0, init=False)
    _ended: bool = field(default=False, init=False)
    _table: str | None = field(default=None, init=False)
    _began: bool = field(default=False, init=False)
    _tells_its_end: bool = field(default=False, init=False)
    _told_its_end: bool = field(default=False, init=False)
    _ends_its_lines: bool = field(default=False, init=False)
    _announced: str | None = field(default=None, init=False)
    _open: dict[str, str] = field(factory=dict, init=False)

    def __iter__(self) -> Iterator[Created | Filled | Passed]:
        while self._to_the_next():
            word = self._word()
            if word in (b"INSERT", b"REPLACE"):
                yield self._filled()
            else:
                text = self._rest()
                if word == b"CREATE":
                    yield from self._created(text)
                else:
                    self._hear(text)
        self._must_be_whole()

    # --- what lies between statements

    def _to_the_next(self) -> bool:
        """Goes to where a statement begins; False at the end."""
        while True:
            self._place = self._matched(_SPACE).end()
            if self._place == len(self._held):
                if self._ended:
                    return False
                self._more()
                continue
            self._ahead(64)
            two = self._held[self._place : self._place + 2]
            if two == b"--" or two[:1] == b"#":
                self._remark(self._must(_LINE, "a comment")[1])
            elif two == b"/*":
                self._hear(self._inside(self._must(_REMARK, "a comment")[0]))
            elif two[:1] == b";":
                self._announced = None
                self._place += 1
            else:
                self._announced = None
                return True

    def _remark(self, line: bytes) -> None:
        says = line.lstrip(b"-# \t").strip()
        if says.startswith(b"PostgreSQL database dump"):
            raise NotADump(self.name, "it is a dump of PostgreSQL")
        if says.startswith((b"MySQL dump", b"MariaDB dump")):
            self._tells_its_end = True
        elif says.startswith(b"Dump completed"):
            self._told_its_end = True
        elif says.startswith(b"EQDKP-PLUS SQL Dump"):
            self._ends_its_lines = True
        elif says.startswith((b"Table structure for table", b"Dumping data for table")) and not self._tells_its_end:
            self._announced = says.decode("utf-8", "replace").rstrip(";")
        elif says.startswith(b"No data available"):
            self._announced = None

    @staticmethod
    def _inside(comment: bytes) -> bytes:
        found = _IN_COMMENT.fullmatch(comment)
        return found[1].strip() if found and comment[2:3] == b"!" else b""

    def _hear(self, text: bytes) -> None:
        """What a statement that is not about rows tells about the dump."""
        if found := _NAMES.search(text[:200]):
            self.charset = found[1].decode().lower()
        words = text[:200].upper().split()
        if words[:2] == [b"LOCK", b"TABLES"]:
            self._open["UNLOCK TABLES"] = "its tables are locked and not unlocked"
        elif words[:2] == [b"UNLOCK", b"TABLES"]:
            self._open.pop("UNLOCK TABLES", None)
        elif words[:2] == [b"START", b"TRANSACTION"] or words == [b"BEGIN"]:
            self._open["COMMIT"] = "its transaction is not committed"
        elif words[:1] == [b"COMMIT"]:
            self._open.pop("COMMIT", None)

    def _must_be_whole(self) -> None:
        if not self._began and not self._tells_its_end:
            raise NotADump(self.name, "it has no statement in it")
        if self._announced is not None:
            raise self._cut_off(f"nothing follows “{self._announced}”")
        for fault in self._open.values():
            raise self._cut_off(fault)
        if self._tells_its_end and not self._told_its_end:
            raise self._cut_off("the line “Dump completed” is missing at its end")

    # --- statements

    def _word(self) -> bytes:
        found = _WORD.match(self._held, self._place)
        word = found[0].upper() if found else b""
        if not self._began and word not in _SAYS:
            if self._tells_its_end:
                raise self._cut_off("no statement follows its first lines")
            if self._held.startswith(_UTF16):
                raise NotADump(self.name, "it is UTF-16, as PowerShell writes what > catches; use --result-file")
            begins = self._held[self._place : self._place + 30].decode("utf-8", "replace")
            raise NotADump(self.name, f"it begins with {begins!r}")
        self._began = True
        return word

    def _rest(self) -> bytes:
        return bytes(self._must(_REST, "a statement")[1])

    def _created(self, text: bytes) -> Iterator[Created]:
        text = _pattern(_COMMENT).sub(b" ", text)
        found = _CREATED.match(text)
        if found is None:
            return
        self._table = name_of(found[1])
        columns, binary = [], set()
        for part in _parts(text, found.end()):
            column = _COLUMN.match(part)
            if column is None or _NO_COLUMN.match(part):
                continue
            columns.append(name_of(column[1]))
            if column[2].upper().endswith((b"BLOB", b"BINARY")):
                binary.add(columns[-1])
        yield Created(self._table, tuple(columns), frozenset(binary))

    def _filled(self) -> Filled | Passed:
        found = self._found(_INTO, HEAD_BYTES_MAX)
        if found is None:
            text = self._rest()
            words = text[:200].split()
            named = next((each for each in words[1:] if each.upper() not in (b"INTO", b"IGNORE")), b"?")
            return Passed(name_of(named), "the statement that fills it does not list values")
        self._table = name_of(found[1])
        columns = None if found[2] is None else tuple(name_of(each) for each in found[2].split(b","))
        return Filled(self._table, columns, self._rows())

    def _rows(self) -> Iterator[bytes]:
        while True:
            yield from self._rows_of_numbers()
            found = self._must(_ROW, "a row")
            yield found[1]
            after = found[2]
            if after == b";":
                return
            if after != b",":  # ON DUPLICATE KEY UPDATE
                self._rest()
                return

    def _rows_of_numbers(self) -> Sequence[bytes]:
        """Those that come next and are followed by others, as most rows of a dump are."""
        found = _ROWS_OF_NUMBERS.match(self._held, self._place)
        if found is None:
            return ()
        self._place = found.end()
        return _ROW_OF_NUMBERS.findall(found[0])

    # --- bytes

    def _matched(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        found = pattern.match(self._held, self._place)
        assert found is not None, "the pattern matches nothing as well"
        return found

    def _found(self, pattern: re.Pattern[bytes], bytes_max: int) -> re.Match[bytes] | None:
        """The match that begins here, with as much read as it needs; goes behind it."""
        while True:
            found = pattern.match(self._held, self._place)
            if found is not None:
                self._place = found.end()
                return found
            if self._ended or len(self._held) - self._place > bytes_max:
                return None
            self._more()

    def _must(self, pattern: re.Pattern[bytes], what: str) -> re.Match[bytes]:
        found = self._found(pattern, ROW_BYTES_MAX)
        if found is not None:
            return found
        if self._ended:
            raise self._cut_off(f"{what} is not ended")
        raise self.unreadable(f"{what} has more than {ROW_BYTES_MAX // 2**20} MB, or no end")

    def unreadable(self, fault: str) -> DumpUnreadable:
        """That the dump can't be read from here on."""
        return DumpUnreadable(self._gone + self._place, self._table, fault)

    def _cut_off(self, fault: str) -> DumpCutOff:
        return DumpCutOff(self._gone + len(self._held), self._table, fault)

    def _ahead(self, count: int) -> None:
        while len(self._held) - self._place < count and not self._ended:
            self._more()

    def _more(self) -> None:
        """Reads on. What is held grows by as much as it has, so that a long row is not looked at too often."""
        kept = self._held[self._place :]
        try:
            piece = self.file.read(max(PIECE, len(kept)))
        except EOFError:
            raise self._cut_off("the packed file ends before its content does") from None
        except (zlib.error, BadZipFile, OSError) as damage:
            raise self.unreadable(f"its file is damaged: {damage}") from None
        self._gone += self._place
        self._place = 0
        if not self._gone and not kept:
            piece = piece.removeprefix(_BOM)
        self._ended = not piece
        if self._ended and self._ends_its_lines and kept and not kept.endswith(b"\n"):
            raise self._cut_off("its last line is not ended")
        # A last line without its end is a line.
        self._held = kept + (piece or b"\n")
        self.progress()
        if self._gone > UNPACKED_BYTES_MAX:
            raise self.unreadable(f"it has more than {UNPACKED_BYTES_MAX // 2**30} GB")


def name_of(name: bytes) -> str:
    """The name of a table or column as it is, without its quotes."""
    name = name.strip()
    for mark in (b"`", b'"'):
        if name.startswith(mark):
            name = name[1:].removesuffix(mark).replace(2 * mark, mark)
    return name.decode("utf-8", "replace")


def _parts(text: bytes, at: int) -> Iterator[bytes]:
    """What stands between the commas of a CREATE TABLE, without what stands in parentheses within."""
    depth = 0
    part: list[bytes] = []
    for found in _TOKEN.finditer(text, at):
        token = found[0]
        if token == b"(":
            depth += 1
        elif token == b")" and depth:
            depth -= 1
        elif depth:
            continue
        elif token in (b",", b")"):
            yield b"".join(part)
            part = []
            if token == b")":
                return
        else:
            part.append(token)

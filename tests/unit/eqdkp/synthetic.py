"""Installations of EQdkp Plus that never were, and the dumps that several programs would make of them."""

from __future__ import annotations

import gzip
import io
import zipfile
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import md5
from pathlib import Path
from typing import Any, Final, TypeAlias

from attrs import evolve, field, frozen
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from dkp_adapters.eqdkp import cells, rows

Value: TypeAlias = "int | str | bytes | None"
"""A number is given as a text without quotes around it by `Number`."""

KEY: Final = "0123456789abcdef0123456789abcdef"
PREFIX: Final = "eqdkp23_"
_ESCAPES: Final = {
    b"\\": b"\\\\",
    b"'": b"\\'",
    b'"': b'\\"',
    b"\0": b"\\0",
    b"\n": b"\\n",
    b"\r": b"\\r",
    b"\x1a": b"\\Z",
}
_TYPES: Final[Mapping[Any, str]] = {
    cells.identity: "int(11)", cells.whole: "int(11)", cells.count: "int(11)", cells.amount: "float(11,2)",
    cells.moment: "int(11)", cells.past: "int(11)",
}  # fmt: skip


class Number(str):
    """A number, as it is to be printed."""

    __slots__ = ()


@frozen
class Table:
    """A table with its rows; columns by name, with their types."""

    name: str
    columns: Mapping[str, str]
    rows: Sequence[Sequence[Value]] = ()

    def with_rows(self, *given: Mapping[str, Value]) -> Table:
        """The table with these rows; what they do not say is NULL."""
        return evolve(self, rows=[tuple(row.get(each) for each in self.columns) for row in given])

    def without(self, column: str) -> Table:
        """The table without a column."""
        at = list(self.columns).index(column)
        left = {name: type_ for name, type_ in self.columns.items() if name != column}
        return evolve(self, columns=left, rows=[[*row[:at], *row[at + 1 :]] for row in self.rows])


@frozen
class Installation:
    """The tables, under one prefix."""

    tables: Mapping[str, Table]
    prefix: str = PREFIX

    def with_table(self, table: Table) -> Installation:
        """The installation with a table put in or replaced."""
        return evolve(self, tables={**self.tables, table.name: table})

    def with_rows(self, name: str, *given: Mapping[str, Value]) -> Installation:
        """The installation with these rows in a table."""
        return self.with_table(self.tables[name].with_rows(*given))

    def without(self, name: str) -> Installation:
        """The installation without a table."""
        return evolve(self, tables={key: table for key, table in self.tables.items() if key != name})


def empty(prefix: str = PREFIX, version: str = "2.3.39.0") -> Installation:
    """An installation with every table, and nothing but its version in them."""
    tables = [Table(kind.table, _columns(kind)) for kind in rows.KINDS if kind.table != "groups_raid_members"]
    tables.append(Table("groups_raid_members", {"group_id": "int(11)", "member_id": "int(11)", "grpleader": "int(1)"}))
    tables.append(Table("sessions", {"session_id": "varchar(40)", "session_vars": "blob"}))
    made = Installation({each.name: each for each in tables}, prefix)
    return made.with_rows("config", {"config_name": "plus_version", "config_plugin": "core", "config_value": version})


def _columns(kind: type[rows.Row]) -> Mapping[str, str]:
    return {each.name: _TYPES.get(each.read, "text") for each in rows._columns(kind).values()}


def small(prefix: str = PREFIX) -> Installation:
    """A raid, an item, an adjustment, somebody with an encrypted address, and a session's bytes."""
    return (
        empty(prefix)
        .with_rows(
            "users",
            {"user_id": 2, "username": "D&#39;Artagnan", "user_email": encrypted("a@example.org"), "user_active": 1,
             "auth_account": encrypted('a:1:{s:7:"discord";s:17:"80351110224678912";}'), "user_registered": 1760000000},
            {"user_id": 3, "username": "Bob", "user_email": "", "user_active": 1, "user_registered": 0},
        )
        .with_rows(
            "members",
            {"member_id": 1, "member_name": "Ægis; -- ('x')", "profiledata": '{"level":24,"class":10}',
             "member_main_id": 1},
            {"member_id": 2, "member_name": "Li\\'l \"Bo\"\n", "profiledata": "", "member_main_id": 1},
        )
        .with_rows("events", {"event_id": 1, "event_name": "Kael", "event_value": Number("5.50")})
        .with_rows("multidkp", {"multidkp_id": 1, "multidkp_name": "Main", "multidkp_desc": ""})
        .with_rows("multidkp2event", {"multidkp2event_multi_id": 1, "multidkp2event_event_id": 1})
        .with_rows("raids", {"raid_id": 7, "event_id": 1, "raid_date": 1760000000, "raid_value": Number("5.50")})
        .with_rows("raid_attendees", *({"raid_id": 7, "member_id": each} for each in (1, 2, 2)))
        .with_rows(
            "items",
            {"item_id": 1, "item_name": "Robe", "member_id": 1, "raid_id": 7, "item_value": Number("12.34"),
             "item_date": 1760000001, "itempool_id": 1},
        )
        .with_rows(
            "adjustments",
            {"adjustment_id": 1, "adjustment_value": Number("-3.33"), "member_id": 2, "adjustment_date": 1760000000,
             "adjustment_reason": "AFK", "event_id": "1"},
        )
        .with_rows("sessions", {"session_id": "a", "session_vars": b"\x00\xff\xfe'"})
    )  # fmt: skip


# --- how values are written -------------------------------------------------------------------------------------------


def escaped(value: Value) -> bytes:
    """As mysqldump writes it."""
    if value is None:
        return b"NULL"
    if isinstance(value, int):
        return b"%d" % value
    if isinstance(value, Number):
        return value.encode()
    raw = value.encode() if isinstance(value, str) else value
    return b"'" + b"".join(_ESCAPES.get(each, each) for each in (raw[i : i + 1] for i in range(len(raw)))) + b"'"


def row_of(values: Iterable[Value], comma: bytes = b",") -> bytes:
    """A row in parentheses."""
    return b"(" + comma.join(escaped(each) for each in values) + b")"


def created(table: Table, prefix: str) -> bytes:
    """What makes a table."""
    columns = ",\n".join(f"  `{name}` {type_} DEFAULT NULL" for name, type_ in table.columns.items())
    key = f",\n  KEY `k` (`{next(iter(table.columns))}`(4))" if "text" in next(iter(table.columns.values())) else ""
    return f"CREATE TABLE `{prefix}{table.name}` (\n{columns}{key}\n) DEFAULT CHARSET=utf8mb4;\n".encode()


# --- dumps ------------------------------------------------------------------------------------------------------------


def mysqldump(*installations: Installation, rows_each: int = 3) -> bytes:
    """As mysqldump writes it, with several rows in a statement."""
    return b"".join(_mysqldump(installations, rows_each))


def _mysqldump(installations: Sequence[Installation], rows_each: int) -> Iterator[bytes]:
    yield b"/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19  Distrib 10.11\n--\n"
    yield b"/*!40101 SET NAMES utf8mb4 */;\n/*!40014 SET UNIQUE_CHECKS=0 */;\n\n"
    for installation in installations:
        for table in installation.tables.values():
            name = f"`{installation.prefix}{table.name}`".encode()
            yield b"--\n-- Table structure for table " + name + b"\n--\n\nDROP TABLE IF EXISTS " + name + b";\n"
            yield created(table, installation.prefix)
            yield b"\n--\n-- Dumping data for table " + name + b"\n--\n\nLOCK TABLES " + name + b" WRITE;\n"
            for at in range(0, len(table.rows), rows_each):
                given = b",\n".join(row_of(each) for each in table.rows[at : at + rows_each])
                yield b"INSERT INTO " + name + b" VALUES\n" + given + b";\n"
            yield b"/*!40000 ALTER TABLE " + name + b" ENABLE KEYS */;\nUNLOCK TABLES;\n"
    yield b"\n-- Dump completed on 2026-11-20  8:12:54\n"


def own_backup(installation: Installation) -> bytes:
    """As the program itself backs up: a statement for each row, columns named, semicolons in comments."""
    lines = [
        b"-- EQDKP-PLUS SQL Dump \n-- version 2.3.39\n-- \n-- Table-Prefix: " + installation.prefix.encode() + b"\n"
    ]
    for table in installation.tables.values():
        name = (installation.prefix + table.name).encode()
        columns = ", ".join(table.columns).encode()
        lines.append(b"\n-- \n-- Table structure for table `" + name + b"`;\n\nDROP TABLE IF EXISTS `" + name + b"`;\n")
        lines.append(created(table, installation.prefix) + b"\n\n\n-- \n-- Dumping data for table `" + name + b"`;\n\n")
        begins = b"INSERT INTO `" + name + b"` (" + columns + b") VALUES "
        lines += [begins + row_of(row, b", ") + b";\n" for row in table.rows]
        lines.append(b";\n" if table.rows else b"-- No data available;\n")
    return b"".join(lines)


def phpmyadmin(installation: Installation) -> bytes:
    """As phpMyAdmin exports: one transaction, columns named, keys added at the end."""
    lines = [b"-- phpMyAdmin SQL Dump\n-- version 5.2.1\n\nSTART TRANSACTION;\n/*!40101 SET NAMES utf8mb4 */;\n"]
    for table in installation.tables.values():
        name = (installation.prefix + table.name).encode()
        columns = ", ".join(f"`{each}`" for each in table.columns).encode()
        lines.append(created(table, installation.prefix))
        if table.rows:
            given = b",\n".join(row_of(row, b", ") for row in table.rows)
            lines.append(b"\n--\n-- Dumping data for table `" + name + b"`\n--\n\n")
            lines.append(b"INSERT INTO `" + name + b"` (" + columns + b") VALUES\n" + given + b";\n")
    return b"".join(lines) + b"COMMIT;\n\n/*!40101 SET CHARACTER_SET_CLIENT=@OLD */;\n"


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def packed(content: bytes) -> bytes:
    """As gzip packs it."""
    return gzip.compress(content, 1)


@frozen
class Folder:
    """Where dumps are put down."""

    path: Path
    _count: list[int] = field(factory=lambda: [0])

    def file(self, content: bytes, name: str = "dump.sql") -> Path:
        """A new file with that content."""
        self._count[0] += 1
        made = self.path / f"{self._count[0]}-{name}"
        made.write_bytes(content)
        return made


# --- encryption, told again -------------------------------------------------------------------------------------------


def encrypted(plain: str, key: str = KEY, nonce: bytes = b"\x05\x06\x07\x08\x01\x02\x03\x04") -> str:
    """As the program encrypts it: AES-256 in counter mode, the key hashed and its first half enciphered with itself."""
    password = md5(key.encode()).hexdigest().encode()
    half = Cipher(algorithms.AES(password), modes.ECB()).encryptor().update(password[:16])
    cipher = Cipher(algorithms.AES(half * 2), modes.CTR(nonce + bytes(8))).encryptor()
    return b64encode(nonce + cipher.update(plain.encode())).decode()

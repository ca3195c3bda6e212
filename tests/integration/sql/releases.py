"""The history of the schema as it was and as it goes on, and what proves that an upgrade loses nothing (O-8).

Nothing here names a table: a revision's own database is asked what there is, and every table of it gets rows.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, Text, insert, select
from sqlalchemy.schema import ColumnCollectionConstraint

from dkp_adapters.sql import schema

ROWS: Final = 3
VERSION_TABLE: Final = "alembic_version"
# Beyond 32 bits and within the limits of points; and what quoting, case and the end of a line may break.
LARGE: Final = 99_999_999_000
AWKWARD: Final = 'Élan\'s "cloak"\\ \r\n\t🐉 ÄäßẞΣς'

DROPPED: Final[Mapping[str, str]] = {}
"""What a revision gives up on purpose, as `table` or `table.column`, with the reason: everything else has to stay."""


@frozen
class Kept:
    """A table as it was: its columns, how many rows it had, and their checksum."""

    columns: tuple[str, ...]
    rows: int
    sha256: str


def history_up_to(revision: str, folder: Path, *more: str) -> Path:
    """A history that ends with that revision, and with those that are made up after it; for `schema.VERSIONS`."""
    versions = folder / f"history-{revision}-{len(more)}" / "versions"
    versions.mkdir(parents=True)
    for path in sorted(schema.VERSIONS.glob("[0-9]*.py")):
        if path.name[:4] <= revision:
            shutil.copy(path, versions)
    before = revision
    for body in more:
        number = f"{int(before) + 1:04d}"
        text = _MADE_UP.format(number=number, before=before, body=body)
        (versions / f"{number}_made_up.py").write_text(text, "utf-8")
        before = number
    return versions


_MADE_UP: Final = '''"""Made up."""

import sqlalchemy as sa
from alembic import op

revision = "{number}"
down_revision = "{before}"


def upgrade():
    """Made up."""
    {body}
'''


def fill(url: str) -> None:
    """Rows in every table that there is, whatever it is called: full ones, and one with nothing where it may."""
    with schema.connected(url) as connection:
        found = MetaData()
        found.reflect(connection)
        for table in found.sorted_tables:
            if table.name != VERSION_TABLE:
                has = connection.execute(select(table.c[0]).limit(1)).first()
                rows = [_row(table, number) for number in range(1, ROWS + 1)]
                if has is None:
                    connection.execute(insert(table), rows)


def _row(table: Table, number: int) -> dict[str, Any]:
    """Row n has n wherever something may point to it or be pointed to, so that references are right by themselves."""
    keyed = _keyed(table)
    empty = number == ROWS
    return {
        column.name: None if empty and column.nullable else _value(column, number, key=column.name in keyed)
        for column in table.columns
    }


def _keyed(table: Table) -> set[str]:
    keys: list[ColumnCollectionConstraint | Index] = [index for index in table.indexes if index.unique]
    keys += [each for each in table.constraints if isinstance(each, ColumnCollectionConstraint)]
    return {column.name for key in keys for column in key.columns}


def _value(column: Column[Any], number: int, *, key: bool) -> object:
    kind = column.type
    if kind.python_type is bytes:
        return bytes(range(256)) * number
    if isinstance(kind, Integer):
        return LARGE + number if isinstance(kind, BigInteger) and not key else number
    assert isinstance(kind, String | Text), f"{column.table.name}.{column.name} is of a kind that is not filled: {kind}"
    if key:
        return str(number)
    return f"{number} {AWKWARD}" if kind.length is None else f"{number} {AWKWARD}"[: kind.length]


def kept(url: str, before: Mapping[str, Kept] | None = None) -> dict[str, Kept]:
    """Every table with its rows; where it was `before`, by the columns of then. What is dropped must say why."""
    with schema.connected(url) as connection:
        found = MetaData()
        found.reflect(connection)
        tables = {name: table for name, table in found.tables.items() if name != VERSION_TABLE}
        if before is not None:
            missing = before.keys() - tables.keys() - DROPPED.keys()
            assert not missing, f"an upgrade dropped {sorted(missing)}; DROPPED says why, if it is on purpose"
        answers = {}
        for name, table in tables.items():
            if before is None:
                columns = tuple(table.c.keys())
            elif name in before:
                wanted = [column for column in before[name].columns if f"{name}.{column}" not in DROPPED]
                missing = {column for column in wanted if column not in table.c}
                assert not missing, f"an upgrade dropped {sorted(missing)} of {name}; DROPPED says why"
                columns = tuple(wanted)
            else:
                continue
            rows = sorted(repr(tuple(row)) for row in connection.execute(select(*(table.c[each] for each in columns))))
            answers[name] = Kept(columns, len(rows), hashlib.sha256("\n".join(rows).encode()).hexdigest())
        return answers


def must_be_kept(url: str, before: Mapping[str, Kept]) -> None:
    """Raises: AssertionError naming the tables whose rows are not what they were."""
    after = kept(url, before)
    lost = {
        name: (each.rows, after[name].rows)
        for name, each in before.items()
        if name in after and after[name] != each and after[name].columns == each.columns
    }
    fewer = {name for name, each in before.items() if name in after and after[name].rows != each.rows}
    wrong = sorted({*lost, *fewer})
    assert not wrong, f"rows are not what they were in {', '.join(wrong)}: {lost}"

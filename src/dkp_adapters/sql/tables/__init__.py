"""The tables of each context, in one metadata; importing a module of this package adds its tables.

Columns are integers, text or bytes: moments are microseconds since 1970 (UTC), points are hundredths, truth is 0 or 1,
and what has parts is JSON text. The databases then agree on every value, and rows need no conversion.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, Final

from sqlalchemy import BigInteger, LargeBinary, MetaData, SmallInteger, String, Table, Text
from sqlalchemy.dialects.mysql import LONGBLOB, MEDIUMTEXT
from sqlalchemy.schema import SchemaItem

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id: Final = BigInteger()
"""An id, or a count without a practical limit."""
Moment: Final = BigInteger()
"""Microseconds since 1970-01-01T00:00:00Z."""
Hundredths: Final = BigInteger()
"""Points, in hundredths."""
Flag: Final = SmallInteger()
"""0 or 1."""


def letters(most: int) -> String:
    """Text of at most so many characters, compared and sorted by code point on every database."""
    return String(most).with_variant(String(most, collation="C"), "postgresql")


Word: Final = letters(64)
"""A word of ours: a kind, a status, a permission."""
Name: Final = letters(64)
"""A name as people write it; the core allows 64 characters."""
NameKey: Final = letters(128)
"""What a name compares by; folding may lengthen it, to twice as many characters at most."""
ExternalId: Final = letters(128)
"""What another system calls something: a game, or the one it was imported from (O-4)."""
LongText: Final = Text().with_variant(Text(collation="C"), "postgresql").with_variant(MEDIUMTEXT(), "mysql", "mariadb")
"""Text or JSON of any length we accept (MariaDB: 16 MB)."""
Bytes: Final = LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb")
"""A file as it came."""


SEALED: Final = {"sealed": True}
"""The `info` of a column that holds secrets as `Sealing` gives them: they are sealed anew when the keys change."""


def table(name: str, *parts: SchemaItem, clustered: bool = False) -> Table:
    """A table in our metadata; on MariaDB with InnoDB and a collation that tells é from e and A from a.

    `clustered` keeps its rows in the order of the primary key on SQLite too (WITHOUT ROWID): for small rows with a
    composite key that are read by it.
    """
    options: dict[str, Any] = {}
    for server in ("mysql", "mariadb"):
        options |= {
            f"{server}_engine": "InnoDB",
            f"{server}_charset": "utf8mb4",
            f"{server}_collate": "utf8mb4_bin",
        }
    if clustered:
        options["sqlite_with_rowid"] = False
    made = Table(name, metadata, *parts, **options)
    if len(made.primary_key) == 1:
        next(iter(made.primary_key)).autoincrement = False  # ids come from our counters, never from a database
    return made


def all_tables() -> MetaData:
    """The metadata with the tables of every context in it."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return metadata

"""How revisions spell what all tables share. What is here never changes its meaning: history depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.dialects.mysql import LONGBLOB, MEDIUMTEXT


def letters(most: int) -> String:
    """Text of at most so many characters, by code point."""
    return String(most).with_variant(String(most, collation="C"), "postgresql")


LONG_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql").with_variant(MEDIUMTEXT(), "mysql", "mariadb")
"""Text of any length, by code point."""

BYTES: Final = LargeBinary().with_variant(LONGBLOB(), "mysql", "mariadb")
"""A file."""

TABLE: Final[Mapping[str, Any]] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
"""The options of every table."""

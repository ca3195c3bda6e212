"""What SQLite is told about how rows are spread, since it does not find out by itself.

Where it knows nothing, SQLite takes any `column = ?` for ten rows. So it would read a whole guild by the primary key to
find one item's awards, though there is an index on `(guild_id, item_id)`: a list of items that takes 2 ms took 730, and
more with every award. PostgreSQL and MariaDB look at their tables by themselves; SQLite looks when it is told to, which
in a new file finds nothing.

`schema.upgrade` therefore writes down what is true of every installation that has grown: a guild is a small part of a
table but many rows, and each further column of an index narrows them. What ANALYZE or PRAGMA optimize found out in a
table is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection

ROWS: Final = 10**9
"""Of a table: so many that no plan leaves the guild, be it to have rows in order or to make a filter of all of them."""
ROWS_OF_GUILD: Final = 10**4
ROWS_FOUND: Final = 10
"""By all columns of an index that is not unique."""
COARSE: Final = frozenset({"aggregate"})
"""Columns with so few values that one of them is half of the guild, as far as it is known."""
OURS: Final = "noskipscan guessed"
"""How our lines end. ANALYZE writes neither word: the first keeps SQLite from using an index without its guild, the
second it passes over. Source: https://www.sqlite.org/fileformat2.html#the_sqlite_stat1_table"""

# The key of a table without row ids is not in sqlite_master: statistics have it by the table's name.
_INDEXES: Final = """
    SELECT tables.name, coalesce(made.name, tables.name), indexes."unique", columns.name
    FROM sqlite_master AS tables
    JOIN pragma_index_list(tables.name) AS indexes
    JOIN pragma_index_info(indexes.name) AS columns
    LEFT JOIN sqlite_master AS made ON made.type = 'index' AND made.name = indexes.name
    WHERE tables.type = 'table'
    ORDER BY 1, 2, columns.seqno
"""


def write_statistics(connection: Connection) -> None:
    """Say how a guild's rows are spread in each table of which nothing is known, or only what we said before.

    Connections to the file plan by it once they read the schema anew, as after a migration.
    """
    connection.exec_driver_sql("ANALYZE sqlite_master")  # makes the table of statistics, and looks at none of ours
    connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE stat LIKE ?", (f"% {OURS}",))
    known = {table for (table,) in connection.exec_driver_sql("SELECT tbl FROM sqlite_stat1")}
    found = connection.exec_driver_sql(_INDEXES).fetchall()
    for (table, index, unique), rows in groupby(found, key=itemgetter(0, 1, 2)):
        columns = [column for *_, column in rows]
        if table not in known and columns[0] == "guild_id" and len(columns) > 1:
            connection.exec_driver_sql(
                "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)",
                (table, index, f"{ROWS} {' '.join(map(str, _spread(columns, unique=unique)))} {OURS}"),
            )


def _spread(columns: Sequence[str], *, unique: bool) -> Sequence[int]:
    """How many rows the first column of an index leaves, the first two, and so on: each divides by the same number."""
    found = 1 if unique else ROWS_FOUND
    rows = [ROWS_OF_GUILD]
    for number, column in enumerate(columns[1:], start=1):
        share = number / (len(columns) - 1)
        rows.append(rows[-1] // 2 if column in COARSE else round(ROWS_OF_GUILD ** (1 - share) * found**share))
    return rows

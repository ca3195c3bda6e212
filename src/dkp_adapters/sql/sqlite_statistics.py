"""What SQLite is told about how rows are spread, since it does not find out by itself.

Where it knows nothing, SQLite takes `column = ?` for ten rows, whatever the column is. So it reads a whole guild by the
primary key to find the awards of one item, though an index on `(guild_id, item_id)` is there: 10 ms where 0.1 would do,
and more with every award. PostgreSQL and MariaDB look at their tables now and then. SQLite's own ANALYZE looks once, in
a file that is still empty.

So `schema.upgrade` writes down what is true of every installation that has grown: a guild is a small part of a table,
and each further column of an index narrows it. What ANALYZE (or PRAGMA optimize) has found in a table is left alone:
that is known, not guessed. Source: https://www.sqlite.org/fileformat2.html#stat1tab
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

ROWS: Final = 10**9
"""Of a table: so many that no plan leaves the guild, not even for an index that is in the wanted order."""
ROWS_OF_GUILD: Final = 10**4
ROWS_WANTED: Final = 10
"""What a whole index without duplicates would narrow to 1."""
OURS: Final = "noskipscan guessed"
"""Ends each line of ours: ANALYZE writes neither word. The first is SQLite's own, the second means nothing to it."""

# Of a table without row ids the primary key is in no sqlite_master, and statistics call it by the table's name.
_INDEXES: Final = """
    SELECT tables.name, coalesce(made.name, tables.name), indexes."unique", count(*), min(columns.name) FILTER (
        WHERE columns.seqno = 0)
    FROM sqlite_master AS tables, pragma_index_list(tables.name) AS indexes, pragma_index_info(indexes.name) AS columns
    LEFT JOIN sqlite_master AS made ON made.type = 'index' AND made.name = indexes.name
    WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
    GROUP BY tables.name, indexes.name
"""


def write_statistics(connection: Connection) -> None:
    """Tell SQLite how a guild's rows are spread in each table of which it knows nothing, or only what we said before.

    Connections that are open already plan by what they read when they were opened.
    """
    connection.exec_driver_sql("ANALYZE sqlite_master")  # makes sqlite_stat1, and looks at no table of ours
    connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE stat LIKE ?", (f"%{OURS}",))
    known = {table for (table,) in connection.exec_driver_sql("SELECT tbl FROM sqlite_stat1")}
    for table, index, unique, columns, first in connection.exec_driver_sql(_INDEXES).fetchall():
        if table not in known and first == "guild_id" and columns > 1:
            connection.exec_driver_sql(
                "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)",
                (table, index, _spread(columns, ROWS_MATCHED_UNIQUE if unique else ROWS_WANTED)),
            )

"""A guild in a database of any kind, and everything that the database holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from attrs import frozen
from sqlalchemy import select

from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.moments import micros
from dkp_adapters.sql.statement import Statement
from dkp_adapters.sql.tables import all_tables
from dkp_adapters.system import SystemClock
from tests.integration.cli.command_line import OF_NO_MEANING, CommandsOn
from tests.integration.exported import Tables, exported, told_by

OFFICER: Final = "123456789012345678"

Content = dict[str, list[tuple[Any, ...]]]


@frozen
class Settled:
    """`dkp` on a database with a guild in it, founded since; dumps lie in the folder."""

    dkp: CommandsOn
    folder: Path
    since: datetime

    def content(self) -> Content:
        """Every row of every table that means something."""
        with self._database() as database:
            connection = database.engine.connect("read")
            try:
                return {
                    table.name: sorted(
                        map(tuple, connection.all(Statement(select(table), across_guilds=True), {})), key=repr
                    )
                    for table in all_tables().sorted_tables
                    if table.name not in OF_NO_MEANING
                }
            finally:
                connection.close()

    @classmethod
    def on(cls, url: str, folder: Path) -> Settled:
        """A guild that is founded in a database now."""
        made = cls(CommandsOn(url), folder, datetime.now(UTC))
        made.dkp.run("init", "--guild", "Norrath Watch", "--officer", OFFICER, "--username", "Alma")
        return made

    def told(self, guild: int = 1) -> Tables:
        """What a guild holds, whatever ids it has, and whenever it was written since it was founded."""
        with self._database() as database:
            told = told_by(exported(database, guild))
        return {name: sorted(([_timeless(cell, self.since) for cell in row] for row in rows), key=repr)
                for name, rows in told.items()}  # fmt: skip

    @contextmanager
    def _database(self) -> Iterator[SqlDatabase]:
        database = SqlDatabase.open(self.dkp.url, clock=SystemClock())
        try:
            yield database
        finally:
            database.close()


def _timeless(cell: Any, since: datetime) -> Any:
    """The same, with nothing of when it was written; moments are whole microseconds since 1970, as they are kept."""
    if isinstance(cell, dict):
        return {key: _timeless(each, since) for key, each in cell.items()}
    if isinstance(cell, list):
        return [_timeless(each, since) for each in cell]
    if isinstance(cell, int) and micros(since) <= cell <= micros(datetime.now(UTC)):
        return "now"
    return cell

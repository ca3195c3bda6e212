"""The schema of a database: what it is, what it should be, and how it gets there (O-8)."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from attrs import define, frozen
from sqlalchemy import event
from sqlalchemy.pool import NullPool

from dkp_adapters.sql.engine import Engine
from dkp_adapters.sql.statement import DialectName

VERSIONS: Final = Path(__file__).with_name("migrations") / "versions"
DIFFERENCES: Final[Mapping[str, Any]] = {"compare_type": True, "compare_server_default": True}
"""What counts as a difference between tables and a database."""

_REVISION: Final = re.compile(r"(\d{4})_\w+\.py")
_LOCK: Final = 6_441_867
_HAS_HISTORY: Final[Mapping[DialectName, str]] = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'",
    "postgresql": "SELECT 1 WHERE to_regclass('alembic_version') IS NOT NULL",
    "mysql": (
        "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'alembic_version'"
    ),
}
_SPOKEN: Final[Mapping[DialectName, str]] = {
    "sqlite": "sqlite+pysqlite://",
    "postgresql": "postgresql+psycopg://",
    "mysql": "mysql+pymysql://",
}


class SchemaState(StrEnum):
    """How a database stands to this program."""

    CURRENT = "current"
    BEHIND = "behind"
    NEWER = "newer"
    MISSING = "missing"


@frozen(kw_only=True)
class SchemaStatus:
    """A database's revision (None where there is none) and the one that this program wants."""

    state: SchemaState
    revision: str | None
    wanted: str | None


@define
class SchemaUnfit(Exception):
    """The database is not as this program needs it; says what to do."""

    status: SchemaStatus

    def __str__(self) -> str:
        found, wanted = self.status.revision, self.status.wanted
        match self.status.state:
            case SchemaState.MISSING:
                return "The database is empty or does not exist: run `dkp db upgrade`."
            case SchemaState.BEHIND:
                return f"The database is at revision {found}, this program needs {wanted}: run `dkp db upgrade`."
            case SchemaState.NEWER:
                return (
                    f"The database is at revision {found}, which this program does not know (it knows up to {wanted}): "
                    "use the newer program that upgraded it."
                )
            case _:
                return f"The database is at revision {found}."


class ReferencesBroken(Exception):
    """After a migration, rows point to what does not exist; the migration was rolled back."""


def known_revisions() -> Sequence[str]:
    """The revisions that this program knows, oldest first."""
    found = (_REVISION.fullmatch(path.name) for path in VERSIONS.iterdir())
    return sorted(match[1] for match in found if match is not None)


def current(url: str) -> str | None:
    """The revision of the database, None where there is none. Raises: InvalidValue (URL), Unavailable."""
    with _opened(url) as engine:
        if engine.dialect == "sqlite" and not _file(engine).exists():
            return None
        connection = engine.readers.take()
        try:
            if connection.ask(_HAS_HISTORY[engine.dialect]) is None:
                return None
            row = connection.ask("SELECT version_num FROM alembic_version")
            return None if row is None else str(row[0])
        finally:
            engine.readers.give_back(connection)


def check(url: str) -> SchemaStatus:
    """How the database stands to this program. Raises: InvalidValue (URL), Unavailable."""
    revision, known = current(url), known_revisions()
    wanted = known[-1] if known else None
    if revision is None:
        state = SchemaState.MISSING
    elif revision == wanted:
        state = SchemaState.CURRENT
    else:
        state = SchemaState.BEHIND if revision in known else SchemaState.NEWER
    return SchemaStatus(state=state, revision=revision, wanted=wanted)


def require_current(url: str) -> None:
    """Raises: SchemaUnfit unless the database is at exactly this program's revision; InvalidValue, Unavailable."""
    status = check(url)
    if status.state is not SchemaState.CURRENT:
        raise SchemaUnfit(status)


def upgrade(url: str, progress: Callable[[str], None] = lambda _: None) -> SchemaStatus:
    """Bring the database to this program's revision, telling `progress` each step; makes the file of a SQLite URL.

    On SQLite and PostgreSQL it happens as a whole or not at all; on MariaDB an interrupted one is run again. Two that
    start at once come one after the other. Raises: SchemaUnfit for a newer database, InvalidValue, Unavailable.
    """
    before = check(url)
    if before.state is SchemaState.NEWER:
        raise SchemaUnfit(before)
    if before.state is SchemaState.CURRENT:
        progress(f"the database is at revision {before.revision} already")
        return before
    with _opened(url) as engine:
        if engine.dialect == "sqlite":
            _make_file(_file(engine))
    # Alembic is dear to import, and a server that starts only asks `require_current`.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    from dkp_adapters.sql.sqlite_statistics import write_statistics
    from dkp_adapters.sql.tables import all_tables

    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)

    def steps(revision: Any, _: Any) -> Any:
        return script._upgrade_revs("head", revision)  # as alembic's own command does

    def told(*_: Any, **what: Any) -> None:
        step = what["step"]
        progress(f"{step.up_revision_id}: {step.up_revision.doc}")

    with (
        connected(url, migrating=True) as connection,
        EnvironmentContext(config, script, fn=steps) as environment,
    ):
        environment.configure(
            connection=connection,
            target_metadata=all_tables(),
            render_as_batch=True,
            on_version_apply=told,
        )
        environment.run_migrations()
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise ReferencesBroken(f"rows that point to nothing: {broken[:10]}")
            write_statistics(connection)
    return check(url)


@contextmanager
def connected(url: str, *, migrating: bool = False) -> Iterator[sqlalchemy.Connection]:
    """A connection of SQLAlchemy's, for what only it can do: DDL and comparing schemas, in one transaction.

    With `migrating` it waits for another migration to end, and SQLite's foreign keys are checked at the end only,
    since its tables are changed by copying them.
    """
    with _opened(url) as engine:
        raw = engine.connect("long write")
        made = sqlalchemy.create_engine(
            _SPOKEN[engine.dialect],
            creator=lambda: raw.raw,  # type: ignore[attr-defined]  # each driver's connection has its own
            poolclass=NullPool,
        )
        if engine.dialect == "sqlite":
            event.listen(made, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
            if migrating:
                raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with made.connect() as connection:
                if migrating and engine.dialect == "mysql":
                    connection.exec_driver_sql(f"SELECT GET_LOCK('dkp {_LOCK}', 60)")
                    connection.commit()
                with connection.begin():
                    if migrating and engine.dialect == "postgresql":
                        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                    yield connection
        finally:
            made.dispose()
            raw.close()


@contextmanager
def _opened(url: str) -> Iterator[Engine]:
    engine = Engine.open(url)
    try:
        yield engine
    finally:
        engine.close()


def _file(engine: Engine) -> Path:
    return Path(engine.url.database or "")


def _make_file(path: Path) -> None:
    """An empty file that nobody else on the machine may read."""
    with suppress(FileExistsError, FileNotFoundError, PermissionError):  # what is wrong shows when it is opened
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

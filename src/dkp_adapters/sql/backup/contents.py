"""The content of a backup: how it is got out of each database, looked through, and brought back."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from attrs import frozen

from dkp_adapters.sql.backup.bundles import PIECE
from dkp_adapters.sql.backup.errors import BackupDamaged, BackupRefused, TargetInUse, TargetNotEmpty
from dkp_adapters.sql.backup.files import alike, private, settled
from dkp_adapters.sql.backup.programs import ProgramFailed, found, run
from dkp_adapters.sql.drivers.sqlite import SqliteConnection, path_of
from dkp_adapters.sql.engine import Connection, Engine
from dkp_adapters.sql.snapshot import snapshot
from dkp_adapters.sql.statement import DialectName
from dkp_core.kernel.errors import Unavailable

Counts = Mapping[str, int]

_SQLITE_TABLES: Final = (
    "SELECT json_group_array(name) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
)
_POSTGRESQL_TABLES: Final = (
    "SELECT coalesce(json_agg(table_name ORDER BY table_name)::text, '[]') FROM information_schema.tables "
    "WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
)
_MARIADB_TABLES: Final = (
    "SELECT coalesce(json_arrayagg(table_name), '[]') FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
)
_LIBPQ_ONLY_OURS: Final = "prepare_threshold"
_MARIADB_OPTIONS: Final = {
    "unix_socket": "socket",
    "ssl_ca": "ssl-ca",
    "ssl_cert": "ssl-cert",
    "ssl_key": "ssl-key",
}
_INSERT: Final = re.compile(rb"INSERT INTO `([^`]+)` VALUES")
_CREATE: Final = re.compile(rb"CREATE TABLE `([^`]+)`")
_ENDED: Final = b"-- Dump completed"


@frozen
class Content(ABC):
    """One database, as what is to be kept of it."""

    engine: Engine

    @abstractmethod
    def dump(self, into: Path) -> Counts:
        """Write what is committed now to a file, however much is written meanwhile; tells the rows of each table.

        Raises: ProgramMissing, ProgramFailed, BackupDamaged where what was written can't be read, Unavailable, OSError.
        """

    @abstractmethod
    def counts(self) -> Counts:
        """How many rows each table holds now; nothing where there is no table, or no database. Raises: Unavailable."""

    @abstractmethod
    def load(self, content: Path, *, overwrite: bool) -> None:
        """Make the database what the file holds. Raises: TargetNotEmpty unless `overwrite`, TargetInUse, …"""

    def _must_be_empty(self, overwrite: bool) -> None:
        tables = self.counts()
        if tables and not overwrite:
            raise TargetNotEmpty(len(tables))


# --- SQLite -----------------------------------------------------------------------------------------------------------


@frozen
class SqliteContent(Content):
    """A file, copied by SQLite's own backup function."""

    def dump(self, into: Path) -> Counts:
        source = self.engine.connect("long read")
        assert isinstance(source, SqliteConnection)
        try:
            with closing(sqlite3.connect(into, isolation_level=None)) as copy:
                source.raw.backup(copy)  # in one step: one state, while others go on writing
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, not three
                return _sound(copy)
        except sqlite3.Error as fault:  # mostly a full disk
            raise ProgramFailed("SQLite's backup", str(fault)) from fault
        finally:
            source.close()

    def counts(self) -> Counts:
        if not path_of(self.engine.url).exists():
            return {}
        connection = self.engine.connect("read")
        try:
            return _counted(connection, _SQLITE_TABLES)
        finally:
            connection.close()

    def load(self, content: Path, *, overwrite: bool) -> None:
        self._must_be_empty(overwrite)
        target = path_of(self.engine.url)
        if not target.parent.is_dir():
            raise BackupRefused(f"There is no folder {target.parent}", "the path of a file in a folder that is there")
        beside = target.with_name(f".{target.name}.restored")
        try:
            _copied(content, beside)
            with closing(sqlite3.connect(beside, isolation_level=None)) as copy:
                _sound(copy)
            if target.exists():
                self._must_be_alone(target)
                alike(beside, target)
            beside.replace(target)
            settled(target.parent)
        except sqlite3.Error as fault:
            raise BackupDamaged(content.name, f"SQLite can't read it ({fault})") from fault
        finally:
            beside.unlink(missing_ok=True)

    def _must_be_alone(self, target: Path) -> None:
        """Leave the journal beside the file, which only who is alone can. Raises: TargetInUse."""
        with closing(sqlite3.connect(target, timeout=0, isolation_level=None)) as connection:
            try:
                mode = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
                connection.execute("BEGIN EXCLUSIVE")
                connection.execute("ROLLBACK")
                if mode != ("delete",):
                    raise TargetInUse
            except sqlite3.OperationalError as busy:
                raise TargetInUse from busy


def _sound(copy: sqlite3.Connection) -> Counts:
    """The rows of each table of a file that SQLite finds nothing wrong with. Raises: BackupDamaged, sqlite3.Error."""
    verdict = copy.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != ("ok",):
        raise BackupDamaged("the copy", f"SQLite finds it damaged ({verdict[0] if verdict else 'no answer'})")
    return _counted(SqliteConnection(copy), _SQLITE_TABLES)


def _copied(source: Path, target: Path) -> None:
    """A copy that only its owner may read, and that is on the disk."""
    private(target)
    with source.open("rb") as read, target.open("wb") as written:
        written.writelines(iter(lambda: read.read(PIECE), b""))
        written.flush()
        os.fsync(written.fileno())


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@frozen
class PostgresqlContent(Content):
    """A database of a PostgreSQL server, by pg_dump, pg_restore and psql."""

    def dump(self, into: Path) -> Counts:
        with snapshot(self.engine) as connection, self._address() as environment:
            row = connection.ask("SELECT pg_export_snapshot(), current_schema()")
            assert row is not None
            counts = _counted(connection, _POSTGRESQL_TABLES)
            version = _server_version(connection)
            chosen = [f"--table={_quoted(row[1])}.{_quoted(table)}" for table in counts]
            run(
                _program("pg_dump", version),
                ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={row[0]}", *chosen, "service=dkp"],
                environment=environment,
                output=into,
            )
            # Every row of it is read once.
            run(_program("pg_restore", version), [f"--file={os.devnull}", str(into)])
        return counts

    def counts(self) -> Counts:
        with snapshot(self.engine) as connection:
            return _counted(connection, _POSTGRESQL_TABLES)

    def load(self, content: Path, *, overwrite: bool) -> None:
        self._must_be_empty(overwrite)
        connection = self.engine.connect("read")
        try:
            version, tables = _server_version(connection), _tables(connection, _POSTGRESQL_TABLES)
            others = connection.ask(
                "SELECT count(*) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'dkp'"
            )
        finally:
            connection.close()
        if others is not None and others[0]:
            raise TargetInUse
        with self._address() as environment, tempfile.TemporaryDirectory(prefix="dkp-restore-") as folder:
            before, script = Path(folder) / "before.sql", Path(folder) / "script.sql"
            dropped = ", ".join(_quoted(table) for table in tables)
            before.write_text(f"DROP TABLE {dropped} CASCADE;\n" if dropped else "", "utf-8")
            run(
                _program("pg_restore", version),
                ["--no-owner", "--no-privileges", f"--file={script}", str(content)],
            )
            # As a whole or not at all.
            run(
                _program("psql", version),
                [
                    *("--no-psqlrc", "--quiet", "--no-password", "--single-transaction", "--set=ON_ERROR_STOP=1"),
                    *("--dbname=service=dkp", f"--file={before}", f"--file={script}"),
                ],
                environment=environment,
            )

    @contextmanager
    def _address(self) -> Iterator[Mapping[str, str]]:
        """The environment by which PostgreSQL's programs find the server; the arguments tell nothing of it."""
        url = self.engine.url
        named = {name: str(value) for name, value in url.query.items() if name != _LIBPQ_ONLY_OURS}
        address = {"host": url.host, "port": url.port, "user": url.username, "dbname": url.database}
        named |= {name: str(value) for name, value in address.items() if value is not None}
        password = named.pop("password", None) or url.password
        if strange := [name for name, value in named.items() if "\n" in name + value]:
            raise BackupRefused(f"{strange[0]} of the database's URL has a line break in it", "one line")
        with _kept_to_oneself(["[dkp]", *(f"{name}={value}" for name, value in named.items())]) as path:
            yield {"PGSERVICEFILE": str(path), **({"PGPASSWORD": password} if password else {})}


def _server_version(connection: Connection) -> int:
    row = connection.ask("SELECT current_setting('server_version_num')::int / 10000")
    assert row is not None
    return int(row[0])


def _program(name: str, version: int) -> Path:
    return found([name], package="PostgreSQL's client programs, such as postgresql-client", version_min=version)


# --- MariaDB ----------------------------------------------------------------------------------------------------------


@frozen
class MariadbContent(Content):
    """A database of a MariaDB or MySQL server, by mariadb-dump and mariadb."""

    def dump(self, into: Path) -> Counts:
        program = found(["mariadb-dump", "mysqldump"], package=_MARIADB_PACKAGE)
        with self._address() as options:
            run(
                program,
                [
                    f"--defaults-file={options}",
                    *("--single-transaction", "--quick", "--skip-lock-tables", "--skip-add-locks", "--no-autocommit"),
                    # A line for each row: so they can be counted, which no other connection could do in this snapshot.
                    *("--skip-extended-insert", "--hex-blob", "--default-character-set=utf8mb4", "--no-tablespaces"),
                    *("--skip-triggers", "--skip-dump-date", str(self.engine.url.database)),
                ],
                output=into,
            )
        return _dumped(into)

    def counts(self) -> Counts:
        with snapshot(self.engine) as connection:
            return _counted(connection, _MARIADB_TABLES)

    def load(self, content: Path, *, overwrite: bool) -> None:
        self._must_be_empty(overwrite)
        program = found(["mariadb", "mysql"], package=_MARIADB_PACKAGE)
        connection = self.engine.connect("long write")
        try:
            others = connection.ask(
                "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND id <> connection_id()"
            )
            if others is not None and others[0]:
                raise TargetInUse
            _dropped(connection)
            try:
                with self._address() as options:
                    run(
                        program,
                        [f"--defaults-file={options}", "--default-character-set=utf8mb4", *_name(self.engine)],
                        source=content,
                    )
            except BaseException:
                _dropped(connection)  # rather nothing than half of it
                raise
        finally:
            connection.close()

    @contextmanager
    def _address(self) -> Iterator[Path]:
        """A file of options by which MariaDB's programs find the server."""
        url = self.engine.url
        named = {
            "host": url.host or "127.0.0.1",
            "port": str(url.port or 3306),
            "user": url.username,
            "password": url.password,
            **{_MARIADB_OPTIONS[name]: str(value) for name, value in url.query.items()},
        }
        lines = [f"{name}={_escaped(value)}" for name, value in named.items() if value is not None]
        with _kept_to_oneself(["[client]", *lines]) as path:
            yield path


_MARIADB_PACKAGE: Final = "MariaDB's client programs, such as mariadb-client"


def _name(engine: Engine) -> Sequence[str]:
    return (str(engine.url.database),)


def _escaped(value: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return f'"{"".join(escapes.get(char, char) for char in value)}"'


def _dropped(connection: Connection) -> None:
    """Remove every table, whatever points to it."""
    try:
        connection.execute("SET SESSION foreign_key_checks = 0")
        for table in _tables(connection, _MARIADB_TABLES):
            connection.execute(f"DROP TABLE `{table.replace('`', '``')}`")
        connection.execute("SET SESSION foreign_key_checks = 1")
        connection.commit()
    except connection.faults as fault:
        raise connection.translated(fault, None, {}) from fault


def _dumped(path: Path) -> Counts:
    """How many rows of each table there are in a dump. Raises: BackupDamaged for one that was cut off."""
    counts: dict[str, int] = {}
    last = b""
    with path.open("rb") as dump:
        for line in dump:
            if line.strip():
                last = line
            if (made := _CREATE.match(line)) is not None:
                counts[made[1].decode()] = 0
            elif (row := _INSERT.match(line)) is not None:
                counts[row[1].decode()] += 1
    if not last.startswith(_ENDED):
        raise BackupDamaged("the dump", "it was cut off")
    return counts


# --- all of them ------------------------------------------------------------------------------------------------------


def content_of(engine: Engine) -> Content:
    """The content of that database."""
    kinds: Mapping[DialectName, Callable[[Engine], Content]] = {
        "sqlite": SqliteContent,
        "postgresql": PostgresqlContent,
        "mysql": MariadbContent,
    }
    return kinds[engine.dialect](engine)


def _tables(connection: Connection, listing: str) -> list[str]:
    row = connection.ask(listing)
    return [] if row is None else sorted(json.loads(row[0]))


def _counted(connection: Connection, listing: str) -> Counts:
    found: dict[str, int] = {}
    for table in _tables(connection, listing):
        name = f"`{table.replace('`', '``')}`" if connection.dialect == "mysql" else _quoted(table)
        row = connection.ask(f"SELECT count(*) FROM {name}")  # noqa: S608  # a name that the database told us, quoted
        if row is None:
            raise Unavailable(f"{table} was not counted")
        found[table] = int(row[0])
    return found


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def _kept_to_oneself(lines: Sequence[str]) -> Iterator[Path]:
    """A file with these lines that only its owner may read, while the block lasts."""
    with tempfile.TemporaryDirectory(prefix="dkp-") as folder:
        path = Path(folder) / "address"
        private(path)
        path.write_text("\n".join(lines) + "\n", "utf-8")
        yield path

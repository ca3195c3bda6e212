"""Backups hold all that was committed, prove themselves, and come back whole or not at all (O-7)."""

from __future__ import annotations

import hashlib
import json
import resource
import secrets
import shutil
import sqlite3
import threading
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import pymysql
import pytest
from attrs import asdict, evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dkp_adapters.sql import schema
from dkp_adapters.sql.backup import (
    Backup,
    BackupDamaged,
    BackupRefused,
    Manifest,
    ProgramFailed,
    ProgramMissing,
    TargetInUse,
    TargetNotEmpty,
    back_up,
    file_for,
    forget_oldest,
    forget_unfinished,
    making,
    manifest_of,
    planned,
    programs,
    restore,
)
from dkp_adapters.sql.backup.bundles import CONTENT, MANIFEST, prove
from dkp_adapters.sql.backup.contents import MariadbContent, PostgresqlContent, SqliteContent
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.engine import Engine as SqlEngine
from dkp_adapters.sql.schema import SchemaUnfit
from dkp_adapters.sql.statement import Statement, binds
from dkp_adapters.sql.tables.kernel import installation
from dkp_adapters.system import SystemClock
from dkp_core.kernel.actor import operator
from dkp_core.kernel.errors import InvalidValue
from tests import services
from tests.integration.databases import with_schema
from tests.services import Engine

AT: Final = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
_ADD: Final = Statement(installation.insert().values(**binds(installation, "key", "value")))
# What has to survive every way of spelling it: quotes, line breaks, letters, what looks like a dump's own words.
AWKWARD: Final = 'Élan\'s "cloak"\\\n-- Dump completed\r\nINSERT INTO `x` VALUES (1);\t🐉 \\N \\.'


def rows_of(url: str) -> Mapping[str, str]:
    """The checksum of every table's rows."""
    with schema.connected(url) as connection:
        tables = connection.dialect.get_table_names(connection)
        quoted = connection.dialect.identifier_preparer.quote
        return {
            table: hashlib.sha256(
                repr(sorted(tuple(row) for row in connection.execute(text(f"SELECT * FROM {quoted(table)}")))).encode()
            ).hexdigest()
            for table in tables
        }


def put(database: SqlDatabase, *pairs: tuple[str, str]) -> None:
    """Write rows in one transaction."""
    with database.begin_installation(operator("test")) as work:
        for key, value in pairs:
            work.session.run(_ADD, key=key, value=value)


@contextmanager
def written_to(url: str) -> Iterator[SqlDatabase]:
    """The database, to which others write pairs of rows as fast as they can while the block lasts."""
    database, marker = SqlDatabase.open(url, clock=SystemClock()), secrets.token_hex(4)
    begun, ended = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not ended.wait(0.005):
            number += 1
            put(database, (f"one {marker} {number}", AWKWARD), (f"other {marker} {number}", AWKWARD))
            begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(30)
        yield database
    finally:
        ended.set()
        writer.join()
        database.close()


def test_what_is_restored_is_what_was_committed_at_one_moment(
    schema_url: str, database_url: str, tmp_path: Path
) -> None:
    """O-7: while others write, on every database; each transaction is in it as a whole or not at all."""
    path = tmp_path / file_for(schema_url, AT)
    with written_to(schema_url) as database:
        put(database, (f"awkward {secrets.token_hex(4)}", AWKWARD))
        made = back_up(schema_url, path, at=AT, program="1.2.3")
    assert made.manifest == manifest_of(path)
    assert (made.manifest.made_at, made.manifest.program, made.manifest.revision) == (
        AT,
        "1.2.3",
        schema.known_revisions()[-1],
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith((".", "dkp-"))] == []
    told: list[str] = []
    assert restore(database_url, path, progress=told.append).state is schema.SchemaState.CURRENT
    assert "is whole" in told[0]
    with schema.connected(database_url) as connection:
        rows = connection.execute(installation.select()).fetchall()
    keys, values = [row.key for row in rows], {row.value for row in rows}
    ones, others = ({key.split(" ", 1)[1] for key in keys if key.startswith(kind)} for kind in ("one ", "other "))
    assert ones == others != set()
    assert AWKWARD in values
    before = rows_of(database_url)
    with pytest.raises(TargetNotEmpty, match="--overwrite"):
        restore(database_url, path)
    assert rows_of(database_url) == before
    with schema.connected(database_url) as connection:
        connection.exec_driver_sql("DELETE FROM installation")
        connection.exec_driver_sql("CREATE TABLE left_over (id INTEGER PRIMARY KEY)")
    restore(database_url, path, overwrite=True)
    assert rows_of(database_url) == before


# --- on SQLite alone: what is no question of the database -------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Backup]:
    """An SQLite database, and its backup."""
    folder = tmp_path_factory.mktemp("kept")
    url = with_schema("sqlite", folder)
    database = SqlDatabase.open(url, clock=SystemClock())
    put(database, *((f"key {number}", AWKWARD) for number in range(50)))
    database.close()
    return url, back_up(url, folder / "it.dkp-backup", at=AT, program="1")


@pytest.fixture
def empty(tmp_path: Path) -> str:
    """The URL of a database that is not there yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


@settings(max_examples=25)
@given(where=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed(
    where: float, bit: int, kept: tuple[str, Backup], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """O-7: unless it changes neither the content nor what is said of it, such as the zip's own time stamps."""
    whole = bytearray(kept[1].path.read_bytes())
    whole[int(where * len(whole))] ^= 1 << bit
    damaged = tmp_path_factory.mktemp("damaged") / "it.dkp-backup"
    damaged.write_bytes(whole)
    try:
        assert prove(damaged) == kept[1].manifest
    except (BackupDamaged, BackupRefused):
        return


def test_a_damaged_content_is_refused_by_its_checksum(kept: tuple[str, Backup], empty: str, tmp_path: Path) -> None:
    """O-7: also where the zip around it is sound; and nothing is made."""
    content = bytearray(_content(kept[1]))
    content[5000] ^= 1
    path = _bundle(tmp_path, kept[1].manifest, bytes(content))
    with pytest.raises(BackupDamaged, match="checksum"):
        restore(empty, path)
    assert not Path(empty.removeprefix("sqlite:///")).exists()


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.999])
def test_a_file_that_was_cut_off_is_refused(share: float, kept: tuple[str, Backup], empty: str, tmp_path: Path) -> None:
    """O-7, G-8: a copy that did not come to its end."""
    whole = kept[1].path.read_bytes()
    path = tmp_path / "cut"
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(BackupDamaged, match="accepted: a whole file"):
        planned(empty, path, overwrite=False)


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        ({"revision": "9999"}, BackupRefused, "9999"),
        ({"format": 99}, BackupRefused, "99"),
        ({"dialect": "postgresql"}, BackupRefused, "of a PostgreSQL database"),
        ({"dialect": "oracle"}, BackupDamaged, "no database that we know"),
        ({"made_at": "yesterday"}, BackupDamaged, "can't be read"),
        ({"tables": ["guilds"]}, BackupDamaged, "can't be read"),
        ({"tables": {"installation": 3}}, BackupDamaged, "missing or too many"),
    ],
)
def test_a_backup_that_does_not_fit_is_refused(
    change: Mapping[str, object],
    error: type[Exception],
    match: str,
    kept: tuple[str, Backup],
    empty: str,
    tmp_path: Path,
) -> None:
    """O-7, O-8: of a newer program, of another kind of database, or not what it says."""
    path = _bundle(tmp_path, kept[1].manifest, _content(kept[1]), **change)
    with pytest.raises(error, match=match):
        restore(empty, path)


def test_what_is_no_backup_is_refused(empty: str, tmp_path: Path) -> None:
    """G-8: a text, another zip, a folder, nothing."""
    (tmp_path / "text").write_text("Hello", "utf-8")
    with zipfile.ZipFile(tmp_path / "other", "w") as other:
        other.writestr("a", "b")
    for name in ("text", "other", "nothing", "."):
        with pytest.raises(BackupDamaged):
            planned(empty, tmp_path / name, overwrite=False)


def test_a_database_that_is_open_is_not_replaced(kept: tuple[str, Backup], tmp_path: Path) -> None:
    """O-7: what its program writes afterwards would go nowhere."""
    url = services.make_database("sqlite", template=kept[0], directory=tmp_path)
    before = rows_of(url)
    database = SqlDatabase.open(url, clock=SystemClock())
    put(database, ("new", "1"))
    with pytest.raises(TargetInUse, match="stop dkp"):
        restore(url, kept[1].path, overwrite=True)
    database.close()
    assert rows_of(url) != before
    file = Path(url.removeprefix("sqlite:///"))
    file.chmod(0o640)
    restore(url, kept[1].path, overwrite=True)
    assert file.stat().st_mode & 0o777 == 0o640, "whoever could read it still can"
    assert rows_of(url) == before == rows_of(kept[0])
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".db"]


@pytest.mark.parametrize("step", ["dump", "pack"])
def test_a_full_disk_leaves_nothing(
    step: str, kept: tuple[str, Backup], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-7: neither half a backup nor half a database; what was there stays."""
    url = services.make_database("sqlite", template=kept[0], directory=tmp_path)
    before, names = rows_of(url), {path.name for path in tmp_path.iterdir()}
    where: Any = making if step == "pack" else SqliteContent
    work = getattr(where, step)

    def cramped(*arguments: Any) -> Any:
        with files_of_at_most(5_000 if step == "pack" else 100_000):
            return work(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(where, step, cramped)
        with pytest.raises((OSError, ProgramFailed), match=r"disk|large"):
            back_up(url, tmp_path / "it", at=AT, program="1")
    assert {path.name for path in tmp_path.iterdir()} == names
    with files_of_at_most(450_000), pytest.raises(OSError, match="large"):
        restore(url, kept[1].path, overwrite=True)
    assert rows_of(url) == before
    assert {path.name for path in tmp_path.iterdir()} == names


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """This process writes no longer files than that, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_backup_gets_its_name_when_it_is_proven(
    kept: tuple[str, Backup], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-7: who is killed before leaves what the next one throws away; what is written wrong is no backup."""
    seen: list[str] = []

    def dying(packed: Path) -> Manifest:
        seen.extend(sorted(path.name for path in tmp_path.iterdir()))
        for path in tmp_path.iterdir():
            shutil.copy(path, tmp_path / f"{path.name}-wal")  # as a killed process leaves it
        return evolve(prove(packed), sha256="0")

    monkeypatch.setattr("dkp_adapters.sql.backup.making.prove", dying)
    path = tmp_path / file_for(kept[0], AT, scheduled=True)
    with pytest.raises(BackupDamaged, match="not what is read"):
        back_up(kept[0], path, at=AT, program="1", scheduled=True)
    assert len(seen) == 2
    assert all(name.startswith(".") for name in seen)
    assert all(path.name.endswith("-wal") for path in tmp_path.iterdir())
    forget_unfinished(tmp_path, kept[0])
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(kept: tuple[str, Backup], tmp_path: Path) -> None:
    """G-8: a file that is there stays, and a folder that is not is named."""
    there = tmp_path / "there"
    there.write_text("mine", "utf-8")
    with pytest.raises(InvalidValue, match="is there already"):
        back_up(kept[0], there, at=AT, program="1")
    assert there.read_text("utf-8") == "mine"
    with pytest.raises(InvalidValue, match="there is no folder"):
        back_up(kept[0], tmp_path / "none" / "it", at=AT, program="1")


def test_a_database_without_our_schema_is_not_backed_up(tmp_path: Path) -> None:
    """O-8: nor one that a newer program has upgraded."""
    with pytest.raises(SchemaUnfit):
        back_up(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "it", at=AT, program="1")
    assert list(tmp_path.iterdir()) == []


def test_a_restore_needs_a_folder_to_restore_into(kept: tuple[str, Backup], tmp_path: Path) -> None:
    """G-8: it makes none, since it may be a disk that is not there."""
    with pytest.raises(BackupRefused, match="There is no folder"):
        restore(f"sqlite:///{tmp_path / 'none' / 'dkp.db'}", kept[1].path)
    assert list(tmp_path.iterdir()) == []


def _content(backup: Backup) -> bytes:
    with zipfile.ZipFile(backup.path) as bundle:
        return bundle.read(CONTENT)


def _bundle(folder: Path, manifest: Manifest, content: bytes, **change: object) -> Path:
    """A sound zip around that content and manifest."""
    path = folder / "made-up.dkp-backup"
    with zipfile.ZipFile(path, "w") as bundle:
        bundle.writestr(CONTENT, content)
        told = {**asdict(manifest), "made_at": manifest.made_at.isoformat(), **change}
        bundle.writestr(MANIFEST, json.dumps(told))
    return path


# --- keeping the last ones --------------------------------------------------------------------------------------------


def test_the_last_ones_are_kept_and_what_is_not_ours_stays(kept: tuple[str, Backup], tmp_path: Path) -> None:
    """O-7: backups by hand, of other databases, and files that are only called like ours."""
    url = kept[0]
    made = [
        back_up(url, tmp_path / file_for(url, at, scheduled=True), at=at, program="1", scheduled=True).path
        for at in (AT + timedelta(days=day) for day in range(4))
    ]
    strangers = [
        back_up(url, tmp_path / file_for(url, AT), at=AT, program="1").path,
        tmp_path / made[0].name.replace("20261120", "20200101"),
        tmp_path / made[0].name.replace("20261120", "20200102"),
        tmp_path / f"another-{made[0].name}",
    ]
    strangers[1].write_text("called like one", "utf-8")
    shutil.copy(strangers[0], strangers[2])  # made by hand, whatever it is called now
    shutil.copy(made[0], strangers[3])
    assert list(forget_oldest(tmp_path, url, keep=2)) == [made[1], made[0]]
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in (*made[2:], *strangers)}
    assert list(forget_oldest(tmp_path, url, keep=2)) == []


# --- programs and secrets ---------------------------------------------------------------------------------------------

PASSWORD: Final = "p\"w\\d #é;'s"


def test_no_password_is_on_a_command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """O-7: arguments are seen by everybody on the machine; a file of one's own and the environment are not."""
    ran: list[Sequence[str]] = []
    private: list[int] = []

    def recorded(program: Path, arguments: Sequence[str], **options: Any) -> None:
        ran.append([str(program), *arguments])
        told = options.get("environment") or {}
        paths = (
            [told["PGSERVICEFILE"]] if told else [each.split("=")[1] for each in arguments if "defaults-file" in each]
        )
        for path in map(Path, paths):
            private.append(path.stat().st_mode & 0o777)
            assert told or PASSWORD.replace("\\", "\\\\").replace('"', '\\"') in path.read_text("utf-8")
            assert not told or PASSWORD not in path.read_text("utf-8")
        assert told.get("PGPASSWORD", PASSWORD) == PASSWORD

    monkeypatch.setattr("dkp_adapters.sql.backup.contents.run", recorded)
    monkeypatch.setattr("dkp_adapters.sql.backup.contents.found", lambda names, **_: Path(names[0]))
    monkeypatch.setattr("dkp_adapters.sql.backup.contents._dumped", lambda _: {})
    on_mariadb = SqlEngine.open(f"mariadb://me:{quote(PASSWORD, safe='')}@127.0.0.1/dkp")
    MariadbContent(on_mariadb).dump(tmp_path / "x")
    on_postgresql = SqlEngine.open(f"postgresql://me:{quote(PASSWORD, safe='')}@127.0.0.1/dkp?prepare_threshold=none")
    with PostgresqlContent(on_postgresql)._address() as environment:
        recorded(Path("pg_dump"), ["service=dkp"], environment=environment)
        assert "prepare_threshold" not in Path(environment["PGSERVICEFILE"]).read_text("utf-8")
    assert private == [0o600, 0o600]
    assert len(ran) == 2
    assert not any(PASSWORD in argument or "p%22w" in argument for arguments in ran for argument in arguments)


def test_mariadb_is_reached_with_an_awkward_password(mariadb_server: str, tmp_path: Path) -> None:
    """O-7: the file of options says it as it is; and what the program says of a wrong one is told."""
    url = services.make_database("mariadb")
    name, user = urlsplit(url).path.lstrip("/"), f"dkp_{secrets.token_hex(4)}"
    parts = urlsplit(mariadb_server)
    with closing(
        pymysql.connect(host=parts.hostname, port=parts.port or 3306, user=parts.username, autocommit=True)
    ) as server:
        with server.cursor() as cursor:
            cursor.execute(f"CREATE USER '{user}'@'%%' IDENTIFIED BY %s", (PASSWORD,))
            cursor.execute(f"GRANT ALL ON `{name}`.* TO '{user}'@'%'")
        try:
            theirs = urlsplit(url)._replace(
                netloc=f"{user}:{quote(PASSWORD, safe='')}@{parts.hostname}:{parts.port or 3306}"
            )
            dumped = tmp_path / "dump"
            assert MariadbContent(SqlEngine.open(theirs.geturl())).dump(dumped) == {}
            assert dumped.exists()
            wrong = theirs._replace(netloc=theirs.netloc.replace(":", ":x", 1)).geturl()
            with pytest.raises(ProgramFailed, match="Access denied") as failed:
                MariadbContent(SqlEngine.open(wrong)).dump(dumped)
            assert PASSWORD not in str(failed.value)
        finally:
            with server.cursor() as cursor:
                cursor.execute(f"DROP USER '{user}'@'%'")
            services.drop_database(url)


@pytest.mark.parametrize("engine", ["postgresql", "mariadb"])
def test_a_missing_program_is_named(engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """O-7: with the package that brings it; nothing is left behind."""
    url = services.make_database(engine)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "_bundled", list)
    monkeypatch.setattr("dkp_adapters.sql.backup.making._revision", lambda _: "0001")
    try:
        with pytest.raises(
            ProgramMissing, match=r"pg_dump \d+ or newer.*postgresql-client|mariadb-dump.*mariadb-client"
        ):
            back_up(url, tmp_path / "it", at=AT, program="1")
    finally:
        services.drop_database(url)
    assert list(tmp_path.iterdir()) == []


def test_a_program_sees_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """O-7: settings are in the environment, and stay with us."""
    monkeypatch.setenv("DKP_SECRET_KEY", "hush")
    program = shutil.which("env")
    assert program is not None
    programs.run(Path(program), [], output=tmp_path / "told")
    assert "hush" not in (tmp_path / "told").read_text("utf-8")
    with pytest.raises(ProgramFailed, match=r"ls failed: .*No such file"):
        programs.run(Path(shutil.which("ls") or ""), ["/nowhere/at/all"])


def test_an_sqlite_file_is_left_in_one_piece(kept: tuple[str, Backup], empty: str) -> None:
    """O-7: SQLite itself finds nothing wrong with what came back."""
    restore(empty, kept[1].path)
    with closing(sqlite3.connect(empty.removeprefix("sqlite:///"))) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []

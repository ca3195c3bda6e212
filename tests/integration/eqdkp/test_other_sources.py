"""O-1: whatever a site comes as, the same guild comes of it; what breaks off in the middle leaves nothing."""

from __future__ import annotations

import bz2
import errno
import os
import shutil
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from attrs import define, evolve, field, frozen

from dkp_entrypoints.cli.exit_codes import ExitCode
from tests import services
from tests.integration.cli.command_line import OFFICER, CommandLine
from tests.integration.eqdkp.dirty_site import dirty_site
from tests.integration.eqdkp.forked import ended
from tests.integration.eqdkp.test_live import connected, loaded
from tests.unit.eqdkp.synthetic import KEY, Installation, mysqldump, own_backup, packed, phpmyadmin, zipped

SECRET: Final = "s3cr3t"
READER: Final = "dkp_reader"


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a guild that was just founded."""
    made = CommandLine(tmp_path_factory.mktemp("founded") / "dkp.db")
    made.run("init", "--guild", "Norrath Watch", "--officer", OFFICER, "--username", "Alma")
    return made.path


@pytest.fixture
def fresh(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The command line on a copy of it, away from where commands write."""
    path = tmp_path_factory.mktemp("fresh") / "dkp.db"
    shutil.copy(founded, path)
    return CommandLine(path)


def rehearsed(dkp: CommandLine, source: object) -> Any:
    """What an import would report, whatever the source is called; all of it proven."""
    told = dkp.json("import", "eqdkp", source, "--key", KEY, "--dry-run")
    assert (told["is_complete"], told["is_proven"]) == (True, True)
    report = told["report"]
    del report["source"], report["read_at"]
    return report


# --- files ------------------------------------------------------------------------------------------------------------


def test_every_kind_of_file_tells_the_same(fresh: CommandLine) -> None:
    """O-1, O-2: packed or not, by whichever program; to the last row and number."""
    site = dirty_site()
    dump = mysqldump(site)
    files = {
        "dump.sql": dump,
        "dump.sql.gz": packed(dump),
        "dump.sql.bz2": bz2.compress(dump),
        "dump.zip": zipped({"folder/dump.sql": dump}),
        "backup.sql": own_backup(site),
        "backup.zip": zipped({"eqdkp-backup.sql": own_backup(site)}),
        "phpmyadmin.sql": phpmyadmin(site),
    }
    for name, content in files.items():
        Path(name).write_bytes(content)
    expected = rehearsed(fresh, "dump.sql")
    assert len(expected["balances"]) == 60
    for name in files:
        assert rehearsed(fresh, name) == expected, name


@pytest.mark.parametrize("part", [0.02, 0.5, 0.98])
def test_a_file_that_is_cut_off_is_not_taken_for_a_small_one(fresh: CommandLine, part: float) -> None:
    """O-2: however it is packed, and wherever it ends."""
    dump = mysqldump(dirty_site())
    whole = {
        "dump.sql": dump,
        "dump.sql.gz": packed(dump),
        "dump.sql.bz2": bz2.compress(dump),
        "dump.zip": zipped({"dump.sql": dump}),
        "backup.sql": own_backup(dirty_site()),
    }
    before = fresh.content()
    for name, content in whole.items():
        Path(name).write_bytes(content[: int(len(content) * part)])
        refused = fresh.refused("import", "eqdkp", name, "--key", KEY, code=ExitCode.INVALID)
        assert refused.startswith("source: "), name
        assert "cut off" in refused, (name, refused)
    assert fresh.content() == before
    assert sorted(each.name for each in Path().iterdir()) == sorted(whole)


# --- no room ----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is forked on Windows")
@pytest.mark.parametrize(
    ("much_to_read", "code"), [(True, ExitCode.INVALID), (False, ExitCode.DATABASE)], ids=["reading", "writing"]
)
def test_a_disk_that_is_full_is_one_clear_line(
    fresh: CommandLine, tmp_path: Path, much_to_read: bool, code: ExitCode
) -> None:
    """O-3, O-12: amid reading, or amid writing; nothing is left, and with room again it is imported."""
    before, site = fresh.content(), dirty_site()
    posts = evolve(site.tables["forum_posts"], rows=[(each, "x" * 1_000) for each in range(200)])
    (tmp_path / "old.sql").write_bytes(mysqldump(site.with_table(posts) if much_to_read else site))
    command = (tmp_path, fresh.url, "import", "eqdkp", "old.sql", "--key", KEY)
    full = ended(*command, file_bytes_max=100_000)
    assert full.code == code, full.said
    assert full.said.startswith("dkp: ")
    assert full.said.count("\n") == 1
    assert fresh.content() == before
    assert not list(tmp_path.glob("*.zip"))
    assert ended(*command).code == 0
    fresh.run("verify")


def test_without_room_for_the_archive_nothing_is_imported(fresh: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-2, O-3: it is the last that is written, and what is half written of it goes."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    Path("old.sql").write_bytes(mysqldump(dirty_site()))
    before = fresh.content()
    monkeypatch.setattr("dkp_adapters.eqdkp.mapping.archive.os.fsync", full)
    refused = fresh.refused("import", "eqdkp", "old.sql", "--key", KEY, code=ExitCode.INVALID)
    assert "No space left on device" in refused
    assert refused.startswith("archive: ")
    assert [each.name for each in Path().iterdir()] == ["old.sql"]
    assert fresh.content() == before


# --- a database that runs ---------------------------------------------------------------------------------------------


@frozen
class OldDatabase:
    """The database of an old site, and the address by which somebody reads it who may do nothing else."""

    url: str
    reader: str

    def through(self, port: int) -> str:
        """The same address, by way of another port here."""
        parts = urlsplit(self.reader)
        return parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{port}").geturl()


@pytest.fixture
def old_database(mariadb_server: str) -> Iterator[OldDatabase]:
    """With a site in it, on MariaDB."""
    url = services.make_database("mariadb")
    name = urlsplit(url).path.strip("/")
    reader = f"{READER}_{name[-12:]}"
    loaded(url, loadable())
    with closing(connected(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE USER `{reader}`@`%` IDENTIFIED BY '{SECRET}'")
        cursor.execute(f"GRANT SELECT ON `{name}`.* TO `{reader}`@`%`")
    parts = urlsplit(url)
    yield OldDatabase(url, f"mysql://{reader}:{SECRET}@{parts.hostname}:{parts.port or 3306}{parts.path}")
    with closing(connected(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"DROP USER `{reader}`@`%`")
    services.drop_database(url)


def loadable() -> Installation:
    """What a server takes: events of adjustments are text, as they are there, and bytes are not."""
    site = dirty_site().without("sessions")
    adjustments = site.tables["adjustments"]
    return site.with_table(evolve(adjustments, columns={**adjustments.columns, "event_id": "varchar(255)"}))


def test_a_database_that_runs_tells_what_its_dump_tells(fresh: CommandLine, old_database: OldDatabase) -> None:
    """O-1, O-3: to the last row and number; what came from the one does not come again from the other."""
    Path("old.sql").write_bytes(mysqldump(loadable()))
    assert rehearsed(fresh, old_database.reader) == rehearsed(fresh, "old.sql")
    told = fresh.json("import", "eqdkp", old_database.reader, "--key", KEY)
    assert (told["is_proven"], told["before"]) == (True, None)
    after = fresh.content()
    assert fresh.json("import", "eqdkp", "old.sql", "--key", KEY)["before"] == told["record"]
    assert fresh.content() == after
    assert SECRET not in str(after)
    assert SECRET not in str(told)


@define(eq=False)
class Proxy:
    """Stands before a server, and is gone after it has passed on so many bytes of its answers."""

    host: str
    to: int
    bytes_max: int
    passed: int = field(default=0, init=False)
    _listening: socket.socket = field(factory=lambda: socket.create_server(("127.0.0.1", 0)), init=False)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def serve(self) -> None:
        """One connection."""
        with suppress(OSError), self._listening:
            client, _ = self._listening.accept()
            with client, socket.create_connection((self.host, self.to)) as server:
                threading.Thread(target=self._asking, args=(client, server), daemon=True).start()
                self._answer(client, server)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        while self.passed < self.bytes_max and (answer := server.recv(min(512, self.bytes_max - self.passed))):
            client.sendall(answer)
            self.passed += len(answer)
        for each in (client, server):
            each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _asking(client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while asked := client.recv(4096):
                server.sendall(asked)
            server.shutdown(socket.SHUT_RDWR)


@contextmanager
def cut_after(url: str, bytes_max: int) -> Iterator[Proxy]:
    """A way to that server that breaks off."""
    parts = urlsplit(url)
    proxy = Proxy(parts.hostname or "", parts.port or 3306, bytes_max)
    serving = threading.Thread(target=proxy.serve)
    serving.start()
    try:
        yield proxy
    finally:
        proxy.close()
        serving.join(30)


def test_a_connection_that_breaks_off_leaves_nothing(fresh: CommandLine, old_database: OldDatabase) -> None:
    """O-3, O-13: wherever it does; told in one line, with the table and without the password."""
    with cut_after(old_database.url, 10**9) as proxy:
        rehearsed(fresh, old_database.through(proxy.port))
    whole = proxy.passed
    before = fresh.content()
    for part in (0.01, 0.4, 0.7, 0.97):
        with cut_after(old_database.url, int(whole * part)) as proxy:
            address = old_database.through(proxy.port)
            refused = fresh.refused("import", "eqdkp", address, "--key", KEY, code=ExitCode.INVALID)
        assert refused.startswith("source: "), part
        assert part < 0.4 or "the connection was lost while table eq_" in refused, (part, refused)
        assert SECRET not in refused
    assert fresh.content() == before
    assert list(Path().iterdir()) == []

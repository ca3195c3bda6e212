"""The worker backs up by schedule, once however many there are, and health tells of what is missing (O-7)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import define
from litestar.testing import TestClient

from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.sql import schema
from dkp_adapters.sql.backup import SqlBackupNotes, manifest_of
from dkp_adapters.sql.leases import SqlLeases
from dkp_core.kernel.errors import Unavailable
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.execution import Lanes
from dkp_entrypoints.http import create_app
from dkp_entrypoints.http.health import Checkup, Part
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import EmbeddedWorker, Worker
from dkp_entrypoints.worker import backing_up as scheduled
from dkp_entrypoints.worker.backing_up import BackingUp
from tests import services

AT = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)


@define
class House:
    """A database that is backed up every 24 hours into a folder, and the clock by which it is."""

    settings: Settings
    clock: SettableClock
    folder: Path

    def opened(self) -> UseCases:
        """Every use case, as another process would have them."""
        return UseCases(settings=self.settings, clock=self.clock)

    def worker(self, cases: UseCases, holder: str = "one") -> BackingUp:
        """The part of a worker that backs up, which has not looked yet."""
        found = BackingUp.of(cases, SqlLeases(cases.database()), holder)
        assert found is not None
        return found

    def names(self) -> list[str]:
        """What lies in the folder."""
        return sorted(path.name for path in self.folder.iterdir())


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An SQLite database with the schema in it, to be copied."""
    url = services.make_database("sqlite", directory=tmp_path_factory.mktemp("template"))
    schema.upgrade(url)
    return url


@pytest.fixture
def house(template: str, tmp_path: Path) -> House:
    """With nothing backed up yet."""
    url = services.make_database("sqlite", template=template, directory=tmp_path)
    folder = tmp_path / "backups"
    folder.mkdir()
    settings = Settings(database_url=url, backup_dir=str(folder), keep_backups=2, plain_http=True)
    return House(settings, SettableClock(AT), folder)


@pytest.fixture
def cases(house: House) -> Iterator[UseCases]:
    """Every use case on that database."""
    found = house.opened()
    yield found
    found.database().close()


@pytest.fixture(autouse=True)
def _looks_whenever_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduled, "LOOK_SECONDS", 0.0)


def test_a_backup_is_made_when_it_is_due_and_the_last_ones_are_kept(house: House, cases: UseCases) -> None:
    """O-7: at first at once, then every so often; the last N stay."""
    worker = house.worker(cases)
    assert worker.run_due()
    assert not worker.run_due()
    (name,) = house.names()
    manifest = manifest_of(house.folder / name)
    assert (manifest.made_at, manifest.scheduled) == (AT, True)
    for day in range(1, 4):
        house.clock.set(AT + timedelta(days=day, seconds=-1))
        assert not worker.run_due()
        house.clock.set(AT + timedelta(days=day))
        assert worker.run_due()
    assert [manifest_of(house.folder / name).made_at.day for name in house.names()] == [22, 23]


def test_of_many_workers_one_backs_up(house: House) -> None:
    """O-7: by lease, each with connections of its own."""
    every = [house.opened() for _ in range(4)]
    workers = [house.worker(each, str(number)) for number, each in enumerate(every)]
    start = threading.Barrier(len(workers))
    made: list[bool] = []

    def run(worker: BackingUp) -> None:
        start.wait()
        made.append(worker.run_due())

    threads = [threading.Thread(target=run, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [False, False, False, True]
    assert len(house.names()) == 1
    for each in every:
        each.database().close()


def test_who_holds_the_lease_is_waited_for(house: House, cases: UseCases) -> None:
    """O-7: nobody begins another while one is being made."""
    leases = SqlLeases(cases.database())
    lease = leases.acquire(scheduled.BACKUP_LEASE, "another", 60)
    assert lease is not None
    assert not house.worker(cases).run_due()
    leases.release(lease)
    assert house.worker(cases).run_due()


def test_a_failed_one_is_tried_again_and_shows(house: House, cases: UseCases) -> None:
    """O-7: in health and metrics, without telling everybody where and why; the reason is kept."""
    house.folder.rmdir()
    worker, notes = house.worker(cases), SqlBackupNotes(cases.database())
    assert not worker.run_due()
    assert (notes.state().failed, notes.state().failed_at) == (True, AT)
    assert str(house.folder) in notes.state().why
    part = health(house, cases)
    assert (part.ok, str(house.folder) in part.detail) == (False, False)
    assert "failed" in part.detail
    house.folder.mkdir()
    house.clock.set(AT + timedelta(minutes=14))
    assert not worker.run_due()
    house.clock.set(AT + timedelta(minutes=15))
    assert worker.run_due()
    assert health(house, cases).ok
    assert not notes.state().failed


def test_a_database_that_goes_away_meanwhile_is_noted_when_it_is_back(
    house: House, cases: UseCases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """O-7: it is no quiet failure."""

    def gone(*_: object, **__: object) -> None:
        raise Unavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr("dkp_adapters.sql.backup.back_up", gone)
        assert not house.worker(cases).run_due()
    assert SqlBackupNotes(cases.database()).state().why == "gone"


def test_a_missed_one_shows_in_health(house: House, cases: UseCases) -> None:
    """O-7: an hour after it was due; also where none was ever made."""
    assert health(house, cases).ok, "the process has just begun"
    late = health(house, cases, up=timedelta(hours=26))
    assert (late.ok, late.detail) == (False, "none was made yet")
    house.worker(cases).run_due()
    house.clock.set(AT + timedelta(hours=24, minutes=59))
    assert health(house, cases).ok
    house.clock.set(AT + timedelta(hours=25))
    missed = health(house, cases)
    assert not missed.ok
    assert "25.0 h ago" in missed.detail
    assert "due every 24.0 h" in missed.detail


def health(house: House, cases: UseCases, *, up: timedelta = timedelta()) -> Part:
    """What health says of backups; it makes the whole only degraded."""
    database = cases.database()
    checkup = Checkup(
        database, house.settings.database_url, Lanes.for_dialect("sqlite"), backup_every=timedelta(hours=24)
    )
    checkup.started -= up.total_seconds()
    readiness = checkup.readiness()
    (part,) = (part for part in readiness.parts if part.name == "backup")
    assert readiness.ready
    assert readiness.degraded or part.ok
    return part


def test_the_api_tells_of_backups_where_there_is_a_schedule(house: House, cases: UseCases) -> None:
    """O-7, O-11: in /health/ready and /metrics, and not a word of it where nobody wants any."""
    house.worker(cases).run_due()
    with TestClient(create_app(house.settings, use_cases=cases)) as client:
        parts = {part["name"]: part for part in client.get("/health/ready").json()["parts"]}
        told = client.get("/metrics").text
    assert parts["backup"]["ok"] is True
    (line,) = (line for line in told.splitlines() if line.startswith("dkp_backup_timestamp_seconds"))
    assert (line.split()[0].partition("{")[2], float(line.split()[1])) == ('outcome="made"}', AT.timestamp())
    without = UseCases(settings=Settings(database_url=house.settings.database_url))
    with TestClient(create_app(without.settings(), use_cases=without)) as client:
        assert "backup" not in client.get("/health/ready").text
        assert "dkp_backup_timestamp_seconds{" not in client.get("/metrics").text
    assert Worker.of(without).backing_up is None
    without.database().close()


def test_a_running_worker_backs_up_by_itself(house: House, cases: UseCases) -> None:
    """O-7: nobody has to ask for it."""
    with EmbeddedWorker(Worker.of(cases)):
        waiting = threading.Event()
        for _ in range(600):
            if SqlBackupNotes(cases.database()).state().made_at is not None:
                break
            waiting.wait(0.05)
    assert len(house.names()) == 1
    assert house.names()[0].endswith("-scheduled-20261120T201500Z.dkp-backup")

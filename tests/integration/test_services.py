"""Finding servers and making databases, as tests/services.py promises it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
import pytest
from attrs import evolve

from tests import services
from tests.services import drop_database, make_database, required


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    """The rows of one statement, committed."""
    with closing(connect(url)) as connection:
        cursor = connection.cursor()
        cursor.execute(statement)
        rows = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        connection.commit()
        return rows


def connect(
    url: str,
) -> sqlite3.Connection | psycopg.Connection[tuple[object, ...]] | pymysql.Connection[pymysql.cursors.Cursor]:
    """A connection of the plain driver."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite3.connect(url.removeprefix("sqlite:///"))
    if parts.scheme == "postgresql":
        return psycopg.connect(url)
    return pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 3306,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        database=parts.path.lstrip("/"),
    )


def test_a_new_database_is_empty_and_takes_tables(database_url: str) -> None:
    """Each engine gives a database that works."""
    execute(database_url, "CREATE TABLE raids (id INTEGER)")
    execute(database_url, "INSERT INTO raids VALUES (152)")
    assert execute(database_url, "SELECT id FROM raids") == [(152,)]


def test_two_databases_share_nothing(engine_name: services.Engine, tmp_path: Path) -> None:
    """Tests that run at the same time do not see each other."""
    one, other = (make_database(engine_name, directory=tmp_path) for _ in range(2))
    try:
        execute(one, "CREATE TABLE raids (id INTEGER)")
        execute(other, "CREATE TABLE raids (id INTEGER)")
        assert one != other
    finally:
        drop_database(one)
        drop_database(other)


def test_a_database_is_dropped_while_somebody_is_still_connected(engine_name: services.Engine, tmp_path: Path) -> None:
    """A test that forgot a connection, with a transaction open, holds nobody up."""
    url = make_database(engine_name, directory=tmp_path)
    execute(url, "CREATE TABLE raids (id INTEGER)")
    with closing(connect(url)) as forgotten:
        forgotten.cursor().execute("SELECT * FROM raids")
        drop_database(url)
        drop_database(url)  # twice is no error
    if engine_name == "sqlite":
        assert list(tmp_path.iterdir()) == []
    else:
        with pytest.raises((psycopg.OperationalError, pymysql.err.OperationalError)):
            connect(url)


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_a_template_is_copied_with_its_rows(engine: services.Engine, tmp_path: Path) -> None:
    """Migrating once and copying is quicker than migrating for each test."""
    template = make_database(engine, directory=tmp_path)
    try:
        execute(template, "CREATE TABLE raids (id INTEGER)")
        execute(template, "INSERT INTO raids VALUES (152)")
        copy = make_database(engine, template=template, directory=tmp_path)
        try:
            assert execute(copy, "SELECT id FROM raids") == [(152,)]
        finally:
            drop_database(copy)
    finally:
        drop_database(template)


def test_mariadb_says_that_it_copies_no_templates(mariadb_server: str) -> None:
    """Silently giving an empty database would be worse."""
    with pytest.raises(ValueError, match="no template databases"):
        make_database("mariadb", template=f"{mariadb_server}/mysql")


@pytest.mark.parametrize(
    ("setting", "names"),
    [
        ("", set()),
        ("redis", {"redis"}),
        ("postgresql, mariadb", {"postgresql", "mariadb"}),
        ("all", {"postgresql", "mariadb", "redis"}),
    ],
)
def test_services_are_required_by_name(setting: str, names: set[str]) -> None:
    """Where all are required, a test that skips for a missing one fails instead."""
    assert required({"DKP_REQUIRE_SERVICES": setting}) == names


@pytest.mark.parametrize(("requirement", "outcome"), [("", "skipped"), ("redis", "failed"), ("all", "failed")])
def test_a_missing_server_skips_with_its_reason_or_fails_where_it_is_required(
    requirement: str, outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A skip must not hide that nothing was tested."""

    def missing(service: str) -> str:
        raise services.ServiceMissing(f"no {service} here")

    monkeypatch.setattr(services, "_found", missing)
    monkeypatch.setenv("DKP_REQUIRE_SERVICES", requirement)
    expected = pytest.skip.Exception if outcome == "skipped" else pytest.fail.Exception
    with pytest.raises(expected, match="no redis here"):
        services.server_url("redis")


def test_a_server_that_is_named_but_does_not_answer_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt address is not replaced by another server in silence."""
    monkeypatch.setenv("DKP_TEST_REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setattr(services, "_found", services._found.__wrapped__)
    with pytest.raises(pytest.fail.Exception, match="DKP_TEST_REDIS_URL is set to"):
        services.server_url("redis")


@pytest.mark.parametrize(("setting", "hurried"), [("", []), ("1", ["redis://127.0.0.1:1234"])])
def test_a_server_hurries_only_where_it_is_asked_to(
    setting: str, hurried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody's own data is not put at risk for the sake of tests."""
    told: list[str] = []
    server = evolve(services._SERVERS["redis"], fault=lambda _: None, hurry=told.append)
    monkeypatch.setattr(services, "_SERVERS", {"redis": server})
    monkeypatch.setenv("DKP_TEST_REDIS_URL", "redis://127.0.0.1:1234/5")
    monkeypatch.setenv("DKP_TEST_HURRY", setting)
    assert services._found.__wrapped__("redis") == "redis://127.0.0.1:1234"
    assert told == hurried


@pytest.mark.parametrize(
    ("service", "shown", "patient", "hurrying"),
    [
        ("postgresql", "SHOW fsync", "on", "off"),
        ("mariadb", "SELECT @@GLOBAL.innodb_flush_log_at_trx_commit", 1, 0),
    ],
)
def test_servers_that_hurry_do_not_wait_for_the_disk(
    service: str, shown: str, patient: object, hurrying: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was started to wait says itself that it no longer does; to ask it again changes nothing."""

    def waiting(folder: Path, port: int) -> services.Program:
        program = server.program(folder, port)
        run = [each.replace("fsync=off", "jit=off").replace("commit=0", "commit=1") for each in program.run]
        return evolve(program, run=run)

    monkeypatch.setattr(services, "_running", started := ExitStack())
    server = services._SERVERS[service]
    with started:
        try:
            url = services._started(service, evolve(server, program=waiting), "")
        except services.ServiceMissing as missing:
            pytest.skip(str(missing))
        asked = f"{url}/postgres" if service == "postgresql" else url
        assert execute(asked, shown) == [(patient,)]
        for _ in range(2):
            server.hurry(url)
        give_up = time.monotonic() + 10
        while execute(asked, shown) != [(hurrying,)]:
            assert time.monotonic() < give_up
            time.sleep(0.01)


@pytest.mark.parametrize("service", ["postgresql", "mariadb", "redis"])
def test_a_server_is_started_where_none_runs(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its programs come with the test dependencies or with the system; it ends when asked to."""
    started = ExitStack()
    monkeypatch.setattr(services, "_running", started)  # the other tests' servers stay
    server = services._SERVERS[service]
    try:
        url = services._started(service, server, "")
    except services.ServiceMissing as missing:
        pytest.skip(str(missing))
    try:
        assert server.fault(url) is None
        assert url != server.usual
    finally:
        started.close()
    assert server.fault(url) is not None

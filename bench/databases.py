"""Databases that benchmarks run on: made for them, and dropped after them."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql

SERVER = "postgresql://postgres@127.0.0.1:5432"
MARIADB = "mariadb://root@127.0.0.1:3306"


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a fresh PostgreSQL database on DKP_BENCH_POSTGRESQL_URL, or on the standard port."""
    server = os.environ.get("DKP_BENCH_POSTGRESQL_URL", SERVER).rstrip("/")
    name = f"dkp_bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def mariadb() -> Iterator[str]:
    """The URL of a fresh MariaDB database on DKP_BENCH_MARIADB_URL, or on the standard port."""
    server = os.environ.get("DKP_BENCH_MARIADB_URL", MARIADB).rstrip("/")
    name = f"dkp_bench_{uuid.uuid4().hex[:12]}"
    parts = urlsplit(server)
    user, password = unquote(parts.username or "root"), unquote(parts.password or "")
    with closing(
        pymysql.connect(host=parts.hostname, port=parts.port or 3306, user=user, password=password)
    ) as connection:
        connection.cursor().execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        try:
            yield f"{server}/{name}"
        finally:
            connection.ping()  # it has waited for long
            connection.cursor().execute(f"DROP DATABASE `{name}`")


@contextmanager
def sqlite() -> Iterator[str]:
    """The URL of a SQLite file that is not there yet."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'bench.db'}"


@contextmanager
def copied(url: str) -> Iterator[str]:
    """The URL of a copy of a PostgreSQL database that nobody is connected to."""
    server, _, original = url.rpartition("/")
    name = f"{original}_copy"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{original}"')
    try:
        yield f"{server}/{name}"
    finally:
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def analyze(url: str) -> None:
    """Let the database gather its statistics now rather than in a minute, while we measure."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")

"""O-1: an installation's database, read while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pymysql
import pytest
from pymysql.constants import CLIENT

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.errors import ConnectionLost, NoSource, NotEqdkp, SeveralInstallations
from dkp_adapters.eqdkp.source import EqdkpSource, open_source
from tests import services
from tests.unit.eqdkp.synthetic import KEY, Installation, Number, Value, mysqldump, small

pytestmark = pytest.mark.usefixtures("mariadb_server")


@pytest.fixture
def url() -> Iterator[str]:
    """A database of this test's own on MariaDB."""
    made = services.make_database("mariadb")
    yield made
    services.drop_database(made)


def connected(url: str) -> pymysql.Connection[pymysql.cursors.Cursor]:
    parts = urlsplit(url)
    return pymysql.connect(
        host=parts.hostname or "",
        port=parts.port or 3306,
        user=unquote(parts.username or "root"),
        password=unquote(parts.password or ""),
        database=parts.path.strip("/"),
        charset="utf8mb4",
        autocommit=True,
        client_flag=CLIENT.MULTI_STATEMENTS,
    )


def loaded(url: str, *installations: Installation) -> bytes:
    """Puts the installations into the database; the dump that did it."""
    dump = mysqldump(*installations)
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(dump.decode("utf-8", "surrogateescape"))
        while cursor.nextset():
            pass
    return dump


def everything(source: EqdkpSource) -> dict[str, list[object]]:
    return {kind.table: list(source.rows(kind)) for kind in rows.KINDS if kind.table != "sessions"}


def of_eqdkp(url: str) -> str:
    return urlsplit(url)._replace(scheme="mysql").geturl()


def noisy() -> Installation:
    """The small one, with amounts that a FLOAT does not hold exactly, and odd texts."""
    made = small().without("sessions")
    values = ("1234567.89", "0.10", "-3.33", "167772.17", "9999999.99")
    given: Iterator[Mapping[str, Value]] = (
            {"item_id": at, "item_name": f"é🐉 {at}"[: 1 if at % 2 else 9], "member_id": 1, "raid_id": 7,
             "item_value": Number(value), "item_date": 1760000000, "itempool_id": 1}
            for at, value in enumerate(values)
    )  # fmt: skip
    return made.with_rows("items", *given)


def test_a_database_and_its_dump_give_the_same(url: str, tmp_path: Path) -> None:
    """O-1, O-2: amounts as the server prints them, texts, counts, what is missing."""
    made = noisy()
    loaded(url, made)
    with open_source(of_eqdkp(url), KEY) as live:
        printed = {each.id: str(each.value) for each in live.rows(rows.Item)}
        again = [Number(printed[at]) for at in sorted(printed)]
        items = made.tables["items"]
        at = list(items.columns).index("item_value")
        stored = made.with_rows(
            "items",
            *(dict(zip(items.columns, [*row[:at], value, *row[at + 1 :]], strict=True))
              for row, value in zip(items.rows, again, strict=True)),
        )  # fmt: skip
        path = tmp_path / "a.sql"
        path.write_bytes(mysqldump(stored))
        with open_source(path, KEY) as dumped:
            assert everything(live) == everything(dumped)
            assert live.tables == dumped.tables
            assert (live.version, live.prefix, live.missing) == (dumped.version, dumped.prefix, dumped.missing)
        assert printed[1] == "0.10"
        assert printed[0] == "1234567.88"  # what a FLOAT makes of 1234567.89


def test_bytes_come_as_they_are_stored(url: str) -> None:
    """Bad input gets: a Latin-1 column beside one in UTF-8, each by its own charset."""
    loaded(url, small().without("sessions"))
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("ALTER TABLE eqdkp23_members MODIFY notes text CHARACTER SET latin1")
        cursor.execute("UPDATE eqdkp23_members SET notes = 'Düster', member_name = 'Дракон' WHERE member_id = 1")
    with open_source(of_eqdkp(url), KEY) as source:
        first = next(source.rows(rows.Character))
    assert (first.notes, first.name, first.flaws) == ("Düster", "Дракон", ())


def test_it_is_one_moment_and_changes_nothing(url: str) -> None:
    """O-1: what others write meanwhile is not seen by half; the reader could not write if it wanted."""
    made = small().without("sessions")
    loaded(url, made)
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO eqdkp23_adjustments (adjustment_id, adjustment_value, member_id, event_id) "
            "SELECT seq + 1, 1.00, 1, '1' FROM seq_1_to_2999"
        )

    def meanwhile(done: int, whole: int | None) -> None:
        with connected(url) as connection, connection.cursor() as cursor:
            cursor.execute("INSERT INTO eqdkp23_raid_attendees VALUES (7, 1)")
            cursor.execute("DELETE FROM eqdkp23_raids")

    with open_source(of_eqdkp(url), KEY, progress=meanwhile) as source:
        assert (source.tables["raid_attendees"], source.tables["raids"]) == (3, 1)
        assert source.tables["adjustments"] == 3000


def test_a_connection_that_is_lost_in_the_middle_is_told(url: str) -> None:
    """Bad input gets: nothing half done, and the table that was being read."""
    loaded(url, small().without("sessions"))
    with connected(url) as connection, connection.cursor() as cursor:  # more than any buffer on the way holds
        cursor.execute("INSERT INTO eqdkp23_logs (log_id, log_value) SELECT seq, REPEAT('x', 6000) FROM seq_1_to_3000")

    def cut(done: int, whole: int | None) -> None:
        with connected(url) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()"
            )
            for (other,) in cursor.fetchall():
                cursor.execute(f"KILL {other}")

    with pytest.raises(ConnectionLost, match="lost while table eqdkp23_logs was read"):
        open_source(of_eqdkp(url), progress=cut)


def test_what_does_not_answer_is_told_without_the_password(url: str) -> None:
    """Bad input gets: a wrong password, no such database, nobody there, no database named."""
    parts = urlsplit(of_eqdkp(url))
    host = f"{parts.hostname}:{parts.port or 3306}"
    for address in (
        f"mysql://nobody:hunter2@{host}{parts.path}",
        f"mysql://root:@{host}/dkp_no_such_database",
        "mysql://root:hunter2@127.0.0.1:1/x",
        f"mysql://root:hunter2@{host}",
    ):
        with pytest.raises(NoSource, match="can't be read") as told:
            open_source(address)
        assert "hunter2" not in str(told.value)


def test_only_the_installation_that_is_meant_is_read(url: str) -> None:
    """O-1: another program's tables and another installation's stay where they are."""
    with pytest.raises(NotEqdkp, match="it has no tables"):
        open_source(of_eqdkp(url))
    loaded(url, small("a_").without("sessions"), small("b_").without("sessions"))
    with connected(url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE wp_posts (id int) ENGINE=MyISAM")
        cursor.execute("ALTER TABLE b_items ENGINE=MyISAM")
    with pytest.raises(SeveralInstallations, match="'a_', 'b_'"):
        open_source(of_eqdkp(url))
    with open_source(of_eqdkp(url), KEY, prefix="b_") as source:
        assert source.prefix == "b_"
        assert source.tables.keys() == small().without("sessions").tables.keys()
        assert any("1 tables are of MyISAM" in each for each in source.notes)

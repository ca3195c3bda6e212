"""O-1, O-2: a source is recognised, read whole, and told apart from what is none."""

from __future__ import annotations

import bz2
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dkp_adapters.eqdkp import rows, spool, statements, taking
from dkp_adapters.eqdkp.errors import (
    DumpCutOff,
    DumpUnreadable,
    NoSource,
    NoSuchInstallation,
    NotADump,
    NotEqdkp,
    OlderEqdkp,
    PartsMissing,
    RulesUnreadable,
    SeveralInstallations,
    WrongKey,
)
from dkp_adapters.eqdkp.source import EqdkpSource, open_source
from dkp_core.kernel.points import Points
from tests.unit.eqdkp.synthetic import (
    KEY,
    Folder,
    Number,
    Table,
    Value,
    created,
    empty,
    encrypted,
    mysqldump,
    own_backup,
    packed,
    phpmyadmin,
    small,
    zipped,
)
from tests.unit.eqdkp.test_rules import CAP, DECAY
from tests.unit.eqdkp.test_serialized import serialized

REAL = Path(__file__).resolve().parents[4] / "shared" / "eqdkp"
REAL_KEY = "f1d9a3fc4d8097064d46e14a08f8fb69"
of_the_real_one = pytest.mark.skipif(not REAL.is_dir(), reason="a real installation is not beside this checkout")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Where dumps are put down."""
    return Folder(tmp_path)


def everything(source: EqdkpSource) -> dict[str, list[object]]:
    """Every row of every kind, and the raw rows of the other tables."""
    found: dict[str, list[object]] = {kind.table: list(source.rows(kind)) for kind in rows.KINDS}
    return found | {name: list(source.raw(name)) for name in source.tables if name not in found}


# --- what is read -----------------------------------------------------------------------------------------------------


def test_rows_come_as_values(folder: Folder) -> None:
    """O-1: names as they were typed, amounts to the hundredth, moments, Discord's id, profiles."""
    with open_source(folder.file(mysqldump(small())), KEY) as source:
        assert (source.version, source.prefix, source.missing, source.extra) == ("2.3.39.0", "eqdkp23_", [], [])
        first, second = source.rows(rows.User)
        assert (first.name, first.email, first.accounts) == (
            "D'Artagnan",
            "a@example.org",
            {"discord": "80351110224678912"},
        )
        assert (second.name, second.email, second.registered_at) == ("Bob", None, None)
        assert "example" not in repr(first)
        one, two = source.rows(rows.Character)
        assert (one.name, one.profile, two.name, two.main) == (
            "Ægis; -- ('x')",
            {"level": 24, "class": 10},
            'Li\\\'l "Bo"\n',
            1,
        )
        (raid,) = source.rows(rows.Raid)
        assert (raid.value, raid.at) == (Points.of("5.50"), datetime(2025, 10, 9, 8, 53, 20, tzinfo=UTC))
        assert [(each.raid, each.character) for each in source.rows(rows.Attendee)] == [(7, 1), (7, 2), (7, 2)]
        (adjustment,) = source.rows(rows.Adjustment)
        assert (adjustment.value, adjustment.event, adjustment.raid) == (Points.of("-3.33"), 1, None)
        (session,) = source.raw("sessions")
        assert (session.columns, session.values) == (("session_id", "session_vars"), ("a", "0x00fffe27"))
        assert source.faults == ()


@pytest.mark.parametrize(
    "packing",
    [
        lambda dump: (own_backup(small()), "own.sql"),
        lambda dump: (phpmyadmin(small()), "pma.sql"),
        lambda dump: (packed(dump), "a.sql.gz"),
        lambda dump: (bz2.compress(dump), "a.sql.bz2"),
        lambda dump: (zipped({"eqdkp-fbackup_1760000000_12.sql": dump, "x/index.html": b""}), "eqdkp.zip"),
    ],
    ids=["own", "phpmyadmin", "gzip", "bzip2", "zip"],
)
def test_every_program_and_packing_gives_the_same(
    folder: Folder, packing: Callable[[bytes], tuple[bytes, str]]
) -> None:
    """O-1: whatever made the dump, and however it is packed."""
    dump = mysqldump(small())
    with open_source(folder.file(dump), KEY) as plain, open_source(folder.file(*packing(dump)), KEY) as other:
        assert everything(other) == everything(plain)
        assert other.tables == plain.tables


def test_rows_of_several_kinds_may_be_read_side_by_side(folder: Folder) -> None:
    """O-1: iterators do not disturb each other."""
    made = small().with_rows("raid_attendees", *({"raid_id": each, "member_id": each} for each in range(5000)))
    with open_source(folder.file(mysqldump(made, rows_each=700))) as source:
        pairs = zip(source.rows(rows.Attendee), source.raw("raid_attendees"), strict=True)
        assert all((str(a.raid), str(a.character)) == raw.values and a.ordinal == raw.ordinal for a, raw in pairs)


def test_rows_without_a_create_table_have_the_columns_of_their_statements(folder: Folder) -> None:
    """O-1: a dump of data alone, each statement with columns of its own in an order of its own."""
    one, other = (
        b"(raid_id, event_id, raid_date) VALUES (7, 1, 5)",
        b"(raid_value, raid_id, event_id) VALUES (1.5, 8, 2)",
    )
    dump = mysqldump(small())
    at = dump.index(b"CREATE TABLE `eqdkp23_raids`")
    end = dump.index(b"UNLOCK TABLES", at)
    raids = b"".join(b"INSERT INTO `eqdkp23_raids` " + each + b";\n" for each in (one, other))
    with open_source(folder.file(dump[:at] + raids + dump[end:])) as source:
        found = [(each.id, each.event, str(each.value), each.ordinal) for each in source.rows(rows.Raid)]
        assert found == [(7, 1, "0.00", 1), (8, 2, "1.50", 2)]
        assert [each.values for each in source.raw("raids")] == [("7", "1", "5", None), ("8", "2", None, "1.5")]


@pytest.mark.parametrize("name", ["nothing", "sessions "])
def test_a_table_that_is_not_there_has_no_rows(folder: Folder, name: str) -> None:
    """O-2: missing tables are tolerated, and said."""
    with open_source(folder.file(mysqldump(small().without("logs").without("comments")))) as source:
        assert not list(source.raw(name))
        assert not list(source.rows(rows.LogEntry))
        assert source.missing == ["table logs", "table comments"]
        assert "it has no table logs, table comments: what stands there on other sites is not known" in source.notes


def test_a_plugin_that_is_not_there_is_not_missed(folder: Folder) -> None:
    """O-2: most sites have it not."""
    made = small().without("guildrequest_fields").without("guildrequest_requests")
    with open_source(folder.file(mysqldump(made)), KEY) as source:
        assert source.missing == ["table guildrequest_fields", "table guildrequest_requests"]
        assert not any("it has no" in each for each in source.notes)


def test_columns_more_or_less_are_tolerated_and_said(folder: Folder) -> None:
    """Bad input gets: a plugin's columns, and columns of a later or earlier version."""
    items = small().tables["items"]
    wider = Table("items", {"own": "int(11)", **items.columns}, [[5, *row] for row in items.rows])
    made = small().with_table(wider.without("item_color").without("game_itemid"))
    with open_source(folder.file(mysqldump(made))) as source:
        assert source.missing == ["column items.game_itemid", "column items.item_color"]
        assert source.extra == ["column items.own"]
        assert any("is not read: column items.own" in each for each in source.notes)
        (item,) = source.rows(rows.Item)
        assert (item.name, item.value, item.game_id) == ("Robe", Points.of("12.34"), "")


def test_flaws_stand_with_their_rows(folder: Folder) -> None:
    """Bad input gets: FLOAT noise, Latin-1 bytes, negative and later moments: the nearest value, and a sentence."""
    made = small().with_rows(
        "items",
        {"item_id": 1, "item_name": b"D\xfcster", "member_id": 1, "raid_id": 1, "item_value": Number("1.4999999"),
         "item_date": Number("-1"), "itempool_id": 1},
        {"item_id": 2, "item_name": "b", "member_id": 1, "raid_id": 1, "item_value": None, "item_date": 2**32 - 1,
         "itempool_id": 1},
    )  # fmt: skip
    with open_source(folder.file(mysqldump(made))) as source:
        one, two = source.rows(rows.Item)
    assert (one.name, one.value, one.at) == ("Düster", Points.of("1.50"), None)
    assert [each.column for each in one.flaws] == ["item_name", "item_value", "item_date"]
    assert (two.value, [each.reason for each in two.flaws]) == (Points.of(0), ["2106-02-07 06:28 is in the future"])


ODD: st.SearchStrategy[Value] = st.one_of(
    st.none(), st.integers(-(10**20), 10**20), st.binary(max_size=4),
    st.sampled_from(["1.5", "x", "", "a:1:{", "[", "&#39;"]),
    st.sampled_from(["1e3", "-0.005", "99999999999.99", "9" * 30]).map(Number),
)  # fmt: skip


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_every_row_is_given_or_listed(folder: Folder, data: st.DataObject) -> None:
    """O-2: what comes in is what is given and what is listed with its reason, whatever the cells hold."""
    made = small()
    for name in ("items", "users", "raids", "calendar_events", "logs"):
        table = made.tables[name]
        count = data.draw(st.integers(0, 4))
        width = len(table.columns)
        drawn = [data.draw(st.lists(ODD, min_size=width - (n == 3), max_size=width)) for n in range(count)]
        made = made.with_table(Table(name, table.columns, drawn))
    dump = mysqldump(made).replace(b"(1,'Robe'", b"(now(),'Robe'")
    with open_source(folder.file(dump)) as source:
        for table_rows in (everything(source), everything(source)):  # reading twice lists nothing twice
            assert {name: len(given) + _listed(source, name) for name, given in table_rows.items()} == {
                **dict.fromkeys(table_rows, 0),
                **source.tables,
            }
        assert {name: len(table.rows) for name, table in made.tables.items()} == source.tables
        assert all(each.reason and each.ordinal for each in source.faults)


def _listed(source: EqdkpSource, table: str) -> int:
    return sum(each.table == table for each in source.faults)


def test_rows_that_are_no_rows_are_listed_with_their_place(folder: Folder) -> None:
    """O-2: a function's call, too few values, a table nobody made, rows from a query."""
    dump = mysqldump(small()).replace(b"(7,2),\n(7,2)", b"(7,now()),\n(7),\n(7,2)")
    dump = dump.replace(
        b"\n-- Dump completed",
        b"INSERT INTO eqdkp23_x VALUES (1),(2);INSERT INTO eqdkp23_x SELECT 1;\n-- Dump completed",
    )
    with open_source(folder.file(dump)) as source:
        assert [(each.ordinal, each.character) for each in source.rows(rows.Attendee)] == [(1, 1), (4, 2)]
        assert [(each.table, each.ordinal, each.reason) for each in source.faults] == [
            ("raid_attendees", 2, "it is not made of plain values: (7,now())"),
            ("raid_attendees", 3, "it has 1 values for 2 columns"),
            ("x", 1, taking._UNNAMED),
            ("x", 2, taking._UNNAMED),
            ("x", 3, "the statement that fills it does not list values"),
        ]
        assert source.tables["raid_attendees"] == 4


# --- which installation -----------------------------------------------------------------------------------------------


def test_several_installations_in_one_database_are_named(folder: Folder) -> None:
    """O-1: any prefix; where there are several, it is asked for."""
    old = small("eqdkp_").with_rows("events", {"event_id": 1, "event_name": "old", "event_value": Number("1.00")})
    path = folder.file(mysqldump(old, small("eqdkp_2_"), small("")))
    with pytest.raises(SeveralInstallations, match=r"prefix: 3 installations .* accepted: '', 'eqdkp_', 'eqdkp_2_'"):
        open_source(path)
    with pytest.raises(NoSuchInstallation, match="'x_'; accepted: '', 'eqdkp_', 'eqdkp_2_'"):
        open_source(path, prefix="x_")
    for prefix, name in (("eqdkp_", "old"), ("eqdkp_2_", "Kael"), ("", "Kael")):
        with open_source(path, prefix=prefix) as source:
            assert [each.name for each in source.rows(rows.Event)] == [name]
            assert source.tables.keys() == small().tables.keys()


def test_another_programs_database_is_named_by_its_tables(folder: Folder) -> None:
    """Bad input gets: the tables that were seen."""
    made = b"".join(created(Table(f"wp_t{each:02}", {"id": "int"}), "") for each in range(20))
    with pytest.raises(NotEqdkp, match=r"not of EQdkp Plus: its tables are wp_t00, .*, wp_t11 and 8 more; accepted"):
        open_source(folder.file(made))
    with pytest.raises(NotEqdkp, match="it has no tables"):
        open_source(folder.file(b"SET NAMES utf8;"))


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0.4", "2.2.29", "0.6.4.9"])
def test_an_older_eqdkp_plus_is_named_by_its_version(folder: Folder, version: str) -> None:
    """Bad input gets: the version, what is missing, and what to do."""
    made = empty(version=version).without("multidkp2itempool")
    with pytest.raises(
        OlderEqdkp, match=f"EQdkp Plus {version}, which has no table multidkp2itempool; .* update"
    ) as told:
        open_source(folder.file(mysqldump(made)))
    assert told.value.field == "source"


def test_the_first_eqdkp_is_known_by_its_tables(folder: Folder) -> None:
    """Bad input gets: EQdkp before it was Plus had no pools, and attendees by their names."""
    with pytest.raises(OlderEqdkp, match="an older EQdkp, which has no table multidkp;"):
        open_source(folder.file(mysqldump(small().without("multidkp"))))
    attendees = Table("raid_attendees", {"raid_id": "int(11)", "member_name": "text"})
    with pytest.raises(OlderEqdkp, match=r"2\.3\.39\.0, which has no column raid_attendees\.member_id"):
        open_source(folder.file(mysqldump(small().with_table(attendees))))


@pytest.mark.parametrize("lacking", ["items", "adjustments", "raids", "multidkp2event"])
def test_a_dump_without_a_table_that_points_come_from_is_refused(folder: Folder, lacking: str) -> None:
    """Bad input gets: a backup of some tables; balances could not be proved."""
    with pytest.raises(PartsMissing, match=f"it has no table {lacking}; accepted: a dump of all tables"):
        open_source(folder.file(mysqldump(small().without(lacking))))
    without_value = small().with_table(small().tables["items"].without("item_value"))
    with pytest.raises(PartsMissing, match=r"column items\.item_value"):
        open_source(folder.file(mysqldump(without_value)))


def test_two_databases_in_one_dump_are_refused(folder: Folder) -> None:
    """Bad input gets: rows of two installations would run into each other."""
    with pytest.raises(DumpUnreadable, match="table eqdkp23_config is made twice; dump one database alone"):
        open_source(folder.file(mysqldump(small(), small())))


# --- keys and files beside --------------------------------------------------------------------------------------------


def test_a_wrong_key_is_told_and_none_is_noted(folder: Folder) -> None:
    """Bad input gets: a wrong key; without one, the rest is read."""
    path = folder.file(mysqldump(small()))
    with pytest.raises(WrongKey, match="opens none of the 2 values that were tried; accepted: the \\$encryptionKey"):
        open_source(path, "f" * 32)
    with open_source(path) as source:
        assert [each.email for each in source.rows(rows.User)] == [None, None]
        assert any("no key was given" in each for each in source.notes)
    with open_source(folder.file(mysqldump(empty())), KEY) as source:
        assert any("the key was not tried" in each for each in source.notes)


def test_settings_that_are_encrypted_open_with_the_key(folder: Folder) -> None:
    """O-1: the administrator's address is encrypted among settings that are not."""
    stored = encrypted("boss@example.org")
    made = small().with_rows("config", {"config_name": "admin_email", "config_value": stored})
    path = folder.file(mysqldump(made))
    with open_source(path, KEY) as source, open_source(path) as without:
        (setting,) = source.rows(rows.Setting)
        assert source.opened(str(setting.value)) == "boss@example.org"
        assert source.opened("plain") is None
        assert without.opened(stored) is None
        assert source.version is None


def test_files_with_rules_are_given_or_lie_in_the_backup(folder: Folder) -> None:
    """O-1: given as files, as bytes, or packed with the dump as some versions did; else it is noted."""
    dump, table, functions = mysqldump(small()), serialized({"a": DECAY}), serialized({"f": {0: "$value"}})
    with open_source(folder.file(dump)) as source:
        assert source.adjustments == ()
        assert any("apatab.php was not given" in each for each in source.notes)
    with open_source(folder.file(dump), apa=folder.file(table), apa_functions=functions) as source:
        assert [each.type for each in source.adjustments] == ["decay_ria"]
        assert list(source.functions) == ["f"]
        assert not any("apatab.php" in each for each in source.notes)
    backup = zipped({"b.sql": dump, "data/apa/apatab.php": serialized({"a": CAP}), "data/apa/apafunc.php": functions})
    with open_source(folder.file(backup, "b.zip")) as source:
        assert [each.type for each in source.adjustments] == ["cap_current"]
    with pytest.raises(RulesUnreadable, match="apa: No such file"):
        open_source(folder.file(dump), apa=Path("nowhere.php"))


# --- what is no source ------------------------------------------------------------------------------------------------


def test_packed_files_that_are_cut_off_or_damaged_are_told(folder: Folder) -> None:
    """Bad input gets: gzip and zip that stop in the middle, and bytes that changed on the way."""
    gz = packed(mysqldump(small()))
    for at in (len(gz) // 2, len(gz) - 4):
        with pytest.raises(DumpCutOff, match="cut off"):
            open_source(folder.file(gz[:at], "a.gz"))
    with pytest.raises((DumpUnreadable, DumpCutOff)):
        open_source(folder.file(gz[:300] + bytes(30) + gz[330:], "a.gz"))
    archive = zipped({"a.sql": mysqldump(small())})
    with pytest.raises(DumpCutOff, match="without the list of files at its end"):
        open_source(folder.file(archive[: len(archive) // 2], "a.zip"))
    with pytest.raises(DumpUnreadable, match="its file is damaged"):
        open_source(folder.file(archive[:300] + bytes(30) + archive[330:], "a.zip"))


def test_a_backup_of_the_program_that_is_cut_off_within_a_line_is_told(folder: Folder) -> None:
    """Bad input gets: no tables that are quietly fewer, though such a backup does not say where it ends."""
    backup = own_backup(small())
    begins = backup.index(b"-- Table structure")
    for at in range(begins + 1, len(backup), 61):
        if backup[at - 1 : at] != b"\n":
            with pytest.raises(DumpCutOff, match="cut off"):
                open_source(folder.file(backup[:at]))
    for announced in (b"-- Table structure for table", b"-- Dumping data for table"):
        at = backup.index(b"\n", backup.rindex(announced)) + 1
        with pytest.raises(DumpCutOff, match="nothing follows"):
            open_source(folder.file(backup[:at]))


@pytest.mark.parametrize("files", [{}, {"a.txt": b"x"}, {"a.sql": b"SET x=1;", "b.sql": b"SET x=1;"}])
def test_a_zip_has_one_dump_in_it(folder: Folder, files: dict[str, bytes]) -> None:
    """Bad input gets: what is in it instead."""
    with pytest.raises((NotADump, DumpCutOff)):
        open_source(folder.file(zipped(files), "a.zip"))


def test_what_can_not_be_opened_is_told_without_secrets(folder: Folder) -> None:
    """Bad input gets: no file, a folder, another kind of address; no password is repeated."""
    for source in ("nowhere.sql", str(folder.path)):
        with pytest.raises(NoSource, match=r"can't be read .*; accepted: a dump or backup of EQdkp Plus"):
            open_source(source)
    with pytest.raises(NoSource) as told:
        open_source("postgresql://somebody:hunter2@host/db")
    assert "hunter2" not in str(told.value)


# --- size -------------------------------------------------------------------------------------------------------------


def big(path: Path, attendees: int) -> Path:
    """A dump with that many attendees, in statements as long as mysqldump makes them."""
    begins, _, ends = mysqldump(small()).partition(
        b"INSERT INTO `eqdkp23_raid_attendees` VALUES\n(7,1),\n(7,2),\n(7,2);\n"
    )
    with path.open("wb") as file:
        file.write(begins)
        for at in range(0, attendees, 50_000):
            given = ",".join(f"({each},{each % 997})" for each in range(at, min(at + 50_000, attendees)))
            file.write(f"INSERT INTO `eqdkp23_raid_attendees` VALUES {given};\n".encode())
        file.write(ends)
    return path


def test_memory_does_not_grow_with_the_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-3: a statement is read row by row, and rows stay in the file: five times as many need no more memory."""
    monkeypatch.setattr(statements, "PIECE", 2**12)
    monkeypatch.setattr(spool, "BATCH_ROWS", 500)
    peaks = []
    for count in (3_000, 15_000):
        path = big(tmp_path / f"{count}.sql", count)
        tracemalloc.start()
        with open_source(path) as source:
            given = sum(1 for _ in source.rows(rows.Attendee))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert given == count
    assert peaks[1] < 1.2 * peaks[0]


def test_progress_is_told_in_bytes_of_the_file(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """O-3: how far it is, and of how much."""
    path = folder.file(packed(mysqldump(small())), "a.gz")
    told = list[tuple[int, int | None]]()
    open_source(path, progress=lambda done, whole: told.append((done, whole))).close()
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


# --- a real installation ----------------------------------------------------------------------------------------------


@of_the_real_one
@pytest.mark.parametrize("name", ["small", "small_apa"])
def test_a_real_installation_is_read_whole(name: str) -> None:
    """O-1, O-2: 61 users, 121 characters and the rest; all of it without a fault or a flaw, addresses opened."""
    counts = {"users": 61, "members": 121, "raids": 150, "raid_attendees": 4505, "items": 902, "adjustments": 123,
              "multidkp": 2, "events": 8, "itempool": 3, "calendar_events": 12, "calendar_raid_attendees": 200,
              "calendar_raid_guests": 8}  # fmt: skip
    now = datetime(2026, 11, 21, tzinfo=UTC)
    with open_source(REAL / f"{name}.sql.gz", REAL_KEY, now=now) as source:
        given = everything(source)
        assert (source.version, source.faults, source.extra) == ("2.3.39.0", (), [])
        assert source.missing == ["table guildrequest_fields", "table guildrequest_requests"]
        assert len(source.tables) == 46
        assert {each: source.tables[each] for each in counts} == counts
        assert {each: len(found) for each, found in given.items() if each in source.tables} == source.tables
        assert not [row for found in given.values() for row in found if getattr(row, "flaws", ())]
        assert all("@example.org" in (each.email or "") for each in source.rows(rows.User))
        assert [each.connected for each in source.rows(rows.Raid) if each.connected]


@of_the_real_one
def test_the_rules_of_a_real_installation_are_read() -> None:
    """O-1: a decay of a tenth a week in pool 1, and a cap of 0 to 60 that is only shown in pool 2."""
    apa, functions = REAL / "small_apa_apatab.php.txt", REAL / "small_apa_apafunc.php.txt"
    with open_source(REAL / "small_apa.sql.gz", REAL_KEY, apa=apa, apa_functions=functions) as source:
        decay, cap = source.adjustments
        assert (decay.type, decay.pools, decay.every_days) == ("decay_current", (1,), Decimal(7))
        assert not decay.flaws
        assert (cap.type, cap.pools, cap.lower, cap.upper) == ("hardcap_current", (2,), Points.of(0), Points.of(60))
        assert source.functions[decay.function or ""].formula is not None

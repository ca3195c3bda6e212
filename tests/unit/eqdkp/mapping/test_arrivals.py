"""O-1, O-2: everything that is in a source comes, or is listed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st

from dkp_adapters.eqdkp.mapping.rest import FOLLOWED
from dkp_adapters.eqdkp.source import open_source
from dkp_core.moving import Kind, Why
from dkp_core.points import Pool
from tests.unit.eqdkp.mapping.arrived import Arrived, arrived, numbers_for, opened, settings
from tests.unit.eqdkp.mapping.moved import guild, item, pool, present, raid
from tests.unit.eqdkp.real_installation import EQDKP
from tests.unit.eqdkp.synthetic import Installation, Number, Table, Value, empty, small

KEY = "f1d9a3fc4d8097064d46e14a08f8fb69"
of_the_real_one = pytest.mark.skipif(not EQDKP.is_dir(), reason="a real installation is not beside this checkout")


def came_from(folder: Path, installation: Installation) -> Arrived:
    """What comes of an installation; its source has been read."""
    with opened(folder, installation) as source:
        return arrived(source)


@of_the_real_one
@pytest.mark.parametrize("name", ["small", "small_apa"])
def test_every_row_of_a_real_installation_is_imported_or_listed(name: str) -> None:
    """O-2: table by table, none is missing and none is counted twice."""
    apa, functions = EQDKP / f"{name}_apatab.php.txt", EQDKP / f"{name}_apafunc.php.txt"
    rules = (apa, functions) if apa.is_file() else (None, None)
    with open_source(EQDKP / f"{name}.sql.gz", KEY, None, *rules) as source:
        came = arrived(source)
        counts = {each.table: each for each in came.arrivals.accounting.counts(source.tables)}
    assert came.incomplete() == []
    assert len(counts) == len(source.tables) == 46
    assert {table: counts[table].imported for table in ("users", "members", "raids", "logs")} == {
        "users": 61, "members": 121, "raids": 150, "logs": 1527,
    }  # fmt: skip
    assert counts["raid_attendees"].listed == {Why.ORPHAN: 2}
    assert len(came.arrivals.accounting.listed) == sum(sum(each.listed.values()) for each in counts.values())


def test_tables_that_nobody_knows_are_listed_row_by_row(tmp_path: Path) -> None:
    """O-2: a plugin's table, the calendar and sessions stay in the archive; empty tables ask for nothing."""
    plugin = Table("guildbank_items", {"id": "int(11)"}).with_rows({"id": 1}, {"id": 2})
    calendar: Mapping[str, Value] = {"id": 3, "name": "Raids", "type": 1}
    came = came_from(tmp_path, small().with_table(plugin).with_rows("calendars", calendar))
    assert came.incomplete() == []
    assert [(row, why) for row, why, _ in came.listed("guildbank_items")] == [(1, Why.ARCHIVED), (2, Why.ARCHIVED)]
    (session,), (date,) = came.listed("sessions"), came.listed("calendars")
    assert "nobody is signed in" in session[2]
    assert "dates" in date[2]
    assert came.listed("articles") == []


def test_settings_that_numbers_follow_from_are_imported_and_the_others_listed(tmp_path: Path) -> None:
    """O-2: those of plugins are not the program's, though they have its names."""
    plugin = {"config_name": "timezone", "config_plugin": "raidlogimport", "config_value": "UTC"}
    rows = [*settings(show_twinks="0", default_lang="english"), plugin]
    came = came_from(tmp_path, guild().with_rows("config", *rows))
    (counted,) = [each for each in came.arrivals.accounting.counts(came.source.tables) if each.table == "config"]
    assert counted.imported == 2
    assert [row for row, _, _ in came.listed("config")] == [3, 4]
    assert "show_twinks" in FOLLOWED


def test_a_row_that_cannot_be_read_is_listed_with_its_fault(tmp_path: Path) -> None:
    """O-2: also in a table of which nothing else is there, and only once."""
    came = came_from(tmp_path, guild().with_rows("logs", {"log_id": "nine"}).with_rows("raids", {"raid_id": "x"}))
    assert came.incomplete() == []
    assert [(row, why) for row, why, _ in came.listed("logs")] == [(1, Why.UNREADABLE)]
    assert "'x' is no id" in came.listed("raids")[0][2]


def test_the_first_pool_of_the_pages_becomes_the_default(tmp_path: Path) -> None:
    """O-1: and none does where there is none."""
    came = came_from(tmp_path, guild().with_rows("multidkp", pool(1, "Main", position=2), pool(2, "Alts", position=1)))
    assert came.arrivals.default_pool == 2
    assert came_from(tmp_path, empty()).arrivals.default_pool is None


def test_what_comes_can_be_asked_for_again_with_other_numbers(tmp_path: Path) -> None:
    """O-3: a dry run asks for it first; each time of one type, and no more ids than were told."""
    installation = (
        guild()
        .with_rows("raids", raid(1), raid(2, event=2))
        .with_rows("raid_attendees", *present(1, 1, 2, 3), *present(2, 3))
        .with_rows("items", item(1), item(2, buyer=99))
    )
    with opened(tmp_path, installation) as source:
        came = arrived(source)
        again = list(came.arrivals.things(numbers_for(came.arrivals, first=50_000)))
    assert all(len({type(each) for each in things}) == 1 for things in came.chunks)
    assert [len(things) for things in came.chunks] == [len(things) for things in again]
    assert {each.id for things in again for each in things if isinstance(each, Pool)} == {50_000, 50_001}
    assert came.arrivals.counts[Kind.AWARD] == 1
    assert came.listed("items") == [(2, Why.ORPHAN, came.listed("items")[0][2])]


# --- whatever stands there --------------------------------------------------------------------------------------------

_TEXTS = [
    "",
    "Kael",
    "kael",
    "a:0:{}",
    'a:1:{i:0;s:1:"2";}',
    "{}",
    '{"class":3}',
    "x" * 5000,
    "\x07",
    "1",
    "2",
    "guildrequest",
]
_WHOLE = [None, *(Number(each) for each in (0, 1, 2, 3, 7, -1, 1_760_000_000, 9_000_000_000))]
_AMOUNTS = [None, *(Number(each) for each in ("0.00", "5.50", "-3.33", "1e3"))]


def _cell(type_: str) -> st.SearchStrategy[Value]:
    if type_.startswith("int"):
        return st.sampled_from(_WHOLE)
    return st.sampled_from(_AMOUNTS if type_.startswith("float") else [*_TEXTS, None])


@st.composite
def installations(draw: st.DrawFn) -> Installation:
    """Rows of all tables, of which little is right."""
    made = empty()
    for name, table in made.tables.items():
        if name == "config":
            continue
        row = st.fixed_dictionaries({column: _cell(type_) for column, type_ in table.columns.items()})
        made = made.with_rows(name, *draw(st.lists(row, max_size=3)))
    return made


@given(installation=installations())
@trying(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_stands_in_the_rows_none_is_lost(
    tmp_path_factory: pytest.TempPathFactory, installation: Installation
) -> None:
    """O-2: it is imported or listed, each row once; and no id is handed out that was not told."""
    came = came_from(tmp_path_factory.mktemp("odd"), installation)
    assert came.incomplete() == []
    rows = Counter((each.table, each.row) for each in came.arrivals.accounting.listed)
    assert set(rows.values()) <= {1}
    assert all(1 <= row <= came.source.tables[table] for table, row in rows)

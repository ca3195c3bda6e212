"""O-3: the same source is known again, and another one is not taken for it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from attrs import evolve

from dkp_adapters.eqdkp.mapping.arrivals import arrivals_of
from dkp_adapters.eqdkp.source import open_source
from tests.unit.eqdkp.mapping.arrived import NOW, opened, settings
from tests.unit.eqdkp.synthetic import (
    KEY,
    Installation,
    Number,
    Table,
    Value,
    mysqldump,
    own_backup,
    phpmyadmin,
    small,
)
from tests.unit.eqdkp.test_rules import CAP, DECAY
from tests.unit.eqdkp.test_serialized import serialized


def fingerprint(folder: Path, installation: Installation, **given: str | bytes) -> str:
    """That of an installation, with what is given beside it."""
    key, apa, functions = given.get("key"), given.get("apa"), given.get("functions")
    assert key is None or isinstance(key, str)
    assert not isinstance(apa, str)
    assert not isinstance(functions, str)
    with opened(folder, installation, key=key, apa=apa, functions=functions) as source:
        return arrivals_of(source, name="old", now=NOW).origin.fingerprint


def viewed() -> Installation:
    """The small one with columns that its program writes whenever somebody looks."""
    made = small()
    for table, column in (("users", "user_lastpage"), ("members", "points"), ("raids", "raid_apa_value")):
        made = made.with_table(_wider(made.tables[table], {column: "text"}, "1"))
    return made.with_table(Table("articles", {"id": "int(11)", "hits": "int(11)"}).with_rows({"id": 1, "hits": 5}))


def _wider(table: Table, columns: Mapping[str, str], value: Value) -> Table:
    rows = [[*row, *([value] * len(columns))] for row in table.rows]
    return evolve(table, columns={**table.columns, **columns}, rows=rows)


def test_whichever_program_dumped_it_it_is_the_same(tmp_path: Path) -> None:
    """O-3: mysqldump, phpMyAdmin, the program itself; and rows in another order."""
    found = set()
    for number, content in enumerate((mysqldump(small()), phpmyadmin(small()), own_backup(small()))):
        dump = tmp_path / f"{number}.sql"
        dump.write_bytes(content)
        with open_source(dump, now=NOW) as source:
            found.add(arrivals_of(source, name=dump.name, now=NOW).origin.fingerprint)
    turned = small()
    for table in turned.tables.values():
        turned = turned.with_table(evolve(table, rows=list(reversed(table.rows))))
    found.add(fingerprint(tmp_path, turned))
    assert len(found) == 1
    assert re.fullmatch("[0-9a-f]{64}", found.pop())


def test_who_only_looks_at_the_site_changes_nothing(tmp_path: Path) -> None:
    """O-3: visits, sessions, caches and the like are not the guild's."""
    before = fingerprint(tmp_path, viewed())
    after = viewed()
    for table, column in (
        ("users", "user_lastpage"),
        ("users", "user_lastvisit"),
        ("members", "points"),
        ("raids", "raid_apa_value"),
        ("articles", "hits"),
    ):
        after = after.with_table(_with(after.tables[table], column, Number("77")))
    after = (
        after.without("sessions")
        .with_rows("member_points", {"id": 1, "time": 1, "member_id": 1, "mdkp_id": 1})
        .with_rows("config", *settings(session_last_cleanup="5"))
    )
    assert fingerprint(tmp_path, after) == before


def _with(table: Table, column: str, value: Value) -> Table:
    place = list(table.columns).index(column)
    return evolve(table, rows=[[*row[:place], value, *row[place + 1 :]] for row in table.rows])


OTHERS: Mapping[str, Installation] = {
    "an amount": small().with_table(_with(small().tables["raids"], "raid_value", Number("5.51"))),
    "a row more": small().with_rows("raid_attendees", *({"raid_id": 7, "member_id": each} for each in (1, 2, 2, 2))),
    "a row less": small().with_rows("raid_attendees", *({"raid_id": 7, "member_id": each} for each in (1, 2))),
    "another column": small().with_rows("multidkp", {"multidkp_id": 1, "multidkp_name": "", "multidkp_desc": "Main"}),
    "empty, not NULL": small().with_table(_with(small().tables["items"], "item_color", "")),
    "a setting": small().with_rows("config", *settings(show_twinks="1")),
    "a table": small().with_table(Table("shoutbox", {"id": "int(11)"}).with_rows({"id": 1})),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_another_content_is_another(tmp_path: Path, other: Installation) -> None:
    """O-3: whatever differs in it, however little."""
    assert fingerprint(tmp_path, other) != fingerprint(tmp_path, small())


def test_what_is_given_beside_it_counts(tmp_path: Path) -> None:
    """O-3: with a key or with rules something else is imported."""
    beside: Sequence[Mapping[str, str | bytes]] = (
        {},
        {"key": KEY},
        {"apa": serialized({1: CAP})},
        {"apa": serialized({1: DECAY})},
        {"apa": serialized({1: CAP, 2: DECAY})},
        {"apa": serialized({2: DECAY, 1: CAP})},
        {"apa": serialized({1: CAP}), "functions": serialized({"f": {0: "$value * 0.9"}})},
        {"apa": serialized({1: CAP}), "functions": serialized({"f": {0: "$value * 0.8"}})},
    )
    found = [fingerprint(tmp_path, small(), **given) for given in beside]
    assert len(set(found)) == len(beside)
    assert found == [fingerprint(tmp_path, small(), **given) for given in beside]

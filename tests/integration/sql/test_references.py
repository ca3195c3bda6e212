"""Every id in every table of guilds is known: rows can be given others (O-6), or be found by what they name (O-3)."""

from __future__ import annotations

import inspect
import re
from typing import Any, Final

import attrs
import pytest
from sqlalchemy import Column, Integer, LargeBinary, SmallInteger

from dkp_adapters.event_json import event_to_json
from dkp_adapters.sql.references import (
    AGGREGATES,
    DEADLINES,
    NAMELESS_AGGREGATES,
    REFERENCES,
    SOURCES,
    Rewriting,
    event_kinds,
    ids_in_event,
)
from dkp_adapters.sql.tables import Flag, Hundredths, Id, Moment, all_tables
from dkp_core.kernel.domain_events import Change, DomainEvent
from dkp_core.kernel.ids import AdjustmentId, AwardId, CharacterId, EventTypeId, PoolId, RaidId, UserId
from dkp_core.loot.events import AwardReshared, RulesChanged
from dkp_core.points import SourceKind
from dkp_core.points.events import AdjustedPoints, PointsAdjusted
from dkp_core.raids.events import AttendanceCorrected, EventTypeChanged
from dkp_entrypoints.worker import reacting

TABLES: Final = {name: table for name, table in all_tables().tables.items() if "guild_id" in table.c}


def holds_no_id(column: Column[Any]) -> bool:
    """Whether its type says already that no id is in it: ids are large whole numbers, or in text."""
    if column.type in (Moment, Hundredths, Flag) and column.type is not Id:
        return True
    return type(column.type) in (Integer, SmallInteger) or isinstance(column.type, LargeBinary)


def test_every_table_of_guilds_is_known() -> None:
    """O-6: a table that is added fails here until it is said what it names."""
    assert REFERENCES.keys() == TABLES.keys()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_column_is_accounted_for(name: str) -> None:
    """O-6: and what is said is of columns that there are."""
    table, names = TABLES[name], REFERENCES[name]
    unknown = [
        column.key
        for column in table.c
        if column.key != "guild_id" and not names.accounts_for(column.key) and not holds_no_id(column)
    ]
    assert unknown == []
    said = {*names.ids, *names.parts, *names.texts, *names.words, *names.plain, *names.loose}
    said |= {by_word.column for by_word in names.words.values()}
    said |= {each for each in (names.again, names.of) if each is not None}
    assert said <= set(table.c.keys())
    assert names.own is None or "id" in table.c
    assert all(table.c[column].type is Id for column in names.ids), "what names something by its id is an id"


def test_every_source_of_entries_is_known() -> None:
    """O-6, P-2."""
    assert SOURCES.keys() == {*SourceKind}


def test_every_aggregate_is_known() -> None:
    """O-6, G-5: of the events that are told of guilds."""
    told = {kind.aggregate for kind in event_kinds().values()}
    assert told == AGGREGATES.keys() | NAMELESS_AGGREGATES


def adjusted(adjustment_id: int, user_id: int, pool_id: int) -> PointsAdjusted:
    """Seven points."""
    line = AdjustedPoints(
        adjustment_id=AdjustmentId(adjustment_id), user_id=UserId(user_id), pool_id=PoolId(pool_id), amount="7.00"
    )
    return PointsAdjusted(adjustments=(line,), reason="8")


def events_by_hand() -> list[tuple[DomainEvent, DomainEvent]]:
    """Events, and the same with every id a hundred higher."""
    pool, raid = PoolId(1), RaidId(2)
    return [
        (adjusted(5, 6, 1), adjusted(105, 106, 101)),
        (
            AwardReshared(award_id=AwardId(3), reason="4", shared_with=(UserId(5), UserId(6))),
            AwardReshared(award_id=AwardId(103), reason="4", shared_with=(UserId(105), UserId(106))),
        ),
        (
            EventTypeChanged(event_type_id=EventTypeId(1), changes=(Change(field="pools", before="1, 2", after=""),)),
            EventTypeChanged(
                event_type_id=EventTypeId(101), changes=(Change(field="pools", before="101, 102", after=""),)
            ),
        ),
        (
            AttendanceCorrected(
                raid_id=raid,
                tick=1,
                changed=1,
                removed=0,
                reversed_entries=0,
                booked_entries=0,
                changes=(
                    Change(field="character 4", before="present", after="late"),
                    Change(field="user 4.user", before=4, after=None),
                    Change(field="name", before="present", after=None),
                ),
            ),
            AttendanceCorrected(
                raid_id=RaidId(102),
                tick=1,
                changed=1,
                removed=0,
                reversed_entries=0,
                booked_entries=0,
                changes=(
                    Change(field="character 104", before="present", after="late"),
                    Change(field="user 104.user", before=104, after=None),
                    Change(field="name", before="present", after=None),
                ),
            ),
        ),
        (
            RulesChanged(pool_id=pool, rules_version=2, changes=(Change(field="ranks", before="[]", after="[1]"),)),
            RulesChanged(
                pool_id=PoolId(101), rules_version=2, changes=(Change(field="ranks", before="[]", after="[1]"),)
            ),
        ),
    ]


@pytest.mark.parametrize(("before", "after"), events_by_hand(), ids=lambda each: type(each).__name__)
def test_ids_in_what_events_tell_are_replaced(before: DomainEvent, after: DomainEvent) -> None:
    """O-6, G-5: numbers that are no ids stay, and so does what is told in words."""
    columns = ("id", "name", "aggregate", "aggregate_id", "data", "actor_kind", "actor_id")
    row = [1, before.event_name(), before.aggregate, before.aggregate_id, event_to_json(before), "user", "7"]
    Rewriting.of("events", columns)(row, lambda _, number, *, loose: number + 100)
    assert row[3:] == [after.aggregate_id, event_to_json(after), "user", "107"]


def test_every_field_of_an_event_that_is_an_id_is_found() -> None:
    """O-6: by their types; those that stay are ids of nothing that is handed out here."""
    stay = {"key_id", "session_id", "webhook_id", "record_id"}
    missed = {
        f"{name}.{each.name}"
        for name, kind in event_kinds().items()
        for each in attrs.fields(kind)
        if each.name.endswith("_id") and each.name not in {path[0] for path, _ in ids_in_event(name) or ()} | stay
    }
    assert missed == set()


def test_what_rows_name_is_shown_wherever_it_stands() -> None:
    """O-6, O-3: in columns, lists, keys, beginnings of texts, and by what another column says."""

    def shown(table: str, **row: object) -> dict[str, object]:
        values = list(row.values())
        Rewriting.of(table, tuple(row))(values, lambda kind, number, *, loose: number + len(kind))
        return dict(zip(row, values, strict=True))

    assert shown("attendance", raid_id=1, elsewhere='{"7":50}', waived="[7]", user_id=None) == {
        "raid_id": 5,
        "elsewhere": '{"11":50}',
        "waived": "[11]",
        "user_id": None,
    }
    assert shown("entries", id=1, source_kind="raid", source_id=1, actor_kind="job", actor_id="7")["source_id"] == 5
    assert shown("entries", id=1, source_kind="batch", source_id=1, actor_kind="user", actor_id="7")["actor_id"] == "11"
    assert shown("batches", id=3, period="3")["period"] == "8"
    assert shown("batches", id=3, period="raid:3")["period"] == "raid:7"
    assert shown("batches", id=3, period="2026-11")["period"] == "2026-11"
    assert shown("deadlines", key="run_batches:3", data='{"pool_id":3}') == {
        "key": "run_batches:7",
        "data": '{"pool_id":7}',
    }
    assert shown("deadlines", key="prune_uploads", data="{}") == {"key": "prune_uploads", "data": "{}"}
    policies = '{"cap":null,"decay":{"percent":"10","exempt_ranks":[2]},"inactivity":null,"start_list":[1]}'
    assert shown("pool_policies", policies=policies)["policies"] == (
        '{"cap":null,"decay":{"percent":"10","exempt_ranks":[6]},"inactivity":null,"start_list":[5]}'
    )
    assert shown("characters", profile='{"1":"a"}', main_of=CharacterId(2))["profile"] == '{"14":"a"}'


def test_every_kind_of_deadline_is_known() -> None:
    """O-6: what the worker does when something is due, against what is told of keys and data."""
    told = re.findall(r"deadline\.kind == (\w+)", inspect.getsource(reacting))
    assert {getattr(reacting, name) for name in told} - {reacting.HEARTBEAT} == DEADLINES  # that is no guild's

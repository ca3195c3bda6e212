"""Importing on the shipped memory adapters, and what an import hands out and remembers (O-3)."""

from __future__ import annotations

import attrs
import pytest
from attrs import evolve

from dkp_adapters.memory import SettableClock
from dkp_adapters.memory.tables import GuildTables
from dkp_core.kernel.ids import GuildId, ImportId, RankId, UserId
from dkp_core.moving import (
    GuildHasData,
    Import,
    ImportHasTheOfficers,
    ImportIsEdited,
    ImportIsNamed,
    ImportIsUndone,
    Kind,
    Numbers,
    Report,
    Span,
    TableCount,
    Why,
)
from tests.caravan import READ_AT, Caravan
from tests.integration.contracts.adapters import memory_installation
from tests.integration.contracts.moving import Settlement
from tests.integration.contracts.place import NIGHT, Place, discord_id_of


def numbers() -> Numbers:
    """Two ids of raids, from 7 on."""
    return Numbers(
        guild_id=GuildId(1),
        import_id=ImportId(2),
        at=NIGHT,
        users={1: UserId(3)},
        named={},
        default_rank=RankId(4),
        next={Kind.RAID: 7},
        ends={Kind.RAID: 9},
    )


def test_ids_are_handed_out_one_after_the_other_and_found_by_those_of_the_source() -> None:
    """O-4: each id of the source stands for one of ours."""
    given = numbers()
    assert [given.new(Kind.RAID, 152), given.new(Kind.RAID)] == [7, 8]
    assert given.of(Kind.RAID, 152) == 7
    assert given.has(Kind.RAID, 152)
    assert not given.has(Kind.RAID, 153)
    assert not given.has(Kind.AWARD, 152)


def test_no_more_ids_are_handed_out_than_were_set_aside() -> None:
    """O-3: or they would be somebody else's."""
    given = numbers()
    for _ in range(2):
        given.new(Kind.RAID)
    with pytest.raises(AssertionError, match="more of raid came than was told"):
        given.new(Kind.RAID)


def test_what_the_guild_has_already_is_used_again() -> None:
    """O-1: a pool or a rank of the same name."""
    given = numbers()
    assert given.reuse(Kind.POOL, 1, 44) == 44
    assert given.of(Kind.POOL, 1) == 44


def test_a_guild_that_came_with_an_import_is_told() -> None:
    """O-6: by a span of its own."""
    record = Import(
        id=ImportId(1),
        guild_id=GuildId(1),
        program="EQdkp Plus",
        version="2.3",
        source="old.sql",
        fingerprint="f",
        at=NIGHT,
        actor_kind="operator",
        actor_id="operator",
        spans=(Span(kind="raid", first=1, count=2),),
        counts={},
    )
    assert (record.made_the_guild, record.stands) == (False, True)
    whole = evolve(record, spans=(*record.spans, Span(kind="guild", first=1, count=1)), undone_at=NIGHT)
    assert (whole.made_the_guild, whole.stands) == (True, False)


def test_refusals_say_what_is_there_and_what_to_do() -> None:
    """O-3: an officer reads them."""
    assert GuildHasData({"event_types": 2, "raids": 31}).sentence == (
        "The guild has data already (2 event types, 31 raids); import into a new guild."
    )
    again = GuildHasData({"raids": 1}, ImportId(5)).sentence
    assert "undo import 5 first, which can be done as long as nothing recorded since names what it brought" in again
    assert again.endswith(", or import into a new guild.")
    assert GuildHasData({"application_forms": 1}).sentence.endswith(
        "; import into a new guild, and set the questions to applicants there afterwards."
    )
    assert "(1 character, 2 raid)" in ImportIsEdited(ImportId(5), {"character": 1, "raid": 2}).sentence
    assert "brought every officer" in ImportHasTheOfficers(ImportId(5)).sentence
    assert "(1 claims)" in ImportIsNamed(ImportId(5), {"claims": 1}).sentence
    assert ImportIsUndone(ImportId(5)).sentence == "Import 5 was undone already."


def test_a_report_is_complete_where_every_row_is_accounted_for() -> None:
    """O-2: imported, or listed with its reason."""
    report = Report(program="EQdkp Plus", version="2.3", source="old.sql", read_at=READ_AT)
    whole = TableCount(table="raids", rows=3, imported=1, listed={Why.ORPHAN: 1, Why.ARCHIVED: 1})
    assert evolve(report, tables=[whole]).is_complete
    assert not evolve(report, tables=[whole, evolve(whole, rows=4)]).is_complete


def test_an_undone_import_leaves_every_table_in_memory_as_it_was() -> None:
    """O-3: to the last row, but for what is remembered of it."""
    clock = SettableClock(NIGHT)
    home = Settlement.at(Place.found(memory_installation(clock)))

    def tables() -> tuple[dict[str, dict[object, object]], dict[object, object]]:
        with home.place.work() as work:
            transaction = work.session.transaction  # type: ignore[attr-defined]  # a MemoryWork has one
            kept = transaction.of(home.place.guild_id)
            rows = {each.name: dict(getattr(kept, each.name)) for each in attrs.fields(GuildTables)}
            installation = transaction.installation
            return rows, {**installation.users, "deadlines": dict(installation.deadlines)}

    before, around = tables()
    record = home.moved_in(Caravan(discord_id=discord_id_of(home.founder)))
    assert tables()[1]["deadlines"]
    home.undo(record.id)
    after, around_after = tables()
    assert {name for name in before if before[name] != after[name]} == {"events", "imports"}
    assert around_after == around


def test_a_guild_in_memory_goes_with_the_import_that_made_it() -> None:
    """O-6: with everything in it."""
    home = Settlement.at(Place.found(memory_installation(SettableClock(NIGHT))))
    record = home.moved_in()
    whole = evolve(record, spans=(*record.spans, Span(kind="guild", first=1, count=1)))
    with home.place.work() as work:
        work.intake.remove(whole)
    with home.place.work() as work:
        kept = work.session.transaction.of(home.place.guild_id)  # type: ignore[attr-defined]  # a MemoryWork has one
        assert not any(getattr(kept, each.name) for each in attrs.fields(GuildTables))
        assert home.place.guild_id not in work.session.installation.guilds  # type: ignore[attr-defined]  # as above

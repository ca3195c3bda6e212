"""O-1, O-2: raids, attendance and what it earned as they come out of EQdkp Plus."""

from __future__ import annotations

from pathlib import Path

import pytest

from dkp_adapters.eqdkp.mapping.external import NEVER
from dkp_adapters.eqdkp.mapping.fitting import chunks
from dkp_adapters.eqdkp.mapping.part import CHUNK
from dkp_adapters.eqdkp.source import open_source
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.points import ZERO, Points
from dkp_core.moving import Kind, Why
from dkp_core.points import Bucket, Entry, EntryKind, Source, SourceKind
from dkp_core.raids import Attendance, Presence, Raid, RaidStatus, Tick
from tests.unit.eqdkp.mapping.moved import (
    AT,
    FIRST,
    NOW,
    Moved,
    adjustment,
    dumped,
    guild,
    item,
    moved,
    moved_from,
    present,
    raid,
)

CUT = "of the note only what fits is here"
WHOLE = "the archive has the whole"


def earned(moved: Moved) -> list[tuple[str, int, str]]:
    """Who earned what at raids, in which pool of the source."""
    old = {moved.numbers.of(Kind.POOL, each): each for each in moved.pools.order}
    return [
        (each.character_name, old[each.pool_id], str(each.amount))
        for each in moved.of(Entry)
        if each.kind is EntryKind.ATTENDANCE
    ]


def test_a_raid_comes_with_one_tick(tmp_path: Path) -> None:
    """O-1, O-4: closed, named after its event, with what it was worth and its old id."""
    given = raid(5, raid_note="Boss&#39;s down", raid_additional_data="with [b]two[/b] wipes", raid_added_by="admin")
    came = moved_from(tmp_path, guild().with_rows("raids", given))
    made = came.one(Raid)
    assert (made.title, made.starts_at, made.points, made.status) == ("Kael", AT, Points.of("5.50"), RaidStatus.CLOSED)
    assert made.ticks == (Tick(number=1, name="Attendance", at=AT, points=Points.of("5.50")),)
    assert made.event_type_id == came.numbers.of(Kind.EVENT_TYPE, 1)
    assert made.pools == (came.numbers.of(Kind.POOL, 1),)
    assert (made.note, made.external_id) == ("Boss's down\n\nwith [b]two[/b] wipes", "eqdkp:5")
    assert not came.remarks("raids")


def test_who_was_there_is_noted_and_earns(tmp_path: Path) -> None:
    """O-1: a line and an entry for each; the entry is the raid's, as if it had been booked here."""
    installation = (
        guild().with_rows("raids", raid(5, raid_added_by="L&eacute;a")).with_rows("raid_attendees", *present(5, 1, 2))
    )
    came = moved_from(tmp_path, installation)
    main, twink = came.of(Attendance)
    owner = came.numbers.users[came.household.characters[1].owner]
    raid_id = came.one(Raid).id
    assert main == Attendance(
        raid_id=raid_id,
        tick=1,
        name="Anna",
        presence=Presence.PRESENT,
        character_id=main.character_id,
        user_id=owner,
        awarded=Points.of("5.50"),
        at=AT,
    )
    assert main.character_id == came.numbers.of(Kind.CHARACTER, 1)
    assert (twink.name, twink.user_id, twink.alt, main.alt) == ("Bert", owner, True, False)
    entry, _ = came.of(Entry)
    assert entry == Entry(
        id=entry.id,
        pool_id=came.one(Raid).pools[0],
        user_id=owner,
        kind=EntryKind.ATTENDANCE,
        bucket=Bucket.EARNED,
        amount=Points.of("5.50"),
        reason="Kael",
        character_name="Anna",
        source=Source(SourceKind.RAID, raid_id, 1),
        actor_kind=ActorKind.IMPORT,
        actor_id="Léa",
        occurred_at=AT,
        recorded_at=NOW,
    )


def test_each_pool_of_an_event_is_paid_in_full(tmp_path: Path) -> None:
    """O-1: nothing is split."""
    installation = guild().with_rows("raids", raid(5, event=3)).with_rows("raid_attendees", *present(5, 3))
    assert earned(moved_from(tmp_path, installation)) == [("Cora", 1, "5.50"), ("Cora", 2, "5.50")]


def test_who_is_noted_twice_earned_twice(tmp_path: Path) -> None:
    """O-2: one line and one entry of the sum; no row is lost, and it is told."""
    installation = guild().with_rows("raids", raid(5)).with_rows("raid_attendees", *present(5, 1, 3, 1, 1))
    came = moved_from(tmp_path, installation)
    assert earned(came) == [("Anna", 1, "16.50"), ("Cora", 1, "5.50")]
    assert [(each.name, str(each.awarded)) for each in came.of(Attendance)] == [("Anna", "16.50"), ("Cora", "5.50")]
    assert came.remarks("raid_attendees") == [("5/1", "it is there 3 times, and paid as often in one")]
    assert not came.listed("raid_attendees")


def test_attendance_of_nobody_and_at_nothing_is_left_out(tmp_path: Path) -> None:
    """O-2: such rows count nowhere there either."""
    installation = guild().with_rows("raids", raid(5)).with_rows("raid_attendees", *present(5, 1, 99), *present(8, 1))
    came = moved_from(tmp_path, installation)
    assert earned(came) == [("Anna", 1, "5.50")]
    assert came.listed("raid_attendees") == [
        (2, Why.ORPHAN, "there is no character 99"),
        (3, Why.ORPHAN, "there is no raid 8"),
    ]


@pytest.mark.parametrize(("event", "title"), [(4, "None"), (777, "Event 777")])
def test_a_raid_of_no_pool_was_attended_and_earned_nothing(tmp_path: Path, event: int, title: str) -> None:
    """O-2: it is kept; why nobody earned anything is told."""
    installation = guild().with_rows("raids", raid(5, event=event)).with_rows("raid_attendees", *present(5, 1))
    came = moved_from(tmp_path, installation)
    assert (came.one(Raid).title, came.one(Raid).pools, came.one(Attendance).awarded) == (title, (), ZERO)
    assert earned(came) == []
    assert came.remarks("raids") == [("5", f"its event, '{title}', is in no pool: nobody earned anything")]


@pytest.mark.parametrize(("value", "amounts"), [("0.00", []), ("-2.00", ["-2.00"])])
def test_a_raid_may_be_worth_nothing_or_less(tmp_path: Path, value: str, amounts: list[str]) -> None:
    """O-2: what stands there is kept; nothing makes no entry."""
    installation = guild().with_rows("raids", raid(5, value=value)).with_rows("raid_attendees", *present(5, 3))
    came = moved_from(tmp_path, installation)
    assert [amount for _, _, amount in earned(came)] == amounts
    assert (str(came.one(Raid).points), str(came.one(Attendance).awarded)) == (value, value)


@pytest.mark.parametrize("date", [0, None, -5])
def test_a_raid_without_a_date_is_of_1970(tmp_path: Path, date: int | None) -> None:
    """O-2: it is told."""
    came = moved_from(tmp_path, guild().with_rows("raids", raid(5, raid_date=date)))
    assert came.one(Raid).starts_at == came.one(Raid).ticks[0].at == NEVER
    assert ("5", "it has no date: it is dated 1970-01-01") in came.remarks("raids")


def test_a_raid_to_come_is_kept_and_told(tmp_path: Path) -> None:
    """O-2: what is not quite right in a row is remarked on."""
    came = moved_from(tmp_path, guild().with_rows("raids", raid(5, raid_date=1_900_000_000)))
    assert came.one(Raid).starts_at > NOW
    assert came.remarks("raids") == [("5", "raid_date: 2030-03-17 17:46 is in the future")]


@pytest.mark.parametrize(
    ("note", "more", "kept", "told"),
    [
        ("", "only this", "only this", []),
        ("n" * 4000, "more", "n" * 4000, ["its note leaves no room for its additional data: the archive has that"]),
        ("n" * 4001, "", "n" * 3999 + "…", [f"{CUT} (it has 4001 characters): {WHOLE}"]),
        ("\u0958" * 4000, "", "\u0915\u093c" * 1999 + "\u0915…", [f"{CUT} (it has 8000 characters): {WHOLE}"]),
        ("a" + "\u0301" * 31, "", "", [f"{CUT} (more than 30 accents stand on one letter): {WHOLE}"]),
        ("a\0b", "", "ab", [f"{CUT} (it holds NUL or half a character): {WHOLE}"]),
    ],
)  # fmt: skip
def test_what_was_written_about_a_raid_is_kept_as_far_as_it_fits(
    tmp_path: Path, note: str, more: str, kept: str, told: list[str]
) -> None:
    """G-9: nothing is cut silently, and the archive is to have the whole."""
    came = moved_from(tmp_path, guild().with_rows("raids", raid(5, raid_note=note, raid_additional_data=more)))
    assert came.one(Raid).note == kept
    assert came.remarks("raids") == [("5", each) for each in told]
    assert came.accounting.cut_rows == [("raids", 1)] * bool(told)


@pytest.mark.parametrize(
    ("by", "actor"), [("", "eqdkp"), (None, "eqdkp"), ("\x07", "eqdkp"), ("x" * 129, "x" * 127 + "…")]
)
def test_who_wrote_it_down_has_a_name(tmp_path: Path, by: str | None, actor: str) -> None:
    """G-5: that of the program where there is none."""
    installation = (
        guild().with_rows("raids", {**raid(5), "raid_added_by": by}).with_rows("raid_attendees", *present(5, 3))
    )
    came = moved_from(tmp_path, installation)
    assert came.one(Entry).actor_id == actor
    assert bool(came.remarks("raids")) == actor.startswith("x")


def test_a_raid_with_the_id_of_another_is_left_out(tmp_path: Path) -> None:
    """O-2: a dump without keys may have such."""
    installation = (
        guild().with_rows("raids", raid(5), raid(5, value="9.00")).with_rows("raid_attendees", *present(5, 3))
    )
    came = moved_from(tmp_path, installation)
    assert earned(came) == [("Cora", 1, "5.50")]
    assert came.listed("raids") == [(2, Why.DUPLICATE, "an earlier row has the id 5 too")]


def test_things_can_be_asked_for_again(tmp_path: Path) -> None:
    """O-3: the same comes, for the same numbers, and as much of it as was told before."""
    installation = (
        guild()
        .with_rows("raids", raid(5), raid(6, event=3), raid(7, value="0.00"))
        .with_rows("raid_attendees", *present(5, 1), *present(6, 1, 3, 3), *present(7, 1))
        .with_rows("items", item(1), item(2, "ROBE", itempool_id=3), item(3, "Ring", value="0.00"))
        .with_rows("adjustments", adjustment(1), adjustment(2, event_id="3"))
    )
    with open_source(dumped(tmp_path, installation)) as source:
        came = moved(source)
        again = came.new_numbers()
        assert came.things(again) == came.chunks
    for numbers in (came.numbers, again):
        assert {kind: numbers._next[kind] - FIRST for kind in came.counts} == came.counts
    assert all(len({type(each) for each in chunk}) == 1 for chunk in came.chunks)


def test_things_come_some_at_a_time() -> None:
    """O-3: memory is bounded."""
    assert [len(each) for each in chunks(range(2 * CHUNK + 1))] == [CHUNK, CHUNK, 1]
    assert list(chunks([])) == []

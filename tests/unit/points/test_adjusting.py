"""Moving points by hand, and looking at what users have, as use cases."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.errors import InvalidFields, InvalidValue, NameTaken, NoSuch, NotPermitted
from dkp_core.kernel.ids import AdjustmentId, ItemPoolId, PoolId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points import (
    Adjustment,
    AdjustmentFilter,
    AdjustmentLine,
    AlreadyReversed,
    BalanceOutOfRange,
    DefaultPoolNeeded,
    EntryKind,
    HistoryFilter,
    PoolIsArchived,
    StandingsFilter,
    adjustments_from_csv,
)
from tests.unit.guild_house import TONIGHT, GuildHouse, Person


def adjust(guild: GuildHouse, person: Person, amount: str, reason: str = "because", **more: object) -> Adjustment:
    """One person's points moved by the officer."""
    line = AdjustmentLine(user_id=person.id, amount=Points.of(amount))
    return guild.use.adjust_points()([line], reason=reason, by=guild.officer.by, **more)[0]  # type: ignore[arg-type]  # as given


def test_an_adjustment_moves_the_balance_and_says_why(guild: GuildHouse) -> None:
    """P-8, P-3: adjusted counts in current; the reason is kept."""
    member = guild.joins()
    adjust(guild, member, "12.50", note="see the minutes")
    adjust(guild, member, "-2.25", "late")
    row = guild.balance(member)
    assert (str(row.adjusted), str(row.current), str(row.held), str(row.available)) == (
        "10.25",
        "10.25",
        "0.00",
        "10.25",
    )
    latest, first = guild.history(member)
    assert (latest.kind, str(latest.amount), latest.reason) == (EntryKind.ADJUSTMENT, "-2.25", "late")
    assert (first.note, first.actor_id) == ("see the minutes", str(guild.officer.id))


def test_a_character_names_its_owner_of_that_time(guild: GuildHouse) -> None:
    """P-8, P-11: character context is kept as text; the owner at that time is meant."""
    giver, taker = guild.joins("Giver"), guild.joins("Taker")
    hero = guild.plays(giver, "Hero")
    guild.clock.advance(timedelta(days=2))
    guild.use.reassign_character()(hero, owner=taker.id, by=guild.officer.by)
    line = AdjustmentLine(character="HERO", amount=Points.of(5))
    guild.use.adjust_points()([line], reason="then", occurred_at=TONIGHT + timedelta(days=1), by=guild.officer.by)
    guild.clock.advance(timedelta(days=1))
    guild.use.adjust_points()([line], reason="now", by=guild.officer.by)
    assert (guild.current(giver), guild.current(taker)) == ("5.00", "5.00")
    assert guild.history(giver)[0].character_name == "HERO"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (AdjustmentLine(user_id=UserId(999), amount=Points.of(1)), NoSuch),
        (AdjustmentLine(character="Nobody", amount=Points.of(1)), NoSuch),
        (AdjustmentLine(character="Ownerless", amount=Points.of(1)), NoSuch),
        (AdjustmentLine(amount=Points.of(1)), InvalidValue),
        (AdjustmentLine(character="Hero", amount=Points.of(0)), InvalidValue),
    ],
)
def test_one_bad_line_and_nothing_moves(guild: GuildHouse, line: AdjustmentLine, error: type[Exception]) -> None:
    """P-8, G-8: all of it or nothing."""
    member = guild.joins()
    guild.plays(member, "Hero")
    guild.plays(None, "Ownerless")
    good = AdjustmentLine(user_id=member.id, amount=Points.of(1))
    with pytest.raises(error):
        guild.use.adjust_points()([good, line], reason="mixed", by=guild.officer.by)
    assert guild.current(member) == "0.00"
    assert guild.use.list_adjustments()(AdjustmentFilter(), page=PageRequest(), by=guild.officer.by).count == 0


def test_a_reason_is_required_and_the_future_is_not_adjusted(guild: GuildHouse) -> None:
    """P-8: reason required."""
    member = guild.joins()
    for more, field in (
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"occurred_at": TONIGHT + timedelta(seconds=1)}, "occurred_at"),
    ):
        with pytest.raises(InvalidValue) as refused:
            adjust(guild, member, "1", **more)
        assert refused.value.field == field
    for count in (0, 2001):
        with pytest.raises(InvalidValue):
            guild.use.adjust_points()(
                [AdjustmentLine(user_id=member.id, amount=Points.of(1))] * count, reason="many", by=guild.officer.by
            )


def test_a_dry_run_moves_nothing(guild: GuildHouse) -> None:
    """P-8, I-3."""
    member = guild.joins()
    assert str(adjust(guild, member, "5", dry_run=True).amount) == "5.00"
    assert guild.current(member) == "0.00"


def test_a_reversal_is_an_entry_that_names_the_one_it_reverses(guild: GuildHouse) -> None:
    """P-2, P-8, G-4: voided by reversal, of the same kind, from the same time on; nothing is deleted."""
    member = guild.joins()
    made = adjust(guild, member, "12.50", occurred_at=TONIGHT - timedelta(days=3))
    guild.clock.advance(timedelta(hours=1))
    guild.use.reverse_adjustment()(made.id, reason="wrong person", by=guild.officer.by)
    reversal, original = guild.history(member)
    assert (reversal.reverses, str(reversal.amount), reversal.kind) == (original.id, "-12.50", EntryKind.ADJUSTMENT)
    assert (reversal.occurred_at, reversal.recorded_at) == (original.occurred_at, guild.clock.now())
    assert reversal.reason == "wrong person"
    assert guild.current(member) == "0.00"
    with pytest.raises(AlreadyReversed):
        guild.use.reverse_adjustment()(made.id, reason="again", by=guild.officer.by)
    with pytest.raises(NoSuch):
        guild.use.reverse_adjustment()(AdjustmentId(999), reason="none", by=guild.officer.by)
    with pytest.raises(InvalidValue):
        guild.use.reverse_adjustment()(adjust(guild, member, "1").id, reason="", by=guild.officer.by)
    shown = guild.use.list_adjustments()
    assert shown(AdjustmentFilter(reversed=True), page=PageRequest(), by=guild.officer.by).results[0].id == made.id


def test_a_balance_as_of_then_and_as_it_was_known_then(guild: GuildHouse) -> None:
    """P-4: what occurred before it counts; with known_at only what was recorded before that."""
    member = guild.joins()
    made = adjust(guild, member, "10", occurred_at=TONIGHT - timedelta(days=10))
    guild.clock.advance(timedelta(days=1))
    guild.use.reverse_adjustment()(made.id, reason="mistake", by=guild.officer.by)
    adjust(guild, member, "3")

    def then(**when: object) -> str:
        row = guild.use.show_balances()(member.id, by=guild.operator, **when)  # type: ignore[arg-type]  # as given
        return str(row.balances[0].current)

    assert then() == "3.00"
    week_ago, known = TONIGHT - timedelta(days=7), TONIGHT + timedelta(seconds=1)
    assert then(as_of=week_ago) == "0.00"
    assert then(as_of=week_ago, known_at=known) == "10.00"
    assert then(as_of=TONIGHT - timedelta(days=10), known_at=known) == "0.00"
    assert then(known_at=known) == "10.00"


def test_no_balance_passes_the_limits(guild: GuildHouse) -> None:
    """G-3: at most ±9,999,999,999.99."""
    member = guild.joins()
    adjust(guild, member, "9999999999.99")
    with pytest.raises(BalanceOutOfRange):
        adjust(guild, member, "0.01")
    assert guild.current(member) == "9999999999.99"


def test_history_is_filtered_and_runs_along(guild: GuildHouse) -> None:
    """P-4: pages, filter by kind, pool, character, date, with running balance."""
    member = guild.joins()
    guild.plays(member, "Hero")
    for day, amount in ((5, "10"), (4, "-4"), (3, "1.50")):
        adjust(guild, member, amount, occurred_at=TONIGHT - timedelta(days=day))
    guild.attends(guild.raids(), "Hero")
    show = guild.use.show_history()

    def amounts(
        page: PageRequest = PageRequest(), newest_first: bool = True, **wanted: object
    ) -> list[tuple[str, str]]:  # frozen
        rows = show(member.id, HistoryFilter(**wanted), page=page, newest_first=newest_first, by=member.by)  # type: ignore[arg-type]  # as given
        return [(str(row.amount), str(row.balance)) for row in rows.results]

    running = [("10.00", "17.50"), ("1.50", "7.50"), ("-4.00", "6.00"), ("10.00", "10.00")]
    assert amounts() == running
    assert amounts(newest_first=False) == running[::-1]
    assert amounts(PageRequest(2, 2)) == running[2:]
    assert amounts(kind=EntryKind.ATTENDANCE) == running[:1]
    assert amounts(character="hero") == running[:1]
    assert amounts(since=TONIGHT - timedelta(days=4), until=TONIGHT - timedelta(days=3)) == [running[2]]
    assert amounts(pool_id=guild.pool) == running
    other = guild.use.create_pool()(name="Other", by=guild.officer.by)
    assert amounts(pool_id=other.id) == []


def test_who_may_move_and_see_points(guild: GuildHouse) -> None:
    """A-3: officers move them, members see them, guests do not."""
    member, guest = guild.joins(), guild.joins("Guest", RoleGroup.GUEST)
    line = AdjustmentLine(user_id=member.id, amount=Points.of(1))
    with pytest.raises(NotPermitted):
        guild.use.adjust_points()([line], reason="mine", by=member.by)
    with pytest.raises(NotPermitted):
        guild.use.reverse_adjustment()(AdjustmentId(1), reason="mine", by=member.by)
    for look in (
        lambda: guild.use.show_balance()(member.id, guild.pool, by=guest.by),
        lambda: guild.use.show_balances()(member.id, by=guest.by),
        lambda: guild.use.show_balances_of_discord_id()("1001", by=guest.by),
        lambda: guild.use.show_history()(member.id, HistoryFilter(), page=PageRequest(), by=guest.by),
        lambda: guild.use.show_standings()(guild.pool, StandingsFilter(), by=guest.by),
        lambda: guild.use.standings_revision()(guild.pool, by=guest.by),
        lambda: guild.use.list_adjustments()(AdjustmentFilter(), page=PageRequest(), by=guest.by),
        lambda: guild.use.list_pools()(by=guest.by),
        lambda: guild.use.show_pool()(guild.pool, by=guest.by),
        lambda: guild.use.list_item_pools()(by=guest.by),
        lambda: guild.use.verify()(by=guild.officer.by),
    ):
        with pytest.raises(NotPermitted):
            look()
    assert guild.use.show_balances_of_discord_id()("1001", by=member.by).user_id == member.id


def test_points_of_the_guild_next_door_are_not_there(guild: GuildHouse) -> None:
    """G-1: neither its pools, nor its people."""
    neighbour = guild.neighbour()
    stranger = neighbour.joins("Stranger")
    with pytest.raises(NoSuch):
        adjust(guild, stranger, "5")
    with pytest.raises(NoSuch):
        adjust(guild, guild.officer, "5", pool_id=neighbour.pool)
    with pytest.raises(NoSuch):
        guild.use.show_balance()(guild.officer.id, neighbour.pool, by=guild.officer.by)
    with pytest.raises(NoSuch):
        guild.use.show_balances()(stranger.id, by=guild.officer.by)


def test_standings_rank_active_members_by_current(guild: GuildHouse) -> None:
    """P-10: position, user, main, class, rank and the numbers; only active members by default."""
    anna, bert, gone = guild.joins("Anna"), guild.joins("Bert"), guild.joins("Gone")
    guild.plays(anna, "Zoe", character_class="Cleric")
    adjust(guild, anna, "5")
    adjust(guild, bert, "7")
    adjust(guild, gone, "99")
    guild.use.change_membership()(gone.id, status=MembershipStatus.ENDED, by=guild.officer.by)

    def shown(ordering: str = "", where: dict[str, str] | None = None, **wanted: object) -> list[tuple[int, str]]:
        rows = guild.use.show_standings()(
            guild.pool,
            StandingsFilter(**wanted),  # type: ignore[arg-type]  # as given
            where=where or {},
            ordering=ordering,
            by=anna.by,
        )
        return [(row.position, row.username) for row in rows]

    assert shown() == [(1, "Bert"), (2, "Anna"), (3, "Boss")]
    assert shown("username") == [(2, "Anna"), (1, "Bert"), (3, "Boss")]
    assert shown(character_class="cleric") == shown(rank="Member") == shown(search="nn") == [(2, "Anna")]
    assert shown(everyone=True)[0] == (1, "Gone")
    assert shown(where={"current_min": "5", "current_max": "5.00"}) == [(2, "Anna")]
    assert shown(where={"main_character": "ZOE"}) == [(2, "Anna")]
    assert shown(where={"position": "1"}) == [(1, "Bert")]
    assert shown(where={"last_raid_min": "2026-01-01T00:00:00Z"}) == []
    assert shown(where={"attendance_30_max": "0"}) == shown()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("email", "x"),
        ("username_min", "x"),
        ("current", "many"),
        ("current_min", "NaN"),
        ("current_min", "1_0"),
        ("current", "1" * 41),
        ("last_raid_min", "yesterday"),
        ("last_raid", "2026-01-01T00:00:00"),
    ],
)
def test_standings_are_narrowed_by_columns_there_are(guild: GuildHouse, name: str, text: str) -> None:
    """P-10, G-8: the error names the column."""
    with pytest.raises(InvalidValue) as refused:
        guild.use.show_standings()(guild.pool, StandingsFilter(), where={name: text}, by=guild.operator)
    assert refused.value.field == name


def test_the_revision_changes_with_the_standings_and_not_without(guild: GuildHouse) -> None:
    """P-10: a text that changes whenever the standings do."""
    member = guild.joins()
    revision = guild.use.standings_revision()
    seen = [revision(guild.pool, by=member.by)]
    assert revision(guild.pool, by=member.by) == seen[0]
    for change in (
        lambda: adjust(guild, member, "1"),
        lambda: guild.plays(member, "Hero"),
        lambda: guild.attends(guild.raids(), "Hero"),
        lambda: guild.clock.advance(timedelta(days=30)),
    ):
        change()
        assert revision(guild.pool, by=member.by) not in seen
        seen.append(revision(guild.pool, by=member.by))


def test_there_is_always_one_default_pool(guild: GuildHouse) -> None:
    """P-5: one is the guild's default; archived or not."""
    first = guild.pool
    second = guild.use.create_pool()(name="Second", unit="EP", decimals=0, is_default=True, by=guild.officer.by)
    rows = guild.use.list_pools()(by=guild.operator)
    assert [(row.name, row.is_default, row.unit, row.decimals) for row in rows] == [
        ("Second", True, "EP", 0),
        ("DKP", False, "DKP", 2),
    ]
    for change in ({"is_default": False}, {"archived": True}):
        with pytest.raises(DefaultPoolNeeded):
            guild.use.change_pool()(second.id, by=guild.officer.by, **change)  # type: ignore[arg-type]  # as given
    guild.use.change_pool()(first, archived=True, by=guild.officer.by)
    with pytest.raises(PoolIsArchived):
        adjust(guild, guild.officer, "1", pool_id=first)
    with pytest.raises(PoolIsArchived):
        guild.event_type("Old", pools=[first])
    guild.use.change_pool()(first, archived=False, is_default=True, name="Main", by=guild.officer.by)
    assert guild.use.show_pool()(second.id, by=guild.operator).is_default is False
    with pytest.raises(NameTaken):
        guild.use.create_pool()(name="MAIN", by=guild.officer.by)
    with pytest.raises(InvalidValue):
        guild.use.create_pool()(name="Third", decimals=3, by=guild.officer.by)
    with pytest.raises(NotPermitted):
        guild.use.create_pool()(name="Mine", by=guild.joins().by)


def test_items_belong_to_an_item_pool_that_names_its_pool(guild: GuildHouse) -> None:
    """P-5: items belong to an item pool, which names the pool it is paid from."""
    other = guild.use.create_pool()(name="Other", by=guild.officer.by)
    made = guild.use.create_item_pool()(name="Plane of Time", by=guild.officer.by)
    assert made.pools == (guild.pool,)
    guild.use.change_item_pool()(made.id, name="Time", pool_id=other.id, by=guild.officer.by)
    (row,) = guild.use.list_item_pools()(by=guild.operator)
    assert (row.name, row.pools) == ("Time", (other.id,))
    with pytest.raises(NoSuch):
        guild.use.create_item_pool()(name="Void", pool_id=PoolId(999), by=guild.officer.by)
    with pytest.raises(NoSuch):
        guild.use.change_item_pool()(ItemPoolId(999), name="Void", by=guild.officer.by)
    assert guild.event_type("Time", item_pools=[made.id])


def test_a_csv_becomes_adjustments() -> None:
    """P-8: bulk by CSV, by character or by user, each with its own reason where given."""
    text = "\ufeffCharacter, Amount ,Reason\r\nÉlan,12.50,\r\n\r\nZoe,-3,late\r\n"
    assert adjustments_from_csv(text) == (
        AdjustmentLine(character="Élan", amount=Points.of("12.50")),
        AdjustmentLine(character="Zoe", amount=Points.of(-3), reason="late"),
    )
    assert adjustments_from_csv("user_id,amount\n7,1\n") == (AdjustmentLine(user_id=UserId(7), amount=Points.of(1)),)


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2", "amount\n5", "character,amount\n", 'character,amount\n"x', "user,amount\n\n"]
)
def test_a_csv_without_columns_or_lines_is_refused(text: str) -> None:
    """P-8, G-8."""
    with pytest.raises((InvalidValue, InvalidFields)):
        adjustments_from_csv(text)


def test_every_bad_line_of_a_csv_is_named() -> None:
    """G-8: the line, the fault and what is accepted."""
    with pytest.raises(InvalidFields) as refused:
        adjustments_from_csv("character,user,amount\nA,,1.234\n\nB,,5\n\n,x7,1\nC,,NaN\n")
    assert [fault.name for fault in refused.value.faults] == ["line 2", "line 6", "line 7"]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_a_csv_or_refused(text: str) -> None:
    """G-8: bad input gets an error, never a fault of ours."""
    with suppress(InvalidValue, InvalidFields):
        assert adjustments_from_csv(text)

"""Changing one's main: its price, its waiting time and its history (R-3, P-17)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_core.accounts import MembershipStatus
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue, NotPermitted
from dkp_core.kernel.ids import CharacterId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.points import AdjustmentLine, EntryKind, MainChangeNotAffordable
from dkp_core.roster import CharacterStatus, MainChangedLately, RosterFilter, SetAside, StillPending
from tests.unit.guild_house import GuildHouse, Person


def asks(guild: GuildHouse, *, price: int = 0, days: int = 0) -> None:
    """The guild sets what a main change takes."""
    wanted = {"main_change_price": price, "main_change_wait_days": days}
    guild.use.change_guild()(settings=wanted, by=guild.officer.by)


def gets(guild: GuildHouse, person: Person, points: str) -> None:
    """Points for somebody."""
    line = AdjustmentLine(amount=Points.of(points), user_id=person.id)
    guild.use.adjust_points()([line], reason="start", by=guild.officer.by)


def is_main(guild: GuildHouse, character_id: CharacterId) -> bool:
    """Whether a character is its owner's main."""
    return guild.use.show_character()(character_id, by=guild.operator).is_main


def mains(guild: GuildHouse, person: Person) -> list[tuple[str, str, bool, str]]:
    """A person's main history."""
    rows = guild.use.list_main_changes()(person.id, by=person.by)
    return [(row.before, row.after, row.waived, row.reason) for row in rows]


def test_a_main_change_costs_what_the_guild_asks_and_is_kept(guild: GuildHouse) -> None:
    """P-17: a penalty in the default pool, with its reason; who was main when stays known."""
    asks(guild, price=30)
    kara = guild.joins("Kara")
    one, two = guild.plays(kara, "One"), guild.plays(kara, "Two")
    gets(guild, kara, "50.50")
    report = guild.use.change_main()(two, reason="reroll", by=kara.by)
    assert (report.paid, guild.current(kara)) == (Points.of(30), "20.50")
    assert (is_main(guild, one), is_main(guild, two)) == (False, True)
    (entry, _) = guild.history(kara)
    assert (entry.kind, entry.amount, entry.reason, entry.character_name) == (
        EntryKind.PENALTY,
        Points.of(-30),
        "reroll",
        "Two",
    )
    assert mains(guild, kara) == [("One", "Two", False, "reroll")]
    (event,) = guild.use.show_audit_log()(
        AuditFilter(name="main_changed"), page=PageRequest(), by=guild.operator
    ).results
    assert (event.data["before"], event.data["after"]) == (one, two)
    assert guild.verified()


def test_who_cannot_pay_keeps_the_main(guild: GuildHouse) -> None:
    """P-17: the price has to be available, and is not owed; nothing is half done."""
    asks(guild, price=30)
    kara = guild.joins("Kara")
    one, two = guild.plays(kara, "One"), guild.plays(kara, "Two")
    gets(guild, kara, "29.99")
    with pytest.raises(MainChangeNotAffordable):
        guild.use.change_main()(two, by=kara.by)
    assert (is_main(guild, one), guild.current(kara), mains(guild, kara)) == (True, "29.99", [])


def test_the_first_main_and_the_main_itself_cost_nothing(guild: GuildHouse) -> None:
    """P-17: naming a main where there is none, or the same again, is no main change."""
    asks(guild, price=30, days=30)
    kara = guild.joins("Kara")
    one = guild.plays(kara, "One")
    assert guild.use.change_main()(one, by=kara.by).change_id is None
    two = guild.plays(kara, "Two")
    guild.use.reassign_character()(one, owner=None, by=guild.officer.by)
    assert guild.use.change_main()(two, by=kara.by).paid == Points.of(0)
    assert (is_main(guild, two), mains(guild, kara), guild.current(kara)) == (True, [], "0.00")


def test_the_days_between_two_changes_are_counted_exactly(guild: GuildHouse) -> None:
    """P-17, G-2: N times 24 hours after the last change, to the microsecond."""
    asks(guild, days=14)
    kara = guild.joins("Kara")
    one, two = guild.plays(kara, "One"), guild.plays(kara, "Two")
    change = guild.use.change_main()
    change(two, by=kara.by)
    guild.clock.advance(timedelta(days=14) - timedelta(microseconds=1))
    with pytest.raises(MainChangedLately) as refused:
        change(one, by=kara.by)
    assert "14 days" in refused.value.sentence
    guild.clock.advance(timedelta(microseconds=1))
    change(one, by=kara.by)
    assert [row[:2] for row in mains(guild, kara)] == [("One", "Two"), ("Two", "One")]


def test_officers_waive_price_and_waiting_time_with_a_reason(guild: GuildHouse) -> None:
    """P-17: officers may override; members may not, and nobody does without a reason."""
    asks(guild, price=30, days=14)
    kara = guild.joins("Kara")
    one, two = guild.plays(kara, "One"), guild.plays(kara, "Two")
    change = guild.use.change_main()
    with pytest.raises(InvalidValue) as refused:
        change(two, waive=True, by=guild.officer.by)
    assert refused.value.field == "reason"
    with pytest.raises(NotPermitted):
        change(two, waive=True, reason="me", by=kara.by)
    change(two, waive=True, reason="the guild asked for a healer", by=guild.officer.by)
    change(one, waive=True, reason="and did not need one", by=guild.officer.by)
    assert guild.current(kara) == "0.00"
    assert [row[2] for row in mains(guild, kara)] == [True, True]


def test_members_change_their_own_main_and_nobody_elses(guild: GuildHouse) -> None:
    """R-3, P-17."""
    kara, lucy = guild.joins("Kara"), guild.joins("Lucy")
    guild.plays(kara, "One")
    two = guild.plays(kara, "Two")
    with pytest.raises(NotPermitted):
        guild.use.change_main()(two, by=lucy.by)
    guild.use.change_main()(two, by=guild.officer.by)
    assert is_main(guild, two)


def test_a_former_main_stays_in_history_when_it_is_removed(guild: GuildHouse) -> None:
    """P-17, G-4: what the main history names is retired, not forgotten."""
    kara = guild.joins("Kara")
    one, two = guild.plays(kara, "One"), guild.plays(kara, "Two")
    guild.use.change_main()(two, by=kara.by)
    guild.use.remove_character()(one, by=guild.officer.by)
    assert guild.use.show_character()(one, by=guild.operator).status == "retired"
    assert mains(guild, kara)[0][:2] == ("One", "Two")


def test_a_main_that_an_import_changes_stands_in_the_history_too(guild: GuildHouse) -> None:
    """P-17, R-6: officers import; no price is asked."""
    asks(guild, price=30)
    kara = guild.joins("Kara")
    guild.plays(kara, "One")
    guild.plays(kara, "Two")
    guild.use.import_roster()([b"name,main\nOne,Two\nTwo,Two\n"], file_name="m.csv", by=guild.officer.by)
    assert mains(guild, kara) == [("One", "Two", True, "Imported from m.csv.")]
    assert guild.current(kara) == "0.00"


def test_an_import_tells_of_main_changes_and_takes_the_right_to_waive_what_they_cost(guild: GuildHouse) -> None:
    """P-17, R-6, G-5: whoever may write the roster alone changes no main past the guild's price or waiting time."""
    kara = guild.joins("Kara")
    one, two = guild.plays(kara, "One"), guild.plays(kara, "Two")
    bot = Actor(
        kind=ActorKind.BOT,
        id="bot-1",
        entrypoint="test",
        guild_id=guild.id,
        permissions=frozenset({Permission.ROSTER_WRITE}),
    )
    imports, file = guild.use.import_roster(), [b"name,is main\nTwo,yes\n"]
    for more in ({"price": 30}, {"days": 7}):
        asks(guild, **more)
        for dry_run in (True, False):
            with pytest.raises(NotPermitted) as refused:
                imports(file, dry_run=dry_run, by=bot)
            assert refused.value.permission == Permission.POINTS_WRITE
        imports([b"name,is main\nOne,yes\n"], by=bot)  # the main it was: no change
    assert (is_main(guild, one), mains(guild, kara)) == (True, [])
    asks(guild)
    imports(file, file_name="m.csv", by=bot)
    (event,) = guild.use.show_audit_log()(
        AuditFilter(name="main_changed"), page=PageRequest(), by=guild.operator
    ).results
    assert (event.data["before"], event.data["after"], event.data["reason"]) == (one, two, "Imported from m.csv.")


def test_an_import_writes_no_main_change_that_never_was(guild: GuildHouse) -> None:
    """P-17, R-6: who was the main for as long as the file was read was none; no waiting time begins."""
    asks(guild, days=14)
    kara = guild.joins("Kara")
    guild.use.import_roster()([b"name,owner,main\nB,Kara,\nA,Kara,\nC,,A\n"], by=guild.officer.by)
    rows = guild.use.list_characters()(RosterFilter(), page=PageRequest(), by=guild.operator).results
    assert {row.name: row.is_main for row in rows} == {"A": True, "B": False, "C": False}
    assert mains(guild, kara) == []
    guild.use.change_main()(next(row.id for row in rows if row.name == "B"), by=kara.by)
    assert [row[:2] for row in mains(guild, kara)] == [("A", "B")]


def test_who_does_not_count_yet_or_any_more_becomes_nobodys_main(guild: GuildHouse) -> None:
    """P-17, R-1: pending and set-aside characters are refused, by hand and in a file; then nothing is changed."""
    kara = guild.joins("Kara")
    one, two = guild.plays(kara, "One"), guild.plays(kara, "Two")
    pending = guild.use.enter_character()(name="Pending", by=kara.by).id
    with pytest.raises(StillPending):
        guild.use.change_main()(pending, by=kara.by)
    for status in (CharacterStatus.INACTIVE, CharacterStatus.RETIRED):
        guild.use.update_statuses()([two], status=status, by=guild.officer.by)
        with pytest.raises(SetAside) as refused:
            guild.use.change_main()(two, waive=True, reason="please", by=guild.officer.by)
        assert status.value in refused.value.sentence
    report = guild.use.import_roster()([b"name,is main\nTwo,yes\nPending,yes\n"], by=guild.officer.by)
    assert (report.refused, is_main(guild, one), mains(guild, kara)) == (2, True, [])
    guild.use.update_statuses()([one], status=CharacterStatus.RETIRED, by=guild.officer.by)
    assert guild.use.change_main()(one, by=kara.by).change_id is None  # it is the main already
    again = guild.use.import_roster()([b"name,is main\nOne,yes\n"], by=guild.officer.by)
    assert again.unchanged == 1
    guild.use.import_roster()([b"name,is main,status\nTwo,yes,active\n"], by=guild.officer.by)
    assert is_main(guild, two)


def test_a_pending_character_that_gave_way_as_the_main_is_retired_when_it_is_removed(guild: GuildHouse) -> None:
    """P-17, G-4: the main history stays readable, and the character was never approved."""
    kara = guild.joins("Kara")
    first = guild.use.enter_character()(name="First", by=kara.by).id
    two = guild.plays(kara, "Two")
    guild.use.change_main()(two, by=kara.by)
    guild.use.remove_character()(first, by=kara.by)
    assert mains(guild, kara) == [("First", "Two", False, "")]
    assert guild.use.show_character()(first, by=guild.operator).status == "retired"
    told = guild.use.show_audit_log()(AuditFilter(), page=PageRequest(size=200), by=guild.operator).results
    assert "character_approved" not in {event.name for event in told}


def test_leaving_and_coming_back_keeps_points_characters_ranks_and_attendance(guild: GuildHouse) -> None:
    """P-17: ending a membership and resuming it loses nothing, and the main history goes on."""
    asks(guild, price=5)
    kara = guild.joins("Kara")
    one, two = guild.plays(kara, "One"), guild.plays(kara, "Two")
    guild.use.update_ranks()({one: guild.rank("Raider")}, reason="trial passed", by=guild.officer.by)
    guild.attends(guild.raids(), "One")
    joined_at = guild.use.show_user()(kara.id, by=guild.operator)
    before = guild.balance(kara), guild.history(kara)
    guild.use.change_membership()(kara.id, status=MembershipStatus.ENDED, reason="break", by=guild.officer.by)
    assert (guild.balance(kara), guild.history(kara)) == before
    guild.clock.advance(timedelta(days=20))
    guild.use.change_membership()(kara.id, status=MembershipStatus.IN_FORCE, reason="back", by=guild.officer.by)
    assert (guild.balance(kara), guild.history(kara)) == before
    row = guild.use.show_character()(one, by=guild.operator)
    assert (row.user_id, row.is_main, row.rank) == (kara.id, True, "Raider")
    assert len(guild.use.show_rank_history()(one, by=guild.operator)) == 1
    shares = guild.use.list_attendance_shares()(user_id=kara.id, by=guild.operator)
    assert shares[0].attended_30 == 1
    assert guild.use.change_main()(two, by=kara.by).paid == Points.of(5)
    assert guild.use.show_user()(kara.id, by=guild.operator) == joined_at
    assert guild.verified()


@settings(max_examples=20)
@given(
    price=st.integers(0, 40),
    steps=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 20), st.booleans()), min_size=1, max_size=8),
)
def test_whatever_is_tried_nobody_pays_what_they_have_not_and_history_adds_up(
    price: int, steps: list[tuple[int, int, bool]]
) -> None:
    """P-17: each change names the main before it and is paid once or waived; no balance goes below 0."""
    guild = GuildHouse()
    asks(guild, price=price, days=7)
    kara = guild.joins("Kara")
    characters = [guild.plays(kara, name) for name in ("One", "Two", "Three")]
    gets(guild, kara, "60")
    for which, days, waives in steps:
        guild.clock.advance(timedelta(days=days))
        by = guild.officer.by if waives else kara.by
        with suppress(MainChangedLately, MainChangeNotAffordable):
            guild.use.change_main()(characters[which], waive=waives, reason="so", by=by)
    rows = guild.use.list_main_changes()(kara.id, by=guild.operator)
    assert [row.before for row in rows] == ["One", *(row.after for row in rows)][: len(rows)]
    (current,) = [each for each in characters if is_main(guild, each)]
    assert current == (rows[-1].after_id if rows else characters[0])
    paid = sum(not row.waived for row in rows) * price
    assert guild.balance(kara).current == Points.of(60 - paid) >= Points.of(0)
    assert guild.verified()

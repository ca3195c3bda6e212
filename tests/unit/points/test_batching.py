"""Batches as use cases: runs by the pool's schedule and by hand, previewed, made once, and taken back as a whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_core.accounts import MembershipStatus
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import BatchId, PoolId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points import (
    RUN_BATCHES,
    SCHEDULE_BATCHES,
    AdjustmentLine,
    Batch,
    BatchFilter,
    BatchIsReversed,
    BatchIsThere,
    BatchKind,
    BatchLineRow,
    BatchRow,
    EntryKind,
    NothingIsDue,
    PoolIsArchived,
    PreviewIsOld,
    WantedRun,
)
from dkp_core.raids import WantedBonus
from tests.unit.guild_house import TONIGHT, GuildHouse, Person
from tests.unit.reacting import follow_up

WEEK = timedelta(days=7)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MONDAYS = {"every": 1, "unit": "weeks", "at": "05:00", "starts_on": "2026-11-23"}
MONDAY = datetime(2026, 11, 23, 5, tzinfo=UTC)
DECAY = WantedRun(kind=BatchKind.DECAY)


def policies(guild: GuildHouse, **values: object) -> None:
    """Set policies of the default pool."""
    guild.use.set_policies()(guild.pool, values, by=guild.operator)


def give(guild: GuildHouse, person: Person, amount: str, *, days_ago: int = 0) -> None:
    """Points that somebody has."""
    line = AdjustmentLine(user_id=person.id, amount=Points.of(amount))
    at = guild.clock.now() - timedelta(days=days_ago)
    guild.use.adjust_points()([line], reason="for a test", occurred_at=at, by=guild.officer.by)


def run(guild: GuildHouse, wanted: WantedRun = DECAY, **more: object) -> Batch:
    """A run that the officer makes."""
    return guild.use.run_batch()(wanted, by=guild.officer.by, **more)  # type: ignore[arg-type]  # as given


def works(guild: GuildHouse) -> int:
    """What the worker does of what is due, by reactions and deadlines."""
    return follow_up(guild, RUN_BATCHES, SCHEDULE_BATCHES)


def batches(guild: GuildHouse, **wanted: object) -> tuple[BatchRow, ...]:
    """The batches there are, the oldest first."""
    found = guild.use.list_batches()(BatchFilter(**wanted), page=PageRequest(), by=guild.operator)  # type: ignore[arg-type]  # as given
    assert found.count == len(found.results)
    return found.results[::-1]


def lines(guild: GuildHouse, batch_id: BatchId) -> tuple[BatchLineRow, ...]:
    """What a batch booked."""
    return guild.use.list_batch_lines()(batch_id, page=PageRequest(), by=guild.operator).results


# --- decay of balances ------------------------------------------------------------------------------------------------


def test_the_worker_runs_decay_at_its_time(guild: GuildHouse) -> None:
    """P-6, P-7: once a week, a line for each who has something; the ledger knows the batch and the policies."""
    rich, poor, owes = guild.joins("Rich"), guild.joins("Poor"), guild.joins("Owes")
    for person, amount in ((rich, "100"), (poor, "0.05"), (owes, "-20")):
        give(guild, person, amount)
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY - timedelta(microseconds=1))
    assert works(guild) == 0
    guild.clock.set(MONDAY)
    works(guild)
    assert [guild.current(each) for each in (rich, poor, owes)] == ["90.00", "0.05", "-20.00"]
    (batch,) = batches(guild)
    assert (batch.kind, batch.period, batch.lines, str(batch.total)) == (BatchKind.DECAY, "2026-11-23", 1, "-10.00")
    latest = guild.history(rich)[0]
    assert (latest.kind, latest.occurred_at, latest.policies_version) == (EntryKind.DECAY, MONDAY, 1)
    assert latest.reason == "Decay of 10 %"
    guild.clock.set(MONDAY + WEEK)
    works(guild)
    assert guild.current(rich) == "81.00"


def test_what_occurred_before_the_run_decays_and_what_came_after_does_not(guild: GuildHouse) -> None:
    """P-4, P-7: whenever it was recorded; at the very moment of the run is after."""
    member = guild.joins()
    give(guild, member, "100")
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY + 2 * DAY)
    give(guild, member, "50", days_ago=2)
    give(guild, member, "1000", days_ago=1)
    give(guild, member, "10", days_ago=3)
    works(guild)
    assert guild.current(member) == "1149.00"


def test_decay_leaves_the_minimum_and_spares_ranks(guild: GuildHouse) -> None:
    """P-6: who has less than the minimum keeps it; whose main holds an exempt rank keeps everything."""
    much, little, chief = guild.joins("Much"), guild.joins("Little"), guild.joins("Chief")
    guild.plays(chief, "Grand", rank_id=guild.rank("Officer"))
    for person, amount in ((much, "100"), (little, "60"), (chief, "100")):
        give(guild, person, amount)
    rules = {"percent": "50", "minimum": "70", "exempt_ranks": [guild.rank("Officer")], "schedule": MONDAYS}
    policies(guild, decay=rules)
    guild.clock.set(MONDAY)
    works(guild)
    assert [guild.current(each) for each in (much, little, chief)] == ["70.00", "60.00", "100.00"]


def test_missed_runs_follow_one_after_another_under_the_policies_of_their_time(guild: GuildHouse) -> None:
    """P-6, P-7, O-12: after an outage of three weeks, the oldest first; what was changed holds from then on."""
    member = guild.joins()
    give(guild, member, "1000")
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY + WEEK + DAY)
    policies(guild, decay={"percent": "50", "schedule": MONDAYS})
    guild.clock.set(MONDAY + 3 * WEEK)
    works(guild)
    made = batches(guild)
    assert [(each.period, each.policies_version) for each in made] == [
        ("2026-11-23", 1),
        ("2026-11-30", 1),
        ("2026-12-07", 2),
        ("2026-12-14", 2),
    ]
    assert guild.current(member) == "202.50"
    assert [row.policies_version for row in guild.history(member)][:4] == [2, 2, 1, 1]


def test_a_change_of_schedule_never_brings_two_runs_into_one_interval(guild: GuildHouse) -> None:
    """P-7."""
    member = guild.joins()
    give(guild, member, "1000")
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY)
    works(guild)
    guild.clock.set(MONDAY + DAY)
    policies(guild, decay={"percent": "10", "schedule": {**MONDAYS, "starts_on": "2026-11-25"}})
    guild.clock.set(MONDAY + 9 * DAY)
    works(guild)
    assert [each.period for each in batches(guild)] == ["2026-11-23", "2026-12-02"]


def test_other_policies_do_not_move_the_schedule(guild: GuildHouse) -> None:
    """P-6: a new version about something else leaves the runs where they were."""
    give(guild, guild.joins(), "1000")
    policies(guild, decay={"percent": "10", "schedule": {"every": 2}})
    guild.clock.advance(5 * DAY)
    policies(guild, standby_percent="50")
    guild.clock.advance(30 * DAY)
    works(guild)
    assert [each.period for each in batches(guild)] == ["2026-12-04", "2026-12-18"]


def test_a_schedule_that_is_taken_away_runs_no_more(guild: GuildHouse) -> None:
    """P-6: what was missed before is still made."""
    member = guild.joins()
    give(guild, member, "100")
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY + DAY)
    policies(guild, decay=None)
    guild.clock.set(MONDAY + 5 * WEEK)
    works(guild)
    assert [each.period for each in batches(guild)] == ["2026-11-23"]


def test_runs_go_by_the_guild_s_clocks(guild: GuildHouse) -> None:
    """G-2, P-7: another time zone moves the next run."""
    member = guild.joins()
    give(guild, member, "100")
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    guild.use.change_guild()(timezone="America/New_York", by=guild.operator)
    works(guild)
    guild.clock.set(MONDAY + timedelta(hours=4, minutes=59))
    assert works(guild) == 0
    guild.clock.set(MONDAY + timedelta(hours=5))
    works(guild)
    assert guild.current(member) == "90.00"


def test_clocks_that_are_set_back_by_a_day_hold_no_run_up(guild: GuildHouse) -> None:
    """G-2, P-7: two runs a day apart may then be of one day on the calendar."""
    member = guild.joins()
    give(guild, member, "100")
    guild.use.change_guild()(timezone="Pacific/Auckland", by=guild.operator)
    policies(guild, decay={"percent": "10", "schedule": {"every": 1, "unit": "days", "at": "00:30"}})
    guild.clock.advance(20 * HOUR)
    works(guild)
    guild.use.change_guild()(timezone="Pacific/Pago_Pago", by=guild.operator)
    guild.clock.advance(30 * HOUR)
    works(guild)
    periods = [each.period for each in batches(guild)]
    assert len(set(periods)) == len(periods) == 2
    assert guild.current(member) == "81.00"


def test_an_archived_pool_runs_nothing(guild: GuildHouse) -> None:
    """P-5, P-7: nor is anything made good once it is brought back; what was left out is noted."""
    pool = guild.use.create_pool()(name="Old", by=guild.operator).id
    member = guild.joins()
    line = AdjustmentLine(user_id=member.id, amount=Points.of(100))
    guild.use.adjust_points()([line], reason="x", pool_id=pool, by=guild.operator)
    guild.use.set_policies()(pool, {"decay": {"percent": "10", "schedule": MONDAYS}}, by=guild.operator)
    guild.use.change_pool()(pool, archived=True, by=guild.operator)
    works(guild)
    with pytest.raises(PoolIsArchived):
        run(guild, WantedRun(kind=BatchKind.DECAY, pool_id=pool, now=True))
    guild.clock.set(MONDAY + 2 * WEEK + DAY)
    assert works(guild) == 0
    guild.use.change_pool()(pool, archived=False, by=guild.operator)
    works(guild)
    assert [(each.period, each.lines) for each in batches(guild)] == [("2026-12-07", 0)]
    guild.clock.set(MONDAY + 3 * WEEK)
    works(guild)
    assert guild.current(member, pool) == "90.00"


# --- decay by age -----------------------------------------------------------------------------------------------------


def test_entries_decay_by_their_age(guild: GuildHouse) -> None:
    """P-6: each goes through the runs since it occurred; what is recorded late is made good by the next run."""
    member = guild.joins()
    give(guild, member, "100")
    policies(guild, decay={"on": "entries", "percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY)
    works(guild)
    assert guild.current(member) == "90.00"
    guild.clock.set(MONDAY + DAY)
    give(guild, member, "100", days_ago=3)
    assert guild.current(member) == "190.00"
    guild.clock.set(MONDAY + WEEK)
    works(guild)
    assert guild.current(member) == "162.00"


def test_what_was_taken_of_balances_is_not_given_back_when_entries_decay(guild: GuildHouse) -> None:
    """P-6: another policy holds from then on; what was booked before stays as it was."""
    member = guild.joins()
    give(guild, member, "100")
    policies(guild, decay={"percent": "50", "schedule": MONDAYS})
    guild.clock.set(MONDAY)
    works(guild)
    policies(guild, decay={"on": "entries", "percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY + WEEK)
    works(guild)
    assert guild.current(member) == "45.00"


def by_age(guild: GuildHouse, **more: object) -> None:
    """Decay of a half a week, by age."""
    policies(guild, decay={"on": "entries", "percent": "50", "schedule": MONDAYS, **more})


def test_decay_by_age_is_run_again_only_where_none_came_after(guild: GuildHouse) -> None:
    """P-7: those after it were reckoned without it, and it would be taken twice; in order it comes out right."""
    member = guild.joins()
    give(guild, member, "100")
    by_age(guild)
    guild.clock.set(MONDAY)
    first = run(guild)
    guild.use.reverse_batch()(first.id, reason="x", by=guild.officer.by)
    guild.clock.set(MONDAY + WEEK)
    second = run(guild)
    assert guild.current(member) == "50.00"
    again = WantedRun(kind=BatchKind.DECAY, period=first.period)
    with pytest.raises(InvalidValue) as refusal:
        run(guild, again)
    assert (refusal.value.field, str(second.id) in refusal.value.accepted) == ("period", True)
    assert guild.current(member) == "50.00"
    guild.use.reverse_batch()(second.id, reason="x", by=guild.officer.by)
    run(guild, again)
    run(guild, WantedRun(kind=BatchKind.DECAY, period=second.period))
    assert guild.current(member) == "25.00"


def test_decay_by_age_of_what_a_cap_cut_takes_no_more_than_there_is(guild: GuildHouse) -> None:
    """P-6: the cap entry fades with what it cut off, though adjustments do not."""
    member = guild.joins("Ada")
    guild.plays(member, "Adaa")
    by_age(guild, parts=["earned"])
    policies(guild, cap="100")
    guild.attends(guild.raids(guild.event_type(points="150")), "Adaa")
    assert guild.current(member) == "100.00"
    for week in range(3):
        guild.clock.set(MONDAY + week * WEEK)
        works(guild)
    assert guild.current(member) == "12.50"


def test_what_an_upheld_dispute_gave_back_of_decay_by_age_is_not_taken_again(guild: GuildHouse) -> None:
    """P-6, P-14: it counts as given when it was given back, and fades from then on."""
    member = guild.joins("Ada")
    give(guild, member, "100")
    by_age(guild)
    guild.clock.set(MONDAY)
    works(guild)
    guild.clock.set(MONDAY + DAY)
    entry = guild.history(member)[0]
    dispute = guild.use.dispute_entry()(member.id, entry.id, text="I was ill", by=member.by)
    guild.use.uphold_dispute()(dispute.id, by=guild.officer.by)
    assert guild.current(member) == "100.00"
    guild.clock.set(MONDAY + WEEK)
    works(guild)
    assert guild.current(member) == "50.00"
    guild.use.reverse_batch()(batches(guild)[0].id, reason="x", by=guild.officer.by)
    assert guild.current(member) == "50.00"


def test_who_was_exempt_at_a_run_by_age_is_not_charged_for_it_later(guild: GuildHouse) -> None:
    """P-6: a run leaves their entries alone for good."""
    chief, other = guild.joins("Chief"), guild.joins("Other")
    character = guild.plays(chief, "Grand", rank_id=guild.rank("Officer"))
    give(guild, chief, "100")
    give(guild, other, "100")
    by_age(guild, exempt_ranks=[guild.rank("Officer")])
    guild.clock.set(MONDAY)
    works(guild)
    assert (guild.current(chief), guild.current(other)) == ("100.00", "50.00")
    guild.use.update_ranks()({character: guild.rank("Member")}, by=guild.officer.by)
    guild.clock.set(MONDAY + WEEK)
    works(guild)
    assert (guild.current(chief), guild.current(other)) == ("50.00", "25.00")


def test_the_lower_bound_lifts_nobody_who_joined_after_the_run(guild: GuildHouse) -> None:
    """P-6: a run that is made late books nothing before somebody joined."""
    early = guild.joins("Early")
    policies(guild, repeating_cap={"lower": "100", "schedule": MONDAYS})
    guild.clock.set(MONDAY + DAY)
    late = guild.joins("Late")
    works(guild)
    assert (guild.current(early), guild.current(late)) == ("100.00", "0.00")


def test_what_no_schedule_made_is_not_run_again(guild: GuildHouse) -> None:
    """P-7, P-9: a bonus by hand is given by hand again, though it has a key as a run has its day."""
    member = guild.joins()
    line = AdjustmentLine(user_id=member.id, amount=Points.of("5"))
    given = guild.use.give_bonus()(WantedBonus(title="Kill", key="kill-1", lines=(line,)), by=guild.officer.by)
    guild.use.reverse_batch()(given.id, reason="x", by=guild.officer.by)
    wanted = WantedRun(kind=BatchKind.BONUS, period="kill-1")
    for use_case in (guild.use.preview_batch(), guild.use.run_batch()):
        with pytest.raises(InvalidValue) as refusal:
            use_case(wanted, by=guild.officer.by)
        assert refusal.value.field == "period"
    assert guild.current(member) == "0.00"


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_preview_books_nothing_and_its_checksum_books_exactly_that(guild: GuildHouse) -> None:
    """P-7: before, amount and after of each; applied as it was previewed, once."""
    member = guild.joins("Rich")
    guild.plays(member, "Hero")
    give(guild, member, "100")
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY + DAY)
    preview = guild.use.preview_batch()(DECAY, by=guild.officer.by)
    (line,) = preview.lines
    assert (line.username, line.main_character, str(line.before), str(line.amount), str(line.after)) == (
        "Rich",
        "Hero",
        "100.00",
        "-10.00",
        "90.00",
    )
    assert (preview.period, preview.count, str(preview.total)) == ("2026-11-23", 1, "-10.00")
    assert (batches(guild), guild.current(member)) == ((), "100.00")
    made = run(guild, checksum=preview.checksum)
    assert guild.current(member) == "90.00"
    # The second officer, with the same preview:
    with pytest.raises(BatchIsThere) as refusal:
        run(guild, WantedRun(kind=BatchKind.DECAY, period=preview.period), checksum=preview.checksum)
    assert refusal.value.batch_id == made.id
    assert str(made.id) in refusal.value.sentence


def test_a_preview_that_has_grown_old_books_nothing(guild: GuildHouse) -> None:
    """P-7: what would be booked has changed since."""
    member = guild.joins()
    give(guild, member, "100")
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY)
    preview = guild.use.preview_batch()(DECAY, by=guild.officer.by)
    give(guild, member, "1", days_ago=1)
    with pytest.raises(PreviewIsOld):
        run(guild, checksum=preview.checksum)
    assert (batches(guild), guild.current(member)) == ((), "101.00")


def test_a_run_that_is_not_due_is_refused_and_tells_the_next(guild: GuildHouse) -> None:
    """P-7, G-8."""
    with pytest.raises(NothingIsDue) as nothing:
        run(guild)
    assert nothing.value.next_at is None
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    with pytest.raises(NothingIsDue) as refusal:
        run(guild)
    assert refusal.value.next_at == MONDAY.isoformat()
    with pytest.raises(InvalidValue):
        run(guild, WantedRun(kind=BatchKind.DECAY, period="2026-11-23"))
    with pytest.raises(InvalidValue):
        run(guild, WantedRun(kind=BatchKind.ADJUSTMENT))
    with pytest.raises(NothingIsDue):
        run(guild, WantedRun(kind=BatchKind.BONUS, rule="Faithful", now=True))


def test_a_run_now_takes_the_place_of_the_next(guild: GuildHouse) -> None:
    """P-7: and there is one a day at most."""
    member = guild.joins()
    give(guild, member, "100", days_ago=1)
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    run(guild, WantedRun(kind=BatchKind.DECAY, now=True))
    assert guild.current(member) == "90.00"
    with pytest.raises(BatchIsThere):
        run(guild, WantedRun(kind=BatchKind.DECAY, now=True))
    guild.clock.set(MONDAY)
    assert works(guild) == 0
    guild.clock.set(MONDAY + WEEK)
    works(guild)
    assert guild.current(member) == "81.00"


def test_a_run_can_be_left_out(guild: GuildHouse) -> None:
    """P-7: it is noted as made, books nothing, and the next comes at its time."""
    member = guild.joins()
    give(guild, member, "100")
    policies(guild, decay={"formula": "1 / (value - 100)", "schedule": MONDAYS})
    guild.clock.set(MONDAY)
    batch = run(guild, leave_out=True)
    assert (batch.lines, str(batch.total), batch.period) == (0, "0.00", "2026-11-23")
    policies(guild, decay={"percent": "10", "formula": None, "schedule": MONDAYS})
    works(guild)
    guild.clock.set(MONDAY + WEEK)
    works(guild)
    assert guild.current(member) == "90.00"


# --- taking back ------------------------------------------------------------------------------------------------------


def test_a_batch_is_taken_back_as_a_whole_and_can_be_made_again(guild: GuildHouse) -> None:
    """P-7, G-4: every entry is reversed once, with the reason; the schedule does not make it again, people may."""
    one, other = guild.joins("One"), guild.joins("Other")
    give(guild, one, "100")
    give(guild, other, "50")
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY)
    works(guild)
    (batch,) = batches(guild)
    with pytest.raises(InvalidValue):
        guild.use.reverse_batch()(batch.id, reason=" ", by=guild.officer.by)
    guild.use.reverse_batch()(batch.id, reason="too much", by=guild.officer.by)
    assert [guild.current(each) for each in (one, other)] == ["100.00", "50.00"]
    reversal, decayed, _ = guild.history(one)
    assert (reversal.reverses, reversal.reason, reversal.kind) == (decayed.id, "too much", EntryKind.DECAY)
    assert [each.reversed_by for each in lines(guild, batch.id)] == [reversal.id, guild.history(other)[0].id]
    with pytest.raises(BatchIsReversed):
        guild.use.reverse_batch()(batch.id, reason="again", by=guild.officer.by)
    shown = guild.use.show_batch()(batch.id, by=guild.operator)
    assert (shown.reversed_by, shown.reason) == (str(guild.officer.id), "too much")
    works(guild)
    assert len(batches(guild)) == 1
    again = run(guild, WantedRun(kind=BatchKind.DECAY, period="2026-11-23"))
    assert (again.at, [guild.current(each) for each in (one, other)]) == (MONDAY, ["90.00", "45.00"])
    assert [len(batches(guild, reversed=each)) for each in (True, False, None)] == [1, 1, 2]


def test_who_was_merged_meanwhile_has_it_back_as_whom_they_are_now(guild: GuildHouse) -> None:
    """R-8, P-7: entries on the old user go on to the other; both balances come out right."""
    twin, main = guild.unlinked("Twin"), guild.joins("Main")
    give(guild, twin, "100")
    give(guild, main, "10")
    policies(guild, decay={"percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY)
    works(guild)
    guild.use.merge_users()(twin.id, into=main.id, reason="one person", by=guild.officer.by)
    assert guild.current(main) == "99.00"
    (batch,) = batches(guild)
    guild.use.reverse_batch()(batch.id, reason="too much", by=guild.officer.by)
    assert [guild.current(each) for each in (twin, main)] == ["0.00", "110.00"]


amounts = st.lists(st.integers(-50_000, 50_000), min_size=1, max_size=5)


@settings(max_examples=30)
@given(first=amounts, percent=st.integers(0, 100), kind=st.sampled_from(["balance", "entries"]), debts=st.booleans())
def test_a_reversal_restores_every_balance(first: list[int], percent: int, kind: str, debts: bool) -> None:
    """P-7: exactly, whatever was decayed, and however; made again, it comes to the same."""
    guild = GuildHouse()
    people = [guild.joins(f"P{number}") for number in range(len(first))]
    for person, hundredths in zip(people, first, strict=True):
        if hundredths:
            line = AdjustmentLine(user_id=person.id, amount=Points(hundredths))
            guild.use.adjust_points()([line], reason="x", by=guild.officer.by)
    policies(guild, decay={"on": kind, "percent": str(percent), "debts": debts, "schedule": MONDAYS})
    before = [guild.current(person) for person in people]
    guild.clock.set(MONDAY)
    works(guild)
    after = [guild.current(person) for person in people]
    (batch,) = batches(guild)
    guild.use.reverse_batch()(batch.id, reason="x", by=guild.officer.by)
    assert [guild.current(person) for person in people] == before
    run(guild, WantedRun(kind=BatchKind.DECAY, period="2026-11-23"))
    assert [guild.current(person) for person in people] == after
    assert guild.verified()


# --- the other rules --------------------------------------------------------------------------------------------------


def test_a_repeating_cap_brings_balances_within_its_bounds(guild: GuildHouse) -> None:
    """P-6: between two runs they may pass them; who has left is not lifted."""
    much, little, left = guild.joins("Much"), guild.joins("Little"), guild.joins("Left")
    for person, amount in ((much, "100"), (little, "-5"), (left, "-5")):
        give(guild, person, amount)
    guild.use.change_membership()(left.id, status=MembershipStatus.ENDED, reason="x", by=guild.officer.by)
    policies(guild, repeating_cap={"upper": "80", "lower": "0", "schedule": MONDAYS})
    guild.clock.set(MONDAY)
    works(guild)
    assert [guild.current(each) for each in (much, little, left)] == ["80.00", "0.00", "-5.00"]
    assert guild.history(much)[0].kind is EntryKind.CAP


def test_who_attended_no_raid_for_so_long_pays(guild: GuildHouse) -> None:
    """P-6: but not who came, who joined since, who holds a spared rank, or who has left."""
    idle, busy, chief, left = (guild.joins(name) for name in ("Idle", "Busy", "Chief", "Left"))
    guild.plays(busy, "Bee")
    guild.plays(chief, "Grand", rank_id=guild.rank("Officer"))
    rules = {"after_days": 14, "points": "3", "exempt_ranks": [guild.rank("Officer")], "schedule": MONDAYS}
    policies(guild, inactivity=rules)
    guild.clock.set(MONDAY)
    works(guild)
    guild.attends(guild.raids(), "Bee")
    guild.clock.set(MONDAY + WEEK)
    guild.use.change_membership()(left.id, status=MembershipStatus.ENDED, reason="x", by=guild.officer.by)
    works(guild)
    assert [guild.current(each) for each in (idle, busy, chief)] == ["0.00", "10.00", "0.00"]
    fresh = guild.joins("Fresh")
    guild.clock.set(MONDAY + 2 * WEEK)
    works(guild)
    assert [guild.current(each) for each in (idle, busy, chief, left, fresh)] == [
        "-3.00",
        "10.00",
        "0.00",
        "0.00",
        "0.00",
    ]
    guild.clock.set(MONDAY + 2 * WEEK + timedelta(days=7))
    works(guild)
    assert [guild.current(each) for each in (idle, busy)] == ["-6.00", "7.00"]


def test_inactivity_may_take_a_part_of_what_one_has(guild: GuildHouse) -> None:
    """P-6: a percentage takes nothing of a debt."""
    rich, owes = guild.joins("Rich"), guild.joins("Owes")
    give(guild, rich, "10.05")
    give(guild, owes, "-10")
    policies(guild, inactivity={"after_days": 1, "percent": "10", "schedule": MONDAYS})
    guild.clock.set(MONDAY)
    works(guild)
    assert [guild.current(each) for each in (rich, owes)] == ["9.04", "-10.00"]


def test_attendance_is_rewarded_as_a_fraction(guild: GuildHouse) -> None:
    """P-9, D-9: 2 of 3 are not 67 percent, however they are shown; the caps hold for it."""
    always, often, never = guild.joins("Always"), guild.joins("Often"), guild.joins("Never")
    guild.plays(always, "Hero")
    guild.plays(often, "Rogue")
    event_type = guild.event_type()
    raids = [guild.raids(event_type, at=TONIGHT - number * DAY) for number in range(3)]
    for number, raid in enumerate(raids):
        guild.attends(raid, "Hero", *(["Rogue"] if number else []))
    rules = [
        {"name": "Faithful", "points": "20", "at_least_percent": 67, "schedule": MONDAYS},
        {"name": "Loyal", "points": "1", "at_least_percent": 66, "schedule": MONDAYS},
    ]
    policies(guild, bonuses=rules, cap="45")
    guild.clock.set(MONDAY)
    preview = guild.use.preview_batch()(WantedRun(kind=BatchKind.BONUS, rule="Faithful"), by=guild.officer.by)
    assert [(str(each.amount), str(each.cut), str(each.after)) for each in preview.lines] == [
        ("20.00", "5.00", "45.00")
    ]
    works(guild)
    assert [guild.current(each) for each in (always, often, never)] == ["45.00", "21.00", "0.00"]
    assert [(each.rule, str(each.total)) for each in batches(guild)] == [("Faithful", "15.00"), ("Loyal", "1.00")]
    (faithful, _) = batches(guild)
    guild.use.reverse_batch()(faithful.id, reason="x", by=guild.officer.by)
    assert guild.current(always) == "30.00"


def test_at_one_moment_decay_comes_first_and_the_cap_last(guild: GuildHouse) -> None:
    """P-6: each counts with what those before it have booked."""
    member = guild.joins()
    give(guild, member, "100")
    policies(
        guild,
        decay={"percent": "10", "schedule": MONDAYS},
        repeating_cap={"upper": "95", "schedule": MONDAYS},
        inactivity={"after_days": 1, "percent": "50", "schedule": MONDAYS},
    )
    guild.clock.set(MONDAY)
    works(guild)
    assert [each.kind for each in batches(guild)] == [BatchKind.DECAY, BatchKind.INACTIVITY, BatchKind.CAP]
    assert guild.current(member) == "45.00"


# --- adjustments ------------------------------------------------------------------------------------------------------


def test_adjustments_that_were_made_together_go_back_together(guild: GuildHouse) -> None:
    """P-8: they keep their ids; one that was reversed before is left out."""
    people = [guild.joins(f"P{number}") for number in range(3)]
    given_lines = [AdjustmentLine(user_id=each.id, amount=Points.of(10)) for each in people]
    made = guild.use.adjust_points()(given_lines, reason="Boss", by=guild.officer.by)
    (batch,) = batches(guild)
    assert (batch.kind, batch.title, batch.lines, str(batch.total)) == (BatchKind.ADJUSTMENT, "Boss", 3, "30.00")
    assert {each.batch_id for each in made} == {batch.id}
    guild.use.reverse_adjustment()(made[1].id, reason="not there", by=guild.officer.by)
    guild.use.reverse_batch()(batch.id, reason="wrong boss", by=guild.officer.by)
    assert [guild.current(each) for each in people] == ["0.00"] * 3
    assert [len(guild.history(each)) for each in people] == [2, 2, 2]
    assert guild.history(people[1])[0].reason == "not there"
    assert all(each.reversed_by is not None for each in lines(guild, batch.id))
    give(guild, people[0], "1")
    assert len(batches(guild)) == 1


def test_who_may_not_move_points_makes_no_batch(guild: GuildHouse) -> None:
    """A-3."""
    member = guild.joins()
    with pytest.raises(NotPermitted):
        guild.use.run_batch()(DECAY, by=member.by)
    with pytest.raises(NotPermitted):
        guild.use.preview_batch()(DECAY, by=member.by)
    with pytest.raises(NotPermitted):
        guild.use.reverse_batch()(BatchId(1), reason="x", by=member.by)
    for unknown in (WantedRun(kind=BatchKind.DECAY, pool_id=PoolId(99)),):
        with pytest.raises(NoSuch):
            run(guild, unknown)
    with pytest.raises(NoSuch):
        guild.use.reverse_batch()(BatchId(99), reason="x", by=guild.officer.by)

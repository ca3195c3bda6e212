"""EQdkp Plus's arithmetic: each rule of it by example, and all of it against the same said slowly (O-2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_adapters.eqdkp.arithmetic import (
    WINDOWS,
    Adjustment,
    Amount,
    Attendance,
    Attendee,
    Bounds,
    Config,
    DecayOfCurrent,
    DecayOfRows,
    HardCap,
    Installation,
    Item,
    Member,
    Module,
    Pool,
    Raid,
    Rhythm,
    Rule,
    Snapshot,
    Standing,
    Standings,
    VisibleCap,
    attendances,
    shown,
    standings,
    to_precision,
)
from dkp_core.points.formula import Formula
from tests.unit.eqdkp.naive_reckoning import FUNCTIONS, NaiveReckoning

DAY = 86_400
HOUR = 3_600
START = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())
TENTH = Formula.of("$value * 0.9")

# --- against the same, said slowly ------------------------------------------------------------------------------------

# Few ids, so that rows meet; the last of each exists nowhere.
member_ids = st.integers(1, 6)
raid_ids = st.integers(1, 7)
event_ids = st.integers(1, 4)
item_pool_ids = st.integers(1, 3)
values = st.integers(-3_000, 9_000)


def half_days(least: int, most: int, *seconds: int) -> st.SearchStrategy[int]:
    """Moments on half days since the start, or a little beside them; drawn evenly, so that rows and runs meet."""
    return st.builds(
        lambda half, beside: START + half * DAY // 2 + beside,
        st.sampled_from(range(least, most)),
        st.sampled_from([0, 0, *seconds]),
    )


moments = half_days(-20, 120, 0, 1, -1, 5 * HOUR)
todays = half_days(20, 160, 1, 9 * HOUR)
rhythms = st.builds(Rhythm, half_days(-20, 40, 7, 9 * HOUR), st.sampled_from([DAY, 3 * DAY // 2, 7 * DAY, 40 * DAY]))
formulas = st.sampled_from(sorted(FUNCTIONS)).map(Formula.of)
pools_of_a_rule = st.sampled_from([frozenset({1}), frozenset({2}), frozenset({1, 2}), frozenset({1, 2})])
months = st.sampled_from([0, 0, 1, 2])
bounds = st.builds(Bounds, st.none() | st.integers(-1_000, 1_000), st.none() | st.integers(-1_000, 3_000))
balances_decay = st.builds(DecayOfCurrent, pools=pools_of_a_rule, rhythm=rhythms, formula=formulas, zero_months=months)
rows_decay = st.builds(
    DecayOfRows,
    pools=pools_of_a_rule,
    rhythm=rhythms,
    formula=formulas,
    modules=st.frozensets(st.sampled_from(Module), min_size=1),
    zero_months=months,
)
caps = st.builds(VisibleCap, pools_of_a_rule, bounds) | st.builds(HardCap, pools_of_a_rule, bounds)
rules: st.SearchStrategy[list[Rule]] = st.sampled_from(
    [(), (balances_decay,), (rows_decay,), (rows_decay, rows_decay), (balances_decay, rows_decay), (rows_decay, caps)]
).flatmap(lambda kinds: st.tuples(*kinds, *([caps] if len(kinds) == 1 else [])).map(list))
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]).map(ZoneInfo)


@st.composite
def installations(draw: st.DrawFn) -> Installation:
    """Small installations, with all the dirt that real ones have."""
    some = st.booleans()
    return Installation(
        members=[
            Member(
                id=each,
                main=draw(st.none() | st.just(0) | member_ids),
                created_at=draw(st.just(0) | moments),
                registered_at=draw(st.just(0) | moments),
                asks_deletion=draw(st.integers(0, 4)) == 0,
                is_unconfirmed=draw(st.integers(0, 4)) == 0,
            )
            for each in range(1, 6)
        ],
        pools=[
            Pool(
                id=each,
                events=draw(st.frozensets(st.integers(1, 3), min_size=1)),
                item_pools=draw(st.frozensets(st.integers(1, 2))),
                no_attendance=draw(st.frozensets(st.just(3))),
            )
            for each in (1, 2)
        ],
        raids=[
            Raid(
                id=each,
                event=draw(event_ids),
                at=draw(moments),
                value=draw(values),
                connected=tuple(draw(st.lists(raid_ids, max_size=2))) if draw(some) else (),
            )
            for each in draw(st.permutations(range(1, 7)))
        ],
        attendees=draw(st.lists(st.builds(Attendee, raid_ids, member_ids), min_size=6, max_size=25)),
        items=draw(
            st.lists(
                st.builds(Item, buyer=member_ids, raid=raid_ids, item_pool=item_pool_ids, at=moments, value=values),
                min_size=2,
                max_size=8,
            )
        ),
        adjustments=draw(
            st.lists(
                st.builds(Adjustment, member=member_ids, event=st.none() | event_ids, at=moments, value=values),
                min_size=2,
                max_size=6,
            )
        ),
        snapshots=draw(
            st.lists(
                st.builds(Snapshot, member=member_ids, pool=st.integers(1, 2), at=moments, net=values),
                max_size=2,
                unique_by=lambda each: (each.member, each.pool, each.at),
            )
        ),
        rules=draw(rules),
        config=Config(
            precision=draw(st.sampled_from([2, 2, 0, 1, 4])),
            special=draw(st.frozensets(member_ids, max_size=1)),
            show_twinks=draw(some),
            zone=draw(zones),
            server=draw(zones),
        ),
    )


def alike(amount: Amount, wanted: Fraction) -> bool:
    """Whether an amount is that many points, to thirty decimals of a hundredth a row and run."""
    return abs(Fraction(amount) / 100 - wanted) < Fraction(1, 10**27)


@given(installations(), todays)
@settings(max_examples=120)
def test_points_are_what_the_rules_say_literally(house: Installation, now: int) -> None:
    """O-2: single and with twinks, every column, whatever the rows and the rules; nothing that shows is rounded."""
    naive, reckoned = NaiveReckoning(house, now), standings(house, now)
    assert set(reckoned) == {(member.id, pool.id) for member in house.members for pool in house.pools}
    for pool in house.pools:
        for member in house.members:
            both = reckoned[member.id, pool.id]
            for standing, group in ((both.single, [member.id]), (both.with_twinks, naive.group(member.id))):
                twinks = standing is both.with_twinks
                assert alike(standing.earned, naive.sum(naive.earned(each, pool) for each in group))
                assert alike(standing.spent, naive.sum(naive.spent(each, pool) for each in group))
                assert alike(standing.adjusted, naive.sum(naive.adjusted(each, pool) for each in group))
                assert alike(standing.current, naive.current(group, pool, with_twinks=twinks))


@given(installations(), todays)
@settings(max_examples=120)
def test_attendance_is_what_the_rules_say_literally(house: Installation, now: int) -> None:
    """O-2: single and with twinks, every window, the real ones too, in whatever zone."""
    naive, reckoned = NaiveReckoning(house, now), attendances(house, now)
    for pool in house.pools:
        for member in house.members:
            both = reckoned[member.id, pool.id]
            for windowed, twinks in ((both.single, False), (both.with_twinks, True)):
                for days in WINDOWS:
                    wanted = naive.attendance(member.id, pool, days, with_twinks=twinks)
                    if windowed is None or wanted is None:
                        assert (windowed, wanted) == (None, None)
                    else:
                        each, real = windowed.shown[days], windowed.real[days]
                        assert (each.attended, each.total, real.total) == wanted
                        assert real.attended == each.attended


# --- by example -------------------------------------------------------------------------------------------------------

POOL = Pool(id=1, events=frozenset({1}), item_pools=frozenset({1}))
OTHER = Pool(id=2, events=frozenset({2}), item_pools=frozenset({2}))
NOW = START + 100 * DAY


def house(
    *,
    members: Sequence[Member] = (Member(id=1),),
    pools: Sequence[Pool] = (POOL, OTHER),
    raids: Sequence[Raid] = (),
    attendees: Sequence[tuple[int, int]] = (),
    items: Sequence[Item] = (),
    adjustments: Sequence[Adjustment] = (),
    snapshots: Sequence[Snapshot] = (),
    rules: Sequence[Rule] = (),
    config: Config = Config(),
) -> Installation:
    """An installation with one member, or what else is named."""
    return Installation(
        members=members,
        pools=pools,
        raids=raids,
        attendees=[Attendee(*each) for each in attendees],
        items=items,
        adjustments=adjustments,
        snapshots=snapshots,
        rules=rules,
        config=config,
    )


def raid(id_: int, value: int = 1_000, *, at: int = START, event: int = 1, connected: tuple[int, ...] = ()) -> Raid:
    """A raid of 10.00 points."""
    return Raid(id=id_, event=event, at=at, value=value, connected=connected)


def adjusted(value: int, *, at: int = START, member: int = 1, event: int | None = 1) -> Adjustment:
    """An adjustment of the first pool."""
    return Adjustment(member=member, event=event, at=at, value=value)


def both(installation: Installation, member: int = 1, pool: int = 1, now: int = NOW) -> Standings:
    """A member's standings."""
    return standings(installation, now)[member, pool]


def single(installation: Installation, member: int = 1, pool: int = 1, now: int = NOW) -> Standing:
    """A member's own standing."""
    return both(installation, member, pool, now).single


def decay(
    *, formula: Formula = TENTH, starts_at: int = START, every: int = 7 * DAY, pool: int = 1, zero_months: int = 0
) -> DecayOfCurrent:
    """Ten percent a week off the balance."""
    return DecayOfCurrent(
        pools=frozenset({pool}), rhythm=Rhythm(starts_at, every), formula=formula, zero_months=zero_months
    )


def decay_of_rows(
    *, modules: Sequence[Module] = tuple(Module), formula: Formula = TENTH, zero_months: int = 0
) -> DecayOfRows:
    """Ten percent a week off each row."""
    return DecayOfRows(
        pools=frozenset({1}),
        rhythm=Rhythm(START, 7 * DAY),
        formula=formula,
        modules=frozenset(modules),
        zero_months=zero_months,
    )


def test_earning_follows_the_event_and_spending_the_item_pool() -> None:
    """O-2: an item of the first pool's raid is spent in the second pool, if that is where its item pool counts."""
    installation = house(
        raids=[raid(1)],
        attendees=[(1, 1)],
        items=[Item(buyer=1, raid=1, item_pool=2, at=START, value=400)],
        adjustments=[adjusted(50), adjusted(70, event=2), adjusted(90, event=None), adjusted(110, event=777)],
    )
    assert single(installation) == Standing(earned=1_000, spent=0, adjusted=50, current=1_050)
    assert single(installation, pool=2) == Standing(earned=0, spent=400, adjusted=70, current=-330)


def test_a_row_said_twice_counts_twice_in_points_and_once_in_the_history() -> None:
    """O-2: the history, which decay of balances goes by, says of a raid only that somebody was there."""
    installation = house(raids=[raid(1, at=START + DAY)], attendees=[(1, 1), (1, 1)])
    assert single(installation).current == 2_000
    assert single(evolve(installation, rules=[decay()]), now=START + 2 * DAY).current == 1_000


def test_the_history_has_items_by_their_raids_event() -> None:
    """O-2: with decay of balances an item may count that counts nowhere else, and the other way round."""
    elsewhere = Item(buyer=1, raid=1, item_pool=2, at=START + DAY, value=400)
    orphan = Item(buyer=1, raid=99, item_pool=1, at=START + DAY, value=300)
    installation = house(raids=[raid(1)], items=[elsewhere, orphan])
    assert single(installation).current == -300
    assert single(evolve(installation, rules=[decay()]), now=START + 2 * DAY).current == -400


@pytest.mark.parametrize(("rules", "earned"), [([], 1_000), ([decay_of_rows(modules=[Module.RAID])], 0)])
def test_special_members_earn_unless_raids_decay(rules: list[Rule], earned: int) -> None:
    """O-2: the program adds attendance up in two ways, and one leaves special members out."""
    installation = house(
        raids=[raid(1, at=START - 1)], attendees=[(1, 1)], rules=rules, config=Config(special=frozenset({1}))
    )
    assert single(installation).earned == earned


def test_the_history_has_no_raids_of_special_members() -> None:
    """O-2: their raids, and nothing else of theirs, are gone where balances decay."""
    item = Item(buyer=1, raid=1, item_pool=1, at=START + DAY, value=400)
    installation = house(
        raids=[raid(1, at=START + DAY)], attendees=[(1, 1)], items=[item], config=Config(special=frozenset({1}))
    )
    assert single(installation).current == 600
    assert single(evolve(installation, rules=[decay()]), now=START + 2 * DAY).current == -400


def test_a_twink_shows_its_mains_group() -> None:
    """O-2: those about to be deleted or not yet confirmed are shown it too, and are no part of it."""
    members = [
        Member(id=1),
        Member(id=2, main=1),
        Member(id=3, main=1, asks_deletion=True),
        Member(id=4, main=1, is_unconfirmed=True),
    ]
    installation = house(members=members, adjustments=[adjusted(10**each, member=each) for each in (1, 2, 3, 4)])
    for member in members:
        assert both(installation, member.id).single.current == 10**member.id
        assert both(installation, member.id).with_twinks.current == 110


@pytest.mark.parametrize("mains", [{1: 99}, {1: 2, 2: 99}, {1: 2, 2: 1}, {1: 2, 2: 3, 3: 1}])
def test_a_twink_without_a_main_that_exists_shows_nothing(mains: dict[int, int]) -> None:
    """O-2: its own points are there all the same; mains in a ring are nobody's."""
    members = [Member(id=each, main=main) for each, main in mains.items()]
    shows = both(house(members=members, adjustments=[adjusted(500)]))
    assert (shows.single.current, shows.with_twinks.current) == (500, 0)


def test_a_twink_of_a_twink_shows_the_last_mains_group() -> None:
    """O-2: which it is no part of, since it names another as its main."""
    members = [Member(id=1), Member(id=2, main=1), Member(id=3, main=2)]
    installation = house(members=members, adjustments=[adjusted(10**each, member=each) for each in (1, 2, 3)])
    assert [both(installation, each).with_twinks.current for each in (1, 2, 3)] == [110, 110, 110]


def test_a_balance_decays_at_the_start_already() -> None:
    """O-2: 100.00 before the start are 90.00 at the start and 81.00 a week later; the columns say nothing of it."""
    installation = house(adjustments=[adjusted(10_000, at=START - DAY)], rules=[decay()])
    amounts = [single(installation, now=START + seconds).current for seconds in (-1, 0, 7 * DAY - 1, 7 * DAY)]
    assert amounts == [10_000, 9_000, 9_000, 8_100]
    after = single(installation, now=START + 7 * DAY)
    assert (after.adjusted, after.sum) == (10_000, 10_000)


def test_what_comes_at_the_moment_of_a_run_counts_before_and_after_it() -> None:
    """O-2: both windows have their ends for their own, so 100.00 at a run are 190.00."""
    installation = house(adjustments=[adjusted(10_000, at=START + 7 * DAY)], rules=[decay()])
    assert single(installation, now=START + 8 * DAY).current == 19_000


def test_what_comes_later_than_now_is_no_part_of_a_decayed_balance() -> None:
    """O-2: but of the columns, and of a balance that does not decay; a second is given."""
    installation = house(adjustments=[adjusted(100, at=NOW + 1), adjusted(1, at=NOW + 2)])
    assert single(installation).current == 101
    assert single(evolve(installation, rules=[decay()])).current == 100


def test_each_step_is_rounded_as_amounts_are_shown() -> None:
    """O-2: with no decimals 10.40 leave 9 after the first run, and 8 after the second; with two 8.42."""
    installation = house(adjustments=[adjusted(1_040, at=START - 1)], rules=[decay()])
    at = START + 7 * DAY
    assert shown(single(evolve(installation, config=Config(precision=0)), now=at).current, 0) == "8"
    assert shown(single(installation, now=at).current) == "8.42"
    assert shown(single(evolve(installation, config=Config(precision=3)), now=at).current, 3) == "8.424"


def test_with_twinks_the_sum_decays_and_not_the_parts() -> None:
    """O-2: 0.05 twice stay 0.05 each, and are 0.09 together."""
    members = [Member(id=1), Member(id=2, main=1)]
    installation = house(
        members=members,
        adjustments=[adjusted(5, at=START - 1), adjusted(5, at=START - 1, member=2)],
        rules=[decay()],
    )
    shows = both(installation, now=START)
    assert (shows.single.current, shows.with_twinks.current) == (5, 9)


@pytest.mark.parametrize(("zero_months", "current"), [(0, 8_100), (1, 0), (2, 8_100)])
def test_a_balance_lapses_whose_last_run_is_long_ago(zero_months: int, current: int) -> None:
    """O-2: months have thirty days; the first run of all lapses never, and what came since the last run stays."""
    rule = decay(every=50 * DAY, zero_months=zero_months)
    installation = house(adjustments=[adjusted(10_000, at=START - 1)], rules=[rule])
    assert single(installation, now=START + 49 * DAY).current == 9_000
    assert single(installation, now=START + 90 * DAY).current == current
    late = evolve(installation, adjustments=[*installation.adjustments, adjusted(77, at=START + 60 * DAY)])
    assert single(late, now=START + 90 * DAY).current == current + 77


@pytest.mark.parametrize(
    ("starts_at", "server", "first"),
    [
        (START, "UTC", START),
        (START + 9 * HOUR, "UTC", START + 9 * HOUR),
        (START + 9 * HOUR + 1, "UTC", START + 9 * HOUR + DAY),
        (START + 23 * HOUR, "Europe/Berlin", START + DAY),
        (START + 9 * HOUR, "America/New_York", START + DAY + 4 * HOUR),
    ],
)
def test_a_decay_starts_by_the_clock_of_the_server(starts_at: int, server: str, first: int) -> None:
    """O-2: at the hour and minute that it has there, by UTC; with odd seconds that is a day later."""
    assert Rhythm(starts_at, DAY).runs(first + 2 * DAY, ZoneInfo(server)) == range(first, first + 2 * DAY + 1, DAY)
    assert list(Rhythm(starts_at, DAY).runs(starts_at, ZoneInfo(server))) == [first]
    assert not Rhythm(starts_at, DAY).runs(starts_at - 1, ZoneInfo(server))


def test_a_row_decays_at_each_run_since_its_date() -> None:
    """O-2: one of before the start never does; one of a run's moment does at that run; others from the next on."""
    ages = [START - 1, START, START + 1, START + 7 * DAY, START + 8 * DAY]
    for at, left in zip(ages, [10_000, 8_100, 9_000, 9_000, 10_000], strict=True):
        installation = house(adjustments=[adjusted(10_000, at=at)], rules=[decay_of_rows()])
        assert single(installation, now=START + 10 * DAY) == Standing(earned=0, spent=0, adjusted=left, current=left)


def test_decay_of_rows_rounds_nothing_by_itself() -> None:
    """O-2: 0.05 are 0.045 and then 0.0405; only the page rounds."""
    installation = house(adjustments=[adjusted(5)], rules=[decay_of_rows()])
    left = single(installation, now=START + 8 * DAY).current
    assert left == Fraction(405, 100)
    assert [shown(left, precision) for precision in range(6)] == ["0", "0.0", "0.04", "0.041", "0.0405", "0.04050"]


WEEKS_BETWEEN = Formula.of("$value - ($ref_date - $date) / 604800")


def test_a_formula_of_rows_may_ask_for_dates_and_the_original() -> None:
    """O-2: `ref_date` is the run's moment, `date` the row's, `ref_val` its value; half a week and one and a half."""
    installation = house(adjustments=[adjusted(1_000, at=START + 7 * DAY // 2)])
    for formula in (WEEKS_BETWEEN, Formula.of("$value - $ref_val / 10")):
        faded = evolve(installation, rules=[decay_of_rows(formula=formula)])
        assert single(faded, now=START + 14 * DAY).current == 800


def test_a_formula_of_balances_is_told_when_somebody_looks() -> None:
    """O-2: `date` is now, for each of the runs; there is no original. So a past run changes with the day."""
    installation = house(adjustments=[adjusted(1_000, at=START - 1)], rules=[decay(formula=WEEKS_BETWEEN)])
    assert single(installation, now=START + 14 * DAY).current == 1_300
    assert single(installation, now=START + 17 * DAY + DAY // 2).current == 1_450
    original = evolve(installation, rules=[decay(formula=Formula.of("$value - 1 - $ref_val"))])
    assert single(original, now=START + 14 * DAY).current == 700


def test_a_row_lapses_by_its_age_at_the_last_run() -> None:
    """O-2: not by its age now."""
    installation = house(adjustments=[adjusted(10_000)], rules=[decay_of_rows(zero_months=1)])
    assert single(installation, now=START + 34 * DAY).current != 0
    assert single(installation, now=START + 35 * DAY).current == 0


def test_decay_of_rows_is_in_the_history_too() -> None:
    """O-2: where a pool has both, what has faded already decays once more."""
    installation = house(adjustments=[adjusted(10_000, at=START + 1)], rules=[decay_of_rows(), decay()])
    assert single(installation, now=START + 7 * DAY).current == 8_100


def test_the_first_rule_of_a_kind_is_the_only_one() -> None:
    """O-2: by pool, and for rows by what they are; the order is that of their file."""
    half = Formula.of("$value / 2")
    installation = house(
        raids=[raid(1, at=START)],
        attendees=[(1, 1)],
        adjustments=[adjusted(1_000)],
        rules=[
            decay_of_rows(modules=[Module.RAID]),
            decay_of_rows(modules=[Module.RAID, Module.ADJUSTMENT], formula=half),
            VisibleCap(frozenset({2}), Bounds(upper=1)),
            VisibleCap(frozenset({1}), Bounds(upper=1_200)),
            VisibleCap(frozenset({1}), Bounds(upper=2)),
        ],
    )
    assert single(installation, now=START + 1) == Standing(earned=900, spent=0, adjusted=500, current=1_200)


def test_a_history_begins_with_the_last_snapshot_before_the_start() -> None:
    """O-2: rows of before it are not looked at; one of the start's own moment or later does not count."""
    notes = [
        Snapshot(member=1, pool=1, at=START - 3 * DAY, net=5_000),
        Snapshot(member=1, pool=1, at=START - 5 * DAY, net=7),
        Snapshot(member=1, pool=1, at=START, net=9),
        Snapshot(member=1, pool=2, at=START - DAY, net=11),
    ]
    rows = [adjusted(10_000, at=START - 3 * DAY), adjusted(100, at=START - 3 * DAY + 1)]
    installation = house(adjustments=rows, snapshots=notes, rules=[decay()])
    assert single(installation, now=START).current == (5_000 + 100) * 9 // 10


@pytest.mark.parametrize(
    ("lower", "upper", "current"), [(None, None, 50), (0, 60, 50), (51, None, 51), (None, 49, 49), (55, 45, 55)]
)
def test_a_visible_cap_changes_what_is_shown_alone(lower: int | None, upper: int | None, current: int) -> None:
    """O-2: with and without twinks; the lower bound goes first."""
    installation = house(adjustments=[adjusted(50)], rules=[VisibleCap(frozenset({1}), Bounds(lower, upper))])
    wanted = Standing(earned=0, spent=0, adjusted=50, current=current)
    assert both(installation) == Standings(wanted, wanted)


@pytest.mark.parametrize("show_twinks", [False, True])
def test_a_hard_cap_is_shown_as_pages_show_twinks(show_twinks: bool) -> None:
    """O-2: to whoever looks it is so already; the adjustment that makes it true is booked by looking."""
    installation = house(
        adjustments=[adjusted(50)],
        rules=[HardCap(frozenset({1}), Bounds(upper=20))],
        config=Config(show_twinks=show_twinks),
    )
    shows = both(installation)
    assert (shows.single.current, shows.with_twinks.current) == ((20, 50) if show_twinks else (50, 20))


def test_a_decay_that_settles_is_not_run_again() -> None:
    """O-2: three hundred years of days, for a hundred members, take no time where nothing changes any more."""
    asked = Formula.of("$value > 0 ? $value - 0.01 : 0")
    members = [Member(id=each) for each in range(1, 101)]
    rows = [adjusted(5, at=START + 1, member=each.id) for each in members]
    installation = house(members=members, adjustments=rows, rules=[decay(formula=asked, every=DAY)])
    assert single(installation, now=START + 3 * DAY).current == 2
    assert single(installation, now=START + 300 * 365 * DAY).current == 0


# --- attendance by example --------------------------------------------------------------------------------------------


def attended(
    installation: Installation, days: int | None, member: int = 1, *, with_twinks: bool = False, now: int = NOW
) -> str:
    """A member's attendance of the first pool, as a page shows it."""
    each = attendances(installation, now)[member, 1]
    windowed = each.with_twinks if with_twinks else each.single
    return str(windowed.shown[days]) if windowed else "/"


def test_windows_begin_after_midnight_of_the_site() -> None:
    """O-2: a raid at midnight is out, a second later it is in; other zones have other midnights."""
    midnight = NOW - 30 * DAY
    installation = house(raids=[raid(1, at=midnight), raid(2, at=midnight + 1)], attendees=[(2, 1)])
    assert attended(installation, 30, now=NOW + 20 * HOUR) == "100% (1/1)"
    berlin = evolve(installation, config=Config(zone=ZoneInfo("Europe/Berlin")))
    assert attended(berlin, 30, now=NOW + 20 * HOUR) == "50% (1/2)"
    assert attended(berlin, 30, now=NOW + 23 * HOUR) == "0% (0/0)"


def test_midnight_is_by_the_clock_of_now() -> None:
    """O-2: thirty days before the clocks were set on, the window begins at eleven in the evening."""
    berlin = ZoneInfo("Europe/Berlin")
    now = int(datetime(2026, 4, 10, 12, tzinfo=berlin).timestamp())
    evening = int(datetime(2026, 3, 10, 23, tzinfo=berlin).timestamp())
    installation = house(raids=[raid(1, at=evening), raid(2, at=evening + 1)], config=Config(zone=berlin))
    assert attended(installation, 30, now=now) == "0% (0/1)"


def test_connected_raids_are_one_in_the_total_and_several_attended() -> None:
    """O-2: what is counted before has the lower id; one that names none before it counts, and so does a stale one."""
    raids = [
        raid(3, at=NOW - 3, connected=(2,)),
        raid(2, at=NOW - 2, connected=(99,)),
        raid(5, at=NOW - 1, connected=(6,)),
        raid(6, at=NOW - 1),
    ]
    installation = house(raids=raids, attendees=[(2, 1), (3, 1)])
    assert attended(installation, 30) == "67% (2/3)"
    assert attended(evolve(installation, raids=raids[:2]), 30) == "100% (1/1)"


def test_a_connected_raid_counts_where_its_partner_counts_not() -> None:
    """O-2: a partner of another pool, or of before the window, takes nothing away."""
    pair = [raid(1, at=NOW - 40 * DAY), raid(2, at=NOW - 1, connected=(1,))]
    installation = house(raids=pair)
    assert (attended(installation, 30), attended(installation, 60)) == ("0% (0/1)", "0% (0/1)")
    apart = [evolve(pair[0], event=2, at=NOW - 1), pair[1]]
    assert attended(evolve(installation, raids=apart), 30) == "0% (0/1)"


def test_events_without_attendance_count_for_nobody() -> None:
    """O-2: though a lifetime may begin with one."""
    pool = Pool(id=1, events=frozenset({1, 3}), item_pools=frozenset(), no_attendance=frozenset({3}))
    raids = [raid(1, at=START, event=3), raid(2, at=START + DAY), raid(3, at=START + 2 * DAY)]
    installation = house(pools=[pool], raids=raids, attendees=[(1, 1), (3, 1)])
    assert attended(installation, None) == "50% (1/2)"


def test_a_lifetime_begins_with_the_groups_first_raid_for_its_main_alone() -> None:
    """O-2: a twink's begins with its creation, else its user's registration, else never; with twinks the earliest."""
    members = [
        Member(id=1),
        Member(id=2, main=1, created_at=START + DAY),
        Member(id=3, main=1, registered_at=START + 2 * DAY),
        Member(id=4, main=1),
    ]
    raids = [raid(each, at=START + each * DAY) for each in range(4)]
    installation = house(members=members, raids=raids, attendees=[(0, 2), (3, 3), (3, 4)])
    assert attended(installation, None, 1) == "0% (0/4)"
    assert attended(installation, None, 2) == "33% (1/3)"
    assert attended(installation, None, 3) == "50% (1/2)"
    assert attended(installation, None, 4) == "0% (0/0)"
    assert {attended(installation, None, each, with_twinks=True) for each in range(1, 5)} == {"50% (2/4)"}


def test_a_real_window_has_no_raids_of_before_the_first() -> None:
    """O-2: only the total shrinks, so it may show more attended than there were."""
    raids = [raid(each, at=NOW - each * DAY) for each in (1, 2, 3, 4)]
    members = [Member(id=1), Member(id=2, main=1, created_at=NOW - 2 * DAY)]
    installation = house(members=members, raids=raids, attendees=[(each, 2) for each in (1, 2, 3)])
    windowed = attendances(installation, NOW)[2, 1].single
    assert windowed is not None
    assert (str(windowed.shown[30]), str(windowed.real[30])) == ("75% (3/4)", "150% (3/2)")


def test_special_members_have_no_attendance_but_their_groups() -> None:
    """O-2: one that is somebody's main is shown that group's."""
    members = [Member(id=1), Member(id=2), Member(id=3, main=2, created_at=START)]
    installation = house(
        members=members,
        raids=[raid(1)],
        attendees=[(1, 1), (1, 2), (1, 3)],
        config=Config(special=frozenset({1, 2})),
    )
    assert [attended(installation, None, each) for each in (1, 2)] == ["/", "/"]
    assert [attended(installation, None, each, with_twinks=True) for each in (1, 2)] == ["/", "100% (1/1)"]


@pytest.mark.parametrize(
    ("attendance", "text"),
    [
        (Attendance(1, 8), "13% (1/8)"),
        (Attendance(1, 200), "1% (1/200)"),
        (Attendance(0, 0), "0% (0/0)"),
        (Attendance(2, 3), "67% (2/3)"),
    ],
)
def test_percentages_are_whole_and_half_goes_up(attendance: Attendance, text: str) -> None:
    """O-2: 12.5 % are 13."""
    assert str(attendance) == text


# --- amounts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "precision", "text"),
    [
        (0, 2, "0.00"),
        (-3_497, 2, "-34.97"),
        (5, 2, "0.05"),
        (-5, 1, "-0.1"),
        (-4, 1, "0.0"),
        (-150, 0, "-2"),
        (149, 0, "1"),
        (1_234, 5, "12.34000"),
        (Fraction(1, 2), 2, "0.01"),
        (Fraction(-1, 3), 5, "-0.00333"),
    ],
)
def test_amounts_are_shown_at_the_precision_of_the_site(amount: Amount, precision: int, text: str) -> None:
    """O-2: half goes away from zero."""
    assert shown(amount, precision) == text
    assert shown(to_precision(amount, precision), precision) == text


@pytest.mark.parametrize("precision", [-1, 6])
def test_no_site_has_another_precision(precision: int) -> None:
    """O-2: the program offers none to five decimals."""
    with pytest.raises(ValueError, match="precision"):
        Config(precision=precision)

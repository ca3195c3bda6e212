"""O-2: what pages show that have no balances: zero-sum, and what EPGP and effective DKP are reckoned from."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from attrs import evolve
from hypothesis import given, settings

from dkp_adapters.eqdkp.arithmetic import (
    Adjustment,
    Attendee,
    Bounds,
    Config,
    DecayOfCurrent,
    DecayOfRows,
    Installation,
    Item,
    Member,
    Module,
    Pages,
    Pool,
    Raid,
    Rhythm,
    Rule,
    Standings,
    VisibleCap,
    standings,
)
from dkp_core.points import Formula
from tests.unit.eqdkp.naive_reckoning import NaiveReckoning
from tests.unit.eqdkp.test_arithmetic import DAY, NOW, START, alike, installations, todays

ZERO_SUM = Config(pages=Pages.ZERO_SUM)
POOL = Pool(id=1, events=frozenset({1}), item_pools=frozenset({1}))


def house(
    *,
    attendees: Sequence[tuple[int, int]],
    items: Sequence[tuple[int, int, int]],
    pool: Pool = POOL,
    config: Config = ZERO_SUM,
    item_pool: int = 1,
    rules: Sequence[Rule] = (),
) -> Installation:
    """Two mains, a twink of the first, and a raid of 99.00; items are (buyer, raid, value)."""
    return Installation(
        members=[Member(id=1), Member(id=2, main=1), Member(id=3)],
        pools=[pool],
        raids=[Raid(id=1, event=1, at=START, value=9_900), Raid(id=2, event=1, at=START, value=9_900)],
        attendees=[Attendee(*each) for each in attendees],
        items=[
            Item(buyer=buyer, raid=raid, item_pool=item_pool, at=START, value=value) for buyer, raid, value in items
        ],
        adjustments=[Adjustment(member=3, event=1, at=START, value=250)],
        rules=rules,
        config=config,
    )


def columns(found: Standings) -> tuple[Fraction | int, ...]:
    """Earned, spent, adjusted and current, alone."""
    each = found.single
    return each.earned, each.spent, each.adjusted, each.current


def test_a_raid_pays_what_its_items_cost_in_equal_parts() -> None:
    """O-2: 40.00 among four; what the raid itself is worth is nothing, and a raid without items pays nothing."""
    found = standings(
        house(attendees=[(1, 1), (1, 2), (1, 3), (1, 99), (2, 3)], items=[(1, 1, 3_000), (99, 1, 1_000)]), NOW
    )
    assert columns(found[1, 1]) == (1_000, 3_000, 0, -2_000)
    assert columns(found[2, 1]) == (1_000, 0, 0, 1_000)
    assert columns(found[3, 1]) == (1_000, 0, 250, 1_250)
    together = found[2, 1].with_twinks
    assert (together.earned, together.spent, together.current) == (2_000, 3_000, -1_000)


def test_parts_are_not_rounded() -> None:
    """O-2: 10.00 among three are 3.33 and a third of a hundredth each, until it is shown."""
    attendees = [(raid, member) for raid in (1, 2) for member in (1, 2, 3)]
    found = standings(house(attendees=attendees, items=[(3, 1, 1_000), (3, 2, 500)]), NOW)
    assert found[1, 1].single.earned == 500
    assert found[2, 1].with_twinks.earned == 1_000
    once = standings(house(attendees=attendees, items=[(3, 1, 1_000)]), NOW)
    assert once[1, 1].single.earned == Fraction(1_000, 3)


def test_who_is_there_twice_has_two_parts_and_special_members_have_none() -> None:
    """O-2: each row of attendance is a part; what a special member paid is shared out like all else."""
    special = evolve(ZERO_SUM, special=frozenset({3}))
    found = standings(house(attendees=[(1, 1), (1, 1), (1, 2), (1, 3)], items=[(3, 1, 900)], config=special), NOW)
    assert [found[each, 1].single.earned for each in (1, 2, 3)] == [600, 300, 0]
    assert found[3, 1].single.spent == 900


def test_what_nobody_was_there_for_is_nobodys() -> None:
    """O-2: of a raid without attendees, without a raid, or of a raid that is gone."""
    found = standings(house(attendees=[(1, 1)], items=[(1, 2, 700), (1, 0, 50), (1, 9, 25)]), NOW)
    assert columns(found[1, 1]) == (0, 775, 0, -775)


def test_all_items_of_a_raid_are_shared_out_whatever_pool_they_are_paid_from() -> None:
    """O-2: what is earned goes by the raid's event, what is spent by the item pool."""
    found = standings(house(attendees=[(1, 1), (1, 3)], items=[(1, 1, 600)], item_pool=7), NOW)
    assert columns(found[1, 1]) == (300, 0, 0, 300)
    elsewhere = evolve(POOL, events=frozenset({5}))
    found = standings(house(attendees=[(1, 1), (1, 3)], items=[(1, 1, 600)], pool=elsewhere), NOW)
    assert columns(found[1, 1]) == (0, 600, 0, -600)


def test_items_that_fade_pay_less_too() -> None:
    """O-2: decay of items is in both; that of raids, that of balances and caps are in nothing."""
    rhythm, pools = Rhythm(START - DAY, 60 * DAY), frozenset({1})
    half = Formula.of("$value * 0.5")
    in_nothing: list[Rule] = [
        DecayOfRows(pools=pools, rhythm=rhythm, formula=half, modules=frozenset({Module.RAID})),
        DecayOfCurrent(pools=pools, rhythm=rhythm, formula=half),
        VisibleCap(pools, Bounds(0, 1)),
    ]
    found = standings(house(attendees=[(1, 1), (1, 3)], items=[(1, 1, 600)], rules=in_nothing), NOW)
    assert columns(found[1, 1]) == (300, 600, 0, -300)
    of_items = DecayOfRows(pools=pools, rhythm=rhythm, formula=half, modules=frozenset({Module.ITEM}))
    found = standings(house(attendees=[(1, 1), (1, 3)], items=[(1, 1, 600)], rules=[of_items]), NOW)
    assert columns(found[1, 1]) == (150, 300, 0, -150)


class Literal(NaiveReckoning):
    """The same by its rules, as literally as they can be said."""

    def earned(self, id_: int, pool: Pool) -> Fraction:
        """Each raid of the pool's events, each row of attendance at it."""
        total = Fraction(0)
        for raid in self.house.raids:
            rows = [each for each in self.house.attendees if each.raid == raid.id]
            there = [each.member for each in rows if each.member not in self.house.config.special]
            cost = self.sum(
                self.value(pool, Module.ITEM, item.value, item.at) for item in self.house.items if item.raid == raid.id
            )
            if raid.event in pool.events and there:
                total += cost / len(there) * there.count(id_)
        return total


@given(installations(), todays)
@settings(max_examples=40)
def test_zero_sum_is_what_the_rules_say_literally(given: Installation, now: int) -> None:
    """O-2: single and with twinks, whatever the rows and the rules."""
    config = evolve(given.config, pages=Pages.ZERO_SUM)
    decays = [each for each in given.rules if isinstance(each, DecayOfRows)]
    naive = Literal(evolve(given, rules=decays), now)
    reckoned = standings(evolve(given, config=config), now)
    for pool in given.pools:
        for member in given.members:
            both = reckoned[member.id, pool.id]
            for standing, group in ((both.single, [member.id]), (both.with_twinks, naive.group(member.id))):
                earned = naive.sum(naive.earned(each, pool) for each in group)
                spent = naive.sum(naive.spent(each, pool) for each in group)
                adjusted = naive.sum(naive.adjusted(each, pool) for each in group)
                assert alike(standing.earned, earned)
                assert alike(standing.spent, spent)
                assert alike(standing.adjusted, adjusted)
                assert alike(standing.current, earned - spent + adjusted)


@given(installations(), todays)
@settings(max_examples=20)
def test_what_epgp_is_reckoned_from_fades_by_rows_alone(given: Installation, now: int) -> None:
    """O-2: neither decay of balances nor a cap is in effort or gear points, or in what effective DKP is made of."""
    decays = [each for each in given.rules if isinstance(each, DecayOfRows)]
    parts = standings(evolve(given, config=evolve(given.config, pages=Pages.PARTS)), now)
    assert parts == standings(evolve(given, rules=decays), now)
    assert all(each.single.current == each.single.sum for each in parts.values())

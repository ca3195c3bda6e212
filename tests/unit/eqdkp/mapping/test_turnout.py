"""O-2, D-9: attendance there and here, and each rule that makes the difference."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_adapters.eqdkp.arithmetic import WINDOWS, Attendee, Config, Installation, Member, Pool, Raid, attendances
from dkp_adapters.eqdkp.mapping.turnout import SAID, Rule, Share, Turnout, Whose
from tests.unit.eqdkp.test_arithmetic import installations, todays

DAY: Final = 86_400
NOW: Final = 20_000 * DAY + 9 * 3600
AT: Final = datetime.fromtimestamp(NOW, UTC)


def test_every_rule_can_be_said() -> None:
    """O-2: nothing is explained by a rule without words."""
    assert set(SAID) == set(Rule)


# --- for any rows -----------------------------------------------------------------------------------------------------


@given(installations(), todays, st.frozensets(st.integers(1, 5), min_size=1), todays, st.booleans())
@settings(max_examples=40, deadline=None)
def test_it_begins_with_what_is_shown_and_ends_with_our_rules(
    house: Installation, now: int, owned: frozenset[int], joined: int, grouped: bool
) -> None:
    """O-2: whatever the rows, the first shares are those of the program, and the last those of a plain recount."""
    at = datetime.fromtimestamp(now, UTC)
    turnout, shown = Turnout(house, at), attendances(house, now)
    mains = {each.id: each.main_id for each in house.members}
    for pool in house.pools:
        for member in house.members:
            page = shown[member.id, pool.id].with_twinks if grouped else shown[member.id, pool.id].single
            named = {each for each in mains if mains[each] == member.main_id} if grouped else {member.id}
            path = turnout.path(
                pool,
                Whose(
                    named=frozenset(named),
                    grouped=grouped,
                    owned=owned,
                    since=None if page is None else page.since,
                    joined=joined,
                ),
            )
            assert len(path) == len(Rule) + 1
            told = {days: None if page is None else page.shown[days] for days in WINDOWS}
            assert path[0] == [(0, 0) if each is None else (each.attended, each.total) for each in told.values()]
            assert path[-1] == [recounted(house, pool, owned, joined, now, days) for days in WINDOWS]


def recounted(house: Installation, pool: Pool, owned: frozenset[int], joined: int, now: int, days: int | None) -> Share:
    """D-9, D-15, as it is written."""
    known = {each.id for each in house.members}
    present = {
        raid.id: {each.member for each in house.attendees if each.raid == raid.id} & known for raid in house.raids
    }
    held = [each for each in house.raids if each.event in pool.events and (each.value or present[each.id])]
    came = [each for each in held if present[each.id] & owned]
    since = now - days * DAY if days else min([joined, *(each.at for each in came)])
    return sum(since <= each.at < now for each in came), sum(since <= each.at < now for each in held)


# --- rule by rule -----------------------------------------------------------------------------------------------------


def raid(number: int, *, days_ago: float = 5, event: int = 1, value: int = 100, **more: Any) -> Raid:
    """A raid so many days ago."""
    return Raid(id=number, event=event, at=NOW - int(days_ago * DAY), value=value, **more)


def house(
    *raids: Raid, at: Sequence[tuple[int, int]] = ((1, 1),), special: frozenset[int] = frozenset()
) -> Installation:
    """Two characters, a main and its twink, and a third; event 2 is marked "no attendance"."""
    return Installation(
        members=[Member(id=1, created_at=1), Member(id=2, main=1, created_at=1), Member(id=3, created_at=1)],
        pools=[Pool(id=1, events=frozenset({1, 2}), item_pools=frozenset(), no_attendance=frozenset({2}))],
        raids=raids,
        attendees=[Attendee(*each) for each in at],
        items=(),
        adjustments=(),
        config=Config(special=special, zone=ZoneInfo("UTC")),
    )


def alone(member: int = 1, **more: Any) -> Whose:
    """A character by itself, which is its owner's only one, who joined in time."""
    given: dict[str, Any] = {"named": frozenset({member}), "grouped": False, "owned": frozenset({member})}
    return Whose(**{**given, "since": 1, "joined": 1, **more})


def differing(house: Installation, whose: Whose, days: int | None = 30) -> dict[Rule, tuple[Share, Share]]:
    """Which rules make a difference in a window, and what they make of what."""
    path = Turnout(house, AT).path(house.pools[0], whose)
    window = WINDOWS.index(days)
    steps = list(zip(Rule, pairwise([shares[window] for shares in path]), strict=True))
    return {rule: (before, after) for rule, (before, after) in steps if before != after}


def test_where_rules_are_alike_nothing_differs() -> None:
    """O-2: a raid of last week, once attended."""
    for days in WINDOWS:
        assert differing(house(raid(1), raid(2)), alone(), days) == {}


@pytest.mark.parametrize(
    ("rule", "rows", "whose", "days", "became"),
    [
        (Rule.SPECIAL, house(raid(1), special=frozenset({1})), alone(), 30, ((0, 0), (1, 1))),
        (Rule.SPECIAL, house(raid(1), special=frozenset({1})), alone(since=None), None, ((0, 0), (1, 1))),
        (Rule.NO_ATTENDANCE, house(raid(1), raid(2, event=2)), alone(), 30, ((1, 1), (1, 2))),
        (Rule.NO_ATTENDANCE, house(raid(1, event=2)), alone(), 30, ((0, 0), (1, 1))),
        (Rule.EMPTY, house(raid(1), raid(2, value=0)), alone(), 30, ((1, 2), (1, 1))),
        (Rule.CONNECTED, house(raid(1), raid(2, connected=(1,))), alone(), 30, ((1, 1), (1, 2))),
        (Rule.UNDATED, house(raid(1, days_ago=NOW / DAY)), alone(since=0), None, ((0, 0), (1, 1))),
        (Rule.TO_COME, house(raid(1), raid(2, days_ago=-1)), alone(), 30, ((1, 2), (1, 1))),
        (Rule.TO_COME, house(raid(1), raid(2, days_ago=0)), alone(), None, ((1, 2), (1, 1))),
        (Rule.EXACT, house(raid(1), raid(2, days_ago=30.2)), alone(), 30, ((1, 2), (1, 1))),
        (Rule.ONCE, house(raid(1), raid(2), at=((1, 1), (1, 1))), alone(), 30, ((2, 2), (1, 2))),
        (
            Rule.OWNER,
            house(raid(1), raid(2), at=((1, 1), (2, 2))),
            alone(owned=frozenset({1, 2})),
            30,
            ((1, 2), (2, 2)),
        ),
        (Rule.JOINED, house(raid(1), raid(2, days_ago=9)), alone(since=NOW - 6 * DAY), None, ((1, 1), (1, 2))),
        (Rule.JOINED, house(raid(1), raid(2, days_ago=9)), alone(joined=NOW - 6 * DAY), None, ((1, 2), (1, 1))),
        (Rule.JOINED, house(raid(1)), alone(since=None), None, ((0, 0), (1, 1))),
    ],
)
def test_each_rule_is_named_where_it_alone_differs(
    rule: Rule, rows: Installation, whose: Whose, days: int | None, became: tuple[Share, Share]
) -> None:
    """O-2: and with what it makes of the number; without what it is about, it is named no more."""
    assert differing(rows, whose, days) == {rule: became}


def test_a_window_begins_with_its_first_moment_here_and_after_it_there() -> None:
    """D-9, O-2: [at − N × 24 h, at) here; there midnight itself is out."""
    midnight = evolve(raid(2), at=NOW - 9 * 3600 - 30 * DAY)
    assert differing(house(raid(1), midnight), alone()) == {}
    first = evolve(raid(2), at=NOW - 30 * DAY)
    assert differing(house(raid(1), first), alone()) == {}
    before = evolve(raid(2), at=NOW - 30 * DAY - 1)
    assert differing(house(raid(1), before), alone()) == {Rule.EXACT: ((1, 2), (1, 1))}


def test_a_twink_has_its_groups_attendance_there() -> None:
    """O-2: so that with twinks the owner's number is the same here, though two of them were there."""
    both = house(raid(1), raid(2), at=((1, 1), (1, 2), (2, 2)))
    whose = Whose(named=frozenset({1, 2}), grouped=True, owned=frozenset({1, 2}), since=1, joined=1)
    for days in WINDOWS:
        assert differing(both, whose, days) == {}


def test_who_does_not_exist_was_nowhere() -> None:
    """O-2: rows of characters that are gone count for nobody, and give no raid anybody to have been there."""
    gone = house(raid(1), raid(2, value=0), at=((1, 1), (2, 99)))
    assert differing(gone, alone()) == {Rule.EMPTY: ((1, 2), (1, 1))}


def test_what_is_read_within_a_second_counts_to_its_fraction() -> None:
    """D-9: a raid of the second that has begun is past; one exactly 30 days old at a fraction later is not in."""
    later = datetime.fromtimestamp(NOW, UTC).replace(microsecond=500_000)
    rows = house(raid(1, days_ago=0), raid(2, days_ago=30), at=((1, 1), (2, 1)))
    assert Turnout(rows, AT).path(rows.pools[0], alone())[-1][0] == (1, 1)
    assert Turnout(rows, later).path(rows.pools[0], alone())[-1][0] == (1, 1)
    assert Turnout(rows, AT).path(rows.pools[0], alone())[-1][3] == (1, 1)
    assert Turnout(rows, later).path(rows.pools[0], alone())[-1][3] == (2, 2)

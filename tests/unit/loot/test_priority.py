"""Point systems: EPGP, effective DKP and suicide kings in three ways, against literal oracles (P-6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.ids import RaidId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import Contender, Contest, Fall, priorities
from dkp_core.loot.priority import by_last_fall, effort_by_gear, fallen, fallen_by_raid, shown_priority, start_order
from dkp_core.points import Policies
from dkp_core.raids import AttendanceShare

NIGHT = datetime(2026, 10, 9, 19, tzinfo=UTC)
NAMES = "ABCDEFG"


def contender(number: int, **known: object) -> Contender:
    """A member with that id, who has nothing unless it is told."""
    points = {name: Points.of(known.pop(name, 0)) for name in ("earned", "spent", "adjusted")}
    given = {
        "user_id": UserId(number),
        "username": f"user {number}",
        "main_character": NAMES[(number - 1) % len(NAMES)],
        "character_class": "Monk",
        "rank_id": None,
        "rank": None,
        "is_active": True,
        "joined_at": NIGHT,
        "attendance": AttendanceShare(1, 2),
        **points,
        **known,
    }
    return Contender(**given)  # type: ignore[arg-type]  # as told


def contest(*contenders: Contender, falls: Sequence[Fall] = (), **policies: object) -> Contest:
    """A pool with these policies."""
    return Contest(policies=Policies.of(policies, "policies"), contenders=contenders, falls=tuple(falls))


def lines(of: Contest) -> list[tuple[int, str]]:
    """Who comes when, by what."""
    among = {each.user_id for each in of.contenders}
    return [(row.user_id, row.priority) for row in priorities(of, among=among)]


# --- points -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ep", "gp", "minimum", "priority"),
    [
        ("100", "50", "0", "2.00"),
        ("100", "300", "0", "0.3333"),
        ("200", "300", "0", "0.6667"),
        ("100.01", "0", "0", "100.01"),
        ("99.99", "10", "100", "0.00"),
        ("100", "10", "100", "10.00"),
        ("-5", "10", "0", "0.00"),
        ("1", "8", "0", "0.125"),
        ("10", "-5", "0", "10.00"),
    ],
)
def test_effort_by_gear(ep: str, gp: str, minimum: str, priority: str) -> None:
    """P-6: EP/GP; EP where GP is nothing; 0 where EP is below the minimum."""
    hundredths = [Points.of(each).hundredths for each in (ep, gp, minimum)]
    assert shown_priority(effort_by_gear(hundredths[0], hundredths[1], minimum=hundredths[2])) == priority


@pytest.mark.parametrize(
    ("priority", "text"),
    [
        (Fraction(1, 3), "0.3333"),
        (Fraction(2, 3), "0.6667"),
        (Fraction(1, 20_000), "0.0001"),
        (Fraction(-1, 20_000), "-0.0001"),
        (Fraction(-1, 20_001), "0.00"),
        (Fraction(1, 2), "0.50"),
        (Fraction(-7, 4), "-1.75"),
        (Fraction(19_999_999, 20_000_000), "1.00"),
    ],
)
def test_a_priority_is_told_half_up(priority: Fraction, text: str) -> None:
    """P-12: at four decimals, at least two of them shown."""
    assert shown_priority(priority) == text


def test_epgp_ranks_by_the_exact_quotient() -> None:
    """P-6: what is earned and adjusted by what is spent and the base; equal ones by effort, then id."""
    shown = contest(
        contender(1, earned=100, adjusted="20.50", spent=100),
        contender(2, earned="1000", spent="2999"),
        contender(3, earned="1000", spent="3000"),
        contender(4),
        contender(5, earned=2, spent=1),
        contender(6, earned=1),
        system="epgp",
        base_points="1",
    )
    # 2 and 3 are told alike, and are not alike.
    assert lines(shown) == [
        (1, "1.1931"),
        (5, "1.00"),
        (6, "1.00"),
        (2, "0.3333"),
        (3, "0.3332"),
        (4, "0.00"),
    ]
    first = priorities(shown, among={UserId(1)})[0]
    assert (str(first.ep), str(first.gp), str(first.current), first.attendance) == ("120.50", "101.00", "20.50", None)


def test_effective_dkp_is_current_by_attendance() -> None:
    """P-6, P-12: by the exact product, shown half-up at two places."""
    shown = contest(
        contender(1, earned=100, attendance=AttendanceShare(1, 3)),
        contender(2, earned=50, attendance=AttendanceShare(2, 3)),
        contender(3, earned="0.01", attendance=AttendanceShare(1, 2)),
        contender(4, earned="0.01", attendance=AttendanceShare()),
        contender(5, spent=10, attendance=AttendanceShare(1, 4)),
        system="effective_dkp",
    )
    assert lines(shown) == [(1, "33.33"), (2, "33.33"), (3, "0.01"), (4, "0.00"), (5, "-2.50")]
    assert priorities(shown, among={UserId(2)})[0].attendance == "66.67"


def test_without_a_system_points_decide() -> None:
    """P-10: as in the standings."""
    shown = contest(contender(1, earned=1), contender(2, earned=2), contender(3, earned=2, spent=1))
    assert lines(shown) == [(2, "2.00"), (1, "1.00"), (3, "1.00")]


def test_positions_count_among_those_listed() -> None:
    """P-10: who is not listed takes no position, but keeps the place in the list of kings."""
    shown = contest(contender(1), contender(2), contender(3), system="suicide_kings")
    rows = priorities(shown, among={UserId(1), UserId(3)})
    assert [(row.position, row.user_id, row.list_position) for row in rows] == [(1, 1, 1), (2, 3, 3)]


# --- suicide kings ----------------------------------------------------------------------------------------------------


def test_the_list_starts_as_it_was_set() -> None:
    """P-6: then all others by when they joined, then id; who is nobody any more is left out."""
    people = [contender(number, joined_at=NIGHT + timedelta(days=-number)) for number in (1, 2, 3)]
    people += [contender(4, joined_at=None), contender(5, joined_at=NIGHT - timedelta(days=3))]
    ids = [UserId(number) for number in (2, 99, 2)]
    assert start_order(ids, people) == (2, 3, 5, 1, 4)


def order(letters: str) -> tuple[UserId, ...]:
    """Users by the letters of their mains."""
    return tuple(UserId(NAMES.index(letter) + 1) for letter in letters)


def letters(users: Sequence[UserId]) -> str:
    """The letters of users."""
    return "".join(NAMES[user_id - 1] for user_id in users)


def fall(letter: str, raid: int | None = 1, began: int = 0) -> Fall:
    """Somebody got an item in a raid, which began so many days later than the first."""
    at = None if raid is None else NIGHT + timedelta(days=began)
    return Fall(user_id=order(letter)[0], raid_id=None if raid is None else RaidId(raid), raid_began_at=at)


EXAMPLES = [
    # there, who gets an item, the list of ABCDE after it
    ("ABCDE", "A", "BCDEA"),
    ("ACE", "A", "CBEDA"),
    ("ACD", "A", "CBDAE"),
    ("ABC", "C", "ABCDE"),
    ("BD", "D", "ABCDE"),
    ("BD", "B", "ADCBE"),
    ("ACE", "AC", "EBADC"),
    ("CDE", "B", "ACDEB"),
    ("", "B", "ACDEB"),
]


@pytest.mark.parametrize(("there", "falls", "after"), EXAMPLES)
def test_who_gets_an_item_falls_among_who_is_there(there: str, falls: str, after: str) -> None:
    """P-6: to the lowest place of an attendee, those between move up, and who is absent stays; who got it is there."""
    attendees = {RaidId(1): order(there)} if there else {}
    assert letters(fallen(order("ABCDE"), [fall(letter) for letter in falls], attendees)) == after


def test_without_a_raid_everybody_takes_part() -> None:
    """P-6: an item that dropped nowhere costs no less."""
    assert letters(fallen(order("ABCDE"), [fall("B", None)], {})) == "ACDEB"


def test_who_is_not_on_the_list_moves_nobody() -> None:
    """G-1, P-6."""
    there = {RaidId(1): order("ABG")}
    assert letters(fallen(order("ABC"), [fall("G")], there)) == "ABC"
    assert letters(fallen(order("ABC"), [fall("A")], there)) == "BAC"


def test_at_the_bottom_is_who_got_an_item_last() -> None:
    """P-6: who never got one keeps the order of the start."""
    falls = [fall("C"), fall("A"), fall("C", None)]
    assert letters(by_last_fall(order("ABCDE"), falls)) == "BDEAC"


def test_fixed_places_are_dealt_out_raid_by_raid() -> None:
    """P-6: as raids began, whenever the items were handed out; who was not there does not pay."""
    there = {RaidId(1): order("AB"), RaidId(2): order("BC")}
    falls = [fall("B", 2, began=1), fall("A", 1), fall("C", 1), fall("D", None)]
    # In the first raid A falls to B's place; in the second B, who is the first now, falls to C's.
    assert letters(fallen_by_raid(order("ABCD"), falls, there)) == "CABD"
    # Item by item: B falls to C's place, A to B's, then C, who pays though absent, to A's, and D stays at the bottom.
    assert letters(fallen(order("ABCD"), falls, there)) == "BACD"


class _Oracle:
    """The list told as it is played: cards on a table, one moved at a time."""

    @staticmethod
    def play(order_: Sequence[UserId], falls: Sequence[Fall], there: Mapping[RaidId, Collection[UserId]]) -> list[int]:
        listed = list(order_)
        for each in falls:
            present = set(there.get(each.raid_id, ())) if each.raid_id else set()
            present = present | {each.user_id} if present else set(listed)
            slots = [index for index, user_id in enumerate(listed) if user_id in present]
            queue = [listed[index] for index in slots]
            if each.user_id not in queue:
                continue
            queue.remove(each.user_id)
            queue.append(each.user_id)
            for index, user_id in zip(slots, queue, strict=True):
                listed[index] = user_id
        return [int(user_id) for user_id in listed]


USERS = st.integers(1, 9).map(UserId)
RAIDS = st.integers(1, 4).map(RaidId)
FALLS = st.lists(
    st.builds(
        Fall,
        user_id=USERS,
        raid_id=st.none() | RAIDS,
        raid_began_at=st.integers(0, 3).map(lambda days: NIGHT + timedelta(days=days)),
    ),
    max_size=12,
)
ATTENDEES = st.dictionaries(RAIDS, st.frozensets(USERS), max_size=4)
ORDERS = st.permutations([UserId(number) for number in range(1, 8)])


@given(ORDERS, FALLS, ATTENDEES)
def test_a_list_stays_a_permutation_and_equals_the_cards(
    started: list[UserId], falls: list[Fall], there: dict[RaidId, frozenset[UserId]]
) -> None:
    """P-6: nobody is lost or doubled, in any of the three ways, and the classic one is as it is played."""
    classic = fallen(started, falls, there)
    assert sorted(classic) == sorted(started)
    assert sorted(fallen_by_raid(started, falls, there)) == sorted(started)
    assert sorted(by_last_fall(started, falls)) == sorted(started)
    assert list(classic) == _Oracle.play(started, falls, there)


@given(ORDERS, FALLS, ATTENDEES)
def test_who_takes_no_part_keeps_the_place(
    started: list[UserId], falls: list[Fall], there: dict[RaidId, frozenset[UserId]]
) -> None:
    """P-6: of one raid with attendance; and nobody falls below the lowest who was there."""
    of_one = [each for each in falls if each.raid_id is not None and there.get(each.raid_id)][:1]
    after = fallen(started, of_one, there)
    for each in of_one:
        taking_part = {*there[each.raid_id or RaidId(0)], each.user_id}
        for index, user_id in enumerate(started):
            assert after[index] == user_id or {user_id, after[index]} <= taking_part


@given(ORDERS, FALLS, ATTENDEES)
def test_fixed_is_classic_in_order_of_raids(
    started: list[UserId], falls: list[Fall], there: dict[RaidId, frozenset[UserId]]
) -> None:
    """P-6: but for what went to who was not there."""
    counted = [each for each in falls if each.raid_id is not None and each.user_id in there.get(each.raid_id, ())]
    began: dict[RaidId, datetime] = {}
    for each in counted:
        assert each.raid_id is not None
        assert each.raid_began_at is not None
        began.setdefault(each.raid_id, each.raid_began_at)
    same = [Fall(user_id=each.user_id, raid_id=each.raid_id, raid_began_at=began[each.raid_id]) for each in counted]  # type: ignore[index]  # counted ones have a raid
    in_order = sorted(same, key=lambda each: (began[each.raid_id], each.raid_id))  # type: ignore[index]  # the same
    assert fallen_by_raid(started, same, there) == fallen(started, in_order, there)

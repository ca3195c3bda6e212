"""Who was there, and what each is awarded for it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.ids import CharacterId, PoolId, RaidId, UploadId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import Once, Policies
from dkp_core.raids import (
    ATTENDED,
    FACTORS,
    WINDOWS,
    Attendance,
    AttendanceShare,
    NamedPresence,
    Pay,
    Presence,
    Present,
    Taken,
    Tick,
    awarded,
    expected,
    factor_of,
    settled,
    take_attendance,
)
from dkp_core.roster import Attribution, CharacterStatus

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
TICK = Tick(number=2, name="Second hour", at=NOW, points=Points.of(10))
ANNA, BORIS = UserId(1), UserId(2)
KNOWN = {
    name_key(name): Attribution(CharacterId(number), name, status, owner, name == "Annalt")
    for number, (name, owner, status) in enumerate(
        [
            ("Anna", ANNA, CharacterStatus.ACTIVE),
            ("Annalt", ANNA, CharacterStatus.INACTIVE),
            ("Boris", BORIS, CharacterStatus.RETIRED),
            ("Stray", None, CharacterStatus.ACTIVE),
            ("Newbie", BORIS, CharacterStatus.PENDING),
        ],
        start=1,
    )
}


POOL, OTHER = PoolId(7), PoolId(8)
DEFAULTS = Policies()


def take(
    *names: str | NamedPresence,
    present: Present | None = None,
    tick: Tick = TICK,
    policies: Policies = DEFAULTS,
    other: Policies | None = None,
    alone: bool = True,
) -> Taken:
    """Attendance of these names, present unless they say otherwise, in a pool or two."""
    named = [NamedPresence(name=name) if isinstance(name, str) else name for name in names]
    pools = {POOL: policies} if other is None else {POOL: policies, OTHER: other}
    return take_attendance(
        RaidId(5),
        tick,
        named,
        known=KNOWN,
        present=present or Present(),
        pay=Pay(points=tick.points, pools=pools, alone=alone),
        upload_id=UploadId(6),
    )


def there(taken: Taken) -> Present:
    """Who stands at the tick once that is taken."""
    return Present(lines=taken.added)


def as_(presence: Presence, name: str) -> NamedPresence:
    """A name in that state."""
    return NamedPresence(name=name, presence=presence)


def awards(taken: Taken) -> dict[str, str]:
    """What each name that was added is awarded."""
    return {line.name: str(line.awarded) for line in taken.added}


def test_a_name_is_noted_with_the_character_and_user_it_stands_for() -> None:
    """D-3, P-11: the name as it was read, who that is, what it pays, from the tick's time on."""
    (line,) = take(NamedPresence(name="ANNA", presence=Presence.LATE, line=7)).added
    assert line == Attendance(
        raid_id=RaidId(5),
        tick=2,
        name="ANNA",
        presence=Presence.LATE,
        character_id=CharacterId(1),
        user_id=ANNA,
        awarded=Points.of(10),
        at=NOW,
        upload_id=UploadId(6),
        line=7,
    )
    assert line.key == "anna"


def test_a_user_is_awarded_once_however_many_characters_were_there() -> None:
    """D-4: once by default, for the first of those that pay the same."""
    assert awards(take("Annalt", "Anna", "Boris")) == {"Annalt": "10.00", "Anna": "0.00", "Boris": "10.00"}


def test_a_user_is_awarded_for_the_character_that_pays_most() -> None:
    """D-4: not for the first."""
    taken = take(as_(Presence.ABSENT_EXCUSED, "Anna"), "Annalt")
    assert awards(taken) == {"Anna": "0.00", "Annalt": "10.00"}


def test_the_better_paid_of_two_is_awarded_wherever_it_stands() -> None:
    """D-3, D-4: where a factor pays late comers half, being there in time with the other character counts."""
    half = policies(late_percent="50")
    late, present = as_(Presence.LATE, "Anna"), as_(Presence.PRESENT, "Annalt")
    assert awards(take(late, present, policies=half)) == {"Anna": "0.00", "Annalt": "10.00"}
    assert awards(take(present, late, policies=half)) == {"Annalt": "10.00", "Anna": "0.00"}
    assert awards(take(late, policies=half)) == {"Anna": "5.00"}


def test_who_was_paid_at_the_tick_already_is_not_paid_again() -> None:
    """D-4: a second dump of the same tick brings the alt."""
    taken = take("Annalt", "Boris", present=there(take("Anna")))
    assert awards(taken) == {"Annalt": "0.00", "Boris": "10.00"}
    assert taken.changed == ()


def test_the_same_names_twice_add_nothing() -> None:
    """D-7: the same dump applied twice awards once."""
    first = take("Anna", "Boris", "Nobody")
    again = take("Anna", "Boris", "Nobody", present=there(first))
    assert again == Taken(added=(), already_present=("Anna", "Boris", "Nobody"))


def test_a_name_that_is_written_twice_counts_once() -> None:
    """G-9, D-4: in whatever case."""
    taken = take("Anna", "ANNA", "  anna ")
    assert [line.name for line in taken.added] == ["Anna"]
    assert taken.already_present == ("ANNA", "  anna ")


@given(st.lists(st.sampled_from(["Anna", "ANNA", "Annalt", "Boris", "Stray", "Newbie", "Nobody"])))
def test_every_name_is_added_once_or_told_as_present(names: list[str]) -> None:
    """D-5: nothing read is ever dropped silently; D-4: each user once."""
    taken = take(*names)
    assert len(taken.added) + len(taken.already_present) == len(names)
    assert {line.key for line in taken.added} == {name_key(name) for name in names}
    paid = [line.user_id for line in taken.awarded]
    assert len(paid) == len(set(paid))
    assert {line.user_id for line in taken.added if line.user_id is not None} == set(paid)


def test_names_that_stand_for_nobody_are_kept_unresolved() -> None:
    """D-5: unknown names, and characters that belong to nobody; none of them pays."""
    taken = take("Nobody", "Stray", "Anna")
    assert taken.unresolved == ("Nobody", "Stray")
    assert [line.character_id for line in taken.added] == [None, 4, 1]
    assert awards(taken) == {"Nobody": "0.00", "Stray": "0.00", "Anna": "10.00"}


def test_a_pending_characters_name_stands_for_nobody_yet() -> None:
    """R-1, D-5: until it is approved."""
    (line,) = take("Newbie").added
    assert (line.character_id, line.user_id, line.awarded) == (None, None, ZERO)
    assert isinstance(line.awarded, Points)
    assert line.is_unresolved


@pytest.mark.parametrize(
    ("presence", "award"),
    [
        (Presence.PRESENT, "10.00"),
        (Presence.LATE, "10.00"),
        (Presence.LEFT_EARLY, "10.00"),
        (Presence.STANDBY, "10.00"),
        (Presence.ABSENT_EXCUSED, "0.00"),
    ],
)
def test_without_a_policy_only_an_excused_absence_pays_nothing(presence: Presence, award: str) -> None:
    """D-3, P-16: every other status pays in full."""
    assert awards(take(as_(presence, "Anna"))) == {"Anna": award}


def test_every_status_has_a_factor_and_only_an_excused_absence_is_none() -> None:
    """D-3, D-9: what is added to the list of statuses must be decided on."""
    assert set(FACTORS) == set(Presence)
    assert set(Presence) - ATTENDED == {Presence.ABSENT_EXCUSED}


def test_a_tick_without_points_pays_nobody() -> None:
    """D-2: attendance is kept all the same."""
    taken = take("Anna", tick=evolve(TICK, points=ZERO))
    assert len(taken.added) == 1
    assert taken.awarded == ()


def test_what_is_told_of_taking_attendance() -> None:
    """D-7: who is awarded, who is unknown, who is already counted."""
    taken = take("Anna", "Annalt", "Nobody")
    assert [line.name for line in taken.awarded] == ["Anna"]
    assert taken.unresolved == ("Nobody",)


PAY = Pay(points=TICK.points, pools={POOL: DEFAULTS})


def policies(**values: object) -> Policies:
    """Policies with some of it set."""
    return DEFAULTS.with_values(values, "policies")


def a_line(name: str, user_id: UserId | None, *, ignored: bool = False) -> Attendance:
    """A line that was not paid."""
    return Attendance(
        raid_id=RaidId(5),
        tick=2,
        name=name,
        presence=Presence.PRESENT,
        character_id=None,
        user_id=user_id,
        awarded=ZERO,
        at=NOW,
        ignored=ignored,
    )


def test_an_ignored_name_is_neither_paid_nor_unresolved() -> None:
    """D-5: resolved to nobody."""
    lines = (a_line("Anna", ANNA, ignored=True), a_line("Annalt", ANNA), a_line("Mule", None, ignored=True))
    assert [str(line.awarded) for line in awarded(lines, PAY)] == ["0.00", "10.00", "0.00"]
    assert [line.is_unresolved for line in lines] == [False, False, False]


def test_what_a_line_was_awarded_before_does_not_stay() -> None:
    """D-4: paying decides anew."""
    paid_before = evolve(a_line("Anna", ANNA), awarded=Points.of(3))
    better = evolve(a_line("Annalt", ANNA), awarded=ZERO)
    worse = evolve(paid_before, presence=Presence.ABSENT_EXCUSED)
    assert [str(line.awarded) for line in awarded([worse, better], PAY)] == ["0.00", "10.00"]


@pytest.mark.parametrize(
    ("attended", "held", "percent"),
    [
        (0, 0, "0.00"),
        (0, 7, "0.00"),
        (7, 7, "100.00"),
        (1, 3, "33.33"),
        (2, 3, "66.67"),
        (1, 8, "12.50"),
        (1, 800, "0.13"),
        (1, 16, "6.25"),
        (3, 20_000, "0.02"),
        (1, 20_001, "0.00"),
    ],
)
def test_attendance_is_shown_in_percent_with_two_decimals(attended: int, held: int, percent: str) -> None:
    """D-9, P-12: rounded half-up; no raids in the window give 0."""
    assert AttendanceShare(attended, held).percent == percent


@given(st.integers(0, 5000).flatmap(lambda held: st.tuples(st.integers(0, held), st.just(held))))
def test_the_percentage_is_the_fraction_rounded_half_up(counted: tuple[int, int]) -> None:
    """D-9: as Decimal rounds it."""
    attended, held = counted
    share = AttendanceShare(attended, held)
    exact = Decimal(attended) * 100 / held if held else Decimal(0)
    assert share.percent == str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
    assert share.fraction * held == attended


def test_shares_compare_as_fractions() -> None:
    """D-9: 1/3 is more than 3333/10000, though both show 33.33."""
    assert AttendanceShare(1, 3).percent == AttendanceShare(3333, 10_000).percent
    assert AttendanceShare(1, 3).fraction > AttendanceShare(3333, 10_000).fraction
    assert AttendanceShare().fraction == 0


# --- what policies make of it -----------------------------------------------------------------------------------------

PERCENTS = {
    Presence.PRESENT: None,
    Presence.LATE: "late_percent",
    Presence.LEFT_EARLY: "left_early_percent",
    Presence.STANDBY: "standby_percent",
    Presence.ABSENT_EXCUSED: "absent_excused_percent",
}
STATUS_FACTORS = {name: "33.33" for name in PERCENTS.values() if name is not None}


@pytest.mark.parametrize("presence", list(Presence))
def test_each_status_has_a_factor_of_its_own(presence: Presence) -> None:
    """D-3, P-6, P-16: being there pays in full."""
    name = PERCENTS[presence]
    assert awards(take(as_(presence, "Anna"), policies=policies(**STATUS_FACTORS))) == {
        "Anna": "3.33" if name else "10.00"
    }
    if name is not None:
        others = policies(**{each: "1" for each in STATUS_FACTORS if each != name}, **{name: "150"})
        assert awards(take(as_(presence, "Anna"), policies=others)) == {"Anna": "15.00"}


def test_what_an_alt_earns_is_a_part_of_it_rounded_once() -> None:
    """P-6, P-12: the product is rounded half-up, not each of its factors: 1.01 × 50 % × 1 % is 0.00505, 0.01."""
    tiny = evolve(TICK, points=Points.of("1.01"))
    given = policies(alt_percent="1", standby_percent="50")
    (line,) = take(as_(Presence.STANDBY, "Annalt"), tick=tiny, policies=given).added
    assert (line.alt, str(line.awarded)) == (True, "0.01")
    (main,) = take(as_(Presence.STANDBY, "Anna"), tick=tiny, policies=given).added
    assert (main.alt, str(main.awarded)) == (False, "0.51")


def test_the_main_is_paid_where_an_alt_earns_less() -> None:
    """D-4: for the one that pays most, whichever was read first."""
    half = policies(alt_percent="50")
    assert awards(take("Annalt", "Anna", policies=half)) == {"Annalt": "0.00", "Anna": "10.00"}
    assert awards(take("Annalt", policies=half)) == {"Annalt": "5.00"}


def test_a_better_character_who_comes_later_is_paid_instead() -> None:
    """D-4, D-8: the line that paid before pays nothing then."""
    half = policies(alt_percent="50")
    first = take("Annalt", "Boris", policies=half)
    then = take("Anna", policies=half, present=there(first))
    assert awards(then) == {"Anna": "10.00"}
    ((old, new),) = then.changed
    assert (old.name, str(old.awarded), str(new.awarded)) == ("Annalt", "5.00", "0.00")


def test_a_pool_may_pay_each_character() -> None:
    """D-4: policy: once per user, or per character."""
    each = policies(paid_once_per="character", alt_percent="50")
    assert awards(take("Anna", "Annalt", policies=each)) == {"Anna": "10.00", "Annalt": "5.00"}


def test_pools_of_one_raid_may_pay_differently() -> None:
    """P-6: the line shows the most that a pool pays, and knows what each does."""
    here, elsewhere = policies(alt_percent="50"), policies(late_percent="20")
    taken = take(as_(Presence.LATE, "Anna"), "Annalt", policies=here, other=elsewhere)
    main, alt = taken.added
    assert (main.awarded_in(POOL), main.awarded_in(OTHER)) == (Points.of(10), ZERO)
    assert (alt.awarded_in(POOL), alt.awarded_in(OTHER)) == (ZERO, Points.of(10))
    assert (str(main.awarded), str(alt.awarded)) == ("10.00", "10.00")


def test_a_raid_that_awards_in_no_pool_pays_nothing() -> None:
    """D-1: attendance is kept all the same."""
    pay = Pay(points=Points.of(10))
    (line,) = settled(Present(), [a_line("Anna", ANNA)], pay).added
    assert (line.awarded, line.counts) == (ZERO, True)


@pytest.mark.parametrize("presence", [Presence.LATE, Presence.LEFT_EARLY])
def test_with_several_ticks_each_is_paid_to_those_who_were_there(presence: Presence) -> None:
    """D-10: late and left early have a factor where the raid has one tick."""
    given = policies(late_percent="50", left_early_percent="50")
    assert awards(take(as_(presence, "Anna"), policies=given)) == {"Anna": "5.00"}
    assert awards(take(as_(presence, "Anna"), policies=given, alone=False)) == {"Anna": "10.00"}


@pytest.mark.parametrize(
    ("pools", "counts"),
    [([], True), ([True], True), ([False], False), ([False, True], True), ([False, False], False)],
)
def test_standby_counts_where_a_pool_says_so(pools: list[bool], counts: bool) -> None:
    """P-16, D-9: without policies, or without pools, it does."""
    given = {PoolId(number): policies(standby_counts=each) for number, each in enumerate(pools, start=1)}
    pay = Pay(points=Points.of(10), pools=given)
    assert pay.counts(Presence.STANDBY) is counts
    assert [pay.counts(each) for each in (Presence.PRESENT, Presence.LATE, Presence.LEFT_EARLY)] == [True] * 3
    assert pay.counts(Presence.ABSENT_EXCUSED) is False


def test_what_may_be_expected_is_what_the_best_pool_pays() -> None:
    """D-3: of a line that waits for its owner."""
    pools = [policies(late_percent="50"), policies(late_percent="80")]
    assert str(expected(Points.of(10), Presence.LATE, pools, alone=True)) == "8.00"
    assert str(expected(Points.of(10), Presence.LATE, pools, alone=False)) == "10.00"
    assert expected(Points.of(10), Presence.LATE, [], alone=True) == ZERO


NAMES = ("Anna", "Annalt", "Boris", "Nobody")
NOTED = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(Presence)), max_size=6)
PERCENT = st.integers(0, 20_000).map(lambda number: str(Points(number)))
SOME_POLICIES = st.fixed_dictionaries(
    {
        "late_percent": PERCENT,
        "standby_percent": PERCENT,
        "alt_percent": PERCENT,
        "paid_once_per": st.sampled_from(["user", "character"]),
    }
).map(lambda values: policies(**values))


@given(first=NOTED, second=NOTED, here=SOME_POLICIES, elsewhere=SOME_POLICIES)
def test_it_comes_to_the_same_in_two_parts(
    first: list[tuple[str, Presence]], second: list[tuple[str, Presence]], here: Policies, elsewhere: Policies
) -> None:
    """D-4, D-8: each user is paid once in each pool, as a fresh tick with all the lines would pay them."""

    def noted(given: list[tuple[str, Presence]]) -> list[NamedPresence]:
        return [NamedPresence(name=name, presence=presence) for name, presence in given]

    one = take(*noted(first), policies=here, other=elsewhere)
    two = take(*noted(second), policies=here, other=elsewhere, present=there(one))
    whole = take(*noted([*first, *second]), policies=here, other=elsewhere)
    after = dict(two.changed)
    lines = [*(after.get(line, line) for line in one.added), *two.added]
    for pool, pays in ((POOL, here), (OTHER, elsewhere)):
        for user in (ANNA, BORIS):
            paid = [line.awarded_in(pool) for line in lines if line.user_id == user and line.awarded_in(pool)]
            fresh = [line.awarded_in(pool) for line in whole.added if line.user_id == user and line.awarded_in(pool)]
            assert sorted(paid) == sorted(fresh)
            assert pays.paid_once_per is Once.CHARACTER or len(paid) <= 1
    assert all(line.awarded == max(line.awarded_in(POOL), line.awarded_in(OTHER)) for line in lines)


def test_a_factor_is_a_fraction_of_the_whole() -> None:
    """P-6: status and alt together, exact."""
    assert factor_of(Presence.LATE, policies(late_percent="33.33", alt_percent="50"), alt=True) == Fraction(
        3333, 20_000
    )


def test_the_windows_are_thirty_sixty_and_ninety_days() -> None:
    """D-9: and lifetime."""
    assert WINDOWS == (30, 60, 90)

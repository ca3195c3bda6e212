"""Who was there, and what each is awarded for it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.ids import CharacterId, RaidId, UploadId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import ZERO, Points
from dkp_core.raids import (
    ATTENDED,
    FACTORS,
    WINDOWS,
    Attendance,
    AttendanceShare,
    NamedPresence,
    Presence,
    Present,
    Taken,
    Tick,
    pay,
    take_attendance,
)
from dkp_core.roster import Attribution, CharacterStatus

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
TICK = Tick(number=2, name="Second hour", at=NOW, points=Points.of(10))
ANNA, BORIS = UserId(1), UserId(2)
KNOWN = {
    name_key(name): Attribution(CharacterId(number), name, status, owner)
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


def take(*names: str | NamedPresence, present: Present | None = None, tick: Tick = TICK) -> Taken:
    """Attendance of these names, present unless they say otherwise."""
    named = [NamedPresence(name=name) if isinstance(name, str) else name for name in names]
    return take_attendance(RaidId(5), tick, named, known=KNOWN, present=present or Present(), upload_id=UploadId(6))


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


def test_the_better_paid_of_two_is_awarded_wherever_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """D-3, D-4: where a factor pays late comers half, being there in time with the other character counts."""
    half = {**FACTORS, Presence.LATE: Fraction(1, 2)}
    monkeypatch.setattr("dkp_core.raids.attendance.FACTORS", half)
    late, present = as_(Presence.LATE, "Anna"), as_(Presence.PRESENT, "Annalt")
    assert awards(take(late, present)) == {"Anna": "0.00", "Annalt": "10.00"}
    assert awards(take(present, late)) == {"Annalt": "10.00", "Anna": "0.00"}
    assert awards(take(late)) == {"Anna": "5.00"}


def test_who_was_paid_at_the_tick_already_is_not_paid_again() -> None:
    """D-4: a second dump of the same tick brings the alt."""
    present = Present(names=frozenset({"anna"}), paid=frozenset({ANNA}))
    assert awards(take("Annalt", "Boris", present=present)) == {"Annalt": "0.00", "Boris": "10.00"}


def test_the_same_names_twice_add_nothing() -> None:
    """D-7: the same dump applied twice awards once."""
    first = take("Anna", "Boris", "Nobody")
    there = Present(
        names=frozenset(line.key for line in first.added),
        paid=frozenset(line.user_id for line in first.awarded if line.user_id is not None),
    )
    again = take("Anna", "Boris", "Nobody", present=there)
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
    assert [str(line.awarded) for line in pay(TICK, lines, frozenset())] == ["0.00", "10.00", "0.00"]
    assert [line.is_unresolved for line in lines] == [False, False, False]


def test_what_a_line_was_awarded_before_does_not_stay() -> None:
    """D-4: paying decides anew."""
    paid_before = evolve(a_line("Anna", ANNA), awarded=Points.of(3))
    assert pay(TICK, [paid_before], frozenset({ANNA}))[0].awarded == ZERO


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


def test_the_windows_are_thirty_sixty_and_ninety_days() -> None:
    """D-9: and lifetime."""
    assert WINDOWS == (30, 60, 90)

"""Points that an officer moves by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AdjustmentId, EntryId, GuildId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.points import Adjustment, AlreadyReversed, Bucket, EntryKind, Source, SourceKind

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
BEFORE = NOW - timedelta(days=2)
OFFICER = Actor(kind=ActorKind.USER, id="9", entrypoint="web", guild_id=GuildId(1), user_id=UserId(9))


def an_adjustment(amount: str = "-5.25", reason: str = "missed raid", **more: object) -> Adjustment:
    """An adjustment of two days ago, recorded now."""
    given = {"occurred_at": BEFORE, "recorded_at": NOW, "by": OFFICER} | more
    return Adjustment.make(
        AdjustmentId(4),
        EntryId(40),
        user_id=UserId(3),
        pool_id=PoolId(2),
        amount=Points.of(amount),
        reason=reason,
        **given,  # type: ignore[arg-type]  # as the test says
    )


def test_an_adjustment_says_who_moved_what_when_and_why() -> None:
    """P-8, G-5: reason required, character context kept as text."""
    made = an_adjustment(reason="  missed raid ", note=" twice\n", character_name=" Sonya ")
    assert (made.id, made.entry_id, made.guild_id, made.user_id, made.pool_id) == (4, 40, 1, 3, 2)
    assert (made.amount, made.reason, made.note, made.character_name) == (
        Points.of("-5.25"),
        "missed raid",
        "twice",
        "Sonya",
    )
    assert (made.actor_kind, made.actor_id) == (ActorKind.USER, "9")
    assert (made.occurred_at, made.recorded_at, made.reversed_at) == (BEFORE, NOW, None)


def test_note_and_character_are_left_empty_where_they_are_not_given() -> None:
    """P-8: context, if there is any."""
    assert (an_adjustment().note, an_adjustment().character_name) == ("", "")


def test_it_makes_one_entry_that_says_the_same() -> None:
    """P-1, P-2: of kind adjustment, in the bucket adjusted."""
    entry = an_adjustment(note="twice", character_name="Sonya").entry()
    assert (entry.id, entry.pool_id, entry.user_id, entry.amount) == (40, 2, 3, Points.of("-5.25"))
    assert (entry.kind, entry.bucket) == (EntryKind.ADJUSTMENT, Bucket.ADJUSTED)
    assert entry.source == Source(SourceKind.ADJUSTMENT, 4)
    assert (entry.reason, entry.note, entry.character_name) == ("missed raid", "twice", "Sonya")
    assert (entry.actor_kind, entry.actor_id) == (ActorKind.USER, "9")
    assert (entry.occurred_at, entry.recorded_at, entry.reverses) == (BEFORE, NOW, None)


def test_it_must_move_points() -> None:
    """G-8: 0 is no adjustment."""
    with pytest.raises(InvalidValue) as refused:
        an_adjustment("0.00")
    assert refused.value.sentence == "amount: it moves no points; accepted: an amount other than 0."


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_it_needs_a_reason(reason: str) -> None:
    """P-8: reason required."""
    with pytest.raises(InvalidValue) as refused:
        an_adjustment(reason=reason)
    assert refused.value.sentence == ("reason: it is empty; accepted: why the points move, in up to 500 characters.")


@pytest.mark.parametrize(("field", "length"), [("reason", 500), ("note", 4000), ("character_name", 64)])
def test_texts_have_their_lengths(field: str, length: int) -> None:
    """G-8, G-9: kept whole or refused."""
    assert getattr(an_adjustment(**{field: "x" * length}), field) == "x" * length
    with pytest.raises(InvalidValue) as refused:
        an_adjustment(**{field: "x" * (length + 1)})
    assert refused.value.name == field


def test_it_happens_now_or_in_the_past() -> None:
    """G-8: a time that has been."""
    assert an_adjustment(occurred_at=NOW).occurred_at == NOW
    with pytest.raises(InvalidValue) as refused:
        an_adjustment(occurred_at=NOW + timedelta(microseconds=1))
    assert refused.value.sentence == (
        "occurred_at: 2026-11-20T20:00:00.000001+00:00 is in the future; accepted: a time that has been."
    )


def test_it_is_reversed_by_an_entry_from_the_same_time_on() -> None:
    """G-4, P-8: voided by reversal."""
    adjustment = an_adjustment()
    reversed_ = adjustment.reverse(reason=" wrong user ", at=NOW)
    entry = adjustment.entry().reversed_by(EntryId(41), reason="wrong user", by=OFFICER, at=NOW)
    assert reversed_.reversed_at == NOW
    assert (entry.id, entry.reverses, entry.amount, entry.reason) == (41, 40, Points.of("5.25"), "wrong user")
    assert (entry.kind, entry.occurred_at, entry.recorded_at) == (EntryKind.ADJUSTMENT, BEFORE, NOW)


def test_it_is_reversed_once() -> None:
    """G-4: the second time it is told so."""
    reversed_ = an_adjustment().reverse(reason="wrong", at=NOW)
    with pytest.raises(AlreadyReversed) as refused:
        reversed_.reverse(reason="again", at=NOW)
    assert refused.value.sentence == "Adjustment 4 was reversed already."


def test_a_reversal_needs_a_reason_too() -> None:
    """P-8, G-5: why is recorded with every change."""
    with pytest.raises(InvalidValue) as refused:
        an_adjustment().reverse(reason=" ", at=NOW)
    assert refused.value.name == "reason"

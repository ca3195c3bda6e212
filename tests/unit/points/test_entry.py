"""Entries, and the balances that follow from them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.actor import ActorKind, operator
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import EntryId, GuildId, PoolId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import BUCKETS, Balance, BalanceOutOfRange, Bucket, Entry, EntryKind, Source, SourceKind

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
LIMIT = Points.of("9999999999.99")


def an_entry(
    amount: Points | str, kind: EntryKind = EntryKind.ATTENDANCE, *, number: int = 1, bucket: Bucket | None = None
) -> Entry:
    """A line of the ledger."""
    return Entry(
        id=EntryId(number),
        pool_id=PoolId(2),
        user_id=UserId(3),
        kind=kind,
        bucket=bucket or BUCKETS[kind],
        amount=Points.of(amount),
        reason="Plane of Time",
        note="late",
        character_name="Sonya",
        source=Source(SourceKind.RAID, 5, 1),
        actor_kind=ActorKind.USER,
        actor_id="9",
        occurred_at=NOW - timedelta(hours=3),
        recorded_at=NOW - timedelta(hours=1),
    )


entries = st.lists(
    st.builds(
        an_entry,
        st.integers(-10_000, 10_000).map(Points),
        st.sampled_from(sorted(BUCKETS)),
        bucket=st.sampled_from([None, *Bucket]),
    ),
    max_size=20,
)


@pytest.mark.parametrize(
    ("bucket", "kinds"),
    [
        (Bucket.EARNED, ("attendance", "bonus", "share", "start")),
        (Bucket.SPENT, ("award", "refund")),
        (Bucket.ADJUSTED, ("penalty", "adjustment", "decay", "cap", "import")),
    ],
)
def test_each_kind_counts_in_its_bucket(bucket: Bucket, kinds: tuple[str, ...]) -> None:
    """P-2: as the rule lists them."""
    assert {kind for kind, counted in BUCKETS.items() if counted is bucket} == set(kinds)


def test_only_a_transfer_names_its_bucket_itself() -> None:
    """P-2, R-8: every other kind has one."""
    assert set(EntryKind) - set(BUCKETS) == {EntryKind.TRANSFER}


@given(entries)
def test_a_balance_is_the_sum_of_its_entries(lines: list[Entry]) -> None:
    """P-3: earned, spent and adjusted by bucket; current is what all amounts add up to."""
    balance = Balance().moved_by(lines)
    sums = {bucket: sum(line.amount.hundredths for line in lines if line.bucket is bucket) for bucket in Bucket}
    assert balance.earned.hundredths == sums[Bucket.EARNED]
    assert balance.spent.hundredths == -sums[Bucket.SPENT]
    assert balance.adjusted.hundredths == sums[Bucket.ADJUSTED]
    assert balance.current.hundredths == sum(line.amount.hundredths for line in lines)
    assert balance.available == balance.current


@given(entries, entries)
def test_entries_move_a_balance_all_at_once_or_one_after_the_other(first: list[Entry], second: list[Entry]) -> None:
    """P-13: batches may be cut anywhere."""
    assert Balance().moved_by(first).moved_by(second) == Balance().moved_by([*first, *second])


@given(entries)
def test_entries_and_their_reversals_leave_nothing(lines: Sequence[Entry]) -> None:
    """G-4: a mistake is corrected by an entry that reverses it, in the same bucket."""
    by = operator("test", GuildId(1))
    taken_back = [line.reversed_by(EntryId(99), reason="wrong", by=by, at=NOW) for line in lines]
    assert Balance().moved_by([*lines, *taken_back]) == Balance()


def test_a_balance_by_example() -> None:
    """P-3: what is spent is told as a positive number, and refunds lessen it."""
    balance = Balance(held=Points.of(4)).moved_by(
        [
            an_entry("100"),
            an_entry("10.50", EntryKind.BONUS),
            an_entry("-30", EntryKind.AWARD),
            an_entry("5", EntryKind.REFUND),
            an_entry("-1.25", EntryKind.DECAY),
        ]
    )
    shown = [balance.earned, balance.spent, balance.adjusted, balance.current, balance.held, balance.available]
    assert [str(points) for points in shown] == ["110.50", "25.00", "-1.25", "84.25", "4.00", "80.25"]


def test_nobody_has_anything_to_begin_with() -> None:
    """P-3: 0 where nothing ever moved."""
    assert Balance() == Balance(earned=ZERO, spent=ZERO, adjusted=ZERO, held=ZERO)
    assert Balance().available == ZERO


def test_a_balance_within_the_limits_is_told_whatever_lies_between() -> None:
    """G-3: refunds beyond awards, offset by a penalty."""
    assert Balance(earned=LIMIT, spent=Points.of("-1"), adjusted=Points.of("-5")).current == LIMIT - Points.of(4)


@pytest.mark.parametrize("kind", [EntryKind.ATTENDANCE, EntryKind.REFUND, EntryKind.ADJUSTMENT])
def test_no_part_of_a_balance_passes_the_limits(kind: EntryKind) -> None:
    """G-3: in no bucket."""
    with pytest.raises(InvalidValue):
        Balance().moved_by([an_entry(LIMIT, kind), an_entry("0.01", kind)])


def test_a_balance_out_of_range_names_the_pool_and_the_user_where_they_are_known() -> None:
    """G-3, G-8: so that an officer finds it."""
    assert BalanceOutOfRange(PoolId(2), UserId(3)).sentence == (
        "The balance of user 3 in pool 2 would pass ±9,999,999,999.99."
    )
    assert BalanceOutOfRange().sentence == "A balance would pass ±9,999,999,999.99."


def test_a_reversal_names_what_it_reverses_and_who_did_it() -> None:
    """G-4, P-2: of the same kind and from the same time on, recorded now, by whom, why."""
    entry = an_entry("12.50")
    back = entry.reversed_by(EntryId(7), reason="cancelled", by=operator("cli", GuildId(1)), at=NOW)
    assert (back.id, back.reverses, back.amount) == (7, entry.id, Points.of("-12.50"))
    assert (back.reason, back.note, back.recorded_at) == ("cancelled", "", NOW)
    assert (back.actor_kind, back.actor_id) == (ActorKind.OPERATOR, "operator")
    same = ("pool_id", "user_id", "kind", "bucket", "character_name", "source", "occurred_at")
    assert [getattr(back, name) for name in same] == [getattr(entry, name) for name in same]

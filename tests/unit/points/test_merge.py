"""Merges: whose things are whose, and what is booked later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.actor import ActorKind, operator
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import EntryId, GuildId, MergeId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.points import (
    FOR_GOOD,
    Bucket,
    Entry,
    EntryKind,
    Merge,
    Merged,
    MergeIsUndone,
    MergeKind,
    Source,
    SourceKind,
    follow,
    heads,
)

AT = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BY = operator("test", GuildId(1))


def merged(user: int, into: int, hours: int = 0, *, unlinked: bool = False) -> Merged:
    """That a user was merged into another (or unlinked) so many hours later."""
    at = AT + hours * HOUR
    return Merged(
        user_id=UserId(user), merge_id=MergeId(100 + user), into=UserId(into), at=at, until=at if unlinked else FOR_GOOD
    )


def entry(user: int, amount: str = "10", hours: int = -1, *, bucket: Bucket = Bucket.EARNED) -> Entry:
    """Something booked on a user."""
    return Entry(
        id=EntryId(1),
        pool_id=PoolId(1),
        user_id=UserId(user),
        kind=EntryKind.ATTENDANCE,
        bucket=bucket,
        amount=Points.of(amount),
        reason="a raid",
        note="a note",
        character_name="Karnor",
        source=Source(SourceKind.RAID, 5, 1),
        actor_kind=ActorKind.OPERATOR,
        actor_id="operator",
        occurred_at=AT + hours * HOUR,
        recorded_at=AT + 9 * HOUR,
        reverses=EntryId(7),
    )


def followed(entries: Iterable[Entry], *pointers: Merged) -> list[Entry]:
    """Everything that follows, step by step, as a ledger books it."""
    by_user, found = {each.user_id: each for each in pointers}, list(entries)
    numbers = count(1000, 1000)
    step = found
    while step:
        step = list(follow(step, by_user, lambda _: next(numbers)))
        found += step
    return found


def sums(entries: Iterable[Entry]) -> Mapping[tuple[int, Bucket], str]:
    """What each user's entries add up to, by bucket, where that is not 0."""
    totals: dict[tuple[int, Bucket], int] = {}
    for each in entries:
        key = (each.user_id, each.bucket)
        totals[key] = totals.get(key, 0) + each.amount.hundredths
    return {key: str(Points(total)) for key, total in totals.items() if total}


# --- whose things are whose -------------------------------------------------------------------------------------------


def test_who_was_merged_counts_for_the_other() -> None:
    """R-8."""
    assert heads([merged(1, 9), merged(2, 9)]) == {1: 9, 2: 9}


def test_who_is_unlinked_takes_along_what_was_merged_into_them_before() -> None:
    """U-6: and not what is merged into them later."""
    assert heads([merged(1, 5, 0), merged(5, 8, 2, unlinked=True), merged(2, 5, 4)]) == {1: 8, 5: 8, 2: 5}


def test_who_gets_back_what_was_theirs_counts_for_themselves() -> None:
    """U-6: and so does everything that had gone along."""
    pointers = [merged(1, 5, 0), merged(5, 8, 2, unlinked=True), merged(8, 5, 4)]
    assert heads(pointers) == {1: 5, 5: 5, 8: 5}


def test_what_went_to_one_and_then_to_another_is_the_last_one_s() -> None:
    """U-6: an account was unlinked, and somebody else is who the unlinked user is."""
    assert heads([merged(5, 8, 2, unlinked=True), merged(8, 7, 4)]) == {5: 7, 8: 7}


@given(st.integers(0, 5), st.booleans())
def test_heads_are_found_whatever_the_clocks_say(hours: int, swapped: bool) -> None:
    """Two hosts' clocks differ: no order of moments makes it go round for ever."""
    pointers = [merged(5, 8, hours, unlinked=True), merged(8, 5, 5 - hours)]
    assert set(heads(reversed(pointers) if swapped else pointers)) == {5, 8}


# --- what is booked later ---------------------------------------------------------------------------------------------


def test_what_is_booked_on_who_was_merged_goes_on() -> None:
    """R-8, P-2: two entries of kind transfer in the same bucket, not before the merge; nothing else is told of it."""
    out, into = follow([entry(1, "-10", bucket=Bucket.SPENT)], {UserId(1): merged(1, 9)}, lambda _: 40)
    assert (out.id, out.user_id, str(out.amount), out.reason) == (40, 1, "10.00", "Moved to user 9")
    assert (into.id, into.user_id, str(into.amount), into.reason) == (41, 9, "-10.00", "Moved from user 1")
    for each in (out, into):
        assert (each.kind, each.bucket, each.source) == (
            EntryKind.TRANSFER,
            Bucket.SPENT,
            Source(SourceKind.MERGE, 101),
        )
        assert (each.occurred_at, each.recorded_at, each.reverses) == (AT, AT + 9 * HOUR, None)
        assert (each.note, each.character_name) == ("", "")


def test_what_occurred_since_the_merge_goes_on_when_it_occurred() -> None:
    """R-8."""
    assert follow([entry(1, hours=3)], {UserId(1): merged(1, 9)}, lambda _: 1)[0].occurred_at == AT + 3 * HOUR


def test_what_a_merge_booked_does_not_follow_it() -> None:
    """R-8: nor does what comes to nothing, nor anybody else's."""
    pointers = {UserId(1): merged(1, 9)}
    own = evolve(entry(1), source=Source(SourceKind.MERGE, 101))
    for entries in ([own], [entry(1), entry(1, "-10")], [entry(2)], []):
        assert follow(entries, pointers, lambda _: 1) == ()
    assert len(follow([evolve(own, source=Source(SourceKind.MERGE, 102))], pointers, lambda _: 1)) == 2


def test_only_what_was_before_follows_who_was_unlinked() -> None:
    """U-6: to the edge of the moment."""
    pointer = merged(5, 8, 2, unlinked=True)
    assert sums(followed([entry(5, hours=2)], pointer)) == {(5, Bucket.EARNED): "10.00"}
    before = evolve(entry(5), occurred_at=AT + 2 * HOUR - timedelta(microseconds=1))
    assert sums(followed([before], pointer)) == {(8, Bucket.EARNED): "10.00"}


def test_it_goes_on_until_it_is_where_it_belongs() -> None:
    """R-8, U-6: through an account that was unlinked since, and back where it was linked again."""
    chain = (merged(1, 5, 0), merged(5, 8, 2, unlinked=True))
    assert sums(followed([entry(1)], *chain)) == {(8, Bucket.EARNED): "10.00"}
    assert sums(followed([entry(1), entry(5)], *chain, merged(8, 5, 4))) == {(5, Bucket.EARNED): "20.00"}


@given(
    st.lists(
        st.tuples(st.sampled_from([1, 2, 5, 8, 9]), st.integers(-500, 500), st.sampled_from(Bucket), st.integers(-3, 6))
    )
)
def test_following_makes_and_loses_nothing(drawn: list[tuple[int, int, Bucket, int]]) -> None:
    """P-12: in each bucket as much as was booked, and nothing stays with who was merged for good."""
    entries = [
        evolve(entry(user, bucket=bucket, hours=hours), amount=Points(amount)) for user, amount, bucket, hours in drawn
    ]
    after = followed(entries, merged(1, 5), merged(2, 9), merged(5, 8, 2, unlinked=True))
    for bucket in Bucket:
        booked = sum(each.amount.hundredths for each in entries if each.bucket is bucket)
        assert sum(each.amount.hundredths for each in after if each.bucket is bucket) == booked
    assert not {user for user, _ in sums(after)} & {1, 2}


# --- undoing ----------------------------------------------------------------------------------------------------------


def made() -> Merge:
    """A merge that stands."""
    return Merge.make(
        MergeId(3),
        GuildId(1),
        user_id=UserId(1),
        into=UserId(9),
        kind=MergeKind.MERGE,
        reason=" the same ",
        characters=(),
        membership=None,
        into_membership=None,
        at=AT,
        by=BY,
    )


def test_a_merge_is_undone_once_and_with_a_reason() -> None:
    """R-8."""
    merge = made().saved()
    assert (merge.reason, merge.stands, merge.pointer.covers(AT + 99 * HOUR)) == ("the same", True, True)
    with pytest.raises(InvalidValue):
        merge.undo(reason=" ", at=AT)
    undone = merge.undo(reason="two people", at=AT + HOUR)
    assert (undone.stands, undone.undone_at, undone.undone_reason) == (False, AT + HOUR, "two people")
    assert [each.event_name() for each in undone.pending] == ["merge_undone"]
    with pytest.raises(MergeIsUndone):
        undone.undo(reason="again", at=AT)

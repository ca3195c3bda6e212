"""What is booked on somebody whose things are another's goes on to the other (R-8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from attrs import evolve

from dkp_core.kernel.ids import EntryId, UserId
from dkp_core.kernel.points import Points
from dkp_core.points.entry import Bucket, Entry, EntryKind, Source, SourceKind
from dkp_core.points.merge import Merged


def follow(
    entries: Iterable[Entry], pointers: Mapping[UserId, Merged], next_entry: Callable[[int], int]
) -> tuple[Entry, ...]:
    """The transfers by which entries follow their users' merges, one step far: ask again for what these book.

    They occur when the entry does, but not before the merge. What a merge itself has booked stays, and so does what
    comes to nothing.
    """
    shapes: dict[tuple[object, ...], Entry] = {}
    sums: Counter[tuple[object, ...]] = Counter()
    for entry in entries:
        pointer = pointers.get(entry.user_id)
        if pointer is None or not pointer.covers(entry.occurred_at):
            continue
        source = Source(SourceKind.MERGE, pointer.merge_id)
        if entry.source != source:
            at = max(entry.occurred_at, pointer.at)
            key = (entry.user_id, entry.pool_id, entry.bucket, at)
            sums[key] += entry.amount.hundredths
            shapes[key] = evolve(
                entry,
                kind=EntryKind.TRANSFER,
                reason=moved_to(pointer.into),
                note="",
                character_name="",
                source=source,
                occurred_at=at,
                reverses=None,
            )
    moved = [(shapes[key], amount) for key, amount in sums.items() if amount]
    first = next_entry(2 * len(moved)) if moved else 0
    return tuple(
        entry
        for index, (shape, amount) in enumerate(moved)
        for entry in transfer(shape, amount, pointers[shape.user_id].into, EntryId(first + 2 * index))
    )


def transfer(shape: Entry, hundredths: int, into: UserId, first_id: EntryId) -> tuple[Entry, Entry]:
    """Two entries that move so much of a bucket (negative where it is spent) from the user of `shape` to another."""
    return (
        evolve(shape, id=first_id, amount=Points(-hundredths)),
        evolve(
            shape,
            id=EntryId(first_id + 1),
            user_id=into,
            amount=Points(hundredths),
            reason=moved_from(shape.user_id),
        ),
    )


def moved_to(into: UserId) -> str:
    """Why points left a user."""
    return f"Moved to user {into}"


def moved_from(user_id: UserId) -> str:
    """Why points came to a user."""
    return f"Moved from user {user_id}"


def bucket_sums(earned: Points, spent: Points, adjusted: Points) -> Mapping[Bucket, int]:
    """What the entries of each bucket add up to, in hundredths: what is spent is negative."""
    return {Bucket.EARNED: earned.hundredths, Bucket.SPENT: -spent.hundredths, Bucket.ADJUSTED: adjusted.hundredths}

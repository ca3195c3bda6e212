"""A merge: one user turned out to be another, so what was theirs here counts for the other (R-8, U-6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts import Membership
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, ClaimId, GuildId, MergeId, UserId
from dkp_core.kernel.names import clean_text
from dkp_core.points.errors import MergeIsUndone
from dkp_core.points.events import MergeUndone, UsersMerged

FOR_GOOD: Final = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for a moment that never comes: nothing that the user gets is their own again."""


class MergeKind(StrEnum):
    """Why one user's things became another's."""

    MERGE = "merge"
    UNLINK = "unlink"


@frozen(kw_only=True)
class Merged:
    """What `user_id` had here before `until` is `into`'s since `at`: they were merged, or (until then) unlinked."""

    user_id: UserId
    merge_id: MergeId
    into: UserId
    at: datetime
    until: datetime

    def covers(self, moment: datetime) -> bool:
        """Whether what the user had at that moment is the other's."""
        return moment < self.until


def heads(pointers: Iterable[Merged]) -> Mapping[UserId, UserId]:
    """For each user who was merged: for whom it counts in the end, which may be themselves again.

    What came to somebody by a merge goes on with what else they had then: who was unlinked later took it along.
    """
    by_user = {each.user_id: each for each in pointers}
    found: dict[UserId, UserId] = {}
    for pointer in by_user.values():
        head, arrived = pointer.into, pointer.at
        # It ends: through whoever was unlinked nothing goes that arrived since.
        while (further := by_user.get(head)) is not None and further.covers(arrived):
            head, arrived = further.into, max(arrived, further.at)
        found[pointer.user_id] = head
    return found


@frozen(kw_only=True)
class Merge(Aggregate):
    """One user's things made another's, so that it can be undone as a whole.

    `characters` went along; the memberships are those of both as they were before, where they had any.
    """

    id: MergeId
    guild_id: GuildId
    user_id: UserId
    into: UserId
    kind: MergeKind
    at: datetime
    reason: str
    claim_id: ClaimId | None = None
    characters: tuple[CharacterId, ...]
    membership: Membership | None
    into_membership: Membership | None
    actor_kind: ActorKind
    actor_id: str
    undone_at: datetime | None = None
    undone_reason: str = ""

    @classmethod
    def make(
        cls,
        merge_id: MergeId,
        guild_id: GuildId,
        *,
        user_id: UserId,
        into: UserId,
        kind: MergeKind,
        reason: str,
        claim_id: ClaimId | None = None,
        characters: tuple[CharacterId, ...],
        membership: Membership | None,
        into_membership: Membership | None,
        at: datetime,
        by: Actor,
    ) -> Merge:
        """A new merge. Raises: InvalidValue."""
        merge = cls(
            id=merge_id,
            guild_id=guild_id,
            user_id=user_id,
            into=into,
            kind=kind,
            at=at,
            reason=clean_text(reason, "reason", length_max=500),
            claim_id=claim_id,
            characters=characters,
            membership=membership,
            into_membership=into_membership,
            actor_kind=by.kind,
            actor_id=by.id,
        )
        event = UsersMerged(
            merge_id=merge_id,
            user_id=user_id,
            into=into,
            kind=kind,
            claim_id=claim_id,
            characters=characters,
            reason=merge.reason,
        )
        return merge.announcing(event)

    @property
    def stands(self) -> bool:
        """Whether it was not undone."""
        return self.undone_at is None

    @property
    def pointer(self) -> Merged:
        """What it says of whose things are whose."""
        until = FOR_GOOD if self.kind is MergeKind.MERGE else self.at
        return Merged(user_id=self.user_id, merge_id=self.id, into=self.into, at=self.at, until=until)

    def undo(self, *, reason: str, at: datetime) -> Merge:
        """Taken back. Raises: MergeIsUndone, InvalidValue."""
        if not self.stands:
            raise MergeIsUndone(self.id)
        why = clean_text(reason, "reason", length_max=500)
        if not why:
            raise InvalidValue("reason", "it is empty", "why they are two people after all, in up to 500 characters")
        event = MergeUndone(merge_id=self.id, user_id=self.user_id, into=self.into, reason=why)
        return evolve(self, undone_at=at, undone_reason=why).announcing(event)

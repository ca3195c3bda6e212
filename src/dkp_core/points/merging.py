"""Merging an unlinked user into somebody with a Discord account, and taking that back (R-8, R-9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts import (
    Membership,
    MembershipStatus,
    NotificationKind,
    RoleGroup,
    UserIsMerged,
    must_leave_an_officer,
)
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import CharacterId, ClaimId, EntryId, MergeId, PoolId, UserId
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Clock, Ids, Read
from dkp_core.notices import Notice, Recipient
from dkp_core.points.entry import Balance, Bucket, Entry, EntryKind, Source, SourceKind
from dkp_core.points.errors import BalanceOutOfRange, MergeIsBuried, StillBidding
from dkp_core.points.following import bucket_sums, moved_to, transfer
from dkp_core.points.merge import Merge, MergeKind
from dkp_core.points.ports import PointsView, PointsWork
from dkp_core.points.views import MergeFilter, MergeRow
from dkp_core.roster import Character, Family, hand_over, tell_claimant

_A_MOMENT: Final = timedelta(microseconds=1)


@frozen(kw_only=True)
class MovedPoints:
    """What goes from one user to another in one pool."""

    pool_id: PoolId
    earned: Points
    spent: Points
    adjusted: Points
    current: Points


@frozen(kw_only=True)
class MovedCharacter:
    """A character that goes along, and whether it is the main there."""

    id: CharacterId
    name: str
    is_main: bool


@frozen(kw_only=True)
class MergeReport:
    """What a merge does: `applied` is False (and there is no `merge_id`) where it only would.

    `role_group` is what the user has afterwards whom it was merged into.
    """

    applied: bool
    merge_id: MergeId | None
    user_id: UserId
    into: UserId
    points: tuple[MovedPoints, ...]
    characters: tuple[MovedCharacter, ...]
    role_group: RoleGroup


@frozen
class MergeUsers:
    """Merge an unlinked user into somebody with a Discord account: the two are one person.

    Characters and points go along, attendance and awards count for the one who is left, who gets the role group of a
    member at most. With `dry_run` nothing is changed, and the report tells what would be.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self, user_id: UserId, *, into: UserId, reason: str = "", dry_run: bool = False, by: Actor
    ) -> MergeReport:
        by.must(Permission.CLAIMS_WRITE)
        if user_id == into:
            raise InvalidValue("into", "that is the same user", "the user with a Discord account")
        merge_id = None if dry_run else MergeId(self.ids.next("merge"))
        with self.begin(by) as work:
            move = Move.of(work, user_id, into, MergeKind.MERGE, at=self.clock.now())
            if merge_id is not None:
                move.make(merge_id, reason=reason, ids=self.ids, by=by)
        return move.report(merge_id)


def must_be_here(work: PointsWork, user_id: UserId) -> None:
    """Refuse who has neither membership nor history in the guild (G-1). Raises: NoSuch."""
    if work.memberships.find(user_id) is None and work.guild_id not in work.users.guilds_of(user_id):
        raise NoSuch("user", user_id)


@frozen(kw_only=True)
class Move:
    """All that goes from one user to another; both, their memberships, characters and balances are held."""

    work: PointsWork
    user_id: UserId
    into: UserId
    kind: MergeKind
    at: datetime
    membership: Membership | None
    into_membership: Membership | None
    characters: tuple[Character, ...]
    balances: Mapping[PoolId, Balance]
    into_has_main: bool

    @classmethod
    def of(
        cls,
        work: PointsWork,
        user_id: UserId,
        into: UserId,
        kind: MergeKind,
        *,
        at: datetime,
        stranger: bool = False,
    ) -> Move:
        """What would go. `stranger`: whom it goes to may be nobody here yet.

        Raises: NoSuch, UserIsLinked, UserIsUnlinked, UserIsMerged, LastOfficer, StillBidding, BalanceOutOfRange,
        IsErased.
        """
        must_be_here(work, user_id)
        if not stranger:
            must_be_here(work, into)
        users = {each: work.users.get(each) for each in sorted((user_id, into))}
        must_leave_an_officer(work, user_id)
        places = places_of(work, user_id, into)
        before = places[user_id]
        if before is not None and before.merged_into is not None:
            raise UserIsMerged(user_id, before.merged_into)
        if kind is MergeKind.MERGE:
            users[user_id].must_be_unlinked()
            users[into].must_be_linked()
        owned = {each: work.characters.owned_by(each) for each in sorted((user_id, into))}
        held = work.merges.hold(user_id, into)
        balances = held[user_id]
        if any(balance.held for balance in balances.values()):
            raise StillBidding(user_id)
        _must_have_room(into, held[into], balances)
        # Whose things went where, and when, is told apart by time; the hosts' clocks differ.
        latest = max((each.at for each in work.merges.of((user_id, into))), default=None)
        return cls(
            work=work,
            user_id=user_id,
            into=into,
            kind=kind,
            at=at if latest is None else max(at, latest + _A_MOMENT),
            membership=before,
            into_membership=places[into],
            characters=tuple(sorted(owned[user_id], key=lambda each: (not each.is_main, each.id))),
            balances=balances,
            into_has_main=Family(into, owned[into]).main is not None,
        )

    @property
    def given(self) -> Membership | None:
        """The membership of whom it goes to, as it is then; None where they get none."""
        return given_membership(self.membership, self.into_membership, self.kind, self.into)

    def make(
        self,
        merge_id: MergeId,
        *,
        claim_id: ClaimId | None = None,
        claimed_by_code: bool = False,
        reason: str,
        ids: Ids,
        by: Actor,
    ) -> Merge:
        """Make it so. Open claims on the user are decided by it. Raises: InvalidValue."""
        work, at = self.work, self.at
        merge = Merge.make(
            merge_id,
            work.guild_id,
            user_id=self.user_id,
            into=self.into,
            kind=self.kind,
            reason=reason,
            claim_id=claim_id,
            characters=tuple(each.id for each in self.characters),
            membership=_kept(self.membership),
            into_membership=_kept(self.into_membership),
            at=at,
            by=by,
        )
        why = moved_to(self.into)
        for character in self.characters:
            hand_over(work, character.id, self.into, reason=reason, at=at)
        given = self.given
        if given is not None and given is not self.into_membership:
            work.memberships.save(given)
        self._end_membership(why)
        work.merges.save(merge)
        work.ledger.append(self._entries(merge, ids))
        self._decide_claims(merge, by_code=claimed_by_code, by=by)
        return merge

    def _end_membership(self, why: str) -> None:
        membership = self.membership
        if self.kind is MergeKind.UNLINK:
            # Who was deactivated stays so: an ended membership would let the same account in as a guest.
            if membership is not None and membership.status is MembershipStatus.IN_FORCE:
                self.work.memberships.save(membership.end(self.at, reason=why))
            return
        if membership is None:  # so that whoever looks for the user learns where to look
            membership = Membership.begin(self.work.guild_id, self.user_id, RoleGroup.GUEST, self.at)
        self.work.memberships.save(membership.merge_into(self.into, self.at, reason=why))

    def _entries(self, merge: Merge, ids: Ids) -> list[Entry]:
        moved = [
            (pool_id, bucket, hundredths)
            for pool_id, balance in sorted(self.balances.items())
            for bucket, hundredths in _sums(balance).items()
            if hundredths
        ]
        first = ids.next("entry", 2 * len(moved)) if moved else 0
        return [
            entry
            for index, (pool_id, bucket, hundredths) in enumerate(moved)
            for entry in transfer(_shape(merge, pool_id, bucket), hundredths, self.into, EntryId(first + 2 * index))
        ]

    def _decide_claims(self, merge: Merge, *, by_code: bool, by: Actor) -> None:
        """The claim that it follows from is approved; of every other one nothing can come any more."""
        for claim in self.work.claims.open_on(self.user_id):
            if claim.claimant == self.into and self.kind is MergeKind.MERGE:
                decided = claim.approve(merge.id, by_code=by_code, reason=merge.reason, by=by, at=self.at)
            else:
                decided = claim.refuse(reason="These characters are somebody else's.", by=by, at=self.at)
            self.work.claims.save(decided)
            tell_claimant(self.work, decided)

    def report(self, merge_id: MergeId | None) -> MergeReport:
        """What it does, or (without an id) would do."""
        given = self.given
        return MergeReport(
            applied=merge_id is not None,
            merge_id=merge_id,
            user_id=self.user_id,
            into=self.into,
            points=tuple(
                MovedPoints(
                    pool_id=pool_id,
                    earned=balance.earned,
                    spent=balance.spent,
                    adjusted=balance.adjusted,
                    current=balance.current,
                )
                for pool_id, balance in sorted(self.balances.items())
                if any(_sums(balance).values())
            ),
            characters=tuple(
                MovedCharacter(id=each.id, name=each.name, is_main=index == 0 and not self.into_has_main)
                for index, each in enumerate(self.characters)
            ),
            role_group=RoleGroup.GUEST if given is None else given.role_group,
        )


def _must_have_room(into: UserId, own: Mapping[PoolId, Balance], coming: Mapping[PoolId, Balance]) -> None:
    """Refuse points that would not fit. Raises: BalanceOutOfRange."""
    for pool_id, balance in sorted(coming.items()):
        try:
            _ = own.get(pool_id, Balance()).joined_by(balance).available  # within the limits, as `current` is
        except InvalidValue as beyond:
            raise BalanceOutOfRange(pool_id, into) from beyond


def places_of(work: PointsWork, *users: UserId) -> dict[UserId, Membership | None]:
    """Their memberships, locked in order of user id; None for who has none."""
    return {each: None if work.memberships.find(each) is None else work.memberships.get(each) for each in sorted(users)}


def given_membership(
    theirs: Membership | None, own: Membership | None, kind: MergeKind, into: UserId
) -> Membership | None:
    """The membership of whom everything goes to: what they had, raised by what the other had, to a member at most.

    What had ended raises nothing, and what has ended stays so, for an officer ended it. Nobody is an applicant or on
    trial by it, for applications stay whose they are. They count as having joined when the first of the two did.
    """
    if theirs is None:
        return own
    group, why = theirs.role_group.at_most_member.without_application, f"Was user {theirs.user_id}"
    in_force = theirs.status is MembershipStatus.IN_FORCE
    if own is not None:
        earlier = own.known_as(theirs).since(theirs.joined_at, reason=why)
        return earlier.raised_to(group, reason=why) if in_force else earlier
    begun = Membership.begin(theirs.guild_id, into, group, theirs.joined_at, was_member=theirs.was_member)
    if in_force:
        return begun
    return begun.end(theirs.ended_at or theirs.joined_at, reason=why) if kind is MergeKind.UNLINK else None


def _kept(membership: Membership | None) -> Membership | None:
    """What a merge remembers of a membership."""
    return None if membership is None else evolve(membership, reason="", version=0, pending=())


def _sums(balance: Balance) -> Mapping[Bucket, int]:
    return bucket_sums(balance.earned, balance.spent, balance.adjusted)


def _shape(merge: Merge, pool_id: PoolId, bucket: Bucket) -> Entry:
    """What the entries of a merge have in common."""
    return Entry(
        id=EntryId(0),
        pool_id=pool_id,
        user_id=merge.user_id,
        kind=EntryKind.TRANSFER,
        bucket=bucket,
        amount=ZERO,
        reason=moved_to(merge.into),
        note=merge.reason,
        source=Source(SourceKind.MERGE, merge.id),
        actor_kind=merge.actor_kind,
        actor_id=merge.actor_id,
        occurred_at=merge.at,
        recorded_at=merge.at,
    )


@frozen
class UndoMerge:
    """Take a merge back: the two are not one person after all, or somebody is linked again who was unlinked.

    Every transfer is reversed, characters that went along go back unless they are somebody else's by now, memberships
    are as before, and attendance and awards count for each again. What was earned since stays with who earned it; who
    has spent what goes back is left with less than nothing.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(self, merge_id: MergeId, *, reason: str, by: Actor) -> Merge:
        by.must(Permission.CLAIMS_WRITE)
        with self.begin(by) as work:
            merge = work.merges.get(merge_id)
            at = max(self.clock.now(), merge.at)
            undone = merge.undo(reason=reason, at=at)
            users = {each: work.users.get(each) for each in sorted((merge.user_id, merge.into))}
            for user in users.values():
                user.must_not_be_erased()
            if merge.kind is MergeKind.UNLINK:
                users[merge.into].must_be_unlinked()
            _must_lie_open(work, merge)
            work.memberships.officers()
            places = places_of(work, merge.user_id, merge.into)
            for user_id in sorted(users):
                work.characters.owned_by(user_id)
            work.merges.hold(merge.into, merge.user_id)
            _restore_memberships(work, merge, places, at, by)
            for character in _still_theirs(work, merge):
                hand_over(work, character, merge.user_id, reason=undone.undone_reason, at=at)
            work.merges.save(undone)
            standing = work.ledger.standing(Source(SourceKind.MERGE, merge.id), (merge.user_id, merge.into))
            first = self.ids.next("entry", len(standing)) if standing else 0
            work.ledger.append(
                [
                    entry.reversed_by(EntryId(first + index), reason=undone.undone_reason, by=by, at=at)
                    for index, entry in enumerate(standing)
                ]
            )
            if merge.kind is MergeKind.MERGE:
                _tell_undone(work, undone)
        return undone


def _must_lie_open(work: PointsWork, merge: Merge) -> None:
    """Refuse where what came together went on to somebody else. Raises: MergeIsBuried."""
    for other in work.merges.of((merge.into,)):
        if other.user_id == merge.into and other.pointer.covers(merge.at):
            raise MergeIsBuried(merge.id, other.id)


def _still_theirs(work: PointsWork, merge: Merge) -> Sequence[CharacterId]:
    """The characters that went along and are with whom they went to, the main first."""
    owners = {each.id: each.owner for each in work.characters.some(merge.characters)}
    return [each for each in merge.characters if owners.get(each) == merge.into]


def _restore_memberships(
    work: PointsWork, merge: Merge, places: Mapping[UserId, Membership | None], at: datetime, by: Actor
) -> None:
    """Both memberships as they were before, where nobody has changed since what the merge made of them."""
    why = f"Merge {merge.id} was undone"
    before, own = merge.membership, merge.into_membership
    now = places[merge.user_id]
    if now is not None and (now.merged_into == merge.into or _ended_by(merge, now)):
        if before is not None and before.role_group.is_above(RoleGroup.MEMBER):
            by.must(Permission.MEMBERSHIPS_WRITE)
        restored = now.as_before(before, at, reason=why)
        if restored is not now:
            work.memberships.save(restored)
    given = given_membership(before, own, merge.kind, merge.into)
    now = places[merge.into]
    if given is None or now is None:
        return
    if own is None:
        is_as_given = now.status is MembershipStatus.IN_FORCE and now.role_group is given.role_group
        restored = now.end(at, reason=why) if is_as_given else now
    else:
        restored = now.without(given, own, reason=why)
    if restored is not now:
        work.memberships.save(restored)


def _ended_by(merge: Merge, now: Membership) -> bool:
    """Whether the membership has ended when its user was unlinked, and nobody has resumed it since."""
    was_in_force = merge.membership is not None and merge.membership.status is MembershipStatus.IN_FORCE
    return merge.kind is MergeKind.UNLINK and was_in_force and now.status is MembershipStatus.ENDED


def _tell_undone(work: PointsWork, merge: Merge) -> None:
    work.notices.post(
        Notice(
            kind=NotificationKind.CLAIMS,
            to=Recipient.user(merge.into),
            text="claim.undone",
            data={"reason": merge.undone_reason},
            about=f"user:{merge.into}",
        )
    )


@frozen
class ListMerges:
    """Merges, the newest first; of one user (on either side), and those that stand or were undone."""

    read: Read[PointsView]

    def __call__(self, wanted: MergeFilter, *, page: PageRequest, by: Actor) -> Page[MergeRow]:
        by.must(Permission.CLAIMS_WRITE)
        with self.read(by) as views:
            return views.merges(wanted, page=page)


@frozen
class ShowMerge:
    """One merge: whose things became whose, when, by whom and why."""

    read: Read[PointsView]

    def __call__(self, merge_id: MergeId, *, by: Actor) -> MergeRow:
        by.must(Permission.CLAIMS_WRITE)
        with self.read(by) as views:
            return views.merge(merge_id)

"""Claims that are true: approved by an officer, or proven by a code that was heard in game (R-8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from attrs import frozen

from dkp_core.accounts import MembershipStatus
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import Conflict
from dkp_core.kernel.ids import ClaimId, MergeId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.points.merge import MergeKind
from dkp_core.points.merging import MergeReport, Move
from dkp_core.points.ports import PointsWork
from dkp_core.roster import Claim, ClaimIsDecided


@frozen
class ApproveClaim:
    """Find a claim true: the unlinked user is merged into the claimant, who is told.

    Characters and points go along, attendance and awards count for the claimant, who gets the role group of a member at
    most. Other claims on the same characters are refused by it.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(self, claim_id: ClaimId, *, reason: str = "", by: Actor) -> MergeReport:
        by.must(Permission.CLAIMS_WRITE)
        merge_id = MergeId(self.ids.next("merge"))
        with self.begin(by) as work:
            claim = work.claims.get(claim_id)
            if not claim.is_open:
                raise ClaimIsDecided(claim.id, claim.status)
            move = _move(work, claim, self.clock.now())
            move.make(merge_id, claim_id=claim.id, reason=reason, ids=self.ids, by=by)
        return move.report(merge_id)


def _move(work: PointsWork, claim: Claim, at: datetime) -> Move:
    return Move.of(work, claim.user_id, claim.claimant, MergeKind.MERGE, at=at, stranger=True)


@frozen
class HeardCode:
    """A code that somebody said in game, where the one who uploads the log heard it."""

    speaker: str
    code: str


def hear(work: PointsWork, said: Iterable[HeardCode], *, ids: Ids, at: datetime, by: Actor) -> Mapping[str, Claim]:
    """Approve the claims that these words prove; answers with them, by their codes. It is to be done before all else.

    They have to be said by one of the characters in question, and uploaded by somebody else than the claimant, who may
    upload logs for the guild. What can't be is left to the officers.
    """
    heard = list(said)
    if not heard or not (by.may(Permission.RAIDS_WRITE) or by.may(Permission.AUCTIONS_WRITE)):
        return {}
    proven: dict[str, Claim] = {}
    for found in work.claims.with_codes(sorted({each.code for each in heard})):
        speakers = [each.speaker for each in heard if each.code == found.code]
        claim = work.claims.get(found.id)
        if claim.claimant != by.user_id and claim.is_proven_by(found.code, at) and _speaks(work, claim, speakers, at):
            try:
                move = _move(work, claim, at)
            except Conflict:  # nothing was changed: an officer sees to it
                continue
            if _may_come_in(move):
                merge_id = MergeId(ids.next("merge"))
                why = "The code was heard in game."
                move.make(merge_id, claim_id=claim.id, claimed_by_code=True, reason=why, ids=ids, by=by)
                proven[claim.code] = claim
    return proven


def _speaks(work: PointsWork, claim: Claim, speakers: list[str], at: datetime) -> bool:
    """Whether one of these is a character that is claimed, by the name that it has now."""
    known = work.characters.attributed(speakers, at)
    return any(
        found.owner == claim.user_id and name_key(found.name) == name_key(speaker)
        for speaker in speakers
        if (found := known.get(name_key(speaker))) is not None
    )


def _may_come_in(move: Move) -> bool:
    """Whether nobody has shut the claimant out of the guild, which a code does not change."""
    place = move.into_membership
    is_shut_out = place is not None and place.status is MembershipStatus.DEACTIVATED
    return not is_shut_out and move.work.users.get(move.into).deactivated_at is None

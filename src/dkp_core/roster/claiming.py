"""Claiming an unlinked user's characters: making a claim, taking it back, looking at it, refusing it (R-8).

What follows from a claim that is true moves points, so that it stands with them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts import NotificationKind, User
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.kernel.ids import ClaimId, UserId
from dkp_core.kernel.names import clean_name, name_key
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Chance, Clock, Ids, Read
from dkp_core.notices import Channel, Notice, Recipient
from dkp_core.roster.claim import CODE_LENGTH, Claim, claim_code
from dkp_core.roster.errors import ClaimIsOpen, TooManyClaims, TooManyClaimsADay
from dkp_core.roster.ports import RosterView, RosterWork
from dkp_core.roster.views import ClaimFilter, ClaimRow

OPEN_CLAIMS_MAX: Final = 5
CLAIMS_A_DAY_MAX: Final = 10
_DAY: Final = timedelta(days=1)


@frozen
class MakeClaim:
    """Say that an unlinked user's characters are yours, by naming one of them.

    An officer approves it, or the code proves it: say it in game with one of these characters, where somebody hears it
    who uploads their log. Five may wait at a time, and ten be made within a day.
    """

    begin: Begin[RosterWork]
    ids: Ids
    chance: Chance
    clock: Clock

    def __call__(self, character: str, *, by: Actor) -> Claim:
        by.must(Permission.CLAIMS_OWN)
        if by.user_id is None:
            raise NotPermitted("a user's own key or session")
        name = clean_name(character, "character")
        claim_id = ClaimId(self.ids.next("claim"))
        code = claim_code(self.chance.token(CODE_LENGTH))
        with self.begin(by) as work:
            now = self.clock.now()
            found = work.characters.attributed([name], now).get(name_key(name))
            owner = None if found is None else found.owner
            people = {each: work.users.get(each) for each in sorted({by.user_id, owner or by.user_id})}
            claimant = people[by.user_id]
            claimant.must_be_linked()
            user_id = _unlinked(work, people.get(owner) if owner else None, name)
            mine = work.claims.open_by(claimant.id)
            same = next((claim for claim in mine if claim.user_id == user_id), None)
            if same is not None:
                raise ClaimIsOpen(same.id)
            if len(mine) >= OPEN_CLAIMS_MAX:
                raise TooManyClaims(len(mine))
            made = work.claims.made_since(claimant.id, now - _DAY)
            if made >= CLAIMS_A_DAY_MAX:
                raise TooManyClaimsADay(made)
            claim = Claim.make(
                claim_id,
                work.guild_id,
                claimant=claimant.id,
                user_id=user_id,
                character_name=name,
                code=code,
                at=now,
            )
            work.claims.save(claim)
            work.notices.post(
                Notice(
                    kind=NotificationKind.CLAIMS,
                    to=Recipient.channel(Channel.OFFICERS),
                    text="claim.made",
                    data={"claimant": claimant.display_name, "character": name, "claim": str(claim_id)},
                    about=f"user:{claimant.id}",
                )
            )
        return claim


def _unlinked(work: RosterWork, owner: User | None, name: str) -> UserId:
    """Whose the character is, if that is an unlinked user. All others are answered alike: who asks may be a guest.

    Raises: NoSuch.
    """
    membership = None if owner is None else work.memberships.find(owner.id)
    is_merged = membership is not None and membership.merged_into is not None
    if owner is None or is_merged or not owner.is_unlinked:
        raise NoSuch("character of an unlinked user", name)
    return owner.id


@frozen
class WithdrawClaim:
    """Take a claim of your own back, before anybody has decided on it."""

    begin: Begin[RosterWork]
    clock: Clock

    def __call__(self, claim_id: ClaimId, *, by: Actor) -> Claim:
        by.must(Permission.CLAIMS_OWN)
        with self.begin(by) as work:
            claim = work.claims.get(claim_id)
            if by.user_id is None or claim.claimant != by.user_id:
                raise NoSuch("claim", claim_id)
            withdrawn = claim.withdraw(by, self.clock.now())
            work.claims.save(withdrawn)
        return withdrawn


@frozen
class RefuseClaim:
    """Find a claim not to be true, with a reason that its claimant is told."""

    begin: Begin[RosterWork]
    clock: Clock

    def __call__(self, claim_id: ClaimId, *, reason: str, by: Actor) -> Claim:
        by.must(Permission.CLAIMS_WRITE)
        with self.begin(by) as work:
            refused = work.claims.get(claim_id).refuse(reason=reason, by=by, at=self.clock.now())
            work.claims.save(refused)
            tell_claimant(work, refused)
        return refused


def tell_claimant(work: RosterWork, claim: Claim) -> None:
    """Let the claimant know what became of the claim."""
    work.notices.post(
        Notice(
            kind=NotificationKind.CLAIMS,
            to=Recipient.user(claim.claimant),
            text=f"claim.{claim.status}",
            data={"character": claim.character_name, "reason": claim.reason},
            about=f"user:{claim.claimant}",
        )
    )


@frozen
class ListClaims:
    """Claims, the newest first: your own, or for officers everybody's; by status, claimant and unlinked user."""

    read: Read[RosterView]
    clock: Clock

    def __call__(self, wanted: ClaimFilter, *, page: PageRequest, by: Actor) -> Page[ClaimRow]:
        by.must(Permission.CLAIMS_OWN, Permission.CLAIMS_WRITE)
        if not by.may(Permission.CLAIMS_WRITE):
            if wanted.user_id is not None:
                by.must(Permission.ROSTER_READ)
            if by.user_id is None or wanted.claimant not in (None, by.user_id):
                return Page((), 0)
            wanted = evolve(wanted, claimant=by.user_id)
        with self.read(by) as views:
            found = views.claims(wanted, page=page)
        return Page(tuple(self._shown(row, by) for row in found.results), found.count)

    def _shown(self, row: ClaimRow, by: Actor) -> ClaimRow:
        return shown_claim(row, by, is_good=row.code_until is not None and self.clock.now() < row.code_until)


@frozen
class ShowClaim:
    """One claim; its code is shown to its claimant alone, while it waits and is good."""

    read: Read[RosterView]
    clock: Clock

    def __call__(self, claim_id: ClaimId, *, by: Actor) -> ClaimRow:
        by.must(Permission.CLAIMS_OWN, Permission.CLAIMS_WRITE)
        with self.read(by) as views:
            row = views.claim(claim_id)
        if not by.may(Permission.CLAIMS_WRITE) and (by.user_id is None or by.user_id != row.claimant_id):
            raise NoSuch("claim", claim_id)
        return shown_claim(row, by, is_good=row.code_until is not None and self.clock.now() < row.code_until)


def shown_claim(row: ClaimRow, by: Actor, *, is_good: bool) -> ClaimRow:
    """The claim as they may see it."""
    if by.user_id is None or by.user_id != row.claimant_id or not is_good:
        row = evolve(row, code=None, code_until=None)
    if by.may(Permission.CLAIMS_WRITE) or by.may(Permission.ROSTER_READ):
        return row
    # Who decided is an id of an officer, and whose the characters were is not for guests.
    return evolve(row, user_id=None, username=None, decided_kind=None, decided_by=None)

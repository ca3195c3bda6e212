"""What the roster forgets when a person is erased (A-12)."""

from __future__ import annotations

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock
from dkp_core.roster.ports import RosterWork
from dkp_core.roster.profile_field import Profile


@frozen
class ForgetOnRoster:
    """Forget what the guild noted of a person who was erased: notes on their characters, free text in their profiles,
    open claims, and notices.

    Characters and their names are the game's, and stay. Those that were theirs before lost these words when they were
    handed on.
    """

    begin: Begin[RosterWork]
    clock: Clock

    def __call__(self, user_id: UserId, *, by: Actor) -> None:
        by.must(Permission.ROSTER_WRITE)
        with self.begin(by) as work:
            for claim_id in [claim.id for claim in work.claims.open_by(user_id)]:
                claim = work.claims.get(claim_id)
                if claim.is_open:
                    work.claims.save(claim.withdraw(by, self.clock.now()))
            owned = work.characters.owned_by(user_id)
            free = Profile(work.profile_fields.all()).free_texts
            emptied = (character.without_words(free) for character in owned)
            work.characters.save(*(character for character in emptied if character.pending))
            work.notices.forget(f"user:{user_id}")

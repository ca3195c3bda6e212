"""Giving an unlinked user a Discord account, and taking one out of a guild (R-9, U-6)."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from dkp_core.accounts import (
    DiscordIdOfMember,
    DiscordIdTaken,
    RoleGroup,
    User,
    UserIsMerged,
    unlinked_user,
)
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import MergeId, UserId
from dkp_core.kernel.names import clean_text, name_key
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.points.errors import UnlinkedBefore
from dkp_core.points.merge import MergeKind
from dkp_core.points.merging import MergeReport, Move, must_be_here
from dkp_core.points.ports import PointsWork
from dkp_core.roster import tell_claimant


@frozen
class LinkUser:
    """Say which Discord account an unlinked user has, named by themselves or by one of their characters.

    They keep all they have. Where the account is another user's, both are named if they are of this guild, and an
    officer merges them, if they are one person.
    """

    begin: Begin[PointsWork]
    clock: Clock

    def __call__(self, *, user_id: UserId | None = None, character: str = "", discord_id: str, by: Actor) -> User:
        by.must(Permission.CLAIMS_WRITE)
        if (user_id is None) == (not character):
            raise InvalidValue("user", "nobody is named, or somebody twice", "either a user or a character")
        at = self.clock.now()
        with self.begin(by) as work:
            user = work.users.get(_named(work, user_id, character, at))
            membership = work.memberships.find(user.id)
            if membership is not None and membership.merged_into is not None:
                raise UserIsMerged(user.id, membership.merged_into)
            linked = user.link(discord_id)
            if membership is not None and membership.role_group.is_above(RoleGroup.MEMBER):
                by.must(Permission.MEMBERSHIPS_WRITE)
            other = work.users.with_discord_id(linked.discord_id or "")
            if other is not None:
                raise _taken(work, user, other)
            work.users.save(linked)
            for claim in work.claims.open_on(user.id):
                refused = claim.refuse(reason="These characters are somebody else's.", by=by, at=at)
                work.claims.save(refused)
                tell_claimant(work, refused)
        return linked


def _named(work: PointsWork, user_id: UserId | None, character: str, at: datetime) -> UserId:
    """The user who is meant. Raises: NoSuch."""
    if user_id is not None:
        must_be_here(work, user_id)
        return user_id
    found = work.characters.attributed([character], at).get(name_key(character))
    if found is None or found.owner is None:
        raise NoSuch("character with an owner", character[:80])
    return found.owner


def _taken(work: PointsWork, user: User, other: User) -> DiscordIdTaken:
    """What to say of a Discord account that somebody has; one of another guild is not named (R-9)."""
    assert other.discord_id is not None, "it was found by it"
    if work.guild_id in work.users.guilds_of(other.id):
        return DiscordIdOfMember(other.discord_id, other.id, user.id)
    return DiscordIdTaken(other.discord_id, other.id)


@frozen
class UnlinkUser:
    """Take a Discord account out of this guild: membership, characters and points go to a new unlinked user.

    The account keeps its other guilds. It can be reversed: by undoing the merge that it makes, or by merging the
    unlinked user into somebody again. The last officer can't be unlinked.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(self, user_id: UserId, *, reason: str = "", by: Actor) -> MergeReport:
        by.must(Permission.MEMBERSHIPS_WRITE)  # it ends one
        merge_id = MergeId(self.ids.next("merge"))
        at = self.clock.now()
        with self.begin(by) as work:
            must_be_here(work, user_id)
            work.users.get(user_id).must_be_linked()
            for before in work.merges.of((user_id,)):
                if before.user_id == user_id:
                    raise UnlinkedBefore(user_id, before.id)
            unlinked = unlinked_user(work.users, self.ids, _name(work, user_id, merge_id), at)
            move = Move.of(work, user_id, unlinked.id, MergeKind.UNLINK, at=at, stranger=True)
            move.make(merge_id, reason=clean_text(reason, "reason", length_max=500), ids=self.ids, by=by)
            if not set(work.users.guilds_of(user_id)) - {work.guild_id}:
                work.discord_tokens.doom(user_id)
        return move.report(merge_id)


def _name(work: PointsWork, user_id: UserId, merge_id: MergeId) -> str:
    """What the unlinked user is called: as their main is, for what Discord calls them stays with the account."""
    owned = work.characters.owned_by(user_id)
    named = sorted(owned, key=lambda each: (not each.is_main, each.id))
    return named[0].name if named else f"unlinked-{merge_id}"

"""What an application does to its applicant's place in the guild: membership, trial and character (V-1, V-4, V-8)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from dkp_core.accounts import ACTIVE_ROLE_GROUPS, Membership, MembershipDeactivated, MembershipStatus, RoleGroup
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import CharacterId, RankId, UserId
from dkp_core.kernel.ports import Ids
from dkp_core.recruitment.application import Application
from dkp_core.recruitment.errors import MembersDoNotApply, NotAnApplicant
from dkp_core.recruitment.ports import RecruitmentWork
from dkp_core.roster import Character, CharacterStatus, Family, Ownership, reassign

_RESTS: Final = frozenset({CharacterStatus.TRIAL})
_WAKES: Final = frozenset({CharacterStatus.TRIAL, CharacterStatus.INACTIVE, CharacterStatus.PENDING})


def is_own(work: RecruitmentWork, application: Application, user_id: UserId | None) -> bool:
    """Whether the application is that user's, or that of who turned out to be that user (R-8)."""
    return user_id in (application.user_id, work.merges.head(application.user_id, application.submitted_at))


# --- membership -------------------------------------------------------------------------------------------------------


def becomes_applicant(work: RecruitmentWork, user_id: UserId, at: datetime) -> None:
    """Give the user an applicant's place in the guild, not on trial; an ended membership is resumed.

    Raises: MembersDoNotApply, MembershipDeactivated.
    """
    if work.memberships.find(user_id) is None:
        work.memberships.save(Membership.begin(work.guild_id, user_id, RoleGroup.APPLICANT, at))
        return
    membership = work.memberships.get(user_id)
    if membership.status is MembershipStatus.DEACTIVATED:
        raise MembershipDeactivated
    if is_member(membership):
        raise MembersDoNotApply(user_id)
    reason = "applied"
    changed = membership.resume(reason=reason).move_to(RoleGroup.APPLICANT, reason=reason).end_trial(reason=reason)
    if changed is not membership:
        work.memberships.save(changed)


def begins_trial(work: RecruitmentWork, application: Application) -> None:
    """Put the applicant on trial. Raises: NotAnApplicant where the membership is none (any more)."""
    membership = _locked(work, application.user_id)
    if (
        membership is None
        or membership.status is not MembershipStatus.IN_FORCE
        or membership.role_group is not RoleGroup.APPLICANT
    ):
        raise NotAnApplicant(application.user_id)
    work.memberships.save(membership.begin_trial(reason=_because(application, "on trial")))


def becomes_member(work: RecruitmentWork, application: Application) -> bool:
    """Make the applicant a member; who is more stays so. False where the membership is not in force."""
    membership = _locked(work, application.user_id)
    if membership is None or membership.status is not MembershipStatus.IN_FORCE:
        return False
    if membership.role_group not in ACTIVE_ROLE_GROUPS:
        work.memberships.save(membership.move_to(RoleGroup.MEMBER, reason=_because(application, "passed")))
    return True


def becomes_guest(work: RecruitmentWork, application: Application) -> None:
    """Make an applicant a guest again, whose trial is over and whose character, if it made one, rests.

    Who is a member by now stays one, and plays on.
    """
    reason = _because(application, application.status)
    membership = _locked(work, application.user_id)
    if membership is not None and is_member(membership):
        wake(work, application)
        return
    if membership is not None:
        changed = membership.end_trial(reason=reason)
        if membership.status is MembershipStatus.IN_FORCE and membership.role_group is RoleGroup.APPLICANT:
            changed = membership.move_to(RoleGroup.GUEST, reason=reason)
        if changed is not membership:
            work.memberships.save(changed)
    _restatus(work, application, of=_RESTS, to=CharacterStatus.INACTIVE)


def is_member(membership: Membership | None) -> bool:
    """Whether somebody is a member or above, by a membership in force."""
    return (
        membership is not None
        and membership.status is MembershipStatus.IN_FORCE
        and membership.role_group in ACTIVE_ROLE_GROUPS
    )


def _locked(work: RecruitmentWork, user_id: UserId) -> Membership | None:
    return None if work.memberships.find(user_id) is None else work.memberships.get(user_id)


def _because(application: Application, what: str) -> str:
    # The words of recruiters and applicants stay with the application: a membership's reason is kept in the audit log.
    return f"application {application.id}: {what}"


# --- character --------------------------------------------------------------------------------------------------------


def take_character(
    work: RecruitmentWork,
    application: Application,
    name: str,
    *,
    status: CharacterStatus,
    ids: Ids,
    at: datetime,
) -> CharacterId | None:
    """The applicant's character of that name in that status: theirs already, nobody's until now, or a new one.

    A new one gets the guild's default rank. None where the name is somebody else's, or was: whose it is now is for the
    officers to say.
    """
    owner = application.user_id
    found = work.characters.named(name)
    if found is not None and found.owner == owner:
        work.characters.save(*_different(found, found.change(status=status)))
        return found.id
    if found is not None:
        if found.owner is not None or work.characters.latest_ownership(found.id) is not None:
            return None
        family = Family(owner, work.characters.owned_by(owner))
        reason = _because(application, application.status)
        given = reassign(found, before=None, after=family, first_owner=True, reason=reason)
        work.characters.save(*(each.change(status=status) if each.id == found.id else each for each in given))
        work.characters.begin_ownership(Ownership.first(found.id, owner, reason=reason))
        return found.id
    candidate, character_id = application.candidate, CharacterId(ids.next("character"))
    character = Character(
        id=character_id,
        guild_id=work.guild_id,
        name=name,
        character_class=candidate.character_class,
        level=candidate.level,
        rank_id=_default_rank(work),
        status=status,
        owner=owner,
        joined_on=at.date(),
    ).entered()
    work.characters.save(*Family(owner, work.characters.owned_by(owner)).adopt(character))
    work.characters.begin_ownership(Ownership.first(character_id, owner))
    return character_id


def wake(work: RecruitmentWork, application: Application) -> bool:
    """Make the character that the application made active, where it is still the applicant's; False where it isn't."""
    return _restatus(work, application, of=_WAKES, to=CharacterStatus.ACTIVE)


def give_way(work: RecruitmentWork, application: Application, instead: CharacterId) -> None:
    """Let the character that the application made before rest, where another was made instead: the applicant's main."""
    if application.character_id in (None, instead):
        return
    _restatus(work, application, of=_RESTS, to=CharacterStatus.INACTIVE)
    family = Family(application.user_id, work.characters.owned_by(application.user_id))
    if family.main is not None and family.main.id == application.character_id:
        work.characters.save(*family.with_main(next(each for each in family.characters if each.id == instead)))


def _restatus(
    work: RecruitmentWork, application: Application, *, of: frozenset[CharacterStatus], to: CharacterStatus
) -> bool:
    found = () if application.character_id is None else work.characters.some([application.character_id])
    own = [character for character in found if character.owner == application.user_id]
    for character in own:
        if character.status in of:
            work.characters.save(*_different(character, character.change(status=to)))
    return bool(own)


def _different(before: Character, after: Character) -> tuple[Character, ...]:
    return () if after is before else (after,)


def _default_rank(work: RecruitmentWork) -> RankId:
    found = next((rank.id for rank in work.ranks.all() if rank.is_default), None)
    if found is None:
        raise NoSuch("rank", "default")
    return found

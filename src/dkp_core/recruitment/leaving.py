"""What becomes of applications whose applicants leave, are taken in by hand, or are erased (A-10, A-12)."""

from __future__ import annotations

from attrs import frozen

from dkp_core.accounts import Membership, MembershipStatus, RoleGroup
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.ports import Begin, Clock
from dkp_core.recruitment import telling
from dkp_core.recruitment.application import Application, InVote, OnTrial
from dkp_core.recruitment.applying import withdraw
from dkp_core.recruitment.ports import RecruitmentWork
from dkp_core.recruitment.standing import is_member


@frozen
class FollowMembership:
    """What follows when a membership changes: the application of who is no applicant any more is withdrawn.

    So it is where the membership ended or was deactivated, the user was shut out, or an officer made the applicant a
    member or a guest by hand, be it for a moment: a trial ends with that. Nothing happens while they are an applicant,
    or where no application is open.
    """

    begin: Begin[RecruitmentWork]
    clock: Clock

    def __call__(self, user_id: UserId, *, by: Actor) -> None:
        with self.begin(by) as work:
            application = work.applications.latest_of(user_id)
            if application is None or not application.is_open:
                return
            shut_out = work.users.get(user_id).deactivated_at is not None
            reason = (
                "The user was deactivated." if shut_out else _no_applicant(work.memberships.find(user_id), application)
            )
            if reason:
                withdraw(work, application, reason=reason, at=self.clock.now())


def _no_applicant(membership: Membership | None, application: Application) -> str:
    """Why somebody is no applicant, or no trial where the application says so; empty where they are."""
    if membership is None or membership.status is MembershipStatus.ENDED:
        return "The membership ended."
    if membership.status is MembershipStatus.DEACTIVATED:
        return "The membership was deactivated."
    if is_member(membership):
        return "An officer made the applicant a member."
    if membership.role_group is RoleGroup.GUEST:
        return "An officer made the applicant a guest."
    return "" if membership.trial or not isinstance(application, OnTrial | InVote) else "An officer ended the trial."


@frozen
class EmptyApplications:
    """What follows when a user is erased: nothing is left of what they told, or what was said of them and by them.

    Statuses, dates and counts stay, votes under the pseudonym.
    """

    begin: Begin[RecruitmentWork]
    clock: Clock

    def __call__(self, user_id: UserId, *, by: Actor) -> None:
        with self.begin(by) as work:
            for found in work.applications.of_user(user_id):
                application = found
                if application.is_open:
                    application = withdraw(work, application, reason="", at=self.clock.now()).saved()
                work.applications.forget(application.emptied())
                work.notices.forget(telling.about(application.id))
            work.comments.forget(user_id)

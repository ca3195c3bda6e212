"""Voting: starting a vote, casting, changing and withdrawing one's own, keeping out of it (V-5, V-6, V-11)."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.kernel.ids import ApplicationId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock
from dkp_core.recruitment import telling
from dkp_core.recruitment.application import InVote, OnTrial
from dkp_core.recruitment.ballot import Recusal, Vote, VoteChange
from dkp_core.recruitment.due import keep
from dkp_core.recruitment.errors import (
    IsRecused,
    NoRecusing,
    NoVoteToWithdraw,
    OfficersVoteNow,
    OwnApplication,
    VoteNotOpen,
)
from dkp_core.recruitment.ports import RecruitmentWork
from dkp_core.recruitment.standing import is_own
from dkp_core.recruitment.status import SEEN_BY_MEMBERS, Option, Stage


@frozen
class StartVoting:
    """Have the guild vote on an applicant on trial, from now on and for as long as the guild's rules say."""

    begin: Begin[RecruitmentWork]
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, reason: str = "", by: Actor) -> InVote:
        by.must(Permission.APPLICATIONS_WRITE)
        with self.begin(by) as work:
            application = work.applications.get(application_id).must_be(OnTrial, "voted on")
            return start_vote(work, application, reason=reason, at=self.clock.now())


def start_vote(work: RecruitmentWork, application: OnTrial, *, reason: str, at: datetime) -> InVote:
    """Start the vote on an application that is locked, and call the members to it. Raises: InvalidValue."""
    version, rules = work.recruitment_rules.latest()
    voted_on = application.start_vote(rules, version, at, reason=reason)
    keep(work, voted_on)
    work.notices.post(*telling.vote_runs(voted_on), telling.vote_started(voted_on))
    return voted_on


@frozen
class CastVote:
    """Vote on an applicant: pass, fail or recycle; again and again while the vote is open, the last one stands.

    Your attendance at this moment is kept with it, and decides whether it counts.
    """

    begin: Begin[RecruitmentWork]
    clock: Clock

    def __call__(self, application_id: ApplicationId, option: Option, *, by: Actor) -> Vote:
        voter = _voter(by)
        with self.begin(by) as work:
            application, at = _open(work, application_id, by, self.clock)
            poll, rules = application.poll, application.rules
            attendance = work.voters.attendance(voter, rules.attendance_days, at)
            before = work.votes.find(application_id, poll.round, poll.stage, voter)
            if before is None:
                vote = Vote.first(application_id, poll, voter, option, attendance=attendance, at=at)
            else:
                vote = before.recast(option, attendance=attendance, at=at, rules=rules)
            if vote is not before:
                work.votes.save(vote, VoteChange.since(before, vote, by))
        return vote


@frozen
class WithdrawVote:
    """Take your vote on an applicant back, while the vote is open."""

    begin: Begin[RecruitmentWork]
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, by: Actor) -> None:
        voter = _voter(by)
        with self.begin(by) as work:
            application, at = _open(work, application_id, by, self.clock)
            before = work.votes.find(application_id, application.poll.round, application.poll.stage, voter)
            if before is None:
                raise NoVoteToWithdraw(application_id)
            vote = before.withdraw(at=at, rules=application.rules)
            work.votes.save(vote, VoteChange.since(before, vote, by))


@frozen
class RecuseFromVote:
    """Keep out of the votes on an applicant, in this round and every other; a vote of yours that is open is withdrawn.

    Recruiters and officers see who keeps out.
    """

    begin: Begin[RecruitmentWork]
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, by: Actor) -> None:
        voter = _voter(by)
        with self.begin(by) as work:
            application, at = _open(work, application_id, by, self.clock)
            if not application.rules.recusing:
                raise NoRecusing(application_id)
            work.votes.recuse(Recusal(application_id=application_id, user_id=voter, at=at))
            before = work.votes.find(application_id, application.poll.round, application.poll.stage, voter)
            after = None if before is None else before.without_option(at=at)
            if after is not None and after is not before:
                work.votes.save(after, VoteChange.since(before, after, by))


def _voter(by: Actor) -> UserId:
    """Who votes: a person, for nobody votes for another. Raises: NotPermitted."""
    by.must(Permission.VOTES_OWN)
    if by.user_id is None:
        raise NotPermitted("a user's own key or session")
    return by.user_id


def _open(work: RecruitmentWork, application_id: ApplicationId, by: Actor, clock: Clock) -> tuple[InVote, datetime]:
    """The application, locked while its vote is open to that voter, and the present moment.

    The clock is read under the lock: who waited for it beyond the end is too late.
    Raises: NoSuch, OwnApplication, VoteNotOpen, OfficersVoteNow, IsRecused.
    """
    application, voter = work.applications.get(application_id), _voter(by)
    if is_own(work, application, voter):
        raise OwnApplication(application_id)
    was_seen = application.status in SEEN_BY_MEMBERS or application.polls
    if not was_seen and not by.may(Permission.APPLICATIONS_WRITE):
        raise NoSuch("application", application_id)
    at = application.after(clock.now())
    if not isinstance(application, InVote) or not application.poll.takes_votes(at):
        raise VoteNotOpen(application_id)
    if application.poll.stage is Stage.OFFICERS:
        membership = work.memberships.find(voter)
        if (
            membership is None
            or membership.status is not MembershipStatus.IN_FORCE
            or membership.role_group is not RoleGroup.OFFICER
        ):
            raise OfficersVoteNow(application_id)
    if work.votes.is_recused(application_id, voter):
        raise IsRecused(application_id)
    return application, at

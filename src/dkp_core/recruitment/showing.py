"""Looking at applications, trials and votes: who sees what (V-3, V-4, V-7, V-10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import NoSuch, NotPermitted
from dkp_core.kernel.ids import ApplicationId, UserId
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Clock, Read
from dkp_core.recruitment.ballot import Poll, Vote
from dkp_core.recruitment.ports import APPLICATION_COLUMNS, RecruitmentView, StatisticsView
from dkp_core.recruitment.statistics import statistics_of
from dkp_core.recruitment.status import SEEN_BY_MEMBERS, ApplicationStatus, Stage
from dkp_core.recruitment.trial import Trial, judge, proposed, recent_period
from dkp_core.recruitment.views import (
    ApplicationDetail,
    ApplicationFilter,
    ApplicationRow,
    ApplicationStatistics,
    EligibilityRow,
    OwnVoteRow,
    Tier,
    TrialPerformance,
    VoteChangeRow,
    VoteDetails,
    VoteSummary,
    VotingRow,
)

# --- applications -----------------------------------------------------------------------------------------------------


@frozen
class ListApplications:
    """The guild's applications, the newest first: by status, or part of a name, in pages.

    Recruiters and officers see all, members and developers those on trial or in a vote.
    """

    read: Read[RecruitmentView]

    def __call__(
        self,
        *,
        statuses: frozenset[ApplicationStatus] = frozenset(),
        archived: bool = False,
        search: str = "",
        ordering: str = "",
        page: PageRequest,
        by: Actor,
    ) -> Page[ApplicationRow]:
        by.must(Permission.APPLICATIONS_READ, Permission.APPLICATIONS_WRITE)
        orders = ordering_of(ordering, APPLICATION_COLUMNS)
        if not by.may(Permission.APPLICATIONS_WRITE):
            if archived or not statuses <= SEEN_BY_MEMBERS:
                raise NotPermitted(Permission.APPLICATIONS_WRITE)
            statuses = statuses or SEEN_BY_MEMBERS
        wanted = ApplicationFilter(statuses=statuses, archived=archived, search=search)
        with self.read(by) as views:
            found = views.applications(wanted, ordering=orders, page=page)
            tier = _tiers(views, by)
        return evolve(found, results=tuple(row.as_seen(tier(row.user_id, row.submitted_at)) for row in found.results))


@frozen
class ListOwnApplications:
    """Your own applications, the newest first."""

    read: Read[RecruitmentView]

    def __call__(self, *, page: PageRequest, by: Actor) -> Page[ApplicationRow]:
        by.must(Permission.APPLICATIONS_OWN, Permission.APPLICATIONS_READ)
        if by.user_id is None:
            raise NotPermitted("a user's own key or session")
        wanted = ApplicationFilter(user_id=by.user_id, archived=True)
        with self.read(by) as views:
            found = views.applications(wanted, ordering=(), page=page)
        return evolve(found, results=tuple(row.as_seen(Tier.APPLICANT) for row in found.results))


@frozen
class ShowApplication:
    """One application in full: your own, without what was said among recruiters; to recruiters and officers any.

    Members and developers read those on trial or in a vote, without e-mail, private answers and internal comments.
    """

    read: Read[RecruitmentView]

    def __call__(self, application_id: ApplicationId, *, by: Actor) -> ApplicationDetail:
        by.must(Permission.APPLICATIONS_OWN, Permission.APPLICATIONS_READ, Permission.APPLICATIONS_WRITE)
        may_read = by.may(Permission.APPLICATIONS_READ) or by.may(Permission.APPLICATIONS_WRITE)
        try:
            with self.read(by) as views:
                found = views.application(application_id)
                tier = _tiers(views, by)(found.user_id, found.submitted_at)
        except NoSuch:
            if may_read:
                raise
            # Who may read none but their own is not told either which others there are.
            raise NotPermitted(Permission.APPLICATIONS_READ) from None
        if tier is not Tier.APPLICANT and not may_read:
            raise NotPermitted(Permission.APPLICATIONS_READ)
        if tier is Tier.MEMBERS and found.status not in SEEN_BY_MEMBERS:
            raise NoSuch("application", application_id)
        return found.as_seen(tier)


def _tiers(views: RecruitmentView, by: Actor) -> Callable[[UserId, datetime], Tier]:
    """As whom they look at the applications of users, submitted at a moment.

    At one's own it is as the applicant, whatever one has become since, and whoever one was then (R-8).
    """
    merged = {} if by.user_id is None else views.merged_into(by.user_id)
    others = Tier.RECRUITERS if by.may(Permission.APPLICATIONS_WRITE) else Tier.MEMBERS

    def tier(user_id: UserId, submitted_at: datetime) -> Tier:
        is_own = user_id == by.user_id or (user_id in merged and submitted_at < merged[user_id])
        return Tier.APPLICANT if is_own else others

    return tier


# --- votes ------------------------------------------------------------------------------------------------------------


@frozen
class ShowVoteSummary:
    """The totals of a vote, all and those that count, and your own vote; of the latest round and stage, or of another.

    Whom the vote is on is shown nothing, not later either.
    """

    read: Read[RecruitmentView]
    clock: Clock

    def __call__(
        self,
        application_id: ApplicationId,
        *,
        round_: int | None = None,
        stage: Stage | None = None,
        by: Actor,
    ) -> VoteSummary:
        by.must(Permission.TALLIES_READ)
        with self.read(by) as views:
            voting = _voting(views, application_id, by, Permission.TALLIES_READ)
            return _summary(views, voting, _poll(voting, round_, stage), by, self.clock.now())


@frozen
class ShowVoteDetails:
    """A vote in full: the totals, every voter with option, attendance and number of changes, and who keeps out."""

    read: Read[RecruitmentView]
    clock: Clock

    def __call__(
        self,
        application_id: ApplicationId,
        *,
        round_: int | None = None,
        stage: Stage | None = None,
        by: Actor,
    ) -> VoteDetails:
        by.must(Permission.VOTES_READ)
        with self.read(by) as views:
            voting = _voting(views, application_id, by, Permission.VOTES_READ)
            poll = _poll(voting, round_, stage)
            return VoteDetails(
                summary=_summary(views, voting, poll, by, self.clock.now()),
                voters=views.voters(application_id, poll),
                recusals=views.recusals(application_id),
            )


@frozen
class ShowVotingEligibility:
    """Who may vote on an applicant, and whose vote would count, by the attendance now or at the vote's end."""

    read: Read[RecruitmentView]
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, by: Actor) -> tuple[EligibilityRow, ...]:
        by.must(Permission.VOTES_READ)
        with self.read(by) as views:
            voting = _voting(views, application_id, by, Permission.VOTES_READ)
            poll = _poll(voting, None, None)
            at = min(self.clock.now(), poll.closes_at)
            electors = views.electors(application_id, poll, days=voting.rules.attendance_days, at=at)
        return tuple(EligibilityRow.of(elector, poll.counts_from) for elector in electors)


@frozen
class ShowVoteChanges:
    """What became of the votes on an applicant, in all rounds: who voted, changed, renewed or withdrew what, and when.

    The latest comes first.
    """

    read: Read[RecruitmentView]

    def __call__(self, application_id: ApplicationId, *, page: PageRequest, by: Actor) -> Page[VoteChangeRow]:
        by.must(Permission.VOTES_READ)
        with self.read(by) as views:
            _voting(views, application_id, by, Permission.VOTES_READ)
            return views.vote_changes(application_id, page=page)


def _voting(views: RecruitmentView, application_id: ApplicationId, by: Actor, permission: Permission) -> VotingRow:
    """What the votes on an application go by; whom they are on is refused as a guest is (V-7).

    What was never voted on is missed as what is not there is: members do not read all applications. Raises: NoSuch.
    """
    try:
        voting = views.voting(application_id)
    except NoSuch:
        raise _no_vote(application_id) from None
    if _tiers(views, by)(voting.user_id, voting.submitted_at) is Tier.APPLICANT:
        raise NotPermitted(permission)
    return voting


def _no_vote(application_id: ApplicationId) -> NoSuch:
    return NoSuch("vote on application", application_id)


def _poll(voting: VotingRow, round_: int | None, stage: Stage | None) -> Poll:
    """The latest poll, or the latest of that round and stage. Raises: NoSuch."""
    for poll in reversed(voting.polls):
        if round_ in (None, poll.round) and stage in (None, poll.stage):
            return poll
    raise _no_vote(voting.application_id)


def _summary(views: RecruitmentView, voting: VotingRow, poll: Poll, by: Actor, at: datetime) -> VoteSummary:
    shown = voting.rules.totals_before_end or poll.is_over(at)
    tally = views.tally(voting.application_id, poll) if shown else None
    own = None if by.user_id is None else views.vote(voting.application_id, poll, by.user_id)
    return VoteSummary(
        application_id=voting.application_id,
        round=poll.round,
        stage=poll.stage,
        opens_at=poll.opens_at,
        closes_at=poll.closes_at,
        is_open=voting.status is ApplicationStatus.VOTING_ACTIVE and poll.takes_votes(at),
        result=poll.result,
        counts_from_percent=poll.counts_from_percent,
        totals=None if tally is None else tally.counts,
        votes=None if tally is None else tally.votes,
        counted=None if tally is None else tally.counted,
        own=_own_vote(own, poll),
    )


def _own_vote(vote: Vote | None, poll: Poll) -> OwnVoteRow | None:
    if vote is None or vote.option is None:
        return None
    return OwnVoteRow(
        option=vote.option,
        attendance=vote.attendance.percent,
        counts=vote.counts(poll.counts_from),
        cast_at=vote.cast_at,
        changes=vote.changes,
    )


# --- trials and statistics --------------------------------------------------------------------------------------------


@frozen
class ShowTrialPerformance:
    """How somebody on trial does, on one page: attendance, raids, loot, what was said, and how the rules judge it."""

    read: Read[RecruitmentView]
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, by: Actor) -> TrialPerformance:
        by.must(Permission.APPLICATIONS_WRITE)
        with self.read(by) as views:
            detail = views.application(application_id)
            row = detail.row
            if _tiers(views, by)(row.user_id, row.submitted_at) is Tier.APPLICANT:
                raise NotPermitted(Permission.APPLICATIONS_WRITE)
            if row.trial_starts_at is None or row.trial_ends_at is None:
                raise NoSuch("trial of application", application_id)
            rules = views.voting(application_id).rules
            trial = Trial(starts_at=row.trial_starts_at, ends_at=row.trial_ends_at)
            now = self.clock.now()
            until = min(now, row.ended_at or now)
            over = trial.period(until)
            done = views.performance(
                row.user_id,
                row.character_name,
                over=over,
                recent=recent_period(trial, rules, until),
                pool_id=rules.points_pool,
            )
            verdicts = judge(trial, rules, done, until)
            return TrialPerformance(
                application=row,
                attendance=done.attendance.percent,
                attended=done.attendance.attended,
                held=done.attendance.held,
                recent_attendance=done.recent.percent,
                points=done.points,
                verdicts=verdicts,
                proposal=proposed(verdicts),
                raids=views.trial_raids(row.user_id, row.character_name, over),
                loot=views.trial_loot(row.user_id, over),
                comments=detail.comments,
            )


@frozen
class ShowApplicationStatistics:
    """Applications by month and status, how many passed, how long it took, and by recruiter; of all, or of a span."""

    read: Read[StatisticsView]

    def __call__(
        self, *, since: datetime | None = None, until: datetime | None = None, by: Actor
    ) -> ApplicationStatistics:
        by.must(Permission.APPLICATIONS_WRITE)
        with self.read(by) as views:
            timezone = views.guild(by.guild).timezone
            return statistics_of(views.application_facts(since=since, until=until), timezone)

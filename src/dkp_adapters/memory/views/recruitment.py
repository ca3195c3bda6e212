"""How applications, trials and votes are shown, from memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from dkp_adapters.memory.merges import pointers_of
from dkp_adapters.memory.recruitment import is_recused, votes_cast
from dkp_adapters.memory.tables import RecordedTransition
from dkp_adapters.memory.views.actors import name_elsewhere
from dkp_adapters.memory.views.attendance import AttendanceCounts
from dkp_adapters.memory.views.glance import Glance, MemoryView, part_of
from dkp_adapters.memory.views.ordering import Columns, ordered, page_of
from dkp_adapters.memory.views.trials import MemoryPerformances, own_lines, share_over, waiting_lines, worth_of
from dkp_core.accounts import ACTIVE_ROLE_GROUPS, Membership, MembershipStatus, RoleGroup
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import ApplicationId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO
from dkp_core.loot import AwardStatus
from dkp_core.points import heads
from dkp_core.raids import Attendance, Raid
from dkp_core.recruitment import (
    AnswerRow,
    Application,
    ApplicationDetail,
    ApplicationFact,
    ApplicationFilter,
    ApplicationRow,
    ApplicationStatus,
    Candidate,
    Comment,
    CommentRow,
    Decided,
    ElectorRow,
    Finished,
    Form,
    FormRow,
    InVote,
    OnTrial,
    Performance,
    Poll,
    RecruitmentRules,
    RecruitmentRulesRow,
    RecruitmentView,
    RecusalRow,
    RefereeRow,
    Stage,
    Tally,
    TransitionRow,
    TrialLootRow,
    TrialRaidRow,
    Vote,
    VoteChange,
    VoteChangeRow,
    VoterRow,
    VotingRow,
    last_of_each,
    vote_of,
)

_COLUMNS: Final[Columns[ApplicationRow]] = {
    "submitted_at": lambda row: row.submitted_at,
    "status": lambda row: row.status.value,
    "character_name": lambda row: name_key(row.character_name),
    "username": lambda row: name_key(row.username),
    "trial_ends_at": lambda row: row.trial_ends_at,
    "id": lambda row: row.id,
}


@frozen
class MemoryRecruitmentView(MemoryView, RecruitmentView):
    """Reads applications, trials and votes."""

    # --- settings -----------------------------------------------------------------------------------------------------

    def recruitment_rules(self) -> tuple[RecruitmentRulesRow, ...]:
        kept = self.look().tables.recruitment_rules
        rows = tuple(
            RecruitmentRulesRow(version=version, values=kept[version].value.values(), changed_at=kept[version].at)
            for version in sorted(kept, reverse=True)
        )
        return rows or (RecruitmentRulesRow(version=0, values=RecruitmentRules().values(), changed_at=None),)

    def application_form(self, version: int | None) -> FormRow:
        kept = self.look().tables.application_forms
        wanted = max(kept, default=0) if version is None else version
        if wanted == 0:
            return FormRow(version=0, form=Form(), changed_at=None)
        if wanted not in kept:
            raise NoSuch("version of the application form", wanted)
        return FormRow(version=wanted, form=kept[wanted].value, changed_at=kept[wanted].at)

    # --- applications -------------------------------------------------------------------------------------------------

    def applications(
        self, wanted: ApplicationFilter, *, ordering: tuple[Order, ...], page: PageRequest
    ) -> Page[ApplicationRow]:
        glance = self.look()
        rows = (
            _row(glance, each)
            for each in sorted(glance.tables.applications.values(), key=lambda each: each.id, reverse=True)
            if (not wanted.statuses or each.status in wanted.statuses)
            and wanted.user_id in (None, each.user_id)
            and (wanted.archived or not _is_archived(each))
            and part_of(wanted.search, each.candidate.character_name, glance.username(each.user_id))
        )
        return page_of(ordered(rows, ordering, _COLUMNS), page)

    def application(self, application_id: ApplicationId) -> ApplicationDetail:
        glance = self.look()
        application = _application(glance, application_id)
        candidate = application.candidate
        steps = [each for (of, _), each in glance.tables.transitions.items() if of == application_id]
        said = [each for each in glance.tables.comments.values() if each.application_id == application_id]
        return ApplicationDetail.of(
            _row(glance, application),
            discord_id=glance.installation.users[application.user_id].discord_id,
            previous_guilds=candidate.previous_guilds,
            availability=candidate.availability,
            timezone=candidate.timezone,
            references=candidate.references,
            referees=_referees(glance, candidate.referees),
            email=candidate.email,
            form_version=candidate.form_version,
            answers=_answers(glance, candidate),
            character_id=application.character_id,
            rules_version=application.rules_version,
            transitions=tuple(_step(glance, each) for each in sorted(steps, key=lambda each: each.transition.number)),
            comments=tuple(_comment(glance, each) for each in sorted(said, key=lambda each: (each.at, each.id))),
            polls=application.polls,
        )

    # --- votes --------------------------------------------------------------------------------------------------------

    def merged_into(self, user_id: UserId) -> Mapping[UserId, datetime]:
        pointers = pointers_of(self.look().tables).values()
        head = heads(pointers)
        return {each.user_id: each.until for each in pointers if head[each.user_id] == user_id}

    def voting(self, application_id: ApplicationId) -> VotingRow:
        application = _application(self.look(), application_id)
        return VotingRow(
            application_id=application_id,
            user_id=application.user_id,
            submitted_at=application.submitted_at,
            status=application.status,
            polls=application.polls,
            rules=application.rules,
        )

    def tally(self, application_id: ApplicationId, poll: Poll) -> Tally:
        return Tally.of(_votes(self.look(), application_id, poll).values(), poll.counts_from)

    def vote(self, application_id: ApplicationId, poll: Poll, voter: UserId) -> Vote | None:
        cast = votes_cast(self.look().tables, application_id, poll.round, poll.stage)
        return vote_of(voter, [vote for person, vote in cast if voter in (person, vote.voter)])

    def voters(self, application_id: ApplicationId, poll: Poll) -> tuple[VoterRow, ...]:
        glance = self.look()
        cast = list(votes_cast(glance.tables, application_id, poll.round, poll.stage))
        standing = last_of_each(cast)
        rows = (
            VoterRow.of(
                vote,
                glance.username(vote.voter),
                _role_group(glance.tables.memberships.get(vote.voter)),
                poll.counts_from,
                stands=vote is standing[person],
            )
            for person, vote in cast
        )
        return tuple(sorted(rows, key=lambda row: (name_key(row.username), row.user_id)))

    def recusals(self, application_id: ApplicationId) -> tuple[RecusalRow, ...]:
        glance = self.look()
        rows = (
            RecusalRow(user_id=each.user_id, username=glance.username(each.user_id), at=each.at)
            for each in glance.tables.recusals.values()
            if each.application_id == application_id
        )
        return tuple(sorted(rows, key=lambda row: (name_key(row.username), row.user_id)))

    def electors(self, application_id: ApplicationId, poll: Poll, *, days: int, at: datetime) -> tuple[ElectorRow, ...]:
        glance = self.look()
        application = _application(glance, application_id)
        applicants = (application.user_id, glance.head(application.user_id, application.submitted_at))
        groups = (RoleGroup.OFFICER,) if poll.stage is Stage.OFFICERS else ACTIVE_ROLE_GROUPS
        counts = AttendanceCounts(glance, at)
        votes = _votes(glance, application_id, poll)
        voted = {person for person, vote in votes.items() if vote.option is not None}
        rows = (
            ElectorRow(
                user_id=each.user_id,
                username=glance.username(each.user_id),
                role_group=each.role_group,
                attendance=share_over(counts, each.user_id, days),
                voted=each.user_id in voted,
                recused=is_recused(glance.tables, application_id, each.user_id),
            )
            for each in glance.tables.memberships.values()
            if each.status is MembershipStatus.IN_FORCE
            and each.role_group in groups
            and each.user_id not in applicants
            and glance.installation.users[each.user_id].deactivated_at is None
        )
        return tuple(sorted(rows, key=lambda row: (name_key(row.username), row.user_id)))

    def vote_changes(self, application_id: ApplicationId, *, page: PageRequest) -> Page[VoteChangeRow]:
        glance = self.look()
        found = [each for each in glance.tables.vote_changes.values() if each.application_id == application_id]
        newest_first = sorted(found, key=lambda each: (each.at, each.voter, each.number), reverse=True)
        shown = page_of(newest_first, page)
        return Page(tuple(_change(glance, each) for each in shown.results), shown.count)

    # --- trials -------------------------------------------------------------------------------------------------------

    def performance(
        self, user_id: UserId, character_name: str, *, over: Period, recent: Period, pool_id: PoolId | None
    ) -> Performance:
        measured = MemoryPerformances(self.look)
        return measured.performance(user_id, character_name, over=over, recent=recent, pool_id=pool_id)

    def trial_raids(self, user_id: UserId, character_name: str, over: Period) -> tuple[TrialRaidRow, ...]:
        glance = self.look()
        held = AttendanceCounts(glance, over.end).held
        waiting, own = list(waiting_lines(glance, character_name)), own_lines(glance, user_id)
        raids = sorted(
            (raid for raid in held.values() if raid.starts_at in over),
            key=lambda raid: (raid.starts_at, raid.id),
            reverse=True,
        )
        return tuple(_trial_raid(glance, raid, own, waiting) for raid in raids)

    def trial_loot(self, user_id: UserId, over: Period) -> tuple[TrialLootRow, ...]:
        glance = self.look()
        awards = [
            award
            for award in glance.tables.awards.values()
            if award.user_id is not None
            and glance.head(award.user_id, award.awarded_at) == user_id
            and award.status is AwardStatus.STANDING
            and award.awarded_at in over
        ]
        return tuple(
            TrialLootRow(
                award_id=award.id,
                item_id=award.item_id,
                item=award.item_name,
                price=award.price,
                awarded_at=award.awarded_at,
            )
            for award in sorted(awards, key=lambda award: (award.awarded_at, award.id), reverse=True)
        )

    # --- statistics ---------------------------------------------------------------------------------------------------

    def application_facts(self, *, since: datetime | None, until: datetime | None) -> tuple[ApplicationFact, ...]:
        glance = self.look()
        return tuple(
            _fact(glance, each)
            for each in sorted(glance.tables.applications.values(), key=lambda each: each.id)
            if (since is None or each.submitted_at >= since) and (until is None or each.submitted_at < until)
        )


def _application(glance: Glance, application_id: ApplicationId) -> Application:
    found = glance.tables.applications.get(application_id)
    if found is None:
        raise NoSuch("application", application_id)
    return found


def _is_archived(application: Application) -> bool:
    return isinstance(application, Finished) and application.archived


def _row(glance: Glance, application: Application) -> ApplicationRow:
    candidate, trial = application.candidate, application.trial
    poll = application.poll if isinstance(application, InVote) else None
    return ApplicationRow(
        id=application.id,
        user_id=application.user_id,
        username=glance.username(application.user_id),
        character_name=candidate.character_name,
        server=candidate.server,
        character_class=candidate.character_class,
        level=candidate.level,
        status=application.status,
        outcome=application.outcome if isinstance(application, Decided) else None,
        round=application.round,
        submitted_at=application.submitted_at,
        ended_at=application.ended_at if isinstance(application, Finished) else None,
        trial_starts_at=trial.starts_at if trial else None,
        trial_ends_at=trial.ends_at if trial else None,
        overdue=isinstance(application, OnTrial) and application.trial.overdue,
        stage=poll.stage if poll else None,
        closes_at=poll.closes_at if poll else None,
        proposal=application.proposal if isinstance(application, OnTrial) else None,
        task=application.task if isinstance(application, Decided) else None,
        archived=_is_archived(application),
    )


def _referees(glance: Glance, referees: Iterable[UserId]) -> tuple[RefereeRow, ...]:
    rows = (
        RefereeRow(user_id=user_id, username=glance.username(user_id))
        for user_id in referees
        if (membership := glance.tables.memberships.get(user_id)) is not None
        and membership.status is MembershipStatus.IN_FORCE
    )
    return tuple(sorted(rows, key=lambda row: (name_key(row.username), row.user_id)))


def _answers(glance: Glance, candidate: Candidate) -> tuple[AnswerRow, ...]:
    kept = glance.tables.application_forms.get(candidate.form_version)
    given = {answer.question: answer.text for answer in candidate.answers}
    return tuple(
        AnswerRow(
            question=question.id,
            text=question.text,
            kind=question.kind,
            private=question.private,
            answer=given[question.id],
        )
        for question in (kept.value.questions if kept else ())
        if question.id in given
    )


def _step(glance: Glance, recorded: RecordedTransition) -> TransitionRow:
    step, by = recorded.transition, recorded.by
    return TransitionRow(
        number=step.number,
        at=step.at,
        before=step.before,
        after=step.after,
        outcome=step.outcome,
        round=step.round,
        reason=step.reason,
        actor_kind=by.kind,
        actor_id=by.id,
        user_id=by.user_id,
        username=glance.username_or_none(by.user_id) or name_elsewhere(glance, by.kind, by.id),
    )


def _comment(glance: Glance, comment: Comment) -> CommentRow:
    author = None if comment.author is None else glance.installation.users[comment.author]
    return CommentRow(
        id=comment.id,
        author_id=comment.author,
        author=None if author is None or author.erased_at is not None else author.username,
        kind=comment.kind,
        text=comment.text,
        at=comment.at,
    )


def _votes(glance: Glance, application_id: ApplicationId, poll: Poll) -> Mapping[UserId, Vote]:
    return last_of_each(votes_cast(glance.tables, application_id, poll.round, poll.stage))


def _role_group(membership: Membership | None) -> RoleGroup:
    in_force = membership is not None and membership.status is MembershipStatus.IN_FORCE
    return membership.role_group if membership is not None and in_force else RoleGroup.GUEST


def _change(glance: Glance, change: VoteChange) -> VoteChangeRow:
    return VoteChangeRow(
        round=change.round,
        stage=change.stage,
        user_id=change.voter,
        username=glance.username(change.voter),
        number=change.number,
        at=change.at,
        before=change.before,
        after=change.after,
        attendance=change.attendance.percent,
    )


def _trial_raid(glance: Glance, raid: Raid, own: Sequence[Attendance], waiting: Sequence[Attendance]) -> TrialRaidRow:
    here = [line for line in (*own, *waiting) if line.raid_id == raid.id]
    attended = [line for line in here if line.counts]
    shown = min(attended or here, key=lambda line: (line.tick, line.key), default=None)
    waits = (worth_of(glance, line, raid, own, raid.pools) for line in waiting if line.raid_id == raid.id)
    return TrialRaidRow(
        raid_id=raid.id,
        event_type=glance.tables.event_types[raid.event_type_id].name,
        starts_at=raid.starts_at,
        presence=None if shown is None else shown.presence,
        points=sum((*waits, *(line.awarded for line in here)), ZERO),
        unresolved=any(line.is_unresolved for line in here),
    )


def _fact(glance: Glance, application: Application) -> ApplicationFact:
    steps = sorted(
        (each for (of, _), each in glance.tables.transitions.items() if of == application.id),
        key=lambda each: each.transition.number,
    )
    reviews = (ApplicationStatus.TRIAL_ACCEPTED, ApplicationStatus.REJECTED)
    review = next((each for each in steps if each.transition.after in reviews), None)
    reviewer = review.by.user_id if review else None
    return ApplicationFact(
        status=application.status,
        outcome=application.outcome if isinstance(application, Decided) else None,
        submitted_at=application.submitted_at,
        ended_at=application.ended_at if isinstance(application, Finished) else None,
        accepted=review is not None and review.transition.after is ApplicationStatus.TRIAL_ACCEPTED,
        reviewer_id=reviewer,
        reviewer=glance.username_or_none(reviewer),
    )

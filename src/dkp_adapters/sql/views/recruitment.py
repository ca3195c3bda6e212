"""How applications, trials and votes are shown, from SQL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

from attrs import evolve
from sqlalchemy import BigInteger, ColumnElement, Text, and_, bindparam, case, func, literal, or_, select

from dkp_adapters.sql.heads import merged_into, with_heads
from dkp_adapters.sql.moments import micros, moment_at, moment_or_none
from dkp_adapters.sql.performances import SqlPerformances, is_theirs, worth_of
from dkp_adapters.sql.points import SqlPoolPolicies
from dkp_adapters.sql.recruitment import (
    SqlVotes,
    answers_of,
    form_of,
    option_or_none,
    polls_of,
    recruitment_rules_of,
    task_or_none,
)
from dkp_adapters.sql.statement import Statement, in_guild, int_sum, json_rows, json_values
from dkp_adapters.sql.tables.accounts import memberships, users
from dkp_adapters.sql.tables.loot import awards
from dkp_adapters.sql.tables.raids import attendance, event_types, raids
from dkp_adapters.sql.tables.recruitment import (
    application_forms,
    applications,
    comments,
    recruitment_rules,
    recusals,
    transitions,
    vote_changes,
    votes,
)
from dkp_adapters.sql.views import PAGE_OFFSET, PAGE_SIZE, SqlView, ordered_by, page_params, part_of, pattern_of
from dkp_adapters.sql.views.actors import names_elsewhere
from dkp_adapters.sql.views.attendance import AttendanceQuery, shares_of, windows_ending
from dkp_adapters.sql.views.points import points_of
from dkp_core.accounts import ACTIVE_ROLE_GROUPS, MembershipStatus, RoleGroup
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import ApplicationId, PoolId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO
from dkp_core.loot import AwardStatus
from dkp_core.raids import WINDOWS, AttendanceShare, Presence
from dkp_core.recruitment import (
    AnswerRow,
    ApplicationDetail,
    ApplicationFact,
    ApplicationFilter,
    ApplicationRow,
    ApplicationStatus,
    CommentKind,
    CommentRow,
    Count,
    ElectorRow,
    Form,
    FormRow,
    Option,
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
    VoteChangeRow,
    VoterRow,
    VotingRow,
    last_of_each,
)

Row = tuple[Any, ...]

_the_id: Final = bindparam("the_id", type_=BigInteger)
_application_id: Final = bindparam("application_id", type_=BigInteger)
_user_id: Final = bindparam("user_id", type_=BigInteger)
_is_in_force: Final = memberships.c.status == MembershipStatus.IN_FORCE.value

# --- rules and questions ----------------------------------------------------------------------------------------------

_RULES: Final = Statement(
    select(recruitment_rules.c.version, recruitment_rules.c.rules, recruitment_rules.c.changed_at)
    .where(in_guild(recruitment_rules))
    .order_by(recruitment_rules.c.version.desc())
)
_forms: Final = select(application_forms.c.version, application_forms.c.form, application_forms.c.changed_at).where(
    in_guild(application_forms)
)
_LATEST_FORM: Final = Statement(_forms.order_by(application_forms.c.version.desc()).limit(literal(1)))
_FORM: Final = Statement(_forms.where(application_forms.c.version == bindparam("version", type_=BigInteger)))

# --- applications -----------------------------------------------------------------------------------------------------

_ROW: Final = (
    applications.c.id,
    applications.c.user_id,
    users.c.username,
    applications.c.character_name,
    applications.c.server,
    applications.c.character_class,
    applications.c.level,
    applications.c.status,
    applications.c.outcome,
    applications.c.round,
    applications.c.submitted_at,
    applications.c.ended_at,
    applications.c.trial_starts_at,
    applications.c.trial_ends_at,
    applications.c.overdue,
    applications.c.polls,
    applications.c.proposal,
    applications.c.task,
    applications.c.archived,
)
_with_applicant: Final = applications.join(users, users.c.id == applications.c.user_id)
_KEYS: Final[dict[str, ColumnElement[Any]]] = {
    "submitted_at": applications.c.submitted_at,
    "status": applications.c.status,
    "character_name": applications.c.character_key,
    "username": users.c.username_key,
    "trial_ends_at": applications.c.trial_ends_at,
    "id": applications.c.id,
}
_NULLABLE: Final = frozenset({"trial_ends_at"})
_FILTERS: Final[dict[str, ColumnElement[bool]]] = {
    "statuses": applications.c.status.in_(json_values("statuses", Text())),
    "user_id": applications.c.user_id == _user_id,
    "search": or_(part_of(applications.c.character_key), part_of(users.c.username_key)),
    "not_archived": applications.c.archived == 0,
}


@lru_cache(maxsize=128)
def _applications(wanted: frozenset[str], ordering: tuple[Order, ...], *, counted: bool = False) -> Statement:
    """The statement for these filters and this order; with `counted` only how many there are."""
    conditions = [in_guild(applications), *(_FILTERS[name] for name in sorted(wanted))]
    count = select(func.count()).select_from(_with_applicant if "search" in wanted else applications).where(*conditions)
    if counted:
        return Statement(count)
    return Statement(
        select(*_ROW, count.correlate(None).scalar_subquery())
        .select_from(_with_applicant)
        .where(*conditions)
        .order_by(*ordered_by(ordering, _KEYS, _NULLABLE), applications.c.id.desc())
        .limit(PAGE_SIZE)
        .offset(PAGE_OFFSET)
    )


def _application_row(row: Row) -> ApplicationRow:
    (
        application_id,
        user_id,
        username,
        character_name,
        server,
        character_class,
        level,
        word,
        outcome,
        round_,
        submitted_at,
        ended_at,
        trial_starts_at,
        trial_ends_at,
        overdue,
        polls,
        proposal,
        task,
        archived,
    ) = row
    status = ApplicationStatus(word)
    running = polls_of(polls)[-1] if status is ApplicationStatus.VOTING_ACTIVE else None
    return ApplicationRow(
        id=application_id,
        user_id=user_id,
        username=username,
        character_name=character_name,
        server=server,
        character_class=character_class,
        level=level,
        status=status,
        outcome=option_or_none(outcome),
        round=round_,
        submitted_at=moment_at(submitted_at),
        ended_at=moment_or_none(ended_at),
        trial_starts_at=moment_or_none(trial_starts_at),
        trial_ends_at=moment_or_none(trial_ends_at),
        overdue=status is ApplicationStatus.TRIAL_ACCEPTED and bool(overdue),
        stage=None if running is None else running.stage,
        closes_at=None if running is None else running.closes_at,
        proposal=option_or_none(proposal),
        task=task_or_none(task),
        archived=bool(archived),
    )


_TOLD: Final = (
    users.c.discord_id,
    applications.c.previous_guilds,
    applications.c.availability,
    applications.c.timezone,
    applications.c.references,
    applications.c.referees,
    applications.c.email,
    applications.c.form_version,
    applications.c.answers,
    applications.c.character_id,
    applications.c.rules_version,
    application_forms.c.form,
)
_APPLICATION: Final = Statement(
    select(*_ROW, *_TOLD)
    .select_from(
        _with_applicant.outerjoin(
            application_forms,
            and_(
                application_forms.c.guild_id == applications.c.guild_id,
                application_forms.c.version == applications.c.form_version,
            ),
        )
    )
    .where(in_guild(applications), applications.c.id == _the_id)
)
_POLLS: Final = _ROW.index(applications.c.polls)
_TRANSITIONS: Final = Statement(
    select(
        transitions.c.number,
        transitions.c.at,
        transitions.c.before,
        transitions.c.after,
        transitions.c.outcome,
        transitions.c.round,
        transitions.c.reason,
        transitions.c.actor_kind,
        transitions.c.actor_id,
        transitions.c.user_id,
        users.c.username,
    )
    .join_from(transitions, users, users.c.id == transitions.c.user_id, isouter=True)
    .where(in_guild(transitions), transitions.c.application_id == _the_id)
    .order_by(transitions.c.number)
)
_COMMENTS: Final = Statement(
    select(
        comments.c.id,
        comments.c.author,
        # Of who was erased nothing is shown, the pseudonym neither.
        case((users.c.erased_at.is_(None), users.c.username)),
        comments.c.kind,
        comments.c.text,
        comments.c.at,
    )
    .join_from(comments, users, users.c.id == comments.c.author, isouter=True)
    .where(in_guild(comments), comments.c.application_id == _the_id)
    .order_by(comments.c.at, comments.c.id)
)
_named: Final = json_rows("referees", users.c.id)
_REFEREES: Final = Statement(
    select(users.c.id, users.c.username)
    .select_from(
        _named.join(users, users.c.id == _named.c.id).join(
            memberships, and_(in_guild(memberships), memberships.c.user_id == users.c.id, _is_in_force)
        )
    )
    .order_by(users.c.username_key, users.c.id)
)


def _transition_row(row: Row) -> TransitionRow:
    number, at, before, after, outcome, round_, reason, actor_kind, actor_id, user_id, username = row
    return TransitionRow(
        number=number,
        at=moment_at(at),
        before=None if before is None else ApplicationStatus(before),
        after=ApplicationStatus(after),
        outcome=option_or_none(outcome),
        round=round_,
        reason=reason,
        actor_kind=ActorKind(actor_kind),
        actor_id=actor_id,
        user_id=user_id,
        username=username,
    )


def _comment_row(row: Row) -> CommentRow:
    comment_id, author_id, author, kind, text, at = row
    return CommentRow(
        id=comment_id, author_id=author_id, author=author, kind=CommentKind(kind), text=text, at=moment_at(at)
    )


def _answer_rows(answers: str, form: str | None) -> tuple[AnswerRow, ...]:
    asked = {} if form is None else {question.id: question for question in form_of(form).questions}
    return tuple(
        AnswerRow(
            question=answer.question,
            text=asked[answer.question].text,
            kind=asked[answer.question].kind,
            private=asked[answer.question].private,
            answer=answer.text,
        )
        for answer in answers_of(answers)
    )


# --- votes ------------------------------------------------------------------------------------------------------------

_VOTING: Final = Statement(
    select(
        applications.c.user_id,
        applications.c.submitted_at,
        applications.c.status,
        applications.c.polls,
        applications.c.rules,
    ).where(in_guild(applications), applications.c.id == _the_id)
)
_MERGED_INTO: Final = Statement(merged_into(_user_id))
_in_poll: Final = (
    in_guild(votes),
    votes.c.application_id == _application_id,
    votes.c.round == bindparam("round", type_=BigInteger),
    votes.c.stage == bindparam("stage", type_=votes.c.stage.type),
)
_with_heads, _person = with_heads(votes, votes.c.voter, votes.c.cast_at)
# Who cast several votes as users who are one person by now has one: what was cast last, as `last_of_each` has it.
_last: Final = (
    select(
        votes.c.option,
        votes.c.attended,
        votes.c.held,
        func.row_number()
        .over(
            partition_by=_person,
            order_by=(
                votes.c.cast_at.desc(),
                case((votes.c.voter == _person, literal(1)), else_=literal(0)).desc(),
                votes.c.voter.desc(),
            ),
        )
        .label("place"),
    )
    .select_from(_with_heads)
    .where(*_in_poll)
    .subquery("last")
)
_least: Final = bindparam("counts_from", type_=BigInteger)
# As a fraction, never as rounded percent; nothing held is a share of 0.
_counts: Final = and_(_last.c.attended * 100 >= _last.c.held * _least, or_(_last.c.held > 0, _least == 0))
_TALLY: Final = Statement(
    select(_last.c.option, func.count(), int_sum(case((_counts, 1), else_=0)))
    .where(_last.c.place == literal(1), _last.c.option.is_not(None))
    .group_by(_last.c.option)
)
_VOTERS: Final = Statement(
    select(
        _person,
        users.c.id,
        users.c.username,
        func.coalesce(memberships.c.role_group, RoleGroup.GUEST.value),
        votes.c.option,
        votes.c.attended,
        votes.c.held,
        votes.c.cast_at,
        votes.c.changes,
    )
    .select_from(
        _with_heads.join(users, users.c.id == votes.c.voter).outerjoin(
            memberships, and_(in_guild(memberships), memberships.c.user_id == votes.c.voter, _is_in_force)
        )
    )
    .where(*_in_poll)
    .order_by(users.c.username_key, users.c.id)
)
_with_recused, _recused_now = with_heads(recusals, recusals.c.user_id, recusals.c.at)
_RECUSED: Final = Statement(
    select(recusals.c.user_id, _recused_now)
    .select_from(_with_recused)
    .where(in_guild(recusals), recusals.c.application_id == _application_id)
)
_RECUSALS: Final = Statement(
    select(users.c.id, users.c.username, recusals.c.at)
    .join_from(recusals, users, users.c.id == recusals.c.user_id)
    .where(in_guild(recusals), recusals.c.application_id == _application_id)
    .order_by(users.c.username_key, users.c.id)
)
_with_applicants, _applicant_now = with_heads(applications, applications.c.user_id, applications.c.submitted_at)
_applicant, _applicant_by_now = (
    select(whose)
    .select_from(_with_applicants)
    .where(in_guild(applications), applications.c.id == _application_id)
    .correlate(None)
    .scalar_subquery()
    for whose in (applications.c.user_id, _applicant_now)
)


def _electors(role_groups: Iterable[RoleGroup]) -> Statement:
    """Who may vote, of these role groups: user, username, role group, and the attendance."""
    people = (
        select(memberships.c.user_id, memberships.c.joined_at)
        .join_from(memberships, users, users.c.id == memberships.c.user_id)
        .where(
            in_guild(memberships),
            _is_in_force,
            or_(*(memberships.c.role_group == role_group.value for role_group in role_groups)),
            users.c.deactivated_at.is_(None),
            memberships.c.user_id != _applicant,
            memberships.c.user_id != _applicant_by_now,
        )
        .subquery("people")
    )
    query = AttendanceQuery(people)
    tables = query.tables.join(users, users.c.id == query.user_id).join(
        memberships, and_(in_guild(memberships), memberships.c.user_id == query.user_id)
    )
    columns = (users.c.id, users.c.username, memberships.c.role_group)
    return Statement(query.select(*columns, tables=tables).order_by(users.c.username_key, users.c.id))


_ELECTORS: Final = {
    Stage.MEMBERS: _electors(ACTIVE_ROLE_GROUPS),
    Stage.OFFICERS: _electors((RoleGroup.OFFICER,)),
}
_CHANGES_COUNT: Final = (
    select(func.count())
    .select_from(vote_changes)
    .where(in_guild(vote_changes), vote_changes.c.application_id == _application_id)
)
_CHANGE_COUNT: Final = Statement(_CHANGES_COUNT)
_NEWEST: Final = tuple(vote_changes.c[name].desc() for name in ("at", "voter", "number", "round", "stage"))
_CHANGES: Final = Statement(
    select(
        vote_changes.c.round,
        vote_changes.c.stage,
        vote_changes.c.voter,
        users.c.username,
        vote_changes.c.number,
        vote_changes.c.at,
        vote_changes.c.before,
        vote_changes.c.after,
        vote_changes.c.attended,
        vote_changes.c.held,
        _CHANGES_COUNT.correlate(None).scalar_subquery(),
    )
    .join_from(vote_changes, users, users.c.id == vote_changes.c.voter)
    .where(in_guild(vote_changes), vote_changes.c.application_id == _application_id)
    .order_by(*_NEWEST)
    .limit(PAGE_SIZE)
    .offset(PAGE_OFFSET)
)


def _poll_params(application_id: ApplicationId, poll: Poll) -> dict[str, Any]:
    return {"application_id": application_id, "round": poll.round, "stage": poll.stage.value}


def _voter_rows(application_id: ApplicationId, poll: Poll, rows: Iterable[Row]) -> tuple[VoterRow, ...]:
    cast = [(person, _vote(application_id, poll, row), *row[1:3]) for person, *row in rows]
    last = last_of_each((person, vote) for person, vote, *_ in cast)
    return tuple(
        VoterRow.of(vote, username, RoleGroup(role_group), poll.counts_from, stands=vote is last[person])
        for person, vote, username, role_group in cast
    )


def _vote(application_id: ApplicationId, poll: Poll, row: Sequence[Any]) -> Vote:
    voter, _, _, option, attended, held, cast_at, changes = row
    return Vote(
        application_id=application_id,
        round=poll.round,
        stage=poll.stage,
        voter=voter,
        option=option_or_none(option),
        attendance=AttendanceShare(attended, held),
        cast_at=moment_at(cast_at),
        changes=changes,
    )


def _change_row(row: Row) -> VoteChangeRow:
    round_, stage, user_id, username, number, at, before, after, attended, held, _ = row
    return VoteChangeRow(
        round=round_,
        stage=Stage(stage),
        user_id=user_id,
        username=username,
        number=number,
        at=moment_at(at),
        before=option_or_none(before),
        after=option_or_none(after),
        attendance=AttendanceShare(attended, held).percent,
    )


# --- trials -----------------------------------------------------------------------------------------------------------

_from: Final = bindparam("from_at", type_=BigInteger)
_until: Final = bindparam("until_at", type_=BigInteger)
_TRIAL_RAIDS: Final = Statement(
    select(
        raids.c.id,
        event_types.c.name,
        raids.c.starts_at,
        raids.c.ticks,
        raids.c.pools,
        attendance.c.tick,
        attendance.c.status,
        attendance.c.counts,
        attendance.c.awarded,
        attendance.c.user_id,
    )
    .select_from(
        raids.join(
            event_types, and_(event_types.c.guild_id == raids.c.guild_id, event_types.c.id == raids.c.event_type_id)
        ).outerjoin(
            attendance,
            and_(
                attendance.c.guild_id == raids.c.guild_id,
                attendance.c.raid_id == raids.c.id,
                or_(
                    is_theirs(attendance, attendance.c.at),
                    and_(
                        attendance.c.user_id.is_(None),
                        attendance.c.ignored == 0,
                        attendance.c.name_key == bindparam("name_key", type_=attendance.c.name_key.type),
                    ),
                ),
            ),
        )
    )
    .where(in_guild(raids), raids.c.counts == 1, raids.c.starts_at >= _from, raids.c.starts_at < _until)
    .order_by(raids.c.starts_at.desc(), raids.c.id.desc(), attendance.c.tick, attendance.c.name_key)
)
_TRIAL_LOOT: Final = Statement(
    select(awards.c.id, awards.c.item_id, awards.c.item_name, awards.c.price, awards.c.awarded_at)
    .where(
        in_guild(awards),
        is_theirs(awards, awards.c.awarded_at),
        awards.c.awarded_at >= _from,
        awards.c.awarded_at < _until,
        awards.c.status == AwardStatus.STANDING.value,
    )
    .order_by(awards.c.awarded_at.desc(), awards.c.id.desc())
)


def _trial_raid_row(rows: Sequence[Row], policies: SqlPoolPolicies) -> TrialRaidRow:
    """A raid, with the lines of whom it is about; a raid without any is one row, with nothing in it."""
    raid_id, event_type, starts_at, ticks, pools = rows[0][:5]
    lines = [
        (tick, Presence(word), counts, awarded, user_id)
        for *_, tick, word, counts, awarded, user_id in rows
        if word is not None
    ]
    paid = {tick for tick, _, _, awarded, _ in lines if awarded}
    points = ZERO
    for tick, presence, _, awarded, user_id in lines:
        if user_id is None:
            in_force = [policies.of(pool_id).policies for pool_id in json.loads(pools)]
            points += worth_of(presence, tick, ticks, in_force, is_paid=tick in paid)
        else:
            points += points_of(awarded)
    # Who was there at all was there, however else they were noted.
    counting = (presence for _, presence, counts, _, _ in lines if counts)
    there = next(counting, lines[0][1] if lines else None)
    return TrialRaidRow(
        raid_id=raid_id,
        event_type=event_type,
        starts_at=moment_at(starts_at),
        presence=there,
        points=points,
        unresolved=any(user_id is None for *_, user_id in lines),
    )


# --- statistics -------------------------------------------------------------------------------------------------------

_first_review: Final = (
    select(transitions.c.application_id, func.min(transitions.c.number).label("number"))
    .where(
        in_guild(transitions),
        or_(
            transitions.c.after == ApplicationStatus.TRIAL_ACCEPTED.value,
            transitions.c.after == ApplicationStatus.REJECTED.value,
        ),
    )
    .group_by(transitions.c.application_id)
    .subquery("first_review")
)


@lru_cache(maxsize=4)
def _facts(wanted: frozenset[str]) -> Statement:
    """The statement for these bounds."""
    bounds = {"since": applications.c.submitted_at >= _from, "until": applications.c.submitted_at < _until}
    return Statement(
        select(
            applications.c.status,
            applications.c.outcome,
            applications.c.submitted_at,
            applications.c.ended_at,
            applications.c.trial_starts_at,
            users.c.id,
            users.c.username,
        )
        .select_from(
            applications.outerjoin(_first_review, _first_review.c.application_id == applications.c.id)
            .outerjoin(
                transitions,
                and_(
                    transitions.c.guild_id == applications.c.guild_id,
                    transitions.c.application_id == applications.c.id,
                    transitions.c.number == _first_review.c.number,
                ),
            )
            .outerjoin(users, users.c.id == transitions.c.user_id)
        )
        .where(in_guild(applications), *(bounds[name] for name in sorted(wanted)))
        .order_by(applications.c.id)
    )


def _fact(row: Row) -> ApplicationFact:
    status, outcome, submitted_at, ended_at, trial_starts_at, reviewer_id, reviewer = row
    return ApplicationFact(
        status=ApplicationStatus(status),
        outcome=option_or_none(outcome),
        submitted_at=moment_at(submitted_at),
        ended_at=moment_or_none(ended_at),
        accepted=trial_starts_at is not None,
        reviewer_id=reviewer_id,
        reviewer=reviewer,
    )


class SqlRecruitmentView(SqlView, RecruitmentView):
    """Reads applications, trials and votes."""

    # --- rules and questions ------------------------------------------------------------------------------------------

    def recruitment_rules(self) -> tuple[RecruitmentRulesRow, ...]:
        rows = self.session.all(_RULES)
        if not rows:
            return (RecruitmentRulesRow(version=0, values=RecruitmentRules().values(), changed_at=None),)
        return tuple(
            RecruitmentRulesRow(
                version=version, values=recruitment_rules_of(text).values(), changed_at=moment_at(changed_at)
            )
            for version, text, changed_at in rows
        )

    def application_form(self, version: int | None) -> FormRow:
        row = self.session.first(_LATEST_FORM) if version is None else self.session.first(_FORM, version=version)
        if row is not None:
            return FormRow(version=row[0], form=form_of(row[1]), changed_at=moment_at(row[2]))
        if version:
            raise NoSuch("version of the application form", version)
        return FormRow(version=0, form=Form(), changed_at=None)

    # --- applications -------------------------------------------------------------------------------------------------

    def applications(
        self, wanted: ApplicationFilter, *, ordering: tuple[Order, ...], page: PageRequest
    ) -> Page[ApplicationRow]:
        params: dict[str, Any] = {}
        if wanted.statuses:
            params["statuses"] = sorted(wanted.statuses)
        if wanted.user_id is not None:
            params["user_id"] = wanted.user_id
        if name_key(wanted.search):
            params["search"] = pattern_of(wanted.search)
        filters = frozenset(params) if wanted.archived else frozenset({*params, "not_archived"})
        rows = self.session.all(_applications(filters, ordering), **params, **page_params(page))
        if rows:
            return Page(tuple(_application_row(row[:-1]) for row in rows), rows[0][-1])
        counted = self.session.first(_applications(filters, (), counted=True), **params) if page.offset else None
        return Page((), counted[0] if counted else 0)

    def application(self, application_id: ApplicationId) -> ApplicationDetail:
        row = self.session.first(_APPLICATION, the_id=application_id)
        if row is None:
            raise NoSuch("application", application_id)
        (
            discord_id,
            previous_guilds,
            availability,
            timezone,
            references,
            referees,
            email,
            form_version,
            answers,
            character_id,
            rules_version,
            form,
        ) = row[len(_ROW) :]
        return ApplicationDetail.of(
            _application_row(row[: len(_ROW)]),
            discord_id=discord_id,
            previous_guilds=previous_guilds,
            availability=availability,
            timezone=timezone,
            references=references,
            referees=self._referees(json.loads(referees)),
            email=email,
            form_version=form_version,
            answers=_answer_rows(answers, form),
            character_id=character_id,
            rules_version=rules_version,
            transitions=self._transitions(application_id),
            comments=tuple(map(_comment_row, self.session.all(_COMMENTS, the_id=application_id))),
            polls=polls_of(row[_POLLS]),
        )

    def _transitions(self, application_id: ApplicationId) -> tuple[TransitionRow, ...]:
        """Its steps, the earliest first, with the names of those who took them elsewhere too."""
        steps = tuple(map(_transition_row, self.session.all(_TRANSITIONS, the_id=application_id)))
        imported = {step.actor_id for step in steps if step.actor_kind is ActorKind.IMPORT and step.actor_id}
        names = names_elsewhere(self.session, imported)
        return tuple(
            evolve(step, username=names.get(step.actor_id or "")) if step.actor_kind is ActorKind.IMPORT else step
            for step in steps
        )

    def _referees(self, named: Sequence[UserId]) -> tuple[RefereeRow, ...]:
        rows = self.session.all(_REFEREES, referees=[[user_id] for user_id in named]) if named else []
        return tuple(RefereeRow(user_id=user_id, username=username) for user_id, username in rows)

    # --- votes --------------------------------------------------------------------------------------------------------

    def merged_into(self, user_id: UserId) -> Mapping[UserId, datetime]:
        return {other: moment_at(until) for other, until in self.session.all(_MERGED_INTO, user_id=user_id)}

    def voting(self, application_id: ApplicationId) -> VotingRow:
        row = self.session.first(_VOTING, the_id=application_id)
        if row is None:
            raise NoSuch("application", application_id)
        user_id, submitted_at, status, polls, rules = row
        return VotingRow(
            application_id=application_id,
            user_id=user_id,
            submitted_at=moment_at(submitted_at),
            status=ApplicationStatus(status),
            polls=polls_of(polls),
            rules=recruitment_rules_of(rules),
        )

    def tally(self, application_id: ApplicationId, poll: Poll) -> Tally:
        params = {**_poll_params(application_id, poll), "counts_from": poll.counts_from_percent}
        counts = {option: numbers for option, *numbers in self.session.all(_TALLY, **params)}
        return Tally(tuple(Count(option, *counts.get(option.value, ())) for option in Option))

    def vote(self, application_id: ApplicationId, poll: Poll, voter: UserId) -> Vote | None:
        return SqlVotes(self.session).find(application_id, poll.round, poll.stage, voter)

    def voters(self, application_id: ApplicationId, poll: Poll) -> tuple[VoterRow, ...]:
        rows = self.session.all(_VOTERS, **_poll_params(application_id, poll))
        return _voter_rows(application_id, poll, rows)

    def recusals(self, application_id: ApplicationId) -> tuple[RecusalRow, ...]:
        rows = self.session.all(_RECUSALS, application_id=application_id)
        return tuple(RecusalRow(user_id=user_id, username=username, at=moment_at(at)) for user_id, username, at in rows)

    def electors(self, application_id: ApplicationId, poll: Poll, *, days: int, at: datetime) -> tuple[ElectorRow, ...]:
        rows = self.session.all(_ELECTORS[poll.stage], application_id=application_id, **windows_ending(at))
        votes = SqlVotes(self.session).of(application_id, poll.round, poll.stage)
        voted = {vote.voter for vote in votes if vote.option is not None}
        recused = {each for row in self.session.all(_RECUSED, application_id=application_id) for each in row}
        found = []
        for user_id, username, role_group, *counted in rows:
            shares = shares_of(counted)
            found.append(
                ElectorRow(
                    user_id=user_id,
                    username=username,
                    role_group=RoleGroup(role_group),
                    attendance=shares.recent[WINDOWS.index(days)] if days else shares.lifetime,
                    voted=user_id in voted,
                    recused=user_id in recused,
                )
            )
        return tuple(found)

    def vote_changes(self, application_id: ApplicationId, *, page: PageRequest) -> Page[VoteChangeRow]:
        rows = self.session.all(_CHANGES, application_id=application_id, **page_params(page))
        if rows:
            return Page(tuple(map(_change_row, rows)), rows[0][-1])
        counted = self.session.first(_CHANGE_COUNT, application_id=application_id) if page.offset else None
        return Page((), counted[0] if counted else 0)

    # --- trials -------------------------------------------------------------------------------------------------------

    def performance(
        self, user_id: UserId, character_name: str, *, over: Period, recent: Period, pool_id: PoolId | None
    ) -> Performance:
        return SqlPerformances(self.session).performance(
            user_id, character_name, over=over, recent=recent, pool_id=pool_id
        )

    def trial_raids(self, user_id: UserId, character_name: str, over: Period) -> tuple[TrialRaidRow, ...]:
        rows = self.session.all(_TRIAL_RAIDS, user_id=user_id, name_key=name_key(character_name), **_span(over))
        policies = SqlPoolPolicies(self.session)
        return tuple(_trial_raid_row(list(of_raid), policies) for _, of_raid in groupby(rows, key=lambda row: row[0]))

    def trial_loot(self, user_id: UserId, over: Period) -> tuple[TrialLootRow, ...]:
        return tuple(
            TrialLootRow(
                award_id=award_id,
                item_id=item_id,
                item=item,
                price=points_of(price),
                awarded_at=moment_at(awarded_at),
            )
            for award_id, item_id, item, price, awarded_at in self.session.all(
                _TRIAL_LOOT, user_id=user_id, **_span(over)
            )
        )

    # --- statistics ---------------------------------------------------------------------------------------------------

    def application_facts(self, *, since: datetime | None, until: datetime | None) -> tuple[ApplicationFact, ...]:
        bounds = {"since": since, "until": until}
        wanted = {name: micros(moment) for name, moment in bounds.items() if moment is not None}
        params = {_BOUNDS[name]: moment for name, moment in wanted.items()}
        return tuple(map(_fact, self.session.all(_facts(frozenset(wanted)), **params)))


_BOUNDS: Final = {"since": "from_at", "until": "until_at"}


def _span(over: Period) -> dict[str, int]:
    return {"from_at": micros(over.start), "until_at": micros(over.end)}

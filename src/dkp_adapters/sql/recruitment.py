"""How a guild recruits, its applications, what is said of them, and the votes on them, in SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from attrs import evolve, fields
from sqlalchemy import BigInteger, Table, bindparam, insert, literal, or_, select, update

from dkp_adapters.sql.bidders import SqlBidders
from dkp_adapters.sql.heads import counts_for, with_heads
from dkp_adapters.sql.moments import micros, moment_at, moment_or_none
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import (
    GUILD,
    Params,
    Statement,
    binds,
    in_guild,
    insert_rows,
    json_rows,
    locking,
    to_json,
    upsert,
)
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
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import ApplicationId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.raids import AttendanceShare
from dkp_core.recruitment import (
    AlreadyApplied,
    Answer,
    Application,
    ApplicationForms,
    Applications,
    ApplicationStatus,
    Candidate,
    Comment,
    Comments,
    Decided,
    Finished,
    Form,
    InVote,
    OnTrial,
    OpenTask,
    Option,
    Poll,
    RecruitmentRulebook,
    RecruitmentRules,
    Recusal,
    Rejected,
    Stage,
    Submitted,
    Transition,
    Trial,
    Vote,
    VoteChange,
    Voters,
    Votes,
    Withdrawn,
    last_of_each,
    vote_of,
)

_the_id: Final = bindparam("the_id", type_=BigInteger)
_user_id: Final = bindparam("user_id", type_=BigInteger)
_application_id: Final = bindparam("application_id", type_=BigInteger)


def _lost(_: Params) -> Exception:
    return Stale("somebody else made it first")


# --- rules and questions ----------------------------------------------------------------------------------------------


def _versions(table: Table, what: str) -> tuple[Statement, Statement]:
    """How the latest version of something is read, and another one kept."""
    latest = (
        select(table.c.version, table.c[what], table.c.changed_at)
        .where(in_guild(table))
        .order_by(table.c.version.desc())
        .limit(literal(1))
    )
    another = insert(table).values(binds(table, *table.c.keys()))
    return Statement(latest), Statement(another, violations={f"pk_{table.name}": _lost})


_LATEST_RULES, _APPEND_RULES = _versions(recruitment_rules, "rules")
_LATEST_FORM, _APPEND_FORM = _versions(application_forms, "form")


class SqlRecruitmentRulebook(RecruitmentRulebook):
    """The guild's rules for recruitment."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def latest(self) -> tuple[int, RecruitmentRules]:
        row = self.session.first(_LATEST_RULES)
        return (0, RecruitmentRules()) if row is None else (row[0], recruitment_rules_of(row[1]))

    def changed_at(self) -> datetime | None:
        row = self.session.first(_LATEST_RULES)
        return None if row is None else moment_at(row[2])

    def append(self, version: int, rules: RecruitmentRules, event: DomainEvent) -> None:
        self.session.run(_APPEND_RULES, version=version, rules=_rules_text(rules), changed_at=self.session.now())
        self.session.announce(event)


class SqlApplicationForms(ApplicationForms):
    """The guild's questions to applicants."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def latest(self) -> tuple[int, Form]:
        row = self.session.first(_LATEST_FORM)
        return (0, Form()) if row is None else (row[0], form_of(row[1]))

    def changed_at(self) -> datetime | None:
        row = self.session.first(_LATEST_FORM)
        return None if row is None else moment_at(row[2])

    def append(self, version: int, form: Form, event: DomainEvent) -> None:
        append_form(self.session, version, form, self.session.now())
        self.session.announce(event)


def _rules_text(rules: RecruitmentRules) -> str:
    """Rules as they are kept: every field, so that they stay what they are when a default changes."""
    return to_json(rules.values())


@lru_cache(maxsize=256)
def recruitment_rules_of(text: str) -> RecruitmentRules:
    """The rules that were kept so; read once, since every vote asks for those of its application."""
    return RecruitmentRules.of(json.loads(text), "rules")


@lru_cache(maxsize=256)
def form_of(text: str) -> Form:
    """The questions that were kept so."""
    return Form.of(json.loads(text), "form")


def append_form(session: Session, version: int, form: Form, at: int) -> None:
    """Keep a version of the guild's questions, since `at` (in microseconds). Raises: Stale where it is there."""
    session.run(_APPEND_FORM, version=version, form=to_json(form.values()), changed_at=at)


# --- applications -----------------------------------------------------------------------------------------------------

_TOLD: Final = (
    "character_name",
    "server",
    "character_class",
    "level",
    "previous_guilds",
    "availability",
    "timezone",
    "references",
    "referees",
    "email",
    "form_version",
    "answers",
)
"""What the applicant told, as the fields of a candidate are called."""
_MOVES: Final = (
    "open_for",
    "status",
    "archived",
    "last_at",
    "ended_at",
    "trial_starts_at",
    "trial_ends_at",
    "overdue",
    "proposal",
    "round",
    "outcome",
    "task",
    "character_id",
    "steps",
    "rules_version",
    "rules",
    "polls",
    "character_key",
    *_TOLD,
)
APPLICATION_COLUMNS: Final = (
    applications.c.id,
    applications.c.guild_id,
    applications.c.user_id,
    applications.c.status,
    applications.c.archived,
    applications.c.submitted_at,
    applications.c.last_at,
    applications.c.ended_at,
    applications.c.trial_starts_at,
    applications.c.trial_ends_at,
    applications.c.overdue,
    applications.c.proposal,
    applications.c.round,
    applications.c.outcome,
    applications.c.task,
    applications.c.character_id,
    applications.c.steps,
    applications.c.rules_version,
    applications.c.rules,
    applications.c.polls,
    applications.c.version,
    *(applications.c[name] for name in _TOLD),
)
_SELECT_APPLICATION: Final = locking(select(*APPLICATION_COLUMNS).where(in_guild(applications)))
_APPLICATION: Final = Statement(_SELECT_APPLICATION.where(applications.c.id == _the_id))
_of_user: Final = _SELECT_APPLICATION.where(applications.c.user_id == _user_id)
_OF_USER: Final = Statement(_of_user.order_by(applications.c.id))
_LATEST_OF_USER: Final = Statement(_of_user.order_by(applications.c.id.desc()).limit(literal(1)))
_OTHER_OPEN: Final = Statement(
    select(applications.c.id).where(
        in_guild(applications), applications.c.open_for == _user_id, applications.c.id != _the_id
    )
)
# Whoever just had no open application has one by now: trying again tells which.
_APPLICATION_VIOLATIONS: Final = {"uq_applications_guild_id_open_for": _lost, "pk_applications": _lost}
_INSERT_APPLICATION: Final = Statement(
    insert(applications).values(
        {**binds(applications, "guild_id", "id", "user_id", "submitted_at", *_MOVES), "version": 1}
    ),
    violations=_APPLICATION_VIOLATIONS,
)
_UPDATE_APPLICATION: Final = Statement(
    update(applications)
    .where(
        in_guild(applications),
        applications.c.id == _the_id,
        applications.c.version == bindparam("read_version", type_=BigInteger),
    )
    .values({**binds(applications, *_MOVES), "version": applications.c.version + 1}),
    violations=_APPLICATION_VIOLATIONS,
)
_taken: Final = json_rows(
    "taken", *(column for column in transitions.c if column.name not in ("guild_id", "application_id"))
)
_APPEND_TRANSITIONS: Final = Statement(
    insert_rows(transitions, select(GUILD, _application_id.label("application_id"), *_taken.c)),
    violations={"pk_application_transitions": _lost},
)
_EMPTY_TRANSITIONS: Final = Statement(
    update(transitions)
    .where(in_guild(transitions), transitions.c.application_id == _application_id, transitions.c.reason != "")
    .values(reason="")
)


class SqlApplications(Applications):
    """The guild's applications."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def get(self, application_id: ApplicationId) -> Application:
        row = self.session.first(_APPLICATION, the_id=application_id)
        if row is None:
            raise NoSuch("application", application_id)
        return application_of(row)

    def latest_of(self, user_id: UserId) -> Application | None:
        row = self.session.first(_LATEST_OF_USER, user_id=user_id)
        return None if row is None else application_of(row)

    def of_user(self, user_id: UserId) -> tuple[Application, ...]:
        return tuple(map(application_of, self.session.all(_OF_USER, user_id=user_id)))

    def save(self, application: Application) -> None:
        if application.is_open:
            other = self.session.first(_OTHER_OPEN, user_id=application.user_id, the_id=application.id)
            if other is not None:
                raise AlreadyApplied(other[0])
        moves = _moves(application)
        if application.version:
            count = self.session.run(
                _UPDATE_APPLICATION, the_id=application.id, read_version=application.version, **moves
            )
            self.session.saved(count)
        else:
            self.session.run(
                _INSERT_APPLICATION,
                id=application.id,
                user_id=application.user_id,
                submitted_at=micros(application.submitted_at),
                **moves,
            )
        if application.transitions:
            by = self.session.by
            assert by is not None, "steps are taken by somebody"
            actor = [by.kind.value, by.id, by.user_id]
            append_steps(self.session, application.id, application.transitions, actor)
        self.session.save_events(application)

    def forget(self, application: Application) -> None:
        self.save(application)
        self.session.run(_EMPTY_TRANSITIONS, application_id=application.id)
        self.session.run(_EMPTY_COMMENTS_ON, application_id=application.id)


def _moves(application: Application) -> dict[str, Any]:
    trial, candidate = application.trial, application.candidate
    proposal = application.proposal if isinstance(application, OnTrial) else None
    decided = application if isinstance(application, Decided) else None
    told = {each.name: getattr(candidate, each.name) for each in fields(Candidate)}
    return told | {
        "open_for": application.user_id if application.is_open else None,
        "status": application.status.value,
        "archived": int(isinstance(application, Finished) and application.archived),
        "last_at": micros(application.last_at),
        "ended_at": micros(application.ended_at) if isinstance(application, Finished) else None,
        "trial_starts_at": None if trial is None else micros(trial.starts_at),
        "trial_ends_at": None if trial is None else micros(trial.ends_at),
        "overdue": int(trial is not None and trial.overdue),
        "proposal": _word(proposal),
        "round": application.round,
        "outcome": None if decided is None else decided.outcome.value,
        "task": None if decided is None else _word(decided.task),
        "character_id": application.character_id,
        "steps": application.steps,
        "rules_version": application.rules_version,
        "rules": _rules_text(application.rules),
        "polls": to_json(
            [
                [
                    poll.round,
                    poll.stage,
                    micros(poll.opens_at),
                    micros(poll.closes_at),
                    poll.counts_from_percent,
                    poll.result,
                ]
                for poll in application.polls
            ]
        ),
        "character_key": name_key(candidate.character_name),
        "referees": to_json(candidate.referees),
        "answers": to_json([[answer.question, answer.text] for answer in candidate.answers]),
    }


def append_steps(
    session: Session, application_id: ApplicationId, steps: Sequence[Transition], actor: Sequence[Any]
) -> None:
    """Keep steps that an application took; `actor` is who took them: the kind, the id, and the user, if it is one."""
    session.run(_APPEND_TRANSITIONS, application_id=application_id, taken=[_step(step, actor) for step in steps])


def _step(step: Transition, actor: Sequence[Any]) -> list[Any]:
    moved = [step.number, micros(step.at), step.before, step.after, step.outcome, step.round]
    return [*moved, *actor, step.reason]


def application_of(row: tuple[Any, ...]) -> Application:
    """The application in the type of its state, from its APPLICATION_COLUMNS."""
    (
        application_id,
        guild_id,
        user_id,
        status,
        archived,
        submitted_at,
        last_at,
        ended_at,
        trial_starts_at,
        trial_ends_at,
        overdue,
        proposal,
        round_,
        outcome,
        task,
        character_id,
        steps,
        rules_version,
        rules,
        polls,
        version,
        *told,
    ) = row
    known: dict[str, Any] = {
        "id": application_id,
        "guild_id": guild_id,
        "user_id": user_id,
        "candidate": _candidate(told),
        "rules": recruitment_rules_of(rules),
        "rules_version": rules_version,
        "submitted_at": moment_at(submitted_at),
        "last_at": moment_at(last_at),
        "round": round_,
        "polls": polls_of(polls),
        "trial": None
        if trial_starts_at is None
        else Trial(starts_at=moment_at(trial_starts_at), ends_at=moment_at(trial_ends_at), overdue=bool(overdue)),
        "character_id": character_id,
        "steps": steps,
        "version": version,
    }
    over: dict[str, Any] = {"ended_at": moment_or_none(ended_at), "archived": bool(archived)}
    match ApplicationStatus(status):
        case ApplicationStatus.SUBMITTED:
            return Submitted(**known)
        case ApplicationStatus.TRIAL_ACCEPTED:
            return OnTrial(proposal=option_or_none(proposal), **known)
        case ApplicationStatus.VOTING_ACTIVE:
            return InVote(**known)
        case ApplicationStatus.VOTING_COMPLETE:
            return Decided(outcome=Option(outcome), task=task_or_none(task), **over, **known)
        case ApplicationStatus.REJECTED:
            return Rejected(**over, **known)
        case ApplicationStatus.WITHDRAWN:
            return Withdrawn(**over, **known)


def _candidate(told: Sequence[Any]) -> Candidate:
    values = dict(zip(_TOLD, told, strict=True))
    values["referees"] = tuple(json.loads(values["referees"]))
    values["answers"] = answers_of(values["answers"])
    return Candidate(**values)


def answers_of(text: str) -> tuple[Answer, ...]:
    """What an applicant answered, from JSON."""
    return tuple(Answer(question, answer) for question, answer in json.loads(text))


def polls_of(text: str) -> tuple[Poll, ...]:
    """The polls of an application in order, from JSON."""
    return tuple(
        Poll(
            round=round_,
            stage=Stage(stage),
            opens_at=moment_at(opens_at),
            closes_at=moment_at(closes_at),
            counts_from_percent=percent,
            result=option_or_none(result),
        )
        for round_, stage, opens_at, closes_at, percent, result in json.loads(text)
    )


def _word(word: StrEnum | None) -> str | None:
    return None if word is None else word.value


def option_or_none(word: str | None) -> Option | None:
    """The option of that name, where there may be none."""
    return None if word is None else Option(word)


def task_or_none(word: str | None) -> OpenTask | None:
    """The task of that name, where there may be none."""
    return None if word is None else OpenTask(word)


# --- comments ---------------------------------------------------------------------------------------------------------

_APPEND_COMMENT: Final = Statement(insert(comments).values(binds(comments, *comments.c.keys())))
_EMPTY_COMMENTS_ON: Final = Statement(
    update(comments)
    .where(in_guild(comments), comments.c.application_id == _application_id, comments.c.text != "")
    .values(text="")
)
_EMPTY_COMMENTS_BY: Final = Statement(
    update(comments).where(in_guild(comments), comments.c.author == _user_id, comments.c.text != "").values(text="")
)


class SqlComments(Comments):
    """What is said about the guild's applications."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def append(self, comment: Comment, event: DomainEvent) -> None:
        append_comment(self.session, comment)
        self.session.announce(event)

    def forget(self, author: UserId) -> None:
        self.session.run(_EMPTY_COMMENTS_BY, user_id=author)


def append_comment(session: Session, comment: Comment) -> None:
    """Keep what was said about an application."""
    session.run(
        _APPEND_COMMENT,
        application_id=comment.application_id,
        id=comment.id,
        author=comment.author,
        kind=comment.kind.value,
        at=micros(comment.at),
        text=comment.text,
    )


# --- votes ------------------------------------------------------------------------------------------------------------

_VOTE_KEY: Final = ("guild_id", "application_id", "round", "stage", "voter")
_VOTE_VALUES: Final = ("option", "attended", "held", "cast_at", "changes", "steps")
_in_poll: Final = (
    in_guild(votes),
    votes.c.application_id == _application_id,
    votes.c.round == bindparam("round", type_=BigInteger),
    votes.c.stage == bindparam("stage", type_=votes.c.stage.type),
)
_votes_with_heads, _person = with_heads(votes, votes.c.voter, votes.c.cast_at)
_SELECT_VOTE: Final = (
    select(_person, votes.c.voter, *(votes.c[name] for name in _VOTE_VALUES))
    .select_from(_votes_with_heads)
    .where(*_in_poll)
)
_voter: Final = bindparam("voter", type_=BigInteger)
_VOTES_OF: Final = Statement(_SELECT_VOTE.where(or_(_person == _voter, votes.c.voter == _voter)))
_VOTES: Final = Statement(_SELECT_VOTE)
_PUT_VOTE: Final = Statement(
    upsert(
        votes,
        binds(votes, *_VOTE_KEY, *_VOTE_VALUES),
        key=_VOTE_KEY,
        update=lambda _, new: {name: new[name] for name in _VOTE_VALUES},
    )
)
_APPEND_CHANGE: Final = Statement(insert(vote_changes).values(binds(vote_changes, *vote_changes.c.keys())))
_RECUSE: Final = Statement(
    upsert(recusals, binds(recusals, *recusals.c.keys()), key=("guild_id", "application_id", "user_id"))
)
_IS_RECUSED: Final = Statement(
    select(recusals.c.user_id).where(
        in_guild(recusals),
        recusals.c.application_id == _application_id,
        or_(recusals.c.user_id == _user_id, counts_for(recusals.c.user_id, recusals.c.at, _user_id)),
    )
)


class SqlVotes(Votes):
    """The votes on the guild's applications."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, application_id: ApplicationId, round_: int, stage: Stage, voter: UserId) -> Vote | None:
        poll = {"application_id": application_id, "round": round_, "stage": stage.value}
        rows = self.session.all(_VOTES_OF, **poll, voter=voter)
        return vote_of(voter, [_vote(application_id, round_, stage, row) for _, *row in rows])

    def of(self, application_id: ApplicationId, round_: int, stage: Stage) -> tuple[Vote, ...]:
        rows = self.session.all(_VOTES, application_id=application_id, round=round_, stage=stage.value)
        last = last_of_each((person, _vote(application_id, round_, stage, row)) for person, *row in rows)
        return tuple(evolve(last[person], voter=person) for person in sorted(last))

    def save(self, vote: Vote, change: VoteChange) -> None:
        poll = {"application_id": vote.application_id, "round": vote.round, "stage": vote.stage.value}
        self.session.run(
            _PUT_VOTE,
            **poll,
            voter=vote.voter,
            option=_word(vote.option),
            attended=vote.attendance.attended,
            held=vote.attendance.held,
            cast_at=micros(vote.cast_at),
            changes=vote.changes,
            steps=vote.steps,
        )
        self.session.run(
            _APPEND_CHANGE,
            **poll,
            voter=change.voter,
            number=change.number,
            at=micros(change.at),
            before=_word(change.before),
            after=_word(change.after),
            attended=change.attendance.attended,
            held=change.attendance.held,
            actor_kind=change.actor_kind.value,
            actor_id=change.actor_id,
            entrypoint=change.entrypoint,
        )

    def recuse(self, recusal: Recusal) -> None:
        self.session.run(_RECUSE, application_id=recusal.application_id, user_id=recusal.user_id, at=micros(recusal.at))

    def is_recused(self, application_id: ApplicationId, user_id: UserId) -> bool:
        return self.session.first(_IS_RECUSED, application_id=application_id, user_id=user_id) is not None


def _vote(application_id: ApplicationId, round_: int, stage: Stage, row: Sequence[Any]) -> Vote:
    voter, option, attended, held, cast_at, changes, steps = row
    return Vote(
        application_id=application_id,
        round=round_,
        stage=stage,
        voter=voter,
        option=option_or_none(option),
        attendance=AttendanceShare(attended, held),
        cast_at=moment_at(cast_at),
        changes=changes,
        steps=steps,
    )


class SqlVoters(Voters):
    """Who votes in the guild; their attendance is counted as that of bidders is."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def attendance(self, user_id: UserId, days: int, at: datetime) -> AttendanceShare:
        return SqlBidders(self.session).attendance(user_id, days, at)

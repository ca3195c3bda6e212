"""Applications of the guildrequest plugin, and what was said of them (O-1, V-1).

Comments under `guildrequest` are read by applicants, those under `guildrequest_int` are not; who has no account speaks
through a user called GuildRequest. Source: the plugin's own pages and modules, as of EQdkp Plus 2.3.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Final, TypeAlias

from attrs import define, evolve, field, frozen

from dkp_adapters.eqdkp import cells, rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.actors import Actors
from dkp_adapters.eqdkp.mapping.external import external_id
from dkp_adapters.eqdkp.mapping.fitting import NOBODY, Fitting, chunks
from dkp_adapters.eqdkp.mapping.household import Household
from dkp_adapters.eqdkp.mapping.part import Part
from dkp_adapters.eqdkp.mapping.questions import Questions
from dkp_adapters.eqdkp.rows import Column, Row
from dkp_adapters.eqdkp.serialized import Plain
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.accounts import ACTIVE_ROLE_GROUPS, MembershipStatus, RoleGroup
from dkp_core.kernel.ids import ApplicationId
from dkp_core.kernel.names import name_key
from dkp_core.moving import FormVersion, Kind, Numbers, OldTransition, Person, Thing, Why
from dkp_core.recruitment import (
    Application,
    ApplicationStatus,
    Candidate,
    Comment,
    CommentId,
    CommentKind,
    Decided,
    Option,
    RecruitmentRules,
    Rejected,
    Submitted,
    Transition,
    Trial,
    Withdrawn,
)

_FORM_VERSION: Final = 1
_ACCEPTED: Final = 2
_REJECTED: Final = 3
_COMMENTS: Final[Mapping[str, CommentKind]] = {
    "guildrequest": CommentKind.VISIBLE,
    "guildrequest_int": CommentKind.INTERNAL,
}
_SPEAKS_FOR_APPLICANTS: Final = "guildrequest"
_STATUS_CHANGED: Final = "action_status_changed"
_CLOSED: Final = "action_request_closed"

_WAS_ACCEPTED: Final = "Accepted on the old site."
_WAS_REJECTED: Final = "Rejected on the old site."
_UNDECIDED: Final = "Closed on the old site without a decision."
_UNCONFIRMED: Final = "Never confirmed by e-mail on the old site."
_HAS_A_PLACE: Final = "Open on the old site, though its applicant has a place in the guild already."
_IS_DISABLED: Final = "Open on the old site, though its applicant is disabled there."
_LATER: Final = "Open on the old site, beside a later one of the same applicant."
_ELSEWHERE: Final = "a comment on something that has no place here"

_Ended: TypeAlias = type[Decided] | type[Rejected] | type[Withdrawn]


@frozen
class _Step(Row):
    """What the log says of an application."""

    table: ClassVar[str] = "logs"
    at: Annotated[datetime | None, Column("log_date", cells.past)]
    tag: Annotated[str, Column("log_tag", cells.plain)]
    record_id: Annotated[str, Column("log_record_id", cells.plain)]
    user: Annotated[int, Column("user_id", cells.count)]
    username: Annotated[str, Column("username", cells.text)]
    value: Annotated[Plain, Column("log_value", cells.serialized)]


@frozen(kw_only=True)
class _Ending:
    """How an application ended: as what, when, by whom, and why."""

    kind: _Ended
    at: datetime
    by: str
    reason: str


@frozen(kw_only=True)
class _Applied:
    """An application as it is to be here, of the person with that number; without an ending it is open."""

    id: int
    applicant: int
    by: str
    candidate: Candidate
    at: datetime
    is_closed: bool
    ending: _Ending | None
    votes: str

    def ended(self, reason: str) -> _Applied:
        """The same, withdrawn when it was made, since it can't be open here."""
        ending = _Ending(kind=Withdrawn, at=self.at, by=NOBODY, reason=reason)
        return evolve(self, ending=ending, is_closed=True)


@frozen(kw_only=True)
class _Said:
    """A comment as it is to be here; its author is the person with that number, if anybody."""

    application: int
    author: int | None
    kind: CommentKind
    text: str
    at: datetime


@frozen(kw_only=True)
class Applications(Part):
    """Applications with their questions and comments; `people` are everybody, with those who only applied."""

    people: Sequence[Person]
    _questions: Questions
    _applied: Sequence[_Applied]
    _said: Sequence[_Said]

    @classmethod
    def of(cls, source: EqdkpSource, household: Household, accounting: Accounting) -> Applications:
        """Those of a source; applications, questions and comments are accounted for."""
        questions = Questions.of(source, accounting)
        applicants = _Applicants(household)
        applied = _open_once_each(_read(source, questions, applicants, accounting), applicants, accounting)
        known = {each.id: each for each in applied}
        return cls(
            people=applicants.people([each.applicant for each in applied if each.ending is None]),
            questions=questions,
            applied=applied,
            said=[*_votes(applied), *_comments(source, known, applicants, accounting)],
        )

    @property
    def counts(self) -> Mapping[Kind, int]:
        return {Kind.APPLICATION: len(self._applied), Kind.COMMENT: len(self._said)}

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        form = self._questions.form
        if form.questions:
            yield [FormVersion(version=_FORM_VERSION, form=form, at=numbers.at)]
        made = [_application(each, numbers) for each in self._applied]
        for kind in (Submitted, Decided, Rejected, Withdrawn):
            yield from chunks(each for each in made if isinstance(each, kind))
        yield from chunks(
            step for each, there in zip(self._applied, made, strict=True) for step in _transitions(each, there)
        )
        yield from chunks(_comment(each, numbers) for each in self._said)


# --- who applied ------------------------------------------------------------------------------------------------------


@define
class _Applicants:
    """Who applied: a user, or else somebody known by their address, or by their name alone."""

    household: Household
    _others: dict[str, Person] = field(factory=dict, init=False)

    def number_of(self, row: rows.Application, name: str, at: datetime) -> int:
        """The number of who made an application; of somebody new, where no user did."""
        known = self.household.person_of_user.get(row.user or 0)
        if known is not None:
            return known
        key = row.email.casefold() if row.email else name_key(name)
        if key not in self._others:
            number = max((each.number for each in self.household.people), default=0) + len(self._others) + 1
            self._others[key] = Person(number=number, name=name, role_group=RoleGroup.GUEST, joined_at=at)
        return self._others[key].number

    def called(self, row: rows.Application) -> str:
        """Who made an application; the application alone names who has no account."""
        if row.user is None or row.user not in self.household.person_of_user:
            return NOBODY
        return external_id(row.user)

    def why_not(self, number: int) -> str:
        """Why that person can't have an open application; empty where they can."""
        person = next((each for each in self.household.people if each.number == number), None)
        if person is None:
            return ""
        if person.role_group in ACTIVE_ROLE_GROUPS:
            return _HAS_A_PLACE
        return "" if person.status is MembershipStatus.IN_FORCE else _IS_DISABLED

    def people(self, applying: Iterable[int]) -> Sequence[Person]:
        """Everybody; who has an open application is an applicant."""
        numbers = frozenset(applying)
        return [
            evolve(each, role_group=RoleGroup.APPLICANT) if each.number in numbers else each
            for each in (*self.household.people, *self._others.values())
        ]


# --- applications -----------------------------------------------------------------------------------------------------


def _read(
    source: EqdkpSource, questions: Questions, applicants: _Applicants, accounting: Accounting
) -> Sequence[_Applied]:
    """The applications, the earliest first."""
    given: dict[int, rows.Application] = {}
    for row in source.rows(rows.Application):
        if row.id in given:
            accounting.leave_out(row.table, row.ordinal, Why.DUPLICATE, f"another row has the id {row.id}")
        else:
            given[row.id] = row
    steps = _steps(source) if given else {}
    made = [_applied(row, questions, applicants, steps.get(row.id, ()), accounting) for row in given.values()]
    return sorted(made, key=lambda each: (each.at, each.id))


def _steps(source: EqdkpSource) -> Mapping[int, Sequence[_Step]]:
    found: dict[int, list[_Step]] = {}
    for each in source.rows(_Step):
        if each.tag in (_STATUS_CHANGED, _CLOSED) and each.at is not None and each.record_id.isdecimal():
            found.setdefault(int(each.record_id), []).append(each)
    return found


def _applied(
    row: rows.Application,
    questions: Questions,
    applicants: _Applicants,
    steps: Sequence[_Step],
    accounting: Accounting,
) -> _Applied:
    fitting = Fitting()
    at = fitting.date(row.at)
    name = fitting.name(row.name, f"Applicant {row.id}")
    answers = questions.answers(row.answers, fitting)
    total = row.votes_for + row.votes_against
    made = _Applied(
        id=row.id,
        applicant=applicants.number_of(row, name, at),
        by=applicants.called(row),
        candidate=Candidate(
            character_name=name, form_version=_FORM_VERSION if questions.by_field else 0, answers=answers
        ),
        at=at,
        is_closed=row.is_closed,
        ending=_ending(row, at, steps, applicants.household.actors),
        votes=f"Votes on the old site: {row.votes_for} for, {row.votes_against} against." if total else "",
    )
    fitting.tell(accounting, row, row.id)
    return made


def _ending(row: rows.Application, at: datetime, steps: Sequence[_Step], actors: Actors) -> _Ending | None:
    """How it ended; the log tells when and by whom, if it still knows."""
    kind: _Ended
    if row.status in (_ACCEPTED, _REJECTED):
        kind, reason = (Decided, _WAS_ACCEPTED) if row.status == _ACCEPTED else (Rejected, _WAS_REJECTED)
        told = [each for each in steps if each.tag == _STATUS_CHANGED and _status_in(each.value) == row.status]
    elif row.is_closed:
        kind, reason = Withdrawn, _UNDECIDED
        told = [each for each in steps if each.tag == _CLOSED]
    elif not row.is_activated:
        kind, reason, told = Withdrawn, _UNCONFIRMED, []
    else:
        return None
    last = told[-1] if told else None
    return _Ending(
        kind=kind,
        at=at if last is None or last.at is None else max(at, last.at),
        by=NOBODY if last is None else actors.numbered(last.user, last.username, Fitting()),
        reason=reason,
    )


def _status_in(value: Plain) -> int | None:
    """What status a step led to, as its log has it."""
    for each in value.values() if isinstance(value, Mapping) else ():
        new = each.get("new") if isinstance(each, Mapping) else each
        if str(new).isdecimal():
            return int(str(new))
    return None


def _open_once_each(applied: Sequence[_Applied], applicants: _Applicants, accounting: Accounting) -> Sequence[_Applied]:
    """The same, but for those that can't be open here: of somebody's open ones the last stays so (V-1)."""
    last = {each.applicant: each.id for each in applied if each.ending is None}
    found = []
    for each in applied:
        why = "" if each.ending else applicants.why_not(each.applicant)
        if each.ending is None and not why and last[each.applicant] != each.id:
            why = _LATER
        if why:
            accounting.remark(rows.Application.table, each.id, f"it is withdrawn here: {why}")
        found.append(each.ended(why) if why else each)
    return found


def _application(given: _Applied, numbers: Numbers) -> Application:
    id_ = ApplicationId(numbers.new(Kind.APPLICATION, given.id))
    user_id, rules = numbers.users[given.applicant], RecruitmentRules()
    if given.ending is None:
        return Submitted(
            id=id_,
            guild_id=numbers.guild_id,
            user_id=user_id,
            candidate=given.candidate,
            rules=rules,
            rules_version=0,
            submitted_at=given.at,
            last_at=given.at,
            steps=1,
        )
    if given.ending.kind is Decided:
        return Decided(
            id=id_,
            guild_id=numbers.guild_id,
            user_id=user_id,
            candidate=given.candidate,
            rules=rules,
            rules_version=0,
            submitted_at=given.at,
            last_at=given.ending.at,
            steps=2,
            ended_at=given.ending.at,
            archived=given.is_closed,
            trial=Trial(starts_at=given.at, ends_at=given.ending.at),
            outcome=Option.PASS,
        )
    finished: type[Rejected] | type[Withdrawn] = Rejected if given.ending.kind is Rejected else Withdrawn
    return finished(
        id=id_,
        guild_id=numbers.guild_id,
        user_id=user_id,
        candidate=given.candidate,
        rules=rules,
        rules_version=0,
        submitted_at=given.at,
        last_at=given.ending.at,
        steps=2,
        ended_at=given.ending.at,
        archived=given.is_closed,
    )


def _transitions(given: _Applied, made: Application) -> Iterator[OldTransition]:
    """That it was made, and how it ended."""
    first = Transition(number=1, at=given.at, before=None, after=ApplicationStatus.SUBMITTED)
    yield OldTransition(application_id=made.id, transition=first, by=given.by)
    if given.ending is not None:
        last = Transition(
            number=2,
            at=given.ending.at,
            before=ApplicationStatus.SUBMITTED,
            after=made.status,
            outcome=made.outcome if isinstance(made, Decided) else None,
            reason=given.ending.reason,
        )
        yield OldTransition(application_id=made.id, transition=last, by=given.ending.by)


# --- what was said ----------------------------------------------------------------------------------------------------


def _votes(applied: Iterable[_Applied]) -> Iterator[_Said]:
    """How many voted for whom on the old site; who did is not told (V-7)."""
    for each in applied:
        if each.votes:
            at = each.at if each.ending is None else each.ending.at
            yield _Said(application=each.id, author=None, kind=CommentKind.INTERNAL, text=each.votes, at=at)


def _comments(
    source: EqdkpSource, applied: Mapping[int, _Applied], applicants: _Applicants, accounting: Accounting
) -> Iterator[_Said]:
    speaking = {each.id for each in source.rows(rows.User) if name_key(each.name) == _SPEAKS_FOR_APPLICANTS}
    seen = set[int]()
    for row in source.rows(rows.Comment):
        kind = _COMMENTS.get(row.on)
        application = applied.get(int(row.on_id)) if kind and row.on_id.isdecimal() else None
        if row.id in seen:
            accounting.leave_out(row.table, row.ordinal, Why.DUPLICATE, f"another row has the id {row.id}")
        elif kind is None:
            accounting.leave_out(row.table, row.ordinal, Why.ARCHIVED, _ELSEWHERE)
        elif application is None:
            accounting.leave_out(row.table, row.ordinal, Why.ORPHAN, f"application {row.on_id[:40]!r} does not exist")
        else:
            fitting = Fitting()
            text = fitting.text(html.unescape(row.text), "comment")
            by_applicant = row.user in speaking and kind is CommentKind.VISIBLE
            author = application.applicant if by_applicant else applicants.household.person_of_user.get(row.user)
            at = fitting.date(row.at)
            if text:
                fitting.tell(accounting, row, row.id)
                yield _Said(application=application.id, author=author, kind=kind, text=text, at=at)
            else:
                accounting.leave_out(row.table, row.ordinal, Why.ARCHIVED, "it has no text")
        seen.add(row.id)


def _comment(given: _Said, numbers: Numbers) -> Comment:
    return Comment(
        id=CommentId(numbers.new(Kind.COMMENT)),
        application_id=ApplicationId(numbers.of(Kind.APPLICATION, given.application)),
        author=None if given.author is None else numbers.users[given.author],
        kind=given.kind,
        text=given.text,
        at=given.at,
    )

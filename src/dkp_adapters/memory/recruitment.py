"""How a guild recruits, its applications, what is said of them, and the votes on them, in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from attrs import evolve, frozen

from dkp_adapters.memory.merges import heads_in
from dkp_adapters.memory.tables import Dated, GuildTables, RecordedTransition
from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import ApplicationId, UserId
from dkp_core.recruitment import (
    AlreadyApplied,
    Application,
    ApplicationForms,
    Applications,
    Comment,
    Comments,
    Form,
    RecruitmentRulebook,
    RecruitmentRules,
    Recusal,
    Stage,
    Vote,
    VoteChange,
    Votes,
    last_of_each,
    vote_of,
)


@frozen
class MemoryRecruitmentRulebook(RecruitmentRulebook):
    """The guild's rules for recruitment."""

    session: Session

    def latest(self) -> tuple[int, RecruitmentRules]:
        kept = self.session.tables.recruitment_rules
        latest = max(kept, default=0)
        return latest, kept[latest].value if kept else RecruitmentRules()

    def changed_at(self) -> datetime | None:
        kept = self.session.tables.recruitment_rules
        return kept[max(kept)].at if kept else None

    def append(self, version: int, rules: RecruitmentRules, event: DomainEvent) -> None:
        kept = self.session.tables.recruitment_rules
        if version in kept:
            raise Stale(f"version {version} of the rules for recruitment was made by somebody else first")
        kept.put(version, Dated(rules, self.session.now))
        self.session.announce(event)


@frozen
class MemoryApplicationForms(ApplicationForms):
    """The guild's questions to applicants."""

    session: Session

    def latest(self) -> tuple[int, Form]:
        kept = self.session.tables.application_forms
        latest = max(kept, default=0)
        return latest, kept[latest].value if kept else Form()

    def changed_at(self) -> datetime | None:
        kept = self.session.tables.application_forms
        return kept[max(kept)].at if kept else None

    def append(self, version: int, form: Form, event: DomainEvent) -> None:
        kept = self.session.tables.application_forms
        if version in kept:
            raise Stale(f"version {version} of the form was made by somebody else first")
        kept.put(version, Dated(form, self.session.now))
        self.session.announce(event)


@frozen
class MemoryApplications(Applications):
    """The guild's applications."""

    session: Session

    def get(self, application_id: ApplicationId) -> Application:
        application = self.session.tables.applications.get(application_id)
        if application is None:
            raise NoSuch("application", application_id)
        return application

    def latest_of(self, user_id: UserId) -> Application | None:
        return max(self.of_user(user_id), key=lambda application: application.id, default=None)

    def of_user(self, user_id: UserId) -> tuple[Application, ...]:
        applications = self.session.tables.applications.values()
        return tuple(sorted((each for each in applications if each.user_id == user_id), key=lambda each: each.id))

    def save(self, application: Application) -> None:
        for other in self.of_user(application.user_id):
            if application.is_open and other.is_open and other.id != application.id:
                raise AlreadyApplied(other.id)
        tables = self.session.tables
        for step in application.transitions:
            tables.transitions.put((application.id, step.number), RecordedTransition(step, self.session.by))
        self.session.save(tables.applications, application.id, application)

    def forget(self, application: Application) -> None:
        self.save(application)
        tables = self.session.tables
        for key, recorded in list(tables.transitions.items()):
            if key[0] == application.id:
                tables.transitions.put(key, evolve(recorded, transition=evolve(recorded.transition, reason="")))
        for comment in list(tables.comments.values()):
            if comment.application_id == application.id:
                tables.comments.put(comment.id, evolve(comment, text=""))


@frozen
class MemoryComments(Comments):
    """What is said about the guild's applications."""

    session: Session

    def append(self, comment: Comment, event: DomainEvent) -> None:
        assert comment.id not in self.session.tables.comments, "a comment is made once"
        self.session.tables.comments.put(comment.id, comment)
        self.session.announce(event)

    def forget(self, author: UserId) -> None:
        comments = self.session.tables.comments
        for comment in list(comments.values()):
            if comment.author == author:
                comments.put(comment.id, evolve(comment, text=""))


@frozen
class MemoryVotes(Votes):
    """The votes on the guild's applications."""

    session: Session

    def find(self, application_id: ApplicationId, round_: int, stage: Stage, voter: UserId) -> Vote | None:
        cast = self._cast(application_id, round_, stage)
        return vote_of(voter, [vote for person, vote in cast if voter in (person, vote.voter)])

    def of(self, application_id: ApplicationId, round_: int, stage: Stage) -> tuple[Vote, ...]:
        found = last_of_each(self._cast(application_id, round_, stage))
        return tuple(evolve(found[person], voter=person) for person in sorted(found))

    def _cast(self, application_id: ApplicationId, round_: int, stage: Stage) -> Iterator[tuple[UserId, Vote]]:
        return votes_cast(self.session.tables, application_id, round_, stage)

    def save(self, vote: Vote, change: VoteChange) -> None:
        tables = self.session.tables
        key = (vote.application_id, vote.round, vote.stage, vote.voter)
        tables.votes.put(key, vote)
        assert (*key, change.number) not in tables.vote_changes, "what became of a vote is told once"
        tables.vote_changes.put((*key, change.number), change)

    def recuse(self, recusal: Recusal) -> None:
        recusals = self.session.tables.recusals
        key = (recusal.application_id, recusal.user_id)
        if key not in recusals:
            recusals.put(key, recusal)

    def is_recused(self, application_id: ApplicationId, user_id: UserId) -> bool:
        return is_recused(self.session.tables, application_id, user_id)


def votes_cast(
    tables: GuildTables, application_id: ApplicationId, round_: int, stage: Stage
) -> Iterator[tuple[UserId, Vote]]:
    """Every vote that was cast in a poll, withdrawn ones too, with whose it is by now."""
    head, poll = heads_in(tables), (application_id, round_, stage)
    for vote in tables.votes.values():
        if (vote.application_id, vote.round, vote.stage) == poll:
            yield head(vote.voter, vote.cast_at), vote


def is_recused(tables: GuildTables, application_id: ApplicationId, user_id: UserId) -> bool:
    """Whether that user keeps out of an application, or somebody did who is that user since a merge."""
    head = heads_in(tables)
    return any(
        each.application_id == application_id and user_id in (each.user_id, head(each.user_id, each.at))
        for each in tables.recusals.values()
    )

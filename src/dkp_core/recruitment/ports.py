"""What the recruitment context needs kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from dkp_core.guilds import GuildsView
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import ApplicationId, PoolId, UserId
from dkp_core.kernel.page import Order, Page, PageRequest
from dkp_core.kernel.period import Period
from dkp_core.notices import NoticesWork
from dkp_core.raids import AttendanceShare, RaidsWork
from dkp_core.recruitment.application import Application
from dkp_core.recruitment.ballot import Poll, Recusal, Tally, Vote, VoteChange
from dkp_core.recruitment.comment import Comment
from dkp_core.recruitment.form import Form
from dkp_core.recruitment.rules import RecruitmentRules
from dkp_core.recruitment.status import Stage
from dkp_core.recruitment.trial import Performance
from dkp_core.recruitment.views import (
    ApplicationDetail,
    ApplicationFact,
    ApplicationFilter,
    ApplicationRow,
    ElectorRow,
    FormRow,
    RecruitmentRulesRow,
    RecusalRow,
    TrialLootRow,
    TrialRaidRow,
    VoteChangeRow,
    VoterRow,
    VotingRow,
)


class RecruitmentRulebook(Protocol):
    """The guild's rules for recruitment, in versions; the defaults are version 0."""

    @abstractmethod
    def latest(self) -> tuple[int, RecruitmentRules]:
        """The latest version, and the rules it holds."""

    @abstractmethod
    def changed_at(self) -> datetime | None:
        """When the latest version was made; None for version 0."""

    @abstractmethod
    def append(self, version: int, rules: RecruitmentRules, event: DomainEvent) -> None:
        """Keep another version, and store the event. Raises: Stale where that version is there already."""


class ApplicationForms(Protocol):
    """The guild's questions to applicants, in versions; version 0 asks nothing."""

    @abstractmethod
    def latest(self) -> tuple[int, Form]:
        """The latest version, and the questions it holds."""

    @abstractmethod
    def changed_at(self) -> datetime | None:
        """When the latest version was made; None for version 0."""

    @abstractmethod
    def append(self, version: int, form: Form, event: DomainEvent) -> None:
        """Keep another version, and store the event. Raises: Stale where that version is there already."""


class Applications(Protocol):
    """The guild's applications."""

    @abstractmethod
    def get(self, application_id: ApplicationId) -> Application:
        """The application in the type of its state, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def latest_of(self, user_id: UserId) -> Application | None:
        """The last application of that user (by id), locked until the transaction ends; None if there is none."""

    @abstractmethod
    def of_user(self, user_id: UserId) -> tuple[Application, ...]:
        """All applications of that user, locked, in order of id."""

    @abstractmethod
    def save(self, application: Application) -> None:
        """Store the application, its transitions (with who acts) and the events it carries.

        Raises: AlreadyApplied where the user has another one that is open, Stale.
        """

    @abstractmethod
    def forget(self, application: Application) -> None:
        """Store an emptied application as `save` does, and empty the reasons of its transitions and the comments on it.

        Raises: Stale.
        """


class Comments(Protocol):
    """What is said about the guild's applications; it only grows, and only erasure empties it."""

    @abstractmethod
    def append(self, comment: Comment, event: DomainEvent) -> None:
        """Keep a comment, and store the event."""

    @abstractmethod
    def forget(self, author: UserId) -> None:
        """Empty the texts of all that this user said; nothing happens where they said nothing."""


class Votes(Protocol):
    """The votes on the guild's applications; who casts one holds the application's lock."""

    @abstractmethod
    def find(self, application_id: ApplicationId, round_: int, stage: Stage, voter: UserId) -> Vote | None:
        """A voter's vote in a poll, withdrawn ones too; None if they never cast one.

        What a user cast who is the voter since a merge is the voter's; of several the last stands (`vote_of`).
        """

    @abstractmethod
    def of(self, application_id: ApplicationId, round_: int, stage: Stage) -> tuple[Vote, ...]:
        """The vote of each person in a poll, withdrawn ones too, in order of voter: who that is by now.

        Who cast some as several users, and is one since a merge, has one vote: what was cast last.
        """

    @abstractmethod
    def save(self, vote: Vote, change: VoteChange) -> None:
        """Keep the vote in place of the voter's earlier one in that poll, and append what became of it; no event."""

    @abstractmethod
    def recuse(self, recusal: Recusal) -> None:
        """Note that a voter keeps out of an application; nothing happens where that is known."""

    @abstractmethod
    def is_recused(self, application_id: ApplicationId, user_id: UserId) -> bool:
        """Whether that voter keeps out of that application, or somebody did who is that voter since a merge."""


class Voters(Protocol):
    """What the rules ask about who votes; nothing is locked."""

    @abstractmethod
    def attendance(self, user_id: UserId, days: int, at: datetime) -> AttendanceShare:
        """The user's attendance of the guild's raids in the `days` × 24 h before `at`; 0 is lifetime (D-9)."""


class Performances(Protocol):
    """What applicants have done; nothing is locked."""

    @abstractmethod
    def performance(
        self, user_id: UserId, character_name: str, *, over: Period, recent: Period, pool_id: PoolId | None
    ) -> Performance:
        """What was done by that user, and under that name (in any case) by lines that stand for nobody yet.

        Attendance is counted by raid start as everywhere (D-9), over the one period and the other; `raids` are those
        attended in `over`. Points are all that the user ever earned in the pool (the default pool where None), and
        what the lines of that name that wait there would be awarded, each tick once. An unknown pool holds nothing.
        """


class RecruitmentWork(RaidsWork, NoticesWork, Protocol):
    """A transaction over a guild's recruitment."""

    @property
    @abstractmethod
    def recruitment_rules(self) -> RecruitmentRulebook:
        """The guild's rules for recruitment."""

    @property
    @abstractmethod
    def application_forms(self) -> ApplicationForms:
        """The guild's questions to applicants."""

    @property
    @abstractmethod
    def applications(self) -> Applications:
        """The guild's applications."""

    @property
    @abstractmethod
    def comments(self) -> Comments:
        """What is said about them."""

    @property
    @abstractmethod
    def votes(self) -> Votes:
        """The votes on them."""

    @property
    @abstractmethod
    def voters(self) -> Voters:
        """Who votes."""

    @property
    @abstractmethod
    def performances(self) -> Performances:
        """What applicants have done."""


APPLICATION_COLUMNS: Final = ("submitted_at", "status", "character_name", "username", "trial_ends_at", "id")


class RecruitmentView(Performances, Protocol):
    """Reads applications, trials and votes. It shows everything; the use cases leave out what is not for who asks."""

    @abstractmethod
    def recruitment_rules(self) -> tuple[RecruitmentRulesRow, ...]:
        """Every version of the rules, the latest first; without any the defaults, as version 0."""

    @abstractmethod
    def application_form(self, version: int | None) -> FormRow:
        """That version of the questions, or the latest. Raises: NoSuch."""

    @abstractmethod
    def applications(
        self, wanted: ApplicationFilter, *, ordering: tuple[Order, ...], page: PageRequest
    ) -> Page[ApplicationRow]:
        """Applications that match, ordered by APPLICATION_COLUMNS, else by id, the newest first."""

    @abstractmethod
    def application(self, application_id: ApplicationId) -> ApplicationDetail:
        """One application in full; comments with feedback by (at, id), referees by username, then user id.

        Referees without a membership in force are left out. Raises: NoSuch.
        """

    @abstractmethod
    def merged_into(self, user_id: UserId) -> Mapping[UserId, datetime]:
        """Who is that user since a merge, each with the moment before which what they did is that user's (R-8)."""

    @abstractmethod
    def voting(self, application_id: ApplicationId) -> VotingRow:
        """What the votes on an application go by. Raises: NoSuch for the application."""

    @abstractmethod
    def tally(self, application_id: ApplicationId, poll: Poll) -> Tally:
        """The totals of a poll, equal to `Tally.of` what `Votes.of` has; zeros where nobody voted."""

    @abstractmethod
    def vote(self, application_id: ApplicationId, poll: Poll, voter: UserId) -> Vote | None:
        """A voter's vote in a poll as `Votes.find` has it; None if they never cast one."""

    @abstractmethod
    def voters(self, application_id: ApplicationId, poll: Poll) -> tuple[VoterRow, ...]:
        """Everybody who cast a vote in a poll, withdrawn ones too, by username, then user id.

        The role group is the voter's now; a guest's for who has no membership in force any more. No vote counts in
        place of which another of the same person stands, who cast it as another user.
        """

    @abstractmethod
    def recusals(self, application_id: ApplicationId) -> tuple[RecusalRow, ...]:
        """Who keeps out of an application, by username, then user id."""

    @abstractmethod
    def electors(self, application_id: ApplicationId, poll: Poll, *, days: int, at: datetime) -> tuple[ElectorRow, ...]:
        """Everybody who may vote in a poll, by username, then user id, with their attendance as `Voters` counts it.

        They are members, developers, recruiters and officers in force (in the officers' stage officers), but for users
        who are deactivated and the applicant, also as who that is since a merge; `voted` says that a vote of theirs
        stands, also one that they cast as another user.
        """

    @abstractmethod
    def vote_changes(self, application_id: ApplicationId, *, page: PageRequest) -> Page[VoteChangeRow]:
        """What became of all votes on an application, the newest first by (at, voter, number)."""

    @abstractmethod
    def trial_raids(self, user_id: UserId, character_name: str, over: Period) -> tuple[TrialRaidRow, ...]:
        """The raids that attendance counts in that period, the latest first, and how that user, or a line of that name

        that stands for nobody yet, was there.
        """

    @abstractmethod
    def trial_loot(self, user_id: UserId, over: Period) -> tuple[TrialLootRow, ...]:
        """The items that user was awarded in that period and still has, the latest first."""

    @abstractmethod
    def application_facts(self, *, since: datetime | None, until: datetime | None) -> tuple[ApplicationFact, ...]:
        """What statistics are made of: applications submitted from `since` on and before `until`, in order of id."""


class StatisticsView(RecruitmentView, GuildsView, Protocol):
    """Reads what statistics are made of, and the guild on whose calendar they are."""

"""What happens to applications. Of votes there are none: who voted what is kept with the votes alone (A-7, V-7)."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dkp_core.kernel.domain_events import Change, DomainEvent
from dkp_core.kernel.ids import ApplicationId, CharacterId, UserId


@frozen(kw_only=True)
class ApplicationEvent(DomainEvent):
    """Something that happened to an application."""

    aggregate: ClassVar[str] = "application"
    application_id: ApplicationId

    @property
    def aggregate_id(self) -> str:
        return str(self.application_id)


@frozen(kw_only=True)
class ApplicationSubmitted(ApplicationEvent):
    """Somebody applied."""

    user_id: UserId
    form_version: int


@frozen(kw_only=True)
class ApplicationChanged(ApplicationEvent):
    """An applicant told it differently; the names of the fields only, for what is told is personal data."""

    fields: tuple[str, ...]


@frozen(kw_only=True)
class ApplicationMoved(ApplicationEvent):
    """An application went from one status to another; the reason is kept with it, not here."""

    before: str
    after: str
    outcome: str | None
    round: int


@frozen(kw_only=True)
class ApplicationCommented(ApplicationEvent):
    """Something was said about an application; what it was is kept with it, not here."""

    comment_id: int
    kind: str


@frozen(kw_only=True)
class TrialExtended(ApplicationEvent):
    """A trial lasts longer."""

    ends_at: str


@frozen(kw_only=True)
class TrialOverdue(ApplicationEvent):
    """A trial ended without a vote."""


@frozen(kw_only=True)
class TrialJudged(ApplicationEvent):
    """The rules propose another outcome for a trial, or none any more."""

    before: str | None
    after: str | None


@frozen(kw_only=True)
class OfficersAsked(ApplicationEvent):
    """Whom the members passed, the officers vote on now."""

    round: int


@frozen(kw_only=True)
class PassCarriedOut(ApplicationEvent):
    """A pass was carried out; `task` is what is left to the officers."""

    user_id: UserId
    character_id: CharacterId | None
    task: str | None


@frozen(kw_only=True)
class ApplicationArchived(ApplicationEvent):
    """A finished application was put into the archive."""


@frozen(kw_only=True)
class ApplicationEmptied(ApplicationEvent):
    """What an application told was erased."""


@frozen(kw_only=True)
class RecruitmentRulesChanged(DomainEvent):
    """The guild's rules for recruitment changed."""

    aggregate: ClassVar[str] = "recruitment_rules"
    rules_version: int
    changes: tuple[Change, ...]

    @property
    def aggregate_id(self) -> str:
        return "recruitment"


@frozen(kw_only=True)
class FormChanged(DomainEvent):
    """The guild asks its applicants something else."""

    aggregate: ClassVar[str] = "application_form"
    form_version: int
    questions: tuple[str, ...]

    @property
    def aggregate_id(self) -> str:
        return "form"

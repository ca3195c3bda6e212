"""What can be refused about applications, trials and votes."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import define

from dkp_core.kernel.errors import Conflict, Forbidden
from dkp_core.kernel.ids import ApplicationId, UserId


@define
class CannotDo(Conflict):
    """The application is not in a state in which this can be done (V-2)."""

    application: ApplicationId
    application_status: str
    wanted: str
    code: ClassVar[str] = "wrong_application_status"

    @property
    def sentence(self) -> str:
        return f"Application {self.application} is {self.application_status}: it can't be {self.wanted}."


@define
class AlreadyApplied(Conflict):
    """One open application per person and guild (V-1)."""

    application: ApplicationId
    code: ClassVar[str] = "already_applied"

    @property
    def sentence(self) -> str:
        return f"Application {self.application} is open already; change it, or withdraw it first."


@define
class PassWaits(Conflict):
    """The guild has passed the applicant already, and the officers have still to carry it out (V-8)."""

    application: ApplicationId
    code: ClassVar[str] = "pass_waits"

    @property
    def sentence(self) -> str:
        return f"Application {self.application} has passed, and waits for the officers to carry it out."


@define
class TooSoonToApply(Conflict):
    """The guild wants some time between two applications."""

    until: datetime
    code: ClassVar[str] = "too_soon_to_apply"

    @property
    def sentence(self) -> str:
        return f"The next application is welcome from {self.until.isoformat()} on."


@define
class MembersDoNotApply(Conflict):
    """Who is a member or above has no need to apply."""

    user_id: UserId
    code: ClassVar[str] = "members_do_not_apply"

    @property
    def sentence(self) -> str:
        return f"User {self.user_id} is a member of this guild already."


@define
class DiscordNeeded(Conflict):
    """An application is somebody's who has a Discord account."""

    user_id: UserId
    code: ClassVar[str] = "discord_needed"

    @property
    def sentence(self) -> str:
        return f"User {self.user_id} has no Discord account here; link one first."


@define
class NotAnApplicant(Conflict):
    """The membership is no applicant's any more."""

    user_id: UserId
    code: ClassVar[str] = "not_an_applicant"

    @property
    def sentence(self) -> str:
        return f"User {self.user_id} is no applicant in this guild now; see the membership first."


@define
class FormOutdated(Conflict):
    """The questions changed while the form was filled in: nothing was kept of it, so send it again with the newest."""

    given: int
    latest: int
    code: ClassVar[str] = "form_outdated"

    @property
    def sentence(self) -> str:
        return f"These answers are to version {self.given} of the form; the questions are those of {self.latest} now."


@define
class StillOpen(Conflict):
    """Only what is finished goes to the archive."""

    application: ApplicationId
    application_status: str
    code: ClassVar[str] = "still_open"

    @property
    def sentence(self) -> str:
        return f"Application {self.application} is {self.application_status}; decide on it, or withdraw it first."


@define
class NameHeld(Conflict):
    """The character's name is somebody else's in this guild."""

    name: str
    code: ClassVar[str] = "name_held"

    @property
    def sentence(self) -> str:
        return f"A character called {self.name!r} is on the roster, and not the applicant's; settle whose it is first."


@define
class VoteNotOpen(Conflict):
    """No vote takes place on this application now (V-5)."""

    application: ApplicationId
    code: ClassVar[str] = "vote_not_open"

    @property
    def sentence(self) -> str:
        return f"No vote is open on application {self.application}."


@define
class VoteIsFinal(Conflict):
    """In this guild a vote stays as it was cast (V-11)."""

    application: ApplicationId
    code: ClassVar[str] = "vote_is_final"

    @property
    def sentence(self) -> str:
        return "In this guild a vote can't be changed or withdrawn."


@define
class NoVoteToWithdraw(Conflict):
    """There is no vote of theirs that stands."""

    application: ApplicationId
    code: ClassVar[str] = "no_vote_to_withdraw"

    @property
    def sentence(self) -> str:
        return f"You have no vote on application {self.application}."


@define
class IsRecused(Conflict):
    """Who recused themselves keeps out of it."""

    application: ApplicationId
    code: ClassVar[str] = "is_recused"

    @property
    def sentence(self) -> str:
        return f"You recused yourself from application {self.application}."


@define
class NoRecusing(Conflict):
    """In this guild nobody recuses themselves (V-11)."""

    application: ApplicationId
    code: ClassVar[str] = "no_recusing"

    @property
    def sentence(self) -> str:
        return "In this guild nobody recuses themselves; not voting does the same."


@define
class OwnApplication(Forbidden):
    """Nobody votes on themselves, or leaves feedback on their own trial."""

    application: ApplicationId
    code: ClassVar[str] = "own_application"

    @property
    def sentence(self) -> str:
        return f"Application {self.application} is your own."


@define
class OfficersVoteNow(Forbidden):
    """The members have voted, and the officers do now (V-11)."""

    application: ApplicationId
    code: ClassVar[str] = "officers_vote_now"

    @property
    def sentence(self) -> str:
        return f"The members have voted on application {self.application}; now the officers do."

"""Applying: submitting an application, changing it while nobody has decided on it, taking it back (V-1 to V-3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from attrs import frozen

from dkp_core.accounts import MembershipDeactivated, MembershipStatus, User, discord_id_of, known_user
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import ApplicationId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.recruitment import telling
from dkp_core.recruitment.application import Application, Decided, Finished, InVote, OpenApplication, Submitted
from dkp_core.recruitment.candidate import NOBODY, Candidate
from dkp_core.recruitment.due import keep
from dkp_core.recruitment.errors import AlreadyApplied, DiscordNeeded, FormOutdated, PassWaits, TooSoonToApply
from dkp_core.recruitment.ports import RecruitmentWork
from dkp_core.recruitment.rules import RecruitmentRules
from dkp_core.recruitment.standing import becomes_applicant, becomes_guest
from dkp_core.recruitment.status import Option


@frozen
class SubmitApplication:
    """Apply to the guild: a guest becomes an applicant. One application at a time; the next after a set time.

    The version of the form says which questions the answers are to; where they changed meanwhile, nothing is kept,
    and the newest version is told. A bot names the applicant by Discord id.
    """

    begin: Begin[RecruitmentWork]
    ids: Ids
    clock: Clock

    def __call__(
        self,
        *,
        character_name: str,
        server: str = "",
        character_class: str = "",
        level: int | None = None,
        previous_guilds: str = "",
        availability: str = "",
        timezone: str = "",
        references: str = "",
        referees: Sequence[UserId] = (),
        email: str | None = None,
        form_version: int = 0,
        answers: Mapping[str, object] | None = None,
        discord_id: str | None = None,
        username: str | None = None,
        by: Actor,
    ) -> Submitted:
        by.must(Permission.APPLICATIONS_OWN, Permission.APPLICATIONS_WRITE)
        if discord_id is not None:
            by.must(Permission.APPLICATIONS_WRITE)
            _must_speak_for_others(by)
        elif by.user_id is None:
            raise InvalidValue("discord_id", "it is not said who applies", "the applicant's Discord id")
        application_id = ApplicationId(self.ids.next("application"))
        candidate = NOBODY.saying(
            character_name=character_name,
            server=server,
            character_class=character_class,
            level=level,
            previous_guilds=previous_guilds,
            availability=availability,
            timezone=timezone,
            references=references,
            referees=referees,
            email=email,
        )
        now = self.clock.now()
        with self.begin(by) as work:
            user = _applicant(work, by, discord_id, username, ids=self.ids, at=now)
            rules_version, rules = work.recruitment_rules.latest()
            _must_be_welcome(work, user.id, rules, now)
            candidate = _answered(work, candidate, form_version, answers or {})
            becomes_applicant(work, user.id, now)
            application = Submitted.submit(
                application_id,
                work.guild_id,
                user.id,
                candidate,
                rules=rules,
                rules_version=rules_version,
                at=now,
            )
            keep(work, application)
            work.notices.post(*telling.received(application), telling.arrived(application))
        return application


def _must_speak_for_others(by: Actor) -> None:
    """Raises: NotPermitted for a person: recruiters put no words into an applicant's mouth."""
    if by.kind is not ActorKind.BOT and not by.is_operator:
        raise NotPermitted("a bot's key")


def _applicant(
    work: RecruitmentWork, by: Actor, discord_id: str | None, username: str | None, *, ids: Ids, at: datetime
) -> User:
    """Who applies, locked, so that nobody applies twice at once."""
    if discord_id is not None:
        user = known_user(work.users, ids, discord_id, username, at)
        if not user.version:  # made known just now: nobody else knows of them yet
            return user
        user = work.users.get(user.id)
    else:
        assert by.user_id is not None, "it was asked before"
        user = work.users.get(by.user_id)
    if user.deactivated_at is not None:
        raise MembershipDeactivated
    if user.discord_id is None:
        raise DiscordNeeded(user.id)
    return user


def _must_be_welcome(work: RecruitmentWork, user_id: UserId, rules: RecruitmentRules, at: datetime) -> None:
    """Raises: AlreadyApplied, PassWaits, TooSoonToApply; who passed and left since need not wait."""
    latest = work.applications.latest_of(user_id)
    if latest is None:
        return
    if not isinstance(latest, Finished):
        raise AlreadyApplied(latest.id)
    if isinstance(latest, Decided) and latest.outcome is Option.PASS:
        membership = work.memberships.find(user_id)
        has_left = membership is None or membership.status is MembershipStatus.ENDED
        if latest.task is not None and not has_left:
            raise PassWaits(latest.id)
        return
    until = latest.ended_at + timedelta(days=rules.reapply_days)
    if at < until:
        raise TooSoonToApply(until)


def _answered(
    work: RecruitmentWork, candidate: Candidate, form_version: int, answers: Mapping[str, object]
) -> Candidate:
    version, form = work.application_forms.latest()
    if form_version != version:
        raise FormOutdated(form_version, version)
    return candidate.answering(version, form.answered(answers))


@frozen
class ChangeApplication:
    """Change your application while nobody has decided on it; what is not given stays as it was.

    Answers are given all together, with the version of the form that they are to. A bot names the applicant by
    Discord id.
    """

    begin: Begin[RecruitmentWork]

    def __call__(
        self,
        application_id: ApplicationId,
        *,
        character_name: str | None = None,
        server: str | None = None,
        character_class: str | None = None,
        level: int | None = None,
        previous_guilds: str | None = None,
        availability: str | None = None,
        timezone: str | None = None,
        references: str | None = None,
        referees: Sequence[UserId] | None = None,
        email: str | None = None,
        form_version: int = 0,
        answers: Mapping[str, object] | None = None,
        discord_id: str | None = None,
        by: Actor,
    ) -> Submitted:
        by.must(Permission.APPLICATIONS_OWN, Permission.APPLICATIONS_WRITE)
        with self.begin(by) as work:
            found = _own(work, application_id, by, discord_id)
            application = found.must_be(Submitted, "changed")
            candidate = application.candidate.saying(
                character_name=character_name,
                server=server,
                character_class=character_class,
                level=level,
                previous_guilds=previous_guilds,
                availability=availability,
                timezone=timezone,
                references=references,
                referees=referees,
                email=email,
            )
            if answers is not None:
                candidate = _answered(work, candidate, form_version, answers)
            changed = application.change(candidate)
            if changed is not application:
                work.applications.save(changed)
        return changed


@frozen
class WithdrawApplication:
    """Take your application back, at any time before the decision: you are a guest again.

    Recruiters may withdraw it too, with a reason: so a vote is called off. A bot names the applicant by Discord id.
    """

    begin: Begin[RecruitmentWork]
    clock: Clock

    def __call__(
        self, application_id: ApplicationId, *, reason: str = "", discord_id: str | None = None, by: Actor
    ) -> Application:
        by.must(Permission.APPLICATIONS_OWN, Permission.APPLICATIONS_READ, Permission.APPLICATIONS_WRITE)
        with self.begin(by) as work:
            if discord_id is not None or not by.may(Permission.APPLICATIONS_WRITE):
                application = _own(work, application_id, by, discord_id)
            else:
                application = work.applications.get(application_id)
                if application.user_id != by.user_id and not reason.strip():
                    raise InvalidValue("reason", "it is empty", "why the application is withdrawn for the applicant")
            return withdraw(work, application, reason=reason, at=self.clock.now())


def withdraw(work: RecruitmentWork, application: Application, *, reason: str, at: datetime) -> Application:
    """Withdraw an application that is locked, with all that follows. Raises: CannotDo, InvalidValue."""
    withdrawn = application.must_be(OpenApplication, "withdrawn").withdraw(at, reason=reason)
    becomes_guest(work, withdrawn)
    keep(work, withdrawn)
    work.notices.post(*telling.withdrawn(withdrawn, reason))
    if isinstance(application, InVote):
        work.notices.post(telling.vote_called_off(withdrawn))
    return withdrawn


def _own(work: RecruitmentWork, application_id: ApplicationId, by: Actor, discord_id: str | None) -> Application:
    """The application where it is their own, or theirs for whom a program acts.

    Who may not read applications is refused alike whether it is another's or nobody's. Raises: NoSuch, NotPermitted.
    """
    writes = by.may(Permission.APPLICATIONS_WRITE)
    try:
        application = work.applications.get(application_id)
    except NoSuch:
        if writes:
            raise
        raise NotPermitted(Permission.APPLICATIONS_WRITE) from None
    if application.user_id == by.user_id and discord_id is None:
        return application
    if not writes:
        raise NotPermitted(Permission.APPLICATIONS_WRITE)
    if discord_id is None:
        if by.is_operator:
            return application
        raise NotPermitted("the applicant's own key or session")
    _must_speak_for_others(by)
    user = work.users.with_discord_id(discord_id_of(discord_id))
    if user is None or user.id != application.user_id:
        raise NoSuch("application", application_id)
    return application

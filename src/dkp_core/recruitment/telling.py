"""Whom recruitment tells what: applicants each step, recruiters what waits for them, members when to vote (V-3, V-9).

No notice holds a number of a vote; the texts that the keys name, and how they are filled in, are the catalogue's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from dkp_core.accounts import NotificationKind
from dkp_core.kernel.ids import ApplicationId
from dkp_core.notices import Channel, Notice, Recipient
from dkp_core.recruitment.application import Application, InVote, OnTrial, Submitted
from dkp_core.recruitment.status import OpenTask, Option, Stage


def about(application_id: ApplicationId) -> str:
    """What a notice on an application is about; what erasure forgets goes by it."""
    return f"application:{application_id}"


# --- the applicant ----------------------------------------------------------------------------------------------------


def received(application: Submitted) -> tuple[Notice, ...]:
    """The application has arrived."""
    return _applicant(application, "application.received")


def accepted(application: OnTrial) -> tuple[Notice, ...]:
    """The applicant is on trial: `trial_ends_at`."""
    return _applicant(application, "application.accepted", trial_ends_at=_moment(application.trial.ends_at))


def extended(application: OnTrial) -> tuple[Notice, ...]:
    """The trial lasts longer: `trial_ends_at`."""
    return _applicant(application, "application.trial_extended", trial_ends_at=_moment(application.trial.ends_at))


def rejected(application: Application, reason: str) -> tuple[Notice, ...]:
    """The application was rejected: `reason`."""
    return _applicant(application, "application.rejected", reason=reason)


def withdrawn(application: Application, reason: str) -> tuple[Notice, ...]:
    """The application is withdrawn: `reason`, which may be empty."""
    return _applicant(application, "application.withdrawn", reason=reason)


def commented(application: Application, text: str) -> tuple[Notice, ...]:
    """A recruiter wrote something to the applicant: `text`."""
    return _applicant(application, "application.commented", text=text)


def vote_runs(application: InVote) -> tuple[Notice, ...]:
    """The applicant is told that a vote runs, no more (V-7)."""
    return _applicant(application, "application.vote_runs")


def decided(application: Application, outcome: Option) -> tuple[Notice, ...]:
    """How the vote ended: passed, failed, or recycled with `trial_ends_at`."""
    if outcome is Option.RECYCLE and application.trial is not None:
        return _applicant(application, "application.recycled", trial_ends_at=_moment(application.trial.ends_at))
    return _applicant(application, "application.passed" if outcome is Option.PASS else "application.failed")


def _applicant(application: Application, key: str, **more: str) -> tuple[Notice, ...]:
    """By Discord message, and by e-mail where they gave an address."""
    recipients = [Recipient.user(application.user_id)]
    if application.candidate.email:
        recipients.append(Recipient.email(application.candidate.email))
    data = {"character": application.candidate.character_name, **more}
    return tuple(_notice(application, NotificationKind.APPLICATIONS, to, key, data) for to in recipients)


# --- the guild --------------------------------------------------------------------------------------------------------


def arrived(application: Submitted) -> Notice:
    """The recruiters learn of a new application: `character`, `character_class`, `level`."""
    return _channel(application, Channel.RECRUITERS, "application.arrived", **_in_short(application))


def summary(application: OnTrial | InVote) -> Notice:
    """The recruiters' summary of an applicant on trial (V-9).

    It holds `character`, `character_class`, `level`, `server`, `previous_guilds`, `availability`, `timezone`,
    `references`, `trial_starts_at`, `trial_ends_at`; no e-mail and no answers.
    """
    candidate = application.candidate
    return _channel(
        application,
        Channel.RECRUITERS,
        "trial.summary",
        **_in_short(application),
        server=candidate.server,
        previous_guilds=candidate.previous_guilds,
        availability=candidate.availability,
        timezone=candidate.timezone,
        references=candidate.references,
        trial_starts_at=_moment(application.trial.starts_at),
        trial_ends_at=_moment(application.trial.ends_at),
    )


def overdue(application: OnTrial) -> Notice:
    """A trial ended without a vote: `character`, `trial_ends_at`."""
    return _channel(
        application,
        Channel.RECRUITERS,
        "trial.overdue",
        character=application.candidate.character_name,
        trial_ends_at=_moment(application.trial.ends_at),
    )


def proposal(application: OnTrial, outcome: Option) -> Notice:
    """The trial's rules propose an outcome: `character`, `outcome` (pass or fail)."""
    return _channel(
        application,
        Channel.RECRUITERS,
        "trial.proposal",
        character=application.candidate.character_name,
        outcome=outcome.value,
    )


def vote_started(application: InVote) -> Notice:
    """The members (in the officers' stage the officers) are called to vote: `character`, `closes_at`, `round`."""
    members = application.poll.stage is Stage.MEMBERS
    return _call(
        application,
        Channel.MEMBERS if members else Channel.OFFICERS,
        "vote.started" if members else "vote.officers_started",
        character=application.candidate.character_name,
        closes_at=_moment(application.poll.closes_at),
        round=str(application.round),
    )


def vote_ended(application: Application, outcome: Option) -> Notice:
    """The members learn how a vote ended, without a number: `character`, `outcome` (pass, fail or recycle)."""
    return _call(
        application,
        Channel.MEMBERS,
        "vote.ended",
        character=application.candidate.character_name,
        outcome=outcome.value,
    )


def vote_called_off(application: Application) -> Notice:
    """The members learn that a vote is called off, for the application is withdrawn: `character`."""
    return _call(
        application,
        Channel.MEMBERS,
        "vote.called_off",
        character=application.candidate.character_name,
    )


def task(application: Application, left: OpenTask) -> Notice:
    """A pass waits for the officers: `character`."""
    return _channel(
        application,
        Channel.OFFICERS,
        f"task.{left.value}",
        character=application.candidate.character_name,
    )


def _in_short(application: Application) -> dict[str, str]:
    candidate = application.candidate
    return {
        "character": candidate.character_name,
        "character_class": candidate.character_class,
        "level": "" if candidate.level is None else str(candidate.level),
    }


def _channel(application: Application, channel: Channel, key: str, **data: str) -> Notice:
    return _notice(application, NotificationKind.APPLICATIONS, Recipient.channel(channel), key, data)


def _call(application: Application, channel: Channel, key: str, **data: str) -> Notice:
    return _notice(application, NotificationKind.VOTES, Recipient.channel(channel), key, data)


def _notice(
    application: Application, kind: NotificationKind, to: Recipient, key: str, data: Mapping[str, str]
) -> Notice:
    told = {"application": str(application.id), **data}
    return Notice(kind=kind, to=to, text=key, data=told, about=about(application.id))


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

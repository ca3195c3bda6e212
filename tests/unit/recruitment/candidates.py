"""Applications and votes as tests make them."""

from __future__ import annotations

from datetime import UTC, datetime

from dkp_core.kernel.ids import ApplicationId, GuildId, UserId
from dkp_core.raids import AttendanceShare
from dkp_core.recruitment import NOBODY, OnTrial, Option, Poll, RecruitmentRules, Stage, Submitted, Vote

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DEFAULTS = RecruitmentRules()
APPLICANT = UserId(7)


def submitted(rules: RecruitmentRules = DEFAULTS, at: datetime = NOON) -> Submitted:
    """An application that waits for the recruiters."""
    return Submitted.submit(
        ApplicationId(5),
        GuildId(1),
        APPLICANT,
        NOBODY.saying(character_name="Élan", character_class="Bard", level=60, email="elan@example.org"),
        rules=rules,
        rules_version=0,
        at=at,
    )


def on_trial(rules: RecruitmentRules = DEFAULTS, at: datetime = NOON) -> OnTrial:
    """An application that was accepted."""
    return submitted(rules, at).accept(rules, 0, at)


def poll(rules: RecruitmentRules = DEFAULTS, at: datetime = NOON) -> Poll:
    """A poll of the members' that begins now."""
    return Poll.open(1, Stage.MEMBERS, rules, at)


def vote(voter: int, option: Option | None, attended: int = 1, held: int = 1) -> Vote:
    """A vote of somebody who attended so many of so many raids."""
    return Vote(
        application_id=ApplicationId(5),
        round=1,
        stage=Stage.MEMBERS,
        voter=UserId(voter),
        option=option,
        attendance=AttendanceShare(attended, held),
        cast_at=NOON,
    )

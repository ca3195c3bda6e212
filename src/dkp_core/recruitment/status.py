"""Where an application stands, and what a vote can come to (V-2, V-5)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from dkp_core.kernel.errors import InvalidValue


class ApplicationStatus(StrEnum):
    """The states of an application."""

    SUBMITTED = "submitted"
    TRIAL_ACCEPTED = "trial_accepted"
    VOTING_ACTIVE = "voting_active"
    VOTING_COMPLETE = "voting_complete"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"

    @classmethod
    def named(cls, name: str) -> ApplicationStatus:
        """The status of that name. Raises: InvalidValue."""
        try:
            return cls(name)
        except ValueError as unknown:
            raise InvalidValue("status", f"{name[:40]!r} is no application status", ", ".join(cls)) from unknown


OPEN: Final = frozenset(
    {ApplicationStatus.SUBMITTED, ApplicationStatus.TRIAL_ACCEPTED, ApplicationStatus.VOTING_ACTIVE}
)
"""Not finished yet: one of these per user and guild."""

SEEN_BY_MEMBERS: Final = frozenset({ApplicationStatus.TRIAL_ACCEPTED, ApplicationStatus.VOTING_ACTIVE})
"""What members and developers read; recruiters and officers read all (V-3)."""


class Option(StrEnum):
    """What one votes for, and what a vote comes to."""

    PASS = "pass"  # noqa: S105  # nobody's password
    FAIL = "fail"
    RECYCLE = "recycle"

    @classmethod
    def named(cls, name: str) -> Option:
        """The option of that name. Raises: InvalidValue."""
        try:
            return cls(name)
        except ValueError as unknown:
            raise InvalidValue("option", f"{name[:40]!r} is nothing to vote for", ", ".join(cls)) from unknown


class Stage(StrEnum):
    """Who votes: every member, or after them the officers, where the guild has it so (V-11)."""

    MEMBERS = "members"
    OFFICERS = "officers"


class OpenTask(StrEnum):
    """What officers have to do by hand before a pass is carried out in full (V-8)."""

    PROMOTE = "promote"
    """The guild carries passes out by hand."""
    NAME_HELD = "name_held"
    """The character's name is somebody else's here."""
    NOT_A_MEMBER = "not_a_member"
    """The applicant's membership is not in force."""

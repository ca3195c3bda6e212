"""Who owned a character when: every period is kept (R-4, P-11)."""

from __future__ import annotations

from datetime import datetime, timedelta

from attrs import frozen

from dkp_core.kernel.ids import CharacterId, UserId
from dkp_core.kernel.period import BEGINNING


@frozen(kw_only=True)
class Ownership:
    """A character was this user's in [since, until); until is None while it lasts.

    The first owner owns the character from the beginning.
    """

    character_id: CharacterId
    owner: UserId
    since: datetime
    until: datetime | None = None
    reason: str = ""

    @classmethod
    def first(cls, character_id: CharacterId, owner: UserId, *, reason: str = "") -> Ownership:
        """The period of a character's first owner."""
        return cls(character_id=character_id, owner=owner, since=BEGINNING, reason=reason)

    def covers(self, at: datetime) -> bool:
        """Whether the character was this user's at that moment."""
        return self.since <= at and (self.until is None or at < self.until)


def handover_at(latest: Ownership | None, now: datetime) -> datetime:
    """When a hand-over happens: now, but never before the last one, however the hosts' clocks differ."""
    if latest is None:
        return now
    return max(now, (latest.until or latest.since) + timedelta(microseconds=1))

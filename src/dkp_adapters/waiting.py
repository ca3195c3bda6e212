"""What waits to be done, as every store hands it to the worker: deliveries, deadlines, and leases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from attrs import Factory, frozen

from dkp_core.kernel.ids import GuildId, NoticeId, UserId
from dkp_core.notices import Later, Notice

PAUSE_SECONDS_MIN: Final = 1.0
"""Whoever says to come back at once is not taken at the word."""


@frozen(kw_only=True)
class Retrying:
    """How failures are tried again: after `first_seconds`, each time twice as long, and parked after `attempts_max`."""

    first_seconds: float = 5
    seconds_max: float = 3600
    attempts_max: int = 10

    def delay_seconds(self, attempts: int, chance: float) -> float:
        """How long to wait after that many attempts; `chance` in [0, 1) spreads it by up to a quarter."""
        grown: float = self.first_seconds * 2 ** min(attempts - 1, 30)
        return min(grown, self.seconds_max) * (1 + chance / 4)


@frozen(kw_only=True)
class Lag:
    """How far the worker is behind: rows that are due, the age of the oldest in seconds, and rows it gave up on."""

    due: int
    oldest_seconds: float
    parked: int


@frozen(kw_only=True)
class Delivery:
    """One reaction that an event still has to have, with the event; guild 0 is the installation.

    `data` is the event's, for `event_json.event_from`; `attempts` counts this one.
    """

    event_id: int
    reaction: str
    guild_id: GuildId
    event_at: datetime
    attempts: int
    last_error: str | None
    event: str
    aggregate: str
    aggregate_id: str
    version: int
    data: Mapping[str, object]
    actor_kind: str
    actor_id: str
    actor_user_id: UserId | None
    entrypoint: str
    request_id: str | None
    claim: str | None


@frozen(kw_only=True)
class DueDeadline:
    """Something that became due in a guild; `kind` names the use case to run, with `data`."""

    guild_id: GuildId
    key: str
    kind: str
    due_at: datetime
    data: Mapping[str, str | int | None]
    attempts: int
    last_error: str | None
    claim: str | None


@frozen(kw_only=True)
class Lease:
    """The right to do something alone until a moment; `term` tells it from every earlier holding of that name."""

    name: str
    holder: str
    term: int
    until: datetime


class LeaseLost(Exception):
    """Somebody else holds the lease now, so this holder must stop."""


@frozen(kw_only=True)
class DueNotice:
    """A notice that is to be sent; `attempts` counts this one."""

    id: NoticeId
    guild_id: GuildId
    notice: Notice
    posted_at: datetime
    waiting_since: datetime
    attempts: int
    claim: str


@frozen(kw_only=True)
class NoticePatience:
    """How long notices are tried: what only comes later is tried for `gives_up_after`, however long nobody answers.

    After `unheard_max` attempts of which nobody reported the outcome, one is thought to kill whoever tries it.
    """

    retrying: Retrying = Factory(lambda: Retrying(first_seconds=5, seconds_max=600))
    gives_up_after: timedelta = timedelta(days=7)
    unheard_max: int = 10

    def seconds(self, due: DueNotice, later: Later, now: datetime, chance: float) -> float | None:
        """How long to wait before the next attempt; None to give up. What was asked for is waited out."""
        if now - due.waiting_since >= self.gives_up_after:
            return None
        if later.seconds is not None:
            return max(PAUSE_SECONDS_MIN, later.seconds)
        return self.retrying.delay_seconds(due.attempts, chance)

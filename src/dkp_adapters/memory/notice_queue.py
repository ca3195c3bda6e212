"""Notices in memory from the worker's side: what is due, one at a time to each recipient, in the order of posting.

Only the oldest notice that waits for a recipient may be claimed; one that was given up on lets the next pass. What is
sent is sent outside every transaction, so a worker that dies in between leaves a claim that runs out, and the notice is
sent again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from attrs import define, evolve, field

from dkp_adapters.memory.claims import ERROR_LENGTH_MAX
from dkp_adapters.memory.installation import MemoryInstallation
from dkp_adapters.memory.tables import PostedNotice, Rows
from dkp_adapters.waiting import DueNotice, Lag, NoticePatience
from dkp_core.kernel.ids import GuildId, NoticeId
from dkp_core.notices import Later, NoticeStatus, Outcome, Recipient, RecipientKind, Sent, Unwanted


@define(eq=False)
class MemoryNoticeQueue:
    """The notices of an installation that are to be sent. Moments are those of its clock."""

    installation: MemoryInstallation
    patience: NoticePatience = field(factory=NoticePatience)
    chance: Callable[[], float] = random.random

    def claim(self, limit: int = 1, seconds: float = 120) -> tuple[DueNotice, ...]:
        """Up to `limit` notices that are due, at most one for each recipient, for `seconds` nobody else's."""
        now = self.installation.clock.now()
        claimed: list[DueNotice] = []
        with self.installation.scope():
            while len(claimed) < limit:
                due = self._heads(now)[: limit - len(claimed)]
                taken = self._taken(due, now, now + timedelta(seconds=seconds))
                claimed += taken
                if len(taken) == len(due):  # else some were given up on, and others are due
                    break
        return tuple(claimed)

    def _heads(self, now: datetime) -> list[PostedNotice]:
        """The oldest that waits for each recipient, where it is due; those that were due first."""
        oldest: dict[tuple[GuildId, Recipient], PostedNotice] = {}
        for row in sorted(self._rows().values(), key=lambda each: each.id):
            if row.status is NoticeStatus.WAITING:
                oldest.setdefault((row.guild_id, row.notice.to), row)
        return sorted((row for row in oldest.values() if row.try_at <= now), key=lambda each: (each.try_at, each.id))

    def _taken(self, due: Sequence[PostedNotice], now: datetime, until: datetime) -> list[DueNotice]:
        """Those of the heads that are ours now; one that was tried too often unheard is given up on."""
        rows, claimed = self._rows(), []
        for row in sorted(due, key=lambda each: each.id):
            if row.unheard >= self.patience.unheard_max:
                why = "the worker ended while at it"
                rows.put(row.id, evolve(row, status=NoticeStatus.PARKED, claim=None, settled_at=now, fault=why))
                continue
            claim = str(self.installation.ids.next("claim"))
            taken = evolve(row, claim=claim, try_at=until, attempts=row.attempts + 1, unheard=row.unheard + 1)
            rows.put(row.id, taken)
            claimed.append(_due(taken, claim))
        return claimed

    def settle(self, notice: DueNotice, outcome: Outcome) -> bool:
        """In a transaction of its own: note what became of it; False when it is no longer ours."""
        now = self.installation.clock.now()
        with self.installation.scope():
            rows = self._rows()
            row = rows.get(notice.id)
            if row is None or row.status is not NoticeStatus.WAITING or row.claim != notice.claim:
                return False
            heard = evolve(row, claim=None, unheard=0)
            fault = None if isinstance(outcome, Sent) else outcome.why[:ERROR_LENGTH_MAX]
            if isinstance(outcome, Later):
                wait = self.patience.seconds(notice, outcome, now, self.chance())
                if wait is not None:
                    rows.put(row.id, evolve(heard, try_at=now + timedelta(seconds=wait), fault=fault))
                    return True
            if isinstance(outcome, Unwanted) and row.notice.to.kind is RecipientKind.MAILBOX:
                rows.drop(row.id)  # it stands in their own list anyway
                return True
            settled = evolve(heard, settled_at=now, fault=fault, status=_status(outcome))
            rows.put(row.id, _without_what_was_mailed(settled) if isinstance(outcome, Sent) else settled)
            return True

    def prune(self, days: int) -> int:
        """Forget what was told, or was not to be told, more than so many days ago; tells how many."""
        before = self.installation.clock.now() - timedelta(days=days)
        over = (NoticeStatus.SENT, NoticeStatus.UNSENT)
        with self.installation.scope():
            rows = self._rows()
            old = [row.id for row in rows.values() if row.status in over and row.settled_at and row.settled_at < before]
            for notice_id in old:
                rows.drop(notice_id)
        return len(old)

    def lag(self) -> Lag:
        """How many wait, since when the oldest does, and how many were given up on."""
        now = self.installation.clock.now()
        with self.installation.scope():
            rows = list(self._rows().values())
        waiting = [row.waiting_since for row in rows if row.status is NoticeStatus.WAITING]
        oldest = max(0.0, (now - min(waiting)).total_seconds()) if waiting else 0.0
        parked = sum(row.status is NoticeStatus.PARKED for row in rows)
        return Lag(due=len(waiting), oldest_seconds=oldest, parked=parked)

    def _rows(self) -> Rows[NoticeId, PostedNotice]:
        return self.installation.current_transaction().installation.notices


def _status(outcome: Outcome) -> NoticeStatus:
    if isinstance(outcome, Sent):
        return NoticeStatus.SENT
    return NoticeStatus.UNSENT if isinstance(outcome, Unwanted) else NoticeStatus.PARKED


def _without_what_was_mailed(row: PostedNotice) -> PostedNotice:
    """What was mailed is told: neither where it went nor what it said need be kept."""
    to = row.notice.to
    if to.kind is RecipientKind.EMAIL:
        to = Recipient(RecipientKind.EMAIL, "")
    elif to.kind is not RecipientKind.MAILBOX:
        return row
    return evolve(row, notice=evolve(row.notice, to=to, data={}))


def _due(row: PostedNotice, claim: str) -> DueNotice:
    return DueNotice(
        id=row.id,
        guild_id=row.guild_id,
        notice=row.notice,
        posted_at=row.posted_at,
        waiting_since=row.waiting_since,
        attempts=row.attempts,
        claim=claim,
    )

"""Notices from the worker's side: what is due, one at a time to each recipient, in the order of posting.

Only the oldest notice that waits for a recipient may be claimed; one that was given up on lets the next pass. What is
sent is sent outside every transaction, so a worker that dies in between leaves a claim that runs out, and the notice is
sent again.
"""

from __future__ import annotations

import json
import random
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Final

from attrs import define, field
from sqlalchemy import BigInteger, String, and_, bindparam, case, delete, func, or_, select, update

from dkp_adapters.sql.claims import ERROR_LENGTH_MAX
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.moments import micros, moment_at
from dkp_adapters.sql.statement import Statement, binds
from dkp_adapters.sql.tables.notices import notices
from dkp_adapters.waiting import DueNotice, Lag, NoticePatience
from dkp_core.accounts import NotificationKind
from dkp_core.kernel.ids import GuildId, NoticeId
from dkp_core.notices import Later, Never, Notice, NoticeStatus, Outcome, Recipient, RecipientKind, Sent

_C: Final = notices.c
_OLDER: Final = notices.alias("older")
_WAITING: Final = _C.status == NoticeStatus.WAITING.value
_NOW: Final = bindparam("now", type_=BigInteger)
_CLAIM: Final = bindparam("claim", type_=String())
_THIS: Final = _C.id == bindparam("the_id", type_=BigInteger)
_MINE: Final = and_(_THIS, _WAITING, _C.claimed_by == _CLAIM)

# The heads are read from the index alone. Asking of each notice whether an older one waits takes MariaDB a quarter of a
# minute when ten thousand wait for one recipient.
_HEADS: Final = (
    select(func.min(_OLDER.c.id).label("id"))
    .where(_OLDER.c.status == NoticeStatus.WAITING.value)
    .group_by(_OLDER.c.guild_id, _OLDER.c.recipient_kind, _OLDER.c.recipient)
    .subquery("heads")
)
_DUE: Final = Statement(
    select(_C.id, _C.try_at, _C.unheard)
    .join_from(_HEADS, notices, _C.id == _HEADS.c.id)
    .where(_WAITING, _C.try_at <= _NOW)
    .order_by(_C.try_at, _C.id)
    .limit(bindparam("limit", type_=BigInteger)),
    across_guilds=True,
)
_SEEN: Final = and_(_THIS, _WAITING, _C.try_at == bindparam("seen", type_=BigInteger))
_TAKE: Final = Statement(
    update(notices)
    .where(_SEEN)
    .values(
        claimed_by=_CLAIM,
        try_at=bindparam("until", type_=BigInteger),
        attempts=_C.attempts + 1,
        unheard=_C.unheard + 1,
    ),
    across_guilds=True,
)
_GIVE_UP: Final = Statement(
    update(notices)
    .where(_SEEN)
    .values(status=NoticeStatus.PARKED.value, claimed_by=None, settled_at=_NOW, fault=bindparam("reason")),
    across_guilds=True,
)
_CLAIMED: Final = Statement(
    select(
        _C.id,
        _C.guild_id,
        _C.kind,
        _C.recipient_kind,
        _C.recipient,
        _C.text,
        _C.data,
        _C.about,
        _C.posted_at,
        _C.waiting_since,
        _C.attempts,
        _C.claimed_by,
    ).where(_MINE),
    across_guilds=True,
)
_BY_EMAIL: Final = _C.recipient_kind == RecipientKind.EMAIL.value
_BY_MAIL: Final = or_(_BY_EMAIL, _C.recipient_kind == RecipientKind.MAILBOX.value)
_SETTLE: Final = Statement(
    update(notices)
    .where(_MINE)
    .values(
        **binds(notices, "status", "settled_at", "fault"),
        claimed_by=None,
        unheard=0,
        # What was mailed is told: neither where it went nor what it said need be kept.
        data=case((and_(_BY_MAIL, bindparam("told", type_=BigInteger) == 1), "{}"), else_=_C.data),
        recipient=case((and_(_BY_EMAIL, bindparam("told", type_=BigInteger) == 1), ""), else_=_C.recipient),
    ),
    across_guilds=True,
)
_PUT_OFF: Final = Statement(
    update(notices).where(_MINE).values(**binds(notices, "try_at", "fault"), claimed_by=None, unheard=0),
    across_guilds=True,
)
_LEAVE: Final = Statement(delete(notices).where(_MINE), across_guilds=True)
_LAG: Final = Statement(
    select(func.count(), func.min(_C.waiting_since)).where(_WAITING),
    across_guilds=True,
)
_PARKED: Final = Statement(
    select(func.count()).where(_C.status == NoticeStatus.PARKED.value),
    across_guilds=True,
)
_PRUNE: Final = Statement(
    delete(notices).where(
        or_(_C.status == NoticeStatus.SENT.value, _C.status == NoticeStatus.UNSENT.value),
        _C.settled_at < bindparam("before", type_=BigInteger),
    ),
    across_guilds=True,
)


@define(eq=False)
class SqlNoticeQueue:
    """The notices of a database that are to be sent. Moments are those of the database object's clock."""

    database: SqlDatabase
    patience: NoticePatience = field(factory=NoticePatience)
    chance: Callable[[], float] = random.random

    def claim(self, limit: int = 1, seconds: float = 120) -> tuple[DueNotice, ...]:
        """Up to `limit` notices that are due, at most one for each recipient, for `seconds` nobody else's."""
        now = micros(self.database.clock.now())
        claimed: list[DueNotice] = []
        while len(claimed) < limit:
            with self.database.reading() as views:  # who has nothing to send disturbs no writer
                due = views.session.all(_DUE, now=now, limit=limit - len(claimed))
            taken = self._taken(due, now, now + int(seconds * 1_000_000)) if due else []
            claimed += taken
            if len(taken) == len(due):  # else some were given up on, or somebody was faster, and others are due
                break
        return tuple(claimed)

    def _taken(self, due: Sequence[tuple[Any, ...]], now: int, until: int) -> list[DueNotice]:
        """Those of the heads that are ours now; one that was tried too often unheard is given up on."""
        claim = secrets.token_hex(16)
        claimed = []
        with self.database.scope():
            session = self.database.current_session()
            for notice_id, seen, unheard in sorted(due):  # one order: no deadlock
                this = {"the_id": notice_id, "seen": seen}
                if unheard >= self.patience.unheard_max:
                    session.run(_GIVE_UP, **this, now=now, reason="the worker ended while at it")
                elif session.run(_TAKE, **this, claim=claim, until=until):
                    claimed.append(session.first(_CLAIMED, the_id=notice_id, claim=claim))
        return [_due(row) for row in claimed if row is not None]

    def settle(self, notice: DueNotice, outcome: Outcome) -> bool:
        """In a transaction of its own: note what became of it; False when it is no longer ours."""
        now = self.database.clock.now()
        mine = {"the_id": notice.id, "claim": notice.claim}
        with self.database.scope():
            session = self.database.current_session()
            if isinstance(outcome, Later):
                wait = self.patience.seconds(notice, outcome, now, self.chance())
                if wait is not None:
                    try_at = micros(now + timedelta(seconds=wait))
                    return session.run(_PUT_OFF, **mine, try_at=try_at, fault=outcome.why[:ERROR_LENGTH_MAX]) == 1
            if isinstance(outcome, Sent):
                status, fault = NoticeStatus.SENT, None
            elif isinstance(outcome, Later | Never):
                status, fault = NoticeStatus.PARKED, outcome.why[:ERROR_LENGTH_MAX]
            elif notice.notice.to.kind is RecipientKind.MAILBOX:
                return session.run(_LEAVE, **mine) == 1  # it stands in their own list anyway
            else:
                status, fault = NoticeStatus.UNSENT, outcome.why[:ERROR_LENGTH_MAX]
            told = int(status is NoticeStatus.SENT)
            settled = {"status": status.value, "settled_at": micros(now), "fault": fault, "told": told}
            return session.run(_SETTLE, **mine, **settled) == 1

    def prune(self, days: int) -> int:
        """Forget what was told, or was not to be told, more than so many days ago; tells how many."""
        before = micros(self.database.clock.now() - timedelta(days=days))
        with self.database.scope():
            return self.database.current_session().run(_PRUNE, before=before)

    def lag(self) -> Lag:
        """How many wait, since when the oldest does, and how many were given up on."""
        now = micros(self.database.clock.now())
        with self.database.reading() as views:
            waiting = views.session.first(_LAG)
            parked = views.session.first(_PARKED)
        assert waiting is not None
        assert parked is not None
        due, oldest = waiting
        return Lag(due=due, oldest_seconds=max(0, now - oldest) / 1_000_000 if due else 0.0, parked=parked[0])


def _due(row: tuple[Any, ...]) -> DueNotice:
    notice_id, guild_id, kind, recipient_kind, recipient, text, data, about, *times = row
    posted_at, waiting_since, attempts, claim = times
    return DueNotice(
        id=NoticeId(notice_id),
        guild_id=GuildId(guild_id),
        notice=Notice(
            kind=NotificationKind(kind),
            to=Recipient(RecipientKind(recipient_kind), recipient),
            text=text,
            data=json.loads(data),
            about=about,
        ),
        posted_at=moment_at(posted_at),
        waiting_since=moment_at(waiting_since),
        attempts=attempts,
        claim=claim,
    )

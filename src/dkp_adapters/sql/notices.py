"""Notices and channels in SQL: posted, given up on and forgotten in the transaction that decides it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, and_, bindparam, delete, or_, select, update

from dkp_adapters.sql.moments import micros, micros_or_none, moment_at, moment_or_none
from dkp_adapters.sql.session import Session
from dkp_adapters.sql.statement import (
    GUILD,
    Statement,
    binds,
    in_guild,
    insert_rows,
    json_rows,
    locking,
    to_json,
    upsert,
)
from dkp_adapters.sql.tables.notices import channel_webhooks, notices
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import NoticeId
from dkp_core.notices import (
    Channel,
    Channels,
    ChannelWebhook,
    Notice,
    Notices,
    NoticeStatus,
    person_in,
    to_be_sent,
)

_C: Final = notices.c
_GIVEN: Final = json_rows("posted", *(column for column in _C if column.name != "guild_id"))
_POST: Final = Statement(
    insert_rows(
        notices, select(GUILD.label("guild_id"), *(_GIVEN.c[column.name] for column in _C if column.name != "guild_id"))
    )
)
_THIS: Final = and_(in_guild(notices), _C.id == bindparam("the_id", type_=BigInteger))
_STATUS: Final = Statement(locking(select(_C.status).where(_THIS)))
_RESEND: Final = Statement(
    update(notices)
    .where(_THIS)
    .values(
        **binds(notices, "status", "waiting_since", "try_at"),
        attempts=0,
        unheard=0,
        settled_at=None,
    )
)
_DROP: Final = Statement(update(notices).where(_THIS).values(**binds(notices, "status", "settled_at")))
_FORGET: Final = Statement(delete(notices).where(in_guild(notices), _C.about == bindparam("what", type_=_C.about.type)))
_FORGET_PERSON: Final = Statement(
    delete(notices).where(
        in_guild(notices),
        or_(
            _C.about == bindparam("what", type_=_C.about.type),
            _C.user_id == bindparam("whose", type_=BigInteger),
        ),
    )
)


class SqlNotices(Notices):
    """What the guild at work has to tell."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def post(self, *notices: Notice) -> None:
        posted = to_be_sent(notices)
        if not posted:
            return
        transaction = self.session.transaction
        assert transaction is not None, "notices are posted by a unit of work"
        first_id, now = transaction.ids.next("notice", len(posted)), self.session.now()
        rows = [_row(NoticeId(notice_id), notice, now) for notice_id, notice in enumerate(posted, first_id)]
        self.session.run(_POST, posted=rows)
        transaction.note_notices(len(rows))

    def forget(self, about: str) -> None:
        person = person_in(about)
        if person is None:
            self.session.run(_FORGET, what=about)
        else:
            self.session.run(_FORGET_PERSON, what=about, whose=int(person))

    def status(self, notice_id: NoticeId) -> NoticeStatus:
        row = self.session.first(_STATUS, the_id=notice_id)
        if row is None:
            raise NoSuch("notice", notice_id)
        return NoticeStatus(row[0])

    def resend(self, notice_id: NoticeId, event: DomainEvent) -> None:
        now = self.session.now()
        self.session.run(_RESEND, the_id=notice_id, status=NoticeStatus.WAITING.value, waiting_since=now, try_at=now)
        self.session.announce(event)
        if self.session.transaction is not None:
            self.session.transaction.note_notices(1)

    def drop(self, notice_id: NoticeId, event: DomainEvent) -> None:
        now = self.session.now()
        self.session.run(_DROP, the_id=notice_id, status=NoticeStatus.UNSENT.value, settled_at=now)
        self.session.announce(event)


def _row(notice_id: NoticeId, notice: Notice, now: int) -> list[Any]:
    values = {
        "id": notice_id,
        "kind": notice.kind.value,
        "recipient_kind": notice.to.kind.value,
        "recipient": notice.to.key,
        "user_id": notice.to.user_id,
        "text": notice.text,
        "data": to_json(dict(notice.data)),
        "about": notice.about,
        "posted_at": now,
        "waiting_since": now,
        "status": NoticeStatus.WAITING.value,
        "try_at": now,
        "attempts": 0,
        "unheard": 0,
        "claimed_by": None,
        "fault": None,
        "settled_at": None,
    }
    return [values[column.name] for column in _C if column.name != "guild_id"]


# --- channels ---------------------------------------------------------------------------------------------------------

_W: Final = channel_webhooks.c
_KEPT: Final = tuple(column.name for column in _W)
WEBHOOK: Final = select(_W.channel, _W.webhook_id, _W.sealed, _W.set_at, _W.dead_at, _W.fault)
THE_CHANNEL: Final = and_(in_guild(channel_webhooks), _W.channel == bindparam("the_channel", type_=_W.channel.type))
_FIND: Final = Statement(locking(WEBHOOK.where(THE_CHANNEL)))
_PUT: Final = Statement(
    upsert(
        channel_webhooks,
        binds(channel_webhooks, *_KEPT),
        key=("guild_id", "channel"),
        update=lambda _, new: {name: new[name] for name in _KEPT if name not in ("guild_id", "channel")},
    )
)
_REMOVE: Final = Statement(delete(channel_webhooks).where(THE_CHANNEL))


class SqlChannels(Channels):
    """The channels of the guild at work."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def find(self, channel: Channel) -> ChannelWebhook | None:
        row = self.session.first(_FIND, the_channel=channel.value)
        return None if row is None else webhook_of(row)

    def put(self, webhook: ChannelWebhook, event: DomainEvent) -> None:
        self.session.run(
            _PUT,
            channel=webhook.channel.value,
            webhook_id=webhook.webhook_id,
            sealed=webhook.sealed,
            set_at=micros(webhook.set_at),
            dead_at=micros_or_none(webhook.dead_at),
            fault=webhook.fault,
        )
        self.session.announce(event)

    def remove(self, channel: Channel, event: DomainEvent) -> None:
        self.session.run(_REMOVE, the_channel=channel.value)
        self.session.announce(event)


def webhook_of(row: tuple[Any, ...]) -> ChannelWebhook:
    """The webhook in a row of `WEBHOOK`."""
    channel, webhook_id, sealed, set_at, dead_at, fault = row
    return ChannelWebhook(
        channel=Channel(channel),
        webhook_id=webhook_id,
        sealed=sealed,
        set_at=moment_at(set_at),
        dead_at=moment_or_none(dead_at),
        fault=fault,
    )

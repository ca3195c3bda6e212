"""How notices and channels are shown, from SQL."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, func, select

from dkp_adapters.sql.moments import moment_at, moment_or_none
from dkp_adapters.sql.notices import THE_CHANNEL, WEBHOOK, webhook_of
from dkp_adapters.sql.statement import Statement, in_guild
from dkp_adapters.sql.tables.accounts import consents, users
from dkp_adapters.sql.tables.guilds import guilds
from dkp_adapters.sql.tables.notices import channel_webhooks, notices
from dkp_adapters.sql.views import PAGE_OFFSET, PAGE_SIZE, SqlView, page_params
from dkp_core.accounts import ConsentKind, NotificationKind
from dkp_core.kernel.ids import GuildId, NoticeId, UserId
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.notices import (
    Channel,
    ChannelWebhook,
    KeptNotice,
    NoticeFilter,
    NoticeStatus,
    NoticesView,
    OwnNotice,
    Reader,
    Recipient,
    RecipientKind,
)

_C: Final = notices.c
_FILTERS: Final[dict[str, ColumnElement[bool]]] = {
    "status": _C.status == bindparam("status", type_=_C.status.type),
    "recipient_kind": _C.recipient_kind == bindparam("recipient_kind", type_=_C.recipient_kind.type),
    "recipient": _C.recipient == bindparam("recipient", type_=_C.recipient.type),
}
_USER: Final = bindparam("the_user", type_=BigInteger)


@lru_cache(maxsize=16)
def _listed(wanted: frozenset[str], *, counted: bool = False) -> Statement:
    narrowed = and_(in_guild(notices), *(_FILTERS[name] for name in sorted(wanted)))
    if counted:
        return Statement(select(func.count()).select_from(notices).where(narrowed))
    query = select(
        _C.id,
        _C.guild_id,
        _C.kind,
        _C.recipient_kind,
        _C.recipient,
        _C.text,
        _C.data,
        _C.about,
        _C.posted_at,
        _C.status,
        _C.attempts,
        _C.try_at,
        _C.settled_at,
        _C.fault,
    )
    return Statement(query.where(narrowed).order_by(_C.id.desc()).limit(PAGE_SIZE).offset(PAGE_OFFSET))


# A person may see what any guild told them.
_OWN_OF: Final = and_(_C.user_id == _USER, _C.recipient_kind == RecipientKind.USER.value)
_OWN_COUNTED: Final = Statement(select(func.count()).select_from(notices).where(_OWN_OF), across_guilds=True)
_OWN: Final = Statement(
    select(_C.id, _C.guild_id, guilds.c.slug, guilds.c.name, _C.kind, _C.text, _C.data, _C.posted_at)
    .join_from(notices, guilds, guilds.c.id == _C.guild_id)
    .where(_OWN_OF)
    .order_by(_C.id.desc())
    .limit(PAGE_SIZE)
    .offset(PAGE_OFFSET),
    across_guilds=True,
)
_CHANNELS: Final = Statement(WEBHOOK.where(in_guild(channel_webhooks)).order_by(channel_webhooks.c.channel))
_CHANNEL: Final = Statement(WEBHOOK.where(THE_CHANNEL))
_CONSENTS: Final = (
    select(func.count())
    .select_from(consents)
    .where(
        consents.c.user_id == users.c.id,
        consents.c.kind == ConsentKind.EMAIL.value,
        consents.c.withdrawn_at.is_(None),
    )
    .scalar_subquery()
)
_READER: Final = Statement(
    select(
        users.c.discord_id,
        users.c.email,
        users.c.locale,
        users.c.muted,
        users.c.deactivated_at,
        _CONSENTS,
    ).where(users.c.id == _USER)
)


class SqlNoticesView(SqlView, NoticesView):
    """Reads notices and channels."""

    def notices(self, wanted: NoticeFilter, *, page: PageRequest) -> Page[KeptNotice]:
        given = {"status": wanted.status, "recipient_kind": wanted.recipient_kind, "recipient": wanted.recipient}
        params = {name: str(value) for name, value in given.items() if value is not None}
        names = frozenset(params)
        count = _count(self.session.first(_listed(names, counted=True), **params))
        rows = self.session.all(_listed(names), **params, **page_params(page)) if count > page.offset else []
        return Page(tuple(map(_kept, rows)), count)

    def own_notices(self, user_id: UserId, *, page: PageRequest) -> Page[OwnNotice]:
        count = _count(self.session.first(_OWN_COUNTED, the_user=user_id))
        rows = self.session.all(_OWN, the_user=user_id, **page_params(page)) if count > page.offset else []
        return Page(tuple(map(_own, rows)), count)

    def channels(self) -> tuple[ChannelWebhook, ...]:
        return tuple(map(webhook_of, self.session.all(_CHANNELS)))

    def channel(self, channel: Channel) -> ChannelWebhook | None:
        row = self.session.first(_CHANNEL, the_channel=channel.value)
        return None if row is None else webhook_of(row)

    def reader(self, user_id: UserId) -> Reader | None:
        row = self.session.first(_READER, the_user=user_id)
        if row is None:
            return None
        discord_id, email, locale, muted, deactivated_at, agreed = row
        return Reader(
            user_id=user_id,
            discord_id=discord_id,
            email=email,
            locale=locale,
            muted=frozenset(map(NotificationKind, json.loads(muted))),
            may_be_mailed=agreed > 0,
            is_known=deactivated_at is None,
        )


def _count(row: tuple[Any, ...] | None) -> int:
    return 0 if row is None else int(row[0])


def _kept(row: tuple[Any, ...]) -> KeptNotice:
    notice_id, guild_id, kind, recipient_kind, recipient, text, data, about, *more = row
    posted_at, status, attempts, try_at, settled_at, fault = more
    return KeptNotice(
        id=NoticeId(notice_id),
        guild_id=GuildId(guild_id),
        kind=NotificationKind(kind),
        to=Recipient(RecipientKind(recipient_kind), recipient),
        text=text,
        data=json.loads(data),
        about=about,
        posted_at=moment_at(posted_at),
        status=NoticeStatus(status),
        attempts=attempts,
        try_at=moment_at(try_at) if status == NoticeStatus.WAITING else None,
        settled_at=moment_or_none(settled_at),
        fault=fault,
    )


def _own(row: tuple[Any, ...]) -> OwnNotice:
    notice_id, guild_id, slug, name, kind, text, data, posted_at = row
    return OwnNotice(
        id=NoticeId(notice_id),
        guild_id=GuildId(guild_id),
        guild_slug=slug,
        guild_name=name,
        kind=NotificationKind(kind),
        text=text,
        data=json.loads(data),
        posted_at=moment_at(posted_at),
    )

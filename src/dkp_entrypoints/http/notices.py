"""Channels, and what was told, over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from dkp_core.kernel.ids import NoticeId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.notices import (
    Channel,
    ChannelRow,
    NoticeFilter,
    NoticeRow,
    NoticeStatus,
    OwnNoticeRow,
    RecipientKind,
)
from dkp_entrypoints.http.accounts import OWN_PROFILE
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.reading import Body, Paged

notices: Final = Operations("Notices")


class ChannelBody(Body, frozen=True, kw_only=True):
    """Where a channel's notices go."""

    webhook: Annotated[
        str | None, Meta(description="The webhook's URL as Discord shows it, which is a secret; null for none.")
    ]


class NoticesQuery(Paged, frozen=True, kw_only=True):
    """Which notices are wanted; `recipient` is a channel, the id of a user, or an e-mail address."""

    status: NoticeStatus | None = None
    recipient_kind: RecipientKind | None = None
    recipient: str | None = None


@notices.get("/api/guilds/{guild}/channels/", Permission.GUILD_WRITE)
def show_channels(call: Call) -> tuple[ChannelRow, ...]:
    """`guild` is a slug or id."""
    return call.use_cases.show_channels()(by=call.by)


@notices.put("/api/guilds/{guild}/channels/{channel}/", Permission.GUILD_WRITE)
def set_channel_webhook(call: Call, channel: str, body: ChannelBody) -> ChannelRow:
    """`guild` is a slug or id, `channel` one of recruiters, members and officers."""
    return call.use_cases.set_channel_webhook()(Channel.named(channel), body.webhook, by=call.by)


@notices.post("/api/guilds/{guild}/channels/{channel}/test/", Permission.GUILD_WRITE, status=202)
def send_test_notice(call: Call, channel: str) -> ChannelRow:
    """`guild` is a slug or id, `channel` one of recruiters, members and officers."""
    wanted = Channel.named(channel)
    call.use_cases.send_test_notice()(wanted, by=call.by)
    return next(row for row in call.use_cases.show_channels()(by=call.by) if row.channel is wanted)


@notices.get("/api/notices/", Permission.NOTICES_READ)
def list_notices(call: Call, query: NoticesQuery) -> Page[NoticeRow]:
    wanted = NoticeFilter(status=query.status, recipient_kind=query.recipient_kind, recipient=query.recipient)
    return call.use_cases.list_notices()(wanted, page=query.wanted, by=call.by)


@notices.post("/api/notices/{notice_id}/resend/", Permission.GUILD_WRITE, status=204)
def resend_notice(call: Call, notice_id: NoticeId) -> None:
    call.use_cases.resend_notice()(notice_id, by=call.by)


@notices.delete("/api/notices/{notice_id}/", Permission.GUILD_WRITE)
def drop_notice(call: Call, notice_id: NoticeId) -> None:
    call.use_cases.drop_notice()(notice_id, by=call.by)


@notices.get("/api/users/me/notices/", own=OWN_PROFILE, personal=True)
def list_own_notices(call: Call, query: Paged) -> Page[OwnNoticeRow]:
    return call.use_cases.list_own_notices()(page=query.wanted, by=call.by)

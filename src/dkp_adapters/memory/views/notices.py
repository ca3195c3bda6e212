"""How notices and channels are shown, from memory."""

from __future__ import annotations

from attrs import frozen

from dkp_adapters.memory.tables import PostedNotice
from dkp_adapters.memory.views.glance import MemoryView
from dkp_adapters.memory.views.ordering import page_of
from dkp_core.accounts import ConsentKind
from dkp_core.kernel.ids import UserId
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
)


@frozen
class MemoryNoticesView(MemoryView, NoticesView):
    """Reads notices and channels."""

    def notices(self, wanted: NoticeFilter, *, page: PageRequest) -> Page[KeptNotice]:
        glance = self.look()
        rows = glance.installation.notices.values()
        mine = (row for row in rows if row.guild_id == glance.guild_id and _is_wanted(row, wanted))
        found = page_of(sorted(mine, key=lambda row: row.id, reverse=True), page)
        return Page(tuple(map(_kept, found.results)), found.count)

    def own_notices(self, user_id: UserId, *, page: PageRequest) -> Page[OwnNotice]:
        installation = self.look().installation
        mine = [row for row in installation.notices.values() if row.notice.to == Recipient.user(user_id)]
        found = page_of(sorted(mine, key=lambda row: row.id, reverse=True), page)
        own = []
        for row in found.results:
            guild = installation.guilds[row.guild_id]
            own.append(
                OwnNotice(
                    id=row.id,
                    guild_id=guild.id,
                    guild_slug=guild.slug,
                    guild_name=guild.name,
                    kind=row.notice.kind,
                    text=row.notice.text,
                    data=row.notice.data,
                    posted_at=row.posted_at,
                )
            )
        return Page(tuple(own), found.count)

    def channels(self) -> tuple[ChannelWebhook, ...]:
        return tuple(sorted(self.look().tables.channel_webhooks.values(), key=lambda webhook: webhook.channel))

    def channel(self, channel: Channel) -> ChannelWebhook | None:
        return self.look().tables.channel_webhooks.get(channel)

    def reader(self, user_id: UserId) -> Reader | None:
        installation = self.look().installation
        user = installation.users.get(user_id)
        if user is None:
            return None
        consents = installation.consents.values()
        return Reader(
            user_id=user_id,
            discord_id=user.discord_id,
            email=user.email,
            locale=user.locale,
            muted=user.muted,
            may_be_mailed=any(
                each.user_id == user_id and each.kind is ConsentKind.EMAIL and each.is_in_force for each in consents
            ),
            is_known=user.deactivated_at is None,
        )


def _is_wanted(row: PostedNotice, wanted: NoticeFilter) -> bool:
    return (
        wanted.status in (None, row.status)
        and wanted.recipient_kind in (None, row.notice.to.kind)
        and wanted.recipient in (None, row.notice.to.key)
    )


def _kept(row: PostedNotice) -> KeptNotice:
    return KeptNotice(
        id=row.id,
        guild_id=row.guild_id,
        kind=row.notice.kind,
        to=row.notice.to,
        text=row.notice.text,
        data=row.notice.data,
        about=row.notice.about,
        posted_at=row.posted_at,
        status=row.status,
        attempts=row.attempts,
        try_at=row.try_at if row.status is NoticeStatus.WAITING else None,
        settled_at=row.settled_at,
        fault=row.fault,
    )

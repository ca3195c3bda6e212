"""Notices and channels in memory: posted, given up on and forgotten in the transaction that decides it."""

from __future__ import annotations

from attrs import evolve, frozen

from dkp_adapters.memory.tables import PostedNotice
from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import NoticeId, UserId
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


@frozen
class MemoryNotices(Notices):
    """What the guild at work has to tell."""

    session: Session

    def post(self, *notices: Notice) -> None:
        posted, now = to_be_sent(notices), self.session.now
        if not posted:
            return
        first_id = self.session.transaction.ids.next("notice", len(posted))
        for notice_id, notice in enumerate(posted, first_id):
            row = PostedNotice(
                id=NoticeId(notice_id),
                guild_id=self.session.guild_id,
                notice=notice,
                posted_at=now,
                waiting_since=now,
                try_at=now,
            )
            self.session.installation.notices.put(row.id, row)
        self.session.transaction.note_notices(len(posted))

    def forget(self, about: str) -> None:
        person = person_in(about)
        user_id = None if person is None else UserId(int(person))
        notices = self.session.installation.notices
        for row in list(notices.values()):
            told_them = user_id is not None and row.notice.to.user_id == user_id
            if row.guild_id == self.session.guild_id and (row.notice.about == about or told_them):
                notices.drop(row.id)

    def status(self, notice_id: NoticeId) -> NoticeStatus:
        return self._get(notice_id).status

    def resend(self, notice_id: NoticeId, event: DomainEvent) -> None:
        now = self.session.now
        again = evolve(
            self._get(notice_id),
            status=NoticeStatus.WAITING,
            waiting_since=now,
            try_at=now,
            attempts=0,
            unheard=0,
            settled_at=None,
        )
        self.session.installation.notices.put(notice_id, again)
        self.session.announce(event)
        self.session.transaction.note_notices(1)

    def drop(self, notice_id: NoticeId, event: DomainEvent) -> None:
        dropped = evolve(self._get(notice_id), status=NoticeStatus.UNSENT, settled_at=self.session.now)
        self.session.installation.notices.put(notice_id, dropped)
        self.session.announce(event)

    def _get(self, notice_id: NoticeId) -> PostedNotice:
        row = self.session.installation.notices.get(notice_id)
        if row is None or row.guild_id != self.session.guild_id:
            raise NoSuch("notice", notice_id)
        return row


@frozen
class MemoryChannels(Channels):
    """The channels of the guild at work."""

    session: Session

    def find(self, channel: Channel) -> ChannelWebhook | None:
        return self.session.tables.channel_webhooks.get(channel)

    def put(self, webhook: ChannelWebhook, event: DomainEvent) -> None:
        self.session.tables.channel_webhooks.put(webhook.channel, webhook)
        self.session.announce(event)

    def remove(self, channel: Channel, event: DomainEvent) -> None:
        self.session.tables.channel_webhooks.drop(channel)
        self.session.announce(event)

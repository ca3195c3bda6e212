"""Setting up the guild's channels outside: where its notices go (V-3, V-9)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from attrs import frozen

from dkp_core.accounts import NotificationKind
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Read, Sealing
from dkp_core.notices.errors import ChannelNotSet
from dkp_core.notices.events import ChannelSet, ChannelTested, ChannelUnset
from dkp_core.notices.notice import Channel, Notice, Recipient
from dkp_core.notices.ports import NoticesView, NoticesWork
from dkp_core.notices.views import ChannelRow
from dkp_core.notices.webhook import ChannelWebhook, WebhookUrl

MEMBERS_ONLY: Final = (
    "Votes are announced here: see to it that guests and applicants can't read this channel on Discord, which can't be "
    "checked from here."
)


@frozen
class ShowChannels:
    """The guild's channels on Discord, and whether notices reach them; never the webhooks' addresses."""

    read: Read[NoticesView]

    def __call__(self, *, by: Actor) -> tuple[ChannelRow, ...]:
        by.must(Permission.GUILD_WRITE)
        with self.read(by) as views:
            kept = {webhook.channel: webhook for webhook in views.channels()}
        return tuple(_row(channel, kept.get(channel)) for channel in Channel)


@frozen
class SetChannelWebhook:
    """Set where a channel's notices go: the address of a webhook, as Discord shows it; none to tell nothing there.

    The address is a secret and kept encrypted. In a channel whose webhook was dead, what was given up on stays so until
    it is sent again. The answer warns where nobody but you can see to something.
    """

    begin: Begin[NoticesWork]
    sealing: Sealing
    clock: Clock
    hosts: Collection[str]

    def __call__(self, channel: Channel, url: str | None, *, by: Actor) -> ChannelRow:
        by.must(Permission.GUILD_WRITE)
        if url is None:
            with self.begin(by) as work:
                kept = work.channels.find(channel)
                if kept is not None:
                    work.channels.remove(channel, ChannelUnset(channel=channel, webhook_id=kept.webhook_id))
            return _row(channel, None)
        address = WebhookUrl.of(url, self.hosts)
        webhook = ChannelWebhook(
            channel=channel,
            webhook_id=address.webhook_id,
            sealed=self.sealing.seal(address.text),
            set_at=self.clock.now(),
        )
        with self.begin(by) as work:
            work.channels.put(webhook, ChannelSet(channel=channel, webhook_id=webhook.webhook_id))
        return _row(channel, webhook)


@frozen
class SendTestNotice:
    """Have a notice sent to a channel, to see whether it arrives; what became of it is in the list of notices."""

    begin: Begin[NoticesWork]

    def __call__(self, channel: Channel, *, by: Actor) -> None:
        by.must(Permission.GUILD_WRITE)
        with self.begin(by) as work:
            if work.channels.find(channel) is None:
                raise ChannelNotSet(channel)
            work.notices.post(Notice(kind=NotificationKind.EVENTS, to=Recipient.channel(channel), text="test"))
            work.announce(ChannelTested(channel=channel))


def _row(channel: Channel, webhook: ChannelWebhook | None) -> ChannelRow:
    is_set = webhook is not None
    return ChannelRow(
        channel=channel,
        is_set=is_set,
        webhook_id=None if webhook is None else webhook.webhook_id,
        set_at=None if webhook is None else webhook.set_at,
        dead_at=None if webhook is None else webhook.dead_at,
        fault=(webhook.fault or None) if webhook is not None else None,
        warning=MEMBERS_ONLY if is_set and channel is Channel.MEMBERS else None,
    )

"""Sending what was posted, and seeing to what could not be sent."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import DomainError, InvalidValue, Unsealable
from dkp_core.kernel.ids import NoticeId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Read, Sealing
from dkp_core.notices.email_address import email_address_of
from dkp_core.notices.errors import NoticeNotParked
from dkp_core.notices.events import ChannelDied, NoticeDropped, NoticeResent
from dkp_core.notices.letter import Address, DiscordChannel, DiscordUser, Mailbox, write
from dkp_core.notices.notice import Channel, Notice, RecipientKind
from dkp_core.notices.outcome import Later, Never, Outcome, Unwanted
from dkp_core.notices.ports import NoticesView, NoticesWork, Notifier, SendingView
from dkp_core.notices.texts import DEFAULT_LANGUAGE
from dkp_core.notices.views import NoticeStatus
from dkp_core.notices.webhook import ChannelWebhook


@frozen
class SendNotice:
    """Send one notice to where its recipient is now, in their language; not where they want to be left alone.

    Sending happens outside every transaction. A webhook that Discord does not know any more is not called again.
    """

    read: Read[SendingView]
    begin: Begin[NoticesWork]
    sealing: Sealing
    notifier: Notifier
    clock: Clock

    def __call__(self, notice_id: NoticeId, notice: Notice, *, posted_at: datetime, by: Actor) -> Outcome:
        by.must(Permission.NOTICES_READ)
        with self.read(by) as views:
            guild = views.guild(by.guild).name
            if notice.to.kind is RecipientKind.CHANNEL:
                webhook = views.channel(Channel(notice.to.key))
                found = self._in_channel(webhook)
                locale = DEFAULT_LANGUAGE
            else:
                webhook = None
                found, locale = _to_person(views, notice)
        if isinstance(found, Later | Never | Unwanted):
            return found
        letter = write(
            notice, found, notice_id=notice_id, guild_id=by.guild, guild=guild, locale=locale, posted_at=posted_at
        )
        outcome = self.notifier.send(letter)
        if isinstance(outcome, Never) and outcome.gone and webhook is not None:
            self._bury(webhook, outcome.why, by)
        return outcome

    def _in_channel(self, webhook: ChannelWebhook | None) -> Address | Later | Never | Unwanted:
        if webhook is None:
            return Unwanted("the channel has no webhook")
        if webhook.dead_at is not None:
            return Never(f"the webhook is dead ({webhook.fault}); it has to be set anew")
        try:
            return DiscordChannel(webhook.webhook_id, self.sealing.open(webhook.sealed))
        except (Unsealable, DomainError) as unreadable:  # a key that is not set today may be set tomorrow
            return Later(None, f"the webhook can't be read: {unreadable}")

    def _bury(self, tried: ChannelWebhook, why: str, by: Actor) -> None:
        """Note that it is dead, unless it was set anew while it was tried."""
        with self.begin(by) as work:
            webhook = work.channels.find(tried.channel)
            if webhook == tried:
                event = ChannelDied(channel=tried.channel, webhook_id=tried.webhook_id, fault=why)
                work.channels.put(webhook.died(self.clock.now(), why), event)


def _to_person(views: NoticesView, notice: Notice) -> tuple[Address | Never | Unwanted, str]:
    """The address of a person, and their language."""
    user_id = notice.to.user_id
    if user_id is None:
        try:
            return Mailbox(email_address_of(notice.to.key)), DEFAULT_LANGUAGE
        except InvalidValue as no_address:
            return Never(no_address.fault), DEFAULT_LANGUAGE
    reader = views.reader(user_id)
    if reader is None or not reader.is_known:
        return Unwanted("nobody is there to be told"), DEFAULT_LANGUAGE
    if notice.kind in reader.muted:
        return Unwanted(f"they do not want to hear of {notice.kind}"), reader.locale
    if notice.to.kind is RecipientKind.USER:
        found = None if reader.discord_id is None else DiscordUser(reader.discord_id)
        return found or Unwanted("they have no Discord account"), reader.locale
    if reader.email is None or not reader.may_be_mailed:
        return Unwanted("they have no e-mail address here, or did not agree to e-mails"), reader.locale
    return Mailbox(reader.email), reader.locale


@frozen
class ResendNotice:
    """Have a notice that was given up on tried again, from now on."""

    begin: Begin[NoticesWork]

    def __call__(self, notice_id: NoticeId, *, by: Actor) -> None:
        by.must(Permission.GUILD_WRITE)
        with self.begin(by) as work:
            _must_be_parked(notice_id, work.notices.status(notice_id))
            work.notices.resend(notice_id, NoticeResent(notice_id=notice_id))


@frozen
class DropNotice:
    """Give up for good a notice that was given up on: it is not sent; a person still finds it in their own list."""

    begin: Begin[NoticesWork]

    def __call__(self, notice_id: NoticeId, *, by: Actor) -> None:
        by.must(Permission.GUILD_WRITE)
        with self.begin(by) as work:
            _must_be_parked(notice_id, work.notices.status(notice_id))
            work.notices.drop(notice_id, NoticeDropped(notice_id=notice_id))


def _must_be_parked(notice_id: NoticeId, status: NoticeStatus) -> None:
    if status is not NoticeStatus.PARKED:
        raise NoticeNotParked(notice_id, status)

"""What the notices context needs kept, and sent."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from dkp_core.accounts import AccountsWork
from dkp_core.guilds import GuildsView
from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import NoticeId, UserId
from dkp_core.kernel.page import Page, PageRequest
from dkp_core.notices.letter import Letter
from dkp_core.notices.notice import Channel, Notice
from dkp_core.notices.outcome import Outcome
from dkp_core.notices.views import KeptNotice, NoticeFilter, NoticeStatus, OwnNotice, Reader
from dkp_core.notices.webhook import ChannelWebhook


class Notices(Protocol):
    """What the guild has to tell: posted with the change it tells of, sent by the worker after the commit."""

    @abstractmethod
    def post(self, *notices: Notice) -> None:
        """Have these sent (`to_be_sent` says how), each recipient's in the order of posting, once it has committed."""

    @abstractmethod
    def forget(self, about: str) -> None:
        """Remove what is `about` that, sent or not; where that is a user (`user:12`), what was told to them as well."""

    @abstractmethod
    def status(self, notice_id: NoticeId) -> NoticeStatus:
        """Where a notice stands; it is locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def resend(self, notice_id: NoticeId, event: DomainEvent) -> None:
        """Have one that is parked wait again as if it were new, in its old place, and store the event."""

    @abstractmethod
    def drop(self, notice_id: NoticeId, event: DomainEvent) -> None:
        """Give one that is parked up for good: it is not sent, and stays in a person's own list. Store the event."""


class Channels(Protocol):
    """Where the guild's channels are outside."""

    @abstractmethod
    def find(self, channel: Channel) -> ChannelWebhook | None:
        """The channel's webhook, locked until the transaction ends; None while it has none."""

    @abstractmethod
    def put(self, webhook: ChannelWebhook, event: DomainEvent) -> None:
        """Keep it, instead of the one that the channel had, and store the event."""

    @abstractmethod
    def remove(self, channel: Channel, event: DomainEvent) -> None:
        """Forget the channel's webhook, and store the event."""


class NoticesWork(AccountsWork, Protocol):
    """A transaction over what the guild has to tell, and where."""

    @property
    @abstractmethod
    def notices(self) -> Notices:
        """What the guild has to tell."""

    @property
    @abstractmethod
    def channels(self) -> Channels:
        """The guild's channels outside."""


class NoticesView(Protocol):
    """Reads notices and channels."""

    @abstractmethod
    def notices(self, wanted: NoticeFilter, *, page: PageRequest) -> Page[KeptNotice]:
        """The guild's notices, the latest first by id."""

    @abstractmethod
    def own_notices(self, user_id: UserId, *, page: PageRequest) -> Page[OwnNotice]:
        """What any guild told that user, the latest first by id; mailed copies are not in it."""

    @abstractmethod
    def channels(self) -> tuple[ChannelWebhook, ...]:
        """The webhooks of the guild's channels, by channel."""

    @abstractmethod
    def channel(self, channel: Channel) -> ChannelWebhook | None:
        """The channel's webhook; None while it has none."""

    @abstractmethod
    def reader(self, user_id: UserId) -> Reader | None:
        """What there is to know of a user who is to be told something; None where there is no such user."""


class SendingView(NoticesView, GuildsView, Protocol):
    """Reads what sending a notice needs."""


class Notifier(Protocol):
    """Sends letters, wherever they go."""

    @abstractmethod
    def send(self, letter: Letter) -> Outcome:
        """Send it, which may take some seconds. Never raises for what the other side does; says what became of it."""

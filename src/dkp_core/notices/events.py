"""What happens to channels and notices; never an address or a text."""

from __future__ import annotations

from typing import ClassVar

from attrs import frozen

from dkp_core.kernel.domain_events import DomainEvent
from dkp_core.kernel.ids import NoticeId


@frozen(kw_only=True)
class ChannelEvent(DomainEvent):
    """Something that happened to a channel of the guild."""

    aggregate: ClassVar[str] = "channel"
    channel: str

    @property
    def aggregate_id(self) -> str:
        return self.channel


@frozen(kw_only=True)
class ChannelSet(ChannelEvent):
    """From now on the guild's notices for the channel go to that webhook."""

    webhook_id: str


@frozen(kw_only=True)
class ChannelUnset(ChannelEvent):
    """Nothing is told in the channel any more."""

    webhook_id: str


@frozen(kw_only=True)
class ChannelDied(ChannelEvent):
    """Discord knows the webhook no more, or refuses it: it is not called again until it is set anew."""

    webhook_id: str
    fault: str


@frozen(kw_only=True)
class ChannelTested(ChannelEvent):
    """A notice was sent to see whether it arrives."""


@frozen(kw_only=True)
class NoticeEvent(DomainEvent):
    """Something that somebody did to a notice."""

    aggregate: ClassVar[str] = "notice"
    notice_id: NoticeId

    @property
    def aggregate_id(self) -> str:
        return str(self.notice_id)


@frozen(kw_only=True)
class NoticeResent(NoticeEvent):
    """A notice that was given up on is tried again."""


@frozen(kw_only=True)
class NoticeDropped(NoticeEvent):
    """A notice that was given up on is not tried again."""

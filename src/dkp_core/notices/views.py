"""How notices and channels are shown, and what sending one needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from dkp_core.accounts import NotificationKind
from dkp_core.kernel.ids import GuildId, NoticeId, UserId
from dkp_core.notices.notice import Channel, Recipient, RecipientKind


class NoticeStatus(StrEnum):
    """Where a notice stands: on its way, taken by the other side, given up on until somebody looks, or sent nowhere."""

    WAITING = "waiting"
    SENT = "sent"
    PARKED = "parked"
    UNSENT = "unsent"


@frozen(kw_only=True)
class NoticeFilter:
    """Which notices are wanted; what is None does not restrict."""

    status: NoticeStatus | None = None
    recipient_kind: RecipientKind | None = None
    recipient: str | None = None


@frozen(kw_only=True)
class KeptNotice:
    """A notice as it is kept. What was told to an e-mail address keeps neither the address nor the data."""

    id: NoticeId
    guild_id: GuildId
    kind: NotificationKind
    to: Recipient
    text: str
    data: Mapping[str, str]
    about: str
    posted_at: datetime
    status: NoticeStatus
    attempts: int
    try_at: datetime | None
    settled_at: datetime | None
    fault: str | None


@frozen(kw_only=True)
class NoticeRow:
    """A notice as officers see it; `try_at` while it waits. What was told to a person is None for programs."""

    id: NoticeId
    kind: NotificationKind
    recipient_kind: RecipientKind
    recipient: str | None
    text: str
    subject: str | None
    body: str | None
    about: str
    posted_at: datetime
    status: NoticeStatus
    attempts: int
    try_at: datetime | None
    settled_at: datetime | None
    fault: str | None


@frozen(kw_only=True)
class NoticeFieldRow:
    """A named value in a notice."""

    name: str
    value: str


@frozen(kw_only=True)
class OwnNotice:
    """A notice to a person as it is kept, with the guild that tells it."""

    id: NoticeId
    guild_id: GuildId
    guild_slug: str
    guild_name: str
    kind: NotificationKind
    text: str
    data: Mapping[str, str]
    posted_at: datetime


@frozen(kw_only=True)
class OwnNoticeRow:
    """What a guild told you, in your language."""

    id: NoticeId
    guild_id: GuildId
    guild_slug: str
    guild_name: str
    kind: NotificationKind
    subject: str
    body: str
    fields: tuple[NoticeFieldRow, ...]
    posted_at: datetime


@frozen(kw_only=True)
class ChannelRow:
    """A channel of the guild, and whether notices reach it; the webhook's URL is never shown.

    `warning` is what whoever sets it up has to see to, since nothing here can check it.
    """

    channel: Channel
    is_set: bool
    webhook_id: str | None
    set_at: datetime | None
    dead_at: datetime | None
    fault: str | None
    warning: str | None


@frozen(kw_only=True)
class Reader:
    """A person to be told something: by which means, in which language, and of what they do not want to hear.

    `may_be_mailed` is whether they agreed to e-mails; `is_known` is false for who was shut out of the installation.
    """

    user_id: UserId
    discord_id: str | None = field(repr=False)
    email: str | None = field(repr=False)
    locale: str
    muted: frozenset[NotificationKind]
    may_be_mailed: bool
    is_known: bool

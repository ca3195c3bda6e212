"""Notices: what people are told outside, in Discord channels and messages, by e-mail, and in their own list."""

from dkp_core.notices.channelling import MEMBERS_ONLY, SendTestNotice, SetChannelWebhook, ShowChannels
from dkp_core.notices.email_address import ADDRESS_LENGTH_MAX, email_address_of
from dkp_core.notices.errors import ChannelNotSet, NoticeNotParked
from dkp_core.notices.events import (
    ChannelDied,
    ChannelSet,
    ChannelTested,
    ChannelUnset,
    NoticeDropped,
    NoticeResent,
)
from dkp_core.notices.letter import Address, DiscordChannel, DiscordUser, Letter, LetterField, Mailbox, write
from dkp_core.notices.notice import Channel, Notice, Recipient, RecipientKind, person_in, to_be_sent
from dkp_core.notices.outcome import Later, Never, Outcome, Sent, Unwanted
from dkp_core.notices.ports import Channels, Notices, NoticesView, NoticesWork, Notifier, SendingView
from dkp_core.notices.sending import DropNotice, ResendNotice, SendNotice
from dkp_core.notices.showing import ListNotices, ListOwnNotices
from dkp_core.notices.texts import ENGLISH, Text, filled, text_of
from dkp_core.notices.views import (
    ChannelRow,
    KeptNotice,
    NoticeFieldRow,
    NoticeFilter,
    NoticeRow,
    NoticeStatus,
    OwnNotice,
    OwnNoticeRow,
    Reader,
)
from dkp_core.notices.webhook import ChannelWebhook, WebhookUrl, is_allowed
from dkp_core.notices.writing import Writing, visible

__all__ = [
    "ADDRESS_LENGTH_MAX",
    "ENGLISH",
    "MEMBERS_ONLY",
    "Address",
    "Channel",
    "ChannelDied",
    "ChannelNotSet",
    "ChannelRow",
    "ChannelSet",
    "ChannelTested",
    "ChannelUnset",
    "ChannelWebhook",
    "Channels",
    "DiscordChannel",
    "DiscordUser",
    "DropNotice",
    "KeptNotice",
    "Later",
    "Letter",
    "LetterField",
    "ListNotices",
    "ListOwnNotices",
    "Mailbox",
    "Never",
    "Notice",
    "NoticeDropped",
    "NoticeFieldRow",
    "NoticeFilter",
    "NoticeNotParked",
    "NoticeResent",
    "NoticeRow",
    "NoticeStatus",
    "Notices",
    "NoticesView",
    "NoticesWork",
    "Notifier",
    "Outcome",
    "OwnNotice",
    "OwnNoticeRow",
    "Reader",
    "Recipient",
    "RecipientKind",
    "ResendNotice",
    "SendNotice",
    "SendTestNotice",
    "SendingView",
    "Sent",
    "SetChannelWebhook",
    "ShowChannels",
    "Text",
    "Unwanted",
    "WebhookUrl",
    "Writing",
    "email_address_of",
    "filled",
    "is_allowed",
    "person_in",
    "text_of",
    "to_be_sent",
    "visible",
    "write",
]

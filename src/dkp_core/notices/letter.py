"""A letter: a notice written out for one recipient, with the address that it goes to."""

from __future__ import annotations

from datetime import datetime
from typing import TypeAlias

from attrs import field, frozen

from dkp_core.kernel.ids import GuildId, NoticeId
from dkp_core.notices.notice import Notice
from dkp_core.notices.texts import GUILD, filled, text_of
from dkp_core.notices.writing import Writing


@frozen
class DiscordChannel:
    """A channel on a Discord server, reached by its webhook; whoever has the URL may write there."""

    webhook_id: str
    url: str = field(repr=False)


@frozen
class DiscordUser:
    """A person on Discord."""

    discord_id: str = field(repr=False)


@frozen
class Mailbox:
    """An e-mail address."""

    address: str = field(repr=False)


Address: TypeAlias = DiscordChannel | DiscordUser | Mailbox


@frozen
class LetterField:
    """A named value in a letter."""

    name: str
    value: Writing


@frozen(kw_only=True)
class Letter:
    """A notice written out: who tells it (`guild`), what, and where to.

    It may be sent more than once, where nobody knows whether it arrived; `nonce` (at most 25 characters) is the same
    each time, so that a receiver that looks at it can tell.
    """

    notice_id: NoticeId
    guild_id: GuildId
    guild: str
    to: Address
    text: str
    subject: Writing
    body: Writing
    fields: tuple[LetterField, ...]
    language: str
    posted_at: datetime

    @property
    def nonce(self) -> str:
        """What is the same each time that it is sent."""
        return f"notice-{self.notice_id}"[:25]


def write(
    notice: Notice, to: Address, *, notice_id: NoticeId, guild_id: GuildId, guild: str, locale: str, posted_at: datetime
) -> Letter:
    """The notice in the reader's language."""
    text = text_of(notice.text, locale)
    data = {**notice.data, GUILD: guild}
    named = ((name, filled(value, data)) for name, value in text.fields)
    return Letter(
        notice_id=notice_id,
        guild_id=guild_id,
        guild=guild,
        to=to,
        text=notice.text,
        subject=filled(text.subject, data),
        body=filled(text.body, data),
        fields=tuple(LetterField(name, value) for name, value in named if value),
        language=locale,
        posted_at=posted_at,
    )

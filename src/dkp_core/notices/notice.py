"""A notice: one thing that one recipient is told."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from attrs import field, frozen

from dkp_core.accounts import NotificationKind
from dkp_core.kernel.ids import UserId


class Channel(StrEnum):
    """A guild's channels outside, each with a webhook of its own."""

    RECRUITERS = "recruiters"
    MEMBERS = "members"
    OFFICERS = "officers"


@frozen
class Recipient:
    """Who is told: a channel of the guild, a person (by Discord message, and in their own list), or an e-mail address.

    What goes to one recipient arrives in the order in which it was posted.
    """

    kind: str
    key: str

    @classmethod
    def channel(cls, channel: Channel) -> Recipient:
        """A channel of the guild."""
        return cls("channel", channel.value)

    @classmethod
    def user(cls, user_id: UserId) -> Recipient:
        """A person, by the means they have: Discord, and their own list of notices."""
        return cls("user", str(user_id))

    @classmethod
    def email(cls, address: str) -> Recipient:
        """An e-mail address."""
        return cls("email", address)


@frozen(kw_only=True)
class Notice:
    """Something to be told: `text` names a text of the catalogue, `data` fills it in.

    `about` says whose data it holds (`user:12`, `application:5`), so that erasing that person erases the notice too.
    """

    kind: NotificationKind
    to: Recipient
    text: str
    data: Mapping[str, str] = field(factory=dict)
    about: str = ""

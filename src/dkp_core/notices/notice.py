"""A notice: one thing that one recipient is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.accounts import NotificationKind
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import UserId
from dkp_core.notices.texts import ENGLISH

ABOUT_USER: Final = "user:"


class Channel(StrEnum):
    """A guild's channels outside, each with a webhook of its own."""

    RECRUITERS = "recruiters"
    MEMBERS = "members"
    OFFICERS = "officers"

    @classmethod
    def named(cls, name: str) -> Channel:
        """The channel of that name. Raises: InvalidValue."""
        try:
            return cls(name)
        except ValueError as unknown:
            raise InvalidValue("channel", f"{name[:40]!r} is no channel", ", ".join(cls)) from unknown


class RecipientKind(StrEnum):
    """By what means somebody is told."""

    CHANNEL = "channel"
    USER = "user"
    MAILBOX = "mailbox"
    EMAIL = "email"


@frozen
class Recipient:
    """Who is told: a channel of the guild, a person (by Discord message, and in their own list), or an e-mail address.

    What goes to one recipient arrives in the order in which it was posted. The mailbox of a person is the address that
    their account has.
    """

    kind: RecipientKind
    key: str

    @classmethod
    def channel(cls, channel: Channel) -> Recipient:
        """A channel of the guild."""
        return cls(RecipientKind.CHANNEL, channel.value)

    @classmethod
    def user(cls, user_id: UserId) -> Recipient:
        """A person, by the means they have: Discord, e-mail where they agreed to it, and their own list of notices."""
        return cls(RecipientKind.USER, str(user_id))

    @classmethod
    def mailbox(cls, user_id: UserId) -> Recipient:
        """The e-mail address of a person's account; `to_be_sent` sees to it."""
        return cls(RecipientKind.MAILBOX, str(user_id))

    @classmethod
    def email(cls, address: str) -> Recipient:
        """An e-mail address that was given for this."""
        return cls(RecipientKind.EMAIL, address)

    @property
    def user_id(self) -> UserId | None:
        """The person, where it is one."""
        return UserId(int(self.key)) if self.kind in (RecipientKind.USER, RecipientKind.MAILBOX) else None


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

    def must_be_fillable(self) -> None:
        """A broken promise of ours where the catalogue has no such text, or the data lacks what the text asks for."""
        assert self.text in ENGLISH, f"no text is called {self.text!r}"
        missing = ENGLISH[self.text].placeholders - self.data.keys()
        assert not missing, f"the text {self.text!r} asks for {', '.join(sorted(missing))}"


def to_be_sent(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """These notices, and for each to a person one to their mailbox, in the order of posting.

    Whom the same is told by e-mail in the same breath, at the address that they gave for it, gets it there alone.
    """
    posted = tuple(notices)
    by_email = {(each.text, each.about) for each in posted if each.to.kind is RecipientKind.EMAIL}
    found: list[Notice] = []
    for each in posted:
        each.must_be_fillable()
        found.append(each)
        if each.to.kind is RecipientKind.USER and (each.text, each.about) not in by_email:
            found.append(evolve(each, to=evolve(each.to, kind=RecipientKind.MAILBOX)))
    return tuple(found)


def person_in(about: str) -> str | None:
    """The key of the recipients that are the person a notice may be about; None where it is about something else."""
    return about.removeprefix(ABOUT_USER) if about.startswith(ABOUT_USER) else None

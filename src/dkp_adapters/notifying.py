"""Which way a letter goes, and the log for those that have no other."""

from __future__ import annotations

import logging
from typing import Final

from attrs import frozen

from dkp_core.notices import DiscordChannel, DiscordUser, Letter, Mailbox, Notifier, Outcome, Unwanted

_logger: Final = logging.getLogger(__name__)


@frozen
class LoggingNotifier(Notifier):
    """Notes in the log that somebody would have been told: by which means, and ids; neither who they are nor what.

    `lacking` is what is not set up, so that it is sent nowhere.
    """

    means: str
    lacking: str

    def send(self, letter: Letter) -> Outcome:
        _logger.info(
            "notice %s of guild %s would go by %s: %s", letter.notice_id, letter.guild_id, self.means, letter.text
        )
        return Unwanted(self.lacking)


@frozen(kw_only=True)
class Notifiers(Notifier):
    """Each letter by the notifier for where it goes."""

    channels: Notifier
    messages: Notifier
    mail: Notifier

    def send(self, letter: Letter) -> Outcome:
        match letter.to:
            case DiscordChannel():
                return self.channels.send(letter)
            case DiscordUser():
                return self.messages.send(letter)
            case Mailbox():
                return self.mail.send(letter)

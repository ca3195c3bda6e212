"""A guild with its channels, and everything that sends; what is sent is kept, and what becomes of it is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from attrs import define, evolve, field
from dependency_injector import providers

from dkp_adapters.memory import MemoryNoticeQueue
from dkp_adapters.sealing import FernetSealing, make_key
from dkp_core.accounts import ConsentKind, NotificationKind
from dkp_core.kernel.actor import Actor, ActorKind, job
from dkp_core.kernel.page import PageRequest
from dkp_core.notices import (
    Channel,
    Letter,
    Notice,
    NoticeFilter,
    NoticeRow,
    Notifier,
    Outcome,
    OwnNoticeRow,
    Recipient,
    Sent,
)
from tests.unit.guild_house import GuildHouse, Person

URL: Final = "https://discord.com/api/webhooks/4711/secret-token"
MEMBERS: Final = Recipient.channel(Channel.MEMBERS)


@define
class Pigeons(Notifier):
    """Keeps the letters that it is given, and lets each end as it is told beforehand; `meanwhile` happens then."""

    letters: list[Letter] = field(factory=list)
    outcomes: list[Outcome] = field(factory=list)
    meanwhile: Callable[[], None] = lambda: None

    def send(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        self.meanwhile()
        return self.outcomes.pop(0) if self.outcomes else Sent()


@define
class PostOffice:
    """What is posted in a guild, and sent."""

    guild: GuildHouse
    pigeons: Pigeons = field(factory=Pigeons)

    def __attrs_post_init__(self) -> None:
        self.guild.use.notifier.override(providers.Object(self.pigeons))
        self.guild.use.sealing.override(providers.Object(FernetSealing.of([make_key()])))

    def set(self, channel: Channel = Channel.MEMBERS, url: str | None = URL) -> None:
        """Set where a channel is."""
        self.guild.use.set_channel_webhook()(channel, url, by=self.guild.officer.by)

    def post(self, to: Recipient = MEMBERS, kind: NotificationKind = NotificationKind.VOTES, about: str = "") -> None:
        """Post a notice."""
        with self.guild.memory.begin(self.guild.operator) as work:
            work.notices.post(Notice(kind=kind, to=to, text="test", about=about))

    def send(self) -> list[Outcome]:
        """Send what is due; says what became of each."""
        queue, settled = MemoryNoticeQueue(self.guild.memory), []
        by = job("send_notice", self.guild.id)
        for due in queue.claim(100):
            outcome = self.guild.use.send_notice()(due.id, due.notice, posted_at=due.posted_at, by=by)
            assert queue.settle(due, outcome)
            settled.append(outcome)
        return settled

    def listed(self, by: Actor | None = None, wanted: NoticeFilter = NoticeFilter()) -> tuple[NoticeRow, ...]:
        """The guild's notices."""
        return self.guild.use.list_notices()(wanted, page=PageRequest(), by=by or self.guild.officer.by).results

    def own(self, person: Person) -> tuple[OwnNoticeRow, ...]:
        """What a person finds in their own list."""
        return self.guild.use.list_own_notices()(page=PageRequest(), by=person.by).results

    def changes(self, person: Person, **values: object) -> None:
        """A person has another e-mail address, language, or choice of what they want to hear."""
        with self.guild.memory.begin(self.guild.operator) as work:
            user = work.users.get(person.id)
            work.users.save(evolve(user, **values))  # type: ignore[arg-type]  # as given

    def agrees(self, person: Person) -> None:
        """A person agrees to be written e-mails."""
        self.guild.use.give_consent()(ConsentKind.EMAIL, by=person.by)

    @property
    def bot(self) -> Actor:
        """A bot that may do everything that bots may in the guild."""
        return evolve(self.guild.officer.by, kind=ActorKind.BOT, id="a-key", user_id=None)

"""A guild that recruits: people who apply, a recruiter, members who vote, and a worker who does what is due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from typing import Final

from attrs import define, field

from dkp_adapters.memory.due_deadlines import MemoryDueDeadlines
from dkp_adapters.memory.outbox import MemoryOutbox
from dkp_adapters.memory.unit_of_work import MemoryWork
from dkp_core.accounts import Membership, MembershipStatus, RoleGroup, known_user, permissions_of
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.ids import ApplicationId, EventTypeId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.notices import Notice, RecipientKind
from dkp_core.raids import Taken
from dkp_core.reactions import OUTSIDE
from dkp_core.recruitment import Application, Option, Vote
from dkp_core.roster import Character
from dkp_entrypoints.worker.reacting import Reacting
from tests.unit.guild_house import GuildHouse, Person

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
INSTANT: Final = timedelta(microseconds=1)


@define
class RecruitingHall:
    """What tests of recruitment do, in few words; the members have attended the one raid there was."""

    guild: GuildHouse
    recruiter: Person = field(init=False)
    members: tuple[Person, ...] = field(init=False)
    event_type: EventTypeId = field(init=False)
    _discord_ids: count[int] = field(factory=lambda: count(50_000), init=False)

    def __attrs_post_init__(self) -> None:
        self.recruiter = self.guild.joins("Rita", RoleGroup.RECRUITER)
        names = ("Anna", "Ben", "Cleo")
        self.members = tuple(self.guild.joins(name) for name in names)
        for person, name in zip(self.members, names, strict=True):
            self.guild.plays(person, name)
        self.event_type = self.guild.event_type()
        self.raid(*names, at=self.guild.clock.now() - DAY)

    # --- people -------------------------------------------------------------------------------------------------------

    def stranger(self, name: str = "Stranger") -> Person:
        """Somebody who has signed in with Discord, and has no place in the guild."""
        memory = self.guild.memory
        with memory.begin_installation(operator("test")) as work:
            discord_id = str(next(self._discord_ids))
            user = known_user(work.users, memory.ids, discord_id, name, self.guild.clock.now())
        return self.now(user.id)

    def now(self, person: Person | UserId) -> Person:
        """A person with the rights that they have in the guild at this moment."""
        user_id = person.id if isinstance(person, Person) else person
        membership = self.membership(user_id)
        in_force = membership is not None and membership.status is MembershipStatus.IN_FORCE
        allowed = permissions_of(
            membership.role_group if membership is not None and in_force else RoleGroup.GUEST,
            trial=membership is not None and membership.trial and in_force,
            public_roster=False,
            trials_bid=False,
        )
        return Person(
            user_id,
            Actor(
                kind=ActorKind.USER,
                id=str(user_id),
                entrypoint="test",
                guild_id=self.guild.id,
                user_id=user_id,
                permissions=allowed,
            ),
        )

    def bot(self, *scopes: Permission) -> Actor:
        """A bot of the guild's with these scopes."""
        permissions = frozenset(scopes)
        return Actor(kind=ActorKind.BOT, id="bot", entrypoint="test", guild_id=self.guild.id, permissions=permissions)

    def becomes(self, person: Person, other: Person) -> None:
        """A person's Discord account is taken out of the guild, and all they had is somebody else's by now."""
        self.guild.clock.advance(INSTANT)
        unlinked = self.guild.use.unlink_user()(person.id, reason="an old account", by=self.guild.officer.by).into
        self.guild.use.merge_users()(unlinked, into=other.id, reason="the same", by=self.guild.officer.by)

    # --- what is kept -------------------------------------------------------------------------------------------------

    @contextmanager
    def work(self) -> Iterator[MemoryWork]:
        """A look at what is kept."""
        with self.guild.memory.begin(self.guild.operator) as work:
            yield work

    def application(self, application_id: ApplicationId) -> Application:
        """The application as it stands."""
        with self.work() as work:
            return work.applications.get(application_id)

    def membership(self, person: Person | UserId) -> Membership | None:
        """A person's membership, if there is one."""
        with self.work() as work:
            return work.memberships.find(person.id if isinstance(person, Person) else person)

    def standing(self, person: Person) -> tuple[str, bool]:
        """A person's role group, and whether they are on trial."""
        membership = self.membership(person)
        assert membership is not None
        return membership.role_group.value, membership.trial

    def character(self, name: str) -> Character | None:
        """The character of that name, if there is one."""
        with self.work() as work:
            return work.characters.named(name)

    def told(self, person: Person | None = None) -> list[str]:
        """The texts that were posted so far: to that person, or to the guild's channels."""
        wanted = (RecipientKind.CHANNEL, None) if person is None else (RecipientKind.USER, str(person.id))
        return [each.text for each in self.notices() if each.to.kind is wanted[0] and wanted[1] in (None, each.to.key)]

    def notices(self) -> list[Notice]:
        """Everything that was posted so far."""
        with self.work() as work:
            return [row.notice for row in work.session.installation.notices.values()]

    def deadlines(self) -> dict[str, str]:
        """What is to become due in the guild, by its key."""
        with self.work() as work:
            rows = work.session.installation.deadlines.values()
            return {row.key: row.kind for row in rows if row.guild_id == self.guild.id}

    # --- what people do -----------------------------------------------------------------------------------------------

    def rules(self, **values: object) -> None:
        """Set rules for recruitment."""
        self.guild.use.set_recruitment_rules()(values, by=self.guild.officer.by)

    def raid(self, *names: str, at: datetime | None = None) -> Taken:
        """A raid for 10 points takes place, and these names are read at it."""
        return self.guild.attends(self.guild.raids(self.event_type, at), *names)

    def applies(self, person: Person, name: str = "Newbie", **more: object) -> ApplicationId:
        """Somebody applies with a character of that name."""
        submit = self.guild.use.submit_application()
        return submit(character_name=name, by=self.now(person).by, **more).id  # type: ignore[arg-type]  # as given

    def accepts(self, application_id: ApplicationId) -> ApplicationId:
        """The recruiter accepts an application to trial."""
        self.guild.use.accept_to_trial()(application_id, by=self.recruiter.by)
        return application_id

    def on_trial(self, person: Person, name: str = "Newbie", **more: object) -> ApplicationId:
        """Somebody applies, and is accepted to trial."""
        return self.accepts(self.applies(person, name, **more))

    def in_vote(self, person: Person, name: str = "Newbie", **more: object) -> ApplicationId:
        """Somebody applies, is accepted to trial, and voted on."""
        application_id = self.on_trial(person, name, **more)
        self.guild.use.start_voting()(application_id, by=self.recruiter.by)
        return application_id

    def votes(self, application_id: ApplicationId, *options: str) -> list[Vote]:
        """The members vote, each for one of these options."""
        cast = self.guild.use.cast_vote()
        return [
            cast(application_id, Option(option), by=member.by)
            for member, option in zip(self.members, options, strict=False)
        ]

    def passes(self, time: timedelta) -> None:
        """So much time passes, and the worker does what becomes due meanwhile and what follows."""
        self.guild.clock.advance(time)
        self.works()

    def works(self) -> None:
        """The worker does what is due and what follows from it, until nothing is left."""
        memory = self.guild.memory
        reacting = Reacting(self.guild.use, memory)
        outbox, due = MemoryOutbox.of(memory, without=OUTSIDE), MemoryDueDeadlines.of(memory)
        while (deliveries := outbox.claim()) + (deadlines := due.claim()):
            for delivery in deliveries:
                with memory.scope():
                    assert outbox.take(delivery)
                    reacting.react(delivery)
            for deadline in deadlines:
                with memory.scope():
                    assert due.take(deadline)
                    reacting.meet(deadline)

"""Names that are read at the very moment in which their characters come to count: nobody is forgotten.

On SQLite these can't meet: one writer comes after the other.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from attrs import frozen

from dkp_adapters.sql import schema
from dkp_core.kernel.ids import CharacterId, RaidId, UserId
from dkp_core.raids import NamedPresence
from dkp_core.roster import CharacterStatus
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.execution import attempted
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import Worker
from tests import services
from tests.integration.worker.waiting_names import AT, Waiting, waiting_guild
from tests.services import Engine

NAME = "Wartend 001"
MEETING_SECONDS = 0.3
"""For how long one waits that the other gets as far as it can; less than a lock is waited for."""
JOIN_SECONDS_MAX = 60.0
_slugs = ("".join(letters) for letters in itertools.product("abcdefgh", repeat=4))


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database with the schema in it, on each server in turn."""
    engine: Engine = request.param
    made = services.make_database(engine)
    try:
        schema.upgrade(made)
        yield made
    finally:
        services.drop_database(made)


@frozen
class Meeting:
    """A guild in which a pending character's name waits, as two processes see it; one of them is this thread's."""

    here: UseCases
    there: UseCases
    guild: Waiting
    other_raid: RaidId

    def read_again(self, cases: UseCases, name: str) -> None:
        """Take attendance at another raid, where that name is read."""
        cases.record_attendance()(self.other_raid, [NamedPresence(name=name)], by=self.guild.by)

    def approve(self, cases: UseCases, character_id: CharacterId | None = None) -> None:
        """Let the character count."""
        wanted = character_id or self.guild.characters[0]
        attempted(lambda: cases.approve_character()(wanted, by=self.guild.by))

    @property
    def owner(self) -> UserId | None:
        """Whose it is."""
        return self.here.show_character()(self.guild.characters[0], by=self.guild.by).user_id

    def react(self, cases: UseCases) -> None:
        """Do what follows."""
        while Worker.of(cases).run_reactions():
            pass


@pytest.fixture
def meeting(url: str) -> Iterator[Meeting]:
    """Such a guild of this test's own."""
    here, there = (UseCases(settings=Settings(database_url=url)) for _ in range(2))
    guild = waiting_guild(here, 1, slug=next(_slugs))
    (event_type,) = here.list_event_types()(by=guild.by)
    other_raid = here.record_raid()(event_type_id=event_type.id, starts_at=AT - timedelta(days=1), by=guild.by)
    found = Meeting(here, there, guild, other_raid.id)
    found.react(here)
    yield found
    for cases in (here, there):
        cases.database().close()


class Elsewhere:
    """A thread whose fault is raised where it is waited for."""

    def __init__(self, act: Callable[[], None]) -> None:
        self.fault: BaseException | None = None
        self.thread = threading.Thread(target=self._run, args=(act,), daemon=True)
        self.thread.start()

    def _run(self, act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as fault:  # noqa: BLE001  # it is raised where the test waits
            self.fault = fault

    def gets_as_far_as_it_can(self) -> None:
        """Until it is done, or likely waits for a lock."""
        self.thread.join(MEETING_SECONDS)

    def ends(self) -> None:
        """Until it is done. Raises: what it raised."""
        self.thread.join(JOIN_SECONDS_MAX)
        assert not self.thread.is_alive()
        if self.fault is not None:
            raise self.fault


def test_a_name_that_is_read_while_its_character_is_approved_is_awarded(meeting: Meeting) -> None:
    """D-5, P-13: attendance that saw it pending commits after the approval, and all that follows from it, is done."""

    def approve_and_react() -> None:
        meeting.approve(meeting.there)
        meeting.react(meeting.there)

    with meeting.here.database().scope():
        meeting.read_again(meeting.here, NAME)
        other = Elsewhere(approve_and_react)
        other.gets_as_far_as_it_can()
    other.ends()
    assert meeting.guild.paid() == ["20.00"]


def test_a_name_that_is_read_while_its_character_is_entered_is_awarded(meeting: Meeting) -> None:
    """D-5, P-13: the same for a character that was not there at all."""
    owner = meeting.owner

    def enter_and_react() -> None:
        attempted(lambda: meeting.there.enter_character()(name="Neuling", owner=owner, by=meeting.guild.by))
        meeting.react(meeting.there)

    with meeting.here.database().scope():
        meeting.read_again(meeting.here, "Neuling")
        other = Elsewhere(enter_and_react)
        other.gets_as_far_as_it_can()
    other.ends()
    assert meeting.guild.paid() == ["10.00"]


def test_an_approval_that_commits_while_the_name_is_read_counts_at_once(meeting: Meeting) -> None:
    """D-5, P-13: attendance that comes to see the character pending, and may not commit so, looks again."""
    newcomer = meeting.here.enter_character()(
        name="Neuling", owner=meeting.owner, status=CharacterStatus.PENDING, by=meeting.guild.by
    )
    meeting.react(meeting.here)
    reacted = threading.Event()

    def read_and_wait() -> None:
        with meeting.there.database().scope():
            meeting.read_again(meeting.there, "Neuling")
            assert reacted.wait(JOIN_SECONDS_MAX)

    with meeting.here.database().scope() as scope:
        meeting.approve(meeting.here, newcomer.id)
        assert scope.transaction is not None
        scope.transaction.flush()
        other = Elsewhere(read_and_wait)
        other.gets_as_far_as_it_can()
    meeting.react(meeting.here)
    reacted.set()
    other.ends()
    assert meeting.guild.paid() == ["10.00"]


def test_a_raid_that_is_cancelled_while_a_name_is_awarded_gives_nothing(meeting: Meeting) -> None:
    """D-8, P-3: who waited for a raid that was being cancelled is not paid for it after all."""
    guild = meeting.guild
    guild.approve_all()
    (waiting,) = meeting.here.list_unresolved()(by=guild.by)
    (raid_id,) = waiting.raids
    with meeting.here.database().scope():
        meeting.here.cancel_raid()(raid_id, by=guild.by)
        other = Elsewhere(lambda: meeting.react(meeting.there))
        other.gets_as_far_as_it_can()
    other.ends()
    assert guild.paid() == []
    mine = [each for each in meeting.here.verify()(by=guild.by).differences if each.guild_id == guild.guild_id]
    assert mine == []

"""What Discord let us have of somebody is given back by the worker, however long that takes; and what is over goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import define

from dkp_adapters.discord.absent import NoDiscordSignIn
from dkp_adapters.memory import SettableClock
from dkp_adapters.memory.discord import MemoryDiscord
from dkp_adapters.sealing import make_key
from dkp_core.accounts import DiscordIdentity, SignedIn
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.ids import GuildId
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import Worker
from tests import services
from tests.integration.databases import with_schema

NOBODY = Actor(kind=ActorKind.USER, id="anonymous", entrypoint="http")
BACK = "https://dkp.example.org/accounts/discord/login/callback/"


@define
class Place:
    """An installation with a worker, and Discord in memory."""

    use_cases: UseCases
    discord: MemoryDiscord
    clock: SettableClock
    worker: Worker

    def signs_in(self, discord_id: str = "4711") -> SignedIn:
        """Somebody comes by way of Discord."""
        begun = self.use_cases.begin_sign_in()(next_path="/", redirect_uri=BACK, by=NOBODY)
        state, code = self.discord.allow_at(begun.url, DiscordIdentity.of(discord_id, "alma"))
        return self.use_cases.sign_in_with_discord()(
            state=state, code=code, browser=begun.browser, device="", brought=None, by=NOBODY
        )

    def count(self, table: str) -> int:
        """How many rows are kept."""
        with self.use_cases.database().reading() as views:
            row = views.session.connection.ask(f"SELECT COUNT(*) FROM {table}")
        assert row is not None
        found: int = row[0]
        return found


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """On SQLite, of this test's own."""
    url = with_schema("sqlite", tmp_path)
    clock, discord = SettableClock(datetime.now(UTC)), MemoryDiscord()
    settings = Settings(database_url=f"{url}?synchronous=off", encryption_keys=(make_key(),))
    use_cases = UseCases(settings=settings, clock=clock, discord=discord)
    yield Place(use_cases, discord, clock, Worker.of(use_cases))
    use_cases.database().close()
    services.drop_database(url)


def test_what_is_doomed_within_a_guild_is_given_back_once_that_has_committed(place: Place) -> None:
    """A-1: unlinked from the last guild, or erased; tried again while Discord is down, and done once."""
    founded = place.use_cases.found_guild()(name="Dawn", officer_discord_id="42", by=operator("test"))
    user = place.signs_in().user
    by = operator("test", GuildId(founded.guild.id))
    with place.use_cases.begin()(by) as work:
        work.discord_tokens.doom(user.id)
    place.discord.down = True
    place.worker.run_due()
    assert place.count("discord_tokens") == 1
    place.discord.down = False
    place.clock.advance(timedelta(hours=1))
    place.worker.run_due()
    assert place.count("discord_tokens") == 0
    assert len(place.discord.revoked) == 1
    assert place.count("deliveries") == 0
    place.worker.run_due()
    assert len(place.discord.revoked) == 1


def test_what_is_over_is_forgotten_every_hour(place: Place) -> None:
    """A-12: sessions, attempts and links."""
    user = place.signs_in().user
    place.use_cases.begin_sign_in()(next_path="/", redirect_uri=BACK, by=NOBODY)
    place.use_cases.make_sign_in_link()(user.id, by=operator("test"))
    place.worker._prune()
    tables = ("sessions", "sign_in_attempts", "sign_in_links")
    assert [place.count(table) for table in tables] == [1, 1, 1]
    place.clock.advance(timedelta(days=91))
    place.worker._prune_at = 0
    place.worker._prune()
    assert [place.count(table) for table in tables] == [0, 0, 0]


def test_what_can_not_be_given_back_any_more_is_forgotten_and_logged(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """A-12: where this installation has no application at Discord any more; ids alone are logged."""
    user = place.signs_in().user
    with place.use_cases.begin_installation()(operator("test")) as work:
        work.discord_tokens.doom(user.id)
    place.use_cases.discord.override(NoDiscordSignIn())
    place.use_cases.revoke_discord_tokens.reset()
    place.worker.run_due()
    assert place.count("discord_tokens") == 0
    assert f"tokens of user {user.id} could not be given back" in caplog.text

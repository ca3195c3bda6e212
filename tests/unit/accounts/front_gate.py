"""A guild's installation with Discord in memory beside it, and people who come to sign in."""

from __future__ import annotations

from itertools import count
from typing import Final

from attrs import define, evolve, field

from dkp_adapters.memory.discord import MemoryDiscord
from dkp_adapters.sealing import FernetSealing, make_key
from dkp_core.accounts import BegunSignIn, DiscordIdentity, SessionToken, SignedIn, UserTokens
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.ids import UserId
from tests.unit.guild_house import GuildHouse

BACK: Final = "https://dkp.example.org/accounts/discord/login/callback/"
NOBODY: Final = Actor(kind=ActorKind.USER, id="anonymous", entrypoint="http")
FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@define(eq=False)
class FrontGate:
    """Where people come in."""

    guild: GuildHouse
    discord: MemoryDiscord = field(factory=MemoryDiscord, init=False)
    keys: list[str] = field(factory=lambda: [make_key()], init=False)
    _numbers: count[int] = field(factory=lambda: count(7_000), init=False)

    def __attrs_post_init__(self) -> None:
        self.guild.use.discord.override(self.discord)
        self.guild.use.sealing.override(FernetSealing.of(self.keys))

    # --- people -------------------------------------------------------------------------------------------------------

    def stranger(self, username: str = "stranger", **more: str) -> DiscordIdentity:
        """Somebody with a Discord account whom nobody here knows."""
        return DiscordIdentity.of(str(next(self._numbers)), username, **more)

    def account_of(self, user_id: UserId, username: str = "Somebody") -> DiscordIdentity:
        """The Discord account of a user whom an officer has named."""
        with self.guild.memory.begin_installation(self.guild.operator) as work:
            discord_id = work.users.get(user_id).discord_id
        assert discord_id is not None
        return DiscordIdentity.of(discord_id, username)

    # --- signing in ---------------------------------------------------------------------------------------------------

    def begins(self, next_path: str = "/accounts/") -> BegunSignIn:
        """A browser sets out for Discord."""
        return self.guild.use.begin_sign_in()(next_path=next_path, redirect_uri=BACK, by=NOBODY)

    def comes_back(
        self,
        begun: BegunSignIn,
        person: DiscordIdentity,
        *,
        browser: str | None = "",
        brought: SessionToken | None = None,
    ) -> SignedIn:
        """The person said yes, and the browser is back; with the secret that it got, unless another is named."""
        state, code = self.discord.allow_at(begun.url, person)
        return self.finishes(state, code, begun.browser if browser == "" else browser, brought)

    def finishes(
        self, state: str, code: str | None, browser: str | None, brought: SessionToken | None = None
    ) -> SignedIn:
        """What a browser brings back from Discord."""
        return self.guild.use.sign_in_with_discord()(
            state=state,
            code=code,
            browser=browser,
            device="Firefox on Linux",
            brought=None if brought is None else str(brought),
            by=NOBODY,
        )

    def signs_in(self, person: DiscordIdentity, brought: SessionToken | None = None) -> SignedIn:
        """The whole way."""
        return self.comes_back(self.begins(), person, brought=brought)

    # --- afterwards ---------------------------------------------------------------------------------------------------

    def caller(self, token: SessionToken, named: str | None = None) -> Actor:
        """Who calls within a session."""
        return self.guild.use.authenticate_session()(str(token), guild=named, entrypoint="http")

    def self_of(self, signed_in: SignedIn) -> Actor:
        """Somebody, acting for what is their own."""
        return evolve(NOBODY, user_id=signed_in.user.id, session_id=signed_in.token.id)

    def tokens_of(self, user_id: UserId) -> UserTokens | None:
        """What Discord let us have of a user."""
        with self.guild.memory.begin_installation(self.guild.operator) as work:
            return work.discord_tokens.find(user_id)

    def told(self) -> list[tuple[str, str, int | None]]:
        """What the installation's log tells: the event, who did it, and whose doing it was."""
        rows = self.guild.memory._committed.of(0).events.values()  # type: ignore[arg-type]  # the installation
        return [(each.event.event_name(), each.by.id, each.by.user_id) for each in rows]

"""One run of a command: the settings, the database or server and the guild it works on, opened when they are needed."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar, cast

from attrs import define, evolve, field

from dkp_core.accounts import GuildNotChosen
from dkp_core.guilds import GuildRow
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.errors import DomainError, InvalidValue, NoSuch, Stale
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.names import name_key
from dkp_entrypoints.cli.asked import Asked
from dkp_entrypoints.cli.failing import INIT
from dkp_entrypoints.settings import PREFIX, InvalidSetting, Settings

if TYPE_CHECKING:
    from dkp_adapters.commits import Commit
    from dkp_entrypoints.cli.remote import Api
    from dkp_entrypoints.containers import UseCases

ENTRYPOINT: Final = "cli"
GUILD_VARIABLE: Final = "DKP_GUILD"
SERVER_VARIABLE: Final = "DKP_SERVER"
KEY_VARIABLE: Final = "DKP_KEY"
ROUNDS_MAX: Final = 100

_KEY_HOLDER: Final = Actor(kind=ActorKind.API_KEY, id="", entrypoint=ENTRYPOINT)

T = TypeVar("T")
_logger: Final = logging.getLogger(__name__)


@define
class NoGuildYet(NoSuch):
    """The database holds no guild."""

    code = "no_guild_yet"

    @property
    def sentence(self) -> str:
        return f"There is no guild in this database yet; found one with: {INIT}."


@define
class Call:
    """What the operator asked for, and what it takes to do it; the block ends what was opened.

    What follows from what the command changed is done before it ends, whether or not a worker runs.
    """

    asked: Asked
    _remote: bool = field(default=False, kw_only=True)
    _use_cases: UseCases | None = field(default=None, init=False)
    _guild: GuildRow | None = field(default=None, init=False)
    _follows: bool = field(default=False, init=False)
    _api: Api | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._api is not None:
            self._api.close()
        elif self._use_cases is not None:
            try:
                self.follow()
            finally:
                self._use_cases.database().close()
                self._use_cases.fan_out().close()

    @property
    def as_json(self) -> bool:
        """Whether a program reads the answer."""
        return self.asked.as_json

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be changed."""
        return self.asked.dry_run

    def settings(self) -> Settings:
        """The settings, with the database of the command line. Raises: InvalidSetting."""
        environ: Mapping[str, str] = os.environ
        variable = f"{PREFIX}DATABASE_URL"
        if self.asked.database is None:
            return Settings.load(environ, file=self.asked.config)
        url = self.asked.database if "://" in self.asked.database else f"sqlite:///{self.asked.database}"
        try:
            return Settings.load({**environ, variable: url}, file=self.asked.config)
        except InvalidSetting as wrong:
            if wrong.setting != variable:
                raise
            raise evolve(wrong, setting="--database", found_in="the command line") from wrong

    def use_cases(self, *, checked: bool = True) -> UseCases:
        """Every use case on the database, which must be there and at this program's revision; or those of the server.

        Raises: InvalidSetting; SchemaUnfit for a database that is missing, behind or newer; Unavailable.
        """
        if self._use_cases is None and self.server is not None:
            from dkp_entrypoints.cli.remote_use_cases import RemoteUseCases

            # They are called alike; a command that takes --server calls no others.
            self._use_cases = cast("UseCases", RemoteUseCases(self.api()))
        if self._use_cases is None:
            from dkp_adapters.sql import schema
            from dkp_entrypoints.containers import UseCases

            settings = self.settings()
            if checked:
                schema.require_current(settings.database_url)
            self._use_cases = UseCases(settings=settings)
            self._use_cases.database().after_commit(self._committed)
        return self._use_cases

    @property
    def server(self) -> str | None:
        """The address of the API that is asked; None where it is done on a database. Raises: InvalidValue for both."""
        if self.asked.server is None:
            on_database = self.asked.database is not None or not self._remote
            return None if on_database else os.environ.get(SERVER_VARIABLE) or None
        if self.asked.database is not None:
            raise InvalidValue("--server", "--database says where as well", "one of the two")
        return self.asked.server

    def api(self) -> Api:
        """The API of the server, asked with the key. Raises: InvalidValue."""
        if self._api is None:
            from dkp_entrypoints.cli.remote import Api

            assert self.server is not None, "the command works on a database"
            key = self.asked.key or os.environ.get(KEY_VARIABLE)
            if not key:
                raise InvalidValue("--key", "it is missing", f"an API key for {self.server}, or DKP_KEY")
            guild, insecure = self._guild_named(), self.asked.insecure
            self._api = Api.at(self.server, key=key, guild=guild, insecure=insecure, looks_only=self.dry_run)
        return self._api

    # --- who acts where -----------------------------------------------------------------------------------------------

    def guild(self) -> GuildRow:
        """The guild that is named, else the only one. Raises: NoSuch, NoGuildYet, GuildNotChosen."""
        if self._guild is None:
            guilds = self.use_cases().list_guilds()(by=operator(ENTRYPOINT))
            # A server has chosen by itself, by the name that was sent along.
            self._guild = _chosen(guilds, self._guild_named()) if self.server is None else guilds[0]
        return self._guild

    def _guild_named(self) -> str | None:
        return self.asked.guild or os.environ.get(GUILD_VARIABLE) or None

    def by(self) -> Actor:
        """The operator, in that guild; on a server it is whoever has the key, and the server knows who that is."""
        if self.server is not None:
            return _KEY_HOLDER
        return operator(ENTRYPOINT, self.guild().id)

    def by_in(self, guild_id: GuildId) -> Actor:
        """The operator, in a guild that was just made."""
        return operator(ENTRYPOINT, guild_id)

    # --- changing -----------------------------------------------------------------------------------------------------

    def change(self, act: Callable[[Actor], T], *, keep_refusals: bool = False) -> T:
        """What `act` comes to: one transaction, done again when it lost a race, and rolled back for a dry run.

        With `keep_refusals`, what a refusal recorded is kept, such as a bid that the rules don't allow.
        """
        return self.once(lambda: act(self.by()), keep_refusals=keep_refusals)

    def once(self, act: Callable[[], T], *, long: bool = False, keep_refusals: bool = False) -> T:
        """The same for what knows by itself who acts; a server sees to its transactions. Raises: Stale after three."""
        if self.server is not None:
            return act()
        from dkp_entrypoints.execution import attempted

        database = self.use_cases().database()

        def attempt() -> T:
            with database.scope(long=long, keep_refusals=keep_refusals and not self.dry_run) as scope:
                outcome = act()
                if self.dry_run:
                    if scope.transaction is not None:
                        scope.transaction.flush()  # what only shows at the end shows now
                    scope.roll_back()
            return outcome

        return attempted(attempt)

    def follow(self) -> int:
        """Let follow what follows from what was changed, such as awarding names that waited; tells how much did.

        What fails stays in the outbox for a worker: the change itself stands.
        """
        if not self._follows:
            return 0
        self._follows = False
        from dkp_core.kernel.errors import Unavailable
        from dkp_entrypoints.worker import Worker

        worker = Worker.of(self.use_cases())
        followed = 0
        try:
            for _ in range(ROUNDS_MAX):
                done = worker.run_reactions()
                followed += done
                if not done:
                    break
        except (Stale, Unavailable, DomainError) as later:
            print(f"dkp: what follows from this is left to the worker: {later}", file=sys.stderr)
        return followed

    def _committed(self, commit: Commit) -> None:
        if commit.deliveries:
            self._follows = True


def _chosen(guilds: tuple[GuildRow, ...], named: str | None) -> GuildRow:
    if not guilds:
        raise NoGuildYet("guild", named or "")
    if named is None:
        if len(guilds) > 1:
            known = ", ".join(sorted(guild.slug for guild in guilds))
            raise GuildNotChosen("--guild", "the database holds several guilds", f"one of {known}")
        return guilds[0]
    for guild in guilds:
        if named in (guild.slug, str(guild.id)):
            return guild
    found = [guild for guild in guilds if name_key(guild.name) == name_key(named)]
    if len(found) != 1:
        raise NoSuchGuild("guild", named, tuple(sorted(guild.slug for guild in guilds)))
    return found[0]


@define
class NoSuchGuild(NoSuch):
    """The database holds other guilds, not that one."""

    known: tuple[str, ...]
    code = "no_such_guild"

    @property
    def sentence(self) -> str:
        return f"There is no guild {self.key!r} in this database; there is {', '.join(self.known)}."

"""One run of a command: the settings, the database and the guild it works on, opened when they are needed."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

from attrs import define, evolve, field

from dkp_core.accounts import GuildNotChosen
from dkp_core.guilds import GuildRow
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.errors import DomainError, NoSuch, Stale
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.names import name_key
from dkp_entrypoints.cli.asked import Asked
from dkp_entrypoints.cli.failing import INIT
from dkp_entrypoints.settings import PREFIX, InvalidSetting, Settings

if TYPE_CHECKING:
    from dkp_adapters.commits import Commit
    from dkp_entrypoints.containers import UseCases

ENTRYPOINT: Final = "cli"
GUILD_VARIABLE: Final = "DKP_GUILD"
ROUNDS_MAX: Final = 100

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
    _use_cases: UseCases | None = field(default=None, init=False)
    _guild: GuildRow | None = field(default=None, init=False)
    _follows: bool = field(default=False, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._use_cases is not None:
            try:
                self.follow()
            finally:
                self._use_cases.database().close()

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
        """Every use case on the database, which must be there and at this program's revision.

        Raises: InvalidSetting; SchemaUnfit for a database that is missing, behind or newer; Unavailable.
        """
        if self._use_cases is None:
            from dkp_adapters.sql import schema
            from dkp_entrypoints.containers import UseCases

            settings = self.settings()
            if checked:
                schema.require_current(settings.database_url)
            self._use_cases = UseCases(settings=settings)
            self._use_cases.database().after_commit(self._committed)
        return self._use_cases

    # --- who acts where -----------------------------------------------------------------------------------------------

    def guild(self) -> GuildRow:
        """The guild that is named, else the only one. Raises: NoSuch, NoGuildYet, GuildNotChosen."""
        if self._guild is None:
            guilds = self.use_cases().list_guilds()(by=operator(ENTRYPOINT))
            self._guild = _chosen(guilds, self.asked.guild or os.environ.get(GUILD_VARIABLE) or None)
        return self._guild

    def by(self) -> Actor:
        """The operator, in that guild."""
        return operator(ENTRYPOINT, self.guild().id)

    def by_in(self, guild_id: GuildId) -> Actor:
        """The operator, in a guild that was just made."""
        return operator(ENTRYPOINT, guild_id)

    # --- changing -----------------------------------------------------------------------------------------------------

    def change(self, act: Callable[[Actor], T]) -> T:
        """What `act` comes to: one transaction, done again when it lost a race, and rolled back for a dry run."""
        return self.once(lambda: act(self.by()))

    def once(self, act: Callable[[], T], *, long: bool = False) -> T:
        """The same for what knows by itself who acts. Raises: Stale after three attempts."""
        from dkp_entrypoints.execution import attempted

        database = self.use_cases().database()

        def attempt() -> T:
            with database.scope(long=long) as scope:
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

"""What the guilds context needs kept."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from dkp_core.guilds.guild import Guild
from dkp_core.guilds.views import GuildRow
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.ports import Work


class Guilds(Protocol):
    """All guilds of the installation."""

    @abstractmethod
    def get(self, guild_id: GuildId) -> Guild:
        """The guild, locked until the transaction ends. Raises: NoSuch."""

    @abstractmethod
    def named(self, slug_or_id: str) -> Guild | None:
        """The guild of that slug, or of that id where it is a number; None if there is none."""

    @abstractmethod
    def save(self, guild: Guild) -> None:
        """Store the guild and the events it carries. Raises: NameTaken (slug), Stale."""


class GuildWork(Work, Protocol):
    """A transaction that may read and change the guild itself."""

    @property
    @abstractmethod
    def guilds(self) -> Guilds:
        """The guilds."""


class GuildInstallation(Protocol):
    """A transaction over the installation's guilds."""

    @property
    @abstractmethod
    def guilds(self) -> Guilds:
        """The guilds."""


class GuildsView(Protocol):
    """Reads guilds."""

    @abstractmethod
    def guilds(self) -> tuple[GuildRow, ...]:
        """Every guild of the installation, by name."""

    @abstractmethod
    def guild(self, guild_id: GuildId) -> GuildRow:
        """One guild. Raises: NoSuch."""

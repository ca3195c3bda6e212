"""Guilds: the communities that one installation serves, each on its own."""

from dkp_core.guilds.auditing import ShowAuditLog
from dkp_core.guilds.events import GuildChanged, GuildFounded
from dkp_core.guilds.guild import WEEKDAYS, Guild, GuildSettings, slug_of
from dkp_core.guilds.ports import GuildInstallation, Guilds, GuildsView, GuildWork
from dkp_core.guilds.running import ChangeGuild, ListGuilds, ShowGuild
from dkp_core.guilds.views import GuildRow

__all__ = [
    "WEEKDAYS",
    "ChangeGuild",
    "Guild",
    "GuildChanged",
    "GuildFounded",
    "GuildInstallation",
    "GuildRow",
    "GuildSettings",
    "GuildWork",
    "Guilds",
    "GuildsView",
    "ListGuilds",
    "ShowAuditLog",
    "ShowGuild",
    "slug_of",
]

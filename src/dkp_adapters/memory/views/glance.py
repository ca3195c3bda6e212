"""One look at a guild: all its rows as they are at that moment, and what several views ask of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

from attrs import frozen

from dkp_adapters.memory.merges import Head, heads_in, merged_away
from dkp_adapters.memory.tables import GuildTables, InstallationTables, Snapshot
from dkp_core.accounts import User
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import GuildId, RankId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.roster import Character


class Glance:
    """A guild's rows at one moment; whatever is committed meanwhile changes nothing in it."""

    def __init__(self, snapshot: Snapshot, guild_id: GuildId) -> None:
        self.snapshot = snapshot
        self.guild_id = guild_id

    @cached_property
    def tables(self) -> GuildTables:
        """The guild's tables."""
        return self.snapshot.of(self.guild_id)

    @property
    def installation(self) -> InstallationTables:
        """The installation's tables."""
        return self.snapshot.installation

    @cached_property
    def mains(self) -> dict[UserId, Character]:
        """Each user's main."""
        mains = (each for each in self.tables.characters.values() if each.is_main)
        return {main.owner: main for main in mains if main.owner is not None}

    @cached_property
    def members(self) -> frozenset[UserId]:
        """The active members."""
        guild = self.installation.guilds.get(self.guild_id)
        trials = guild is not None and guild.settings.trials_are_active
        memberships = self.tables.memberships.values()
        return frozenset(each.user_id for each in memberships if each.is_active(trials_are_active=trials))

    @cached_property
    def head(self) -> Head:
        """Tells for whom it counts what a user had at a moment."""
        return heads_in(self.tables)

    @cached_property
    def merged_away(self) -> frozenset[UserId]:
        """Who has nothing here any more, since it is all another's."""
        return merged_away(self.tables)

    @property
    def trials_bid(self) -> bool:
        """Whether the guild lets trials bid."""
        guild = self.installation.guilds.get(self.guild_id)
        return guild is not None and guild.settings.trials_bid

    @cached_property
    def known_users(self) -> frozenset[UserId]:
        """Who has a place here: a membership, characters now or once, entries, attendance, bids or awards."""
        tables = self.tables
        return frozenset(tables.memberships).union(
            (user_id for _, user_id in tables.balances),
            (period.owner for periods in tables.ownerships.values() for period in periods),
            (line.user_id for line in tables.attendance.values() if line.user_id is not None),
            (award.user_id for award in tables.awards.values() if award.user_id is not None),
            (record.user_id for record in tables.bids.values() if record.user_id is not None),
            (merge.into for merge in tables.merges.values() if merge.stands),
        )

    def user(self, user_id: UserId) -> User:
        """A user with a place here. Raises: NoSuch."""
        user = self.installation.users.get(user_id)
        if user is None or user_id not in self.known_users:
            raise NoSuch("user", user_id)
        return user

    def user_with_discord_id(self, discord_id: str) -> User:
        """A user with a place here, by Discord id. Raises: NoSuch."""
        users = self.installation.users.values()
        user = next((user for user in users if user.discord_id == discord_id), None)
        if user is None or user.id not in self.known_users:
            raise NoSuch("user with Discord id", discord_id)
        return user

    def username(self, user_id: UserId) -> str:
        """The name of whoever is named in a row."""
        return self.installation.users[user_id].username

    def username_or_none(self, user_id: UserId | None) -> str | None:
        """The same, where there may be nobody."""
        return None if user_id is None else self.username(user_id)

    def rank_name(self, rank_id: RankId) -> str:
        """What a rank is called, or was."""
        rank = self.tables.ranks.get(rank_id)
        return self.tables.removed_ranks[rank_id] if rank is None else rank.name

    def main_name(self, user_id: UserId) -> str | None:
        """What a user's main is called."""
        main = self.mains.get(user_id)
        return None if main is None else main.name


@frozen
class MemoryView:
    """A query port that takes one look at its guild for each question; `look` says what is to be seen now."""

    look: Callable[[], Glance]


def part_of(part: str, *names: str | None) -> bool:
    """Whether a search text is a part of one of the names, compared as names are (G-9)."""
    key = name_key(part)
    return any(key in name_key(name) for name in names if name is not None)


def is_rank(wanted: str, rank_id: RankId, name: str) -> bool:
    """Whether a rank is the one that was named, by its id or its name."""
    return wanted == str(rank_id) or name_key(wanted) == name_key(name)


def in_order_of_name(names: Iterable[str]) -> list[str]:
    """Names as people look for them."""
    return sorted(names, key=lambda name: (name_key(name), name))

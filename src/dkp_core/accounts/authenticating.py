"""Knowing who calls, and in which guild."""

from __future__ import annotations

from attrs import frozen

from dkp_core.accounts.api_key import KeyKind, Token
from dkp_core.accounts.errors import GuildNotChosen, MembershipDeactivated, NotAuthenticated
from dkp_core.accounts.membership import MembershipStatus
from dkp_core.accounts.ports import Credentials
from dkp_core.accounts.role_group import RoleGroup, permissions_of
from dkp_core.accounts.views import Credential, CredentialGuild
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Clock, Hashing


@frozen
class Authenticate:
    """Who calls with this key, and what they may do in the guild they name.

    The guild is the one named (slug or id), else the bot key's own, else the user's only one, else the user's
    default, else the installation's only one. Raises: NotAuthenticated, MembershipDeactivated, NoSuch (a guild),
    GuildNotChosen when several could be meant.
    """

    credentials: Credentials
    hashing: Hashing
    clock: Clock

    def __call__(
        self, token: str, *, guild: str | None = None, entrypoint: str, request_id: str | None = None
    ) -> Actor:
        parts = Token.of(token)
        found = self.credentials.find(parts.prefix, guild) if parts else None
        # The digest is made whether or not the key exists, so that the time tells a guesser nothing.
        digest = self.hashing.digest(parts.secret if parts else token)
        if found is None or not found.key.opens_with(digest, self.clock.now()) or found.owner_deactivated:
            raise NotAuthenticated
        here = chosen_guild(found, guild)
        if found.key.kind is KeyKind.BOT:
            return Actor(
                kind=ActorKind.BOT,
                id=found.key.id,
                entrypoint=entrypoint,
                guild_id=found.key.guild_id,
                permissions=found.key.scopes,
                request_id=request_id,
            )
        return Actor(
            kind=ActorKind.API_KEY,
            id=found.key.id,
            entrypoint=entrypoint,
            guild_id=here.id if here else None,
            user_id=found.key.owner,
            permissions=_rights(here),
            request_id=request_id,
        )


def chosen_guild(found: Credential, named: str | None) -> CredentialGuild | None:
    """The guild that is meant; None for a user who is in none, where the installation has several.

    Raises: NoSuch for a guild that is not there (or another's, for a bot key), GuildNotChosen.
    """
    by_id = {guild.id: guild for guild in found.guilds}
    if named is not None:
        meant = next((each for each in found.guilds if named in (each.slug, str(each.id))), None)
        if meant is None or (found.key.kind is KeyKind.BOT and meant.id != found.key.guild_id):
            raise NoSuch("guild", named[:60])
        return meant
    if found.key.guild_id is not None:
        return by_id.get(found.key.guild_id)
    mine = [each for each in found.guilds if each.status is MembershipStatus.IN_FORCE]
    if len(mine) == 1:
        return mine[0]
    if found.default_guild is not None and found.default_guild in by_id:
        return by_id[found.default_guild]
    if found.only_guild is not None:
        return by_id.get(found.only_guild.id, found.only_guild)
    if mine:
        slugs = ", ".join(sorted(each.slug for each in mine))
        raise GuildNotChosen("X-Guild", "you are in several guilds", f"one of {slugs}")
    return None


def _rights(guild: CredentialGuild | None) -> frozenset[Permission]:
    if guild is None:
        return frozenset()
    if guild.status is MembershipStatus.DEACTIVATED:
        raise MembershipDeactivated
    in_force = guild.status is MembershipStatus.IN_FORCE and guild.role_group is not None
    role_group = guild.role_group if in_force and guild.role_group is not None else RoleGroup.GUEST
    return permissions_of(
        role_group,
        trial=guild.trial and in_force,
        public_roster=guild.public_roster,
        trials_bid=guild.trials_bid,
    )

"""Knowing who calls, and in which guild."""

from __future__ import annotations

from attrs import frozen

from dkp_core.accounts.api_key import KeyKind, Token
from dkp_core.accounts.errors import GuildNotChosen, MembershipDeactivated, NotAuthenticated
from dkp_core.accounts.membership import MembershipStatus
from dkp_core.accounts.ports import Credentials
from dkp_core.accounts.role_group import RoleGroup, permissions_of
from dkp_core.accounts.session import SessionLimits, SessionToken
from dkp_core.accounts.views import CredentialGuild, Whereabouts
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Clock, Hashing


@frozen
class Authenticate:
    """Who calls with this key, and what they may do in the guild they name.

    The guild is the one named (slug or id), else the bot key's own, else the user's only one, else the user's
    default, else the installation's only one. With `anywhere`, for what is their own as a person, it is none where that
    guild is closed to them or several could be meant. Raises: NotAuthenticated, MembershipDeactivated, NoSuch (a
    guild), GuildNotChosen when several could be meant.
    """

    credentials: Credentials
    hashing: Hashing
    clock: Clock

    def __call__(
        self,
        token: str,
        *,
        guild: str | None = None,
        anywhere: bool = False,
        entrypoint: str,
        request_id: str | None = None,
    ) -> Actor:
        parts = Token.of(token)
        found = self.credentials.find(parts.prefix, guild) if parts else None
        # The digest is made whether or not the key exists, so that the time tells a guesser nothing.
        digest = self.hashing.digest(parts.secret if parts else token)
        if found is None or not found.key.opens_with(digest, self.clock.now()) or found.owner_deactivated:
            raise NotAuthenticated
        if found.key.kind is KeyKind.BOT:
            chosen_guild(found, guild)
            return Actor(
                kind=ActorKind.BOT,
                id=found.key.id,
                entrypoint=entrypoint,
                guild_id=found.key.guild_id,
                permissions=found.key.scopes,
                request_id=request_id,
            )
        guild_id, rights = _admitted(found, guild, anywhere=anywhere)
        return Actor(
            kind=ActorKind.API_KEY,
            id=found.key.id,
            entrypoint=entrypoint,
            guild_id=guild_id,
            user_id=found.key.owner,
            permissions=rights,
            request_id=request_id,
        )


@frozen
class AuthenticateSession:
    """Who calls within this session, and what they may do in the guild they name; the guild is found as for keys.

    Raises: NotAuthenticated, MembershipDeactivated, NoSuch (a guild), GuildNotChosen when several could be meant.
    """

    credentials: Credentials
    hashing: Hashing
    clock: Clock
    limits: SessionLimits

    def __call__(
        self,
        token: str,
        *,
        guild: str | None = None,
        anywhere: bool = False,
        entrypoint: str,
        request_id: str | None = None,
    ) -> Actor:
        parts = SessionToken.of(token)
        found = self.credentials.find_session(parts.id, guild) if parts else None
        # The digest is made whether or not there is such a session, so that the time tells a guesser nothing.
        digest = self.hashing.digest(parts.secret if parts else token)
        if found is None or found.owner_deactivated:
            raise NotAuthenticated
        if not found.session.opens_with(digest, self.clock.now(), self.limits):
            raise NotAuthenticated
        guild_id, rights = _admitted(found, guild, anywhere=anywhere)
        return Actor(
            kind=ActorKind.USER,
            id=str(found.session.user_id),
            entrypoint=entrypoint,
            guild_id=guild_id,
            user_id=found.session.user_id,
            permissions=rights,
            request_id=request_id,
            session_id=found.session.id,
        )


def chosen_guild(found: Whereabouts, named: str | None) -> CredentialGuild | None:
    """The guild that is meant; None for a user who is in none, where the installation has several.

    Raises: NoSuch for a guild that is not there (or another's, for a bot key), GuildNotChosen.
    """
    by_id = {guild.id: guild for guild in found.guilds}
    if named is not None:
        meant = next((each for each in found.guilds if named in (each.slug, str(each.id))), None)
        if meant is None or (found.bound_to is not None and meant.id != found.bound_to):
            raise NoSuch("guild", named[:60])
        return meant
    if found.bound_to is not None:
        return by_id.get(found.bound_to)
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


def _admitted(found: Whereabouts, named: str | None, *, anywhere: bool) -> tuple[GuildId | None, frozenset[Permission]]:
    """The guild that is meant and what they may do there; `anywhere` else, where they are not let in."""
    try:
        here = chosen_guild(found, named)
        return (None if here is None else here.id), _rights(here)
    except (GuildNotChosen, MembershipDeactivated):
        if not anywhere:
            raise
        return None, frozenset()


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

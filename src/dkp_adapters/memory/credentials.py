"""Who calls, looked up in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen

from dkp_adapters.memory.tables import Snapshot
from dkp_core.accounts import Credential, CredentialGuild, Credentials, SessionCredential
from dkp_core.guilds import Guild
from dkp_core.kernel.ids import GuildId, UserId


@frozen
class MemoryCredentials(Credentials):
    """Finds keys by their prefix, sessions by their id."""

    look: Callable[[], Snapshot]

    def find(self, prefix: str, guild: str | None) -> Credential | None:
        snapshot = self.look()
        installation = snapshot.installation
        key = next((key for key in installation.api_keys.values() if key.prefix == prefix), None)
        if key is None:
            return None
        return Credential(key=key, **_whereabouts(snapshot, key.owner, guild, key.guild_id))

    def find_session(self, session_id: str, guild: str | None) -> SessionCredential | None:
        snapshot = self.look()
        session = snapshot.installation.sessions.get(session_id)
        if session is None:
            return None
        return SessionCredential(session=session, **_whereabouts(snapshot, session.user_id, guild, None))


def _whereabouts(snapshot: Snapshot, user_id: UserId | None, named: str | None, own: GuildId | None) -> dict[str, Any]:
    """The fields of `Whereabouts`."""
    user = None if user_id is None else snapshot.installation.users[user_id]
    guilds = [_seen_by(user_id, each, snapshot) for each in snapshot.installation.guilds.values()]
    return {
        "owner_deactivated": user is not None and user.deactivated_at is not None,
        "default_guild": None if user is None else user.default_guild,
        "guilds": tuple(
            each for each in guilds if each.status is not None or each.id == own or named in (each.slug, str(each.id))
        ),
        "only_guild": guilds[0] if len(guilds) == 1 else None,
    }


def _seen_by(owner: UserId | None, guild: Guild, snapshot: Snapshot) -> CredentialGuild:
    membership = None if owner is None else snapshot.of(guild.id).memberships.get(owner)
    return CredentialGuild(
        id=guild.id,
        slug=guild.slug,
        public_roster=guild.settings.public_roster,
        trials_bid=guild.settings.trials_bid,
        role_group=membership.role_group if membership else None,
        trial=membership.trial if membership else False,
        status=membership.status if membership else None,
    )

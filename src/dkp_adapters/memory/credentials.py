"""Who calls, looked up in memory."""

from __future__ import annotations

from collections.abc import Callable

from attrs import frozen

from dkp_adapters.memory.tables import Snapshot
from dkp_core.accounts import Credential, CredentialGuild, Credentials
from dkp_core.guilds import Guild
from dkp_core.kernel.ids import UserId


@frozen
class MemoryCredentials(Credentials):
    """Finds keys by their prefix."""

    look: Callable[[], Snapshot]

    def find(self, prefix: str, guild: str | None) -> Credential | None:
        snapshot = self.look()
        installation = snapshot.installation
        key = next((key for key in installation.api_keys.values() if key.prefix == prefix), None)
        if key is None:
            return None
        owner = None if key.owner is None else installation.users[key.owner]
        guilds = [_seen_by(key.owner, each, snapshot) for each in installation.guilds.values()]
        return Credential(
            key=key,
            owner_deactivated=owner is not None and owner.deactivated_at is not None,
            default_guild=None if owner is None else owner.default_guild,
            guilds=tuple(
                each
                for each in guilds
                if each.status is not None or each.id == key.guild_id or guild in (each.slug, str(each.id))
            ),
            only_guild=guilds[0] if len(guilds) == 1 else None,
        )


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

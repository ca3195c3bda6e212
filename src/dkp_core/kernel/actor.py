"""Who acts, in which guild, with what rights, and through which door."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen

from dkp_core.kernel.errors import InvalidValue, NotPermitted
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.permission import Permission


class ActorKind(StrEnum):
    """What an actor is (G-5)."""

    USER = "user"
    API_KEY = "api_key"
    BOT = "bot"
    JOB = "job"
    IMPORT = "import"
    OPERATOR = "operator"


@frozen(kw_only=True)
class Actor:
    """Who does something: recorded with every change, and asked for every permission.

    `id` tells it apart within its kind (a user id, a key id, a job's name); `user_id` is the person whose rights
    it has, if any; `guild_id` is the guild it acts in, or None outside any guild. `session_id` is the session through
    which a user acts, if any.
    """

    kind: ActorKind
    id: str
    entrypoint: str
    guild_id: GuildId | None = None
    user_id: UserId | None = None
    permissions: frozenset[Permission] = frozenset()
    request_id: str | None = None
    session_id: str | None = None

    def may(self, permission: Permission) -> bool:
        """Whether the actor has the permission in its guild."""
        return permission in self.permissions

    def must(self, *permissions: Permission) -> None:
        """Refuse unless the actor has one of the permissions. Raises: NotPermitted, naming the first."""
        if not any(permission in self.permissions for permission in permissions):
            raise NotPermitted(permissions[0].value)

    @property
    def guild(self) -> GuildId:
        """The guild it acts in. Raises: InvalidValue when none was named."""
        if self.guild_id is None:
            raise InvalidValue("guild", "no guild was named", "the slug or id of a guild")
        return self.guild_id

    @property
    def is_operator(self) -> bool:
        """Whether this is who runs the installation."""
        return self.kind is ActorKind.OPERATOR


def operator(entrypoint: str, guild_id: GuildId | None = None, *, request_id: str | None = None) -> Actor:
    """The operator: may do everything, in any guild."""
    return Actor(
        kind=ActorKind.OPERATOR,
        id="operator",
        entrypoint=entrypoint,
        guild_id=guild_id,
        permissions=frozenset(Permission),
        request_id=request_id,
    )


def job(name: str, guild_id: GuildId | None = None) -> Actor:
    """A job of the worker: acts by rule, not by anybody's will, so it may do what the rule needs."""
    return Actor(
        kind=ActorKind.JOB,
        id=name,
        entrypoint="worker",
        guild_id=guild_id,
        permissions=frozenset(Permission),
    )

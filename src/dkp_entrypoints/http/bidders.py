"""Whom a request about bids and awards is for, as bodies and queries say it."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from msgspec import Meta

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import UserId
from dkp_core.loot import Whose
from dkp_entrypoints.http.reading import Body, Id

DiscordId: TypeAlias = Annotated[
    Id | Annotated[str, Meta(min_length=1, max_length=32)], Meta(description="A Discord user's id.")
]


class ForSomebody(Body, frozen=True, kw_only=True):
    """Whom it is for: a user, by Discord id or id, and for which of their characters; oneself, unless named."""

    discord_id: DiscordId | None = None
    user: Annotated[Id, Meta(description="A user's id.")] | None = None
    character: Annotated[str, Meta(description="The name of a character; the main, unless named.")] = ""

    @property
    def whose(self) -> Whose:
        """Whom it is for. Raises: InvalidValue where two users are named."""
        return named(self.discord_id, self.user, self.character)

    @property
    def somebody(self) -> Whose | None:
        """The same; None where nobody is named."""
        is_named = self.discord_id is not None or self.user is not None or self.character
        return self.whose if is_named else None


def named(discord_id: int | str | None, user: int | None, character: str = "") -> Whose:
    """Who is named so. Raises: InvalidValue where two users are."""
    if discord_id is not None and user is not None:
        raise InvalidValue("user", "two users are named", "discord_id or user")
    return Whose(
        user_id=None if user is None else UserId(user),
        discord_id=None if discord_id is None else str(discord_id),
        character=character,
    )

"""A user: a person, identified by a Discord account."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts.errors import IsErased, UserIsLinked, UserIsUnlinked, UserShutOut
from dkp_core.accounts.events import (
    FirstSignedIn,
    UserAdded,
    UserChanged,
    UserDeactivated,
    UserErased,
    UserLinked,
    UserReactivated,
)
from dkp_core.accounts.notification_kind import NotificationKind
from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.names import clean_name
from dkp_core.kernel.period import zone_named

_LOCALE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", re.ASCII)
_SNOWFLAKE_MAX: Final = 2**63 - 1


def discord_id_of(text: str | int, field: str = "discord_id") -> str:
    """A Discord id (snowflake) as decimal digits. Raises: InvalidValue."""
    digits = str(text).strip()
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19 or not 0 < int(digits) <= _SNOWFLAKE_MAX:
        raise InvalidValue(
            field, f"{digits[:40]!r} is no Discord id", "a number of up to 19 digits, as Discord shows it"
        )
    return str(int(digits))


@frozen(kw_only=True)
class User(Aggregate):
    """A person, with a Discord id or (after an import) unlinked; and their preferences.

    `muted` are the kinds of notification that they do not want. `signed_in_at` is when they first signed in with
    Discord by themselves: officers may have named them long before.
    """

    id: UserId
    discord_id: str | None
    username: str
    global_name: str | None = None
    discriminator: str | None = None
    avatar_url: str | None = None
    email: str | None = None
    timezone: str = "UTC"
    locale: str = "en"
    default_guild: GuildId | None = None
    muted: frozenset[NotificationKind] = frozenset()
    added_at: datetime
    deactivated_at: datetime | None = None
    signed_in_at: datetime | None = None
    erased_at: datetime | None = None

    @classmethod
    def add(cls, user_id: UserId, *, discord_id: str | None, username: str, at: datetime) -> User:
        """A new user. Raises: InvalidValue."""
        user = cls(
            id=user_id,
            discord_id=None if discord_id is None else discord_id_of(discord_id),
            username=clean_name(username, "username"),
            added_at=at,
        )
        return user.announcing(UserAdded(user_id=user_id))

    @property
    def display_name(self) -> str:
        """What others call the person."""
        return self.global_name or self.username

    @property
    def is_unlinked(self) -> bool:
        """Whether this is somebody whose Discord account is not known, and not somebody who was erased (A-13)."""
        return self.discord_id is None and self.erased_at is None

    def must_not_be_erased(self) -> None:
        """Refuse what only a person can have. Raises: IsErased."""
        if self.erased_at is not None:
            raise IsErased(self.id)

    def must_be_unlinked(self) -> None:
        """Refuse who has a Discord account. Raises: UserIsLinked, IsErased."""
        self.must_not_be_erased()
        if not self.is_unlinked:
            raise UserIsLinked(self.id)

    def must_be_linked(self) -> None:
        """Refuse who has no Discord account. Raises: UserIsUnlinked, IsErased."""
        self.must_not_be_erased()
        if self.is_unlinked:
            raise UserIsUnlinked(self.id)

    def link(self, discord_id: str) -> User:
        """The same person, with a Discord account (R-9). Raises: UserIsLinked, IsErased, InvalidValue."""
        self.must_be_unlinked()
        return evolve(self, discord_id=discord_id_of(discord_id)).announcing(UserLinked(user_id=self.id))

    def prefer(
        self,
        *,
        timezone: str | None = None,
        locale: str | None = None,
        default_guild: GuildId | None = None,
        forget_default_guild: bool = False,
        muted: tuple[str, ...] | None = None,
    ) -> User:
        """The user with other preferences (A-5). Raises: InvalidValue."""
        if timezone is not None:
            zone_named(timezone)
        if locale is not None and not _LOCALE.fullmatch(locale):
            raise InvalidValue("locale", f"{locale[:40]!r} is no locale", "a language tag such as en or de-AT")
        return self._with(
            evolve(
                self,
                timezone=timezone or self.timezone,
                locale=locale or self.locale,
                default_guild=None if forget_default_guild else default_guild or self.default_guild,
                muted=self.muted if muted is None else NotificationKind.all_named(muted, "muted"),
            )
        )

    def rename(self, username: str, global_name: str | None) -> User:
        """The user under another Discord name. Raises: InvalidValue."""
        shown = clean_name(global_name, "global_name") if global_name else None
        return self._with(evolve(self, username=clean_name(username, "username"), global_name=shown))

    def known_as(
        self,
        *,
        username: str,
        global_name: str | None,
        discriminator: str | None,
        avatar_url: str | None,
        email: str | None,
    ) -> User:
        """The user as Discord shows them now (A-1). Raises: InvalidValue."""
        renamed = evolve(
            self,
            username=clean_name(username, "username"),
            global_name=None if global_name is None else clean_name(global_name, "global_name"),
            discriminator=discriminator,
            avatar_url=avatar_url,
            email=email,
        )
        return self._with(renamed)

    def signed_in(self, at: datetime) -> User:
        """The user, who has signed in with Discord; only the first time is remembered. Raises: UserShutOut."""
        if self.deactivated_at is not None:
            raise UserShutOut
        if self.signed_in_at is not None:
            return self
        return evolve(self, signed_in_at=at).announcing(FirstSignedIn(user_id=self.id))

    def deactivate(self, at: datetime) -> User:
        """The user, shut out of every guild; nothing changes when they are already."""
        if self.deactivated_at is not None:
            return self
        return evolve(self, deactivated_at=at).announcing(UserDeactivated(user_id=self.id))

    def reactivate(self) -> User:
        """The user, let in again. Raises: IsErased."""
        self.must_not_be_erased()
        if self.deactivated_at is None:
            return self
        return evolve(self, deactivated_at=None).announcing(UserReactivated(user_id=self.id))

    def erase(self, at: datetime) -> User:
        """A pseudonym, shut out for good, of whom nothing is known that tells who it was (A-12)."""
        if self.erased_at is not None:
            return self
        nobody = User(
            id=self.id,
            discord_id=None,
            username=f"erased-{self.id}",
            added_at=self.added_at,
            deactivated_at=self.deactivated_at or at,
            erased_at=at,
            version=self.version,
        )
        return nobody.announcing(UserErased(user_id=self.id))

    def _with(self, changed: User) -> User:
        names = (
            *("username", "global_name", "discriminator", "avatar_url", "email"),
            *("timezone", "locale", "default_guild", "muted"),
        )
        told = tuple(name for name in names if getattr(self, name) != getattr(changed, name))
        return changed.announcing(UserChanged(user_id=self.id, fields=told)) if told else self

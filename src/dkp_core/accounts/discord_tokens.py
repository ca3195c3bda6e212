"""What Discord let us have of a user: tokens to ask it again with, kept sealed (A-1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.accounts.discord_identity import DiscordIdentity
from dkp_core.accounts.errors import DiscordIsBeingAsked
from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.ports import Sealing

# A token that ends while it is on its way is of no use.
MARGIN: Final = timedelta(minutes=1)
# Longer than all that Discord may take to answer, with every retry.
ASKING_TIME: Final = timedelta(minutes=2)


@frozen(kw_only=True)
class DiscordGrant:
    """Tokens as Discord has just given them, in the open; never kept like that."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    lasts: timedelta
    scopes: tuple[str, ...]


@frozen(kw_only=True)
class DiscordSignedIn:
    """What a redeemed code came to: tokens, and whose they are."""

    grant: DiscordGrant
    identity: DiscordIdentity


@frozen(kw_only=True)
class UserTokens(Aggregate):
    """The tokens of one user, sealed.

    `asking_until` is set while somebody asks Discord with them, so that nobody else does. What is doomed is to be
    revoked at Discord, and then forgotten.
    """

    user_id: UserId
    sealed_access: str = field(repr=False)
    sealed_refresh: str | None = field(repr=False)
    scopes: tuple[str, ...]
    expires_at: datetime
    asking_until: datetime | None = None
    doomed_at: datetime | None = None

    @classmethod
    def of(cls, user_id: UserId, grant: DiscordGrant, sealing: Sealing, at: datetime) -> UserTokens:
        """The tokens of a grant, sealed."""
        return cls(
            user_id=user_id,
            sealed_access=sealing.seal(grant.access_token),
            sealed_refresh=None if grant.refresh_token is None else sealing.seal(grant.refresh_token),
            scopes=grant.scopes,
            expires_at=at + grant.lasts,
        )

    def renewed(self, fresh: UserTokens) -> UserTokens:
        """With other tokens; who asks goes on asking, and what was doomed stays so."""
        return evolve(fresh, version=self.version, asking_until=self.asking_until, doomed_at=self.doomed_at)

    def lent(self, at: datetime) -> UserTokens:
        """Held by who is about to ask Discord. Raises: DiscordIsBeingAsked when somebody else does."""
        if self.asking_until is not None and at < self.asking_until:
            raise DiscordIsBeingAsked(self.user_id)
        return evolve(self, asking_until=at + ASKING_TIME)

    def given_back(self) -> UserTokens:
        """Free for whoever asks next."""
        return evolve(self, asking_until=None)

    def have_expired(self, at: datetime) -> bool:
        """Whether Discord has to be asked for others first."""
        return self.expires_at - MARGIN <= at

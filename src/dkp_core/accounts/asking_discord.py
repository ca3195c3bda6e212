"""Asking Discord again about a user, and giving back what it let us have (A-1).

Discord is asked between transactions, never within one: the tokens are lent, it is asked, and the answer is kept.
"""

from __future__ import annotations

from attrs import frozen

from dkp_core.accounts.discord_identity import DiscordIdentity
from dkp_core.accounts.discord_tokens import UserTokens
from dkp_core.accounts.errors import DiscordNotSetUp, NotSignedInWithDiscord
from dkp_core.accounts.events import DiscordTokensForgotten
from dkp_core.accounts.ports import AccountsInstallation, DiscordSignIn
from dkp_core.accounts.signing_in import opened
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import DomainError, NotPermitted, Unsealable
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.ports import Again, BeginInstallation, Clock, SealedSecrets, Sealing


@frozen
class RefreshProfile:
    """Ask Discord anew what you are called there; the operator may ask for anybody.

    Tokens that have run out are exchanged for others first; one asks at a time, so that none are lost. Where Discord
    takes them no longer they are forgotten, and you have to sign in again.
    """

    begin: BeginInstallation[AccountsInstallation]
    discord: DiscordSignIn
    sealing: Sealing
    clock: Clock
    again: Again

    def __call__(self, *, owner: UserId | None = None, by: Actor) -> None:
        user_id = owner if owner is not None and by.is_operator else by.user_id
        if user_id is None:
            raise NotPermitted("a user's own key or session")
        tokens = self.again(lambda: self._lent(user_id, by))
        try:
            identity = self._asked(tokens, by)
            if identity is None:
                self.again(lambda: self._forgotten(tokens, by))
                raise NotSignedInWithDiscord(user_id)
        finally:
            self.again(lambda: self._given_back(tokens, by))
        self.again(lambda: self._kept(user_id, identity, by))

    def _lent(self, user_id: UserId, by: Actor) -> UserTokens:
        with self.begin(by) as work:
            tokens = work.discord_tokens.find(user_id)
            if tokens is None or tokens.doomed_at is not None:
                raise NotSignedInWithDiscord(user_id)
            lent = tokens.lent(self.clock.now())
            work.discord_tokens.save(lent)
        return lent

    def _asked(self, tokens: UserTokens, by: Actor) -> DiscordIdentity | None:
        """Who it is, with these tokens or those that they are exchanged for; None where Discord takes neither."""
        access = opened(self.sealing, tokens.sealed_access)
        if access is not None and not tokens.have_expired(self.clock.now()):
            identity = self.discord.identity(access)
            if identity is not None:
                return identity
        access = self._exchanged(tokens, by)
        return None if access is None else self.discord.identity(access)

    def _exchanged(self, tokens: UserTokens, by: Actor) -> str | None:
        """Another access token; what came with it is kept before anything else is asked."""
        refresh = None if tokens.sealed_refresh is None else opened(self.sealing, tokens.sealed_refresh)
        grant = None if refresh is None else self.discord.refresh(refresh)
        if grant is None:
            return None
        fresh = UserTokens.of(tokens.user_id, grant, self.sealing, self.clock.now())
        self.again(lambda: self._renewed(fresh, by))
        return grant.access_token

    def _renewed(self, fresh: UserTokens, by: Actor) -> None:
        with self.begin(by) as work:
            kept = work.discord_tokens.find(fresh.user_id)
            if kept is not None:
                work.discord_tokens.save(kept.renewed(fresh))

    def _given_back(self, lent: UserTokens, by: Actor) -> None:
        with self.begin(by) as work:
            kept = work.discord_tokens.find(lent.user_id)
            if kept is not None and kept.asking_until == lent.asking_until:
                work.discord_tokens.save(kept.given_back())

    def _kept(self, user_id: UserId, identity: DiscordIdentity, by: Actor) -> None:
        with self.begin(by) as work:
            user = work.users.get(user_id)
            if user.discord_id != identity.discord_id:
                return  # it is no longer, or never was, this user's
            changed = user.known_as(
                username=identity.username,
                global_name=identity.global_name,
                discriminator=identity.discriminator,
                avatar_url=identity.avatar_url,
                email=identity.email,
            )
            if changed is not user:
                work.users.save(changed)

    def _forgotten(self, lent: UserTokens, by: Actor) -> None:
        with self.begin(by) as work:
            kept = work.discord_tokens.find(lent.user_id)
            # Who has signed in again meanwhile keeps what they brought.
            if kept is not None and kept.asking_until == lent.asking_until:
                work.discord_tokens.forget(kept.announcing(DiscordTokensForgotten(user_id=lent.user_id)))


@frozen
class RevokeDiscordTokens:
    """Give back to Discord what it let us have of a user, where that is doomed, and forget it.

    What can't be given back, since no key opens it or no application at Discord is set up any more, is forgotten all
    the same; tells whether nothing was forgotten so.
    """

    begin: BeginInstallation[AccountsInstallation]
    discord: DiscordSignIn
    sealing: Sealing
    clock: Clock
    again: Again

    def __call__(self, user_id: UserId, *, by: Actor) -> bool:
        doomed = self.again(lambda: self._doomed(user_id, by))
        if doomed is None:
            return True
        is_given_back = self._given_back(doomed)
        self.again(lambda: self._forgotten(doomed, by))
        return is_given_back

    def _given_back(self, doomed: UserTokens) -> bool:
        """Whether Discord has it back; False where it never will."""
        try:
            # Either takes all that was granted with it; the one that lasts longer is the surer.
            token = self.sealing.open(doomed.sealed_refresh or doomed.sealed_access)
        except (Unsealable, DomainError):  # the key is gone, or no key is set at all
            return False
        try:
            self.discord.revoke(token)
        except DiscordNotSetUp:
            return False
        return True

    def _doomed(self, user_id: UserId, by: Actor) -> UserTokens | None:
        with self.begin(by) as work:
            tokens = work.discord_tokens.find(user_id)
            if tokens is None or tokens.doomed_at is None:
                return None
            # Tokens that are being exchanged are known no longer, and their successors not yet.
            return tokens.lent(self.clock.now())

    def _forgotten(self, doomed: UserTokens, by: Actor) -> None:
        with self.begin(by) as work:
            kept = work.discord_tokens.find(doomed.user_id)
            # Who has signed in again meanwhile keeps what they brought.
            if kept is not None and kept.doomed_at is not None:
                work.discord_tokens.forget(kept.announcing(DiscordTokensForgotten(user_id=doomed.user_id)))


@frozen
class ResealSecrets:
    """Encrypt everything that is kept encrypted with the newest key, so that older keys can go; only the operator may.

    Tells how many secrets there are.
    """

    sealed: SealedSecrets
    sealing: Sealing

    def __call__(self, *, by: Actor) -> int:
        if not by.is_operator:
            raise NotPermitted("operator")
        return self.sealed.reseal(self.sealing)

"""Discord, where this installation has no application there."""

from __future__ import annotations

from attrs import frozen

from dkp_core.accounts import DiscordGrant, DiscordIdentity, DiscordNotSetUp, DiscordSignedIn, DiscordSignIn


@frozen
class NoDiscordSignIn(DiscordSignIn):
    """Says to every question that Discord is not set up. Raises: DiscordNotSetUp."""

    def authorize_url(self, *, state: str, challenge: str, redirect_uri: str) -> str:  # noqa: ARG002  # the port's
        raise DiscordNotSetUp

    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> DiscordSignedIn:  # noqa: ARG002  # the port's
        raise DiscordNotSetUp

    def identity(self, access_token: str) -> DiscordIdentity | None:  # noqa: ARG002  # the port's
        raise DiscordNotSetUp

    def refresh(self, refresh_token: str) -> DiscordGrant | None:  # noqa: ARG002  # the port's
        raise DiscordNotSetUp

    def revoke(self, token: str) -> None:  # noqa: ARG002  # the port's
        raise DiscordNotSetUp

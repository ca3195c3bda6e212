"""The contract of how people come in, on every adapter."""

from tests.integration.contracts.sign_ins import (
    DiscordTokensContract,
    SealedSecretsContract,
    SessionCredentialsContract,
    SignInAttemptsContract,
    SignInLinksContract,
    UserSessionsContract,
)


class TestUserSessions(UserSessionsContract):
    """It holds on each of them."""


class TestSignInAttempts(SignInAttemptsContract):
    """It holds on each of them."""


class TestSignInLinks(SignInLinksContract):
    """It holds on each of them."""


class TestDiscordTokens(DiscordTokensContract):
    """It holds on each of them."""


class TestSessionCredentials(SessionCredentialsContract):
    """It holds on each of them."""


class TestSealedSecrets(SealedSecretsContract):
    """It holds on each of them."""

"""The contract of the accounts context, on every adapter."""

from tests.integration.contracts.accounts import (
    AccountsViewContract,
    ApiKeysContract,
    ConsentsContract,
    CredentialsContract,
    MembershipsContract,
    OnlyGuildContract,
    UsersContract,
)


class TestUsers(UsersContract):
    """It holds on each of them."""


class TestConsents(ConsentsContract):
    """It holds on each of them."""


class TestMemberships(MembershipsContract):
    """It holds on each of them."""


class TestApiKeys(ApiKeysContract):
    """It holds on each of them."""


class TestCredentials(CredentialsContract):
    """It holds on each of them."""


class TestOnlyGuild(OnlyGuildContract):
    """It holds on each of them."""


class TestAccountsView(AccountsViewContract):
    """It holds on each of them."""

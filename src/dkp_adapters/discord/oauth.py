"""Discord's OAuth 2: authorization codes with PKCE, tokens, and whose they are.

Discord takes a code and a refresh token once. So what asks for tokens is sent again only where it is known that nothing
was done: the connection never came about, or Discord answered that there were too many requests. What only reads, or
gives back, is sent again whenever it failed in passing.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Final, TypeVar

import httpx
import stamina
from attrs import frozen
from httpx_oauth.clients.discord import DiscordOAuth2
from httpx_oauth.oauth2 import OAuth2RequestError

from dkp_core.accounts import (
    DiscordGrant,
    DiscordIdentity,
    DiscordNotSetUp,
    DiscordRefused,
    DiscordSignedIn,
    DiscordSignIn,
    DiscordUnavailable,
)
from dkp_core.kernel.errors import InvalidValue

API_VERSION: Final = "v10"
AVATARS: Final = "https://cdn.discordapp.com/avatars"
USER_AGENT: Final = "DiscordBot (https://pypi.org/project/dkp, 1)"
TIMEOUT: Final = httpx.Timeout(8, connect=4)
# A person waits: whoever is told to be patient for longer is told so in turn.
PATIENCE_SECONDS: Final = 3.0
ATTEMPTS: Final = 3
RETRY_WAIT_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 5
RETRY_SECONDS_MAX: Final = 3600

_AVATAR: Final = re.compile(r"(?:a_)?[0-9a-f]{1,64}", re.ASCII)
_logger: Final = logging.getLogger(__name__)

T = TypeVar("T")


class _Again(Exception):
    """It failed, and may be asked again: after so many seconds, or soon."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__()
        self.seconds = seconds


@cache
def _trusted() -> ssl.SSLContext:
    """Whom to trust: reading all those certificates takes longer than a request."""
    return httpx.create_ssl_context()


class _Client(DiscordOAuth2):
    """The OAuth client with another address for Discord, and time-outs."""

    def __init__(self, client_id: str, client_secret: str, api_url: str, scopes: Sequence[str]) -> None:
        super().__init__(client_id, client_secret, list(scopes))
        self.authorize_endpoint = f"{api_url}/oauth2/authorize"
        self.access_token_endpoint = self.refresh_token_endpoint = f"{api_url}/oauth2/token"
        self.revoke_token_endpoint = f"{api_url}/oauth2/token/revoke"
        self.profile_endpoint = f"{api_url}/{API_VERSION}/users/@me"

    def get_httpx_client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            timeout=TIMEOUT, headers={"User-Agent": USER_AGENT}, verify=_trusted(), follow_redirects=False
        )

    async def get_profile(self, token: str) -> dict[str, Any]:
        async with self.get_httpx_client() as client:
            headers = {**self.request_headers, "Authorization": f"Bearer {token}"}
            request = client.build_request("GET", self.profile_endpoint, headers=headers)
            response = await self.send_request(client, request, None, exc_class=OAuth2RequestError)
            return self.get_json(response, exc_class=OAuth2RequestError)


@frozen
class DiscordOAuth(DiscordSignIn):
    """Discord over HTTPS. Each call waits for its answers, in a thread that runs no event loop."""

    client: _Client

    @classmethod
    def of(cls, *, client_id: str, client_secret: str, api_url: str, scopes: Sequence[str]) -> DiscordOAuth:
        """The application of that id; nothing is connected before it is needed."""
        return cls(_Client(client_id, client_secret, api_url.rstrip("/"), scopes))

    def authorize_url(self, *, state: str, challenge: str, redirect_uri: str) -> str:
        asked = self.client.get_authorization_url(
            redirect_uri, state=state, code_challenge=challenge, code_challenge_method="S256"
        )
        return asyncio.run(asked)

    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> DiscordSignedIn:
        async def ask() -> DiscordSignedIn:
            grant = await self._once(lambda: self.client.get_access_token(code, redirect_uri, verifier))
            if grant is None:
                raise DiscordRefused
            identity = await self._who(grant.access_token)
            if identity is None:
                raise DiscordRefused
            return DiscordSignedIn(grant=grant, identity=identity)

        return asyncio.run(ask())

    def identity(self, access_token: str) -> DiscordIdentity | None:
        return asyncio.run(self._who(access_token))

    def refresh(self, refresh_token: str) -> DiscordGrant | None:
        return asyncio.run(self._once(lambda: self.client.refresh_token(refresh_token)))

    def revoke(self, token: str) -> None:
        async def give_back() -> None:
            await self.client.revoke_token(token)

        asyncio.run(self._given_back(give_back))

    async def _once(self, ask: Callable[[], Awaitable[Mapping[str, Any]]]) -> DiscordGrant | None:
        """Tokens; None where Discord does not take what it was shown. Raises: DiscordUnavailable, DiscordNotSetUp."""
        try:
            return _grant(await _asked(ask, only_if_undone=True))
        except OAuth2RequestError as refused:
            _must_be_known(refused.response)
            return None

    async def _who(self, access_token: str) -> DiscordIdentity | None:
        try:
            return _identity(await _asked(lambda: self.client.get_profile(access_token)))
        except OAuth2RequestError:
            return None

    async def _given_back(self, give_back: Callable[[], Awaitable[None]]) -> None:
        try:
            await _asked(give_back)
        except OAuth2RequestError as refused:
            _must_be_known(refused.response)  # else it is a token that Discord knows no longer


async def _asked(ask: Callable[[], Awaitable[T]], *, only_if_undone: bool = False) -> T:
    """What Discord answers, asked again where that does no harm.

    Raises: OAuth2RequestError where Discord says no (400, 401, 403), DiscordUnavailable where it says nothing of use.
    """
    try:
        async for attempt in stamina.retry_context(
            on=_whether_again,
            attempts=ATTEMPTS,
            timeout=2 * PATIENCE_SECONDS,
            wait_initial=RETRY_WAIT_SECONDS,
            wait_jitter=RETRY_WAIT_SECONDS,
        ):
            with attempt:
                try:
                    return await ask()
                except OAuth2RequestError as failed:
                    raise _judged(failed, only_if_undone=only_if_undone) from failed
                except (ValueError, TypeError) as strange:  # what was answered is not what it should be
                    raise DiscordUnavailable(RETRY_SECONDS) from strange
    except _Again as in_vain:
        seconds = RETRY_SECONDS if in_vain.seconds is None else min(in_vain.seconds, RETRY_SECONDS_MAX)
        raise DiscordUnavailable(max(1, round(seconds))) from in_vain
    raise AssertionError("the last attempt answers or raises")


def _whether_again(error: Exception) -> bool | float:
    if not isinstance(error, _Again):
        return False
    if error.seconds is None:
        return True
    return error.seconds if error.seconds <= PATIENCE_SECONDS else False


def _judged(failed: OAuth2RequestError, *, only_if_undone: bool) -> Exception:
    """What a failed request means: that it may be sent again, or that it may not, or that Discord says no."""
    response = failed.response
    if response is None:
        never_sent = isinstance(failed.__cause__, httpx.ConnectError | httpx.ConnectTimeout)
        return _Again(None) if never_sent or not only_if_undone else DiscordUnavailable(RETRY_SECONDS)
    if response.status_code == 429:
        return _Again(_patience(response))
    if response.status_code in (400, 401, 403):
        return failed
    if only_if_undone or response.status_code < 500:
        return DiscordUnavailable(RETRY_SECONDS)
    return _Again(None)


def _patience(response: httpx.Response) -> float:
    """How long Discord asks us to wait."""
    try:
        told = response.json().get("retry_after")
    except (ValueError, AttributeError):
        told = None
    try:
        return max(0.0, float(response.headers.get("retry-after", RETRY_SECONDS) if told is None else told))
    except (ValueError, TypeError):
        return RETRY_SECONDS


def _must_be_known(response: httpx.Response | None) -> None:
    """Raises: DiscordNotSetUp where Discord does not know the application, or its secret."""
    try:
        fault = None if response is None else response.json().get("error")
    except (ValueError, AttributeError):
        fault = None
    if fault in ("invalid_client", "unauthorized_client"):
        _logger.error("Discord says %s: discord_client_id or discord_client_secret is wrong", fault)
        raise DiscordNotSetUp


def _grant(token: Mapping[str, Any]) -> DiscordGrant:
    try:
        refresh = token.get("refresh_token")
        return DiscordGrant(
            access_token=str(token["access_token"]),
            refresh_token=None if refresh is None else str(refresh),
            lasts=timedelta(seconds=min(max(0, int(token.get("expires_in", 0))), 10**9)),
            scopes=tuple(str(token.get("scope", "")).split()),
        )
    except (KeyError, ValueError, TypeError) as strange:
        raise DiscordUnavailable(RETRY_SECONDS) from strange


def _identity(profile: Mapping[str, Any]) -> DiscordIdentity:
    try:
        discord_id, avatar = str(profile["id"]), profile.get("avatar")
        shown = f"{AVATARS}/{discord_id}/{avatar}.png" if avatar and _AVATAR.fullmatch(str(avatar)) else None
        return DiscordIdentity.of(
            discord_id,
            _text(profile.get("username")),
            global_name=_text(profile.get("global_name")),
            discriminator=_text(profile.get("discriminator")),
            avatar_url=shown,
            email=_text(profile.get("email")) if profile.get("verified") is True else None,
        )
    except (KeyError, TypeError, AttributeError, InvalidValue) as strange:
        raise DiscordUnavailable(RETRY_SECONDS) from strange


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None

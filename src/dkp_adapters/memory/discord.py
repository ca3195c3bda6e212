"""Discord in memory, as far as it tells who somebody is: for tests and programs of one's own."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from attrs import define, evolve, field, frozen

from dkp_core.accounts import (
    DiscordGrant,
    DiscordIdentity,
    DiscordRefused,
    DiscordSignedIn,
    DiscordSignIn,
    DiscordUnavailable,
    challenge_of,
)

AUTHORIZE: Final = "https://discord.example/oauth2/authorize"
LASTS: Final = timedelta(days=7)


@frozen
class _Code:
    """A code, and what has to come with it."""

    discord_id: str
    challenge: str
    redirect_uri: str


@define(eq=False)
class MemoryDiscord(DiscordSignIn):
    """Whoever is entered in `people` can allow this installation to know them.

    A code is good once, an access token until it `expire`s, a refresh token once. While it is `down` it answers nobody.
    """

    people: dict[str, DiscordIdentity] = field(factory=dict, init=False)
    down: bool = field(default=False, init=False)
    revoked: list[str] = field(factory=list, init=False)
    _codes: dict[str, _Code] = field(factory=dict, init=False)
    _access: dict[str, str] = field(factory=dict, init=False)
    _refresh: dict[str, str] = field(factory=dict, init=False)
    _numbers: Iterator[int] = field(factory=count, init=False)

    # --- what people do there -----------------------------------------------------------------------------------------

    def allow(self, person: DiscordIdentity, *, challenge: str, redirect_uri: str) -> str:
        """The person says yes: the code that is sent to that address."""
        self.people[person.discord_id] = person
        code = f"code-{next(self._numbers)}"
        self._codes[code] = _Code(person.discord_id, challenge, redirect_uri)
        return code

    def allow_at(self, url: str, person: DiscordIdentity) -> tuple[str, str]:
        """The person says yes on the page of that `authorize_url`: the state and the code that they come back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        code = self.allow(person, challenge=asked["code_challenge"], redirect_uri=asked["redirect_uri"])
        return asked["state"], code

    def expire(self) -> None:
        """Every access token has run out; refresh tokens are still good."""
        self._access.clear()

    def forget(self) -> None:
        """Everybody has taken back what they allowed."""
        self._access.clear()
        self._refresh.clear()

    # --- what it answers ----------------------------------------------------------------------------------------------

    def authorize_url(self, *, state: str, challenge: str, redirect_uri: str) -> str:
        asked = {"state": state, "code_challenge": challenge, "redirect_uri": redirect_uri}
        return f"{AUTHORIZE}?{urlencode(asked)}"

    def redeem(self, code: str, *, verifier: str, redirect_uri: str) -> DiscordSignedIn:
        self._must_answer()
        found = self._codes.pop(code, None)
        if (
            found is None
            or found.redirect_uri != redirect_uri
            or not hmac.compare_digest(found.challenge, challenge_of(verifier))
        ):
            raise DiscordRefused
        return DiscordSignedIn(grant=self._granted(found.discord_id), identity=self.people[found.discord_id])

    def identity(self, access_token: str) -> DiscordIdentity | None:
        self._must_answer()
        discord_id = self._access.get(access_token)
        return None if discord_id is None else self.people[discord_id]

    def refresh(self, refresh_token: str) -> DiscordGrant | None:
        self._must_answer()
        discord_id = self._refresh.pop(refresh_token, None)
        return None if discord_id is None else self._granted(discord_id)

    def revoke(self, token: str) -> None:
        self._must_answer()
        discord_id = self._access.get(token) or self._refresh.get(token)
        for kept in (self._access, self._refresh):
            for each in [each for each, whose in kept.items() if whose == discord_id]:
                del kept[each]
        self.revoked.append(token)

    def rename(self, discord_id: str, username: str) -> None:
        """The person is called something else from now on."""
        self.people[discord_id] = evolve(self.people[discord_id], username=username)

    def _granted(self, discord_id: str) -> DiscordGrant:
        access, refresh = f"access-{next(self._numbers)}", f"refresh-{next(self._numbers)}"
        self._access[access] = self._refresh[refresh] = discord_id
        return DiscordGrant(access_token=access, refresh_token=refresh, lasts=LASTS, scopes=("identify", "email"))

    def _must_answer(self) -> None:
        if self.down:
            raise DiscordUnavailable(5)

"""Discord's OAuth 2 on this machine: a page that people approve or deny, codes, tokens, and who somebody is.

It holds clients to what Discord holds them to: a form-encoded token endpoint, PKCE, the very redirect address, codes
that are good once, tokens that run out and are given back.
"""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
from typing import Any, Final
from urllib.parse import urlencode

from attrs import define, field, frozen

from tests.integration.discord.loopback import Answer, Loopback, Received

CLIENT_ID: Final = "1190000000000000001"
CLIENT_SECRET: Final = "loopback-secret"
LASTS_SECONDS: Final = 604_800
AUTHORIZE: Final = "/api/oauth2/authorize"
TOKEN: Final = "/api/oauth2/token"
REVOKE: Final = "/api/oauth2/token/revoke"
ME: Final = "/api/v10/users/@me"


@define
class Account:
    """Somebody's account at Discord."""

    id: str
    username: str
    global_name: str | None = None
    discriminator: str = "0"
    avatar: str | None = None
    email: str | None = None
    verified: bool = True

    def shown(self, scopes: frozenset[str]) -> dict[str, Any]:
        """The account as its owner sees it over the API."""
        told: dict[str, Any] = {
            "id": self.id,
            "username": self.username,
            "avatar": self.avatar,
            "discriminator": self.discriminator,
            "public_flags": 0,
            "flags": 0,
            "global_name": self.global_name,
            "mfa_enabled": False,
            "locale": "en-US",
            "premium_type": 0,
        }
        if "email" in scopes:
            told |= {"email": self.email, "verified": self.verified}
        return told


@frozen(kw_only=True)
class _Grant:
    """What somebody has allowed."""

    account: Account
    scopes: frozenset[str]


@frozen(kw_only=True)
class _Code:
    """A code that waits to be redeemed."""

    grant: _Grant
    redirect_uri: str
    challenge: str


@define(eq=False)
class LoopbackDiscord(Loopback):
    """Discord as far as it tells who somebody is. `visitor` is whose browser looks at its pages."""

    redirect_uris: set[str] = field(factory=set, init=False)
    """Where codes may be sent."""
    visitor: Account | None = field(default=None, init=False)
    _codes: dict[str, _Code] = field(factory=dict, init=False)
    _redeemed: dict[str, _Grant] = field(factory=dict, init=False)
    _access: dict[str, _Grant] = field(factory=dict, init=False)
    _refresh: dict[str, _Grant] = field(factory=dict, init=False)

    @property
    def api_url(self) -> str:
        """For the setting discord_api_url."""
        return f"{self.url}/api"

    # --- what happens there -------------------------------------------------------------------------------------------

    def expire(self) -> None:
        """Every access token has run out; refresh tokens are still good."""
        self._access.clear()

    def forget(self) -> None:
        """Everybody has taken back what they allowed."""
        self._access.clear()
        self._refresh.clear()

    def knows_tokens_of(self, account: Account) -> bool:
        """Whether anybody could still ask in that person's name."""
        return any(each.account.id == account.id for each in (*self._access.values(), *self._refresh.values()))

    def code_for(self, account: Account, *, redirect_uri: str, challenge: str, scopes: str = "identify email") -> str:
        """A code, as the person's approval makes one."""
        code = secrets.token_urlsafe(16)
        grant = _Grant(account=account, scopes=frozenset(scopes.split()))
        self._codes[code] = _Code(grant=grant, redirect_uri=redirect_uri, challenge=challenge)
        return code

    # --- what it answers ----------------------------------------------------------------------------------------------

    def answer(self, request: Received) -> Answer:
        match request.method, request.path:
            case "GET", path if path == AUTHORIZE:
                return self._authorize(request)
            case "POST", path if path == TOKEN:
                return self._token(request)
            case "POST", path if path == REVOKE:
                return self._revoke(request)
            case "GET", path if path == ME:
                return self._me(request)
            case _:
                return Answer.json({"message": "404: Not Found", "code": 0}, status=404)

    def _authorize(self, request: Received) -> Answer:
        asked = dict(request.query)
        decision = asked.pop("decision", None)
        wanted = {"response_type": "code", "client_id": CLIENT_ID, "code_challenge_method": "S256"}
        proper = all(asked.get(name) == value for name, value in wanted.items()) and len(asked["code_challenge"]) == 43
        if not proper or asked.get("redirect_uri") not in self.redirect_uris or self.visitor is None:
            return Answer.html("<h1>Invalid OAuth2 request</h1>", status=400)
        if decision is None:
            links = "".join(_link(word, {**asked, "decision": word}) for word in ("approve", "deny"))
            return Answer.html(f"<h1>An application wants to know who you are</h1>{links}")
        back = asked["redirect_uri"]
        if decision == "deny":
            told = {"error": "access_denied", "error_description": "The resource owner denied the request"}
            return Answer.redirect(f"{back}?{urlencode({**told, 'state': asked['state']})}")
        code = self.code_for(
            self.visitor, redirect_uri=back, challenge=asked["code_challenge"], scopes=asked.get("scope", "")
        )
        return Answer.redirect(f"{back}?{urlencode({'code': code, 'state': asked['state']})}")

    def _token(self, request: Received) -> Answer:
        form = self._form_of_client(request)
        if form is None:
            return Answer.json({"error": "invalid_client"}, status=401)
        if form.get("grant_type") == "authorization_code":
            return self._redeem(form)
        if form.get("grant_type") == "refresh_token":
            grant = self._refresh.pop(form.get("refresh_token", ""), None)
            return _invalid_grant("refresh_token") if grant is None else self._granted(grant)
        return Answer.json({"error": "unsupported_grant_type"}, status=400)

    def _redeem(self, form: dict[str, str]) -> Answer:
        code = form.get("code", "")
        found = self._codes.pop(code, None)
        if found is None:
            if code in self._redeemed:  # used twice: whoever it was, nobody keeps anything
                self._take_back(self._redeemed[code])
            return _invalid_grant("code")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if form.get("redirect_uri") != found.redirect_uri or challenge != found.challenge:
            return _invalid_grant("code")
        self._redeemed[code] = found.grant
        return self._granted(found.grant)

    def _granted(self, grant: _Grant) -> Answer:
        access, refresh = secrets.token_urlsafe(22), secrets.token_urlsafe(22)
        self._access[access] = self._refresh[refresh] = grant
        told = {
            "token_type": "Bearer",
            "access_token": access,
            "expires_in": LASTS_SECONDS,
            "refresh_token": refresh,
            "scope": " ".join(sorted(grant.scopes)),
        }
        return Answer.json(told)

    def _revoke(self, request: Received) -> Answer:
        form = self._form_of_client(request)
        if form is None:
            return Answer.json({"error": "invalid_client"}, status=401)
        grant = self._access.get(form["token"]) or self._refresh.get(form["token"])
        if grant is not None:
            self._take_back(grant)
        return Answer.json({})

    def _me(self, request: Received) -> Answer:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        grant = self._access.get(token) if scheme == "Bearer" else None
        if grant is None:
            return Answer.json({"message": "401: Unauthorized", "code": 0}, status=401)
        return Answer.json(grant.account.shown(grant.scopes))

    def _take_back(self, grant: _Grant) -> None:
        for kept in (self._access, self._refresh):
            for token in [token for token, each in kept.items() if each.account.id == grant.account.id]:
                del kept[token]

    def _form_of_client(self, request: Received) -> dict[str, str] | None:
        """The form; None where another application, or nobody, sends it."""
        form = request.form()
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        in_body = (form.get("client_id"), form.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
        return form if request.headers.get("authorization") == f"Basic {basic}" or in_body else None


def _link(word: str, query: dict[str, str]) -> str:
    return f'<a id="{word}" href="{html.escape(f"{AUTHORIZE}?{urlencode(query)}")}">{word}</a>'


def _invalid_grant(what: str) -> Answer:
    return Answer.json({"error": "invalid_grant", "error_description": f'Invalid "{what}" in request.'}, status=400)

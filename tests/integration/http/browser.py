"""A browser, as far as it keeps cookies and says what it wants, over the application in this process."""

from __future__ import annotations

from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx
from attrs import define, field

from tests.integration.http.house import Api


@define(eq=False)
class Browser:
    """Keeps the cookies that it is given, and shows them to this site; it follows no redirects by itself."""

    api: Api
    secure: bool = False
    cookies: dict[str, Morsel[str]] = field(factory=dict, init=False)

    def __call__(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        """Send a request with the cookies, and keep what comes back."""
        sent = {"Accept": "text/html,application/xhtml+xml", "User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={each.value}" for name, each in self.cookies.items())
        base = "https://testserver.local" if self.secure else "http://testserver.local"
        answer = self.api.client.request(
            method, f"{base}{path}", headers={**sent, **(headers or {})}, follow_redirects=False, **more
        )
        self.api.client.cookies.clear()  # it is everybody's
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel
        return answer

    def get(self, path: str, **more: Any) -> httpx.Response:
        """GET it."""
        return self("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        """POST to it."""
        return self("POST", path, **more)

    def api_json(self, method: str, path: str, *, csrf: str | None = None, **more: Any) -> httpx.Response:
        """Ask the API as a page's script would."""
        headers = {"Accept": "application/json", **({} if csrf is None else {"X-CSRF-Token": csrf})}
        return self(method, path, headers={**headers, **more.pop("headers", {})}, **more)

    @property
    def session(self) -> str | None:
        """What it keeps of its session."""
        found = next((each for name, each in self.cookies.items() if name.endswith("dkp_session")), None)
        return None if found is None else found.value

    def keep(self, name: str, value: str) -> None:
        """Keep a cookie, whoever it is from."""
        morsel: Morsel[str] = Morsel()
        morsel.set(name, value, value)
        self.cookies[name] = morsel

    def csrf(self) -> str:
        """What changes within its session have to bring."""
        token: str = self.api_json("GET", "/api/auth/session/").json()["csrf_token"]
        return token

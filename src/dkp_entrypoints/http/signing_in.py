"""Signing in and out with a browser: what is redirected, what is shown, and which cookies are kept (A-1, A-11)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final
from urllib.parse import parse_qsl

from attrs import field, frozen
from litestar import get, post
from litestar.types import ASGIApp
from litestar.types.internal_types import ControllerRouterHandler

from dkp_core.accounts import NotAuthenticated, SignedIn, SignInLinkNotValid, SignInNotValid, device_of
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import DomainError, Stale, Unavailable
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.execution import Lanes
from dkp_entrypoints.http.asking import Asked
from dkp_entrypoints.http.cookies import (
    CSRF_FIELD,
    CSRF_HEADER,
    LINK,
    SESSION,
    SIGN_IN,
    Cookies,
    Header,
    csrf_token,
    link_token,
    must_be_same,
)
from dkp_entrypoints.http.pages import CONTENT_SECURITY_OF_FORMS
from dkp_entrypoints.http.problems import CsrfFailed, in_words
from dkp_entrypoints.http.reading import MalformedBody, pairs_of
from dkp_entrypoints.http.routes import HttpRequest, Sent, asked_by
from dkp_entrypoints.http.sign_in_pages import SignInPages
from dkp_entrypoints.settings import Settings

ENTRYPOINT: Final = "http"
ACCOUNT: Final = "/accounts/"
LOGIN: Final = "/accounts/discord/login"
CALLBACK: Final = "/accounts/discord/login/callback"
LINKS: Final = "/accounts/link"
LOGOUT: Final = "/accounts/logout"
LINK_PAGE_TIME: Final = timedelta(hours=1)
FORM_FIELDS_MAX: Final = 20

_CODE: Final = re.compile(r"[a-z2-7]{32,100}", re.ASCII)
_NO_STORE: Final = (b"cache-control", b"no-store")

Handle = Callable[[HttpRequest, Asked], Awaitable[ASGIApp]]


@frozen(kw_only=True)
class SigningIn:
    """The paths under /accounts/: redirects and pages; what is refused is told on a page, to a program as a problem."""

    use_cases: UseCases
    lanes: Lanes
    cookies: Cookies
    settings: Settings
    pages: SignInPages = field(init=False, factory=SignInPages.make)

    def handlers(self) -> list[ControllerRouterHandler]:
        """The router's handlers."""

        @get(ACCOUNT.rstrip("/"), include_in_schema=False)
        async def show_account(request: HttpRequest) -> ASGIApp:
            return await self._told(request, ACCOUNT, self._account)

        @get(LOGIN, include_in_schema=False)
        async def begin_sign_in(request: HttpRequest) -> ASGIApp:
            return await self._told(request, f"{LOGIN}/", self._begin)

        @get(CALLBACK, include_in_schema=False)
        async def finish_sign_in(request: HttpRequest) -> ASGIApp:
            return await self._told(request, f"{CALLBACK}/", self._finish, SIGN_IN)

        @get(f"{LINKS}/{{code:str}}", include_in_schema=False)
        async def show_link(request: HttpRequest) -> ASGIApp:
            return await self._told(request, f"{LINKS}/{{code}}/", self._show_link)

        @post(f"{LINKS}/{{code:str}}", include_in_schema=False)
        async def use_link(request: HttpRequest) -> ASGIApp:
            return await self._told(request, f"{LINKS}/{{code}}/", self._use_link)

        @post(LOGOUT, include_in_schema=False)
        async def sign_out(request: HttpRequest) -> ASGIApp:
            return await self._told(request, f"{LOGOUT}/", self._sign_out)

        return [show_account, begin_sign_in, finish_sign_in, show_link, use_link, sign_out]

    async def _told(self, request: HttpRequest, route: str, handle: Handle, spent: str | None = None) -> ASGIApp:
        """What the handler answers, or on a page why not; `spent` is a cookie that is good for one try only."""
        asked = asked_by(request)
        asked.route = route
        try:
            return await handle(request, asked)
        except (DomainError, Stale, Unavailable) as refused:
            if not asked.wants_page:
                raise
            status, title, sentence = in_words(refused)
            dropped = () if spent is None else (self.cookies.dropped(spent, asked),)
            return _page(self.pages.refused(title=title, sentence=sentence), *dropped, status=status)

    # --- the account --------------------------------------------------------------------------------------------------

    async def _account(self, _: HttpRequest, asked: Asked) -> ASGIApp:
        session = self.cookies.read(SESSION, asked)
        username = None if session is None else await self.lanes.read(lambda: self._username(session, asked))
        token = "" if session is None else csrf_token(self.use_cases.hashing(), session)
        with_discord = bool(self.settings.discord_client_id)
        return _page(self.pages.account(username=username, csrf_token=token, with_discord=with_discord))

    def _username(self, session: str, asked: Asked) -> str | None:
        """Who is signed in; None where the session has ended."""
        try:
            by = self.use_cases.authenticate_session()(
                session, anywhere=True, entrypoint=ENTRYPOINT, request_id=asked.request_id
            )
        except NotAuthenticated:
            return None
        asked.by = by
        return self.use_cases.show_profile()(by=by).username

    async def _sign_out(self, request: HttpRequest, asked: Asked) -> ASGIApp:
        session = self.cookies.read(SESSION, asked)
        if session is not None:
            form = await _form(request, asked)
            given = asked.header(CSRF_HEADER) or form.get(CSRF_FIELD)
            must_be_same(given, csrf_token(self.use_cases.hashing(), session))
            await self.lanes.write(lambda: self.use_cases.sign_out()(session, by=_nobody(asked)))
        dropped = self.cookies.dropped(SESSION, asked)
        return _go_to(ACCOUNT, dropped) if asked.wants_page else Sent(204, (_NO_STORE, dropped), b"")

    # --- with Discord -------------------------------------------------------------------------------------------------

    async def _begin(self, _: HttpRequest, asked: Asked) -> ASGIApp:
        next_path = pairs_of(asked.query).get("next", ACCOUNT)
        base = self.settings.public_url.rstrip("/") or asked.origin
        begin = self.use_cases.begin_sign_in()
        begun = await self.lanes.write(
            lambda: begin(next_path=next_path, redirect_uri=f"{base}{CALLBACK}/", by=_nobody(asked))
        )
        return _go_to(begun.url, self.cookies.kept(SIGN_IN, begun.browser, begun.lasts, asked))

    async def _finish(self, _: HttpRequest, asked: Asked) -> ASGIApp:
        answered = pairs_of(asked.query)
        state, code = answered.get("state"), answered.get("code")
        if state is None or (code is None and "error" not in answered):
            raise SignInNotValid
        sign_in = self.use_cases.sign_in_with_discord()
        signed_in = await self.lanes.ask_outside(
            lambda: sign_in(
                state=state,
                code=None if "error" in answered else code,
                browser=self.cookies.read(SIGN_IN, asked),
                device=device_of(asked.header(b"user-agent") or ""),
                brought=self.cookies.read(SESSION, asked),
                by=_nobody(asked),
            )
        )
        return self._welcomed(signed_in, asked, self.cookies.dropped(SIGN_IN, asked))

    def _welcomed(self, signed_in: SignedIn, asked: Asked, dropped: Header) -> ASGIApp:
        """On to where they were going; by way of a page with their key, when it is the first."""
        kept = self.cookies.kept(SESSION, str(signed_in.token), self.use_cases.session_limits().longest, asked)
        next_path = signed_in.next_path or ACCOUNT
        if signed_in.first_key is None:
            return _go_to(next_path, kept, dropped)
        page = self.pages.first_key(
            username=signed_in.user.username, key=signed_in.first_key.token, next_path=next_path
        )
        return _page(page, kept, dropped)

    # --- with a one-time link -----------------------------------------------------------------------------------------

    async def _show_link(self, request: HttpRequest, asked: Asked) -> ASGIApp:
        code = _code(request)
        browser = self.use_cases.minting().secret()
        token = link_token(self.use_cases.hashing(), browser, code)
        kept = self.cookies.kept(LINK, browser, LINK_PAGE_TIME, asked)
        return _page(self.pages.link(code=code, csrf_token=token), kept)

    async def _use_link(self, request: HttpRequest, asked: Asked) -> ASGIApp:
        code = _code(request)
        form = await _form(request, asked)
        browser = self.cookies.read(LINK, asked)
        if not browser:  # it was never shown the page
            raise CsrfFailed
        must_be_same(form.get(CSRF_FIELD), link_token(self.use_cases.hashing(), browser, code))
        sign_in = self.use_cases.sign_in_with_link()
        brought, device = self.cookies.read(SESSION, asked), device_of(asked.header(b"user-agent") or "")
        signed_in = await self.lanes.write(lambda: sign_in(code, device=device, brought=brought, by=_nobody(asked)))
        return self._welcomed(signed_in, asked, self.cookies.dropped(LINK, asked))


def _nobody(asked: Asked) -> Actor:
    """Who is about to say who they are."""
    return Actor(kind=ActorKind.USER, id="anonymous", entrypoint=ENTRYPOINT, request_id=asked.request_id)


def _code(request: HttpRequest) -> str:
    """The code of a link. Raises: SignInLinkNotValid for what can be none."""
    code = str(request.path_params["code"])
    if not _CODE.fullmatch(code):
        raise SignInLinkNotValid
    return code


async def _form(request: HttpRequest, asked: Asked) -> dict[str, str]:
    """The fields of a form; none where something else was sent. Raises: MalformedBody."""
    if asked.content_type != "application/x-www-form-urlencoded":
        return {}
    try:
        text = (await request.body()).decode("ascii")
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FORM_FIELDS_MAX))
    except ValueError as unreadable:  # UnicodeDecodeError is one
        raise MalformedBody("it is no form", "application/x-www-form-urlencoded") from unreadable


def _page(content: bytes, *more: Header, status: int = 200) -> Sent:
    headers = (
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", CONTENT_SECURITY_OF_FORMS),
        _NO_STORE,
        *more,
    )
    return Sent(status, headers, content)


def _go_to(url: str, *more: Header) -> Sent:
    return Sent(303, ((b"location", url.encode("ascii")), _NO_STORE, *more), b"")

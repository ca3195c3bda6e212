"""A browser walks the whole way over real HTTP: our server in a process of its own, Discord's page, and back."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from attrs import define, field

from dkp_adapters.sealing import make_key
from dkp_core.kernel.actor import job, operator
from dkp_core.kernel.ids import UserId
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from tests import services
from tests.integration.databases import with_schema
from tests.integration.discord.loopback import rate_limited, server_error
from tests.integration.discord.oauth import CLIENT_ID, CLIENT_SECRET, ME, TOKEN, Account, LoopbackDiscord
from tests.integration.http.following import NO_TLS
from tests.integration.whole.programs import Program, programs

LOGIN = "/accounts/discord/login/"
_numbers = iter(range(10**17, 10**17 + 10**6))


class _Links(HTMLParser):
    """Where the links of a page lead, by their id or their text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._open: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a" and given.get("href"):
            self._open = given["href"]
            self.found[given.get("id") or ""] = given["href"] or ""

    def handle_data(self, data: str) -> None:
        if self._open is not None:
            self.found[data.strip()] = self._open
            self._open = None


@define(eq=False)
class Walker:
    """Somebody with a browser, which keeps cookies and follows redirects from site to site."""

    base: str
    discord: LoopbackDiscord
    account: Account
    browser: httpx.Client = field(init=False)

    def __attrs_post_init__(self) -> None:
        headers = {"Accept": "text/html", "User-Agent": "Mozilla/5.0 (X11; Linux) Gecko/20100101 Firefox/140.0"}
        self.browser = httpx.Client(headers=headers, follow_redirects=True, timeout=20, verify=NO_TLS)

    def open(self, path: str) -> httpx.Response:
        """Look at a page of ours."""
        self.discord.visitor = self.account
        return self.browser.get(f"{self.base}{path}")

    def click(self, page: httpx.Response, link: str) -> httpx.Response:
        """Follow a link of a page."""
        links = _Links()
        links.feed(page.text)
        return self.browser.get(page.url.join(links.found[link]))

    def signs_in(self, decision: str = "approve") -> httpx.Response:
        """From our account page to Discord's, and back."""
        return self.click(self.click(self.open("/accounts/"), "Sign in with Discord"), decision)

    def me(self) -> httpx.Response:
        """Who the API says it is."""
        return self.browser.get(f"{self.base}/api/users/me/", headers={"Accept": "application/json"})

    @property
    def session(self) -> str | None:
        """What the browser keeps of its session."""
        return self.browser.cookies.get("dkp_session")


@define(eq=False)
class Site:
    """Our server, Discord, and the operator's hand on the database."""

    base: str
    discord: LoopbackDiscord
    use_cases: UseCases
    program: Program
    _walkers: list[Walker] = field(factory=list, init=False)

    def walker(self, username: str = "alma", **more: Any) -> Walker:
        """Somebody new."""
        account = Account(str(next(_numbers)), username, email="somebody@example.org", **more)
        return self.again(account)

    def again(self, account: Account) -> Walker:
        """The same person, with another browser."""
        walker = Walker(self.base, self.discord, account)
        self._walkers.append(walker)
        return walker

    def close(self) -> None:
        """Close the browsers."""
        for walker in self._walkers:
            walker.browser.close()


@pytest.fixture(scope="module")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`dkp serve` in a process of its own, and Discord."""
    folder = tmp_path_factory.mktemp("walk")
    url = with_schema("sqlite", folder)
    with LoopbackDiscord() as discord, programs(url, folder) as started:
        settings = {
            "discord_client_id": CLIENT_ID,
            "discord_client_secret": CLIENT_SECRET,
            "discord_api_url": discord.api_url,
            "encryption_keys": make_key(),
            "secret_key": "of the walk",
            "rate_sign_in": "0",
            "rate_anonymous": "0",
        }
        (folder / "dkp.toml").write_text("".join(f'{name} = "{value}"\n' for name, value in settings.items()))
        use_cases = UseCases(settings=Settings.load({"DKP_DATABASE_URL": url}, file=folder / "dkp.toml"))
        use_cases.found_guild()(name="Dawn Guard", officer_discord_id="42", by=operator("test"))
        program = started.serve()
        program.ready()
        base = f"http://127.0.0.1:{program.port}"
        discord.redirect_uris.add(f"{base}/accounts/discord/login/callback/")
        yield Site(base, discord, use_cases, program)
        assert program.end() == 0
        assert not started.faults()
        use_cases.database().close()
    services.drop_database(url)


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """The site, with Discord well."""
    shared_site.discord.reset()
    yield shared_site
    shared_site.close()
    shared_site.discord.well()


def test_a_stranger_becomes_a_user_and_gets_a_key(site: Site) -> None:
    """A-1, A-6: profile, session and key, over two sites; then a second sign-in, and out again."""
    walker = site.walker("alma 🦄", global_name="Alma", avatar="a_0123456789abcdef")
    welcome = walker.signs_in()
    assert welcome.status_code == 200
    assert welcome.headers["cache-control"] == "no-store"
    (key,) = re.findall(r"dkp_[a-z2-7]{12}_[a-z2-7]{52}", welcome.text)
    me = walker.me().json()
    assert (me["discord_id"], me["username"], me["global_name"]) == (walker.account.id, "alma 🦄", "Alma")
    assert me["email"] == "somebody@example.org"
    assert me["avatar_url"].endswith("/a_0123456789abcdef.png")
    by_key = httpx.get(f"{site.base}/api/users/me/", headers={"Authorization": f"Bearer {key}"}, verify=NO_TLS)
    assert by_key.json() == me
    first = walker.session
    walker.account.username = "alma the second"
    home = walker.click(walker.open(f"{LOGIN}?next=/schema/"), "approve")
    assert (home.status_code, home.url.path) == (200, "/schema/")
    assert walker.session != first
    assert walker.me().json()["username"] == "alma the second"
    old = httpx.get(f"{site.base}/api/users/me/", cookies={"dkp_session": first or ""}, verify=NO_TLS)
    assert old.status_code == 401
    page = walker.open("/accounts/")
    (token,) = re.findall(r'name="csrf_token" value="([0-9a-f]{64})"', page.text)
    out = walker.browser.post(f"{site.base}/accounts/logout/", data={"csrf_token": token})
    assert (out.status_code, walker.session) == (200, None)
    assert "not signed in" in out.text
    assert walker.me().status_code == 401


def test_a_name_that_is_all_emoji_keeps_nobody_out(site: Site) -> None:
    """A-1: 32 of them, with joiners; what is left is shown."""
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
    walker = site.walker(family * 32)
    walker.account.email = None
    assert walker.signs_in().status_code == 200
    me = walker.me().json()
    assert (me["username"], me["email"]) == (family * 9, None)


def test_who_denies_comes_back_as_nobody(site: Site) -> None:
    """A-1: a clear page, and a second try is as good as the first."""
    walker = site.walker()
    refused = walker.signs_in("deny")
    assert refused.status_code == 403
    assert "not signed in" in refused.text
    assert walker.session is None
    assert walker.signs_in().status_code == 200


def test_a_way_back_is_gone_once(site: Site) -> None:
    """A-1: a replayed state, in this browser or another; a code used twice; a callback without cookie."""
    walker, thief = site.walker(), site.walker("thief")
    address = str(walker.signs_in().url)
    assert "code=" in address
    for somebody in (walker, thief):
        answer = somebody.browser.get(address)
        assert answer.status_code == 403
        assert "Begin again" in answer.text
    assert thief.session is None
    # The thief's own attempt, with somebody else's code.
    at_discord = thief.click(thief.open("/accounts/"), "Sign in with Discord")
    state = at_discord.url.params["state"]
    code = httpx.URL(address).params["code"]
    stolen = thief.browser.get(f"{site.base}{LOGIN}callback/", params={"code": code, "state": state})
    assert stolen.status_code == 403
    assert thief.session is None


def test_a_planted_cookie_comes_to_nothing(site: Site) -> None:
    """A-1: whoever has a victim come back with the attacker's state, or with a session of the attacker's choice."""
    attacker, victim = site.walker("attacker"), site.walker("victim")
    at_discord = attacker.click(attacker.open("/accounts/"), "Sign in with Discord")
    state = at_discord.url.params["state"]
    code = site.discord.code_for(
        attacker.account,
        redirect_uri=at_discord.url.params["redirect_uri"],
        challenge=at_discord.url.params["code_challenge"],
    )
    victim.browser.cookies.set("dkp_session", f"0d5c4f0e-6a58-4c39-9a53-0c3f0a3b8f11.{'a' * 52}")
    victim.click(victim.open("/accounts/"), "Sign in with Discord")
    answer = victim.browser.get(f"{site.base}{LOGIN}callback/", params={"code": code, "state": state})
    assert answer.status_code == 403
    assert victim.me().status_code == 401
    victim.browser.cookies.clear()
    victim.signs_in()
    assert victim.me().json()["username"] == "victim"


def test_a_discord_that_is_not_well_is_told_of(site: Site) -> None:
    """G-8: 503 with Retry-After, never 500; the next try works."""
    for fault, path in ((server_error(503), TOKEN), (rate_limited(30), TOKEN), (server_error(404), ME)):
        walker = site.walker()
        site.discord.next(fault, path=f"{path}$")
        answer = walker.signs_in()
        assert answer.status_code == 503, answer.text
        assert walker.session is None
        assert walker.signs_in().status_code == 200
    with_problem = site.walker()
    site.discord.next(rate_limited(30), path=TOKEN)
    with_problem.browser.headers["Accept"] = "application/json"
    at_discord = with_problem.open(LOGIN)
    problem = with_problem.click(at_discord, "approve")
    assert (problem.status_code, problem.headers["retry-after"]) == (503, "30")
    assert problem.json()["code"] == "discord_unavailable"


def test_whoever_is_shut_out_is_out_at_once(site: Site) -> None:
    """A-10: deactivated in the middle of a session, by another process."""
    walker = site.walker()
    walker.signs_in()
    user_id = UserId(walker.me().json()["id"])
    site.use_cases.set_user_active()(user_id, active=False, by=operator("test"))
    assert walker.me().status_code == 401
    refused = walker.signs_in()
    assert refused.status_code == 403
    assert "shut out" in refused.text
    site.use_cases.set_user_active()(user_id, active=True, by=operator("test"))
    assert walker.signs_in().status_code == 200
    assert walker.me().status_code == 200


def test_a_profile_is_refreshed_with_the_tokens_that_were_kept(site: Site) -> None:
    """A-1: those have run out meanwhile; then all is given back, as when the person is erased."""
    walker = site.walker("before")
    walker.signs_in()
    walker.account.username = "after"
    site.discord.expire()
    token = walker.browser.get(f"{site.base}/api/auth/session/").json()["csrf_token"]
    answer = walker.browser.post(
        f"{site.base}/api/users/me/discord/refresh/",
        headers={"X-CSRF-Token": token, "Accept": "application/json"},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["username"] == "after"
    user_id = UserId(answer.json()["id"])
    with site.use_cases.begin_installation()(operator("test")) as work:
        kept = work.discord_tokens.find(user_id)
        work.discord_tokens.doom(user_id)
    assert kept is not None
    assert site.discord.knows_tokens_of(walker.account)
    site.use_cases.revoke_discord_tokens()(user_id, by=job("test"))
    assert not site.discord.knows_tokens_of(walker.account)


def test_two_browsers_at_once_make_one_user(site: Site) -> None:
    """A-1: two first sign-ins of one person, in two tabs."""
    one = site.walker("twice")
    other = site.again(one.account)
    pages = [each.click(each.open("/accounts/"), "Sign in with Discord") for each in (one, other)]
    answers: list[httpx.Response] = []
    threads = [
        threading.Thread(target=lambda who=who, page=page: answers.append(who.click(page, "approve")))
        for who, page in zip((one, other), pages, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [200, 200], [answer.text for answer in answers]
    assert one.me().json()["id"] == other.me().json()["id"]
    assert sum("dkp_" in answer.text and "first key" in answer.text for answer in answers) == 1


def test_nothing_secret_is_logged(site: Site) -> None:
    """O-11: at the end of all that, no code, state, token or key stands in what the server said."""
    walker = site.walker()
    welcome = walker.signs_in()
    said = site.program.says
    for secret in (walker.session or "", *re.findall(r"dkp_[a-z2-7]{12}_[a-z2-7]{52}", welcome.text)):
        assert secret
        assert secret not in said
    assert CLIENT_SECRET not in said

"""Discord's OAuth 2 as we speak it, over real sockets against a loopback that fails as Discord's does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

import pytest

from dkp_adapters.discord import oauth as oauth_module
from dkp_adapters.discord.oauth import DiscordOAuth
from dkp_core.accounts import (
    DiscordNotSetUp,
    DiscordRefused,
    DiscordSignedIn,
    DiscordUnavailable,
    challenge_of,
)
from tests.integration.discord.described import faults_of_answer
from tests.integration.discord.loopback import Answer, Answered, Dropped, Fault, rate_limited, server_error
from tests.integration.discord.oauth import (
    CLIENT_ID,
    CLIENT_SECRET,
    LASTS_SECONDS,
    ME,
    REVOKE,
    TOKEN,
    Account,
    LoopbackDiscord,
)

BACK: Final = "https://dkp.example.org/accounts/discord/login/callback/"
VERIFIER: Final = "v" * 64
ALMA: Final = Account(
    "80351110224678912", "alma", global_name="Alma 🜁", avatar="a_0123456789abcdef", email="a@x.example"
)


@pytest.fixture(scope="module")
def shared_door() -> Iterator[LoopbackDiscord]:
    """Discord, once for all tests here."""
    with LoopbackDiscord() as discord:
        yield discord


@pytest.fixture
def door(shared_door: LoopbackDiscord) -> LoopbackDiscord:
    """Discord, well."""
    shared_door.reset()
    shared_door.forget()
    return shared_door


@pytest.fixture
def discord(door: LoopbackDiscord, monkeypatch: pytest.MonkeyPatch) -> DiscordOAuth:
    """Our side, without long waits."""
    monkeypatch.setattr(oauth_module, "RETRY_WAIT_SECONDS", 0.01)
    return ours(door)


def ours(door: LoopbackDiscord, *, secret: str = CLIENT_SECRET) -> DiscordOAuth:
    """Our side of the conversation."""
    return DiscordOAuth.of(
        client_id=CLIENT_ID, client_secret=secret, api_url=door.api_url, scopes=("identify", "email")
    )


def code(door: LoopbackDiscord, account: Account = ALMA, scopes: str = "identify email") -> str:
    """A code for what `redeemed` asks with."""
    return door.code_for(account, redirect_uri=BACK, challenge=challenge_of(VERIFIER), scopes=scopes)


def redeemed(discord: DiscordOAuth, code: str) -> DiscordSignedIn:
    """What a code comes to."""
    return discord.redeem(code, verifier=VERIFIER, redirect_uri=BACK)


def test_a_code_comes_to_tokens_and_to_whose_they_are(door: LoopbackDiscord, discord: DiscordOAuth) -> None:
    """A-1: names, picture and e-mail; the tokens are in no text that could be logged."""
    found = redeemed(discord, code(door))
    identity, grant = found.identity, found.grant
    assert (identity.discord_id, identity.username, identity.global_name) == (ALMA.id, "alma", "Alma 🜁")
    assert identity.avatar_url == f"https://cdn.discordapp.com/avatars/{ALMA.id}/a_0123456789abcdef.png"
    assert (identity.email, identity.discriminator) == ("a@x.example", None)
    assert (grant.lasts, set(grant.scopes)) == (timedelta(seconds=LASTS_SECONDS), {"identify", "email"})
    assert grant.access_token not in repr(found)
    assert (grant.refresh_token or "") not in repr(found)
    assert discord.identity(grant.access_token) == identity


@pytest.mark.parametrize(
    ("account", "scopes"),
    [
        (Account("1", "no-address"), "identify email"),
        (Account("2", "unchecked", email="u@x.example", verified=False), "identify email"),
        (Account("3", "not-asked", email="n@x.example"), "identify"),
    ],
)
def test_an_address_is_kept_only_where_it_was_granted_and_checked(
    account: Account, scopes: str, door: LoopbackDiscord, discord: DiscordOAuth
) -> None:
    """A-1: an account without e-mail is as good as any."""
    found = redeemed(discord, code(door, account, scopes))
    assert (found.identity.username, found.identity.email) == (account.username, None)


def test_the_page_is_asked_for_with_state_and_challenge(discord: DiscordOAuth) -> None:
    """A-1: RFC 7636 with S256, and the scopes that are set."""
    url = discord.authorize_url(state="s", challenge=challenge_of(VERIFIER), redirect_uri=BACK)
    assert "code_challenge_method=S256" in url
    assert f"code_challenge={challenge_of(VERIFIER)}" in url
    assert "scope=identify+email" in url
    assert VERIFIER not in url


def test_a_code_is_good_once_and_with_its_own_verifier(door: LoopbackDiscord, discord: DiscordOAuth) -> None:
    """A-1: a code used twice, or stolen, comes to nothing."""
    once = code(door)
    redeemed(discord, once)
    with pytest.raises(DiscordRefused):
        redeemed(discord, once)
    with pytest.raises(DiscordRefused):
        discord.redeem(code(door), verifier="w" * 64, redirect_uri=BACK)
    with pytest.raises(DiscordRefused):
        discord.redeem(code(door), verifier=VERIFIER, redirect_uri="https://elsewhere.example/")


@pytest.mark.parametrize("fault", [server_error(500), server_error(503), Dropped(), Dropped(done=True)])
def test_a_code_is_never_sent_twice_after_an_unknown_outcome(
    fault: Fault, door: LoopbackDiscord, discord: DiscordOAuth
) -> None:
    """A-1: it may have been used up; asking again would make Discord take everything back."""
    door.next(fault, path=TOKEN)
    with pytest.raises(DiscordUnavailable):
        redeemed(discord, code(door))
    assert len(door.asked(TOKEN)) == 1


@pytest.mark.parametrize("fault", [server_error(500), server_error(502), Dropped(), rate_limited(0.01)])
def test_who_it_is_is_asked_again(fault: Fault, door: LoopbackDiscord, discord: DiscordOAuth) -> None:
    """A-1: reading does no harm, and a passing fault need not be anybody's."""
    door.next(fault, path=ME)
    assert redeemed(discord, code(door)).identity.username == "alma"
    assert len(door.asked(ME)) == 2
    assert len(door.asked(TOKEN)) == 1


def test_patience_is_had_where_it_is_short(door: LoopbackDiscord, discord: DiscordOAuth) -> None:
    """A-1: what was refused for being too often was not done, so it may be sent again, after the time that is told."""
    door.next(rate_limited(0.02), path=TOKEN)
    assert redeemed(discord, code(door)).identity.username == "alma"
    door.next(rate_limited(90.2), path=TOKEN)
    with pytest.raises(DiscordUnavailable) as refused:
        redeemed(discord, code(door))
    assert refused.value.retry_seconds == 90
    door.next(rate_limited(2000, from_cloudflare=True), path=TOKEN)
    with pytest.raises(DiscordUnavailable) as refused:
        redeemed(discord, code(door))
    assert refused.value.retry_seconds == 2000


def test_a_discord_that_is_away_is_said_to_be(discord: DiscordOAuth, door: LoopbackDiscord) -> None:
    """G-8: nothing listens there; in vain is tried thrice, for it never began."""
    with LoopbackDiscord() as gone:
        away = ours(gone)
    for ask in (
        lambda: redeemed(away, "x"),
        lambda: away.identity("x"),
        lambda: away.refresh("x"),
        lambda: away.revoke("x"),
    ):
        with pytest.raises(DiscordUnavailable):
            ask()


STRANGE: Final = (
    Answer(status=200, body=b"not json"),
    Answer(status=200, headers={"content-type": "application/json"}, body=b"\xff\xfe{"),
    Answer.json([]),
    Answer.json({}),
    Answer.json({"access_token": "a", "expires_in": "soon"}),
    Answer.redirect("https://elsewhere.example/"),
    Answer(status=404, body=b"gone"),
)


@pytest.mark.parametrize("answer", STRANGE, ids=[str(number) for number in range(len(STRANGE))])
def test_an_answer_that_is_none_is_no_fault_of_ours(
    answer: Answer, door: LoopbackDiscord, discord: DiscordOAuth
) -> None:
    """G-8: whatever comes, it is Discord that is not well."""
    for path, ask in (
        (TOKEN, lambda: redeemed(discord, code(door))),
        (TOKEN, lambda: discord.refresh("x")),
        (ME, lambda: discord.identity("x")),
    ):
        door.well()
        door.always(Answered(answer), path=path)
        with pytest.raises(DiscordUnavailable):
            ask()


def test_tokens_are_exchanged_once(door: LoopbackDiscord, discord: DiscordOAuth) -> None:
    """A-1: an access token runs out; for the refresh token there is another pair, once."""
    grant = redeemed(discord, code(door)).grant
    door.expire()
    assert discord.identity(grant.access_token) is None
    fresh = discord.refresh(grant.refresh_token or "")
    assert fresh is not None
    assert discord.identity(fresh.access_token) is not None
    assert discord.refresh(grant.refresh_token or "") is None


@pytest.mark.parametrize("fault", [server_error(503), Dropped(done=True)])
def test_a_refresh_token_is_never_sent_twice_after_an_unknown_outcome(
    fault: Fault, door: LoopbackDiscord, discord: DiscordOAuth
) -> None:
    """A-1: as a code."""
    grant = redeemed(discord, code(door)).grant
    door.requests.clear()
    door.next(fault, path=TOKEN)
    with pytest.raises(DiscordUnavailable):
        discord.refresh(grant.refresh_token or "")
    assert len(door.asked(TOKEN)) == 1


@pytest.mark.parametrize("fault", [server_error(500), Dropped(), Dropped(done=True), None])
def test_what_was_granted_is_given_back(fault: Fault | None, door: LoopbackDiscord, discord: DiscordOAuth) -> None:
    """A-1: giving back twice is as good as once; so is a token that is known no longer."""
    grant = redeemed(discord, code(door)).grant
    if fault is not None:
        door.next(fault, path=REVOKE)
    discord.revoke(grant.refresh_token or "")
    assert not door.knows_tokens_of(ALMA)
    assert discord.identity(grant.access_token) is None
    discord.revoke(grant.access_token)


@pytest.mark.parametrize("ask", [lambda it: it.refresh("x"), lambda it: it.revoke("x"), lambda it: redeemed(it, "x")])
def test_a_wrong_secret_of_ours_is_nobody_elses_fault(
    ask: Callable[[DiscordOAuth], object],
    door: LoopbackDiscord,
    discord: DiscordOAuth,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """O-11: the operator reads of it in the log, without the secret; people are told that it is not set up."""
    with pytest.raises(DiscordNotSetUp):
        ask(ours(door, secret="wrong"))
    assert "discord_client_secret" in caplog.text
    assert "wrong" not in caplog.text.replace("is wrong", "")


def test_no_secret_is_sent_where_others_read_it(door: LoopbackDiscord, discord: DiscordOAuth) -> None:
    """O-13: secrets, codes and tokens travel in bodies and headers, never in addresses."""
    grant = redeemed(discord, code(door)).grant
    discord.revoke(grant.access_token)
    for request in door.requests:
        assert not request.query
        assert request.headers["user-agent"].startswith("DiscordBot (")
    assert {request.headers.get("content-type") for request in door.asked("token")} == {
        "application/x-www-form-urlencoded"
    }


def test_the_counterpart_answers_as_discord_describes_it(door: LoopbackDiscord, discord: DiscordOAuth) -> None:
    """The loopback is held against Discord's own description, as far as that goes."""
    for scopes in ("identify", "identify email"):
        for account in (ALMA, Account("5", "x" * 32, discriminator="0042")):
            shown = account.shown(frozenset(scopes.split()))
            assert not faults_of_answer("/users/@me", "GET", 200, shown)
    assert not faults_of_answer("/users/@me", "GET", 401, {"message": "401: Unauthorized", "code": 0})
    asked = door.asked(ME)
    assert all(request.headers["authorization"].startswith("Bearer ") for request in asked)

"""Webhooks over real sockets, against a loopback that takes and fails what Discord does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Final

import httpx
import pytest
from attrs import evolve

from dkp_adapters.discord.webhooks import DiscordWebhooks
from dkp_core.notices import DiscordChannel, Later, Letter, Never, Outcome, Sent, Text
from tests.integration.discord.loopback import (
    Answer,
    Answered,
    Dropped,
    Fault,
    Loopback,
    Received,
    Slow,
    rate_limited,
    server_error,
)
from tests.integration.discord.webhooks import LoopbackWebhooks, refusal
from tests.unit.notices.writing_desk import letter

ID: Final = "1190000000000000002"
HOSTILE: Final = "@everyone <@1> [x](https://evil.example) **b**\n# h" * 400


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackWebhooks]:
    """Discord's webhooks."""
    with LoopbackWebhooks() as found:
        yield found


@pytest.fixture
def discord(server: LoopbackWebhooks) -> LoopbackWebhooks:
    """The same as new."""
    server.reset()
    return server


class Watch:
    """A clock that stands still until it is moved."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    """By which the pace is kept."""
    return Watch()


Make = Callable[..., DiscordWebhooks]


@pytest.fixture
def make(watch: Watch) -> Iterator[Make]:
    """Makes our side of it, for these hosts."""
    with ExitStack() as stack:

        def made(*hosts: str, open_seconds: float = 60) -> DiscordWebhooks:
            found = DiscordWebhooks.at(hosts, now=watch, open_seconds=open_seconds, pause_seconds=0.001)
            stack.callback(found.close)
            return found

        yield made


@pytest.fixture
def webhooks(discord: LoopbackWebhooks, make: Make) -> DiscordWebhooks:
    """Our side of it."""
    return make(discord.url)


def to(url: str, text: Text = Text("A vote began"), **data: str) -> Letter:
    """A letter to that webhook."""
    return letter(text, data, to=DiscordChannel(ID, url))


def test_a_letter_is_written_into_the_channel(discord: LoopbackWebhooks, webhooks: DiscordWebhooks) -> None:
    """V-9: as an embed, and so that it mentions nobody."""
    assert webhooks.send(
        to(discord.webhook(), Text("{name} applied", "Hello", (("Class", "Cleric"),)), name="Ada")
    ) == (Sent())
    (message,) = discord.messages[ID]
    assert message["allowed_mentions"] == {"parse": []}
    assert message["embeds"] == [
        {
            "title": "Ada applied",
            "description": "Hello",
            "fields": [{"name": "Class", "value": "Cleric"}],
            "footer": {"text": "Night Watch"},
            "timestamp": "2026-11-20T20:15:00+00:00",
        }
    ]
    assert discord.requests[0].query == {"wait": "true"}


def test_whatever_people_wrote_is_taken_by_discord(discord: LoopbackWebhooks, webhooks: DiscordWebhooks) -> None:
    """V-3: within every limit, checked on the other side."""
    text = Text("{a}", "{a:lines}", tuple((f"F{n}", "{a:lines}") for n in range(30)))
    for written in (HOSTILE, "👩‍👩‍👧‍👦" * 3000, "\u0336" * 9000, "\\" * 9000, " ", "\ud83d" + "x" * 9000):
        assert webhooks.send(to(discord.webhook(), text, a=written)) == Sent()
        webhooks.pace.now.seconds += 10  # type: ignore[attr-defined]  # the test's watch
    assert len(discord.messages[ID]) == 6


# --- what goes wrong --------------------------------------------------------------------------------------------------

LATER: Final[dict[str, Fault]] = {
    "broken": server_error(500),
    "bad gateway": server_error(502),
    "unavailable": server_error(503),
    "cut off before": Dropped(),
    "cut off after": Dropped(done=True),
    "not found by what stands before Discord": Answered(Answer(status=404, body=b"<html>")),
    "forbidden by what stands before Discord": Answered(Answer(status=403, body=b"error code: 1006")),
}


@pytest.mark.parametrize("fault", LATER.values(), ids=LATER.keys())
def test_what_may_be_right_later_is_tried_later(
    fault: Fault, discord: LoopbackWebhooks, webhooks: DiscordWebhooks
) -> None:
    """U-8, G-6: also where nobody knows whether it arrived; and not at once, and by nobody but the queue."""
    url = discord.webhook()
    discord.next(fault)
    outcome = webhooks.send(to(url))
    assert isinstance(outcome, Later)
    assert outcome.seconds is None
    assert len(discord.requests) == 1
    assert "loop-back_token" not in outcome.why
    assert webhooks.send(to(url)) == Sent()


def test_who_does_not_answer_is_not_waited_for_long(discord: LoopbackWebhooks, webhooks: DiscordWebhooks) -> None:
    """U-8."""
    webhooks._client.timeout = httpx.Timeout(0.05)
    discord.next(Slow(0.5))
    assert webhooks.send(to(discord.webhook())) == Later(None, "Discord does not answer (ReadTimeout)")


def test_where_nobody_listens_it_is_tried_again_shortly_and_then_later(make: Make) -> None:
    """U-8: what certainly did not arrive may be repeated at once."""
    with LoopbackWebhooks() as gone:
        url, port = gone.webhook(), gone.port
    assert make(f"http://127.0.0.1:{port}").send(to(url)) == Later(None, "Discord does not answer (ConnectError)")


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (rate_limited(0.3), 0.3),
        (rate_limited(64.57), 64.57),
        (rate_limited(2, everywhere=True), 2),
        (rate_limited(5, from_cloudflare=True), 60),
        (rate_limited(900, from_cloudflare=True), 900),
        (Answered(Answer(status=429, headers={"via": "1.1 google", "retry-after": "7"})), 7),
        (Answered(Answer.json({"retry_after": "nan"}, status=429, headers={"via": "x"})), 0),
        (Answered(Answer.json({"retry_after": 1e9}, status=429, headers={"via": "x"})), 3600),
    ],
)
def test_discords_limits_are_obeyed(
    fault: Fault, seconds: float, discord: LoopbackWebhooks, webhooks: DiscordWebhooks
) -> None:
    """U-8: for as long as it says, however it says it."""
    discord.next(fault)
    outcome = webhooks.send(to(discord.webhook()))
    assert isinstance(outcome, Later)
    assert outcome.seconds == pytest.approx(seconds)


def test_what_discord_limits_is_left_alone_whichever_letter_is_next(
    discord: LoopbackWebhooks, webhooks: DiscordWebhooks, watch: Watch
) -> None:
    """U-8: two channels may share a webhook; other webhooks go on."""
    url, other = discord.webhook(), discord.webhook("99")
    discord.next(rate_limited(7))
    webhooks.send(to(url))
    assert webhooks.send(to(url)) == Later(7.0, "at Discord's pace")
    assert webhooks.send(evolve(to(url), to=DiscordChannel("99", other))) == Sent()
    assert len(discord.requests) == 2
    watch.seconds += 7
    assert webhooks.send(to(url)) == Sent()


def test_where_this_address_is_refused_every_webhook_of_the_host_waits(
    discord: LoopbackWebhooks, make: Make, watch: Watch
) -> None:
    """U-8: calling on would only make it longer; another host is another matter."""
    with LoopbackWebhooks() as elsewhere:
        webhooks = make(discord.url, elsewhere.url)
        url, other, far = discord.webhook(), discord.webhook("99"), elsewhere.webhook("98")
        discord.next(rate_limited(900, from_cloudflare=True))
        webhooks.send(to(url))
        for webhook_id, address in ((ID, url), ("99", other)):
            outcome = webhooks.send(evolve(to(url), to=DiscordChannel(webhook_id, address)))
            assert outcome == Later(900.0, "what stands before Discord takes no more calls")
        assert webhooks.send(evolve(to(url), to=DiscordChannel("98", far))) == Sent()
        assert len(discord.requests) == 1
        watch.seconds += 900
        assert webhooks.send(to(url)) == Sent()


def test_a_channel_is_written_to_at_discords_pace(
    discord: LoopbackWebhooks, webhooks: DiscordWebhooks, watch: Watch
) -> None:
    """V-9: 5 in two seconds, 30 in a minute; each channel by itself."""
    url, other = discord.webhook(), discord.webhook("99")
    outcomes = [webhooks.send(to(url)) for _ in range(6)]
    assert outcomes == [Sent()] * 5 + [Later(2.0, "at Discord's pace")]
    assert webhooks.send(evolve(to(url), to=DiscordChannel("99", other))) == Sent()
    while len(discord.messages[ID]) < 30:
        watch.seconds += 2
        webhooks.send(to(url))
    outcome = webhooks.send(to(url))
    assert isinstance(outcome, Later)
    assert outcome.seconds is not None
    assert watch.seconds + outcome.seconds == 60


def test_what_the_headers_foretell_is_waited_for(
    discord: LoopbackWebhooks, webhooks: DiscordWebhooks, watch: Watch
) -> None:
    """U-8: the next call would be one too many."""
    url = discord.webhook()
    spent = {"x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "1.5"}
    discord.next(Answered(Answer(status=204, headers=spent)))
    assert webhooks.send(to(url)) == Sent()
    assert webhooks.send(to(url)) == Later(1.5, "at Discord's pace")
    watch.seconds += 1.5
    assert webhooks.send(to(url)) == Sent()


def test_a_webhook_that_discord_does_not_know_is_gone(discord: LoopbackWebhooks, webhooks: DiscordWebhooks) -> None:
    """U-8: deleted, or its token is another; whoever hears of it calls it no more."""
    url = discord.webhook()
    discord.webhook(token="another")
    assert webhooks.send(to(url)) == Never("Discord answered 401: Invalid Webhook Token (code 50027)", gone=True)
    discord.remove(ID)
    assert webhooks.send(to(url)) == Never("Discord answered 404: Unknown Webhook (code 10015)", gone=True)
    discord.next(Answered(refusal(401, 0, "401: Unauthorized")))
    assert webhooks.send(to(url)) == Never("Discord answered 401: 401: Unauthorized (code 0)", gone=True)


@pytest.mark.parametrize(
    ("status", "code"), [(403, 50013), (403, 10003), (404, 10003), (404, 0), (403, 40333), (404, [10015])]
)
def test_what_discord_refuses_otherwise_leaves_the_webhook_alive(
    status: int, code: object, discord: LoopbackWebhooks, webhooks: DiscordWebhooks
) -> None:
    """U-8: that letter is given up, and the next is sent."""
    url = discord.webhook()
    discord.next(Answered(Answer.json({"code": code, "message": "No"}, status=status)))
    assert webhooks.send(to(url)) == Never(f"Discord answered {status}: No (code {code})", gone=False)
    assert webhooks.send(to(url)) == Sent()


def test_what_discord_does_not_take_is_given_up_alone(discord: LoopbackWebhooks, webhooks: DiscordWebhooks) -> None:
    """A letter that is wrong says nothing of the webhook."""
    discord.next(Answered(refusal(400, 50035, "Invalid Form Body" + "x" * 900)))
    outcome = webhooks.send(to(discord.webhook()))
    assert isinstance(outcome, Never)
    assert not outcome.gone
    assert len(outcome.why) < 300


# --- other hosts ------------------------------------------------------------------------------------------------------


def test_a_redirect_is_not_followed(discord: LoopbackWebhooks, webhooks: DiscordWebhooks) -> None:
    """O-13: wherever it leads; the other host hears nothing."""

    class Elsewhere(Loopback):
        """Somebody else's host."""

        def answer(self, request: Received) -> Answer:
            return Answer(status=204)

    with Elsewhere() as elsewhere:
        for status in (301, 302, 303, 307, 308):
            discord.next(Answered(Answer.redirect(f"{elsewhere.url}/api/webhooks/1/t", status=status)))
            outcome = webhooks.send(to(discord.webhook()))
            assert isinstance(outcome, Never), status
            assert not outcome.gone
            webhooks.pace.now.seconds += 2  # type: ignore[attr-defined]  # the test's watch
        assert elsewhere.requests == []


def test_only_hosts_that_are_allowed_are_called(discord: LoopbackWebhooks, make: Make) -> None:
    """O-13: also where the setting was narrowed after the webhook was set."""
    webhooks = make("discord.com")
    for url in (
        discord.webhook(),
        discord.url.replace("http", "https") + "/api/webhooks/1/t",
        "http://discord.com/api/webhooks/1/t",
        "https://discord.com@127.0.0.1/api/webhooks/1/t",
        "https://[discord.com/api/webhooks/1/t",
        "file:///etc/passwd",
    ):
        outcome = webhooks.send(to(url))
        assert isinstance(outcome, Never)
        assert "webhook_hosts" in outcome.why
    assert discord.requests == []


# --- a Discord that is down -------------------------------------------------------------------------------------------


def test_a_host_that_fails_again_and_again_is_left_alone_for_a_while(
    discord: LoopbackWebhooks, make: Make, watch: Watch
) -> None:
    """U-8: a circuit breaker stops hammering; the first success closes it."""
    webhooks = make(discord.url, open_seconds=0.05)
    url = discord.webhook()
    discord.always(server_error())

    def send() -> Outcome:
        watch.seconds += 2
        return webhooks.send(to(url))

    outcomes = [send() for _ in range(9)]
    assert {type(outcome) for outcome in outcomes} == {Later}
    assert len(discord.requests) == 5
    assert "left alone" in str(outcomes[-1])
    discord.well()
    end = time.monotonic() + 5
    while send() != Sent():
        assert time.monotonic() < end, "it stays open"
        time.sleep(0.01)
    assert len(discord.messages[ID]) == 1
    assert send() == Sent()


def test_what_a_host_that_is_left_alone_is_not_called_for_does_not_count(
    discord: LoopbackWebhooks, make: Make, watch: Watch
) -> None:
    """U-8: who comes back is written to at once, and not when calls are over that nobody made."""
    webhooks = make(discord.url, open_seconds=0.05)
    url = discord.webhook()
    discord.always(server_error())
    for _ in range(5):
        webhooks.send(to(url))
    watch.seconds += 2
    while "left alone" in str(webhooks.send(to(url))):
        pass
    discord.well()
    time.sleep(0.06)
    assert [webhooks.send(to(url)) for _ in range(4)] == [Sent()] * 4


def test_refusals_do_not_open_the_breaker(discord: LoopbackWebhooks, webhooks: DiscordWebhooks, watch: Watch) -> None:
    """U-8: Discord answers; one guild's deleted webhook is no reason to leave the others alone."""
    url = discord.webhook()
    discord.next(*[Answered(refusal(404, 10015, "Unknown Webhook"))] * 8, *[rate_limited(1)] * 8)
    for _ in range(16):
        watch.seconds += 2
        assert webhooks.send(to(url)) != Sent()
    watch.seconds += 2
    assert webhooks.send(to(url)) == Sent()


def test_the_secret_address_is_in_no_log(
    discord: LoopbackWebhooks, make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    """O-11: whatever is logged, and however it fails."""
    with caplog.at_level(logging.DEBUG):
        for name in ("httpx", "httpcore"):
            logging.getLogger(name).setLevel(logging.NOTSET)
        webhooks = make(discord.url)
        discord.next(Dropped(), server_error(), rate_limited())
        for _ in range(4):
            webhooks.send(to(discord.webhook()))
    ours = [record for record in caplog.records if not record.name.startswith("uvicorn")]
    assert not [record for record in ours if "loop-back_token" in record.getMessage()]

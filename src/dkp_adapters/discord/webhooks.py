"""Writing into Discord's channels by their webhooks.

https://docs.discord.com/developers/resources/webhook#execute-webhook. That call takes no nonce, so where its outcome is
unknown the letter is sent again, and may stand there twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, Self

import httpx
import stamina
from attrs import define, field
from purgatory import SyncCircuitBreakerFactory
from purgatory.domain.model import OpenedState

from dkp_adapters.discord.embeds import embed_of
from dkp_adapters.discord.pace import Pace
from dkp_core.notices import DiscordChannel, Later, Letter, Never, Notifier, Outcome, Sent, is_allowed

RATES: Final = ((5, 2.0), (30, 60.0))
"""Calls and seconds, for each webhook: what Discord lets through, some of which no header tells."""
TIMEOUT: Final = httpx.Timeout(10.0, connect=5.0)
CONNECT_ATTEMPTS: Final = 3
FAILURES_MAX: Final = 5
OPEN_SECONDS: Final = 30.0
BLOCKED: Final = "what stands before Discord takes no more calls"
BLOCKED_SECONDS_MIN: Final = 60.0
"""What is refused before it reaches Discord may be refused for long."""
RETRY_SECONDS_MAX: Final = 3600.0
GONE_CODES: Final = (10015, 50027)
"""What Discord says of a webhook that it does not know, and of one whose token is another."""
FAULT_LENGTH_MAX: Final = 200
# They log what they call, and who knows a webhook's address may write to its channel.
_TELLING_ADDRESSES: Final = ("httpx", "httpcore")


class _Down(Exception):
    """Discord does not answer, or not as it should; its text says how."""


@define(eq=False)
class DiscordWebhooks(Notifier):
    """Sends letters to channels, at Discord's pace; `hosts` are the only ones that it talks to.

    Where a host fails again and again it is left alone for half a minute.
    """

    hosts: frozenset[str]
    pace: Pace
    _client: httpx.Client = field(repr=False)
    _breakers: SyncCircuitBreakerFactory = field(repr=False)
    _pause_seconds: float = 0.25

    @classmethod
    def at(
        cls,
        hosts: Collection[str],
        *,
        now: Callable[[], float] = time.monotonic,
        open_seconds: float = OPEN_SECONDS,
        pause_seconds: float = 0.25,
    ) -> Self:
        """Webhooks on these hosts. `now` tells the seconds by which it keeps its pace."""
        for name in _TELLING_ADDRESSES:
            logging.getLogger(name).setLevel(logging.WARNING)
        # What runs on this machine is not behind a proxy.
        here = all("://" in host for host in hosts)
        client = httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=not here)
        breakers = SyncCircuitBreakerFactory(default_threshold=FAILURES_MAX, default_ttl=open_seconds)
        return cls(frozenset(hosts), Pace(RATES, now), client, breakers, pause_seconds)

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def send(self, letter: Letter) -> Outcome:
        channel = letter.to
        assert isinstance(channel, DiscordChannel), "only channels have webhooks"
        if not is_allowed(channel.url, self.hosts):
            return Never("the webhook leads to a host that is not allowed (any more): see webhook_hosts")
        host = httpx.URL(channel.url).netloc.decode("ascii")
        refused = self._held_back(host, channel)
        if refused is not None:
            return refused
        body = {"embeds": [embed_of(letter)], "allowed_mentions": {"parse": []}}
        try:
            with self._breakers.get_breaker(host):
                response = self._post(channel.url, body)
                if response.status_code >= 500:
                    raise _Down(f"Discord answered {response.status_code}")
        except httpx.HTTPError as lost:
            return Later(None, f"Discord does not answer ({type(lost).__name__})")
        except _Down as down:
            return Later(None, str(down))
        return self._outcome(host, channel, response)

    def _held_back(self, host: str, channel: DiscordChannel) -> Later | None:
        """Why it is not to be called now; where it is, the call is counted."""
        try:
            self._breakers.get_breaker(host).context.handle_new_request()
        except OpenedState:
            return Later(None, f"{host} failed again and again, and is left alone for a while")
        wait = self.pace.paused(_everything_at(host))
        if wait > 0:
            return Later(wait, BLOCKED)
        wait = self.pace.wait(channel.webhook_id)
        return Later(wait, "at Discord's pace") if wait > 0 else None

    def _post(self, url: str, body: Mapping[str, Any]) -> httpx.Response:
        """What is answered. Only what certainly did not arrive is sent again at once."""
        for attempt in stamina.retry_context(
            on=(httpx.ConnectError, httpx.ConnectTimeout),
            attempts=CONNECT_ATTEMPTS,
            wait_initial=self._pause_seconds,
            wait_max=4 * self._pause_seconds,
            wait_jitter=self._pause_seconds,
        ):
            with attempt:
                return self._client.post(url, params={"wait": "true"}, json=body)
        raise AssertionError("the last attempt answers or raises")

    def _outcome(self, host: str, channel: DiscordChannel, response: httpx.Response) -> Outcome:
        status = response.status_code
        if response.is_success:
            self._heed(channel, response)
            return Sent()
        told = _json(response)
        if status == httpx.codes.TOO_MANY_REQUESTS:
            return self._limited(host, channel, response, told)
        if response.is_redirect:
            return Never(f"Discord answered {status}, which leads elsewhere, and is not followed")
        why = f"Discord answered {status}: {_message(told)}"
        if status in (401, 403, 404):
            if "code" not in told:  # something between here and Discord answered
                return Later(None, why)
            # Other refusals are of this letter: a channel in an archive, say, takes letters again some day.
            return Never(why, gone=status == httpx.codes.UNAUTHORIZED or told["code"] in GONE_CODES)
        return Never(why)

    def _limited(
        self, host: str, channel: DiscordChannel, response: httpx.Response, told: Mapping[str, Any]
    ) -> Outcome:
        """Discord's own limits tell the seconds to wait; without `Via` it is what stands before Discord.

        The one concerns the webhook, whichever channels it is set for; the other, every call from here to that host.
        """
        asked = _seconds(told.get("retry_after", response.headers.get("retry-after")))
        if "via" not in response.headers:
            blocked = max(asked, BLOCKED_SECONDS_MIN)
            self.pace.pause(_everything_at(host), blocked)
            return Later(blocked, BLOCKED)
        self.pace.pause(channel.webhook_id, asked)
        return Later(asked, "Discord takes no more calls for now")

    def _heed(self, channel: DiscordChannel, response: httpx.Response) -> None:
        """Wait where the next call would be one too many."""
        if response.headers.get("x-ratelimit-remaining") == "0":
            self.pace.pause(channel.webhook_id, _seconds(response.headers.get("x-ratelimit-reset-after")))


def _everything_at(host: str) -> str:
    """The key under which all webhooks of a host are paused; the others are digits."""
    return f"all at {host}"


def _json(response: httpx.Response) -> Mapping[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _message(told: Mapping[str, Any]) -> str:
    return f"{told.get('message', 'no reason')} (code {told.get('code', 'none')})"[:FAULT_LENGTH_MAX]


def _seconds(value: object) -> float:
    """So many seconds, at most an hour; 0 for what is no number."""
    try:
        seconds = float(str(value))
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), RETRY_SECONDS_MAX) if seconds == seconds else 0.0

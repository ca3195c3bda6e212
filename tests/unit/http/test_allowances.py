"""Who is counted as whom, and when (A-9)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from attrs import define, field

from dkp_adapters.limiting import Count, Hit, Limits, MemoryLimits, Rate
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_entrypoints.http.allowances import KNOWN_MAX, Allowances, CallerKind, rates_of
from dkp_entrypoints.http.asking import Asked
from dkp_entrypoints.http.problems import RateLimited
from dkp_entrypoints.settings import Settings

FEW = Rate(3, 60)
KEY = {"authorization": "Bearer dkp_a_b"}


@define(eq=False)
class Noting(Limits):
    """Counts in memory, and notes whom, and how many at once; as if it asked a server."""

    shared: bool = False
    inner: MemoryLimits = field(factory=MemoryLimits)
    whom: list[str] = field(factory=list)
    trips: list[int] = field(factory=list)

    def count(self, who: str, rate: Rate) -> Count:
        return self.count_all([(who, rate)])[0]

    def count_all(self, hits: Sequence[Hit]) -> Sequence[Count]:
        self.whom += [who for who, _ in hits]
        self.trips.append(len(hits))
        return self.inner.count_all(hits)

    def spent(self, who: str, rate: Rate) -> float:
        return self.inner.spent(who, rate)

    def close(self) -> None:
        pass


def asked(path: str = "/api/ranks/", address: str = "192.0.2.1", **headers: str) -> Asked:
    """A request from that address."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Asked.of({"path": path, "headers": raw, "client": (address, 1)})  # type: ignore[typeddict-item]  # the parts asked for


def by(kind: ActorKind = ActorKind.API_KEY, key: str = "k", session: str | None = None) -> Actor:
    """Somebody."""
    return Actor(kind=kind, id=key, entrypoint="http", session_id=session)


def allowances(limits: Limits, rate: Rate | None = FEW) -> Allowances:
    """The same rate for everybody."""
    return Allowances(limits, dict.fromkeys(CallerKind, rate))


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/api/ranks/", "anonymous"),
        ("/accounts/discord/login/", "sign-in"),
        ("/accounts", "sign-in"),
        ("//accounts//link/x", "sign-in"),
        ("/api/auth/token", "sign-in"),
        ("/api//auth/token/discord/", "sign-in"),
        ("/api/auth/tokens/", "anonymous"),
        ("/api/accounts/", "anonymous"),
        ("/accountsx/", "anonymous"),
        ("/health/live/x", "anonymous"),
        ("/health/live\n", "anonymous"),
        ("/health/live/", None),
        ("/health/ready", None),
    ],
)
def test_a_path_says_how_who_has_no_credentials_is_counted(path: str, who: str | None) -> None:
    """A-9: however many slashes it is spelt with."""
    limits = Noting()
    allowances(limits).enter(asked(path))
    assert limits.whom == ([] if who is None else [f"{who}:192.0.2.1"])


@pytest.mark.parametrize(
    ("actor", "who"),
    [
        (by(), "personal-key:k"),
        (by(ActorKind.BOT, "b"), "bot-key:b"),
        (by(ActorKind.USER, "7", session="s"), "session:s"),
    ],
)
def test_whose_credentials_they_are_is_remembered(actor: Actor, who: str) -> None:
    """A-9: the first request is counted when its caller is known, all others on arrival."""
    limits = Noting()
    counting = allowances(limits)
    first, second = asked(**KEY), asked(**KEY)
    counting.enter(first)
    assert limits.whom == []
    counting.recognised(first, actor)
    counting.recognised(first, actor)  # it lost a race, and is taken again
    counting.settle(first)
    counting.enter(second)
    counting.recognised(second, actor)
    counting.settle(second)
    assert limits.whom == [who, who]


def test_other_credentials_are_not_taken_for_those_that_are_known() -> None:
    """A-9: neither another key, nor the same with a session."""
    limits = Noting()
    counting = allowances(limits)
    counting.recognised(asked(**KEY), by())
    for others in ({"authorization": "Bearer dkp_a_c"}, {"cookie": "Bearer dkp_a_b"}, {**KEY, "cookie": "x=y"}):
        other = asked(**others)
        counting.enter(other)
        assert not other.counted


def test_no_more_credentials_are_remembered_than_fit() -> None:
    """A-9: the oldest are asked for again."""
    limits = Noting()
    counting = allowances(limits, None)
    for number in range(KNOWN_MAX + 5):
        counting.recognised(asked(cookie=str(number)), by(key=str(number)))
    assert len(counting._known) == KNOWN_MAX
    forgotten = asked(cookie="4")
    counting.enter(forgotten)
    assert not forgotten.counted


def test_a_guesser_is_refused_before_anything_is_looked_up() -> None:
    """A-9: and so is whoever else is new there; nobody from elsewhere, and nobody without credentials."""
    counting = allowances(MemoryLimits())
    for _ in range(3):
        counting.guessed(asked(cookie="guess"))
    with pytest.raises(RateLimited):
        counting.enter(asked(cookie="another"))
    counting.enter(asked())
    counting.enter(asked(address="192.0.2.2", cookie="another"))
    counting.recognised(asked(address="192.0.2.2", **KEY), by())
    counting.enter(asked(**KEY))


def test_who_shows_nothing_guesses_nothing() -> None:
    """A-9: a page that was opened without a session is no attack."""
    limits = Noting()
    allowances(limits).guessed(asked())
    assert limits.whom == []


def test_one_guess_too_many_is_not_told_apart_from_a_good_one() -> None:
    """A-9: of many at once no more than so many are answered."""
    counting = allowances(MemoryLimits())
    for _ in range(3):
        counting.guessed(asked(cookie="guess"))
    with pytest.raises(RateLimited):
        counting.guessed(asked(cookie="guess"))


def test_what_led_nowhere_is_counted_afterwards() -> None:
    """A-9: requests with something made up are refused as soon as those without."""
    limits = Noting()
    counting = allowances(limits)
    for _ in range(3):
        lost = asked(cookie="made up")
        counting.enter(lost)
        counting.settle(lost)
    assert set(limits.whom) == {"unproven:192.0.2.1"}
    with pytest.raises(RateLimited):
        counting.enter(asked(cookie="made up"))


def test_who_is_refused_is_told_what_holds_and_when() -> None:
    """A-9: in a sentence, and in headers for programs."""
    counting = allowances(MemoryLimits())
    for left in (2, 1, 0):
        one = asked()
        counting.enter(one)
        assert dict(one.allowance) == {
            b"ratelimit": f'"anonymous";r={left};t=60'.encode(),
            b"ratelimit-policy": b'"anonymous";q=3;w=60',
        }
    with pytest.raises(RateLimited) as refused:
        counting.enter(asked())
    assert refused.value.retry_seconds == 60
    assert str(refused.value) == (
        "Too many requests: at most 3 requests are answered within 60 seconds; come again in 60 seconds."
    )


@pytest.mark.parametrize("kind", ["anonymous", "session", "personal_key", "bot_key", "sign_in"])
def test_each_kind_has_a_setting(kind: str) -> None:
    """A-9: configurable, and each can be switched off."""
    settings = Settings.load({f"DKP_RATE_{kind.upper()}": "7 per 2 minutes"})
    name = CallerKind(kind.replace("_", "-"))
    assert rates_of(settings)[name] == Rate(7, 120)
    assert rates_of(Settings.load({f"DKP_RATE_{kind.upper()}": "0"}))[name] is None


async def _many(counting: Allowances, requests: Sequence[Asked]) -> int:
    """How many of these, all at once, are let in."""

    async def one(request: Asked) -> bool:
        try:
            waiting = counting.enter(request)
            if waiting is not None:
                await waiting
        except RateLimited:
            return False
        return True

    counting.start()
    try:
        return sum(await asyncio.gather(*(one(each) for each in requests)))
    finally:
        await counting.close()


def test_requests_that_arrive_together_are_counted_in_one_trip() -> None:
    """A-9: with a server that is asked; the event loop waits for nothing, and exactly so many get through."""
    limits = Noting(shared=True)
    counting = allowances(limits)
    counting.recognised(asked(**KEY), by())
    limits.trips.clear()
    assert asyncio.run(_many(counting, [asked(**KEY) for _ in range(40)])) == 2  # one was counted above
    assert sum(limits.trips) == 40
    assert len(limits.trips) <= 2


def test_a_fault_of_ours_in_counting_holds_up_nobody() -> None:
    """O-12: neither those who are counted then nor those who come later."""

    @define(eq=False)
    class Faulty(Noting):
        def count_all(self, hits: Sequence[Hit]) -> Sequence[Count]:
            if len(self.trips) == 1:
                self.trips.append(0)
                raise ZeroDivisionError
            return super().count_all(hits)

    counting = allowances(Faulty(shared=True))
    counting.recognised(asked(**KEY), by())

    async def asking() -> None:
        counting.start()
        for _ in range(2):
            waiting = counting.enter(asked(**KEY))
            assert waiting is not None
            await asyncio.wait_for(waiting, 10)
        await counting.close()

    asyncio.run(asking())


def test_a_process_that_ends_lets_through_what_it_can_count_no_more() -> None:
    """O-12: what was taken is finished."""
    counting = allowances(Noting(shared=True))
    counting.recognised(asked(**KEY), by())

    async def ending() -> None:
        counting.start()
        await counting.close()
        waiting = counting.enter(asked(**KEY))
        assert waiting is not None
        await waiting

    asyncio.run(ending())

"""The pace at which webhooks are called."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dkp_adapters.discord.pace import KEYS_MAX, Pace
from dkp_adapters.discord.webhooks import RATES


class Watch:
    """A clock that stands still until it is moved."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@given(st.lists(st.floats(0, 20), max_size=200))
def test_never_more_than_discord_takes(pauses: list[float]) -> None:
    """U-8, V-9: 5 in 2 seconds and 30 in a minute, whenever they are asked for."""
    watch = Watch()
    pace, called = Pace(RATES, watch), []
    for pause in pauses:
        watch.seconds += pause
        if pace.wait("1") == 0:
            called.append(watch.seconds)
    for count, seconds in RATES:
        for first, last in zip(called, called[count:], strict=False):
            assert last - first >= seconds - 1e-6


def test_what_has_to_wait_may_go_after_that() -> None:
    """The wait that is told is enough."""
    watch = Watch()
    pace, calls = Pace(RATES, watch), 0
    while calls < 100:
        wait = pace.wait("1")
        watch.seconds += wait
        calls += wait == 0
    assert watch.seconds - 1000 < 201


def test_each_channel_has_a_pace_of_its_own() -> None:
    """V-9: so many a channel."""
    pace = Pace(((1, 60.0),), Watch())
    assert [pace.wait("1"), pace.wait("2"), pace.wait("1")] == [0, 0, 60]


def test_a_pause_holds_until_it_is_over() -> None:
    """U-8: what Discord asked for."""
    watch = Watch()
    pace = Pace(RATES, watch)
    pace.pause("1", 10)
    pace.pause("1", 3)
    assert (pace.wait("1"), pace.wait("2")) == (10, 0)
    watch.seconds += 10
    assert pace.wait("1") == 0


def test_channels_that_nobody_calls_are_forgotten() -> None:
    """However many guilds come and go, it stays small."""
    watch = Watch()
    pace = Pace(((1, 1.0),), watch)
    for number in range(KEYS_MAX + 100):
        watch.seconds += 0.5
        pace.wait(str(number))
    assert len(pace._calls) <= KEYS_MAX + 1

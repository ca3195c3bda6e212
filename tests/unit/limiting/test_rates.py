"""Rates as people write them, and windows within one process (A-9)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from dkp_adapters.limiting import AMOUNT_MAX, Count, MemoryLimits, Rate
from dkp_entrypoints.http.allowances import rates_of
from dkp_entrypoints.settings import Settings

FEW = Rate(3, 60)


@define
class Watch:
    """A clock that is set by hand."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.mark.parametrize(
    ("text", "amount", "seconds"),
    [
        ("600/minute", 600, 60),
        ("20 per 10 seconds", 20, 10),
        (" 1 / SECOND ", 1, 1),
        ("5/2 hours", 5, 7200),
        ("100 per day", 100, 86400),
    ],
)
def test_a_rate_is_written_as_people_say_it(text: str, amount: int, seconds: int) -> None:
    """A-9: configurable."""
    assert Rate.of(text) == Rate(amount, seconds)


@pytest.mark.parametrize("text", ["", "  ", "0", "0/minute"])
def test_nothing_and_zero_limit_nothing(text: str) -> None:
    """A-9: a limit can be switched off."""
    assert Rate.of(text) is None


@pytest.mark.parametrize(
    "text",
    ["600", "600/fortnight", "-1/minute", "1.5/minute", "many", "1/0 seconds", "1/9 days", f"{AMOUNT_MAX + 1}/day"],
)
def test_anything_else_is_no_rate(text: str) -> None:
    """A-9, G-8."""
    with pytest.raises(ValueError, match=r"rate|time|range"):
        Rate.of(text)


@given(st.text(max_size=30))
def test_no_text_makes_reading_fail_otherwise(text: str) -> None:
    """G-8: a rate, none, or a ValueError."""
    try:
        rate = Rate.of(text)
    except ValueError:
        return
    assert rate is None or (rate.amount > 0 and rate.seconds > 0)


def test_every_kind_of_caller_is_limited_unless_told_otherwise() -> None:
    """A-9: and sign-in paths lower than all others."""
    rates = rates_of(Settings())
    per_second = {kind: rate.amount / rate.seconds for kind, rate in rates.items() if rate is not None}
    assert len(per_second) == len(rates) == 5
    assert min(per_second, key=lambda kind: per_second[kind]) == "sign-in"


# --- windows ----------------------------------------------------------------------------------------------------------


def test_a_window_begins_with_the_first_and_ends_after_its_time() -> None:
    """A-9: afterwards everything begins anew."""
    watch = Watch()
    limits = MemoryLimits(now=watch)
    assert [limits.count("a", FEW).left for _ in range(4)] == [2, 1, 0, -1]
    watch.at += 59.5
    assert limits.count("a", FEW) == Count(-2, 0.5)
    watch.at += 0.5
    assert limits.count("a", FEW) == Count(2, 60.0)


def test_being_refused_does_not_put_off_the_end_of_the_window() -> None:
    """A-9: who keeps on asking is let in as soon as who waits."""
    watch = Watch()
    limits = MemoryLimits(now=watch)
    for _ in range(60):
        limits.count("a", FEW)
        watch.at += 1
    assert not limits.count("a", FEW).too_many


def test_looking_whether_the_window_is_full_counts_nothing() -> None:
    """A-9: guesses are looked at before they are made."""
    watch = Watch()
    limits = MemoryLimits(now=watch)
    assert limits.spent("a", FEW) == 0.0
    for _ in range(3):
        assert limits.spent("a", FEW) == 0.0
        limits.count("a", FEW)
    watch.at += 20
    assert limits.spent("a", FEW) == limits.spent("a", FEW) == 40.0
    watch.at += 41
    assert limits.spent("a", FEW) == 0.0


def test_what_has_ended_is_forgotten_and_the_rest_is_bounded() -> None:
    """A-9: many addresses take up no more than so much memory."""
    watch = Watch()
    limits = MemoryLimits(kept_max=100, now=watch)
    for number in range(1000):
        limits.count(f"a{number}", FEW)
    assert limits.kept == 100
    assert limits.count("a999", FEW).left == 1  # the latest are still known
    watch.at += 61
    limits.count("b", FEW)
    assert limits.kept == 1


def _at_once(work: Callable[[], None], threads: int) -> None:
    running = [threading.Thread(target=work) for _ in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()


def test_threads_that_count_at_once_let_exactly_so_many_through() -> None:
    """A-9: 150 of 150, and no more."""
    limits = MemoryLimits()
    passed: list[bool] = []

    def ask() -> None:
        passed.extend(not limits.count("a", Rate(150, 60)).too_many for _ in range(100))

    _at_once(ask, 4)
    assert passed.count(True) == 150

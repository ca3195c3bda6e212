"""Following a game's log: what is sent, what is kept, and what happens when nobody answers."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from dkp_core.kernel.errors import InvalidValue, Stale, Unavailable
from dkp_core.kernel.ids import AuctionId
from dkp_core.loot import LINE_LENGTH_MAX, ChatOutcome, ChatReading
from dkp_entrypoints.cli.follow import line_of
from dkp_entrypoints.cli.following import (
    GATHER_SECONDS,
    LINES_AT_ONCE,
    PAUSE_SECONDS,
    PAUSE_SECONDS_MAX,
    Following,
)
from dkp_entrypoints.cli.remote import Api, ServerUnavailable
from dkp_entrypoints.cli.remote_use_cases import RemoteUseCases
from dkp_entrypoints.cli.tailing import POLL_SECONDS, Position, Tail

FIGHT = "[Fri Nov 20 20:15:00 2026] You have slain a bat!"


class Killed(BaseException):
    """The process is gone."""


def bid(number: int) -> str:
    """A line of chat."""
    return f"[Fri Nov 20 20:15:00 2026] Björnulf tells you, 'Cloak {number}'"


def write(log: Path, *lines: str) -> None:
    """Say something more."""
    with log.open("ab") as file:
        file.write("".join(f"{line}\r\n" for line in lines).encode())


class Told:
    """A guild that is told lines, in a time that passes only while somebody waits.

    It knows each line that it took. `failures` come before its answers, the next one each time it is asked; `at` says
    what happens meanwhile, by the number of the pause. It is stopped after so many pauses.
    """

    def __init__(self, log: Path, *failures: BaseException | None, **how: Any) -> None:
        self.failures = list(failures)
        self.stop_after: int = how.pop("stop_after", 10**6)
        self.at: dict[int, Callable[[], None]] = how.pop("at", {})
        self.taken: list[str] = []
        self.batches: list[list[str]] = []
        self.keys: list[str] = []
        self.kept: list[Position] = []
        self.waited: list[float] = []
        self.said: list[str] = []
        self.shown: list[ChatReading] = []
        self.clock = 0.0
        position = how.pop("position", None)
        self.following = Following(
            tail=Tail(log, position=position, from_start=how.pop("from_start", position is None)),
            owner="Almaryn",
            send=self.send,
            show=self.shown.append,
            keep=self.kept.append,
            wait=self.wait,
            tell=self.said.append,
            until_end=how.pop("until_end", True),
            now=lambda: self.clock,
        )

    def run(self) -> None:
        """Follow the log."""
        with self.following.tail:
            self.following.run()

    def send(self, lines: Sequence[str], once: str) -> Sequence[ChatReading]:
        """Take the lines, unless it does not answer."""
        self.keys.append(once)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.batches.append(list(lines))
        readings = []
        for line in lines:
            outcome = ChatOutcome.REPEATED if line in self.taken else ChatOutcome.DONE
            readings.append(ChatReading(line=line, outcome=outcome, meaning="bid"))
            self.taken += [line] if outcome is ChatOutcome.DONE else []
        return readings

    def wait(self, seconds: float) -> bool:
        """Let the time pass; tells to stop after so many pauses."""
        self.waited.append(seconds)
        self.clock += seconds
        self.at.get(len(self.waited), lambda: None)()
        return len(self.waited) >= self.stop_after

    @property
    def pauses(self) -> list[float]:
        """How long was really waited."""
        return [seconds for seconds in self.waited if seconds]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with three lines, of which two are chat."""
    path = tmp_path / "eqlog_Almaryn_server.txt"
    write(path, bid(1), FIGHT, bid(2))
    return path


# --- batches ----------------------------------------------------------------------------------------------------------


def test_only_chat_is_sent_in_order(log: Path) -> None:
    """L-10: a fight of thousands of lines is nobody's business; what became of each line is shown."""
    told = Told(log)
    told.run()
    assert told.batches == [[bid(1), bid(2)]]
    assert [reading.line for reading in told.shown] == [bid(1), bid(2)]
    assert told.following.counts == {ChatOutcome.DONE: 2}
    assert told.following.summary() == "2 lines of chat: 2 done"


def test_a_long_log_goes_in_batches(log: Path) -> None:
    """L-10: so many lines at once; the place that is kept is right behind those that were answered."""
    log.unlink()
    lines = [bid(number) for number in range(2 * LINES_AT_ONCE + 1)]
    write(log, *lines)
    told = Told(log)
    told.run()
    assert [len(batch) for batch in told.batches] == [LINES_AT_ONCE, LINES_AT_ONCE, 1]
    assert told.taken == lines
    assert len(set(told.keys)) == 3
    for kept, count in zip(told.kept, (0, LINES_AT_ONCE, 2 * LINES_AT_ONCE, len(lines)), strict=False):
        assert kept.offset == len("".join(f"{line}\r\n" for line in lines[:count]).encode())


def test_what_is_said_is_sent_within_half_a_second(log: Path) -> None:
    """L-10: what is said soon after goes with it."""
    sent_at: list[float] = []
    told = Told(
        log,
        from_start=False,
        until_end=False,
        stop_after=20,
        at={3: lambda: write(log, bid(1)), 4: lambda: write(log, FIGHT, bid(2)), 9: lambda: write(log, bid(3))},
    )
    taking = told.following.send

    def send(lines: Sequence[str], once: str) -> Sequence[ChatReading]:
        sent_at.append(told.clock)
        return taking(lines, once)

    told.following.send = send
    told.run()
    assert told.batches == [[bid(1), bid(2)], [bid(3)]]
    assert sent_at[0] - 3 * POLL_SECONDS <= GATHER_SECONDS
    assert max(told.waited) == POLL_SECONDS


def test_a_line_too_long_to_be_taken_is_left_out(log: Path) -> None:
    """L-10: it would have all others of its batch refused; the summary tells of it."""
    write(log, bid(3) + "x" * LINE_LENGTH_MAX, bid(4))
    told = Told(log)
    told.run()
    assert told.taken == [bid(1), bid(2), bid(4)]
    assert told.following.summary() == "3 lines of chat: 3 done; 1 line too long to be read"


def test_a_clock_that_jumps_does_nothing(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """L-10: durations are measured by a clock that can't be set, and the log's own times order nothing."""
    assert inspect.signature(Following).parameters["now"].default is time.monotonic
    jumps = iter([4e9, 0.0] * 1000)
    monkeypatch.setattr(time, "time", lambda: next(jumps))
    back = bid(3).replace("20:15:00 2026", "19:15:00 2006")
    write(log, back, bid(4))
    told = Told(log)
    told.run()
    assert told.batches == [[bid(1), bid(2), back, bid(4)]]


# --- a lost connection ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [Unavailable("gone"), ServerUnavailable("https://x does not answer: gone"), Stale()])
def test_lines_wait_in_order_while_nobody_answers(lost: Exception, log: Path) -> None:
    """L-16: tried again after growing pauses, under the same key; none is lost, none is sent twice."""
    told = Told(log, *[lost] * 9, until_end=False, stop_after=30, at={7: lambda: write(log, bid(3), bid(4))})
    told.run()
    assert told.batches[0] == [bid(1), bid(2)]
    assert told.taken == [bid(1), bid(2), bid(3), bid(4)]
    assert {reading.outcome for reading in told.shown} == {ChatOutcome.DONE}
    growing = [0.5, 1, 2, 4, 8, 16, PAUSE_SECONDS_MAX, PAUSE_SECONDS_MAX, PAUSE_SECONDS_MAX]
    assert [seconds for seconds in told.pauses if seconds > POLL_SECONDS] == growing
    assert len(set(told.keys[:10])) == 1
    assert told.keys[10] != told.keys[0]


def test_a_lost_connection_is_told_once_and_so_is_its_end(log: Path) -> None:
    """L-16: with what is the matter, and not every half minute."""
    told = Told(log, *[ServerUnavailable("https://x does not answer: gone")] * 9)
    told.run()
    lost, back = told.said
    assert lost.startswith("https://x does not answer: gone; 2 lines")
    assert back == "It answers again."


def test_a_batch_that_arrived_though_its_answer_did_not_is_not_done_again(log: Path) -> None:
    """G-7, L-10: the second attempt is the same request."""
    asked: list[tuple[str, bytes]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.headers["Idempotency-Key"], request.content))
        if len(asked) < 3:
            raise httpx.ReadError("connection reset by peer")
        return httpx.Response(200, json=[])

    api = Api("https://dkp.example.org", httpx.Client(transport=httpx.MockTransport(answer)), sleep=lambda _: None)
    told = Told(log)

    def send(lines: Sequence[str], once: str) -> Sequence[ChatReading]:
        with api.attempt(once):
            read: Sequence[ChatReading] = RemoteUseCases(api).read_chat()(lines, owner="Almaryn", by=None)
        return read

    told.following.send = send
    told.run()
    assert len(asked) == 3
    assert len(set(asked)) == 1
    assert told.pauses == [PAUSE_SECONDS, 2 * PAUSE_SECONDS]


def test_who_stops_while_nobody_answers_goes_on_there(log: Path) -> None:
    """L-10: at once, whatever the pause; no place is kept before the lines up to it were answered."""
    told = Told(log, *[Unavailable("gone")] * 99, stop_after=6)
    told.run()
    assert len(told.waited) == 6
    assert told.following.summary() == "0 lines of chat; 2 lines without an answer, with which the next run begins"
    again = Told(log, position=told.kept[-1])
    again.run()
    assert again.taken == [bid(1), bid(2)]
    write(log, bid(3))
    later = Told(log, position=again.kept[-1])
    later.run()
    assert later.taken == [bid(3)]


def test_what_was_said_before_it_is_stopped_is_still_sent(log: Path) -> None:
    """L-10: Ctrl-C ends it after the batch that it has begun."""
    told = Told(log, until_end=False, stop_after=1)
    told.run()
    assert told.taken == [bid(1), bid(2)]
    assert told.kept[-1].offset == log.stat().st_size


# --- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("calls_before", [0, 1, 2])
def test_a_crash_misses_nothing_and_repeats_nothing(calls_before: int, log: Path) -> None:
    """L-10: the next run begins behind the last batch that was answered; what it repeats is known there."""
    log.unlink()
    lines = [bid(number) for number in range(3 * LINES_AT_ONCE)]
    write(log, *lines)
    first = Told(log, *[None] * calls_before, Killed())
    with pytest.raises(Killed):
        first.run()
    second = Told(log, position=first.kept[-1])
    second.taken = first.taken
    second.run()
    assert second.taken == lines
    assert ChatOutcome.REPEATED not in second.following.counts


def test_a_crash_before_the_place_is_kept_repeats_nothing(log: Path) -> None:
    """L-10: the lines are sent again, and known."""
    first = Told(log)

    def keep(position: Position) -> None:
        first.kept.append(position)
        if first.batches:
            raise Killed

    first.following.keep = keep
    with pytest.raises(Killed):
        first.run()
    second = Told(log, position=first.kept[0])
    second.taken = first.taken
    second.run()
    assert second.following.counts == {ChatOutcome.REPEATED: 2}


def test_a_crash_before_the_first_batch_misses_nothing(log: Path) -> None:
    """L-10: where it began is kept as well, or the next run would begin at the end of what was said meanwhile."""
    first = Told(log, Killed(), from_start=False, until_end=False, at={1: lambda: write(log, bid(3))})
    with pytest.raises(Killed):
        first.run()
    second = Told(log, position=first.kept[-1])
    second.run()
    assert second.taken == [bid(3)]


def test_what_is_refused_ends_it(log: Path) -> None:
    """G-8: a key that may not bid is no lost connection."""
    told = Told(log, InvalidValue("owner", "it is nobody", "somebody"))
    with pytest.raises(InvalidValue):
        told.run()
    assert told.waited == [0]
    assert [kept.offset for kept in told.kept] == [0]


# --- what people see --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        (
            ChatReading(
                line=bid(12),
                outcome=ChatOutcome.DONE,
                meaning="bid",
                speaker="Björnulf",
                item="Cloak",
                auction=AuctionId(1),
                detail="12.00 for Björnulf, and leads",
            ),
            "20:15:00 done     Björnulf: bid on Cloak: 12.00 for Björnulf, and leads",
        ),
        (
            ChatReading(line=bid(12), outcome=ChatOutcome.REPEATED, meaning="bid", speaker="Björnulf"),
            "20:15:00 repeated Björnulf: bid",
        ),
        (
            ChatReading(line=bid(12), outcome=ChatOutcome.TALK),
            "20:15:00 talk     Björnulf tells you, 'Cloak 12'",
        ),
        (
            ChatReading(line="Élan tells you, 'hello'", outcome=ChatOutcome.TALK),
            "--:--:-- talk     Élan tells you, 'hello'",
        ),
        (
            ChatReading(line=bid(1), outcome=ChatOutcome.DONE, meaning="loot", item="Cloak", detail="awarded to Élan"),
            "20:15:00 done     loot on Cloak: awarded to Élan",
        ),
    ],
)
def test_a_line_tells_when_who_what_and_what_became_of_it(reading: ChatReading, told: str) -> None:
    """L-10: one line each; what nobody understood is shown as it was said."""
    assert line_of(reading) == told

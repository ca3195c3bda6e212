"""What is followed live: read once a change for all who listen, and sent as it is now (L-11)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps

import pytest

from dkp_core.kernel.errors import Unavailable
from dkp_entrypoints.execution import ShutDown
from dkp_entrypoints.http.live import SEEN_MAX, Topic, event_id, seen_of
from tests.unit.http.auctions_live import OURS, THEIRS, Auctions, changed, followed, last_id, sent, settled, told

ALL = Topic(OURS)
SEVEN = Topic(OURS, frozenset({7}))


def in_a_loop(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    """Run the test in an event loop of its own."""

    @wraps(test)
    def run() -> None:
        asyncio.run(test())

    del run.__wrapped__  # pytest would look through it
    return run


@in_a_loop
async def test_a_newcomer_is_sent_how_things_are() -> None:
    """L-11: one auction, or all that are not over."""
    auctions = Auctions({7: 3, 8: 1, 9: 5}, over={9})
    async with followed(auctions) as live:
        assert await sent(await live.join(SEVEN)) == [(7, 3)]
        assert await sent(await live.join(ALL)) == [(7, 3), (8, 1)]
        assert (await live.join(Topic(THEIRS))).news() == b""


@in_a_loop
async def test_a_change_is_read_once_for_all_who_listen() -> None:
    """L-11: a thousand listeners are no thousand readings, and share the bytes."""
    auctions = Auctions({7: 1})
    async with followed(auctions) as live:
        listeners = await asyncio.gather(*(live.join(SEVEN) for _ in range(1000)))
        assert len(auctions.readings) <= 3
        assert all([await sent(each) == [(7, 1)] for each in listeners])
        auctions.readings.clear()
        live.changed([auctions.change(7)])
        assert all([await sent(each) == [(7, 2)] for each in listeners])
        assert auctions.readings == [frozenset({7})]
        assert len({id(each.board) for each in listeners}) == 1


@in_a_loop
async def test_changes_during_a_reading_lead_to_one_more() -> None:
    """L-11: however many they are."""
    auctions = Auctions({7: 1})
    async with followed(auctions) as live:
        listener = await live.join(SEVEN)
        await sent(listener)
        auctions.readings.clear()
        auctions.reading.clear()
        auctions.go.clear()
        live.changed([auctions.change(7)])
        await asyncio.to_thread(auctions.reading.wait, 10)
        for _ in range(20):
            live.changed([auctions.change(7)])
            await asyncio.sleep(0)
        auctions.go.set()
        await settled(live)
        assert await sent(listener) == [(7, 22)]
        assert auctions.readings == [frozenset({7})] * 2


@in_a_loop
async def test_a_slow_listener_is_sent_the_latest_only() -> None:
    """L-11: what waits for it is bounded by how many auctions there are, not by how long it sleeps."""
    auctions = Auctions({7: 1, 8: 1})
    async with followed(auctions) as live:
        slow = await live.join(ALL)
        await sent(slow)
        for _ in range(50):
            live.changed([auctions.change(7)])
            await settled(live)
        live.changed([auctions.change(8)])
        await settled(live)
        assert len(slow._waiting) == 2
        assert await sent(slow) == [(7, 51), (8, 2)]
        assert slow.news() == b""


@in_a_loop
async def test_nobody_hears_of_what_they_do_not_follow() -> None:
    """L-11, G-1: other auctions are not even read; nor is another guild's of the same id."""
    auctions = Auctions({7: 1, 8: 1})
    async with followed(auctions) as live:
        listener, stranger = await live.join(SEVEN), await live.join(Topic(THEIRS, frozenset({7})))
        await sent(listener)
        auctions.readings.clear()
        live.changed([auctions.change(8)])
        await settled(live)
        assert auctions.readings == []
        live.changed([auctions.change(7)])
        await settled(live)
        assert stranger.news() == b""
        assert await sent(listener) == [(7, 2)]


# --- coming again -----------------------------------------------------------------------------------------------------


@in_a_loop
async def test_who_comes_again_is_sent_what_changed_meanwhile() -> None:
    """L-11: and not what they have seen."""
    auctions = Auctions({7: 1, 8: 1, 9: 4})
    async with followed(auctions) as live:
        first = await live.join(ALL)
        seen = last_id(first.news().decode())
        live.leave(first)
        assert (await live.join(ALL, seen)).news() == b""
        auctions.change(8)
        again = await live.join(ALL, seen)
        events = again.news().decode()
        assert told(events) == [(8, 2)]
        assert seen_of(last_id(events)) == {7: 1, 8: 2, 9: 4}


@in_a_loop
async def test_who_comes_again_hears_of_the_end_they_missed() -> None:
    """L-11: an auction that is over is no more among the current ones, but they saw it open."""
    auctions = Auctions({7: 1, 8: 1})
    async with followed(auctions) as live:
        auctions.change(8)
        auctions.over.add(8)
        again = await live.join(ALL, "7-1.8-1")
        assert told(again.news().decode()) == [(8, 2)]
        assert (await live.join(ALL, "7-1.8-2")).news() == b""
        assert (await live.join(ALL, "7-1.404-2")).news() == b""


@in_a_loop
async def test_an_event_id_says_nothing_of_other_guilds() -> None:
    """G-1: whatever auctions a client says it has seen, it is sent none that its guild does not have."""
    auctions = Auctions({7: 1})
    async with followed(auctions) as live:
        assert (await live.join(Topic(THEIRS), "7-0")).news() == b""
        assert (await live.join(Topic(OURS, frozenset({8})), "7-0")).news() == b""


@in_a_loop
async def test_a_database_that_was_set_back_is_shown_as_it_is() -> None:
    """L-11: an older version than the client has seen is another one too."""
    async with followed(Auctions({7: 2})) as live:
        assert told((await live.join(SEVEN, "7-9")).news().decode()) == [(7, 2)]


@pytest.mark.parametrize(
    "text",
    ["", "7", "7-", "-1", "7-1.", "7-1,8-2", "7-x", "٧-1", "7-" + "9" * 19, "%00", ".".join(["7-1"] * (SEEN_MAX + 1))],
)
def test_an_id_that_is_none_of_ours_says_nothing(text: str) -> None:
    """L-11: the client is sent everything anew."""
    assert seen_of(text) == {}


def test_an_id_says_what_was_seen() -> None:
    """L-11: it is read as it was written; of very many auctions only the last, since it comes back as a header."""
    seen = {7: 3, 12: 40}
    assert event_id(seen) == b"7-3.12-40"
    assert seen_of("7-3.12-40") == seen
    many = dict.fromkeys(range(SEEN_MAX + 5), 1)
    assert list(seen_of(event_id(many).decode())) == list(many)[5:]


# --- what is over -----------------------------------------------------------------------------------------------------


@in_a_loop
async def test_the_end_of_an_auction_is_told_once() -> None:
    """L-11: also where nobody told of it; after that it is left out of the ids."""
    auctions = Auctions({7: 1, 8: 1})
    async with followed(auctions) as live:
        listener = await live.join(ALL)
        await sent(listener)
        auctions.change(8)
        auctions.over.add(8)
        live.missed()
        await settled(live)
        assert await sent(listener) == [(8, 2)]
        live.missed()
        await settled(live)
        assert listener.news() == b""
        live.changed([auctions.change(7)])
        await settled(live)
        events = listener.news().decode()
        assert (told(events), last_id(events)) == ([(7, 2)], "7-2")
        live.changed([auctions.change(8)])  # its award was revoked
        await settled(live)
        assert await sent(listener) == [(8, 3)]


@in_a_loop
async def test_what_one_asks_for_is_no_news_to_others() -> None:
    """L-11: an old auction that somebody looks at is not sent to who follows the current ones."""
    auctions = Auctions({3: 9, 7: 1}, over={3})
    async with followed(auctions) as live:
        listener = await live.join(ALL)
        await sent(listener)
        old = await live.join(Topic(OURS, frozenset({3})))
        assert await sent(old) == [(3, 9)]
        await live.join(ALL, "3-1")
        live.missed()
        await settled(live)
        assert listener.news() == b""


@in_a_loop
async def test_a_newcomer_is_not_told_what_was_over_before() -> None:
    """L-11: even if those who were there learn of it at that moment."""
    auctions = Auctions({7: 1, 8: 1})
    async with followed(auctions) as live:
        early = await live.join(ALL)
        await sent(early)
        auctions.change(8)
        auctions.over.add(8)
        late = await live.join(ALL)
        assert await sent(late) == [(7, 1)]
        assert await sent(early) == [(8, 2)]


@in_a_loop
async def test_a_new_auction_is_told_to_who_follows_all() -> None:
    """L-11: even if its first reader was somebody else, before the change was told."""
    auctions = Auctions({7: 1})
    async with followed(auctions) as live:
        listener = await live.join(ALL)
        await sent(listener)
        change = auctions.change(8)
        await live.join(Topic(OURS, frozenset({8})))
        live.changed([change])
        assert await sent(listener) == [(8, 1)]


# --- what goes wrong --------------------------------------------------------------------------------------------------


@in_a_loop
async def test_a_change_that_nobody_told_of_is_found() -> None:
    """L-11: by another process without fan-out, or lost on the way; a periodic look heals it."""
    auctions = Auctions({7: 1})
    async with followed(auctions, reread_seconds=0.02) as live:
        one, every = await live.join(SEVEN), await live.join(ALL)
        assert await sent(one) == await sent(every) == [(7, 1)]
        auctions.change(7)
        assert await sent(one) == await sent(every) == [(7, 2)]


@in_a_loop
async def test_a_reading_that_fails_is_tried_again() -> None:
    """L-11, O-12: who listens waits, who comes is refused."""
    auctions = Auctions({7: 1})
    async with followed(auctions) as live:
        listener = await live.join(SEVEN)
        await sent(listener)
        auctions.error = Unavailable("away")
        live.changed([auctions.change(7)])
        with pytest.raises(Unavailable):
            await live.join(SEVEN)
        assert not listener.ended
        auctions.error = None
        assert await sent(listener) == [(7, 2)]


@in_a_loop
async def test_a_fault_of_ours_ends_what_it_concerns() -> None:
    """G-8: who comes again is told that something is wrong, rather than to wait for ever."""
    auctions = Auctions({7: 1})
    async with followed(auctions) as live:
        listener = await live.join(SEVEN)
        auctions.error = ZeroDivisionError()
        live.changed([auctions.change(7)])
        await settled(live)
        assert listener.ended
        with pytest.raises(ZeroDivisionError):
            await live.join(SEVEN)
        auctions.error = None
        assert await sent(await live.join(SEVEN)) == [(7, 2)]


@in_a_loop
async def test_who_leaves_while_it_waits_is_forgotten() -> None:
    """L-11: nothing is kept of a guild that nobody follows."""
    auctions = Auctions({7: 1})
    async with followed(auctions) as live:
        auctions.go.clear()
        joining = asyncio.create_task(live.join(SEVEN))
        await asyncio.to_thread(auctions.reading.wait, 10)
        joining.cancel()
        with pytest.raises(asyncio.CancelledError):
            await joining
        assert not live._boards
        auctions.go.set()
        listener = await live.join(SEVEN)
        live.leave(listener)
        assert not live._boards
        live.changed([auctions.change(7)])
        await settled(live)


@in_a_loop
async def test_who_waits_at_the_end_is_refused() -> None:
    """O-12: with what tells them to come again."""
    auctions = Auctions({7: 1})
    async with followed(auctions) as live:
        auctions.go.clear()
        joining = asyncio.create_task(live.join(SEVEN))
        await asyncio.to_thread(auctions.reading.wait, 10)
        second = asyncio.create_task(live.join(SEVEN))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.1, auctions.go.set)
    for each in (joining, second):
        with pytest.raises(ShutDown):
            await each
    live.changed([changed(7)])  # nobody is there

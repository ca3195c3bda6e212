"""Polled lists: read once for all who ask at the same time, and never given out of date (O-16)."""

from __future__ import annotations

import asyncio
import time

import pytest
from attrs import define, field

from dkp_adapters.commits import Commit
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.ids import GuildId
from dkp_entrypoints.http.polling import AGEING_SECONDS, KEPT_MAX, Key, Polls
from dkp_entrypoints.http.reception import Reply

KEY: Key = (b"Bearer x", None, None, b"host", "/api/ranks/", b"")
OURS, THEIRS = GuildId(1), GuildId(2)
BY = Actor(kind=ActorKind.BOT, id="key", entrypoint="http", guild_id=OURS)


def commit(*guilds: GuildId) -> Commit:
    return Commit(guild_ids=frozenset(guilds), changed=(), deliveries=0)


@define
class Source:
    """What is read, and how often it was."""

    readings: int = 0
    known: list[Reply | None] = field(factory=list)
    wait: asyncio.Event | None = None

    async def read(self, known: Reply | None) -> Reply:
        self.readings += 1
        self.known.append(known)
        number = self.readings
        if self.wait is not None:
            await self.wait.wait()
        return Reply(status=200, body=str(number).encode(), etag=f'"{number}"', by=BY)


def test_those_who_ask_at_once_share_one_reading() -> None:
    """O-16: checks that arrive together are asked together."""

    async def main() -> None:
        polls, source = Polls(), Source(wait=asyncio.Event())
        asking = [asyncio.create_task(polls.ask(KEY, source.read)) for _ in range(20)]
        await asyncio.sleep(0)
        assert source.wait is not None
        source.wait.set()
        replies = await asyncio.gather(*asking)
        assert {reply.body for reply in replies} == {b"1"}
        assert (await polls.ask(KEY, source.read)).body == b"1"
        assert source.readings == 1

    asyncio.run(main())


def test_a_reply_grows_old() -> None:
    """O-16: after its time it is read anew, given what was answered before."""

    async def main() -> None:
        polls, source = Polls(fresh_seconds=0.0), Source()
        first = await polls.ask(KEY, source.read)
        second = await polls.ask(KEY, source.read)
        assert (first.body, second.body) == (b"1", b"2")
        assert source.known == [None, first]

    asyncio.run(main())


def test_an_ageing_reply_is_renewed_before_it_is_too_old() -> None:
    """O-16: while the old one is still given, so that nobody has to wait."""

    async def main() -> None:
        polls, source = Polls(fresh_seconds=10), Source()
        await polls.ask(KEY, source.read)
        later = time.monotonic() + AGEING_SECONDS + 0.001
        reply = polls.fresh(KEY, later)
        assert reply is not None
        assert reply.body == b"1"
        assert polls.fresh(KEY, later) is reply  # one reading is under way, not another
        await asyncio.sleep(0.001)
        renewed = polls.fresh(KEY, time.monotonic())
        assert renewed is not None
        assert renewed.body == b"2"
        assert source.readings == 2

    asyncio.run(main())


@pytest.mark.parametrize(("guilds", "holds"), [((OURS,), False), ((GuildId(0),), False), ((THEIRS,), True)])
def test_a_commit_in_the_guild_ends_it(guilds: tuple[GuildId, ...], holds: bool) -> None:
    """O-16: the process's own commits drop it at once; those of other guilds do not."""

    async def main() -> None:
        polls, source = Polls(fresh_seconds=10), Source()
        await polls.ask(KEY, source.read)
        polls.committed(commit(*guilds))
        assert (polls.fresh(KEY, time.monotonic()) is not None) is holds

    asyncio.run(main())


def test_nobody_joins_a_reading_from_before_a_commit() -> None:
    """O-16: it may have missed what was committed meanwhile, and is not kept either."""

    async def main() -> None:
        polls, source = Polls(fresh_seconds=10), Source(wait=asyncio.Event())
        before = asyncio.create_task(polls.ask(KEY, source.read))
        await asyncio.sleep(0)
        polls.committed(commit(OURS))
        after = asyncio.create_task(polls.ask(KEY, source.read))
        await asyncio.sleep(0)
        assert source.wait is not None
        source.wait.set()
        assert ((await before).body, (await after).body) == (b"1", b"2")
        kept = polls.fresh(KEY, time.monotonic())
        assert kept is not None
        assert kept.body == b"2"

    asyncio.run(main())


def test_who_leaves_does_not_take_the_others_reply_along() -> None:
    """O-16: a client that hangs up ends its own waiting only."""

    async def main() -> None:
        polls, source = Polls(), Source(wait=asyncio.Event())
        leaving, staying = (asyncio.create_task(polls.ask(KEY, source.read)) for _ in range(2))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.sleep(0)
        assert source.wait is not None
        source.wait.set()
        assert (await staying).body == b"1"
        assert leaving.cancelled()

    asyncio.run(main())


def test_a_failure_is_everybodys_and_is_not_kept() -> None:
    """O-12: whoever asks next, asks anew."""

    async def main() -> None:
        polls, source = Polls(), Source()

        async def fail(_: Reply | None) -> Reply:
            await asyncio.sleep(0)
            raise ConnectionError("gone")

        asking = [asyncio.create_task(polls.ask(KEY, fail)) for _ in range(3)]
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [ConnectionError] * 3
        assert (await polls.ask(KEY, source.read)).body == b"1"

    asyncio.run(main())


def test_what_is_kept_is_bounded() -> None:
    """O-19: the oldest goes first."""

    async def main() -> None:
        polls, source = Polls(fresh_seconds=10), Source()
        keys = [(*KEY[:4], f"/api/{number}/", b"") for number in range(KEPT_MAX + 5)]
        for key in keys:
            await polls.ask(key, source.read)
        assert polls.fresh(keys[0], time.monotonic()) is None
        assert polls.fresh(keys[-1], time.monotonic()) is not None
        assert len(polls._kept) == KEPT_MAX

    asyncio.run(main())

"""Transactions in memory: all of it or nothing, one after the other, and nobody sees half of one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import TypeVar

import pytest

from dkp_adapters.commits import Changed, Commit
from dkp_adapters.memory import MemoryInstallation, SettableClock
from dkp_adapters.memory import installation as installation_module
from dkp_core.guilds import Guild
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.errors import InvalidValue, NoSuch, Stale
from dkp_core.kernel.ids import GuildId, PoolId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.ports import AuditFilter
from dkp_core.points import Pool

T = TypeVar("T")


@pytest.fixture
def memory() -> MemoryInstallation:
    """An installation without anything in it."""
    return MemoryInstallation(clock=SettableClock())


def by(guild_id: int = 1) -> Actor:
    """The operator, in that guild."""
    return operator("test", GuildId(guild_id))


def a_pool(memory: MemoryInstallation, name: str = "Main", guild_id: int = 1) -> Pool:
    """A new pool that was not saved yet."""
    return Pool.create(PoolId(memory.ids.next("pool")), GuildId(guild_id), name=name)


def pools(memory: MemoryInstallation, guild_id: int = 1) -> list[str]:
    """The names of a guild's pools, as they are committed."""
    with memory.read(by(guild_id)) as views:
        return [row.name for row in views.pools()]


def events(memory: MemoryInstallation, guild_id: int = 1) -> list[str]:
    """The names of a guild's events, the first first."""
    with memory.read(by(guild_id)) as views:
        return [row.name for row in reversed(views.events(AuditFilter(), page=PageRequest()).results)]


class Stop(Exception):
    """Something goes wrong."""


@contextmanager
def failing(opened: AbstractContextManager[T]) -> Iterator[T]:
    """A block that goes wrong at its end."""
    with suppress(Stop), opened as value:
        yield value
        raise Stop


def test_what_a_normally_left_block_wrote_is_kept(memory: MemoryInstallation) -> None:
    """G-6: the change and the event it causes."""
    with memory.begin(by()) as work:
        work.pools.save(a_pool(memory))
    assert pools(memory) == ["Main"]
    assert events(memory) == ["pool_created"]


def test_what_an_exception_leaves_is_forgotten(memory: MemoryInstallation) -> None:
    """G-6: changes and events, in every table."""
    with failing(memory.begin(by())) as work:
        work.pools.save(a_pool(memory))
        work.deadlines.set("k", "decay", memory.clock.now(), {})
    assert pools(memory) == []
    assert events(memory) == []
    with memory.begin(by()) as work:
        assert work.pools.all() == ()


def test_a_transaction_sees_what_it_wrote_and_nobody_else_does(memory: MemoryInstallation) -> None:
    """G-6: a reader never sees half a transaction."""
    seen_meanwhile: list[list[str]] = []
    with memory.begin(by()) as work:
        work.pools.save(a_pool(memory))
        assert [pool.name for pool in work.pools.all()] == ["Main"]
        reader = threading.Thread(target=lambda: seen_meanwhile.append(pools(memory)))
        reader.start()
        reader.join()
    assert seen_meanwhile == [[]]
    assert pools(memory) == ["Main"]


def test_readers_within_a_scope_see_what_it_wrote(memory: MemoryInstallation) -> None:
    """As on a database: they use the scope's own connection."""
    with memory.scope():
        assert pools(memory) == []
        with memory.begin(by()) as work:
            work.pools.save(a_pool(memory))
        assert pools(memory) == ["Main"]


def test_one_question_is_answered_from_one_moment(memory: MemoryInstallation) -> None:
    """A view looks again at each question, never in between."""
    with memory.read(by()) as views:
        assert views.pools() == ()
        with memory.begin(by()) as work:
            work.pools.save(a_pool(memory))
        assert [row.name for row in views.pools()] == ["Main"]


def test_guilds_do_not_see_each_other(memory: MemoryInstallation) -> None:
    """G-1: every row belongs to one guild."""
    with memory.begin(by(1)) as work:
        mine = a_pool(memory)
        work.pools.save(mine)
    with memory.begin(by(2)) as work:
        assert work.pools.all() == ()
        with pytest.raises(NoSuch):
            work.pools.get(mine.id)
        work.pools.save(a_pool(memory, "MAIN", 2))
    assert (pools(memory, 1), pools(memory, 2)) == (["Main"], ["MAIN"])
    assert (events(memory, 1), events(memory, 2)) == (["pool_created"], ["pool_created"])


def test_who_acts_in_no_guild_begins_no_guilds_work(memory: MemoryInstallation) -> None:
    """The port `Begin`: InvalidValue when `by` acts in no guild."""
    with pytest.raises(InvalidValue), memory.begin(operator("test")):
        raise AssertionError("it began")


def test_who_acts_in_no_guild_reads_the_installation(memory: MemoryInstallation) -> None:
    """The port `Read`: without a guild, the views of the installation."""
    with memory.begin_installation(operator("test")) as work:
        guild = Guild.found(GuildId(1), name="Nightfall", slug=None, timezone="UTC", at=memory.clock.now())
        work.guilds.save(guild)
    with memory.read(operator("test")) as views:
        assert [row.slug for row in views.guilds()] == ["nightfall"]
        assert views.pools() == ()
    assert events(memory) == ["guild_founded"]


def test_a_save_must_know_the_version_that_is_kept(memory: MemoryInstallation) -> None:
    """Stale: it was saved by somebody else first; what was loaded before does not overwrite it."""
    with memory.begin(by()) as work:
        work.pools.save(a_pool(memory))
    with memory.begin(by()) as work:
        loaded = work.pools.named("main")
    assert (loaded.version, loaded.pending) == (1, ())
    with memory.begin(by()) as work:
        work.pools.save(loaded.change(name="First"))
    with pytest.raises(Stale), memory.begin(by()) as work:
        work.pools.save(loaded.change(name="Second"))
    assert pools(memory) == ["First"]
    with pytest.raises(Stale), memory.begin(by()) as work:
        work.pools.save(Pool.create(loaded.id, GuildId(1), name="Third"))


def test_writers_take_turns_and_lose_nothing(memory: MemoryInstallation) -> None:
    """P-13: any number of writers, no lost update."""
    with memory.begin(by()) as work:
        work.pools.save(a_pool(memory, "0"))

    def count_up() -> None:
        for _ in range(25):
            with memory.begin(by()) as work:
                (pool,) = work.pools.all()
                work.pools.save(pool.change(name=str(int(pool.name) + 1)))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pools(memory) == ["100"]


def test_who_waits_too_long_for_a_turn_is_told_to_try_again(
    memory: MemoryInstallation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stale: as a database's lock timeout."""
    monkeypatch.setattr(installation_module, "LOCK_SECONDS_MAX", 0.01)
    refused: list[Exception] = []

    def write() -> None:
        try:
            with memory.begin(by()) as work:
                work.pools.save(a_pool(memory))
        except Stale as stale:
            refused.append(stale)

    with memory.begin(by()):
        other = threading.Thread(target=write)
        other.start()
        other.join()
    assert len(refused) == 1
    write()
    assert pools(memory) == ["Main"]


def test_what_a_unit_of_work_handed_out_ends_with_it(memory: MemoryInstallation) -> None:
    """It could otherwise write into what is committed."""
    with memory.begin(by()) as work:
        kept = work.pools
    for use in (kept.all, lambda: kept.save(a_pool(memory)), lambda: work.guilds.named("x")):
        with pytest.raises(AssertionError, match="the unit of work is over"):
            use()
    with failing(memory.begin(by())) as work:
        kept = work.pools
    with pytest.raises(AssertionError, match="the unit of work is over"):
        kept.all()


def test_units_of_work_join_the_scope_around_them(memory: MemoryInstallation) -> None:
    """ARCHITECTURE: the use case and the once-only mark share one transaction."""
    with memory.scope():
        with memory.begin(by(1)) as work:
            work.pools.save(a_pool(memory))
        with memory.begin(by(2)) as work:
            work.pools.save(a_pool(memory, guild_id=2))
        with memory.begin(by(1)) as work:
            assert [pool.name for pool in work.pools.all()] == ["Main"]
    assert (pools(memory, 1), pools(memory, 2)) == (["Main"], ["Main"])


def test_an_exception_out_of_a_scope_takes_all_of_it_back(memory: MemoryInstallation) -> None:
    """ARCHITECTURE: one transaction, however many units of work."""
    with failing(memory.scope()):
        with memory.begin(by(1)) as work:
            work.pools.save(a_pool(memory))
        with memory.begin(by(2)) as work:
            work.pools.save(a_pool(memory, guild_id=2))
    assert (pools(memory, 1), pools(memory, 2)) == ([], [])


def test_a_unit_that_failed_takes_its_scope_along(memory: MemoryInstallation) -> None:
    """Even where somebody catches the exception; and nothing more can be begun in it."""
    with memory.scope():
        with memory.begin(by()) as work:
            work.pools.save(a_pool(memory))
        with pytest.raises(Stop), memory.begin(by()):
            raise Stop
        with pytest.raises(AssertionError, match="the whole scope was rolled back"), memory.begin(by()):
            raise AssertionError("it began")
    assert pools(memory) == []


def test_a_scope_can_be_taken_back_for_a_dry_run(memory: MemoryInstallation) -> None:
    """I-3: `--dry-run` shows what would change, and nothing does."""
    with memory.scope() as scope:
        with memory.begin(by()) as work:
            work.pools.save(a_pool(memory))
        scope.roll_back()
        with pytest.raises(AssertionError, match="the whole scope was rolled back"), memory.begin(by()):
            raise AssertionError("it began")
    assert pools(memory) == []


def test_a_refusal_that_is_raised_after_its_unit_of_work_may_be_kept(memory: MemoryInstallation) -> None:
    """ARCHITECTURE: what is judged and stored inside, and raised after, is committed where the scope says so."""

    def refuse() -> None:
        with memory.begin(by()) as work:
            work.pools.save(a_pool(memory))
        raise NoSuch("reason", "none")

    with pytest.raises(NoSuch), memory.scope():
        refuse()
    assert pools(memory) == []
    with pytest.raises(NoSuch), memory.scope(keep_refusals=True):
        refuse()
    assert pools(memory) == ["Main"]


def test_a_refusal_out_of_a_unit_of_work_is_never_kept(memory: MemoryInstallation) -> None:
    """ARCHITECTURE: exception means rollback."""

    def refuse() -> None:
        with memory.begin(by()) as work:
            work.pools.save(a_pool(memory))
            raise NoSuch("reason", "none")

    with pytest.raises(NoSuch), memory.scope(keep_refusals=True):
        refuse()
    assert pools(memory) == []


def test_a_thread_has_one_scope_at_a_time(memory: MemoryInstallation) -> None:
    """ARCHITECTURE: exactly one; another thread has its own."""
    with memory.scope(), pytest.raises(AssertionError, match="a scope open already"), memory.scope():
        raise AssertionError("it opened")
    with memory.scope():
        other = threading.Thread(target=lambda: pools(memory))
        other.start()
        other.join()


def test_after_a_failure_the_next_one_has_its_turn(memory: MemoryInstallation) -> None:
    """The lock is given back, whatever happened."""
    for _ in range(3):
        with failing(memory.begin(by())):
            pass
        with failing(memory.scope()):
            memory.current_transaction()
    with memory.begin(by()) as work:
        work.pools.save(a_pool(memory))
    assert pools(memory) == ["Main"]


def test_what_must_happen_with_the_use_case_needs_a_scope(memory: MemoryInstallation) -> None:
    """An answered request, a delivery that is done."""
    with pytest.raises(AssertionError, match="this needs a scope"):
        memory.current_transaction()


def test_commits_are_told_to_who_asked(memory: MemoryInstallation) -> None:
    """ARCHITECTURE: the (aggregate, version) of events goes to a fan-out, after the commit."""
    told: list[Commit] = []
    memory.after_commit(told.append)
    pool = a_pool(memory)
    with memory.begin(by()) as work:
        work.pools.save(pool)
        assert told == []
    (commit,) = told
    assert commit == Commit(
        guild_ids=frozenset({GuildId(1)}),
        changed=(Changed(guild_id=GuildId(1), aggregate="pool", aggregate_id=str(pool.id), version=1),),
        deliveries=0,
    )


def test_nobody_is_told_of_what_was_rolled_back(memory: MemoryInstallation) -> None:
    """ARCHITECTURE: after commit."""
    told: list[Commit] = []
    memory.after_commit(told.append)
    with failing(memory.begin(by())) as work:
        work.pools.save(a_pool(memory))
    with memory.scope():
        pass
    assert told == []


def test_a_listener_that_fails_does_not_undo_what_is_committed(
    memory: MemoryInstallation, caplog: pytest.LogCaptureFixture
) -> None:
    """It is committed: an error now would have the caller do it again."""
    told: list[Commit] = []

    def fail(_: Commit) -> None:
        raise Stop

    memory.after_commit(fail)
    memory.after_commit(told.append)
    with memory.begin(by()) as work:
        work.pools.save(a_pool(memory))
    assert len(told) == 1
    assert "a listener failed" in caplog.text


@contextmanager
def entered(memory: MemoryInstallation) -> Iterator[None]:
    """A guild that is founded and worked in, in one transaction."""
    with memory.begin_installation(operator("test")) as work:
        guild_id = GuildId(memory.ids.next("guild"))
        work.guilds.save(Guild.found(guild_id, name="Nightfall", slug=None, timezone="UTC", at=memory.clock.now()))
        work.enter(guild_id).pools.save(a_pool(memory, guild_id=guild_id))
        yield


def test_a_guild_is_founded_and_entered_in_one_transaction(memory: MemoryInstallation) -> None:
    """A-11: with its first officer, ranks and pool, or not at all."""
    with failing(entered(memory)):
        pass
    with memory.read(operator("test")) as views:
        assert views.guilds() == ()
    with entered(memory):
        pass
    assert pools(memory, 2) == ["Main"]
    assert events(memory, 2) == ["guild_founded", "pool_created"]

"""Fan-out within a process: what is live in a commit reaches who listens, and nothing else does."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import define, field

from dkp_adapters.commits import Changed, Commit
from dkp_adapters.fanout import Hearer, MemoryFanOut
from dkp_adapters.memory import MemoryInstallation
from dkp_core.kernel.ids import GuildId

GUILD = GuildId(3)


@define
class Noted(Hearer):
    """Notes what it is told."""

    told: list[Changed | None] = field(factory=list)

    def changed(self, changed: Sequence[Changed]) -> None:
        self.told += changed

    def missed(self) -> None:
        self.told.append(None)


def changed(aggregate: str, aggregate_id: str = "7", version: int = 2) -> Changed:
    return Changed(guild_id=GUILD, aggregate=aggregate, aggregate_id=aggregate_id, version=version)


def commit(*changes: Changed) -> Commit:
    return Commit(guild_ids=frozenset({GUILD}), changed=changes, deliveries=0)


def test_what_is_live_in_a_commit_is_told() -> None:
    """L-11: auctions; nobody follows a rank."""
    fan_out, noted = MemoryFanOut(), Noted()
    with fan_out.telling(noted):
        fan_out.committed(commit(changed("rank"), changed("auction"), changed("auction", "8")))
    assert noted.told == [changed("auction"), changed("auction", "8")]


def test_who_is_not_there_is_told_nothing() -> None:
    """L-11: before it listens, and after."""
    fan_out, early, late = MemoryFanOut(), Noted(), Noted()
    with fan_out.telling(early):
        fan_out.committed(commit(changed("auction")))
    with fan_out.telling(late):
        pass
    fan_out.committed(commit(changed("auction", "8")))
    assert early.told == [changed("auction")]
    assert late.told == []


def test_every_hearer_is_told() -> None:
    """L-11: however many there are, until each leaves."""
    fan_out, one, other = MemoryFanOut(), Noted(), Noted()
    with fan_out.telling(one):
        with fan_out.telling(other):
            fan_out.committed(commit(changed("auction")))
        fan_out.committed(commit(changed("auction", "8")))
    assert [len(each.told) for each in (one, other)] == [2, 1]


def test_an_installation_tells_its_fan_out_of_each_commit() -> None:
    """L-11: the same callback that every store has."""
    fan_out, noted = MemoryFanOut(), Noted()
    memory = MemoryInstallation()
    memory.after_commit(fan_out.committed)
    with fan_out.telling(noted):
        memory._tell(commit(changed("auction")))
    assert noted.told == [changed("auction")]
    assert (fan_out.fault(), fan_out.dropped) == (None, 0)

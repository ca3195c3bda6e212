"""What forty writers do: for each a script that is the same in every run, mixed so that they meet all the time.

Writers come in pairs. What a pair does together, both send at once: the same request twice, or one deed that only one
of them can do.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from attrs import frozen

from tests.integration.whole.busy_guild import (
    ALTS,
    LATE_NAMES,
    MAINS,
    PENDING_NAMES,
    RAIDS,
    STRANGERS,
    UNKNOWN_NAMES,
    BusyGuild,
)

WRITERS: Final = 40
PAIRS: Final = WRITERS // 2
SHARED: Final = 12
"""How often each takes attendance at raids that everybody attends."""

Outcome = bool | int | list[int]
"""What a deed came to: ids of what it made, or whether it was this writer who did what only one could do."""


class Doer(Protocol):
    """Some way into the system; each of its methods comes back when the deed is done or refused for good.

    `key` tells a deed from every other one, and stays the same when it has to be sent again.
    """

    def adjust(self, key: str, amounts: tuple[tuple[int, int], ...]) -> list[int]:
        """Give these users these hundredths; the adjustments' ids."""

    def take_back(self, key: str, adjustment: int) -> bool:
        """Reverse it; False when it was reversed before."""

    def attend(self, key: str, raid: int, tick: int, names: tuple[str, ...]) -> bool:
        """Take attendance; False when the raid was called off before."""

    def hold(self, key: str, event_type: int, day: int) -> int:
        """Record a raid, so many days after the first night, with the key as its note; its id."""

    def call_off(self, key: str, raid: int) -> bool:
        """Cancel the raid; False when it was cancelled before."""

    def enter(self, key: str, name: str, owner: int) -> bool:
        """Put a character on the roster; False when it was there before."""

    def approve(self, key: str, character: int) -> bool:
        """Approve a pending character; False when it was approved before."""


@frozen
class Adjust:
    """Move several balances at once."""

    amounts: tuple[tuple[int, int], ...]

    def do(self, doer: Doer, key: str, guild: BusyGuild, earlier: Mapping[str, Outcome]) -> Outcome:
        """Do it."""
        return doer.adjust(key, tuple((guild.hot[index], amount) for index, amount in self.amounts))


@frozen
class TakeBack:
    """Reverse the first adjustment of an earlier deed of one's own."""

    of: str

    def do(self, doer: Doer, key: str, guild: BusyGuild, earlier: Mapping[str, Outcome]) -> Outcome:
        """Do it."""
        made = earlier[self.of]
        assert isinstance(made, list)
        return doer.take_back(key, made[0])


@frozen
class TakeBackAgreed:
    """Reverse an adjustment that stood before."""

    number: int

    def do(self, doer: Doer, key: str, guild: BusyGuild, earlier: Mapping[str, Outcome]) -> Outcome:
        """Do it."""
        return doer.take_back(key, guild.agreed[self.number])


@frozen
class Attend:
    """Take attendance at a raid that stood before."""

    raid: int
    tick: int
    names: tuple[str, ...]

    def do(self, doer: Doer, key: str, guild: BusyGuild, earlier: Mapping[str, Outcome]) -> Outcome:
        """Do it."""
        return doer.attend(key, guild.raids[self.raid].id, self.tick, self.names)


@frozen
class CallOff:
    """Cancel a raid that stood before."""

    raid: int

    def do(self, doer: Doer, key: str, guild: BusyGuild, earlier: Mapping[str, Outcome]) -> Outcome:
        """Do it."""
        return doer.call_off(key, guild.raids[self.raid].id)


@frozen
class Hold:
    """Record a raid of one's own."""

    event_type: int
    day: int

    def do(self, doer: Doer, key: str, guild: BusyGuild, earlier: Mapping[str, Outcome]) -> Outcome:
        """Do it."""
        return doer.hold(key, guild.event_types[self.event_type], self.day)


@frozen
class AttendOwn:
    """Take attendance at it."""

    of: str
    names: tuple[str, ...]

    def do(self, doer: Doer, key: str, guild: BusyGuild, earlier: Mapping[str, Outcome]) -> Outcome:
        """Do it."""
        return doer.attend(key, own_raid(earlier[self.of]), 1, self.names)


@frozen
class CallOffOwn:
    """Cancel it."""

    of: str

    def do(self, doer: Doer, key: str, guild: BusyGuild, earlier: Mapping[str, Outcome]) -> Outcome:
        """Do it."""
        return doer.call_off(key, own_raid(earlier[self.of]))


@frozen
class Enter:
    """Put a character on the roster whose name waits in attendance."""

    name: str

    def do(self, doer: Doer, key: str, guild: BusyGuild, earlier: Mapping[str, Outcome]) -> Outcome:
        """Do it."""
        return doer.enter(key, self.name, guild.owners[self.name])


@frozen
class Approve:
    """Approve a character whose name waits in attendance."""

    name: str

    def do(self, doer: Doer, key: str, guild: BusyGuild, earlier: Mapping[str, Outcome]) -> Outcome:
        """Do it."""
        return doer.approve(key, guild.pending[self.name])


Deed = Adjust | TakeBack | TakeBackAgreed | Attend | CallOff | Hold | AttendOwn | CallOffOwn | Enter | Approve


@frozen(kw_only=True)
class Step:
    """One deed of one writer. What is `together` is sent by both of a pair at once; `same` under the same key."""

    writer: int
    label: str
    deed: Deed
    together: bool = False
    same: bool = False

    @property
    def pair(self) -> int:
        """The writer's pair."""
        return self.writer // 2

    @property
    def key(self) -> str:
        """Tells the deed from every other one."""
        return f"pair{self.pair}-{self.label}" if self.same else f"{self.writer}-{self.label}"


def own_raid(outcome: Outcome) -> int:
    """The raid that a writer recorded."""
    assert isinstance(outcome, int)
    return outcome


def script(writer: int) -> tuple[Step, ...]:
    """What that writer does, in this order."""
    pair, chance = divmod(writer, 2)[0], random.Random(writer)
    blocks = _blocks(writer, pair, chance)
    # Both of a pair do the same kinds of things in the same order, or they would wait for each other for ever.
    order = [number for number, block in enumerate(blocks) for _ in block]
    random.Random(f"pair {pair}").shuffle(order)
    left = [iter(block) for block in blocks]
    return tuple(next(left[number]) for number in order)


def scripts() -> dict[int, tuple[Step, ...]]:
    """What each of the forty does."""
    return {writer: script(writer) for writer in range(WRITERS)}


def _blocks(writer: int, pair: int, chance: random.Random) -> list[list[Step]]:
    """What has to happen one after the other; blocks may be mixed."""

    def step(label: str, deed: Deed, *, together: bool = False, same: bool = False) -> Step:
        return Step(writer=writer, label=label, deed=deed, together=together, same=same)

    def hundredths() -> int:
        return chance.randint(1, 9_99)

    given = Adjust(tuple((index, hundredths()) for index in sorted(chance.sample(range(5), 3))))
    # In whatever order: who moves several balances must not deadlock with who moves them the other way round.
    taken = Adjust(tuple((index, -hundredths()) for index in chance.sample(range(5), 3)))
    both = Adjust(((pair % 5, 700 + pair), ((pair + 2) % 5, -300 - pair)))
    own = [
        step("hold", Hold(writer % 2, 40 + writer)),
        step("own", AttendOwn("hold", _crew(chance))),
    ]
    if pair % 3 == 0:
        own.append(step("off", CallOffOwn("hold")))
    return [
        [step("up", given), step("back", TakeBack("up"))],
        [step("down", taken)],
        [step("both", both, together=True, same=True)],
        [step("agreed", TakeBackAgreed(pair), together=True)],
        [step("once", _once(pair), together=True)],
        own,
        *(
            [step(f"shared{number}", Attend((writer + 3 * number) % RAIDS, 1 + number % 2, _crew(chance)))]
            for number in range(SHARED)
        ),
    ]


def _once(pair: int) -> Deed:
    """What only one of the pair (or of two pairs) can do."""
    if pair < len(PENDING_NAMES):
        return Approve(PENDING_NAMES[pair])
    pair -= len(PENDING_NAMES)
    if pair < len(UNKNOWN_NAMES):
        return Enter(UNKNOWN_NAMES[pair])
    return CallOff(RAIDS - 1 - pair % 2)


def _crew(chance: random.Random) -> tuple[str, ...]:
    """Who was there: mains and alts of the same members, names that wait, and now and then a stranger."""
    crew = [*chance.sample(MAINS, 10), *chance.sample(ALTS, 2)]
    crew += chance.sample((*PENDING_NAMES, *UNKNOWN_NAMES), 4)
    crew += chance.sample(LATE_NAMES, 1)
    if chance.random() < 0.2:
        crew.append(chance.choice(STRANGERS))
    chance.shuffle(crew)
    return tuple(crew)


Sink = Callable[[Step, Outcome], None]
"""Who is told of each deed that was answered."""

"""The raid nights of the made-up guild: when they were, what was raided, who came, and the dumps that tell of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from attrs import frozen

from dkp_entrypoints.demo.people import TIMEZONE, Person, Played

DAYS: Final = 90
START: Final = time(20, 0)
TUESDAY, THURSDAY, FRIDAY, SUNDAY = 1, 3, 4, 6

# Who was on the raid and is on no roster: friends, and slips of the pen.
VISITORS: Final = ("Quellamir", "Sturmfried", "Ossandra", "Tíberon")
MISSPELLED: Final = {"Björnulf": "Bjornulf", "Élan": "Elan", "Katlaine": "Katlane"}


@frozen(kw_only=True)
class Night:
    """One raid night, in the guild's local time, with the names at each of its ticks."""

    event_type: str
    begins: datetime
    ticks: tuple[tuple[str, ...], ...]
    cancelled: bool


def nights(
    chance: random.Random, now: datetime, everybody: Sequence[Person], roster: Sequence[Played]
) -> Iterator[Night]:
    """Three or four nights a week over the last 90 days, the oldest first, all of them over by now."""
    here = now.astimezone(ZoneInfo(TIMEZONE)).replace(tzinfo=None)
    days = [here.date() - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    raid_days = [day for day in days if _raided(chance, day) and _begins(day) + timedelta(hours=4) <= here]
    for number, day in enumerate(raid_days):
        begins = _begins(day)
        present = [
            owner
            for owner, person in enumerate(everybody)
            if here.date() - timedelta(days=person.joined_days_ago) <= day and chance.random() < person.reliability
        ]
        hours = chance.choice((2, 3, 3, 4))
        yield Night(
            event_type=_event_type(chance, day),
            begins=begins,
            ticks=tuple(_at_tick(chance, present, roster, tick, hours) for tick in range(hours)),
            cancelled=number == len(raid_days) // 2,
        )


def _raided(chance: random.Random, day: date) -> bool:
    return day.weekday() in (TUESDAY, THURSDAY, SUNDAY) or (day.weekday() == FRIDAY and chance.random() < 0.5)


def _begins(day: date) -> datetime:
    return datetime.combine(day, START)


def _event_type(chance: random.Random, day: date) -> str:
    if day.weekday() == FRIDAY:
        return "Open raid"
    return chance.choice(("Plane of Fear", "Plane of Hate", "Plane of Sky", "Temple of Veeshan"))


def _at_tick(
    chance: random.Random, present: Sequence[int], roster: Sequence[Played], tick: int, ticks: int
) -> tuple[str, ...]:
    """Some come late, some leave early, some play an alt, and a stranger or a misspelling slips in."""
    names = []
    for owner in present:
        if (tick == 0 and chance.random() < 0.12) or (tick == ticks - 1 and chance.random() < 0.1):
            continue
        own = [each.name for each in roster if each.owner == owner]
        name = chance.choice(own[1:]) if len(own) > 1 and chance.random() < 0.06 else own[0]
        names.append(MISSPELLED[name] if name in MISSPELLED and chance.random() < 0.08 else name)
    if chance.random() < 0.12:
        names.append(chance.choice(VISITORS))
    return tuple(dict.fromkeys(names))


# --- dumps ------------------------------------------------------------------------------------------------------------


def dump(chance: random.Random, at: datetime, names: Sequence[str], tick: int) -> tuple[str, bytes]:
    """The file that a client wrote of a tick: its name and content; each tick's comes from another officer's tool."""
    if tick == 0:
        return f"RaidRoster_firiona-{at:%Y%m%d-%H%M%S}.txt", _raid_dump(chance, names)
    if tick == 1:
        return f"RaidTick-{at:%Y-%m-%d_%H-%M-%S}.txt", _raid_tick(chance, at, names)
    return "eqlog_Almaryn_firiona.txt", _who_log(chance, at, names)


def _raid_dump(chance: random.Random, names: Sequence[str]) -> bytes:
    rows = [
        f"{1 + index // 6}\t{name}\t{chance.randint(52, 60)}\tCleric\t{'Raid Leader' if index == 0 else ''}\t\t\tYes\t"
        for index, name in enumerate(names)
    ]
    return ("\r\n".join(rows) + "\r\n").encode()


def _raid_tick(chance: random.Random, at: datetime, names: Sequence[str]) -> bytes:
    stamp = f"{at:%Y-%m-%d_%H-%M-%S}"
    rows = [f"{name}\t{chance.randint(52, 60)}\tWizard\t{stamp}\t1" for name in names]
    return ("\n".join(["Player\tLevel\tClass\tTimestamp\tPoints", *rows]) + "\n").encode()


def _who_log(chance: random.Random, at: datetime, names: Sequence[str]) -> bytes:
    stamp = f"[{at:%a %b %d %H:%M:%S %Y}]"
    rows = [
        f" AFK [60 Warder] {name} (Half Elf) <Demo>"
        if chance.random() < 0.05
        else f"[60 Warlock] {name} (Erudite) <Demo>"
        for name in names
    ]
    lines = [
        "You have slain a thunder spirit!",
        "Players on EverQuest:",
        "---------------------------",
        *rows,
        f"There are {len(names)} players in The Plane of Sky.",
        "Almaryn tells the raid,  'next pull in two minutes'",
    ]
    return "".join(f"{stamp} {line}\r\n" for line in lines).encode()

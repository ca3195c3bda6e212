"""A guild that forty writers work on at once: its people, their characters, the names that wait, and its raids."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from attrs import asdict, frozen

from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.ids import CharacterId, GuildId
from dkp_core.kernel.points import Points
from dkp_core.points import AdjustmentLine
from dkp_core.raids import NamedPresence
from dkp_core.roster import CharacterStatus
from dkp_entrypoints.containers import UseCases

WITH_MAIN: Final = 30
WITH_ALT: Final = 6
PENDING: Final = 8
UNKNOWN: Final = 8
LATE: Final = 20
RAIDS: Final = 10
WORTH: Final = (500, 1250)
"""What a raid of each event type pays at its first tick, in hundredths; the second event type pays into two pools."""
SECOND_TICK: Final = 325
AGREED: Final = 100
FIRST_NIGHT: Final = datetime(2024, 3, 1, 19, 0, tzinfo=UTC)

MAINS: Final = tuple(f"Haupt {number:02}" for number in range(WITH_MAIN))
ALTS: Final = tuple(f"Zweit {number:02}" for number in range(WITH_ALT))
PENDING_NAMES: Final = tuple(f"Wartend {number:02}" for number in range(PENDING))
UNKNOWN_NAMES: Final = tuple(f"Neu {number:02}" for number in range(UNKNOWN))
LATE_NAMES: Final = tuple(f"Spät {number:02}" for number in range(LATE))
STRANGERS: Final = ("Fremd 1", "Fremd 2", "Fremd 3")
FIRST_THERE: Final = MAINS[20:24]
"""Who was noted at each raid's first tick before the writers came, so that no raid is empty."""


@frozen(kw_only=True)
class SharedRaid:
    """A raid that many writers attend at once; `worth` is what each tick pays, in hundredths, in each of its pools."""

    id: int
    pools: tuple[int, ...]
    worth: tuple[int, ...]


@frozen(kw_only=True)
class BusyGuild:
    """The ids of everything in it.

    `owners` says whose each name is, also of names whose characters are pending or not entered yet. Half of those
    belong to members who have a main too, so that a tick may pay one member for either; the others to members who
    have nothing else. `agreed` are adjustments of one point for everybody to take back.
    """

    guild_id: int
    officer: int
    pools: tuple[int, ...]
    event_types: tuple[int, ...]
    members: tuple[int, ...]
    owners: Mapping[str, int]
    pending: Mapping[str, int]
    late: Mapping[str, int]
    raids: tuple[SharedRaid, ...]
    agreed: tuple[int, ...]

    @property
    def by(self) -> Actor:
        """The operator in it."""
        return operator("test", GuildId(self.guild_id))

    @property
    def hot(self) -> tuple[int, ...]:
        """The few members whose balances everybody moves."""
        return self.members[:5]

    @property
    def agreed_of(self) -> int:
        """Whose adjustments are taken back."""
        return self.members[0]

    def worth_of(self, event_type: int) -> tuple[tuple[int, ...], int]:
        """The pools that a raid of that event type (the first or the second) pays into, and how much at a tick."""
        return self.pools[: event_type + 1], WORTH[event_type]

    def to_json(self) -> str:
        """For another process."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> BusyGuild:
        """What another process made."""
        found: dict[str, Any] = json.loads(text)
        raids = tuple(
            SharedRaid(id=raid["id"], pools=tuple(raid["pools"]), worth=tuple(raid["worth"])) for raid in found["raids"]
        )
        tuples = {name: tuple(found[name]) for name in ("pools", "event_types", "members", "agreed")}
        return cls(**{**found, **tuples, "raids": raids})


def busy_guild(cases: UseCases, *, agreed: int) -> BusyGuild:
    """Found it: members with mains and alts, pending characters, raids of two ticks; `agreed` adjustments."""
    founded = cases.found_guild()(
        name="Forty Writers", slug="forty", officer_discord_id=_discord_id(0), officer_username="alma", by=operator("t")
    )
    by = operator("test", founded.guild.id)
    dkp = cases.list_pools()(by=by)[0].id
    other = cases.create_pool()(name="Open raids", by=by).id
    types = [
        cases.create_event_type()(name=name, default_points=Points(worth), pools=pools, by=by).id
        for name, worth, pools in zip(("Fear", "Hate"), WORTH, ((dkp,), (dkp, other)), strict=True)
    ]
    alone = (PENDING + UNKNOWN) // 2 + LATE
    with cases.database().scope():
        members = [
            cases.add_member()(discord_id=_discord_id(number), username=f"user{number}", by=by).user_id
            for number in range(1, WITH_MAIN + alone + 1)
        ]
    owners = dict(zip(MAINS, members, strict=False)) | dict(zip(ALTS, members, strict=False))
    without_main = iter(members[WITH_MAIN:])
    for names, first in ((PENDING_NAMES, 0), (UNKNOWN_NAMES, PENDING // 2)):
        half = len(names) // 2
        owners |= {name: next(without_main) for name in names[:half]}
        owners |= dict(zip(names[half:], members[first:], strict=False))  # who have a main, and some an alt too
    owners |= dict(zip(LATE_NAMES, without_main, strict=True))

    def entered(names: tuple[str, ...], status: CharacterStatus) -> dict[str, int]:
        with cases.database().scope():
            return {
                name: cases.enter_character()(name=name, owner=owners[name], status=status, by=by).id for name in names
            }

    entered(MAINS + ALTS, CharacterStatus.ACTIVE)
    pending = entered(PENDING_NAMES, CharacterStatus.PENDING)
    late = entered(LATE_NAMES, CharacterStatus.PENDING)
    raids = []
    with cases.database().scope():
        for number in range(RAIDS):
            at = FIRST_NIGHT + timedelta(days=number)
            event_type = number % 2
            raid = cases.record_raid()(event_type_id=types[event_type], starts_at=at, by=by)
            cases.add_tick()(raid.id, name="Second", at=at + timedelta(hours=1), points=Points(SECOND_TICK), by=by)
            worth = (WORTH[event_type], SECOND_TICK)
            raids.append(SharedRaid(id=raid.id, pools=tuple(raid.pools), worth=worth))
            there = FIRST_THERE if number else FIRST_THERE + LATE_NAMES
            cases.record_attendance()(raid.id, [NamedPresence(name=name) for name in there], by=by)
        given = cases.adjust_points()(
            [AdjustmentLine(user_id=members[0], amount=Points(AGREED))] * agreed, reason="to be taken back", by=by
        )
    return BusyGuild(
        guild_id=founded.guild.id,
        officer=founded.officer.id,
        pools=(dkp, other),
        event_types=tuple(types),
        members=tuple(members),
        owners={name: int(owner) for name, owner in owners.items()},
        pending=pending,
        late=late,
        raids=tuple(raids),
        agreed=tuple(each.id for each in given),
    )


def approve_late(cases: UseCases, guild: BusyGuild) -> None:
    """Approve all who were noted at the first raid and are pending, at once: a handful for the worker."""
    with cases.database().scope():
        for character_id in guild.late.values():
            cases.approve_character()(CharacterId(character_id), by=guild.by)


def _discord_id(number: int) -> str:
    return str(400_000_000_000_000_000 + number)

"""A guild of a given size in a database, filled through the use cases, and the fixture a load generator needs."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import frozen

from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.sql import schema
from dkp_adapters.sql.database import SqlDatabase
from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.actor import operator
from dkp_core.kernel.points import Points
from dkp_core.points import AdjustmentLine
from dkp_core.raids import NamedPresence
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings

# Near the present, so that the attendance windows hold as many raids as they would in a living guild.
EPOCH = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
CLASSES = [
    "Bard",
    "Beastlord",
    "Berserker",
    "Cleric",
    "Druid",
    "Enchanter",
    "Magician",
    "Monk",
    "Necromancer",
    "Paladin",
    "Ranger",
    "Rogue",
]
EVENTS = (("Plane of Time", "15.00"), ("Temple of Veeshan", "10.00"), ("Vex Thal", "12.50"), ("Sleeper's Tomb", "8.00"))
HEADS = [
    "Ael",
    "Bran",
    "Cor",
    "Dra",
    "El",
    "Fen",
    "Gor",
    "Hal",
    "Ith",
    "Jor",
    "Kal",
    "Lor",
    "Mor",
    "Nor",
    "Os",
    "Par",
    "Quel",
    "Ral",
    "Sar",
    "Tal",
    "Ul",
    "Vor",
    "Wyn",
    "Xan",
    "Yor",
    "Zel",
]
MIDS = ["a", "e", "i", "o", "u", "ai", "ea", "ia", "or", "an", "en", "ir"]
TAILS = ["dan", "dil", "fer", "gar", "las", "mir", "nas", "rak", "ris", "ron", "thas", "tor", "vek", "win", "zar"]


@frozen
class Sizes:
    """How large a guild: active members, raids with 40 attendees, and raids left open to be driven."""

    members: int = 200
    raids: int = 500
    open_raids: int = 3000
    adjustments: int = 3000


@frozen
class Filled:
    """A database with a guild in it, ready to be measured."""

    use_cases: UseCases
    database: SqlDatabase
    clock: SettableClock
    guild_id: int
    fixture: dict[str, object]

    def write(self, path: Path) -> None:
        """Write the fixture where the load generator finds it."""
        path.write_text(json.dumps(self.fixture))


def names(random_: random.Random) -> Iterator[str]:
    """Names that nobody bears twice."""
    seen: set[str] = set()
    while True:
        name = random_.choice(HEADS) + random_.choice(MIDS) + random_.choice(TAILS)
        if name in seen:
            name += random_.choice(MIDS) + random_.choice(TAILS)
        if name not in seen:
            seen.add(name)
            yield name


def fill(url: str, sizes: Sizes, seed: int = 1) -> Filled:
    """Make the database's tables and a guild in it, through the use cases, a scope for many of them at once."""
    schema.upgrade(url)
    random_ = random.Random(seed)
    clock = SettableClock(EPOCH - timedelta(days=1500))
    use_cases = UseCases(settings=Settings(database_url=url))
    use_cases.clock.override(clock)
    database: SqlDatabase = use_cases.database()
    boss = operator("bench")
    founded = use_cases.found_guild()(
        name="Bench", officer_discord_id=str(10**17 - 1), officer_username="officer", by=boss
    )
    by = operator("bench", founded.guild.id)
    named = names(random_)
    members: list[dict[str, object]] = []
    with database.read(by) as views:
        ranks = {row.name: row.id for row in views.ranks()}
        pool = views.pools()[0].id
    for number in range(sizes.members):
        with database.scope():
            group = (
                RoleGroup.MEMBER
                if number % 30 > 2
                else (RoleGroup.OFFICER, RoleGroup.RECRUITER, RoleGroup.DEVELOPER)[number % 30]
            )
            discord_id = str(10**17 + number * 7919)
            member = use_cases.add_member()(
                discord_id=discord_id, username=f"player{number:05}", role_group=group, by=by
            )
            main = next(named)
            for alt in range(1 + random_.choices([0, 1, 2, 3], [40, 35, 18, 7])[0]):
                use_cases.enter_character()(
                    name=next(named) if alt else main,
                    owner=member.user_id,
                    character_class=random_.choice(CLASSES),
                    level=random_.randrange(60, 71),
                    rank_id=ranks["Raider"] if not alt else ranks["Member"],
                    by=by,
                )
            members.append({"id": member.user_id, "discord_id": discord_id, "character": main})
    events = [
        use_cases.create_event_type()(name=name, default_points=Points.of(points), pools=[pool], by=by).id
        for name, points in EVENTS
    ]
    weight = {str(member["character"]): random_.random() ** 1.5 + 0.02 for member in members}
    for number in range(sizes.raids):
        starts_at = EPOCH - timedelta(hours=30 * (sizes.raids - number))
        clock.set(starts_at + timedelta(hours=4))
        crew = sorted(weight, key=lambda name: random_.random() ** (1 / weight[name]), reverse=True)[:40]
        with database.scope():
            raid = use_cases.record_raid()(event_type_id=random_.choice(events), starts_at=starts_at, by=by)
            use_cases.record_attendance()(raid.id, [NamedPresence(name=name) for name in crew], by=by)
    use_cases.create_pool()(name="Progression", by=by)
    use_cases.change_membership()(members[0]["id"], role_group=RoleGroup.OFFICER, by=by)  # type: ignore[arg-type]  # an id
    use_cases.change_membership()(founded.officer.id, status=MembershipStatus.ENDED, by=by)
    clock.set(EPOCH)
    for start in range(0, sizes.adjustments, 500):
        lines = [
            AdjustmentLine(user_id=random_.choice(members)["id"], amount=Points(-random_.randrange(500, 6000)))  # type: ignore[arg-type]  # an id
            for _ in range(min(500, sizes.adjustments - start))
        ]
        use_cases.adjust_points()(lines, reason="Item bought", pool_id=pool, by=by)
    open_raids = []
    clock.set(EPOCH + timedelta(minutes=sizes.open_raids))
    for start in range(0, sizes.open_raids, 250):
        with database.scope():
            for number in range(start, min(start + 250, sizes.open_raids)):
                at = EPOCH + timedelta(minutes=number)
                open_raids.append(use_cases.record_raid()(event_type_id=events[0], starts_at=at, by=by).id)
    key = use_cases.issue_bot_key()(
        name="bench", scopes=("points:read", "points:write", "raids:read", "raids:write", "roster:read"), by=by
    )
    fixture = {
        "token": key.token,
        "pool": pool,
        "members": members,
        "names": [member["character"] for member in members],
        "raids": open_raids,
        "size": {"members": sizes.members, "raids": sizes.raids, "seed": seed},
    }
    return Filled(use_cases, database, clock, founded.guild.id, fixture)

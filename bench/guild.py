"""A guild of a given size in a database, filled through the use cases, and the fixture a load generator needs."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import frozen

from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.sql import schema
from dkp_adapters.sql.database import SqlDatabase
from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.actor import Actor, operator
from dkp_core.kernel.ids import AuctionId, RaidId, UserId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.loot import PlacedBid
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
GRANT = Points.of(1_000_000)  # so that rising bids stay within balances
SCOPES = (
    Permission.POINTS_READ,
    Permission.POINTS_WRITE,
    Permission.RAIDS_READ,
    Permission.RAIDS_WRITE,
    Permission.ROSTER_READ,
    Permission.AUCTIONS_READ,
    Permission.AUCTIONS_WRITE,
    Permission.BIDS_WRITE,
)
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
    """How large a guild: active members, raids with 40 attendees, and raids left open to be driven.

    `items` were auctioned off in those raids; `auctions` are left open, to be bid on.
    """

    members: int = 200
    raids: int = 500
    open_raids: int = 3000
    adjustments: int = 3000
    items: int = 0
    auctions: int = 0


@frozen
class Filled:
    """A database with a guild in it, ready to be measured, and what a load generator needs to know of it."""

    use_cases: UseCases
    database: SqlDatabase
    clock: SettableClock
    guild_id: int
    fixture: dict[str, object]


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


def sell(
    use_cases: UseCases,
    item: str,
    bidders: Sequence[str],
    random_: random.Random,
    *,
    raid_id: RaidId | None = None,
    by: Actor,
) -> None:
    """Auction an item off among one to five of these characters, each bidding more than the last, and award it."""
    auction = use_cases.start_auction()(item=item, raid_id=raid_id, another=True, by=by)
    price = random_.randrange(5, 60)
    for name in random_.sample(bidders, random_.choice((1, 2, 2, 3, 4, 5))):
        use_cases.place_bid()(auction.id, amount=Points.of(price), character=name, by=by)
        price += random_.randrange(1, 12)
    use_cases.award_auction()(auction.id, by=by)


def next_bid(filled: Filled, auctions: Sequence[int], seed: int = 5) -> Callable[[object], PlacedBid]:
    """Places a bid whenever it is called, as a bot does: on each auction in turn, and higher than anybody before."""
    by = operator("bench", filled.guild_id)  # type: ignore[arg-type]  # a guild's id
    members: list[dict[str, str]] = filled.fixture["members"]  # type: ignore[assignment]  # of our making
    place, random_, turns = filled.use_cases.place_bid(), random.Random(seed), itertools.count(len(auctions))

    def bid(_: object) -> PlacedBid:
        amount, which = divmod(next(turns), len(auctions))
        member = random_.choice(members)
        return place(
            AuctionId(auctions[which]),
            amount=Points.of(amount),
            discord_id=member["discord_id"],
            character=member["character"],
            by=by,
        )

    return bid


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
    members: list[dict[str, Any]] = []
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
    everybody: list[UserId] = [member["id"] for member in members]
    pools = (pool, use_cases.create_pool()(name="Progression", by=by).id)
    for each in pools:
        lines = [AdjustmentLine(user_id=user_id, amount=GRANT) for user_id in everybody]
        use_cases.adjust_points()(lines, reason="Benchmark grant", pool_id=each, by=by)
    events = [
        use_cases.create_event_type()(name=name, default_points=Points.of(points), pools=[pool], by=by).id
        for name, points in EVENTS
    ]
    weight = {str(member["character"]): random_.random() ** 1.5 + 0.02 for member in members}
    raided: list[tuple[RaidId, datetime, list[str]]] = []
    for number in range(sizes.raids):
        starts_at = EPOCH - timedelta(hours=30 * (sizes.raids - number))
        clock.set(starts_at + timedelta(hours=4))
        crew = sorted(weight, key=lambda name: random_.random() ** (1 / weight[name]), reverse=True)[:40]
        with database.scope():
            raid = use_cases.record_raid()(event_type_id=random_.choice(events), starts_at=starts_at, by=by)
            use_cases.record_attendance()(raid.id, [NamedPresence(name=name) for name in crew], by=by)
        raided.append((raid.id, starts_at, crew))
    for start in range(0, sizes.items, 100):
        with database.scope():
            for _ in range(start, min(start + 100, sizes.items)):
                raid_id, starts_at, crew = random_.choice(raided)
                clock.set(starts_at + timedelta(minutes=random_.randrange(30, 200)))
                item = f"Relic {random_.randrange(sizes.items // 5 + 1):05}"
                sell(use_cases, item, crew, random_, raid_id=raid_id, by=by)
    use_cases.change_membership()(members[0]["id"], role_group=RoleGroup.OFFICER, by=by)
    use_cases.change_membership()(founded.officer.id, status=MembershipStatus.ENDED, by=by)
    clock.set(EPOCH)
    for start in range(0, sizes.adjustments, 500):
        lines = [
            AdjustmentLine(user_id=random_.choice(everybody), amount=Points(-random_.randrange(500, 6000)))
            for _ in range(min(500, sizes.adjustments - start))
        ]
        use_cases.adjust_points()(lines, reason="Item bought", pool_id=pool, by=by)
    auctions: list[AuctionId] = []
    for start in range(0, sizes.auctions, 250):
        with database.scope():
            numbers = range(start, min(start + 250, sizes.auctions))
            auctions += [use_cases.start_auction()(item=f"Relic of tonight {each:05}", by=by).id for each in numbers]
    open_raids = []
    clock.set(EPOCH + timedelta(minutes=sizes.open_raids))
    for start in range(0, sizes.open_raids, 250):
        with database.scope():
            for number in range(start, min(start + 250, sizes.open_raids)):
                at = EPOCH + timedelta(minutes=number)
                open_raids.append(use_cases.record_raid()(event_type_id=events[0], starts_at=at, by=by).id)
    key = use_cases.issue_bot_key()(name="bench", scopes=SCOPES, by=by)
    fixture = {
        "token": key.token,
        "pool": pool,
        "members": members,
        "names": [member["character"] for member in members],
        "auctions": auctions,
        "raids": open_raids,
        "size": {"members": sizes.members, "raids": sizes.raids, "seed": seed},
    }
    return Filled(use_cases, database, clock, founded.guild.id, fixture)

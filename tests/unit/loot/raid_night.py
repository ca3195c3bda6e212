"""A guild in memory on the night of a raid, with points to spend, for tests of use cases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from attrs import define, field

from dkp_adapters.memory import MemoryDueDeadlines
from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import Actor, ActorKind, job
from dkp_core.kernel.ids import AuctionId, ItemId, PoolId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.loot import Auction, AuctionRow, Award, BidRow, ItemFilter, PlacedBid, Whose
from dkp_core.points import AdjustmentLine
from tests.unit.guild_house import GuildHouse, Person

ALL: PageRequest = PageRequest(1, 200)


@define
class RaidNight:
    """The guild, its members by the names of their mains, and a bot that bids for them."""

    guild: GuildHouse
    people: dict[str, Person] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        for name in ("Aldo", "Bera", "Cato"):
            self.joins(name, "100")
        self.guild.plays(self.guild.officer, "Boss")

    def joins(self, name: str, points: str = "0", role_group: RoleGroup = RoleGroup.MEMBER) -> Person:
        """A new member with a main of that name, and so many points."""
        person = self.guild.joins(f"{name}'s player", role_group)
        self.guild.plays(person, name)
        self.people[name] = person
        self.gets(name, points)
        return person

    def gets(self, name: str, points: str, pool: PoolId | None = None) -> None:
        """So many points more, or fewer."""
        line = AdjustmentLine(user_id=self.people[name].id, amount=Points.of(points))
        if line.amount:
            self.guild.use.adjust_points()([line], reason="raids", pool_id=pool, by=self.guild.officer.by)

    def by(self, name: str) -> Actor:
        """A member themselves."""
        return self.people[name].by

    @property
    def officer(self) -> Actor:
        """The officer."""
        return self.guild.officer.by

    @property
    def bot(self) -> Actor:
        """A bot that bids for members, and is told what their sealed bids hold."""
        return self.a_bot(
            Permission.BIDS_WRITE, Permission.POINTS_READ, Permission.AUCTIONS_READ, Permission.AUCTIONS_WRITE
        )

    def a_bot(self, *permissions: Permission) -> Actor:
        """A bot with these scopes."""
        return Actor(
            kind=ActorKind.BOT,
            id="bot-1",
            entrypoint="test",
            guild_id=self.guild.id,
            permissions=frozenset(permissions),
        )

    def rules(self, **values: object) -> None:
        """The default pool's rules are set so."""
        self.guild.use.set_rules()(self.guild.pool, values, by=self.officer)

    def item(self, name: str = "Spear of Fate") -> ItemId:
        """The item of that name, which may be new."""
        known = self.guild.use.list_items()(ItemFilter(search=name), page=ALL, by=self.officer).results
        return next((row.id for row in known), None) or self.guild.use.enter_item()(name=name, by=self.officer).id

    def starts(self, item: str = "Spear of Fate", quantity: int = 1, **rules: object) -> AuctionId:
        """An auction of that item that opens now, with these rules instead of the pool's."""
        return self.started(item, quantity=quantity, rules=rules).id

    def started(self, item: str = "Spear of Fate", **more: object) -> Auction:
        """An auction of that item."""
        return self.guild.use.start_auction()(item=item, by=self.officer, **more)  # type: ignore[arg-type]  # as given

    def bids(self, name: str, auction: AuctionId, amount: str | None = None, **more: object) -> PlacedBid:
        """A member's own bid, unless `by` says who else makes it."""
        given = {"amount": None if amount is None else Points.of(amount), "by": self.by(name)} | more
        given |= {"ceiling": Points.of(more["ceiling"])} if "ceiling" in more else {}
        return self.guild.use.place_bid()(auction, **given)  # type: ignore[arg-type]  # as given

    def later(self, seconds: float = 1) -> datetime:
        """So many seconds pass."""
        self.guild.clock.advance(timedelta(seconds=seconds))
        return self.guild.clock.now()

    def works(self) -> int:
        """A worker does what is due; answers how much that was."""
        deadlines = MemoryDueDeadlines.of(self.guild.memory)
        due = [each for each in deadlines.claim() if each.kind == "advance_auction"]
        for each in due:
            by = job(each.kind, self.guild.id)
            with self.guild.memory.scope():
                if deadlines.take(each):
                    self.guild.use.advance_auction()(AuctionId(int(str(each.data["auction_id"]))), by=by)
        return len(due)

    def closes(self, auction: AuctionId) -> Auction:
        """The officer closes an auction."""
        return self.guild.use.close_auction()(auction, by=self.officer)

    def awards(self, auction: AuctionId, **more: object) -> tuple[Award, ...]:
        """The officer awards an auction."""
        return self.guild.use.award_auction()(auction, by=self.officer, **more)  # type: ignore[arg-type]  # as given

    def shown(self, auction: AuctionId, by: Actor | None = None) -> AuctionRow:
        """An auction as it is shown."""
        return self.guild.use.show_auction()(auction, by=by or self.officer)

    def listed(self, auction: AuctionId, by: Actor | None = None) -> tuple[BidRow, ...]:
        """The bids of an auction as they are shown, the first first."""
        return self.guild.use.list_bids()(auction, page=ALL, by=by or self.officer).results[::-1]

    def leads(self, auction: AuctionId) -> Mapping[str, str]:
        """Who leads, for whom, with which amount."""
        return {row.character: str(row.amount) for row in self.shown(auction).leaders}

    def results(self, auction: AuctionId) -> Mapping[str, str]:
        """Who won, for how much."""
        return {row.character: str(row.price) for row in self.shown(auction).results}

    def has(self, name: str) -> tuple[str, str, str]:
        """Current, held and available points of a member, as the member sees them."""
        person = self.people[name]
        row = self.guild.use.show_balance()(person.id, self.guild.pool, by=person.by)
        return str(row.current), str(row.held), str(row.available)

    def seems(self, name: str) -> tuple[str, str, str]:
        """The same as others see them."""
        row = self.guild.use.show_balance()(self.people[name].id, self.guild.pool, by=self.officer)
        return str(row.current), str(row.held), str(row.available)

    def told(self, *events: str) -> list[str]:
        """Names of these kinds of events that were stored, the first first."""
        rows = self.guild.use.show_audit_log()(AuditFilter(), page=ALL, by=self.officer).results
        return [row.name for row in reversed(rows) if row.name in events]


def whose(person: Person) -> Whose:
    """That person."""
    return Whose(user_id=person.id)

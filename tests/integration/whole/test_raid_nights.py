"""Whole raids at random, in memory and in a database side by side: whatever happens, both tell the same (L-5, L-7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql.database import SqlDatabase
from dkp_core.accounts import RoleGroup, permissions_of
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.ids import AuctionId, AwardId, GuildId, ItemId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.loot import AuctionFilter, AwardFilter, ItemFilter, Tier, Whose
from dkp_core.loot.awarding import BidElsewhere
from dkp_core.points import AdjustmentLine, HistoryFilter, StandingsFilter
from dkp_core.raids import NamedPresence
from dkp_entrypoints.containers import UseCases
from tests.integration.whole.side_by_side import Refused, SideBySide, Store, opened
from tests.services import Engine

TONIGHT: Final = datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
ALL: Final = PageRequest(1, 500)
NIGHTS: Final[dict[Engine, int]] = {"sqlite": 20, "postgresql": 4, "mariadb": 3}
STEPS: Final = 30

MAINS: Final = ("Aldo", "Bera", "Cato", "Dido")
POINTS: Final = ("120", "60", "33.50", "15")
ITEMS: Final = ("Spear of Fate", "Cloak of Flames", "Mana Robe")
MODES: Final = ("open", "open", "open", "sealed_first_price", "sealed_second_price", "fixed_price_roll")
RULES: Final[tuple[dict[str, object], ...]] = (
    {},
    {},
    {"seconds": 60, "anti_snipe_seconds": 30},
    {"seconds": 60, "award_at_close": True},
    {"seconds": 60, "freeze_after_outage_seconds": 120},
    {"minimum": "10", "increment": "5"},
    {"floor": "5"},
    {"all_in": False},
    {"copies_each": 2},
    {"attendees_only": True},
    {"attendance_at_least": 50},
    {"attendance_caps": [{"from_percent": 0, "at_most": "20"}, {"from_percent": 50, "at_most": None}]},
    {"trial_cap": "10"},
    {"trials": False},
    {"limits": [{"items": 1, "per": "night", "over": "1"}]},
    {"limits": [{"items": 1, "per": "raid"}]},
    {"mains_first": True},
    {"alt_limit": "20", "box_multiplier": "0.50"},
    {"ties": ["attendance", "roll"]},
    {"second_price_adds": "0"},
    {"phases": [{"tiers": ["main"], "minimum": "10", "seconds": 30}, {"seconds": 60}]},
)
LINES: Final = (
    "{who} tells you, '{item} {amount}'",
    "{who} tells the raid,  '{amount}'",
    "{who} tells the raid,  '{item} {amount} alt'",
    "{who} tells you, '{item} max {amount}'",
    "{who} tells you, '{item} cancel'",
    "{who} tells the raid,  'good fight'",
    "You tell your raid, '{item} bids please'",
    "You tell your raid, '{item} bids please 2'",
    "You tell your raid, '{item} closed'",
    "You tell your raid, 'grats {who} {item} {amount}'",
    "--{who} has looted a {item}.--",
)

amounts: Final = st.integers(1, 40).map(str) | st.sampled_from(("0", "7.25", "33.50", "60", "100", "120"))
someone: Final = st.integers(0, len(MAINS) - 1)
which: Final = st.integers(0, 2)
reasons: Final = st.sampled_from(("", "a mistake", "a mistake"))


@frozen(kw_only=True)
class Drawn:
    """A bid: who makes it, in which of the last auctions, how."""

    which: int
    who: int
    amount: str | None
    ceiling: str | None
    copies: int
    tier: Tier | None
    way: str


several_bids: Final = st.lists(
    st.builds(
        Drawn,
        which=which,
        who=someone,
        amount=amounts | amounts | st.none(),
        ceiling=st.none() | st.none() | amounts,
        copies=st.sampled_from((1, 1, 1, 1, 2)),
        tier=st.sampled_from((None, None, None, Tier.ALT, Tier.BOX)),
        way=st.sampled_from(("own", "own", "own", "bot", "officer", "alt", "stranger")),
    ),
    min_size=1,
    max_size=6,
)


class RaidNights(RuleBasedStateMachine):
    """One night of a guild: everything that officers, members, bots and the clock do to its auctions."""

    database: SqlDatabase
    nights: Iterator[int]
    auctions: list[AuctionId]

    def __init__(self) -> None:
        super().__init__()
        night = next(self.nights)
        clock = self.database.clock
        assert isinstance(clock, SettableClock)
        clock.set(TONIGHT)
        self.guild = SideBySide((Store.in_memory(night, clock), Store.in_database(night, self.database)))
        self.do = self.guild.do
        self.found(night)

    def found(self, night: int) -> None:
        """Four members with points of their own, one with an alt, one on trial; a raid that two of them attended."""
        founded = self.do(
            lambda use: use.found_guild()(
                name=f"Night {night}",
                officer_discord_id=_discord_id(night, 9),
                officer_username="Boss",
                by=operator("test"),
            )
        )
        self.id = GuildId(founded.guild.id)
        self.operator = operator("test", self.id)
        self.officer = self.person(founded.officer.id, RoleGroup.OFFICER)
        scopes = frozenset((Permission.BIDS_WRITE, Permission.AUCTIONS_WRITE, Permission.POINTS_READ))
        self.bot = Actor(kind=ActorKind.BOT, id="bot", entrypoint="test", guild_id=self.id, permissions=scopes)
        self.pool = self.do(lambda use: use.list_pools()(by=self.operator))[0].id
        self.people: list[Actor] = []
        for number, (name, points) in enumerate(zip(MAINS, POINTS, strict=True)):
            self.joins(_discord_id(night, number), name, points)
        owner = self.people[1].user_id
        self.do(lambda use: use.enter_character()(name="Beralt", owner=owner, by=self.officer).id)
        self.guild.each(self.begin_trial)
        event_type = self.do(
            lambda use: use.create_event_type()(name="Fear", default_points=Points.of(3), by=self.officer)
        ).id
        self.raid = self.do(
            lambda use: use.record_raid()(event_type_id=event_type, starts_at=TONIGHT, by=self.officer)
        ).id
        present = [NamedPresence(name=name) for name in MAINS[:2]]
        self.do(lambda use: use.record_attendance()(self.raid, present, by=self.officer)[0])
        self.do(lambda use: use.set_rules()(self.pool, {"fixed_price_rolls": True}, by=self.officer))
        self.auctions = [self.do(lambda use: use.start_auction()(item=ITEMS[0], by=self.officer)).id]
        self.discord_ids = [_discord_id(night, number) for number in range(len(MAINS))]

    def joins(self, discord_id: str, name: str, points: str) -> None:
        """A member with a main of that name and so many points."""
        joined = self.do(lambda use: use.add_member()(discord_id=discord_id, username=name, by=self.officer))
        person = self.person(joined.user_id, RoleGroup.MEMBER)
        self.people.append(person)
        self.do(lambda use: use.enter_character()(name=name, owner=person.user_id, by=self.officer).id)
        self.pay(person, points)

    def begin_trial(self, store: Store) -> None:
        """One of the members is on trial."""
        with store.database.begin(self.officer) as work:
            work.memberships.save(evolve(work.memberships.get(self.user(2)), trial=True))

    def person(self, user_id: UserId, role_group: RoleGroup) -> Actor:
        """A user as the actor they are."""
        return Actor(
            kind=ActorKind.USER,
            id=str(user_id),
            entrypoint="test",
            guild_id=self.id,
            user_id=user_id,
            permissions=permissions_of(role_group, trial=False, public_roster=False, trials_bid=False),
        )

    def pay(self, person: Actor, points: str) -> None:
        """So many points more, or fewer."""
        line = AdjustmentLine(user_id=person.user_id, amount=Points.of(points))
        self.do(lambda use: [row.id for row in use.adjust_points()([line], reason="raids", by=self.officer)])

    def auction(self, number: int) -> AuctionId:
        """One of the auctions, a late one rather than an early one."""
        return self.auctions[-1 - number % len(self.auctions)]

    @initialize(values=st.sampled_from(RULES))
    def has_rules(self, values: dict[str, object]) -> None:
        """The night's auctions follow these rules unless they have their own."""
        self.do(lambda use: use.set_rules()(self.pool, values, by=self.officer).values)

    # --- auctions -----------------------------------------------------------------------------------------------------

    @rule(
        item=st.sampled_from(ITEMS),
        quantity=st.sampled_from((1, 1, 1, 2, 3)),
        mode=st.sampled_from(MODES),
        own=st.sampled_from(({}, *RULES)),
        in_raid=st.booleans(),
        another=st.booleans(),
        opens_in=st.sampled_from((0, 0, 0, 20)),
    )
    def start(self, item: str, quantity: int, in_raid: bool, another: bool, opens_in: int, **drawn: Any) -> None:
        """Put something up for bidding."""
        rules = {**drawn["own"], "mode": drawn["mode"]}
        opens_at = self.now() + timedelta(seconds=opens_in) if opens_in else None
        started = self.do(
            lambda use: use.start_auction()(
                item=item,
                quantity=quantity,
                raid_id=self.raid if in_raid else None,
                rules=rules,
                opens_at=opens_at,
                another=another,
                by=self.officer,
            )
        )
        if not isinstance(started, Refused):
            self.auctions.append(started.id)

    @rule(
        which=which,
        way=st.sampled_from(("freeze", "resume", "resume", "extend", "cancel")),
        seconds=st.sampled_from((None, -5, 10, 90)),
        reason=reasons,
    )
    def intervene(self, which: int, way: str, seconds: int | None, reason: str) -> None:
        """Stop the clock of one, let it go on, move its close, or call it off."""
        auction_id = self.auction(which)
        closes_at = None if seconds is None else self.now() + timedelta(seconds=seconds)
        deeds: dict[str, Callable[[UseCases], Any]] = {
            "freeze": lambda use: use.freeze_auction()(auction_id, reason=reason, by=self.officer),
            "resume": lambda use: use.resume_auction()(auction_id, by=self.bot),
            "extend": lambda use: use.extend_auction()(auction_id, closes_at=closes_at, by=self.officer),
            "cancel": lambda use: use.cancel_auction()(auction_id, reason=reason, by=self.officer),
        }
        self.do(deeds[way])

    @rule(seconds=st.sampled_from((1, 15, 31, 61, 300)))
    def time_passes(self, seconds: int) -> None:
        """And the worker does what is due."""
        self.guild.later(timedelta(seconds=seconds))
        self.guild.each(lambda store: store.work(self.id))

    # --- bids ---------------------------------------------------------------------------------------------------------

    @rule(bids=several_bids)
    def bid(self, bids: list[Drawn]) -> None:
        """Bid, raise or lower: oneself, or through a bot or an officer."""
        for drawn in bids:
            self.bid_once(drawn)

    @rule(bids=several_bids)
    def bid_on(self, bids: list[Drawn]) -> None:
        """Most of what happens is bidding."""
        self.bid(bids)

    def bid_once(self, drawn: Drawn) -> None:
        """Ask first, then bid."""
        ways: dict[str, dict[str, Any]] = {
            "own": {"by": self.people[drawn.who]},
            "alt": {"by": self.people[1], "character": "Beralt"},
            "bot": {"by": self.bot, "discord_id": self.discord_ids[drawn.who]},
            "officer": {"by": self.officer, "character": MAINS[drawn.who]},
            "stranger": {"by": self.bot, "discord_id": "123456789012345678"},
        }
        auction_id = self.auction(drawn.which)
        more = {
            "amount": _points(drawn.amount),
            "ceiling": _points(drawn.ceiling),
            "copies": drawn.copies,
            "tier": drawn.tier,
            **ways[drawn.way],
        }
        self.do(lambda use: use.validate_bid()(auction_id, **more))
        self.do(lambda use: use.place_bid()(auction_id, **more))

    @rule(which=which, who=someone, by_bot=st.booleans())
    def withdraw(self, which: int, who: int, by_bot: bool) -> None:
        """Take a bid back."""
        by, character = (self.bot, MAINS[who]) if by_bot else (self.people[who], "")
        self.do(lambda use: use.withdraw_bid()(self.auction(which), character=character, by=by))

    @rule(
        item=st.sampled_from(ITEMS), who=someone, ceiling=amounts, alt=st.booleans(), stays=st.sampled_from((1, 1, 0))
    )
    def leave_a_bid(self, item: str, who: int, ceiling: str, alt: bool, stays: int) -> None:
        """For an auction to come; or take it back."""
        item_id, person = self.item(item), self.people[who]
        character = "Beralt" if alt and who == 1 else ""
        if stays:
            most = Points.of(ceiling)
            self.do(lambda use: use.leave_bid()(item_id, ceiling=most, character=character, by=person))
        else:
            self.do(lambda use: use.take_bid_back()(item_id, by=person))

    @rule(
        who=someone,
        points=st.sampled_from(("25", "5.50", "-10", "-40")),
        values=st.sampled_from((None, None, {"refund": "half"}, {"refund": "none"}, {"award_at_close": True})),
    )
    def change_something(self, who: int, points: str, values: dict[str, object] | None) -> None:
        """Points come and go meanwhile, also those that bids hold; and the house changes its rules."""
        if values is None:
            self.pay(self.people[who], points)
        else:
            self.do(lambda use: use.set_rules()(self.pool, values, by=self.officer).values)

    @rule(
        said=st.lists(
            st.tuples(st.sampled_from(LINES), st.sampled_from((*MAINS, "Boss")), st.sampled_from(ITEMS), amounts),
            min_size=1,
            max_size=4,
        ),
        second=st.integers(0, 3),
        dry_run=st.booleans(),
    )
    def chat(self, said: list[tuple[str, str, str, str]], second: int, dry_run: bool) -> None:
        """Lines of a log; some are sent twice."""
        lines = [
            f"[Fri Nov 20 20:15:0{second} 2026] " + line.format(who=who, item=item, amount=amount.partition(".")[0])
            for line, who, item, amount in said
        ]
        read = self.do(
            lambda use: use.read_chat()(lines, owner="Boss", raid_id=self.raid, dry_run=dry_run, by=self.officer)
        )
        if not dry_run and not isinstance(read, Refused):
            known = self.do(lambda use: use.list_auctions()(AuctionFilter(), page=ALL, by=self.officer)).results
            self.auctions = sorted(row.id for row in known)

    # --- closing and awarding -----------------------------------------------------------------------------------------

    @rule(which=which)
    def close(self, which: int) -> None:
        """By hand."""
        self.do(lambda use: use.close_auction()(self.auction(which), by=self.officer))

    @rule(
        which=which,
        passing=st.sets(someone, max_size=2),
        way=st.sampled_from(("", "", "nobody", "free", "overbid")),
        who=someone,
    )
    def award(self, which: int, passing: set[int], way: str, who: int) -> None:
        """To the winners, with some passed over; to nobody, or for free; or although it is not covered."""
        passed = sorted(self.user(number) for number in passing)
        self.do(
            lambda use: use.award_auction()(
                self.auction(which),
                passing_over=passed,
                to_nobody=way == "nobody",
                to=Whose(user_id=self.user(who)) if way == "free" else None,
                allow_overbid=way == "overbid",
                by=self.officer,
            )
        )

    @rule(
        item=st.sampled_from(ITEMS),
        who=st.none() | someone,
        amount=amounts,
        overbid=st.booleans(),
        bids=st.lists(st.tuples(st.sampled_from((*MAINS, "Nemo")), amounts), max_size=2),
    )
    def award_an_item(self, item: str, who: int | None, amount: str, overbid: bool, bids: list[Any]) -> None:
        """Without an auction here."""
        self.do(
            lambda use: use.award_item()(
                item=item,
                to=None if who is None else Whose(user_id=self.user(who)),
                amount=Points.of(amount),
                raid_id=self.raid,
                allow_overbid=overbid,
                bids=[BidElsewhere(whose=Whose(character=name), amount=Points.of(said)) for name, said in bids],
                by=self.bot,
            )
        )

    @rule(
        which=which,
        way=st.sampled_from(("revoke", "move", "return")),
        reason=reasons,
        who=someone,
        amount=st.none() | amounts,
        overbid=st.booleans(),
    )
    def think_again(self, which: int, way: str, reason: str, who: int, amount: str | None, overbid: bool) -> None:
        """Take an award back, give it to somebody else, or return the item."""
        award_id, to, price = self.awarded(which), Whose(user_id=self.user(who)), _points(amount)
        deeds: dict[str, Callable[[UseCases], Any]] = {
            "revoke": lambda use: use.revoke_award()(award_id, reason=reason, by=self.officer),
            "return": lambda use: use.return_item()(award_id, reason=reason, by=self.officer),
            "move": lambda use: use.move_award()(
                award_id, to=to, amount=price, allow_overbid=overbid, reason=reason, by=self.officer
            ),
        }
        self.do(deeds[way])

    # --- what is asked ------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        """What time it is."""
        return self.database.clock.now()

    def user(self, number: int) -> UserId:
        """Whom that number stands for."""
        user_id = self.people[number].user_id
        assert user_id is not None
        return user_id

    def item(self, name: str) -> ItemId:
        """The item of that name; who leaves a bid for one that nobody knew enters it."""
        known = self.do(lambda use: use.find_item()(name, by=self.officer))
        if isinstance(known, Refused):
            known = self.do(lambda use: use.enter_item()(name=name, by=self.officer))
        return ItemId(known.id)

    def awarded(self, number: int) -> AwardId:
        """One of the awards, a late one rather than an early one; there may be none."""
        rows = self.do(lambda use: use.list_awards()(AwardFilter(), page=ALL, by=self.officer)).results
        return AwardId(rows[number % len(rows)].id if rows else 1)

    # --- the same everywhere ------------------------------------------------------------------------------------------

    @invariant()
    def everybody_sees_the_same(self) -> None:
        """P-3, L-7, L-11: whichever store it is in, whoever looks."""
        self.do(self.seen)

    def seen(self, use: UseCases) -> list[Any]:
        """What the guild sees, and each member by themselves."""
        last = self.auctions[-2:]
        return [
            use.list_auctions()(AuctionFilter(), page=ALL, by=self.officer),
            use.list_running_auctions()(by=self.officer),
            [use.list_bids()(each, page=ALL, by=self.people[0]) for each in last],
            use.list_awards()(AwardFilter(), page=ALL, by=self.officer),
            use.show_standings()(self.pool, StandingsFilter(), by=self.officer),
            [use.show_own_loot()(by=person) for person in self.people],
            [use.show_balance()(_id(person), self.pool, by=person) for person in self.people],
        ]

    def seen_at_the_end(self, use: UseCases) -> list[Any]:
        """Everything else."""
        events = use.show_audit_log()(AuditFilter(), page=ALL, by=self.officer).results
        return [
            use.list_items()(ItemFilter(), page=ALL, by=self.officer),
            [use.find_item()(row.name, by=self.officer) for row in self._items(use)],
            [use.show_bid_history()(row.id, page=ALL, by=self.officer) for row in self._items(use)],
            [use.list_bids()(each, page=ALL, by=self.officer) for each in self.auctions],
            [use.list_own_bids()(page=ALL, by=person) for person in self.people],
            [use.show_history()(_id(person), HistoryFilter(), page=ALL, by=person) for person in self.people],
            [use.show_balance()(_id(person), self.pool, by=self.officer) for person in self.people],
            [use.show_max_bid()(by=person) for person in self.people],
            sorted((row.name, row.aggregate_id, str(row.data), row.actor_id, str(row.at)) for row in events),
            [each for each in use.verify()(by=self.operator).differences if each.guild_id == self.id],
        ]

    def _items(self, use: UseCases) -> Any:
        return use.list_items()(ItemFilter(), page=ALL, by=self.officer).results

    def call_off(self, auction_id: AuctionId) -> None:
        """Cancel an auction."""
        self.do(lambda use: use.cancel_auction()(auction_id, by=self.officer))

    def teardown(self) -> None:
        """L-5, P-13: what is kept adds up; once everything is called off, nothing is held any more."""
        *_, differences = self.do(self.seen_at_the_end)
        assert differences == []
        for row in self.do(lambda use: use.list_running_auctions()(by=self.officer)):
            self.call_off(row.id)
        *_, differences = self.do(self.seen_at_the_end)
        assert differences == []
        self.guild.later(timedelta(days=40))
        assert self.guild.each(lambda store: store.work(self.id)) == []
        *_, own, balances = self.do(self.seen)
        assert [each.holds for each in own] == [()] * len(MAINS)
        assert {str(each.held) for each in balances} == {"0.00"}


def _points(text: str | None) -> Points | None:
    return None if text is None else Points.of(text)


def _id(person: Actor) -> UserId:
    assert person.user_id is not None
    return person.user_id


def _discord_id(night: int, number: int) -> str:
    return str(500_000_000_000_000_000 + 10 * night + number)


@pytest.fixture
def database(own_url: str) -> Iterator[SqlDatabase]:
    """A database whose ids are counted as those in memory are."""
    database = opened(own_url, SettableClock(TONIGHT))
    yield database
    database.close()


@pytest.mark.timeout(400)  # a night that goes wrong is cut down to the few steps that matter, for 300 seconds at most
def test_whatever_happens_on_a_raid_night_every_store_tells_the_same(
    database: SqlDatabase, engine_name: Engine
) -> None:
    """L-5, L-7, L-16, P-13: answers, refusals, views, holds, balances and ledger are the same after every step."""

    class Nights(RaidNights):
        """Nights in this database."""

    Nights.database, Nights.nights = database, count()
    run_state_machine_as_test(
        Nights,
        settings=settings(
            max_examples=NIGHTS[engine_name],
            stateful_step_count=STEPS,
            suppress_health_check=list(HealthCheck),
        ),
    )

"""What every adapter of the loot context keeps to, as to how auctions and bids are shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import pytest
from attrs import evolve

from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import AuctionId, AwardId, PoolId, UserId
from dkp_core.kernel.page import PageRequest, ordering_of
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import (
    AUCTION_COLUMNS,
    Auction,
    AuctionFilter,
    AuctionRow,
    AuctionStatus,
    Bidder,
    BiddingRow,
    BidOutcome,
    BidRow,
    BidSource,
    FrozenAuction,
    Hold,
    LeaderRow,
    Mode,
    OpenAuction,
    OwnHoldRow,
    Purse,
    ResultRow,
    Settlement,
    Span,
    Tier,
    Win,
)
from dkp_core.raids import AttendanceShare, Presence
from tests.integration.contracts.loot_deeds import SEALED, Hall
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place, discord_id_of
from tests.integration.contracts.suite import Contract

HOUR: Final = timedelta(hours=1)
PHASES: Final = {"phases": [{"tiers": ["main"], "minimum": "5", "seconds": 60}, {"minimum": "3", "seconds": 30}]}


class LootHall(Contract):
    """A suite that has auctions."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)


class AuctionViewContract(LootHall):
    """The views of auctions."""

    # --- one auction --------------------------------------------------------------------------------------------------

    def test_the_view_shows_what_was_saved(self, hall: Hall) -> None:
        """L-2, G-9: nobody leads yet, and the seed is secret."""
        raid_id = hall.place.raid()
        auction = hall.drafted(
            hall.item("Épée 🐉"),
            quantity=3,
            raid_id=raid_id,
            opens_at=NIGHT + HOUR,
            closes_at=NIGHT + 2 * HOUR,
            rules={"minimum": "2.50", "increment": "0.50", "classes": ["Клирик"]},
        )
        hall.keep(auction)
        row = hall.row(auction.id)
        assert row == AuctionRow(
            id=auction.id,
            item_id=auction.item_id,
            item="Épée 🐉",
            quantity=3,
            raid_id=raid_id,
            pool_id=hall.pool_id,
            status=AuctionStatus.SCHEDULED,
            mode=Mode.OPEN,
            minimum_bid=Points.of("2.50"),
            increment=Points.of("0.50"),
            current_amount=None,
            leader_id=None,
            leader_character=None,
            leaders=(),
            bids=0,
            opens_at=NIGHT + HOUR,
            closes_at=NIGHT + 2 * HOUR,
            phase=1,
            phases=1,
            rules=auction.rules.values(),
            rules_version=3,
            seed_hash=auction.seed_hash,
            seed=None,
            results=(),
            reason="",
            version=1,
        )

    def test_an_unknown_auction_is_not_shown(self, hall: Hall, elsewhere: Place) -> None:
        """G-1."""
        foreign = Hall.of(elsewhere).start()
        with hall.place.views() as views:
            for unknown in (AuctionId(0), foreign):
                with pytest.raises(NoSuch):
                    views.auction(unknown)
                with pytest.raises(NoSuch):
                    views.bids_of_auction(unknown, viewer=None, page=EVERYTHING)
            assert views.auctions(AuctionFilter(), ordering=(), page=EVERYTHING).count == 0
            assert views.running() == ()
            assert views.running([foreign]) == ()

    def test_who_leads_is_shown(self, hall: Hall) -> None:
        """L-11: with what is bid, and never how far they would go."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        auction_id = hall.start()
        hall.bid(auction_id, ann, ceiling="50")
        hall.bid(auction_id, ben, "8")
        row = hall.row(auction_id)
        leader = LeaderRow(user_id=ann, username="Ann", character="Annmain", amount=Points.of(9), copies=1)
        assert row.leaders == (leader,)
        assert (row.current_amount, row.leader_id, row.leader_character) == (Points.of(9), ann, "Annmain")
        assert (row.bids, row.status) == (2, AuctionStatus.OPEN)

    def test_leaders_of_several_copies_stand_by_what_all_see(self, hall: Hall) -> None:
        """L-11, L-14: the order tells nothing of ceilings; who leads with the least is the one to beat."""
        ann, ben, cid, dan = (hall.bidder(name) for name in ("Ann", "Ben", "Cid", "Dan"))
        auction_id = hall.start(quantity=3)
        hall.bid(auction_id, cid, "20")
        hall.bid(auction_id, ann, ceiling="30")
        hall.bid(auction_id, ben, ceiling="40")
        hall.bid(auction_id, dan, "5")
        row = hall.row(auction_id)
        assert [(each.user_id, each.amount) for each in row.leaders] == [
            (cid, Points.of(20)),
            (ann, Points.of(6)),
            (ben, Points.of(6)),
        ]
        assert (row.current_amount, row.leader_id) == (Points.of(6), ben)

    def test_a_frozen_auction_shows_who_leads(self, hall: Hall) -> None:
        """L-16."""
        ann = hall.bidder("Ann")
        auction_id = hall.start()
        hall.bid(auction_id, ann, "5")
        auction = hall.loaded(auction_id)
        assert isinstance(auction, OpenAuction)
        hall.keep(auction.freeze(reason="the network is down", at=NIGHT))
        row = hall.row(auction_id)
        assert (row.status, row.leader_id, row.reason) == (AuctionStatus.FROZEN, ann, "")

    def test_phases_are_counted_from_one(self, hall: Hall) -> None:
        """L-2: each with its own minimum."""
        auction = hall.drafted(rules=PHASES)
        assert isinstance(auction, OpenAuction)
        kept = hall.keep(auction)
        row = hall.row(kept.id)
        assert (row.phase, row.phases, row.minimum_bid) == (1, 2, Points.of(5))
        going_on = auction.next_phase(NIGHT + HOUR, filled=False)
        assert going_on is not None
        hall.keep(evolve(going_on, version=1))
        row = hall.row(kept.id)
        assert (row.phase, row.phases, row.minimum_bid) == (2, 2, Points.of(3))

    def test_a_closed_auction_shows_results_and_seed(self, hall: Hall) -> None:
        """L-6, L-15: who won for how much and why; nobody leads any more."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        auction_id = hall.start(rules={"mode": "sealed_second_price"})
        hall.bid(auction_id, ann, "9")
        hall.bid(auction_id, ben, "5")
        hall.close(auction_id)
        row, auction = hall.row(auction_id), hall.loaded(auction_id)
        (result,) = row.results
        assert result == ResultRow(
            user_id=ann,
            username="Ann",
            character="Annmain",
            tier=Tier.MAIN,
            amount=Points.of(9),
            copies=1,
            price=Points.of(6),
            because=result.because,
        )
        assert result.because
        assert (row.seed, row.seed_hash) == (auction.seed.hex(), auction.seed_hash)
        assert (row.leaders, row.current_amount, row.leader_id, row.leader_character) == ((), None, None, None)
        hall.award(auction_id)
        awarded = hall.row(auction_id)
        assert (awarded.status, awarded.results, awarded.seed) == (AuctionStatus.AWARDED, row.results, row.seed)

    def test_an_auction_that_was_called_off_tells_why(self, hall: Hall) -> None:
        """L-2."""
        auction_id = hall.start()
        hall.cancel(auction_id, "Zu spät 🐉")
        row = hall.row(auction_id)
        assert (row.status, row.reason, row.results, row.seed) == (AuctionStatus.CANCELLED, "Zu spät 🐉", (), None)

    @pytest.mark.parametrize("bidders", [("Ann", "Ben"), ()])
    def test_an_auction_that_was_called_off_after_the_close_stays_published(
        self, hall: Hall, bidders: Sequence[str]
    ) -> None:
        """L-15: with its seed and what it came to, also where that is nothing; nobody holds anything for it."""
        auction_id = hall.start(rules=SEALED)
        users = [hall.bidder(name) for name in bidders]
        for amount, user_id in enumerate(users, 5):
            hall.bid(auction_id, user_id, str(amount))
        hall.close(auction_id)
        closed = hall.row(auction_id)
        hall.cancel(auction_id, "the wrong item")
        row = hall.row(auction_id)
        assert row == evolve(
            closed, status=AuctionStatus.CANCELLED, reason="the wrong item", version=closed.version + 1
        )
        assert (row.seed, len(row.results)) == (hall.loaded(auction_id).seed.hex(), min(1, len(users)))
        assert self.rows(hall, AuctionFilter(status=AuctionStatus.CANCELLED)) == (row,)
        for user_id in users:
            assert hall.purse(user_id).held == Hold()
        assert hall.bank.differences() == []

    # --- lists --------------------------------------------------------------------------------------------------------

    def states(self, hall: Hall) -> dict[AuctionStatus, AuctionId]:
        """An auction in every state."""
        ids: dict[AuctionStatus, AuctionId] = {}
        ids[AuctionStatus.SCHEDULED] = hall.start("Apron", opens_at=NIGHT + HOUR)
        ids[AuctionStatus.OPEN] = hall.start("Band")
        ids[AuctionStatus.FROZEN] = hall.start("Cloak")
        frozen = hall.loaded(ids[AuctionStatus.FROZEN])
        assert isinstance(frozen, OpenAuction)
        assert isinstance(hall.keep(frozen.freeze(reason="", at=NIGHT)), FrozenAuction)
        ids[AuctionStatus.CLOSED] = hall.start("Dagger")
        hall.close(ids[AuctionStatus.CLOSED])
        ids[AuctionStatus.AWARDED] = hall.start("Eye")
        hall.award(ids[AuctionStatus.AWARDED], to_nobody=True)
        ids[AuctionStatus.CANCELLED] = hall.start("Fork")
        hall.cancel(ids[AuctionStatus.CANCELLED])
        return ids

    def rows(self, hall: Hall, wanted: AuctionFilter = AuctionFilter(), ordering: str = "") -> Sequence[AuctionRow]:
        """The auctions that match."""
        with hall.place.views() as views:
            page = views.auctions(wanted, ordering=ordering_of(ordering, AUCTION_COLUMNS), page=EVERYTHING)
        assert page.count == len(page.results)
        return page.results

    def test_what_is_not_over_is_running(self, hall: Hall) -> None:
        """L-9: in order of id; or those that are asked for, whatever their state."""
        ids = self.states(hall)
        with hall.place.views() as views:
            running = views.running()
            some = views.running([ids[AuctionStatus.CANCELLED], ids[AuctionStatus.OPEN], AuctionId(0)])
            assert views.running([]) == ()
            shown = {status: views.auction(auction_id) for status, auction_id in ids.items()}
        assert [row.status for row in running] == ["scheduled", "open", "frozen", "closed"]
        assert [row.id for row in running] == sorted(row.id for row in running)
        assert list(running) == [shown[row.status] for row in running]
        assert some == (shown[AuctionStatus.OPEN], shown[AuctionStatus.CANCELLED])
        assert list(self.rows(hall)) == list(shown.values())[::-1]

    def test_auctions_are_listed_the_newest_first_in_pages(self, hall: Hall) -> None:
        """L-12: by id; the count is over all pages."""
        ids = [hall.start(name, opens_at=NIGHT - hours * HOUR) for hours, name in enumerate("ABCDE")]
        with hall.place.views() as views:
            pages = [views.auctions(AuctionFilter(), ordering=(), page=PageRequest(each, 2)) for each in (1, 2, 3, 4)]
        assert [[row.id for row in page.results] for page in pages] == [ids[4:2:-1], ids[2:0:-1], ids[:1], []]
        assert {page.count for page in pages} == {5}

    def test_auctions_are_narrowed(self, hall: Hall) -> None:
        """L-12: by state, pool, raid, item and a part of the item's name."""
        ids = list(self.states(hall).values())
        raid_id, other = hall.place.raid(), Hall(hall.place, hall.bank.pool())
        ids += [hall.start("Cloak 50% off", raid_id=raid_id), other.start("Cloak 500 off"), hall.start("Épée")]
        cloak = hall.row(ids[2]).item_id

        def found(wanted: AuctionFilter) -> list[int]:
            return sorted(ids.index(row.id) for row in self.rows(hall, wanted))

        assert found(AuctionFilter()) == list(range(9))
        assert found(AuctionFilter(status=AuctionStatus.OPEN)) == [1, 6, 7, 8]
        assert found(AuctionFilter(running=True)) == [0, 1, 2, 3, 6, 7, 8]
        assert found(AuctionFilter(running=False)) == [4, 5]
        assert found(AuctionFilter(pool_id=other.pool_id)) == [7]
        assert found(AuctionFilter(raid_id=raid_id)) == [6]
        assert found(AuctionFilter(item_id=cloak)) == [2]
        assert found(AuctionFilter(search="CLOAK")) == [2, 6, 7]
        assert found(AuctionFilter(search="50%")) == [6]
        assert found(AuctionFilter(search="épé", running=True)) == [8]
        assert found(AuctionFilter(search="epe")) == []

    @pytest.mark.parametrize(
        ("ordering", "expected"),
        [
            ("opens_at", "BCA"),
            ("-opens_at", "ACB"),
            ("closes_at", "CAB"),
            ("-closes_at", "BAC"),
            ("item", "ABC"),
            ("-item", "CBA"),
            ("status", "CBA"),
            ("bids", "ACB"),
            ("-bids", "BAC"),
            ("id", "BCA"),
        ],
    )
    def test_auctions_are_ordered_as_asked(self, hall: Hall, ordering: str, expected: str) -> None:
        """L-12: what has no close stands last, or first where the order is descending; equals the newest first."""
        ann = hall.bidder("Ann")
        hall.bid(hall.start("Band"), ann, "5")
        clock = hall.place.installation.clock
        clock.advance(HOUR / 4)
        cloak = hall.start("cloak", closes_at=NIGHT + HOUR)
        hall.start("Apron", opens_at=NIGHT + HOUR, closes_at=NIGHT + 2 * HOUR)
        hall.cancel(cloak)
        rows = self.rows(hall, ordering=ordering)
        assert "".join(row.item[0].upper() for row in rows) == expected


class BidViewContract(LootHall):
    """The views of bids, and of one's own."""

    def test_a_bid_is_shown_as_it_was_made(self, hall: Hall) -> None:
        """L-4: to its bidder with everything."""
        ann, auction_id = hall.bidder("Ännchen", character="Élan 🐉"), hall.start("Épée")
        hall.place.installation.clock.advance(HOUR)
        placed = hall.bid(auction_id, ann, "5", ceiling="7.00")
        (row,) = hall.bids(auction_id, ann)
        auction = hall.row(auction_id)
        assert row == BidRow(
            id=placed.bid_id,
            auction_id=auction_id,
            item_id=auction.item_id,
            item="Épée",
            user_id=ann,
            username="Ännchen",
            character="Élan 🐉",
            tier=Tier.MAIN,
            amount=Points.of(5),
            ceiling=Points.of(7),
            copies=1,
            outcome=BidOutcome.ACCEPTED,
            refusal="",
            reason=None,
            source=BidSource.API,
            receipt=None,
            placed_at=NIGHT + HOUR,
        )
        assert hall.own_bids(ann) == (row,)
        assert hall.bids(auction_id) == (evolve(row, ceiling=None),)

    def test_bids_are_listed_the_newest_first_in_pages(self, hall: Hall) -> None:
        """L-4: with those that were refused or withdrawn, and what the system bid in answer."""
        ann, ben, clock = hall.bidder("Ann"), hall.bidder("Ben"), hall.place.installation.clock
        auction_id = hall.start()
        hall.bid(auction_id, ann, ceiling="50")
        clock.advance(HOUR)
        hall.bid(auction_id, ben, "7")
        hall.withdraw(auction_id, ben)
        hall.make(hall.record(auction_id, None, "3", outcome=BidOutcome.REFUSED, at=clock.now()))
        rows = hall.bids(auction_id)
        told = [(row.outcome, row.source, row.user_id, None if row.amount is None else str(row.amount)) for row in rows]
        assert told == [
            (BidOutcome.REFUSED, BidSource.API, None, None),
            (BidOutcome.WITHDRAWN, BidSource.API, ben, "7.00"),
            (BidOutcome.ACCEPTED, BidSource.PROXY, ann, "8.00"),
            (BidOutcome.ACCEPTED, BidSource.API, ben, "7.00"),
            (BidOutcome.ACCEPTED, BidSource.API, ann, "1.00"),
        ]
        assert [(row.username, row.tier, row.copies) for row in rows[:3]] == [
            (None, None, 1),
            ("Ben", None, 1),
            ("Ann", Tier.MAIN, 1),
        ]
        with hall.place.views() as views:
            pages = [views.bids_of_auction(auction_id, viewer=None, page=PageRequest(each, 2)) for each in (1, 3, 4)]
        assert [[row.id for row in page.results] for page in pages] == [
            [row.id for row in rows[:2]],
            [rows[4].id],
            [],
        ]
        assert {page.count for page in pages} == {5}

    def test_the_order_of_making_stands_whatever_the_ids(self, hall: Hall) -> None:
        """L-4: at the same moment."""
        ann, auction_id = hall.bidder("Ann"), hall.start()
        first, second = hall.bid_id(), hall.bid_id()
        hall.make(hall.record(auction_id, ann, "5", bid_id=second), hall.record(auction_id, ann, "6", bid_id=first))
        assert [row.id for row in hall.bids(auction_id)] == [first, second]
        assert [row.id for row in hall.own_bids(ann)] == [first, second]
        item_id = hall.row(auction_id).item_id
        with hall.place.views() as views:
            of_item = views.bids_of_item(item_id, viewer=None, page=EVERYTHING).results
        assert [row.id for row in of_item] == [first, second]

    def test_an_items_bids_are_those_of_all_its_auctions(self, hall: Hall) -> None:
        """L-1, L-12: the newest first, and nobody's on another item."""
        ann, clock = hall.bidder("Ann"), hall.place.installation.clock
        auctions = [hall.start("Cloak"), hall.start("Cloak"), hall.start("Robe")]
        for amount, auction_id in enumerate((*auctions, auctions[0]), start=1):
            clock.advance(HOUR)
            hall.bid(auction_id, ann, str(amount))
        item_id = hall.row(auctions[0]).item_id
        with hall.place.views() as views:
            page = views.bids_of_item(item_id, viewer=ann, page=EVERYTHING)
            own = views.own_bids(ann, page=PageRequest(1, 2))
        assert (page.count, [str(row.amount) for row in page.results]) == (3, ["4.00", "2.00", "1.00"])
        assert (own.count, [str(row.amount) for row in own.results]) == (4, ["4.00", "3.00"])

    def test_own_bids_are_nobody_elses(self, hall: Hall, elsewhere: Place) -> None:
        """L-12, G-1."""
        ann, ben, auction_id = hall.bidder("Ann"), hall.bidder("Ben"), hall.start()
        hall.bid(auction_id, ann, "5")
        assert hall.own_bids(ben) == ()
        assert Hall(elsewhere, hall.pool_id).own_bids(ann) == ()
        with elsewhere.views() as views:
            assert views.own_holds(ann) == ()

    def test_own_holds_are_told_by_auction(self, hall: Hall) -> None:
        """L-12: sealed ones too, and of them what others don't see."""
        ann = hall.bidder("Ann")
        opened, sealed = hall.start("Épée"), hall.start("Robe", rules=SEALED)
        hall.bid(sealed, ann, "9")
        hall.bid(opened, ann, "5", ceiling="7.00")
        with hall.place.views() as views:
            first, second = views.own_holds(ann)
            assert views.own_holds(hall.place.user("Stranger")) == ()
        assert first == OwnHoldRow(
            auction_id=opened, item="Épée", pool_id=hall.pool_id, held=Points.of(7), sealed=Points.of(2)
        )
        assert second == evolve(first, auction_id=sealed, item="Robe", held=Points.of(9), sealed=Points.of(9))

    def test_who_bid_has_a_place(self, hall: Hall) -> None:
        """A-2: without membership, characters or points."""
        stranger, auction_id = hall.place.user("Stranger"), hall.start()
        hall.make(hall.record(auction_id, stranger, "5", outcome=BidOutcome.REFUSED))
        with hall.place.views() as views:
            assert views.user(stranger).id == stranger
            assert views.user_with(user_id=None, discord_id=discord_id_of(stranger)) == stranger

    def test_bids_from_elsewhere_are_shown(self, hall: Hall) -> None:
        """L-9: nothing of them is sealed, and by no seed; who won is told."""
        ann = hall.bidder("Ann")
        auction_id = AuctionId(hall.place.installation.ids.next("auction"))
        record = evolve(hall.record(auction_id, ann, "5"), source=BidSource.ELSEWHERE)
        assert record.bid is not None
        win = Win(bid=record.bid, copies=1, price=Points.of(3), because="it was bid elsewhere")
        awarded = self.awarded_elsewhere(hall, auction_id, Settlement(wins=(win,)))
        hall.make(record, evolve(hall.record(auction_id, None, "4"), source=BidSource.ELSEWHERE))
        stranger, own = hall.bids(auction_id)
        assert (own.amount, own.source, stranger.amount, stranger.user_id) == (
            Points.of(5),
            BidSource.ELSEWHERE,
            Points.of(4),
            None,
        )
        row = hall.row(auction_id)
        assert (row.mode, row.status, row.item) == (Mode.ELSEWHERE, AuctionStatus.AWARDED, awarded.item_name)
        assert (row.seed_hash, row.seed) == ("", "")
        (result,) = row.results
        assert (result.user_id, result.username, result.amount, result.price, result.because) == (
            ann,
            "Ann",
            Points.of(5),
            Points.of(3),
            "it was bid elsewhere",
        )

    def awarded_elsewhere(self, hall: Hall, auction_id: AuctionId, settlement: Settlement) -> Auction:
        """Bidding that was done elsewhere, as it is kept."""
        auction = hall.drafted()
        assert isinstance(auction, OpenAuction)
        closed = auction.close((), NIGHT)
        rules = evolve(closed.rules, mode=Mode.ELSEWHERE)
        return hall.keep(evolve(closed, id=auction_id, rules=rules, seed=b"").award(settlement, [AwardId(1)], NIGHT))


class BiddingViewContract(LootHall):
    """What a bid would be judged by."""

    def bidding(
        self,
        hall: Hall,
        auction_id: AuctionId,
        user_id: UserId | None,
        *,
        discord_id: str | None = None,
        character: str = "",
        sealed: bool = True,
    ) -> BiddingRow:
        """What a bid would be judged by."""
        with hall.place.views() as views:
            return views.bidding(
                auction_id, user_id=user_id, discord_id=discord_id, character=character, sealed=sealed, at=NIGHT
            )

    def test_a_bid_is_judged_by_auction_bidder_and_purse(self, hall: Hall) -> None:
        """L-5: as if they were locked."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        auction_id, other = hall.start(), hall.start("Robe", rules=SEALED)
        hall.bid(auction_id, ann, ceiling="20")
        hall.bid(auction_id, ben, "5")
        hall.bid(other, ann, "30")
        row = self.bidding(hall, auction_id, ann)
        with hall.place.work() as work:
            assert row.auction == work.auctions.get(auction_id)
            assert row.bidder == work.bidders.find(user_id=ann)
            assert row.purse == work.holds.purses(hall.pool_id, auction_id, {ann})[ann]
        held, here = Hold(shown=Points.of(6), sealed=Points.of(44)), Hold(shown=Points.of(6), sealed=Points.of(14))
        assert row.purse == Purse(current=Points.of(100), held=held, here=here)

    def test_the_own_bid_is_told_where_there_are_phases(self, hall: Hall) -> None:
        """L-2: who began to bid in one goes on in the next; nothing else asks for it."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        in_phases, other = hall.start(rules=PHASES), hall.start("Robe")
        for auction_id in (in_phases, other):
            hall.bid(auction_id, ann, "5", ceiling="20.00")
        own = self.bidding(hall, in_phases, ann).own
        with hall.place.work() as work:
            assert own == work.bids.of(in_phases, ann)
        assert own is not None
        assert own.ceiling == Points.of(20)
        assert self.bidding(hall, in_phases, ben).own is None
        assert self.bidding(hall, other, ann).own is None

    def test_a_bidder_is_found_as_everywhere(self, hall: Hall, elsewhere: Place) -> None:
        """L-9, G-1: by user id, Discord id or character; who has no place here is nobody."""
        ann, auction_id = hall.bidder("Ann", character="Élan"), hall.start()
        expected = self.bidding(hall, auction_id, ann)
        assert expected.bidder is not None
        assert self.bidding(hall, auction_id, None, discord_id=discord_id_of(ann)) == expected
        assert self.bidding(hall, auction_id, None, character="éLAN") == expected
        foreign = elsewhere.member("Foreigner")
        for nobody in (
            self.bidding(hall, auction_id, None),
            self.bidding(hall, auction_id, foreign),
            self.bidding(hall, auction_id, None, discord_id=discord_id_of(foreign)),
            self.bidding(hall, auction_id, None, character="Nobody"),
        ):
            assert nobody == BiddingRow(auction=expected.auction, bidder=None, purse=Purse(current=ZERO), own=None)

    def test_an_unknown_auction_is_refused(self, hall: Hall, elsewhere: Place) -> None:
        """G-1."""
        ann = hall.bidder("Ann")
        for unknown in (AuctionId(0), Hall.of(elsewhere).start()):
            with pytest.raises(NoSuch):
                self.bidding(hall, unknown, ann)

    def told(self, row: BiddingRow) -> Bidder:
        """Who bids."""
        assert row.bidder is not None
        return row.bidder

    def test_nothing_is_told_that_the_rules_do_not_ask(self, hall: Hall) -> None:
        """L-2."""
        ann = hall.bidder("Ann")
        bidder = self.told(self.bidding(hall, hall.start(), ann))
        assert (bidder.attendance, bidder.attended, bidder.wins) == (None, True, {})

    def test_attendance_is_told_where_it_counts(self, hall: Hall) -> None:
        """L-2: over the rules' window."""
        ann = hall.bidder("Ann")
        hall.place.raid(NIGHT - timedelta(days=1), {ann: Presence.PRESENT})
        hall.place.raid(NIGHT - timedelta(days=50))
        for days, share in ((30, AttendanceShare(1, 1)), (60, AttendanceShare(1, 2))):
            rules = {"attendance_at_least": 1, "attendance_days": days}
            assert self.told(self.bidding(hall, hall.start(rules=rules), ann)).attendance == share

    def test_attendance_at_the_raid_is_told_where_it_counts(self, hall: Hall) -> None:
        """L-2: nobody attended none."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        raid_id = hall.place.raid(NIGHT, {ann: Presence.PRESENT})
        rules = {"attendees_only": True}
        at_the_raid, without = (
            hall.start(raid_id=raid_id, rules=rules),
            hall.keep(hall.drafted(hall.item("Robe"), rules=rules)).id,
        )
        assert self.told(self.bidding(hall, at_the_raid, ann)).attended
        assert not self.told(self.bidding(hall, at_the_raid, ben)).attended
        assert not self.told(self.bidding(hall, without, ann)).attended

    def test_wins_are_told_where_they_count(self, hall: Hall) -> None:
        """L-2, L-11: without what is sealed, unless that may be known."""
        ann, raid_id = hall.bidder("Ann"), hall.place.raid()
        hall.give("Dagger", ann, "20", raid_id=raid_id)
        hall.bid(hall.start("Band"), ann, "10", ceiling="15.00")
        hall.bid(hall.start("Robe", raid_id=raid_id, rules=SEALED), ann, "30")
        auction_id = hall.start(raid_id=raid_id, rules={"limits": [{"items": 1, "over": "20"}]})
        hall.bid(auction_id, ann, "1")
        assert self.told(self.bidding(hall, auction_id, ann)).wins == {
            Span.RAID: (2000, 3000),
            Span.NIGHT: (1500, 2000, 3000),
        }
        assert self.told(self.bidding(hall, auction_id, ann, sealed=False)).wins == {
            Span.RAID: (2000,),
            Span.NIGHT: (1000, 2000),
        }

    def test_every_copy_that_is_bid_for_counts_by_itself(self, hall: Hall) -> None:
        """L-2: in other auctions; awards are one each."""
        ann, several = hall.bidder("Ann"), {"copies_each": 2}
        hall.bid(hall.start("Band", quantity=2, rules=several), ann, "10", ceiling="12", copies=2)
        awarded = hall.start("Robe", quantity=2, rules={**SEALED, **several})
        hall.bid(awarded, ann, "7", copies=2)
        hall.award(awarded)
        auction_id = hall.start(rules={"limits": [{"items": 5, "over": "5"}]})
        assert self.told(self.bidding(hall, auction_id, ann)).wins[Span.NIGHT] == (700, 700, 1200, 1200)
        told = self.told(self.bidding(hall, auction_id, ann, sealed=False))
        assert told.wins[Span.NIGHT] == (700, 700, 1000, 1000)

    def test_a_purse_is_shown(self, hall: Hall, elsewhere: Place) -> None:
        """L-9, G-1: nothing where there is no balance; an unknown pool is refused."""
        ann = hall.bidder("Ann")
        hall.bid(hall.start(), ann, "10", ceiling="15.00")
        other = hall.bank.pool()
        with hall.place.views() as views:
            held = Hold(shown=Points.of(10), sealed=Points.of(5))
            assert views.purse(ann, hall.pool_id) == Purse(current=Points.of(100), held=held)
            assert views.purse(ann, other) == Purse(current=ZERO)
            for unknown in (PoolId(0), Hall.of(elsewhere).pool_id):
                with pytest.raises(NoSuch):
                    views.purse(ann, unknown)

    def test_a_user_is_known_by_id_or_discord_id(self, hall: Hall, elsewhere: Place) -> None:
        """L-9, G-1: who has a place in the guild."""
        ann, foreign, stranger = hall.bidder("Ann"), elsewhere.member("Foreigner"), hall.place.user("Stranger")
        with hall.place.views() as views:
            assert views.user_with(user_id=ann, discord_id=None) == ann
            assert views.user_with(user_id=None, discord_id=discord_id_of(ann)) == ann
            for user_id in (UserId(0), foreign, stranger):
                with pytest.raises(NoSuch):
                    views.user_with(user_id=user_id, discord_id=None)
                with pytest.raises(NoSuch):
                    views.user_with(user_id=None, discord_id=discord_id_of(user_id))
            with pytest.raises(NoSuch):
                views.user_with(user_id=None, discord_id=None)

"""What every adapter of the loot context keeps to, as to auctions and bids."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Final

import pytest
from attrs import evolve

from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import AuctionId, AwardId, BidId, CharacterId, RaidId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    Auction,
    AuctionStatus,
    Bid,
    BidOutcome,
    BidRecord,
    BidRefused,
    BidSource,
    CancelledAuction,
    ClosedAuction,
    Lead,
    MadeAs,
    OpenAuction,
    ScheduledAuction,
    Settlement,
    Tier,
    Win,
    WrongStatus,
)
from dkp_core.raids import AttendanceShare
from tests.integration.contracts.installation import Rival, all_at_once
from tests.integration.contracts.loot_deeds import Hall
from tests.integration.contracts.loot_rules import EVERY_RULE
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.suite import Contract

HOUR: Final = timedelta(hours=1)
ODD: Final = timedelta(microseconds=123_457)


def full_bid(hall: Hall, auction_id: AuctionId, user_id: UserId) -> Bid:
    """A bid in which nothing has its default."""
    return Bid(
        id=hall.bid_id(),
        auction_id=auction_id,
        user_id=user_id,
        character_id=CharacterId(77),
        character_name="Élan d'Été 🐉",
        amount=Points.of("12.34"),
        ceiling=Points.of("56.78"),
        copies=2,
        tier=Tier.BOX,
        weight=125,
        phase=1,
        attendance=AttendanceShare(3, 7),
        placed_at=NIGHT + ODD,
    )


class AuctionsContract(Contract):
    """The port `Auctions`."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    def life(self, hall: Hall) -> dict[AuctionStatus, Auction]:
        """One auction in every state; its rules, bids and result hold everything that they may."""
        scheduled = hall.drafted(
            hall.item("Épée d'Été 🐉"),
            quantity=3,
            raid_id=hall.place.raid(),
            opens_at=NIGHT + HOUR + ODD,
            rules={**EVERY_RULE.values(), "mode": "open"},
        )
        assert isinstance(scheduled, ScheduledAuction)
        bids = [full_bid(hall, scheduled.id, hall.place.member(name)) for name in ("Ann", "Ben")]
        made_as = MadeAs(AuctionId(7), BidId(12), UserId(3))
        bids[1] = evolve(bids[1], attendance=None, character_id=None, tier=Tier.MAIN, moved_from=made_as)
        opened = evolve(
            scheduled.open(NIGHT + HOUR + ODD),
            leads=(Lead(bid=bids[0], copies=2), Lead(bid=bids[1], copies=1)),
            bids=17,
            phase=1,
        )
        frozen = opened.freeze(reason="the network is down", at=NIGHT + 2 * HOUR + ODD)
        closed = frozen.close((), NIGHT + 3 * HOUR)
        because = "больше 🐉 than Ben's"
        wins = tuple(Win(bid=bid, copies=1, price=Points.of("9.99"), because=because) for bid in bids)
        settlement = Settlement(wins=wins, beaten=(UserId(5), UserId(4)))
        closed = evolve(closed, settlement=settlement)
        awarded = closed.award(evolve(settlement, wins=wins[:1]), [AwardId(1)], NIGHT + 4 * HOUR)
        cancelled = frozen.cancel(reason="Zu spät 🐉", at=NIGHT + 4 * HOUR)
        return {each.status: each for each in (scheduled, opened, frozen, closed, awarded, cancelled)}

    # --- keeping ------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("status", list(AuctionStatus))
    def test_an_auction_comes_back_as_it_was(self, hall: Hall, status: AuctionStatus) -> None:
        """L-2, G-9: in the type of its state, with every value."""
        auction = self.life(hall)[status]
        hall.keep(auction)
        loaded = hall.loaded(auction.id)
        assert loaded == evolve(auction, version=1)
        assert loaded.pending == ()

    def test_an_auction_with_little_comes_back_as_it_was(self, hall: Hall) -> None:
        """L-2: without raid, close, bids, and with the rules' defaults."""
        kept = hall.keep(hall.drafted())
        assert hall.loaded(kept.id) == kept

    def test_an_auction_goes_through_its_states(self, hall: Hall) -> None:
        """L-2: each save is a version, and the type follows."""
        life = self.life(hall)
        states = [life[status] for status in AuctionStatus if status is not AuctionStatus.CANCELLED]
        for version, auction in enumerate(states):
            hall.keep(evolve(auction, version=version))
            assert hall.loaded(auction.id) == evolve(auction, version=version + 1)

    def test_an_auction_is_called_off(self, hall: Hall) -> None:
        """L-2."""
        kept = hall.keep(self.life(hall)[AuctionStatus.FROZEN])
        cancelled = kept.cancel(reason="", at=NIGHT + 4 * HOUR)
        hall.keep(cancelled)
        assert hall.loaded(kept.id) == evolve(cancelled, version=2)

    def test_an_auction_that_is_called_off_after_the_close_keeps_its_result(self, hall: Hall) -> None:
        """L-15: everybody saw it; also where nobody had bid."""
        closed = self.life(hall)[AuctionStatus.CLOSED]
        assert isinstance(closed, ClosedAuction)
        nobodys = AuctionId(hall.place.installation.ids.next("auction"))
        for each in (closed, evolve(closed, id=nobodys, settlement=Settlement())):
            hall.keep(hall.keep(each).cancel(reason="", at=NIGHT + 4 * HOUR))
            loaded = hall.loaded(each.id)
            assert isinstance(loaded, CancelledAuction)
            assert loaded.settlement == each.settlement

    def test_an_unknown_auction_is_refused(self, hall: Hall, elsewhere: Place) -> None:
        """G-1: another guild's auction is unknown here."""
        theirs = Hall.of(elsewhere)
        foreign = theirs.keep(theirs.drafted())
        with hall.place.work() as work:
            for unknown in (AuctionId(0), foreign.id):
                with pytest.raises(NoSuch):
                    work.auctions.get(unknown)
            assert work.auctions.open() == ()
            assert work.auctions.selling(foreign.item_id, None) == ()

    def test_saving_an_auction_stores_its_events(self, hall: Hall) -> None:
        """G-5: and none of the secret seed."""
        auction = hall.keep(hall.drafted())
        assert isinstance(auction, OpenAuction)
        hall.keep(auction.freeze(reason="Zu spät", at=NIGHT))
        started, frozen = hall.place.told_rows("auction", auction.id)
        assert (started.name, started.data["seed_hash"]) == ("auction_started", auction.seed_hash)
        assert auction.seed.hex() not in str(started.data)
        assert (frozen.name, frozen.data["reason"]) == ("auction_frozen", "Zu spät")

    def test_who_read_an_earlier_version_is_stale(self, hall: Hall) -> None:
        """G-6."""
        auction = hall.keep(hall.drafted())
        hall.keep(evolve(auction, bids=1))
        with pytest.raises(Stale):
            hall.keep(evolve(auction, bids=2))
        with pytest.raises(Stale):
            hall.keep(evolve(auction, version=0))
        assert hall.loaded(auction.id).bids == 1

    def test_an_auction_is_locked_until_the_transaction_ends(self, hall: Hall) -> None:
        """L-7: whoever takes it next sees what became of it."""
        auction = hall.keep(hall.drafted())

        def count() -> None:
            with hall.place.work() as work:
                read = work.auctions.get(auction.id)
                work.auctions.save(evolve(read, bids=read.bids + 1))

        with hall.place.work() as work:
            read = work.auctions.get(auction.id)
            rival = Rival(count)
            work.auctions.save(evolve(read, bids=read.bids + 1))
        assert rival.outcome() is None
        assert hall.loaded(auction.id).bids == 2

    def test_nobody_who_takes_turns_is_stale(self, hall: Hall) -> None:
        """L-5: many bids at the same moment, none lost."""
        auction = hall.keep(hall.drafted())

        def count() -> None:
            with hall.place.work() as work:
                read = work.auctions.get(auction.id)
                work.auctions.save(evolve(read, bids=read.bids + 1))

        assert all_at_once(*[count] * 8) == [None] * 8
        assert hall.loaded(auction.id).bids == 8

    def test_an_auction_is_closed_once_however_many_try(self, hall: Hall) -> None:
        """L-7: at the same moment."""
        ann, auction_id = hall.bidder("Ann"), hall.start()
        hall.bid(auction_id, ann, "5")
        outcomes = all_at_once(*[lambda: hall.close(auction_id)] * 4)
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, WrongStatus) for fault in outcomes if fault is not None)
        assert hall.place.told("auction", auction_id).count("auction_closed") == 1

    def test_an_auction_is_awarded_once_however_many_try(self, hall: Hall) -> None:
        """L-7: at the same moment; it is paid once."""
        ann, auction_id = hall.bidder("Ann"), hall.start()
        hall.bid(auction_id, ann, "5")
        outcomes = all_at_once(*[lambda: hall.award(auction_id)] * 4)
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, WrongStatus) for fault in outcomes if fault is not None)
        assert hall.bank.numbers(ann, hall.pool_id)[3:] == ["95.00", "0.00", "95.00"]
        assert hall.bank.differences() == []

    def test_who_bids_at_the_same_moment_as_others_is_heard(self, hall: Hall) -> None:
        """L-5, L-14: whoever comes first, who would go furthest leads for what it takes."""
        users = [hall.bidder(name) for name in ("Ann", "Ben", "Cid", "Dan")]
        auction_id = hall.start()
        ceilings = dict(zip(users, ("20", "40", "30", "10"), strict=True))
        outcomes = all_at_once(*(partial(hall.bid, auction_id, each, ceiling=ceilings[each]) for each in users))
        assert all(isinstance(fault, BidRefused) for fault in outcomes if fault is not None)
        row = hall.row(auction_id)
        assert (row.leader_id, row.bids) == (users[1], outcomes.count(None))
        made = hall.bids(auction_id)
        assert sum(bid.source is not BidSource.PROXY for bid in made) == 4
        assert hall.bank.differences() == []

    def test_a_failed_block_leaves_no_auction(self, hall: Hall) -> None:
        """G-6."""
        auction = hall.drafted()

        def save_and_fail() -> None:
            with hall.place.work() as work:
                work.auctions.save(auction)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            save_and_fail()
        with pytest.raises(NoSuch):
            hall.loaded(auction.id)
        assert hall.place.told("auction", auction.id) == []

    # --- which there are ----------------------------------------------------------------------------------------------

    def test_what_may_sell_a_drop_is_told_until_it_is_over(self, hall: Hall) -> None:
        """L-9, L-10: of that item, and of that raid or none; of any where none is named; in order of id."""
        life = self.life(hall)
        some = life[AuctionStatus.OPEN]
        ids = {}
        for status in reversed(AuctionStatus):
            auction_id = AuctionId(hall.place.installation.ids.next("auction"))
            ids[status] = hall.keep(evolve(life[status], id=auction_id)).id
        more = [AuctionId(hall.place.installation.ids.next("auction")) for _ in range(3)]
        for auction_id, raid_id, status in zip(
            more,
            (RaidId(999), None, None),
            (AuctionStatus.OPEN, AuctionStatus.OPEN, AuctionStatus.CANCELLED),
            strict=True,
        ):
            hall.keep(evolve(life[status], id=auction_id, raid_id=raid_id))
        of_another_raid, without_raid, _ = more
        other = hall.keep(hall.drafted(hall.item("Robe"), raid_id=some.raid_id))
        over = (AuctionStatus.AWARDED, AuctionStatus.CANCELLED)
        with hall.place.work() as work:
            running = {auction_id for status, auction_id in ids.items() if status not in over}
            assert work.auctions.selling(some.item_id, some.raid_id) == tuple(sorted({*running, without_raid}))
            assert work.auctions.selling(some.item_id, RaidId(999)) == tuple(sorted({of_another_raid, without_raid}))
            assert work.auctions.selling(some.item_id, RaidId(5)) == (without_raid,)
            assert work.auctions.selling(some.item_id, None) == tuple(sorted({*running, of_another_raid, without_raid}))
            assert work.auctions.selling(other.item_id, None) == (other.id,)
            assert work.auctions.selling(other.item_id, RaidId(5)) == ()

    def test_what_a_transaction_began_is_seen_in_it(self, hall: Hall) -> None:
        """L-10: a line of chat after another."""
        auction = hall.drafted()
        with hall.place.work() as work:
            work.auctions.save(auction)
            assert work.auctions.selling(auction.item_id, None) == (auction.id,)
            assert work.auctions.open() == ((auction.id, auction.item_name),)
            work.auctions.save(work.auctions.get(auction.id).cancel(reason="", at=NIGHT))
            assert work.auctions.open() == ()

    def test_open_auctions_are_told_with_their_items(self, hall: Hall) -> None:
        """L-10: in order of id; neither those that are to open nor those that are frozen or closed."""
        life = self.life(hall)
        for auction in life.values():
            hall.keep(evolve(auction, id=AuctionId(hall.place.installation.ids.next("auction"))))
        robe = hall.keep(hall.drafted(hall.item("Robe")))
        with hall.place.work() as work:
            first, second = work.auctions.open()
        assert (first[1], second) == ("Épée d'Été 🐉", (robe.id, "Robe"))
        assert first[0] < second[0]


class BidsContract(Contract):
    """The port `Bids`."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    @pytest.fixture
    def auction(self, hall: Hall) -> Auction:
        """One that is open."""
        return hall.keep(hall.drafted())

    def amounts(self, bids: Sequence[Bid]) -> list[str]:
        """What is bid."""
        return [str(bid.amount) for bid in bids]

    def test_an_accepted_bid_comes_back_as_it_was(self, hall: Hall, auction: Auction) -> None:
        """L-4, G-9: every value that ranks it."""
        ann, ben = hall.place.member("Ann"), hall.place.member("Ben")
        bids = [
            full_bid(hall, auction.id, ann),
            evolve(
                full_bid(hall, auction.id, ben),
                character_id=None,
                attendance=None,
                ceiling=Points.of("12.34"),
                copies=1,
                tier=Tier.MAIN,
                weight=100,
                phase=0,
                moved_from=MadeAs(AuctionId(2**53 - 1), BidId(2**53 - 1), UserId(2**53 - 1)),
            ),
        ]
        hall.make(*(self.accepted(bid) for bid in bids))
        assert hall.standing(auction.id) == tuple(bids)
        with hall.place.work() as work:
            assert [work.bids.of(auction.id, user_id) for user_id in (ann, ben)] == bids

    def accepted(self, bid: Bid) -> BidRecord:
        """A bid as history keeps it."""
        return BidRecord(
            id=bid.id,
            auction_id=bid.auction_id,
            user_id=bid.user_id,
            character_name=bid.character_name,
            amount=bid.amount,
            ceiling=bid.ceiling,
            outcome=BidOutcome.ACCEPTED,
            bid=bid,
            source=BidSource.CHAT,
            actor_kind="user",
            actor_id="5",
            at=NIGHT + HOUR,
        )

    def test_no_attendance_is_not_the_same_as_none_asked_for(self, hall: Hall, auction: Auction) -> None:
        """L-6: of no raids held."""
        bid = evolve(full_bid(hall, auction.id, hall.place.member("Ann")), attendance=AttendanceShare(0, 0))
        hall.make(self.accepted(bid))
        assert hall.standing(auction.id) == (bid,)

    def test_each_bidders_last_bid_stands(self, hall: Hall, auction: Auction) -> None:
        """L-4: in order of user id; a lower one too, where that was accepted."""
        ann, ben = hall.place.member("Ann"), hall.place.member("Ben")
        hall.make(
            hall.record(auction.id, ben, "5"), hall.record(auction.id, ann, "7"), hall.record(auction.id, ben, "4")
        )
        assert self.amounts(hall.standing(auction.id)) == ["7.00", "4.00"]

    def test_the_order_of_making_decides_whatever_the_ids_and_times(self, hall: Hall, auction: Auction) -> None:
        """L-4: hosts hand out ids in blocks, and their clocks differ."""
        ann = hall.place.member("Ann")
        first, second = hall.bid_id(), hall.bid_id()
        hall.make(
            hall.record(auction.id, ann, "9", bid_id=second, at=NIGHT),
            hall.record(auction.id, ann, "6", bid_id=first, at=NIGHT),
        )
        assert self.amounts(hall.standing(auction.id)) == ["6.00"]

    def test_bids_kept_at_once_are_in_their_order(self, hall: Hall, auction: Auction) -> None:
        """L-4, L-14: a bid, and what the system bids in answer."""
        ann, ben = hall.place.member("Ann"), hall.place.member("Ben")
        ids = sorted((hall.bid_id() for _ in range(3)), reverse=True)
        records = [
            hall.record(auction.id, user_id, amount, bid_id=its_id)
            for its_id, user_id, amount in zip(ids, (ann, ben, ann), ("5", "6", "7"), strict=True)
        ]
        with hall.place.work() as work:
            work.bids.append(records)
            assert self.amounts(work.bids.standing(auction.id)) == ["7.00", "6.00"]
        assert self.amounts(hall.standing(auction.id)) == ["7.00", "6.00"]

    def test_a_refused_bid_changes_nothing(self, hall: Hall, auction: Auction) -> None:
        """L-4: of a bidder, or of somebody whom nobody knows."""
        ann = hall.place.member("Ann")
        hall.make(
            hall.record(auction.id, ann, "5"),
            hall.record(auction.id, ann, "99", outcome=BidOutcome.REFUSED),
            hall.record(auction.id, None, "98", outcome=BidOutcome.REFUSED),
        )
        assert self.amounts(hall.standing(auction.id)) == ["5.00"]

    def test_a_withdrawn_bid_does_not_stand(self, hall: Hall, auction: Auction) -> None:
        """L-4: until its bidder bids again; nor do those before it."""
        ann, ben = hall.place.member("Ann"), hall.place.member("Ben")
        hall.make(
            hall.record(auction.id, ann, "3"),
            hall.record(auction.id, ann, "5"),
            hall.record(auction.id, ben, "4"),
            hall.record(auction.id, ann, "5", outcome=BidOutcome.WITHDRAWN),
        )
        assert self.amounts(hall.standing(auction.id)) == ["4.00"]
        with hall.place.work() as work:
            assert work.bids.of(auction.id, ann) is None
        hall.make(hall.record(auction.id, ann, "6"))
        assert self.amounts(hall.standing(auction.id)) == ["6.00", "4.00"]

    def test_a_bid_that_nobody_is_known_for_does_not_stand(self, hall: Hall, auction: Auction) -> None:
        """L-9: told of bidding elsewhere."""
        hall.make(hall.record(auction.id, None, "5"))
        assert hall.standing(auction.id) == ()

    def test_bids_stand_in_their_auction(self, hall: Hall, auction: Auction, elsewhere: Place) -> None:
        """G-1: in no other, and in no other guild's."""
        ann = hall.place.member("Ann")
        hall.make(hall.record(auction.id, ann, "5"))
        other = hall.keep(hall.drafted(hall.item("Robe")))
        assert hall.standing(other.id) == ()
        with hall.place.work() as work:
            assert work.bids.of(other.id, ann) is None
            assert work.bids.of(AuctionId(0), ann) is None
        with elsewhere.work() as work:
            assert work.bids.standing(auction.id) == ()
            assert work.bids.of(auction.id, ann) is None

    def test_a_failed_block_leaves_no_bid(self, hall: Hall, auction: Auction) -> None:
        """G-6."""
        ann = hall.place.member("Ann")

        def bid_and_fail() -> None:
            with hall.place.work() as work:
                work.bids.append([hall.record(auction.id, ann, "5")])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            bid_and_fail()
        assert hall.standing(auction.id) == ()

    def test_many_bids_are_kept(self, hall: Hall, auction: Auction) -> None:
        """L-4: ids of a whole auction in one go."""
        users = [hall.place.member(f"Bidder {number}") for number in range(5)]
        with hall.place.work() as work:
            work.auctions.get(auction.id)
            work.bids.append(
                [hall.record(auction.id, users[number % 5], str(number + 1)) for number in range(50)],
            )
        assert self.amounts(hall.standing(auction.id)) == ["46.00", "47.00", "48.00", "49.00", "50.00"]

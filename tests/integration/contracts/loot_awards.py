"""What every adapter of the loot context keeps to, as to awards and bids that wait for their auction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from attrs import evolve

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import AuctionId, AwardId, ItemId, PoolId, RaidId, UserId
from dkp_core.kernel.page import PageRequest, ordering_of
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import (
    AWARD_COLUMNS,
    Award,
    AwardFilter,
    AwardRow,
    AwardStatus,
    Item,
    RevokeAward,
    StandingBid,
    StandingBidRow,
)
from dkp_core.loot.events import StandingBidLeft, StandingBidTakenBack
from dkp_core.points import Overbid
from tests.integration.contracts.installation import Rival, all_at_once
from tests.integration.contracts.loot_deeds import Hall
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place
from tests.integration.contracts.suite import Contract

HOUR = timedelta(hours=1)


class AwardsContract(Contract):
    """The port `Awards`, and the views of awards."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    def full(self, hall: Hall, user_id: UserId) -> Award:
        """An award in which nothing has its default."""
        item = hall.item(f"Épée d'Été 🐉 {hall.bid_id()}")
        by = Actor(kind=ActorKind.API_KEY, id="key-1", entrypoint="test", guild_id=hall.place.guild_id)
        return Award.make(
            AwardId(hall.place.installation.ids.next("award")),
            hall.place.guild_id,
            item_id=item.id,
            item_name=item.name,
            auction_id=AuctionId(5),
            raid_id=RaidId(6),
            user_id=user_id,
            character_name="Élan d'Été",
            pools=(hall.pool_id, PoolId(hall.pool_id + 7)),
            price=Points.of("12.34"),
            because="больше 🐉 than Ben's",
            overbid=True,
            moved_from=AwardId(3),
            shared_with=(UserId(4), UserId(44)),
            at=NIGHT + timedelta(microseconds=123_457),
            by=by,
        )

    # --- keeping ------------------------------------------------------------------------------------------------------

    def test_an_award_comes_back_as_it_was(self, hall: Hall) -> None:
        """L-7, G-9: every value."""
        award = self.full(hall, hall.bidder("Ann"))
        nobodys = evolve(
            award,
            id=AwardId(hall.place.installation.ids.next("award")),
            auction_id=None,
            raid_id=None,
            user_id=None,
            character_name="",
            pools=(),
            price=ZERO,
            because="",
            overbid=False,
            moved_from=None,
            shared_with=(),
        )
        with hall.place.work() as work:
            work.awards.save(award, nobodys)
            work.awards.save()
        with hall.place.work() as work:
            assert work.awards.get(award.id) == evolve(award, version=1)
            assert work.awards.get(award.id).pending == ()
            assert work.awards.get(nobodys.id) == evolve(nobodys, version=1)

    @pytest.mark.parametrize("status", list(AwardStatus))
    def test_an_awards_state_is_kept_one_version_on(self, hall: Hall, status: AwardStatus) -> None:
        """L-8, L-17."""
        award = self.full(hall, hall.bidder("Ann"))
        with hall.place.work() as work:
            work.awards.save(award)
        with hall.place.work() as work:
            work.awards.save(evolve(work.awards.get(award.id), status=status))
        with hall.place.work() as work:
            assert work.awards.get(award.id) == evolve(award, status=status, version=2)

    def test_an_unknown_award_is_refused(self, hall: Hall, elsewhere: Place) -> None:
        """G-1."""
        theirs = Hall.of(elsewhere)
        foreign = theirs.give("Cloak", theirs.bidder("Ben"), "1")
        for unknown in (AwardId(0), foreign):
            with hall.place.work() as work, pytest.raises(NoSuch):
                work.awards.get(unknown)
            with hall.place.views() as views, pytest.raises(NoSuch):
                views.award(unknown)
        assert self.rows(hall) == ()

    def test_saving_awards_stores_their_events(self, hall: Hall) -> None:
        """G-5: of each."""
        ann = hall.bidder("Ann")
        award = self.full(hall, ann)
        with hall.place.work() as work:
            work.awards.save(award)
            work.awards.save(work.awards.get(award.id).revoke(reason="Zu spät"))
        awarded, revoked = hall.place.told_rows("award", award.id)
        assert (awarded.name, awarded.data["price"], awarded.data["user_id"]) == ("item_awarded", "12.34", ann)
        assert (revoked.name, revoked.data["reason"]) == ("award_revoked", "Zu spät")

    def test_who_read_an_earlier_version_is_stale(self, hall: Hall) -> None:
        """L-8: revoked once."""
        award = self.full(hall, hall.bidder("Ann"))
        with hall.place.work() as work:
            work.awards.save(award)
        with hall.place.work() as work:
            read = work.awards.get(award.id)
            work.awards.save(read.revoke(reason="first"))
        with pytest.raises(Stale), hall.place.work() as work:
            work.awards.save(read.revoke(reason="second"))
        with pytest.raises(Stale), hall.place.work() as work:
            work.awards.save(award)

    def test_an_award_is_locked_until_the_transaction_ends(self, hall: Hall) -> None:
        """L-8: whoever takes it next sees what became of it."""
        award_id = hall.give("Cloak", hall.bidder("Ann"), "5")
        seen: list[AwardStatus] = []

        def look() -> None:
            with hall.place.work() as work:
                seen.append(work.awards.get(award_id).status)

        with hall.place.work() as work:
            award = work.awards.get(award_id)
            rival = Rival(look)
            work.awards.save(award.revoke(reason="a mistake"))
        assert rival.outcome() is None
        assert seen == [AwardStatus.REVOKED]

    def test_an_award_is_revoked_once_however_many_try(self, hall: Hall) -> None:
        """L-8: at the same moment; the points come back once."""
        ann = hall.bidder("Ann")
        award_id = hall.give("Cloak", ann, "5")
        place = hall.place
        revoke = RevokeAward(place.installation.begin, place.installation.ids, place.installation.clock)
        outcomes = all_at_once(*[lambda: revoke(award_id, reason="a mistake", by=place.by)] * 4)
        assert outcomes.count(None) == 1
        assert hall.bank.numbers(ann, hall.pool_id)[3] == "100.00"
        assert hall.bank.differences() == []

    def test_awards_of_an_item_that_stand_since_a_moment_are_told(self, hall: Hall, elsewhere: Place) -> None:
        """L-10: whole, in order of id, whoever got it and also where nobody did; not those that were taken back."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        pattern = self.full(hall, ann)
        since = pattern.awarded_at
        ids = [AwardId(hall.place.installation.ids.next("award")) for _ in range(7)]
        instant = timedelta(microseconds=1)
        made = [
            evolve(pattern, id=ids[5]),
            evolve(pattern, id=ids[0], user_id=None, pools=(), awarded_at=since + HOUR),
            evolve(pattern, id=ids[1], user_id=ben, raid_id=None, awarded_at=since + instant),
            evolve(pattern, id=ids[2], awarded_at=since - instant),
            evolve(pattern, id=ids[3], status=AwardStatus.REVOKED),
            evolve(pattern, id=ids[4], status=AwardStatus.MOVED),
            evolve(pattern, id=ids[6], item_id=hall.item("Robe").id),
        ]
        with hall.place.work() as work:
            work.awards.save(*made)
            told = (made[1], made[2], made[0])
            assert work.awards.standing_since(pattern.item_id, since) == tuple(evolve(each, version=1) for each in told)
            assert work.awards.standing_since(pattern.item_id, since + 2 * HOUR) == ()
            assert work.awards.standing_since(ItemId(0), since) == ()
        with elsewhere.work() as work:
            assert work.awards.standing_since(pattern.item_id, since) == ()

    def test_awards_of_a_raid_that_stand_are_told(self, hall: Hall, elsewhere: Place) -> None:
        """D-11, G-1: whole, in order of id, also what nobody got; not those that were taken back."""
        ann, raid_id = hall.bidder("Ann"), hall.place.raid()
        pattern = evolve(self.full(hall, ann), raid_id=raid_id)
        ids = [AwardId(hall.place.installation.ids.next("award")) for _ in range(5)]
        made = [
            evolve(pattern, id=ids[1], user_id=None, pools=()),
            evolve(pattern, id=ids[0]),
            evolve(pattern, id=ids[2], status=AwardStatus.REVOKED),
            evolve(pattern, id=ids[3], raid_id=None),
            evolve(pattern, id=ids[4], raid_id=hall.place.raid()),
        ]
        with hall.place.work() as work:
            work.awards.save(*made)
            assert work.awards.standing_at(raid_id) == (evolve(made[1], version=1), evolve(made[0], version=1))
            assert work.awards.standing_at(RaidId(0)) == ()
        with elsewhere.work() as work:
            assert work.awards.standing_at(raid_id) == ()

    def test_overbids_that_stand_are_listed(self, hall: Hall) -> None:
        """P-13: an officer let them pass, so they are no difference; in each pool that paid."""
        ann, other = hall.bidder("Ann"), hall.bank.pool()
        standing, revoked = (evolve(self.full(hall, ann), item_id=hall.item(name).id) for name in ("Robe", "Cloak"))
        standing = evolve(standing, pools=(hall.pool_id, other))
        with hall.place.work() as work:
            work.awards.save(standing, evolve(revoked, status=AwardStatus.REVOKED))
            for award in (standing, evolve(revoked, price=ZERO)):
                first = hall.place.installation.ids.next("entry", 2)
                work.ledger.append(list(award.entries(first, by=hall.place.by)))
        found = hall.place.installation.verifying.verify(lambda _: None).overbids
        assert [each for each in found if each.guild_id == hall.place.guild_id] == [
            Overbid(
                guild_id=hall.place.guild_id,
                award_id=standing.id,
                user_id=ann,
                pool_id=pool_id,
                price=Points.of("12.34"),
            )
            for pool_id in (hall.pool_id, other)
        ]
        assert hall.bank.differences() == []

    def test_a_character_that_was_awarded_something_is_history(self, hall: Hall) -> None:
        """R-1, L-7: under any name it bore, in any case."""
        ann = hall.bidder("Ann", character="Élan")
        ben = hall.bidder("Ben", character="Benno")
        hall.give("Cloak", ann, "5")
        with hall.place.work() as work:
            found = [work.characters.named(name) for name in ("Élan", "Benno")]
            (elan, benno) = (each.id for each in found if each is not None)
            assert work.characters.in_history(elan)
            assert not work.characters.in_history(benno)
            work.characters.save(work.characters.get(elan).rename("Another"))
        with hall.place.work() as work:
            assert work.characters.in_history(elan)
        assert ben != ann

    def test_who_was_awarded_something_has_a_place(self, hall: Hall) -> None:
        """A-2: without membership, characters or points."""
        stranger = hall.place.user("Stranger")
        with hall.place.views() as views, pytest.raises(NoSuch):
            views.user_with(user_id=stranger, discord_id=None)
        with hall.place.work() as work:
            work.awards.save(self.full(hall, stranger))
        with hall.place.views() as views:
            assert views.user_with(user_id=stranger, discord_id=None) == stranger
            assert views.user(stranger).id == stranger

    # --- the views ----------------------------------------------------------------------------------------------------

    def rows(self, hall: Hall, wanted: AwardFilter = AwardFilter(), ordering: str = "") -> Sequence[AwardRow]:
        """The awards that match."""
        with hall.place.views() as views:
            page = views.awards(wanted, ordering=ordering_of(ordering, AWARD_COLUMNS), page=EVERYTHING)
        assert page.count == len(page.results)
        return page.results

    def test_the_view_shows_what_was_saved(self, hall: Hall) -> None:
        """L-7."""
        ann = hall.bidder("Ännchen")
        award = self.full(hall, ann)
        with hall.place.work() as work:
            work.awards.save(award)
            item = work.items.get(award.item_id)
            work.items.save(item.change(name="Renamed"))
        (row,) = self.rows(hall)
        with hall.place.views() as views:
            assert views.award(award.id) == row
        assert row == AwardRow(
            id=award.id,
            item_id=award.item_id,
            item=award.item_name,  # what was awarded keeps the name it had
            auction_id=AuctionId(5),
            raid_id=RaidId(6),
            user_id=ann,
            username="Ännchen",
            character="Élan d'Été",
            pools=award.pools,
            amount=Points.of("12.34"),
            because="больше 🐉 than Ben's",
            overbid=True,
            moved_from=AwardId(3),
            status=AwardStatus.STANDING,
            awarded_at=award.awarded_at,
            actor_kind=ActorKind.API_KEY,
            actor_id="key-1",
            actor_name=None,
            external_id=None,
        )

    def test_what_nobody_got_is_shown(self, hall: Hall) -> None:
        """L-7."""
        hall.give("Cloak", None, "0")
        (row,) = self.rows(hall)
        assert (row.user_id, row.username, row.character, row.amount) == (None, None, "", ZERO)

    def test_the_newest_awards_are_listed_first_in_pages(self, hall: Hall) -> None:
        """L-7: by time, then id; the count is over all pages."""
        ann, clock = hall.bidder("Ann"), hall.place.installation.clock
        given = [hall.give("Cloak", ann, amount) for amount in ("1", "2")]
        clock.advance(-HOUR)
        given.insert(0, hall.give("Cloak", ann, "3"))
        with hall.place.views() as views:
            pages = [views.awards(AwardFilter(), ordering=(), page=PageRequest(number, 2)) for number in (1, 2, 3)]
        assert [[row.id for row in page.results] for page in pages] == [[given[2], given[1]], [given[0]], []]
        assert {page.count for page in pages} == {3}

    def test_the_revision_of_awards_changes_with_them_and_the_items(self, hall: Hall) -> None:
        """O-5: and with nothing else."""

        def revision() -> str:
            with hall.place.views() as views:
                return views.awards_revision()

        def revoked() -> None:
            with hall.place.work() as work:
                work.awards.save(work.awards.get(award_id).revoke(reason="mistake"))

        def renamed() -> None:
            with hall.place.work() as work:
                work.items.save(work.items.get(item_id).change(name="Renamed"))

        ann = hall.bidder("Ann")
        seen = [revision()]
        award_id = hall.give("Cloak", ann, "1")
        with hall.place.work() as work:
            item_id = work.awards.get(award_id).item_id
        seen.append(revision())
        for change in (revoked, renamed):
            assert revision() == seen[-1]
            change()
            seen.append(revision())
        assert len(set(seen)) == len(seen)

    def test_awards_are_narrowed(self, hall: Hall) -> None:
        """L-7: by item, raid, user, pool, state, overbid and a part of the item's name."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        raid_id, other_pool = hall.place.raid(), hall.bank.pool()
        ids = [
            hall.give("Cloak 50% off", ann, "1", raid_id=raid_id),
            hall.give("Cloak 500 off", ben, "1"),
            hall.give("Épée", None, "0"),
        ]
        with hall.place.work() as work:
            cloak = work.awards.get(ids[0])
            work.awards.save(evolve(cloak, overbid=True))
            work.awards.save(evolve(work.awards.get(ids[1]), status=AwardStatus.REVOKED))
            work.awards.save(evolve(work.awards.get(ids[2]), pools=(other_pool,)))

        def found(wanted: AwardFilter) -> list[int]:
            return sorted(ids.index(row.id) for row in self.rows(hall, wanted))

        assert found(AwardFilter(item_id=cloak.item_id)) == [0]
        assert found(AwardFilter(raid_id=raid_id)) == [0]
        assert found(AwardFilter(user_id=ben)) == [1]
        assert found(AwardFilter(pool_id=hall.pool_id)) == [0, 1]
        assert found(AwardFilter(pool_id=other_pool)) == [2]
        assert found(AwardFilter(pool_id=PoolId(int(f"{hall.pool_id}1")))) == []
        assert found(AwardFilter(status=AwardStatus.REVOKED)) == [1]
        assert found(AwardFilter(overbid=True)) == [0]
        assert found(AwardFilter(overbid=False, search="CLOAK")) == [1]
        assert found(AwardFilter(search="50%")) == [0]
        assert found(AwardFilter(search="épé")) == [2]
        assert found(AwardFilter(search="epe")) == []

    @pytest.mark.parametrize(
        ("ordering", "expected"),
        [
            ("awarded_at", "BCA"),
            ("-awarded_at", "ACB"),
            ("item", "ABC"),
            ("-item", "CBA"),
            ("price", "CAB"),
            ("-price", "BAC"),
            ("username", "ABC"),
            ("-username", "CBA"),
            ("id", "BCA"),
        ],
    )
    def test_awards_are_ordered_as_asked(self, hall: Hall, ordering: str, expected: str) -> None:
        """L-7: what nobody got stands last, or first where the order is descending."""
        ann, ben, clock = hall.bidder("ann"), hall.bidder("Ben"), hall.place.installation.clock
        hall.give("Band", ben, "5")
        clock.advance(HOUR)
        hall.give("cloak", None, "0")
        clock.advance(HOUR)
        hall.give("apron", ann, "2")
        assert "".join(row.item[0].upper() for row in self.rows(hall, ordering=ordering)) == expected

    def test_many_awards_of_one_price_stand_newest_first(self, hall: Hall) -> None:
        """L-7: among equals of the order that is asked for."""
        ann, clock = hall.bidder("Ann"), hall.place.installation.clock
        given = []
        for _ in range(3):
            given.append(hall.give("Cloak", ann, "1"))
            clock.advance(HOUR)
        assert [row.id for row in self.rows(hall, ordering="price")] == given[::-1]


class StandingBidsContract(Contract):
    """The port `StandingBids`, and the view of them."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    @pytest.fixture
    def item(self, hall: Hall) -> Item:
        """One that bids wait for."""
        return hall.item()

    def leave(
        self, hall: Hall, item_id: ItemId, user_id: UserId, ceiling: str = "5", character: str = "", hours: int = 0
    ) -> StandingBid:
        """A bid that waits."""
        at = NIGHT + hours * HOUR + timedelta(microseconds=7)
        bid = StandingBid.leave(item_id, user_id, ceiling=Points.of(ceiling), character_name=character, at=at)
        with hall.place.work() as work:
            work.standing_bids.put(bid, StandingBidLeft(item_id=item_id, user_id=user_id))
        return bid

    def waiting(self, hall: Hall, item_id: ItemId) -> tuple[StandingBid, ...]:
        """Those that wait."""
        with hall.place.work() as work:
            return work.standing_bids.of_item(item_id)

    def test_a_bid_that_waits_comes_back_as_it_was(self, hall: Hall, item: Item) -> None:
        """L-14, G-9."""
        ann = hall.bidder("Ann")
        bid = self.leave(hall, item.id, ann, "12.34", "Élan 🐉")
        with hall.place.work() as work:
            assert work.standing_bids.find(item.id, ann) == bid
        assert self.waiting(hall, item.id) == (bid,)
        assert hall.place.told("standing_bid", f"{item.id}-{ann}") == ["standing_bid_left"]

    def test_a_bid_takes_the_place_of_an_earlier_one(self, hall: Hall, item: Item) -> None:
        """L-14: of the same user, for the same item."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        self.leave(hall, item.id, ann, "5", "Anna")
        bens = self.leave(hall, item.id, ben, "6")
        anns = self.leave(hall, item.id, ann, "7", hours=1)
        assert self.waiting(hall, item.id) == (bens, anns)
        assert len(hall.place.told("standing_bid", f"{item.id}-{ann}")) == 2

    def test_the_earliest_stands_first(self, hall: Hall, item: Item) -> None:
        """L-14."""
        users = [hall.bidder(name) for name in ("Ann", "Ben", "Cid")]
        bids = [
            self.leave(hall, item.id, user_id, hours=hours) for user_id, hours in zip(users, (3, 1, 2), strict=True)
        ]
        assert self.waiting(hall, item.id) == (bids[1], bids[2], bids[0])

    def test_where_none_waits_there_is_none(self, hall: Hall, item: Item, elsewhere: Place) -> None:
        """L-14, G-1: none of another item, user or guild."""
        ann, ben, other = hall.bidder("Ann"), hall.bidder("Ben"), hall.item("Robe")
        self.leave(hall, item.id, ann)
        with hall.place.work() as work:
            assert work.standing_bids.find(item.id, ben) is None
            assert work.standing_bids.find(other.id, ann) is None
            assert work.standing_bids.of_item(other.id) == ()
        with elsewhere.work() as work:
            assert work.standing_bids.find(item.id, ann) is None
            assert work.standing_bids.of_item(item.id) == ()
        with elsewhere.views() as views:
            assert views.standing_bids(ann) == ()

    def test_bids_are_forgotten(self, hall: Hall, item: Item) -> None:
        """L-14: these alone, and the events are kept."""
        ann, ben, cid = (hall.bidder(name) for name in ("Ann", "Ben", "Cid"))
        anns, bens, cids = (self.leave(hall, item.id, user_id) for user_id in (ann, ben, cid))
        with hall.place.work() as work:
            work.standing_bids.remove([anns], StandingBidTakenBack(item_id=item.id, user_id=ann))
            work.standing_bids.remove([cids])
            work.standing_bids.remove([])
        assert self.waiting(hall, item.id) == (bens,)
        assert hall.place.told("standing_bid", f"{item.id}-{ann}") == ["standing_bid_left", "standing_bid_taken_back"]
        assert hall.place.told("standing_bid", f"{item.id}-{cid}") == ["standing_bid_left"]

    def test_one_that_is_there_is_locked_until_the_transaction_ends(self, hall: Hall, item: Item) -> None:
        """L-14: taken back once."""
        ann = hall.bidder("Ann")
        self.leave(hall, item.id, ann)
        seen: list[StandingBid | None] = []

        def look() -> None:
            with hall.place.work() as work:
                seen.append(work.standing_bids.find(item.id, ann))

        with hall.place.work() as work:
            bid = work.standing_bids.find(item.id, ann)
            assert bid is not None
            rival = Rival(look)
            work.standing_bids.remove([bid], StandingBidTakenBack(item_id=item.id, user_id=ann))
        assert rival.outcome() is None
        assert seen == [None]

    def test_leaving_the_same_bid_twice_at_once_leaves_one(self, hall: Hall, item: Item) -> None:
        """L-14: by who clicks twice."""
        ann = hall.bidder("Ann")
        assert all_at_once(*[lambda: self.leave(hall, item.id, ann)] * 4) == [None] * 4
        assert len(self.waiting(hall, item.id)) == 1

    def test_own_bids_are_shown_by_item_name(self, hall: Hall) -> None:
        """L-12, L-14: as the items are called now; nobody else's."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        items = [hall.item(name) for name in ("robe", "Épée", "Cloak")]
        bids = [self.leave(hall, item.id, ann, "12.34", "Anna") for item in items]
        self.leave(hall, items[0].id, ben)
        with hall.place.work() as work:
            work.items.save(items[2].change(name="Zither"))
        with hall.place.views() as views:
            rows = views.standing_bids(ann)
        assert [row.item for row in rows] == ["robe", "Zither", "Épée"]
        assert rows[0] == StandingBidRow(
            item_id=items[0].id, item="robe", ceiling=Points.of("12.34"), character="Anna", left_at=bids[0].left_at
        )

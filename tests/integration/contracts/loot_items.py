"""What every adapter of the loot context keeps to, as to items."""

from __future__ import annotations

import unicodedata
from datetime import timedelta

import pytest
from attrs import evolve

from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import ItemId, ItemPoolId
from dkp_core.kernel.page import PageRequest, ordering_of
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    ITEM_COLUMNS,
    Item,
    ItemFilter,
    ItemRow,
    MoveAward,
    PriceHistory,
    ReturnItem,
    RevokeAward,
    StandingBid,
    Whose,
)
from dkp_core.loot.events import ItemRemoved, StandingBidLeft
from dkp_core.points import ItemPool
from tests.integration.contracts.installation import Rival, all_at_once
from tests.integration.contracts.loot_deeds import Hall
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place
from tests.integration.contracts.suite import Contract

NOTHING_SOLD = PriceHistory(count=0, last=None, median=None, mean=None, minimum=None, maximum=None)


def item_pool(place: Place, name: str) -> ItemPoolId:
    """An item pool."""
    pool = ItemPool.create(ItemPoolId(place.installation.ids.next("item_pool")), place.guild_id, name=name, pools=())
    with place.work() as work:
        work.item_pools.save(pool)
    return pool.id


class ItemsContract(Contract):
    """The port `Items`, and the views of items."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    # --- keeping ------------------------------------------------------------------------------------------------------

    def test_a_saved_item_comes_back_as_it_was(self, hall: Hall) -> None:
        """L-1, G-9: every value, whatever alphabet it is in."""
        place = hall.place
        item = Item(
            id=ItemId(place.installation.ids.next("item")),
            guild_id=place.guild_id,
            name="Épée d'Été 🐉",
            description="ночь\nund 'Anführung' \"\\",
            item_pool_id=item_pool(place, "Rüstung"),
            rarity="légendaire",
            external_id="eq:12/3%4_5",
            link="https://items.example/été?id=1",
            icon="http://items.example/1.png",
            metadata={"Größe": "XL", "слот": "🐉"},
            active=False,
        ).entered()
        with place.work() as work:
            work.items.save(item)
        with place.work() as work:
            assert work.items.get(item.id) == evolve(item, version=1)
            assert work.items.get(item.id).pending == ()

    def test_a_change_is_kept_one_version_on(self, hall: Hall) -> None:
        item = hall.item()
        changed = item.change(name="Robe", metadata={"a": "b"}, active=False)
        with hall.place.work() as work:
            work.items.save(changed)
        with hall.place.work() as work:
            assert work.items.get(item.id) == evolve(changed, version=2)

    def test_an_unknown_item_is_refused(self, hall: Hall, elsewhere: Place) -> None:
        """G-1: another guild's item is unknown here."""
        foreign = Hall.of(elsewhere).item()
        with hall.place.work() as work:
            for unknown in (ItemId(0), foreign.id):
                with pytest.raises(NoSuch):
                    work.items.get(unknown)
            assert work.items.named(foreign.name) is None

    @pytest.mark.parametrize("name", ["Épée", "éPÉE", unicodedata.normalize("NFD", "Épée"), "  Épée "])
    def test_an_item_is_named_in_any_case_and_normal_form(self, hall: Hall, name: str) -> None:
        """G-9: but É is no E."""
        hall.item("Epee")
        item = hall.item("Épée")
        with hall.place.work() as work:
            found = work.items.named(name)
        assert found == item

    def test_one_name_is_one_items(self, hall: Hall, elsewhere: Place) -> None:
        """G-9, G-1: in any case; another guild may have it too."""
        hall.item("Straße")
        with pytest.raises(NameTaken):
            hall.item("STRASSE")
        Hall.of(elsewhere).item("STRASSE")

    def test_an_item_may_be_respelt(self, hall: Hall) -> None:
        item = hall.item("Straße")
        with hall.place.work() as work:
            work.items.save(item.change(name="STRASSE"))
        with hall.place.work() as work:
            assert work.items.get(item.id).name == "STRASSE"

    def test_an_item_takes_no_name_of_another(self, hall: Hall) -> None:
        hall.item("Robe")
        item = hall.item("Cloak")
        with pytest.raises(NameTaken), hall.place.work() as work:
            work.items.save(item.change(name="robe"))
        with hall.place.work() as work:
            assert work.items.get(item.id) == item

    def test_one_of_several_enters_a_name(self, hall: Hall) -> None:
        """L-9: at the same moment."""
        outcomes = all_at_once(*[lambda: hall.item("Cloak")] * 4)
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, NameTaken | Stale) for fault in outcomes if fault is not None)

    def test_who_read_an_earlier_version_is_stale(self, hall: Hall) -> None:
        """G-6."""
        item = hall.item()
        with hall.place.work() as work:
            work.items.save(item.change(rarity="rare"))
        with pytest.raises(Stale), hall.place.work() as work:
            work.items.save(item.change(rarity="epic"))
        with hall.place.work() as work:
            assert work.items.get(item.id).rarity == "rare"

    @pytest.mark.parametrize("by_name", [False, True])
    def test_an_item_is_locked_until_the_transaction_ends(self, hall: Hall, *, by_name: bool) -> None:
        """G-6: whoever reads it next sees what became of it."""
        item = hall.item()

        def describe() -> None:
            with hall.place.work() as work:
                work.items.save(work.items.get(item.id).change(description="Hot."))

        with hall.place.work() as work:
            read = work.items.named(item.name) if by_name else work.items.get(item.id)
            assert read is not None
            rival = Rival(describe)
            work.items.save(read.change(rarity="rare"))
        assert rival.outcome() is None
        with hall.place.work() as work:
            both = work.items.get(item.id)
        assert (both.rarity, both.description, both.version) == ("rare", "Hot.", 3)

    def test_saving_an_item_stores_its_events(self, hall: Hall) -> None:
        """G-5."""
        item = hall.item("Cloak")
        with hall.place.work() as work:
            work.items.save(item.change(name="Robe"))
        entered, changed = hall.place.told_rows("item", item.id)
        assert (entered.name, entered.data["name"]) == ("item_entered", "Cloak")
        assert (changed.name, changed.data["changes"]) == (
            "item_changed",
            [{"field": "name", "before": "Cloak", "after": "Robe"}],
        )

    # --- removing -----------------------------------------------------------------------------------------------------

    def removed(self, hall: Hall, item: Item) -> bool:
        """Try to remove an item."""
        with hall.place.work() as work:
            read = work.items.get(item.id)
            return work.items.remove(read.announcing(ItemRemoved(item_id=item.id, name=item.name)))

    def test_an_item_that_nothing_names_is_removed_with_what_waits_for_it(self, hall: Hall) -> None:
        """L-1, L-14: its standing bids go with it, others stay."""
        item, other = hall.item("Cloak"), hall.item("Robe")
        user_id = hall.bidder("Ann")
        with hall.place.work() as work:
            for each in (item, other):
                bid = StandingBid.leave(each.id, user_id, ceiling=Points.of(5), character_name="", at=NIGHT)
                work.standing_bids.put(bid, StandingBidLeft(item_id=each.id, user_id=user_id))
        assert self.removed(hall, item)
        with hall.place.work() as work:
            with pytest.raises(NoSuch):
                work.items.get(item.id)
            assert work.standing_bids.of_item(item.id) == ()
            assert len(work.standing_bids.of_item(other.id)) == 1
        assert hall.place.told("item", item.id) == ["item_entered", "item_removed"]
        assert hall.item("Cloak").id != item.id

    @pytest.mark.parametrize("named_by", ["auction", "award"])
    def test_an_item_that_is_named_stays(self, hall: Hall, named_by: str) -> None:
        """L-1: then nothing is done, nor told."""
        item = hall.item("Cloak")
        if named_by == "auction":
            hall.keep(hall.drafted(item))
        else:
            hall.give("Cloak", None, "0")
        assert not self.removed(hall, item)
        with hall.place.work() as work:
            assert work.items.get(item.id) == item
        assert hall.place.told("item", item.id) == ["item_entered"]

    # --- the views ----------------------------------------------------------------------------------------------------

    def test_the_view_shows_what_was_saved(self, hall: Hall) -> None:
        """L-1."""
        pool_id = item_pool(hall.place, "Rüstung")
        item = hall.item("Épée").change(
            description="Hot.",
            item_pool_id=pool_id,
            rarity="rare",
            external_id="7",
            link="https://x.example",
            icon="https://y.example",
            metadata={"слот": "🐉"},
            active=False,
        )
        with hall.place.work() as work:
            work.items.save(item)
        with hall.place.views() as views:
            detail = views.item(item.id)
            assert views.item_named("éPÉE") == detail
            (row,) = views.items(ItemFilter(), ordering=(), page=EVERYTHING).results
        assert row == ItemRow(
            id=item.id,
            name="Épée",
            description="Hot.",
            item_pool_id=pool_id,
            item_pool="Rüstung",
            rarity="rare",
            external_id="7",
            link="https://x.example",
            icon="https://y.example",
            metadata={"слот": "🐉"},
            active=False,
            awards=0,
            last_price=None,
            last_awarded_at=None,
        )
        assert (detail.name, detail.metadata, detail.item_pool) == (row.name, row.metadata, row.item_pool)
        assert detail.prices == NOTHING_SOLD

    def test_an_unknown_item_is_not_shown(self, hall: Hall, elsewhere: Place) -> None:
        """G-1."""
        foreign = Hall.of(elsewhere).item("Cloak")
        with hall.place.views() as views:
            for unknown in (ItemId(0), foreign.id):
                with pytest.raises(NoSuch):
                    views.item(unknown)
                with pytest.raises(NoSuch):
                    views.bids_of_item(unknown, viewer=None, page=EVERYTHING)
            with pytest.raises(NoSuch):
                views.item_named("Cloak")
            assert views.items(ItemFilter(), ordering=(), page=EVERYTHING).count == 0

    def test_items_are_listed_by_name_in_pages(self, hall: Hall) -> None:
        """L-1, G-9: in any case; the count is over all pages."""
        for name in ("robe", "Cloak", "élan", "Band"):
            hall.item(name)
        with hall.place.views() as views:
            pages = [views.items(ItemFilter(), ordering=(), page=PageRequest(number, 3)) for number in (1, 2, 3)]
        assert [[row.name for row in page.results] for page in pages] == [["Band", "Cloak", "robe"], ["élan"], []]
        assert {page.count for page in pages} == {4}

    def test_items_are_narrowed(self, hall: Hall) -> None:
        """L-1: by item pool, rarity, external id, state and a part of the name."""
        pools = [item_pool(hall.place, "A"), item_pool(hall.place, "B")]
        items = [hall.item(name) for name in ("Cloak 50% off", "Cloak 500 off", "Épée", "a_b", "axb")]
        with hall.place.work() as work:
            work.items.save(items[0].change(item_pool_id=pools[0], rarity="rare", external_id="x"))
            work.items.save(items[1].change(item_pool_id=pools[1], rarity="epic", active=False))

        def found(wanted: ItemFilter) -> list[str]:
            with hall.place.views() as views:
                page = views.items(wanted, ordering=(), page=EVERYTHING)
            assert page.count == len(page.results)
            return [row.name for row in page.results]

        assert found(ItemFilter(item_pool_id=pools[0])) == ["Cloak 50% off"]
        assert found(ItemFilter(rarity="epic")) == ["Cloak 500 off"]
        assert found(ItemFilter(external_id="x")) == ["Cloak 50% off"]
        assert found(ItemFilter(active=False)) == ["Cloak 500 off"]
        assert found(ItemFilter(active=True, search="CLOAK")) == ["Cloak 50% off"]
        assert found(ItemFilter(search="50%")) == ["Cloak 50% off"]
        assert found(ItemFilter(search="A_B")) == ["a_b"]
        assert found(ItemFilter(search="epe")) == []
        assert found(ItemFilter(search=unicodedata.normalize("NFD", "PÉ"))) == ["Épée"]

    @pytest.mark.parametrize(
        ("ordering", "expected"),
        [
            ("name", "BCR"),
            ("-name", "RCB"),
            ("rarity", "RBC"),
            ("item_pool", "CRB"),
            ("-item_pool", "BRC"),
            ("awards", "RBC"),
            ("-awards", "CBR"),
            ("last_price", "CBR"),
            ("-last_price", "RBC"),
            ("last_awarded_at", "BCR"),
            ("id", "RBC"),
        ],
    )
    def test_items_are_ordered_as_asked(self, hall: Hall, ordering: str, expected: str) -> None:
        """L-1: what has no value stands last, or first where the order is descending."""
        pools = [item_pool(hall.place, "beta"), item_pool(hall.place, "Alpha")]
        robe, band, cloak = (hall.item(name) for name in ("Robe", "Band", "Cloak"))
        with hall.place.work() as work:
            work.items.save(robe.change(item_pool_id=pools[0], rarity="a"))
            work.items.save(band.change(rarity="b"))
            work.items.save(cloak.change(item_pool_id=pools[1], rarity="c"))
        ann = hall.bidder("Ann")
        clock = hall.place.installation.clock
        for item, amount in (("Cloak", "7"), ("Band", "5"), ("Cloak", "3")):
            clock.advance(timedelta(minutes=1))
            hall.give(item, ann, amount)
        with hall.place.views() as views:
            rows = views.items(ItemFilter(), ordering=ordering_of(ordering, ITEM_COLUMNS), page=EVERYTHING).results
        assert "".join(row.name[0] for row in rows) == expected

    # --- price history ------------------------------------------------------------------------------------------------

    def test_an_item_tells_what_it_went_for(self, hall: Hall) -> None:
        """L-1: last, median, mean, least, most and how often; rounded half-up."""
        hall.item("Robe")
        ann = hall.bidder("Ann")
        clock = hall.place.installation.clock
        for amount in ("10", "0.01", "4.50", "0.02"):
            clock.advance(timedelta(minutes=1))
            hall.give("Cloak", ann, amount)
        hall.give("Robe", ann, "50")
        with hall.place.views() as views:
            row = views.item_named("Cloak")
        assert row.prices == PriceHistory(
            count=4,
            last=Points.of("0.02"),
            median=Points.of("2.26"),  # of 0.02 and 4.50
            mean=Points.of("3.63"),  # of 14.53 in four
            minimum=Points.of("0.01"),
            maximum=Points.of("10"),
        )
        assert (row.awards, row.last_price, row.last_awarded_at) == (4, Points.of("0.02"), clock.now())

    def test_half_a_hundredth_is_rounded_up(self, hall: Hall) -> None:
        """P-12."""
        ann = hall.bidder("Ann")
        for amount in ("0.01", "0.02"):
            hall.give("Cloak", ann, amount)
        with hall.place.views() as views:
            prices = views.item_named("Cloak").prices
        assert (prices.median, prices.mean) == (Points.of("0.02"), Points.of("0.02"))

    def test_what_was_taken_back_is_no_price(self, hall: Hall) -> None:
        """L-8, L-17: what was revoked or moved counts for nothing, nor what nobody got; what was returned does."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        place = hall.place
        begin, ids, clock = place.installation.begin, place.installation.ids, place.installation.clock
        revoked, moved, returned = (hall.give("Cloak", ann, amount) for amount in ("30", "20", "10"))
        hall.give("Cloak", None, "0")
        RevokeAward(begin, ids, clock)(revoked, reason="a mistake", by=place.by)
        MoveAward(begin, ids, clock)(moved, to=Whose(user_id=ben), amount=Points.of(6), reason="a mistake", by=place.by)
        ReturnItem(begin, ids, clock)(returned, reason="not needed", by=place.by)
        with place.views() as views:
            row = views.item_named("Cloak")
        prices = row.prices
        assert (prices.count, prices.minimum, prices.maximum) == (2, Points.of(6), Points.of(10))
        assert (row.awards, row.last_price) == (2, Points.of(6))

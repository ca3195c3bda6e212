"""Items and house rules as use cases."""

from __future__ import annotations

import pytest

from dkp_core.kernel.errors import InvalidValue, NameTaken, NoSuch, NotPermitted
from dkp_core.kernel.ids import ItemId, ItemPoolId, PoolId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.loot import ItemFilter, Rules, Whose
from tests.unit.loot.raid_night import ALL, RaidNight

# --- items ------------------------------------------------------------------------------------------------------------


def test_items_are_entered_changed_and_found(night: RaidNight) -> None:
    """L-1: by name in any case; a name is taken once."""
    use, by = night.guild.use, night.officer
    pool = use.create_item_pool()(name="Plane of Time", by=by).id
    item = use.enter_item()(
        name="Épée du Destin",
        description="sharp",
        item_pool_id=pool,
        rarity="epic",
        external_id="1234",
        link="https://example.org/1234",
        icon="https://example.org/1234.png",
        metadata={"slot": "primary"},
        by=by,
    )
    row = use.find_item()("ÉPÉE DU DESTIN", by=night.by("Aldo"))
    assert row == use.show_item()(item.id, by=night.by("Aldo"))
    assert (row.id, row.item_pool, row.rarity, row.external_id, row.metadata) == (
        item.id,
        "Plane of Time",
        "epic",
        "1234",
        {"slot": "primary"},
    )
    assert (row.awards, row.last_price, row.prices.count, row.prices.mean) == (0, None, 0, None)
    with pytest.raises(NameTaken):
        use.enter_item()(name="épée du destin", by=by)
    helm = use.enter_item()(name="Helm", by=by)
    with pytest.raises(NameTaken):
        use.change_item()(helm.id, name="Épée du Destin", by=by)
    use.change_item()(helm.id, name="Helm of Dawn", rarity="rare", by=by)
    assert use.find_item()("helm of dawn", by=by).rarity == "rare"
    with pytest.raises(NoSuch):
        use.find_item()("Helm", by=by)
    with pytest.raises(NoSuch):
        use.enter_item()(name="Ring", item_pool_id=ItemPoolId(99), by=by)
    with pytest.raises(NoSuch):
        use.change_item()(helm.id, item_pool_id=ItemPoolId(99), by=by)
    with pytest.raises(NoSuch):
        use.change_item()(ItemId(99), by=by)


def test_past_awards_keep_the_name_that_was(night: RaidNight) -> None:
    """L-1, G-4."""
    use, by = night.guild.use, night.officer
    award = use.award_item()(item="Spear", to=Whose(character="Aldo"), amount=Points.of(5), by=by)
    use.change_item()(award.item_id, name="Spear of Fate", by=by)
    assert use.show_award()(award.id, by=by).item == "Spear"
    assert use.find_item()("Spear of Fate", by=by).awards == 1


def test_an_item_that_is_named_somewhere_is_put_away(night: RaidNight) -> None:
    """L-1, G-4: removed where nothing names it, inactive where something does."""
    use, by = night.guild.use, night.officer
    unused, sold = night.item("Ring"), night.item()
    use.leave_bid()(unused, ceiling=Points.of(5), by=night.by("Aldo"))
    night.starts()
    for item in (unused, sold):
        use.remove_item()(item, by=by)
    with pytest.raises(NoSuch):
        use.show_item()(unused, by=by)
    assert use.show_own_loot()(by=night.by("Aldo")).standing == ()
    assert not use.show_item()(sold, by=by).active
    use.remove_item()(sold, by=by)
    assert night.told("item_removed", "item_changed") == ["item_removed", "item_changed"]


def test_items_are_listed_by_what_is_asked(night: RaidNight) -> None:
    """L-1: by name; by part of it, rarity, external id, item pool, and whether they are active."""
    use, by = night.guild.use, night.officer
    pool = use.create_item_pool()(name="Plane of Time", by=by).id
    use.enter_item()(name="Spear", rarity="epic", external_id="1", by=by)
    use.enter_item()(name="Helm", item_pool_id=pool, by=by)
    use.change_item()(night.item("Ring"), active=False, by=by)

    def listed(ordering: str = "", **wanted: object) -> list[str]:
        filtered = ItemFilter(**wanted)  # type: ignore[arg-type]  # as given
        return [row.name for row in use.list_items()(filtered, ordering=ordering, page=PageRequest(), by=by).results]

    assert listed() == ["Helm", "Ring", "Spear"]
    assert listed(ordering="-name") == ["Spear", "Ring", "Helm"]
    assert listed(search="PE") == listed(rarity="epic") == listed(external_id="1") == ["Spear"]
    assert listed(item_pool_id=pool) == ["Helm"]
    assert listed(active=False) == ["Ring"]


def test_members_look_and_officers_write(night: RaidNight) -> None:
    """A-3."""
    use, member = night.guild.use, night.by("Aldo")
    item = night.item()
    with pytest.raises(NotPermitted):
        use.enter_item()(name="Ring", by=member)
    with pytest.raises(NotPermitted):
        use.change_item()(item, name="Ring", by=member)
    with pytest.raises(NotPermitted):
        use.remove_item()(item, by=member)
    with pytest.raises(NotPermitted):
        use.set_rules()(night.guild.pool, {}, by=member)
    with pytest.raises(NotPermitted):
        use.set_chat_grammar()({}, by=member)
    assert use.show_item()(item, by=member).name == "Spear of Fate"
    assert use.show_bid_history()(item, page=ALL, by=member).count == 0
    with pytest.raises(NoSuch):
        use.show_bid_history()(ItemId(99), page=ALL, by=member)


def test_an_items_view_has_every_bid_of_its_auctions(night: RaidNight) -> None:
    """L-1, L-12: the full bid history, the newest first."""
    for amount in ("5", "7"):
        auction = night.starts()
        night.bids("Aldo", auction, amount)
        night.awards(auction)
        night.later()
    rows = night.guild.use.show_bid_history()(night.item(), page=ALL, by=night.by("Bera")).results
    assert [str(row.amount) for row in rows] == ["7.00", "5.00"]
    prices = night.guild.use.show_item()(night.item(), by=night.by("Bera")).prices
    assert (prices.count, str(prices.last), str(prices.median), str(prices.mean)) == (2, "7.00", "6.00", "6.00")


# --- house rules ------------------------------------------------------------------------------------------------------


def test_rules_are_kept_in_versions(night: RaidNight) -> None:
    """L-2: what is not given stays; the event tells what changed; nothing is written where nothing did."""
    use, by, pool = night.guild.use, night.officer, night.guild.pool
    (defaults,) = use.show_rules()(pool, by=night.by("Aldo"))
    assert (defaults.version, defaults.values, defaults.changed_at) == (0, Rules().values(), None)
    assert use.set_rules()(pool, {"minimum": "5"}, by=by).version == 1
    assert use.set_rules()(pool, {"minimum": "5.00"}, by=by).version == 1
    assert use.set_rules()(pool, {"ties": ["roll"], "floor": "2"}, by=by).version == 2
    second, first = use.show_rules()(pool, by=night.by("Aldo"))
    assert (second.version, second.values["minimum"], second.values["ties"]) == (2, "5.00", ["roll"])
    assert (first.version, first.values["ties"], first.changed_at) == (1, [], night.guild.clock.now())
    assert night.told("rules_changed") == ["rules_changed"] * 2


def test_rules_name_ranks_and_pools_there_are(night: RaidNight) -> None:
    """L-2, G-8."""
    use, by, pool = night.guild.use, night.officer, night.guild.pool
    for values in (
        {"ranks": [99]},
        {"rank_caps": [{"rank": 99, "at_most": "5"}]},
        {"rank_multipliers": [{"rank": 99}]},
        {"phases": [{"ranks": [99]}]},
    ):
        with pytest.raises(NoSuch):
            use.set_rules()(pool, values, by=by)
    with pytest.raises(NoSuch):
        use.set_rules()(PoolId(99), {}, by=by)
    with pytest.raises(NoSuch):
        use.show_rules()(PoolId(99), by=by)
    with pytest.raises(InvalidValue):
        use.set_rules()(pool, {"minimum": "0"}, by=by)
    rank = use.create_rank()(name="Twelve", by=by).id
    assert use.set_rules()(pool, {"ranks": [rank]}, by=by).values["ranks"] == [rank]


def test_each_pool_has_its_own_rules(night: RaidNight) -> None:
    """L-2: chosen per pool."""
    other = night.guild.use.create_pool()(name="Other", by=night.officer).id
    night.rules(minimum="5")
    assert str(night.started(pool_id=other).rules.minimum) == "1.00"
    assert str(night.started("Helm").rules.minimum) == "5.00"


def test_the_grammar_of_chat_is_kept_in_versions(night: RaidNight) -> None:
    """L-10: fields that are not given stay."""
    use, by = night.guild.use, night.officer
    before = use.show_chat_grammar()(by=night.by("Aldo"))
    assert (before.version, before.changed_at) == (0, None)
    words = ["pass"]
    changed = use.set_chat_grammar()({"withdraw_words": words}, by=by)
    assert (changed.version, changed.values["withdraw_words"]) == (1, words)
    assert use.set_chat_grammar()({"withdraw_words": words}, by=by).version == 1
    after = use.show_chat_grammar()(by=night.by("Aldo"))
    assert after.values == {**before.values, "withdraw_words": words}
    with pytest.raises(InvalidValue):
        use.set_chat_grammar()({"colour": []}, by=by)
    assert night.told("grammar_changed") == ["grammar_changed"]

"""Awards as use cases: paid, passed over, given, revoked, moved, returned; and points that always add up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import AuctionId, AwardId, PoolId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    AuctionNotOpen,
    AuctionStatus,
    Award,
    AwardFilter,
    AwardIsOver,
    AwardStatus,
    BidElsewhere,
    CannotPay,
    ItemDetailRow,
    Mode,
    NoWinner,
    Whose,
    WrongStatus,
)
from dkp_core.points import EntryKind
from tests.unit.loot.raid_night import ALL, RaidNight, whose


def gives(night: RaidNight, to: str | None, amount: str, item: str = "Spear of Fate", **more: object) -> Award:
    """An award without an auction here."""
    given = {"by": night.officer, "amount": Points.of(amount), "item": item} | more
    receiver = None if to is None else Whose(character=to)
    return night.guild.use.award_item()(to=receiver, **given)  # type: ignore[arg-type]  # as given


def prices(night: RaidNight, item: str = "Spear of Fate") -> ItemDetailRow:
    """An item with its price history."""
    return night.guild.use.find_item()(item, by=night.officer)


# --- of auctions ------------------------------------------------------------------------------------------------------


def test_an_award_deducts_the_price_and_lets_the_hold_go(night: RaidNight) -> None:
    """L-7: in one: the entry, loot history and price history."""
    auction = night.starts()
    night.bids("Aldo", auction, "60")
    night.closes(auction)
    assert night.has("Aldo") == ("100.00", "60.00", "40.00")
    (award,) = night.awards(auction)
    assert night.has("Aldo") == ("40.00", "0.00", "40.00")
    assert (award.user_id, award.character_name, str(award.price)) == (night.people["Aldo"].id, "Aldo", "60.00")
    assert award.because == "60.00 was bid as main: there was a copy for every bid"
    entry = night.guild.history(night.people["Aldo"])[0]
    assert (entry.kind, str(entry.amount), entry.reason) == (EntryKind.AWARD, "-60.00", "Spear of Fate")
    history = prices(night)
    assert (history.awards, str(history.last_price), str(history.prices.median)) == (1, "60.00", "60.00")
    assert night.shown(auction).status is AuctionStatus.AWARDED
    with pytest.raises(WrongStatus) as refused:
        night.awards(auction)
    assert str(refused.value) == f"Auction {auction} is awarded; this takes one that is closed."


def test_an_open_or_frozen_auction_is_closed_by_its_award(night: RaidNight) -> None:
    """L-7: the award closes it first; nothing is due afterwards."""
    for item, freeze in (("Spear", False), ("Helm", True)):
        auction = night.starts(item, seconds=60, mode="sealed_first_price")
        night.bids("Aldo", auction, "10")
        night.bids("Bera", auction, "9")
        if freeze:
            night.guild.use.freeze_auction()(auction, by=night.officer)
        night.awards(auction)
        assert night.shown(auction).status is AuctionStatus.AWARDED
        assert night.has("Bera") == ("100.00", "0.00", "100.00")
    night.later(60)
    assert night.works() == 0


def test_several_copies_are_several_awards(night: RaidNight) -> None:
    """L-3, L-7: each pays; what nobody won goes to nobody."""
    auction = night.starts(quantity=4, copies_each=2)
    night.bids("Aldo", auction, "10", copies=2)
    night.bids("Bera", auction, "7")
    awards = night.awards(auction)
    assert [(award.character_name, str(award.price)) for award in awards] == [
        ("Aldo", "10.00"),
        ("Aldo", "10.00"),
        ("Bera", "7.00"),
        ("", "0.00"),
    ]
    assert awards[-1].user_id is None
    assert (night.has("Aldo"), night.has("Bera")) == (("80.00", "0.00", "80.00"), ("93.00", "0.00", "93.00"))


def test_without_bids_it_goes_to_nobody_or_is_given_free(night: RaidNight) -> None:
    """L-7: which has to be said."""
    auction, other = night.starts(), night.starts("Helm")
    with pytest.raises(NoWinner) as refused:
        night.awards(auction)
    assert str(refused.value) == (f"Nobody won auction {auction}: award it to nobody, or give it to somebody for free.")
    assert night.shown(auction).status is AuctionStatus.OPEN
    (rot,) = night.awards(auction, to_nobody=True)
    assert (rot.user_id, rot.because) == (None, "nobody bid for it")
    (free,) = night.awards(other, to=Whose(character="Bera"), reason="needs it most")
    assert (free.user_id, free.character_name, str(free.price), free.because) == (
        night.people["Bera"].id,
        "Bera",
        "0.00",
        "needs it most",
    )
    assert night.has("Bera") == ("100.00", "0.00", "100.00")


def test_what_somebody_won_is_not_given_away(night: RaidNight) -> None:
    """L-7: the winners are to be passed over first."""
    auction = night.starts()
    night.bids("Aldo", auction, "10")
    for more in ({"to_nobody": True}, {"to": Whose(character="Bera")}):
        with pytest.raises(InvalidValue) as refused:
            night.awards(auction, **more)
        assert refused.value.field == "to"
    (award,) = night.awards(auction, to=Whose(character="Bera"), passing_over=[night.people["Aldo"].id])
    assert (award.user_id, str(award.price)) == (night.people["Bera"].id, "0.00")
    assert night.has("Aldo") == ("100.00", "0.00", "100.00")


def test_free_items_go_to_who_is_known(night: RaidNight) -> None:
    """L-7, G-8."""
    auction = night.starts()
    with pytest.raises(NoSuch):
        night.awards(auction, to=Whose(character="Zaphod"))
    with pytest.raises(InvalidValue) as refused:
        night.awards(auction, to=Whose(user_id=night.people["Aldo"].id, character="Bera"))
    assert refused.value.field == "character"
    assert night.shown(auction).status is AuctionStatus.OPEN


@pytest.mark.parametrize(
    ("mode", "price", "then"), [("open", "30.00", "30.00"), ("sealed_second_price", "21.00", "21.00")]
)
def test_who_is_passed_over_makes_room_for_the_next(night: RaidNight, mode: str, price: str, then: str) -> None:
    """L-7: the result is what it had been without their bid."""
    auction = night.starts(mode=mode)
    night.bids("Cato", auction, "20")
    night.bids("Bera", auction, "30")
    night.bids("Aldo", auction, "40")
    (award,) = night.awards(auction, passing_over=[night.people["Aldo"].id])
    assert (award.character_name, str(award.price)) == ("Bera", price)
    assert (night.results(auction), night.has("Aldo")[0]) == ({"Bera": then}, "100.00")
    assert night.has("Bera")[0] == f"{100 - int(price[:2])}.00"


def test_a_ceiling_stays_secret_when_its_owner_steps_in(night: RaidNight) -> None:
    """L-7, L-14: who was beaten pays what everybody saw them bid."""
    auction = night.starts()
    night.bids("Bera", auction, ceiling="50")
    night.bids("Cato", auction, "20")
    night.bids("Aldo", auction, "60")
    assert night.leads(auction) == {"Aldo": "60.00"}
    (award,) = night.awards(auction, passing_over=[night.people["Aldo"].id])
    assert (award.character_name, str(award.price)) == ("Bera", "21.00")


def test_who_cannot_pay_any_more_is_refused_or_let_through(night: RaidNight) -> None:
    """L-7, L-9: an overbid is an officer's decision, and flagged."""
    auction = night.starts()
    night.bids("Aldo", auction, "60")
    night.closes(auction)
    night.gets("Aldo", "-50")
    with pytest.raises(CannotPay) as refused:
        night.awards(auction)
    assert str(refused.value) == f"User {night.people['Aldo'].id} has 50.00, and the price is 60.00."
    assert (night.shown(auction).status, night.has("Aldo")) == (AuctionStatus.CLOSED, ("50.00", "60.00", "-10.00"))
    (award,) = night.awards(auction, allow_overbid=True)
    assert (award.overbid, night.has("Aldo")) == (True, ("-10.00", "0.00", "-10.00"))
    listed = night.guild.use.list_awards()(AwardFilter(overbid=True), page=ALL, by=night.officer)
    assert [row.id for row in listed.results] == [award.id]


@pytest.mark.parametrize("mode", ["open", "sealed_first_price", "sealed_second_price"])
def test_an_award_that_cannot_be_paid_closes_the_auction(night: RaidNight, mode: str) -> None:
    """L-7: its result is there for all, with the price held, and nobody bids on after that; an officer decides."""
    let_through, passed_over = (night.starts(item, mode=mode, seconds=60) for item in ("Spear of Fate", "Helm"))
    for auction, name in ((let_through, "Aldo"), (passed_over, "Bera")):
        night.bids("Cato", auction, "40")
        night.bids(name, auction, "60")
        night.gets(name, "-90")
        with pytest.raises(CannotPay) as refused:
            night.awards(auction)
        price = "41.00" if mode == "sealed_second_price" else "60.00"
        assert (str(refused.value.price), str(refused.value.available)) == (price, "10.00")
        row = night.shown(auction, night.by("Cato"))
        assert (row.status, night.results(auction), row.seed is None) == (AuctionStatus.CLOSED, {name: price}, False)
        assert (night.has(name)[1], night.has("Cato")[1]) == (price, "0.00")
        with pytest.raises(AuctionNotOpen):
            night.bids("Cato", auction, "99")
    night.later(60)
    assert (night.works(), night.told("auction_closed")) == (0, ["auction_closed"] * 2)
    (award,) = night.awards(let_through, allow_overbid=True)
    assert (award.character_name, award.overbid, night.has("Aldo")[1]) == ("Aldo", True, "0.00")
    (award,) = night.awards(passed_over, passing_over=[night.people["Bera"].id])
    assert (award.character_name, award.overbid, night.has("Bera")[1]) == ("Cato", False, "0.00")


def test_passing_somebody_over_takes_no_lead_from_the_others(night: RaidNight) -> None:
    """L-6, L-7: also where a ceiling was raised after a tie: who led has won, whoever is passed over."""
    auction = night.starts()
    night.bids("Cato", auction, "10")
    night.bids("Aldo", auction, ceiling="90")
    night.bids("Bera", auction, ceiling="90")
    night.bids("Aldo", auction, ceiling="100")
    assert night.leads(auction) == {"Aldo": "90.00"}
    (award,) = night.awards(auction, passing_over=[night.people["Cato"].id])
    assert (award.character_name, str(award.price)) == ("Aldo", "90.00")


def test_who_asked_for_more_copies_takes_what_a_passed_winner_leaves(night: RaidNight) -> None:
    """L-3, L-7: before those who got none, at the same price, and what is held for one copy does not pay for two."""
    auction = night.starts(quantity=2, copies_each=2)
    night.bids("Cato", auction, "5")
    night.bids("Aldo", auction, "10", copies=2)
    night.bids("Bera", auction, "20")
    assert night.leads(auction) == {"Bera": "20.00", "Aldo": "10.00"}
    awards = night.awards(auction, passing_over=[night.people["Bera"].id])
    assert [(award.character_name, str(award.price)) for award in awards] == [("Aldo", "10.00")] * 2
    assert night.has("Aldo") == ("80.00", "0.00", "80.00")


def test_who_steps_in_has_to_have_the_price_free(night: RaidNight) -> None:
    """L-5, L-7: the loser's points went into other bids meanwhile; the auction is closed all the same."""
    auction, other = night.starts(), night.starts("Helm")
    night.bids("Bera", auction, "30")
    night.bids("Aldo", auction, "40")
    night.bids("Bera", other, "80")
    with pytest.raises(CannotPay) as refused:
        night.awards(auction, passing_over=[night.people["Aldo"].id])
    assert (refused.value.user, str(refused.value.available)) == (night.people["Bera"].id, "20.00")
    assert (night.shown(auction).status, night.results(auction)) == (AuctionStatus.CLOSED, {"Aldo": "40.00"})
    assert night.has("Aldo")[1] == "40.00"


def test_a_copy_more_than_was_held_has_to_be_free_as_well(night: RaidNight) -> None:
    """L-5, L-7: who won one of two copies holds one, and may have spent the other's points."""
    auction, other = night.starts(quantity=2, copies_each=2, mode="sealed_first_price"), night.starts("Helm")
    night.bids("Bera", auction, "60")
    night.bids("Aldo", auction, "50", copies=2)
    night.closes(auction)
    assert night.has("Aldo") == ("100.00", "50.00", "50.00")
    night.bids("Aldo", other, "50")
    with pytest.raises(CannotPay):
        night.awards(auction, passing_over=[night.people["Bera"].id])
    night.bids("Cato", other, "51")
    assert len(night.awards(auction, passing_over=[night.people["Bera"].id])) == 2
    assert night.has("Aldo") == ("0.00", "0.00", "0.00")


# --- without an auction, from elsewhere -------------------------------------------------------------------------------


def test_an_item_is_given_for_what_an_officer_says(night: RaidNight) -> None:
    """L-9, L-1: an unknown item is entered; the price counts in its history."""
    award = gives(night, "Aldo", "12.50", reason="loot council")
    assert (award.because, award.auction_id, award.overbid) == ("loot council", None, False)
    assert night.has("Aldo")[0] == "87.50"
    gives(night, "Bera", "20")
    gives(night, None, "0")
    history = prices(night).prices
    told = (history.last, history.median, history.mean, history.minimum, history.maximum)
    assert (history.count, *map(str, told)) == (2, "20.00", "16.25", "16.25", "12.50", "20.00")


def test_more_than_is_available_is_refused_or_flagged(night: RaidNight) -> None:
    """L-9: overbid is refused or, where the officer says so, allowed and flagged; what is held is not available."""
    night.bids("Aldo", night.starts(), "60")
    with pytest.raises(CannotPay) as refused:
        gives(night, "Aldo", "41", "Helm")
    assert (str(refused.value.price), str(refused.value.available)) == ("41.00", "40.00")
    assert not night.guild.use.list_awards()(AwardFilter(), page=ALL, by=night.officer).count
    assert gives(night, "Aldo", "41", "Helm", allow_overbid=True).overbid
    assert not gives(night, "Bera", "41", "Helm", allow_overbid=True).overbid


def test_the_floor_is_left_where_nothing_is_held_for_the_price(night: RaidNight) -> None:
    """L-5, L-9: by who is given an item, takes over an award, or steps in for a winner; and an officer may let it."""
    night.rules(floor="30")
    with pytest.raises(CannotPay) as refused:
        gives(night, "Aldo", "71")
    assert str(refused.value.available) == "70.00"
    award = gives(night, "Aldo", "70")
    night.gets("Bera", "-1")
    move = night.guild.use.move_award()
    with pytest.raises(CannotPay) as refused:
        move(award.id, to=Whose(character="Bera"), reason="hers", by=night.officer)
    assert (str(refused.value.available), night.has("Aldo")[0]) == ("69.00", "30.00")
    assert move(award.id, to=Whose(character="Bera"), reason="hers", allow_overbid=True, by=night.officer).overbid
    auction = night.starts("Helm")
    night.bids("Aldo", auction, "50")
    night.bids("Cato", auction, "60")
    night.gets("Aldo", "-21")
    with pytest.raises(CannotPay) as refused:
        night.awards(auction, passing_over=[night.people["Cato"].id])
    assert (refused.value.user, str(refused.value.available)) == (night.people["Aldo"].id, "49.00")


def test_who_holds_the_price_pays_it_also_from_what_the_floor_keeps(night: RaidNight) -> None:
    """L-5, L-7: the floor was left when the bid was made."""
    night.rules(floor="30")
    auction = night.starts()
    night.bids("Aldo", auction, "70")
    night.gets("Aldo", "-30")
    (award,) = night.awards(auction)
    assert (award.overbid, night.has("Aldo")[0]) == (False, "0.00")


def test_an_officer_does_not_learn_of_sealed_bids_by_awarding(night: RaidNight) -> None:
    """L-11: what is sealed does not count in what everybody may see."""
    night.bids("Aldo", night.starts(mode="sealed_first_price"), "60")
    assert not gives(night, "Aldo", "100", "Helm").overbid


def test_bidding_done_elsewhere_is_kept_as_history(night: RaidNight) -> None:
    """L-9: Discord id, item, amount, character, and all its bids where given."""
    cato = night.guild.use.show_user()(night.people["Cato"].id, by=night.officer).discord_id
    bids = [
        BidElsewhere(whose=Whose(character="Aldo"), amount=Points.of(30)),
        BidElsewhere(whose=Whose(discord_id=cato), amount=Points.of(20)),
        BidElsewhere(whose=Whose(discord_id="123", character="Zaphod"), amount=Points.of(10)),
    ]
    award = gives(night, "Aldo", "21", bids=bids, by=night.bot)
    assert award.auction_id is not None
    row = night.shown(award.auction_id)
    assert (row.status, row.mode, row.bids) == (AuctionStatus.AWARDED, Mode.ELSEWHERE, 3)
    assert [(bid.character, str(bid.amount), bid.source) for bid in night.listed(award.auction_id)] == [
        ("Aldo", "30.00", "elsewhere"),
        ("Cato", "20.00", "elsewhere"),
        ("Zaphod", "10.00", "elsewhere"),
    ]
    history = night.guild.use.show_bid_history()(night.item(), page=ALL, by=night.by("Bera"))
    assert history.count == 3
    (result,) = row.results
    assert (result.character, str(result.amount), str(result.price), result.because) == (
        "Aldo",
        "30.00",
        "21.00",
        "it was bid elsewhere",
    )
    assert row.seed_hash == "", "nothing was left to chance"


def test_the_winner_elsewhere_need_not_be_among_the_bids(night: RaidNight) -> None:
    """L-9: who was given the item has no result then; the last bid of who has one counts."""
    bids = [BidElsewhere(whose=Whose(character="Bera"), amount=Points.of(each)) for each in ("30", "20")]
    without = gives(night, "Aldo", "5", bids=bids)
    assert without.auction_id is not None
    assert (night.results(without.auction_id), night.shown(without.auction_id).bids) == ({}, 2)
    with_own = gives(night, "Bera", "20", bids=bids, reason="loot council")
    assert with_own.auction_id is not None
    (result,) = night.shown(with_own.auction_id).results
    assert (str(result.amount), str(result.price), result.because) == ("20.00", "20.00", "loot council")


@pytest.mark.parametrize(("whose", "amount"), [("", "1"), ("Aldo", "0"), ("Aldo", "-1")])
def test_a_bid_elsewhere_is_somebodys_and_of_something(whose: str, amount: str) -> None:
    """L-9, G-8: the field is told."""
    with pytest.raises(InvalidValue) as refused:
        BidElsewhere(whose=Whose(character=whose), amount=Points.of(amount))
    assert refused.value.field == "bids"


def test_an_award_is_paid_from_each_pool_of_its_item(night: RaidNight) -> None:
    """P-5, L-9: nothing is enough in one pool alone."""
    other = night.guild.use.create_pool()(name="Other", by=night.officer).id
    night.gets("Aldo", "10", other)
    award = gives(night, "Aldo", "10", pool_id=other)
    assert (award.pools, str(night.guild.balance(night.people["Aldo"], other).current)) == ((other,), "0.00")
    with pytest.raises(NoSuch):
        gives(night, "Aldo", "10", pool_id=PoolId(99))


@pytest.mark.parametrize(
    ("amount", "given", "field"),
    [("1", {"item": None}, "item"), ("-1", {}, "amount"), ("1", {"reason": "x" * 501}, "reason")],
)
def test_bad_awards_are_refused_by_field(night: RaidNight, amount: str, given: dict[str, str], field: str) -> None:
    """G-8: and nothing is written, not even the item."""
    with pytest.raises(InvalidValue) as refused:
        gives(night, "Aldo", amount, **given)
    assert refused.value.field == field
    with pytest.raises(NoSuch):
        prices(night)
    with pytest.raises(InvalidValue):
        gives(night, None, "1")
    with pytest.raises(NoSuch):
        gives(night, "Zaphod", "1")


def test_members_award_nothing(night: RaidNight) -> None:
    """A-3: nor do they take anything back."""
    award, use, member = gives(night, "Aldo", "1"), night.guild.use, night.by("Bera")
    calls: tuple[Callable[[], object], ...] = (
        lambda: gives(night, "Aldo", "1", by=member),
        lambda: use.revoke_award()(award.id, reason="no", by=member),
        lambda: use.move_award()(award.id, to=Whose(character="Bera"), reason="no", by=member),
        lambda: use.return_item()(award.id, reason="no", by=member),
    )
    for call in calls:
        with pytest.raises(NotPermitted):
            call()


# --- afterwards -------------------------------------------------------------------------------------------------------


def test_a_revoked_award_is_as_if_it_had_never_been(night: RaidNight) -> None:
    """L-8, L-17, G-4: reversed by an entry; the price history ignores it; nothing is deleted."""
    award = gives(night, "Aldo", "12.50")
    night.guild.use.revoke_award()(award.id, reason=" wrong item ", by=night.officer)
    reversal, entry = night.guild.history(night.people["Aldo"])[:2]
    assert (reversal.reverses, str(reversal.amount), reversal.kind) == (entry.id, "12.50", EntryKind.AWARD)
    assert (reversal.reason, night.has("Aldo")[0], prices(night).awards) == ("wrong item", "100.00", 0)
    assert night.guild.use.show_award()(award.id, by=night.by("Bera")).status is AwardStatus.REVOKED
    for again in (night.guild.use.revoke_award(), night.guild.use.return_item()):
        with pytest.raises(AwardIsOver):
            again(award.id, reason="again", by=night.officer)
    with pytest.raises(NoSuch):
        night.guild.use.revoke_award()(AwardId(99), reason="none", by=night.officer)


def test_free_awards_are_revoked_without_entries(night: RaidNight) -> None:
    """L-8: of nobody, and for nothing."""
    for award in (gives(night, None, "0"), gives(night, "Aldo", "0")):
        assert night.guild.use.revoke_award()(award.id, reason="no", by=night.officer).status is AwardStatus.REVOKED
    assert len(night.guild.history(night.people["Aldo"])) == 1


def test_an_award_is_moved_to_another_member(night: RaidNight) -> None:
    """L-8: reversed, and awarded anew, at its price or another."""
    award = gives(night, "Aldo", "12.50")
    move = night.guild.use.move_award()
    moved = move(award.id, to=whose(night.people["Bera"]), reason="clicked wrong", by=night.officer)
    assert (moved.moved_from, moved.character_name, str(moved.price)) == (award.id, "Bera", "12.50")
    assert (night.has("Aldo")[0], night.has("Bera")[0]) == ("100.00", "87.50")
    cheaper = move(moved.id, to=Whose(character="Cato"), amount=Points.of(5), reason="again", by=night.officer)
    assert (night.has("Bera")[0], night.has("Cato")[0], str(cheaper.price)) == ("100.00", "95.00", "5.00")
    rows = night.guild.use.list_awards()(AwardFilter(), page=ALL, by=night.officer).results
    assert [row.status for row in rows] == [AwardStatus.STANDING, AwardStatus.MOVED, AwardStatus.MOVED]
    assert str(prices(night).prices.median) == "5.00"
    with pytest.raises(AwardIsOver):
        move(award.id, to=Whose(character="Cato"), reason="again", by=night.officer)
    with pytest.raises(NoSuch):
        move(cheaper.id, to=Whose(character="Zaphod"), reason="again", by=night.officer)


def test_an_award_moves_only_to_who_can_pay(night: RaidNight) -> None:
    """L-8, L-9: what the same member gets back counts for them; an overbid is allowed where the officer says so."""
    award, move = gives(night, "Aldo", "80"), night.guild.use.move_award()
    to_self = move(award.id, to=Whose(character="Aldo"), amount=Points.of(100), reason="more", by=night.officer)
    assert (night.has("Aldo")[0], to_self.overbid) == ("0.00", False)
    night.bids("Bera", night.starts("Helm"), "50")
    with pytest.raises(CannotPay):
        move(to_self.id, to=Whose(character="Bera"), reason="no", by=night.officer)
    assert night.has("Aldo")[0] == "0.00"
    assert move(to_self.id, to=Whose(character="Bera"), reason="yes", allow_overbid=True, by=night.officer).overbid
    assert (night.has("Aldo")[0], night.has("Bera")) == ("100.00", ("0.00", "50.00", "-50.00"))


@pytest.mark.parametrize(
    ("refund", "left", "entries"), [("all", "100.00", 3), ("half", "93.75", 3), ("none", "87.50", 2)]
)
def test_a_returned_item_refunds_by_the_pools_rule(night: RaidNight, refund: str, left: str, entries: int) -> None:
    """L-17: all, half, none; kind refund."""
    night.rules(refund=refund)
    award = gives(night, "Aldo", "12.50")
    returned = night.guild.use.return_item()(award.id, reason="broken", by=night.officer)
    history = night.guild.history(night.people["Aldo"])
    assert (returned.status, night.has("Aldo")[0], len(history)) == (AwardStatus.RETURNED, left, entries)
    if refund != "none":
        assert (history[0].kind, history[0].note) == (EntryKind.REFUND, "broken")
    with pytest.raises(AwardIsOver):
        night.guild.use.revoke_award()(award.id, reason="again", by=night.officer)


def test_what_an_auction_sold_is_refunded_by_its_own_rules(night: RaidNight) -> None:
    """L-17, L-2: by those that the auction had, whatever the pool's became; also after a move."""
    auction, plain = night.starts(refund="half"), night.starts("Helm")
    night.bids("Aldo", auction, "10")
    night.bids("Cato", plain, "10")
    (award,), (other,) = night.awards(auction), night.awards(plain)
    night.rules(refund="none")
    moved = night.guild.use.move_award()(award.id, to=Whose(character="Bera"), reason="hers", by=night.officer)
    for each in (moved, other):
        night.guild.use.return_item()(each.id, reason="broken", by=night.officer)
    assert (night.has("Bera")[0], night.has("Cato")[0]) == ("95.00", "100.00")


def test_what_was_bid_for_elsewhere_is_refunded_by_the_pools_rules(night: RaidNight) -> None:
    """L-17, L-9: no rules of ours were over it."""
    night.rules(refund="half")
    award = gives(night, "Aldo", "10", bids=[BidElsewhere(whose=Whose(character="Aldo"), amount=Points.of(10))])
    night.guild.use.return_item()(award.id, reason="broken", by=night.officer)
    assert night.has("Aldo")[0] == "95.00"


def test_a_free_item_comes_back_without_a_refund(night: RaidNight) -> None:
    """L-17: nothing was paid."""
    for award in (gives(night, None, "0"), gives(night, "Aldo", "0")):
        returned = night.guild.use.return_item()(award.id, reason="bank", by=night.officer)
        assert returned.status is AwardStatus.RETURNED
    assert night.has("Aldo")[0] == "100.00"


def test_reasons_are_required(night: RaidNight) -> None:
    """L-8: why an award is taken back is told."""
    award, use, by = gives(night, "Aldo", "1"), night.guild.use, night.officer
    calls: tuple[Callable[[], object], ...] = (
        lambda: use.revoke_award()(award.id, reason=" ", by=by),
        lambda: use.move_award()(award.id, to=Whose(character="Bera"), reason="", by=by),
        lambda: use.return_item()(award.id, reason="", by=by),
    )
    for call in calls:
        with pytest.raises(InvalidValue) as refused:
            call()
        assert refused.value.field == "reason"
    assert night.has("Aldo")[0] == "99.00"


def test_the_loot_history_is_filtered(night: RaidNight) -> None:
    """L-7, L-12: by item, raid, user, pool and status."""
    raid = night.guild.raids()
    spear = gives(night, "Aldo", "5", raid_id=raid.id)
    helm = gives(night, "Bera", "9", "Helm")
    night.guild.use.revoke_award()(helm.id, reason="no", by=night.officer)

    def listed(ordering: str = "", **wanted: object) -> list[AwardId]:
        filtered = AwardFilter(**wanted)  # type: ignore[arg-type]  # as given
        rows = night.guild.use.list_awards()(filtered, ordering=ordering, page=PageRequest(), by=night.by("Cato"))
        return [row.id for row in rows.results]

    assert listed() == [helm.id, spear.id]
    assert listed(ordering="price") == [spear.id, helm.id]
    assert listed(raid_id=raid.id) == listed(user_id=night.people["Aldo"].id) == [spear.id]
    assert listed(status=AwardStatus.REVOKED) == listed(search="hel") == listed(item_id=helm.item_id) == [helm.id]
    assert listed(pool_id=night.guild.pool) == [helm.id, spear.id]
    assert listed(user_id=UserId(99)) == listed(pool_id=PoolId(99)) == []
    with pytest.raises(NoSuch):
        night.guild.use.show_award()(AwardId(99), by=night.by("Cato"))


def test_an_auction_that_was_awarded_stays_so(night: RaidNight) -> None:
    """L-7, L-8: revoking an award opens no auction; the drop may be sold again."""
    auction = night.starts()
    night.bids("Aldo", auction, "10")
    (award,) = night.awards(auction)
    night.guild.use.revoke_award()(award.id, reason="no", by=night.officer)
    assert night.shown(auction).status is AuctionStatus.AWARDED
    assert night.starts() != auction
    with pytest.raises(NoSuch):
        night.awards(AuctionId(99))

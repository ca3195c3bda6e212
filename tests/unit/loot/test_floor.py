"""The floor of a pool's policies: how far into debt one may bid, or what has to be left (P-6, L-5)."""

from __future__ import annotations

import pytest

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import Points
from dkp_core.loot import CannotPay, Hold, OverAvailable, Purse, Whose
from tests.unit.loot.raid_night import RaidNight


def floor(night: RaidNight, points: str) -> None:
    """The default pool gets this floor."""
    night.guild.use.set_policies()(night.guild.pool, {"floor": points}, by=night.officer)


def most(night: RaidNight, name: str, **more: object) -> str:
    """The most that somebody may bid, as they are told."""
    show = night.guild.use.show_max_bid()
    return str(show(user_id=night.people[name].id, by=night.by(name), **more).max_bid)  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(("points", "highest"), [("-50", "150"), ("0", "100"), ("25.50", "74.50")])
@pytest.mark.parametrize("mode", ["open", "sealed_first_price"])
def test_a_bid_leaves_the_floor(night: RaidNight, points: str, highest: str, mode: str) -> None:
    """P-6, L-5: to the hundredth, in open auctions and in sealed ones; and who wins by it can pay."""
    floor(night, points)
    auction = night.starts(mode=mode, increment="0.01")
    over = str(Points.of(highest) + Points(1))
    with pytest.raises(OverAvailable) as refused:
        night.bids("Aldo", auction, over)
    assert (str(refused.value.floor), str(refused.value.available)) == (str(Points.of(points)), "100.00")
    assert most(night, "Aldo") == most(night, "Aldo", auction_id=auction) == str(Points.of(highest))
    assert str(night.guild.use.validate_bid()(auction, amount=Points.of(1), by=night.by("Aldo")).maximum) == str(
        Points.of(highest)
    )
    night.bids("Aldo", auction, highest)
    (award,) = night.awards(auction)
    assert (award.overbid, night.has("Aldo")[0]) == (False, str(Points.of(points)))


def test_a_refusal_tells_how_far_into_debt_one_may_go(night: RaidNight) -> None:
    """L-13: in words."""
    floor(night, "-50")
    auction = night.starts()
    with pytest.raises(OverAvailable) as refused:
        night.bids("Aldo", auction, "151")
    assert str(refused.value) == "151.00 is more than the 100.00 available and the 50.00 of debt allowed."


def test_debt_in_one_auction_counts_in_another(night: RaidNight) -> None:
    """P-13, L-5: what sealed bids and ceilings hold too."""
    floor(night, "-50")
    first, second, third = night.starts("Ring", mode="sealed_first_price"), night.starts("Helm"), night.starts("Belt")
    night.bids("Aldo", first, "90")
    night.bids("Aldo", second, ceiling="50")
    with pytest.raises(OverAvailable):
        night.bids("Aldo", third, "11")
    night.bids("Aldo", third, "10")
    for auction in (first, third, second):
        night.awards(auction)
    # The ceiling was never needed: one point was bid, and one is paid.
    assert night.has("Aldo") == ("-1.00", "0.00", "-1.00")


def test_a_bid_that_waited_goes_into_debt_as_far_as_it_may(night: RaidNight) -> None:
    """L-14: it is fitted to the floor that its auction opens with."""
    floor(night, "-20")
    leave = night.guild.use.leave_bid()
    leave(night.item(), ceiling=Points.of(500), by=night.by("Aldo"))
    auction = night.starts(mode="sealed_first_price")
    assert str(night.guild.use.show_own_loot()(by=night.by("Aldo")).holds[0].held) == "120.00"
    night.awards(auction)
    assert night.has("Aldo")[0] == "-20.00"


def test_an_auction_keeps_the_floor_that_it_started_with(night: RaidNight) -> None:
    """P-6: policies that change bind the next auction."""
    floor(night, "-50")
    early = night.starts("Ring")
    floor(night, "10")
    assert night.shown(early).rules["floor"] == "-50.00"
    late = night.starts("Helm")
    assert night.shown(late).rules["floor"] == "10.00"
    night.bids("Aldo", early, "150")
    night.awards(early)
    assert night.has("Aldo")[0] == "-50.00"


def test_rules_are_only_stricter_than_the_policy(night: RaidNight) -> None:
    """L-5: of the pool as of an auction; refused with the number, and the strictest holds."""
    floor(night, "-50")
    with pytest.raises(InvalidValue) as refused:
        night.rules(floor="-51")
    assert (refused.value.field, refused.value.accepted) == ("rules.floor", "-50.00 or more, or null")
    night.rules(floor="-20")
    with pytest.raises(InvalidValue) as refused:
        night.starts(floor="-21")
    assert refused.value.accepted == "-20.00 or more"
    assert most(night, "Aldo") == "120.00"
    floor(night, "0")
    night.rules(minimum="2")  # what was set before may stay: the policy is stricter now
    assert (most(night, "Aldo"), night.shown(night.starts()).rules["floor"]) == ("100.00", "0.00")
    night.rules(floor=None)
    assert most(night, "Aldo") == "100.00"


def test_items_without_an_auction_leave_the_floor(night: RaidNight) -> None:
    """L-5, L-9: given, reported from elsewhere or moved; and a correction may pass it."""
    floor(night, "-50")
    give, move = night.guild.use.award_item(), night.guild.use.move_award()
    to = Whose(character="Aldo")
    with pytest.raises(CannotPay) as refused:
        give(item="Ring", to=to, amount=Points.of("150.01"), by=night.officer)
    assert str(refused.value.available) == "150.00"
    award = give(item="Ring", to=to, amount=Points.of(150), by=night.officer)
    assert (award.overbid, night.has("Aldo")[0]) == (False, "-50.00")
    night.gets("Bera", "-1")
    with pytest.raises(CannotPay):
        move(award.id, to=Whose(character="Bera"), reason="hers", by=night.officer)
    move(award.id, to=Whose(character="Cato"), reason="his", by=night.officer)
    night.gets("Aldo", "-170")
    assert (night.has("Aldo")[0], most(night, "Aldo")) == ("-70.00", "0.00")
    assert give(item="Helm", to=to, amount=Points.of(1), allow_overbid=True, by=night.officer).overbid


def test_a_winner_pays_into_debt_no_further_than_the_floor(night: RaidNight) -> None:
    """P-13: also where points went away after the bid; an officer may let the overbid through."""
    floor(night, "-50")
    auction = night.starts()
    night.bids("Aldo", auction, "140")
    night.gets("Aldo", "-11")
    with pytest.raises(CannotPay) as refused:
        night.awards(auction)
    assert str(refused.value.available) == "139.00"
    (award,) = night.awards(auction, allow_overbid=True)
    assert (award.overbid, night.has("Aldo")[0]) == (True, "-51.00")


def test_what_is_above_the_floor_stays_within_points() -> None:
    """G-3: where a purse is full and the debt allowed is as great as can be."""
    limit = Points.of("9999999999.99")
    purse = Purse(current=limit, held=Hold(shown=Points(1)))
    assert (purse.above(-limit), Purse(current=-limit).above(limit)) == (limit, -limit)
    assert (purse.above(Points(0)), purse.owing(Points(0))) == (limit - Points(1), limit)


def test_an_offer_of_everything_is_off_the_increment(night: RaidNight) -> None:
    """L-5: all-in is down to the floor, not down to nothing."""
    floor(night, "-0.50")
    night.rules(increment="10")
    auction = night.starts()
    assert night.bids("Aldo", auction, "100.50").amount == Points.of("100.50")

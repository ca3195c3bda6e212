"""Auctions as use cases: started, frozen, resumed, extended, called off, closed; moved by the clock."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import AuctionId, ItemId, PoolId, RaidId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    AlreadyOnAuction,
    AuctionFilter,
    AuctionNotOpen,
    AuctionStatus,
    BidTooLow,
    Mode,
    NotEligible,
    OverAvailable,
    Tier,
    WrongStatus,
    commitment,
)
from dkp_core.points import PoolIsArchived
from dkp_core.raids import RaidIsCancelled
from tests.unit.guild_house import TONIGHT
from tests.unit.loot.raid_night import ALL, RaidNight

# --- starting ---------------------------------------------------------------------------------------------------------


def test_an_unknown_item_is_entered(night: RaidNight) -> None:
    """L-9: an unknown item name makes the item; a known one is found in any case."""
    auction = night.started("Spear of Fate")
    again = night.started("SPEAR of fate", another=True)
    assert (again.item_id, again.item_name) == (auction.item_id, "Spear of Fate")
    by_id = night.guild.use.start_auction()(item_id=auction.item_id, another=True, by=night.officer)
    assert by_id.item_name == "Spear of Fate"


@pytest.mark.parametrize("named", [{}, {"item": "Spear", "item_id": ItemId(1)}, {"item": " "}])
def test_the_item_is_named_once(night: RaidNight, named: dict[str, object]) -> None:
    """G-8: by name or id."""
    with pytest.raises(InvalidValue) as refused:
        night.guild.use.start_auction()(by=night.officer, **named)  # type: ignore[arg-type]  # as given
    assert refused.value.field == "item"


def test_officers_run_auctions(night: RaidNight) -> None:
    """A-3, L-16: whoever has the permission; nobody else."""
    auction, use, member = night.starts(), night.guild.use, night.by("Aldo")
    for call in (
        lambda: use.start_auction()(item="Helm", by=member),
        lambda: use.freeze_auction()(auction, by=member),
        lambda: use.resume_auction()(auction, by=member),
        lambda: use.extend_auction()(auction, closes_at=None, by=member),
        lambda: use.cancel_auction()(auction, by=member),
        lambda: use.close_auction()(auction, by=member),
        lambda: use.award_auction()(auction, by=member),
    ):
        with pytest.raises(NotPermitted) as refused:
            call()
        assert refused.value.permission == Permission.AUCTIONS_WRITE
    stranger = night.a_bot(Permission.POINTS_READ)
    for look in (
        lambda: use.show_auction()(auction, by=stranger),
        lambda: use.list_bids()(auction, page=ALL, by=stranger),
        lambda: use.list_running_auctions()(by=stranger),
        lambda: use.list_auctions()(AuctionFilter(), page=ALL, by=stranger),
    ):
        with pytest.raises(NotPermitted):
            look()


def test_one_drop_has_one_auction(night: RaidNight) -> None:
    """L-2: item and raid, or either without a raid; unless it is said to be another, or the first is over."""
    raid = night.guild.raids()
    other_raid = night.guild.raids(raid.event_type_id)
    first = night.starts()
    with pytest.raises(AlreadyOnAuction) as refused:
        night.starts("spear of fate")
    assert str(refused.value) == (
        f"Auction {first} sells 'Spear of Fate' already; for several copies give a quantity, "
        "for another drop say that it is another."
    )
    with pytest.raises(AlreadyOnAuction):
        night.started(raid_id=raid.id)
    of_raid = night.started(raid_id=raid.id, another=True).id
    night.closes(first)
    with pytest.raises(AlreadyOnAuction):
        night.starts()
    night.awards(first, to_nobody=True)
    with pytest.raises(AlreadyOnAuction):
        night.starts()
    night.started(raid_id=other_raid.id)
    night.guild.use.cancel_auction()(of_raid, by=night.officer)
    night.started(raid_id=raid.id)
    lone = night.starts("Helm")
    night.guild.use.cancel_auction()(lone, by=night.officer)
    night.starts("Helm")


def test_the_pool_is_the_one_named_else_the_raids_the_items_or_the_default(night: RaidNight) -> None:
    """L-9: in that order."""
    use, by = night.guild.use, night.officer
    second = use.create_pool()(name="Second", by=by).id
    third = use.create_pool()(name="Third", by=by).id
    item_pool = use.create_item_pool()(name="Plane of Time", pool_id=third, by=by).id
    raid = night.guild.raids(night.guild.event_type("Elsewhere", pools=[second]))
    both = night.guild.raids(night.guild.event_type("Both", pools=[second, third]))
    helm = use.enter_item()(name="Helm", item_pool_id=item_pool, by=by).id
    assert night.started("Helm", raid_id=raid.id, pool_id=night.guild.pool).pool_id == night.guild.pool
    assert night.started("Helm", raid_id=raid.id, another=True).pool_id == second
    assert night.started("Helm", raid_id=both.id).pool_id == third
    assert night.started("Helm", another=True).pool_id == third
    assert night.started("Ring").pool_id == night.guild.pool
    assert helm == night.item("Helm")
    for more, error in (
        ({"pool_id": PoolId(99)}, NoSuch),
        ({"raid_id": RaidId(99)}, NoSuch),
    ):
        with pytest.raises(error):
            night.started("Boots", **more)
    use.change_pool()(second, archived=True, by=by)
    with pytest.raises(PoolIsArchived):
        night.started("Boots", pool_id=second)


def test_a_raid_that_was_called_off_dropped_nothing(night: RaidNight) -> None:
    """D-2, L-2."""
    raid = night.guild.raids()
    night.guild.attends(raid, "Aldo")
    night.guild.use.cancel_raid()(raid.id, reason="mistake", by=night.officer)
    with pytest.raises(RaidIsCancelled):
        night.started(raid_id=raid.id)


def test_rules_are_the_pools_with_what_is_overridden(night: RaidNight) -> None:
    """L-2: data in versions; an auction keeps the rules it began with."""
    night.rules(minimum="10", increment="5")
    auction = night.started(rules={"increment": "2"})
    assert (auction.rules_version, str(auction.rules.minimum), str(auction.rules.increment)) == (1, "10.00", "2.00")
    night.rules(minimum="50")
    assert str(night.shown(auction.id).minimum_bid) == "10.00"
    assert night.started("Helm").rules_version == 2
    for rules, field in (({"floor": "-1"}, "rules.floor"), ({"mode": "fixed_price_roll"}, "rules.mode")):
        with pytest.raises(InvalidValue) as refused:
            night.started("Ring", rules=rules)
        assert refused.value.field == field
    night.rules(floor="5")
    with pytest.raises(InvalidValue):
        night.starts("Ring", floor="4")


@pytest.mark.parametrize(
    "naming",
    [
        {"ranks": [999]},
        {"phases": [{"ranks": [999]}]},
        {"rank_caps": [{"rank": 999}]},
        {"rank_multipliers": [{"rank": 999}]},
    ],
)
def test_the_ranks_that_are_overridden_exist(night: RaidNight, naming: dict[str, object]) -> None:
    """L-2, G-8: as they have to in the pool's rules; nothing is written."""
    with pytest.raises(NoSuch) as refused:
        night.started(rules=naming)
    assert str(refused.value) == "There is no rank '999' here."
    assert night.guild.use.list_auctions()(AuctionFilter(), page=ALL, by=night.officer).count == 0
    known = night.guild.use.list_ranks()(by=night.officer)[0].id
    assert night.started(rules={"ranks": [known]}).rules.ranks == (known,)


def test_only_a_raid_has_attendees(night: RaidNight) -> None:
    """L-2: without one nobody could bid; the pool's rule is overridden then."""
    night.rules(attendees_only=True)
    with pytest.raises(InvalidValue) as refused:
        night.starts()
    assert refused.value.field == "rules.attendees_only"
    night.starts(attendees_only=False)
    night.started("Helm", raid_id=night.guild.raids().id)


def test_the_seed_is_shown_when_it_is_over(night: RaidNight) -> None:
    """L-15: its hash at once, the seed at the close; each auction has another."""
    auction, other = night.starts(), night.starts("Helm")
    before = night.shown(auction)
    assert before.seed is None
    assert before.seed_hash != night.shown(other).seed_hash
    night.closes(auction)
    seed = night.shown(auction).seed
    assert seed is not None
    assert commitment(bytes.fromhex(seed)) == before.seed_hash


# --- by the clock -----------------------------------------------------------------------------------------------------


def test_it_opens_and_closes_by_itself(night: RaidNight) -> None:
    """L-2, L-7: a job does what is due, once."""
    auction = night.started(opens_at=night.guild.clock.now() + timedelta(seconds=60), rules={"seconds": 30}).id
    with pytest.raises(AuctionNotOpen):
        night.bids("Aldo", auction, "5")
    assert (night.works(), night.shown(auction).status) == (0, AuctionStatus.SCHEDULED)
    night.later(60)
    assert (night.works(), night.shown(auction).status) == (1, AuctionStatus.OPEN)
    night.bids("Aldo", auction, "5")
    night.later(29)
    assert night.works() == 0
    night.later(1)
    assert (night.works(), night.shown(auction).status) == (1, AuctionStatus.CLOSED)
    assert (night.results(auction), night.works()) == ({"Aldo": "5.00"}, 0)
    assert night.told("auction_started", "auction_opened", "bid_placed", "auction_closed") == [
        "auction_started",
        "auction_opened",
        "bid_placed",
        "auction_closed",
    ]


def test_what_is_not_due_does_not_move(night: RaidNight) -> None:
    """L-7: exactly once: a job that comes too early, or a second time, does nothing."""
    auction = night.starts(seconds=60)
    advance = night.guild.use.advance_auction()
    before = night.shown(auction)
    advance(auction, by=night.officer)
    assert night.shown(auction) == before
    night.later(60)
    advance(auction, by=night.officer)
    closed = night.shown(auction)
    advance(auction, by=night.officer)
    assert night.shown(auction) == closed
    assert closed.status is AuctionStatus.CLOSED


def test_a_late_bid_moves_the_close(night: RaidNight) -> None:
    """L-2: anti-snipe: the job comes at the new time, not at the old one."""
    auction = night.starts(seconds=60, anti_snipe_seconds=20)
    night.later(50)
    placed = night.bids("Aldo", auction, "5")
    assert placed.closes_at == night.guild.clock.now() + timedelta(seconds=20)
    night.later(10)
    assert (night.works(), night.shown(auction).status) == (0, AuctionStatus.OPEN)
    night.later(10)
    assert (night.works(), night.shown(auction).status) == (1, AuctionStatus.CLOSED)


def test_nobody_bids_between_the_close_and_its_job(night: RaidNight) -> None:
    """L-4, L-7: late is late."""
    auction = night.starts(seconds=60)
    night.later(60)
    with pytest.raises(AuctionNotOpen) as refused:
        night.bids("Aldo", auction, "5")
    assert str(refused.value) == f"Auction {auction} is past its close, not open."


def test_phases_hand_over_by_themselves(night: RaidNight) -> None:
    """L-2: mains, then everyone; where every copy has its bid, the phase is the last."""
    for mode in ("open", "sealed_first_price"):
        phases = [{"tiers": ["main"], "seconds": 60}, {"seconds": 30}]
        auction = night.starts(f"Spear, {mode}", mode=mode, phases=phases)
        filled = night.starts(f"Helm, {mode}", mode=mode, phases=phases)
        with pytest.raises(NotEligible):
            night.bids("Aldo", auction, "5", tier=Tier.ALT)
        night.bids("Bera", filled, "5")
        night.later(60)
        assert night.works() == 2
        assert night.shown(filled).status is AuctionStatus.CLOSED
        assert (night.shown(auction).phase, night.shown(auction).phases) == (2, 2)
        night.bids("Aldo", auction, "5", tier=Tier.ALT)
        night.later(30)
        night.works()
        assert night.results(auction) == {"Aldo": "5.00"}
    assert "phase_began" in night.told("phase_began")


def test_who_bids_again_in_a_later_phase_stays_in_theirs(night: RaidNight) -> None:
    """L-2: a sealed bid that is changed comes first by the phase in which its bidder began."""
    rules = {"mode": "sealed_first_price", "phases": [{"tiers": ["main"], "seconds": 60}, {}]}
    auction = night.started(quantity=2, rules=rules).id
    night.bids("Aldo", auction, "5")
    night.later(60)
    night.works()
    for name, amount in (("Aldo", "7"), ("Bera", "90"), ("Cato", "80")):
        night.bids(name, auction, amount)
    night.closes(auction)
    assert night.results(auction) == {"Aldo": "7.00", "Bera": "90.00"}


def test_an_outage_freezes_what_closes_far_too_late(night: RaidNight) -> None:
    """L-16: where the rules say so; what is a little late closes."""
    late, little = (
        night.starts(item, seconds=60, freeze_after_outage_seconds=300) for item in ("Spear of Fate", "Helm")
    )
    plain = night.starts("Ring", seconds=60)
    night.bids("Aldo", late, "5")
    night.later(60 + 299)
    night.guild.use.advance_auction()(little, by=night.officer)
    assert night.shown(little).status is AuctionStatus.CLOSED
    night.later(1)
    night.works()
    assert (night.shown(late).status, night.shown(plain).status) == (AuctionStatus.FROZEN, AuctionStatus.CLOSED)
    assert (night.leads(late), night.has("Aldo")[1]) == ({"Aldo": "5.00"}, "5.00")
    assert night.works() == 0
    night.guild.use.resume_auction()(late, by=night.officer)
    night.bids("Bera", late, "6")


def test_the_winners_are_awarded_at_the_close_where_the_rules_say_so(night: RaidNight) -> None:
    """L-7: pool setting; who can't pay is left for an officer to decide."""
    night.rules(award_at_close=True, seconds=60)
    auction, unpaid, unsold = night.starts(), night.starts("Helm"), night.starts("Ring")
    night.bids("Aldo", auction, "60")
    night.bids("Bera", unpaid, "60")
    night.gets("Bera", "-50")
    night.later(60)
    night.works()
    assert [night.shown(each).status for each in (auction, unpaid, unsold)] == [
        AuctionStatus.AWARDED,
        AuctionStatus.CLOSED,
        AuctionStatus.CLOSED,
    ]
    assert (night.has("Aldo"), night.has("Bera")) == (("40.00", "0.00", "40.00"), ("50.00", "60.00", "-10.00"))


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_a_frozen_auction_takes_no_bids_and_keeps_its_holds(night: RaidNight) -> None:
    """L-16: its clock stands still, and goes on with what was left."""
    auction, use = night.starts(seconds=60), night.guild.use
    night.bids("Aldo", auction, "5")
    night.later(20)
    use.freeze_auction()(auction, reason="server down", by=night.officer)
    with pytest.raises(AuctionNotOpen) as refused:
        night.bids("Bera", auction, "6")
    assert str(refused.value) == f"Auction {auction} is frozen, not open."
    assert night.has("Aldo")[1] == "5.00"
    night.later(3600)
    assert night.works() == 0
    use.resume_auction()(auction, by=night.officer)
    night.later(39)
    assert night.works() == 0
    night.bids("Bera", auction, "6")
    night.later(1)
    assert (night.works(), night.results(auction)) == (1, {"Bera": "6.00"})


def test_the_close_is_moved_by_hand(night: RaidNight) -> None:
    """L-16: later, sooner, or until it is closed by hand."""
    auction, extend = night.starts(seconds=60), night.guild.use.extend_auction()
    extend(auction, closes_at=night.guild.clock.now() + timedelta(seconds=90), by=night.officer)
    night.later(60)
    assert night.works() == 0
    extend(auction, closes_at=None, by=night.officer)
    night.later(3600)
    assert night.works() == 0
    assert night.closes(auction).status is AuctionStatus.CLOSED


def test_nobody_opens_again_what_is_past_its_close(night: RaidNight) -> None:
    """L-7, L-16: between the close and its job it is neither extended nor frozen; it is closed, or called off."""
    auction, other, use = night.starts(seconds=60), night.starts("Helm", seconds=60), night.guild.use
    night.bids("Aldo", auction, "5")
    night.later(60)
    calls: tuple[Callable[[], object], ...] = (
        lambda: use.extend_auction()(auction, closes_at=None, by=night.officer),
        lambda: use.extend_auction()(auction, closes_at=TONIGHT + timedelta(hours=1), by=night.officer),
        lambda: use.freeze_auction()(auction, by=night.officer),
    )
    for call in calls:
        with pytest.raises(WrongStatus) as refused:
            call()
        assert str(refused.value) == f"Auction {auction} is past its close; this takes one that is open."
    assert night.closes(auction).status is AuctionStatus.CLOSED
    assert use.cancel_auction()(other, by=night.officer).status is AuctionStatus.CANCELLED


def test_one_that_is_called_off_holds_nothing(night: RaidNight) -> None:
    """L-2, L-7: from any state that is not over, also before the award."""
    use = night.guild.use
    for item, mode, close in (("One", "open", False), ("Two", "sealed_first_price", False), ("Three", "open", True)):
        auction = night.starts(item, mode=mode, seconds=60)
        night.bids("Aldo", auction, "60")
        if close:
            night.closes(auction)
        use.cancel_auction()(auction, reason="wrong item", by=night.officer)
        assert night.has("Aldo") == ("100.00", "0.00", "100.00")
        assert (night.shown(auction).status, night.shown(auction).reason) == (AuctionStatus.CANCELLED, "wrong item")
        with pytest.raises(WrongStatus):
            use.cancel_auction()(auction, by=night.officer)
    night.later(60)
    assert night.works() == 0


@pytest.mark.parametrize("closed", [True, False])
def test_what_was_published_stays_so_when_it_is_called_off(night: RaidNight, closed: bool) -> None:
    """L-11, L-15: seed, results and sealed amounts of one that was closed; of one that ran, nothing ever."""
    auction = night.starts(mode="sealed_second_price")
    night.bids("Aldo", auction, "60")
    night.bids("Bera", auction, "40")
    if closed:
        night.closes(auction)
    night.guild.use.cancel_auction()(auction, by=night.officer)
    row = night.shown(auction, night.by("Cato"))
    assert (row.seed is not None, night.results(auction)) == (closed, {"Aldo": "41.00"} if closed else {})
    shown = [(str(bid.amount), bid.receipt is not None) for bid in night.listed(auction, night.by("Cato"))]
    assert shown == ([("60.00", True), ("40.00", True)] if closed else [("None", False)] * 2)


def test_an_auction_is_closed_once(night: RaidNight) -> None:
    """L-7: the losers' holds go, the winner's price stays until the award."""
    auction = night.starts(mode="sealed_second_price")
    night.bids("Aldo", auction, "60")
    night.bids("Bera", auction, "40")
    night.closes(auction)
    assert (night.has("Aldo")[1], night.has("Bera")[1], night.seems("Aldo")[1]) == ("41.00", "0.00", "41.00")
    row = night.shown(auction)
    assert [(each.character, str(each.amount), str(each.price), each.because) for each in row.results] == [
        ("Aldo", "60.00", "41.00", "it is higher")
    ]
    with pytest.raises(WrongStatus) as refused:
        night.closes(auction)
    assert str(refused.value) == f"Auction {auction} is closed; this takes one that is open."


def test_what_is_done_in_the_wrong_state_is_refused(night: RaidNight) -> None:
    """L-2, L-16: each verb has its states."""
    use, by = night.guild.use, night.officer
    opened, waiting = night.starts(), night.started("Helm", opens_at=night.later() + timedelta(hours=1)).id
    for call in (
        lambda: use.resume_auction()(opened, by=by),
        lambda: use.freeze_auction()(waiting, by=by),
        lambda: use.extend_auction()(waiting, closes_at=None, by=by),
        lambda: use.close_auction()(waiting, by=by),
        lambda: use.award_auction()(waiting, by=by),
    ):
        with pytest.raises(WrongStatus) as refused:
            call()
        told = refused.value
        assert (told.rule, told.auction, told.auction_status, told.wanted) in {
            ("L-7", opened, "open", "frozen"),
            ("L-7", waiting, "scheduled", "open"),
            ("L-7", waiting, "scheduled", "closed"),
        }
    with pytest.raises(NoSuch):
        use.close_auction()(AuctionId(99), by=by)


def test_a_closed_open_auction_tells_who_was_beaten(night: RaidNight) -> None:
    """L-6: the reasoning is kept, also of bids that everybody saw."""
    auction = night.starts()
    night.bids("Aldo", auction, "60")
    night.bids("Bera", auction, "61")
    night.closes(auction)
    assert [each.because for each in night.shown(auction).results] == ["it is higher"]


# --- standing bids ----------------------------------------------------------------------------------------------------


def leaves(night: RaidNight, name: str, ceiling: str, **more: object) -> None:
    """A bid that waits for the spear."""
    leave = night.guild.use.leave_bid()
    leave(night.item(), ceiling=Points.of(ceiling), by=night.by(name), **more)  # type: ignore[arg-type]  # as given


def test_bids_that_waited_are_placed_when_it_opens(night: RaidNight) -> None:
    """L-14: as ceilings, the earliest first; they held nothing before, and wait no more."""
    leaves(night, "Aldo", "50")
    night.later()
    leaves(night, "Bera", "50")
    assert (night.has("Aldo")[1], night.has("Bera")[1]) == ("0.00", "0.00")
    auction = night.starts()
    assert (night.leads(auction), night.has("Aldo")[1]) == ({"Aldo": "50.00"}, "50.00")
    assert night.guild.use.show_own_loot()(by=night.by("Aldo")).standing == ()
    night.guild.use.cancel_auction()(auction, by=night.officer)
    assert night.leads(night.starts()) == {}


def test_whoever_starts_the_auction_waiting_bids_are_their_owners(night: RaidNight) -> None:
    """L-14, A-7: a bot that may start auctions, and bid for nobody, places what members left themselves."""
    leaves(night, "Aldo", "50")
    auction = night.guild.use.start_auction()(item="Spear of Fate", by=night.a_bot(Permission.AUCTIONS_WRITE))
    assert night.leads(auction.id) == {"Aldo": "1.00"}


def test_a_waiting_bid_is_judged_like_any_other(night: RaidNight) -> None:
    """L-14: refused where even the minimum is over what is available, and recorded."""
    leaves(night, "Aldo", "201")
    auction = night.starts(minimum="101")
    (row,) = night.listed(auction, night.by("Aldo"))
    assert (row.refusal, str(row.amount)) == ("over_available", "201.00")
    assert night.leads(auction) == {}


@pytest.mark.parametrize(
    ("mode", "rules", "left", "bid"),
    [
        ("open", {}, "101", "100.00"),
        ("open", {"minimum": "10", "increment": "25"}, "99", "85.00"),
        ("sealed_first_price", {"minimum": "10", "increment": "25", "all_in": False}, "1000", "85.00"),
        ("sealed_second_price", {"floor": "20"}, "101", "80.00"),
        ("sealed_first_price", {"attendance_caps": [{"at_most": "33.50"}]}, "101", "33.00"),
    ],
)
def test_a_waiting_bid_goes_as_far_as_it_may(
    night: RaidNight, mode: str, rules: dict[str, object], left: str, bid: str
) -> None:
    """L-14: within points, floor, caps and steps, since nobody knew the rules when it was left."""
    leaves(night, "Aldo", left)
    auction = night.started(rules={"mode": mode, **rules}).id
    (row,) = night.listed(auction, night.by("Aldo"))
    assert (row.refusal, str(row.amount if row.ceiling is None else row.ceiling)) == ("", bid)
    assert night.has("Aldo")[1] == bid


def test_a_bid_by_hand_is_not_fitted(night: RaidNight) -> None:
    """L-5, L-13: who bids now is told what is wrong with it."""
    with pytest.raises(OverAvailable):
        night.bids("Aldo", night.starts(), "101")


@pytest.mark.parametrize(("mode", "amount"), [("sealed_first_price", "50.00"), ("sealed_second_price", "50.00")])
def test_where_bids_are_sealed_a_waiting_bid_is_its_ceiling(night: RaidNight, mode: str, amount: str) -> None:
    """L-14: what one would go to is what is bid."""
    leaves(night, "Aldo", "50")
    auction = night.starts(mode=mode)
    (row,) = night.listed(auction, night.by("Aldo"))
    assert str(row.amount) == amount


def test_nobody_rolls_for_more_than_they_would_pay(night: RaidNight) -> None:
    """L-14, L-3: a bid that waits enters a roll whose price it covers, and no other."""
    night.rules(fixed_price_rolls=True)
    leaves(night, "Aldo", "50")
    leaves(night, "Bera", "4")
    auction = night.starts(mode="fixed_price_roll", minimum="5")
    rows = night.listed(auction, night.officer)
    assert [(row.character, row.refusal) for row in rows] == [("Aldo", ""), ("Bera", "not_the_price")]
    night.closes(auction)
    assert night.results(auction) == {"Aldo": "5.00"}


def test_who_may_not_bid_yet_goes_on_waiting(night: RaidNight) -> None:
    """L-2, L-14: an alt's bid waits for its phase."""
    night.guild.plays(night.people["Aldo"], "Aldette")
    leaves(night, "Aldo", "50", character="Aldette")
    auction = night.starts(phases=[{"tiers": ["main"]}, {}])
    assert night.leads(auction) == {}
    night.later(60)
    night.works()
    assert night.leads(auction) == {"Aldette": "1.00"}


def test_a_scheduled_auction_takes_what_waits_when_it_opens(night: RaidNight) -> None:
    """L-14: not before."""
    auction = night.started(opens_at=night.guild.clock.now() + timedelta(seconds=60)).id
    leaves(night, "Aldo", "50")
    assert night.has("Aldo")[1] == "0.00"
    night.later(60)
    night.works()
    assert night.leads(auction) == {"Aldo": "1.00"}
    with pytest.raises(BidTooLow):
        night.bids("Bera", auction, "1")


# --- lists ------------------------------------------------------------------------------------------------------------


def test_auctions_are_listed_by_what_is_asked(night: RaidNight) -> None:
    """L-2, L-12: by status, raid, item; those that are not over."""
    raid = night.guild.raids()
    first, second = night.started(raid_id=raid.id).id, night.starts("Helm", mode="sealed_first_price")
    night.closes(first)
    night.awards(first, to_nobody=True)
    use = night.guild.use

    def listed(ordering: str = "", **wanted: object) -> list[AuctionId]:
        filtered = AuctionFilter(**wanted)  # type: ignore[arg-type]  # as given
        rows = use.list_auctions()(filtered, ordering=ordering, page=PageRequest(), by=night.by("Aldo"))
        return [row.id for row in rows.results]

    assert listed() == [second, first]
    assert listed(ordering="item") == [second, first]
    assert listed(ordering="-item") == [first, second]
    assert listed(running=True) == [second]
    assert listed(status=AuctionStatus.AWARDED) == listed(raid_id=raid.id) == [first]
    assert listed(item_id=night.item("Helm")) == listed(search="hel") == [second]
    assert [row.id for row in use.list_running_auctions()(by=night.by("Aldo"))] == [second]
    assert [row.id for row in use.list_running_auctions()([first], by=night.by("Aldo"))] == [first]
    assert night.shown(second).mode is Mode.SEALED_FIRST_PRICE
    with pytest.raises(InvalidValue):
        listed(ordering="colour")

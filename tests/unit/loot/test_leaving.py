"""Bids left before the raid, and one's own view."""

from __future__ import annotations

import pytest

from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import ItemId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.loot import IsUpNow
from tests.unit.loot.raid_night import ALL, RaidNight


def test_a_bid_waits_and_can_be_changed_and_taken_back(night: RaidNight) -> None:
    """L-14: it holds nothing; one each for an item, the latest counts; its amount is in no event."""
    leave, take_back, view = (
        night.guild.use.leave_bid(),
        night.guild.use.take_bid_back(),
        night.guild.use.show_own_loot(),
    )
    spear, aldo = night.item(), night.by("Aldo")
    for ceiling in ("77", "55"):
        leave(spear, ceiling=Points.of(ceiling), by=aldo)
    (waiting,) = view(by=aldo).standing
    assert (waiting.item, str(waiting.ceiling), waiting.character) == ("Spear of Fate", "55.00", "")
    assert (night.has("Aldo")[1], view(by=night.by("Bera")).standing) == ("0.00", ())
    take_back(spear, by=aldo)
    assert view(by=aldo).standing == ()
    assert night.told("standing_bid_left", "standing_bid_taken_back") == [
        "standing_bid_left",
        "standing_bid_left",
        "standing_bid_taken_back",
    ]
    with pytest.raises(NoSuch):
        take_back(spear, by=aldo)


def test_a_bid_that_waits_is_for_a_character_of_ones_own(night: RaidNight) -> None:
    """L-4, L-14: the main unless another is named; bots leave it for members, others for themselves."""
    leave, spear = night.guild.use.leave_bid(), night.item()
    night.guild.plays(night.people["Aldo"], "Aldette")
    left = leave(spear, ceiling=Points.of(5), character="ALDETTE", by=night.by("Aldo"))
    assert left.character_name == "Aldette"
    assert leave(spear, ceiling=Points.of(5), character="Bera", by=night.bot).user_id == night.people["Bera"].id
    bera = night.people["Bera"].id
    with pytest.raises(InvalidValue) as refused:
        leave(spear, ceiling=Points.of(5), character="Bera", by=night.by("Aldo"))
    assert refused.value.field == "character"
    with pytest.raises(NotPermitted):
        leave(spear, ceiling=Points.of(5), user_id=bera, by=night.by("Aldo"))
    with pytest.raises(NotPermitted):
        night.guild.use.take_bid_back()(spear, user_id=bera, by=night.by("Aldo"))
    with pytest.raises(NoSuch):
        leave(spear, ceiling=Points.of(5), character="Zaphod", by=night.bot)
    with pytest.raises(NoSuch):
        leave(ItemId(99), ceiling=Points.of(5), by=night.by("Aldo"))
    with pytest.raises(InvalidValue) as refused:
        leave(spear, ceiling=Points.of(0), by=night.by("Aldo"))
    assert refused.value.field == "ceiling"


def test_on_what_is_up_one_bids(night: RaidNight) -> None:
    """L-14: a bid that is left while its auction runs would wait for the next one, and win nothing."""
    leave, auction = night.guild.use.leave_bid(), night.starts("SPEAR of Fate")
    with pytest.raises(IsUpNow) as refused:
        leave(night.item(), ceiling=Points.of(5), by=night.by("Aldo"))
    assert (str(refused.value), refused.value.auction, refused.value.rule) == (
        f"'SPEAR of Fate' is up in auction {auction} now: bid there.",
        auction,
        "L-14",
    )
    assert night.guild.use.show_own_loot()(by=night.by("Aldo")).standing == ()
    leave(night.item("Helm"), ceiling=Points.of(5), by=night.by("Aldo"))
    night.closes(auction)
    leave(night.item(), ceiling=Points.of(5), by=night.by("Aldo"))
    assert len(night.guild.use.show_own_loot()(by=night.by("Aldo")).standing) == 2


def test_ones_own_view_tells_holds_waiting_bids_and_wins(night: RaidNight) -> None:
    """L-12: sealed ones too, to oneself."""
    sealed, opened, won = (
        night.starts("One", mode="sealed_first_price"),
        night.starts("Two"),
        night.starts("Three"),
    )
    night.bids("Aldo", sealed, "10")
    night.bids("Aldo", opened, ceiling="20")
    night.bids("Aldo", won, "5")
    night.awards(won)
    own = night.guild.use.show_own_loot()(by=night.by("Aldo"))
    assert [(row.item, str(row.held), str(row.sealed)) for row in own.holds] == [
        ("One", "10.00", "10.00"),
        ("Two", "20.00", "19.00"),
    ]
    assert [(row.item, str(row.amount)) for row in own.wins] == [("Three", "5.00")]
    assert night.guild.use.show_own_loot()(by=night.by("Bera")).holds == ()


def test_ones_own_bids_are_all_there(night: RaidNight) -> None:
    """L-12: the newest first, with amounts, ceilings and receipts."""
    auction = night.starts(mode="sealed_first_price")
    first, second = night.bids("Aldo", auction, "10"), night.bids("Aldo", auction, "20")
    night.bids("Bera", auction, "30")
    rows = night.guild.use.list_own_bids()(page=ALL, by=night.by("Aldo")).results
    assert [(row.id, str(row.amount), row.receipt) for row in rows] == [
        (second.bid_id, "20.00", second.receipt),
        (first.bid_id, "10.00", first.receipt),
    ]


def test_only_a_person_has_an_own_view(night: RaidNight) -> None:
    """A-7, G-8: a bot has no bids of its own, nor has the operator."""
    for by, error in ((night.bot, NotPermitted), (night.guild.operator, InvalidValue)):
        with pytest.raises(error):
            night.guild.use.show_own_loot()(by=by)
        with pytest.raises(error):
            night.guild.use.list_own_bids()(page=PageRequest(), by=by)

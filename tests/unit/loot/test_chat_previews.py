"""Dry runs of chat: what would be done, by what everybody may know."""

from __future__ import annotations

import pytest

from dkp_core.kernel.page import PageRequest
from dkp_core.loot import AuctionStatus, AwardFilter, ChatOutcome, ChatReading, ItemFilter
from tests.unit.loot.game_log import hears
from tests.unit.loot.raid_night import RaidNight


def previewed(night: RaidNight, *lines: str) -> tuple[ChatReading, ...]:
    """What would become of these lines."""
    return hears(night, *lines, dry_run=True)


@pytest.mark.parametrize("mode", ["sealed_first_price", "sealed_second_price", "fixed_price_roll"])
def test_a_preview_tells_nothing_of_a_running_auctions_result(night: RaidNight, mode: str) -> None:
    """L-11: neither winner nor price, whatever is guessed; and the auction runs on as it was."""
    night.rules(fixed_price_rolls=True)
    auction = night.starts(mode=mode, minimum="77", seconds=60)
    night.bids("Bera", auction, "77")
    before = night.shown(auction)
    guesses = ("Bera 77 spent", "Bera 76 spent", "Aldo 77 spent", "rot spent")
    readings = previewed(night, *(f"You tell your raid, ':::Spear of Fate::: {guess}'" for guess in guesses))
    assert {(each.outcome, each.code, each.detail) for each in readings} == {
        (ChatOutcome.REFUSED, "wrong_auction_status", "Auction 1 is open; this takes one that is closed.")
    }
    closing, off = previewed(
        night, "You tell your raid, 'Spear of Fate bids closed'", "You tell your raid, 'Spear of Fate bids cancelled'"
    )
    assert (closing.detail, closing.auction) == ("would be closed", auction)
    assert (off.detail, off.auction) == ("would be called off", auction)
    _, award = previewed(
        night,
        "You tell your raid, 'Spear of Fate bids closed'",
        "You tell your raid, ':::Spear of Fate::: Aldo 1 spent'",
    )
    assert award.detail == "would be awarded, if that is what it comes to"
    assert night.shown(auction) == before
    assert night.told("auction_closed", "auction_cancelled") == []
    night.later(60)
    assert night.works() == 1


@pytest.mark.parametrize("guess", ["Bera 77 spent", "Bera 76 spent", "Aldo 77 spent", "rot spent"])
def test_no_award_of_a_running_sealed_auction_is_called_out(night: RaidNight, guess: str) -> None:
    """L-11: right or wrong, it is refused alike, so that nobody guesses their way to a sealed bid."""
    auction = night.starts(mode="sealed_first_price", minimum="7")
    night.bids("Bera", auction, "77")
    (called,) = hears(night, f"You tell your raid, ':::Spear of Fate::: {guess}'")
    assert (called.outcome, called.code) == (ChatOutcome.REFUSED, "wrong_auction_status")
    assert called.detail == "Auction 1 is open; this takes one that is closed."
    assert night.shown(auction).status is AuctionStatus.OPEN


def test_a_preview_tells_nothing_of_what_sealed_bids_hold(night: RaidNight) -> None:
    """L-11: a bid is judged by what everybody sees; nobody has to be told of a look then."""
    secret, auction = night.starts("Secret", mode="sealed_first_price"), night.starts()
    night.bids("Aldo", secret, "77")
    within, over = previewed(night, "Aldo tells you, 'Spear of Fate 100'", "Aldo tells you, 'Spear of Fate 101'")
    assert (within.outcome, within.detail) == (ChatOutcome.DONE, "100.00 for Aldo would be placed")
    assert (over.outcome, over.code, over.detail) == (
        ChatOutcome.REFUSED,
        "over_available",
        "101.00 is more than the 100.00 available.",
    )
    assert (night.told("sealed_holds_seen"), night.listed(auction)) == ([], ())
    (applied,) = hears(night, "Aldo tells you, 'Spear of Fate 100'")
    assert applied.code == "over_available"


def test_a_preview_counts_no_sealed_bid_towards_a_limit(night: RaidNight) -> None:
    """L-11, L-2: nor what somebody's ceiling is; what is led openly counts."""
    night.rules(limits=[{"items": 1, "over": "20"}])
    sealed, ceiling, opened = night.starts("One", mode="sealed_first_price"), night.starts("Two"), night.starts("Three")
    night.bids("Aldo", sealed, "21")
    night.bids("Bera", ceiling, ceiling="50")
    night.bids("Cato", opened, "21")
    night.starts()
    readings = previewed(night, *(f"{name} tells you, 'Spear of Fate 21'" for name in ("Aldo", "Bera", "Cato")))
    assert [each.code for each in readings] == ["", "", "limit_reached"]


def test_a_preview_tells_nothing_of_a_ceiling(night: RaidNight) -> None:
    """L-11, L-14: neither another's, which would beat the bid at once, nor the bidder's own."""
    auction = night.starts()
    night.bids("Aldo", auction, ceiling="80")
    night.gets("Aldo", "-50")
    by_another, by_owner, low = previewed(
        night,
        "Bera tells you, 'Spear of Fate 30'",
        "Aldo tells you, 'Spear of Fate 20'",
        "Bera tells you, 'Spear of Fate 1'",
    )
    assert (by_another.detail, by_owner.detail) == ("30.00 for Bera would be placed", "20.00 for Aldo would be placed")
    assert low.code == "bid_too_low"
    assert night.leads(auction) == {"Aldo": "1.00"}


def test_a_preview_of_a_withdrawal_does_not_say_whether_there_is_a_bid(night: RaidNight) -> None:
    """L-11, L-4."""
    auction = night.starts(mode="sealed_first_price")
    night.bids("Aldo", auction, "20")
    readings = previewed(night, *(f"{name} tells you, 'Spear of Fate cancel'" for name in ("Aldo", "Bera")))
    assert [each.detail for each in readings] == ["would be withdrawn, if it may be"] * 2
    assert night.has("Aldo")[1] == "20.00"


def test_calls_and_bids_are_previewed_together(night: RaidNight) -> None:
    """L-10: bids on what would be started first are no mistake, and those on what is up are judged."""
    helm = night.starts("Helm of Dawn")
    readings = previewed(
        night,
        "You tell your raid, 'Spear of Fate, Ring of Dawn x2 bids open'",
        "Aldo tells you, 'Spear of Fate 20'",
        "Bera tells you, 'Ring of Dawn 20'",
        "Cato tells you, 'Helm of Dawn 20'",
        "You tell your raid, 'Spear of Fate bids closed'",
        "Zaphod tells you, 'Helm of Dawn 20'",
    )
    assert [(each.outcome, each.meaning, each.detail) for each in readings[:5]] == [
        (ChatOutcome.DONE, "call", "would be started: 1 × Spear of Fate, 2 × Ring of Dawn"),
        (ChatOutcome.TALK, "bid", "its auction would be started first"),
        (ChatOutcome.TALK, "bid", "its auction would be started first"),
        (ChatOutcome.DONE, "bid", "20.00 for Cato would be placed"),
        (ChatOutcome.TALK, "close", "its auction would be started first"),
    ]
    assert (readings[3].auction, readings[5].code) == (helm, "unknown_bidder")
    assert night.guild.use.list_items()(ItemFilter(search="Ring"), page=PageRequest(), by=night.officer).count == 0


def test_a_preview_of_a_call_tells_what_is_up_already(night: RaidNight) -> None:
    """L-10, L-2: it is refused as it would be; what else is called would be started, and bids go to what is up."""
    auction = night.starts()
    alone, together, bid = previewed(
        night,
        "You tell your raid, 'Spear of Fate bids open'",
        "You tell your raid, 'Ring of Dawn, Spear of Fate bids open'",
        "Aldo tells you, 'Spear of Fate 20'",
    )
    assert (alone.outcome, alone.code) == (ChatOutcome.REFUSED, "already_on_auction")
    assert together.detail.startswith(f"would be started: 1 × Ring of Dawn; Auction {auction} sells 'Spear of Fate'")
    assert (bid.auction, bid.detail) == (auction, "20.00 for Aldo would be placed")


def test_an_award_is_previewed_by_the_result_that_all_see(night: RaidNight) -> None:
    """L-10: of a closed auction, by looting, or without one; nothing is awarded."""
    auction = night.starts(mode="sealed_first_price")
    night.bids("Bera", auction, "77")
    night.closes(auction)
    right, wrong, looted, direct, stranger = previewed(
        night,
        "You tell your raid, ':::Spear of Fate::: Bera 77 spent'",
        "You tell your raid, ':::Spear of Fate::: Aldo 77 spent'",
        "--Bera has looted a Spear of Fate.--",
        "You tell your raid, ':::Helm of Dawn::: Aldo 30 spent'",
        "You tell your raid, ':::Helm of Dawn::: Zaphod 30 spent'",
    )
    assert (right.outcome, right.detail) == (ChatOutcome.DONE, "would be awarded to Bera for 77.00")
    assert (wrong.outcome, wrong.code) == (ChatOutcome.REFUSED, "invalid_value")
    assert (looted.outcome, looted.detail) == (ChatOutcome.DONE, "would be awarded to Bera, who looted it")
    assert (direct.outcome, direct.detail) == (ChatOutcome.DONE, "would be awarded to Aldo for 30.00")
    assert (stranger.outcome, stranger.code) == (ChatOutcome.REFUSED, "not_found")
    assert night.shown(auction).status is AuctionStatus.CLOSED
    assert night.guild.use.list_awards()(AwardFilter(), page=PageRequest(), by=night.officer).count == 0

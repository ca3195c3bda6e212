"""What is said in game, done to auctions: previewed or applied, each line once."""

from __future__ import annotations

import pytest

from dkp_core.kernel.errors import InvalidValue, NotPermitted
from dkp_core.kernel.ids import AuctionId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.loot import (
    LINES_MAX,
    AuctionFilter,
    AuctionRow,
    AuctionStatus,
    AwardFilter,
    BidSource,
    ChatOutcome,
    Tier,
)
from tests.unit.loot.game_log import STAMP, hears, read
from tests.unit.loot.raid_night import ALL, RaidNight


def auctions(night: RaidNight) -> tuple[AuctionRow, ...]:
    """All auctions, the first first."""
    found = night.guild.use.list_auctions()(AuctionFilter(), ordering="id", page=ALL, by=night.officer)
    return found.results


def test_an_auction_from_call_to_award_is_all_said_in_game(night: RaidNight) -> None:
    """L-10: called by an officer, bid on in tells and raid chat, closed and awarded."""
    readings = hears(
        night,
        "You tell your raid, 'Spear of Fate bids open'",
        "Aldo tells you, 'Spear of Fate 20'",
        "Bera tells the raid, 'Spear of Fate 25'",
        "Cato tells you, 'Spear of Fate 25'",
        "Cato tells the guild, 'how about the weather'",
        "You tell your raid, 'Spear of Fate bids closed'",
    )
    (row,) = auctions(night)
    assert [(each.outcome, each.meaning, each.speaker, each.code) for each in readings] == [
        (ChatOutcome.DONE, "call", "Boss", ""),
        (ChatOutcome.DONE, "bid", "Aldo", ""),
        (ChatOutcome.DONE, "bid", "Bera", ""),
        (ChatOutcome.REFUSED, "bid", "Cato", "bid_too_low"),
        (ChatOutcome.TALK, "", "", ""),
        (ChatOutcome.DONE, "close", "Boss", ""),
    ]
    assert [each.auction for each in readings] == [row.id, row.id, row.id, None, None, row.id]
    assert (readings[2].detail, readings[3].detail) == (
        "25.00 for Bera, and leads",
        "The bid must be at least 26.00; 25.00 was bid.",
    )
    assert (row.status, night.results(row.id)) == (AuctionStatus.CLOSED, {"Bera": "25.00"})
    assert {bid.source for bid in night.listed(row.id)} == {BidSource.CHAT}
    (awarded,) = hears(night, "You tell your raid, ':::Spear of Fate::: Bera 25 spent'", at=30)
    assert (awarded.outcome, awarded.detail) == (ChatOutcome.DONE, "awarded to Bera for 25.00")
    assert night.has("Bera") == ("75.00", "0.00", "75.00")


def test_each_line_counts_once(night: RaidNight) -> None:
    """L-10: however often it is sent, by whom, in whichever reading."""
    auction = night.starts()
    line = "Aldo tells you, 'Spear of Fate 20'"
    assert [each.outcome for each in hears(night, line)] == [ChatOutcome.DONE]
    assert [each.outcome for each in hears(night, line)] == [ChatOutcome.REPEATED]
    assert [each.outcome for each in read(night, [STAMP.format(9) + line] * 2)] == [
        ChatOutcome.REFUSED,
        ChatOutcome.REPEATED,
    ]
    assert len(night.listed(auction)) == 2
    by_another_teller = hears(night, line, owner="Cato")
    assert by_another_teller[0].outcome is ChatOutcome.REFUSED


def test_a_line_without_its_time_counts_each_time(night: RaidNight) -> None:
    """L-10: nothing tells whether it was said again."""
    night.starts()
    for _ in range(2):
        (reading,) = read(night, ["Aldo tells you, 'Spear of Fate 20'"])
        assert reading.outcome is not ChatOutcome.REPEATED


def test_a_preview_leaves_nothing(night: RaidNight) -> None:
    """L-10, I-3: it tells what would become of each line, and no more; what is called would take the bids told next."""
    lines = ("You tell your raid, 'Spear of Fate bids open'", "Aldo tells you, 'Spear of Fate 20'")
    before = len(night.told("auction_started", "bid_placed", "item_entered"))
    previewed = hears(night, *lines, dry_run=True)
    assert [(each.outcome, each.meaning, each.detail) for each in previewed] == [
        (ChatOutcome.DONE, "call", "would be started: 1 × Spear of Fate"),
        (ChatOutcome.TALK, "bid", "its auction would be started first"),
    ]
    assert auctions(night) == ()
    assert len(night.told("auction_started", "bid_placed", "item_entered")) == before
    assert night.has("Aldo") == ("100.00", "0.00", "100.00")
    assert [each.outcome for each in hears(night, *lines)] == [ChatOutcome.DONE] * 2


def test_only_officers_call_auctions(night: RaidNight) -> None:
    """L-10, A-3: the log's owner, or an officer's character; for a reader who may."""
    (member,) = hears(night, "Aldo tells the raid, 'Spear of Fate bids open'")
    assert (member.outcome, member.detail) == (ChatOutcome.TALK, "Aldo is no officer")
    (stranger,) = hears(night, "Zaphod tells the raid, 'Spear of Fate bids open'")
    assert stranger.outcome is ChatOutcome.TALK
    (officer,) = hears(night, "Boss tells the raid, 'Spear of Fate bids open'", owner="Aldo")
    assert officer.outcome is ChatOutcome.DONE
    bids_only = night.a_bot(Permission.BIDS_WRITE)
    (refused,) = hears(night, "You tell your raid, 'Helm of Dawn bids open'", by=bids_only)
    assert (refused.outcome, refused.code) == (ChatOutcome.REFUSED, "not_permitted")
    with pytest.raises(NotPermitted):
        hears(night, "Aldo tells you, 'Spear of Fate 20'", by=night.by("Aldo"))


def test_a_call_of_several_items_starts_them_all(night: RaidNight) -> None:
    """L-10, L-2: with their quantities; what is on auction already is told, and stops nothing."""
    hears(night, "You tell your raid, 'Spear of Fate bids open'")
    (reading,) = hears(night, "You tell your raid, 'Spear of Fate, Ring of Dawn x2 bids open'", at=10)
    first, second = auctions(night)
    assert (second.item, second.quantity) == ("Ring of Dawn", 2)
    assert (reading.outcome, reading.auction) == (ChatOutcome.DONE, second.id)
    assert f"Auction {first.id} sells 'Spear of Fate' already" in reading.detail
    (again,) = hears(night, "You tell your raid, 'Spear of Fate bids open'", at=20)
    assert (again.outcome, again.code) == (ChatOutcome.REFUSED, "already_on_auction")


def test_a_bid_names_its_item_or_the_only_one(night: RaidNight) -> None:
    """L-10: while one auction is open, an amount is enough; nothing is guessed between two."""
    auction = night.starts()
    assert hears(night, "Aldo tells you, '20'")[0].auction == auction
    night.starts("Helm")
    assert hears(night, "Bera tells you, '30'", at=5)[0].outcome is ChatOutcome.TALK
    assert night.leads(auction) == {"Aldo": "20.00"}


def test_a_bid_may_be_as_an_alt_with_a_ceiling_or_taken_back(night: RaidNight) -> None:
    """L-10, L-4, L-14."""
    auction = night.starts(mode="sealed_first_price")
    hears(night, "Aldo tells you, 'Spear of Fate 20 alt'", "Bera tells you, 'Spear of Fate 30'")
    assert night.listed(auction)[0].tier is Tier.ALT
    (gone,) = hears(night, "Bera tells you, 'Spear of Fate cancel'", at=10)
    assert (gone.outcome, gone.detail, night.has("Bera")[1]) == (ChatOutcome.DONE, "withdrawn", "0.00")
    (nothing,) = hears(night, "Bera tells you, 'Spear of Fate cancel'", at=20)
    assert (nothing.outcome, nothing.code) == (ChatOutcome.REFUSED, "no_bid_to_withdraw")


def test_strangers_bid_for_nobody(night: RaidNight) -> None:
    """L-10, L-13: refused, and recorded."""
    auction = night.starts()
    (reading,) = hears(night, "Zaphod tells you, 'Spear of Fate 20'")
    assert (reading.outcome, reading.code) == (ChatOutcome.REFUSED, "unknown_bidder")
    assert [row.character for row in night.listed(auction)] == ["Zaphod"]


def test_an_auction_is_called_off_in_game(night: RaidNight) -> None:
    """L-10: nothing is held any more."""
    auction = night.starts()
    night.bids("Aldo", auction, "20")
    (reading,) = hears(night, "You tell your raid, 'Spear of Fate bids cancelled'")
    assert (reading.detail, night.shown(auction).status) == ("called off", AuctionStatus.CANCELLED)
    assert night.has("Aldo")[1] == "0.00"


def test_an_award_called_out_is_what_the_auction_came_to(night: RaidNight) -> None:
    """L-10, L-7: another winner or price is refused, and nothing is done."""
    auction = night.starts(seconds=60)
    night.bids("Aldo", auction, "20")
    night.bids("Bera", auction, "25")
    for said, code in (
        ("Aldo 25", "invalid_value"),
        ("Bera 24", "invalid_value"),
        ("rot", "invalid_value"),
        ("Zaphod 25", "not_found"),
    ):
        (refused,) = hears(night, f"You tell your raid, ':::Spear of Fate::: {said} spent'")
        assert (refused.outcome, refused.code) == (ChatOutcome.REFUSED, code), said
    assert night.leads(auction) == {"Bera": "25.00"}
    (done,) = hears(night, "You tell your raid, ':::Spear of Fate::: Bera 25 spent'", at=20)
    assert (done.outcome, night.shown(auction).status) == (ChatOutcome.DONE, AuctionStatus.AWARDED)
    night.later(60)
    assert night.works() == 0


def test_an_award_refused_tells_nothing_that_is_sealed(night: RaidNight) -> None:
    """L-11: what a running sealed auction would come to is nobody's to ask."""
    auction = night.starts(mode="sealed_first_price")
    night.bids("Bera", auction, "77")
    (refused,) = hears(night, "You tell your raid, ':::Spear of Fate::: Aldo 1 spent'")
    assert refused.outcome is ChatOutcome.REFUSED
    assert "77" not in refused.detail
    assert "Bera" not in refused.detail
    night.closes(auction)
    (told,) = hears(night, "You tell your raid, ':::Spear of Fate::: Aldo 1 spent'", at=10)
    assert told.detail.endswith(f"accepted: what auction {auction} comes to: Bera for 77.00.")


def test_an_award_that_cannot_be_paid_closes_the_auction_all_the_same(night: RaidNight) -> None:
    """L-7, L-10: an officer decides then; its result is there for all, and the price stays held."""
    auction = night.starts(seconds=60)
    night.bids("Aldo", auction, "20")
    night.bids("Bera", auction, "60")
    night.gets("Bera", "-50")
    (refused,) = hears(night, "You tell your raid, ':::Spear of Fate::: Bera 60 spent'")
    assert (refused.outcome, refused.code) == (ChatOutcome.REFUSED, "cannot_pay")
    assert (night.shown(auction).status, night.has("Bera")[1]) == (AuctionStatus.CLOSED, "60.00")
    assert night.results(auction) == {"Bera": "60.00"}
    night.later(60)
    assert (night.works(), night.shown(auction).status) == (0, AuctionStatus.CLOSED)


def test_rot_is_an_award_to_nobody(night: RaidNight) -> None:
    """L-7, L-10: of an auction that nobody bid on, or without one."""
    auction = night.starts()
    (reading,) = hears(night, "You tell your raid, ':::Spear of Fate::: rot spent'")
    assert (reading.outcome, reading.detail) == (ChatOutcome.DONE, "awarded to nobody")
    assert night.shown(auction).status is AuctionStatus.AWARDED
    awards = night.guild.use.list_awards()(AwardFilter(), page=PageRequest(), by=night.officer).results
    assert [row.user_id for row in awards] == [None]


def test_an_award_without_an_auction_is_a_result(night: RaidNight) -> None:
    """L-9, L-10: bidding done by word of mouth."""
    (done,) = hears(night, "You tell your raid, ':::Spear of Fate::: Aldo 30 spent'")
    assert (done.outcome, night.has("Aldo")[0]) == (ChatOutcome.DONE, "70.00")
    (over,) = hears(night, "You tell your raid, ':::Helm of Dawn::: Aldo 71 spent'", at=10)
    assert (over.outcome, over.code, night.has("Aldo")[0]) == (ChatOutcome.REFUSED, "cannot_pay", "70.00")


def test_loot_settles_what_waits_for_its_winner(night: RaidNight) -> None:
    """L-10: the winner who loots is awarded; other loot is no matter of bids."""
    auction = night.starts()
    night.bids("Aldo", auction, "20")
    looted = "--Aldo has looted a Spear of Fate.--"
    assert hears(night, looted)[0].outcome is ChatOutcome.TALK
    night.closes(auction)
    by_another = hears(night, "--Bera has looted a Spear of Fate.--", at=10)
    assert (by_another[0].outcome, night.shown(auction).status) == (ChatOutcome.TALK, AuctionStatus.CLOSED)
    (done,) = hears(night, looted, at=20)
    assert (done.outcome, done.meaning) == (ChatOutcome.DONE, "loot")
    assert (night.shown(auction).status, night.has("Aldo")) == (AuctionStatus.AWARDED, ("80.00", "0.00", "80.00"))
    assert hears(night, looted, at=30)[0].outcome is ChatOutcome.TALK


@pytest.mark.parametrize(
    ("lines", "owner", "field"),
    [
        ([], "Boss", "lines"),
        (["x"] * (LINES_MAX + 1), "Boss", "lines"),
        (["x" * 4097], "Boss", "lines"),
        (["x"], " ", "owner"),
    ],
)
def test_there_are_limits_to_a_reading(night: RaidNight, lines: list[str], owner: str, field: str) -> None:
    """G-8."""
    with pytest.raises(InvalidValue) as refused:
        read(night, lines, owner=owner)
    assert refused.value.field == field


def test_no_reading_shows_what_is_told_in_its_repr(night: RaidNight) -> None:
    """L-11: readings may be logged; what was bid in them may not."""
    night.starts(mode="sealed_first_price")
    assert "77" not in repr(hears(night, "Aldo tells you, 'Spear of Fate 77'"))


def test_a_number_in_a_preview_is_used_by_the_next(night: RaidNight) -> None:
    """L-10: ids may be skipped, and never meet twice."""
    hears(night, "You tell your raid, 'Spear of Fate bids open'", dry_run=True)
    (done,) = hears(night, "You tell your raid, 'Spear of Fate bids open'")
    assert done.auction is not None
    assert auctions(night)[0].id == done.auction >= AuctionId(1)

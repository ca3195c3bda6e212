"""The same raid heard by several officers, whose logs all reach us: what was said once counts once."""

from __future__ import annotations

import pytest

from dkp_core.kernel.ids import AwardId, RaidId
from dkp_core.loot import AuctionStatus, AwardFilter, ChatOutcome
from tests.unit.loot.game_log import hears
from tests.unit.loot.raid_night import ALL, RaidNight

DONE, REPEATED, REFUSED, TALK = ChatOutcome.DONE, ChatOutcome.REPEATED, ChatOutcome.REFUSED, ChatOutcome.TALK


def boss(night: RaidNight, *lines: str, at: int = 0, raid: RaidId | None = None) -> list[ChatOutcome]:
    """What Boss's own log comes to."""
    return [each.outcome for each in hears(night, *lines, at=at, raid_id=raid)]


def cato(night: RaidNight, *lines: str, at: int = 0, raid: RaidId | None = None) -> list[ChatOutcome]:
    """What Cato's log comes to: the clock of that PC is some seconds ahead."""
    return [each.outcome for each in hears(night, *lines, at=at + 7, raid_id=raid, owner="Cato")]


def awards(night: RaidNight) -> list[AwardId]:
    """All awards, the latest first."""
    return [row.id for row in night.guild.use.list_awards()(AwardFilter(), page=ALL, by=night.officer).results]


BID = "Aldo tells the raid, 'Spear of Fate 20'"
WITHDRAWAL = "Aldo tells the raid, 'Spear of Fate cancel'"


def test_what_two_logs_heard_counts_once(night: RaidNight) -> None:
    """L-10: a bid in the raid's chat, whichever log reaches us first, also in the next minute."""
    auction = night.starts()
    night.later(50)
    assert boss(night, BID) == [DONE]
    for seconds in (20, -80):  # in the next minute; and by a host whose clock is behind
        night.later(seconds)
        assert cato(night, BID) == [REPEATED]
        assert boss(night, BID) == [REPEATED]
    night.later(60)
    assert cato(night, "Bera tells the raid, 'Spear of Fate 25'", at=10) == [DONE]
    assert boss(night, "Bera tells the raid, 'Spear of Fate 25'", at=10) == [REPEATED]
    assert [row.character for row in night.listed(auction)] == ["Aldo", "Bera"]


def test_what_is_said_again_much_later_counts_again(night: RaidNight) -> None:
    """L-10: no two logs are so far apart."""
    auction = night.starts(mode="sealed_first_price")
    assert boss(night, BID) == [DONE]
    night.later(120)
    assert cato(night, BID, at=30) == [DONE]
    assert len(night.listed(auction)) == 2


def test_a_bid_that_was_withdrawn_is_not_placed_again(night: RaidNight) -> None:
    """L-4, L-10: by the log that tells of both a little later."""
    auction = night.starts(mode="sealed_first_price")
    assert boss(night, BID, WITHDRAWAL) == [DONE, DONE]
    assert cato(night, BID, WITHDRAWAL) == [REPEATED, REPEATED]
    assert (len(night.listed(auction)), night.has("Aldo")[1]) == (2, "0.00")


def test_a_sealed_bid_that_is_told_again_keeps_its_time(night: RaidNight) -> None:
    """L-6, L-10: else the other log would make a tie's first bid its last."""
    auction = night.starts(mode="sealed_first_price")
    assert boss(night, BID) == [DONE]
    night.later(10)
    night.bids("Bera", auction, "20")
    night.later(10)
    assert cato(night, BID) == [REPEATED]
    night.closes(auction)
    assert night.results(auction) == {"Aldo": "20.00"}


def test_what_somebody_says_again_counts_again(night: RaidNight) -> None:
    """L-4, L-10: a sealed bid is lowered to what it was, in one log; the other tells the same, and nothing new."""
    auction = night.starts(mode="sealed_first_price")
    said = (BID, "Aldo tells the raid, 'Spear of Fate 30'", BID)
    assert boss(night, *said[:1]) == [DONE]
    assert boss(night, *said[1:], at=1) == [DONE, DONE]
    assert night.has("Aldo")[1] == "20.00"
    assert cato(night, *said) == [REPEATED] * 3
    assert len(night.listed(auction)) == 3


def test_of_two_lines_alike_in_one_reading_each_counts(night: RaidNight) -> None:
    """L-10: they bear other times, so it was said twice."""
    auction = night.starts(mode="sealed_first_price")
    assert boss(night, BID, BID) == [DONE, DONE]
    assert cato(night, BID, BID) == [REPEATED, REPEATED]
    assert len(night.listed(auction)) == 2


def test_a_tell_is_heard_by_one(night: RaidNight) -> None:
    """L-10: told to two officers, it is told twice."""
    auction = night.starts(mode="sealed_first_price")
    tell = "Aldo tells you, 'Spear of Fate 20'"
    assert (boss(night, tell), cato(night, tell)) == ([DONE], [DONE])
    assert len(night.listed(auction)) == 2


def test_another_channel_or_speaker_is_another_line(night: RaidNight) -> None:
    """L-10."""
    auction = night.starts(mode="sealed_first_price")
    assert boss(night, BID) == [DONE]
    assert cato(night, "Aldo tells the guild, 'Spear of Fate 20'", "Bera tells the raid, 'Spear of Fate 20'") == [
        DONE,
        DONE,
    ]
    assert len(night.listed(auction)) == 3


def test_who_calls_auctions_is_heard_in_their_own_log(night: RaidNight) -> None:
    """L-10: what another log could make nothing of stands in nobody's way, and is not tried again."""
    call = "'Spear of Fate bids open'"
    assert boss(night, f"Aldo tells the raid, {call}") == [TALK]
    assert [each.outcome for each in hears(night, f"You tell your raid, {call}", owner="Aldo")] == [DONE]
    assert boss(night, f"Aldo tells the raid, {call}") == [REPEATED]


# --- awards called out ------------------------------------------------------------------------------------------------

AWARD = "':::Spear of Fate::: Aldo 20 spent'"


@pytest.mark.parametrize("sold", [True, False])
@pytest.mark.parametrize("in_raid", [True, False])
def test_an_award_that_two_logs_tell_of_is_one(night: RaidNight, sold: bool, in_raid: bool) -> None:
    """L-10: of an auction or without one, with a raid or without."""
    raid = night.guild.raids().id if in_raid else None
    if sold:
        night.bids("Aldo", night.started(raid_id=raid).id, "20")
    assert boss(night, f"You tell your raid, {AWARD}", raid=raid) == [DONE]
    assert cato(night, f"Boss tells the raid, {AWARD}", raid=raid) == [REPEATED]
    night.later(600)
    (again,) = hears(night, f"Boss tells the raid, {AWARD}", at=20, owner="Bera", raid_id=raid)
    (award,) = awards(night)
    assert (again.outcome, again.code) == (REFUSED, "awarded_already")
    assert again.detail == f"'Spear of Fate' was awarded so already: award {award}."
    assert night.has("Aldo") == ("80.00", "0.00", "80.00")


@pytest.mark.parametrize("sold_in_raid", [True, False])
def test_an_award_is_of_the_auction_with_a_raid_or_without(night: RaidNight, sold_in_raid: bool) -> None:
    """L-2, L-10: whether the log is followed for the raid or not, the one drop has one auction."""
    raid = night.guild.raids().id
    auction = night.started(raid_id=raid if sold_in_raid else None).id
    night.bids("Aldo", auction, "20")
    assert boss(night, f"You tell your raid, {AWARD}", raid=None if sold_in_raid else raid) == [DONE]
    assert (night.shown(auction).status, len(awards(night))) == (AuctionStatus.AWARDED, 1)


def test_an_auction_of_another_raid_is_not_meant(night: RaidNight) -> None:
    """L-2, L-10."""
    first = night.guild.raids()
    second = night.guild.raids(first.event_type_id)
    auction = night.started(raid_id=first.id).id
    night.bids("Aldo", auction, "20")
    assert boss(night, f"You tell your raid, {AWARD}", raid=second.id) == [DONE]
    assert night.shown(auction).status is AuctionStatus.OPEN


def test_another_drop_is_awarded_at_another_price_or_another_night(night: RaidNight) -> None:
    """L-10: what is refused is the same award; one that was revoked is none."""
    assert boss(night, f"You tell your raid, {AWARD}") == [DONE]
    assert boss(night, "You tell your raid, ':::Spear of Fate::: Aldo 5 spent'", at=5) == [DONE]
    assert boss(night, "You tell your raid, ':::Spear of Fate::: Bera 20 spent'", at=6) == [DONE]
    assert boss(night, f"You tell your raid, {AWARD}", at=7) == [REFUSED]
    night.guild.use.revoke_award()(awards(night)[-1], reason="wrong", by=night.officer)
    assert boss(night, f"You tell your raid, {AWARD}", at=8) == [DONE]
    night.later(13 * 3600)
    assert boss(night, f"You tell your raid, {AWARD}", at=9) == [DONE]
    assert night.has("Aldo")[0] == "55.00"


def test_rot_that_two_logs_tell_of_is_one(night: RaidNight) -> None:
    """L-7, L-10: to nobody, once."""
    assert boss(night, "You tell your raid, ':::Spear of Fate::: rot spent'") == [DONE]
    night.later(600)
    assert cato(night, "Boss tells the raid, ':::Spear of Fate::: rot spent'") == [REFUSED]
    assert len(awards(night)) == 1


def test_calling_out_one_right_winner_awards_all_copies(night: RaidNight) -> None:
    """L-7, L-10: the others that are called out then have theirs already."""
    auction = night.starts(quantity=2)
    night.bids("Aldo", auction, "20")
    night.bids("Bera", auction, "25")
    (wrong,) = hears(night, "You tell your raid, ':::Spear of Fate::: Bera 20 spent'")
    assert (wrong.outcome, wrong.code) == (REFUSED, "invalid_value")
    (right,) = hears(night, "You tell your raid, ':::Spear of Fate::: Aldo 20 spent'", at=1)
    assert (right.outcome, right.detail) == (DONE, "awarded to Bera for 25.00; Aldo for 20.00")
    assert (night.has("Aldo")[0], night.has("Bera")[0]) == ("80.00", "75.00")
    (other,) = hears(night, "You tell your raid, ':::Spear of Fate::: Bera 25 spent'", at=2)
    assert (other.outcome, other.code, len(awards(night))) == (REFUSED, "awarded_already", 2)

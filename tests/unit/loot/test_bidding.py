"""Bidding as use cases: what is held, who bids for whom, who is told what."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import AuctionId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    AuctionNotOpen,
    BidOutcome,
    BidSource,
    BidTooLow,
    LeadingBidStays,
    LimitReached,
    NoBidToWithdraw,
    NotEligible,
    NotYourCharacter,
    OverAvailable,
    OverCap,
    Tier,
    UnknownBidder,
    receipt,
)
from tests.unit.loot.game_log import hears
from tests.unit.loot.raid_night import ALL, RaidNight

# --- what is held -----------------------------------------------------------------------------------------------------


def test_a_bid_holds_its_amount_until_it_is_beaten(night: RaidNight) -> None:
    """L-5, P-3: current less held is available; only leaders hold."""
    auction = night.starts()
    placed = night.bids("Aldo", auction, "60")
    assert (placed.leading, str(placed.available), placed.ceiling, placed.receipt) == (True, "40.00", None, None)
    assert night.has("Aldo") == ("100.00", "60.00", "40.00")
    night.bids("Bera", auction, "61")
    assert (night.has("Aldo"), night.has("Bera")) == (("100.00", "0.00", "100.00"), ("100.00", "61.00", "39.00"))


def test_two_auctions_do_not_spend_the_same_points(night: RaidNight) -> None:
    """L-5: what is held in one is not there for another; one's own bid does not stand in its own way."""
    first, second = night.starts(), night.starts("Shield of Dawn", mode="sealed_first_price")
    night.bids("Aldo", first, "60")
    with pytest.raises(OverAvailable) as refused:
        night.bids("Aldo", second, "41")
    assert (str(refused.value.available), str(refused.value.amount)) == ("40.00", "41.00")
    night.bids("Aldo", second, "40")
    assert night.has("Aldo") == ("100.00", "100.00", "0.00")
    night.bids("Aldo", second, "10")
    night.bids("Aldo", first, "90")
    with pytest.raises(OverAvailable):
        night.bids("Aldo", first, "91")


def test_a_raised_proxy_moves_what_is_held_of_others(night: RaidNight) -> None:
    """L-14, L-11: the ceiling is held in full: what is seen grows, what is sealed shrinks, and the sum stays."""
    auction = night.starts()
    placed = night.bids("Aldo", auction, ceiling="80")
    assert (str(placed.amount), str(placed.ceiling), str(placed.available)) == ("1.00", "80.00", "20.00")
    assert (night.has("Aldo")[1], night.seems("Aldo")) == ("80.00", ("100.00", "1.00", "99.00"))
    beaten = night.bids("Bera", auction, "30")
    assert (beaten.leading, night.leads(auction)) == (False, {"Aldo": "31.00"})
    assert (night.has("Aldo")[1], night.seems("Aldo")[1], night.has("Bera")[1]) == ("80.00", "31.00", "0.00")
    shown = [(row.character, str(row.amount), row.source) for row in night.listed(auction)]
    assert shown == [
        ("Aldo", "1.00", BidSource.API),
        ("Bera", "30.00", BidSource.API),
        ("Aldo", "31.00", BidSource.PROXY),
    ]
    assert [row.ceiling for row in night.listed(auction, night.officer)] == [None, None, None]
    assert "80" not in str([(row.amount, row.ceiling) for row in night.listed(auction, night.by("Bera"))])


def test_the_floor_is_left(night: RaidNight) -> None:
    """L-5: a floor in the rules is no bid's to take."""
    night.rules(floor="30")
    auction = night.starts()
    with pytest.raises(OverAvailable) as refused:
        night.bids("Aldo", auction, "71")
    assert str(refused.value) == "71.00 is more than the 100.00 available, of which 30.00 have to be left."
    night.bids("Aldo", auction, "70")


def test_points_come_from_the_auctions_pool(night: RaidNight) -> None:
    """L-2, P-5: another pool's points are not there, and are not held."""
    other = night.guild.use.create_pool()(name="Other", by=night.officer).id
    auction = night.started(pool_id=other).id
    with pytest.raises(OverAvailable) as refused:
        night.bids("Aldo", auction, "1")
    assert str(refused.value.available) == "0.00"
    night.gets("Aldo", "5", other)
    night.bids("Aldo", auction, "5")
    assert str(night.guild.balance(night.people["Aldo"], other).held) == "5.00"
    assert night.has("Aldo")[1] == "0.00"


# --- who bids for whom ------------------------------------------------------------------------------------------------


def test_a_member_bids_for_characters_of_their_own(night: RaidNight) -> None:
    """L-4, A-3: the main unless another is named; nobody else's, and for nobody else."""
    night.guild.plays(night.people["Aldo"], "Aldette")
    auction = night.starts(minimum="1")
    assert night.bids("Aldo", auction, "1", character="ALDETTE").character == "Aldette"
    assert night.bids("Aldo", auction, "2").character == "Aldo"
    with pytest.raises(NotYourCharacter) as refused:
        night.bids("Aldo", auction, "9", character="Bera")
    assert refused.value.character == "Bera"
    with pytest.raises(NotYourCharacter):
        night.bids("Aldo", auction, "9", character="Nobody")
    bera = night.people["Bera"].id
    for other in ({"user_id": bera}, {"discord_id": night.guild.use.show_user()(bera, by=night.officer).discord_id}):
        with pytest.raises(NotPermitted):
            night.bids("Aldo", auction, "9", **other)
    with pytest.raises(NotPermitted):
        night.bids("Aldo", auction, "9", by=night.guild.joins("Guest", RoleGroup.GUEST).by)


def test_officers_and_bots_bid_for_members(night: RaidNight) -> None:
    """L-9, A-3: by user id, Discord id or character; who is kept with the bid."""
    auction = night.starts()
    aldo, bera = night.people["Aldo"].id, night.people["Bera"].id
    night.bids("Aldo", auction, "5", user_id=aldo, by=night.officer)
    night.bids("Bera", auction, "6", character="Bera", by=night.officer)
    discord_id = night.guild.use.show_user()(aldo, by=night.officer).discord_id
    night.bids("Aldo", auction, "7", discord_id=discord_id, by=night.bot)
    rows = night.listed(auction)
    assert [(row.user_id, row.source) for row in rows] == [
        (aldo, BidSource.API),
        (bera, BidSource.API),
        (aldo, BidSource.BOT),
    ]


def test_an_officer_who_names_nobody_bids_for_themselves(night: RaidNight) -> None:
    """L-4: an officer is a member too."""
    night.people["Boss"] = night.guild.officer
    night.gets("Boss", "10")
    auction = night.starts()
    assert night.bids("Boss", auction, "5").user_id == night.guild.officer.id
    assert night.bids("Boss", auction, "6", character="Boss").user_id == night.guild.officer.id


def test_a_bot_has_to_say_who_bids(night: RaidNight) -> None:
    """G-8: nobody is guessed."""
    with pytest.raises(InvalidValue) as refused:
        night.bids("Aldo", night.starts(), "5", by=night.bot)
    assert refused.value.field == "discord_id"
    with pytest.raises(NotPermitted):
        night.bids("Aldo", AuctionId(1), "5", by=night.a_bot(Permission.AUCTIONS_READ))


def test_strangers_are_refused_and_recorded(night: RaidNight) -> None:
    """L-4, L-9, L-13: nobody of that name; with who was meant."""
    auction = night.starts()
    for meant in ({"character": "Zaphod"}, {"discord_id": "99999"}, {"user_id": UserId(99)}):
        with pytest.raises(UnknownBidder) as refused:
            night.bids("Aldo", auction, "5", by=night.bot, **meant)
        assert refused.value.bidder in {"Zaphod", "99999", "99"}
    (first, *_) = night.listed(auction, night.officer)
    assert (first.user_id, first.character, first.outcome, first.refusal) == (
        None,
        "Zaphod",
        BidOutcome.REFUSED,
        "unknown_bidder",
    )


def test_only_members_in_force_bid(night: RaidNight) -> None:
    """L-2: who left, or is a guest, does not."""
    auction = night.starts()
    aldo, guest = night.people["Aldo"], night.guild.joins("Guest", RoleGroup.GUEST)
    change = night.guild.use.change_membership()
    change(aldo.id, status=MembershipStatus.ENDED, reason="away", by=night.officer)
    night.guild.plays(guest, "Guest")
    for user in (aldo, guest):
        with pytest.raises(NotEligible) as refused:
            night.bids("Aldo", auction, "5", user_id=user.id, by=night.officer)
        assert refused.value.why == "membership"


def test_who_plays_nobody_bids_for_nobody(night: RaidNight) -> None:
    """L-4: a bid is for a character."""
    with pytest.raises(NotYourCharacter) as refused:
        night.guild.use.place_bid()(night.starts(), amount=Points.of(1), by=night.guild.joins("New").by)
    assert str(refused.value) == "The bidder owns no character to bid for."


# --- refusals ---------------------------------------------------------------------------------------------------------


def test_a_refused_bid_is_recorded_and_changes_nothing(night: RaidNight) -> None:
    """L-4, L-13: with rule and reason, which its bidder alone is shown."""
    auction = night.starts(minimum="10")
    before = night.shown(auction)
    with pytest.raises(BidTooLow):
        night.bids("Aldo", auction, "9")
    assert night.shown(auction) == before
    (mine,) = night.guild.use.list_own_bids()(page=PageRequest(), by=night.by("Aldo")).results
    assert (mine.outcome, mine.refusal, mine.reason, str(mine.amount)) == (
        BidOutcome.REFUSED,
        "bid_too_low",
        "The bid must be at least 10.00; 9.00 was bid.",
        "9.00",
    )
    for by in (night.by("Bera"), night.officer):
        (seen,) = night.listed(auction, by)
        assert (seen.outcome, seen.refusal, seen.reason, seen.amount) == (
            BidOutcome.REFUSED,
            "bid_too_low",
            None,
            None,
        )


def test_an_offer_without_an_amount_is_no_bid(night: RaidNight) -> None:
    """G-8: nothing is recorded of what says nothing."""
    auction = night.starts()
    with pytest.raises(InvalidValue):
        night.bids("Aldo", auction)
    assert night.listed(auction) == ()


def test_rules_ask_about_attendance_and_the_raid(night: RaidNight) -> None:
    """L-2: attendees of the raid, attendance, caps; as they are when the bid is made."""
    raid = night.guild.raids(at=night.guild.clock.now())
    night.guild.attends(raid, "Aldo")
    night.later(60)
    of_raid = night.started(raid_id=raid.id, rules={"attendees_only": True}).id
    night.bids("Aldo", of_raid, "1")
    with pytest.raises(NotEligible) as refused:
        night.bids("Bera", of_raid, "2")
    assert refused.value.why == "raid"
    attending = night.starts("Shield of Dawn", attendance_at_least=50, attendance_caps=[{"at_most": "5"}])
    with pytest.raises(NotEligible) as refused:
        night.bids("Bera", attending, "2")
    assert (refused.value.why, refused.value.found) == ("attendance", "0.00%")
    with pytest.raises(OverCap) as capped:
        night.bids("Aldo", attending, "6")
    assert capped.value.why == "Who has 100.00% attendance"


def test_a_limit_counts_what_is_won_and_what_is_led(night: RaidNight) -> None:
    """L-2: one item over 20 a night, over all auctions of the night; the next night is another."""
    night.rules(limits=[{"items": 1, "over": "20"}])
    first, second, third = night.starts("One"), night.starts("Two"), night.starts("Three")
    night.bids("Aldo", first, "21")
    with pytest.raises(LimitReached):
        night.bids("Aldo", second, "21")
    night.bids("Aldo", second, "20")
    night.bids("Bera", first, "22")
    night.bids("Aldo", second, "21")
    night.awards(second)
    with pytest.raises(LimitReached):
        night.bids("Aldo", third, "21")
    night.later(24 * 3600)
    night.bids("Aldo", night.starts("Four"), "21")


@pytest.mark.parametrize("mode", ["open", "sealed_first_price"])
def test_copies_count_one_by_one_towards_a_limit(night: RaidNight, mode: str) -> None:
    """L-2, L-3: two at 15 are two items over 14: while they are bid for, closed and awarded."""
    night.rules(limits=[{"items": 2, "over": "14"}], copies_each=2)
    held, tried = night.starts("One", quantity=2, mode=mode), night.starts("Two")
    night.bids("Aldo", held, "15", copies=2)
    steps: tuple[Callable[[], object], ...] = (list, lambda: night.closes(held), lambda: night.awards(held))
    for step in steps:
        step()
        with pytest.raises(LimitReached):
            night.bids("Aldo", tried, "15")
    night.bids("Aldo", tried, "14")


@pytest.mark.parametrize("mode", ["open", "sealed_first_price"])
def test_several_copies_are_no_dearer_for_a_limit(night: RaidNight, mode: str) -> None:
    """L-2, L-3: two at 15 are none over 20, though 30 are held for them."""
    night.rules(limits=[{"items": 1, "over": "20"}], copies_each=2)
    held, tried = night.starts("One", quantity=2, mode=mode), night.starts("Two")
    night.bids("Aldo", held, "15", copies=2)
    night.bids("Aldo", tried, "21")
    assert night.leads(tried) == {"Aldo": "21.00"}


# --- sealed -----------------------------------------------------------------------------------------------------------


def test_a_sealed_bid_is_its_bidders_secret(night: RaidNight) -> None:
    """L-11: no balance, list or auction tells it to others before the close; then all is published."""
    auction = night.starts(mode="sealed_first_price")
    placed = night.bids("Aldo", auction, "77")
    assert placed.leading is None
    assert (night.has("Aldo"), night.seems("Aldo")) == (("100.00", "77.00", "23.00"), ("100.00", "0.00", "100.00"))
    for by in (night.by("Bera"), night.officer, night.bot):
        assert "77" not in str(night.listed(auction, by)).replace(str(placed.bid_id), "")
        assert night.shown(auction, by).current_amount is None
    (own,) = night.listed(auction, night.by("Aldo"))
    assert (str(own.amount), own.receipt) == ("77.00", placed.receipt)
    night.closes(auction)
    (published,) = night.listed(auction, night.by("Bera"))
    assert (str(published.amount), published.receipt) == ("77.00", placed.receipt)
    seed = night.shown(auction).seed
    assert seed is not None
    recomputed = receipt(bytes.fromhex(seed), auction, placed.bid_id, night.people["Aldo"].id, Points.of(77))
    assert recomputed == placed.receipt


def test_a_sealed_bid_is_lowered_and_withdrawn(night: RaidNight) -> None:
    """L-4: until the close; what it held is free again, and history keeps all of it."""
    auction = night.starts(mode="sealed_second_price")
    for amount in ("50", "20"):
        night.bids("Aldo", auction, amount)
        assert night.has("Aldo")[1] == f"{amount}.00"
    night.guild.use.withdraw_bid()(auction, by=night.by("Aldo"))
    assert night.has("Aldo")[1] == "0.00"
    with pytest.raises(NoBidToWithdraw):
        night.guild.use.withdraw_bid()(auction, by=night.by("Aldo"))
    assert [row.outcome for row in night.listed(auction)] == [
        BidOutcome.ACCEPTED,
        BidOutcome.ACCEPTED,
        BidOutcome.WITHDRAWN,
    ]
    night.closes(auction)
    assert night.results(auction) == {}
    with pytest.raises(AuctionNotOpen):
        night.guild.use.withdraw_bid()(auction, by=night.by("Aldo"))


def test_who_entered_a_roll_may_leave_it(night: RaidNight) -> None:
    """L-4: nobody leads a roll; what the price held is free again."""
    night.rules(fixed_price_rolls=True)
    auction = night.starts(mode="fixed_price_roll", minimum="5")
    for name in ("Aldo", "Bera"):
        night.bids(name, auction)
    assert night.seems("Aldo")[1] == "5.00"
    night.guild.use.withdraw_bid()(auction, by=night.by("Aldo"))
    assert night.seems("Aldo")[1] == "0.00"
    night.closes(auction)
    assert night.results(auction) == {"Bera": "5.00"}


def test_what_leads_openly_stays(night: RaidNight) -> None:
    """L-4: an open bid is withdrawn only while it does not lead."""
    auction, withdraw = night.starts(), night.guild.use.withdraw_bid()
    night.bids("Aldo", auction, ceiling="50")
    with pytest.raises(LeadingBidStays):
        withdraw(auction, by=night.by("Aldo"))
    night.bids("Bera", auction, "51")
    withdraw(auction, character="Aldo", by=night.bot)
    with pytest.raises(UnknownBidder):
        withdraw(auction, character="Zaphod", by=night.bot)
    with pytest.raises(NotPermitted):
        withdraw(auction, user_id=night.people["Bera"].id, by=night.by("Aldo"))
    night.bids("Aldo", auction, "60")
    assert night.leads(auction) == {"Aldo": "60.00"}


def test_an_officer_is_not_told_what_sealed_bids_hide(night: RaidNight) -> None:
    """L-11, L-13: neither in the refusal of a bid made for a member, nor in what is left; a bot and the bidder are."""
    sealed, other = night.starts("Secret", mode="sealed_first_price"), night.starts()
    night.bids("Aldo", sealed, "77")
    aldo = night.people["Aldo"].id
    for by, available in ((night.officer, None), (night.by("Aldo"), "23.00"), (night.bot, "23.00")):
        with pytest.raises(OverAvailable) as refused:
            night.bids("Aldo", other, "24", user_id=aldo, by=by)
        told = refused.value.available
        assert (None if told is None else str(told)) == available
    assert str(night.bids("Aldo", other, "5", user_id=aldo, by=night.officer).available) == "95.00"
    assert str(night.bids("Aldo", other, "6").available) == "17.00"
    night.bids("Bera", other, "30")
    with pytest.raises(OverAvailable) as refused:
        night.bids("Cato", other, "101", user_id=night.people["Cato"].id, by=night.officer)
    assert str(refused.value.available) == "100.00"


def test_a_ceiling_is_not_told_to_who_bids_for_a_member(night: RaidNight) -> None:
    """L-14: nor is what it holds; a bot that bids for members is told."""
    auction = night.starts()
    aldo = night.people["Aldo"].id
    night.bids("Aldo", auction, ceiling="77")
    by_officer = night.bids("Aldo", auction, "10", user_id=aldo, by=night.officer)
    assert (by_officer.ceiling, str(by_officer.available)) == (None, "90.00")
    by_bot = night.bids("Aldo", auction, "11", user_id=aldo, by=night.bot)
    assert (str(by_bot.ceiling), str(by_bot.available)) == ("77.00", "23.00")


# --- asking first -----------------------------------------------------------------------------------------------------


def test_a_check_promises_nothing_and_holds_nothing(night: RaidNight) -> None:
    """L-9: whether a bid would stand: the rule, the minimum, the maximum and what is available."""
    auction, validate = night.starts(minimum="10"), night.guild.use.validate_bid()
    good = validate(auction, amount=Points.of(10), by=night.by("Aldo"))
    assert (good.valid, good.code, str(good.minimum), str(good.maximum), str(good.available)) == (
        True,
        None,
        "10.00",
        "100.00",
        "100.00",
    )
    low = validate(auction, amount=Points.of(9), by=night.by("Aldo"))
    assert (low.valid, low.code, low.rule, low.detail) == (
        False,
        "bid_too_low",
        "L-5",
        "The bid must be at least 10.00; 9.00 was bid.",
    )
    assert (night.listed(auction), night.has("Aldo")[1]) == ((), "0.00")
    stranger = validate(auction, amount=Points.of(9), character="Zaphod", by=night.bot)
    assert (stranger.valid, stranger.code, stranger.minimum) == (False, "unknown_bidder", None)
    with pytest.raises(NotPermitted):
        validate(auction, amount=Points.of(9), user_id=night.people["Bera"].id, by=night.by("Aldo"))
    with pytest.raises(NoSuch):
        validate(AuctionId(99), amount=Points.of(9), by=night.by("Aldo"))
    night.closes(auction)
    assert validate(auction, amount=Points.of(10), by=night.by("Aldo")).code == "auction_not_open"


def test_the_minimum_of_a_check_is_what_it_takes_to_lead_now(night: RaidNight) -> None:
    """L-5, L-9."""
    auction, validate = night.starts(), night.guild.use.validate_bid()
    night.bids("Bera", auction, "20")
    assert str(validate(auction, amount=Points.of(50), by=night.by("Aldo")).minimum) == "21.00"
    behind = night.starts("Helm", mains_first=True)
    night.bids("Bera", behind, "1")
    as_alt = validate(behind, amount=Points.of(50), tier=Tier.ALT, by=night.by("Aldo"))
    assert (as_alt.valid, as_alt.code) == (False, "cannot_lead")


def test_looks_at_sealed_holds_are_in_the_audit_log(night: RaidNight) -> None:
    """L-11: each look of a bot is noted; the bidder's own is not, nor one where nothing is sealed."""
    sealed, other = night.starts("Secret", mode="sealed_first_price"), night.starts()
    validate, most = night.guild.use.validate_bid(), night.guild.use.show_max_bid()
    aldo = night.people["Aldo"].id
    validate(other, amount=Points.of(1), user_id=aldo, by=night.bot)
    night.bids("Aldo", sealed, "77")
    assert night.told("sealed_holds_seen") == []
    for by, available in ((night.by("Aldo"), "23.00"), (night.officer, "100.00")):
        check = validate(other, amount=Points.of(24), user_id=aldo, by=by)
        assert (str(check.available), check.valid) == (available, by is night.officer or available == "100.00")
        assert str(most(user_id=aldo, by=by).max_bid) == available
    assert night.told("sealed_holds_seen") == []
    assert not validate(other, amount=Points.of(24), user_id=aldo, by=night.bot).valid
    assert str(most(user_id=aldo, by=night.bot).available) == "23.00"
    assert night.told("sealed_holds_seen") == ["sealed_holds_seen"] * 2


def test_who_bids_for_a_member_has_looked(night: RaidNight) -> None:
    """L-11: a refusal tells of what is sealed: each such bid of a bot or an officer is noted, placed or refused."""
    sealed, other = night.starts("Secret", mode="sealed_first_price"), night.starts()
    aldo = night.people["Aldo"].id
    night.bids("Aldo", other, "1", user_id=aldo, by=night.officer)
    night.bids("Aldo", sealed, "50")
    night.bids("Aldo", other, "2")
    night.bids("Bera", other, "3", user_id=night.people["Bera"].id, by=night.bot)
    assert night.told("sealed_holds_seen") == []
    for looks, by in enumerate((night.officer, night.bot), 1):
        with pytest.raises(OverAvailable):
            night.bids("Aldo", other, "51", user_id=aldo, by=by)
        night.bids("Aldo", other, str(10 * looks), user_id=aldo, by=by)
        assert night.told("sealed_holds_seen") == ["sealed_holds_seen"] * 2 * looks
    leave = night.guild.use.leave_bid()
    leave(night.item("Helm"), ceiling=Points.of(9), by=night.by("Aldo"))
    night.starts("Helm")
    assert len(night.told("sealed_holds_seen")) == 4, "a bid that was left is its owner's"


def test_chat_that_bids_for_a_member_has_looked(night: RaidNight) -> None:
    """L-11, L-10: a bot places what was told in game, and is told what came of it."""
    night.bids("Aldo", night.starts("Secret", mode="sealed_first_price"), "50")
    night.starts()
    hears(night, "Bera tells you, 'Spear of Fate 51'")
    assert night.told("sealed_holds_seen") == []
    hears(night, "Aldo tells you, 'Spear of Fate 52'", at=5)
    assert night.told("sealed_holds_seen") == ["sealed_holds_seen"]


def test_an_officer_who_asks_first_is_told_nothing_of_a_ceiling(night: RaidNight) -> None:
    """L-11, L-14: neither when it is covered, nor when it is not any more."""
    auction, validate = night.starts(), night.guild.use.validate_bid()
    aldo = night.people["Aldo"].id
    night.bids("Aldo", auction, ceiling="80")
    night.gets("Aldo", "-50")
    assert validate(auction, amount=Points.of(20), user_id=aldo, by=night.officer).valid
    assert validate(auction, amount=Points.of(20), by=night.by("Aldo")).code == "over_available"


def test_the_most_one_may_bid(night: RaidNight) -> None:
    """L-9: in a pool, or on an auction within its rules and one's caps."""
    most = night.guild.use.show_max_bid()
    night.rules(floor="10")
    auction = night.starts(trial_cap="1", attendance_caps=[{"at_most": "20"}])
    night.bids("Aldo", night.starts("Helm"), "5")
    in_pool = most(by=night.by("Aldo"))
    assert (str(in_pool.max_bid), str(in_pool.current), str(in_pool.held), str(in_pool.available)) == (
        "85.00",
        "100.00",
        "5.00",
        "95.00",
    )
    on_it = most(auction_id=auction, by=night.by("Aldo"))
    assert (str(on_it.max_bid), on_it.auction, on_it.pool_id) == ("20.00", auction, night.guild.pool)
    night.bids("Aldo", auction, "15")
    assert str(most(auction_id=auction, by=night.by("Aldo")).max_bid) == "20.00"
    with pytest.raises(NoSuch):
        most(user_id=UserId(99), by=night.officer)
    with pytest.raises(NotPermitted):
        most(by=night.guild.joins("Guest", RoleGroup.GUEST).by)


def test_bids_of_another_guild_are_out_of_reach(night: RaidNight) -> None:
    """G-1."""
    auction = night.starts()
    stranger = night.guild.neighbour().officer.by
    for call in (night.guild.use.place_bid(), night.guild.use.validate_bid()):
        with pytest.raises(NoSuch):
            call(auction, amount=Points.of(1), by=stranger)
    assert night.guild.use.list_own_bids()(page=ALL, by=stranger).count == 0
    assert night.listed(auction) == ()

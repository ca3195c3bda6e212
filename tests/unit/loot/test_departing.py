"""Who leaves the guild bids no longer: what goes, what stays, and what the others' bids come to without theirs."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.actor import job
from dkp_core.kernel.ids import AuctionId, UserId
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.loot import AuctionStatus, Bid, BidOutcome, BidRefused, BidSource, OpenAuction, Purse, Released
from dkp_core.reactions import WITHDRAW_BIDS_OF_LEAVER
from tests.unit.loot.bidding_hall import NOW, a_bid, a_purse, an_auction, bid, leading, placed, rules
from tests.unit.loot.raid_night import ALL, RaidNight
from tests.unit.reacting import follow_up

# --- the rule alone ---------------------------------------------------------------------------------------------------


def leaves(auction: OpenAuction, user: int, bids: Sequence[Bid], made: Sequence[Bid] = (), **purses: str) -> Released:
    """What an auction comes to when a user leaves, of those whose bids stand so and were made so, if not alike.

    Each has 1,000 points unless told.
    """
    own = next(each for each in bids if each.user_id == user)
    others = [each for each in bids if each.user_id != user]
    means: dict[UserId, Purse] = {each.user_id: a_purse(purses.get(f"u{each.user_id}", "1000")) for each in others}
    made_for = {each.user_id: each.amount for each in made or bids}
    return auction.without(own, others, made_for, means, reason="left", at=NOW)


def going_on(released: Released) -> OpenAuction:
    """The auction, which is still open."""
    assert isinstance(released.auction, OpenAuction)
    return released.auction


def standing(*answers: object) -> list[Bid]:
    """The bids as they stand after these answers, the raised ones too."""
    bids: dict[UserId, Bid] = {}
    for answer in answers:
        for each in (answer.bid, *answer.raised):  # type: ignore[attr-defined]  # each was placed
            bids[each.user_id] = each
    return list(bids.values())


def test_the_next_best_leads_as_if_the_leaver_had_never_bid() -> None:
    """A-10, L-5: with the hold that comes with it; the leaver's goes."""
    auction, first = placed(bid(an_auction(), 2, "30"))
    auction, second = placed(bid(auction, 1, "50", after=1))
    released = leaves(auction, 1, standing(first, second))
    assert leading(going_on(released)) == {2: "30.00"}
    assert {user: str(hold.points) for user, hold in released.holds.items()} == {1: "0.00", 2: "30.00"}
    assert released.moved == ()


def test_a_proxy_falls_back_to_what_it_takes_now() -> None:
    """A-10, L-14: nobody pays for having been driven up by who is gone, but by others they do."""
    auction, first = placed(bid(an_auction(rules(minimum="5")), 2, ceiling="100"))
    auction, second = placed(bid(auction, 3, "20", after=1))
    auction, third = placed(bid(auction, 1, "70", after=2))
    assert leading(auction) == {2: "71.00"}
    bids = standing(first, second, third)
    made = [first.bid, second.bid, third.bid]
    released = leaves(auction, 1, bids, made)
    assert leading(going_on(released)) == {2: "21.00"}
    assert [(each.user_id, str(each.amount), str(each.ceiling)) for each in released.moved] == [(2, "21.00", "100.00")]
    assert str(released.holds[UserId(2)].points) == "100.00"
    alone = leaves(going_on(released), 3, [*released.moved, bids[1]], made)
    assert leading(going_on(alone)) == {2: "5.00"}


def test_who_was_beaten_bids_on_up_to_their_ceiling() -> None:
    """A-10, L-14: ceilings that stand are bid against each other."""
    auction, first = placed(bid(an_auction(), 2, ceiling="40"))
    auction, second = placed(bid(auction, 3, ceiling="60", after=1))
    auction, third = placed(bid(auction, 1, ceiling="90", after=2))
    released = leaves(auction, 1, standing(first, second, third))
    assert leading(going_on(released)) == {3: "41.00"}
    assert released.holds[UserId(3)].points == Points.of(60)
    assert UserId(2) not in released.holds


@pytest.mark.parametrize(
    ("has", "leads", "held"),
    [
        pytest.param("60", {3: "41.00"}, "60.00", id="all of the ceiling"),
        pytest.param("50", {3: "41.00"}, "50.00", id="less than the ceiling, more than was bid"),
        pytest.param("40", {2: "40.00"}, "40.00", id="less than was bid"),
    ],
)
def test_who_spent_their_points_meanwhile_leads_no_further_than_they_reach(
    has: str, leads: dict[int, str], held: str
) -> None:
    """A-10, L-5: who does not lead holds nothing, and may have bid elsewhere; nobody is led into debt."""
    bids = [a_bid(2, "40"), a_bid(3, "41", ceiling=Points.of(60), after=1), a_bid(1, "90", after=2)]
    auction, _ = placed(bid(an_auction(), 1, "90", after=2))
    released = leaves(auction, 1, bids, u3=has)
    assert leading(going_on(released)) == leads
    assert {str(hold.points) for user, hold in released.holds.items() if user != 1} == {held}


def test_the_floor_is_left_also_by_who_leads_anew() -> None:
    """A-10, L-5: the rules' floor is nobody's to bid."""
    auction, first = placed(bid(an_auction(rules(floor="10")), 2, "30"))
    auction, second = placed(bid(auction, 1, "50", after=1))
    assert leading(going_on(leaves(auction, 1, standing(first, second), u2="40"))) == {2: "30.00"}
    assert leading(going_on(leaves(auction, 1, standing(first, second), u2="39"))) == {}


def test_who_leads_some_copies_keeps_those_whatever_else_they_have() -> None:
    """A-10, L-3: further copies are theirs as far as they can pay for them."""
    auction, first = placed(bid(an_auction(rules(copies_each=2), 2), 2, "30", copies=2, purse=a_purse("60")))
    auction, second = placed(bid(auction, 1, "50", after=1))
    assert [(lead.bid.user_id, lead.copies) for lead in auction.leads] == [(1, 1), (2, 1)]
    for means, copies in (("60", 2), ("59", 1)):
        released = leaves(auction, 1, standing(first, second), u2=means)
        assert [(lead.bid.user_id, lead.copies) for lead in going_on(released).leads] == [(2, copies)]
        assert released.holds[UserId(2)].points == Points.of(30 * copies)


def test_a_sealed_bid_goes_and_nothing_else_moves() -> None:
    """A-10, L-11: who would win now is nobody's business before the close."""
    auction, first = placed(bid(an_auction(rules(mode="sealed_second_price")), 2, "30"))
    auction, second = placed(bid(auction, 1, "50", after=1))
    released = leaves(auction, 1, standing(first, second))
    assert (dict(released.holds), released.moved) == ({UserId(1): released.holds[UserId(1)]}, ())
    assert released.holds[UserId(1)].points == Points.of(0)
    assert going_on(released).bids == auction.bids


@given(
    offers=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 60), st.booleans()), min_size=1, max_size=12),
    quantity=st.integers(1, 3),
)
def test_it_comes_to_what_the_others_bids_come_to_by_themselves(
    offers: Sequence[tuple[int, int, bool]], quantity: int
) -> None:
    """A-10: the same leaders, with the same holds; and at the same amounts, but for what a bid was made for at once."""
    auction, alone = an_auction(quantity=quantity), an_auction(quantity=quantity)
    answers = []
    for second, (user, amount, up_to) in enumerate(offers):
        said, most = (None, str(amount)) if up_to else (str(amount), None)
        answer = bid(auction, user, said, ceiling=most, after=second)
        if isinstance(answer, BidRefused):
            continue
        auction, _ = placed(answer)
        answers.append(answer)
        if user != 1:
            alone, _ = placed(bid(alone, user, said, ceiling=most, after=second))
    bids = standing(*answers)
    assume(any(each.user_id == 1 for each in bids))
    made = {each.bid.user_id: each.bid for each in answers}
    after = going_on(leaves(auction, 1, bids, list(made.values())))
    assert [lead.bid.user_id for lead in after.leads] == [lead.bid.user_id for lead in alone.leads]
    for lead, expected in zip(after.leads, alone.leads, strict=True):
        assert lead.bid.ceiling == expected.bid.ceiling
        assert lead.bid.amount in (expected.bid.amount, made[lead.bid.user_id].amount)
        assert lead.bid.amount >= expected.bid.amount


def test_the_clock_of_an_auction_never_goes_back_by_a_leaver() -> None:
    """G-2: another host's clock may be behind."""
    auction, first = placed(bid(an_auction(), 1, "30", after=60))
    assert going_on(leaves(auction, 1, standing(first))).last_at == auction.last_at


# --- as a reaction ----------------------------------------------------------------------------------------------------


def ends(night: RaidNight, name: str, status: MembershipStatus = MembershipStatus.ENDED) -> None:
    """A membership ends, and the worker does what follows."""
    night.guild.use.change_membership()(night.people[name].id, status=status, by=night.officer)
    follow_up(night.guild, WITHDRAW_BIDS_OF_LEAVER)


@pytest.mark.parametrize("status", [MembershipStatus.ENDED, MembershipStatus.DEACTIVATED])
@pytest.mark.parametrize("mode", ["open", "sealed_first_price", "fixed_price_roll"])
def test_open_bids_go_with_the_membership(night: RaidNight, status: MembershipStatus, mode: str) -> None:
    """A-10: with their holds; the others go on, and win."""
    auction = night.starts(mode=mode, minimum="10") if mode != "fixed_price_roll" else roll(night)
    night.bids("Bera", auction, "10")
    night.bids("Aldo", auction, "10" if mode == "fixed_price_roll" else "40")
    ends(night, "Aldo", status)
    assert night.guild.balance(night.people["Aldo"]).held == Points.of(0)
    last = night.listed(auction)[-1] if mode != "open" else night.listed(auction)[2]
    assert (last.outcome, last.source, last.user_id) == (
        BidOutcome.WITHDRAWN,
        BidSource.LEAVING,
        night.people["Aldo"].id,
    )
    night.closes(auction)
    assert night.results(auction) == {"Bera": "10.00"}
    assert night.guild.verified()


def roll(night: RaidNight) -> AuctionId:
    """An auction at a fixed price, in a pool where that is allowed."""
    night.rules(fixed_price_rolls=True)
    return night.starts(mode="fixed_price_roll", minimum="10")


def test_the_audit_log_tells_of_it_by_the_job_and_why(night: RaidNight) -> None:
    """A-10, G-5: that a bid went, not what it was."""
    auction = night.starts(mode="sealed_first_price")
    night.bids("Aldo", auction, "77")
    ends(night, "Aldo", MembershipStatus.DEACTIVATED)
    wanted = AuditFilter(name="bid_withdrawn")
    (told,) = night.guild.use.show_audit_log()(wanted, page=ALL, by=night.officer).results
    assert (told.actor_kind, told.actor_id) == ("job", WITHDRAW_BIDS_OF_LEAVER)
    assert told.data["reason"] == "the membership was deactivated"
    assert "77" not in str(told.data)


def test_bids_in_every_auction_go_the_frozen_ones_too(night: RaidNight) -> None:
    """A-10, L-16: a clock that stands still keeps nobody in."""
    first, second = night.starts(), night.starts("Shield of Dawn")
    night.bids("Aldo", first, "20")
    night.bids("Aldo", second, "30")
    night.guild.use.freeze_auction()(second, by=night.officer)
    ends(night, "Aldo")
    assert night.leads(first) == night.leads(second) == {}
    assert night.guild.balance(night.people["Aldo"]).held == Points.of(0)
    assert night.shown(second).status is AuctionStatus.FROZEN
    assert night.guild.verified()


def test_a_closed_auction_keeps_its_result(night: RaidNight) -> None:
    """A-10, L-7: what was won is won; the officer awards it, or passes the winner over."""
    auction = night.starts()
    night.bids("Bera", auction, "20")
    night.bids("Aldo", auction, "30")
    night.closes(auction)
    ends(night, "Aldo")
    assert night.results(auction) == {"Aldo": "30.00"}
    assert str(night.guild.balance(night.people["Aldo"]).held) == "30.00"
    night.awards(auction, passing_over=[night.people["Aldo"].id])
    assert night.guild.balance(night.people["Aldo"]).held == Points.of(0)


def test_bids_left_for_later_go_too(night: RaidNight) -> None:
    """A-10, L-14: an item that comes up later finds none."""
    item = night.item()
    for name in ("Aldo", "Bera"):
        night.guild.use.leave_bid()(item, ceiling=Points.of(50), by=night.by(name))
    ends(night, "Aldo")
    assert [row.item_id for row in night.guild.use.show_own_loot()(by=night.by("Bera")).standing] == [item]
    assert night.guild.use.show_own_loot()(by=night.by("Aldo")).standing == ()
    assert night.told("standing_bid_taken_back") == ["standing_bid_taken_back"]
    assert night.leads(night.starts()) == {"Bera": "1.00"}


def test_who_comes_back_finds_no_bid_of_theirs(night: RaidNight) -> None:
    """A-10: resuming a membership brings nothing back; what is bid since then stays."""
    auction, other = night.starts(), night.starts("Shield of Dawn")
    night.bids("Aldo", auction, "20")
    aldo = night.people["Aldo"].id
    change = night.guild.use.change_membership()
    night.later()
    change(aldo, status=MembershipStatus.ENDED, by=night.officer)
    night.later()
    change(aldo, status=MembershipStatus.IN_FORCE, by=night.officer)
    night.bids("Aldo", other, "30")
    assert follow_up(night.guild, WITHDRAW_BIDS_OF_LEAVER) == 2
    assert (night.leads(auction), night.leads(other)) == ({}, {"Aldo": "30.00"})
    assert night.guild.verified()


def test_another_role_group_takes_no_bid_away(night: RaidNight) -> None:
    """A-10: a member who becomes recruiter has not left."""
    auction = night.starts()
    night.bids("Aldo", auction, "20")
    night.guild.use.change_membership()(night.people["Aldo"].id, role_group=RoleGroup.RECRUITER, by=night.officer)
    follow_up(night.guild, WITHDRAW_BIDS_OF_LEAVER)
    assert night.leads(auction) == {"Aldo": "20.00"}


def test_whom_the_operator_shuts_out_bids_nowhere(night: RaidNight) -> None:
    """A-10: in each of their guilds."""
    auction = night.starts()
    night.bids("Aldo", auction, "20")
    aldo = night.people["Aldo"].id
    night.guild.use.set_user_active()(aldo, active=False, by=night.guild.operator)
    assert follow_up(night.guild, WITHDRAW_BIDS_OF_LEAVER) == 1
    assert night.leads(auction) == {}
    (told,) = night.guild.use.show_audit_log()(AuditFilter(name="bid_withdrawn"), page=ALL, by=night.officer).results
    assert told.data["reason"] == "the user was deactivated"


def test_nothing_happens_to_who_never_bid(night: RaidNight) -> None:
    """A-10: and the second time nothing happens either."""
    auction = night.starts()
    night.bids("Aldo", auction, "20")
    ends(night, "Bera")
    assert night.leads(auction) == {"Aldo": "20.00"}
    night.later()
    withdraw, by = night.guild.use.withdraw_bids_of_leaver(), job("withdraw_bids_of_leaver", night.guild.id)
    for _ in range(2):
        withdraw(night.people["Aldo"].id, left_at=night.guild.clock.now(), reason="left", by=by)
    assert night.told("bid_withdrawn") == ["bid_withdrawn"]

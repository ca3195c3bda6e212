"""Zero-sum pools: what an item costs is shared out among its raid's attendees, and the sum stays as it was (P-6)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dkp_core.kernel.errors import NotPermitted
from dkp_core.kernel.ids import RaidId
from dkp_core.kernel.points import Points
from dkp_core.loot import Award, AwardIsOver, CannotPay, NobodyShares, Refund, ShareChange, Whose
from dkp_core.points import EntryKind
from dkp_core.raids import NamedPresence, Presence, Raid, RaidIsCancelled
from tests.unit.guild_house import GuildHouse
from tests.unit.loot.raid_night import RaidNight

EVERYBODY = ("Aldo", "Bera", "Cato")


@pytest.fixture
def night(guild: GuildHouse) -> RaidNight:
    """Aldo, Bera and Cato with 100 points each, in a zero-sum pool; what is kept equals its recount afterwards."""
    return zero_sum(RaidNight(guild))


def zero_sum(night: RaidNight) -> RaidNight:
    """The night in a pool that is zero-sum from now on."""
    policies(night, zero_sum=True)
    return night


def policies(night: RaidNight, **values: object) -> None:
    """The default pool gets these policies."""
    night.guild.use.set_policies()(night.guild.pool, values, by=night.officer)


def raid(night: RaidNight, *names: str) -> Raid:
    """A raid worth nothing that these attended."""
    number = len(night.guild.use.list_event_types()(active=None, by=night.officer))
    held = night.guild.raids(night.guild.event_type(f"Raid {number}", "0"))
    if names:
        night.guild.attends(held, *names)
    return held


def gives(night: RaidNight, name: str, amount: str, raid: Raid | None, item: str = "Spear") -> Award:
    """An officer gives somebody an item of a raid for so many points."""
    give = night.guild.use.award_item()
    raid_id = None if raid is None else raid.id
    return give(item=item, to=Whose(character=name), amount=Points.of(amount), raid_id=raid_id, by=night.officer)


def current(night: RaidNight) -> Mapping[str, str]:
    """What everybody has."""
    return {name: night.has(name)[0] for name in night.people}


def shares(night: RaidNight, name: str) -> list[str]:
    """The shares that somebody got, the last first."""
    rows = night.guild.history(night.people[name])
    return [str(row.amount) for row in rows if row.kind is EntryKind.SHARE]


def test_the_price_is_shared_out_among_the_attendees(night: RaidNight) -> None:
    """P-6: the buyer too; left-over hundredths one each in order of user id."""
    award = gives(night, "Bera", "50", raid(night, *EVERYBODY))
    assert current(night) == {"Aldo": "116.67", "Bera": "66.67", "Cato": "116.66"}
    assert award.shared_with == tuple(night.people[name].id for name in EVERYBODY)
    row = next(row for row in night.guild.history(night.people["Cato"]) if row.kind is EntryKind.SHARE)
    assert (row.bucket, row.source_id, row.reason, row.policies_version) == ("earned", award.id, "Spear", 1)
    assert row.occurred_at == award.awarded_at


def test_who_did_not_attend_gets_nothing(night: RaidNight) -> None:
    """P-6, D-3: an excused absence is none; and a buyer who was not there only pays."""
    held = raid(night, "Aldo")
    excused = [NamedPresence(name="Bera", presence=Presence.ABSENT_EXCUSED)]
    night.guild.use.record_attendance()(held.id, excused, by=night.officer)
    gives(night, "Cato", "50", held)
    assert current(night) == {"Aldo": "150.00", "Bera": "100.00", "Cato": "50.00"}


def test_who_was_at_several_ticks_counts_once(night: RaidNight) -> None:
    """P-6, D-2."""
    held = raid(night, "Aldo", "Bera")
    night.guild.use.add_tick()(held.id, name="Second", by=night.officer)
    night.guild.attends(held, "Aldo", tick=2)
    gives(night, "Cato", "50", held)
    assert current(night) == {"Aldo": "125.00", "Bera": "125.00", "Cato": "50.00"}


def test_people_who_were_merged_count_once(night: RaidNight) -> None:
    """P-6, R-8."""
    old = night.guild.unlinked()
    night.guild.plays(old, "Zora")
    held = raid(night, "Aldo", "Cato", "Zora")
    night.guild.use.merge_users()(old.id, into=night.people["Cato"].id, reason="one person", by=night.officer)
    award = gives(night, "Aldo", "50", held)
    assert award.shared_with == (night.people["Aldo"].id, night.people["Cato"].id)


def test_hundredths_that_are_too_few_go_to_the_first(night: RaidNight) -> None:
    """P-12: none is lost or made, and nobody gets an entry of nothing."""
    gives(night, "Cato", "0.02", raid(night, *EVERYBODY))
    assert [shares(night, name) for name in EVERYBODY] == [["0.01"], ["0.01"], []]


def test_without_attendees_nothing_is_shared_and_nothing_sold(night: RaidNight) -> None:
    """P-6, G-8: the raid has to be named, and its attendance taken; for free it goes to anybody."""
    with pytest.raises(NobodyShares) as refused:
        gives(night, "Aldo", "5", None)
    assert (refused.value.pool, refused.value.raid) == (night.guild.pool, None)
    assert "Name the raid" in str(refused.value)
    empty = raid(night)
    with pytest.raises(NobodyShares) as refused:
        gives(night, "Aldo", "5", empty)
    assert f"nobody attended raid {empty.id}" in str(refused.value)
    with pytest.raises(NobodyShares):
        night.starts("Helm")
    assert current(night) == dict.fromkeys(EVERYBODY, "100.00")
    assert gives(night, "Aldo", "0", None).shared_with == ()
    give = night.guild.use.award_item()
    assert give(item="Rot", to=None, amount=Points.of(0), by=night.officer).shared_with == ()


@pytest.mark.parametrize("at_close", [True, False])
def test_an_auctions_price_is_shared_out(night: RaidNight, at_close: bool) -> None:
    """P-6, L-7: at once at the close, or by the award; every copy's, and what rots nothing."""
    held = raid(night, "Aldo", "Bera")
    rules = {"mode": "sealed_first_price", "award_at_close": at_close}
    auction = night.started(raid_id=held.id, quantity=3, rules=rules).id
    night.bids("Aldo", auction, "30")
    night.bids("Cato", auction, "21")
    night.closes(auction)
    if not at_close:
        night.awards(auction)
    assert current(night) == {"Aldo": "95.50", "Bera": "125.50", "Cato": "79.00"}


def test_an_auction_that_nobody_can_share_stays_closed(night: RaidNight) -> None:
    """P-6, L-7: it closes at its time; once the attendance is taken it can be awarded."""
    held = raid(night)
    auction = night.started(raid_id=held.id, rules={"seconds": 60, "award_at_close": True}).id
    night.bids("Aldo", auction, "30")
    night.later(61)
    assert night.works() == 1
    assert night.shown(auction).status == "closed"
    with pytest.raises(NobodyShares):
        night.awards(auction)
    assert night.has("Aldo")[1] == "30.00"
    night.guild.attends(held, "Bera")
    night.awards(auction)
    assert current(night) == {"Aldo": "70.00", "Bera": "130.00", "Cato": "100.00"}


def test_an_open_auction_that_nobody_can_share_is_closed_for_good(night: RaidNight) -> None:
    """P-6, L-7: as where the winner can't pay."""
    auction = night.started(raid_id=raid(night).id).id
    night.bids("Aldo", auction, "30")
    with pytest.raises(NobodyShares):
        night.awards(auction)
    assert night.shown(auction).status == "closed"


def test_revoking_takes_the_shares_back(night: RaidNight) -> None:
    """P-6, L-8: also of who is no attendee any more."""
    award = gives(night, "Bera", "50", raid(night, *EVERYBODY))
    night.guild.use.revoke_award()(award.id, reason="mistake", by=night.officer)
    assert current(night) == dict.fromkeys(EVERYBODY, "100.00")


def test_moving_shares_the_new_price_among_who_is_down_now(night: RaidNight) -> None:
    """P-6, L-8: reversed, and awarded anew."""
    held = raid(night, "Aldo", "Bera")
    award = gives(night, "Bera", "50", held)
    night.guild.attends(held, "Cato")
    move = night.guild.use.move_award()
    moved = move(award.id, to=Whose(character="Aldo"), amount=Points.of(30), reason="swapped", by=night.officer)
    assert current(night) == {"Aldo": "80.00", "Bera": "110.00", "Cato": "110.00"}
    night.guild.use.revoke_award()(moved.id, reason="mistake", by=night.officer)
    assert current(night) == dict.fromkeys(EVERYBODY, "100.00")


def test_who_takes_an_item_over_can_not_pay_from_the_share_that_goes_back(night: RaidNight) -> None:
    """P-6, L-5: what the old award gave is not there any more; what the new one will give is not there yet."""
    award = gives(night, "Bera", "60", raid(night, *EVERYBODY))
    move = night.guild.use.move_award()
    with pytest.raises(CannotPay) as refused:
        move(award.id, to=Whose(character="Aldo"), amount=Points.of(101), reason="swapped", by=night.officer)
    assert str(refused.value.available) == "100.00"
    assert not move(
        award.id, to=Whose(character="Bera"), amount=Points.of(100), reason="dearer", by=night.officer
    ).overbid


@pytest.mark.parametrize(
    ("refund", "after"),
    [
        ("all", {"Aldo": "100.00", "Bera": "100.00", "Cato": "100.00"}),
        ("half", {"Aldo": "101.67", "Bera": "96.67", "Cato": "101.66"}),
        ("none", {"Aldo": "103.34", "Bera": "93.33", "Cato": "103.33"}),
    ],
)
def test_a_returned_item_takes_the_same_part_back(night: RaidNight, refund: str, after: dict[str, str]) -> None:
    """P-6, L-17, P-12: what is refunded is taken from those who shared the price, parted as that was."""
    night.rules(refund=refund)
    award = gives(night, "Bera", "10.01", raid(night, *EVERYBODY))
    # 10.01 is shared as 3.34, 3.34 and 3.33; of the half, 5.01, each gives back 1.67.
    policies(night, zero_sum=False)
    night.guild.use.return_item()(award.id, reason="not needed", by=night.officer)
    assert current(night) == after


def test_a_pool_that_is_not_zero_sum_shares_nothing(night: RaidNight) -> None:
    """P-6: off by default, and off again."""
    policies(night, zero_sum=False)
    award = gives(night, "Bera", "50", raid(night, *EVERYBODY))
    assert (award.shared_with, current(night)["Aldo"]) == ((), "100.00")
    assert gives(night, "Bera", "10", None, "Helm").shared_with == ()


# --- shared out anew --------------------------------------------------------------------------------------------------


def reshares(night: RaidNight, raid_id: RaidId) -> tuple[ShareChange, ...]:
    """An officer has a raid's awards shared out anew."""
    return night.guild.use.reshare_awards()(raid_id, reason="attendance was wrong", by=night.officer)


def test_shares_stay_until_an_officer_shares_anew(night: RaidNight) -> None:
    """P-6: attendance may change afterwards; what differs is reversed and made anew, once."""
    held = raid(night, "Aldo", "Bera")
    award = gives(night, "Bera", "50", held)
    night.guild.attends(held, "Cato")
    assert current(night) == {"Aldo": "125.00", "Bera": "75.00", "Cato": "100.00"}
    changes = reshares(night, held.id)
    assert current(night) == {"Aldo": "116.67", "Bera": "66.67", "Cato": "116.66"}
    assert [(each.award_id, str(each.before), str(each.after)) for each in changes] == [
        (award.id, "25.00", "16.67"),
        (award.id, "25.00", "16.67"),
        (award.id, "0.00", "16.66"),
    ]
    assert reshares(night, held.id) == ()
    assert night.told("award_reshared") == ["award_reshared"]
    night.guild.use.revoke_award()(award.id, reason="mistake", by=night.officer)
    assert current(night) == dict.fromkeys(EVERYBODY, "100.00")


def test_only_awards_that_stand_and_were_shared_are_shared_anew(night: RaidNight) -> None:
    """P-6: what was sold before the pool was zero-sum stays as it was, and what came back too."""
    held = raid(night, "Aldo")
    policies(night, zero_sum=False)
    gives(night, "Bera", "1", held, "Old")
    policies(night, zero_sum=True)
    revoked, returned = gives(night, "Bera", "2", held, "Ring"), gives(night, "Bera", "4", held, "Helm")
    night.guild.use.revoke_award()(revoked.id, reason="mistake", by=night.officer)
    night.guild.use.return_item()(returned.id, reason="mistake", by=night.officer)
    gives(night, "Bera", "8", held, "Cloak")
    gives(night, "Bera", "16", raid(night, "Aldo"), "Belt")
    night.guild.attends(held, "Cato")
    assert [(each.item, str(each.after)) for each in reshares(night, held.id)] == [("Cloak", "4.00"), ("Cloak", "4.00")]


def test_resharing_is_the_officers(night: RaidNight) -> None:
    """A-7: and takes a reason, and a raid that stands."""
    held = raid(night, "Aldo")
    with pytest.raises(NotPermitted):
        night.guild.use.reshare_awards()(held.id, reason="mine", by=night.by("Aldo"))
    night.guild.use.cancel_raid()(held.id, reason="mistake", by=night.officer)
    with pytest.raises(RaidIsCancelled):
        reshares(night, held.id)


def test_what_is_over_is_not_shared_anew(night: RaidNight) -> None:
    """L-8."""
    award = gives(night, "Bera", "2", raid(night, "Aldo"))
    with pytest.raises(AwardIsOver):
        award.revoke(reason="mistake").reshare((), reason="again")


# --- the sum ----------------------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(
    st.sets(st.sampled_from(EVERYBODY), min_size=1),
    st.sampled_from(EVERYBODY),
    st.integers(0, 10_000),
    st.sampled_from(["nothing", "revoke_award", "return_item", "move_award", "reshare_awards"]),
    st.sampled_from(["all", "half", "none"]),
)
def test_the_sum_stays_zero(there: set[str], buyer: str, price: int, then: str, refund: str) -> None:
    """P-6, P-12: for any attendees and any cost, and whatever becomes of the award."""
    night = zero_sum(RaidNight(GuildHouse()))
    night.rules(refund=refund)
    held = raid(night, *sorted(there))
    award = gives(night, buyer, str(Points(price)), held)
    night.guild.attends(held, "Cato")
    use, officer = night.guild.use, night.officer
    if then in {"revoke_award", "return_item"}:
        getattr(use, then)()(award.id, reason="mistake", by=officer)
    elif then == "move_award":
        use.move_award()(award.id, to=Whose(character="Aldo"), reason="his", allow_overbid=True, by=officer)
    elif then == "reshare_awards":
        reshares(night, held.id)
    assert sum(Points.of(each).hundredths for each in current(night).values()) == 30_000
    assert night.guild.verified()


@given(st.integers(0, 10**9), st.integers(1, 60), st.sampled_from(["all", "half", "none"]))
def test_no_share_gives_back_more_than_it_got(price: int, count: int, refund: str) -> None:
    """P-12: of what a returned item takes back."""
    parts, back = Points(price).shares(count), Points(price).times(Refund(refund).fraction)
    taken = back.shares(count)
    assert sum(each.hundredths for each in taken) == back.hundredths
    assert all(took <= had for took, had in zip(taken, parts, strict=True))

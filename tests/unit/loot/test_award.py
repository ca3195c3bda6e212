"""Awards: what they cost, and how they are taken back."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AwardId, GuildId, ItemId, PoolId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import Award, AwardIsOver, AwardStatus, Refund
from dkp_core.loot.events import AwardRevoked, ItemAwarded, ItemReturned
from dkp_core.points import Bucket, EntryKind, Source, SourceKind
from tests.unit.loot.bidding_hall import NOW

OFFICER = Actor(kind=ActorKind.USER, id="9", entrypoint="web", guild_id=GuildId(1), user_id=UserId(9))


def an_award(price: str = "12.50", **more: object) -> Award:
    """An award of now."""
    given = {"user_id": UserId(3), "pools": (PoolId(2),), "because": "it is higher", "character_name": "Sonya"} | more
    return Award.make(
        AwardId(4),
        GuildId(1),
        item_id=ItemId(5),
        item_name="Spear of Fate",
        price=Points.of(price),
        at=NOW,
        by=OFFICER,
        **given,  # type: ignore[arg-type]  # as the test says
    )


def test_an_award_deducts_its_price() -> None:
    """L-7, P-2: one entry of kind award, that says for what, for which character, and who did it."""
    (entry,) = an_award().entries(40, by=OFFICER)
    assert (entry.id, entry.pool_id, entry.user_id, str(entry.amount)) == (40, 2, 3, "-12.50")
    assert (entry.kind, entry.bucket) == (EntryKind.AWARD, Bucket.SPENT)
    assert (entry.reason, entry.character_name) == ("Spear of Fate", "Sonya")
    assert entry.source == Source(SourceKind.AWARD, 4)
    assert (entry.actor_kind, entry.actor_id, entry.occurred_at, entry.recorded_at) == (ActorKind.USER, "9", NOW, NOW)


def test_it_is_paid_from_each_of_its_pools_in_full() -> None:
    """P-5, L-9: an imported item pool may name several, or none."""
    several = an_award(pools=(PoolId(2), PoolId(6)))
    assert [(entry.id, entry.pool_id, str(entry.amount)) for entry in several.entries(40, by=OFFICER)] == [
        (40, 2, "-12.50"),
        (41, 6, "-12.50"),
    ]
    assert list(an_award(pools=()).entries(40, by=OFFICER)) == []


def test_what_is_free_or_goes_to_nobody_costs_nothing() -> None:
    """L-7: rot, bank, given free."""
    for free in (an_award("0"), an_award("0", user_id=None)):
        assert free.costs == 0
        assert list(free.entries(40, by=OFFICER)) == []
        assert list(free.refunds(9, Refund.ALL, reason="broken", by=OFFICER, at=NOW)) == []


@pytest.mark.parametrize(("price", "more"), [("-0.01", {}), ("1", {"user_id": None})])
def test_no_price_is_below_0_or_paid_by_nobody(price: str, more: dict[str, object]) -> None:
    """L-7, G-8."""
    with pytest.raises(InvalidValue) as refusal:
        an_award(price, **more)
    assert refusal.value.field == "amount"


def test_an_award_says_why() -> None:
    """L-6: cleaned, and of at most 500 characters."""
    assert an_award(because="  higher \n").because == "higher"
    with pytest.raises(InvalidValue) as refusal:
        an_award(because="x" * 501)
    assert refusal.value.field == "reason"


def test_an_overbid_is_flagged() -> None:
    """L-9: in the award and in its event."""
    award = an_award(overbid=True)
    assert award.overbid
    (event,) = award.pending
    assert event == ItemAwarded(award_id=AwardId(4), item_id=ItemId(5), user_id=UserId(3), price="12.50", overbid=True)


def test_an_award_is_revoked_or_moved_with_a_reason() -> None:
    """L-8."""
    revoked = an_award().saved().revoke(reason=" wrong item ")
    assert revoked.status is AwardStatus.REVOKED
    assert revoked.pending == (AwardRevoked(award_id=AwardId(4), reason="wrong item", moved_to=None),)
    moved = an_award().revoke(reason="to an alt", moved_to=AwardId(5))
    assert moved.status is AwardStatus.MOVED
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(InvalidValue):
            an_award().revoke(reason=reason)
        with pytest.raises(InvalidValue):
            an_award().give_back(Refund.ALL, reason=reason)


def test_an_award_is_taken_back_once() -> None:
    """L-8, L-17: whichever way."""
    for status in (AwardStatus.REVOKED, AwardStatus.MOVED, AwardStatus.RETURNED):
        over = evolve(an_award(), status=status)
        with pytest.raises(AwardIsOver) as refusal:
            over.revoke(reason="again")
        assert str(refusal.value) == f"Award 4 was {status} already."
        with pytest.raises(AwardIsOver):
            over.give_back(Refund.ALL, reason="again")


@pytest.mark.parametrize(
    ("refund", "price", "back"),
    [(Refund.ALL, "12.50", "12.50"), (Refund.HALF, "12.50", "6.25"), (Refund.HALF, "0.05", "0.03")],
)
def test_a_returned_item_refunds_by_rule(refund: Refund, price: str, back: str) -> None:
    """L-17, P-12: all or half, rounded half-up, in an entry of kind refund of its own time."""
    award = an_award(price).saved()
    returned = award.give_back(refund, reason="bank")
    assert (returned.status, returned.pending) == (
        AwardStatus.RETURNED,
        (ItemReturned(award_id=AwardId(4), reason="bank", refund=back),),
    )
    (entry,) = award.refunds(50, refund, reason=" bank ", by=OFFICER, at=NOW.replace(hour=22))
    assert (entry.id, entry.kind, entry.bucket, str(entry.amount)) == (50, EntryKind.REFUND, Bucket.SPENT, back)
    assert (entry.note, entry.occurred_at, entry.recorded_at) == ("bank", NOW.replace(hour=22), NOW.replace(hour=22))


def test_a_rule_of_none_refunds_nothing() -> None:
    """L-17."""
    assert list(an_award().refunds(50, Refund.NONE, reason="bank", by=OFFICER, at=NOW)) == []


@given(st.integers(0, 10**9), st.integers(0, 3))
def test_all_that_is_paid_comes_back(hundredths: int, pools: int) -> None:
    """L-17: a full refund and the award add up to nothing, pool by pool."""
    award = an_award(str(Points(hundredths)), pools=tuple(PoolId(each) for each in range(1, pools + 1)))
    paid = list(award.entries(40, by=OFFICER))
    back = list(award.refunds(60, Refund.ALL, reason="bank", by=OFFICER, at=NOW))
    assert [(entry.pool_id, -entry.amount) for entry in paid] == [(entry.pool_id, entry.amount) for entry in back]

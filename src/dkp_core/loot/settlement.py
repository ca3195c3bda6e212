"""Who wins, and for how much: a pure function of bids and rules (L-3, L-6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final

from attrs import frozen

from dkp_core.kernel.ids import AuctionId, UserId
from dkp_core.kernel.period import BEGINNING
from dkp_core.kernel.points import Points
from dkp_core.loot.bid import WEIGHT, Bid, tier_order
from dkp_core.loot.rules import Mode, Rules, Tie
from dkp_core.loot.tier import Tier

_Key = tuple[int | Fraction, ...]
_MICROSECOND: Final = timedelta(microseconds=1)


@frozen(kw_only=True)
class Terms:
    """What decides an auction beside its bids."""

    auction_id: AuctionId
    rules: Rules
    quantity: int
    seed: bytes


@frozen(kw_only=True)
class Lead:
    """A bid that gets copies as things stand, and how many."""

    bid: Bid
    copies: int


@frozen(kw_only=True)
class Win:
    """A bid that won: so many copies, for this price each, and why it came before those it beat."""

    bid: Bid
    copies: int
    price: Points
    because: str


@frozen(kw_only=True)
class Settlement:
    """The result of an auction: what was won, the first before the last, and who was beaten, the best first."""

    wins: tuple[Win, ...] = ()
    beaten: tuple[UserId, ...] = ()


def settle(bids: Iterable[Bid], terms: Terms) -> Settlement:
    """The winners and their prices. It depends on the bids and the terms alone, not on the order they are given in."""
    return conclude(*allot(bids, terms), terms)


def conclude(leads: Sequence[Lead], beaten: Sequence[Bid], terms: Terms) -> Settlement:
    """What these leads win, for how much and why, over those they beat (the best first)."""
    wins = tuple(
        Win(
            bid=lead.bid,
            copies=lead.copies,
            price=price(lead.bid, beaten, terms),
            because=_because(lead, beaten, terms),
        )
        for lead in leads
    )
    return Settlement(wins=wins, beaten=tuple(dict.fromkeys(bid.user_id for bid in beaten)))


def allot(bids: Iterable[Bid], terms: Terms) -> tuple[tuple[Lead, ...], tuple[Bid, ...]]:
    """Who gets how many copies, the best bid first; and the bids that did not get all they asked for."""
    left = terms.quantity
    leads, beaten = [], []
    for bid in sorted(bids, key=lambda bid: rank(bid, terms)):
        copies = min(bid.copies, left)
        left -= copies
        if copies:
            leads.append(Lead(bid=bid, copies=copies))
        if copies < bid.copies:
            beaten.append(bid)
    return tuple(leads), tuple(beaten)


def rank(bid: Bid, terms: Terms) -> _Key:
    """Bids in this order: phase, tier where it comes first, what the amount counts, tier, the tie rules, time."""
    return (*group_of(bid, terms.rules), *worth(bid, bid.ceiling, terms.rules), *_ties(bid, terms))


def worth(bid: Bid, amount: Points, rules: Rules) -> _Key:
    """How an amount of this bidder compares within its group; less is better. In a roll all amounts are one."""
    if rules.mode is Mode.FIXED_PRICE_ROLL:
        return (0,)
    return (-counts(bid, amount, rules), tier_order(bid.tier), -amount.hundredths)


def counts(bid: Bid, amount: Points, rules: Rules) -> int:
    """What an amount of this bidder counts, in hundredths × WEIGHT: limited where it is an alt's, and weighted."""
    limit = rules.alt_limit
    if limit is not None and bid.tier is not Tier.MAIN:
        amount = min(amount, limit)
    return amount.hundredths * bid.weight


def same_group(one: Bid, other: Bid, rules: Rules) -> bool:
    """Whether amounts decide between the two; else phase or tier does."""
    return group_of(one, rules) == group_of(other, rules)


def comes_first(one: Bid, other: Bid, rules: Rules) -> bool:
    """Whether phase or tier puts one before the other, whatever is bid."""
    return group_of(one, rules) < group_of(other, rules)


def group_of(bid: Bid, rules: Rules) -> tuple[int, int]:
    """What comes before every amount: the phase, and the tier where the rules put it first."""
    return (bid.phase, tier_order(bid.tier) if rules.mains_first else 0)


def _ties(bid: Bid, terms: Terms) -> _Key:
    earliest = ((bid.placed_at - BEGINNING) // _MICROSECOND, bid.id)
    ties = terms.rules.ties or ((Tie.ROLL,) if terms.rules.mode is Mode.FIXED_PRICE_ROLL else (Tie.EARLIEST,))
    key: list[int | Fraction] = []
    for tie in ties:
        if tie is Tie.EARLIEST:
            key += earliest
        elif tie is Tie.ATTENDANCE:
            key.append(-bid.attendance.fraction if bid.attendance else Fraction(0))
        else:
            key.append(bid.made_as.roll(terms.seed))
    return (*key, *earliest)


def price(bid: Bid, beaten: Sequence[Bid], terms: Terms) -> Points:
    """What a winning bid pays for each copy (L-3).

    The second price is the least that would have won over the best beaten bid of somebody else in the same tier and
    phase, plus the step; at least the minimum, at most the own bid.
    """
    rules = terms.rules
    if rules.mode is not Mode.SEALED_SECOND_PRICE:
        return bid.amount
    rivals = [other for other in beaten if other.user_id != bid.user_id and same_group(bid, other, rules)]
    least = rules.minimum_in(bid.phase).hundredths
    second = (
        equalling(bid, rivals[0], rivals[0].amount, rules) + rules.second_price_step.hundredths if rivals else least
    )
    return Points(min(bid.amount.hundredths, max(second, least)))


def equalling(bid: Bid, other: Bid, amount: Points, rules: Rules) -> int:
    """The least, in hundredths, that this bidder has to bid for it to count what that amount of the other's counts.

    Between two of one tier that both reach the limit, what they bid decides.
    """
    least = -(-counts(other, amount, rules) // bid.weight)
    limit = rules.alt_limit
    limited = limit is not None and bid.tier is other.tier is not Tier.MAIN and least >= limit.hundredths
    return max(least, amount.hundredths) if limited else least


_WHY: Final = {
    Tie.EARLIEST: "it was bid first",
    Tie.ATTENDANCE: "the bidder's attendance is higher",
    Tie.ROLL: "it rolled better",
}


def _because(lead: Lead, beaten: Sequence[Bid], terms: Terms) -> str:
    """Why a bid came before the best it beat, in words."""
    rivals = [other for other in beaten if other.user_id != lead.bid.user_id]
    if not rivals:
        return "there was a copy for every bid"
    bid, rival, rules = lead.bid, rivals[0], terms.rules
    if bid.phase != rival.phase:
        return "it was bid in an earlier phase"
    if rules.mains_first and bid.tier is not rival.tier:
        return f"a bid as {bid.tier} comes before one as {rival.tier}"
    if rules.mode is not Mode.FIXED_PRICE_ROLL:
        if counts(bid, bid.ceiling, rules) != counts(rival, rival.ceiling, rules):
            if bid.ceiling > rival.ceiling:
                return "it is higher"
            return f"it counts more: {bid.tier} × {_times(bid)} against {rival.tier} × {_times(rival)}"
        if bid.tier is not rival.tier:
            return f"at the same amount a bid as {bid.tier} comes before one as {rival.tier}"
        if bid.ceiling != rival.ceiling:
            return "it is higher"
    ties = rules.ties or ((Tie.ROLL,) if rules.mode is Mode.FIXED_PRICE_ROLL else (Tie.EARLIEST,))
    for tie in ties:
        if tie is Tie.ATTENDANCE and _share(bid) == _share(rival):
            continue
        return f"the amounts are equal, and {_WHY[tie]}"
    return f"the amounts are equal, and {_WHY[Tie.EARLIEST]}"


def _times(bid: Bid) -> Decimal:
    return (Decimal(bid.weight) / WEIGHT).normalize() + 0


def _share(bid: Bid) -> Fraction:
    return bid.attendance.fraction if bid.attendance else Fraction(0)

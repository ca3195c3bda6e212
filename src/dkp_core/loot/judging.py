"""Whether a bid is allowed, and what it comes to: every rule with its refusal (L-2, L-4, L-5, L-13)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from attrs import evolve, frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import BidId, RankId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot.bid import MOST, WEIGHT, Bid, Bidder, Offer, Purse, tier_order
from dkp_core.loot.refusals import (
    AmountNotPositive,
    BidRefused,
    BidTooLow,
    CannotLead,
    LimitReached,
    NoCeilingHere,
    NotEligible,
    NotThePrice,
    NotYourCharacter,
    OffTheIncrement,
    OverAvailable,
    OverCap,
    TooManyCopies,
)
from dkp_core.loot.rules import Limit, Mode, Rules
from dkp_core.loot.settlement import Lead, Terms, comes_first, equalling, group_of, same_group, worth
from dkp_core.loot.tier import Tier


def judge(
    offer: Offer,
    bidder: Bidder,
    purse: Purse,
    *,
    terms: Terms,
    phase: int,
    leads: Sequence[Lead] = (),
    own: Bid | None,
    bid_id: BidId,
    at: datetime,
) -> Bid | BidRefused:
    """The bid that an offer makes in an open auction, or the first rule that refuses it.

    `leads` are those of an open auction, and `own` the bidder's bid that stands. While it leads, amount, ceiling and
    copies only go up; a sealed one may go either way. Raises: InvalidValue where the offer says no amount.
    """
    if offer.amount is None and offer.ceiling is None and terms.rules.mode is not Mode.FIXED_PRICE_ROLL:
        raise InvalidValue("amount", "neither an amount nor a ceiling is given", "an amount of points")
    case = _case(offer, bidder, purse, terms=terms, phase=phase, leads=leads, own=own, bid_id=bid_id, at=at)
    return next(case.refusals(), None) or case.allowed()


def least_allowed(
    bidder: Bidder, purse: Purse, *, terms: Terms, phase: int, leads: Sequence[Lead], own: Bid | None, at: datetime
) -> Points | None:
    """The least that this bidder may offer now, by what everybody sees; None where nothing that they bid can lead."""
    probe = Offer(amount=terms.rules.minimum_in(phase))
    case = _case(probe, bidder, purse, terms=terms, phase=phase, leads=leads, own=own, bid_id=BidId(0), at=at)
    least = case.least()
    return None if least is None else Points(min(least, MOST))


def _case(
    offer: Offer,
    bidder: Bidder,
    purse: Purse,
    *,
    terms: Terms,
    phase: int,
    leads: Sequence[Lead],
    own: Bid | None,
    bid_id: BidId,
    at: datetime,
) -> _Case:
    rules = terms.rules
    lead = next((lead for lead in leads if lead.bid.user_id == bidder.user_id), None)
    own = own if lead is None else lead.bid
    tier = max(bidder.tier, offer.tier or bidder.tier, key=tier_order)
    begun_in = phase if own is None else own.phase
    price = rules.minimum_in(begun_in)  # of a roll, where no amount is said
    said = next((points for points in (offer.ceiling, offer.amount) if points is not None), price)
    bid = Bid(
        id=bid_id,
        auction_id=terms.auction_id,
        user_id=bidder.user_id,
        character_id=bidder.character_id,
        character_name=bidder.character_name,
        amount=said if offer.amount is None else offer.amount,
        ceiling=said,
        copies=offer.copies if lead is None else max(offer.copies, lead.bid.copies),
        tier=tier,
        weight=weight_of(tier, bidder.rank_id, rules),
        phase=begun_in,
        attendance=bidder.attendance,
        placed_at=at,
    )
    return _Case(
        bid=bid,
        offer=offer,
        bidder=bidder,
        purse=purse,
        terms=terms,
        lead=lead,
        others=tuple(each for each in leads if each is not lead),
        begun=own is not None,
    )


def weight_of(tier: Tier, rank_id: RankId | None, rules: Rules) -> int:
    """How many times a bid of that tier and rank counts, in ten-thousandths."""
    return int(rules.weight_of(tier, rank_id) * WEIGHT)


def least_above(bid: Bid, other: Bid, amount: Points, rules: Rules, *, on_grid: bool = True) -> int | None:
    """The least amount on the increment, in hundredths, with which this bidder beats that amount of the other's.

    None where none does, since phase, tier or limit puts the other first. Who goes all in (`on_grid` False) has to be a
    whole increment above, and no more.
    """
    if comes_first(bid, other, rules):
        return _on_increment(0, bid, rules)
    if comes_first(other, bid, rules):
        return None
    wanted = equalling(bid, other, amount, rules) + rules.increment.hundredths
    if on_grid:
        wanted = _on_increment(wanted, bid, rules)
    beats = wanted <= MOST and worth(bid, Points(wanted), rules) < worth(other, amount, rules)
    return wanted if beats else None


def _on_increment(hundredths: int, bid: Bid, rules: Rules) -> int:
    """The least that is the minimum plus a whole number of increments, and not less than that."""
    minimum, step = rules.minimum_in(bid.phase).hundredths, rules.increment.hundredths
    return minimum + max(0, -(-(hundredths - minimum) // step)) * step


@frozen(kw_only=True)
class _Case:
    """A bid before its judge: `lead` is the bidder's own in an open auction, `others` the others'."""

    bid: Bid
    offer: Offer
    bidder: Bidder
    purse: Purse
    terms: Terms
    lead: Lead | None
    others: tuple[Lead, ...]
    begun: bool

    @property
    def rules(self) -> Rules:
        return self.terms.rules

    def refusals(self) -> Iterator[BidRefused]:
        """Every rule that refuses it, the first to be told first."""
        yield from self._who()
        yield from self._which_phase()
        yield from self._what()
        yield from self._how_much()
        yield from self._caps()
        yield from self._limits()
        yield from self._points()

    def allowed(self) -> Bid:
        """The bid as it is made: a lead keeps the higher ceiling, and who names a ceiling bids the least that leads."""
        bid, lead = self.bid, self.lead
        if lead is not None:
            ceiling = self._ceiling()
            since = lead.bid.placed_at if ceiling == lead.bid.ceiling else bid.placed_at
            amount = lead.bid.amount if self.offer.amount is None else bid.amount
            return evolve(bid, amount=amount, ceiling=ceiling, placed_at=since)
        if self.offer.amount is None and self.rules.mode is Mode.OPEN:
            return evolve(bid, amount=min(bid.ceiling, Points(self.least() or 0)))
        return bid

    def _ceiling(self) -> Points:
        """How far the bid goes: a lead's ceiling stays where it is higher."""
        return self.bid.ceiling if self.lead is None else max(self.bid.ceiling, self.lead.bid.ceiling)

    # --- who --------------------------------------------------------------------------------------------------------

    def _missing(self, why: str, wanted: str, found: str) -> NotEligible:
        return NotEligible(self.bid.auction_id, why, wanted, found)

    def _who(self) -> Iterator[BidRefused]:
        bidder, rules = self.bidder, self.rules
        if not bidder.is_member:
            yield self._missing("membership", "a membership in force", "none")
        if not bidder.owns_character:
            yield NotYourCharacter(self.bid.auction_id, bidder.character_name)
        if bidder.is_trial and not rules.trials:
            yield self._missing("trial", "full membership", "a trial")
        if rules.ranks and bidder.rank_id not in rules.ranks:
            yield self._missing("rank", "a character of certain ranks", "one of another rank")
        if not rules.allows_class(bidder.character_class):
            yield self._missing("class", " or ".join(rules.classes), bidder.character_class or "no class")
        if rules.attendees_only and not bidder.attended:
            yield self._missing("raid", "attendance at this raid", "none")
        if bidder.attendance is not None and bidder.attendance.fraction * 100 < rules.attendance_at_least:
            yield self._missing(
                "attendance", f"{rules.attendance_at_least}% attendance", f"{bidder.attendance.percent}%"
            )

    def _which_phase(self) -> Iterator[BidRefused]:
        if not self.rules.phases or self.begun:  # who has begun to bid goes on
            return
        phase = self.rules.phases[self.bid.phase]
        if phase.tiers and self.bid.tier not in phase.tiers:
            yield self._missing(
                "phase", f"a bid as {' or '.join(phase.tiers)} in this phase", f"one as {self.bid.tier}"
            )
        if phase.ranks and self.bidder.rank_id not in phase.ranks:
            yield self._missing("phase", "a character of certain ranks in this phase", "one of another rank")

    # --- what -------------------------------------------------------------------------------------------------------

    def _what(self) -> Iterator[BidRefused]:
        bid, rules = self.bid, self.rules
        most = min(rules.copies_each, self.terms.quantity)
        if bid.copies > most:
            yield TooManyCopies(bid.auction_id, bid.copies, most)
        if self.offer.ceiling is not None and rules.mode is not Mode.OPEN:
            yield NoCeilingHere(bid.auction_id, rules.mode)
        if self.lead is not None and _ranks_lower(bid, self.lead.bid, rules):
            yield CannotLead(bid.auction_id, "it leads for a character that comes before this one")
        if bid.amount <= ZERO or bid.ceiling <= ZERO:
            yield AmountNotPositive(bid.auction_id, min(bid.amount, bid.ceiling))
        if bid.ceiling < bid.amount:
            yield BidTooLow(bid.auction_id, bid.ceiling, bid.amount)
        price = rules.minimum_in(bid.phase)
        if rules.mode is Mode.FIXED_PRICE_ROLL and bid.amount != price:
            yield NotThePrice(bid.auction_id, bid.amount, price)

    def least(self, *, on_grid: bool = True) -> int | None:
        """The least that may be bid now, in hundredths; None where nothing leads."""
        bid, rules = self.bid, self.rules
        left = self.terms.quantity - sum(lead.copies for lead in self.others)
        least: int | None = rules.minimum_in(bid.phase).hundredths
        if self.lead is None and bid.copies > left:
            lowest = max((lead.bid for lead in self.others), key=self._seen)
            least = least_above(bid, lowest, lowest.amount, rules, on_grid=on_grid)
        if self.lead is None or least is None:
            return least
        step = rules.increment.hundredths if self.offer.amount is not None else 0
        return max(least, self.lead.bid.amount.hundredths + step)

    def _seen(self, bid: Bid) -> tuple[object, ...]:
        """How a bid ranks by what everybody sees of it."""
        return (group_of(bid, self.rules), worth(bid, bid.amount, self.rules), bid.placed_at, bid.id)

    def _how_much(self) -> Iterator[BidRefused]:
        bid, rules = self.bid, self.rules
        all_in = self.purse.above(rules.to_leave).hundredths if rules.all_in else None
        least = self.least(on_grid=bid.amount.hundredths * bid.copies != all_in)
        if least is None:
            yield CannotLead(bid.auction_id, "tier, phase or limit puts the others first")
            return
        if bid.amount.hundredths < least:
            yield BidTooLow(bid.auction_id, bid.amount, Points(min(self.least() or least, MOST)))
        for amount in dict.fromkeys((bid.amount, bid.ceiling)):
            off = (amount - rules.minimum_in(bid.phase)).hundredths % rules.increment.hundredths
            if off and amount.hundredths * bid.copies != all_in:
                lower = Points(amount.hundredths - off)
                yield OffTheIncrement(bid.auction_id, amount, rules.increment, lower, lower + rules.increment)

    # --- caps, limits, points ---------------------------------------------------------------------------------------

    def _caps(self) -> Iterator[BidRefused]:
        for cap, why in _caps_of(self.bidder, self.rules):
            if self.bid.ceiling > cap:
                yield OverCap(self.bid.auction_id, self.bid.ceiling, cap, why)

    def _limits(self) -> Iterator[BidRefused]:
        for limit in self.rules.limits:
            if limit.trials_only and not self.bidder.is_trial:
                continue
            if self.bid.ceiling > limit.over and _counted(self.bidder, limit) + self.bid.copies > limit.items:
                yield LimitReached(self.bid.auction_id, limit.items, limit.over, limit.per)

    def _points(self) -> Iterator[BidRefused]:
        bid, rules = self.bid, self.rules
        free = self.purse.free
        if self._ceiling().hundredths * bid.copies > self.purse.above(rules.to_leave).hundredths:
            asked = Points(min(bid.ceiling.hundredths * bid.copies, MOST))
            yield OverAvailable(bid.auction_id, asked, free, rules.to_leave)


def _ranks_lower(bid: Bid, other: Bid, rules: Rules) -> bool:
    """Whether a bid may come after bids that the other of the same amount comes before: by tier, or by weight."""
    if not same_group(bid, other, rules):
        return comes_first(other, bid, rules)
    return tier_order(bid.tier) > tier_order(other.tier) or bid.weight < other.weight


def fitted(offer: Offer, bidder: Bidder, purse: Purse, rules: Rules, phase: int) -> Offer:
    """An offer that was left before its rules were known, as far as they let it go: within caps, points and steps."""
    said = next((points for points in (offer.ceiling, offer.amount) if points is not None), None)
    if said is None:
        return offer
    free = purse.above(rules.to_leave)
    most = min(said, most_allowed(bidder, purse, rules))
    minimum, step = rules.minimum_in(phase).hundredths, rules.increment.hundredths
    if most < rules.minimum_in(phase):
        return offer
    if not (rules.all_in and most == free):
        most = Points(minimum + (most.hundredths - minimum) // step * step)
    return evolve(offer, ceiling=most) if offer.ceiling is not None else evolve(offer, amount=most)


def _caps_of(bidder: Bidder, rules: Rules) -> Iterator[tuple[Points, str]]:
    """The caps that bind this bidder, and whom each is for."""
    if bidder.attendance is not None:
        reached = [cap for cap in rules.attendance_caps if bidder.attendance.fraction * 100 >= cap.from_percent]
        highest = max(reached, key=lambda cap: cap.from_percent, default=None)
        if highest is not None and highest.at_most is not None:
            yield highest.at_most, f"Who has {bidder.attendance.percent}% attendance"
    for cap in rules.rank_caps:
        if cap.rank == bidder.rank_id:
            yield cap.at_most, "A character of that rank"
    if bidder.is_trial and rules.trial_cap is not None:
        yield rules.trial_cap, "A trial member"


def _counted(bidder: Bidder, limit: Limit) -> int:
    return sum(1 for price in bidder.wins.get(limit.per, ()) if price > limit.over.hundredths)


def most_allowed(bidder: Bidder, purse: Purse, rules: Rules) -> Points:
    """The most that this bidder may offer now: what is free above the floor, within the caps; 0 where that is less."""
    caps = [cap for cap, _ in _caps_of(bidder, rules)]
    return max(ZERO, min([purse.above(rules.to_leave), *caps]))

"""Checking an auction by what is published of it: seed, receipts, winners and prices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AuctionId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    AuctionRow,
    AuctionStatus,
    Bid,
    BidOutcome,
    BidRow,
    MadeAs,
    Mode,
    Rules,
    Terms,
    Tie,
    Tier,
    WrongStatus,
    commitment,
    settle,
    weight_of,
)

ROLL_DIGITS: Final = 12
NOTHING_NOTED: Final[Mapping[str, str]] = MappingProxyType({})
_NOTHING: Final = "none"


@frozen(kw_only=True)
class Checked:
    """Something published, and what it is when it is recomputed; `holds` is None where nothing can be said."""

    what: str
    published: str
    recomputed: str
    holds: bool | None


@frozen(kw_only=True)
class AuctionCheck:
    """Whether what was published of an auction agrees with itself."""

    auction: AuctionId
    item: str
    holds: bool
    checks: tuple[Checked, ...]


def checked(
    auction: AuctionRow,
    bids: Sequence[BidRow],
    *,
    seed_hashes: Mapping[str, str] = NOTHING_NOTED,
    receipts: Sequence[str] = (),
) -> AuctionCheck:
    """The check of an auction that is closed, by its bids, the newest first.

    `seed_hashes` are those that were noted before the close, by where, and `receipts` those that bidders were given:
    only what somebody else kept proves that nothing was exchanged since.
    Raises: WrongStatus for a running one, InvalidValue where bids were made elsewhere.
    """
    if auction.mode is Mode.ELSEWHERE:
        raise InvalidValue("auction", f"the bids of {auction.id} were made elsewhere", "an auction that was held here")
    if not auction.seed:
        raise WrongStatus(auction.id, auction.status, AuctionStatus.CLOSED)
    seed = bytes.fromhex(auction.seed)
    checks = (
        *(
            _compared(f"seed hash {where}", noted, commitment(seed))
            for where, noted in {"as published": auction.seed_hash, **seed_hashes}.items()
        ),
        *_receipts(auction, seed, bids),
        *(_found(given, seed, bids) for given in receipts),
        *_results(auction, seed, bids),
    )
    return AuctionCheck(
        auction=auction.id,
        item=auction.item,
        holds=all(check.holds is not False for check in checks),
        checks=checks,
    )


def _compared(what: str, published: str, recomputed: str) -> Checked:
    return Checked(what=what, published=published, recomputed=recomputed, holds=published == recomputed)


def _found(given: str, seed: bytes, bids: Sequence[BidRow]) -> Checked:
    """Which bid a receipt is of."""
    for bid in bids:
        if _receipt(seed, bid) == given.strip().lower():
            told = f"bid {bid.id}: {bid.character}, {bid.amount}"
            return Checked(what="a receipt that was given", published=given, recomputed=told, holds=True)
    return Checked(what="a receipt that was given", published=given, recomputed=_NOTHING, holds=False)


def _receipt(seed: bytes, bid: BidRow) -> str:
    if bid.user_id is None or bid.amount is None:
        return _NOTHING
    return _made_as(bid).receipt(seed, bid.amount)


def _receipts(auction: AuctionRow, seed: bytes, bids: Sequence[BidRow]) -> Iterator[Checked]:
    """The receipt of every sealed bid that was accepted."""
    for bid in bids:
        if auction.mode.is_sealed and bid.outcome is BidOutcome.ACCEPTED:
            told = bid.receipt or "no receipt"
            yield _compared(f"receipt of bid {bid.id}, {bid.character}", told, _receipt(seed, bid))


def _results(auction: AuctionRow, seed: bytes, bids: Sequence[BidRow]) -> Iterator[Checked]:
    """Winners and prices where no amount was seen before the close; an open auction was decided before all eyes."""
    if auction.mode is Mode.OPEN:
        return
    rules = Rules.of(auction.rules, "rules")
    standing = _standing(bids)
    names = {row.user_id: row.character for row in standing}
    if auction.mode is Mode.FIXED_PRICE_ROLL or Tie.ROLL in rules.ties:
        for row in standing:
            drawn = f"{_made_as(row).roll(seed):064x}"[:ROLL_DIGITS]
            yield Checked(what=f"roll of {row.character}", published="", recomputed=f"{drawn}…", holds=None)
    hidden = [
        name
        for name, counts in (
            ("phases", rules.phases),
            ("multipliers by rank", rules.rank_multipliers and auction.mode is not Mode.FIXED_PRICE_ROLL),
            ("attendance", Tie.ATTENDANCE in rules.ties),
        )
        if counts
    ]
    if hidden:
        told = f"not recomputed: it takes {' and '.join(hidden)}"
        yield Checked(what="winners", published="", recomputed=told, holds=None)
        return
    terms = Terms(auction_id=auction.id, rules=rules, quantity=auction.quantity, seed=seed)
    made = {_user(row): _bid(row, rules) for row in standing}
    published = {result.user_id: _won(result.copies, result.price) for result in auction.results}
    awarded = auction.status is AuctionStatus.AWARDED
    recomputed, passed_over = _settled(made, terms, published, awarded=awarded)
    for user_id in passed_over:
        yield Checked(what=f"{names[user_id]} was passed over", published="", recomputed="", holds=None)
    named = {result.user_id: result.character for result in auction.results} | names
    for user_id in dict.fromkeys((*published, *recomputed)):
        yield _compared(
            f"what {named[user_id]} won", published.get(user_id, _NOTHING), recomputed.get(user_id, _NOTHING)
        )


def _standing(bids: Sequence[BidRow]) -> Sequence[BidRow]:
    """Of each bidder the last bid that was accepted, unless it was withdrawn since."""
    last: dict[UserId, BidRow] = {}
    for row in bids:  # the newest first
        if row.user_id is not None and row.outcome is not BidOutcome.REFUSED:
            last.setdefault(row.user_id, row)
    return [row for row in last.values() if row.outcome is BidOutcome.ACCEPTED]


def _settled(
    bids: Mapping[UserId, Bid], terms: Terms, published: Mapping[UserId, str], *, awarded: bool
) -> tuple[Mapping[UserId, str], Sequence[UserId]]:
    """What each would have won, and whom officers passed over at the award: as if they had not bid."""
    passed_over: list[UserId] = []
    while True:
        settlement = settle([bid for bid in bids.values() if bid.user_id not in passed_over], terms)
        others = [win.bid.user_id for win in settlement.wins if win.bid.user_id not in published]
        if not awarded or not others:
            return {win.bid.user_id: _won(win.copies, win.price) for win in settlement.wins}, passed_over
        passed_over += others


def _user(row: BidRow) -> UserId:
    assert row.user_id is not None, "nobody's bid does not stand"
    return row.user_id


def _made_as(row: BidRow) -> MadeAs:
    """The ids that chance knows the bid by."""
    return MadeAs(row.auction_id, row.id, _user(row)) if row.made_as is None else MadeAs.of(row.made_as)


def _bid(row: BidRow, rules: Rules) -> Bid:
    """The bid that the row tells of, where neither phases nor ranks nor attendance count."""
    tier = row.tier or Tier.MAIN
    assert row.amount is not None, "amounts are published at the close"
    return Bid(
        id=row.id,
        auction_id=row.auction_id,
        user_id=_user(row),
        character_id=None,
        character_name=row.character,
        amount=row.amount,
        ceiling=row.amount,
        copies=row.copies,
        tier=tier,
        weight=weight_of(tier, None, rules),
        placed_at=row.placed_at,
        moved_from=_made_as(row),
    )


def _won(copies: int, price: Points) -> str:
    return f"{copies} for {price}" if copies > 1 else str(price)

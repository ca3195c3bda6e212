"""Chance that anybody can check, and receipts for sealed bids (L-15).

A seed is drawn when an auction is started. Its hash is shown at once, the seed itself once the auction is closed:
so nobody could choose the seed after seeing the bids, and anybody can recompute what was drawn and sealed with it.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from attrs import frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AuctionId, BidId, PoolId, UserId
from dkp_core.kernel.points import Points

SEED_BYTES: Final = 32
_ACCEPTED: Final = "the ids of auction, bid and user, such as 7-12-3"


def commitment(seed: bytes) -> str:
    """What is shown of a seed before it is revealed: its SHA-256, in hexadecimal."""
    return hashlib.sha256(seed).hexdigest()


def roll(seed: bytes, auction_id: AuctionId, user_id: UserId) -> int:
    """What a user rolls in an auction; the lowest wins. HMAC-SHA-256 of `roll:<auction>:<user>` under the seed."""
    return int.from_bytes(hmac.digest(seed, f"roll:{auction_id}:{user_id}".encode(), "sha256"))


def drawn(seed: bytes, pool_id: PoolId, user_id: UserId) -> bytes:
    """By what a pool's start list is in order: HMAC-SHA-256 of `start:<pool>:<user>` under the seed."""
    return hmac.digest(seed, f"start:{pool_id}:{user_id}".encode(), "sha256")


def receipt(seed: bytes, auction_id: AuctionId, bid_id: BidId, user_id: UserId, amount: Points) -> str:
    """The receipt of a sealed bid: HMAC-SHA-256 of `bid:<auction>:<bid>:<user>:<amount>` under the seed, in hex digits.

    It tells nothing before the seed is revealed, and afterwards proves that the bid published is the one that was made.
    """
    return hmac.digest(seed, f"bid:{auction_id}:{bid_id}:{user_id}:{amount}".encode(), "sha256").hex()


@frozen
class MadeAs:
    """The ids that chance knows a bid by: those of its auction, itself and its user where it was made.

    They stay what they are where the bid is given other ids, since a guild moved: so what was drawn and sealed before
    can still be checked, and what is yet to be drawn is what was committed to.
    """

    auction_id: AuctionId
    bid_id: BidId
    user_id: UserId

    @classmethod
    def of(cls, text: str) -> MadeAs:
        """Those ids, as they are told. Raises: InvalidValue."""
        numbers = text.split("-")
        if len(numbers) != 3 or not all(each.isascii() and each.isdecimal() for each in numbers):
            raise InvalidValue("made_as", f"{text[:60]!r} is not accepted", _ACCEPTED)
        auction_id, bid_id, user_id = map(int, numbers)
        return cls(AuctionId(auction_id), BidId(bid_id), UserId(user_id))

    def __str__(self) -> str:
        return f"{self.auction_id}-{self.bid_id}-{self.user_id}"

    def roll(self, seed: bytes) -> int:
        """What it rolls under that seed."""
        return roll(seed, self.auction_id, self.user_id)

    def receipt(self, seed: bytes, amount: Points) -> str:
        """Its receipt under that seed."""
        return receipt(seed, self.auction_id, self.bid_id, self.user_id, amount)

"""What lines of chat mean to an auction, and what has to be known to tell."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TypeAlias

from attrs import frozen

from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import Points
from dkp_core.loot.tier import Tier
from dkp_core.raids import Looted


@frozen(kw_only=True)
class BidSaid:
    """A bid, or (`withdrawn`, without an amount) one taken back.

    `item` is None where none was named: it is meant for the only open auction. `character` is None for the speaker's
    own. `ceiling`: the amount is the most that may be bid for the speaker, not the bid itself.
    """

    item: str | None
    amount: Points | None
    ceiling: bool = False
    character: str | None
    tier: Tier | None
    comment: str
    withdrawn: bool


@frozen(kw_only=True)
class AuctionCalled:
    """Bids are asked for: each item's name once, with how many there are."""

    items: tuple[tuple[str, int], ...]


@frozen(kw_only=True)
class AuctionClosed:
    """Bidding is over; `item` is None where none was named: it is meant for the only open auction."""

    item: str | None


@frozen(kw_only=True)
class AuctionCancelled:
    """The auction is called off; `item` is None where none was named: it is meant for the only open auction."""

    item: str | None


@frozen(kw_only=True)
class AwardSaid:
    """Who gets the item for how much, or that nobody does; a `character` that the guild does not know is as said."""

    item: str
    character: str | None
    price: Points | None
    to_nobody: bool


Said: TypeAlias = BidSaid | AuctionCalled | AuctionClosed | AuctionCancelled | AwardSaid | Looted


@frozen(kw_only=True)
class Board:
    """What chat is read against: the names of the open auctions' items, and the guild's characters by `name_key`."""

    open_items: tuple[str, ...]
    characters: Mapping[str, str]

    @cached_property
    def items_by_key(self) -> dict[str, str]:
        """The open items by key, the longest first: `Left Eye of Xygoz` before the `Eye of Xygoz` within it."""
        keys = {name_key(name): name for name in self.open_items}
        return {key: keys[key] for key in sorted(keys, key=len, reverse=True) if key}

"""Bids that move keep the ids that chance knows them by, so that rolls and receipts stay what they were (L-15)."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from dkp_adapters.sql.guild_export.layout import Row, Sheet, sheets
from dkp_adapters.sql.statement import to_json
from dkp_core.kernel.ids import AuctionId, BidId, UserId
from dkp_core.loot import MadeAs

LEAD_BID: Final = 1
WIN_BID: Final = 3
"""Where in a lead, and in a win, the bid's parts begin."""
BID_PARTS: Final = 14
"""How many parts a bid has; the first two are its id and its user, the last is what it was made as."""


@cache
def keeping(name: str) -> Callable[[Row], None] | None:
    """How rows of that table are told, while they have their old ids, what their bids were made as; None for most."""
    return {"bids": _bids, "auctions": _auctions}.get(name, lambda _: None)(sheets()[name])


def _bids(sheet: Sheet) -> Callable[[Row], None]:
    auction, bid, user, made_as = (sheet.place(name) for name in ("auction_id", "id", "user_id", "made_as"))

    def keep(row: Row) -> None:
        if row[made_as] is None and row[user] is not None:
            row[made_as] = _told(row[auction], row[bid], row[user])

    return keep


def _auctions(sheet: Sheet) -> Callable[[Row], None]:
    own, leads, settlement = (sheet.place(name) for name in ("id", "leads", "settlement"))

    def keep(row: Row) -> None:
        row[leads] = to_json([_with(row[own], lead, LEAD_BID) for lead in json.loads(row[leads])])
        if row[settlement]:
            wins, beaten = json.loads(row[settlement])
            row[settlement] = to_json([[_with(row[own], win, WIN_BID) for win in wins], beaten])

    return keep


def _with(auction: int, parts: list[Any], first: int) -> list[Any]:
    *known, made_as = parts
    if len(parts) != first + BID_PARTS:
        raise ValueError(f"a bid has {BID_PARTS} parts")
    return [*known, made_as or _told(auction, parts[first], parts[first + 1])]


def _told(auction: int, bid: int, user: int) -> str:
    return str(MadeAs(AuctionId(auction), BidId(bid), UserId(user)))

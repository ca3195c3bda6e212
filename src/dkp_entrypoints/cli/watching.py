"""Looking on while an auction runs: who leads, how long it goes on, and the bids as they come."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from dkp_core.kernel.errors import Unavailable
from dkp_core.kernel.ids import AuctionId
from dkp_core.kernel.page import PageRequest
from dkp_core.loot import AuctionRow, AuctionStatus, BidRow
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.failing import one_line
from dkp_entrypoints.cli.printing import plain, shown

EVERY_SECONDS: Final = 1.0
BIDS_SHOWN: Final = 10
_BIDDING: Final = frozenset({AuctionStatus.SCHEDULED, AuctionStatus.OPEN, AuctionStatus.FROZEN})


@frozen(kw_only=True)
class Seen:
    """An auction as it stands, with its latest bids, the newest first; `lost` says why no more is to be seen."""

    auction: AuctionRow
    bids: tuple[BidRow, ...]
    lost: str = ""


def watch(call: Call, auction_id: AuctionId) -> None:
    """Show an auction until nobody can bid any more, or until Ctrl-C: in place on a terminal, else line by line."""
    from dkp_entrypoints.worker import stopped_by_signals

    zone = ZoneInfo(call.guild().timezone)
    with stopped_by_signals() as stop:
        seen = watched(lambda: _look(call, auction_id), lambda: stop.wait(EVERY_SECONDS))
        if sys.stdout.isatty() and not call.as_json:
            _show_in_place(seen, zone)
            return
        for each in seen:
            if call.as_json:
                print(json.dumps(plain(each)), flush=True)  # a document a line, since they never seem to end
            else:
                print(line_of(each, datetime.now(UTC), zone), flush=True)


def watched(look: Callable[[], Seen], pause: Callable[[], bool]) -> Iterator[Seen]:
    """What is seen, each time it changed, until nobody can bid any more; `pause` waits, and tells whether to stop.

    A connection that is lost is told, and tried again. Raises: what the first look does.
    """
    seen = look()
    yield seen
    while seen.auction.status in _BIDDING and not pause():
        try:
            now = look()
        except Unavailable as lost:
            now = evolve(seen, lost=str(lost))
        if now != seen:
            yield now
        seen = now


def _look(call: Call, auction_id: AuctionId) -> Seen:
    auction = call.use_cases().show_auction()(auction_id, by=call.by())
    bids = call.use_cases().list_bids()(auction_id, page=PageRequest(1, BIDS_SHOWN), by=call.by())
    return Seen(auction=auction, bids=bids.results)


# --- what people see --------------------------------------------------------------------------------------------------


def line_of(seen: Seen, now: datetime, zone: ZoneInfo) -> str:
    """How an auction stands, in a line."""
    auction = seen.auction
    copies = f"{auction.quantity} × " if auction.quantity > 1 else ""
    told = [f"{now.astimezone(zone):%H:%M:%S} {copies}{auction.item}: {auction.status}", _count(auction.bids)]
    if auction.leaders:
        told.append(" and ".join(f"{each.character} leads with {each.amount}" for each in auction.leaders))
    if auction.results:
        told.append(" and ".join(f"{each.character} wins for {each.price}" for each in auction.results))
    if auction.status is AuctionStatus.OPEN and auction.phases > 1:
        told.append(f"phase {auction.phase} of {auction.phases}")
    told.append(time_left(auction, now))
    told.append(f"not up to date: {seen.lost}" if seen.lost else "")
    return one_line(", ".join(part for part in told if part))


def time_left(auction: AuctionRow, now: datetime) -> str:
    """How long until it opens or closes; empty where it does neither by itself."""
    if auction.status is AuctionStatus.SCHEDULED:
        return f"opens in {_clock(auction.opens_at - now)}"
    if auction.status is not AuctionStatus.OPEN:
        return ""
    return "open until it is closed by hand" if auction.closes_at is None else f"{_clock(auction.closes_at - now)} left"


def _clock(left: timedelta) -> str:
    seconds = max(0, -(-left // timedelta(seconds=1)))
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def _count(bids: int) -> str:
    return "1 bid" if bids == 1 else f"{bids} bids"


def _show_in_place(seen: Iterator[Seen], zone: ZoneInfo) -> None:
    from rich.console import Console
    from rich.live import Live

    latest = next(seen)
    # It is drawn anew between two looks as well: the time left goes down meanwhile.
    with Live(
        get_renderable=lambda: picture(latest, datetime.now(UTC), zone),
        console=Console(highlight=False),
        refresh_per_second=2,
    ) as live:
        for each in seen:
            latest = each
            live.refresh()


def picture(seen: Seen, now: datetime, zone: ZoneInfo) -> Any:
    """What is shown in place: how it stands, over its latest bids."""
    from rich import box
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading, side in (("bid at", "left"), ("character", "left"), ("amount", "right"), ("", "left")):
        table.add_column(heading, justify="right" if side == "right" else "left")
    for bid in seen.bids:
        amount = "sealed" if bid.amount is None else str(bid.amount)
        told = bid.refusal or ("" if bid.outcome == "accepted" else bid.outcome.value)
        cells = (f"{bid.placed_at.astimezone(zone):%H:%M:%S}", bid.character, amount, told)
        table.add_row(*(Text(one_line(shown(cell, zone))) for cell in cells))
    return Group(Text(line_of(seen, now, zone)), Text(""), table)

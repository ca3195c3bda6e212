"""Looking on while an auction runs: what is shown when, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from rich.console import Console

from dkp_core.kernel.errors import NoSuch, Unavailable
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import AuctionStatus, BidOutcome, LeaderRow, Mode
from dkp_entrypoints.cli.watching import Seen, line_of, picture, time_left, watched
from tests.unit.cli.auctions_shown import OPENED, auction, bid

BERLIN = ZoneInfo("Europe/Berlin")
RUNNING = auction(Mode.OPEN, status=AuctionStatus.OPEN, seed=None)
LEADER = LeaderRow(user_id=UserId(4), username="user4", character="Élan", amount=Points.of(50), copies=1)


def seen(**changed: Any) -> Seen:
    """An auction as it stands."""
    return Seen(auction=evolve(RUNNING, **changed), bids=())


def looking(*what: Seen | Exception) -> tuple[list[Seen], list[None]]:
    """What is shown of these looks, and how often was waited."""
    looks: Iterator[Seen | Exception] = iter(what)
    pauses: list[None] = []

    def look() -> Seen:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    def pause() -> bool:
        pauses.append(None)
        return len(pauses) >= 9

    return list(watched(look, pause)), pauses


def test_only_what_changed_is_shown() -> None:
    """L-11: and it ends when nobody can bid any more."""
    first, second, over = seen(), seen(version=4, bids=3), seen(status=AuctionStatus.CLOSED)
    shown, pauses = looking(first, first, second, second, over)
    assert shown == [first, second, over]
    assert len(pauses) == 4


@pytest.mark.parametrize("status", [AuctionStatus.CLOSED, AuctionStatus.AWARDED, AuctionStatus.CANCELLED])
def test_what_is_over_is_shown_once(status: AuctionStatus) -> None:
    """I-3: nothing is waited for."""
    assert looking(seen(status=status)) == ([seen(status=status)], [])


@pytest.mark.parametrize("status", [AuctionStatus.SCHEDULED, AuctionStatus.OPEN, AuctionStatus.FROZEN])
def test_who_has_seen_enough_ends_it(status: AuctionStatus) -> None:
    """I-3: Ctrl-C, at any time."""
    shown, pauses = looking(*[seen(status=status)] * 20)
    assert (len(shown), len(pauses)) == (1, 9)


def test_a_connection_that_is_lost_is_told_and_tried_again() -> None:
    """L-16: the auction goes on without us."""
    shown, _ = looking(seen(), Unavailable("gone"), Unavailable("gone"), seen(), seen(status=AuctionStatus.CLOSED))
    assert [each.lost for each in shown] == ["", "gone", "", ""]
    assert "not up to date: gone" in line_of(shown[1], OPENED, BERLIN)
    for error in (Unavailable("gone"), NoSuch("auction", 1)):
        with pytest.raises(type(error)):
            looking(error)


def test_a_line_tells_how_it_stands() -> None:
    """L-11: leader, time left, count; in the guild's own time."""
    row = seen(quantity=2, leaders=(LEADER,), bids=1, phases=3)
    said = line_of(row, OPENED + timedelta(seconds=25), BERLIN)
    assert said == "21:15:25 2 × Cloak: open, 1 bid, Élan leads with 50.00, phase 1 of 3, 1:35 left"
    over = seen(status=AuctionStatus.CLOSED, results=auction(results=[(4, "9")]).results)
    assert line_of(over, OPENED, BERLIN) == "21:15:00 Cloak: closed, 2 bids, Character4 wins for 9.00"


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"closes_at": OPENED + timedelta(hours=2)}, "2:00:00 left"),
        ({"closes_at": OPENED + timedelta(milliseconds=200)}, "0:01 left"),
        ({"closes_at": OPENED - timedelta(seconds=9)}, "0:00 left"),
        ({"closes_at": None}, "open until it is closed by hand"),
        ({"status": AuctionStatus.SCHEDULED, "opens_at": OPENED + timedelta(minutes=5)}, "opens in 5:00"),
        ({"status": AuctionStatus.FROZEN}, ""),
        ({"status": AuctionStatus.AWARDED}, ""),
    ],
)
def test_time_left_is_told_where_something_moves_by_itself(changed: dict[str, Any], told: str) -> None:
    """L-2, L-16: a frozen auction's clock stands still."""
    assert time_left(evolve(RUNNING, **changed), OPENED) == told


def test_apicture_shows_the_bids_and_obeys_no_name() -> None:
    """L-11, O-13: sealed amounts are sealed, refusals have their code, and names are no markup."""
    bids = (
        evolve(bid(3, 4, "7"), amount=None, character="[red]Rot\x1b[31m"),
        bid(2, 5, "7", outcome=BidOutcome.REFUSED, refusal="bid_too_low"),
        bid(1, 6, "7", outcome=BidOutcome.WITHDRAWN),
    )
    console = Console(width=100, record=True)
    console.print(picture(Seen(auction=RUNNING, bids=bids), OPENED, BERLIN))
    said = console.export_text()
    for told in ("sealed", "[red]Rot", "bid_too_low", "withdrawn", "21:15:03"):
        assert told in said
    assert "\x1b" not in said

"""House rules as an officer would tell them: the tables in `scenarios`, each an auction from its first bid to its end.

A table has a row for each bid and for each next phase; columns it lacks have their defaults. `ROLL` stands for whoever
of those who bid rolled best.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from attrs import define, field

from dkp_core.kernel.ids import BidId, UserId
from dkp_core.kernel.points import Points
from dkp_core.loot import Bid, Bidder, BidRefused, Offer, OpenAuction, Rules, Span, Tier, roll
from tests.unit.loot.bidding_hall import AUCTION, NOW, SEED, a_bidder, a_purse, a_share, an_auction, placed

SCENARIOS: Final = sorted((Path(__file__).parent / "scenarios").glob("*.txt"))
PEOPLE: Final = ("Aldo", "Bera", "Cato", "Dora")
_GAP: Final = re.compile(r"\s{2,}")


@define
class Table:
    """A scenario as it is played: the auction as it stands, and each user's bid that stands."""

    rules: Rules
    auction: OpenAuction
    bids: dict[UserId, Bid] = field(factory=dict)

    def play(self, row: dict[str, str]) -> str:
        """What a bid is answered with."""
        user, at = _user(row["who"]), NOW + timedelta(seconds=_seconds(row["time"]))
        offer, points = _offer(row["bids"]), row.get("points", "1000")
        bidder, bid_id = _bidder(row, self.rules), BidId(self.auction.bids + 1)
        answer = self.auction.place(offer, bidder, a_purse(points), own=self.bids.get(user), bid_id=bid_id, at=at)
        if isinstance(answer, BidRefused):
            return answer.sentence
        self.auction, made = placed(answer)
        self.bids |= {bid.user_id: bid for bid in (made.bid, *made.raised)}
        return "accepted"

    def hand_over(self, time: str) -> None:
        """Goes on to the next phase."""
        going_on = self.auction.next_phase(NOW + timedelta(seconds=_seconds(time)), filled=False)
        assert going_on is not None, "there is another phase"
        self.auction = going_on

    def results(self) -> list[str]:
        """Who won for how much, and why."""
        closed = self.auction.close(self.bids.values(), self.auction.last_at)
        return [f"{PEOPLE[win.bid.user_id - 1]} wins for {win.price}: {win.because}" for win in closed.settlement.wins]

    @property
    def lucky(self) -> str:
        """Who of those who bid rolled best."""
        return PEOPLE[min(self.bids, key=lambda user: roll(SEED, AUCTION, user)) - 1]


def _user(name: str) -> UserId:
    return UserId(PEOPLE.index(name) + 1)


def _seconds(time: str) -> int:
    minutes, seconds = time.split(":")
    return int(minutes) * 60 + int(seconds)


def _offer(said: str) -> Offer:
    amount = Points.of(said.removeprefix("up to "))
    return Offer(ceiling=amount) if said.startswith("up to ") else Offer(amount=amount)


def _bidder(row: dict[str, str], rules: Rules) -> Bidder:
    won = row.get("won tonight", "-")
    prices = () if won == "-" else tuple(Points.of(price).hundredths for price in won.split(", "))
    percent = int(row.get("attendance", "0").removesuffix(" %"))
    return a_bidder(
        _user(row["who"]),
        tier=Tier(row.get("as", "main")),
        is_trial=row.get("trial", "no") == "yes",
        attendance=a_share(percent) if rules.needs_attendance else None,
        wins={Span.NIGHT: prices},
    )


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_house_rule_works_as_it_is_told(path: Path) -> None:
    """L-2, L-3, L-6, L-14, L-15: as the scenario's second line says."""
    title, *given, table, ends = path.read_text(encoding="utf-8").strip().split("\n\n")
    assert re.search(r"^Proves L-\d+", title, re.MULTILINE)
    values = dict(line.split(" = ", 1) for line in "\n".join(given).splitlines())
    copies = int(values.pop("copies for sale", "1"))
    rules = Rules.of({name: json.loads(value) for name, value in values.items()}, "rules")
    played = Table(rules, an_auction(rules, copies))
    header, *rows = [_GAP.split(line) for line in table.splitlines()]
    for row in rows:
        if row[1:] == ["next phase"]:
            played.hand_over(row[0])
        else:
            told = dict(zip(header, row, strict=True))
            assert played.play(told) == told["answer"], told
    assert played.results() == ends.replace("ROLL", played.lucky).splitlines()

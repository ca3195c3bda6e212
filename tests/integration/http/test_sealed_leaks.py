"""Sealed amounts and proxy ceilings leak nowhere: every answer, log line, metric and event is searched for them (L-11).

What is asked is drawn from the OpenAPI document, so that an operation that is added later is searched too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any, Final

import httpx
import pytest
from attrs import evolve, field, frozen
from sqlalchemy import create_engine, text

from dkp_core.accounts import SCOPES, RoleGroup
from dkp_core.kernel.actor import operator
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.points import ZERO, Points
from tests import services
from tests.integration.databases import with_schema
from tests.integration.http.house import Caller, House, serving
from tests.integration.http.searching import heard, reading

ROLES: Final = (
    "officer",
    "rival",
    "other member",
    "recruiter",
    "developer",
    "trial",
    "guest",
    "nobody",
    "bot that may not bid",
    "officer of another guild",
    "officer of another guild, here",
)
PLACE: Final = "/api/bidding/place-bid/"
FINE: Final = {"increment": "0.01"}

# What nobody but the bidder may know, each unlike any other number.
RAISED_LATER, SEALED, SEALED_SECOND = "3335.31", "7319.37", "5127.83"
CEILING, CEILING_THAT_WON = "8461.59", "6677.31"
STANDING, REFUSED, WITHDRAWN, CALLED_OFF = "6053.71", "97531.86", "4177.29", "2749.91"
AMOUNTS: Final = frozenset(
    {RAISED_LATER, SEALED, SEALED_SECOND, CEILING, CEILING_THAT_WON, STANDING, REFUSED, WITHDRAWN, CALLED_OFF}
)


@frozen(kw_only=True)
class Secret:
    """A guild with bids that are sealed, everybody who would like to know, and what was logged meanwhile."""

    house: House
    callers: Mapping[str, Caller]
    ids: Mapping[str, tuple[object, ...]]
    auctions: Mapping[str, int]
    sealed_by_now: tuple[Points, ...]
    log: list[str] = field(repr=False)

    @property
    def hidden(self) -> re.Pattern[str]:
        """Every text that tells a secret: the amounts, and what holds and balances come to with some of them."""
        own = self.house.member.get(f"/api/points/user/{self.house.member_id}/pool/{self.house.things['pool']}/").json()
        current = Points.of(own["current"])
        sealed_in_all = sum(self.sealed_by_now, ZERO)
        shown = Points.of(own["held"]) - sealed_in_all
        amounts = {Points.of(each) for each in AMOUNTS}
        for count in range(1, len(self.sealed_by_now) + 1):
            for some in combinations(self.sealed_by_now, count):
                held = sum(some, ZERO)
                amounts |= {held, held + shown, current - held, current - shown - held}
        told = [re.escape(form) for amount in amounts for form in (str(amount), str(amount.hundredths))]
        return re.compile(rf"(?<!\w)(?:{'|'.join(told)})(?!\w)")

    def asked(self) -> Iterator[str]:
        """Every GET of the document, with each id of this guild in its path and in its query."""
        return (path for _, path in reading(self.house.api.document, self.ids))

    def answers(self, caller: Caller) -> Iterator[tuple[str, httpx.Response]]:
        """What the caller is answered to every GET, and to what else tells something without changing anything."""
        for path in self.asked():
            yield path, caller.get(path)
        for path, body in self.questions():
            yield f"{path} {body}", caller.post(path, json=body)

    def questions(self) -> Iterator[tuple[str, dict[str, object]]]:
        """What is posted: bids that are refused, bids that are only validated, lines of chat, awards nobody can pay."""
        of_the_bidder = {"discord_id": self.house.things["discord_id"]}
        for auction in self.auctions.values():
            for amount, whose in product(("0.50", "1.01", "49000.00"), ({}, of_the_bidder)):
                body = {"auction": auction, "amount": amount, **whose}
                yield "/api/discord/validate-bid/", body
                if amount != "1.01":  # that one would be taken where bids are sealed
                    yield PLACE, body
        lines = [f"[Sun Nov 01 21:15:00 2026] You tell your raid, 'Open {self.house.mark} 49000'"]
        yield "/api/bidding/chat-lines/preview/", {"lines": lines, "owner": f"Main{self.house.mark}"}
        yield "/api/discord/bid-results/", {"item": "Ring", "amount": "60000", **of_the_bidder}


def taken(answer: httpx.Response) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secret]:
    """Auctions of every kind with the member's bids on them, on a database of their own."""
    url = with_schema("sqlite", tmp_path_factory.mktemp("leaks"))
    with heard() as log, serving(f"{url}?synchronous=off") as api:
        house, elsewhere = api.house(), api.house()
        yield filled(house, elsewhere, log)
    services.drop_database(url)


def filled(house: House, elsewhere: House, log: list[str]) -> Secret:
    """The member bids; a rival bids against them where everybody sees it."""
    given = {"user": house.member_id, "amount": "50000", "reason": "to bid with"}
    taken(house.officer.post("/api/points/adjustments/", json=given))
    rival = house.person(points="20000")
    start, mark = house.auction, house.mark
    auctions = {
        "sealed": start(rules={**FINE, "mode": "sealed_first_price"}),
        "second price": start(rules={**FINE, "mode": "sealed_second_price"}),
        "withdrawn": start(rules={**FINE, "mode": "sealed_first_price"}),
        "called off": start(rules={**FINE, "mode": "sealed_first_price"}),
        "open": start(item=f"Open {mark}", rules=FINE),
        "won": start(rules=FINE),
        "frozen": start(rules={**FINE, "mode": "sealed_first_price"}),
    }
    taken(house.bid(auctions["sealed"], RAISED_LATER))
    for name, amount in (
        ("sealed", SEALED),
        ("second price", SEALED_SECOND),
        ("withdrawn", WITHDRAWN),
        ("called off", CALLED_OFF),
    ):
        taken(house.bid(auctions[name], amount))
    for name, ceiling in (("open", CEILING), ("won", CEILING_THAT_WON)):
        taken(house.member.post(PLACE, json={"auction": auctions[name], "ceiling": ceiling}))
    for auction in auctions.values():
        taken(rival.post(PLACE, json={"auction": auction, "amount": "2.00"}))
        assert house.bid(auction, REFUSED).status_code == 409
    assert house.member.post("/api/bidding/withdraw-bid/", json={"auction": auctions["withdrawn"]}).status_code == 204
    taken(house.officer.post(f"/api/bidding/{auctions['called off']}/cancel/", json={}))
    taken(house.officer.post(f"/api/bidding/{auctions['frozen']}/freeze/", json={}))
    taken(house.officer.post("/api/bidding/close-bid/", json={"auction": auctions["won"]}))
    left = house.member("PUT", f"/api/items/{house.things['item']}/standing-bid/", json={"ceiling": STANDING})
    assert left.status_code == 200
    shown = taken(house.officer.get(f"/api/bidding/{auctions['open']}/"))["current_amount"]
    callers = {
        "officer": house.officer,
        "rival": rival,
        "other member": house.person(),
        "recruiter": house.person(RoleGroup.RECRUITER),
        "developer": house.person(RoleGroup.DEVELOPER),
        "trial": on_trial(house),
        "guest": house.person(RoleGroup.GUEST),
        "nobody": house.api.nobody,
        "bot that may not bid": house.bot(*(SCOPES - {"bids:write"})),
        "officer of another guild": elsewhere.officer,
        "officer of another guild, here": elsewhere.officer.within(mark),
    }
    assert set(callers) == set(ROLES)
    items = [each["id"] for each in house.officer.get("/api/items/?page_size=500").json()["results"]]
    ids = {
        "user_id": (house.member_id,),
        "discord_id": (house.things["discord_id"],),
        "guild": (mark,),
        "character_id": (house.things["character"],),
        "name": (f"Main{mark}", f"Cloak {mark}", f"Open {mark}"),
        "pool_id": (house.things["pool"],),
        "event_type_id": (house.things["event_type"],),
        "raid_id": (house.things["raid"],),
        "item_id": tuple(items),
        "auction_id": tuple(auctions.values()),
        "award_id": (house.things["award"],),
    }
    return Secret(
        house=house,
        callers=callers,
        ids=ids,
        auctions=auctions,
        sealed_by_now=(Points.of(SEALED), Points.of(SEALED_SECOND), Points.of(CEILING) - Points.of(shown)),
        log=log,
    )


def on_trial(house: House) -> Caller:
    """Somebody on trial, who may bid."""
    trial = house.person(RoleGroup.APPLICANT)
    user_id = UserId(trial.get("/api/users/me/").json()["id"])
    with house.api.database.begin(operator("test", GuildId(house.guild_id))) as work:
        work.memberships.save(evolve(work.memberships.get(user_id), trial=True))
    return trial


def told(found: Sequence[tuple[str, str]], hidden: re.Pattern[str]) -> list[str]:
    """Where something hidden is told, and what."""
    return [
        f"{where}: {match[0]} in {match.string[max(0, match.start() - 60) : match.end() + 20]!r}"
        for where, shown in found
        for match in hidden.finditer(shown)
    ]


@pytest.mark.parametrize("role", ROLES)
def test_nobody_but_the_bidder_is_told(role: str, secret: Secret) -> None:
    """L-11: amounts, ceilings, and whatever they could be reckoned from, through any operation."""
    found = [(where, f"{answer.text} {dict(answer.headers)}") for where, answer in secret.answers(secret.callers[role])]
    assert len(found) > 150, "the document was gone through"
    assert told(found, secret.hidden) == []


def test_answers_do_not_break_while_something_is_sealed(secret: Secret) -> None:
    """I-1: an officer is answered all of it, so that nothing above is a page of errors."""
    refused = [path for path in secret.asked() if secret.house.officer.get(path).status_code not in (200, 404)]
    assert refused == []


def test_the_bidder_is_told_all_of_it(secret: Secret) -> None:
    """L-11, L-12: one's own bids, ceilings and holds; what is searched for above is there to be found."""
    answers = [(where, answer.text) for where, answer in secret.answers(secret.house.member)]
    found = {line.partition(": ")[2].partition(" ")[0] for line in told(answers, secret.hidden)}
    assert found >= AMOUNTS
    balance = secret.house.member.get(f"/api/points/user/{secret.house.member_id}/").json()["balances"][0]
    assert balance["available"] in found


def test_no_event_log_line_or_metric_tells_it(secret: Secret) -> None:
    """L-11: events as they are stored, all that was logged at any level, and what Prometheus is told."""
    url = secret.house.api.settings.database_url.partition("?")[0]
    engine = create_engine(url)
    with engine.connect() as connection:
        stored = [
            (table, repr(tuple(row)))
            for table in ("events", "deliveries", "deadlines")
            for row in connection.execute(text(f"SELECT * FROM {table}"))
        ]
    engine.dispose()
    metrics = secret.house.api.client.get("/metrics").text
    assert len(stored) > 20
    assert any("'answered'" in line for line in secret.log), "what requests log was heard"
    heard_lines = [("the log", line) for line in secret.log]
    assert told([*stored, *heard_lines, ("metrics", metrics)], secret.hidden) == []


def test_a_bot_that_bids_for_members_is_told_and_that_is_noted(house: House) -> None:
    """L-11: what is available counts what is sealed; each look is in the audit log, with the key that looked."""
    auction_id = house.auction(rules={"mode": "sealed_first_price"})
    taken(house.bid(auction_id, "5"))
    discord_id = house.things["discord_id"]
    path = f"/api/discord/user/{discord_id}/balance/"

    def looks() -> int:
        count: int = house.officer.get("/api/audit-log/?name=sealed_holds_seen").json()["count"]
        return count

    for caller in (house.officer, house.bot("points:read"), house.person()):
        assert caller.get(path).json()["balances"][0]["available"] == "15.50"
    assert house.member.get(path).json()["balances"][0]["available"] == "10.50"
    assert looks() == 0
    bot = house.bot("points:read", "bids:write")
    assert bot.get(path).json()["balances"][0]["available"] == "10.50"
    assert looks() == 1
    assert bot.get(f"/api/bidding/user/{discord_id}/max-bid/").json()["available"] == "10.50"
    check = bot.post("/api/discord/validate-bid/", json={"auction": auction_id, "discord_id": discord_id, "amount": 5})
    assert check.json()["available"] == "15.50", "one's own hold does not stand in one's way"
    assert looks() == 3
    (latest, *_) = house.officer.get("/api/audit-log/?name=sealed_holds_seen").json()["results"]
    assert (latest["actor_kind"], latest["aggregate_id"]) == ("bot", str(house.member_id))


def test_the_standings_tag_tells_nothing_of_sealed_bids(house: House) -> None:
    """L-11: neither the list nor its ETag changes when a sealed bid is placed, raised, or withdrawn."""
    auction_id = house.auction(rules={"mode": "sealed_first_price"})
    board = f"/api/points/leaderboard/{house.things['pool']}/?everyone=true"

    def shown() -> tuple[str, str]:
        answer = house.officer.get(board)
        return answer.headers["etag"], answer.text

    before = shown()
    for amount in ("5", "7"):
        taken(house.bid(auction_id, amount))
        assert shown() == before
    assert house.member.post("/api/bidding/withdraw-bid/", json={"auction": auction_id}).status_code == 204
    assert shown() == before
    taken(house.bid(house.things["auction"], "3"))
    assert shown() != before, "what leads openly is shown"


def test_at_the_close_bids_are_published_and_ceilings_are_not(house: House) -> None:
    """L-11, L-14, L-15: with seed and receipts, for everybody; a ceiling stays its bidder's own for good."""
    sealed = house.auction(rules={**FINE, "mode": "sealed_second_price"})
    receipt = taken(house.bid(sealed, "7.37"))["receipt"]
    led = house.auction(rules=FINE)
    taken(house.member.post(PLACE, json={"auction": led, "ceiling": "6.61"}))
    other = house.person()
    for auction_id in (sealed, led):
        shown = taken(other.get(f"/api/bidding/{auction_id}/"))
        assert shown["seed"] is None
        assert len(shown["seed_hash"]) == 64
        taken(house.officer.post("/api/bidding/close-bid/", json={"auction": auction_id}))
        assert taken(other.get(f"/api/bidding/{auction_id}/"))["seed"] is not None
    (bid,) = taken(other.get(f"/api/bidding/{sealed}/bids/"))["results"]
    assert (bid["amount"], bid["receipt"]) == ("7.37", receipt)
    (bid,) = taken(other.get(f"/api/bidding/{led}/bids/"))["results"]
    assert (bid["amount"], bid["ceiling"]) == ("1.00", None)
    (bid,) = taken(house.member.get(f"/api/bidding/{led}/bids/"))["results"]
    assert bid["ceiling"] == "6.61"

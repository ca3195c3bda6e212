"""Auctions over HTTP: what is refused and how that is told, and what bids, closes and awards come to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from attrs import field, frozen

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.points import ZERO, Points
from tests.integration.http.house import Api, Caller, House

PLACE = "/api/bidding/place-bid/"


@pytest.fixture(scope="module")
def busy(api: Api) -> House:
    """A guild whose auctions are refused bids; nothing is ever held or paid in it."""
    return api.house()


def points_of(house: House) -> dict[str, Any]:
    """What the member has, as the member sees it."""
    shown: dict[str, Any] = house.member.get(f"/api/points/user/{house.member_id}/pool/{house.things['pool']}/").json()
    return shown


def bids_of(caller: Caller, auction_id: int) -> list[dict[str, Any]]:
    """The bids of an auction, the newest first."""
    rows: list[dict[str, Any]] = caller.get(f"/api/bidding/{auction_id}/bids/").json()["results"]
    return rows


# --- bids that are refused --------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Refused:
    """A bid that a rule refuses: with its code, its rule, and the numbers that it tells."""

    name: str
    body: dict[str, Any]
    code: str
    rule: str = "L-5"
    numbers: dict[str, Any] = field(factory=dict)
    rules: dict[str, Any] = field(factory=dict)
    start: dict[str, Any] = field(factory=dict)
    before: str = ""
    of_the_member: bool = True


REFUSED = (
    Refused(name="below the minimum", body={"amount": "0.50"}, code="bid_too_low",
        numbers={"amount": "0.50", "minimum": "1.00"}),
    Refused(name="off the increment", body={"amount": "2.50"}, code="off_the_increment",
        numbers={"amount": "2.50", "increment": "1.00", "lower": "2.00", "higher": "3.00"}),
    Refused(name="over the available points", body={"amount": 100}, code="over_available",
        numbers={"amount": "100.00", "available": "15.50", "floor": "0.00"}),
    Refused(name="below a floor", body={"amount": "10"}, rules={"floor": "5.51"}, code="over_available",
        numbers={"amount": "10.00", "available": "15.50", "floor": "5.51"}),
    Refused(name="over a cap", body={"amount": 4}, code="over_cap", rule="L-2",
        rules={"attendance_caps": [{"at_most": "3"}]}, numbers={"amount": "4.00", "cap": "3.00"}),
    Refused(name="while ineligible", body={"amount": 2}, rules={"classes": ["Warrior"]}, code="not_eligible",
        rule="L-2", numbers={"why": "class", "wanted": "Warrior", "found": "Cleric"}),
    Refused(name="on a closed auction", body={"amount": 2}, before="close-bid/", code="auction_not_open", rule="L-4",
        numbers={"auction_status": "closed"}),
    Refused(name="on a frozen auction", body={"amount": 2}, before="{auction}/freeze/", code="auction_not_open",
        rule="L-4", numbers={"auction_status": "frozen"}),
    Refused(name="on a cancelled auction", body={"amount": 2}, before="{auction}/cancel/", code="auction_not_open",
        rule="L-4", numbers={"auction_status": "cancelled"}),
    Refused(name="on one that is yet to open", body={"amount": 2}, start={"opens_at": "2090-01-01T00:00:00Z"},
        code="auction_not_open", rule="L-4", numbers={"auction_status": "scheduled"}),
    Refused(name="for another's character", body={"amount": 2, "character": "Somebody"}, code="not_your_character",
        rule="L-4", numbers={"character": "Somebody"}),
    Refused(name="of an unknown Discord id", body={"amount": 2, "discord_id": "111111111111111111"},
        code="unknown_bidder", rule="L-4", numbers={"bidder": "111111111111111111"}, of_the_member=False),
    Refused(name="of nothing", body={"amount": 0}, code="amount_not_positive", numbers={"amount": "0.00"}),
    Refused(name="of less than nothing", body={"amount": "-5"}, code="amount_not_positive",
        numbers={"amount": "-5.00"}),
    Refused(name="for too many copies", body={"amount": 2, "copies": 2}, start={"quantity": 3},
        code="too_many_copies", rule="L-3", numbers={"copies": 2, "at_most": 1}),
    Refused(name="with a ceiling where bids are sealed", body={"ceiling": 5}, rules={"mode": "sealed_first_price"},
        code="no_ceiling_here", rule="L-14", numbers={"mode": "sealed_first_price"}),
)  # fmt: skip


def refused_auction(refused: Refused, house: House) -> int:
    """The auction on which it is refused."""
    auction_id = house.auction(rules=refused.rules, **refused.start)
    if refused.before:
        path = f"/api/bidding/{refused.before.format(auction=auction_id)}"
        body = {"auction": auction_id} if refused.before == "close-bid/" else {}
        assert house.officer.post(path, json=body).status_code == 200
    return auction_id


@pytest.mark.parametrize("refused", REFUSED, ids=[each.name for each in REFUSED])
def test_a_refused_bid_tells_its_rule_and_its_numbers(refused: Refused, busy: House) -> None:
    """L-4, L-13: code, rule, numbers and a sentence; it is kept with the reason, and holds nothing."""
    auction_id = refused_auction(refused, busy)
    caller = busy.member if refused.of_the_member else busy.officer
    answer = caller.post(PLACE, json={"auction": auction_id, **refused.body})
    assert answer.status_code == 409, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["rule"], problem["auction"]) == (refused.code, refused.rule, auction_id)
    assert {name: problem[name] for name in refused.numbers} == refused.numbers
    assert problem["status"] == 409
    (kept,) = bids_of(caller, auction_id)
    assert (kept["outcome"], kept["refusal"]) == ("refused", refused.code)
    if refused.of_the_member:
        assert kept["reason"] == problem["detail"]
    assert (points_of(busy)["held"], points_of(busy)["available"]) == ("0.00", "15.50")


def test_validating_says_the_same_and_keeps_nothing(busy: House) -> None:
    """L-9, L-13: whether, by which rule, from what and up to what."""
    auction_id = busy.auction()
    ask = {"auction": auction_id, "discord_id": busy.things["discord_id"], "amount": "2.50"}
    check = busy.officer.post("/api/discord/validate-bid/", json=ask).json()
    assert check == {
        "valid": False,
        "code": "off_the_increment",
        "rule": "L-5",
        "detail": "Bids go in steps of 1.00: 2.00 or 3.00, not 2.50.",
        "minimum": "1.00",
        "maximum": "15.50",
        "available": "15.50",
    }
    check = busy.member.post("/api/discord/validate-bid/", json={"auction": auction_id, "amount": "15.50"}).json()
    assert (check["valid"], check["code"], check["rule"], check["detail"]) == (True, None, None, None)
    assert bids_of(busy.officer, auction_id) == []


def test_a_refusal_is_recorded_once_under_its_key(busy: House) -> None:
    """G-7, L-4: the same request under the same key is refused again with the first answer."""
    auction_id = busy.auction()
    body, key = {"auction": auction_id, "amount": "0.50"}, {"Idempotency-Key": f"refused-{auction_id}"}
    first, again = (busy.member.post(PLACE, json=body, headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.headers["content-type"] == "application/problem+json"
    assert again.headers["idempotency-replayed"] == "true"
    assert len(bids_of(busy.member, auction_id)) == 1
    assert busy.member.post(PLACE, json=body).status_code == 409
    assert len(bids_of(busy.member, auction_id)) == 2


@pytest.mark.parametrize("amount", ["NaN", "1.005", 2.5, True, "1e3", "Infinity"])
@pytest.mark.parametrize("name", ["amount", "ceiling"])
def test_what_is_no_amount_is_no_bid(amount: object, name: str, busy: House) -> None:
    """G-3: 422 with the field; there is nothing to record."""
    auction_id = busy.auction()
    answer = busy.member.post(PLACE, json={"auction": auction_id, name: amount})
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == name
    assert bids_of(busy.member, auction_id) == []


def test_nobody_bids_for_others_without_the_right_to(busy: House) -> None:
    """A-3, L-9: a member bids for themselves alone; it is nobody's bid then, and not recorded."""
    auction_id = busy.auction()
    officer_discord_id = busy.officer.get("/api/users/me/").json()["discord_id"]
    for whose in ({"user": busy.officer_id}, {"discord_id": officer_discord_id}, {"discord_id": "1"}):
        answer = busy.member.post(PLACE, json={"auction": auction_id, "amount": 2, **whose})
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), answer.text
    assert bids_of(busy.officer, auction_id) == []


def test_an_auction_of_another_guild_is_none(busy: House, strangers: House) -> None:
    """G-1: 404, and nothing recorded there."""
    answer = strangers.member.post(PLACE, json={"auction": busy.things["auction"], "amount": 2})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert bids_of(busy.officer, busy.things["auction"]) == []


# --- auctions and awards that are refused -----------------------------------------------------------------------------


def again(house: House, path: str, body: dict[str, object]) -> httpx.Response:
    """The answer when an officer asks for the same a second time; the first time it is done."""
    assert house.officer.post(path, json=body).is_success
    return house.officer.post(path, json=body)


def told(answer: httpx.Response) -> dict[str, Any]:
    """The code, the rule and the numbers of a refusal: what a problem has beside what every problem has."""
    assert answer.status_code == 409, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    beside = {"type", "title", "status", "detail", "instance", "request_id", "errors"}
    return {name: value for name, value in answer.json().items() if name not in beside}


def test_an_auction_is_closed_awarded_and_cancelled_once(house: House) -> None:
    """L-7, L-13: whoever comes second is told so, with the rule and what the auction is instead."""
    auction_id = house.auction()
    refused = {"code": "wrong_auction_status", "rule": "L-7", "auction": auction_id}
    closed = again(house, "/api/bidding/close-bid/", {"auction": auction_id})
    assert told(closed) == {**refused, "auction_status": "closed", "wanted": "open"}
    awarded = again(house, "/api/bidding/award-item/", {"auction": auction_id, "to_nobody": True})
    assert told(awarded) == {**refused, "auction_status": "awarded", "wanted": "closed"}
    for verb, wanted in (("cancel", "not over"), ("freeze", "open"), ("resume", "frozen")):
        answer = house.officer.post(f"/api/bidding/{auction_id}/{verb}/", json={})
        assert told(answer) == {**refused, "auction_status": "awarded", "wanted": wanted}
    assert house.officer.get(f"/api/bidding/{auction_id}/").json()["status"] == "awarded"
    called_off = house.auction()
    cancelled = again(house, f"/api/bidding/{called_off}/cancel/", {"reason": "x"})
    assert told(cancelled) == {**refused, "auction": called_off, "auction_status": "cancelled", "wanted": "not over"}


@pytest.mark.parametrize(("verb", "status"), [("revoke", "revoked"), ("return", "returned")])
def test_an_award_is_taken_back_once(verb: str, status: str, house: House) -> None:
    """L-8, L-13, L-17: the second time it is told what it was already."""
    award_id = house.things["award"]
    refused = {"code": "award_is_over", "rule": "L-8", "award": award_id, "award_status": status}
    assert told(again(house, f"/api/awards/{award_id}/{verb}/", {"reason": "x"})) == refused
    for each, body in (("revoke", {}), ("return", {}), ("move", {"user": house.officer_id})):
        answer = house.officer.post(f"/api/awards/{award_id}/{each}/", json={"reason": "x", **body})
        assert told(answer) == refused


def test_who_can_not_pay_is_not_awarded_unless_an_officer_says_so(house: House) -> None:
    """L-7, L-9: points that were taken away meanwhile; the overbid is flagged."""
    auction_id = house.auction()
    assert house.bid(auction_id, "15").status_code == 201
    taken = {"user": house.member_id, "amount": "-5", "reason": "x"}
    assert house.officer.post("/api/points/adjustments/", json=taken).status_code == 201
    refused = {"code": "cannot_pay", "rule": "L-7", "user": house.member_id}
    answer = house.officer.post("/api/bidding/award-item/", json={"auction": auction_id})
    assert told(answer) == {**refused, "price": "15.00", "available": "10.50"}
    body = {"auction": auction_id, "allow_overbid": True}
    awarded = house.officer.post("/api/bidding/award-item/", json=body).json()
    assert (awarded["overbid"], awarded["amount"]) == (True, "15.00")
    assert points_of(house)["current"] == "-4.50"
    loot = {"item": "Ring", "user": house.member_id, "amount": 1}
    answer = house.officer.post("/api/discord/bid-results/", json=loot)
    assert told(answer) == {**refused, "price": "1.00", "available": "-4.50"}
    assert house.officer.get("/api/items/by-name/Ring/").status_code == 404
    flagged = house.officer.post("/api/discord/bid-results/", json={**loot, "allow_overbid": True}).json()
    assert house.officer.get("/api/awards/?overbid=true").json()["count"] == 2
    assert flagged["overbid"] is True


def test_an_auction_that_can_not_be_paid_stays_closed(house: House) -> None:
    """L-7, G-7: its result was told with the refusal, so that nobody bids on; what was won is held, and it goes on."""
    other = house.person(points="20")
    auction_id = house.auction(rules={"mode": "sealed_first_price"})
    assert house.bid(auction_id, "15").status_code == 201
    assert other.post(PLACE, json={"auction": auction_id, "amount": 9}).status_code == 201
    taken = {"user": house.member_id, "amount": "-5", "reason": "x"}
    assert house.officer.post("/api/points/adjustments/", json=taken).status_code == 201
    body, key = {"auction": auction_id}, {"Idempotency-Key": f"award-{auction_id}"}
    first, repeated = (house.officer.post("/api/bidding/award-item/", json=body, headers=key) for _ in range(2))
    assert told(first)["code"] == "cannot_pay"
    assert (first.json(), repeated.headers["idempotency-replayed"]) == (repeated.json(), "true")
    shown = house.member.get(f"/api/bidding/{auction_id}/").json()
    assert (shown["status"], len(shown["seed"]), shown["results"][0]["price"]) == ("closed", 64, "15.00")
    assert points_of(house)["held"] == "15.00"
    assert told(house.bid(auction_id, "1"))["code"] == "auction_not_open"
    passed_over = {"auction": auction_id, "passing_over": [house.member_id]}
    awarded = house.officer.post("/api/bidding/award-item/", json=passed_over).json()
    assert (awarded["user_id"], awarded["amount"]) == (other.get("/api/users/me/").json()["id"], "9.00")
    assert (points_of(house)["current"], points_of(house)["held"]) == ("10.50", "0.00")


def test_what_nobody_won_is_not_awarded_by_itself(house: House) -> None:
    """L-7, L-13: who gets it has to be said; nothing was told, so that bidding goes on."""
    auction_id = house.auction()
    answer = house.officer.post("/api/bidding/award-item/", json={"auction": auction_id})
    assert told(answer) == {"code": "no_winner", "rule": "L-7", "auction": auction_id}
    assert house.officer.get(f"/api/bidding/{auction_id}/").json()["status"] == "open"


def test_one_drop_has_one_auction(house: House) -> None:
    """L-2, L-13: unless it is said to be another drop."""
    body = {"item": "Cloak of Flames", "raid": house.things["raid"]}
    start = "/api/bidding/start-bid/"
    first = house.officer.post(start, json=body).json()["id"]
    answer = house.officer.post(start, json={**body, "item": "CLOAK of flames"})
    refused = {"code": "already_on_auction", "rule": "L-2", "auction": first, "item": "Cloak of Flames"}
    assert told(answer) == refused
    assert house.officer.post(start, json={**body, "another": True}).status_code == 201


def test_no_bid_is_left_for_what_is_up(house: House) -> None:
    """L-13, L-14: on what is up one bids."""
    auction_id = house.auction(item="Cloak of Flames")
    item_id = house.officer.get(f"/api/bidding/{auction_id}/").json()["item_id"]
    answer = house.member("PUT", f"/api/items/{item_id}/standing-bid/", json={"ceiling": 3})
    refused = {"code": "is_up_now", "rule": "L-14", "auction": auction_id, "item": "Cloak of Flames"}
    assert told(answer) == refused


def test_a_quantity_is_at_least_one(house: House) -> None:
    """L-2, G-8: nothing is made, not even the item."""
    answer = house.officer.post("/api/bidding/start-bid/", json={"item": "Ghostly Belt", "quantity": 0})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "quantity"
    assert house.officer.get("/api/items/by-name/Ghostly Belt/").status_code == 404


# --- what bids come to ------------------------------------------------------------------------------------------------


def test_a_bid_holds_until_it_is_beaten_and_the_award_deducts(house: House) -> None:
    """L-3, L-5, L-7: held for the leader alone, paid at the award, and given back by revoking it."""
    other = house.person(points="20")
    auction_id = house.auction()
    placed = house.bid(auction_id, "5").json()
    assert (placed["amount"], placed["available"], placed["leading"]) == ("5.00", "10.50", True)
    assert (placed["auction"], placed["user_id"], placed["character"]) == (
        auction_id,
        house.member_id,
        f"Main{house.mark}",
    )
    assert points_of(house)["held"] == "5.00"
    assert other.post(PLACE, json={"auction": auction_id, "amount": 6}).status_code == 201
    assert points_of(house)["held"] == "0.00"
    assert house.bid(auction_id, "7").status_code == 201
    shown = house.officer.get(f"/api/bidding/{auction_id}/").json()
    assert (shown["current_amount"], shown["leader_id"], shown["leader_character"], shown["bids"]) == (
        "7.00",
        house.member_id,
        f"Main{house.mark}",
        3,
    )
    closed = house.officer.post("/api/bidding/close-bid/", json={"auction": auction_id}).json()
    (result,) = closed["results"]
    assert (closed["status"], result["price"], result["user_id"]) == ("closed", "7.00", house.member_id)
    assert points_of(house)["held"] == "7.00"
    awarded = house.officer.post("/api/bidding/award-item/", json={"auction": auction_id}).json()
    assert (awarded["amount"], awarded["user_id"], awarded["auction_id"]) == ("7.00", house.member_id, auction_id)
    assert len(awarded["awards"]) == 1
    assert (points_of(house)["current"], points_of(house)["held"]) == ("8.50", "0.00")
    revoked = house.officer.post(f"/api/awards/{awarded['id']}/revoke/", json={"reason": "a mistake"}).json()
    assert revoked["status"] == "revoked"
    assert (points_of(house)["current"], points_of(house)["available"]) == ("15.50", "15.50")


def test_an_award_of_several_copies_tells_of_each(house: House) -> None:
    """L-3: the first at the top, all of them in `awards`."""
    other = house.person(points="20")
    auction_id = house.auction(quantity=3)
    assert house.bid(auction_id, "5").status_code == 201
    assert other.post(PLACE, json={"auction": auction_id, "amount": 3}).status_code == 201
    awarded = house.officer.post("/api/bidding/award-item/", json={"auction": auction_id}).json()
    assert [each["amount"] for each in awarded["awards"]] == ["5.00", "3.00", "0.00"]
    assert (awarded["id"], awarded["user_id"]) == (awarded["awards"][0]["id"], house.member_id)
    assert awarded["awards"][2]["user_id"] is None


def test_a_bid_under_a_key_is_placed_once(house: House) -> None:
    """G-7: the first answer comes again, and the next step is another bid."""
    auction_id = house.auction()
    body, key = {"auction": auction_id, "amount": 2}, {"Idempotency-Key": "bid"}
    first, again = (house.member.post(PLACE, json=body, headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert again.headers["idempotency-replayed"] == "true"
    assert len(bids_of(house.member, auction_id)) == 1


def test_of_many_bids_at_once_each_is_kept_and_no_point_is_held_twice(api_everywhere: Api) -> None:
    """L-4, L-5, G-7: on every database; two auctions, two bidders, each request sent twice under its key."""
    house = api_everywhere.house()
    bidders = (house.person(points="20"), house.person(points="20"))
    auctions = (house.auction(), house.auction())
    wanted = [(bidder, auction, amount) for amount in range(2, 14, 2) for auction in auctions for bidder in bidders]

    def bid(number: int) -> httpx.Response:
        bidder, auction, amount = wanted[number // 2]
        body = {"auction": auction, "amount": amount + (bidder is bidders[1])}
        while True:
            answer = bidder.post(PLACE, json=body, headers={"Idempotency-Key": f"bid {number // 2}"})
            if answer.status_code != 503 and answer.json().get("code") != "request_in_progress":
                return answer

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(bid, range(2 * len(wanted))))
    assert {answer.status_code for answer in answers} == {201, 409}
    for one, other in zip(answers[::2], answers[1::2], strict=True):
        assert (one.status_code, one.text) == (other.status_code, other.text)
    accepted = sum(answer.status_code == 201 for answer in answers[::2])
    rows = [row for auction in auctions for row in bids_of(house.officer, auction)]
    assert len([row for row in rows if row["outcome"] == "accepted"]) == accepted
    assert len([row for row in rows if row["outcome"] == "refused"]) == len(wanted) - accepted
    for bidder in bidders:
        user_id = bidder.get("/api/users/me/").json()["id"]
        leaders = [lead for each in auctions for lead in house.officer.get(f"/api/bidding/{each}/").json()["leaders"]]
        led = sum((Points.of(lead["amount"]) for lead in leaders if lead["user_id"] == user_id), ZERO)
        shown = bidder.get(f"/api/points/user/{user_id}/pool/{house.things['pool']}/").json()
        assert (shown["held"], shown["available"]) == (str(led), str(Points.of(20) - led))
        assert led <= Points.of(20)


def test_a_sealed_bid_is_withdrawn_and_lets_go(house: House) -> None:
    """L-4, L-11: until the close; what it held is seen by its bidder alone."""
    auction_id = house.auction(rules={"mode": "sealed_first_price"})
    placed = house.bid(auction_id, "5").json()
    assert (placed["available"], placed["leading"]) == ("10.50", None)
    assert len(placed["receipt"]) == 64
    assert points_of(house)["held"] == "5.00"
    own = house.member.get("/api/bidding/own/").json()
    (hold,) = own["holds"]
    assert (hold["auction_id"], hold["held"], hold["sealed"]) == (auction_id, "5.00", "5.00")
    assert house.member.post("/api/bidding/withdraw-bid/", json={"auction": auction_id}).status_code == 204
    assert points_of(house)["held"] == "0.00"
    again = house.member.post("/api/bidding/withdraw-bid/", json={"auction": auction_id})
    assert (again.status_code, again.json()["code"], again.json()["rule"]) == (409, "no_bid_to_withdraw", "L-4")


def test_a_bid_that_was_left_is_placed_when_its_auction_opens(house: House) -> None:
    """L-14: up to its ceiling, before anybody else."""
    auction_id = house.officer.post("/api/bidding/start-bid/", json={"item_id": house.things["item"]}).json()["id"]
    shown = house.member.get(f"/api/bidding/{auction_id}/").json()
    assert (shown["current_amount"], shown["leader_id"]) == ("1.00", house.member_id)
    assert house.member.get("/api/bidding/own/").json()["standing"] == []
    max_bid = house.member.get(f"/api/bidding/user/{house.things['discord_id']}/max-bid/?auction={auction_id}").json()
    assert (max_bid["max_bid"], max_bid["held"], max_bid["available"]) == ("15.50", "3.00", "12.50")


def test_lines_of_chat_become_bids_once(house: House) -> None:
    """L-10: previewed, applied, and not applied again."""
    body = {"lines": ["[Sun Nov 01 21:15:00 2026] You tell your raid, '3'"], "owner": f"Main{house.mark}"}
    path = "/api/bidding/chat-lines/"
    (previewed,) = house.officer.post(f"{path}preview/", json=body).json()
    assert (previewed["outcome"], previewed["auction"]) == ("done", house.things["auction"])
    assert bids_of(house.officer, house.things["auction"]) == []
    (read,) = house.officer.post(path, json=body).json()
    assert (read["outcome"], read["detail"]) == ("done", f"3.00 for Main{house.mark}, and leads")
    (again,) = house.officer.post(path, json=body).json()
    assert again["outcome"] == "repeated"
    (bid,) = bids_of(house.officer, house.things["auction"])
    assert (bid["amount"], bid["source"]) == ("3.00", "chat")


def test_an_item_tells_its_price_history(house: House) -> None:
    """L-1: of awards that were not taken back."""
    for amount in ("1", "2", "4"):
        body = {"item_id": house.things["item"], "user": house.member_id, "amount": amount}
        assert house.officer.post("/api/discord/bid-results/", json=body).status_code == 201
    prices = house.member.get(f"/api/items/{house.things['item']}/").json()["prices"]
    assert prices == {
        "count": 3,
        "last": "4.00",
        "median": "2.00",
        "mean": "2.33",
        "minimum": "1.00",
        "maximum": "4.00",
    }


def test_an_officer_goes_on_with_an_auction_that_another_froze(house: House) -> None:
    """L-16: its clock stands still, and it belongs to the server."""
    auction_id = house.auction(rules={"seconds": 600})
    frozen_ = house.officer.post(f"/api/bidding/{auction_id}/freeze/", json={"reason": "a wipe"}).json()
    assert frozen_["status"] == "frozen"
    caller = house.person(RoleGroup.OFFICER)
    assert caller.post(f"/api/bidding/{auction_id}/resume/").json()["status"] == "open"
    later = {"closes_at": "2090-01-01T00:00:00Z"}
    assert caller.post(f"/api/bidding/{auction_id}/extend/", json=later).json()["closes_at"] == "2090-01-01T00:00:00Z"

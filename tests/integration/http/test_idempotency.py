"""The same request under the same key gets the first answer again (G-7)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.integration.http.house import Api, House
from tests.unit.http.operations import OPERATIONS

POINTS = "/api/points/adjustments/"


def adjust(house: House, key: str, amount: str = "5", **headers: str) -> httpx.Response:
    body = {"user": house.member_id, "amount": amount, "reason": "bonus"}
    return house.officer.post(POINTS, json=body, headers={"Idempotency-Key": key, **headers})


def current(house: House) -> str:
    balance: str = house.officer.get(f"/api/points/user/{house.member_id}/pool/{house.things['pool']}/").json()[
        "current"
    ]
    return balance


def test_what_moves_points_takes_a_key() -> None:
    """G-7: every POST that moves or holds points says so in the document."""
    idempotent = {operation.id for operation in OPERATIONS if operation.idempotent}
    assert idempotent == {
        "adjust_points",
        "reverse_adjustment",
        "run_batch",
        "reverse_batch",
        "give_bonus",
        "uphold_dispute",
        "change_main",
        "record_raid",
        "record_attendance",
        "claim_standby",
        "decide_disagreements",
        "resolve_name",
        "import_dump",
        "start_auction",
        "close_auction",
        "cancel_auction",
        "place_bid",
        "withdraw_bid",
        "read_chat",
        "award_auction",
        "award_item",
        "award_loot",
        "confirm_award_draft",
        "revoke_award",
        "move_award",
        "return_item",
        "reshare_awards",
        "make_claim",
        "approve_claim",
        "merge_users",
        "undo_merge",
        # So that the command line may send it again: nothing else keeps it from being left twice.
        "leave_feedback",
    }


def test_the_first_answer_comes_again(house: House) -> None:
    """G-7: same key, same body: same status and body, and the points move once."""
    first, again = adjust(house, "a"), adjust(house, "a")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert current(house) == "20.50"


def test_another_body_under_the_key_is_refused(house: House) -> None:
    """G-7: 422, and nothing moves."""
    adjust(house, "a")
    answer = adjust(house, "a", amount="6")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert current(house) == "20.50"


def test_another_path_under_the_key_is_refused(house: House) -> None:
    """G-7: a key belongs to one request."""
    adjust(house, "a")
    path = f"{POINTS}{house.things['adjustment']}/reverse/"
    answer = house.officer.post(path, json={"reason": "x"}, headers={"Idempotency-Key": "a"})
    assert answer.status_code == 422


def test_the_last_slash_does_not_make_another_request(house: House) -> None:
    """G-7: both spellings of a path are one."""
    adjust(house, "a")
    body = {"user": house.member_id, "amount": "5", "reason": "bonus"}
    answer = house.officer.post(POINTS.rstrip("/"), json=body, headers={"Idempotency-Key": "a"})
    assert answer.headers["idempotency-replayed"] == "true"


def test_keys_are_each_callers_own(house: House, other_house: House) -> None:
    """G-7, G-1: nobody gets another's answer by guessing a key."""
    adjust(house, "a")
    assert "idempotency-replayed" not in adjust(other_house, "a").headers
    bot = house.bot("points:write", "points:read")
    body = {"user": house.member_id, "amount": "5", "reason": "bonus"}
    assert "idempotency-replayed" not in bot.post(POINTS, json=body, headers={"Idempotency-Key": "a"}).headers


def test_a_refusal_leaves_the_key_free(house: House) -> None:
    """G-7: nothing happened, so that nothing is to be repeated."""
    assert adjust(house, "a", amount="0").status_code == 422
    assert adjust(house, "a").status_code == 201


def test_without_a_key_each_request_counts(house: House) -> None:
    """G-7: the key is optional."""
    for _ in range(2):
        assert house.officer.post(POINTS, json={"user": house.member_id, "amount": 1, "reason": "x"}).status_code == 201
    assert current(house) == "17.50"


def test_the_same_attendance_twice_awards_once_even_without_a_key(house: House) -> None:
    """D-7: and with one the first answer comes again."""
    path = f"/api/raids/{house.raid()}/attendance/"
    body = {"characters": [f"Main{house.mark}"]}
    first = house.officer.post(path, json=body, headers={"Idempotency-Key": "raid"})
    assert (first.json()["awarded"], first.json()["already_present"]) == (1, 0)
    assert house.officer.post(path, json=body, headers={"Idempotency-Key": "raid"}).json() == first.json()
    assert house.officer.post(path, json=body).json()["already_present"] == 1
    assert current(house) == "21.00"


def test_an_upload_counts_as_part_of_the_request(house: House) -> None:
    """G-7: another file under the same key is another body."""

    def upload(content: str) -> httpx.Response:
        return house.officer.post(
            POINTS,
            data={"reason": "csv"},
            files={"file": ("a.csv", f"character,amount\n{content}\n")},
            headers={"Idempotency-Key": "file"},
        )

    assert upload(f"Main{house.mark},1").status_code == 201
    assert upload(f"Main{house.mark},1").headers["idempotency-replayed"] == "true"
    assert upload(f"Main{house.mark},2").status_code == 422


@pytest.mark.parametrize("duplicates", [8])
def test_of_many_at_once_one_moves_the_points(duplicates: int, api_everywhere: Api) -> None:
    """G-7, P-13: on every database; the others get its answer, or 409 while it is at work."""
    house = api_everywhere.house()
    with ThreadPoolExecutor(duplicates) as threads:
        answers = list(threads.map(lambda _: adjust(house, "race"), range(duplicates)))
    done = [answer for answer in answers if answer.status_code == 201]
    busy = [answer for answer in answers if answer.status_code == 409]
    assert len(done) + len(busy) == duplicates, [answer.text for answer in answers]
    assert len({answer.text for answer in done}) == 1
    assert all(answer.headers["retry-after"] for answer in busy)
    assert current(house) == "20.50"

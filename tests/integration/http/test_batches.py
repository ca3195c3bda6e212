"""Batches over HTTP: previewed, made once, shown line by line, reversed; bonuses from a file."""

from __future__ import annotations

from tests.integration.http.house import House

RUNS = "/api/points/batches/"
BONUSES = "/api/points/bonuses/"


def decaying(house: House) -> dict[str, object]:
    """A run of a pool that decays by a tenth."""
    policies = {"policies": {"decay": {"percent": "10"}}}
    house.officer("PATCH", f"/api/pools/{house.things['pool']}/policies/", json=policies).raise_for_status()
    return {"kind": "decay", "now": True}


def test_a_run_is_previewed_made_once_and_reversed(house: House) -> None:
    """P-7, G-7: the second officer is told which batch is there; the same request again is answered alike."""
    wanted = decaying(house)
    house.officer.post(
        "/api/points/adjustments/", json={"user": house.member_id, "amount": "100", "reason": "x"}
    ).raise_for_status()
    preview = house.officer.post(f"{RUNS}preview/", json=wanted).json()
    line = next(each for each in preview["lines"] if each["user_id"] == house.member_id)
    old = house.officer.post(RUNS, json={**wanted, "checksum": "of another"})
    assert (old.status_code, old.json()["code"]) == (409, "preview_is_old")
    headers = {"Idempotency-Key": "decay"}
    body = {**wanted, "checksum": preview["checksum"]}
    made, again = (house.officer.post(RUNS, json=body, headers=headers) for _ in range(2))
    assert (made.status_code, made.json()["total"]) == (201, preview["total"])
    assert again.json() == made.json()
    batch_id = made.json()["id"]
    second = house.officer.post(RUNS, json=body)
    assert (second.status_code, second.json()["code"]) == (409, "batch_exists")
    assert f"Batch {batch_id} " in second.json()["detail"]
    lines = house.officer.get(f"{RUNS}{batch_id}/lines/").json()
    assert lines["count"] == preview["count"]
    booked = next(each for each in lines["results"] if each["user_id"] == house.member_id)
    assert booked["amount"] == line["amount"]
    reversed_ = house.officer.post(f"{RUNS}{batch_id}/reverse/", json={"reason": "no"})
    assert (reversed_.status_code, reversed_.json()["reason"]) == (201, "no")
    twice = house.officer.post(f"{RUNS}{batch_id}/reverse/", json={"reason": "no"})
    assert (twice.status_code, twice.json()["code"]) == (409, "batch_reversed")
    listed = house.officer.get(f"{RUNS}?reversed=true&kind=decay").json()["results"]
    assert [each["id"] for each in listed] == [batch_id]


def test_what_is_not_due_or_not_meant_is_refused_by_its_field(house: House) -> None:
    """G-8."""
    nothing = house.officer.post(RUNS, json={"kind": "decay"})
    assert (nothing.status_code, nothing.json()["code"]) == (409, "nothing_due")
    hand_made = house.officer.post(RUNS, json={"kind": "adjustment"})
    assert (hand_made.status_code, hand_made.json()["errors"][0]["field"]) == (422, "kind")
    empty = house.officer.post(BONUSES, json={"title": "Race"})
    assert (empty.status_code, empty.json()["errors"][0]["field"]) == (422, "lines")
    less = house.officer.post(BONUSES, json={"title": "x", "raid": house.things["raid"], "amount": "-1"})
    assert (less.status_code, less.json()["errors"][0]["field"]) == (422, "amount")
    gone = house.officer.get(f"{RUNS}999999/lines/")
    assert gone.status_code == 404


def test_a_file_of_names_and_amounts_is_a_bonus(house: House) -> None:
    """P-9: the fields are parameters of the query."""
    csv = f"character,amount,reason\nMain{house.mark},25,1st\n"
    headers = {"Content-Type": "text/csv"}
    preview = house.officer.post(f"{BONUSES}preview/?title=Race", content=csv, headers=headers)
    assert (preview.status_code, preview.json()["total"]) == (200, "25.00")
    made = house.officer.post(f"{BONUSES}?title=Race&key=race-1", content=csv, headers=headers)
    assert (made.status_code, made.json()["period"], made.json()["lines"]) == (201, "race-1", 1)
    again = house.officer.post(f"{BONUSES}?title=Race&key=race-1", content=csv, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "batch_exists")
    twice = {"title": "x", "raid": house.things["raid"], "amount": 1, "lines": [{"user": 1, "amount": 1}]}
    assert house.officer.post(BONUSES, json=twice).status_code == 422

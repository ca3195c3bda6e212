"""Importing the roster over HTTP (R-6)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.integration.http.house import Api, House

PATH = "/api/admin/roster-import/"


def test_a_roster_comes_as_a_form_as_text_or_as_the_body_itself(house: House) -> None:
    """R-6: three ways in, one outcome; a dry run changes nothing."""
    table = f"name;level\nFormed{house.mark};1\n".encode()
    shown = house.officer.post(PATH, data={"dry_run": "true"}, files={"file": ("r.csv", table)}).json()
    assert (shown["applied"], shown["new"], shown["lines"][1]["file"]) == (False, 1, "r.csv")
    assert house.officer.get(f"/api/characters/by-name/Formed{house.mark}/").status_code == 404
    made = house.officer.post(PATH, files={"file": ("r.csv", table)}).json()
    assert (made["applied"], made["new"]) == (True, 1)
    csv = house.officer.post(f"{PATH}?missing=leave", content=table, headers={"Content-Type": "text/csv"}).json()
    assert (csv["unchanged"], csv["sha256"]) == (1, made["sha256"])
    text = house.officer.post(PATH, json={"text": table.decode(), "file_name": "r.csv"}).json()
    assert (text["unchanged"], text["file_name"]) == (1, "r.csv")


def test_what_is_no_roster_is_refused_by_name(house: House) -> None:
    """R-6, G-8: no file, two files, a login page, a wrong option: 422, naming the field."""
    for more, field in (
        ({"json": {}}, "text"),
        ({"data": {"text": "name\nA\n"}, "files": {"file": ("a.csv", b"name\nA\n")}}, "text"),
        ({"json": {"text": "<!DOCTYPE html><html><title>Login</title></html>"}}, "file"),
        ({"json": {"text": "name\nA\n", "missing": "forget"}}, "missing"),
        ({"json": {"text": "name\nA\n", "reason": "x" * 501}}, "reason"),
    ):
        answer = house.officer.post(PATH, **more)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"] == field, answer.text


def test_members_import_nothing_and_only_who_adds_members_makes_owners(house: House) -> None:
    """R-6: for officers, and for bots that may write the roster; making owners takes the right to add members."""
    assert house.member.post(PATH, json={"text": "name\nA\n"}).status_code == 403
    bot = house.bot("roster:write")
    wanted = {"text": f"name,is main\nMade{house.mark},yes\n", "create_owners": True}
    refused = bot.post(PATH, json=wanted)
    assert (refused.status_code, "memberships:write" in refused.text) == (403, True)
    assert house.officer.get(f"/api/characters/by-name/Made{house.mark}/").status_code == 404
    assert bot.post(PATH, json={**wanted, "create_owners": False}).json()["refused"] == 1
    assert house.officer.post(PATH, json=wanted).json()["owners_made"] == [f"Made{house.mark}"]


def test_two_imports_of_one_file_at_once_enter_each_character_once(api_everywhere: Api) -> None:
    """R-6: on every database, with real connections: one waits for the other, and finds nothing left to do."""
    house = api_everywhere.house()
    rows = "".join(f"Racer{number}{house.mark},{number},{house.member_id}\n" for number in range(40))
    text = f"name,level,owner\n{rows}"
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: house.officer.post(PATH, json={"text": text}), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    reports = [answer.json() for answer in answers]
    assert sorted(report["new"] for report in reports) == [0, 0, 0, 40]
    assert sorted(report["unchanged"] for report in reports) == [0, 40, 40, 40]
    listed = house.officer.get(f"/api/characters/?search=racer&user_id={house.member_id}").json()
    assert listed["count"] == 40

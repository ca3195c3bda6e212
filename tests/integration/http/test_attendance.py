"""Attendance and points over HTTP, as bots and officers use them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.http.house import Api, House

PARSE = "/api/points/parse-attendance/"


def test_attendance_is_taken_by_name(api_everywhere: Api) -> None:
    """D-3 to D-5: on every database; who is unknown is told, and awarded once they are known."""
    house = api_everywhere.house()
    path = f"/api/raids/{house.raid()}/attendance/"
    names = [f"MAIN{house.mark}", f"Alt{house.mark}", "Unheard", {"name": "Late", "status": "late"}]
    taken = house.officer.post(path, json={"characters": names}).json()
    assert taken["recorded"] == 4
    assert taken["awarded"] == 1
    assert taken["unresolved"] == ["Unheard", "Late"]
    assert taken["points"] == "5.50"
    rows = {row["name"]: row for row in house.officer.get(path).json()}
    assert rows["Late"]["status"] == "late"
    assert rows["Unheard"]["unresolved"] is True
    names_left = house.officer.get(path.replace("attendance", "unresolved")).json()
    assert [row["name"] for row in names_left] == ["Late", "Unheard"]
    body = {"name": "unheard", "user": house.officer_id}
    assert house.officer.post("/api/unresolved-names/", json=body).json()["awarded"] == 1
    board = {row["user_id"]: row["earned"] for row in house.standings()}
    assert board == {house.member_id: "11.00", house.officer_id: "5.50"}


def test_a_cancelled_raid_takes_its_points_back(api_everywhere: Api) -> None:
    """G-4, D-8: DELETE reverses; the history tells of both."""
    house = api_everywhere.house()
    assert house.officer("DELETE", f"/api/raids/{house.things['raid']}/?reason=twice").status_code == 204
    history = house.officer.get(f"/api/points/history/user/{house.member_id}/?kind=attendance").json()
    assert [row["amount"] for row in history["results"]] == ["-5.50", "5.50"]
    assert history["results"][0]["reverses"] == history["results"][1]["id"]
    assert house.officer.get(f"/api/raids/{house.things['raid']}/").json()["status"] == "cancelled"
    again = house.officer.post(f"/api/raids/{house.things['raid']}/attendance/", json={"characters": ["X"]})
    assert (again.status_code, again.json()["code"]) == (409, "raid_cancelled")


def test_balances_as_of_a_moment(api_everywhere: Api) -> None:
    """P-4: what occurred before it counts; of that only what was known then."""
    house = api_everywhere.house()
    path = f"/api/points/user/{house.member_id}/"
    assert house.officer.get(path).json()["balances"][0]["current"] == "15.50"
    before = house.officer.get(f"{path}?as_of=2026-11-01T20:00:00Z").json()["balances"][0]
    after = house.officer.get(f"{path}?as_of=2026-11-01T21:00:01%2B01:00").json()["balances"][0]
    unknown = house.officer.get(f"{path}?known_at=2026-11-01T00:00:00Z").json()["balances"][0]
    assert [row["current"] for row in (before, after, unknown)] == ["0.00", "5.50", "0.00"]


def test_history_carries_its_running_balance(api_everywhere: Api) -> None:
    """P-4: in order of time, with the balance after each entry; filtered, the balance stays the pool's."""
    house = api_everywhere.house()
    path = f"/api/points/history/user/{house.member_id}/"
    everything = house.officer.get(path).json()["results"]
    assert [(row["kind"], row["amount"], row["balance"]) for row in everything] == [
        ("adjustment", "10.00", "15.50"),
        ("attendance", "5.50", "5.50"),
    ]
    assert set(everything[1]) >= {
        "id", "pool_id", "kind", "amount", "reason", "character_name", "raid_id", "occurred_at", "balance"
    }  # fmt: skip
    assert everything[1]["raid_id"] == house.things["raid"]
    assert everything[1]["occurred_at"] == "2026-11-01T20:00:00Z"
    oldest = house.officer.get(f"{path}?ordering=occurred_at&page_size=1").json()
    assert (oldest["count"], oldest["results"][0]["kind"]) == (2, "attendance")
    (only,) = house.officer.get(f"{path}?character_name=main{house.mark}").json()["results"]
    assert only["kind"] == "attendance"


def test_a_raids_leader_takes_its_attendance(house: House) -> None:
    """A-3: whoever an officer names leader may, members else may not."""
    mine, other = house.raid(leader=house.member_id), house.raid()
    body = {"characters": [f"Main{house.mark}"]}
    assert house.member.post(f"/api/raids/{mine}/attendance/", json=body).status_code == 201
    assert house.member.post(f"/api/raids/{mine}/ticks/", json={"name": "Hour 2"}).status_code == 201
    assert house.member.post(f"/api/raids/{other}/attendance/", json=body).status_code == 403
    dump = {"text": f"Main{house.mark}", "raid": mine, "tick": "Hour 3", "at": "2026-11-02T22:00:00Z", "apply": True}
    assert house.member.post(PARSE, json=dump).status_code == 201
    assert house.member.post(PARSE, json={**dump, "raid": other}).status_code == 403


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_preview_changes_nothing(house: House) -> None:
    """D-7: it tells who would get what, and who is unknown."""
    before = house.officer.get("/api/raids/").json()
    body = {
        "text": f"Main{house.mark}\nUnheard\n",
        "event_type": house.things["event_type"],
        "at": "2026-11-05T20:00:00Z",
    }
    answer = house.officer.post(PARSE, json=body)
    assert answer.status_code == 200
    report = answer.json()
    assert (report["applied"], report["awarded"], report["unresolved"], report["raid_id"]) == (
        False,
        1,
        ["Unheard"],
        None,
    )
    assert [(line["name"], line["outcome"], line["points"]) for line in report["lines"]] == [
        (f"Main{house.mark}", "awarded", "5.50"),
        ("Unheard", "unresolved", "0.00"),
    ]
    assert house.officer.get("/api/raids/").json() == before


def test_the_same_file_awards_once(api_everywhere: Api) -> None:
    """D-7: the same bytes find the raid they made; `again` makes another."""
    house = api_everywhere.house()
    form = {"event": house.things["event_type"], "at": "2026-11-05T20:00:00Z", "apply": "true"}
    files = {"file": ("raid.txt", f"Main{house.mark}\n".encode("utf-16"), "text/plain")}
    first = house.officer.post(PARSE, data=form, files=files)
    assert (first.status_code, first.json()["applied"]) == (201, True)
    again = house.officer.post(PARSE, data=form, files=files)
    assert (again.status_code, again.json()["already_imported"]) == (200, True)
    assert again.json()["raid_id"] == first.json()["raid_id"]
    anew = house.officer.post(PARSE, data={**form, "again": "true"}, files=files)
    assert anew.status_code == 201
    assert anew.json()["raid_id"] != first.json()["raid_id"]


def test_local_times_need_their_zone(house: House) -> None:
    """D-13: an hour that exists twice is flagged, with both moments."""
    body = {"text": f"Main{house.mark}", "at": "2026-10-25T02:30:00", "zone": "Europe/Berlin"}
    answer = house.officer.post(PARSE, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "ambiguous_time")
    settled = house.officer.post(PARSE, json={**body, "at": "2026-10-25T02:30:00+01:00"})
    assert settled.json()["at"] == "2026-10-25T01:30:00Z"


@pytest.mark.parametrize("name", ["eq_raiddump_classic_6col.txt", "RaidTick-2024-03-22_09-47-32.txt"])
def test_files_of_the_field_are_read(name: str, house: House) -> None:
    """D-6: formats are recognised by name and content."""
    path = Path(__file__).parents[4] / "shared" / "samples" / name
    if not path.exists():
        pytest.skip(f"no samples in {path.parent}")
    answer = house.officer.post(PARSE, files={"file": (name, path.read_bytes())})
    assert answer.status_code == 200, answer.text
    assert answer.json()["recorded"] > 0


def test_forms_are_read_strictly(house: House) -> None:
    """G-8: a second file, a field given twice, an unknown field, a broken form."""
    two = [("file", ("a.txt", b"A")), ("file", ("b.txt", b"B"))]
    assert house.officer.post(PARSE, files=two).status_code == 422
    other = {"attachment": ("a.txt", b"A")}
    answer = house.officer.post(PARSE, files=other)
    assert answer.json()["errors"][0]["field"] == "attachment"
    answer = house.officer.post(PARSE, data={"raids": "1"}, files={"file": ("a.txt", b"A")})
    assert answer.json()["errors"][0]["field"] == "raids"
    for kind in ("multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=\xff"):
        headers = {b"Content-Type": kind.encode("latin-1")}
        broken = house.officer.post(PARSE, content=b"--y\r\nnonsense", headers=headers)
        assert broken.status_code in (400, 422), broken.text
    much = {"file": ("a.txt", b"x" * (house.api.settings.upload_bytes_max + 1))}
    assert house.officer.post(PARSE, files=much).status_code == 413


def test_points_are_adjusted_by_csv(house: House) -> None:
    """P-8: as a file or as the body; a dry run changes nothing, a bad line spoils all and is named."""
    path = "/api/points/adjustments/"
    csv = f"character,amount,reason\nMain{house.mark},2.50,keys\nAlt{house.mark},-1,\n"
    kind = {"Content-Type": "text/csv; charset=utf-8"}
    trial = house.officer.post(f"{path}?reason=tidying&dry_run=true", content=csv, headers=kind)
    assert trial.status_code == 201
    assert [(row["id"], row["amount"], row["reason"]) for row in trial.json()["adjustments"]] == [
        (None, "2.50", "keys"),
        (None, "-1.00", "tidying"),
    ]
    assert house.officer.get(path).json()["count"] == 1
    made = house.officer.post(path, data={"reason": "tidying"}, files={"file": ("a.csv", csv)})
    assert made.json()["count"] == 2
    bad = house.officer.post(f"{path}?reason=x", content=f"{csv}Main{house.mark},much,\nNobody,1,\n", headers=kind)
    assert bad.status_code == 422
    assert [error["field"] for error in bad.json()["errors"]] == ["line 4"]
    assert house.officer.get(path).json()["count"] == 3
    latin = house.officer.post(f"{path}?reason=x", content="character,amount\nZoë,1".encode("latin-1"), headers=kind)
    assert latin.json()["errors"][0] == {"field": "file", "fault": "it is not UTF-8", "accepted": "CSV in UTF-8"}


def test_an_adjustment_is_reversed_once(api_everywhere: Api) -> None:
    """P-8, G-4: voided by reversal, not twice."""
    house = api_everywhere.house()
    path = f"/api/points/adjustments/{house.things['adjustment']}/reverse/"
    assert house.officer.post(path, json={"reason": "mistake"}).json()["reversed_at"]
    again = house.officer.post(path, json={"reason": "mistake"})
    assert (again.status_code, again.json()["code"]) == (409, "already_reversed")
    (row,) = house.officer.get("/api/points/adjustments/?reversed=true").json()["results"]
    assert row["id"] == house.things["adjustment"]


# --- the roster -------------------------------------------------------------------------------------------------------


def test_the_roster_as_guests_see_it(house: House, other_house: House) -> None:
    """A-3: where the guild opens it, characters and ranks show, and not whose they are."""
    guest = other_house.member.within(house.mark)
    assert guest.get("/api/characters/").status_code == 403
    house.officer("PATCH", f"/api/guilds/{house.mark}/settings/", json={"public_roster": True})
    rows = guest.get("/api/characters/").json()["results"]
    assert {row["name"] for row in rows} == {f"Main{house.mark}", f"Alt{house.mark}"}
    assert {(row["owner"], row["user_id"]) for row in rows} == {(None, None)}
    assert guest.get("/api/discord/roster/").status_code == 403
    assert guest.get(f"/api/points/leaderboard/{house.things['pool']}/").status_code == 403


def test_a_hidden_rank_is_on_the_roster_for_officers_only(house: House, other_house: House) -> None:
    """R-2: members still find its characters by id and name, guests of a public roster do not."""
    guest = other_house.member.within(house.mark)
    house.officer("PATCH", f"/api/guilds/{house.mark}/settings/", json={"public_roster": True})
    bench = house.officer.post("/api/ranks/", json={"name": "Bench", "is_hidden": True}).json()["id"]
    one = f"/api/characters/{house.things['character']}/"
    assert house.officer("PATCH", one, json={"rank_id": bench}).json()["rank"] == "Bench"
    rows = {
        name: {row["name"] for row in caller.get("/api/characters/").json()["results"]}
        for name, caller in (("officer", house.officer), ("member", house.member), ("guest", guest))
    }
    main, alt = f"Main{house.mark}", f"Alt{house.mark}"
    assert rows == {"officer": {main, alt}, "member": {alt}, "guest": {alt}}
    for path in (one, f"/api/characters/by-name/{main}/"):
        assert house.member.get(path).json()["name"] == main
        assert guest.get(path).status_code == 404
    shown = guest.get(f"/api/characters/by-name/{alt}/").json()
    assert (shown["main_id"], shown["main_character"]) == (None, None)


def test_members_enter_their_own_characters(house: House) -> None:
    """R-1: pending until an officer approves."""
    entered = house.member.post("/api/characters/", json={"name": f"Mine{house.mark}"}).json()
    assert (entered["status"], entered["user_id"]) == ("pending", house.member_id)
    assert house.member.post(f"/api/characters/{entered['id']}/approve/").status_code == 403
    assert house.officer.post(f"/api/characters/{entered['id']}/approve/").json()["status"] == "active"
    again = house.officer.post(f"/api/characters/{entered['id']}/approve/")
    assert (again.status_code, again.json()["code"]) == (409, "not_pending")


def test_a_bulk_update_is_tried_before_it_is_done(house: House) -> None:
    """R-6: a dry run shows what would change; names and ids may be mixed."""
    updates = [
        {"character": f"main{house.mark}", "rank": "RAIDER"},
        {"character": house.things["alt"], "rank": house.things["rank"]},
    ]
    trial = house.officer.post("/api/admin/bulk-rank-update/", json={"updates": updates, "dry_run": True}).json()
    assert (trial["dry_run"], trial["updated"]) == (True, 2)
    assert {row["rank"] for row in house.officer.get("/api/characters/").json()["results"]} == {"Member"}
    done = house.officer.post("/api/admin/bulk-rank-update/", json={"updates": updates, "reason": "promoted"}).json()
    assert done["updated"] == 2
    (line,) = house.officer.get(f"/api/characters/{house.things['alt']}/rank-history/").json()
    assert (line["before"], line["after"], line["reason"]) == ("Member", "Raider", "promoted")
    unknown = [*updates, {"character": "Nobody", "rank": "Raider"}]
    assert house.officer.post("/api/admin/bulk-rank-update/", json={"updates": unknown}).status_code == 404


def test_what_fails_in_part_fails_whole(house: House) -> None:
    """G-8: a new rank and a bad name in one request: neither is kept."""
    path = f"/api/characters/{house.things['character']}/"
    answer = house.officer("PATCH", path, json={"rank_id": house.things["rank"], "name": "\t"})
    assert answer.status_code == 422
    assert house.officer.get(path).json()["rank"] == "Member"


def test_attendance_is_corrected_many_at_once(house: House) -> None:
    """D-8: PATCH and DELETE, in one transaction; the same again changes nothing."""
    raid = house.raid()
    path, names = f"/api/raids/{raid}/attendance/", [f"Main{house.mark}", "Stranger"]
    assert house.officer.post(path, json={"characters": names}).status_code == 201
    absent = {"characters": [{"name": name, "status": "absent_excused"} for name in names]}
    tried = house.officer("PATCH", path, json={**absent, "dry_run": True}).json()
    assert (tried["applied"], [each["difference"] for each in tried["paid_anew"]]) == (False, ["-5.50"])
    answers = [house.officer("PATCH", path, json=absent).json() for _ in range(2)]
    assert [(each["changed"], each["reversed_entries"]) for each in answers] == [(2, 1), (0, 0)]
    unknown = {"characters": [{"name": names[0], "status": "late"}, {"name": "Never", "status": "late"}]}
    assert house.officer("PATCH", path, json=unknown).status_code == 404
    assert {row["status"] for row in house.officer.get(path).json()} == {"absent_excused"}
    removed = house.officer("DELETE", path, json={"characters": [*names, "Never"]})
    assert removed.status_code == 200, removed.text
    assert (removed.json()["removed"], removed.json()["missing"]) == (2, ["Never"])
    assert house.officer.get(path).json() == []
    assert house.member("DELETE", path, json={"characters": names}).status_code == 403
    nothing = house.officer("PATCH", path, json={"characters": [{"name": "Main"}]})
    assert (nothing.status_code, nothing.json()["errors"][0]["field"]) == (422, "names")

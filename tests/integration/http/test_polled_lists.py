"""Lists that are polled: tags, freshness, and one question for all who ask at once (O-16)."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from dkp_core.kernel.actor import operator
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http.operation import Operation
from tests.integration.http.house import Api, House
from tests.integration.http.samples import SAMPLES
from tests.unit.http.operations import OPERATIONS

POLLED = [operation for operation in OPERATIONS if operation.polled]


@pytest.mark.parametrize("operation", POLLED, ids=[each.id for each in POLLED])
def test_an_unchanged_list_answers_304(operation: Operation, settled: House) -> None:
    """Conventions: ETag and If-None-Match, also as one of several tags, or weak."""
    sample = SAMPLES[operation.id](settled)
    path = operation.path.format(**sample.path) + sample.query
    first = settled.officer.get(path)
    etag = first.headers["etag"]
    for given in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = settled.officer.get(path, headers={"If-None-Match": given})
        assert again.status_code == 304, given
        assert again.content == b""
        assert again.headers["etag"] == etag
        assert again.headers["x-request-id"]
    assert settled.officer.get(path, headers={"If-None-Match": '"other"'}).content == first.content


def test_a_tag_is_of_one_guild_one_caller_and_one_query(settled: House, strangers: House) -> None:
    """O-16: what one may see is not what another may."""
    tags = [
        settled.officer.get("/api/characters/").headers["etag"],
        settled.member.get("/api/characters/").headers["etag"],
        settled.officer.get("/api/characters/?page_size=10").headers["etag"],
        strangers.officer.get("/api/characters/").headers["etag"],
    ]
    boards = [f"/api/points/leaderboard/{house.things['pool']}/" for house in (settled, strangers)]
    tags += [settled.officer.get(boards[0]).headers["etag"], settled.member.get(boards[0]).headers["etag"]]
    tags += [settled.officer.get(f"{boards[0]}?everyone=true").headers["etag"]]
    tags += [strangers.officer.get(boards[1]).headers["etag"]]
    assert len(set(tags)) == len(tags)


def test_a_list_is_never_older_than_the_last_commit(house: House) -> None:
    """O-16: whoever wrote through this process reads what was written, at once, twenty times over."""
    board = f"/api/points/leaderboard/{house.things['pool']}/"
    tags = set()
    for number in range(1, 21):
        house.officer.get(board)
        house.officer.post("/api/points/adjustments/", json={"user": house.member_id, "amount": 1, "reason": "x"})
        answer = house.officer.get(board)
        shown = next(row for row in answer.json() if row["user_id"] == house.member_id)
        assert shown["adjusted"] == f"{10 + number}.00"
        tags.add(answer.headers["etag"])
        house.officer.post("/api/characters/", json={"name": f"N{number} {house.mark}"})
        assert house.officer.get("/api/characters/").json()["count"] == 2 + number
    assert len(tags) == 20


def test_a_list_is_at_most_50_ms_old(api: Api, house: House) -> None:
    """O-16: what another process commits shows within that time."""
    elsewhere = UseCases(settings=api.settings)
    try:
        house.officer.get("/api/ranks/")
        elsewhere.create_rank()(name="Other", by=operator("test", house.guild_id))  # type: ignore[arg-type]
        time.sleep(0.06)
        assert "Other" in [rank["name"] for rank in house.officer.get("/api/ranks/").json()]
    finally:
        elsewhere.database().close()


def test_a_revoked_key_opens_nothing_that_was_just_read(house: House) -> None:
    """A-8, O-16: the process that revoked it forgets at once."""
    made = house.officer.post("/api/auth/bot-keys/", json={"name": "bot", "scopes": ["roster:read"]}).json()
    bot = house.api.by(made["token"])
    assert bot.get("/api/ranks/").status_code == 200
    assert house.officer("DELETE", f"/api/auth/bot-keys/{made['id']}/").status_code == 204
    assert bot.get("/api/ranks/").status_code == 401


def test_many_pollers_get_one_answer(house: House) -> None:
    """O-16: at once, and all of them the same."""
    board = f"/api/points/leaderboard/{house.things['pool']}/"
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: house.officer.get(board), range(64)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len({answer.headers["x-request-id"] for answer in answers}) == 64


def test_every_use_of_a_key_is_counted_in_time(own_api: Api) -> None:
    """A-8: without a write per request; polls that are answered at once count too."""
    house = own_api.house()
    made = house.officer.post("/api/auth/bot-keys/", json={"name": "counted", "scopes": ["roster:read"]}).json()
    bot = own_api.by(made["token"])
    before = datetime.now(UTC)
    for _ in range(5):
        bot.get("/api/ranks/")
    bot.get(f"/api/characters/{house.things['character']}/")
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: bot.get("/api/characters/"), range(24)))
    uses = own_api.key_uses.taken()
    count, at = uses[made["id"]]
    assert count == 30
    assert before <= at <= datetime.now(UTC)
    own_api.key_uses.give_back(uses)


def test_uses_are_written_down_at_the_end(own_api: Api) -> None:
    """A-8, O-12: what was counted is kept when the process ends."""
    house = own_api.house()
    made = house.officer.post("/api/auth/bot-keys/", json={"name": "counted", "scopes": ["roster:read"]}).json()
    own_api.by(made["token"]).get("/api/ranks/")
    own_api.client.exit_stack.close()
    rows = own_api.use_cases.list_bot_keys()(by=operator("test", house.guild_id))  # type: ignore[arg-type]
    (row,) = (row for row in rows if row.id == made["id"])
    assert row.use_count == 1
    assert row.last_used_at is not None

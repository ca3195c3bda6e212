"""Health, metrics and logs; and a database that goes away and comes back (O-11, O-12)."""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from dependency_injector import providers
from litestar.testing import TestClient

from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http import create_app
from dkp_entrypoints.observability import configure_logging
from dkp_entrypoints.settings import Settings
from tests import services
from tests.integration.databases import with_schema
from tests.integration.http.house import Api, House, serving


def test_the_process_is_live_and_ready(api_everywhere: Api) -> None:
    """O-11: database, migrations, worker and notices, each with its detail, without a key."""
    assert api_everywhere.client.get("/health/live").json() == {"status": "live"}
    answer = api_everywhere.client.get("/health/ready")
    assert answer.status_code == 200, answer.text
    ready = answer.json()
    assert ready["ready"] is True
    assert [part["name"] for part in ready["parts"]] == ["database", "migrations", "worker", "notices"]
    assert all(part["detail"] for part in ready["parts"])


def test_officers_and_developers_see_the_systems_health(house: House) -> None:
    """A-3: members do not."""
    answer = house.officer.get("/api/admin/system-health/")
    assert answer.json()["database"] == "sqlite"
    assert {lane["name"] for lane in answer.json()["lanes"]} == {"read", "write", "long", "outside"}
    assert house.member.get("/api/admin/system-health/").status_code == 403
    house.officer("PATCH", f"/api/memberships/{house.member_id}/", json={"role_group": "developer"})
    assert house.member.get("/api/admin/system-health/").status_code == 200


def test_a_database_without_its_schema_is_not_ready(tmp_path: Path) -> None:
    """O-11: 503 says what is missing, in the same form."""
    url = services.make_database("sqlite", directory=tmp_path)
    with serving(url) as api:
        answer = api.client.get("/health/ready")
        assert answer.status_code == 503
        assert answer.json()["ready"] is False
    services.drop_database(url)


def test_a_database_that_goes_away_gives_503_and_comes_back(tmp_path: Path) -> None:
    """O-12: with Retry-After; nothing has to be started again."""
    url = with_schema("sqlite", tmp_path)
    file = Path(url.removeprefix("sqlite:///"))
    with serving(url) as api:
        house = api.house()
        board = f"/api/points/user/{house.member_id}/"
        assert house.officer.get(board).status_code == 200
        away = file.with_suffix(".away")
        api.database.engine.readers.close_idle()
        api.database.engine.writers.close_idle()
        api.database.engine.aside.close_idle()
        for each in (file, *file.parent.glob(f"{file.name}-*")):
            each.rename(each.with_name(each.name.replace(file.name, away.name)))
        file.mkdir()
        for method, path in (("GET", board), ("GET", "/api/ranks/"), ("POST", "/api/ranks/")):
            answer = house.officer(method, path, json={"name": "x"} if method == "POST" else None)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
            assert int(answer.headers["retry-after"]) > 0
        assert api.client.get("/health/ready").status_code == 503
        assert api.client.get("/health/live").status_code == 200
        assert api.client.get("/metrics").status_code == 200
        file.rmdir()
        for each in away.parent.glob(f"{away.name}*"):
            each.rename(each.with_name(each.name.replace(away.name, file.name)))
        assert house.officer.get(board).status_code == 200
        assert house.officer.post("/api/ranks/", json={"name": "x"}).status_code == 201
        assert api.client.get("/health/ready").status_code == 200
    services.drop_database(url)


# --- metrics ----------------------------------------------------------------------------------------------------------


def test_metrics_count_by_route(own_api: Api) -> None:
    """O-11: by method, route and status; routes, not paths, and never what is in them."""
    house = own_api.house()
    house.officer.get(f"/api/characters/{house.things['character']}/")
    house.officer.get("/api/ranks/")
    house.officer.get("/api/ranks/")
    own_api.nobody.get("/api/secret-place/")
    own_api.nobody("BREW", "/api/ranks/")
    answer = own_api.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    text = answer.text
    assert 'dkp_http_requests_total{method="GET",route="/api/characters/{character_id}/",status="200"} 1.0' in text
    assert re.search(r'dkp_http_requests_total{method="GET",route="/api/ranks/",status="200"} [23]\.0', text)
    assert 'route="unknown",status="404"' in text
    assert 'method="OTHER"' in text
    assert "BREW" not in text
    assert "secret-place" not in text
    assert 'dkp_http_request_seconds_bucket{le="0.2",method="GET",route="/api/ranks/"}' in text
    for lane in ("read", "write", "long"):
        assert f'dkp_lane_depth{{lane="{lane}"}}' in text
    for name in ("waiting", "lag_seconds", "parked"):
        assert f'dkp_worker_{name}{{kind="deliveries"}}' in text
        assert f'dkp_worker_{name}{{kind="notices"}}' in text


def test_metrics_tell_of_the_database_time(own_api: Api) -> None:
    """O-18: how long requests wait for the database."""
    house = own_api.house()
    house.officer.get(f"/api/points/user/{house.member_id}/")
    text = own_api.client.get("/metrics").text
    found = re.search(r'dkp_http_database_seconds_sum{method="GET",route="/api/points/user/{user_id}/"} (\S+)', text)
    assert found is not None
    assert 0 < float(found[1]) < 5


# --- logs -------------------------------------------------------------------------------------------------------------


@contextmanager
def logging_as_json(capsys: pytest.CaptureFixture[str], level: str = "info") -> Iterator[None]:
    """Log as the settings say, and as before afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    with capsys.disabled():
        pass
    configure_logging(Settings(log_format="json", log_level=level))
    try:
        yield
    finally:
        root.handlers[:], root.level = before[0], before[1]
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """What was logged."""
    found = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    return [line for line in found if line["logger"] == "dkp.http"]  # the test's own client logs too


def test_a_request_is_logged_with_who_and_where(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """O-11: request, guild and actor, and no secret."""
    with logging_as_json(capsys):
        house.officer.post("/api/ranks/", json={"name": "Veteran"}, headers={"X-Request-ID": "log-me"})
    (line,) = (each for each in lines(capsys) if each.get("request_id") == "log-me")
    assert (line["event"], line["method"], line["route"], line["status"]) == ("answered", "POST", "/api/ranks/", 201)
    assert line["guild"] == house.guild_id
    assert line["actor"].startswith("api_key:")
    assert line["ms"] > 0


def test_reads_are_logged_when_one_looks_for_something(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    """O-11: their lines are for the level debug."""
    with logging_as_json(capsys):
        house.officer.get("/api/ranks/")
    assert not lines(capsys)
    with logging_as_json(capsys, "debug"):
        house.officer.get("/api/ranks/")
    assert [each["route"] for each in lines(capsys) if each.get("event") == "answered"] == ["/api/ranks/"]


def test_a_fault_of_ours_is_logged_without_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """O-11, G-8: 500 tells the client nothing but the id; the log has the traceback, and no key in it."""
    url = with_schema("sqlite", tmp_path)
    with serving(f"{url}?synchronous=off") as api:
        house = api.house()

        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError("a secret place")

        with api.use_cases.list_ranks.override(providers.Object(broken)), logging_as_json(capsys):
            answer = house.officer.get("/api/ranks/", headers={"X-Request-ID": "broken"})
    services.drop_database(url)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    logged = [line for line in lines(capsys) if line.get("event") == "failed"]
    assert [line["request_id"] for line in logged] == ["broken"]
    assert "ZeroDivisionError" in json.dumps(logged[0])
    assert house.officer.token is not None
    assert house.officer.token not in json.dumps(logged[0])


# --- living and ending ------------------------------------------------------------------------------------------------


class Beside:
    """Something that runs beside the application."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __enter__(self) -> Beside:
        self.seen.append(f"entered {threading.current_thread() is threading.main_thread()}")
        return self

    def __exit__(self, *_: object) -> None:
        self.seen.append("left")


def test_what_runs_beside_lives_as_long_as_the_application(tmp_path: Path) -> None:
    """O-10: a worker is started with it and ended with it, without holding up the event loop."""
    url = with_schema("sqlite", tmp_path)
    settings, beside = Settings(database_url=url), Beside()
    use_cases = UseCases(settings=settings)
    with TestClient(create_app(settings, use_cases=use_cases, beside=[beside])) as client:
        assert client.get("/health/live").status_code == 200
        assert beside.seen == ["entered False"]
    assert beside.seen == ["entered False", "left"]
    use_cases.database().close()
    services.drop_database(url)


def test_an_application_by_itself_opens_and_closes_its_database(tmp_path: Path) -> None:
    """O-10: `create_app(settings)` is all that a server needs."""
    url = with_schema("sqlite", tmp_path)
    with TestClient(create_app(Settings(database_url=url))) as client:
        assert client.get("/health/ready").json()["ready"] is True
    services.drop_database(url)


def test_users_found_guilds_where_the_setting_allows(tmp_path: Path) -> None:
    """A-11: the maker is its first officer."""
    url = with_schema("sqlite", tmp_path)
    with serving(f"{url}?synchronous=off", users_may_found=True) as api:
        house = api.house()
        made = house.member.post("/api/guilds/", json={"name": "Second Dawn"})
        assert (made.status_code, made.json()["slug"]) == (201, "second-dawn")
        mine = house.member.within("second-dawn")
        assert mine.get("/api/memberships/").json()["results"][0]["user_id"] == house.member_id
        assert house.bot("points:read").post("/api/guilds/", json={"name": "Bots"}).status_code == 403
    services.drop_database(url)

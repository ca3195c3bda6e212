"""How the command line asks a running API: what it sends, what it tries again, and what it makes of answers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from dkp_core.guilds import GuildRow
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AuctionId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.loot import RulesRow
from dkp_core.points import AdjustmentRow, PoolRow
from dkp_entrypoints.cli.exit_codes import ExitCode
from dkp_entrypoints.cli.failing import judged
from dkp_entrypoints.cli.remote import PAUSE_SECONDS_MAX, PAUSES_SECONDS, Api, Refused, ServerUnavailable
from dkp_entrypoints.cli.remote_use_cases import FILE_BYTES_MAX, RemoteUseCases
from dkp_entrypoints.containers import UseCases

SERVER = "https://dkp.example.org"
POOL = {"id": 1, "name": "DKP", "unit": "DKP", "decimals": 2, "is_default": True, "archived": False}
IN_PROGRESS = {"code": "request_in_progress", "detail": "A request with this Idempotency-Key is still at work."}

Answer = httpx.Response | Exception


def problem(status: int, detail: str, code: str = "any") -> httpx.Response:
    """An error as the API tells it."""
    told = {"code": code, "detail": detail, "status": status}
    return httpx.Response(status, json=told, headers={"Content-Type": "application/problem+json"})


class Told:
    """An API whose answers are laid out beforehand; notes what it was sent, and how long was waited."""

    def __init__(self, *answers: Answer) -> None:
        self.answers: Iterator[Answer] = iter(answers)
        self.sent: list[httpx.Request] = []
        self.waited: list[float] = []
        client = httpx.Client(transport=httpx.MockTransport(self.answer))
        self.api = Api(SERVER, client, sleep=self.waited.append)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The next answer."""
        self.sent.append(request)
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


# --- once, whatever happens on the way --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut off"),
        problem(503, "Too much is going on at once."),
        httpx.Response(502, text="<html>"),
        httpx.Response(409, json=IN_PROGRESS, headers={"Content-Type": "application/problem+json"}),
    ],
)
def test_what_does_not_get_through_is_tried_again_after_growing_pauses(failure: Answer) -> None:
    """I-3, G-7: each attempt of a POST is the same request under the same key, so that it is done once."""
    told = Told(failure, failure, httpx.Response(200, json=POOL))
    assert told.api.post("/api/x/", PoolRow, {"a": Points.of("1.50")}).name == "DKP"
    assert told.waited == list(PAUSES_SECONDS[:2])
    assert len({request.headers["Idempotency-Key"] for request in told.sent}) == 1
    assert {request.content for request in told.sent} == {b'{"a":"1.50"}'}


def test_another_call_is_another_request() -> None:
    """G-7: the same import twice is two imports, unless the caller says that it is one."""
    told = Told(*[httpx.Response(200, json=POOL)] * 4)
    for once in (None, None, "line-1", "line-1"):
        told.api.post("/api/x/", PoolRow, {}, once=once)
    first, second, third, fourth = (request.headers["Idempotency-Key"] for request in told.sent)
    assert first != second
    assert third == fourth == "line-1"


def test_who_tries_again_by_themselves_repeats_the_same_request() -> None:
    """G-7, L-16: one attempt at a time, under the key that is named; afterwards it is as before."""
    gone, done = httpx.ConnectError("refused"), httpx.Response(200, json=POOL)
    told = Told(gone, done, gone, done)
    with pytest.raises(ServerUnavailable), told.api.attempt("batch-1"):
        told.api.post("/api/x/", PoolRow, {})
    with told.api.attempt("batch-1"):
        told.api.post("/api/x/", PoolRow, {})
    assert told.waited == []
    told.api.post("/api/x/", PoolRow, {})
    assert told.waited == [PAUSES_SECONDS[0]]
    first, second, third, fourth = (request.headers["Idempotency-Key"] for request in told.sent)
    assert first == second == "batch-1"
    assert third == fourth != "batch-1"


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (httpx.ConnectError("[Errno 111] Connection refused"), "Connection refused"),
        (httpx.ConnectTimeout(""), "took too long"),
        (problem(503, "The database does not answer; try again in a moment."), "The database does not answer"),
        (httpx.Response(504), "504 Gateway Timeout"),
    ],
)
def test_a_server_that_does_not_answer_is_one_line(failure: Answer, said: str) -> None:
    """I-3: after a few attempts, with the exit code of a database that is gone."""
    told = Told(*[failure] * 9)
    with pytest.raises(ServerUnavailable) as raised:
        told.api.get("/api/pools/", PoolRow)
    assert len(told.sent) == len(PAUSES_SECONDS) + 1
    code, sentence = judged(raised.value)
    assert code is ExitCode.DATABASE
    assert sentence.startswith(f"{SERVER} does not answer: ")
    assert said in sentence


@pytest.mark.parametrize(
    ("retry_after", "waited"), [("5", 5.0), ("86400", PAUSE_SECONDS_MAX), ("soon", 0.25), ("", 0.25)]
)
def test_a_server_may_say_how_long_it_wants_to_be_left_alone(retry_after: str, waited: float) -> None:
    """I-3: `Retry-After`, but never for hours."""
    told = Told(httpx.Response(503, headers={"Retry-After": retry_after}), httpx.Response(200, json=POOL))
    told.api.get("/api/pools/1/", PoolRow)
    assert told.waited == [waited]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 415, 422, 500])
def test_a_refusal_is_not_tried_again(status: int) -> None:
    """G-8: what is refused is refused; a fault of the server's may have done something."""
    told = Told(problem(status, "No."))
    with pytest.raises(Refused):
        told.api.post("/api/x/", PoolRow, {})
    assert told.waited == []


def test_a_dry_run_sends_nothing_that_would_change_something() -> None:
    """I-3: rather than changing it; a preview that the server has is asked for."""
    told = Told(httpx.Response(200, json=POOL))
    told.api.looks_only = True
    with pytest.raises(InvalidValue, match="--dry-run"):
        told.api.post("/api/x/", PoolRow, {})
    with pytest.raises(InvalidValue, match="--dry-run"):
        told.api.put("/api/x/", PoolRow, {})
    with pytest.raises(InvalidValue, match="--dry-run"):
        told.api.delete("/api/x/")
    assert told.sent == []
    told.api.post("/api/x/", PoolRow, {"apply": False}, changes=False)


def test_what_is_set_or_taken_away_is_tried_again_too() -> None:
    """I-3: PUT and DELETE leave the same behind however often they come; what is None is not said."""
    gone = httpx.ConnectError("refused")
    told = Told(gone, httpx.Response(200, json=POOL), gone, httpx.Response(204))
    assert told.api.put("/api/x/", PoolRow, {"a": Points.of("1.50")}).name == "DKP"
    told.api.delete("/api/x/", user=7, discord_id=None)
    assert [(each.method, each.content, each.url.query) for each in told.sent] == [
        ("PUT", b'{"a":"1.50"}', b""),
        ("PUT", b'{"a":"1.50"}', b""),
        ("DELETE", b"", b"user=7"),
        ("DELETE", b"", b"user=7"),
    ]


# --- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, ExitCode.INVALID),
        (401, ExitCode.FORBIDDEN),
        (403, ExitCode.FORBIDDEN),
        (404, ExitCode.NOT_FOUND),
        (409, ExitCode.CONFLICT),
        (413, ExitCode.INVALID),
        (422, ExitCode.INVALID),
        (500, ExitCode.FAULT),
    ],
)
def test_each_problem_has_the_exit_code_of_the_same_error_here(status: int, code: ExitCode) -> None:
    """G-8, I-3: and says what the server says."""
    with pytest.raises(Refused) as raised:
        Told(problem(status, "There is no pool 'x' here.")).api.get("/api/pools/", PoolRow)
    judgement, sentence = judged(raised.value)
    assert judgement is code
    assert sentence == "There is no pool 'x' here." or (status == 401 and "--key" in sentence)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, text="<html>It works!</html>"),
        httpx.Response(404, text="<html>Not Found</html>"),
        httpx.Response(301, headers={"Location": "https://elsewhere.example.org/"}),
        httpx.Response(500, text="Traceback"),
        httpx.Response(200, json={"hello": "world"}),
        httpx.Response(200, json=[1]),
        httpx.Response(200, json=None),
    ],
)
def test_what_is_no_such_server_is_told(answer: httpx.Response) -> None:
    """I-3: a wrong address is not 'not found', and not a fault of ours."""
    with pytest.raises(InvalidValue, match="--server"):
        Told(answer).api.get("/api/pools/1/", PoolRow)


def test_a_key_is_not_carried_elsewhere() -> None:
    """O-13: a redirect is told, not followed."""
    told = Told(httpx.Response(307, headers={"Location": "https://elsewhere.example.org/"}))
    with pytest.raises(InvalidValue, match=r"leads to https://elsewhere\.example\.org/"):
        told.api.get("/api/pools/1/", PoolRow)
    assert len(told.sent) == 1


def test_rows_come_back_as_they_were() -> None:
    """G-3, I-3: points, moments in UTC, kinds, nothing; what a newer server adds is passed over."""
    row = {
        "id": 1,
        "user_id": 2,
        "username": "Björn",
        "pool_id": 1,
        "amount": "-1.50",
        "reason": "late",
        "note": "",
        "character_name": "",
        "actor_kind": "operator",
        "actor_id": "operator",
        "actor_name": None,
        "reversed_at": None,
        "external_id": "eqdkp:9",
        "occurred_at": "2026-11-20T20:15:00Z",
        "recorded_at": "2026-11-20T20:15:00.250000Z",
        "colour": "red",
    }
    told = Told(httpx.Response(200, json={"count": 7, "next": None, "previous": None, "results": [row]}))
    page = told.api.page("/api/points/adjustments/", AdjustmentRow, PageRequest(2, 50), reversed=False, user_id=None)
    (made,) = page.results
    assert (page.count, made.amount, made.reversed_at, made.external_id) == (7, Points.of("-1.5"), None, "eqdkp:9")
    assert made.occurred_at == datetime(2026, 11, 20, 20, 15, tzinfo=UTC)
    assert str(told.sent[0].url.query, "ascii") == "reversed=false&page=2&page_size=50"


def test_settings_come_back_as_they_were() -> None:
    """I-3: a guild's settings are numbers and yes or no."""
    guild = {
        "id": 1,
        "slug": "a",
        "name": "A",
        "timezone": "UTC",
        "first_weekday": "monday",
        "settings": {"public_roster": False, "keep_uploads_days": 90},
        "founded_at": "2026-01-01T00:00:00Z",
    }
    (found,) = Told(httpx.Response(200, json=[guild])).api.get("/api/guilds/", tuple[GuildRow, ...])
    assert found.settings == {"public_roster": False, "keep_uploads_days": 90}
    assert found.settings["public_roster"] is False


# --- where to, and with what ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "server",
    [
        *("", "dkp.example.org", "ftp://dkp.example.org", "https://", "https://dkp.example.org/?a=b"),
        *(
            "https://me:secret@dkp.example.org",
            "https://dkp.example.org:port",
            "https://[::1",
            "http://dkp.example.org",
        ),
        *("http://10.0.0.5:8000", "http://localhost.example.org", "http://127.0.0.1.example.org"),
    ],
)
def test_a_key_is_not_sent_just_anywhere(server: str) -> None:
    """O-13: over plain http to this machine alone, unless told to."""
    with pytest.raises(InvalidValue, match="--server"):
        Api.at(server, key="k")


@pytest.mark.parametrize(
    ("server", "insecure"),
    [
        *(("https://dkp.example.org", False), ("https://example.org/dkp/", False), ("http://localhost:8000", False)),
        *(("http://127.0.0.1:8000", False), ("http://[::1]:8000", False), ("http://10.0.0.5:8000", True)),
    ],
)
def test_addresses_that_are_taken(server: str, insecure: bool) -> None:
    """I-3: also below a path, as behind a proxy."""
    api = Api.at(server, key="k", insecure=insecure)
    assert not api.server.endswith("/")
    api.close()


@pytest.mark.parametrize(
    ("key", "guild"), [("", None), ("k\nX-Guild: other", None), ("ké", None), ("k", "é"), ("k", " ")]
)
def test_keys_and_guilds_are_header_text(key: str, guild: str | None) -> None:
    """O-13: nothing else gets into a header."""
    with pytest.raises(InvalidValue, match=r"--(key|guild)"):
        Api.at(SERVER, key=key, guild=guild)


# --- use cases --------------------------------------------------------------------------------------------------------


def parameters(ask: Callable[..., Any]) -> dict[str, tuple[Any, Any]]:
    """What it is called with: each name with its kind, and whether it must be given."""
    found = list(inspect.signature(ask).parameters.values())[1:]
    nothing = inspect.Parameter.empty
    return {each.name: (each.kind, each.default is nothing) for each in found if each.name != "by"}


@pytest.mark.parametrize("name", [name for name in vars(RemoteUseCases) if not name.startswith("_") and name != "api"])
def test_a_use_case_is_called_there_as_it_is_called_here(name: str) -> None:
    """I-3: one body for both: the parameters have the same names, and what may be left out may be left out."""
    here = parameters(getattr(UseCases, name).cls.__call__)
    there = parameters(vars(RemoteUseCases)[name])
    assert there.keys() == here.keys()
    assert all(kind == here[each][0] for each, (kind, _) in there.items())
    assert all(here[each][1] or not required for each, (_, required) in there.items())


def test_a_file_that_is_too_large_is_not_read_to_its_end() -> None:
    """O-13: a log of gigabytes is not held in memory; the server would not take it."""
    read: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            read.append(1)
            yield b"x" * 1024 * 1024

    told = Told()
    with pytest.raises(InvalidValue, match="larger than 64 MB"):
        RemoteUseCases(told.api).import_dump()(endless(), by=None)
    assert len(read) == FILE_BYTES_MAX // 1024**2 + 1
    assert told.sent == []


def test_what_has_no_answer_is_done_when_it_is_accepted() -> None:
    """I-3: a bid that is withdrawn; where an answer should be, none is not one."""
    told = Told(httpx.Response(204), httpx.Response(204), httpx.Response(200, json=POOL))
    RemoteUseCases(told.api).withdraw_bid()(AuctionId(1), by=None)
    assert str(told.sent[0].url.path) == "/api/bidding/withdraw-bid/"
    with pytest.raises(InvalidValue, match="--server"):
        told.api.get("/api/pools/1/", PoolRow)
    with pytest.raises(InvalidValue, match="--server"):
        RemoteUseCases(told.api).withdraw_bid()(AuctionId(1), by=None)


def test_rules_come_back_as_json_has_them() -> None:
    """L-2: whatever a field holds; lists, nothing, yes or no."""
    values = {"mode": "open", "limits": [{"items": 1}], "seconds": None, "trials": False}
    told = Told(httpx.Response(200, json=[{"version": 1, "values": values, "changed_at": None}]))
    (row,) = told.api.get("/api/bidding/rules/1/", tuple[RulesRow, ...])
    assert row.values == values


def test_the_most_to_bid_is_asked_by_discord_id() -> None:
    """L-9: one's own, unless somebody is named; nobody is asked for who has none."""
    most = {
        "user_id": 4,
        "pool_id": 1,
        "auction": None,
        "current": "9.00",
        "held": "1.00",
        "available": "8.00",
        "max_bid": "8.00",
    }
    told = Told(httpx.Response(200, json={"discord_id": "77"}), httpx.Response(200, json=most))
    assert RemoteUseCases(told.api).show_max_bid()(by=None).max_bid == Points.of(8)
    assert [request.url.path for request in told.sent] == ["/api/users/me/", "/api/bidding/user/77/max-bid/"]
    with pytest.raises(InvalidValue, match="Discord"):
        RemoteUseCases(Told(httpx.Response(200, json={"discord_id": None})).api).show_max_bid()(user_id=4, by=None)

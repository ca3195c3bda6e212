"""Votes leak nowhere: worlds that differ in votes alone answer byte for byte alike to who may not see them (V-7, A-7).

One guild is copied three times, at the same moment of the same clock, with the same ids and keys. In one copy hardly
anybody votes, in the second many do, in the third others vote with the same totals. What is asked is drawn from the
OpenAPI document, so that an operation that is added later is compared too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from attrs import define, field, frozen
from sqlalchemy import create_engine, inspect, text

from dkp_core.accounts import SCOPES, RoleGroup
from dkp_core.kernel.actor import job
from dkp_core.kernel.ids import ApplicationId, GuildId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Clock
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http import app
from tests import services
from tests.integration.databases import with_schema
from tests.integration.http.house import Api, Caller, House, serving
from tests.integration.http.searching import Answer, Request, answers, heard, paths_of, reading
from tests.unit.http.operations import OPERATIONS

FOUNDED: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
NOWHERE: Final = 2**62
ABOUT_VOTES: Final = frozenset({Permission.VOTES_OWN, Permission.VOTES_READ, Permission.TALLIES_READ})
APPLICATIONS: Final = "/api/applications/"

TOTALS: Final = frozenset({"show_vote_summary", "show_member_view"})
IN_FULL: Final = frozenset({"show_vote_details", "show_officer_view", "show_vote_changes"})
WHO_VOTED: Final = IN_FULL | {"show_voting_eligibility"}
WHOLE: Final = frozenset({"export_guild"})
OWN: Final = frozenset({"export_person"})
NOTHING: Final = frozenset[str]()

OUTSIDERS: Final = (
    "nobody",
    "of another guild",
    "of another guild, here",
    "guest",
    "applicant",
    "on trial",
    "candidate who is voted on",
    "candidate who is voted on again",
    "candidate who failed",
    "bot with every scope but for totals",
)
IS_OFFICER: Final = "candidate who passed, an officer by now"
SEEN: Final[Mapping[str, tuple[frozenset[str], frozenset[str]]]] = {
    **dict.fromkeys(OUTSIDERS, (NOTHING, NOTHING)),
    IS_OFFICER: (WHOLE, WHOLE),  # of others: what is exported is the whole guild but for their own application
    "member": (TOTALS, NOTHING),
    "developer": (TOTALS, NOTHING),
    "bot that reads totals": (TOTALS, NOTHING),
    "bot with every scope": (TOTALS, NOTHING),
    "Cleo, who votes": (TOTALS | OWN, NOTHING),
    "Anna, who votes": (TOTALS | OWN, TOTALS | OWN),
    "recruiter": (TOTALS | WHO_VOTED, WHO_VOTED),
    "officer": (TOTALS | WHO_VOTED | WHOLE, WHO_VOTED | WHOLE),
}
"""Who sees what: the operations that answer otherwise where more people vote, and where others do with equal totals."""

# What each voter does, application by application; the totals of "many" and "others" are the same.
FEW: Final = {"passed": {"Anna": "pass"}, "failed": {"Anna": "fail"}}
MANY: Final = {
    "passed": {"Anna": "pass", "Ben": "fail pass fail", "Cleo": "pass", "Dora": "recycle", "Ed": "pass -"},
    "failed": {"Anna": "fail", "Ben": "pass", "Cleo": "fail"},
    "recycled": {"Anna": "pass", "Ben": "fail"},
    "recycled again": {"Anna": "fail"},
    "running": {"Anna": "pass", "Ben": "fail", "Cleo": "pass", "Dora": "recycle", "Frida": "pass !"},
}
OTHERS: Final = {
    "passed": {"Anna": "recycle fail", "Ben": "pass", "Cleo": "pass", "Ed": "recycle", "Dora": "fail -"},
    "failed": {"Anna": "pass", "Ben": "fail", "Cleo": "fail"},
    "recycled": {"Anna": "fail", "Ben": "pass"},
    "recycled again": {"Ben": "fail"},
    "running": {"Anna": "fail", "Ben": "pass", "Cleo": "pass", "Ed": "recycle -  recycle", "Ben'": "!"},
}
VOTERS: Final = ("Anna", "Ben", "Cleo", "Dora", "Ed", "Frida", "Ben'")
ATTENDED: Final = ("Anna", "Ben", "Cleo")
DECIDED: Final = ("passed", "failed", "recycled")
TELLING: Final = re.compile(r"(?<!\w)(?:pass|fail|recycle)(?!\w)")
# Numbers of requests, and how long they took, are this process's, not the guild's.
_TIMES: Final = re.compile(rb'answered in [\d.]+ ms|"uptime_seconds":\d+')
_TABLES_OF_VOTES: Final = frozenset({"votes", "vote_changes", "recusals"})


@define(eq=False)
class Hands(Clock):
    """A clock that stands still unless it is set."""

    at: datetime = FOUNDED

    def now(self) -> datetime:
        return self.at

    def drive(self, cases: UseCases) -> dict[str, Any]:
        """Make everything in these use cases go by it."""
        cases.clock.override(self)
        return {}


@frozen(kw_only=True)
class Plan:
    """The guild as it is copied: whoever would like to know, with their keys, voters, and applications by name."""

    url: str
    callers: Mapping[str, Caller]
    voters: Mapping[str, Caller]
    scopes: Mapping[str, Caller]
    applications: Mapping[str, int]
    candidates: Mapping[str, int]
    ids: Mapping[str, tuple[object, ...]]
    guild_id: GuildId
    officer: Caller


Told = Mapping[tuple[str, str], Answer]
"""What was answered to somebody, by operation and path."""


@frozen(kw_only=True)
class World:
    """One copy after the votes: what everybody was told, all that is kept but votes, what was logged, and metrics."""

    told: Mapping[str, Told]
    refused: Mapping[str, Mapping[str, frozenset[tuple[int, bytes]]]]
    kept: Mapping[str, list[str]]
    log: list[str] = field(repr=False)
    metrics: str = field(repr=False)


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, World]]:
    """The three copies, each after its votes."""
    folder = tmp_path_factory.mktemp("votes")
    url = with_schema("sqlite", folder)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(app, "FLUSH_SECONDS", 3600.0)  # how often keys are used differs, and is not looked at
        plan = planned(url)
        yield {name: lived(plan, votes) for name, votes in (("few", FEW), ("many", MANY), ("others", OTHERS))}
    services.drop_database(url)


def planned(url: str) -> Plan:
    """A guild on whose applicants nobody has voted yet."""
    clock = Hands()
    with serving(f"{url}?synchronous=off", more=clock.drive) as api:
        house, elsewhere = api.house(), api.house()
        voters = {name: house.person() for name in VOTERS}
        clock.at = FOUNDED + timedelta(days=14)
        for days, names in ((3, ATTENDED), (1, ("Anna",))):
            raid = house.raid(starts_at=(clock.at - timedelta(days=days)).isoformat())
            attendance = {"characters": [main_of(voters[name]) for name in names]}
            assert house.officer.post(f"/api/raids/{raid}/attendance/", json=attendance).status_code == 201
        status = {"submitted": "submitted", "on trial": "trial_accepted", "running": "trial_accepted"}
        applications = {name: house.application(status.get(name, "voting_active")) for name in (*status, *DECIDED)}
        whose = {
            name: house.officer.get(f"{APPLICATIONS}{application}/").json()["user_id"]
            for name, application in applications.items()
        }
        keys = {name: api.key_of(user_id) for name, user_id in whose.items()}
        callers = {
            "nobody": api.nobody,
            "of another guild": elsewhere.officer,
            "of another guild, here": elsewhere.officer.within(house.mark),
            "guest": house.person(RoleGroup.GUEST),
            "applicant": keys["submitted"],
            "on trial": keys["on trial"],
            "candidate who is voted on": keys["running"],
            "candidate who is voted on again": keys["recycled"],
            IS_OFFICER: keys["passed"],
            "candidate who failed": keys["failed"],
            "bot with every scope but for totals": house.bot(*(SCOPES - {"tallies:read"})),
            "member": house.member,
            "developer": house.person(RoleGroup.DEVELOPER),
            "bot that reads totals": house.bot("tallies:read"),
            "bot with every scope": house.bot(*SCOPES),
            "Cleo, who votes": voters["Cleo"],
            "Anna, who votes": voters["Anna"],
            "recruiter": house.person(RoleGroup.RECRUITER),
            "officer": house.officer,
        }
        assert set(callers) == set(SEEN)
        ids = {
            "application_id": tuple(applications.values()),
            "user_id": (house.member_id, *whose.values()),
            "guild": (house.mark,),
            "name": (f"Main{house.mark}",),
            **{f"{thing}_id": (found,) for thing, found in house.things.items() if isinstance(found, int)},
            "discord_id": (house.things["discord_id"],),
        }
        scopes = {f"bot: {scope}": house.bot(scope) for scope in sorted(SCOPES)}
        return Plan(
            url=url,
            callers=callers,
            voters=voters,
            scopes=scopes,
            applications=applications,
            candidates=whose,
            ids=ids,
            guild_id=GuildId(house.guild_id),
            officer=house.officer,
        )


def main_of(person: Caller) -> str:
    """The name of a person's main."""
    user_id = person.get("/api/users/me/").json()["id"]
    rows = person.get("/api/characters/?page_size=500").json()["results"]
    return str(next(row["name"] for row in rows if row["user_id"] == user_id))


def lived(plan: Plan, votes: Mapping[str, Mapping[str, str]]) -> World:
    """What becomes of a copy of the guild in which these votes are cast; all else that happens is the same."""
    url, clock = services.make_database("sqlite", template=plan.url), Hands(FOUNDED + timedelta(days=14))
    with heard() as log, serving(f"{url}?synchronous=off", more=clock.drive) as api:
        here = Copy(api, plan, clock)
        here.vote({name: votes.get(name, {}) for name in DECIDED})
        clock.at += 49 * HOUR
        for name in DECIDED:
            api.use_cases.decide_vote()(ApplicationId(plan.applications[name]), by=job("decide_vote", plan.guild_id))
        for name in ("running", "recycled"):
            here.officer("POST", f"{APPLICATIONS}{plan.applications[name]}/start-voting/", {})
        here.vote({"running": votes.get("running", {}), "recycled": votes.get("recycled again", {})})
        # Whatever comes after has an id, which tells how many came before it.
        comment = {"text": "Soon.", "visible": True}
        here.officer("POST", f"{APPLICATIONS}{plan.applications['running']}/comments/", comment)
        here.officer("POST", "/api/characters/", {"name": "Latecomer"})
        here.officer("POST", "/api/ranks/", {"name": "Late"})
        promotion = {"role_group": "officer", "reason": "short of hands"}
        here.officer("PATCH", f"/api/memberships/{plan.candidates['passed']}/", promotion)
        clock.at += HOUR
        world = World(
            told={name: here.told(name) for name in plan.callers} | {name: here.told(name) for name in plan.scopes},
            refused={name: here.refused(plan.callers[name]) for name in OUTSIDERS},
            kept=kept(url),
            log=log,
            metrics=api.client.get("/metrics").text,
        )
    services.drop_database(url)
    return world


@frozen
class Copy:
    """A copy of the guild, and the API that serves it."""

    api: Api
    plan: Plan
    clock: Hands

    def officer(self, method: str, path: str, body: object) -> None:
        """The officer does something."""
        self.by(self.plan.officer, method, path, body)

    def by(self, caller: Caller, method: str, path: str, body: object = None) -> None:
        """Somebody does something that works."""
        (answer,) = answers(self.api, caller.token, [Request(method, path, body)], guild=caller.guild)
        assert answer.status < 300, answer.body

    def vote(self, votes: Mapping[str, Mapping[str, str]]) -> None:
        """Cast the votes, one after the other: `-` takes it back, `!` keeps out of it."""
        for name, by_voter in votes.items():
            path = f"{APPLICATIONS}{self.plan.applications[name]}/"
            for voter, deeds in by_voter.items():
                for deed in deeds.split():
                    caller = self.plan.voters[voter]
                    match deed:
                        case "-":
                            self.by(caller, "DELETE", f"{path}vote/")
                        case "!":
                            self.by(caller, "POST", f"{path}recuse/")
                        case _:
                            self.by(caller, "PUT", f"{path}vote/", {"option": deed})

    def told(self, name: str) -> Told:
        """What somebody is answered to every GET of the document; a bot with one scope to those about applications."""
        caller, ids, begins = self.plan.callers.get(name) or self.plan.scopes[name], self.plan.ids, ""
        if name == IS_OFFICER:  # of others' votes they see all
            ids = {**ids, "application_id": (self.plan.applications["passed"],)}
        if name in self.plan.scopes:
            begins = APPLICATIONS
        asked = [each for each in reading(self.api.document, ids) if each[1].startswith(begins)]
        requests = [Request("GET", path) for _, path in asked]
        return dict(zip(asked, answers(self.api, caller.token, requests, guild=caller.guild), strict=True))

    def refused(self, caller: Caller) -> Mapping[str, frozenset[tuple[int, bytes]]]:
        """What somebody is told who does anything about votes, by operation: on each application, and on none."""
        ids = {"application_id": (*self.plan.applications.values(), NOWHERE)}
        found = {}
        for operation in (each for each in OPERATIONS if ABOUT_VOTES.issuperset(each.needs) and each.needs):
            body = None if operation.body is None else {"option": "pass"} if operation.needs_body else {}
            asked = [Request(operation.method, path, body) for path in paths_of(operation.path, ids)]
            told = answers(self.api, caller.token, asked, guild=caller.guild)
            found[operation.id] = frozenset(
                (each.status, re.sub(rb"/api/applications/\d+|'\d+'", b"ID", each.body)) for each in told
            )
        return found


def kept(url: str) -> dict[str, list[str]]:
    """Every row of every table, but for the votes."""
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            table: sorted(repr(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{table}"')))
            for table in inspect(engine).get_table_names()
            if table not in _TABLES_OF_VOTES
        }
    engine.dispose()
    return found


def differing(one: Told, other: Told) -> Mapping[str, list[str]]:
    """The paths that are answered otherwise in another world, by operation."""
    assert one.keys() == other.keys()
    found: dict[str, list[str]] = {}
    for (operation_id, path), answer in one.items():
        if _steady(answer) != _steady(other[operation_id, path]):
            found.setdefault(operation_id, []).append(path)
    return found


def _steady(answer: Answer) -> tuple[object, ...]:
    """An answer without how long things took."""
    body, times = _TIMES.subn(b"", answer.body)
    headers = [each for each in answer.headers if not (times and each[0] == b"content-length")]
    return answer.status, headers, body


def test_the_worlds_are_alike_but_for_their_votes(worlds: Mapping[str, World]) -> None:
    """V-8: so that whatever differs below is a vote: every decision came out the same, and every step."""
    steps = {name: world.kept["application_transitions"] for name, world in worlds.items()}
    assert len(steps["few"]) > 15
    assert steps["few"] == steps["many"] == steps["others"]


@pytest.mark.parametrize("name", SEEN)
def test_everybody_sees_of_votes_what_is_theirs_and_no_more(name: str, worlds: Mapping[str, World]) -> None:
    """V-7: outsiders nothing at all; members totals and their own vote; recruiters who voted what."""
    few, many, others = (worlds[world].told[name] for world in ("few", "many", "others"))
    assert len(few) > 100, "the document was gone through"
    where_more_vote, where_others_do = SEEN[name]
    assert frozenset(differing(few, many)) == where_more_vote, differing(few, many)
    assert frozenset(differing(many, others)) == where_others_do, differing(many, others)


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_no_scope_shows_a_bot_more_than_totals(scope: str, worlds: Mapping[str, World]) -> None:
    """A-7: and only the one that is called so shows these."""
    few, many, others = (worlds[world].told[f"bot: {scope}"] for world in ("few", "many", "others"))
    assert frozenset(differing(few, many)) == (TOTALS if scope == "tallies:read" else NOTHING)
    assert not differing(many, others)


@pytest.mark.parametrize("name", OUTSIDERS)
def test_who_may_not_is_refused_alike_whatever_the_state(name: str, worlds: Mapping[str, World]) -> None:
    """V-7: submitted, on trial, voted on, decided, or not there at all; reading and voting."""
    for world in worlds.values():
        assert len(world.refused[name]) == 10, "four ways to vote, six to read"
        for operation_id, told in world.refused[name].items():
            assert len(told) == 1, f"{operation_id}: {told}"


def test_nothing_else_that_is_kept_differs(worlds: Mapping[str, World]) -> None:
    """A-7, V-7: no event, notice, deadline, id or version tells that somebody voted; nor does any other row."""
    few, many, others = (worlds[name].kept for name in ("few", "many", "others"))
    assert len(few["events"]) > 50
    assert len(few["notices"]) > 15
    for world in (many, others):
        assert {table: rows for table, rows in world.items() if rows != few[table]} == {}


def test_no_log_line_tells_what_somebody_voted(worlds: Mapping[str, World]) -> None:
    """V-7, O-11: at any level; that somebody sent a request is in the log, which is the operator's."""
    for world in worlds.values():
        voting = [line for line in world.log if "/vote/" in line]
        assert [line for line in voting if "'answered'" in line], "what requests log was heard"
        assert [line for line in world.log if TELLING.search(line)] == []


def test_no_metric_tells_what_or_where_somebody_voted(worlds: Mapping[str, World]) -> None:
    """V-7, O-11: requests are counted by operation, over all guilds and applications."""
    for world in worlds.values():
        assert 'route="/api/applications/{application_id}/vote/"' in world.metrics
        assert not TELLING.search(world.metrics)
    series = [re.findall(r"^(\w+{[^}]*})", worlds[name].metrics, re.MULTILINE) for name in ("many", "others")]
    assert set(series[0]) == set(series[1])


def test_the_candidate_is_not_told_that_the_members_passed_them(house: House) -> None:
    """V-7, V-11: between the members' stage and the officers' nothing changes that they can read."""
    rules = {"officers_vote_too": True, "counts_from_percent": 0}
    assert house.officer("PATCH", f"{APPLICATIONS}rules/", json={"rules": rules}).status_code == 200
    application_id = house.application("voting_active")
    path = f"{APPLICATIONS}{application_id}/"
    candidate = house.api.key_of(house.officer.get(path).json()["user_id"])

    def told() -> list[object]:
        sections = candidate.get("/api/users/me/export/").json()["sections"]
        shown = [candidate.get(each).json() for each in (path, f"{APPLICATIONS}own/", "/api/users/me/notices/")]
        return [*shown, {name: rows for name, rows in sections.items() if name != "keys"}]

    before = told()
    assert house.member("PUT", f"{path}vote/", json={"option": "pass"}).status_code == 200
    house.decide(application_id)
    assert house.member.get(f"{path}votes/summary/").json()["stage"] == "officers"
    assert told() == before

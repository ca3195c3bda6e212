"""A vote of a thousand members on one applicant: what casting one costs, and counting and showing them all."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from bench.bidding import ENGINES, Engine
from bench.databases import analyze
from bench.guild import Filled, Sizes, fill
from bench.measuring import repeated
from dkp_core.accounts import PERMISSIONS, RoleGroup
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import ApplicationId, GuildId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.recruitment import Option

THREADS = 8
ANSWERS = 10
ANSWER_LENGTH = 4000
_OPTIONS = tuple(Option)


def run(*, quick: bool = False) -> bool:
    """Voting, changing votes, the totals, every voter, who may vote, and the decision, on each kind of database."""
    members, raids = (100, 10) if quick else (1000, 60)
    for engine in ENGINES:
        with engine.database() as url:
            filled = fill(url, Sizes(members=members, raids=raids, open_raids=0, adjustments=0))
            if engine.process == "postgres":
                analyze(url)
            _measure(engine, filled)
            filled.database.close()
    return True


def _measure(engine: Engine, filled: Filled) -> None:
    application_id = _voted_on(filled)
    voters: Sequence[UserId] = [member["id"] for member in filled.fixture["members"]]  # type: ignore[attr-defined]  # of our making
    guild_id, use_cases = GuildId(filled.guild_id), filled.use_cases
    cast, by = use_cases.cast_vote(), operator("bench", guild_id)

    def voting(some: Sequence[UserId], shift: int) -> Callable[[object], object]:
        turns = itertools.cycle(some)

        def vote(_: object) -> object:
            voter = next(turns)
            return cast(application_id, _OPTIONS[(voter + shift) % 3], by=_acting(guild_id, voter))

        return vote

    print(f"\n{engine.name}, {len(voters):,} voters")
    for what, shift in (("first vote", 0), ("changed vote", 1), ("vote renewed", 1)):
        vote = voting(voters, shift)
        print(f"  {what:14} {repeated(vote, len(voters), warmup=0, server=engine.process)}")
    print(f"  at once        {_at_once(voting, voters):,.0f} votes per second by {THREADS} threads")
    page = PageRequest(1, 50)
    for what, show in {
        "totals": lambda _: use_cases.show_vote_summary()(application_id, by=by),
        "every voter": lambda _: use_cases.show_vote_details()(application_id, by=by),
        "who may vote": lambda _: use_cases.show_voting_eligibility()(application_id, by=by),
        "50 changes": lambda _: use_cases.show_vote_changes()(application_id, page=page, by=by),
    }.items():
        print(f"  {what:14} {repeated(show, 50, server=engine.process)}")
    filled.clock.set(filled.clock.now() + timedelta(days=3))
    began = time.perf_counter()
    use_cases.decide_vote()(application_id, by=by)
    print(f"  the decision   {(time.perf_counter() - began) * 1000:.1f} ms")


def _at_once(voting: Callable[[Sequence[UserId], int], Callable[[object], object]], voters: Sequence[UserId]) -> float:
    """Votes a second when threads cast those of all voters at the same time."""

    def drive(number: int) -> None:
        some = voters[number::THREADS]
        vote = voting(some, 2)
        for _ in some:
            while True:
                try:
                    vote(None)
                    break
                except Stale:
                    continue

    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(drive, range(THREADS)))
    return len(voters) / (time.perf_counter() - began)


def _voted_on(filled: Filled) -> ApplicationId:
    """An applicant with as much to say as the guild's form takes, on whom it is voted."""
    use_cases, by = filled.use_cases, operator("bench", GuildId(filled.guild_id))
    questions = [{"id": f"q{number}", "text": "Tell us more."} for number in range(ANSWERS)]
    form = use_cases.set_application_form()({"questions": questions}, by=by)
    application = use_cases.submit_application()(
        character_name="Candidate",
        discord_id=str(10**17 - 7),
        username="candidate",
        form_version=form.version,
        answers={question["id"]: "x" * ANSWER_LENGTH for question in questions},
        by=by,
    )
    use_cases.accept_to_trial()(application.id, by=by)
    use_cases.start_voting()(application.id, by=by)
    return application.id


def _acting(guild_id: GuildId, voter: UserId) -> Actor:
    return Actor(
        kind=ActorKind.USER,
        id=str(voter),
        entrypoint="bench",
        guild_id=guild_id,
        user_id=voter,
        permissions=PERMISSIONS[RoleGroup.MEMBER],
    )

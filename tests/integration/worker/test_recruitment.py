"""Applications move at their time: votes are decided and trials end by the worker, exactly once (V-4, V-8, V-12)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define, evolve

from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.sql.due_deadlines import SqlDueDeadlines
from dkp_core.accounts import MembershipStatus
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.errors import Conflict, DomainError, Stale, Unavailable
from dkp_core.kernel.ids import ApplicationId, GuildId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.ports import AuditFilter
from dkp_core.notices import NoticeFilter
from dkp_core.recruitment import ApplicationDetail, ApplicationStatus, Option, Tier
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import Worker
from tests.integration.whole.dying import Death, Died

WAIT_SECONDS_MAX = 60.0
STEPS_MAX = 200
VOTE = timedelta(hours=48)
SECOND = timedelta(seconds=1)


@define
class Hopes:
    """A guild with six members whose votes count, and a clock that can be set."""

    url: str
    clock: SettableClock
    cases: UseCases
    guild_id: GuildId
    members: tuple[UserId, ...]
    applied: int = 0

    @classmethod
    def begin(cls, url: str) -> Hopes:
        """A guild on that database, which no other test sees."""
        clock = SettableClock(datetime.now(UTC))
        cases = UseCases(settings=Settings(database_url=url), clock=clock)
        founded = cases.found_guild()(
            name="Hopes", officer_discord_id=str(10**17), officer_username="alma", by=operator("test")
        )
        by = operator("test", founded.guild.id)
        members = tuple(
            cases.add_member()(discord_id=str(10**17 + n), username=f"u{n}", by=by).user_id for n in range(1, 7)
        )
        cases.set_recruitment_rules()({"counts_from_percent": 0, "trial_days": 10}, by=by)
        return cls(url, clock, cases, founded.guild.id, members)

    @property
    def by(self) -> Actor:
        """The operator in that guild."""
        return operator("test", self.guild_id)

    def voter(self, number: int) -> Actor:
        """One of the members."""
        user_id = self.members[number]
        return evolve(self.by, kind=ActorKind.USER, id=str(user_id), user_id=user_id)

    def another(self) -> UseCases:
        """Every use case as another process would have them, by the same clock."""
        return UseCases(settings=Settings(database_url=self.url), clock=self.clock)

    def on_trial(self) -> ApplicationId:
        """Somebody new, on trial."""
        self.applied += 1
        application_id = self.cases.submit_application()(
            character_name=f"Hopeful{self.applied}",
            discord_id=str(2 * 10**17 + self.applied),
            username=f"hope{self.applied}",
            by=self.by,
        ).id
        self.cases.accept_to_trial()(application_id, by=self.by)
        return application_id

    def in_vote(self, *options: Option) -> ApplicationId:
        """Somebody on whom these votes were cast."""
        application_id = self.on_trial()
        self.cases.start_voting()(application_id, by=self.by)
        for number, option in enumerate(options):
            self.cases.cast_vote()(application_id, option, by=self.voter(number))
        return application_id

    def shown(self, application_id: ApplicationId) -> ApplicationDetail:
        """The application as recruiters see it."""
        return self.cases.show_application()(application_id, by=self.by).as_seen(Tier.RECRUITERS)

    def work(self) -> None:
        """Do what is due."""
        worker = Worker.of(self.cases)
        while worker.run_due():
            pass

    def happened(self, name: str) -> int:
        """How often the audit log tells of that."""
        return self.cases.show_audit_log()(AuditFilter(name=name), page=PageRequest(), by=self.by).count

    def told(self, text: str) -> int:
        """How often something of that text is to be told, or was."""
        rows = self.cases.list_notices()(NoticeFilter(), page=PageRequest(1, 500), by=self.by).results
        return sum(row.text == text for row in rows)

    def tell(self, application_id: ApplicationId) -> dict[str, Any]:
        """Everything that came of an application, without ids and times."""
        shown = self.shown(application_id)
        user = self.cases.show_user()(shown.user_id, by=self.by)
        try:
            character = self.cases.find_character()(shown.character_name, by=self.by).status
        except DomainError:
            character = None
        rows = self.cases.list_notices()(NoticeFilter(), page=PageRequest(1, 500), by=self.by).results
        about = [row for row in rows if row.about == f"application:{application_id}"]
        return {
            "status": (shown.status, shown.outcome, shown.round, shown.task, len(shown.polls)),
            "steps": [(each.before, each.after, each.outcome) for each in shown.transitions],
            "membership": (user.role_group, user.trial, user.status),
            "character": character,
            "notices": sorted(row.text for row in about),
            "changes": self.cases.show_vote_changes()(application_id, page=PageRequest(), by=self.by).count
            if shown.polls
            else 0,
        }


@pytest.fixture
def hopes(own_url: str) -> Iterator[Hopes]:
    """A guild on a database of its own, on each engine in turn."""
    begun = Hopes.begin(own_url)
    yield begun
    begun.cases.database().close()


def test_several_workers_decide_each_vote_once(hopes: Hopes) -> None:
    """V-8, O-12: however many workers there are at the deadline, and whoever still tries to vote."""
    passing = [hopes.in_vote(Option.PASS, Option.PASS, Option.FAIL) for _ in range(4)]
    failing = [hopes.in_vote(Option.FAIL) for _ in range(2)]
    tied = hopes.in_vote(Option.PASS, Option.FAIL)
    everybody = [*passing, *failing, tied]
    others, stop = [hopes.another() for _ in range(3)], threading.Event()
    hopes.clock.set(hopes.clock.now() + VOTE)
    threads = [
        threading.Thread(target=Worker.of(cases, batch=3, poll_seconds_min=0.01).run, args=(stop,)) for cases in others
    ]
    for thread in threads:
        thread.start()
    for application_id in everybody:
        with pytest.raises(Conflict):
            hopes.cases.cast_vote()(application_id, Option.FAIL, by=hopes.voter(5))
    end, due = time.monotonic() + WAIT_SECONDS_MAX, SqlDueDeadlines.of(hopes.cases.database())
    while any(hopes.shown(each).status is ApplicationStatus.VOTING_ACTIVE for each in everybody):
        assert time.monotonic() < end, due.lag()
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join(WAIT_SECONDS_MAX)
        assert not thread.is_alive()
    for cases in others:
        cases.database().close()
    hopes.work()
    told = [hopes.tell(each) for each in everybody]
    assert [each["status"][:2] for each in told] == [
        *[(ApplicationStatus.VOTING_COMPLETE, Option.PASS)] * 4,
        *[(ApplicationStatus.VOTING_COMPLETE, Option.FAIL)] * 2,
        (ApplicationStatus.TRIAL_ACCEPTED, None),
    ]
    assert [each["membership"][:2] for each in told] == [("member", False)] * 4 + [("guest", False)] * 2 + [
        ("applicant", True)
    ]
    assert [each["character"] for each in told] == ["active"] * 4 + [None] * 3
    assert hopes.told("vote.ended") == len(everybody)
    assert hopes.told("application.passed") == 4
    assert all(len(each["steps"]) in (4, 5) for each in told), "no step was taken twice"
    assert not hopes.cases.verify()(by=hopes.by).differences


def test_a_vote_in_the_last_moment_counts_and_the_next_does_not(hopes: Hopes) -> None:
    """V-5: the window ends with its last microsecond, whether or not a worker has come yet."""
    application_id = hopes.in_vote()
    ends = hopes.shown(application_id).polls[-1].closes_at
    hopes.clock.set(ends - timedelta(microseconds=1))
    hopes.cases.cast_vote()(application_id, Option.PASS, by=hopes.voter(0))
    hopes.clock.set(ends)
    with pytest.raises(Conflict):
        hopes.cases.cast_vote()(application_id, Option.FAIL, by=hopes.voter(1))
    hopes.work()
    assert hopes.shown(application_id).outcome is Option.PASS


def test_voters_and_the_worker_meet_at_the_end(hopes: Hopes) -> None:
    """V-5, V-8: every vote that was taken is counted in the decision, and none is taken after it."""
    application_id = hopes.in_vote(Option.FAIL)
    ends = hopes.shown(application_id).polls[-1].closes_at
    hopes.clock.set(ends - SECOND)
    taken: list[int] = []

    def vote(number: int) -> None:
        cases = hopes.another()
        for _ in range(4):
            try:
                cases.cast_vote()(application_id, Option.PASS, by=hopes.voter(number))
            except (Conflict, Stale):
                continue
            taken.append(number)
        cases.database().close()

    threads = [threading.Thread(target=vote, args=(number,)) for number in range(1, 4)]
    for thread in threads:
        thread.start()
    hopes.clock.set(ends)
    hopes.work()
    for thread in threads:
        thread.join(WAIT_SECONDS_MAX)
    hopes.work()
    details = hopes.cases.show_vote_details()(application_id, round_=1, by=hopes.by)
    voters = {row.user_id for row in details.voters if row.option is Option.PASS}
    assert voters == {hopes.members[number] for number in set(taken)}
    wanted = {0: Option.FAIL, 1: Option.RECYCLE}.get(len(voters), Option.PASS)
    assert details.summary.result is wanted


def test_a_trial_that_ends_is_put_to_the_recruiters_or_voted_on(hopes: Hopes) -> None:
    """V-4: overdue, told once; or, where the guild has it so, the vote starts by itself."""
    application_id = hopes.on_trial()
    hopes.clock.set(hopes.clock.now() + timedelta(days=10))
    hopes.work()
    hopes.work()
    assert hopes.shown(application_id).overdue
    assert hopes.told("trial.overdue") == 1
    hopes.cases.set_recruitment_rules()({"vote_starts_by_itself": True}, by=hopes.by)
    another = hopes.on_trial()
    hopes.clock.set(hopes.clock.now() + timedelta(days=10))
    hopes.work()
    assert hopes.shown(another).status is ApplicationStatus.VOTING_ACTIVE


def test_a_trial_is_judged_daily_and_nothing_is_carried_out(hopes: Hopes) -> None:
    """V-12: missed at its end, told to the recruiters once, and the applicant is on trial as before."""
    hopes.cases.set_recruitment_rules()({"trial_raids": 3}, by=hopes.by)
    application_id = hopes.on_trial()
    for _ in range(11):
        hopes.clock.set(hopes.clock.now() + timedelta(days=1))
        hopes.work()
    shown = hopes.shown(application_id)
    assert (shown.status, shown.proposal) == (ApplicationStatus.TRIAL_ACCEPTED, Option.FAIL)
    assert hopes.told("trial.proposal") == 1


def test_who_is_shut_out_has_no_application(hopes: Hopes) -> None:
    """A-10, V-2: a deactivated membership withdraws it, once; votes on it stay as they were."""
    application_id = hopes.in_vote(Option.PASS)
    user_id = hopes.shown(application_id).user_id
    hopes.cases.change_membership()(user_id, status=MembershipStatus.DEACTIVATED, reason="no", by=hopes.by)
    hopes.work()
    hopes.clock.set(hopes.clock.now() + VOTE)
    hopes.work()
    assert hopes.shown(application_id).status is ApplicationStatus.WITHDRAWN
    assert hopes.told("vote.called_off") == 1
    assert len(hopes.cases.show_vote_details()(application_id, by=hopes.by).voters) == 1


# --- workers that die -------------------------------------------------------------------------------------------------


def _decide(cases: UseCases, _: Hopes, __: ApplicationId) -> None:
    worker = Worker.of(cases)
    while worker.run_due():
        pass


def _cast(cases: UseCases, hopes: Hopes, application_id: ApplicationId) -> None:
    cases.cast_vote()(application_id, Option.FAIL, by=hopes.voter(0))


def _accept(cases: UseCases, hopes: Hopes, application_id: ApplicationId) -> None:
    if cases.show_application()(application_id, by=hopes.by).status is ApplicationStatus.SUBMITTED:
        cases.accept_to_trial()(application_id, by=hopes.by)


def _submitted(hopes: Hopes) -> ApplicationId:
    hopes.applied += 1
    return hopes.cases.submit_application()(
        character_name=f"Hopeful{hopes.applied}",
        discord_id=str(2 * 10**17 + hopes.applied),
        username=f"hope{hopes.applied}",
        by=hopes.by,
    ).id


def _over(hopes: Hopes) -> ApplicationId:
    application_id = hopes.in_vote(Option.PASS)
    hopes.clock.set(hopes.clock.now() + VOTE)
    return application_id


# With each the steps from one death to the next: a decision has a hundred of them.
DEEDS: dict[str, tuple[Callable[[Hopes], ApplicationId], Callable[[UseCases, Hopes, ApplicationId], None], int]] = {
    "decide a vote": (_over, _decide, 11),
    "cast a vote": (lambda hopes: hopes.in_vote(Option.PASS), _cast, 2),
    "accept to trial": (_submitted, _accept, 3),
}


@pytest.mark.parametrize("name", DEEDS)
def test_it_is_done_once_whenever_the_process_dies(name: str, hopes: Hopes) -> None:
    """V-8, G-6: wherever it dies, all of it or nothing is done, and once in the end."""
    prepare, deed, stride = DEEDS[name]
    wanted: dict[str, Any] | None = None
    deaths = 0
    for strikes_at in range(1, STEPS_MAX, stride):
        application_id = prepare(hopes)
        before = hopes.tell(application_id)
        dying = hopes.another()
        death = Death(strikes_at)
        death.haunt(dying.database().engine)
        try:
            deed(dying, hopes, application_id)
        except (Died, Unavailable, Stale):
            deaths += 1
        lived = death.steps < strikes_at
        left = hopes.tell(application_id)
        if wanted is not None:
            assert left["status"] in (before["status"], wanted["status"]), f"half done at step {strikes_at}"
        hopes.clock.set(hopes.clock.now() + timedelta(minutes=2))  # what a dead worker had claimed goes to another
        deed(hopes.cases, hopes, application_id)
        hopes.work()
        after = hopes.tell(application_id)
        wanted = after if wanted is None else wanted
        assert after == wanted, f"not as if done once, after a death at step {strikes_at}"
        dying.database().close()
        if lived:
            break
    else:
        pytest.fail(f"it takes more than {STEPS_MAX} steps")
    assert deaths >= 5
    assert not hopes.cases.verify()(by=hopes.by).differences

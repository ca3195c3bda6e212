"""Notices reach Discord and mailboxes by the worker: in order, none lost, whoever is down or dies in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from unittest.mock import ANY

import pytest
from attrs import define, evolve, field
from dependency_injector import providers

from dkp_adapters.discord.webhooks import DiscordWebhooks
from dkp_adapters.mail.smtp import SmtpMail
from dkp_adapters.memory.clock import SettableClock
from dkp_adapters.notifying import LoggingNotifier, Notifiers
from dkp_adapters.sealing import make_key
from dkp_adapters.sql import schema
from dkp_adapters.sql.notice_queue import SqlNoticeQueue
from dkp_adapters.waiting import Delivery, DueNotice, Lag
from dkp_core.accounts import ConsentKind, NotificationKind
from dkp_core.kernel.actor import Actor, ActorKind, operator
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.notices import (
    Channel,
    Letter,
    Notice,
    NoticeFilter,
    Notifier,
    Outcome,
    Recipient,
    RecipientKind,
    Sent,
)
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from dkp_entrypoints.worker import EmbeddedWorker, Worker
from tests import services
from tests.integration.discord.loopback import Dropped, server_error
from tests.integration.discord.webhooks import LoopbackWebhooks
from tests.integration.mail.mail_server import Postbox, serving

WAIT_SECONDS_MAX: Final = 30.0
HOUR: Final = timedelta(hours=1)


@define
class Killed(BaseException):
    """The process ends here."""


@define
class Pigeons(Notifier):
    """Keeps what it is given; `meanwhile` happens while it flies."""

    letters: list[Letter] = field(factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def send(self, letter: Letter) -> Outcome:
        self.meanwhile()
        self.letters.append(letter)
        return Sent()


@define
class Town:
    """A guild on SQLite that has something to tell, and a clock that can be set."""

    url: str
    clock: SettableClock
    cases: UseCases
    guild_id: GuildId

    @classmethod
    def founded(cls, url: str, discord: str) -> Town:
        """A new one on that database, whose webhooks are at that origin."""
        clock = SettableClock(datetime.now(UTC))
        settings = Settings(database_url=url, webhook_hosts=(discord,), encryption_keys=(make_key(),))
        cases = UseCases(settings=settings, clock=clock)
        founded = cases.found_guild()(
            name="Night", officer_discord_id=str(10**17), officer_username="alma", by=operator("test")
        )
        return cls(url, clock, cases, founded.guild.id)

    @property
    def by(self) -> Actor:
        """The operator in that guild."""
        return operator("test", self.guild_id)

    def tells(self, notifier: Notifier) -> None:
        """From now on by that notifier."""
        self.cases.notifier.override(providers.Object(notifier))
        self.cases.send_notice.reset()

    def set(self, channel: Channel, url: str) -> None:
        """Where a channel is."""
        self.cases.set_channel_webhook()(channel, url, by=self.by)

    def post(self, *recipients: Recipient) -> datetime:
        """Post a notice to each; tells when."""
        with self.cases.database().begin(self.by) as work:
            work.notices.post(
                *(Notice(kind=NotificationKind.VOTES, to=recipient, text="test") for recipient in recipients)
            )
        return self.clock.now()

    def worker(self) -> Worker:
        """A worker of its own."""
        return Worker.of(self.cases)

    def later(self, by: timedelta) -> None:
        """Let time go by, and do what is due then."""
        self.clock.set(self.clock.now() + by)
        worker = self.worker()
        while worker.run_due():
            pass

    def statuses(self) -> list[str]:
        """Where the notices stand, the latest first."""
        found = self.cases.list_notices()(NoticeFilter(), page=PageRequest(1, 500), by=self.by)
        return [row.status for row in found.results]


@pytest.fixture(scope="session")
def notices_template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An SQLite database with the schema in it, to be copied."""
    url = services.make_database("sqlite", directory=tmp_path_factory.mktemp("notices"))
    schema.upgrade(url)
    return url


@pytest.fixture(scope="module")
def discord() -> Iterator[LoopbackWebhooks]:
    """Discord's webhooks."""
    with LoopbackWebhooks() as server:
        yield server


@pytest.fixture
def town(notices_template: str, tmp_path: Path, discord: LoopbackWebhooks) -> Iterator[Town]:
    """A guild on an SQLite database of this test's own."""
    discord.reset()
    url = services.make_database("sqlite", template=notices_template, directory=tmp_path)
    found = Town.founded(f"{url}?synchronous=off", discord.url)
    yield found
    found.cases.database().close()


def until(true: Callable[[], bool]) -> None:
    """Wait until it is so."""
    end = time.monotonic() + WAIT_SECONDS_MAX
    while not true():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.01)


EMAILS: Final = [Recipient.email(f"person{n}@example.org") for n in range(10)]


# --- a day without anybody who answers --------------------------------------------------------------------------------


def test_after_a_day_without_discord_everything_arrives_in_order(town: Town, discord: LoopbackWebhooks) -> None:
    """G-6, U-8: each once, in order for each recipient, though workers are killed meanwhile; mail comes twice at most
    where its Message-ID tells so.
    """
    box = Postbox(full=True)
    clock = town.clock
    ids = {Channel.MEMBERS: "21", Channel.RECRUITERS: "22"}
    with serving(box) as port:
        webhooks = DiscordWebhooks.at(
            [discord.url], now=lambda: clock.now().timestamp(), open_seconds=0, pause_seconds=0.001
        )
        mail = SmtpMail.at(f"smtp://127.0.0.1:{port}", "dkp@example.org")
        town.tells(Notifiers(channels=webhooks, messages=LoggingNotifier("message", "no bot is set up"), mail=mail))
        for channel, webhook_id in ids.items():
            town.set(channel, discord.webhook(webhook_id))
        discord.always(server_error())
        recipients = [*map(Recipient.channel, ids), EMAILS[0]]
        posted = []
        for number in range(12):
            posted.append(town.post(*recipients))
            clock.set(clock.now() + timedelta(seconds=1))
            posted.append(town.post(*recipients))
            town.later(HOUR)
            clock.set(clock.now() + HOUR)
            if number % 5 == 2:  # a worker claims what is due, and is killed before it sends it
                assert len(SqlNoticeQueue(town.cases.database()).claim(3)) == 3
        assert discord.messages == {"21": [], "22": []}
        assert box.letters == []
        assert SqlNoticeQueue(town.cases.database()).lag() == Lag(due=72, oldest_seconds=ANY, parked=0)
        discord.well()
        box.full = False
        for killed in range(25):
            clock.set(clock.now() + timedelta(minutes=3))
            if killed < 5:
                _killed_after_mailing(town)
            town.later(timedelta(0))
        webhooks.close()
    expected = [at.isoformat() for at in posted]
    for webhook_id in ids.values():
        assert [message["embeds"][0]["timestamp"] for message in discord.messages[webhook_id]] == expected
    told = [int(letter["Message-ID"].partition(".")[0].removeprefix("<notice-")) for letter in box.letters]
    assert told == sorted(told)
    assert len(told) == len(posted) + 5
    assert len(set(told)) == len(posted)
    assert set(town.statuses()) == {"sent"}


def _killed_after_mailing(town: Town) -> None:
    """A worker that is killed between sending an e-mail and noting so."""
    worker = town.worker()
    queue = worker.notices

    class Dying:
        """Its queue: of a mail, it does not come to settle."""

        claim = staticmethod(queue.claim)
        prune = staticmethod(queue.prune)
        lag = staticmethod(queue.lag)

        def settle(self, notice: DueNotice, outcome: Outcome) -> bool:
            if notice.notice.to.kind is RecipientKind.EMAIL:
                raise Killed
            return queue.settle(notice, outcome)

    worker.notices = Dying()
    with pytest.raises(Killed):
        worker.run_outside()


def test_a_connection_that_is_lost_after_the_effect_is_tried_again(town: Town, discord: LoopbackWebhooks) -> None:
    """G-6: at least once; Discord's webhooks take no nonce, so what arrived unheard of may stand there twice."""
    webhooks = DiscordWebhooks.at([discord.url], pause_seconds=0.001)
    town.tells(webhooks)
    town.set(Channel.MEMBERS, discord.webhook("21"))
    discord.next(Dropped(done=True))
    town.post(Recipient.channel(Channel.MEMBERS))
    town.later(timedelta(0))
    assert (len(discord.messages["21"]), town.statuses()) == (1, ["waiting"])
    town.later(timedelta(seconds=10))
    webhooks.close()
    assert (len(discord.messages["21"]), town.statuses()) == (2, ["sent"])


# --- workers ----------------------------------------------------------------------------------------------------------


def test_several_workers_send_each_notice_once_and_in_order(town: Town) -> None:
    """G-6: however many there are."""
    pigeons = Pigeons(meanwhile=lambda: time.sleep(0.001))
    town.tells(pigeons)
    for _ in range(4):
        town.post(*EMAILS)
    stop = threading.Event()
    workers = [Worker.of(town.cases, poll_seconds_min=0.01, poll_seconds_max=0.02) for _ in range(3)]
    threads = [threading.Thread(target=worker.run, args=(stop,)) for worker in workers]
    for thread in threads:
        thread.start()
    until(lambda: SqlNoticeQueue(town.cases.database()).lag().due == 0)
    stop.set()
    for worker, thread in zip(workers, threads, strict=True):
        worker.wake()
        thread.join(WAIT_SECONDS_MAX)
        assert not thread.is_alive()
    numbers = [letter.notice_id for letter in pigeons.letters]
    assert len(numbers) == len(set(numbers)) == 40
    by_recipient: dict[object, list[int]] = {}
    for letter in pigeons.letters:
        by_recipient.setdefault(letter.to, []).append(letter.notice_id)
    assert all(found == sorted(found) for found in by_recipient.values())


def test_a_commit_that_posts_something_wakes_the_worker(town: Town) -> None:
    """V-3: who waits for a notice does not wait for the worker's next look."""
    pigeons = Pigeons()
    town.tells(pigeons)
    worker = Worker.of(town.cases, poll_seconds_min=20, poll_seconds_max=20)
    with EmbeddedWorker(worker):
        until(lambda: worker._works)
        time.sleep(0.05)  # it has looked, and found nothing
        began = time.monotonic()
        town.post(EMAILS[0])
        until(lambda: bool(pigeons.letters))
        assert time.monotonic() - began < 10


def test_who_waits_for_discord_keeps_nothing_else_back(town: Town) -> None:
    """L-7: what the database alone is asked for happens meanwhile."""
    flying, landed = threading.Event(), threading.Event()

    def fly() -> None:
        flying.set()
        landed.wait(WAIT_SECONDS_MAX)

    town.tells(Pigeons(meanwhile=fly))
    worker = Worker.of(town.cases, poll_seconds_min=0.01, poll_seconds_max=0.02)
    with EmbeddedWorker(worker):
        town.post(EMAILS[0])
        assert flying.wait(WAIT_SECONDS_MAX)
        member = town.cases.add_member()(discord_id="7", username="Bert", by=town.by)
        town.cases.change_guild()(settings={"keep_uploads_days": 3}, by=town.by)  # a reaction follows
        due = worker.outbox
        until(lambda: due.lag().due == 0)  # type: ignore[attr-defined]  # the SQL one
        assert town.statuses() == ["waiting"]
        landed.set()
    assert member.user_id
    assert town.statuses() == ["sent"]


def test_a_fault_of_ours_is_tried_again_and_parked_in_the_end(town: Town) -> None:
    """G-6: with what went wrong, and without holding up what is for others."""

    class Faulty(Pigeons):
        """It fails for one of them."""

        def send(self, letter: Letter) -> Outcome:
            if letter.notice_id == 1:
                raise ZeroDivisionError("one by none")
            return super().send(letter)

    town.tells(Faulty())
    town.post(EMAILS[0], EMAILS[1])
    for _ in range(12):
        town.later(timedelta(minutes=20))
    assert town.statuses() == ["sent", "parked"]
    found = town.cases.list_notices()(NoticeFilter(), page=PageRequest(), by=town.by).results
    assert (found[1].fault, found[1].attempts) == ("ZeroDivisionError: one by none", 10)


def test_a_lost_race_does_not_send_it_twice(town: Town) -> None:
    """G-6: what was sent is noted, also at the second attempt."""
    pigeons = Pigeons()
    town.tells(pigeons)
    worker = town.worker()
    queue, races = worker.notices, [2]

    class Raced:
        """A queue that somebody else was faster with."""

        claim = staticmethod(queue.claim)
        prune = staticmethod(queue.prune)
        lag = staticmethod(queue.lag)

        def settle(self, notice: DueNotice, outcome: Outcome) -> bool:
            if races[0]:
                races[0] -= 1
                raise Stale("raced")
            return queue.settle(notice, outcome)

    worker.notices = Raced()
    town.post(EMAILS[0])
    assert worker.run_outside() == 1
    assert (len(pigeons.letters), town.statuses()) == (1, ["sent"])


def test_who_loses_a_race_for_one_notice_gets_the_next(town: Town) -> None:
    """V-3: the round goes on while others are due."""
    database = town.cases.database()
    town.post(*EMAILS[:3])

    class Raced:
        """The database, in which somebody else claims the first notice once it was read."""

        clock, scope, current_session = database.clock, database.scope, database.current_session
        first: tuple[DueNotice, ...] = ()

        @contextmanager
        def reading(self) -> Iterator[Any]:
            with database.reading() as views:
                yield views
            if not self.first:
                self.first = SqlNoticeQueue(database).claim()

    raced = Raced()
    (claimed,) = SqlNoticeQueue(raced).claim()  # type: ignore[arg-type]  # what it needs of one
    assert [raced.first[0].id, claimed.id] == [1, 2]


def test_what_was_told_long_ago_is_pruned_by_the_worker(town: Town) -> None:
    """O-9: after the days that the setting says."""
    town.tells(Pigeons())
    town.post(EMAILS[0])
    town.later(timedelta(0))
    town.clock.set(town.clock.now() + timedelta(days=91))
    with EmbeddedWorker(Worker.of(town.cases, poll_seconds_min=0.01)):
        until(lambda: town.statuses() == [])


def test_a_worker_counts_what_became_of_notices(town: Town) -> None:
    """O-11: by means and outcome."""
    counted: list[tuple[str, str]] = []
    town.tells(Pigeons())
    town.post(EMAILS[0], Recipient.channel(Channel.MEMBERS))
    worker = Worker.of(
        town.cases,
        counted=lambda due, outcome: counted.append((due.notice.to.kind.value, type(outcome).__name__)),
    )
    while worker.run_due():
        pass
    assert sorted(counted) == [("channel", "Unwanted"), ("email", "Sent")]


# --- the whole of it --------------------------------------------------------------------------------------------------


def test_a_person_is_told_by_every_means_they_agreed_to(town: Town) -> None:
    """V-3, A-5, A-12: as `dkp serve` would, from the change to the letter."""
    pigeons = Pigeons()
    town.tells(pigeons)
    user_id = town.cases.add_member()(discord_id="77", username="ada", by=town.by).user_id
    with town.cases.database().begin(town.by) as work:
        work.users.save(evolve(work.users.get(user_id), email="ada@example.org"))
    town.cases.give_consent()(ConsentKind.EMAIL, by=_oneself(user_id))
    town.post(Recipient.user(user_id))
    town.later(timedelta(0))
    assert [type(letter.to).__name__ for letter in pigeons.letters] == ["DiscordUser", "Mailbox"]
    own = town.cases.list_own_notices()(page=PageRequest(), by=_oneself(user_id))
    assert [row.guild_name for row in own.results] == ["Night"]


def test_what_nothing_is_set_up_for_is_unsent_and_counted_so(town: Town) -> None:
    """V-3, A-12: the log is nobody who was told; all of it is kept meanwhile, also in the person's own list."""
    counted: list[str] = []
    user_id = town.cases.add_member()(discord_id="77", username="ada", by=town.by).user_id
    with town.cases.database().begin(town.by) as work:
        work.users.save(evolve(work.users.get(user_id), email="ada@example.org"))
        for to in (EMAILS[0], Recipient.user(user_id)):
            work.notices.post(Notice(kind=NotificationKind.VOTES, to=to, text="test", data={"n": "1"}))
    town.cases.give_consent()(ConsentKind.EMAIL, by=_oneself(user_id))
    worker = Worker.of(town.cases, counted=lambda _, outcome: counted.append(type(outcome).__name__))
    while worker.run_due():
        pass
    with town.cases.read()(town.by) as views:
        kept = views.notices(NoticeFilter(), page=PageRequest()).results
    assert [(each.to, each.data, each.status, each.fault) for each in kept] == [
        (Recipient.user(user_id), {"n": "1"}, "unsent", "no bot is set up"),
        (EMAILS[0], {"n": "1"}, "unsent", "no mail server is set up"),
    ]
    assert counted == ["Unwanted"] * 3
    assert town.cases.list_own_notices()(page=PageRequest(), by=_oneself(user_id)).count == 1


def _oneself(user_id: UserId) -> Actor:
    return Actor(kind=ActorKind.USER, id=str(user_id), entrypoint="test", user_id=user_id)


# --- reactions that reach outside -------------------------------------------------------------------------------------


def test_a_reaction_that_reaches_outside_is_done_at_least_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """G-6: outside every transaction, again where it failed, and never by those who work inside."""
    monkeypatch.setattr("dkp_entrypoints.worker.worker.OUTSIDE", frozenset({"schedule_retention"}))
    worker = town.worker()
    seen: list[bool] = []

    @define
    class Calling:
        """Somebody who reaches outside, and fails at first."""

        def react(self, delivery: Delivery) -> None:
            if delivery.reaction != "schedule_retention":
                return
            seen.append(town.cases.database().open_scope is None)
            if len(seen) == 1:
                raise ConnectionError("nobody there")

    worker.reacting = Calling()  # type: ignore[assignment]  # reacts to deliveries alone
    town.cases.change_guild()(settings={"keep_uploads_days": 3}, by=town.by)
    worker.run_reactions()
    assert seen == []
    assert worker.run_outside() == 0
    town.clock.set(town.clock.now() + timedelta(minutes=1))
    assert worker.run_outside() == 1
    assert worker.run_outside() == 0
    assert seen == [True, True]

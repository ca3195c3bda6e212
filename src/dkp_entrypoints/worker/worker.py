"""The worker's day: claim what is due, do it once, try again what failed, and otherwise wait.

What touches the database alone is done in one thread; what reaches outside, in another, so that nobody waits for
Discord or a mail server who does not need to.
"""

from __future__ import annotations

import logging
import os
import random
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, Self

from attrs import define, field

from dkp_adapters.commits import Commit
from dkp_adapters.waiting import Delivery, DueDeadline, DueNotice, Lease, NoticePatience, Retrying
from dkp_core.kernel.errors import Stale, Unavailable
from dkp_core.notices import Later, Never, Outcome
from dkp_core.reactions import OUTSIDE
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.worker.backing_up import BackingUp
from dkp_entrypoints.worker.reacting import Reacting
from dkp_entrypoints.worker.rounds import Rounds
from dkp_entrypoints.worker.store import AnsweredRequests, Leases, NoticeQueue, Outside, Row, Store, Waiting

EMBEDDED_LEASE: Final = "embedded worker"
LEASE_SECONDS: Final = 30.0
RACES_MAX: Final = 3
PRUNE_SECONDS: Final = 3600.0
KEEP_NOTICES_DAYS: Final = 90
# What fails by a fault of ours is given up sooner than what others refuse.
FAULTS_MAX: Final = 10
# Longer than anything outside may take to answer.
OUTSIDE_CLAIM_SECONDS: Final = 120.0
OUTSIDE_BATCH: Final = 20
# Others may be away for days.
OUTSIDE_RETRYING: Final = Retrying(attempts_max=200)

_logger: Final = logging.getLogger(__name__)


def _holder() -> str:
    return f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(4)}"


def _named(row: object) -> str:
    if isinstance(row, Delivery):
        return f"reaction {row.reaction} to event {row.event_id} in guild {row.guild_id}, attempt {row.attempts},"
    if isinstance(row, DueDeadline):
        return f"deadline {row.key} in guild {row.guild_id}, attempt {row.attempts},"
    if isinstance(row, DueNotice):
        return f"notice {row.id} in guild {row.guild_id}, attempt {row.attempts},"
    return type(row).__name__


def _uncounted(_: DueNotice, __: Outcome) -> None:
    """Nobody counts."""


@define(eq=False, kw_only=True)
class Worker:
    """Does what follows from events and what has become due; any number of them share the work.

    It looks as soon as a commit of this process leaves something to do, and else every 0.2 to 2 seconds, the longer
    the less there is. `alone` is the lease that it needs to work at all; without one it shares with all others.
    `claim_seconds` is for how long what it claims is nobody else's: where a worker dies, others take over after that.
    What was settled is told to `counted`.
    """

    store: Store
    outbox: Waiting[Delivery]
    outside: Outside
    due_deadlines: Waiting[DueDeadline]
    notices: NoticeQueue
    leases: Leases
    answered_requests: AnsweredRequests
    reacting: Reacting
    alone: str | None = None
    batch: int = 20
    claim_seconds: float = 60
    poll_seconds_min: float = 0.2
    poll_seconds_max: float = 2
    keep_notices_days: int = KEEP_NOTICES_DAYS
    counted: Callable[[DueNotice, Outcome], None] = _uncounted
    backing_up: BackingUp | None = None
    holder: str = field(factory=_holder)
    _inside_rounds: Rounds = field(init=False)
    _outside_rounds: Rounds = field(init=False)
    _stop: threading.Event = field(factory=threading.Event, init=False)
    _works: bool = field(default=False, init=False)
    _beaten: bool = field(default=False, init=False)
    _lease: Lease | None = field(default=None, init=False)
    _renew_at: float = field(default=0.0, init=False)
    _prune_at: float = field(default=0.0, init=False)

    def __attrs_post_init__(self) -> None:
        self._inside_rounds = Rounds(self._go_inside, self.poll_seconds_min, self.poll_seconds_max)
        self._outside_rounds = Rounds(self._go_outside, self.poll_seconds_min, self.poll_seconds_max)

    @classmethod
    def of(
        cls,
        use_cases: UseCases,
        *,
        retrying: Retrying | None = None,
        patience: NoticePatience | None = None,
        **options: Any,
    ) -> Self:
        """The worker of the SQL database that these use cases work on."""
        from dkp_adapters.sql.answered_requests import SqlAnsweredRequests
        from dkp_adapters.sql.due_deadlines import SqlDueDeadlines
        from dkp_adapters.sql.leases import SqlLeases
        from dkp_adapters.sql.notice_queue import SqlNoticeQueue
        from dkp_adapters.sql.outbox import SqlOutbox

        database = use_cases.database()
        leases, holder = SqlLeases(database), _holder()
        options = {
            "keep_notices_days": use_cases.settings().keep_notices_days,
            "holder": holder,
            "backing_up": BackingUp.of(use_cases, leases, holder),
            **options,
        }
        return cls(
            store=database,
            outbox=SqlOutbox.of(database, retrying, without=OUTSIDE),
            outside=SqlOutbox.of(database, retrying or OUTSIDE_RETRYING, only=OUTSIDE),
            due_deadlines=SqlDueDeadlines.of(database, retrying),
            notices=SqlNoticeQueue(database, patience or NoticePatience()),
            leases=leases,
            answered_requests=SqlAnsweredRequests(database),
            reacting=Reacting(use_cases, database),
            **options,
        )

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; what runs then is finished. `wake` makes it look at once."""
        self.store.after_commit(self._told)
        self._beaten, self._stop = False, stop
        beside = threading.Thread(target=self._outside_rounds.run, args=(stop,), name="worker outside", daemon=True)
        beside.start()
        self._inside_rounds.run(stop)
        self._outside_rounds.wake()
        beside.join()
        self._works = False
        self._let_go()

    def wake(self) -> None:
        """Look now whether there is something to do, or whether to stop."""
        self._inside_rounds.wake()
        self._outside_rounds.wake()

    def run_due(self) -> int:
        """Do what is due now, inside and outside; tells how much was done. Raises: Unavailable, Stale."""
        return self.run_inside() + self.run_outside()

    def run_inside(self) -> int:
        """Do what is due now and touches the database alone; tells how much was done. Raises: Unavailable, Stale."""
        return self.run_reactions() + self._through(self.due_deadlines, self.reacting.meet)

    def run_outside(self) -> int:
        """Do what is due now and reaches outside; tells how much was done. Raises: Unavailable, Stale."""
        return sum(self._drained(self.outside.claim, self._at_least_once)) + sum(
            self._drained(self.notices.claim, self._send)
        )

    def run_backup(self) -> int:
        """Back the database up if that is due; tells how many backups were made. Raises: Unavailable, Stale."""
        return 0 if self.backing_up is None else int(self.backing_up.run_due())

    def run_reactions(self) -> int:
        """Let follow what follows from events that were stored so far; tells how many reactions were done.

        Raises: Unavailable, Stale.
        """
        return self._through(self.outbox, self.reacting.react)

    def _through(self, waiting: Waiting[Row], act: Callable[[Row], None]) -> int:
        done = 0
        for row in waiting.claim(self.batch, self.claim_seconds):
            done += self._once(waiting, row, act)
        return done

    def _once(self, waiting: Waiting[Row], row: Row, act: Callable[[Row], None]) -> bool:
        """Act on a row and remove it, in one transaction; whatever fails is noted with the row and tried again."""
        for race in range(1, RACES_MAX + 1):
            try:
                with self.store.scope():
                    if not waiting.take(row):
                        return False
                    act(row)
                return True
            except Unavailable:
                raise
            except Stale as lost:
                if race == RACES_MAX:
                    waiting.failed(row, f"it lost {RACES_MAX} races: {lost}")
                time.sleep(random.uniform(0.005, 0.05) * race)
            except Exception as error:
                # It is kept with the row, where health and people see it, and everything else goes on.
                _logger.warning("%s failed", _named(row), exc_info=error)
                waiting.failed(row, f"{type(error).__name__}: {error}")
                return False
        return False

    def _drained(self, claim: Callable[[int, float], tuple[Row, ...]], act: Callable[[Row], bool]) -> Iterator[bool]:
        """Act on what is due, one after the other: what was claimed and not come to would wait for the claim's end."""
        for _ in range(OUTSIDE_BATCH):
            claimed = () if self._stop.is_set() else claim(1, OUTSIDE_CLAIM_SECONDS)
            if not claimed:
                return
            yield act(claimed[0])

    def _at_least_once(self, delivery: Delivery) -> bool:
        """Act on a delivery outside every transaction, then remove it; whatever fails is noted and tried again."""
        try:
            self.reacting.react(delivery)
        except Exception as error:
            # Where it is the database that is away, noting that fails too, and the claim runs out.
            _logger.warning("%s failed", _named(delivery), exc_info=error)
            self.outside.failed(delivery, f"{type(error).__name__}: {error}")
            return False
        return self.outside.done(delivery)

    def _send(self, notice: DueNotice) -> bool:
        """Send a notice, and note what became of it."""
        outcome: Outcome
        try:
            outcome = self.reacting.tell(notice)
        except (Unavailable, Stale):
            raise  # the claim runs out, and it is sent then
        except Exception as error:
            # A fault of ours, or of an adapter's: it is kept with the notice, and everything else goes on.
            _logger.warning("%s failed", _named(notice), exc_info=error)
            why = f"{type(error).__name__}: {error}"
            outcome = Later(None, why) if notice.attempts < FAULTS_MAX else Never(why)
        if isinstance(outcome, Later | Never):
            _logger.warning("%s was not sent: %s", _named(notice), outcome.why)
        self.counted(notice, outcome)
        return self._settle(notice, outcome)

    def _settle(self, notice: DueNotice, outcome: Outcome) -> bool:
        """Note what became of it; what was sent and not noted would be sent again."""
        for race in range(1, RACES_MAX + 1):
            try:
                return self.notices.settle(notice, outcome)
            except Stale:
                if race == RACES_MAX:
                    raise
                time.sleep(random.uniform(0.005, 0.05) * race)
        return False

    def _go_inside(self) -> int:
        worked, self._works = self._works, self._may_work()
        if not self._works:
            return 0
        if not worked:
            self._outside_rounds.wake()
        if not self._beaten:
            self.reacting.beat()
            self._beaten = True
        done = self.run_inside()
        self._prune()
        return done

    def _go_outside(self) -> int:
        if not self._works:
            return 0
        return self.run_outside() + self.run_backup()

    def _told(self, commit: Commit) -> None:
        if commit.deliveries:
            self._inside_rounds.wake()
        if commit.deliveries or commit.notices:
            self._outside_rounds.wake()

    def _may_work(self) -> bool:
        """Whether nobody else holds the lease that this worker needs."""
        now = time.monotonic()
        if self.alone is None or (self._lease is not None and now < self._renew_at):
            return True
        if self._lease is not None:
            self._lease = self.leases.renew(self._lease, LEASE_SECONDS)
        else:
            self._lease = self.leases.acquire(self.alone, self.holder, LEASE_SECONDS)
        self._renew_at = now + LEASE_SECONDS / 3
        return self._lease is not None

    def _let_go(self) -> None:
        lease, self._lease = self._lease, None
        if lease is not None:
            try:
                self.leases.release(lease)
            except (Unavailable, Stale) as gone:
                _logger.warning("the lease runs out by itself: %s", gone)

    def _prune(self) -> None:
        now = time.monotonic()
        if now >= self._prune_at:
            self._prune_at = now + PRUNE_SECONDS
            self.answered_requests.prune()
            self.reacting.prune()
            self.notices.prune(self.keep_notices_days)

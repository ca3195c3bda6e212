"""What a contract suite is run on: an installation of some adapter, seen through the ports of the core only.

Whoever writes an adapter has a fixture `installation` that gives one of these, and inherits the suites:

    class TestRosterOfMine(RosterContract):
        pass

A suite may share its installation with others: it makes guilds of its own and looks at nothing else.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, Protocol

from attrs import define, field, frozen

from dkp_adapters.memory import SettableClock
from dkp_adapters.waiting import NoticePatience
from dkp_core.accounts import AccountsView, Credentials
from dkp_core.kernel.ports import AuditLog, Begin, BeginInstallation, Ids, Read, SealedSecrets
from dkp_core.loot import LootView
from dkp_core.moving import ImportsView, MovingWork
from dkp_core.notices import NoticesView
from dkp_core.points import FoundingInstallation, Verifying
from dkp_core.raids import PastView
from dkp_core.recruitment import RecruitmentView, RecruitmentWork
from dkp_core.roster import RosterView
from dkp_entrypoints.worker.store import NoticeQueue

PATIENCE_SECONDS: Final = 20
HEAD_START_SECONDS: Final = 0.15


class Work(MovingWork, RecruitmentWork, Protocol):
    """The collections of every context, as one object."""


class Views(
    AccountsView,
    NoticesView,
    RosterView,
    PastView,
    LootView,
    RecruitmentView,
    ImportsView,
    AuditLog,
    Protocol,
):
    """The query ports of every context, as one object."""


@frozen(kw_only=True)
class Installation:
    """The ports of an installation; `clock` is the clock that the adapter was given.

    `notice_queue` makes a queue of its notices that is so patient, and spreads nothing.
    """

    begin: Begin[Work]
    begin_installation: BeginInstallation[FoundingInstallation]
    read: Read[Views]
    read_steadily: Read[Views]
    ids: Ids
    credentials: Credentials
    verifying: Verifying
    sealed_secrets: SealedSecrets
    notice_queue: Callable[[NoticePatience], NoticeQueue]
    clock: SettableClock


@define
class Rival:
    """Somebody else who does something meanwhile, in a thread and with a connection of their own.

    Started while a transaction is open, it has come as far as it can before that one goes on.
    """

    act: Callable[[], object]
    head_start: float = HEAD_START_SECONDS
    _fault: BaseException | None = field(init=False, default=None)
    _thread: threading.Thread = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._thread.join(self.head_start)

    def _run(self) -> None:
        try:
            self.act()
        except BaseException as fault:  # noqa: BLE001  # `outcome` tells it, in the thread of the test
            self._fault = fault

    def outcome(self) -> BaseException | None:
        """What became of it: the error that it ended with, or None."""
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), "it waits for something that does not come"
        return self._fault


def all_at_once(*acts: Callable[[], object]) -> list[BaseException | None]:
    """Do all of these at the same moment; tells the error that each ended with, or None, in their order."""
    start = threading.Barrier(len(acts))

    def started_with_the_others(act: Callable[[], object]) -> Callable[[], object]:
        def started() -> object:
            start.wait(PATIENCE_SECONDS)
            return act()

        return started

    rivals = [Rival(started_with_the_others(act), head_start=0) for act in acts]
    return [rival.outcome() for rival in rivals]

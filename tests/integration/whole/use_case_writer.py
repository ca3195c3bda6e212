"""A process of several writers who call the use cases themselves, on a database that other processes write too.

`python -m tests.integration.whole.use_case_writer URL GUILD.json WRITER…` says `ready`, waits for a line on stdin, and
then tells on stdout, a line of JSON each, what it begins and what it has done. It may be killed at any moment.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final, TypeVar

from attrs import define

from dkp_core.kernel.errors import NameTaken, Stale, Unavailable
from dkp_core.kernel.ids import AdjustmentId, CharacterId, EventTypeId, RaidId, UserId
from dkp_core.kernel.points import Points
from dkp_core.points import AdjustmentLine, AlreadyReversed
from dkp_core.raids import NamedPresence, RaidIsCancelled
from dkp_core.roster import NotPending
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.settings import Settings
from tests.integration.whole.busy_guild import FIRST_NIGHT, BusyGuild
from tests.integration.whole.deeds import Outcome, Step, script

ANSWER_SECONDS_MAX: Final = 60.0
READY: Final = "ready"

T = TypeVar("T")


@define(eq=False)
class UseCaseDoer:
    """One writer's way to the use cases: what loses a race is done again, until it is done."""

    cases: UseCases
    guild: BusyGuild

    def adjust(self, key: str, amounts: tuple[tuple[int, int], ...]) -> list[int]:
        """Adjust, with the key as the note."""
        lines = [AdjustmentLine(user_id=UserId(user), amount=Points(hundredths)) for user, hundredths in amounts]
        made = self._until_done(
            lambda: self.cases.adjust_points()(lines, reason=key, note=key, by=self.guild.by), "adjusted"
        )
        return [each.id for each in made]

    def take_back(self, key: str, adjustment: int) -> bool:
        """Reverse."""
        reverse = self.cases.reverse_adjustment()
        try:
            self._until_done(lambda: reverse(AdjustmentId(adjustment), reason=key, by=self.guild.by), "taken back")
        except AlreadyReversed:
            return False
        return True

    def attend(self, key: str, raid: int, tick: int, names: tuple[str, ...]) -> bool:
        """Take attendance."""
        present = [NamedPresence(name=name) for name in names]
        record = self.cases.record_attendance()
        try:
            self._until_done(lambda: record(RaidId(raid), present, tick=tick, by=self.guild.by), "noted")
        except RaidIsCancelled:
            return False
        return True

    def hold(self, key: str, event_type: int, day: int) -> int:
        """Record a raid."""
        starts_at = FIRST_NIGHT + timedelta(days=day)
        record = self.cases.record_raid()
        raid = self._until_done(
            lambda: record(event_type_id=EventTypeId(event_type), starts_at=starts_at, note=key, by=self.guild.by),
            "recorded",
        )
        return raid.id

    def call_off(self, key: str, raid: int) -> bool:
        """Cancel."""
        try:
            self._until_done(lambda: self.cases.cancel_raid()(RaidId(raid), reason=key, by=self.guild.by), "called off")
        except RaidIsCancelled:
            return False
        return True

    def enter(self, key: str, name: str, owner: int) -> bool:
        """Enter."""
        enter = self.cases.enter_character()
        try:
            self._until_done(lambda: enter(name=name, owner=UserId(owner), notes=key, by=self.guild.by), "entered")
        except NameTaken:
            return False
        return True

    def approve(self, key: str, character: int) -> bool:
        """Approve."""
        approve = self.cases.approve_character()
        try:
            self._until_done(lambda: approve(CharacterId(character), by=self.guild.by), "approved")
        except NotPending:
            return False
        return True

    def _until_done(self, act: Callable[[], T], what: str) -> T:
        give_up = time.monotonic() + ANSWER_SECONDS_MAX
        while True:
            try:
                return act()
            except (Stale, Unavailable) as lost:
                if time.monotonic() > give_up:
                    raise TimeoutError(f"it was not {what} in {ANSWER_SECONDS_MAX} s") from lost
                time.sleep(random.uniform(0.005, 0.05))


def tell(what: object) -> None:
    """A line for who watches, whole or not at all, whenever this process is killed."""
    os.write(1, json.dumps(what).encode() + b"\n")


def write(cases: UseCases, guild: BusyGuild, steps: tuple[Step, ...]) -> None:
    """Do everything that one writer does."""
    doer, mine = UseCaseDoer(cases, guild), dict[str, Outcome]()
    for step in steps:
        if step.same and step.writer % 2:
            continue  # there are no keys here: one of the pair does it
        tell({"begun": [step.writer, step.label]})
        mine[step.label] = step.deed.do(doer, step.key, guild, mine)
        tell({"done": [step.writer, step.label], "outcome": mine[step.label]})


def main(url: str, path: str, *writers: str) -> None:
    """Run these writers, each in a thread, and end when they have done everything."""
    guild = BusyGuild.from_json(Path(path).read_text("utf-8"))
    cases = UseCases(settings=Settings(database_url=url))
    cases.list_pools()(by=guild.by)  # what is imported late is imported now
    threads = [
        threading.Thread(target=write, args=(cases, guild, script(int(writer))), name=f"writer {writer}")
        for writer in writers
    ]
    tell(READY)
    sys.stdin.readline()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    cases.database().close()


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Deadlines in memory: set and cancelled in the transaction that decides them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import frozen

from dkp_adapters.memory.tables import Wait, WaitingDeadline
from dkp_adapters.memory.transaction import Session
from dkp_core.kernel.ports import Deadlines


@frozen
class MemoryDeadlines(Deadlines):
    """The deadlines of the guild at work."""

    session: Session

    def set(self, key: str, kind: str, at: datetime, data: Mapping[str, str | int | None]) -> None:
        guild_id = self.session.guild_id
        # A worker that is at the old one finds that it was moved: nobody has claimed the new one.
        deadline = WaitingDeadline(
            guild_id=guild_id, key=key, kind=kind, due_at=at, data=dict(data), wait=Wait(try_at=at)
        )
        self.session.installation.deadlines.put((guild_id, key), deadline)

    def cancel(self, key: str) -> None:
        self.session.installation.deadlines.drop((self.session.guild_id, key))

"""How often each key was used, and each session last: counted in memory, written down now and then (A-1, A-8)."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

from attrs import define, field

from dkp_core.kernel.actor import Actor


@define(eq=False)
class KeyUses:
    """Counts without a write per request; belongs to one event loop."""

    _counts: dict[str, tuple[int, float]] = field(init=False, factory=dict)
    _seen: dict[str, float] = field(init=False, factory=dict)

    def count(self, by: Actor) -> None:
        """The actor's key or session was used, now."""
        if by.session_id is not None:
            self._seen[by.session_id] = time.time()
            return
        uses, _ = self._counts.get(by.id, (0, 0.0))
        self._counts[by.id] = (uses + 1, time.time())

    def taken(self) -> dict[str, tuple[int, datetime]]:
        """What was counted since this was last asked, and when each key was used last."""
        counted, self._counts = self._counts, {}
        return {key_id: (uses, datetime.fromtimestamp(at, UTC)) for key_id, (uses, at) in counted.items()}

    def give_back(self, counted: Mapping[str, tuple[int, datetime]]) -> None:
        """Count again what could not be written down."""
        for key_id, (uses, at) in counted.items():
            more, later = self._counts.get(key_id, (0, 0.0))
            self._counts[key_id] = (uses + more, max(at.timestamp(), later))

    def seen(self) -> dict[str, datetime]:
        """When each session was used last, of those that were since this was last asked."""
        seen, self._seen = self._seen, {}
        return {session_id: datetime.fromtimestamp(at, UTC) for session_id, at in seen.items()}

    def give_back_seen(self, seen: Mapping[str, datetime]) -> None:
        """Remember what could not be written down."""
        for session_id, at in seen.items():
            self._seen[session_id] = max(at.timestamp(), self._seen.get(session_id, 0.0))

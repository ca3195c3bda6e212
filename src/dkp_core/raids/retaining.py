"""How long raw uploads are kept: pruned by the guild's setting, never their hash (D-14, O-9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ports import Begin, Clock
from dkp_core.raids.ports import RaidsWork

PRUNE_UPLOADS: Final = "prune_uploads"
_DAILY: Final = timedelta(days=1)


@frozen
class ScheduleRetention:
    """What follows when a guild's settings change: uploads are pruned daily from now on, or no longer."""

    begin: Begin[RaidsWork]
    clock: Clock

    def __call__(self, *, by: Actor) -> None:
        with self.begin(by) as work:
            if work.guilds.get(work.guild_id).settings.keep_uploads_days:
                work.deadlines.set(PRUNE_UPLOADS, PRUNE_UPLOADS, self.clock.now(), {})
            else:
                work.deadlines.cancel(PRUNE_UPLOADS)


@frozen
class PruneUploads:
    """Forget the content of uploads that are older than the guild keeps them, and do so again tomorrow."""

    begin: Begin[RaidsWork]
    clock: Clock

    def __call__(self, *, by: Actor) -> int:
        now = self.clock.now()
        with self.begin(by) as work:
            days = work.guilds.get(work.guild_id).settings.keep_uploads_days
            if not days:
                return 0
            pruned = work.uploads.prune(now - timedelta(days=days))
            work.deadlines.set(PRUNE_UPLOADS, PRUNE_UPLOADS, now + _DAILY, {})
        return pruned

"""An installation in memory: every port of the core, for tests, demos and programs that keep nothing.

    installation = MemoryInstallation()
    founded = FoundGuild(installation.begin_installation, installation.ids, installation.clock)(
        name="Nightfall", officer_discord_id="80351110224678912", by=operator("script")
    )
    by = operator("script", founded.guild.id)
    CreateRank(installation.begin, installation.ids)(name="Recruit", by=by)

It is held to the same contract tests as the databases.
"""

from dkp_adapters.memory.answered_requests import MemoryAnsweredRequests
from dkp_adapters.memory.chance import SeededChance
from dkp_adapters.memory.clock import FixedClock, SettableClock
from dkp_adapters.memory.due_deadlines import MemoryDueDeadlines
from dkp_adapters.memory.ids import MemoryIds
from dkp_adapters.memory.installation import MemoryInstallation
from dkp_adapters.memory.leases import MemoryLeases
from dkp_adapters.memory.notice_queue import MemoryNoticeQueue
from dkp_adapters.memory.outbox import MemoryOutbox

__all__ = [
    "FixedClock",
    "MemoryAnsweredRequests",
    "MemoryDueDeadlines",
    "MemoryIds",
    "MemoryInstallation",
    "MemoryLeases",
    "MemoryNoticeQueue",
    "MemoryOutbox",
    "SeededChance",
    "SettableClock",
]

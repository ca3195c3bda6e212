"""The query ports of every context, answered straight from the rows of one moment."""

from __future__ import annotations

from dkp_adapters.memory.views.accounts import MemoryAccountsView
from dkp_adapters.memory.views.audit_log import MemoryAuditLog
from dkp_adapters.memory.views.guilds import MemoryGuildsView
from dkp_adapters.memory.views.loot import MemoryLootView
from dkp_adapters.memory.views.notices import MemoryNoticesView
from dkp_adapters.memory.views.points import MemoryPointsView
from dkp_adapters.memory.views.raids import MemoryRaidsView
from dkp_adapters.memory.views.recruitment import MemoryRecruitmentView
from dkp_adapters.memory.views.roster import MemoryRosterView

__all__ = ["MemoryViews"]


class MemoryViews(
    MemoryGuildsView,
    MemoryAccountsView,
    MemoryNoticesView,
    MemoryRosterView,
    MemoryPointsView,
    MemoryRaidsView,
    MemoryLootView,
    MemoryRecruitmentView,
    MemoryAuditLog,
):
    """One object that answers every question about one guild, or about the installation."""

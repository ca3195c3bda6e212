"""The query ports of every context, answered straight from the rows of one moment."""

from __future__ import annotations

from dkp_adapters.memory.views.accounts import MemoryAccountsView
from dkp_adapters.memory.views.audit_log import MemoryAuditLog
from dkp_adapters.memory.views.loot import MemoryLootView
from dkp_adapters.memory.views.moving import MemoryImportsView
from dkp_adapters.memory.views.notices import MemoryNoticesView
from dkp_adapters.memory.views.past import MemoryPastView
from dkp_adapters.memory.views.recruitment import MemoryRecruitmentView
from dkp_adapters.memory.views.roster import MemoryRosterView

__all__ = ["MemoryViews"]


class MemoryViews(
    MemoryAccountsView,
    MemoryNoticesView,
    MemoryRosterView,
    MemoryPastView,
    MemoryLootView,
    MemoryRecruitmentView,
    MemoryImportsView,
    MemoryAuditLog,
):
    """One object that answers every question about one guild, or about the installation."""

"""Everything in memory that is kept sealed, found by what its fields are called."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Final

from attrs import evolve, fields, frozen, has

from dkp_adapters.memory.tables import Rows, Tables
from dkp_adapters.memory.unit_of_work import MemoryWork
from dkp_core.kernel.actor import Actor, job
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.ports import SealedSecrets, Sealing

_JOB: Final = job("reseal_secrets")


@frozen
class MemorySealedSecrets(SealedSecrets):
    """The secrets of an installation in memory, in one transaction."""

    begin: Callable[[Actor], AbstractContextManager[MemoryWork]]

    def reseal(self, sealing: Sealing) -> int:
        with self.begin(_JOB) as work:
            guilds = [work.enter(GuildId(guild_id)).session.tables for guild_id in work.session.installation.guilds]
            return sum(_resealed(tables, sealing) for tables in (work.session.installation, *guilds))


def _resealed(tables: Tables, sealing: Sealing) -> int:
    count = 0
    for table in fields(type(tables)):
        if table.name == "sign_in_attempts":  # too short-lived to be sealed anew
            continue
        rows: Rows[Any, Any] = getattr(tables, table.name)
        for key, row in list(rows.items()):
            sealed = _secrets(row)
            if sealed:
                rows.put(key, evolve(row, **{name: sealing.seal(sealing.open(each)) for name, each in sealed.items()}))
                count += len(sealed)
    return count


def _secrets(row: Any) -> dict[str, str]:
    if not has(type(row)):
        return {}
    named = (each.name for each in fields(type(row)) if each.name == "sealed" or each.name.startswith("sealed_"))
    values = {name: getattr(row, name) for name in named}
    return {name: value for name, value in values.items() if isinstance(value, str)}  # bids are sealed in another way

"""What people call who did something elsewhere, as part of other views, from memory (O-4)."""

from __future__ import annotations

from dkp_adapters.memory.merges import heads_of
from dkp_adapters.memory.views.glance import Glance
from dkp_core.kernel.actor import ActorKind


def name_elsewhere(glance: Glance, kind: ActorKind, actor_id: str) -> str | None:
    """The name of who has that external id, or who it counts for since; None where nobody has, or of no import."""
    if kind is not ActorKind.IMPORT:
        return None
    memberships, heads = glance.tables.memberships.values(), heads_of(glance.tables)
    found = sorted(each.user_id for each in memberships if each.external_id == actor_id)
    return glance.username(heads.get(found[0], found[0])) if found else None

"""A main change: another character of the same owner is the main from now on (P-17)."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import CharacterId, MainChangeId, UserId


@frozen(kw_only=True)
class MainChange:
    """One line of a user's main history; `waived` tells that the guild's price and waiting time were let go."""

    id: MainChangeId
    user_id: UserId
    at: datetime
    before: CharacterId
    after: CharacterId
    actor_kind: ActorKind
    actor_id: str
    waived: bool
    reason: str

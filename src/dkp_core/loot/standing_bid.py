"""Standing bids: left before the raid, they hold nothing until their auction opens (L-14)."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import ItemId, UserId
from dkp_core.kernel.names import clean_text
from dkp_core.kernel.points import ZERO, Points


@frozen(kw_only=True)
class StandingBid:
    """How far a user would go for an item, once it is up; for the character named, else the main."""

    item_id: ItemId
    user_id: UserId
    ceiling: Points = field(repr=False)
    character_name: str = ""
    left_at: datetime

    @classmethod
    def leave(
        cls, item_id: ItemId, user_id: UserId, *, ceiling: Points, character_name: str, at: datetime
    ) -> StandingBid:
        """A bid that waits. Raises: InvalidValue for a ceiling that offers nothing."""
        if ceiling <= ZERO:
            raise InvalidValue("ceiling", f"{ceiling} offers nothing", "more than 0")
        name = clean_text(character_name, "character", length_max=64)
        return cls(item_id=item_id, user_id=user_id, ceiling=ceiling, character_name=name, left_at=at)

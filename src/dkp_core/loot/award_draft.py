"""Award drafts: what a log or an export tells of loot, for an officer to award or to dismiss (D-11)."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from enum import StrEnum

from attrs import evolve, frozen

from dkp_core.kernel.domain_events import Aggregate
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import AwardDraftId, AwardId, GuildId, ItemId, RaidId, UserId
from dkp_core.kernel.names import clean_text, name_key
from dkp_core.kernel.points import Points
from dkp_core.loot.errors import DraftIsSettled
from dkp_core.loot.events import AwardDraftConfirmed, AwardDraftDismissed
from dkp_core.raids import LootLine


class DraftStatus(StrEnum):
    """Whether a draft waits, or what an officer made of it."""

    OPEN = "open"
    AWARDED = "awarded"
    DISMISSED = "dismissed"


@frozen(kw_only=True)
class AwardDraft(Aggregate):
    """What a line of a file tells of an item, until it is awarded or dismissed; who looted is not always who won.

    `item_name` and `name` are as read, `item_id` and `user_id` whom they were known to be then; `cost` is set where the
    file names one, of each of the `quantity` copies. `local_time` is the file's own, without a zone (D-13). `rot` is
    what the file says nobody got. `awards` are those it was confirmed as, `reason` why it was dismissed. `sha256` and
    `line` tell where it stands; by the `fingerprint` the same loot is known again in a longer log.
    """

    id: AwardDraftId
    guild_id: GuildId
    raid_id: RaidId
    item_name: str
    item_id: ItemId | None
    name: str
    user_id: UserId | None
    quantity: int
    cost: Points | None
    rot: bool
    note: str
    local_time: str
    sha256: str
    line: int
    fingerprint: str
    status: DraftStatus = DraftStatus.OPEN
    awards: tuple[AwardId, ...] = ()
    reason: str = ""
    drafted_at: datetime

    def must_be_open(self) -> None:
        """Raises: DraftIsSettled."""
        if self.status is not DraftStatus.OPEN:
            raise DraftIsSettled(self.id, self.status)

    def confirm(self, awards: Sequence[AwardId]) -> AwardDraft:
        """Awarded so, once. Raises: DraftIsSettled."""
        self.must_be_open()
        event = AwardDraftConfirmed(draft_id=self.id, raid_id=self.raid_id, awards=tuple(awards))
        return evolve(self, status=DraftStatus.AWARDED, awards=tuple(awards)).announcing(event)

    def dismiss(self, reason: str) -> AwardDraft:
        """Nothing to award. Raises: DraftIsSettled, InvalidValue without a reason."""
        self.must_be_open()
        why = clean_text(reason, "reason", length_max=500)
        if not why:
            raise InvalidValue("reason", "it is empty", "why, in up to 500 characters")
        event = AwardDraftDismissed(draft_id=self.id, raid_id=self.raid_id, reason=why)
        return evolve(self, status=DraftStatus.DISMISSED, reason=why).announcing(event)

    def emptied(self) -> AwardDraft:
        """Without what else the file says of it (A-12)."""
        return evolve(self, note="")


def fingerprinted(lines: Iterable[LootLine], sha256: str) -> Iterator[tuple[LootLine, str]]:
    """Each line with what it is known by: its words, its time, and which of its likes it is.

    So a log that has grown since is drafted from where it ended; a line without a time is one of its file alone.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    for line in lines:
        when = line.at.isoformat() if line.at is not None else f"{sha256} {line.line}"
        words = (name_key(line.item), name_key(line.name), str(line.quantity), str(line.rot), when)
        seen[words] += 1
        told = "\x1f".join((*words, str(seen[words])))
        yield line, hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()

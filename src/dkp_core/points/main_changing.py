"""Making another character one's main: for the price and after the waiting time that the guild has set (P-17)."""

from __future__ import annotations

from typing import Final

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import CharacterId, EntryId, MainChangeId
from dkp_core.kernel.names import clean_text
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.points import ZERO, Points
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.points.booking import book
from dkp_core.points.entry import BUCKETS, Entry, EntryKind, Source, SourceKind
from dkp_core.points.errors import MainChangeNotAffordable
from dkp_core.points.pooling import default_pool
from dkp_core.points.ports import PointsWork
from dkp_core.roster import Crowning, MainChange, must_be_allowed

REASON_LENGTH_MAX: Final = 500


@frozen(kw_only=True)
class MainChangeReport:
    """Who is the main now; `change_id` is None where no other was before, and `paid` what the change cost."""

    character_id: CharacterId
    change_id: MainChangeId | None
    paid: Points


@frozen
class ChangeMain:
    """Make a character its owner's main; the others hang under it as alts.

    Where another was the main, the guild may ask a price in points of its default pool, which have to be available,
    and a number of days since the last change. Officers may waive both, with a reason.
    """

    begin: Begin[PointsWork]
    ids: Ids
    clock: Clock

    def __call__(
        self, character_id: CharacterId, *, waive: bool = False, reason: str = "", by: Actor
    ) -> MainChangeReport:
        by.must(Permission.CHARACTERS_OWN, Permission.ROSTER_WRITE)
        reason = clean_text(reason, "reason", length_max=REASON_LENGTH_MAX)
        if waive:
            by.must(Permission.ROSTER_WRITE)
            by.must(Permission.POINTS_WRITE)
            if not reason:
                raise InvalidValue("reason", "it is empty", "why price and waiting time are waived")
        change_id, entry_id = MainChangeId(self.ids.next("main_change")), EntryId(self.ids.next("entry"))
        now = self.clock.now()
        with self.begin(by) as work:
            guild = work.guilds.get(work.guild_id)  # held, so that nobody changes main twice at once
            character = work.characters.get(character_id)
            must_be_allowed(character, by, officers_only=False)
            crowning = Crowning.of(work, character)
            if not crowning.replaces:
                crowning.apply(work)
                return MainChangeReport(character_id=character_id, change_id=None, paid=ZERO)
            price = ZERO if waive else Points.of(guild.settings.main_change_price)
            if not waive:
                crowning.must_have_waited(work, now, days=guild.settings.main_change_wait_days)
            crowning.apply(work)
            change = crowning.record(work, change_id, waived=waive, reason=reason, at=now, by=by)
            if price:
                self._pay(work, change, price, entry_id, character.name, by)
        return MainChangeReport(character_id=character_id, change_id=change_id, paid=price)

    def _pay(
        self, work: PointsWork, change: MainChange, price: Points, entry_id: EntryId, name: str, by: Actor
    ) -> None:
        pool = default_pool(work)
        available = work.ledger.held(pool.id, [change.user_id])[change.user_id].available
        if available < price:
            raise MainChangeNotAffordable(change.user_id, price)
        entry = Entry(
            id=entry_id,
            pool_id=pool.id,
            user_id=change.user_id,
            kind=EntryKind.PENALTY,
            bucket=BUCKETS[EntryKind.PENALTY],
            amount=-price,
            reason=change.reason or "Main change",
            character_name=name,
            source=Source(SourceKind.MAIN_CHANGE, change.id),
            actor_kind=by.kind,
            actor_id=by.id,
            occurred_at=change.at,
            recorded_at=change.at,
        )
        book(work, [entry], ids=self.ids)

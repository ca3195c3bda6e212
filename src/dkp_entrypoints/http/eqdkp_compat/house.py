"""What of a guild an old tool names by numbers: its characters, event types, raids, pools and the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from attrs import evolve, frozen

from dkp_core.accounts import MembershipRow
from dkp_core.guilds import GuildRow
from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import AdjustmentId, AwardId, CharacterId, ItemId, ItemPoolId, RaidId, UserId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import PAGE_SIZE_MAX, Page, PageRequest
from dkp_core.kernel.permission import Permission
from dkp_core.loot import AwardFilter, ItemFilter, ItemRow
from dkp_core.points import FOR_GOOD, AdjustmentFilter, ItemPoolRow, Merged, MergeFilter, MergeKind, PoolRow
from dkp_core.raids import EventTypeRow, RaidDetailRow, RaidFilter, RaidRow
from dkp_core.roster import CharacterStatus, RosterFilter, RosterRow
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http.eqdkp_compat.numbering import BEYOND, ORIGIN, Numbering, named_old, number_in, old_number
from dkp_entrypoints.http.operation import Call

Row = TypeVar("Row")

_ALL_CHARACTERS: Final = frozenset({Permission.ROSTER_READ, Permission.ROSTER_WRITE})
_ONE: Final = PageRequest(1, 1)
_BY_ID: Final = "as the functions of this API show it, or eqdkp: and the old one"


def every(page_of: Callable[[PageRequest], Page[Row]]) -> Iterator[Row]:
    """The rows of all pages."""
    number = 1
    while True:
        page = page_of(PageRequest(number, PAGE_SIZE_MAX))
        yield from page.results
        if number * PAGE_SIZE_MAX >= page.count:
            return
        number += 1


@frozen
class House:
    """A guild as the caller sees it. What a number stands for is found whether or not they may read of it."""

    call: Call

    @property
    def use(self) -> UseCases:
        """The use cases."""
        return self.call.use_cases

    @property
    def by(self) -> Actor:
        """The caller."""
        return self.call.by

    def guild(self) -> GuildRow:
        """The guild."""
        return self.use.show_guild()(by=self.call.seeing(Permission.ROSTER_READ))

    def zone(self) -> ZoneInfo:
        """The guild's clocks."""
        return ZoneInfo(self.guild().timezone)

    # --- characters ---------------------------------------------------------------------------------------------------

    def roster(self) -> tuple[RosterRow, ...]:
        """The characters that the caller may see, by name. Raises: NotPermitted."""
        self.by.must(Permission.ROSTER_READ)
        return self._characters(self.by)

    def characters(self) -> tuple[RosterRow, ...]:
        """Every character, to know what their numbers stand for."""
        return self._characters(evolve(self.by, permissions=self.by.permissions | _ALL_CHARACTERS))

    def everyone(self, roster: tuple[RosterRow, ...]) -> tuple[RosterRow, ...]:
        """Every character, the caller having seen these."""
        return roster if self.by.may(Permission.ROSTER_WRITE) else self.characters()

    def numbered(self, roster: tuple[RosterRow, ...]) -> Numbering:
        """The numbers of all characters, the caller having seen these."""
        return Numbering.of(self.everyone(roster))

    def _characters(self, by: Actor) -> tuple[RosterRow, ...]:
        listed = self.use.list_characters()
        return tuple(every(lambda page: listed(RosterFilter(), ordering="name", page=page, by=by)))

    def bearer(self, name: str) -> CharacterId | None:
        """Which character goes by that name, or went by it once; None where there is none."""
        try:
            return self.use.find_character()(name, by=self.call.seeing(Permission.ROSTER_READ)).id
        except NoSuch:
            return None

    def named(self, members: tuple[str, ...], field: str) -> tuple[RosterRow, ...]:
        """The characters that are meant, by number or by name. Raises: InvalidValue, which names all that are none."""
        known = self.characters()
        numbering, by_id = Numbering.of(known), {each.id: each for each in known}
        by_name = {name_key(each.name): each for each in known}
        found: dict[CharacterId, RosterRow] = {}
        unknown = []
        for member in members:
            ours = numbering.find(member)
            row = by_id[CharacterId(ours)] if ours is not None else by_name.get(name_key(member))
            if row is None and (bearer := self.bearer(member)) is not None:
                row = by_id.get(bearer)
            if row is None:
                unknown.append(member[:40])
            else:
                found[row.id] = row
        if unknown:
            raise InvalidValue(field, f"there is no character {', '.join(unknown[:50])}", f"ids {_BY_ID}")
        return tuple(found.values())

    def paid(self, members: tuple[str, ...], field: str) -> tuple[RosterRow, ...]:
        """The characters that are meant, for each of which somebody's points move.

        Raises: InvalidValue, which names all that are none, that are nobody's, or that nobody has approved yet.
        """
        found = self.named(members, field)
        pending = [each.name for each in found if each.status is CharacterStatus.PENDING]
        _must_be_none(pending, field, "not approved yet:", "characters that officers have approved")
        nobodys = [each.name for each in found if each.user_id is None]
        _must_be_none(nobodys, field, "no points would move, since nobody owns", "characters that have an owner")
        return found

    def buying(self, members: tuple[str, ...], field: str) -> tuple[RosterRow, ...]:
        """The same of who gets an item, which retired characters do not. Raises: InvalidValue."""
        found = self.paid(members, field)
        retired = [each.name for each in found if each.status is CharacterStatus.RETIRED]
        _must_be_none(retired, field, "retired:", "characters that are not retired")
        return found

    def owner(self, text: str) -> UserId | None:
        """The user of that number: who was it on the old site, else ours; None where there is nobody."""
        number = number_in(text)
        if number is None:
            return None
        listed, by = self.use.list_memberships(), self.call.seeing(Permission.MEMBERSHIPS_READ)
        old: tuple[MembershipRow, ...] = listed(external_id=f"{ORIGIN}{number}", page=_ONE, by=by).results
        if old:
            return old[0].merged_into or old[0].user_id
        return None if named_old(text) is not None else UserId(number)

    def merged(self) -> tuple[Merged, ...]:
        """Whose things became whose, since they are one person or were unlinked."""
        listed, by = self.use.list_merges(), self.call.seeing(Permission.CLAIMS_WRITE)
        rows = every(lambda page: listed(MergeFilter(undone=False), page=page, by=by))
        return tuple(
            Merged(
                user_id=row.user_id,
                merge_id=row.id,
                into=row.into,
                at=row.at,
                until=FOR_GOOD if row.kind is MergeKind.MERGE else row.at,
            )
            for row in rows
        )

    # --- event types and pools ----------------------------------------------------------------------------------------

    def event_types(self) -> tuple[EventTypeRow, ...]:
        """Every event type."""
        return self.use.list_event_types()(by=self.call.seeing(Permission.RAIDS_READ))

    def event_type(self, text: str, field: str) -> EventTypeRow:
        """The event type of that number. Raises: InvalidValue."""
        event_types = self.event_types()
        ours = Numbering.of(event_types).find(text)
        found = next((each for each in event_types if each.id == ours), None)
        if found is None:
            raise InvalidValue(field, f"there is no event {text[:40]!r}", f"an event's id {_BY_ID}")
        return found

    def pools(self) -> tuple[PoolRow, ...]:
        """Every pool."""
        return self.use.list_pools()(by=self.call.seeing(Permission.POINTS_READ))

    def item_pools(self) -> tuple[ItemPoolRow, ...]:
        """Every item pool."""
        return self.use.list_item_pools()(by=self.call.seeing(Permission.POINTS_READ))

    def item_pool(self, text: str, field: str) -> ItemPoolId | None:
        """The item pool of that number; none, where the guild has no item pools at all. Raises: InvalidValue."""
        item_pools = self.item_pools()
        if not item_pools:
            return None
        ours = Numbering.in_order(item_pools).find(text)
        if ours is None:
            raise InvalidValue(field, f"there is no item pool {text[:40]!r}", f"an item pool's id {_BY_ID}")
        return ItemPoolId(ours)

    # --- what there is much of ----------------------------------------------------------------------------------------

    def raid(self, text: str, field: str) -> RaidDetailRow:
        """The raid of that number. Raises: InvalidValue."""
        number = number_in(text)
        if number is not None:
            listed, by = self.use.list_raids(), self.call.seeing(Permission.RAIDS_READ)
            old = listed(RaidFilter(external_id=f"{ORIGIN}{number}"), page=_ONE, by=by).results
            ours = old[0].id if old else RaidId(number - BEYOND if number > BEYOND else number)
            if old or named_old(text) is None:
                with suppress(NoSuch):
                    return self.use.show_raid()(ours, by=by)
        raise InvalidValue(field, f"there is no raid {text[:40]!r}", f"a raid's id {_BY_ID}")

    def raids(self) -> Iterator[RaidRow]:
        """The raids, the latest first, page by page. Raises: NotPermitted."""
        listed = self.use.list_raids()
        return every(lambda page: listed(RaidFilter(), page=page, by=self.by))

    def raid_number(self, raid_id: int, external_id: str | None) -> int:
        """The number that a raid is shown with."""
        by = self.call.seeing(Permission.RAIDS_READ)

        def taken(old: str) -> bool:
            return bool(self.use.list_raids()(RaidFilter(external_id=old), page=_ONE, by=by).count)

        return _number(raid_id, external_id, taken)

    def items(self) -> Mapping[ItemId, ItemRow]:
        """The catalogue, by our ids. Raises: NotPermitted."""
        listed = self.use.list_items()
        return {row.id: row for row in every(lambda page: listed(ItemFilter(), page=page, by=self.by))}

    def awards_total(self) -> int:
        """How often something was handed out."""
        by = self.call.seeing(Permission.AUCTIONS_READ)
        return self.use.list_awards()(AwardFilter(), page=_ONE, by=by).count

    def adjustments_total(self) -> tuple[int, int]:
        """How many adjustments there ever were, and how many of them stand."""
        listed, by = self.use.list_adjustments(), self.call.seeing(Permission.POINTS_READ)
        wanted = AdjustmentFilter(), AdjustmentFilter(reversed=False)
        total, standing = (listed(each, page=_ONE, by=by).count for each in wanted)
        return total, standing

    def award_number(self, award_id: AwardId) -> int:
        """The number that a new award is shown with."""
        by = self.call.seeing(Permission.AUCTIONS_READ)

        def taken(old: str) -> bool:
            return bool(self.use.list_awards()(AwardFilter(external_id=old), page=_ONE, by=by).count)

        return _number(award_id, None, taken)

    def adjustment_number(self, adjustment_id: AdjustmentId) -> int:
        """The number that a new adjustment is shown with."""
        by = self.call.seeing(Permission.POINTS_READ)

        def taken(old: str) -> bool:
            return bool(self.use.list_adjustments()(AdjustmentFilter(external_id=old), page=_ONE, by=by).count)

        return _number(adjustment_id, None, taken)


def _must_be_none(names: list[str], field: str, fault: str, accepted: str) -> None:
    if names:
        raise InvalidValue(field, f"{fault} {', '.join(names[:50])}", accepted)


def _number(ours: int, external_id: str | None, taken: Callable[[str], bool]) -> int:
    """The number of one thing, as `Numbering.of` gives it to all."""
    old = old_number(external_id)
    if old is not None:
        return old
    return ours + BEYOND if taken(f"{ORIGIN}{ours}") else ours

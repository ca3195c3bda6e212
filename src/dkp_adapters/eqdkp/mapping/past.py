"""What was booked for characters, as far as it says whose they are and since when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import Final

from attrs import define

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.source import EqdkpSource

_LAST: Final = datetime.max.replace(tzinfo=UTC)


@define
class Past:
    """What was booked for characters; the rows are only read where somebody asks."""

    source: EqdkpSource

    @cached_property
    def raids(self) -> Mapping[int, int]:
        """How many rows say that a character was at a raid."""
        return Counter(each.character for each in self.source.rows(rows.Attendee))

    def has(self, character: int) -> bool:
        """Whether anything was booked for a character."""
        return character in self.raids or character in self._booked

    def since(self, row: rows.Character) -> datetime | None:
        """When a character was made, or its first raid where that is not known; None without either."""
        return row.created_at or self._first_raids.get(row.id)

    @cached_property
    def _booked(self) -> frozenset[int]:
        """The characters that bought something, or have an adjustment."""
        return frozenset(each.buyer for each in self.source.rows(rows.Item)) | {
            each.character for each in self.source.rows(rows.Adjustment)
        }

    @cached_property
    def _first_raids(self) -> Mapping[int, datetime]:
        dates = {each.id: each.at for each in self.source.rows(rows.Raid) if each.at}
        found: dict[int, datetime] = {}
        for each in self.source.rows(rows.Attendee):
            at = dates.get(each.raid)
            if at is not None and at < found.get(each.character, _LAST):
                found[each.character] = at
        return found

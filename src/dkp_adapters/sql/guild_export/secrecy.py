"""What an officer's export keeps back: what nobody but its owner may know, even of whom they lead (L-11, V-7)."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from attrs import frozen
from sqlalchemy import BigInteger, and_, bindparam, exists, literal, or_, select

from dkp_adapters.sql.engine import Connection
from dkp_adapters.sql.guild_export.layout import Row, Sheet
from dkp_adapters.sql.references import REFERENCES
from dkp_adapters.sql.statement import Statement, in_guild, to_json
from dkp_adapters.sql.tables.loot import auctions
from dkp_adapters.sql.tables.merges import merged_users
from dkp_adapters.sql.tables.recruitment import applications
from dkp_core.kernel.ids import GuildId, UserId
from dkp_core.loot import BidOutcome

Keep = Callable[[Row], bool]
"""Whether a row is told of, which it may rewrite."""

TOLD: Final = (
    "auctions whose result nobody may know, yet or for good, with all that belongs to them",
    "bids that wait for an auction, ceilings, and what refused bids were",
    "your own applications",
)
"""What is kept back, in words."""

_DEADLINES: Final = {"auction": ("auction:",), "application": ("application:", "trial:")}
_AMOUNT, _CEILING = 4, 5  # among what is kept of a bid inside of auctions

_viewer: Final = bindparam("viewer", type_=BigInteger)
_UNPUBLISHED: Final = Statement(select(auctions.c.id).where(in_guild(auctions), auctions.c.settlement == ""))
_OWN: Final = Statement(
    select(applications.c.id).where(
        in_guild(applications),
        or_(
            applications.c.user_id == _viewer,
            exists(
                select(literal(1)).where(
                    and_(
                        merged_users.c.guild_id == applications.c.guild_id,
                        merged_users.c.user_id == applications.c.user_id,
                        merged_users.c.head == _viewer,
                    )
                )
            ),
        ),
    )
)


@frozen
class Secrecy:
    """What may not be told of: the ids of such things by their kind."""

    away: dict[str, Collection[int]]

    @classmethod
    def of(cls, connection: Connection, guild_id: GuildId, viewer: UserId | None) -> Secrecy:
        """That of a guild towards one of its officers."""
        found = connection.all(_UNPUBLISHED, {"guild_id": guild_id})
        own = [] if viewer is None else connection.all(_OWN, {"guild_id": guild_id, "viewer": viewer})
        return cls({"auction": {each for (each,) in found}, "application": {each for (each,) in own}})

    def keep(self, sheet: Sheet) -> Keep | None:
        """What of a table's rows is told; None for all of them as they are."""
        if sheet.name == "standing_bids":
            return lambda _: False
        if sheet.name == "balances":
            return _holding_nothing(sheet)
        if sheet.name == "deadlines":
            return self._deadlines(sheet)
        places = [(place, away) for kind, away in self.away.items() if (place := _place_of(sheet, kind)) is not None]
        if not places:
            return None
        rewrite = {"bids": _bids, "auctions": _auctions}.get(sheet.name)
        rewritten = None if rewrite is None else rewrite(sheet)

        def keep(row: Row) -> bool:
            if any(row[place] in away for place, away in places):
                return False
            if rewritten is not None:
                rewritten(row)
            return True

        return keep

    def _deadlines(self, sheet: Sheet) -> Keep:
        place = sheet.place("key")
        keys = {
            f"{beginning}{each}" for kind, away in self.away.items() for beginning in _DEADLINES[kind] for each in away
        }
        return lambda row: row[place] not in keys


def _place_of(sheet: Sheet, kind: str) -> int | None:
    """Where rows of a table name what they are, or belong to."""
    names = REFERENCES.get(sheet.name)
    if names is None:
        return None
    if names.own == kind:
        return sheet.place("id")
    return sheet.place(names.of) if names.of is not None and names.ids.get(names.of) == kind else None


def _holding_nothing(sheet: Sheet) -> Keep:
    """Balances without what bids hold: only those of running auctions do."""
    held, sealed = sheet.place("held"), sheet.place("sealed")

    def keep(row: Row) -> bool:
        row[held] = row[sealed] = 0
        return True

    return keep


def _bids(sheet: Sheet) -> Callable[[Row], None]:
    """Bids as everybody sees them once an auction is closed."""
    amount, ceiling, outcome, reason = (sheet.place(name) for name in ("amount", "ceiling", "outcome", "reason"))

    def rewrite(row: Row) -> None:
        if row[outcome] == BidOutcome.REFUSED.value:
            row[amount], row[reason] = 0, ""
        row[ceiling] = row[amount]

    return rewrite


def _auctions(sheet: Sheet) -> Callable[[Row], None]:
    leads, settlement = sheet.place("leads"), sheet.place("settlement")

    def rewrite(row: Row) -> None:
        row[leads] = to_json([_without_ceiling(lead, 1) for lead in json.loads(row[leads])])
        wins, beaten = json.loads(row[settlement])
        row[settlement] = to_json([[_without_ceiling(win, 3) for win in wins], beaten])

    return rewrite


def _without_ceiling(parts: Sequence[Any], before: int) -> list[Any]:
    """A bid, after so many other values, as what was bid and no more."""
    found = list(parts)
    found[before + _CEILING] = found[before + _AMOUNT]
    return found

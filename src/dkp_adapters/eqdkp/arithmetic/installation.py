"""An installation of EQdkp Plus, as far as its points and attendance depend on it.

Ids are those of its tables, moments are seconds since 1970, and values are hundredths of points. Rows may point to what
does not exist: the program passes over them in its own way, and so it is done here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, tzinfo
from enum import Enum, auto
from typing import NamedTuple

from attrs import Factory, field, frozen
from attrs.validators import in_

from dkp_adapters.eqdkp.arithmetic.decay import Rule


@frozen(kw_only=True)
class Member:
    """A character; its main is None or itself where it is one.

    `created_at` is the character's own date, `registered_at` its user's; 0 is never.
    """

    id: int
    main: int | None = None
    created_at: int = 0
    registered_at: int = 0
    asks_deletion: bool = False
    is_unconfirmed: bool = False

    @property
    def main_id(self) -> int:
        """The id of the main it names, which may not exist; its own where it names none."""
        return self.main or self.id

    @property
    def counts_for_main(self) -> bool:
        """Whether its points count with its main's."""
        return not (self.asks_deletion or self.is_unconfirmed)


@frozen(kw_only=True)
class Pool:
    """A pool: what is earned and adjusted comes by its events, what is spent by its item pools."""

    id: int
    events: frozenset[int]
    item_pools: frozenset[int]
    no_attendance: frozenset[int] = frozenset()


@frozen(kw_only=True)
class Raid:
    """A raid; `connected` are the raids it names as one with it for attendance."""

    id: int
    event: int
    at: int
    value: int
    connected: tuple[int, ...] = ()


class Attendee(NamedTuple):
    """A row that says who was at a raid; there may be several alike. A tuple, since there are very many."""

    raid: int
    member: int


@frozen(kw_only=True)
class Item:
    """An item somebody bought."""

    buyer: int
    raid: int
    item_pool: int
    at: int
    value: int


@frozen(kw_only=True)
class Adjustment:
    """An adjustment; its event is None where the row names none that is a number."""

    member: int
    event: int | None
    at: int
    value: int


@frozen(kw_only=True)
class Snapshot:
    """What the program noted of a member in a pool at some moment, and starts its history from (`member_points`).

    `net` is what its breakdown (`misc`) comes to without the events of id 0: earned less spent, and adjusted. The
    columns beside it are no use: what they say was spent is wrong.
    """

    member: int
    pool: int
    at: int
    net: int


class Pages(Enum):
    """What the pages of a point system make of the rows, where more than one does alike.

    `POINTS` are balances, after decay and caps. `PARTS` are what was earned, spent and adjusted, or what is reckoned
    from that (EPGP, effective DKP), and `ZERO_SUM` what items cost, shared out among those who were at their raids: in
    neither of them balances decay, and nothing is capped.
    """

    POINTS = auto()
    PARTS = auto()
    ZERO_SUM = auto()


@frozen(kw_only=True)
class Config:
    """The settings that numbers depend on; `zone` is the site's, `server` that of the program itself."""

    pages: Pages = Pages.POINTS

    precision: int = field(default=2, validator=in_(range(6)))
    special: frozenset[int] = frozenset()
    show_twinks: bool = False
    zone: tzinfo = UTC
    server: tzinfo = UTC

    @property
    def pages_have_twinks(self) -> bool:
        """Whether points pages show mains with their twinks: they do unless twinks are shown for themselves."""
        return not self.show_twinks


@frozen(kw_only=True)
class Installation:
    """All rows that count, and the automatic point adjustments in the order of their file."""

    members: Sequence[Member]
    pools: Sequence[Pool]
    raids: Sequence[Raid]
    attendees: Sequence[Attendee]
    items: Sequence[Item]
    adjustments: Sequence[Adjustment]
    snapshots: Sequence[Snapshot] = ()
    rules: Sequence[Rule] = ()
    config: Config = Factory(Config)

    def groups(self) -> Mapping[int, Sequence[int]]:
        """Whose points a member has with twinks: its main's and those of the main's characters.

        Nobody's, where the main does not exist. A twink that is somebody's main counts with its own main.
        """
        mains = {each.id: each.main_id for each in self.members}
        twinks: dict[int, list[int]] = {each: [each] for each, main in mains.items() if each == main}
        for each in self.members:
            if each.main_id != each.id and each.main_id in twinks and each.counts_for_main:
                twinks[each.main_id].append(each.id)
        return {each: twinks.get(_top(each, mains), ()) for each in mains}


def _top(member: int, mains: Mapping[int, int]) -> int:
    """Where a chain of mains ends: at a main, outside of what exists, or back in the chain."""
    seen = set[int]()
    while member in mains and mains[member] != member and member not in seen:
        seen.add(member)
        member = mains[member]
    return member

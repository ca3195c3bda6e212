"""The rules of an auction, as data: chosen per pool, kept in versions, overridable per auction (L-2, L-3)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Final, Self

from attrs import evolve, field, frozen

from dkp_core.kernel.data import (
    Data,
    a_each,
    a_flag,
    a_maybe,
    a_multiplier,
    a_points,
    a_points_between,
    a_several,
    a_text,
    a_whole,
    a_word,
    taking,
)
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import RankId
from dkp_core.kernel.names import name_key
from dkp_core.kernel.points import POINTS_MAX, ZERO, Points
from dkp_core.loot.tier import Tier

SECONDS_MAX: Final = 30 * 24 * 3600
PHASES_MAX: Final = 10
COPIES_MAX: Final = 100
WINDOWS: Final = (0, 30, 60, 90)


class Mode(StrEnum):
    """How an auction finds its winners and prices (L-3); `elsewhere` is kept of bidding that was done elsewhere."""

    OPEN = "open"
    SEALED_FIRST_PRICE = "sealed_first_price"
    SEALED_SECOND_PRICE = "sealed_second_price"
    FIXED_PRICE_ROLL = "fixed_price_roll"
    ELSEWHERE = "elsewhere"

    @property
    def is_sealed(self) -> bool:
        """Whether nobody sees an amount before the close."""
        return self in {Mode.SEALED_FIRST_PRICE, Mode.SEALED_SECOND_PRICE}


class Tie(StrEnum):
    """What decides between equal bids."""

    EARLIEST = "earliest"
    ATTENDANCE = "attendance"
    ROLL = "roll"


class Refund(StrEnum):
    """How much of the price comes back for an item that is returned (L-17)."""

    ALL = "all"
    HALF = "half"
    NONE = "none"

    @property
    def fraction(self) -> Fraction:
        """The part of the price that comes back."""
        return {Refund.ALL: Fraction(1), Refund.HALF: Fraction(1, 2), Refund.NONE: Fraction(0)}[self]


class Span(StrEnum):
    """What a limit counts over: one raid, or the guild's night (noon to noon)."""

    RAID = "raid"
    NIGHT = "night"


# --- the rules --------------------------------------------------------------------------------------------------------

_POSITIVE: Final = Points(1)
_ONCE: Final = Fraction(1)
_LIMIT: Final = Points.of(POINTS_MAX.replace(",", ""))


def _window(value: object, name: str) -> int:
    if type(value) is not int or value not in WINDOWS:
        raise InvalidValue(name, f"{str(value)[:40]!r} is not accepted", "30, 60 or 90 days, or 0 for lifetime")
    return value


@frozen(kw_only=True)
class AttendanceCap(Data):
    """From `from_percent` attendance on, a bid is at most this (None: any); the highest tier reached counts."""

    from_percent: int = field(default=0, metadata=taking(a_whole(0, 100), "attendance from which this tier counts"))
    at_most: Points | None = field(
        default=None, metadata=taking(a_maybe(a_points(_POSITIVE)), "the most that may be bid; null is no cap")
    )


@frozen(kw_only=True)
class RankCap(Data):
    """Who bids for a character of that rank bids at most this."""

    rank: int = field(default=0, metadata=taking(a_whole(1, 2**53), "the rank's id"))
    at_most: Points = field(default=_POSITIVE, metadata=taking(a_points(_POSITIVE), "the most that may be bid"))


@frozen(kw_only=True)
class RankMultiplier(Data):
    """A bid for a character of that rank counts this many times its amount; what is paid is what was bid."""

    rank: int = field(default=0, metadata=taking(a_whole(1, 2**53), "the rank's id"))
    times: Fraction = field(default=Fraction(1), metadata=taking(a_multiplier, "how many times the bid counts"))


@frozen(kw_only=True)
class Limit(Data):
    """So many items for more than `over` points, each raid or night; for everybody, or for trials alone."""

    items: int = field(default=1, metadata=taking(a_whole(1, 1000), "how many items"))
    over: Points = field(default=ZERO, metadata=taking(a_points(ZERO), "only items for more than this count"))
    per: Span = field(default=Span.NIGHT, metadata=taking(a_word(Span), "raid or night"))
    trials_only: bool = field(default=False, metadata=taking(a_flag, "it binds trial members alone"))


@frozen(kw_only=True)
class Phase(Data):
    """A part of an auction in which some may bid; it hands over by itself while copies are left that nobody leads."""

    tiers: tuple[Tier, ...] = field(
        default=(), metadata=taking(a_several(a_word(Tier)), "who may begin to bid: main, alt, box; empty is everyone")
    )
    ranks: tuple[int, ...] = field(
        default=(), metadata=taking(a_several(a_whole(1, 2**53)), "ids of ranks that may begin to bid; empty is any")
    )
    minimum: Points | None = field(
        default=None, metadata=taking(a_maybe(a_points(_POSITIVE)), "its own minimum; null is the auction's")
    )
    seconds: int = field(default=60, metadata=taking(a_whole(1, SECONDS_MAX), "how long it lasts"))


@frozen(kw_only=True)
class Rules(Data):
    """Who may bid how much, and how the winners and prices are found."""

    mode: Mode = field(
        default=Mode.OPEN,
        metadata=taking(
            a_word(Mode, but=frozenset({Mode.ELSEWHERE})),
            "open, sealed_first_price, sealed_second_price or fixed_price_roll",
        ),
    )
    minimum: Points = field(
        default=Points(100), metadata=taking(a_points(_POSITIVE), "the least that is bid; the price of a roll")
    )
    increment: Points = field(
        default=Points(100), metadata=taking(a_points(_POSITIVE), "bids are the minimum plus a whole number of these")
    )
    seconds: int | None = field(
        default=None,
        metadata=taking(
            a_maybe(a_whole(1, SECONDS_MAX)), "how long an auction runs unless told; null: until closed by hand"
        ),
    )
    anti_snipe_seconds: int = field(
        default=0, metadata=taking(a_whole(0, 3600), "a bid leaves at least so long for an answer; 0 is off")
    )
    ranks: tuple[int, ...] = field(
        default=(), metadata=taking(a_several(a_whole(1, 2**53)), "ids of ranks that may bid; empty is any")
    )
    classes: tuple[str, ...] = field(
        default=(), metadata=taking(a_several(a_text), "classes that may bid; empty is any")
    )
    attendees_only: bool = field(default=False, metadata=taking(a_flag, "only who attended the auction's raid may bid"))
    attendance_at_least: int = field(
        default=0, metadata=taking(a_whole(0, 100), "percent of attendance that bidding takes")
    )
    attendance_days: int = field(
        default=30, metadata=taking(_window, "the window that attendance is counted over: 30, 60, 90, 0 is lifetime")
    )
    trials: bool = field(default=True, metadata=taking(a_flag, "trial members may bid"))
    attendance_caps: tuple[AttendanceCap, ...] = field(
        default=(), metadata=taking(a_each(AttendanceCap), "caps by attendance")
    )
    rank_caps: tuple[RankCap, ...] = field(default=(), metadata=taking(a_each(RankCap), "caps by rank"))
    trial_cap: Points | None = field(
        default=None, metadata=taking(a_maybe(a_points(_POSITIVE)), "the most that trials may bid")
    )
    all_in: bool = field(default=True, metadata=taking(a_flag, "all that one has may be bid off the increment"))
    floor: Points | None = field(
        default=None,
        metadata=taking(
            a_maybe(a_points_between(-_LIMIT, _LIMIT)),
            "what has to be left after a bid; null is what the pool's policies say",
        ),
    )
    limits: tuple[Limit, ...] = field(default=(), metadata=taking(a_each(Limit), "how many items one may win"))
    mains_first: bool = field(default=False, metadata=taking(a_flag, "any main's bid comes before any alt's"))
    alt_limit: Points | None = field(
        default=None,
        metadata=taking(a_maybe(a_points(_POSITIVE)), "an alt's bid counts for at most this against others"),
    )
    rank_multipliers: tuple[RankMultiplier, ...] = field(
        default=(), metadata=taking(a_each(RankMultiplier), "multipliers by rank")
    )
    box_multiplier: Fraction = field(
        default=Fraction(1), metadata=taking(a_multiplier, "how many times a box's bid counts")
    )
    phases: tuple[Phase, ...] = field(default=(), metadata=taking(a_each(Phase), "who may begin to bid when"))
    ties: tuple[Tie, ...] = field(
        default=(), metadata=taking(a_several(a_word(Tie)), "what decides between equal bids, one after another")
    )
    second_price_adds: Points | None = field(
        default=None,
        metadata=taking(a_maybe(a_points(ZERO)), "what the second price adds to the second bid; null is the increment"),
    )
    copies_each: int = field(default=1, metadata=taking(a_whole(1, COPIES_MAX), "how many copies one user may win"))
    award_at_close: bool = field(default=False, metadata=taking(a_flag, "the winners are awarded at once at the close"))
    fixed_price_rolls: bool = field(
        default=False, metadata=taking(a_flag, "the pool's auctions may be rolls for a fixed price")
    )
    freeze_after_outage_seconds: int | None = field(
        default=None,
        metadata=taking(
            a_maybe(a_whole(1, SECONDS_MAX)),
            "an auction whose close comes so much too late, after an outage, is frozen instead; null closes it",
        ),
    )
    refund: Refund = field(
        default=Refund.ALL, metadata=taking(a_word(Refund), "what comes back for a returned item: all, half, none")
    )

    def with_values(self, values: object, name: str) -> Self:
        """The same with some of it set. Raises: InvalidValue, naming the field; also where two fields contradict."""
        rules = super().with_values(values, name)
        if len(rules.phases) > PHASES_MAX:
            raise InvalidValue(f"{name}.phases", f"there are {len(rules.phases)}", f"at most {PHASES_MAX}")
        if rules.mode is Mode.FIXED_PRICE_ROLL and not rules.fixed_price_rolls:
            accepted = "another mode, or fixed_price_rolls turned on for the pool"
            raise InvalidValue(f"{name}.mode", "the pool has no rolls for a fixed price", accepted)
        return rules

    def overridden(self, values: Mapping[str, object], floor: Points) -> Rules:
        """The rules of one auction: the pool's, with some of its own, and its floor fixed. Raises: InvalidValue.

        The floor may only be stricter than the pool's, be it that of the rules or `floor`, which its policies say;
        rolls for a fixed price are the pool's to allow.
        """
        for name in ("fixed_price_rolls",):
            if name in values:
                raise InvalidValue(f"rules.{name}", "an auction can't set it", "it in the pool's rules")
        house = self.under(floor)
        rules = house.with_values(values, "rules")
        if rules.floor is not None and rules.floor < house.to_leave:
            raise InvalidValue("rules.floor", f"{rules.floor} is less than the pool's", f"{house.floor} or more")
        return rules.under(house.to_leave)

    def under(self, floor: Points) -> Rules:
        """The rules with their floor fixed: it is what the pool's policies say, unless theirs is stricter."""
        return evolve(self, floor=floor if self.floor is None else max(self.floor, floor))

    @property
    def to_leave(self) -> Points:
        """What has to be left after a bid; below 0, how far a bid may go into debt."""
        return ZERO if self.floor is None else self.floor

    @property
    def needs_attendance(self) -> bool:
        """Whether a bid is judged by the bidder's attendance."""
        return bool(self.attendance_at_least or self.attendance_caps or Tie.ATTENDANCE in self.ties)

    @property
    def second_price_step(self) -> Points:
        """What the second price adds to the second bid."""
        return self.increment if self.second_price_adds is None else self.second_price_adds

    @property
    def named_ranks(self) -> tuple[int, ...]:
        """The ids of all ranks that the rules speak of, each once."""
        lists = (
            self.ranks,
            [rank for phase in self.phases for rank in phase.ranks],
            [cap.rank for cap in self.rank_caps],
            [each.rank for each in self.rank_multipliers],
        )
        return tuple(dict.fromkeys(rank for each in lists for rank in each))

    def minimum_in(self, phase: int) -> Points:
        """The least that may be bid in a phase (numbered from 0)."""
        own = self.phases[phase].minimum if self.phases else None
        return self.minimum if own is None else own

    def weight_of(self, tier: Tier, rank_id: RankId | None) -> Fraction:
        """How many times the amount a bid of that tier and rank counts."""
        by_rank = next((each.times for each in self.rank_multipliers if each.rank == rank_id), _ONCE)
        return by_rank * self.box_multiplier if tier is Tier.BOX else by_rank

    def allows_class(self, character_class: str | None) -> bool:
        """Whether a character of that class may be bid for."""
        return not self.classes or name_key(character_class or "") in {name_key(each) for each in self.classes}

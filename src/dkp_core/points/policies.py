"""The policies of a pool, as data: how points are earned, decay, and are kept within bounds (P-6, P-9, P-16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Final, Self

from attrs import Factory, evolve, field, frozen

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.data import (
    Data,
    a_each,
    a_flag,
    a_maybe,
    a_percent,
    a_points,
    a_points_between,
    a_several,
    a_text,
    a_whole,
    a_word,
    taking,
)
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.period import BEGINNING
from dkp_core.kernel.points import POINTS_MAX, ZERO, Points
from dkp_core.points.formula import Formula
from dkp_core.points.schedule import Schedule

DAYS_MAX: Final = 3660
MONTHS_MAX: Final = 120
USERS_MAX: Final = 5000
_LEAST: Final = Points(1)
_LIMIT: Final = Points.of(POINTS_MAX.replace(",", ""))
_FULL: Final = Fraction(100)
_any_points: Final = a_points_between(-_LIMIT, _LIMIT)
_ranks: Final = a_several(a_whole(1, 2**53))


class System(StrEnum):
    """What decides who comes first; all but `dkp` are computed from the same ledger."""

    DKP = "dkp"
    EPGP = "epgp"
    EFFECTIVE_DKP = "effective_dkp"
    SUICIDE_KINGS = "suicide_kings"
    SUICIDE_KINGS_BOTTOM = "suicide_kings_bottom"
    SUICIDE_KINGS_FIXED = "suicide_kings_fixed"


class DecayOf(StrEnum):
    """What decays: the balance as it is at a run, or each entry by its age."""

    BALANCE = "balance"
    ENTRIES = "entries"


class DecayPart(StrEnum):
    """Which entries decay by age."""

    EARNED = "earned"
    SPENT = "spent"
    ADJUSTED = "adjusted"


class Once(StrEnum):
    """How often a user with several characters at a tick is paid for it (D-4)."""

    USER = "user"
    CHARACTER = "character"


class StandbyClaim(StrEnum):
    """Who notes somebody as standby (P-16): officers (and the raid's leader) alone, or members themselves too."""

    OFFICERS = "officers"
    MEMBERS = "members"


class BonusFor(StrEnum):
    """What a bonus is given for (P-9)."""

    ATTENDANCE = "attendance"
    ON_TIME = "on_time"
    FULL_RAID = "full_raid"


def _role_group(value: object, name: str) -> RoleGroup:
    read = a_word(RoleGroup, but=frozenset({RoleGroup.APPLICANT, RoleGroup.GUEST}))
    return read(value, name)


def _formula(value: object, name: str) -> str:
    """A formula that can be read; it is kept as it was written."""
    if not isinstance(value, str):
        raise InvalidValue(name, f"{str(value)[:40]!r} is no text", "a formula such as value * 0.9")
    Formula.of(value, name)
    return value


def _user_ids(value: object, name: str) -> tuple[int, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > USERS_MAX:
        raise InvalidValue(name, f"{str(value)[:40]!r} is no list", f"a list of at most {USERS_MAX} ids of users")
    read = a_whole(1, 2**53)
    return tuple(read(each, f"{name}.{index}") for index, each in enumerate(value))


def _window(value: object, name: str) -> int:
    if type(value) is not int or value not in {0, 30, 60, 90}:
        raise InvalidValue(name, f"{str(value)[:40]!r} is not accepted", "30, 60 or 90 days, or 0 for lifetime")
    return value


@frozen(kw_only=True)
class StartPoints(Data):
    """What who becomes a member begins with."""

    role_group: RoleGroup = field(
        default=RoleGroup.MEMBER, metadata=taking(_role_group, "for whom: member, developer, recruiter or officer")
    )
    points: Points = field(default=_LEAST, metadata=taking(a_points(_LEAST), "the points to start with"))


@frozen(kw_only=True)
class Scheduled(Data):
    """A policy that runs again and again."""

    schedule: Schedule = field(default=Factory(Schedule), metadata=taking(Schedule.of, "when it runs"))

    def starting(self, day: date, before: Scheduled | None) -> Self:
        """The same; a schedule without a first day has the one it had before, else that day."""
        if self.schedule.starts_on is not None:
            return self
        if before is not None and evolve(before.schedule, starts_on=None) == self.schedule:
            return evolve(self, schedule=before.schedule)
        return evolve(self, schedule=evolve(self.schedule, starts_on=day.isoformat()))


@frozen(kw_only=True)
class Decay(Scheduled):
    """How points fade: by a percentage or a formula, at the moments of a schedule."""

    on: DecayOf = field(
        default=DecayOf.BALANCE,
        metadata=taking(a_word(DecayOf), "balance: what one has; entries: each entry by its age"),
    )
    percent: Fraction | None = field(
        default=None,
        metadata=taking(a_maybe(a_percent(0, 100)), "what each run takes; null where a formula says"),
    )
    formula: str | None = field(
        default=None,
        metadata=taking(a_maybe(_formula), "what a run leaves of value; null where percent says"),
    )
    minimum: Points = field(
        default=ZERO, metadata=taking(a_points(ZERO), "a balance is not decayed below it (on balance)")
    )
    debts: bool = field(default=False, metadata=taking(a_flag, "negative balances fade as well"))
    exempt_ranks: tuple[int, ...] = field(
        default=(), metadata=taking(_ranks, "ids of ranks whose mains' owners are left out")
    )
    parts: tuple[DecayPart, ...] = field(
        default=tuple(DecayPart),
        metadata=taking(a_several(a_word(DecayPart)), "which entries decay: earned, spent, adjusted (on entries)"),
    )
    lapse_months: int | None = field(
        default=None,
        metadata=taking(
            a_maybe(a_whole(1, MONTHS_MAX)),
            "entries older than so many months of 30 days lapse (on entries)",
        ),
    )

    def with_values(self, values: object, name: str) -> Self:
        """The same with some of it set. Raises: InvalidValue, also where neither or both say what is taken."""
        decay = super().with_values(values, name)
        if (decay.percent is None) == (decay.formula is None):
            fault = "it is not said how much decays" if decay.percent is None else "percent and formula are both given"
            raise InvalidValue(f"{name}.percent", fault, "one of percent and formula")
        if decay.on is DecayOf.BALANCE and decay.lapse_months is not None:
            raise InvalidValue(f"{name}.lapse_months", "balances have no age", "null, or decay on entries")
        return decay


@frozen(kw_only=True)
class RepeatingCap(Scheduled):
    """Bounds that balances are brought back to, again and again; between two runs they may pass them."""

    upper: Points | None = field(
        default=None,
        metadata=taking(a_maybe(_any_points), "what is over it is taken; null is no bound"),
    )
    lower: Points | None = field(
        default=None,
        metadata=taking(a_maybe(_any_points), "what is missing to it is given; null is no bound"),
    )

    def with_values(self, values: object, name: str) -> Self:
        """The same with some of it set. Raises: InvalidValue, also where the bounds contradict each other."""
        cap = super().with_values(values, name)
        if cap.upper is None and cap.lower is None:
            raise InvalidValue(f"{name}.upper", "there is neither an upper nor a lower bound", "one of them, or both")
        if cap.upper is not None and cap.lower is not None and cap.lower > cap.upper:
            raise InvalidValue(f"{name}.lower", f"{cap.lower} is above the upper bound", f"{cap.upper} or less")
        return cap


@frozen(kw_only=True)
class Inactivity(Scheduled):
    """What is taken from who has attended no raid for so long, at each run again."""

    after_days: int = field(default=30, metadata=taking(a_whole(1, DAYS_MAX), "days without a raid attended"))
    points: Points | None = field(default=None, metadata=taking(a_maybe(a_points(_LEAST)), "what is taken"))
    percent: Fraction | None = field(
        default=None, metadata=taking(a_maybe(a_percent(0, 100)), "what part of a positive balance is taken")
    )
    exempt_ranks: tuple[int, ...] = field(
        default=(), metadata=taking(_ranks, "ids of ranks whose mains' owners are left out")
    )

    def with_values(self, values: object, name: str) -> Self:
        """The same with some of it set. Raises: InvalidValue, also where neither or both say what is taken."""
        inactivity = super().with_values(values, name)
        if (inactivity.points is None) == (inactivity.percent is None):
            fault = "it is not said what is taken" if inactivity.points is None else "points and percent are both given"
            raise InvalidValue(f"{name}.points", fault, "one of points and percent")
        return inactivity


@frozen(kw_only=True)
class Bonus(Scheduled):
    """What a rule gives (P-9): for attendance by its schedule, else once for each raid when it is closed."""

    name: str = field(default="Bonus", metadata=taking(a_text, "what the ledger calls it; each rule has its own"))
    given_for: BonusFor = field(
        default=BonusFor.ATTENDANCE, metadata=taking(a_word(BonusFor), "attendance, on_time or full_raid")
    )
    points: Points = field(default=_LEAST, metadata=taking(a_points(_LEAST), "what is given"))
    at_least_percent: int = field(
        default=100, metadata=taking(a_whole(1, 100), "attendance from which it is given (attendance alone)")
    )
    attendance_days: int = field(
        default=30, metadata=taking(_window, "the window that attendance is counted over: 30, 60, 90, 0 is lifetime")
    )


@frozen(kw_only=True)
class Policies(Data):
    """The policies of a pool; each is off until it is set."""

    # What is earned.
    start_points: tuple[StartPoints, ...] = field(
        default=(), metadata=taking(a_each(StartPoints), "what new members start with, by role group")
    )
    alt_percent: Fraction = field(
        default=_FULL, metadata=taking(a_percent(0, 1000), "what attendance through an alt pays")
    )
    late_percent: Fraction = field(default=_FULL, metadata=taking(a_percent(0, 1000), "what who came late is paid"))
    left_early_percent: Fraction = field(
        default=_FULL, metadata=taking(a_percent(0, 1000), "what who left early is paid")
    )
    standby_percent: Fraction = field(default=_FULL, metadata=taking(a_percent(0, 1000), "what standby pays"))
    absent_excused_percent: Fraction = field(
        default=Fraction(0), metadata=taking(a_percent(0, 1000), "what an excused absence pays")
    )
    standby_counts: bool = field(default=True, metadata=taking(a_flag, "standby counts for attendance"))
    standby_claim: StandbyClaim = field(
        default=StandbyClaim.OFFICERS,
        metadata=taking(a_word(StandbyClaim), "who notes standby: officers, or members themselves too"),
    )
    paid_once_per: Once = field(
        default=Once.USER, metadata=taking(a_word(Once), "a tick pays each user once, or each character")
    )
    bonuses: tuple[Bonus, ...] = field(default=(), metadata=taking(a_each(Bonus), "bonuses that rules give"))
    zero_sum: bool = field(
        default=False, metadata=taking(a_flag, "what an item costs is shared out among the raid's attendees")
    )
    # What bounds it.
    cap: Points | None = field(
        default=None, metadata=taking(a_maybe(a_points(_LEAST)), "the most that a balance comes to; null is no cap")
    )
    weekly_cap: Points | None = field(
        default=None, metadata=taking(a_maybe(a_points(_LEAST)), "the most that is earned in a week; null is no cap")
    )
    repeating_cap: RepeatingCap | None = field(
        default=None,
        metadata=taking(a_maybe(RepeatingCap.of), "bounds that balances are brought to; null is none"),
    )
    floor: Points = field(
        default=ZERO,
        metadata=taking(_any_points, "what a bid has to leave; below 0, how far one may go into debt"),
    )
    # What is taken.
    decay: Decay | None = field(default=None, metadata=taking(a_maybe(Decay.of), "how points fade; null is not at all"))
    inactivity: Inactivity | None = field(
        default=None, metadata=taking(a_maybe(Inactivity.of), "what is taken from the inactive; null is nothing")
    )
    # Who comes first.
    system: System = field(
        default=System.DKP,
        metadata=taking(
            a_word(System),
            "dkp, epgp, effective_dkp, suicide_kings, suicide_kings_bottom or suicide_kings_fixed",
        ),
    )
    base_points: Points = field(
        default=ZERO, metadata=taking(a_points(ZERO), "EPGP: what is added to everybody's gear points")
    )
    minimum_effort: Points = field(
        default=ZERO, metadata=taking(a_points(ZERO), "EPGP: with less effort points than that the priority is 0")
    )
    effective_days: int = field(
        default=30, metadata=taking(_window, "effective DKP: the window of attendance: 30, 60, 90, 0 is lifetime")
    )
    start_list: tuple[int, ...] = field(
        default=(),
        metadata=taking(_user_ids, "suicide kings: ids of users in the order they start in; others follow"),
    )

    def with_values(self, values: object, name: str) -> Self:
        """The same with some of it set. Raises: InvalidValue, naming the field; also where policies contradict."""
        policies = super().with_values(values, name)
        policies._must_not_contradict(name)
        return policies

    def starting(self, day: date, before: Policies) -> Policies:
        """The same, with a first day for each schedule that names none: the one it had before, else that day.

        So what has nothing to do with a schedule can change without moving it.
        """
        kept = {bonus.name: bonus for bonus in before.bonuses}
        return evolve(
            self,
            decay=self.decay and self.decay.starting(day, before.decay),
            repeating_cap=self.repeating_cap and self.repeating_cap.starting(day, before.repeating_cap),
            inactivity=self.inactivity and self.inactivity.starting(day, before.inactivity),
            bonuses=tuple(bonus.starting(day, kept.get(bonus.name)) for bonus in self.bonuses),
        )

    def _must_not_contradict(self, name: str) -> None:
        upper = self.repeating_cap.upper if self.repeating_cap else None
        bounds = [each for each in (self.cap, upper) if each is not None]
        if bounds and self.floor > min(bounds):
            raise InvalidValue(f"{name}.floor", f"{self.floor} is above the cap", f"{min(bounds)} or less")
        lower = self.repeating_cap.lower if self.repeating_cap else None
        if lower is not None and self.cap is not None and lower > self.cap:
            raise InvalidValue(f"{name}.repeating_cap.lower", f"{lower} is above the cap", f"{self.cap} or less")
        if self.zero_sum and (self.cap is not None or self.weekly_cap is not None or self.repeating_cap is not None):
            accepted = "a pool without caps: what they take would be missing from the sum"
            raise InvalidValue(f"{name}.zero_sum", "the pool has a cap", accepted)
        for index, start in enumerate(self.start_points):
            if self.cap is not None and start.points > self.cap:
                field_name = f"{name}.start_points.{index}.points"
                raise InvalidValue(field_name, f"{start.points} is above the cap", f"{self.cap} or less")
        _must_differ([each.role_group for each in self.start_points], f"{name}.start_points", "role group")
        _must_differ([each.name for each in self.bonuses], f"{name}.bonuses", "name")
        _must_differ(self.start_list, f"{name}.start_list", "user")

    @property
    def named_ranks(self) -> tuple[int, ...]:
        """The ids of all ranks that the policies speak of, each once."""
        lists = (each.exempt_ranks for each in (self.decay, self.inactivity) if each is not None)
        return tuple(dict.fromkeys(rank for each in lists for rank in each))

    @property
    def caps_bookings(self) -> bool:
        """Whether what is booked may have to be cut back at once."""
        return self.cap is not None or self.weekly_cap is not None


def _must_differ(values: Sequence[object], name: str, what: str) -> None:
    for index, value in enumerate(values):
        if value in values[:index]:
            raise InvalidValue(f"{name}.{index}", f"the {what} {value} is there already", f"each {what} once")


@frozen(kw_only=True)
class InForce:
    """A version of a pool's policies, and since when it is in force; version 0 are the defaults."""

    version: int = 0
    policies: Policies = Policies()
    changed_at: datetime = BEGINNING

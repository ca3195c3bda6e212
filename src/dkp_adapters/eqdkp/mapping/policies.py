"""The automatic adjustments of EQdkp Plus as policies of pools, where they can be said exactly (O-1, P-6).

They are in force from the import on: what they made of the past is in the balances that are imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeAlias

from attrs import define, field, frozen

from dkp_adapters.eqdkp.arithmetic import Pages, Pool, Rhythm
from dkp_adapters.eqdkp.arithmetic.decay import DAY, MONTH, factor_of
from dkp_adapters.eqdkp.mapping.layouts import NORMAL, layout_of, settings_of
from dkp_adapters.eqdkp.mapping.part import Part
from dkp_adapters.eqdkp.mapping.reckoning import Reckoned, whole_numbers
from dkp_adapters.eqdkp.rules import AutomaticAdjustment
from dkp_adapters.eqdkp.serialized import Plain
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import PoolId
from dkp_core.kernel.period import BEGINNING, zone_named
from dkp_core.kernel.points import ZERO, Points
from dkp_core.moving import Kind, Numbers, PoliciesOf, Thing
from dkp_core.points import USERS_MAX, Formula, FormulaFails, InForce, Policies
from dkp_core.points.formula import Occasion

Values: TypeAlias = Mapping[str, object]

_FIRST_VERSION: Final = 1
_DECIMALS: Final = 2
_SYSTEMS: Final[Mapping[str, str]] = {
    "epgp": "epgp",
    "edkp": "effective_dkp",
    "edkp_ct": "effective_dkp",
    "sk": "suicide_kings",
    "sk_bottom": "suicide_kings_bottom",
    "sk_fixed": "suicide_kings_fixed",
}
"""What the page layouts of EQdkp Plus order by."""
_START_LISTS: Final[Mapping[str, Sequence[str]]] = {
    "sk": ("sk_startlist_",),
    "sk_bottom": ("sk_fix_startlist_", "sk_btm_startlist_"),
    "sk_fixed": ("sk_btm_startlist_", "sk_fix_startlist_"),
}
"""The settings that have the list each begins with, by pool: the program has them crossed for the latter two."""
_SETTINGS_OF: Final[Mapping[str, str]] = {
    "epgp": "base points and least effort",
    "edkp": "the window of attendance",
    "edkp_ct": "the window of attendance",
}
"""What the file of a layout may say otherwise."""
_OF_BALANCES: Final = frozenset({"decay_current", "currentcap_current", "hardcap_current"})
_TRIED: Final = tuple(Points.of(each) for each in ("0.01", "0.10", "1", "7.77", "100", "1234.56", "99999.99"))


class _NotSaid(Exception):
    """A rule can't be said as a policy; why not, and what comes nearest."""


@frozen
class _Run:
    """When something runs next, and every how many days from then on."""

    at: datetime
    days: int

    def schedule(self, timezone: str) -> Values:
        """The schedule on the guild's clocks."""
        local = self.at.astimezone(zone_named(timezone))
        return {"every": self.days, "unit": "days", "at": f"{local:%H:%M}", "starts_on": local.date().isoformat()}


@frozen
class _Policy:
    """What one rule makes of the policies of a pool: a field, what it holds, and when it runs if it does."""

    name: str
    values: object
    run: _Run | None = None

    def said(self, timezone: str) -> Values:
        """The field, as policies take it."""
        if self.run is None:
            return {self.name: self.values}
        assert isinstance(self.values, Mapping), "what runs has several fields"
        return {self.name: {**self.values, "schedule": self.run.schedule(timezone)}}

    def told(self) -> str:
        """What was set, in words."""
        if self.run is None:
            return f"{self.name} is set"
        return f"{self.name} is set, and runs from {self.run.at:%Y-%m-%d %H:%M} UTC on every {self.run.days} days"


@frozen(kw_only=True)
class RulesOfPools(Part):
    """The policies of each pool that has rules; `notes` say what became of each rule."""

    notes: Sequence[str]
    followed: frozenset[str]
    """The settings that a policy was made of."""
    _of: Mapping[int, Sequence[_Policy]]
    _start_lists: Mapping[int, Sequence[int]]

    @classmethod
    def of(cls, source: EqdkpSource, reckoned: Reckoned) -> RulesOfPools:
        """Those of a source, whose pools and settings are reckoned with."""
        saying = _Saying(source, reckoned)
        saying.say_system()
        for rule in source.adjustments:
            saying.say(rule)
        return cls(
            notes=saying.notes,
            followed=frozenset(saying.followed),
            of=saying.of_pool,
            start_lists=saying.start_lists,
        )

    @property
    def counts(self) -> Mapping[Kind, int]:
        return {}

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        made = [
            PoliciesOf(
                pool_id=PoolId(numbers.of(Kind.POOL, pool)),
                in_force=InForce(
                    version=_FIRST_VERSION,
                    policies=_said([*given, *self._start_list(pool, numbers)], numbers.timezone),
                    changed_at=numbers.at,
                ),
            )
            for pool, given in self._of.items()
        ]
        if made:
            yield made

    def _start_list(self, pool: int, numbers: Numbers) -> Iterator[_Policy]:
        if pool in self._start_lists:
            yield _Policy("start_list", [numbers.users[each] for each in self._start_lists[pool]])


def _said(given: Iterable[_Policy], timezone: str = "UTC") -> Policies:
    """The policies. Raises: InvalidValue."""
    values: dict[str, object] = {}
    for each in given:
        values.update(each.said(timezone))
    return Policies().with_values(values, "policies")


@define
class _Saying:
    """Rules, one after another in the order of their file, as policies."""

    source: EqdkpSource
    reckoned: Reckoned
    of_pool: dict[int, list[_Policy]] = field(factory=dict, init=False)
    notes: list[str] = field(factory=list, init=False)
    followed: set[str] = field(factory=set, init=False)
    start_lists: dict[int, Sequence[int]] = field(factory=dict, init=False)
    _came: set[tuple[str, int]] = field(factory=set, init=False)
    _settings: Mapping[str, Plain] = field(init=False)

    @_settings.default
    def _read(self) -> Mapping[str, Plain]:
        return settings_of(self.source)

    # --- the point system ---

    def say_system(self) -> None:
        """Who comes first, and what raids pay, by the layout that the pages have."""
        layout = layout_of(self._settings)
        name, base = f"the layout {layout.name!r}", layout.base or NORMAL
        if base in _SYSTEMS:
            for pool in self.reckoned.pools:
                self._set(name, pool, _Policy("system", _SYSTEMS[base]))
        if base in _SETTINGS_OF and (layout.is_changed or base != "epgp"):
            self.notes.append(
                f"{name} has settings in a file of its own that is not read ({_SETTINGS_OF[base]}); set what "
                "differs with dkp pool set-policies"
            )
        if base == "edkp_ct":
            self.notes.append(
                f"{name} counts nobody's raids from before their first; here everybody's attendance is of all raids in "
                "the window"
            )
        if base in _START_LISTS:
            self._say_start_lists(name, _START_LISTS[base])
        if layout.pages is Pages.ZERO_SUM:
            self._say_zero_sum(name)

    def _say_start_lists(self, name: str, prefixes: Sequence[str]) -> None:
        """The list that each pool begins with; who is on none follows by when they were made, as they do there."""
        made_at = {each.id: (each.created_at, each.id) for each in self.reckoned.house.members}
        for pool in self.reckoned.pools:
            setting = next((f"{each}{pool}" for each in prefixes if self._settings.get(f"{each}{pool}")), None)
            if setting is None or pool not in self.of_pool:
                self.notes.append(
                    f"{name}: {self._pool(pool)} has no list to start with yet; draw one with dkp pool shuffle"
                )
                continue
            listed = [each for each in whole_numbers(self._settings[setting]) if each in made_at]
            order = dict.fromkeys([*listed, *sorted(made_at, key=made_at.__getitem__)])
            owners = list(dict.fromkeys(self.reckoned.household.characters[each].owner for each in order))
            self.followed.add(setting)
            if len(owners) > USERS_MAX:
                self.notes.append(
                    f"{name}: the list that {self._pool(pool)} starts with has {len(owners)} people; here the first "
                    f"{USERS_MAX} of them have their places, and all others follow by when they joined"
                )
            self.start_lists[pool] = owners[:USERS_MAX]
            self.notes.append(
                f"{name}: in {self._pool(pool)}, start_list is set, with {len(owners)} people in their order; look at "
                "dkp priority"
            )

    def _say_zero_sum(self, name: str) -> None:
        """What items cost is shared out from now on too, in each pool from which they are all paid where they drop."""
        for pool in self.reckoned.house.pools:
            astray = self._astray(pool)
            if astray:
                self.notes.append(
                    f"{name}: zero_sum is not set in {self._pool(pool.id)}: there are items ({astray}) that were paid "
                    "from it and not shared out in it, or the other way round, and here both are done in one pool; set "
                    "it with dkp pool set-policies"
                )
            else:
                self._set(name, pool.id, _Policy("zero_sum", values=True))
        self.notes.append(
            f"{name}: from now on shares are whole hundredths, one for each person at a raid, however many of their "
            "characters were there; raids pay nothing beside"
        )

    def _astray(self, pool: Pool) -> int:
        """How many items were paid from a pool and not shared out in it, or shared out in it and not paid."""
        shared_at = {each.id for each in self.reckoned.house.raids if each.event in pool.events}
        return sum(
            each.value != 0 and (each.item_pool in pool.item_pools) != (each.raid in shared_at)
            for each in self.reckoned.house.items
        )

    # --- automatic adjustments ---

    def say(self, rule: AutomaticAdjustment) -> None:
        """One rule, in each of its pools."""
        name = f"the automatic adjustment {rule.name or rule.id!r}"
        try:
            policy, pools = self._policy(rule)
        except _NotSaid as why:
            self.notes.append(f"{name} is not set here: {why}")
            return
        for pool in pools:
            if (rule.type, pool) in self._came:
                self.notes.append(f"{name} is not set in {self._pool(pool)}: an earlier one is followed there alone")
                continue
            self._came.add((rule.type, pool))
            self._set(name, pool, policy)

    def _set(self, name: str, pool: int, policy: _Policy) -> None:
        given = self.of_pool.setdefault(pool, [])
        try:
            _said([*given, policy])
        except InvalidValue as refused:
            self.notes.append(f"{name} is not set in {self._pool(pool)}: {refused.sentence}")
            if not given:
                del self.of_pool[pool]
            return
        given.append(policy)
        self.notes.append(f"{name}: in {self._pool(pool)}, {policy.told()}")

    def _pool(self, pool: int) -> str:
        return f"pool {self.reckoned.pools[pool]!r}"

    def _policy(self, rule: AutomaticAdjustment) -> tuple[_Policy, Sequence[int]]:
        """What it is here, and in which pools. Raises: _NotSaid."""
        says: Mapping[str, Callable[[AutomaticAdjustment], tuple[_Policy, Sequence[int]]]] = {
            "decay_current": self._decay,
            "decay_ria": _not_decay_by_age,
            "cap_current": self._repeating_cap,
            "currentcap_current": self._cap,
            "hardcap_current": _not_visible_cap,
            "startpoints": self._start_points,
            "onetime_current": _not_again,
        }
        if rule.type not in says:
            raise _NotSaid(f"it is of a type {rule.type!r}, which EQdkp Plus does not ship")
        if rule.type in _OF_BALANCES and self.reckoned.shows_parts:
            raise _NotSaid("it changes balances, which the pages of this layout do not show")
        return says[rule.type](rule)

    # --- decay ---

    def _decay(self, rule: AutomaticAdjustment) -> tuple[_Policy, Sequence[int]]:
        run = self._run(rule)
        if rule.zero_months and rule.zero_months * MONTH < run.days * DAY:
            raise _NotSaid(f"balances would lapse {rule.zero_months} months after a run; balances have no age here")
        values = {"on": "balance", "debts": True, **self._left(rule)}
        return _Policy("decay", values, run), self._pools_of(rule)

    def _left(self, rule: AutomaticAdjustment) -> Values:
        """What a run leaves: a percentage where that says it, else the formula. Raises: _NotSaid."""
        function = self.source.functions.get(rule.function or "")
        if function is None or function.formula is None:
            raise _NotSaid(f"its function {rule.function!r} is not known or can't be worked out here")
        factor, precision = factor_of(function.formula), self.reckoned.house.config.precision
        if precision > _DECIMALS:
            raise _NotSaid(f"it rounds to {precision} decimals, and points have {_DECIMALS} here")
        if precision < _DECIMALS:
            return {"formula": self._rounded(function.formula, factor, precision)}
        if factor is not None and (taken := 10_000 * (1 - factor)).denominator == 1:
            return {"percent": str(Points(int(taken)))}
        if factor is None:
            _must_only_take(function.formula)
        return {"formula": function.formula.text}

    @staticmethod
    def _rounded(formula: Formula, factor: Fraction | None, precision: int) -> str:
        if factor is None:
            raise _NotSaid(f"it rounds what its formula leaves to {precision} decimals; write that into the formula")
        return f"round({formula.text.strip()}, {precision})"

    # --- caps ---

    def _cap(self, rule: AutomaticAdjustment) -> tuple[_Policy, Sequence[int]]:
        if rule.upper is None or rule.upper <= ZERO:
            raise _NotSaid("only an upper bound above 0 can be held at once here; repeating_cap comes nearest")
        if rule.lower is not None:
            self.notes.append(
                f"of the automatic adjustment {rule.name or rule.id!r} the lower bound {rule.lower} is not set here: "
                "points are not given to who falls below it; repeating_cap comes nearest"
            )
        return _Policy("cap", str(rule.upper)), self._pools_of(rule)

    def _repeating_cap(self, rule: AutomaticAdjustment) -> tuple[_Policy, Sequence[int]]:
        if rule.upper is None and rule.lower is None:
            raise _NotSaid("it has no bounds")
        if _is_set(rule.settings.get("twinks")):
            raise _NotSaid("it judges each character for itself; here a balance is a person's")
        bounds = {name: str(each) for name, each in (("upper", rule.upper), ("lower", rule.lower)) if each is not None}
        return _Policy("repeating_cap", bounds, self._run(rule)), [self._pool_of_event(rule)]

    # --- start points ---

    def _start_points(self, rule: AutomaticAdjustment) -> tuple[_Policy, Sequence[int]]:
        if rule.value is None or rule.value <= ZERO:
            raise _NotSaid("it gives nothing")
        if _is_set(rule.settings.get("twinks")):
            raise _NotSaid("it gives to each character; here a person is given start points once (start_points)")
        given = [{"role_group": "member", "points": str(rule.value)}]
        return _Policy("start_points", given), [self._pool_of_event(rule)]

    # --- where and when ---

    def _pools_of(self, rule: AutomaticAdjustment) -> Sequence[int]:
        found = [each for each in dict.fromkeys(rule.pools) if each in self.reckoned.pools]
        if not found:
            raise _NotSaid("it names no pool that there is")
        return found

    def _pool_of_event(self, rule: AutomaticAdjustment) -> int:
        """The one pool in which what it books counts. Raises: _NotSaid."""
        found = [each.id for each in self.reckoned.house.pools if rule.event in each.events]
        if len(found) != 1:
            pools = "no pool" if not found else f"{len(found)} pools at once"
            raise _NotSaid(f"it books on an event that counts in {pools}; a policy is of one")
        return found[0]

    def _run(self, rule: AutomaticAdjustment) -> _Run:
        """Its next run after what is shown was reckoned. Raises: _NotSaid."""
        every = rule.every_days or Decimal(0)
        if every <= 0 or every != every.to_integral_value():
            raise _NotSaid(f"it runs every {every} days; here it has to be a whole number of days")
        config, now = self.reckoned.house.config, self.reckoned.now
        told = str(self._settings.get(f"apa_cap_next_run_{rule.id}") or "")
        if told.isdecimal() and int(told) > now:
            return _Run(_moment(int(told)), int(every))
        starts_at = 0 if rule.starts_at is None else int(rule.starts_at.timestamp())
        rhythm = Rhythm(starts_at, int(every) * DAY)
        past = rhythm.runs(now, config.server)
        following = past[-1] + past.step if past else rhythm.runs(starts_at + DAY, config.server)[0]
        return _Run(_moment(following), int(every))


def _not_decay_by_age(rule: AutomaticAdjustment) -> tuple[_Policy, Sequence[int]]:
    what = ", ".join(rule.modules) or "nothing"
    raise _NotSaid(
        f"it lets rows fade by their age ({what}); decay on entries comes nearest, which rounds at each run and counts "
        "from its first run on: set it with dkp pool set-policies, and try it with dkp simulate before"
    )


def _not_visible_cap(rule: AutomaticAdjustment) -> tuple[_Policy, Sequence[int]]:
    bounds = " to ".join("…" if each is None else str(each) for each in (rule.lower, rule.upper))
    raise _NotSaid(
        f"it shows balances from {bounds} and keeps what is beyond; what is shown is imported. A cap, which takes what "
        "is beyond it, comes nearest: set it with dkp pool set-policies"
    )


def _not_again(_: AutomaticAdjustment) -> tuple[_Policy, Sequence[int]]:
    raise _NotSaid("it was booked once, and is among the adjustments")


def _must_only_take(formula: Formula) -> None:
    """Raises: _NotSaid for a formula that asks for moments, or that would give points or turn their sign."""
    if not formula.is_timeless:
        raise _NotSaid("its function asks for dates, which mean something else here")
    occasion = Occasion.of_balance(BEGINNING)
    for value in _TRIED:
        try:
            left, owed = formula.left_of(value, occasion), formula.left_of(-value, occasion)
        except FormulaFails as fails:
            raise _NotSaid(f"its function fails ({fails.fault})") from None
        if not (ZERO <= left <= value and -value <= owed <= ZERO):
            raise _NotSaid("its function gives points, or turns their sign; decay takes them alone")


def _is_set(given: Plain) -> bool:
    return str(given or "0") not in ("0", "", "False")


def _moment(seconds: int) -> datetime:
    return BEGINNING + timedelta(seconds=seconds)

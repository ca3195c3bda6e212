"""What EQdkp Plus shows for the rows of a source, at the moment when it is read (O-2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Final

from attrs import evolve, field, frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.arithmetic import (
    Adjustment,
    Amount,
    Attendances,
    Attendee,
    Bounds,
    Config,
    DecayOfCurrent,
    DecayOfRows,
    HardCap,
    Installation,
    Item,
    Member,
    Module,
    Pages,
    Pool,
    Raid,
    Rhythm,
    Rule,
    Snapshot,
    Standing,
    Standings,
    VisibleCap,
    attendances,
    standings,
    to_precision,
)
from dkp_adapters.eqdkp.errors import FunctionFails
from dkp_adapters.eqdkp.mapping.fitting import first_of_each
from dkp_adapters.eqdkp.mapping.household import Household
from dkp_adapters.eqdkp.mapping.layouts import NO_POINTS, NORMAL, layout_of, settings_of
from dkp_adapters.eqdkp.rules import AutomaticAdjustment, RuleFunction
from dkp_adapters.eqdkp.serialized import Plain
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.period import zone_named
from dkp_core.kernel.points import Points
from dkp_core.points import Balance, Formula, FormulaFails

_DAY: Final = 86_400
_DECIMALS: Final = 2
_DECIMALS_MAX: Final = 5
_EVERYTHING: Final = 0
"""The event, and the item pool, under which a snapshot has what it comes to in all."""
_MODULES: Final = frozenset(each.value for each in Module)
_BOOKED: Final = frozenset({"cap_current", "startpoints", "onetime_current"})
"""What the program books itself: it is among the adjustments."""
_ZERO_SUM: Final = "zero-sum (what raids paid there is reckoned from their items)"
_WORDS: Final = {"DecayOfCurrent": "decay", "DecayOfRows": "decay", "VisibleCap": "cap", "HardCap": "cap"}


@frozen(kw_only=True)
class Reckoned:
    """Everything that EQdkp Plus shows at a moment (`now`, in seconds since 1970), by ids of characters and pools.

    `names` are those of the automatic adjustments, in the order of the rules that they became; `notes` say which of
    them could not be followed, `pools` what each pool is called; `unreckoned` is what else decides what is shown, and
    not reckoned with. Amounts are rounded to the hundredth, as is shown.
    """

    house: Installation
    household: Household
    now: int
    pools: Mapping[int, str]
    names: Sequence[str] = ()
    notes: Sequence[str] = ()
    unreckoned: Sequence[str] = ()
    functions: Mapping[str, RuleFunction] = field(factory=dict)

    @cached_property
    def plain(self) -> Mapping[tuple[int, int], Standings]:
        """Everybody's points before all rules, of all point systems: what the rows come to."""
        return self._standings([], pages=Pages.POINTS)

    @cached_property
    def shared(self) -> Mapping[tuple[int, int], Standings]:
        """Everybody's points before all rules, where what items cost is shared out if it is."""
        return self._standings([]) if self.house.config.pages is Pages.ZERO_SUM else self.plain

    @cached_property
    def decayed(self) -> Mapping[tuple[int, int], Standings]:
        """Everybody's points after decay, and before caps. Raises: FunctionFails."""
        decays = [each for each in self.house.rules if isinstance(each, DecayOfCurrent | DecayOfRows)]
        return self._standings(decays) if decays else self.shared

    @cached_property
    def standings(self) -> Mapping[tuple[int, int], Standings]:
        """Everybody's points as they are shown. Raises: FunctionFails."""
        has_caps = any(isinstance(each, VisibleCap | HardCap) for each in self.house.rules)
        return self._standings(self.house.rules) if has_caps else self.decayed

    @cached_property
    def attendances(self) -> Mapping[tuple[int, int], Attendances]:
        """Everybody's attendance as it is shown."""
        return attendances(self.house, self.now)

    def shown(self, person: int, pool: int) -> Points:
        """What is shown for a person in a pool: its groups where twinks count for their main, else its characters."""
        return Points(self._of(person, pool, self.standings))

    def balance(self, person: int, pool: int) -> Balance:
        """The same in its parts: what is earned and spent as it is shown, and adjusted whatever else there is."""
        current, earned, spent = self.in_hundredths(person, pool)
        return Balance(earned=Points(earned), spent=Points(spent), adjusted=Points(current - earned + spent))

    def in_hundredths(self, person: int, pool: int) -> tuple[int, int, int]:
        """What a person is shown, and what of it is earned and spent, however much it is. Raises: FunctionFails."""
        given = self._shown(person, pool, self.standings)
        earned = sum(in_hundredths(each.earned) for each in given)
        spent = sum(in_hundredths(each.spent) for each in given)
        return self._of(person, pool, self.standings), earned, spent

    def made_by_rules(self, person: int, pool: int) -> int:
        """What zero-sum, decay and caps make of what a person's rows come to, in hundredths. Raises: FunctionFails."""
        return self._of(person, pool, self.standings) - self._of(person, pool, self.plain)

    @property
    def shows_parts(self) -> bool:
        """Whether pages are made of what is earned and spent, each for itself."""
        return self.house.config.pages is not Pages.POINTS

    def causes(self, person: int, pool: int) -> Sequence[str]:
        """The names of the rules that make what is shown for a person something else than its rows come to."""
        stages = (self.plain, self.shared, self.decayed, self.standings)
        plain, shared, decayed, shown = (self._seen(person, pool, each) for each in stages)
        found = [] if plain == shared else [_ZERO_SUM]
        found += [] if shared == decayed else self.named(pool, DecayOfCurrent, DecayOfRows)
        return found if decayed == shown else [*found, *self.named(pool, VisibleCap, HardCap)]

    def named(self, pool: int, *kinds: type[Rule]) -> Iterator[str]:
        """The names of the rules of these kinds for a pool, with what they are: `decay 'Weekly'`."""
        for name, rule in zip(self.names, self.house.rules, strict=True):
            if isinstance(rule, kinds) and pool in rule.pools:
                yield f"{_WORDS[type(rule).__name__]} {name!r}"

    def _standings(self, rules: Sequence[Rule], pages: Pages | None = None) -> Mapping[tuple[int, int], Standings]:
        config = self.house.config if pages is None else evolve(self.house.config, pages=pages)
        try:
            return standings(evolve(self.house, rules=rules, config=config), self.now)
        except FormulaFails as failed:
            names = [
                name
                for name, each in self.functions.items()
                if each.formula is not None and each.formula.text == failed.formula
            ]
            raise FunctionFails(names, failed.value, failed.fault) from None

    def _of(self, person: int, pool: int, given: Mapping[tuple[int, int], Standings]) -> int:
        return sum(in_hundredths(each.current) for each in self._shown(person, pool, given))

    def _seen(self, person: int, pool: int, given: Mapping[tuple[int, int], Standings]) -> Sequence[int]:
        """What somebody sees of themselves, in hundredths: one number, or several where pages are made of several."""
        shown = self._shown(person, pool, given)
        parts = [in_hundredths(part) for each in shown for part in (each.earned, each.spent, each.adjusted)]
        return [self._of(person, pool, given), *(parts if self.shows_parts else ())]

    def _shown(self, person: int, pool: int, given: Mapping[tuple[int, int], Standings]) -> Sequence[Standing]:
        groups, alone = self.household.groups.get(person, ()), self.household.alone.get(person, ())
        return [given[each, pool].with_twinks for each in groups] + [given[each, pool].single for each in alone]


def hundredths(amount: Amount) -> Points:
    """The amount as points pages show it: at two decimals, half away from zero."""
    return Points(in_hundredths(amount))


def in_hundredths(amount: Amount) -> int:
    """The same, however much it is."""
    return int(to_precision(amount, _DECIMALS))


def reckoned_of(source: EqdkpSource, household: Household, now: datetime, server: tzinfo = UTC) -> Reckoned:
    """What a source shows at a moment; `server` is the zone that its server has."""
    notes: list[str] = []
    unreckoned = [] if source.knows_rules else ["decay, caps and start points (apatab.php was not given)"]
    rules = list(_rules(source, notes, unreckoned))
    config = _config(source, server, notes, unreckoned)
    return Reckoned(
        house=_house(source, [rule for _, rule in rules], config),
        household=household,
        now=int(now.timestamp()),
        pools={each.id: each.name.strip() or f"Pool {each.id}" for each in source.rows(rows.Pool)},
        names=[name for name, _ in rules],
        notes=notes,
        unreckoned=unreckoned,
        functions=source.functions,
    )


def house_of(source: EqdkpSource, server: tzinfo = UTC) -> Installation:
    """The rows of a source that its numbers depend on; of several with one id (in dumps without keys), the first."""
    notes: list[str] = []
    return _house(source, [rule for _, rule in _rules(source, notes, [])], _config(source, server, notes, []))


# --- rows -------------------------------------------------------------------------------------------------------------


def _house(source: EqdkpSource, rules: Sequence[Rule], config: Config) -> Installation:
    return Installation(
        members=list(_members(source)),
        pools=list(_pools(source)),
        raids=[
            Raid(
                id=each.id,
                event=each.event,
                at=_seconds(each.at),
                value=each.value.hundredths,
                connected=tuple(whole_numbers(each.connected)),
            )
            for each in first_of_each(source.rows(rows.Raid))
        ],
        attendees=[Attendee(each.raid, each.character) for each in source.rows(rows.Attendee)],
        items=[
            Item(
                buyer=each.buyer,
                raid=each.raid,
                item_pool=each.item_pool,
                at=_seconds(each.at),
                value=each.value.hundredths,
            )
            for each in first_of_each(source.rows(rows.Item))
        ],
        adjustments=[
            Adjustment(member=each.character, event=each.event, at=_seconds(each.at), value=each.value.hundredths)
            for each in first_of_each(source.rows(rows.Adjustment))
        ],
        snapshots=[
            Snapshot(member=each.character, pool=each.pool, at=_seconds(each.at), net=_net(each.breakdown))
            for each in source.rows(rows.Snapshot)
            if isinstance(each.breakdown, Mapping)
        ],
        rules=rules,
        config=config,
    )


def _members(source: EqdkpSource) -> Iterator[Member]:
    registered = {each.id: _seconds(each.registered_at) for each in first_of_each(source.rows(rows.User))}
    users = {each.character: each.user for each in source.rows(rows.CharacterUser)}
    for each in first_of_each(source.rows(rows.Character)):
        yield Member(
            id=each.id,
            main=each.main,
            created_at=_seconds(each.created_at),
            registered_at=registered.get(users.get(each.id, 0), 0),
            asks_deletion=each.asks_deletion,
            is_unconfirmed=each.is_unconfirmed,
        )


def _pools(source: EqdkpSource) -> Iterator[Pool]:
    events = list(source.rows(rows.PoolEvent))
    item_pools = list(source.rows(rows.PoolItemPool))
    for pool in first_of_each(source.rows(rows.Pool)):
        yield Pool(
            id=pool.id,
            events=frozenset(each.event for each in events if each.pool == pool.id),
            item_pools=frozenset(each.item_pool for each in item_pools if each.pool == pool.id),
            no_attendance=frozenset(each.event for each in events if each.pool == pool.id and each.no_attendance),
        )


def _net(breakdown: Mapping[int | str, Plain]) -> int:
    """What a snapshot comes to by its events; what has no event is not in it."""
    earned, spent, adjusted = (_mapping(breakdown.get(each)) for each in ("earned", "spent", "adjustment"))
    paid = {event: _mapping(by_pool).get(_EVERYTHING, 0) for event, by_pool in spent.items()}
    return sum(
        sign * _hundredths(value)
        for sign, values in ((1, earned), (-1, paid), (1, adjusted))
        for event, value in values.items()
        if event != _EVERYTHING
    )


def _mapping(value: Plain) -> Mapping[int | str, Plain]:
    return value if isinstance(value, Mapping) else {}


def _hundredths(value: Plain) -> int:
    number = _number(value)
    return 0 if number is None else int(to_precision(number, _DECIMALS))


def _number(value: Plain) -> Amount | None:
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return Fraction(number) * 100 if number.is_finite() else None


def _seconds(at: datetime | None) -> int:
    return 0 if at is None else int(at.timestamp())


def whole_numbers(given: Plain) -> Iterator[int]:
    """The whole numbers of a list that PHP wrote; what is none is passed over."""
    for each in given.values() if isinstance(given, Mapping) else [given]:
        if str(each).isascii() and str(each).isdecimal():
            yield int(str(each))


# --- settings and rules -----------------------------------------------------------------------------------------------


def _config(source: EqdkpSource, server: tzinfo, notes: list[str], unreckoned: list[str]) -> Config:
    settings = settings_of(source)
    show_twinks = str(settings.get("show_twinks", "0")) == "1"
    pages = _pages(settings, show_twinks, notes, unreckoned)
    return Config(
        pages=pages,
        precision=_precision(settings, notes),
        special=frozenset(whole_numbers(settings.get("special_members"))),
        show_twinks=show_twinks,
        zone=_zone(str(settings.get("timezone", "")), notes),
        server=server,
    )


def _pages(settings: Mapping[str, Plain], show_twinks: bool, notes: list[str], unreckoned: list[str]) -> Pages:
    """What pages are made of; it is noted where that is not all known."""
    layout = layout_of(settings)
    if layout.base is None:
        notes.append(
            f"the layout {layout.name!r} of its pages is the site's own, and its file is not read: points are reckoned "
            f"as by the layout {NORMAL!r}. If it was made from another (EPGP, effective DKP, zero-sum, suicide kings), "
            "compare them before you go on"
        )
        unreckoned.append(f"the layout {layout.name!r}")
    if layout.shows_places:
        unreckoned.append("the places on the lists of suicide kings")
    if layout.base == NO_POINTS:
        notes.append(f"the layout {layout.name!r} shows no points; those that the rows come to are imported")
    if layout.pages is Pages.ZERO_SUM and show_twinks:
        notes.append(
            "where twinks are shown for themselves, zero-sum pages show 0 for each of them; here they have their points"
        )
        unreckoned.append("that zero-sum shows 0 for twinks by themselves")
    return layout.pages


def _precision(settings: Mapping[str, Plain], notes: list[str]) -> int:
    """How many decimals pages show; two where rounding is off."""
    if str(settings.get("round_activate", "1")) == "0":
        return _DECIMALS
    found = next(whole_numbers(settings.get("round_precision", _DECIMALS)), _DECIMALS)
    precision = min(found, _DECIMALS_MAX)
    if precision != _DECIMALS:
        notes.append(f"the pages of EQdkp Plus show {precision} decimals (round_precision); here they are told with 2")
    return precision


def _zone(name: str, notes: list[str]) -> tzinfo:
    try:
        return zone_named(name) if name else UTC
    except InvalidValue:
        notes.append(f"the site's timezone {name[:64]!r} is not known: its days are reckoned in UTC")
        return UTC


def _rules(source: EqdkpSource, notes: list[str], unreckoned: list[str]) -> Iterator[tuple[str, Rule]]:
    """The rules that change what is shown, each with its name; what can't be followed is noted."""
    for each in source.adjustments:
        if each.type in _BOOKED:
            continue
        try:
            yield each.name or each.id, _rule(each, source.functions)
        except _NotFollowed as why:
            name = f"the automatic adjustment {each.name or each.id!r}"
            notes.append(f"{name} is not reckoned with: {why}")
            unreckoned.append(name)


class _NotFollowed(Exception):
    """A rule lacks what it would need; says what."""


def _rule(given: AutomaticAdjustment, functions: Mapping[str, RuleFunction]) -> Rule:
    pools = frozenset(given.pools)
    match given.type:
        case "hardcap_current":
            return VisibleCap(pools, _bounds(given))
        case "currentcap_current":
            return HardCap(pools, _bounds(given))
        case "decay_current":
            return DecayOfCurrent(
                pools=pools,
                rhythm=_rhythm(given),
                formula=_formula(given, functions),
                zero_months=max(given.zero_months or 0, 0),
            )
        case "decay_ria":
            return DecayOfRows(
                pools=pools,
                rhythm=_rhythm(given),
                formula=_formula(given, functions),
                zero_months=max(given.zero_months or 0, 0),
                modules=frozenset(Module(each) for each in given.modules if each in _MODULES),
            )
    raise _NotFollowed(f"it is of a type {given.type!r}, which EQdkp Plus does not ship")


def _bounds(given: AutomaticAdjustment) -> Bounds:
    return Bounds(
        None if given.lower is None else given.lower.hundredths,
        None if given.upper is None else given.upper.hundredths,
    )


def _rhythm(given: AutomaticAdjustment) -> Rhythm:
    every = 0 if given.every_days is None else int(given.every_days * _DAY)
    if every <= 0:
        raise _NotFollowed("it does not say every how many days it runs")
    return Rhythm(_seconds(given.starts_at), every)


def _formula(given: AutomaticAdjustment, functions: Mapping[str, RuleFunction]) -> Formula:
    function = functions.get(given.function or "")
    if function is None:
        raise _NotFollowed(f"its function {given.function!r} is not in apafunc.php, or that file was not given")
    if function.formula is None:
        raise _NotFollowed(f"its function {given.function!r} is none that can be worked out here ({function.fault})")
    return function.formula

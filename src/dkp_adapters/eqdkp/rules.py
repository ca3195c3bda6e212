"""The automatic point adjustments (APA) of EQdkp Plus: decay, caps, start points, which it keeps in two files (O-1).

`apatab.php` has them in their order, which matters: the first that fits a pool is applied. `apafunc.php` has the
functions that they name, as lines of a formula. Both are what PHP's serialize() wrote, and are never run.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from attrs import field, frozen

from dkp_adapters.eqdkp.cells import decoded
from dkp_adapters.eqdkp.errors import RulesUnreadable
from dkp_adapters.eqdkp.serialized import NotSerialized, Plain, unserialized
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import Points
from dkp_core.points import Formula

TYPES: Final = frozenset(
    {
        "decay_current",
        "decay_ria",
        "cap_current",
        "currentcap_current",
        "hardcap_current",
        "startpoints",
        "onetime_current",
    }
)
FILE_BYTES_MAX: Final = 4_000_000
_GUARD: Final = re.compile(rb"\s*<\?php.*?\?>\s*", re.DOTALL)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MOMENT_MAX: Final = 2**33


@frozen(kw_only=True)
class AutomaticAdjustment:
    """An automatic point adjustment; what its type does not have is None.

    `zero_months` is after how many months of 30 days nothing is left (0 for never), `every_days` how often it happens,
    `function` the name of the one that says what is left, `flaws` what could not be read. `settings` has all there is.
    """

    id: str
    type: str
    name: str
    pools: Sequence[int]
    modules: Sequence[str] = ()
    zero_months: int | None = None
    every_days: Decimal | None = None
    starts_at: datetime | None = None
    function: str | None = None
    upper: Points | None = None
    lower: Points | None = None
    event: int | None = None
    value: Points | None = None
    settings: Mapping[str, Plain] = field(factory=dict)
    flaws: Sequence[str] = ()

    @property
    def is_known(self) -> bool:
        """Whether it is of a type that EQdkp Plus ships."""
        return self.type in TYPES


@frozen
class RuleFunction:
    """What is left of points: the lines as they stand in the file, and the formula, or why they are none."""

    name: str
    lines: Sequence[str]
    formula: Formula | None
    fault: str = ""


def rules_of(raw: bytes) -> Sequence[AutomaticAdjustment]:
    """The adjustments of an apatab.php, in its order. Raises: RulesUnreadable."""
    return tuple(_rule(str(id_), each if isinstance(each, Mapping) else {}) for id_, each in _file("apa", raw).items())


def functions_of(raw: bytes) -> Mapping[str, RuleFunction]:
    """The functions of an apafunc.php by their names. Raises: RulesUnreadable."""
    return {str(name): _function(str(name), lines) for name, lines in _file("apa_functions", raw).items()}


def _file(which: str, raw: bytes) -> Mapping[int | str, Plain]:
    if len(raw) > FILE_BYTES_MAX:
        raise RulesUnreadable(which, f"it has {len(raw):,} bytes, more than {FILE_BYTES_MAX:,}")
    content = _GUARD.sub(b"", raw, count=1).strip()
    if not content:
        return {}
    try:
        found = unserialized(content, lambda piece: html.unescape(decoded(piece)[0]))
    except NotSerialized as fault:
        raise RulesUnreadable(which, f"it is not what PHP serializes: {fault}") from None
    if not isinstance(found, Mapping):
        raise RulesUnreadable(which, "it holds one value where a list was expected")
    return found


def _function(name: str, lines: Plain) -> RuleFunction:
    given = [str(each) for each in _list(lines)]
    try:
        return RuleFunction(name, given, Formula.of("\n".join(given)))
    except InvalidValue as fault:
        return RuleFunction(name, given, None, fault.sentence)


def _rule(id_: str, given: Mapping[int | str, Plain]) -> AutomaticAdjustment:
    settings = {str(key): value for key, value in given.items()}
    reading = _Settings(settings, [])
    return AutomaticAdjustment(
        id=id_,
        type=str(settings.get("type", "")),
        name=str(settings.get("name", "")),
        pools=reading.numbers("pools"),
        modules=tuple(str(each) for each in _list(settings.get("modules"))),
        zero_months=reading.number("zero_time"),
        every_days=reading.decimal("decay_time" if "decay_time" in settings else "interval"),
        starts_at=reading.moment("start_date"),
        function=str(settings["calc_func"]) if settings.get("calc_func") else None,
        upper=reading.points("upper_cap"),
        lower=reading.points("lower_cap"),
        event=reading.number("event"),
        value=reading.points("value"),
        settings=settings,
        flaws=reading.flaws,
    )


def _list(value: Plain) -> Sequence[Plain]:
    if isinstance(value, Mapping):
        return tuple(value.values())
    return () if value is None else (value,)


@frozen
class _Settings:
    """The settings of one adjustment, and what in them could not be read."""

    given: Mapping[str, Plain]
    flaws: list[str]

    def decimal(self, name: str) -> Decimal | None:
        value = self.given.get(name)
        if value is None or value == "":
            return None
        try:
            number = Decimal(str(value) if not isinstance(value, bool) else int(value))
        except ArithmeticError:
            number = Decimal("NaN")
        if not number.is_finite():
            self.flaws.append(f"{name}: {value!r} is no number")
            return None
        return number

    def number(self, name: str) -> int | None:
        value = self.decimal(name)
        if value is not None and value != value.to_integral_value():
            self.flaws.append(f"{name}: {value} is no whole number")
            return None
        return None if value is None else int(value)

    def numbers(self, name: str) -> Sequence[int]:
        return tuple(int(str(each)) for each in _list(self.given.get(name)) if str(each).lstrip("-").isdecimal())

    def points(self, name: str) -> Points | None:
        value = self.decimal(name)
        if value is None:
            return None
        try:
            return Points.of(value, name)
        except InvalidValue as fault:
            self.flaws.append(fault.sentence)
            return None

    def moment(self, name: str) -> datetime | None:
        value = self.number(name)
        if value is not None and not 0 <= value <= _MOMENT_MAX:
            self.flaws.append(f"{name}: {value} seconds since 1970 is no moment")
            return None
        return None if value is None else _EPOCH + timedelta(seconds=value)

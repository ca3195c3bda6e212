"""Formulas: a small language that says what is left of points when they decay (P-6).

A formula has one or several statements, on lines of their own or with `;` between them; the last one is the result.
`name = …` keeps a result under a name; each statement's result is also `Var0`, `Var1` and so on. What it may speak of:

| name | meaning |
|---|---|
| `value` | the points now: the balance, or what former runs have left of the entry |
| `original` | the entry's points as they were booked; 0 where balances decay |
| `age_days` | exact days from the entry, or from the run before, to this run; 0 at a pool's first run on balances |
| `ref_date` | the run's moment, in seconds since 1970 |
| `date` | the entry's moment, in seconds since 1970; where balances decay, the run's |
| `ref_val` | the same as `original` |

Operators, the strongest first: `- !` before a number, `* / %`, `+ -`, `< <= > >=`, `== !=`, `&&`, `||`, `? :`. What is
true is 1, what is false 0; `%` is the rest of a division of whole parts. Functions: `pow(base, exponent)`, `round(x)`
and `round(x, places)` (half-up, away from zero), `floor(x)`, `ceil(x)`, `abs(x)`, `min(x, y, …)`, `max(x, y, …)`.
Names compare without regard to case, and may be written with `$` before them, as EQdkp Plus keeps them.

| formula | what is left of 100.00 |
|---|---|
| `value * 0.9` | 90.00 |
| `max(value - 20, 50)` | 80.00 |
| `value > 60 ? 60 : value` | 60.00 |
| `$value * 0.955; round($Var0, 0)` | 96.00 |
| `value * pow(0.5, age_days / 30)`, 30 days old | 50.00 |

Numbers are exact fractions. One whose fraction grows beyond 1,024 bits is rounded half-up at 40 decimal places, and so
is the result of `pow` with an exponent that is not whole, which is worked out to 60 digits. The result is rounded
half-up at two places (P-12).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from enum import Enum, auto
from fractions import Fraction
from functools import lru_cache
from operator import add, eq, ge, gt, le, lt, mul, ne, neg, sub
from types import MappingProxyType
from typing import Final, TypeAlias

from attrs import Factory, define, evolve, field, frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.period import BEGINNING
from dkp_core.kernel.points import POINTS_MAX, ZERO, Points
from dkp_core.points.errors import FormulaFails

LENGTH_MAX: Final = 2000
DEPTH_MAX: Final = 25
STEPS_MAX: Final = 300
POWERS_MAX: Final = 10
DIGITS_MAX: Final = 20
EXPONENT_MAX: Final = 10_000
PLACES_MAX: Final = 10
ARGUMENTS_MAX: Final = 10
MAGNITUDE_MAX: Final = 10**30
_BITS_MAX: Final = 1024
_PLACES: Final = 10**40
_DIGITS: Final = 60
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_POINTS_LIMIT: Final = int(POINTS_MAX.replace(",", "").replace(".", ""))


# --- arithmetic -------------------------------------------------------------------------------------------------------


class _Unworkable(Exception):
    """A step has no number for an answer; says why."""


def rounded(number: Fraction) -> int:
    """The nearest whole number; half is rounded up, away from zero (P-12)."""
    whole = (2 * abs(number.numerator) + number.denominator) // (2 * number.denominator)
    return -whole if number < 0 else whole


def _bounded(number: Fraction) -> Fraction:
    if abs(number.numerator) > MAGNITUDE_MAX * number.denominator:
        raise _Unworkable("a number passes 10 to the power of 30")
    if number.denominator.bit_length() > _BITS_MAX:
        return Fraction(rounded(number * _PLACES), _PLACES)
    return number


def _divided(one: Fraction, other: Fraction) -> Fraction:
    if not other:
        raise _Unworkable("it divides by zero")
    return Fraction(one) / other


def _rest(one: Fraction, other: Fraction) -> Fraction:
    dividend, divisor = int(one), int(other)
    if not divisor:
        raise _Unworkable("it divides by zero")
    rest = abs(dividend) % abs(divisor)
    return Fraction(-rest if dividend < 0 else rest)


def _power(base: Fraction, exponent: Fraction) -> Fraction:
    if abs(exponent) > EXPONENT_MAX:
        raise _Unworkable(f"an exponent passes {EXPONENT_MAX:,}")
    if not base and exponent < 0:
        raise _Unworkable("it divides by zero")
    if exponent.denominator != 1:
        return _root(base, exponent)
    factor = base if exponent >= 0 else Fraction(1) / base
    power = Fraction(1)
    for bit in format(abs(exponent.numerator), "b"):
        power = _bounded(power * power)
        if bit == "1":
            power = _bounded(power * factor)
    return power


def _root(base: Fraction, exponent: Fraction) -> Fraction:
    """A power whose exponent is not whole, to `_DIGITS` digits, by a context that is the same everywhere."""
    if base < 0:
        raise _Unworkable("a negative number is raised to a power that is not whole")
    if not base:
        return base
    context = Context(prec=_DIGITS)
    logarithm = context.multiply(_decimal(exponent, context), context.ln(_decimal(base, context)))
    if logarithm > 70:  # e to the 70th is beyond every number there is here
        raise _Unworkable("a number passes 10 to the power of 30")
    if logarithm < -100:  # and this is nothing at 40 places
        return Fraction(0)
    return Fraction(rounded(Fraction(context.exp(logarithm)) * _PLACES), _PLACES)


def _decimal(number: Fraction, context: Context) -> Decimal:
    return context.divide(Decimal(number.numerator), Decimal(number.denominator))


def _to_places(number: Fraction, places: Fraction = Fraction(0)) -> Fraction:
    if places.denominator != 1 or abs(places) > PLACES_MAX:
        raise _Unworkable(f"it rounds to other than -{PLACES_MAX} to {PLACES_MAX} places")
    unit = Fraction(10) ** places.numerator
    return rounded(number * unit) / Fraction(unit)


def _whole_below(number: Fraction) -> Fraction:
    return Fraction(number.numerator // number.denominator)


def _whole_above(number: Fraction) -> Fraction:
    return Fraction(-(-number.numerator // number.denominator))


def _not(number: Fraction) -> Fraction:
    return Fraction(not number)


_Work: TypeAlias = Callable[[Sequence[Fraction]], Fraction]


def _one(work: Callable[[Fraction], Fraction]) -> _Work:
    return lambda given: work(*given)


def _two(work: Callable[[Fraction, Fraction], Fraction]) -> _Work:
    return lambda given: work(*given)


def _truth(compare: Callable[[Fraction, Fraction], bool]) -> _Work:
    return lambda given: Fraction(compare(*given))


@frozen
class _Function:
    least: int
    most: int
    work: _Work


FUNCTIONS: Final[Mapping[str, _Function]] = MappingProxyType(
    {
        "pow": _Function(2, 2, _two(_power)),
        "round": _Function(1, 2, lambda given: _to_places(*given)),
        "floor": _Function(1, 1, _one(_whole_below)),
        "ceil": _Function(1, 1, _one(_whole_above)),
        "abs": _Function(1, 1, _one(abs)),
        "min": _Function(2, ARGUMENTS_MAX, min),
        "max": _Function(2, ARGUMENTS_MAX, max),
    }
)
INPUTS: Final = ("value", "original", "age_days", "ref_date", "date", "ref_val")
_BEFORE: Final[Mapping[str, _Work]] = MappingProxyType({"-": _one(neg), "!": _one(_not)})
# How strongly an operator binds, and what it does; those that may leave their right side out are steps of their own.
_BETWEEN: Final[Mapping[str, tuple[int, _Work]]] = MappingProxyType(
    {
        "==": (3, _truth(eq)),
        "!=": (3, _truth(ne)),
        "<": (4, _truth(lt)),
        "<=": (4, _truth(le)),
        ">": (4, _truth(gt)),
        ">=": (4, _truth(ge)),
        "+": (5, _two(add)),
        "-": (5, _two(sub)),
        "*": (6, _two(mul)),
        "/": (6, _two(_divided)),
        "%": (6, _two(_rest)),
    }
)
_LAZY: Final[Mapping[str, int]] = MappingProxyType({"||": 1, "&&": 2})


# --- reading ----------------------------------------------------------------------------------------------------------

_TOKEN: Final = re.compile(
    r"(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)|(?P<name>\$?[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/%(),?:<>!=])|(?P<end>[;\n])|(?P<space>[^\S\n]+)",
    re.ASCII,
)
_OPERAND: Final = "a number, a name, a function, or a parenthesis that opens"
_NUMBERED: Final = re.compile(r"var([0-9]{1,4})", re.ASCII)


@frozen
class _Token:
    kind: str
    text: str
    at: int


class _Act(Enum):
    """What a step does with the numbers before it."""

    NUMBER = auto()
    INPUT = auto()
    KEPT = auto()
    KEEP = auto()
    APPLY = auto()
    SKIP = auto()
    SKIP_UNLESS = auto()


@frozen
class _Step:
    """One step; `count` is how many numbers it takes, which one it reads, or where it goes on."""

    act: _Act
    at: int
    count: int = 0
    number: Fraction = Fraction(0)
    work: _Work = max


class _Unreadable(Exception):
    """The text is no formula; says where, why, and what is accepted."""

    def __init__(self, at: int, fault: str, accepted: str) -> None:
        super().__init__(fault)
        self.at, self.fault, self.accepted = at, fault, accepted


def _tokens(text: str) -> Iterator[_Token]:
    at = depth = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            accepted = "numbers, names, functions, + - * / % ( ) , < <= > >= == != ! && || ? : = and ;"
            raise _Unreadable(at + 1, f"{text[at]!r} is not known", accepted)
        token = _Token(found.lastgroup or "", found.group(), at + 1)
        at = found.end()
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.kind != "space" and not (token.text == "\n" and depth > 0):
            yield token
    yield _Token("end", "", at + 1)


@define
class _Reader:
    """Turns tokens into steps; deeper than `DEPTH_MAX` nothing is nested, so neither is this."""

    tokens: Sequence[_Token]
    steps: list[_Step] = Factory(list)
    names: dict[str, int] = Factory(dict)
    reads: set[str] = Factory(set)
    kept: int = 0
    place: int = 0
    depth: int = 0
    powers: int = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.place]

    def taken(self) -> _Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def step(self, step: _Step) -> None:
        if len(self.steps) >= STEPS_MAX:
            raise _Unreadable(step.at, "it has too many steps", f"at most {STEPS_MAX} numbers, names and operators")
        self.steps.append(step)

    def formula(self) -> None:
        while self.place < len(self.tokens):
            if self.token.kind == "end":
                self.taken()
                continue
            self.statement()
        if not self.kept:
            raise _Unreadable(1, "it says nothing", "an expression such as value * 0.9")

    def statement(self) -> None:
        name = self.token
        assigns = name.kind == "name" and self.tokens[self.place + 1].text == "="
        if assigns:
            self.place += 2
        self.expression(0)
        if self.token.kind != "end":
            raise _Unreadable(self.token.at, f"{self.token.text!r} comes unexpectedly", "an operator, or the end")
        self.step(_Step(_Act.KEEP, self.token.at))
        if assigns:
            self.names[self.new_name(name)] = self.kept
        self.kept += 1

    def new_name(self, token: _Token) -> str:
        name = token.text.removeprefix("$").lower()
        numbered = _NUMBERED.fullmatch(name)
        if name in INPUTS or name in FUNCTIONS or (numbered and int(numbered[1]) != self.kept):
            raise _Unreadable(token.at, f"{token.text[:40]!r} has a meaning already", "another name")
        return name

    def expression(self, least: int) -> None:
        """What lies between operators that bind less than `least`; and, where nothing binds, the choice `? :`."""
        self.operand()
        while (binds := self.binding()) >= max(least, 1):
            sign = self.taken()
            if sign.text in _LAZY:
                self.lazy(sign, binds)
            else:
                self.expression(binds + 1)
                self.step(_Step(_Act.APPLY, sign.at, 2, work=_BETWEEN[sign.text][1]))
        if not least and self.token.text == "?":
            self.choice()

    def binding(self) -> int:
        text = self.token.text
        return _LAZY[text] if text in _LAZY else _BETWEEN[text][0] if text in _BETWEEN else 0

    def lazy(self, sign: _Token, binds: int) -> None:
        """`a && b` is `a ? !!b : 0`, and `a || b` is `a ? 1 : !!b`."""
        unless = self.mark(sign)
        if sign.text == "||":
            self.step(_Step(_Act.NUMBER, sign.at, number=Fraction(1)))
        else:
            self.truth_of(sign, binds)
        over = self.mark(sign)
        self.land(unless, _Act.SKIP_UNLESS)
        if sign.text == "||":
            self.truth_of(sign, binds)
        else:
            self.step(_Step(_Act.NUMBER, sign.at))
        self.land(over, _Act.SKIP)

    def truth_of(self, sign: _Token, binds: int) -> None:
        self.expression(binds + 1)
        for _ in range(2):
            self.step(_Step(_Act.APPLY, sign.at, 1, work=_BEFORE["!"]))

    def choice(self) -> None:
        sign = self.taken()
        unless = self.mark(sign)
        self.nested(sign)
        if self.token.text != ":":
            raise _Unreadable(self.token.at, f"the choice at character {sign.at} has no other side", "a ':'")
        self.taken()
        over = self.mark(sign)
        self.land(unless, _Act.SKIP_UNLESS)
        self.expression(1)
        if self.token.text == "?":
            raise _Unreadable(self.token.at, "a choice is the other side of a choice", "parentheses around one of them")
        self.land(over, _Act.SKIP)

    def mark(self, sign: _Token) -> int:
        """Leaves room for a step that goes on further down."""
        self.step(_Step(_Act.SKIP, sign.at))
        return len(self.steps) - 1

    def land(self, mark: int, act: _Act) -> None:
        self.steps[mark] = evolve(self.steps[mark], act=act, count=len(self.steps))

    def nested(self, opened: _Token) -> None:
        if self.depth >= DEPTH_MAX:
            accepted = f"at most {DEPTH_MAX} parentheses or choices within each other"
            raise _Unreadable(opened.at, "it is nested too deeply", accepted)
        self.depth += 1
        self.expression(0)
        self.depth -= 1

    def operand(self) -> None:
        before = []
        while self.token.text in _BEFORE:
            before.append(self.taken())
        token = self.taken()
        if token.kind == "number":
            self.step(_Step(_Act.NUMBER, token.at, number=self.number(token)))
        elif token.text == "(":
            self.nested(token)
            self.closed(token)
        elif token.kind == "name" and self.token.text == "(":
            self.call(token)
        elif token.kind == "name":
            self.name(token)
        elif token.kind == "end":
            raise _Unreadable(token.at, "something is missing", _OPERAND)
        else:
            raise _Unreadable(token.at, f"{token.text!r} comes unexpectedly", _OPERAND)
        for sign in reversed(before):
            self.step(_Step(_Act.APPLY, sign.at, 1, work=_BEFORE[sign.text]))

    def number(self, token: _Token) -> Fraction:
        whole, _, decimals = token.text.partition(".")
        if max(len(whole), len(decimals)) > DIGITS_MAX:
            accepted = f"at most {DIGITS_MAX} digits before the point, and as many after it"
            raise _Unreadable(token.at, "the number is too long", accepted)
        return Fraction(int(whole + decimals), 10 ** len(decimals))

    def closed(self, opened: _Token) -> None:
        if self.token.text != ")":
            fault = f"the parenthesis at character {opened.at} is not closed"
            raise _Unreadable(self.token.at, fault, "an operator or a ')'")
        self.taken()

    def call(self, token: _Token) -> None:
        name = token.text.lower()
        function = FUNCTIONS.get(name)
        if function is None:
            raise _Unreadable(token.at, f"there is no function {token.text[:40]!r}", ", ".join(FUNCTIONS))
        self.powers += name == "pow"
        if self.powers > POWERS_MAX:
            raise _Unreadable(token.at, "it has too many powers", f"at most {POWERS_MAX}")
        opened, count = self.taken(), 0
        while not count or self.token.text == ",":
            self.place += bool(count)
            self.nested(opened)
            count += 1
        self.closed(opened)
        if not function.least <= count <= function.most:
            numbers = " or ".join(map(str, sorted({function.least, function.most})))
            numbers = numbers if function.most - function.least < 2 else f"{function.least} to {function.most}"
            raise _Unreadable(token.at, f"{name} is given {count}", f"{numbers} numbers")
        self.step(_Step(_Act.APPLY, token.at, count, work=function.work))

    def name(self, token: _Token) -> None:
        name = token.text.removeprefix("$").lower()
        numbered = _NUMBERED.fullmatch(name)
        if name in INPUTS:
            self.reads.add(name)
            self.step(_Step(_Act.INPUT, token.at, INPUTS.index(name)))
        elif name in self.names:
            self.step(_Step(_Act.KEPT, token.at, self.names[name]))
        elif numbered and int(numbered[1]) < self.kept:
            self.step(_Step(_Act.KEPT, token.at, int(numbered[1])))
        else:
            known = ", ".join([*INPUTS, *self.names, *(f"Var{index}" for index in range(min(self.kept, 10)))])
            raise _Unreadable(token.at, f"{token.text[:40]!r} is not known here", known)


# --- formulas ---------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Occasion:
    """What a formula may know beside the value: the run's moment, since when, of what moment, and the original."""

    at: datetime
    since: datetime
    dated: datetime
    original: Points = ZERO

    @classmethod
    def of_balance(cls, at: datetime, *, last_run: datetime | None = None) -> Occasion:
        """A run at that moment on a balance; the run before it, if there was one."""
        return cls(at=at, since=last_run or at, dated=at)

    @classmethod
    def of_entry(cls, at: datetime, *, occurred_at: datetime, original: Points) -> Occasion:
        """A run at that moment on an entry."""
        return cls(at=at, since=occurred_at, dated=occurred_at, original=original)

    def number_of(self, name: str, value: Fraction) -> Fraction:
        """What one of the `INPUTS` stands for."""
        match name:
            case "value":
                return value
            case "age_days":
                return _parts(self.at - self.since, _DAY)
            case "ref_date":
                return _parts(self.at - BEGINNING, _SECOND)
            case "date":
                return _parts(self.dated - BEGINNING, _SECOND)
            case _:
                return Fraction(self.original.hundredths, 100)


def _parts(span: timedelta, unit: timedelta) -> Fraction:
    tick = timedelta.resolution
    return Fraction(span // tick, unit // tick)


@frozen
class Formula:
    """A formula that was read and works; two of the same text are the same."""

    text: str
    reads: frozenset[str] = field(eq=False)
    _steps: tuple[_Step, ...] = field(eq=False, repr=False)

    @classmethod
    def of(cls, text: str, name: str = "formula") -> Formula:
        """The formula of that text.

        Raises: InvalidValue, naming the field `name`, the character, the fault and what is accepted; also where it
        comes to no result for any of the values that are tried, as when it always divides by zero.
        """
        if len(text) > LENGTH_MAX:
            raise InvalidValue(name, f"it has {len(text)} characters", f"at most {LENGTH_MAX}")
        try:
            return _formula(text)
        except _Unreadable as fault:
            raise InvalidValue(name, f"at character {fault.at}, {fault.fault}", fault.accepted) from None
        except FormulaFails as fails:
            fault_ = f"at character {fails.at}, {fails.fault} for each value that was tried"
            raise InvalidValue(name, fault_, "a formula that comes to an amount of points") from None

    @property
    def is_timeless(self) -> bool:
        """Whether the points alone decide, and no moment."""
        return not self.reads & {"age_days", "date", "ref_date"}

    def left_of(self, value: Points, occasion: Occasion) -> Points:
        """What the formula comes to for this value, rounded half-up (P-12). Raises: FormulaFails."""
        return Points(rounded(self.worth(Fraction(value.hundredths, 100), occasion) * 100))

    def worth(self, value: Fraction, occasion: Occasion) -> Fraction:
        """What the formula comes to for that many points, before anything is rounded. Raises: FormulaFails."""
        kept: list[Fraction] = []
        numbers: list[Fraction] = []
        place = 0
        while place < len(self._steps):
            step = self._steps[place]
            place += 1
            match step.act:
                case _Act.NUMBER:
                    numbers.append(step.number)
                case _Act.INPUT:
                    numbers.append(occasion.number_of(INPUTS[step.count], value))
                case _Act.KEPT:
                    numbers.append(kept[step.count])
                case _Act.KEEP:
                    kept.append(numbers.pop())
                case _Act.APPLY:
                    given = numbers[-step.count :]
                    del numbers[-step.count :]
                    try:
                        numbers.append(_bounded(step.work(given)))
                    except _Unworkable as fault:
                        raise FormulaFails(self.text, _shown(value), step.at, str(fault)) from None
                case _Act.SKIP:
                    place = step.count
                case _Act.SKIP_UNLESS:
                    place = place if numbers.pop() else step.count
        if abs(rounded(kept[-1] * 100)) > _POINTS_LIMIT:
            raise FormulaFails(self.text, _shown(value), self._steps[-1].at, f"the result passes ±{POINTS_MAX}")
        return kept[-1]


def _shown(value: Fraction) -> str:
    return str(Decimal(rounded(value * 100)).scaleb(-2))


@lru_cache(maxsize=256)
def _formula(text: str) -> Formula:
    reader = _Reader(tuple(_tokens(text)))
    reader.formula()
    formula = Formula(text, frozenset(reader.reads), tuple(reader.steps))
    failed = []
    for value, occasion in _tried():
        try:
            formula.left_of(value, occasion)
        except FormulaFails as fails:
            failed.append(fails)
        else:
            return formula
    raise failed[0]


def _tried() -> Iterator[tuple[Points, Occasion]]:
    at = datetime(2024, 1, 1, tzinfo=UTC)
    for amount in ("100", "12.34", "0", "-100"):
        value = Points.of(amount)
        for days in (7, 0, 400):
            yield value, Occasion.of_entry(at, occurred_at=at - timedelta(days=days), original=value)
        yield value, Occasion.of_balance(at)

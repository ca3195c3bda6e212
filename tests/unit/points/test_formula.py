"""Formulas: what they mean, what they refuse, and that nothing they are given brings them down."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from operator import add, mul, sub, truediv
from time import process_time

import pytest
from attrs import frozen
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import formula as module
from dkp_core.points.errors import FormulaFails
from dkp_core.points.formula import DEPTH_MAX, LENGTH_MAX, POWERS_MAX, STEPS_MAX, Formula, Occasion

RUN = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
MONTH_OLD = Occasion.of_entry(RUN, occurred_at=RUN - 30 * DAY, original=Points.of(200))


def left(text: str, value: str | int = 100, occasion: Occasion = MONTH_OLD) -> str:
    """What a formula leaves of a value."""
    return str(Formula.of(text).left_of(Points.of(value), occasion))


def refusal(text: str) -> str:
    """Why a text is no formula."""
    with pytest.raises(InvalidValue) as refused:
        Formula.of(text, "decay.formula")
    assert refused.value.field == "decay.formula"
    return refused.value.sentence.removeprefix("decay.formula: ")


# --- what they mean ---------------------------------------------------------------------------------------------------


def test_the_examples_of_the_language_are_so() -> None:
    """P-6: the table in the module's own words."""
    rows = re.findall(r"^\| `([^|]*)`(?:, 30 days old)? \| (-?[0-9.]+) \|$", module.__doc__ or "", re.MULTILINE)
    assert len(rows) == 5
    for text, result in rows:
        assert (text, left(text)) == (text, result)


def test_what_a_formula_is_worth_is_not_rounded() -> None:
    """P-6: what is left is; a third of a hundredth is worth just that."""
    third = Formula.of("value / 3")
    assert third.worth(Fraction(1, 100), MONTH_OLD) == Fraction(1, 300)
    assert third.left_of(Points(1), MONTH_OLD) == ZERO
    with pytest.raises(FormulaFails, match=r"12\.34"):
        Formula.of("value > 50 ? 1 : 1 / 0").worth(Fraction(1234, 100), MONTH_OLD)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("value", "100.00"),
        ("7", "7.00"),
        (".5", "0.50"),
        ("5.", "5.00"),
        ("2 + 3 * 4", "14.00"),
        ("(2 + 3) * 4", "20.00"),
        ("20 - 5 - 3", "12.00"),
        ("100 / 10 / 2", "5.00"),
        ("-3 + 5", "2.00"),
        ("- - 3", "3.00"),
        ("2 * -3", "-6.00"),
        ("1 / 3 * 3", "1.00"),
        ("0.1 + 0.2 == 0.3", "1.00"),
        ("17 % 5", "2.00"),
        ("-17 % 5", "-2.00"),
        ("17.9 % 5.9", "2.00"),
        ("1 < 2", "1.00"),
        ("2 <= 1", "0.00"),
        ("2 > 2", "0.00"),
        ("2 >= 2", "1.00"),
        ("1 != 2", "1.00"),
        ("!7", "0.00"),
        ("!0", "1.00"),
        ("2 && 3", "1.00"),
        ("0 || 0", "0.00"),
        ("0 || 5", "1.00"),
        ("1 || 0 && 0", "1.00"),
        ("1 < 2 == 1", "1.00"),
        ("1 ? 2 : 3", "2.00"),
        ("0 ? 2 : 3", "3.00"),
        ("1 ? 0 ? 4 : 5 : 6", "5.00"),
        ("0 ? 4 : (1 ? 5 : 6)", "5.00"),
        ("1 + (0 ? 1 : 2) * 3", "7.00"),
        ("value ? 1 : 1 / 0", "1.00"),
        ("!value ? 1 / 0 : 2", "2.00"),
        ("value || 1 / 0", "1.00"),
        ("!value && 1 / 0", "0.00"),
        ("pow(2, 10)", "1024.00"),
        ("pow(2, -1)", "0.50"),
        ("pow(-2, 3)", "-8.00"),
        ("pow(0, 0)", "1.00"),
        ("pow(0, 0.5)", "0.00"),
        ("pow(2, 0.5)", "1.41"),
        ("pow(100, 1.5)", "1000.00"),
        ("pow(0.5, 0.5) * pow(0.5, 0.5)", "0.50"),
        ("pow(1.0001, 10000) * 100", "271.81"),
        ("pow(0.9, 9999)", "0.00"),
        ("pow(0.9, 9999.5)", "0.00"),
        ("round(2.5)", "3.00"),
        ("round(-2.5)", "-3.00"),
        ("round(2.345, 2)", "2.35"),
        ("round(-2.345, 2)", "-2.35"),
        ("round(1.005, 2)", "1.01"),
        ("round(1250, -2)", "1300.00"),
        ("floor(2.9)", "2.00"),
        ("floor(-2.1)", "-3.00"),
        ("ceil(2.1)", "3.00"),
        ("ceil(-2.9)", "-2.00"),
        ("abs(-2.5)", "2.50"),
        ("min(3, 1, 2)", "1.00"),
        ("max(3, 1, 2)", "3.00"),
        ("original", "200.00"),
        ("ref_val", "200.00"),
        ("age_days", "30.00"),
        ("(ref_date - date) / 86400", "30.00"),
        ("ref_date", f"{int(RUN.timestamp())}.00"),
        ("VALUE * 0.5", "50.00"),
        ("Round($Value, 0)", "100.00"),
        ("half = value / 2; half + 1", "51.00"),
        ("half = value / 2\n\n half * half\n", "2500.00"),
        ("half = value / 2", "50.00"),
        ("a = 1; a = a + 1; a", "2.00"),
        ("$value * 0.95\nround($Var0,2)", "95.00"),
        ("value + 1; Var0 + 1; Var1 + Var0", "203.00"),
        ("Var0 = value; Var1 = Var0 / 4", "25.00"),
        ("( $value > 10000) ? 10000 : $value", "100.00"),
        ("max(\n  value - 20,\n  50\n)", "80.00"),
        ("value;;\n;", "100.00"),
        ("value \t * 2\r\n", "200.00"),
    ],
)
def test_a_formula_means(text: str, result: str) -> None:
    """P-6: by example, also in the spelling of EQdkp Plus."""
    assert left(text) == result


@pytest.mark.parametrize(
    ("value", "result"),
    [("0.05", "0.05"), ("0.04", "0.04"), ("0.15", "0.14"), ("-0.05", "-0.05"), ("-0.15", "-0.14"), ("10.05", "9.05")],
)
def test_the_result_is_rounded_half_up_away_from_zero(value: str, result: str) -> None:
    """P-12: at two places."""
    assert left("value * 0.9", value) == result


def test_a_balance_has_the_days_since_the_run_before_and_no_original() -> None:
    """P-6: and none at the first run; EQdkp Plus hands 0 on for its value there too."""
    second = Occasion.of_balance(RUN, last_run=RUN - timedelta(days=7, hours=12))
    assert left("age_days", occasion=second) == "7.50"
    assert left("age_days", occasion=Occasion.of_balance(RUN)) == "0.00"
    assert left("original", occasion=second) == "0.00"
    assert left("ref_date - date", occasion=second) == "0.00"


def test_a_formula_knows_whether_moments_matter() -> None:
    """P-6: what hangs on points alone is reckoned once for all."""
    assert Formula.of("value - original / 50").is_timeless
    assert [name for name in ("age_days", "date", "ref_date") if Formula.of(f"value + {name}").is_timeless] == []
    assert Formula.of("$VALUE + ref_val").reads == {"value", "ref_val"}


def test_formulas_of_one_text_are_the_same() -> None:
    """P-6: a rule is compared by what it says."""
    assert Formula.of("value * 0.9") == Formula.of("value * 0.9")
    assert Formula.of("value * 0.9") != Formula.of("value * 0.90")
    assert len({Formula.of("value"), Formula.of("value")}) == 1


# --- what they refuse -------------------------------------------------------------------------------------------------

OPERAND = "a number, a name, a function, or a parenthesis that opens"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "at character 1, it says nothing; accepted: an expression such as value * 0.9."),
        (" \n; ", "at character 1, it says nothing; accepted: an expression such as value * 0.9."),
        ("value +", f"at character 8, something is missing; accepted: {OPERAND}."),
        ("half =", f"at character 7, something is missing; accepted: {OPERAND}."),
        ("* value", f"at character 1, '*' comes unexpectedly; accepted: {OPERAND}."),
        ("value value", "at character 7, 'value' comes unexpectedly; accepted: an operator, or the end."),
        ("value)", "at character 6, ')' comes unexpectedly; accepted: an operator, or the end."),
        ("1 = 2", "at character 3, '=' comes unexpectedly; accepted: an operator, or the end."),
        ("(value", "at character 7, the parenthesis at character 1 is not closed; accepted: an operator or a ')'."),
        ("max(1, 2", "at character 9, the parenthesis at character 4 is not closed; accepted: an operator or a ')'."),
        ("1 ? 2", "at character 6, the choice at character 3 has no other side; accepted: a ':'."),
        (
            "1 ? 2 : 3 ? 4 : 5",
            "at character 11, a choice is the other side of a choice; accepted: parentheses around one of them.",
        ),
        (
            "valeu * 0.9",
            "at character 1, 'valeu' is not known here; accepted: value, original, age_days, ref_date, date, ref_val.",
        ),
        (
            "half = 2; Var1",
            (
                "at character 11, 'Var1' is not known here; accepted: "
                "value, original, age_days, ref_date, date, ref_val, half, Var0."
            ),
        ),
        (
            "sqrt(2)",
            "at character 1, there is no function 'sqrt'; accepted: pow, round, floor, ceil, abs, min, max.",
        ),
        (
            "$round(2)",
            "at character 1, there is no function '$round'; accepted: pow, round, floor, ceil, abs, min, max.",
        ),
        ("pow(2)", "at character 1, pow is given 1; accepted: 2 numbers."),
        ("round(1, 2, 3)", "at character 1, round is given 3; accepted: 1 or 2 numbers."),
        ("max(1)", "at character 1, max is given 1; accepted: 2 to 10 numbers."),
        ("abs()", f"at character 5, ')' comes unexpectedly; accepted: {OPERAND}."),
        ("value = 2", "at character 1, 'value' has a meaning already; accepted: another name."),
        ("max = 2", "at character 1, 'max' has a meaning already; accepted: another name."),
        ("Var1 = 2", "at character 1, 'Var1' has a meaning already; accepted: another name."),
        (
            "value × 2",
            (
                "at character 7, '×' is not known; accepted: "
                "numbers, names, functions, + - * / % ( ) , < <= > >= == != ! && || ? : = and ;."
            ),
        ),
        (
            "1" * 21,
            (
                "at character 1, the number is too long; accepted: "
                "at most 20 digits before the point, and as many after it."
            ),
        ),
        ("1e5", "at character 2, 'e5' comes unexpectedly; accepted: an operator, or the end."),
        (
            "value / (3 - 3)",
            (
                "at character 7, it divides by zero for each value that was tried; "
                "accepted: a formula that comes to an amount of points."
            ),
        ),
        (
            "value * 0 + pow(10, 12)",
            (
                "at character 24, the result passes ±9,999,999,999.99 for each value that was tried; "
                "accepted: a formula that comes to an amount of points."
            ),
        ),
    ],
)
def test_what_is_no_formula_is_told_with_the_character(text: str, sentence: str) -> None:
    """P-6, G-8: where, what is wrong, and what is accepted."""
    assert refusal(text) == sentence


def test_no_text_is_too_long_or_too_deep_to_be_refused() -> None:
    """P-6: ten thousand parentheses are a fault like any other."""
    many = "(" * 10_000 + "1" + ")" * 10_000
    assert refusal(many) == f"it has 20001 characters; accepted: at most {LENGTH_MAX}."
    assert refusal("(" * 900 + "1" + ")" * 900).startswith(f"at character {DEPTH_MAX + 1}, it is nested too deeply;")
    assert refusal("max(1," * 300).startswith("at character 154, it is nested too deeply;")
    assert refusal("1 ? " * 300).startswith("at character 103, it is nested too deeply;")
    assert refusal("-" * 900 + "1").startswith("at character 601, it has too many steps;")
    assert refusal("1+" * STEPS_MAX + "1").startswith("at character 300, it has too many steps;")
    assert refusal("+".join(["pow(value, 2)"] * (POWERS_MAX + 1))).endswith(
        "it has too many powers; accepted: at most 10."
    )


def test_what_is_just_within_the_limits_is_a_formula() -> None:
    """P-6: the limits themselves are accepted."""
    assert left("(" * DEPTH_MAX + "value" + ")" * DEPTH_MAX) == "100.00"
    assert left("-" * (STEPS_MAX - 2) + "value") == "100.00"
    assert left("+".join(["1"] * (STEPS_MAX // 2))) == "150.00"
    assert left("+".join(["pow(value, 2)"] * POWERS_MAX)) == "100000.00"
    assert left("value" + " " * (LENGTH_MAX - 5)) == "100.00"
    assert left("0." + "0" * 19 + "1") == "0.00"


@pytest.mark.parametrize(
    ("text", "value", "at", "fault"),
    [
        ("100 / (value - 5)", "5", 5, "it divides by zero"),
        ("100 % (value - 5)", "5.50", 5, "it divides by zero"),
        ("pow(value - 5, -1)", "5", 1, "it divides by zero"),
        ("pow(value, 0.5)", "-4", 1, "a negative number is raised to a power that is not whole"),
        ("pow(2, value)", "101", 1, "a number passes 10 to the power of 30"),
        ("pow(2, value + 0.5)", "101", 1, "a number passes 10 to the power of 30"),
        ("pow(1, value)", "10001", 1, "an exponent passes 10,000"),
        ("round(1, value)", "11", 1, "it rounds to other than -10 to 10 places"),
        ("round(1, value)", "0.50", 1, "it rounds to other than -10 to 10 places"),
        ("value * 1000000", "10000", 16, "the result passes ±9,999,999,999.99"),
    ],
)
def test_a_formula_that_fails_for_a_value_says_where_and_why(text: str, value: str, at: int, fault: str) -> None:
    """P-6, G-8: a typed error, which names the formula, the value, the character and the fault."""
    formula = Formula.of(text)
    with pytest.raises(FormulaFails) as fails:
        formula.left_of(Points.of(value), MONTH_OLD)
    assert (fails.value.formula, fails.value.at, fails.value.fault) == (text, at, fault)
    assert Points.of(fails.value.value) == Points.of(value)
    assert fails.value.sentence == (
        f"The formula {text!r} can't be worked out for the value {Points.of(value)}: at character {at}, {fault}. "
        "Change the formula of the pool's decay, and try again."
    )


# --- whatever is given ------------------------------------------------------------------------------------------------

NAMES = ["value", "$value", "original", "age_days", "date", "Var0", "x", "round", "pow", "min", "max", "abs"]
SIGNS = ["(", ")", "(", ")", ",", "+", "-", "*", "/", "%", "<", "==", "&&", "||", "!", "?", ":", "=", ";", "\n", " "]
words = st.sampled_from([*NAMES, "0", "1", "2.5", "100", "9" * 20, *SIGNS])
values = st.integers(-999_999_999_999, 999_999_999_999).map(Points)
occasions = st.builds(
    lambda days, value: Occasion.of_entry(RUN, occurred_at=RUN - days, original=value),
    st.timedeltas(timedelta(0), timedelta(days=4000)),
    values,
)


@given(st.one_of(st.text(max_size=60), st.lists(words, max_size=30).map("".join)), values, occasions)
@settings(max_examples=300)
def test_any_text_is_a_formula_or_refused(text: str, value: Points, occasion: Occasion) -> None:
    """P-6, G-8: no other error, whatever is typed, and whatever value it meets."""
    fault = outcome(text, value, occasion)
    assert fault is None or re.match(r"at character [0-9]+, ", fault)


def outcome(text: str, value: Points, occasion: Occasion) -> str | None:
    """Why there is no result, if there is none."""
    try:
        formula = Formula.of(text, "decay.formula")
    except InvalidValue as refused:
        return refused.fault
    try:
        formula.left_of(value, occasion)
    except FormulaFails as fails:
        return f"at character {fails.at}, {fails.fault}"
    return None


@frozen
class Term:
    """An expression, and what it comes to; nothing, where it divides by zero."""

    text: str
    exact: Fraction | None

    def joined(self, sign: str, other: Term) -> Term:
        """The two with an operator between them."""
        text = f"({self.text} {sign} {other.text})"
        if self.exact is None or other.exact is None or (sign == "/" and not other.exact):
            return Term(text, None)
        return Term(text, {"+": add, "-": sub, "*": mul, "/": truediv}[sign](self.exact, other.exact))

    def negated(self) -> Term:
        """The same with the other sign."""
        return Term(f"-{self.text}", None if self.exact is None else -self.exact)


terms = st.recursive(
    st.one_of(
        st.just(Term("value", Fraction(1234, 100))),
        st.integers(0, 1000).map(lambda number: Term(str(number), Fraction(number))),
        st.integers(0, 9999).map(lambda number: Term(f"{number // 100}.{number % 100:02}", Fraction(number, 100))),
    ),
    lambda inner: st.one_of(
        st.builds(Term.joined, inner, st.sampled_from("+-*/"), inner), st.builds(Term.negated, inner)
    ),
    max_leaves=12,
)


@given(terms)
@settings(max_examples=150)
def test_arithmetic_is_exact(term: Term) -> None:
    """P-12, G-3: what Python's own fractions come to, rounded once."""
    assume(term.exact is not None and abs(term.exact) < 10**9)
    assert term.exact is not None
    hundredths = (2 * abs(term.exact * 100) + 1) // 2
    left_over = Formula.of(term.text).left_of(Points.of("12.34"), MONTH_OLD)
    assert left_over == Points(int(-hundredths if term.exact < 0 else hundredths))


@given(st.integers(1, 10**6), st.integers(1, 100), st.integers(-40, 40))
@settings(max_examples=60)
def test_a_power_with_a_whole_exponent_is_a_product(numerator: int, denominator: int, exponent: int) -> None:
    """P-6: exact, or refused where it passes what numbers may come to."""
    exact = Fraction(numerator, denominator) ** exponent
    text = f"pow({numerator} / {denominator}, {exponent}) * 100"
    if exact < 10**7:
        hundredths = (2 * exact * 10_000 + 1) // 2
        assert Formula.of(text).left_of(ZERO, MONTH_OLD) == Points(int(hundredths))
    else:
        assume(exact > 10**10)
        assert "passes" in refusal(text)


def test_nothing_grows_without_end() -> None:
    """P-6: thirds of thirds, and squares of squares, end in a number or a fault, and soon."""
    began = process_time()
    assert left("value / 700;" + "".join(f"Var{n} * Var{n} / 1.7 + 1 / 7;" for n in range(20))) == "0.16"
    assert "passes 10 to the power of 30" in refusal("3;" + ";".join(f"Var{n} * Var{n}" for n in range(20)))
    assert left("0.3;" + ";".join(f"Var{n} * Var{n}" for n in range(60))) == "0.00"
    hard = "+".join(["pow(value + 1.1, 1.00001)"] * POWERS_MAX)
    assert Points.of(left(hard)) > ZERO
    assert process_time() - began < 5


@pytest.mark.parametrize(
    "piece", ["value+", "1+", "-", "!", "(", "max(", "1?", "1?1:", "a=1;", "7", "((1)+", "1||", "\n", " "]
)
def test_the_longest_text_is_read_or_refused_at_once(piece: str) -> None:
    """P-6: what is typed is looked at once, from the left to the right."""
    text = (piece * LENGTH_MAX)[:LENGTH_MAX]
    began = process_time()
    outcome(text, Points(1), MONTH_OLD)
    assert process_time() - began < 1

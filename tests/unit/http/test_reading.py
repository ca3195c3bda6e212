"""Reading queries and bodies: what fits is taken, what does not is told field by field (G-8)."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from dkp_core.kernel.errors import InvalidValue
from dkp_entrypoints.http.reading import (
    Amount,
    Body,
    Id,
    MalformedBody,
    Moment,
    Paged,
    Query,
    accepted_by,
    body_of,
    form_of,
    moment_of,
    pairs_of,
    query_of,
)


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(Body, frozen=True, kw_only=True):
    amount: Amount
    at: Moment | None = None


class Outer(Body, frozen=True, kw_only=True):
    name: str
    owner: Id | None = None
    colour: Colour | None = None
    on: date | None = None
    short: Annotated[str, Meta(max_length=3)] = ""
    inner: tuple[Inner, ...] = ()
    either: tuple[str | Inner, ...] = ()
    words: dict[str, str] = {}


class Wanted(Paged, frozen=True, kw_only=True):
    colour: Colour | None = None
    is_main: bool | None = None


DECODER = msgspec.json.Decoder(Outer)


def refusal(raw: str) -> InvalidValue:
    with pytest.raises(InvalidValue) as refused:
        body_of(raw.encode(), DECODER)
    return refused.value


@pytest.mark.parametrize(
    ("raw", "field", "fault", "accepted"),
    [
        ('{"name": 1}', "name", "it is a whole number", "a text"),
        ('{"name": null}', "name", "it is null", "a text"),
        ("{}", "name", "it is missing", "a text"),
        ("[]", "body", "it is a list", "name, owner, colour, on, short, inner, either, words"),
        ('{"name": "x", "nmae": 1}', "nmae", "there is no such field", "name, owner"),
        ('{"name": "x", "owner": 0}', "owner", "expected int >= 1", "from 1 to 9223372036854775807"),
        ('{"name": "x", "owner": 1.0}', "owner", "it is a number with a fraction", "a whole number"),
        ('{"name": "x", "colour": "green"}', "colour", "invalid enum value 'green'", "red, blue"),
        ('{"name": "x", "on": "tomorrow"}', "on", "invalid RFC3339 encoded date", "a date such as 2026-11-20"),
        ('{"name": "x", "short": "four"}', "short", "expected str of length <= 3", "at most 3 characters"),
        ('{"name": "x", "inner": [{"amount": 1}, {}]}', "inner[1].amount", "it is missing", "two decimals"),
        ('{"name": "x", "inner": [{"amount": 1.5}]}', "inner[0].amount", "a fraction", "at most two"),
        ('{"name": "x", "inner": [{"amount": 1, "at": "2026-01-01T00:00:00"}]}', "inner[0].at", "its offset is missing",
         "2026-11-20T20:15:00Z"),
        ('{"name": "x", "inner": [{"amount": 1, "to": 1}]}', "inner[0].to", "no such field", "amount, at"),
        ('{"name": "x", "either": [7]}', "either[0]", "it is a whole number", "a text or amount, at"),
        ('{"name": "x", "words": {"a": 1}}', "words[...]", "it is a whole number", "a text"),
        ('{"name": "x\\u0000"}', "name", "it holds NUL", "text"),
        ('{"name": "x", "words": {"a": "\\u0000"}}', "words.a", "it holds NUL", "text"),
        ('{"name": "x", "words": {"\\u0000": "a"}}', "words", "it holds NUL", "text"),
        ('{"name": "x", "either": ["\\u0000"]}', "either[0]", "it holds NUL", "text"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told(raw: str, field: str, fault: str, accepted: str) -> None:
    """G-8: the field as it is spelt, what is wrong with it, and what is accepted."""
    error = refusal(raw)
    assert error.field == field
    assert fault in error.fault
    assert accepted in error.accepted


def test_a_backslash_before_u0000_is_text() -> None:
    """G-9: only the character is refused, not what looks like its spelling."""
    assert body_of(rb'{"name": "\\u0000"}', DECODER).name == r"\u0000"


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """G-8: nothing but the two ways of saying no comes out."""
    with suppress(InvalidValue, MalformedBody):
        body_of(raw, DECODER)


_PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


@given(st.recursive(_PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12))
def test_any_json_is_read_or_refused(value: object) -> None:
    """G-8: whatever its form."""
    raw = msgspec.json.encode({"name": "x", "inner": value, "words": value})
    with suppress(InvalidValue, MalformedBody):
        body_of(raw, DECODER)


def test_queries_are_read_by_type() -> None:
    """Conventions: texts become numbers, flags and words; empty ones say nothing."""
    query = query_of(pairs_of(b"page=3&page_size=10&colour=blue&is_main=false&search="), Wanted)
    assert (query.page, query.page_size, query.colour, query.is_main) == (3, 10, Colour.BLUE, False)
    assert (query.wanted.number, query.wanted.size) == (3, 10)
    assert query_of(pairs_of(b""), Wanted) == Wanted()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (b"page=x", "page"),
        (b"colour=green", "colour"),
        (b"size=1", "size"),
        (b"page=1&page=2", "page"),
        (b"a=%00", "a"),
    ],
)
def test_queries_that_do_not_fit_are_told(query: bytes, field: str) -> None:
    """G-8: by the parameter's name."""
    with pytest.raises(InvalidValue) as refused:
        query_of(pairs_of(query), Wanted)
    assert refused.value.field == field


def test_pages_are_checked_by_the_core() -> None:
    """Conventions: 500 rows at most."""
    with pytest.raises(InvalidValue, match="page_size"):
        _ = Wanted(page_size=501).wanted


def test_forms_are_read_as_queries_are() -> None:
    """G-8: texts, with empty ones left out; NUL is refused."""
    assert form_of({"name": "x", "owner": "7", "colour": ""}, Outer) == Outer(name="x", owner=7)
    with pytest.raises(InvalidValue, match="there is no such field"):
        form_of({"name": "x", "who": "7"}, Outer)
    with pytest.raises(InvalidValue, match="NUL"):
        form_of({"name": "\x00"}, Outer)


def test_moments_are_made_utc() -> None:
    """G-2: whatever the offset; beyond the calendar is refused."""
    told = datetime.fromisoformat("2026-11-20T20:15:00+01:00")
    assert moment_of(told, "at") == datetime(2026, 11, 20, 19, 15, tzinfo=UTC)
    assert moment_of(None, "at") is None
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1899-12-31T23:59:59Z"):
        with pytest.raises(InvalidValue, match="calendar"):
            moment_of(datetime.fromisoformat(text), "at")


def test_what_is_accepted_is_said_in_words() -> None:
    """G-8: of every type that bodies and queries use."""
    assert accepted_by(Id) == "a whole number from 1 to 9223372036854775807"
    assert accepted_by(Id | None) == "a whole number from 1 to 9223372036854775807"
    assert accepted_by(Amount) == "a whole number or a string with at most two decimals"
    assert accepted_by(Annotated[Amount, Meta(description="more")] | None).endswith("two decimals")
    assert accepted_by(bool | None) == "true or false"
    assert accepted_by(int | str) == "a whole number or a text"
    assert accepted_by(Query) == "nothing"
    assert accepted_by(dict[str, str]) == "an object"
    assert accepted_by(tuple[str, ...]) == "a list"

"""Rows become JSON: points as strings, times in UTC, everything else as it is (G-3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType

import msgspec
import pytest
from attrs import frozen

from dkp_core.kernel.ids import UserId
from dkp_core.kernel.points import Points
from dkp_entrypoints.http.operation import Operations
from dkp_entrypoints.http.presenting import encode, fields_of, presenter, row_of
from dkp_entrypoints.http.schemas import Schemas, example_of
from tests.unit.http.operations import OPERATIONS


class Colour(StrEnum):
    RED = "red"


@frozen(kw_only=True)
class Inner:
    points: Points
    pair: tuple[Points, ...] = ()


@frozen(kw_only=True)
class Row:
    id: UserId
    colour: Colour
    points: Points
    maybe: Points | None
    at: datetime
    on: date
    words: Mapping[str, str]
    amounts: Mapping[str, Points]
    tags: frozenset[str]
    inner: Inner
    rows: tuple[Inner, ...]
    nothing: Inner | None = None


ROW = Row(
    id=UserId(7),
    colour=Colour.RED,
    points=Points.of("-12.5"),
    maybe=None,
    at=datetime(2026, 11, 20, 20, 15, tzinfo=UTC),
    on=date(2026, 11, 20),
    words=MappingProxyType({"a": "b"}),
    amounts={"x": Points.of(1)},
    tags=frozenset({"b", "a"}),
    inner=Inner(points=Points.of("0.05")),
    rows=(Inner(points=Points.of(2), pair=(Points.of(3),)),),
)


def shown(kind: object, value: object) -> object:
    present = presenter(kind)
    return msgspec.json.decode(encode(value if present is None else present(value)))


def test_a_row_is_shown_field_by_field() -> None:
    """G-2, G-3: in the order of its fields."""
    answer = shown(Row, ROW)
    assert answer == {
        "id": 7,
        "colour": "red",
        "points": "-12.50",
        "maybe": None,
        "at": "2026-11-20T20:15:00Z",
        "on": "2026-11-20",
        "words": {"a": "b"},
        "amounts": {"x": "1.00"},
        "tags": ["a", "b"],
        "inner": {"points": "0.05", "pair": []},
        "rows": [{"points": "2.00", "pair": ["3.00"]}],
        "nothing": None,
    }
    assert list(fields_of(Row)) == list(answer)


# Of the program, of rules and forms, and of what is followed live; of everything else it is nobody's business.
MAY_TELL_A_VERSION = {"SystemHealth", "RulesRow", "PoliciesRow", "RecruitmentRulesRow", "FormRow", "AuctionRow"}


@pytest.mark.parametrize(
    "operation", [each for each in OPERATIONS if each.result is not None], ids=lambda each: each.id
)
def test_no_answer_holds_a_secret(operation: object) -> None:
    """A-8: digests never leave, and the whole key only where it is made."""
    from dkp_entrypoints.http.operation import Operation  # for the type only

    assert isinstance(operation, Operation)
    schemas = Schemas()
    schemas.of(operation.result)
    properties = {kind: set(schema.get("properties", ())) for kind, schema in schemas.components.items()}
    names = {name for found in properties.values() for name in found}
    assert not names & {"digest", "old_digest", "secret", "pending"}
    assert {kind for kind, found in properties.items() if "version" in found} <= MAY_TELL_A_VERSION
    assert ("token" in names) == (
        operation.id
        in {
            *("issue_personal_key", "issue_bot_key", "rotate_key", "rotate_bot_key"),
            *("issue_key", "issue_key_with_discord"),
        }
    )


def test_types_of_one_name_are_told_apart() -> None:
    """I-2: the document could not hold both."""

    def made() -> type:
        @frozen
        class Same:
            id: int

        return Same

    schemas = Schemas()
    schemas.of(made())
    with pytest.raises(AssertionError, match="Same"):
        schemas.of(made())


def test_pages_are_of_rows() -> None:
    """Conventions: the type of a page's rows is known to the document."""
    from dkp_core.kernel.page import Page  # only here

    assert row_of(Page[Row]) is Row
    assert row_of(Row) is None
    assert example_of(Page[Inner])["results"] == [{"points": "125.50", "pair": ["125.50"]}]


def test_operations_are_declared_by_their_handlers() -> None:
    """I-2: name, path and types come from the function itself."""
    found = Operations("Test")

    @found.get("/api/things/{user_id}/of/{name}/")
    def show_balance(call: object, user_id: UserId, name: str) -> Inner:
        return Inner(points=Points.of(user_id))

    (operation,) = found.all
    assert (operation.id, operation.use_case, operation.method) == ("show_balance", "show_balance", "GET")
    assert [(each.name, each.is_id) for each in operation.parameters] == [("user_id", True), ("name", False)]
    assert operation.route == "/api/things/{user_id:str}/of/{name:str}"
    assert operation.result is Inner

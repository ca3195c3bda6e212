"""The query ports: one SELECT for each screen, straight into frozen rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, Text, UnaryExpression, bindparam, case

from dkp_adapters.sql.session import Session
from dkp_core.kernel.names import name_key
from dkp_core.kernel.page import Order, PageRequest

_SPECIAL: Final = str.maketrans({sign: f"/{sign}" for sign in "/%_"})


class SqlView:
    """A query port on one session; the views of all contexts are one object."""

    def __init__(self, session: Session) -> None:
        self.session = session


def ordered_by(
    ordering: Iterable[Order], columns: Mapping[str, ColumnElement[Any]], nullable: frozenset[str]
) -> list[UnaryExpression[Any]]:
    """What to order by: columns by their names; nothing comes last, or first where the order is descending."""
    found: list[UnaryExpression[Any]] = []
    for order in ordering:
        given = columns[order.field]
        parts = [given]
        if order.field in nullable:
            parts.insert(0, case((given.is_(None), 1), else_=0))
        found += [part.desc() if order.descending else part.asc() for part in parts]
    return found


def part_of(key: ColumnElement[str], parameter: str = "search") -> ColumnElement[bool]:
    """Whether the pattern in the parameter (`pattern_of`) is found in the name key."""
    return key.like(bindparam(parameter, type_=Text()), escape="/")


def pattern_of(search: str) -> str:
    """The pattern that finds a part of a name, compared as names are (G-9)."""
    return f"%{name_key(search).translate(_SPECIAL)}%"


def page_params(page: PageRequest) -> dict[str, int]:
    """What `paged` asks for."""
    return {"page_size": page.size, "page_offset": page.offset}


PAGE_SIZE: Final = bindparam("page_size", type_=BigInteger)
PAGE_OFFSET: Final = bindparam("page_offset", type_=BigInteger)

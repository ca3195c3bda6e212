"""Answering a call: JSON where a program asked, a table where a person did."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Final, TypeVar

import typer
from attrs import AttrsInstance

from dkp_core.kernel.page import PAGE_SIZE_MAX, Page, PageRequest
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.printing import note, print_json, print_one, print_rows

T = TypeVar("T")

WHAT_WOULD_BE: Final = "this is what would be"

EXTERNAL_ID = Annotated[
    str | None,
    typer.Option(metavar="ID", help="Only what another system called so, such as eqdkp:152."),
]
LIMIT = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many; all, unless given.")]
ORDER = Annotated[
    str, typer.Option("--order", metavar="COLUMNS", help="Columns to sort by, such as -current,username.")
]


def answer(call: Call, value: AttrsInstance, *, without: Sequence[str] = (), would: str = WHAT_WOULD_BE) -> None:
    """Answer with one thing; `without` are fields that only programs read, `would` is what a dry run says of it."""
    _tell_dry_run(call, would)
    if call.as_json:
        print_json(value)
    else:
        print_one(value, zone=call.guild().timezone, without=without)


def answer_rows(
    call: Call,
    rows: Iterable[object],
    columns: Sequence[str] | Mapping[str, str],
    *,
    decimals: int = 2,
    nothing: str = "None.",
) -> None:
    """Answer with a list; people see these columns of it."""
    _tell_dry_run(call)
    if call.as_json:
        print_json(tuple(rows))
    else:
        print_rows(rows, columns, zone=call.guild().timezone, decimals=decimals, nothing=nothing)


def done(call: Call, sentence: str, **values: object) -> None:
    """Answer that something is done: the sentence for people, the values for programs."""
    _tell_dry_run(call)
    if call.as_json:
        print_json({**values, "dry_run": call.dry_run})
    else:
        print(sentence)


def _tell_dry_run(call: Call, would: str = WHAT_WOULD_BE) -> None:
    if call.dry_run and not call.as_json:
        note(f"Dry run: {would}; nothing was changed.")


def every(fetch: Callable[[PageRequest], Page[T]], limit: int | None = None) -> tuple[T, ...]:
    """The rows of all pages, or the first `limit` of them, and then a note of how many there are."""
    found: list[T] = []
    number, count = 1, 0
    while number == 1 or len(found) < min(count, limit or count):
        page = fetch(PageRequest(number, PAGE_SIZE_MAX))
        found += page.results
        count, number = page.count, number + 1
        if not page.results:
            break
    if limit is not None and count > limit:
        note(f"{limit} of {count}; a larger --limit shows more.")
    return tuple(found[:limit])

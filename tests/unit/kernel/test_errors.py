"""What the core says when it says no."""

from __future__ import annotations

import re

import pytest

from dkp_core.kernel.descent import kinds_below
from dkp_core.kernel.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    InvalidFields,
    InvalidValue,
    NameTaken,
    NoSuch,
    NotFound,
    NotPermitted,
    Stale,
    Unavailable,
)
from dkp_core.kernel.permission import Permission

KINDS: tuple[type[DomainError], ...] = (NotFound, Forbidden, Conflict, Invalid, DomainError)


def every_error() -> list[type[DomainError]]:
    """The bare kind and all below it."""
    return [DomainError, *kinds_below(DomainError)]


def test_a_value_is_refused_with_its_field_its_fault_and_what_is_accepted() -> None:
    """G-8: an error names the field, what was wrong and what is accepted."""
    refused = InvalidValue("amount", "it moves no points", "an amount other than 0")
    assert str(refused) == "amount: it moves no points; accepted: an amount other than 0."
    assert refused.field == "amount"


def test_several_faults_are_all_told() -> None:
    """G-8: whoever corrects a form sees all of it at once."""
    refused = InvalidFields((InvalidValue("a", "it is empty", "a name"), InvalidValue("b", "it is 3", "1 or 2")))
    assert str(refused) == "a: it is empty; accepted: a name. b: it is 3; accepted: 1 or 2."
    assert refused.field == "a, b"


def test_what_is_missing_is_named() -> None:
    """G-8: the kind and the key, a number or a name."""
    assert str(NoSuch("pool", 7)) == "There is no pool '7' here."
    assert NoSuch("pool", 7).key == "7"


def test_a_taken_name_is_named() -> None:
    """G-9: and how names compare is said."""
    assert str(NameTaken("rank", "Raider")) == (
        "Another rank is called 'Raider' already (names compare without regard to case)."
    )


def test_a_missing_permission_is_named() -> None:
    """A-3: permissions are named capabilities."""
    assert str(NotPermitted("points:write")) == "This needs the permission 'points:write'."
    assert str(NotPermitted(Permission.POINTS_WRITE)) == str(NotPermitted("points:write"))


def test_the_bare_kinds_have_a_sentence_too() -> None:
    """G-8: a code that is nothing else is still readable."""
    assert str(NotFound()) == "Not found."
    assert str(Invalid()) == "Invalid."
    assert str(Forbidden()) == "Forbidden."
    assert str(Conflict()) == "Conflict."
    assert str(DomainError()) == "Domain error."
    assert Invalid().field == ""


def test_a_failing_store_is_no_error_of_the_domain() -> None:
    """ARCHITECTURE: lost races are tried again, a store that is gone is told as such."""
    assert not issubclass(Stale, DomainError)
    assert not issubclass(Unavailable, DomainError)


@pytest.mark.parametrize("error", every_error(), ids=lambda error: error.__name__)
def test_every_error_has_a_stable_code(error: type[DomainError]) -> None:
    """G-8: snake case, its own unless it is of the same kind."""
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)


def test_no_two_errors_of_different_kinds_share_a_code() -> None:
    """G-8: a program tells them apart by the code."""
    kinds: dict[str, set[type[DomainError]]] = {}
    for error in every_error():
        kind = next(kind for kind in KINDS if kind in error.__mro__)
        kinds.setdefault(error.code, set()).add(kind)
    assert [code for code, found in kinds.items() if len(found) > 1] == []

"""Counting what is given and what is kept of it (O-2)."""

from __future__ import annotations

import pytest
from attrs import evolve

from dkp_core.accounts import User
from dkp_core.kernel.ids import UserId
from dkp_core.moving import Counting, Span, Tally
from dkp_core.moving.tallying import differing
from tests.integration.contracts.place import NIGHT

ANNA = User.add(UserId(7), discord_id=None, username="Anna", at=NIGHT)
BERT = User.add(UserId(8), discord_id="80351110224678912", username="Bert", at=NIGHT)


def counted(*users: User) -> dict[str, Tally]:
    """What users come to."""
    counting = Counting()
    counting.add(users)
    return dict(counting.tallies)


def test_what_is_mixed_up_is_another_sum() -> None:
    """O-2: though there is as much of everything; the order in which things pass is of no account."""
    mixed = evolve(ANNA, discord_id=BERT.discord_id), evolve(BERT, discord_id=None)
    assert counted(ANNA, BERT) == counted(BERT, ANNA) != counted(*mixed)
    assert list(differing(counted(ANNA, BERT), counted(*mixed))) == ["users: whose they are is not kept as it came"]


def test_what_is_missing_or_too_much_is_told() -> None:
    """O-2: of a kind of which there is nothing at all, too."""
    assert list(differing(counted(ANNA, BERT), counted(ANNA))) == ["users: 2 came, and 1 are kept"]
    assert list(differing({}, counted(ANNA))) == ["users: 0 came, and 1 are kept"]
    assert list(differing(counted(ANNA), {})) == ["users: 1 came, and 0 are kept"]
    assert list(differing(counted(ANNA), counted(ANNA))) == []


def test_which_there_were_is_remembered_where_a_guild_may_hold_others() -> None:
    """O-3: as few spans as there can be."""
    counting = Counting()
    counting.add([ANNA, BERT, evolve(ANNA, id=UserId(11))])
    assert counting.spans["users"] == (Span(kind="users", first=7, count=2), Span(kind="users", first=11, count=1))
    assert counting.spans["pools"] == ()


def test_only_what_can_come_is_counted() -> None:
    """O-2: so that nothing passes uncounted."""
    with pytest.raises(AssertionError, match="str is nothing that comes"):
        Counting().add(["Anna"])

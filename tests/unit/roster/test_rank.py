"""Ranks: the steps of the hierarchy."""

from __future__ import annotations

import pytest
from attrs import evolve

from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, RankId
from dkp_core.roster import Rank
from dkp_core.roster.events import RankChanged, RankCreated


def a_rank() -> Rank:
    """A rank as it was kept."""
    return evolve(Rank.create(RankId(3), GuildId(1), name="Raider", order=2), pending=(), version=1)


def test_a_rank_is_created_with_its_flags() -> None:
    """R-2: default for new members, hidden, counts as active."""
    rank = Rank.create(
        RankId(3), GuildId(1), name=" Raider ", order=2, is_default=True, is_hidden=True, counts_as_active=False
    )
    assert (rank.id, rank.guild_id, rank.name, rank.order) == (3, 1, "Raider", 2)
    assert (rank.is_default, rank.is_hidden, rank.counts_as_active) == (True, True, False)
    assert rank.pending == (RankCreated(rank_id=RankId(3), name="Raider"),)
    assert rank.pending[0].aggregate_id == "3"


def test_a_plain_rank_is_shown_and_counts() -> None:
    """R-2: flags are set where they are wanted."""
    assert (a_rank().is_default, a_rank().is_hidden, a_rank().counts_as_active) == (False, False, True)


@pytest.mark.parametrize("order", [-1, 10_001])
def test_an_order_out_of_range_is_refused(order: int) -> None:
    """G-8: the lowest stands first."""
    with pytest.raises(InvalidValue) as refused:
        a_rank().change(order=order)
    assert refused.value.sentence == (f"order: {order} is out of range; accepted: 0 to 10000; the lowest stands first.")


@pytest.mark.parametrize("order", [0, 10_000])
def test_the_limits_of_the_order_are_accepted(order: int) -> None:
    """R-2: both ends."""
    assert a_rank().change(order=order).order == order


def test_what_changes_is_told() -> None:
    """G-5: with the values before and after."""
    changed = a_rank().change(name="Veteran", order=1, is_default=True, is_hidden=True, counts_as_active=False)
    assert changed.pending == (
        RankChanged(
            rank_id=RankId(3),
            changes=(
                Change(field="name", before="Raider", after="Veteran"),
                Change(field="order", before=2, after=1),
                Change(field="is_default", before=False, after=True),
                Change(field="is_hidden", before=False, after=True),
                Change(field="counts_as_active", before=True, after=False),
            ),
        ),
    )


def test_what_is_not_given_stays() -> None:
    """I-1: PATCH names what it changes."""
    rank = a_rank().change(is_default=True, is_hidden=True, counts_as_active=False)
    assert rank.change() is rank
    assert rank.change(name="Raider", order=2) is rank
    assert rank.change(order=5).is_hidden
    assert rank.change(is_default=False, is_hidden=False, counts_as_active=True).pending[1:] != ()


def test_a_rank_needs_a_name() -> None:
    """G-8: when it is made and when it is changed."""
    with pytest.raises(InvalidValue):
        Rank.create(RankId(3), GuildId(1), name=" ", order=0)
    with pytest.raises(InvalidValue):
        a_rank().change(name="")

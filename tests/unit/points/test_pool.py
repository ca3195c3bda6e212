"""Pools and item pools."""

from __future__ import annotations

import pytest
from attrs import evolve

from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import GuildId, ItemPoolId, PoolId
from dkp_core.points import DefaultPoolNeeded, ItemPool, Pool, PoolIsArchived
from dkp_core.points.events import ItemPoolChanged, ItemPoolCreated, PoolChanged, PoolCreated


def a_pool(*, is_default: bool = False, archived: bool = False) -> Pool:
    """A pool as it was kept."""
    pool = Pool.create(PoolId(2), GuildId(1), name="Main", is_default=is_default)
    return evolve(pool, archived=archived, pending=(), version=1)


def test_a_pool_is_created() -> None:
    """P-5: name, unit, decimals shown, default or not, never archived."""
    pool = Pool.create(PoolId(2), GuildId(1), name=" Main ", unit=" EP ", decimals=1, is_default=True)
    assert (pool.id, pool.guild_id, pool.name, pool.unit) == (2, 1, "Main", "EP")
    assert (pool.decimals, pool.is_default, pool.archived) == (1, True, False)
    assert pool.pending == (PoolCreated(pool_id=PoolId(2), name="Main"),)
    assert pool.pending[0].aggregate_id == "2"


def test_points_are_called_dkp_and_shown_with_both_decimals_unless_said_otherwise() -> None:
    """P-5: defaults."""
    pool = Pool.create(PoolId(2), GuildId(1), name="Main")
    assert (pool.unit, pool.decimals, pool.is_default) == ("DKP", 2, False)


@pytest.mark.parametrize("decimals", [-1, 3])
def test_other_decimals_are_refused(decimals: int) -> None:
    """G-3, G-8: points have two places."""
    with pytest.raises(InvalidValue) as refused:
        a_pool().change(decimals=decimals)
    assert refused.value.sentence == f"decimals: {decimals} is out of range; accepted: 0 to 2."


@pytest.mark.parametrize("decimals", [0, 1, 2])
def test_none_to_two_decimals_are_shown(decimals: int) -> None:
    """P-5: how a guild likes it."""
    assert a_pool().change(decimals=decimals).decimals == decimals


@pytest.mark.parametrize(("field", "value"), [("name", ""), ("unit", " "), ("name", "x" * 65), ("unit", "x" * 65)])
def test_a_pool_needs_its_words(field: str, value: str) -> None:
    """G-8: when it is made and when it is changed."""
    with pytest.raises(InvalidValue) as refused:
        a_pool().change(**{field: value})  # type: ignore[arg-type]  # text fields only
    assert refused.value.name == field
    with pytest.raises(InvalidValue) as at_first:
        Pool.create(PoolId(2), GuildId(1), **({"name": "Main"} | {field: value}))  # type: ignore[arg-type]  # as above
    assert at_first.value.name == field


def test_what_changes_is_told() -> None:
    """G-5: with the values before and after."""
    changed = a_pool().change(name="Alt", unit="GP", decimals=0, archived=True)
    assert changed.pending == (
        PoolChanged(
            pool_id=PoolId(2),
            changes=(
                Change(field="name", before="Main", after="Alt"),
                Change(field="unit", before="DKP", after="GP"),
                Change(field="decimals", before=2, after=0),
                Change(field="archived", before=False, after=True),
            ),
        ),
    )
    assert a_pool().change(is_default=True).pending == (
        PoolChanged(pool_id=PoolId(2), changes=(Change(field="is_default", before=False, after=True),)),
    )


def test_what_is_not_given_stays() -> None:
    """I-1: PATCH names what it changes."""
    pool = a_pool(is_default=True)
    assert pool.change() is pool
    assert pool.change(name=" Main ", unit="DKP", decimals=2, is_default=True, archived=False) is pool
    assert pool.change(name="Other").is_default
    assert a_pool(archived=True).change(name="Other").archived


def test_the_default_is_not_archived() -> None:
    """P-5: one is the guild's default; neither one after the other nor both at once."""
    with pytest.raises(DefaultPoolNeeded) as refused:
        a_pool(is_default=True).change(archived=True)
    assert refused.value.sentence == "Pool 2 is the guild's default; make another the default first."
    with pytest.raises(DefaultPoolNeeded):
        a_pool(archived=True).change(is_default=True)
    assert a_pool(is_default=True).change(is_default=False, archived=True).archived


def test_no_points_move_in_an_archived_pool() -> None:
    """P-5: bring it back first."""
    a_pool().must_be_open()
    with pytest.raises(PoolIsArchived) as refused:
        a_pool(archived=True).must_be_open()
    assert refused.value.sentence == "Pool 2 is archived; bring it back first."
    a_pool(archived=True).change(archived=False).must_be_open()


def test_an_item_pool_names_the_pools_it_is_paid_from() -> None:
    """P-5, 00: one; an imported one several, or none."""
    item_pool = ItemPool.create(ItemPoolId(6), GuildId(1), name=" Time ", pools=(PoolId(2), PoolId(3)))
    assert (item_pool.id, item_pool.guild_id, item_pool.name, item_pool.pools) == (6, 1, "Time", (2, 3))
    assert item_pool.pending == (ItemPoolCreated(item_pool_id=ItemPoolId(6), name="Time"),)
    assert item_pool.pending[0].aggregate_id == "6"
    with pytest.raises(InvalidValue):
        ItemPool.create(ItemPoolId(6), GuildId(1), name="", pools=())


def test_what_changes_of_an_item_pool_is_told() -> None:
    """G-5: with the values before and after."""
    item_pool = evolve(ItemPool.create(ItemPoolId(6), GuildId(1), name="Time", pools=(PoolId(2),)), pending=())
    changed = item_pool.change(name="Fear", pools=())
    assert changed.pending == (
        ItemPoolChanged(
            item_pool_id=ItemPoolId(6),
            changes=(Change(field="name", before="Time", after="Fear"), Change(field="pools", before="2", after="")),
        ),
    )
    assert item_pool.change() is item_pool
    assert item_pool.change(name="Fear").pools == (2,)
    assert item_pool.change(pools=()).name == "Time"
    with pytest.raises(InvalidValue):
        item_pool.change(name=" ")

"""Who acts, and what they may do."""

from __future__ import annotations

import pytest

from dkp_core.kernel.actor import Actor, ActorKind, job, operator
from dkp_core.kernel.errors import InvalidValue, NotPermitted
from dkp_core.kernel.ids import GuildId
from dkp_core.kernel.permission import Permission

GUILD = GuildId(7)


def actor(*permissions: Permission) -> Actor:
    """Somebody with these permissions."""
    return Actor(kind=ActorKind.USER, id="3", entrypoint="web", guild_id=GUILD, permissions=frozenset(permissions))


def test_one_of_the_permissions_is_enough() -> None:
    """A-3: what more than one role may do needs any of their capabilities."""
    actor(Permission.RAIDS_READ).must(Permission.RAIDS_WRITE, Permission.RAIDS_READ)


def test_without_any_of_them_the_first_is_named() -> None:
    """A-3, G-8: so that an officer knows what to grant."""
    with pytest.raises(NotPermitted) as refused:
        actor(Permission.ROSTER_READ).must(Permission.RAIDS_WRITE, Permission.RAIDS_READ)
    assert refused.value.permission == "raids:write"


def test_an_actor_may_what_it_was_given_and_nothing_else() -> None:
    """A-3: permissions are sets."""
    somebody = actor(Permission.POINTS_READ)
    assert somebody.may(Permission.POINTS_READ)
    assert not somebody.may(Permission.POINTS_WRITE)


def test_who_acts_in_no_guild_is_asked_for_one() -> None:
    """G-1: everything belongs to one guild, so one must be named."""
    assert actor().guild == GUILD
    with pytest.raises(InvalidValue) as refused:
        _ = operator("cli").guild
    assert refused.value.sentence == "guild: no guild was named; accepted: the slug or id of a guild."


def test_the_operator_may_everything() -> None:
    """A-11: who runs the installation, in any guild."""
    by = operator("cli", GUILD, request_id="r1")
    assert by.permissions == frozenset(Permission)
    assert by.is_operator
    assert (by.kind, by.id, by.entrypoint, by.guild_id) == (ActorKind.OPERATOR, "operator", "cli", GUILD)
    assert (by.user_id, by.request_id) == (None, "r1")


def test_a_job_may_what_its_rule_needs_but_is_not_the_operator() -> None:
    """G-5: the actor of what follows by rule is the job."""
    by = job("decay", GUILD)
    assert by.permissions == frozenset(Permission)
    assert not by.is_operator
    assert (by.kind, by.id, by.entrypoint, by.guild) == (ActorKind.JOB, "decay", "worker", GUILD)

"""Uses of keys are counted without a write per request (A-8)."""

from __future__ import annotations

from datetime import UTC, datetime

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_entrypoints.http.key_uses import KeyUses

ONE, OTHER = (Actor(kind=ActorKind.API_KEY, id=name, entrypoint="http") for name in ("one", "other"))


def test_uses_are_counted_by_key() -> None:
    """A-8: how often, and when last; what was taken is not counted again."""
    uses, before = KeyUses(), datetime.now(UTC)
    for by in (ONE, OTHER, ONE):
        uses.count(by)
    taken = uses.taken()
    assert {key: count for key, (count, _) in taken.items()} == {"one": 2, "other": 1}
    assert all(before <= at <= datetime.now(UTC) for _, at in taken.values())
    assert uses.taken() == {}


def test_what_could_not_be_written_is_not_lost() -> None:
    """A-8, O-12: it is added to what was counted meanwhile."""
    uses = KeyUses()
    uses.count(ONE)
    taken = uses.taken()
    uses.count(ONE)
    uses.give_back(taken)
    count, at = uses.taken()["one"]
    assert count == 2
    assert at >= taken["one"][1]

"""Who owned a character when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dkp_core.kernel.ids import CharacterId, UserId
from dkp_core.kernel.period import BEGINNING
from dkp_core.roster import Ownership, handover_at

NOW = datetime(2026, 11, 20, 20, tzinfo=UTC)
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


def owned(since: datetime, until: datetime | None = None) -> Ownership:
    """A period of ownership."""
    return Ownership(character_id=CharacterId(1), owner=UserId(2), since=since, until=until)


def test_the_first_owner_owns_from_the_beginning() -> None:
    """P-11: a raid that is recorded late finds an owner."""
    first = Ownership.first(CharacterId(1), UserId(2), reason="entered")
    assert (first.character_id, first.owner) == (1, 2)
    assert (first.since, first.until, first.reason) == (BEGINNING, None, "entered")
    assert first.covers(BEGINNING)
    assert first.covers(NOW)
    assert Ownership.first(CharacterId(1), UserId(2)).reason == ""


def test_a_period_covers_its_start_and_not_its_end() -> None:
    """R-4, G-2: at the moment of the hand-over it is the new owner's."""
    period = owned(NOW, NOW + HOUR)
    assert period.covers(NOW)
    assert period.covers(NOW + HOUR - TICK)
    assert not period.covers(NOW + HOUR)
    assert not period.covers(NOW - TICK)


def test_a_period_that_lasts_covers_all_that_follows() -> None:
    """R-4: until it ends."""
    assert owned(NOW).covers(NOW + 1000 * HOUR)


def test_a_hand_over_happens_now() -> None:
    """R-4: from then on what the character earns goes to the new owner."""
    assert handover_at(None, NOW) == NOW
    assert handover_at(owned(BEGINNING), NOW) == NOW
    assert handover_at(owned(BEGINNING, NOW - HOUR), NOW) == NOW


def test_a_hand_over_is_never_before_the_last_one() -> None:
    """R-4: several hosts' clocks differ; periods stay in order and none is empty."""
    assert handover_at(owned(NOW + HOUR), NOW) == NOW + HOUR + TICK
    assert handover_at(owned(NOW), NOW) == NOW + TICK
    assert handover_at(owned(BEGINNING, NOW + HOUR), NOW) == NOW + HOUR + TICK

"""When the counts behind attendance are settled, so that who reads has nothing left to count (D-9, O-17)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from sqlalchemy import select

from dkp_adapters.memory import SettableClock
from dkp_adapters.sql.database import SqlDatabase
from dkp_adapters.sql.statement import Statement, in_guild
from dkp_adapters.sql.tables.raids import attendance_totals
from dkp_core.kernel.ids import UserId
from dkp_core.raids import Presence
from tests.integration.contracts.adapters import sql_installation
from tests.integration.contracts.deeds import DAY, Raiding, join
from tests.integration.contracts.place import NIGHT, Place

_HELD_BEFORE: Final = Statement(
    select(attendance_totals.c.user_id, attendance_totals.c.held_before).where(in_guild(attendance_totals))
)


@pytest.fixture
def raiding(schema_url: str) -> Iterator[Raiding]:
    """Raids in a guild of the test's own, on each engine in turn."""
    database = SqlDatabase.open(schema_url, clock=SettableClock(NIGHT))
    yield Raiding.at(Place.found(sql_installation(database, SettableClock(NIGHT))))
    database.close()


def held_before(raiding: Raiding) -> dict[UserId, int | None]:
    """The raids that count and began before each user's lifetime; None where they wait to be counted."""
    with raiding.place.work() as work:
        return dict(work.session.all(_HELD_BEFORE))  # type: ignore[attr-defined]  # a SqlWork has one


def test_a_raid_settles_what_waits(raiding: Raiding) -> None:
    """D-9: whoever joined, raided or was excused since the last one, also those who joined before they raided."""
    place = raiding.place
    for days in (90, 70, 50):
        raiding.raid(NIGHT - days * DAY)
    member, raider, both = place.member(joined_at=NIGHT - 80 * DAY), place.user(), place.user()
    raiding.raid(NIGHT - 40 * DAY, {raider: Presence.PRESENT, both: Presence.PRESENT, member: Presence.ABSENT_EXCUSED})
    join(place, both, NIGHT - 60 * DAY)
    assert held_before(raiding) == {member: None, raider: None, both: None}
    raiding.raid(NIGHT - 30 * DAY)
    assert held_before(raiding) == {member: 1, raider: 3, both: 2}


def test_a_late_raid_moves_only_those_who_began_after_it(raiding: Raiding) -> None:
    """D-9: and cancelling it moves them back."""
    place = raiding.place
    early, late = place.member(joined_at=NIGHT - 80 * DAY), place.member(joined_at=NIGHT - 20 * DAY)
    raiding.raid(NIGHT - 10 * DAY)
    assert held_before(raiding) == {early: 0, late: 0}
    raid_id = raiding.raid(NIGHT - 50 * DAY)
    assert held_before(raiding) == {early: 0, late: 1}
    raiding.raid(NIGHT - 90 * DAY)
    assert held_before(raiding) == {early: 1, late: 2}
    raiding.cancel(raid_id)
    assert held_before(raiding) == {early: 1, late: 1}

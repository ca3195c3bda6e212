"""What every adapter keeps to that lets the past of a pool be replayed (P-15)."""

from __future__ import annotations

from datetime import datetime

import pytest
from attrs import evolve

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.ids import RaidId
from dkp_core.points import Entry, EntryKind, PastEntry
from dkp_core.raids import Presence
from tests.integration.contracts.deeds import DAY, HOUR, RECORDED, Bank, Raiding
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.suite import Contract


class PastContract(Contract):
    """The port `PastView`, and reading steadily."""

    @pytest.fixture
    def raiding(self, place: Place) -> Raiding:
        """Raids in a pool of that guild."""
        return Raiding.at(place)

    def test_entries_are_told_that_were_booked_or_occurred_since(self, raiding: Raiding, elsewhere: Place) -> None:
        """P-15, G-1: of this pool and guild, in order of id, with all that a replay asks of them."""
        bank = Bank(raiding.place)
        user_id, pool_id = raiding.place.member(), raiding.pool_id
        late = bank.drafted(user_id, pool_id, "2.50", occurred_at=RECORDED - DAY, recorded_at=NIGHT)
        early = bank.drafted(user_id, pool_id, "1", occurred_at=RECORDED, recorded_at=RECORDED)
        old = bank.drafted(user_id, pool_id, "4", occurred_at=RECORDED - DAY, recorded_at=RECORDED - DAY)
        bank.book(late, early, old, bank.drafted(user_id, bank.pool(), "9", recorded_at=NIGHT))
        reversal = bank.book(bank.reversal(early))[0]
        with raiding.place.views() as views:
            found = views.past_entries(pool_id, booked_since=NIGHT, occurred_since=NIGHT)
            assert found == (
                PastEntry(
                    late.id,
                    user_id,
                    EntryKind.ATTENDANCE,
                    late.bucket,
                    250,
                    late.source.kind,
                    late.source.id,
                    late.source.part,
                    "",
                    late.occurred_at,
                    late.recorded_at,
                    None,
                    0,
                    False,
                ),
                found[1],
            )
            assert (found[1].id, found[1].amount, found[1].reverses) == (reversal.id, -100, early.id)
            wider = views.past_entries(pool_id, booked_since=NIGHT, occurred_since=RECORDED)
            assert [each.id for each in wider] == [late.id, early.id, reversal.id]
        with elsewhere.views() as views:
            assert views.past_entries(pool_id, booked_since=RECORDED - DAY, occurred_since=RECORDED - DAY) == ()
            assert views.past_balances(pool_id) == {}

    def test_what_was_imported_is_told_as_booked_when_it_occurred(self, raiding: Raiding) -> None:
        """P-15, O-1: but not what an import reconciles, and at the latest when it came."""
        bank, user_id, pool_id = Bank(raiding.place), raiding.place.member(), raiding.pool_id

        def imported(occurred_at: datetime, kind: EntryKind = EntryKind.ATTENDANCE) -> Entry:
            entry = bank.drafted(user_id, pool_id, "1", kind=kind, occurred_at=occurred_at, recorded_at=NIGHT)
            return evolve(entry, actor_kind=ActorKind.IMPORT, actor_id="eqdkp:7")

        old, new, coming = (imported(NIGHT + days * DAY) for days in (-40, -10, 10))
        reconciled = imported(NIGHT - 40 * DAY, EntryKind.IMPORT)
        by_hand = bank.drafted(user_id, pool_id, "1", occurred_at=NIGHT - 40 * DAY, recorded_at=NIGHT)
        bank.book(old, new, coming, reconciled, by_hand)
        with raiding.place.views() as views:
            found = views.past_entries(pool_id, booked_since=NIGHT - 30 * DAY, occurred_since=NIGHT)
            assert [(each.id, each.imported, each.booked_at) for each in found] == [
                (new.id, True, NIGHT - 10 * DAY),
                (coming.id, True, NIGHT),
                (reconciled.id, False, NIGHT),
                (by_hand.id, False, NIGHT),
            ]
            wider = views.past_entries(pool_id, booked_since=NIGHT, occurred_since=NIGHT - 50 * DAY)
            assert [each.id for each in wider] == [old.id, new.id, coming.id, reconciled.id, by_hand.id]

    def test_balances_are_told_as_entries_sign_them(self, raiding: Raiding) -> None:
        """P-15: what is spent is negative."""
        bank = Bank(raiding.place)
        user_id, pool_id = raiding.place.member(), raiding.pool_id
        bank.give(user_id, pool_id, "5")
        bank.book(bank.drafted(user_id, pool_id, "-2", kind=EntryKind.AWARD))
        bank.book(bank.drafted(user_id, pool_id, "0.50", kind=EntryKind.ADJUSTMENT))
        with raiding.place.views() as views:
            assert views.past_balances(pool_id) == {user_id: (500, -200, 50)}

    def test_raids_are_told_with_their_lines(self, raiding: Raiding) -> None:
        """P-15: those since a moment and those that are named, which award in the pool."""
        first, second = raiding.place.member("first"), raiding.place.member("second")
        old = raiding.raid(NIGHT - 3 * DAY, {first: Presence.PRESENT, second: Presence.ABSENT_EXCUSED})
        older = raiding.raid(NIGHT - 4 * DAY, [first])
        new = raiding.raid(NIGHT - DAY)
        Raiding.at(raiding.place).raid(NIGHT - DAY, [first])
        with raiding.place.views() as views:
            found = views.past_raids(raiding.pool_id, starts_since=NIGHT - 2 * DAY, named=[old, RaidId(10**9)])
            assert [raid.id for raid, _ in found] == [old, new]
            lines = found[0][1]
            assert [(line.user_id, line.presence, str(line.awarded)) for line in lines] == [
                (first, Presence.PRESENT, "10.00"),
                (second, Presence.ABSENT_EXCUSED, "0.00"),
            ]
            assert found[1][1] == ()
            everything = views.past_raids(raiding.pool_id, starts_since=NIGHT - 9 * DAY, named=[])
            assert [raid.id for raid, _ in everything] == sorted([old, older, new])

    def test_what_is_read_steadily_is_of_one_moment(self, raiding: Raiding) -> None:
        """P-15: others write meanwhile, are not held up, and are not seen."""
        bank = Bank(raiding.place)
        user_id, pool_id = raiding.place.member(), raiding.pool_id
        bank.give(user_id, pool_id, "5")
        with raiding.place.installation.read_steadily(raiding.place.by) as views:
            assert views.past_balances(pool_id) == {user_id: (500, 0, 0)}
            bank.give(user_id, pool_id, "7")
            assert views.past_balances(pool_id) == {user_id: (500, 0, 0)}
            entries = views.past_entries(pool_id, booked_since=RECORDED - DAY, occurred_since=RECORDED - DAY)
            assert len(entries) == 1
            standings = views.turnout.members()
            raiding.place.member("third", joined_at=NIGHT - HOUR)
            assert views.turnout.members() == standings
        with raiding.place.views() as views:
            assert views.past_balances(pool_id) == {user_id: (1200, 0, 0)}

"""What every adapter of the raids context keeps to, as to who was there, and the shares of raids attended."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import pytest
from attrs import define, evolve, field, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dkp_adapters.memory import SettableClock
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import CharacterId, PoolId, RaidId, UploadId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.raids import (
    ATTENDANCE_COLUMNS,
    ATTENDED,
    WINDOWS,
    Attendance,
    AttendanceRow,
    AttendanceShare,
    AttendanceShareRow,
    CancelRaid,
    ChangeAttendance,
    ChangeRaid,
    Decision,
    DumpFormat,
    Evidence,
    LineChange,
    NamedPresence,
    Presence,
    Present,
    RaidIsCancelled,
    RecordAttendance,
    RemoveAttendance,
    Sighting,
    UnresolvedRow,
    Upload,
)
from tests.integration.contracts.deeds import DAY, HOUR, Bank, Raiding, end_membership, join, share_of
from tests.integration.contracts.installation import Installation, Rival, all_at_once
from tests.integration.contracts.ledger import until_it_succeeds
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.suite import Contract

INSTANT: Final = timedelta(microseconds=1)
LONG_AGO: Final = NIGHT - 400 * DAY


class AttendancesContract(Contract):
    """The port `Attendances`, and the views of lines and names."""

    @pytest.fixture
    def raiding(self, place: Place) -> Raiding:
        """Raids in the guild of the test."""
        return Raiding.at(place)

    def lines_of(self, raiding: Raiding, raid_id: RaidId) -> tuple[Attendance, ...]:
        """Every line of a raid."""
        with raiding.place.work() as work:
            return work.attendances.of_raid(raid_id)

    # --- keeping ------------------------------------------------------------------------------------------------------

    def test_lines_come_back_as_they_were_in_order_of_tick_and_name(self, raiding: Raiding) -> None:
        """D-3, G-9: with the file and line they come from."""
        place = raiding.place
        user_id, raid_id = place.member("Élodie"), raiding.raid(NIGHT)
        character_id = place.character("Zélote", owner=user_id)
        raiding.add_tick(raid_id)
        with place.work() as work:
            raid = work.raids.get(raid_id)
            full = evolve(
                raiding.line(raid, "Zélote 🐉", user_id, Presence.LEFT_EARLY),
                character_id=character_id,
                awarded=Points.of("1.25"),
                at=NIGHT.replace(microsecond=123_457),
                upload_id=UploadId(5),
                line=17,
                elsewhere=((PoolId(3), Points.of("0.50")), (PoolId(11), ZERO)),
                alt=True,
                claimed=True,
                waived=(PoolId(11), PoolId(12)),
                counts=False,
            )
            others = [
                raiding.line(raid, "Anna", None, tick=2),
                evolve(raiding.line(raid, "émile", None), ignored=True),
                raiding.line(raid, "ANNA", None, Presence.ABSENT_EXCUSED),
            ]
            work.attendances.append(raid, [others[0], full])
            work.attendances.append(raid, others[1:])
        assert self.lines_of(raiding, raid_id) == (others[2], full, others[1], others[0])
        with place.views() as views:
            shown = views.attendance(raid_id)
        assert [(row.tick, row.name) for row in shown] == [
            (1, "ANNA"),
            (1, "Zélote 🐉"),
            (1, "émile"),
            (2, "Anna"),
        ]
        assert shown[1] == AttendanceRow(
            tick=1,
            name="Zélote 🐉",
            character_id=character_id,
            character="Zélote",
            user_id=user_id,
            username="Élodie",
            status=Presence.LEFT_EARLY,
            points_awarded=Points.of("1.25"),
            unresolved=False,
            ignored=False,
            upload_id=UploadId(5),
            line=17,
            alt=True,
            counts=False,
            claimed=True,
        )
        assert [(row.unresolved, row.ignored) for row in shown] == [
            (True, False),
            (False, False),
            (False, True),
            (True, False),
        ]

    def test_the_characters_of_many_raids_are_told_at_once(self, raiding: Raiding) -> None:
        """O-5: each once, whatever ticks they stand at; no names that are nobody's, nor such as were ignored."""
        place, user_id = raiding.place, raiding.place.member()
        main, alt = (place.character(name, owner=user_id) for name in ("Zoé", "Alt"))
        first, second, empty = raiding.raid(NIGHT), raiding.raid(), raiding.raid()
        raiding.add_tick(first)
        with place.work() as work:
            raid, other = work.raids.get(first), work.raids.get(second)
            at_both = [evolve(raiding.line(raid, "Zoé", user_id, tick=tick), character_id=main) for tick in (1, 2)]
            twin = evolve(raiding.line(raid, "Alt", user_id, tick=2), character_id=alt)
            work.attendances.append(raid, [*at_both, twin, raiding.line(raid, "Nobody", None)])
            ignored = evolve(raiding.line(other, "Alt", None), character_id=alt, ignored=True)
            there = evolve(raiding.line(other, "Zoé", user_id), character_id=main)
            work.attendances.append(other, [ignored, there])
        with place.views() as views:
            assert views.attendees([first, second, empty, RaidId(0)]) == {first: (main, alt), second: (main,)}
            assert views.attendees([]) == {}
            assert views.attendees([second]) == {second: (main,)}

    def test_the_revision_of_raids_changes_with_what_is_shown(self, raiding: Raiding) -> None:
        """O-5: with raids that come, change and go, who was there, and what they are called; with nothing else."""
        place = raiding.place

        def revision() -> str:
            with place.views() as views:
                return views.raids_revision()

        def attended() -> None:
            with place.work() as work:
                raid = work.raids.get(first)
                work.attendances.append(raid, [raiding.line(raid, "Zoé", place.member())])
                work.raids.save(raid)

        def gone() -> None:
            with place.work() as work:
                work.raids.remove(work.raids.get(second))

        first, second = raiding.raid(NIGHT), raiding.raid()
        seen = [revision()]
        assert revision() == seen[0]
        for change in (attended, lambda: raiding.add_tick(first), gone, raiding.raid, lambda: place.character("Alt")):
            change()
            seen.append(revision())
            assert revision() == seen[-1]
        assert len(set(seen)) == len(seen)

    def test_a_raid_without_attendance_has_no_lines(self, raiding: Raiding) -> None:
        raid_id = raiding.raid()
        with raiding.place.work() as work:
            work.attendances.append(work.raids.get(raid_id), [])
        assert self.lines_of(raiding, raid_id) == ()
        with raiding.place.views() as views:
            assert views.attendance(raid_id) == ()

    def test_who_stands_at_a_tick_already_is_told_by_name_and_pay(self, raiding: Raiding) -> None:
        """D-4: of that tick alone; whoever is not paid at it may still be."""
        paid, unpaid = raiding.place.member(), raiding.place.member()
        raid_id = raiding.raid()
        raiding.add_tick(raid_id)
        raiding.attend(raid_id, {paid: Presence.PRESENT, unpaid: Presence.ABSENT_EXCUSED})
        raiding.note(raid_id, "UNKNOWN Name")
        raiding.attend(raid_id, [unpaid], tick=2)
        lines = self.lines_of(raiding, raid_id)
        with raiding.place.work() as work:
            first, second = (work.attendances.present(raid_id, tick) for tick in (1, 2))
            assert (first.lines, second.lines) == (lines[:3], lines[3:])
            assert first.names == {f"hero {paid}", f"hero {unpaid}", "unknown name"}
            assert (first.paid, second.paid) == (frozenset({paid}), frozenset({unpaid}))
            assert work.attendances.present(raid_id, 3) == Present()

    def test_a_transaction_sees_the_lines_it_wrote(self, raiding: Raiding) -> None:
        raid_id = raiding.raid()
        with raiding.place.work() as work:
            raid = work.raids.get(raid_id)
            work.attendances.append(raid, [raiding.line(raid, "Somebody", None)])
            assert work.attendances.present(raid_id, 1).names == {"somebody"}
            assert len(work.attendances.unresolved("somebody")) == 1
            assert [line.name for line in work.attendances.of_raid(raid_id)] == ["Somebody"]

    def test_what_a_failed_block_appended_is_forgotten(self, raiding: Raiding) -> None:
        """G-6, D-9: neither lines nor summaries."""
        user_id, raid_id = raiding.place.member(joined_at=LONG_AGO), raiding.raid()

        def append_and_fail() -> None:
            with raiding.place.work() as work:
                raid = work.raids.get(raid_id)
                work.attendances.append(raid, [raiding.line(raid, "Somebody", user_id)])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            append_and_fail()
        assert self.lines_of(raiding, raid_id) == ()
        assert raiding.share(user_id) == "0/1 0/1 0/1 0/1"

    def test_attendance_taken_at_once_is_noted_once(self, raiding: Raiding) -> None:
        """D-7, P-13: who takes it locks the raid, and then sees who stands there already."""
        users = [raiding.place.member() for _ in range(3)]
        raid_id = raiding.raid()

        def take() -> None:
            with raiding.place.work() as work:
                raid = work.raids.get(raid_id)
                there = work.attendances.present(raid_id, 1)
                lines = [raiding.line(raid, f"Hero {user}", user) for user in users]
                new = [line for line in lines if line.key not in there.names]
                work.attendances.append(raid, new)
                work.ledger.append([raiding.entry(raid, line) for line in new])

        assert all_at_once(*[until_it_succeeds(take)] * 5) == [None] * 5
        assert len(self.lines_of(raiding, raid_id)) == 3
        assert {raiding.share(user, at=NIGHT) for user in users} == {"1/1 1/1 1/1 1/1"}
        assert {Bank(raiding.place).numbers(user, raiding.pool_id)[0] for user in users} == {"10.00"}
        assert Bank(raiding.place).differences() == []

    # --- correcting ---------------------------------------------------------------------------------------------------

    def test_a_line_that_is_changed_is_what_it_says_from_then_on(self, raiding: Raiding) -> None:
        """D-8, D-9: every value but the name and where it was read; what is summed up follows."""
        place = raiding.place
        one, other = place.member(joined_at=LONG_AGO), place.member(joined_at=LONG_AGO)
        raid_id = raiding.raid(NIGHT - DAY)
        raiding.note(raid_id, "Somebody", "Else")
        raiding.attend(raid_id, {one: Presence.ABSENT_EXCUSED})
        with place.work() as work:
            raid = work.raids.get(raid_id)
            before = work.attendances.present(raid_id, 1).lines
            changed = [
                evolve(
                    next(line for line in before if line.name == "Somebody"),
                    presence=Presence.STANDBY,
                    character_id=CharacterId(3),
                    user_id=other,
                    elsewhere=((PoolId(99), Points.of(4)),),
                    alt=True,
                    claimed=True,
                    waived=(PoolId(11), PoolId(12)),
                    counts=True,
                    at=NIGHT - DAY + INSTANT,
                ),
                evolve(
                    next(line for line in before if line.user_id == one),
                    presence=Presence.LATE,
                    counts=True,
                ),
            ]
            work.attendances.change(raid, changed)
            work.raids.save(raid.announcing())
        assert set(changed) <= set(self.lines_of(raiding, raid_id))
        assert [raiding.share(user).split()[0] for user in (one, other)] == ["1/1", "1/1"]
        with place.views() as views:
            row = views.raid(raid_id)
            assert (row.attendees, row.unresolved) == (2, 1)
            assert [each.name for each in views.unresolved(None)] == ["Else"]
        with place.work() as work:
            assert work.attendances.unresolved("somebody") == ()
        assert Bank(place).differences() == []

    def test_a_line_that_is_removed_is_gone(self, raiding: Raiding) -> None:
        """D-8, D-9: its user has not attended, unless at another tick; names that wait, wait no more."""
        place = raiding.place
        once, twice = place.member(joined_at=LONG_AGO), place.member(joined_at=LONG_AGO)
        kept = raiding.raid(NIGHT - 3 * DAY, [once])
        raid_id = raiding.raid(NIGHT - DAY, points="0")
        raiding.add_tick(raid_id, points="0")
        raiding.attend(raid_id, [once, twice])
        raiding.attend(raid_id, [twice], tick=2)
        raiding.note(raid_id, "Somebody")
        with place.work() as work:
            raid = work.raids.get(raid_id)
            lines = work.attendances.present(raid_id, 1).lines
            work.attendances.remove(raid, lines)
            work.attendances.remove(raid, lines[:1])
            work.raids.save(evolve(raid, corrected=True))
        assert [line.tick for line in self.lines_of(raiding, raid_id)] == [2]
        assert [raiding.share(user).split()[0] for user in (once, twice)] == ["1/2", "1/2"]
        (row,) = raiding.shares(user_id=once)
        assert row.last_raid == NIGHT - 3 * DAY
        with place.views() as views:
            assert (views.raid(raid_id).attendees, views.unresolved(None)) == (1, ())
        assert Bank(place).differences() == []
        with place.work() as work:
            raid = work.raids.get(raid_id)
            assert raid.corrected
            work.attendances.remove(raid, work.attendances.of_raid(raid_id))
            work.raids.save(raid)
        assert [raiding.share(user).split()[0] for user in (once, twice)] == ["1/1", "0/1"]
        assert Bank(place).differences() == []
        raiding.cancel(kept)
        assert raiding.share(once) == "0/0 0/0 0/0 0/0"
        assert Bank(place).differences() == []

    def test_standby_that_does_not_count_is_neither_there_nor_excused(self, installation: Installation) -> None:
        """P-16, D-9: where a guild leaves out excused raids, it is a raid that was missed."""
        place = Place.found(installation, leave_out_excused=True)
        raiding = Raiding.at(place)
        user_id = place.member(joined_at=LONG_AGO)
        raid_id = raiding.raid(NIGHT - DAY)
        with place.work() as work:
            raid = work.raids.get(raid_id)
            line = evolve(raiding.line(raid, "Hero", user_id, Presence.STANDBY), awarded=ZERO, counts=False)
            work.attendances.append(raid, [line])
        assert raiding.share(user_id) == "0/1 0/1 0/1 0/1"
        assert Bank(place).differences() == []
        for presence, share in (
            (Presence.ABSENT_EXCUSED, "0/0"),
            (Presence.PRESENT, "1/1"),
            (Presence.ABSENT_EXCUSED, "0/0"),
            (Presence.STANDBY, "0/1"),
        ):
            with place.work() as work:
                raid = work.raids.get(raid_id)
                counts = presence is Presence.PRESENT
                work.attendances.change(raid, [evolve(line, presence=presence, counts=counts)])
                work.raids.save(raid.announcing())
            assert raiding.share(user_id) == " ".join([share] * 4)
            assert Bank(place).differences() == []

    def test_what_pools_pay_differently_is_verified_pool_by_pool(self, raiding: Raiding) -> None:
        """P-3, P-6: entries are held against what the line says of their own pool."""
        place, other = raiding.place, Raiding.at(raiding.place)
        user_id = place.member()
        raid = evolve(raiding.drafted(NIGHT), pools=(other.pool_id, raiding.pool_id))
        with place.work() as work:
            work.raids.save(raid)
        with place.work() as work:
            raid = work.raids.get(raid.id)
            line = evolve(raiding.line(raid, "Hero", user_id), elsewhere=((other.pool_id, Points.of("2.50")),))
            work.attendances.append(raid, [line])
            work.ledger.append([raiding.entry(raid, line)])
            entry = evolve(raiding.entry(raid, line), pool_id=other.pool_id, amount=Points.of("2.50"))
            work.ledger.append([entry])
        assert Bank(place).differences() == []

    # --- at once --------------------------------------------------------------------------------------------------

    def paid(self, raiding: Raiding, *names: str) -> tuple[RaidId, list[UserId]]:
        """A raid at which these characters were, and their owners were paid."""
        place = raiding.place
        users = [place.member(name) for name in names]
        for name, user_id in zip(names, users, strict=True):
            place.character(name, owner=user_id)
        raid_id = raiding.raid(NIGHT - DAY)
        record = RecordAttendance(place.installation.begin, place.installation.ids, SettableClock(NIGHT))
        record(raid_id, [NamedPresence(name=name) for name in names], by=place.by)
        return raid_id, users

    def test_two_officers_may_correct_a_raid_at_once(self, raiding: Raiding) -> None:
        """D-8, P-13: each waits for the other; what is booked is what the lines say in the end."""
        place = raiding.place
        raid_id, users = self.paid(raiding, "Anna", "Boris", "Cleo")
        parts = (place.installation.begin, place.installation.ids, SettableClock(NIGHT))
        change, remove, points = ChangeAttendance(*parts), RemoveAttendance(*parts), ChangeRaid(*parts)
        absent = [LineChange(name=name, presence=Presence.ABSENT_EXCUSED) for name in ("Anna", "Boris")]
        late = [LineChange(name="Anna", presence=Presence.LATE)]
        acts: list[Callable[[], object]] = [
            partial(change, raid_id, absent, by=place.by),
            partial(change, raid_id, late, by=place.by),
            partial(remove, raid_id, ["Cleo"], by=place.by),
            partial(points, raid_id, points=Points.of(3), by=place.by),
        ]

        def done(act: Callable[[], object]) -> None:
            act()

        assert all_at_once(*(until_it_succeeds(partial(done, act)) for act in acts)) == [None] * len(acts)
        lines = {line.user_id: line for line in self.lines_of(raiding, raid_id)}
        assert set(lines) == set(users[:2])
        for user_id in users:
            expected = str(lines[user_id].awarded) if user_id in lines else "0.00"
            assert Bank(place).numbers(user_id, raiding.pool_id)[3] == expected
        assert str(lines[users[1]].awarded) == "0.00"
        assert Bank(place).differences() == []

    def test_a_correction_and_a_cancel_at_once_leave_nothing_paid(self, raiding: Raiding) -> None:
        """D-8, P-13: whichever comes first; who comes second finds the raid cancelled, or corrected."""
        place = raiding.place
        raid_id, users = self.paid(raiding, "Anna", "Boris")
        parts = (place.installation.begin, place.installation.ids, SettableClock(NIGHT))

        def correct() -> None:
            with suppress(RaidIsCancelled):
                ChangeRaid(*parts)(raid_id, points=Points.of(4), by=place.by)

        def cancel() -> None:
            CancelRaid(*parts)(raid_id, by=place.by)

        assert all_at_once(until_it_succeeds(correct), until_it_succeeds(cancel)) == [None, None]
        assert {Bank(place).numbers(user_id, raiding.pool_id)[3] for user_id in users} == {"0.00"}
        assert {raiding.share(user_id) for user_id in users} == {"0/0 0/0 0/0 0/0"}
        assert Bank(place).differences() == []

    # --- names that stand for nobody ----------------------------------------------------------------------------------

    def test_unresolved_lines_of_a_name_are_told_in_order_of_raid_and_tick(
        self, raiding: Raiding, elsewhere: Place
    ) -> None:
        """D-5, G-1, G-9: in raids that stand, of this guild; the name in any case."""
        raids = [raiding.raid(NIGHT - days * DAY) for days in (1, 3, 2)]
        raiding.add_tick(raids[1])
        raiding.note(raids[1], "éLAN", tick=2)
        raiding.note(raids[1], "Élan", "Elan")
        raiding.note(raids[0], "ÉLAN")
        raiding.note(raids[2], "Élan")
        raiding.attend(raids[2], [raiding.place.member()])
        raiding.cancel(raids[2])
        there = Raiding.at(elsewhere)
        there.note(there.raid(), "Élan")
        with raiding.place.work() as work:
            found = work.attendances.unresolved("élan")
            assert work.attendances.unresolved("nobody") == ()
        assert [(line.raid_id, line.tick, line.name) for line in found] == [
            (raids[0], 1, "ÉLAN"),
            (raids[1], 1, "Élan"),
            (raids[1], 2, "éLAN"),
        ]
        assert set(found) <= {line for raid_id in raids for line in self.lines_of(raiding, raid_id)}

    def test_a_resolved_line_says_whose_it_is(self, raiding: Raiding) -> None:
        """D-5: and the user has attended."""
        place = raiding.place
        user_id, raid_id = place.member(joined_at=LONG_AGO), raiding.raid()
        character_id = place.character("Somebody", owner=user_id)
        raiding.note(raid_id, "Somebody", "Other")
        with place.work() as work:
            (line,) = work.attendances.unresolved("somebody")
            done = evolve(line, character_id=character_id, user_id=user_id, awarded=Points.of(10))
            raid = work.raids.get(raid_id)
            work.attendances.resolve(raid, [done])
            work.ledger.append([raiding.entry(raid, done)])
            assert work.attendances.unresolved("somebody") == ()
        assert done in self.lines_of(raiding, raid_id)
        assert raiding.share(user_id) == "1/1 1/1 1/1 1/1"
        with place.views() as views:
            assert views.raid(raid_id).attendees == 1
            assert [row.name for row in views.unresolved(None)] == ["Other"]
        assert Bank(place).differences() == []

    def test_an_ignored_line_stays_and_is_nobody_s(self, raiding: Raiding) -> None:
        """D-5: nothing read is ever dropped."""
        raid_id = raiding.raid()
        raiding.note(raid_id, "Bank Alt")
        raiding.resolve("bank alt", None)
        (line,) = self.lines_of(raiding, raid_id)
        assert (line.ignored, line.user_id, line.awarded) == (True, None, ZERO)
        with raiding.place.work() as work:
            assert work.attendances.unresolved("bank alt") == ()
        with raiding.place.views() as views:
            assert views.unresolved(None) == views.unresolved(raid_id) == ()
        assert Bank(raiding.place).differences() == []

    def test_what_was_resolved_meanwhile_is_stale(self, raiding: Raiding) -> None:
        """D-5, P-13: nobody is awarded for another's line."""
        one, other, raid_id = raiding.place.member(), raiding.place.member(), raiding.raid()
        raiding.note(raid_id, "Somebody", "Else")
        with raiding.place.work() as work:
            (line,), (second,) = work.attendances.unresolved("somebody"), work.attendances.unresolved("else")
        raiding.resolve("somebody", one)
        with raiding.place.work() as work:
            raid = work.raids.get(raid_id)
        with pytest.raises(Stale), raiding.place.work() as work:
            work.attendances.resolve(raid, [evolve(second, user_id=other), evolve(line, user_id=other)])
        users = {line.name: line.user_id for line in self.lines_of(raiding, raid_id)}
        assert users == {"Somebody": one, "Else": None}

    def test_names_that_wait_are_listed_with_their_raids(self, raiding: Raiding, elsewhere: Place) -> None:
        """D-5, G-1: by name, the latest raid first; of one raid, or of all that stand."""
        raids = [raiding.raid(NIGHT - days * DAY) for days in (2, 1, 3, 4)]
        raiding.add_tick(raids[0])
        raiding.note(raids[0], "zeta", "Beta")
        raiding.note(raids[0], "BETA", tick=2)
        raiding.note(raids[1], "beta", "alpha")
        raiding.note(raids[2], "Zeta")
        raiding.note(raids[3], "gone")
        raiding.cancel(raids[3])
        there = Raiding.at(elsewhere)
        there.note(there.raid(), "stranger")
        with raiding.place.views() as views:
            everywhere, in_one, in_cancelled = (
                views.unresolved(None),
                views.unresolved(raids[0]),
                views.unresolved(raids[3]),
            )
        assert everywhere == (
            UnresolvedRow(name="alpha", raids=(raids[1],), lines=1, last_seen=NIGHT - DAY, suggestions=()),
            UnresolvedRow(name="beta", raids=(raids[1], raids[0]), lines=3, last_seen=NIGHT - DAY, suggestions=()),
            UnresolvedRow(name="zeta", raids=(raids[0], raids[2]), lines=2, last_seen=NIGHT - 2 * DAY, suggestions=()),
        )
        assert in_one == (
            UnresolvedRow(name="BETA", raids=(raids[0],), lines=2, last_seen=NIGHT - 2 * DAY + HOUR, suggestions=()),
            UnresolvedRow(name="zeta", raids=(raids[0],), lines=1, last_seen=NIGHT - 2 * DAY, suggestions=()),
        )
        assert [row.name for row in in_cancelled] == ["gone"]

    def test_every_name_of_the_guild_is_known(self, raiding: Raiding, elsewhere: Place) -> None:
        """G-1, G-9: characters and aliases, by name."""
        place = raiding.place
        elsewhere.character("Stranger")
        character_id = place.character("beta")
        place.character("Alpha")
        with place.work() as work:
            work.characters.add_alias(character_id, "Ämil")
            work.characters.add_alias(character_id, "zeta")
        with place.views() as views:
            assert views.known_names() == ("Alpha", "beta", "zeta", "Ämil")


class SightingsContract(Contract):
    """The port `Sightings`, and the view of them (D-12)."""

    @pytest.fixture
    def raiding(self, place: Place) -> Raiding:
        """Raids in the guild of the test."""
        return Raiding.at(place)

    def upload(self, raiding: Raiding, raid_id: RaidId, file_name: str) -> UploadId:
        """A file that tells of the raid's first tick."""
        upload_id = UploadId(raiding.place.installation.ids.next("upload"))
        kept = Upload(
            id=upload_id,
            guild_id=raiding.place.guild_id,
            sha256="ab" * 32,
            check="",
            file_name=file_name,
            format=next(iter(DumpFormat)),
            parser_version=1,
            size=3,
            zone="UTC",
            zone_named=False,
            content=b"abc",
            whole=True,
            raid_id=raid_id,
            tick=1,
            actor_kind=ActorKind.OPERATOR,
            actor_id="operator",
            uploaded_at=NIGHT,
        )
        with raiding.place.work() as work:
            work.uploads.append(kept)
        return upload_id

    def test_what_files_say_comes_back_with_their_names(self, raiding: Raiding, elsewhere: Place) -> None:
        """D-12, G-1, G-9: by tick, file and name; of that raid alone."""
        raid_id, other = raiding.raid(), raiding.raid(NIGHT - 2 * DAY)
        first, second = (self.upload(raiding, raid_id, name) for name in ("Été.txt", "zwei.txt"))
        told = [
            Sighting(tick=1, name="Zélote 🐉", presence=Presence.LATE, upload_id=first, file_name="Été.txt", line=7),
            Sighting(tick=1, name="ANNA", presence=Presence.PRESENT, upload_id=second, file_name="zwei.txt"),
            Sighting(tick=2, name="Anna", presence=Presence.STANDBY, upload_id=first, file_name="Été.txt", line=1),
        ]
        with raiding.place.work() as work:
            raid = work.raids.get(raid_id)
            work.sightings.append(raid, told[1:])
            work.sightings.append(raid, told[:1])
            work.sightings.append(raid, [])
        there = Raiding.at(elsewhere)
        with raiding.place.work() as work:
            assert work.sightings.of_raid(raid_id) == Evidence(sightings=tuple(told))
            assert work.sightings.of_raid(other) == Evidence()
        with raiding.place.views() as views:
            assert views.evidence(raid_id) == Evidence(sightings=tuple(told))
            assert views.standing(raid_id) == ()
            with pytest.raises(NoSuch):
                views.standing(there.raid())
        with elsewhere.views() as views:
            assert views.evidence(raid_id) == Evidence()

    def test_what_is_decided_of_a_name_takes_the_place_of_what_was(self, raiding: Raiding) -> None:
        """D-12: by tick and name."""
        raid_id = raiding.raid()
        early = Decision(tick=2, name="Zoe", presence=Presence.LATE, upload_id=UploadId(3))
        other = Decision(tick=1, name="Marc", presence=Presence.STANDBY, upload_id=UploadId(3))
        late = Decision(tick=2, name="ZOE", presence=None, upload_id=UploadId(9))
        for decisions in ([early, other], [late], []):
            with raiding.place.work() as work:
                work.sightings.decide(work.raids.get(raid_id), decisions)
        with raiding.place.work() as work:
            assert work.sightings.of_raid(raid_id).decisions == (other, late)


class SharesContract(Contract):
    """The view of attendance: raids attended of raids held (D-9)."""

    @pytest.fixture
    def raiding(self, place: Place) -> Raiding:
        """Raids in the guild of the test."""
        return Raiding.at(place)

    # --- windows ------------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(("index", "days"), list(enumerate(WINDOWS)))
    def test_a_window_begins_days_before_and_ends_now(self, raiding: Raiding, index: int, days: int) -> None:
        """D-9, G-2: exactly N × 24 h, the start belongs to it, the end does not."""
        user_id = raiding.place.member(joined_at=LONG_AGO)
        raiding.raid(NIGHT, [user_id])

        def share(at: datetime) -> str:
            return raiding.share(user_id, at=at).split()[index]

        assert share(NIGHT) == "0/0"
        assert share(NIGHT + INSTANT) == "1/1"
        assert share(NIGHT + days * DAY) == "1/1"
        assert share(NIGHT + days * DAY + INSTANT) == "0/0"

    def test_lifetime_never_ends(self, raiding: Raiding) -> None:
        """D-9: but what is to come does not count yet."""
        user_id = raiding.place.member(joined_at=LONG_AGO)
        raiding.raid(NIGHT, [user_id])
        raiding.raid(NIGHT + DAY)
        moments = (NIGHT, NIGHT + INSTANT, NIGHT + DAY, NIGHT + DAY + INSTANT, NIGHT + 5000 * DAY)
        assert [raiding.share(user_id, at=at).split()[3] for at in moments] == ["0/0", "1/1", "1/1", "1/2", "1/2"]

    def test_shares_of_the_past_are_those_of_that_moment(self, raiding: Raiding) -> None:
        """D-9: at any moment."""
        user_id = raiding.place.member(joined_at=LONG_AGO)
        for days in (200, 150, 100, 70, 40, 20):
            raiding.raid(NIGHT - days * DAY, [user_id] if days % 100 else [])
        assert raiding.share(user_id, at=NIGHT - 99 * DAY) == "0/1 1/2 1/2 1/3"
        assert raiding.share(user_id, at=NIGHT - 39 * DAY) == "1/1 2/2 2/3 3/5"
        assert raiding.share(user_id, at=NIGHT - 300 * DAY) == "0/0 0/0 0/0 0/0"

    def test_no_raids_give_nothing(self, raiding: Raiding) -> None:
        """D-9: no raids in the window gives 0."""
        raiding.place.member()
        (row,) = raiding.shares()
        assert share_of(row) == "0/0 0/0 0/0 0/0"
        assert (row.attendance_30, row.attendance_lifetime, row.last_raid) == ("0.00", "0.00", None)

    def test_percentages_are_rounded_half_up(self, raiding: Raiding) -> None:
        """P-12: at two places."""
        user_id = raiding.place.member("Élodie", joined_at=LONG_AGO)
        raiding.place.character("Hauptfigur", owner=user_id, is_main=True)
        for days in range(1, 9):
            raiding.raid(NIGHT - days * 11 * DAY, [user_id] if days in (1, 3, 8) else [])
        (row,) = raiding.shares()
        assert (row.user_id, row.username, row.main_character) == (user_id, "Élodie", "Hauptfigur")
        assert share_of(row) == "1/2 2/5 3/8 3/8"
        assert (row.attendance_30, row.attendance_60, row.attendance_90, row.attendance_lifetime) == (
            "50.00",
            "40.00",
            "37.50",
            "37.50",
        )
        assert row.last_raid == NIGHT - 11 * DAY

    # --- what counts --------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("presence", list(Presence))
    def test_whoever_was_there_in_some_way_attended(self, raiding: Raiding, presence: Presence) -> None:
        """D-9: an excused absence counts as absent."""
        user_id = raiding.place.member(joined_at=LONG_AGO)
        raiding.raid(NIGHT - DAY, {user_id: presence})
        came = int(presence in ATTENDED)
        assert raiding.share(user_id) == f"{came}/1 {came}/1 {came}/1 {came}/1"

    def test_a_raid_with_several_ticks_is_attended_once(self, raiding: Raiding) -> None:
        """D-2, D-9: at one tick at least, in whatever order they are taken."""
        users = [raiding.place.member(joined_at=LONG_AGO) for _ in range(3)]
        raid_id = raiding.raid()
        for _ in range(2):
            raiding.add_tick(raid_id)
        excused = Presence.ABSENT_EXCUSED
        raiding.attend(raid_id, {users[0]: Presence.PRESENT, users[1]: excused, users[2]: excused}, tick=2)
        raiding.attend(raid_id, {users[0]: excused, users[1]: Presence.LATE, users[2]: excused}, tick=1)
        raiding.attend(raid_id, users[:1], tick=3)
        assert [raiding.share(user) for user in users] == [
            "1/1 1/1 1/1 1/1",
            "1/1 1/1 1/1 1/1",
            "0/1 0/1 0/1 0/1",
        ]
        assert Bank(raiding.place).differences() == []

    def test_a_user_with_two_characters_attended_once(self, raiding: Raiding) -> None:
        """D-4, D-9."""
        user_id, raid_id = raiding.place.member(joined_at=LONG_AGO), raiding.raid()
        with raiding.place.work() as work:
            raid = work.raids.get(raid_id)
            main, twink = raiding.line(raid, "Main", user_id), raiding.line(raid, "Twink", user_id)
            work.attendances.append(raid, [main, evolve(twink, awarded=ZERO)])
            work.ledger.append([raiding.entry(raid, main)])
        assert raiding.share(user_id) == "1/1 1/1 1/1 1/1"
        with raiding.place.views() as views:
            assert views.raid(raid_id).attendees == 1
        assert Bank(raiding.place).differences() == []

    def test_cancelled_raids_do_not_count(self, raiding: Raiding) -> None:
        """D-9: for nobody, from then on; the last raid is the one before."""
        came, missed = (raiding.place.member(joined_at=LONG_AGO) for _ in range(2))
        kept = raiding.raid(NIGHT - 3 * DAY, [came])
        cancelled = raiding.raid(NIGHT - DAY, [came])
        raiding.raid(NIGHT - 2 * DAY, [missed])
        assert raiding.share(came) == "2/3 2/3 2/3 2/3"
        raiding.cancel(cancelled)
        assert raiding.share(came) == "1/2 1/2 1/2 1/2"
        assert raiding.share(missed) == "1/2 1/2 1/2 1/2"
        (row,) = raiding.shares(user_id=came)
        assert row.last_raid == NIGHT - 3 * DAY
        raiding.cancel(kept)
        (row,) = raiding.shares(user_id=came)
        assert (share_of(row), row.last_raid) == ("0/1 0/1 0/1 0/1", None)
        assert Bank(raiding.place).differences() == []

    def test_raids_that_only_carry_items_do_not_count(self, raiding: Raiding) -> None:
        """D-15: without points they do once somebody is noted in them, whoever it is."""
        user_id = raiding.place.member(joined_at=LONG_AGO)
        carries_items = raiding.raid(NIGHT - DAY, points="0")
        assert raiding.share(user_id) == "0/0 0/0 0/0 0/0"
        raiding.note(carries_items, "Unknown")
        assert raiding.share(user_id) == "0/1 0/1 0/1 0/1"
        raiding.attend(raiding.raid(NIGHT - 2 * DAY, points="0"), [user_id])
        assert raiding.share(user_id) == "1/2 1/2 1/2 1/2"
        raiding.cancel(carries_items)
        assert raiding.share(user_id) == "1/1 1/1 1/1 1/1"
        assert Bank(raiding.place).differences() == []

    def test_a_raid_counts_once_one_of_its_ticks_has_points(self, raiding: Raiding) -> None:
        """D-2, D-15."""
        user_id = raiding.place.member(joined_at=LONG_AGO)
        raid_id = raiding.raid(NIGHT - DAY, points="0")
        raiding.add_tick(raid_id, points="0")
        assert raiding.share(user_id) == "0/0 0/0 0/0 0/0"
        raiding.add_tick(raid_id, points="5")
        assert raiding.share(user_id) == "0/1 0/1 0/1 0/1"
        raiding.attend(raid_id, [user_id], tick=3)
        assert raiding.share(user_id) == "1/1 1/1 1/1 1/1"
        assert Bank(raiding.place).differences() == []

    def test_a_name_resolved_later_attended_then(self, raiding: Raiding) -> None:
        """D-5, D-9: at the time of the raid, whoever else was noted since."""
        user_id = raiding.place.member(joined_at=NIGHT - DAY)
        early = raiding.raid(NIGHT - 50 * DAY)
        raiding.note(early, "Somebody")
        raiding.raid(NIGHT - 40 * DAY)
        raiding.raid(NIGHT - HOUR)
        assert raiding.share(user_id) == "0/1 0/3 0/3 0/1"
        raiding.resolve("somebody", user_id)
        assert raiding.share(user_id) == "0/1 1/3 1/3 1/3"
        (row,) = raiding.shares(user_id=user_id)
        assert row.last_raid == NIGHT - 50 * DAY
        assert Bank(raiding.place).differences() == []

    # --- excused ------------------------------------------------------------------------------------------------------

    def test_a_guild_may_leave_out_raids_that_a_user_was_excused_from(self, installation: Installation) -> None:
        """D-9: for that user alone, in every window; not where the user was there after all."""
        place = Place.found(installation, leave_out_excused=True)
        raiding = Raiding.at(place)
        excused, absent = place.member(joined_at=LONG_AGO), place.member(joined_at=LONG_AGO)
        raiding.raid(NIGHT - 100 * DAY, {excused: Presence.ABSENT_EXCUSED})
        raiding.raid(NIGHT - 70 * DAY, {excused: Presence.ABSENT_EXCUSED})
        raiding.raid(NIGHT - 40 * DAY, [excused, absent])
        raid_id = raiding.raid(NIGHT - DAY, {excused: Presence.ABSENT_EXCUSED})
        assert raiding.share(excused) == "0/0 1/1 1/1 1/1"
        assert raiding.share(absent) == "0/1 1/2 1/3 1/4"
        raiding.add_tick(raid_id)
        raiding.attend(raid_id, [excused], tick=2)
        assert raiding.share(excused) == "1/1 2/2 2/2 2/2"
        assert Bank(place).differences() == []

    def test_an_absence_excused_before_the_lifetime_began_is_not_left_out_of_it(
        self, installation: Installation
    ) -> None:
        """D-9: it was not in it."""
        place = Place.found(installation, leave_out_excused=True)
        raiding = Raiding.at(place)
        user_id = place.member(joined_at=NIGHT - 10 * DAY)
        raiding.raid(NIGHT - 20 * DAY, {user_id: Presence.ABSENT_EXCUSED})
        raiding.raid(NIGHT - 5 * DAY)
        raiding.raid(NIGHT - 4 * DAY, [user_id])
        assert raiding.share(user_id) == "1/2 1/2 1/2 1/2"
        raiding.raid(NIGHT - 30 * DAY, [user_id])
        assert raiding.share(user_id) == "2/3 2/3 2/3 2/3"
        assert Bank(place).differences() == []

    def test_the_setting_applies_as_soon_as_it_is_changed(self, place: Place) -> None:
        """D-9: and back."""
        raiding = Raiding.at(place)
        user_id = place.member(joined_at=LONG_AGO)
        raiding.raid(NIGHT - DAY, {user_id: Presence.ABSENT_EXCUSED})
        raiding.raid(NIGHT - 2 * DAY, [user_id])
        for setting, expected in ((False, "1/2"), (True, "1/1"), (False, "1/2")):
            with place.work() as work:
                guild = work.guilds.get(place.guild_id)
                work.guilds.save(guild.change(settings={"leave_out_excused": setting}))
            assert raiding.share(user_id) == " ".join([expected] * 4)

    # --- lifetime -----------------------------------------------------------------------------------------------------

    def test_lifetime_begins_when_the_user_joined(self, raiding: Raiding) -> None:
        """D-9, G-2: to the microsecond; windows don't care."""
        raiding.raid(NIGHT - 3 * DAY)
        raiding.raid(NIGHT - 2 * DAY)
        before, at, after = (
            raiding.place.member(joined_at=NIGHT - 2 * DAY + moment * INSTANT) for moment in (-1, 0, 1)
        )
        raiding.raid(NIGHT - DAY, [before, at, after])
        assert raiding.share(before) == raiding.share(at) == "1/3 1/3 1/3 1/2"
        assert raiding.share(after) == "1/3 1/3 1/3 1/1"

    def test_lifetime_begins_with_the_first_raid_if_that_was_earlier(self, raiding: Raiding) -> None:
        """D-9: whenever it was written down."""
        user_id = raiding.place.member(joined_at=NIGHT - 3 * DAY)
        for days in (9, 7, 5, 2):
            raiding.raid(NIGHT - days * DAY)
        assert raiding.share(user_id).split()[3] == "0/1"
        raiding.raid(NIGHT - 6 * DAY, [user_id])
        assert raiding.share(user_id).split()[3] == "1/3"
        raiding.raid(NIGHT - 8 * DAY, [user_id])
        assert raiding.share(user_id).split()[3] == "2/5"
        raiding.raid(NIGHT - 8 * DAY - HOUR)
        assert raiding.share(user_id).split()[3] == "2/5"
        raiding.raid(NIGHT - 8 * DAY + HOUR)
        assert raiding.share(user_id).split()[3] == "2/6"
        assert Bank(raiding.place).differences() == []

    def test_lifetime_begins_later_once_the_first_raid_is_cancelled(self, raiding: Raiding) -> None:
        """D-9: with the next one attended, or when the user joined."""
        user_id = raiding.place.member(joined_at=NIGHT - 3 * DAY)
        first = raiding.raid(NIGHT - 9 * DAY, [user_id])
        raiding.raid(NIGHT - 8 * DAY)
        second = raiding.raid(NIGHT - 7 * DAY, [user_id])
        raiding.raid(NIGHT - 5 * DAY)
        raiding.raid(NIGHT - 2 * DAY)
        assert raiding.share(user_id).split()[3] == "2/5"
        raiding.cancel(first)
        assert raiding.share(user_id).split()[3] == "1/3"
        raiding.cancel(second)
        assert raiding.share(user_id).split()[3] == "0/1"
        assert Bank(raiding.place).differences() == []

    def test_who_joins_after_raiding_keeps_the_earlier_beginning(self, raiding: Raiding) -> None:
        """D-9: and who turns out to have joined earlier begins then."""
        guest, veteran = raiding.place.user(), raiding.place.user()
        raiding.raid(NIGHT - 20 * DAY)
        raiding.raid(NIGHT - 9 * DAY, [guest, veteran])
        raiding.raid(NIGHT - 8 * DAY)
        for user_id in (guest, veteran):
            assert raiding.share(user_id).split()[3] == "1/2"
        join(raiding.place, guest, NIGHT - 5 * DAY)
        join(raiding.place, veteran, NIGHT - 30 * DAY)
        assert (raiding.share(guest).split()[3], raiding.share(veteran).split()[3]) == ("1/2", "1/3")
        raiding.raid(NIGHT - 4 * DAY)
        assert (raiding.share(guest).split()[3], raiding.share(veteran).split()[3]) == ("1/3", "1/4")
        raiding.raid(NIGHT - 25 * DAY)
        raiding.raid(NIGHT - 35 * DAY)
        assert (raiding.share(guest).split()[3], raiding.share(veteran).split()[3]) == ("1/3", "1/5")
        assert Bank(raiding.place).differences() == []

    # --- who ----------------------------------------------------------------------------------------------------------

    def test_active_members_are_listed_by_name(self, raiding: Raiding, elsewhere: Place) -> None:
        """D-9, G-1: everyone are also those who left, and who raided without a membership."""
        place = raiding.place
        elsewhere.member("Stranger")
        users = {name: place.member(name, joined_at=LONG_AGO) for name in ("zeta", "Alpha", "beta", "left")}
        guest = place.user("guest")
        place.user("nobody")
        end_membership(place, users["left"])
        raiding.raid(NIGHT - DAY, [users["left"], guest])
        assert [row.username for row in raiding.shares()] == ["Alpha", "beta", "zeta"]
        everyone = raiding.shares(everyone=True)
        assert [row.username for row in everyone] == ["Alpha", "beta", "guest", "left", "zeta"]
        assert [share_of(row).split()[3] for row in everyone] == ["0/1", "0/1", "1/1", "1/1", "0/1"]
        assert raiding.shares(user_id=guest) == everyone[2:3]
        assert raiding.shares(user_id=users["left"], everyone=True) == everyone[3:4]

    def test_who_has_no_place_in_the_guild_is_unknown(self, raiding: Raiding, elsewhere: Place) -> None:
        """G-1: overall and by pool."""
        stranger = elsewhere.member()
        Raiding.at(elsewhere).raid(NIGHT - DAY, [stranger])
        for unknown in (stranger, UserId(0)):
            for pool_id in (None, raiding.pool_id):
                with pytest.raises(NoSuch):
                    raiding.shares(user_id=unknown, pool_id=pool_id)

    def test_raids_of_another_guild_do_not_count(self, raiding: Raiding, elsewhere: Place) -> None:
        """G-1: though the same user was there."""
        user_id = raiding.place.member(joined_at=LONG_AGO)
        join(elsewhere, user_id, LONG_AGO)
        there = Raiding.at(elsewhere)
        raiding.raid(NIGHT - DAY, [user_id])
        there.raid(NIGHT - DAY)
        there.raid(NIGHT - 2 * DAY, [user_id])
        there.raid(NIGHT - 3 * DAY)
        assert raiding.share(user_id) == "1/1 1/1 1/1 1/1"
        assert there.share(user_id) == "1/3 1/3 1/3 1/3"

    @pytest.mark.parametrize("column", ATTENDANCE_COLUMNS)
    def test_attendance_is_sorted_by_any_column(self, raiding: Raiding, column: str) -> None:
        """D-9: either way; shares as fractions, not as rounded percentages; equals by name."""
        place = raiding.place
        names = ("carl", "Anna", "Éva", "bert", "dora", "anna")
        users = [place.member(name, joined_at=LONG_AGO) for name in names]
        place.character("Zed", owner=users[0], is_main=True)
        place.character("Élan", owner=users[1], is_main=True)
        place.character("brokk", owner=users[2], is_main=True)
        for days, present in ((100, users[:1]), (70, users[:3]), (40, users[1:4]), (10, users[2:5]), (5, users[:2])):
            raiding.raid(NIGHT - days * DAY, present)
        plain = raiding.shares()
        assert [row.username for row in plain] == ["Anna", "anna", "bert", "carl", "dora", "Éva"]

        def key(row: AttendanceShareRow) -> tuple[bool, object]:
            value = getattr(row, column)
            if column.startswith("attendance"):
                value = float(value)
            elif isinstance(value, str):
                value = value.casefold()
            return (value is None, 0 if value is None else value)

        assert list(raiding.shares(ordering=column)) == sorted(plain, key=key)
        assert list(raiding.shares(ordering=f"-{column}")) == sorted(plain, key=key, reverse=True)

    # --- one pool -----------------------------------------------------------------------------------------------------

    def test_only_raids_that_award_in_the_pool_count(self, raiding: Raiding) -> None:
        """D-9: per pool; a raid that awards in several counts in each."""
        place, other = raiding.place, Raiding.at(raiding.place)
        user_id = place.member(joined_at=LONG_AGO)
        raiding.raid(NIGHT - 100 * DAY, [user_id])
        other.raid(NIGHT - 50 * DAY, [user_id])
        raiding.raid(NIGHT - 40 * DAY)
        both = evolve(raiding.drafted(NIGHT - DAY), pools=(other.pool_id, raiding.pool_id))
        with place.work() as work:
            work.raids.save(both)
        raiding.cancel(raiding.raid(NIGHT - 2 * DAY, [user_id]))
        assert raiding.share(user_id) == "0/1 1/3 1/3 2/4"
        assert raiding.share(user_id, pool_id=raiding.pool_id) == "0/1 0/2 0/2 1/3"
        assert raiding.share(user_id, pool_id=other.pool_id) == "0/1 1/2 1/2 1/2"
        assert raiding.share(user_id, pool_id=PoolId(0)) == "0/0 0/0 0/0 0/0"
        (row,) = raiding.shares(user_id=user_id, pool_id=raiding.pool_id)
        assert row.last_raid == NIGHT - 100 * DAY

    def test_the_list_of_a_pool_names_the_same_people(self, raiding: Raiding) -> None:
        """D-9: the active members, or everyone: of those who left only who has a membership, or came for this pool."""
        place, other = raiding.place, Raiding.at(raiding.place)
        member, guest, foreign = place.member("member", joined_at=LONG_AGO), place.user("guest"), place.user("foreign")
        end_membership(place, place.member("left"))
        raiding.raid(NIGHT - DAY, [member, guest])
        other.raid(NIGHT - DAY, [foreign])
        pool_id = raiding.pool_id
        assert [row.username for row in raiding.shares(pool_id=pool_id)] == ["member"]
        assert [row.username for row in raiding.shares(pool_id=pool_id, everyone=True)] == ["guest", "left", "member"]

    def test_excused_raids_are_left_out_of_a_pool_too(self, installation: Installation) -> None:
        """D-9."""
        place = Place.found(installation, leave_out_excused=True)
        raiding = Raiding.at(place)
        user_id = place.member(joined_at=NIGHT - 200 * DAY)
        raiding.raid(NIGHT - 300 * DAY, {user_id: Presence.ABSENT_EXCUSED})
        raiding.raid(NIGHT - 100 * DAY, {user_id: Presence.ABSENT_EXCUSED})
        raiding.raid(NIGHT - 50 * DAY)
        raiding.raid(NIGHT - DAY, [user_id])
        assert raiding.share(user_id, pool_id=raiding.pool_id) == raiding.share(user_id) == "1/1 1/2 1/2 1/2"

    # --- at once ------------------------------------------------------------------------------------------------------

    def test_raids_recorded_attended_and_cancelled_at_once_are_all_counted(self, raiding: Raiding) -> None:
        """D-9, P-13: by several people, of the same users."""
        users = [raiding.place.member(joined_at=NIGHT - 50 * DAY) for _ in range(4)]
        doomed = [raiding.raid(NIGHT - (60 + days) * DAY, users) for days in range(2)]
        standing = [raiding.raid(NIGHT - (70 + days) * DAY) for days in range(2)]

        def record(days: int) -> None:
            made: list[RaidId] = []
            until_it_succeeds(lambda: made.append(raiding.raid(NIGHT - days * DAY)))()
            until_it_succeeds(partial(raiding.attend, made[0], users[days % 2 :: 2]))()

        acts = [
            *(partial(raiding.cancel, raid_id) for raid_id in doomed),
            *(partial(raiding.attend, raid_id, users) for raid_id in standing),
            *(partial(record, days) for days in (5, 56, 65, 76)),
        ]
        assert all_at_once(*map(until_it_succeeds, acts)) == [None] * len(acts)
        assert [raiding.share(user).split()[3] for user in users] == ["4/6", "4/5", "4/6", "4/5"]
        assert Bank(raiding.place).differences() == []

    def test_a_raid_cancelled_while_its_attendance_is_taken_counts_for_nobody(self, raiding: Raiding) -> None:
        """D-9, P-13: who comes second waits, and then finds it cancelled, or attended."""
        user_id = raiding.place.member(joined_at=LONG_AGO)
        raid_id = raiding.raid(NIGHT - DAY, [raiding.place.member()])
        with raiding.place.work() as work:
            raid = work.raids.get(raid_id)
            rival = Rival(partial(raiding.cancel, raid_id))
            line = raiding.line(raid, "Somebody", user_id)
            work.attendances.append(raid, [line])
            work.ledger.append([raiding.entry(raid, line)])
        assert rival.outcome() is None
        assert raiding.share(user_id) == "0/0 0/0 0/0 0/0"
        assert Bank(raiding.place).numbers(user_id, raiding.pool_id)[3] == "0.00"
        assert Bank(raiding.place).differences() == []


# --- the invariant ----------------------------------------------------------------------------------------------------


@frozen
class Recorded:
    """A raid is written down, so many days ago; with points, and who was noted at it."""

    days: int
    has_points: bool
    present: tuple[tuple[int, Presence], ...]


@frozen
class Attended:
    """Somebody is noted at a tick of a raid that stands."""

    raid: int
    tick: int
    user: int
    presence: Presence


@frozen
class LineCorrected:
    """One of a raid's lines turns out to say something else, or (None) to be wrong."""

    raid: int
    line: int
    presence: Presence | None


@frozen
class Cancelled:
    """A raid is cancelled."""

    raid: int


@frozen
class Joined:
    """A user becomes a member, since so many days ago."""

    user: int
    days: int


USERS: Final = 3
DAYS: Final = st.integers(0, 130)
SOMEBODY: Final = st.integers(0, USERS - 1)
HOW: Final = st.sampled_from([Presence.PRESENT, Presence.STANDBY, Presence.ABSENT_EXCUSED])
Step = Recorded | Attended | LineCorrected | Cancelled | Joined
RECORDED_RAIDS: Final = st.builds(
    Recorded, days=DAYS, has_points=st.booleans(), present=st.lists(st.tuples(SOMEBODY, HOW), max_size=3).map(tuple)
)
STEPS: Final[st.SearchStrategy[list[Step]]] = st.lists(
    st.one_of(
        RECORDED_RAIDS,
        RECORDED_RAIDS,
        st.builds(Attended, raid=st.integers(0, 9), tick=st.integers(1, 2), user=SOMEBODY, presence=HOW),
        st.builds(LineCorrected, raid=st.integers(0, 9), line=st.integers(0, 3), presence=st.none() | HOW),
        st.builds(LineCorrected, raid=st.integers(0, 9), line=st.integers(0, 3), presence=st.none() | HOW),
        st.builds(Cancelled, raid=st.integers(0, 9)),
        st.builds(Joined, user=SOMEBODY, days=DAYS),
    ),
    max_size=14,
)


@define
class Told:
    """What was told to the adapter, to be counted anew."""

    starts: dict[RaidId, datetime] = field(factory=dict)
    has_points: dict[RaidId, bool] = field(factory=dict)
    cancelled: set[RaidId] = field(factory=set)
    lines: list[tuple[RaidId, int, UserId, Presence]] = field(factory=list)
    joined: dict[UserId, datetime] = field(factory=dict)

    @property
    def held(self) -> set[RaidId]:
        """The raids that count."""
        with_lines = {line[0] for line in self.lines}
        counting = {raid_id for raid_id, has_points in self.has_points.items() if has_points} | with_lines
        return counting - self.cancelled

    def came(self, user_id: UserId) -> set[RaidId]:
        """The raids that the user attended."""
        return {raid_id for raid_id, _, user, how in self.lines if user == user_id and how in ATTENDED} & self.held

    def lists(self, user_id: UserId) -> bool:
        """Whether the user is listed among everyone."""
        return user_id in self.joined or bool(self.came(user_id))

    def share(self, user_id: UserId, at: datetime, *, leave_out_excused: bool) -> str:
        """The user's attendance, by the words of D-9 and D-15."""
        held, came = self.held, self.came(user_id)
        noted = {raid_id for raid_id, _, user, _ in self.lines if user == user_id}
        excused = noted - came if leave_out_excused else set()
        beginnings = [self.starts[raid_id] for raid_id in came]
        if user_id in self.joined:
            beginnings.append(self.joined[user_id])
        since = min(beginnings, default=at)

        def count(raids: Iterable[RaidId], start: datetime) -> int:
            return sum(start <= self.starts[raid_id] < at for raid_id in raids)

        starts = [*(at - days * DAY for days in WINDOWS), since]
        shares = [AttendanceShare(count(came, start), count(held - excused, start)) for start in starts]
        return " ".join(f"{share.attended}/{share.held}" for share in shares)


class SharesInvariantContract(Contract):
    """Attendance equals a recount at any time."""

    @given(steps=STEPS, looks=st.lists(DAYS, max_size=3), leave_out=st.booleans())
    @settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    def test_shares_equal_a_recount(
        self, installation: Installation, steps: list[Step], looks: list[int], leave_out: bool
    ) -> None:
        """D-9, D-15, G-2: whatever was written down in whatever order, at any moment, for everybody."""
        place = Place.found(installation, leave_out_excused=leave_out)
        raiding, told = Raiding.at(place), Told()
        users = [place.user(f"user {index}") for index in range(USERS)]
        raids: list[RaidId] = []
        for step in steps:
            self.take(step, raiding, told, users, raids)
        known = {user_id for _, _, user_id, _ in told.lines} | set(told.joined)
        for at in [NIGHT + INSTANT, *(NIGHT - days * DAY for days in looks)]:
            expected = {user_id: told.share(user_id, at, leave_out_excused=leave_out) for user_id in known}
            listed = {user_id for user_id in known if told.lists(user_id)}
            for pool_id in (None, raiding.pool_id):
                rows = raiding.shares(at=at, everyone=True, pool_id=pool_id)
                assert {row.user_id: share_of(row) for row in rows} == {user: expected[user] for user in listed}
            assert {user_id: raiding.share(user_id, at=at) for user_id in known} == expected
        assert Bank(place).differences() == []

    def take(self, step: Step, raiding: Raiding, told: Told, users: list[UserId], raids: list[RaidId]) -> None:
        """Do one thing, and note it."""
        match step:
            case Recorded(days, has_points, present):
                statuses = {users[user]: presence for user, presence in present}
                start = NIGHT - days * DAY
                raid_id = raiding.raid(start, statuses, points="10" if has_points else "0")
                raids.append(raid_id)
                told.starts[raid_id], told.has_points[raid_id] = start, has_points
                told.lines += [(raid_id, 1, user_id, presence) for user_id, presence in statuses.items()]
            case Attended(raid, tick, user, presence) if raids:
                raid_id, user_id = raids[raid % len(raids)], users[user]
                if raid_id in told.cancelled or any(line[:3] == (raid_id, tick, user_id) for line in told.lines):
                    return
                with raiding.place.work() as work:
                    ticks = len(work.raids.get(raid_id).ticks)
                if tick > ticks:
                    raiding.add_tick(raid_id, points="0")
                raiding.attend(raid_id, {user_id: presence}, tick=tick)
                told.lines.append((raid_id, tick, user_id, presence))
            case LineCorrected(raid, line, presence) if raids:
                raid_id = raids[raid % len(raids)]
                there = [each for each in told.lines if each[0] == raid_id]
                if raid_id in told.cancelled or not there:
                    return
                which = there[line % len(there)]
                self.correct(raiding, which, presence)
                told.lines.remove(which)
                if presence is not None:
                    told.lines.append((*which[:3], presence))
            case Cancelled(raid) if raids:
                raid_id = raids[raid % len(raids)]
                if raid_id not in told.cancelled:
                    raiding.cancel(raid_id)
                    told.cancelled.add(raid_id)
            case Joined(user, days) if users[user] not in told.joined:
                join(raiding.place, users[user], NIGHT - days * DAY)
                told.joined[users[user]] = NIGHT - days * DAY
            case _:
                pass

    def correct(self, raiding: Raiding, which: tuple[RaidId, int, UserId, Presence], presence: Presence | None) -> None:
        """Let a line say something else, or take it away; the points follow."""
        raid_id, tick, user_id, _ = which
        place, name = raiding.place, f"Hero {user_id}"
        parts = (place.installation.begin, place.installation.ids, SettableClock(NIGHT))
        if presence is None:
            RemoveAttendance(*parts)(raid_id, [name], tick=tick, by=place.by)
        else:
            ChangeAttendance(*parts)(raid_id, [LineChange(name=name, presence=presence)], tick=tick, by=place.by)

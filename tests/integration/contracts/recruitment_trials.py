"""What every adapter of the recruitment context keeps to, as to what somebody on trial has done."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import pytest
from attrs import evolve

from dkp_core.kernel.ids import AwardId, EventTypeId, PoolId, RaidId, UserId
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import Award, AwardStatus
from dkp_core.points import MergeUsers, Pool
from dkp_core.raids import AttendanceShare, EventType, Presence
from dkp_core.recruitment import Performance, TrialLootRow, TrialRaidRow
from tests.integration.contracts.deeds import Bank, Raiding
from tests.integration.contracts.loot_deeds import Hall
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.recruitment_deeds import DAY, HOUR, ODD
from tests.integration.contracts.suite import Contract

TRIAL: Final = Period(NIGHT - 30 * DAY, NIGHT)
WEEK: Final = Period(NIGHT - 7 * DAY, NIGHT)
MICROSECOND: Final = timedelta(microseconds=1)
NAME: Final = "Élan"


def raiding(place: Place, *, is_default: bool = True) -> Raiding:
    """Raids that award 10 in the default pool, or in one of their own."""
    ids = place.installation.ids
    pool_id, type_id = PoolId(ids.next("pool")), EventTypeId(ids.next("event_type"))
    kind = EventType(
        id=type_id,
        guild_id=place.guild_id,
        name=f"Raid {type_id}",
        pools=(pool_id,),
        default_points=Points.of(10),
    )
    with place.work() as work:
        work.pools.save(Pool.create(pool_id, place.guild_id, name=f"Pool {pool_id}", is_default=is_default))
        work.event_types.save(kind.created())
    return Raiding(place, pool_id, kind)


def note(raids: Raiding, raid_id: RaidId, presences: Mapping[str, Presence], *, tick: int = 1) -> None:
    """Note names that stand for nobody, and how they were there."""
    with raids.place.work() as work:
        raid = work.raids.get(raid_id)
        lines = [raids.line(raid, name, None, presence, tick) for name, presence in presences.items()]
        work.attendances.append(raid, lines)


class PerformancesContract(Contract):
    """The port `Performances`."""

    def done(
        self,
        place: Place,
        user_id: UserId,
        *,
        name: str = NAME,
        over: Period = TRIAL,
        recent: Period = WEEK,
        pool_id: PoolId | None = None,
    ) -> Performance:
        """What somebody did, as a transaction and the view tell it."""
        with place.work() as work:
            found = work.performances.performance(user_id, name, over=over, recent=recent, pool_id=pool_id)
        with place.views() as views:
            assert views.performance(user_id, name, over=over, recent=recent, pool_id=pool_id) == found
        return found

    # --- attendance ---------------------------------------------------------------------------------------------------

    def test_who_did_nothing_has_done_nothing(self, place: Place) -> None:
        """V-4: without raids, a pool, a name; a raid without them is one they missed."""
        ann = place.user("Ann")
        assert self.done(place, ann) == Performance()
        raiding(place).raid(NIGHT - DAY)
        missed = AttendanceShare(0, 1)
        assert self.done(place, ann, name="") == Performance(attendance=missed, recent=missed)

    def test_raids_are_counted_by_their_start(self, place: Place) -> None:
        """D-9: from the period's start on, and before its end; in each period by itself."""
        ann, raids = place.user("Ann"), raiding(place)
        for starts_at in (
            TRIAL.start - MICROSECOND,
            TRIAL.start,
            WEEK.start - MICROSECOND,
            WEEK.start,
            NIGHT - MICROSECOND,
            NIGHT,
        ):
            raids.raid(starts_at, [ann])
        raids.raid(NIGHT - DAY)
        done = self.done(place, ann)
        assert (done.attendance, done.recent, done.raids) == (AttendanceShare(4, 5), AttendanceShare(2, 3), 4)
        later = self.done(place, ann, over=Period(NIGHT, NIGHT + DAY), recent=TRIAL)
        assert (later.attendance, later.recent, later.raids) == (AttendanceShare(1, 1), AttendanceShare(4, 5), 1)
        nothing = self.done(place, ann, recent=Period(NIGHT, NIGHT))
        assert nothing.recent == AttendanceShare(0, 0)

    def test_lines_of_the_name_count_while_they_stand_for_nobody(self, place: Place) -> None:
        """V-4, D-5, G-9: in any case and normal form; each raid once, however many lines it has."""
        ann, raids = place.user("Ann"), raiding(place)
        raid_id = raids.raid(NIGHT - DAY, [ann])
        raids.add_tick(raid_id)
        raids.note(raid_id, "éLAN", tick=2)
        by_name = raids.raid(NIGHT - 2 * DAY)
        raids.note(by_name, "ÉLAN", "Elan")
        raids.note(raids.raid(NIGHT - 8 * DAY), "Elan", "Élan d'Été")
        for name in ("Élan", "élaN", unicodedata.normalize("NFD", "Élan")):
            done = self.done(place, ann, name=name)
            assert (done.attendance, done.recent, done.raids) == (AttendanceShare(2, 3), AttendanceShare(2, 2), 2)

    def test_lines_that_stand_for_somebody_count_for_them(self, place: Place, elsewhere: Place) -> None:
        """D-5, G-1: those that are ignored for nobody, and those of cancelled raids neither."""
        ann, ben, raids = place.user("Ann"), place.user("Ben"), raiding(place)
        for resolved_to in (ann, ben, None):
            raids.note(raids.raid(NIGHT - DAY), NAME)
            raids.resolve("élan", resolved_to)
        cancelled = raids.raid(NIGHT - DAY)
        raids.note(cancelled, NAME)
        place.cancel(cancelled)
        foreign = raiding(elsewhere)
        foreign.note(foreign.raid(NIGHT - DAY, [ann]), NAME)
        done = self.done(place, ann)
        assert (done.attendance, done.raids, done.points) == (AttendanceShare(1, 3), 1, Points.of(10))

    @pytest.mark.parametrize("left_out", [False, True])
    def test_an_excused_absence_is_no_attendance(self, place: Place, *, left_out: bool) -> None:
        """D-9: where the guild leaves such raids out they are not held against anybody; who came at all came."""
        ann, raids = place.user("Ann"), raiding(place)
        with place.work() as work:
            guild = work.guilds.get(work.guild_id)
            work.guilds.save(guild.change(settings={"leave_out_excused": left_out}))
        raids.raid(NIGHT - DAY, {ann: Presence.ABSENT_EXCUSED})
        note(raids, raids.raid(NIGHT - 2 * DAY), {NAME: Presence.ABSENT_EXCUSED})
        both = raids.raid(NIGHT - 3 * DAY, {ann: Presence.ABSENT_EXCUSED})
        raids.add_tick(both)
        note(raids, both, {NAME: Presence.LATE}, tick=2)
        note(raids, raids.raid(NIGHT - 4 * DAY, [ann]), {NAME: Presence.ABSENT_EXCUSED})
        raids.raid(NIGHT - 5 * DAY)
        done = self.done(place, ann)
        assert done.attendance == AttendanceShare(2, 3 if left_out else 5)
        assert done.raids == 2

    # --- points -------------------------------------------------------------------------------------------------------

    def test_points_are_those_earned_ever_and_those_that_wait(self, place: Place) -> None:
        """V-12, D-5: whenever; what was spent or adjusted is another matter."""
        ann, raids = place.user("Ann"), raiding(place)
        Bank(place).give(ann, raids.pool_id, "100.25")
        Bank(place).adjust(Bank(place).drafted_adjustment(ann, raids.pool_id, "-40"))
        long_ago = raids.raid(NIGHT - 400 * DAY, points="7.50")
        raids.add_tick(long_ago, points="0.01")
        raids.note(long_ago, NAME)
        raids.note(long_ago, NAME, tick=2)
        note(raids, raids.raid(NIGHT - DAY), {NAME: Presence.ABSENT_EXCUSED, "Elan": Presence.PRESENT})
        assert self.done(place, ann).points == Points.of("107.76")
        assert self.done(place, ann, name="").points == Points.of("100.25")

    def test_a_tick_that_paid_its_user_pays_no_line_that_waits(self, place: Place) -> None:
        """D-4, V-12: each tick once, however many characters stand at it."""
        ann, ben, raids = place.user("Ann"), place.user("Ben"), raiding(place)
        raid_id = raids.raid(NIGHT - DAY, [ann, ben])
        raids.note(raid_id, NAME)
        raids.add_tick(raid_id, points="3")
        raids.attend(raid_id, {ann: Presence.ABSENT_EXCUSED}, tick=2)
        raids.note(raid_id, NAME, tick=2)
        assert self.done(place, ann).points == Points.of(13)
        assert self.done(place, ben).points == Points.of(13)
        assert self.done(place, place.user("Cid")).points == Points.of(13)

    def test_points_are_those_of_one_pool(self, place: Place, elsewhere: Place) -> None:
        """V-12, G-1: of the default pool where none is named; an unknown one holds nothing."""
        ann, raids, others = place.user("Ann"), raiding(place), raiding(place, is_default=False)
        foreign = raiding(elsewhere)
        raids.note(raids.raid(NIGHT - DAY, points="1"), NAME)
        others.note(others.raid(NIGHT - DAY, points="2"), NAME)
        Bank(place).give(ann, others.pool_id, "20")
        Bank(elsewhere).give(ann, foreign.pool_id, "500")
        points = {
            pool_id: self.done(place, ann, pool_id=pool_id).points
            for pool_id in (None, raids.pool_id, others.pool_id, foreign.pool_id, PoolId(0))
        }
        assert points == {
            None: Points.of(1),
            raids.pool_id: Points.of(1),
            others.pool_id: Points.of(22),
            foreign.pool_id: ZERO,
            PoolId(0): ZERO,
        }


class TrialViewContract(Contract):
    """What the view shows of a trial."""

    def test_every_raid_of_the_trial_is_shown(self, place: Place, elsewhere: Place) -> None:
        """V-4: the latest first, with what was awarded, or waits; other raids and other people are not."""
        ann, ben, raids = place.user("Ann"), place.user("Ben"), raiding(place)
        for starts_at in (TRIAL.start - MICROSECOND, TRIAL.end):
            raids.raid(starts_at, [ann])
        place.cancel(raids.raid(NIGHT - 10 * DAY, [ann]))
        first = raids.raid(TRIAL.start, [ann, ben])
        missed = raids.raid(NIGHT - 3 * DAY, [ben])
        raids.note(missed, "Elan")
        waiting = raids.raid(NIGHT - 2 * DAY + ODD, points="7.50")
        raids.add_tick(waiting, points="2.25")
        raids.note(waiting, "éLAN")
        raids.note(waiting, "Élan", tick=2)
        Raiding.at(elsewhere).raid(NIGHT - DAY, [ann])
        with place.views() as views:
            rows = views.trial_raids(ann, NAME, TRIAL)
            assert views.trial_raids(ann, NAME, WEEK) == rows[:2]
        kind = raids.event_type.name
        assert rows == (
            TrialRaidRow(
                raid_id=waiting,
                event_type=kind,
                starts_at=NIGHT - 2 * DAY + ODD,
                presence="present",
                points=Points.of("9.75"),
                unresolved=True,
            ),
            TrialRaidRow(
                raid_id=missed,
                event_type=kind,
                starts_at=NIGHT - 3 * DAY,
                presence=None,
                points=ZERO,
                unresolved=False,
            ),
            TrialRaidRow(
                raid_id=first,
                event_type=kind,
                starts_at=TRIAL.start,
                presence="present",
                points=Points.of(10),
                unresolved=False,
            ),
        )

    def test_raids_that_began_together_are_in_order_of_id(self, place: Place) -> None:
        """V-4: the latest first there as well."""
        ann, raids = place.user("Ann"), raiding(place)
        ids = [raids.raid(NIGHT - DAY) for _ in range(3)]
        with place.views() as views:
            assert [row.raid_id for row in views.trial_raids(ann, NAME, TRIAL)] == ids[::-1]

    def test_how_somebody_was_there_is_told_in_one_word(self, place: Place) -> None:
        """D-9, V-4: of several lines the first by which they attended; an excuse where there is nothing else."""
        ann, raids = place.user("Ann"), raiding(place)
        raid_id = raids.raid(NIGHT - DAY, {ann: Presence.ABSENT_EXCUSED})
        for _ in range(2):
            raids.add_tick(raid_id, points="1")
        note(raids, raid_id, {NAME: Presence.LEFT_EARLY}, tick=2)
        raids.attend(raid_id, [ann], tick=3)
        excused = raids.raid(NIGHT - 2 * DAY, {ann: Presence.ABSENT_EXCUSED})
        ignored = raids.raid(NIGHT - 3 * DAY)
        raids.note(ignored, "Elan")
        note(raids, ignored, {NAME: Presence.LATE})
        with place.work() as work:
            (line,) = (each for each in work.attendances.unresolved("élan") if each.raid_id == ignored)
            work.attendances.resolve(work.raids.get(ignored), [evolve(line, ignored=True)])
        with place.views() as views:
            rows = {row.raid_id: row for row in views.trial_raids(ann, NAME, TRIAL)}
        told = {each: (row.presence, str(row.points), row.unresolved) for each, row in rows.items()}
        assert told == {
            raid_id: ("left_early", "2.00", True),
            excused: ("absent_excused", "0.00", False),
            ignored: (None, "0.00", False),
        }

    def test_a_tick_is_shown_with_what_it_pays_once(self, place: Place) -> None:
        """D-4: a line that waits beside one that paid would be awarded nothing."""
        ann, raids = place.user("Ann"), raiding(place)
        raid_id = raids.raid(NIGHT - DAY, [ann])
        raids.note(raid_id, NAME)
        with place.views() as views:
            (row,) = views.trial_raids(ann, NAME, TRIAL)
        assert (row.presence, str(row.points), row.unresolved) == ("present", "10.00", True)

    def test_the_loot_of_the_trial_is_what_they_still_have(self, place: Place, elsewhere: Place) -> None:
        """V-4: of the period, the latest first; what was taken back, moved or returned is not theirs."""
        hall, ann, ben = Hall.of(place), place.user("Ann"), place.user("Ben")
        kept = [
            self.award(hall, ann, "Épée 🐉", "12.34", hours=-24),
            self.award(hall, ann, "Cloak", "0", hours=-24),
            self.award(hall, ann, "Ring", "1", hours=-720),
        ]
        self.award(hall, ben, "Belt", "1", hours=-24)
        self.award(hall, ann, "Early", "1", hours=-721)
        self.award(hall, ann, "Late", "1", hours=0)
        for status in (AwardStatus.REVOKED, AwardStatus.MOVED, AwardStatus.RETURNED):
            self.award(hall, ann, f"Not {status}", "1", hours=-24, status=status)
        self.award(Hall.of(elsewhere), ann, "Foreign", "1", hours=-24)
        with place.views() as views:
            rows = views.trial_loot(ann, TRIAL)
        assert [row.award_id for row in rows] == [kept[1].id, kept[0].id, kept[2].id]
        assert rows[1] == TrialLootRow(
            award_id=kept[0].id,
            item_id=kept[0].item_id,
            item="Épée 🐉",
            price=Points.of("12.34"),
            awarded_at=NIGHT - DAY,
        )

    def test_what_was_anothers_counts_for_whom_they_were_merged_into(self, place: Place) -> None:
        """R-8, V-4: raids and loot of before; a tick that paid them pays no line that waits."""
        hall, ann = Hall.of(place), place.member("Ann")
        before, stranger = place.member("Ann of old", linked=False), place.user("Ben")
        raids = raiding(place, is_default=False)
        raid_id = raids.raid(NIGHT - DAY, [before, stranger])
        raids.note(raid_id, NAME)
        award = self.award(hall, before, "Cloak", "0", hours=-24)
        self.award(hall, stranger, "Ring", "0", hours=-24)
        installation = place.installation
        MergeUsers(installation.begin, installation.ids, installation.clock)(before, into=ann, by=place.by)
        with place.views() as views:
            done = views.performance(ann, NAME, over=TRIAL, recent=WEEK, pool_id=raids.pool_id)
            ((raid,), (loot,)) = views.trial_raids(ann, NAME, TRIAL), views.trial_loot(ann, TRIAL)
        assert (done.attendance, done.points) == (AttendanceShare(1, 1), Points.of(10))
        assert (raid.presence, raid.points, loot.award_id) == ("present", Points.of(10), award.id)

    def award(
        self,
        hall: Hall,
        user_id: UserId,
        item: str,
        price: str,
        *,
        hours: int,
        status: AwardStatus = AwardStatus.STANDING,
    ) -> Award:
        """An award of the test's making."""
        award = Award.make(
            AwardId(hall.place.installation.ids.next("award")),
            hall.place.guild_id,
            item_id=hall.item(item).id,
            item_name=item,
            user_id=user_id,
            pools=(hall.pool_id,),
            price=Points.of(price),
            because="because",
            at=NIGHT + hours * HOUR,
            by=hall.place.by,
        )
        with hall.place.work() as work:
            work.awards.save(evolve(award, status=status))
        return award

"""What every adapter of the points context keeps to, as to batches, what they booked, and who came."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from attrs import evolve

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import BatchId, EntryId, PoolId, RaidId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import (
    BOUNDS,
    Batch,
    BatchDraft,
    BatchFilter,
    BatchKind,
    BatchLine,
    Entry,
    EntryKind,
    Source,
    SourceKind,
)
from dkp_core.points.events import AdjustmentReversed
from dkp_core.raids import Presence
from tests.integration.contracts.deeds import DAY, HOUR, RECORDED, Bank, Raiding, end_membership, join, told_of
from tests.integration.contracts.installation import Rival
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place
from tests.integration.contracts.suite import Contract

MOMENT = NIGHT - 2 * HOUR


def drafted(
    pool_id: PoolId,
    moved: dict[UserId, str],
    *,
    period: str = "2026-11-20",
    kind: BatchKind = BatchKind.DECAY,
    rule: str = "",
    at: datetime = MOMENT,
) -> BatchDraft:
    """What a batch would book."""
    lines = tuple(
        BatchLine(user_id=user_id, before=ZERO, amount=Points.of(amount)) for user_id, amount in moved.items()
    )
    return BatchDraft(
        pool_id=pool_id,
        kind=kind,
        rule=rule,
        period=period,
        title="Été 🐉",
        at=at,
        policies_version=3,
        lines=lines,
    )


def make(place: Place, draft: BatchDraft) -> tuple[Batch, tuple[Entry, ...]]:
    """Make a batch and book its lines."""
    ids = place.installation.ids
    batch_id = BatchId(ids.next("batch"))
    first = ids.next("entry", len(draft.lines)) if draft.lines else 0
    entries = draft.entries(batch_id, first, recorded_at=NIGHT, by=place.by)
    batch = Batch.make(batch_id, draft, entries, at=NIGHT, by=place.by)
    with place.work() as work:
        work.ledger.append(entries)
        work.batches.save(batch)
    return evolve(batch, version=1, pending=()), entries


def take_back(place: Place, batch: Batch) -> Batch:
    """Reverse a batch."""
    with place.work() as work:
        found = work.batches.entries(batch)
        first = place.installation.ids.next("entry", len(found))
        work.ledger.append(
            [
                entry.reversed_by(EntryId(first + index), reason="a mistake", by=place.by, at=NIGHT)
                for index, entry in enumerate(found)
            ]
        )
        changed = work.batches.get(batch.id).reverse(len(found), reason="a mistake", at=NIGHT, by=place.by)
        work.batches.save(changed)
    return evolve(changed, version=2, pending=())


class BatchesContract(Contract):
    """The port `Batches`, and the view of batches."""

    @pytest.fixture
    def bank(self, place: Place) -> Bank:
        """Points in the guild of the test."""
        return Bank(place)

    def test_a_batch_comes_back_as_it_was(self, bank: Bank, elsewhere: Place) -> None:
        """P-7, G-1, G-9: every value; another guild has none of that id."""
        pool_id, user_id = bank.pool(), bank.place.member()
        batch, entries = make(bank.place, drafted(pool_id, {user_id: "-1.50"}, rule="Treue", kind=BatchKind.BONUS))
        with bank.place.work() as work:
            assert work.batches.get(batch.id) == batch
            assert work.batches.entries(batch) == entries
        reversed_ = take_back(bank.place, batch)
        with bank.place.work() as work:
            assert work.batches.get(batch.id) == reversed_
            assert work.batches.entries(batch) == ()
            with pytest.raises(NoSuch):
                work.batches.get(BatchId(batch.id + 1000))
        with elsewhere.work() as work, pytest.raises(NoSuch):
            work.batches.get(batch.id)
        assert reversed_.total == Decimal("-1.50")
        assert bank.numbers(user_id, pool_id)[3] == "0.00"
        assert bank.differences() == []

    def test_a_batch_tells_what_happened_to_it(self, bank: Bank) -> None:
        """G-5: what it came to, and why it was taken back."""
        pool_id, user_id = bank.pool(), bank.place.member()
        batch, _ = make(bank.place, drafted(pool_id, {user_id: "2"}))
        take_back(bank.place, batch)
        booked, reversed_ = bank.place.told_rows("batch", batch.id)
        assert (booked.name, booked.data["total"], booked.data["lines"]) == ("batch_booked", "2.00", 1)
        assert (reversed_.name, reversed_.data["reason"], reversed_.data["entries"]) == (
            "batch_reversed",
            "a mistake",
            1,
        )

    def test_one_stands_for_its_period_and_what_was_reversed_may_be_made_again(self, bank: Bank) -> None:
        """P-7: whatever a use case overlooks, another that stands for the same is stale."""
        pool_id, other_pool, user_id = bank.pool(), bank.pool(), bank.place.member()
        draft = drafted(pool_id, {user_id: "1"})
        batch, _ = make(bank.place, draft)
        with pytest.raises(Stale):
            make(bank.place, draft)
        others = [
            make(bank.place, each)[0]
            for each in (
                evolve(draft, pool_id=other_pool),
                evolve(draft, period="2026-11-21", at=MOMENT + HOUR),
                evolve(draft, kind=BatchKind.CAP),
                evolve(draft, rule="Treue"),
            )
        ]
        reversed_ = take_back(bank.place, batch)
        again, _ = make(bank.place, draft)
        with bank.place.work() as work:
            assert work.batches.of(pool_id, BatchKind.DECAY, "", "2026-11-20") == (reversed_, again)
            assert work.batches.of(pool_id, BatchKind.DECAY, "treue", "2026-11-20") == ()
            of_day = work.batches.of_period(BatchKind.DECAY, "2026-11-20")
            assert of_day == (reversed_, others[0], others[3], again)
            assert work.batches.standing(pool_id, BatchKind.DECAY, MOMENT + HOUR) == (others[3], again)

    def test_what_was_given_for_a_raid_is_found_by_it_while_it_stands(self, bank: Bank, elsewhere: Place) -> None:
        """P-9, G-1: of any kind and pool, in order of id; another guild's raid of that id is another."""
        pool_id, user_id, raid_id = bank.pool(), bank.place.member(), RaidId(7)
        kill = evolve(drafted(pool_id, {user_id: "1"}, kind=BatchKind.BONUS, period="kill"), raid_id=raid_id)
        wipe = evolve(drafted(bank.pool(), {user_id: "-1"}, kind=BatchKind.PENALTY, period="wipe"), raid_id=raid_id)
        first, second, gone = (make(bank.place, each)[0] for each in (kill, wipe, evolve(kill, period="other")))
        take_back(bank.place, gone)
        make(bank.place, evolve(kill, period="third", raid_id=RaidId(8)))
        make(bank.place, evolve(kill, period="none", raid_id=None))
        with bank.place.work() as work:
            assert work.batches.of_raid(raid_id) == (first, second)
        with elsewhere.work() as work:
            assert work.batches.of_raid(raid_id) == ()

    def test_all_entries_are_those_that_reverse_others_too(self, bank: Bank) -> None:
        """P-7, P-14: and whom it left alone is kept with it."""
        pool_id, one, other = bank.pool(), bank.place.member(), bank.place.member()
        draft = evolve(drafted(pool_id, {one: "1", other: "2"}), exempt=frozenset({UserId(3), UserId(11)}))
        batch, entries = make(bank.place, draft)
        singly = evolve(bank.reversal(entries[0]), reason="Dispute 1 was upheld")
        bank.book(singly)
        bank.give(one, pool_id, "5", occurred_at=batch.at)
        with bank.place.work() as work:
            found = work.batches.all_entries(work.batches.get(batch.id))
            assert work.batches.get(batch.id).exempt == {3, 11}
        assert found == tuple(sorted((*entries, singly), key=lambda each: each.id))
        reversed_ = take_back(bank.place, batch)
        with bank.place.work() as work:
            found = work.batches.all_entries(batch)
        assert len(found) == 4
        assert reversed_.taken_back_singly(found) == (entries[0],)

    def test_two_that_stand_for_the_same_never_commit_both(self, bank: Bank) -> None:
        """P-7, P-13: though neither sees the other."""
        pool_id, user_id = bank.pool(), bank.place.member()
        draft, place = drafted(pool_id, {user_id: "1"}), bank.place
        batch = Batch.make(BatchId(place.installation.ids.next("batch")), draft, (), at=NIGHT, by=place.by)
        with place.work() as work:
            work.batches.save(batch)
            rival = Rival(lambda: make(place, draft))
        assert isinstance(rival.outcome(), Stale)
        with place.work() as work:
            assert [each.id for each in work.batches.of(pool_id, BatchKind.DECAY, "", "2026-11-20")] == [batch.id]

    def test_the_last_runs_are_told_by_kind_and_rule(self, bank: Bank) -> None:
        """P-7: reversed ones too; bonuses for raids, and other pools, are none."""
        pool_id, user_id = bank.pool(), bank.place.member()
        first, _ = make(bank.place, drafted(pool_id, {user_id: "1"}))
        last, _ = make(bank.place, drafted(pool_id, {user_id: "1"}, period="2026-11-21", at=MOMENT + HOUR))
        take_back(bank.place, last)
        make(bank.place, drafted(pool_id, {}, kind=BatchKind.BONUS, rule="Treue", at=MOMENT - DAY))
        make(bank.place, drafted(pool_id, {}, kind=BatchKind.BONUS, rule="Treue", period="raid:7"))
        make(bank.place, drafted(bank.pool(), {}, kind=BatchKind.CAP))
        with bank.place.work() as work:
            assert work.batches.last_runs(pool_id) == {
                (BatchKind.DECAY, ""): MOMENT + HOUR,
                (BatchKind.BONUS, "Treue"): MOMENT - DAY,
            }
        assert first.at == MOMENT

    def test_batches_are_listed_the_newest_first_and_filtered(self, bank: Bank, elsewhere: Place) -> None:
        """P-7, G-1."""
        pool_id, user_id = bank.pool(), bank.place.member()
        make(elsewhere, drafted(Bank(elsewhere).pool(), {}))
        decay, _ = make(bank.place, drafted(pool_id, {user_id: "-2.50"}))
        cap, _ = make(bank.place, drafted(bank.pool(), {}, kind=BatchKind.CAP))
        take_back(bank.place, decay)
        with bank.place.views() as views:
            found = {
                wanted: [row.id for row in views.batches(wanted, page=EVERYTHING).results]
                for wanted in (
                    BatchFilter(),
                    BatchFilter(pool_id=pool_id),
                    BatchFilter(kind=BatchKind.CAP),
                    BatchFilter(reversed=True),
                    BatchFilter(pool_id=pool_id, reversed=False),
                )
            }
            assert list(found.values()) == [[cap.id, decay.id], [decay.id], [cap.id], [decay.id], []]
            beyond = views.batches(BatchFilter(), page=PageRequest(3, 1))
            assert (beyond.results, beyond.count) == ((), 2)
            row = views.batch(decay.id)
            assert (row.total, row.title, row.reversed_by, row.reversed_kind) == (
                "-2.50",
                "Été 🐉",
                "operator",
                ActorKind.OPERATOR,
            )
            with pytest.raises(NoSuch):
                views.batch(BatchId(decay.id + 1000))

    def test_the_lines_of_a_batch_are_those_of_the_ledger(self, bank: Bank) -> None:
        """P-7, P-14: by user; with what reverses them, and nothing else of the same moment."""
        place, pool_id = bank.place, bank.pool()
        first, second, other = (place.member() for _ in range(3))
        batch, entries = make(place, drafted(pool_id, {first: "-1", second: "-2"}))
        bank.book(
            bank.drafted(other, pool_id, "9", occurred_at=MOMENT),
            bank.drafted(first, pool_id, "9", occurred_at=MOMENT, source=Source(SourceKind.RAID, batch.id)),
        )
        reversal = bank.reversal(entries[1])
        bank.book(reversal)
        with place.views() as views:
            page = views.batch_lines(batch.id, page=EVERYTHING)
            assert [(row.entry_id, row.user_id, row.reversed_by) for row in page.results] == [
                (entries[0].id, first, None),
                (entries[1].id, second, reversal.id),
            ]
            assert [str(row.amount) for row in page.results] == ["-1.00", "-2.00"]
            last = views.batch_lines(batch.id, page=PageRequest(2, 1))
            assert ([row.user_id for row in last.results], last.count) == ([second], 2)
            assert views.batch_lines(batch.id, page=PageRequest(3, 1)).count == 2
            with pytest.raises(NoSuch):
                views.batch_lines(BatchId(batch.id + 1000), page=EVERYTHING)
        with place.work() as work:
            assert work.batches.entries(batch) == entries[:1]

    def test_adjustments_of_a_batch_are_found_and_reversed_together(self, bank: Bank) -> None:
        """P-8: each once; one that was reversed meanwhile leaves all of it undone."""
        place, pool_id = bank.place, bank.pool()
        batch_id = BatchId(place.installation.ids.next("batch"))
        users = [place.member() for _ in range(3)]
        made = [evolve(bank.drafted_adjustment(each, pool_id), batch_id=batch_id) for each in users]
        alone = bank.drafted_adjustment(users[0], pool_id)
        bank.adjust(*made)
        bank.adjust(alone)
        draft = drafted(pool_id, {}, kind=BatchKind.ADJUSTMENT, period=str(batch_id))
        with place.work() as work:
            work.batches.save(Batch.make(batch_id, draft, (), at=NIGHT, by=place.by))
        with place.work() as work:
            assert work.adjustments.of_batch(batch_id) == tuple(made)
            assert [each.id for each in work.batches.entries(work.batches.get(batch_id))] == [
                each.entry_id for each in made
            ]
        with place.views() as views:
            page = views.batch_lines(batch_id, page=EVERYTHING)
        assert [row.entry_id for row in page.results] == [each.entry_id for each in made]
        reversed_ = [each.reverse(reason="x", at=NIGHT) for each in made]
        told = AdjustmentReversed(adjustments=told_of(made), reason="x")
        bank.take_back(made[0].id)
        with pytest.raises(Stale), place.work() as work:
            work.adjustments.reverse_all(reversed_, told)
        with place.work() as work:
            work.adjustments.reverse_all(reversed_[1:], told)
        with place.work() as work:
            assert [each.reversed_at for each in work.adjustments.of_batch(batch_id)] == [NIGHT] * 3
            assert work.adjustments.get(alone.id).reversed_at is None


class PastBalancesContract(Contract):
    """The port `Ledger`, as to what was before a moment."""

    @pytest.fixture
    def bank(self, place: Place) -> Bank:
        """Points in the guild of the test."""
        return Bank(place)

    def test_what_occurred_before_counts_and_what_batches_booked_at_that_moment(
        self, bank: Bank, elsewhere: Place
    ) -> None:
        """P-4, P-7: whenever it was recorded."""
        place, pool_id, other_pool = bank.place, bank.pool(), bank.pool()
        one, other = place.member(), place.member()
        foreign = Bank(elsewhere)
        foreign.give(one, foreign.pool(), "1000")
        moment = RECORDED
        for amount, at in (("1", moment - DAY), ("10", moment - timedelta(microseconds=1)), ("100", moment)):
            bank.give(one, pool_id, amount, occurred_at=at)
        bank.give(other, pool_id, "7", occurred_at=moment + HOUR)
        bank.give(other, other_pool, "5", occurred_at=moment - DAY)
        make(place, drafted(pool_id, {one: "-0.50"}, at=moment))
        make(place, drafted(pool_id, {one: "-0.25"}, at=moment + HOUR, period="later"))
        with place.work() as work:
            work.ledger.append([bank.drafted(one, pool_id, "1000", occurred_at=moment - DAY)])
            assert work.ledger.as_of(pool_id, moment) == {one: Points.of("1010.50"), other: ZERO}
            assert list(work.ledger.as_of(pool_id, moment)) == sorted([one, other])

    def test_the_entries_up_to_a_moment_are_told_by_user(self, bank: Bank) -> None:
        """P-6: with those at it, in order of occurred at, then id; of this pool alone."""
        place, pool_id = bank.place, bank.pool()
        one, other = place.member(), place.member()
        late = bank.give(one, pool_id, "1", occurred_at=RECORDED)
        early = bank.give(one, pool_id, "2", occurred_at=RECORDED - DAY)
        theirs = bank.give(other, pool_id, "3", occurred_at=RECORDED - DAY)
        bank.give(other, pool_id, "4", occurred_at=RECORDED + timedelta(microseconds=1))
        bank.give(other, bank.pool(), "5", occurred_at=RECORDED - DAY)
        with place.work() as work:
            assert work.ledger.up_to(pool_id, RECORDED) == {one: (early, late), other: (theirs,)}

    def test_whose_balance_was_asked_for_is_waited_for(self, bank: Bank) -> None:
        """P-13: what somebody else books meanwhile comes after it."""
        place, pool_id, user_id = bank.place, bank.pool(), bank.place.member()
        bank.give(user_id, pool_id, "10")
        with place.work() as work:
            before = work.ledger.as_of(pool_id, NIGHT)
            rival = Rival(lambda: bank.give(user_id, pool_id, "5"))
            assert work.ledger.as_of(pool_id, NIGHT) == before
        rival.outcome()
        assert bank.differences() == []

    def test_what_was_brought_within_bounds_was_not_earned(self, bank: Bank) -> None:
        """P-6: nor is it taken off what was earned in the week; what a cap cut off a bonus is."""
        place, pool_id, user_id = bank.place, bank.pool(), bank.place.member()
        bank.give(user_id, pool_id, "10")
        of_bonus, of_bounds = Source(SourceKind.BATCH, 1), Source(SourceKind.BATCH, 2, BOUNDS)
        of_adjustment = Source(SourceKind.ADJUSTMENT, 1)
        bank.book(
            *(
                bank.drafted(user_id, pool_id, amount, kind=EntryKind.CAP, source=source)
                for amount, source in (("-1", of_bonus), ("-2", of_bounds), ("-4", of_adjustment))
            )
        )
        with place.work() as work:
            earned = work.ledger.earned(pool_id, [user_id], Period(RECORDED - DAY, NIGHT))
        assert earned == {user_id: Points.of(9)}


class TurnoutContract(Contract):
    """The port `Turnout`."""

    def test_active_members_are_told_with_when_they_joined(self, place: Place) -> None:
        """P-6: guests, applicants and who has left are none."""
        member, left, guest = place.user("member"), place.user("left"), place.user("guest")
        for user_id in (member, left):
            join(place, user_id, NIGHT - 3 * DAY)
        join(place, guest, NIGHT)
        end_membership(place, left)
        with place.work() as work:
            work.memberships.save(work.memberships.get(guest).move_to(RoleGroup.GUEST, reason="x"))
        with place.work() as work:
            found = work.turnout.members()
            assert found[member] == NIGHT - 3 * DAY
            assert not {left, guest} & set(found)
            assert list(found) == sorted(found)

    def test_who_came_is_counted_by_the_raid_s_start(self, place: Place) -> None:
        """D-9: standing by is attending, an excused absence is not; half-open; cancelled raids are none."""
        raiding = Raiding.at(place)
        came, stood_by, excused = place.member(), place.member(), place.member()
        start, end = NIGHT - 10 * DAY, NIGHT - DAY
        raiding.raid(start, {came: Presence.PRESENT, excused: Presence.ABSENT_EXCUSED})
        raiding.raid(end - HOUR, {stood_by: Presence.STANDBY})
        raiding.raid(end, [excused])
        raiding.cancel(raiding.raid(start + DAY, [excused]))
        with place.work() as work:
            assert work.turnout.attended(Period(start, end)) == {came, stood_by}

    @pytest.mark.parametrize(("days", "expected"), [(30, (1, 2)), (60, (2, 3)), (90, (2, 4)), (0, (2, 5))])
    def test_attendance_is_that_of_the_standings(self, place: Place, days: int, expected: tuple[int, int]) -> None:
        """P-9, D-9: in windows that end at any moment, or from the beginning."""
        raiding = Raiding.at(place)
        user_id, other = place.user("somebody"), place.member()
        join(place, user_id, NIGHT - 300 * DAY)
        at = NIGHT - 5 * DAY
        for ago, there in ((2, True), (3, False), (40, True), (70, False), (100, False)):
            raiding.raid(at - ago * DAY, [user_id, other] if there else [other])
        raiding.raid(at, [user_id])
        with place.work() as work:
            assert work.turnout.attendance(days, at)[user_id] == expected

    def test_users_are_told_with_their_mains_and_ranks(self, place: Place) -> None:
        """P-6: an alt's rank is not its owner's."""
        one, other = place.user("One"), place.user("Other")
        high, low = place.rank("High"), place.rank("Low")
        place.character("Hero", owner=one, is_main=True, rank_id=high)
        with place.work() as work:
            assert [(each.user_id, each.username, each.main) for each in work.turnout.named([other, one])] == [
                (one, "One", "Hero"),
                (other, "Other", None),
            ]
            assert work.turnout.with_rank([high]) == {one}
            assert work.turnout.with_rank([low, 99]) == frozenset()

"""What every adapter of the points context keeps to, as to disputes and what explains a number."""

from __future__ import annotations

import pytest
from attrs import evolve

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import DisputeId, EntryId, PoolId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points import (
    BalancePartRow,
    Bucket,
    Dispute,
    DisputeFilter,
    DisputeRow,
    DisputeStatus,
    Entry,
    EntryKind,
    HistoryFilter,
    Source,
    SourceKind,
)
from tests.integration.contracts.deeds import HOUR, RECORDED, Bank
from tests.integration.contracts.installation import all_at_once
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place
from tests.integration.contracts.suite import Contract


class DisputesContract(Contract):
    """The port `Disputes`, and the views of disputes and of what stands beside an entry."""

    @pytest.fixture
    def bank(self, place: Place) -> Bank:
        """Points in the guild of the test."""
        return Bank(place)

    @pytest.fixture
    def pool_id(self, bank: Bank) -> PoolId:
        """A pool of that guild."""
        return bank.pool()

    @pytest.fixture
    def user_id(self, place: Place) -> UserId:
        """A member of it."""
        return place.member("hero")

    def made(self, bank: Bank, entry: Entry, text: str = "Stimmt nicht 🐉") -> Dispute:
        """A dispute of an entry by its user."""
        dispute_id = DisputeId(bank.place.installation.ids.next("dispute"))
        dispute = Dispute.make(dispute_id, bank.place.guild_id, entry, made_by=entry.user_id, text=text, at=NIGHT)
        with bank.place.work() as work:
            work.disputes.save(dispute)
        return dispute.saved()

    def test_a_dispute_comes_back_as_it_was(self, bank: Bank, pool_id: PoolId, user_id: UserId) -> None:
        """P-14, G-9: and its events are stored."""
        dispute = self.made(bank, bank.give(user_id, pool_id, "5"))
        with bank.place.work() as work:
            assert work.disputes.get(dispute.id) == dispute
            assert work.disputes.made_by(user_id) == (dispute,)
            rejected = dispute.reject(reason="Doch", by=bank.place.by, at=NIGHT + HOUR)
            work.disputes.save(rejected)
        with bank.place.work() as work:
            assert work.disputes.get(dispute.id) == rejected.saved()
            work.disputes.save(rejected.saved().emptied())
        with bank.place.work() as work:
            assert work.disputes.get(dispute.id).text == ""
        assert bank.place.told("dispute", dispute.id) == ["dispute_made", "dispute_rejected"]

    def test_an_entry_has_one_open_dispute(self, bank: Bank, pool_id: PoolId, user_id: UserId) -> None:
        """P-14: whoever comes second has lost a race; once it is decided there may be another."""
        entry = bank.give(user_id, pool_id, "5")
        first = self.made(bank, entry)
        with pytest.raises(Stale):
            self.made(bank, entry)
        with bank.place.work() as work:
            assert work.disputes.open_on(entry.id) == first
            assert work.disputes.count_open(user_id) == 1
            work.disputes.save(first.withdraw(bank.place.by, NIGHT))
        with bank.place.work() as work:
            assert work.disputes.open_on(entry.id) is None
            assert work.disputes.count_open(user_id) == 0
        self.made(bank, entry)

    def test_of_many_at_once_one_disputes(self, bank: Bank, pool_id: PoolId, user_id: UserId) -> None:
        """P-14, P-13: real connections; the others lost the race, or were told that there is one."""
        entry = bank.give(user_id, pool_id, "5")

        def dispute() -> None:
            self.made(bank, entry)

        outcomes = all_at_once(*[dispute] * 4)
        assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "Stale", "Stale", "Stale"]

    def test_a_dispute_is_decided_once(self, bank: Bank, pool_id: PoolId, user_id: UserId) -> None:
        """P-14: what was read before somebody else decided can't be saved."""
        dispute = self.made(bank, bank.give(user_id, pool_id, "5"))
        with bank.place.work() as work:
            work.disputes.save(dispute.reject(reason="no", by=bank.place.by, at=NIGHT))
        with pytest.raises(Stale), bank.place.work() as work:
            work.disputes.save(dispute.uphold([], reason="", by=bank.place.by, at=NIGHT))

    def test_disputes_are_listed_with_their_entries(
        self, bank: Bank, pool_id: PoolId, user_id: UserId, elsewhere: Place
    ) -> None:
        """P-14, G-1: the newest first, by every filter; another guild sees none."""
        entry = bank.book(bank.drafted(user_id, pool_id, "-5", kind=EntryKind.PENALTY, reason="spät"))[0]
        first, second = self.made(bank, entry), self.made(bank, bank.give(user_id, bank.pool(), "7"))
        with bank.place.work() as work:
            work.disputes.save(second.reject(reason="no", by=bank.place.by, at=NIGHT))
        with bank.place.views() as views:
            row = views.dispute(first.id)
            assert row == DisputeRow(
                id=first.id,
                entry_id=entry.id,
                user_id=user_id,
                pool_id=pool_id,
                kind=EntryKind.PENALTY,
                amount=Points.of("-5"),
                entry_reason="spät",
                occurred_at=entry.occurred_at,
                made_by=user_id,
                made_by_name="hero",
                text="Stimmt nicht 🐉",
                made_at=NIGHT,
                status=DisputeStatus.OPEN,
                decided_at=None,
                decided_kind=None,
                decided_by=None,
                reason="",
            )
            for wanted, found in (
                (DisputeFilter(), [second.id, first.id]),
                (DisputeFilter(status=DisputeStatus.OPEN), [first.id]),
                (DisputeFilter(pool_id=pool_id), [first.id]),
                (DisputeFilter(entry_id=second.entry_id), [second.id]),
                (DisputeFilter(user_id=user_id, made_by=user_id), [second.id, first.id]),
                (DisputeFilter(made_by=UserId(user_id + 1)), []),
            ):
                page = views.disputes(wanted, page=EVERYTHING)
                assert ([each.id for each in page.results], page.count) == (found, len(found))
            beyond = views.disputes(DisputeFilter(), page=PageRequest(2, 50))
            assert (beyond.results, beyond.count) == ((), 2)
        with elsewhere.views() as views:
            assert views.disputes(DisputeFilter(), page=EVERYTHING).count == 0
            with pytest.raises(NoSuch):
                views.dispute(first.id)
        with elsewhere.work() as work, pytest.raises(NoSuch):
            work.disputes.get(first.id)

    # --- what explains a number ---------------------------------------------------------------------------------------

    def test_beside_an_entry_stand_those_of_its_source_and_time(
        self, bank: Bank, pool_id: PoolId, user_id: UserId, elsewhere: Place
    ) -> None:
        """P-14: its cap entry and its reversal; of another user, time or source nothing."""
        source = Source(SourceKind.RAID, 7, 1)
        entry = bank.drafted(user_id, pool_id, "5", source=source)
        cap = bank.drafted(user_id, pool_id, "-2", kind=EntryKind.CAP, source=source)
        reversal = bank.reversal(entry)
        bank.book(
            entry,
            cap,
            reversal,
            bank.drafted(user_id, pool_id, "5", source=Source(SourceKind.RAID, 8, 1)),
            bank.drafted(user_id, pool_id, "5", source=source, occurred_at=RECORDED + HOUR),
            bank.drafted(bank.place.member(), pool_id, "5", source=source),
        )
        beside = (entry, cap, reversal)
        with bank.place.work() as work:
            assert work.ledger.beside(user_id, entry.id) == beside
            assert work.ledger.beside(user_id, reversal.id) == beside
            assert work.ledger.beside(bank.place.member(), entry.id) == ()
            assert work.ledger.beside(user_id, EntryId(10**9)) == ()
        with bank.place.views() as views:
            assert views.beside(user_id, cap.id) == beside
        with elsewhere.views() as views:
            assert views.beside(user_id, entry.id) == ()

    def test_a_balance_comes_apart_by_bucket_and_kind(self, bank: Bank, pool_id: PoolId, user_id: UserId) -> None:
        """P-14: sums and counts; as of a moment only what occurred before it, of this pool."""
        bank.give(user_id, pool_id, "5")
        bank.give(user_id, pool_id, "2.50")
        bank.give(user_id, bank.pool(), "99")
        moved = bank.drafted(user_id, pool_id, "-1", kind=EntryKind.TRANSFER, bucket=Bucket.EARNED)
        late = bank.drafted(user_id, pool_id, "-3", kind=EntryKind.AWARD, occurred_at=RECORDED + HOUR)
        bank.book(moved, late)
        attendance = BalancePartRow(
            bucket=Bucket.EARNED, kind=EntryKind.ATTENDANCE, amount=Points.of("7.50"), entries=2
        )
        transfer = BalancePartRow(bucket=Bucket.EARNED, kind=EntryKind.TRANSFER, amount=Points.of(-1), entries=1)
        award = BalancePartRow(bucket=Bucket.SPENT, kind=EntryKind.AWARD, amount=Points.of(-3), entries=1)
        with bank.place.views() as views:
            assert views.balance_parts(user_id, pool_id, None) == (attendance, transfer, award)
            assert views.balance_parts(user_id, pool_id, RECORDED + HOUR) == (attendance, transfer)
            assert views.balance_parts(bank.place.member(), pool_id, None) == ()

    def test_the_history_by_bucket_and_source(self, bank: Bank, pool_id: PoolId, user_id: UserId) -> None:
        """P-4, P-14: with the running balance of all entries."""
        raid = bank.drafted(user_id, pool_id, "5", source=Source(SourceKind.RAID, 7, 1))
        award = bank.drafted(user_id, pool_id, "-3", kind=EntryKind.AWARD, source=Source(SourceKind.AWARD, 7))
        bank.book(raid, award)
        for wanted, found in (
            (HistoryFilter(bucket=Bucket.SPENT), [award.id]),
            (HistoryFilter(source_kind=SourceKind.RAID), [raid.id]),
            (HistoryFilter(source_id=7), [raid.id, award.id]),
            (HistoryFilter(source_kind=SourceKind.RAID, source_id=8), []),
        ):
            assert [row.id for row in bank.history(user_id, wanted)] == found
        (row,) = bank.history(user_id, HistoryFilter(bucket=Bucket.SPENT))
        assert str(row.balance) == "2.00"

    def test_actors_have_names(self, bank: Bank, user_id: UserId) -> None:
        """P-14, G-5: users by their id; of the operator and of who is not known there is none."""
        with bank.place.views() as views:
            assert views.actor_name(ActorKind.USER, str(user_id)) == "hero"
            assert views.actor_name(ActorKind.USER, str(10**9)) is None
            assert views.actor_name(ActorKind.OPERATOR, "operator") is None
            assert views.actor_name(ActorKind.API_KEY, "no-such-key") is None

    def test_what_is_not_open_is_not_counted(self, bank: Bank, pool_id: PoolId, user_id: UserId) -> None:
        """P-14: nor is it open on the entry, when its text is emptied."""
        dispute = self.made(bank, bank.give(user_id, pool_id, "5"))
        with bank.place.work() as work:
            work.disputes.save(evolve(dispute.withdraw(bank.place.by, NIGHT), text=""))
        with bank.place.work() as work:
            assert work.disputes.open_on(dispute.entry_id) is None

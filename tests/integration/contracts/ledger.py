"""What every adapter of the points context keeps to, as to the ledger, the balances and the history."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from threading import Barrier, BrokenBarrierError
from typing import Final

import pytest
from attrs import evolve, frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import PoolId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import ZERO, Points
from dkp_core.points import (
    BUCKETS,
    Balance,
    BalanceOutOfRange,
    Bucket,
    Entry,
    EntryKind,
    HistoryFilter,
    HistoryRow,
    InForce,
    Policies,
    Source,
    SourceKind,
    book,
    hold_all,
    policies_row,
    take_back,
)
from dkp_core.points.events import PoliciesChanged
from tests.integration.contracts.deeds import DAY, HOUR, RECORDED, Bank, end_membership, join, numbers_of
from tests.integration.contracts.installation import Installation, all_at_once
from tests.integration.contracts.place import NIGHT, Place, discord_id_of
from tests.integration.contracts.suite import Contract

MOST: Final = "9999999999.99"
RETRIES_MAX: Final = 50

DECAY: Final = {"percent": "12.50", "schedule": {"every": 3, "unit": "days", "at": "04:30", "starts_on": "2026-11-20"}}
OF_A_RAID: Final = Source(SourceKind.RAID, 7, 2)


def until_it_succeeds(act: Callable[[], object]) -> Callable[[], object]:
    """The same, tried again when it lost a race."""

    def persist() -> object:
        for _ in range(RETRIES_MAX):
            try:
                return act()
            except Stale:
                continue
        raise AssertionError(f"it lost {RETRIES_MAX} races")

    return persist


class LedgerContract(Contract):
    """The port `Ledger`, and the view of balances."""

    @pytest.fixture
    def bank(self, place: Place) -> Bank:
        """Points in the guild of the test."""
        return Bank(place)

    # --- keeping ------------------------------------------------------------------------------------------------------

    def test_an_entry_comes_back_as_it_was(self, bank: Bank) -> None:
        """P-1, G-9: every value, whatever alphabet it is in."""
        user_id, pool_id = bank.place.member(), bank.pool()
        entry = evolve(
            bank.drafted(user_id, pool_id, "-12.34", kind=EntryKind.PENALTY, source=OF_A_RAID),
            reason="Zu spät 🐉",
            note="ночь\nund 'Anführung' \"\\",
            character_name="Élan d'Été",
            actor_kind=ActorKind.API_KEY,
            actor_id="key-1",
            occurred_at=RECORDED.replace(microsecond=123_457),
            recorded_at=RECORDED.replace(microsecond=999_999),
            policies_version=3,
        )
        bank.book(entry)
        with bank.place.work() as work:
            assert work.ledger.unreversed(Source(SourceKind.RAID, 7), [(user_id, entry.occurred_at)]) == (entry,)
        assert bank.history(user_id) == (
            HistoryRow(
                id=entry.id,
                pool_id=pool_id,
                kind=EntryKind.PENALTY,
                bucket="adjusted",
                amount=Points.of("-12.34"),
                balance=Points.of("-12.34"),
                reason=entry.reason,
                note=entry.note,
                character_name=entry.character_name,
                raid_id=7,
                source_kind=SourceKind.RAID,
                source_id=7,
                actor_kind=ActorKind.API_KEY,
                actor_id="key-1",
                actor_name=None,
                occurred_at=entry.occurred_at,
                recorded_at=entry.recorded_at,
                reverses=None,
                policies_version=3,
            ),
        )

    @pytest.mark.parametrize("kind", sorted(BUCKETS))
    def test_each_kind_counts_in_its_bucket(self, bank: Bank, kind: EntryKind) -> None:
        """P-2, P-3: what is spent is negative in the ledger, and positive in the balance."""
        user_id, pool_id = bank.place.member(), bank.pool()
        bank.book(bank.drafted(user_id, pool_id, "2.50", kind=kind))
        expected = {
            Bucket.EARNED: ["2.50", "0.00", "0.00", "2.50", "0.00", "2.50"],
            Bucket.SPENT: ["0.00", "-2.50", "0.00", "2.50", "0.00", "2.50"],
            Bucket.ADJUSTED: ["0.00", "0.00", "2.50", "2.50", "0.00", "2.50"],
        }
        assert bank.numbers(user_id, pool_id) == expected[BUCKETS[kind]]

    @pytest.mark.parametrize("bucket", list(Bucket))
    def test_a_transfer_counts_in_the_bucket_it_names(self, bank: Bank, bucket: Bucket) -> None:
        """P-2."""
        user_id, pool_id = bank.place.member(), bank.pool()
        bank.book(bank.drafted(user_id, pool_id, "-1", kind=EntryKind.TRANSFER, bucket=bucket))
        expected = Balance().moved_by([bank.drafted(user_id, pool_id, "-1", kind=EntryKind.TRANSFER, bucket=bucket)])
        row = bank.balance(user_id, pool_id)
        assert (row.earned, row.spent, row.adjusted) == (expected.earned, expected.spent, expected.adjusted)

    def test_a_refund_takes_from_what_was_spent(self, bank: Bank) -> None:
        """P-3: spent is awards net of refunds."""
        user_id, pool_id = bank.place.member(), bank.pool()
        bank.give(user_id, pool_id, "10")
        bank.book(bank.drafted(user_id, pool_id, "-8", kind=EntryKind.AWARD))
        bank.book(bank.drafted(user_id, pool_id, "3", kind=EntryKind.REFUND))
        assert bank.numbers(user_id, pool_id) == ["10.00", "5.00", "0.00", "5.00", "0.00", "5.00"]

    def test_a_reversal_takes_back_what_the_entry_gave(self, bank: Bank) -> None:
        """P-2, G-4: of the same kind, from the same time on; both stay in the history."""
        user_id, pool_id = bank.place.member(), bank.pool()
        entry = bank.give(user_id, pool_id, "10")
        (reversal,) = bank.book(bank.reversal(entry))
        assert bank.numbers(user_id, pool_id)[0] == "0.00"
        assert [(row.id, row.reverses, str(row.balance)) for row in bank.history(user_id)] == [
            (entry.id, None, "10.00"),
            (reversal.id, entry.id, "0.00"),
        ]

    def test_entries_of_one_transaction_add_up(self, bank: Bank) -> None:
        """P-3: over several calls, users and pools, in any order."""
        users, pools = [bank.place.member() for _ in range(3)], [bank.pool() for _ in range(2)]
        entries = [bank.drafted(user, pool, "1.01") for user in users for pool in pools for _ in range(3)]
        random.Random(1).shuffle(entries)
        with bank.place.work() as work:
            for start in range(0, len(entries), 4):
                work.ledger.append(entries[start : start + 4])
        assert {bank.numbers(user, pool)[3] for user in users for pool in pools} == {"3.03"}
        assert bank.differences() == []

    def test_nothing_appended_changes_nothing(self, bank: Bank) -> None:
        user_id, pool_id = bank.place.member(), bank.pool()
        bank.book()
        assert bank.numbers(user_id, pool_id) == ["0.00"] * 6

    def test_what_a_failed_block_appended_is_forgotten(self, bank: Bank) -> None:
        """G-6, P-3: neither entry nor balance."""
        user_id, pool_id = bank.place.member(), bank.pool()
        entry = bank.drafted(user_id, pool_id, "1")

        def append_and_fail() -> None:
            with bank.place.work() as work:
                work.ledger.append([entry])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            append_and_fail()
        assert bank.numbers(user_id, pool_id)[3] == "0.00"
        assert bank.history(user_id) == ()

    # --- what was not reversed ----------------------------------------------------------------------------------------

    def test_what_was_reversed_is_not_told_as_standing(self, bank: Bank) -> None:
        """G-4: neither the entry nor its reversal; the others in order of id, of any part of the source."""
        user_id, pool_id = bank.place.member(), bank.pool()
        entries = bank.book(
            *(bank.drafted(user_id, pool_id, "1", source=Source(SourceKind.RAID, 7, part)) for part in (3, 1, 2))
        )
        bank.book(bank.reversal(entries[1]))
        with bank.place.work() as work:
            assert work.ledger.unreversed(Source(SourceKind.RAID, 7), [(user_id, RECORDED)]) == (
                entries[0],
                entries[2],
            )

    def test_only_entries_of_that_source_user_and_time_are_told(self, bank: Bank, elsewhere: Place) -> None:
        """G-1: and of this guild."""
        user_id, other_id, pool_id = bank.place.member(), bank.place.member(), bank.pool()
        source = Source(SourceKind.RAID, 7)
        wanted, *_ = bank.book(
            bank.drafted(user_id, pool_id, "1", source=source),
            bank.drafted(user_id, pool_id, "2", source=Source(SourceKind.RAID, 8)),
            bank.drafted(user_id, pool_id, "3", source=Source(SourceKind.ADJUSTMENT, 7)),
            bank.drafted(user_id, pool_id, "4", source=source, occurred_at=RECORDED + HOUR),
            bank.drafted(other_id, pool_id, "5", source=source),
            bank.drafted(other_id, pool_id, "6", source=source, occurred_at=RECORDED + HOUR),
        )
        Bank(elsewhere).book(Bank(elsewhere).drafted(user_id, pool_id, "7", source=source))
        with bank.place.work() as work:
            assert work.ledger.unreversed(source, []) == ()
            assert work.ledger.unreversed(source, [(user_id, RECORDED), (user_id, RECORDED)]) == (wanted,)
            both = work.ledger.unreversed(source, [(user_id, RECORDED), (other_id, RECORDED + HOUR)])
        assert [str(entry.amount) for entry in both] == ["1.00", "6.00"]

    def test_a_transaction_sees_its_own_entries(self, bank: Bank) -> None:
        user_id, pool_id = bank.place.member(), bank.pool()
        entries = [bank.drafted(user_id, pool_id, "1", source=OF_A_RAID) for _ in range(2)]
        lines = [(user_id, RECORDED)]
        with bank.place.work() as work:
            work.ledger.append(entries[:1])
            assert work.ledger.unreversed(OF_A_RAID, lines) == (entries[0],)
            work.ledger.append(entries[1:])
            work.ledger.append([bank.reversal(entries[0])])
            assert work.ledger.unreversed(OF_A_RAID, lines) == (entries[1],)
        assert bank.numbers(user_id, pool_id)[3] == "1.00"

    # --- limits -------------------------------------------------------------------------------------------------------

    def test_a_balance_may_reach_the_limit(self, bank: Bank) -> None:
        """G-3: ±9,999,999,999.99."""
        rich, poor, pool_id = bank.place.member(), bank.place.member(), bank.pool()
        bank.give(rich, pool_id, "9999999999.98")
        bank.give(rich, pool_id, "0.01")
        bank.book(bank.drafted(poor, pool_id, f"-{MOST}", kind=EntryKind.PENALTY))
        assert bank.numbers(rich, pool_id)[3] == MOST
        assert bank.numbers(poor, pool_id)[3] == f"-{MOST}"

    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ((EntryKind.ATTENDANCE, MOST), (EntryKind.ATTENDANCE, "0.01")),
            ((EntryKind.ATTENDANCE, f"-{MOST}"), (EntryKind.ATTENDANCE, "-0.01")),
            ((EntryKind.AWARD, MOST), (EntryKind.AWARD, "0.01")),
            ((EntryKind.AWARD, f"-{MOST}"), (EntryKind.AWARD, "-0.01")),
            ((EntryKind.PENALTY, MOST), (EntryKind.PENALTY, "0.01")),
            ((EntryKind.PENALTY, f"-{MOST}"), (EntryKind.PENALTY, "-0.01")),
            ((EntryKind.ATTENDANCE, MOST), (EntryKind.ADJUSTMENT, "0.01")),
            ((EntryKind.PENALTY, f"-{MOST}"), (EntryKind.AWARD, "-0.01")),
        ],
    )
    def test_no_number_of_a_balance_passes_the_limit(
        self, bank: Bank, first: tuple[EntryKind, str], second: tuple[EntryKind, str]
    ) -> None:
        """G-3, P-3: neither a bucket nor the current balance; and then nothing of the transaction is kept."""
        user_id, other_id, pool_id = bank.place.member(), bank.place.member(), bank.pool()
        bank.book(bank.drafted(user_id, pool_id, first[1], kind=first[0]))
        before = bank.numbers(user_id, pool_id)
        beyond = bank.drafted(user_id, pool_id, second[1], kind=second[0])
        with pytest.raises(BalanceOutOfRange):
            bank.book(bank.drafted(other_id, pool_id, "1"), beyond)
        assert bank.numbers(user_id, pool_id) == before
        assert bank.numbers(other_id, pool_id)[3] == "0.00"
        assert len(bank.history(user_id)) == 1
        assert bank.history(other_id) == ()

    def test_whose_balance_passes_the_limit_is_named(self, bank: Bank) -> None:
        """G-8: where it is a single one that moves."""
        user_id, pool_id = bank.place.member(), bank.pool()
        bank.give(user_id, pool_id, MOST)
        with pytest.raises(BalanceOutOfRange) as refusal:
            bank.give(user_id, pool_id, MOST)
        assert (refusal.value.pool_id, refusal.value.user_id) == (pool_id, user_id)

    # --- at once ------------------------------------------------------------------------------------------------------

    def test_whoever_appends_at_once_nothing_is_lost(self, bank: Bank) -> None:
        """P-13: no balance needs to exist before, and all of them move the same ones."""
        users, pools = [bank.place.member() for _ in range(4)], [bank.pool() for _ in range(2)]

        def append(number: int) -> None:
            moved = [(user, pool) for user in users for pool in pools]
            random.Random(number).shuffle(moved)
            bank.book(*(bank.drafted(user, pool, "0.01") for user, pool in moved))

        outcomes = all_at_once(*(until_it_succeeds(partial(append, number)) for number in range(8)))
        assert outcomes == [None] * 8
        assert {bank.numbers(user, pool)[3] for user in users for pool in pools} == {"0.08"}
        assert {len(bank.history(user)) for user in users} == {16}
        assert bank.differences() == []

    # --- under policies -----------------------------------------------------------------------------------------------

    def test_what_is_held_is_what_was_booked(self, bank: Bank) -> None:
        """P-3, P-13: also what this transaction booked; who has none yet has nothing, and can be held as well."""
        has, has_not, pool_id = bank.place.member(), bank.place.member(), bank.pool()
        bank.give(has, pool_id, "7")
        with bank.place.work() as work:
            assert work.ledger.held(pool_id, []) == {}
            work.ledger.append([bank.drafted(has, pool_id, "-2.50", kind=EntryKind.AWARD)])
            held = work.ledger.held(pool_id, {has, has_not})
        assert held == {has: Balance(earned=Points.of(7), spent=Points.of("2.50")), has_not: Balance()}
        assert bank.differences() == []

    def test_what_was_earned_in_a_period(self, bank: Bank) -> None:
        """P-6, G-2: half-open, of one pool, net of what caps took; adjustments, start points and merges are not."""
        user_id, other, pool_id = bank.place.member(), bank.place.member(), bank.pool()
        week = Period(RECORDED - 7 * DAY, RECORDED)
        membership = Source(SourceKind.MEMBERSHIP, user_id)
        bank.book(
            bank.drafted(user_id, pool_id, "10", occurred_at=week.start),
            bank.drafted(user_id, pool_id, "-4", kind=EntryKind.CAP, occurred_at=week.start),
            bank.drafted(user_id, pool_id, "2", kind=EntryKind.SHARE, occurred_at=week.end - HOUR),
            bank.drafted(user_id, pool_id, "50", kind=EntryKind.ADJUSTMENT, occurred_at=week.start),
            bank.drafted(user_id, pool_id, "30", kind=EntryKind.START, occurred_at=week.start),
            bank.drafted(user_id, pool_id, "70", kind=EntryKind.TRANSFER, occurred_at=week.start, bucket=Bucket.EARNED),
            evolve(bank.drafted(user_id, pool_id, "-5", kind=EntryKind.CAP, occurred_at=week.start), source=membership),
            bank.drafted(user_id, pool_id, "100", occurred_at=week.end),
            bank.drafted(user_id, pool_id, "100", occurred_at=week.start - HOUR),
            bank.drafted(user_id, bank.pool("Elsewhere"), "100", occurred_at=week.start),
        )
        with bank.place.work() as work:
            work.ledger.append([bank.drafted(user_id, pool_id, "0.50", kind=EntryKind.BONUS, occurred_at=week.start)])
            assert work.ledger.earned(pool_id, {user_id, other}, week) == {user_id: Points.of("8.50")}

    def test_policies_are_kept_in_versions(self, bank: Bank, elsewhere: Place) -> None:
        """P-6, G-1: the latest counts; each stays what it was; a version that somebody else made first is stale."""
        pool_id = bank.pool()
        versions = [
            InForce(
                version=number, policies=Policies.of({"cap": number * 10, "decay": DECAY}, "policies"), changed_at=NIGHT
            )
            for number in (1, 2)
        ]
        event = PoliciesChanged(pool_id=pool_id, policies_version=1, changes=())
        with bank.place.work() as work:
            assert work.policies.of(pool_id) == InForce()
            for version in versions:
                work.policies.append(pool_id, version, event)
                assert work.policies.of(pool_id) == version
        with bank.place.work() as work:
            assert work.policies.all(pool_id) == (InForce(), *versions)
        with pytest.raises(Stale), bank.place.work() as work:
            work.policies.append(pool_id, versions[1], event)
        with elsewhere.work() as work:
            assert work.policies.all(pool_id) == (InForce(),)
        with bank.place.views() as views:
            assert views.policies(pool_id) == tuple(map(policies_row, (*reversed(versions), InForce())))
        with elsewhere.views() as views, pytest.raises(NoSuch):
            views.policies(pool_id)

    def test_no_cap_is_passed_by_many_at_once(self, bank: Bank) -> None:
        """P-6, P-13: eight writers earn for the same users at once; the cap holds, and each entry is there."""
        pool_id, users = bank.pool(), [bank.place.member() for _ in range(3)]
        in_force = InForce(version=1, policies=Policies.of({"cap": "5", "weekly_cap": "4.50"}, "policies"))
        with bank.place.work() as work:
            event = PoliciesChanged(pool_id=pool_id, policies_version=1, changes=())
            work.policies.append(pool_id, in_force, event)

        def earn(number: int) -> None:
            with bank.place.work() as work:
                drafts = [bank.drafted(user, pool_id, "1", source=Source(SourceKind.IMPORT, number)) for user in users]
                book(work, drafts, ids=bank.place.installation.ids)

        outcomes = all_at_once(*(until_it_succeeds(partial(earn, number)) for number in range(8)))
        assert outcomes == [None] * 8
        assert {bank.numbers(user, pool_id)[3] for user in users} == {"4.50"}
        for user in users:
            kinds = [row.kind for row in bank.history(user)]
            assert (kinds.count(EntryKind.ATTENDANCE), kinds.count(EntryKind.CAP)) == (8, 4)
        assert bank.differences() == []

    def test_who_takes_back_and_books_anew_waits_in_no_circle(self, bank: Bank) -> None:
        """P-6, P-13: each takes back from one and gives to the other, under a cap; nobody has to try again."""
        pool_id, users = bank.pool(), [bank.place.member() for _ in range(2)]
        in_force = InForce(version=1, policies=Policies.of({"cap": "500"}, "policies"))
        with bank.place.work() as work:
            event = PoliciesChanged(pool_id=pool_id, policies_version=1, changes=())
            work.policies.append(pool_id, in_force, event)
        ids, by = bank.place.installation.ids, bank.place.by
        given = [bank.give(user, pool_id, "1") for user in users]
        both = Barrier(2)

        def correct(number: int) -> None:
            with bank.place.work() as work:
                old = [given[number]]
                new = [bank.drafted(users[1 - number], pool_id, "1")]
                hold_all(work, [*old, *new])
                take_back(work, old, reason="corrected", ids=ids, at=NIGHT, by=by)
                work.ledger.held(pool_id, [])  # what is taken back is written
                # Who has both waits for nobody, and the other does not come here before that is done.
                with suppress(BrokenBarrierError):
                    both.wait(0.5)
                book(work, new, ids=ids)

        assert all_at_once(*(partial(correct, number) for number in range(2))) == [None] * 2
        assert {bank.numbers(user, pool_id)[3] for user in users} == {"1.00"}
        assert bank.differences() == []

    # --- guilds -------------------------------------------------------------------------------------------------------

    def test_a_user_of_two_guilds_has_points_in_each(self, bank: Bank, elsewhere: Place) -> None:
        """G-1, P-1: neither sees the other's."""
        there = Bank(elsewhere)
        user_id = bank.place.member()
        join(elsewhere, user_id, NIGHT)
        here_pool, there_pool = bank.pool(), there.pool()
        bank.give(user_id, here_pool, "1")
        there.give(user_id, there_pool, "2")
        with bank.place.views() as views:
            assert [(row.pool_id, str(row.current)) for row in views.balances(user_id).balances] == [
                (here_pool, "1.00")
            ]
            with pytest.raises(NoSuch):
                views.balance(user_id, there_pool)
        assert [str(row.amount) for row in bank.history(user_id)] == ["1.00"]
        assert [str(row.amount) for row in there.history(user_id)] == ["2.00"]
        assert bank.differences() == there.differences() == []

    # --- balances -----------------------------------------------------------------------------------------------------

    def test_a_user_has_a_balance_in_every_pool(self, bank: Bank) -> None:
        """P-3: 0 where nothing ever moved; archived pools too, in order of id; by Discord id as well."""
        user_id = bank.place.member("Élodie")
        pools = [bank.pool("zeta"), bank.pool("beta", archived=True), bank.pool("alpha")]
        bank.give(user_id, pools[1], "5")
        with bank.place.views() as views:
            found = views.balances(user_id)
            assert views.balances_of_discord_id(discord_id_of(user_id)) == found
        assert (found.user_id, found.username, found.discord_id) == (user_id, "Élodie", discord_id_of(user_id))
        assert [(row.pool_id, row.pool_name, str(row.current)) for row in found.balances] == [
            (pools[0], "zeta", "0.00"),
            (pools[1], "beta", "5.00"),
            (pools[2], "alpha", "0.00"),
        ]
        assert bank.balance(user_id, pools[1]) == found.balances[1]

    def test_a_guild_without_pools_has_no_balances(self, place: Place) -> None:
        user_id = place.member()
        with place.views() as views:
            assert views.balances(user_id).balances == ()

    def test_who_left_keeps_the_balance(self, bank: Bank) -> None:
        """P-17: and who never had a membership but has entries is known too."""
        left, imported, pool_id = bank.place.member(), bank.place.user(), bank.pool()
        for user_id in (left, imported):
            bank.give(user_id, pool_id, "5")
        end_membership(bank.place, left)
        assert bank.numbers(left, pool_id)[3] == bank.numbers(imported, pool_id)[3] == "5.00"
        assert len(bank.history(left)) == len(bank.history(imported)) == 1

    def test_who_has_no_place_in_the_guild_is_unknown(self, bank: Bank, elsewhere: Place) -> None:
        """G-1: another guild's member, and nobody at all; but a member without points is known."""
        pool_id = bank.pool()
        stranger, member = elsewhere.member(), bank.place.member()
        Bank(elsewhere).give(stranger, Bank(elsewhere).pool(), "1")
        with bank.place.views() as views:
            asked: list[Callable[[UserId], object]] = [
                views.balances,
                lambda user_id: views.balance(user_id, pool_id),
                lambda user_id: views.balances_of_discord_id(discord_id_of(user_id)),
                lambda user_id: views.balances_as_of(user_id, NIGHT, None),
                lambda user_id: views.history(user_id, HistoryFilter(), page=PageRequest(), newest_first=True),
                lambda user_id: views.history(user_id, HistoryFilter(), page=PageRequest(2), newest_first=False),
            ]
            for ask in asked:
                ask(member)
                for unknown in (stranger, UserId(0)):
                    with pytest.raises(NoSuch):
                        ask(unknown)
            with pytest.raises(NoSuch):
                views.balance(member, PoolId(0))

    # --- as of --------------------------------------------------------------------------------------------------------

    def test_what_occurred_before_a_moment_makes_the_balance_as_of_it(self, bank: Bank) -> None:
        """P-4, G-2: what occurs at that very moment is not before it."""
        user_id, pool_id, other_pool = bank.place.member(), bank.pool(), bank.pool()
        bank.book(
            bank.drafted(user_id, pool_id, "10", occurred_at=NIGHT - 3 * DAY),
            bank.drafted(user_id, pool_id, "-4", kind=EntryKind.AWARD, occurred_at=NIGHT - 2 * DAY),
            bank.drafted(user_id, pool_id, "1", kind=EntryKind.PENALTY, occurred_at=NIGHT - DAY),
        )

        def as_of(at: datetime) -> list[str]:
            with bank.place.views() as views:
                row = views.balances_as_of(user_id, at, None)
            assert [balance.pool_id for balance in row.balances] == [pool_id, other_pool]
            assert numbers_of(row.balances[1]) == ["0.00"] * 6
            return numbers_of(row.balances[0])[:4]

        assert as_of(NIGHT - 3 * DAY) == ["0.00", "0.00", "0.00", "0.00"]
        assert as_of(NIGHT - 3 * DAY + HOUR) == ["10.00", "0.00", "0.00", "10.00"]
        assert as_of(NIGHT - 2 * DAY) == ["10.00", "0.00", "0.00", "10.00"]
        assert as_of(NIGHT - DAY) == ["10.00", "4.00", "0.00", "6.00"]
        assert as_of(NIGHT) == ["10.00", "4.00", "1.00", "7.00"] == bank.numbers(user_id, pool_id)[:4]

    def test_what_was_recorded_later_was_not_known_yet(self, bank: Bank) -> None:
        """P-4: an entry written down late, and a reversal, which counts from when its entry did."""
        user_id, pool_id = bank.place.member(), bank.pool()
        entry, _ = bank.book(
            bank.drafted(user_id, pool_id, "10", occurred_at=NIGHT - 9 * DAY, recorded_at=NIGHT - 8 * DAY),
            bank.drafted(user_id, pool_id, "5", occurred_at=NIGHT - 9 * DAY, recorded_at=NIGHT - 2 * DAY),
        )
        bank.book(bank.reversal(entry, at=NIGHT - DAY))

        def known(known_at: datetime | None) -> str:
            with bank.place.views() as views:
                return str(views.balances_as_of(user_id, NIGHT - 5 * DAY, known_at).balances[0].current)

        assert [known(NIGHT - days * DAY) for days in (9, 8, 7, 2, 1, 0)] == [
            "0.00",
            "0.00",
            "10.00",
            "10.00",
            "15.00",
            "5.00",
        ]
        assert known(None) == "5.00"


class HistoryContract(Contract):
    """The view of a user's entries."""

    @pytest.fixture
    def bank(self, place: Place) -> Bank:
        """Points in the guild of the test."""
        return Bank(place)

    def test_entries_are_told_by_time_and_id_whatever_the_order_of_booking(self, bank: Bank) -> None:
        """P-4: the balance runs along, in each pool by itself."""
        user_id, pools = bank.place.member(), [bank.pool(), bank.pool()]
        times = [NIGHT - 3 * DAY, NIGHT - 2 * DAY, NIGHT - 2 * DAY, NIGHT - DAY, NIGHT - DAY]
        entries = [
            bank.drafted(user_id, pools[index % 2], f"{10**index}", occurred_at=at) for index, at in enumerate(times)
        ]
        for entry in (entries[3], entries[1], entries[4], entries[0], entries[2]):
            bank.book(entry)
        oldest = bank.history(user_id)
        assert [row.id for row in oldest] == [entry.id for entry in entries]
        assert [str(row.balance) for row in oldest] == ["1.00", "10.00", "101.00", "1010.00", "10101.00"]
        assert bank.history(user_id, newest_first=True) == oldest[::-1]

    def test_a_page_tells_how_many_there_are_in_all(self, bank: Bank) -> None:
        """P-4: whichever way round, and past the end."""
        user_id, pools = bank.place.member(), [bank.pool(), bank.pool()]
        entries = bank.book(
            *(
                bank.drafted(user_id, pools[hour % 2], str(hour + 1), occurred_at=NIGHT - DAY + hour * HOUR)
                for hour in range(7)
            )
        )
        whole = bank.history(user_id)
        with bank.place.views() as views:
            for newest_first in (False, True):
                rows = whole[::-1] if newest_first else whole
                for number in range(1, 5):
                    page = views.history(
                        user_id, HistoryFilter(), page=PageRequest(number, 3), newest_first=newest_first
                    )
                    assert page.count == len(entries)
                    assert page.results == rows[3 * (number - 1) : 3 * number]

    def test_a_user_without_entries_has_an_empty_history(self, bank: Bank) -> None:
        user_id = bank.place.member()
        bank.give(bank.place.member(), bank.pool(), "1")
        assert bank.history(user_id) == bank.history(user_id, newest_first=True) == ()

    def test_entries_are_narrowed_and_keep_their_balance(self, bank: Bank) -> None:
        """P-4: by pool, kind, character and date; the running balance is that of all entries of the pool."""
        user_id, pools = bank.place.member(), [bank.pool(), bank.pool()]
        drafts = [
            ("Élan", EntryKind.ATTENDANCE, 0, 0),
            ("Brokk", EntryKind.AWARD, 0, 1),
            ("ÉLAN", EntryKind.AWARD, 1, 2),
            ("Elan", EntryKind.ATTENDANCE, 1, 3),
            ("éLAN", EntryKind.ATTENDANCE, 0, 4),
        ]
        bank.book(
            *(
                bank.drafted(
                    user_id, pools[pool], "1", kind=kind, character_name=name, occurred_at=NIGHT - DAY + hour * HOUR
                )
                for name, kind, pool, hour in drafts
            )
        )
        whole = bank.history(user_id)

        def found(wanted: HistoryFilter) -> list[int]:
            rows = bank.history(user_id, wanted)
            assert bank.history(user_id, wanted, newest_first=True) == rows[::-1]
            assert set(rows) <= set(whole), "a filter changes what a row says"
            return [whole.index(row) for row in rows]

        start = NIGHT - DAY
        assert found(HistoryFilter(pool_id=pools[0])) == [0, 1, 4]
        assert found(HistoryFilter(pool_id=PoolId(0))) == []
        assert found(HistoryFilter(kind=EntryKind.AWARD)) == [1, 2]
        assert found(HistoryFilter(character="élan")) == [0, 2, 4]
        assert found(HistoryFilter(character="nobody")) == []
        assert found(HistoryFilter(character="")) == []
        assert found(HistoryFilter(since=start + HOUR)) == [1, 2, 3, 4]
        assert found(HistoryFilter(until=start + 2 * HOUR)) == [0, 1]
        assert found(HistoryFilter(since=start + HOUR, until=start + HOUR)) == []
        assert found(
            HistoryFilter(
                pool_id=pools[1],
                kind=EntryKind.AWARD,
                character="ÉLAN",
                since=start + HOUR,
                until=start + 3 * HOUR,
            )
        ) == [2]

    def test_a_narrowed_page_past_the_end_still_tells_how_many_there_are(self, bank: Bank) -> None:
        user_id, pool_id = bank.place.member(), bank.pool()
        bank.book(*(bank.drafted(user_id, pool_id, "1") for _ in range(3)))
        with bank.place.views() as views:
            page = views.history(user_id, HistoryFilter(pool_id=pool_id), page=PageRequest(5, 2), newest_first=True)
        assert (page.count, page.results) == (3, ())


# --- the invariant ----------------------------------------------------------------------------------------------------


@frozen
class Move:
    """One thing that happens to the ledger: an entry, or the reversal of an earlier one that still stands."""

    user: int
    pool: int
    kind: EntryKind
    hundredths: int
    hour: int
    recorded_hour: int
    reverses: int | None


MOVES: Final = st.lists(
    st.builds(
        Move,
        user=st.integers(0, 1),
        pool=st.integers(0, 1),
        kind=st.sampled_from(sorted(BUCKETS)),
        hundredths=st.integers(-500, 500),
        hour=st.integers(0, 5),
        recorded_hour=st.integers(0, 5),
        reverses=st.none() | st.integers(0, 20),
    ),
    max_size=14,
)


class LedgerInvariantContract(Contract):
    """Balance = sum of the ledger, at any time."""

    @given(moves=MOVES, cuts=st.sets(st.integers(0, 14)))
    @settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    def test_a_balance_is_the_sum_of_its_entries(
        self, installation: Installation, moves: list[Move], cuts: set[int]
    ) -> None:
        """P-3, P-4, G-4: for any entries and reversals, in any transactions; also as of any moment, known at any."""
        place = Place.found(installation)
        bank = Bank(place)
        users, pools = [place.member() for _ in range(2)], [bank.pool() for _ in range(2)]
        start = NIGHT - DAY
        entries: list[Entry] = []
        batch: list[Entry] = []
        for index, move in enumerate(moves):
            if index in cuts:
                bank.book(*batch)
                batch = []
            standing = [
                each
                for each in entries
                if each.reverses is None and all(each.id != other.reverses for other in entries)
            ]
            if move.reverses is not None and standing:
                entry = bank.reversal(standing[move.reverses % len(standing)], at=start + move.recorded_hour * HOUR)
            else:
                entry = bank.drafted(
                    users[move.user],
                    pools[move.pool],
                    str(Points(move.hundredths)),
                    kind=move.kind,
                    occurred_at=start + move.hour * HOUR,
                    recorded_at=start + move.recorded_hour * HOUR,
                )
            entries.append(entry)
            batch.append(entry)
        bank.book(*batch)
        for user_id in users:
            mine = sorted((each for each in entries if each.user_id == user_id), key=lambda e: (e.occurred_at, e.id))
            rows = bank.history(user_id)
            assert [row.id for row in rows] == [each.id for each in mine]
            for pool_id in pools:
                of_pool = [each for each in mine if each.pool_id == pool_id]
                expected = Balance().moved_by(of_pool)
                row = bank.balance(user_id, pool_id)
                assert (row.earned, row.spent, row.adjusted, row.current) == (
                    expected.earned,
                    expected.spent,
                    expected.adjusted,
                    expected.current,
                )
                last = [each.balance for each in rows if each.pool_id == pool_id]
                assert (last[-1] if last else ZERO) == expected.current
                at, known_at = start + 3 * HOUR, start + 2 * HOUR
                counted = [each for each in of_pool if each.occurred_at < at and each.recorded_at < known_at]
                with place.views() as views:
                    then = views.balances_as_of(user_id, at, known_at)
                assert then.balances[pools.index(pool_id)].current == Balance().moved_by(counted).current
            with place.views() as views:
                newest = views.history(user_id, HistoryFilter(), page=PageRequest(1, 5), newest_first=True)
            assert newest.results == rows[::-1][:5]
            assert newest.count == len(mine)
        assert bank.differences() == []

"""What every adapter keeps to, as to zero-sum pools, floors under load, and what priorities are reckoned from (P-6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from attrs import evolve

from dkp_adapters.memory import SettableClock
from dkp_adapters.system import SystemChance
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import AuctionId, AwardId, PoolId, RaidId, UserId
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import (
    AwardStatus,
    BidRefused,
    CannotPay,
    Contest,
    MoveAward,
    ReshareAwards,
    ReturnItem,
    RevokeAward,
    ShowPriorities,
    ShuffleStartList,
    Whose,
    drawn,
)
from dkp_core.points import EntryKind, HistoryFilter, MergeUsers, SetPolicies, Source, SourceKind, StandingsFilter
from dkp_core.raids import Presence
from tests.integration.contracts.deeds import end_membership
from tests.integration.contracts.installation import all_at_once
from tests.integration.contracts.loot_deeds import SEALED, Hall
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.suite import Contract

DAY = timedelta(days=1)
PATIENCE = 20


def set_policies(hall: Hall, **values: object) -> None:
    """The hall's pool gets these policies."""
    installation = hall.place.installation
    SetPolicies(installation.begin, installation.clock)(hall.pool_id, values, by=hall.place.by)


def persistently(act: Callable[[], object]) -> Callable[[], object]:
    """The same, done again where it lost a race."""

    def tried() -> object:
        for _ in range(PATIENCE):
            try:
                return act()
            except Stale:
                continue
        return act()

    return tried


def have(hall: Hall, *users: UserId) -> list[str]:
    """What these have."""
    return [str(hall.bank.balance(user_id, hall.pool_id).current) for user_id in users]


def raid(place: Place, present: Sequence[UserId], *, days_ago: int = 1) -> RaidId:
    """A raid that these attended, and that somebody was excused from."""
    return place.raid(NIGHT - days_ago * DAY, dict.fromkeys(present, Presence.PRESENT))


class SharingContract(Contract):
    """Zero-sum: what an item costs is shared out among the attendees of its raid, in the same transaction."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test, in a zero-sum pool."""
        hall = Hall.of(place)
        set_policies(hall, zero_sum=True)
        return hall

    @pytest.fixture
    def three(self, hall: Hall) -> list[UserId]:
        """Three bidders with 100 points each."""
        return [hall.bidder(name) for name in ("Ann", "Ben", "Cid")]

    # --- the ports ----------------------------------------------------------------------------------------------------

    def test_the_attendees_of_a_raid_are_told_in_order(self, hall: Hall, three: list[UserId], elsewhere: Place) -> None:
        """P-6, D-9: an excused absence is none; of a cancelled raid, an unknown or another guild's nobody."""
        ann, ben, cid = three
        present = {ben: Presence.LATE, ann: Presence.STANDBY, cid: Presence.ABSENT_EXCUSED}
        held, cancelled = hall.place.raid(NIGHT, present), raid(hall.place, three)
        hall.place.cancel(cancelled)
        foreign = raid(elsewhere, [elsewhere.member("Foreigner")])
        with hall.place.work() as work:
            assert work.bidders.attendees(held) == (ann, ben)
            assert [work.bidders.attendees(each) for each in (cancelled, foreign, RaidId(0))] == [(), (), ()]

    def test_whom_a_transaction_takes_down_attended(self, hall: Hall, three: list[UserId]) -> None:
        """P-6: before anything is committed."""
        held = raid(hall.place, three[:1])
        with hall.place.work() as work:
            found = work.raids.get(held)
            (line,) = work.attendances.of_raid(held)
            work.attendances.append(found, [evolve(line, name="Another", user_id=three[2])])
            assert work.bidders.attendees(held) == (three[0], three[2])
        with hall.place.work() as work:
            assert work.bidders.attendees(held) == (three[0], three[2])

    def test_shared_awards_of_a_raid_are_told(self, hall: Hall, three: list[UserId]) -> None:
        """P-6: those that stand, in order of id, with whom they were shared."""
        held, other = raid(hall.place, three), raid(hall.place, three)
        awards = [hall.give(f"Item {number}", three[0], "3", raid_id=held) for number in range(3)]
        hall.give("Free", three[0], "0", raid_id=held)
        hall.give("Elsewhere", three[0], "3", raid_id=other)
        with hall.place.work() as work:
            work.awards.save(evolve(work.awards.get(awards[1]), status=AwardStatus.REVOKED))
        with hall.place.work() as work:
            found = work.awards.shared_at(held)
            assert [(award.id, award.shared_with) for award in found] == [
                (awards[0], tuple(three)),
                (awards[2], tuple(three)),
            ]
            assert found[0] == work.awards.get(awards[0])
            work.awards.save(evolve(found[0], shared_with=(three[1],)))
        with hall.place.work() as work:
            assert work.awards.get(awards[0]).shared_with == (three[1],)
            assert work.awards.shared_at(RaidId(0)) == ()

    # --- what is booked -----------------------------------------------------------------------------------------------

    def test_a_price_is_shared_moved_reshared_returned_and_revoked(self, hall: Hall, three: list[UserId]) -> None:
        """P-6, L-8, L-17: to the hundredth, and the ledger says so."""
        ann, ben, cid = three
        installation, by = hall.place.installation, hall.place.by
        held = raid(hall.place, [ben, cid])
        award = hall.give("Ring", ann, "10.01", raid_id=held)
        assert have(hall, *three) == ["89.99", "105.01", "105.00"]
        with hall.place.work() as work:
            booked = work.ledger.unreversed(
                Source(SourceKind.AWARD, award), [(user_id, installation.clock.now()) for user_id in three]
            )
            assert [(each.kind, str(each.amount)) for each in booked] == [
                (EntryKind.AWARD, "-10.01"),
                (EntryKind.SHARE, "5.01"),
                (EntryKind.SHARE, "5.00"),
            ]
            found = work.raids.get(held)
            (line, _) = work.attendances.of_raid(held)
            work.attendances.append(found, [evolve(line, name="Annmain", user_id=ann)])
        reshare = ReshareAwards(installation.begin, installation.ids, installation.clock)
        changes = reshare(held, reason="Ann was there", dry_run=True, by=by)
        assert have(hall, *three) == ["89.99", "105.01", "105.00"]
        assert reshare(held, reason="Ann was there", by=by) == changes
        assert have(hall, *three) == ["93.33", "103.34", "103.33"]
        moved = MoveAward(installation.begin, installation.ids, installation.clock)(
            award, to=Whose(user_id=cid), amount=Points.of(3), reason="swapped", by=by
        )
        assert have(hall, *three) == ["101.00", "101.00", "98.00"]
        ReturnItem(installation.begin, installation.ids, installation.clock)(moved.id, reason="not needed", by=by)
        assert have(hall, *three) == ["100.00", "100.00", "100.00"]
        another = hall.give("Helm", ann, "9", raid_id=held)
        RevokeAward(installation.begin, installation.ids, installation.clock)(another, reason="mistake", by=by)
        assert have(hall, *three) == ["100.00", "100.00", "100.00"]
        assert hall.bank.differences() == []

    def test_shares_that_do_not_add_up_are_found(self, hall: Hall, three: list[UserId]) -> None:
        """P-3: a share too many, or one that is missing."""
        held = raid(hall.place, three[:1])
        award = hall.give("Ring", three[1], "5", raid_id=held)
        assert hall.bank.differences() == []
        with hall.place.work() as work:
            at = hall.place.installation.clock.now()
            entries = work.ledger.unreversed(Source(SourceKind.AWARD, award), [(three[0], at)])
            work.ledger.append([hall.bank.reversal(each, at=at) for each in entries])
        (difference,) = hall.bank.differences()
        assert f"award {award}" in difference

    def test_a_share_goes_on_to_whom_somebody_was_merged_into(self, hall: Hall, three: list[UserId]) -> None:
        """P-6, R-8: and back from there."""
        installation, by = hall.place.installation, hall.place.by
        old = hall.place.member("Old", linked=False)
        held = raid(hall.place, [three[0], old])
        award = hall.give("Ring", three[1], "5", raid_id=held)
        merge = MergeUsers(installation.begin, installation.ids, installation.clock)
        merge(old, into=three[2], reason="the same", by=by)
        assert have(hall, *three) == ["102.50", "95.00", "102.50"]
        RevokeAward(installation.begin, installation.ids, installation.clock)(award, reason="mistake", by=by)
        assert have(hall, *three) == ["100.00", "100.00", "100.00"]
        assert hall.bank.differences() == []

    # --- at once ------------------------------------------------------------------------------------------------------

    def test_awards_at_once_share_exactly(self, hall: Hall, three: list[UserId]) -> None:
        """P-6, P-13: buyers who share each other's prices wait for each other in no circle."""
        users = [*three, *(hall.bidder(name) for name in ("Dan", "Eve", "Fay"))]
        held = raid(hall.place, users)
        auctions = [hall.start(f"Item {number}", raid_id=held, rules=SEALED) for number in range(len(users))]
        for auction_id, user_id in zip(auctions, reversed(users), strict=True):
            hall.bid(auction_id, user_id, "7")
            hall.close(auction_id)

        def awarding(auction_id: AuctionId) -> Callable[[], object]:
            return persistently(lambda: hall.award(auction_id))

        assert all_at_once(*map(awarding, auctions)) == [None] * len(users)
        current = [Points.of(each).hundredths for each in have(hall, *users)]
        assert sum(current) == len(users) * 10_000
        # Each paid 7 once, and got six shares of it: the first of each a hundredth more than the last.
        assert max(current) - min(current) <= len(users)
        assert hall.bank.differences() == []

    def test_resharing_and_revoking_at_once_leave_the_sum_alone(self, hall: Hall, three: list[UserId]) -> None:
        """P-6, P-13: whichever comes first."""
        installation, by = hall.place.installation, hall.place.by
        held = raid(hall.place, three[:2])
        award = hall.give("Ring", three[0], "10", raid_id=held)
        with hall.place.work() as work:
            found = work.raids.get(held)
            line = work.attendances.of_raid(held)[0]
            work.attendances.append(found, [evolve(line, name="Cidmain", user_id=three[2])])
        reshare = ReshareAwards(installation.begin, installation.ids, installation.clock)
        revoke = RevokeAward(installation.begin, installation.ids, installation.clock)
        outcomes = all_at_once(
            persistently(lambda: reshare(held, reason="Cid too", by=by)),
            persistently(lambda: revoke(award, reason="mistake", by=by)),
            persistently(lambda: reshare(held, reason="Cid too", by=by)),
        )
        assert outcomes == [None, None, None]
        assert have(hall, *three) == ["100.00", "100.00", "100.00"]
        assert hall.bank.differences() == []

    # --- the floor ----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("floor", ["-30", "15"])
    def test_bids_at_once_never_go_below_the_floor(self, hall: Hall, floor: str) -> None:
        """P-6, P-13, L-5: one bidder, six auctions, of open and sealed modes; what is won is paid."""
        set_policies(hall, zero_sum=False, floor=floor)
        ann = hall.bidder("Dan", "50")
        auctions = [hall.start(f"Item {number}", rules=SEALED if number % 2 else {}) for number in range(6)]

        def bidding(auction_id: AuctionId) -> Callable[[], object]:
            return persistently(lambda: hall.bid(auction_id, ann, "17"))

        outcomes = all_at_once(*map(bidding, auctions))
        afforded = (5000 - Points.of(floor).hundredths) // 1700
        assert outcomes.count(None) == afforded
        assert all(isinstance(each, BidRefused) for each in outcomes if each is not None)
        with hall.place.views() as views:
            purse = views.purse(ann, hall.pool_id)
        assert purse.free.hundredths >= Points.of(floor).hundredths
        won = [auction_id for auction_id, outcome in zip(auctions, outcomes, strict=True) if outcome is None]
        assert all_at_once(*(persistently(lambda each=each: hall.award(each)) for each in won)) == [None] * len(won)  # type: ignore[misc]  # bound at once
        assert have(hall, ann) == [str(Points(5000 - 1700 * afforded))]

    def test_awards_without_auction_keep_the_floor_too(self, hall: Hall) -> None:
        """P-6, L-5, L-9: given at once, no more than the policy lets."""
        set_policies(hall, zero_sum=False, floor="-30")
        ann = hall.bidder("Dan", "50")

        def giving(number: int) -> Callable[[], object]:
            return persistently(lambda: hall.give(f"Item {number}", ann, "30"))

        outcomes = all_at_once(*map(giving, range(4)))
        assert (outcomes.count(None), have(hall, ann)) == (2, ["-10.00"])
        assert all(isinstance(each, CannotPay) for each in outcomes if each is not None)


class ContestContract(Contract):
    """The view of what a pool's priorities are reckoned from, and drawing the list that suicide kings start with."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    def contest(self, hall: Hall, pool_id: PoolId | None = None) -> Contest:
        """What the pool's priorities are reckoned from."""
        with hall.place.views() as views:
            return views.contest(hall.pool_id if pool_id is None else pool_id, at=NIGHT)

    def award(self, hall: Hall, to: UserId, raid_id: RaidId | None = None) -> AwardId:
        """An item for nothing, a minute after the last."""
        clock = hall.place.installation.clock
        assert isinstance(clock, SettableClock)
        clock.advance(timedelta(minutes=1))
        return hall.give(f"Item {clock.now()}", to, "0", raid_id=raid_id)

    def test_everybody_is_told_with_points_and_attendance(self, hall: Hall, elsewhere: Place) -> None:
        """P-6, P-10: in order of user id; who left too, but is not active."""
        place = hall.place
        rank = place.rank("Räider 🐉")
        ann = place.member("Ann", joined_at=NIGHT - 9 * DAY)
        place.character("Élan", owner=ann, is_main=True, rank_id=rank)
        ben, cid = place.member("Ben"), place.user("Cid")
        hall.bank.give(ann, hall.pool_id, "12.50")
        hall.bank.give(cid, hall.pool_id, "1")
        hall.bank.give(cid, hall.bank.pool(), "5")
        hall.give("Ring", ann, "2", raid_id=None)
        raid(place, [ann])
        raid(place, [ben], days_ago=40)
        end_membership(place, ben)
        elsewhere.member("Foreigner")
        found = self.contest(hall)
        assert (found.falls, found.attendees, found.start_list) == ((), {}, ())
        first, second, third = found.contenders
        assert (first.user_id, first.main_character, first.character_class, first.rank) == (
            *(ann, "Élan", "Cleric"),
            "Räider 🐉",
        )
        assert (first.rank_id, first.is_active, first.joined_at) == (rank, True, NIGHT - 9 * DAY)
        assert [str(each) for each in (first.earned + first.adjusted, first.spent)] == ["12.50", "2.00"]
        assert (first.attendance.attended, first.attendance.held) == (1, 1)
        assert (second.user_id, second.is_active, second.main_character, second.rank_id) == (ben, False, None, None)
        assert (third.user_id, third.is_active, third.joined_at, third.spent) == (cid, False, None, ZERO)

    @pytest.mark.parametrize(("days", "share"), [(30, (1, 2)), (60, (2, 3)), (90, (2, 4)), (0, (2, 5))])
    def test_the_window_is_the_policys(self, hall: Hall, days: int, share: tuple[int, int]) -> None:
        """P-6, D-9: of 30, 60, 90 days or lifetime."""
        set_policies(hall, system="effective_dkp", effective_days=days)
        ann = hall.place.member("Ann", joined_at=NIGHT - 300 * DAY)
        for ago, present in ((1, [ann]), (20, []), (50, [ann]), (80, []), (200, [])):
            raid(hall.place, present or [hall.place.member("Other")], days_ago=ago)
        attendance = self.contest(hall).contenders[0].attendance
        assert (attendance.attended, attendance.held) == share

    def test_kings_are_told_who_got_what_where(self, hall: Hall, elsewhere: Place) -> None:
        """P-6: awards that stand and are paid from the pool, by time, then id; with who was at their raids."""
        set_policies(hall, system="suicide_kings", start_list=[7, 5])
        place = hall.place
        ann, ben, cid = (place.member(name) for name in ("Ann", "Ben", "Cid"))
        first, empty, unsold = raid(place, [ann, ben], days_ago=2), raid(place, [cid]), raid(place, [cid])
        place.cancel(empty)
        self.award(hall, ben, first)
        revoked = self.award(hall, cid, first)
        self.award(hall, ann)
        installation = place.installation
        RevokeAward(installation.begin, installation.ids, installation.clock)(revoked, reason="x", by=place.by)
        hall.give("Bank", None, "0", raid_id=first)
        Hall(place, hall.bank.pool()).give("Other", cid, "0", raid_id=unsold)
        theirs = Hall.of(elsewhere)
        self.award(theirs, theirs.bidder("Foreigner"))
        found = self.contest(hall)
        assert [(fall.user_id, fall.raid_id, fall.raid_began_at) for fall in found.falls] == [
            (ben, first, NIGHT - 2 * DAY),
            (ann, None, None),
        ]
        assert {raid_id: sorted(there) for raid_id, there in found.attendees.items()} == {first: [ann, ben]}
        assert found.start_list == (7, 5)

    def test_who_was_merged_is_the_other_everywhere(self, hall: Hall) -> None:
        """P-6, R-8: in the list, among the attendees, and with what they got."""
        place = hall.place
        old = place.member("Old", linked=False)
        new, ben = place.member("New"), place.member("Ben")
        set_policies(hall, system="suicide_kings_bottom", start_list=[old, ben])
        held = raid(place, [old, ben])
        self.award(hall, old, held)
        installation = place.installation
        MergeUsers(installation.begin, installation.ids, installation.clock)(old, into=new, reason="same", by=place.by)
        found = self.contest(hall)
        assert [each.user_id for each in found.contenders] == sorted([new, ben])
        assert ([fall.user_id for fall in found.falls], found.start_list) == ([new], (new, ben))
        assert sorted(found.attendees[held]) == sorted([new, ben])

    def test_an_unknown_pool_has_no_priorities(self, hall: Hall, elsewhere: Place) -> None:
        """G-1."""
        for unknown in (PoolId(0), Hall.of(elsewhere).pool_id):
            with pytest.raises(NoSuch):
                self.contest(hall, unknown)

    def test_a_list_is_drawn_so_that_anybody_can_recompute_it(self, hall: Hall) -> None:
        """P-6, L-15: everybody with a membership, by the seed, which is kept in the audit log."""
        users = [hall.place.member(f"User {number}") for number in range(20)]
        installation, by = hall.place.installation, hall.place.by
        set_policies(hall, system="suicide_kings", floor="-5")
        draw = ShuffleStartList(installation.begin, SystemChance(), installation.clock)(hall.pool_id, by=by)
        seed = bytes.fromhex(draw.seed)
        assert draw.users == tuple(sorted(users, key=lambda each: drawn(seed, hall.pool_id, each)))
        with hall.place.work() as work:
            in_force = work.policies.of(hall.pool_id)
        assert (in_force.version, in_force.policies.start_list) == (2, draw.users)
        assert str(in_force.policies.floor) == "-5.00"
        rows = ShowPriorities(installation.read, installation.clock)(hall.pool_id, StandingsFilter(), by=by)
        assert tuple(row.user_id for row in rows) == draw.users
        events = {row.name: row.data for row in hall.place.told_rows("pool", hall.pool_id)}
        assert events["start_list_drawn"]["seed"] == draw.seed
        assert events["start_list_drawn"]["policies_version"] == 2

    def test_a_history_shows_no_share_where_nothing_is_shared(self, hall: Hall) -> None:
        """P-6: off by default."""
        ann = hall.bidder("Ann")
        hall.give("Ring", ann, "5", raid_id=raid(hall.place, [ann]))
        assert hall.bank.history(ann, HistoryFilter(pool_id=hall.pool_id, kind=EntryKind.SHARE)) == ()

"""Whatever is bid, withdrawn, closed, awarded and taken back in any order, nobody spends what they don't have."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from dkp_core.kernel.errors import DomainError
from dkp_core.kernel.ids import AuctionId, AwardId
from dkp_core.kernel.points import Points
from dkp_core.loot import AuctionStatus, IsUpNow, Whose
from tests.unit.guild_house import GuildHouse
from tests.unit.loot.raid_night import RaidNight

NAMED = ("Aldo", "Bera", "Cato")
NAMES = st.sampled_from(NAMED)
AMOUNTS = st.integers(1, 170).map(str)
OVER = {AuctionStatus.AWARDED, AuctionStatus.CANCELLED}


class BiddingAtOnce(RuleBasedStateMachine):
    """Several auctions at once, of every mode; what the rules refuse is refused, and the rest adds up."""

    floor = Points.of(10)
    sold = Bundle("sold")
    awarded = Bundle("awarded")

    def __init__(self) -> None:
        super().__init__()
        self.night = RaidNight(GuildHouse())
        self.night.guild.use.set_policies()(
            self.night.guild.pool, {"floor": str(self.floor)}, by=self.night.guild.officer.by
        )
        self.night.rules(copies_each=2, fixed_price_rolls=True, anti_snipe_seconds=5)
        self.auctions: list[AuctionId] = []

    @rule(
        target=sold,
        mode=st.sampled_from(["open", "open", "sealed_first_price", "sealed_second_price", "fixed_price_roll"]),
        quantity=st.integers(1, 3),
        seconds=st.none() | st.integers(1, 60),
        award_at_close=st.booleans(),
    )
    def an_auction_is_started(self, mode: str, quantity: int, seconds: int | None, award_at_close: bool) -> AuctionId:
        rules = {"mode": mode, "seconds": seconds, "award_at_close": award_at_close}
        self.auctions.append(self.night.started(quantity=quantity, rules=rules, another=True).id)
        return self.auctions[-1]

    @rule(auction=sold, name=NAMES, amount=AMOUNTS, as_ceiling=st.booleans(), copies=st.integers(1, 2))
    def somebody_bids(self, auction: AuctionId, name: str, amount: str, as_ceiling: bool, copies: int) -> None:
        with suppress(DomainError):
            if as_ceiling:
                self.night.bids(name, auction, ceiling=amount, copies=copies)
            else:
                self.night.bids(name, auction, amount, copies=copies)
            assert Points.of(self.night.has(name)[2]) >= self.floor, "a bid leaves the floor"

    @rule(name=NAMES, amount=AMOUNTS)
    def somebody_leaves_a_bid(self, name: str, amount: str) -> None:
        leave = self.night.guild.use.leave_bid()
        with suppress(IsUpNow):
            leave(self.night.item(), ceiling=Points.of(amount), by=self.night.by(name))

    @rule(auction=sold, name=NAMES)
    def somebody_withdraws(self, auction: AuctionId, name: str) -> None:
        with suppress(DomainError):
            self.night.guild.use.withdraw_bid()(auction, by=self.night.by(name))

    @rule(seconds=st.integers(1, 40))
    def time_passes(self, seconds: int) -> None:
        self.night.later(seconds)
        self.night.works()

    @rule(auction=sold, verb=st.sampled_from(["freeze_auction", "resume_auction", "close_auction", "cancel_auction"]))
    def an_officer_acts(self, auction: AuctionId, verb: str) -> None:
        with suppress(DomainError):
            getattr(self.night.guild.use, verb)()(auction, by=self.night.officer)

    @rule(target=awarded, auction=sold, passing_over=st.sets(NAMES, max_size=2))
    def it_is_awarded(self, auction: AuctionId, passing_over: set[str]) -> AwardId | None:
        over = [self.night.people[name].id for name in passing_over if not any(map(self._hides, NAMED))]
        with suppress(DomainError):
            return self.night.awards(auction, passing_over=over)[0].id
        return None

    @rule(award=awarded, verb=st.sampled_from(["revoke_award", "return_item"]))
    def an_award_is_taken_back(self, award: AwardId | None, verb: str) -> None:
        with suppress(DomainError):
            getattr(self.night.guild.use, verb)()(award or AwardId(999), reason="mistake", by=self.night.officer)

    @rule(award=awarded, name=NAMES)
    def an_award_is_moved(self, award: AwardId | None, name: str) -> None:
        if self._hides(name):
            return
        move = self.night.guild.use.move_award()
        with suppress(DomainError):
            move(award or AwardId(999), to=Whose(character=name), reason="mistake", by=self.night.officer)

    @rule(name=NAMES, amount=AMOUNTS)
    def somebody_is_given_an_item_for_points(self, name: str, amount: str) -> None:
        give = self.night.guild.use.award_item()
        if self._hides(name):
            return
        with suppress(DomainError):
            give(item="Helm", to=Whose(character=name), amount=Points.of(amount), by=self.night.officer)

    def _hides(self, name: str) -> bool:
        """Whether sealed bids hold something: an officer can't know of it, and may award over it (L-11)."""
        return any(row.sealed for row in self.night.guild.use.show_own_loot()(by=self.night.by(name)).holds)

    @invariant()
    def nobody_spends_what_they_do_not_have(self) -> None:
        """L-5, P-3: what is left never goes below the floor; held is what one's own holds add up to."""
        for name in self.night.people:
            current, held, available = map(Points.of, self.night.has(name))
            assert available == current - held >= self.floor, name
            rows = self.night.guild.use.show_own_loot()(by=self.night.by(name)).holds
            assert sum(row.held.hundredths for row in rows) == held.hundredths
            shown = Points.of(self.night.seems(name)[1])
            assert sum((row.held - row.sealed).hundredths for row in rows) == shown.hundredths

    @invariant()
    def what_is_over_holds_nothing(self) -> None:
        """L-7: and what is closed holds no more than its winners' prices."""
        holding: dict[AuctionId, int] = {}
        for name in self.night.people:
            for row in self.night.guild.use.show_own_loot()(by=self.night.by(name)).holds:
                holding[row.auction_id] = holding.get(row.auction_id, 0) + row.held.hundredths
        for auction in self.night.guild.use.list_running_auctions()(self.auctions, by=self.night.officer):
            if auction.status in OVER:
                assert auction.id not in holding
            elif auction.status is AuctionStatus.CLOSED:
                prices = sum(result.price.hundredths * result.copies for result in auction.results)
                assert holding.get(auction.id, 0) == prices

    def teardown(self) -> None:
        """P-3: what is kept equals its recount."""
        assert self.night.guild.verified()


class BiddingIntoDebt(BiddingAtOnce):
    """The same where the pool lets everybody go into debt, so far (P-6)."""

    floor = Points.of(-60)


TestBiddingAtOnce = BiddingAtOnce.TestCase
TestBiddingAtOnce.settings = settings(max_examples=25, stateful_step_count=30)
TestBiddingIntoDebt = BiddingIntoDebt.TestCase
TestBiddingIntoDebt.settings = settings(max_examples=25, stateful_step_count=30)

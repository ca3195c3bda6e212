"""What every adapter of the loot context keeps to, as to who bids and what the rules ask about them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import pytest
from attrs import evolve

from dkp_core.accounts import ACTIVE_ROLE_GROUPS, RoleGroup
from dkp_core.kernel.ids import AuctionId, AwardId, PoolId, RaidId, UserId
from dkp_core.kernel.period import Period
from dkp_core.kernel.points import Points
from dkp_core.loot import Award, AwardStatus, Bidder, Span, Tier
from dkp_core.raids import AttendanceShare, Presence
from dkp_core.roster import CharacterStatus
from tests.integration.contracts.deeds import end_membership
from tests.integration.contracts.loot_deeds import Hall
from tests.integration.contracts.place import NIGHT, Place, discord_id_of
from tests.integration.contracts.suite import Contract

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
TONIGHT: Final = Period(NIGHT - 8 * HOUR, NIGHT + 16 * HOUR)


class BiddersContract(Contract):
    """The port `Bidders`."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    def found(
        self, place: Place, user_id: UserId | None = None, *, discord_id: str | None = None, character: str = ""
    ) -> Bidder | None:
        """Who it is."""
        with place.work() as work:
            return work.bidders.find(user_id=user_id, discord_id=discord_id, character=character)

    def played(self, place: Place, user_id: UserId, character: str = "") -> tuple[str, bool]:
        """Which character a user bids for, and whether it is theirs."""
        bidder = self.found(place, user_id, character=character)
        assert bidder is not None
        return bidder.character_name, bidder.owns_character

    # --- who ----------------------------------------------------------------------------------------------------------

    def test_a_bidder_is_told_with_all_that_the_rules_ask(self, place: Place) -> None:
        """L-2, L-4, G-9: and nothing yet of attendance and wins."""
        ann, rank_id = place.member("Ann"), place.rank("Räuber")
        character_id = place.character("Élan 🐉", owner=ann, is_main=True, rank_id=rank_id)
        assert self.found(place, ann) == Bidder(
            user_id=ann,
            is_member=True,
            is_trial=False,
            character_id=character_id,
            character_name="Élan 🐉",
            owns_character=True,
            tier=Tier.MAIN,
            rank_id=rank_id,
            character_class="Cleric",
        )

    def test_a_bidder_is_known_by_user_id_discord_id_or_character(self, place: Place) -> None:
        """L-9: by the first of these that is given."""
        ann, ben = place.member("Ann"), place.member("Ben")
        place.character("Anna", owner=ann, is_main=True)
        place.character("Benno", owner=ben, is_main=True)
        for bidder in (
            self.found(place, ann),
            self.found(place, discord_id=discord_id_of(ann)),
            self.found(place, character="aNNA"),
            self.found(place, ann, discord_id=discord_id_of(ben)),
        ):
            assert bidder is not None
            assert (bidder.user_id, bidder.character_name, bidder.owns_character) == (ann, "Anna", True)
        by_id = self.found(place, ann, character="Benno")
        assert by_id is not None
        assert (by_id.user_id, by_id.character_name, by_id.owns_character) == (ann, "Benno", False)

    @pytest.mark.parametrize("name", ["Élan", "éLAN", unicodedata.normalize("NFD", "Élan"), "Élodie", "ÉLODIE"])
    def test_a_character_is_known_by_any_name_it_bore(self, place: Place, name: str) -> None:
        """G-9: in any case and normal form, aliases too; the name told is the one it bears."""
        ann = place.member("Ann")
        character_id = place.character("Élan", owner=ann)
        with place.work() as work:
            work.characters.add_alias(character_id, "Élodie")
        bidder = self.found(place, character=name)
        assert bidder is not None
        assert (bidder.user_id, bidder.character_id, bidder.character_name) == (ann, character_id, "Élan")

    def test_a_characters_present_owner_is_meant(self, place: Place) -> None:
        """P-11: not who had it once."""
        ann, ben = place.member("Ann"), place.member("Ben")
        character_id = place.character("Anna", owner=ann)
        with place.work() as work:
            work.characters.save(evolve(work.characters.get(character_id), owner=ben))
        bidder = self.found(place, character="Anna")
        assert bidder is not None
        assert bidder.user_id == ben

    def test_nobody_is_found_by_what_nobody_has(self, place: Place) -> None:
        """L-4: nor by a character without an owner, nor by nothing."""
        place.character("Orphan")
        assert self.found(place, UserId(0)) is None
        assert self.found(place, discord_id="999999999999999999") is None
        assert self.found(place, discord_id="") is None
        assert self.found(place, character="Nobody") is None
        assert self.found(place, character="Orphan") is None
        assert self.found(place) is None

    def test_users_of_other_guilds_are_nobody_here(self, place: Place, elsewhere: Place) -> None:
        """G-1: that a Discord account is known anywhere is not told."""
        foreign = elsewhere.member("Foreigner")
        elsewhere.character("Stranger", owner=foreign, is_main=True)
        assert self.found(place, foreign) is None
        assert self.found(place, discord_id=discord_id_of(foreign)) is None
        assert self.found(place, character="Stranger") is None

    def test_who_has_a_character_or_points_here_is_somebody(self, place: Place) -> None:
        """L-8: without a membership they may not bid, but something may be awarded to them."""
        hall = Hall.of(place)
        player, saver = place.user("Player"), place.user("Saver")
        place.character("Anna", owner=player)
        hall.bank.give(saver, hall.pool_id, "1")
        for user_id in (player, saver):
            bidder = self.found(place, user_id)
            assert bidder is not None
            assert not bidder.is_member

    # --- membership ---------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("role_group", list(RoleGroup))
    @pytest.mark.parametrize("trial", [False, True])
    def test_members_and_trials_are_members(self, place: Place, role_group: RoleGroup, *, trial: bool) -> None:
        """L-2, A-4: trials where the guild lets them bid."""
        ann = place.member("Ann", role_group, trial=trial)
        for trials_bid in (False, True):
            with place.work() as work:
                guild = work.guilds.get(work.guild_id)
                work.guilds.save(guild.change(settings={"trials_bid": trials_bid}))
            bidder = self.found(place, ann)
            assert bidder is not None
            assert bidder.is_member == (role_group in ACTIVE_ROLE_GROUPS or (trial and trials_bid))
            assert bidder.is_trial == trial

    def test_a_membership_that_ended_is_none(self, place: Place) -> None:
        """L-2: until it is resumed."""
        ann = place.member("Ann")
        end_membership(place, ann)
        bidder = self.found(place, ann)
        assert bidder is not None
        assert not bidder.is_member

    @pytest.mark.parametrize("everywhere", [False, True])
    def test_who_is_deactivated_is_no_member(self, place: Place, *, everywhere: bool) -> None:
        """A-10: in this guild, or in all."""
        ann = place.member("Ann")
        with place.work() as work:
            if everywhere:
                work.users.save(work.users.get(ann).deactivate(NIGHT))
            else:
                work.memberships.save(work.memberships.get(ann).deactivate(NIGHT, reason=""))
        bidder = self.found(place, ann)
        assert bidder is not None
        assert not bidder.is_member

    # --- for which character ------------------------------------------------------------------------------------------

    def test_the_main_is_bid_for_unless_another_is_named(self, place: Place) -> None:
        """L-4: an alt is bid for as an alt."""
        ann = place.member("Ann")
        place.character("Aaron", owner=ann)
        place.character("Zoe", owner=ann, is_main=True)
        assert self.played(place, ann) == ("Zoe", True)
        named = self.found(place, ann, character="aaron")
        assert named is not None
        assert (named.character_name, named.owns_character, named.tier) == ("Aaron", True, Tier.ALT)

    @pytest.mark.parametrize("status", [CharacterStatus.INACTIVE, CharacterStatus.RETIRED])
    def test_without_an_active_main_the_first_active_character_is(self, place: Place, status: CharacterStatus) -> None:
        """L-4: by name, as names compare; one on trial counts."""
        ann = place.member("Ann")
        place.character("Main", owner=ann, is_main=True, status=status)
        place.character("Abel", owner=ann, status=CharacterStatus.PENDING)
        place.character("zoe", owner=ann)
        place.character("Élan", owner=ann)
        place.character("Yann", owner=ann, status=CharacterStatus.TRIAL)
        bidder = self.found(place, ann)
        assert bidder is not None
        assert (bidder.character_name, bidder.owns_character, bidder.tier) == ("Yann", True, Tier.ALT)

    def test_a_main_on_trial_is_bid_for(self, place: Place) -> None:
        """L-4."""
        ann = place.member("Ann")
        place.character("Abel", owner=ann)
        place.character("Main", owner=ann, is_main=True, status=CharacterStatus.TRIAL)
        assert self.played(place, ann) == ("Main", True)

    def test_who_has_no_character_bids_for_none(self, place: Place) -> None:
        """L-4."""
        ann = place.member("Ann")
        assert self.played(place, ann) == ("", False)

    @pytest.mark.parametrize(
        ("status", "owns"),
        [
            (CharacterStatus.ACTIVE, True),
            (CharacterStatus.TRIAL, True),
            (CharacterStatus.INACTIVE, True),
            (CharacterStatus.PENDING, False),
            (CharacterStatus.RETIRED, False),
        ],
    )
    def test_a_character_that_is_pending_or_retired_is_nobodys(
        self, place: Place, status: CharacterStatus, *, owns: bool
    ) -> None:
        """R-1: named, it is still known whose it would be."""
        ann = place.member("Ann")
        place.character("Anna", owner=ann, status=status)
        bidder = self.found(place, character="Anna")
        assert bidder is not None
        assert (bidder.user_id, bidder.owns_character) == (ann, owns)

    @pytest.mark.parametrize("name", ["Benno", "Nobody", "Orphan", "Stranger"])
    def test_a_character_of_another_is_told_by_its_name_alone(self, place: Place, elsewhere: Place, name: str) -> None:
        """L-4, G-1: another's, nobody's, unknown, or another guild's: as it was said."""
        ann, ben = place.member("Ann"), place.member("Ben")
        place.character("Anna", owner=ann, is_main=True)
        place.character("Benno", owner=ben, is_main=True, rank_id=place.rank("Other"))
        place.character("Orphan")
        elsewhere.character("Stranger", owner=elsewhere.member("Foreigner"))
        assert self.found(place, ann, character=name) == Bidder(
            user_id=ann,
            is_member=True,
            is_trial=False,
            character_id=None,
            character_name=name,
            owns_character=False,
            tier=Tier.MAIN,
            rank_id=None,
            character_class=None,
        )

    # --- attendance ---------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize(("days", "share"), [(30, (1, 2)), (60, (1, 3)), (90, (2, 4)), (0, (2, 4))])
    def test_attendance_is_counted_over_a_window(self, place: Place, days: int, share: tuple[int, int]) -> None:
        """D-9: as everywhere; 0 is lifetime, since one joined or first attended."""
        ann, ben = place.member("Ann", joined_at=NIGHT - 100 * DAY), place.member("Ben")
        raids = {
            NIGHT - 120 * DAY: ben,
            NIGHT - 90 * DAY: ann,
            NIGHT - 60 * DAY: ben,
            NIGHT - 30 * DAY: ann,
            NIGHT - DAY: ben,
            NIGHT: ann,
        }
        for starts_at, user_id in raids.items():
            place.raid(starts_at, {user_id: Presence.PRESENT})
        cancelled = place.raid(NIGHT - 2 * DAY, {ann: Presence.PRESENT})
        place.cancel(cancelled)
        with place.work() as work:
            assert work.bidders.attendance(ann, days, NIGHT) == AttendanceShare(*share)

    def test_who_is_unknown_attended_nothing(self, place: Place, elsewhere: Place) -> None:
        """G-1."""
        foreign = elsewhere.member("Foreigner")
        raid_id = elsewhere.raid(NIGHT - DAY, {foreign: Presence.PRESENT})
        with place.work() as work:
            assert work.bidders.attendance(foreign, 30, NIGHT) == AttendanceShare(0, 0)
            assert not work.bidders.attended(foreign, raid_id)

    @pytest.mark.parametrize("presence", list(Presence))
    def test_who_was_there_attended_the_raid(self, place: Place, presence: Presence) -> None:
        """D-9: an excused absence is none."""
        ann, ben = place.member("Ann"), place.member("Ben")
        raid_id, other = place.raid(NIGHT, {ann: presence}), place.raid(NIGHT, {ben: Presence.PRESENT})
        with place.work() as work:
            assert work.bidders.attended(ann, raid_id) == (presence is not Presence.ABSENT_EXCUSED)
            assert not work.bidders.attended(ann, other)
            assert not work.bidders.attended(ann, RaidId(0))

    def test_nobody_attended_a_raid_that_was_cancelled(self, place: Place) -> None:
        """D-9."""
        ann = place.member("Ann")
        raid_id = place.raid(NIGHT, {ann: Presence.PRESENT})
        place.cancel(raid_id)
        with place.work() as work:
            assert not work.bidders.attended(ann, raid_id)

    # --- wins ---------------------------------------------------------------------------------------------------------

    def award(
        self,
        hall: Hall,
        user_id: UserId | None,
        price: str,
        *,
        raid_id: RaidId | None = None,
        pools: Sequence[PoolId] | None = None,
        status: AwardStatus = AwardStatus.STANDING,
        hours: int = 0,
    ) -> None:
        """An award of the test's making."""
        ids, item = hall.place.installation.ids, hall.item(f"Item {hall.bid_id()}")
        award = Award.make(
            AwardId(ids.next("award")),
            hall.place.guild_id,
            item_id=item.id,
            item_name=item.name,
            raid_id=raid_id,
            user_id=user_id,
            pools=(hall.pool_id,) if pools is None else tuple(pools),
            price=Points.of(price),
            because="",
            at=NIGHT + hours * HOUR,
            by=hall.place.by,
        )
        with hall.place.work() as work:
            work.awards.save(evolve(award, status=status))

    def held(
        self,
        hall: Hall,
        user_id: UserId,
        shown: str,
        sealed: str = "0",
        *,
        raid_id: RaidId | None = None,
        hours: int = 0,
        copies: int = 1,
    ) -> AuctionId:
        """A bid that holds so much, in an auction that opened then."""
        opens_at = NIGHT + hours * HOUR
        item = hall.item(f"Item {hall.bid_id()}")
        auction = hall.keep(hall.drafted(item, raid_id=raid_id, at=opens_at))
        hall.hold(auction.id, user_id, shown, sealed, copies)
        return auction.id

    def wins(
        self,
        hall: Hall,
        user_id: UserId,
        *,
        raid_id: RaidId | None = None,
        but: AuctionId = AuctionId(0),
        sealed: bool = True,
    ) -> Mapping[Span, Sequence[int]]:
        """What counts for limits."""
        with hall.place.work() as work:
            return work.bidders.wins(user_id, hall.pool_id, raid_id=raid_id, night=TONIGHT, but=but, sealed=sealed)

    def test_who_won_nothing_has_no_wins(self, hall: Hall) -> None:
        """L-2."""
        assert self.wins(hall, hall.bidder("Ann")) == {Span.RAID: (), Span.NIGHT: ()}

    def test_awards_count_by_raid_and_by_night(self, hall: Hall) -> None:
        """L-2: the least first; the night begins at its start, and does not hold its end."""
        ann, raid_id = hall.bidder("Ann"), hall.place.raid()
        other = hall.place.raid()
        self.award(hall, ann, "30", raid_id=raid_id)
        self.award(hall, ann, "10", raid_id=other)
        self.award(hall, ann, "20")
        self.award(hall, ann, "5", raid_id=raid_id, hours=-8)
        self.award(hall, ann, "7", raid_id=raid_id, hours=-9)
        self.award(hall, ann, "8", raid_id=raid_id, hours=16)
        wins = self.wins(hall, ann, raid_id=raid_id)
        assert wins == {Span.RAID: (500, 700, 800, 3000), Span.NIGHT: (500, 1000, 2000, 3000)}
        assert self.wins(hall, ann)[Span.RAID] == ()

    def test_only_ones_own_awards_that_stand_in_the_pool_count(self, hall: Hall, elsewhere: Place) -> None:
        """L-2, L-8, G-1."""
        ann, ben = hall.bidder("Ann"), hall.bidder("Ben")
        other_pool = hall.bank.pool()
        self.award(hall, ann, "1")
        self.award(hall, ann, "2", pools=(other_pool, hall.pool_id))
        self.award(hall, ann, "3", pools=(other_pool,))
        self.award(hall, ann, "4", pools=())
        self.award(hall, ben, "5")
        self.award(hall, None, "0")
        for status in (AwardStatus.REVOKED, AwardStatus.MOVED, AwardStatus.RETURNED):
            self.award(hall, ann, "6", status=status)
        self.award(Hall(elsewhere, hall.pool_id), ann, "7")
        assert self.wins(hall, ann)[Span.NIGHT] == (100, 200)

    def test_pools_are_told_apart_by_their_whole_id(self, hall: Hall) -> None:
        """L-2: pool 1 is not in 11, 21 or 12."""
        ann = hall.bidder("Ann")
        digits = str(hall.pool_id)
        for near in (f"1{digits}", f"{digits}1", f"1{digits}1"):
            self.award(hall, ann, "1", pools=(PoolId(int(near)),))
        assert self.wins(hall, ann)[Span.NIGHT] == ()

    def test_what_is_held_in_other_auctions_counts(self, hall: Hall) -> None:
        """L-2: by the raid and opening of the auction, in this pool; not what the one at hand holds."""
        ann, ben, raid_id = hall.bidder("Ann"), hall.bidder("Ben"), hall.place.raid()
        self.award(hall, ann, "20", raid_id=raid_id)
        here = self.held(hall, ann, "99", raid_id=raid_id)
        self.held(hall, ann, "10", raid_id=raid_id)
        self.held(hall, ann, "30")
        self.held(hall, ann, "40", raid_id=raid_id, hours=-9)
        self.held(hall, ben, "50", raid_id=raid_id)
        wins = self.wins(hall, ann, raid_id=raid_id, but=here)
        assert wins == {Span.RAID: (1000, 2000, 4000), Span.NIGHT: (1000, 2000, 3000)}

    def test_what_is_sealed_counts_where_it_may_be_known(self, hall: Hall) -> None:
        """L-11: else only what all may see, unless that is nothing."""
        ann = hall.bidder("Ann")
        self.held(hall, ann, "10", "5")
        self.held(hall, ann, "0", "7")
        self.held(hall, ann, "3")
        assert self.wins(hall, ann)[Span.NIGHT] == (300, 700, 1500)
        assert self.wins(hall, ann, sealed=False)[Span.NIGHT] == (300, 1000)

    def test_every_copy_that_is_held_counts_by_itself(self, hall: Hall) -> None:
        """L-2, L-11: as each that was awarded does; where what is sealed is not known, by what all may see."""
        ann, raid_id = hall.bidder("Ann"), hall.place.raid()
        for _ in range(2):
            self.award(hall, ann, "7", raid_id=raid_id)
        self.held(hall, ann, "30", "12", raid_id=raid_id, copies=2)
        self.held(hall, ann, "0", "9", raid_id=raid_id, copies=3)
        self.held(hall, ann, "4", hours=1)
        wins = self.wins(hall, ann, raid_id=raid_id)
        of_raid = (300, 300, 300, 700, 700, 2100, 2100)
        assert wins == {Span.RAID: of_raid, Span.NIGHT: (300, 300, 300, 400, 700, 700, 2100, 2100)}
        assert self.wins(hall, ann, raid_id=raid_id, sealed=False)[Span.RAID] == (700, 700, 1500, 1500)

    def test_what_a_transaction_wrote_counts_in_it(self, hall: Hall) -> None:
        """L-10: a line of chat after another."""
        ann = hall.bidder("Ann")
        auction = hall.keep(hall.drafted())
        with hall.place.work() as work:
            here = work.holds.purses(hall.pool_id, auction.id, {ann})[ann].here
            hold = evolve(here, shown=Points.of(3), sealed=Points.of(4))
            work.holds.move(auction.id, hall.pool_id, {ann: here}, {ann: hold})
            wins = work.bidders.wins(ann, hall.pool_id, raid_id=None, night=TONIGHT, but=AuctionId(0))
        assert wins[Span.NIGHT] == (700,)

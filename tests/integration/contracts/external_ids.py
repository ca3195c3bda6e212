"""What every adapter keeps to, as to the ids that things had where they came from (O-4)."""

from __future__ import annotations

import pytest
from attrs import evolve, frozen

from dkp_core.accounts import Membership, MembershipRow, RoleGroup, User
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.ids import ApplicationId, AwardId, UserId
from dkp_core.kernel.ports import AuditFilter, AuditRow
from dkp_core.loot import Award, AwardFilter, AwardRow, ItemFilter
from dkp_core.points import (
    Adjustment,
    AdjustmentFilter,
    AdjustmentRow,
    EntryKind,
    HistoryFilter,
    HistoryRow,
    MergeUsers,
)
from dkp_core.points.events import PointsAdjusted
from dkp_core.raids import RaidFilter
from dkp_core.roster import RosterFilter
from tests.integration.contracts.deeds import Bank, Raiding, told_of
from tests.integration.contracts.loot_deeds import Hall
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place
from tests.integration.contracts.recruitment_deeds import Office
from tests.integration.contracts.suite import Contract

OLD = "eqdkp:152"
OTHER = "eqdkp:15"
UNKNOWN = ("eqdkp:1520", "EQDKP:152", "152", "eqdkp:%", "x" * 200)
"""Nearly that id, and one that is longer than any."""


@frozen
class Doer:
    """Whatever an import tells that somebody did elsewhere, by what they are called there."""

    place: Place
    actor_id: str
    member: UserId
    award_id: AwardId
    application_id: ApplicationId

    @classmethod
    def of(cls, place: Place, actor_id: str) -> Doer:
        """They moved points, gave an item, wrote into the log, and took an application."""
        bank, hall, office = Bank(place), Hall.of(place), Office(place)
        by = Actor(kind=ActorKind.IMPORT, id=actor_id, entrypoint="import", guild_id=place.guild_id)
        member, pool_id = place.member("Mia"), bank.pool()
        bank.book(evolve(bank.drafted(member, pool_id, "1"), actor_kind=by.kind, actor_id=by.id))
        bank.book(bank.drafted(member, pool_id, "1"))
        made = evolve(bank.drafted_adjustment(member, pool_id), actor_kind=by.kind, actor_id=by.id)
        award_id = hall.give("Cloak", None, "0")
        application = office.drafted()
        with place.installation.begin(by) as work:
            work.adjustments.append([made], PointsAdjusted(adjustments=told_of([made]), reason="x"))
            work.awards.save(evolve(work.awards.get(award_id), actor_kind=by.kind, actor_id=by.id))
            work.applications.save(application)
        return cls(place, actor_id, member, award_id, application.id)

    def names(self) -> set[str | None]:
        """What they are called wherever it is shown."""
        with self.place.views() as views:
            page = views.history(self.member, HistoryFilter(), page=EVERYTHING, newest_first=True)
            filtered = views.history(
                self.member, HistoryFilter(kind=EntryKind.ATTENDANCE), page=EVERYTHING, newest_first=False
            )
            adjustments = views.adjustments(AdjustmentFilter(user_id=self.member), page=EVERYTHING)
            awards = views.awards(AwardFilter(), ordering=(), page=EVERYTHING)
            logged = views.events(AuditFilter(actor_id=self.actor_id), page=EVERYTHING)
            rows: tuple[HistoryRow | AdjustmentRow | AwardRow | AuditRow, ...] = (
                *page.results,
                *filtered.results,
                *adjustments.results,
                *awards.results,
                *logged.results,
            )
            theirs = [row for row in rows if row.actor_id == self.actor_id]
            assert {row.actor_name for row in rows if row not in theirs} == {None}
            assert {type(row) for row in theirs} == {HistoryRow, AdjustmentRow, AwardRow, AuditRow}
            (step,) = views.application(self.application_id).transitions
            assert step.user_id is None
            return {
                *(row.actor_name for row in theirs),
                views.award(self.award_id).actor_name,
                views.actor_name(ActorKind.IMPORT, self.actor_id),
                step.username,
            }


class ExternalIdsContract(Contract):
    """External ids are kept, shown and found, in the guild that has them alone."""

    # --- raids and their kinds ----------------------------------------------------------------------------------------

    def test_a_raid_keeps_its_external_id(self, place: Place) -> None:
        """O-4: also when it is changed."""
        raiding = Raiding.at(place)
        raid = evolve(raiding.drafted(NIGHT), external_id=OLD)
        with place.work() as work:
            work.raids.save(raid)
        with place.work() as work:
            assert work.raids.get(raid.id) == evolve(raid, version=1, pending=())
            work.raids.save(work.raids.get(raid.id).change(note="other"))
        with place.work() as work:
            assert (work.raids.get(raid.id).note, work.raids.get(raid.id).external_id) == ("other", OLD)

    def test_raids_are_found_by_external_id(self, place: Place, elsewhere: Place) -> None:
        """O-4, G-1: exactly that one; it is shown in the list and by itself."""
        raiding = Raiding.at(place)
        others = Raiding.at(elsewhere)
        raids = [evolve(raiding.drafted(NIGHT), external_id=each) for each in (OLD, OTHER, None)]
        foreign = evolve(others.drafted(NIGHT), external_id=OLD)
        for where, kept in ((place, raids), (elsewhere, [foreign])):
            with where.work() as work:
                for raid in kept:
                    work.raids.save(raid)
        with place.views() as views:
            page = views.raids(RaidFilter(external_id=OLD), ordering=(), page=EVERYTHING)
            assert [(row.id, row.external_id) for row in page.results] == [(raids[0].id, OLD)]
            assert page.count == 1
            assert [views.raid(raid.id).external_id for raid in raids] == [OLD, OTHER, None]
            for unknown in UNKNOWN:
                assert views.raids(RaidFilter(external_id=unknown), ordering=(), page=EVERYTHING).count == 0

    def test_event_types_are_found_by_external_id(self, place: Place, elsewhere: Place) -> None:
        """O-4, G-1: also those that are changed, or inactive."""
        Raiding.at(elsewhere)
        raiding = Raiding.at(place)
        with place.work() as work:
            work.event_types.save(evolve(work.event_types.get(raiding.event_type.id), external_id=OLD))
        with place.work() as work:
            work.event_types.save(work.event_types.get(raiding.event_type.id).change(name="Other", active=False))
        with place.work() as work:
            assert work.event_types.get(raiding.event_type.id).external_id == OLD
        with place.views() as views:
            (row,) = views.event_types(active=None, external_id=OLD)
            assert (row.id, row.external_id) == (raiding.event_type.id, OLD)
            assert views.event_type(row.id) == row
            assert views.event_types(active=True, external_id=OLD) == ()
            for unknown in UNKNOWN:
                assert views.event_types(active=None, external_id=unknown) == ()

    # --- characters ---------------------------------------------------------------------------------------------------

    def test_a_character_keeps_its_external_id(self, place: Place) -> None:
        """O-4: whatever becomes of its name."""
        drafted = evolve(place.drafted("Ann"), external_id=OLD)
        place.enter(drafted)
        with place.work() as work:
            work.characters.save(evolve(work.characters.get(drafted.id), name="Anna"))
        assert (place.loaded(drafted.id).name, place.loaded(drafted.id).external_id) == ("Anna", OLD)

    def test_characters_are_found_by_external_id(self, place: Place, elsewhere: Place) -> None:
        """O-4, G-1: exactly that one; it is shown in the list and by itself."""
        ann, ben, cid = (
            evolve(place.drafted(name), external_id=external_id)
            for name, external_id in (("Ann", OLD), ("Ben", OTHER), ("Cid", None))
        )
        place.enter(ann, ben, cid)
        elsewhere.enter(evolve(elsewhere.drafted("Ann"), external_id=OLD))
        (row,) = place.roster(RosterFilter(external_id=OLD)).results
        assert (row.id, row.external_id) == (ann.id, OLD)
        with place.views() as views:
            shown = [views.character(each.id, with_hidden=True).external_id for each in (ann, ben, cid)]
            assert views.character_named("Ben", with_hidden=False).external_id == OTHER
        assert shown == [OLD, OTHER, None]
        for unknown in UNKNOWN:
            assert place.listed(RosterFilter(external_id=unknown)) == []

    def test_characters_of_hidden_ranks_are_not_found_by_those_who_may_not_see_them(self, place: Place) -> None:
        """O-4, R-6."""
        place.enter(evolve(place.drafted("Ann", rank_id=place.rank("Secret", is_hidden=True)), external_id=OLD))
        assert place.listed(RosterFilter(external_id=OLD)) == ["Ann"]
        assert place.listed(RosterFilter(external_id=OLD), with_hidden=False) == []

    # --- people -------------------------------------------------------------------------------------------------------

    def joined(self, place: Place, name: str, external_id: str | None) -> UserId:
        """Somebody who has that external id in the guild."""
        user_id = place.user(name)
        membership = Membership.begin(place.guild_id, user_id, RoleGroup.MEMBER, NIGHT)
        with place.work() as work:
            work.memberships.save(evolve(membership, external_id=external_id))
        return user_id

    def memberships(self, place: Place, external_id: str | None) -> tuple[MembershipRow, ...]:
        """The memberships of that external id."""
        with place.views() as views:
            page = views.memberships(
                role_group=None, status=None, external_id=external_id, search="", ordering=(), page=EVERYTHING
            )
        assert page.count == len(page.results)
        return page.results

    def test_a_user_keeps_the_external_id_that_they_have_in_a_guild(self, place: Place, elsewhere: Place) -> None:
        """O-4, G-1: and has none in another."""
        user_id = self.joined(place, "Ann", OLD)
        with elsewhere.work() as work:
            work.memberships.save(Membership.begin(elsewhere.guild_id, user_id, RoleGroup.MEMBER, NIGHT))
        with place.work() as work:
            work.memberships.save(work.memberships.get(user_id).end(NIGHT, reason="bye"))
        with place.work() as work:
            assert work.memberships.get(user_id).external_id == OLD
        for where, external_id in ((place, OLD), (elsewhere, None)):
            with where.views() as views:
                assert views.user(user_id).external_id == external_id
        assert [row.user_id for row in self.memberships(place, OLD)] == [user_id]
        assert self.memberships(elsewhere, OLD) == ()

    def test_memberships_are_found_by_external_id(self, place: Place) -> None:
        """O-4: exactly that one."""
        ann, _, _ = (self.joined(place, *each) for each in (("Ann", OLD), ("Ben", OTHER), ("Cid", None)))
        assert [(row.user_id, row.external_id) for row in self.memberships(place, OLD)] == [(ann, OLD)]
        assert [row.external_id for row in self.memberships(place, None)] == [OLD, OTHER, None]
        for unknown in UNKNOWN:
            assert self.memberships(place, unknown) == ()

    # --- loot ---------------------------------------------------------------------------------------------------------

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Loot in the guild of the test."""
        return Hall.of(place)

    def awarded(self, hall: Hall, item: str, external_id: str | None) -> Award:
        """An award that has that external id."""
        award_id = hall.give(item, None, "0")
        with hall.place.work() as work:
            award = evolve(work.awards.get(award_id), external_id=external_id)
            work.awards.save(award)
        return award

    def test_awards_are_found_by_external_id(self, hall: Hall, elsewhere: Place) -> None:
        """O-4, G-1: exactly that one, also once it is revoked; it is shown in the list and by itself."""
        award, other = self.awarded(hall, "Cloak", OLD), self.awarded(hall, "Cloak", OTHER)
        self.awarded(Hall.of(elsewhere), "Cloak", OLD)
        with hall.place.work() as work:
            work.awards.save(work.awards.get(award.id).revoke(reason="x"))
        with hall.place.work() as work:
            assert work.awards.get(award.id).external_id == OLD
        with hall.place.views() as views:
            page = views.awards(AwardFilter(external_id=OLD), ordering=(), page=EVERYTHING)
            assert [(row.id, row.external_id) for row in page.results] == [(award.id, OLD)]
            assert page.count == 1
            assert [views.award(each.id).external_id for each in (award, other)] == [OLD, OTHER]
            for unknown in UNKNOWN:
                assert views.awards(AwardFilter(external_id=unknown), ordering=(), page=EVERYTHING).count == 0

    def test_items_are_found_by_the_external_ids_of_their_awards(self, hall: Hall, elsewhere: Place) -> None:
        """O-4, G-1: an old id is that of an award, the game's is the item's own; an item is found once."""
        awards = [self.awarded(hall, item, old) for item, old in (("Cloak", OLD), ("Cloak", OTHER), ("Bow", "7"))]
        self.awarded(Hall.of(elsewhere), "Crown", OLD)
        ring = hall.item("Ring")
        with hall.place.work() as work:
            work.items.save(work.items.get(awards[0].item_id).change(external_id="45471"))
            work.items.save(work.items.get(ring.id).change(external_id="7"))

        def found(external_id: str) -> list[str]:
            with hall.place.views() as views:
                page = views.items(ItemFilter(external_id=external_id), ordering=(), page=EVERYTHING)
            assert page.count == len(page.results)
            return [row.name for row in page.results]

        assert [found(each) for each in (OLD, OTHER, "45471")] == [["Cloak"]] * 3
        assert found("7") == ["Bow", "Ring"]
        for unknown in ("eqdkp:1", "4547", "EQDKP:152", "x" * 200):
            assert found(unknown) == []

    # --- adjustments --------------------------------------------------------------------------------------------------

    def test_adjustments_are_found_by_external_id(self, place: Place, elsewhere: Place) -> None:
        """O-4, G-1: in each pool in which it was made."""

        def adjusted(where: Place, external_ids: tuple[str | None, ...]) -> list[Adjustment]:
            bank, user_id = Bank(where), where.member()
            made = [
                evolve(bank.drafted_adjustment(user_id, bank.pool()), external_id=external_id)
                for external_id in external_ids
            ]
            with where.work() as work:
                work.adjustments.append(made, PointsAdjusted(adjustments=told_of(made), reason="x"))
            return made

        adjusted(elsewhere, (OLD,))
        made = adjusted(place, (OLD, OLD, OTHER, None))
        with place.work() as work:
            assert [work.adjustments.get(each.id) for each in made] == made
        with place.views() as views:
            page = views.adjustments(AdjustmentFilter(external_id=OLD), page=EVERYTHING)
            assert [(row.id, row.external_id) for row in page.results] == [(made[1].id, OLD), (made[0].id, OLD)]
            assert page.count == 2
            in_pool = AdjustmentFilter(external_id=OLD, pool_id=made[0].pool_id, reversed=False)
            assert [row.id for row in views.adjustments(in_pool, page=EVERYTHING).results] == [made[0].id]
            for unknown in UNKNOWN:
                assert views.adjustments(AdjustmentFilter(external_id=unknown), page=EVERYTHING).count == 0

    # --- who did it ---------------------------------------------------------------------------------------------------

    def test_who_did_something_elsewhere_is_named_as_who_they_are_here(self, place: Place, elsewhere: Place) -> None:
        """O-4, G-5, G-1: by the external id that the guild knows them by."""
        self.joined(elsewhere, "Stranger", OLD)
        self.joined(place, "Ben", OTHER)
        doer = Doer.of(place, OLD)
        assert doer.names() == {None}
        self.joined(place, "Ann", OLD)
        assert doer.names() == {"Ann"}
        with place.views() as views:
            assert views.actor_name(ActorKind.USER, OLD) is None

    def test_who_did_something_elsewhere_and_was_merged_is_named_as_who_is_left(self, place: Place) -> None:
        """O-4, R-8."""
        with place.work() as work:
            user = User.add(UserId(place.installation.ids.next("user")), discord_id=None, username="Old", at=NIGHT)
            work.users.save(user)
            membership = Membership.begin(place.guild_id, user.id, RoleGroup.MEMBER, NIGHT)
            work.memberships.save(evolve(membership, external_id=OLD))
        doer = Doer.of(place, OLD)
        assert doer.names() == {"Old"}
        installation = place.installation
        MergeUsers(installation.begin, installation.ids, installation.clock)(
            user.id, into=place.member("New"), by=place.by
        )
        assert doer.names() == {"New"}

    def test_who_did_something_elsewhere_and_is_erased_is_named_no_more(self, place: Place) -> None:
        """A-12: what was imported tells the id that they had there, and no name."""
        user_id = self.joined(place, "Ann", OLD)
        doer = Doer.of(place, OLD)
        with place.work() as work:
            erased = work.users.get(user_id).erase(NIGHT)
            work.users.save(erased)
        assert doer.names() == {erased.username}
        assert "Ann" not in erased.username

"""What every adapter of the loot context keeps to, as to award drafts, and items known by their names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from attrs import evolve

from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import AwardDraftId, AwardId, ItemId, RaidId, UserId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.loot import (
    AwardDraft,
    AwardDraftFilter,
    AwardDraftRow,
    AwardFilter,
    ConfirmAwardDraft,
    DraftAwards,
    DraftIsSettled,
    DraftStatus,
    Item,
)
from dkp_core.loot.events import LootDrafted
from tests.integration.contracts.installation import Rival, all_at_once
from tests.integration.contracts.loot_deeds import Hall
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place
from tests.integration.contracts.suite import Contract

LOG = b"[Fri Nov 20 20:20:00 2026] --Annmain has looted a Cloak of Flames.--\n"


class AwardDraftsContract(Contract):
    """The port `AwardDrafts`, and the views of award drafts."""

    @pytest.fixture
    def hall(self, place: Place) -> Hall:
        """Auctions in the guild of the test."""
        return Hall.of(place)

    def full(self, hall: Hall, user_id: UserId, raid_id: RaidId, fingerprint: str = "f") -> AwardDraft:
        """A draft in which nothing has its default."""
        return AwardDraft(
            id=AwardDraftId(hall.place.installation.ids.next("award_draft")),
            guild_id=hall.place.guild_id,
            raid_id=raid_id,
            item_name="Épée d'Été 🐉",
            item_id=ItemId(7),
            name="Élan-Karnor",
            user_id=user_id,
            quantity=2,
            cost=Points.of("12.34"),
            rot=True,
            note="from больше 🐉",
            local_time="2026-11-20T20:15:00",
            sha256="ab" * 32,
            line=100_000_000,
            fingerprint=fingerprint,
            drafted_at=NIGHT,
        )

    def append(self, place: Place, *drafts: AwardDraft) -> None:
        """Keep these."""
        event = LootDrafted(raid_id=drafts[0].raid_id, drafts=tuple(draft.id for draft in drafts))
        with place.work() as work:
            work.award_drafts.append(drafts, event)

    def rows(self, hall: Hall, raid_id: RaidId, status: DraftStatus | None = None) -> Sequence[AwardDraftRow]:
        """The drafts of a raid."""
        with hall.place.views() as views:
            page = views.award_drafts(AwardDraftFilter(raid_id=raid_id, status=status), page=EVERYTHING)
        assert page.count == len(page.results)
        return page.results

    def test_a_draft_comes_back_as_it_was(self, hall: Hall) -> None:
        """D-11, G-9: every value; and without what it need not have."""
        draft = self.full(hall, hall.bidder("Ann"), hall.place.raid())
        bare = evolve(
            draft,
            id=AwardDraftId(hall.place.installation.ids.next("award_draft")),
            item_id=None,
            user_id=None,
            name="",
            cost=None,
            rot=False,
            note="",
            local_time="",
            fingerprint="g",
        )
        self.append(hall.place, draft, bare)
        with hall.place.work() as work:
            assert work.award_drafts.get(draft.id) == evolve(draft, version=1)
            assert work.award_drafts.get(bare.id) == evolve(bare, version=1)

    def test_what_was_drafted_is_known_by_its_fingerprint(self, hall: Hall, elsewhere: Place) -> None:
        """D-11, G-1: in whichever raid of that guild, the raid that is asked for first."""
        raid_id, other, third = hall.place.raid(), hall.place.raid(), hall.place.raid()
        ann = hall.bidder("Ann")
        self.append(hall.place, self.full(hall, ann, raid_id))
        self.append(hall.place, self.full(hall, ann, third), self.full(hall, ann, third, "h"))
        with hall.place.work() as work:
            assert work.award_drafts.drafted(raid_id, ["f", "g"]) == {"f": raid_id}
            assert work.award_drafts.drafted(third, ["h", "f"]) == {"f": third, "h": third}
            assert work.award_drafts.drafted(other, ["f", "h"]) == {"f": raid_id, "h": third}
            assert work.award_drafts.drafted(raid_id, []) == {}
        with elsewhere.work() as work:
            assert work.award_drafts.drafted(raid_id, ["f"]) == {}

    def test_what_came_to_nothing_is_known_by_its_own_raid_alone(self, hall: Hall) -> None:
        """D-11: dismissed, or of a raid that was cancelled."""
        dismissed, cancelled, other = hall.place.raid(), hall.place.raid(), hall.place.raid()
        ann = hall.bidder("Ann")
        one = self.full(hall, ann, dismissed)
        self.append(hall.place, one)
        self.append(hall.place, self.full(hall, ann, cancelled, "g"))
        with hall.place.work() as work:
            work.award_drafts.save(work.award_drafts.get(one.id).dismiss("the other raid's"))
            work.raids.save(work.raids.get(cancelled).cancel(reason="none came", reversed_entries=0))
        with hall.place.work() as work:
            assert work.award_drafts.drafted(other, ["f", "g"]) == {}
            assert work.award_drafts.drafted(dismissed, ["f", "g"]) == {"f": dismissed}
            assert work.award_drafts.drafted(cancelled, ["f", "g"]) == {"g": cancelled}

    def test_a_users_drafts_are_emptied(self, hall: Hall, elsewhere: Place) -> None:
        """A-12, G-1: the notes of all of them, settled or not, in order of id; nobody else's."""
        raid_id, ann = hall.place.raid(), hall.bidder("Ann")
        one, two = self.full(hall, ann, raid_id), self.full(hall, ann, raid_id, "g")
        theirs = self.full(hall, hall.bidder("Ben"), raid_id, "h")
        self.append(hall.place, two, theirs, one)
        with hall.place.work() as work:
            work.award_drafts.save(work.award_drafts.get(two.id).dismiss("no"))
        with elsewhere.work() as work:
            assert work.award_drafts.of_user(ann) == ()
        with hall.place.work() as work:
            found = work.award_drafts.of_user(ann)
            for each in found:
                work.award_drafts.save(each.emptied())
        assert [each.id for each in found] == [one.id, two.id]
        notes = {row.id: (row.note, row.reason) for row in self.rows(hall, raid_id)}
        assert notes == {one.id: ("", ""), two.id: ("", "no"), theirs.id: ("from больше 🐉", "")}

    def test_the_same_loot_is_drafted_once(self, hall: Hall) -> None:
        """D-11: who comes second tries again, and nothing of theirs is kept."""
        raid_id, ann = hall.place.raid(), hall.bidder("Ann")
        self.append(hall.place, self.full(hall, ann, raid_id))
        with pytest.raises(Stale):
            self.append(hall.place, self.full(hall, ann, raid_id, "g"), self.full(hall, ann, raid_id))
        assert [row.line for row in self.rows(hall, raid_id)] == [100_000_000]
        self.append(hall.place, self.full(hall, ann, hall.place.raid()))

    def test_what_becomes_of_a_draft_is_kept_with_its_events(self, hall: Hall) -> None:
        """D-11, G-5."""
        raid_id, ann = hall.place.raid(), hall.bidder("Ann")
        one, two = self.full(hall, ann, raid_id), self.full(hall, ann, raid_id, "g")
        self.append(hall.place, one, two)
        with hall.place.work() as work:
            work.award_drafts.save(work.award_drafts.get(one.id).confirm([AwardId(4), AwardId(5)]))
            work.award_drafts.save(work.award_drafts.get(two.id).dismiss("Zu spät"))
        with hall.place.work() as work:
            confirmed, dismissed = (work.award_drafts.get(each.id) for each in (one, two))
        assert confirmed == evolve(one, status=DraftStatus.AWARDED, awards=(AwardId(4), AwardId(5)), version=2)
        assert dismissed == evolve(two, status=DraftStatus.DISMISSED, reason="Zu spät", version=2)
        (told,) = hall.place.told_rows("award_draft", one.id)
        assert (told.name, told.data["awards"]) == ("award_draft_confirmed", [4, 5])
        (told,) = hall.place.told_rows("award_draft", two.id)
        assert (told.name, told.data["reason"]) == ("award_draft_dismissed", "Zu spät")

    def test_who_read_an_earlier_version_is_stale(self, hall: Hall) -> None:
        """D-11: settled once."""
        draft = self.full(hall, hall.bidder("Ann"), hall.place.raid())
        self.append(hall.place, draft)
        with hall.place.work() as work:
            read = work.award_drafts.get(draft.id)
            work.award_drafts.save(read.dismiss("first"))
        with pytest.raises(Stale), hall.place.work() as work:
            work.award_drafts.save(read.dismiss("second"))

    def test_an_unknown_draft_is_refused(self, hall: Hall, elsewhere: Place) -> None:
        """G-1."""
        theirs = Hall.of(elsewhere)
        foreign = self.full(theirs, theirs.bidder("Ben"), elsewhere.raid())
        self.append(elsewhere, foreign)
        for unknown in (AwardDraftId(0), foreign.id):
            with hall.place.work() as work, pytest.raises(NoSuch):
                work.award_drafts.get(unknown)
            with hall.place.views() as views, pytest.raises(NoSuch):
                views.award_draft(unknown)
        with hall.place.views() as views, pytest.raises(NoSuch):
            views.award_drafts(AwardDraftFilter(raid_id=foreign.raid_id), page=EVERYTHING)

    def test_a_draft_is_locked_until_the_transaction_ends(self, hall: Hall) -> None:
        """D-11: whoever takes it next sees what became of it."""
        draft = self.full(hall, hall.bidder("Ann"), hall.place.raid())
        self.append(hall.place, draft)
        seen: list[DraftStatus] = []

        def look() -> None:
            with hall.place.work() as work:
                seen.append(work.award_drafts.get(draft.id).status)

        with hall.place.work() as work:
            read = work.award_drafts.get(draft.id)
            rival = Rival(look)
            work.award_drafts.save(read.dismiss("a mistake"))
        assert rival.outcome() is None
        assert seen == [DraftStatus.DISMISSED]

    def test_the_view_shows_what_was_saved(self, hall: Hall) -> None:
        """D-11: in order of id, by status, in pages."""
        raid_id, ann = hall.place.raid(), hall.bidder("Ännchen")
        one, two = self.full(hall, ann, raid_id), evolve(self.full(hall, ann, raid_id, "a"), user_id=None, cost=None)
        self.append(hall.place, two, one)
        with hall.place.work() as work:
            work.award_drafts.save(work.award_drafts.get(two.id).dismiss("no"))
        assert [row.id for row in self.rows(hall, raid_id)] == [one.id, two.id]
        assert [row.id for row in self.rows(hall, raid_id, DraftStatus.DISMISSED)] == [two.id]
        assert self.rows(hall, raid_id, DraftStatus.AWARDED) == ()
        assert self.rows(hall, hall.place.raid()) == ()
        with hall.place.views() as views:
            page = views.award_drafts(AwardDraftFilter(raid_id=raid_id), page=PageRequest(2, 1))
            row = views.award_draft(one.id)
        assert ([each.id for each in page.results], page.count) == ([two.id], 2)
        assert row == AwardDraftRow(
            id=one.id,
            raid_id=raid_id,
            item="Épée d'Été 🐉",
            item_id=ItemId(7),
            character="Élan-Karnor",
            user_id=ann,
            username="Ännchen",
            quantity=2,
            amount=Points.of("12.34"),
            rot=True,
            note="from больше 🐉",
            local_time="2026-11-20T20:15:00",
            line=100_000_000,
            sha256="ab" * 32,
            status=DraftStatus.OPEN,
            awards=(),
            reason="",
            drafted_at=NIGHT,
        )

    def test_a_raid_that_drafts_name_is_not_removed(self, hall: Hall) -> None:
        """D-11, G-4: it is cancelled instead."""
        raid_id = hall.place.raid()
        self.append(hall.place, self.full(hall, hall.bidder("Ann"), raid_id))
        with hall.place.work() as work:
            assert not work.raids.remove(work.raids.get(raid_id))
        with hall.place.work() as work:
            assert work.raids.get(raid_id).id == raid_id

    # --- several at once ----------------------------------------------------------------------------------------------

    def test_a_draft_is_confirmed_once_however_many_try(self, hall: Hall) -> None:
        """D-11: at the same moment; one award, paid once."""
        ann, raid_id, place = hall.bidder("Ann"), hall.place.raid(), hall.place
        draft = evolve(self.full(hall, ann, raid_id), item_id=None, name="Annmain", quantity=1, rot=False)
        self.append(place, draft)
        confirm = ConfirmAwardDraft(place.installation.begin, place.installation.ids, place.installation.clock)
        price, pool_id = Points.of("5"), hall.pool_id
        outcomes = all_at_once(*[lambda: confirm(raid_id, draft.id, amount=price, pool_id=pool_id, by=place.by)] * 4)
        assert outcomes.count(None) == 1
        assert all(each is None or isinstance(each, DraftIsSettled | Stale) for each in outcomes)
        with place.views() as views:
            awards = views.awards(AwardFilter(raid_id=raid_id), ordering=(), page=EVERYTHING)
        assert awards.count == 1
        assert hall.bank.numbers(ann, hall.pool_id)[3] == "95.00"
        assert hall.bank.differences() == []

    def test_a_file_is_drafted_once_however_many_give_it(self, hall: Hall) -> None:
        """D-7, D-11: at the same moment."""
        raid_id, place = hall.place.raid(NIGHT), hall.place
        hall.bidder("Ann")
        draft = DraftAwards(place.installation.begin, place.installation.ids, place.installation.clock)
        outcomes = all_at_once(*[lambda: draft(raid_id, [LOG], zone="UTC", by=place.by)] * 4)
        assert all(each is None or isinstance(each, Stale) for each in outcomes)
        assert None in outcomes
        assert [row.item for row in self.rows(hall, raid_id)] == ["Cloak of Flames"]

    def test_loot_of_a_night_is_drafted_for_one_of_its_raids(self, hall: Hall) -> None:
        """D-11: at the same moment for several."""
        place = hall.place
        raids = [place.raid(NIGHT) for _ in range(3)]
        hall.bidder("Ann")
        draft = DraftAwards(place.installation.begin, place.installation.ids, place.installation.clock)

        def given(raid_id: RaidId) -> Callable[[], object]:
            return lambda: draft(raid_id, [LOG], zone="UTC", by=place.by)

        outcomes = all_at_once(*[given(raid_id) for raid_id in raids])
        assert all(each is None or isinstance(each, Stale) for each in outcomes)
        assert [row.item for raid_id in raids for row in self.rows(hall, raid_id)] == ["Cloak of Flames"]

    # --- items --------------------------------------------------------------------------------------------------------

    def test_items_are_known_by_name_and_else_by_external_id(self, hall: Hall, elsewhere: Place) -> None:
        """D-11, L-1, G-9: a name in any case comes first; an export may only tell numbers."""
        cloak, rod, late = hall.item("Épée"), hall.item("Rod"), hall.item("Another rod")
        named = hall.item("45471")
        theirs = Hall.of(elsewhere).item("Theirs")
        with hall.place.work() as work:
            for item in (rod, late):
                work.items.save(work.items.get(item.id).change(external_id="45472"))
            work.items.save(work.items.get(cloak.id).change(external_id="45471"))
        with hall.place.work() as work:
            assert work.items.known(["ÉPÉE", "épée", "45472", "45471", "Theirs", "", "x" * 128]) == {
                "ÉPÉE": cloak.id,
                "épée": cloak.id,
                "45472": rod.id,
                "45471": named.id,
            }
            assert work.items.known([]) == {}
        assert isinstance(theirs, Item)

"""What every adapter of the points context keeps to, as to pools and manual adjustments."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from attrs import evolve

from dkp_core.kernel.errors import NameTaken, NoSuch, Stale
from dkp_core.kernel.ids import AdjustmentId, ItemPoolId, PoolId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.points import AdjustmentFilter, AlreadyReversed, ItemPool, ItemPoolRow, Pool, PoolRow
from dkp_core.points.events import PointsAdjusted
from tests.integration.contracts.deeds import RECORDED, Bank, told_of
from tests.integration.contracts.installation import Rival, all_at_once
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place
from tests.integration.contracts.suite import Contract

SHARP_S = ("Straße", "STRASSE")
"""One name: ß folds to ss."""


class PoolsContract(Contract):
    """The port `Pools`, and the view of pools."""

    def drafted(self, place: Place, name: str) -> Pool:
        """A pool that is not kept yet."""
        return Pool.create(PoolId(place.installation.ids.next("pool")), place.guild_id, name=name)

    # --- keeping ------------------------------------------------------------------------------------------------------

    def test_a_saved_pool_comes_back_as_it_was(self, place: Place) -> None:
        """P-5, G-9: name, unit, decimals and state."""
        pool = evolve(
            self.drafted(place, "Été 🐉 ночь"), unit="Gummipunkte", decimals=0, is_default=True, archived=True
        )
        with place.work() as work:
            work.pools.save(pool)
        with place.work() as work:
            assert work.pools.get(pool.id) == evolve(pool, version=1)
            assert work.pools.get(pool.id).pending == ()

    def test_a_change_is_kept_one_version_on(self, place: Place) -> None:
        pool_id = Bank(place).pool()
        with place.work() as work:
            changed = work.pools.get(pool_id).change(name="Main", unit="EP", decimals=1, archived=True)
            work.pools.save(changed)
        with place.work() as work:
            assert work.pools.get(pool_id) == evolve(changed, version=2)

    def test_an_unknown_pool_is_refused(self, place: Place, elsewhere: Place) -> None:
        """G-1: another guild's pool is unknown here."""
        foreign = Bank(elsewhere).pool("Main")
        with place.work() as work:
            for unknown in (PoolId(0), foreign):
                with pytest.raises(NoSuch):
                    work.pools.get(unknown)
            with pytest.raises(NoSuch):
                work.pools.named("Main")

    @pytest.mark.parametrize("name", ["Élan", "éLAN", unicodedata.normalize("NFD", "Élan"), "  Élan "])
    def test_a_pool_is_named_in_any_case_and_normal_form(self, place: Place, name: str) -> None:
        """G-9: but é is no e."""
        bank = Bank(place)
        bank.pool("Elan")
        pool_id = bank.pool("Élan")
        with place.work() as work:
            assert work.pools.named(name).id == pool_id

    def test_all_pools_are_told_in_order_of_id(self, place: Place, elsewhere: Place) -> None:
        """G-1: archived ones too, another guild's not."""
        Bank(elsewhere).pool()
        bank = Bank(place)
        ids = [bank.pool("zeta"), bank.pool("beta", archived=True), bank.pool("Alpha")]
        with place.work() as work:
            assert [pool.id for pool in work.pools.all()] == ids

    def test_a_guild_without_pools_has_none(self, place: Place) -> None:
        with place.work() as work:
            assert work.pools.all() == ()

    def test_saving_a_pool_stores_its_events(self, place: Place) -> None:
        """G-5."""
        pool_id = Bank(place).pool("Before")
        with place.work() as work:
            work.pools.save(work.pools.get(pool_id).change(name="After"))
        created, changed = place.told_rows("pool", pool_id)
        assert (created.name, created.data["name"]) == ("pool_created", "Before")
        assert (changed.name, changed.data["changes"]) == (
            "pool_changed",
            [{"field": "name", "before": "Before", "after": "After"}],
        )

    def test_a_failed_block_leaves_no_pool(self, place: Place) -> None:
        """G-6."""
        pool = self.drafted(place, "Never")

        def save_and_fail() -> None:
            with place.work() as work:
                work.pools.save(pool)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            save_and_fail()
        with place.work() as work, pytest.raises(NoSuch):
            work.pools.get(pool.id)
        assert place.told("pool", pool.id) == []

    # --- names --------------------------------------------------------------------------------------------------------

    def test_two_pools_never_share_a_name(self, place: Place) -> None:
        """G-9: alike but for case."""
        Bank(place).pool(SHARP_S[0])
        with pytest.raises(NameTaken) as refusal:
            Bank(place).pool(SHARP_S[1])
        assert refusal.value.name == SHARP_S[1]

    def test_a_pool_can_t_be_renamed_to_another_s_name(self, place: Place) -> None:
        Bank(place).pool("Main")
        pool_id = Bank(place).pool("Other")
        with pytest.raises(NameTaken), place.work() as work:
            work.pools.save(work.pools.get(pool_id).change(name="mAIN"))

    def test_a_pool_may_change_the_case_of_its_own_name(self, place: Place) -> None:
        pool_id = Bank(place).pool("main")
        with place.work() as work:
            work.pools.save(work.pools.get(pool_id).change(name="Main"))
        with place.views() as views:
            assert views.pool(pool_id).name == "Main"

    def test_guilds_may_have_pools_of_the_same_name(self, place: Place, elsewhere: Place) -> None:
        """G-1."""
        ids = Bank(place).pool("Main"), Bank(elsewhere).pool("Main")
        with elsewhere.work() as work:
            work.pools.save(work.pools.named("main").change(unit="EP"))
        with place.work() as work:
            assert (work.pools.named("main").id, work.pools.get(ids[0]).unit) == (ids[0], "DKP")

    # --- somebody else ------------------------------------------------------------------------------------------------

    def test_who_saves_what_somebody_else_changed_meanwhile_is_stale(self, place: Place) -> None:
        pool_id = Bank(place).pool()
        with place.work() as work:
            read_before = work.pools.get(pool_id)
        with place.work() as work:
            work.pools.save(work.pools.get(pool_id).change(unit="EP"))
        with pytest.raises(Stale), place.work() as work:
            work.pools.save(read_before.change(unit="GP"))

    def test_of_two_who_create_a_name_at_once_one_is_refused(self, place: Place) -> None:
        """P-13."""

        def create(pool: Pool) -> None:
            with place.work() as work:
                work.pools.save(pool)

        pools = [self.drafted(place, name) for name in ("Raced", "RACED")]
        faults = [fault for fault in all_at_once(*(lambda each=each: create(each) for each in pools)) if fault]
        assert len(faults) == 1
        assert isinstance(faults[0], NameTaken | Stale)

    def test_who_asks_for_all_pools_waits_for_who_changes_them(self, place: Place) -> None:
        """P-5: so that two who make another the default never leave two of them."""
        bank = Bank(place)
        one, other = bank.pool("one"), bank.pool("other")

        def make_default(pool_id: PoolId) -> Callable[[], None]:
            def act() -> None:
                with place.work() as work:
                    for pool in work.pools.all():
                        if pool.is_default or pool.id == pool_id:
                            work.pools.save(pool.change(is_default=pool.id == pool_id))

            return act

        with place.work() as work:
            pools = work.pools.all()
            rival = Rival(make_default(other))
            work.pools.save(pools[0].change(is_default=True))
        assert rival.outcome() is None
        with place.work() as work:
            assert [pool.id for pool in work.pools.all() if pool.is_default] == [other]
        assert one != other

    # --- the view -----------------------------------------------------------------------------------------------------

    def test_the_view_shows_what_was_saved(self, place: Place) -> None:
        """P-5."""
        pool = evolve(
            self.drafted(place, "Haupt"), unit="EP", decimals=1, is_default=True, archived=False, external_id="eqdkp:7"
        )
        with place.work() as work:
            work.pools.save(pool)
        row = PoolRow(
            id=pool.id,
            name="Haupt",
            unit="EP",
            decimals=1,
            is_default=True,
            archived=False,
            external_id="eqdkp:7",
        )
        with place.views() as views:
            assert views.pool(pool.id) == row
            assert views.pools() == (row,)

    def test_the_view_refuses_an_unknown_pool(self, place: Place, elsewhere: Place) -> None:
        """G-1."""
        foreign = Bank(elsewhere).pool()
        with place.views() as views:
            for unknown in (PoolId(0), foreign):
                with pytest.raises(NoSuch):
                    views.pool(unknown)
            assert views.pools() == ()

    def test_the_default_pool_is_listed_first_and_archived_ones_last(self, place: Place) -> None:
        """P-5: the others by name, in any case."""
        bank = Bank(place)
        for name in ("zeta", "Beta", "alpha"):
            bank.pool(name)
        bank.pool("Aaa", archived=True)
        with place.work() as work:
            work.pools.save(work.pools.named("zeta").change(is_default=True))
        with place.views() as views:
            assert [row.name for row in views.pools()] == ["zeta", "alpha", "Beta", "Aaa"]


class ItemPoolsContract(Contract):
    """The port `ItemPools`, and the view of them."""

    def saved(self, place: Place, name: str, *pools: PoolId) -> ItemPool:
        """An item pool as it is kept."""
        item_pool = ItemPool.create(
            ItemPoolId(place.installation.ids.next("item_pool")), place.guild_id, name=name, pools=pools
        )
        with place.work() as work:
            work.item_pools.save(item_pool)
        return evolve(item_pool, version=1, pending=())

    def test_a_saved_item_pool_comes_back_as_it_was(self, place: Place) -> None:
        """P-5: the pools it is paid from in their order; an imported one may have several, or none."""
        bank = Bank(place)
        one, other = bank.pool(), bank.pool()
        for item_pool in (self.saved(place, "Été", other, one), self.saved(place, "Free")):
            with place.work() as work:
                assert work.item_pools.get(item_pool.id) == item_pool

    def test_an_item_pool_keeps_what_it_was_called_elsewhere(self, place: Place) -> None:
        """O-4: through a change too."""
        item_pool = evolve(self.saved(place, "Old"), external_id="eqdkp:3")
        with place.work() as work:
            work.item_pools.save(item_pool)
        with place.work() as work:
            changed = work.item_pools.get(item_pool.id).change(name="New")
            work.item_pools.save(changed)
        with place.work() as work, place.views() as views:
            assert work.item_pools.get(item_pool.id).external_id == "eqdkp:3"
            assert [row.external_id for row in views.item_pools()] == ["eqdkp:3"]

    def test_a_change_is_kept_one_version_on(self, place: Place) -> None:
        item_pool = self.saved(place, "Before")
        with place.work() as work:
            changed = work.item_pools.get(item_pool.id).change(name="After", pools=(Bank(place).pool(),))
            work.item_pools.save(changed)
        with place.work() as work:
            assert work.item_pools.get(item_pool.id) == evolve(changed, version=2)
        assert place.told("item_pool", item_pool.id) == ["item_pool_created", "item_pool_changed"]

    def test_an_unknown_item_pool_is_refused(self, place: Place, elsewhere: Place) -> None:
        """G-1."""
        foreign = self.saved(elsewhere, "Foreign")
        with place.work() as work:
            for unknown in (ItemPoolId(0), foreign.id):
                with pytest.raises(NoSuch):
                    work.item_pools.get(unknown)

    def test_two_item_pools_never_share_a_name(self, place: Place, elsewhere: Place) -> None:
        """G-9, G-1: alike but for case; another guild's does not matter."""
        self.saved(elsewhere, SHARP_S[0])
        self.saved(place, SHARP_S[0])
        other = self.saved(place, "Other")
        with pytest.raises(NameTaken):
            self.saved(place, SHARP_S[1])
        with pytest.raises(NameTaken), place.work() as work:
            work.item_pools.save(work.item_pools.get(other.id).change(name=SHARP_S[1]))

    def test_who_saves_what_somebody_else_changed_meanwhile_is_stale(self, place: Place) -> None:
        read_before = self.saved(place, "Before")
        with place.work() as work:
            work.item_pools.save(work.item_pools.get(read_before.id).change(name="After"))
        with pytest.raises(Stale), place.work() as work:
            work.item_pools.save(read_before.change(name="Never"))

    def test_who_reads_an_item_pool_to_change_it_waits_for_the_other(self, place: Place) -> None:
        item_pool, pool_id = self.saved(place, "Before"), Bank(place).pool()

        def rename() -> None:
            with place.work() as work:
                work.item_pools.save(work.item_pools.get(item_pool.id).change(name="After"))

        with place.work() as work:
            read = work.item_pools.get(item_pool.id)
            rival = Rival(rename)
            work.item_pools.save(read.change(pools=(pool_id,)))
        assert rival.outcome() is None
        with place.work() as work:
            both = work.item_pools.get(item_pool.id)
        assert (both.name, both.pools, both.version) == ("After", (pool_id,), 3)

    def test_item_pools_are_listed_by_name_in_any_case(self, place: Place, elsewhere: Place) -> None:
        """G-9, G-1."""
        self.saved(elsewhere, "Elsewhere")
        pool_id = Bank(place).pool()
        saved = {name: self.saved(place, name, pool_id) for name in ("zeta", "Beta", "alpha")}
        with place.views() as views:
            assert views.item_pools() == tuple(
                ItemPoolRow(id=saved[name].id, name=name, pools=(pool_id,)) for name in ("alpha", "Beta", "zeta")
            )


class AdjustmentsContract(Contract):
    """The port `Adjustments`, and the view of them."""

    def test_adjustments_come_back_as_they_were_made(self, place: Place) -> None:
        """P-8: several at once, each with every value."""
        bank = Bank(place)
        pool_id = bank.pool()
        made = [bank.drafted_adjustment(place.member(), pool_id, amount) for amount in ("12.34", "-0.01")]
        bank.adjust(*made)
        with place.work() as work:
            assert [work.adjustments.get(each.id) for each in made] == made

    def test_adjustments_made_together_are_told_in_one_event(self, place: Place) -> None:
        """P-8, G-5."""
        bank = Bank(place)
        pool_id = bank.pool()
        made = [bank.drafted_adjustment(place.member(), pool_id) for _ in range(3)]
        bank.adjust(*made)
        (told,) = place.told_rows("adjustment", made[0].id)
        assert told.name == "points_adjusted"
        assert [each["adjustment_id"] for each in told.data["adjustments"]] == [each.id for each in made]  # type: ignore[attr-defined]  # data is JSON
        assert place.told("adjustment", made[1].id) == []

    def test_an_unknown_adjustment_is_refused(self, place: Place, elsewhere: Place) -> None:
        """G-1."""
        foreign = Bank(elsewhere).drafted_adjustment(elsewhere.member(), Bank(elsewhere).pool())
        Bank(elsewhere).adjust(foreign)
        with place.work() as work:
            for unknown in (AdjustmentId(0), foreign.id):
                with pytest.raises(NoSuch):
                    work.adjustments.get(unknown)

    def test_a_failed_block_leaves_no_adjustment(self, place: Place) -> None:
        """G-6: nor its event, nor its points."""
        bank = Bank(place)
        user_id, pool_id = place.member(), bank.pool()
        made = bank.drafted_adjustment(user_id, pool_id)

        def adjust_and_fail() -> None:
            with place.work() as work:
                work.adjustments.append([made], PointsAdjusted(adjustments=told_of([made]), reason="x"))
                work.ledger.append([made.entry()])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            adjust_and_fail()
        assert bank.numbers(user_id, pool_id)[3] == "0.00"
        assert place.told("adjustment", made.id) == []
        with place.views() as views:
            assert views.adjustments(AdjustmentFilter(), page=EVERYTHING).count == 0

    def test_a_reversed_adjustment_is_noted_as_such(self, place: Place) -> None:
        """P-8, G-4: voided by reversal; the points go back."""
        bank = Bank(place)
        user_id, pool_id = place.member(), bank.pool()
        made = bank.drafted_adjustment(user_id, pool_id, "5.00")
        bank.adjust(made)
        assert bank.numbers(user_id, pool_id)[2:4] == ["5.00", "5.00"]
        bank.take_back(made.id)
        with place.work() as work:
            assert work.adjustments.get(made.id) == evolve(made, reversed_at=NIGHT)
        assert bank.numbers(user_id, pool_id)[2:4] == ["0.00", "0.00"]
        assert place.told("adjustment", made.id) == ["points_adjusted", "adjustment_reversed"]
        assert bank.differences() == []

    def test_an_adjustment_is_reversed_once_however_many_try(self, place: Place) -> None:
        """P-13: at the same moment; who comes second finds it reversed."""
        bank = Bank(place)
        user_id, pool_id = place.member(), bank.pool()
        made = bank.drafted_adjustment(user_id, pool_id, "5.00")
        bank.adjust(made)
        outcomes = all_at_once(*[lambda: bank.take_back(made.id)] * 4)
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, AlreadyReversed | Stale) for fault in outcomes if fault is not None)
        assert bank.numbers(user_id, pool_id)[3] == "0.00"

    def test_who_reverses_what_was_reversed_meanwhile_is_stale(self, place: Place) -> None:
        bank = Bank(place)
        made = bank.drafted_adjustment(place.member(), bank.pool())
        bank.adjust(made)
        bank.take_back(made.id)
        event = PointsAdjusted(adjustments=told_of([made]), reason="x")
        with pytest.raises(Stale), place.work() as work:
            work.adjustments.reverse(evolve(made, reversed_at=RECORDED), event)
        with place.work() as work:
            assert work.adjustments.get(made.id).reversed_at == NIGHT

    # --- the view -----------------------------------------------------------------------------------------------------

    def test_the_newest_adjustments_are_listed_first(self, place: Place, elsewhere: Place) -> None:
        """P-8, G-1: with the name of the user."""
        Bank(elsewhere).adjust(Bank(elsewhere).drafted_adjustment(elsewhere.member(), Bank(elsewhere).pool()))
        bank = Bank(place)
        user_id, pool_id = place.member("Élodie"), bank.pool()
        made = [bank.drafted_adjustment(user_id, pool_id, str(amount)) for amount in range(1, 6)]
        for each in made:
            bank.adjust(each)
        with place.views() as views:
            found = views.adjustments(AdjustmentFilter(), page=PageRequest(1, 2))
            assert (found.count, [row.amount for row in found.results]) == (5, [Points.of(5), Points.of(4)])
            assert [row.id for row in views.adjustments(AdjustmentFilter(), page=PageRequest(3, 2)).results] == [
                made[0].id
            ]
            beyond = views.adjustments(AdjustmentFilter(), page=PageRequest(9, 2))
        assert (beyond.count, beyond.results) == (5, ())
        row = found.results[0]
        assert (row.user_id, row.username, row.pool_id) == (user_id, "Élodie", pool_id)
        assert (row.reason, row.note, row.character_name) == ("because", "Notiz 🐉", "Élan")
        assert (row.actor_kind, row.actor_id) == (place.by.kind, place.by.id)
        assert (row.occurred_at, row.recorded_at, row.reversed_at) == (RECORDED, NIGHT, None)

    def test_adjustments_are_narrowed_by_pool_user_and_reversal(self, place: Place) -> None:
        """P-8."""
        bank = Bank(place)
        users, pools = [place.member(), place.member()], [bank.pool(), bank.pool()]
        made = {(user, pool): bank.drafted_adjustment(users[user], pools[pool]) for user in (0, 1) for pool in (0, 1)}
        bank.adjust(*made.values())
        bank.take_back(made[0, 1].id)

        def found(wanted: AdjustmentFilter) -> set[tuple[int, int]]:
            with place.views() as views:
                page = views.adjustments(wanted, page=EVERYTHING)
            ids = {row.id for row in page.results}
            assert page.count == len(ids)
            return {key for key, each in made.items() if each.id in ids}

        assert found(AdjustmentFilter()) == set(made)
        assert found(AdjustmentFilter(user_id=users[0])) == {(0, 0), (0, 1)}
        assert found(AdjustmentFilter(pool_id=pools[1])) == {(0, 1), (1, 1)}
        assert found(AdjustmentFilter(reversed=True)) == {(0, 1)}
        assert found(AdjustmentFilter(reversed=False)) == {(0, 0), (1, 0), (1, 1)}
        assert found(AdjustmentFilter(user_id=users[0], pool_id=pools[1], reversed=False)) == set()

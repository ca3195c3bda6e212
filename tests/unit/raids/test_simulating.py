"""What if: a pool's own history under other policies, changing nothing (P-15)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import DomainError, InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import EntryId, PoolId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.loot import Whose
from dkp_core.points import BUCKETS, AdjustmentLine, Entry, EntryKind, HistoryFilter, Source, SourceKind
from dkp_core.raids import NamedPresence, Presence, Simulation, WhatIf, what_if_of
from tests.unit.guild_house import GuildHouse, Person
from tests.unit.reacting import follow_up

WEEKLY = {"every": 7, "unit": "days", "starts_on": "2026-11-21"}
"""The schedule of the guilds below."""


def simulated(guild: GuildHouse, policies: Mapping[str, object] | None = None, **more: Any) -> Simulation:
    """What would be, for the officer."""
    given = {name: more.pop(name) for name in ("prices", "points") if name in more}
    what_if = what_if_of(policies or {}, prices=given.get("prices"), points=given.get("points", {}))
    return guild.use.simulate()(guild.pool, what_if, by=guild.officer.by, **more)


def then(simulation: Simulation) -> dict[str, str]:
    """What each would have, by main."""
    return {row.main_character: str(row.current_then) for row in simulation.rows if row.main_character}


def must_be_as_it_is(simulation: Simulation) -> None:
    """Nothing differs, for any user in any bucket."""
    for row in simulation.rows:
        now = (row.earned_now, row.spent_now, row.adjusted_now, row.current_now)
        assert (row.earned_then, row.spent_then, row.adjusted_then, row.current_then) == now
        assert (row.position_then, row.climbs) == (row.position_now, 0)
    assert simulation.kinds == ()
    assert simulation.total_then == simulation.total_now


@pytest.fixture
def people(guild: GuildHouse) -> dict[str, Person]:
    """Three members with a main each; Aldo has an alt as well."""
    found = {}
    for name in ("Aldo", "Bera", "Cato"):
        found[name] = guild.joins(f"{name}'s player")
        guild.plays(found[name], name)
    guild.plays(found["Aldo"], "Aldino")
    return found


def adjusted(guild: GuildHouse, person: Person, amount: str) -> int:
    """Points moved by hand."""
    line = AdjustmentLine(user_id=person.id, amount=Points.of(amount))
    return guild.use.adjust_points()([line], reason="because", by=guild.officer.by)[0].id


def present(guild: GuildHouse, raid_id: Any, **names: Presence) -> None:
    """Take attendance with these statuses."""
    lines = [NamedPresence(name=name, presence=presence) for name, presence in names.items()]
    guild.use.record_attendance()(raid_id, lines, by=guild.officer.by)


def imported(guild: GuildHouse, *lines: tuple[Person, EntryKind, str, int]) -> None:
    """Entries that come now, and occurred so many days ago where they come from; of kind import they are of now."""
    now = guild.clock.now()
    with guild.memory.begin(guild.operator) as work:
        first = guild.memory.ids.next("entry", len(lines))
        work.ledger.append(
            [
                Entry(
                    id=EntryId(first + index),
                    pool_id=guild.pool,
                    user_id=person.id,
                    kind=kind,
                    bucket=BUCKETS[kind],
                    amount=Points.of(amount),
                    reason="as it was",
                    source=Source(SourceKind.IMPORT, 1),
                    actor_kind=ActorKind.IMPORT,
                    actor_id="eqdkp",
                    occurred_at=now - timedelta(days=days),
                    recorded_at=now,
                )
                for index, (person, kind, amount, days) in enumerate(lines)
            ]
        )


# --- each rule --------------------------------------------------------------------------------------------------------


def test_no_change_is_what_is(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15: and nothing was written."""
    guild.attends(guild.raids(), "Aldo", "Bera")
    before = guild.use.show_audit_log()(AuditFilter(), page=PageRequest(), by=guild.operator).count
    must_be_as_it_is(simulated(guild))
    simulated(guild, {"cap": "1"})
    assert guild.use.show_audit_log()(AuditFilter(), page=PageRequest(), by=guild.operator).count == before
    assert guild.current(people["Aldo"]) == "10.00"


def test_a_cap_that_was_not_there(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15, P-6: what is over it is taken as it comes, so that what is spent in between makes room."""
    fear, by = guild.event_type("Fear"), guild.officer.by
    guild.attends(guild.raids(fear), "Aldo", "Bera")
    guild.use.award_item()(item="Cloak", to=Whose(user_id=people["Aldo"].id), amount=Points.of(6), by=by)
    guild.clock.advance(timedelta(days=1))
    guild.attends(guild.raids(fear), "Aldo", "Bera")
    found = simulated(guild, {"cap": "12"})
    assert then(found) == {"Aldo": "12.00", "Bera": "12.00", "Cato": "0.00"}
    assert (found.gain, found.lose) == (0, 2)
    assert [(each.kind, str(each.then)) for each in found.kinds] == [(EntryKind.CAP, "-10.00")]


def test_an_end_to_a_cap_that_there_is(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15: what it took is there."""
    guild.use.set_policies()(guild.pool, {"cap": "5"}, by=guild.officer.by)
    raid = guild.raids()
    guild.attends(raid, "Aldo", "Bera")
    other = guild.raids(guild.event_type("Fear"))
    guild.attends(other, "Bera")
    guild.use.cancel_raid()(raid.id, by=guild.officer.by)
    assert guild.current(people["Bera"]) == "0.00"
    assert then(simulated(guild, {"cap": None})) == {"Aldo": "0.00", "Bera": "10.00", "Cato": "0.00"}


def test_attendance_pays_otherwise(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15, P-6, P-16: alts, statuses, and who was not paid at all."""
    raid = guild.raids()
    present(guild, raid.id, Aldino=Presence.PRESENT, Bera=Presence.STANDBY, Cato=Presence.ABSENT_EXCUSED)
    assert [guild.current(people[name]) for name in ("Aldo", "Bera", "Cato")] == ["10.00", "10.00", "0.00"]
    found = simulated(guild, {"alt_percent": "50", "standby_percent": "25", "absent_excused_percent": "10"})
    assert then(found) == {"Aldo": "5.00", "Bera": "2.50", "Cato": "1.00"}


def test_prices_and_points_of_a_kind_of_raid(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15: items cost a part, raids give a part, or so many points."""
    fear = guild.event_type("Fear")
    guild.attends(guild.raids(fear), "Aldo", "Bera")
    guild.use.award_item()(
        item="Cloak", to=Whose(user_id=people["Aldo"].id), amount=Points.of("4.50"), by=guild.officer.by
    )
    assert then(simulated(guild, prices="50%")) == {"Aldo": "7.75", "Bera": "10.00", "Cato": "0.00"}
    assert then(simulated(guild, points={"FEAR": "150%"}))["Bera"] == "15.00"
    assert then(simulated(guild, points={str(fear): "3"}))["Aldo"] == "-1.50"
    assert then(simulated(guild, points={"Fear": "0"}, prices="0"))["Aldo"] == "0.00"


def test_a_decay_that_was_not_there(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15, P-7: runs at its own schedule's moments, of what was there then."""
    adjusted(guild, people["Aldo"], "100")
    guild.clock.advance(timedelta(days=15))
    adjusted(guild, people["Bera"], "100")
    found = simulated(guild, {"decay": {"percent": "10", "schedule": WEEKLY}}, months=1)
    assert found.runs == 3
    assert then(found) == {"Aldo": "72.90", "Bera": "100.00", "Cato": "0.00"}


def test_decay_by_age_that_was_not_there(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15, P-7: each entry by its age."""
    adjusted(guild, people["Aldo"], "100")
    guild.clock.advance(timedelta(days=4))
    adjusted(guild, people["Aldo"], "50")
    guild.clock.advance(timedelta(days=4))
    schedule = {"every": 3, "unit": "days", "starts_on": "2026-11-21"}
    found = simulated(guild, {"decay": {"on": "entries", "percent": "10", "schedule": schedule}}, months=1)
    # The 21st, 24th and 27th: the first entry goes through three runs, the second through one.
    assert then(found)["Aldo"] == "117.90"


def test_a_decay_that_was_another(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15: the runs of the past are left out, and so are their reversals."""
    decay = {"percent": "50", "schedule": {**WEEKLY, "every": 1}}
    guild.use.set_policies()(guild.pool, {"decay": decay}, by=guild.officer.by)
    adjusted(guild, people["Aldo"], "100")
    guild.clock.advance(timedelta(days=1))
    first = guild.use.run_due_batch()(guild.pool, by=guild.operator)
    guild.clock.advance(timedelta(days=1))
    guild.use.run_due_batch()(guild.pool, by=guild.operator)
    assert first is not None
    guild.use.reverse_batch()(first.id, reason="wrong", by=guild.officer.by)
    assert guild.current(people["Aldo"]) == "75.00"
    assert then(simulated(guild, {"decay": None}))["Aldo"] == "100.00"
    must_be_as_it_is(simulated(guild, {"cap": "1000"}))


def test_runs_that_are_not_named_look_at_what_would_be(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15: the decay of the past takes of what would have been there then."""
    decay = {"percent": "10", "schedule": {**WEEKLY, "every": 1}}
    guild.use.set_policies()(guild.pool, {"decay": decay}, by=guild.officer.by)
    guild.attends(guild.raids(), "Aldo", "Bera")
    guild.clock.advance(timedelta(days=1))
    guild.use.run_due_batch()(guild.pool, by=guild.operator)
    assert then(simulated(guild, points={"Plane of Time": "200%"})) == {
        "Aldo": "18.00",
        "Bera": "18.00",
        "Cato": "0.00",
    }


# --- what was imported ------------------------------------------------------------------------------------------------


def test_what_was_imported_was_booked_when_it_occurred(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15, O-1: decay runs and caps meet it in the order of its own time, not in that in which it was written here."""
    aldo = people["Aldo"]
    imported(
        guild,
        (aldo, EntryKind.ATTENDANCE, "100", 40),
        (aldo, EntryKind.ATTENDANCE, "100", 10),
        (aldo, EntryKind.AWARD, "-60", 20),
    )
    must_be_as_it_is(simulated(guild))
    assert simulated(guild).entries == 3
    decay = {"percent": "50", "schedule": {**WEEKLY, "every": 15, "starts_on": "2026-10-21"}}
    # The runs of 21 October, 5 and 20 November halve 100, then 50 - 60, and then -5 + 100.
    assert then(simulated(guild, {"decay": {**decay, "debts": True}}))["Aldo"] == "47.50"
    # 100 less 60, and of the next 100 what fits; were awards last, it were 40.
    assert then(simulated(guild, {"cap": "100"}))["Aldo"] == "100.00"


def test_what_was_imported_of_before_is_there_when_a_simulation_begins(
    guild: GuildHouse, people: dict[str, Person]
) -> None:
    """P-15: and is not replayed."""
    aldo = people["Aldo"]
    imported(guild, (aldo, EntryKind.ATTENDANCE, "100", 40), (aldo, EntryKind.ATTENDANCE, "10", 10))
    found = simulated(guild, {"cap": "50"}, months=1)
    assert (found.entries, then(found)["Aldo"]) == (1, "100.00")
    assert then(simulated(guild, {"cap": "50"}, months=2))["Aldo"] == "50.00"


def test_what_is_yet_to_occur_was_booked_when_it_came(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15: a raid that the old system had in its future counts now, so it is replayed as now."""
    imported(guild, (people["Aldo"], EntryKind.ATTENDANCE, "100", -400))
    guild.clock.advance(timedelta(days=1))
    adjusted(guild, people["Aldo"], "20")
    assert then(simulated(guild, {"cap": "100"}))["Aldo"] == "100.00"


@pytest.mark.parametrize("rule", [{"cap": "1000"}, {"repeating_cap": {"upper": "1000", "schedule": WEEKLY}}])
def test_what_other_rules_took_elsewhere_is_left_out(
    guild: GuildHouse, people: dict[str, Person], rule: Mapping[str, object]
) -> None:
    """P-15, O-2: decay and caps that are tried take in the stead of those that an import reconciled."""
    aldo, bera = people["Aldo"], people["Bera"]
    imported(
        guild,
        (aldo, EntryKind.ATTENDANCE, "300", 45),
        (aldo, EntryKind.ATTENDANCE, "100", 10),
        (aldo, EntryKind.IMPORT, "-80", 0),
        (bera, EntryKind.ADJUSTMENT, "7", 10),
        (bera, EntryKind.IMPORT, "-7", 0),
    )
    must_be_as_it_is(simulated(guild))
    must_be_as_it_is(simulated(guild, {"weekly_cap": "1000"}))
    whole = simulated(guild, rule, months=2)
    assert then(whole) == {"Aldo": "400.00", "Bera": "7.00", "Cato": "0.00"}
    assert [(each.kind, each.now, each.then) for each in whole.kinds] == [(EntryKind.IMPORT, "-87.00", "0.00")]
    # Three quarters of all was earned before the month that is replayed, and as much was taken then.
    part = simulated(guild, rule, months=1)
    assert then(part) == {"Aldo": "340.00", "Bera": "7.00", "Cato": "0.00"}


def test_decay_meets_what_was_taken_before_the_time_that_is_replayed(
    guild: GuildHouse, people: dict[str, Person]
) -> None:
    """P-15, O-2: each run of what was left then, and the rest of what was reconciled is left out."""
    aldo = people["Aldo"]
    imported(
        guild,
        (aldo, EntryKind.ATTENDANCE, "300", 45),
        (aldo, EntryKind.ATTENDANCE, "100", 10),
        (aldo, EntryKind.IMPORT, "-80", 0),
    )
    decay = {"percent": "50", "schedule": {**WEEKLY, "every": 30, "starts_on": "2026-10-31"}}
    # 300 - 60, halved, and 100 more.
    assert then(simulated(guild, {"decay": decay}, months=1))["Aldo"] == "220.00"


def test_decay_that_was_given_back_stays_so(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-14, P-15: a dispute gave back what a run by age took; the run stands."""
    decay = {"on": "entries", "percent": "10", "schedule": {**WEEKLY, "every": 1}}
    guild.use.set_policies()(guild.pool, {"decay": decay}, by=guild.officer.by)
    aldo = people["Aldo"]
    adjusted(guild, aldo, "100")
    guild.clock.advance(timedelta(days=1))
    guild.use.run_due_batch()(guild.pool, by=guild.operator)
    entry = next(row for row in guild.history(aldo) if row.kind is EntryKind.DECAY)
    dispute = guild.use.dispute_entry()(aldo.id, entry.id, text="I was away", by=aldo.by)
    guild.use.uphold_dispute()(dispute.id, by=guild.officer.by)
    assert guild.current(aldo) == "100.00"
    guild.clock.advance(timedelta(days=1))
    guild.use.run_due_batch()(guild.pool, by=guild.operator)
    must_be_as_it_is(simulated(guild, {"cap": "500"}))
    must_be_as_it_is(simulated(guild))


def test_bounds_and_penalties_that_were_not_there(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15, P-6: members are lifted, what is over is taken, the idle pay."""
    adjusted(guild, people["Aldo"], "100")
    guild.clock.advance(timedelta(days=40))
    schedule = {**WEEKLY, "starts_on": "2026-12-26"}
    cap = {"upper": "60", "lower": "5", "schedule": schedule}
    assert then(simulated(guild, {"repeating_cap": cap})) == {"Aldo": "60.00", "Bera": "5.00", "Cato": "5.00"}
    idle = {"points": "7", "after_days": 30, "schedule": schedule}
    assert then(simulated(guild, {"inactivity": idle}))["Aldo"] == "93.00"


def test_points_that_went_on_by_a_merge(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15, R-8: what would have been earned before goes along, what comes after follows; undone it goes back."""
    old = guild.unlinked("Old")
    guild.plays(old, "Oldie")
    fear = guild.event_type("Fear")
    guild.attends(guild.raids(fear), "Oldie")
    guild.clock.advance(timedelta(hours=1))
    merge = guild.use.merge_users()(old.id, into=people["Aldo"].id, reason="one", by=guild.officer.by)
    assert then(simulated(guild, points={"Fear": "200%"}))["Aldo"] == "20.00"
    guild.clock.advance(timedelta(hours=1))
    assert merge.merge_id is not None
    guild.use.undo_merge()(merge.merge_id, reason="two", by=guild.officer.by)
    found = simulated(guild, points={"Fear": "200%"}, everyone=True)
    assert then(found) == {"Aldo": "0.00", "Bera": "0.00", "Cato": "0.00", "Oldie": "20.00"}


def test_who_was_paid_twice_before_a_merge_stays_so(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15, R-8, D-4: what was paid when they were two is paid to two; what comes after is paid once."""
    old = guild.unlinked("Old")
    guild.plays(old, "Oldie")
    fear = guild.event_type("Fear")
    guild.attends(guild.raids(fear), "Oldie", "Aldo")
    guild.clock.advance(timedelta(hours=1))
    guild.use.merge_users()(old.id, into=people["Aldo"].id, reason="one", by=guild.officer.by)
    guild.clock.advance(timedelta(hours=1))
    guild.attends(guild.raids(fear), "Oldie", "Aldo")
    assert guild.current(people["Aldo"]) == "30.00"
    assert then(simulated(guild, points={"Fear": "200%"}))["Aldo"] == "60.00"
    assert then(simulated(guild, {"paid_once_per": "character"}))["Aldo"] == "40.00"


def test_only_what_was_recorded_in_that_time_is_replayed(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15: what was there before stays as it was."""
    adjusted(guild, people["Aldo"], "100")
    guild.clock.advance(timedelta(days=31))
    adjusted(guild, people["Bera"], "100")
    assert then(simulated(guild, {"cap": "10"}, months=1)) == {"Aldo": "100.00", "Bera": "10.00", "Cato": "0.00"}
    assert then(simulated(guild, {"cap": "10"}, months=2))["Aldo"] == "10.00"


def test_positions_and_climbs(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15: who would gain and lose; in the order that they would stand in."""
    adjusted(guild, people["Aldo"], "100")
    adjusted(guild, people["Bera"], "60")
    guild.attends(guild.raids(), "Cato")
    found = simulated(guild, points={"Plane of Time": "900%"}, prices="10")
    rows = [(row.main_character, row.position_now, row.position_then, row.climbs) for row in found.rows[:3]]
    assert rows == [("Aldo", 1, 1, 0), ("Cato", 3, 2, 1), ("Bera", 2, 3, -1)]
    assert (found.gain, found.lose, found.same) == (1, 0, 3)
    assert (str(found.total_now), str(found.total_then)) == ("170.00", "250.00")


@pytest.mark.parametrize(
    ("policies", "more", "field"),
    [
        ({"floor": "5"}, {}, "policies.floor"),
        ({"colour": "red"}, {}, "policies.colour"),
        ({"cap": "no"}, {}, "policies.cap"),
        ({}, {"months": 0}, "months"),
        ({}, {"prices": "much"}, "prices"),
        ({}, {"points": {"Nowhere": "50%"}}, "points.Nowhere"),
    ],
)
def test_what_can_not_be_simulated_is_said(
    guild: GuildHouse, policies: dict[str, object], more: dict[str, object], field: str
) -> None:
    """G-8: the field, the fault, and what is accepted."""
    with pytest.raises(InvalidValue) as refused:
        simulated(guild, policies, **more)
    assert refused.value.name == field


def test_who_may_ask(guild: GuildHouse) -> None:
    """A-3: pools:write, in the own guild."""
    member, nothing = guild.joins(), WhatIf(policies={}, points={})
    with pytest.raises(NotPermitted):
        guild.use.simulate()(guild.pool, nothing, by=member.by)
    with pytest.raises(NoSuch):
        guild.use.simulate()(PoolId(99), nothing, by=guild.officer.by)
    elsewhere = guild.neighbour()
    with pytest.raises(NoSuch):
        elsewhere.use.simulate()(guild.pool, nothing, by=elsewhere.officer.by)


# --- any history ------------------------------------------------------------------------------------------------------

SAME: Mapping[str, object] = {
    "cap": "35",
    "weekly_cap": "30",
    "alt_percent": "50",
    "late_percent": "33.33",
    "standby_percent": "25",
    "decay": {"percent": "12.5", "schedule": {"every": 2, "unit": "days", "starts_on": "2026-11-21"}},
    "repeating_cap": {"upper": "25", "schedule": {"every": 5, "unit": "days", "starts_on": "2026-11-22"}},
}
BY_AGE: Mapping[str, object] = {
    "cap": "60",
    "late_percent": "50",
    "decay": {
        "on": "entries",
        "percent": "12.5",
        "schedule": {"every": 2, "unit": "days", "starts_on": "2026-11-21"},
    },
}
"""The same for decay by age."""
NAMES = ("Aldo", "Aldino", "Bera", "Cato", "Oldie")
_DEED = st.one_of(
    st.tuples(
        st.just("raid"),
        st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(list(Presence))), min_size=1, max_size=4),
        st.integers(1, 30),
    ),
    st.tuples(st.just("adjust"), st.sampled_from(NAMES), st.integers(-20, 30)),
    st.tuples(st.just("award"), st.sampled_from(NAMES), st.integers(1, 20)),
    st.tuples(st.just("pass"), st.integers(1, 4), st.none()),
    st.tuples(st.just("pass"), st.integers(2, 2), st.none()),
    st.tuples(st.just("pass"), st.integers(1, 4), st.none()),
    st.tuples(st.just("cancel"), st.integers(0, 5), st.none()),
    st.tuples(st.just("reverse"), st.integers(0, 5), st.none()),
    st.tuples(st.just("revoke"), st.integers(0, 5), st.none()),
    st.tuples(st.just("return"), st.integers(0, 5), st.none()),
    st.tuples(st.just("unbatch"), st.integers(0, 5), st.none()),
    st.tuples(st.just("merge"), st.none(), st.none()),
    st.tuples(st.just("policies"), st.integers(-50, 0), st.none()),
)


class History:
    """A guild in which things happen, one after another."""

    def __init__(self, same: Mapping[str, object]) -> None:
        self.guild = GuildHouse()
        self.officer = self.guild.officer.by
        self.owners: dict[str, Person] = {}
        for name in ("Aldo", "Bera", "Cato"):
            self.owners[name] = self.guild.joins(f"{name}'s player")
            self.guild.plays(self.owners[name], name)
        self.owners["Aldino"] = self.owners["Aldo"]
        self.guild.plays(self.owners["Aldo"], "Aldino")
        self.owners["Oldie"] = self.guild.unlinked("Old")
        self.guild.plays(self.owners["Oldie"], "Oldie")
        self.kind = self.guild.event_type()
        self.raids: list[Any] = []
        self.adjustments: list[Any] = []
        self.awards: list[Any] = []
        self.batches: list[Any] = []
        if same:
            self.guild.use.set_policies()(self.guild.pool, same, by=self.officer)

    def goes_on(self, deed: tuple[Any, Any, Any]) -> None:
        """One more thing; what is refused did not happen."""
        what, one, two = deed
        self.guild.clock.advance(timedelta(minutes=7))
        try:
            getattr(self, f"_{what}")(one, two)
        except DomainError:
            return

    def _raid(self, present: list[tuple[str, Presence]], points: int) -> None:
        raid = self.guild.raids(self.kind, points=Points.of(points))
        self.raids.append(raid.id)
        lines = [NamedPresence(name=name, presence=presence) for name, presence in present]
        self.guild.use.record_attendance()(raid.id, lines, by=self.officer)

    def _adjust(self, name: str, amount: int) -> None:
        self.adjustments.append(adjusted(self.guild, self.owners[name], str(amount)))

    def _award(self, name: str, price: int) -> None:
        to = Whose(user_id=self.owners[name].id)
        award = self.guild.use.award_item()(
            item="Cloak", to=to, amount=Points.of(price), allow_overbid=True, by=self.officer
        )
        self.awards.append(award.id)

    def _pass(self, days: int, _: None) -> None:
        self.guild.clock.advance(timedelta(days=days))
        while (batch := self.guild.use.run_due_batch()(self.guild.pool, by=self.guild.operator)) is not None:
            self.batches.append(batch.id)

    def _cancel(self, index: int, _: None) -> None:
        self.guild.use.cancel_raid()(self._one(self.raids, index), by=self.officer)

    def _reverse(self, index: int, _: None) -> None:
        self.guild.use.reverse_adjustment()(self._one(self.adjustments, index), reason="x", by=self.officer)

    def _revoke(self, index: int, _: None) -> None:
        self.guild.use.revoke_award()(self._one(self.awards, index), reason="x", by=self.officer)

    def _return(self, index: int, _: None) -> None:
        self.guild.use.return_item()(self._one(self.awards, index), reason="x", by=self.officer)

    def _unbatch(self, index: int, _: None) -> None:
        self.guild.use.reverse_batch()(self._one(self.batches, index), reason="x", by=self.officer)

    def _merge(self, _: None, __: None) -> None:
        self.guild.use.merge_users()(
            self.owners["Oldie"].id, into=self.owners["Bera"].id, reason="one", by=self.officer
        )

    def _policies(self, floor: int, _: None) -> None:
        self.guild.use.set_policies()(self.guild.pool, {"floor": floor}, by=self.officer)

    @staticmethod
    def _one(found: list[Any], index: int) -> Any:
        if not found:
            raise NoSuch("thing", index)
        return found[index % len(found)]


_ANY = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_ANY
@given(st.lists(_DEED, max_size=25), st.sampled_from([1, 12]), st.sampled_from([SAME, BY_AGE]))
def test_any_history_without_a_change_is_what_is(
    deeds: list[tuple[Any, Any, Any]], months: int, same: Mapping[str, object]
) -> None:
    """P-15: for every user and bucket, whatever was reversed, capped, decayed, merged or changed."""
    history = History(same)
    for deed in deeds:
        history.goes_on(deed)
    must_be_as_it_is(simulated(history.guild, months=months, everyone=True))


_RULES = st.sampled_from([SAME, BY_AGE]).flatmap(
    lambda same: st.tuples(st.just(same), st.sets(st.sampled_from(sorted(same)), min_size=1))
)


@_ANY
@given(st.lists(_DEED, min_size=8, max_size=25), _RULES)
def test_any_history_under_its_own_rules_is_what_is(
    deeds: list[tuple[Any, Any, Any]], rules: tuple[Mapping[str, object], set[str]]
) -> None:
    """P-15: rules that are named are worked out anew, and come to the same where they are the same.

    A batch that was reversed alone stays reversed only where its runs are not made anew.
    """
    same, named = rules
    history = History(same)
    for deed in deeds:
        if deed[0] != "unbatch":
            history.goes_on(deed)
    must_be_as_it_is(simulated(history.guild, {name: same[name] for name in named}, everyone=True))


@_ANY
@given(st.lists(_DEED, max_size=15))
def test_twice_the_points_at_twice_the_price_is_twice_as_much(deeds: list[tuple[Any, Any, Any]]) -> None:
    """P-15: without rules and adjustments, what would be is reckoned from what each entry would be."""
    history = History({})
    for deed in deeds:
        if deed[0] not in ("adjust", "return"):
            history.goes_on(deed)
    found = simulated(history.guild, prices="200%", points={"Plane of Time": "200%"}, everyone=True)
    for row in found.rows:
        assert row.current_then == row.current_now.times(Fraction(2))


def test_a_raid_bonus_that_was_not_there(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15, P-9: once for each raid that is closed."""
    raid = guild.raids()
    present(guild, raid.id, Aldo=Presence.PRESENT, Bera=Presence.LATE)
    guild.use.change_raid()(raid.id, closed=True, by=guild.officer.by)
    follow_up(guild, "reward_raid")
    bonus = {"name": "On time", "given_for": "on_time", "points": "3"}
    assert then(simulated(guild, {"bonuses": [bonus]})) == {"Aldo": "13.00", "Bera": "10.00", "Cato": "0.00"}


def test_the_history_of_another_pool_is_left_alone(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-15: points in one pool are none in another."""
    other = guild.use.create_pool()(name="Other", by=guild.operator).id
    line = AdjustmentLine(user_id=people["Aldo"].id, amount=Points.of(50))
    guild.use.adjust_points()([line], reason="x", pool_id=other, by=guild.officer.by)
    assert then(simulated(guild, {"cap": "10"}))["Aldo"] == "0.00"
    history = guild.use.show_history()(people["Aldo"].id, HistoryFilter(), page=PageRequest(), by=guild.operator)
    assert history.count == 1


def test_members_and_everybody(guild: GuildHouse, people: dict[str, Person]) -> None:
    """P-10, P-15: active members are listed, unless everybody is asked for."""
    adjusted(guild, people["Aldo"], "10")
    guest = guild.joins("Guest", RoleGroup.GUEST)
    adjusted(guild, guest, "99")
    assert guest.id not in {row.user_id for row in simulated(guild).rows}
    assert guest.id in {row.user_id for row in simulated(guild, everyone=True).rows}

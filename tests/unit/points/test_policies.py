"""The policies of a pool as data: read, told, kept from contradicting each other (P-6)."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from attrs import evolve, fields

from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import PoolId
from dkp_core.kernel.page import PageRequest
from dkp_core.kernel.points import Points
from dkp_core.kernel.ports import AuditFilter
from dkp_core.points import Decay, DecayOf, Policies, PoolIsArchived
from dkp_core.points.schedule import Schedule
from tests.unit.guild_house import GuildHouse


def read(**values: object) -> Policies:
    """Policies from what JSON holds."""
    return Policies.of(values, "policies")


def test_every_policy_is_off_until_it_is_set() -> None:
    """P-6, P-16, D-3: without policies an excused absence pays nothing, everything else in full, nothing is bounded."""
    policies = Policies()
    assert (policies.cap, policies.weekly_cap, policies.repeating_cap) == (None, None, None)
    assert (policies.decay, policies.inactivity, policies.bonuses, policies.start_points) == (None, None, (), ())
    assert (policies.zero_sum, str(policies.floor)) == (False, "0.00")
    full = (policies.alt_percent, policies.late_percent, policies.left_early_percent, policies.standby_percent)
    assert full == (Fraction(100),) * 4
    assert (policies.absent_excused_percent, policies.standby_counts) == (Fraction(0), True)
    assert not policies.caps_bookings


def test_what_is_told_is_read_again() -> None:
    """P-6: policies are data; a version that was kept is what it was."""
    policies = read(
        cap="500",
        weekly_cap="100.50",
        floor="-20",
        alt_percent="50%",
        standby_percent="12.5",
        start_points=[{"points": "10"}, {"role_group": "officer", "points": "20"}],
        decay={"percent": "10", "schedule": {"every": 7, "unit": "days", "at": "04:30"}, "exempt_ranks": [3]},
        repeating_cap={"upper": "400", "schedule": {"every": 2}},
        inactivity={"after_days": 20, "points": "5", "exempt_ranks": [4]},
        bonuses=[{"name": "Loyal", "points": "3", "at_least_percent": 75}],
        start_list=[3, 1, 2],
        system="epgp",
    )
    assert Policies.of(policies.values(), "policies") == policies
    assert policies.named_ranks == (3, 4)
    assert set(policies.values()) == {each.name for each in fields(Policies)}


@pytest.mark.parametrize(
    ("values", "name", "fault"),
    [
        ({"decay": {"percent": "100.01"}}, "policies.decay.percent", "out of range"),
        ({"decay": {"percent": "-1"}}, "policies.decay.percent", "out of range"),
        ({"decay": {}}, "policies.decay.percent", "how much decays"),
        ({"decay": {"percent": "1", "formula": "value * 0.9"}}, "policies.decay.percent", "both given"),
        ({"decay": {"percent": "1", "schedule": {"every": 0}}}, "policies.decay.schedule.every", "not accepted"),
        ({"decay": {"percent": "1", "schedule": {"at": "24:00"}}}, "policies.decay.schedule.at", "no time of day"),
        ({"decay": {"percent": "1", "lapse_months": 6}}, "policies.decay.lapse_months", "have no age"),
        ({"decay": {"formula": "value / 0"}}, "policies.decay.formula", "divides by zero"),
        ({"decay": {"formula": 3}}, "policies.decay.formula", "no text"),
        ({"cap": "0"}, "policies.cap", "less than"),
        ({"cap": 1.5}, "policies.cap", "exact amount"),
        ({"cap": "10", "floor": "10.01"}, "policies.floor", "above the cap"),
        ({"repeating_cap": {"upper": "5"}, "floor": "6"}, "policies.floor", "above the cap"),
        ({"repeating_cap": {}}, "policies.repeating_cap.upper", "neither"),
        ({"repeating_cap": {"upper": "5", "lower": "6"}}, "policies.repeating_cap.lower", "above the upper"),
        ({"repeating_cap": {"lower": "6"}, "cap": "5"}, "policies.repeating_cap.lower", "above the cap"),
        ({"inactivity": {"after_days": 0, "points": "1"}}, "policies.inactivity.after_days", "not accepted"),
        ({"inactivity": {}}, "policies.inactivity.points", "what is taken"),
        ({"inactivity": {"points": "1", "percent": "1"}}, "policies.inactivity.points", "both given"),
        ({"zero_sum": True, "cap": "10"}, "policies.zero_sum", "has a cap"),
        ({"zero_sum": True, "weekly_cap": "10"}, "policies.zero_sum", "has a cap"),
        ({"start_points": [{"points": "11"}], "cap": "10"}, "policies.start_points.0.points", "above the cap"),
        ({"start_points": [{"role_group": "guest", "points": "1"}]}, "policies.start_points.0.role_group", "guest"),
        ({"start_points": [{"points": "1"}, {"points": "2"}]}, "policies.start_points.1", "already"),
        ({"bonuses": [{"points": "1"}, {"points": "2"}]}, "policies.bonuses.1", "already"),
        ({"start_list": [1, 2, 1]}, "policies.start_list.2", "already"),
        ({"start_list": "abc"}, "policies.start_list", "no list"),
        ({"start_list": [True]}, "policies.start_list.0", "not accepted"),
        ({"effective_days": 31}, "policies.effective_days", "not accepted"),
        ({"alt_percent": "1000.01"}, "policies.alt_percent", "out of range"),
        ({"nonsense": 1}, "policies.nonsense", "no such field"),
    ],
)
def test_what_contradicts_itself_is_refused(values: dict[str, object], name: str, fault: str) -> None:
    """P-6, G-8: the error names the field and the fault."""
    with pytest.raises(InvalidValue) as refused:
        read(**values)
    assert refused.value.name == name
    assert fault in refused.value.sentence


def test_a_schedule_without_a_first_day_begins_when_it_is_set_and_stays_there() -> None:
    """P-6: what has nothing to do with a schedule can be changed without moving it."""
    monday, friday = date(2026, 11, 16), date(2026, 11, 20)
    weekly = {"percent": "10", "schedule": {"every": 1, "unit": "weeks"}}
    set_on_monday = read(decay=weekly, bonuses=[{"name": "Loyal"}]).starting(monday, Policies())
    again = read(decay={**weekly, "percent": "20"}, bonuses=[{"name": "Loyal"}, {"name": "New"}])
    changed = again.starting(friday, set_on_monday)
    assert changed.decay is not None
    assert changed.decay.schedule.starts_on == "2026-11-16"
    assert [bonus.schedule.starts_on for bonus in changed.bonuses] == ["2026-11-16", "2026-11-20"]
    slower = read(decay={"percent": "10", "schedule": {"every": 2, "unit": "weeks"}}).starting(friday, set_on_monday)
    assert slower.decay == Decay(
        on=DecayOf.BALANCE, percent=Fraction(10), schedule=Schedule(every=2, starts_on="2026-11-20")
    )


def test_policies_are_kept_in_versions() -> None:
    """P-6, G-5: each is told with what it changed; what changes nothing makes none."""
    guild = GuildHouse()
    set_policies, by = guild.use.set_policies(), guild.officer.by
    (defaults,) = guild.use.show_policies()(guild.pool, by=by)
    assert (defaults.version, defaults.changed_at, defaults.values["cap"]) == (0, None, None)
    assert set_policies(guild.pool, {}, by=by).version == 0
    assert set_policies(guild.pool, {"cap": "500"}, by=by).version == 1
    assert set_policies(guild.pool, {"cap": "500.00"}, by=by).version == 1
    second = set_policies(guild.pool, {"weekly_cap": "50"}, by=by)
    assert (second.version, second.values["cap"], second.changed_at) == (2, "500.00", guild.clock.now())
    assert [row.version for row in guild.use.show_policies()(guild.pool, by=by)] == [2, 1, 0]
    told = guild.use.show_audit_log()(AuditFilter(name="policies_changed"), page=PageRequest(), by=by).results
    assert [row.data["policies_version"] for row in told] == [2, 1]


def test_who_may_set_policies_and_of_which_pool() -> None:
    """A-3, G-1, G-8: members look, officers set; ranks and pools have to be there, and open."""
    guild = GuildHouse()
    member, by = guild.joins(), guild.officer.by
    assert guild.use.show_policies()(guild.pool, by=member.by)
    with pytest.raises(NotPermitted):
        guild.use.set_policies()(guild.pool, {"cap": "5"}, by=member.by)
    with pytest.raises(NoSuch):
        guild.use.set_policies()(PoolId(99), {}, by=by)
    with pytest.raises(NoSuch):
        guild.use.show_policies()(guild.neighbour().pool, by=by)
    with pytest.raises(NoSuch):
        guild.use.set_policies()(guild.pool, {"decay": {"percent": "1", "exempt_ranks": [99]}}, by=by)
    other = guild.use.create_pool()(name="Old", by=by)
    guild.use.change_pool()(other.id, archived=True, by=by)
    with pytest.raises(PoolIsArchived):
        guild.use.set_policies()(other.id, {"cap": "5"}, by=by)


def test_a_cap_below_a_floor_that_was_set_before_is_refused() -> None:
    """P-6: what was set before counts as much as what is set now."""
    guild = GuildHouse()
    guild.use.set_policies()(guild.pool, {"floor": "100"}, by=guild.officer.by)
    with pytest.raises(InvalidValue) as refused:
        guild.use.set_policies()(guild.pool, {"cap": "50"}, by=guild.officer.by)
    assert refused.value.name == "policies.floor"
    assert evolve(Policies(), floor=Points.of(100)).floor == Points.of("100.00")

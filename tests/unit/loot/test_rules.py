"""Rules of auctions as data: chosen, overridden, read and told."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.points import ZERO, Points
from dkp_core.loot import Mode, Refund, Rules, Span, Tie, Tier
from tests.unit.loot.bidding_hall import rules

EVERYTHING: dict[str, object] = {
    "mode": "sealed_second_price",
    "minimum": "2.00",
    "increment": "0.50",
    "seconds": 120,
    "anti_snipe_seconds": 10,
    "ranks": [4, 5],
    "classes": ["Shadow Knight"],
    "attendees_only": True,
    "attendance_at_least": 15,
    "attendance_days": 60,
    "trials": False,
    "attendance_caps": [{"from_percent": 0, "at_most": "20.00"}, {"from_percent": 35, "at_most": None}],
    "rank_caps": [{"rank": 4, "at_most": "30.00"}],
    "trial_cap": "1.00",
    "all_in": False,
    "floor": "5.00",
    "limits": [{"items": 1, "over": "20.00", "per": "raid", "trials_only": True}],
    "mains_first": True,
    "alt_limit": "10.00",
    "rank_multipliers": [{"rank": 4, "times": "1.50"}],
    "box_multiplier": "0.50",
    "phases": [{"tiers": ["main", "alt"], "ranks": [4], "minimum": "50.00", "seconds": 30}],
    "ties": ["attendance", "roll"],
    "second_price_adds": "1.00",
    "copies_each": 2,
    "award_at_close": True,
    "fixed_price_rolls": True,
    "freeze_after_outage_seconds": 300,
    "refund": "half",
}


def test_rules_are_told_as_they_are_set() -> None:
    """L-2: data: every field as JSON, there and back."""
    assert Rules.of(EVERYTHING, "rules").values() == EVERYTHING
    assert Rules.of(Rules().values(), "rules") == Rules()
    assert set(EVERYTHING) == set(Rules().values())


def test_the_defaults_are_a_plain_open_auction() -> None:
    """L-2: a pool without rules of its own has these."""
    plain = Rules()
    assert (plain.mode, str(plain.minimum), str(plain.increment), plain.seconds) == (Mode.OPEN, "1.00", "1.00", None)
    assert (plain.all_in, plain.trials, plain.refund, plain.fixed_price_rolls) == (True, True, Refund.ALL, False)


def test_what_is_not_given_stays_as_it_is() -> None:
    """L-2: fields that are not given keep their value."""
    before = Rules.of(EVERYTHING, "rules")
    after = before.with_values({"minimum": "3"}, "rules")
    assert after.values() == EVERYTHING | {"minimum": "3.00"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ([], "rules"),
        ("open", "rules"),
        ({"prize": 1}, "rules.prize"),
        ({"mode": "elsewhere"}, "rules.mode"),
        ({"mode": "auction"}, "rules.mode"),
        ({"mode": None}, "rules.mode"),
        ({"mode": "fixed_price_roll"}, "rules.mode"),
        ({"minimum": "0"}, "rules.minimum"),
        ({"minimum": 1.5}, "rules.minimum"),
        ({"minimum": None}, "rules.minimum"),
        ({"increment": "-1"}, "rules.increment"),
        ({"seconds": 0}, "rules.seconds"),
        ({"seconds": True}, "rules.seconds"),
        ({"seconds": 2_592_001}, "rules.seconds"),
        ({"anti_snipe_seconds": 3601}, "rules.anti_snipe_seconds"),
        ({"ranks": 4}, "rules.ranks"),
        ({"ranks": ["4"]}, "rules.ranks.0"),
        ({"ranks": [1] * 101}, "rules.ranks"),
        ({"classes": "Monk"}, "rules.classes"),
        ({"classes": [" "]}, "rules.classes.0"),
        ({"classes": [3]}, "rules.classes.0"),
        ({"attendees_only": 1}, "rules.attendees_only"),
        ({"attendance_at_least": 101}, "rules.attendance_at_least"),
        ({"attendance_days": 45}, "rules.attendance_days"),
        ({"attendance_days": False}, "rules.attendance_days"),
        ({"attendance_caps": [{"from_percent": 5}, {"at_most": "x"}]}, "rules.attendance_caps.1.at_most"),
        ({"attendance_caps": [{"percent": 5}]}, "rules.attendance_caps.0.percent"),
        ({"attendance_caps": [5]}, "rules.attendance_caps.0"),
        ({"rank_caps": [{"rank": 0}]}, "rules.rank_caps.0.rank"),
        ({"trial_cap": "0"}, "rules.trial_cap"),
        ({"floor": "low"}, "rules.floor"),
        ({"limits": [{"items": 0}]}, "rules.limits.0.items"),
        ({"limits": [{"per": "week"}]}, "rules.limits.0.per"),
        ({"alt_limit": "0"}, "rules.alt_limit"),
        ({"box_multiplier": "0"}, "rules.box_multiplier"),
        ({"box_multiplier": "100.01"}, "rules.box_multiplier"),
        ({"box_multiplier": "0.333"}, "rules.box_multiplier"),
        ({"phases": [{"tiers": ["raider"]}]}, "rules.phases.0.tiers.0"),
        ({"phases": [{"seconds": None}]}, "rules.phases.0.seconds"),
        ({"phases": [{}] * 11}, "rules.phases"),
        ({"ties": ["luck"]}, "rules.ties.0"),
        ({"second_price_adds": "-0.01"}, "rules.second_price_adds"),
        ({"copies_each": 101}, "rules.copies_each"),
        ({"freeze_after_outage_seconds": 0}, "rules.freeze_after_outage_seconds"),
        ({"refund": "most"}, "rules.refund"),
    ],
)
def test_bad_rules_are_refused_by_field(values: object, field: str) -> None:
    """L-2, G-8: the field, the fault and what is accepted."""
    with pytest.raises(InvalidValue) as refusal:
        Rules.of(values, "rules")
    assert refusal.value.field == field
    assert "; accepted: " in refusal.value.sentence


def test_an_auction_overrides_its_pools_rules() -> None:
    """L-2: overridable per auction; the floor only to be stricter, and rolls for a fixed price are the pool's."""
    house = rules(minimum="10", floor="5")
    own = house.overridden({"minimum": "20", "floor": "6"}, ZERO)
    assert (str(own.minimum), str(own.floor), own.increment) == ("20.00", "6.00", house.increment)
    assert house.overridden({}, ZERO) == house.overridden({"floor": None}, ZERO) == house
    for values, field in (
        ({"floor": "4.99"}, "rules.floor"),
        ({"fixed_price_rolls": True}, "rules.fixed_price_rolls"),
        ({"mode": "fixed_price_roll"}, "rules.mode"),
        ({"mode": "fixed_price_roll", "fixed_price_rolls": True}, "rules.fixed_price_rolls"),
    ):
        with pytest.raises(InvalidValue) as refusal:
            house.overridden(values, ZERO)
        assert refusal.value.field == field
    assert rules(fixed_price_rolls=True).overridden({"mode": "fixed_price_roll"}, ZERO).mode is Mode.FIXED_PRICE_ROLL


@pytest.mark.parametrize(
    ("policy", "house", "own", "floor"),
    [
        ("0", None, {}, "0.00"),
        ("-50", None, {}, "-50.00"),
        ("20", None, {}, "20.00"),
        ("-50", "-20", {}, "-20.00"),
        ("20", "5", {}, "20.00"),
        ("-50", "-20", {"floor": None}, "-20.00"),
        ("-50", "-20", {"floor": "-20"}, "-20.00"),
        ("-50", "-20", {"floor": "7"}, "7.00"),
        ("-50", "-20", {"floor": "-20.01"}, "-20.00 or more"),
        ("-50", None, {"floor": "-51"}, "-50.00 or more"),
        ("20", "5", {"floor": "19.99"}, "20.00 or more"),
    ],
)
def test_the_strictest_floor_is_fixed_into_an_auctions_rules(
    policy: str, house: str | None, own: dict[str, object], floor: str
) -> None:
    """P-6, L-5: of the pool's policies, its rules and the auction's; one that is less strict is refused with it."""
    given = Rules() if house is None else rules(floor=house)
    if floor.endswith("more"):
        with pytest.raises(InvalidValue) as refused:
            given.overridden(own, Points.of(policy))
        assert (refused.value.field, refused.value.accepted) == ("rules.floor", floor)
    else:
        assert str(given.overridden(own, Points.of(policy)).floor) == floor


def test_attendance_is_asked_for_where_the_rules_need_it() -> None:
    """L-2, L-6: at least x %, caps, ties."""
    assert not Rules().needs_attendance
    assert rules(attendance_at_least=1).needs_attendance
    assert rules(attendance_caps=[{}]).needs_attendance
    assert rules(ties=["earliest", "attendance"]).needs_attendance
    assert not rules(ties=["roll"]).needs_attendance


def test_a_refund_is_all_half_or_none() -> None:
    """L-17."""
    assert [refund.fraction for refund in Refund] == [Fraction(1), Fraction(1, 2), Fraction(0)]


def test_classes_compare_as_names_do() -> None:
    """L-2: in any case; who has no class is not of one."""
    assert rules(classes=["shadow knight"]).allows_class("Shadow Knight")
    assert not rules(classes=["monk"]).allows_class(None)
    assert Rules().allows_class(None)


@given(
    st.sampled_from([mode for mode in Mode if mode is not Mode.ELSEWHERE]),
    st.integers(1, 10**6),
    st.lists(st.sampled_from(list(Tie)), max_size=3),
    st.lists(st.sampled_from(list(Tier)), max_size=3),
    st.sampled_from(list(Span)),
    st.integers(1, 10_000),
)
def test_any_rules_are_read_as_they_are_told(
    mode: Mode, hundredths: int, ties: list[Tie], tiers: list[Tier], span: Span, weight: int
) -> None:
    """L-2: versions that are kept as JSON mean what they meant."""
    points = str(Points(hundredths))
    told = rules(
        fixed_price_rolls=True,
        mode=mode,
        minimum=points,
        alt_limit=points,
        ties=ties,
        phases=[{"tiers": tiers}],
        limits=[{"per": span, "over": points}],
        box_multiplier=str(Points(weight)),
    )
    assert Rules.of(told.values(), "rules") == told
    assert told.box_multiplier == Fraction(weight, 100)

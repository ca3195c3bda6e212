"""Policies as people type them (P-6)."""

from __future__ import annotations

import pytest

from dkp_core.kernel.errors import InvalidValue
from dkp_core.points import Policies
from dkp_entrypoints.cli.policy_words import policies_from

WEEKLY = {"every": 7, "unit": "days"}


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("decay=10%/7d", {"decay": {"on": "balance", "percent": "10", "schedule": WEEKLY}}),
        ("decay=2.5%/1w", {"decay": {"on": "balance", "percent": "2.5", "schedule": {"every": 1, "unit": "weeks"}}}),
        ("decay=entries:10%/7d", {"decay": {"on": "entries", "percent": "10", "schedule": WEEKLY}}),
        ("decay=off", {"decay": None}),
        ('decay={"percent":"10"}', {"decay": {"percent": "10"}}),
        ("cap=500", {"cap": 500}),
        ("cap=499.50", {"cap": "499.50"}),
        ("cap=off", {"cap": None}),
        ("alt=50%", {"alt_percent": "50%"}),
        ("alt=off", {"alt_percent": "100.00"}),
        ("standby=50%", {"standby_percent": "50%"}),
        ("standby_counts=off", {"standby_counts": False}),
        ("zero_sum=on", {"zero_sum": True}),
        ("zero_sum=off", {"zero_sum": False}),
        ("floor=-100", {"floor": -100}),
        ("start=100", {"start_points": [{"role_group": "member", "points": 100}]}),
        ("start=off", {"start_points": []}),
        (
            "inactivity=10%/30d",
            {"inactivity": {"percent": "10", "after_days": 30, "schedule": {"every": 30, "unit": "days"}}},
        ),
        (
            "inactivity=25/4w",
            {"inactivity": {"points": "25", "after_days": 28, "schedule": {"every": 4, "unit": "weeks"}}},
        ),
        ('{"cap": "12.50", "floor": -5}', {"cap": "12.50", "floor": -5}),
    ],
)
def test_each_short_form_says_what_the_policies_read(word: str, said: dict[str, object]) -> None:
    """P-6: what a short form says is what the policies themselves accept."""
    assert policies_from([word]) == said
    Policies().with_values(policies_from([word]), "policies")


def test_the_last_of_a_field_counts() -> None:
    """P-6: a short and a long name are the same field."""
    assert policies_from(["alt=50%", "alt_percent=25"]) == {"alt_percent": 25}


@pytest.mark.parametrize(
    ("word", "field"),
    [
        ("decay=10%", "set.decay"),
        ("decay=often", "set.decay"),
        ("inactivity=soon", "set.inactivity"),
        ("cap", "set"),
        ("=5", "set"),
        ("{", "set"),
    ],
)
def test_what_can_not_be_read_is_named(word: str, field: str) -> None:
    """G-8: the field, the fault and what is accepted are told."""
    with pytest.raises(InvalidValue) as refused:
        policies_from([word])
    assert refused.value.name == field
    assert refused.value.accepted


def test_a_field_that_no_policy_has_is_refused_by_the_policies() -> None:
    """G-8: the policies say which fields there are."""
    with pytest.raises(InvalidValue) as refused:
        Policies().with_values(policies_from(["colour=red"]), "policies")
    assert refused.value.name == "policies.colour"

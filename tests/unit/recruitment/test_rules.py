"""The guild's rules for recruitment (V-5 to V-12)."""

from __future__ import annotations

from typing import Any

import pytest

from dkp_core.kernel.errors import InvalidValue
from dkp_core.recruitment import RecruitmentRules, Stage

EVERYTHING: dict[str, object] = {
    "reapply_days": 90,
    "trial_days": 14,
    "vote_starts_by_itself": True,
    "vote_hours": 72,
    "attendance_days": 60,
    "counts_from_percent": 25,
    "quorum": 5,
    "pass_threshold_percent": 60,
    "recycles_max": 2,
    "officers_vote_too": True,
    "totals_before_end": False,
    "votes_changeable": False,
    "recusing": False,
    "promote_by_hand": True,
    "trial_attendance_percent": 50,
    "trial_attendance_weeks": 2,
    "trial_points": "100.00",
    "trial_points_pool": 3,
    "trial_raids": 4,
}


def test_rules_are_told_as_they_are_set() -> None:
    """V-11: data: every field as JSON, there and back."""
    assert RecruitmentRules.of(EVERYTHING, "rules").values() == EVERYTHING
    assert RecruitmentRules.of(RecruitmentRules().values(), "rules") == RecruitmentRules()


def test_the_defaults_are_those_of_the_spec() -> None:
    """V-5, V-6, V-8, V-11: 48 hours, 15 % over 30 days, one more round; votes change, totals show."""
    rules = RecruitmentRules()
    assert (rules.vote_hours, rules.counts_from_percent, rules.attendance_days, rules.recycles_max) == (48, 15, 30, 1)
    assert (rules.quorum, rules.pass_threshold_percent) == (0, 0)
    assert (rules.totals_before_end, rules.votes_changeable, rules.promote_by_hand) == (True, True, False)
    assert (rules.stages, rules.vote_starts_by_itself, rules.judge_trials) == ((Stage.MEMBERS,), False, False)


def test_what_is_not_given_stays_as_it_is() -> None:
    """V-11: fields that are not given keep their value."""
    after = RecruitmentRules.of(EVERYTHING, "rules").with_values({"quorum": 0, "trial_points": None}, "rules")
    assert after.values() == EVERYTHING | {"quorum": 0, "trial_points": None}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"vote_hours": 0}, "rules.vote_hours"),
        ({"vote_hours": 721}, "rules.vote_hours"),
        ({"vote_hours": "48"}, "rules.vote_hours"),
        ({"vote_hours": 1.5}, "rules.vote_hours"),
        ({"counts_from_percent": 101}, "rules.counts_from_percent"),
        ({"attendance_days": 31}, "rules.attendance_days"),
        ({"attendance_days": True}, "rules.attendance_days"),
        ({"trial_days": 0}, "rules.trial_days"),
        ({"recycles_max": -1}, "rules.recycles_max"),
        ({"trial_points": 1.5}, "rules.trial_points"),
        ({"trial_points": "0"}, "rules.trial_points"),
        ({"votes_changeable": 1}, "rules.votes_changeable"),
        ({"vote_days": 2}, "rules.vote_days"),
        ([], "rules"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused_by_its_field(values: Any, field: str) -> None:
    """G-8: the error names the rule, and what is accepted."""
    with pytest.raises(InvalidValue) as refused:
        RecruitmentRules().with_values(values, "rules")
    assert refused.value.field == field


def test_the_officers_come_after_the_members_and_nobody_after_them() -> None:
    """V-11: two stages at most."""
    rules = RecruitmentRules(officers_vote_too=True)
    assert [rules.stage_after(each) for each in rules.stages] == [Stage.OFFICERS, None]
    assert RecruitmentRules().stage_after(Stage.MEMBERS) is None


@pytest.mark.parametrize("wanted", ["trial_attendance_percent", "trial_points", "trial_raids"])
def test_one_expectation_is_enough_to_judge_a_trial(wanted: str) -> None:
    """V-12: each of them is optional."""
    assert RecruitmentRules.of({wanted: 5}, "rules").judge_trials

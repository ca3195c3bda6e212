"""What every adapter of the recruitment context keeps to, as to the guild's rules and questions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.recruitment import Form, FormRow, RecruitmentRules, RecruitmentRulesRow
from dkp_core.recruitment.events import FormChanged, RecruitmentRulesChanged
from tests.integration.contracts.installation import all_at_once
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.recruitment_deeds import EVERY_RULE
from tests.integration.contracts.suite import Contract

QUESTIONS = Form.of(
    {
        "questions": [
            {"id": "why", "text": "Warum wir? 🐉 " * 30, "required": True, "private": True, "length_max": 17},
            {"id": "role", "text": "Role?", "kind": "choice", "choices": ["Tank", "Größer", "больше"]},
        ]
    },
    "form",
)


class RecruitmentRulebookContract(Contract):
    """The port `RecruitmentRulebook`, and the view of it."""

    def append(self, place: Place, version: int, rules: RecruitmentRules) -> None:
        """Another version of the rules."""
        with place.work() as work:
            event = RecruitmentRulesChanged(rules_version=version, changes=())
            work.recruitment_rules.append(version, rules, event)

    def test_a_guild_without_rules_has_the_defaults(self, place: Place, elsewhere: Place) -> None:
        """V-11, G-1: as version 0, whatever another guild says."""
        self.append(elsewhere, 1, EVERY_RULE)
        with place.work() as work:
            assert work.recruitment_rules.latest() == (0, RecruitmentRules())
            assert work.recruitment_rules.changed_at() is None
        with place.views() as views:
            defaults = RecruitmentRulesRow(version=0, values=RecruitmentRules().values(), changed_at=None)
            assert views.recruitment_rules() == (defaults,)

    def test_rules_come_back_as_they_were_set(self, place: Place) -> None:
        """V-11: the latest of several, by number; all of them are shown."""
        for version in range(1, 11):
            self.append(place, version, RecruitmentRules())
        place.installation.clock.advance(timedelta(hours=1))
        self.append(place, 11, EVERY_RULE)
        with place.work() as work:
            assert work.recruitment_rules.latest() == (11, EVERY_RULE)
            assert work.recruitment_rules.changed_at() == NIGHT + timedelta(hours=1)
        with place.views() as views:
            rows = views.recruitment_rules()
        at = NIGHT + timedelta(hours=1)
        assert rows[0] == RecruitmentRulesRow(version=11, values=EVERY_RULE.values(), changed_at=at)
        assert [row.version for row in rows] == list(range(11, 0, -1))
        assert place.told("recruitment_rules", "recruitment") == ["recruitment_rules_changed"] * 11

    def test_one_of_several_makes_a_version(self, place: Place) -> None:
        """G-6: at the same moment; the others are told."""
        outcomes = all_at_once(*[lambda: self.append(place, 1, EVERY_RULE)] * 4)
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, Stale) for fault in outcomes if fault is not None)


class ApplicationFormsContract(Contract):
    """The port `ApplicationForms`, and the view of it."""

    def append(self, place: Place, version: int, form: Form) -> None:
        """Another version of the questions."""
        with place.work() as work:
            event = FormChanged(form_version=version, questions=tuple(each.id for each in form.questions))
            work.application_forms.append(version, form, event)

    def test_a_guild_without_questions_asks_nothing(self, place: Place, elsewhere: Place) -> None:
        """V-1, G-1: as version 0, whatever another guild asks."""
        self.append(elsewhere, 1, QUESTIONS)
        with place.work() as work:
            assert work.application_forms.latest() == (0, Form())
        with place.views() as views:
            for version in (None, 0):
                assert views.application_form(version) == FormRow(version=0, form=Form(), changed_at=None)
            with pytest.raises(NoSuch) as refused:
                views.application_form(1)
        assert refused.value.kind == "version of the application form"
        with place.work() as work:
            assert work.application_forms.changed_at() is None

    def test_questions_come_back_as_they_were_asked(self, place: Place) -> None:
        """V-1: the latest of several, and each by its number."""
        self.append(place, 1, Form())
        for version in range(2, 11):
            self.append(place, version, QUESTIONS)
        place.installation.clock.advance(timedelta(hours=1))
        self.append(place, 11, Form())
        with place.work() as work:
            assert work.application_forms.latest() == (11, Form())
            assert work.application_forms.changed_at() == NIGHT + timedelta(hours=1)
        with place.views() as views:
            newest = FormRow(version=11, form=Form(), changed_at=NIGHT + timedelta(hours=1))
            assert views.application_form(None) == newest
            assert views.application_form(11) == newest
            assert views.application_form(10) == FormRow(version=10, form=QUESTIONS, changed_at=NIGHT)
            assert views.application_form(0) == FormRow(version=0, form=Form(), changed_at=None)
            with pytest.raises(NoSuch):
                views.application_form(12)
        assert place.told_rows("application_form", "form")[-1].data == {"form_version": 11, "questions": []}

    def test_one_of_several_makes_a_version(self, place: Place) -> None:
        """G-6: at the same moment; the others are told."""
        outcomes = all_at_once(*[lambda: self.append(place, 1, QUESTIONS)] * 4)
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, Stale) for fault in outcomes if fault is not None)

"""Setting how a guild recruits: its rules, and its questions to applicants (V-1, V-11, V-12)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.domain_events import Change
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Read
from dkp_core.recruitment.events import FormChanged, RecruitmentRulesChanged
from dkp_core.recruitment.ports import RecruitmentView, RecruitmentWork
from dkp_core.recruitment.views import FormRow, RecruitmentRulesRow


@frozen
class ShowRecruitmentRules:
    """Every version of the guild's rules for applications, trials and votes, the latest first."""

    read: Read[RecruitmentView]

    def __call__(self, *, by: Actor) -> tuple[RecruitmentRulesRow, ...]:
        by.must(Permission.APPLICATIONS_READ, Permission.APPLICATIONS_WRITE, Permission.GUILD_WRITE)
        with self.read(by) as views:
            return views.recruitment_rules()


@frozen
class SetRecruitmentRules:
    """Change the rules for applications, trials and votes: fields that are not given stay as they are.

    It makes a new version; an application goes by the rules at its acceptance, and anew by those at a vote's start.
    """

    begin: Begin[RecruitmentWork]

    def __call__(self, values: Mapping[str, object], *, by: Actor) -> RecruitmentRulesRow:
        by.must(Permission.GUILD_WRITE)
        with self.begin(by) as work:
            version, rules = work.recruitment_rules.latest()
            changed = rules.with_values(values, "rules")
            if changed.points_pool is not None:
                work.pools.get(changed.points_pool)
            if changed != rules:
                version += 1
                told = _told(rules.values(), changed.values())
                event = RecruitmentRulesChanged(rules_version=version, changes=told)
                work.recruitment_rules.append(version, changed, event)
            changed_at = work.recruitment_rules.changed_at()
        return RecruitmentRulesRow(version=version, values=changed.values(), changed_at=changed_at)


@frozen
class ShowApplicationForm:
    """What the guild asks its applicants: the latest version, or the one that is named."""

    read: Read[RecruitmentView]

    def __call__(self, *, version: int | None = None, by: Actor) -> FormRow:
        by.must(Permission.APPLICATIONS_OWN, Permission.APPLICATIONS_READ, Permission.APPLICATIONS_WRITE)
        with self.read(by) as views:
            return views.application_form(version)


@frozen
class SetApplicationForm:
    """Ask applicants other questions. It makes a new version; what was answered keeps the version it was asked in."""

    begin: Begin[RecruitmentWork]

    def __call__(self, values: Mapping[str, object], *, by: Actor) -> FormRow:
        by.must(Permission.GUILD_WRITE)
        with self.begin(by) as work:
            version, form = work.application_forms.latest()
            changed = form.with_values(values, "form")
            if changed != form:
                version += 1
                event = FormChanged(form_version=version, questions=tuple(each.id for each in changed.questions))
                work.application_forms.append(version, changed, event)
            changed_at = work.application_forms.changed_at()
        return FormRow(version=version, form=changed, changed_at=changed_at)


def _told(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    return tuple(
        Change(field=name, before=_scalar(before[name]), after=_scalar(after[name]))
        for name in after
        if before[name] != after[name]
    )


def _scalar(value: object) -> str | int | bool | None:
    return value if value is None or isinstance(value, str | int) else json.dumps(value, sort_keys=True)

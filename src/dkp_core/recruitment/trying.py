"""Trials as they go on: what is due at their end, and how they stand by their rules (V-4, V-12)."""

from __future__ import annotations

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import ApplicationId
from dkp_core.kernel.ports import Begin, Clock
from dkp_core.recruitment import telling
from dkp_core.recruitment.application import OnTrial
from dkp_core.recruitment.due import judge_daily, keep
from dkp_core.recruitment.ports import RecruitmentWork
from dkp_core.recruitment.trial import judge, proposed, recent_period
from dkp_core.recruitment.voting import start_vote


@frozen
class EndTrial:
    """What is due when a trial ends without a vote: the vote starts, where the guild's rules say so by then.

    Else the recruiters are told that it is overdue. Nothing where it was extended or voted on meanwhile.
    """

    begin: Begin[RecruitmentWork]
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, by: Actor) -> None:
        with self.begin(by) as work:
            application = work.applications.get(application_id)
            now = application.after(self.clock.now())
            if not isinstance(application, OnTrial) or not application.trial.is_over(now):
                return
            _, rules = work.recruitment_rules.latest()
            if rules.vote_starts_by_itself:
                start_vote(work, application, reason="The trial is over.", at=now)
                return
            late = application.overdue(now)
            if late is not application:
                keep(work, late)
                work.notices.post(telling.overdue(late))


@frozen
class JudgeTrial:
    """Judge a trial by its rules, once a day until it is over: the recruiters are told what they propose.

    Nothing is carried out of it: what becomes of the applicant is the vote's.
    """

    begin: Begin[RecruitmentWork]
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, by: Actor) -> None:
        with self.begin(by) as work:
            application = work.applications.get(application_id)
            if not isinstance(application, OnTrial):
                return
            now = application.after(self.clock.now())
            trial, rules = application.trial, application.rules
            done = work.performances.performance(
                application.user_id,
                application.candidate.character_name,
                over=trial.period(now),
                recent=recent_period(trial, rules, now),
                pool_id=rules.points_pool,
            )
            proposal = proposed(judge(trial, rules, done, now))
            judged = application.judged(proposal)
            if judged is not application:
                work.applications.save(judged)
                if proposal is not None:
                    work.notices.post(telling.proposal(judged, proposal))
            if not trial.is_over(now):
                judge_daily(work, judged, now)

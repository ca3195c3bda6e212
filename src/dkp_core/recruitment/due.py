"""When an application moves by itself: the ends of trials and votes, and the daily judging of trials."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from dkp_core.kernel.ids import ApplicationId
from dkp_core.recruitment.application import Application, InVote, OnTrial
from dkp_core.recruitment.ports import RecruitmentWork

END_TRIAL: Final = "end_trial"
DECIDE_VOTE: Final = "decide_vote"
JUDGE_TRIAL: Final = "judge_trial"
_DAILY: Final = timedelta(days=1)


def keep(work: RecruitmentWork, application: Application) -> None:
    """Store an application, and see to it that it moves at its time, and no more at an earlier one."""
    work.applications.save(application)
    key, data = f"application:{application.id}", _whose(application.id)
    if isinstance(application, InVote):
        work.deadlines.set(key, DECIDE_VOTE, application.poll.closes_at, data)
    elif isinstance(application, OnTrial) and not application.trial.overdue:
        work.deadlines.set(key, END_TRIAL, application.trial.ends_at, data)
    else:
        work.deadlines.cancel(key)
    if not isinstance(application, OnTrial):
        work.deadlines.cancel(_judgement(application.id))


def judge_daily(work: RecruitmentWork, application: OnTrial, at: datetime) -> None:
    """Have the trial judged in a day, where there are rules to judge it by; it ends by itself with the trial."""
    if application.rules.judge_trials:
        work.deadlines.set(_judgement(application.id), JUDGE_TRIAL, at + _DAILY, _whose(application.id))


def _judgement(application_id: ApplicationId) -> str:
    return f"trial:{application_id}"


def _whose(application_id: ApplicationId) -> Mapping[str, str | int | None]:
    return {"application_id": application_id}

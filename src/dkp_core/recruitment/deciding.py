"""Deciding: what becomes of an applicant when the vote is over, exactly once (V-8)."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import ApplicationId
from dkp_core.kernel.names import clean_name
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.recruitment import telling
from dkp_core.recruitment.application import Application, Decided, InVote, OnTrial
from dkp_core.recruitment.ballot import Tally
from dkp_core.recruitment.due import judge_daily, keep
from dkp_core.recruitment.errors import CannotDo
from dkp_core.recruitment.ports import RecruitmentWork
from dkp_core.recruitment.standing import becomes_guest, becomes_member, give_way, take_character, wake
from dkp_core.recruitment.status import OpenTask, Option
from dkp_core.roster import CharacterStatus


@frozen
class DecideVote:
    """What is due when a vote is over: it is counted, and what it came to is carried out; nothing where it was before.

    A pass makes a member, with an active character; a fail a guest. After a recycle the trial goes on, for another
    vote later.
    """

    begin: Begin[RecruitmentWork]
    ids: Ids
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, by: Actor) -> None:
        with self.begin(by) as work:
            application = work.applications.get(application_id)
            now = application.after(self.clock.now())
            if not isinstance(application, InVote) or not application.poll.is_over(now):
                return
            poll = application.poll
            votes = work.votes.of(application_id, poll.round, poll.stage)
            result = Tally.of(votes, poll.counts_from).decision(application.rules)
            after = application.conclude(result, now)
            if isinstance(after, InVote):
                keep(work, after)
                work.notices.post(telling.vote_started(after))
            elif isinstance(after, OnTrial):
                keep(work, after)
                judge_daily(work, after, now)
                _tell(work, after, Option.RECYCLE)
            else:
                if after.outcome is Option.FAIL:
                    becomes_guest(work, after)
                elif after.rules.promote_by_hand:
                    after = _left(work, after, OpenTask.PROMOTE)
                else:
                    after = carry_out(work, after, name="", ids=self.ids, at=now)
                keep(work, after)
                _tell(work, after, after.outcome)


def _tell(work: RecruitmentWork, application: Application, outcome: Option) -> None:
    work.notices.post(*telling.decided(application, outcome), telling.vote_ended(application, outcome))


def carry_out(work: RecruitmentWork, application: Decided, *, name: str, ids: Ids, at: datetime) -> Decided:
    """Make a member of whom the guild passed, and their character active; what can't be done is left to the officers.

    The character is the one made at acceptance, or that of the name applied with, or of `name`; the one made at
    acceptance rests then.
    """
    if not becomes_member(work, application):
        return _left(work, application, OpenTask.NOT_A_MEMBER)
    if not name and wake(work, application):
        return application.carried_out(task=None)
    wanted = name or application.candidate.character_name
    made = take_character(work, application, wanted, status=CharacterStatus.ACTIVE, ids=ids, at=at)
    if made is None:
        return _left(work, application, OpenTask.NAME_HELD)
    give_way(work, application, made)
    return application.made(made).carried_out(task=None)


def _left(work: RecruitmentWork, application: Decided, task: OpenTask) -> Decided:
    if task is not application.task:
        work.notices.post(telling.task(application, task))
    return application.carried_out(task=task) if task is not OpenTask.PROMOTE else evolve(application, task=task)


@frozen
class PromoteTrial:
    """Carry a pass out by hand: where the guild has set it so, or where something was left to do.

    Where the character's name is somebody else's, settle that first, or name another for the new member.
    """

    begin: Begin[RecruitmentWork]
    ids: Ids
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, character_name: str = "", by: Actor) -> Decided:
        by.must(Permission.MEMBERSHIPS_WRITE)
        name = clean_name(character_name, "character_name") if character_name.strip() else ""
        with self.begin(by) as work:
            application = work.applications.get(application_id).must_be(Decided, "promoted: no vote has passed it")
            if application.task is None:
                raise CannotDo(application_id, application.status, "promoted: nothing is left to do")
            now = application.after(self.clock.now())
            promoted = carry_out(work, application, name=name, ids=self.ids, at=now)
            work.applications.save(promoted)
        return promoted

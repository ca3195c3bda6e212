"""Reviewing: what recruiters do with applications (V-2 to V-4, V-9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from attrs import frozen

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue, NoSuch, NotPermitted
from dkp_core.kernel.ids import ApplicationId
from dkp_core.kernel.permission import Permission
from dkp_core.kernel.ports import Begin, Clock, Ids
from dkp_core.recruitment import telling
from dkp_core.recruitment.application import (
    Finished,
    InVote,
    OnTrial,
    Rejected,
    ReviewedApplication,
    Submitted,
)
from dkp_core.recruitment.comment import Comment, CommentId, CommentKind
from dkp_core.recruitment.due import judge_daily, keep
from dkp_core.recruitment.errors import CannotDo, NameHeld, OwnApplication, StillOpen
from dkp_core.recruitment.events import ApplicationCommented
from dkp_core.recruitment.ports import RecruitmentWork
from dkp_core.recruitment.standing import becomes_guest, begins_trial, is_own, take_character
from dkp_core.recruitment.status import SEEN_BY_MEMBERS
from dkp_core.roster import CharacterStatus

EXTENSION_DAYS_MAX: Final = 366


@frozen
class AcceptToTrial:
    """Accept an applicant to trial, for as long as the guild's rules say.

    The recruiters' channel gets a summary. In a guild that lets its trials bid, the character is made now.
    """

    begin: Begin[RecruitmentWork]
    ids: Ids
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, reason: str = "", by: Actor) -> OnTrial:
        by.must(Permission.APPLICATIONS_WRITE)
        with self.begin(by) as work:
            application = work.applications.get(application_id).must_be(Submitted, "accepted to trial")
            version, rules = work.recruitment_rules.latest()
            now = application.after(self.clock.now())
            accepted = application.accept(rules, version, now, reason=reason)
            begins_trial(work, accepted)
            if work.guilds.get(work.guild_id).settings.trials_bid:
                name = accepted.candidate.character_name
                made = take_character(work, accepted, name, status=CharacterStatus.TRIAL, ids=self.ids, at=now)
                if made is None:
                    raise NameHeld(name)
                accepted = accepted.made(made)
            keep(work, accepted)
            judge_daily(work, accepted, now)
            work.notices.post(*telling.accepted(accepted), telling.summary(accepted))
        return accepted


@frozen
class RejectApplication:
    """Reject an application, or end a trial before a vote, with a reason that the applicant is told."""

    begin: Begin[RecruitmentWork]
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, reason: str, by: Actor) -> Rejected:
        by.must(Permission.APPLICATIONS_WRITE)
        with self.begin(by) as work:
            application = work.applications.get(application_id).must_be(ReviewedApplication, "rejected")
            rejected = application.reject(self.clock.now(), reason=reason)
            becomes_guest(work, rejected)
            keep(work, rejected)
            work.notices.post(*telling.rejected(rejected, rejected.transitions[-1].reason))
        return rejected


@frozen
class ExtendTrial:
    """Make a trial longer by some days: from its end, or from now where that has been."""

    begin: Begin[RecruitmentWork]
    clock: Clock

    def __call__(self, application_id: ApplicationId, *, days: int, by: Actor) -> OnTrial:
        by.must(Permission.APPLICATIONS_WRITE)
        if not 1 <= days <= EXTENSION_DAYS_MAX:
            raise InvalidValue("days", f"{days} is out of range", f"1 to {EXTENSION_DAYS_MAX}")
        now = self.clock.now()
        with self.begin(by) as work:
            application = work.applications.get(application_id).must_be(OnTrial, "extended")
            extended = application.extend(timedelta(days=days), now)
            keep(work, extended)
            judge_daily(work, extended, now)
            work.notices.post(*telling.extended(extended))
        return extended


@frozen
class CommentOnApplication:
    """Say something about an application: to the other recruiters and officers, or to the applicant too."""

    begin: Begin[RecruitmentWork]
    ids: Ids
    clock: Clock

    def __call__(self, application_id: ApplicationId, text: str, *, visible: bool = False, by: Actor) -> Comment:
        by.must(Permission.APPLICATIONS_WRITE)
        kind = CommentKind.VISIBLE if visible else CommentKind.INTERNAL
        comment_id = CommentId(self.ids.next("comment"))
        with self.begin(by) as work:
            application = work.applications.get(application_id)
            if is_own(work, application, by.user_id):
                raise OwnApplication(application_id)
            comment = Comment.said(comment_id, application_id, text, kind=kind, author=by.user_id, at=self.clock.now())
            _keep_comment(work, comment)
            if visible:
                work.notices.post(*telling.commented(application, comment.text))
        return comment


@frozen
class LeaveFeedback:
    """Say how somebody on trial does; recruiters and officers read it, and the applicant does not."""

    begin: Begin[RecruitmentWork]
    ids: Ids
    clock: Clock

    def __call__(self, application_id: ApplicationId, text: str, *, by: Actor) -> Comment:
        by.must(Permission.FEEDBACK_OWN)
        if by.user_id is None:
            raise NotPermitted("a user's own key or session")
        comment_id = CommentId(self.ids.next("comment"))
        with self.begin(by) as work:
            application = work.applications.get(application_id)
            if is_own(work, application, by.user_id):
                raise OwnApplication(application_id)
            if application.status not in SEEN_BY_MEMBERS:
                if by.may(Permission.APPLICATIONS_WRITE):
                    raise CannotDo(application_id, application.status, "given feedback on")
                raise NoSuch("application", application_id)
            comment = Comment.said(
                comment_id,
                application_id,
                text,
                kind=CommentKind.FEEDBACK,
                author=by.user_id,
                at=self.clock.now(),
            )
            _keep_comment(work, comment)
        return comment


def _keep_comment(work: RecruitmentWork, comment: Comment) -> None:
    event = ApplicationCommented(application_id=comment.application_id, comment_id=comment.id, kind=comment.kind)
    work.comments.append(comment, event)


@frozen
class RemoveApplication:
    """Put a finished application into the archive, where lists leave it out; nothing of it is lost (G-4)."""

    begin: Begin[RecruitmentWork]

    def __call__(self, application_id: ApplicationId, *, by: Actor) -> None:
        by.must(Permission.APPLICATIONS_WRITE)
        with self.begin(by) as work:
            application = work.applications.get(application_id)
            if not isinstance(application, Finished):
                raise StillOpen(application_id, application.status)
            archived = application.archive()
            if archived is not application:
                work.applications.save(archived)


@frozen
class PostTrialSummary:
    """Post the summary of an applicant on trial to the recruiters' channel once more."""

    begin: Begin[RecruitmentWork]

    def __call__(self, application_id: ApplicationId, *, by: Actor) -> None:
        by.must(Permission.APPLICATIONS_WRITE)
        with self.begin(by) as work:
            application = work.applications.get(application_id)
            if not isinstance(application, OnTrial | InVote):
                raise CannotDo(application_id, application.status, "summed up: nobody is on trial")
            work.notices.post(telling.summary(application))

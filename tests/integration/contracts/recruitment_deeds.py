"""Short ways to recruit in a guild of a test's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve, frozen

from dkp_core.accounts import PERMISSIONS, Membership, RoleGroup, User
from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.ids import ApplicationId, CharacterId, MergeId, UserId
from dkp_core.points import MergeUsers, UndoMerge, UnlinkUser
from dkp_core.raids import AttendanceShare
from dkp_core.recruitment import (
    AcceptToTrial,
    Answer,
    Application,
    ApplicationDetail,
    ApplicationStatus,
    Candidate,
    CastVote,
    Comment,
    CommentId,
    CommentKind,
    Decided,
    DecideVote,
    Form,
    InVote,
    OnTrial,
    OpenTask,
    Option,
    Poll,
    RecruitmentRules,
    RejectApplication,
    Stage,
    StartVoting,
    SubmitApplication,
    Submitted,
    Vote,
    VoteChange,
    WithdrawApplication,
)
from dkp_core.recruitment.events import ApplicationCommented, FormChanged
from tests.integration.contracts.place import NIGHT, Place, discord_id_of

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
ODD: Final = timedelta(microseconds=123_457)
EVERY_RULE: Final = RecruitmentRules().with_values(
    {
        "reapply_days": 7,
        "trial_days": 21,
        "vote_starts_by_itself": True,
        "vote_hours": 71,
        "attendance_days": 60,
        "counts_from_percent": 33,
        "quorum": 5,
        "pass_threshold_percent": 67,
        "recycles_max": 3,
        "officers_vote_too": True,
        "totals_before_end": False,
        "votes_changeable": False,
        "recusing": False,
        "promote_by_hand": True,
        "trial_attendance_percent": 45,
        "trial_attendance_weeks": 3,
        "trial_points": "12.34",
        "trial_points_pool": 2**53,
        "trial_raids": 9,
    },
    "rules",
)
"""Rules in which nothing has its default."""
SHARE: Final = AttendanceShare(1, 3)
POLL: Final = Poll(round=1, stage=Stage.MEMBERS, opens_at=NIGHT, closes_at=NIGHT + 48 * HOUR, counts_from_percent=15)


@frozen
class Office:
    """Where a guild recruits: applications as they are kept, and what applicants, recruiters and voters do."""

    place: Place

    # --- applications as they are kept --------------------------------------------------------------------------------

    def application_id(self) -> ApplicationId:
        """The id of another application."""
        return ApplicationId(self.place.installation.ids.next("application"))

    def talkative(self) -> Candidate:
        """A candidate in whom nothing has its default, and who says as much as may be said."""
        return Candidate(
            character_name="Élan 🐉",
            server="Rathe à l'été",
            character_class="Ünholy Cleric",
            level=65,
            previous_guilds="🐉" * 4000,
            availability="больше\nевечером",
            timezone="Europe/Berlin",
            references="'; DROP TABLE applications; -- \\ % _ /",
            referees=(UserId(7), UserId(3)),
            email="élan+dkp@exämple.org",
            form_version=12,
            answers=(Answer("why", "Ä\u0323 🐉" * 500), Answer("role", '"["')),
        )

    def ask(self, version: int, form: Form) -> None:
        """Another version of the questions."""
        with self.place.work() as work:
            work.application_forms.append(version, form, FormChanged(form_version=version, questions=()))

    def drafted(
        self,
        user_id: UserId | None = None,
        candidate: Candidate | None = None,
        *,
        rules: RecruitmentRules | None = None,
        at: datetime = NIGHT,
    ) -> Submitted:
        """An application that is not kept yet."""
        return Submitted.submit(
            self.application_id(),
            self.place.guild_id,
            self.place.user() if user_id is None else user_id,
            Candidate(character_name="Anna") if candidate is None else candidate,
            rules=RecruitmentRules() if rules is None else rules,
            rules_version=3,
            at=at,
        )

    def life(self, user_id: UserId) -> dict[ApplicationStatus, Application]:
        """One application in every state, holding everything that it may; each follows from the one before it."""
        submitted = evolve(self.drafted(user_id, self.talkative(), at=NIGHT + ODD), character_id=CharacterId(77))
        on_trial = submitted.saved().accept(EVERY_RULE, 4, NIGHT + HOUR + ODD, reason="Größer 🐉")
        late = evolve(on_trial.overdue(NIGHT + 22 * DAY), proposal=Option.FAIL)
        in_vote = late.saved().start_vote(EVERY_RULE, 5, NIGHT + 23 * DAY + ODD)
        officers = in_vote.conclude(Option.PASS, NIGHT + 26 * DAY)
        assert isinstance(officers, InVote)
        assert officers.poll.stage is Stage.OFFICERS
        decided = officers.saved().conclude(Option.PASS, NIGHT + 29 * DAY + ODD)
        assert isinstance(decided, Decided)
        states: tuple[Application, ...] = (
            submitted,
            late,
            officers,
            evolve(decided, task=OpenTask.NAME_HELD, archived=True),
            evolve(late.saved().reject(NIGHT + 23 * DAY, reason="Zu spät 🐉"), archived=True),
            evolve(officers.saved().withdraw(NIGHT + 27 * DAY, reason="больше"), archived=True),
        )
        return {each.status: each for each in states}

    def keep(self, application: Application) -> Application:
        """Keep an application; it comes back as it is kept."""
        with self.place.work() as work:
            work.applications.save(application)
        return application.saved()

    def loaded(self, application_id: ApplicationId) -> Application:
        """An application as it is kept."""
        with self.place.work() as work:
            return work.applications.get(application_id)

    def on_trial(self, user_id: UserId | None = None, name: str = "Anna", *, rules: RecruitmentRules) -> OnTrial:
        """An applicant on trial."""
        drafted = self.drafted(user_id, Candidate(character_name=name))
        kept = self.keep(drafted.accept(rules, 1, NIGHT))
        assert isinstance(kept, OnTrial)
        return kept

    def in_vote(self, user_id: UserId | None = None, *, rules: RecruitmentRules | None = None) -> InVote:
        """An applicant who is voted on since NIGHT."""
        used = RecruitmentRules() if rules is None else rules
        kept = self.keep(self.on_trial(user_id, rules=used).start_vote(used, 1, NIGHT))
        assert isinstance(kept, InVote)
        return kept

    def detail(self, application_id: ApplicationId) -> ApplicationDetail:
        """An application as it is shown."""
        with self.place.views() as views:
            return views.application(application_id)

    # --- comments and votes as they are kept --------------------------------------------------------------------------

    def say(
        self,
        application_id: ApplicationId,
        text: str = "Nett 🐉",
        *,
        author: UserId | None = None,
        kind: CommentKind = CommentKind.INTERNAL,
        at: datetime = NIGHT,
    ) -> Comment:
        """A comment that is kept."""
        comment_id = CommentId(self.place.installation.ids.next("comment"))
        comment = Comment.said(comment_id, application_id, text, kind=kind, author=author, at=at)
        event = ApplicationCommented(application_id=application_id, comment_id=comment_id, kind=kind)
        with self.place.work() as work:
            work.comments.append(comment, event)
        return comment

    def ballot(
        self,
        application_id: ApplicationId,
        voter: UserId,
        option: Option = Option.PASS,
        *,
        poll: Poll = POLL,
        attendance: AttendanceShare = SHARE,
        at: datetime = NIGHT,
    ) -> Vote:
        """A first vote that is kept."""
        vote = Vote.first(application_id, poll, voter, option, attendance=attendance, at=at)
        return self.follow(None, vote)

    def follow(self, before: Vote | None, after: Vote) -> Vote:
        """What became of a vote, kept."""
        with self.place.work() as work:
            work.votes.save(after, VoteChange.since(before, after, self.place.by))
        return after

    # --- people and what they do --------------------------------------------------------------------------------------

    def members(self, count: int) -> list[UserId]:
        """So many members, made at once."""
        first = self.place.installation.ids.next("user", count)
        made = [UserId(user_id) for user_id in range(first, first + count)]
        with self.place.work() as work:
            for user_id in made:
                user = User.add(user_id, discord_id=discord_id_of(user_id), username=f"Voter {user_id}", at=NIGHT)
                work.users.save(user)
                work.memberships.save(Membership.begin(self.place.guild_id, user_id, RoleGroup.MEMBER, NIGHT))
        return made

    def acting(self, user_id: UserId, role_group: RoleGroup = RoleGroup.MEMBER) -> Actor:
        """A person who acts."""
        return Actor(
            kind=ActorKind.USER,
            id=str(user_id),
            entrypoint="test",
            guild_id=self.place.guild_id,
            user_id=user_id,
            permissions=PERMISSIONS[role_group],
        )

    def apply(self, user_id: UserId, name: str = "Anna") -> ApplicationId:
        """An application by somebody."""
        installation = self.place.installation
        submit = SubmitApplication(installation.begin, installation.ids, installation.clock)
        return submit(character_name=name, by=self.acting(user_id, RoleGroup.GUEST)).id

    def accept(self, application_id: ApplicationId) -> None:
        """An applicant taken on trial."""
        installation = self.place.installation
        AcceptToTrial(installation.begin, installation.ids, installation.clock)(application_id, by=self.place.by)

    def reject(self, application_id: ApplicationId) -> None:
        """An application rejected."""
        installation = self.place.installation
        RejectApplication(installation.begin, installation.clock)(application_id, reason="Nein.", by=self.place.by)

    def withdraw(self, application_id: ApplicationId) -> None:
        """An application taken back by a recruiter."""
        installation = self.place.installation
        WithdrawApplication(installation.begin, installation.clock)(application_id, reason="Ach.", by=self.place.by)

    def start_vote(self, application_id: ApplicationId) -> None:
        """A vote that starts."""
        StartVoting(self.place.installation.begin, self.place.installation.clock)(application_id, by=self.place.by)

    def vote(self, application_id: ApplicationId, voter: UserId, option: Option = Option.PASS) -> None:
        """A vote by a member. Raises: VoteNotOpen."""
        installation = self.place.installation
        CastVote(installation.begin, installation.clock)(application_id, option, by=self.acting(voter))

    def decide(self, application_id: ApplicationId) -> None:
        """What is due at the end of a vote."""
        installation = self.place.installation
        DecideVote(installation.begin, installation.ids, installation.clock)(application_id, by=self.place.by)

    def becomes(self, user_id: UserId, other: UserId) -> MergeId:
        """Somebody's Discord account is taken out of the guild, and all they had is another's; the merge of the two."""
        installation = self.place.installation
        unlink = UnlinkUser(installation.begin, installation.ids, installation.clock)
        unlinked = unlink(user_id, reason="an old account", by=self.place.by).into
        merge = MergeUsers(installation.begin, installation.ids, installation.clock)
        merge_id = merge(unlinked, into=other, reason="the same", by=self.place.by).merge_id
        assert merge_id is not None
        return merge_id

    def undo(self, merge_id: MergeId) -> None:
        """A merge taken back."""
        installation = self.place.installation
        UndoMerge(installation.begin, installation.ids, installation.clock)(
            merge_id, reason="two people", by=self.place.by
        )

    def voted_on(self, name: str = "Anna") -> tuple[ApplicationId, UserId]:
        """Somebody who applied, was accepted, and is voted on: the application, and whose it is."""
        applicant = self.place.user(name)
        application_id = self.apply(applicant, name)
        self.accept(application_id)
        self.start_vote(application_id)
        return application_id, applicant

    def statuses(self, application_id: ApplicationId) -> Sequence[ApplicationStatus]:
        """The states that an application went through."""
        return [step.after for step in self.detail(application_id).transitions]

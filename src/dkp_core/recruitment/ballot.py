"""Votes and how they are counted (V-5, V-6, V-8, V-11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from fractions import Fraction

from attrs import evolve, frozen

from dkp_core.kernel.actor import Actor, ActorKind
from dkp_core.kernel.ids import ApplicationId, UserId
from dkp_core.kernel.period import Period
from dkp_core.raids import AttendanceShare
from dkp_core.recruitment.errors import NoVoteToWithdraw, VoteIsFinal
from dkp_core.recruitment.rules import RecruitmentRules
from dkp_core.recruitment.status import Option, Stage


@frozen(kw_only=True)
class Poll:
    """The voting of one stage of one round, in [opens_at, closes_at); `result` is what it came to, None before.

    A vote counts from `counts_from_percent` attendance on.
    """

    round: int
    stage: Stage
    opens_at: datetime
    closes_at: datetime
    counts_from_percent: int
    result: Option | None = None

    @classmethod
    def open(cls, round_: int, stage: Stage, rules: RecruitmentRules, at: datetime) -> Poll:
        """A poll that begins now."""
        return cls(
            round=round_,
            stage=stage,
            opens_at=at,
            closes_at=at + rules.vote_length,
            counts_from_percent=rules.counts_from_percent,
        )

    @property
    def counts_from(self) -> Fraction:
        """The attendance from which a vote counts."""
        return Fraction(self.counts_from_percent, 100)

    def takes_votes(self, at: datetime) -> bool:
        """Whether a vote that is cast at that moment is in time."""
        return self.result is None and at in Period(self.opens_at, self.closes_at)

    def is_over(self, at: datetime) -> bool:
        """Whether its time has passed, or it was decided."""
        return self.result is not None or at >= self.closes_at


@frozen(kw_only=True)
class Vote:
    """One voter's vote in a poll; `option` is None once it was withdrawn.

    `attendance` is the voter's when the vote was last cast; `changes` counts other options and withdrawals, `steps`
    everything that became of the vote, its first casting included.
    """

    application_id: ApplicationId
    round: int
    stage: Stage
    voter: UserId
    option: Option | None
    attendance: AttendanceShare
    cast_at: datetime
    changes: int = 0
    steps: int = 1

    @classmethod
    def first(
        cls,
        application_id: ApplicationId,
        poll: Poll,
        voter: UserId,
        option: Option,
        *,
        attendance: AttendanceShare,
        at: datetime,
    ) -> Vote:
        """A voter's first vote in a poll."""
        return cls(
            application_id=application_id,
            round=poll.round,
            stage=poll.stage,
            voter=voter,
            option=option,
            attendance=attendance,
            cast_at=at,
        )

    def recast(self, option: Option, *, attendance: AttendanceShare, at: datetime, rules: RecruitmentRules) -> Vote:
        """The vote cast anew: the same option renews the attendance, another one is a change.

        Nothing changes at all where neither differs. Raises: VoteIsFinal where the guild's votes can't be changed.
        """
        if (self.option, self.attendance) == (option, attendance):
            return self
        is_change = self.option not in (None, option)
        if is_change and not rules.votes_changeable:
            raise VoteIsFinal(self.application_id)
        return evolve(
            self,
            option=option,
            attendance=attendance,
            cast_at=max(at, self.cast_at),
            changes=self.changes + is_change,
            steps=self.steps + 1,
        )

    def withdraw(self, *, at: datetime, rules: RecruitmentRules) -> Vote:
        """The vote taken back. Raises: NoVoteToWithdraw, VoteIsFinal."""
        if self.option is None:
            raise NoVoteToWithdraw(self.application_id)
        if not rules.votes_changeable:
            raise VoteIsFinal(self.application_id)
        return self.without_option(at=at)

    def without_option(self, *, at: datetime) -> Vote:
        """The vote taken back whatever the rules, by one who recuses themselves; the same where it was before."""
        if self.option is None:
            return self
        when = max(at, self.cast_at)
        return evolve(self, option=None, cast_at=when, changes=self.changes + 1, steps=self.steps + 1)

    def counts(self, counts_from: Fraction) -> bool:
        """Whether it stands, and its voter attended enough; compared exactly, never as rounded percent."""
        return self.option is not None and self.attendance.fraction >= counts_from


def vote_of(person: UserId, votes: Collection[Vote]) -> Vote | None:
    """What a person cast last in a poll, as their own vote: of all that they cast, as whichever user; None if nothing.

    Source: R-8. Nobody has two votes who turned out to be another user.
    """
    if not votes:
        return None
    return evolve(_last(person, votes), voter=person, steps=max(vote.steps for vote in votes))


def last_of_each(cast: Iterable[tuple[UserId, Vote]]) -> Mapping[UserId, Vote]:
    """What each person cast last in a poll, of all that was cast there, each with whose it is by now."""
    found: dict[UserId, list[Vote]] = {}
    for person, vote in cast:
        found.setdefault(person, []).append(vote)
    return {person: _last(person, votes) for person, votes in found.items()}


def _last(person: UserId, votes: Collection[Vote]) -> Vote:
    return max(votes, key=lambda vote: (vote.cast_at, vote.voter == person, vote.voter))


@frozen(kw_only=True)
class VoteChange:
    """One line of what became of a vote: what it was before and after, by whom; a renewal has both alike.

    `number` counts them for each voter and poll.
    """

    application_id: ApplicationId
    round: int
    stage: Stage
    voter: UserId
    number: int
    at: datetime
    before: Option | None
    after: Option | None
    attendance: AttendanceShare
    actor_kind: ActorKind
    actor_id: str
    entrypoint: str

    @classmethod
    def since(cls, before: Vote | None, after: Vote, by: Actor) -> VoteChange:
        """What differs between a vote and what became of it."""
        return cls(
            application_id=after.application_id,
            round=after.round,
            stage=after.stage,
            voter=after.voter,
            number=after.steps,
            at=after.cast_at,
            before=None if before is None else before.option,
            after=after.option,
            attendance=after.attendance,
            actor_kind=by.kind,
            actor_id=by.id,
            entrypoint=by.entrypoint,
        )


@frozen(kw_only=True)
class Recusal:
    """A voter who keeps out of an application, in all its rounds."""

    application_id: ApplicationId
    user_id: UserId
    at: datetime


@frozen
class Count:
    """How many voted for an option, and how many of these votes count."""

    option: Option
    votes: int = 0
    counted: int = 0


@frozen
class Tally:
    """The totals of a poll, one count for each option in the order pass, fail, recycle."""

    counts: tuple[Count, ...] = tuple(Count(option) for option in Option)

    @classmethod
    def of(cls, votes: Iterable[Vote], counts_from: Fraction) -> Tally:
        """The totals of those votes; withdrawn ones are in none."""
        standing = [vote for vote in votes if vote.option is not None]
        cast = Counter(vote.option for vote in standing)
        counted = Counter(vote.option for vote in standing if vote.counts(counts_from))
        return cls(tuple(Count(option, cast[option], counted[option]) for option in Option))

    @property
    def votes(self) -> int:
        """How many votes stand."""
        return sum(count.votes for count in self.counts)

    @property
    def counted(self) -> int:
        """How many of them count."""
        return sum(count.counted for count in self.counts)

    def decision(self, rules: RecruitmentRules) -> Option:
        """The option with most counted votes.

        A tie for first place, no counted vote, fewer than the quorum, and a pass by less than its threshold are
        recycle.
        """
        first, second, _ = sorted(self.counts, key=lambda count: count.counted, reverse=True)
        if not first.counted or first.counted == second.counted or self.counted < rules.quorum:
            return Option.RECYCLE
        if first.option is Option.PASS and first.counted < rules.pass_threshold * self.counted:
            return Option.RECYCLE
        return first.option

"""What every adapter of the recruitment context keeps to, as to votes."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Final

import pytest
from attrs import evolve

from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.kernel.errors import Stale
from dkp_core.kernel.ids import UserId
from dkp_core.raids import AttendanceShare, Presence
from dkp_core.recruitment import (
    ApplicationStatus,
    CannotDo,
    Decided,
    OnTrial,
    Option,
    OwnApplication,
    RecruitmentRules,
    Recusal,
    Stage,
    Tally,
    Vote,
    VoteChange,
    VoteNotOpen,
)
from tests.integration.contracts.installation import Rival, all_at_once
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place
from tests.integration.contracts.recruitment_deeds import DAY, HOUR, ODD, POLL, SHARE, Office
from tests.integration.contracts.suite import Contract

LATER: Final = evolve(POLL, stage=Stage.OFFICERS)
AGAIN: Final = evolve(POLL, round=2)


class VotesContract(Contract):
    """The port `Votes`."""

    @pytest.fixture
    def office(self, place: Place) -> Office:
        """Recruiting in the guild of the test."""
        return Office(place)

    # --- keeping ------------------------------------------------------------------------------------------------------

    def test_a_vote_comes_back_as_it_was_cast_last(self, office: Office) -> None:
        """V-5, V-6: with the attendance at that moment, exactly, and what became of it."""
        application, ann = office.in_vote(), office.place.member("Ann")
        rules = RecruitmentRules()
        vote = office.ballot(application.id, ann, attendance=AttendanceShare(2**31 - 2, 2**31 - 1), at=NIGHT + ODD)
        renewed = office.follow(vote, vote.recast(Option.PASS, attendance=SHARE, at=NIGHT + HOUR, rules=rules))
        changed = office.follow(renewed, renewed.recast(Option.FAIL, attendance=SHARE, at=NIGHT + HOUR, rules=rules))
        with office.place.work() as work:
            assert work.votes.find(application.id, 1, Stage.MEMBERS, ann) == changed
        withdrawn = office.follow(changed, changed.withdraw(at=NIGHT + 2 * HOUR, rules=rules))
        assert (withdrawn.option, withdrawn.changes, withdrawn.steps) == (None, 2, 4)
        with office.place.work() as work:
            assert work.votes.find(application.id, 1, Stage.MEMBERS, ann) == withdrawn
            assert work.votes.of(application.id, 1, Stage.MEMBERS) == (withdrawn,)

    def test_votes_belong_to_a_poll_of_one_application(self, office: Office, elsewhere: Place) -> None:
        """V-2, V-11, G-1: to a round and a stage; who voted in one may not have in another."""
        one, other, ann = office.in_vote(), office.in_vote(), office.place.member("Ann")
        votes = {
            (application.id, poll.round, poll.stage): office.ballot(application.id, ann, option, poll=poll)
            for application, poll, option in (
                (one, POLL, Option.PASS),
                (one, LATER, Option.FAIL),
                (one, AGAIN, Option.RECYCLE),
                (other, POLL, Option.FAIL),
            )
        }
        Office(elsewhere).ballot(one.id, ann, Option.RECYCLE, poll=POLL)
        Office(elsewhere).ballot(other.id, ann, Option.RECYCLE, poll=AGAIN)
        with office.place.work() as work:
            for key, vote in votes.items():
                assert work.votes.find(*key, ann) == vote
                assert work.votes.of(*key) == (vote,)
            assert work.votes.find(other.id, 2, Stage.MEMBERS, ann) is None
            assert work.votes.find(one.id, 1, Stage.MEMBERS, UserId(0)) is None
            assert work.votes.of(other.id, 2, Stage.MEMBERS) == ()

    def test_the_votes_of_a_poll_are_in_order_of_voter(self, office: Office) -> None:
        """V-8."""
        application, voters = office.in_vote(), office.members(12)
        votes = {voter: office.ballot(application.id, voter) for voter in reversed(voters)}
        with office.place.work() as work:
            assert work.votes.of(application.id, 1, Stage.MEMBERS) == tuple(votes[voter] for voter in voters)

    def test_no_event_tells_of_a_vote(self, office: Office) -> None:
        """A-7, V-7: the audit log knows neither who voted nor for what."""
        application_id, _ = office.voted_on()
        before = office.place.told("application", application_id)
        (ann,) = office.members(1)
        office.vote(application_id, ann)
        office.vote(application_id, ann, Option.FAIL)
        assert office.place.told("application", application_id) == before

    def test_a_failed_block_leaves_no_vote(self, office: Office) -> None:
        """G-6: neither the vote nor what became of it, nor that somebody keeps out."""
        application, ann = office.in_vote(), office.place.member("Ann")
        vote = Vote.first(application.id, POLL, ann, Option.PASS, attendance=SHARE, at=NIGHT)

        def save_and_fail() -> None:
            with office.place.work() as work:
                work.votes.save(vote, VoteChange.since(None, vote, office.place.by))
                work.votes.recuse(Recusal(application_id=application.id, user_id=ann, at=NIGHT))
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            save_and_fail()
        with office.place.work() as work:
            assert work.votes.of(application.id, 1, Stage.MEMBERS) == ()
            assert not work.votes.is_recused(application.id, ann)
        with office.place.views() as views:
            assert views.vote_changes(application.id, page=EVERYTHING).count == 0

    def test_who_keeps_out_of_an_application_is_known(self, office: Office, elsewhere: Place) -> None:
        """V-11, G-1: in all of its rounds, and in no other; the first time counts."""
        one, other = office.in_vote(), office.in_vote()
        ann, ben = office.place.member("Ann"), office.place.member("Ben")
        Office(elsewhere).place.member("Cid")
        with elsewhere.work() as work:
            work.votes.recuse(Recusal(application_id=one.id, user_id=ben, at=NIGHT))
        for at in (NIGHT + ODD, NIGHT + HOUR):
            with office.place.work() as work:
                work.votes.recuse(Recusal(application_id=one.id, user_id=ann, at=at))
        with office.place.work() as work:
            assert work.votes.is_recused(one.id, ann)
            assert not work.votes.is_recused(one.id, ben)
            assert not work.votes.is_recused(other.id, ann)
        with office.place.views() as views:
            (row,) = views.recusals(one.id)
        assert (row.user_id, row.username, row.at) == (ann, "Ann", NIGHT + ODD)

    # --- who turned out to be another ---------------------------------------------------------------------------------

    def test_of_what_one_person_cast_as_several_users_the_last_stands(self, office: Office) -> None:
        """V-5, R-8: everywhere alike, and it can be changed and withdrawn as their own; taken back, each has theirs."""
        application, (ann, ben, cid) = office.in_vote(), office.members(3)
        place = office.place
        for voter, option, minutes in ((ann, Option.PASS, 2), (ben, Option.FAIL, 1), (cid, Option.PASS, 0)):
            at = NIGHT + timedelta(minutes=minutes)
            office.ballot(application.id, voter, option, attendance=AttendanceShare(1, 1), at=at)
        key = (application.id, 1, Stage.MEMBERS)
        place.installation.clock.set(NIGHT + HOUR)
        merge_id = office.becomes(ann, ben)
        with place.work() as work:
            found = work.votes.find(*key, ben)
            assert found is not None
            assert (found.voter, found.option) == (ben, Option.PASS)
            votes = work.votes.of(*key)
            assert [(vote.voter, vote.option) for vote in votes] == [(ben, Option.PASS), (cid, Option.PASS)]
        with place.views() as views:
            assert views.vote(application.id, POLL, ben) == found
            assert views.tally(application.id, POLL) == Tally.of(votes, POLL.counts_from)
            assert {row.user_id: row.counts for row in views.voters(application.id, POLL)} == {
                ann: True,
                ben: False,
                cid: True,
            }
            assert ann in views.merged_into(ben)
            assert views.merged_into(ben)[ann] == NIGHT + HOUR
            assert views.merged_into(cid) == {}
        office.vote(application.id, ben, Option.RECYCLE)
        with place.work() as work:
            votes = work.votes.of(*key)
        assert [(vote.voter, vote.option) for vote in votes] == [(ben, Option.RECYCLE), (cid, Option.PASS)]
        with place.views() as views:
            assert views.tally(application.id, POLL) == Tally.of(votes, POLL.counts_from)
            newest = views.vote_changes(application.id, page=EVERYTHING).results[0]
        assert (newest.user_id, newest.before, newest.after) == (ben, Option.PASS, Option.RECYCLE)
        office.undo(merge_id)
        with place.work() as work:
            assert len(work.votes.of(*key)) == 3

    def test_at_the_same_moment_ones_own_vote_stands(self, office: Office) -> None:
        """G-2: however many clocks there are, every look has the same vote."""
        application, (ann, ben) = office.in_vote(), office.members(2)
        office.ballot(application.id, ben, Option.FAIL)
        office.ballot(application.id, ann, Option.PASS)
        office.place.installation.clock.set(NIGHT + HOUR)
        office.becomes(max(ann, ben), min(ann, ben))
        with office.place.work() as work:
            (vote,) = work.votes.of(application.id, 1, Stage.MEMBERS)
        assert (vote.voter, vote.option) == (ann, Option.PASS)
        with office.place.views() as views:
            assert views.tally(application.id, POLL) == Tally.of([vote], POLL.counts_from)

    def test_who_kept_out_or_applied_as_another_still_does(self, office: Office) -> None:
        """V-5, V-11, R-8: they are no elector of their own, and their keeping out goes on."""
        applicant, ann, ben, cid, dan = office.members(5)
        application = office.in_vote(applicant)
        with office.place.work() as work:
            work.votes.recuse(Recusal(application_id=application.id, user_id=ann, at=NIGHT))
        office.ballot(application.id, dan)
        office.place.installation.clock.set(NIGHT + HOUR)
        office.becomes(ann, ben)
        office.becomes(applicant, cid)
        (eve,) = office.members(1)
        office.becomes(dan, eve)
        with office.place.work() as work:
            assert work.votes.is_recused(application.id, ben)
            assert not work.votes.is_recused(application.id, cid)
        with office.place.views() as views:
            assert views.voting(application.id).submitted_at == NIGHT
            electors = views.electors(application.id, POLL, days=0, at=NIGHT + HOUR)
        assert {row.user_id: (row.voted, row.recused) for row in electors} == {ben: (False, True), eve: (True, False)}
        with pytest.raises(OwnApplication):
            office.vote(application.id, cid)

    # --- races --------------------------------------------------------------------------------------------------------

    def test_fifty_who_vote_at_the_same_moment_are_all_counted(self, office: Office) -> None:
        """V-5, V-6: nobody waits in a circle, and nothing is lost."""
        application_id, _ = office.voted_on()
        voters = office.members(50)
        options = [Option(list(Option)[voter % 3]) for voter in voters]
        acts = (partial(office.vote, application_id, *each) for each in zip(voters, options, strict=True))
        assert all_at_once(*acts) == [None] * 50
        with office.place.views() as views:
            tally = views.tally(application_id, views.voting(application_id).polls[-1])
            assert views.vote_changes(application_id, page=EVERYTHING).count == 50
        assert {count.option: count.votes for count in tally.counts} == {
            option: options.count(option) for option in Option
        }

    def test_one_who_votes_many_times_at_once_has_one_vote(self, office: Office) -> None:
        """V-5: the last stands, and every change is kept."""
        application_id, _ = office.voted_on()
        (ann,) = office.members(1)
        acts = [partial(office.vote, application_id, ann, option) for option in (Option.PASS, Option.FAIL) * 4]
        assert all_at_once(*acts) == [None] * 8
        with office.place.views() as views:
            (row,) = views.voters(application_id, POLL)
            changes = views.vote_changes(application_id, page=EVERYTHING).results
        assert [change.number for change in changes] == list(range(len(changes), 0, -1))
        assert changes[0].after is row.option
        assert row.changes == sum(change.before not in (None, change.after) for change in changes)
        assert all(later.before is earlier.after for later, earlier in pairwise(changes))

    def test_who_waited_beyond_the_end_is_too_late(self, office: Office) -> None:
        """V-5: the clock is read by who holds the application."""
        application_id, _ = office.voted_on()
        (ann,) = office.members(1)
        clock = office.place.installation.clock
        clock.set(NIGHT + 48 * HOUR - timedelta(microseconds=1))
        with office.place.work() as work:
            work.applications.get(application_id)
            rival = Rival(lambda: office.vote(application_id, ann))
            clock.advance(timedelta(microseconds=1))
        assert isinstance(rival.outcome(), VoteNotOpen)

    def test_a_vote_is_decided_once_however_many_try(self, office: Office) -> None:
        """V-8: and while others still vote: those who are in time are counted, those who are not are told."""
        application_id, applicant = office.voted_on()
        *early, late = office.members(4)
        for voter in early:
            office.vote(application_id, voter)
        self.attend(office, *early)
        for voter in early:  # renewed: their attendance counts now
            office.vote(application_id, voter)
        office.place.installation.clock.set(NIGHT + 48 * HOUR)
        acts = [partial(office.decide, application_id)] * 4
        outcomes = all_at_once(*acts, *[partial(office.vote, application_id, late)] * 2)
        assert all(fault is None or isinstance(fault, Stale) for fault in outcomes[:4])
        assert outcomes.count(None) >= 1
        assert all(isinstance(fault, VoteNotOpen | Stale) for fault in outcomes[4:])
        decided = office.loaded(application_id)
        assert isinstance(decided, Decided)
        assert (decided.outcome, decided.task) == (Option.PASS, None)
        assert office.statuses(application_id).count(ApplicationStatus.VOTING_COMPLETE) == 1
        told = office.place.told("application", application_id)
        assert told.count("pass_carried_out") == 1
        with office.place.work() as work:
            membership = work.memberships.get(applicant)
            assert (membership.role_group, membership.trial) == (RoleGroup.MEMBER, False)
            assert [character.name for character in work.characters.owned_by(applicant)] == ["Anna"]

    def attend(self, office: Office, *users: UserId) -> None:
        """A raid yesterday that these attended."""
        office.place.raid(NIGHT - DAY, dict.fromkeys(users, Presence.PRESENT))

    def test_what_nobody_decided_in_time_is_decided_later(self, office: Office) -> None:
        """V-8: not a microsecond before the end; without a vote it is recycle."""
        application_id, _ = office.voted_on()
        clock = office.place.installation.clock
        clock.set(NIGHT + 48 * HOUR - timedelta(microseconds=1))
        office.decide(application_id)
        assert office.statuses(application_id)[-1] is ApplicationStatus.VOTING_ACTIVE
        clock.advance(timedelta(days=3))
        office.decide(application_id)
        again = office.loaded(application_id)
        assert isinstance(again, OnTrial)
        assert (again.round, again.polls[0].result) == (1, Option.RECYCLE)

    def test_an_application_that_is_withdrawn_while_some_vote_takes_no_more_votes(self, office: Office) -> None:
        """V-2, V-5: each vote came before it, or is refused."""
        application_id, applicant = office.voted_on()
        voters = office.members(6)
        votes = [partial(office.vote, application_id, voter) for voter in voters]
        outcomes = all_at_once(*votes[:3], lambda: office.withdraw(application_id), *votes[3:])
        assert outcomes[3] is None
        heard = [*outcomes[:3], *outcomes[4:]]
        assert all(fault is None or isinstance(fault, VoteNotOpen | Stale) for fault in heard)
        with office.place.work() as work:
            assert len(work.votes.of(application_id, 1, Stage.MEMBERS)) == heard.count(None)
            membership = work.memberships.get(applicant)
            assert (membership.status, membership.role_group) == (MembershipStatus.IN_FORCE, RoleGroup.GUEST)
        with pytest.raises(CannotDo):
            office.withdraw(application_id)


class VotersContract(Contract):
    """The port `Voters`."""

    def test_attendance_is_counted_over_a_window(self, place: Place) -> None:
        """V-6, D-9: as everywhere; 0 is lifetime."""
        ann, ben = place.member("Ann", joined_at=NIGHT - 100 * DAY), place.member("Ben")
        raids = {
            NIGHT - 120 * DAY: ben,
            NIGHT - 90 * DAY: ann,
            NIGHT - 60 * DAY: ben,
            NIGHT - 30 * DAY: ann,
            NIGHT - DAY: ben,
            NIGHT: ann,
        }
        for starts_at, user_id in raids.items():
            place.raid(starts_at, {user_id: Presence.PRESENT})
        with place.work() as work:
            for days, share in {30: (1, 2), 60: (1, 3), 90: (2, 4), 0: (2, 4)}.items():
                assert work.voters.attendance(ann, days, NIGHT) == AttendanceShare(*share)

    def test_who_is_unknown_attended_nothing(self, place: Place, elsewhere: Place) -> None:
        """G-1."""
        foreign = elsewhere.member("Foreigner")
        elsewhere.raid(NIGHT - DAY, {foreign: Presence.PRESENT})
        with place.work() as work:
            assert work.voters.attendance(foreign, 30, NIGHT) == AttendanceShare(0, 0)

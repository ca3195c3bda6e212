"""What every adapter of the recruitment context keeps to, as to how applications and votes are shown."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import Final

import pytest
from attrs import evolve

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.errors import NoSuch
from dkp_core.kernel.ids import ApplicationId, UserId
from dkp_core.kernel.page import Page, PageRequest, ordering_of
from dkp_core.raids import AttendanceShare, Presence
from dkp_core.recruitment import (
    APPLICATION_COLUMNS,
    Answer,
    AnswerRow,
    Application,
    ApplicationFact,
    ApplicationFilter,
    ApplicationRow,
    ApplicationStatus,
    Candidate,
    Count,
    ElectorRow,
    OpenTask,
    Option,
    QuestionKind,
    RecruitmentRules,
    Recusal,
    RefereeRow,
    Stage,
    Tally,
    VoteChangeRow,
    VoterRow,
    VotingRow,
)
from tests.integration.contracts.deeds import end_membership
from tests.integration.contracts.place import EVERYTHING, NIGHT, Place, discord_id_of
from tests.integration.contracts.recruitment_deeds import DAY, EVERY_RULE, HOUR, ODD, POLL, Office
from tests.integration.contracts.recruitment_rules import QUESTIONS
from tests.integration.contracts.suite import Contract

OFFICERS: Final = evolve(POLL, stage=Stage.OFFICERS)


class ApplicationViewContract(Contract):
    """How applications are shown."""

    @pytest.fixture
    def office(self, place: Place) -> Office:
        """Recruiting in the guild of the test."""
        return Office(place)

    def listed(
        self,
        place: Place,
        wanted: ApplicationFilter = ApplicationFilter(),
        ordering: str = "",
        page: PageRequest = EVERYTHING,
    ) -> Page[ApplicationRow]:
        """The list of applications."""
        orders = ordering_of(ordering, APPLICATION_COLUMNS)
        with place.views() as views:
            return views.applications(wanted, ordering=orders, page=page)

    # --- the list -----------------------------------------------------------------------------------------------------

    def test_an_application_is_shown_as_it_is_kept(self, office: Office) -> None:
        """V-2, V-4, G-9: in the list and by itself alike; the stage and end of a vote while it runs."""
        office.ask(12, QUESTIONS)
        for status in ApplicationStatus:
            ann = office.place.user("Ännchen 🐉")
            kept = office.keep(evolve(office.life(ann)[status], version=0))
            (row,) = self.listed(office.place, ApplicationFilter(user_id=ann, archived=True)).results
            assert office.detail(kept.id).row == row
            assert row == self.shown(kept)

    def shown(self, kept: Application) -> ApplicationRow:
        """How an application of `Office.life` is to be shown."""
        status, trial, candidate = kept.status, kept.trial, kept.candidate
        closed = status in ("voting_complete", "rejected", "withdrawn")
        runs = status is ApplicationStatus.VOTING_ACTIVE
        return ApplicationRow(
            id=kept.id,
            user_id=kept.user_id,
            username="Ännchen 🐉",
            character_name=candidate.character_name,
            server=candidate.server,
            character_class=candidate.character_class,
            level=65,
            status=status,
            outcome=Option.PASS if status is ApplicationStatus.VOTING_COMPLETE else None,
            round=kept.round,
            submitted_at=NIGHT + ODD,
            ended_at=kept.last_at if closed else None,
            trial_starts_at=None if trial is None else NIGHT + HOUR + ODD,
            trial_ends_at=None if trial is None else NIGHT + HOUR + ODD + 21 * DAY,
            overdue=status is ApplicationStatus.TRIAL_ACCEPTED,
            stage=Stage.OFFICERS if runs else None,
            closes_at=NIGHT + 26 * DAY + 71 * HOUR if runs else None,
            proposal=Option.FAIL if status is ApplicationStatus.TRIAL_ACCEPTED else None,
            task=OpenTask.NAME_HELD if status is ApplicationStatus.VOTING_COMPLETE else None,
            archived=closed,
        )

    def test_applications_are_found_by_status_user_and_archive(self, office: Office, elsewhere: Place) -> None:
        """V-3, G-1, G-4: those of the archive only where they are wanted."""
        ann, ben = office.place.user("Ann"), office.place.user("Ben")
        gone = office.keep(evolve(office.drafted(ann).reject(NIGHT, reason="Nein."), archived=True))
        over = office.keep(office.drafted(ann).withdraw(NIGHT))
        on_trial, submitted = office.on_trial(ann, rules=RecruitmentRules()), office.keep(office.drafted(ben))
        Office(elsewhere).keep(Office(elsewhere).drafted(ann))

        def found(**wanted: object) -> list[ApplicationId]:
            rows = self.listed(office.place, ApplicationFilter(**wanted))  # type: ignore[arg-type]  # by name
            assert rows.count == len(rows.results)
            return [row.id for row in rows.results]

        assert found() == [submitted.id, on_trial.id, over.id]
        assert found(archived=True) == [submitted.id, on_trial.id, over.id, gone.id]
        assert found(user_id=ann) == [on_trial.id, over.id]
        assert found(user_id=UserId(0)) == []
        trials = frozenset({ApplicationStatus.TRIAL_ACCEPTED, ApplicationStatus.REJECTED})
        assert found(statuses=trials) == [on_trial.id]
        assert found(statuses=trials, archived=True) == [on_trial.id, gone.id]
        assert found(statuses=frozenset(ApplicationStatus), user_id=ben) == [submitted.id]

    def test_applications_are_found_by_a_part_of_a_name(self, office: Office) -> None:
        """G-9: of the character or the user, in any case; signs that mean something to databases mean themselves."""
        for username, name in (("Ben", "Élan"), ("Cid", "Anna"), ("Anna Nass", "Zoe"), ("Dan", "100%")):
            office.keep(office.drafted(office.place.user(username), Candidate(character_name=name)))
        wanted = {"LAN": "Élan", "éla": "Élan", "ben": "Élan", "anna": "Zoe Anna", "%": "100%", "_": ""}
        for search, found in (wanted | {" ": "100% Zoe Anna Élan"}).items():
            rows = self.listed(office.place, ApplicationFilter(search=search))
            assert [row.character_name for row in rows.results] == found.split()
            assert rows.count == len(rows.results)

    def test_applications_are_put_in_order(self, office: Office) -> None:
        """V-3: by any column, names as they compare, else the newest first; no trial stands last."""
        users = dict(zip(("anna", "éLAN", "Ezra"), ("ben", "Anton", "Cid"), strict=True))
        for name, username in users.items():
            at = NIGHT - DAY if name == "éLAN" else NIGHT
            drafted = office.drafted(office.place.user(username), Candidate(character_name=name), at=at)
            office.keep(drafted.accept(EVERY_RULE, 1, NIGHT) if name == "anna" else drafted)
        expected = {
            "": "Ezra éLAN anna",
            "id": "anna éLAN Ezra",
            "-id": "Ezra éLAN anna",
            "character_name": "anna Ezra éLAN",
            "-character_name": "éLAN Ezra anna",
            "username": "éLAN anna Ezra",
            "submitted_at": "éLAN Ezra anna",
            "-submitted_at": "Ezra anna éLAN",
            "status": "Ezra éLAN anna",
            "trial_ends_at": "anna Ezra éLAN",
            "-trial_ends_at": "Ezra éLAN anna",
            "submitted_at,id": "éLAN anna Ezra",
        }
        for ordering, names in expected.items():
            assert [row.character_name for row in self.listed(office.place, ordering=ordering).results] == names.split()

    def test_applications_come_in_pages(self, office: Office) -> None:
        """V-3: each with how many there are; beyond the last there is none."""
        ids = [office.keep(office.drafted()).id for _ in range(5)][::-1]
        for number, expected in ((1, ids[:2]), (3, ids[4:]), (4, [])):
            page = self.listed(office.place, page=PageRequest(number, 2))
            assert ([row.id for row in page.results], page.count) == (expected, 5)

    # --- one application ----------------------------------------------------------------------------------------------

    def test_an_application_is_shown_in_full(self, office: Office) -> None:
        """V-1, G-9: with the questions as they were asked then, and the referees who are members by name."""
        zoe, ann, gone = (office.place.member(name) for name in ("zoe", "Ann", "Gone"))
        end_membership(office.place, gone)
        stranger, ben = office.place.user("Stranger"), office.place.user("Ben")
        for version, form in ((1, QUESTIONS), (2, evolve(QUESTIONS, questions=QUESTIONS.questions[1:]))):
            office.ask(version, form)
        candidate = evolve(
            office.talkative(),
            referees=(zoe, stranger, gone, UserId(0), ann),
            form_version=1,
            answers=(Answer("why", "Darum 🐉"), Answer("role", "больше")),
        )
        kept = office.keep(office.drafted(ben, candidate))
        detail = office.detail(kept.id)
        told = {
            name: getattr(detail, name)
            for name in ("previous_guilds", "availability", "timezone", "references", "email", "form_version")
        }
        assert told == {name: getattr(candidate, name) for name in told}
        assert (detail.discord_id, detail.rules_version) == (discord_id_of(ben), 3)
        assert detail.referees == (RefereeRow(user_id=ann, username="Ann"), RefereeRow(user_id=zoe, username="zoe"))
        assert detail.answers == (
            AnswerRow(
                question="why",
                text=QUESTIONS.questions[0].text,
                kind=QuestionKind.TEXT,
                private=True,
                answer="Darum 🐉",
            ),
            AnswerRow(question="role", text="Role?", kind=QuestionKind.CHOICE, private=False, answer="больше"),
        )
        assert (detail.character_id, detail.polls, detail.comments) == (None, (), ())

    def test_an_application_with_little_is_shown(self, office: Office) -> None:
        """V-1: without e-mail, questions and referees; by a user without a Discord account."""
        kept = office.keep(office.drafted(office.place.user("Ann", linked=False)))
        detail = office.detail(kept.id)
        assert (detail.discord_id, detail.email, detail.answers, detail.referees) == (None, None, (), ())
        assert (detail.form_version, detail.timezone) == (0, "")

    def test_an_unknown_application_is_not_shown(self, office: Office, elsewhere: Place) -> None:
        """G-1."""
        foreign = Office(elsewhere).in_vote()
        Office(elsewhere).ballot(foreign.id, elsewhere.member("Ann"))
        with office.place.views() as views:
            for unknown in (ApplicationId(0), foreign.id):
                with pytest.raises(NoSuch):
                    views.application(unknown)
                with pytest.raises(NoSuch):
                    views.voting(unknown)
                assert views.tally(unknown, POLL) == Tally()
                assert (views.voters(unknown, POLL), views.recusals(unknown)) == ((), ())


class VoteViewContract(Contract):
    """How votes are shown."""

    @pytest.fixture
    def office(self, place: Place) -> Office:
        """Recruiting in the guild of the test."""
        return Office(place)

    def test_what_the_votes_go_by_is_shown(self, office: Office) -> None:
        """V-11: the polls in order, with the rules of the latest."""
        office.ask(12, QUESTIONS)
        ann = office.place.user("Ann")
        kept = office.keep(evolve(office.life(ann)[ApplicationStatus.VOTING_ACTIVE], version=0))
        with office.place.views() as views:
            voting = views.voting(kept.id)
        assert voting == VotingRow(
            application_id=kept.id,
            user_id=ann,
            submitted_at=kept.submitted_at,
            status=ApplicationStatus.VOTING_ACTIVE,
            polls=kept.polls,
            rules=EVERY_RULE,
        )
        assert [(poll.stage, poll.result) for poll in voting.polls] == [("members", Option.PASS), ("officers", None)]
        assert office.detail(kept.id).polls == kept.polls

    def test_the_totals_are_those_of_the_votes(self, office: Office) -> None:
        """V-6: shares compare exactly; who withdrew is in none, and who could attend nothing attended nothing."""
        application = office.in_vote()
        shares = [(0, 0), (0, 7), (1, 3), (15, 100), (14, 100), (149, 1000), (3, 20), (7, 7), (33, 100), (34, 100)]
        cast = [(option, share) for share in shares for option in Option if share != (7, 7) or option is Option.PASS]
        voters = office.members(len(cast) + 1)
        votes = [
            office.ballot(application.id, voter, option, attendance=AttendanceShare(*share))
            for voter, (option, share) in zip(voters, cast, strict=False)
        ]
        withdrawn = office.ballot(application.id, voters[-1], Option.FAIL)
        office.follow(withdrawn, withdrawn.withdraw(at=NIGHT, rules=RecruitmentRules()))
        office.ballot(application.id, voters[-1], Option.RECYCLE, poll=evolve(POLL, round=2))
        with office.place.views() as views:
            assert views.tally(application.id, evolve(POLL, round=3)) == Tally()
            for percent in (0, 15, 33, 34, 100):
                tally = views.tally(application.id, evolve(POLL, counts_from_percent=percent))
                assert tally == Tally.of(votes, Fraction(percent, 100))
                assert tally.counts[0] == Count(Option.PASS, len(shares), tally.counts[1].counted + 1)
                assert all(type(number) is int for count in tally.counts for number in (count.votes, count.counted))

    def test_ones_own_vote_is_shown(self, office: Office, elsewhere: Place) -> None:
        """V-7: what was withdrawn too; nobody else's."""
        application, ann, ben = office.in_vote(), office.place.member("Ann"), office.place.member("Ben")
        vote = office.ballot(application.id, ann, Option.FAIL, at=NIGHT + ODD)
        with office.place.views() as views:
            assert views.vote(application.id, POLL, ann) == vote
            assert views.vote(application.id, POLL, ben) is None
            assert views.vote(application.id, OFFICERS, ann) is None
        with elsewhere.views() as views:
            assert views.vote(application.id, POLL, ann) is None
        withdrawn = office.follow(vote, vote.withdraw(at=NIGHT + HOUR, rules=RecruitmentRules()))
        with office.place.views() as views:
            assert views.vote(application.id, POLL, ann) == withdrawn

    def test_every_voter_is_shown(self, office: Office) -> None:
        """V-7: by name, with what their vote counts, and what they are in the guild now."""
        application = office.in_vote()
        groups = (RoleGroup.OFFICER, RoleGroup.MEMBER, RoleGroup.RECRUITER, RoleGroup.MEMBER)
        names = ("zoe", "Ännchen", "Ben", "Ann")
        zoe, anna, ben, ann = (office.place.member(*each) for each in zip(names, groups, strict=True))
        for voter, share in ((zoe, (1, 2)), (ben, (0, 0)), (ann, (3, 20))):
            office.ballot(application.id, voter, attendance=AttendanceShare(*share), at=NIGHT + ODD)
        vote = office.ballot(application.id, anna)
        office.follow(vote, vote.withdraw(at=NIGHT + HOUR, rules=RecruitmentRules()))
        office.ballot(application.id, zoe, Option.FAIL, poll=OFFICERS)
        end_membership(office.place, ben)
        with office.place.views() as views:
            rows = views.voters(application.id, POLL)
            assert [row.user_id for row in views.voters(application.id, OFFICERS)] == [zoe]
        assert [row.user_id for row in rows] == [ann, ben, zoe, anna]
        assert [row.role_group for row in rows] == ["member", "guest", "officer", "member"]
        assert [(row.option, row.counts, row.changes) for row in rows] == [
            (Option.PASS, True, 0),
            (Option.PASS, False, 0),
            (Option.PASS, True, 0),
            (None, False, 1),
        ]
        assert rows[0] == VoterRow(
            user_id=ann,
            username="Ann",
            role_group=RoleGroup.MEMBER,
            option=Option.PASS,
            attended=3,
            held=20,
            attendance="15.00",
            counts=True,
            cast_at=NIGHT + ODD,
            changes=0,
        )

    def test_what_became_of_the_votes_is_shown_in_pages(self, office: Office) -> None:
        """V-7: the newest first, of all rounds, by voter and number where they are of one moment."""
        application, ann, ben = office.in_vote(), office.place.member("Ann"), office.place.member("Ben")
        rules = RecruitmentRules()
        vote = office.ballot(application.id, ann, attendance=AttendanceShare(2, 3))
        vote = office.follow(vote, vote.recast(Option.FAIL, attendance=AttendanceShare(2, 3), at=NIGHT, rules=rules))
        office.follow(vote, vote.withdraw(at=NIGHT + ODD, rules=rules))
        office.ballot(application.id, ben)
        office.ballot(application.id, ann, Option.RECYCLE, poll=evolve(POLL, round=2), at=NIGHT + HOUR)
        office.ballot(office.in_vote().id, ann)
        with office.place.views() as views:
            page = views.vote_changes(application.id, page=EVERYTHING)
            seen = [views.vote_changes(application.id, page=PageRequest(number, 2)) for number in (1, 2, 3, 4)]
        assert page.count == 5
        told = [(row.round, row.username, row.number, row.before, row.after) for row in page.results]
        assert told == [
            (2, "Ann", 1, None, Option.RECYCLE),
            (1, "Ann", 3, Option.FAIL, None),
            (1, "Ben", 1, None, Option.PASS),
            (1, "Ann", 2, Option.PASS, Option.FAIL),
            (1, "Ann", 1, None, Option.PASS),
        ]
        assert page.results[-1] == VoteChangeRow(
            round=1,
            stage=Stage.MEMBERS,
            user_id=ann,
            username="Ann",
            number=1,
            at=NIGHT,
            before=None,
            after=Option.PASS,
            attendance="66.67",
        )
        assert [row for each in seen for row in each.results] == list(page.results)
        assert [each.count for each in seen] == [5, 5, 5, 5]

    def test_who_keeps_out_is_shown_by_name(self, office: Office) -> None:
        """V-11."""
        application = office.in_vote()
        users = [office.place.member(name) for name in ("zoe", "Ann", "Ben")]
        with office.place.work() as work:
            for user_id in users:
                work.votes.recuse(Recusal(application_id=application.id, user_id=user_id, at=NIGHT))
        with office.place.views() as views:
            assert [row.username for row in views.recusals(application.id)] == ["Ann", "Ben", "zoe"]
            assert views.recusals(office.in_vote().id) == ()

    def test_who_may_vote_is_shown(self, office: Office, elsewhere: Place) -> None:
        """V-5, A-10: members and above in force, but not the applicant; in the officers' stage officers alone."""
        place = office.place
        voters = {group: place.member(f"A {group}", group) for group in RoleGroup}
        applicant, gone, out, shut_out = (place.member(name) for name in ("Me", "Gone", "Out", "Shut out"))
        place.member("Trial", RoleGroup.APPLICANT, trial=True)
        elsewhere.member("Foreigner", RoleGroup.OFFICER)
        end_membership(place, gone)
        with place.work() as work:
            work.memberships.save(work.memberships.get(out).deactivate(NIGHT, reason=""))
            work.users.save(work.users.get(shut_out).deactivate(NIGHT))
        application = office.in_vote(applicant)
        with place.views() as views:
            members = views.electors(application.id, POLL, days=30, at=NIGHT)
            officers = views.electors(application.id, OFFICERS, days=30, at=NIGHT)
        may = (RoleGroup.DEVELOPER, RoleGroup.MEMBER, RoleGroup.OFFICER, RoleGroup.RECRUITER)
        assert [(row.user_id, row.role_group) for row in members] == [(voters[group], group) for group in may]
        assert [row.user_id for row in officers] == [voters[RoleGroup.OFFICER]]

    def test_who_may_vote_is_shown_with_their_attendance(self, office: Office) -> None:
        """V-6, D-9: over the window, at that moment; and what they did so far in that poll."""
        place = office.place
        ann = place.member("Ann", joined_at=NIGHT - 365 * DAY)
        ben = place.member("Ben", joined_at=NIGHT - 2 * DAY)
        for ago in (100, 80, 50):
            place.raid(NIGHT - ago * DAY, {ann: Presence.PRESENT})
        place.raid(NIGHT - 30 * DAY)
        place.raid(NIGHT - DAY, {ben: Presence.PRESENT})
        place.raid(NIGHT, {ann: Presence.PRESENT, ben: Presence.PRESENT})
        application = office.in_vote()
        office.ballot(application.id, ann)
        office.ballot(application.id, ben, poll=OFFICERS)
        with place.work() as work:
            work.votes.recuse(Recusal(application_id=application.id, user_id=ben, at=NIGHT))
        for days, shares in {30: "0/2 1/2", 60: "1/3 1/3", 90: "2/4 1/4", 0: "3/5 1/1"}.items():
            expected = [AttendanceShare(*map(int, share.split("/"))) for share in shares.split()]
            with place.work() as work:
                assert [work.voters.attendance(user_id, days, NIGHT) for user_id in (ann, ben)] == expected
            with place.views() as views:
                rows = views.electors(application.id, POLL, days=days, at=NIGHT)
            assert rows == tuple(
                ElectorRow(
                    user_id=user_id,
                    username=username,
                    role_group=RoleGroup.MEMBER,
                    attendance=share,
                    voted=user_id == ann,
                    recused=user_id == ben,
                )
                for user_id, username, share in zip((ann, ben), ("Ann", "Ben"), expected, strict=True)
            )

    def test_a_vote_that_was_withdrawn_does_not_stand(self, office: Office) -> None:
        """V-7: who withdrew has not voted."""
        application, ann = office.in_vote(), office.place.member("Ann")
        vote = office.ballot(application.id, ann)
        office.follow(vote, vote.withdraw(at=NIGHT, rules=RecruitmentRules()))
        with office.place.views() as views:
            (row,) = views.electors(application.id, POLL, days=30, at=NIGHT)
        assert not row.voted


class StatisticsViewContract(Contract):
    """What statistics are made of."""

    def test_every_application_is_a_fact(self, place: Place, elsewhere: Place) -> None:
        """V-10, G-1: with who reviewed it first, where that was a person."""
        office = Office(place)
        ann, ben = place.member("Ann", RoleGroup.RECRUITER), place.member("Ben", RoleGroup.OFFICER)
        Office(elsewhere).keep(Office(elsewhere).drafted())
        waiting = office.keep(office.drafted())
        accepted = office.keep(office.drafted())
        rejected = office.keep(office.drafted())
        withdrawn = office.keep(office.drafted().withdraw(NIGHT + HOUR))
        by_bot = office.on_trial(rules=RecruitmentRules())
        with place.installation.begin(office.acting(ann, RoleGroup.RECRUITER)) as work:
            work.applications.save(work.applications.get(rejected.id).reject(NIGHT + DAY, reason="Nein."))  # type: ignore[attr-defined]  # it was submitted
            work.applications.save(work.applications.get(accepted.id).accept(RecruitmentRules(), 1, NIGHT))  # type: ignore[attr-defined]  # it was submitted
        with place.installation.begin(office.acting(ben, RoleGroup.OFFICER)) as work:
            for application_id in (accepted.id, by_bot.id):
                on_trial = work.applications.get(application_id)
                work.applications.save(on_trial.reject(NIGHT + 2 * DAY, reason="Nein."))  # type: ignore[attr-defined]  # it is on trial
        with place.views() as views:
            facts = views.application_facts(since=None, until=None)
        fact = ApplicationFact(
            status=ApplicationStatus.SUBMITTED,
            outcome=None,
            submitted_at=NIGHT,
            ended_at=None,
            accepted=False,
            reviewer_id=None,
            reviewer=None,
        )
        rejection = evolve(fact, status=ApplicationStatus.REJECTED, ended_at=NIGHT + 2 * DAY, accepted=True)
        ids = [each.id for each in (waiting, accepted, rejected, withdrawn, by_bot)]
        assert dict(zip(ids, facts, strict=True)) == {
            waiting.id: fact,
            accepted.id: evolve(rejection, reviewer_id=ann, reviewer="Ann"),
            rejected.id: evolve(rejection, accepted=False, ended_at=NIGHT + DAY, reviewer_id=ann, reviewer="Ann"),
            withdrawn.id: evolve(fact, status=ApplicationStatus.WITHDRAWN, ended_at=NIGHT + HOUR),
            by_bot.id: rejection,
        }

    def test_facts_are_of_a_span(self, place: Place) -> None:
        """V-10: from its beginning on, and before its end; with what a vote decided."""
        office = Office(place)
        moments = [NIGHT + number * timedelta(microseconds=1) for number in range(4)]
        for at in moments:
            office.keep(office.drafted(at=at))
        with place.views() as views:
            for since, until, expected in (
                (None, None, moments),
                (moments[1], None, moments[1:]),
                (None, moments[3], moments[:3]),
                (moments[1], moments[2], moments[1:2]),
                (moments[2], moments[1], []),
            ):
                facts = views.application_facts(since=since, until=until)
                assert [fact.submitted_at for fact in facts] == expected
        decided = office.keep(office.in_vote().conclude(Option.PASS, NIGHT + 48 * HOUR))
        with place.views() as views:
            fact = views.application_facts(since=None, until=None)[-1]
        assert (fact.status, fact.outcome, fact.accepted) == (decided.status, Option.PASS, True)

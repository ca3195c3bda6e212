"""What every adapter of the recruitment context keeps to, as to applications and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from attrs import evolve

from dkp_core.accounts import RoleGroup
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import NoSuch, Stale
from dkp_core.kernel.ids import ApplicationId, CharacterId, UserId
from dkp_core.recruitment import (
    NOBODY,
    AlreadyApplied,
    Application,
    ApplicationStatus,
    CannotDo,
    CommentKind,
    CommentRow,
    Finished,
    OpenApplication,
    Option,
    RecruitmentRules,
    TransitionRow,
)
from tests.integration.contracts.installation import Rival, all_at_once
from tests.integration.contracts.place import NIGHT, Place
from tests.integration.contracts.recruitment_deeds import DAY, HOUR, ODD, Office
from tests.integration.contracts.recruitment_rules import QUESTIONS
from tests.integration.contracts.suite import Contract


class ApplicationsContract(Contract):
    """The port `Applications`."""

    @pytest.fixture
    def office(self, place: Place) -> Office:
        """Recruiting in the guild of the test."""
        return Office(place)

    # --- keeping ------------------------------------------------------------------------------------------------------

    def test_an_application_comes_back_as_it_was(self, office: Office) -> None:
        """V-1, V-2, G-9: in the type of its state, with every value."""
        for status in ApplicationStatus:
            application = evolve(office.life(office.place.user())[status], version=0)
            office.keep(application)
            loaded = office.loaded(application.id)
            assert type(loaded) is type(application)
            assert loaded == evolve(application, version=1)
            assert (loaded.pending, loaded.transitions) == ((), ())

    def test_an_application_with_little_comes_back_as_it_was(self, office: Office) -> None:
        """V-1: by its rules' defaults, and without all that is optional."""
        kept = office.keep(office.drafted())
        assert office.loaded(kept.id) == kept

    def test_an_application_goes_through_its_states(self, office: Office) -> None:
        """V-2: each save is a version, and the type follows."""
        life = office.life(office.place.user())
        path = ("submitted", "trial_accepted", "voting_active", "voting_complete")
        for version, status in enumerate(path):
            office.keep(evolve(life[ApplicationStatus(status)], version=version))
            loaded = office.loaded(life[ApplicationStatus.SUBMITTED].id)
            assert loaded == evolve(life[ApplicationStatus(status)], version=version + 1)

    def test_every_step_is_kept_with_who_took_it(self, office: Office) -> None:
        """V-2: several of one save too; what a vote came to stands with the step that it led to."""
        ann = office.place.member("Ann", RoleGroup.RECRUITER)
        application = office.in_vote(rules=RecruitmentRules())
        with office.place.installation.begin(office.acting(ann, RoleGroup.RECRUITER)) as work:
            running = work.applications.get(application.id)
            assert running == application
            work.applications.save(application.conclude(Option.RECYCLE, NIGHT + 48 * HOUR + ODD))
        office.withdraw(application.id)
        steps = office.detail(application.id).transitions
        moves = ["submitted", "trial_accepted", "voting_active", "voting_complete", "trial_accepted", "withdrawn"]
        assert [step.after for step in steps] == moves
        assert [step.before for step in steps] == [None, *moves[:-1]]
        assert [step.number for step in steps] == [1, 2, 3, 4, 5, 6]
        assert {step.actor_id for step in steps[:3]} == {"operator"}
        assert steps[3] == TransitionRow(
            number=4,
            at=NIGHT + 48 * HOUR + ODD,
            before=ApplicationStatus.VOTING_ACTIVE,
            after=ApplicationStatus.VOTING_COMPLETE,
            outcome=Option.RECYCLE,
            round=1,
            reason="",
            actor_kind=ActorKind.USER,
            actor_id=str(ann),
            user_id=ann,
            username="Ann",
        )
        assert (steps[5].reason, steps[5].user_id, steps[5].username) == ("Ach.", None, None)

    def test_an_unknown_application_is_refused(self, office: Office, elsewhere: Place) -> None:
        """G-1: another guild's application is unknown here."""
        foreign = Office(elsewhere).keep(Office(elsewhere).drafted())
        with office.place.work() as work:
            for unknown in (ApplicationId(0), foreign.id):
                with pytest.raises(NoSuch):
                    work.applications.get(unknown)
            assert work.applications.latest_of(foreign.user_id) is None
            assert work.applications.of_user(foreign.user_id) == ()

    def test_the_applications_of_a_user_are_found_in_order_of_id(self, office: Office) -> None:
        """V-1: the last of them says whether another is welcome."""
        ann, ben = office.place.user("Ann"), office.place.user("Ben")
        over = [office.keep(office.drafted(ann).reject(NIGHT, reason="Nein.")) for _ in range(2)]
        late = office.keep(office.drafted(ann))
        office.keep(office.drafted(ben))
        with office.place.work() as work:
            assert work.applications.latest_of(ann) == late
            assert work.applications.of_user(ann) == (*over, late)
            assert work.applications.latest_of(UserId(0)) is None

    def test_saving_an_application_stores_its_events(self, office: Office) -> None:
        """G-5, A-12: and nothing of what it told."""
        submitted = office.drafted(candidate=office.talkative())
        kept = office.keep(submitted)
        assert isinstance(kept, OpenApplication)
        office.keep(kept.withdraw(NIGHT, reason="больше"))
        assert office.place.told("application", kept.id) == ["application_submitted", "application_moved"]
        rows = office.place.told_rows("application", kept.id)
        assert rows[1].data["after"] == "withdrawn"
        assert not any(word in str(row.data) for row in rows for word in ("🐉", "exämple", "больше", "lan"))

    # --- one at a time ------------------------------------------------------------------------------------------------

    def test_nobody_has_two_open_applications(self, office: Office, elsewhere: Place) -> None:
        """V-1, G-1: in one guild; a finished one does not count."""
        ann = office.place.user("Ann")
        office.keep(office.drafted(ann).withdraw(NIGHT))
        first, second = office.drafted(ann), office.drafted(ann)
        kept = office.keep(first)
        assert isinstance(kept, OpenApplication)
        with pytest.raises(AlreadyApplied) as refused:
            office.keep(second)
        assert refused.value.application == first.id
        Office(elsewhere).keep(Office(elsewhere).drafted(ann))
        office.keep(kept.withdraw(NIGHT))
        office.keep(second)

    def test_of_two_open_applications_at_once_one_is_kept(self, office: Office) -> None:
        """V-1: whoever does not lock the applicant first, too."""
        ann = office.place.user("Ann")
        outcomes = all_at_once(*(partial(office.keep, office.drafted(ann)) for _ in range(4)))
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, AlreadyApplied | Stale) for fault in outcomes if fault is not None)
        with office.place.work() as work:
            assert len(work.applications.of_user(ann)) == 1

    def test_who_applies_twice_at_the_same_moment_applies_once(self, office: Office) -> None:
        """V-1: of two that are sent at once one is told of the other, as an error or by trying again."""
        ann = office.place.user("Ann")
        outcomes = all_at_once(*[lambda: office.apply(ann)] * 4)
        assert outcomes.count(None) == 1
        assert all(isinstance(fault, AlreadyApplied | Stale) for fault in outcomes if fault is not None)
        with pytest.raises(AlreadyApplied):
            office.apply(ann)

    # --- races --------------------------------------------------------------------------------------------------------

    def test_who_read_an_earlier_version_is_stale(self, office: Office) -> None:
        """G-6."""
        kept = office.keep(office.drafted())
        office.keep(kept.made(CharacterId(1)))
        with pytest.raises(Stale):
            office.keep(kept.made(CharacterId(2)))
        with pytest.raises(Stale):
            office.keep(evolve(kept, version=0))
        assert office.loaded(kept.id).character_id == 1

    @pytest.mark.parametrize("how", ["get", "latest_of", "of_user"])
    def test_an_application_is_locked_until_the_transaction_ends(self, office: Office, how: str) -> None:
        """V-8: whoever takes it next sees what became of it."""
        kept = office.keep(office.drafted())

        def put_off() -> None:
            with office.place.work() as work:
                read = work.applications.get(kept.id)
                work.applications.save(evolve(read, last_at=read.last_at + HOUR))

        with office.place.work() as work:
            ways: dict[str, Callable[[], Application | None]] = {
                "get": lambda: work.applications.get(kept.id),
                "latest_of": lambda: work.applications.latest_of(kept.user_id),
                "of_user": lambda: work.applications.of_user(kept.user_id)[0],
            }
            found = ways[how]()
            assert found is not None
            rival = Rival(put_off)
            work.applications.save(evolve(found, last_at=found.last_at + HOUR))
        assert rival.outcome() is None
        assert office.loaded(kept.id).last_at == NIGHT + 2 * HOUR

    def test_recruiters_who_accept_and_reject_at_once_come_one_after_the_other(self, office: Office) -> None:
        """V-2: whoever comes too late is told what it is by then, or to try again; no step is taken twice."""
        application_id = office.apply(office.place.user("Ann"))
        acts = (office.accept, office.reject)
        outcomes = all_at_once(*(partial(act, application_id) for act in acts * 2))
        assert all(isinstance(fault, CannotDo | Stale) for fault in outcomes if fault is not None)
        statuses = office.statuses(application_id)
        # Who is on trial may still be rejected.
        paths = ("submitted rejected", "submitted trial_accepted", "submitted trial_accepted rejected")
        assert " ".join(statuses) in paths
        assert outcomes.count(None) == len(statuses) - 1

    def test_a_failed_block_leaves_no_application(self, office: Office) -> None:
        """G-6."""
        drafted = office.drafted()

        def save_and_fail() -> None:
            with office.place.work() as work:
                work.applications.save(drafted)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            save_and_fail()
        with pytest.raises(NoSuch):
            office.loaded(drafted.id)
        assert office.place.told("application", drafted.id) == []

    # --- erasure ------------------------------------------------------------------------------------------------------

    def test_what_is_forgotten_leaves_statuses_and_dates(self, office: Office) -> None:
        """A-12: nothing of what was told, why it ended, and what was said about it; of others all."""
        ann, ben = office.place.user("Ann"), office.place.user("Ben")
        office.ask(12, QUESTIONS)
        life = office.life(ann)
        office.keep(life[ApplicationStatus.SUBMITTED])
        kept = office.keep(evolve(life[ApplicationStatus.TRIAL_ACCEPTED], version=1))
        rejected = office.keep(life[ApplicationStatus.REJECTED])
        other = office.keep(office.drafted(ben, office.talkative()).withdraw(NIGHT, reason="больше"))
        for application_id in (kept.id, other.id):
            office.say(application_id, author=ben)
        with office.place.work() as work:
            application = work.applications.get(kept.id)
            work.applications.forget(application.emptied())
        emptied = office.loaded(kept.id)
        assert emptied == evolve(rejected, candidate=NOBODY, version=rejected.version + 1)
        assert isinstance(emptied, Finished)
        detail = office.detail(kept.id)
        assert [(step.after, step.reason) for step in detail.transitions] == [
            ("submitted", ""),
            ("trial_accepted", ""),
            ("rejected", ""),
        ]
        assert [(comment.author_id, comment.text) for comment in detail.comments] == [(ben, "")]
        assert office.place.told("application", kept.id)[-1] == "application_emptied"
        untouched = office.detail(other.id)
        assert office.loaded(other.id) == other
        assert [step.reason for step in untouched.transitions] == ["", "больше"]
        assert [comment.text for comment in untouched.comments] == ["Nett 🐉"]
        with pytest.raises(Stale), office.place.work() as work:
            work.applications.forget(application.emptied())


class CommentsContract(Contract):
    """The port `Comments`, and the view of them."""

    @pytest.fixture
    def office(self, place: Place) -> Office:
        """Recruiting in the guild of the test."""
        return Office(place)

    def test_what_is_said_comes_back_as_it_was(self, office: Office) -> None:
        """V-3, V-4, G-9: of every kind, the earliest first; by a person, or by none."""
        ann, application = office.place.member("Ann"), office.keep(office.drafted())
        text = 'Größer,\n"besser" \'; -- \\ 🐉' + "é" * 3900
        last = office.say(application.id, text, author=ann, kind=CommentKind.VISIBLE, at=NIGHT + ODD)
        first = office.say(application.id, kind=CommentKind.FEEDBACK, author=ann, at=NIGHT - HOUR)
        between = [office.say(application.id, str(number)) for number in range(2)]
        rows = office.detail(application.id).comments
        assert [row.id for row in rows] == [first.id, *(each.id for each in between), last.id]
        assert rows[3] == CommentRow(
            id=last.id, author_id=ann, author="Ann", kind=CommentKind.VISIBLE, text=text, at=NIGHT + ODD
        )
        assert (rows[0].kind, rows[1].kind) == (CommentKind.FEEDBACK, CommentKind.INTERNAL)
        assert (rows[1].author_id, rows[1].author) == (None, None)

    def test_a_comment_tells_its_application_alone(self, office: Office, elsewhere: Place) -> None:
        """G-1, A-12: and its event nothing of what was said."""
        here, there = office.keep(office.drafted()), office.keep(office.drafted())
        said = office.say(here.id)
        Office(elsewhere).say(here.id, "Fremd")
        assert [row.id for row in office.detail(here.id).comments] == [said.id]
        assert office.detail(there.id).comments == ()
        (told,) = (row for row in office.place.told_rows("application", here.id) if row.name.endswith("commented"))
        assert told.data == {"application_id": here.id, "comment_id": said.id, "kind": "internal"}

    def test_what_somebody_said_is_forgotten(self, office: Office, elsewhere: Place) -> None:
        """A-12, G-1: wherever in this guild; who said nothing is nobody to forget."""
        ann, ben, application = office.place.member("Ann"), office.place.member("Ben"), office.keep(office.drafted())
        foreign = Office(elsewhere).keep(Office(elsewhere).drafted())
        for author in (ann, ben, ann):
            office.say(application.id, author=author, kind=CommentKind.FEEDBACK)
        Office(elsewhere).say(foreign.id, author=ann)
        with office.place.work() as work:
            work.comments.forget(ann)
            work.comments.forget(UserId(0))
        told = [(row.author_id, row.author, row.text) for row in office.detail(application.id).comments]
        assert told == [(ann, "Ann", ""), (ben, "Ben", "Nett 🐉"), (ann, "Ann", "")]
        assert [row.text for row in Office(elsewhere).detail(foreign.id).comments] == ["Nett 🐉"]

    def test_who_was_erased_is_not_named(self, office: Office) -> None:
        """A-12: the pseudonym neither."""
        ann, application = office.place.user("Ann"), office.keep(office.drafted())
        office.say(application.id, author=ann)
        with office.place.work() as work:
            work.users.save(work.users.get(ann).erase(NIGHT + DAY))
        (row,) = office.detail(application.id).comments
        assert (row.author_id, row.author) == (ann, None)

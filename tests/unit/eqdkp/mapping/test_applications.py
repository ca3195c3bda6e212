"""O-1, V-1: applications of the guildrequest plugin, with their questions and what was said of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from dkp_adapters.eqdkp.serialized import Plain
from dkp_core.accounts import RoleGroup
from dkp_core.moving import FormVersion, Kind, OldTransition, Why
from dkp_core.recruitment import (
    Answer,
    Application,
    ApplicationStatus,
    Comment,
    CommentKind,
    Decided,
    Option,
    QuestionKind,
    Rejected,
    Submitted,
    Withdrawn,
)
from tests.unit.eqdkp.mapping.arrived import Arrived, arrived, opened
from tests.unit.eqdkp.synthetic import KEY, Installation, Value, empty, encrypted
from tests.unit.eqdkp.test_serialized import serialized

AT = 1_760_000_000
APPLIED = datetime.fromtimestamp(AT, UTC)
DAY = 86_400

A = TypeVar("A", bound=Application)


def application(number: int, **more: Value) -> Mapping[str, Value]:
    """A row of an application."""
    return {"id": number, "tstamp": AT, "username": f"Applicant {number}", "activated": 1, **more}


def question(number: int, type_: str = "0", **more: Value) -> Mapping[str, Value]:
    """A row of a field."""
    return {"id": number, "type": type_, "name": f"Question {number}", "sortid": number, **more}


def comment(number: int, on: str, text: str, page: str = "guildrequest", **more: Value) -> Mapping[str, Value]:
    """A row of a comment."""
    return {"id": number, "attach_id": on, "page": page, "text": text, "date": AT + number, "userid": 2, **more}


def recruiting(*applications: Mapping[str, Value]) -> Installation:
    """An installation with an officer (2), a guest (3) and these applications."""
    return (
        empty()
        .with_rows(
            "users",
            {"user_id": 2, "username": "Olga", "user_active": 1, "user_registered": AT},
            {"user_id": 3, "username": "Gus", "user_active": 1, "user_registered": AT},
            {"user_id": 4, "username": "GuildRequest", "user_active": 1, "user_registered": AT},
            {"user_id": 5, "username": "Dora", "user_active": 0, "user_registered": AT},
        )
        .with_rows("groups_user", *({"groups_user_id": each, "groups_user_name": "x"} for each in (1, 2)))
        .with_rows("groups_users", *({"group_id": group, "user_id": user} for group, user in ((2, 2), (1, 3), (1, 5))))
        .with_rows("guildrequest_requests", *applications)
    )


def came_of(folder: Path, installation: Installation, key: str | None = None) -> Arrived:
    """What comes of it; nothing is lost."""
    with opened(folder, installation, key=key) as source:
        came = arrived(source)
    assert came.incomplete() == []
    return came


def one(came: Arrived, kind: type[A]) -> A:
    """The one application that there is, which is of that type."""
    (found,) = came.of(Application)
    assert isinstance(found, kind)
    return found


def role_of(came: Arrived, application: Application) -> RoleGroup:
    """What the applicant is here."""
    (person,) = [each for each in came.arrivals.people if came.numbers.users[each.number] == application.user_id]
    return person.role_group


# --- how they stand ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0, 1])
def test_an_open_application_waits_for_the_recruiters(tmp_path: Path, status: int) -> None:
    """V-1: new or in progress, its applicant is one here too."""
    came = came_of(tmp_path, recruiting(application(1, status=status)))
    found = one(came, Submitted)
    assert (found.candidate.character_name, found.submitted_at, found.candidate.email) == ("Applicant 1", APPLIED, None)
    assert role_of(came, found) is RoleGroup.APPLICANT
    (step,) = came.of(OldTransition)
    assert (step.application_id, step.by, step.transition.after) == (found.id, "eqdkp", "submitted")


def test_an_accepted_one_has_passed(tmp_path: Path) -> None:
    """V-2: decided when and by whom the log says; closed ones are archived."""
    logs: list[Mapping[str, Value]] = [
        {"log_id": number, "log_date": AT + number * DAY, "log_tag": tag, "log_record_id": on, "username": by,
         "log_value": serialized({"status": status})}
        for number, (tag, on, by, status) in enumerate(
            [("action_status_changed", "1", "Olga", "1"), ("action_status_changed", "1", "Olga", "2"),
             ("action_status_changed", "2", "Nobody", "2"), ("action_request_closed", "1", "Pat", "2")], 1)
    ]  # fmt: skip
    came = came_of(tmp_path, recruiting(application(1, status=2, closed=1)).with_rows("logs", *logs))
    found = one(came, Decided)
    assert (found.outcome, found.ended_at, found.archived) == (Option.PASS, APPLIED + timedelta(days=2), True)
    first, last = came.of(OldTransition)
    assert (last.by, last.transition.before, last.transition.after, last.transition.outcome) == (
        "eqdkp:2",
        ApplicationStatus.SUBMITTED,
        ApplicationStatus.VOTING_COMPLETE,
        Option.PASS,
    )
    assert (first.transition.number, last.transition.number, found.steps) == (1, 2, 2)
    assert role_of(came, found) is RoleGroup.GUEST


@pytest.mark.parametrize(
    ("row", "kind", "reason", "archived"),
    [
        ({"status": 3}, Rejected, "Rejected", False),
        ({"status": 3, "closed": 1}, Rejected, "Rejected", True),
        ({"status": 1, "closed": 1}, Withdrawn, "without a decision", True),
        ({"status": 0, "activated": 0}, Withdrawn, "confirmed by e-mail", False),
        ({"status": 0, "user_id": 2}, Withdrawn, "place in the guild", True),
        ({"status": 0, "user_id": 5}, Withdrawn, "disabled", True),
    ],
)
def test_one_that_is_over_says_why(
    tmp_path: Path, row: Mapping[str, Value], kind: type[Rejected | Withdrawn], reason: str, archived: bool
) -> None:
    """V-2: and so does one that can't be open here."""
    came = came_of(tmp_path, recruiting(application(1, **row)))
    found = one(came, kind)
    assert (found.ended_at, found.archived) == (APPLIED, archived)
    last = came.of(OldTransition)[-1]
    assert reason in last.transition.reason
    assert last.by == "eqdkp"


def test_nobody_has_two_open_applications(tmp_path: Path) -> None:
    """V-1: the later one stays open, whichever id it has; a decided one beside it is no matter."""
    rows = [
        application(9, user_id=3),
        application(5, user_id=3, tstamp=AT + DAY),
        application(7, user_id=3, tstamp=AT + 2 * DAY, status=3),
        application(8, tstamp=AT + 3 * DAY),
    ]
    came = came_of(tmp_path, recruiting(*rows))
    found = {old: next(each for each in came.of(Application) if each.id == came.numbers.of(Kind.APPLICATION, old))
             for old in (9, 5, 7, 8)}  # fmt: skip
    assert {old: type(each) for old, each in found.items()} == {9: Withdrawn, 5: Submitted, 7: Rejected, 8: Submitted}
    assert "beside a later one" in dict(came.remarks("guildrequest_requests"))["9"]
    assert list(found) == sorted(found, key=lambda old: found[old].id)


# --- who applied ------------------------------------------------------------------------------------------------------


def test_applicants_are_users_or_people_of_their_own(tmp_path: Path) -> None:
    """A-13: known by their address, where the key opened it, else by their name."""
    rows = [
        application(1, user_id=3, status=3),
        application(2, username="Ann", email=encrypted("a@example.org")),
        application(3, username="Anna", email=encrypted("A@example.org"), status=3),
        application(4, username="Ann", email=encrypted("other@example.org")),
        application(5, username="Bo"),
        application(6, username="BO", status=3, user_id=99),
    ]
    came = came_of(tmp_path, recruiting(*rows), KEY)
    users = {old: next(each.user_id for each in came.of(Application) if each.id == new)
             for old, new in ((old, came.numbers.of(Kind.APPLICATION, old)) for old in range(1, 7))}  # fmt: skip
    assert users[1] == came.numbers.users[2]
    assert users[2] == users[3] != users[4]
    assert users[5] == users[6]
    assert len({each.number for each in came.arrivals.people}) == len(came.arrivals.people) == 4 + 3
    assert all(each.external_id is None for each in came.arrivals.people[4:])


# --- what they were asked ---------------------------------------------------------------------------------------------


def test_questions_keep_their_order_and_their_kinds(tmp_path: Path) -> None:
    """V-1: headings are none; a choice of one is answered by a text."""
    fields = [
        question(3, "2", options=serialized({0: "Tank\n", 1: "Healer", 2: "Tank"}), sortid=9, required=1),
        question(1, "1", help="Tell us all"),
        question(2, "3"),
        question(4, "6", options=serialized({0: "Yes"})),
        question(5, "5", options=serialized({0: "Mon", 1: "Tue"})),
    ]
    came = came_of(tmp_path, recruiting().with_rows("guildrequest_fields", *fields))
    (made,) = came.of(FormVersion)
    assert [(each.id, each.kind, each.choices, each.required) for each in made.form.questions] == [
        ("q1", QuestionKind.TEXT, (), False),
        ("q4", QuestionKind.TEXT, (), False),
        ("q5", QuestionKind.TEXT, (), False),
        ("q3", QuestionKind.CHOICE, ("Tank", "Healer"), True),
    ]
    assert made.form.questions[0].text == "Question 1 (Tell us all)"
    assert [(row, why) for row, why, _ in came.listed("guildrequest_fields")] == [(3, Why.ARCHIVED)]
    assert made.form.with_values(made.form.values(), "form") == made.form


def test_answers_go_with_their_questions(tmp_path: Path) -> None:
    """V-1: several choices as one text; what is to no question any more is in the archive."""
    content: Plain = {
        1: "Hi &amp; hello", 5: serialized({"Mon": 1, "Tue": 1, "Wed": 0}).decode(), 77: "lost", "name": "Ann",
        "email": "x", 6: "",
    }  # fmt: skip
    rows = recruiting(application(1, content=serialized(content)), application(2, content="broken"))
    came = came_of(tmp_path, rows.with_rows("guildrequest_fields", question(1), question(5, "5"), question(6)))
    first, second = came.of(Application)
    assert first.candidate.answers == (Answer("q1", "Hi & hello"), Answer("q5", "Mon; Tue"))
    assert (first.candidate.form_version, second.candidate.answers) == (1, ())
    told = came.remarks("guildrequest_requests")
    assert [old_id for old_id, _ in told] == ["1", "2"]
    assert "77" in told[0][1]
    assert came.arrivals.accounting.cut_rows == [("guildrequest_requests", 1)]


def test_answers_are_as_long_as_they_may_be(tmp_path: Path) -> None:
    """G-9: one at most 4,000 letters, all together 40,000; the archive has the whole."""
    fields = [question(each) for each in range(1, 14)]
    content = serialized(dict.fromkeys(range(1, 14), "x" * 4100))
    came = came_of(tmp_path, recruiting(application(1, content=content)).with_rows("guildrequest_fields", *fields))
    answers = came.of(Application)[0].candidate.answers
    assert max(len(each.text) for each in answers) == 4000
    assert 39_000 < sum(len(each.text) for each in answers) <= 40_000
    assert came.arrivals.accounting.cut_rows == [("guildrequest_requests", 1)]


def test_without_questions_there_is_no_form(tmp_path: Path) -> None:
    """V-1: the guild keeps asking what it asked."""
    came = came_of(tmp_path, recruiting(application(1)))
    assert came.of(FormVersion) == []
    assert one(came, Submitted).candidate.form_version == 0


# --- what was said ----------------------------------------------------------------------------------------------------


def test_comments_keep_who_reads_them(tmp_path: Path) -> None:
    """V-3: internal ones stay so; who had no account speaks as the applicant."""
    comments = [
        comment(1, "1", "Welcome &amp; hi"),
        comment(2, "1", "hmm", "guildrequest_int"),
        comment(3, "1", "thanks", userid=4),
        comment(4, "1", "about them", "guildrequest_int", userid=4),
        comment(5, "1", "who?", userid=88),
        comment(6, "99", "lost"),
        comment(7, "1", "Nice raid", "raids"),
        comment(8, "x", "lost"),
        comment(9, "1", " "),
    ]
    came = came_of(tmp_path, recruiting(application(1)).with_rows("comments", *comments))
    applicant, people = one(came, Submitted).user_id, came.arrivals.people
    users = {each.name: came.numbers.users[each.number] for each in people}
    assert [(each.text, each.kind, each.author) for each in came.of(Comment)] == [
        ("Welcome & hi", CommentKind.VISIBLE, users["Olga"]),
        ("hmm", CommentKind.INTERNAL, users["Olga"]),
        ("thanks", CommentKind.VISIBLE, applicant),
        ("about them", CommentKind.INTERNAL, users["GuildRequest"]),
        ("who?", CommentKind.VISIBLE, None),
    ]
    assert [(row, why) for row, why, _ in came.listed("comments")] == [
        (6, Why.ORPHAN),
        (7, Why.ARCHIVED),
        (8, Why.ORPHAN),
        (9, Why.ARCHIVED),
    ]


def test_votes_are_told_to_recruiters_as_numbers(tmp_path: Path) -> None:
    """V-7: how many, not who; where nobody voted nothing is said."""
    voters = serialized({2: "yes", 3: "no"})
    rows = [application(1, voting_yes=5, voting_no=2, voted_user=voters), application(2, username="Zed")]
    (said,) = came_of(tmp_path, recruiting(*rows)).of(Comment)
    assert (said.kind, said.author, said.at) == (CommentKind.INTERNAL, None, APPLIED)
    assert said.text == "Votes on the old site: 5 for, 2 against."

"""`dkp application`: applications from the first word to the decision, trials, and how a guild recruits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.errors import InvalidValue
from dkp_core.recruitment import (
    AcceptToTrial,
    ApplicationDetail,
    ApplicationStatus,
    ChangeApplication,
    CommentOnApplication,
    ExtendTrial,
    ListApplications,
    PostTrialSummary,
    PromoteTrial,
    RejectApplication,
    RemoveApplication,
    SetApplicationForm,
    SetRecruitmentRules,
    ShowApplication,
    ShowApplicationForm,
    ShowApplicationStatistics,
    ShowRecruitmentRules,
    ShowTrialPerformance,
    SubmitApplication,
    WithdrawApplication,
)
from dkp_entrypoints.cli.answering import LIMIT, ORDER, answer_rows, done, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.moments import moment
from dkp_entrypoints.cli.naming import application_id, user_id
from dkp_entrypoints.cli.printing import note, print_json, print_one, print_rows
from dkp_entrypoints.cli.setting import VALUES, answer_version, answer_versions, said

app = family("application", "Applications, trials, and how a guild recruits. An APPLICATION is its id.")

APPLICATION = Annotated[str, typer.Argument(metavar="APPLICATION", help="The application's id.")]
DISCORD_ID = Annotated[str | None, typer.Option(metavar="ID", help="The applicant's Discord id; else you yourself.")]
WHOSE = Annotated[
    str | None, typer.Option("--discord-id", metavar="ID", help="Whose it is, where a bot acts for them.")
]
REASON = Annotated[str, typer.Option(help="Why.")]
TEXT = Annotated[str, typer.Argument(metavar="TEXT", help="What is said.")]
SERVER = Annotated[str | None, typer.Option("--game-server", metavar="NAME", help="The server it plays on.")]
CLASS = Annotated[str | None, typer.Option("--class", metavar="CLASS", help="Its class.")]
LEVEL = Annotated[int | None, typer.Option(help="Its level.")]
PREVIOUS = Annotated[str | None, typer.Option("--previous-guilds", metavar="TEXT", help="Where they were before.")]
AVAILABILITY = Annotated[str | None, typer.Option(metavar="TEXT", help="When they have time.")]
TIMEZONE = Annotated[str | None, typer.Option(metavar="ZONE", help="Where they live, such as Europe/Berlin.")]
REFERENCES = Annotated[str | None, typer.Option(metavar="TEXT", help="Who knows them.")]
REFEREE = Annotated[
    list[str] | None, typer.Option(metavar="USER", help="A member whom they name; several times. Each time anew.")
]
EMAIL = Annotated[str | None, typer.Option(metavar="ADDRESS", help="Where they are told of each step; empty: nowhere.")]
ANSWERS = Annotated[
    list[str] | None, typer.Option("--answer", metavar="QUESTION=TEXT", help="What they answer; several times.")
]
FORM_VERSION = Annotated[int | None, typer.Option(help="The form that is answered; the latest, unless given.")]

_APPLICATIONS = ("id", "character_name", "username", "status", "submitted_at", "trial_ends_at", "closes_at", "proposal")
_TABLES = ("referees", "answers", "transitions", "comments", "polls")
_ANSWERS = ("text", "answer")
_STEPS = ("at", "after", "outcome", "round", "username", "reason")
_COMMENTS = ("at", "author", "kind", "text")
_QUESTIONS = ("id", "text", "kind", "choices", "required", "private")
_VERDICTS = ("criterion", "wanted", "found", "finding")
_RAIDS = ("starts_at", "event_type", "presence", "points", "unresolved")
_LOOT = ("awarded_at", "item", "price")
_MONTHS = ("month", "status", "outcome", "applications")
_RECRUITERS = ("username", "accepted", "rejected", "passed", "failed")

OWN = "Your own applications, the newest first."
FEEDBACK = """Say how somebody on trial does; recruiters and officers read it, and the applicant does not.

It is a member's own word, with the member's own key: --server and --key."""


# --- applying ---------------------------------------------------------------------------------------------------------


@command(app, "submit", SubmitApplication, changes=True, remote=True)
def submit(
    call: Call,
    character: Annotated[str, typer.Argument(metavar="CHARACTER", help="The character they apply with.")],
    discord_id: DISCORD_ID = None,
    username: Annotated[str | None, typer.Option(metavar="NAME", help="What to call whom nobody knew yet.")] = None,
    game_server: SERVER = None,
    character_class: CLASS = None,
    level: LEVEL = None,
    previous_guilds: PREVIOUS = None,
    availability: AVAILABILITY = None,
    timezone: TIMEZONE = None,
    references: REFERENCES = None,
    referee: REFEREE = None,
    email: EMAIL = None,
    answer: ANSWERS = None,
    form_version: FORM_VERSION = None,
) -> None:
    def submitted(by: Actor) -> ApplicationDetail:
        made = call.use_cases().submit_application()(
            character_name=character,
            server=game_server or "",
            character_class=character_class or "",
            level=level,
            previous_guilds=previous_guilds or "",
            availability=availability or "",
            timezone=timezone or "",
            references=references or "",
            referees=tuple(user_id(call, each) for each in referee or ()),
            email=email,
            form_version=_version(call, form_version),
            answers=_answers(answer or ()),
            discord_id=discord_id,
            username=username,
            by=by,
        )
        return call.use_cases().show_application()(made.id, by=by)

    _tell(call, call.change(submitted))


@command(app, "change", ChangeApplication, changes=True, remote=True)
def change(
    call: Call,
    application: APPLICATION,
    character: Annotated[str | None, typer.Option(metavar="CHARACTER", help="Another character.")] = None,
    game_server: SERVER = None,
    character_class: CLASS = None,
    level: LEVEL = None,
    previous_guilds: PREVIOUS = None,
    availability: AVAILABILITY = None,
    timezone: TIMEZONE = None,
    references: REFERENCES = None,
    referee: REFEREE = None,
    email: EMAIL = None,
    answer: ANSWERS = None,
    form_version: FORM_VERSION = None,
    discord_id: WHOSE = None,
) -> None:
    found = application_id(application)

    def changed(by: Actor) -> ApplicationDetail:
        call.use_cases().change_application()(
            found,
            character_name=character,
            server=game_server,
            character_class=character_class,
            level=level,
            previous_guilds=previous_guilds,
            availability=availability,
            timezone=timezone,
            references=references,
            referees=None if referee is None else tuple(user_id(call, each) for each in referee),
            email=email,
            form_version=_version(call, form_version) if answer else 0,
            answers=_answers(answer) if answer else None,
            discord_id=discord_id,
            by=by,
        )
        return call.use_cases().show_application()(found, by=by)

    _tell(call, call.change(changed))


def _version(call: Call, version: int | None) -> int:
    return call.use_cases().show_application_form()(by=call.by()).version if version is None else version


def _answers(texts: Sequence[str]) -> dict[str, object]:
    """What is said to each question. Raises: InvalidValue."""
    found: dict[str, object] = {}
    for text in texts:
        question, told, given = text.partition("=")
        if not told or not question.strip():
            raise InvalidValue("answer", f"{text[:40]!r} answers nothing", "QUESTION=TEXT, with the question's id")
        found[question.strip()] = given
    return found


@command(app, "withdraw", WithdrawApplication, changes=True, remote=True)
def withdraw(call: Call, application: APPLICATION, reason: REASON = "", discord_id: WHOSE = None) -> None:
    found = application_id(application)
    call.change(lambda by: call.use_cases().withdraw_application()(found, reason=reason, discord_id=discord_id, by=by))
    done(call, f"Application {found} is withdrawn.", id=found)


@command(app, "own", OWN, remote=True)
def own(call: Call, limit: LIMIT = None) -> None:
    rows = every(lambda page: call.use_cases().list_own_applications()(page=page, by=call.by()), limit)
    answer_rows(call, rows, _APPLICATIONS, nothing="You have not applied.")


# --- looking ----------------------------------------------------------------------------------------------------------


@command(app, "list", ListApplications, remote=True)
def list_applications(
    call: Call,
    status: Annotated[list[ApplicationStatus] | None, typer.Option(help="Only of this status; several times.")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Those in the archive too.")] = False,
    search: Annotated[str, typer.Option(help="A part of the character's or the user's name.")] = "",
    order: ORDER = "",
    limit: LIMIT = None,
) -> None:
    rows = every(
        lambda page: call.use_cases().list_applications()(
            statuses=frozenset(status or ()),
            archived=archived,
            search=search,
            ordering=order,
            page=page,
            by=call.by(),
        ),
        limit,
    )
    answer_rows(call, rows, _APPLICATIONS, nothing="No application.")


@command(app, "show", ShowApplication, remote=True)
def show(call: Call, application: APPLICATION) -> None:
    _tell(call, call.use_cases().show_application()(application_id(application), by=call.by()))


def _tell(call: Call, found: ApplicationDetail) -> None:
    if call.dry_run and not call.as_json:
        note("Dry run: this is what would be; nothing was changed.")
    if call.as_json:
        print_json(found)
        return
    zone = call.guild().timezone
    print_one(found, zone=zone, without=_TABLES)
    if found.referees:
        print(f"referees: {', '.join(each.username for each in found.referees)}")
    for rows, columns in ((found.answers, _ANSWERS), (found.transitions, _STEPS), (found.comments, _COMMENTS)):
        if rows:
            print()
            print_rows(rows, columns, zone=zone)


@command(app, "performance", ShowTrialPerformance)
def performance(call: Call, application: APPLICATION) -> None:
    found = call.use_cases().show_trial_performance()(application_id(application), by=call.by())
    if call.as_json:
        print_json(found)
        return
    zone = call.guild().timezone
    print_one(found, zone=zone, without=("application", "verdicts", "raids", "loot", "comments"))
    tables = (
        (found.verdicts, _VERDICTS),
        (found.raids, _RAIDS),
        (found.loot, _LOOT),
        (found.comments, _COMMENTS),
    )
    for rows, columns in tables:
        if rows:
            print()
            print_rows(rows, columns, zone=zone)


@command(app, "statistics", ShowApplicationStatistics)
def statistics(
    call: Call,
    since: Annotated[str | None, typer.Option(help="Only those submitted from then on.")] = None,
    until: Annotated[str | None, typer.Option(help="Only those submitted before.")] = None,
) -> None:
    found = call.use_cases().show_application_statistics()(
        since=moment(call, since, "since"), until=moment(call, until, "until"), by=call.by()
    )
    if call.as_json:
        print_json(found)
        return
    print_one(found, zone=call.guild().timezone, without=("months", "recruiters"))
    for rows, columns in ((found.months, _MONTHS), (found.recruiters, _RECRUITERS)):
        if rows:
            print()
            print_rows(rows, columns)


# --- reviewing --------------------------------------------------------------------------------------------------------


@command(app, "accept", AcceptToTrial, changes=True)
def accept(call: Call, application: APPLICATION, reason: REASON = "") -> None:
    found = application_id(application)
    call.change(lambda by: call.use_cases().accept_to_trial()(found, reason=reason, by=by))
    done(call, f"Application {found} is on trial.", id=found)


@command(app, "reject", RejectApplication, changes=True)
def reject(
    call: Call,
    application: APPLICATION,
    reason: Annotated[str, typer.Option(help="Why; the applicant is told.")],
) -> None:
    found = application_id(application)
    call.change(lambda by: call.use_cases().reject_application()(found, reason=reason, by=by))
    done(call, f"Application {found} is rejected.", id=found)


@command(app, "extend", ExtendTrial, changes=True)
def extend(
    call: Call, application: APPLICATION, days: Annotated[int, typer.Option(help="How many days longer.")]
) -> None:
    found = application_id(application)
    extended = call.change(lambda by: call.use_cases().extend_trial()(found, days=days, by=by))
    done(call, f"The trial of application {found} ends {extended.trial.ends_at:%Y-%m-%d %H:%M} UTC.", id=found)


@command(app, "start-voting", "Have the guild vote on an applicant on trial, from now on.", changes=True)
def start_voting(call: Call, application: APPLICATION, reason: REASON = "") -> None:
    found = application_id(application)
    voted_on = call.change(lambda by: call.use_cases().start_voting()(found, reason=reason, by=by))
    closes_at = voted_on.poll.closes_at
    done(call, f"The vote on application {found} runs until {closes_at:%Y-%m-%d %H:%M} UTC.", id=found)


@command(app, "promote", PromoteTrial, changes=True)
def promote(
    call: Call,
    application: APPLICATION,
    character: Annotated[str, typer.Option(metavar="NAME", help="Another name for the new member's character.")] = "",
) -> None:
    found = application_id(application)
    promoted = call.change(lambda by: call.use_cases().promote_trial()(found, character_name=character, by=by))
    left = "" if promoted.task is None else f" Left to do: {promoted.task}."
    done(call, f"The pass of application {found} is carried out.{left}", id=found, task=promoted.task)


@command(app, "comment", CommentOnApplication, changes=True)
def comment(
    call: Call,
    application: APPLICATION,
    text: TEXT,
    visible: Annotated[bool, typer.Option("--visible", help="The applicant reads it too.")] = False,
) -> None:
    found = application_id(application)
    call.change(lambda by: call.use_cases().comment_on_application()(found, text, visible=visible, by=by))
    done(call, f"Noted with application {found}.", id=found)


@command(app, "feedback", FEEDBACK, remote=True)
def feedback(call: Call, application: APPLICATION, text: TEXT) -> None:
    found = application_id(application)
    call.change(lambda by: call.use_cases().leave_feedback()(found, text, by=by))
    done(call, f"Noted with application {found}.", id=found)


@command(app, "summary", PostTrialSummary, changes=True)
def summary(call: Call, application: APPLICATION) -> None:
    found = application_id(application)
    call.change(lambda by: call.use_cases().post_trial_summary()(found, by=by))
    done(call, f"The summary of application {found} goes to the recruiters.", id=found)


@command(app, "archive", RemoveApplication, changes=True)
def archive(call: Call, application: APPLICATION) -> None:
    found = application_id(application)
    call.change(lambda by: call.use_cases().remove_application()(found, by=by))
    done(call, f"Application {found} is in the archive.", id=found)


# --- how a guild recruits ---------------------------------------------------------------------------------------------


@command(app, "form", ShowApplicationForm, remote=True)
def form(
    call: Call, version: Annotated[int | None, typer.Option(help="Which version; the latest, unless given.")] = None
) -> None:
    found = call.use_cases().show_application_form()(version=version, by=call.by())
    if call.as_json:
        print_json(found)
        return
    note(f"Version {found.version}.")
    print_rows(found.form.questions, _QUESTIONS, nothing="Nothing is asked beside the usual.")


@command(app, "set-form", SetApplicationForm, changes=True)
def set_form(
    call: Call,
    questions: Annotated[
        str,
        typer.Argument(
            metavar="JSON",
            help='The questions, such as [{"id": "why", "text": "Why us?"}]; - reads them from standard input.',
        ),
    ],
) -> None:
    values = said([f"questions={_text(questions)}"], "form")
    changed = call.change(lambda by: call.use_cases().set_application_form()(values, by=by))
    done(call, f"The form is at version {changed.version}.", version=changed.version)


def _text(argument: str) -> str:
    if argument != "-":
        return argument
    read = typer.get_text_stream("stdin").read()
    try:
        json.loads(read)
    except (ValueError, RecursionError) as unreadable:
        raise InvalidValue("questions", f"standard input is no JSON ({unreadable})", "a list of questions") from None
    return read


@command(app, "rules", ShowRecruitmentRules)
def rules(call: Call) -> None:
    answer_versions(call, call.use_cases().show_recruitment_rules()(by=call.by()))


@command(app, "set-rules", SetRecruitmentRules, changes=True)
def set_rules(call: Call, values: VALUES) -> None:
    wanted = said(values, "rules")
    answer_version(call, call.change(lambda by: call.use_cases().set_recruitment_rules()(wanted, by=by)))

"""Applications and trials over HTTP: applied, reviewed, commented on, and how a guild recruits."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from attrs import fields, frozen
from msgspec import UNSET, Meta, UnsetType

from dkp_core.kernel.ids import ApplicationId, CharacterId, UserId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.recruitment import (
    REFEREES_MAX,
    ApplicationDetail,
    ApplicationRow,
    ApplicationStatistics,
    ApplicationStatus,
    CommentRow,
    Form,
    FormRow,
    OpenTask,
    Question,
    RecruitmentRules,
    RecruitmentRulesRow,
    TrialPerformance,
)
from dkp_entrypoints.http.bidders import DiscordId
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.reading import Body, Id, Moment, Paged, Query, Text, Whole, moment_of

applications: Final = Operations("Applications")

READING: Final = (Permission.APPLICATIONS_READ, Permission.APPLICATIONS_WRITE)
OWN: Final = (Permission.APPLICATIONS_OWN, *READING)

Answers: TypeAlias = Annotated[
    dict[str, object],
    Meta(description="What is said to each question, by its id.", extra_json_schema={"examples": [{"why": "Fun"}]}),
]


Referees: TypeAlias = Annotated[
    tuple[Id, ...],
    Meta(description="Users whom the applicant names.", extra_json_schema={"maxItems": REFEREES_MAX}),
]


class ApplicationsQuery(Paged, frozen=True, kw_only=True):
    """Which applications are wanted; those in the archive only where asked for."""

    status: ApplicationStatus | None = None
    archived: bool = False
    search: str = ""
    ordering: str = ""


class StepQuery(Paged, frozen=True, kw_only=True):
    """Which of them are wanted."""

    search: str = ""
    ordering: str = ""


class ApplicationBody(Body, frozen=True, kw_only=True):
    """What an applicant tells; answers go with the version of the form that they are to."""

    character_name: str
    server: str = ""
    character_class: str = ""
    level: Whole | None = None
    previous_guilds: Text = ""
    availability: Text = ""
    timezone: Annotated[str, Meta(description="An IANA name such as Europe/Berlin.")] = ""
    references: Text = ""
    referees: Referees = ()
    email: str | None = None
    form_version: Whole = 0
    answers: Answers | None = None
    discord_id: Annotated[DiscordId | None, Meta(description="Whom a program applies for; nothing for oneself.")] = None
    username: Annotated[str | None, Meta(description="What a user is called whom nobody knew yet.")] = None


class ChangedApplicationBody(Body, frozen=True, kw_only=True):
    """What is told differently; answers are given all together, with the version of the form that they are to."""

    character_name: str | None = None
    server: str | None = None
    character_class: str | None = None
    level: Whole | None = None
    previous_guilds: Text | None = None
    availability: Text | None = None
    timezone: str | None = None
    references: Text | None = None
    referees: Referees | None = None
    email: Annotated[str | UnsetType | None, Meta(description="null takes it away.")] = UNSET
    form_version: Whole = 0
    answers: Answers | None = None
    discord_id: Annotated[DiscordId | None, Meta(description="Whose it is, where a program changes it.")] = None


class StepBody(Body, frozen=True, kw_only=True):
    """Why, where there is something to say."""

    reason: Text = ""


class ApplicationWithdrawalBody(Body, frozen=True, kw_only=True):
    """Why, and whose it is where a program withdraws it."""

    reason: Text = ""
    discord_id: DiscordId | None = None


class RejectionBody(Body, frozen=True, kw_only=True):
    """Why; the applicant is told."""

    reason: Text


class CommentBody(Body, frozen=True, kw_only=True):
    """What is said; `visible` to the applicant too, or to recruiters and officers alone."""

    text: Text
    visible: bool = False


class FeedbackBody(Body, frozen=True, kw_only=True):
    """How somebody on trial does."""

    text: Text


class TrialExtensionBody(Body, frozen=True, kw_only=True):
    """How much longer the trial lasts."""

    days: Whole


class PromotionBody(Body, frozen=True, kw_only=True):
    """Under which name the new member plays, where the one applied with is somebody else's."""

    character_name: str = ""


# --- applying ---------------------------------------------------------------------------------------------------------


@applications.post("/api/applications/", Permission.APPLICATIONS_OWN, Permission.APPLICATIONS_WRITE)
def submit_application(call: Call, body: ApplicationBody) -> ApplicationDetail:
    application = call.use_cases.submit_application()(
        character_name=body.character_name,
        server=body.server,
        character_class=body.character_class,
        level=body.level,
        previous_guilds=body.previous_guilds,
        availability=body.availability,
        timezone=body.timezone,
        references=body.references,
        referees=tuple(map(UserId, body.referees)),
        email=body.email,
        form_version=body.form_version,
        answers=body.answers,
        discord_id=_text(body.discord_id),
        username=body.username,
        by=call.by,
    )
    return _shown(call, application.id)


@applications.get("/api/applications/own/", own="a user's own key")
def list_own_applications(call: Call, query: Paged) -> Page[ApplicationRow]:
    return call.use_cases.list_own_applications()(page=query.wanted, by=call.by)


@applications.get("/api/applications/{application_id}/", *OWN)
def show_application(call: Call, application_id: ApplicationId) -> ApplicationDetail:
    return _shown(call, application_id)


@applications.change("/api/applications/{application_id}/", Permission.APPLICATIONS_OWN, Permission.APPLICATIONS_WRITE)
def change_application(call: Call, application_id: ApplicationId, body: ChangedApplicationBody) -> ApplicationDetail:
    call.use_cases.change_application()(
        application_id,
        character_name=body.character_name,
        server=body.server,
        character_class=body.character_class,
        level=body.level,
        previous_guilds=body.previous_guilds,
        availability=body.availability,
        timezone=body.timezone,
        references=body.references,
        referees=None if body.referees is None else tuple(map(UserId, body.referees)),
        email=None if body.email is UNSET else (body.email or ""),
        form_version=body.form_version,
        answers=body.answers,
        discord_id=_text(body.discord_id),
        by=call.by,
    )
    return _shown(call, application_id)


@applications.post(
    "/api/applications/{application_id}/withdraw/",
    Permission.APPLICATIONS_OWN,
    Permission.APPLICATIONS_WRITE,
    own="whoever applied",
    status=200,
)
def withdraw_application(
    call: Call, application_id: ApplicationId, body: ApplicationWithdrawalBody
) -> ApplicationDetail:
    discord_id = _text(body.discord_id)
    call.use_cases.withdraw_application()(application_id, reason=body.reason, discord_id=discord_id, by=call.by)
    return _shown(call, application_id)


def _text(discord_id: int | str | None) -> str | None:
    return None if discord_id is None else str(discord_id)


def _shown(call: Call, application_id: ApplicationId) -> ApplicationDetail:
    return call.use_cases.show_application()(application_id, by=call.by)


# --- lists ------------------------------------------------------------------------------------------------------------


@applications.get("/api/applications/", *READING, polled=True)
def list_applications(call: Call, query: ApplicationsQuery) -> Page[ApplicationRow]:
    return call.use_cases.list_applications()(
        statuses=frozenset() if query.status is None else frozenset({query.status}),
        archived=query.archived,
        search=query.search,
        ordering=query.ordering,
        page=query.wanted,
        by=call.by,
    )


@applications.get(
    "/api/applications/pending/", Permission.APPLICATIONS_WRITE, use_case="list_applications", polled=True
)
def list_pending_applications(call: Call, query: StepQuery) -> Page[ApplicationRow]:
    """Those that wait for the recruiters."""
    return _in_status(call, ApplicationStatus.SUBMITTED, query)


@applications.get("/api/applications/voting-active/", *READING, use_case="list_applications", polled=True)
def list_applications_in_vote(call: Call, query: StepQuery) -> Page[ApplicationRow]:
    """Those that are voted on."""
    return _in_status(call, ApplicationStatus.VOTING_ACTIVE, query)


@applications.get("/api/applications/trial-members/", *READING, use_case="list_applications", polled=True)
def list_trials(call: Call, query: StepQuery) -> Page[ApplicationRow]:
    """Those on trial on whom nobody votes yet."""
    return _in_status(call, ApplicationStatus.TRIAL_ACCEPTED, query)


def _in_status(call: Call, status: ApplicationStatus, query: StepQuery) -> Page[ApplicationRow]:
    return call.use_cases.list_applications()(
        statuses=frozenset({status}), search=query.search, ordering=query.ordering, page=query.wanted, by=call.by
    )


# --- reviewing --------------------------------------------------------------------------------------------------------


@frozen(kw_only=True)
class Promotion:
    """What became of a pass: whose character it is, and what is left to do; who promotes need not read applications."""

    application_id: ApplicationId
    user_id: UserId
    character_id: CharacterId | None
    task: OpenTask | None


@applications.post("/api/applications/{application_id}/trial-accept/", Permission.APPLICATIONS_WRITE, status=200)
def accept_to_trial(call: Call, application_id: ApplicationId, body: StepBody) -> ApplicationDetail:
    call.use_cases.accept_to_trial()(application_id, reason=body.reason, by=call.by)
    return _shown(call, application_id)


@applications.post("/api/applications/{application_id}/reject/", Permission.APPLICATIONS_WRITE, status=200)
def reject_application(call: Call, application_id: ApplicationId, body: RejectionBody) -> ApplicationDetail:
    call.use_cases.reject_application()(application_id, reason=body.reason, by=call.by)
    return _shown(call, application_id)


@applications.post("/api/applications/{application_id}/extend-trial/", Permission.APPLICATIONS_WRITE, status=200)
def extend_trial(call: Call, application_id: ApplicationId, body: TrialExtensionBody) -> ApplicationDetail:
    call.use_cases.extend_trial()(application_id, days=body.days, by=call.by)
    return _shown(call, application_id)


@applications.post("/api/applications/{application_id}/promote-trial/", Permission.MEMBERSHIPS_WRITE, status=200)
def promote_trial(call: Call, application_id: ApplicationId, body: PromotionBody) -> Promotion:
    promoted = call.use_cases.promote_trial()(application_id, character_name=body.character_name, by=call.by)
    return Promotion(
        application_id=promoted.id, user_id=promoted.user_id, character_id=promoted.character_id, task=promoted.task
    )


@applications.post("/api/applications/{application_id}/discord-webhook/", Permission.APPLICATIONS_WRITE, status=204)
def post_trial_summary(call: Call, application_id: ApplicationId) -> None:
    call.use_cases.post_trial_summary()(application_id, by=call.by)


@applications.post("/api/applications/{application_id}/comments/", Permission.APPLICATIONS_WRITE)
def comment_on_application(call: Call, application_id: ApplicationId, body: CommentBody) -> CommentRow:
    said = call.use_cases.comment_on_application()(application_id, body.text, visible=body.visible, by=call.by)
    (comment,) = (each for each in _shown(call, application_id).comments if each.id == said.id)
    return comment


@applications.post("/api/applications/{application_id}/feedback/", Permission.FEEDBACK_OWN, status=204, idempotent=True)
def leave_feedback(call: Call, application_id: ApplicationId, body: FeedbackBody) -> None:
    call.use_cases.leave_feedback()(application_id, body.text, by=call.by)


@applications.get("/api/applications/{application_id}/performance/", Permission.APPLICATIONS_WRITE)
def show_trial_performance(call: Call, application_id: ApplicationId) -> TrialPerformance:
    return call.use_cases.show_trial_performance()(application_id, by=call.by)


@applications.delete("/api/applications/{application_id}/", Permission.APPLICATIONS_WRITE)
def remove_application(call: Call, application_id: ApplicationId) -> None:
    call.use_cases.remove_application()(application_id, by=call.by)


# --- how a guild recruits ---------------------------------------------------------------------------------------------


class FormQuery(Query, frozen=True, kw_only=True):
    """Which version of the form; the latest unless named."""

    version: Whole | None = None


class FormBody(Body, frozen=True, kw_only=True):
    """The questions, all of them, in the order in which they are asked."""

    form: Annotated[
        dict[str, object],
        Meta(
            description="The form; each of its `questions` has: "
            + "; ".join(f"`{each.name}`: {each.metadata['help']}" for each in fields(Question)),
            extra_json_schema={
                "properties": {each.name: {"description": each.metadata["help"]} for each in fields(Form)},
                "examples": [{"questions": [{"id": "why", "text": "Why us?", "required": True}]}],
            },
        ),
    ]


class RecruitmentRulesBody(Body, frozen=True, kw_only=True):
    """What changes about the rules; those that are not named stay."""

    rules: Annotated[
        dict[str, object],
        Meta(
            description="Rules by name.",
            extra_json_schema={
                "properties": {each.name: {"description": each.metadata["help"]} for each in fields(RecruitmentRules)},
                "examples": [{"vote_hours": 72, "quorum": 5}],
            },
        ),
    ]


class StatisticsQuery(Query, frozen=True, kw_only=True):
    """Of which applications: submitted from `since` on and before `until`."""

    since: Moment | None = None
    until: Moment | None = None


@applications.get("/api/applications/form/", *OWN)
def show_application_form(call: Call, query: FormQuery) -> FormRow:
    return call.use_cases.show_application_form()(version=query.version, by=call.by)


@applications.put("/api/applications/form/", Permission.GUILD_WRITE)
def set_application_form(call: Call, body: FormBody) -> FormRow:
    return call.use_cases.set_application_form()(body.form, by=call.by)


@applications.get("/api/applications/rules/", *READING, Permission.GUILD_WRITE)
def show_recruitment_rules(call: Call) -> tuple[RecruitmentRulesRow, ...]:
    return call.use_cases.show_recruitment_rules()(by=call.by)


@applications.change("/api/applications/rules/", Permission.GUILD_WRITE)
def set_recruitment_rules(call: Call, body: RecruitmentRulesBody) -> RecruitmentRulesRow:
    return call.use_cases.set_recruitment_rules()(body.rules, by=call.by)


@applications.get("/api/admin/application-statistics/", Permission.APPLICATIONS_WRITE)
def show_application_statistics(call: Call, query: StatisticsQuery) -> ApplicationStatistics:
    return call.use_cases.show_application_statistics()(
        since=moment_of(query.since, "since"), until=moment_of(query.until, "until"), by=call.by
    )

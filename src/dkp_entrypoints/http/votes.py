"""Votes on applicants over HTTP: cast, changed and withdrawn; and what each role group may read of them (V-7)."""

from __future__ import annotations

from typing import Final

from dkp_core.kernel.ids import ApplicationId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.recruitment import (
    ApplicationDetail,
    EligibilityRow,
    Option,
    Stage,
    VoteChangeRow,
    VoteDetails,
    VoteSummary,
)
from dkp_entrypoints.http.applications import StepBody
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.reading import Body, Paged, Query, Whole

votes: Final = Operations("Votes")


class VoteBody(Body, frozen=True, kw_only=True):
    """What is voted for."""

    option: Option


class PollQuery(Query, frozen=True, kw_only=True):
    """Which vote: the latest, unless a round or stage is named."""

    round: Whole | None = None
    stage: Stage | None = None


@votes.post("/api/applications/{application_id}/start-voting/", Permission.APPLICATIONS_WRITE, status=200)
def start_voting(call: Call, application_id: ApplicationId, body: StepBody) -> ApplicationDetail:
    call.use_cases.start_voting()(application_id, reason=body.reason, by=call.by)
    return call.use_cases.show_application()(application_id, by=call.by)


@votes.post("/api/applications/{application_id}/vote/", Permission.VOTES_OWN, status=200)
def cast_vote(call: Call, application_id: ApplicationId, body: VoteBody) -> VoteSummary:
    return _cast(call, application_id, body)


@votes.put("/api/applications/{application_id}/vote/", Permission.VOTES_OWN, use_case="cast_vote")
def put_vote(call: Call, application_id: ApplicationId, body: VoteBody) -> VoteSummary:
    return _cast(call, application_id, body)


def _cast(call: Call, application_id: ApplicationId, body: VoteBody) -> VoteSummary:
    call.use_cases.cast_vote()(application_id, body.option, by=call.by)
    return call.use_cases.show_vote_summary()(application_id, by=call.seeing(Permission.TALLIES_READ))


@votes.delete("/api/applications/{application_id}/vote/", Permission.VOTES_OWN)
def withdraw_vote(call: Call, application_id: ApplicationId) -> None:
    call.use_cases.withdraw_vote()(application_id, by=call.by)


@votes.post("/api/applications/{application_id}/recuse/", Permission.VOTES_OWN, status=204)
def recuse_from_vote(call: Call, application_id: ApplicationId) -> None:
    call.use_cases.recuse_from_vote()(application_id, by=call.by)


@votes.get("/api/applications/{application_id}/votes/summary/", Permission.TALLIES_READ)
def show_vote_summary(call: Call, application_id: ApplicationId, query: PollQuery) -> VoteSummary:
    return _summed_up(call, application_id, query)


@votes.get(
    "/api/applications/{application_id}/votes/member-view/", Permission.TALLIES_READ, use_case="show_vote_summary"
)
def show_member_view(call: Call, application_id: ApplicationId, query: PollQuery) -> VoteSummary:
    """The same as `votes/summary/`."""
    return _summed_up(call, application_id, query)


def _summed_up(call: Call, application_id: ApplicationId, query: PollQuery) -> VoteSummary:
    return call.use_cases.show_vote_summary()(application_id, round_=query.round, stage=query.stage, by=call.by)


@votes.get("/api/applications/{application_id}/votes/details/", Permission.VOTES_READ)
def show_vote_details(call: Call, application_id: ApplicationId, query: PollQuery) -> VoteDetails:
    return _in_full(call, application_id, query)


@votes.get(
    "/api/applications/{application_id}/votes/officer-view/", Permission.VOTES_READ, use_case="show_vote_details"
)
def show_officer_view(call: Call, application_id: ApplicationId, query: PollQuery) -> VoteDetails:
    """The same as `votes/details/`."""
    return _in_full(call, application_id, query)


def _in_full(call: Call, application_id: ApplicationId, query: PollQuery) -> VoteDetails:
    return call.use_cases.show_vote_details()(application_id, round_=query.round, stage=query.stage, by=call.by)


@votes.get("/api/applications/{application_id}/voting-eligibility/", Permission.VOTES_READ)
def show_voting_eligibility(call: Call, application_id: ApplicationId) -> tuple[EligibilityRow, ...]:
    return call.use_cases.show_voting_eligibility()(application_id, by=call.by)


@votes.get("/api/applications/{application_id}/vote-changes/", Permission.VOTES_READ)
def show_vote_changes(call: Call, application_id: ApplicationId, query: Paged) -> Page[VoteChangeRow]:
    return call.use_cases.show_vote_changes()(application_id, page=query.wanted, by=call.by)

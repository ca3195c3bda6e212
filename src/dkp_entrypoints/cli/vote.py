"""`dkp vote`: votes on applicants: one's own, and what one may read of all."""

from __future__ import annotations

from typing import Annotated

import typer

from dkp_core.recruitment import (
    Option,
    RecuseFromVote,
    ShowVoteChanges,
    ShowVoteDetails,
    ShowVoteSummary,
    ShowVotingEligibility,
    Stage,
    VoteSummary,
    WithdrawVote,
)
from dkp_entrypoints.cli.answering import LIMIT, answer_rows, done, every
from dkp_entrypoints.cli.application import APPLICATION
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import application_id
from dkp_entrypoints.cli.printing import print_json, print_one, print_rows

app = family("vote", "Votes on applicants. Whoever votes does so with a key of their own: --server and --key.")

ROUND = Annotated[int | None, typer.Option("--round", help="Of which round; the latest, unless given.")]
STAGE = Annotated[Stage | None, typer.Option(help="Of which stage; the latest, unless given.")]

_TOTALS = ("option", "votes", "counted")
_VOTERS = ("username", "role_group", "option", "attendance", "counts", "cast_at", "changes")
_RECUSED = ("username", "at")
_ELECTORS = ("username", "role_group", "attendance", "counts", "voted", "recused")
_CHANGES = ("at", "username", "round", "before", "after", "attendance")

CAST = """Vote on an applicant: pass, fail or recycle; again and again while the vote is open, the last one stands.

It is your own vote, with your own key: --server and --key. Your attendance at this moment is kept with it."""


@command(app, "cast", CAST, remote=True)
def cast(
    call: Call,
    application: APPLICATION,
    option: Annotated[Option, typer.Argument(metavar="OPTION", help="pass, fail or recycle.")],
) -> None:
    found = application_id(application)
    call.change(lambda by: call.use_cases().cast_vote()(found, option, by=by))
    _tell(call, call.use_cases().show_vote_summary()(found, by=call.by()))


@command(app, "withdraw", WithdrawVote, remote=True)
def withdraw(call: Call, application: APPLICATION) -> None:
    found = application_id(application)
    call.change(lambda by: call.use_cases().withdraw_vote()(found, by=by))
    done(call, f"You have no vote on application {found} now.", id=found)


@command(app, "recuse", RecuseFromVote, remote=True)
def recuse(call: Call, application: APPLICATION) -> None:
    found = application_id(application)
    call.change(lambda by: call.use_cases().recuse_from_vote()(found, by=by))
    done(call, f"You keep out of the votes on application {found}.", id=found)


@command(app, "summary", ShowVoteSummary, remote=True)
def summary(call: Call, application: APPLICATION, round_: ROUND = None, stage: STAGE = None) -> None:
    found = application_id(application)
    _tell(call, call.use_cases().show_vote_summary()(found, round_=round_, stage=stage, by=call.by()))


def _tell(call: Call, found: VoteSummary) -> None:
    if call.as_json:
        print_json(found)
        return
    zone = call.guild().timezone
    print_one(found, zone=zone, without=("totals", "own"))
    if found.own is not None:
        counts = "counts" if found.own.counts else "does not count"
        print(f"\nYour vote: {found.own.option}; with {found.own.attendance} % attendance it {counts}.")
    if found.totals is not None:
        print()
        print_rows(found.totals, _TOTALS)


@command(app, "details", ShowVoteDetails)
def details(call: Call, application: APPLICATION, round_: ROUND = None, stage: STAGE = None) -> None:
    found = call.use_cases().show_vote_details()(application_id(application), round_=round_, stage=stage, by=call.by())
    if call.as_json:
        print_json(found)
        return
    _tell(call, found.summary)
    zone = call.guild().timezone
    print()
    print_rows(found.voters, _VOTERS, zone=zone, nothing="Nobody has voted.")
    if found.recusals:
        print("\nThey keep out of it:")
        print_rows(found.recusals, _RECUSED, zone=zone)


@command(app, "eligibility", ShowVotingEligibility)
def eligibility(call: Call, application: APPLICATION) -> None:
    rows = call.use_cases().show_voting_eligibility()(application_id(application), by=call.by())
    answer_rows(call, rows, _ELECTORS, nothing="Nobody may vote.")


@command(app, "changes", ShowVoteChanges)
def changes(call: Call, application: APPLICATION, limit: LIMIT = None) -> None:
    found = application_id(application)
    rows = every(lambda page: call.use_cases().show_vote_changes()(found, page=page, by=call.by()), limit)
    answer_rows(call, rows, _CHANGES, nothing="Nobody has voted.")

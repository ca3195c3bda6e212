"""`dkp claim`: who says that an unlinked user's characters are theirs."""

from __future__ import annotations

from typing import Annotated

import typer
from attrs import evolve

from dkp_core.kernel.actor import Actor
from dkp_core.kernel.ids import ClaimId, UserId
from dkp_core.points import ApproveClaim
from dkp_core.roster import (
    ClaimFilter,
    ClaimRow,
    ClaimStatus,
    ListClaims,
    MakeClaim,
    RefuseClaim,
    ShowClaim,
    WithdrawClaim,
)
from dkp_entrypoints.cli.answering import LIMIT, answer, answer_rows, every
from dkp_entrypoints.cli.call import Call
from dkp_entrypoints.cli.commanding import command, family
from dkp_entrypoints.cli.naming import user_id

app = family("claim", "Claims on the characters of users whose Discord account is not known.")

CLAIM = Annotated[int, typer.Argument(metavar="CLAIM", help="Its id, as dkp claim list shows it.")]
CLAIMANT = Annotated[str, typer.Option("--for", metavar="USER", help="Who claims: an id, a Discord id or a username.")]
REASON = Annotated[str, typer.Option(help="Why, which the claimant is told.")]


@command(app, "list", ListClaims)
def list_claims(
    call: Call,
    status: Annotated[ClaimStatus | None, typer.Option(help="Only claims of this status.")] = None,
    claimant: Annotated[
        str | None, typer.Option("--for", metavar="USER", help="Only those that this user made.")
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Only those on this unlinked user.")] = None,
    limit: LIMIT = None,
) -> None:
    wanted = ClaimFilter(
        status=status,
        claimant=None if claimant is None else user_id(call, claimant),
        user_id=None if user is None else user_id(call, user),
    )
    rows = every(lambda page: call.use_cases().list_claims()(wanted, page=page, by=call.by()), limit)
    answer_rows(
        call, rows, ("id", "claimant", "character", "username", "status", "made_at", "reason"), nothing="No claim."
    )


@command(app, "show", ShowClaim)
def show(call: Call, claim: CLAIM) -> None:
    answer(call, call.use_cases().show_claim()(ClaimId(claim), by=call.by()))


@command(app, "make", MakeClaim, changes=True)
def make(
    call: Call,
    character: Annotated[str, typer.Argument(metavar="CHARACTER", help="One of the characters that are claimed.")],
    claimant: CLAIMANT,
) -> None:
    def made(_: Actor) -> ClaimRow:
        by = _as(call, user_id(call, claimant))
        claim = call.use_cases().make_claim()(character, by=by)
        return call.use_cases().show_claim()(claim.id, by=by)

    answer(call, call.change(made))


@command(app, "withdraw", WithdrawClaim, changes=True)
def withdraw(call: Call, claim: CLAIM) -> None:
    def withdrawn(by: Actor) -> ClaimRow:
        row = call.use_cases().show_claim()(ClaimId(claim), by=by)
        call.use_cases().withdraw_claim()(row.id, by=_as(call, row.claimant_id))
        return call.use_cases().show_claim()(row.id, by=by)

    answer(call, call.change(withdrawn))


@command(app, "approve", ApproveClaim, changes=True)
def approve(call: Call, claim: CLAIM, reason: REASON = "") -> None:
    answer(call, call.change(lambda by: call.use_cases().approve_claim()(ClaimId(claim), reason=reason, by=by)))


@command(app, "refuse", RefuseClaim, changes=True)
def refuse(call: Call, claim: CLAIM, reason: REASON = "") -> None:
    def refused(by: Actor) -> ClaimRow:
        call.use_cases().refuse_claim()(ClaimId(claim), reason=reason, by=by)
        return call.use_cases().show_claim()(ClaimId(claim), by=by)

    answer(call, call.change(refused))


def _as(call: Call, user: UserId) -> Actor:
    """The operator, for what is the user's own."""
    return evolve(call.by(), user_id=user)

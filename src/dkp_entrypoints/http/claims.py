"""Claims, merges, and which Discord account somebody has, over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

from dkp_core.accounts import UserRow
from dkp_core.kernel.ids import ClaimId, MergeId, UserId
from dkp_core.kernel.page import Page
from dkp_core.kernel.permission import Permission
from dkp_core.points import MergeFilter, MergeReport, MergeRow
from dkp_core.roster import ClaimFilter, ClaimRow, ClaimStatus
from dkp_entrypoints.http.operation import Call, Operations
from dkp_entrypoints.http.reading import Body, Id, Paged, Query, Text

claims: Final = Operations("Claims and merges")


class NewClaimBody(Body, frozen=True, kw_only=True):
    """One of the characters that are claimed."""

    character: Annotated[str, Meta(description="A name or alias, in any case.")]


class DecisionBody(Body, frozen=True, kw_only=True):
    """Why, which the claimant is told."""

    reason: Text = ""


class ClaimsQuery(Paged, frozen=True, kw_only=True):
    """Which claims are wanted."""

    status: ClaimStatus | None = None
    claimant_id: Annotated[Id, Meta(description="Who claims; officers see everybody's.")] | None = None
    user_id: Annotated[Id, Meta(description="The unlinked user that is claimed.")] | None = None


class MergeBody(Body, frozen=True, kw_only=True):
    """Into whom the user is merged, and why."""

    into: Annotated[Id, Meta(description="The user with a Discord account.")]
    reason: Text = ""
    dry_run: Annotated[bool, Meta(description="Tell what would be, and change nothing.")] = False


class MergesQuery(Paged, frozen=True, kw_only=True):
    """Which merges are wanted."""

    user_id: Annotated[Id, Meta(description="On either side.")] | None = None
    undone: bool | None = None


class UndoBody(Body, frozen=True, kw_only=True):
    """Why a merge is taken back."""

    reason: Text


class LinkBody(Body, frozen=True, kw_only=True):
    """Who has which Discord account: a user, or whoever owns that character."""

    discord_id: Annotated[int | str, Meta(description="As Discord shows it to developers.")]
    user: Id | None = None
    character: str = ""


class UnlinkQuery(Query, frozen=True, kw_only=True):
    """Why."""

    reason: str = ""


@claims.get("/api/claims/", Permission.CLAIMS_OWN, Permission.CLAIMS_WRITE)
def list_claims(call: Call, query: ClaimsQuery) -> Page[ClaimRow]:
    wanted = ClaimFilter(
        status=query.status,
        claimant=None if query.claimant_id is None else UserId(query.claimant_id),
        user_id=None if query.user_id is None else UserId(query.user_id),
    )
    return call.use_cases.list_claims()(wanted, page=query.wanted, by=call.by)


@claims.post("/api/claims/", Permission.CLAIMS_OWN, idempotent=True)
def make_claim(call: Call, body: NewClaimBody) -> ClaimRow:
    made = call.use_cases.make_claim()(body.character, by=call.by)
    return call.use_cases.show_claim()(made.id, by=call.by)


@claims.get("/api/claims/{claim_id}/", Permission.CLAIMS_OWN, Permission.CLAIMS_WRITE)
def show_claim(call: Call, claim_id: ClaimId) -> ClaimRow:
    return call.use_cases.show_claim()(claim_id, by=call.by)


@claims.post("/api/claims/{claim_id}/withdraw/", Permission.CLAIMS_OWN, status=200)
def withdraw_claim(call: Call, claim_id: ClaimId) -> ClaimRow:
    call.use_cases.withdraw_claim()(claim_id, by=call.by)
    return call.use_cases.show_claim()(claim_id, by=call.by)


@claims.post("/api/claims/{claim_id}/approve/", Permission.CLAIMS_WRITE, status=200, idempotent=True)
def approve_claim(call: Call, claim_id: ClaimId, body: DecisionBody) -> MergeReport:
    return call.use_cases.approve_claim()(claim_id, reason=body.reason, by=call.by)


@claims.post("/api/claims/{claim_id}/refuse/", Permission.CLAIMS_WRITE, status=200)
def refuse_claim(call: Call, claim_id: ClaimId, body: DecisionBody) -> ClaimRow:
    call.use_cases.refuse_claim()(claim_id, reason=body.reason, by=call.by)
    return call.use_cases.show_claim()(claim_id, by=call.by)


@claims.post("/api/users/{user_id}/merge/", Permission.CLAIMS_WRITE, status=200, idempotent=True)
def merge_users(call: Call, user_id: UserId, body: MergeBody) -> MergeReport:
    return call.use_cases.merge_users()(
        user_id, into=UserId(body.into), reason=body.reason, dry_run=body.dry_run, by=call.by
    )


@claims.get("/api/merges/", Permission.CLAIMS_WRITE)
def list_merges(call: Call, query: MergesQuery) -> Page[MergeRow]:
    user_id = None if query.user_id is None else UserId(query.user_id)
    wanted = MergeFilter(user_id=user_id, undone=query.undone)
    return call.use_cases.list_merges()(wanted, page=query.wanted, by=call.by)


@claims.get("/api/merges/{merge_id}/", Permission.CLAIMS_WRITE)
def show_merge(call: Call, merge_id: MergeId) -> MergeRow:
    return call.use_cases.show_merge()(merge_id, by=call.by)


@claims.post("/api/merges/{merge_id}/undo/", Permission.CLAIMS_WRITE, status=200, idempotent=True)
def undo_merge(call: Call, merge_id: MergeId, body: UndoBody) -> MergeRow:
    call.use_cases.undo_merge()(merge_id, reason=body.reason, by=call.by)
    return call.use_cases.show_merge()(merge_id, by=call.by)


@claims.post("/api/discord/link-member/", Permission.CLAIMS_WRITE, status=200)
def link_user(call: Call, body: LinkBody) -> UserRow:
    linked = call.use_cases.link_user()(
        user_id=None if body.user is None else UserId(body.user),
        character=body.character,
        discord_id=str(body.discord_id),
        by=call.by,
    )
    return call.use_cases.show_user()(linked.id, by=call.seeing(Permission.ROSTER_READ))


@claims.delete("/api/discord/unlink-member/{user_id}/", Permission.MEMBERSHIPS_WRITE)
def unlink_user(call: Call, user_id: UserId, query: UnlinkQuery) -> None:
    """The list of merges, asked for this user, tells who the new unlinked user is."""
    call.use_cases.unlink_user()(user_id, reason=query.reason, by=call.by)

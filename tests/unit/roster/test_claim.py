"""A claim, its code, and what can become of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dkp_core.kernel.actor import operator
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import ClaimId, GuildId, MergeId, UserId
from dkp_core.roster import CODE_MARK, Claim, ClaimIsDecided, ClaimStatus, codes_in
from dkp_core.roster.claim import CODE_LASTS, CODE_LETTERS, claim_code
from dkp_core.roster.events import ClaimApproved, ClaimMade, ClaimRefused, ClaimWithdrawn

AT = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
BY = operator("test", GuildId(1))
CODE = "claim-bcdfghjk"


def made() -> Claim:
    """A claim that waits."""
    return Claim.make(
        ClaimId(3), GuildId(1), claimant=UserId(7), user_id=UserId(5), character_name="Karnor", code=CODE, at=AT
    )


# --- codes ------------------------------------------------------------------------------------------------------------


@given(st.binary(min_size=8, max_size=8))
def test_a_code_is_found_in_what_is_said(chance: bytes) -> None:
    """R-8: however it was typed, and whatever stands around it."""
    code = claim_code(chance)
    assert code.startswith(CODE_MARK)
    assert set(code.removeprefix(CODE_MARK)) <= set(CODE_LETTERS)
    for said in (code, f"ok here: {code.upper()}!", f"'{code.title()}', and {code}x no"):
        assert list(codes_in(said)) == [code]


def test_codes_differ() -> None:
    """R-8: nobody guesses one."""
    assert len({claim_code(number.to_bytes(8)) for number in range(2000)}) == 2000
    assert len(CODE_LETTERS) ** 8 > 10**10


@pytest.mark.parametrize(
    "said",
    [
        "",
        "claim-",
        "claim-bcdfghj",
        "claim-bcdfghjkm",
        "xclaim-bcdfghjk",
        "claim-bcdfghjé",
        "claim bcdfghjk",
        "my claim-to-fame",
    ],
)
def test_what_is_no_code_is_passed_over(said: str) -> None:
    """R-8."""
    assert list(codes_in(said)) == []


def test_a_long_line_of_half_codes_takes_no_time() -> None:
    """O-19: the search is linear."""
    assert list(codes_in("claim-" * 200_000)) == []


# --- deciding ---------------------------------------------------------------------------------------------------------


def test_a_new_claim_waits() -> None:
    """R-8, G-5: and tells of it, but not of its code."""
    claim = made()
    assert (claim.status, claim.is_open, claim.code_until) == (ClaimStatus.PENDING, True, AT + CODE_LASTS)
    assert claim.pending == (ClaimMade(claim_id=ClaimId(3), claimant=UserId(7), user_id=UserId(5)),)
    assert CODE not in repr(claim)


def test_a_claim_is_approved_refused_or_withdrawn() -> None:
    """R-8: with who decided, when and why."""
    claim = made().saved()
    approved = claim.approve(MergeId(9), by_code=True, reason=" heard ", by=BY, at=AT)
    assert (approved.status, approved.merge_id, approved.by_code, approved.reason) == ("approved", 9, True, "heard")
    assert approved.pending == (ClaimApproved(claim_id=ClaimId(3), merge_id=MergeId(9), by_code=True),)
    refused = claim.refuse(reason="no", by=BY, at=AT)
    assert (refused.status, refused.decided_by, refused.decided_at) == ("refused", "operator", AT)
    assert refused.pending == (ClaimRefused(claim_id=ClaimId(3), reason="no"),)
    withdrawn = claim.withdraw(BY, AT)
    assert (withdrawn.status, withdrawn.pending) == ("withdrawn", (ClaimWithdrawn(claim_id=ClaimId(3)),))


@pytest.mark.parametrize("status", [each for each in ClaimStatus if each is not ClaimStatus.PENDING])
def test_a_claim_is_decided_once(status: ClaimStatus) -> None:
    """R-8."""
    decided = {
        ClaimStatus.APPROVED: made().approve(MergeId(1), by_code=False, reason="", by=BY, at=AT),
        ClaimStatus.REFUSED: made().refuse(reason="", by=BY, at=AT),
        ClaimStatus.WITHDRAWN: made().withdraw(BY, AT),
    }[status]
    assert decided.status is status
    decisions: tuple[Callable[[], Claim], ...] = (
        partial(decided.approve, MergeId(1), by_code=False, reason="", by=BY, at=AT),
        partial(decided.refuse, reason="", by=BY, at=AT),
        partial(decided.withdraw, BY, AT),
    )
    for again in decisions:
        with pytest.raises(ClaimIsDecided) as refusal:
            again()
        assert (refusal.value.claim_id, refusal.value.status) == (3, status)
    assert not decided.is_proven_by(CODE, AT)


def test_a_reason_has_its_limit() -> None:
    """G-8."""
    with pytest.raises(InvalidValue):
        made().refuse(reason="x" * 501, by=BY, at=AT)


def test_a_code_proves_its_own_claim_for_seven_days() -> None:
    """R-8: to the edge of the window."""
    claim = made()
    assert claim.is_proven_by(CODE, AT + timedelta(days=7) - timedelta(microseconds=1))
    assert not claim.is_proven_by(CODE, AT + timedelta(days=7))
    assert not claim.is_proven_by("claim-kjhgfdcb", AT)

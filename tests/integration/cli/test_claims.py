"""`dkp claim`, `dkp merge`, `dkp user merge|link|unlink`: people and what the guild's history knows of them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from attrs import fields

from dkp_core.points import MergeReport, MergeRow
from dkp_core.roster import ClaimRow
from tests.integration.cli.command_line import CommandLine


@pytest.fixture
def dkp(dkp: CommandLine) -> CommandLine:
    """The guild of all these tests; what Björn had, 7.50 points too, is an unlinked user's since."""
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "7.50", "--reason", "of old")
    dkp.run("user", "unlink", "Björn", "--reason", "wrong account")
    return dkp


def names(kind: type) -> set[str]:
    """The fields of a row, as the API has them."""
    return {each.name for each in fields(kind)}


def current(dkp: CommandLine, user: str) -> Decimal:
    """A user's points in the default pool."""
    (row,) = dkp.json("points", "balance", user, "--pool", "DKP")
    return Decimal(row["current"])


def owner(dkp: CommandLine, character: str) -> str:
    """What its owner is called."""
    return str(dkp.json("character", "show", character)["owner"])


def test_unlinking_leaves_somebody_who_is_called_as_their_main(dkp: CommandLine) -> None:
    """U-6: with points and characters; it is undone by its number."""
    (merge,) = dkp.json("merge", "list", "--user", "Björn")
    assert set(merge) == names(MergeRow)
    assert (merge["kind"], merge["username"], merge["into_username"]) == ("unlink", "Björn", "Björnulf")
    assert dkp.json("merge", "show", merge["id"]) == merge
    assert owner(dkp, "Zweitulf") == "Björnulf"
    assert [current(dkp, each) for each in ("Zweitulf", "Björn")] == [Decimal("7.5"), 0]
    dkp.run("merge", "undo", merge["id"], "--reason", "right after all")
    assert (owner(dkp, "Zweitulf"), current(dkp, "Björn")) == ("Björn", Decimal("7.5"))
    assert dkp.json("merge", "list", "--standing") == []
    assert [row["undone_reason"] for row in dkp.json("merge", "list", "--undone")] == ["right after all"]
    assert "undone" in dkp.refused("merge", "undo", merge["id"], "--reason", "again", code=6)
    dkp.run("verify")


def test_an_unlinked_user_is_linked_by_a_character(dkp: CommandLine) -> None:
    """R-9: with everything they have; an id that is somebody's names both."""
    taken = dkp.refused("user", "link", "Zweitulf", "323456789012345678", code=6)
    assert "user 3" in taken.lower()
    assert "user 4" in taken.lower()
    linked = dkp.json("user", "link", "Zweitulf", "423456789012345678")
    assert (linked["discord_id"], linked["username"]) == ("423456789012345678", "Björnulf")
    assert current(dkp, "423456789012345678") == Decimal("7.5")
    assert "of their own" in dkp.refused("user", "link", "Zweitulf", "523456789012345678", code=6)


def test_a_merge_is_tried_and_made(dkp: CommandLine) -> None:
    """R-9: a dry run tells the same."""
    tried = dkp.json("user", "merge", "Zweitulf", "--into", "Chloé", "--dry-run")
    assert owner(dkp, "Zweitulf") == "Björnulf"
    report = dkp.json("user", "merge", "Zweitulf", "--into", "Chloé", "--reason", "sisters? no, one")
    assert set(report) == names(MergeReport)
    assert [(each["name"], each["is_main"]) for each in report["characters"]] == [
        ("Björnulf", False),
        ("Zweitulf", False),
    ]
    assert {**report, "merge_id": None} == {**tried, "merge_id": None}
    assert (owner(dkp, "Zweitulf"), current(dkp, "Chloé")) == ("Chloé", Decimal("7.5"))
    assert "merged" in dkp.refused("user", "merge", str(report["user_id"]), "--into", "Alma", code=6)
    dkp.run("verify")


def test_a_claim_is_made_and_decided(dkp: CommandLine) -> None:
    """R-8: the operator claims for somebody, and approves, refuses or takes back."""
    claim = dkp.json("claim", "make", "Zweitulf", "--for", "Chloé")
    assert set(claim) == names(ClaimRow)
    assert claim["code"].startswith("claim-")
    dkp.run("claim", "withdraw", claim["id"])
    refused = dkp.json("claim", "make", "Björnulf", "--for", "Chloé")["id"]
    assert dkp.json("claim", "refuse", refused, "--reason", "never seen")["reason"] == "never seen"
    approved = dkp.json("claim", "make", "Björnulf", "--for", "Chloé")["id"]
    dkp.run("claim", "approve", approved)
    assert [(row["status"], row["code"]) for row in dkp.json("claim", "list", "--for", "Chloé")] == [
        ("approved", None),
        ("refused", None),
        ("withdrawn", None),
    ]
    assert [row["id"] for row in dkp.json("claim", "list", "--status", "refused")] == [refused]
    assert dkp.json("claim", "show", approved)["merge_id"] == dkp.json("merge", "list")[0]["id"]
    assert owner(dkp, "Zweitulf") == "Chloé"
    assert "approved" in dkp.refused("claim", "approve", approved, code=6)
    assert "unlinked" in dkp.refused("claim", "make", "Almaryn", "--for", "Chloé", code=4)

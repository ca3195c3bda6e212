"""`dkp user export`, `consents`, `consent`, `erase`: what the operator does for a person."""

from __future__ import annotations

from tests.integration.cli.command_line import CommandLine


def test_everything_held_on_a_user_is_one_document(dkp: CommandLine) -> None:
    """A-12: to be handed to them; that it was, is in the installation's log."""
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "-1.25", "--reason", "late", "--pool", "DKP")
    document = dkp.json("user", "export", "Björn")
    sections = document["sections"]
    assert sections["profile"][0]["username"] == "Björn"
    assert {row["name"] for row in sections["characters"]} >= {"Björnulf"}
    assert [row["amount"] for row in sections["entries"]] == ["-1.25"]
    assert "Alma" not in str(document)
    assert dkp.run("user", "export", "Björn").stdout.startswith("{")
    assert ("user_exported",) in {row[6:7] for row in dkp.content()["events"]}


def test_consent_is_noted_with_its_date(dkp: CommandLine) -> None:
    """A-12: where it was given on paper, and where it is withdrawn there."""
    assert "Nothing was ever agreed to." in dkp.run("user", "consents", "Björn").output
    dkp.run("user", "consent", "Björn", "email")
    (given,) = dkp.json("user", "consents", "Björn")
    assert (given["kind"], given["withdrawn_at"]) == ("email", None)
    assert "no longer" in dkp.run("user", "consent", "Björn", "email", "--withdrawn").output
    assert dkp.json("user", "consents", "Björn")[0]["withdrawn_at"] is not None
    dkp.refused("user", "consent", "Björn", "everything", code=2)


def test_a_user_is_erased_only_when_it_is_meant(dkp: CommandLine) -> None:
    """A-12: not by mistake; what follows is done when the command ends."""
    dkp.run("character", "set", "Björnulf", "--notes", "wohnt in Graz")
    assert "--yes" in dkp.refused("user", "erase", "Björn", code=3)
    before = dkp.content()
    dkp.run("user", "erase", "Björn", "--dry-run")
    assert dkp.content() == before
    assert dkp.json("user", "erase", "Björn", "--yes")["user_id"] == 2
    left = str(dkp.content())
    assert "Graz" not in left
    assert "'Björn'" not in left
    assert dkp.json("user", "show", "2")["username"] == "erased-2"
    assert dkp.json("character", "show", "Björnulf")["notes"] == ""
    dkp.run("user", "erase", "2", "--yes")
    assert "erased" in dkp.refused("user", "resume", "2", code=6)


def test_the_last_officer_is_not_erased(dkp: CommandLine) -> None:
    """A-2: not by the operator either."""
    assert "last officer" in dkp.refused("user", "erase", "Alma", "--yes", code=6)

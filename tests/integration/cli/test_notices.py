"""Channels and notices on the command line."""

from __future__ import annotations

from typing import Final

import pytest

from dkp_adapters.sealing import make_key
from tests.integration.cli.command_line import CommandLine

URL: Final = "https://discord.com/api/webhooks/1190000000000000002/cli-token"


@pytest.fixture(autouse=True)
def _a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something to keep secrets with."""
    monkeypatch.setenv("DKP_ENCRYPTION_KEYS", make_key())


def test_a_channel_is_set_from_standard_input(dkp: CommandLine) -> None:
    """V-9, O-13: where no shell remembers it; the warning is told, the address is not."""
    outcome = dkp.run("guild", "channel", "set", "members", "-", stdin=URL + "\n")
    assert "guests and applicants" in outcome.stderr
    assert "cli-token" not in outcome.output
    rows = dkp.json("guild", "channel", "list")
    assert [(row["channel"], row["webhook_id"]) for row in rows] == [
        ("recruiters", None),
        ("members", "1190000000000000002"),
        ("officers", None),
    ]
    dkp.run("guild", "channel", "set", "members", "--none")
    assert not any(row["is_set"] for row in dkp.json("guild", "channel", "list"))


def test_a_dry_run_sets_nothing(dkp: CommandLine) -> None:
    """I-3."""
    before = dkp.content()
    assert dkp.json("guild", "channel", "set", "officers", URL, "--dry-run")["is_set"]
    dkp.run("notice", "drop", "1", "--dry-run", code=4)
    dkp.run("notice", "resend", "1", "--dry-run", code=4)
    assert dkp.content() == before
    dkp.run("guild", "channel", "set", "officers", URL)
    before = dkp.content()
    dkp.run("notice", "test", "officers", "--dry-run")
    assert dkp.content() == before


def test_what_can_not_be_done_is_told_in_a_line(dkp: CommandLine) -> None:
    """G-8."""
    assert "no address of a webhook" in dkp.refused("guild", "channel", "set", "members", "https://x/", code=3)
    assert "webhook" in dkp.refused("guild", "channel", "set", "members", code=3)
    assert "has no webhook yet" in dkp.refused("notice", "test", "members", code=6)
    assert "no notice '7'" in dkp.refused("notice", "resend", "7", code=4)


def test_notices_are_listed_for_the_guild_and_for_a_person(dkp: CommandLine) -> None:
    """I-3."""
    dkp.run("guild", "channel", "set", "recruiters", URL)
    assert "on its way" in dkp.run("notice", "test", "recruiters").stdout
    (row,) = dkp.json("notice", "list", "--status", "waiting", "--to", "channel")
    assert (row["recipient"], row["subject"]) == ("recruiters", "Notices of Freya's Chariot arrive here")
    assert "channel recruiters" in dkp.run("notice", "list").stdout
    assert dkp.json("notice", "list", "--user", "Alma") == []
    assert "waiting" in dkp.refused("notice", "drop", row["id"], code=6)

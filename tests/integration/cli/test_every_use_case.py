"""Every use case is reachable from the command line, and answers what the API answers."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dependency_injector import providers
from litestar.testing import TestClient

import dkp_entrypoints.cli
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http import create_app
from dkp_entrypoints.settings import Settings
from tests.integration.cli.command_line import CommandLine

FOLDER = Path(dkp_entrypoints.cli.__file__).parent

# What no person asks for by itself, and who asks for it.
NOT_COMMANDS = {
    "authenticate": "keys are for the API",
    "authenticate_session": "sessions are for browsers",
    "begin_sign_in": "a browser does it",
    "sign_in_with_discord": "a browser does it",
    "sign_in_with_link": "a browser does it",
    "sign_out": "a browser does it",
    "issue_key_with_discord": "`dkp key issue` needs no sign-in",
    "issue_key_with_link": "`dkp key issue` needs no link",
    "record_key_uses": "the API does it",
    "record_session_uses": "the API does it",
    "prune_sign_ins": "the worker does it",
    "revoke_discord_tokens": "the worker does it",
    "standings_revision": "the API's ETag",
    "raids_revision": "the ETag of what old tools are told",
    "awards_revision": "the same",
    "list_attendees": "`dkp raid attendance` shows one raid's; old tools ask for many",
    "show_balance": "`dkp points balance --pool` shows the same",
    "show_balances_of_discord_id": "a USER may be a Discord id",
    "award_waiting_names": "the worker does it",
    "schedule_retention": "the worker does it",
    "schedule_batches": "the worker does it",
    "run_due_batch": "the worker does it",
    "reward_raid": "the worker does it",
    "prune_uploads": "the worker does it",
    "advance_auction": "the worker does it",
    "send_notice": "the worker does it",
    "withdraw_bids_of_leaver": "the worker does it",
    "forget_chat": "the worker does it",
    "forget_on_roster": "the worker does it",
    "decide_vote": "the worker does it",
    "end_trial": "the worker does it",
    "judge_trial": "the worker does it",
    "follow_membership": "the worker does it",
    "give_start_points": "the worker does it",
    "empty_applications": "the worker does it",
    "empty_award_drafts": "the worker does it",
    "empty_disputes": "the worker does it",
}


def use_cases() -> set[str]:
    """Every use case in the container."""
    return {
        name
        for name, provider in UseCases.providers.items()
        if isinstance(provider, providers.Singleton)
        and provider.cls.__module__.startswith("dkp_core.")
        and name not in ("doorman", "minting")
    }


def test_every_use_case_has_its_command() -> None:
    """I-2, I-3: a use case that is added needs a command, or a reason why it has none."""
    asked = set()
    for path in FOLDER.glob("*.py"):
        asked |= set(re.findall(r"use_cases(?:\(\))?\.(\w+)\(\)", path.read_text("utf-8")))
    assert len(use_cases()) > 60
    assert use_cases() - asked == NOT_COMMANDS.keys()


@pytest.fixture(scope="module")
def lived_in(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The guild after a raid, an adjustment and an unresolved name."""
    dkp = CommandLine(tmp_path_factory.mktemp("lived-in") / "dkp.db")
    shutil.copy(founded, dkp.path)
    dkp.run("raid", "add", "Plane of Fear", "--at", "2026-11-19T20:00")
    dkp.run("raid", "attend", "1", "Élan", "Björnulf", "Fremdling")
    dkp.run("points", "adjust", "--user", "Björn", "--amount", "-1.25", "--reason", "late", "--pool", "DKP")
    dkp.run("points", "adjust", "--user", "Björn", "--user", "Alma", "--amount", "1", "--reason", "both")
    dkp.run("auction", "start", "Cloak", "--mode", "sealed_first_price", "--pool", "DKP")
    dkp.run("bid", "place", "1", "--character", "Élan", "--amount", "7")
    dkp.run("award", "give", "Helm", "--character", "Élan", "--amount", "3", "--pool", "DKP")
    dkp.run("auction", "set-rules", "increment=2")
    dkp.run("application", "submit", "Neuling", "--discord-id", "723456789012345678", "--username", "neu")
    dkp.run("application", "accept", "1")
    dkp.run("application", "start-voting", "1")
    return dkp


@pytest.fixture(scope="module")
def client(lived_in: CommandLine) -> Iterator[TestClient[Any]]:
    """Its officer, at the API."""
    key = lived_in.json("key", "issue", "--user", "Alma")["key"]
    with TestClient(create_app(Settings(database_url=lived_in.url, plain_http=True, rate_personal_key="0"))) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


SAME = {
    ("standings",): "/api/points/leaderboard/1/",
    ("character", "list", "--order", "name"): "/api/characters/?ordering=name&page_size=500",
    ("character", "show", "Élan"): "/api/characters/by-name/Élan/",
    ("event-type", "list"): "/api/events/",
    ("raid", "list"): "/api/raids/",
    ("pool", "list"): "/api/pools/",
    ("rank", "list"): "/api/ranks/",
    ("points", "history", "2"): "/api/points/history/user/2/",
    ("points", "adjustments"): "/api/points/adjustments/",
    ("batch", "list"): "/api/points/batches/",
    ("batch", "show", "1"): "/api/points/batches/1/",
    ("batch", "lines", "1"): "/api/points/batches/1/lines/",
    ("user", "list", "--order", "username"): "/api/memberships/?ordering=username",
    ("user", "show", "2"): "/api/users/2/",
    ("item", "list"): "/api/items/",
    ("item", "show", "Helm"): "/api/items/by-name/helm/",
    ("item", "history", "Cloak"): "/api/items/1/bid-history/",
    ("auction", "list"): "/api/bidding/",
    ("auction", "show", "1"): "/api/bidding/1/",
    ("auction", "bids", "1"): "/api/bidding/1/bids/",
    ("auction", "rules"): "/api/bidding/rules/1/",
    ("auction", "grammar"): "/api/bidding/chat-grammar/",
    ("application", "list"): "/api/applications/",
    ("application", "show", "1"): "/api/applications/1/",
    ("application", "performance", "1"): "/api/applications/1/performance/",
    ("application", "form"): "/api/applications/form/",
    ("application", "rules"): "/api/applications/rules/",
    ("application", "statistics"): "/api/admin/application-statistics/",
    ("vote", "details", "1"): "/api/applications/1/votes/details/",
    ("vote", "eligibility", "1"): "/api/applications/1/voting-eligibility/",
    ("vote", "changes", "1"): "/api/applications/1/vote-changes/",
    ("award", "list"): "/api/awards/",
    ("award", "show", "1"): "/api/awards/1/",
}


@pytest.mark.parametrize("command", SAME)
def test_programs_are_answered_as_by_the_api(
    command: tuple[str, ...], lived_in: CommandLine, client: TestClient[Any]
) -> None:
    """I-3: the same fields with the same values, points as text and moments in UTC."""
    response = client.get(SAME[command])
    assert response.status_code == 200, response.text
    answer: Any = response.json()
    listed = answer["results"] if isinstance(answer, dict) and "previous" in answer else answer
    assert lived_in.json(*command) == listed

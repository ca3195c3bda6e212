"""What holds for every operation of the API, generated from the operations themselves."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from attrs import frozen

from dkp_core.kernel.permission import Permission
from dkp_entrypoints.containers import UseCases
from dkp_entrypoints.http.operation import Operation
from tests.integration.http.house import Api, Caller, House
from tests.integration.http.samples import SAMPLES, Sample
from tests.unit.http.operations import OPERATIONS, documented

# What the operator does with the command line, what the worker does, and what every request does by itself.
WITHOUT_OPERATION = {
    "advance_auction",
    "authenticate",
    "authenticate_session",
    "send_notice",
    "award_waiting_names",
    "prune_uploads",
    "prune_sign_ins",
    "record_key_uses",
    "record_session_uses",
    "revoke_discord_tokens",
    "reward_raid",
    "run_due_batch",
    "schedule_batches",
    "schedule_retention",
    "decide_vote",
    "empty_applications",
    "empty_award_drafts",
    "empty_disputes",
    "end_trial",
    "follow_membership",
    "give_start_points",
    "forget_chat",
    "forget_on_roster",
    "judge_trial",
    "withdraw_bids_of_leaver",
}
OF_PAGES = {"begin_sign_in", "sign_in_with_discord", "sign_in_with_link", "sign_out"}
OF_THE_OPERATOR = {
    "import_exported_guild",
    "import_guild",
    "make_sign_in_link",
    "reseal_secrets",
    "set_user_active",
    "undo_import",
    "verify",
}
# The ETag of show_standings; what old tools are told of raids.
PARTS_OF_ANOTHER = {"standings_revision", "list_attendees", "raids_revision", "awards_revision"}
NOT_USE_CASES = {"clock", "chance", "doorman", "hashing", "database", "minting", "settings"}

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=[each.id for each in OPERATIONS])
guarded_operation = pytest.mark.parametrize(
    "operation",
    [each for each in OPERATIONS if not each.anonymous],
    ids=[each.id for each in OPERATIONS if not each.anonymous],
)


def test_every_use_case_has_an_operation() -> None:
    """I-2: the container, but for what only the operator and the worker do, against the operations."""
    cases = {
        name
        for name, provider in UseCases.providers.items()
        if hasattr(provider, "cls") and isinstance(provider.cls, type)
    }
    served = {operation.use_case for operation in OPERATIONS if operation.use_case is not None}
    assert cases - NOT_USE_CASES - WITHOUT_OPERATION - OF_PAGES - OF_THE_OPERATOR - PARTS_OF_ANOTHER == served


def test_every_operation_has_a_sample() -> None:
    """The tests below leave out no operation."""
    assert {operation.id for operation in OPERATIONS} == set(SAMPLES)


def test_the_document_tells_of_every_operation(api: Api) -> None:
    """I-2: ids, paths, methods and permissions in the OpenAPI document are those that are served."""
    found = documented(api.document)
    assert set(found) == {operation.id for operation in OPERATIONS}
    for operation in OPERATIONS:
        about = found[operation.id]
        assert (about.method, about.path) == (operation.method, operation.path)
        assert about.about["x-permission"] == [permission.value for permission in operation.needs]


@every_operation
def test_an_officer_gets_what_the_document_says(operation: Operation, api: Api, settled: House) -> None:
    """I-1: each path answers, with a status and a body of the documented schema; some answer bots alone."""
    house = settled if operation.method == "GET" else api.house()
    sample = SAMPLES[operation.id](house)
    if sample.by_bot:
        refused = sample.send(house.officer, operation.method, operation.path)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
    answer = sample.send(house.recruiting_bot if sample.by_bot else house.officer, operation.method, operation.path)
    if operation.id == "found_guild":
        assert answer.status_code == 403, answer.text  # users may not found guilds here
        return
    if operation.id == "erase_user":
        assert answer.json()["code"] == "invalid_value", answer.text  # the sample does not confirm it
        return
    assert 200 <= answer.status_code < 300, answer.text
    about = documented(api.document)[operation.id].about["responses"]
    assert str(answer.status_code) in about
    if answer.status_code == 204:
        assert answer.content == b""
        return
    media, content = next(iter(about[str(answer.status_code)]["content"].items()))
    assert answer.headers["content-type"] == media == ("text/event-stream" if operation.stream else "application/json")
    if not operation.stream:
        _must_fit(api.document, content["schema"], answer.json())
        return
    events = _events(answer.text)
    assert events
    for event in events:
        _must_fit(api.document, content["schema"], event)
        _must_fit(api.document, content["schema"]["properties"]["data"]["contentSchema"], json.loads(event["data"]))


@every_operation
def test_examples_fit_their_schemas(operation: Operation, api: Api) -> None:
    """I-2: the document's examples are of the form that it promises."""
    about = documented(api.document)[operation.id].about
    answers = about["responses"].values()
    contents = [about.get("requestBody", {}).get("content", {}), *(each.get("content", {}) for each in answers)]
    for content in contents:
        for media in content.values():
            if "example" in media:
                _must_fit(api.document, media["schema"], media["example"])


@every_operation
def test_a_path_works_with_and_without_its_last_slash(operation: Operation, api: Api, settled: House) -> None:
    """Conventions: both spellings lead to the same operation."""
    sample = SAMPLES[operation.id](settled)
    with_slash = sample.send(api.nobody, operation.method, operation.path)
    without = sample.send(api.nobody, operation.method, operation.path.rstrip("/"))
    assert with_slash.status_code == without.status_code == (operation.status if operation.anonymous else 401)


@guarded_operation
@pytest.mark.parametrize("token", [None, "nonsense", "dkp_aaaaaaaaaaaa_bbbb"], ids=["none", "no key", "unknown key"])
def test_nobody_gets_in_without_a_key(operation: Operation, token: str | None, api: Api, settled: House) -> None:
    """A-8, I-2: every operation but health answers 401, and says how to do better."""
    sample = SAMPLES[operation.id](settled)
    before = settled.standings()
    answer = sample.send(Caller(api.client, token), operation.method, operation.path)
    assert answer.status_code == 401, answer.text
    assert answer.json()["code"] == "not_authenticated"
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert settled.standings() == before


@frozen
class Beset:
    """A guild with what there is to ask of it, and how it is as long as nobody gets through."""

    house: House
    samples: dict[str, Sample]
    state: Any

    @classmethod
    def of(cls, house: House) -> Beset:
        """That guild, with a sample of each operation."""
        return cls(house, {each.id: SAMPLES[each.id](house) for each in OPERATIONS}, house.state())


@pytest.fixture(scope="module")
def beset(api: Api) -> Beset:
    """A guild that only strangers ask."""
    return Beset.of(api.house())


@guarded_operation
def test_a_guild_sees_and_changes_nothing_of_another(operation: Operation, strangers: House, beset: Beset) -> None:
    """G-1, O-14: with another guild's ids every operation refuses, or answers without anything of that guild's."""
    sample, mark = beset.samples[operation.id], beset.house.mark
    answer = sample.send(strangers.officer, operation.method, operation.path)
    assert mark not in _without_what_was_sent(answer.text, sample, mark)
    if sample.path:
        assert answer.status_code in (403, 404), answer.text
    else:
        assert answer.status_code < 500, answer.text
    assert beset.house.state() == beset.state


_ENTERED: set[str] = set()


def _without_what_was_sent(text: str, sample: Any, mark: str) -> str:
    """An answer may repeat what it was asked for, as an error does, and what the strangers have entered before."""
    _ENTERED.update(each for each in _texts(sample.body) if mark in each)
    for value in (*sample.path.values(), *_texts(sample.body), *_ENTERED):
        text = text.replace(str(value), "")
    return text


def _texts(body: object) -> list[str]:
    if isinstance(body, str):
        return [body, *body.splitlines()]
    if isinstance(body, dict):
        return [text for value in body.values() for text in _texts(value)]
    if isinstance(body, list):
        return [text for value in body for text in _texts(value)]
    return []


def _events(text: str) -> list[dict[str, str]]:
    """The events of a stream, without the comments."""
    blocks = [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line) for block in text.split("\n\n")]
    return [block for block in blocks if "data" in block]


def _must_fit(document: dict[str, Any], schema: dict[str, Any], value: object) -> None:
    rooted = {**schema, "components": document["components"]}
    found = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in jsonschema_rs.Draft202012Validator(rooted, validate_formats=True).iter_errors(value)
    ]
    assert not found, found


def test_permissions_that_no_operation_needs_are_few() -> None:
    """A-3: a scope that opens nothing would be a promise nobody keeps."""
    used = {permission for operation in OPERATIONS for permission in operation.needs}
    assert set(Permission) == used

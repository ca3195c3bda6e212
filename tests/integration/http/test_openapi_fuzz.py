"""The document is true: whatever is sent that it describes, no 5xx and no answer that it does not tell of (I-2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from msgspec.structs import fields
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from dkp_core.kernel.actor import operator
from dkp_entrypoints.http.document import document_of
from dkp_entrypoints.http.operation import Operation
from tests import services
from tests.integration.databases import with_schema
from tests.integration.http.house import Api, House, serving
from tests.integration.http.samples import SAMPLES
from tests.unit.http.operations import OPERATIONS

EXAMPLES_MAX = 8
DOCUMENT = document_of(OPERATIONS, version="0")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    unsupported_method,
]


def without_common_headers() -> dict[str, Any]:
    """The document without the headers that are read in one place, whatever the operation."""
    paths = {
        path: {
            method: {**about, "parameters": [each for each in about["parameters"] if "$ref" not in each]}
            for method, about in methods.items()
        }
        for path, methods in DOCUMENT["paths"].items()
    }
    return {**DOCUMENT, "paths": paths}


WHOLE = schemathesis.openapi.from_dict(DOCUMENT)
SCHEMA = schemathesis.openapi.from_dict(without_common_headers())
READ_ALIKE = ("list_ranks", "list_awards", "adjust_points", "follow_auction")
"""One that is polled, one that is not, one that takes an Idempotency-Key, one that takes a Last-Event-ID."""


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API on a database of its own, for requests that nobody would make."""
    url = with_schema("sqlite", tmp_path_factory.mktemp("fuzz"))
    with serving(f"{url}?synchronous=off") as api:
        yield api
    services.drop_database(url)


def sent(case: schemathesis.Case[Any], house: House, *, stream: bool) -> httpx.Response:
    """The answer to a generated request, sent with an officer's key as requests would write it.

    A stream is asked for how things are now, since it would have no end.
    """
    made = requests.Request(**case.as_transport_kwargs(base_url="http://testserver.local")).prepare()
    made.headers.pop("X-Guild", None)  # hardly anything that is made up names a guild
    made.headers["Authorization"] = f"Bearer {house.officer.token}"
    headers = [(name.encode(), _as_bytes(value)) for name, value in made.headers.items()]
    url = httpx.URL(made.url or "")
    if stream and all(value.lower() in ("", "0", "false") for value in url.params.get_list("once")):
        url = url.copy_set_param("once", "true")
    return house.api.client.request(made.method or "", url, headers=headers, content=_as_bytes(made.body or b""))


def _as_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    assert isinstance(value, str), "a body is written out whole"
    return value.encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def looked_at(fuzzed: Api) -> House:
    """A guild that is only looked at."""
    return fuzzed.house()


MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
in_each_mode = pytest.mark.parametrize("mode", MODES, ids=["proper", "improper"])


@in_each_mode
@pytest.mark.parametrize("operation", OPERATIONS, ids=[each.id for each in OPERATIONS])
def test_answers_are_as_the_document_says(
    operation: Operation, mode: GenerationMode, fuzzed: Api, looked_at: House
) -> None:
    """I-2, G-8: generated requests, proper and improper ones, with an officer's key."""
    ask(SCHEMA, operation, mode, looked_at if operation.method == "GET" else fuzzed.house())


@in_each_mode
@pytest.mark.parametrize("operation", [each for each in OPERATIONS if each.id in READ_ALIKE], ids=lambda each: each.id)
def test_headers_are_read_as_the_document_says(operation: Operation, mode: GenerationMode, fuzzed: Api) -> None:
    """I-2, G-8: the same with the headers that may come with every request, and those that come with many."""
    ask(WHOLE, operation, mode, fuzzed.house())


def ask(schema: BaseSchema, operation: Operation, mode: GenerationMode, house: House) -> None:
    """Send what is generated. Raises: what of the answer is not as described."""
    described = schema[operation.path][operation.method]
    given_parts = [fields(each) for each in (operation.query, operation.body) if each is not None]
    parts = len(operation.parameters) + sum(map(len, given_parts))  # of which each may be right or wrong
    examples = min(EXAMPLES_MAX, 2 + 2 * parts)
    # What is there is half the way to where something could break.
    path = dict(SAMPLES[operation.id](house).path) if mode is GenerationMode.POSITIVE else None

    @settings(max_examples=examples, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=described.as_strategy(generation_mode=mode, path_parameters=path or None))
    def send(case: schemathesis.Case[Any]) -> None:
        case.validate_response(sent(case, house, stream=operation.stream), checks=CHECKS)

    try:
        send()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # there is nothing that could be wrong with it


def test_what_was_fuzzed_still_adds_up(fuzzed: Api) -> None:
    """P-3: after all that, every number equals what it should add up to."""
    found = fuzzed.use_cases.verify()(by=operator("test"))
    assert found.clean, found.differences

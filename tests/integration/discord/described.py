"""Discord's own description of its HTTP API, where it is at hand: what both sides of a conversation are held against.

Discord says of it that integers may come as text. It allows what it does not name, so what nobody knows is looked for
besides.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest

DESCRIPTION: Final = Path(__file__).parents[4] / "shared" / "discord" / "openapi.json"


@cache
def description() -> dict[str, Any]:
    """The description; a test that needs it is skipped where it is missing."""
    if not DESCRIPTION.exists():
        pytest.skip("Discord's description of its API is not at hand")
    found: dict[str, Any] = json.loads(DESCRIPTION.read_text("utf-8"))
    return found


def faults_of_answer(path: str, method: str, status: int, value: object) -> list[str]:
    """What an answer of a counterpart has that Discord's would not."""
    operation = description()["paths"][path][method.lower()]
    responses = operation["responses"]
    answer = _resolved(responses[str(status)] if str(status) in responses else responses[f"{str(status)[0]}XX"])
    return _faults(answer["content"]["application/json"]["schema"], value)


def faults_of_request(path: str, method: str, value: object) -> list[str]:
    """What a request of ours has that Discord does not take, or does not know."""
    body = description()["paths"][path][method.lower()]["requestBody"]
    return _faults(body["content"]["application/json"]["schema"], value)


def _faults(schema: dict[str, Any], value: object) -> list[str]:
    errors = _validator(json.dumps(schema)).iter_errors(value)
    found = [f"{'/'.join(map(str, each.instance_path))}: {each.message}" for each in errors]
    options = [_resolved(each) for each in schema.get("anyOf", [schema])]
    if all("properties" in each for each in options) and isinstance(value, dict):
        known = {name for each in options for name in each["properties"]}
        found += [f"{name}: Discord knows nothing of that name" for name in value if name not in known]
    return found


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    """Made once for each schema: it reads the whole description."""
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), "components": description()["components"]})


def _resolved(part: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in part:
        return part
    found: Any = description()
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return _resolved(found)

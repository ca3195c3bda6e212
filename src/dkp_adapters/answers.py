"""Answers to requests that named an idempotency key, as every store keeps them (G-7)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final

from attrs import define, frozen

from dkp_core.kernel.errors import Conflict, Invalid

KEPT: Final = timedelta(hours=24)
KEY_LENGTH_MAX: Final = 255


@define
class RequestInProgress(Conflict):
    """The first request with this key is still at work."""

    code: ClassVar[str] = "request_in_progress"

    @property
    def sentence(self) -> str:
        return "A request with this Idempotency-Key is still at work; ask again in a moment."


@define
class KeyReused(Invalid):
    """The key was used for another request within the last 24 hours."""

    code: ClassVar[str] = "idempotency_key_reused"

    @property
    def field(self) -> str:
        return "Idempotency-Key"

    @property
    def sentence(self) -> str:
        return "Idempotency-Key: it was used for another request; accepted: a new key for every new request."


@frozen(kw_only=True)
class Answer:
    """What the first request was answered."""

    status: int
    headers: Mapping[str, str]
    body: str


def blanked(body: str, is_told: Callable[[str, str], bool]) -> str:
    """A JSON body with each text in it emptied for which `is_told`, asked with the name of its field ("" in none).

    Names of fields stay, and so does all else.
    """

    def walked(value: Any, field: str) -> Any:
        if isinstance(value, dict):
            return {name: walked(each, name) for name, each in value.items()}
        if isinstance(value, list):
            return [walked(each, field) for each in value]
        return "" if isinstance(value, str) and is_told(field, value) else value

    said = json.loads(body) if body else None
    left = walked(said, "")
    return body if left == said else json.dumps(left, ensure_ascii=False, separators=(",", ":"))


def written(word: str) -> str:
    """A text as it stands within JSON."""
    return json.dumps(word, ensure_ascii=False)[1:-1]

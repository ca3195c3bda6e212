"""Answers to requests that named an idempotency key, as every store keeps them (G-7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Final

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

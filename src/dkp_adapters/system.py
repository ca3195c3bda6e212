"""The clock, chance and hashing of the machine we run on."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime

from attrs import field, frozen

from dkp_core.kernel.ports import Chance, Clock, Hashing


@frozen
class SystemClock(Clock):
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@frozen
class SystemChance(Chance):
    """The operating system's source of randomness."""

    def token(self, length: int) -> bytes:
        return secrets.token_bytes(length)


@frozen
class HmacHashing(Hashing):
    """HMAC-SHA-256 with the installation's pepper, in hexadecimal (64 characters).

    Enough for secrets of 256 random bits, which nobody guesses; passwords would need a slow hash.
    """

    pepper: bytes = field(repr=False)

    def digest(self, secret: str) -> str:
        return hmac.new(self.pepper, secret.encode(), hashlib.sha256).hexdigest()

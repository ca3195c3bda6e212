"""Consent: what a person agreed to, since when, and until when (A-12)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from attrs import evolve, frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import UserId

_INSTANT: Final = timedelta(microseconds=1)


class ConsentKind(StrEnum):
    """What a person may agree to: the privacy notice, and being written e-mails."""

    PRIVACY = "privacy"
    EMAIL = "email"

    @classmethod
    def named(cls, name: str, field: str = "kind") -> ConsentKind:
        """The kind of that name. Raises: InvalidValue."""
        try:
            return cls(name)
        except ValueError as unknown:
            raise InvalidValue(field, f"{name[:40]!r} is nothing to agree to", ", ".join(cls)) from unknown


@frozen(kw_only=True)
class Consent:
    """A person agreed to something in [given_at, withdrawn_at); None while they do. Each one is kept."""

    user_id: UserId
    kind: ConsentKind
    given_at: datetime
    withdrawn_at: datetime | None = None

    @property
    def is_in_force(self) -> bool:
        """Whether it was not withdrawn."""
        return self.withdrawn_at is None

    @classmethod
    def give(cls, user_id: UserId, kind: ConsentKind, *, last: Consent | None, at: datetime) -> Consent:
        """A consent from now on, later than the last one ended; that one again where it is in force."""
        if last is None:
            return cls(user_id=user_id, kind=kind, given_at=at)
        if last.withdrawn_at is None:
            return last
        return cls(user_id=user_id, kind=kind, given_at=max(at, last.withdrawn_at + _INSTANT))

    def withdraw(self, at: datetime) -> Consent:
        """Withdrawn; nothing changes when it was already."""
        return self if self.withdrawn_at is not None else evolve(self, withdrawn_at=max(at, self.given_at))

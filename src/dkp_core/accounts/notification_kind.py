"""Kinds of notification, of which each user says which they do not want (A-5)."""

from __future__ import annotations

from enum import StrEnum

from dkp_core.kernel.errors import InvalidValue


class NotificationKind(StrEnum):
    """What a notification is about."""

    APPLICATIONS = "applications"
    VOTES = "votes"
    CLAIMS = "claims"
    AUCTIONS = "auctions"
    EVENTS = "events"
    POINTS = "points"

    @classmethod
    def all_named(cls, names: tuple[str, ...], field: str) -> frozenset[NotificationKind]:
        """The kinds of these names. Raises: InvalidValue, naming the first that is none."""
        found = set()
        for name in names:
            try:
                found.add(cls(name))
            except ValueError as unknown:
                accepted = ", ".join(sorted(cls))
                raise InvalidValue(field, f"{name[:40]!r} is no kind of notification", accepted) from unknown
        return frozenset(found)

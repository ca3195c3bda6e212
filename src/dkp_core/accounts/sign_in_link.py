"""One-time links to sign in with, so that an installation can be used before Discord is set up (A-11)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attrs import frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import UserId

LINK_TIME: Final = timedelta(minutes=15)
LINK_TIME_MAX: Final = timedelta(days=7)


def link_time_of(minutes: int) -> timedelta:
    """How long a link is good. Raises: InvalidValue."""
    most = LINK_TIME_MAX // timedelta(minutes=1)
    if not 1 <= minutes <= most:
        raise InvalidValue("minutes", f"{minutes} is out of range", f"1 to {most}")
    return timedelta(minutes=minutes)


@frozen(kw_only=True)
class SignInLink:
    """A link for one user: found by the digest of its code, good once, until it expires."""

    digest: str
    user_id: UserId
    expires_at: datetime

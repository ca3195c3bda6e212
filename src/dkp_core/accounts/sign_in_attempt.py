"""An attempt to sign in: what is remembered while a person is at Discord and comes back (A-1)."""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta
from typing import Final

from attrs import field, frozen

from dkp_core.kernel.errors import InvalidValue

ATTEMPT_TIME: Final = timedelta(minutes=10)
PATH_LENGTH_MAX: Final = 1000
_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]*", re.ASCII)


def local_path(text: str, field_name: str = "next") -> str:
    """A path of this installation to go on to. Raises: InvalidValue for whatever could lead elsewhere."""
    if len(text) > PATH_LENGTH_MAX or not _PATH.fullmatch(text):
        accepted = f"a path of this site such as /accounts/, of at most {PATH_LENGTH_MAX} ASCII characters"
        raise InvalidValue(field_name, f"{text[:60]!r} is no path of this site", accepted)
    return text


@frozen(kw_only=True)
class SignInAttempt:
    """One attempt: found by the digest of its state, good for the browser that it began in, once, until it expires."""

    state_digest: str
    browser_digest: str
    sealed_verifier: str = field(repr=False)
    redirect_uri: str
    next_path: str
    expires_at: datetime

    def is_of(self, browser_digest: str, at: datetime) -> bool:
        """Whether it began in the browser whose secret has that digest, and is still good."""
        same = hmac.compare_digest(self.browser_digest, browser_digest)
        return same and at < self.expires_at

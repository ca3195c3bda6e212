"""E-mail addresses, as far as they can be told from a text."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from dkp_core.kernel.errors import InvalidValue

ADDRESS_LENGTH_MAX: Final = 254
LOCAL_LENGTH_MAX: Final = 64

# Without quotes, comments and address literals: nobody has such an address, and each is a way to say two things.
_LOCAL: Final = re.compile(r"[^\s\x00-\x20\x7f\"(),:;<>@\[\\\]]+")
_LABEL: Final = re.compile(r"[^\W_]([\w-]*[^\W_])?")


def email_address_of(text: str, field: str = "email") -> str:
    """The address, as it was written. Raises: InvalidValue, which does not repeat it."""
    address = unicodedata.normalize("NFC", text.strip()) if len(text) <= 4 * ADDRESS_LENGTH_MAX else text
    local, at, domain = address.rpartition("@")
    labels = domain.split(".")
    if (
        not at
        or len(address) > ADDRESS_LENGTH_MAX
        or not 0 < len(local) <= LOCAL_LENGTH_MAX
        or not _LOCAL.fullmatch(local)
        or any(unicodedata.category(char).startswith(("C", "Z")) for char in address)
        or local.startswith((".", "-"))
        or local.endswith(".")
        or ".." in local
        or len(labels) < 2
        or not all(_LABEL.fullmatch(label) and len(label) <= 63 for label in labels)
    ):
        raise InvalidValue(field, "it is no e-mail address", "an address such as name@example.org")
    return address

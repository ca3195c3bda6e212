"""Names as people write them, and the key by which they compare."""

from __future__ import annotations

import unicodedata
from typing import Final

from dkp_core.kernel.errors import InvalidValue

NAME_LENGTH_MAX: Final = 64
TEXT_LENGTH_MAX: Final = 4000


def name_key(name: str) -> str:
    """What a name compares by: NFC, without regard to case, white space folded (G-9)."""
    if name.isascii():  # most names are, and neither normalising nor folding does anything to them but this
        return " ".join(name.lower().split())
    folded = unicodedata.normalize("NFC", name).casefold()
    return unicodedata.normalize("NFC", " ".join(folded.split()))


def clean_name(name: str, field: str = "name", *, length_max: int = NAME_LENGTH_MAX) -> str:
    """The name in NFC with outer white space gone and inner runs folded.

    Raises: InvalidValue when it is empty, longer than `length_max` characters or holds control characters.
    """
    cleaned = " ".join(unicodedata.normalize("NFC", name).split())
    if cleaned.isascii() and cleaned.isprintable() and 0 < len(cleaned) <= length_max:
        return cleaned
    accepted = f"1 to {length_max} printable characters"
    if not cleaned:
        raise InvalidValue(field, "it is empty", accepted)
    if len(cleaned) > length_max or len(name_key(cleaned)) > 2 * length_max:
        raise InvalidValue(field, f"it has {len(cleaned)} characters", accepted)
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in cleaned):
        raise InvalidValue(field, "it holds control characters", accepted)
    return cleaned


def clean_text(text: str, field: str, *, length_max: int = TEXT_LENGTH_MAX) -> str:
    """Free text in NFC, without NUL or surrogates and never cut.

    Raises: InvalidValue when it is longer than `length_max` characters or holds what no database keeps.
    """
    cleaned = unicodedata.normalize("NFC", text).strip()
    accepted = f"at most {length_max} characters of text"
    if len(cleaned) > length_max:
        raise InvalidValue(field, f"it has {len(cleaned)} characters", accepted)
    if any(char == "\x00" or unicodedata.category(char) == "Cs" for char in cleaned):
        raise InvalidValue(field, "it holds NUL or half a character", accepted)
    return cleaned

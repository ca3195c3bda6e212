"""Names as people write them, and the key by which they compare."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from dkp_core.kernel.errors import InvalidValue

NAME_LENGTH_MAX: Final = 64
# Characters of a name in a file: longer than this it is none, however it is written.
NAME_LENGTH_RAW_MAX: Final = 4 * NAME_LENGTH_MAX
TEXT_LENGTH_MAX: Final = 4000
# Normalising takes time by the square of how many accents stand on one letter: a megabyte of them takes minutes.
# Longer than this no name is, however it is written.
UNNORMALISED_LENGTH_MAX: Final = 1024
# So many marks stand on no letter of any script; Unicode's own limit for text that is normalised piece by piece.
MARKS_IN_A_ROW_MAX: Final = 30
# A character is at most so many when it is taken apart.
DECOMPOSED: Final = 4
# What nobody sees makes two names look alike; but for what joins letters in some scripts, and emoji.
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS: Final = frozenset("\u200c\u200d")
# NUL, and halves of characters.
_UNKEPT: Final = re.compile("[\x00\ud800-\udfff]")


def name_key(name: str) -> str:
    """What a name compares by: NFC, without regard to case, white space folded (G-9).

    What is too long to be anybody's name stays as it is, and so equals none.
    """
    if name.isascii():  # most names are, and neither normalising nor folding does anything to them but this
        return " ".join(name.lower().split())
    if len(name) > UNNORMALISED_LENGTH_MAX or piles_up(name):
        return name
    folded = unicodedata.normalize("NFC", name).casefold()
    return unicodedata.normalize("NFC", " ".join(folded.split()))


def piles_up(text: str) -> bool:
    """Whether more marks stand on one letter than anybody reads."""
    if text.isascii() or len(text) <= MARKS_IN_A_ROW_MAX:
        return False
    marks = 0
    for char in text:
        marks = marks + 1 if char > "\u02ff" and unicodedata.category(char)[0] == "M" else 0
        if marks > MARKS_IN_A_ROW_MAX:
            return True
    return False


def _must_not_pile_up(text: str, field: str, accepted: str) -> None:
    if piles_up(text):
        raise InvalidValue(field, f"more than {MARKS_IN_A_ROW_MAX} accents stand on one letter", accepted)


def name_as_read(raw: str) -> str:
    """A character's name in NFC, which is all that is done to it; realm suffixes and capitals stay (G-9).

    Raises: InvalidValue, whose fault says why this is no name.
    """
    stripped = raw.strip()
    accepted = f"1 to {NAME_LENGTH_MAX} printable characters, a letter among them"
    if len(stripped) > NAME_LENGTH_RAW_MAX:
        raise InvalidValue("name", f"it has {len(stripped)} characters", accepted)
    name = clean_name(stripped)
    if "\ufffd" in name:
        raise InvalidValue("name", "it holds a character that could not be decoded", accepted)
    if not any(map(str.isalpha, name)):
        raise InvalidValue("name", "it holds no letter", accepted)
    return name


def clean_name(name: str, field: str = "name", *, length_max: int = NAME_LENGTH_MAX) -> str:
    """The name in NFC with outer white space gone and inner runs folded.

    Raises: InvalidValue when it is empty, longer than `length_max` characters or holds control characters.
    """
    accepted = f"1 to {length_max} printable characters"
    if len(name) > UNNORMALISED_LENGTH_MAX:
        raise InvalidValue(field, f"it has {len(name)} characters", accepted)
    _must_not_pile_up(name, field, accepted)
    cleaned = " ".join(unicodedata.normalize("NFC", name).split())
    if cleaned.isascii() and cleaned.isprintable() and 0 < len(cleaned) <= length_max:
        return cleaned
    if not cleaned:
        raise InvalidValue(field, "it is empty", accepted)
    if len(cleaned) > length_max or len(name_key(cleaned)) > 2 * length_max:
        raise InvalidValue(field, f"it has {len(cleaned)} characters", accepted)
    if any(unicodedata.category(char) in _INVISIBLE and char not in _JOINERS for char in cleaned):
        raise InvalidValue(field, "it holds control or invisible characters", accepted)
    return cleaned


def clean_text(text: str, field: str, *, length_max: int = TEXT_LENGTH_MAX) -> str:
    """Free text in NFC, without NUL or surrogates and never cut.

    Raises: InvalidValue when it is longer than `length_max` characters or holds what no database keeps.
    """
    accepted = f"at most {length_max} characters of text"
    if len(text) > DECOMPOSED * length_max:
        raise InvalidValue(field, f"it has {len(text)} characters", accepted)
    _must_not_pile_up(text, field, accepted)
    cleaned = unicodedata.normalize("NFC", text).strip()
    if len(cleaned) > length_max:
        raise InvalidValue(field, f"it has {len(cleaned)} characters", accepted)
    if _UNKEPT.search(cleaned):
        raise InvalidValue(field, "it holds NUL or half a character", accepted)
    return cleaned

"""A letter as an embed of Discord: within its limits, and harmless whatever people wrote.

Limits: https://docs.discord.com/developers/resources/message#embed-object-embed-limits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, TypeAlias

from attrs import define

from dkp_core.notices import Letter

TITLE_MAX: Final = 256
DESCRIPTION_MAX: Final = 4096
FIELDS_MAX: Final = 25
FIELD_NAME_MAX: Final = 256
FIELD_VALUE_MAX: Final = 1024
FOOTER_MAX: Final = 2048
TOTAL_MAX: Final = 6000
"""Over titles, descriptions, names and values of fields, and footers, together."""

ELLIPSIS: Final = "…"

Embed: TypeAlias = dict[str, object]

# What Discord reads as formatting, a mention, a link, an emoji, a command or a timestamp begins with one of these.
_SIGNS: Final = re.compile(r"[\\*_~`|<>#\[\](){}@:/+=-]")
_NUMBERED: Final = re.compile(r"^(\d+)\.(?=\s|$)", re.MULTILINE)
_ESCAPE: Final = "\\"
# A backslash does not keep everyone from being mentioned; that the word does not follow on the sign does.
_APART: Final = "\u200b"
_JOINER: Final = "\u200d"
_TONES: Final = range(0x1F3FB, 0x1F400)
_FLAGS: Final = range(0x1F1E6, 0x1F200)
_VOWELS_AND_FINALS: Final = range(0x1160, 0x1200)  # of Korean, which follow on the consonant that they belong to


def shown(text: str) -> str:
    """The text so that Discord shows it as it is: nobody is mentioned, nothing formatted, no link made."""
    return _NUMBERED.sub(rf"\1{_ESCAPE * 2}.", _SIGNS.sub(_escaped, text))


def _escaped(found: re.Match[str]) -> str:
    return f"{_ESCAPE}{found[0]}{_APART if found[0] == '@' else ''}"


def length(text: str) -> int:
    """How long Discord may think it is: in UTF-16, which is never less than characters."""
    return len(text) + sum(char > "\uffff" for char in text)


def shortened(text: str, most: int) -> str:
    """The text where it is that short, else its beginning and an ellipsis.

    What belongs together is not cut apart: a letter and its accents, an emoji of several, a sign and its backslash.
    """
    text = text.strip()
    if length(text) <= most:
        return text
    left = most - length(ELLIPSIS)
    kept = []
    for cluster in _clusters(text):
        left -= length(cluster)
        if left < 0:
            break
        kept.append(cluster)
    return "".join(kept).rstrip() + ELLIPSIS if most >= length(ELLIPSIS) else ""


def _clusters(text: str) -> Iterator[str]:
    start = 0
    for position in range(1, len(text)):
        if not _joined(text, start, position):
            yield text[start:position]
            start = position
    if text:
        yield text[start:]


def _joined(text: str, start: int, position: int) -> bool:
    """Whether the character there belongs to those from `start` on."""
    char, before = text[position], text[position - 1]
    code = ord(char)
    if position - start == 1 and before == _ESCAPE:
        return True
    if code in _FLAGS:
        return position - start == 1 and ord(before) in _FLAGS
    return (
        char in (_JOINER, _APART)
        or before == _JOINER
        or code in _TONES
        or code in _VOWELS_AND_FINALS
        or unicodedata.category(char).startswith("M")
    )


@define
class _Room:
    """What is left of the total."""

    left: int = TOTAL_MAX

    def take(self, text: str, most: int) -> str:
        """The text, as far as there is room for it."""
        kept = shortened(text, min(most, self.left))
        self.left -= length(kept)
        return kept


def embed_of(letter: Letter) -> Embed:
    """The embed of a letter. What has no room is left out, and an ellipsis tells so."""
    room = _Room()
    embed: Embed = {}
    footer = room.take(letter.guild, FOOTER_MAX)
    title = room.take(letter.subject.told(shown), TITLE_MAX)
    # Of what is left, the fields get what the body does not need, and an ellipsis in any case.
    reserved = 2 * length(ELLIPSIS) if letter.fields else 0
    room.left -= reserved
    description = room.take(letter.body.told(shown), DESCRIPTION_MAX)
    room.left += reserved
    if title:
        embed["title"] = title
    if description:
        embed["description"] = description
    if fields := _fields(letter, room):
        embed["fields"] = fields
    if footer:
        embed["footer"] = {"text": footer}
    embed["timestamp"] = letter.posted_at.isoformat()
    return embed


def _fields(letter: Letter, room: _Room) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    named = [(each.name.strip(), each.value.told(shown)) for each in letter.fields]
    named = [(name, value) for name, value in named if name and value]
    for number, (name, value) in enumerate(named, 1):
        is_last = number == len(named)
        reserved = 0 if is_last else 2 * length(ELLIPSIS)
        needed = length(name) + min(length(value), FIELD_VALUE_MAX)
        if (len(found) == FIELDS_MAX - 1 and not is_last) or needed > room.left - reserved:
            found.append({"name": ELLIPSIS, "value": ELLIPSIS})
            break
        found.append({"name": room.take(name, FIELD_NAME_MAX), "value": room.take(value, FIELD_VALUE_MAX)})
    return found

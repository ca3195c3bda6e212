"""What Discord says of a person, made fit to be kept: a name may hold anything there."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from attrs import frozen

from dkp_core.accounts.user import discord_id_of
from dkp_core.kernel.names import NAME_LENGTH_MAX, UNNORMALISED_LENGTH_MAX, name_key

EMAIL_LENGTH_MAX: Final = 320
URL_LENGTH_MAX: Final = 500

_EMAIL: Final = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\]+")
_DISCRIMINATOR: Final = re.compile(r"\d{4}", re.ASCII)
# Control characters, what directs text, halves of characters, and what is nobody's.
_UNPRINTABLE: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
# Letters by their category, and yet nothing to be seen.
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_ZERO_WIDTH_JOINER: Final = "\u200d"
_JOINERS: Final = frozenset({"\u200c", _ZERO_WIDTH_JOINER})
_SKIN_TONES: Final = range(0x1F3FB, 0x1F400)


def printable_name(text: str | None) -> str | None:
    """What can be shown of a name, as much of it as a name may be long; None where nothing is left.

    It is cut between what people see as characters: an emoji of seven code points stays whole, or goes.
    """
    if not text:
        return None
    shown = unicodedata.normalize("NFC", "".join(filter(_is_kept, text[:UNNORMALISED_LENGTH_MAX])))
    parts = _as_seen(" ".join(shown.split()))
    while parts and not _fits("".join(parts).strip()):
        parts.pop()
    name = "".join(parts).strip()
    return name if any(map(_is_seen, name)) else None


def _is_kept(char: str) -> bool:
    kept = unicodedata.category(char) not in _UNPRINTABLE or char in _JOINERS or char.isspace()
    return kept and char not in _BLANK


def _is_seen(char: str) -> bool:
    return unicodedata.category(char)[0] not in "CMZ"


def _fits(name: str) -> bool:
    return len(name) <= NAME_LENGTH_MAX and len(name_key(name)) <= 2 * NAME_LENGTH_MAX


def _as_seen(text: str) -> list[str]:
    """The text in pieces that are seen as one each: what combines or is joined stays with what it belongs to."""
    parts: list[str] = []
    for char in text:
        belongs = unicodedata.category(char)[0] == "M" or char in _JOINERS or ord(char) in _SKIN_TONES
        if parts and (belongs or parts[-1].endswith(_ZERO_WIDTH_JOINER)):
            parts[-1] += char
        else:
            parts.append(char)
    return parts


@frozen(kw_only=True)
class DiscordIdentity:
    """Who somebody is at Discord; `email` only if they let us see it and Discord has checked it."""

    discord_id: str
    username: str
    global_name: str | None = None
    discriminator: str | None = None
    avatar_url: str | None = None
    email: str | None = None

    @classmethod
    def of(
        cls,
        discord_id: str,
        username: str | None,
        *,
        global_name: str | None = None,
        discriminator: str | None = None,
        avatar_url: str | None = None,
        email: str | None = None,
    ) -> DiscordIdentity:
        """The identity with what is fit to be kept; no name, address or picture is refused, it is just left out.

        Raises: InvalidValue for what is no Discord id.
        """
        digits = discord_id_of(discord_id)
        number = discriminator if discriminator and _DISCRIMINATOR.fullmatch(discriminator) else None
        return cls(
            discord_id=digits,
            username=printable_name(username) or f"discord-{digits}",
            global_name=printable_name(global_name),
            discriminator=None if number == "0000" else number,
            avatar_url=avatar_url if avatar_url and len(avatar_url) <= URL_LENGTH_MAX else None,
            email=_address(email),
        )


def _address(email: str | None) -> str | None:
    address = (email or "").strip()
    fits = len(address) <= EMAIL_LENGTH_MAX and address.isprintable() and _EMAIL.fullmatch(address)
    return address if fits else None

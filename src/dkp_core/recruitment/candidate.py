"""What an applicant tells of themselves: all that erasure takes away (V-1, A-12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.ids import UserId
from dkp_core.kernel.names import clean_name, clean_text
from dkp_core.kernel.period import zone_named
from dkp_core.notices import email_address_of
from dkp_core.recruitment.form import Answer

LEVEL_MAX: Final = 10_000
REFEREES_MAX: Final = 10


@frozen(kw_only=True)
class Candidate:
    """Who applies, in their own words; `referees` are members they name, `answers` go by the form of that version."""

    character_name: str = ""
    server: str = ""
    character_class: str = ""
    level: int | None = None
    previous_guilds: str = ""
    availability: str = ""
    timezone: str = ""
    references: str = ""
    referees: tuple[UserId, ...] = ()
    email: str | None = field(default=None, repr=False)
    form_version: int = 0
    answers: tuple[Answer, ...] = field(default=(), repr=False)

    def saying(
        self,
        *,
        character_name: str | None = None,
        server: str | None = None,
        character_class: str | None = None,
        level: int | None = None,
        previous_guilds: str | None = None,
        availability: str | None = None,
        timezone: str | None = None,
        references: str | None = None,
        referees: Sequence[UserId] | None = None,
        email: str | None = None,
    ) -> Candidate:
        """The same with some of it told (anew), cleaned and checked; an empty text takes back what was told.

        Whether the referees are members is not asked: a stranger would learn from it who is one. Raises: InvalidValue.
        """
        if level is not None and not 0 <= level <= LEVEL_MAX:
            raise InvalidValue("level", f"{level} is no level", f"0 to {LEVEL_MAX}, or nothing")
        if referees is not None and len(referees) > REFEREES_MAX:
            raise InvalidValue("referees", f"there are {len(referees)}", f"at most {REFEREES_MAX}")
        if timezone:
            zone_named(timezone)
        name = self.character_name if character_name is None else character_name
        return evolve(
            self,
            character_name=clean_name(name, "character_name"),
            server=self.server if server is None else _word(server, "server"),
            character_class=self.character_class
            if character_class is None
            else _word(character_class, "character_class"),
            level=self.level if level is None else level,
            previous_guilds=_text(self.previous_guilds, previous_guilds, "previous_guilds"),
            availability=_text(self.availability, availability, "availability"),
            timezone=self.timezone if timezone is None else timezone,
            references=_text(self.references, references, "references"),
            referees=self.referees if referees is None else tuple(dict.fromkeys(referees)),
            email=self.email if email is None else email_address_of(email) if email.strip() else None,
        )

    def answering(self, form_version: int, answers: tuple[Answer, ...]) -> Candidate:
        """The same with these answers, to the questions of that version."""
        return evolve(self, form_version=form_version, answers=answers)


NOBODY: Final = Candidate()
"""What is left of a candidate whose personal data was erased."""


def _word(text: str, name: str) -> str:
    return clean_name(text, name) if text.strip() else ""


def _text(before: str, text: str | None, name: str) -> str:
    return before if text is None else clean_text(text, name)

"""Profile fields: what a guild wants to know of each character besides class and level."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from attrs import evolve, field, frozen

from dkp_core.kernel.domain_events import Aggregate, changes
from dkp_core.kernel.errors import InvalidValue, NoSuch
from dkp_core.kernel.ids import GuildId, ProfileFieldId
from dkp_core.kernel.names import clean_name, clean_text, name_key
from dkp_core.roster.events import ProfileFieldChanged, ProfileFieldCreated
from dkp_core.roster.rank import ORDER_MAX

FIELDS_MAX: Final = 50
CHOICES_MAX: Final = 100
VALUE_LENGTH_MAX: Final = 500
NUMBER_LENGTH_MAX: Final = 20
_NUMBER: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_LINK: Final = re.compile(r"https?://[^\s<>\"]+", re.ASCII)
_FLAGS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("true", "yes", "y", "1", "x"), "true"),
    **dict.fromkeys(("false", "no", "n", "0"), "false"),
}


class ProfileFieldKind(StrEnum):
    """What a profile field holds."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    FLAG = "flag"
    DATE = "date"
    LINK = "link"


class ShownTo(StrEnum):
    """Who may see what a profile field holds; who may not see it may not set it either."""

    EVERYONE = "everyone"
    MEMBERS = "members"
    OFFICERS = "officers"


@frozen(kw_only=True)
class ProfileField(Aggregate):
    """Something a guild wants to know of each character; an archived one is asked and shown no more."""

    id: ProfileFieldId
    guild_id: GuildId
    name: str
    kind: ProfileFieldKind
    choices: tuple[str, ...] = ()
    required: bool = False
    shown_to: ShownTo = ShownTo.MEMBERS
    order: int = field(default=0)
    archived: bool = False

    @classmethod
    def create(
        cls,
        field_id: ProfileFieldId,
        guild_id: GuildId,
        *,
        name: str,
        kind: ProfileFieldKind,
        choices: Sequence[str] = (),
        required: bool = False,
        shown_to: ShownTo = ShownTo.MEMBERS,
        order: int,
    ) -> ProfileField:
        """A new field. Raises: InvalidValue."""
        made = cls(
            id=field_id,
            guild_id=guild_id,
            name=clean_name(name),
            kind=kind,
            choices=_choices(choices, kind),
            required=required,
            shown_to=shown_to,
            order=_order(order),
        )
        return made.announcing(ProfileFieldCreated(field_id=field_id, name=made.name, kind=kind.value))

    def change(
        self,
        *,
        name: str | None = None,
        choices: Sequence[str] | None = None,
        required: bool | None = None,
        shown_to: ShownTo | None = None,
        order: int | None = None,
        archived: bool | None = None,
    ) -> ProfileField:
        """The field with some of it changed; what characters hold stays as it is. Raises: InvalidValue."""
        changed = evolve(
            self,
            name=self.name if name is None else clean_name(name),
            choices=self.choices if choices is None else _choices(choices, self.kind),
            required=self.required if required is None else required,
            shown_to=shown_to or self.shown_to,
            order=self.order if order is None else _order(order),
            archived=self.archived if archived is None else archived,
        )
        told = changes(self, changed, ("name", "choices", "required", "shown_to", "order", "archived"))
        return changed.announcing(ProfileFieldChanged(field_id=self.id, changes=told)) if told else self

    @property
    def is_free_text(self) -> bool:
        """Whether anything about a person may stand in it, so that it goes when they are erased (A-12)."""
        return self.kind in (ProfileFieldKind.TEXT, ProfileFieldKind.LINK)

    def value(self, given: object) -> str:
        """What is kept for a value given as text, number or truth; empty where there is none. Raises: InvalidValue."""
        text = str(given).lower() if isinstance(given, bool) else "" if given is None else str(given).strip()
        return _READERS[self.kind](self, text) if text else ""

    def refused(self, text: str, accepted: str) -> InvalidValue:
        """Why a value is not taken."""
        return InvalidValue(f"profile.{self.name}", f"{text[:40]!r} is not accepted", accepted)


def _text(of: ProfileField, text: str) -> str:
    return clean_text(text, f"profile.{of.name}", length_max=VALUE_LENGTH_MAX)


def _number(of: ProfileField, text: str) -> str:
    accepted = f"a number of at most {NUMBER_LENGTH_MAX} digits"
    if len(text) > NUMBER_LENGTH_MAX or _NUMBER.fullmatch(text) is None:
        raise of.refused(text, accepted)
    try:
        number = Decimal(text)
    except InvalidOperation as fault:
        raise of.refused(text, accepted) from fault
    plain = format(number.normalize() if "." in text else number, "f")
    return "0" if plain in ("-0", "") else plain


def _choice(of: ProfileField, text: str) -> str:
    found = next((choice for choice in of.choices if name_key(choice) == name_key(text)), None)
    if found is None:
        raise of.refused(text, ", ".join(of.choices))
    return found


def _flag(of: ProfileField, text: str) -> str:
    found = _FLAGS.get(name_key(text))
    if found is None:
        raise of.refused(text, "true or false, yes or no")
    return found


def _date(of: ProfileField, text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as fault:
        raise of.refused(text, "a day such as 2026-11-20") from fault


def _link(of: ProfileField, text: str) -> str:
    if len(text) > VALUE_LENGTH_MAX or _LINK.fullmatch(text) is None:
        raise of.refused(text, f"an address that begins with https:// or http://, at most {VALUE_LENGTH_MAX} long")
    return text


_READERS: Final = {
    ProfileFieldKind.TEXT: _text,
    ProfileFieldKind.NUMBER: _number,
    ProfileFieldKind.CHOICE: _choice,
    ProfileFieldKind.FLAG: _flag,
    ProfileFieldKind.DATE: _date,
    ProfileFieldKind.LINK: _link,
}


def _choices(choices: Sequence[str], kind: ProfileFieldKind) -> tuple[str, ...]:
    cleaned = tuple(clean_name(choice, "choices") for choice in choices)
    if (kind is ProfileFieldKind.CHOICE) != bool(cleaned) or len(cleaned) > CHOICES_MAX:
        accepted = f"1 to {CHOICES_MAX} for a field of kind choice, none for any other"
        raise InvalidValue("choices", f"there are {len(cleaned)}", accepted)
    if len({name_key(choice) for choice in cleaned}) < len(cleaned):
        raise InvalidValue("choices", "one is there twice", "each choice once")
    return cleaned


def _order(order: int) -> int:
    if not 0 <= order <= ORDER_MAX:
        raise InvalidValue("order", f"{order} is out of range", f"0 to {ORDER_MAX}; the lowest stands first")
    return order


@frozen
class Profile:
    """The fields of a guild, and what is given for some of them."""

    fields: tuple[ProfileField, ...]

    def read(
        self, given: Mapping[str, object], *, officer: bool, entering: bool = False
    ) -> Mapping[ProfileFieldId, str]:
        """Values by field, an empty one where there is none any more; fields are named by id or name.

        Members set what they may see, and leave out nothing that is required. Raises: InvalidValue, NoSuch.
        """
        values: dict[ProfileFieldId, str] = {}
        for named, value in given.items():
            found = self.named(named)
            if found.shown_to is ShownTo.OFFICERS and not officer:
                raise NoSuch("profile field", named[:80])
            values[found.id] = found.value(value)
        for each in self.fields:
            asked = each.required and not each.archived and not officer and each.shown_to is not ShownTo.OFFICERS
            if asked and not values.get(each.id, "" if entering else "kept"):
                raise InvalidValue(f"profile.{each.name}", "it is required", f"a value: {each.kind.value}")
        return values

    @property
    def free_texts(self) -> frozenset[ProfileFieldId]:
        """The fields in which anything about a person may stand, archived ones too (A-12)."""
        return frozenset(each.id for each in self.fields if each.is_free_text)

    def named(self, name: str) -> ProfileField:
        """The field of that id or name that is not archived. Raises: NoSuch."""
        in_use = [each for each in self.fields if not each.archived]
        found = next((each for each in in_use if str(each.id) == name), None) or next(
            (each for each in in_use if name_key(each.name) == name_key(name)), None
        )
        if found is None:
            raise NoSuch("profile field", name[:80])
        return found

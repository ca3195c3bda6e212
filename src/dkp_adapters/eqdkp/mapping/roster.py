"""Characters, their ranks and what is told of them (O-1)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from attrs import define, evolve, frozen

from dkp_adapters.eqdkp import rows
from dkp_adapters.eqdkp.mapping.accounting import Accounting
from dkp_adapters.eqdkp.mapping.external import external_id
from dkp_adapters.eqdkp.mapping.fitting import Fitting, as_duplicate, chunks, first_of_each
from dkp_adapters.eqdkp.mapping.household import Housed, Household
from dkp_adapters.eqdkp.mapping.naming import Naming
from dkp_adapters.eqdkp.mapping.part import Part
from dkp_adapters.eqdkp.mapping.people import each_once
from dkp_adapters.eqdkp.serialized import Key, Plain
from dkp_adapters.eqdkp.source import EqdkpSource
from dkp_core.kernel.ids import CharacterId, ProfileFieldId, RankId
from dkp_core.kernel.names import name_key
from dkp_core.moving import Kind, Numbers, Thing, Why
from dkp_core.roster import Character, ProfileField, ProfileFieldKind, Rank
from dkp_core.roster.character import LEVEL_MAX
from dkp_core.roster.profile_field import FIELDS_MAX, VALUE_LENGTH_MAX

_CLASS: Final = "class"
_RACE: Final = "race"
_LEVEL: Final = "level"
_GUILD: Final = "guild"
_OWN: Final = frozenset({_CLASS, _RACE, _LEVEL})
"""What characters have here without a field of the guild's."""
_ROLE: Final = "members.defaultrole"
"""Stands among the names of fields for a character's role at raids, which has a column there."""
_TRANSLATED: Final = "uc_"
"""What keys to the program's own texts begin with; the rest of them is English."""
_UNKNOWN: Final = "0"
_WITHOUT_HOME: Final[Mapping[str, str]] = {
    "roles": "roles at raids are chosen at sign-up here; the one a character had is in its profile",
    "groups_raid": "raid groups of the old site have no place here",
    "groups_raid_members": "raid groups of the old site have no place here",
    "user_profilefields": "what users tell of themselves has no place here; it is archived with their rows",
}


@frozen(kw_only=True)
class _Rank:
    """A rank as it is to be here; `same` are others of that name."""

    id: int
    name: str
    is_hidden: bool
    same: tuple[int, ...] = ()


@frozen(kw_only=True)
class _Field:
    """A field of characters' profiles that holds something, by its name there."""

    key: str
    name: str
    is_archived: bool = False


@frozen(kw_only=True)
class _Character:
    """What is told of a character."""

    housed: Housed
    character_class: str
    race: str
    level: int | None
    rank: int | None
    joined_on: date
    notes: str
    profile: Mapping[str, str]


@frozen(kw_only=True)
class Roster(Part):
    """Ranks, profile fields and characters; mains come before their alts."""

    _household: Household
    _ranks: Sequence[_Rank]
    _fields: Sequence[_Field]
    _characters: Sequence[_Character]

    @classmethod
    def of(cls, source: EqdkpSource, household: Household, accounting: Accounting) -> Roster:
        """That of a source."""
        ranks = _ranks(source, accounting)
        known = {each for rank in ranks for each in (rank.id, *rank.same)}
        profiles = _Profiles.of(source, accounting)
        characters = [
            _character(row, household.characters[row.id], known, profiles, accounting)
            for row in first_of_each(source.rows(rows.Character), as_duplicate(accounting))
        ]
        for table, reason in _WITHOUT_HOME.items():
            for raw in source.raw(table):
                accounting.leave_out(table, raw.ordinal, Why.ARCHIVED, reason)
        return cls(
            household=household,
            ranks=ranks,
            fields=profiles.fields,
            characters=sorted(characters, key=lambda each: (each.housed.main != each.housed.id, each.housed.id)),
        )

    @property
    def counts(self) -> Mapping[Kind, int]:
        return {
            Kind.RANK: len(self._ranks),
            Kind.PROFILE_FIELD: len(self._fields),
            Kind.CHARACTER: len(self._characters),
        }

    def things(self, numbers: Numbers) -> Iterator[Sequence[Thing]]:
        yield from chunks(self._made_ranks(numbers))
        fields = {each.key: ProfileFieldId(numbers.new(Kind.PROFILE_FIELD)) for each in self._fields}
        yield from chunks(
            ProfileField(
                id=fields[each.key],
                guild_id=numbers.guild_id,
                name=each.name,
                kind=ProfileFieldKind.TEXT,
                order=order,
                archived=each.is_archived,
            )
            for order, each in enumerate(self._fields)
        )
        yield from chunks(self._made(each, numbers, fields) for each in self._characters)

    def _made_ranks(self, numbers: Numbers) -> Iterator[Rank]:
        """Ranks that the guild has not; those that it has, by their names, stay as they are."""
        own = numbers.named[Kind.RANK]
        order = numbers.rank_order
        for each in self._ranks:
            known = own.get(name_key(each.name))
            if known is None:
                made = numbers.new(Kind.RANK, each.id)
                yield Rank(
                    id=RankId(made),
                    guild_id=numbers.guild_id,
                    name=each.name,
                    order=order,
                    is_hidden=each.is_hidden,
                )
                order += 1
            else:
                made = numbers.reuse(Kind.RANK, each.id, known)
            for same in each.same:
                numbers.reuse(Kind.RANK, same, made)

    def _made(self, given: _Character, numbers: Numbers, fields: Mapping[str, ProfileFieldId]) -> Character:
        housed = given.housed
        is_main = housed.main == housed.id
        rank = numbers.default_rank if given.rank is None else numbers.of(Kind.RANK, given.rank)
        return Character(
            id=CharacterId(numbers.new(Kind.CHARACTER, housed.id)),
            guild_id=numbers.guild_id,
            name=housed.name,
            character_class=given.character_class,
            level=given.level,
            race=given.race,
            rank_id=RankId(rank),
            status=housed.status,
            owner=numbers.users[housed.owner],
            is_main=is_main,
            main_id=None if is_main else CharacterId(numbers.of(Kind.CHARACTER, housed.main)),
            joined_on=given.joined_on,
            notes=given.notes,
            profile={fields[key]: value for key, value in given.profile.items()},
            external_id=external_id(housed.id),
        )


# --- ranks ------------------------------------------------------------------------------------------------------------


def _ranks(source: EqdkpSource, accounting: Accounting) -> Sequence[_Rank]:
    """Ranks in their order, those of one name as one."""
    given = each_once(source.rows(rows.Rank), accounting)
    naming = Naming("member_ranks", "Rank", accounting)
    found: dict[str, _Rank] = {}
    for row in sorted(given.values(), key=lambda each: (each.position, each.id)):
        name = naming.one(row.id, row.name)
        first = found.get(name_key(name))
        if first is None:
            found[name_key(name)] = _Rank(id=row.id, name=name, is_hidden=row.is_hidden)
        else:
            found[name_key(name)] = evolve(first, same=(*first.same, row.id))
            accounting.remark(row.table, row.id, f"rank {first.id} is called {first.name!r} too; they are one here")
        if row.prefix.strip() or row.suffix.strip():
            told = f"{row.prefix}…{row.suffix}"
            accounting.remark(row.table, row.id, f"names of characters do not show {told!r} around them here")
    return list(found.values())


# --- characters -------------------------------------------------------------------------------------------------------


def _character(
    row: rows.Character, housed: Housed, ranks: set[int], profiles: _Profiles, accounting: Accounting
) -> _Character:
    fitting = Fitting()
    profile = profiles.of_character(row)
    if row.rank not in ranks:
        fitting.remark(f"its rank {row.rank} does not exist; it has the guild's default rank")
    if row.created_at is None and housed.since is not None:
        fitting.remark(f"when it was made is not known: {housed.since:%Y-%m-%d}, its first raid, stands for it")
    made = _Character(
        housed=housed,
        character_class=_word(profile.pop(_CLASS, ""), fitting),
        race=_word(profile.pop(_RACE, ""), fitting),
        level=_level(profile.pop(_LEVEL, ""), fitting),
        rank=row.rank if row.rank in ranks else None,
        joined_on=fitting.date(housed.since).date(),
        notes=fitting.text(row.notes, "notes"),
        profile={
            each.key: fitting.text(profile[each.key], each.name, length_max=VALUE_LENGTH_MAX)
            for each in profiles.fields
            if each.key in profile
        },
    )
    for key in sorted(profiles.left_out & profile.keys()):
        fitting.cut(f"what it has under {key!r} is in the archive alone")
    fitting.has_more |= bool(row.picture)
    fitting.tell(accounting, row, row.id)
    return made


def _word(text: str, fitting: Fitting) -> str:
    return fitting.name(text, "") if text.strip() else ""


def _level(text: str, fitting: Fitting) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= len(str(LEVEL_MAX)) and int(text) <= LEVEL_MAX:
        return int(text)
    fitting.remark(f"{text[:40]!r} is no level (0 to {LEVEL_MAX}); it has none")
    return None


# --- profiles ---------------------------------------------------------------------------------------------------------


@define(kw_only=True)
class _Profiles:
    """What characters' profiles hold, in words: the fields that the guild gets for it, and what has none."""

    options: Mapping[str, Mapping[Key, Plain]]
    roles: Mapping[int, str]
    fields: Sequence[_Field] = ()
    left_out: frozenset[str] = frozenset()

    @classmethod
    def of(cls, source: EqdkpSource, accounting: Accounting) -> _Profiles:
        """Those of a source; its fields are accounted for."""
        given: dict[str, rows.CharacterField] = {}
        for row in source.rows(rows.CharacterField):
            if row.name in given:
                reason = f"field {given[row.name].id} is called {row.name!r} too"
                accounting.leave_out(row.table, row.ordinal, Why.DUPLICATE, reason)
            else:
                given[row.name] = row
        profiles = cls(
            options={name: _options(row.data) for name, row in given.items()},
            roles={each.id: each.name.strip() for each in source.rows(rows.Role)},
        )
        held: dict[str, set[str]] = {}
        for character in source.rows(rows.Character):
            for key, value in profiles.of_character(character).items():
                held.setdefault(key, set()).add(value)
        profiles._choose(given, held, accounting)
        return profiles

    def of_character(self, row: rows.Character) -> dict[str, str]:
        """What a character's profile holds by the names of its fields, those left out in which nothing stands."""
        found = {}
        for key, value in row.profile.items() if isinstance(row.profile, Mapping) else ():
            text = self._told(str(key), value)
            if text:
                found[str(key)] = text
        if self.roles.get(row.default_role):
            found[_ROLE] = self.roles[row.default_role]
        return found

    def _told(self, key: str, value: Plain) -> str:
        if isinstance(value, Mapping):
            if any(isinstance(each, Mapping) for each in value.values()):
                return json.dumps(value, default=str, ensure_ascii=False)
            return ", ".join(filter(None, (self._told(key, each) for each in value.values())))
        text = _plain(value)
        if key in (_CLASS, _RACE) and text == _UNKNOWN:
            return ""
        label = _labelled(self.options.get(key, {}), text)
        if label is not None:
            return label
        return f"{key} {text}" if key in (_CLASS, _RACE) and text.isdecimal() else text

    def _choose(
        self, given: Mapping[str, rows.CharacterField], held: Mapping[str, set[str]], accounting: Accounting
    ) -> None:
        """Which fields the guild gets: those in which something stands; asked are those that are asked there."""
        wanted: list[_Field] = []
        left_out: set[str] = set()
        ordered = sorted(given.values(), key=lambda each: (not each.is_enabled, each.position, each.id))
        for row in ordered:
            reason = _why_not(row, held.get(row.name, set()))
            if reason is None and row.name not in _OWN and len(wanted) == FIELDS_MAX:
                reason = f"a guild has at most {FIELDS_MAX} fields here"
                left_out.add(row.name)
            if reason is not None:
                accounting.leave_out(row.table, row.ordinal, Why.ARCHIVED, reason)
                continue
            accounting.imported(row.table)
            for flaw in row.flaws:
                accounting.remark(row.table, row.id, f"{flaw.column}: {flaw.reason}")
            if row.name not in _OWN:
                wanted.append(_Field(key=row.name, name=_title(row), is_archived=not row.is_enabled))
        for key in sorted(held.keys() - given.keys() - _OWN):
            if len(wanted) == FIELDS_MAX:
                left_out.add(key)
            else:
                is_role = key == _ROLE
                name = "Role" if is_role else _without_key(key)
                wanted.append(_Field(key=key, name=name, is_archived=not is_role))
        naming = Naming("member_profilefields", "Field", accounting)
        names = naming.unlike(enumerate((each.name for each in wanted), 1))
        self.fields = [evolve(each, name=names[index]) for index, each in enumerate(wanted, 1)]
        self.left_out = frozenset(left_out)


def _why_not(row: rows.CharacterField, held: set[str]) -> str | None:
    if row.name in _OWN:
        return None
    if not held:
        return "no character has anything in it"
    if row.name == _GUILD and len(held) == 1:
        return f"every character that has something in it has {next(iter(held))[:100]!r}: the guild"
    return None


def _options(data: Plain) -> Mapping[Key, Plain]:
    options = data.get("options") if isinstance(data, Mapping) else None
    return options if isinstance(options, Mapping) else {}


def _labelled(options: Mapping[Key, Plain], text: str) -> str | None:
    label = options.get(int(text)) if text.isascii() and text.isdecimal() else None
    label = options.get(text) if label is None else label
    return _without_key(label) if isinstance(label, str) and label.strip() else None


def _without_key(text: str) -> str:
    return text.strip().removeprefix(_TRANSLATED).replace("_", " ") if text.startswith(_TRANSLATED) else text.strip()


def _title(row: rows.CharacterField) -> str:
    """What a field is called: what somebody typed, else its name."""
    title = row.title.strip()
    return row.name.replace("_", " ").strip().capitalize() if not title or title.startswith(_TRANSLATED) else title


def _plain(value: Plain) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return str(int(value))
    return str(value).strip()

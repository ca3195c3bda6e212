"""Whether what an export holds is what this program works with: each word, each name, and each thing that has parts.

What the columns can hold was seen before; here each row is read as the repositories will read it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, Final

import attrs
from attrs import define, field, frozen
from sqlalchemy import Column

from dkp_adapters.sql.auctions import AUCTION_COLUMNS, auction_of, bid_of, rules_of
from dkp_adapters.sql.guild_export.conforming import fault_in
from dkp_adapters.sql.guild_export.layout import Parts, Row, Sheet, sheets
from dkp_adapters.sql.guild_export.surveying import ACCEPTED, place_of
from dkp_adapters.sql.loot import ITEM_COLUMNS, item_of
from dkp_adapters.sql.merges import MERGE_COLUMNS, merge_of
from dkp_adapters.sql.points import policies_of
from dkp_adapters.sql.raids import EVENT_TYPE_COLUMNS, LINE_COLUMNS, RAID_COLUMNS, event_type_of, line_of, raid_of_row
from dkp_adapters.sql.recruitment import APPLICATION_COLUMNS, application_of, form_of, recruitment_rules_of
from dkp_adapters.sql.references import event_kinds
from dkp_adapters.sql.roster import CHARACTER_COLUMNS, character_of
from dkp_core.accounts import MembershipStatus, RoleGroup
from dkp_core.guilds import WEEKDAYS, GuildSettings
from dkp_core.kernel.actor import ActorKind
from dkp_core.kernel.errors import InvalidValue
from dkp_core.kernel.names import clean_name, name_key
from dkp_core.loot import (
    ADVANCE_AUCTION,
    RUNNING,
    Auction,
    AuctionStatus,
    AwardStatus,
    BidOutcome,
    BidSource,
    ChatGrammar,
    DraftStatus,
    Item,
    MadeAs,
    Mode,
    Rules,
    Tier,
)
from dkp_core.moving import BrokenExport
from dkp_core.points import (
    RUN_BATCHES,
    BatchKind,
    Bucket,
    DisputeStatus,
    EntryKind,
    Merge,
    MergeKind,
    Policies,
    SourceKind,
)
from dkp_core.raids import FORGET_CHAT, Attendance, DumpFormat, EventType, Presence, Raid, RaidStatus
from dkp_core.recruitment import (
    DECIDE_VOTE,
    END_TRIAL,
    JUDGE_TRIAL,
    OPEN,
    Application,
    ApplicationStatus,
    CommentKind,
    Form,
    OpenTask,
    Option,
    RecruitmentRules,
    Stage,
)
from dkp_core.roster import Character, CharacterStatus, ClaimStatus, ProfileFieldKind, ShownTo

Values = Mapping[str, Any]
"""A row as it is to be stored, by its columns."""

WORDS: Final[Mapping[str, Mapping[str, type[StrEnum]]]] = {
    "memberships": {"role_group": RoleGroup, "status": MembershipStatus},
    "profile_fields": {"kind": ProfileFieldKind, "shown_to": ShownTo},
    "characters": {"status": CharacterStatus},
    "main_changes": {"actor_kind": ActorKind},
    "rank_changes": {"actor_kind": ActorKind},
    "claims": {"status": ClaimStatus, "decided_kind": ActorKind},
    "merges": {"kind": MergeKind, "actor_kind": ActorKind},
    "entries": {"kind": EntryKind, "bucket": Bucket, "source_kind": SourceKind, "actor_kind": ActorKind},
    "adjustments": {"actor_kind": ActorKind},
    "batches": {"kind": BatchKind, "actor_kind": ActorKind, "reversed_kind": ActorKind},
    "disputes": {"status": DisputeStatus, "decided_kind": ActorKind},
    "raids": {"status": RaidStatus},
    "attendance": {"status": Presence},
    "uploads": {"format": DumpFormat, "actor_kind": ActorKind},
    "sightings": {"status": Presence},
    "decisions": {"status": Presence},
    "auctions": {"status": AuctionStatus, "mode": Mode},
    "bids": {"outcome": BidOutcome, "source": BidSource, "tier": Tier, "actor_kind": ActorKind},
    "awards": {"status": AwardStatus, "actor_kind": ActorKind},
    "award_drafts": {"status": DraftStatus},
    "applications": {"status": ApplicationStatus, "proposal": Option, "outcome": Option, "task": OpenTask},
    "application_transitions": {
        "before": ApplicationStatus,
        "after": ApplicationStatus,
        "outcome": Option,
        "actor_kind": ActorKind,
    },
    "application_comments": {"kind": CommentKind},
    "votes": {"stage": Stage, "option": Option},
    "vote_changes": {"stage": Stage, "before": Option, "after": Option, "actor_kind": ActorKind},
    "events": {"actor_kind": ActorKind},
    "imports": {"actor_kind": ActorKind},
}
"""Columns that hold one of our words, by the table."""

OTHER_WORDS: Final = frozenset(
    {
        *("guilds.timezone", "applications.timezone", "uploads.zone", "event_types.modifier"),
        *("award_drafts.local_time", "uploads.check_named", "bids.refusal", "bids.made_as", "auctions.seed"),
        *("award_drafts.sha256", "award_drafts.fingerprint", "chat_lines.fingerprint"),
        *("events.aggregate", "events.aggregate_id", "events.name", "deadlines.kind", "imports.fingerprint"),
    }
)
"""Columns of words of which there is no list, or which are seen elsewhere."""

OBJECTS: Final = frozenset(
    {
        *("guilds.settings", "characters.profile", "merges.membership", "merges.into_membership"),
        *("pool_policies.policies", "event_types.metadata", "attendance.elsewhere", "items.metadata"),
        *("house_rules.rules", "chat_grammars.grammar", "auctions.rules", "recruitment_rules.rules"),
        *("application_forms.form", "applications.rules", "events.data", "deadlines.data", "imports.counts"),
    }
)
"""Columns of JSON that hold an object; the others hold a list."""
MAY_BE_EMPTY: Final = frozenset({"auctions.settlement"})
"""Columns of JSON that may hold no text."""

NAMED: Final[Mapping[str, int]] = {
    **dict.fromkeys(("ranks", "profile_fields", "characters", "character_names", "pools", "item_pools"), 64),
    "event_types": 64,
    "items": 128,
}
"""Tables of things that have a name, which is not left empty, and how long it may be."""

NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    ADVANCE_AUCTION: ("auction_id",),
    RUN_BATCHES: ("pool_id",),
    FORGET_CHAT: ("user_id", "after"),
    DECIDE_VOTE: ("application_id",),
    END_TRIAL: ("application_id",),
    JUDGE_TRIAL: ("application_id",),
}
"""What deadlines of a kind have to say."""


def _key_of(column: str) -> Callable[[Values], object]:
    return lambda row: name_key(row[column])


_NAME_KEY: Final[Mapping[str, Callable[[Values], object]]] = {"name_key": _key_of("name")}
_SET: Final = ("public_roster", "trials_are_active", "trials_bid", "leave_out_excused")


def _setting(name: str) -> Callable[[Values], object]:
    return lambda row: int(json.loads(row["settings"])[name])


REPEATING: Final[Mapping[str, Mapping[str, Callable[[Values], object]]]] = {
    "guilds": {**_NAME_KEY, **{name: _setting(name) for name in _SET}},
    **dict.fromkeys(("ranks", "profile_fields", "character_names", "pools", "item_pools", "event_types"), _NAME_KEY),
    **dict.fromkeys(("attendance", "sightings", "decisions", "items"), _NAME_KEY),
    "characters": {
        **_NAME_KEY,
        "class_key": _key_of("character_class"),
        "race_key": _key_of("race"),
        "main_of": lambda row: row["owner"] if row["is_main"] else None,
    },
    "claims": {"open_by": lambda row: row["claimant"] if row["status"] == ClaimStatus.PENDING else None},
    "disputes": {"open_entry": lambda row: row["entry_id"] if row["status"] == DisputeStatus.OPEN else None},
    "batches": {"standing": lambda row: 1 if row["reversed_at"] is None else None},
    "raids": {"note_key": _key_of("note"), "ticks_count": lambda row: len(json.loads(row["ticks"]))},
    "auctions": {
        "item_key": _key_of("item_name"),
        "running": lambda row: int(AuctionStatus(row["status"]) in RUNNING),
        "mode": lambda row: json.loads(row["rules"])["mode"],
    },
    "awards": {"item_key": _key_of("item_name"), "character_key": _key_of("character_name")},
    "applications": {
        "character_key": _key_of("character_name"),
        "open_for": lambda row: row["user_id"] if row["status"] in OPEN else None,
    },
}
"""Columns that only say again what others of the row do, and how."""


# --- reading rows -----------------------------------------------------------------------------------------------------

Reader = Callable[[Values], object]
"""Reads a row as whoever works with it does. Raises: InvalidValue, or whatever Python does where that is impossible."""


def _as(kind: type[Any], columns: Sequence[Column[Any]], made: Callable[[tuple[Any, ...]], object]) -> Reader:
    """Reads a row as an aggregate."""
    keys = [str(each.key) for each in columns]

    def read(row: Values) -> object:
        return _must_be(kind, made(tuple(row[key] for key in keys)))

    return read


def _must_be(kind: type[Any], value: object) -> object:
    fault = fault_in(value, kind)
    if fault is not None:
        raise ValueError(fault)
    return value


def _part(kind: type[Any], column: str, made: Callable[[str], object]) -> Reader:
    """Reads what one column of a row holds."""
    return lambda row: _must_be(kind, made(row[column]))


_LINE: Final = _as(Attendance, LINE_COLUMNS, line_of)
_BID_PARTS: Final = (
    *("id", "user_id", "character_id", "character_name", "amount", "ceiling", "copies", "tier", "weight", "phase"),
    *("attended", "held", "placed_at", "made_as"),
)


def _guild(row: Values) -> None:
    if row["first_weekday"] not in WEEKDAYS:
        raise InvalidValue("first_weekday", f"{row['first_weekday']!r} is no weekday", ", ".join(WEEKDAYS))
    _must_be(GuildSettings, GuildSettings.of(json.loads(row["settings"])))


def _profile_field(row: Values) -> None:
    _must_be(tuple[str, ...], tuple(json.loads(row["choices"])))


def _line(row: Values) -> None:
    if row["elsewhere"] is not None or row["waived"] is not None:  # else there is nothing that has parts
        _LINE(row)


def _bid(row: Values) -> None:
    if row["made_as"] is not None:
        MadeAs.of(row["made_as"])
    if row["placed_at"] is not None:
        bid_of(row["auction_id"], [row[name] for name in _BID_PARTS])


def _event(row: Values) -> None:
    told = json.loads(row["data"])
    needed = {each.name for each in attrs.fields(event_kinds()[row["name"]]) if each.default is attrs.NOTHING}
    missing = sorted(needed - told.keys())
    if missing:
        raise InvalidValue("data", f"{missing[0]} is missing", ", ".join(sorted(needed)))


def _deadline(row: Values) -> None:
    needed = NEEDED.get(row["kind"], ())
    told = json.loads(row["data"])
    for name in needed:
        if type(told.get(name)) is not int:
            raise InvalidValue("data", f"{name} is {str(told.get(name))[:40]!r}", ", ".join(needed) + " as ids")


def _import(row: Values) -> None:
    _must_be(dict[str, int], json.loads(row["counts"]))


READERS: Final[Mapping[str, Reader]] = {
    "guilds": _guild,
    "profile_fields": _profile_field,
    "characters": _as(Character, CHARACTER_COLUMNS, character_of),
    "merges": _as(Merge, MERGE_COLUMNS, merge_of),
    "pool_policies": _part(Policies, "policies", policies_of),
    "event_types": _as(EventType, EVENT_TYPE_COLUMNS, event_type_of),
    "raids": _as(Raid, RAID_COLUMNS, raid_of_row),
    "attendance": _line,
    "items": _as(Item, ITEM_COLUMNS, item_of),
    "house_rules": _part(Rules, "rules", rules_of),
    "chat_grammars": _part(ChatGrammar, "grammar", lambda text: ChatGrammar.of(json.loads(text))),
    "auctions": _as(Auction, AUCTION_COLUMNS, auction_of),
    "bids": _bid,
    "recruitment_rules": _part(RecruitmentRules, "rules", recruitment_rules_of),
    "application_forms": _part(Form, "form", form_of),
    "applications": _as(Application, APPLICATION_COLUMNS, application_of),
    "events": _event,
    "deadlines": _deadline,
    "imports": _import,
}
"""How rows with parts, or with states, are read, by their tables."""


# --- the whole --------------------------------------------------------------------------------------------------------

_FAULTS: Final = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
ONE_DEFAULT: Final = ("pools", "ranks")
"""Tables of which one row is the default."""


@frozen
class _Look:
    """What of the rows of a table is looked at, each place by its column."""

    columns: tuple[str, ...]
    words: tuple[tuple[str, frozenset[str]], ...]
    parts: tuple[tuple[str, type[Any], bool], ...]
    named: int | None
    repeating: tuple[tuple[str, Callable[[Values], object]], ...]
    reader: Reader | None


@cache
def _look_at(name: str) -> _Look:
    sheet = sheets()[name]
    return _Look(
        tuple(map(str, sheet.table.c.keys())),
        tuple((column, frozenset(words)) for column, words in WORDS.get(name, {}).items()),
        tuple(
            (column, dict if f"{name}.{column}" in OBJECTS else list, f"{name}.{column}" in MAY_BE_EMPTY)
            for column, kind in zip(sheet.names, sheet.fields, strict=True)
            if isinstance(kind, Parts)
        ),
        NAMED.get(name),
        tuple(REPEATING.get(name, {}).items()),
        READERS.get(name),
    )


@define(eq=False)
class Contents:
    """Looks at every row of an export before it is stored, and at what there has to be in the end."""

    _defaults: dict[str, int] = field(factory=lambda: dict.fromkeys(ONE_DEFAULT, 0), init=False)
    _officers: set[int] = field(factory=set, init=False)

    def look(self, sheet: Sheet, number: int, stored: Row) -> None:
        """Look at a row as it is to be stored. Raises: BrokenExport."""
        look = _look_at(sheet.name)
        row = dict(zip(look.columns, stored, strict=True))
        place = place_of(sheet, number)
        for column, words in look.words:
            if row[column] is not None and row[column] not in words:
                told = ", ".join(WORDS[sheet.name][column])
                raise BrokenExport(f"{place}.{column}", f"{row[column][:40]!r} is none of its words", told)
        for column, kind, may_be_empty in look.parts:
            if row[column] is not None:
                _must_have_parts(row[column], kind, may_be_empty, f"{place}.{column}")
        try:
            if look.named is not None and clean_name(row["name"], "name", length_max=look.named) != row["name"]:
                raise InvalidValue("name", f"{row['name']!r} is not clean", "a name without needless spaces")
            if look.reader is not None:
                look.reader(row)
            for column, meant in look.repeating:
                if row[column] != (said := meant(row)):
                    raise InvalidValue(column, f"{str(row[column])[:60]!r} is not what the others say", repr(said))
        except InvalidValue as fault:
            raise BrokenExport(f"{place}.{fault.name}", fault.fault, fault.accepted) from fault
        except _FAULTS as fault:
            raise BrokenExport(place, f"it is not built as it should be ({fault})"[:200], ACCEPTED) from fault
        self._count(sheet.name, row)

    def _count(self, name: str, row: Values) -> None:
        if name in ONE_DEFAULT and row["is_default"]:
            self._defaults[name] += 1
        if (
            name == "memberships"
            and row["role_group"] == RoleGroup.OFFICER
            and row["status"] == MembershipStatus.IN_FORCE
        ):
            self._officers.add(row["user_id"])

    def must_be_whole(self, linked: Collection[int]) -> None:
        """See that nothing is missing without which no guild can be; `linked` are who can sign in.

        Raises: BrokenExport.
        """
        for name, count in self._defaults.items():
            if count != 1:
                raise BrokenExport(f"tables.{name}", f"{count} of them are the default", "one default")
        if self._officers.isdisjoint(linked):
            raise BrokenExport("tables.memberships", "no officer has a Discord id", "an officer who can sign in")


def _must_have_parts(text: str, kind: type[Any], may_be_empty: bool, place: str) -> None:
    if may_be_empty and not text:
        return
    if text[:1] != ("{" if kind is dict else "["):
        raise BrokenExport(place, f"{text[:40]!r} is not accepted", "an object" if kind is dict else "a list")

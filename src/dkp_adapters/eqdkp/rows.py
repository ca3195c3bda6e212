"""The rows of EQdkp Plus 2.3's tables that matter to a guild, as values (O-1).

Each class names its table; each field says in which column it stands and how it is read. Ids are the source's own, and
may point to what does not exist.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import count, zip_longest
from typing import Annotated, Any, ClassVar, Final, TypeAlias, TypeVar, get_type_hints

from attrs import field, frozen

from dkp_adapters.eqdkp import cells
from dkp_adapters.eqdkp.cells import Cell, Flaw, Read
from dkp_adapters.eqdkp.ciphered import Key
from dkp_adapters.eqdkp.serialized import Plain
from dkp_adapters.eqdkp.statements import Cells
from dkp_core.kernel.points import Points


@frozen
class Column:
    """Where a field of a row stands in its table, and how it is read."""

    name: str
    read: Read[Any]


@frozen
class Row:
    """A row that was read: which of its table's it is, and what is not quite right in it."""

    table: ClassVar[str]
    ordinal: int
    flaws: tuple[Flaw, ...] = field(eq=False)


R = TypeVar("R", bound=Row)

# --- users and what they may ------------------------------------------------------------------------------------------


@frozen
class Setting(Row):
    """A setting of the program or a plugin; `value` is a text, or a mapping."""

    table: ClassVar[str] = "config"
    name: Annotated[str, Column("config_name", cells.plain)]
    plugin: Annotated[str, Column("config_plugin", cells.plain)]
    value: Annotated[Plain, Column("config_value", cells.setting)]


@frozen
class User(Row):
    """Somebody who may sign in; `accounts` are those elsewhere, such as Discord, by provider."""

    table: ClassVar[str] = "users"
    id: Annotated[int, Column("user_id", cells.identity)]
    name: Annotated[str, Column("username", cells.text)]
    email: Annotated[str | None, Column("user_email", cells.address)] = field(repr=False)
    accounts: Annotated[Mapping[str, str], Column("auth_account", cells.accounts)] = field(repr=False)
    language: Annotated[str, Column("user_lang", cells.plain)]
    timezone: Annotated[str, Column("user_timezone", cells.plain)]
    email_confirmed: Annotated[int, Column("user_email_confirmed", cells.count)]
    registered_at: Annotated[datetime | None, Column("user_registered", cells.past)]
    last_visit_at: Annotated[datetime | None, Column("user_lastvisit", cells.past)]
    is_active: Annotated[bool, Column("user_active", cells.flag)]
    custom_fields: Annotated[Plain, Column("custom_fields", cells.serialized)]
    privacy: Annotated[Plain, Column("privacy_settings", cells.serialized)]
    plugin_settings: Annotated[Plain, Column("plugin_settings", cells.serialized)]
    notifications: Annotated[Plain, Column("notifications", cells.serialized)]
    accepted_rules: Annotated[bool, Column("rules", cells.flag)]
    is_away: Annotated[bool, Column("awaymode_enabled", cells.flag)]
    away_from: Annotated[datetime | None, Column("awaymode_startdate", cells.moment)]
    away_until: Annotated[datetime | None, Column("awaymode_enddate", cells.moment)]
    away_note: Annotated[str, Column("awaymode_note", cells.text)]


@frozen
class UserField(Row):
    """A field that users fill in about themselves."""

    table: ClassVar[str] = "user_profilefields"
    id: Annotated[int, Column("id", cells.identity)]
    name: Annotated[str, Column("name", cells.text)]
    title: Annotated[str, Column("lang_var", cells.text)]
    type: Annotated[str, Column("type", cells.plain)]
    is_enabled: Annotated[bool, Column("enabled", cells.flag)]
    options: Annotated[Plain, Column("options", cells.serialized)]


@frozen
class Group(Row):
    """A group of users: 1 guests, 2 super administrators, 3 administrators, 4 members, 5 officers, 6 editors."""

    table: ClassVar[str] = "groups_user"
    id: Annotated[int, Column("groups_user_id", cells.identity)]
    name: Annotated[str, Column("groups_user_name", cells.text)]
    description: Annotated[str, Column("groups_user_desc", cells.text)]
    is_default: Annotated[bool, Column("groups_user_default", cells.flag)]
    is_hidden: Annotated[bool, Column("groups_user_hide", cells.flag)]
    position: Annotated[int, Column("groups_user_sortid", cells.count)]


@frozen
class GroupMember(Row):
    """A user is in a group."""

    table: ClassVar[str] = "groups_users"
    group: Annotated[int, Column("group_id", cells.identity)]
    user: Annotated[int, Column("user_id", cells.identity)]
    leads: Annotated[bool, Column("grpleader", cells.flag)]


@frozen
class Right(Row):
    """Something that may be allowed, such as `a_raid_add`; its id differs from installation to installation."""

    table: ClassVar[str] = "auth_options"
    id: Annotated[int, Column("auth_id", cells.identity)]
    name: Annotated[str, Column("auth_value", cells.plain)]
    by_default: Annotated[bool, Column("auth_default", cells.flag)]


@frozen
class GroupRight(Row):
    """What a group may, or may not."""

    table: ClassVar[str] = "auth_groups"
    group: Annotated[int, Column("group_id", cells.identity)]
    right: Annotated[int, Column("auth_id", cells.identity)]
    is_allowed: Annotated[bool, Column("auth_setting", cells.flag)]


@frozen
class UserRight(Row):
    """What a user may beside what the groups may."""

    table: ClassVar[str] = "auth_users"
    user: Annotated[int, Column("user_id", cells.identity)]
    right: Annotated[int, Column("auth_id", cells.identity)]
    is_allowed: Annotated[bool, Column("auth_setting", cells.flag)]


# --- characters -------------------------------------------------------------------------------------------------------


@frozen
class Character(Row):
    """A character; its main is None, 0 or itself where it is one. `profile` holds class, race, level and the like."""

    table: ClassVar[str] = "members"
    id: Annotated[int, Column("member_id", cells.identity)]
    name: Annotated[str, Column("member_name", cells.text)]
    is_active: Annotated[bool, Column("member_status", cells.flag)]
    rank: Annotated[int, Column("member_rank_id", cells.count)]
    main: Annotated[int | None, Column("member_main_id", cells.whole)]
    created_at: Annotated[datetime | None, Column("member_creation_date", cells.past)]
    updated_at: Annotated[datetime | None, Column("last_update", cells.past)]
    picture: Annotated[str, Column("picture", cells.plain)]
    notes: Annotated[str, Column("notes", cells.text)]
    profile: Annotated[Plain, Column("profiledata", cells.written)]
    asks_deletion: Annotated[bool, Column("requested_del", cells.flag)]
    is_unconfirmed: Annotated[bool, Column("require_confirm", cells.flag)]
    default_role: Annotated[int, Column("defaultrole", cells.count)]


@frozen
class CharacterUser(Row):
    """Whose a character is."""

    table: ClassVar[str] = "member_user"
    character: Annotated[int, Column("member_id", cells.identity)]
    user: Annotated[int, Column("user_id", cells.identity)]


@frozen
class Rank(Row):
    """A rank of characters."""

    table: ClassVar[str] = "member_ranks"
    id: Annotated[int, Column("rank_id", cells.identity)]
    name: Annotated[str, Column("rank_name", cells.text)]
    is_hidden: Annotated[bool, Column("rank_hide", cells.flag)]
    prefix: Annotated[str, Column("rank_prefix", cells.text)]
    suffix: Annotated[str, Column("rank_suffix", cells.text)]
    position: Annotated[int, Column("rank_sortid", cells.count)]
    is_default: Annotated[bool, Column("rank_default", cells.flag)]


@frozen
class CharacterField(Row):
    """A field of characters' profiles; `data` holds its options, such as the names of classes by their ids."""

    table: ClassVar[str] = "member_profilefields"
    id: Annotated[int, Column("id", cells.identity)]
    name: Annotated[str, Column("name", cells.text)]
    type: Annotated[str, Column("type", cells.plain)]
    category: Annotated[str, Column("category", cells.plain)]
    title: Annotated[str, Column("lang", cells.text)]
    position: Annotated[int, Column("sort", cells.count)]
    is_enabled: Annotated[bool, Column("enabled", cells.flag)]
    is_custom: Annotated[bool, Column("custom", cells.flag)]
    data: Annotated[Plain, Column("data", cells.serialized)]


@frozen
class Role(Row):
    """A role at raids; `classes` are ids with `|` between them."""

    table: ClassVar[str] = "roles"
    id: Annotated[int, Column("role_id", cells.identity)]
    name: Annotated[str, Column("role_name", cells.text)]
    classes: Annotated[str, Column("role_classes", cells.plain)]


@frozen
class RaidGroup(Row):
    """A group of characters that raid together."""

    table: ClassVar[str] = "groups_raid"
    id: Annotated[int, Column("groups_raid_id", cells.identity)]
    name: Annotated[str, Column("groups_raid_name", cells.text)]
    color: Annotated[str, Column("groups_raid_color", cells.plain)]
    description: Annotated[str, Column("groups_raid_desc", cells.text)]
    is_default: Annotated[bool, Column("groups_raid_default", cells.flag)]
    position: Annotated[int, Column("groups_raid_sortid", cells.count)]


@frozen
class RaidGroupMember(Row):
    """Who is in a raid group: a character, or a user where an older update left it so."""

    table: ClassVar[str] = "groups_raid_members"
    group: Annotated[int, Column("group_id", cells.identity)]
    character: Annotated[int | None, Column("member_id", cells.whole)]
    user: Annotated[int | None, Column("user_id", cells.whole)]
    leads: Annotated[bool, Column("grpleader", cells.flag)]


# --- points -----------------------------------------------------------------------------------------------------------


@frozen
class Event(Row):
    """A kind of raid, with the points it usually gives."""

    table: ClassVar[str] = "events"
    id: Annotated[int, Column("event_id", cells.identity)]
    name: Annotated[str, Column("event_name", cells.text)]
    value: Annotated[Points, Column("event_value", cells.amount)]
    icon: Annotated[str, Column("event_icon", cells.plain)]
    item_pool: Annotated[int, Column("default_itempool", cells.count)]
    added_by: Annotated[str, Column("event_added_by", cells.text)]


@frozen
class Pool(Row):
    """A pool of points."""

    table: ClassVar[str] = "multidkp"
    id: Annotated[int, Column("multidkp_id", cells.identity)]
    name: Annotated[str, Column("multidkp_name", cells.text)]
    description: Annotated[str, Column("multidkp_desc", cells.text)]
    position: Annotated[int, Column("multidkp_sortid", cells.count)]


@frozen
class PoolEvent(Row):
    """What is earned and adjusted at an event counts in a pool; its attendance may not."""

    table: ClassVar[str] = "multidkp2event"
    pool: Annotated[int, Column("multidkp2event_multi_id", cells.identity)]
    event: Annotated[int, Column("multidkp2event_event_id", cells.identity)]
    no_attendance: Annotated[bool, Column("multidkp2event_no_attendance", cells.flag)]


@frozen
class PoolItemPool(Row):
    """What is spent in an item pool counts in a pool."""

    table: ClassVar[str] = "multidkp2itempool"
    item_pool: Annotated[int, Column("multidkp2itempool_itempool_id", cells.identity)]
    pool: Annotated[int, Column("multidkp2itempool_multi_id", cells.identity)]


@frozen
class ItemPool(Row):
    """A pool of items."""

    table: ClassVar[str] = "itempool"
    id: Annotated[int, Column("itempool_id", cells.identity)]
    name: Annotated[str, Column("itempool_name", cells.text)]
    description: Annotated[str, Column("itempool_desc", cells.text)]


@frozen
class Raid(Row):
    """A raid; `connected` are the ids, as texts, of raids that are one with it for attendance."""

    table: ClassVar[str] = "raids"
    id: Annotated[int, Column("raid_id", cells.identity)]
    event: Annotated[int, Column("event_id", cells.identity)]
    at: Annotated[datetime | None, Column("raid_date", cells.past)]
    note: Annotated[str, Column("raid_note", cells.text)]
    value: Annotated[Points, Column("raid_value", cells.amount)]
    added_by: Annotated[str, Column("raid_added_by", cells.text)]
    updated_by: Annotated[str, Column("raid_updated_by", cells.text)]
    additional: Annotated[str, Column("raid_additional_data", cells.text)]
    connected: Annotated[Plain, Column("raid_connected_attendance", cells.written)]


@frozen
class Attendee(Row):
    """A character was at a raid; there may be several alike, and each counts."""

    table: ClassVar[str] = "raid_attendees"
    raid: Annotated[int, Column("raid_id", cells.identity)]
    character: Annotated[int, Column("member_id", cells.identity)]


@frozen
class Item(Row):
    """An item that a character bought; those with one `group_key` are one drop with several buyers; each pays."""

    table: ClassVar[str] = "items"
    id: Annotated[int, Column("item_id", cells.identity)]
    name: Annotated[str, Column("item_name", cells.text)]
    buyer: Annotated[int, Column("member_id", cells.identity)]
    raid: Annotated[int, Column("raid_id", cells.identity)]
    value: Annotated[Points, Column("item_value", cells.amount)]
    at: Annotated[datetime | None, Column("item_date", cells.past)]
    item_pool: Annotated[int, Column("itempool_id", cells.identity)]
    game_id: Annotated[str, Column("game_itemid", cells.plain)]
    group_key: Annotated[str, Column("item_group_key", cells.plain)]
    color: Annotated[str, Column("item_color", cells.plain)]
    added_by: Annotated[str, Column("item_added_by", cells.text)]
    updated_by: Annotated[str, Column("item_updated_by", cells.text)]


@frozen
class Adjustment(Row):
    """Points given or taken; those with one `group_key` are one mass adjustment. `event` may be no number: None."""

    table: ClassVar[str] = "adjustments"
    id: Annotated[int, Column("adjustment_id", cells.identity)]
    value: Annotated[Points, Column("adjustment_value", cells.amount)]
    at: Annotated[datetime | None, Column("adjustment_date", cells.past)]
    character: Annotated[int, Column("member_id", cells.identity)]
    reason: Annotated[str, Column("adjustment_reason", cells.text)]
    event: Annotated[int | None, Column("event_id", cells.whole)]
    raid: Annotated[int | None, Column("raid_id", cells.whole)]
    group_key: Annotated[str, Column("adjustment_group_key", cells.plain)]
    added_by: Annotated[str, Column("adjustment_added_by", cells.text)]
    updated_by: Annotated[str, Column("adjustment_updated_by", cells.text)]


@frozen
class Snapshot(Row):
    """What the program noted of a character in a pool; `breakdown` alone is right, the other columns are a cache."""

    table: ClassVar[str] = "member_points"
    id: Annotated[int, Column("id", cells.identity)]
    at: Annotated[datetime | None, Column("time", cells.past)]
    character: Annotated[int, Column("member_id", cells.identity)]
    pool: Annotated[int, Column("mdkp_id", cells.identity)]
    type: Annotated[str, Column("type", cells.plain)]
    breakdown: Annotated[Plain, Column("misc", cells.serialized)]


# --- calendar ---------------------------------------------------------------------------------------------------------


@frozen
class Calendar(Row):
    """A calendar: type 1 for raids, 2 for other dates, 3 fed from elsewhere."""

    table: ClassVar[str] = "calendars"
    id: Annotated[int, Column("id", cells.identity)]
    name: Annotated[str, Column("name", cells.text)]
    color: Annotated[str, Column("color", cells.plain)]
    type: Annotated[int, Column("type", cells.count)]
    feed: Annotated[str, Column("feed", cells.plain)]
    is_private: Annotated[bool, Column("private", cells.flag)]
    is_restricted: Annotated[bool, Column("restricted", cells.flag)]


@frozen
class CalendarEvent(Row):
    """A date; `extension` tells what a raid needs, who was invited, and the raid it became. `repeating` is in days."""

    table: ClassVar[str] = "calendar_events"
    id: Annotated[int, Column("id", cells.identity)]
    clone_of: Annotated[int, Column("cloneid", cells.count)]
    calendar: Annotated[int, Column("calendar_id", cells.count)]
    name: Annotated[str, Column("name", cells.text)]
    creator: Annotated[int, Column("creator", cells.count)]
    starts_at: Annotated[datetime | None, Column("timestamp_start", cells.moment)]
    ends_at: Annotated[datetime | None, Column("timestamp_end", cells.moment)]
    is_all_day: Annotated[bool, Column("allday", cells.flag)]
    is_private: Annotated[bool, Column("private", cells.flag)]
    is_visible: Annotated[bool, Column("visible", cells.flag)]
    is_closed: Annotated[bool, Column("closed", cells.flag)]
    extension: Annotated[Plain, Column("extension", cells.serialized)]
    notes: Annotated[str, Column("notes", cells.text)]
    repeating: Annotated[int, Column("repeating", cells.count)]
    timezone: Annotated[str, Column("timezone", cells.plain)]


@frozen
class SignUp(Row):
    """A character signed up; status 0 is confirmed, 1 signed in, 2 signed off, 3 backup, 4 not signed in."""

    table: ClassVar[str] = "calendar_raid_attendees"
    id: Annotated[int, Column("id", cells.identity)]
    event: Annotated[int, Column("calendar_events_id", cells.identity)]
    character: Annotated[int, Column("member_id", cells.identity)]
    role: Annotated[int, Column("member_role", cells.count)]
    status: Annotated[int | None, Column("signup_status", cells.whole)]
    note: Annotated[str, Column("note", cells.text)]
    signed_up_at: Annotated[datetime | None, Column("timestamp_signup", cells.past)]
    changed_at: Annotated[datetime | None, Column("timestamp_change", cells.past)]
    changed_by: Annotated[int, Column("status_changedby", cells.count)]
    raid_group: Annotated[int, Column("raidgroup", cells.count)]
    by_admin: Annotated[bool, Column("signedbyadmin", cells.flag)]


@frozen
class Guest(Row):
    """Somebody from outside who takes part; the address is not encrypted."""

    table: ClassVar[str] = "calendar_raid_guests"
    id: Annotated[int, Column("id", cells.identity)]
    event: Annotated[int, Column("calendar_events_id", cells.identity)]
    name: Annotated[str, Column("name", cells.text)]
    email: Annotated[str, Column("email", cells.text)] = field(repr=False)
    note: Annotated[str, Column("note", cells.text)]
    signed_up_at: Annotated[datetime | None, Column("timestamp_signup", cells.past)]
    class_id: Annotated[int, Column("class", cells.count)]
    role: Annotated[int, Column("role", cells.count)]
    status: Annotated[int, Column("status", cells.count)]
    creator: Annotated[int, Column("creator", cells.count)]


@frozen
class RaidTemplate(Row):
    """What a raid in the calendar is made from."""

    table: ClassVar[str] = "calendar_raid_templates"
    id: Annotated[int, Column("id", cells.identity)]
    name: Annotated[str, Column("name", cells.text)]
    data: Annotated[Plain, Column("tpldata", cells.serialized)]


# --- history and applications -----------------------------------------------------------------------------------------


@frozen
class LogEntry(Row):
    """What was done, by whom, to which record; `value` has what was before and after. A `result` of 0 is a failure."""

    table: ClassVar[str] = "logs"
    id: Annotated[int, Column("log_id", cells.identity)]
    at: Annotated[datetime | None, Column("log_date", cells.past)]
    value: Annotated[Plain, Column("log_value", cells.serialized)]
    result: Annotated[int | None, Column("log_result", cells.whole)]
    tag: Annotated[str, Column("log_tag", cells.plain)]
    plugin: Annotated[str, Column("log_plugin", cells.plain)]
    user: Annotated[int, Column("user_id", cells.count)]
    username: Annotated[str, Column("username", cells.text)]
    record: Annotated[str, Column("log_record", cells.text)]
    record_id: Annotated[str, Column("log_record_id", cells.plain)]


@frozen
class Comment(Row):
    """A comment on a raid, a date, an application or somebody's wall; its text may hold HTML and BBCode."""

    table: ClassVar[str] = "comments"
    id: Annotated[int, Column("id", cells.identity)]
    on: Annotated[str, Column("page", cells.plain)]
    on_id: Annotated[str, Column("attach_id", cells.plain)]
    user: Annotated[int, Column("userid", cells.count)]
    at: Annotated[datetime | None, Column("date", cells.past)]
    text: Annotated[str, Column("text", cells.plain)]
    reply_to: Annotated[int, Column("reply_to", cells.count)]


@frozen
class ApplicationField(Row):
    """A question that applicants are asked (guildrequest plugin)."""

    table: ClassVar[str] = "guildrequest_fields"
    id: Annotated[int, Column("id", cells.identity)]
    type: Annotated[str, Column("type", cells.plain)]
    name: Annotated[str, Column("name", cells.text)]
    help: Annotated[str, Column("help", cells.text)]
    options: Annotated[Plain, Column("options", cells.setting)]
    position: Annotated[int, Column("sortid", cells.count)]
    is_required: Annotated[bool, Column("required", cells.flag)]


@frozen
class Application(Row):
    """Somebody applied (guildrequest plugin): status 0 new, 1 in progress, 2 accepted, 3 rejected.

    `answers` are by the id of the question; `voters` who has voted.
    """

    table: ClassVar[str] = "guildrequest_requests"
    id: Annotated[int, Column("id", cells.identity)]
    at: Annotated[datetime | None, Column("tstamp", cells.past)]
    name: Annotated[str, Column("username", cells.text)]
    email: Annotated[str | None, Column("email", cells.address)] = field(repr=False)
    status: Annotated[int, Column("status", cells.count)]
    is_activated: Annotated[bool, Column("activated", cells.flag)]
    is_closed: Annotated[bool, Column("closed", cells.flag)]
    answers: Annotated[Plain, Column("content", cells.serialized)]
    votes_for: Annotated[int, Column("voting_yes", cells.count)]
    votes_against: Annotated[int, Column("voting_no", cells.count)]
    voters: Annotated[Plain, Column("voted_user", cells.serialized)]
    user: Annotated[int | None, Column("user_id", cells.whole)]


KINDS: Final[tuple[type[Row], ...]] = (
    Setting, User, UserField, Group, GroupMember, Right, GroupRight, UserRight,
    Character, CharacterUser, Rank, CharacterField, Role, RaidGroup, RaidGroupMember,
    Event, Pool, PoolEvent, PoolItemPool, ItemPool, Raid, Attendee, Item, Adjustment, Snapshot,
    Calendar, CalendarEvent, SignUp, Guest, RaidTemplate,
    LogEntry, Comment, ApplicationField, Application,
)  # fmt: skip
"""Every kind of row that is read as a value; the rows of other tables are given as they are."""

POINTS_ARE_OF: Final[tuple[type[Row], ...]] = (
    Character, Event, Pool, PoolEvent, PoolItemPool, ItemPool, Raid, Attendee, Item, Adjustment,
)  # fmt: skip
"""The tables without which no balance can be reckoned."""

PASSED_OVER: Final[Mapping[str, frozenset[str]]] = {
    table: frozenset(columns.split())
    for table, columns in {
        "users": "user_password user_login_key user_rlimit user_date_time user_date_short user_date_long user_style "
        "user_email_confirmkey user_temp_email user_lastpage failed_login_attempts exchange_key hide_nochar_info",
        "user_profilefields": "length minlength validation required show_on_registration sort_order is_contact "
        "contact_url icon_or_image bridge_field editable example",
        "groups_user": "groups_user_deletable groups_user_team",
        "members": "points points_apa",
        "member_ranks": "rank_icon",
        "member_profilefields": "size image undeletable options_language",
        "roles": "c_index role_icon",
        "groups_raid": "groups_raid_system",
        "events": "event_updated_by event_show_profile",
        "raids": "raid_apa_value",
        "items": "item_apa_value",
        "adjustments": "adjustment_apa_value",
        "member_points": "current earned spent adjustments",
        "calendars": "system affiliation permissions",
        "calendar_raid_attendees": "random_value",
        "calendar_raid_guests": "raidgroup",
        "logs": "log_ipaddress log_sid log_flag trace",
        "guildrequest_fields": "in_list dep_value dep_field",
        "guildrequest_requests": "auth_key lastvisit activation_key",
    }.items()
}
"""Columns that EQdkp Plus has, and that are known and not read: secrets, caches, and what only its own pages need."""

OLD_LEFTOVERS: Final = frozenset({"column groups_raid_members.user_id"})
"""What only some installations have; it is not missed."""


# --- reading them -----------------------------------------------------------------------------------------------------


_NEEDED: Final = (cells.identity, cells.amount)


_KNOWN: Final[dict[type[Row], Mapping[str, Column]]] = {}


def _columns(kind: type[Row]) -> Mapping[str, Column]:
    """The columns of a kind by the names of its fields; what type hints say is looked up once."""
    if kind not in _KNOWN:
        _KNOWN[kind] = {
            name: each
            for name, hint in get_type_hints(kind, include_extras=True).items()
            for each in getattr(hint, "__metadata__", ())
            if isinstance(each, Column)
        }
    return _KNOWN[kind]


def columns_of(kind: type[Row]) -> Sequence[str]:
    """The columns that are read."""
    return [each.name for each in _columns(kind).values()]


def needed_columns_of(kind: type[Row]) -> Sequence[str]:
    """The columns without which a row of the kind means nothing: ids and amounts."""
    return [each.name for each in _columns(kind).values() if each.read in _NEEDED]


@frozen
class _Reading:
    """How the cells of a column become values: plain ones together, every other for itself; NULL is `nothing`."""

    column: Column
    place: int
    codec: str
    key: Key | None
    now: datetime
    quick: cells.Quick
    nothing: Any

    def values(
        self, given: Sequence[bytes | None], flaws: dict[int, list[Flaw]], faults: dict[int, str]
    ) -> Sequence[Any]:
        """The values of these cells; by which of them it is, their flaws, and why one makes its row unreadable."""
        values = self.quick(given)
        for index in [index for index, value in enumerate(values) if value is cells.SLOW]:
            raw = given[index]
            if raw is None and self.nothing is not cells.SLOW:
                values[index] = self.nothing
                continue
            cell = Cell(self.column.name, raw, self.codec, self.key, self.now)
            try:
                values[index] = self.column.read(cell)
            except cells.Unreadable as unreadable:
                faults.setdefault(index, str(unreadable))
            if cell.flaws:
                flaws.setdefault(index, []).extend(cell.flaws)
        return values


Reader: TypeAlias = Callable[[int, Sequence[Cells]], tuple[Sequence[R], Mapping[int, str]]]
"""Makes rows of the cells of some that follow each other, of which the first has that ordinal.

Beside them it gives why others can't be read, by their ordinals.
"""


def reader_of(
    kind: type[R], columns: Sequence[str], codecs: Sequence[str], *, key: Key | None, now: datetime
) -> Reader[R]:
    """What reads rows of a kind whose cells stand in these columns, a column at a time."""
    places = {column: place for place, column in enumerate(columns)}
    nowhere = len(columns)  # of columns that the table lacks
    readings = [
        _Reading(
            column=each,
            place=places.get(each.name, nowhere),
            codec=[*codecs, "utf-8"][places.get(each.name, nowhere)],
            key=key,
            now=now,
            quick=cells.quick(each.read, now),
            nothing=cells.of_nothing(each.read, each.name, now),
        )
        for each in _columns(kind).values()
    ]

    def read(first: int, batch: Sequence[Cells]) -> tuple[Sequence[R], Mapping[int, str]]:
        given = list(zip_longest(*batch))
        absent = (None,) * len(batch)
        flaws: dict[int, list[Flaw]] = {}
        faults: dict[int, str] = {}
        values = [
            each.values(given[each.place] if each.place < len(given) else absent, flaws, faults) for each in readings
        ]
        flawed = [tuple(flaws.get(index, ())) for index in range(len(batch))]
        made = list(map(kind, count(first), flawed, *values))
        return (
            [row for index, row in enumerate(made) if index not in faults] if faults else made,
            {first + index: fault for index, fault in sorted(faults.items())},
        )

    return read
